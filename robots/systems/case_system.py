"""Verksamhetssystemet: what it holds of a household, and the calculation, decision, payment, note and watch item that are written there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from robots.case import ApprovedExpense, Authority, Calculation, CaseRecord, DecisionType, Month
from robots.effects import Effects, Seen
from robots.errors import CaseNeedsPerson, LogInRefused, PersonNotFound, ReasonCode, SumsDiffer, SystemUnavailable, ValueNotKept, WrongPerson
from robots.screens import Screen
from robots.screens.sessions import Sessions
from robots.systems.case_record import SYSTEM, read_case
from robots.systems.person_lookup import PersonLookup
from robots.systems.person_lookup import log_in as log_in_to_lookup
from robots.systems.swedish_text import amount as kronor
from robots.systems.swedish_text import count
from robots.systems.swedish_text import month as month_of
from robots.systems.swedish_text import personnummer as number_of

__all__ = ["CaseSystem", "Household", "log_in", "log_in_to_lookup"]

Rows = list[dict[str, str]]

_MOST_ROWS = 99
# How often a table is looked at until it shows the row that was just added; each look asks the program anew.
_ROW_LOOKS = 50

#: what the system calls a decision type; it knows of no special costs, which stand in the calculation
_DECISION_WORDS = {
    DecisionType.GRANT: "bifall",
    DecisionType.GRANT_WITH_SPECIAL_COSTS: "bifall",
    DecisionType.PARTIAL_GRANT: "delavslag",
    DecisionType.REJECTION: "avslag",
    DecisionType.DISMISSAL: "avvisning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Whose case is written in: every writing screen must show both numbers before anything is saved."""

    case_number: str
    #: personnummer of twelve digits
    applicant: str
    #: the e-service's number of the application, which marks what the robot has written
    reference: str


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
        message = "the name or the password is not taken; set KOLLEGA_CASE_SYSTEM_USER and KOLLEGA_CASE_SYSTEM_PASSWORD right"
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
            await _open(screen, case_number)
            record = await read_case(screen, month)
        persons = {record.applicant.value, record.co_applicant.value}
        if record.case_number.value != case_number or personnummer not in persons:
            raise _wrong_person("overview", "personnummer")
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
            await _start_calculation(screen, household, calculation)
            await _enter_incomes(screen, calculation)
            await _enter_costs(screen, calculation)
            await _compare_and_save(screen, household, calculation)

        await self._write(case_id, "calculation", household, "calculations.rows", see, write)

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
            values = {"kind": kind, "month": str(month), "amount": _written(amount), "motivation": motivation}
            await _fill_in(screen, "decision", household, values, then="decisions")

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
            values = {"month": str(month), "amount": _written(amount), "account": account}
            await _fill_in(screen, "payment", household, values, then="decisions")

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
            await _fill_in(screen, "note", household, {"heading": heading, "text": text}, then="journal")

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
            await _fill_in(screen, "watch", household, {"text": f"{marker}\n{text}"}, then="journal")

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
                await _open(screen, household.case_number)
                await _check_person(screen, "main", household)
                await screen.press(f"main.{tab}_tab", then=tab)
                return see(await screen.rows(table))

        async def act() -> None:
            async with self._sessions.session() as screen:
                if not await _shows(screen, "main", household):
                    await _open(screen, household.case_number)
                    await _check_person(screen, "main", household)
                await write(screen)
                after_writing.append(see(await screen.rows(table)))

        await self._effects.ensure(case_id, f"{SYSTEM}.{name}", look=look, act=act, system=SYSTEM)


# --- opening and checking ---


async def _open(screen: Screen, case_number: str) -> None:
    """Open the case anew, so that what shows is what the server has now."""
    await screen.press("main.open_case", then="open_case")
    await screen.enter({"open_case.number": case_number})
    shown = await screen.press_for("open_case.save", then=("overview", "notice", "fault"))
    if shown == "notice":
        await _dismiss(screen, "notice", "open_case")
        message = "the case system has no case of that number; look the person up by hand"
        raise PersonNotFound(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view="open_case")
    if shown == "fault":
        await _dismiss(screen, "fault", "open_case")
        raise _no_answer("open_case")


