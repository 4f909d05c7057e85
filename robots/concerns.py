"""Whether all is well: what of a situation somebody should see to, in one sentence each, the worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from robots.case import SWEDEN
from robots.casebook import CaseState
from robots.run_process import EXIT_CODES
from robots.schedule import HUNG_MINUTES
from robots.situation import LatestRun, Situation

#: no step takes so long; the waits for a system that does not answer are shorter
_LONG_STEP_SECONDS = 600
_DISK_SHARE = 0.05
_DISK_BYTES = 2 * 1024**3
_STOPPED = 130
#: exit codes that held systems explain
_OF_HELD_SYSTEMS = frozenset({3, 4})


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Something that somebody should see to."""

    #: somebody must act now; otherwise it is to be known
    is_grave: bool
    #: what is, and what to do
    sentence: str


def concerns_of(situation: Situation) -> tuple[Concern, ...]:
    """Return what somebody should see to, the grave first; nothing when all is well."""
    found = [Concern(is_grave=True, sentence=sentence) for sentence in _grave(situation)]
    return (*found, *(Concern(is_grave=False, sentence=sentence) for sentence in _lesser(situation)))


def said(situation: Situation, concerns: tuple[Concern, ...]) -> str:
    """Return in a few words whether all is well."""
    grave = sum(one.is_grave for one in concerns)
    if grave:
        return f"{grave} {'thing' if grave == 1 else 'things'} to see to"
    if concerns:
        return "Well, with remarks"
    if situation.latest_run is None and not any(situation.counts.values()):
        return "Nothing has run yet"
    return "All is well"


def clock(moment: datetime, now: datetime) -> str:
    """Return a moment as an operator in Sweden says it: the time of day, and the day when it is another one."""
    shown, today = moment.astimezone(SWEDEN), now.astimezone(SWEDEN).date()
    return f"{shown:%H:%M}" if shown.date() == today else f"{shown:%Y-%m-%d %H:%M}"


def age(since: datetime, now: datetime) -> str:
    """Return how long ago it was, in the two largest units that matter: `5 s`, `2 min`, `3 h 10 min`, `4 days`."""
    seconds = max(0, int((now - since).total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if not minutes:
        return f"{seconds} s"
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if not days else f"{days} {'day' if days == 1 else 'days'}"


def _grave(situation: Situation) -> Iterator[str]:
    now = situation.at
    yield from (_one_line(fault) for fault in situation.faults)
    if situation.service is not None and not situation.service.is_up and situation.service.ended_at is None and situation.next_due_at is not None:
        due = clock(situation.next_due_at, now)
        yield f"The service is not there, so no run begins at {due}: start it, as with systemctl start kollega."
    if situation.missed_at is not None:
        due = clock(situation.missed_at, now)
        yield f"A run was due at {due} and has not begun: see that kollega serve, or its timer, is started, as with systemctl status kollega."
    for worker in situation.workers:
        if not worker.is_alive:
            left = f" with {_count(len(worker.cases), 'case')} at hand" if worker.cases else ""
            yield f"The robot {worker.worker} ended by force{left}, {age(worker.seen_at, now)} ago: the next run goes on with them."
    if situation.latest_run is not None:
        yield from _of_run(situation.latest_run, now, is_held=any(system.held_why for system in situation.systems))
    for system in situation.systems:
        if system.held_why:
            yield f"{system.name} is held: {system.held_why}"
    yield from (_one_line(sentence) for _, sentence in situation.outlook.sentences)
    if failed := situation.counts.get(CaseState.FAILED, 0):
        yield f"{_count(failed, 'case')} stopped by a fault of the robot's own: kollega queue list --state failed shows which."
    free, share = situation.disk_free_bytes, situation.disk_share_free
    if free is not None and share is not None and (share < _DISK_SHARE or free < _DISK_BYTES):
        yield f"The disk is nearly full: {free / 1024**3:.1f} GB left, {share:.0%}. Make room in the folder of the logs."


def _of_run(run: LatestRun, now: datetime, *, is_held: bool) -> Iterator[str]:
    if run.is_under_way:
        return
    if not run.is_complete:
        ended = "" if run.ended_at is None else f" at {clock(run.ended_at, now)}"
        yield f"The latest run did not come to its end: its log stops{ended}. The next run goes on with its cases; see {run.folder / 'run.log'}"
    elif run.exit_code not in {None, 0, _STOPPED} and not (is_held and run.exit_code in _OF_HELD_SYSTEMS):
        yield f"The latest run ended with exit code {run.exit_code}: {EXIT_CODES.get(run.exit_code or 0, 'see its log')}."


def _lesser(situation: Situation) -> Iterator[str]:
    now, service, run = situation.at, situation.service, situation.latest_run
    # Where a timer begins the runs, one has begun since, or is missed soon.
    if (
        service is not None
        and service.ended_at is not None
        and situation.next_due_at is not None
        and (run is None or run.began_at < service.ended_at)
    ):
        due = clock(situation.next_due_at, now)
        yield f"The service was ended at {clock(service.ended_at, now)}: unless a timer begins it, no run begins at {due}."
    for pause in situation.pauses:
        kind, _, name = pause.scope.partition(":")
        what = {"all": "Everything", "system": f"The system {name}", "case": f"The case {name}"}.get(kind, pause.scope)
        yield f"{what} is paused since {clock(pause.paused_at, now)} by {pause.paused_by}: {pause.why}"
    if run is not None and run.is_under_way and now - run.heard_at > timedelta(minutes=HUNG_MINUTES):
        yield f"The run under way has told nothing for {age(run.heard_at, now)}: if it hangs, end it; the next one goes on with its cases."
    for worker in situation.workers:
        for case in worker.cases:
            if worker.is_alive and (now - case.since).total_seconds() > _LONG_STEP_SECONDS:
                yield f"{case.reference} has been in the step {case.step or 'before the first'} for {age(case.since, now)}."
    if situation.overdue:
        yield f"{_count(situation.overdue, 'case')} with people past the day: they stand first in the workbook."


def _count(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else f'{what}s'}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
