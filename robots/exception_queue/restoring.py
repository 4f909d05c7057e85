"""Lists that people have renamed, taken apart or thrown away, found again or made anew."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from robots.exception_queue.cells import Pen, is_filled
from robots.exception_queue.layout import COLUMNS, HEADING_POINTS, KEY, Column, Sheet
from robots.exception_queue.looks import dress_heading
from robots.exception_queue.reading import KEY_ROWS, Place, find_places
from robots.texts import Texts


def find_lists(book: Workbook, texts: Texts, pen: Pen, damage: Callable[[str], None]) -> dict[Sheet, Place]:
    """Return where each list is, with all of its headings; one that is gone is made anew.

    Args:
        book: changed where something is missing.
        texts: the catalogue of texts in the caseworkers' language.
        pen: writes the cells.
        damage: told what people have done, as a key of the catalogue of texts.
    """
    rows = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True, max_row=min(sheet.max_row, KEY_ROWS))] for sheet in book.worksheets}
    found = find_places({name: [[_as_read(cell) for cell in row] for row in grid] for name, grid in rows.items()}, texts)
    places: dict[Sheet, Place] = {}
    for sheet in Sheet:
        place = found.get(sheet)
        title = texts.say(f"workbook.sheet_{sheet}")
        if place is None:
            damage("workbook.damage_sheet_gone")
            place = _new_list(book, sheet, title)
        elif place.name != title and title not in book.sheetnames:
            damage("workbook.damage_sheet_name")
        worksheet = book[place.name]
        for cells in list(worksheet.merged_cells.ranges):
            if cells.max_row > place.head_row:
                damage("workbook.damage_merged")
                worksheet.unmerge_cells(str(cells))
        places[sheet] = _with_headings(worksheet, sheet, place, texts, pen, damage, is_new=sheet not in found)
    return places


def _as_read(value: object) -> object:
    # A text in several fonts is no plain string here.
    return str(value) if isinstance(value, list) else value


def _new_list(book: Workbook, sheet: Sheet, title: str) -> Place:
    worksheet = book.create_sheet(title if title not in book.sheetnames else None, list(Sheet).index(sheet))
    columns = COLUMNS[sheet]
    for number, column in enumerate(columns, start=1):
        _shape_column(worksheet, number, column)
    worksheet.freeze_panes = "B2"
    worksheet.row_dimensions[1].height = HEADING_POINTS
    return Place(name=worksheet.title, head_row=0, columns={column.key: number for number, column in enumerate(columns)})


def _with_headings(worksheet: Worksheet, sheet: Sheet, place: Place, texts: Texts, pen: Pen, damage: Callable[[str], None], *, is_new: bool) -> Place:
    if place.head_row < 0:
        damage("workbook.damage_heading")
        worksheet.insert_rows(1)
        worksheet.row_dimensions[1].height = HEADING_POINTS
    row = max(place.head_row, 0) + 1
    columns = dict(place.columns)
    for column in COLUMNS[sheet]:
        if column.key not in columns:
            # A column that a person has deleted comes back, at the right.
            damage("workbook.damage_column")
            columns[column.key] = _free_column(worksheet, row, set(columns.values())) - 1
            _shape_column(worksheet, columns[column.key] + 1, column)
        cell = worksheet.cell(row=row, column=columns[column.key] + 1)
        title = texts.say(f"workbook.column_{column.key}")
        if " ".join(str(cell.value).split()).casefold() != title.casefold():
            if not is_new and column.key in place.columns:
                damage("workbook.damage_heading")
            pen.write_text(cell, title)
            pen.has_changed = True
            dress_heading(cell)
    return replace(place, head_row=row - 1, columns=columns)


def _free_column(worksheet: Worksheet, head: int, known: Collection[int]) -> int:
    """Return the first column right of the headings in which nothing stands, from 1."""
    taken = {column for (row, column), cell in worksheet._cells.items() if row >= head and is_filled(cell)}
    taken |= {column + 1 for column in known}
    last = max((column for column in taken if is_filled(worksheet.cell(row=head, column=column)) or column - 1 in known), default=0)
    return next(column for column in range(last + 1, last + len(taken) + 2) if column not in taken)


def _shape_column(worksheet: Worksheet, number: int, column: Column) -> None:
    letter = get_column_letter(number)
    worksheet.column_dimensions[letter].width = column.width
    worksheet.column_dimensions[letter].hidden = column is KEY
