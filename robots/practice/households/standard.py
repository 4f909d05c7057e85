"""Households of every make-up that need no person: the amount of each is worked out by hand from the norm table and the guidelines.

Norm 2026: single 3940, couple 7100; children 0: 2740, 1-2: 3060, 3: 2720, 4-6: 3060, 7-10: 3820, 11-14: 4390, 15-18: 4960, 19-20: 5000;
with lunch outside the home 0: 2560, 1-2: 2800, 3: 2500, 4-6: 2720; common costs 1280, 1410, 1790, 2030, 2330, 2640, 2830, each further 190.
"""

from __future__ import annotations

from robots.practice.households.stage import Child, Expense, Income, decided, electricity, fk, household, rent
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


def single_in_february_2024(cast: Cast) -> Household:
    """Norm 2024: single 3800, common costs of one 1230."""
    return household(
        cast,
        about="A single adult who applies for February 2024, under the norm of that year.",
        month="2024-02",
        incomes=(fk("aktivitetsstöd", 4700),),
        expenses=(rent(5800), electricity(350)),
        expected=decided(6480, "single 3800 + common 1230 = 5030; 5030 + rent 5800 + electricity 350 = 11180; 11180 - aktivitetsstöd 4700 = 6480"),
    )


def single_in_december_2025(cast: Cast) -> Household:
    """The last month under the norm of 2025: single 3910, common costs of one 1270."""
    return household(
        cast,
        about="A single adult with etableringsersättning who applies for December 2025.",
        month="2025-12",
        incomes=(fk("etableringsersättning", 6720),),
        expenses=(rent(6000), electricity(310)),
        expected=decided(
            4770, "single 3910 + common 1270 = 5180; 5180 + rent 6000 + electricity 310 = 11490; 11490 - etableringsersättning 6720 = 4770"
        ),
    )


def couple_in_january(cast: Cast) -> Household:
    """The control month lies in the year before."""
    return household(
        cast,
        about="A married couple without income who applies for January 2026; the control month is December 2025.",
        month="2026-01",
        partner="gift",
        plans=("jobbsökande", "sfi"),
        expenses=(rent(7400), electricity(700), Expense(kind="hemförsäkring", amount=210)),
        expected=decided(16820, "couple 7100 + common 1410 = 8510; 8510 + rent 7400 + electricity 700 + insurance 210 = 16820"),
    )


def couple_with_newborn_in_2025(cast: Cast) -> Household:
    """The row 0; norm 2025: couple 7050, child 2720, common costs of three 1770."""
    return household(
        cast,
        about="A cohabiting couple with a child under one who applies for January 2025.",
        month="2025-01",
        partner="sambo",
        adult_ages=(22, 42),
        children=(Child(ages=(0, 0)),),
        plans=("jobbsökande", "undantag"),
        incomes=(fk("barnbidrag", 1250), fk("föräldrapenning", 5400, party="medsökande")),
        expenses=(rent(9000), electricity(650)),
        expected=decided(
            14540,
            "couple 7050 + child 2720 + common 1770 = 11540; 11540 + rent 9000 + electricity 650 = 21190; "
            "21190 - barnbidrag 1250 - föräldrapenning 5400 = 14540",
        ),
    )


def single_parent_with_infant_in_2024(cast: Cast) -> Household:
    """The row 0; norm 2024: single 3800, child 2640, common costs of two 1360."""
    return household(
        cast,
        about="A single parent with a child under one who applies for November 2024.",
        month="2024-11",
        adult_ages=(22, 42),
        children=(Child(ages=(0, 0)),),
        plans=("undantag",),
        incomes=(fk("barnbidrag", 1250), fk("föräldrapenning", 6200)),
        expenses=(rent(7600), electricity(500)),
        expected=decided(
            8450,
            "single 3800 + child 2640 + common 1360 = 7800; 7800 + rent 7600 + electricity 500 = 15900; "
            "15900 - barnbidrag 1250 - föräldrapenning 6200 = 8450",
        ),
    )


