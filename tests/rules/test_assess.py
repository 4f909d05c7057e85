"""What holds for every assessment: unknown facts, sums, sections by date, and that each rule keeps its own promise."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robots.assessment import Answer, Assessment, Mode
from robots.authority import who_decides
from robots.case import AppliedExpense, CaseChild, CaseFile, Fact, Jobbstimulans, Month, Party, StatedChildIncome, StatedIncome
from robots.errors import ReasonCode
from robots.guidelines import SampleRule
from robots.records import from_record, to_record
from robots.rules import RULES, assess
from robots.rules.calculation import calculate
from robots.rules.gates import GATES
from tests.case_files import (
    CHILD_18,
    DELEGATION,
    LAW,
    PAY_DAY,
    amount,
    child,
    codes,
    couple,
    family,
    kronor,
    last,
    law_with,
    single,
    unknown,
    with_application,
    with_benefits,
    with_population,
    with_record,
)


def _workers() -> CaseFile:
    """Return a couple with a wage, jobbstimulans, a cost and a youth who works: 7 100 + 4 960 + 1 790 + 500 - 4 500 = 9 850."""
    youth = family(child(CHILD_18))
    case = with_application(couple(), children=youth.application.children, persons_in_dwelling=3)
    members = (*case.population[Party.APPLICANT].members.need(), *youth.population[Party.APPLICANT].members.need())
    case = with_population(case, members=members)
    case = with_application(
        case,
        incomes=(StatedIncome(party=Party.APPLICANT, kind="lön", paid_on=PAY_DAY, amount=kronor(6000)),),
        children_incomes=(StatedChildIncome(personnummer=CHILD_18, kind="lön", paid_on=PAY_DAY, amount=kronor(3000)),),
        expenses=(AppliedExpense(kind="hushållsel", amount=kronor(500)),),
    )
    return with_record(
        case,
        children=(CaseChild(**child(CHILD_18)),),
        persons_in_dwelling=3,
        jobbstimulans=(Jobbstimulans(party=Party.APPLICANT, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31)),),
        calculated_months=tuple(Month(year=2026, month=month) for month in range(2, 11)),
        last_calculation=last(incomes=((Party.APPLICANT, "lön", 6000),), expenses=(("hushållsel", 500),)),
    )


HOUSEHOLDS = {"couple": couple(), "workers": _workers()}
#: Facts that no rule needs in a household. A couple without a wage needs no jobbstimulans (test_incomes.py), and one without a
#: child's income nothing of what children have earned before (test_children.py). The day of submission is used by no rule at all.
NOT_NEEDED = {
    "couple": {("application", "submitted_on"), ("record", "jobbstimulans"), ("record", "calculated_months"), ("record", "children_incomes")},
    "workers": {("application", "submitted_on")},
}


def _facts(part: Any) -> list[str]:
    return [field.name for field in fields(part) if isinstance(getattr(part, field.name), Fact)]


def _all_facts(household: str) -> list[tuple[str, Party, str]]:
    case = HOUSEHOLDS[household]
    assert case.case is not None
    found = [("application", Party.APPLICANT, name) for name in _facts(case.application)]
    found += [("record", Party.APPLICANT, name) for name in _facts(case.case)]
    for party in Party:
        found += [("population", party, name) for name in _facts(case.population[party])]
        found += [("benefits", party, name) for name in _facts(case.benefits[party])]
    return [one for one in found if (one[0], one[2]) not in NOT_NEEDED[household]]


def _without(case: CaseFile, part: str, party: Party, name: str, code: ReasonCode) -> CaseFile:
    fact: dict[str, Any] = {name: unknown(code)}
    if part == "application":
        return with_application(case, **fact)
    if part == "record":
        return with_record(case, **fact)
    return with_population(case, party, **fact) if part == "population" else with_benefits(case, party, **fact)


@settings(max_examples=200, deadline=None)
@given(
    lacking=st.sampled_from(sorted(HOUSEHOLDS)).flatmap(
        lambda name: st.tuples(st.just(name), st.lists(st.sampled_from(_all_facts(name)), min_size=1, max_size=12, unique=True))
    ),
    code=st.sampled_from([ReasonCode.SRC_DOWN, ReasonCode.UNREADABLE]),
    percent=st.sampled_from([0, 100]),
)
def test_no_combination_of_unknown_facts_leaves_a_case_without_codes(
    lacking: tuple[str, list[tuple[str, Party, str]]], code: ReasonCode, percent: int
) -> None:
    household, facts = lacking
    case = HOUSEHOLDS[household]
    for part, party, name in facts:
        case = _without(case, part, party, name, code)

    assessment = assess(case, law_with(sample=SampleRule(percent=kronor(percent), seed="a")))

    assert assessment.codes
    assert ReasonCode.SAMPLE not in assessment.codes
    assert any(finding.answer is Answer.UNDETERMINED for finding in assessment.findings)
    assert who_decides(assessment, DELEGATION, date(2026, 11, 21)).mode is not Mode.DECIDE


def test_both_households_are_granted_when_everything_is_known() -> None:
    for household, granted in (("couple", 8510), ("workers", 9850)):
        case = HOUSEHOLDS[household]
        assert (codes(case), amount(case)) == (set(), granted)
        assert who_decides(assess(case, LAW), DELEGATION, date(2026, 11, 21)).mode is Mode.DECIDE


@pytest.mark.parametrize(("household", "part", "party", "name"), [(one, *fact) for one in HOUSEHOLDS for fact in _all_facts(one)])
def test_each_single_unknown_fact_stops_the_robot(household: str, part: str, party: Party, name: str) -> None:
    assert codes(_without(HOUSEHOLDS[household], part, party, name, ReasonCode.UNREADABLE)) in ({"UNREADABLE"}, {"SRC-DOWN"})


amounts = st.decimals(min_value=0, max_value=30000, places=2)


@settings(max_examples=80, deadline=None)
@given(wage=amounts, rent=amounts, medicine=st.decimals(min_value=0, max_value=400, places=2))
def test_sums_of_every_calculation_hold_together(wage: Decimal, rent: Decimal, medicine: Decimal) -> None:
    case = with_application(
        single(),
        incomes=(StatedIncome(party=Party.APPLICANT, kind="lön", paid_on=PAY_DAY, amount=wage),),
        expenses=(AppliedExpense(kind="boendekostnad", amount=rent), AppliedExpense(kind="medicin", amount=medicine)),
    )
    stimulus = Jobbstimulans(party=Party.APPLICANT, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    case = with_record(case, jobbstimulans=(stimulus,), last_calculation=last(expenses=(("boendekostnad", 7200),)))

    calculation = assess(case, LAW).calculation

    assert calculation is not None
    assert calculation.balance == calculation.income_sum - calculation.norm_sum - calculation.expense_sum
    assert calculation.amount == calculation.amount.to_integral_value()
    assert calculation.amount >= 0
    assert abs(max(Decimal(0), calculation.special_sum - calculation.balance) - calculation.amount) <= Decimal("0.5")


SURPLUS = [
    # wage without margin to the norm of 5220, medicine, amount
    (5219, 0, 1),
    (5220, 0, 0),
    (5221, 0, 0),
    (5220, 100, 100),
    (5320, 100, 0),
    (5319, 100, 1),
    (6000, 100, 0),
    (5000, 100, 320),
]


@pytest.mark.parametrize(("income", "medicine", "expected"), SURPLUS)
def test_surplus_pays_special_costs_first(income: int, medicine: int, expected: int) -> None:
    case = with_application(
        single(),
        incomes=(StatedIncome(party=Party.APPLICANT, kind="gåva", paid_on=PAY_DAY, amount=kronor(income)),),
        expenses=(AppliedExpense(kind="medicin", amount=kronor(medicine)),) if medicine else (),
    )
    case = with_record(case, last_calculation=last(incomes=((Party.APPLICANT, "gåva", income),)))

    assert codes(case) == set()
    assert amount(case) == expected


def test_half_a_krona_of_the_amount_goes_up() -> None:
    """5 220 - 999.50 = 4 220.50, which is 4 221."""
    case = with_application(single(), incomes=(StatedIncome(party=Party.APPLICANT, kind="gåva", paid_on=PAY_DAY, amount=kronor("999.50")),))
    assert amount(case) == 4221


def test_household_shares_the_common_costs_of_a_larger_dwelling() -> None:
    """3 940 + 2 330 / 5 = 3 940 + 466."""
    case = with_record(with_application(single(), persons_in_dwelling=5), persons_in_dwelling=5)
    assert (codes(case), amount(case)) == (set(), 4406)


@pytest.mark.parametrize(
    ("month", "section"),
    [(Month(year=2025, month=6), "SoL 4 kap. 3 §"), (Month(year=2025, month=7), "SoL 12 kap. 7 §"), (Month(year=2026, month=11), "SoL 12 kap. 7 §")],
)
def test_findings_cite_the_law_of_the_month(month: Month, section: str) -> None:
    """Socialtjänstlagen was renumbered on 2025-07-01."""
    case = with_record(with_application(single(), month=month), last_calculation=replace(last(), month=month.previous))
    cited = {finding.basis.law for finding in assess(case, LAW).findings if finding.rule == "expenses_are_within_the_guidelines"}
    assert cited == {section}


ASKED: list[tuple[str, Callable[..., Any]]] = [*GATES, *((rule.subject, rule.ask) for rule in RULES), ("norm", calculate)]


@pytest.mark.parametrize(("subject", "rule"), ASKED, ids=[rule.__name__ for _, rule in ASKED])
def test_rule_says_its_law_facts_and_when_it_is_undetermined(subject: str, rule: Callable[..., Any]) -> None:
    text = inspect.getdoc(rule) or ""
    law = re.search(r"^Law: (.+)\.$", text, re.MULTILINE)

    assert law is not None
    assert law[1] == LAW.section(subject, None)
    assert "\nFacts: " in text
    assert "\nUndetermined: " in text


def test_every_rule_answers_and_names_its_facts() -> None:
    findings = assess(couple(), LAW).findings

    assert {finding.rule for finding in findings} == {rule.__name__ for _, rule in ASKED}
    assert all(finding.answer is Answer.MET and not finding.codes for finding in findings)
    nameless = {finding.rule for finding in findings if not finding.basis.facts}
    assert nameless == set()
    places = {place for place, _ in couple().facts()}
    assert {fact for finding in findings for fact in finding.basis.facts} <= places


def test_calculation_names_the_norm_it_used() -> None:
    used = {key for finding in assess(single(), LAW).findings for key in finding.basis.parameters if key.startswith("riksnorm.")}
    assert used == {"riksnorm.single@2026-01-01", "riksnorm.common_1@2026-01-01"}


def _bare(part: Any) -> Any:
    """Return a record of plain JSON types without what bases tell besides their section."""
    if isinstance(part, dict):
        return {key: [] if key in {"facts", "parameters"} else _bare(value) for key, value in part.items()}
    return [_bare(one) for one in part] if isinstance(part, list) else part


@settings(max_examples=60, deadline=None)
@given(
    household=st.sampled_from(sorted(HOUSEHOLDS)),
    lacking=st.lists(st.sampled_from(_all_facts("couple")), max_size=4, unique=True),
    code=st.sampled_from([ReasonCode.SRC_DOWN, ReasonCode.UNREADABLE]),
)
def test_assessing_without_bases_differs_in_nothing_else(household: str, lacking: list[tuple[str, Party, str]], code: ReasonCode) -> None:
    case = HOUSEHOLDS[household]
    for part, party, name in lacking:
        case = _without(case, part, party, name, code)
    noted, bare = (to_record(Assessment, assess(case, LAW, with_bases=with_bases)) for with_bases in (True, False))

    assert bare == _bare(noted)
    assert lacking or noted != bare


def test_assessment_survives_json() -> None:
    assessment = assess(couple(), LAW)
    assert from_record(Assessment, to_record(Assessment, assessment)) == assessment
