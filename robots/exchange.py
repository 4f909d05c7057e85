"""One exchange with the caseworkers: their answers are read and acted on, and the workbook and the pages behind it brought up to date."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from robots import exception_queue, pages
from robots.answering import Read, read_answers, take_answers
from robots.case import SWEDEN
from robots.casebook import Casebook
from robots.casebook.answers import Answer, Answers
from robots.casebook.database import in_turn
from robots.configuration import Configuration
from robots.corrections import labels
from robots.errors import SetupError
from robots.exception_queue import DeskCase, Written
from robots.run_log import Action, event
from robots.settings import Settings
from robots.statutes import Statutes
from robots.trace import trace_of
from robots.trace.page import page

_PAGE = "[0-9A-F]*.html"
_MARK_LENGTH = 12
_DAYS_BEYOND = 90
_TURN_SECONDS = 60.0
_TURN_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What an exchange has come to."""

    written: Written
    #: answers that were new
    taken: tuple[Answer, ...]
    #: answers and corrections that the robot can't follow, and says so in their rows
    refused: int
    #: cases with a person that are past their day
    overdue: int
    #: cases whose application is five months old or more (FL 12 §)
    long: int


@contextmanager
def in_turn_with(settings: Settings, casebook: Casebook) -> Iterator[None]:
    """Be the only one that exchanges with this workbook; one that has been at it for a minute stands still, and nobody waits for it any longer."""
    with in_turn(casebook.engine, "workbook"), _lock_of(settings).open("wb") as file:
        until = time.monotonic() + _TURN_SECONDS
        while time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_TURN_POLL_SECONDS)
        yield


def _lock_of(settings: Settings) -> Path:
    folder = settings.paths.state
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = folder / "workbook.lock"
    lock.touch(mode=0o600)
    return lock


def take(configuration: Configuration, casebook: Casebook, *, now: datetime) -> tuple[Answer, ...]:
    """Read the answers that stand in the workbook, and act on them; the workbook is left as it is. Return those that are new."""
    with in_turn_with(configuration.settings, casebook):
        return _take(configuration, casebook, now=now)[0]


def exchange(configuration: Configuration, casebook: Casebook, *, now: datetime) -> Exchanged:
    """Read the answers and act on them, and write what is new.

    Args:
        configuration: names the workbook and the folder of the pages.
        casebook: the truth.
        now: aware time.

    Raises:
        SetupError: the workbook or a page can't be written.
    """
    paths, texts, today = configuration.settings.paths, configuration.texts, now.astimezone(SWEDEN).date()
    # What is written is read when the turn has come: the last one writes what all have done.
    with in_turn_with(configuration.settings, casebook):
        taken, read, desk = _take(configuration, casebook, now=now)
        view = exception_queue.view_of_desk(
            desk,
            texts,
            today=today,
            done_days=configuration.settings.workbook.done_days,
            notices=read.notices,
            said_of_corrections=read.said_of_corrections,
            correctable={label: field.is_yes_or_no for label, field in labels(texts).items()},
            links=_explain(configuration, casebook, desk, today=today),
        )
        written = exception_queue.write(paths.workbook, view, texts, now=now)
    exchanged = Exchanged(
        written=written,
        taken=taken,
        refused=len(read.notices),
        overdue=sum(case.is_overdue(today) for case in desk),
        long=sum(case.is_long(today) for case in desk),
    )
    if exchanged.overdue or exchanged.long:
        late = f"{exchanged.overdue} cases with people are past their day, {exchanged.long} came in five months ago or more; they stand first"
        event(Action.OVERDUE, late, level="WARNING")
    return exchanged


def _desk(configuration: Configuration, casebook: Casebook, *, now: datetime) -> tuple[DeskCase, ...]:
    # Longer than they are shown: what is known of a row is forgotten only when the row is gone from every copy that somebody may put back.
    return exception_queue.desk_of(casebook, since=now - timedelta(days=configuration.settings.workbook.done_days + _DAYS_BEYOND))


def _take(configuration: Configuration, casebook: Casebook, *, now: datetime) -> tuple[tuple[Answer, ...], Read, tuple[DeskCase, ...]]:
    found = None
    with suppress(SetupError):
        # What can't be read now is read later, and keeps no run from its cases; that it can't be written either is told by who writes.
        found = exception_queue.read(configuration.settings.paths.workbook, configuration.texts)
    desk = _desk(configuration, casebook, now=now)
    nothing = Read(answers=(), notices={}, said_of_corrections={})
    read = nothing if found is None else read_answers(found, desk, casebook, configuration.texts, now=now)
    has_left = bool(Answers(casebook).received())
    taken = take_answers(read, casebook)
    return taken, read, _desk(configuration, casebook, now=now) if taken or has_left else desk


# --- the pages that explain the cases ---------------------------------------------------------------------------------


def _explain(configuration: Configuration, casebook: Casebook, desk: Sequence[DeskCase], *, today: date) -> dict[str, str]:
    """Write the page of each case that a person has, and return the addresses by case id, from the workbook's folder.

    No page is named by anything of the case, and of a protected case there is none. Pages of cases that nobody has any more are deleted.
    """
    folder, workbook = configuration.settings.paths.explanations, configuration.settings.paths.workbook
    if folder is None:
        return {}
    try:
        shown = [case for case in desk if case.is_open(today) and not case.is_protected]
        places = {case.entry.case_id: path for case in shown if (path := _page_of(case, folder, configuration, casebook)) is not None}
        for path in set(folder.glob(_PAGE)) - set(places.values()):
            if len(path.stem) == _MARK_LENGTH:
                path.unlink(missing_ok=True)
    except OSError as error:
        advice = "look over paths.explanations in config/kollega.yaml, the folder's rights and its room"
        raise SetupError(f"the pages that explain cases can't be written ({error.strerror}); {advice}") from None
    return {case_id: Path(os.path.relpath(path, workbook.parent)).as_posix() for case_id, path in places.items()}


@lru_cache(maxsize=1)
def _statutes(path: Path) -> Statutes:
    return Statutes.load(path)


def _page_of(case: DeskCase, folder: Path, configuration: Configuration, casebook: Casebook) -> Path | None:
    path = folder / f"{case.mark}.html"
    if case.outcome is None:
        return None
    with suppress(FileNotFoundError):
        if path.stat().st_mtime >= case.outcome.ended_at.timestamp():
            return path
    statutes = _statutes(configuration.settings.root / "config" / "statutes.yaml")
    try:
        trace = trace_of(case.entry, casebook, law=configuration.law, statutes=statutes, texts=configuration.texts)
    except ValueError:
        # Kept by another version of the program: the row stands without a page.
        return None
    if trace.is_withheld:
        return None
    pages.write(path, page(trace, configuration.texts), is_shared=True)
    return path