def infant_with_lunch_outside_the_home(cast: Cast) -> Household:
    """The row 0 without lunch; norm 2024: single 3800, child 2470, common costs of two 1360."""
    return household(
        cast,
        about="A single parent with a child under one in preschool who applies for December 2024.",
        month="2024-12",
        adult_ages=(22, 42),
        children=(Child(ages=(0, 0), lunch="utanför hemmet"),),
        incomes=(fk("barnbidrag", 1250), fk("aktivitetsstöd", 6100)),
        expenses=(rent(7100), electricity(480)),
        expected=decided(
            7860,
            "single 3800 + child without lunch 2470 + common 1360 = 7630; 7630 + rent 7100 + electricity 480 = 15210; "
            "15210 - barnbidrag 1250 - aktivitetsstöd 6100 = 7860",
        ),
    )


def single_parent_child_of_1_in_preschool(cast: Cast) -> Household:
    """The row 1-2 without lunch."""
    return household(
        cast,
        about="A single parent with a child of 1-2 who eats lunch in preschool.",
        month="2026-02",
        adult_ages=(22, 45),
        children=(Child(ages=(1, 2), lunch="utanför hemmet"),),
        incomes=(fk("barnbidrag", 1250), fk("bostadsbidrag", 2400)),
        expenses=(rent(7900), electricity(500)),
        expected=decided(
            12900,
            "single 3940 + child without lunch 2800 + common 1410 = 8150; 8150 + rent 7900 + electricity 500 = 16550; "
            "16550 - barnbidrag 1250 - bostadsbidrag 2400 = 12900",
        ),
    )


def couple_child_of_2_at_home(cast: Cast) -> Household:
    """The row 1-2 with lunch at home; the rent is exactly the ceiling of two adults with one child."""
    return household(
        cast,
        about="A married couple with a child of 1-2 who eats lunch at home, with a rent at the ceiling.",
        month="2026-02",
        partner="gift",
        adult_ages=(22, 45),
        children=(Child(ages=(1, 2)),),
        incomes=(fk("barnbidrag", 1250), fk("föräldrapenning", 6100, party="medsökande")),
        expenses=(rent(9400), electricity(700)),
        expected=decided(
            14700,
            "couple 7100 + child 3060 + common 1790 = 11950; 11950 + rent 9400 + electricity 700 = 22050; "
            "22050 - barnbidrag 1250 - föräldrapenning 6100 = 14700",
        ),
    )


def single_parent_child_of_3_at_home(cast: Cast) -> Household:
    """The row 3 with lunch at home."""
    return household(
        cast,
        about="A single parent with a child of 3 who eats lunch at home.",
        month="2026-04",
        children=(Child(ages=(3, 3)),),
        incomes=(fk("barnbidrag", 1250), fk("underhållsstöd", 1673)),
        expenses=(rent(8000), electricity(500)),
        expected=decided(
            13647,
            "single 3940 + child 2720 + common 1410 = 8070; 8070 + rent 8000 + electricity 500 = 16570; "
            "16570 - barnbidrag 1250 - underhållsstöd 1673 = 13647",
        ),
    )


def single_parent_child_of_3_in_preschool(cast: Cast) -> Household:
    """The row 3 without lunch."""
    return household(
        cast,
        about="A single parent with a child of 3 who eats lunch in preschool.",
        month="2026-06",
        children=(Child(ages=(3, 3), lunch="utanför hemmet"),),
        incomes=(fk("barnbidrag", 1250), fk("etableringsersättning", 6000)),
        expenses=(rent(8000), electricity(500)),
        expected=decided(
            9100,
            "single 3940 + child without lunch 2500 + common 1410 = 7850; 7850 + rent 8000 + electricity 500 = 16350; "
            "16350 - barnbidrag 1250 - etableringsersättning 6000 = 9100",
        ),
    )


def single_parent_child_of_15(cast: Cast) -> Household:
    """The row 15-18."""
    return household(
        cast,
        about="A single parent with a child of 15.",
        month="2026-09",
        adult_ages=(34, 60),
        children=(Child(ages=(15, 15), lunch="utanför hemmet"),),
        incomes=(fk("barnbidrag", 1250), fk("aktivitetsstöd", 7000)),
        expenses=(rent(8900), electricity(600)),
        expected=decided(
            11560,
            "single 3940 + child 4960 + common 1410 = 10310; 10310 + rent 8900 + electricity 600 = 19810; "
            "19810 - barnbidrag 1250 - aktivitetsstöd 7000 = 11560",
        ),
    )


