"""Marks the press by which something is sent off for good: from there on, no answer does not mean that it was not done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from robots.errors import SessionLost


async def _nobody() -> None: ...


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try to write in a system."""

    #: told before the press that it is about to be sent; when it raises, nothing is sent
    note_sent: Callable[[], Awaitable[None]] = _nobody
    #: aware UTC; None until it is sent
    sent_at: datetime | None = None
    #: it was sent, and the system has not answered: it can still do it
    is_unanswered: bool = False


_attempt: ContextVar[Attempt | None] = ContextVar("kollega_attempt", default=None)
_is_sending: ContextVar[bool] = ContextVar("kollega_is_sending", default=False)


@contextmanager
def attempt(*, note_sent: Callable[[], Awaitable[None]] = _nobody) -> Iterator[Attempt]:
    """Learn of what is sent inside whether it was answered.

    Args:
        note_sent: puts on disk that it is about to be sent, so that a robot killed right after the press remembers it.
    """
    mine = Attempt(note_sent=note_sent)
    token = _attempt.set(mine)
    try:
        yield mine
    finally:
        _attempt.reset(token)


@asynccontextmanager
async def sending() -> AsyncIterator[None]:
    """Stand around the press that sends a write off; leaving it without an error says that the system has answered."""
    mine = _attempt.get() or Attempt()
    await mine.note_sent()
    mine.sent_at = datetime.now(UTC)
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
