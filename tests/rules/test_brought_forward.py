"""A norm that the municipality uses before its year begins: only the norm is moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from robots.assessment import PersonalCost
from robots.case import CaseFile, Jobbstimulans, Month, Party, StatedIncome
from robots.guidelines import BroughtForward
from robots.rules import Law, assess
from tests.case_files import LAW, PARAMETERS, amount, child, codes, family, in_month, kronor, last, law_with, single, with_application, with_record

#: born on 2020-02-04: five on 2025-12-01, six from 2026-02-04
CHILD = "202002042394"
FROM_NOVEMBER = law_with(brought_forward=(BroughtForward(norm_of=date(2026, 1, 1), applies_from=date(2025, 11, 1), source="test"),))


def in_2025(case: CaseFile, month: int) -> CaseFile:
    """Return the case as it would be in a month of 2025."""
    return in_month(case, Month(year=2025, month=month))


@pytest.mark.parametrize(
    ("month", "law", "expected"), [(10, FROM_NOVEMBER, 5180), (11, FROM_NOVEMBER, 5220), (12, FROM_NOVEMBER, 5220), (12, LAW, 5180)]
)
def test_norm_of_the_next_year_holds_from_the_month_that_the_municipality_says(month: int, law: Law, expected: int) -> None:
    """3 910 + 1 270 in 2025, 3 940 + 1 280 in 2026."""
    assert amount(in_2025(single(), month), law) == expected


def test_norm_of_its_own_year_is_not_moved() -> None:
    assert amount(single(), FROM_NOVEMBER) == 5220


def test_ages_and_days_of_year_are_those_of_the_month() -> None:
    """3 940 + 3 060 (5 years, 2026) + 1 410."""
    case = in_2025(family(child(CHILD)), 12)
    calculation = assess(case, FROM_NOVEMBER).calculation

    assert calculation is not None
    assert (codes(case, FROM_NOVEMBER), int(calculation.amount)) == (set(), 8410)
    assert [_row(cost) for cost in calculation.personal] == [("single", 3940), ("child_4_6", 3060)]
    bases = [*(cost.basis for cost in calculation.personal), calculation.common.basis]
    used = {key for basis in bases for key in basis.parameters if key.startswith("riksnorm.")}
    assert used == {"riksnorm.single@2026-01-01", "riksnorm.child_4_6@2026-01-01", "riksnorm.common_2@2026-01-01"}


def test_ages_of_the_next_year_do_not_come_with_its_norm() -> None:
    """Were children of four to six a group of four only from 2026 on, a child of five would still be one of them in December 2025."""
    last_age = PARAMETERS.amount("ages.child_4_6_last")
    until, since = date(2025, 12, 31), date(2026, 1, 1)
    values = (replace(last_age.values[0], valid_until=until), replace(last_age.values[0], valid_from=since, value=Decimal(4)))
    parameters = replace(PARAMETERS, amounts={**PARAMETERS.amounts, last_age.name: replace(last_age, values=values)})
    law = law_with(parameters=parameters, brought_forward=FROM_NOVEMBER.guidelines.norm_brought_forward)

    assert amount(in_2025(family(child(CHILD)), 12), law) == 8410
    assert amount(in_month(family(child(CHILD)), Month(year=2026, month=1)), law) is None


def _row(cost: PersonalCost) -> tuple[str, int]:
    return cost.norm_row, int(cost.amount)


def test_everything_else_is_that_of_the_month() -> None:
    """A norm brought forward over the new numbering of the act, 2025-07-01, moves neither sections nor jobbstimulans."""
    forward = law_with(brought_forward=(BroughtForward(norm_of=date(2025, 7, 1), applies_from=date(2025, 6, 1), source="test"),))
    stimulus = Jobbstimulans(party=Party.APPLICANT, valid_from=date(2025, 1, 1), valid_until=date(2025, 12, 31))
    wage = StatedIncome(party=Party.APPLICANT, kind="lön", paid_on=date(2025, 5, 25), amount=kronor(4000))
    case = in_2025(single(), 6)
    before = last(incomes=((Party.APPLICANT, "lön", 4000),))
    before = replace(before, month=Month(year=2025, month=5))
    case = with_record(with_application(case, incomes=(wage,)), jobbstimulans=(stimulus,), last_calculation=before)
    assessment = assess(case, forward)

    assert (codes(case, forward), amount(case, forward)) == (set(), 2180)
    assert {finding.basis.law for finding in assessment.findings if finding.rule == "calculate"} == {"SoL 4 kap. 3 §"}
    assert assessment.calculation is not None
    assert "jobbstimulans.disregarded@2017-01-01" in assessment.calculation.incomes[0].basis.parameters
