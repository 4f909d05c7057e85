"""What the workbook is to show: one entry for each case that a person has, had, or waits for; and how a row is known again."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2s, sha256

from robots.exception_queue.layout import Sheet, robots_columns

#: what stands in a cell of the robot's
Value = str | date | Decimal | None

_KEY = re.compile(r"(?P<case>[0-9A-F]{12})\.(?P<round>[1-9][0-9]{0,3})\.(?P<marks>(?:[0-9a-f]{4})*)")
_LONGEST_TEXT = 32_000  # a cell holds 32,767 characters
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MARK_BYTES = 2
_MARK_LETTERS = 2 * _MARK_BYTES
_EMPTY_MARK = blake2s(b"", digest_size=_MARK_BYTES).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One case as the workbook shows it."""

    case_id: str
    #: how many times the case has come to a person, from 1; an answer holds for the round that it was given in
    round: int
    sheet: Sheet
    #: the robot's cells by column key; missing ones are empty
    values: Mapping[str, Value]
    #: what comes first in the list
    order: tuple[str, ...] = ()
    #: what the robot answers a person in the row; empty for nothing
    notice: str = ""
    #: address of the page that explains the case, from the workbook's folder; empty for none
    link: str = ""

    @property
    def row_key(self) -> RowKey:
        """What the row is known again by."""
        shown = {**self.values, "link": self.link}
        return RowKey(case=case_mark(self.case_id), round=self.round, marks=tuple(mark_of(shown.get(key)) for key in robots_columns(self.sheet)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKey:
    """What the hidden cell of a row says: which case, which round, and what the robot wrote in each of its cells.

    It goes with the row when people sort and copy, and is as old as the copy of the file that it stands in: so it tells a person's edit from the
    robot's own text without anything kept elsewhere.
    """

    case: str
    round: int
    #: of each of the robot's columns, in the order of the list that the row stands in
    marks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.case}.{self.round}.{''.join(self.marks)}"

    @classmethod
    def parse(cls, text: object) -> RowKey | None:
        """Return the key that a cell holds; None if it holds none."""
        match = _KEY.fullmatch(str(text).strip()) if text else None
        if match is None:
            return None
        marks = match["marks"]
        parts = tuple(marks[start : start + _MARK_LETTERS] for start in range(0, len(marks), _MARK_LETTERS))
        return cls(case=match["case"], round=int(match["round"]), marks=parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the workbook is to show."""

    entries: Sequence[Entry]
    #: labels of the facts that a person may correct, for the drop-down; True where the value is yes or no, False where it is a number
    correctable: Mapping[str, bool] = field(default_factory=dict)
    #: what the robot says of each correction that is on the list, by what identifies it there: reference, label, value as text
    said_of_corrections: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    #: the answers that the robot has acted on or refused for good, as the cell said it, by case mark and round
    taken: Mapping[tuple[str, int], str] = field(default_factory=dict)
    #: marks of cases whose rows go, with all that people have written in them
    forgotten: Collection[str] = ()
    #: the sheet of figures: headings and rows, table after table
    figures: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Value]]]] = ()


def mark_of(value: object) -> str:
    """Return a short mark of what a cell holds, the same whatever program has saved the file in between."""
    if value is None or value == "":
        return _EMPTY_MARK
    return _mark_of_text(value) if type(value) is str else _mark_of_text(plain(value))


@lru_cache(maxsize=65_536)
def _mark_of_text(text: str) -> str:
    # The same text is asked for as what is wanted, as what stands there and as what was written.
    return blake2s(plain(text).encode(), digest_size=_MARK_BYTES).hexdigest()


@lru_cache(maxsize=65_536)
def case_mark(case_id: str) -> str:
    """Return what stands for the case in the hidden cells: nothing can be learnt from it."""
    return sha256(case_id.encode()).hexdigest()[:12].upper()


def clean(text: str) -> str:
    """Return a text as a cell can hold it, without signs that break the file or turn the line around."""
    return _CONTROLS.sub(" ", text)[:_LONGEST_TEXT] if not text.isascii() or not text.isprintable() else text[:_LONGEST_TEXT]


def plain(value: object) -> str:
    """Return a cell's value as text that does not depend on how a program stores it: days as 2026-03-01, numbers without trailing zeros."""
    if isinstance(value, str):
        return " ".join(clean(value).split())
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case bool():
            return str(value)
        case int() | float() | Decimal():
            number = Decimal(str(value))
            return f"{number.normalize():f}" if number else "0"
        case _:
            return " ".join(clean(str(value)).split())
