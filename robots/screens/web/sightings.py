"""How the elements of a view are found on a page, way by way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from robots.errors import ElementAmbiguous
from robots.screens.selector_file import View
from robots.screens.sighting import Sighting, State, found, not_found
from robots.screens.web.finding import Found, Question

Probe = Callable[[Sequence[Question]], Awaitable[list[Found]]]


async def sightings_on(view: View, probe: Probe) -> dict[str, Sighting]:
    """Try the first ways of all elements together, then the second ones of those that are left, and so on, once."""
    seen: dict[str, Sighting] = {}
    for place in range(max(len(element.ways) for element in view.elements.values())):
        left = [element for element in view.elements.values() if element.name not in seen and place < len(element.ways)]
        questions = [
            Question(
                view, replace(element, ways=(element.ways[place],)), {"do": "table", "columns": dict(element.columns)} if element.columns else {}
            )
            for element in left
        ]
        for element, match in zip(left, await probe(questions) if questions else [], strict=True):
            if isinstance(match, ElementAmbiguous):
                seen[element.name] = Sighting(state=State.FOUND_TWICE, way=place + 1)
            elif match is not None:
                wrong = (*match.value["missing"], *match.value["twice"]) if element.columns else ()
                seen[element.name] = found(place + 1, tuple(wrong))
    return {element.name: seen.get(element.name) or not_found(view, element) for element in view.elements.values()}
