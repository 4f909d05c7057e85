"""What the robot would read of a practice household on the screens, as a case file: the quick way, without any screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from robots.case import (
    Application,
    AppliedExpense,
    Asset,
    BenefitAnswers,
    CalculatedChildIncome,
    CalculatedExpense,
    CalculatedIncome,
    CaseChild,
    CaseFile,
    CaseRecord,
    CivilStatus,
    Fact,
    FrameExpense,
    FrameIncome,
    Jobbstimulans,
    JobSeeker,
    LastCalculation,
    Month,
    Party,
    Payment,
    Plan,
    PopulationRecord,
    ReferenceFrame,
    RegisteredChild,
    RegisteredMember,
    Residence,
    SpreadIncome,
    StatedChild,
    StatedChildIncome,
    StatedIncome,
)
from robots.errors import ReasonCode
from robots.practice.world import AgencyAnswers, AgencyPayment, CaseEntry, Household, PopulationEntry
from robots.systems import swedish_text as text

T = TypeVar("T")


def known(value: T) -> Fact[T]:
    return text.known("practice", "world.entry", value)


def read(shown: str, parse: Callable[[str], T]) -> Fact[T]:
    return text.fact("practice", "world.entry", shown, parse)


def rows(shown: Sequence[Any], parse: Callable[[Any], T]) -> Fact[tuple[T, ...]]:
    try:
        return known(tuple(parse(row) for row in shown))
    except ValueError:
        return text.unknown("practice", "world.entry", "a row can't be understood", ReasonCode.UNREADABLE)


def kronor(shown: str) -> Any:
    return text.amount(shown, at_least=text.amount("0"))


def application_of(household: Household, earlier: tuple[str, ...]) -> Application:
    form = household.application
    return Application(
        reference=form.reference,
        earlier_for_month=earlier,
        submitted_on=known(form.submitted_at.date()),
        month=read(form.month, text.month),
        applicant=read(form.applicant, text.personnummer),
        co_applicant=read(form.co_applicant, lambda shown: text.personnummer(shown) if shown else None),
        civil_status=read(form.civil_status, CivilStatus),
        children=rows(
            form.children,
            lambda child: StatedChild(
                personnummer=text.personnummer(child.personnummer),
                residence=Residence(child.residence),
                days=text.count(child.days, at_most=31),
                lunch_at_home={"hemma": True, "utanför hemmet": False}[child.lunch],
            ),
        ),
        housing_form=read(form.housing_form, text.word),
        housing_changed=read(form.housing_changed, text.yes_no),
        persons_in_dwelling=read(form.persons_in_dwelling, lambda shown: text.count(shown, at_most=30)),
        incomes=rows(
            form.incomes,
            lambda row: StatedIncome(party=Party(row.party), kind=text.word(row.kind), paid_on=text.day(row.paid_on), amount=kronor(row.amount)),
        ),
        children_incomes=rows(
            form.children_incomes,
            lambda row: StatedChildIncome(
                personnummer=text.personnummer(row.personnummer), kind=text.word(row.kind), paid_on=text.day(row.paid_on), amount=kronor(row.amount)
            ),
        ),
        pending_benefits=rows(form.pending_benefits, text.word),
        expenses=rows(form.expenses, lambda row: AppliedExpense(kind=text.word(row[0]), amount=kronor(row[1]))),
        assets=rows(form.assets, lambda row: Asset(kind=text.word(row[0]), amount=kronor(row[1]))),
        follows_plan=read(form.follows_plan, text.yes_no),
        days_away=read(form.days_away, lambda shown: text.count(shown, at_most=31)),
        account=read(form.account, text.account),
        attachments=rows(form.attachments, text.line),
    )


def population_of(entry: PopulationEntry) -> PopulationRecord:
    return PopulationRecord(
        personnummer=known(entry.personnummer),
        is_protected=known(entry.is_protected),
        address=known(entry.address),
        civil_status=known(CivilStatus(entry.civil_status)),
        members=known(tuple(RegisteredMember(personnummer=number, relation=relation) for number, relation in entry.members)),
    )


def children_of(numbers: Sequence[str], registered: Mapping[str, PopulationEntry]) -> tuple[RegisteredChild, ...]:
    return tuple(
        RegisteredChild(personnummer=known(number), is_protected=known(registered[number].is_protected)) for number in dict.fromkeys(numbers)
    )


def benefits_of(answers: AgencyAnswers, control: Month) -> BenefitAnswers:
    def answer(agency: str, value: T) -> Fact[T]:
        if agency in answers.failing:
            return text.unknown("practice", "world.agency", "the agency did not answer", ReasonCode.SRC_DOWN)
        return known(value)

    def payments(shown: Sequence[AgencyPayment]) -> tuple[Payment, ...]:
        return tuple(Payment(kind=one.kind, paid_on=one.paid_on, net_amount=kronor(one.net)) for one in shown if one.paid_on in control)

    seeker = JobSeeker(
        is_registered=answers.is_job_seeker, latest_activity_report_on=answers.latest_activity_report_on, is_protected=answers.has_secrecy_marking
    )
    return BenefitAnswers(
        personnummer=known(answers.personnummer),
        job_seeker=answer("AF", seeker),
        study_payments=answer("CSN", payments(answers.csn_payments)),
        insurance_payments=answer("FK", payments(answers.fk_payments)),
        open_claims=answer("FK", answers.fk_open_claims),
        pension_payments=answer("PM", payments(answers.pm_payments)),
        tax_refunds=answer("SKV", payments(answers.skv_refunds)),
        unemployment_payments=answer("SO", payments(answers.so_payments)),
        vehicles=answer("TNS", tuple(number for number, _ in answers.vehicles)),
        residence_permit_until=answer("MIV", answers.residence_permit_until),
    )


def frame_of(entry: CaseEntry) -> ReferenceFrame | None:
    if entry.frame_until is None:
        return None
    return ReferenceFrame(
        valid_until=entry.frame_until,
        incomes=tuple(
            FrameIncome(party=Party(party), kind=kind, lowest=kronor(lowest), highest=kronor(highest))
            for party, kind, lowest, highest in entry.frame_incomes
        ),
        expenses=tuple(FrameExpense(kind=kind, highest=kronor(highest)) for kind, highest in entry.frame_expenses),
    )


def record_of(entry: CaseEntry, month: str) -> CaseRecord:
    calculations = [(one.month, one.children_incomes) for one in entry.earlier_calculations]
    calculations += [(entry.last_month, entry.last_children_incomes)] if entry.last_month else []
    last = None
    if entry.last_month:
        last = LastCalculation(
            month=Month.parse(entry.last_month),
            incomes=tuple(CalculatedIncome(party=Party(party), kind=kind, amount=kronor(amount)) for party, kind, amount in entry.last_incomes),
            expenses=tuple(CalculatedExpense(kind=kind, approved_amount=kronor(amount)) for kind, amount in entry.last_expenses),
        )
    return CaseRecord(
        case_number=known(entry.case_number),
        applicant=known(entry.applicant),
        co_applicant=known(entry.co_applicant or None),
        is_open=known(entry.is_open),
        address=known(entry.address),
        civil_status=known(CivilStatus(entry.civil_status)),
        children=known(
            tuple(
                CaseChild(
                    personnummer=child.personnummer, residence=Residence(child.residence), days=child.days, lunch_at_home=child.lunch == "hemma"
                )
                for child in entry.children
            )
        ),
        persons_in_dwelling=known(entry.persons_in_dwelling),
        housing_form=known(entry.housing_form),
        account=known(entry.account),
        has_open_overpayment=known(entry.has_open_overpayment),
        assets=known(tuple(Asset(kind=kind, amount=kronor(amount)) for kind, amount in entry.assets)),
        vehicles=known(entry.vehicles),
        last_calculation=known(last if last is not None and last.month == Month.parse(month).previous else None),
        calculated_months=known(tuple(Month.parse(month) for month, _ in calculations)),
        children_incomes=known(
            tuple(
                CalculatedChildIncome(month=Month.parse(month), personnummer=number, kind=kind, amount=kronor(amount))
                for month, incomes in calculations
                for number, kind, amount in incomes
            )
        ),
        spread_incomes=known(
            tuple(
                SpreadIncome(
                    party=Party(party), kind=kind, monthly_amount=kronor(amount), first_month=Month.parse(first), last_month=Month.parse(last_month)
                )
                for party, kind, amount, first, last_month in entry.spread_incomes
            )
        ),
        reference_frame=known(frame_of(entry)),
        jobbstimulans=known(
            tuple(Jobbstimulans(party=Party(party), valid_from=first, valid_until=last_day) for party, first, last_day in entry.jobbstimulans)
        ),
        plans=known(
            tuple(Plan(party=Party(plan.party), kind=plan.kind, valid_from=plan.valid_from, valid_until=plan.valid_until) for plan in entry.plans)
        ),
        month_is_decided=known(month in entry.decided_months),
    )


def case_file_of(household: Household, others: Sequence[Household]) -> CaseFile:
    """Return what is collected for the household's application.

    Args:
        household: of `robots.practice.households`.
        others: all that lie in the same systems; an earlier application of the same person for the same month holds the entries.
    """
    form = household.application
    earlier = [one for one in others if (one.application.applicant, one.application.month) == (form.applicant, form.month)]
    earlier = [one for one in earlier if one.application.submitted_at < form.submitted_at]
    holder = earlier[0] if earlier else household
    application = application_of(household, tuple(one.application.reference for one in earlier))
    persons = {Party.APPLICANT: form.applicant, **({Party.CO_APPLICANT: form.co_applicant} if form.co_applicant else {})}
    registered = {entry.personnummer: entry for entry in holder.population}
    population = {party: population_of(registered[number]) for party, number in persons.items()}
    case = CaseFile(schema=1, application=application, population=population, benefits={}, case=None)
    if any(record.is_protected.value for record in population.values()):
        return case
    numbers = [child.personnummer for child in application.children.value or ()]
    numbers += [number for entry in holder.population for number, relation in entry.members if relation == "barn"]
    case = replace(case, children=children_of(numbers, registered))
    if any(child.is_protected.value for child in case.children):
        return case
    if application.month.is_known:
        answers = {entry.personnummer: entry for entry in holder.agencies}
        benefits = {party: benefits_of(answers[number], application.month.need().previous) for party, number in persons.items()}
        case = replace(case, benefits=benefits, case=None if holder.case is None else record_of(holder.case, form.month))
    if case.case is not None:
        numbers += [child.personnummer for child in case.case.children.need()]
        case = replace(case, children=children_of(numbers, registered))
    return case
