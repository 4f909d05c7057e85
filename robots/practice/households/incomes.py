"""Incomes: from every agency, wage, those that do not count, and those that a person must look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from robots.practice.households.stage import (
    Child,
    Expense,
    Income,
    decided,
    electricity,
    fk,
    handed_off,
    household,
    rent,
    with_answers,
    with_case,
    with_form,
)
from robots.practice.persons import Cast
from robots.practice.world import Household


def unemployment_fund(cast: Cast) -> Household:
    """An income from SO."""
    return household(
        cast,
        about="A single adult with a-kassa; the fund's fee among the costs.",
        incomes=(Income(kind="a-kassa", amount=8200, agency="SO"),),
        expenses=(rent(5900), Expense(kind="a-kasseavgift", amount=150)),
        expected=decided(3070, "single 3940 + common 1280 = 5220; 5220 + rent 5900 + fee 150 = 11270; 11270 - a-kassa 8200 = 3070"),
    )


def student_aid(cast: Cast) -> Household:
    """An income from CSN."""
    return household(
        cast,
        about="A single adult with studiemedel, exempt from seeking work.",
        plans=("undantag",),
        incomes=(Income(kind="studiemedel", amount=4100, agency="CSN"),),
        expenses=(rent(5400), electricity(380)),
        expected=decided(6900, "single 3940 + common 1280 = 5220; 5220 + rent 5400 + electricity 380 = 11000; 11000 - studiemedel 4100 = 6900"),
    )


def pension_and_housing_supplement(cast: Cast) -> Household:
    """Incomes from PM."""
    return household(
        cast,
        about="A pensioner with pension and bostadstillägg.",
        adult_ages=(66, 68),
        plans=("undantag",),
        incomes=(Income(kind="pension", amount=5600, agency="PM"), Income(kind="bostadstillägg", amount=3100, agency="PM")),
        expenses=(rent(6900), electricity(420)),
        expected=decided(
            3840,
            "single 3940 + common 1280 = 5220; 5220 + rent 6900 + electricity 420 = 12540; 12540 - pension 5600 - bostadstillägg 3100 = 3840",
        ),
    )


def wage_with_jobbstimulans(cast: Cast) -> Household:
    """Three quarters of the wage count."""
    return household(
        cast,
        about="A single adult with a wage and a jobbstimulans decision in force; travel to work among the costs.",
        jobbstimulans=("sökande",),
        incomes=(Income(kind="lön", amount=6000),),
        expenses=(rent(6300), Expense(kind="arbetsresor", amount=850)),
        expected=decided(
            7870,
            "single 3940 + common 1280 = 5220; 5220 + rent 6300 + travel 850 = 12370; a quarter of 6000 is disregarded: wage 6000 - 1500 = 4500; "
            "12370 - counted wage 4500 = 7870",
        ),
    )


def wage_without_jobbstimulans(cast: Cast) -> Household:
    """A person must look whether jobbstimulans applies."""
    return household(
        cast,
        about="A single adult with a wage and no jobbstimulans decision.",
        incomes=(Income(kind="lön", amount=6000),),
        expenses=(rent(6300), electricity(450)),
        expected=handed_off("INC-WAGE", because="a wage without a decision in force"),
    )


def benefit_vanished(cast: Cast) -> Household:
    """In the last calculation, but neither stated nor paid."""
    return household(
        cast,
        about="Bostadsbidrag of the month before is neither stated nor paid in the control month.",
        incomes=(fk("aktivitetsstöd", 4800), fk("bostadsbidrag", last=1300)),
        expenses=(rent(6400), electricity(450)),
        expected=handed_off("INC-GONE", because="bostadsbidrag 1300 in the last calculation, nothing now"),
    )


def tax_refund_in_two_parts(cast: Cast) -> Household:
    """An income from SKV, the same as the month before."""
    return household(
        cast,
        about="A single adult whose skatteåterbäring is paid in two equal parts, one in each month.",
        month="2026-06",
        incomes=(Income(kind="skatteåterbäring", amount=1420, agency="SKV"),),
        expenses=(rent(6200), electricity(390)),
        expected=decided(
            10390, "single 3940 + common 1280 = 5220; 5220 + rent 6200 + electricity 390 = 11810; 11810 - skatteåterbäring 1420 = 10390"
        ),
    )


def wage_of_the_co_applicant(cast: Cast) -> Household:
    """A quarter of 6542 is 1635.5, rounded up to 1636."""
    return household(
        cast,
        about="A married couple; the co-applicant has a wage and jobbstimulans.",
        month="2026-05",
        partner="gift",
        plans=("jobbsökande", "undantag"),
        jobbstimulans=("medsökande",),
        incomes=(Income(kind="lön", amount=6542, party="medsökande"),),
        expenses=(rent(7700), electricity(560)),
        expected=decided(
            11864,
            "couple 7100 + common 1410 = 8510; 8510 + rent 7700 + electricity 560 = 16770; a quarter of 6542 is disregarded: "
            "wage 6542 - 1636 = 4906; 16770 - counted wage 4906 = 11864",
        ),
    )


def benefit_12_percent_higher(cast: Cast) -> Household:
    """12 percent of 5000 is 600: exactly the limit."""
    return household(
        cast,
        about="Aktivitetsstöd exactly 12 percent higher than the month before.",
        month="2026-04",
        incomes=(fk("aktivitetsstöd", 5600, last=5000),),
        expenses=(rent(6500), electricity(450)),
        expected=decided(6570, "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; 12170 - aktivitetsstöd 5600 = 6570"),
    )


def benefit_12_percent_lower(cast: Cast) -> Household:
    """12 percent of 5000 is 600: exactly the limit."""
    return household(
        cast,
        about="Aktivitetsstöd exactly 12 percent lower than the month before.",
        month="2026-11",
        incomes=(fk("aktivitetsstöd", 4400, last=5000),),
        expenses=(rent(6500), electricity(450)),
        expected=decided(7770, "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; 12170 - aktivitetsstöd 4400 = 7770"),
    )


def benefit_stated_a_little_lower(cast: Cast) -> Household:
    """What the register has counts; 300 of 5300 is 5.7 percent."""
    return household(
        cast,
        about="Sjukpenning stated a little lower than Försäkringskassan paid.",
        month="2026-08",
        incomes=(fk("sjukpenning", 5300, stated=5000),),
        expenses=(rent(6500), electricity(450)),
        expected=decided(6870, "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; 12170 - paid sjukpenning 5300 = 6870"),
    )


def benefit_not_stated(cast: Cast) -> Household:
    """What the register has counts, stated or not."""
    return household(
        cast,
        about="Bostadsbidrag that is paid as before but not stated.",
        month="2026-09",
        incomes=(fk("aktivitetsstöd", 4800), fk("bostadsbidrag", 1300, stated=0)),
        expenses=(rent(6400), electricity(450)),
        expected=decided(
            5970,
            "single 3940 + common 1280 = 5220; 5220 + rent 6400 + electricity 450 = 12070; 12070 - aktivitetsstöd 4800 - bostadsbidrag 1300 = 5970",
        ),
    )


def student_with_extra_supplement(cast: Cast) -> Household:
    """Extra tillägg does not count, and is not compared."""
    return household(
        cast,
        about="Studiemedel that counts and extra tillägg that does not; the supplement is new.",
        plans=("sfi",),
        incomes=(Income(kind="studiemedel", amount=3900, agency="CSN"), Income(kind="extra tillägg", amount=1100, agency="CSN", last=0)),
        expenses=(rent(5600), electricity(360)),
        expected=decided(7280, "single 3940 + common 1280 = 5220; 5220 + rent 5600 + electricity 360 = 11180; 11180 - studiemedel 3900 = 7280"),
    )


def additional_cost_benefit(cast: Cast) -> Household:
    """Merkostnadsersättning does not count."""
    return household(
        cast,
        about="Sjukersättning that counts and merkostnadsersättning that does not.",
        month="2026-07",
        plans=("undantag",),
        incomes=(fk("sjukersättning", 8100), fk("merkostnadsersättning", 1480, last=0)),
        expenses=(rent(7000), electricity(420)),
        expected=decided(4540, "single 3940 + common 1280 = 5220; 5220 + rent 7000 + electricity 420 = 12640; 12640 - sjukersättning 8100 = 4540"),
    )


def payment_outside_the_control_month(cast: Cast) -> Household:
    """Only the payments of C count."""
    told = household(
        cast,
        about="Försäkringskassan also shows payments in the months before and after the control month.",
        month="2026-04",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6500), electricity(450)),
        expected=decided(
            7170, "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; 12170 - aktivitetsstöd of March 5000 = 7170"
        ),
    )
    (paid,) = told.agencies[0].fk_payments
    before, after = (replace(paid, paid_on=day, period_from=day.replace(day=1), period_until=day) for day in (date(2026, 2, 28), date(2026, 4, 1)))
    return with_answers(told, fk_payments=(before, paid, after))


def swish_as_before(cast: Cast) -> Household:
    """An income that no register has; 60 of 500 is exactly 12 percent."""
    return household(
        cast,
        about="Payments by Swish, 12 percent more than the month before.",
        month="2026-10",
        incomes=(fk("aktivitetsstöd", 5000), Income(kind="swish", amount=560, last=500)),
        expenses=(rent(6500), electricity(450)),
        expected=decided(
            6610,
            "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; 12170 - aktivitetsstöd 5000 - swish 560 = 6610",
        ),
    )


def _refused(cast: Cast, *codes: str, about: str, because: str, incomes: tuple[Income, ...], month: str = "2026-03", partner: str = "") -> Household:
    return household(
        cast,
        about=about,
        month=month,
        partner=partner,
        incomes=incomes,
        expenses=(rent(6400), electricity(450)),
        expected=handed_off(*codes, because=because),
    )


def wage_after_jobbstimulans_has_ended(cast: Cast) -> Household:
    """The decision must be in force on the pay date."""
    told = _refused(
        cast,
        "INC-WAGE",
        about="A wage paid after the jobbstimulans decision has ended.",
        because="the decision ended on 31 January, the wage came in February",
        incomes=(Income(kind="lön", amount=6000),),
    )
    return with_case(told, jobbstimulans=(("sökande", date(2024, 2, 1), date(2026, 1, 31)),))


def benefit_changed_too_much(cast: Cast) -> Household:
    """12 percent of 5000 is 600: one krona above the limit."""
    return _refused(
        cast,
        "INC-DIFF",
        about="Aktivitetsstöd one krona more than 12 percent above the month before.",
        because="5601 against 5000: 601 is more than 600",
        month="2026-04",
        incomes=(fk("aktivitetsstöd", 5601, last=5000),),
    )


def disability_benefit_changed_by_a_krona(cast: Cast) -> Household:
    """0 percent means exact."""
    return _refused(
        cast,
        "INC-DIFF",
        about="Sjukersättning, which may not change at all, changed by a krona.",
        because="8101 against 8100, and 0 percent is allowed",
        incomes=(fk("sjukersättning", 8101, last=8100),),
    )


def benefit_stated_too_low(cast: Cast) -> Household:
    """The stated amount differs from the register's by more than the limit."""
    return _refused(
        cast,
        "INC-DIFF",
        about="Aktivitetsstöd stated as 4000 and paid as 5000.",
        because="1000 is more than 12 percent of 5000",
        month="2026-05",
        incomes=(fk("aktivitetsstöd", 5000, stated=4000),),
    )


