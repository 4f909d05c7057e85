"""Asking the pages of a session: which views show, and what is found of them just now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from robots.screens.selector_file import View
from robots.screens.web.finding import Finder, Found, Match, Question, landmark_of, sound, together
from robots.screens.web.session import Session


class Views:
    """The views of one session, each looked for where it lives: in the page, a window, or a frame. Nothing here waits."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.finder = Finder(session.system)

    async def probe(self, questions: Sequence[Question]) -> list[Found]:
        """Look for elements of views that live in the same document, once, in one go."""
        return (await self.probe_and_do(questions, None))[0]

    async def probe_and_do(self, questions: Sequence[Question], then: Mapping[str, object] | None) -> tuple[list[Found], dict[str, Any] | None]:
        """Do the same, and in the same moment what is to follow; see `Finder.probe_and_do`."""
        session, view = self._session, questions[0].view
        page = session.page_of(view)
        nothing: list[Found] = [None] * len(questions)
        if page is None or page.is_closed():
            return nothing, None
        try:
            document = await session.documents.of(page, view.frame_title)
            found, done = (nothing, None) if document is None else await self.finder.probe_and_do(document, questions, then)
        except PlaywrightError:
            # A window may close itself while it is looked at; when the main one is gone, so is the session.
            if page is session.main or not page.is_closed():
                raise
            return nothing, None
        if view.frame_title and found == nothing:
            session.documents.forget(view.frame_title)
        return found, done

    async def landmarks(self, views: Sequence[View]) -> list[Found]:
        """Look for the landmarks of all the views, in one go for those that live in the same document."""
        places: dict[tuple[bool, str], list[int]] = {}
        for place, view in enumerate(views):
            places.setdefault((view.is_popup, view.frame_title), []).append(place)
        answers = await together(self.probe([landmark_of(views[place]) for place in here]) for here in places.values())
        found = {place: one for here, ones in zip(places.values(), answers, strict=True) for place, one in zip(here, ones, strict=True)}
        return [found[place] for place in range(len(views))]

    async def landmark(self, view: View) -> Match | None:
        """Return the view's landmark; None when it does not show.

        Raises:
            ElementAmbiguous: it is there twice.
        """
        (match,) = await self.landmarks([view])
        return sound(match)

    async def showing(self, views: Sequence[View]) -> list[bool]:
        """Say of each view whether it shows."""
        return [sound(match) is not None for match in await self.landmarks(views)]

    async def shows_in(self, view: View, window: Page) -> bool:
        """Say whether the view shows in the window."""
        document = await self._session.documents.of(window, view.frame_title)
        return document is not None and sound((await self.finder.probe(document, [landmark_of(view)]))[0]) is not None

    async def is_lost(self, view: View) -> bool:
        """Say whether a log-in page shows where the view was to be."""
        selectors = self._session.selectors
        if view.name in selectors.session_lost:
            return False
        lost = [selectors.views[name] for name in selectors.session_lost]
        scopes = lost[:]
        if view.frame_title or view.is_popup:
            # A log-in page can also come up where the view was to be: inside its frame or its window.
            scopes += [_moved(one, view) for one in lost]
        return any(isinstance(one, Match) for one in await self.landmarks(scopes))


def _moved(view: View, to: View) -> View:
    """Return the view as if it lived where another one lives."""
    return View(name=view.name, landmark=view.landmark, elements=view.elements, frame_title=to.frame_title, is_popup=to.is_popup)
