"""A screen at whose views somebody looks while they are walked through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from robots.screens import Screen
from robots.screens.inspection import Inspectable
from robots.screens.noting import NotingScreen
from robots.screens.sighting import Sighting

Visit = Callable[[Inspectable, str], Awaitable[None]]


class VisitedScreen(NotingScreen):
    """Passes every call on to the screen behind it; when a walk looks at a view, the visitor looks at it too, and touches nothing."""

    def __init__(self, screen: Screen, visit: Visit) -> None:
        """Take along the visitor: told of the screen and the view that is up, if its landmark shows or not."""
        super().__init__(screen)
        self._visit = visit

    async def sightings(self, view: str) -> dict[str, Sighting]:
        """Return how each element of the view is found, after the visit."""
        sightings = await super().sightings(view)
        if isinstance(self._screen, Inspectable):
            await self._visit(self._screen, view)
        return sightings
