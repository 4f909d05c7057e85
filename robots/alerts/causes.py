"""What an operator must be told of: each cause, how it is known, what is, and what to do. Nothing here reads or writes anything.

Messages leave the house: they hold counts, systems and, of cases that were set aside, the numbers of the applications. Nothing else of a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from robots.alerts.observing import Observed
from robots.case import SWEDEN
from robots.errors import CertificateRefused, LogInRefused, ReasonCode
from robots.hand_offs import compare_hand_offs
from robots.latest_log import LatestRun
from robots.outlook import expiring

#: exit codes of a run that ended as it should, or because somebody asked for it
_WELL = (0, 130)
#: exit codes that systems held in the run explain already
_OF_HELD_SYSTEMS = (3, 4)
#: a run may begin so much before its time by another machine's clock
_EARLY = timedelta(minutes=2)
_HOUR = timedelta(hours=1)
#: the service ends a run that hangs, which takes it some minutes
_HUNG_GRACE = timedelta(minutes=10)
#: the service gives a sign of life each minute
SERVICE_SILENT = timedelta(minutes=5)
_GIGABYTE = 1_000_000_000
#: the class of an error before its sentence
_KIND = re.compile(r"([A-Z][A-Za-z]+): ")
_DO_OF_REFUSED = "Set the robot's account in {system} right before the next run, or pause it: `kollega queue pause --system {system} --why password`."
_DO_OF_CERTIFICATE = (
    "Do what is said there, or have it done by who runs {system} or this machine; `kollega doctor` says whether it is believed again."
)
_DO_OF_HELD = "Send the log and its pictures to the developer; `kollega screens check {system}` says whether it can be used again."


class Cause(StrEnum):
    """What can be told of."""

    SETUP = "setup"
    RECORD = "record"
    SYSTEM_HELD = "system_held"
    RUN_FAILED = "run_failed"
    WORKER_LIFELESS = "worker_lifeless"
    SERVICE_GONE = "service_gone"
    RUN_MISSING = "run_missing"
    CASE_SET_ASIDE = "case_set_aside"
    HAND_OFF_RATE = "hand_off_rate"
    OVERDUE = "overdue"
    PASSWORD_EXPIRING = "password_expiring"  # noqa: S105 - a cause, no password
    DISK_LOW = "disk_low"


#: how each is known, for the README
MEANINGS: dict[Cause, str] = {
    Cause.SETUP: "A file of the configuration is wrong, so that no run can begin.",
    Cause.RECORD: "The casebook or a log can't be read.",
    Cause.SYSTEM_HELD: "The latest run holds a system: a screen has changed, or a log-in was refused.",
    Cause.RUN_FAILED: "The latest run ended with an exit code that somebody must act on, was killed, or hangs.",
    Cause.WORKER_LIFELESS: "A robot gives no sign of life and has cases at hand.",
    Cause.SERVICE_GONE: "`kollega serve` has given no sign of life for five minutes, and has not ended as asked.",
    Cause.RUN_MISSING: "A run was due, and none has begun in the time of grace.",
    Cause.CASE_SET_ASIDE: "The robot stopped again and again in a case, and has handed it off.",
    Cause.HAND_OFF_RATE: "More cases than usual were handed off.",
    Cause.OVERDUE: "Cases that people have are past their day.",
    Cause.PASSWORD_EXPIRING: "The robot's password in a system expires soon, by a notice of the system or by the day that is set.",
    Cause.DISK_LOW: "There is little room left for state, logs or workbook.",
}


class Severity(StrEnum):
    """How soon somebody must act."""

    #: the robot does not do its work
    ERROR = "error"
    #: it does, but not for long, or not as it should
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing to be told."""

    cause: Cause
    #: what it is about, such as a system's name; with the cause it tells one alert from another
    subject: str
    severity: Severity
    #: what is, in one sentence
    what: str
    #: what to do, in one sentence
    do: str

    @property
    def key(self) -> str:
        """What tells the alert from all others."""
        return f"{self.cause}/{self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What stands, and what can't be told just now."""

    alerts: tuple[Alert, ...]
    #: causes of which nothing is known before the run under way is over, or while the record can't be read: what stood, stands
    unsettled: frozenset[Cause]
    #: keys of single alerts of which the same is true
    unsettled_keys: frozenset[str] = frozenset()

    def leaves_open(self, alert: Alert) -> bool:
        """Whether an alert that is not among those that stand may stand all the same."""
        return alert.cause in self.unsettled or alert.key in self.unsettled_keys


