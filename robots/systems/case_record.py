"""The tabs of an open case as a typed `CaseRecord`: what the case system holds of one household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from robots.case import (
    Asset,
    CalculatedChildIncome,
    CalculatedExpense,
    CalculatedIncome,
    CaseChild,
    CaseRecord,
    CivilStatus,
    Fact,
    FrameExpense,
    FrameIncome,
    Jobbstimulans,
    LastCalculation,
    Month,
    Party,
    Plan,
    ReferenceFrame,
    Residence,
    SpreadIncome,
)
from robots.errors import ReasonCode
from robots.screens import Screen
from robots.systems.swedish_text import account, amount, choice, count, day, fact, known, line, table, unknown, word, yes_no
from robots.systems.swedish_text import month as month_of
from robots.systems.swedish_text import personnummer as number_of

SYSTEM = "case_system"

_NOTHING = Decimal(0)
_DAYS_OF_MONTH = 31
_MOST_PERSONS = 30
_OVERVIEW = (
    "case_number",
    "personnummer",
    "status",
    "co_applicant",
    "civil_status",
    "address",
    "housing_form",
    "persons_in_dwelling",
    "account",
    "overpayment",
)
_STATUS = {"öppet": True, "avslutat": False}
_LUNCH = {"hemma": True, "utanför hemmet": False}

Rows = Sequence[Mapping[str, str]]


async def read_case(screen: Screen, month: Month) -> CaseRecord:
    """Return what the case holds whose overview shows; the calculation is that of the month before `month`."""
    read = await screen.read(*(f"overview.{name}" for name in _OVERVIEW))
    children = await screen.rows("overview.children")
    assets = await screen.rows("overview.assets")
    vehicles = await screen.rows("overview.vehicles")
    await screen.press("main.calculations_tab", then="calculations")
    calculations = await screen.rows("calculations.rows")
    incomes = await screen.rows("calculations.incomes")
    expenses = await screen.rows("calculations.expenses")
    plans = await screen.rows("calculations.plans")
    jobbstimulans = await screen.rows("calculations.jobbstimulans")
    spread_incomes = await screen.rows("calculations.spread_incomes")
    frame_until = (await screen.read("calculations.frame_until"))["calculations.frame_until"]
    frame_incomes = await screen.rows("calculations.frame_incomes")
    frame_expenses = await screen.rows("calculations.frame_expenses")
    await screen.press("main.decisions_tab", then="decisions")
    decisions = await screen.rows("decisions.rows")

    text = {name: read[f"overview.{name}"] for name in _OVERVIEW}
    return CaseRecord(
        case_number=fact(SYSTEM, "overview.case_number", text["case_number"], line),
        applicant=fact(SYSTEM, "overview.personnummer", text["personnummer"], number_of),
        co_applicant=fact(SYSTEM, "overview.co_applicant", text["co_applicant"], _number_or_nobody),
        is_open=fact(SYSTEM, "overview.status", text["status"], lambda status: _one_of(_STATUS, status)),
        address=fact(SYSTEM, "overview.address", text["address"], line),
        civil_status=fact(SYSTEM, "overview.civil_status", text["civil_status"], lambda status: choice(CivilStatus, status)),
        children=table(SYSTEM, "overview.children", children, _child),
        persons_in_dwelling=fact(SYSTEM, "overview.persons_in_dwelling", text["persons_in_dwelling"], lambda n: count(n, at_most=_MOST_PERSONS)),
        housing_form=fact(SYSTEM, "overview.housing_form", text["housing_form"], word),
        account=fact(SYSTEM, "overview.account", text["account"], account),
        has_open_overpayment=fact(SYSTEM, "overview.overpayment", text["overpayment"], yes_no),
        assets=table(SYSTEM, "overview.assets", assets, lambda row: Asset(kind=word(row["kind"]), amount=amount(row["amount"]))),
        vehicles=table(SYSTEM, "overview.vehicles", vehicles, lambda row: line(row["registration"])),
        last_calculation=_last_calculation(month.previous, calculations, incomes, expenses),
        calculated_months=table(SYSTEM, "calculations.rows", calculations, lambda row: month_of(row["month"])),
        children_incomes=_children_incomes(incomes),
        spread_incomes=table(SYSTEM, "calculations.spread_incomes", spread_incomes, _spread_income),
        reference_frame=fact(SYSTEM, "calculations.frame_until", frame_until, lambda text: _frame(text, frame_incomes, frame_expenses)),
        jobbstimulans=table(SYSTEM, "calculations.jobbstimulans", jobbstimulans, _jobbstimulans),
        plans=table(SYSTEM, "calculations.plans", plans, _plan),
        month_is_decided=_is_decided(month, decisions),
    )


def _one_of(words: Mapping[str, bool], text: str) -> bool:
    if word(text) not in words:
        raise ValueError("the word is not one of the system's")
    return words[word(text)]


def _number_or_nobody(text: str) -> str | None:
    return number_of(text) if text.strip() else None


def _child(row: Mapping[str, str]) -> CaseChild:
    return CaseChild(
        personnummer=number_of(row["personnummer"]),
        residence=choice(Residence, row["residence"]),
        days=count(row["days"], at_most=_DAYS_OF_MONTH),
        lunch_at_home=_one_of(_LUNCH, row["lunch"]),
    )


def _jobbstimulans(row: Mapping[str, str]) -> Jobbstimulans:
    return Jobbstimulans(party=choice(Party, row["party"]), valid_from=day(row["valid_from"]), valid_until=day(row["valid_until"]))


def _plan(row: Mapping[str, str]) -> Plan:
    return Plan(party=choice(Party, row["party"]), kind=word(row["kind"]), valid_from=day(row["valid_from"]), valid_until=day(row["valid_until"]))


def _children_incomes(incomes: Rows) -> Fact[tuple[CalculatedChildIncome, ...]]:
    """Return the rows whose party is a child; one of a party that can't be understood may be a child's and makes all unknown."""
    element = "calculations.incomes"
    try:
        return known(SYSTEM, element, tuple(_child_income(row) for row in incomes if not _is_adult(row)))
    except ValueError:
        return unknown(SYSTEM, element, "a row can't be understood", ReasonCode.UNREADABLE)


def _is_adult(row: Mapping[str, str]) -> bool:
    """Say whether the row's party is one of the adults; a child stands there by its personnummer, and anything else is a ValueError."""
    if word(row["party"]) in set(Party):
        return True
    number_of(row["party"])
    return False


