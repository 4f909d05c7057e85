"""Files that come by a press: on a button that sends a form, runs a script or opens a window.

The browser itself would write such a file to disk whatever its size, and ask for it up to five times more when it breaks off on its way. So what
the press asks for is held back, and asked for once in its place: in the page's own session, in memory, and up to a limit. The page stays as it is.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from playwright.async_api import Download, ElementHandle, Frame, Page, Route
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from robots.errors import ElementMissing, ScreenChanged, SystemTooSlow
from robots.screens.download import Downloaded, Given
from robots.screens.selector_file import View
from robots.screens.web import pauses
from robots.screens.web.file_answers import Answer, Asked, by_press
from robots.screens.web.session import Session

_ALL = "**/*"
_MADE_FILES = f"async (ask) => {{{Path(__file__).with_name('made_files.js').read_text(encoding='utf-8')}}}"


@dataclass(frozen=True, slots=True)
class _Held:
    """A page or a file that was to come up."""

    asked: Asked
    #: what the window or the frame waits for; None when it was told already that nothing comes
    route: Route | None
    #: a window is only just opening by it
    is_of_new_window: bool

    async def end(self) -> None:
        """Tell the window or the frame that nothing comes; a window comes up all the same, so that it can be closed."""
        if self.is_of_new_window and self.route is not None:
            await self.route.fulfill(status=200, headers={"Content-Type": "text/html"}, body="")
        elif self.route is not None:
            await self.route.abort("aborted")


@dataclass(slots=True, kw_only=True)
class _Watch:
    """What has come of a press so far."""

    held: list[_Held] = field(default_factory=list)
    #: addresses of the files that the browser was about to save, which it has not
    begun: list[str] = field(default_factory=list)
    has_asked: bool = False
    #: something was sent that the system may have acted on
    has_sent: bool = False
    #: how many windows were to come up by what was held
    windows: int = 0


class PressedFiles:
    """Fetches files by presses in one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def fetch(self, view: View, element: ElementHandle, *, most_bytes: int) -> Answer:
        """Press the element, once, and return the file that comes by it, or what comes instead.

        Args:
            view: where the element is.
            element: what is pressed.
            most_bytes: a larger file is given up.

        Raises:
            ScreenChanged: it can't be pressed.
            ElementMissing: the press has asked for nothing.
            SystemFault: the file does not come, and nothing was asked for that the system may have acted on.
        """
        session = self._session
        document = await session.document_of(view)
        async with self._watching(document) as watch:
            try:
                await element.click(timeout=max(1.0, (session.deadline - session.now()) * 1000))
            except PlaywrightTimeout:
                session.check_dialog(view.name)
                raise ScreenChanged("it can't be pressed: it is covered, disabled or moving; compare the selector file with the screen") from None
            try:
                return await self._answer(view, document, watch, most_bytes)
            except PlaywrightError:
                # A browser that dies, or a window that closes itself: what was sent is not sent again by whoever tries again.
                if not watch.has_sent:
                    raise
                return Answer(downloaded=Downloaded(given=Given.BROKEN_OFF))

    @asynccontextmanager
    async def _watching(self, document: Frame) -> AsyncIterator[_Watch]:
        """Hold back what is asked for inside; in the end the page is as it was, and every window that came up is closed."""
        session, watch = self._session, _Watch()
        before = session.traffic.popups[:]

        async def hold(route: Route) -> None:
            with suppress(PlaywrightError):  # the page or the whole browser is gone
                await self._hold(route, document, watch)

        def note(download: Download) -> None:
            watch.begun.append(download.url)

        def watch_window(window: Page) -> None:
            window.on("download", note)

        session.traffic.begin()
        pages = [session.main, *before]
        for page in pages:
            page.on("download", note)
        session.context.on("page", watch_window)
        await document.evaluate(_MADE_FILES, {"do": "watch"})
        await session.context.route(_ALL, hold)
        try:
            yield watch
        finally:
            session.context.remove_listener("page", watch_window)
            for page in pages:
                page.remove_listener("download", note)
            # Each on its own: what is still held when nobody holds it any more is asked for by the browser itself.
            for held in watch.held:
                with suppress(PlaywrightError):
                    await held.end()
            with suppress(PlaywrightError):
                await self._close_windows(before, watch.windows)
            with suppress(PlaywrightError):
                await session.context.unroute(_ALL, hold)
            with suppress(PlaywrightError):
                await document.evaluate(_MADE_FILES, {"do": "end"})

    async def _hold(self, route: Route, document: Frame, watch: _Watch) -> None:
        request = route.request
        watch.has_asked = True
        if not request.is_navigation_request():
            # What a script asks for is the page's own affair; the robot's own question comes by here as well.
            watch.has_sent = watch.has_sent or Asked.by(request).may_act
            await route.continue_()
            return
        frame = self._session.traffic.frame_of(request)
        watch.windows += frame is None
        # The page answers no question as long as it is about to be left.
        is_waited_in = frame in (self._session.main.main_frame, document)
        watch.held.append(_Held(Asked.by(request), None if is_waited_in else route, frame is None))
        if is_waited_in:
            await route.abort("aborted")

    async def _close_windows(self, before: list[Page], expected: int) -> None:
        """Close the windows that have come up, when as many have as were to, or no more come."""
        traffic, session = self._session.traffic, self._session
        until, pause = session.now() + session.limits.answer_seconds / 2, pauses.SHORTEST_SECONDS
        closed = 0
        while True:
            for window in [one for one in traffic.popups if one not in before]:
                closed += 1
                await window.close()
                traffic.forget(window)
            if closed >= expected or session.now() > until:
                return
            await asyncio.sleep(pause)
            pause = pauses.longer(pause)

    async def _answer(self, view: View, document: Frame, watch: _Watch, most_bytes: int) -> Answer:
        """Wait for a file, and say what came instead when none does."""
        session, traffic = self._session, self._session.traffic
        pause, idle_since = pauses.SHORTEST_SECONDS, None
        is_made_up = False
        while True:
            session.check_dialog(view.name)
            answer = None
            if watch.held:
                answer = await self._asked_for(watch.held[0], document, most_bytes)
                # Not before: when that fails, its window or frame waits still.
                del watch.held[0]
                is_made_up, idle_since = is_made_up or answer is None, None
            elif watch.begun:
                answer = await self._begun(watch.begun.pop(0), document, most_bytes)
            else:
                answer = await self._made(document, most_bytes)
            if answer is not None:
                return answer
            now = session.now()
            idle_since = None if traffic.is_busy else idle_since or now
            if now > session.deadline or (idle_since is not None and now - idle_since > session.limits.answer_seconds):
                return self._instead(watch, is_page=is_made_up)
            await traffic.pause(pause)
            pause = pauses.longer(pause)

    async def _asked_for(self, held: _Held, document: Frame, most_bytes: int) -> Answer | None:
        """Return the answer; None when it is a page that a window or a frame shows now, and a file can still come by it."""
        answer = await by_press(document, held.asked, self._session, most_bytes=most_bytes)
        if held.route is None:
            return answer
        if answer.page is None:
            await held.end()
            return answer
        await held.route.fulfill(status=200, headers={"Content-Type": answer.media_type}, body=answer.page)
        return None

    async def _begun(self, address: str, document: Frame, most_bytes: int) -> Answer | None:
        """Return the file that the browser was about to save; None when the page has made it, so that it is taken from there."""
        scheme, _, rest = address.partition(":")
        if scheme == "blob":
            return None
        if scheme != "data":
            # Such a file is asked for by its address alone, which changes nothing.
            return await by_press(document, Asked(address=address), self._session, most_bytes=most_bytes)
        head, _, text = rest.partition(",")
        with suppress(binascii.Error):
            content = base64.b64decode(unquote_to_bytes(text)) if head.endswith(";base64") else unquote_to_bytes(text)
            return _whole(content) if len(content) <= most_bytes else Answer(downloaded=Downloaded(given=Given.TOO_LARGE))
        return Answer(downloaded=Downloaded(given=Given.NOTHING))

    @staticmethod
    async def _made(document: Frame, most_bytes: int) -> Answer | None:
        """Return the file that the page has made; None when it has made none."""
        raw = cast("dict[str, Any] | None", await document.evaluate(_MADE_FILES, {"do": "take", "most": most_bytes}))
        if raw is None:
            return None
        if raw["kind"] == "several":
            raise ScreenChanged("the press has made more than one file, and it can't be told which is meant; look what the system does")
        return _whole(base64.b64decode(raw["content"])) if raw["kind"] == "file" else Answer(downloaded=Downloaded(given=Given.TOO_LARGE))

    def _instead(self, watch: _Watch, *, is_page: bool) -> Answer:
        if not watch.has_asked:
            message = "it was pressed, and has asked for no file; compare the selector file with the screen, and look what the press does"
            raise ElementMissing(message)
        if not self._session.traffic.is_busy:
            return Answer(downloaded=Downloaded(given=Given.NOTHING), is_page=is_page)
        if watch.has_sent:
            return Answer(downloaded=Downloaded(given=Given.BROKEN_OFF))
        raise SystemTooSlow(f"the file did not come within {self._session.limits.view_seconds:.0f} seconds; look whether the system is slow")


def _whole(content: bytes) -> Answer:
    return Answer(downloaded=Downloaded(given=Given.WHOLE, content=content))