def judge(seen: Observed) -> Verdict:
    """Return what stands by what was seen."""
    found = [alert for cause in _ALL for alert in cause(seen)]
    alerts = {alert.key: alert for alert in found}
    run = seen.situation.latest_run
    unsettled: set[Cause] = set()
    keys: set[str] = set()
    if seen.mistakes:
        unsettled |= {Cause.SYSTEM_HELD, Cause.PASSWORD_EXPIRING}
    if seen.situation.faults:
        unsettled |= set(Cause) - {Cause.SETUP, Cause.RECORD, Cause.SERVICE_GONE, Cause.DISK_LOW}
    if not seen.is_past_known:
        unsettled |= {Cause.HAND_OFF_RATE, Cause.CASE_SET_ASIDE, Cause.RUN_MISSING}
    if run is not None and run.is_under_way:
        unsettled |= {Cause.SYSTEM_HELD, Cause.RUN_FAILED, Cause.CASE_SET_ASIDE, Cause.HAND_OFF_RATE}
    # Only a log-in shows whether the notice is still there.
    keys |= {f"{Cause.PASSWORD_EXPIRING}/{system.name}" for system in seen.situation.systems if system.name not in seen.logged_in}
    return Verdict(alerts=tuple(alerts.values()), unsettled=frozenset(unsettled), unsettled_keys=frozenset(keys))


# --- the causes -------------------------------------------------------------------------------------------------------


def _setup(seen: Observed) -> Iterator[Alert]:
    if seen.mistakes:
        count = len(seen.mistakes.splitlines())
        what = f"The configuration has {count} mistake{'s' if count > 1 else ''}, so that no run can begin."
        yield Alert(cause=Cause.SETUP, subject="", severity=Severity.ERROR, what=what, do="Run `kollega check`, which names each with file and line.")


def _record(seen: Observed) -> Iterator[Alert]:
    if seen.situation.faults:
        what = f"The robot's own record can't be read: {'; '.join(seen.situation.faults)}."
        do = "See Backups, and trouble with the machine, in the README; nothing of a case is lost as long as the files are there."
        yield Alert(cause=Cause.RECORD, subject="", severity=Severity.ERROR, what=what, do=do)


def _systems_held(seen: Observed) -> Iterator[Alert]:
    run = seen.situation.latest_run
    log = "" if run is None else f" The log is {run.folder / 'run.log'}."
    for system in seen.situation.systems:
        if system.held_why:
            kind, why = _KIND.match(system.held_why), _KIND.sub("", system.held_why)
            # Another try with a wrong password can lock the account.
            dos = {LogInRefused.__name__: _DO_OF_REFUSED, CertificateRefused.__name__: _DO_OF_CERTIFICATE}
            do = _DO_OF_HELD if kind is None else dos.get(kind[1], _DO_OF_HELD)
            yield Alert(
                cause=Cause.SYSTEM_HELD,
                subject=system.name,
                severity=Severity.ERROR,
                what=f"{system.name} is held, and its cases wait: {why.removeprefix(f'{system.name}, ').removeprefix(f'{system.name}: ')}",
                do=f"{do.format(system=system.name)}{log}",
            )


