"""One session of one web system: what a person would do on its pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from playwright.async_api import BrowserContext, ElementHandle, Frame, FrameLocator, Page
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
from robots.screens import TimeLimits
from robots.screens.download import Downloaded
from robots.screens.formats import is_same
from robots.screens.framing import frame
from robots.screens.inspection import Look
from robots.screens.selector_file import Element, SelectorFile, View
from robots.screens.sending import is_sending
from robots.screens.sighting import Sighting, is_settled
from robots.screens.ways import Way
from robots.screens.web import downloads, listing, pictures
from robots.screens.web.failures import translated
from robots.screens.web.finding import EVERY_PAGE, PAGE_SCRIPT, Finder, Found, Match, Question, landmark_of, sound, together
from robots.screens.web.named_dialogs import NamedDialogs
from robots.screens.web.once import sent_once
from robots.screens.web.pressing import Aim, Documents, aim, fill, pressed_at_once
from robots.screens.web.sightings import sightings_on
from robots.screens.web.traffic import Traffic
from robots.screens.web.windows import Windows

_SETTLING_SECONDS = 0.15
_PAUSES_BEFORE_ASKING_AGAIN_SECONDS = (0.2, 1.0)
_MOST_PAGES = 500
_SHORTEST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Pressed:
    """What was pressed, so that the page that it was pressed on is not taken for the one that must follow."""

    view: View
    #: when the document was made, if the same view can follow; None otherwise
    born: float | None
    at: float

    def may_be_old(self, match: Match, *, now: float, is_busy: bool) -> bool:
        return is_busy or (match.born == self.born and now - self.at < _SETTLING_SECONDS)


@dataclass(slots=True, kw_only=True)
class _Turned:
    """A table whose pages were turned, and how to get back to its first one."""

    view: View
    #: address of the first page; empty when it has none to go back to
    first_address: str
    #: what the page turned to last is told by
    address: str = ""
    born: float = 0.0


class WebScreen:
    """One session of one web system; see `Screen` for what the calls promise."""

    def __init__(self, selectors: SelectorFile, context: BrowserContext, *, address: str, pictures: Path, limits: TimeLimits) -> None:
        self._selectors = selectors
        self._context = context
        self._address = address.rstrip("/")
        self._pictures = pictures
        self._limits = limits
        self._main: Page | None = None
        self._traffic = Traffic(context, selectors.dialogs.values())
        self._finder = Finder(selectors.system)
        self._documents = Documents()
        self._turned: _Turned | None = None
        self._deadline = 0.0
        self._windows = Windows(selectors, self._traffic, self._shows_in)
        self._dialogs = NamedDialogs(selectors, self._showing, self._press_away)

    async def open(self) -> None:
        """Open the page; nothing is loaded yet."""
        self._context.set_default_timeout((self._limits.view_seconds + self._limits.answer_seconds) * 1000)
        await self._context.add_init_script(EVERY_PAGE)
        self._main = await self._context.new_page()
        if not await self._main.evaluate("'computedName' in Element.prototype"):
            raise ProgramMissing(
                "this Chromium does not tell what elements are called; install the one that Debian has now: apt install --only-upgrade chromium"
            )

    # --- one call, one clock, one place where errors are made ours

    @asynccontextmanager
    async def _call(self, view: str = "", element: str = "") -> AsyncIterator[None]:
        system = self._selectors.system
        limit = self._limits.view_seconds + self._limits.answer_seconds
        self._deadline = self._now() + self._limits.view_seconds
        self._dialogs.begin()
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
            if self._is_gone():
                # A browser that is just ending looks like a page that has changed.
                message = "the browser or its window is gone; it is started anew for the next session"
                raise SystemUnavailable(message, system=system, view=view, element=element) from None
            error.system, error.view, error.element = error.system or system, error.view or view, error.element or element
            error.picture = error.picture or await self._picture_if_possible()
            raise

    def _is_gone(self) -> bool:
        browser = self._context.browser
        return self._main is None or self._main.is_closed() or (browser is not None and not browser.is_connected())

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _check_dialog(self, view: str) -> None:
        if self._traffic.had_unknown_dialog:
            self._traffic.had_unknown_dialog = False
            message = "a dialog came up that the selector file does not name; it was dismissed. Add its exact text under dialogs, with the answer"
            raise DialogUnknown(message, system=self._selectors.system, view=view)

    # --- finding

    def _page(self, view: View) -> Page | None:
        if not view.is_popup:
            return self._main
        return self._traffic.popups[-1] if self._traffic.popups else None

    def _scope(self, view: View) -> Page | FrameLocator | None:
        page = self._page(view)
        if page is None or page.is_closed() or not view.frame_title:
            return None if page is None or page.is_closed() else page
        title = view.frame_title.replace("\\", "\\\\").replace('"', '\\"')
        return page.frame_locator(f'iframe[title="{title}"], frame[title="{title}"]')

    async def _probe(self, questions: Sequence[Question]) -> list[Found]:
        """Look for elements of views that live in the same document, once, in one go."""
        return (await self._probe_and_do(questions, None))[0]

    async def _probe_and_do(self, questions: Sequence[Question], then: Mapping[str, object] | None) -> tuple[list[Found], dict[str, Any] | None]:
        view = questions[0].view
        page = self._page(view)
        nothing: list[Found] = [None] * len(questions)
        if page is None or page.is_closed():
            return nothing, None
        try:
            document = await self._documents.of(page, view.frame_title)
            found, done = (nothing, None) if document is None else await self._finder.probe_and_do(document, questions, then)
        except PlaywrightError:
            # A window may close itself while it is looked at; when the main one is gone, so is the session.
            if page is self._main or not page.is_closed():
                raise
            return nothing, None
        if view.frame_title and found == nothing:
            self._documents.forget(view.frame_title)
        return found, done

    async def _landmarks(self, views: Sequence[View]) -> list[Found]:
        """Look for the landmarks of all the views, in one go for those that live in the same document."""
        places: dict[tuple[bool, str], list[int]] = {}
        for place, view in enumerate(views):
            places.setdefault((view.is_popup, view.frame_title), []).append(place)
        answers = await together(self._probe([landmark_of(views[place]) for place in here]) for here in places.values())
        found = {place: one for here, ones in zip(places.values(), answers, strict=True) for place, one in zip(here, ones, strict=True)}
        return [found[place] for place in range(len(views))]

    async def _landmark(self, view: View) -> Match | None:
        (match,) = await self._landmarks([view])
        return sound(match)

    async def _shows_in(self, view: View, window: Page) -> bool:
        document = await self._documents.of(window, view.frame_title)
        return document is not None and sound((await self._finder.probe(document, [landmark_of(view)]))[0]) is not None

    async def _showing(self, views: Sequence[View]) -> list[bool]:
        return [sound(match) is not None for match in await self._landmarks(views)]

    async def _shows(self, view: View) -> bool:
        return await self._landmark(view) is not None

    async def _press_away(self, view: View, element: Element) -> None:
        """Press what closes the view, and return when it is gone or does not go."""
        await self._find(view, [element], is_held=True)
        handle, page = await self._taken(view, element), self._page(view)
        try:
            await handle.click(timeout=self._limits.answer_seconds * 1000)
        except PlaywrightTimeout:
            pass
        except PlaywrightError:
            # A window that closes itself has done what it should.
            if page is None or page is self._main or not page.is_closed():
                raise
        until = self._now() + self._limits.answer_seconds
        pause = _SHORTEST_PAUSE_SECONDS
        while await self._shows(view) and self._now() < until:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _is_lost(self, view: View) -> bool:
        if view.name in self._selectors.session_lost or self._main is None:
            return False
        lost = [self._selectors.views[name] for name in self._selectors.session_lost]
        scopes = lost[:]
        if view.frame_title or view.is_popup:
            # A log-in page can also come up where the view was to be: inside its frame or its window.
            scopes += [_moved(one, view) for one in lost]
        return any(isinstance(one, Match) for one in await self._landmarks(scopes))

    def _check_broken(self, view: View) -> None:
        page = self._page(view)
        if page is not None and (kind := self._traffic.error_of(page)):
            message = f"the browser shows an error page ({kind}) instead of the system's; look whether the system is up"
            raise SystemUnavailable(message, system=self._selectors.system, view=view.name)

    async def _arrive(self, *views: View, pressed: _Pressed | None = None) -> View:
        """Wait for the landmark of one of the views, and say what is wrong when none comes."""
        pause, idle_since, seen_since = _SHORTEST_PAUSE_SECONDS, None, None
        while True:
            if pressed is not None and self._traffic.is_busy:
                # Whatever shows now is not to be trusted yet.
                await self._traffic.pause(pause)
            self._check_dialog(views[0].name)
            found = await self._landmarks(views)
            arrived = next(((view, match) for view, match in zip(views, found, strict=True) if isinstance(match, Match)), None)
            now, is_busy = self._now(), self._traffic.is_busy
            if arrived is not None:
                view, match = arrived
                seen_since = seen_since or now
                if pressed is None or not pressed.may_be_old(match, now=now, is_busy=is_busy) or now - seen_since > self._limits.answer_seconds:
                    return view
            elif not is_busy or pressed is None:
                for one in found:
                    sound(one)
                if (pressed is None or pressed.view.name not in self._selectors.session_lost) and await self._is_lost(views[0]):
                    raise SessionLost("the system wants a new log-in", system=self._selectors.system, view=views[0].name)
                if not is_busy:
                    page = self._page(views[0])
                    # After an address it is `_bring` that asks again, for cut connections too.
                    if pressed is not None and page is not None and await self._traffic.ask_again(page):
                        continue
                    self._check_broken(views[0])
                if await self._dialogs.answer({one.name for one in (*views, *((pressed.view,) if pressed is not None else ()))}):
                    idle_since = None
                    continue
            pause = _SHORTEST_PAUSE_SECONDS if is_busy and not self._traffic.is_busy else pause
            idle_since = None if is_busy else idle_since or now
            if now > self._deadline or (idle_since is not None and now - idle_since > self._limits.answer_seconds):
                raise self._not_there(views, is_busy=is_busy)
            await self._traffic.pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _not_there(self, views: Sequence[View], *, is_busy: bool) -> KollegaError:
        view = views[0]
        page = self._page(view)
        if is_busy or page is None or page.url == "about:blank":
            message = f"the view did not come within {self._limits.view_seconds:g} seconds; look whether the system is slow"
            return SystemTooSlow(message, system=self._selectors.system, view=view.name)
        message = "another page is up: the view's landmark is not on it; compare the selector file with the screen"
        return ElementMissing(message, system=self._selectors.system, view=view.name, element=view.landmark)

    async def _find(self, view: View, elements: Sequence[Element], *, is_held: bool = False, **ask: object) -> list[Match]:
        """Return the one match of every element, all in the same load of the page on which the landmark shows.

        Held elements are kept in the page under their names, to be filled or taken.
        """
        return (await self._find_and_do(view, elements, ask, is_held=is_held))[0]

    async def _find_to_press(self, view: View, element: Element) -> tuple[Match, Aim]:
        """Return the element and where to press it, with no named dialog over it in that moment."""
        unasked = self._dialogs.views_but({view.name})
        here = [one for one in unasked if (one.is_popup, one.frame_title) == (view.is_popup, view.frame_title)]
        if any(one not in here and self._page(one) is not None for one in unasked):
            # A dialog over the page leaves what is below it in the page.
            while await self._dialogs.answer({view.name}):
                continue
        (found,), done = await self._find_and_do(view, [element], {}, is_held=True, absent=here, then={"do": "aim", "key": element.name})
        return found, (done or {}).get("aimed")

    async def _find_and_do(
        self,
        view: View,
        elements: Sequence[Element],
        ask: Mapping[str, object],
        *,
        is_held: bool = False,
        absent: Sequence[View] = (),
        then: Mapping[str, object] | None = None,
    ) -> tuple[list[Match], dict[str, Any] | None]:
        """Do in the same moment what is to follow, when all is found and no dialog that is to be absent shows; one that does is answered first."""
        await self._windows.check(view.name, seconds=self._limits.answer_seconds)
        waits_until: float | None = None
        pause = _SHORTEST_PAUSE_SECONDS
        while True:
            self._check_dialog(view.name)
            questions = [Question(view, element, {**ask, **({"key": element.name} if is_held else {})}) for element in elements]
            dialogs = [landmark_of(one, is_absent=True) for one in absent]
            (landmark, *rest), done = await self._probe_and_do([landmark_of(view), *questions, *dialogs], then)
            found = rest[: len(elements)]
            if any(sound(one) is not None for one in rest[len(elements) :]) and await self._dialogs.answer({view.name}):
                continue
            if sound(landmark) is None:
                await self._arrive(view)
                waits_until = None
                continue
            matches = [match for one in found if (match := sound(one)) is not None]
            if len(matches) == len(elements) and all(one.born == cast("Match", landmark).born for one in matches):
                return matches, done
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
        """Bring the view up by its address, or by the presses that lead to it."""
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
            await self._close_popups(target)
            self._turned = None
            await self._bring(target, self._filled(target, address))

    async def _bring(self, view: View, address: str) -> None:
        """Ask for a page, and again when the server answers with an error or cuts the connection: to ask changes nothing."""
        for pause in (*_PAUSES_BEFORE_ASKING_AGAIN_SECONDS, None):
            try:
                await self._go(address)
                await self._arrive(view)
            except PlaywrightTimeout:
                raise
            except (SystemUnavailable, PlaywrightError):
                if pause is None or self._is_gone():
                    raise
                await asyncio.sleep(pause)
            else:
                return

    def _filled(self, view: View, address: Mapping[str, str]) -> str:
        path = view.address or ""
        is_complete = set(address) == set(view.placeholders)
        # A browser reads a part of a path that is only dots as a way up, escaped or not.
        if not is_complete or any(text.strip(".") == "" for text in address.values()):
            message = f"the address needs a text for each of: {', '.join(view.placeholders) or 'nothing'}; correct the code"
            raise ScreenChanged(message, system=self._selectors.system, view=view.name)
        return self._address + path.format_map({name: quote(text, safe="") for name, text in address.items()})

    async def _go(self, address: str) -> None:
        self._traffic.begin()
        await cast("Page", self._main).goto(address, wait_until="domcontentloaded", timeout=self._limits.view_seconds * 1000)

    async def _close_popups(self, view: View) -> None:
        await self._windows.check(view.name, seconds=self._limits.answer_seconds)
        for popup in self._traffic.popups[:]:
            await popup.close()
            self._traffic.forget(popup)

    async def showing(self, view: str) -> bool:
        """Say whether the landmark shows now."""
        target = self._selectors.view(view)
        async with self._call(view):
            return await self._landmark(target) is not None

    async def wait_for(self, *views: str) -> str:
        """Return the first of the views that shows."""
        targets = [self._selectors.view(view) for view in views]
        async with self._call(views[0]):
            # A program comes up with its first view; a page must be asked for.
            start = next((one for one in targets if one.address is not None and not one.placeholders), None)
            if start is not None and cast("Page", self._main).url == "about:blank":
                await self._go(self._filled(start, {}))
            return (await self._arrive(*targets)).name

    # --- reading and entering

    async def read(self, *elements: str) -> dict[str, str]:
        """Return fields' values, chosen choices, Ja or Nej of ticks, and the visible text of everything else."""
        view, wanted = self._of_one_view(elements)
        async with self._call(view.name):
            return dict(zip(elements, await self._texts(view, wanted), strict=True))

    async def _texts(self, view: View, elements: Sequence[Element]) -> list[str]:
        return [str(match.value) for match in await self._find(view, elements, do="read")]

    async def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        """Fill all fields in one go, then read all of them back."""
        view, elements = self._of_one_view(values)
        texts = {element.name: text for element, text in zip(elements, values.values(), strict=True)}
        self._refuse_read_only(view, elements)
        async with self._call(view.name):
            await self._find(view, elements, is_held=True)
            refused = await fill(await self._document(view), texts)
            kept = await self._texts(view, elements)
            for element, text in zip(elements, kept, strict=True):
                if not is_same(text, texts[element.name], element.format):
                    because = {"choice": "has no such choice", "choices": "has the same choice twice"}.get(
                        refused.get(element.name, ""), "does not hold what was entered"
                    )
                    message = f"the field {because}; look whether its format or its limits have changed"
                    raise ValueNotKept(message, system=self._selectors.system, view=view.name, element=element.name)
            return dict(zip(values, kept, strict=True))

    async def _document(self, view: View) -> Frame:
        """Return where the view lives; an element of it has just been found there."""
        document = await self._documents.of(cast("Page", self._page(view)), view.frame_title)
        if document is None:
            raise ScreenChanged("the view's frame is gone; look what the page does with it")
        return document

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
        async with self._call(view.name, target.name):
            if not view.is_popup:
                await self._close_popups(view)
            found, aimed = await self._find_to_press(view, target)
            return (await self._click(view, target, views, born=found.born, aimed=aimed)).name

    async def _taken(self, view: View, element: Element, *, row: int | None = None) -> ElementHandle:
        """Return the element that was held, or what opens its row."""
        ask = {"do": "take", "key": element.name, **({} if row is None else {"place": row})}
        handle = (await (await self._document(view)).evaluate_handle(PAGE_SCRIPT, ask)).as_element()
        if handle is None and row is not None:
            message = "the row has more than one link or button; it can't be told which one opens it"
            raise ElementAmbiguous(message, system=self._selectors.system, view=view.name, element=element.name)
        if handle is None:
            message = "the page was loaded anew while the robot looked at it; look what makes it do so"
            raise SystemTooSlow(message, system=self._selectors.system, view=view.name, element=element.name)
        return handle

    async def _click(self, view: View, element: Element, then: Sequence[View], *, born: float, aimed: Aim, row: int | None = None) -> View:
        """Press the element that was held in the document born then, or what opens its row, and wait for what must follow."""
        if not is_sending():
            return await self._click_and_arrive(view, element, then, born=born, aimed=aimed, row=row)
        async with sent_once(self._context, timeout_seconds=self._limits.view_seconds):
            return await self._click_and_arrive(view, element, then, born=born, aimed=aimed, row=row)

    async def _click_and_arrive(self, view: View, element: Element, then: Sequence[View], *, born: float, aimed: Aim, row: int | None) -> View:
        page = cast("Page", self._page(view))
        document = await self._document(view)
        self._traffic.begin()
        try:
            if not await pressed_at_once(page, document, aimed):
                # It waits until it can be pressed.
                handle = await self._taken(view, element, row=row)
                await handle.click(timeout=max(1.0, (self._deadline - self._now()) * 1000))
        except PlaywrightTimeout:
            self._check_dialog(view.name)
            if self._traffic.is_busy:
                raise
            message = "it can't be pressed: it is covered, disabled or moving; compare the selector file with the screen"
            raise ScreenChanged(message, system=self._selectors.system, view=view.name, element=element.name) from None
        except PlaywrightError:
            # A window that closes itself when its button is pressed has done what it should.
            if page is self._main or not page.is_closed() or all(one.is_popup for one in then):
                raise
        return await self._arrive(*then, pressed=_Pressed(view, born if view in then else None, self._now()))

    # --- tables

    async def rows(self, table: str) -> list[dict[str, str]]:
        """Return the rows of all pages, from the first one."""
        view, element = self._table(table)
        await self._turn_back(view, element)
        rows: list[dict[str, str]] = []
        for _ in range(_MOST_PAGES):
            async with self._call(view.name, element.name):
                rows += (await self._rows_here(view, element))[0]
                if not await self._turn(view, element.next_page):
                    return rows
        raise self._endless(view, element)

    async def pick(self, table: str, row: Mapping[str, str], *, then: str) -> None:
        """Open the row on the first page that holds the texts; it is ambiguous when two on that page do."""
        view, element = self._table(table)
        target = self._selectors.view(then)
        if unknown := [column for column in row if column not in element.columns]:
            message = f"the selector file has no column {', '.join(unknown)}; correct the code or the file"
            raise ElementMissing(message, system=self._selectors.system, view=view.name, element=element.name)
        await self._turn_back(view, element)
        for _ in range(_MOST_PAGES):
            async with self._call(view.name, element.name):
                page_rows, born = await self._rows_here(view, element)
                places = [place for place, one in enumerate(page_rows) if all(one[column] == text for column, text in row.items())]
                if len(places) > 1:
                    message = f"{len(places)} rows hold these texts; pick by a column that tells them apart"
                    raise ElementAmbiguous(message, system=self._selectors.system, view=view.name, element=element.name)
                if places:
                    if not view.is_popup:
                        await self._close_popups(view)
                    aimed = await aim(await self._document(view), {"key": element.name, "place": places[0]})
                    await self._click(view, element, [target], born=born, aimed=aimed, row=places[0])
                    return
                if not await self._turn(view, element.next_page):
                    message = "no row holds these texts"
                    raise ElementMissing(message, system=self._selectors.system, view=view.name, element=element.name)
        raise self._endless(view, element)

    async def download(self, element: str, *, row: int | None = None, most_bytes: int) -> Downloaded:
        """Fetch the file behind a link, or behind the only link of a table's row."""
        if row is None:
            view, (link,) = self._of_one_view([element])
            async with self._call(view.name, link.name):
                await self._find(view, [link], is_held=True)
                return await self._downloaded(view, link, most_bytes=most_bytes)
        view, table = self._table(element)
        await self._turn_back(view, table)
        for _ in range(_MOST_PAGES):
            async with self._call(view.name, table.name):
                on_page = len((await self._rows_here(view, table))[0])
                if 0 <= row < on_page:
                    return await self._downloaded(view, table, row=row, most_bytes=most_bytes)
                row -= on_page
                if not await self._turn(view, table.next_page):
                    raise ElementMissing("the table has no row of that number", system=self._selectors.system, view=view.name, element=table.name)
        raise self._endless(view, table)

    async def _downloaded(self, view: View, element: Element, *, row: int | None = None, most_bytes: int) -> Downloaded:
        link = await self._taken(view, element, row=row)
        lost = [self._selectors.views[name].address for name in self._selectors.session_lost]
        try:
            answer = await downloads.fetch(
                link, most_bytes=most_bytes, timeout_seconds=max(1.0, self._deadline - self._now()), log_in_paths=[path for path in lost if path]
            )
        except KollegaError as error:
            error.system, error.view, error.element = self._selectors.system, view.name, element.name
            raise
        page = cast("Page", self._main)
        if answer.is_page and not self._traffic.is_posted and not (view.is_popup or view.frame_title):
            # A page can be what the system shows instead of a file; the view itself then tells whether the session is gone.
            await self._go(page.url)
            await self._arrive(view)
        return answer.downloaded

    def _table(self, name: str) -> tuple[View, Element]:
        view, element = self._selectors.element(name)
        if not element.columns:
            message = "it is no table; give it columns in the selector file"
            raise ElementMissing(message, system=self._selectors.system, view=view.name, element=element.name)
        return view, element

    async def _rows_here(self, view: View, element: Element) -> tuple[list[dict[str, str]], float]:
        """Return the rows of the page that shows, and when its document was made."""
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
        return cast("list[dict[str, str]]", found["rows"]), match.born

    async def _turn(self, view: View, by: str) -> bool:
        """Turn the table's page by an element of the view; False when it can't be pressed: this is the last one that way."""
        if not by:
            return False
        following = view.elements[by]
        (found,) = await self._probe([Question(view, following, {"do": "usable", "key": following.name})])
        match = sound(found)
        if match is None or not match.value:
            return False
        if self._turned is None or self._turned.view is not view:
            self._turned = _Turned(view=view, first_address="" if self._traffic.is_posted else cast("Page", self._main).url)
        aimed = await aim(await self._document(view), {"key": following.name})
        await self._click(view, following, [view], born=match.born, aimed=aimed)
        landmark = await self._landmark(view)
        self._turned.address, self._turned.born = cast("Page", self._main).url, landmark.born if landmark is not None else 0.0
        return True

    async def _turn_back(self, view: View, element: Element) -> None:
        """Go back to the table's first page if an earlier call turned its pages and it has not been left since."""
        turned = self._turned
        if turned is None or turned.view is not view:
            return
        self._turned = None
        async with self._call(view.name):
            await self._find(view, [])
            landmark = await self._landmark(view)
            is_same_load = landmark is not None and landmark.born == turned.born
            must_turn = is_same_load and not turned.first_address
            if must_turn and not element.previous_page:
                message = "the table's pages were turned and it has no address to begin again at; bring the view up once more before reading it again"
                raise ScreenChanged(message, system=self._selectors.system, view=view.name)
            if turned.first_address and (is_same_load or cast("Page", self._main).url == turned.address):
                await self._go(turned.first_address)
                await self._arrive(view)
        if must_turn:
            await self._turn_to_first(view, element)

    async def _turn_to_first(self, view: View, element: Element) -> None:
        for _ in range(_MOST_PAGES):
            async with self._call(view.name, element.name):
                if not await self._turn(view, element.previous_page):
                    self._turned = None
                    return
        raise self._endless(view, element)

    def _endless(self, view: View, element: Element) -> ScreenChanged:
        message = f"the table has more than {_MOST_PAGES} pages, or their turning leads in a circle; look at next_page and previous_page"
        return ScreenChanged(message, system=self._selectors.system, view=view.name, element=element.name)

    # --- looking

    async def look(self, view: View | None, ways: Sequence[Way]) -> Look:
        """List what is on the page, or in the view's frame or window, whether its landmark shows or not."""
        async with self._call("" if view is None else view.name):
            return await listing.look(await self._looked_at(view), self._finder, ways)

    async def picture_of(self, view: View | None, place: int) -> str:
        """Save a masked picture with one thing of the last look framed; without the frame when it is gone."""
        async with self._call("" if view is None else view.name):
            box = await listing.box_of(await self._looked_at(view), place)
            path = await self._picture()
            if box is not None:
                await asyncio.to_thread(frame, Path(path), box)
            return path

    async def _looked_at(self, view: View | None) -> Frame:
        page = self._main if view is None else self._page(view)
        document = None if page is None or page.is_closed() else await self._documents.of(page, "" if view is None else view.frame_title)
        if document is None:
            message = "the view's window or frame is not open; press what opens it"
            raise ScreenChanged(message, system=self._selectors.system, view="" if view is None else view.name)
        return document

    # --- drift

    async def sightings(self, view: str) -> dict[str, Sighting]:
        """Say how each element is found, when all are, or when none comes any more."""
        target = self._selectors.view(view)
        async with self._call(view):
            until, pause = self._now() + self._limits.answer_seconds, _SHORTEST_PAUSE_SECONDS
            while True:
                seen = await sightings_on(target, self._probe)
                if is_settled(seen) or self._now() > until:
                    return seen
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    # --- pictures and the end

    async def picture(self) -> str:
        """Save a masked picture."""
        async with self._call():
            return await self._picture()

    async def _picture(self) -> str:
        page = self._traffic.popups[-1] if self._traffic.popups else cast("Page", self._main)
        path = await pictures.take(page, self._selectors, self._scope, self._pictures)
        event(Action.PICTURE_TAKEN, f"{path.name}: everything personal is blacked out", system=self._selectors.system)
        return str(path)

    async def _picture_if_possible(self) -> str:
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                return await self._picture()
        except (PlaywrightError, TimeoutError, OSError):
            return ""

    async def close(self) -> None:
        """End the session; never raises."""
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(self._limits.answer_seconds):
                await self._context.close()


def _moved(view: View, to: View) -> View:
    """Return the view as if it lived where another one lives."""
    return View(name=view.name, landmark=view.landmark, elements=view.elements, frame_title=to.frame_title, is_popup=to.is_popup)


def _others(missing: Sequence[str]) -> str:
    return f", nor of {', '.join(missing[1:])}" if len(missing) > 1 else ""
