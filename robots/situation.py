"""How things stand just now: who works on what, what waits, what is paused or held, and what the latest run has told.

Only looked at: nothing is written, nothing locked, and no robot waits for it. What can't be read leaves its figures empty and says why in `faults`.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from robots.assessment import Ending
from robots.case import SWEDEN
from robots.casebook import CaseState
from robots.casebook.glance import Glance, glance
from robots.casebook.pauses import Pause, scope_of_system
from robots.casebook.workers import WorkerEntry
from robots.errors import KollegaError
from robots.latest_log import LatestRun, LatestService, LogLine, latest_run, latest_service
from robots.outlook import Outlook, outlook_of
from robots.settings import SETTINGS_FILE, Settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from robots.configuration import Configuration

__all__ = [
    "CaseAtHand",
    "LatestRun",
    "LatestService",
    "LogLine",
    "Situation",
    "SystemSituation",
    "WorkerSituation",
    "record_of",
    "situation_by",
    "situation_of",
]

T = TypeVar("T")

_DEAD_FOR = timedelta(days=1)
#: a run may begin so much before its time by another machine's clock
_EARLY = timedelta(minutes=2)
_AHEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAtHand:
    """A case that a robot works on."""

    #: number of the application, never a person
    reference: str
    #: the step under way; `after NAME` between two, empty before the first
    step: str
    #: when that step was begun, aware UTC
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSituation:
    """A robot that works, or that has died with cases at hand; times are aware UTC."""

    worker: str
    machine: str
    mode: str
    began_at: datetime
    #: last sign of life
    seen_at: datetime
    is_alive: bool
    cases: tuple[CaseAtHand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSituation:
    """One outside system."""

    name: str
    #: by its opening hours and the hours of the robot
    is_open: bool
    #: the operator's words; empty when it is not paused
    paused_why: str
    #: why the latest run held it, by its log; empty when it did not
    held_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How things stand; times are aware UTC."""

    at: datetime
    mode: str
    workers: tuple[WorkerSituation, ...]
    systems: tuple[SystemSituation, ...]
    #: None when nothing has ever run
    latest_run: LatestRun | None
    #: None when there never was one on this machine
    service: LatestService | None
    #: None without a schedule
    next_due_at: datetime | None
    #: when a run was due that has not begun in the time of grace; None when none is known to be missing
    missed_at: datetime | None
    #: empty when the casebook can't be read; all 0 when there is none yet
    counts: Mapping[CaseState, int]
    ended_last_hour: int
    #: by ending, since midnight in Sweden
    ended_today: Mapping[str, int]
    #: since when the case waits that came into the queue first of those that wait; None when none does
    oldest_waiting_since: datetime | None
    #: cases that were handed off and that no person has answered
    handed_off_open: int
    #: of the cases that people have, those past their day
    overdue: int
    pauses: tuple[Pause, ...]
    #: of the folder of the state; None when it can't be told
    disk_free_bytes: int | None
    disk_share_free: float | None
    #: what could not be read, and who acts
    faults: tuple[str, ...] = field(default=())
    #: of hand-offs and passwords
    outlook: Outlook = field(default_factory=Outlook)


def situation_of(configuration: Configuration, *, now: datetime) -> Situation:
    """Return how things stand: read only, while robots work and while none does, also where nothing has ever run.

    Args:
        configuration: from `read_configuration`; only its settings are used.
        now: aware time.
    """
    return situation_by(configuration.settings, now=now)


def situation_by(settings: Settings, *, now: datetime) -> Situation:
    """Return the same by the settings alone, so that it can be looked at while another file of the configuration is being mended."""
    mode, paths = settings.run.mode, settings.paths
    shown = now.astimezone(SWEDEN)
    midnight = shown.replace(hour=0, minute=0, second=0, microsecond=0)
    faults: list[str] = []

    def read(look: Callable[[], T | None]) -> T | None:
        try:
            return look()
        except KollegaError as error:
            faults.append(str(error))
        except OSError as error:
            faults.append(f"{error.filename or paths.logs} can't be read ({error.strerror}): see that this account may read it")
        return None

    quiet_seconds = settings.run.quiet_seconds
    seen = read(lambda: glance(paths.casebook_of(mode), now=now, midnight=midnight, today=shown.date()))
    run = read(lambda: latest_run(paths.logs, now=now, quiet_seconds=quiet_seconds))
    service = read(lambda: latest_service(paths.logs, now=now, quiet_seconds=quiet_seconds))
    disk = _disk_of(paths.state_of(mode))
    is_unread = seen is None and bool(faults)
    known = seen or (_UNREAD if is_unread else _NOTHING)
    if not mode.writes:
        # What a shadow run would have handed over nobody has got.
        known = replace(known, handed_off_open=0, overdue=0)
    return Situation(
        at=now,
        mode=mode.value,
        workers=_workers(known, settings, now=now),
        systems=tuple(_system(name, settings, known, run, now=now) for name in settings.systems),
        latest_run=run,
        service=service,
        next_due_at=settings.schedule.next_due(now),
        missed_at=None if faults else _missed_at(settings, run, known, now=now),
        counts=MappingProxyType(dict(known.counts)),
        ended_last_hour=known.ended_last_hour,
        ended_today=MappingProxyType(dict(known.ended_today)),
        oldest_waiting_since=known.oldest_waiting_since,
        handed_off_open=known.handed_off_open,
        overdue=known.overdue,
        pauses=known.pauses,
        disk_free_bytes=None if disk is None else disk[0],
        disk_share_free=None if disk is None else disk[1],
        faults=tuple(faults),
        outlook=outlook_of(
            settings, run_began_at=None if run is None else run.began_at, notices={} if run is None else run.password_notices, now=now
        ),
    )


