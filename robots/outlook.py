"""What of the whole an operator is to see to beside single cases and systems: far more hand-offs than usual, and passwords that expire soon.

Alerts, the watch, the dashboard and the run's page tell it in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from robots.case import SWEDEN
from robots.casebook.endings import lately
from robots.errors import KollegaError
from robots.hand_offs import HandOffs, compare_hand_offs
from robots.run_log import Action, event
from robots.settings import Settings

#: longer than the share of hand-offs is compared with
ENDS_DAYS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordExpiring:
    """A password of the robot's that expires soon, or has expired."""

    system: str
    #: what is, in one sentence
    what: str
    #: what to do, in one sentence
    do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What was found of the whole."""

    #: None when there are too few cases to tell, or they can't be read
    hand_offs: HandOffs | None = None
    passwords: tuple[PasswordExpiring, ...] = ()

    @property
    def sentences(self) -> tuple[tuple[str, str], ...]:
        """What somebody must see to: (system, what is and what to do); the system is empty where it is none."""
        rate = self.hand_offs
        above = () if rate is None or not rate.is_above else (("", f"{rate.what} {rate.do}"),)
        return (*above, *((one.system, f"{one.what} {one.do}") for one in self.passwords))


def outlook_of(settings: Settings, *, run_began_at: datetime | None, notices: Mapping[str, str], now: datetime) -> Outlook:
    """Return how the whole looks; read only, and what can't be read is left out.

    Args:
        settings: of the installation.
        run_began_at: of the latest run; None for none.
        notices: {system: its words at the log-in} of the latest run.
        now: aware time; cases are counted anew once a minute.
    """
    hand_offs = None
    # Why the casebook can't be read is told by who reads the situation.
    with suppress(KollegaError):
        minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        hand_offs = _hand_offs(settings.paths.casebook_of(settings.run.mode), run_began_at, minute)
    mine = settings.alerts
    today = now.astimezone(SWEDEN).date()
    return Outlook(hand_offs=hand_offs, passwords=expiring(mine.passwords_expire, notices, within_days=mine.password_days, today=today))


def tell(outlook: Outlook) -> None:
    """Tell it in the log of the run under way, from which its page is made; what a system says itself stands there already."""
    for system, sentence in outlook.sentences:
        event(Action.CONCERN, sentence, system=system, level="WARNING")


def expiring(days: Mapping[str, date], notices: Mapping[str, str], *, within_days: int, today: date) -> tuple[PasswordExpiring, ...]:
    """Return the passwords that expire soon, one for each system, by its name; what the system says goes before what is set.

    Args:
        days: {system: the day that somebody has noted}.
        notices: {system: its words at the log-in}.
        within_days: soon is so many days ahead, or fewer.
        today: in Sweden.
    """
    found = {}
    for system, day in days.items():
        if (day - today).days <= within_days:
            when = f"The robot's password in {system} {_expires(day, today)}, by alerts.passwords_expire of config/kollega.yaml."
            found[system] = PasswordExpiring(system=system, what=when, do=_do(system, then=" and the day in config/kollega.yaml"))
    for system, notice in notices.items():
        said = f"{system} says at the log-in that the robot's password expires soon ({notice})."
        found[system] = PasswordExpiring(system=system, what=said, do=_do(system))
    return tuple(found[system] for system in sorted(found))


def _do(system: str, then: str = "") -> str:
    return f"Change it in {system} as the robot, outside its hours, and then KOLLEGA_{system.upper()}_PASSWORD{then}; a wrong one locks the account."


def _expires(day: date, today: date) -> str:
    days = (day - today).days
    if days < 0:
        return f"expired on {day}"
    return "expires today" if days == 0 else f"expires on {day}, in {days} day{'' if days == 1 else 's'}"


@lru_cache(maxsize=4)
def _hand_offs(casebook: Path | str, since: datetime | None, minute: datetime) -> HandOffs | None:
    """Compare as `compare_hand_offs` does, once a minute: who looks each second does not read the ends of forty days each time."""
    past = lately(casebook, since=minute - timedelta(days=ENDS_DAYS))
    return None if past is None else compare_hand_offs(past.ends, since=since, now=minute)
