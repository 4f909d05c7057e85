"""Verksamhetssystemet: what it holds of a household, and the calculation, decision, payment, note and watch item that are written there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

from robots.assessment import Authority, Calculation, DecisionType
from robots.case import CaseRecord, Month
from robots.effects import Effects, Seen
from robots.errors import CaseNeedsPerson, LogInRefused, ReasonCode, SystemUnavailable
from robots.screens import Screen
from robots.screens.sessions import Sessions
from robots.systems.case_calculation import save_calculation, try_calculation
from robots.systems.case_dialogs import Household, check_person, fill_in, open_case, shows_person, written, wrong_person
from robots.systems.case_record import SYSTEM, read_case
from robots.systems.person_lookup import PersonLookup
from robots.systems.person_lookup import log_in as log_in_to_lookup
from robots.systems.swedish_text import amount as kronor
from robots.systems.swedish_text import month as month_of

__all__ = ["CaseSystem", "Household", "log_in", "log_in_to_lookup"]

Rows = list[dict[str, str]]

#: what the system calls a decision type; it knows of no special costs, which stand in the calculation
_DECISION_WORDS = {
    DecisionType.GRANT: "bifall",
    DecisionType.GRANT_WITH_SPECIAL_COSTS: "bifall",
    DecisionType.PARTIAL_GRANT: "delavslag",
    DecisionType.REJECTION: "avslag",
    DecisionType.DISMISSAL: "avvisning",
}


async def log_in(screen: Screen, user: str, password: str) -> None:
    """Log in and return when the main window shows.

    Raises:
        LogInRefused: the system does not take the name or the password.
        SystemUnavailable: its server does not answer.
    """
    await screen.wait_for("log_in")
    await screen.enter({"log_in.user": user, "log_in.password": password})
    shown = await screen.press_for("log_in.submit", then=("main", "notice", "fault"))
    if shown == "notice":
        advice = "set KOLLEGA_CASE_SYSTEM_USER and KOLLEGA_CASE_SYSTEM_PASSWORD right, or kollega accounts set case_system"
        message = f"the name or the password is not taken; {advice}"
        raise LogInRefused(message, system=SYSTEM, view="log_in")
    if shown == "fault":
        raise SystemUnavailable("the program does not reach its server; wait and try again", system=SYSTEM, view="log_in")


class CaseSystem:
    """What a caseworker reads and writes in the case system."""

    def __init__(self, sessions: Sessions, lookup_sessions: Sessions, effects: Effects) -> None:
        """Hold the logged-in sessions and the record of writes.

        Args:
            sessions: of the case system's program.
            lookup_sessions: of the small program that finds a person's case.
            effects: what every write goes through.
        """
        self._sessions = sessions
        self._lookup = PersonLookup(lookup_sessions)
        self._effects = effects

    async def record_of(self, personnummer: str, month: Month) -> CaseRecord | None:
        """Return what the system holds of the person's household; None when the person has no case.

        Args:
            personnummer: the applicant's, twelve digits.
            month: applied for; the record tells of the calculation for the month before and of decisions for this one.

        Raises:
            PersonAmbiguous: the person has several cases.
            WrongPerson: the system shows somebody else's case.
        """
        case_number = await self._lookup.case_number_of(personnummer)
        if case_number is None:
            return None
        async with self._sessions.session() as screen:
            await open_case(screen, case_number)
            record = await read_case(screen, month)
        persons = {record.applicant.value, record.co_applicant.value}
        if record.case_number.value != case_number or personnummer not in persons:
            raise wrong_person("overview", "personnummer")
        return record

    async def enter_calculation(self, case_id: str, household: Household, calculation: Calculation) -> None:
        """Make the normberäkning of the month and save it when the system's own sums are the same.

        Raises:
            SumsDiffer: the system fills in or works out something else than ours; nothing was saved.
            WrongPerson: a screen shows somebody else; nothing was saved.
            OutcomeUnknown: it can't be seen whether it was saved.
        """

        def see(rows: Rows) -> Seen:
            return _seen(rows, calculation.month, {"amount": calculation.amount})

        async def write(screen: Screen) -> None:
            await save_calculation(screen, household, calculation)

        await self._write(case_id, "calculation", household, "calculations.rows", see, write)

    async def compare_calculation(self, household: Household, calculation: Calculation) -> None:
        """See that `enter_calculation` would get the calculation in: make it in the system's window and cancel it. Nothing is saved or recorded.

        Raises:
            SumsDiffer: the system fills in or works out something else than ours.
            CaseNeedsPerson: code TWICE: the month has this calculation already; OUTCOME-UNKNOWN: it has another one.
            WrongPerson: a screen shows somebody else.
        """
        async with self._sessions.session() as screen:
            await open_case(screen, household.case_number)
            await check_person(screen, "main", household)
            await screen.press("main.calculations_tab", then="calculations")
            seen = _seen(await screen.rows("calculations.rows"), calculation.month, {"amount": calculation.amount})
            if seen is not Seen.NOT_DONE:
                # The codes with which the write itself would end.
                code = ReasonCode.TWICE if seen is Seen.DONE else ReasonCode.OUTCOME_UNKNOWN
                message = "the month has a calculation already, and not by the robot. Look who made it and why"
                raise CaseNeedsPerson(message, codes=(code,), system=SYSTEM, view="calculations")
            await try_calculation(screen, household, calculation)

    async def register_decision(
        self, case_id: str, household: Household, month: Month, authority: Authority, amount: Decimal, motivation: str
    ) -> None:
        """Register the decision for the month.

        Raises:
            ValueError: the decision is of a type that the system has no word for.
            WrongPerson: the dialog shows somebody else; nothing was saved.
            OutcomeUnknown: it can't be seen whether it was saved.
        """
        if authority.decision_type not in _DECISION_WORDS:
            raise ValueError("the case system has no such decision type")
        kind = _DECISION_WORDS[authority.decision_type]

        def see(rows: Rows) -> Seen:
            return _seen(rows, month, {"amount": amount}, {"kind": kind})

        async def write(screen: Screen) -> None:
            values = {"kind": kind, "month": str(month), "amount": written(amount), "motivation": motivation}
            await fill_in(screen, "decision", household, values, then="decisions")

        await self._write(case_id, "decision", household, "decisions.rows", see, write)

    async def register_payment(self, case_id: str, household: Household, month: Month, amount: Decimal, account: str) -> None:
        """Register the payment for the month, on the day that the system proposes.

        Raises:
            WrongPerson: the dialog shows somebody else; nothing was saved.
            OutcomeUnknown: it can't be seen whether it was saved.
        """

        def see(rows: Rows) -> Seen:
            return _seen(rows, month, {"amount": amount}, {"account": account})

        async def write(screen: Screen) -> None:
            values = {"month": str(month), "amount": written(amount), "account": account}
            await fill_in(screen, "payment", household, values, then="decisions")

        await self._write(case_id, "payment", household, "decisions.payments", see, write)

    async def write_note(self, case_id: str, household: Household, month: Month, text: str) -> None:
        """Write the case note (journalanteckning); its heading names the application, by which it is known again.

        Raises:
            WrongPerson: the dialog shows somebody else; nothing was saved.
            OutcomeUnknown: it can't be seen whether it was saved.
        """
        heading = f"Kollega {household.reference}, {month}"

        def see(rows: Rows) -> Seen:
            return _seen_once([row["heading"].strip() for row in rows].count(heading))

        async def write(screen: Screen) -> None:
            await fill_in(screen, "note", household, {"heading": heading, "text": text}, then="journal")

        await self._write(case_id, "note", household, "journal.notes", see, write)

    async def watch(self, case_id: str, household: Household, month: Month, text: str) -> None:
        """Leave a watch item (bevakning) on the case, due on the day that the system proposes; its first line names the application.

        Raises:
            WrongPerson: the dialog shows somebody else; nothing was saved.
            OutcomeUnknown: it can't be seen whether it was saved.
        """
        marker = f"Kollega {household.reference}, {month}"

        def see(rows: Rows) -> Seen:
            return _seen_once([(row["text"].strip().splitlines() or [""])[0].strip() for row in rows].count(marker))

        async def write(screen: Screen) -> None:
            await fill_in(screen, "watch", household, {"text": f"{marker}\n{text}"}, then="journal")

        await self._write(case_id, "watch", household, "journal.watches", see, write)

    async def _write(
        self,
        case_id: str,
        name: str,
        household: Household,
        table: str,
        see: Callable[[Rows], Seen],
        write: Callable[[Screen], Awaitable[None]],
    ) -> None:
        """Look at the table, write, and look again; `write` ends where the table shows."""
        tab = table.partition(".")[0]
        # The program reads the case anew after it has saved: what it shows then is the read-back.
        after_writing: list[Seen] = []

        async def look() -> Seen:
            if after_writing:
                return after_writing.pop()
            async with self._sessions.session() as screen:
                await open_case(screen, household.case_number)
                await check_person(screen, "main", household)
                await screen.press(f"main.{tab}_tab", then=tab)
                return see(await screen.rows(table))

        async def act() -> None:
            async with self._sessions.session() as screen:
                if not await shows_person(screen, "main", household):
                    await open_case(screen, household.case_number)
                    await check_person(screen, "main", household)
                await write(screen)
                after_writing.append(see(await screen.rows(table)))

        await self._effects.ensure(case_id, f"{SYSTEM}.{name}", look=look, act=act, system=SYSTEM, is_marked=True)


# --- what a table shows of a write ---


def _seen_once(times: int) -> Seen:
    return {0: Seen.NOT_DONE, 1: Seen.DONE}.get(times, Seen.UNCLEAR)


def _seen(rows: Rows, month: Month, amounts: Mapping[str, Decimal], words: Mapping[str, str] | None = None) -> Seen:
    """Say whether exactly one row is of the month and it holds these amounts and words; another row of the month is unclear."""
    try:
        of_month = [row for row in rows if month_of(row["month"]) == month]
        if not of_month:
            return Seen.NOT_DONE
        (row,) = of_month
        is_ours = all(kronor(row[name]) == amount for name, amount in amounts.items())
    except ValueError:
        return Seen.UNCLEAR
    return Seen.DONE if is_ours and all(row[name].strip() == text for name, text in (words or {}).items()) else Seen.UNCLEAR
