"""The logged-in sessions of one system: as many at once as it allows, opened when needed and kept as long as they are sound."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from robots.errors import CaseNeedsPerson, KollegaError, LogInRefused, OutcomeUnknown, SessionLost, SystemUnavailable, from_record
from robots.run_log import Action, event
from robots.screens import Screen
from robots.screens.noting import NotingScreen


@dataclass(slots=True, kw_only=True)
class Times:
    """How long the work inside a `stopwatch` waited for free sessions and held them; steps side by side add up."""

    waiting_seconds: float = 0.0
    #: opening and logging in included
    used_seconds: float = 0.0


_times: ContextVar[Times | None] = ContextVar("kollega_session_times", default=None)


@contextmanager
def stopwatch() -> Iterator[Times]:
    """Measure the sessions used inside, also by tasks that are started there; an inner stopwatch measures for itself."""
    times = Times()
    token = _times.set(times)
    try:
        yield times
    finally:
        _times.reset(token)


class Sessions:
    """A pool of one system's sessions on this machine."""

    def __init__(self, name: str, open_screen: Callable[[], Awaitable[Screen]], log_in: Callable[[Screen], Awaitable[None]], limit: int) -> None:
        """Open nothing yet.

        Args:
            name: the system, as in config/kollega.yaml.
            open_screen: opens a screen that is not logged in.
            log_in: logs it in; raises LogInRefused when the system does not want the robot.
            limit: how many sessions there may be at once, at least 1.
        """
        if limit < 1:
            raise ValueError("a system needs at least one session")
        self.name = name
        self._open_screen = open_screen
        self._log_in = log_in
        self._places = asyncio.Semaphore(limit)
        self._logging_in = asyncio.Lock()
        self._free: list[Screen] = []
        self._refusal: LogInRefused | None = None
        self._is_closed = False

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Screen]:
        """Lend a logged-in screen that notes evidence, the one used last first; wait for one when all are in use.

        The screen is kept after work that ended well or needs a person, and closed after everything else; after SystemUnavailable
        with all that are free.

        Raises:
            LogInRefused: the system refused the log-in, now or earlier; it is not tried a second time.
            SystemFault, ScreenChanged: opening or logging in failed.
        """
        self._check_open()
        times = _times.get() or Times()
        began = time.monotonic()
        try:
            await self._places.acquire()
        finally:
            times.waiting_seconds += time.monotonic() - began
        began = time.monotonic()
        try:
            screen = self._free.pop() if self._free else await self._opened()
            is_sound = False
            try:
                yield screen
                is_sound = True
            except CaseNeedsPerson as error:
                is_sound = not isinstance(error, OutcomeUnknown)
                raise
            except SessionLost:
                event(Action.SESSION_LOST, system=self.name, level="WARNING")
                raise
            except SystemUnavailable:
                # A browser or a server that has died has taken those with it that lie ready: one after the other, they would use up a step's tries.
                await self._close_free()
                raise
            finally:
                if is_sound and not self._is_closed:
                    self._free.append(screen)
                else:
                    await screen.close()
                    event(Action.SESSION_CLOSED, system=self.name)
        finally:
            times.used_seconds += time.monotonic() - began
            self._places.release()

    def _check_open(self) -> None:
        if self._refusal is not None:
            # A new error each time: one that is raised again and again gathers everybody's way.
            raise _copy_of(self._refusal)
        if self._is_closed:
            raise SystemUnavailable("the robot's sessions are closed because the run ends; start the robot again", system=self.name)

    async def _opened(self) -> Screen:
        # One log-in at a time: after a refusal nobody else may try, so that the account is not locked.
        async with self._logging_in:
            self._check_open()
            began = time.monotonic()
            screen = await self._open_screen()
            try:
                await self._log_in(screen)
            except BaseException as error:
                if isinstance(error, LogInRefused):
                    self._refusal = error
                await screen.close()
                raise
            event(Action.LOG_IN, system=self.name, seconds=time.monotonic() - began)
            # Only now: a log-in can take place in the midst of a write, and its password is no evidence.
            return NotingScreen(screen)

    async def close(self) -> None:
        """End all free sessions now and those in use when they come back; never raises."""
        self._is_closed = True
        await self._close_free()

    async def _close_free(self) -> None:
        while self._free:
            await self._free.pop().close()
            event(Action.SESSION_CLOSED, system=self.name)


def _copy_of(refusal: LogInRefused) -> KollegaError:
    return from_record(refusal.to_record())
