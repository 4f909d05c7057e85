"""How the elements of a view are found in a window, way by way."""

from __future__ import annotations

from robots.errors import ElementAmbiguous, ElementMissing
from robots.screens.desktop.finding import Finder, Place
from robots.screens.desktop.tables import Table
from robots.screens.desktop.tree import Node, Tree
from robots.screens.selector_file import Element, View
from robots.screens.sighting import Sighting, State, found, not_found
from robots.screens.ways import Keys, Value


def sightings_in(place: Place | None, view: View, finder: Finder, accessible: Tree | None) -> dict[str, Sighting]:
    """Try the ways of every element in order, once; nothing is found without a place."""
    return {element.name: _sighting(place, view, element, finder, accessible) for element in view.elements.values()}


def _sighting(place: Place | None, view: View, element: Element, finder: Finder, accessible: Tree | None) -> Sighting:
    for number, way in enumerate(element.ways if place is not None else (), start=1):
        if isinstance(way, Keys | Value):
            return Sighting(state=State.UNSEEN, way=number)
        matches = finder.matches(way, place) if place is not None else []
        if len(matches) > 1:
            return Sighting(state=State.FOUND_TWICE, way=number)
        if matches:
            (match,) = matches
            return found(number, _wrong_columns(element, match, accessible) if isinstance(match, Node) and accessible is not None else ())
    return not_found(view, element)


def _wrong_columns(element: Element, table: Node, accessible: Tree) -> tuple[str, ...]:
    wrong = []
    for column, header in element.columns.items():
        try:
            Table(accessible, table.reference, {column: header})
        except (ElementMissing, ElementAmbiguous):
            wrong.append(column)
    return tuple(wrong)
