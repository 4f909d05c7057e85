"""Children's own incomes: earnings up to one prisbasbelopp a calendar year are not counted; above it, and for all else, a person looks.

Prisbasbeloppet is 58800 for 2025 and 59200 for 2026. An income paid in one month stands in the calculation for the next, so the year's
earnings are those of the calculations for February onwards, and what is stated now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from robots.practice.households.stage import (
    Child,
    decided,
    electricity,
    fk,
    handed_off,
    household,
    kronor,
    month_before,
    rent,
    with_case,
    with_form,
)
from robots.practice.persons import Cast
from robots.practice.world import ApplicationChildIncome, EarlierCalculation, Expected, Household


def _with_earnings(
    told: Household, now: int, *, before: Mapping[str, int] | None = None, without: Sequence[str] = (), kind: str = "lön"
) -> Household:
    """Return the household where its first child has an income in the control month, and a calculation for every month of the year so far.

    Args:
        told: has a child.
        now: kronor stated.
        before: kronor of the child's wage in the calculations, by the month calculated.
        without: months that have no calculation.
        kind: of what is stated.
    """
    earned = dict(before or {})
    control = month_before(told.application.month)
    (child, *_) = told.application.children
    months = [f"{control[:4]}-{number:02d}" for number in range(2, int(control[5:]))]
    rows = {month: ((child.personnummer, "lön", kronor(amount)),) for month, amount in earned.items()}
    told = with_form(
        told, children_incomes=(ApplicationChildIncome(personnummer=child.personnummer, kind=kind, paid_on=f"{control}-25", amount=kronor(now)),)
    )
    return with_case(
        told,
        last_children_incomes=rows.get(control, ()),
        earlier_calculations=tuple(EarlierCalculation(month=month, children_incomes=rows.get(month, ())) for month in months if month not in without),
    )


def _parent(
    cast: Cast, *, about: str, expected: Expected, month: str, ages: tuple[int, int] = (16, 17), costs: tuple[int, int] = (8200, 600)
) -> Household:
    """Return a single parent of a youth with aktivitetsstöd 6200 and the given rent and electricity."""
    housing, current = costs
    return household(
        cast,
        about=about,
        month=month,
        children=(Child(ages=ages),),
        incomes=(fk("aktivitetsstöd", 6200),),
        expenses=(rent(housing), electricity(current)),
        expected=expected,
    )


def child_of_16_with_summer_wage(cast: Cast) -> Household:
    """The whole wage is left out."""
    told = _parent(
        cast,
        about="A single parent whose child of 16-17 earned 6500 in July, its only wage of the year.",
        month="2026-08",
        expected=decided(
            12910,
            "the child's wage 6500 is below 59200 and not counted; single 3940 + child 4960 + common 1410 = 10310; "
            "10310 + rent 8200 + electricity 600 = 19110; 19110 - aktivitetsstöd 6200 = 12910",
        ),
    )
    return _with_earnings(told, 6500)


def school_youth_of_19_with_a_wage(cast: Cast) -> Household:
    """School youths under 21 are children to the norm and to the rule on earnings."""
    told = _parent(
        cast,
        about="A single parent whose youth of 19-20 works beside school and has earned some every month since February.",
        month="2026-05",
        ages=(19, 20),
        costs=(7900, 550),
        expected=decided(
            12600,
            "of the youth, 1800 + 2100 + 2400 = 6300; 6300 is below 59200 and not counted; single 3940 + youth 5000 + common 1410 = 10350; "
            "10350 + rent 7900 + electricity 550 = 18800; 18800 - aktivitetsstöd 6200 = 12600",
        ),
    )
    return _with_earnings(told, 2400, before={"2026-03": 1800, "2026-04": 2100})


def _with_a_years_wages(cast: Cast, now: int, *, about: str, expected: Expected) -> Household:
    """Return a couple whose youth has earned 24600 in June, 24600 in July and 4000 in October: 53200 before November 2025."""
    told = household(
        cast,
        about=about,
        month="2025-12",
        partner="gift",
        children=(Child(ages=(16, 17)),),
        incomes=(fk("aktivitetsstöd", 6200),),
        expenses=(rent(8800), electricity(700)),
        expected=expected,
    )
    return _with_earnings(told, now, before={"2025-07": 24600, "2025-08": 24600, "2025-11": 4000})


def child_earns_just_the_price_base_amount(cast: Cast) -> Household:
    """Up to one prisbasbelopp means that the very amount is left out too."""
    return _with_a_years_wages(
        cast,
        5600,
        about="A couple whose youth's earnings reach exactly one prisbasbelopp in November 2025.",
        expected=decided(
            17040,
            "of the youth, 24600 + 24600 + 4000 + 5600 = 58800; that is just the prisbasbelopp and not counted; "
            "couple 7050 + youth 4920 + common 1770 = 13740; 13740 + rent 8800 + electricity 700 = 23240; 23240 - aktivitetsstöd 6200 = 17040",
        ),
    )


def child_earns_a_krona_more(cast: Cast) -> Household:
    """What lies above counts, and a person judges how."""
    return _with_a_years_wages(
        cast,
        5601,
        about="A couple whose youth's earnings pass the prisbasbelopp by a krona in November 2025.",
        expected=handed_off("INC-CHILD", because="24600 + 24600 + 4000 + 5601 = 58801; the limit is 58800"),
    )


def child_earned_most_of_it_the_year_before(cast: Cast) -> Household:
    """The year is the calendar year of the payment: December's wage stands in the calculation for January."""
    told = _parent(
        cast,
        about="A single parent whose child earned 58000 in December and 4000 in January.",
        month="2026-02",
        costs=(8100, 500),
        expected=decided(
            12710,
            "58000 was paid in 2025 and 4000 in 2026, each below its year's limit; single 3940 + child 4960 + common 1410 = 10310; "
            "10310 + rent 8100 + electricity 500 = 18910; 18910 - aktivitetsstöd 6200 = 12710",
        ),
    )
    return _with_earnings(told, 4000, before={"2026-01": 58000})


