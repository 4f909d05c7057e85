"""The practice households: the same by seed, in agreement with themselves, and with arithmetic that adds up. No rule is called here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache

import pytest

from robots.errors import ReasonCode
from robots.practice.households import KINDS, generate
from robots.practice.persons import age_on, carried_numbers
from robots.practice.world import CaseEntry, Household

# One more than there are kinds: one kind gives two households.
#: what the seed gives is the same each time, and making two hundred households takes a while
generated = cache(generate)
EVERY_KIND = generated(7, len(KINDS) + 1)

#: ages of the children on the first day of the month, in the order of the application
AGES = {
    "single_parent_child_of_5_lunch_at_home": [(4, 6)],
    "single_parent_child_of_5_in_preschool": [(4, 6)],
    "family_with_school_children": [(7, 10), (11, 14)],
    "couple_with_newborn_in_2025": [(0, 0)],
    "single_parent_with_infant_in_2024": [(0, 0)],
    "infant_with_lunch_outside_the_home": [(0, 0)],
    "single_parent_child_of_1_in_preschool": [(1, 2)],
    "couple_child_of_2_at_home": [(1, 2)],
    "single_parent_child_of_3_at_home": [(3, 3)],
    "single_parent_child_of_3_in_preschool": [(3, 3)],
    "single_parent_child_of_15": [(15, 18)],
    "couple_with_youth_of_17": [(15, 18)],
    "single_parent_with_student_of_19": [(19, 20)],
    "family_of_seven": [(4, 6), (7, 10), (7, 10), (11, 14), (11, 14)],
    "family_of_eight": [(1, 2), (4, 6), (7, 10), (7, 10), (11, 14), (11, 14)],
    "family_of_nine": [(1, 2), (4, 6), (7, 10), (7, 10), (11, 14), (11, 14), (15, 18)],
    "child_alternates_15_days": [(7, 10)],
    "child_alternates_14_days": [(11, 14)],
    "small_child_alternates_and_eats_in_preschool": [(4, 6)],
    "child_visits_4_days": [(7, 10)],
    "child_visits_the_whole_of_july": [(7, 10)],
    "parent_and_child_in_a_dwelling_of_five": [(7, 10)],
    "medical_visit": [(7, 10)],
    "rent_of_a_family_above_ceiling": [(4, 6)],
    "child_not_in_the_register": [(4, 6)],
    "child_has_turned_21": [(21, 21)],
    "days_of_the_child_differ": [(7, 10)],
    "lunch_of_the_child_differs": [(4, 6)],
    "child_has_moved_in": [(7, 10)],
    "days_beyond_the_month": [(7, 10)],
    "benefit_moved_to_the_other_parent": [(7, 10)],
    "child_of_16_with_summer_wage": [(16, 17)],
    "school_youth_of_19_with_a_wage": [(19, 20)],
    "child_earns_just_the_price_base_amount": [(16, 17)],
    "child_earns_a_krona_more": [(16, 17)],
    "child_earned_most_of_it_the_year_before": [(16, 17)],
    "month_of_the_childs_year_is_missing": [(16, 17)],
    "child_with_student_aid": [(16, 17)],
    "income_of_a_child_not_in_the_application": [(16, 17)],
    "child_with_student_aid_and_a_frame_that_has_expired": [(16, 17)],
    "child_protected_in_the_population_register": [(11, 14), (7, 10)],
    "visiting_child_is_protected": [(7, 10)],
}

#: kinds that are about a value nobody can read
MALFORMED = {
    "amount_in_words",
    "negative_amount",
    "day_that_does_not_exist",
    "days_beyond_the_month",
    "number_of_a_child_is_impossible",
    "month_in_words",
}


#: the latest month that may be applied for: its control month was over before the practice systems were ever tried
LATEST = "2026-10"


def first_of_month(told: Household) -> date:
    return date.fromisoformat(f"{told.application.month}-01")


def month_before(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def adults_of(told: Household) -> list[str]:
    return [number for number in (told.application.applicant, told.application.co_applicant) if number]


def case_of(told: Household) -> CaseEntry:
    assert told.case is not None
    return told.case


def granted() -> list[Household]:
    return [told for told in EVERY_KIND if told.expected.ending != "handed off"]


def numbers_in(told: Household) -> set[str]:
    case = told.case
    return {
        *adults_of(told),
        *(person.personnummer for person in told.persons),
        *(child.personnummer for child in told.application.children),
        *(row.personnummer for row in told.application.children_incomes),
        *(entry.personnummer for entry in told.population),
        *(number for entry in told.population for number, _ in entry.members),
        *(answers.personnummer for answers in told.agencies),
        *((case.applicant, case.co_applicant, *(child.personnummer for child in case.children)) if case else ()),
    } - {""}


def test_the_same_seed_gives_the_same_households() -> None:
    assert repr(generate(7, 60)) == repr(generate(7, 60))


def test_how_a_household_ends_does_not_depend_on_the_day_on_which_it_is_tried() -> None:
    """Until a month's control month is over the robot only proposes, and the systems are tried on the machine's own day.

    That holds for those handed off too: with a delegation or an answer of a person they could be decided. Only a month without a norm never is.
    """
    months = {told.kind: told.application.month for told in EVERY_KIND if re.fullmatch(r"\d{4}-\d{2}", told.application.month)}
    assert {kind for kind, month in months.items() if month > LATEST} == {"no_norm_for_the_year"}


def test_another_seed_changes_the_persons_and_never_the_outcome() -> None:
    one = {told.kind: told for told in EVERY_KIND if told.population}
    other = {told.kind: told for told in generated(8, len(KINDS) + 1) if told.population}

    assert one.keys() == other.keys()
    for kind, told in one.items():
        assert repr(told.expected) == repr(other[kind].expected)
        assert [(row.party, row.kind, row.amount) for row in told.application.incomes] == [
            (row.party, row.kind, row.amount) for row in other[kind].application.incomes
        ]
        assert told.application.expenses == other[kind].application.expenses
    assert [told.persons for told in one.values()] != [other[kind].persons for kind in one]


@pytest.mark.parametrize("count", [0, 1, 2, 40, 200])
def test_as_many_households_come_as_are_asked_for(count: int) -> None:
    assert len(generated(3, count)) == count


def test_every_kind_comes_once_before_any_comes_back() -> None:
    assert {told.kind for told in EVERY_KIND} == set(KINDS)
    assert [kind for kind, times in Counter(told.kind for told in EVERY_KIND).items() if times > 1] == ["two_applications_for_a_month"]


@pytest.mark.parametrize("seed", range(5))
def test_forty_households_are_a_day_with_about_half_of_it_decided(seed: int) -> None:
    endings = Counter(told.expected.ending for told in generated(seed, 40))

    assert 17 <= endings["decided"] <= 20
    assert 2 <= endings["proposed"] <= 4


def test_too_many_households_for_the_test_numbers_are_refused() -> None:
    with pytest.raises(LookupError, match="ask for fewer"):
        generate(7, 900)


@pytest.mark.parametrize("seed", [7, 11])
def test_only_carried_test_numbers_are_used(seed: int) -> None:
    carried = set(carried_numbers())

    for told in generated(seed, 200):
        strange = numbers_in(told) - carried
        assert strange == ({"201813450000"} if told.kind == "number_of_a_child_is_impossible" else set()), told.kind


def test_the_carried_numbers_are_distinct_and_have_twelve_digits() -> None:
    numbers = carried_numbers()

    assert len(set(numbers)) == len(numbers) > 900
    assert [number for number in numbers if not re.fullmatch(r"[0-9]{12}", number)] == []


def test_nobody_belongs_to_two_households() -> None:
    homes = Counter(number for told in generated(7, 200) if told.population for number in numbers_in(told))

    assert {number: times for number, times in homes.items() if times > 1 and number != "201813450000"} == {}


def test_references_case_numbers_addresses_and_accounts_are_each_used_once() -> None:
    told = generated(7, 200)
    firsts = [one for one in told if one.population]

    assert len({one.application.reference for one in told}) == len(told)
    assert len({one.case.case_number for one in told if one.case}) == sum(one.case is not None for one in told)
    assert len({one.population[0].address for one in firsts}) == len(firsts)
    assert len({one.application.account for one in firsts}) == len(firsts)
    assert all(re.fullmatch(r"EA-2[4-6]-[0-9]{5}", one.application.reference) for one in told)
    assert all(re.fullmatch(r"EB-2023-[0-9]{4}", one.case.case_number) for one in told if one.case)


def test_references_follow_the_order_of_arrival() -> None:
    arrivals = sorted(EVERY_KIND, key=lambda told: told.application.reference)

    assert [told.application.submitted_at for told in arrivals] == sorted(told.application.submitted_at for told in EVERY_KIND)
    assert all(told.application.submitted_at.tzinfo is not None for told in EVERY_KIND)


def test_children_have_the_ages_that_the_kind_needs() -> None:
    told_by_kind = {told.kind: told for seed in range(3) for told in generated(seed, len(KINDS) + 1)}

    for kind, bands in AGES.items():
        told = told_by_kind[kind]
        ages = [age_on(child.personnummer, first_of_month(told)) for child in told.application.children]
        assert len(ages) == len(bands), kind
        assert all(youngest <= age <= oldest for age, (youngest, oldest) in zip(ages, bands, strict=True)), kind


def test_every_kind_with_children_says_how_old_they_are() -> None:
    with_children = {told.kind for told in EVERY_KIND if told.application.children}

    assert with_children - set(AGES) == {"number_of_a_child_is_impossible"}


def test_applicants_are_of_age_and_pensioners_have_retired() -> None:
    for told in EVERY_KIND:
        if told.kind == "month_in_words":
            continue
        ages = [age_on(number, first_of_month(told)) for number in adults_of(told)]
        has_pension = any(row.kind == "pension" for row in told.application.incomes)
        assert all((66 if has_pension else 22) <= age <= 68 for age in ages), told.kind


def test_everybody_stands_in_the_population_register_and_every_adult_has_answers_from_the_agencies() -> None:
    for told in EVERY_KIND:
        if told.population:
            adults = len(adults_of(told))
            assert [entry.personnummer for entry in told.population[:adults]] == adults_of(told), told.kind
            children = {number for entry in told.population[:adults] for number, relation in entry.members if relation == "barn"}
            children |= {child.personnummer for child in told.application.children}
            children |= {child.personnummer for child in told.case.children} if told.case else set()
            # The register knows every child of the household too, wherever it lives: it is asked about each.
            known = [entry.personnummer for entry in told.population[adults:]]
            assert sorted(known) == sorted(children - {"201813450000"}), told.kind
            assert [answers.personnummer for answers in told.agencies] == adults_of(told), told.kind


def test_earlier_calculations_come_in_order_and_before_the_last_one() -> None:
    with_earlier = [told for told in EVERY_KIND if told.case and told.case.earlier_calculations]
    assert with_earlier
    for told in with_earlier:
        months = [*(one.month for one in case_of(told).earlier_calculations), case_of(told).last_month]
        assert months == sorted(set(months)), told.kind


def test_children_with_incomes_in_the_case_system_are_children_of_the_case() -> None:
    for told in EVERY_KIND:
        if told.case is not None:
            rows = [*told.case.last_children_incomes, *(row for one in told.case.earlier_calculations for row in one.children_incomes)]
            assert {number for number, _, _ in rows} <= {child.personnummer for child in told.case.children}, told.kind


@pytest.mark.parametrize("seed", range(20))
def test_forty_households_show_every_reason_that_a_case_itself_can_have(seed: int) -> None:
    def codes(households: Iterable[Household]) -> set[str]:
        return {code for told in households for code in told.expected.codes}

    assert codes(generated(seed, 40)) == codes(EVERY_KIND)


def test_a_second_application_leaves_the_registers_to_the_first() -> None:
    first, second = (told for told in EVERY_KIND if told.kind == "two_applications_for_a_month")

    assert (second.population, second.agencies, second.case) == ((), (), None)
    assert (second.persons, second.application.applicant, second.application.month) == (
        first.persons,
        first.application.applicant,
        first.application.month,
    )
    assert second.application.submitted_at > first.application.submitted_at
    assert second.application.reference > first.application.reference
    assert (first.expected.ending, second.expected.codes) == ("decided", ("TWICE",))


def test_in_granted_households_all_systems_say_the_same() -> None:
    for told in granted():
        form, case = told.application, case_of(told)
        assert case.is_open, told.kind
        assert (case.applicant, case.co_applicant, case.civil_status) == (form.applicant, form.co_applicant, form.civil_status), told.kind
        assert {entry.civil_status for entry in told.population[: len(adults_of(told))]} == {form.civil_status}, told.kind
        members = {number for entry in told.population for number, _ in entry.members}
        at_home = [entry for entry in told.population if entry.personnummer in members or entry.personnummer in adults_of(told)]
        assert {entry.address for entry in at_home} == {case.address}, told.kind
        assert (case.account, case.housing_form, str(case.persons_in_dwelling)) == (form.account, form.housing_form, form.persons_in_dwelling)
        assert [(child.personnummer, child.residence, str(child.days), child.lunch) for child in case.children] == [
            (child.personnummer, child.residence, child.days, child.lunch) for child in form.children
        ], told.kind
        assert sorted(case.assets) == sorted(form.assets), told.kind
        assert {number for answers in told.agencies for number, _ in answers.vehicles} == set(case.vehicles), told.kind
        assert not case.has_open_overpayment, told.kind
        assert not case.leftover_deduction, told.kind
        assert case.last_month == month_before(form.month), told.kind
        assert form.month not in case.decided_months, told.kind
        assert (form.housing_changed, form.follows_plan, form.days_away) == ("Nej", "Ja", "0"), told.kind
        assert (form.pending_benefits, form.attachments) == ((), ()), told.kind


def test_in_granted_households_the_register_has_the_partner_and_the_children_of_full_residence() -> None:
    for told in granted():
        applicant = dict(told.population[0].members)
        partners = [number for number, relation in applicant.items() if relation in {"make", "sambo"}]
        assert partners == adults_of(told)[1:], told.kind
        full_time = {child.personnummer for child in told.application.children if child.residence == "heltid"}
        registered = {number for number, relation in applicant.items() if relation == "barn"}
        assert full_time <= registered <= {child.personnummer for child in told.application.children}, told.kind


def test_in_granted_households_every_adult_has_a_plan_and_job_seekers_have_reported() -> None:
    for told in granted():
        months = {told.application.month, month_before(told.application.month)}
        last_day = date.fromordinal(first_of_month(told).toordinal() - 1)
        for party, answers in zip(("sökande", "medsökande"), told.agencies, strict=False):
            plans = [plan for plan in case_of(told).plans if plan.party == party and plan.valid_from <= last_day <= plan.valid_until]
            assert len(plans) == 1, told.kind
            if plans[0].kind == "jobbsökande":
                assert answers.is_job_seeker, told.kind
                assert str(answers.latest_activity_report_on)[:7] in months, told.kind


def test_in_granted_households_nobody_is_protected_and_every_agency_answers() -> None:
    for told in granted():
        assert not any(entry.is_protected for entry in told.population), told.kind
        assert not any(answers.has_secrecy_marking or answers.failing or answers.fk_open_claims for answers in told.agencies), told.kind


def test_the_days_of_payments_and_stated_incomes_lie_in_the_control_month() -> None:
    outside = set()
    for told in EVERY_KIND:
        control = month_before(told.application.month) if told.kind != "month_in_words" else "2026-02"
        stated = [*(row.paid_on for row in told.application.incomes), *(row.paid_on for row in told.application.children_incomes)]
        paid = [
            str(payment.paid_on)
            for answers in told.agencies
            for payment in (*answers.fk_payments, *answers.csn_payments, *answers.pm_payments, *answers.skv_refunds, *answers.so_payments)
        ]
        if any(not day.startswith(control) for day in (*stated, *paid)):
            outside.add(told.kind)

    assert outside == {"payment_outside_the_control_month", "income_of_another_month"}


def test_values_can_be_read_unless_the_kind_is_about_one_that_cannot() -> None:
    amount = re.compile(r"[0-9]{1,3}( [0-9]{3})?,00")
    unreadable = set()
    for told in EVERY_KIND:
        form = told.application
        amounts = [
            *(row.amount for row in form.incomes),
            *(row.amount for row in form.children_incomes),
            *(value for _, value in (*form.expenses, *form.assets)),
            *(value for _, _, value in (told.case.last_incomes if told.case else ())),
            *(value for _, value in (told.case.last_expenses if told.case else ())),
            *amounts_of_judgements(told.case),
        ]
        readable = (
            all(amount.fullmatch(value) for value in amounts)
            and re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", form.month) is not None
            and all(is_a_day(row.paid_on) for row in form.incomes)
            and all(child.days.isdecimal() and 0 <= int(child.days) <= 31 for child in form.children)
            and all(child.personnummer in carried_numbers() for child in form.children)
            and form.persons_in_dwelling.isdecimal()
            and form.days_away.isdecimal()
        )
        if not readable:
            unreadable.add(told.kind)

    assert unreadable == MALFORMED


def amounts_of_judgements(case: CaseEntry | None) -> list[str]:
    """Return the amounts of children's incomes, spread incomes and frame in a case."""
    if case is None:
        return []
    of_children = [*case.last_children_incomes, *(row for one in case.earlier_calculations for row in one.children_incomes)]
    return [
        *(amount for _, _, amount in of_children),
        *(amount for _, _, amount, _, _ in case.spread_incomes),
        *(bound for _, _, lowest, highest in case.frame_incomes for bound in (lowest, highest)),
        *(highest for _, highest in case.frame_expenses),
    ]


