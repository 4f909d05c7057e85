"""A new workbook, from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.url import Url
from xlsxwriter.worksheet import Worksheet

from robots.case import SWEDEN
from robots.exception_queue import guide
from robots.exception_queue.entries import Entry, Value, View, case_mark, clean
from robots.exception_queue.layout import (
    ANSWERED,
    COLUMNS,
    CORRECTABLE_NAME,
    DUE_TODAY,
    EMPTY_CORRECTIONS,
    FIGURES_NAME,
    FONT,
    HEADING_POINTS,
    INK,
    KEY,
    LAST_ROW,
    LISTS,
    NOTICE,
    OVERDUE,
    OVERDUE_INK,
    PALE,
    PERSONS,
    YES_NO_NAME,
    Column,
    Look,
    Sheet,
    value_rule,
)
from robots.exception_queue.looks import new_format, new_heading
from robots.exception_queue.reading import Found, figure_rows
from robots.texts import Texts

#: what the file's own properties name as its maker
MAKER = "Kollega"

_STARTS_AS_FORMULA = ("=", "+", "-", "@", "\t")
_MARGIN_CENTIMETRES = 0.4
_A4 = 9


def is_like_formula(text: str) -> bool:
    """Whether a program could take the text for a formula when somebody edits the cell."""
    return text.startswith(_STARTS_AS_FORMULA)


def values_of(entry: Entry) -> dict[str, Value]:
    """Return the robot's cells of an entry, by column key."""
    return {**entry.values, NOTICE.key: entry.notice, KEY.key: str(entry.row_key)}


def ordered(view: View, sheet: Sheet) -> list[Entry]:
    """Return the entries of a list, what is most urgent first."""
    return sorted((entry for entry in view.entries if entry.sheet is sheet), key=lambda entry: entry.order)


def table_name(sheet: Sheet) -> str:
    """Return the name of a list's table."""
    return f"Kollega_{sheet}"


def answers_of(sheet: Sheet, texts: Texts) -> list[str]:
    """Return what can be chosen as an answer in a list."""
    keys = guide.ANSWERS if sheet is Sheet.TO_DO else guide.PROPOSAL_ANSWERS
    return [texts.say(f"workbook.{key}") for key in keys]


