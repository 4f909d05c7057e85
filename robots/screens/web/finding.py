"""Looking elements up: the ways of a selector file as questions to a page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame

from robots.errors import ElementAmbiguous
from robots.run_log import Action, event
from robots.screens.selector_file import Element, View
from robots.screens.web.failures import is_on_its_way

T = TypeVar("T")

#: what a page is asked: called with `do`, and what belongs to it
PAGE_SCRIPT = f"(ask) => {{{Path(__file__).with_name('page.js').read_text(encoding='utf-8')}}}"
_NOT_HERE = "kollega: not here"
_PLACE = "Symbol.for('kollega.ask')"
#: puts the script into every page when it begins, so that it is not sent with every question
EVERY_PAGE = f"Object.defineProperty(globalThis, {_PLACE}, {{ value: {PAGE_SCRIPT} }});"
_ASKED = f"(ask) => globalThis[{_PLACE}] ? globalThis[{_PLACE}](ask) : '{_NOT_HERE}'"


@dataclass(frozen=True, slots=True)
class Match:
    """The one element that a way found."""

    #: when the document it stands in was made; tells two loads of a page apart
    born: float
    value: Any


class Question(NamedTuple):
    """What is to be found, and what is asked about it."""

    view: View
    element: Element
    #: what the page is to answer besides how many match
    ask: Mapping[str, object]


Found = Match | ElementAmbiguous | None


def landmark_of(view: View, *, is_absent: bool = False) -> Question:
    """Return the question whether the view shows; `is_absent` when nothing is to be done while it does."""
    return Question(view, view.elements[view.landmark], {"is_absent": is_absent})


def sound(found: Found) -> Match | None:
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


async def ask_page(document: Frame, ask: Mapping[str, object]) -> Any:
    """Return the answer of the page, which must be of plain values."""
    reply = await document.evaluate(_ASKED, ask)
    # A page that was there before its context was told of the script.
    return await document.evaluate(PAGE_SCRIPT, ask) if reply == _NOT_HERE else reply


class Finder:
    """Looks up the elements of one system's views."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._drifted: set[str] = set()

    async def probe(self, document: Frame, questions: Sequence[Question]) -> list[Found]:
        """Try the ways of all elements in order, once, in one go; None where nothing matches now.

        Args:
            document: in which all of them are looked for.
            questions: of views that live in this document.
        """
        return (await self.probe_and_do(document, questions, None))[0]

    async def probe_and_do(
        self, document: Frame, questions: Sequence[Question], then: Mapping[str, object] | None
    ) -> tuple[list[Found], dict[str, Any] | None]:
        """Do the same, and in the same moment what is to follow: only if each is there once, and none of those that must be absent.

        Returns:
            What was found, and what came of it; None when it was not done.
        """
        title = questions[0].view.frame_title if questions else ""
        asks = [{**ask, "ways": [asdict(way) for way in element.ways]} for _, element, ask in questions]
        try:
            reply = await ask_page(document, {"do": "find", "title": title, "questions": asks, "then": then})
        except PlaywrightError as error:
            if not is_on_its_way(error):
                raise
            reply = None
        if reply is None:
            return [None] * len(questions), None
        return [self._judged(*one) for one in zip(questions, reply["answers"], strict=True)], reply["done"]

    def _judged(self, question: Question, reply: Any) -> Found:
        if reply["count"] == 1:
            self._note_drift(question.view, question.element, reply["way"])
            return Match(reply["born"], reply["value"])
        if reply["count"] == 0:
            return None
        message = f"{reply['count']} match way {reply['way'] + 1}; give the selector file a way that matches one"
        return ElementAmbiguous(message, system=self._system, view=question.view.name, element=question.element.name)

    def _note_drift(self, view: View, element: Element, place: int) -> None:
        name = f"{view.name}.{element.name}"
        if place and name not in self._drifted:
            self._drifted.add(name)
            message = f"found by way {place + 1}, no longer by way 1; look over the selector file"
            event(Action.DRIFT, message, system=self._system, step=name, level="WARNING")