def _child_income(row: Mapping[str, str]) -> CalculatedChildIncome:
    return CalculatedChildIncome(
        month=month_of(row["month"]),
        personnummer=number_of(row["party"]),
        kind=word(row["kind"]),
        amount=amount(row["amount"], at_least=_NOTHING),
    )


def _spread_income(row: Mapping[str, str]) -> SpreadIncome:
    first, last = month_of(row["first_month"]), month_of(row["last_month"])
    if last < first:
        raise ValueError("an income that is spread over no month at all would never count")
    return SpreadIncome(
        party=choice(Party, row["party"]),
        kind=word(row["kind"]),
        monthly_amount=amount(row["monthly_amount"], at_least=_NOTHING),
        first_month=first,
        last_month=last,
    )


def _frame(until: str, incomes: Rows, expenses: Rows) -> ReferenceFrame | None:
    """Return the caseworker's frame, None when nothing of one shows.

    Raises:
        ValueError: its last day or one of its rows can't be understood.
    """
    if not until.strip() and not incomes and not expenses:
        return None
    return ReferenceFrame(
        valid_until=day(until),
        incomes=tuple(
            FrameIncome(
                party=choice(Party, row["party"]),
                kind=word(row["kind"]),
                lowest=amount(row["lowest"], at_least=_NOTHING),
                highest=amount(row["highest"], at_least=_NOTHING),
            )
            for row in incomes
        ),
        expenses=tuple(FrameExpense(kind=word(row["kind"]), highest=amount(row["highest"], at_least=_NOTHING)) for row in expenses),
    )


def _last_calculation(month: Month, calculations: Rows, incomes: Rows, expenses: Rows) -> Fact[LastCalculation | None]:
    element = "calculations.rows"
    try:
        found = sum(month_of(row["month"]) == month for row in calculations)
        if not found:
            return known(SYSTEM, element, None)
        if found > 1:
            # The tab does not say which rows belong to which of them.
            return unknown(SYSTEM, element, "the month before has several calculations", ReasonCode.UNREADABLE)
        return known(
            SYSTEM,
            element,
            LastCalculation(
                month=month,
                incomes=tuple(
                    CalculatedIncome(party=choice(Party, row["party"]), kind=word(row["kind"]), amount=amount(row["amount"]))
                    for row in incomes
                    if month_of(row["month"]) == month and _is_adult(row)
                ),
                expenses=tuple(
                    CalculatedExpense(kind=word(row["kind"]), approved_amount=amount(row["approved"]))
                    for row in expenses
                    if month_of(row["month"]) == month
                ),
            ),
        )
    except ValueError:
        return unknown(SYSTEM, element, "a row of the calculation can't be understood", ReasonCode.UNREADABLE)


def _is_decided(month: Month, decisions: Rows) -> Fact[bool]:
    try:
        return known(SYSTEM, "decisions.rows", any(month_of(row["month"]) == month for row in decisions))
    except ValueError:
        return unknown(SYSTEM, "decisions.rows", "a decision's month can't be understood", ReasonCode.UNREADABLE)
