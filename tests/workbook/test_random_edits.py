"""Edits that nobody has thought of: drawn by lot, one to three on top of one another.

KOLLEGA_WORKBOOK_EDITS makes the loop longer.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from robots import exception_queue
from robots.exception_queue import State, case_mark
from tests.workbook.people import TEXTS, edit, write
from tests.workbook.test_damages import THEN, a_workbook_in_use, words_in

# Each of them reads and saves whole workbooks, which takes longer than what runs before every commit may take.
pytestmark = pytest.mark.durable

EDITS = int(os.environ.get("KOLLEGA_WORKBOOK_EDITS", "15"))


def overwrite(sheet: Any, row: int, place: int, dice: random.Random) -> None:
    with suppress(AttributeError):  # within merged cells nothing can be written
        sheet.cell(row=row, column=place).value = dice.choice(["x", 3, 2.5, "=A1", True, None, "EA-26-00002"])


def paste_row(sheet: Any, row: int, _place: int, dice: random.Random) -> None:
    target = dice.choice(sheet.parent.worksheets)
    for number in range(1, 16):
        with suppress(AttributeError):
            target.cell(row=9, column=number).value = sheet.cell(row=row, column=number).value


def throw_away(sheet: Any, _row: int, _place: int, _dice: random.Random) -> None:
    if len(sheet.parent.worksheets) > 3:
        sheet.parent.remove(sheet)


KINDS: tuple[Callable[[Any, int, int, random.Random], object], ...] = (
    lambda sheet, row, place, dice: sheet.delete_rows(row, dice.randrange(1, 3)),
    lambda sheet, row, place, dice: sheet.insert_rows(row, dice.randrange(1, 3)),
    lambda sheet, row, place, dice: sheet.delete_cols(place),
    lambda sheet, row, place, dice: sheet.insert_cols(place),
    lambda sheet, row, place, dice: sheet.merge_cells(start_row=row, end_row=row + dice.randrange(3), start_column=place, end_column=place + 1),
    lambda sheet, row, place, dice: sheet.move_range(f"A{row}:M{row}", rows=dice.randrange(1 - row, 4)),
    lambda sheet, row, place, dice: setattr(sheet, "title", f"Blad {dice.random():.6f}"),
    lambda sheet, row, place, dice: sheet.tables.clear(),
    overwrite,
    paste_row,
    throw_away,
)


@pytest.mark.parametrize("seed", range(EDITS))
def test_every_case_stands_once_on_its_list_and_no_word_is_lost(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "undantag.xlsx"
    dice = random.Random(seed)

    def change(book: Any) -> None:
        for _ in range(dice.randrange(1, 4)):
            sheet = dice.choice(book.worksheets[:5])
            dice.choice(KINDS)(sheet, dice.randrange(1, 9), dice.randrange(1, 16), dice)

    a_workbook_in_use(path)
    edit(path, change)
    lying = words_in(path)
    assert exception_queue.read(path, TEXTS) is not None
    write(path, THEN)
    found = exception_queue.read(path, TEXTS)
    assert found is not None
    standing = sorted((row.key.case, row.sheet, row.is_astray) for row in found.rows if row.key is not None)
    assert standing == sorted((case_mark(one.case_id), one.sheet, False) for one in THEN)
    assert lying <= words_in(path)
    again = write(path, THEN)
    assert (again.state, again.damages) == (State.UNCHANGED, ())
