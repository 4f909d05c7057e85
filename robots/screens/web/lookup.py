"""Finding elements of a view that shows, waiting for them, with nothing that came up unasked in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

from playwright.async_api import ElementHandle
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from robots.errors import ElementAmbiguous, ElementMissing, SystemTooSlow
from robots.screens.selector_file import Element, View
from robots.screens.web import pauses
from robots.screens.web.arriving import Arriving, Pressed
from robots.screens.web.finding import PAGE_SCRIPT, Match, Question, landmark_of, sound
from robots.screens.web.named_dialogs import NamedDialogs
from robots.screens.web.pressing import Aim
from robots.screens.web.session import Session
from robots.screens.web.views import Views
from robots.screens.web.windows import Windows


class Lookup:
    """Finds what is to be read, filled or pressed in one session."""

    def __init__(self, session: Session, views: Views) -> None:
        self._session = session
        self._views = views
        self._windows = Windows(session.selectors, session.traffic, views.shows_in)
        #: they come up wherever something is looked for, and closing one means looking for its button
        self.dialogs = NamedDialogs(session.selectors, views.showing, self._press_away)
        self._arriving = Arriving(session, views, self.dialogs)

    async def arrive(self, *views: View, pressed: Pressed | None = None) -> View:
        """Wait for one of the views; see `Arriving.arrive`."""
        return await self._arriving.arrive(*views, pressed=pressed)

    async def find(self, view: View, elements: Sequence[Element], *, is_held: bool = False, **ask: object) -> list[Match]:
        """Return the one match of every element, all in the same load of the page on which the landmark shows.

        Held elements are kept in the page under their names, to be filled or taken.
        """
        return (await self._find_and_do(view, elements, ask, is_held=is_held))[0]

    async def find_to_press(self, view: View, element: Element) -> tuple[Match, Aim]:
        """Return the element and where to press it, with no named dialog over it in that moment."""
        unasked = self.dialogs.views_but({view.name})
        here = [one for one in unasked if (one.is_popup, one.frame_title) == (view.is_popup, view.frame_title)]
        if any(one not in here and self._session.page_of(one) is not None for one in unasked):
            # A dialog over the page leaves what is below it in the page.
            await self.answer_dialogs(view)
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
        session = self._session
        await self._windows.check(view.name, seconds=session.limits.answer_seconds)
        waits_until: float | None = None
        pause = pauses.SHORTEST_SECONDS
        while True:
            session.check_dialog(view.name)
            questions = [Question(view, element, {**ask, **({"key": element.name} if is_held else {})}) for element in elements]
            dialogs = [landmark_of(one, is_absent=True) for one in absent]
            (landmark, *rest), done = await self._views.probe_and_do([landmark_of(view), *questions, *dialogs], then)
            found = rest[: len(elements)]
            if any(sound(one) is not None for one in rest[len(elements) :]) and await self.dialogs.answer({view.name}):
                continue
            if sound(landmark) is None:
                await self.arrive(view)
                waits_until = None
                continue
            matches = [match for one in found if (match := sound(one)) is not None]
            if len(matches) == len(elements) and all(one.born == cast("Match", landmark).born for one in matches):
                return matches, done
            waits_until = waits_until or session.now() + session.limits.answer_seconds
            if session.now() > waits_until:
                missing = [element.name for element, one in zip(elements, found, strict=True) if one is None]
                message = f"no way of it matches{_others(missing)}; compare the selector file with the screen"
                raise ElementMissing(message, system=session.system, view=view.name, element=(missing or [view.landmark])[0])
            await asyncio.sleep(pause)
            pause = pauses.longer(pause)

    async def answer_dialogs(self, view: View) -> None:
        """Do what the selector file says about every named dialog that lies over the view."""
        while await self.dialogs.answer({view.name}):
            continue

    async def take(self, view: View, element: Element, *, row: int | None = None) -> ElementHandle:
        """Return the element that was held, or what opens its row.

        Raises:
            ElementAmbiguous: more than one thing may open the row.
            SystemTooSlow: the page was loaded anew, so that nothing is held any more.
        """
        ask = {"do": "take", "key": element.name, **({} if row is None else {"place": row})}
        handle = (await (await self._session.document_of(view)).evaluate_handle(PAGE_SCRIPT, ask)).as_element()
        if handle is None and row is not None:
            message = "the row has more than one link or button; it can't be told which one opens it"
            raise ElementAmbiguous(message, system=self._session.system, view=view.name, element=element.name)
        if handle is None:
            message = "the page was loaded anew while the robot looked at it; look what makes it do so"
            raise SystemTooSlow(message, system=self._session.system, view=view.name, element=element.name)
        return handle

    async def close_windows(self, view: View) -> None:
        """Close every window, so that the view is used without them; one that nobody knows is left open and reported."""
        await self._windows.close(view.name, seconds=self._session.limits.answer_seconds)

    async def _press_away(self, view: View, element: Element) -> None:
        """Press what closes the view, and return when it is gone or does not go."""
        session = self._session
        await self.find(view, [element], is_held=True)
        handle, page = await self.take(view, element), session.page_of(view)
        try:
            await handle.click(timeout=session.limits.answer_seconds * 1000)
        except PlaywrightTimeout:
            pass
        except PlaywrightError:
            # A window that closes itself has done what it should.
            if page is None or page is session.main or not page.is_closed():
                raise
        until = session.now() + session.limits.answer_seconds
        pause = pauses.SHORTEST_SECONDS
        while await self._views.landmark(view) is not None and session.now() < until:
            await asyncio.sleep(pause)
            pause = pauses.longer(pause)


def _others(missing: Sequence[str]) -> str:
    return f", nor of {', '.join(missing[1:])}" if len(missing) > 1 else ""