def write_new(path: Path, view: View, texts: Texts, *, now: datetime, carried: Found | None = None) -> None:
    """Write a workbook that shows the view.

    Args:
        path: written to; whatever was there is gone.
        view: what it shows.
        texts: the catalogue of texts in the caseworkers' language.
        now: aware time, for the page's foot.
        carried: what stood in a workbook that could be read, but not changed; what people have written in the robot's columns is taken over.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": texts.say("workbook.title"), "author": MAKER, "created": now.replace(tzinfo=None)})
        painter = _Painter(book, texts, now, carried)
        for sheet in Sheet:
            if sheet in LISTS:
                painter.paint_list(sheet, ordered(view, sheet))
            else:
                painter.paint_corrections(view)
        painter.paint_figures(view)
        painter.paint_guide()
        painter.sheets[0].activate()


def _link(address: str, word: str) -> Url:
    url = Url(f"external:{address}")
    # The library turns slashes into what only Excel on Windows understands.
    url._relationship_link = address
    url._text = word
    return url


class _Painter:
    """Writes the sheets of one new workbook."""

    def __init__(self, book: xlsxwriter.Workbook, texts: Texts, now: datetime, carried: Found | None) -> None:
        self._book = book
        self._texts = texts
        self._now = now.astimezone(SWEDEN)
        self._heading = new_heading(book)
        self._looks = {look: new_format(book, look) for look in Look}
        rows = carried.rows if carried is not None else ()
        self._carried = {(row.key.case, row.key.round): row for row in reversed(rows) if row.key is not None}
        self._corrections = [row for row in rows if row.sheet is Sheet.CORRECTIONS]
        self._quoted = {look: new_format(book, look) for look in Look}
        for quoted in self._quoted.values():
            quoted.set_quote_prefix()
        self.sheets: list[Worksheet] = []

    def paint_list(self, sheet: Sheet, entries: Sequence[Entry]) -> None:
        """Write a list of cases."""
        columns = COLUMNS[sheet]
        worksheet = self._new_sheet(f"sheet_{sheet}", is_list=True)
        self._paint_head(worksheet, sheet, columns)
        widths = [column.width for column in columns]
        for number, entry in enumerate(entries, start=1):
            cells = {**self._written_by_people(entry), **values_of(entry)}
            values = [cells.get(column.key) for column in columns]
            worksheet.set_row(number, guide.height_points(widths[:-1], values[:-1]))
            for place, (column, value) in enumerate(zip(columns, values, strict=True)):
                if column.look is Look.LINK and entry.link:
                    word = self._texts.say("workbook.link_word")
                    worksheet.write_url(number, place, _link(entry.link, word), self._looks[Look.LINK])
                else:
                    self._put(worksheet, number, place, value, column.look)
        if not entries:
            for place, column in enumerate(columns):
                self._put(worksheet, 1, place, None, column.look)
        self._end_list(worksheet, sheet, columns, len(entries))

    def _written_by_people(self, entry: Entry) -> dict[str, Value]:
        row = self._carried.get((case_mark(entry.case_id), entry.round)) if self._carried else None
        return {column: row.text(column) for column in PERSONS} if row is not None else {}

    def paint_corrections(self, view: View) -> None:
        """Write the empty list of corrections."""
        sheet = Sheet.CORRECTIONS
        columns = COLUMNS[sheet]
        worksheet = self._new_sheet(f"sheet_{sheet}", is_list=True)
        self._paint_head(worksheet, sheet, columns)
        count = max(EMPTY_CORRECTIONS, len(self._corrections))
        for number in range(1, count + 1):
            written = self._corrections[number - 1] if number <= len(self._corrections) else None
            for place, column in enumerate(columns):
                self._put(worksheet, number, place, written.text(column.key) if written is not None else None, column.look)
        self._end_list(worksheet, sheet, columns, count)
        keys = [column.key for column in columns]
        for key in ("corrects",) if view.correctable else ("corrects", "field", "value"):
            self._hint(worksheet, keys.index(key), f"hint_{key}")
        if view.correctable:
            # Of a sheet that nobody sees: a drop-down with its words in itself holds 255 characters.
            name = self._texts.say("workbook.sheet_lists")
            hidden = self._book.add_worksheet(name)
            hidden.hide()
            for number, (label, is_yes_or_no) in enumerate(view.correctable.items()):
                hidden.write_string(number, 0, clean(label))
                if is_yes_or_no:
                    hidden.write_string(number, 1, clean(label))
            self._book.define_name(CORRECTABLE_NAME, f"='{name}'!$A$1:$A${len(view.correctable)}")
            self._book.define_name(YES_NO_NAME, f"='{name}'!$B$1:$B${len(view.correctable)}")
            field, value = (xlsxwriter.utility.xl_col_to_name(keys.index(key)) for key in ("field", "value"))
            check = {
                "validate": "custom",
                "value": f"={value_rule(field, value, 2)}",
                "ignore_blank": True,
                # Whoever means it may go on: the robot says what is wrong.
                "error_type": "warning",
                "error_title": self._texts.say("workbook.value_wrong_title"),
                "error_message": self._texts.say("workbook.value_wrong"),
                "input_message": self._texts.say("workbook.hint_value"),
            }
            worksheet.data_validation(1, keys.index("value"), LAST_ROW - 1, keys.index("value"), check)
            self._choose(worksheet, keys.index("field"), f"={CORRECTABLE_NAME}", "hint_field")

    def paint_figures(self, view: View) -> None:
        """Write the sheet of figures."""
        worksheet = self._new_sheet("sheet_figures", is_list=False)
        worksheet.set_column(0, 0, 60)
        worksheet.set_column(1, 8, 14)
        title = self._book.add_format({"font_name": FONT, "bold": True, "font_size": 14, "font_color": f"#{INK}"})
        rows = figure_rows(view)
        for number, row in enumerate(rows):
            is_title, is_head = len(row) == 1, number > 0 and len(rows[number - 1]) == 1
            if is_head:
                worksheet.set_row(number, HEADING_POINTS)
            for place, value in enumerate(row):
                if value is None:
                    continue
                if is_title or is_head:
                    worksheet.write_string(number, place, clean(str(value)), title if is_title else self._heading)
                else:
                    self._put(worksheet, number, place, value, Look.AMOUNT if isinstance(value, Decimal | int) else Look.TEXT)
        last = xlsxwriter.utility.xl_rowcol_to_cell(max(len(rows), 1) - 1, max((len(row) for row in rows), default=1) - 1, True, True)
        self._book.define_name(FIGURES_NAME, f"='{worksheet.get_name()}'!$A$1:{last}")

    def paint_guide(self) -> None:
        """Write how the workbook is used."""
        worksheet = self._new_sheet("sheet_guide", is_list=False)
        worksheet.hide_gridlines(2)
        for place, width in enumerate(guide.WIDTHS):
            worksheet.set_column(place, place, width)
        wrapped: dict[str, object] = {"font_name": FONT, "text_wrap": True, "valign": "top"}
        name = self._book.add_format({**wrapped, "bold": True, "bg_color": f"#{PALE}"})
        text = self._book.add_format(wrapped)
        title = self._book.add_format({"font_name": FONT, "bold": True, "font_size": 14, "font_color": f"#{INK}", "valign": "top"})
        for number, line in enumerate(guide.lines(self._texts)):
            worksheet.set_row(number, line.height_points)
            if line.name:
                worksheet.write_string(number, 0, clean(line.name), title if line.is_heading else name)
            if line.text:
                worksheet.write_string(number, 1, clean(line.text), text)

    # parts of a sheet

    def _new_sheet(self, key: str, *, is_list: bool) -> Worksheet:
        worksheet = self._book.add_worksheet(self._texts.say(f"workbook.{key}"))
        self.sheets.append(worksheet)
        worksheet.set_paper(_A4)
        if is_list:
            worksheet.set_landscape()
            worksheet.repeat_rows(0)
            worksheet.freeze_panes(1, 1)
        worksheet.fit_to_pages(1, 0)
        worksheet.set_margins(left=_MARGIN_CENTIMETRES, right=_MARGIN_CENTIMETRES, top=0.5, bottom=0.8)
        foot = self._texts.say("workbook.page_foot", written=f"{self._now:%Y-%m-%d %H:%M}").replace("&", "&&")
        worksheet.set_footer(f"&L{foot}&R&P / &N", {"margin": _MARGIN_CENTIMETRES})
        return worksheet

    def _paint_head(self, worksheet: Worksheet, sheet: Sheet, columns: Sequence[Column]) -> None:
        worksheet.set_row(0, HEADING_POINTS)
        for place, column in enumerate(columns):
            worksheet.set_column(place, place, column.width, None, {"hidden": column is KEY})
        if sheet in ANSWERED:
            self._colour_deadlines(worksheet, columns)
            answers = answers_of(sheet, self._texts)
            self._choose(worksheet, [column.key for column in columns].index("answer"), answers)

    def _end_list(self, worksheet: Worksheet, sheet: Sheet, columns: Sequence[Column], count: int) -> None:
        # A table needs a row: an empty list gets an empty one.
        head = [{"header": self._texts.say(f"workbook.column_{column.key}"), "header_format": self._heading} for column in columns]
        worksheet.add_table(
            0, 0, max(count, 1), len(columns) - 1, {"name": table_name(sheet), "columns": head, "style": "Table Style Light 1", "banded_rows": False}
        )

    def _colour_deadlines(self, worksheet: Worksheet, columns: Sequence[Column]) -> None:
        keys = [column.key for column in columns]
        due, answer = (xlsxwriter.utility.xl_col_to_name(keys.index(key)) for key in ("due_on", "answer"))
        overdue = self._book.add_format({"bg_color": f"#{OVERDUE}", "font_color": f"#{OVERDUE_INK}", "bold": True})
        due_today = self._book.add_format({"bg_color": f"#{DUE_TODAY}"})
        for sign, look in (("<", overdue), ("=", due_today)):
            rule = f'=AND({due}2<>"",{answer}2="",{due}2{sign}TODAY())'
            place = keys.index("due_on")
            worksheet.conditional_format(1, place, LAST_ROW - 1, place, {"type": "formula", "criteria": rule, "format": look})

    def _choose(self, worksheet: Worksheet, place: int, source: Sequence[str] | str, hint: str = "") -> None:
        choice: dict[str, object] = {
            "validate": "list",
            "source": source,
            "ignore_blank": True,
            "error_title": self._texts.say("workbook.answer_wrong_title"),
            "error_message": self._texts.say("workbook.answer_wrong"),
        }
        if hint:
            choice["input_message"] = self._texts.say(f"workbook.{hint}")
        worksheet.data_validation(1, place, LAST_ROW - 1, place, choice)

    def _hint(self, worksheet: Worksheet, place: int, hint: str) -> None:
        """Say beside the cell, while a person is in it, what belongs there."""
        worksheet.data_validation(1, place, LAST_ROW - 1, place, {"validate": "any", "input_message": self._texts.say(f"workbook.{hint}")})

    def _put(self, worksheet: Worksheet, row: int, place: int, value: Value, look: Look) -> None:
        shape: Format = self._looks[look]
        if value is None or value == "":
            worksheet.write_blank(row, place, None, shape)
        elif isinstance(value, date):
            worksheet.write_datetime(row, place, datetime(value.year, value.month, value.day), shape)  # noqa: DTZ001 - a cell's day has no zone
        elif isinstance(value, Decimal | int):
            worksheet.write_number(row, place, value, shape)
        else:
            text = clean(str(value))
            worksheet.write_string(row, place, text, self._quoted[look] if is_like_formula(text) else shape)
