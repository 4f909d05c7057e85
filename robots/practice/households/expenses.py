"""Costs: within the guidelines, at their ceilings, above them, and those that a person must judge."""

from __future__ import annotations

from robots.practice.households.stage import Child, Expense, Income, decided, electricity, fk, handed_off, household, proposed, rent
from robots.practice.persons import Cast
from robots.practice.world import Household


def medicine(cast: Cast) -> Household:
    """A special cost within its ceiling: the robot proposes."""
    return household(
        cast,
        about="A single adult with a medicine cost within the ceiling.",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6500), electricity(450), Expense(kind="medicin", amount=260, last=0)),
        expected=proposed(
            7430,
            "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; 12170 - aktivitetsstöd 5000 = 7170; "
            "deficit 7170 + medicine 260 = 7430",
        ),
    )


def rent_above_ceiling(cast: Cast) -> Household:
    """Above the highest reasonable cost."""
    return household(
        cast,
        about="A single adult whose rent is above the ceiling, as it was the month before.",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(7900, last=7200), electricity(450)),
        expected=handed_off("EXP-CAP", because="rent 7900 is above the ceiling 7200 for one adult without children"),
    )


def medical_visit(cast: Cast) -> Household:
    """Another special cost, in a family."""
    return household(
        cast,
        about="A single parent with a cost for a medical visit.",
        month="2026-06",
        children=(Child(ages=(7, 10)),),
        incomes=(fk("barnbidrag", 1250), fk("aktivitetsstöd", 6000)),
        expenses=(rent(8400), electricity(600), Expense(kind="läkarvård", amount=275, last=0)),
        expected=proposed(
            11195,
            "single 3940 + child 3820 + common 1410 = 9170; 9170 + rent 8400 + electricity 600 = 18170; "
            "18170 - barnbidrag 1250 - aktivitetsstöd 6000 = 10920; deficit 10920 + medical visit 275 = 11195",
        ),
    )


def medicine_and_medical_visit(cast: Cast) -> Household:
    """Two special costs; the medicine exactly at the ceiling."""
    return household(
        cast,
        about="A cohabiting couple with medicine at the ceiling and a medical visit.",
        month="2026-09",
        partner="sambo",
        incomes=(fk("aktivitetsstöd", 6200), fk("sjukpenning", 4300, party="medsökande")),
        expenses=(rent(7600), electricity(600), Expense(kind="medicin", amount=400, last=150), Expense(kind="läkarvård", amount=300, last=0)),
        expected=proposed(
            6910,
            "couple 7100 + common 1410 = 8510; 8510 + rent 7600 + electricity 600 = 16710; "
            "16710 - aktivitetsstöd 6200 - sjukpenning 4300 = 6210; deficit 6210 + medicine 400 + medical visit 300 = 6910",
        ),
    )


def medicine_of_a_pensioner(cast: Cast) -> Household:
    """A small deficit with a special cost."""
    return household(
        cast,
        about="A pensioner with a medicine cost as the month before.",
        month="2026-05",
        adult_ages=(66, 68),
        plans=("undantag",),
        incomes=(Income(kind="pension", amount=7900, agency="PM"), Income(kind="bostadstillägg", amount=3300, agency="PM")),
        expenses=(rent(6400), electricity(380), Expense(kind="medicin", amount=240)),
        expected=proposed(
            1040,
            "single 3940 + common 1280 = 5220; 5220 + rent 6400 + electricity 380 = 12000; 12000 - pension 7900 - bostadstillägg 3300 = 800; "
            "deficit 800 + medicine 240 = 1040",
        ),
    )


def surplus_pays_a_part_of_the_medicine(cast: Cast) -> Household:
    """A surplus goes to the special costs first."""
    return household(
        cast,
        about="Incomes a little above the need, which pay a part of the medicine.",
        month="2026-10",
        plans=("undantag",),
        incomes=(fk("sjukersättning", 12300),),
        expenses=(rent(6500), electricity(450), Expense(kind="medicin", amount=350)),
        expected=proposed(
            220,
            "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; sjukersättning 12300 - need 12170 = 130; "
            "medicine 350 - surplus 130 = 220",
        ),
    )


def rent_at_the_ceiling(cast: Cast) -> Household:
    """7200 for one adult is allowed."""
    return household(
        cast,
        about="A single adult whose rent is exactly at the ceiling.",
        month="2026-08",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(7200), electricity(450)),
        expected=decided(7870, "single 3940 + common 1280 = 5220; 5220 + rent 7200 + electricity 450 = 12870; 12870 - aktivitetsstöd 5000 = 7870"),
    )


def costs_have_fallen(cast: Cast) -> Household:
    """Lower costs need no person: what is applied for is approved."""
    return household(
        cast,
        about="Rent and electricity lower than the month before.",
        month="2026-07",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6300, last=6500), electricity(390, last=450)),
        expected=decided(6910, "single 3940 + common 1280 = 5220; 5220 + rent 6300 + electricity 390 = 11910; 11910 - aktivitetsstöd 5000 = 6910"),
    )


