"""Incomes: from every agency, wage, those that do not count, and those that a person must look at."""

from __future__ import annotations

from robots.practice.households.stage import Expense, Income, decided, electricity, fk, handed_off, household, rent
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
