"""The gates: the first that does not open is the only code, and nothing more is looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from robots.assessment import Answer
from robots.case import CaseFile, Fact, JobSeeker, LastCalculation, Month, Party, Residence
from robots.errors import ReasonCode
from robots.rules import assess
from tests.case_files import (
    CHILD_7,
    CHILD_14,
    LAW,
    MONTH,
    amount,
    child,
    codes,
    couple,
    family,
    population,
    registered_child,
    single,
    unknown,
    with_application,
    with_benefits,
    with_population,
    with_record,
)

SECRET = JobSeeker(is_registered=True, latest_activity_report_on=date(2026, 10, 14), is_protected=True)


def with_marking(case: CaseFile, number: str, marking: Fact[Any] | bool = True) -> CaseFile:
    """Return the case with the register's marking of a child."""
    others = [one for one in case.children if one.personnummer.value != number]
    assert len(others) == len(case.children) - 1
    return replace(case, children=(*others, registered_child(number, is_protected=marking)))


def test_standard_households_have_no_code_and_are_granted_the_norm() -> None:
    assert (codes(single()), amount(single())) == (set(), 5220)
    assert (codes(couple()), amount(couple())) == (set(), 8510)


@pytest.mark.parametrize(
    "case",
    [
        with_population(single(), is_protected=True),
        with_population(couple(), Party.CO_APPLICANT, is_protected=True),
        with_benefits(single(), job_seeker=SECRET),
        with_benefits(couple(), Party.CO_APPLICANT, job_seeker=SECRET),
        with_population(with_benefits(couple(), job_seeker=unknown()), Party.CO_APPLICANT, is_protected=True),
        with_application(with_population(single(), is_protected=True), month=unknown(ReasonCode.UNREADABLE), attachments=("a",)),
        replace(with_population(single(), is_protected=True), benefits={}, case=None),
        with_marking(family(child(CHILD_7)), CHILD_7),
        with_marking(family(child(CHILD_7), child(CHILD_14, Residence.VISITING, 4)), CHILD_14),
        with_marking(family(child(CHILD_7), registered=(CHILD_7, CHILD_14)), CHILD_14),
        with_marking(family(recorded=(child(CHILD_7),)), CHILD_7),
        # Nothing more is looked up then, so that everything else is unknown.
        replace(with_marking(family(child(CHILD_7)), CHILD_7), benefits={}, case=None),
        with_application(with_marking(family(child(CHILD_7)), CHILD_7), children=unknown(ReasonCode.UNREADABLE)),
        with_marking(with_benefits(family(child(CHILD_7)), job_seeker=unknown()), CHILD_7),
    ],
)
def test_protected_person_is_the_only_finding_and_tells_no_fact(case: CaseFile) -> None:
    assessment = assess(case, LAW)

    assert [code.value for code in assessment.codes] == ["PROTECTED"]
    assert assessment.calculation is None
    assert [(finding.basis.facts, finding.values) for finding in assessment.findings] == [((), {})]


@pytest.mark.parametrize(
    "case",
    [
        with_population(single(), is_protected=unknown()),
        with_benefits(single(), job_seeker=unknown()),
        replace(single(), population={}),
        replace(single(), benefits={}),
        replace(couple(), population={Party.APPLICANT: population()}),
        replace(family(child(CHILD_7)), children=()),
        replace(family(child(CHILD_7), registered=(CHILD_7, CHILD_14)), children=(registered_child(CHILD_7),)),
        replace(family(child(CHILD_7), recorded=(child(CHILD_7), child(CHILD_14))), children=(registered_child(CHILD_7),)),
        with_marking(family(child(CHILD_7)), CHILD_7, unknown()),
    ],
)
def test_unknown_marking_stops_the_case(case: CaseFile) -> None:
    case = replace(with_application(case, attachments=("a",)), children=case.children)
    assert codes(case) == {"SRC-DOWN"}
    assert assess(case, LAW).findings[0].answer is Answer.UNDETERMINED


def test_unreadable_co_applicant_stops_the_case() -> None:
    assert codes(with_application(single(), co_applicant=unknown(ReasonCode.UNREADABLE), attachments=("a",))) == {"UNREADABLE"}


def test_unreadable_month_stops_the_case_though_the_agencies_were_not_asked() -> None:
    case = with_application(single(), month=unknown(ReasonCode.UNREADABLE), attachments=("a",))
    assert codes(case) == {"UNREADABLE"}
    assert codes(replace(case, benefits={}, case=None)) == {"UNREADABLE"}


@pytest.mark.parametrize("month", [Month(year=2027, month=1), Month(year=2016, month=12), Month(year=2023, month=12), Month(year=2031, month=5)])
def test_month_without_norm_or_guidelines_never_uses_another_years(month: Month) -> None:
    case = with_application(single(), month=month, attachments=("a",))
    assert codes(case) == {"NO-NORM"}
    assert assess(case, LAW).calculation is None


def test_earlier_application_for_the_month_stops_the_case() -> None:
    assert codes(with_application(single(), earlier_for_month=("EA-26-00000",), attachments=("a",))) == {"TWICE"}


def test_decided_month_stops_the_case() -> None:
    assert codes(with_record(single(), month_is_decided=True, account="1-1")) == {"TWICE"}
    assert codes(with_record(single(), month_is_decided=unknown(), account="1-1")) == {"SRC-DOWN"}


@pytest.mark.parametrize(
    "case",
    [
        replace(single(), case=None),
        with_record(single(), is_open=False),
        with_record(single(), last_calculation=None),
        with_record(single(), last_calculation=LastCalculation(month=MONTH.previous.previous, incomes=(), expenses=())),
        with_record(single(), last_calculation=LastCalculation(month=MONTH, incomes=(), expenses=())),
    ],
)
def test_case_without_an_open_case_and_last_months_calculation_is_new(case: CaseFile) -> None:
    assert codes(with_application(case, attachments=("a",))) == {"NEW-CASE"}


@pytest.mark.parametrize("fact", ["is_open", "last_calculation"])
def test_unknown_state_of_the_case_stops_it(fact: str) -> None:
    assert codes(with_record(single(), **{fact: unknown()})) == {"SRC-DOWN"}


def test_gates_are_asked_in_their_order() -> None:
    case = with_record(single(), is_open=False, month_is_decided=True)
    assert codes(case) == {"TWICE"}
    case = with_application(case, month=Month(year=2027, month=1))
    assert codes(case) == {"NO-NORM"}
    case = with_application(case, month=unknown(ReasonCode.UNREADABLE))
    assert codes(case) == {"UNREADABLE"}
    case = with_population(case, is_protected=unknown())
    assert codes(case) == {"SRC-DOWN"}
    case = with_population(case, is_protected=True)
    assert codes(case) == {"PROTECTED"}
