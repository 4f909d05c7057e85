"""Looking elements up: the ways of a selector file as questions to the browser and the page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import FrameLocator, Locator, Page

from robots.errors import ElementAmbiguous
from robots.run_log import Action, event
from robots.screens.selector_file import Element, View
from robots.screens.ways import ByCss, ByLabel, ByRole, ByTestId, ByText, Near, Way
from robots.screens.web.failures import is_on_its_way

T = TypeVar("T")

#: what the page is asked: called with the elements that were looked up and the questions about them
PAGE_SCRIPT = f"(found, ask) => {{{Path(__file__).with_name('page.js').read_text(encoding='utf-8')}}}"
#: the same, about what is held in the page
HELD_SCRIPT = f"(ask) => ({PAGE_SCRIPT})([], ask)"
_LABELLED = "css=input:not([type=hidden]), select, textarea, output, button, [contenteditable], [aria-label], [aria-labelledby]"


@dataclass(frozen=True, slots=True)
class Match:
    """The one element that a way found."""

    #: when the document it stands in was made; tells two loads of a page apart
    born: float
    value: Any


class Question(NamedTuple):
    """What is to be found, and what is asked about it."""

    element: Element
    #: what the page is to answer besides how many match
    ask: dict[str, object]


def sound(found: Match | ElementAmbiguous | None) -> Match | None:
    """Return the match, or None; an ambiguous one is raised."""
    if isinstance(found, ElementAmbiguous):
        raise found
    return found


async def together(calls: Iterable[Awaitable[T]]) -> list[T]:
    """Await all and raise the first error only when none is left running."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("list[T]", results)


def by(scope: Page | FrameLocator, way: Way) -> tuple[Hashable, Locator, dict[str, str]]:
    """Return what the browser is to look up, its name, and what the page itself is to choose from it."""
    match way:
        case ByRole(role=role, name=None):
            return way, scope.get_by_role(cast("Any", role)), {}
        case ByRole(role=role, name=name):
            return way, scope.get_by_role(cast("Any", role), name=name, exact=True), {}
        case ByLabel(label=label):
            # The browser library counts a list's choices and a text's contents as words of the label around them.
            return ByLabel, scope.locator(_LABELLED), {"label": label}
        case ByText(text=text):
            return way, scope.get_by_text(text, exact=True), {}
        case ByTestId(test_id=test_id):
            return way, scope.get_by_test_id(test_id), {}
        case Near(near=near, role=role):
            return (Near, role), scope.get_by_role(cast("Any", role)), {"near": near}
        case ByCss(css=css):
            return way, scope.locator(f"css={css}"), {}
    raise AssertionError("the loader lets no way of another driver through")


class Finder:
    """Looks up the elements of one system's views."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._drifted: set[str] = set()

    async def probe(self, scope: Page | FrameLocator, view: View, questions: Sequence[Question]) -> list[Match | ElementAmbiguous | None]:
        """Try the ways of all elements in order, once; None where nothing matches now.

        Elements that the browser looks up alike are asked for together, so that a form costs a few round trips.
        """
        found: list[Match | ElementAmbiguous | None] = [None] * len(questions)
        for way in range(max(len(question.element.ways) for question in questions)):
            lookups: dict[Hashable, tuple[Locator, list[int], list[dict[str, object]]]] = {}
            for place, (element, ask) in enumerate(questions):
                if found[place] is None and way < len(element.ways):
                    name, locator, choose = by(scope, element.ways[way])
                    _, places, asks = lookups.setdefault(name, (locator, [], []))
                    places.append(place)
                    asks.append({**ask, **choose})
            answers = await together(self._ask(locator, asks) for locator, _, asks in lookups.values())
            for (_, places, _), replies in zip(lookups.values(), answers, strict=True):
                for place, reply in zip(places, replies, strict=True):
                    found[place] = self._judged(view, questions[place].element, way, reply)
        return found

    @staticmethod
    async def _ask(locator: Locator, asks: list[dict[str, object]]) -> list[dict[str, Any]]:
        try:
            return cast("list[dict[str, Any]]", await locator.evaluate_all(PAGE_SCRIPT, asks))
        except PlaywrightError as error:
            if is_on_its_way(error):
                return [{"count": 0}] * len(asks)
            raise

    def _judged(self, view: View, element: Element, way: int, reply: Mapping[str, Any]) -> Match | ElementAmbiguous | None:
        if reply["count"] == 1:
            self._note_drift(view, element, way)
            return Match(reply["born"], reply["value"])
        if reply["count"] == 0:
            return None
        message = f"{reply['count']} match way {way + 1}; give the selector file a way that matches one"
        return ElementAmbiguous(message, system=self._system, view=view.name, element=element.name)

    def _note_drift(self, view: View, element: Element, place: int) -> None:
        name = f"{view.name}.{element.name}"
        if place and name not in self._drifted:
            self._drifted.add(name)
            message = f"found by way {place + 1}, no longer by way 1; look over the selector file"
            event(Action.DRIFT, message, system=self._system, step=name, level="WARNING")
