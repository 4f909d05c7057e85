"""What people do in the workbook stays, and what the robot says gets there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from robots import exception_queue
from robots.exception_queue import Sheet, State
from robots.exception_queue.layout import robots_columns
from tests.workbook.people import DONE, NOW, PROPOSALS, TEXTS, TO_DO, WAITING, cell, column, edit, entry, fill, moved, rows_of, write

ONE, TWO, THREE, FOUR = (f"EA-26-{number:05d}" for number in (1, 2, 3, 4))
# Each of them reads and saves whole workbooks, which takes longer than what runs before every commit may take.
pytestmark = pytest.mark.durable

RED = "FFFF0000"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "undantag.xlsx"
    write(where, [entry(1), entry(2), entry(3)])
    return where


def test_what_shows_all_is_not_written_again(path: Path) -> None:
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert write(path, [entry(1), entry(2), entry(3)]).state is State.UNCHANGED
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    edit(path, lambda book: fill(book, TWO, answer="Handlagt av mig", assigned_to="AB", comment="Klart."))
    assert write(path, [entry(1), entry(2), entry(3)]).state is State.UNCHANGED


def test_a_cell_of_the_robot_s_takes_a_new_text_and_keeps_a_person_s_colour_and_remark(path: Path) -> None:
    def change(book: Any) -> None:
        one = book[TO_DO].cell(row=3, column=column(book[TO_DO], "why"))
        one.fill = PatternFill("solid", start_color=RED)
        one.comment = Comment("Titta här.", "AB")

    edit(path, change)
    write(path, [entry(1), entry(2, why="Nytt skäl."), entry(3)])
    why = cell(path, TWO, "why")
    assert (why.value, why.fill.start_color.rgb, why.comment.text) == ("Nytt skäl.", RED, "Titta här.")


def test_a_cell_that_a_person_has_changed_stays_and_the_row_says_so(path: Path) -> None:
    edit(path, lambda book: fill(book, TWO, why="Ringt sökanden."))
    for _ in range(2):
        write(path, [entry(1), entry(2, why="Nytt skäl."), entry(3)])
        assert cell(path, TWO, "why").value == "Ringt sökanden."
        assert cell(path, TWO, "notice").value == TEXTS.say("workbook.notice_edited", columns="Varför")
    assert cell(path, ONE, "notice").value is None


def test_a_new_case_stands_at_its_place_while_the_list_stands_by_urgency(path: Path) -> None:
    write(path, [entry(1), entry(2), entry(3), entry(0)])
    assert list(rows_of(path)) == ["EA-26-00000", ONE, TWO, THREE]


@pytest.mark.parametrize("sheet", [Sheet.TO_DO, Sheet.PROPOSALS, Sheet.WAITING, Sheet.DONE])
def test_a_row_that_comes_later_looks_like_one_of_a_new_workbook(tmp_path: Path, sheet: Sheet) -> None:
    values: dict[str, Any] = {"answered_on": date(2026, 3, 4), "amount": Decimal(5230), "result": "Klart.", "waits_for": "Roboten."}
    shown = {key: value for key, value in values.items() if key in robots_columns(sheet)}
    cases = [entry(number, sheet=sheet, **shown) for number in (1, 2)]
    name = TEXTS.say(f"workbook.sheet_{sheet}")
    looks = []
    for path, steps in ((tmp_path / "new.xlsx", [cases]), (tmp_path / "changed.xlsx", [[entry(3, sheet=Sheet.TO_DO)], cases])):
        for step in steps:
            write(path, step)
        worksheet = load_workbook(path)[name]
        (row,) = worksheet.iter_rows(min_row=3, max_row=3)
        assert row[0].value == TWO
        looks.append([(one.value, one.number_format, one.font.b, one.alignment.wrap_text, one.alignment.vertical, one.fill.fill_type) for one in row])
    for new, changed in zip(*looks, strict=True):
        assert [part or None for part in changed] == [part or None for part in new]


def test_a_person_s_own_order_stays_and_a_new_case_comes_last(path: Path) -> None:
    edit(path, lambda book: sort(book, [3, 1, 2]))
    write(path, [entry(1), entry(2), entry(3), entry(0)])
    assert list(rows_of(path)) == [THREE, ONE, TWO, "EA-26-00000"]


def sort(book: Any, order: list[int]) -> None:
    sheet = book[TO_DO]
    rows = {row[0]: row for row in sheet.iter_rows(min_row=2, values_only=True)}
    for number, wanted in enumerate(order, start=2):
        for place, value in enumerate(rows[f"EA-26-{wanted:05d}"], start=1):
            sheet.cell(row=number, column=place).value = value


def test_columns_of_a_person_s_own_go_along_also_to_another_list_and_formulas_follow_their_row(path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book[TO_DO]
        place = sheet.max_column + 1
        sheet.cell(row=1, column=place, value="Min grupp")
        sheet.cell(row=1, column=place + 1, value="Räknat")
        for row in (2, 3, 4):
            sheet.cell(row=row, column=place, value=f"grupp {row}")
            sheet.cell(row=row, column=place + 1, value=f"=LEN(A{row})+$A$1")
        sheet.cell(row=3, column=place).fill = PatternFill("solid", start_color=RED)

    edit(path, change)
    write(path, [moved(entry(1), Sheet.DONE), entry(2), entry(3)])
    assert list(rows_of(path)) == [TWO, THREE]
    assert [cell(path, one, "Min grupp").value for one in (TWO, THREE)] == ["grupp 3", "grupp 4"]
    assert cell(path, TWO, "Min grupp").fill.start_color.rgb == RED
    assert [cell(path, one, "Räknat").value for one in (TWO, THREE)] == ["=LEN(A2)+$A$1", "=LEN(A3)+$A$1"]
    assert cell(path, ONE, "Min grupp", DONE).value == "grupp 2"


def test_an_answered_case_moves_with_its_comment_and_without_its_answer(path: Path) -> None:
    edit(path, lambda book: fill(book, TWO, assigned_to="AB", answer="Åter till roboten", comment="Se lön."))
    write(path, [entry(1), moved(entry(2), Sheet.WAITING, answered="Åter till roboten", answered_by="AB"), entry(3)])
    assert list(rows_of(path)) == [ONE, THREE]
    assert [cell(path, TWO, heading, WAITING).value for heading in ("answered", "answered_by", "comment")] == ["Åter till roboten", "AB", "Se lön."]
    write(path, [entry(1), replace(entry(2), round=2), entry(3)])
    assert [cell(path, TWO, heading).value for heading in ("assigned_to", "answer", "comment")] == [None, None, "Se lön."]


def test_an_answer_of_an_earlier_round_does_not_count_in_the_next(path: Path) -> None:
    for one in (ONE, TWO):
        edit(path, partial(fill, reference=one, assigned_to="AB", answer="Åter till roboten"))
    mark = exception_queue.case_mark(entry(1).case_id)
    write(path, [entry(1, round_number=2), entry(2, round_number=2), entry(3)], taken={(mark, 1): "Åter till roboten"})
    assert [cell(path, one, "answer").value for one in (ONE, TWO)] == [None, None]
    assert cell(path, ONE, "notice").value is None
    assert cell(path, TWO, "notice").value == TEXTS.say("workbook.notice_old_answer", answer="Åter till roboten")


def test_deleted_rows_come_back_and_rows_of_a_person_s_own_stay(path: Path) -> None:
    def change(book: Any) -> None:
        book[TO_DO].delete_rows(3)
        book[TO_DO].cell(row=6, column=3, value="Egen rad: ring FK.")

    edit(path, change)
    write(path, [entry(1), entry(2), entry(3)])
    assert list(rows_of(path)) == [ONE, TWO, THREE]
    assert "Egen rad: ring FK." in [row[2] for row in load_workbook(path)[TO_DO].iter_rows(values_only=True)]


def test_hidden_rows_and_a_filter_stay(path: Path) -> None:
    def change(book: Any) -> None:
        book[TO_DO].row_dimensions[3].hidden = True

    edit(path, change)
    write(path, [entry(0), entry(1), entry(2), entry(3)])
    sheet = load_workbook(path)[TO_DO]
    assert [number for number in range(2, 6) if sheet.row_dimensions[number].hidden] == [rows_of(path)[TWO]]
    [table] = sheet.tables.values()
    assert (table.ref, table.autoFilter.ref) == ("A1:M5", "A1:M5")


def test_a_case_that_is_no_longer_shown_goes_unless_a_person_has_written_there(path: Path) -> None:
    edit(path, lambda book: fill(book, TWO, comment="Mitt."))
    write(path, [entry(3)])
    assert list(rows_of(path)) == [TWO, THREE]
    write(path, [entry(3)], forgotten={exception_queue.case_mark(entry(2).case_id)})
    assert list(rows_of(path)) == [THREE]


def test_a_row_pasted_twice_counts_once_and_the_words_in_the_other_stay(path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book[TO_DO]
        for place in range(1, sheet.max_column + 1):
            sheet.cell(row=5, column=place).value = sheet.cell(row=3, column=place).value
        sheet.cell(row=5, column=column(sheet, "comment")).value = "I den andra."

    edit(path, change)
    written = write(path, [entry(1), entry(2), entry(3)])
    assert TEXTS.say("workbook.damage_twice") in written.damages
    comments = [row[column(load_workbook(path)[TO_DO], "comment") - 1] for row in load_workbook(path)[TO_DO].iter_rows(min_row=2, values_only=True)]
    assert comments == [None, None, None, "I den andra."]
    assert write(path, [entry(1), entry(2), entry(3)]).damages == ()


def test_links_lead_to_the_explanation_and_stay_with_their_row(tmp_path: Path) -> None:
    path = tmp_path / "undantag.xlsx"
    linked = [replace(entry(number), link=f"forklaringar/{number}.html") for number in (1, 2)]
    write(path, linked)
    assert [cell(path, one, "link").hyperlink.target for one in (ONE, TWO)] == ["forklaringar/1.html", "forklaringar/2.html"]
    write(path, [replace(entry(0), link="forklaringar/0.html"), *linked])
    assert [cell(path, one, "link").hyperlink.target for one in ("EA-26-00000", ONE, TWO)] == [f"forklaringar/{number}.html" for number in (0, 1, 2)]


def test_what_the_robot_says_of_corrections_stands_beside_them(path: Path) -> None:
    def change(book: Any) -> None:
        for place, value in enumerate((ONE, "Dagar", 3), start=1):
            book["Rättelser"].cell(row=2, column=place, value=value)

    edit(path, change)
    write(path, [entry(1), entry(2), entry(3)], said_of_corrections={(ONE, "Dagar", "3"): "Taget."})
    assert load_workbook(path)["Rättelser"].cell(row=2, column=4).value == "Taget."
    assert write(path, [entry(1), entry(2), entry(3)], said_of_corrections={(ONE, "Dagar", "3"): "Taget."}).state is State.UNCHANGED


def test_the_version_before_each_change_is_kept_and_only_so_many(path: Path) -> None:
    for number in range(4, 9):
        exception_queue.write(path, exception_queue.View(entries=[entry(one) for one in range(number)]), TEXTS, now=NOW, versions=3)
    kept = sorted((path.parent / "versioner").iterdir())
    assert [len(rows_of(one)) for one in kept] == [5, 6, 7]


def test_a_proposal_stands_in_its_own_list_with_its_amount(path: Path) -> None:
    write(path, [entry(1), entry(2), entry(3), entry(4, sheet=Sheet.PROPOSALS, amount=5230)])
    assert cell(path, FOUR, "amount", PROPOSALS).value == 5230
