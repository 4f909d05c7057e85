"""Household and children: same as in the case system and the population register."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from robots.assessment import Answer
from robots.case import CaseChild, CaseFile, CivilStatus, Month, Party, RegisteredMember, Residence, StatedChild
from robots.errors import ReasonCode
from robots.rules import assess
from robots.rules.household import birth_day
from tests.case_files import (
    APPLICANT,
    CHILD_5,
    CHILD_6,
    CHILD_7,
    CHILD_10,
    CHILD_18,
    CHILD_23,
    CHILD_OF_2005,
    CHILD_OF_LATE_2024,
    CO_APPLICANT,
    LAW,
    amount,
    answers,
    child,
    codes,
    couple,
    family,
    in_month,
    single,
    unknown,
    with_application,
    with_benefits,
    with_population,
    with_record,
)


def everywhere(case: CaseFile, status: CivilStatus) -> CaseFile:
    """Return the case with the same civil status in the application, the case system and the register."""
    for party in case.population:
        case = with_population(case, party, civil_status=status)
    return with_record(with_application(case, civil_status=status), civil_status=status)


HH_CHANGES = {
    "civil status stated": with_application(single(), civil_status=CivilStatus.COHABITING),
    "co-applicant gone": with_record(single(), co_applicant=CO_APPLICANT),
    "another co-applicant": with_record(couple(), co_applicant=CHILD_23),
    "persons in dwelling": with_application(single(), persons_in_dwelling=2),
    "civil status registered": with_population(single(), civil_status=CivilStatus.MARRIED),
    "married and alone everywhere": everywhere(single(), CivilStatus.MARRIED),
    "cohabiting and alone everywhere": everywhere(single(), CivilStatus.COHABITING),
    "single and two everywhere": everywhere(couple(), CivilStatus.SINGLE),
    "co-applicant's civil status registered": with_population(couple(), Party.CO_APPLICANT, civil_status=CivilStatus.SINGLE),
    "single with a registered husband": with_population(single(), members=(RegisteredMember(personnummer=CO_APPLICANT, relation="make"),)),
    "single with a registered partner": with_population(single(), members=(RegisteredMember(personnummer=CO_APPLICANT, relation="sambo"),)),
    "couple without a registered partner": with_population(couple(), members=()),
    "couple with another registered partner": with_population(couple(), members=(RegisteredMember(personnummer=CHILD_23, relation="make"),)),
    "address": with_population(single(), address="Provgatan 2"),
    "co-applicant's address": with_population(couple(), Party.CO_APPLICANT, address="Provgatan 2"),
}


@pytest.mark.parametrize("case", HH_CHANGES.values(), ids=HH_CHANGES.keys())
def test_changed_household_goes_to_a_person(case: CaseFile) -> None:
    assert codes(case) == {"HH-CHANGE"}


def test_other_members_in_the_register_change_nothing() -> None:
    assert codes(with_population(single(), members=(RegisteredMember(personnummer=CHILD_23, relation="annan"),))) == set()


@pytest.mark.parametrize("code", [ReasonCode.SRC_DOWN, ReasonCode.UNREADABLE])
@pytest.mark.parametrize(
    ("system", "fact", "rule"),
    [
        ("application", "civil_status", "civil_status_is_as_in_the_case"),
        ("application", "persons_in_dwelling", "persons_in_dwelling_are_as_in_the_case"),
        ("record", "co_applicant", "co_applicant_is_as_in_the_case"),
        ("record", "civil_status", "civil_status_is_as_registered"),
        ("population", "civil_status", "civil_status_is_as_registered"),
        ("population", "members", "partner_is_as_registered"),
        ("population", "members", "full_time_children_are_registered"),
        ("population", "members", "registered_children_are_in_the_application"),
        ("population", "address", "addresses_are_as_in_the_case"),
        ("population", "personnummer", "records_are_of_those_who_apply"),
        ("record", "case_number", "case_is_of_those_who_apply"),
        ("record", "applicant", "case_is_of_those_who_apply"),
        ("application", "children", "children_are_as_in_the_case"),
        ("application", "children", "children_are_below_the_age_limit"),
        ("record", "children", "children_are_as_in_the_case"),
    ],
)
def test_unknown_fact_leaves_the_rule_undetermined(system: str, fact: str, rule: str, code: ReasonCode) -> None:
    change = {"application": with_application, "record": with_record, "population": with_population}[system]
    assessment = assess(change(single(), **{fact: unknown(code)}), LAW)

    assert answers(assessment, rule) == {Answer.UNDETERMINED}
    assert set(assessment.codes) == {code}


@pytest.mark.parametrize("change", [with_population, with_benefits])
def test_answer_about_somebody_else_goes_to_a_person(change: Any) -> None:
    assert codes(change(single(), personnummer=CO_APPLICANT)) == {"NO-PERSON"}


def test_case_of_somebody_else_goes_to_a_person() -> None:
    assert codes(with_record(single(), applicant=CHILD_23)) == {"NO-PERSON"}
    assert codes(with_record(couple(), applicant=CO_APPLICANT)) == set()


def test_unchanged_children_are_granted() -> None:
    """3940 + 3060 (5 years) + 3820 (10 years) + 1790 (3 persons) = 12 610."""
    case = family(child(CHILD_5), child(CHILD_10))
    assert (codes(case), amount(case)) == (set(), 12610)


def test_child_in_preschool_has_the_norm_without_lunch() -> None:
    """3940 + 2720 (5 years, without lunch) + 1410 = 8070; the same child with lunch has 3060."""
    assert amount(family(child(CHILD_5, lunch_at_home=False))) == 8070


HH_CHILD = {
    "a new child": family(child(CHILD_5), recorded=()),
    "a child less": family(recorded=(child(CHILD_5),)),
    "another child": family(child(CHILD_5), recorded=(child(CHILD_10),)),
    "the same child twice": family(child(CHILD_5), child(CHILD_5), recorded=(child(CHILD_5),)),
    "residence": family(child(CHILD_5), recorded=(child(CHILD_5, Residence.ALTERNATING),)),
    "days of a child that alternates": family(child(CHILD_5, Residence.ALTERNATING, 14), recorded=(child(CHILD_5, Residence.ALTERNATING, 15),)),
    "days of a visiting child": family(child(CHILD_5, Residence.VISITING, 4), recorded=(child(CHILD_5, Residence.VISITING, 5),)),
    "lunch of a child of five": family(child(CHILD_5), recorded=(child(CHILD_5, lunch_at_home=False),)),
    "lunch of a child of six": family(child(CHILD_6), recorded=(child(CHILD_6, lunch_at_home=False),)),
    "a full-time child that is not registered": family(child(CHILD_5), registered=()),
    "a registered child that is not stated": family(registered=(CHILD_18,)),
    "a child of twenty-three": family(child(CHILD_23)),
}


@pytest.mark.parametrize("case", HH_CHILD.values(), ids=HH_CHILD.keys())
def test_changed_children_go_to_a_person(case: CaseFile) -> None:
    assert codes(case) == {"HH-CHILD"}


UNCHANGED = {
    "days of a full-time child": family(child(CHILD_5, days=31), recorded=(child(CHILD_5, days=30),)),
    "lunch of a child of seven": family(child(CHILD_7), recorded=(child(CHILD_7, lunch_at_home=False),)),
    "a registered child of twenty-three": family(registered=(CHILD_23,)),
    "an alternating child that is not registered": family(child(CHILD_5, Residence.ALTERNATING, 14)),
}


@pytest.mark.parametrize("case", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_what_does_not_count_changes_nothing(case: CaseFile) -> None:
    assert codes(case) == set()


def test_child_registered_with_the_co_applicant_is_registered() -> None:
    stated, recorded = StatedChild(**child(CHILD_5)), CaseChild(**child(CHILD_5))
    case = with_record(with_application(couple(), children=(stated,), persons_in_dwelling=3), children=(recorded,), persons_in_dwelling=3)
    members = (*case.population[Party.CO_APPLICANT].members.need(), RegisteredMember(personnummer=CHILD_5, relation="barn"))
    case = with_population(case, Party.CO_APPLICANT, members=members)

    assert (codes(case), amount(case)) == (set(), 7100 + 3060 + 1790)


@pytest.mark.parametrize(("month", "expected"), [(2, set()), (3, {"HH-CHILD"})])
def test_child_counts_until_the_first_month_that_begins_after_its_twenty_first_birthday(month: int, expected: set[str]) -> None:
    """Born on 2005-02-20: twenty on 2026-02-01, twenty-one on 2026-03-01."""
    case = in_month(family(child(CHILD_OF_2005)), Month(year=2026, month=month))
    assert codes(case) == expected
    assert (amount(case) is None) == bool(expected)
    answer = Answer.NOT_MET if expected else Answer.MET
    assert answers(assess(case, LAW), "children_are_below_the_age_limit") == {answer}


@pytest.mark.parametrize(("month", "expected"), [(2, {"HH-CHILD"}), (3, set())])
def test_registered_child_must_be_stated_until_it_is_twenty_one(month: int, expected: set[str]) -> None:
    assert codes(in_month(family(registered=(CHILD_OF_2005,)), Month(year=2026, month=month))) == expected


def test_child_born_in_the_month_counts_as_newborn_and_one_born_later_goes_to_a_person() -> None:
    """Born on 2024-11-27: 2640 for November 2024, in which nobody is older than zero on the first; no child in October."""
    born_in_month = in_month(family(child(CHILD_OF_LATE_2024)), Month(year=2024, month=11))
    born_later = in_month(family(child(CHILD_OF_LATE_2024)), Month(year=2024, month=10))

    assert (codes(born_in_month), amount(born_in_month)) == (set(), 3800 + 2640 + 1360)
    assert (codes(born_later), amount(born_later)) == ({"HH-CHILD"}, None)


@pytest.mark.parametrize("number", ["", "barnet", "20251301"])
def test_number_that_tells_no_birth_day_is_unreadable(number: str) -> None:
    case = family(child(number))

    assert codes(case) == {"UNREADABLE"}
    assert amount(case) is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [(APPLICANT, date(1985, 1, 1)), ("20230101", date(2023, 1, 1)), ("20230191", date(2023, 1, 31)), ("20230160", None), ("20230001", None)],
)
def test_birth_day_is_read_from_the_number(number: str, expected: date | None) -> None:
    """A samordningsnummer has sixty added to the day; some have no day or month at all."""
    assert birth_day(number) == expected
