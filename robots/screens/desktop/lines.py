"""Lines to the accessibility bus and to single programs: many D-Bus calls sent at once, their answers read with as little work as can be."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from jeepney import Parser
from jeepney.bus import get_bus
from jeepney.io.blocking import prep_socket

_LITTLE_ENDIAN = ord("l")
_METHOD_RETURN, _ERROR = 2, 3
_FIXED_HEADER_BYTES = 16
_REPLY_SERIAL, _SIGNATURE = 5, 8
_MOST_READ_AT_ONCE = 1 << 16
_SERIAL_AFTER = 0xFFFFFFFF
_word = struct.Struct("<I").unpack_from
_three_words = struct.Struct("<III").unpack_from
_signed = struct.Struct("<i").unpack_from
_box = struct.Struct("<iiii").unpack_from


class Line:
    """One D-Bus connection, to a bus or straight to a program. Used by one thread at a time."""

    def __init__(self, address: str, *, answer_seconds: float) -> None:
        """Connect and prove who asks.

        Args:
            address: where to, as D-Bus writes it.
            answer_seconds: how long the other end may take.

        Raises:
            OSError, TimeoutError, ValueError: it can't be reached, does not answer, or the address is of no kind that is known.
        """
        # Without the id of the bus, which says nothing about where it is.
        self._socket: socket.socket = prep_socket(get_bus(address.partition(",guid")[0]), timeout=answer_seconds)
        self._serial = 0
        self._received = b""
        #: where in it the next message begins
        self._at = 0

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._socket.fileno() < 0

    def close(self) -> None:
        """End the connection; never raises."""
        with contextlib.suppress(Exception):
            self._socket.close()

    def send(self, calls: Iterable[bytes], *, ends_at: float) -> list[int]:
        """Send the calls, each written with any serial number, in one piece; return their own serial numbers.

        Raises:
            TimeoutError: the other end does not read; the line is closed, since half a call may have gone.
        """
        serials, pieces = [], []
        for call in calls:
            self._serial = self._serial % _SERIAL_AFTER + 1
            serials.append(self._serial)
            # In every D-Bus message the serial number stands in bytes 8 to 11, in the order of bytes that the first one names.
            pieces += [call[:8], self._serial.to_bytes(4, "little" if call[0] == _LITTLE_ENDIAN else "big"), call[12:]]
        try:
            self._socket.settimeout(_seconds_until(ends_at))
            # All at once: the bus and the program wake up once for all of them and not once for each.
            self._socket.sendall(b"".join(pieces))
        except OSError:
            self.close()
            raise
        return serials

    def answers(self, serials: Sequence[int], *, ends_at: float) -> list[Any]:
        """Return what each call was answered, in their order; None for an error.

        Raises:
            OSError, EOFError: the other end is gone.
            TimeoutError: it does not answer.
        """
        told: dict[int, Any] = {}
        waiting = set(serials)
        while waiting:
            message = self._next_message(ends_at)
            kind = message[1]
            if kind not in (_METHOD_RETURN, _ERROR):
                continue
            if message[0] != _LITTLE_ENDIAN:
                raise EOFError
            try:
                serial, signature, body = _header(message)
                if serial in waiting:
                    waiting.discard(serial)
                    told[serial] = None if kind == _ERROR else _value(message, signature, body)
            except (struct.error, LookupError, ValueError):
                # What speaks no D-Bus is not heard any further.
                raise EOFError from None
        return [told[serial] for serial in serials]

    def _next_message(self, ends_at: float) -> bytes:
        while True:
            received, at = self._received, self._at
            if len(received) - at >= _FIXED_HEADER_BYTES:
                body_bytes, _, fields_bytes = _three_words(received, at + 4)
                end = at + _padded(_FIXED_HEADER_BYTES + fields_bytes) + body_bytes
                if len(received) >= end:
                    self._at = end
                    return received[at:end]
            self._socket.settimeout(_seconds_until(ends_at))
            piece = self._socket.recv(_MOST_READ_AT_ONCE)
            if not piece:
                raise EOFError
            self._received, self._at = received[at:] + piece, 0


def _seconds_until(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _padded(place: int) -> int:
    return place + 7 & ~7


def _header(message: bytes) -> tuple[int, bytes, int]:
    """Return which call the message answers, the signature of its body, and where the body begins."""
    serial, signature = 0, b""
    at = _FIXED_HEADER_BYTES
    end = at + _word(message, 12)[0]
    while at < end:
        # A field is its number, the type of its value (always one letter here), and the value.
        field, kind = message[at], message[at + 2]
        at += 4
        if kind == ord("u"):
            if field == _REPLY_SERIAL:
                (serial,) = _word(message, at)
            at += 4
        elif kind == ord("g"):
            length = message[at]
            if field == _SIGNATURE:
                signature = message[at + 1 : at + 1 + length]
            at += length + 2
        else:
            at += _word(message, at)[0] + 5
        at = _padded(at)
    return serial, signature, _padded(end)


def _value(message: bytes, signature: bytes, body: int) -> Any:
    """Return the one value of an answer, of a property without its type; True when there is none."""
    if signature == b"v":
        length = message[body]
        kind = message[body + 1 : body + 1 + length]
        if kind in _SIMPLE:
            return _SIMPLE[kind](message, body + 4)
        value = _by_the_book(message)
        return value[1]
    if not signature:
        return True
    read = _SIMPLE.get(signature) or _COMPOSED.get(signature)
    return read(message, body) if read else _by_the_book(message)


def _by_the_book(message: bytes) -> Any:
    parser = Parser()
    parser.add_data(message)
    return parser.get_next_message().body[0]


def _text(message: bytes, at: int) -> str:
    (length,) = _word(message, at)
    return message[at + 4 : at + 4 + length].decode()


def _reference(message: bytes, at: int) -> tuple[str, str]:
    name = _text(message, at)
    path = at + 4 + len(name) + 1
    return name, _text(message, path + 3 & ~3)


def _references(message: bytes, at: int) -> list[tuple[str, str]]:
    found = []
    end = _padded(at + 4) + _word(message, at)[0]
    at = _padded(at + 4)
    while at < end:
        name, path = _reference(message, at)
        found.append((name, path))
        at = _padded((at + 4 + len(name) + 1 + 3 & ~3) + 4 + len(path) + 1)
    return found


#: how a value of a type is read at a place, for the types that nearly all answers have; in a property, where these start at byte 4
_SIMPLE: dict[bytes, Callable[[bytes, int], Any]] = {
    b"s": _text,
    b"u": lambda message, at: _word(message, at)[0],
    b"i": lambda message, at: _signed(message, at)[0],
    b"b": lambda message, at: bool(_word(message, at)[0]),
}
_COMPOSED: dict[bytes, Callable[[bytes, int], Any]] = {
    # The one array of words is a state set, which has two.
    b"au": lambda message, at: list(struct.unpack_from(f"<{_word(message, at)[0] // 4}I", message, at + 4)),
    b"(iiii)": _box,
    b"(so)": _reference,
    b"a(so)": _references,
}
