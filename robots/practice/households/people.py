"""The adults and their duties: plan, stay, permit, assets, account, attachments, protection."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from robots.practice.households.stage import (
    Child,
    case_of,
    decided,
    electricity,
    fk,
    handed_off,
    household,
    rent,
    with_answers,
    with_case,
    with_form,
    with_register,
)
from robots.practice.persons import Cast
from robots.practice.world import Expected, Household


def _single(cast: Cast, *, about: str, expected: Expected, month: str = "2026-03", **more: Any) -> Household:
    """Return a single adult whose need is 5220 + 6500 + 450 = 12170 and income 5000."""
    return household(
        cast, about=about, month=month, incomes=(fk("aktivitetsstöd", 5000),), expenses=(rent(6500), electricity(450)), expected=expected, **more
    )


def _couple(cast: Cast, *, about: str, expected: Expected, month: str = "2026-03", **more: Any) -> Household:
    """Return a married couple whose need is 8510 + 7600 + 600 = 16710 and income 6200."""
    return household(
        cast,
        about=about,
        month=month,
        partner="gift",
        incomes=(fk("aktivitetsstöd", 6200),),
        expenses=(rent(7600), electricity(600)),
        expected=expected,
        **more,
    )


_SUM_OF_ONE = "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; 12170 - aktivitetsstöd 5000 = 7170"
_SUM_OF_TWO = "couple 7100 + common 1410 = 8510; 8510 + rent 7600 + electricity 600 = 16710; 16710 - aktivitetsstöd 6200 = 10510"


def known_assets_and_car(cast: Cast) -> Household:
    """Assets as the case system has them."""
    told = _single(
        cast, about="A single adult with savings and a car that the case system knows.", month="2026-06", expected=decided(7170, _SUM_OF_ONE)
    )
    assets = (("bankmedel", "850,00"), ("bil", "9 000,00"))
    told = with_case(with_form(told, assets=assets), assets=assets, vehicles=("ÖÄÅ017",))
    return with_answers(told, vehicles=(("ÖÄÅ017", "Exempelvagn kombi"),))


def permit_until_the_last_day(cast: Cast) -> Household:
    """A permit through the whole month is enough."""
    told = _single(
        cast,
        about="A single adult whose residence permit ends on the last day of the month applied for.",
        month="2026-08",
        plans=("sfi",),
        expected=decided(7170, _SUM_OF_ONE),
    )
    return with_answers(told, residence_permit_until=date(2026, 8, 31))


def report_in_the_month_applied_for(cast: Cast) -> Household:
    """An activity report in M is as good as one in C."""
    told = _single(cast, about="A single adult who reported again in the month applied for.", month="2026-05", expected=decided(7170, _SUM_OF_ONE))
    return with_answers(told, latest_activity_report_on=date(2026, 5, 4))


def couple_with_other_plans(cast: Cast) -> Household:
    """Only a `jobbsökande` must be registered and report."""
    return _couple(
        cast,
        about="A married couple, one in Swedish for immigrants and one in a placement.",
        month="2026-09",
        plans=("sfi", "praktik"),
        expected=decided(10510, _SUM_OF_TWO),
    )


def plan_not_followed(cast: Cast) -> Household:
    """Whether there are acceptable reasons is a person's judgement."""
    told = _single(cast, about="The applicant says that the plan was not followed.", expected=handed_off("PLAN", because="follows the plan: no"))
    return with_form(told, follows_plan="Nej")


def no_plan(cast: Cast) -> Household:
    """The co-applicant has no plan."""
    told = _couple(
        cast,
        about="A married couple whose co-applicant has no plan.",
        month="2026-04",
        expected=handed_off("PLAN", because="one plan for two adults"),
    )
    return with_case(told, plans=case_of(told).plans[:1])


def plan_ended_in_the_control_month(cast: Cast) -> Household:
    """A plan must hold on the last day of C."""
    told = _single(
        cast, about="A plan that ended a day before the control month did.", expected=handed_off("PLAN", because="valid until 27 February only")
    )
    (plan,) = case_of(told).plans
    return with_case(told, plans=(replace(plan, valid_until=date(2026, 2, 27)),))


def not_registered_as_job_seeker(cast: Cast) -> Household:
    """Arbetsförmedlingen no longer has the person."""
    told = _single(
        cast,
        about="A plan to seek work without being registered at Arbetsförmedlingen.",
        month="2026-07",
        expected=handed_off("PLAN", because="jobbsökande, but not registered"),
    )
    return with_answers(told, is_job_seeker=False, latest_activity_report_on=None)


def activity_report_missing(cast: Cast) -> Household:
    """The latest report is older than the control month."""
    told = _single(
        cast,
        about="The latest activity report is from the month before the control month.",
        month="2026-10",
        expected=handed_off("PLAN", because="the latest report is from August"),
    )
    return with_answers(told, latest_activity_report_on=date(2026, 8, 31))


