"""Builds a household in which all four systems agree, so that a kind has to say only what is special about it."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from robots.practice.persons import Cast
from robots.practice.world import (
    AgencyAnswers,
    AgencyPayment,
    ApplicationChild,
    ApplicationForm,
    ApplicationIncome,
    CaseChild,
    CaseEntry,
    CasePlan,
    Expected,
    Household,
    Person,
    PopulationEntry,
)

APPLICANT = "sökande"
CO_APPLICANT = "medsökande"

_TAXED = {"aktivitetsstöd", "föräldrapenning", "sjukpenning", "sjukersättning", "a-kassa", "pension", "omvårdnadsbidrag"}
_AGENCY_FIELDS = {"FK": "fk_payments", "CSN": "csn_payments", "PM": "pm_payments", "SKV": "skv_refunds", "SO": "so_payments"}


@dataclass(frozen=True, kw_only=True)
class Child:
    """A child of the household, the same in all systems."""

    ages: tuple[int, int]  # on the first day of the month applied for, both included
    residence: str = "heltid"
    days: int | None = None  # None: the whole month
    lunch: str = "hemma"
    is_registered: bool = True  # whether the population register has it with the adults


@dataclass(frozen=True, kw_only=True)
class Income:
    """An income of the control month, kronor; stated, registered and last are the same as the amount unless they are given, 0 is nowhere."""

    kind: str
    amount: int = 0
    agency: str = ""  # FK | CSN | PM | SKV | SO; "" for an income that no register has
    party: str = APPLICANT
    stated: int | None = None
    registered: int | None = None
    last: int | None = None


@dataclass(frozen=True, kw_only=True)
class Expense:
    """A cost applied for, kronor; last is what was approved for the month before: the same unless given, 0 when it was not there."""

    kind: str
    amount: int
    last: int | None = None


def fk(kind: str, amount: int = 0, **differences: Any) -> Income:
    """Return an income that Försäkringskassan pays."""
    return Income(kind=kind, amount=amount, agency="FK", **differences)


def rent(amount: int, **differences: Any) -> Expense:
    """Return the cost of the dwelling."""
    return Expense(kind="boendekostnad", amount=amount, **differences)


def electricity(amount: int, **differences: Any) -> Expense:
    """Return the cost of household electricity."""
    return Expense(kind="hushållsel", amount=amount, **differences)


def kronor(amount: int) -> str:
    """Return an amount as the screens have it: `5 000,00`."""
    return f"{amount:,},00".replace(",", " ", f"{amount:,}".count(","))


def first_day(month: str) -> date:
    """Return the first day of a month written as `2026-03`."""
    return date(int(month[:4]), int(month[5:7]), 1)


def last_day(month: str) -> date:
    """Return the last day of a month written as `2026-03`."""
    first = first_day(month)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def month_before(month: str) -> str:
    """Return the month before one written as `2026-03`."""
    first = first_day(month)
    return f"{first.year - 1}-12" if first.month == 1 else f"{first.year}-{first.month - 1:02d}"


def decided(amount: int, arithmetic: str) -> Expected:
    """Return that the robot decides the amount."""
    return Expected(ending="decided", amount=amount, arithmetic=arithmetic)


def proposed(amount: int, arithmetic: str) -> Expected:
    """Return that the robot proposes the amount."""
    return Expected(ending="proposed", amount=amount, arithmetic=arithmetic)


def handed_off(*codes: str, because: str) -> Expected:
    """Return that a person takes over, with exactly these codes."""
    return Expected(ending="handed off", codes=codes, arithmetic=because)


def household(
    cast: Cast,
    *,
    about: str,
    expected: Expected,
    month: str = "2026-03",
    partner: str = "",
    adult_ages: tuple[int, int] = (24, 64),
    children: tuple[Child, ...] = (),
    incomes: tuple[Income, ...] = (),
    expenses: tuple[Expense, ...] = (),
    persons_in_dwelling: int | None = None,
    plans: tuple[str, ...] = ("jobbsökande", "jobbsökande"),
    jobbstimulans: tuple[str, ...] = (),
) -> Household:
    """Return a household that all systems describe alike: same people, address and account, same incomes and costs as the month before.

    Args:
        cast: where persons come from.
        about: one English sentence.
        expected: worked out by hand.
        month: the month applied for, M; incomes are of the month before it, C.
        partner: `gift` or `sambo` when there is a co-applicant.
        adult_ages: between which the adults are.
        children: in the order of the application.
        incomes: of C; unless they say otherwise stated, paid by the agency and in the last calculation alike.
        expenses: applied for; unless they say otherwise approved for C too.
        persons_in_dwelling: the household itself unless given.
        plans: kind of plan of the applicant and of the co-applicant; a `jobbsökande` is registered and has reported in C.
        jobbstimulans: parties with a decision in force.
    """
    control = month_before(month)
    first, until = first_day(month), last_day(month)
    family_name = cast.family_name()
    adults = tuple(cast.person(ages=adult_ages, on=first, family_name=family_name) for _ in range(2 if partner else 1))
    young = tuple(cast.person(ages=child.ages, on=first, family_name=family_name) for child in children)
    parties = (APPLICANT, CO_APPLICANT)[: len(adults)]
    address, account = cast.address(), cast.account()
    civil_status = partner or "ensamstående"
    days = [until.day if child.days is None else child.days for child in children]
    members = sum(child.residence == "heltid" or count >= 15 for child, count in zip(children, days, strict=True))
    dwelling = len(adults) + members if persons_in_dwelling is None else persons_in_dwelling
    paid_on = {income: first_day(control).replace(day=cast.chance.randint(15, 27)) for income in incomes}
    submitted_at = datetime(first.year, first.month, cast.chance.randint(1, 9), cast.chance.randint(7, 20), cast.chance.randint(0, 59), tzinfo=UTC)

    form = ApplicationForm(
        reference="",
        submitted_at=submitted_at,
        month=month,
        applicant=adults[0].personnummer,
        co_applicant=adults[1].personnummer if partner else "",
        civil_status=civil_status,
        children=tuple(
            ApplicationChild(personnummer=person.personnummer, residence=child.residence, days=str(count), lunch=child.lunch)
            for person, child, count in zip(young, children, days, strict=True)
        ),
        persons_in_dwelling=str(dwelling),
        incomes=tuple(
            ApplicationIncome(party=income.party, kind=income.kind, paid_on=paid_on[income].isoformat(), amount=kronor(stated))
            for income in incomes
            if (stated := income.amount if income.stated is None else income.stated)
        ),
        expenses=tuple((expense.kind, kronor(expense.amount)) for expense in expenses),
        account=account,
    )
    population = tuple(
        PopulationEntry(
            personnummer=person.personnummer,
            address=address,
            civil_status=civil_status,
            members=(
                *((other.personnummer, "make" if partner == "gift" else "sambo") for other in adults if other != person),
                *((child.personnummer, "barn") for child, told in zip(young, children, strict=True) if told.is_registered),
            ),
        )
        for person in adults
    )
    homes = (address if told.is_registered else cast.address() for told in children)
    population += tuple(registered_child(child, home) for child, home in zip(young, homes, strict=True))
    agencies = tuple(
        replace(
            AgencyAnswers(
                personnummer=person.personnummer,
                is_job_seeker=plan == "jobbsökande",
                latest_activity_report_on=first_day(control).replace(day=cast.chance.randint(1, 14)) if plan == "jobbsökande" else None,
            ),
            **_payments(party, incomes, paid_on, control),
        )
        for person, party, plan in zip(adults, parties, plans, strict=False)
    )
    case = CaseEntry(
        case_number="",
        applicant=form.applicant,
        co_applicant=form.co_applicant,
        is_open=True,
        address=address,
        civil_status=civil_status,
        children=tuple(
            CaseChild(personnummer=person.personnummer, residence=child.residence, days=count, lunch=child.lunch)
            for person, child, count in zip(young, children, days, strict=True)
        ),
        persons_in_dwelling=dwelling,
        account=account,
        last_month=control,
        last_incomes=tuple(
            (income.party, income.kind, kronor(last)) for income in incomes if (last := income.amount if income.last is None else income.last)
        ),
        last_expenses=tuple(
            (expense.kind, kronor(last)) for expense in expenses if (last := expense.amount if expense.last is None else expense.last)
        ),
        jobbstimulans=tuple((party, date(first.year - 1, 1, 1), date(first.year, 12, 31)) for party in jobbstimulans),
        plans=tuple(
            CasePlan(party=party, kind=plan, valid_from=date(first.year - 1, 9, 1), valid_until=date(first.year, 12, 31))
            for party, plan in zip(parties, plans, strict=False)
        ),
        decided_months=(month_before(control), control),
    )
    return Household(
        kind="",
        about=about,
        persons=(*adults, *young),
        application=form,
        population=population,
        agencies=agencies,
        case=case,
        expected=expected,
    )


def registered_child(child: Person, address: str) -> PopulationEntry:
    """Return what the population register holds of a child; whose child it is stands with the adults."""
    return PopulationEntry(personnummer=child.personnummer, address=address, civil_status="ensamstående")


def _payments(party: str, incomes: tuple[Income, ...], paid_on: dict[Income, date], control: str) -> dict[str, Any]:
    found: dict[str, tuple[AgencyPayment, ...]] = {}
    for income in incomes:
        net = income.amount if income.registered is None else income.registered
        if income.party != party or not income.agency or not net:
            continue
        tax = net // 3 if income.kind in _TAXED else 0
        payment = AgencyPayment(
            kind=income.kind,
            paid_on=paid_on[income],
            gross=kronor(net + tax),
            tax=kronor(tax),
            net=kronor(net),
            period_from=first_day(control),
            period_until=last_day(control),
        )
        name = _AGENCY_FIELDS[income.agency]
        found[name] = (*found.get(name, ()), payment)
    return found


def with_form(told: Household, **changes: Any) -> Household:
    """Return the household with another application form."""
    return replace(told, application=replace(told.application, **changes))


def case_of(told: Household) -> CaseEntry:
    """Return what the case system holds of a household that has a case."""
    if told.case is None:
        raise ValueError("the household has no case")
    return told.case


def with_case(told: Household, **changes: Any) -> Household:
    """Return the household with another entry in the case system."""
    return replace(told, case=replace(case_of(told), **changes))


def with_answers(told: Household, *, adult: int = 0, **changes: Any) -> Household:
    """Return the household with other answers of the agencies for one adult (0 applicant, 1 co-applicant)."""
    return replace(told, agencies=tuple(replace(one, **changes) if place == adult else one for place, one in enumerate(told.agencies)))


def with_register(told: Household, *, adult: int = 0, **changes: Any) -> Household:
    """Return the household with another entry in the population register for one adult (0 applicant, 1 co-applicant), or a child after those."""
    return replace(told, population=tuple(replace(one, **changes) if place == adult else one for place, one in enumerate(told.population)))
