"""A terminal whose keys are heard one by one, and which is as it was when that is over, however it ends."""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from robots.errors import StopRequested

#: what arrows and the like send; the beginning of it alone is the key Esc
_NOT_WRITTEN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)")
_MOST_BYTES = 4096
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Keys:
    """What is typed, and a bell that other threads and the window ring to have the picture drawn anew."""

    def __init__(self, terminal: int, heard: int, rung: int) -> None:
        self._terminal = terminal
        self._heard, self._rung = heard, rung
        self._is_over = False
        # One that the same thread may hold twice, since a signal comes in the midst of anything.
        self._ringing = threading.RLock()
        self._letters = codecs.getincrementaldecoder("utf-8")(errors="ignore")

    def ring(self) -> None:
        """End the wait for keys; from any thread."""
        with self._ringing:
            # A bell that is gone could be another file by now.
            if not self._is_over:
                with suppress(BlockingIOError):
                    os.write(self._rung, b".")

    def end(self) -> None:
        """Take the bell away; whoever rings it later rings nothing."""
        with self._ringing:
            self._is_over = True
            os.close(self._heard)
            os.close(self._rung)

    def wait(self, seconds: float) -> list[str]:
        """Return what was typed, when something is, the bell rings, or so much time has passed.

        Arrows and the like are left out.

        Raises:
            StopRequested: the terminal is gone.
        """
        ready, _, _ = select.select([self._terminal, self._heard], [], [], seconds)
        if self._heard in ready:
            with suppress(BlockingIOError):
                os.read(self._heard, _MOST_BYTES)
        if self._terminal not in ready:
            return []
        try:
            typed = os.read(self._terminal, _MOST_BYTES)
        except OSError:
            typed = b""
        if not typed:
            raise StopRequested("the terminal is gone")
        return list(_NOT_WRITTEN.sub("", self._letters.decode(typed)))


@contextmanager
def keys_of(terminal: int) -> Iterator[Keys]:
    """Hear the keys of a terminal one by one, without showing them, until the block ends; Ctrl-C, SIGTERM and SIGHUP end it in order.

    After one of these the process ignores further ones: it is on its way out, and tells with its own exit code that it was asked to.

    Raises:
        StopRequested: one of these came.
    """
    before = termios.tcgetattr(terminal)
    heard, rung = os.pipe()
    for end in (heard, rung):
        os.set_blocking(end, False)
    keys = Keys(terminal, heard, rung)
    asked_to_end = False

    def ignore_ends() -> None:
        for number in _ENDS:
            signal.signal(number, signal.SIG_IGN)

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked_to_end
        asked_to_end = True
        # A second one is not to end it before the terminal is as it was.
        ignore_ends()
        raise StopRequested("asked to end")

    def draw(_number: int, _frame: FrameType | None) -> None:
        keys.ring()

    handlers = {number: signal.signal(number, stop) for number in _ENDS}
    handlers[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, draw)
    try:
        changed = termios.tcgetattr(terminal)
        changed[3] &= ~(termios.ICANON | termios.ECHO)
        # Put in the background it would leave the terminal as nobody can use it.
        changed[6][termios.VSUSP] = b"\0"
        changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
        termios.tcsetattr(terminal, termios.TCSADRAIN, changed)
        yield keys
    finally:
        ignore_ends()
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        for number, handler in handlers.items():
            # One that comes late is not to end it in another way than the first.
            if not (asked_to_end and number in _ENDS):
                signal.signal(number, handler)
        keys.end()
