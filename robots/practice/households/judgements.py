"""What a caseworker has judged beforehand: incomes spread over months, the household's own frame, and periods of jobbstimulans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from robots.practice.households.stage import APPLICANT, Expense, Income, decided, electricity, fk, handed_off, household, rent, with_case, with_form
from robots.practice.persons import Cast
from robots.practice.world import Expected, Household

_NEED = "single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170"


def _single(
    cast: Cast, *, about: str, expected: Expected, month: str, incomes: tuple[Income, ...] = (), expenses: tuple[Expense, ...] = (), **case: Any
) -> Household:
    """Return a single adult whose need is 5220 + 6500 + 450 = 12170 unless other costs are given, with what a caseworker has recorded."""
    told = household(cast, about=about, month=month, incomes=incomes, expenses=expenses or (rent(6500), electricity(450)), expected=expected)
    return with_case(told, **case)


# --- incomes spread over months: avgångsvederlag of 24000, paid in December, is 4000 a month from January to June ---

_SPREAD = (APPLICANT, "avgångsvederlag", "4 000,00", "2026-01", "2026-06")


def severance_pay_spread_over_six_months(cast: Cast) -> Household:
    """It counts although nothing was paid or stated this month."""
    return _single(
        cast,
        about="A single adult whose avgångsvederlag of 24000 is spread over six months; April is the fourth.",
        month="2026-05",
        incomes=(Income(kind="avgångsvederlag", last=4000),),
        spread_incomes=(_SPREAD,),
        expected=decided(8170, f"24000 over six months is 4000 a month; {_NEED}; 12170 - avgångsvederlag 4000 = 8170"),
    )


def spread_income_counts_for_the_first_time(cast: Cast) -> Household:
    """It is not compared with a calculation that has nothing of it."""
    return _single(
        cast,
        about="A single adult with aktivitetsstöd; the first month that a spread avgångsvederlag counts.",
        month="2026-02",
        incomes=(fk("aktivitetsstöd", 5000),),
        spread_incomes=(_SPREAD,),
        expected=decided(3170, f"{_NEED}; 12170 - aktivitetsstöd 5000 - avgångsvederlag 4000 = 3170"),
    )


def spread_income_has_come_to_its_end(cast: Cast) -> Household:
    """That it stands in the last calculation and not in this one is as the caseworker decided."""
    return _single(
        cast,
        about="A single adult with aktivitetsstöd whose spread avgångsvederlag counted for June for the last time.",
        month="2026-08",
        incomes=(fk("aktivitetsstöd", 5000), Income(kind="avgångsvederlag", last=4000)),
        spread_incomes=(_SPREAD,),
        expected=decided(7170, f"nothing of it counts for July; {_NEED}; 12170 - aktivitetsstöd 5000 = 7170"),
    )


def severance_pay_that_nobody_has_spread(cast: Cast) -> Household:
    """Over how many months it is meant is for a person to say."""
    return _single(
        cast,
        about="A single adult who states avgångsvederlag of 24000 for the first time.",
        month="2026-01",
        incomes=(Income(kind="avgångsvederlag", amount=24000, last=0),),
        expected=handed_off("INC-UNKNOWN", because="avgångsvederlag is for a person until it has been spread"),
    )


# --- the individual frame (individuell referensram) ---


def swish_varies_within_the_frame(cast: Cast) -> Household:
    """1900 against 700 is far more than 12 percent; the frame holds on its last day too."""
    return _single(
        cast,
        about="Payments by Swish that vary a lot, as a caseworker has judged that they may until 1 October.",
        month="2026-10",
        incomes=(fk("aktivitetsstöd", 5000), Income(kind="swish", amount=1900, last=700)),
        frame_until=date(2026, 10, 1),
        frame_incomes=((APPLICANT, "swish", "300,00", "2 000,00"),),
        expected=decided(5270, f"{_NEED}; 12170 - aktivitetsstöd 5000 - swish 1900 = 5270"),
    )


def benefit_at_the_top_of_the_frame(cast: Cast) -> Household:
    """6000 is 20 percent more than 5000, and the highest that the frame has."""
    return _single(
        cast,
        about="Aktivitetsstöd by the day, just as high as the frame allows.",
        month="2026-04",
        incomes=(fk("aktivitetsstöd", 6000, last=5000),),
        frame_until=date(2026, 12, 31),
        frame_incomes=((APPLICANT, "aktivitetsstöd", "4 000,00", "6 000,00"),),
        expected=decided(6170, f"{_NEED}; 12170 - aktivitetsstöd 6000 = 6170"),
    )


def benefit_outside_the_frame(cast: Cast) -> Household:
    """6001 is near 5900 of the month before, but the frame is what counts."""
    return _single(
        cast,
        about="Aktivitetsstöd one krona above what the frame allows.",
        month="2026-04",
        incomes=(fk("aktivitetsstöd", 6001, last=5900),),
        frame_until=date(2026, 12, 31),
        frame_incomes=((APPLICANT, "aktivitetsstöd", "4 000,00", "6 000,00"),),
        expected=handed_off("INC-DIFF", because="6001 is above 6000, the highest of the frame"),
    )


def rent_above_ceiling_within_the_frame(cast: Cast) -> Household:
    """Time to lower the cost (rådrum): the ceiling of 7200 waits."""
    return _single(
        cast,
        about="A single adult who was given until 30 June to find a cheaper dwelling.",
        month="2026-04",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(7900), electricity(450)),
        frame_until=date(2026, 6, 30),
        frame_expenses=(("boendekostnad", "7 900,00"),),
        expected=decided(8570, "single 3940 + common 1280 = 5220; 5220 + rent 7900 + electricity 450 = 13570; 13570 - aktivitetsstöd 5000 = 8570"),
    )


def rent_above_the_frame(cast: Cast) -> Household:
    """Above the frame the ordinary ceiling is back."""
    return _single(
        cast,
        about="A rent that has risen above what the caseworker allowed for the time being.",
        month="2026-05",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(7901, last=7900), electricity(450)),
        frame_until=date(2026, 6, 30),
        frame_expenses=(("boendekostnad", "7 900,00"),),
        expected=handed_off("EXP-CAP", because="rent 7901 is above the frame of 7900 and the ceiling of 7200"),
    )


def frame_has_expired(cast: Cast) -> Household:
    """A person decides whether it shall be set anew."""
    return _single(
        cast,
        about="A frame that ended the day before the month began; all incomes are as the month before.",
        month="2026-03",
        incomes=(fk("aktivitetsstöd", 5000), Income(kind="swish", amount=700)),
        frame_until=date(2026, 2, 28),
        frame_incomes=((APPLICANT, "swish", "300,00", "2 000,00"),),
        expected=handed_off("FRAME", because="valid until 28 February, and the month begins on 1 March"),
    )


# --- jobbstimulans: two years, and then six months before the next two ---


def _wage(cast: Cast, *, about: str, expected: Expected, month: str, paid_on: str, decisions: tuple[tuple[date, date], ...]) -> Household:
    """Return a single adult with a wage of 6000 and the recorded decisions on jobbstimulans."""
    told = _single(
        cast,
        about=about,
        month=month,
        incomes=(Income(kind="lön", amount=6000),),
        jobbstimulans=tuple((APPLICANT, first, last) for first, last in decisions),
        expected=expected,
    )
    return with_form(told, incomes=tuple(replace(row, paid_on=paid_on) for row in told.application.incomes))


_WAGE = f"{_NEED}; a quarter of 6000 is disregarded: wage 6000 - 1500 = 4500; 12170 - counted wage 4500 = 7670"


def wage_on_the_last_day_of_the_two_years(cast: Cast) -> Household:
    """Two years from 1 March 2024 end on 28 February 2026."""
    return _wage(
        cast,
        about="A wage paid on the last day of the two years of jobbstimulans.",
        month="2026-03",
        paid_on="2026-02-28",
        decisions=((date(2024, 3, 1), date(2026, 2, 28)),),
        expected=decided(7670, _WAGE),
    )


def wage_on_the_day_after_the_two_years(cast: Cast) -> Household:
    """No decision can hold for more than two years, whatever is recorded."""
    return _wage(
        cast,
        about="A wage paid the day after two years of jobbstimulans, though the decision is recorded until the end of the year.",
        month="2026-04",
        paid_on="2026-03-01",
        decisions=((date(2024, 3, 1), date(2026, 12, 31)),),
        expected=handed_off("INC-WAGE", because="the two years from 1 March 2024 ended on 28 February 2026"),
    )


def jobbstimulans_begins_anew_too_soon(cast: Cast) -> Household:
    """Five months lie between."""
    return _wage(
        cast,
        about="A second period of jobbstimulans recorded from five months after the end of the first.",
        month="2026-03",
        paid_on="2026-02-25",
        decisions=((date(2023, 7, 1), date(2025, 6, 30)), (date(2025, 12, 1), date(2027, 11, 30))),
        expected=handed_off("INC-WAGE", because="the first period ended on 30 June 2025, and six months have to follow"),
    )


def jobbstimulans_begins_anew_after_six_months(cast: Cast) -> Household:
    """July to December are six months."""
    return _wage(
        cast,
        about="A second period of jobbstimulans recorded from exactly six months after the end of the first.",
        month="2026-03",
        paid_on="2026-02-25",
        decisions=((date(2023, 7, 1), date(2025, 6, 30)), (date(2026, 1, 1), date(2027, 12, 31))),
        expected=decided(7670, _WAGE),
    )
