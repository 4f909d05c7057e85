"""Cases erased from everything that the robot keeps on this machine, with a certificate that names nobody.

What is to be erased is written down first, `erasing/NUMBER.json` in the folder of the state, and taken away last: whoever is killed in between, or
finds the workbook open, is finished by `finish`, which every later erasure and the daily retention begin with. Each part can be done twice.

A case goes as a whole: what is kept of a co-applicant or a child stands in the same case, and no part of one would explain a decision.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
import secrets
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from robots.assessment import RunMode
from robots.casebook import Casebook, CaseEntry
from robots.casebook.database import is_there
from robots.casebook.erasing import Reason, compact, counts_of, erase_cases
from robots.casebook.workers import Workers
from robots.erased import put_in_place, read_erased, remember
from robots.errors import SetupError, StateUnusable
from robots.exception_queue import case_mark
from robots.exception_queue.erasing import Wanted, erase_from, names, not_searched, see_closed
from robots.exchange import in_turn_with
from robots.log_keeping import LINES, RECORDS
from robots.records import from_json_text, to_record
from robots.run_log import Action, event
from robots.run_traces import empty_lines, lines_naming, picture_in, run_files
from robots.settings import Settings
from robots.work_queue.engine_record import EngineRecord
from robots.work_queue.lock import locked

CERTIFICATES, TASKS = "certificates", "erasing"
#: where what was told of which case is remembered, and what whoever does that holds (`robots.alerts`)
_ALERTS, _ALERTS_LOCK = "alerts", "ledger.lock"
ASIDE = "before-restore-*"
_CASEBOOK, _ENGINE = "casebook.sqlite", "queue.db"
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be erased, and why; kept until it is done."""

    schema: int = _SCHEMA
    #: of the certificate
    number: str
    #: of the chain's entry and of the log
    action: str
    #: aware UTC
    ordered_at: datetime
    #: the operator's account, or `retention`
    ordered_by: str
    #: who has decided that it may be erased before its time; empty when its time has come
    decision: str
    #: id and reference of each case
    cases: tuple[tuple[str, str], ...]
    #: whether a backup that is put back is to have them erased again
    is_remembered: bool
    #: how far the chain had come
    entries_before: int
    head_before: str
    #: how much of each kind is gone so far
    counts: dict[str, int]
    #: what could not be searched or reached: what it is, as the catalogue of texts names it, and its name
    not_reached: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """That cases were erased: nothing in it says whose."""

    schema: int
    number: str
    #: when it was done; aware UTC
    made_at: datetime
    ordered_at: datetime
    ordered_by: str
    #: where it was done
    machine: str
    decision: str
    #: how much of each kind was erased
    counts: dict[str, int]
    #: what could not be searched or reached: what it is, as the catalogue of texts names it (`records.not_reached_…`), and its name
    not_reached: tuple[tuple[str, str], ...]
    #: how far the chain of events had come before and after
    entries_before: int
    head_before: str
    entries_after: int
    head_after: str


def new_number(now: datetime) -> str:
    """Return the number of a new certificate."""
    return f"{now:%Y%m%d}-{secrets.token_hex(4)}"


def order(settings: Settings, casebook: Casebook, cases: Sequence[CaseEntry], *, action: Action, by: str, decision: str, is_remembered: bool) -> Task:
    """Write down that the cases are to be erased, and return the task; from here on `finish` does it, whoever calls it."""
    now, head = datetime.now(UTC), casebook.head()
    task = Task(
        number=new_number(now),
        action=action.value,
        ordered_at=now,
        ordered_by=by,
        decision=decision,
        cases=tuple((case.case_id, case.reference) for case in cases),
        is_remembered=is_remembered,
        entries_before=head.entries,
        head_before=head.hash,
        counts={},
    )
    _keep(settings, task)
    return task


def has_left(settings: Settings) -> bool:
    """Whether something that was ordered is not done."""
    return any((settings.paths.state / TASKS).glob("*.json"))


