"""The windows that a page opens: each is a view of the selector file, or nobody has said what it is and a developer must look."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakSet

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from robots.errors import DialogUnknown, ElementAmbiguous, SystemUnavailable
from robots.screens.selector_file import SelectorFile, View
from robots.screens.web import pauses
from robots.screens.web.traffic import Traffic


class Windows:
    """Knows the windows of one session by the landmarks of the views that live in windows; presses nothing in them."""

    def __init__(self, selectors: SelectorFile, traffic: Traffic, shows_in: Callable[[View, Page], Awaitable[bool]]) -> None:
        """Ask `shows_in` whether a view's landmark shows in a window; the log-in can also come up in one."""
        self._system = selectors.system
        self._traffic = traffic
        self._shows_in = shows_in
        lost = [selectors.views[name] for name in selectors.session_lost]
        self._views = [*(view for view in selectors.views.values() if view.is_popup), *lost]
        self._known: WeakSet[Page] = WeakSet()

    async def check(self, view: str, *, seconds: float) -> None:
        """Return when every open window is known, giving one that is still loading so many seconds.

        Raises:
            DialogUnknown: a window shows no view of the file; it is left as it is.
            SystemUnavailable: a window shows an error page.
        """
        for window in [one for one in self._traffic.popups if one not in self._known]:
            if await self._is_known(window, seconds):
                self._known.add(window)
            elif kind := self._traffic.error_of(window):
                message = f"a window shows an error page ({kind}) instead of the system's; look whether the system is up"
                raise SystemUnavailable(message, system=self._system, view=view)
            elif not window.is_closed():
                message = "a window came up that the selector file does not name; nothing in it was pressed. See the picture, and add it as a view"
                raise DialogUnknown(message, system=self._system, view=view)

    async def close(self, view: str, *, seconds: float) -> None:
        """Close every window, when each is known."""
        await self.check(view, seconds=seconds)
        for window in self._traffic.popups[:]:
            await window.close()
            self._traffic.forget(window)

    async def _is_known(self, window: Page, seconds: float) -> bool:
        now = asyncio.get_running_loop().time
        until, pause = now() + seconds, pauses.SHORTEST_SECONDS
        while not window.is_closed():
            for view in self._views:
                if await self._shows(view, window):
                    return True
            if now() > until:
                return False
            await asyncio.sleep(pause)
            pause = pauses.longer(pause)
        return False

    async def _shows(self, view: View, window: Page) -> bool:
        try:
            return await self._shows_in(view, window)
        except ElementAmbiguous:
            return True  # a view whose landmark is there twice is no stranger; whoever uses it is told
        except PlaywrightError:
            if window.is_closed():
                return False
            raise
