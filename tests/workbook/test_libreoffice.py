"""The workbook at a real LibreOffice: what a person does there stays, what an applicant wrote does nothing there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robots import exception_queue
from robots.exception_queue import ANSWERS, Entry, Sheet, State
from robots.exception_queue.layout import COLUMNS
from tests.workbook.people import TEXTS, TO_DO, at_libreoffice, entry, write

pytestmark = pytest.mark.desktop

PLACES = {column.key: number for number, column in enumerate(COLUMNS[Sheet.TO_DO])}
WIDTH = len(PLACES)
COLOUR = 0xFF0000
REMARK = "Ring på måndag."
ANSWER = TEXTS.say(f"workbook.{ANSWERS[0]}")


def shown(entries: list[Entry], code: str) -> list[str]:
    return [str(one.values["reference"]) for one in entries if one.values["codes"] == code]


def test_all_that_a_person_does_in_libreoffice_is_read_and_still_there_after_the_robot_has_written(tmp_path: Path) -> None:
    path = tmp_path / "undantag.xlsx"
    entries = [replace(entry(number, codes="PAYACC" if number % 3 else "ATTACH"), link=f"forklaringar/{number}.html") for number in range(1, 41)]
    write(path, entries)
    references = [str(one.values["reference"]) for one in entries]
    answered = references[::2]
    order = {
        "path": str(path),
        "sheet": TO_DO,
        "table": "Kollega_to_do",
        "width": WIDTH,
        "height": len(entries) + 1,
        "columns": PLACES,
        "answers": {one: {"assigned_to": "ÅÖ", "answer": ANSWER, "comment": f"=1+{number}"} for number, one in enumerate(answered)},
        "coloured": references[2],
        "colour": COLOUR,
        "remark": REMARK,
        "shown_code": "PAYACC",
    }
    [worked] = at_libreoffice(tmp_path, {**order, "do": "work"})
    assert worked["marks"] == [".~lock.undantag.xlsx#"]

    found = exception_queue.read(path, TEXTS)
    assert found is not None
    read = {row.text("reference"): (row.text("assigned_to"), row.text("answer"), row.text("comment")) for row in found.rows if row.text("answer")}
    assert read == {one: ("ÅÖ", ANSWER, f"=1+{number}") for number, one in enumerate(answered)}
    assert {row.key is not None for row in found.rows} == {True}
    assert write(path, entries).state is State.UNCHANGED

    # Two cases leave, one comes, one gets another text: all else is as the person left it, in their order.
    gone, new = references[2:4], entry(50, codes="PAYACC")
    now = [replace(entries[0], values={**entries[0].values, "why": "Nytt skäl."}), entries[1], *entries[4:], new]
    now += [replace(one, sheet=Sheet.DONE, values={key: one.values[key] for key in ("reference", "month", "why")}) for one in entries[2:4]]
    assert write(path, now).state is State.WRITTEN
    assert write(path, now).state is State.UNCHANGED

    view = {**order, "do": "look", "width": WIDTH + 2, "key": PLACES["key"]}
    [seen, done] = at_libreoffice(tmp_path, view, {**view, "sheet": TEXTS.say("workbook.sheet_done")})
    rows = {row["cells"][0]["text"]: row for row in seen["rows"][1:]}
    assert list(rows) == [*(one for one in reversed(references) if one not in gone), "EA-26-00050"]
    for reference in set(references) - set(gone):
        cells = rows[reference]["cells"]
        texts = tuple(cells[PLACES[key]]["text"] for key in ("assigned_to", "answer", "comment"))
        assert texts == (read[reference] if reference in answered else ("", "", ""))
        assert (cells[WIDTH]["text"], cells[WIDTH + 1]["text"]) == (f"grupp {reference[-1]}", "11")
        assert [Path(link).name for link in cells[PLACES["link"]]["links"]] == [f"{int(reference[-5:])}.html"]
        assert (cells[PLACES["answer"]]["choice"], cells[PLACES["answer"]]["choices"].count(ANSWER)) == ("LIST", 1)
        assert rows[reference]["is_visible"] == (reference in shown(entries, "PAYACC"))
    assert rows["EA-26-00001"]["cells"][PLACES["why"]]["text"] == "Nytt skäl."
    assert rows["EA-26-00050"]["cells"][PLACES["answer"]]["choice"] == "LIST"
    assert seen["is_key_hidden"]
    assert seen["tables"]["Kollega_to_do"] == [WIDTH + 1, len(rows), True]
    carried = {row["cells"][0]["text"]: row["cells"] for row in done["rows"][1:]}
    place = {column.key: number for number, column in enumerate(COLUMNS[Sheet.DONE])}
    assert (carried[references[2]][place["why"]]["colour"], carried[references[2]][place["why"]]["remark"]) == (COLOUR, REMARK)
    assert {one: carried[one][place["comment"]]["text"] for one in gone} == {one: read[one][2] if one in read else "" for one in gone}


HOSTILE = (
    '=HYPERLINK("http://example.invalid";"x")',
    '=WEBSERVICE("http://example.invalid")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    '=DDE("soffice";"/etc/passwd";"A1")',
    "{=1+1}",
    "http://example.invalid/",
    "mailto:a@example.invalid",
    "<a href='http://example.invalid'>x</a> & <b>y</b>",
    "&Lsidfot &[Datum]",
    "' =1+1",
    "_x003D_1+1",
    "1;2,3",
    "007",
    "2026-03-01",
    "TRUE",
)


def test_what_an_applicant_wrote_is_a_plain_text_there_in_a_new_workbook_and_in_a_changed_one(tmp_path: Path) -> None:
    path = tmp_path / "undantag.xlsx"
    write(path, [entry(number, left=text) for number, text in enumerate(HOSTILE, start=1)])
    order: dict[str, Any] = {"path": str(path), "sheet": TO_DO, "do": "look", "width": WIDTH}
    changed = tmp_path / "changed" / "undantag.xlsx"
    write(changed, [entry(number) for number in range(1, len(HOSTILE) + 1)])
    write(changed, [entry(number, left=text, done=text) for number, text in enumerate(HOSTILE, start=1)])
    seen = at_libreoffice(tmp_path, order, {**order, "path": str(changed)})
    for one, keys in zip(seen, (("left",), ("left", "done")), strict=True):
        for key in keys:
            cells = [row["cells"][PLACES[key]] for row in one["rows"][1 : len(HOSTILE) + 1]]
            assert [cell["text"] for cell in cells] == list(HOSTILE)
            assert {cell["kind"] for cell in cells} == {"TEXT"}
            assert not [cell for cell in cells if cell["links"]]
