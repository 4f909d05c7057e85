"""The households of the practice municipality by kind, each with what must become of it, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from robots.practice.households import expenses, incomes, standard
from robots.practice.persons import Cast
from robots.practice.world import Household

#: What a kind is: it plays its household with persons from the cast; two when it needs two applications of the same persons.
Kind = Callable[[Cast], Household | tuple[Household, Household]]

_DECIDED: tuple[Kind, ...] = (
    standard.single_with_activity_support,
    standard.single_without_income,
    standard.couple_with_two_benefits,
    standard.single_parent_child_of_5_lunch_at_home,
    standard.single_parent_child_of_5_in_preschool,
    standard.family_with_school_children,
    incomes.unemployment_fund,
    incomes.student_aid,
    incomes.pension_and_housing_supplement,
    incomes.wage_with_jobbstimulans,
)
_PROPOSED: tuple[Kind, ...] = (expenses.medicine,)
_HANDED_OFF: tuple[Kind, ...] = (
    incomes.wage_without_jobbstimulans,
    incomes.benefit_vanished,
    expenses.rent_above_ceiling,
)

#: Every kind by its name.
KINDS: dict[str, Kind] = {getattr(kind, "__name__", ""): kind for kind in (*_DECIDED, *_PROPOSED, *_HANDED_OFF)}

#: In what share of the households each group of kinds is aimed at, in percent.
_SHARES = ((_DECIDED, 45), (_PROPOSED, 7), (_HANDED_OFF, 48))


def generate(seed: int, count: int) -> tuple[Household, ...]:
    """Return so many households by the seed: the same for the same seed and count.

    The order mixes decided, proposed and handed-off kinds as a working day does; no kind comes back before all have come once.
    A kind that applies twice gives two households with the same persons: the earlier application carries what the registers and
    the case system hold, the later one has no entries there (`population` and `agencies` empty, `case` None), so that both can be loaded.

    Args:
        seed: decides persons, names, addresses, days and order; never an amount or a code.
        count: how many; up to 200.

    Raises:
        LookupError: more households than the test numbers are enough for.
    """
    cast = Cast(seed)
    found: list[Household] = []
    while len(found) < count:
        for kind in _order(cast):
            played = kind(cast) if len(found) < count else ()
            group = played if isinstance(played, tuple) else (played,)
            if len(found) + len(group) <= count:
                found.extend(replace(one, kind=getattr(kind, "__name__", "")) for one in group)
    return _numbered(found)


def _order(cast: Cast) -> list[Kind]:
    """Return every kind once: at each place one of the group that lags furthest behind its share."""
    waiting = [cast.chance.sample(group, len(group)) for group, _ in _SHARES]
    taken = [0] * len(_SHARES)
    order: list[Kind] = []
    while any(waiting):
        place = min((place for place, kinds in enumerate(waiting) if kinds), key=lambda place: (taken[place] + 1) / _SHARES[place][1])
        order.append(waiting[place].pop())
        taken[place] += 1
    return order


def _numbered(found: list[Household]) -> tuple[Household, ...]:
    """Give every application a reference in the order of arrival, and every case its number."""
    arrival = sorted(range(len(found)), key=lambda place: (found[place].application.submitted_at, place))
    order = {place: number for number, place in enumerate(arrival, start=1)}
    numbered: list[Household] = []
    for place, one in enumerate(found):
        reference = f"EA-{one.application.submitted_at:%y}-{order[place]:05d}"
        case = one.case and replace(one.case, case_number=f"EB-2023-{place + 1:04d}")
        numbered.append(replace(one, application=replace(one.application, reference=reference), case=case))
    return tuple(numbered)