def is_a_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def test_only_hand_offs_have_codes_and_only_grants_have_amounts() -> None:
    for told in EVERY_KIND:
        is_hand_off = told.expected.ending == "handed off"
        assert told.expected.ending in {"decided", "proposed", "handed off"}, told.kind
        assert bool(told.expected.codes) == is_hand_off, told.kind
        assert (told.expected.amount is None) == is_hand_off, told.kind
        assert told.expected.arithmetic, told.kind
        assert told.about.endswith("."), told.kind


def test_every_reason_that_a_case_itself_can_have_is_met() -> None:
    met = {ReasonCode(code) for told in EVERY_KIND for code in told.expected.codes}

    # These come from the law's bans, the sampling rate and from what happens on the way, not from a household.
    of_the_way = {ReasonCode.OUTCOME_UNKNOWN, ReasonCode.ROBOT_FAULT, ReasonCode.CANCELLED}
    assert set(ReasonCode) - met == {ReasonCode.LAW, ReasonCode.SAMPLE, ReasonCode.NO_PERSON} | of_the_way


def last_number(text: str) -> int:
    return int(re.findall(r"[0-9]+", text)[-1])


def wrong_sums(arithmetic: str) -> list[str]:
    """Return the parts `a + b - c = d` that do not add up; words beside the numbers say what they are, the last number of each counts."""
    wrong = []
    for part in arithmetic.split("; "):
        if " = " not in part:
            continue
        left, right = part.split(" = ")
        first, *rest = re.split(r" ([+-]) ", left)
        total = last_number(first)
        for sign, term in zip(rest[::2], rest[1::2], strict=True):
            total += last_number(term) if sign == "+" else -last_number(term)
        if total != last_number(right):
            wrong.append(part)
    return wrong


@pytest.mark.parametrize("told", EVERY_KIND, ids=lambda told: told.kind)
def test_the_arithmetic_adds_up_and_ends_in_the_amount(told: Household) -> None:
    assert wrong_sums(told.expected.arithmetic) == []
    if told.expected.amount is not None:
        assert last_number(told.expected.arithmetic) == told.expected.amount


def test_a_sum_that_does_not_add_up_is_seen() -> None:
    assert wrong_sums("single 3940 + common 1280 = 5220; 5220 - wage 20 = 5201") == ["5220 - wage 20 = 5201"]


def test_the_amounts_in_the_arithmetic_are_those_of_the_household() -> None:
    def kronor(text: str) -> int:
        return int(text.replace(" ", "").removesuffix(",00"))

    ignored: Callable[[str], bool] = {"extra tillägg", "merkostnadsersättning"}.__contains__
    for told in granted():
        in_words = {int(number) for number in re.findall(r"[0-9]+", told.expected.arithmetic)}
        costs = {kronor(value) for _, value in told.application.expenses}
        assert costs <= in_words, told.kind
        if told.kind not in {"benefit_stated_a_little_lower"}:
            assert {kronor(row.amount) for row in told.application.incomes if not ignored(row.kind)} <= in_words, told.kind
