"""The one place where Playwright's errors become ours."""

from __future__ import annotations

import re

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from robots.errors import ElementAmbiguous, KollegaError, ScreenChanged, SystemTooSlow, SystemUnavailable


def translated(error: PlaywrightError, *, system: str, view: str = "", element: str = "") -> KollegaError:
    """Return our error for one of Playwright's; nothing of its text is kept but a network error's code."""
    if isinstance(error, PlaywrightTimeout):
        kind: type[KollegaError] = SystemTooSlow
        message = "the browser did not get done within the time limit; look whether the system is slow"
    elif network := re.search(r"net::(ERR_[A-Z_]+)", error.message):
        kind, message = SystemUnavailable, f"no answer from the system ({network[1]}); look whether it is up and the address in the settings is right"
    elif re.search(r"closed|crashed|disconnected", error.message, re.IGNORECASE):
        kind, message = SystemUnavailable, "the browser or its window is gone; it is started anew for the next session"
    elif "strict mode violation" in error.message:
        kind, message = ElementAmbiguous, "more than one matches; give the selector file a way that matches one"
    else:
        kind, message = ScreenChanged, "the browser could not do what the selector file says; compare the file with the screen"
    return kind(message, system=system, view=view, element=element)


def is_on_its_way(error: PlaywrightError) -> bool:
    """Whether the page was going over to another one while it was asked."""
    return re.search(r"context was destroyed|find context|detached|navigat", error.message, re.IGNORECASE) is not None
