"""A screen that notes what is entered and shown, while somebody collects evidence."""

from __future__ import annotations

from collections.abc import Mapping

from robots.evidence import open_collector
from robots.screens import Screen
from robots.screens.download import Downloaded
from robots.screens.sighting import Sighting


class NotingScreen:
    """Passes every call on to the screen behind it; see `Screen` for what each promises."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    async def show(self, view: str, **address: str) -> None:
        """Bring the view up."""
        await self._screen.show(view, **address)

    async def showing(self, view: str) -> bool:
        """Say whether the view's landmark shows now."""
        return await self._screen.showing(view)

    async def wait_for(self, *views: str) -> str:
        """Return the first of the views that shows."""
        return await self._screen.wait_for(*views)

    async def read(self, *elements: str) -> dict[str, str]:
        """Return and note the text of each element."""
        texts = await self._screen.read(*elements)
        if (collector := open_collector()) is not None:
            collector.note_shown(texts)
        return texts

    async def rows(self, table: str) -> list[dict[str, str]]:
        """Return and note the table's rows."""
        rows = await self._screen.rows(table)
        if (collector := open_collector()) is not None:
            collector.note_rows(table, rows)
        return rows

    async def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        """Enter each text; return and note what was read back."""
        read_back = await self._screen.enter(values)
        if (collector := open_collector()) is not None:
            collector.note_entered(values, read_back)
        return read_back

    async def press(self, element: str, *, then: str) -> None:
        """Press the element and return when the view shows."""
        await self._screen.press(element, then=then)

    async def press_for(self, element: str, *, then: tuple[str, ...]) -> str:
        """Press the element and return the first of the views that shows."""
        return await self._screen.press_for(element, then=then)

    async def pick(self, table: str, row: Mapping[str, str], *, then: str) -> None:
        """Open the one row that holds exactly these texts."""
        await self._screen.pick(table, row, then=then)

    async def download(self, element: str, *, row: int | None = None, most_bytes: int) -> Downloaded:
        """Fetch the file; it is not noted, since whoever looks at the evidence finds it in the system."""
        return await self._screen.download(element, row=row, most_bytes=most_bytes)

    async def sightings(self, view: str) -> dict[str, Sighting]:
        """Return how each element of the view is found."""
        return await self._screen.sightings(view)

    async def picture(self) -> str:
        """Save a picture with everything personal blacked out; return its path."""
        return await self._screen.picture()

    async def close(self) -> None:
        """End the session; never raises."""
        await self._screen.close()