def month_of_the_childs_year_is_missing(cast: Cast) -> Household:
    """Nobody can tell from the case system what the child earned in March."""
    told = _parent(
        cast,
        about="A single parent whose child has a wage; the household had no calculation for April.",
        month="2026-06",
        expected=handed_off("INC-CHILD", because="there is no calculation for April, so the earnings of March are not known"),
    )
    return _with_earnings(told, 3100, before={"2026-03": 2900, "2026-05": 3000}, without=("2026-04",))


def child_with_student_aid(cast: Cast) -> Household:
    """Only earnings are left out by the law."""
    told = _parent(
        cast,
        about="A single parent whose child of 16-17 has studiemedel.",
        month="2026-04",
        expected=handed_off("INC-CHILD", because="studiemedel is not earned by work"),
    )
    return _with_earnings(told, 1250, kind="studiemedel")


def income_of_a_child_not_in_the_application(cast: Cast) -> Household:
    """The application contradicts itself: a person has to ask whose income it is before anybody can judge it."""
    told = _parent(
        cast,
        about="A single parent who states a wage of a youth that is not among the children.",
        month="2026-09",
        expected=handed_off("UNREADABLE", because="the youth with the wage is not in the list of children"),
    )
    told = _with_earnings(told, 5200)
    stranger = cast.person(ages=(16, 17), on=told.application.submitted_at.date(), family_name=told.persons[0].family_name)
    rows = tuple(replace(row, personnummer=stranger.personnummer) for row in told.application.children_incomes)
    return replace(with_form(told, children_incomes=rows), persons=(*told.persons, stranger))


def child_with_student_aid_and_a_frame_that_has_expired(cast: Cast) -> Household:
    """Two judgements that wait for the same caseworker."""
    told = _parent(
        cast,
        about="A single parent whose frame ended in September; the child has studiemedel.",
        month="2026-10",
        expected=handed_off("INC-CHILD", "FRAME", because="studiemedel is not earned by work; the frame was valid until 30 September"),
    )
    told = _with_earnings(told, 1250, before={"2026-09": 900}, kind="studiemedel")
    return with_case(told, frame_until=date(2026, 9, 30), frame_incomes=(("sökande", "aktivitetsstöd", "5 000,00", "7 000,00"),))
