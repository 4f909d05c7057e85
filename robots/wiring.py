"""The one place that builds everything from config/, and one run of the robot from inbox to workbook."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn, TypeVar

from robots import exception_queue
from robots.accounts import read_accounts
from robots.assessment import Ending, Outcome, RunMode
from robots.audit import anchor_of
from robots.case import SWEDEN
from robots.casebook import Casebook, CaseEntry, CaseState
from robots.casebook.erasing import erased_among
from robots.configuration import Configuration
from robots.doors import doors_of, sessions_of
from robots.effects import Effects
from robots.erased import read_erased
from robots.errors import CertificateRefused, KollegaError, LogInRefused, ReasonCode, ScreenChanged, SetupError, StopRequested, SystemFault
from robots.exception_queue import Written
from robots.exchange import Exchanged, exchange, take
from robots.follow_up import CaseTimes, Summary, summary
from robots.handling import PROCESS, Office, Step, handle
from robots.outlook import outlook_of, tell
from robots.rule_set import rule_set_of
from robots.run_log import Action, event
from robots.screens.sessions import Sessions, Times, stopwatch
from robots.settings import Settings
from robots.systems import benefits_register, case_system, e_service, population_register
from robots.systems.e_service import InboxEntry
from robots.work_queue import Standing, WorkQueue, case_id_of
from robots.work_queue.lock import locked
from robots.work_queue.machines import worker_name
from robots.work_queue.pausing import Wishes

T = TypeVar("T")

#: the inbox could not be read, so that there was nothing to do
INBOX_UNREAD_EXIT_CODE = 5
#: a case was stopped by a fault of the robot's own
OWN_FAULT_EXIT_CODE = 1
#: a source did not answer; at least half of the cases that ended were handed over because of it
SOURCE_DOWN_EXIT_CODE = 6
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of the robot has come to."""

    mode: RunMode
    standing: Standing
    figures: Summary
    times: tuple[CaseTimes, ...]
    #: what came of the answers, and the workbook; None after a shadow run, which leaves it as it is
    exchanged: Exchanged | None
    #: the fault that kept the robot from reading the inbox; cases from before were handled all the same
    inbox_fault: SystemFault | None

    @property
    def workbook(self) -> Written | None:
        """What was done about the workbook; None after a shadow run."""
        return None if self.exchanged is None else self.exchanged.written

    @property
    def exit_code(self) -> int:
        """What a scheduler is told: 0, or the code of the most serious thing that somebody must see to."""
        if self.standing.was_stopped:
            return StopRequested.exit_code
        if self.standing.failed or self.standing.set_aside:
            return OWN_FAULT_EXIT_CODE
        held = max((error.exit_code for error in self.standing.held.values()), default=0)
        if held or self.inbox_fault:
            return held or INBOX_UNREAD_EXIT_CODE
        unread = sum(1 for outcome in self.standing.ended if ReasonCode.SRC_DOWN in outcome.codes)
        # Each of these cases is rightly a person's. That it is most of them is no case's matter: a system must be looked at.
        return SOURCE_DOWN_EXIT_CODE if unread and 2 * unread >= len(self.standing.ended) else 0


