"""The workbook of the follow-up: the page's tables, with charts of the program's own that go on from the cells."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from textwrap import wrap
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from robots.board_report import sentences, tables
from robots.board_report.tables import Report
from robots.case import SWEDEN
from robots.plots import LAYERS
from robots.replacement import replacing
from robots.tabulation import Cell, Column, Kind, Table
from robots.texts import Texts

_MAKER = "Kollega"
_NUMBERS = {Kind.NUMBER: "#,##0", Kind.CHANGE: "+#,##0;\N{MINUS SIGN}#,##0;0", Kind.SHARE: "0.0%", Kind.DECIMAL: "#,##0.0"}
_SENTENCES_WIDTH = 110
_LINE_POINTS = 15
_A4 = 9
_PIXELS_PER_ROW, _CHART_WIDTH, _CHART_HEIGHT, _BAR_PIXELS = 20, 820, 340, 26
#: so many bars are drawn of a table that is longer
_DRAWN = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a table stands in its sheet: rows are counted from 0."""

    sheet: str
    first: int
    last: int


def write(path: Path, report: Report, texts: Texts) -> None:
    """Write the workbook, which its owner alone can read; one that is there is replaced whole.

    Raises:
        OSError: the folder can't be written to.
    """
    # No words become a formula, a link or a number, whatever they begin with.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with replacing(path) as temporary, xlsxwriter.Workbook(temporary, options) as book:
        made = report.made_at.astimezone(SWEDEN).replace(tzinfo=None)
        book.set_properties({"title": texts.say("report.title"), "author": _MAKER, "created": made})
        _Painter(book, report, texts).paint()


