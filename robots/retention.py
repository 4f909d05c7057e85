"""What the municipality's plan no longer lets the robot keep is deleted: by `kollega retention run`, and once a day by `kollega serve`.

A case that waits for a person's answer, or has a write that is not proven, is kept for half a year after its time, and how many these are is told,
since a person has to act on them. Then it goes all the same: the law lets nobody keep a file for longer because nobody answered, and has it gone by
the end of the next calendar year (SoL 16 kap. 1 §). A case that is open never goes.

Cases and the file that holds them are changed only where no robot works; the rest at any time. Whoever is killed in
between has deleted some of it, and the next time goes on.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from robots import backup, erasure
from robots.assessment import RunMode
from robots.casebook import Casebook, CaseEntry, CaseState
from robots.casebook.database import is_there
from robots.casebook.erasing import Reason, compact, done_before, erase_cases
from robots.errors import KollegaError, SetupError
from robots.exception_queue import case_mark, keeping
from robots.exception_queue.erasing import beside
from robots.log_keeping import remove_old
from robots.run_log import Action, event
from robots.run_traces import run_files
from robots.settings import Settings
from robots.work_queue.engine_record import EngineRecord

#: folders of programs that were killed; what is downloaded from a system never lies on the disk
_LEFT = "kollega-restoring-*"
_LEFT_OF_BACKUP = ".kollega-backup-*"
_MARK_LETTERS = 12
#: for so long after its time a case is kept on which a person has to act; the law's end of the next calendar year is never sooner
_WAIT = timedelta(days=183)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What was deleted, or would be."""

    #: how many of each kind
    counts: dict[str, int]
    #: cases past their time that are kept, as somebody must act on them first
    kept: int
    #: why something was left for the next time; empty when nothing was
    left: str = ""
    #: of the certificates of cases
    certificates: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    is_trial: bool

    def delete(self, kind: str, path: Path) -> None:
        """Delete a file or a folder, and count it; what can't be deleted stays for the next time."""
        if not self.is_trial:
            try:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            except OSError:
                return
        self.counts[kind] += 1


def run(settings: Settings, *, now: datetime, is_trial: bool = False) -> Deleted:
    """Delete what is past its time.

    Args:
        settings: name the places, and say for how long.
        now: aware time.
        is_trial: nothing is deleted, only counted.

    Raises:
        StateUnusable: a database can't be used.
    """
    tally = _Tally(is_trial=is_trial)
    _files(settings, tally, now)
    kept, left, certificates = 0, "", []
    cases: tuple[CaseEntry, ...] = ()
    main = settings.paths.casebook_of(RunMode.DECIDE)
    if is_there(main):
        with Casebook(main) as casebook:
            cases, kept = _past(settings, casebook, now)
            if is_trial:
                tally.counts["cases"] += len(cases)
                tally.counts["of the engine"] += _engine(settings, casebook, now, without=cases, is_trial=True)
            else:
                try:
                    with erasure.alone(settings, casebook):
                        # What was begun by somebody who was killed: what is gone by it is not ordered once more.
                        made = erasure.finish(settings)
                        cases, kept = _past(settings, casebook, now)
                        if cases:
                            plan = f"the plan of {settings.retention.minute}" if settings.retention.minute else ""
                            erasure.order(settings, casebook, cases, action=Action.RETENTION, by="retention", decision=plan, is_remembered=False)
                            made += erasure.finish(settings)
                        tally.counts["cases"] += sum(one.counts.get("cases", 0) for one in made)
                        certificates = [one.number for one in made]
                        tally.counts["of the engine"] += _engine(settings, casebook, now)
                except SetupError as error:
                    left = str(error)
    try:
        _shadow(settings, tally, now, without=cases)
    except SetupError as error:
        left = str(error)
    counts = dict(sorted((+tally.counts).items()))
    deleted = Deleted(counts=counts, kept=kept, left=left, certificates=tuple(certificates))
    if not is_trial:
        _tell(settings, deleted)
    return deleted


def once_a_day(read_settings: Callable[[], Settings]) -> Callable[[datetime], None]:
    """Return what a service calls while no run is under way: the first call of each day deletes, and a fault is told and ends nothing."""
    latest = None

    def look(now: datetime) -> None:
        nonlocal latest
        if latest == now.astimezone(UTC).date():
            return
        latest = now.astimezone(UTC).date()
        try:
            run(read_settings(), now=now)
        except Exception as error:  # noqa: BLE001 - the service goes on, and tries again tomorrow
            # A text that is not our own may quote a value.
            why = str(error) if isinstance(error, KollegaError) else type(error).__name__
            event(Action.RETENTION, f"what is past its time could not be deleted today: {why}", level="ERROR")

    return look


def _tell(settings: Settings, deleted: Deleted) -> None:
    by = f" by the plan of {settings.retention.minute}" if settings.retention.minute else ""
    sentence = f"deleted{by}: {erasure.told(deleted.counts)}"
    if deleted.kept:
        sentence += (
            f"; {deleted.kept} cases past their time are kept: open, or, for half a year, without an answer or with a write that is not proven"
        )
    if deleted.left:
        sentence += f"; cases were left for the next time: {deleted.left}"
    event(Action.RETENTION, sentence, level="WARNING" if deleted.left else "INFO")
    main = settings.paths.casebook_of(RunMode.DECIDE)
    if deleted.counts and is_there(main):
        with Casebook(main) as casebook:
            casebook.add_event(None, Action.RETENTION, erasure.told(deleted.counts))


