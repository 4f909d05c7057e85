"""What people can do to the file, and what becomes of it: nothing that anybody has written is lost, and every case is on its list afterwards.

Each damage is done to a workbook with seven cases, two of which are answered, with words of people in all the places where people write. Then the
robot reads and writes, and once more. Always: each case stands once in the list that it belongs to; each word is still in the workbook, or in one
that is kept beside it under a name that is never tidied away; and the second time there is nothing left to do.
"""

from __future__ import annotations

import csv
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from robots import exception_queue
from robots.exception_queue import Sheet, Written, case_mark
from tests.workbook.people import (
    CORRECTIONS,
    DONE,
    PROPOSALS,
    TEXTS,
    TO_DO,
    WAITING,
    at_libreoffice,
    column,
    edit,
    entry,
    fill,
    moved,
    rows_of,
    write,
)

ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN = (f"EA-26-{number:05d}" for number in range(1, 8))
BACK, HANDLED = TEXTS.say("workbook.answer_back"), TEXTS.say("workbook.answer_handled")
# Each of them reads and saves whole workbooks, which takes longer than what runs before every commit may take.
pytestmark = pytest.mark.durable

ENTRIES = [
    *(entry(number) for number in (1, 2, 3, 4)),
    entry(5, sheet=Sheet.PROPOSALS, amount=5230),
    moved(entry(6), Sheet.WAITING, waits_for="Roboten."),
    moved(entry(7), Sheet.DONE, result="Klart."),
]
#: what there is to write when the damage is done
THEN = [*ENTRIES, entry(8)]
HOMES = {ONE: TO_DO, TWO: TO_DO, THREE: TO_DO, FOUR: TO_DO, FIVE: PROPOSALS, SIX: WAITING, SEVEN: DONE}
WORDS = [
    "ord i kommentar två",
    "ord i kommentar tre",
    "ord i väntar",
    "ord i klart",
    "eget ord två",
    "eget ord fyra",
    "ord vid sidan",
    "ord i rättelser",
]
#: what each damage is told of, by the ends of the keys of the texts
GONE, NAME, HEADING, COLUMN, MERGED, TWICE, KEY, ASTRAY, FOREIGN = (
    f"workbook.damage_{end}" for end in ("sheet_gone", "sheet_name", "heading", "column", "merged", "twice", "key", "astray", "foreign")
)


@dataclass(frozen=True, kw_only=True)
class Damage:
    """What a person does, and what comes of it."""

    do: Callable[[Path], object]
    #: what the robot tells of it
    told: Sequence[str] = ()
    #: the answers that are read; the two that were given unless it says otherwise
    answers: Mapping[str, str] = field(default_factory=lambda: {TWO: BACK, THREE: HANDLED})
    #: it could not be used, and lies beside
    is_set_aside: bool = False
    #: cases whose row a person has made another's
    is_not_once: Sequence[str] = ()
    #: looked at afterwards
    then: Callable[[Path], bool] = lambda _path: True


def in_book(*changes: Callable[[Any], object]) -> Callable[[Path], None]:
    return lambda path: edit(path, lambda book: [change(book) for change in changes])


def in_list(*changes: Callable[[Any], object]) -> Callable[[Path], None]:
    return in_book(*(lambda book, change=change: change(book[TO_DO]) for change in changes))


def copy_row(source: Worksheet, row: int, target: Worksheet, to: int, *, shift: int = 0) -> None:
    for number in range(1, source.max_column + 1):
        target.cell(row=to, column=number + shift).value = source.cell(row=row, column=number).value


def cut_row(sheet: Worksheet, row: int, target: Worksheet, to: int) -> None:
    copy_row(sheet, row, target, to)
    for cell in sheet[row]:
        cell.value = None


def shift_row(sheet: Worksheet) -> None:
    values = [cell.value for cell in sheet[3]]
    for number, value in enumerate([None, *values], start=1):
        sheet.cell(row=3, column=number).value = value


def swap_keys(sheet: Worksheet) -> None:
    key = column(sheet, "key")
    sheet.cell(row=3, column=key).value, sheet.cell(row=5, column=key).value = (
        sheet.cell(row=5, column=key).value,
        sheet.cell(row=3, column=key).value,
    )