def finish(settings: Settings) -> tuple[Certificate, ...]:
    """Do all that was ordered and is not done, and return the certificates; the caller has `alone`.

    Raises:
        SetupError: somebody has the workbook open, or one of the cases was begun anew meanwhile; what is done stays done.
        StateUnusable: a database can't be used.
    """
    # Of a task that somebody was killed in writing; nobody else writes one now.
    for left in (settings.paths.state / TASKS).glob(".*.new"):
        left.unlink(missing_ok=True)
    return tuple(_carried_out(settings, _read(file)) for file in sorted((settings.paths.state / TASKS).glob("*.json")))


def alone(settings: Settings, casebook: Casebook) -> ExitStack:
    """Keep robots away until the stack that is returned is closed.

    Raises:
        SetupError: a robot is at work.
    """
    held = ExitStack()
    # Other machines have a name each in the database, and no lock of ours.
    held.enter_context(locked(settings.paths.state))
    try:
        alive = _alive(settings, casebook)
    except BaseException:
        held.close()
        raise
    if alive:
        held.close()
        raise SetupError(f"robots are at work: {', '.join(sorted(alive))}; wait until their runs have ended")
    return held


def _alive(settings: Settings, casebook: Casebook) -> set[str]:
    """Return the names of the robots at work on other machines, in shadow runs too: those read and keep the same cases."""
    if not Workers(casebook.engine).are_many:
        return set()
    entries = list(Workers(casebook.engine).entries())
    shadow = settings.paths.casebook_of(RunMode.SHADOW)
    if is_there(shadow):
        with Casebook(shadow) as other:
            entries += Workers(other.engine).entries()
    return {one.worker for one in entries if one.is_alive(lifeless_seconds=settings.run.lifeless_seconds)}


# --- doing it ---------------------------------------------------------------------------------------------------------


def _carried_out(settings: Settings, task: Task) -> Certificate:
    case_ids = [case_id for case_id, _ in task.cases]
    if task.is_remembered:
        remember(settings.paths.state, case_ids, task.number)
    see_closed(settings.paths.workbook)
    with Casebook(settings.paths.casebook_of(RunMode.DECIDE)) as casebook, in_turn_with(settings, casebook):
        task = _erase_records(settings, casebook, task)
        found = erase_from(settings.paths.workbook, Wanted.of(task.cases), now=datetime.now(UTC))
        task = _counted(settings, task, {f"workbook {kind}": count for kind, count in found.items()})
    task = _erase_files(settings, task)
    with Casebook(settings.paths.casebook_of(RunMode.DECIDE)) as casebook:
        if back := [case_id for case_id in case_ids if casebook.find(case_id)]:
            # What was left of them is gone; the certificate is made when the rest is.
            raise SetupError(f"begun anew since it was to be erased: {', '.join(back)}; let a run end it, then do it again")
        head = casebook.head()
        others = sorted({one.machine for one in Workers(casebook.engine).entries()} - {platform.node()})
    certificate = Certificate(
        schema=_SCHEMA,
        number=task.number,
        made_at=datetime.now(UTC),
        ordered_at=task.ordered_at,
        ordered_by=task.ordered_by,
        machine=platform.node(),
        decision=task.decision,
        counts=dict(sorted(task.counts.items())),
        not_reached=(*task.not_reached, *_not_reached(settings, others, Wanted.of(task.cases))),
        entries_before=task.entries_before,
        head_before=task.head_before,
        entries_after=head.entries,
        head_after=head.hash,
    )
    folder = settings.paths.state / CERTIFICATES
    folder.mkdir(mode=0o700, exist_ok=True)
    put_in_place(folder / f"{task.number}.json", json.dumps(to_record(Certificate, certificate), ensure_ascii=False, indent=1))
    event(Action(task.action), f"certificate {task.number}: {told(certificate.counts)}")
    (settings.paths.state / TASKS / f"{task.number}.json").unlink()
    return certificate