def benefit_is_new(cast: Cast) -> Household:
    """Paid, and not in the last calculation."""
    return _refused(
        cast,
        "INC-NEW",
        about="Bostadsbidrag for the first time.",
        because="bostadsbidrag 1300 is not in the last calculation",
        month="2026-06",
        incomes=(fk("aktivitetsstöd", 4800), fk("bostadsbidrag", 1300, last=0)),
    )


def tax_refund_not_stated(cast: Cast) -> Household:
    """The register knows what the application does not say."""
    return _refused(
        cast,
        "INC-NEW",
        about="A skatteåterbäring that the applicant has not stated.",
        because="skatteåterbäring 2310 in the register, nothing before",
        month="2026-07",
        incomes=(fk("aktivitetsstöd", 4800), Income(kind="skatteåterbäring", amount=2310, agency="SKV", stated=0, last=0)),
    )


def gift_is_new(cast: Cast) -> Household:
    """An income that no register has, for the first time."""
    return _refused(
        cast,
        "INC-NEW",
        about="A gift that was not there the month before.",
        because="gåva 900 is not in the last calculation",
        incomes=(fk("aktivitetsstöd", 4800), Income(kind="gåva", amount=900, last=0)),
    )


def income_not_in_the_register(cast: Cast) -> Household:
    """Stated, and the agency has paid nothing."""
    return _refused(
        cast,
        "INC-NOTINREG",
        about="Stated bostadsbidrag that Försäkringskassan has not paid.",
        because="bostadsbidrag 1300 stated, nothing in the register",
        incomes=(fk("aktivitetsstöd", 4800), fk("bostadsbidrag", 1300, registered=0)),
    )


