"""Asks a program's window whether it has caught up: the question waits in line behind the keys and clicks that were sent before it."""

from __future__ import annotations

import struct
from typing import Any

import xcffib
import xcffib.xproto

from robots.screens.desktop.waiting import Deadline
from robots.screens.desktop.x_screen import XScreen

# The library's own annotations are incomplete.
_messages: Any = xcffib.xproto

_WORDS = 5
_BYTES_PER_ATOM = 4


class Pings:
    """Pings of windows, on a connection of their own, so that nobody else's events are lost."""

    def __init__(self, display: str) -> None:
        """Connect to the display.

        Raises:
            SystemUnavailable: it can't be reached.
        """
        self._screen = XScreen(display)
        self._sent = 0

    def close(self) -> None:
        """End the connection; never raises."""
        self._screen.close()

    def caught_up(self, window: int, deadline: Deadline) -> bool:
        """Return True when the window's program has dealt with what was sent before, or can't be asked; False when the time is out."""
        ping = self._screen.atom("_NET_WM_PING")
        announced = self._screen.property_bytes(window, "WM_PROTOCOLS")
        if ping not in struct.unpack(f"={len(announced) // _BYTES_PER_ATOM}I", announced):
            return True
        self._listen(listen=True)
        try:
            self._sent += 1
            self._send(window, ping)
            while True:
                event = self._event()
                if isinstance(event, xcffib.xproto.ClientMessageEvent) and list(event.data.data32[:2]) == [ping, self._sent]:
                    return True
                # A window that went away with the press answers no more.
                if event is None and window not in self._screen.windows():
                    return True
                if event is None and not deadline.pause():
                    return False
        finally:
            self._listen(listen=False)

    def _event(self) -> object | None:
        try:
            return self._screen.connection.poll_for_event()  # type: ignore[no-any-return] # the library has no types
        except xcffib.ConnectionException:
            raise
        except xcffib.XcffibException:
            return None  # an error about a window that is gone

    def _listen(self, *, listen: bool) -> None:
        # GTK answers those who listen for the one, Qt those who listen for the other.
        mask = xcffib.xproto.EventMask.SubstructureNotify | xcffib.xproto.EventMask.StructureNotify if listen else 0
        self._screen.core.ChangeWindowAttributes(self._screen.root, xcffib.xproto.CW.EventMask, [mask])

    def _send(self, window: int, ping: int) -> None:
        content = _messages.ClientMessageData.synthetic([ping, self._sent, window, 0, 0], f"{_WORDS}I")
        message = _messages.ClientMessageEvent.synthetic(32, window, self._screen.atom("WM_PROTOCOLS"), content)
        self._screen.core.SendEvent(False, window, 0, message.pack())
        self._screen.connection.flush()
