"""Jobbstimulans: for two years, and again only after six months without it; per person."""

from __future__ import annotations

from datetime import date

import pytest

from robots.assessment import Answer
from robots.case import CaseFile, Jobbstimulans, Party, StatedIncome
from robots.rules import assess
from robots.rules.jobbstimulans import months_after
from tests.case_files import LAW, PAY_DAY, amount, answers, codes, couple, kronor, last, single, with_application, with_record

ME, PARTNER = Party.APPLICANT, Party.CO_APPLICANT


def decision(first: date, until: date = date(2030, 12, 31), party: Party = ME) -> Jobbstimulans:
    """Return a recorded decision."""
    return Jobbstimulans(party=party, valid_from=first, valid_until=until)


def worker(*decisions: Jobbstimulans, paid_on: tuple[date, ...] = (PAY_DAY,), household: CaseFile | None = None) -> CaseFile:
    """Return a case with a wage of 4 000 on each of the days, as the month before."""
    rows = tuple(StatedIncome(party=ME, kind="lön", paid_on=day, amount=kronor(4000)) for day in paid_on)
    before = last(incomes=((ME, "lön", 4000 * len(rows)),))
    return with_record(with_application(household or single(), incomes=rows), last_calculation=before, jobbstimulans=decisions)


def text_of(case: CaseFile) -> set[str]:
    """Return what speaks against the case."""
    return {finding.text for finding in assess(case, LAW).findings if finding.codes}


@pytest.mark.parametrize(
    ("first", "counts"),
    [(date(2024, 10, 20), False), (date(2024, 10, 21), True), (date(2024, 10, 22), True), (date(2026, 10, 20), True), (date(2026, 10, 21), False)],
)
def test_decision_counts_for_two_years_from_its_first_day(first: date, counts: bool) -> None:
    """The wage is paid on 2026-10-20: 5 220 - 3 000 with a quarter left out, 5 220 - 4 000 without."""
    case = worker(decision(first))
    assert (codes(case), amount(case)) == ((set(), 2220) if counts else ({"INC-WAGE"}, 1220))


@pytest.mark.parametrize(("until", "counts"), [(date(2026, 10, 19), False), (PAY_DAY, True), (date(2026, 10, 21), True)])
def test_decision_counts_to_its_last_day(until: date, counts: bool) -> None:
    assert codes(worker(decision(date(2026, 1, 1), until))) == (set() if counts else {"INC-WAGE"})


AFTER_ANOTHER = [
    # the decision before: first and last day; first day of the present one; whether it counts
    (date(2024, 1, 1), date(2025, 12, 31), date(2026, 6, 30), False),
    (date(2024, 1, 1), date(2025, 12, 31), date(2026, 7, 1), True),
    (date(2024, 1, 1), date(2025, 12, 31), date(2026, 7, 2), True),
    # a decision without an end ends after two years
    (date(2024, 1, 1), date(2030, 12, 31), date(2026, 6, 30), False),
    (date(2024, 1, 1), date(2030, 12, 31), date(2026, 7, 1), True),
    # one that was ended earlier
    (date(2024, 1, 1), date(2025, 9, 30), date(2026, 3, 31), False),
    (date(2024, 1, 1), date(2025, 9, 30), date(2026, 4, 1), True),
    # one that is prolonged is one decision too long
    (date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), False),
]


@pytest.mark.parametrize(("first", "until", "again", "counts"), AFTER_ANOTHER)
def test_new_decision_counts_only_six_months_after_the_one_before(first: date, until: date, again: date, counts: bool) -> None:
    case = worker(decision(first, until), decision(again))
    assert codes(case) == (set() if counts else {"INC-WAGE"})
    assert codes(worker(decision(again), decision(first, until))) == codes(case)


def test_decision_before_that_is_still_in_force_counts_by_itself() -> None:
    assert codes(worker(decision(date(2026, 1, 1)), decision(date(2026, 9, 1)))) == set()