def told(counts: Mapping[str, int]) -> str:
    """Return the counts in words."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing"


def _erase_records(settings: Settings, casebook: Casebook, task: Task) -> Task:
    """Take the cases out of every casebook and engine of the installation."""
    case_ids = [case_id for case_id, _ in task.cases]
    words = f"by {task.ordered_by}" + (f", decided: {task.decision.replace(';', ',')}" if task.decision else "")
    reason = Reason(number=task.number, action=task.action, words=words)
    # A copy of all that somebody was killed in putting back: whoever does that has the lock that the caller has.
    for left in settings.paths.state.glob("restoring-*"):
        shutil.rmtree(left, ignore_errors=True)
    if "cases" not in task.counts:
        # Counted before, since one that is killed in between has nothing left to count.
        task = _counted(settings, task, counts_of(casebook, case_ids))
    erase_cases(casebook, case_ids, reason, is_remembered=task.is_remembered)
    # Also when nothing was found: a robot that was killed may have deleted all and written none of it anew.
    compact(casebook, is_alone=True)
    task = _counted(settings, task, {"of the engine": _forget(settings.paths.database_of(RunMode.DECIDE) or settings.paths.state, case_ids)})
    for where, engine in _other_places(settings):
        try:
            with Casebook(where) as other:
                erased = erase_cases(other, case_ids, reason, also_open=True)
                compact(other, is_alone=True)
            erased["of the engine"] += _forget(engine, case_ids)
            task = _counted(settings, task, {"cases elsewhere": erased["cases"], "of the engine": erased["of the engine"]})
        except (SetupError, StateUnusable, sqlite3.Error):
            task = replace(task, not_reached=(*task.not_reached, ("record", str(where))))
            _keep(settings, task)
    return task


def _other_places(settings: Settings) -> Iterator[tuple[Path | str, Path | str]]:
    """Yield where the other casebooks are, each with its engine: that of shadow runs, and states that a backup took the place of."""
    shadow = settings.paths.casebook_of(RunMode.SHADOW)
    if is_there(shadow):
        yield shadow, settings.paths.database_of(RunMode.SHADOW) or settings.paths.state_of(RunMode.SHADOW)
    for aside in sorted(settings.paths.state.glob(ASIDE)):
        for folder in (aside, aside / "shadow"):
            if (folder / _CASEBOOK).is_file():
                yield folder / _CASEBOOK, folder


def _forget(engine: Path | str, case_ids: Sequence[str]) -> int:
    if isinstance(engine, Path) and not (engine / _ENGINE).is_file():
        return 0
    with closing(EngineRecord(engine)) as record:
        count = record.forget_cases(case_ids, is_alone=True)
        if record.has_worked():
            record.compact(is_alone=True)
        return count


def erase_again(state: Path, *, erased_in: Path | None = None) -> int:
    """Erase from the records in a folder what has been erased in the installation before, and return how many cases there were.

    Args:
        state: folder of a casebook and an engine that come from a backup, where no robot works.
        erased_in: folder of the state that knows what was erased; the same one when left out.
    """
    erased = read_erased(erased_in or state)
    return sum(
        _erased_again(folder / _CASEBOOK, folder, erased.certificate_of) for folder in (state, state / "shadow") if (folder / _CASEBOOK).is_file()
    )


def erase_again_in_database(database: str, settings: Settings) -> int:
    """Do what `erase_again` does for the database of several machines, of which this is the address."""
    erased = read_erased(settings.paths.state)
    places = (database, settings.paths.database_of(RunMode.SHADOW))
    return sum(_erased_again(address, address, erased.certificate_of) for address in places if address and is_there(address))


def _erased_again(where: Path | str, engine: Path | str, certificate_of: Callable[[str], str]) -> int:
    with Casebook(where) as casebook:
        back: dict[str, list[str]] = {}
        for case in casebook.cases():
            if number := certificate_of(case.case_id):
                back.setdefault(number, []).append(case.case_id)
        for number, case_ids in back.items():
            reason = Reason(number=number, action=Action.ERASED.value, words="again, after a backup was put back")
            erase_cases(casebook, case_ids, reason, also_open=True, is_remembered=True)
        if back:
            compact(casebook, is_alone=True)
    count = sum(map(len, back.values()))
    if count:
        _forget(engine, [case_id for case_ids in back.values() for case_id in case_ids])
    return count


# --- files ------------------------------------------------------------------------------------------------------------


def _erase_files(settings: Settings, task: Task) -> Task:
    """Delete pages and pictures of the cases, and empty the lines of logs that name them."""
    pattern = re.compile(
        Wanted(references={reference for _, reference in task.cases}, marks=[case_id for case_id, _ in task.cases]).pattern.pattern.encode()
    )
    counts: Counter[str] = Counter()
    for file in run_files(settings.paths.logs):
        if file.name == RECORDS:
            # The pictures before the lines that name them.
            for line in lines_naming(file, pattern):
                if (name := picture_in(line)) and (file.parent / "pictures" / name).exists():
                    (file.parent / "pictures" / name).unlink()
                    counts["pictures"] += 1
        if file.name in {LINES, RECORDS}:
            counts["log lines"] += empty_lines(file, pattern)
        elif pattern.search(file.name.encode()) or pattern.search(file.read_bytes()):
            file.unlink()
            counts["other files of runs"] += 1
    if settings.paths.explanations is not None:
        for case_id, _ in task.cases:
            page = settings.paths.explanations / f"{case_mark(case_id)}.html"
            if page.exists():
                page.unlink()
                counts["explanations"] += 1
    counts["alerts"] += _empty_alerts(settings.paths.state / _ALERTS, pattern)
    return _counted(settings, task, counts)


def _empty_alerts(folder: Path, pattern: re.Pattern[bytes]) -> int:
    """Write over the cases' numbers in what is remembered of alerts, in as many signs, and return in how many files; the alerts stay told."""
    if not folder.is_dir():
        return 0
    count = 0
    descriptor = os.open(folder / _ALERTS_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Who looks just now would write down what it has read before.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for file in sorted(one for one in folder.iterdir() if one.is_file()):
            content = file.read_bytes()
            emptied = pattern.sub(lambda found: b"x" * len(found[0]), content)
            if emptied != content:
                with file.open("r+b") as written:
                    written.write(emptied)
                count += 1
    finally:
        os.close(descriptor)
    return count


def _not_reached(settings: Settings, others: Sequence[str], wanted: Wanted) -> Iterator[tuple[str, str]]:
    if names(settings.paths.workbook, wanted):
        # In something that people have made in it: the name of a sheet, a rule of looks, a heading of the print.
        yield "workbook_part", settings.paths.workbook.name
    yield from (("workbook", file.name) for file in not_searched(settings.paths.workbook))
    yield from (("machine", machine) for machine in others)
    if settings.paths.database:
        yield "server", ""
    yield "backups", ""


# --- the tasks --------------------------------------------------------------------------------------------------------


def _counted(settings: Settings, task: Task, found: Mapping[str, int]) -> Task:
    counts = Counter(task.counts)
    counts.update(found)
    done = replace(task, counts=dict(+counts))
    _keep(settings, done)
    return done


def _keep(settings: Settings, task: Task) -> None:
    folder = settings.paths.state / TASKS
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        put_in_place(folder / f"{task.number}.json", json.dumps(to_record(Task, task)))
    except OSError as error:
        raise StateUnusable(f"{folder} can't be written ({error.strerror}): give the robot's account a folder to write in, with room") from None


def _read(file: Path) -> Task:
    try:
        return from_json_text(Task, file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SetupError(f"{file} can't be read, which says what is to be erased; give the robot the right to, or put it back from a copy") from None
