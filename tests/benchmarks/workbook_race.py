"""One thing done to a workbook of 10,000 rows, in a process of its own: prints the seconds of work and the most memory.

Started as `python -m tests.benchmarks.workbook_race WHAT WORKBOOK`.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import xlsxwriter
from openpyxl import load_workbook
from xlsxwriter.url import Url

from robots import exception_queue
from robots.exception_queue import Entry, Sheet, State, View
from robots.exception_queue.entries import Value
from robots.exception_queue.layout import COLUMNS, Look
from robots.exception_queue.looks import new_format
from robots.exception_queue.merging import merge  # noqa: F401 - loading the libraries is no part of the race
from robots.exception_queue.new_book import ordered, values_of, write_new
from robots.texts import Texts

ROWS = 10_000
TEXTS = Texts.load(Path("config/texts"), "sv")
NOW = datetime(2026, 3, 3, 20, 30, tzinfo=UTC)


def entry(number: int) -> Entry:
    """A hand-off as long as most are."""
    due_on = date(2026, 3, 1) + timedelta(days=number % 60)
    values: dict[str, Value] = {
        "reference": f"EA-26-{number:05d}",
        "month": date(2026, 3, 1),
        "why": f"Den sökande har en inkomst som roboten inte känner ({number}).\nEn bilaga ska läsas.",
        "codes": "INCOME-UNKNOWN\nATTACH",
        "done": "Registrerat ansökan i verksamhetssystemet.",
        "left": "Pröva inkomsten.\nLäs bilagan.\nBesluta.",
        "due_on": due_on,
    }
    order = (due_on.isoformat(), f"{number:05d}")
    return Entry(case_id=f"process:{number}", round=1, sheet=Sheet.TO_DO, values=values, order=order, link=f"forklaringar/{number}.html")


def view(numbers: range) -> View:
    """All that the casebook knows."""
    return View(entries=[entry(number) for number in numbers])


def plain_new(path: Path) -> None:
    """Write the same cells, formats and links with XlsxWriter, and nothing besides."""
    columns = COLUMNS[Sheet.TO_DO]
    entries = ordered(ALL, Sheet.TO_DO)
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        worksheet = book.add_worksheet("Att göra")
        looks = {look: new_format(book, look) for look in Look}
        for row, one in enumerate(entries, start=1):
            values = values_of(one)
            worksheet.set_row(row, 49)
            for place, column in enumerate(columns):
                value, look = values.get(column.key), looks[column.look]
                if column.look is Look.LINK:
                    url = Url(f"external:{one.link}")
                    url._text = "Visa"
                    worksheet.write_url(row, place, url, look)
                elif value is None or value == "":
                    worksheet.write_blank(row, place, None, look)
                elif isinstance(value, date):
                    worksheet.write_datetime(row, place, datetime(value.year, value.month, value.day), look)  # noqa: DTZ001 - a cell's day has no zone
                else:
                    worksheet.write_string(row, place, str(value), look)
        worksheet.add_table(0, 0, len(entries), len(columns) - 1, {"columns": [{"header": column.key} for column in columns]})


def plain_read(path: Path) -> None:
    """Load it with openpyxl, and nothing besides."""
    load_workbook(path)


def read(path: Path) -> None:
    """Read the answers."""
    found = exception_queue.read(path, TEXTS)
    assert found is not None
    assert len(found.rows) == ROWS


def plain_merge(path: Path) -> None:
    """Load, change and save it with openpyxl, and nothing besides."""
    book = load_workbook(path)
    book["Att göra"]["K5"] = "x"
    book.save(path.with_name("plain.xlsx"))


def merged(path: Path) -> None:
    """Twenty cases go, twenty come."""
    written = exception_queue.write(path, view(range(20, ROWS + 20)), TEXTS, now=NOW)
    assert written.state is State.WRITTEN
    assert written.hand_offs == ROWS


def unchanged(path: Path) -> None:
    """Find that there is nothing to write."""
    assert exception_queue.write(path, ALL, TEXTS, now=NOW).state is State.UNCHANGED


def new(path: Path) -> None:
    """Write a new workbook."""
    write_new(path, ALL, TEXTS, now=NOW)


ALL = view(range(ROWS))
RACES: dict[str, Callable[[Path], None]] = {one.__name__: one for one in (plain_new, new, plain_read, read, plain_merge, merged, unchanged)}


def main() -> None:
    """Do it and print what it took."""
    run, path = RACES[sys.argv[1]], Path(sys.argv[2])
    began = time.process_time()
    run(path)
    seconds = time.process_time() - began
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": megabytes}))  # noqa: T201 - what the benchmark reads


if __name__ == "__main__":
    main()