_UNREAD = Glance(
    workers=(), at_hand=(), pauses=(), counts={}, ended_last_hour=0, ended_today={}, oldest_waiting_since=None, handed_off_open=0, overdue=0
)
_NOTHING = replace(_UNREAD, counts=dict.fromkeys(CaseState, 0), ended_today={ending.value: 0 for ending in Ending})


def _missed_at(settings: Settings, run: LatestRun | None, seen: Glance, *, now: datetime) -> datetime | None:
    """Return when a run was due that has not begun; as alerts judge, but without what they remember of earlier looks."""
    due = settings.schedule.latest_due(now - timedelta(minutes=settings.alerts.grace_minutes))
    if due is None or run is None or run.is_under_way:
        return None
    with suppress(OSError):
        # A time that was set after it had passed is nobody's to miss.
        if (settings.root / SETTINGS_FILE).stat().st_mtime >= due.timestamp():
            return None
    moments = (run.began_at + _EARLY, run.ended_at, *(worker.began_at + _EARLY for worker in seen.workers))
    # What is to come was noted before the clock was set back.
    return due if all(at is None or at < due or at > now + _AHEAD for at in moments) else None


def _workers(seen: Glance, settings: Settings, *, now: datetime) -> tuple[WorkerSituation, ...]:
    found = []
    for entry in seen.workers:
        is_alive = entry.is_alive(lifeless_seconds=settings.run.lifeless_seconds) and not _is_gone(entry)
        cases = tuple(CaseAtHand(reference=one.reference, step=one.step, since=one.begun_at) for one in seen.at_hand if one.worker == entry.worker)
        has_died = entry.ended_at is None and not is_alive
        # A machine that was taken away after a crash is not told of for ever.
        if is_alive or (has_died and (cases or now - entry.seen_at < _DEAD_FOR)):
            found.append(
                WorkerSituation(
                    worker=entry.worker,
                    machine=entry.machine,
                    mode=entry.mode,
                    began_at=entry.began_at,
                    seen_at=entry.seen_at,
                    is_alive=is_alive,
                    cases=cases,
                )
            )
    return tuple(found)


def _is_gone(entry: WorkerEntry) -> bool:
    """Whether its process is known to be gone, so that nobody waits for the signs of life to run out."""
    return entry.machine == platform.node() and Path("/proc/self").exists() and not Path(f"/proc/{entry.process}").exists()


def _system(name: str, settings: Settings, seen: Glance, run: LatestRun | None, *, now: datetime) -> SystemSituation:
    pause = next((one for one in seen.pauses if one.scope == scope_of_system(name)), None)
    return SystemSituation(
        name=name,
        is_open=settings.schedule.closed(name, now) is None,
        paused_why="" if pause is None else pause.why or "no reason was given",
        held_why="" if run is None else run.held.get(name, ""),
    )


def _disk_of(folder: Path) -> tuple[int, float] | None:
    """Return the free bytes and their share where the folder is, or is to be made; None when it can't be told."""
    for place in (folder, *folder.parents):
        with suppress(OSError):
            usage = shutil.disk_usage(place)
            return usage.free, usage.free / usage.total if usage.total else 0.0
    return None


def record_of(situation: Situation) -> dict[str, object]:
    """Return the situation as plain JSON types, for programs; times are UTC, and the keys are an interface."""
    return {"schema": 1, **{name: _plain(value) for name, value in _fields_of(situation).items()}}


def _fields_of(record: DataclassInstance) -> dict[str, object]:
    return {one.name: getattr(record, one.name) for one in fields(record)}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(part) for name, part in _fields_of(value).items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | frozenset):
        return [_plain(part) for part in (sorted(value) if isinstance(value, frozenset) else value)]
    return str(value) if isinstance(value, Path | StrEnum) else value
