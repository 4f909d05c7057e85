"""The ways into the outside systems: a browser or a desk for each, the log-in, the sessions, and the check of their screens."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from robots import settings as settings_file
from robots.accounts import Credentials, read_accounts
from robots.configuration import Configuration
from robots.errors import KollegaError, from_record
from robots.run_log import Action, event, redact
from robots.screens import Screen, TimeLimits, drift
from robots.screens.drift import SystemCheck
from robots.screens.inspection import Candidate, Inspectable, sure_ways, unwritten_file
from robots.screens.selector_file import Driver, SelectorFile
from robots.screens.sessions import Sessions
from robots.screens.visits import Visit, VisitedScreen
from robots.screens.ways import Way
from robots.screens.web import Browser
from robots.settings import SystemSettings
from robots.systems import benefits_register, case_system, e_service, population_register

LOG_IN: Mapping[str, Callable[[Screen, str, str], Awaitable[None]]] = {
    "e_service": e_service.log_in,
    "population_register": population_register.log_in,
    "benefits_register": benefits_register.log_in,
    "case_system": case_system.log_in,
    "person_lookup": case_system.log_in_to_lookup,
}

#: systems that a system can't be used without
PARTS: Mapping[str, Sequence[str]] = {"case_system": ("person_lookup",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How one system is entered."""

    open_screen: Callable[[], Awaitable[Screen]]
    log_in: Callable[[Screen], Awaitable[None]]


async def _walks(configuration: Configuration, doors: Mapping[str, Door]) -> tuple[SystemCheck, ...]:
    samples = settings_file.samples()
    redact(*samples.values())
    selectors = configuration.selectors
    walks = [drift.walk(selectors[name], open_screen=door.open_screen, log_in=door.log_in, samples=samples) for name, door in doors.items()]
    return tuple(await asyncio.gather(*walks))


async def _faults(configuration: Configuration, doors: Mapping[str, Door]) -> dict[str, KollegaError]:
    """Look at all screens, and return why a system is to be held; one that did not answer is left to the run, which tries again."""
    faults = {check.system: fault for check in await _walks(configuration, doors) if (fault := check.fault) is not None}
    for name, fault in faults.items():
        event(Action.SYSTEM_HELD, f"{type(fault).__name__}: {fault}", system=name, step="check of the screens", level="ERROR")
    return faults


@asynccontextmanager
async def doors_of(configuration: Configuration, accounts: Mapping[str, Credentials], pictures: Path) -> AsyncIterator[dict[str, Door]]:
    """Open the browser, if a system with an account needs it, and give the ways into these systems."""
    settings = configuration.settings
    limits = TimeLimits(view_seconds=settings.run.view_seconds, answer_seconds=settings.run.answer_seconds)
    has_web = any(configuration.selectors[name].driver is Driver.WEB for name in accounts)
    browser = await Browser.open(executable=None, trust=settings.trust) if has_web else None
    try:
        yield {
            name: Door(
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
async def sessions_of(
    configuration: Configuration,
    doors: Mapping[str, Door],
    *,
    checks_screens: bool,
    closed: Callable[[str], KollegaError | None] = lambda _: None,
) -> AsyncIterator[tuple[dict[str, Sessions], dict[str, KollegaError]]]:
    """Give the sessions of each system, and of those that are held why; nobody gets into those, also not by way of another system.

    A system that is closed, as `closed` says, is not looked at.
    """
    opened = {name: door for name, door in doors.items() if checks_screens and closed(name) is None}
    faults = await _faults(configuration, opened) if opened else {}
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
    accounts = read_accounts(configuration.settings.secrets, names)
    async with doors_of(configuration, accounts, folder / "pictures") as doors:
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
    accounts = read_accounts(configuration.settings.secrets, (system,))
    samples = settings_file.samples()
    redact(*samples.values())
    async with doors_of(configuration, accounts, folder / "pictures") as doors:
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
    browser = await Browser.open(executable=None, trust=configuration.settings.trust) if address else None
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
