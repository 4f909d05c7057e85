"""How the elements of a view are found: what a driver tells, without pressing, entering or reading anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from robots.screens.selector_file import Element, View


class State(StrEnum):
    """How one element is found."""

    FIRST_WAY = "first_way"
    #: drift: it works, and the selector file should be looked over
    LATER_WAY = "later_way"
    NOT_FOUND = "not_found"
    FOUND_TWICE = "found_twice"
    #: found, but a column is not, or stands twice
    COLUMNS_WRONG = "columns_wrong"
    #: not there, and need not be
    ABSENT = "absent"
    #: a key combination: whether it works shows only when it is pressed
    UNSEEN = "unseen"

    @property
    def is_fault(self) -> bool:
        """Whether the robot could not work with the element."""
        return self in {State.NOT_FOUND, State.FOUND_TWICE, State.COLUMNS_WRONG}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """How one element is found now."""

    state: State
    #: place of the way that finds it, from 1; 0 when none does
    way: int = 0
    #: names in the selector file of the columns that are missing or stand twice
    wrong_columns: tuple[str, ...] = ()


def not_found(view: View, element: Element) -> Sighting:
    """Return the sighting of an element that no way finds."""
    return Sighting(state=State.ABSENT if element.name in may_be_absent(view) else State.NOT_FOUND)


def may_be_absent(view: View) -> set[str]:
    """Return the elements that need not be there: those that the file says so of, and what turns a page, which a last page lacks."""
    return {one.name for one in view.elements.values() if one.is_optional} | {
        page for one in view.elements.values() for page in (one.next_page, one.previous_page) if page
    }


def found(way: int, wrong_columns: tuple[str, ...] = ()) -> Sighting:
    """Return the sighting of an element that exactly one thing is found of by its way of this place, from 1."""
    state = State.COLUMNS_WRONG if wrong_columns else State.FIRST_WAY if way == 1 else State.LATER_WAY
    return Sighting(state=state, way=way, wrong_columns=wrong_columns)


def is_settled(sightings: Mapping[str, Sighting]) -> bool:
    """Say whether nothing is missing that could still come."""
    return not any(one.state.is_fault for one in sightings.values())
