"""Costs: within the guidelines, at their ceilings, above them, and those that a person must judge."""

from __future__ import annotations

from robots.practice.households.stage import Expense, electricity, fk, handed_off, household, proposed, rent
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
