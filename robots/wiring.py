"""The one place that builds everything from config/, and one run of the robot from inbox to workbook."""

from __future__ import annotations

import asyncio
import functools
import os
import platform
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlsplit

from robots import exception_queue
from robots import settings as settings_file
from robots.assessment import Ending, Outcome, RunMode
from robots.authority import Delegation
from robots.casebook import Casebook, CaseState
from robots.effects import Effects
from robots.errors import KollegaError, LogInRefused, ScreenChanged, SetupError, StopRequested, SystemFault, from_record
from robots.exception_queue import Written
from robots.follow_up import CaseTimes, Summary, summary
from robots.guidelines import Guidelines
from robots.handling import PROCESS, Office, Step, handle
from robots.parameters import Parameters
from robots.rule_set import rule_set_of
from robots.rules import Law
from robots.rules.completeness import check_complete
from robots.run_log import Action, event, redact
from robots.screens import Screen, TimeLimits, drift, selector_file
from robots.screens.drift import SystemCheck
from robots.screens.inspection import Candidate, Inspectable, sure_ways, unwritten_file
from robots.screens.selector_file import Driver, SelectorFile
from robots.screens.sessions import Sessions, Times, stopwatch
from robots.screens.visits import Visit, VisitedScreen
from robots.screens.ways import Way
from robots.screens.web import Browser
from robots.settings import Credentials, Settings, SystemSettings
from robots.statutes import Statutes
from robots.systems import benefits_register, case_system, e_service, population_register
from robots.systems.e_service import InboxEntry
from robots.texts import Texts
from robots.work_queue import Standing, WorkQueue
from robots.work_queue.lock import locked

T = TypeVar("T")

#: the inbox could not be read, so that there was nothing to do
INBOX_UNREAD_EXIT_CODE = 5
#: a case was stopped by a fault of the robot's own
OWN_FAULT_EXIT_CODE = 1
POLL_SECONDS = 0.1

