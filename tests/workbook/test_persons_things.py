"""What people add to the workbook goes where their cases go."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.table import Table

from robots import exception_queue
from robots.exception_queue import Sheet, State
from tests.workbook.people import CORRECTIONS, DONE, TEXTS, TO_DO, cell, column, edit, entry, fill, moved, rows_of, write

ONE, TWO, THREE = (f"EA-26-{number:05d}" for number in (1, 2, 3))
# Each of them reads and saves whole workbooks, which takes longer than what runs before every commit may take.
pytestmark = pytest.mark.durable

RED = "FFFF0000"
FIGURES = TEXTS.say("workbook.sheet_figures")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "undantag.xlsx"
    write(where, [entry(1), entry(2), entry(3)])
    return where


def test_remarks_and_colours_go_along_to_another_list_also_from_cells_that_it_has_not(path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book[TO_DO]
        for key in ("why", "left", "answer"):
            sheet.cell(row=3, column=column(sheet, key)).comment = Comment(f"Om {key}.", "AB")
        sheet.cell(row=3, column=column(sheet, "why")).fill = PatternFill("solid", start_color=RED)

    edit(path, change)
    write(path, [entry(1), moved(entry(2), Sheet.DONE), entry(3)])
    why = cell(path, TWO, "why", DONE)
    assert (why.comment.text, why.fill.start_color.rgb) == ("Om why.", RED)
    assert cell(path, TWO, "reference", DONE).comment.text == "Om left.\nOm answer."


def test_a_row_with_a_remark_only_stays_when_its_case_is_no_longer_shown(path: Path) -> None:
    def change(book: Any) -> None:
        book[TO_DO].cell(row=3, column=3).comment = Comment("Mitt.", "AB")

    edit(path, change)
    write(path, [entry(1), entry(3)])
    assert list(rows_of(path)) == [ONE, TWO, THREE]


def test_a_row_of_a_person_s_own_keeps_its_place_between_the_cases(path: Path) -> None:
    def change(book: Any) -> None:
        book[TO_DO].insert_rows(3)
        book[TO_DO]["C3"].value = "Härifrån: väntar på svar."

    edit(path, change)
    write(path, [entry(0), entry(1), entry(2), entry(3), entry(4)])
    texts = [row[0] or row[2] for row in load_workbook(path)[TO_DO].iter_rows(min_row=2, values_only=True)]
    assert texts == ["EA-26-00000", ONE, "Härifrån: väntar på svar.", TWO, THREE, "EA-26-00004"]


def test_a_row_of_totals_stays_the_last_and_out_of_the_filter(path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book[TO_DO]
        sheet["A5"].value, sheet["C5"].value = "Summa", "=SUBTOTAL(103,C2:C4)"
        [table] = sheet.tables.values()
        table.ref, table.totalsRowCount = "A1:M5", 1

    edit(path, change)
    write(path, [entry(number) for number in range(1, 6)])
    sheet = load_workbook(path)[TO_DO]
    [table] = sheet.tables.values()
    assert (table.ref, table.autoFilter.ref, table.totalsRowCount) == ("A1:M7", "A1:M6", 1)
    assert sheet["A7"].value == "Summa"


def test_a_table_of_a_person_s_own_below_the_list_moves_down_with_its_rows(path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book[TO_DO]
        for row, cells in ((8, ("Vem", "Antal")), (9, ("AB", 3))):
            sheet.cell(row=row, column=1).value, sheet.cell(row=row, column=2).value = cells
        sheet.add_table(Table(displayName="Mina", ref="A8:B9"))

    edit(path, change)
    write(path, [entry(number) for number in range(1, 10)])
    sheet = load_workbook(path)[TO_DO]
    left = sheet.tables["Mina"].ref.split(":")[0]
    assert sheet[left].value == "Vem"
    assert {str(row) for row in rows_of(path)} >= {f"EA-26-{number:05d}" for number in range(1, 10)}


def test_bold_words_in_a_comment_stay_bold(path: Path) -> None:
    words = CellRichText("Ring ", TextBlock(InlineFont(b=True), "i dag"))
    edit(path, lambda book: fill(book, TWO, comment=words))
    write(path, [entry(0), entry(1), entry(2), entry(3)])
    sheet = load_workbook(path, rich_text=True)[TO_DO]
    kept = sheet.cell(row=rows_of(path)[TWO], column=column(sheet, "comment")).value
    assert isinstance(kept, CellRichText)
    assert [str(part) for part in kept] == ["Ring ", "i dag"]
    assert write(path, [entry(0), entry(1), entry(2), entry(3)]).state is State.UNCHANGED


def test_a_longer_text_makes_its_row_higher_and_a_row_that_a_person_has_made_high_stays_so(path: Path) -> None:
    def change(book: Any) -> None:
        book[TO_DO].row_dimensions[4].height = 300

    edit(path, change)
    longer = "Ett skäl som tar flera rader. " * 8
    before = load_workbook(path)[TO_DO].row_dimensions[3].height
    write(path, [entry(1), entry(2, why=longer), entry(3, why=longer)])
    heights = [load_workbook(path)[TO_DO].row_dimensions[row].height for row in (3, 4)]
    assert heights[0] > before
    assert heights[1] == 300


def test_figures_are_renewed_and_what_a_person_wrote_below_them_moves_down(path: Path) -> None:
    shorter = [("Öppna", ("Lista", "I dag"), [("Att göra", 3)])]
    longer = [*shorter, ("Skäl", ("Skäl", "Antal"), [("Hyra", 2), ("Lön", 1)])]
    entries = [entry(1), entry(2), entry(3)]
    write(path, entries, figures=shorter)

    def change(book: Any) -> None:
        book[FIGURES]["A6"].value = "Min anteckning"

    edit(path, change)
    assert write(path, entries, figures=longer).state is State.WRITTEN
    shown = [row[0] for row in load_workbook(path)[FIGURES].iter_rows(values_only=True) if row[0]]
    assert shown == ["Öppna", "Lista", "Att göra", "Skäl", "Skäl", "Hyra", "Lön", "Min anteckning"]
    assert write(path, entries, figures=shorter).state is State.WRITTEN
    shown = [row[0] for row in load_workbook(path)[FIGURES].iter_rows(values_only=True) if row[0]]
    assert shown == ["Öppna", "Lista", "Att göra", "Min anteckning"]


def test_a_new_address_of_an_explanation_is_written_though_nothing_else_has_changed(path: Path) -> None:
    linked = [replace(entry(number), link=f"a/{number}.html") for number in (1, 2, 3)]
    assert write(path, linked).state is State.WRITTEN
    assert write(path, linked).state is State.UNCHANGED
    assert write(path, [replace(one, link=f"b{one.link[1:]}") for one in linked]).state is State.WRITTEN
    assert cell(path, TWO, "link").hyperlink.target == "b/2.html"


def test_the_drop_down_of_facts_is_put_back_and_follows_what_can_be_corrected(path: Path) -> None:
    entries = [entry(1), entry(2), entry(3)]
    write(path, [*entries, entry(4)], correctable={"Hyra": False, "Lön": False})
    edit(path, lambda book: book[CORRECTIONS].data_validations.dataValidation.clear())
    write(path, entries, correctable={"Hyra": False, "Lön": False, "Barn": True})
    book = load_workbook(path)
    choices = [one for one in book[CORRECTIONS].data_validations.dataValidation if one.type == "list"]
    assert [(one.formula1, str(one.sqref)) for one in choices] == [("Kollega_uppgifter", "B2:B20000")]
    assert book.defined_names["Kollega_uppgifter"].attr_text.replace("'", "") == "Listor!$A$1:$A$3"
    assert list(book["Listor"].iter_rows(values_only=True)) == [("Hyra", None), ("Lön", None), ("Barn", "Barn")]
    assert book.defined_names["Kollega_ja_eller_nej"].attr_text.replace("'", "") == "Listor!$B$1:$B$3"
    [check] = [one for one in book[CORRECTIONS].data_validations.dataValidation if one.type == "custom"]
    assert (str(check.sqref), "COUNTIF(Kollega_ja_eller_nej,$B2)" in check.formula1) == ("C2:C20000", True)
    new = path.with_name("ny.xlsx")
    write(new, entries, correctable={"Hyra": False, "Lön": False, "Barn": True})
    [of_new] = [one for one in load_workbook(new)[CORRECTIONS].data_validations.dataValidation if one.type == "custom"]
    assert (of_new.formula1, str(of_new.sqref), of_new.errorStyle) == (check.formula1, "C2:C20000", "warning")
    edit(new, lambda book: fill(book, ONE, comment="x"))
    assert write(new, entries, correctable={"Hyra": False, "Lön": False, "Barn": True}).state is State.UNCHANGED


def test_what_a_killed_robot_had_in_hand_is_kept_if_it_is_whole_and_gone_if_it_is_not(path: Path) -> None:
    whole, half = path.with_name(".undantag.a.tmp"), path.with_name(".undantag.b.tmp")
    whole.write_bytes(path.read_bytes())
    half.write_bytes(path.read_bytes()[:500])
    write(path, [entry(1), entry(2), entry(3)])
    assert not whole.exists()
    assert not half.exists()
    assert len(list((path.parent / "versioner").iterdir())) == 1


def test_a_sheet_that_is_nothing_but_a_chart_and_charts_on_sheets_of_their_own_stay(path: Path) -> None:
    def change(book: Any) -> None:
        chart = BarChart()
        chart.add_data(Reference(book[TO_DO], min_col=7, min_row=1, max_row=4))
        book.create_chartsheet("Diagram").add_chart(chart)
        own = book.create_sheet("Mitt")
        own.add_chart(copy(chart), "A1")
        own["H1"].value = "=COUNTA('Att göra'!A:A)"

    edit(path, change)
    found = exception_queue.read(path, TEXTS)
    assert found is not None
    assert len(found.rows) == 3
    write(path, [entry(0), entry(1), entry(2), entry(3)])
    book = load_workbook(path)
    assert [one.title for one in book.chartsheets] == ["Diagram"]
    own: Any = book["Mitt"]
    assert (len(own._charts), own["H1"].value) == (1, "=COUNTA('Att göra'!A:A)")
