"""The service's own part: it gives a sign of life each minute, and looks at what stands. In a thread beside the service, which never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from robots import alerts
from robots import settings as settings_file
from robots.alerts.channels import secrets_of
from robots.alerts.observing import beat
from robots.errors import SetupError
from robots.run_log import Action, event
from robots.settings import Settings

EACH_SECONDS = 60.0


@contextmanager
def minding(settings: Settings, *, each_seconds: float = EACH_SECONDS) -> Iterator[None]:
    """Look at what stands as long as the block lasts; that it ends as asked is remembered, that it ends by an error or a kill is not.

    Args:
        settings: as the service begins; they are read anew at each look, and those that were right last are used while the file is wrong.
        each_seconds: between one look and the next.
    """
    is_over = threading.Event()
    state = settings.paths.state
    beat(state, now=_now())
    # Not waited for in the end: a mail server that does not answer keeps no service from ending.
    threading.Thread(target=_mind, args=(settings, is_over, each_seconds), daemon=True, name="alerts").start()
    try:
        yield
    finally:
        is_over.set()
    beat(state, now=_now(), has_ended=True)


def _mind(settings: Settings, is_over: threading.Event, each_seconds: float) -> None:
    while not is_over.wait(each_seconds):
        beat(settings.paths.state, now=_now())
        settings, mistakes = _read_anew(settings)
        look_safely(settings, mistakes=mistakes)


def _read_anew(settings: Settings) -> tuple[Settings, str]:
    try:
        found = settings_file.load(settings.root)
    except SetupError as error:
        # Those by which mail can be sent just now.
        return settings, str(error)
    # How far runs go can be set on the command line.
    found = replace(found, run=replace(found.run, mode=settings.run.mode))
    return found, alerts.mistakes_of(settings.root)


def look_safely(settings: Settings, *, mistakes: str = "") -> None:
    """Look at what stands, whatever comes of it: neither a run nor the service is to end by what was to tell of it."""
    try:
        alerts.look(settings, secrets_of(settings.secrets), now=_now(), mistakes=mistakes)
    except Exception as error:  # noqa: BLE001 - see above
        event(Action.ALERT_FAILED, f"a fault of the robot's own: {type(error).__name__}; tell the developer", level="ERROR")


def _now() -> datetime:
    return datetime.now(UTC)