def _run_failed(seen: Observed) -> Iterator[Alert]:
    run = seen.situation.latest_run
    if run is not None and run.is_under_way:
        yield from _run_hangs(run, seen)
    if run is None or run.is_under_way or run.exit_code in _WELL:
        return
    if run.exit_code in _OF_HELD_SYSTEMS and any(system.held_why for system in seen.situation.systems):
        return
    errors = [line.message for line in run.errors if line.level == "ERROR"]
    latest = f" The log's last error: {errors[-1]}" if errors else ""
    if run.exit_code is None:
        what = f"The run that began at {_clock(run.began_at, seen.now)} was killed in the midst of its work.{latest}"
        do = "See what killed it (memory, a restart of the machine); the next run goes on with its cases, `kollega run` begins one now."
    else:
        what = f"The latest run ended with exit code {run.exit_code}: {seen.exit_codes.get(run.exit_code, 'see its log')}.{latest}"
        do = f"Look at its log, {run.folder}."
    # A source that did not answer is seldom the robot's, and its cases are with people.
    severity = Severity.WARNING if run.exit_code in (5, 6) else Severity.ERROR
    yield Alert(cause=Cause.RUN_FAILED, subject="killed" if run.exit_code is None else str(run.exit_code), severity=severity, what=what, do=do)


def _run_hangs(run: LatestRun, seen: Observed) -> Iterator[Alert]:
    # The service ends one that hangs, and begins another; nobody does so for a single run.
    if seen.now - run.heard_at > timedelta(minutes=seen.schedule.hung_minutes) + _HUNG_GRACE:
        what = f"The run that began at {_clock(run.began_at, seen.now)} has told nothing since {_clock(run.heard_at, seen.now)}: it seems to hang."
        do = f"See the end of its log, {run.folder}, and end it, as with `systemctl stop kollega-run`; the next run goes on with its cases."
        yield Alert(cause=Cause.RUN_FAILED, subject="hangs", severity=Severity.ERROR, what=what, do=do)


def _lifeless(seen: Observed) -> Iterator[Alert]:
    run = seen.situation.latest_run
    for worker in seen.situation.workers:
        # That the latest run was killed is told already, as long as nothing else is known of its robot.
        is_told = run is not None and not run.is_under_way and run.exit_code is None and worker.began_at >= run.began_at - _EARLY
        if not worker.is_alive and not is_told:
            what = f"The robot {worker.worker} on {worker.machine} has given no sign of life since {_clock(worker.seen_at, seen.now)}"
            yield Alert(
                cause=Cause.WORKER_LIFELESS,
                subject=worker.worker,
                severity=Severity.ERROR,
                what=f"{what}, with {_counted(len(worker.cases), 'case')} at hand.",
                do="See what became of the machine; the other robots go on with its cases, or the next run does.",
            )


def _service_gone(seen: Observed) -> Iterator[Alert]:
    beat = seen.service
    # A sign of life that is to come was given before the clock was set back.
    if beat is not None and not beat.has_ended and not -_HOUR < seen.now - beat.at <= SERVICE_SILENT:
        what = f"kollega serve on {beat.machine} has given no sign of life since {_clock(beat.at, seen.now)}: no run begins by itself."
        do = f"Start it: `systemctl start kollega` on {beat.machine}; `journalctl -u kollega` says what ended it. For good: start and stop it once."
        yield Alert(cause=Cause.SERVICE_GONE, subject="", severity=Severity.ERROR, what=what, do=do)


def _run_missing(seen: Observed) -> Iterator[Alert]:
    due = seen.schedule.latest_due(seen.now - seen.grace)
    # A run of another machine is known by the casebook alone.
    if due is None or not seen.is_past_known:
        return
    run = seen.situation.latest_run
    # The schedule is kept to from when it was first seen: a time that was set this noon was not due this morning.
    if (seen.scheduled_since is not None and due <= seen.scheduled_since) or (run is not None and run.is_under_way):
        return
    # What is to come was noted before the clock was set back, and shows no run of today.
    soon = seen.now + _HOUR
    began_at = max((at for at in (seen.robot_began_at, None if run is None else run.began_at) if at is not None and at < soon), default=None)
    ended_at = None if run is None or run.ended_at is None or run.ended_at >= soon else run.ended_at
    # One that was still going when the next was due has done its work.
    if (began_at is not None and began_at >= due - _EARLY) or (ended_at is not None and ended_at >= due):
        return
    latest = "no run is known" if began_at is None else f"the latest began at {_clock(began_at, seen.now)}"
    yield Alert(
        cause=Cause.RUN_MISSING,
        subject="",
        severity=Severity.ERROR,
        what=f"A run was due at {_clock(due, seen.now)} and has not begun; {latest}.",
        do="See that the machine is up and `kollega serve`, or its timer, is started: `systemctl status kollega`.",
    )