async def run(
    configuration: Configuration,
    *,
    folder: Path,
    stop: asyncio.Event,
    on_queued: Callable[[int], None],
    on_ended: Callable[[Outcome], None],
    references: Sequence[str] | None = None,
    checks_screens: bool = False,
    limit: int | None = None,
    closed: Callable[[str], KollegaError | None] = lambda _: None,
    takes_new: Callable[[], bool] = lambda: True,
) -> Run:
    """Handle what lies in the inbox and what earlier runs left, and write the workbook; a shadow run writes its own casebook and nothing else.

    Args:
        configuration: from `read_configuration`.
        folder: the run's own folder, for pictures.
        stop: when set, the steps under way are finished and the run ends.
        on_queued: told how many cases there are to handle.
        on_ended: told of each case that ends.
        references: handle only these applications, of the inbox or left by earlier runs; None for all.
        checks_screens: look at all screens first, and hold the systems with a fault.
        limit: work on at most so many cases; None for all.
        closed: says why a system may not be used just now; asked before each step.
        takes_new: whether a case may be begun; those that are begun go on all the same.

    Raises:
        SetupError: a program, an account or another robot is in the way, or none of the references is to be handled.
    """
    settings = configuration.settings
    mode, state = settings.run.mode, settings.paths.state_of(settings.run.mode)
    database = settings.paths.database_of(mode)
    begun = time.monotonic()
    # Before the accounts are read: a run that lacks one has begun, and failed.
    event(Action.RUN_BEGUN, f"Kollega {version('kollega')}, mode {mode}")
    accounts = read_accounts(settings.secrets, settings.systems)
    # The queue locks its own folder. A shadow run also keeps the robot that writes away: both would use the same accounts at once. In a database
    # they have one name.
    with nullcontext() if mode.writes or database else locked(settings.paths.state), Casebook(settings.paths.casebook_of(mode)) as casebook:
        if mode.writes:
            # Before the queue looks: what people have given back is handled in this run.
            take(configuration, casebook, now=_now())
        wishes = Wishes(casebook, closed)
        await wishes.look()
        async with (
            doors_of(configuration, accounts, folder / "pictures") as doors,
            sessions_of(configuration, doors, checks_screens=checks_screens, closed=wishes.why_not_at_all) as (sessions, faults),
        ):
            times: dict[str, Times] = {}

            async def handle_timed(case_id: str, reference: str, step: Step) -> Outcome:
                with stopwatch() as times[case_id]:
                    return await handle(case_id, reference, office, step)

            async with WorkQueue.open(
                state,
                executor=worker_name(),
                handle=handle_timed,
                casebook=casebook,
                tries=settings.run.tries,
                first_wait_seconds=settings.run.first_wait_seconds,
                at_once=settings.run.cases_at_once,
                poll_seconds=POLL_SECONDS,
                deaths=settings.run.deaths,
                database=database,
                mode=mode,
                lifeless_seconds=settings.run.lifeless_seconds,
            ) as queue:
                # No case is touched before the queue runs.
                office = _office(
                    configuration,
                    casebook,
                    sessions,
                    queue.prove_right_to_act,
                    pause=queue.pause,
                    accounts={name: account.user for name, account in accounts.items()},
                )
                inbox_fault, held = None, dict(faults)
                try:
                    is_shut = "e_service" in held or wishes.why_not_at_all("e_service") is not None
                    entries = () if is_shut else await _inbox(office.e_service, settings, stop)
                except SystemFault as fault:
                    entries, inbox_fault = (), fault
                    event(Action.STEP_FAILED, "The inbox could not be read; see that the e-service is up.", system="e_service", level="ERROR")
                except (CertificateRefused, LogInRefused, ScreenChanged) as error:
                    # What earlier runs left can go on as far as it does not need the e-service, and the workbook is written all the same.
                    entries, held = (), {**held, "e_service": error}
                    event(Action.SYSTEM_HELD, f"{type(error).__name__}: {error}", system="e_service", step="read inbox", level="ERROR")
                for entry in not_erased(entries, settings, casebook):
                    if references is None or entry.reference in references:
                        due_at = _due_at(entry, settings.run.promise_working_days)
                        await queue.submit(PROCESS, entry.reference, entry.month, due_at=due_at, received_at=entry.submitted_at)
                left = [case for case in casebook.cases() if case.state is not CaseState.ENDED]
                chosen = [case.reference for case in left if references is None or case.reference in references]
                if references is not None and not chosen and inbox_fault is None and not held and not is_shut:
                    raise SetupError(
                        f"none of the applications {', '.join(references)} is in the inbox or waits; look the numbers up in the e-service"
                    )
                on_queued(len(chosen))
                standing = await queue.run(stop, on_ended, only=references, held=held, closed=closed, limit=limit, takes_new=takes_new)
        exchanged = exchange(configuration, casebook, now=_now()) if mode.writes else None
        head = casebook.head()
    case_times = tuple(_case_times(outcome, standing, times[outcome.case_id]) for outcome in standing.ended if outcome.case_id in times)
    figures = summary(standing.ended, case_times)
    done = Run(mode=mode, standing=standing, figures=figures, times=case_times, exchanged=exchanged, inbox_fault=inbox_fault)
    endings = Counter(outcome.ending for outcome in standing.ended)
    ended = [f"{endings[ending]} {ending}" for ending in Ending]
    told = f"{'' if mode.writes else 'nothing was written; would have been: '}{', '.join(ended)}; {len(standing.waiting) + len(standing.failed)} wait"
    # The log names cases: that one of them is protected is not for everybody who reads it.
    codes = ", ".join(f"{code} {count}" for code, count in figures.codes.items() if code is not ReasonCode.PROTECTED)
    told += f"; reason codes: {codes}" if codes else ""
    seconds = time.monotonic() - begun
    # What systems say of passwords stands in the log already.
    tell(outlook_of(settings, run_began_at=_now() - timedelta(seconds=seconds), notices={}, now=_now()))
    event(Action.RUN_ENDED, f"{told}; exit code {done.exit_code}; {anchor_of(head)}", seconds=seconds)
    return done


async def end_cancelled(configuration: Configuration, case: CaseEntry, *, writes_workbook: bool = True) -> Outcome | None:
    """Hand off a case that an operator has cancelled, and write the workbook; no step is done, and no system is reached.

    Args:
        configuration: from `read_configuration`.
        case: with the order to cancel it.
        writes_workbook: not for cases of another folder than the configuration's.

    Returns:
        How the case ended; None if a robot has it at hand, which ends it before its next step.

    Raises:
        SetupError: another robot is at work; it ends the case.
    """
    settings = configuration.settings
    mode = settings.run.mode
    with Casebook(settings.paths.casebook_of(mode)) as casebook:
        office = _office(configuration, casebook, dict.fromkeys(settings.systems, _NO_SESSIONS), _prove_nothing)
        async with WorkQueue.open(
            settings.paths.state_of(mode),
            executor=worker_name(),
            handle=lambda case_id, reference, step: handle(case_id, reference, office, step),
            casebook=casebook,
            tries=1,
            first_wait_seconds=1,
            at_once=1,
            poll_seconds=POLL_SECONDS,
            deaths=settings.run.deaths,
            database=settings.paths.database_of(mode),
            mode=mode,
            lifeless_seconds=settings.run.lifeless_seconds,
        ) as queue:
            # With this limit nothing is worked on; a cancelled case ends all the same.
            await queue.run(asyncio.Event(), lambda _: None, only=[case.reference], limit=0)
        outcome = casebook.outcome_of(case.case_id)
        if outcome is not None and mode.writes and writes_workbook:
            write_workbook(configuration, casebook)
        return outcome


