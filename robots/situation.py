"""How things stand just now: who works on what, what waits, what is paused or held, and what the latest run has told.

Only looked at: nothing is written, nothing locked, and no robot waits for it. What can't be read leaves its figures empty and says why in `faults`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from robots.casebook import CaseState
from robots.casebook.pauses import Pause
from robots.settings import Settings

if TYPE_CHECKING:
    from robots.configuration import Configuration


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
class LogLine:
    """One event of a run's log; the time is aware UTC."""

    at: datetime
    level: str
    action: str
    #: reference of the case; empty for none
    case: str
    system: str
    step: str
    seconds: float | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestRun:
    """The run that began last, by its log; times are aware UTC."""

    run_id: str
    folder: Path
    began_at: datetime
    #: its last event, when it is over or was killed; None while it is under way
    ended_at: datetime | None
    is_under_way: bool
    #: None while it is under way, when it was killed, and when nobody has noted it
    exit_code: int | None
    #: how many cases ended in it, by ending
    ended: Mapping[str, int]
    #: its latest warnings and errors, the newest last
    errors: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How things stand; times are aware UTC."""

    at: datetime
    mode: str
    workers: tuple[WorkerSituation, ...]
    systems: tuple[SystemSituation, ...]
    #: None when nothing has ever run
    latest_run: LatestRun | None
    #: None without a schedule
    next_due_at: datetime | None
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
    #: where the casebook is, or the logs with a database elsewhere; None when it can't be told
    disk_free_bytes: int | None
    disk_share_free: float | None
    #: what could not be read, and who acts
    faults: tuple[str, ...] = field(default=())


def situation_of(configuration: Configuration, *, now: datetime) -> Situation:
    """Return how things stand: read only, while robots work and while none does, also where nothing has ever run.

    Args:
        configuration: from `read_configuration`; only its settings are used.
        now: aware time.
    """
    return situation_by(configuration.settings, now=now)


def situation_by(settings: Settings, *, now: datetime) -> Situation:
    """Return the same by the settings alone, so that it can be looked at while another file of the configuration is being mended."""
    return Situation(
        at=now,
        mode=settings.run.mode,
        workers=(),
        systems=(),
        latest_run=None,
        next_due_at=settings.schedule.next_due(now),
        counts=MappingProxyType({}),
        ended_last_hour=0,
        ended_today=MappingProxyType({}),
        oldest_waiting_since=None,
        handed_off_open=0,
        overdue=0,
        pauses=(),
        disk_free_bytes=None,
        disk_share_free=None,
    )
