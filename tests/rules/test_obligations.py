"""Plan, stay, assets, other benefits, account, attachments and earlier payments: each met, not met and undetermined."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from robots.assessment import Answer
from robots.case import Asset, CaseFile, JobSeeker, Month, Party, Plan
from robots.errors import ReasonCode
from robots.guidelines import ActivityRequirement
from robots.rules import assess
from tests.case_files import (
    LAW,
    answers,
    codes,
    couple,
    in_month,
    kronor,
    law_with,
    plan,
    single,
    unknown,
    with_application,
    with_benefits,
    with_record,
)

PARTNER = Party.CO_APPLICANT
CAR = Asset(kind="bil", amount=kronor(20000))


def seeker(reported_on: date | None, *, is_registered: bool = True) -> JobSeeker:
    """Return Arbetsförmedlingen's answer."""
    return JobSeeker(is_registered=is_registered, latest_activity_report_on=reported_on, is_protected=False)


def until(day: date) -> tuple[Plan, ...]:
    """Return a plan that ends on the day."""
    return (replace(plan(), valid_until=day),)


AGAINST: dict[str, tuple[CaseFile, str]] = {
    "a pending benefit": (with_application(single(), pending_benefits=("sjukpenning",)), "INC-PENDING"),
    "an open claim": (with_benefits(single(), open_claims=("sjukpenning",)), "INC-PENDING"),
    "the co-applicant's open claim": (with_benefits(couple(), PARTNER, open_claims=("sjukpenning",)), "INC-PENDING"),
    "a new asset": (with_application(single(), assets=(CAR,)), "ASSET"),
    "an asset gone": (with_record(single(), assets=(CAR,)), "ASSET"),
    "an asset of another amount": (with_record(with_application(single(), assets=(CAR,)), assets=(replace(CAR, amount=kronor(1)),)), "ASSET"),
    "an asset twice": (with_record(with_application(single(), assets=(CAR, CAR)), assets=(CAR,)), "ASSET"),
    "a vehicle": (with_benefits(single(), vehicles=("ABC123",)), "ASSET"),
    "a vehicle gone": (with_record(single(), vehicles=("ABC123",)), "ASSET"),
    "one vehicle of two gone": (with_record(with_benefits(single(), vehicles=("ABC123",)), vehicles=("ABC123", "DEF456")), "ASSET"),
    "the co-applicant's vehicle": (with_benefits(couple(), PARTNER, vehicles=("ABC123",)), "ASSET"),
    "plan not followed": (with_application(single(), follows_plan=False), "PLAN"),
    "no plan": (with_record(single(), plans=()), "PLAN"),
    "no plan of the co-applicant": (with_record(couple(), plans=(plan(),)), "PLAN"),
    "plan that ended the day before": (with_record(single(), plans=until(date(2026, 10, 30))), "PLAN"),
    "plan that begins the day after": (with_record(single(), plans=(replace(plan(), valid_from=date(2026, 11, 1)),)), "PLAN"),
    "not registered": (with_benefits(single(), job_seeker=seeker(date(2026, 10, 14), is_registered=False)), "PLAN"),
    "no report": (with_benefits(single(), job_seeker=seeker(None)), "PLAN"),
    "an old report": (with_benefits(single(), job_seeker=seeker(date(2026, 9, 30))), "PLAN"),
    "a report after the month": (with_benefits(single(), job_seeker=seeker(date(2026, 12, 1))), "PLAN"),
    "a day away": (with_application(single(), days_away=1), "STAY"),
    "a permit that ends": (with_benefits(single(), residence_permit_until=date(2026, 11, 29)), "STAY"),
    "the co-applicant's permit ends": (with_benefits(couple(), PARTNER, residence_permit_until=date(2026, 11, 29)), "STAY"),
    "another account": (with_application(single(), account="8327-1"), "PAYACC"),
    "an attachment": (with_application(single(), attachments=("intyg.pdf",)), "ATTACH"),
    "an overpayment": (with_record(single(), has_open_overpayment=True), "RECLAIM"),
}


@pytest.mark.parametrize(("case", "code"), AGAINST.values(), ids=AGAINST.keys())
def test_what_a_person_must_look_at_goes_to_a_person(case: CaseFile, code: str) -> None:
    assert codes(case) == {code}


MET = {
    "the same assets in another order": with_record(
        with_application(single(), assets=(CAR, replace(CAR, kind="båt"))), assets=(replace(CAR, kind="båt"), CAR)
    ),
    "a vehicle that the case system has": with_record(with_benefits(single(), vehicles=("ABC123",)), vehicles=("ABC123",)),
    "a vehicle of each adult": with_record(
        with_benefits(with_benefits(couple(), vehicles=("ABC123",)), PARTNER, vehicles=("DEF456",)), vehicles=("DEF456", "ABC123")
    ),
    "plan that ends on the last day": with_record(single(), plans=until(date(2026, 10, 31))),
    "plan that begins on the last day": with_record(single(), plans=(replace(plan(), valid_from=date(2026, 10, 31)),)),
    "report on the first day": with_benefits(single(), job_seeker=seeker(date(2026, 10, 1))),
    "report in the month applied for": with_benefits(single(), job_seeker=seeker(date(2026, 11, 30))),
    "another plan needs no registration": with_benefits(
        with_record(single(), plans=(plan(kind="praktik"),)), job_seeker=seeker(None, is_registered=False)
    ),
    "a permit to the last day": with_benefits(single(), residence_permit_until=date(2026, 11, 30)),
}


