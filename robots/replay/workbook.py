"""The workbook of a replay, and the list of all the cases that change: for those who want to go on reckoning."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from textwrap import wrap
from typing import Any

import pandas as pd

from robots.replacement import replacing
from robots.replay import tables
from robots.replay.tables import Report
from robots.tabulation import Column, Kind, Table
from robots.texts import Texts

#: so many cases stand in the workbook at most: more take minutes to write and nobody reads them there
LISTED_CASES = 5_000

_FORMATS = {Kind.NUMBER: "#,##0", Kind.CHANGE: "+#,##0;\N{MINUS SIGN}#,##0;0"}
_SENTENCES_WIDTH = 110
_LINE_POINTS = 15


def write(path: Path, report: Report, texts: Texts, *, all_cases: str) -> None:
    """Write the workbook, which its owner alone can read; one that is there is replaced whole.

    Args:
        path: of the workbook.
        report: what it tells.
        texts: the catalogue.
        all_cases: name of the file that lists all the cases, for a list that is cut short.

    Raises:
        OSError: the folder can't be written to.
    """
    sheets = {
        "summary": _sentences(report, texts, all_cases),
        "changes": tables.changes(report, texts),
        "outcomes": tables.outcomes(report, texts),
        "differences": tables.differences(report, texts),
        "commonest": tables.commonest(report, texts),
        "reasons": tables.reasons(report, texts, all_codes=True),
        "households": tables.households(report, texts),
        "months": tables.months(report, texts),
        "cases": tables.cases(report, texts, at_most=LISTED_CASES),
    }

    with replacing(path) as temporary, pd.ExcelWriter(temporary, engine="openpyxl") as writer:
        for name, table in sheets.items():
            title = texts.say(f"replay.sheet.{name}")
            _frame(table).to_excel(writer, sheet_name=title, index=False, freeze_panes=(1, 0))
            _set_up(writer.sheets[title], table)


def write_cases(path: Path, report: Report, texts: Texts) -> None:
    """Write all the cases that change, separated by semicolons, as Excel with Swedish settings reads them.

    Raises:
        OSError: the folder can't be written to.
    """
    frame = _frame(tables.cases(report, texts))
    with replacing(path) as temporary:
        frame.to_csv(temporary, sep=";", index=False, encoding="utf-8-sig")


def _sentences(report: Report, texts: Texts, all_cases: str) -> Table:
    """Return the sheet of sentences: what was compared, the answer, and what it can't say."""
    changed, listed = len(report.figures.changed), min(len(report.figures.changed), LISTED_CASES)
    rows = [*tables.opening(report, texts), texts.say("replay.is_a_trial"), "", *tables.summary(report, texts)]
    if listed < changed:
        rows += ["", texts.say("replay.cases.some", listed=texts.number(listed), changed=texts.number(changed), file=all_cases)]
    for why, references in tables.left_out(report.figures.not_assessed, texts):
        rows += ["", f"{why} {references}"]
    rows += ["", texts.say("replay.limits.heading"), *tables.limits(texts)]
    return Table(columns=(Column(heading=texts.say("replay.title"), width=_SENTENCES_WIDTH),), rows=tuple((row,) for row in rows))


def _frame(table: Table) -> pd.DataFrame:
    # Of one type each: a column in which a number is missing would otherwise become one of fractions.
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    series = [pd.Series(list(column), dtype="object") for column in columns]
    frame = pd.concat(series, axis=1) if series else pd.DataFrame()
    frame.columns = pd.Index([column.heading for column in table.columns])
    return frame


def _set_up(sheet: Any, table: Table) -> None:
    """Give the sheet widths, formats, and a page to be printed on."""
    for column, cells in zip(table.columns, sheet.columns, strict=True):
        sheet.column_dimensions[cells[0].column_letter].width = column.width
        heading = copy(cells[0].alignment)
        heading.horizontal, heading.vertical, heading.wrap_text = "left" if column.kind is Kind.WORDS else "right", "bottom", True
        heading.indent = 1 if column.kind is Kind.WORDS else 0
        cells[0].alignment = heading
        _make_bold(cells[0])
        inside = copy(heading)
        inside.vertical = "top"
        for cell in cells[1:]:
            cell.alignment = inside
            if column.kind is not Kind.WORDS:
                cell.number_format = _FORMATS[column.kind]
            elif isinstance(cell.value, str):
                # A name that begins with an equals sign stays a name.
                cell.data_type = "s"
    for number, row in enumerate(table.rows, start=2):
        # No program works out by itself how high a row of wrapped words must be when it opens the file.
        lines = max(len(wrap(cell, column.width - 1)) for column, cell in zip(table.columns, row, strict=True) if isinstance(cell, str))
        if lines > 1:
            sheet.row_dimensions[number].height = lines * _LINE_POINTS
    if table.has_sum:
        for cell in sheet[sheet.max_row]:
            _make_bold(cell)
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0


def _make_bold(cell: Any) -> None:
    bold = copy(cell.font)
    bold.b = True
    cell.font = bold
