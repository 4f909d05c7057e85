"""The doctor: everything that the robot needs is looked at before a night depends on it, and each thing is well or says what to do.

Nothing is mended and nothing handled. What is written is a file beside the workbook that is gone at once, and the log of the walk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from robots import settings as settings_file
from robots.case import SWEDEN
from robots.configuration import Configuration, read_configuration
from robots.doctor import machine, storage, systems, telling
from robots.doctor.findings import Finding, Verdict, fault, unseen, well
from robots.errors import KollegaError, SetupError
from robots.settings import Settings
from robots.situation import situation_by

__all__ = ["Finding", "Verdict", "examine"]

#: a share or a server that hangs holds the doctor up no longer than this
LOOK_SECONDS = 60.0
#: all of a database is read once, from a disk that others use
_DATABASE_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Look:
    """One thing to look at, and how long that may take."""

    subject: str
    see: Callable[[], Iterable[Finding]]
    #: None for what has limits of its own, and programs to end that must not outlive the doctor
    seconds: float | None = LOOK_SECONDS


def examine(root: Path, *, now: datetime, folder: Path | None, why_no_folder: str = "not asked for") -> Iterator[Finding]:
    """Look at one thing after the other, and say of each how it is; what can't be looked at stops nothing else.

    Args:
        root: folder that holds config/ and selectors/.
        now: aware time.
        folder: for pictures of screens that have changed; None to enter no system.
        why_no_folder: what is said of the screens then.
    """
    try:
        configuration = read_configuration(root)
    except SetupError as error:
        for mistake in str(error).splitlines():
            yield fault("configuration", mistake, "set it right; kollega check looks at it again")
        yield from _by_settings_alone(root, now)
        return
    yield well("configuration", f"every file of {root / 'config'} and {root / 'selectors'} is right")
    yield from _all(_of_machine(configuration.settings))
    yield from _all(_of_screens_machine(configuration))
    yield from _all(_of_storage(configuration.settings, now))
    yield from _all(_of_systems(configuration, now, folder, why_no_folder))


def _by_settings_alone(root: Path, now: datetime) -> Iterator[Finding]:
    """Look at what can be looked at while some other file is wrong."""
    try:
        settings = settings_file.load(root)
    except SetupError:
        yield unseen("everything else", "config/kollega.yaml says where it is, and has a mistake")
        return
    yield from _all(_of_machine(settings))
    yield from _all(_of_storage(settings, now))
    yield from _all(
        [
            Look("accounts", lambda: systems.see_accounts(settings, now.astimezone(SWEDEN).date())),
            Look("systems", lambda: systems.see_addresses(settings)),
        ]
    )
    yield unseen("screens", "the configuration has a mistake")


def _of_machine(settings: Settings) -> list[Look]:
    return [
        Look("account", lambda: machine.see_account(settings)),
        Look("clock", lambda: machine.see_clock(settings)),
        Look("disk", lambda: machine.see_disk(settings)),
    ]


def _of_screens_machine(configuration: Configuration) -> list[Look]:
    settings, selectors = configuration.settings, configuration.selectors
    return [
        Look("program", lambda: machine.see_programs(settings, selectors)),
        Look("display", lambda: machine.see_display(selectors), None),
        Look("certificates", lambda: machine.see_certificates(settings.trust)),
        Look("browser", lambda: machine.see_browser(selectors, settings.trust), None),
    ]


def _of_storage(settings: Settings, now: datetime) -> list[Look]:
    return [
        Look("rights", lambda: storage.see_rights(settings)),
        Look("database", lambda: storage.see_database(settings, situation_by(settings, now=now)), _DATABASE_SECONDS),
        Look("workbook", lambda: storage.see_workbook(settings, now)),
        Look("explanations", lambda: storage.see_explanations(settings)),
        Look("alerts", lambda: telling.see_channels(settings)),
    ]


def _of_systems(configuration: Configuration, now: datetime, folder: Path | None, why_no_folder: str) -> list[Look]:
    settings = configuration.settings

    def see_screens() -> Iterable[Finding]:
        if folder is None:
            return [unseen("screens", why_no_folder)]
        return systems.see_screens(configuration, situation_by(settings, now=now), folder)

    return [
        Look("schedule", lambda: systems.see_schedule(situation_by(settings, now=now))),
        Look("systems", lambda: systems.see_addresses(settings)),
        Look("accounts", lambda: systems.see_accounts(settings, now.astimezone(SWEDEN).date())),
        # The walk takes the accounts out of the environment, so that it comes last.
        Look("screens", see_screens, None),
    ]


def _all(looks: Iterable[Look]) -> Iterator[Finding]:
    for look in looks:
        yield from _seen(look) if look.seconds is None else _seen_in_time(look, look.seconds)


def _seen(look: Look) -> Iterator[Finding]:
    try:
        yield from look.see()
    except KollegaError as error:
        yield fault(look.subject, str(error))
    except Exception as error:  # noqa: BLE001 - one thing that can't be looked at is not to keep the others from being looked at
        # Without its words, which may be of anything.
        yield fault(look.subject, f"it can't be looked at ({type(error).__name__})", "see that the account may read it; else tell the developer")


def _seen_in_time(look: Look, seconds: float) -> Iterator[Finding]:
    """Look in a thread of its own, which is left behind when it does not come back: nobody can be called back from a share that hangs."""
    found: SimpleQueue[Finding | None] = SimpleQueue()

    def see() -> None:
        try:
            for finding in _seen(look):
                found.put(finding)
        finally:
            found.put(None)

    Thread(target=see, name=f"the doctor's look at {look.subject}", daemon=True).start()
    until = time.monotonic() + seconds
    try:
        while (finding := found.get(timeout=max(0.0, until - time.monotonic()))) is not None:
            yield finding
    except Empty:
        what = f"nothing has come back within {seconds:.0f} s, and it was left"
        yield fault(look.subject, what, "see whether a share, a disk or a server that it needs hangs; the others were looked at")
