"""Evidence of a write: what was typed, what the field held then, and what the system showed afterwards. Kept with the effect, and nowhere else.

What is noted is personal: it leaves this module in an `Evidence` only, never in a message, a log or a `repr`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

#: an element of this name holds a password in every selector file
_SECRET = "password"  # noqa: S105 - the name of an element

Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """One field that was filled in."""

    view: str
    #: name in the system's selector file, without the view
    element: str
    typed: str = field(repr=False)
    #: what the field itself held then, in the system's own form
    read_back: str = field(repr=False)
    #: aware UTC
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One element, or one table, as the system showed it."""

    view: str
    #: name in the system's selector file, without the view
    element: str
    #: of a table: one line for each of `rows`, as in `month: 2026-03; amount: 4 210,00`
    text: str = field(repr=False)
    #: aware UTC
    at: datetime
    #: of a table: its rows as {column: exact text}; only what the write changed, when the table was read before it too
    rows: tuple[Row, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What proves one write, in the order in which it was typed and shown; a field that was filled in for several rows stands once for each."""

    entered: tuple[Entered, ...]
    shown: tuple[Shown, ...]


class Collector:
    """Gathers evidence while it is open; passwords are never taken in."""

    def __init__(self) -> None:
        self._entered: list[Entered] = []
        self._shown: dict[str, Shown] = {}

    def note_entered(self, typed: Mapping[str, str], read_back: Mapping[str, str]) -> None:
        """Note what was typed and what the fields held then, both keyed by `view.element`."""
        at = datetime.now(UTC)
        for name, text in typed.items():
            view, _, element = name.partition(".")
            if element != _SECRET:
                self._entered.append(Entered(view=view, element=element, typed=_clean(text), read_back=_clean(read_back[name]), at=at))

    def note_shown(self, texts: Mapping[str, str]) -> None:
        """Note what elements showed, keyed by `view.element`; the last time of each stands."""
        at = datetime.now(UTC)
        for name, text in texts.items():
            self._note(name, _clean(text), at)

    def note_rows(self, table: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Note what a table showed; the last time stands."""
        kept = tuple({column: _clean(text) for column, text in row.items()} for row in rows)
        self._note(table, _lines(kept), datetime.now(UTC), kept)

    def _note(self, name: str, text: str, at: datetime, rows: tuple[Row, ...] = ()) -> None:
        view, _, element = name.partition(".")
        if element != _SECRET:
            self._shown.pop(name, None)
            self._shown[name] = Shown(view=view, element=element, text=text, at=at, rows=rows)

    def evidence(self, *, before: Collector | None = None) -> Evidence | None:
        """Return what was noted; None if nothing was.

        Args:
            before: open while the same tables were read before the write; rows that stood there then are left out, as far as any are new.
        """
        if not self._entered and not self._shown:
            return None
        earlier = {} if before is None else before._shown
        shown = tuple(_narrowed(one, earlier[name].rows) if name in earlier else one for name, one in self._shown.items())
        return Evidence(entered=tuple(self._entered), shown=shown)


_collector: ContextVar[Collector | None] = ContextVar("kollega_evidence", default=None)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Note what is entered and shown inside, also in tasks and threads that are started there; an inner one notes for itself."""
    collector = Collector()
    token = _collector.set(collector)
    try:
        yield collector
    finally:
        _collector.reset(token)


def open_collector() -> Collector | None:
    """Return the collector that is open here; None when nothing is to be noted."""
    return _collector.get()


def _narrowed(table: Shown, earlier: Sequence[Row]) -> Shown:
    """Return the table without the rows that stood there before; as it is when nothing is new."""
    left, new = list(earlier), []
    for row in table.rows:
        if row in left:
            left.remove(row)
        else:
            new.append(row)
    if not new or len(new) == len(table.rows):
        return table
    return Shown(view=table.view, element=table.element, text=_lines(new), at=table.at, rows=tuple(new))


def _lines(rows: Sequence[Row]) -> str:
    return "\n".join("; ".join(f"{column}: {' '.join(text.split())}" for column, text in row.items()) for row in rows)


def _clean(text: str) -> str:
    # Half a character, which a page can hold, can't be stored: it must not keep a write that is done from being recorded.
    return text.encode(errors="replace").decode()
