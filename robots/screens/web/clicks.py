"""A press, and the view that must follow it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from robots.errors import ScreenChanged
from robots.screens.selector_file import Element, View
from robots.screens.sending import is_sending
from robots.screens.web.arriving import Pressed
from robots.screens.web.lookup import Lookup
from robots.screens.web.once import sent_once
from robots.screens.web.pressing import Aim, pressed_at_once
from robots.screens.web.session import Session


class Clicks:
    """Presses what the look-up has found in one session."""

    def __init__(self, session: Session, lookup: Lookup) -> None:
        self._session = session
        self._lookup = lookup

    async def click(self, view: View, element: Element, then: Sequence[View], *, born: float, aimed: Aim, row: int | None = None) -> View:
        """Press the element that was held in the document born then, or what opens its row, and wait for what must follow.

        Args:
            view: where the element is.
            element: that is held.
            then: the views of which one must follow.
            born: when the document was made in which it is held.
            aimed: where it can be pressed at once; None when that must be waited for.
            row: place of the table's row to open, when the element is a table.

        Raises:
            ScreenChanged: it can't be pressed.
        """
        if not is_sending():
            return await self._click_and_arrive(view, element, then, born=born, aimed=aimed, row=row)
        session = self._session
        async with sent_once(session.context, timeout_seconds=session.limits.view_seconds, failed=session.traffic.note_failure):
            return await self._click_and_arrive(view, element, then, born=born, aimed=aimed, row=row)

    async def _click_and_arrive(self, view: View, element: Element, then: Sequence[View], *, born: float, aimed: Aim, row: int | None) -> View:
        session = self._session
        page = cast("Page", session.page_of(view))
        document = await session.document_of(view)
        session.traffic.begin()
        try:
            if not await pressed_at_once(page, document, aimed):
                # It waits until it can be pressed.
                handle = await self._lookup.take(view, element, row=row)
                await handle.click(timeout=max(1.0, (session.deadline - session.now()) * 1000))
        except PlaywrightTimeout:
            session.check_dialog(view.name)
            if session.traffic.is_busy:
                raise
            message = "it can't be pressed: it is covered, disabled or moving; compare the selector file with the screen"
            raise ScreenChanged(message, system=session.system, view=view.name, element=element.name) from None
        except PlaywrightError:
            # A window that closes itself when its button is pressed has done what it should.
            if page is session.main or not page.is_closed() or all(one.is_popup for one in then):
                raise
        return await self._lookup.arrive(*then, pressed=Pressed(view, born if view in then else None, session.now()))