async def _check_person(screen: Screen, view: str, household: Household) -> None:
    """Compare the numbers on the screen with the case's, just before it matters; a dialog with other ones is cancelled."""
    if not await _shows(screen, view, household):
        if view != "main":
            await screen.press(f"{view}.cancel", then="main")
        raise _wrong_person(view, "personnummer")


async def _shows(screen: Screen, view: str, household: Household) -> bool:
    read = await screen.read(f"{view}.case_number", f"{view}.personnummer")
    try:
        is_applicant = number_of(read[f"{view}.personnummer"]) == household.applicant
    except ValueError:
        return False
    return is_applicant and read[f"{view}.case_number"].strip() == household.case_number


async def _dismiss(screen: Screen, message: str, dialog: str) -> None:
    """Close the system's message and the dialog below it, so that the next case finds the main window."""
    await screen.press(f"{message}.close", then=dialog)
    await screen.press(f"{dialog}.cancel", then="main")


def _wrong_person(view: str, element: str) -> WrongPerson:
    message = "the screen shows another case or another person than the case's; nothing was written"
    return WrongPerson(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view=view, element=element)


def _no_answer(view: str) -> SystemUnavailable:
    return SystemUnavailable("the program does not reach its server; wait and try again", system=SYSTEM, view=view)


def _refused(view: str) -> CaseNeedsPerson:
    message = "the case system does not take what was entered, and says why on the screen; enter it by hand"
    return CaseNeedsPerson(message, codes=(ReasonCode.SYS_DIFF,), system=SYSTEM, view=view)


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


# --- dialogs ---


def _typed(text: str) -> str:
    """Return the text as a keyboard gives it: amounts in sentences have spaces that do not break, and no key types those."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def _written(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


async def _fill_in(screen: Screen, dialog: str, household: Household, values: Mapping[str, str], *, then: str) -> None:
    """Fill in one dialog of the menu Ärende and save it."""
    await screen.press(f"main.new_{dialog}", then=dialog)
    await screen.enter({f"{dialog}.{name}": _typed(text) for name, text in values.items()})
    await _check_person(screen, dialog, household)
    shown = await screen.press_for(f"{dialog}.save", then=(then, "notice", "fault"))
    if shown != then:
        await _dismiss(screen, shown, dialog)
        raise _no_answer(dialog) if shown == "fault" else _refused(dialog)


# --- the normberäkning ---


async def _start_calculation(screen: Screen, household: Household, calculation: Calculation) -> None:
    """Bring up the calculation's window and compare what the system has filled in with ours."""
    await screen.press("main.new_calculation", then="new_calculation")
    await screen.enter({"new_calculation.month": str(calculation.month)})
    shown = await screen.press_for("new_calculation.save", then=("family", "notice", "fault"))
    if shown != "family":
        await _dismiss(screen, shown, "new_calculation")
        raise _no_answer("new_calculation") if shown == "fault" else _refused("new_calculation")
    await _check_person(screen, "family", household)
    members = await screen.rows("family.members")
    read = await screen.read("family.month", "family.household_size", "family.common")
    try:
        costs = sorted(kronor(row["amount"]) for row in members if row["included"].strip() == "Ja")
        is_same = (
            month_of(read["family.month"]) == calculation.month
            and count(read["family.household_size"], at_most=_MOST_ROWS) == calculation.household_size
            and kronor(read["family.common"]) == calculation.common
            and [cost for cost in costs if cost] == sorted(cost.amount for cost in calculation.personal if cost.amount)
        )
    except ValueError:
        is_same = False
    if not is_same:
        await screen.press("family.cancel", then="main")
        raise _sums_differ("family", "members", ("members",))


