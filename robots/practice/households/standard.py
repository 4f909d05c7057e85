"""Households of every make-up that need no person: the amount of each is worked out by hand from the norm table and the guidelines.

Norm 2026: single 3940, couple 7100; children 0: 2740, 1-2: 3060, 3: 2720, 4-6: 3060, 7-10: 3820, 11-14: 4390, 15-18: 4960, 19-20: 5000;
with lunch outside the home 0: 2560, 1-2: 2800, 3: 2500, 4-6: 2720; common costs 1280, 1410, 1790, 2030, 2330, 2640, 2830, each further 190.
"""

from __future__ import annotations

from robots.practice.households.stage import Child, Expense, decided, electricity, fk, household, rent
from robots.practice.persons import Cast
from robots.practice.world import Household


def single_with_activity_support(cast: Cast) -> Household:
    """A single adult in a programme."""
    return household(
        cast,
        about="A single adult with aktivitetsstöd, everything as the month before.",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6500), electricity(450)),
        expected=decided(7170, "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; 12170 - aktivitetsstöd 5000 = 7170"),
    )


def single_without_income(cast: Cast) -> Household:
    """A single adult with nothing."""
    return household(
        cast,
        about="A single adult without any income; home insurance among the costs.",
        month="2026-04",
        expenses=(rent(6100), electricity(400), Expense(kind="hemförsäkring", amount=130)),
        expected=decided(11850, "single 3940 + common 1280 = 5220; 5220 + rent 6100 + electricity 400 + insurance 130 = 11850"),
    )


def couple_with_two_benefits(cast: Cast) -> Household:
    """Two adults with an income each."""
    return household(
        cast,
        about="Two cohabiting adults, one with aktivitetsstöd and one with etableringsersättning.",
        partner="sambo",
        incomes=(fk("aktivitetsstöd", 6200), fk("etableringsersättning", 5100, party="medsökande")),
        expenses=(rent(7600), electricity(600)),
        expected=decided(
            5410,
            "couple 7100 + common 1410 = 8510; 8510 + rent 7600 + electricity 600 = 16710; "
            "16710 - aktivitetsstöd 6200 - etableringsersättning 5100 = 5410",
        ),
    )


def single_parent_child_of_5_lunch_at_home(cast: Cast) -> Household:
    """The row 4-6 with lunch at home."""
    return household(
        cast,
        about="A single parent with a child of 4-6 who eats lunch at home.",
        children=(Child(ages=(4, 6)),),
        incomes=(fk("barnbidrag", 1250), fk("bostadsbidrag", 2600), fk("underhållsstöd", 1673)),
        expenses=(rent(8200), electricity(550)),
        expected=decided(
            11637,
            "single 3940 + child 3060 + common 1410 = 8410; 8410 + rent 8200 + electricity 550 = 17160; "
            "17160 - barnbidrag 1250 - bostadsbidrag 2600 - underhållsstöd 1673 = 11637",
        ),
    )


def single_parent_child_of_5_in_preschool(cast: Cast) -> Household:
    """The row 4-6 without lunch."""
    return household(
        cast,
        about="A single parent with a child of 4-6 who eats lunch in preschool.",
        children=(Child(ages=(4, 6), lunch="utanför hemmet"),),
        incomes=(fk("barnbidrag", 1250), fk("bostadsbidrag", 2600)),
        expenses=(rent(8200), electricity(550)),
        expected=decided(
            12970,
            "single 3940 + child without lunch 2720 + common 1410 = 8070; 8070 + rent 8200 + electricity 550 = 16820; "
            "16820 - barnbidrag 1250 - bostadsbidrag 2600 = 12970",
        ),
    )


def family_with_school_children(cast: Cast) -> Household:
    """The rows 7-10 and 11-14."""
    return household(
        cast,
        about="A married couple with one child of 7-10 and one of 11-14.",
        month="2026-05",
        partner="gift",
        children=(Child(ages=(7, 10)), Child(ages=(11, 14))),
        incomes=(fk("barnbidrag", 2650), fk("föräldrapenning", 7400, party="medsökande")),
        expenses=(rent(9900), electricity(900)),
        expected=decided(
            18090,
            "couple 7100 + child 3820 + child 4390 + common 2030 = 17340; 17340 + rent 9900 + electricity 900 = 28140; "
            "28140 - barnbidrag 2650 - föräldrapenning 7400 = 18090",
        ),
    )