@pytest.mark.parametrize("case", MET.values(), ids=MET.keys())
def test_what_is_in_order_needs_nobody(case: CaseFile) -> None:
    assert codes(case) == set()


UNKNOWN = [
    (with_application, "pending_benefits", "no_benefit_is_pending"),
    (with_benefits, "open_claims", "no_claim_is_open"),
    (with_application, "assets", "assets_are_as_in_the_case"),
    (with_record, "assets", "assets_are_as_in_the_case"),
    (with_benefits, "vehicles", "vehicles_are_in_the_case"),
    (with_record, "vehicles", "vehicles_are_in_the_case"),
    (with_application, "follows_plan", "plan_is_followed"),
    (with_record, "plans", "plan_is_followed"),
    (with_record, "plans", "job_seekers_report"),
    (with_application, "days_away", "applicant_has_stayed"),
    (with_benefits, "residence_permit_until", "residence_permit_lasts"),
    (with_application, "account", "account_is_as_in_the_case"),
    (with_record, "account", "account_is_as_in_the_case"),
    (with_application, "attachments", "nothing_is_attached"),
    (with_record, "has_open_overpayment", "no_overpayment_is_open"),
]


@pytest.mark.parametrize("code", [ReasonCode.SRC_DOWN, ReasonCode.UNREADABLE])
@pytest.mark.parametrize(("change", "fact", "rule"), UNKNOWN)
def test_unknown_fact_leaves_the_rule_undetermined(change: Any, fact: str, rule: str, code: ReasonCode) -> None:
    assessment = assess(change(single(), **{fact: unknown(code)}), LAW)

    assert answers(assessment, rule) == {Answer.UNDETERMINED}
    assert assessment.codes == (code,)
    assert assessment.calculation is not None


RULE = "activity_requirement_is_met"
BY_PERSON = law_with(activity_requirement=ActivityRequirement.PERSON)


def test_followed_plan_meets_the_activity_requirement_where_the_guidelines_say_so() -> None:
    finding = next(one for one in assess(single(), LAW).findings if one.rule == RULE)

    assert finding.answer is Answer.MET
    assert finding.basis.law == "SoL 12 kap. 4 a–6 a §§"
    assert finding.basis.facts == ("application.follows_plan", "case.plans")
    assert finding.basis.parameters == ("guidelines.activity_requirement@2024-01-01",)


@pytest.mark.parametrize("case", [with_application(single(), follows_plan=False), with_record(single(), plans=())])
def test_plan_that_is_not_followed_is_told_once(case: CaseFile) -> None:
    assessment = assess(case, LAW)

    assert (answers(assessment, "plan_is_followed"), answers(assessment, RULE)) == ({Answer.NOT_MET}, set())
    assert assessment.codes == (ReasonCode.PLAN,)
    assert len([finding for finding in assessment.findings if finding.codes]) == 1


def test_activity_goes_to_a_person_where_the_guidelines_say_so() -> None:
    assessment = assess(single(), BY_PERSON)

    assert answers(assessment, RULE) == {Answer.NOT_MET}
    assert [finding.text for finding in assessment.findings if finding.codes] == ["finding.activity_for_person"]
    assert assessment.codes == (ReasonCode.PLAN,)


@pytest.mark.parametrize("fact", ["follows_plan", "plans"])
def test_unknown_plan_leaves_the_activity_requirement_undetermined(fact: str) -> None:
    change = with_application if fact == "follows_plan" else with_record
    assert answers(assess(change(single(), **{fact: unknown()}), LAW), RULE) == {Answer.UNDETERMINED}


@pytest.mark.parametrize(("month", "is_asked"), [(6, False), (7, True), (8, True)])
def test_activity_requirement_is_asked_of_months_whose_law_has_it(month: int, is_asked: bool) -> None:
    case = in_month(single(), Month(year=2026, month=month))

    assert answers(assess(case, LAW), RULE) == ({Answer.MET} if is_asked else set())
    assert codes(case, BY_PERSON) == ({"PLAN"} if is_asked else set())


def test_month_decided_before_the_law_has_changed_cites_the_law_of_the_month() -> None:
    """The requirement is in force from 2026-07-01; the application for July is decided at the end of June."""
    case = in_month(single(), Month(year=2026, month=7))
    cited = {finding.basis.law for finding in assess(case, LAW, decided_on=date(2026, 6, 26)).findings if finding.rule == RULE}
    assert cited == {"SoL 12 kap. 4 a–6 a §§"}