def stay_abroad(cast: Cast) -> Household:
    """Days outside the municipality."""
    told = _single(
        cast, about="Nine days outside the municipality.", month="2026-09", expected=handed_off("STAY", because="9 days away in the control month")
    )
    return with_form(told, days_away="9")


def residence_permit_ends(cast: Cast) -> Household:
    """A permit that ends within the month."""
    told = _single(
        cast,
        about="A residence permit that ends the day before the month does.",
        month="2026-08",
        plans=("sfi",),
        expected=handed_off("STAY", because="permit until 30 August"),
    )
    return with_answers(told, residence_permit_until=date(2026, 8, 30))


def new_asset(cast: Cast) -> Household:
    """An asset that the case system does not have."""
    told = _single(cast, about="Savings that the case system does not know.", expected=handed_off("ASSET", because="bankmedel 14 000 is new"))
    return with_form(told, assets=(("bankmedel", "14 000,00"),))


def asset_has_changed(cast: Cast) -> Household:
    """Another amount than the case system has."""
    told = _single(
        cast, about="Savings that have grown.", month="2026-10", expected=handed_off("ASSET", because="bankmedel 2 600 now, 850 in the case system")
    )
    return with_case(with_form(told, assets=(("bankmedel", "2 600,00"),)), assets=(("bankmedel", "850,00"),))


def unknown_vehicle(cast: Cast) -> Household:
    """Transportstyrelsen has a vehicle that the case system has not."""
    told = _single(cast, about="A car in the vehicle register that nobody has mentioned.", expected=handed_off("ASSET", because="an unknown vehicle"))
    return with_answers(told, vehicles=(("ÅÄÖ042", "Exempelvagn sport"),))


def new_account(cast: Cast) -> Household:
    """Money goes only to the account that a person has checked."""
    told = _single(cast, about="Another account than the case system has.", expected=handed_off("PAYACC", because="the accounts differ"))
    return with_form(told, account=cast.account())


def attachment(cast: Cast) -> Household:
    """Attachments are read by a person."""
    told = _single(cast, about="A pay slip is attached.", month="2026-02", expected=handed_off("ATTACH", because="one attachment"))
    return with_form(told, attachments=("lönespecifikation_åäö.pdf",))


def earlier_overpayment(cast: Cast) -> Household:
    """An earlier overpayment is never set off by the robot."""
    told = _single(cast, about="An open overpayment in the case system.", expected=handed_off("RECLAIM", because="an open overpayment"))
    return with_case(told, has_open_overpayment=True)


def protected_in_the_population_register(cast: Cast) -> Household:
    """No other reason is given, whatever else the case holds."""
    told = _single(
        cast,
        about="The applicant is protected in the population register; an attachment besides.",
        expected=handed_off("PROTECTED", because="the first gate; the attachment is not looked at"),
    )
    return with_register(with_form(told, attachments=("intyg.pdf",)), is_protected=True)


def protected_at_the_employment_agency(cast: Cast) -> Household:
    """Arbetsförmedlingen marks the co-applicant."""
    told = _couple(
        cast,
        about="The co-applicant has a secrecy marking at Arbetsförmedlingen.",
        month="2026-05",
        expected=handed_off("PROTECTED", because="the first gate, for any adult"),
    )
    return with_answers(told, adult=1, has_secrecy_marking=True)


def child_protected_in_the_population_register(cast: Cast) -> Household:
    """A child that lives with the parent; what else speaks against the case would be shown if the child were not protected."""
    told = household(
        cast,
        about="The second child of a single parent is protected in the population register; rent above the ceiling and an attachment besides.",
        month="2026-04",
        children=(Child(ages=(11, 14)), Child(ages=(7, 10))),
        incomes=(fk("barnbidrag", 2650), fk("aktivitetsstöd", 6200)),
        expenses=(rent(19900), electricity(700)),
        expected=handed_off("PROTECTED", because="the first gate, for any child as for any adult; rent and attachment are not looked at"),
    )
    return with_register(with_form(told, attachments=("intyg.pdf",)), adult=2, is_protected=True)


def visiting_child_is_protected(cast: Cast) -> Household:
    """The child is registered with the other parent, and so among nobody's members here."""
    told = household(
        cast,
        about="A child that visits four days a month is registered elsewhere and protected there.",
        month="2026-06",
        children=(Child(ages=(7, 10), residence="umgänge", days=4, is_registered=False),),
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6500), electricity(450)),
        expected=handed_off("PROTECTED", because="in the application, and so of the household, if only for four days"),
    )
    return with_register(told, adult=1, is_protected=True)


def child_who_has_left_is_protected(cast: Cast) -> Household:
    """Only the case system still has the child: HH-CHILD would tell that it is gone."""
    told = household(
        cast,
        about="A parent applies alone; the case system still has a child of 7-10, who now is protected and registered elsewhere.",
        month="2026-09",
        children=(Child(ages=(7, 10), is_registered=False),),
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6500), electricity(450)),
        expected=handed_off("PROTECTED", because="the case has the child; that it has left is not told either"),
    )
    return with_register(with_form(told, children=(), persons_in_dwelling="1"), adult=1, is_protected=True)