async def _enter_incomes(screen: Screen, calculation: Calculation) -> None:
    await screen.press("family.incomes_tab", then="incomes")
    entered = []
    for income in calculation.incomes:
        row = {"party": str(income.party), "kind": income.kind, "paid_on": income.paid_on.isoformat(), "amount": _written(income.net_amount)}
        await screen.enter({f"incomes.{name}": text for name, text in row.items()})
        entered.append(row)
        await _add_row(screen, "incomes", "", len(entered))
    if entered and await screen.rows("incomes.rows") != entered:
        raise _not_kept("incomes", "rows")


async def _enter_costs(screen: Screen, calculation: Calculation) -> None:
    await screen.press("incomes.costs_tab", then="costs")
    for prefix, is_special in (("expense_", False), ("special_", True)):
        entered = []
        for expense in (one for one in calculation.expenses if one.is_special == is_special):
            row = _cost_row(expense)
            await screen.enter({f"costs.{prefix}{name}": text for name, text in row.items()})
            entered.append(row)
            await _add_row(screen, "costs", prefix, len(entered))
        if entered and await screen.rows(f"costs.{prefix}rows") != entered:
            raise _not_kept("costs", f"{prefix}rows")


def _cost_row(expense: ApprovedExpense) -> dict[str, str]:
    return {"kind": expense.kind, "applied": _written(expense.applied_amount), "approved": _written(expense.approved_amount)}


async def _add_row(screen: Screen, view: str, prefix: str, expected: int) -> None:
    """Add what stands in the fields to the table, and return when the table has it: the fields are empty then."""
    await screen.press(f"{view}.{prefix}add", then=view)
    shown = f"{view}.{prefix}count"
    for _ in range(_ROW_LOOKS):
        if (await screen.read(shown))[shown].strip() == str(expected):
            return
    raise _not_kept(view, f"{prefix}count")


def _not_kept(view: str, element: str) -> ValueNotKept:
    return ValueNotKept("the table does not show the rows that were entered; look at the program", system=SYSTEM, view=view, element=element)


async def _compare_and_save(screen: Screen, household: Household, calculation: Calculation) -> None:
    await screen.press("costs.summary_tab", then="summary")
    shown = await screen.press_for("summary.calculate", then=("sums", "notice", "fault"))
    if shown != "sums":
        await screen.press(f"{shown}.close", then="summary")
        await screen.press("summary.cancel", then="main")
        raise _no_answer("summary") if shown == "fault" else _refused("summary")
    differing = await _differing_sums(screen, calculation)
    if differing:
        await screen.press("sums.cancel", then="main")
        raise _sums_differ("sums", differing[0], differing)
    await _check_person(screen, "sums", household)
    await screen.press("sums.save", then="confirm")
    shown = await screen.press_for("confirm.confirm", then=("calculations", "notice", "fault"))
    if shown != "calculations":
        await screen.press(f"{shown}.close", then="sums")
        await screen.press("sums.cancel", then="main")
        raise _no_answer("sums") if shown == "fault" else _refused("sums")


async def _differing_sums(screen: Screen, calculation: Calculation) -> tuple[str, ...]:
    """Return the names of the system's sums that are not ours."""
    ours = {
        "norm": calculation.norm_sum,
        "expenses": calculation.expense_sum,
        "incomes": calculation.income_sum,
        "disregarded": sum((income.disregarded for income in calculation.incomes), Decimal(0)),
        "balance": calculation.balance,
        "special": calculation.special_sum,
        "amount": calculation.amount,
    }
    theirs = await screen.read(*(f"sums.{name}" for name in ours))
    differing = []
    for name, sum_of_ours in ours.items():
        try:
            is_same = kronor(theirs[f"sums.{name}"]) == sum_of_ours
        except ValueError:
            is_same = False
        if not is_same:
            differing.append(name)
    return tuple(differing)


def _sums_differ(view: str, element: str, names: tuple[str, ...]) -> SumsDiffer:
    message = f"the case system works out something else than the rules ({', '.join(names)}); nothing was saved. Compare both calculations"
    return SumsDiffer(message, codes=(ReasonCode.SYS_DIFF,), system=SYSTEM, view=view, element=element)
