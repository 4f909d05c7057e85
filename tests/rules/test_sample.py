"""The random sample: reproducible, the share that is asked for, and only of cases that nothing else speaks against."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.assessment import Answer
from robots.case import CaseFile
from robots.guidelines import SampleRule
from robots.parameters import Parameter
from robots.rules import RULES, Law, assess
from robots.rules.sample import case_is_not_sampled, is_drawn
from tests.case_files import (
    CHILD_10,
    LAW,
    MONTH,
    PARAMETERS,
    amount,
    answers,
    child,
    codes,
    family,
    law_with,
    single,
    unknown,
    with_application,
    with_record,
)

RULE = "case_is_not_sampled"
EVERY_CASE = SampleRule(percent=Decimal(100), seed="a")


def law_of(percent: str, seed: str = "a") -> Law:
    """Return the law with so many percent of samples."""
    return law_with(sample=SampleRule(percent=Decimal(percent), seed=seed))


def named(reference: str) -> CaseFile:
    """Return the standard case under another reference."""
    case = single()
    return replace(case, application=replace(case.application, reference=reference))


def share(percent: str, seed: str = "a", of: int = 20000) -> float:
    """Return the share of so many references that is drawn, percent."""
    rule = SampleRule(percent=Decimal(percent), seed=seed)
    return 100 * sum(is_drawn(f"EA-26-{number:05d}", rule) for number in range(of)) / of


def test_zero_percent_draws_no_case_and_a_hundred_draws_every_case() -> None:
    assert (share("0", of=2000), share("100", of=2000)) == (0, 100)
    assert (codes(single(), law_of("0")), codes(single(), law_of("100"))) == (set(), {"SAMPLE"})


@pytest.mark.parametrize(
    ("percent", "least", "most"), [("0.5", 0.3, 0.7), ("5", 4.5, 5.5), ("12.5", 11.8, 13.2), ("50", 49, 51), ("99.5", 99.3, 99.7)]
)
def test_share_that_is_drawn_is_the_one_asked_for(percent: str, least: float, most: float) -> None:
    assert least <= share(percent) <= most
    assert least <= share(percent, seed="another") <= most


def test_same_seed_draws_the_same_cases_and_another_seed_others() -> None:
    def drawn(seed: str) -> list[bool]:
        return [is_drawn(f"EA-26-{number:05d}", SampleRule(percent=Decimal(10), seed=seed)) for number in range(2000)]

    assert drawn("a") == drawn("a")
    assert drawn("a") != drawn("b")


@given(
    reference=st.text(), seed=st.text(), low=st.decimals(min_value=0, max_value=100, places=2), high=st.decimals(min_value=0, max_value=100, places=2)
)
def test_case_drawn_at_a_share_is_drawn_at_every_higher_one(reference: str, seed: str, low: Decimal, high: Decimal) -> None:
    low, high = min(low, high), max(low, high)
    assert is_drawn(reference, SampleRule(percent=low, seed=seed)) <= is_drawn(reference, SampleRule(percent=high, seed=seed))


def test_draw_is_the_hash_of_seed_and_reference_against_the_share() -> None:
    """sha256 of `a`, a new line and `EA-26-00001` begins with 0x3b7f2030, which is 23.2408 percent of 0x100000000."""
    assert is_drawn("EA-26-00001", SampleRule(percent=Decimal("23.25"), seed="a"))
    assert not is_drawn("EA-26-00001", SampleRule(percent=Decimal("23.24"), seed="a"))


def test_drawn_case_keeps_its_calculation() -> None:
    assessment = assess(single(), law_of("100"))
    assert (amount(single(), law_of("100")), answers(assessment, RULE)) == (5220, {Answer.NOT_MET})
    assert answers(assess(single(), law_of("0")), RULE) == {Answer.MET}


OTHERS = {
    "a code of a rule": (with_application(single(), attachments=("intyg.pdf",)), {"ATTACH"}),
    "an unknown fact": (with_application(single(), assets=unknown()), {"SRC-DOWN"}),
    "a gate": (with_record(single(), is_open=False), {"NEW-CASE"}),
    "a figure that is missing": (with_application(single(), persons_in_dwelling=unknown()), {"SRC-DOWN"}),
}


@pytest.mark.parametrize(("case", "expected"), OTHERS.values(), ids=OTHERS.keys())
def test_case_that_something_else_speaks_against_is_not_drawn(case: CaseFile, expected: set[str]) -> None:
    law = law_of("100")
    assert codes(case, law) == expected
    assert answers(assess(case, law), RULE) == set()


def test_case_whose_calculation_alone_is_missing_is_not_drawn() -> None:
    """Ages that leave out a child of ten are a mistake of the municipality's: no rule finds it, but there is no figure."""
    case = family(child(CHILD_10))
    last_age = PARAMETERS.amount("ages.child_7_10_last")
    changed = replace(last_age, values=tuple(replace(value, value=Decimal(9)) for value in last_age.values))
    parameters = replace(PARAMETERS, amounts={**PARAMETERS.amounts, last_age.name: changed})

    assert codes(case, law_of("100")) == {"SAMPLE"}
    assert codes(case, law_with(parameters=parameters, sample=EVERY_CASE)) == {"HH-CHILD"}


def test_sample_is_the_last_rule_and_the_only_one_for_standard_cases() -> None:
    assert [rule.ask for rule in RULES if rule.is_for_standard_cases] == [case_is_not_sampled]
    assert RULES[-1].ask is case_is_not_sampled


def test_share_is_that_of_the_month_applied_for() -> None:
    every, none = law_of("100").guidelines.sample.values[0], law_of("0").guidelines.sample.values[0]
    later = replace(none, valid_from=MONTH.first_day)
    earlier = replace(every, valid_until=MONTH.previous.last_day)
    changed = Parameter(name="guidelines.sample", values=(earlier, later))
    law = Law(parameters=LAW.parameters, guidelines=replace(LAW.guidelines, sample=changed))

    assert codes(single(), law) == set()


def test_finding_names_the_value_but_never_the_seed() -> None:
    finding = next(one for one in assess(single(), law_with(sample=replace(EVERY_CASE, seed="a secret seed"))).findings if one.rule == RULE)
    assert (finding.basis.facts, finding.basis.parameters) == (("application.month",), ("guidelines.sample@2024-01-01",))
    assert "secret" not in repr(finding)


def test_references_are_drawn_one_by_one() -> None:
    law = law_of("50")
    drawn = {codes(named(f"EA-26-{number:05d}"), law) == {"SAMPLE"} for number in range(20)}
    assert drawn == {True, False}
