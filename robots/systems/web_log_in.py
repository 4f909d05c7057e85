"""The log-in that the web systems have in common: name, password, and one try only, so that the account is not locked."""

from __future__ import annotations

from robots.errors import LogInRefused
from robots.screens import Screen


async def log_in(screen: Screen, user: str, password: str, *, system: str, start: str) -> None:
    """Log in and return when the view `start` shows.

    Raises:
        LogInRefused: the system does not take the name or the password.
    """
    await screen.show("log_in")
    await screen.enter({"log_in.user": user, "log_in.password": password})
    if await screen.press_for("log_in.submit", then=(start, "log_in_refused")) == "log_in_refused":
        advice = f"set KOLLEGA_{system.upper()}_USER and KOLLEGA_{system.upper()}_PASSWORD right, or kollega accounts set {system}"
        message = f"the name or the password is not taken; {advice}"
        raise LogInRefused(message, system=system, view="log_in")