# --- records ----------------------------------------------------------------------------------------------------------


def years_before(now: datetime, years: int) -> datetime:
    """Return the same moment so many years earlier."""
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # the 29th of February
        return now.replace(year=now.year - years, day=28)


def _ended_before(casebook: Casebook, latest: datetime) -> list[str]:
    return [case.case_id for case in casebook.cases(state=CaseState.ENDED) if case.ended_at is not None and case.ended_at < latest]


def _past(settings: Settings, casebook: Casebook, now: datetime) -> tuple[tuple[CaseEntry, ...], int]:
    latest = years_before(now, settings.retention.case_years)
    return done_before(casebook, latest, ended_latest=latest - _WAIT)


def _engine(settings: Settings, casebook: Casebook, now: datetime, *, without: Sequence[CaseEntry] = (), is_trial: bool = False) -> int:
    """Have the engine forget cases that ended long ago; that they have ended is known to the casebook, which is asked first."""
    where = settings.paths.database_of(RunMode.DECIDE) or settings.paths.state
    if isinstance(where, Path) and not (where / backup.ENGINE).is_file():
        return 0
    gone = {case.case_id for case in without}
    case_ids = [one for one in _ended_before(casebook, now - timedelta(days=settings.retention.engine_days)) if one not in gone]
    with closing(EngineRecord(where)) as record:
        return len(record.known(case_ids, also_at_hand=True)) if is_trial else record.forget_cases(case_ids, is_alone=True)


def _shadow(settings: Settings, tally: _Tally, now: datetime, *, without: Sequence[CaseEntry]) -> None:
    where = settings.paths.casebook_of(RunMode.SHADOW)
    if not is_there(where):
        return
    latest = now - timedelta(days=settings.retention.shadow_days)
    with Casebook(where) as casebook:
        # Those that go with a case of the other casebook are counted there.
        gone = {case.case_id for case in without}
        case_ids = [one for one in _ended_before(casebook, latest) if one not in gone]
        if case_ids and not tally.is_trial:
            with erasure.alone(settings, casebook):
                reason = Reason(number=erasure.new_number(now), action=Action.RETENTION.value, words="by retention")
                erase_cases(casebook, case_ids, reason)
                compact(casebook, is_alone=True)
                engine = settings.paths.database_of(RunMode.SHADOW) or settings.paths.state_of(RunMode.SHADOW)
                if not isinstance(engine, Path) or (engine / backup.ENGINE).is_file():
                    with closing(EngineRecord(engine)) as record:
                        record.forget_cases(case_ids, is_alone=True)
        tally.counts["shadow cases"] += len(case_ids)


# --- files ------------------------------------------------------------------------------------------------------------


def _files(settings: Settings, tally: _Tally, now: datetime) -> None:
    plan, paths = settings.retention, settings.paths
    for file in _older(run_files(paths.logs), plan.pictures_days, now):
        if file.parent.name == "pictures":
            tally.delete("pictures", file)
    # A folder goes as a whole, and never that of a run under way.
    for folder in (paths.logs, *(one for one in paths.logs.glob("*") if one.is_dir())):
        tally.counts["folders of runs"] += remove_old(folder, keep_days=settings.log.keep_days, now=now, is_trial=tally.is_trial)
    versions = set(keeping.versions_of(paths.workbook))
    for file in _older(versions, plan.versions_days, now):
        tally.delete("workbook versions", file)
    for file in _older(set(beside(paths.workbook)) - versions, plan.set_aside_days, now):
        tally.delete("workbooks set aside", file)
    for folder in _older(paths.state.glob(erasure.ASIDE), plan.set_aside_days, now):
        tally.delete("states set aside", folder)
    places = [(Path(tempfile.gettempdir()), _LEFT), (paths.state, "restoring-*")]
    if plan.backups:
        places.append((settings.root / plan.backups, _LEFT_OF_BACKUP))
    for folder, pattern in places:
        for left in _older(folder.glob(pattern), plan.left_days, now):
            if left.lstat().st_uid == os.getuid():
                tally.delete("left by killed programs", left)
    if plan.backups and plan.backups_days is not None:
        for file in _older((settings.root / plan.backups).glob("*.zip"), plan.backups_days, now):
            if _is_backup(file):
                tally.delete("backups", file)
    _explanations(settings, tally, now)


def _explanations(settings: Settings, tally: _Tally, now: datetime) -> None:
    folder, main = settings.paths.explanations, settings.paths.casebook_of(RunMode.DECIDE)
    if folder is None or not is_there(main):
        return
    with Casebook(main) as casebook:
        done, _ = done_before(casebook, now)
        concern_people = {case_mark(case.case_id) for case in casebook.cases()} - {case_mark(case.case_id) for case in done}
    for page in _older(folder.glob("*.html"), settings.retention.explanations_days, now):
        if len(page.stem) == _MARK_LETTERS and page.stem not in concern_people:
            tally.delete("explanations", page)


def _is_backup(file: Path) -> bool:
    try:
        with backup.opened(file):
            return True
    except SetupError:
        return False


def _older(paths: Iterator[Path] | set[Path], days: int, now: datetime) -> Iterator[Path]:
    before = (now - timedelta(days=days)).timestamp()
    for path in sorted(paths):
        try:
            if path.lstat().st_mtime < before:
                yield path
        except OSError:
            continue
