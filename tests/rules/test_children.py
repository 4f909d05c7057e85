"""Children's own earnings: up to one prisbasbelopp a calendar year they are not counted, above it a person judges."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from robots.assessment import Answer, ChildIncome
from robots.case import CalculatedChildIncome, CaseFile, Jobbstimulans, Month, Party, StatedChildIncome, StatedIncome
from robots.errors import ReasonCode
from robots.rules import Law, assess
from tests.case_files import (
    CHILD_14,
    CHILD_18,
    CHILD_23,
    CONTROL,
    LAW,
    PARAMETERS,
    PAY_DAY,
    amount,
    answers,
    child,
    codes,
    family,
    in_month,
    kronor,
    last,
    law_with,
    unknown,
    with_application,
    with_record,
)

RULE = "children_earnings_are_below_the_limit"
#: single with a child of eighteen: 3 940 + 4 960 + 1 410
NORM = 10310


def earned(*net: int, kind: str = "lön", child_number: str = CHILD_18, paid_on: date = PAY_DAY) -> tuple[StatedChildIncome, ...]:
    """Return stated rows of a child's."""
    return tuple(StatedChildIncome(personnummer=child_number, kind=kind, paid_on=paid_on, amount=kronor(one)) for one in net)


def before(*rows: tuple[int, int], year: int = 2026, kind: str = "lön", child_number: str = CHILD_18) -> tuple[CalculatedChildIncome, ...]:
    """Return rows of earlier calculations: month of the calculation, kronor."""
    return tuple(
        CalculatedChildIncome(month=Month(year=year, month=month), personnummer=child_number, kind=kind, amount=kronor(net)) for month, net in rows
    )


def calculated(year: int, first: int, last_month: int) -> tuple[Month, ...]:
    """Return the months of a year that have a calculation."""
    return tuple(Month(year=year, month=month) for month in range(first, last_month + 1))


def youth(*net: int, earlier: tuple[CalculatedChildIncome, ...] = (), **record: Any) -> CaseFile:
    """Return a single adult with a child of eighteen who has earned so much, in a year that has every calculation."""
    case = with_application(family(child(CHILD_18)), children_incomes=earned(*net))
    return with_record(case, **({"children_incomes": earlier, "calculated_months": calculated(2026, 2, 10)} | record))


def rows_of(case: CaseFile, law: Law = LAW) -> tuple[ChildIncome, ...]:
    """Return the children's rows of the calculation."""
    calculation = assess(case, law).calculation
    assert calculation is not None
    return calculation.children_incomes


def figures_of(case: CaseFile) -> list[tuple[int, int, int, int]]:
    """Return net, earned before, disregarded and counted of each row."""
    return [(int(row.net_amount), int(row.earned_before), int(row.disregarded), int(row.counted)) for row in rows_of(case)]


LIMIT = [
    # the prisbasbelopp of 2026 is 59 200: earned before, stated, codes, disregarded, counted
    (0, 59199, set(), 59199, 0),
    (0, 59200, set(), 59200, 0),
    (0, 59201, {"INC-CHILD"}, 59200, 1),
    (50000, 9199, set(), 9199, 0),
    (50000, 9200, set(), 9200, 0),
    (50000, 9201, {"INC-CHILD"}, 9200, 1),
    (59200, 1, {"INC-CHILD"}, 0, 1),
    (60000, 500, {"INC-CHILD"}, 0, 500),
]


@pytest.mark.parametrize(("so_far", "net", "expected", "disregarded", "counted"), LIMIT)
def test_earnings_are_left_out_up_to_one_price_base_amount_in_the_year(
    so_far: int, net: int, expected: set[str], disregarded: int, counted: int
) -> None:
    case = youth(net, earlier=before((6, so_far)) if so_far else ())

    assert (codes(case), amount(case)) == (expected, max(0, NORM - counted))
    assert figures_of(case) == [(net, so_far, disregarded, counted)]
    assert answers(assess(case, LAW), RULE) == ({Answer.NOT_MET} if expected else {Answer.MET})


def test_household_without_childrens_incomes_needs_nothing_of_them() -> None:
    case = with_record(family(child(CHILD_18)), children_incomes=unknown(), calculated_months=unknown())
    assert (codes(case), amount(case)) == (set(), NORM)
    assert answers(assess(case, LAW), RULE) == {Answer.MET}


