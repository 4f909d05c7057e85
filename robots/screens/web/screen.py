"""One session of one web system: what a person would do on its pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from playwright.async_api import BrowserContext, Frame, Page

from robots.errors import ScreenChanged, ValueNotKept
from robots.screens import TimeLimits
from robots.screens.download import Downloaded
from robots.screens.formats import is_same
from robots.screens.framing import frame
from robots.screens.inspection import Look
from robots.screens.selector_file import Element, SelectorFile, View
from robots.screens.sighting import Sighting, is_settled
from robots.screens.ways import Way
from robots.screens.web import listing, pauses
from robots.screens.web.addresses import Addresses
from robots.screens.web.calls import Calls
from robots.screens.web.clicks import Clicks
from robots.screens.web.downloads import Downloads
from robots.screens.web.lookup import Lookup
from robots.screens.web.pressing import fill
from robots.screens.web.session import Session
from robots.screens.web.sightings import sightings_on
from robots.screens.web.tables import Tables
from robots.screens.web.views import Views


class WebScreen:
    """One session of one web system; see `Screen` for what the calls promise."""

    def __init__(self, selectors: SelectorFile, context: BrowserContext, *, address: str, pictures: Path, limits: TimeLimits) -> None:
        self._selectors = selectors
        self._limits = limits
        self._session = Session(selectors, context, pictures=pictures, limits=limits)
        self._views = Views(self._session)
        self._lookup = Lookup(self._session, self._views)
        self._calls = Calls(self._session, self._lookup.dialogs)
        self._addresses = Addresses(self._session, self._lookup, start=address)
        self._clicks = Clicks(self._session, self._lookup)
        self._downloads = Downloads(self._session, self._lookup)
        self._tables = Tables(self._session, self._views, self._lookup, self._calls)

    @property
    def _main(self) -> Page:
        return self._session.main

    async def open(self) -> None:
        """Open the page; nothing is loaded yet."""
        await self._session.open()

    async def close(self) -> None:
        """End the session; never raises."""
        await self._session.close()

    # --- showing

    async def show(self, view: str, **address: str) -> None:
        """Bring the view up by its address, or by the presses that lead to it."""
        target = self._selectors.view(view)
        if target.address is None and target.reach is not None:
            start = self._selectors.view(target.reach.view)
            if address or not await self.showing(start.name):
                await self.show(start.name, **address)
            await self.press(f"{start.name}.{target.reach.element}", then=view)
            return
        async with self._calls.call(view):
            if target.address is None:
                if await self._views.landmark(target) is None:
                    message = "the view has neither address nor reach and is not showing; press what leads to it"
                    raise ScreenChanged(message, system=self._selectors.system, view=view)
                return
            await self._lookup.close_windows(target)
            self._tables.forget_turning()
            await self._addresses.bring(target, address)

    async def showing(self, view: str) -> bool:
        """Say whether the landmark shows now."""
        target = self._selectors.view(view)
        async with self._calls.call(view):
            return await self._views.landmark(target) is not None

    async def wait_for(self, *views: str) -> str:
        """Return the first of the views that shows."""
        targets = [self._selectors.view(view) for view in views]
        async with self._calls.call(views[0]):
            # A program comes up with its first view; a page must be asked for.
            start = next((one for one in targets if one.address is not None and not one.placeholders), None)
            if start is not None and self._main.url == "about:blank":
                await self._addresses.go(start, {})
            return (await self._lookup.arrive(*targets)).name

    # --- reading and entering

    async def read(self, *elements: str) -> dict[str, str]:
        """Return fields' values, chosen choices, Ja or Nej of ticks, and the visible text of everything else."""
        view, wanted = self._of_one_view(elements)
        async with self._calls.call(view.name):
            return dict(zip(elements, await self._texts(view, wanted), strict=True))

    async def _texts(self, view: View, elements: Sequence[Element]) -> list[str]:
        return [str(match.value) for match in await self._lookup.find(view, elements, do="read")]

    async def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        """Fill all fields in one go, then read all of them back."""
        view, elements = self._of_one_view(values)
        texts = {element.name: text for element, text in zip(elements, values.values(), strict=True)}
        self._refuse_read_only(view, elements)
        async with self._calls.call(view.name):
            await self._lookup.find(view, elements, is_held=True)
            refused = await fill(await self._session.document_of(view), texts)
            kept = await self._texts(view, elements)
            for element, text in zip(elements, kept, strict=True):
                if not is_same(text, texts[element.name], element.format):
                    because = {"choice": "has no such choice", "choices": "has the same choice twice"}.get(
                        refused.get(element.name, ""), "does not hold what was entered"
                    )
                    message = f"the field {because}; look whether its format or its limits have changed"
                    raise ValueNotKept(message, system=self._selectors.system, view=view.name, element=element.name)
            return dict(zip(values, kept, strict=True))

    def _of_one_view(self, names: Iterable[str]) -> tuple[View, list[Element]]:
        pairs = [self._selectors.element(name) for name in names]
        if not pairs or any(view is not pairs[0][0] for view, _ in pairs):
            raise ScreenChanged("one call reads or enters elements of one view; correct the code", system=self._selectors.system)
        return pairs[0][0], [element for _, element in pairs]

    def _refuse_read_only(self, view: View, elements: Iterable[Element]) -> None:
        for element in elements:
            if element.is_read_only:
                message = "the selector file says read_only; neither enter nor press it"
                raise ScreenChanged(message, system=self._selectors.system, view=view.name, element=element.name)

    # --- pressing

    async def press(self, element: str, *, then: str) -> None:
        """Press and wait for the view."""
        await self.press_for(element, then=(then,))

    async def press_for(self, element: str, *, then: tuple[str, ...]) -> str:
        """Press and say which of the views came."""
        view, (target,) = self._of_one_view([element])
        views = [self._selectors.view(name) for name in then]
        self._refuse_read_only(view, [target])
        if target.is_download:
            message = "the selector file says download: a press on it brings a file and no view; fetch the file, or correct the file"
            raise ScreenChanged(message, system=self._selectors.system, view=view.name, element=target.name)
        async with self._calls.call(view.name, target.name):
            if not view.is_popup:
                await self._lookup.close_windows(view)
            found, aimed = await self._lookup.find_to_press(view, target)
            return (await self._clicks.click(view, target, views, born=found.born, aimed=aimed)).name

    # --- tables and files

    async def rows(self, table: str) -> list[dict[str, str]]:
        """Return the rows of all pages, from the first one."""
        return await self._tables.rows(table)

    async def pick(self, table: str, row: Mapping[str, str], *, then: str) -> None:
        """Open the row on the first page that holds the texts; it is ambiguous when two on that page do."""
        await self._tables.pick(table, row, then=then)

    async def download(self, element: str, *, row: int | None = None, most_bytes: int) -> Downloaded:
        """Fetch the file behind a link or a button, or behind the only one of a table's row."""
        if row is not None:
            return await self._tables.download(element, row, most_bytes=most_bytes)
        view, (link,) = self._of_one_view([element])
        async with self._calls.call(view.name, link.name):
            await self._lookup.answer_dialogs(view)
            await self._lookup.find(view, [link], is_held=True)
            return await self._downloads.fetch(view, link, most_bytes=most_bytes)

    # --- looking

    async def look(self, view: View | None, ways: Sequence[Way]) -> Look:
        """List what is on the page, or in the view's frame or window, whether its landmark shows or not."""
        async with self._calls.call("" if view is None else view.name):
            return await listing.look(await self._looked_at(view), self._views.finder, ways)

    async def picture_of(self, view: View | None, place: int) -> str:
        """Save a masked picture with one thing of the last look framed; without the frame when it is gone."""
        async with self._calls.call("" if view is None else view.name):
            box = await listing.box_of(await self._looked_at(view), place)
            path = await self._session.picture()
            if box is not None:
                await asyncio.to_thread(frame, Path(path), box)
            return path

    async def _looked_at(self, view: View | None) -> Frame:
        page = self._main if view is None else self._session.page_of(view)
        document = None if page is None or page.is_closed() else await self._session.documents.of(page, "" if view is None else view.frame_title)
        if document is None:
            message = "the view's window or frame is not open; press what opens it"
            raise ScreenChanged(message, system=self._selectors.system, view="" if view is None else view.name)
        return document

    async def sightings(self, view: str) -> dict[str, Sighting]:
        """Say how each element is found, when all are, or when none comes any more."""
        target = self._selectors.view(view)
        async with self._calls.call(view):
            until, pause = self._session.now() + self._limits.answer_seconds, pauses.SHORTEST_SECONDS
            while True:
                seen = await sightings_on(target, self._views.probe)
                if is_settled(seen) or self._session.now() > until:
                    return seen
                await asyncio.sleep(pause)
                pause = pauses.longer(pause)

    async def picture(self) -> str:
        """Save a masked picture."""
        async with self._calls.call():
            return await self._session.picture()
