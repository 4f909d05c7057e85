"""Reads what a program copies, and only what that program copies; leaves nothing on the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xcffib
import xcffib.xproto

from robots.screens.desktop.waiting import Clock, Deadline
from robots.screens.desktop.x_screen import XScreen

# The library's own annotations are incomplete.
_messages: Any = xcffib.xproto

_ANY_TYPE = 0
_NO_SELECTION = 0
_CURRENT_TIME = 0
_WHOLE_PROPERTY = 1 << 20
_CLIENT_MESSAGE_WORDS = 5


class NothingCopied(Exception):
    """The program did not hand over a text in time; what the field holds is unknown."""


class Clipboard:
    """The clipboard of one X screen, owned by the robot between two copies."""

    def __init__(self, screen: XScreen, clock: Clock) -> None:
        self._screen = screen
        self._clock = clock
        self._window: int = screen.connection.generate_id()
        mask = xcffib.xproto.EventMask.PropertyChange
        screen.core.CreateWindow(
            0, self._window, screen.root, -1, -1, 1, 1, 0, xcffib.xproto.WindowClass.InputOnly, 0, xcffib.xproto.CW.EventMask, [mask]
        )
        self._clipboard = screen.atom("CLIPBOARD")
        self._incremental = screen.atom("INCR")
        self._target = screen.atom("KOLLEGA_COPIED")

    def copied(self, window: int, copy: Callable[[], bool], *, seconds: float) -> str | None:
        """Return the text that the window's program copies; None when the copying could not be done.

        A program that answers pings has copied, or has nothing selected, when the answer to a ping sent after the keys
        comes; an empty field is then known to be empty, without a pause.

        Args:
            window: the program's window.
            copy: sends the keys that copy; False when they could not be sent.
            seconds: how long the program may take.

        Raises:
            NothingCopied: no text came.
        """
        deadline = self._clock.deadline(seconds)
        self._own()
        self._listen_to_root(listen=True)
        try:
            if not copy():
                return None
            # Asked of every program: some answer without announcing it, and the others ignore it.
            self._ping(window)
            if not self._wait_for_owner(window, deadline):
                return ""
            return self._text(deadline)
        finally:
            self._listen_to_root(listen=False)
            self._own()

    def _own(self) -> None:
        """Take the clipboard; requests for what is on it are refused, as nothing is."""
        self._screen.core.SetSelectionOwner(self._window, self._clipboard, _CURRENT_TIME)
        self._screen.sync()
        while self._event() is not None:
            pass

    def _event(self) -> object | None:
        """Return the next event; requests for the clipboard are refused on the way."""
        try:
            event = self._screen.connection.poll_for_event()
        except xcffib.ConnectionException:
            raise
        except xcffib.XcffibException:
            return object()  # an error about a window that is gone
        if isinstance(event, xcffib.xproto.SelectionRequestEvent):
            refusal = _messages.SelectionNotifyEvent.synthetic(event.time, event.requestor, event.selection, event.target, 0)
            self._screen.core.SendEvent(False, event.requestor, 0, refusal.pack())
            self._screen.connection.flush()
        return event  # type: ignore[no-any-return] # the library has no types

    def _listen_to_root(self, *, listen: bool) -> None:
        mask = xcffib.xproto.EventMask.SubstructureNotify if listen else 0
        self._screen.core.ChangeWindowAttributes(self._screen.root, xcffib.xproto.CW.EventMask, [mask])

    def _ping(self, window: int) -> None:
        values = [self._screen.atom("_NET_WM_PING"), _CURRENT_TIME, window, 0, 0]
        message = _messages.ClientMessageEvent.synthetic(
            32, window, self._screen.atom("WM_PROTOCOLS"), _messages.ClientMessageData.synthetic(values, f"{_CLIENT_MESSAGE_WORDS}I")
        )
        self._screen.core.SendEvent(False, window, 0, message.pack())
        self._screen.connection.flush()

    def _is_pong(self, event: object, window: int) -> bool:
        if not isinstance(event, xcffib.xproto.ClientMessageEvent):
            return False
        words = event.data.data32
        return bool(words[0] == self._screen.atom("_NET_WM_PING") and words[2] == window)

    def _wait_for_owner(self, window: int, deadline: Deadline) -> bool:
        """Return True when the program owns the clipboard, False when it has said that it has nothing to put there."""
        while True:
            event = self._event()
            has_answered = self._is_pong(event, window)
            if has_answered or event is None:
                owner = self._screen.core.GetSelectionOwner(self._clipboard).reply().owner
                if self._screen.client_of(owner) == self._screen.client_of(window):
                    return True
                if has_answered:
                    return False
                if not deadline.pause():
                    raise NothingCopied

    def _text(self, deadline: Deadline) -> str:
        core = self._screen.core
        core.DeleteProperty(self._window, self._target)
        core.ConvertSelection(self._window, self._clipboard, self._screen.atom("UTF8_STRING"), self._target, _CURRENT_TIME)
        self._screen.connection.flush()
        while True:
            event = self._event()
            if isinstance(event, xcffib.xproto.SelectionNotifyEvent):
                if event.property == _NO_SELECTION:
                    raise NothingCopied
                break
            if event is None and not deadline.pause():
                raise NothingCopied
        kind, content = self._take()
        if kind != self._incremental:
            return content.decode("utf-8")
        parts: list[bytes] = []
        while True:
            event = self._event()
            if isinstance(event, xcffib.xproto.PropertyNotifyEvent) and event.state == xcffib.xproto.Property.NewValue:
                _, part = self._take()
                if not part:
                    return b"".join(parts).decode("utf-8")
                parts.append(part)
            elif event is None and not deadline.pause():
                raise NothingCopied

    def _take(self) -> tuple[int, bytes]:
        reply = self._screen.core.GetProperty(True, self._window, self._target, _ANY_TYPE, 0, _WHOLE_PROPERTY).reply()
        return reply.type, bytes(reply.value.buf())
