"""What leaves the case: a whole run on households that wrote markup, formulas, paths and forged lines, and everything that it left behind."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from robots.casebook import Casebook, DocumentKind
from robots.practice.households import generate
from robots.practice.world import ApplicationChild, ApplicationIncome, Household
from tests.privacy.identities import wanted_of
from tests.privacy.search import search
from tests.test_run import RUN_SECONDS, installed

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.durable]

#: stands in every text that a hostile applicant wrote
MARK = "Kvittoverket"
HOSTILE = (
    f"=HYPERLINK(A1) {MARK} \x1b[31m[bold red]x[/] \u202eabc\u2066 '; DROP TABLE cases;-- <b onclick=x()>é</b> 😀 "
    "{reference} ../../x\n2026-11-21T21:00:00.000Z  INFO"
)


@dataclass(frozen=True)
class Left:
    """What a run has left behind."""

    code: int
    printed: str
    households: Sequence[Household]
    #: folder that the robot writes in
    logs: Path
    #: the robot's home, and its folder for temporary files
    beside: Sequence[Path]
    #: folder of the practice systems' databases
    systems: Path
    #: the systems' passwords
    passwords: Sequence[str]
    #: {program: its environment} of all programs that the run started
    started: Mapping[str, bytes]

    @property
    def texts(self) -> dict[str, str]:
        """All that a person or a program can read outside the casebook, by the file's name."""
        found = {"the terminal": self.printed}
        for path in (path for path in self.logs.rglob("*") if path.is_file()):
            if path.suffix == ".xlsx":
                with ZipFile(path) as parts:
                    found[path.name] = "".join(parts.read(name).decode(errors="replace") for name in parts.namelist())
            elif path.name != "casebook.sqlite":
                found[path.name] = path.read_bytes().decode(errors="replace")
        return found

    @property
    def personal(self) -> set[str]:
        """Everything that stands for somebody of these households."""
        known = {MARK}
        for one in self.households:
            known |= {text for person in one.persons for text in (person.personnummer, person.personnummer[2:], person.family_name)}
            known |= {entry.address for entry in one.population}
            known |= {row.amount for row in one.application.incomes} | {amount for _, amount in one.application.expenses}
            known |= {row.net for answers in one.agencies for row in answers.fk_payments}
            known |= {one.case.account, one.case.case_number} if one.case is not None else set()
        return known - {""}


def hostile_households() -> list[Household]:
    """Generated households, each with another field of the application written by somebody who means harm."""
    changes: tuple[dict[str, Any], ...] = (
        {"incomes": (ApplicationIncome(party="sökande", kind=HOSTILE, paid_on="2026-02-25", amount="100,00"),)},
        {"attachments": (f"../../{HOSTILE}", MARK * 10_000), "pending_benefits": (HOSTILE,)},
        {"month": f"2026-03/../../{MARK}"},
        {"account": HOSTILE, "days_away": HOSTILE, "expenses": ((HOSTILE * 100, "1,00"),)},
        {"children": (ApplicationChild(personnummer=HOSTILE, residence=HOSTILE, days=HOSTILE, lunch=HOSTILE),), "civil_status": HOSTILE},
        {"co_applicant": HOSTILE, "month": f"={MARK}"},
        {},
        {},
    )
    households = generate(9, len(changes))
    return [replace(one, application=replace(one.application, **change)) for one, change in zip(households, changes, strict=True)]


def started_by(process_id: int) -> Iterator[tuple[str, bytes]]:
    """The programs that run now and descend from the process, with their environments."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    for one in parents:
        parent = one
        while parent not in (0, process_id):
            parent = parents.get(parent, 0)
        if parent == process_id != one:
            try:
                yield Path(f"/proc/{one}/cmdline").read_bytes().replace(b"\0", b" ").decode(), Path(f"/proc/{one}/environ").read_bytes()
            except OSError:
                continue


@contextmanager
def unmasked() -> Iterator[None]:
    """Let every file that is made from here on have the rights that its maker asks for: none is to rest on the account's own mask."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    households = hostile_households()
    with unmasked(), installed(tmp_path_factory.mktemp("run"), households) as (installation, municipality):
        started: dict[str, bytes] = {}
        beside = [installation.root.parent / name for name in ("home", "scratch")]
        for folder in beside:
            folder.mkdir(mode=0o700)
        with installation.begin(HOME=str(beside[0]), TMPDIR=str(beside[1])) as robot:
            try:
                until = time.monotonic() + RUN_SECONDS
                printed = None
                while printed is None and time.monotonic() < until:
                    started.update(started_by(robot.pid))
                    try:
                        printed, _ = robot.communicate(timeout=0.3)
                    except subprocess.TimeoutExpired:
                        continue
            finally:
                robot.kill()
        passwords = [value for name, value in municipality.environment.items() if name.endswith("PASSWORD")]
        yield Left(robot.returncode, printed or "", households, installation.root / "logs", beside, municipality.folder, passwords, started)


