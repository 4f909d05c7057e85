"""Dialogs of a program that the selector file names: seen when another view was expected, and closed or reported as the file says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection

from robots.run_log import Action, event
from robots.screens.desktop.finding import Found, Place
from robots.screens.dialogs import MOST_CLOSINGS, DialogResponse
from robots.screens.selector_file import SelectorFile


class NamedDialogs:
    """Answers the dialogs that come up while one view is waited for."""

    def __init__(
        self,
        selectors: SelectorFile,
        find: Callable[[str, str, Place], Found],
        press: Callable[[Place, Found], bool],
        wait_until_gone: Callable[[str], None],
    ) -> None:
        """Hold what finds an element of a view in a place, what presses it there, and what waits until the view is gone; nothing is closed yet."""
        self._selectors = selectors
        self._find = find
        self._press = press
        self._wait_until_gone = wait_until_gone
        self._closed: Counter[str] = Counter()

    def answer(self, showing: Collection[str], place: Place) -> None:
        """Close a dialog that is among the views that show there unexpectedly; do nothing when there is none.

        Raises:
            ScreenChanged: the file says so of the dialog, or it comes back each time it is closed.
            SystemUnavailable: the file says that the dialog means that.
        """
        dialog = next((self._selectors.view_dialogs[name] for name in showing if name in self._selectors.view_dialogs), None)
        if dialog is None:
            return
        if dialog.response is not DialogResponse.CLOSE or self._closed[dialog.name] >= MOST_CLOSINGS:
            dialog.tell(self._selectors.system)
            raise dialog.error(self._selectors.system)
        # A press that another window kept away is tried again at the next look.
        if self._press(place, self._find(dialog.view, dialog.press, place)):
            self._closed[dialog.name] += 1
            self._wait_until_gone(dialog.view)
            event(Action.DIALOG_CLOSED, system=self._selectors.system, step=f"{dialog.view}.{dialog.press}", level="WARNING")
            dialog.tell(self._selectors.system)