@pytest.mark.parametrize("code", [ReasonCode.SRC_DOWN, ReasonCode.UNREADABLE])
@pytest.mark.parametrize("fact", ["children_incomes", "calculated_months"])
def test_unknown_earlier_earnings_leave_the_rule_undetermined(fact: str, code: ReasonCode) -> None:
    change: dict[str, Any] = {fact: unknown(code)}
    assessment = assess(youth(500, **change), LAW)
    assert answers(assessment, RULE) == {Answer.UNDETERMINED}
    assert (set(assessment.codes), assessment.calculation) == ({code}, None)


@pytest.mark.parametrize("code", [ReasonCode.SRC_DOWN, ReasonCode.UNREADABLE])
def test_unknown_incomes_of_children_leave_the_rule_undetermined(code: ReasonCode) -> None:
    assessment = assess(with_application(family(child(CHILD_18)), children_incomes=unknown(code)), LAW)
    assert answers(assessment, RULE) == {Answer.UNDETERMINED}
    assert (set(assessment.codes), assessment.calculation) == ({code}, None)


@pytest.mark.parametrize("month", range(2, 11))
def test_year_with_a_month_without_calculation_goes_to_a_person_and_counts_in_full(month: int) -> None:
    months = tuple(one for one in calculated(2026, 1, 10) if one.month != month)
    case = youth(500, calculated_months=months)

    assert (codes(case), amount(case)) == ({"INC-CHILD"}, NORM - 500)
    assert answers(assess(case, LAW), RULE) == {Answer.UNDETERMINED}


@pytest.mark.parametrize(("month", "counts"), [(1, False), (2, True), (10, True), (11, False)])
def test_sum_of_the_year_begins_with_the_calculation_for_february(month: int, counts: bool) -> None:
    """What was paid in January stands in the calculation for February; that for January holds the year before."""
    case = youth(500, earlier=before((month, 59200)))
    assert (codes(case), figures_of(case)[0][1]) == (({"INC-CHILD"}, 59200) if counts else (set(), 0))


def test_earnings_of_another_year_are_not_added() -> None:
    assert codes(youth(500, earlier=before((6, 59200), year=2025))) == set()


def test_january_begins_a_new_year_and_needs_no_earlier_calculation() -> None:
    january = Month(year=2026, month=1)
    case = in_month(youth(59200, earlier=before((12, 58800), year=2025), calculated_months=()), january.previous)
    case = in_month(case, Month(year=2026, month=2))
    at_limit = with_application(case, children_incomes=earned(59200, paid_on=date(2026, 1, 30)))
    above = with_application(case, children_incomes=earned(59201, paid_on=date(2026, 1, 30)))

    assert codes(at_limit) == set()
    assert codes(above) == {"INC-CHILD"}


@pytest.mark.parametrize(("net", "expected"), [(58799, set()), (58800, set()), (58801, {"INC-CHILD"})])
def test_limit_is_that_of_the_year_of_payment(net: int, expected: set[str]) -> None:
    """What was paid in December 2025 is held against 58 800, though the month applied for is of 2026."""
    case = in_month(youth(calculated_months=calculated(2025, 2, 12)), Month(year=2026, month=1))
    case = with_application(case, children_incomes=earned(net, paid_on=date(2025, 12, 30)))

    assert codes(case) == expected
    assert {key for key in rows_of(case)[0].basis.parameters if key.startswith("prisbasbelopp")} == {"prisbasbelopp.amount@2025-01-01"}


def test_year_without_a_price_base_amount_goes_to_a_person() -> None:
    name = "prisbasbelopp.amount"
    parameter = PARAMETERS.amount(name)
    of_2026 = replace(parameter, values=tuple(value for value in parameter.values if value.valid_from.year == 2026))
    law = law_with(parameters=replace(PARAMETERS, amounts={**PARAMETERS.amounts, name: of_2026}))
    case = in_month(youth(calculated_months=calculated(2025, 2, 12)), Month(year=2026, month=1))
    case = with_application(case, children_incomes=earned(500, paid_on=date(2025, 12, 30)))

    assert (codes(case, law), codes(case)) == ({"INC-CHILD"}, set())
    assert answers(assess(case, law), RULE) == {Answer.UNDETERMINED}
    assert [int(row.counted) for row in rows_of(case, law)] == [500]


def test_rows_of_the_month_are_added_in_the_order_of_payment() -> None:
    late, early = earned(9000, paid_on=date(2026, 10, 25)), earned(51000, paid_on=date(2026, 10, 5))
    case = with_application(youth(), children_incomes=(*late, *early))

    assert codes(case) == {"INC-CHILD"}
    assert figures_of(case) == [(51000, 0, 51000, 0), (9000, 51000, 8200, 800)]


