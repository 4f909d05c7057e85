"""What people do to the workbook, and what the tests show in it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from robots import exception_queue
from robots.exception_queue import Entry, Sheet, View, Written
from robots.texts import Texts

REPOSITORY = Path(__file__).parent.parent.parent
TEXTS = Texts.load(REPOSITORY / "config" / "texts", "sv")
NOW = datetime(2026, 3, 3, 20, 30, tzinfo=UTC)
TO_DO, PROPOSALS, CORRECTIONS, WAITING, DONE = (TEXTS.say(f"workbook.sheet_{sheet}") for sheet in Sheet)


def entry(number: int, *, sheet: Sheet = Sheet.TO_DO, round_number: int = 1, **values: Any) -> Entry:
    """A case; its deadline is by its number."""
    due_on = date(2026, 3, 1) + timedelta(days=number)
    shown: dict[str, Any] = {
        "reference": f"EA-26-{number:05d}",
        "month": date(2026, 3, 1),
        "why": f"Skäl {number}.",
        "codes": "ATTACH",
        "left": "Pröva.",
    }
    if sheet in (Sheet.TO_DO, Sheet.PROPOSALS):
        shown["due_on"] = due_on
    return Entry(
        case_id=f"process:EA-26-{number:05d}:2026-03",
        round=round_number,
        sheet=sheet,
        values={**shown, **values},
        order=(due_on.isoformat(), f"{number:05d}"),
    )


def write(path: Path, entries: Sequence[Entry], **view: Any) -> Written:
    """Have the robot write."""
    return exception_queue.write(path, View(entries=entries, **view), TEXTS, now=NOW)


def edit(path: Path, change: Callable[[Any], object]) -> None:
    """Open, change and save the workbook as a person does."""
    book = load_workbook(path)
    change(book)
    book.save(path)


def column(sheet: Worksheet, heading: str) -> int:
    """Return the number of the column with the heading, e.g. `answer`, or one of a person's own."""
    key = f"workbook.column_{heading}"
    title = TEXTS.say(key) if key in TEXTS.texts else heading
    found = [number for number, cell in enumerate(sheet[1], start=1) if cell.value == title]
    assert len(found) == 1, (heading, [cell.value for cell in sheet[1]])
    return found[0]


def rows_of(path: Path, sheet: str = TO_DO) -> dict[str, int]:
    """Return the number of each case's row, in the order in which they stand."""
    worksheet = load_workbook(path)[sheet]
    place = column(worksheet, "reference")
    return {str(row[place - 1]): number for number, row in enumerate(worksheet.iter_rows(min_row=2, values_only=True), start=2) if row[place - 1]}


def cell(path: Path, reference: str, heading: str, sheet: str = TO_DO) -> Any:
    """Return a case's cell."""
    worksheet = load_workbook(path)[sheet]
    return worksheet.cell(row=rows_of(path, sheet)[reference], column=column(worksheet, heading))


def fill(book: Any, reference: str, sheet: str = TO_DO, **cells: Any) -> None:
    """Write into a case's row."""
    worksheet = book[sheet]
    place = column(worksheet, "reference")
    for row in worksheet.iter_rows(min_row=2):
        if row[place - 1].value == reference:
            for heading, value in cells.items():
                row[column(worksheet, heading) - 1].value = value


def moved(one: Entry, sheet: Sheet, **values: Any) -> Entry:
    """Return the case as it stands in another list."""
    kept = {key: value for key, value in one.values.items() if key in ("reference", "month", "why")}
    return replace(one, sheet=sheet, values={**kept, **values})


def at_libreoffice(folder: Path, *orders: dict[str, Any]) -> list[Any]:
    """Have a person work at LibreOffice, in a process of its own, and return what they see."""
    profile = folder / "profile"
    profile.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["/usr/bin/python3", str(Path(__file__).with_name("office.py")), str(profile)],
        input=json.dumps(orders),
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))
