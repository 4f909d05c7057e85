"""Looking at a page without touching it: what is on it, and what each way finds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Frame

from robots.errors import ElementAmbiguous
from robots.screens.inspection import Box, Candidate, Look, caption
from robots.screens.selector_file import Element, View
from robots.screens.ways import Way
from robots.screens.web.finding import Finder, Match, Question

LISTING_SCRIPT = f"() => {{{Path(__file__).with_name('listing.js').read_text(encoding='utf-8')}}}"
_LISTED = "place => globalThis[Symbol.for('kollega.listed')]?.[place]"


async def look(document: Frame, finder: Finder, ways: Sequence[Way]) -> Look:
    """Return what is in the document now, and what the ways find there."""
    place_of_nothing = View(name="", landmark="", elements={})
    questions = [Question(place_of_nothing, Element(name=str(number), ways=(way,)), {"key": str(number)}) for number, way in enumerate(ways)]
    found = await finder.probe(document, questions) if questions else []
    answer: dict[str, Any] = await document.evaluate(LISTING_SCRIPT)
    return Look(
        candidates=tuple(_candidate(thing) for thing in answer["things"]),
        counts={way: _count(one) for way, one in zip(ways, found, strict=True)},
        places={
            way: int(answer["places"].get(str(number), -1))
            for number, (way, one) in enumerate(zip(ways, found, strict=True))
            if isinstance(one, Match)
        },
    )


def _count(found: Match | ElementAmbiguous | None) -> int:
    if isinstance(found, ElementAmbiguous):
        number = re.match(r"\d+", found.message)
        return int(number[0]) if number else 2
    return 0 if found is None else 1


def _candidate(thing: dict[str, Any]) -> Candidate:
    left, top, width, height = thing["box"]
    return Candidate(
        kind=thing["kind"],
        name=caption(thing["name"]),
        label=caption(thing["label"]),
        id=thing["id"],
        test_id=thing["test_id"],
        near=caption(thing["near"]),
        group=caption(thing["group"]),
        target=thing["target"],
        headers=tuple(caption(header) for header in thing["headers"]),
        box=(left, top, width, height),
        has_value=thing["has_value"],
    )


async def box_of(document: Frame, place: int) -> Box | None:
    """Bring one thing of the last look into sight; return where in the window it is, None when it is gone."""
    handle = (await document.evaluate_handle(_LISTED, place)).as_element()
    if handle is None:
        return None
    await handle.scroll_into_view_if_needed()
    box = await handle.bounding_box()
    return None if box is None else (round(box["x"]), round(box["y"]), round(box["width"]), round(box["height"]))