def _set_aside(seen: Observed) -> Iterator[Alert]:
    run = seen.situation.latest_run
    if run is None:
        return
    for one in seen.ends:
        if one.ended_at >= run.began_at and ReasonCode.ROBOT_FAULT in one.codes:
            name = one.reference if seen.names_cases else "a case"
            show = f"`kollega queue show {name}` and the log say" if seen.names_cases else "`kollega queue list` and the log say"
            yield Alert(
                cause=Cause.CASE_SET_ASIDE,
                subject=one.reference if seen.names_cases else f"{one.ended_at:%Y%m%dT%H%M%S%f}",
                severity=Severity.ERROR,
                what=f"The robot stopped again and again in {name}, and has handed it off with {ReasonCode.ROBOT_FAULT}.",
                do=f"{show} in which step; send that to the developer. A caseworker handles the case.",
            )


def _hand_offs(seen: Observed) -> Iterator[Alert]:
    found = compare_hand_offs(seen.ends, since=None if seen.situation.latest_run is None else seen.situation.latest_run.began_at, now=seen.now)
    if found is not None and found.is_above:
        yield Alert(cause=Cause.HAND_OFF_RATE, subject="", severity=Severity.WARNING, what=found.what, do=found.do)


def _overdue(seen: Observed) -> Iterator[Alert]:
    count = seen.situation.overdue
    if count >= seen.overdue_at_least:
        what = f"{_counted(count, 'case')} that people have {'is' if count == 1 else 'are'} past {'its' if count == 1 else 'their'} day."
        do = "Tell the head of the unit: what is late stands first in the workbook."
        yield Alert(cause=Cause.OVERDUE, subject="", severity=Severity.WARNING, what=what, do=do)


def _passwords(seen: Observed) -> Iterator[Alert]:
    today = seen.now.astimezone(SWEDEN).date()
    for one in expiring(seen.passwords_expire, seen.password_notices, within_days=seen.password_days, today=today):
        yield Alert(cause=Cause.PASSWORD_EXPIRING, subject=one.system, severity=Severity.WARNING, what=one.what, do=one.do)


def _disks(seen: Observed) -> Iterator[Alert]:
    for disk in seen.disks:
        share = disk.free_bytes / disk.all_bytes if disk.all_bytes else 0
        if disk.free_bytes < seen.disk_free_gb * _GIGABYTE or share < seen.disk_free_share:
            names = " and ".join(part for part in (", ".join(disk.holds[:-1]), disk.holds[-1]) if part)
            what = f"The disk of {names} has {disk.free_bytes / _GIGABYTE:.1f} GB left, {share:.0%} of it."
            do = f"Free some room on the disk of {disk.folder}: without any, no run can begin."
            yield Alert(cause=Cause.DISK_LOW, subject=names, severity=Severity.WARNING, what=what, do=do)


_ALL = (
    _setup,
    _record,
    _service_gone,
    _run_missing,
    _run_failed,
    _lifeless,
    _systems_held,
    _set_aside,
    _hand_offs,
    _overdue,
    _passwords,
    _disks,
)


# --- words ------------------------------------------------------------------------------------------------------------


def _clock(moment: datetime, now: datetime) -> str:
    shown = moment.astimezone(SWEDEN)
    return f"{shown:%H:%M}" if shown.date() == now.astimezone(SWEDEN).date() else f"{shown:%Y-%m-%d %H:%M}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
