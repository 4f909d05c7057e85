"""The caseworker's own frame for a household: what it lifts, what it never lifts, and how long it is in force."""

from __future__ import annotations

from datetime import date

import pytest

from robots.assessment import Answer
from robots.case import (
    AppliedExpense,
    CaseFile,
    FrameExpense,
    FrameIncome,
    Month,
    Party,
    Payment,
    ReferenceFrame,
    SpreadIncome,
    StatedIncome,
)
from robots.errors import ReasonCode
from robots.rules import assess
from tests.case_files import LAW, PAY_DAY, amount, answers, codes, couple, kronor, last, single, unknown, with_application, with_benefits, with_record

ME, PARTNER = Party.APPLICANT, Party.CO_APPLICANT
RULE = "frame_is_valid"


def frame(
    *, incomes: tuple[tuple[str, int, int], ...] = (), expenses: tuple[tuple[str, int], ...] = (), party: Party = ME, until: date = date(2026, 12, 31)
) -> ReferenceFrame:
    """Return a frame: kind, lowest and highest of incomes; kind and highest of costs."""
    return ReferenceFrame(
        valid_until=until,
        incomes=tuple(FrameIncome(party=party, kind=kind, lowest=kronor(lowest), highest=kronor(highest)) for kind, lowest, highest in incomes),
        expenses=tuple(FrameExpense(kind=kind, highest=kronor(highest)) for kind, highest in expenses),
    )


def with_income(net: int, *, kind: str = "swish", before: int = 0, household: CaseFile | None = None, paid: int = 0) -> CaseFile:
    """Return a case with one kind of income: stated, in the last calculation, and paid by Försäkringskassan; zero is none."""
    row = StatedIncome(party=ME, kind=kind, paid_on=PAY_DAY, amount=kronor(net))
    case = with_application(household or single(), incomes=(row,) if net else ())
    case = with_record(case, last_calculation=last(incomes=((ME, kind, before),) if before else ()))
    return with_benefits(case, insurance_payments=(Payment(kind=kind, paid_on=PAY_DAY, net_amount=kronor(paid)),) if paid else ())


def with_cost(cost: int, *, kind: str = "hushållsel", before: int = 0) -> CaseFile:
    """Return a case with one cost, and what was approved of it last; zero is none."""
    case = with_application(single(), expenses=(AppliedExpense(kind=kind, amount=kronor(cost)),))
    return with_record(case, last_calculation=last(expenses=((kind, before),) if before else ()))


INSIDE = frame(incomes=(("swish", 1000, 2000),))


@pytest.mark.parametrize("before", [0, 1, 1000, 9000])
@pytest.mark.parametrize(("net", "expected"), [(999, {"INC-DIFF"}), (1000, set()), (1001, set()), (1999, set()), (2000, set()), (2001, {"INC-DIFF"})])
def test_income_within_the_frame_needs_no_comparison_with_the_last_calculation(net: int, expected: set[str], before: int) -> None:
    case = with_record(with_income(net, before=before), reference_frame=INSIDE)
    texts = {finding.text for finding in assess(case, LAW).findings if finding.codes}

    assert (codes(case), amount(case)) == (expected, 5220 - net)
    assert texts == ({"finding.income_outside_frame"} if expected else set())


@pytest.mark.parametrize("before", [0, 1500])
@pytest.mark.parametrize(("lowest", "expected"), [(0, set()), (1, {"INC-DIFF"})])
def test_income_that_is_not_there_is_zero_to_the_frame(lowest: int, expected: set[str], before: int) -> None:
    case = with_record(with_income(0, before=before), reference_frame=frame(incomes=(("swish", lowest, 2000),)))
    assert codes(case) == expected


def test_frame_of_the_other_adult_or_another_kind_changes_nothing() -> None:
    of_partner = frame(incomes=(("swish", 0, 2000),), party=PARTNER)
    assert codes(with_record(with_income(1500, household=couple()), reference_frame=of_partner)) == {"INC-NEW"}
    assert codes(with_record(with_income(1500), reference_frame=frame(incomes=(("gåva", 0, 2000),)))) == {"INC-NEW"}


def test_frame_of_somebody_who_does_not_apply_asks_for_no_income() -> None:
    assert codes(with_record(single(), reference_frame=frame(incomes=(("swish", 1000, 2000),), party=PARTNER))) == set()


