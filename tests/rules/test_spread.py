"""Incomes that a caseworker has spread over months."""

from __future__ import annotations

from datetime import date

import pytest

from robots.assessment import Answer
from robots.case import CaseFile, Jobbstimulans, LastCalculation, Month, Party, Payment, SpreadIncome, StatedIncome
from robots.errors import ReasonCode
from robots.rules import assess
from tests.case_files import LAW, PAY_DAY, amount, answers, codes, couple, kronor, last, single, unknown, with_application, with_benefits, with_record

ME, PARTNER = Party.APPLICANT, Party.CO_APPLICANT
RULE = "spread_incomes_are_clear"


def spread(first: int, until: int, net: int = 1000, *, kind: str = "gåva", party: Party = ME) -> SpreadIncome:
    """Return an income that is spread over months of 2026."""
    months = Month(year=2026, month=first), Month(year=2026, month=until)
    return SpreadIncome(party=party, kind=kind, monthly_amount=kronor(net), first_month=months[0], last_month=months[1])


def case_with(*spreads: SpreadIncome, before: LastCalculation | None = None, household: CaseFile | None = None) -> CaseFile:
    """Return a case with these spreads, and the incomes of the last calculation."""
    return with_record(household or single(), spread_incomes=spreads, last_calculation=before or last())


def stated(net: int, *, kind: str = "gåva", party: Party = ME) -> tuple[StatedIncome, ...]:
    """Return one stated row."""
    return (StatedIncome(party=party, kind=kind, paid_on=PAY_DAY, amount=kronor(net)),)


@pytest.mark.parametrize(("first", "until", "counts"), [(10, 10, True), (10, 12, True), (8, 10, True), (8, 12, True), (11, 12, False), (7, 8, False)])
def test_spread_income_counts_in_its_months_and_in_no_other(first: int, until: int, counts: bool) -> None:
    case = case_with(spread(first, until))
    assert (codes(case), amount(case)) == (set(), 4220 if counts else 5220)


@pytest.mark.parametrize("before", [0, 500, 1000, 5000])
def test_spread_income_needs_no_comparison_with_the_last_calculation(before: int) -> None:
    case = case_with(spread(9, 12), before=last(incomes=((ME, "gåva", before),)))
    assert (codes(case), amount(case)) == (set(), 4220)


@pytest.mark.parametrize(("before", "expected"), [(999, set()), (1000, set()), (1001, {"INC-GONE"})])
def test_month_after_the_end_explains_what_the_last_calculation_had_up_to_the_amount(before: int, expected: set[str]) -> None:
    case = case_with(spread(7, 9), before=last(incomes=((ME, "gåva", before),)))
    assert (codes(case), amount(case)) == (expected, 5220)


def test_second_month_after_the_end_explains_nothing() -> None:
    assert codes(case_with(spread(7, 8), before=last(incomes=((ME, "gåva", 1000),)))) == {"INC-GONE"}


def test_end_of_a_spread_explains_no_other_kind_and_nobody_elses() -> None:
    assert codes(case_with(spread(7, 9), before=last(incomes=((ME, "swish", 1000),)))) == {"INC-GONE"}
    other = last(incomes=((PARTNER, "gåva", 1000),))
    assert codes(case_with(spread(7, 9), before=other, household=couple())) == {"INC-GONE"}


def test_new_payment_in_the_month_after_the_end_is_new() -> None:
    case = with_application(case_with(spread(7, 9), before=last(incomes=((ME, "gåva", 1000),))), incomes=stated(1000))
    assert codes(case) == {"INC-NEW"}


def test_stated_payment_besides_is_doubtful_and_both_count() -> None:
    case = with_application(case_with(spread(10, 12)), incomes=stated(300))
    assert (codes(case), amount(case)) == ({"INC-DOUBLE"}, 3920)


def test_registered_payment_besides_is_doubtful_and_both_count() -> None:
    case = with_benefits(
        case_with(spread(10, 12, kind="skatteåterbäring")), tax_refunds=(Payment(kind="skatteåterbäring", paid_on=PAY_DAY, net_amount=kronor(300)),)
    )
    assert (codes(case), amount(case)) == ({"INC-DOUBLE"}, 3920)


def test_payment_of_another_kind_or_person_is_compared_as_usual() -> None:
    assert codes(with_application(case_with(spread(10, 12)), incomes=stated(300, kind="swish"))) == {"INC-NEW"}
    partners = with_application(case_with(spread(10, 12), household=couple()), incomes=stated(300, party=PARTNER))
    assert codes(partners) == {"INC-NEW"}


def test_registered_kind_that_is_spread_needs_no_payment_in_the_register() -> None:
    case = case_with(spread(9, 12, kind="skatteåterbäring"), before=last(incomes=((ME, "skatteåterbäring", 1000),)))
    assert (codes(case), amount(case)) == (set(), 4220)


def test_spread_income_stands_on_the_last_day_of_the_control_month() -> None:
    calculation = assess(case_with(spread(10, 12)), LAW).calculation
    assert calculation is not None
    row = calculation.incomes[0]

    assert (row.party, row.kind, row.paid_on) == (ME, "gåva", date(2026, 10, 31))
    assert [int(one) for one in (row.net_amount, row.disregarded, row.counted)] == [1000, 0, 1000]
    assert (row.basis.law, row.basis.facts) == ("SoL 12 kap. 1 §", ("case.spread_incomes",))
    assert row.basis.parameters == ("guidelines.incomes@2024-01-01#gåva",)


