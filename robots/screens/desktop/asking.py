"""Asks the programs on one desk over the accessibility bus, or straight where a program offers that: every batch of questions in one round trip."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jeepney import DBusAddress, new_method_call

from robots.errors import SystemTooSlow, SystemUnavailable
from robots.screens.desktop.lines import Line

#: bus name of the program and path of the object
Reference = tuple[str, str]

INTERFACE = "org.a11y.atspi."
#: what every program calls its uppermost object
PROGRAM = "/org/a11y/atspi/accessible/root"
_MOST_CALLS_KEPT = 4096
_MOST_LOOKS_KEPT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call on one object."""

    reference: Reference
    interface: str
    member: str
    signature: str | None = None
    body: tuple[Any, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Look:
    """What is told while one thing is looked at, and what of that was asked for."""

    told: dict[Question, Any]
    used: dict[Question, None] = field(default_factory=dict)


#: what a client says first to a bus, and how the session bus is asked for the accessibility bus
_HELLO = Question(reference=("org.freedesktop.DBus", "/org/freedesktop/DBus"), interface="org.freedesktop.DBus", member="Hello")
_WHERE_THE_BUS_IS = Question(reference=("org.a11y.Bus", "/org/a11y/bus"), interface="org.a11y.Bus", member="GetAddress")


def _address_of(program: str) -> Question:
    return Question(reference=(program, PROGRAM), interface=INTERFACE + "Application", member="GetApplicationBusAddress")


class Asking:
    """A connection to the accessibility bus of one desk. Used by one thread at a time."""

    def __init__(self, session_bus: str, *, answer_seconds: float) -> None:
        """Wake the accessibility bus and connect to it.

        Args:
            session_bus: address of the desk's session bus.
            answer_seconds: how long a program may take to answer one batch of questions.
        """
        self._answer_seconds = answer_seconds
        #: {bus name: the line straight to the program, without the way over the bus; None when it has none}
        self._direct: dict[str, Line | None] = {}
        self._look: _Look | None = None
        #: {what is looked at: all that was asked for it the last time}
        self._foreseen: dict[Hashable, tuple[Question, ...]] = {}
        try:
            with contextlib.closing(Line(session_bus, answer_seconds=answer_seconds)) as session:
                _, address = self._asked(session, [_HELLO, _WHERE_THE_BUS_IS])
                if address is None:
                    raise SystemUnavailable("the accessibility bus does not start; apt-get install -y at-spi2-core")
            self._address: str = address
            self._bus = Line(address, answer_seconds=answer_seconds)
            self._asked(self._bus, [_HELLO])
        except (OSError, EOFError, TimeoutError, ValueError):
            raise SystemUnavailable("the accessibility bus can't be reached") from None

    def _asked(self, line: Line, questions: Sequence[Question]) -> list[Any]:
        ends_at = time.monotonic() + self._answer_seconds
        return line.answers(line.send([_written(question) for question in questions], ends_at=ends_at), ends_at=ends_at)

    def close(self) -> None:
        """End the connection; never raises."""
        for line in (*self._direct.values(), self._bus):
            if line is not None:
                line.close()

    @contextlib.contextmanager
    def one_look(self, at: Hashable) -> Iterator[None]:
        """Ask, in one round trip and before anything else, all that was asked when the same was looked at last.

        What is asked inside is answered from that, as far as it reaches: all answers are younger than the look, and nothing is asked twice in it.
        So only questions may be asked inside, nothing that does something.

        Args:
            at: what is looked at.
        """
        outer = self._look
        look = self._look = _Look(told=outer.told if outer else {})
        try:
            foreseen = [question for question in self._foreseen.pop(at, ()) if question not in look.told]
            look.told |= zip(foreseen, self._fetched(foreseen), strict=True)
            yield
            # Those of windows that are long gone are the oldest.
            if len(self._foreseen) >= _MOST_LOOKS_KEPT:
                del self._foreseen[next(iter(self._foreseen))]
            self._foreseen[at] = tuple(look.used)
        finally:
            self._look = outer
            if outer:
                outer.used |= look.used

    def ask(self, questions: Sequence[Question]) -> list[Any]:
        """Return the answers in the order of the questions; None for a question that the program refused.

        Raises:
            SystemUnavailable: the bus is gone.
            SystemTooSlow: the program does not answer.
        """
        look = self._look
        if look is None:
            return self._fetched(questions)
        look.used |= dict.fromkeys(questions)
        new = [question for question in dict.fromkeys(questions) if question not in look.told]
        look.told |= zip(new, self._fetched(new), strict=True)
        return [look.told[question] for question in questions]

    def _fetched(self, questions: Sequence[Question]) -> list[Any]:
        by_line: dict[Line, list[int]] = {}
        for place, question in enumerate(questions):
            by_line.setdefault(self._direct.get(question.reference[0]) or self._bus, []).append(place)
        answers: list[Any] = [None] * len(questions)
        ends_at = time.monotonic() + self._answer_seconds
        with _classing_faults():
            sent = [(line, places, self._sent(line, [questions[place] for place in places], ends_at)) for line, places in by_line.items()]
            for line, places, serials in sent:
                for place, answer in zip(places, self._heard(line, serials, ends_at), strict=True):
                    answers[place] = answer
        return answers

    def _sent(self, line: Line, questions: Sequence[Question], ends_at: float) -> list[int]:
        try:
            return line.send([_written(question) for question in questions], ends_at=ends_at)
        except (OSError, EOFError) as error:
            self._give_up(line, error)
            return [0] * len(questions)

    def _heard(self, line: Line, serials: Sequence[int], ends_at: float) -> list[Any]:
        if not any(serials):
            return [None] * len(serials)
        try:
            return line.answers(serials, ends_at=ends_at)
        except (OSError, EOFError) as error:
            self._give_up(line, error)
            return [None] * len(serials)

    def _give_up(self, line: Line, error: Exception) -> None:
        """Go over the bus to a program whose own line is gone; of the bus, and of silence, raise."""
        if line is not self._bus and (line.is_closed or not isinstance(error, TimeoutError)):
            self._direct = {name: None if one is line else one for name, one in self._direct.items()}
            line.close()
        if line is self._bus or isinstance(error, TimeoutError):
            raise error

    def open_lines(self, here: set[str]) -> None:
        """Open a line straight to each program that offers one: the way over the bus wakes up one process more for every question and answer."""
        for gone in self._direct.keys() - here:
            line = self._direct.pop(gone)
            if line is not None:
                line.close()
        new = sorted(here - self._direct.keys())
        if not new:
            return
        self._direct |= dict.fromkeys(new)
        # Who asks for the address counts as a listener while it is on the bus, and of every single key a program tells its listeners first.
        with _classing_faults(), contextlib.closing(Line(self._address, answer_seconds=self._answer_seconds)) as passing:
            addresses = self._asked(passing, [_HELLO, *[_address_of(name) for name in new]])[1:]
        for name, address in zip(new, addresses, strict=True):
            with contextlib.suppress(OSError, ValueError, EOFError):
                self._direct[name] = Line(address, answer_seconds=self._answer_seconds) if address else None


@contextlib.contextmanager
def _classing_faults() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise SystemTooSlow("the program does not answer; it may be busy or hang") from None
    except (OSError, EOFError):
        raise SystemUnavailable("the accessibility bus is gone; the session is opened anew at the next try") from None


@lru_cache(maxsize=_MOST_CALLS_KEPT)
def _written(question: Question) -> bytes:
    """Return the question as D-Bus carries it, with the serial number 1; writing it takes longer than its answer, and most are asked again."""
    address = DBusAddress(question.reference[1], question.reference[0], question.interface)
    written: bytes = new_method_call(address, question.member, question.signature, question.body).serialise(serial=1)
    return written
