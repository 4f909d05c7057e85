"""Case files to try the rules on: a standard household that is granted, of which a test changes one thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from robots.assessment import Answer, Assessment
from robots.authority import Delegation
from robots.case import (
    Application,
    AppliedExpense,
    BenefitAnswers,
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
    Plan,
    PopulationRecord,
    RegisteredChild,
    RegisteredMember,
    Residence,
    Source,
    StatedChild,
    StatedIncome,
)
from robots.errors import ReasonCode
from robots.guidelines import BroughtForward, Guidelines
from robots.parameters import Parameter, Parameters, Status, Value
from robots.rules import Law, assess
from robots.texts import Texts

CONFIG = Path(__file__).parent.parent / "config"
PARAMETERS = Parameters.load(CONFIG / "parameters")
LAW = Law(parameters=PARAMETERS, guidelines=Guidelines.load(CONFIG / "guidelines.yaml"))
DELEGATION = Delegation.load(CONFIG / "delegation.yaml", PARAMETERS)
SWEDISH = Texts.load(CONFIG / "texts", "sv")

# Official test numbers. The ages hold on 2026-11-01.
APPLICANT = "198501012382"
CO_APPLICANT = "198501012390"
CHILD_2 = "202401012394"
CHILD_3 = "202301012395"
CHILD_5 = "202101012397"
CHILD_6 = "202002042394"
CHILD_7 = "201901012391"
CHILD_10 = "201601022385"
CHILD_14 = "201201012380"
CHILD_18 = "200801012386"
CHILD_23 = "200301012399"
CHILD_OF_2005 = "200502202393"
CHILD_OF_LATE_2024 = "202411272384"

MONTH = Month(year=2026, month=11)
CONTROL = MONTH.previous
PAY_DAY = date(2026, 10, 20)
READ_AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def known(value: Any, system: str = "e_service", element: str = "application.field") -> Fact[Any]:
    """Return a fact that was read."""
    view, name = element.split(".")
    return Fact(source=Source(system=system, view=view, element=name, read_at=READ_AT), value=value)


def unknown(code: ReasonCode = ReasonCode.SRC_DOWN, system: str = "e_service", element: str = "application.field") -> Fact[Any]:
    """Return a fact that could not be read, or not be understood."""
    view, name = element.split(".")
    return Fact(source=Source(system=system, view=view, element=name, read_at=READ_AT), unknown_because="not read", unknown_code=code)


def kronor(text: str | int) -> Decimal:
    """Return an amount."""
    return Decimal(text)


def _stated(**values: Any) -> dict[str, Fact[Any]]:
    return {name: known(value, "e_service", f"application.{name}") for name, value in values.items()}


def application(**changes: Any) -> Application:
    """Return the standard application, with facts changed by their values."""
    values = {
        "submitted_on": date(2026, 11, 1),
        "month": MONTH,
        "applicant": APPLICANT,
        "co_applicant": None,
        "civil_status": CivilStatus.SINGLE,
        "children": (),
        "housing_form": "hyresrätt",
        "housing_changed": False,
        "persons_in_dwelling": 1,
        "incomes": (),
        "children_incomes": (),
        "pending_benefits": (),
        "expenses": (),
        "assets": (),
        "follows_plan": True,
        "days_away": 0,
        "account": "8327-9940123456",
        "attachments": (),
    }
    return Application(reference="EA-26-00001", earlier_for_month=(), **_stated(**(values | changes)))


def population(personnummer: str = APPLICANT, **changes: Any) -> PopulationRecord:
    """Return what the population register holds of an adult of the standard household."""
    values = {
        "personnummer": personnummer,
        "is_protected": False,
        "address": "Provgatan 1",
        "civil_status": CivilStatus.SINGLE,
        "members": (),
    } | changes
    return PopulationRecord(**{name: known(value, "population_register", f"person.{name}") for name, value in values.items()})


def benefits(personnummer: str = APPLICANT, **changes: Any) -> BenefitAnswers:
    """Return what the agencies answer of an adult of the standard household: nothing but a job seeker who reports."""
    values = {
        "personnummer": personnummer,
        "job_seeker": JobSeeker(is_registered=True, latest_activity_report_on=date(2026, 10, 14), is_protected=False),
        "study_payments": (),
        "insurance_payments": (),
        "open_claims": (),
        "pension_payments": (),
        "tax_refunds": (),
        "unemployment_payments": (),
        "vehicles": (),
        "residence_permit_until": None,
    } | changes
    return BenefitAnswers(**{name: known(value, "benefits_register", f"answer.{name}") for name, value in values.items()})


def plan(party: Party = Party.APPLICANT, kind: str = "jobbsökande") -> Plan:
    """Return a plan for the year."""
    return Plan(party=party, kind=kind, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))


def record(**changes: Any) -> CaseRecord:
    """Return what the case system holds of the standard household."""
    values = {
        "case_number": "EB-2024-0001",
        "applicant": APPLICANT,
        "co_applicant": None,
        "is_open": True,
        "address": "Provgatan 1",
        "civil_status": CivilStatus.SINGLE,
        "children": (),
        "persons_in_dwelling": 1,
        "housing_form": "hyresrätt",
        "account": "8327-9940123456",
        "has_open_overpayment": False,
        "assets": (),
        "vehicles": (),
        "last_calculation": LastCalculation(month=CONTROL, incomes=(), expenses=()),
        "calculated_months": (CONTROL,),
        "children_incomes": (),
        "spread_incomes": (),
        "reference_frame": None,
        "jobbstimulans": (),
        "plans": (plan(),),
        "month_is_decided": False,
    } | changes
    return CaseRecord(**{name: known(value, "case_system", f"case.{name}") for name, value in values.items()})


def single() -> CaseFile:
    """Return a single adult without incomes and costs, who is granted the norm: 3 940 + 1 280 = 5 220."""
    return CaseFile(
        schema=1,
        application=application(),
        population={Party.APPLICANT: population()},
        benefits={Party.APPLICANT: benefits()},
        case=record(),
    )


def couple() -> CaseFile:
    """Return a couple without children, incomes and costs, who are granted the norm: 7 100 + 1 410 = 8 510."""
    adults = {"civil_status": CivilStatus.MARRIED}
    return CaseFile(
        schema=1,
        application=application(co_applicant=CO_APPLICANT, persons_in_dwelling=2, **adults),
        population={
            Party.APPLICANT: population(members=(RegisteredMember(personnummer=CO_APPLICANT, relation="make"),), **adults),
            Party.CO_APPLICANT: population(CO_APPLICANT, members=(RegisteredMember(personnummer=APPLICANT, relation="make"),), **adults),
        },
        benefits={Party.APPLICANT: benefits(), Party.CO_APPLICANT: benefits(CO_APPLICANT)},
        case=record(co_applicant=CO_APPLICANT, persons_in_dwelling=2, plans=(plan(), plan(Party.CO_APPLICANT)), **adults),
    )


def ordinary_family() -> CaseFile:
    """Return an ordinary family: a couple with two school children, three benefits and three costs, granted 14 590.

    7 100 + 3 820 + 4 390 + 2 030 = 17 340; + 9 000 + 700 + 200 = 27 240; - 2 650 - 2 600 - 7 400 = 14 590.
    """
    numbers = (CHILD_7, CHILD_14)
    incomes, costs = (
        (("barnbidrag", 2650), ("bostadsbidrag", 2600), ("aktivitetsstöd", 7400)),
        (("boendekostnad", 9000), ("hushållsel", 700), ("hemförsäkring", 200)),
    )
    stays: dict[str, Any] = {"residence": Residence.FULL_TIME, "days": 30, "lunch_at_home": True}
    registered = tuple(RegisteredMember(personnummer=number, relation="barn") for number in numbers)
    case = with_application(
        couple(),
        children=tuple(StatedChild(personnummer=number, **stays) for number in numbers),
        persons_in_dwelling=4,
        incomes=tuple(StatedIncome(party=Party.APPLICANT, kind=kind, paid_on=PAY_DAY, amount=kronor(paid)) for kind, paid in incomes),
        expenses=tuple(AppliedExpense(kind=kind, amount=kronor(cost)) for kind, cost in costs),
    )
    case = with_benefits(case, insurance_payments=tuple(Payment(kind=kind, paid_on=PAY_DAY, net_amount=kronor(paid)) for kind, paid in incomes))
    for party, record_of in case.population.items():
        case = with_population(case, party, members=(*record_of.members.need(), *registered))
    return with_record(
        case,
        children=tuple(CaseChild(personnummer=number, **stays) for number in numbers),
        persons_in_dwelling=4,
        last_calculation=last(incomes=tuple((Party.APPLICANT, kind, paid) for kind, paid in incomes), expenses=costs),
    )


def _changed(part: Any, system: str, view: str, **changes: Any) -> Any:
    facts = {
        name: value if isinstance(value, Fact) or name == "earlier_for_month" else known(value, system, f"{view}.{name}")
        for name, value in changes.items()
    }
    return replace(part, **facts)


def with_application(case: CaseFile, **changes: Any) -> CaseFile:
    """Return the case with facts of the application changed, by value or by fact."""
    return with_children_looked_up(replace(case, application=_changed(case.application, "e_service", "application", **changes)))


def with_record(case: CaseFile, **changes: Any) -> CaseFile:
    """Return the case with facts of the case system changed, by value or by fact."""
    return with_children_looked_up(replace(case, case=_changed(case.case, "case_system", "case", **changes)))


def with_population(case: CaseFile, party: Party = Party.APPLICANT, **changes: Any) -> CaseFile:
    """Return the case with facts of the population register changed, by value or by fact."""
    changed = _changed(case.population[party], "population_register", "person", **changes)
    return with_children_looked_up(replace(case, population={**case.population, party: changed}))


def with_children_looked_up(case: CaseFile) -> CaseFile:
    """Return the case with every child of application, register and case looked up in the population register; who was looked up already stays."""
    numbers = [child.personnummer for child in case.application.children.value or ()]
    numbers += [child.personnummer for child in (case.case.children.value if case.case is not None else None) or ()]
    numbers += [member.personnummer for one in case.population.values() for member in one.members.value or () if member.relation == "barn"]
    asked = {child.personnummer.value: child for child in case.children}
    return replace(case, children=tuple(asked[number] if number in asked else registered_child(number) for number in dict.fromkeys(numbers)))


def registered_child(number: str, **changes: Any) -> RegisteredChild:
    """Return what the population register says of a child."""
    values = {"personnummer": number, "is_protected": False} | changes
    return RegisteredChild(
        **{name: value if isinstance(value, Fact) else known(value, "population_register", f"person.{name}") for name, value in values.items()}
    )


def with_benefits(case: CaseFile, party: Party = Party.APPLICANT, **changes: Any) -> CaseFile:
    """Return the case with the agencies' answers changed, by value or by fact."""
    changed = _changed(case.benefits[party], "benefits_register", "answer", **changes)
    return replace(case, benefits={**case.benefits, party: changed})


