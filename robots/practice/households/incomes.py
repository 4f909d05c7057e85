"""Incomes that the robot may count: from every agency, wage with jobbstimulans, and those that are left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from robots.practice.households.stage import Expense, Income, decided, electricity, fk, household, rent, with_answers
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
        month="2026-05",
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
