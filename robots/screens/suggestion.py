"""Repaired entries for elements that are no longer found, proposed to a person, never used by the robot by itself.

How an element looked before is compared with everything that is on the view now and was not there before. The same two
screens always give the same answer: nothing is learned and nothing is asked for elsewhere. It is proposed only

- what resembles the element before in at least `LEAST_SCORE` of `WEIGHTS`, and
- `LEAST_MARGIN` more than anything else there, and more than it resembles another thing that has gone, and
- what is the same by what it is called: its maker's id, or its words but for their endings.

Standing in the same place is no proof: a new button where "Spara" was may be "Ta bort".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby
from math import hypot
from os.path import commonprefix

from robots.screens.inspection import Candidate, Inspectable, Look, is_telling, ways_to
from robots.screens.seen import SeenThing, SeenView
from robots.screens.selector_file import Element, SelectorFile, View
from robots.screens.sighting import State, not_found
from robots.screens.ways import Way

#: how much each likeness counts, of those that can be told of the thing; each is between 0 and 1
WEIGHTS: Mapping[str, int] = {
    "kind": 10,  # the same role; half for one of the same family
    "words": 30,  # name, label or text beside it
    "id": 25,  # what its makers call it
    "headers": 20,  # share of a table's column headers
    "target": 5,  # where a link or a form leads
    "neighbours": 15,  # what stands before and after it
    "group": 5,  # the heading or frame above it
    "position": 5,  # where it is, seen from the landmark
}
LEAST_SCORE = 0.60
LEAST_MARGIN = 0.12
#: what may follow the stem of the same word; anything else makes another word of it: hushåll, hushållsel
_ENDINGS = frozenset(["a", "ar", "arna", "d", "de", "e", "en", "er", "erna", "et", "n", "na", "or", "orna", "r", "s", "t"]) | {""}
#: of the other elements of a view that must be found, or their ids be there, when its landmark is not: else another page may be up
_LEAST_FOUND = 0.5
_FAR_PIXELS = 400
_MOST_WAYS = 2
_FAMILIES = (
    {"textbox", "searchbox", "spinbutton", "date", "text", "entry", "spin button"},
    {"combobox", "listbox", "combo box"},
    {"link", "button", "push button", "menu item"},
    {"table", "grid", "treegrid", "tree table"},
    {"status", "definition"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What to do about one element, or one column of a table, that is not found; or why nothing is proposed."""

    system: str
    view: str
    element: str
    #: name of the table's column; empty for the element itself
    column: str = ""
    state: State
    #: the proposed ways; empty when it is a column, or nothing is proposed
    ways: tuple[Way, ...] = ()
    #: the proposed text over the column
    header: str = ""
    #: likeness of the best candidate, 0 to 1
    score: float = 0.0
    #: how much less the second best resembles
    margin: float = 0.0
    #: number of the candidate in the look; None when nothing is proposed
    place: int | None = None
    #: why nothing is proposed
    because: str = ""

    @property
    def name(self) -> str:
        """How the suggestion is called, as in `e_service.inbox.rows`."""
        return ".".join(part for part in (self.system, self.view, self.element, self.column) if part)

    @property
    def is_proposal(self) -> bool:
        """Whether there is something to accept."""
        return bool(self.ways or self.header)


async def suggest(screen: Inspectable, selectors: SelectorFile, view: View, seen: SeenView | None) -> tuple[Look, dict[str, int], list[Suggestion]]:
    """Look at a view that is up; return what is on it, where its elements are, and a suggestion for each that is not found.

    Args:
        screen: of the system.
        selectors: its selector file.
        view: the view that is up, whether its landmark shows or not.
        seen: how it was; None when nobody has looked at it before.
    """
    ways = list(dict.fromkeys(way for element in view.elements.values() for way in element.ways))
    look = await screen.look(view, ways)
    states, places = states_of(view, look)
    proposed = propose(selectors, view, look, seen)
    tried = {one.name: ways_to(look.candidates[one.place], selectors.driver) for one in proposed if one.place is not None and not one.column}
    if tried:
        again = await screen.look(view, list(dict.fromkeys(way for ways in tried.values() for way in ways)))
        is_same = again.candidates == look.candidates
        proposed = [_with_ways(one, tried[one.name], again, view, is_same=is_same) if one.name in tried else one for one in proposed]
    return look, {name: place for name, place in places.items() if not states[name].is_fault}, proposed