class _NoSessions(Sessions):
    """The sessions of who reaches no system. Should one be asked for all the same, it is a fault of the program's own."""

    def __init__(self) -> None: ...

    def session(self) -> NoReturn:
        raise RuntimeError("no system is to be reached here")


_NO_SESSIONS = _NoSessions()


async def _prove_nothing() -> None: ...


class _NoEffects(Effects):
    """The writes of a shadow run: none. Should one be asked for all the same, it is a fault of the robot's own, and nothing is intended."""

    async def ensure(self, *_: object, **__: object) -> None:
        raise RuntimeError("a shadow run writes in no other system")


def _office(
    configuration: Configuration,
    casebook: Casebook,
    sessions: Mapping[str, Sessions],
    prove_right_to_act: Callable[[], Awaitable[None]],
    *,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    accounts: Mapping[str, str] | None = None,
) -> Office:
    mode, late_seconds = configuration.settings.run.mode, configuration.settings.run.late_seconds
    writes = Effects(casebook, late_seconds=late_seconds, prove_right_to_act=prove_right_to_act, pause=pause)
    effects = writes if mode.writes else _NoEffects(casebook)
    rule_set = rule_set_of(configuration.law, configuration.delegation)
    casebook.keep_rule_set(rule_set.hash, rule_set.record)
    working_days = configuration.law.guidelines.handoff_due_working_days
    return Office(
        e_service=e_service.EService(sessions["e_service"], effects),
        population_register=population_register.PopulationRegister(sessions["population_register"]),
        benefits_register=benefits_register.BenefitsRegister(sessions["benefits_register"]),
        case_system=case_system.CaseSystem(sessions["case_system"], sessions["person_lookup"], effects),
        casebook=casebook,
        law=configuration.law,
        delegation=configuration.delegation,
        rule_set=rule_set,
        texts=configuration.texts,
        run_mode=mode,
        shadow_tries_calculation=configuration.settings.run.shadow_tries_calculation,
        clock=_now,
        due_on=lambda ended_at: exception_queue.due_on(ended_at, working_days),
        accounts=accounts or {},
    )


def write_workbook(configuration: Configuration, casebook: Casebook) -> Written:
    """Bring the exception workbook to what the casebook says; answers that stand there are acted on first."""
    return exchange(configuration, casebook, now=_now()).written


def not_erased(entries: Sequence[InboxEntry], settings: Settings, casebook: Casebook) -> tuple[InboxEntry, ...]:
    """Return the applications in the inbox without those of erased cases; that there are such is told, since people have to handle them."""
    known = read_erased(settings.paths.state)
    ids = {one: case_id_of(PROCESS, one.reference, one.month) for one in entries}
    # By the list of this machine, which no backup takes back, and by that of all machines that share the casebook.
    gone = erased_among(casebook, list(ids.values()))
    erased = [one for one, case_id in ids.items() if case_id in gone or known.certificate_of(case_id)]
    if erased:
        event(Action.ERASED, f"{len(erased)} applications in the inbox are of erased cases: they are left to people", level="WARNING")
    return tuple(one for one in entries if one not in erased)


def _due_at(entry: InboxEntry, working_days: int) -> datetime:
    """Return the end of the day on which the municipality has promised an answer."""
    day = exception_queue.due_on(entry.submitted_at, working_days)
    return datetime(day.year, day.month, day.day, 23, 59, tzinfo=SWEDEN)


async def _inbox(service: e_service.EService, settings: Settings, stop: asyncio.Event) -> tuple[InboxEntry, ...]:
    """Read the inbox, with the same tries and waits as a step of a case."""
    wait_seconds = settings.run.first_wait_seconds
    for _ in range(settings.run.tries - 1):
        try:
            return await service.inbox()
        except SystemFault as fault:
            event(Action.RETRY, f"{type(fault).__name__}: {fault.message}", system="e_service", step="read inbox", level="WARNING")
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await stop.wait()
            if stop.is_set():
                return ()
        wait_seconds *= 2
    return await service.inbox()


def _case_times(outcome: Outcome, standing: Standing, times: Times) -> CaseTimes:
    return CaseTimes(
        reference=outcome.reference,
        wall_seconds=standing.seconds[outcome.case_id],
        waiting_seconds=times.waiting_seconds,
        screen_seconds=times.used_seconds,
    )


def _now() -> datetime:
    return datetime.now(UTC)
