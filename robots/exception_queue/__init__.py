"""The exception workbook: what caseworkers open to see which cases wait for them, why, and what the robot has done already; and where they answer.

The casebook is the truth, the workbook a view of it and an inbox. `read` takes what people have written there, `write` brings the file to what the
casebook says and touches nothing of theirs.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from robots.case import SWEDEN
from robots.errors import SetupError
from robots.exception_queue import keeping, parts
from robots.exception_queue.deadlines import due_on
from robots.exception_queue.desk import DeskCase, desk_of
from robots.exception_queue.entries import Entry, RowKey, View, case_mark
from robots.exception_queue.guide import ANSWERS, PROPOSAL_ANSWERS
from robots.exception_queue.layout import Sheet
from robots.exception_queue.reading import Found, FoundRow, Unreadable
from robots.exception_queue.view import by_importance, entry_of, view_of, view_of_desk
from robots.run_log import Action, event
from robots.texts import Texts

__all__ = [
    "ANSWERS",
    "PROPOSAL_ANSWERS",
    "DeskCase",
    "Entry",
    "Found",
    "FoundRow",
    "RowKey",
    "Sheet",
    "State",
    "View",
    "Written",
    "by_importance",
    "case_mark",
    "desk_of",
    "due_on",
    "entry_of",
    "read",
    "view_of",
    "view_of_desk",
    "write",
]

VERSIONS_KEPT = 20
_TRIES = 20
#: for operators; a sheet that has another name keeps it, and is no matter
_PUT_RIGHT = {
    "workbook.damage_sheet_gone": "a sheet was missing and is back",
    "workbook.damage_heading": "a heading was missing or changed and is back",
    "workbook.damage_column": "a column was missing and is back, at the right",
    "workbook.damage_merged": "merged cells were split",
    "workbook.damage_twice": "a row stood there twice",
    "workbook.damage_key": "a row without its hidden key, or with another one's, was known by its number",
    "workbook.damage_astray": "a row lay in another list and was moved back",
    "workbook.damage_foreign": "macros, shapes or threaded comments stand only in the original that is kept",
}
_WAIT_SECONDS = 120.0


class State(StrEnum):
    """What `write` found to do."""

    WRITTEN = "written"
    #: it showed all of it already
    UNCHANGED = "unchanged"
    #: somebody has it open: what is new waits
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What `write` did."""

    path: Path
    state: State
    hand_offs: int
    proposals: int
    #: where a workbook lies that could not be read, if there was one
    set_aside: Path | None = None
    #: where the workbook lies as it was, if there was something in it that the robot can't carry over, like macros
    original: Path | None = None
    #: what people have done to the file that somebody should know, in the caseworkers' language; no word of theirs
    damages: tuple[str, ...] = ()
    #: the same for operators
    put_right: tuple[str, ...] = ()
    #: what says that somebody has it open, where a program has left such a mark
    mark: keeping.Mark | None = None

    @property
    def waits(self) -> str:
        """What keeps the rows waiting, and until when, for operators; empty when nothing does."""
        if self.state is not State.OPEN:
            return ""
        if self.mark is None:
            return "The exception workbook is being saved again and again; what is new is written when that is over"
        # A program that crashed leaves its mark behind, and the workbook would wait for ever.
        since = f"{self.mark.since.astimezone(SWEDEN):%Y-%m-%d %H:%M}"
        advice = f"if nobody has it open any more, delete {self.mark.name} beside it"
        return f"The exception workbook is open with somebody since {since}; what is new is written when it is closed; {advice}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What has happened to the file that an operator should know at once."""
        notes = []
        if self.set_aside is not None:
            notes.append(f"The exception workbook could not be read; it lies as {self.set_aside.name}, and a new one was written.")
        if self.original is not None:
            notes.append(f"The exception workbook holds parts that the robot can't carry over; as it was, it lies as {self.original.name}.")
        return tuple(notes)


def read(path: Path, texts: Texts) -> Found | None:
    """Return what stands in the workbook; None when there is none, or none that can be read: `write` sets that aside.

    Raises:
        SetupError: the robot may not read it there.
    """
    from robots.exception_queue.reading import read as read_found

    try:
        return read_found(path.read_bytes(), texts)
    except (Unreadable, FileNotFoundError):
        return None
    except OSError as error:
        raise _not_there(error, "read") from None