def _with_ways(one: Suggestion, tried: Sequence[Way], look: Look, view: View, *, is_same: bool) -> Suggestion:
    """Return the suggestion with the ways that find its candidate and nothing else; refused when there is none."""
    if not is_same:
        return replace(one, place=None, because="the view changed while it was looked at; try again when it has settled")
    sure = [way for way in tried if look.places.get(way) == one.place]
    old = view.elements[one.element].ways
    if not sure:
        return replace(one, place=None, because="the most likely one can't be told from others by any way; ask its makers for an id")
    # A way of the same form as before is what a reader of the file expects first.
    sure.sort(key=lambda way: not any(type(way) is type(before) for before in old))
    return replace(one, ways=tuple(sure[:_MOST_WAYS]))


def states_of(view: View, look: Look) -> tuple[dict[str, State], dict[str, int]]:
    """Return what became of each element, and the candidate of each that was found and is listed."""
    states: dict[str, State] = {}
    places: dict[str, int] = {}
    for name, element in view.elements.items():
        way = next((way for way in element.ways if look.counts[way]), None)
        if way is None:
            states[name] = not_found(view, element).state
        elif look.counts[way] > 1:
            states[name] = State.FOUND_TWICE
        else:
            states[name] = State.FIRST_WAY if way == element.ways[0] else State.LATER_WAY
        if way is not None and look.places.get(way, -1) >= 0:
            places[name] = look.places[way]
    return states, places


def propose(selectors: SelectorFile, view: View, look: Look, seen: SeenView | None) -> list[Suggestion]:
    """Return a suggestion for each element and column that is not found; ways are added when they have been tried."""
    states, places = states_of(view, look)
    lost = [name for name, state in states.items() if state.is_fault]
    comparison = None if seen is None else _Comparison(view, look, seen, places, lost)
    suggestions = [_of_element(selectors.system, view, name, states, comparison) for name in lost]
    for name, place in places.items():
        suggestions += _of_columns(selectors.system, view.name, view.elements[name], look.candidates[place], seen)
    return suggestions


def _of_element(system: str, view: View, name: str, states: Mapping[str, State], comparison: _Comparison | None) -> Suggestion:
    refused = Suggestion(system=system, view=view.name, element=name, state=states[name])
    others = [other for other in states if other != view.landmark]
    there = [other for other in others if not states[other].is_fault or (comparison is not None and comparison.has_id_of(other))]
    if states[view.landmark] is State.NOT_FOUND and (not there or len(there) < _LEAST_FOUND * len(others)):
        return replace(refused, because="the landmark is not there, and too little else is: another page may be up")
    thing = comparison.thing(name) if comparison is not None else None
    if comparison is None or thing is None:
        return replace(refused, because="nobody has seen how it was; run this command while all is found, before the system changes")
    ranked = sorted(((comparison.score(thing, place), place) for place in comparison.open_places), key=lambda one: (-one[0], one[1]))
    if not ranked or ranked[0][0] == 0.0:
        return replace(refused, because="nothing on the view is new and of its kind; it may have been removed")
    score, place = ranked[0]
    rivals = [score for score, _ in ranked[1:]] + [comparison.score(other, place) for other in comparison.lost_things if other is not thing]
    margin = score - max(rivals, default=0.0)
    judged = replace(refused, score=score, margin=margin)
    if score < LEAST_SCORE:
        return replace(judged, because="nothing resembles it enough")
    if margin < LEAST_MARGIN:
        return replace(judged, because="more than one thing resembles it, or it resembles more than one")
    if not comparison.is_named_alike(thing, place, is_ambiguous=states[name] is State.FOUND_TWICE):
        return replace(judged, because="what resembles it most is called something else, or is not the only one called so; it may be another thing")
    return replace(judged, place=place)


