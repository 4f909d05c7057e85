"""Dialogs of a page that the selector file names: seen when another view was expected, and closed or reported as the file says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence

from robots.run_log import Action, event
from robots.screens.dialogs import MOST_CLOSINGS, DialogResponse, ViewDialog
from robots.screens.selector_file import Element, SelectorFile, View


class NamedDialogs:
    """Answers the dialogs of one session that come up unasked."""

    def __init__(
        self,
        selectors: SelectorFile,
        showing: Callable[[Sequence[View]], Awaitable[list[bool]]],
        press_away: Callable[[View, Element], Awaitable[None]],
    ) -> None:
        """Hold what looks which views' landmarks show, and what presses an element and returns when its view is gone."""
        self._selectors = selectors
        self._showing = showing
        self._press_away = press_away
        self._closed: Counter[str] = Counter()

    def begin(self) -> None:
        """Count anew: the next call of the screen begins."""
        self._closed.clear()

    def _unasked(self, expected: Collection[str]) -> list[ViewDialog]:
        return [dialog for dialog in self._selectors.view_dialogs.values() if dialog.view not in expected]

    def views_but(self, expected: Collection[str]) -> list[View]:
        """Return the views of all dialogs that are none of the expected ones."""
        return [self._selectors.views[dialog.view] for dialog in self._unasked(expected)]

    async def answer(self, expected: Collection[str]) -> bool:
        """Close a dialog that shows and is none of the expected views; say whether there was one.

        Raises:
            ScreenChanged: the file says so of the dialog, or it comes back each time it is closed.
            SystemUnavailable: the file says that the dialog means that.
        """
        unasked = self._unasked(expected)
        views = self.views_but(expected)
        showing = await self._showing(views)
        for dialog, view in [(dialog, view) for dialog, view, shows in zip(unasked, views, showing, strict=True) if shows]:
            if dialog.response is not DialogResponse.CLOSE or self._closed[dialog.name] >= MOST_CLOSINGS:
                dialog.tell(self._selectors.system)
                raise dialog.error(self._selectors.system)
            self._closed[dialog.name] += 1
            await self._press_away(view, view.elements[dialog.press])
            event(Action.DIALOG_CLOSED, system=self._selectors.system, step=f"{view.name}.{dialog.press}", level="WARNING")
            dialog.tell(self._selectors.system)
            return True
        return False
