"""Marks the press by which something is sent off for good: from there on, no answer does not mean that it was not done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from robots.errors import SessionLost


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try to write in a system."""

    #: it was sent, and the system has not answered: it can still do it
    is_unanswered: bool = False


_attempt: ContextVar[Attempt | None] = ContextVar("kollega_attempt", default=None)
_is_sending: ContextVar[bool] = ContextVar("kollega_is_sending", default=False)


@contextmanager
def attempt() -> Iterator[Attempt]:
    """Learn of what is sent inside whether it was answered."""
    mine = Attempt()
    token = _attempt.set(mine)
    try:
        yield mine
    finally:
        _attempt.reset(token)


@contextmanager
def sending() -> Iterator[None]:
    """Stand around the press that sends a write off; leaving it without an error says that the system has answered."""
    mine = _attempt.get() or Attempt()
    mine.is_unanswered = True
    token = _is_sending.set(True)
    try:
        yield
    except SessionLost:
        # That is an answer: the system does nothing before somebody has logged in.
        mine.is_unanswered = False
        raise
    finally:
        _is_sending.reset(token)
    mine.is_unanswered = False


def is_sending() -> bool:
    """Say whether what is pressed now sends a write off, so that it must reach the system once and not twice."""
    return _is_sending.get()