def last(*, incomes: tuple[tuple[Party, str, int], ...] = (), expenses: tuple[tuple[str, int], ...] = ()) -> LastCalculation:
    """Return a calculation for the control month."""
    return LastCalculation(
        month=CONTROL,
        incomes=tuple(CalculatedIncome(party=party, kind=kind, amount=kronor(amount)) for party, kind, amount in incomes),
        expenses=tuple(CalculatedExpense(kind=kind, approved_amount=kronor(amount)) for kind, amount in expenses),
    )


def child(number: str, residence: Residence = Residence.FULL_TIME, days: int = 31, *, lunch_at_home: bool = True) -> dict[str, Any]:
    """Return what both lists of children hold of a child."""
    return {"personnummer": number, "residence": residence, "days": days, "lunch_at_home": lunch_at_home}


def family(*children: dict[str, Any], recorded: tuple[dict[str, Any], ...] | None = None, registered: tuple[str, ...] | None = None) -> CaseFile:
    """Return a single adult with children, stated, in the case system and in the register."""
    in_case = children if recorded is None else recorded
    full_time = tuple(one["personnummer"] for one in children if one["residence"] is Residence.FULL_TIME)
    members = full_time if registered is None else registered
    persons = 1 + len(children)
    case = with_application(single(), children=tuple(StatedChild(**one) for one in children), persons_in_dwelling=persons)
    case = with_record(case, children=tuple(CaseChild(**one) for one in in_case), persons_in_dwelling=persons)
    return with_population(case, members=tuple(RegisteredMember(personnummer=number, relation="barn") for number in members))


