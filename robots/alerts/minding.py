"""The service's own part: it gives a sign of life each minute, and looks at what stands. In a thread beside the service, which never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from robots import alerts
from robots import settings as settings_file
from robots.alerts.channels import DELIVERY_SECONDS, PATIENT_SECONDS, secrets_of
from robots.alerts.observing import beat
from robots.errors import SetupError
from robots.run_log import Action, event
from robots.settings import Settings

EACH_SECONDS = 60.0
#: beside the delivery: what is looked at can be on a share that does not answer
_LOOK_SECONDS = 10.0


@contextmanager
def minding(settings: Settings, *, each_seconds: float = EACH_SECONDS) -> Iterator[None]:
    """Look at what stands as long as the block lasts; that it ends as asked is remembered, that it ends by an error or a kill is not.

    Args:
        settings: as the service begins; they are read anew at each look, and those that were right last are used while the file is wrong.
        each_seconds: between one look and the next.
    """
    is_over, beating = threading.Event(), threading.Lock()
    state = settings.paths.state
    beat(state, now=_now())
    # Not waited for in the end: a mail server that does not answer keeps no service from ending.
    threading.Thread(target=_mind, args=(settings, is_over, beating, each_seconds), daemon=True, name="alerts").start()
    try:
        yield
    finally:
        is_over.set()
    with beating:
        beat(state, now=_now(), has_ended=True)


def _mind(settings: Settings, is_over: threading.Event, beating: threading.Lock, each_seconds: float) -> None:
    while not is_over.wait(each_seconds):
        with beating:
            # No sign of life after the word that it has ended, which stands: it would be told to be gone.
            if is_over.is_set():
                return
            beat(settings.paths.state, now=_now())
        try:
            settings, mistakes = _read_anew(settings)
        except Exception as error:  # noqa: BLE001 - this thread is the last one to tell of anything
            mistakes = f"the configuration can't be read: {type(error).__name__}"
        look_safely(settings, mistakes=mistakes, seconds=PATIENT_SECONDS)


def _read_anew(settings: Settings) -> tuple[Settings, str]:
    try:
        found = settings_file.load(settings.root)
    except SetupError as error:
        # Those by which mail can be sent just now.
        return settings, str(error)
    # How far runs go can be set on the command line.
    found = replace(found, run=replace(found.run, mode=settings.run.mode))
    return found, alerts.mistakes_of(settings.root)


def look_safely(settings: Settings, *, mistakes: str = "", seconds: float = DELIVERY_SECONDS) -> None:
    """Look at what stands, whatever comes of it: neither a run nor the service is to end by what was to tell of it, or to wait for it for long.

    Args:
        settings: of the installation.
        mistakes: of the configuration, one a line.
        seconds: in which what is to be told must be delivered; ten more, and nobody waits for it.
    """

    def look() -> None:
        try:
            alerts.look(settings, secrets_of(settings.secrets), now=_now(), mistakes=mistakes, seconds=seconds)
        except Exception as error:  # noqa: BLE001 - neither a run nor the service is to end by it
            event(Action.ALERT_FAILED, f"a fault of the robot's own: {type(error).__name__}; tell the developer", level="ERROR")

    # While it hangs it keeps the ledger, so that the next looks end at once.
    looking = threading.Thread(target=look, daemon=True, name="alerts-look")
    looking.start()
    looking.join(seconds + _LOOK_SECONDS)
    if looking.is_alive():
        event(
            Action.ALERT_FAILED,
            "what stands can't be looked at in time; see that the disks and shares of state, logs and workbook answer",
            level="ERROR",
        )


def _now() -> datetime:
    return datetime.now(UTC)
