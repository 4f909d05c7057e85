"""The rows of a list in hand: whose they are, and in which order they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.worksheet.formula import ArrayFormula

from robots.exception_queue.cells import is_filled
from robots.exception_queue.entries import Entry, RowKey
from robots.exception_queue.layout import Sheet
from robots.exception_queue.reading import Place


@dataclass(slots=True, kw_only=True, eq=False)
class Row:
    """A row of a list in hand: its cells by column, from 1, and what is set for the row as a whole."""

    key: RowKey | None
    cells: dict[int, Any]
    #: where it stood; 0 for one that is new in its list
    number: int = 0
    shape: Any = None
    #: the list that it was made for and where its cells stand, when it has been pasted among the rows of another
    home: tuple[Sheet, Place] | None = None
    #: which case's row it is; None for a row of a person's own
    entry: Entry | None = None
    #: a person's cells that come along from another list, each with the key of its column, or `=` and the heading
    brought: list[tuple[str, Any]] = field(default_factory=list)
    #: an answer that the robot has not acted on, and for which the list that the row comes to has no cell
    unread: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing of the robot's and nothing of a person's stands in it."""
        return not self.brought and self.entry is None and not any(is_filled(cell) or cell.comment is not None for cell in self.cells.values())

    @property
    def order(self) -> tuple[str, ...]:
        """What its case stands by in the list."""
        return self.entry.order if self.entry is not None else ()


def in_order(kept: Sequence[Row], added: Sequence[Row]) -> list[Row]:
    """Return the rows by urgency while they stand so, a person's own where they stand; after a person's own sorting what is new comes last."""
    cases = [row for row in kept if row.entry is not None]
    come_back = {id(row) for row in cases if row.entry is not None and row.key is not None and row.entry.round != row.key.round}
    orders = [row.order for row in cases if id(row) not in come_back]
    if orders != sorted(orders):
        return [*kept, *added]
    waiting = sorted([*added, *(row for row in cases if id(row) in come_back)], key=lambda row: row.order, reverse=True)
    rows: list[Row] = []
    last = 0
    for row in kept:
        if id(row) in come_back:
            continue
        while row.entry is not None and waiting and waiting[-1].order < row.order:
            rows.append(waiting.pop())
        rows.append(row)
        last = len(rows) if row.entry is not None else last
    rows[last:last] = reversed(waiting)
    return rows


def translate(cell: Any, target: str) -> None:
    """Have a formula look at the cells beside it in the row that it comes to."""
    text = cell.value.text if isinstance(cell.value, ArrayFormula) else cell.value
    if not isinstance(text, str):
        return
    try:
        translated = Translator(text, cell.coordinate).translate_formula(target)
    except (TranslatorError, TokenizerError):
        translated = text  # what a person has written stays, also where it points out of the sheet
    if isinstance(cell.value, ArrayFormula):
        cell.value.text, cell.value.ref = translated, target
    else:
        cell.value = translated
