"""Two robots and a person write the same workbook at once, and robots are killed while they write.

KOLLEGA_WORKBOOK_ROUNDS and KOLLEGA_WORKBOOK_KILLS make the two loops longer: 50 and 200 are what is promised.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from robots import exception_queue
from robots.exception_queue import ANSWERS, Entry, RowKey, Sheet, State
from tests.workbook.people import REPOSITORY, TEXTS, TO_DO, column, entry, rows_of, write
from tests.workbook.two_robots import open_casebook
from tests.workbook.two_robots import write as write_all

pytestmark = pytest.mark.durable

ROUNDS = int(os.environ.get("KOLLEGA_WORKBOOK_ROUNDS", "3"))
KILLS = int(os.environ.get("KOLLEGA_WORKBOOK_KILLS", "12"))
EACH = 20
ANSWER = TEXTS.say(f"workbook.{ANSWERS[0]}")
DONE = TEXTS.say(f"workbook.sheet_{Sheet.DONE}")


class Person:
    """Somebody who opens the workbook, answers a few rows, remarks on others, and saves: in one act, or in place as some programs do."""

    def __init__(self, path: Path, dice: random.Random) -> None:
        self._path = path
        self._dice = dice
        self.answered: dict[str, str] = {}
        self.remarked: dict[str, str] = {}

    def save(self) -> None:
        """Work for one save, with the mark that Excel leaves beside the file while it is open there."""
        if not self._path.exists():
            return
        # Half of the time the program leaves a mark that the workbook is open, as Excel does; the other half it looks at nothing.
        is_marked = self._dice.random() < 0.5
        mark = self._path.with_name(f"~${self._path.name}")
        if is_marked:
            mark.touch()
        try:
            before = self._path.stat().st_ino
            book = load_workbook(self._path)
            answered, remarked = self._change(book[TO_DO])
            saved = self._path.with_name("person.tmp")
            book.save(saved)
            if is_marked and self._path.stat().st_ino != before:
                saved.unlink()  # a robot was about to write when it was opened; the program says so, and the person opens it again
                return
            if self._dice.random() < 0.5:
                saved.replace(self._path)
            else:
                shutil.copyfile(saved, self._path)
                saved.unlink()
            self.answered |= answered
            self.remarked |= remarked
        finally:
            mark.unlink(missing_ok=True)

    def _change(self, sheet: Any) -> tuple[dict[str, str], dict[str, str]]:
        answered, remarked = {}, {}
        answer, who, comment = (column(sheet, key) for key in ("answer", "assigned_to", "comment"))
        for row in range(2, sheet.max_row + 1):
            reference = sheet.cell(row=row, column=1).value
            if reference is None or RowKey.parse(sheet.cell(row=row, column=column(sheet, "key")).value) is None:
                continue
            if self._dice.random() < 0.15 and reference not in self.answered:
                sheet.cell(row=row, column=answer).value, sheet.cell(row=row, column=who).value = ANSWER, f"AB {row}"
                answered[reference] = f"AB {row}"
            elif self._dice.random() < 0.15:
                sheet.cell(row=row, column=comment).value = remarked[reference] = f"anm {self._dice.random()}"
        return answered, remarked


def robot(workbook: Path, casebook: Path, first: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.workbook.two_robots", str(workbook), str(casebook), str(first), str(EACH)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_two_robots_and_a_person_lose_no_row_and_no_answer(tmp_path: Path, seed: int) -> None:
    workbook, casebook = tmp_path / "undantag.xlsx", tmp_path / "casebook.sqlite3"
    dice = random.Random(seed)
    person = Person(workbook, dice)
    # Made before the robots open it both at once, of which one could be refused while the other makes it.
    open_casebook(casebook).close()
    robots = [robot(workbook, casebook, first) for first in (1, 1 + EACH)]
    for one in robots:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in robots:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    while any(one.poll() is None for one in robots):
        person.save()
        time.sleep(dice.random() * 0.2)  # the person's own pace; nothing is waited for
    person.save()
    for one in robots:
        one.communicate(timeout=60)
    assert [one.returncode for one in robots] == [0, 0]
    with closing(open_casebook(casebook)) as book:
        assert write_all(workbook, book) in (State.WRITTEN, State.UNCHANGED)
        actions = book.execute("select number, answer from actions order by number").fetchall()
        names = dict(book.execute("select number, who from cases where answer is not null"))
    assert actions == [(int(reference[-5:]), ANSWER) for reference in sorted(person.answered)]
    assert names == {int(reference[-5:]): who for reference, who in person.answered.items()}
    standing = [*rows_of(workbook), *rows_of(workbook, DONE)]
    assert sorted(standing) == [f"EA-26-{number:05d}" for number in range(1, 2 * EACH + 1)]
    assert set(rows_of(workbook, DONE)) == set(person.answered)
    comments: dict[Any, Any] = {}
    for sheet in (load_workbook(workbook)[name] for name in (TO_DO, DONE)):
        comments |= {row[0]: row[column(sheet, "comment") - 1] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert {reference: comments[reference] for reference in person.remarked} == person.remarked
    assert not [one.name for one in tmp_path.iterdir() if one.suffix == ".tmp"]


def test_a_robot_killed_while_it_writes_leaves_a_workbook_that_can_be_read_with_every_row_and_answer(tmp_path: Path) -> None:
    path = tmp_path / "undantag.xlsx"
    dice = random.Random(1)
    entries = [entry(number) for number in range(1, 61)]
    write(path, entries)
    durations = sorted(_write_in_child(path, [*entries, entry(900 + number)], after_seconds=None) for number in range(2))
    write(path, entries)
    answers: dict[str, str] = {}
    finished = 0
    for number in range(KILLS):
        reference = f"EA-26-{dice.randrange(1, 61):05d}"
        answers[reference] = f"AB {number}"
        _answer(path, reference, answers[reference])
        new = [*entries, entry(100 + number)]
        took = _write_in_child(path, new, after_seconds=dice.random() * durations[0])
        finished += took >= 0
        found = exception_queue.read(path, TEXTS)
        assert found is not None
        rows = {row.text("reference"): row for row in found.rows if row.key is not None}
        assert set(rows) >= {str(one.values["reference"]) for one in entries}
        assert {one: rows[one].text("answer") and rows[one].text("assigned_to") for one in answers} == answers
    assert write(path, [*entries, entry(500)]).state is State.WRITTEN
    assert f"EA-26-{500:05d}" in rows_of(path)
    assert not [one.name for one in tmp_path.iterdir() if one.suffix == ".tmp"]
    assert finished < KILLS


def _answer(path: Path, reference: str, name: str) -> None:
    book = load_workbook(path)
    sheet = book[TO_DO]
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row=row, column=1).value == reference:
            sheet.cell(row=row, column=column(sheet, "answer")).value = ANSWER
            sheet.cell(row=row, column=column(sheet, "assigned_to")).value = name
    saved = path.with_name("person.tmp.xlsx")
    book.save(saved)
    saved.replace(path)


def _write_in_child(path: Path, entries: list[Entry], *, after_seconds: float | None) -> float:
    """Write in a child that is killed after a time; return how long it took, or -1 if it was killed."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            write(path, entries)
        finally:
            os._exit(0)
    if after_seconds is not None:
        time.sleep(after_seconds)  # when it is killed is what is tried
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return time.monotonic() - started if os.WIFEXITED(status) else -1.0
