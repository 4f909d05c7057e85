"""Tables of a page: their rows, page by page, and what a row opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from robots.errors import ElementAmbiguous, ElementMissing, ScreenChanged
from robots.screens.download import Downloaded
from robots.screens.selector_file import Element, View
from robots.screens.web.calls import Calls
from robots.screens.web.clicks import Clicks
from robots.screens.web.downloads import Downloads
from robots.screens.web.finding import Question, sound
from robots.screens.web.lookup import Lookup
from robots.screens.web.pressing import aim
from robots.screens.web.session import Session
from robots.screens.web.views import Views

_MOST_PAGES = 500


@dataclass(slots=True, kw_only=True)
class _Turned:
    """A table whose pages were turned, and how to get back to its first one."""

    view: View
    #: address of the first page; empty when it has none to go back to
    first_address: str
    #: what the page turned to last is told by
    address: str = ""
    born: float = 0.0


class Tables:
    """The tables of one session; each page of a table is a call of its own."""

    def __init__(self, session: Session, views: Views, lookup: Lookup, calls: Calls) -> None:
        self._session = session
        self._views = views
        self._lookup = lookup
        self._calls = calls
        self._clicks = Clicks(session, lookup)
        self._downloads = Downloads(session, lookup)
        self._turned: _Turned | None = None

    def forget_turning(self) -> None:
        """Take every table for being at its first page: its view is brought up anew."""
        self._turned = None

    async def rows(self, table: str) -> list[dict[str, str]]:
        """Return the rows of all pages, from the first one."""
        view, element = self._table(table)
        await self._turn_back(view, element)
        rows: list[dict[str, str]] = []
        for _ in range(_MOST_PAGES):
            async with self._calls.call(view.name, element.name):
                rows += (await self._rows_here(view, element))[0]
                if not await self._turn(view, element.next_page):
                    return rows
        raise self._endless(view, element)

    async def pick(self, table: str, row: Mapping[str, str], *, then: str) -> None:
        """Open the row on the first page that holds the texts; it is ambiguous when two on that page do."""
        view, element = self._table(table)
        target = self._session.selectors.view(then)
        if element.is_download:
            message = "the selector file says download: what stands in its rows brings a file and no view; fetch the file, or correct the file"
            raise ScreenChanged(message, system=self._session.system, view=view.name, element=element.name)
        if unknown := [column for column in row if column not in element.columns]:
            message = f"the selector file has no column {', '.join(unknown)}; correct the code or the file"
            raise ElementMissing(message, system=self._session.system, view=view.name, element=element.name)
        await self._turn_back(view, element)
        for _ in range(_MOST_PAGES):
            async with self._calls.call(view.name, element.name):
                page_rows, born = await self._rows_here(view, element)
                places = [place for place, one in enumerate(page_rows) if all(one[column] == text for column, text in row.items())]
                if len(places) > 1:
                    message = f"{len(places)} rows hold these texts; pick by a column that tells them apart"
                    raise ElementAmbiguous(message, system=self._session.system, view=view.name, element=element.name)
                if places:
                    if not view.is_popup:
                        await self._lookup.close_windows(view)
                    aimed = await aim(await self._session.document_of(view), {"key": element.name, "place": places[0]})
                    await self._clicks.click(view, element, [target], born=born, aimed=aimed, row=places[0])
                    return
                if not await self._turn(view, element.next_page):
                    message = "no row holds these texts"
                    raise ElementMissing(message, system=self._session.system, view=view.name, element=element.name)
        raise self._endless(view, element)

    async def download(self, table: str, row: int, *, most_bytes: int) -> Downloaded:
        """Fetch the file behind the only link or button of the row, counted from 0 over all pages."""
        view, element = self._table(table)
        await self._turn_back(view, element)
        for _ in range(_MOST_PAGES):
            async with self._calls.call(view.name, element.name):
                await self._lookup.answer_dialogs(view)
                on_page = len((await self._rows_here(view, element))[0])
                if 0 <= row < on_page:
                    return await self._downloads.fetch(view, element, row=row, most_bytes=most_bytes)
                row -= on_page
                if not await self._turn(view, element.next_page):
                    raise ElementMissing("the table has no row of that number", system=self._session.system, view=view.name, element=element.name)
        raise self._endless(view, element)

    def _table(self, name: str) -> tuple[View, Element]:
        view, element = self._session.selectors.element(name)
        if not element.columns:
            message = "it is no table; give it columns in the selector file"
            raise ElementMissing(message, system=self._session.system, view=view.name, element=element.name)
        return view, element

    async def _rows_here(self, view: View, element: Element) -> tuple[list[dict[str, str]], float]:
        """Return the rows of the page that shows, and when its document was made."""
        (match,) = await self._lookup.find(view, [element], is_held=True, do="table", columns=dict(element.columns))
        found = match.value
        for kind, columns, what in ((ElementMissing, found["missing"], "is not in the table"), (ElementAmbiguous, found["twice"], "stands twice")):
            if columns:
                headers = ", ".join(f'{column} ("{element.columns[column]}")' for column in columns)
                message = f"column {headers} {what}; compare the selector file with the screen"
                raise kind(message, system=self._session.system, view=view.name, element=element.name)
        if found["uneven"]:
            message = "a row has more or fewer cells than the header; it can't be told which text belongs to which column"
            raise ScreenChanged(message, system=self._session.system, view=view.name, element=element.name)
        return cast("list[dict[str, str]]", found["rows"]), match.born

    async def _turn(self, view: View, by: str) -> bool:
        """Turn the table's page by an element of the view; False when it can't be pressed: this is the last one that way."""
        if not by:
            return False
        following = view.elements[by]
        (found,) = await self._views.probe([Question(view, following, {"do": "usable", "key": following.name})])
        match = sound(found)
        if match is None or not match.value:
            return False
        if self._turned is None or self._turned.view is not view:
            self._turned = _Turned(view=view, first_address="" if self._session.traffic.is_posted else self._session.main.url)
        aimed = await aim(await self._session.document_of(view), {"key": following.name})
        await self._clicks.click(view, following, [view], born=match.born, aimed=aimed)
        landmark = await self._views.landmark(view)
        self._turned.address, self._turned.born = self._session.main.url, landmark.born if landmark is not None else 0.0
        return True

    async def _turn_back(self, view: View, element: Element) -> None:
        """Go back to the table's first page if an earlier call turned its pages and it has not been left since."""
        turned = self._turned
        if turned is None or turned.view is not view:
            return
        self._turned = None
        async with self._calls.call(view.name):
            await self._lookup.find(view, [])
            landmark = await self._views.landmark(view)
            is_same_load = landmark is not None and landmark.born == turned.born
            must_turn = is_same_load and not turned.first_address
            if must_turn and not element.previous_page:
                message = "the table's pages were turned and it has no address to begin again at; bring the view up once more before reading it again"
                raise ScreenChanged(message, system=self._session.system, view=view.name)
            if turned.first_address and (is_same_load or self._session.main.url == turned.address):
                await self._session.go(turned.first_address)
                await self._lookup.arrive(view)
        if must_turn:
            await self._turn_to_first(view, element)

    async def _turn_to_first(self, view: View, element: Element) -> None:
        for _ in range(_MOST_PAGES):
            async with self._calls.call(view.name, element.name):
                if not await self._turn(view, element.previous_page):
                    self._turned = None
                    return
        raise self._endless(view, element)

    def _endless(self, view: View, element: Element) -> ScreenChanged:
        message = f"the table has more than {_MOST_PAGES} pages, or their turning leads in a circle; look at next_page and previous_page"
        return ScreenChanged(message, system=self._session.system, view=view.name, element=element.name)
