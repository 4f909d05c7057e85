"""The households of the practice municipality by kind, each with what must become of it, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from robots.practice.households import children_incomes, deviations, dwellings, expenses, income_changes, incomes, judgements, people, standard
from robots.practice.persons import Cast
from robots.practice.world import Household

#: What a kind is: it plays its household with persons from the cast; two when it needs two applications of the same persons.
Kind = Callable[[Cast], Household | tuple[Household, Household]]

_DECIDED: tuple[Kind, ...] = (
    standard.single_with_activity_support,
    standard.single_without_income,
    standard.couple_with_two_benefits,
    standard.single_parent_child_of_5_lunch_at_home,
    standard.single_parent_child_of_5_in_preschool,
    standard.family_with_school_children,
    standard.single_in_february_2024,
    standard.single_in_december_2025,
    standard.couple_in_january,
    standard.couple_with_newborn_in_2025,
    standard.single_parent_with_infant_in_2024,
    standard.infant_with_lunch_outside_the_home,
    standard.single_parent_child_of_1_in_preschool,
    standard.couple_child_of_2_at_home,
    standard.single_parent_child_of_3_at_home,
    standard.single_parent_child_of_3_in_preschool,
    standard.single_parent_child_of_15,
    standard.couple_with_youth_of_17,
    standard.single_parent_with_student_of_19,
    standard.family_of_seven,
    standard.family_of_eight,
    standard.family_of_nine,
    dwellings.child_alternates_15_days,
    dwellings.child_alternates_14_days,
    dwellings.small_child_alternates_and_eats_in_preschool,
    dwellings.child_visits_4_days,
    dwellings.child_visits_the_whole_of_july,
    dwellings.lodger,
    dwellings.couple_in_a_dwelling_of_three,
    dwellings.room_in_a_dwelling_of_eight,
    dwellings.parent_and_child_in_a_dwelling_of_five,
    incomes.unemployment_fund,
    incomes.student_aid,
    incomes.pension_and_housing_supplement,
    incomes.wage_with_jobbstimulans,
    incomes.tax_refund_in_two_parts,
    incomes.wage_of_the_co_applicant,
    incomes.benefit_12_percent_higher,
    incomes.benefit_12_percent_lower,
    incomes.benefit_stated_a_little_lower,
    incomes.benefit_not_stated,
    incomes.student_with_extra_supplement,
    incomes.additional_cost_benefit,
    incomes.payment_outside_the_control_month,
    incomes.swish_as_before,
    children_incomes.child_of_16_with_summer_wage,
    children_incomes.school_youth_of_19_with_a_wage,
    children_incomes.child_earns_just_the_price_base_amount,
    children_incomes.child_earned_most_of_it_the_year_before,
    judgements.severance_pay_spread_over_six_months,
    judgements.spread_income_counts_for_the_first_time,
    judgements.spread_income_has_come_to_its_end,
    judgements.swish_varies_within_the_frame,
    judgements.benefit_at_the_top_of_the_frame,
    judgements.rent_above_ceiling_within_the_frame,
    judgements.wage_on_the_last_day_of_the_two_years,
    judgements.jobbstimulans_begins_anew_after_six_months,
    expenses.rent_at_the_ceiling,
    expenses.costs_have_fallen,
    expenses.every_cost_at_its_ceiling,
    people.known_assets_and_car,
    people.permit_until_the_last_day,
    people.report_in_the_month_applied_for,
    people.couple_with_other_plans,
)
_PROPOSED: tuple[Kind, ...] = (
    expenses.medicine,
    expenses.medical_visit,
    expenses.medicine_and_medical_visit,
    expenses.medicine_of_a_pensioner,
    expenses.surplus_pays_a_part_of_the_medicine,
)
_HANDED_OFF: tuple[Kind, ...] = (
    dwellings.partner_has_left,
    dwellings.partner_in_the_register_only,
    dwellings.married_in_the_register,
    dwellings.more_people_in_the_dwelling,
    dwellings.couple_in_two_dwellings,
    dwellings.moved,
    dwellings.other_housing_form,
    dwellings.newborn_registered_only,
    dwellings.child_not_in_the_register,
    dwellings.child_has_turned_21,
    dwellings.days_of_the_child_differ,
    dwellings.lunch_of_the_child_differs,
    dwellings.child_has_moved_in,
    income_changes.wage_without_jobbstimulans,
    income_changes.benefit_vanished,
    income_changes.wage_after_jobbstimulans_has_ended,
    income_changes.benefit_changed_too_much,
    income_changes.disability_benefit_changed_by_a_krona,
    income_changes.benefit_stated_too_low,
    income_changes.benefit_is_new,
    income_changes.tax_refund_not_stated,
    income_changes.gift_is_new,
    income_changes.income_not_in_the_register,
    income_changes.income_of_unknown_kind,
    income_changes.care_benefit,
    income_changes.income_stated_twice,
    income_changes.income_of_another_month,
    income_changes.benefit_moved_to_the_other_parent,
    income_changes.pending_benefit,
    income_changes.open_claim,
    income_changes.surplus,
    income_changes.exactly_zero,
    children_incomes.child_earns_a_krona_more,
    children_incomes.month_of_the_childs_year_is_missing,
    children_incomes.child_with_student_aid,
    children_incomes.income_of_a_child_not_in_the_application,
    children_incomes.child_with_student_aid_and_a_frame_that_has_expired,
    judgements.severance_pay_that_nobody_has_spread,
    judgements.benefit_outside_the_frame,
    judgements.rent_above_the_frame,
    judgements.frame_has_expired,
    judgements.wage_on_the_day_after_the_two_years,
    judgements.jobbstimulans_begins_anew_too_soon,
    expenses.rent_above_ceiling,
    expenses.rent_of_a_family_above_ceiling,
    expenses.electricity_above_ceiling,
    expenses.medicine_above_ceiling,
    expenses.rent_raised_within_ceiling,
    expenses.rent_is_new,
    expenses.new_expense,
    expenses.raised_expense,
    expenses.glasses,
    expenses.expense_of_unknown_kind,
    expenses.expense_stated_twice,
    people.plan_not_followed,
    people.no_plan,
    people.plan_ended_in_the_control_month,
    people.not_registered_as_job_seeker,
    people.activity_report_missing,
    people.stay_abroad,
    people.residence_permit_ends,
    people.new_asset,
    people.asset_has_changed,
    people.unknown_vehicle,
    people.new_account,
    people.attachment,
    people.earlier_overpayment,
    people.protected_in_the_population_register,
    people.protected_at_the_employment_agency,
    people.child_protected_in_the_population_register,
    people.visiting_child_is_protected,
    people.child_who_has_left_is_protected,
    deviations.no_case,
    deviations.case_is_closed,
    deviations.month_already_decided,
    deviations.last_month_not_calculated,
    deviations.two_applications_for_a_month,
    deviations.no_norm_for_the_year,
    deviations.insurance_agency_is_down,
    deviations.employment_agency_is_down,
    deviations.study_agency_is_down_for_one,
    deviations.transport_agency_is_down,
    deviations.amount_in_words,
    deviations.negative_amount,
    deviations.day_that_does_not_exist,
    deviations.days_beyond_the_month,
    deviations.number_of_a_child_is_impossible,
    deviations.month_in_words,
    deviations.markup_and_formulas,
    deviations.leftover_deduction,
    deviations.several_reasons,
    deviations.two_reasons_of_one_kind,
)

#: Every kind by its name.
KINDS: dict[str, Kind] = {getattr(kind, "__name__", ""): kind for kind in (*_DECIDED, *_PROPOSED, *_HANDED_OFF)}

#: In what share of the households each group of kinds is aimed at, in percent.
_SHARES = ((_DECIDED, 45), (_PROPOSED, 8), (_HANDED_OFF, 47))


def generate(seed: int, count: int) -> tuple[Household, ...]:
    """Return so many households by the seed: the same for the same seed and count.

    The order mixes decided, proposed and handed-off kinds as a working day does; no kind comes back before all have come once,
    and every reason code that a household can lead to has come within the first forty.
    A kind that applies twice gives two households with the same persons: the earlier application carries what the registers and
    the case system hold, the later one has no entries there (`population` and `agencies` empty, `case` None), so that both can be loaded.

    Args:
        seed: decides persons, names, addresses, days and order; never an amount or a code.
        count: how many; up to 200.

    Raises:
        LookupError: more households than the test numbers are enough for.
    """
    cast = Cast(seed)
    found: list[Household] = []
    while len(found) < count:
        for kind in _order(cast):
            played = kind(cast) if len(found) < count else ()
            group = played if isinstance(played, tuple) else (played,)
            if len(found) + len(group) <= count:
                found.extend(replace(one, kind=getattr(kind, "__name__", "")) for one in group)
    return _numbered(found)


def _order(cast: Cast) -> list[Kind]:
    """Return every kind once: at each place one of the group that lags furthest behind its share."""
    waiting = [_telling_first(cast.chance.sample(group, len(group))) for group, _ in _SHARES]
    taken = [0] * len(_SHARES)
    order: list[Kind] = []
    while any(waiting):
        place = min((place for place, kinds in enumerate(waiting) if kinds), key=lambda place: (taken[place] + 1) / _SHARES[place][1])
        order.append(waiting[place].pop(0))
        taken[place] += 1
    return order


def _telling_first(kinds: list[Kind]) -> list[Kind]:
    """Return the kinds with those first that show a reason code which none before them shows, so that a short list shows them all."""
    codes = {kind: _codes_of(kind) for kind in kinds}
    first: list[Kind] = []
    seen: set[str] = set()
    while True:
        # The first of those that show most: `max` keeps the order that the seed gave.
        best = max(kinds, key=lambda kind: len(codes[kind] - seen))
        if not codes[best] - seen:
            return first + [kind for kind in kinds if kind not in first]
        first.append(best)
        seen |= codes[best]


@cache
def _codes_of(kind: Kind) -> frozenset[str]:
    played = kind(Cast(0))
    return frozenset(code for one in (played if isinstance(played, tuple) else (played,)) for code in one.expected.codes)


def _numbered(found: list[Household]) -> tuple[Household, ...]:
    """Give every application a reference in the order of arrival, and every case its number."""
    arrival = sorted(range(len(found)), key=lambda place: (found[place].application.submitted_at, place))
    order = {place: number for number, place in enumerate(arrival, start=1)}
    numbered: list[Household] = []
    for place, one in enumerate(found):
        reference = f"EA-{one.application.submitted_at:%y}-{order[place]:05d}"
        case = one.case and replace(one.case, case_number=f"EB-2023-{place + 1:04d}")
        numbered.append(replace(one, application=replace(one.application, reference=reference), case=case))
    return tuple(numbered)