def income_of_unknown_kind(cast: Cast) -> Household:
    """A kind that the guidelines do not name."""
    return _refused(
        cast,
        "INC-UNKNOWN",
        about="An income of a kind that the guidelines do not have.",
        because="livränta is not in the table",
        month="2026-11",
        incomes=(fk("aktivitetsstöd", 4800), Income(kind="livränta", amount=2100)),
    )


def care_benefit(cast: Cast) -> Household:
    """A kind that the guidelines leave to a person, seen in the register only."""
    return _refused(
        cast,
        "INC-UNKNOWN",
        about="Omvårdnadsbidrag in the register, which a person must judge.",
        because="omvårdnadsbidrag is for a person",
        incomes=(fk("aktivitetsstöd", 4800), fk("omvårdnadsbidrag", 3600, stated=0, last=0)),
    )


def income_stated_twice(cast: Cast) -> Household:
    """The same row twice counts once."""
    told = _refused(
        cast,
        "INC-DOUBLE",
        about="Aktivitetsstöd stated in two identical rows.",
        because="two rows of the same kind, date and amount; once they agree with the register",
        incomes=(fk("aktivitetsstöd", 4800),),
    )
    return with_form(told, incomes=told.application.incomes * 2)


def income_of_another_month(cast: Cast) -> Household:
    """A stated date outside the control month cannot be right."""
    told = _refused(
        cast,
        "UNREADABLE",
        about="Aktivitetsstöd stated with a date in the month applied for; paid in the control month.",
        because="the stated date is not in February",
        incomes=(fk("aktivitetsstöd", 4800),),
    )
    return with_form(told, incomes=tuple(replace(row, paid_on="2026-03-25") for row in told.application.incomes))