def couple_with_youth_of_17(cast: Cast) -> Household:
    """The row 15-18, without barnbidrag."""
    return household(
        cast,
        about="A cohabiting couple with a youth of 17 or 18 in upper secondary school.",
        month="2026-10",
        partner="sambo",
        adult_ages=(37, 62),
        children=(Child(ages=(17, 18), lunch="utanför hemmet"),),
        incomes=(fk("aktivitetsstöd", 7900),),
        expenses=(rent(8800), electricity(800)),
        expected=decided(
            15550,
            "couple 7100 + youth 4960 + common 1790 = 13850; 13850 + rent 8800 + electricity 800 = 23450; 23450 - aktivitetsstöd 7900 = 15550",
        ),
    )


def single_parent_with_student_of_19(cast: Cast) -> Household:
    """The row 19-20."""
    return household(
        cast,
        about="A single parent with a youth of 19 or 20 who still goes to school.",
        month="2026-05",
        adult_ages=(38, 62),
        children=(Child(ages=(19, 20), lunch="utanför hemmet"),),
        incomes=(fk("aktivitetsstöd", 7000),),
        expenses=(rent(8500), electricity(600)),
        expected=decided(
            12450,
            "single 3940 + youth 5000 + common 1410 = 10350; 10350 + rent 8500 + electricity 600 = 19450; 19450 - aktivitetsstöd 7000 = 12450",
        ),
    )


def family_of_seven(cast: Cast) -> Household:
    """The last row of the common costs."""
    return household(
        cast,
        about="A married couple with five children; one of the adults has a-kassa.",
        month="2026-03",
        partner="gift",
        adult_ages=(33, 58),
        children=(Child(ages=(4, 6)), Child(ages=(7, 10)), Child(ages=(7, 10)), Child(ages=(11, 14)), Child(ages=(11, 14))),
        incomes=(fk("barnbidrag", 9240), Income(kind="a-kassa", amount=9800, agency="SO", party="medsökande")),
        expenses=(rent(12500), electricity(1050)),
        expected=decided(
            23920,
            "couple 7100 + child 3060 + child 3820 + child 3820 + child 4390 + child 4390 = 26580; 26580 + common 2830 = 29410; "
            "29410 + rent 12500 + electricity 1050 = 42960; 42960 - barnbidrag 9240 - a-kassa 9800 = 23920",
        ),
    )


def family_of_eight(cast: Cast) -> Household:
    """One more than the table of common costs has; rent and electricity exactly at their ceilings."""
    return household(
        cast,
        about="A cohabiting couple with six children, rent and electricity at their ceilings.",
        month="2026-04",
        partner="sambo",
        adult_ages=(33, 58),
        children=(
            Child(ages=(1, 2)),
            Child(ages=(4, 6)),
            Child(ages=(7, 10)),
            Child(ages=(7, 10)),
            Child(ages=(11, 14)),
            Child(ages=(11, 14)),
        ),
        incomes=(fk("barnbidrag", 11740), fk("föräldrapenning", 9000, party="medsökande")),
        expenses=(rent(13000), electricity(1100)),
        expected=decided(
            26020,
            "couple 7100 + child 3060 + child 3060 + child 3820 + child 3820 + child 4390 + child 4390 = 29640; "
            "common of seven 2830 + one further 190 = 3020; 29640 + common 3020 = 32660; "
            "32660 + rent 13000 + electricity 1100 = 46760; 46760 - barnbidrag 11740 - föräldrapenning 9000 = 26020",
        ),
    )


def family_of_nine(cast: Cast) -> Household:
    """Two more than the table of common costs has."""
    return household(
        cast,
        about="A married couple with seven children.",
        month="2026-05",
        partner="gift",
        adult_ages=(35, 58),
        children=(
            Child(ages=(1, 2)),
            Child(ages=(4, 6)),
            Child(ages=(7, 10)),
            Child(ages=(7, 10)),
            Child(ages=(11, 14)),
            Child(ages=(11, 14)),
            Child(ages=(15, 15)),
        ),
        incomes=(fk("barnbidrag", 14240), fk("föräldrapenning", 9000, party="medsökande")),
        expenses=(rent(12900), electricity(1000)),
        expected=decided(
            28470,
            "couple 7100 + child 3060 + child 3060 + child 3820 + child 3820 + child 4390 + child 4390 + child 4960 = 34600; "
            "common of seven 2830 + two further 380 = 3210; 34600 + common 3210 = 37810; "
            "37810 + rent 12900 + electricity 1000 = 51710; 51710 - barnbidrag 14240 - föräldrapenning 9000 = 28470",
        ),
    )
