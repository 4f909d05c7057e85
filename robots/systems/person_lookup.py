"""Personsök: which case a person has, from the case system's small search program."""

from __future__ import annotations

from robots.errors import LogInRefused, PersonAmbiguous, ReasonCode, SystemUnavailable, WrongPerson
from robots.screens import Screen
from robots.screens.sessions import Sessions
from robots.systems.swedish_text import personnummer as number_of

SYSTEM = "person_lookup"
_ANSWERS = ("one_hit", "no_hit", "several_hits", "wrong_number", "no_answer")


async def log_in(screen: Screen, user: str, password: str) -> None:
    """Log in and return when the search shows.

    Raises:
        LogInRefused: the program does not take the name or the password.
        SystemUnavailable: its server does not answer.
    """
    await screen.wait_for("log_in")
    await screen.enter({"log_in.user": user, "log_in.password": password})
    shown = await screen.press_for("log_in.submit", then=("search", "refused", "no_server"))
    if shown == "refused":
        advice = "set KOLLEGA_PERSON_LOOKUP_USER and KOLLEGA_PERSON_LOOKUP_PASSWORD right, or kollega accounts set person_lookup"
        message = f"the name or the password is not taken; {advice}"
        raise LogInRefused(message, system=SYSTEM, view="log_in")
    if shown == "no_server":
        raise SystemUnavailable("the program does not reach its server; wait and try again", system=SYSTEM, view="log_in")


class PersonLookup:
    """What a caseworker looks up in Personsök."""

    def __init__(self, sessions: Sessions) -> None:
        """Hold the logged-in sessions."""
        self._sessions = sessions

    async def case_number_of(self, personnummer: str) -> str | None:
        """Return the number of the person's case; None when there is none.

        Raises:
            PersonAmbiguous: the person has several cases.
            WrongPerson: the answer is about somebody else.
            SystemUnavailable: the program's server does not answer.
        """
        async with self._sessions.session() as screen:
            shown = await screen.wait_for("search", *_ANSWERS)
            if shown != "search":
                await screen.press(f"{shown}.new_search", then="search")
            await screen.enter({"search.personnummer": personnummer})
            shown = await screen.press_for("search.magnifying_glass", then=_ANSWERS)
            if shown == "one_hit":
                return await _case_number(screen, personnummer)
        if shown == "no_hit":
            return None
        if shown == "several_hits":
            message = "the person has several cases in the case system; look which one the application belongs to"
            raise PersonAmbiguous(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view="several_hits")
        # A number with a right check digit is refused only when the program got something else than was entered.
        what = "does not reach its server; wait and try again" if shown == "no_answer" else "did not take the number; wait and try again"
        raise SystemUnavailable(f"the program {what}", system=SYSTEM, view=shown)


async def _case_number(screen: Screen, personnummer: str) -> str:
    read = await screen.read("one_hit.personnummer", "one_hit.case_number")
    try:
        is_same = number_of(read["one_hit.personnummer"]) == personnummer
    except ValueError:
        is_same = False
    case_number = read["one_hit.case_number"].strip()
    if not is_same or not case_number:
        message = "the program shows the case of somebody else than was asked for; look in the case system by hand"
        raise WrongPerson(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view="one_hit", element="personnummer")
    return case_number