def reorder_columns(sheet: Worksheet) -> None:
    width = sheet.max_column
    for row in range(1, sheet.max_row + 1):
        values = [sheet.cell(row=row, column=number).value for number in range(1, width + 1)]
        for number, value in enumerate([values[9], *values[:9], *values[10:]], start=1):
            sheet.cell(row=row, column=number).value = value
    sheet.data_validations.dataValidation.clear()


def rename_in_english(book: Any) -> None:
    """Another language everywhere: sheets and headings."""
    from robots.texts import Texts
    from tests.workbook.people import REPOSITORY

    english = Texts.load(REPOSITORY / "config" / "texts", "en")
    for sheet in Sheet:
        worksheet = book[TEXTS.say(f"workbook.sheet_{sheet}")]
        for cell in worksheet[1]:
            key = next((key for key, text in TEXTS.texts.items() if key.startswith("workbook.column_") and text == cell.value), None)
            cell.value = english.say(key) if key else cell.value
        worksheet.title = english.say(f"workbook.sheet_{sheet}")


def delete_all_rows(sheet: Any) -> None:
    words = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    sheet.delete_rows(2, 4)
    sheet.parent.create_sheet("Undanlagt")
    for row in words:
        sheet.parent["Undanlagt"].append([value for value in row if not str(value).count(".1.")])


def clear(sheet: Worksheet, *, row: int = 0, place: str = "") -> None:
    cells = sheet[row] if row else [sheet.cell(row=number, column=column(sheet, place)) for number in range(2, sheet.max_row + 1)]
    for cell in cells:
        cell.value = None


def delete_column(key: str) -> Callable[[Path], None]:
    def change(sheet: Worksheet) -> None:
        place = column(sheet, key)
        sheet.delete_cols(place)
        table = next(iter(sheet.tables.values()))
        # Excel takes the column out of the table too.
        del sheet.tables[table.name]

    return in_list(change)


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def save_parts(path: Path, contents: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, content in contents.items():
            parts.writestr(name, content)


def make_strict(path: Path) -> None:
    names = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    }
    contents = parts_of(path)
    for name in contents:
        for old, new in names.items():
            contents[name] = contents[name].replace(old, new)
    save_parts(path, contents)