def test_two_rows_of_the_frame_must_both_hold() -> None:
    both = frame(incomes=(("swish", 1000, 2000), ("swish", 1500, 3000)))
    assert codes(with_record(with_income(1600), reference_frame=both)) == set()
    assert codes(with_record(with_income(1400), reference_frame=both)) == {"INC-DIFF"}


def test_comparison_with_the_register_stays() -> None:
    within = frame(incomes=(("bostadsbidrag", 1000, 2000),))
    unconfirmed = with_record(with_income(1500, kind="bostadsbidrag"), reference_frame=within)
    differing = with_record(with_income(1500, kind="bostadsbidrag", paid=1000), reference_frame=within)
    confirmed = with_record(with_income(1500, kind="bostadsbidrag", paid=1500), reference_frame=within)

    assert (codes(unconfirmed), codes(differing), codes(confirmed)) == ({"INC-NOTINREG"}, {"INC-DIFF"}, set())
    assert {finding.text for finding in assess(differing, LAW).findings if finding.codes} == {"finding.income_differs_from_register"}


def test_what_the_register_paid_is_held_against_the_frame() -> None:
    case = with_income(0, kind="bostadsbidrag", paid=2001)
    assert codes(with_record(case, reference_frame=frame(incomes=(("bostadsbidrag", 1000, 2000),)))) == {"INC-DIFF"}


@pytest.mark.parametrize("kind", ["omvårdnadsbidrag", "hemlig lott"])
def test_frame_never_lifts_an_income_for_a_person(kind: str) -> None:
    assert codes(with_record(with_income(1500, kind=kind), reference_frame=frame(incomes=((kind, 0, 2000),)))) == {"INC-UNKNOWN"}


def test_frame_never_stands_for_a_decision_on_jobbstimulans() -> None:
    assert codes(with_record(with_income(1500, kind="lön"), reference_frame=frame(incomes=(("lön", 0, 2000),)))) == {"INC-WAGE"}


def test_ignored_income_stays_ignored_within_and_outside_the_frame() -> None:
    case = with_record(with_income(3000, kind="extra tillägg"), reference_frame=frame(incomes=(("extra tillägg", 0, 2000),)))
    assert (codes(case), amount(case)) == (set(), 5220)


@pytest.mark.parametrize(
    ("until", "expected", "answer"),
    [
        (date(2026, 10, 31), {"FRAME"}, Answer.NOT_MET),
        (date(2026, 11, 1), set(), Answer.MET),
        (date(2026, 11, 2), set(), Answer.MET),
    ],
)
def test_frame_is_in_force_when_its_last_day_is_the_months_first_or_later(until: date, expected: set[str], answer: Answer) -> None:
    case = with_record(single(), reference_frame=frame(until=until))
    assert (codes(case), amount(case)) == (expected, 5220)
    assert answers(assess(case, LAW), RULE) == {answer}


def test_expired_frame_is_not_used() -> None:
    expired = frame(incomes=(("swish", 1000, 2000),), expenses=(("hushållsel", 500),), until=date(2026, 10, 31))
    assert codes(with_record(with_income(1500), reference_frame=expired)) == {"FRAME", "INC-NEW"}
    cost = with_record(with_cost(500), reference_frame=expired)
    assert (codes(cost), amount(cost)) == ({"FRAME", "EXP-NEW"}, 5220)


FRAMED_COSTS = [
    # kind, cost, approved last, highest of the frame, codes, approved
    ("hushållsel", 899, 0, 900, set(), 899),
    ("hushållsel", 900, 0, 900, set(), 900),  # above the ceiling of 600
    ("hushållsel", 901, 0, 900, {"EXP-CAP"}, 600),
    ("hushållsel", 401, 400, 401, set(), 401),
    ("hushållsel", 402, 400, 401, {"EXP-JUDGE"}, 400),
    ("hushållsel", 300, 400, 200, set(), 300),  # above the frame, but as the guidelines have it
    ("boendekostnad", 9000, 7200, 9000, set(), 9000),
    ("boendekostnad", 9001, 7200, 9000, {"EXP-CAP"}, 7200),
    ("medicin", 450, 0, 450, set(), 450),
    ("medicin", 451, 0, 450, {"EXP-CAP"}, 400),
    ("barnomsorgsavgift", 1500, 0, 1500, set(), 1500),
    ("barnomsorgsavgift", 1501, 0, 1500, {"EXP-JUDGE"}, 0),
    ("tandvård", 300, 0, 300, set(), 300),
    ("tandvård", 301, 0, 300, {"EXP-JUDGE"}, 0),
    ("en yacht", 100, 100, 500, {"EXP-JUDGE"}, 0),
    ("hushållsel", -1, 400, 500, {"UNREADABLE"}, 0),
]


