"""Writing single cells of a workbook that people work in: only what differs is touched, and a text stays a text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from robots.exception_queue.entries import clean, plain
from robots.exception_queue.layout import FORMATS, INPUT, Look
from robots.exception_queue.looks import dress
from robots.exception_queue.new_book import is_like_formula


class Pen:
    """Writes the robot's cells, and knows whether anything became another."""

    def __init__(self) -> None:
        #: nothing needs to be saved when it is False
        self.has_changed = False
        self._looks: dict[Look, Any] = {}

    def write(self, cell: Any, value: object, look: Look) -> None:
        """Write a cell of the robot's; only what differs is touched, so that a colour of a person's stays."""
        had = cell.value
        if had is value or had == value or plain(had) == plain(value):
            if not cell.has_style:
                self.dress(cell, look)
            return
        self.has_changed = True
        # Looked at before: with a day in it the library gives the cell a form of its own, with a clock, that fits in no column.
        is_plain = not cell.has_style or (look in FORMATS and cell.number_format == "General")
        if value is None or value == "":
            cell.value = None
        elif isinstance(value, str):
            self.write_text(cell, value)
        else:
            cell.value = value
        if is_plain:
            self.dress(cell, look)

    def write_text(self, cell: Any, text: str) -> None:
        """Write a text that no program takes for a formula."""
        cell.value = clean(text)
        cell.data_type = "s"  # the library takes a text that begins with = for a formula
        if is_like_formula(text):
            cell.quotePrefix = True

    def write_link(self, cell: Any, address: str, word: str) -> None:
        """Have the cell lead to an address, or nowhere when it is empty."""
        if not cell.has_style:
            self.dress(cell, Look.LINK)
        target = cell.hyperlink.target if cell.hyperlink is not None else None
        # LibreOffice makes an address whole when it saves, from the folder that it had the file in.
        if address == (target or "") or (address and target and target.startswith("file:") and target.endswith(f"/{address}")):
            return
        self.has_changed = True
        style = cell._style
        cell.hyperlink = address or None
        if address:
            self.write_text(cell, word)
        else:
            cell.value = None
        cell._style = style

    def dress(self, cell: Any, look: Look) -> None:
        """Give the cell its look."""
        # Making a style is slow; the same look is the same style all over the book.
        style = self._looks.get(look)
        if style is None:
            dress(cell, look)
            self._looks[look] = cell._style
        else:
            cell._style = style


def is_filled(cell: Any) -> bool:
    """Whether anything stands in the cell."""
    return cell is not None and cell.value is not None and str(cell.value).strip() != ""


def is_coloured(cell: Any, look: Look) -> bool:
    """Whether a person has given the cell a colour of their own."""
    fill = cell.fill
    if fill is None or fill.fill_type is None:
        return False
    return not (look is Look.INPUT and str(fill.fgColor.rgb)[-6:] == INPUT)


def as_stored(value: object) -> object:
    """Return a value as a cell gives it back."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a cell's day has no zone
    return value if value != "" else None


def heading_of(worksheet: Worksheet, row: int, column: int) -> str:
    """Return what a heading says, in one line."""
    return plain(worksheet.cell(row=row, column=column).value)
