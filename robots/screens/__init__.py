"""One interface to every screen, web or desktop; above this package nobody knows which it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from robots.screens.download import Downloaded
from robots.screens.sighting import Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """How long a screen may take; every call of a `Screen` ends within the sum of the two."""

    #: for a view to come after an address or a press
    view_seconds: float = 20.0
    #: for an element of a view that shows, and for a program that has nothing left to load to change its mind
    answer_seconds: float = 5.0


class Screen(Protocol):
    """One logged-in session of one system.

    Elements are named `view.element`, as in the system's selector file. Every call proves first that the view's
    landmark is showing, finds exactly one element for every name, and raises `ElementMissing` or `ElementAmbiguous`
    otherwise. All calls may raise `SystemFault` and `ScreenChanged`; waiting and time limits are the driver's affair.
    """

    async def show(self, view: str, **address: str) -> None:
        """Bring the view up, and return when its landmark shows.

        Args:
            view: name in the selector file.
            address: texts for the placeholders of the view's address, escaped by the driver.
        """

    async def showing(self, view: str) -> bool:
        """Say whether the view's landmark shows now, without waiting."""

    async def wait_for(self, *views: str) -> str:
        """Return the first of the views whose landmark shows."""

    async def read(self, *elements: str) -> dict[str, str]:
        """Return the exact text of each element, keyed by the names given; all of one view."""

    async def rows(self, table: str) -> list[dict[str, str]]:
        """Return the table's rows over all its pages, each as {column name in the selector file: text}."""

    async def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        """Enter each text, read it back exactly, and return what was read back, keyed by the names given; all of one view.

        A field that hides what it holds, such as one for a password, is compared and read back as far as it shows. One whose
        format the selector file names may write the same amount, number or day in its own way, and what it writes is returned.

        Raises:
            ValueNotKept: a field holds something else than what was entered.
        """

    async def press(self, element: str, *, then: str) -> None:
        """Press the element and return when the landmark of the view `then` shows."""

    async def press_for(self, element: str, *, then: tuple[str, ...]) -> str:
        """Press the element and return the first of the views `then` that shows."""

    async def pick(self, table: str, row: Mapping[str, str], *, then: str) -> None:
        """Open the one row whose columns hold exactly these texts; the texts are compared, never made into a selector.

        Raises:
            ElementMissing: no row holds them.
            ElementAmbiguous: more than one does.
        """

    async def download(self, element: str, *, row: int | None = None, most_bytes: int) -> Downloaded:
        """Fetch the file behind a link or a button, in memory only; the view stays as it is.

        A link is never pressed. A button is, once, where the selector file says `download`; what is sent by that press and
        not answered whole is never sent again, here or by whoever tries again: the file is given as broken off.

        Args:
            element: a link or a button, or a table in whose row one stands.
            row: of a table, counted from 0 over all pages, as `rows` gives them.
            most_bytes: a larger file is given up.

        Raises:
            ElementMissing: there is no such row, no link, or a button whose press asks for nothing.
            ScreenChanged: the driver's programs give no file but on disk.
        """

    async def sightings(self, view: str) -> dict[str, Sighting]:
        """Return how each element of the view is found, keyed by its name there, waiting for those that may still come.

        Nothing is pressed, entered or read. The landmark is an element like the others: it need not show.
        """

    async def picture(self) -> str:
        """Save a picture with everything personal blacked out; return its path under the run's folder."""

    async def close(self) -> None:
        """End the session and free what it holds; never raises."""
