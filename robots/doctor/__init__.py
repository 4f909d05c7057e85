"""The doctor: everything that the robot needs is looked at before a night depends on it, and each thing is well or says what to do.

Nothing is mended and nothing handled. What is written is a file beside the workbook that is gone at once, and the log of the walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from robots import settings as settings_file
from robots.case import SWEDEN
from robots.configuration import Configuration, read_configuration
from robots.doctor import machine, storage, systems, telling
from robots.doctor.findings import Finding, Verdict, fault, unseen, well
from robots.errors import KollegaError, SetupError
from robots.settings import Settings
from robots.situation import situation_by

__all__ = ["Finding", "Verdict", "examine"]

Look = tuple[str, Callable[[], Iterable[Finding]]]


def examine(root: Path, *, now: datetime, folder: Path | None) -> Iterator[Finding]:
    """Look at one thing after the other, and say of each how it is; what can't be looked at stops nothing else.

    Args:
        root: folder that holds config/ and selectors/.
        now: aware time.
        folder: for pictures of screens that have changed; None to enter no system.
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
    yield from _all(_of_systems(configuration, now, folder))


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
        [("accounts", lambda: systems.see_accounts(settings, now.astimezone(SWEDEN).date())), ("systems", lambda: systems.see_addresses(settings))]
    )
    yield unseen("screens", "the configuration has a mistake")


def _of_machine(settings: Settings) -> list[Look]:
    return [
        ("account", lambda: machine.see_account(settings)),
        ("clock", lambda: machine.see_clock(settings)),
        ("disk", lambda: machine.see_disk(settings)),
    ]


def _of_screens_machine(configuration: Configuration) -> list[Look]:
    settings, selectors = configuration.settings, configuration.selectors
    return [
        ("program", lambda: machine.see_programs(settings, selectors)),
        ("display", lambda: machine.see_display(selectors)),
        ("browser", lambda: machine.see_browser(selectors)),
    ]


def _of_storage(settings: Settings, now: datetime) -> list[Look]:
    return [
        ("rights", lambda: storage.see_rights(settings)),
        ("database", lambda: storage.see_database(settings, situation_by(settings, now=now))),
        ("workbook", lambda: storage.see_workbook(settings, now)),
        ("explanations", lambda: storage.see_explanations(settings)),
        ("alerts", lambda: telling.see_channels(settings)),
    ]


def _of_systems(configuration: Configuration, now: datetime, folder: Path | None) -> list[Look]:
    settings = configuration.settings
    situation = situation_by(settings, now=now)
    looks: list[Look] = [
        ("schedule", lambda: systems.see_schedule(situation)),
        ("systems", lambda: systems.see_addresses(settings)),
        ("accounts", lambda: systems.see_accounts(settings, now.astimezone(SWEDEN).date())),
    ]
    # The walk takes the accounts out of the environment, so that it comes last.
    if folder is not None:
        looks.append(("screens", lambda: systems.see_screens(configuration, situation, folder)))
    else:
        looks.append(("screens", lambda: [unseen("screens", "not asked for")]))
    return looks


def _all(looks: Iterable[Look]) -> Iterator[Finding]:
    for subject, look_at in looks:
        try:
            yield from look_at()
        except KollegaError as error:
            yield fault(subject, str(error))
        except Exception as error:  # noqa: BLE001 - one thing that can't be looked at is not to keep the others from being looked at
            # Without its words, which may be of anything.
            yield fault(subject, f"it can't be looked at ({type(error).__name__})", "see that the account may read it; else tell the developer")