class _Comparison:
    """A view as it was beside the view as it is."""

    def __init__(self, view: View, look: Look, seen: SeenView, places: Mapping[str, int], lost: Sequence[str]) -> None:
        self._now = look.candidates
        self._things = seen.things
        self._lost = set(lost)
        found = {name: place for name, place in places.items() if name not in self._lost}
        self._pairs = self._paired(found)
        taken = set(self._pairs.values())
        #: what is there now and was not there before
        self.open_places = [place for place in range(len(self._now)) if place not in taken]
        #: what was there before and is not there now
        self.lost_things = [thing for number, thing in enumerate(self._things) if number not in self._pairs]
        self._numbers = {id(thing): number for number, thing in enumerate(self._things)}
        landmark = self.thing(view.landmark)
        is_anchored = landmark is not None and view.landmark in found
        self._origin_before = landmark.looked.box[:2] if landmark is not None and is_anchored else (0, 0)
        self._origin_now = self._now[found[view.landmark]].box[:2] if is_anchored else (0, 0)

    def _paired(self, found: Mapping[str, int]) -> dict[int, int]:
        """Return {number before: place now} of all that is as it was."""
        pairs = {number: found[thing.element] for number, thing in enumerate(self._things) if thing.element in found}
        taken = {*pairs.values(), *found.values()}
        before = [(_signature(thing.looked), number) for number, thing in enumerate(self._things) if number not in pairs]
        now = [(_signature(candidate), place) for place, candidate in enumerate(self._now) if place not in taken]
        same_now = {key: [place for _, place in members] for key, members in groupby(sorted(now), key=lambda one: one[0])}
        for key, members in groupby(sorted(before), key=lambda one: one[0]):
            numbers = [number for _, number in members]
            is_wanted = any(self._things[number].element in self._lost for number in numbers)
            # As many as before, and none of them looked for: then they are the same ones, in their order.
            if not is_wanted and len(same_now.get(key, ())) == len(numbers):
                pairs |= dict(zip(numbers, same_now[key], strict=True))
        return pairs

    def thing(self, element: str) -> SeenThing | None:
        """Return how the element was; None when nobody has seen it."""
        return next((thing for thing in self._things if thing.element == element), None)

    def has_id_of(self, element: str) -> bool:
        """Whether the id that the element had is on the view."""
        thing = self.thing(element)
        return thing is not None and any(self._own_ids(thing) & _ids(one) for one in self._now)

    def score(self, thing: SeenThing, place: int) -> float:
        """Return how much what stands at the place resembles the thing before: 0 to 1, and 0 for something of another kind."""
        before, now = thing.looked, self._now[place]
        kind = _kind_likeness(before.kind, now.kind)
        if not kind:
            return 0.0
        likeness = {"kind": kind, "neighbours": self._neighbours_likeness(thing, place), "position": self._position_likeness(before, now)}
        if before.title or now.title:
            likeness["words"] = _words_likeness(before.title, now.title)
        if own := self._own_ids(thing):
            likeness["id"] = float(bool(own & _ids(now)))
        if before.headers or now.headers:
            union = {*before.headers, *now.headers} - {""}
            likeness["headers"] = len({*before.headers} & {*now.headers} - {""}) / len(union) if union else 0.0
        if before.target:
            likeness["target"] = float(before.target == now.target)
        if before.group:
            likeness["group"] = float(before.group == now.group)
        return sum(WEIGHTS[feature] * value for feature, value in likeness.items()) / sum(WEIGHTS[feature] for feature in likeness)

    def is_named_alike(self, thing: SeenThing, place: int, *, is_ambiguous: bool) -> bool:
        """Whether what it is called says that it is the same; the words of a thing that is there twice say nothing."""
        before, now = thing.looked, self._now[place]
        if shared := self._own_ids(thing) & _ids(now):
            is_only = sum(bool(shared & _ids(one)) for one in self._now) == 1
            return is_only and (not is_ambiguous or self._is_where_it_was(thing, place))
        alike = [other for other in self._alike(before) if _are_same_words(before.title, self._now[other].title)]
        return not is_ambiguous and alike == [place]

    def _own_ids(self, thing: SeenThing) -> set[str]:
        """The ids that it alone had; where the makers gave none, some toolkits tell the class, which many have."""
        return _ids(thing.looked) - {identifier for other in self._things if other is not thing for identifier in _ids(other.looked)}

    def _is_where_it_was(self, thing: SeenThing, place: int) -> bool:
        """Whether nothing of its kind stands rather between its neighbours: a copy may have been given the id."""
        return self._neighbours_likeness(thing, place) == max(self._neighbours_likeness(thing, other) for other in self._alike(thing.looked)) > 0

    def _alike(self, before: Candidate) -> list[int]:
        return [place for place in self.open_places if _kind_likeness(before.kind, self._now[place].kind)]

    def _neighbours_likeness(self, thing: SeenThing, place: int) -> float:
        number = self._numbers[id(thing)]
        same = 0
        for step in (-1, 1):
            before = self._things[number + step].looked if 0 <= number + step < len(self._things) else None
            # What the record leaves out stands between its neighbours now: headings and links that the file does not name.
            near = [one for one in (place + step, place + 2 * step) if 0 <= one < len(self._now)]
            if before is None:
                same += not near
            elif self._pairs.get(number + step) in near or any(_is_same(before, self._now[one]) for one in near):
                same += 1
        return same / 2

    def _position_likeness(self, before: Candidate, now: Candidate) -> float:
        left = (now.box[0] - self._origin_now[0]) - (before.box[0] - self._origin_before[0])
        top = (now.box[1] - self._origin_now[1]) - (before.box[1] - self._origin_before[1])
        return max(0.0, 1.0 - hypot(left, top) / _FAR_PIXELS)


