"""The exception workbook: what stands in it, what never does, and that it is never lost or half-written."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from robots import exception_queue
from robots.assessment import Ending, Outcome
from robots.case import Month
from robots.errors import ReasonCode, SetupError
from robots.exception_queue import ANSWERS, PROPOSAL_ANSWERS, State, Written, by_importance, due_on, view_of
from robots.explanation import IMPORTANCE
from robots.run_log import set_up
from robots.texts import Texts

REPOSITORY = Path(__file__).parent.parent
NOW = datetime(2026, 3, 3, 20, 30, tzinfo=UTC)
TO_DO, PROPOSALS = "Att göra", "Förslag"
SHEETS = [TO_DO, PROPOSALS, "Rättelser", "Väntar på roboten", "Klart", "Siffror", "Lathund"]
REFERENCE, MONTH, WHY, CODES, DONE, LEFT, DUE_ON, LINK, ASSIGNED_TO, ANSWER, COMMENT, NOTICE, KEY = range(1, 14)
VERSION = "undantag 2026-03-03 213000.xlsx"


@pytest.fixture(scope="module")
def texts() -> Texts:
    return labelled(Texts.load(REPOSITORY / "config" / "texts", "sv"))


def labelled(texts: Texts) -> Texts:
    """The catalogue with a plain label for every code, so that these tests don't depend on how a label is worded."""
    return replace(texts, texts={**texts.texts, **{f"reason.{code}": f"Skäl {code}." for code in ReasonCode}})


def hand_off(number: int, *codes: ReasonCode, due: date | None = date(2026, 3, 4), done: Sequence[str] = (), left: Sequence[str] = ()) -> Outcome:
    return Outcome(
        case_id=f"case {number}",
        reference=f"EA-26-{number:05d}",
        month=Month(year=2026, month=3),
        ending=Ending.HANDED_OFF,
        amount=None,
        codes=codes,
        because=("Sentence for the case note.",),
        done=tuple(done),
        left=tuple(left),
        due_on=due,
        authority=None,
        ended_at=NOW,
    )


def proposal(number: int, amount: Decimal) -> Outcome:
    drawn = hand_off(number, ReasonCode.SAMPLE, left=("Granska och besluta.",))
    return replace(drawn, ending=Ending.PROPOSED, amount=amount, because=("Ärendet är uttaget till stickprov.",))


def write(path: Path, outcomes: Sequence[Outcome], texts: Texts, *, now: datetime) -> Written:
    return exception_queue.write(path, view_of(outcomes, texts), texts, now=now)


def values(path: Path, sheet: str = TO_DO) -> list[tuple[Any, ...]]:
    return list(load_workbook(path)[sheet].iter_rows(min_row=2, values_only=True))


def references(path: Path) -> list[str]:
    return [str(row[0]) for row in values(path)]


def edit(path: Path, row: int, *, assigned_to: str, answer: str, comment: str) -> None:
    """Fill in a row as a person does in Excel."""
    book = load_workbook(path)
    for column, text in ((ASSIGNED_TO, assigned_to), (ANSWER, answer), (COMMENT, comment)):
        book[TO_DO].cell(row=row, column=column, value=text)
    book.save(path)
    saved_by_another_program(path)


def saved_by_another_program(path: Path) -> None:
    """Leave another program's name in the file, as Excel does."""
    with zipfile.ZipFile(path) as parts:
        contents = {name: parts.read(name) for name in parts.namelist()}
    contents["docProps/app.xml"] = contents["docProps/app.xml"].replace(b"Microsoft Excel Compatible / Openpyxl", b"Microsoft Excel ")
    with zipfile.ZipFile(path, "w") as parts:
        for name, content in contents.items():
            parts.writestr(name, content)


# --- what stands in it ---


