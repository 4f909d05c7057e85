"""The desktop driver behind the `Screen` interface: every call runs on a thread of the screen's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import xcffib

from robots.errors import KollegaError, ScreenChanged, SystemUnavailable
from robots.screens import Screen, TimeLimits
from robots.screens.desktop.session import Session
from robots.screens.desktop.waiting import Clock, Interrupted
from robots.screens.download import Downloaded
from robots.screens.inspection import Look
from robots.screens.selector_file import SelectorFile, View
from robots.screens.sighting import Sighting
from robots.screens.ways import Way

T = TypeVar("T")
_ENDING_SECONDS = 0.1


async def open_screen(
    selectors: SelectorFile, *, command: Sequence[str], environment: Mapping[str, str], pictures: Path, limits: TimeLimits
) -> Screen:
    """Start the program on a private desk and return its screen, not logged in.

    Args:
        selectors: the system's screens.
        command: the program and its arguments.
        environment: variables for the program, besides those of the desk; the robot's own passwords are not passed on.
        pictures: folder for masked pictures.
        limits: how long the program may take.

    Raises:
        ProgramMissing: the program or a part of the desk is not installed.
        SystemFault: the desk or the program does not start.
    """
    screen = DesktopScreen(selectors, pictures, limits)
    try:
        await screen.start(command, environment)
    except BaseException:
        await screen.close()
        raise
    return screen


class DesktopScreen:
    """One program on one private desk; see `Screen` for what each call promises."""

    def __init__(self, selectors: SelectorFile, pictures: Path, limits: TimeLimits) -> None:
        """Start nothing yet."""
        self._selectors = selectors
        self._pictures = pictures
        self._limits = limits
        self._clock = Clock()
        self._session: Session | None = None
        # The desk's processes end when this thread ends, so it lives exactly as long as the screen.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"desk-{selectors.system}")
        self._turn = asyncio.Lock()
        self._is_closed = False

    async def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Set up the desk and start the program."""

        def begin() -> None:
            self._session = Session(
                self._selectors,
                command=command,
                environment=environment,
                pictures_folder=self._pictures,
                limits=self._limits,
                clock=self._clock,
            )

        await self._run(begin)

    @property
    def display(self) -> str:
        """The private screen's X display, such as `:5`, on which a person may look; empty before the start and after the end."""
        return self._session.display if self._session is not None and not self._is_closed else ""

    @property
    def program_process_id(self) -> int | None:
        """The process id of the program; None before the start and after the end."""
        return self._session.program_process_id if self._session is not None and not self._is_closed else None

    async def show(self, view: str, **address: str) -> None:
        """Bring the view up by its way of being reached; a desktop view has no address."""
        if address:
            raise ScreenChanged("a desktop view has no address to fill in; correct the code", system=self._selectors.system, view=view)
        await self._run(lambda: self._open_session().show(view))

    async def showing(self, view: str) -> bool:
        """Say whether the view's landmark shows now."""
        return await self._run(lambda: self._open_session().showing(view))

    async def wait_for(self, *views: str) -> str:
        """Return the first of the views that shows."""
        return await self._run(lambda: self._open_session().wait_for(views))

    async def read(self, *elements: str) -> dict[str, str]:
        """Return the exact text of each element; a check box reads `Ja` or `Nej`, a secret field as dots."""
        return await self._run(lambda: self._open_session().read(elements))

    async def rows(self, table: str) -> list[dict[str, str]]:
        """Return the table's rows over all its pages."""
        return await self._run(lambda: self._open_session().rows(table))

    async def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        """Type each text and read it back; choose the item of that text; tick a check box for `Ja`; a secret field is read back as dots."""
        return await self._run(lambda: self._open_session().enter(values))

    async def press(self, element: str, *, then: str) -> None:
        """Press the element and return when the view shows."""
        await self._run(lambda: self._open_session().press(element, then=(then,)))

    async def press_for(self, element: str, *, then: tuple[str, ...]) -> str:
        """Press the element and return the first of the views that shows."""
        return await self._run(lambda: self._open_session().press(element, then=then))

    async def pick(self, table: str, row: Mapping[str, str], *, then: str) -> None:
        """Open the one row that holds exactly these texts, on the first page that has one."""
        await self._run(lambda: self._open_session().pick(table, row, then=then))

    async def download(self, element: str, *, row: int | None = None, most_bytes: int) -> Downloaded:  # noqa: ARG002 - as every screen's
        """Refuse: a program hands no file over but by writing it to disk."""
        view, _ = self._selectors.element(element)
        message = "a program on the desktop gives no file but on disk; what is attached there is read by a person. Correct the code"
        raise ScreenChanged(message, system=self._selectors.system, view=view.name, element=element.partition(".")[2])

    async def sightings(self, view: str) -> dict[str, Sighting]:
        """Say how each element of the view is found."""
        return await self._run(lambda: self._open_session().sightings(view))

    async def picture(self) -> str:
        """Save a picture of the program's windows with everything personal blacked out."""
        return await self._run(lambda: self._open_session().picture())

    async def look(self, view: View | None, ways: Sequence[Way]) -> Look:
        """List what is in the program's active window, and what each way finds there."""
        return await self._run(lambda: self._open_session().look(view, ways))

    async def picture_of(self, view: View | None, place: int) -> str:  # noqa: ARG002 - a program shows one view at a time
        """Save a masked picture with one thing of the last look framed."""
        return await self._run(lambda: self._open_session().picture_of(place))

    async def close(self) -> None:
        """End the program and the desk; never raises."""
        if self._is_closed:
            return
        self._is_closed = True
        self._clock.interrupt()

        def end() -> None:
            if self._session is not None:
                self._session.close()

        ended = asyncio.wrap_future(self._thread.submit(end))
        self._thread.shutdown(wait=False)
        with suppress(Exception):
            await asyncio.shield(ended)

    def _open_session(self) -> Session:
        if self._session is None or self._is_closed:
            raise SystemUnavailable("the screen is closed", system=self._selectors.system)
        return self._session

    async def _run(self, do: Callable[[], T]) -> T:
        """Run on the screen's thread; when cancelled, have the work stop where it is safe, and return only then."""
        async with self._turn:
            if self._is_closed:
                raise SystemUnavailable("the screen is closed", system=self._selectors.system)
            work = asyncio.wrap_future(self._thread.submit(self._with_evidence, do))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                self._clock.interrupt()
                with suppress(Exception):
                    await work
                if not self._is_closed:
                    self._clock.resume()
                raise

    def _with_evidence(self, do: Callable[[], T]) -> T:
        """Do the work; a changed screen is reported with a picture, a lost display as what it is."""
        try:
            return do()
        except ScreenChanged as error:
            if self._session is not None:
                # A program that is just ending looks like one that has changed.
                self._session.check_alive(wait_seconds=_ENDING_SECONDS)
                if not error.picture:
                    with suppress(KollegaError, OSError, xcffib.XcffibException):
                        error.picture = self._session.picture()
            raise
        except Interrupted:
            raise SystemUnavailable("the screen is closed", system=self._selectors.system) from None
        except xcffib.ConnectionException:
            raise SystemUnavailable("the private screen is gone; the session is opened anew at the next try", system=self._selectors.system) from None
        except KollegaError as error:
            error.system = error.system or self._selectors.system
            raise
