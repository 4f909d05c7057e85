"""From the few lines of an example to a whole case file, in which everything that it does not name is standard."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from robots.case import (
    Application,
    AppliedExpense,
    BenefitAnswers,
    CalculatedChildIncome,
    CalculatedExpense,
    CalculatedIncome,
    CaseChild,
    CaseFile,
    CaseRecord,
    CivilStatus,
    Fact,
    JobSeeker,
    LastCalculation,
    Month,
    Party,
    Payment,
    PopulationRecord,
    RegisteredChild,
    RegisteredMember,
    Source,
    StatedChild,
    StatedChildIncome,
    StatedIncome,
)
from robots.errors import ReasonCode
from robots.examples.household import Child, ExampleHousehold
from robots.guidelines import Agency

_BORN = "19850101"
_NAMES = {Party.APPLICANT: f"{_BORN}-SÖKANDE", Party.CO_APPLICANT: f"{_BORN}-MEDSÖKANDE"}
_ADDRESS, _ACCOUNT, _CASE_NUMBER = "Exempelgatan 1", "0000-000000", "EXEMPEL"
#: the system in which each part of a case file is read
_SYSTEMS = {
    "application": "e_service",
    "population": "population_register",
    "children": "population_register",
    "benefits": "benefits_register",
    "case": "case_system",
}
_DAY_OF_REPORT, _HOUR_OF_READING = 14, 8
_PAYMENTS = {
    Agency.CSN: "study_payments",
    Agency.FK: "insurance_payments",
    Agency.PM: "pension_payments",
    Agency.SKV: "tax_refunds",
    Agency.SO: "unemployment_payments",
}


def case_file(name: str, household: ExampleHousehold) -> CaseFile:
    """Return the case file of a household.

    Args:
        name: of the example; stands as reference of the application.
        household: the household and what differs.
    """
    values = {**_application(household), **_case(household), **_children(household)}
    for party in household.parties:
        values |= _population(party, household) | _benefits(party, household)
    values |= household.differs
    read_at = datetime.combine(household.month.first_day, time(_HOUR_OF_READING), tzinfo=UTC)
    facts = {place: _fact(place, value, household.unknown.get(place), read_at) for place, value in values.items()}
    return CaseFile(
        schema=1,
        application=Application(
            reference=name,
            earlier_for_month=("EXEMPEL-TIDIGARE",) if household.has_earlier_application else (),
            **_below("application", facts),
        ),
        population={party: PopulationRecord(**_below(f"population.{party}", facts)) for party in household.parties},
        benefits={party: BenefitAnswers(**_below(f"benefits.{party}", facts)) for party in household.parties},
        case=CaseRecord(**_below("case", facts)) if household.has_case else None,
        children=tuple(RegisteredChild(**_below(f"children.{number}", facts)) for number, _ in enumerate(household.children, start=1)),
    )


def _fact(place: str, value: Any, unknown: ReasonCode | None, read_at: datetime) -> Fact[Any]:
    part, _, rest = place.partition(".")
    source = Source(system=_SYSTEMS[part], view="example", element=rest.rpartition(".")[2], read_at=read_at)
    if unknown is not None:
        return Fact(source=source, unknown_because="the example says so", unknown_code=unknown)
    return Fact(source=source, value=value)


def _below(part: str, facts: dict[str, Fact[Any]]) -> dict[str, Fact[Any]]:
    return {place.removeprefix(f"{part}."): fact for place, fact in facts.items() if place.rpartition(".")[0] == part}


def _application(household: ExampleHousehold) -> dict[str, Any]:
    children = _named(household)
    stated = {
        "submitted_on": household.month.first_day,
        "month": household.month,
        "applicant": _NAMES[Party.APPLICANT],
        "co_applicant": _co_applicant(household),
        "civil_status": household.civil_status,
        "children": tuple(
            StatedChild(personnummer=name, residence=child.residence, days=child.days, lunch_at_home=child.lunch_at_home)
            for name, child in children
            if child.is_in_application
        ),
        "housing_form": household.dwelling,
        "housing_changed": False,
        "persons_in_dwelling": household.persons_in_dwelling,
        "incomes": tuple(
            StatedIncome(party=one.party, kind=one.kind, paid_on=one.paid_on, amount=one.stated)
            for one in household.incomes
            if one.stated is not None
        ),
        "children_incomes": tuple(
            StatedChildIncome(personnummer=name, kind=one.kind, paid_on=one.paid_on, amount=one.amount)
            for name, child in children
            for one in child.incomes
        ),
        "pending_benefits": (),
        "expenses": tuple(AppliedExpense(kind=one.kind, amount=one.applied) for one in household.costs if one.applied is not None),
        "assets": (),
        "follows_plan": True,
        "days_away": 0,
        "account": _ACCOUNT,
        "attachments": (),
    }
    return {f"application.{name}": value for name, value in stated.items()}


def _case(household: ExampleHousehold) -> dict[str, Any]:
    children, months = _named(household), _months_before(household)
    held = {
        "case_number": _CASE_NUMBER,
        "applicant": _NAMES[Party.APPLICANT],
        "co_applicant": _co_applicant(household),
        "is_open": True,
        "address": _ADDRESS,
        "civil_status": household.civil_status,
        "children": tuple(
            CaseChild(personnummer=name, residence=child.residence, days=child.case_days, lunch_at_home=child.lunch_at_home)
            for name, child in children
            if child.is_in_case
        ),
        "persons_in_dwelling": household.persons_in_dwelling,
        "housing_form": household.dwelling,
        "account": _ACCOUNT,
        "has_open_overpayment": False,
        "assets": (),
        "vehicles": (),
        "last_calculation": _last_calculation(household) if months else None,
        "calculated_months": months,
        "children_incomes": tuple(
            CalculatedChildIncome(month=one.month, personnummer=name, kind=one.kind, amount=one.amount)
            for name, child in children
            for one in child.earned_before
        ),
        "spread_incomes": household.spread_incomes,
        "reference_frame": household.frame,
        "jobbstimulans": household.jobbstimulans,
        "plans": household.plans,
        "month_is_decided": False,
    }
    return {f"case.{name}": value for name, value in held.items()}


def _population(party: Party, household: ExampleHousehold) -> dict[str, Any]:
    relation = "make" if household.civil_status is CivilStatus.MARRIED else "sambo"
    others = [RegisteredMember(personnummer=_NAMES[other], relation=relation) for other in household.parties if other is not party]
    children = [name for name, child in _named(household) if child.is_registered]
    registered = {
        "personnummer": _NAMES[party],
        "is_protected": False,
        "address": _ADDRESS,
        "civil_status": household.civil_status,
        "members": (*others, *(RegisteredMember(personnummer=name, relation="barn") for name in children)),
    }
    return {f"population.{party}.{name}": value for name, value in registered.items()}


def _children(household: ExampleHousehold) -> dict[str, Any]:
    looked_up = [{"personnummer": name, "is_protected": False} for name, _ in _named(household)]
    return {f"children.{number}.{name}": value for number, child in enumerate(looked_up, start=1) for name, value in child.items()}


def _benefits(party: Party, household: ExampleHousehold) -> dict[str, Any]:
    control = household.month.previous
    answered = {
        "personnummer": _NAMES[party],
        "job_seeker": JobSeeker(is_registered=True, latest_activity_report_on=date(control.year, control.month, _DAY_OF_REPORT), is_protected=False),
        **{name: _paid(party, agency, household) for agency, name in _PAYMENTS.items()},
        "open_claims": (),
        "vehicles": (),
        "residence_permit_until": None,
    }
    return {f"benefits.{party}.{name}": value for name, value in answered.items()}


def _paid(party: Party, agency: Agency, household: ExampleHousehold) -> tuple[Payment, ...]:
    return tuple(
        Payment(kind=one.kind, paid_on=one.paid_on, net_amount=one.registered)
        for one in household.incomes
        if one.registered is not None and (one.party, one.agency) == (party, agency)
    )


def _last_calculation(household: ExampleHousehold) -> LastCalculation:
    return LastCalculation(
        month=household.month.previous,
        incomes=tuple(CalculatedIncome(party=one.party, kind=one.kind, amount=one.last) for one in household.incomes if one.last is not None),
        expenses=tuple(CalculatedExpense(kind=one.kind, approved_amount=one.last) for one in household.costs if one.last is not None),
    )


def _months_before(household: ExampleHousehold) -> tuple[Month, ...]:
    months: list[Month] = []
    for _ in range(household.calculated_months):
        months.insert(0, (months[0] if months else household.month).previous)
    return tuple(months)


def _co_applicant(household: ExampleHousehold) -> str | None:
    return _NAMES[Party.CO_APPLICANT] if Party.CO_APPLICANT in household.parties else None


def _named(household: ExampleHousehold) -> list[tuple[str, Child]]:
    """Return the children with what names each, from which rules read the birth day."""
    return [(f"{child.born:%Y%m%d}-BARN{number}", child) for number, child in enumerate(household.children, start=1)]