def test_a_hand_off_is_a_row_with_reasons_by_importance_and_a_proposal_a_row_of_its_own(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    outcomes = (
        hand_off(1, ReasonCode.EXP_CAP, ReasonCode.PAYACC, done=("Gjort.",), left=("Kvar ett.", "Kvar två.")),
        proposal(2, Decimal(5230)),
        replace(hand_off(3), ending=Ending.DECIDED, due_on=None),
    )
    assert write(path, outcomes, texts, now=NOW) == Written(path=path, state=State.WRITTEN, hand_offs=1, proposals=1)
    assert load_workbook(path).sheetnames == SHEETS
    [row] = values(path)
    assert row[:NOTICE] == (
        "EA-26-00001",
        datetime(2026, 3, 1),  # noqa: DTZ001 - a cell's date has no zone
        "Skäl PAYACC.\nSkäl EXP-CAP.",
        "PAYACC\nEXP-CAP",
        "Gjort.",
        "Kvar ett.\nKvar två.",
        datetime(2026, 3, 4),  # noqa: DTZ001 - a cell's date has no zone
        *(None,) * 5,
    )
    [proposed] = values(path, PROPOSALS)
    assert (proposed[0], *proposed[2:6]) == ("EA-26-00002", 5230, "Ärendet är uttaget till stickprov.", "SAMPLE", "Granska och besluta.")


def test_rows_stand_by_deadline_then_importance_then_reference(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    outcomes = [
        hand_off(1, ReasonCode.SAMPLE, due=None),
        hand_off(2, ReasonCode.ATTACH),
        hand_off(4, ReasonCode.OUTCOME_UNKNOWN),
        hand_off(3, ReasonCode.OUTCOME_UNKNOWN),
        hand_off(5, ReasonCode.SAMPLE, due=date(2026, 3, 1)),
    ]
    write(path, outcomes, texts, now=NOW)
    assert references(path) == [f"EA-26-{number:05d}" for number in (5, 3, 4, 2, 1)]


def test_a_protected_case_shows_the_neutral_sentence_only(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    write(path, [hand_off(1, ReasonCode.PROTECTED, ReasonCode.ATTACH, done=("Gjort.",), left=("Kvar.",))], texts, now=NOW)
    [row] = values(path)
    assert row[WHY - 1] == "Hanteras av handläggare."
    assert (row[CODES - 1], row[DONE - 1], row[LEFT - 1]) == (None, None, None)
    everything = [str(cell) for sheet in load_workbook(path) for line in sheet.iter_rows(values_only=True) for cell in line]
    assert not [cell for cell in everything if "PROTECTED" in cell or "skydd" in cell.lower()]


def test_sentences_written_for_the_case_note_are_not_in_the_list(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    write(path, [hand_off(1, ReasonCode.ATTACH)], texts, now=NOW)
    assert "Sentence for the case note." not in str(values(path))


def test_the_list_of_importance_has_every_code_once() -> None:
    assert sorted(IMPORTANCE) == sorted(ReasonCode)
    assert by_importance((ReasonCode.SAMPLE, ReasonCode.PAYACC, ReasonCode.SAMPLE)) == (ReasonCode.PAYACC, ReasonCode.SAMPLE)


def test_what_a_robot_left_that_was_killed_while_it_saved_is_removed(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    for name in (".undantag.abc.tmp", ".other.abc.tmp"):
        (tmp_path / name).write_bytes(b"half a workbook")

    write(path, [], texts, now=NOW)

    assert sorted(file.name for file in tmp_path.iterdir()) == [".other.abc.tmp", ".undantag.robot", "undantag.xlsx"]


def test_an_empty_list_is_a_workbook_too(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "new folder" / "undantag.xlsx"
    assert write(path, [], texts, now=NOW).hand_offs == 0
    assert values(path) == [(None,) * KEY]


def test_the_english_catalogue_gives_an_english_workbook(tmp_path: Path) -> None:
    path = tmp_path / "exceptions.xlsx"
    write(path, [hand_off(1, ReasonCode.ATTACH)], labelled(Texts.load(REPOSITORY / "config" / "texts", "en")), now=NOW)
    assert load_workbook(path).sheetnames == ["To do", "Proposals", "Corrections", "Waiting for the robot", "Done", "Figures", "Guide"]


def test_the_sheet_has_a_table_a_frozen_header_a_drop_down_deadline_colours_and_a_print_set_up(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    write(path, [hand_off(1, ReasonCode.ATTACH), hand_off(2, ReasonCode.ATTACH)], texts, now=NOW)
    sheet = load_workbook(path)[TO_DO]
    assert [(table.ref, table.autoFilter.ref) for table in sheet.tables.values() if table.autoFilter] == [("A1:M3", "A1:M3")]
    assert sheet.freeze_panes == "B2"
    [choice] = sheet.data_validations.dataValidation
    assert str(choice.sqref) == "J2:J20000"
    assert choice.formula1 == '"' + ",".join(texts.say(f"workbook.{key}") for key in ANSWERS) + '"'
    assert [str(area.sqref) for area in sheet.conditional_formatting] == ["G2:G20000"]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize or 0), sheet.print_title_rows) == ("landscape", 9, "$1:$1")
    assert sheet["G2"].number_format == "yyyy-mm-dd"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_answers_fit_a_drop_down(language: str) -> None:
    texts = Texts.load(REPOSITORY / "config" / "texts", language)
    for keys in (ANSWERS, PROPOSAL_ANSWERS):
        answers = [texts.say(f"workbook.{key}") for key in keys]
        assert not [answer for answer in answers if "," in answer or '"' in answer]
        assert len(",".join(answers)) <= 255  # Excel's limit


INJECTIONS = (
    '=HYPERLINK("http://example.invalid";"x")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "{=1+1}",
    "=cmd|' /C calc'!A0",
    "http://example.invalid/",
    "<b>bold</b> & \x00\x07\ufffe \ud800 text",
    "x" * 40_000,
)


def test_a_text_is_never_a_formula_a_link_or_a_broken_file(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    write(path, [hand_off(number, ReasonCode.ATTACH, left=(text,)) for number, text in enumerate(INJECTIONS)], texts, now=NOW)
    sheet = load_workbook(path)[TO_DO]
    cells = [sheet.cell(row=row, column=LEFT) for row in range(2, len(INJECTIONS) + 2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert [cell.value for cell in cells[:5]] == list(INJECTIONS[:5])
    assert all(cell.quotePrefix for cell in cells[:5])


# --- the file ---


def test_the_file_is_for_the_robot_and_the_caseworkers_group_and_nothing_else_is_left_in_the_folder(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    write(path, [hand_off(1, ReasonCode.ATTACH)], texts, now=NOW)
    write(path, [hand_off(1, ReasonCode.ATTACH)], texts, now=NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert sorted(tmp_path.iterdir()) == [tmp_path / ".undantag.robot", path]


@pytest.mark.parametrize("mark", ["~$undantag.xlsx", ".~lock.undantag.xlsx#"])
def test_a_workbook_that_somebody_has_open_is_not_touched(tmp_path: Path, texts: Texts, mark: str) -> None:
    path = tmp_path / "shared" / "undantag.xlsx"
    write(path, [hand_off(1, ReasonCode.ATTACH)], texts, now=NOW)
    (path.parent / mark).touch()
    before = (path.read_bytes(), path.stat().st_ino)
    log = set_up(tmp_path / "logs", console=False)
    try:
        waiting = write(path, [hand_off(2, ReasonCode.ATTACH)], texts, now=NOW)
    finally:
        log.close()
    assert (waiting.state, (path.read_bytes(), path.stat().st_ino)) == (State.OPEN, before)
    assert sorted(path.parent.iterdir()) == sorted([path, path.parent / mark, path.parent / ".undantag.robot"])
    events = [json.loads(line) for line in (log.folder / "events.jsonl").read_text().splitlines()]
    assert [(one["action"], one["level"]) for one in events] == [("workbook_locked", "WARNING")]
    (path.parent / mark).unlink()
    assert write(path, [hand_off(2, ReasonCode.ATTACH)], texts, now=NOW).state is State.WRITTEN
    assert references(path) == ["EA-26-00002"]


def test_what_people_entered_stays_with_its_case_and_the_version_before_is_kept(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    write(path, [hand_off(1, ReasonCode.ATTACH), hand_off(2, ReasonCode.ATTACH)], texts, now=NOW)
    edit(path, 3, assigned_to="AB", answer="Handlagt av mig", comment="=klart")
    path.chmod(0o644)
    write(path, [hand_off(2, ReasonCode.ATTACH), hand_off(3, ReasonCode.PAYACC)], texts, now=NOW)
    assert {row[0]: row[ASSIGNED_TO - 1 : COMMENT] for row in values(path)} == {
        "EA-26-00002": ("AB", "Handlagt av mig", "=klart"),
        "EA-26-00003": (None, None, None),
    }
    kept = tmp_path / "versioner" / VERSION
    assert references(kept) == ["EA-26-00001", "EA-26-00002"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in (kept, path)} == {0o660}
    assert sorted(one.name for one in tmp_path.iterdir()) == [".undantag.robot", "undantag.xlsx", "versioner"]


def test_an_unreadable_workbook_is_set_aside_and_kept(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    path.write_bytes(b"not a workbook")
    write(path, [hand_off(1, ReasonCode.ATTACH)], texts, now=NOW)
    assert references(path) == ["EA-26-00001"]
    assert (tmp_path / "undantag oläslig 2026-03-03 213000.xlsx").read_bytes() == b"not a workbook"


def test_a_workbook_with_another_first_sheet_is_read_by_its_headings(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    book = Workbook()
    sheet = book.create_sheet("Renamed", 0)
    sheet.append(["Eget", "Kommentar", "Svar", "Tilldelad", "Ärende"])
    sheet.append(["x", "kommentar", "Avbryt", "AB", "EA-26-00001"])
    book.save(path)
    saved_by_another_program(path)
    write(path, [hand_off(1, ReasonCode.ATTACH)], texts, now=NOW)
    book = load_workbook(path)
    sheet = book[TO_DO] if TO_DO in book.sheetnames else book["Renamed"]
    headings = {cell.value: number for number, cell in enumerate(sheet[1], start=1)}
    assert [sheet.cell(row=2, column=headings[name]).value for name in ("Eget", "Tilldelad", "Svar", "Kommentar")] == [
        "x",
        "AB",
        "Avbryt",
        "kommentar",
    ]
    assert sheet.cell(row=2, column=headings["Varför"]).value == "Skäl ATTACH."


def test_a_place_that_can_not_be_written_is_said_and_nothing_is_left(tmp_path: Path, texts: Texts) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"paths\.workbook"):
        write(tmp_path / "file" / "undantag.xlsx", [], texts, now=NOW)
    path = tmp_path / "undantag.xlsx"
    path.mkdir()
    with pytest.raises(SetupError, match=r"paths\.workbook"):
        write(path, [], texts, now=NOW)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".undantag.robot", "file", "undantag.xlsx"]


# --- deadlines ---


@pytest.mark.parametrize(
    ("ended_at", "working_days", "last_day"),
    [
        ("2026-03-03T10:00+00:00", 1, "2026-03-04"),  # Tuesday
        ("2026-03-03T23:30+00:00", 1, "2026-03-05"),  # already Wednesday in Sweden
        ("2026-06-01T22:30+00:00", 1, "2026-06-03"),  # summer time: Tuesday from 22:00
        ("2026-03-06T10:00+00:00", 1, "2026-03-09"),  # Friday
        ("2026-03-07T10:00+00:00", 1, "2026-03-09"),  # Saturday
        ("2026-04-02T10:00+00:00", 1, "2026-04-07"),  # Maundy Thursday; Easter Monday is the 6th
        ("2026-04-30T10:00+00:00", 1, "2026-05-04"),  # the first of May is a Friday
        ("2026-06-18T10:00+00:00", 1, "2026-06-22"),  # Midsummer Eve is a Friday
        ("2026-12-23T10:00+00:00", 1, "2026-12-28"),  # Christmas Eve is a Thursday
        ("2026-12-30T10:00+00:00", 2, "2027-01-05"),  # New Year's Eve is a Thursday; then Monday and Tuesday
        ("2026-03-03T10:00+00:00", 0, "2026-03-03"),
        ("2026-03-07T10:00+00:00", 0, "2026-03-09"),
        ("2026-03-03T10:00+00:00", 10, "2026-03-17"),
    ],
)
def test_a_deadline_counts_swedish_working_days(ended_at: str, working_days: int, last_day: str) -> None:
    assert due_on(datetime.fromisoformat(ended_at), working_days) == date.fromisoformat(last_day)


# --- seen by LibreOffice ---


def convert(path: Path, form: str, folder: Path) -> None:
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", form, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"})


@pytest.mark.desktop
def test_libreoffice_shows_every_text_as_it_was_written(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    shown = [text for text in INJECTIONS if text.isprintable() and len(text) < 100]
    write(path, [hand_off(number, ReasonCode.ATTACH, left=(text,)) for number, text in enumerate(shown)], texts, now=NOW)
    convert(path, "csv:Text - txt - csv (StarCalc):44,34,76,1", tmp_path)
    with (tmp_path / "undantag.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][0] == "Ärende"
    assert [row[LEFT - 1] for row in rows[1:]] == shown
    assert rows[1][DUE_ON - 1] == "2026-03-04"


@pytest.mark.desktop
def test_what_libreoffice_saves_keeps_its_drop_downs_and_is_known_for_the_same(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "undantag.xlsx"
    outcomes = [hand_off(1, ReasonCode.ATTACH), hand_off(2, ReasonCode.PAYACC, done=("Gjort.",))]
    write(path, outcomes, texts, now=NOW)
    saved = tmp_path / "saved"
    saved.mkdir()
    convert(path, "xlsx", saved)
    sheet = load_workbook(saved / path.name)[TO_DO]
    assert [str(choice.sqref) for choice in sheet.data_validations.dataValidation] == ["J2:J1003"]  # it leaves out what is far below
    assert [table.ref for table in sheet.tables.values()] == ["A1:M3"]
    assert write(saved / path.name, outcomes, texts, now=NOW + timedelta(days=1)).state is State.UNCHANGED