class _Painter:
    """Writes the sheets."""

    def __init__(self, book: xlsxwriter.Workbook, report: Report, texts: Texts) -> None:
        self._book, self._report, self._texts = book, report, texts
        self._formats: dict[tuple[str, bool], Format] = {}
        #: characters, by sheet and column
        self._widths: dict[tuple[str, int], int] = {}

    def paint(self) -> None:
        report, texts, figures = self._report, self._texts, self._report.figures
        self._answers()
        if figures.received:
            self._months()
            self._reasons()
            self._lead()
            self._spared()
        agreement, left = tables.agreement_tables(report, texts), tables.left_tables(report, texts)
        if agreement:
            self._rates("agreement", agreement)
        if left:
            self._rates("left", left)
        if figures.received:
            sheet, row = self._sheet("rest"), 0
            row = self._line(sheet, row, sentences.samples_sentence(report, texts)) + 1
            for table in (tables.corrections(report, texts), tables.faults(report, texts)):
                if table.rows:
                    row = self._table(sheet, table, row).last + 2

    # sheets

    def _answers(self) -> None:
        report, texts = self._report, self._texts
        sheet = self._sheet("answer")
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 1, 18)
        sheet.set_column(2, 2, _SENTENCES_WIDTH - 30)
        sheet.write_string(0, 0, texts.say("report.title"), self._format(Kind.WORDS, bold=True))
        row = 1
        for line in sentences.opening(report, texts):
            sheet.merge_range(row, 0, row, 2, line, self._format(Kind.WORDS))
            row += 1
        if not (report.figures.received or report.figures.shadow_cases):
            sheet.merge_range(row + 1, 0, row + 1, 2, texts.say("report.no_cases"), self._format(Kind.WORDS, bold=True))
            return
        row += 1
        if report.figures.received:
            for tile in sentences.tiles(report, texts):
                mark = texts.say(f"report.mark.{tile.mark}") if tile.mark else ""
                for place, words in enumerate((tile.label, tile.value, f"{mark}. {tile.note}" if mark else tile.note)):
                    sheet.write_string(row, place, words, self._format(Kind.WORDS, bold=place == 1))
                sheet.set_row(row, _LINE_POINTS * max(1, len(wrap(tile.note, _SENTENCES_WIDTH - 45))))
                row += 1
        paragraphs = [*sentences.agreement_sentences(report, texts), *sentences.go_live_sentences(report, texts)]
        if report.figures.received:
            paragraphs += sentences.spared_sentences(report, texts)
        for line in ("", *paragraphs, "", texts.say("report.about.heading"), *sentences.limits(report, texts)):
            sheet.merge_range(row, 0, row, 2, line, self._format(Kind.WORDS))
            sheet.set_row(row, _LINE_POINTS * max(1, len(wrap(line, _SENTENCES_WIDTH + 20))))
            row += 1

    def _months(self) -> None:
        table = tables.months(self._report, self._texts)
        sheet = self._sheet("months")
        place = self._table(sheet, table, 0)
        chart = self._chart("column", "report.months_table.title", subtype="stacked")
        for number, colour in zip(range(2, 6), LAYERS, strict=True):
            # Without the sum below them.
            self._series(chart, place, 0, number, table, last=place.last - 1, fill=colour)
        sheet.insert_chart(place.last + 2, 0, chart)

    def _reasons(self) -> None:
        table = tables.reasons(self._report, self._texts)
        sheet = self._sheet("reasons")
        place = self._table(sheet, table, 0)
        if table.rows:
            self._bars(sheet, place, table, "report.reasons.title", labels=1, values=2)
        by_month = tables.reasons_by_month(self._report, self._texts)
        if by_month.rows:
            self._table(self._sheet("reasons_over_time"), by_month, 0)

    def _lead(self) -> None:
        report, texts = self._report, self._texts
        sheet = self._sheet("lead")
        place = self._table(sheet, tables.lead_times(report, texts), 0)
        table = tables.lead_by_month(report, texts)
        place = self._table(sheet, table, place.last + 2)
        chart = self._chart("column", "report.lead.title")
        self._series(chart, place, 0, 3, table, fill=LAYERS[0])
        chart.set_y_axis({"min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": LAYERS[3]}}})
        chart.set_legend({"none": True})
        sheet.insert_chart(place.last + 2, 0, chart)

    def _spared(self) -> None:
        report, texts = self._report, self._texts
        sheet = self._sheet("spared")
        table = tables.spared(report, texts)
        place = self._table(sheet, table, 0)
        row = self._line(sheet, place.last + 2, texts.say("report.spared.if_heading"), bold=True)
        row = self._table(sheet, tables.spared_if(report, texts), row).last + 2
        for line in sentences.spared_sentences(report, texts):
            row = self._line(sheet, row, line)
        chart = self._chart("bar", "report.spared.title")
        self._series(chart, place, 0, 3, table, last=place.last - 1, fill=LAYERS[0])
        chart.set_y_axis({"reverse": True, "label_position": "low"})
        chart.set_legend({"none": True})
        sheet.insert_chart(row + 1, 0, chart)

    def _rates(self, name: str, found: dict[str, Table]) -> None:
        sheet, row = self._sheet(name), 0
        charted = []
        for which, table in found.items():
            row = self._line(sheet, row, self._texts.say(f"report.agreement.{which}"), bold=True)
            place = self._table(sheet, table, row)
            row = place.last + 2
            told = sum(isinstance(line[3], Decimal) for line in table.rows)
            if told and which in ("by_part", "left_by_code"):
                charted.append((place, table))
        for place, table in charted:
            # The lowest that it can be: what a decision to go live rests on.
            row += self._bars(sheet, place, table, "report.agreement.title", labels=0, values=4, row=row)

    # parts

    def _sheet(self, name: str) -> Worksheet:
        sheet = self._book.add_worksheet(self._texts.say(f"report.sheet.{name}"))
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 1)
        return sheet

    def _table(self, sheet: Worksheet, table: Table, row: int) -> _Place:
        for place, column in enumerate(table.columns):
            # As wide as the widest of the tables that stand below one another.
            width = self._widths[sheet.get_name(), place] = max(column.width, self._widths.get((sheet.get_name(), place), 0))
            sheet.set_column(place, place, width)
            sheet.write_string(row, place, column.heading, self._heading(column))
        for number, cells in enumerate(table.rows, start=row + 1):
            is_bold = table.has_sum and number == row + len(table.rows)
            for place, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
                self._cell(sheet, number, place, column, cell, bold=is_bold)
        return _Place(sheet=sheet.get_name(), first=row + 1, last=row + len(table.rows))

    def _cell(self, sheet: Worksheet, row: int, place: int, column: Column, cell: Cell, *, bold: bool) -> None:
        if cell is None:
            sheet.write_blank(row, place, None, self._format(column.kind, bold=bold))
        elif isinstance(cell, str):
            sheet.write_string(row, place, cell, self._format(Kind.WORDS, bold=bold, right=column.kind is not Kind.WORDS))
        else:
            sheet.write_number(row, place, float(cell), self._format(column.kind, bold=bold))

    def _line(self, sheet: Worksheet, row: int, words: str, *, bold: bool = False) -> int:
        """Write words across the columns, and return the row below them."""
        sheet.merge_range(row, 0, row, 5, words, self._format(Kind.WORDS, bold=bold))
        sheet.set_row(row, _LINE_POINTS * max(1, len(wrap(words, _SENTENCES_WIDTH - 10))))
        return row + 1

    def _chart(self, kind: str, title: str, *, subtype: str = "", height: int = _CHART_HEIGHT) -> Any:
        chart = self._book.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})
        words = self._texts.say(title)
        chart.set_title({"name": words, "name_font": {"size": 12}, "overlay": False})
        chart.set_size({"width": _CHART_WIDTH, "height": height})
        chart.set_legend({"position": "bottom"})
        return chart

    def _series(self, chart: Any, place: _Place, labels: int, values: int, table: Table, *, last: int | None = None, fill: str) -> None:
        until = place.last if last is None else last
        chart.add_series(
            {
                "name": table.columns[values].heading,
                "categories": [place.sheet, place.first, labels, until, labels],
                "values": [place.sheet, place.first, values, until, values],
                "fill": {"color": fill},
                "gap": 60,
            }
        )

    def _bars(self, sheet: Worksheet, place: _Place, table: Table, title: str, *, labels: int, values: int, row: int | None = None) -> int:
        """Draw lying bars below the table, or in the row given, and return how many rows they take."""
        drawn = min(len(table.rows), _DRAWN)
        height = 110 + _BAR_PIXELS * drawn
        chart = self._chart("bar", title, height=height)
        self._series(chart, place, labels, values, table, last=place.first + drawn - 1, fill=LAYERS[0])
        is_share = table.columns[values].kind is Kind.SHARE
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"min": 0, **({"max": 1, "num_format": "0%"} if is_share else {})})
        chart.set_legend({"position": "bottom"} if is_share else {"none": True})
        sheet.insert_chart(place.last + 2 if row is None else row, 0, chart)
        return height // _PIXELS_PER_ROW + 2

    def _heading(self, column: Column) -> Format:
        return self._made(f"heading {column.kind is Kind.WORDS}", {"align": "left" if column.kind is Kind.WORDS else "right", "bottom": 1}, bold=True)

    def _format(self, kind: Kind, *, bold: bool = False, right: bool = False) -> Format:
        if kind is Kind.WORDS:
            # With the quotation mark that keeps the words what they are when somebody edits the cell.
            return self._made(f"words {right}", {"quote_prefix": True, "align": "right" if right else "left"}, bold=bold)
        return self._made(kind.value, {"num_format": _NUMBERS[kind]}, bold=bold)

    def _made(self, name: str, looks: dict[str, Any], *, bold: bool) -> Format:
        if (name, bold) not in self._formats:
            self._formats[name, bold] = self._book.add_format({**looks, "bold": bold, "text_wrap": True, "valign": "top"})
        return self._formats[name, bold]
