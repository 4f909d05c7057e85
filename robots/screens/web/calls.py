"""One call of a screen: one clock, and one place where errors are made ours and get their picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Error as PlaywrightError

from robots.errors import ScreenChanged, SystemTooSlow, SystemUnavailable
from robots.screens.web.failures import translated
from robots.screens.web.named_dialogs import NamedDialogs
from robots.screens.web.session import Session


class Calls:
    """The calls of one session, one after the other."""

    def __init__(self, session: Session, dialogs: NamedDialogs) -> None:
        self._session = session
        self._dialogs = dialogs

    @asynccontextmanager
    async def call(self, view: str = "", element: str = "") -> AsyncIterator[None]:
        """Do what stands inside within the time limits.

        Args:
            view: that the call is about, for errors; empty for none.
            element: of that view; empty for none.

        Raises:
            ScreenChanged: what was raised inside, with its place and a picture.
            DialogUnknown: a dialog came up meanwhile that the selector file does not name.
            SystemTooSlow: it took too long.
            SystemUnavailable: the browser or its window is gone.
        """
        session, system = self._session, self._session.system
        limit = session.limits.view_seconds + session.limits.answer_seconds
        session.deadline = session.now() + session.limits.view_seconds
        self._dialogs.begin()
        try:
            try:
                async with asyncio.timeout(limit):
                    yield
                    session.check_dialog(view)
            except TimeoutError:
                session.check_dialog(view)
                message = f"no answer within {limit:g} seconds; look whether the system is slow or hangs"
                raise SystemTooSlow(message, system=system, view=view, element=element) from None
            except PlaywrightError as error:
                session.check_dialog(view)
                raise translated(error, system=system, view=view, element=element) from None
        except ScreenChanged as error:
            if session.is_gone:
                # A browser that is just ending looks like a page that has changed.
                message = "the browser or its window is gone; it is started anew for the next session"
                raise SystemUnavailable(message, system=system, view=view, element=element) from None
            error.system, error.view, error.element = error.system or system, error.view or view, error.element or element
            error.picture = error.picture or await self._picture_if_possible()
            raise

    async def _picture_if_possible(self) -> str:
        try:
            async with asyncio.timeout(self._session.limits.answer_seconds):
                return await self._session.picture()
        except (PlaywrightError, TimeoutError, OSError):
            return ""