STIMULI = [
    # recorded decision, codes, amount: 5 220 - 1 000, or a quarter of it left out
    (None, {"INC-WAGE"}, 4220),
    (Jobbstimulans(party=ME, valid_from=date(2026, 1, 1), valid_until=date(2026, 10, 31)), set(), 4470),
    (Jobbstimulans(party=ME, valid_from=date(2026, 1, 1), valid_until=date(2026, 10, 30)), {"INC-WAGE"}, 4220),
    (Jobbstimulans(party=PARTNER, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31)), {"INC-WAGE"}, 4220),
    (Jobbstimulans(party=ME, valid_from=date(2024, 10, 1), valid_until=date(2026, 12, 31)), {"INC-WAGE"}, 4220),
]


@pytest.mark.parametrize(("decision", "expected", "granted"), STIMULI)
def test_spread_wage_without_a_decision_in_force_is_a_persons_as_any_wage_is(
    decision: Jobbstimulans | None, expected: set[str], granted: int
) -> None:
    case = with_record(case_with(spread(10, 12, kind="lön")), jobbstimulans=(decision,) if decision else ())
    assert (codes(case), amount(case)) == (expected, granted)


def test_spread_of_another_kind_never_has_jobbstimulans() -> None:
    decision = Jobbstimulans(party=ME, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    assert amount(with_record(case_with(spread(10, 12)), jobbstimulans=(decision,))) == 4220
    assert codes(with_record(case_with(spread(10, 12)), jobbstimulans=unknown())) == set()


UNCLEAR = {
    "the same month twice": (spread(8, 10), spread(10, 12)),
    "the same month twice, the later one first": (spread(10, 12), spread(8, 10)),
    "one within the other": (spread(7, 12), spread(9, 9)),
    "months in the wrong order": (spread(12, 8),),
    "an amount below zero": (spread(10, 12, -1),),
    "of somebody who does not apply": (spread(10, 12, party=PARTNER),),
}


@pytest.mark.parametrize("spreads", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_spread_that_is_not_clear_is_unreadable(spreads: tuple[SpreadIncome, ...]) -> None:
    case = case_with(*spreads)
    assert codes(case) == {"UNREADABLE"}
    assert answers(assess(case, LAW), RULE) == {Answer.NOT_MET}


CLEAR = {
    "months next to one another": (spread(8, 9), spread(10, 12)),
    "the same months of another kind": (spread(8, 12), spread(8, 12, kind="swish")),
    "over, of somebody who no longer applies": (spread(7, 8, party=PARTNER),),
    "an amount of zero": (spread(10, 12, 0),),
}


@pytest.mark.parametrize("spreads", CLEAR.values(), ids=CLEAR.keys())
def test_spread_that_is_clear_needs_nobody(spreads: tuple[SpreadIncome, ...]) -> None:
    case = case_with(*spreads)
    assert codes(case) == set()
    assert answers(assess(case, LAW), RULE) == {Answer.MET}


def test_both_adults_can_have_the_same_kind_spread() -> None:
    case = case_with(spread(10, 12), spread(10, 12, 500, party=PARTNER), household=couple())
    assert (codes(case), amount(case)) == (set(), 7010)


def test_overlapping_spreads_count_both() -> None:
    assert amount(case_with(spread(8, 10), spread(10, 12, 300))) == 3920


def test_income_for_a_person_is_judged_when_a_caseworker_has_spread_it() -> None:
    case = case_with(spread(10, 12, kind="avgångsvederlag"))
    assert (codes(case), amount(case)) == (set(), 4220)
    besides = with_application(case, incomes=stated(300, kind="avgångsvederlag"))
    assert (codes(besides), amount(besides)) == ({"INC-UNKNOWN"}, 3920)


@pytest.mark.parametrize("kind", ["hemlig lott", "extra tillägg"])
def test_spread_of_a_kind_that_the_guidelines_do_not_know_or_do_not_count_goes_to_a_person_and_counts(kind: str) -> None:
    case = case_with(spread(10, 12, kind=kind))
    assert (codes(case), amount(case)) == ({"INC-UNKNOWN"}, 4220)


@pytest.mark.parametrize("code", [ReasonCode.SRC_DOWN, ReasonCode.UNREADABLE])
def test_unknown_spread_incomes_leave_the_rules_undetermined(code: ReasonCode) -> None:
    assessment = assess(with_record(single(), spread_incomes=unknown(code)), LAW)
    assert answers(assessment, RULE) == answers(assessment, "incomes_are_as_expected") == {Answer.UNDETERMINED}
    assert (set(assessment.codes), assessment.calculation) == ({code}, None)


def test_unclear_spread_of_a_sensitive_kind_is_not_named() -> None:
    spreads = (spread(8, 10, kind="sjukpenning"), spread(10, 12, kind="sjukpenning"), spread(12, 8, kind="ett hemligt ord"))
    said = "".join(f"{finding.text}{finding.values}" for finding in assess(case_with(*spreads), LAW).findings)
    assert not any(word in said for word in ("sjukpenning", "hemligt"))
