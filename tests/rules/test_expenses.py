"""Costs and housing: within the guidelines, and no higher than last."""

from __future__ import annotations

import pytest

from robots.assessment import Answer
from robots.case import AppliedExpense, CaseChild, CaseFile, Party, RegisteredMember, Residence, StatedChild
from robots.errors import ReasonCode
from robots.guidelines import ExpenseTreatment
from robots.rules import assess
from tests.case_files import (
    CHILD_2,
    CHILD_5,
    CHILD_7,
    CHILD_10,
    CHILD_14,
    LAW,
    amount,
    answers,
    codes,
    couple,
    kronor,
    last,
    single,
    unknown,
    with_application,
    with_population,
    with_record,
)

CHILDREN = (CHILD_2, CHILD_5, CHILD_7, CHILD_10, CHILD_14)


def case_with(*applied: tuple[str, int | str], approved: tuple[tuple[str, int], ...] = (), household: CaseFile | None = None) -> CaseFile:
    """Return a case with these costs applied for, and these approved last."""
    expenses = tuple(AppliedExpense(kind=kind, amount=kronor(cost)) for kind, cost in applied)
    return with_record(with_application(household or single(), expenses=expenses), last_calculation=last(expenses=approved))


def with_children(household: CaseFile, number: int, *, days: int | None = None) -> CaseFile:
    """Return the household with children that live there all the time, or alternate so many days."""
    adults = len(household.population)
    residence = Residence.FULL_TIME if days is None else Residence.ALTERNATING
    stated = tuple(StatedChild(personnummer=one, residence=residence, days=days or 31, lunch_at_home=True) for one in CHILDREN[:number])
    recorded = tuple(CaseChild(personnummer=one.personnummer, residence=residence, days=one.days, lunch_at_home=True) for one in stated)
    case = with_application(household, children=stated, persons_in_dwelling=adults + number)
    case = with_record(case, children=recorded, persons_in_dwelling=adults + number)
    members = case.population[Party.APPLICANT].members.need()
    return with_population(case, members=(*members, *(RegisteredMember(personnummer=one, relation="barn") for one in CHILDREN[:number])))


CEILINGS = [("hushållsel", 600), ("hemförsäkring", 300), ("a-kasseavgift", 400), ("fackavgift", 700), ("arbetsresor", 1200), ("boendekostnad", 7200)]


SPECIAL = ("medicin", "läkarvård")
JUDGED = ("bredband", "barnomsorgsavgift", "umgängeskostnad", "tandvård", "glasögon", "sjukresor", "övrigt")


def test_tables_have_every_kind_of_the_guidelines() -> None:
    table = LAW.guidelines.expenses.newest.value.values()
    assert {rule.kind for rule in table if rule.treatment is ExpenseTreatment.COUNT} == {*(kind for kind, _ in CEILINGS), *SPECIAL}
    assert {rule.kind for rule in table if rule.treatment is ExpenseTreatment.JUDGE} == {*JUDGED}


@pytest.mark.parametrize(("kind", "ceiling"), CEILINGS)
def test_cost_at_the_ceiling_is_approved_and_one_krona_above_is_not(kind: str, ceiling: int) -> None:
    approved = ((kind, ceiling + 1),)
    below, at_ceiling, above = (case_with((kind, ceiling + more), approved=approved) for more in (-1, 0, 1))

    assert (codes(below), amount(below)) == (set(), 5220 + ceiling - 1)
    assert (codes(at_ceiling), amount(at_ceiling)) == (set(), 5220 + ceiling)
    assert (codes(above), amount(above)) == ({"EXP-CAP"}, 5220 + ceiling)


@pytest.mark.parametrize("kind", [kind for kind, _ in CEILINGS])
def test_cost_above_the_ceiling_has_no_other_code(kind: str) -> None:
    assert codes(case_with((kind, 20000))) == {"EXP-CAP"}


@pytest.mark.parametrize(("kind", "code"), [("hushållsel", "EXP-JUDGE"), ("hemförsäkring", "EXP-JUDGE"), ("boendekostnad", "HOUSING")])
def test_cost_as_high_as_last_is_approved_and_one_krona_more_is_not(kind: str, code: str) -> None:
    same, lower, higher = (case_with((kind, cost), approved=((kind, 250),)) for cost in (250, 249, 251))

    assert (codes(same), amount(same)) == (set(), 5470)
    assert (codes(lower), amount(lower)) == (set(), 5469)
    assert (codes(higher), amount(higher)) == ({code}, 5470)


@pytest.mark.parametrize(("kind", "code"), [("hushållsel", "EXP-NEW"), ("fackavgift", "EXP-NEW"), ("boendekostnad", "HOUSING")])
def test_cost_that_was_not_there_last_goes_to_a_person(kind: str, code: str) -> None:
    assert codes(case_with((kind, 250))) == {code}


@pytest.mark.parametrize("kind", [*JUDGED, "en yacht", "=1+1"])
def test_cost_that_a_person_judges_goes_to_a_person(kind: str) -> None:
    case = case_with((kind, 100), approved=((kind, 100),))
    assert (codes(case), amount(case)) == ({"EXP-JUDGE"}, 5220)


