"""Tables of figures as pages and workbooks show them: columns of one kind each, and how a cell of a kind is written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from robots.texts import Texts

Cell = str | int | Decimal | None

_HUNDRED = 100


class Kind(StrEnum):
    """What a column holds."""

    WORDS = "words"
    NUMBER = "number"
    #: a number with its sign
    CHANGE = "change"
    #: a part of one, shown in percent with one decimal
    SHARE = "share"
    #: a number with one decimal
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    heading: str
    kind: Kind = Kind.WORDS
    #: in characters, for a sheet
    width: int = 14
    #: what programs know it by, whatever the language; empty when none need to
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Headings and rows; `has_sum` when the last row is the sum of the others. Words in a column of numbers stand for one that is not told."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_sum: bool = False


def written(cell: Cell, kind: Kind, texts: Texts) -> str:
    """Return a cell as a page shows it."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if kind is Kind.SHARE:
        return texts.say("format.percent", number=texts.number(_HUNDRED * cell, decimals=1)).replace(" ", "\N{NO-BREAK SPACE}")
    if kind is Kind.DECIMAL:
        return texts.number(cell, decimals=1)
    return signed(cell, texts) if kind is Kind.CHANGE else texts.number(cell)


def signed(value: int | Decimal, texts: Texts) -> str:
    """Return a number with its sign: `+300`, `−1 200`, `0`."""
    return f"{'+' if value > 0 else ''}{texts.number(value)}"
