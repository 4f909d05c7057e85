"""Folkbokföringen: what is registered about one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from robots.case import CivilStatus, PopulationRecord, RegisteredChild, RegisteredMember
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
        names = ("personnummer", "protected", "address", "civil_status")
        read, members = await self._look_up(personnummer, names, table="person.members")
        return _record(read, members)

    async def children_of(self, numbers: Sequence[str]) -> tuple[RegisteredChild, ...]:
        """Return whether the children's data are protected; nothing else of a child is read, and no more children after a protected one.

        Raises:
            PersonNotFound: nobody has one of the numbers, and no child of the others is protected.
            WrongPerson: the register shows somebody else.
            SystemUnavailable: the register says that its source does not answer.
        """
        children: list[RegisteredChild] = []
        missing: PersonNotFound | None = None
        for number in numbers:
            try:
                read, _ = await self._look_up(number, ("personnummer", "protected"))
            except PersonNotFound as error:
                # The others may be protected, and then this is not told either.
                missing = error
                continue
            child = RegisteredChild(
                personnummer=fact(SYSTEM, "person.personnummer", read["person.personnummer"], number_of),
                is_protected=fact(SYSTEM, "person.protected", read["person.protected"], yes_no),
            )
            children.append(child)
            if child.is_protected.value:
                return tuple(children)
        if missing is not None:
            raise missing
        return tuple(children)

    async def _look_up(self, personnummer: str, names: Sequence[str], *, table: str = "") -> tuple[dict[str, str], list[dict[str, str]]]:
        """Return what the register shows of the person: the elements, and the rows of the table when one is named."""
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
            read = await screen.read(*(f"person.{name}" for name in names))
            rows = await screen.rows(table) if table else []
        if fact(SYSTEM, "person.personnummer", read["person.personnummer"], number_of).value != personnummer:
            message = "the population register shows somebody else than was asked for; look at the register by hand"
            raise WrongPerson(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view="person", element="personnummer")
        return read, rows


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
