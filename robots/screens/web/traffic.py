"""What goes on in one context between the robot's own calls: requests, error pages, windows and dialogs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Frame, Page, Request, Response
from playwright.async_api import Dialog as PlaywrightDialog
from playwright.async_api import Error as PlaywrightError

from robots.screens.dialogs import Dialog, DialogAnswer
from robots.screens.web.failures import mistrust_by
from robots.trust import Mistrust

#: the answers that mean that the system does not work just now
SERVER_ERRORS = (408, 429, *range(500, 600))
_WAITED_FOR = ("document", "xhr", "fetch", "script")
_ERROR_PAGE = "chrome-error://"
_PAUSE_BEFORE_ASKING_AGAIN_SECONDS = 0.2
_ASKING_SECONDS = 20.0


class Traffic:
    """Watches one context and answers the dialogs that the selector file names."""

    def __init__(self, context: BrowserContext, dialogs: Iterable[Dialog]) -> None:
        self._dialogs = tuple(dialogs)
        self._main: Page | None = None
        self._in_flight: set[Request] = set()
        self._is_calm = asyncio.Event()
        #: the frames that show an error of the server's, with its answer
        self._broken: dict[Frame, Response] = {}
        #: of these, the ones that were asked for once more since something new was to come up
        self._asked_again: set[Frame] = set()
        #: why a certificate was not believed since something new was to come up; None when all were
        self.mistrust: Mistrust | None = None
        #: answers to the requests that opened windows, whose frame is not known when they come
        self._of_new_windows: list[Response] = []
        #: windows that the page opened, the latest last
        self.popups: list[Page] = []
        #: a dialog came up that the selector file does not name
        self.had_unknown_dialog = False
        #: the main page is the answer to a form that was sent, so that its address does not bring it back
        self.is_posted = False
        context.on("page", self._watch)
        context.on("request", self._began)
        context.on("requestfinished", self._ended)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("dialog", self._dialog)

    @property
    def is_busy(self) -> bool:
        """Whether something that can change a page is still on its way."""
        return bool(self._in_flight)

    async def pause(self, seconds: float) -> None:
        """Return after so many seconds, or as soon as what is on its way now has come."""
        if not self._in_flight:
            await asyncio.sleep(seconds)
            return
        self._is_calm.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._is_calm.wait()

    def begin(self) -> None:
        """Forget what was before: the robot is about to bring something new up."""
        self._in_flight.clear()
        self._is_calm.set()
        self._broken.clear()
        self._asked_again.clear()
        self.mistrust = None
        self._of_new_windows.clear()

    def note_failure(self, request: Request, text: str) -> None:
        """Remember it when a certificate was not believed, by what is said of a request that failed.

        What a page fetches of somebody else's, such as whoever counts its visits, is left out: it says nothing of the system.
        """
        frame = self.frame_of(request)
        if request.is_navigation_request() or frame is None or _owner(request.url) == _owner(frame.url):
            self.mistrust = mistrust_by(text) or self.mistrust

    def error_of(self, page: Page) -> str:
        """Return what kind of error page stands in the page or one of its frames; empty when there is none."""
        self._place_new_windows()
        if any(frame.url.startswith(_ERROR_PAGE) for frame in page.frames):
            return "no answer"
        status = next((self._broken[frame].status for frame in page.frames if frame in self._broken), None)
        return f"HTTP {status}" if status is not None else ""

    async def ask_again(self, page: Page) -> bool:
        """Ask once more for what the server answered with an error in the page or one of its frames, and say whether there was such a thing.

        Only for what was asked for: to ask changes nothing. What was sent is never sent again.
        """
        self._place_new_windows()
        frame = next((one for one in page.frames if one in self._broken and one not in self._asked_again), None)
        if frame is None or self._broken[frame].request.method != "GET":
            return False
        self._asked_again.add(frame)
        await asyncio.sleep(_PAUSE_BEFORE_ASKING_AGAIN_SECONDS)
        # What it shows then is told apart by whoever waits for it.
        with suppress(PlaywrightError):
            await frame.goto(self._broken[frame].url, wait_until="commit", timeout=_ASKING_SECONDS * 1000)
        return True

    def _watch(self, page: Page) -> None:
        if self._main is None:
            self._main = page
        else:
            self.popups.append(page)
        page.on("close", self.forget)

    def _place_new_windows(self) -> None:
        """Find the frames of the answers that opened windows, each unless the window has shown something else since."""
        unplaced, self._of_new_windows = self._of_new_windows, []
        for response in unplaced:
            frame = self.frame_of(response.request)
            if frame is None:
                self._of_new_windows.append(response)
            elif frame.url == response.url:
                self._place(frame, response)

    def forget(self, page: Page) -> None:
        """Take a window that is closed out of all accounts."""
        self.popups = [one for one in self.popups if one is not page]
        gone = {request for request in self._in_flight if (frame := self.frame_of(request)) is not None and frame.page is page}
        self._in_flight -= gone
        self._tell_when_calm()

    @staticmethod
    def frame_of(request: Request) -> Frame | None:
        """Return the frame that asks; None when it is that of a window which is only just opening."""
        try:
            return request.frame
        except PlaywrightError:
            return None  # the frame of a request that opens a window is not known at first

    def _began(self, request: Request) -> None:
        if request.resource_type in _WAITED_FOR:
            self._in_flight.add(request)

    def _ended(self, request: Request) -> None:
        self._in_flight.discard(request)
        self._tell_when_calm()

    def _failed(self, request: Request) -> None:
        if request.resource_type in _WAITED_FOR:
            self.note_failure(request, request.failure or "")
        self._ended(request)

    def _tell_when_calm(self) -> None:
        if not self._in_flight:
            self._is_calm.set()

    def _answered(self, response: Response) -> None:
        if not response.request.is_navigation_request():
            return
        frame = self.frame_of(response.request)
        if frame is None:
            self._of_new_windows.append(response)
        else:
            self._place(frame, response)

    def _place(self, frame: Frame, response: Response) -> None:
        self._broken.pop(frame, None)
        if response.status in SERVER_ERRORS:
            self._broken[frame] = response
        if self._main is not None and frame is self._main.main_frame:
            self.is_posted = response.request.method != "GET"

    async def _dialog(self, dialog: PlaywrightDialog) -> None:
        known = next((one for one in self._dialogs if one.text == dialog.message), None)
        with suppress(PlaywrightError):
            # Leaving a page half filled in is something the robot only does on purpose.
            if dialog.type == "beforeunload" or (known is not None and known.answer is DialogAnswer.ACCEPT):
                await dialog.accept()
                return
            self.had_unknown_dialog = self.had_unknown_dialog or known is None
            await dialog.dismiss()


def _owner(address: str) -> str:
    """Return whose an address is: its name without what stands before the last two parts, so that a system's servers are one's."""
    return ".".join((urlsplit(address).hostname or "").split(".")[-2:])