def _signature(one: Candidate) -> tuple[object, ...]:
    return one.kind, one.name, one.label, one.id, one.test_id, tuple(header for header in one.headers if header)


def _ids(one: Candidate) -> set[str]:
    return {identifier for identifier in (one.test_id, one.id) if is_telling(identifier)}


def _is_same(before: Candidate, now: Candidate) -> bool:
    return bool(_ids(before) & _ids(now)) or (before.kind == now.kind and before.title == now.title != "")


def _kind_likeness(before: str, now: str) -> float:
    if before == now:
        return 1.0
    return 0.5 if any(before in family and now in family for family in _FAMILIES) else 0.0


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _words_likeness(before: str, now: str) -> float:
    return SequenceMatcher(None, " ".join(_words(before)), " ".join(_words(now)), autojunk=False).ratio()


def _are_same_words(before: str, now: str) -> bool:
    """Whether the words are the same in the same order, but for their endings: what stands before a word can turn its meaning."""
    return bool(_words(before)) and len(_words(before)) == len(_words(now)) and all(map(_are_of_one_stem, _words(before), _words(now)))


def _are_of_one_stem(before: str, now: str) -> bool:
    stem = len(commonprefix((before, now)))
    # A stem may end in what is also an ending: utgift-er and utgift-en share one letter more than the stem.
    return any({before[end:], now[end:]} <= _ENDINGS for end in range(stem, max(stem - 3, 1), -1)) or before == now


def _of_columns(system: str, view: str, element: Element, now: Candidate, seen: SeenView | None) -> list[Suggestion]:
    """Return a suggestion for each column of a table that is found whose header is not, or stands twice."""
    headers = [header for header in now.headers if header]
    lost = {column: text for column, text in element.columns.items() if headers and headers.count(text) != 1}
    thing = None if seen is None else next((one for one in seen.things if one.element == element.name), None)
    before = set() if thing is None else {*thing.looked.headers}
    new = [header for header in headers if header not in before and header not in element.columns.values()]
    suggestions = []
    for column, text in lost.items():
        is_twice = text in headers
        refused = Suggestion(system=system, view=view, element=element.name, column=column, state=State.FOUND_TWICE if is_twice else State.NOT_FOUND)
        alike = [header for header in new if _are_same_words(text, header)]
        rivals = [other for other in lost.values() if other != text and any(_are_same_words(other, header) for header in alike)]
        if is_twice:
            suggestions.append(replace(refused, because="two columns have its header"))
        elif thing is None:
            suggestions.append(replace(refused, because="nobody has seen how the table was; run this command while all is found"))
        elif len(alike) != 1 or rivals:
            suggestions.append(replace(refused, because="no other header, or more than one, says the same; it may have been removed"))
        else:
            ranked = sorted((_words_likeness(text, header) for header in new), reverse=True)
            score = _words_likeness(text, alike[0])
            margin = score - (ranked[1] if len(ranked) > 1 else 0.0)
            suggestions.append(replace(refused, header=alike[0], score=score, margin=margin))
    return suggestions
