"""A robot in a process of its own, which finds cases and writes all that the casebook knows into the workbook.

Started as `python -m tests.workbook.two_robots WORKBOOK CASEBOOK FIRST COUNT [ONE_BY_ONE]`.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from robots import exception_queue
from robots.exception_queue import Entry, Sheet, State, View, case_mark
from tests.workbook.people import NOW, TEXTS, entry, moved

_TABLES = """
create table if not exists cases (number integer primary key, answer text, who text);
create table if not exists readings (number integer, answer text, primary key (number, answer));
create table if not exists actions (id integer primary key, number integer, answer text);
"""


def open_casebook(path: Path) -> sqlite3.Connection:
    """Open what both robots share."""
    book = sqlite3.connect(path, timeout=60, isolation_level=None)
    book.execute("pragma journal_mode = wal")
    book.executescript(_TABLES)
    return book


def take_answers(workbook: Path, book: sqlite3.Connection) -> None:
    """Act on each answer once: the casebook says which robot was first."""
    found = exception_queue.read(workbook, TEXTS)
    known = {case_mark(entry(number).case_id): number for (number,) in book.execute("select number from cases")}
    for row in found.rows if found else ():
        answer = row.text("answer")
        if row.key is None or not answer or row.key.case not in known:
            continue
        number = known[row.key.case]
        book.execute("begin immediate")
        if book.execute("insert or ignore into readings values (?, ?)", (number, answer)).rowcount:
            book.execute("insert into actions (number, answer) values (?, ?)", (number, answer))
            book.execute("update cases set answer = ?, who = ? where number = ?", (answer, row.text("assigned_to"), number))
        book.execute("commit")


def entries_of(book: sqlite3.Connection) -> list[Entry]:
    """Return all that the casebook knows, those that are answered in the list of what is done."""
    cases = book.execute("select number, answer, who from cases order by number").fetchall()
    return [moved(entry(number), Sheet.DONE, answered=answer, answered_by=who) if answer else entry(number) for number, answer, who in cases]


def write(workbook: Path, book: sqlite3.Connection) -> State:
    """Read what people have answered, and write what is known."""
    take_answers(workbook, book)
    return exception_queue.write(workbook, View(entries=entries_of(book)), TEXTS, now=NOW).state


def main() -> None:
    """Find the cases, then write until nobody has the workbook open."""
    workbook, casebook = Path(sys.argv[1]), Path(sys.argv[2])
    first, count = int(sys.argv[3]), int(sys.argv[4])
    with closing(open_casebook(casebook)) as book:
        print("ready", flush=True)  # noqa: T201 - what the test waits for
        sys.stdin.readline()
        steps = [range(number, number + count // 4) for number in range(first, first + count, count // 4)]
        for step in steps:
            book.executemany("insert or ignore into cases (number) values (?)", [(number,) for number in step])
            write(workbook, book)
        while write(workbook, book) is State.OPEN:
            pass


if __name__ == "__main__":
    main()