@pytest.mark.parametrize("kind", SPECIAL)
def test_special_cost_needs_only_its_ceiling(kind: str) -> None:
    at_ceiling, above = case_with((kind, 400)), case_with((kind, 401))

    assert (codes(at_ceiling), amount(at_ceiling)) == (set(), 5620)
    assert codes(above) == {"EXP-CAP"}


def test_same_kind_twice_goes_to_a_person() -> None:
    assert codes(case_with(("hushållsel", 200), ("hushållsel", 200), approved=(("hushållsel", 400),))) == {"EXP-JUDGE"}


def test_cost_below_zero_is_unreadable() -> None:
    assert codes(case_with(("hushållsel", -1), approved=(("hushållsel", 400),))) == {"UNREADABLE"}


@pytest.mark.parametrize(("children", "ceiling"), [(0, 7200), (1, 9000), (2, 10200), (3, 11400), (4, 12600), (5, 12600)])
def test_rent_ceiling_of_one_adult_grows_with_the_children(children: int, ceiling: int) -> None:
    household = with_children(single(), children)
    approved = (("boendekostnad", 20000),)
    assert codes(case_with(("boendekostnad", ceiling), approved=approved, household=household)) == set()
    assert codes(case_with(("boendekostnad", ceiling + 1), approved=approved, household=household)) == {"EXP-CAP"}


@pytest.mark.parametrize(("children", "ceiling"), [(0, 8000), (1, 9400), (2, 10600), (3, 11800), (4, 13000), (5, 13000)])
def test_rent_ceiling_of_two_adults_grows_with_the_children(children: int, ceiling: int) -> None:
    household = with_children(couple(), children)
    approved = (("boendekostnad", 20000),)
    assert codes(case_with(("boendekostnad", ceiling), approved=approved, household=household)) == set()
    assert codes(case_with(("boendekostnad", ceiling + 1), approved=approved, household=household)) == {"EXP-CAP"}


@pytest.mark.parametrize(("children", "ceiling"), [(0, 600), (1, 750), (2, 900), (3, 1100), (4, 1100)])
def test_ceiling_of_electricity_grows_with_the_household(children: int, ceiling: int) -> None:
    household = with_children(single(), children)
    approved = (("hushållsel", 20000),)
    assert codes(case_with(("hushållsel", ceiling), approved=approved, household=household)) == set()
    assert codes(case_with(("hushållsel", ceiling + 1), approved=approved, household=household)) == {"EXP-CAP"}


@pytest.mark.parametrize(("days", "expected"), [(15, set()), (14, {"EXP-CAP"})])
def test_child_is_a_member_of_the_household_from_fifteen_days(days: int, expected: set[str]) -> None:
    household = with_children(single(), 1, days=days)
    assert codes(case_with(("boendekostnad", 9000), approved=(("boendekostnad", 9000),), household=household)) == expected


def test_rule_rests_on_all_that_the_figures_rest_on() -> None:
    assessment = assess(case_with(("boendekostnad", 7000), ("medicin", 100), approved=(("boendekostnad", 7000),)), LAW)
    finding = next(one for one in assessment.findings if one.rule == "expenses_are_within_the_guidelines")
    assert assessment.calculation is not None
    bases = [row.basis for row in assessment.calculation.expenses]

    assert bases[0].facts == ("application.expenses", "application.children", "case.last_calculation")
    assert bases[0].parameters == ("guidelines.expenses@2024-01-01#boendekostnad", "guidelines.rent_ceiling@2024-01-01#one_adult.0")
    assert bases[1].facts == ("application.expenses",)
    assert set(finding.basis.facts) == {"case.reference_frame"}.union(*(basis.facts for basis in bases))
    assert set(finding.basis.parameters) == set().union(*(basis.parameters for basis in bases))


def test_changed_housing_goes_to_a_person() -> None:
    assert codes(with_application(single(), housing_changed=True)) == {"HOUSING"}
    assert codes(with_application(single(), housing_form="andrahand")) == {"HOUSING"}


@pytest.mark.parametrize("fact", ["housing_changed", "housing_form"])
def test_unknown_housing_is_undetermined(fact: str) -> None:
    assessment = assess(with_application(single(), **{fact: unknown()}), LAW)
    assert answers(assessment, "housing_is_unchanged") == {Answer.UNDETERMINED}
    assert assessment.codes == (ReasonCode.SRC_DOWN,)


def test_unknown_costs_are_undetermined_and_leave_no_calculation() -> None:
    assessment = assess(with_application(single(), expenses=unknown(ReasonCode.UNREADABLE)), LAW)
    assert answers(assessment, "expenses_are_within_the_guidelines") == {Answer.UNDETERMINED}
    assert assessment.codes == (ReasonCode.UNREADABLE,)
    assert assessment.calculation is None


def test_sensitive_kinds_and_the_applicants_own_words_never_reach_a_finding() -> None:
    assessment = assess(case_with(("fackavgift", 5000), ("medicin", 5000), ("ett hemligt ord", 1)), LAW)
    said = "".join(f"{finding.text}{finding.values}" for finding in assessment.findings)
    assert not any(word in said for word in ("fackavgift", "medicin", "hemligt"))