@pytest.mark.parametrize(("kind", "cost", "before", "highest", "expected", "approved"), FRAMED_COSTS)
def test_cost_is_approved_in_full_up_to_the_frame_and_above_it_as_usual(
    kind: str, cost: int, before: int, highest: int, expected: set[str], approved: int
) -> None:
    case = with_record(with_cost(cost, kind=kind, before=before), reference_frame=frame(expenses=((kind, highest),)))
    assert (codes(case), amount(case)) == (expected, 5220 + approved)


def test_lower_of_two_amounts_of_the_frame_holds() -> None:
    two = frame(expenses=(("hushållsel", 900), ("hushållsel", 700)))
    assert codes(with_record(with_cost(700), reference_frame=two)) == set()
    assert codes(with_record(with_cost(701), reference_frame=two)) == {"EXP-CAP"}


def test_cost_twice_goes_to_a_person_whatever_the_frame_says() -> None:
    twice = tuple(AppliedExpense(kind="hushållsel", amount=kronor(cost)) for cost in (100, 200))
    case = with_record(with_application(single(), expenses=twice), reference_frame=frame(expenses=(("hushållsel", 500),)))
    assert codes(case) == {"EXP-JUDGE"}


def test_figure_rests_on_the_frame_only_when_the_frame_speaks_of_its_kind() -> None:
    def facts(kind: str) -> set[str]:
        case = with_record(with_cost(300, before=300), reference_frame=frame(expenses=((kind, 500),)))
        calculation = assess(case, LAW).calculation
        assert calculation is not None
        return set(calculation.expenses[0].basis.facts)

    assert facts("hushållsel") == {"application.expenses", "case.reference_frame"}
    assert facts("medicin") == {"application.expenses", "application.children", "case.last_calculation"}


SPREAD = SpreadIncome(
    party=ME, kind="swish", monthly_amount=kronor(1000), first_month=Month(year=2026, month=9), last_month=Month(year=2026, month=12)
)


@pytest.mark.parametrize(
    ("lowest", "highest", "expected"), [(1000, 2000, set()), (0, 1000, set()), (1001, 2000, {"INC-DIFF"}), (0, 999, {"INC-DIFF"})]
)
def test_spread_income_outside_the_frame_goes_to_a_person(lowest: int, highest: int, expected: set[str]) -> None:
    case = with_record(single(), spread_incomes=(SPREAD,), reference_frame=frame(incomes=(("swish", lowest, highest),)))
    assert (codes(case), amount(case)) == (expected, 4220)


def test_payment_besides_a_spread_is_doubtful_also_within_the_frame() -> None:
    case = with_record(with_income(500), spread_incomes=(SPREAD,), reference_frame=frame(incomes=(("swish", 0, 2000),)))
    assert codes(case) == {"INC-DOUBLE"}


@pytest.mark.parametrize("code", [ReasonCode.SRC_DOWN, ReasonCode.UNREADABLE])
def test_unknown_frame_leaves_the_rules_undetermined(code: ReasonCode) -> None:
    without_costs = assess(with_record(single(), reference_frame=unknown(code)), LAW)
    with_costs = assess(with_record(with_cost(300, before=300), reference_frame=unknown(code)), LAW)

    for assessment in (without_costs, with_costs):
        assert answers(assessment, RULE) == answers(assessment, "incomes_are_as_expected") == {Answer.UNDETERMINED}
        assert assessment.codes == (code,)
    assert without_costs.calculation is not None
    assert answers(with_costs, "expenses_are_within_the_guidelines") == {Answer.UNDETERMINED}
    assert with_costs.calculation is None


def test_household_without_a_frame_is_met() -> None:
    assert answers(assess(single(), LAW), RULE) == {Answer.MET}
