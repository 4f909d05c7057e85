"""Tryton, an ERP: create a party and find it again, in its users' words."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from robots.effects import Effects, Seen
from robots.errors import LogInRefused, ScreenChanged
from robots.screens import Screen
from robots.screens.sessions import Sessions

SYSTEM = "tryton"
#: the installation's name in the log-in
PROFILE = "lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party with one address, as its form shows it; the name holds no quotation mark."""

    name: str
    building: str
    street: str
    postal_code: str
    city: str


async def log_in(screen: Screen, user: str, password: str) -> None:
    """Log in and return when the menu shows.

    Raises:
        LogInRefused: the program does not take the name or the password: it asks for it again.
    """
    await screen.wait_for("log_in")
    await screen.enter({"log_in.profile": PROFILE, "log_in.user": user})
    await screen.press("log_in.submit", then="password")
    await screen.enter({"password.password": password})
    if await screen.press_for("password.submit", then=("main", "password")) == "password":
        raise LogInRefused(f"the name or the password is not taken; set KOLLEGA_{SYSTEM.upper()}_PASSWORD right", system=SYSTEM, view="password")


class Tryton:
    """What a person does with parties."""

    def __init__(self, sessions: Sessions, effects: Effects) -> None:
        """Hold the logged-in sessions, and the record of what is written."""
        self._sessions = sessions
        self._effects = effects

    async def create(self, case_id: str, party: Party) -> None:
        """Create the party once, whatever happens on the way; its name tells it from all others.

        Raises:
            CaseNeedsPerson: somebody else has created it.
            OutcomeUnknown: it may or may not be created.
        """
        async with self._sessions.session() as screen:

            async def look() -> Seen:
                found = await _found(screen, party.name)
                if found is None:
                    return Seen.NOT_DONE
                return Seen.DONE if found == party else Seen.UNCLEAR

            async def act() -> None:
                await _show_list(screen)
                await screen.press("parties.new", then="party")
                await screen.enter({f"party.{name}": text for name, text in asdict(party).items()})
                await screen.press("party.save", then="saved")

            await self._effects.ensure(case_id, f"{SYSTEM}.party", look=look, act=act, system=SYSTEM)

    async def find(self, name: str) -> Party | None:
        """Return the party of exactly this name; None when there is none."""
        async with self._sessions.session() as screen:
            return await _found(screen, name)


async def _show_list(screen: Screen) -> None:
    """Bring the list of parties up, from wherever the program is; what was begun in a form is not saved."""
    showing = await screen.wait_for("modified", "parties", "party", "main")
    if showing == "party":
        showing = await screen.press_for("party.switch", then=("modified", "parties"))
    if showing == "modified":
        # The program stays in the form, which is empty then.
        await screen.press("modified.discard", then="party")
        await screen.press("party.switch", then="parties")
    if showing == "main":
        if {"name": "Parties"} not in await screen.rows("main.menu"):
            # The program remembers which parts of its menu were open.
            await screen.pick("main.menu", {"name": "Party"}, then="main")
        await screen.pick("main.menu", {"name": "Parties"}, then="parties")


async def _found(screen: Screen, name: str) -> Party | None:
    await _show_list(screen)
    await screen.enter({"parties.search": f'Name: ="{name}"'})
    await screen.press("parties.search_now", then="parties")
    rows = await screen.rows("parties.rows")
    if not rows:
        return None
    if any(row["name"] != name for row in rows):
        raise ScreenChanged("the list holds other parties than were searched for; compare the search with the program", system=SYSTEM, view="parties")
    await screen.pick("parties.rows", {"name": name}, then="party")
    read = await screen.read("party.name", "party.building", "party.street", "party.postal_code", "party.city")
    return Party(**{element.removeprefix("party."): text for element, text in read.items()})