def test_the_robot_s_accounts_are_known_to_no_program_that_it_starts(left: Left) -> None:
    for wanted in ("chromium", "node", "case_client", "person_lookup", "Xvfb", "openbox", "dbus"):
        assert any(wanted in program for program in left.started), wanted
    # Between fork and exec a child is still the robot itself.
    others = {program: environment for program, environment in left.started.items() if "bin/kollega run" not in program}
    assert [program for program, environment in others.items() if b"KOLLEGA_" in environment] == []
    assert [program for program in left.started if any(password in program for password in left.passwords)] == []


def test_nothing_of_the_households_is_anywhere_but_in_the_casebook(left: Left) -> None:
    assert left.code == 0, left.printed
    assert {"the terminal", "run.log", "events.jsonl", "undantag.xlsx", "queue.db"} <= left.texts.keys()
    # An amount such as 1,00 can be part of a time or of a width.
    personal = {text.lower() for text in left.personal if len(text) > len("100,00")}
    assert {name: found for name, text in left.texts.items() if (found := {one for one in personal if one in text.lower()})} == {}
    (file,) = left.logs.rglob("casebook.sqlite")
    # Through the casebook: its documents are compressed.
    with Casebook(file) as casebook:
        records = casebook.documents(DocumentKind.DECISION_RECORD, [case.case_id for case in casebook.cases()])
        case_files = casebook.documents(DocumentKind.CASE_FILE, [case.case_id for case in casebook.cases()])
    assert MARK.lower() in str(case_files).lower(), "what was searched for has come in"
    assert {dict(record["accounts"])["case_system"] for record in records.values()} == {"kollega"}, "the account is named in the record"
    assert [path for path in left.logs.rglob("*") if MARK in path.name] == []


def test_the_search_of_make_privacy_finds_nobody(left: Left, tmp_path: Path) -> None:
    """Its short form; also in what programs have left in the account's home and among temporary files."""
    (tmp_path / "printed.txt").write_text(left.printed, encoding="utf-8")
    wanted = wanted_of(left.households, {f"{number}_PASSWORD": password for number, password in enumerate(left.passwords)})
    written = [path for path in left.logs.rglob("*") if path.is_file() and not path.name.startswith("casebook.sqlite")]
    found, seen = search([*written, *left.beside, tmp_path], wanted)

    assert found == []
    assert wanted.persons >= len(left.households)
    assert seen.databases >= 1, "the engine's"
    assert seen.files >= len(written)
    (casebook,) = left.logs.rglob("casebook.sqlite")
    assert {one.what for one in search([casebook], wanted)[0]} >= {"personnummer", "address", "account"}, "what was searched for has come in"


def test_no_line_of_the_log_is_forged_and_none_commands_the_terminal(left: Left) -> None:
    lines = left.texts["run.log"].removesuffix("\n").split("\n")
    events = [json.loads(line) for line in left.texts["events.jsonl"].splitlines()]

    assert [line.partition(" ")[0] for line in lines] == [event["at"] for event in events]
    assert all(line.isprintable() for line in lines)
    assert left.printed.replace("\n", "").isprintable()


def test_files_are_for_the_robot_only_and_the_workbook_for_its_group_too(left: Left) -> None:
    """The account's mask is 000."""
    paths = [left.logs, *left.logs.rglob("*"), left.systems, *left.systems.rglob("*")]
    modes = {path.relative_to(left.logs.parent.parent).as_posix(): (path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in paths}
    wanted = {name: 0o700 if is_folder else 0o660 if name.endswith(".xlsx") else 0o600 for name, (is_folder, _) in modes.items()}
    assert {name: oct(mode) for name, (_, mode) in modes.items() if mode != wanted[name]} == {}


def test_no_cell_of_the_workbook_is_a_formula_or_a_link(left: Left) -> None:
    book = load_workbook(left.logs / "undantag.xlsx")

    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert [cell.coordinate for cell in cells if cell.hyperlink] == []
    assert "HYPERLINK" not in left.texts["undantag.xlsx"]
    references = {cell.value for cell in book.worksheets[0]["A"][1:]}
    assert all(re.fullmatch(r"EA-26-\d{5}", str(reference)) for reference in references)