def write(path: Path, view: View, texts: Texts, *, now: datetime, versions: int = VERSIONS_KEPT) -> Written:
    """Bring the workbook to the view; the file is there in whole, or as it was.

    What people have written, coloured, sorted, filtered and added stays; cells of the robot's that a person has changed stay as the person left them,
    and the row says so. One that somebody has open in Excel or LibreOffice is not touched. One that can't be read is set aside, never thrown away.

    Args:
        path: the workbook; its folder is made when it is missing.
        view: all that it shall show.
        texts: the catalogue of texts in the caseworkers' language.
        now: aware time, for the page's foot and the names of versions.
        versions: how many earlier ones are kept.

    Raises:
        SetupError: the file can't be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with keeping.held(path, timeout_seconds=_WAIT_SECONDS):
            written = _written(path, view, texts, now=now, versions=versions)
    except OSError as error:
        raise _not_there(error, "written") from None
    _tell(written)
    return written


def _not_there(error: OSError, verb: str) -> SetupError:
    advice = "look over paths.workbook in config/kollega.yaml, the folder's rights and its room"
    return SetupError(f"the exception workbook can't be {verb} ({error.strerror}); {advice}")


def _written(path: Path, view: View, texts: Texts, *, now: datetime, versions: int) -> Written:
    from robots.exception_queue.merging import merge
    from robots.exception_queue.new_book import write_new
    from robots.exception_queue.reading import read as read_found
    from robots.exception_queue.reading import shows

    save: Callable[[Path], None]
    aside: Path | None = None
    original: Path | None = None
    found: Found | None = None
    damages: tuple[str, ...] = ()
    mark: keeping.Mark | None = None

    def done(state: State) -> Written:
        counts = {sheet: sum(1 for entry in view.entries if entry.sheet is sheet) for sheet in (Sheet.TO_DO, Sheet.PROPOSALS)}
        return Written(
            path=path,
            state=state,
            hand_offs=counts[Sheet.TO_DO],
            proposals=counts[Sheet.PROPOSALS],
            set_aside=aside,
            original=original if state is State.WRITTEN else None,
            damages=tuple(texts.say(key) for key in damages),
            put_right=tuple(_PUT_RIGHT[key] for key in damages if key in _PUT_RIGHT),
            mark=mark,
        )

    keeping.recover(path, now=now, versions=versions)
    for _ in range(_TRIES):
        read_at = keeping.stamp(path)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "there is a folder in its place")
        mark = keeping.mark_beside(path)
        if mark is not None:
            return done(State.OPEN)
        if read_at is None:
            save = partial(write_new, view=view, texts=texts, now=now, carried=found)
        else:
            try:
                # Looked at in one piece: somebody may save the file at any moment.
                content = path.read_bytes()
                found = read_found(content, texts)
                if shows(found, view, texts):
                    return done(State.UNCHANGED)
                merged = merge(content, view, texts, found=found)
            except FileNotFoundError:
                continue
            except Unreadable:
                if keeping.is_settled(path, read_at):
                    aside = keeping.set_aside(path, read_at=read_at, now=now, word=texts.say("workbook.damaged_word")) or aside
                continue
            if not merged.is_changed:
                return done(State.UNCHANGED)
            damages = tuple(merged.damages)
            if parts.has_foreign_parts(content):
                damages = (*damages, "workbook.damage_foreign")
                original = original or keeping.keep_original(path, content, now=now, word=texts.say("workbook.original_word"))
            save = merged.book.save
        if keeping.put_in_place(path, save, read_at=read_at, now=now, versions=versions):
            return done(State.WRITTEN)
    return done(State.OPEN)


def _tell(written: Written) -> None:
    rows = f"{written.hand_offs} to do, {written.proposals} proposals"
    if written.set_aside is not None:
        event(Action.WORKBOOK_LOCKED, written.notes[0], level="WARNING")
    if written.original is not None:
        event(Action.WORKBOOK_WRITTEN, written.notes[-1], level="WARNING")
    if written.waits:
        event(Action.WORKBOOK_LOCKED, f"{written.waits} ({rows}).", level="WARNING")
    elif written.state is State.WRITTEN:
        people = f"; what people have done to it: {', '.join(written.put_right)}" if written.put_right else ""
        event(Action.WORKBOOK_WRITTEN, f"The exception workbook was written ({rows}){people}.")