def in_month(case: CaseFile, month: Month) -> CaseFile:
    """Return the case as it would be in another month of the year."""
    seeker = JobSeeker(is_registered=True, latest_activity_report_on=month.previous.last_day, is_protected=False)
    plans = (Plan(party=Party.APPLICANT, kind="jobbsökande", valid_from=date(2020, 1, 1), valid_until=date(2030, 12, 31)),)
    case = with_record(with_application(case, month=month), last_calculation=replace(last(), month=month.previous), plans=plans)
    return with_benefits(case, job_seeker=seeker)


def law_with(*, parameters: Parameters | None = None, brought_forward: tuple[BroughtForward, ...] = (), **guidelines: Any) -> Law:
    """Return the law with other parameters, or with these guidelines since the first day of those in config."""
    dated: dict[str, Any] = {name: Parameter(name=f"guidelines.{name}", values=(_since_2024(name, value),)) for name, value in guidelines.items()}
    return Law(parameters=parameters or PARAMETERS, guidelines=replace(LAW.guidelines, norm_brought_forward=brought_forward, **dated))


def _since_2024(name: str, value: Any) -> Value[Any]:
    first = date(2024, 1, 1)
    return Value(key=f"guidelines.{name}@{first}", valid_from=first, valid_until=None, value=value, source="test", status=Status.OFFICIAL)


def codes(case: CaseFile, law: Law = LAW) -> set[str]:
    """Return the codes of the case's assessment."""
    return {code.value for code in assess(case, law).codes}


def amount(case: CaseFile, law: Law = LAW) -> int | None:
    """Return the amount of the case's calculation, which is always whole kronor."""
    calculation = assess(case, law).calculation
    if calculation is None:
        return None
    assert calculation.amount == int(calculation.amount)
    return int(calculation.amount)


def answers(assessment: Assessment, rule: str) -> set[Answer]:
    """Return what a rule answered."""
    return {finding.answer for finding in assessment.findings if finding.rule == rule}