def test_only_the_decision_that_ended_last_is_held_against_a_new_one() -> None:
    long_ago, before, now = decision(date(2020, 1, 1)), decision(date(2023, 1, 1), date(2025, 1, 1)), decision(date(2026, 1, 1))
    assert codes(worker(long_ago, before, now)) == set()
    too_soon = decision(date(2025, 6, 1))
    assert codes(worker(long_ago, before, too_soon)) == {"INC-WAGE"}


def test_short_decision_inside_a_long_one_does_not_shorten_the_wait_after_the_long_one() -> None:
    """The long one ended with 2025, so that a new one counts from July 2026, whatever was recorded between."""
    long, short = decision(date(2024, 1, 1), date(2025, 12, 31)), decision(date(2024, 2, 1), date(2024, 3, 31))
    assert codes(worker(long, short, decision(date(2026, 3, 1)))) == {"INC-WAGE"}
    assert codes(worker(long, short, decision(date(2026, 7, 1)))) == set()


def test_decisions_of_the_other_adult_are_not_looked_at() -> None:
    partners = decision(date(2026, 1, 1), party=PARTNER)
    assert codes(worker(partners, household=couple())) == {"INC-WAGE"}
    just_ended = decision(date(2025, 1, 1), date(2026, 8, 31), party=PARTNER)
    assert codes(worker(just_ended, decision(date(2026, 9, 1)), household=couple())) == set()


def test_every_payday_needs_a_decision_and_each_that_has_one_has_its_quarter_left_out() -> None:
    """8 000 - 1 000 are counted: the decision begins between the two days."""
    case = worker(decision(date(2026, 10, 10)), paid_on=(date(2026, 10, 9), PAY_DAY))
    assert (codes(case), amount(case)) == ({"INC-WAGE"}, 0)
    calculation = assess(case, LAW).calculation
    assert calculation is not None
    assert [(int(row.net_amount), int(row.disregarded)) for row in calculation.incomes] == [(4000, 0), (4000, 1000)]


def test_decision_out_of_time_has_a_sentence_of_its_own() -> None:
    assert text_of(worker(decision(date(2024, 10, 20)))) == {"finding.wage_out_of_time"}
    assert text_of(worker()) == {"finding.wage"}
    assert answers(assess(worker(), LAW), "incomes_are_as_expected") == {Answer.NOT_MET}


def test_row_with_jobbstimulans_rests_on_its_section_the_decision_and_the_times() -> None:
    calculation = assess(worker(decision(date(2026, 1, 1))), LAW).calculation
    assert calculation is not None
    basis = calculation.incomes[0].basis

    assert basis.law == "SoL 12 kap. 8 §"
    assert set(basis.facts) == {"application.incomes", "case.jobbstimulans"}
    assert set(basis.parameters) == {
        "guidelines.incomes@2024-01-01#lön",
        "jobbstimulans_time.longest_years@2025-07-01",
        "jobbstimulans_time.support_months@2025-07-01",
        "jobbstimulans.disregarded@2025-07-01",
    }


def test_income_beside_a_wage_has_nothing_left_out() -> None:
    """4 000 - 1 000 of the wage and the whole gift of 1 000: 5 220 - 4 000 = 1 220."""
    case = worker(decision(date(2026, 1, 1)))
    gift = StatedIncome(party=ME, kind="gåva", paid_on=PAY_DAY, amount=kronor(1000))
    case = with_application(case, incomes=(*case.application.incomes.need(), gift))
    case = with_record(case, last_calculation=last(incomes=((ME, "lön", 4000), (ME, "gåva", 1000))))
    assert (codes(case), amount(case)) == (set(), 1220)


def test_row_without_jobbstimulans_rests_on_the_right_to_support() -> None:
    calculation = assess(worker(), LAW).calculation
    assert calculation is not None
    assert (calculation.incomes[0].basis.law, calculation.incomes[0].basis.facts) == ("SoL 12 kap. 1 §", ("application.incomes",))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 1), 6, date(2026, 7, 1)),
        (date(2026, 7, 1), 6, date(2027, 1, 1)),
        (date(2024, 2, 29), 24, date(2026, 3, 1)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2025, 8, 31), 6, date(2026, 3, 1)),
        (date(2025, 12, 31), 24, date(2027, 12, 31)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected
