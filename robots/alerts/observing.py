"""All that is looked at before anything is told: the situation, how cases ended lately, disks, and signs of life. Read only."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from robots.casebook.endings import CaseEnd, lately
from robots.errors import KollegaError
from robots.outlook import ENDS_DAYS
from robots.run_process import EXIT_CODES
from robots.schedule import Schedule
from robots.settings import Settings
from robots.situation import Situation, situation_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """One disk, by what the robot keeps on it."""

    #: `state`, `logs`, `workbook`
    holds: tuple[str, ...]
    folder: Path
    free_bytes: int
    all_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last sign of life of the service."""

    machine: str
    at: datetime
    #: it was asked to end, and did
    has_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was seen at one moment, and what is set about it; times are aware."""

    now: datetime
    situation: Situation
    schedule: Schedule
    grace: timedelta
    #: since when the schedule is known to be as it is; None when nobody has looked before
    scheduled_since: datetime | None = None
    #: whether the casebook could be asked for the next, and for `ends`
    is_past_known: bool = True
    #: when the robot last began that has begun last, on any machine
    robot_began_at: datetime | None = None
    #: what an exit code of a run means
    exit_codes: Mapping[int, str] = field(default_factory=dict)
    #: how cases ended in the last 40 days, the latest first
    ends: Sequence[CaseEnd] = ()
    disks: Sequence[Disk] = ()
    service: Beat | None = None
    #: systems that said in the latest run that the robot's password expires, with their words
    password_notices: Mapping[str, str] = field(default_factory=dict)
    #: systems in which the latest run logged in
    logged_in: frozenset[str] = frozenset()
    #: why no run can begin, one mistake a line; empty when the configuration is right
    mistakes: str = ""
    # of config/kollega.yaml
    passwords_expire: Mapping[str, date] = field(default_factory=dict)
    password_days: int = 14
    overdue_at_least: int = 1
    disk_free_gb: float = 0
    disk_free_share: float = 0
    names_cases: bool = True


def observe(settings: Settings, *, now: datetime, scheduled_since: datetime | None, mistakes: str = "") -> Observed:
    """Return what is to be seen now; what can't be read is left out, and the situation says so.

    Args:
        settings: of the installation.
        now: aware time.
        scheduled_since: since when the schedule is known to be as it is.
        mistakes: of the configuration.
    """
    situation = situation_by(settings, now=now)
    past, is_past_known = None, True
    try:
        past = lately(settings.paths.casebook_of(settings.run.mode), since=now - timedelta(days=ENDS_DAYS))
    except KollegaError:
        # Why is among the faults of the situation, or was over a moment later.
        is_past_known = False
    run = situation.latest_run
    mine = settings.alerts
    return Observed(
        now=now,
        situation=situation,
        schedule=settings.schedule,
        grace=timedelta(minutes=mine.grace_minutes),
        scheduled_since=scheduled_since,
        is_past_known=is_past_known,
        robot_began_at=None if past is None else past.robot_began_at,
        exit_codes=EXIT_CODES,
        ends=() if past is None else past.ends,
        disks=disks_of({"state": settings.paths.state, "logs": settings.paths.logs, "workbook": settings.paths.workbook.parent}),
        service=read_beat(settings.paths.state),
        password_notices={} if run is None else run.password_notices,
        logged_in=frozenset() if run is None else run.logged_in,
        mistakes=mistakes,
        passwords_expire=mine.passwords_expire,
        password_days=mine.password_days,
        overdue_at_least=mine.overdue_at_least,
        disk_free_gb=mine.disk_free_gb,
        disk_free_share=mine.disk_free_share,
        names_cases=mine.names_cases,
    )


def disks_of(folders: Mapping[str, Path]) -> tuple[Disk, ...]:
    """Return the disks on which the folders are, each once; a folder that is not there yet is on the disk of the one above it."""
    found: dict[int, Disk] = {}
    for name, folder in folders.items():
        # A share that does not answer is no reason to tell nothing of all the rest.
        with suppress(OSError):
            place = next((one for one in (folder, *folder.parents) if one.is_dir()), None)
            if place is None:
                continue
            device, usage = place.stat().st_dev, shutil.disk_usage(place)
            holds = (*(found[device].holds if device in found else ()), name)
            found[device] = Disk(holds=holds, folder=found[device].folder if device in found else place, free_bytes=usage.free, all_bytes=usage.total)
    return tuple(found.values())


# --- the service's signs of life --------------------------------------------------------------------------------------


def alerts_folder(state: Path) -> Path:
    """Return the folder of what is remembered between two looks."""
    return state / "alerts"


def make_alerts_folder(state: Path) -> Path:
    """Return that folder, made for this account alone when it is missing.

    Raises:
        OSError: it can't be made.
    """
    # One by one: the folders above the last one would be open to others.
    for folder in (state, alerts_folder(state)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return alerts_folder(state)


def beat(state: Path, *, now: datetime, has_ended: bool = False) -> None:
    """Give a sign of life of the service; one that can't be written is missed by whoever looks for it, and is no reason to stop."""
    record = {"machine": socket.gethostname(), "at": now.astimezone(UTC).isoformat(), "has_ended": has_ended}
    with suppress(OSError):
        write_private(make_alerts_folder(state) / "service.json", json.dumps(record))


def read_beat(state: Path) -> Beat | None:
    """Return the last sign of life of the service; None when there never was one that can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        record = json.loads((alerts_folder(state) / "service.json").read_text(encoding="utf-8"))
        return Beat(machine=str(record["machine"]), at=datetime.fromisoformat(record["at"]).astimezone(UTC), has_ended=bool(record["has_ended"]))
    return None


def write_private(path: Path, text: str) -> None:
    """Put a text in the place of a file, in one act, for this account alone.

    Raises:
        OSError: it can't be written; the file is as it was.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
