"""The sheet of figures in a workbook that people work in: written anew where it stands, and what they have put beside or below it stays."""

from __future__ import annotations

from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet

from robots.exception_queue.cells import Pen, as_stored, is_filled
from robots.exception_queue.entries import View, plain
from robots.exception_queue.layout import FIGURES_NAME, HEADING_POINTS, Look
from robots.exception_queue.looks import dress_heading, dress_title
from robots.exception_queue.reading import figure_rows
from robots.texts import Texts


def renew(book: Workbook, view: View, texts: Texts, pen: Pen) -> None:
    """Bring the sheet of figures to the view.

    A name in the book says how far the robot's figures reach, so that what a person has written below is moved down and not overwritten.
    """
    wanted = figure_rows(view)
    title = texts.say("workbook.sheet_figures")
    name, reach = _reach(book)
    if (name or title) not in book.sheetnames:
        if not wanted:
            return
        book.create_sheet(title)
        name, reach = title, 0
    worksheet = book[name or title]
    if len(wanted) > reach and _is_used_below(worksheet, reach, len(wanted)):
        worksheet.insert_rows(reach + 1, len(wanted) - reach)
        pen.has_changed = True
    heads = {number + 1 for number, row in enumerate(wanted) if number and len(wanted[number - 1]) == 1 and row}
    for number in range(1, max(len(wanted), reach) + 1):
        row = wanted[number - 1] if number <= len(wanted) else ()
        if number in heads and worksheet.row_dimensions[number].height is None:
            worksheet.row_dimensions[number].height = HEADING_POINTS
        for column, value in enumerate(row, start=1):
            cell = worksheet.cell(row=number, column=column)
            if plain(cell.value) == plain(value):
                continue
            pen.write(cell, as_stored(value), Look.TEXT if isinstance(value, str) else Look.AMOUNT)
            if number in heads:
                dress_heading(cell)
            elif len(row) == 1:
                dress_title(cell)
        for column in range(len(row) + 1, _width(view) + 1):
            cell = worksheet.cell(row=number, column=column)
            if number <= reach and is_filled(cell):
                cell.value = None
                pen.has_changed = True
    _set_reach(book, worksheet, len(wanted), _width(view))


def _width(view: View) -> int:
    return max((len(row) for row in figure_rows(view)), default=1)


def _reach(book: Workbook) -> tuple[str, int]:
    """Return the sheet that the figures stand on and their last row; nothing when the name is gone."""
    name = book.defined_names.get(FIGURES_NAME)
    for title, cells in name.destinations if name is not None else ():
        if title in book.sheetnames:
            return title, range_boundaries(cells)[3] or 0
    return "", 0


def _set_reach(book: Workbook, worksheet: Worksheet, rows: int, columns: int) -> None:
    refers_to = f"'{worksheet.title}'!$A$1:${get_column_letter(columns)}${max(rows, 1)}"
    book.defined_names[FIGURES_NAME] = DefinedName(FIGURES_NAME, attr_text=refers_to)


def _is_used_below(worksheet: Worksheet, reach: int, rows: int) -> bool:
    return any(is_filled(cell) for (row, _column), cell in worksheet._cells.items() if reach < row <= rows)
