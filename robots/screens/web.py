"""The web driver: Chromium through Playwright, which nothing else in the product imports.

Everything is found before anything is done, every wait ends by the clock, and every error of the browser becomes one
of ours without the browser's own text, which can quote what was on the screen.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Hashable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import quote

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import (
    BrowserContext,
    Dialog,
    ElementHandle,
    Frame,
    FrameLocator,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from robots.errors import (
    DialogUnknown,
    ElementAmbiguous,
    ElementMissing,
    KollegaError,
    ProgramMissing,
    ScreenChanged,
    SessionLost,
    SystemTooSlow,
    SystemUnavailable,
    ValueNotKept,
)
from robots.run_log import Action, event
from robots.screens import Screen, TimeLimits
from robots.screens.selector_file import ByCss, ByLabel, ByRole, ByTestId, ByText, DialogAnswer, Element, Near, SelectorFile, View, Way

T = TypeVar("T")

PROGRAMS = ("chromium-headless-shell", "chromium")
START_SECONDS = 60.0
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SETTLING_SECONDS = 0.15
_MOST_PAGES = 500
_SHORTEST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.1
_SERVER_ERRORS = (408, 429, *range(500, 600))
_WAITED_FOR = ("document", "xhr", "fetch", "script")
_ERROR_PAGE = "chrome-error://"
_LABELLED = "css=input:not([type=hidden]), select, textarea, output, button, [contenteditable], [aria-label], [aria-labelledby]"
_PAGE_SCRIPT = f"(found, ask) => {{{Path(__file__).with_name('web_page.js').read_text(encoding='utf-8')}}}"

# A picture shows the frame of a page and none of its contents: whatever is not a caption is invisible or black.
_CAPTIONS = "label, legend, th, caption, button, summary, h1, h2, h3, h4, h5, h6, [role=tab], [role=columnheader]"
_BUTTONS = "input[type=submit], input[type=button], input[type=reset]"
_PICTURE_STYLE = f"""
*, *::before, *::after, *::placeholder {{
  color: transparent !important; -webkit-text-fill-color: transparent !important; text-shadow: none !important;
  background-image: none !important; list-style: none !important; text-decoration: none !important; caret-color: transparent !important;
}}
td, dd, li, output, input, select, textarea, [contenteditable] {{ background-color: #333 !important; accent-color: #333 !important; }}
input[type=checkbox], input[type=radio] {{ appearance: none !important; }}
img, svg, canvas, video, object, embed {{ visibility: hidden !important; }}
:is({_CAPTIONS}, {_BUTTONS}) {{ color: #000 !important; -webkit-text-fill-color: #000 !important; background-color: #eee !important; }}
"""


@dataclass(frozen=True, slots=True)
class _Match:
    """The one element that a way found."""

    #: when the document it stands in was made; tells two loads of a page apart
    born: float
    value: Any


class _Question(NamedTuple):
    element: Element
    #: what the page is to answer besides how many match
    ask: dict[str, object]


@dataclass(frozen=True, slots=True)
class _Pressed:
    """What was pressed, so that the page that it was pressed on is not taken for the one that must follow."""

    view: View
    #: when the document was made, if the same view can follow; None otherwise
    born: float | None
    at: float

    def may_be_old(self, match: _Match, *, now: float, is_busy: bool) -> bool:
        return is_busy or (match.born == self.born and now - self.at < _SETTLING_SECONDS)


def _sound(found: _Match | ElementAmbiguous | None) -> _Match | None:
    if isinstance(found, ElementAmbiguous):
        raise found
    return found


def translated(error: PlaywrightError, *, system: str, view: str = "", element: str = "") -> KollegaError:
    """Return our error for one of Playwright's; nothing of its text is kept but a network error's code."""
    if isinstance(error, PlaywrightTimeout):
        kind: type[KollegaError] = SystemTooSlow
        message = "the browser did not get done within the time limit; look whether the system is slow"
    elif network := re.search(r"net::(ERR_[A-Z_]+)", error.message):
        kind, message = SystemUnavailable, f"no answer from the system ({network[1]}); look whether it is up and the address in the settings is right"
    elif re.search(r"closed|crashed|disconnected", error.message, re.IGNORECASE):
        kind, message = SystemUnavailable, "the browser or its window is gone; it is started anew for the next session"
    elif "strict mode violation" in error.message:
        kind, message = ElementAmbiguous, "more than one matches; give the selector file a way that matches one"
    else:
        kind, message = ScreenChanged, "the browser could not do what the selector file says; compare the file with the screen"
    return kind(message, system=system, view=view, element=element)


async def _together(calls: Iterable[Awaitable[T]]) -> list[T]:
    """Await all and raise the first error only when none is left running."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("list[T]", results)


class Browser:
    """One Chromium, started again when it is found dead; each screen has a context and a page of its own."""

    def __init__(self, executable: str, *, headless: bool) -> None:
        self._executable = executable
        self._headless = headless
        self._playwright: Playwright | None = None
        self._chromium: PlaywrightBrowser | None = None
        self._starting = asyncio.Lock()

    @classmethod
    async def open(cls, *, executable: str | None, headless: bool = True) -> Browser:
        """Start Chromium.

        Args:
            executable: path of the program; None looks for the headless shell, then for Chromium itself.
            headless: without a window; the headless shell has none in any case.

        Raises:
            ProgramMissing: there is no such program, or it does not start.
        """
        names = (executable,) if executable is not None else (PROGRAMS if headless else PROGRAMS[1:])
        found = next((path for name in names if (path := shutil.which(name))), None)
        if found is None:
            raise ProgramMissing(f"no {' or '.join(names)} on this machine; install one: apt install {PROGRAMS[0] if headless else PROGRAMS[1]}")
        browser = cls(found, headless=headless)
        await browser._start()
        return browser

    async def _start(self) -> PlaywrightBrowser:
        flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        try:
            async with asyncio.timeout(START_SECONDS):
                self._playwright = await async_playwright().start()
                self._chromium = await self._playwright.chromium.launch(
                    executable_path=self._executable,
                    headless=self._headless,
                    args=flags,
                    chromium_sandbox=os.geteuid() != 0,
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                )
        except (PlaywrightError, TimeoutError):
            await self.close()
            raise ProgramMissing(f"{self._executable} does not start; try it by hand, and install {PROGRAMS[0]} anew") from None
        return self._chromium

    async def screen(self, selectors: SelectorFile, *, address: str, pictures: Path, limits: TimeLimits) -> Screen:
        """Open a screen of one system; no page is loaded until something is shown.

        Args:
            selectors: the system's selector file.
            address: where the system is, e.g. `https://ekb.example.se`.
            pictures: folder for masked pictures; made when it is missing.
            limits: how long everything may take.

        Raises:
            SystemUnavailable: the browser does not answer.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                context = await self._context()
                screen = _WebScreen(selectors, context, address=address, pictures=pictures, limits=limits)
                await screen.open()
        except TimeoutError:
            raise SystemUnavailable("the browser does not answer; restart the robot on this machine", system=selectors.system) from None
        except PlaywrightError as error:
            raise translated(error, system=selectors.system) from None
        return screen

    async def _context(self) -> BrowserContext:
        async with self._starting:
            for is_last in (False, True):
                try:
                    if self._chromium is None or not self._chromium.is_connected():
                        await self._restart()
                    chromium = cast("PlaywrightBrowser", self._chromium)
                    return await chromium.new_context(
                        locale="sv-SE",
                        timezone_id="Europe/Stockholm",
                        accept_downloads=False,
                        service_workers="block",
                        viewport={"width": 1280, "height": 900},
                    )
                except PlaywrightError:
                    if is_last:
                        raise
                    await self.close()
        raise AssertionError("unreachable")

    async def _restart(self) -> None:
        await self.close()
        await self._start()

    async def close(self) -> None:
        """End Chromium and all its screens; never raises."""
        chromium, playwright = self._chromium, self._playwright
        self._chromium = self._playwright = None
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(START_SECONDS / 6):
                if chromium is not None:
                    await chromium.close()
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(START_SECONDS / 6):
                if playwright is not None:
                    await playwright.stop()


class _WebScreen:
    """One session of one web system; see `Screen` for what the calls promise."""

    def __init__(self, selectors: SelectorFile, context: BrowserContext, *, address: str, pictures: Path, limits: TimeLimits) -> None:
        self._selectors = selectors
        self._context = context
        self._address = address.rstrip("/")
        self._pictures = pictures
        self._limits = limits
        self._main: Page | None = None
        self._popups: list[Page] = []
        self._in_flight: set[Request] = set()
        self._broken: dict[Frame, int] = {}
        self._is_posted = False
        self._unknown_dialog = False
        self._drifted: set[str] = set()
        self._turned_from: tuple[str, str] | None = None
        self._deadline = 0.0

    # --- what the browser tells us

    async def open(self) -> None:
        self._context.set_default_timeout((self._limits.view_seconds + self._limits.answer_seconds) * 1000)
        self._context.on("page", self._watch)
        self._context.on("request", self._began)
        self._context.on("requestfinished", self._ended)
        self._context.on("requestfailed", self._ended)
        self._context.on("response", self._answered)
        self._context.on("dialog", self._dialog)
        self._main = await self._context.new_page()

    def _watch(self, page: Page) -> None:
        if self._main is not None:
            self._popups.append(page)
        page.on("close", self._forget)

    def _forget(self, page: Page) -> None:
        self._popups = [one for one in self._popups if one is not page]
        gone = {request for request in self._in_flight if (frame := self._frame_of(request)) is not None and frame.page is page}
        self._in_flight -= gone

    @staticmethod
    def _frame_of(request: Request) -> Frame | None:
        try:
            return request.frame
        except PlaywrightError:
            return None  # the frame of a request that opens a window is not known at first

    def _began(self, request: Request) -> None:
        if request.resource_type in _WAITED_FOR:
            self._in_flight.add(request)

    def _ended(self, request: Request) -> None:
        self._in_flight.discard(request)

    def _answered(self, response: Response) -> None:
        if not response.request.is_navigation_request():
            return
        frame = self._frame_of(response.request)
        if frame is None:
            return
        self._broken.pop(frame, None)
        if response.status in _SERVER_ERRORS:
            self._broken[frame] = response.status
        if self._main is not None and frame is self._main.main_frame:
            self._is_posted = response.request.method != "GET"

    async def _dialog(self, dialog: Dialog) -> None:
        known = next((one for one in self._selectors.dialogs.values() if one.text == dialog.message), None)
        with suppress(PlaywrightError):
            # Leaving a page half filled in is something the robot only does on purpose.
            if dialog.type == "beforeunload" or (known is not None and known.answer is DialogAnswer.ACCEPT):
                await dialog.accept()
                return
            self._unknown_dialog = self._unknown_dialog or known is None
            await dialog.dismiss()

    # --- one call, one clock, one place where errors are made ours

    @asynccontextmanager
    async def _call(self, view: str = "", element: str = "") -> AsyncIterator[None]:
        system = self._selectors.system
        limit = self._limits.view_seconds + self._limits.answer_seconds
        self._deadline = self._now() + self._limits.view_seconds
        try:
            try:
                async with asyncio.timeout(limit):
                    yield
                    self._check_dialog(view)
            except TimeoutError:
                self._check_dialog(view)
                message = f"no answer within {limit:g} seconds; look whether the system is slow or hangs"
                raise SystemTooSlow(message, system=system, view=view, element=element) from None
            except PlaywrightError as error:
                self._check_dialog(view)
                raise translated(error, system=system, view=view, element=element) from None
        except ScreenChanged as error:
            error.picture = error.picture or await self._picture_if_possible()
            raise

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _check_dialog(self, view: str) -> None:
        if self._unknown_dialog:
            self._unknown_dialog = False
            message = "a dialog came up that the selector file does not name; it was dismissed. Add its exact text under dialogs, with the answer"
            raise DialogUnknown(message, system=self._selectors.system, view=view)

    # --- finding

    def _page(self, view: View) -> Page | None:
        if not view.is_popup:
            return self._main
        return self._popups[-1] if self._popups else None

    def _scope(self, view: View) -> Page | FrameLocator | None:
        page = self._page(view)
        if page is None or page.is_closed() or not view.frame_title:
            return None if page is None or page.is_closed() else page
        title = view.frame_title.replace("\\", "\\\\").replace('"', '\\"')
        return page.frame_locator(f'iframe[title="{title}"], frame[title="{title}"]')

    async def _probe(self, view: View, questions: Sequence[_Question]) -> list[_Match | ElementAmbiguous | None]:
        """Try the ways of all elements in order, once; None where nothing matches now.

        Elements that the browser looks up alike are asked for together, so that a form costs a few round trips.
        """
        found: list[_Match | ElementAmbiguous | None] = [None] * len(questions)
        scope = self._scope(view)
        for way in range(max(len(question.element.ways) for question in questions)) if scope is not None else ():
            lookups: dict[Hashable, tuple[Locator, list[int], list[dict[str, object]]]] = {}
            for place, (element, ask) in enumerate(questions):
                if found[place] is None and way < len(element.ways):
                    name, locator, choose = _by(cast("Page | FrameLocator", scope), element.ways[way])
                    _, places, asks = lookups.setdefault(name, (locator, [], []))
                    places.append(place)
                    asks.append({**ask, **choose})
            answers = await _together(self._ask(locator, asks) for locator, _, asks in lookups.values())
            for (_, places, _), replies in zip(lookups.values(), answers, strict=True):
                for place, reply in zip(places, replies, strict=True):
                    found[place] = self._judged(view, questions[place].element, way, reply)
        return found

    @staticmethod
    async def _ask(locator: Locator, asks: list[dict[str, object]]) -> list[dict[str, Any]]:
        try:
            return cast("list[dict[str, Any]]", await locator.evaluate_all(_PAGE_SCRIPT, asks))
        except PlaywrightError as error:
            if _is_on_its_way(error):
                return [{"count": 0}] * len(asks)
            raise

    def _judged(self, view: View, element: Element, way: int, reply: Mapping[str, Any]) -> _Match | ElementAmbiguous | None:
        if reply["count"] == 1:
            self._note_drift(view, element, way)
            return _Match(reply["born"], reply["value"])
        if reply["count"] == 0:
            return None
        message = f"{reply['count']} match way {way + 1}; give the selector file a way that matches one"
        return ElementAmbiguous(message, system=self._selectors.system, view=view.name, element=element.name)

    def _note_drift(self, view: View, element: Element, place: int) -> None:
        name = f"{view.name}.{element.name}"
        if place and name not in self._drifted:
            self._drifted.add(name)
            message = f"found by way {place + 1}, no longer by way 1; look over the selector file"
            event(Action.DRIFT, message, system=self._selectors.system, step=name, level="WARNING")

    async def _landmark(self, view: View) -> _Match | None:
        (match,) = await self._probe(view, [_Question(view.elements[view.landmark], {})])
        return _sound(match)

    async def _is_lost(self, view: View) -> bool:
        if view.name in self._selectors.session_lost or self._main is None:
            return False
        lost = [self._selectors.views[name] for name in self._selectors.session_lost]
        scopes = lost[:]
        if view.frame_title or view.is_popup:
            # A log-in page can also come up where the view was to be: inside its frame or its window.
            scopes += [_moved(one, view) for one in lost]
        found = await asyncio.gather(*(self._landmark(one) for one in scopes), return_exceptions=True)
        return any(isinstance(one, _Match) for one in found)

    def _check_broken(self, view: View) -> None:
        page = self._page(view)
        if page is None:
            return
        if any(frame.url.startswith(_ERROR_PAGE) for frame in page.frames):
            message = "no answer from the system (the browser shows its error page); look whether it is up"
            raise SystemUnavailable(message, system=self._selectors.system, view=view.name)
        status = next((self._broken[frame] for frame in page.frames if frame in self._broken), None)
        if status is not None:
            message = f"the system answered with an error page (HTTP {status}); look whether it is up"
            raise SystemUnavailable(message, system=self._selectors.system, view=view.name)

    async def _arrive(self, *views: View, pressed: _Pressed | None = None) -> View:
        """Wait for the landmark of one of the views, and say what is wrong when none comes."""
        pause, idle_since, seen_since = _SHORTEST_PAUSE_SECONDS, None, None
        while True:
            self._check_dialog(views[0].name)
            found = [(await self._probe(view, [_Question(view.elements[view.landmark], {})]))[0] for view in views]
            arrived = next(((view, match) for view, match in zip(views, found, strict=True) if isinstance(match, _Match)), None)
            now, is_busy = self._now(), bool(self._in_flight)
            if arrived is not None:
                view, match = arrived
                seen_since = seen_since or now
                if pressed is None or not pressed.may_be_old(match, now=now, is_busy=is_busy) or now - seen_since > self._limits.answer_seconds:
                    return view
            elif not is_busy or pressed is None:
                for match in found:
                    _sound(match)
                if (pressed is None or pressed.view.name not in self._selectors.session_lost) and await self._is_lost(views[0]):
                    raise SessionLost("the system wants a new log-in", system=self._selectors.system, view=views[0].name)
                if not is_busy:
                    self._check_broken(views[0])
            idle_since = None if is_busy else idle_since or now
            if now > self._deadline or (idle_since is not None and now - idle_since > self._limits.answer_seconds):
                raise self._not_there(views, is_busy=is_busy)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _not_there(self, views: Sequence[View], *, is_busy: bool) -> KollegaError:
        view = views[0]
        page = self._page(view)
        if is_busy or page is None or page.url == "about:blank":
            message = f"the view did not come within {self._limits.view_seconds:g} seconds; look whether the system is slow"
            return SystemTooSlow(message, system=self._selectors.system, view=view.name)
        message = "another page is up: the view's landmark is not on it; compare the selector file with the screen"
        return ElementMissing(message, system=self._selectors.system, view=view.name, element=view.landmark)

    async def _find(self, view: View, elements: Sequence[Element], *, is_held: bool = False, **ask: object) -> list[_Match]:
        """Return the one match of every element, all in the same load of the page on which the landmark shows.

        Held elements are kept in the page under their names, to be filled or taken.
        """
        waits_until: float | None = None
        pause = _SHORTEST_PAUSE_SECONDS
        while True:
            self._check_dialog(view.name)
            questions = [_Question(element, {**ask, **({"key": element.name} if is_held else {})}) for element in elements]
            landmark, *found = await self._probe(view, [_Question(view.elements[view.landmark], {}), *questions])
            if _sound(landmark) is None:
                await self._arrive(view)
                waits_until = None
                continue
            matches = [match for one in found if (match := _sound(one)) is not None]
            if len(matches) == len(elements) and all(one.born == cast("_Match", landmark).born for one in matches):
                return matches
            waits_until = waits_until or self._now() + self._limits.answer_seconds
            if self._now() > waits_until:
                missing = [element.name for element, one in zip(elements, found, strict=True) if one is None]
                message = f"no way of it matches{_others(missing)}; compare the selector file with the screen"
                raise ElementMissing(message, system=self._selectors.system, view=view.name, element=(missing or [view.landmark])[0])
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _of_one_view(self, names: Iterable[str]) -> tuple[View, list[Element]]:
        pairs = [self._selectors.element(name) for name in names]
        if not pairs or any(view is not pairs[0][0] for view, _ in pairs):
            raise ScreenChanged("one call reads or enters elements of one view; correct the code", system=self._selectors.system)
        return pairs[0][0], [element for _, element in pairs]

    # --- showing

    async def show(self, view: str, **address: str) -> None:
        target = self._selectors.view(view)
        if target.address is None and target.reach is not None:
            start = self._selectors.view(target.reach.view)
            if address or not await self.showing(start.name):
                await self.show(start.name, **address)
            await self.press(f"{start.name}.{target.reach.element}", then=view)
            return
        async with self._call(view):
            if target.address is None:
                if await self._landmark(target) is None:
                    message = "the view has neither address nor reach and is not showing; press what leads to it"
                    raise ScreenChanged(message, system=self._selectors.system, view=view)
                return
            await self._close_popups()
            self._turned_from = None
            await self._go(self._filled(target, address))
            await self._arrive(target)

    def _filled(self, view: View, address: Mapping[str, str]) -> str:
        path = view.address or ""
        is_complete = set(address) == set(view.placeholders)
        # A browser reads a part of a path that is only dots as a way up, escaped or not.
        if not is_complete or any(text.strip(".") == "" for text in address.values()):
            message = f"the address needs a text for each of: {', '.join(view.placeholders) or 'nothing'}; correct the code"
            raise ScreenChanged(message, system=self._selectors.system, view=view.name)
        return self._address + path.format_map({name: quote(text, safe="") for name, text in address.items()})

    async def _go(self, address: str) -> None:
        self._in_flight.clear()
        self._broken.clear()
        await cast("Page", self._main).goto(address, wait_until="domcontentloaded", timeout=self._limits.view_seconds * 1000)

    async def _close_popups(self) -> None:
        for popup in self._popups[:]:
            await popup.close()
            self._forget(popup)

    async def showing(self, view: str) -> bool:
        target = self._selectors.view(view)
        async with self._call(view):
            return await self._landmark(target) is not None

    async def wait_for(self, *views: str) -> str:
        targets = [self._selectors.view(view) for view in views]
        async with self._call(views[0]):
            return (await self._arrive(*targets)).name

    # --- reading and entering

    async def read(self, *elements: str) -> dict[str, str]:
        view, wanted = self._of_one_view(elements)
        async with self._call(view.name):
            return dict(zip(elements, await self._texts(view, wanted), strict=True))

    async def _texts(self, view: View, elements: Sequence[Element]) -> list[str]:
        return [str(match.value) for match in await self._find(view, elements, do="read")]

    async def enter(self, values: Mapping[str, str]) -> None:
        view, elements = self._of_one_view(values)
        texts = {element.name: text for element, text in zip(elements, values.values(), strict=True)}
        self._refuse_read_only(view, elements)
        async with self._call(view.name):
            await self._find(view, elements, is_held=True)
            scope = cast("Page | FrameLocator", self._scope(view))
            refused = await self._fill(scope, texts)
            kept = await self._texts(view, elements)
            for element, text in zip(elements, kept, strict=True):
                if text != texts[element.name]:
                    because = {"choice": "has no such choice", "choices": "has the same choice twice"}.get(
                        refused.get(element.name, ""), "does not hold what was entered"
                    )
                    message = f"the field {because}; look whether its format or its limits have changed"
                    raise ValueNotKept(message, system=self._selectors.system, view=view.name, element=element.name)

    @staticmethod
    async def _fill(scope: Page | FrameLocator, texts: Mapping[str, str]) -> dict[str, str]:
        try:
            answer = await scope.locator("css=html").evaluate(_PAGE_SCRIPT, {"do": "fill", "values": texts})
        except PlaywrightError as error:
            if _is_on_its_way(error):
                return {}  # a field made the page load anew; what was kept shows when it is read back
            raise
        return cast("dict[str, str]", answer or {})

    def _refuse_read_only(self, view: View, elements: Iterable[Element]) -> None:
        for element in elements:
            if element.is_read_only:
                message = "the selector file says read_only; neither enter nor press it"
                raise ScreenChanged(message, system=self._selectors.system, view=view.name, element=element.name)

    # --- pressing

    async def press(self, element: str, *, then: str) -> None:
        await self.press_for(element, then=(then,))

    async def press_for(self, element: str, *, then: tuple[str, ...]) -> str:
        view, (target,) = self._of_one_view([element])
        views = [self._selectors.view(name) for name in then]
        self._refuse_read_only(view, [target])
        async with self._call(view.name, target.name):
            if not view.is_popup:
                await self._close_popups()
            await self._find(view, [target], is_held=True)
            self._turned_from = None
            return (await self._click(view, target, views)).name

    async def _taken(self, view: View, element: Element, *, row: int | None = None) -> ElementHandle:
        """Return the element that was held, or what opens its row."""
        scope = cast("Page | FrameLocator", self._scope(view))
        ask = {"do": "take", "key": element.name, **({} if row is None else {"place": row})}
        handle = (await scope.locator("css=html").evaluate_handle(_PAGE_SCRIPT, ask)).as_element()
        if handle is None and row is not None:
            message = "the row has more than one link or button; it can't be told which one opens it"
            raise ElementAmbiguous(message, system=self._selectors.system, view=view.name, element=element.name)
        if handle is None:
            message = "the page was loaded anew while the robot looked at it; look what makes it do so"
            raise SystemTooSlow(message, system=self._selectors.system, view=view.name, element=element.name)
        return handle

    async def _click(self, view: View, element: Element, then: Sequence[View], *, row: int | None = None) -> View:
        """Press the element that was held, or what opens its row, and wait for what must follow."""
        handle = await self._taken(view, element, row=row)
        page = self._page(view)
        before = await self._landmark(view) if view in then else None
        self._in_flight.clear()
        self._broken.clear()
        try:
            await handle.click(timeout=max(1.0, (self._deadline - self._now()) * 1000))
        except PlaywrightTimeout:
            self._check_dialog(view.name)
            if self._in_flight:
                raise
            message = "it can't be pressed: it is covered, disabled or moving; compare the selector file with the screen"
            raise ScreenChanged(message, system=self._selectors.system, view=view.name, element=element.name) from None
        except PlaywrightError:
            # A window that closes itself when its button is pressed has done what it should.
            if page is self._main or page is None or not page.is_closed() or all(one.is_popup for one in then):
                raise
        return await self._arrive(*then, pressed=_Pressed(view, before.born if before is not None else None, self._now()))

    # --- tables

    async def rows(self, table: str) -> list[dict[str, str]]:
        view, element = self._table(table)
        await self._turn_back(view)
        rows: list[dict[str, str]] = []
        for _ in range(_MOST_PAGES):
            async with self._call(view.name, element.name):
                rows += await self._rows_here(view, element)
                if not await self._turn(view, element):
                    return rows
        raise self._endless(view, element)

    async def pick(self, table: str, row: Mapping[str, str], *, then: str) -> None:
        view, element = self._table(table)
        target = self._selectors.view(then)
        if unknown := [column for column in row if column not in element.columns]:
            message = f"the selector file has no column {', '.join(unknown)}; correct the code or the file"
            raise ElementMissing(message, system=self._selectors.system, view=view.name, element=element.name)
        await self._turn_back(view)
        for _ in range(_MOST_PAGES):
            async with self._call(view.name, element.name):
                page_rows = await self._rows_here(view, element)
                places = [place for place, one in enumerate(page_rows) if all(one[column] == text for column, text in row.items())]
                if len(places) > 1:
                    message = f"{len(places)} rows hold these texts; pick by a column that tells them apart"
                    raise ElementAmbiguous(message, system=self._selectors.system, view=view.name, element=element.name)
                if places:
                    self._turned_from = None
                    if not view.is_popup:
                        await self._close_popups()
                    await self._click(view, element, [target], row=places[0])
                    return
                if not await self._turn(view, element):
                    message = "no row holds these texts"
                    raise ElementMissing(message, system=self._selectors.system, view=view.name, element=element.name)
        raise self._endless(view, element)

    def _table(self, name: str) -> tuple[View, Element]:
        view, element = self._selectors.element(name)
        if not element.columns:
            message = "it is no table; give it columns in the selector file"
            raise ElementMissing(message, system=self._selectors.system, view=view.name, element=element.name)
        return view, element

    async def _rows_here(self, view: View, element: Element) -> list[dict[str, str]]:
        (match,) = await self._find(view, [element], is_held=True, do="table", columns=dict(element.columns))
        found = match.value
        for kind, columns, what in ((ElementMissing, found["missing"], "is not in the table"), (ElementAmbiguous, found["twice"], "stands twice")):
            if columns:
                headers = ", ".join(f'{column} ("{element.columns[column]}")' for column in columns)
                message = f"column {headers} {what}; compare the selector file with the screen"
                raise kind(message, system=self._selectors.system, view=view.name, element=element.name)
        if found["uneven"]:
            message = "a row has more or fewer cells than the header; it can't be told which text belongs to which column"
            raise ScreenChanged(message, system=self._selectors.system, view=view.name, element=element.name)
        return cast("list[dict[str, str]]", found["rows"])

    async def _turn(self, view: View, element: Element) -> bool:
        """Turn to the table's next page; False when this is the last one."""
        if not element.next_page:
            return False
        following = view.elements[element.next_page]
        (found,) = await self._probe(view, [_Question(following, {"do": "usable", "key": following.name})])
        match = _sound(found)
        if match is None or not match.value:
            return False
        if self._turned_from is None:
            self._turned_from = (view.name, "" if self._is_posted else cast("Page", self._main).url)
        await self._click(view, following, [view])
        return True

    async def _turn_back(self, view: View) -> None:
        """Go back to the first page of a table whose pages were turned by an earlier call."""
        if self._turned_from is None or self._turned_from[0] != view.name:
            return
        async with self._call(view.name):
            _, address = self._turned_from
            if not address:
                message = "the table's pages were turned and it has no address to begin again at; bring the view up once more before reading it again"
                raise ScreenChanged(message, system=self._selectors.system, view=view.name)
            self._turned_from = None
            await self._go(address)
            await self._arrive(view)

    def _endless(self, view: View, element: Element) -> ScreenChanged:
        message = f"the table has more than {_MOST_PAGES} pages, or its next page leads to itself; look at next_page in the selector file"
        return ScreenChanged(message, system=self._selectors.system, view=view.name, element=element.name)

    # --- pictures and the end

    async def picture(self) -> str:
        async with self._call():
            return await self._picture()

    async def _picture(self) -> str:
        page = self._popups[-1] if self._popups else cast("Page", self._main)
        views = self._selectors.views.values()
        guarded = [(view, element) for view in views for element in view.elements.values() if element.is_personal or element.is_secret]
        masks = [_mask(scope, way) for view, element in guarded if (scope := self._scope(view)) is not None for way in element.ways]
        # A caption that holds a number, or a heading that the selector file does not know, may be about somebody.
        known = re.compile(rf"^\s*({'|'.join(re.escape(text) for text in self._known_texts())})\s*$")
        for frame in page.frames:
            masks.append(frame.locator(_CAPTIONS).filter(has_text=re.compile(r"\d{4}")))
            masks.append(frame.locator("h1, h2, h3, h4, h5, h6, caption, summary").filter(has_not_text=known))
        image = await page.screenshot(type="jpeg", quality=60, style=_PICTURE_STYLE, mask=masks, mask_color="#333333", animations="disabled")
        path = await asyncio.to_thread(_save, self._pictures, self._selectors.system, image)
        event(Action.PICTURE_TAKEN, f"{path.name}: everything personal is blacked out", system=self._selectors.system)
        return str(path)

    def _known_texts(self) -> list[str]:
        elements = [element for view in self._selectors.views.values() for element in view.elements.values()]
        texts = [text for element in elements for text in element.columns.values()]
        for way in (way for element in elements if not (element.is_personal or element.is_secret) for way in element.ways):
            match way:
                case ByRole(name=str(text)) | ByLabel(label=text) | ByText(text=text) | Near(near=text):
                    texts.append(text)
        return texts

    async def _picture_if_possible(self) -> str:
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                return await self._picture()
        except (PlaywrightError, TimeoutError, OSError):
            return ""

    async def close(self) -> None:
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(self._limits.answer_seconds):
                await self._context.close()


def _moved(view: View, to: View) -> View:
    """Return the view as if it lived where another one lives."""
    return View(name=view.name, landmark=view.landmark, elements=view.elements, frame_title=to.frame_title, is_popup=to.is_popup)


def _by(scope: Page | FrameLocator, way: Way) -> tuple[Hashable, Locator, dict[str, str]]:
    """Return what the browser is to look up, its name, and what the page itself is to choose from it."""
    match way:
        case ByRole(role=role, name=None):
            return way, scope.get_by_role(cast("Any", role)), {}
        case ByRole(role=role, name=name):
            return way, scope.get_by_role(cast("Any", role), name=name, exact=True), {}
        case ByLabel(label=label):
            # The browser library counts a list's choices and a text's contents as words of the label around them.
            return ByLabel, scope.locator(_LABELLED), {"label": label}
        case ByText(text=text):
            return way, scope.get_by_text(text, exact=True), {}
        case ByTestId(test_id=test_id):
            return way, scope.get_by_test_id(test_id), {}
        case Near(near=near, role=role):
            return (Near, role), scope.get_by_role(cast("Any", role)), {"near": near}
        case ByCss(css=css):
            return way, scope.locator(f"css={css}"), {}
    raise AssertionError("the loader lets no way of another driver through")


def _mask(scope: Page | FrameLocator, way: Way) -> Locator:
    # Fields are black in any case; what else bears the label is found by the browser.
    return scope.get_by_label(way.label, exact=True) if isinstance(way, ByLabel) else _by(scope, way)[1]


def _is_on_its_way(error: PlaywrightError) -> bool:
    """Whether the page was going over to another one while it was asked."""
    return re.search(r"context was destroyed|detached|navigat", error.message, re.IGNORECASE) is not None


def _others(missing: Sequence[str]) -> str:
    return f", nor of {', '.join(missing[1:])}" if len(missing) > 1 else ""


def _save(folder: Path, system: str, image: bytes) -> Path:
    """Write the picture under the next free number; the name tells the system and nothing else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = sum(1 for _ in folder.glob("*.jpg")) + 1
    while True:
        path = folder / f"{number:04d}-{system}.jpg"
        try:
            with path.open("xb") as file:
                file.write(image)
        except FileExistsError:
            number += 1
        else:
            return path
