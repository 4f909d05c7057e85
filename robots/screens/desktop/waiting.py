"""One clock for all waiting of a desktop screen: until a deadline, and no longer than somebody wants the answer."""

from __future__ import annotations

import threading
import time

_EAGER_PAUSE_SECONDS = 0.0002
_FIRST_PAUSE_SECONDS = 0.0005
_LONGEST_PAUSE_SECONDS = 0.02


class Interrupted(Exception):
    """Nobody waits for the answer any more; stop where it is safe to stop."""


class Deadline:
    """A point in time, and the pauses up to it."""

    def __init__(self, seconds: float, interrupt: threading.Event, eager_seconds: float) -> None:
        now = time.monotonic()
        self._ends_at = now + seconds
        self._eager_until = now + eager_seconds
        self._interrupt = interrupt
        self._pause_seconds = _FIRST_PAUSE_SECONDS

    @property
    def seconds_left(self) -> float:
        """What is left; never below zero."""
        return max(0.0, self._ends_at - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the time is out."""
        return time.monotonic() >= self._ends_at

    def pause(self) -> bool:
        """Pause for a moment, a little longer each time; return False, at once, when the time is out.

        Raises:
            Interrupted: the caller is gone.
        """
        if self._interrupt.is_set():
            raise Interrupted
        now = time.monotonic()
        if now >= self._ends_at:
            return False
        is_eager = now < self._eager_until
        if self._interrupt.wait(min(_EAGER_PAUSE_SECONDS if is_eager else self._pause_seconds, self._ends_at - now)):
            raise Interrupted
        if not is_eager:
            self._pause_seconds = min(self._pause_seconds * 1.5, _LONGEST_PAUSE_SECONDS)
        return True


class Clock:
    """Makes deadlines that one switch interrupts."""

    def __init__(self) -> None:
        self._interrupt = threading.Event()

    def deadline(self, seconds: float, *, eager_seconds: float = 0.0) -> Deadline:
        """Return a deadline so many seconds from now.

        Args:
            seconds: until it is over.
            eager_seconds: how long its pauses are as short as can be, for what is sure to come at once.
        """
        return Deadline(seconds, self._interrupt, eager_seconds)

    def interrupt(self) -> None:
        """Make every pause raise `Interrupted`, until `resume`."""
        self._interrupt.set()

    def resume(self) -> None:
        """Let pauses be pauses again."""
        self._interrupt.clear()
