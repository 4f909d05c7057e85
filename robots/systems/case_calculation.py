"""The case system's window of a normberäkning: filled in tab by tab, and saved only when the system's own sums are ours, or left unsaved."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from robots.assessment import ApprovedExpense, Calculation, ChildIncome, CountedIncome
from robots.errors import ReasonCode, SumsDiffer, ValueNotKept
from robots.screens import Screen
from robots.systems.case_dialogs import Household, check_person, refusal, save, written
from robots.systems.case_record import SYSTEM
from robots.systems.swedish_text import amount as kronor
from robots.systems.swedish_text import count
from robots.systems.swedish_text import month as month_of

_MOST_PERSONS = 99
# How often a table is looked at until it shows the row that was just added; each look asks the program anew.
_ROW_LOOKS = 50


async def save_calculation(screen: Screen, household: Household, calculation: Calculation) -> None:
    """Make the normberäkning of the open case and save it; return when the case's calculations show.

    Raises:
        SumsDiffer: the system fills in or works out something else than ours; nothing was saved.
        WrongPerson: the window shows somebody else; nothing was saved.
        CaseNeedsPerson: the system does not take the values; nothing was saved.
        SystemUnavailable: the server does not answer.
    """
    await _fill_in(screen, household, calculation)
    await screen.press("calculation.save", then="confirm")
    await save(screen, "confirm.confirm", "calculation", then="calculations")


async def try_calculation(screen: Screen, household: Household, calculation: Calculation) -> None:
    """Make the normberäkning of the open case as `save_calculation` does, and cancel it where that saves; return when the main window shows.

    Raises:
        SumsDiffer: the system fills in or works out something else than ours.
        WrongPerson: the window shows somebody else.
        CaseNeedsPerson: the system does not take the values.
        SystemUnavailable: the server does not answer.
    """
    await _fill_in(screen, household, calculation)
    await screen.press("calculation.cancel", then="main")


async def _fill_in(screen: Screen, household: Household, calculation: Calculation) -> None:
    """Fill in the window for the month, and return when the system's sums in it are ours and it is the household's; nothing is saved."""
    await screen.press("main.new_calculation", then="new_calculation")
    await screen.enter({"new_calculation.month": str(calculation.month)})
    shown = await screen.press_for("new_calculation.save", then=("family", "notice", "fault"))
    if shown != "family":
        raise await refusal(screen, shown, "new_calculation")
    await check_person(screen, "calculation", household)
    await _compare_family(screen, calculation)
    await _compare_common_costs(screen, calculation)
    of_adults = [_income_row(str(one.party), one) for one in calculation.incomes]
    of_children = [_income_row(one.personnummer, one) for one in calculation.children_incomes]
    await _enter_rows(screen, "incomes", of_adults + of_children)
    await _enter_rows(screen, "expenses", _cost_rows(one for one in calculation.expenses if not one.is_special))
    await _enter_rows(screen, "special_costs", _cost_rows(one for one in calculation.expenses if one.is_special))
    await _compare_sums(screen, calculation)
    await check_person(screen, "calculation", household)


# --- what the system has filled in, and works out ---


async def _compare_family(screen: Screen, calculation: Calculation) -> None:
    read = await screen.read("calculation.month")
    members = await screen.rows("family.members")
    try:
        costs = sorted(kronor(row["amount"]) for row in members if row["included"].strip() == "Ja")
        is_same = month_of(read["calculation.month"]) == calculation.month and [cost for cost in costs if cost] == sorted(
            cost.amount for cost in calculation.personal if cost.amount
        )
    except ValueError:
        is_same = False
    if not is_same:
        await _give_up(screen, "family", ("members",))


async def _compare_common_costs(screen: Screen, calculation: Calculation) -> None:
    await screen.press("calculation.common_costs_tab", then="common_costs")
    read = await screen.read("common_costs.household_size", "common_costs.amount")
    try:
        is_same = (
            count(read["common_costs.household_size"], at_most=_MOST_PERSONS) == calculation.common.household_size
            and kronor(read["common_costs.amount"]) == calculation.common.amount
        )
    except ValueError:
        is_same = False
    if not is_same:
        await _give_up(screen, "common_costs", ("amount",))


async def _compare_sums(screen: Screen, calculation: Calculation) -> None:
    await screen.press("calculation.summary_tab", then="summary")
    shown = await screen.press_for("summary.calculate", then=("sums", "notice", "fault"))
    if shown != "sums":
        raise await refusal(screen, shown, "calculation")
    ours = {
        "norm": calculation.norm_sum,
        "expenses": calculation.expense_sum,
        "incomes": calculation.income_sum,
        "disregarded": sum((income.disregarded for income in calculation.incomes), Decimal(0)),
        "children_disregarded": sum((income.disregarded for income in calculation.children_incomes), Decimal(0)),
        "balance": calculation.balance,
        "special": calculation.special_sum,
        "amount": calculation.amount,
    }
    theirs = await screen.read(*(f"sums.{name}" for name in ours))
    differing = tuple(name for name, sum_of_ours in ours.items() if not _is_amount(theirs[f"sums.{name}"], sum_of_ours))
    if differing:
        await _give_up(screen, "sums", differing)


def _is_amount(text: str, amount: Decimal) -> bool:
    try:
        return kronor(text) == amount
    except ValueError:
        return False


async def _give_up(screen: Screen, view: str, names: tuple[str, ...]) -> None:
    """Close the window without saving, and say which of the system's figures are not ours."""
    await screen.press("calculation.cancel", then="main")
    shown = ", ".join(name if view == "sums" else f"{view} {name}" for name in names)
    message = f"the case system works out something else than the rules ({shown}); nothing was saved. Compare both calculations"
    raise SumsDiffer(message, codes=(ReasonCode.SYS_DIFF,), system=SYSTEM, view=view, element=names[0])


# --- what is entered ---


def _income_row(party: str, income: CountedIncome | ChildIncome) -> dict[str, str]:
    """Return the row of an adult's income, or of a child's, whose number stands for the party."""
    return {"party": party, "kind": income.kind, "paid_on": income.paid_on.isoformat(), "amount": written(income.net_amount)}


def _cost_rows(expenses: Iterable[ApprovedExpense]) -> list[dict[str, str]]:
    return [{"kind": one.kind, "applied": written(one.applied_amount), "approved": written(one.approved_amount)} for one in expenses]


async def _enter_rows(screen: Screen, view: str, rows: list[dict[str, str]]) -> None:
    """Enter the rows on their tab; a tab without any is passed by, as the sums tell what stands there."""
    if not rows:
        return
    await screen.press(f"calculation.{view}_tab", then=view)
    for number, row in enumerate(rows, start=1):
        await screen.enter({f"{view}.{name}": text for name, text in row.items()})
        await _add_row(screen, view, number)
    if await screen.rows(f"{view}.rows") != rows:
        raise _not_kept(view, "rows")


async def _add_row(screen: Screen, view: str, expected: int) -> None:
    """Add what stands in the fields to the table, and return when the table has it: the fields are empty then."""
    await screen.press(f"{view}.add", then=view)
    shown = f"{view}.count"
    for _ in range(_ROW_LOOKS):
        if (await screen.read(shown))[shown].strip() == str(expected):
            return
    raise _not_kept(view, "count")


def _not_kept(view: str, element: str) -> ValueNotKept:
    return ValueNotKept("the table does not show the rows that were entered; look at the program", system=SYSTEM, view=view, element=element)
