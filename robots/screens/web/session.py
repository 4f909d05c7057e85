"""What one session of a web system has: its pages, its clock, and the ways to say that something is wrong with them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import cast

from playwright.async_api import BrowserContext, Frame, FrameLocator, Page
from playwright.async_api import Error as PlaywrightError

from robots.errors import DialogUnknown, ProgramMissing, ScreenChanged
from robots.run_log import Action, event
from robots.screens import TimeLimits
from robots.screens.selector_file import SelectorFile, View
from robots.screens.web import pictures
from robots.screens.web.documents import Documents
from robots.screens.web.finding import EVERY_PAGE
from robots.screens.web.traffic import Traffic


class Session:
    """The pages of one session, shared by all that works on them; one call at a time."""

    def __init__(self, selectors: SelectorFile, context: BrowserContext, *, pictures: Path, limits: TimeLimits) -> None:
        self.selectors = selectors
        self.context = context
        self.limits = limits
        self.traffic = Traffic(context, selectors.dialogs.values())
        self.documents = Documents()
        #: by when, on the session's clock, what the call under way waits for must have come
        self.deadline = 0.0
        self._pictures = pictures
        self._main: Page | None = None

    async def open(self) -> None:
        """Open the page; nothing is loaded yet.

        Raises:
            ProgramMissing: the browser is too old.
        """
        self.context.set_default_timeout((self.limits.view_seconds + self.limits.answer_seconds) * 1000)
        await self.context.add_init_script(EVERY_PAGE)
        self._main = await self.context.new_page()
        if not await self._main.evaluate("'computedName' in Element.prototype"):
            raise ProgramMissing(
                "this Chromium does not tell what elements are called; install the one that Debian has now: apt install --only-upgrade chromium"
            )

    async def close(self) -> None:
        """End the session; never raises."""
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(self.limits.answer_seconds):
                await self.context.close()

    @property
    def system(self) -> str:
        """The name of the system."""
        return self.selectors.system

    @property
    def main(self) -> Page:
        """The page that is no window; it is there from `open` on."""
        return cast("Page", self._main)

    @property
    def is_gone(self) -> bool:
        """Whether the browser or the page is gone."""
        browser = self.context.browser
        return self._main is None or self._main.is_closed() or (browser is not None and not browser.is_connected())

    @staticmethod
    def now() -> float:
        """Return the time in seconds on the session's clock."""
        return asyncio.get_running_loop().time()

    def page_of(self, view: View) -> Page | None:
        """Return the page or the window that the view lives in; None when no window is open."""
        if not view.is_popup:
            return self._main
        return self.traffic.popups[-1] if self.traffic.popups else None

    async def document_of(self, view: View) -> Frame:
        """Return where the view lives; an element of it has just been found there.

        Raises:
            ScreenChanged: it is gone all the same.
        """
        document = await self.documents.of(cast("Page", self.page_of(view)), view.frame_title)
        if document is None:
            raise ScreenChanged("the view's frame is gone; look what the page does with it")
        return document

    async def go(self, address: str) -> None:
        """Ask for the page of the address; what shows then is for others to tell."""
        self.traffic.begin()
        await self.main.goto(address, wait_until="domcontentloaded", timeout=self.limits.view_seconds * 1000)

    def check_dialog(self, view: str) -> None:
        """Raise DialogUnknown when a dialog came up that the selector file does not name."""
        if self.traffic.had_unknown_dialog:
            self.traffic.had_unknown_dialog = False
            message = "a dialog came up that the selector file does not name; it was dismissed. Add its exact text under dialogs, with the answer"
            raise DialogUnknown(message, system=self.system, view=view)

    async def picture(self) -> str:
        """Save a masked picture of the latest window, or of the page; return its path."""
        page = self.traffic.popups[-1] if self.traffic.popups else self.main
        path = await pictures.take(page, self.selectors, self._scope_of, self._pictures)
        event(Action.PICTURE_TAKEN, f"{path.name}: everything personal is blacked out", system=self.system)
        return str(path)

    def _scope_of(self, view: View) -> Page | FrameLocator | None:
        page = self.page_of(view)
        if page is None or page.is_closed() or not view.frame_title:
            return None if page is None or page.is_closed() else page
        title = view.frame_title.replace("\\", "\\\\").replace('"', '\\"')
        return page.frame_locator(f'iframe[title="{title}"], frame[title="{title}"]')