LOG_IN: Mapping[str, Callable[[Screen, str, str], Awaitable[None]]] = {
    "e_service": e_service.log_in,
    "population_register": population_register.log_in,
    "benefits_register": benefits_register.log_in,
    "case_system": case_system.log_in,
    "person_lookup": case_system.log_in_to_lookup,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that stands in config/ and selectors/, read and found right."""

    settings: Settings
    law: Law
    delegation: Delegation
    texts: Texts
    selectors: Mapping[str, SelectorFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of the robot has come to."""

    mode: RunMode
    standing: Standing
    figures: Summary
    times: tuple[CaseTimes, ...]
    #: None after a shadow run, which leaves the workbook as it is
    workbook: Written | None
    #: the fault that kept the robot from reading the inbox; cases from before were handled all the same
    inbox_fault: SystemFault | None

    @property
    def exit_code(self) -> int:
        """What a scheduler is told: 0, or the code of the most serious thing that somebody must see to."""
        if self.standing.was_stopped:
            return StopRequested.exit_code
        if self.standing.failed:
            return OWN_FAULT_EXIT_CODE
        codes = [error.exit_code for error in self.standing.held.values()]
        return max(codes) if codes else INBOX_UNREAD_EXIT_CODE if self.inbox_fault else 0


def read_configuration(root: Path) -> Configuration:
    """Read every file of config/ and selectors/.

    Args:
        root: folder that holds both.

    Raises:
        SetupError: the mistakes of all files together, one a line, each with its file and place.
    """
    config = root / "config"
    mistakes: list[str] = []

    def read(load: Callable[[], T]) -> T | None:
        try:
            return load()
        except SetupError as error:
            mistakes.extend(str(error).splitlines())
            return None

    settings = read(lambda: settings_file.load(root))
    parameters = read(lambda: Parameters.load(config / "parameters"))
    if parameters is not None:
        read(functools.partial(check_complete, parameters, config / "parameters"))
    guidelines = read(lambda: Guidelines.load(config / "guidelines.yaml"))
    delegation = read(functools.partial(Delegation.load, config / "delegation.yaml", parameters)) if parameters is not None else None
    statutes = read(lambda: Statutes.load(config / "statutes.yaml"))
    if statutes is not None and delegation is not None:
        read(functools.partial(statutes.check, config))
    office = {} if guidelines is None else {"municipality": guidelines.municipality, "board": guidelines.board}
    texts = read(lambda: Texts.load(config / "texts", "sv" if settings is None else settings.language, **office))
    # Without settings that say which files are used, all are read: every mistake is to be told at once.
    unnamed = {path.stem: path for path in sorted((root / "selectors").glob("*.yaml"))}
    paths = unnamed if settings is None else {name: system.selectors for name, system in settings.systems.items()}
    files = {name: read(functools.partial(selector_file.load, path)) for name, path in paths.items()}
    selectors = {name: file for name, file in files.items() if file is not None}
    if mistakes or settings is None or parameters is None or guidelines is None or delegation is None or texts is None:
        raise SetupError("\n".join(mistakes))
    law = Law(parameters=parameters, guidelines=guidelines)
    return Configuration(settings=settings, law=law, delegation=delegation, texts=texts, selectors=selectors)


def read_accounts(settings: Settings, systems: Collection[str] = ()) -> dict[str, Credentials]:
    """Return the robot's account in every system, and keep it to this process: out of the log, and of the environment of programs it starts.

    The accounts can be read once in a process.

    Args:
        settings: name the systems.
        systems: only these; all when empty.

    Raises:
        SetupError: each account that is missing, one a line.
    """
    accounts: dict[str, Credentials] = {}
    mistakes: list[str] = []
    for name in systems or settings.systems:
        try:
            accounts[name] = settings_file.credentials(name)
        except SetupError as error:
            mistakes.append(str(error))
    if mistakes:
        raise SetupError("\n".join(mistakes))
    redact(*(account.password for account in accounts.values()))
    for variable in [name for system in accounts for name in settings_file.account_variables(system)]:
        del os.environ[variable]
    return accounts


async def run(
    configuration: Configuration,
    *,
    folder: Path,
    stop: asyncio.Event,
    on_queued: Callable[[int], None],
    on_ended: Callable[[Outcome], None],
    references: Sequence[str] | None = None,
    checks_screens: bool = False,
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

    Raises:
        SetupError: a program, an account or another robot is in the way, or none of the references is to be handled.
    """
    settings = configuration.settings
    mode, state = settings.run.mode, settings.paths.state_of(settings.run.mode)
    accounts = read_accounts(settings)
    begun = time.monotonic()
    event(Action.RUN_BEGUN, f"Kollega {version('kollega')}, mode {mode}")
    # The queue locks its own folder. A shadow run also keeps the robot that writes away: both would use the same accounts at once.
    with nullcontext() if mode.writes else locked(settings.paths.state), Casebook(state / "casebook.sqlite") as casebook:
        async with (
            _doors(configuration, accounts, folder / "pictures") as doors,
            _sessions(configuration, doors, checks_screens=checks_screens) as (sessions, faults),
        ):
            office = _office(configuration, casebook, sessions)
            times: dict[str, Times] = {}

            async def handle_timed(case_id: str, reference: str, step: Step) -> Outcome:
                with stopwatch() as times[case_id]:
                    return await handle(case_id, reference, office, step)

            async with WorkQueue.open(
                state,
                executor=platform.node() or "kollega",
                handle=handle_timed,
                casebook=casebook,
                tries=settings.run.tries,
                first_wait_seconds=settings.run.first_wait_seconds,
                at_once=settings.run.cases_at_once,
                poll_seconds=POLL_SECONDS,
            ) as queue:
                inbox_fault, held = None, dict(faults)
                try:
                    entries = () if "e_service" in held else await _inbox(office.e_service, settings, stop)
                except SystemFault as fault:
                    entries, inbox_fault = (), fault
                    event(Action.STEP_FAILED, "The inbox could not be read; see that the e-service is up.", system="e_service", level="ERROR")
                except (LogInRefused, ScreenChanged) as error:
                    # What earlier runs left can go on as far as it does not need the e-service, and the workbook is written all the same.
                    entries, held = (), {**held, "e_service": error}
                    event(Action.SYSTEM_HELD, f"{type(error).__name__}: {error}", system="e_service", step="read inbox", level="ERROR")
                for entry in entries:
                    if references is None or entry.reference in references:
                        await queue.submit(PROCESS, entry.reference, entry.month)
                left = [case for case in casebook.cases() if case.state is not CaseState.ENDED]
                chosen = [case.reference for case in left if references is None or case.reference in references]
                if references is not None and not chosen and inbox_fault is None and not held:
                    raise SetupError(
                        f"none of the applications {', '.join(references)} is in the inbox or waits; look the numbers up in the e-service"
                    )
                on_queued(len(chosen))
                standing = await queue.run(stop, on_ended, only=references, held=held)
        written = exception_queue.write(settings.paths.workbook, casebook.outcomes(), configuration.texts, now=_now()) if mode.writes else None
    endings = Counter(outcome.ending for outcome in standing.ended)
    ended = [f"{endings[ending]} {ending}" for ending in Ending]
    event(
        Action.RUN_ENDED,
        f"{'' if mode.writes else 'nothing was written; would have been: '}{', '.join(ended)}; {len(standing.waiting) + len(standing.failed)} wait",
        seconds=time.monotonic() - begun,
    )
    case_times = tuple(_case_times(outcome, standing, times[outcome.case_id]) for outcome in standing.ended if outcome.case_id in times)
    return Run(mode=mode, standing=standing, figures=summary(standing.ended, case_times), times=case_times, workbook=written, inbox_fault=inbox_fault)


async def check_screens(configuration: Configuration, *, folder: Path, systems: Collection[str] = ()) -> tuple[SystemCheck, ...]:
    """Look at every view of the systems read-only, all systems at the same time, and say how everything on them is found.

    Args:
        configuration: from `read_configuration`.
        folder: the check's own folder, for pictures.
        systems: only these; all when empty.

    Raises:
        SetupError: a program or an account is missing.
    """
    names = tuple(systems) or tuple(configuration.settings.systems)
    accounts = read_accounts(configuration.settings, names)
    async with _doors(configuration, accounts, folder / "pictures") as doors:
        return await _walks(configuration, doors)


async def walk_screens(configuration: Configuration, system: str, visit: Visit, *, folder: Path) -> SystemCheck:
    """Walk through one system's views read-only, as a check of the screens does, and have each view visited.

    Args:
        configuration: from `read_configuration`.
        system: its name.
        visit: told of the screen and the view that is up; it touches nothing there.
        folder: the command's own folder, for pictures.

    Raises:
        SetupError: a program or an account is missing.
    """
    accounts = read_accounts(configuration.settings, (system,))
    samples = settings_file.samples()
    redact(*samples.values())
    async with _doors(configuration, accounts, folder / "pictures") as doors:
        door = doors[system]

        async def open_screen() -> Screen:
            return VisitedScreen(await door.open_screen(), visit)

        return await drift.walk(configuration.selectors[system], open_screen=open_screen, log_in=door.log_in, samples=samples)


async def look_at_new(
    configuration: Configuration, system: str, *, address: str, command: Sequence[str], folder: Path
) -> tuple[Driver, str, list[tuple[Candidate, list[Way]]]]:
    """Open a page or a program that no selector file describes yet; return its driver, where it is, and what can be found on it.

    Args:
        configuration: for the time limits.
        system: what it is to be called.
        address: of the page; empty for a program.
        command: the program and its arguments; empty for a page.
        folder: the command's own folder, for pictures.

    Raises:
        SetupError: the program or the browser is missing.
        SystemFault: the page or the program does not answer.
    """
    limits = TimeLimits(view_seconds=configuration.settings.run.view_seconds, answer_seconds=configuration.settings.run.answer_seconds)
    parts = urlsplit(address)
    driver = Driver.WEB if address else Driver.DESKTOP
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    selectors = unwritten_file(system, driver, path)
    browser = await Browser.open(executable=None) if address else None
    try:
        if browser is not None:
            screen = await browser.screen(selectors, address=f"{parts.scheme}://{parts.netloc}", pictures=folder / "pictures", limits=limits)
        else:
            from robots.screens.desktop import open_screen

            screen = await open_screen(selectors, command=command, environment={}, pictures=folder / "pictures", limits=limits)
        try:
            if browser is not None:
                await screen.show("page")
            inspectable = cast("Inspectable", screen)
            title = (await inspectable.look(None, ())).title
            found = await sure_ways(inspectable, None, driver)
        finally:
            await screen.close()
    finally:
        if browser is not None:
            await browser.close()
    return driver, path if address else title or system, found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """How one system is entered."""

    open_screen: Callable[[], Awaitable[Screen]]
    log_in: Callable[[Screen], Awaitable[None]]


async def _walks(configuration: Configuration, doors: Mapping[str, _Door]) -> tuple[SystemCheck, ...]:
    samples = settings_file.samples()
    redact(*samples.values())
    selectors = configuration.selectors
    walks = [drift.walk(selectors[name], open_screen=door.open_screen, log_in=door.log_in, samples=samples) for name, door in doors.items()]
    return tuple(await asyncio.gather(*walks))


async def _faults(configuration: Configuration, doors: Mapping[str, _Door]) -> dict[str, KollegaError]:
    """Look at all screens, and return why a system is to be held; one that did not answer is left to the run, which tries again."""
    faults = {check.system: fault for check in await _walks(configuration, doors) if (fault := check.fault) is not None}
    for name, fault in faults.items():
        event(Action.SYSTEM_HELD, f"{type(fault).__name__}: {fault}", system=name, step="check of the screens", level="ERROR")
    return faults


@asynccontextmanager
async def _doors(configuration: Configuration, accounts: Mapping[str, Credentials], pictures: Path) -> AsyncIterator[dict[str, _Door]]:
    """Open the browser, if a system with an account needs it, and give the ways into these systems."""
    settings = configuration.settings
    limits = TimeLimits(view_seconds=settings.run.view_seconds, answer_seconds=settings.run.answer_seconds)
    has_web = any(configuration.selectors[name].driver is Driver.WEB for name in accounts)
    browser = await Browser.open(executable=None) if has_web else None
    try:
        yield {
            name: _Door(
                open_screen=functools.partial(
                    _open_screen, settings.systems[name], configuration.selectors[name], browser, pictures=pictures / name, limits=limits
                ),
                log_in=functools.partial(_log_in, name, account),
            )
            for name, account in accounts.items()
        }
    finally:
        if browser is not None:
            await browser.close()


@asynccontextmanager
async def _sessions(
    configuration: Configuration, doors: Mapping[str, _Door], *, checks_screens: bool
) -> AsyncIterator[tuple[dict[str, Sessions], dict[str, KollegaError]]]:
    """Give the sessions of each system, and of those that are held why; nobody gets into those, also not by way of another system."""
    faults = await _faults(configuration, doors) if checks_screens else {}
    pools = {
        name: Sessions(
            name,
            functools.partial(_refuse, faults[name]) if name in faults else door.open_screen,
            door.log_in,
            configuration.settings.systems[name].sessions,
        )
        for name, door in doors.items()
    }
    try:
        yield pools, faults
    finally:
        await asyncio.gather(*(pool.close() for pool in pools.values()))


async def _refuse(fault: KollegaError) -> Screen:
    raise from_record(fault.to_record())


async def _open_screen(system: SystemSettings, selectors: SelectorFile, browser: Browser | None, *, pictures: Path, limits: TimeLimits) -> Screen:
    if selectors.driver is Driver.WEB and browser is not None:
        return await browser.screen(selectors, address=system.address, pictures=pictures, limits=limits)
    # The desktop's libraries take time to load and want a display's libraries to be there.
    from robots.screens.desktop import open_screen

    return await open_screen(selectors, command=system.command, environment={}, pictures=pictures, limits=limits)


async def _log_in(name: str, account: Credentials, screen: Screen) -> None:
    await LOG_IN[name](screen, account.user, account.password)


class _NoEffects(Effects):
    """The writes of a shadow run: none. Should one be asked for all the same, it is a fault of the robot's own, and nothing is intended."""

    async def ensure(self, *_: object, **__: object) -> None:
        raise RuntimeError("a shadow run writes in no other system")


def _office(configuration: Configuration, casebook: Casebook, sessions: Mapping[str, Sessions]) -> Office:
    mode = configuration.settings.run.mode
    effects = Effects(casebook) if mode.writes else _NoEffects(casebook)
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
        clock=_now,
        due_on=lambda ended_at: exception_queue.due_on(ended_at, working_days),
    )


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