def every_cost_at_its_ceiling(cast: Cast) -> Household:
    """Electricity of two persons 750, insurance 300, fee of the fund 400, union 700, travel 1200."""
    return household(
        cast,
        about="A married couple with every ordinary cost at its ceiling and a-kassa.",
        month="2026-01",
        partner="gift",
        incomes=(Income(kind="a-kassa", amount=9100, agency="SO"),),
        expenses=(
            rent(8000),
            electricity(750),
            Expense(kind="hemförsäkring", amount=300),
            Expense(kind="a-kasseavgift", amount=400),
            Expense(kind="fackavgift", amount=700),
            Expense(kind="arbetsresor", amount=1200),
        ),
        expected=decided(
            10760,
            "couple 7100 + common 1410 = 8510; 8510 + rent 8000 + electricity 750 + insurance 300 + fee 400 + union 700 + travel 1200 = 19860; "
            "19860 - a-kassa 9100 = 10760",
        ),
    )


def _refused(cast: Cast, *codes: str, about: str, because: str, expenses: tuple[Expense, ...], month: str = "2026-03") -> Household:
    return household(
        cast,
        about=about,
        month=month,
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=expenses,
        expected=handed_off(*codes, because=because),
    )


def rent_of_a_family_above_ceiling(cast: Cast) -> Household:
    """The ceiling goes by adults and children."""
    return household(
        cast,
        about="A couple with a child whose rent is one krona above the ceiling for them.",
        month="2026-05",
        partner="gift",
        children=(Child(ages=(4, 6)),),
        incomes=(fk("barnbidrag", 1250), fk("aktivitetsstöd", 6200)),
        expenses=(rent(9401, last=9400), electricity(700)),
        expected=handed_off("EXP-CAP", because="rent 9401 is above the ceiling 9400 for two adults with one child"),
    )


def electricity_above_ceiling(cast: Cast) -> Household:
    """The ceiling of one person is 600."""
    return _refused(
        cast,
        "EXP-CAP",
        about="Household electricity above the ceiling of one person.",
        because="electricity 840 is above 600",
        month="2026-02",
        expenses=(rent(6500), electricity(840, last=600)),
    )


def medicine_above_ceiling(cast: Cast) -> Household:
    """A special cost has a ceiling too."""
    return _refused(
        cast,
        "EXP-CAP",
        about="A medicine cost above the ceiling.",
        because="medicine 610 is above 400",
        expenses=(rent(6500), electricity(450), Expense(kind="medicin", amount=610, last=0)),
    )


def rent_raised_within_ceiling(cast: Cast) -> Household:
    """A higher rent than approved last."""
    return _refused(
        cast,
        "HOUSING",
        about="The rent has been raised, within the ceiling.",
        because="rent 6710 was 6500",
        month="2026-04",
        expenses=(rent(6710, last=6500), electricity(450)),
    )


def rent_is_new(cast: Cast) -> Household:
    """No housing cost was approved the month before."""
    return _refused(
        cast,
        "HOUSING",
        about="A housing cost for the first time.",
        because="rent 4200 is not in the last calculation",
        month="2026-06",
        expenses=(rent(4200, last=0), electricity(450)),
    )


def new_expense(cast: Cast) -> Household:
    """A kind of cost that the last calculation does not have."""
    return _refused(
        cast,
        "EXP-NEW",
        about="A union fee for the first time.",
        because="fackavgift 320 is not in the last calculation",
        month="2026-10",
        expenses=(rent(6500), electricity(450), Expense(kind="fackavgift", amount=320, last=0)),
    )


def raised_expense(cast: Cast) -> Household:
    """More than was approved last, within the ceiling."""
    return _refused(
        cast,
        "EXP-JUDGE",
        about="Household electricity higher than the month before, within the ceiling.",
        because="electricity 540 was 450",
        month="2026-01",
        expenses=(rent(6500), electricity(540, last=450)),
    )


def glasses(cast: Cast) -> Household:
    """A cost that is always for a person."""
    return _refused(
        cast,
        "EXP-JUDGE",
        about="A cost for glasses.",
        because="glasögon are always judged by a person",
        expenses=(rent(6500), electricity(450), Expense(kind="glasögon", amount=1900, last=0)),
    )


def expense_of_unknown_kind(cast: Cast) -> Household:
    """A kind that the guidelines do not name."""
    return _refused(
        cast,
        "EXP-JUDGE",
        about="A cost of a kind that the guidelines do not have, approved the month before by a person.",
        because="parkering is not in the table",
        expenses=(rent(6500), electricity(450), Expense(kind="parkering", amount=299)),
    )


def expense_stated_twice(cast: Cast) -> Household:
    """The same kind in two rows."""
    return _refused(
        cast,
        "EXP-JUDGE",
        about="Household electricity in two rows, together as much as the month before.",
        because="hushållsel stands twice",
        month="2026-08",
        expenses=(rent(6500), electricity(300, last=450), electricity(150, last=0)),
    )
