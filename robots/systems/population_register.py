"""Folkbokföringen: what is registered about one person."""

from __future__ import annotations

from collections.abc import Mapping

from robots.case import CivilStatus, PopulationRecord, RegisteredMember
from robots.errors import PersonNotFound, ReasonCode, SystemUnavailable, WrongPerson
from robots.screens import Screen
from robots.screens.sessions import Sessions
from robots.systems import web_log_in
from robots.systems.swedish_text import choice, fact, line, table, unknown, word, yes_no
from robots.systems.swedish_text import personnummer as number_of

SYSTEM = "population_register"
RELATIONS = frozenset({"make", "sambo", "barn", "annan"})


async def log_in(screen: Screen, user: str, password: str) -> None:
    """Log in and return when the search shows; LogInRefused when the system does not take name or password."""
    await web_log_in.log_in(screen, user, password, system=SYSTEM, start="search")


class PopulationRegister:
    """What a caseworker looks up in the population register."""

    def __init__(self, sessions: Sessions) -> None:
        """Hold the logged-in sessions."""
        self._sessions = sessions

    async def record_of(self, personnummer: str) -> PopulationRecord:
        """Return what is registered about the person; of a protected person address and household are unknown.

        Raises:
            PersonNotFound: nobody has the number.
            WrongPerson: the register shows somebody else.
            SystemUnavailable: the register says that its source does not answer.
        """
        async with self._sessions.session() as screen:
            # A new search page each time, so that no earlier answer can be taken for this one's.
            await screen.show("search")
            await screen.enter({"search.personnummer": personnummer})
            shown = await screen.press_for("search.submit", then=("person", "no_hit", "no_source"))
            if shown == "no_hit":
                message = "the population register has nobody with the number; look whether it is right"
                raise PersonNotFound(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view="search")
            if shown == "no_source":
                raise SystemUnavailable("the population register does not reach its source; wait and try again", system=SYSTEM, view="search")
            names = ("personnummer", "protected", "address", "civil_status")
            read = await screen.read(*(f"person.{name}" for name in names))
            members = await screen.rows("person.members")
        record = _record(read, members)
        if record.personnummer.value != personnummer:
            message = "the population register shows somebody else than was asked for; look at the register by hand"
            raise WrongPerson(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view="person", element="personnummer")
        return record


def _record(read: Mapping[str, str], members: list[dict[str, str]]) -> PopulationRecord:
    is_protected = fact(SYSTEM, "person.protected", read["person.protected"], yes_no)
    withheld = "the register does not give it out"
    return PopulationRecord(
        personnummer=fact(SYSTEM, "person.personnummer", read["person.personnummer"], number_of),
        is_protected=is_protected,
        address=unknown(SYSTEM, "person.address", withheld, ReasonCode.UNREADABLE)
        if is_protected.value
        else fact(SYSTEM, "person.address", read["person.address"], line),
        civil_status=fact(SYSTEM, "person.civil_status", read["person.civil_status"], lambda text: choice(CivilStatus, text)),
        members=unknown(SYSTEM, "person.members", withheld, ReasonCode.UNREADABLE)
        if is_protected.value
        else table(SYSTEM, "person.members", members, _member),
    )


def _member(row: Mapping[str, str]) -> RegisteredMember:
    relation = word(row["relation"])
    if relation not in RELATIONS:
        raise ValueError("the relation is not one of the register's")
    return RegisteredMember(personnummer=number_of(row["personnummer"]), relation=relation)