def test_every_child_has_a_limit_of_its_own() -> None:
    both = (*earned(59200), *earned(59200, child_number=CHILD_14))
    case = with_application(family(child(CHILD_14), child(CHILD_18)), children_incomes=both)
    case = with_record(case, calculated_months=calculated(2026, 2, 10), children_incomes=before((6, 1), child_number=CHILD_14))

    assert codes(case) == {"INC-CHILD"}
    assert {(row.member, int(row.counted)) for row in rows_of(case)} == {("barn 2", 0), ("barn 1", 1)}
    assert codes(with_record(case, children_incomes=())) == set()


@pytest.mark.parametrize("kind", ["swish", "extra tillägg", "omvårdnadsbidrag", "barnbidrag", "ett hemligt ord", "=1+1"])
def test_income_that_is_not_earned_goes_to_a_person_and_counts_in_full(kind: str) -> None:
    case = with_application(youth(), children_incomes=earned(700, kind=kind))
    assessment = assess(case, LAW)

    assert (codes(case), amount(case)) == ({"INC-CHILD"}, NORM - 700)
    assert answers(assessment, RULE) == {Answer.NOT_MET}
    assert "hemligt" not in repr(assessment.findings)


def test_earlier_incomes_of_every_kind_are_in_the_sum_of_the_year() -> None:
    assert codes(youth(1, earlier=before((6, 59200), kind="swish"))) == {"INC-CHILD"}


@pytest.mark.parametrize(
    ("paid_on", "inside"), [(date(2026, 9, 30), False), (date(2026, 10, 1), True), (date(2026, 10, 31), True), (date(2026, 11, 1), False)]
)
def test_income_outside_the_control_month_is_unreadable(paid_on: date, inside: bool) -> None:
    case = with_application(youth(), children_incomes=earned(500, paid_on=paid_on))
    assert (codes(case), amount(case)) == ((set(), NORM) if inside else ({"UNREADABLE"}, None))


def test_income_below_zero_is_unreadable() -> None:
    assert codes(youth(-1)) == {"UNREADABLE"}
    assert figures_of(youth(-1)) == [(-1, 0, 0, -1)]
    assert codes(youth(0)) == set()


def test_income_of_a_child_that_is_not_in_the_application_is_unreadable() -> None:
    case = with_application(youth(), children_incomes=earned(500, child_number=CHILD_23))
    assert (codes(case), amount(case)) == ({"UNREADABLE"}, None)


def test_identical_rows_are_doubtful_and_count_once() -> None:
    assert codes(youth(500, 500)) == {"INC-DOUBLE"}
    assert figures_of(youth(500, 500)) == [(500, 0, 500, 0)]
    assert codes(youth(500, 501)) == set()


def test_jobbstimulans_of_a_parent_takes_nothing_off_a_childs_wage() -> None:
    """6 000 - 1 500 of the parent's and the 800 above the limit of the child's are counted: 10 310 - 4 500 - 800 = 5 010."""
    stimulus = Jobbstimulans(party=Party.APPLICANT, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    wage = StatedIncome(party=Party.APPLICANT, kind="lön", paid_on=PAY_DAY, amount=kronor(6000))
    case = youth(60000, jobbstimulans=(stimulus,), last_calculation=last(incomes=((Party.APPLICANT, "lön", 6000),)))
    case = with_application(case, incomes=(wage,))

    assert (codes(case), amount(case)) == ({"INC-CHILD"}, 5010)
    assert figures_of(case) == [(60000, 0, 59200, 800)]
    below = with_application(case, children_incomes=earned(59200))
    assert (codes(below), amount(below)) == (set(), 5810)


def test_wage_of_a_child_needs_no_decision_on_jobbstimulans() -> None:
    assert codes(youth(500, jobbstimulans=unknown())) == set()


def test_row_rests_on_its_own_section_facts_and_values() -> None:
    basis = rows_of(youth(500))[0].basis

    assert basis.law == "SoL 12 kap. 9 §"
    assert set(basis.facts) == {"application.children_incomes", "application.children", "case.children_incomes", "case.calculated_months"}
    assert set(basis.parameters) == {"prisbasbelopp.amount@2026-01-01", "guidelines.incomes@2024-01-01#lön"}


def test_earnings_of_a_child_are_in_the_sum_of_incomes() -> None:
    calculation = assess(youth(60000), LAW).calculation
    assert calculation is not None
    assert calculation.income_sum == 800
    assert calculation.month.previous == CONTROL
