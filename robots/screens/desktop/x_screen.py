"""The connection to one X screen and what it says about windows: which is active, whose it is, where it lies."""

from __future__ import annotations

import contextlib
import os
import pwd
import struct
from collections.abc import Iterator
from typing import Any

import xcffib
import xcffib.xproto
import xcffib.xtest

from robots.errors import SystemUnavailable

# The library's own annotations are incomplete.
_connect: Any = xcffib.connect
_messages: Any = xcffib.xproto

_SERVER_INTERPRETED = 5
_LOCAL_HOST = 252
_FRAME_EXTENTS_BYTES = 16
_ANY_TYPE = 0
_WHOLE_PROPERTY = 1 << 20
Box = tuple[int, int, int, int]


class XScreen:
    """A connection to one X display. Used by one thread at a time."""

    def __init__(self, display: str) -> None:
        self.display = display
        try:
            self.connection: Any = _connect(display=display)
        except xcffib.ConnectionException:
            raise SystemUnavailable("the private screen can't be reached") from None
        setup = self.connection.get_setup()
        self.setup = setup
        self.root: int = setup.roots[0].root
        self.size: tuple[int, int] = (setup.roots[0].width_in_pixels, setup.roots[0].height_in_pixels)
        self.xtest: Any = self.connection(xcffib.xtest.key)
        self._client_mask: int = ~setup.resource_id_mask & 0xFFFFFFFF
        self._atoms: dict[str, int] = {}
        self._own_window = 0
        #: {window: the windows from the one that last had the focus in it up to itself}
        self._focus_paths: dict[int, tuple[int, ...]] = {}

    @property
    def core(self) -> Any:
        """The requests of the X protocol."""
        return self.connection.core

    def close(self) -> None:
        """End the connection; never raises."""
        with contextlib.suppress(Exception):
            self.connection.disconnect()

    def admit_only_this_user(self) -> None:
        """Have the server refuse every other user of the machine: what is on the screen is personal."""
        listed = self.core.ListHosts().reply()
        for host in listed.hosts:
            self.core.ChangeHosts(xcffib.xproto.HostMode.Delete, host.family, host.address_len, host.address)
        # What the server calls its local host, every user of the machine, is in force without being listed.
        self.core.ChangeHosts(xcffib.xproto.HostMode.Delete, _LOCAL_HOST, 0, b"")
        user = pwd.getpwuid(os.geteuid()).pw_name.encode()
        address = b"localuser\0" + user
        self.core.ChangeHosts(xcffib.xproto.HostMode.Insert, _SERVER_INTERPRETED, len(address), address, is_checked=True).check()
        self.core.SetAccessControl(xcffib.xproto.AccessControl.Enable, is_checked=True).check()

    def atom(self, name: str) -> int:
        """Return the atom of a name."""
        if name not in self._atoms:
            self._atoms[name] = self.core.InternAtom(False, len(name), name).reply().atom
        return self._atoms[name]

    def property_bytes(self, window: int, name: str) -> bytes:
        """Return a property's value; empty when the window or the property is not there."""
        try:
            reply = self.core.GetProperty(False, window, self.atom(name), _ANY_TYPE, 0, _WHOLE_PROPERTY).reply()
        except xcffib.XcffibException as error:
            self._raise_if_lost(error)
            return b""
        return bytes(reply.value.buf())

    def _numbers(self, window: int, name: str) -> tuple[int, ...]:
        value = self.property_bytes(window, name)
        return struct.unpack(f"={len(value) // 4}I", value[: len(value) // 4 * 4])

    def window_manager_answers(self) -> bool:
        """Ask the window manager how it would frame a window, and say whether it has answered this or an earlier time.

        An owner of the screen that does not answer yet is still starting, and would leave a program's window unseen.
        """
        if not self._own_window:
            self._own_window = self.connection.generate_id()
            self.core.CreateWindow(0, self._own_window, self.root, -1, -1, 1, 1, 0, xcffib.xproto.WindowClass.CopyFromParent, 0, 0, [])
        self.send_to_root(self._own_window, "_NET_REQUEST_FRAME_EXTENTS", (0, 0, 0, 0, 0))
        return bool(self.property_bytes(self._own_window, "_NET_FRAME_EXTENTS"))

    def windows(self) -> tuple[int, ...]:
        """Return the programs' windows, oldest first."""
        return self._numbers(self.root, "_NET_CLIENT_LIST")

    def active_window(self) -> int:
        """Return the window that the window manager calls active; 0 when there is none."""
        return next(iter(self._numbers(self.root, "_NET_ACTIVE_WINDOW")), 0)

    def title(self, window: int) -> str:
        """Return the window's title."""
        modern = self.property_bytes(window, "_NET_WM_NAME")
        return modern.decode("utf-8", "replace") if modern else self.property_bytes(window, "WM_NAME").decode("latin-1")

    def process_of(self, window: int) -> int:
        """Return the id of the process that the window says it is of; 0 when it says none."""
        return next(iter(self._numbers(window, "_NET_WM_PID")), 0)

    def client_of(self, window: int) -> int:
        """Return a number that all windows of one program's connection share."""
        return window & self._client_mask

    def box(self, window: int) -> Box | None:
        """Return left, top, width and height on the screen; None when the window is gone."""
        try:
            geometry = self.core.GetGeometry(window)
            corner = self.core.TranslateCoordinates(window, self.root, 0, 0)
            size, place = geometry.reply(), corner.reply()
        except xcffib.XcffibException as error:
            self._raise_if_lost(error)
            return None
        return (place.dst_x, place.dst_y, size.width, size.height)

    def title_bar_height(self, window: int) -> int:
        """Return how many pixels the window manager draws above the window."""
        value = self.property_bytes(window, "_NET_FRAME_EXTENTS")
        return struct.unpack("=4I", value)[2] if len(value) == _FRAME_EXTENTS_BYTES else 0

    def _parents(self, window: int) -> Iterator[int]:
        """The window and everything it lies in, up to but not including the root."""
        while window not in (0, 1, self.root):
            yield window
            try:
                window = self.core.QueryTree(window).reply().parent
            except xcffib.XcffibException as error:
                self._raise_if_lost(error)
                return

    def frame_of(self, window: int) -> int:
        """Return what the window manager has put the window into, or the window itself."""
        return [*self._parents(window)][-1]

    def layers(self) -> tuple[tuple[int, Box], ...]:
        """Return all that lies on the screen and shows, the lowest first, each with its border: frames of windows, menus and lists."""
        children = self.core.QueryTree(self.root).reply().children
        asked = [(child, self.core.GetWindowAttributes(child), self.core.GetGeometry(child)) for child in children]
        found = []
        for child, attributes, geometry in asked:
            try:
                kind, place = attributes.reply(), geometry.reply()
            except xcffib.XcffibException as error:
                self._raise_if_lost(error)
                continue  # it has gone meanwhile
            if kind.map_state == xcffib.xproto.MapState.Viewable and getattr(kind, "_class", 0) != xcffib.xproto.WindowClass.InputOnly:
                found.append((child, (place.x, place.y, place.width + 2 * place.border_width, place.height + 2 * place.border_width)))
        return tuple(found)

    def has_focus(self, window: int) -> bool:
        """Say whether the keyboard goes to the window or something in it."""
        # Mostly it is where it was: then one round trip is enough, however deep in the window that is.
        path = self._focus_paths.get(window, (window,))
        asked = [self.core.GetInputFocus(), *(self.core.QueryTree(inner) for inner in path[:-1])]
        try:
            focus, *trees = [one.reply() for one in asked]
        except xcffib.XcffibException as error:
            self._raise_if_lost(error)
            self._focus_paths.pop(window, None)
            return self.has_focus(window)
        if focus.focus == path[0] and all(tree.parent == outer for tree, outer in zip(trees, path[1:], strict=True)):
            return True
        found = []
        for one in self._parents(focus.focus):
            found.append(one)
            if one == window:
                self._focus_paths[window] = tuple(found)
                return True
        return False

    def is_on_top_at(self, window: int, x: int, y: int) -> bool:
        """Say whether a click at the place reaches the window."""
        try:
            frame = self.core.TranslateCoordinates(self.root, self.root, x, y).reply().child
        except xcffib.XcffibException as error:
            self._raise_if_lost(error)
            return False
        return bool(frame) and frame in self._parents(window)

    def ask_to_activate(self, window: int) -> None:
        """Ask the window manager to bring the window up and give it the keyboard."""
        self.send_to_root(window, "_NET_ACTIVE_WINDOW", (2, 0, 0, 0, 0))

    def send_to_root(self, window: int, message: str, values: tuple[int, int, int, int, int]) -> None:
        """Send a window manager message about the window."""
        event = _messages.ClientMessageEvent.synthetic(32, window, self.atom(message), _messages.ClientMessageData.synthetic(list(values), "5I"))
        masks = xcffib.xproto.EventMask.SubstructureRedirect | xcffib.xproto.EventMask.SubstructureNotify
        self.core.SendEvent(False, self.root, masks, event.pack())
        self.connection.flush()

    def sync(self) -> None:
        """Return when the server has done everything asked for so far."""
        self.core.GetInputFocus().reply()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the server: no other program's request is run meanwhile, so that what is read stays true."""
        self.core.GrabServer()
        try:
            yield
        finally:
            self.core.UngrabServer()
            self.connection.flush()

    def _raise_if_lost(self, error: Exception) -> None:
        if isinstance(error, xcffib.ConnectionException):
            raise SystemUnavailable("the private screen is gone; the session is opened anew at the next try") from None