def benefit_moved_to_the_other_parent(cast: Cast) -> Household:
    """Incomes are compared per person."""
    return household(
        cast,
        about="Barnbidrag is now paid to the co-applicant instead of the applicant.",
        partner="gift",
        children=(Child(ages=(7, 10)),),
        incomes=(fk("barnbidrag", last=1250), fk("barnbidrag", 1250, party="medsökande", last=0)),
        expenses=(rent(9000), electricity(700)),
        expected=handed_off("INC-GONE", "INC-NEW", because="gone for the applicant, new for the co-applicant"),
    )


def pending_benefit(cast: Cast) -> Household:
    """Another benefit may come for the same time."""
    told = _refused(
        cast,
        "INC-PENDING",
        about="The applicant waits for a decision on a-kassa.",
        because="a pending benefit is stated",
        month="2026-09",
        incomes=(fk("aktivitetsstöd", 4800),),
    )
    return with_form(told, pending_benefits=("a-kassa",))


def open_claim(cast: Cast) -> Household:
    """Försäkringskassan has a claim that it has not decided."""
    told = _refused(
        cast,
        "INC-PENDING",
        about="An open claim for sjukpenning at Försäkringskassan that the applicant does not mention.",
        because="an open claim at FK",
        incomes=(fk("aktivitetsstöd", 4800),),
    )
    return with_answers(told, fk_open_claims=("sjukpenning",))


def surplus(cast: Cast) -> Household:
    """Rejections are not delegated to the robot."""
    return _refused(
        cast,
        "DELEG",
        about="Incomes above the need: nothing to grant, and no delegation to reject.",
        because="single 3940 + common 1280 = 5220; 5220 + rent 6400 + electricity 450 = 12070; sjukersättning 12900 is 830 more",
        incomes=(fk("sjukersättning", 12900),),
    )


def exactly_zero(cast: Cast) -> Household:
    """Nothing to grant to the krona."""
    return _refused(
        cast,
        "DELEG",
        about="Incomes that are exactly the need.",
        because="single 3940 + common 1280 = 5220; 5220 + rent 6400 + electricity 450 = 12070; 12070 - sjukersättning 12070 = 0",
        month="2026-12",
        incomes=(fk("sjukersättning", 12070),),
    )
