"""Incomes: stated (s), in the register (r) and in the calculation before, per adult and kind."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from robots.assessment import Answer
from robots.case import CaseFile, Jobbstimulans, Party, Payment, StatedIncome
from robots.errors import ReasonCode
from robots.guidelines import IncomeTreatment
from robots.rules import assess
from tests.case_files import LAW, PAY_DAY, amount, answers, codes, couple, kronor, last, single, unknown, with_application, with_benefits, with_record

ME, PARTNER = Party.APPLICANT, Party.CO_APPLICANT
STIMULUS = Jobbstimulans(party=ME, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))

AGENCIES = {
    "FK": "insurance_payments",
    "CSN": "study_payments",
    "PM": "pension_payments",
    "SKV": "tax_refunds",
    "SO": "unemployment_payments",
}


def stated(kind: str, *amounts: str | int, party: Party = ME, paid_on: date = PAY_DAY) -> tuple[StatedIncome, ...]:
    """Return stated rows."""
    return tuple(StatedIncome(party=party, kind=kind, paid_on=paid_on, amount=kronor(one)) for one in amounts)


def case_with(
    kind: str,
    s: str | int = 0,
    r: str | int = 0,
    before: int = 0,
    *,
    register: str = "FK",
    party: Party = ME,
    **record: Any,
) -> CaseFile:
    """Return a case with one kind of income: s stated, r paid, and one calculated before; zero is none."""
    case = couple() if party is PARTNER else single()
    case = with_application(case, incomes=stated(kind, s, party=party) if s else ())
    payments = (Payment(kind=kind, paid_on=PAY_DAY, net_amount=kronor(r)),) if r else ()
    case = with_benefits(case, party, **{AGENCIES[register]: payments})
    return with_record(case, last_calculation=last(incomes=((party, kind, before),) if before else ()), **record)


REGISTER_KIND = [
    # s, r, before, codes: a kind that Försäkringskassan confirms and that may change by 12 percent
    (1000, 1000, 1000, set()),
    (0, 1000, 1000, set()),
    (0, 0, 0, set()),
    (1000, 0, 1000, {"INC-NOTINREG"}),
    (1000, 0, 0, {"INC-NOTINREG"}),
    (1120, 1000, 1000, set()),  # exactly 12 percent of r
    (1121, 1000, 1000, {"INC-DIFF"}),
    (880, 1000, 1000, set()),
    (879, 1000, 1000, {"INC-DIFF"}),
    (1000, 1000, 0, {"INC-NEW"}),
    (0, 1000, 0, {"INC-NEW"}),
    (1200, 1000, 0, {"INC-DIFF", "INC-NEW"}),
    (0, 1120, 1000, set()),  # exactly 12 percent of before
    (0, 1121, 1000, {"INC-DIFF"}),
    (0, 880, 1000, set()),
    (0, 879, 1000, {"INC-DIFF"}),
    (0, 0, 1000, {"INC-GONE"}),
]


@pytest.mark.parametrize(("s", "r", "before", "expected"), REGISTER_KIND)
@pytest.mark.parametrize("party", [ME, PARTNER])
def test_income_that_a_register_confirms(s: int, r: int, before: int, expected: set[str], party: Party) -> None:
    assert codes(case_with("bostadsbidrag", s, r, before, party=party)) == expected


@pytest.mark.parametrize(
    ("s", "r", "before", "expected"), [(1250, 1250, 1250, set()), (0, 1251, 1250, {"INC-DIFF"}), (1251, 1250, 1250, {"INC-DIFF"})]
)
def test_benefit_without_a_margin_must_be_exact(s: int, r: int, before: int, expected: set[str]) -> None:
    assert codes(case_with("barnbidrag", s, r, before)) == expected


MARGINS = [
    # kind, agency, percent: by hand from the guidelines of 2024
    ("aktivitetsstöd", "FK", 12),
    ("etableringsersättning", "FK", 12),
    ("utvecklingsersättning", "FK", 12),
    ("föräldrapenning", "FK", 12),
    ("tillfällig föräldrapenning", "FK", 12),
    ("rehabiliteringspenning", "FK", 12),
    ("aktivitetsersättning", "FK", 0),
    ("livränta", "FK", 0),
    ("flerbarnstillägg", "FK", 0),
    ("äldreförsörjningsstöd", "PM", 0),
    ("underhållsbidrag", "", 12),
    ("sjukpenning", "FK", 12),
    ("sjukersättning", "FK", 0),
    ("barnbidrag", "FK", 0),
    ("bostadsbidrag", "FK", 12),
    ("underhållsstöd", "FK", 12),
    ("a-kassa", "SO", 12),
    ("studiemedel", "CSN", 12),
    ("pension", "PM", 0),
    ("bostadstillägg", "PM", 0),
    ("skatteåterbäring", "SKV", 0),
    ("lön", "", 12),
    ("swish", "", 12),
    ("gåva", "", 12),
]


def test_table_of_margins_has_every_kind_that_counts() -> None:
    table = LAW.guidelines.incomes.newest.value.values()
    assert {rule.kind for rule in table if rule.treatment is IncomeTreatment.COUNT} == {kind for kind, _, _ in MARGINS}


@pytest.mark.parametrize(("kind", "register", "percent"), MARGINS)
@pytest.mark.parametrize("direction", [1, -1])
def test_every_kind_may_change_by_its_own_percent_and_no_more(kind: str, register: str, percent: int, direction: int) -> None:
    """Of 1 000 the month before, one krona is a tenth of a percent."""

    def codes_of(net: int) -> set[str]:
        s, r = (0, net) if register else (net, 0)
        return codes(case_with(kind, s, r, 1000, register=register or "FK", jobbstimulans=(STIMULUS,)))

    at_limit = 1000 + direction * percent * 10
    assert codes_of(at_limit) == codes_of(at_limit - direction if percent else at_limit) == set()
    assert codes_of(at_limit + direction) == {"INC-DIFF"}


OTHER_KIND = [
    # s, before, codes: a kind without a register
    (1000, 1000, set()),
    (1120, 1000, set()),
    (1121, 1000, {"INC-DIFF"}),
    (880, 1000, set()),
    (879, 1000, {"INC-DIFF"}),
    (1, 0, {"INC-NEW"}),
    (0, 1000, {"INC-GONE"}),
    (0, 0, set()),
]


@pytest.mark.parametrize(("s", "before", "expected"), OTHER_KIND)
def test_income_that_no_register_holds(s: int, before: int, expected: set[str]) -> None:
    assert codes(case_with("swish", s, 0, before)) == expected


@pytest.mark.parametrize(("s", "before", "expected"), OTHER_KIND)
def test_wage_with_jobbstimulans_is_compared_as_others(s: int, before: int, expected: set[str]) -> None:
    assert codes(case_with("lön", s, 0, before, jobbstimulans=(STIMULUS,))) == expected


STIMULI = [
    ((), {"INC-WAGE"}),
    ((STIMULUS,), set()),
    ((Jobbstimulans(party=ME, valid_from=date(2025, 1, 1), valid_until=PAY_DAY),), set()),
    ((Jobbstimulans(party=ME, valid_from=date(2025, 1, 1), valid_until=date(2026, 10, 19)),), {"INC-WAGE"}),
    ((Jobbstimulans(party=ME, valid_from=PAY_DAY, valid_until=date(2027, 1, 1)),), set()),
    ((Jobbstimulans(party=ME, valid_from=date(2026, 10, 21), valid_until=date(2027, 1, 1)),), {"INC-WAGE"}),
    ((Jobbstimulans(party=PARTNER, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31)),), {"INC-WAGE"}),
]


@pytest.mark.parametrize(("decisions", "expected"), STIMULI)
def test_wage_needs_a_decision_on_jobbstimulans_on_the_pay_day(decisions: tuple[Jobbstimulans, ...], expected: set[str]) -> None:
    assert codes(case_with("lön", 6000, 0, 6000, jobbstimulans=decisions)) == expected


def test_wage_without_jobbstimulans_gives_no_other_code_for_the_wage() -> None:
    assert codes(case_with("lön", 9000, 0, 0)) == {"INC-WAGE"}


def test_three_quarters_of_the_wage_count_in_whole_kronor_and_half_a_krona_does_not() -> None:
    """75 % of 6 002 is 4 501.50, so 4 501 count; 5 220 - 4 501 = 719."""
    case = case_with("lön", 6002, 0, 6002, jobbstimulans=(STIMULUS,))
    calculation = assess(case, LAW).calculation

    assert calculation is not None
    assert [(int(row.net_amount), int(row.disregarded), int(row.counted)) for row in calculation.incomes] == [(6002, 1501, 4501)]
    assert calculation.amount == 719


@pytest.mark.parametrize(("s", "r"), [(1000, 1050), (0, 1050)])
def test_what_the_register_paid_counts(s: int, r: int) -> None:
    """5 220 - 1 050 = 4 170, whatever is stated."""
    case = case_with("bostadsbidrag", s, r, 1000)
    assert (codes(case), amount(case)) == (set(), 4170)


@pytest.mark.parametrize("kind", ["merkostnadsersättning", "extra tillägg"])
def test_ignored_income_is_left_out_entirely(kind: str) -> None:
    register = "FK" if kind == "merkostnadsersättning" else "CSN"
    for case in (case_with(kind, 0, 900, 0, register=register), case_with(kind, 900, 0, 0), case_with(kind, 0, 0, 900)):
        assert (codes(case), amount(case)) == (set(), 5220)


@pytest.mark.parametrize("kind", ["omvårdnadsbidrag", "hemlig lott", "=1+1"])
def test_income_for_a_person_goes_to_a_person(kind: str) -> None:
    assert codes(case_with(kind, 900)) == {"INC-UNKNOWN"}
    assert codes(case_with(kind, 0, 900)) == {"INC-UNKNOWN"}


def test_payment_by_an_agency_that_does_not_pay_that_kind_goes_to_a_person() -> None:
    assert "INC-UNKNOWN" in codes(case_with("lön", 0, 5000, 0))
    assert codes(case_with("pension", 0, 5000, 5000, register="FK")) == {"INC-UNKNOWN"}


@pytest.mark.parametrize(("kind", "register"), [("studiemedel", "CSN"), ("pension", "PM"), ("skatteåterbäring", "SKV"), ("a-kassa", "SO")])
def test_every_agency_confirms_its_own_kinds(kind: str, register: str) -> None:
    case = case_with(kind, 3000, 3000, 3000, register=register)
    assert (codes(case), amount(case)) == (set(), 2220)


def test_identical_rows_are_doubtful_and_count_once() -> None:
    case = with_application(case_with("swish", 0, 0, 500), incomes=stated("swish", 500, 500))
    assert (codes(case), amount(case)) == ({"INC-DOUBLE"}, 4720)


def test_rows_that_differ_in_amount_add_up() -> None:
    case = with_application(case_with("swish", 0, 0, 500), incomes=stated("swish", 300, 200))
    assert (codes(case), amount(case)) == (set(), 4720)


@pytest.mark.parametrize("paid_on", [date(2026, 9, 30), date(2026, 11, 1)])
def test_stated_income_outside_the_control_month_is_unreadable(paid_on: date) -> None:
    case = with_application(case_with("swish", 0, 0, 500), incomes=stated("swish", 500, paid_on=paid_on))
    assert (codes(case), amount(case)) == ({"UNREADABLE"}, None)


@pytest.mark.parametrize("paid_on", [date(2026, 10, 1), date(2026, 10, 31)])
def test_first_and_last_day_of_the_control_month_count(paid_on: date) -> None:
    case = with_application(case_with("swish", 0, 0, 500), incomes=stated("swish", 500, paid_on=paid_on))
    assert (codes(case), amount(case)) == (set(), 4720)


def test_payment_outside_the_control_month_is_ignored() -> None:
    payments = tuple(Payment(kind="bostadsbidrag", paid_on=day, net_amount=kronor(900)) for day in (date(2026, 9, 30), date(2026, 11, 1)))
    case = with_benefits(single(), insurance_payments=payments)
    assert (codes(case), amount(case)) == (set(), 5220)


def test_amounts_below_zero_are_unreadable() -> None:
    assert "UNREADABLE" in codes(case_with("swish", -5))
    assert "UNREADABLE" in codes(case_with("bostadsbidrag", 0, -5))


def test_income_of_a_co_applicant_who_is_not_there_is_unreadable() -> None:
    assert codes(with_application(single(), incomes=stated("swish", 500, party=PARTNER))) == {"UNREADABLE"}


@pytest.mark.parametrize("payments", AGENCIES.values())
def test_agency_that_did_not_answer_says_nothing_of_any_income(payments: str) -> None:
    change: dict[str, Any] = {payments: unknown()}
    case = with_benefits(case_with("swish", 900, 0, 0), **change)
    assessment = assess(case, LAW)

    assert answers(assessment, "incomes_are_as_expected") == {Answer.UNDETERMINED}
    assert {code.value for code in assessment.codes} == {"SRC-DOWN"}
    assert assessment.calculation is None


def test_co_applicants_agencies_count_too() -> None:
    assert codes(with_benefits(couple(), PARTNER, tax_refunds=unknown())) == {"SRC-DOWN"}


def test_every_unknown_fact_is_named() -> None:
    case = with_benefits(with_application(single(), incomes=unknown(ReasonCode.UNREADABLE)), tax_refunds=unknown())
    assert codes(case) == {"SRC-DOWN", "UNREADABLE"}


def test_unknown_jobbstimulans_matters_only_with_a_wage() -> None:
    assert codes(case_with("lön", 6000, 0, 6000, jobbstimulans=unknown())) == {"SRC-DOWN"}
    assert codes(case_with("swish", 600, 0, 600, jobbstimulans=unknown())) == set()


def test_the_applicants_own_words_never_reach_a_finding() -> None:
    assessment = assess(case_with("ett hemligt ord", 900), LAW)
    assert "hemligt" not in repr(assessment.findings)


def test_income_of_somebody_who_is_in_the_household_no_more_shows_that_it_was_another_household() -> None:
    """The case system has no co-applicant any more, but the calculation before was made for two."""
    case = with_record(single(), last_calculation=last(incomes=((PARTNER, "lön", 9000),)))
    assert codes(case) == {"INC-GONE"}
    assert codes(with_record(single(), last_calculation=last(incomes=((PARTNER, "lön", 0),)))) == set()