def add_macros(path: Path) -> None:
    contents = parts_of(path)
    contents["xl/vbaProject.bin"] = b"macro"
    contents["[Content_Types].xml"] = contents["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    )
    save_parts(path, contents)


def add_discussion(path: Path) -> None:
    save_parts(path, {**parts_of(path), "xl/threadedComments/threadedComment1.xml": b"<ThreadedComments/>"})


def as_csv(path: Path) -> None:
    rows = [[str(value) for value in row] for sheet in load_workbook(path) for row in sheet.iter_rows(values_only=True)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def older_copy(path: Path) -> None:
    """An older copy, in which a person has answered, is saved over the newer one."""
    shutil.copy(path, path.with_name("kopia.xlsx"))
    write(path, [*ENTRIES, entry(8)])
    path.with_name("kopia.xlsx").replace(path)


def at_office(**order: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        target = path.with_name(f"sparad.{order.get('end', 'xlsx')}")
        at_libreoffice(path.parent / "office", {"do": "save", "path": str(path), "target": str(target), **order})
        target.replace(path)

    return change


def cell_of(path: Path, reference: str, key: str) -> Any:
    sheet = load_workbook(path)[TO_DO]
    return sheet.cell(row=rows_of(path)[reference], column=column(sheet, key)).value


NOTHING: dict[str, str] = {}
DAMAGES: dict[str, Damage] = {
    "a heading is emptied": Damage(do=in_list(lambda sheet: sheet.__setitem__("C1", None)), told=[HEADING]),
    "a heading is reworded": Damage(do=in_list(lambda sheet: sheet.__setitem__("J1", "Mitt svar")), told=[HEADING]),
    "the row of headings is emptied": Damage(do=in_list(lambda sheet: clear(sheet, row=1)), told=[HEADING]),
    "the row of headings is deleted": Damage(do=in_list(lambda sheet: sheet.delete_rows(1)), told=[HEADING]),
    "a title is put above the headings": Damage(do=in_list(lambda sheet: sheet.insert_rows(1), lambda sheet: sheet.__setitem__("A1", "Vår lista"))),
    "headings in two": Damage(do=in_list(lambda sheet: sheet.__setitem__("C1", "Svar")), told=[HEADING]),
    "cells are merged": Damage(do=in_list(lambda sheet: sheet.merge_cells("A4:C5")), told=[MERGED]),
    "a text where a day was": Damage(
        do=in_list(lambda sheet: sheet.__setitem__("G3", "nästa vecka")), then=lambda path: cell_of(path, TWO, "due_on") == "nästa vecka"
    ),
    "a number where a text was": Damage(do=in_list(lambda sheet: sheet.__setitem__("C3", 17)), then=lambda path: cell_of(path, TWO, "why") == 17),
    "a time in an answer": Damage(
        do=in_list(lambda sheet: sheet.__setitem__("J2", time(12, 30))), answers={ONE: "12:30:00", TWO: BACK, THREE: HANDLED}
    ),
    "a day in the name": Damage(do=in_list(lambda sheet: sheet.__setitem__("I2", datetime(2026, 3, 1)))),  # noqa: DTZ001 - as a cell has it
    "a number as text in the reference": Damage(do=in_list(lambda sheet: sheet.__setitem__("A3", " EA-26-00002 "))),
    "a formula in an answer": Damage(
        do=in_list(lambda sheet: sheet.__setitem__("J2", "=J3")), then=lambda path: cell_of(path, ONE, "answer") == "=J3"
    ),
    "a very long text": Damage(
        do=in_list(lambda sheet: sheet.__setitem__("K2", "x" * 32_767)), then=lambda path: cell_of(path, ONE, "comment") == "x" * 32_767
    ),
    "a row is pasted twice": Damage(do=in_list(lambda sheet: copy_row(sheet, 4, sheet, 6)), told=[TWICE], is_not_once=[THREE]),
    "all rows are pasted twice": Damage(
        do=in_list(*(partial(lambda sheet, row: copy_row(sheet, row, sheet, row + 4), row=row) for row in (2, 3, 4, 5))),
        told=[TWICE],
        is_not_once=[TWO, THREE, FOUR],
    ),
    "rows are deleted": Damage(do=in_list(lambda sheet: sheet.delete_rows(2))),
    "all rows are deleted": Damage(do=in_list(delete_all_rows), answers=NOTHING),
    "blank rows are inserted": Damage(do=in_list(lambda sheet: sheet.insert_rows(3, 4))),
    "rows of their own are inserted": Damage(
        do=in_list(lambda sheet: sheet.insert_rows(3), lambda sheet: sheet.__setitem__("C3", "Brådskande:")),
        then=lambda path: load_workbook(path)[TO_DO]["C3"].value == "Brådskande:",
    ),
    "a case of their own is written below": Damage(
        do=in_list(lambda sheet: sheet.append(["EA-26-99999", None, "Eget ärende"])),
        then=lambda path: cell_of(path, "EA-26-99999", "why") == "Eget ärende",
    ),
    "columns are in another order": Damage(do=in_list(reorder_columns)),
    "the hidden column is deleted": Damage(do=delete_column("key"), told=[COLUMN, KEY]),
    "the hidden column is shown and overwritten": Damage(do=in_list(lambda sheet: clear(sheet, place="key")), told=[KEY]),
    "one hidden key is overwritten": Damage(do=in_list(lambda sheet: sheet.__setitem__("M3", "hej")), told=[KEY]),
    "the column of reasons is deleted": Damage(do=delete_column("why"), told=[COLUMN]),
    "the column of the robot's answers is deleted": Damage(do=delete_column("notice"), told=[COLUMN]),
    "the column of references is emptied": Damage(do=in_list(lambda sheet: clear(sheet, place="reference"))),
    "a reference is changed": Damage(
        do=in_list(lambda sheet: sheet.__setitem__("A3", "EA-26-12345")),
        answers={THREE: HANDLED},
        is_not_once=[TWO],
        then=lambda path: TEXTS.say("workbook.notice_reference", reference=TWO) in [cell.value for cell in load_workbook(path)[TO_DO]["L"]],
    ),
    "a list is sorted without its hidden column": Damage(do=in_list(swap_keys), told=[KEY], answers={THREE: HANDLED}),
    "cells of a row are shifted": Damage(do=in_list(shift_row), told=[ASTRAY]),
    "a row is cut into another list": Damage(
        do=in_book(lambda book: cut_row(book[TO_DO], 3, book[DONE], 3)), told=[ASTRAY], then=lambda path: cell_of(path, TWO, "answer") == BACK
    ),
    "a row is copied into another list": Damage(do=in_book(lambda book: copy_row(book[TO_DO], 3, book[WAITING], 3)), told=[TWICE], is_not_once=[TWO]),
    "a row is cut into a sheet of their own": Damage(
        do=in_book(lambda book: cut_row(book[TO_DO], 3, book.create_sheet("Mitt"), 1)), answers={THREE: HANDLED}
    ),
    "a sheet is renamed": Damage(do=in_book(lambda book: setattr(book[TO_DO], "title", "Våra ärenden")), told=[NAME]),
    "all sheets are renamed": Damage(do=in_book(lambda book: [one.__setattr__("title", f"Blad{at}") for at, one in enumerate(book)]), told=[NAME]),
    "a sheet is copied": Damage(do=in_book(lambda book: book.copy_worksheet(book[TO_DO]))),
    "a sheet is copied and the list deleted": Damage(
        do=in_book(lambda book: book.copy_worksheet(book[TO_DO]), lambda book: book.__delitem__(TO_DO)),
        told=[NAME],
        then=lambda path: len(load_workbook(path).sheetnames) > 5,
    ),
    "a list is deleted": Damage(
        do=in_book(lambda book: delete_all_rows(book[TO_DO]), lambda book: book.__delitem__(TO_DO)), told=[GONE], answers=NOTHING
    ),
    "a sheet that is no list is deleted": Damage(do=in_book(lambda book: book.__delitem__("Lathund"))),
    "sheets are in another order": Damage(do=in_book(lambda book: book.move_sheet(TO_DO, 4))),
    "other language in sheets and headings": Damage(do=in_book(rename_in_english), told=[NAME, HEADING, GONE]),
    "a filter is left on": Damage(
        do=in_list(lambda sheet: setattr(sheet.row_dimensions[3], "hidden", True)),
        then=lambda path: [number for number, row in load_workbook(path)[TO_DO].row_dimensions.items() if row.hidden] == [rows_of(path)[TWO]],
    ),
    "panes are no longer frozen": Damage(
        do=in_list(lambda sheet: setattr(sheet, "freeze_panes", None)), then=lambda path: load_workbook(path)[TO_DO].freeze_panes is None
    ),
    "columns are made narrow and hidden": Damage(
        do=in_list(lambda sheet: setattr(sheet.column_dimensions["C"], "hidden", True)),
        then=lambda path: bool(load_workbook(path)[TO_DO].column_dimensions["C"].hidden),
    ),
    "drop-downs and colours of deadlines are gone": Damage(
        do=in_list(lambda sheet: sheet.data_validations.dataValidation.clear(), lambda sheet: sheet.conditional_formatting._cf_rules.clear()),
        then=lambda path: (
            len(load_workbook(path)[TO_DO].data_validations.dataValidation) == 1 and len(list(load_workbook(path)[TO_DO].conditional_formatting)) == 1
        ),
    ),
    "the table is made plain cells": Damage(
        do=in_list(lambda sheet: sheet.tables.clear()),
        then=lambda path: [table.ref for table in load_workbook(path)[TO_DO].tables.values()] == ["A1:O7"],
    ),
    "an older copy is saved over the new one": Damage(do=older_copy),
    "a file of nothing": Damage(do=lambda path: path.write_bytes(b""), is_set_aside=True, answers=NOTHING),
    "a file cut short": Damage(do=lambda path: path.write_bytes(path.read_bytes()[:6000]), is_set_aside=True, answers=NOTHING),
    "a list of commas under its name": Damage(do=as_csv, is_set_aside=True, answers=NOTHING),
    "another program's file under its name": Damage(do=lambda path: path.write_bytes(b"%PDF-1.7\n"), is_set_aside=True, answers=NOTHING),
    "strict form": Damage(do=make_strict, is_set_aside=True),
    "macros": Damage(do=add_macros, told=[FOREIGN]),
    "a discussion": Damage(do=add_discussion, told=[FOREIGN]),
}
AT_OFFICE: dict[str, Damage] = {
    "saved in the old form, under its name": Damage(do=at_office(filter="MS Excel 97", end="xls"), is_set_aside=True),
    "saved as OpenDocument, under its name": Damage(do=at_office(filter="calc8", end="ods"), is_set_aside=True),
    "saved with a password": Damage(do=at_office(filter="Calc MS Excel 2007 XML", password="hemligt"), is_set_aside=True, answers=NOTHING),
    "saved by LibreOffice": Damage(do=at_office(filter="Calc MS Excel 2007 XML")),
}


def a_workbook_in_use(path: Path) -> None:
    """A workbook with words of people wherever people write."""
    write(path, ENTRIES)

    def change(book: Any) -> None:
        fill(book, TWO, assigned_to="AB", answer=BACK, comment=WORDS[0])
        fill(book, THREE, assigned_to="CD", answer=HANDLED, comment=WORDS[1])
        fill(book, SIX, WAITING, comment=WORDS[2])
        fill(book, SEVEN, DONE, comment=WORDS[3])
        sheet = book[TO_DO]
        for row, heading, second in ((1, "Eget", "Mer"), (3, WORDS[4], "x"), (5, WORDS[5], "y")):
            sheet.cell(row=row, column=14).value, sheet.cell(row=row, column=15).value = heading, second
        sheet["N3"].fill = PatternFill("solid", start_color="FFFF0000")
        sheet["R9"].value = WORDS[6]
        book[CORRECTIONS]["C9"].value = WORDS[7]

    edit(path, change)
    write(path, ENTRIES)


def words_in(path: Path) -> set[str]:
    if path.stat().st_size == 0:
        return set()
    if not zipfile.is_zipfile(path):
        return set(re.findall("|".join(WORDS), path.read_bytes().decode("utf-8", "replace")))
    return {word for content in parts_of(path).values() for word in WORDS if word in content.decode("utf-8", "replace")}


def check(path: Path, damage: Damage) -> Written:
    a_workbook_in_use(path)
    damage.do(path)
    as_left = path.read_bytes()
    lying = words_in(path)
    found = exception_queue.read(path, TEXTS)
    answers = {row.key.case if row.key else row.text("reference"): row.text("answer") for row in (found.rows if found else ()) if row.text("answer")}
    named = {case_mark(one.case_id): str(one.values["reference"]) for one in ENTRIES}
    assert {named.get(case, case): answer for case, answer in answers.items()} == damage.answers
    written = write(path, THEN)
    assert set(written.damages) == {TEXTS.say(key) for key in damage.told}
    assert (written.set_aside is not None) == damage.is_set_aside
    if written.set_aside is not None:
        assert written.set_aside.read_bytes() == as_left
    if written.original is not None:
        assert written.original.read_bytes() == as_left
    assert lying <= words_in(path) | (set() if written.set_aside is None else words_in(written.set_aside))
    found = exception_queue.read(path, TEXTS)
    assert found is not None
    standing = [(row.key.case, row.sheet, row.is_astray) for row in found.rows if row.key is not None]
    assert sorted(standing) == sorted((case_mark(one.case_id), one.sheet, False) for one in THEN)
    for reference, home in HOMES.items():
        here = [row.text("reference") for row in found.rows].count(reference)
        assert here == 1 or reference in damage.is_not_once, (reference, home, here)
    again = write(path, THEN)
    assert (again.state, again.damages) == (exception_queue.State.UNCHANGED, ())
    assert damage.then(path)
    return written


@pytest.mark.parametrize("name", DAMAGES)
def test_nothing_is_lost_and_every_case_is_on_its_list(tmp_path: Path, name: str) -> None:
    check(tmp_path / "undantag.xlsx", copy(DAMAGES[name]))


@pytest.mark.desktop
@pytest.mark.parametrize("name", AT_OFFICE)
def test_nothing_is_lost_when_another_program_has_saved_it(tmp_path: Path, name: str) -> None:
    written = check(tmp_path / "undantag.xlsx", AT_OFFICE[name])
    if AT_OFFICE[name].is_set_aside and AT_OFFICE[name].answers:
        assert [cell_of(written.path, one, "answer") for one in (TWO, THREE)] == [BACK, HANDLED]
        assert [cell_of(written.path, one, "comment") for one in (TWO, THREE)] == WORDS[:2]
