"""One person across everything that the robot keeps: found, handed out and erased, and nobody else is touched."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from openpyxl.worksheet.filters import FilterColumn, Filters

from robots import audit, erasure, settings, wiring
from robots.assessment import RunMode
from robots.backup import back_up
from robots.casebook import Casebook, DocumentKind
from robots.casebook.erasing import erased_among
from robots.casebook.orders import OrderKind, Orders
from robots.erased import read_erased
from robots.restoring import restore_state, restore_to
from robots.run_log import Action
from robots.systems.e_service import InboxEntry
from robots.work_queue.lock import locked
from tests.lived_in import ANN, BEA, BY_REFERENCE, CARL, EVE, PAST, WORDS, forms_of, live, places_with
from tests.outcomes import outcome_of
from tests.postgres import postgres
from tests.test_cli import Done, kollega
from tests.workbook.people import DONE, TO_DO, edit, rows_of

__all__ = ["kollega"]

pytestmark = pytest.mark.durable

STATE = Path("logs/state")
OF_ANN = ("EA-26-00001", "EA-26-00010")
#: what is looked for after an erasure: the person in every form, and the cases
WANTED = (*forms_of(ANN), *OF_ANN)
DECISION = ("--decision", "SN 14/2026")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lived_in") / "installation"
    folder.mkdir()
    asyncio.run(live(folder))
    return folder


@pytest.fixture
def here(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "installation"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def of_person(kollega: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Return a function that gives a command on a person, whose number comes as a line of the input."""

    def run(command: str, number: str, *arguments: str) -> Done:
        with (here.parent / "input").open("w+", encoding="utf-8") as line:
            line.write(f"{number}\n")
            line.seek(0)
            monkeypatch.setattr("sys.stdin", line)
            return kollega("person", command, "--from-stdin", *arguments, cwd=here)

    return run


def opened(folder: Path, mode: RunMode = RunMode.DECIDE) -> Casebook:
    return Casebook(settings.load(folder).paths.casebook_of(mode))


def snapshot(folder: Path) -> dict[str, Any]:
    """Return what is kept of the cases that are not Ann's."""
    with opened(folder) as casebook:
        others = [case for case in casebook.cases() if case.reference not in OF_ANN]
        return {case.reference: (case, casebook.outcome_of(case.case_id), casebook.document(case.case_id, DocumentKind.CASE_FILE)) for case in others}


def verdict(folder: Path) -> audit.Verdict:
    with opened(folder) as casebook:
        return audit.verify(casebook, audit.anchors_in(folder / "logs", casebook.head()))


def see_erased(folder: Path) -> None:
    assert places_with(folder / "logs", WANTED) == []
    found = verdict(folder)
    assert (found.is_sound, found.broken, found.anchors) == (True, "", 1)
    assert found.erased > 0


# --- handing out ------------------------------------------------------------------------------------------------------


def test_all_that_is_kept_on_a_person_is_gathered_in_a_folder_of_ones_own(here: Path, of_person: Callable[..., Done]) -> None:
    done = of_person("extract", f"{ANN[:8]}-{ANN[8:]}", "--to", "../extract")

    assert done.returncode == 0, done.stderr
    folder = here.parent / "extract"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, *sorted(folder.iterdir()))] == [0o700] + [0o600] * 4
    record = json.loads((folder / "extract.json").read_text(encoding="utf-8"))
    assert [(case["reference"], case["role"], case["of_shadow_runs"]) for case in record["cases"]] == [
        ("EA-26-00001", "applicant", False),
        ("EA-26-00010", "applicant", False),
        ("EA-26-00001", "applicant", True),
    ]
    first, second, _ = record["cases"]
    assert first["documents"]["case file"]["application"]["applicant"]["value"] == ANN
    assert first["writes"][0]["evidence"]["entered"][0]["typed"] == ANN
    assert [Path(name).name for name in first["pictures"]] == ["case_system-001.png"]
    assert {"case_queued", "case_taken", "decided"} <= {json.loads(line)["action"] for line in first["log_lines"]}
    assert second["answers"][0]["answered_by"] == "Ann Berg"
    assert any(WORDS in row.values() for row in second["workbook_rows"])
    assert second["workbook_versions"]
    assert "backups" in [what for what, _ in record["not_searched"]]
    page = (folder / "extract.html").read_text(encoding="utf-8")
    assert ANN in page
    assert BEA not in page
    # It is told who was given what, and no log has the number.
    with opened(here) as casebook:
        assert [one.action for one in casebook.events(first["case"])][-1] == Action.EXTRACTED
    assert [name for name in places_with(here / "logs", forms_of(ANN)) if name.endswith((".log", ".jsonl"))] == []


def test_what_is_on_somebody_else_in_the_household_is_marked(here: Path, of_person: Callable[..., Done]) -> None:
    assert of_person("extract", CARL, "--to", "../extract").returncode == 0

    (case,) = json.loads((here.parent / "extract" / "extract.json").read_text(encoding="utf-8"))["cases"]
    kept = case["documents"]["case file"]
    assert case["role"] == "co-applicant"
    assert kept["application"]["applicant"]["about_another_person"] is True
    assert "about_another_person" not in kept["application"]["co_applicant"]
    assert kept["population"]["sökande"]["about_another_person"] is True
    assert "about_another_person" not in kept["population"]["medsökande"]
    # What was typed was Bea's number.
    assert case["writes"][0]["evidence"]["entered"][0]["about_another_person"] is True
    assert "annan person" in (here.parent / "extract" / "extract.html").read_text(encoding="utf-8")


def test_a_case_can_be_named_instead_and_a_folder_with_something_in_it_is_refused(
    here: Path, kollega: Callable[..., Done], of_person: Callable[..., Done]
) -> None:
    assert kollega("person", "extract", "--case", "EA-26-00002", "--to", "../extract", cwd=here).returncode == 0
    (case,) = json.loads((here.parent / "extract" / "extract.json").read_text(encoding="utf-8"))["cases"]
    assert case["role"] == "not asked for"

    again = kollega("person", "extract", "--case", "EA-26-00002", "--to", "../extract", cwd=here)
    assert (again.returncode, "is not empty" in again.stderr) == (3, True)
    nobody = kollega("person", "extract", "--case", "EA-26-99999", "--to", "../other", cwd=here)
    assert (nobody.returncode, "there is no case EA-26-99999" in nobody.stderr) == (3, True)
    both = kollega("person", "extract", ANN, "--case", "EA-26-00002", "--to", "../other", cwd=here)
    wrong = of_person("extract", "19810216-0000", "--to", "../other")
    # Where histories and lists of processes have it.
    shown = kollega("person", "extract", ANN, "--to", "../other", cwd=here)
    assert (both.returncode, wrong.returncode, shown.returncode) == (2, 2, 2)
    assert not any(form in one.stderr for one in (both, wrong, shown) for form in ("19810216", *forms_of(ANN)))
    assert "--from-stdin" in shown.stderr


def test_protected_people_are_handed_out_and_erased_only_when_somebody_has_approved(here: Path, of_person: Callable[..., Done]) -> None:
    with opened(here) as casebook:
        case_id = BY_REFERENCE["EA-26-00001"].case_id
        kept: Any = casebook.document(case_id, DocumentKind.CASE_FILE)
        kept["population"]["sökande"]["is_protected"]["value"] = True
        casebook.keep(case_id, DocumentKind.CASE_FILE, kept)

    for command in (("extract", ANN, "--to", "../extract"), ("erase", ANN, *DECISION, "--yes")):
        done = of_person(*command)
        assert (done.returncode, "has protected personal data" in done.stderr) == (3, True)
    assert not (here.parent / "extract").exists()
    assert of_person("extract", ANN, "--to", "../extract", "--protected-approved-by", "enhetschef").returncode == 0
    record = json.loads((here.parent / "extract" / "extract.json").read_text(encoding="utf-8"))
    assert record["approved_by"] == "enhetschef"


# --- erasing ----------------------------------------------------------------------------------------------------------


def test_by_itself_the_command_only_tells_what_would_be_erased_and_what_is_in_the_way(here: Path, of_person: Callable[..., Done]) -> None:
    before = snapshot(here), places_with(here / "logs", WANTED)

    done = of_person("erase", ANN)

    assert done.returncode == 3
    assert "is to be kept for now" in done.stdout
    done = of_person("erase", ANN, *DECISION)
    assert (done.returncode, "3 cases would be erased" in done.stdout, "--yes erases them" in done.stdout) == (0, True, True)
    assert (snapshot(here), places_with(here / "logs", WANTED)) == before
    assert of_person("erase", ANN, "--yes").returncode == 3
    assert places_with(here / "logs", WANTED) == before[1]


def test_after_an_erasure_nothing_is_found_and_nobody_else_is_touched(here: Path, of_person: Callable[..., Done]) -> None:
    assert {"state/casebook.sqlite", "state/queue.db", "undantag.xlsx", "state/shadow/casebook.sqlite"} <= set(places_with(here / "logs", WANTED))
    # A state that a backup took the place of.
    aside = here / STATE / "before-restore-20261101"
    aside.mkdir()
    for name in ("casebook.sqlite", "queue.db"):
        shutil.copy(here / STATE / name, aside / name)
    before, others = snapshot(here), places_with(here / "logs", forms_of(BEA))

    done = of_person("erase", ANN, *DECISION, "--yes", "--json")

    assert done.returncode == 0, done.stderr
    see_erased(here)
    assert snapshot(here) == before
    assert places_with(here / "logs", forms_of(BEA)) == others
    workbook = here / "logs" / "undantag.xlsx"
    assert list(rows_of(workbook, TO_DO)) == ["EA-26-00101"]
    assert list(rows_of(workbook, DONE)) == ["EA-26-00002"]
    (run,) = (here / "logs").glob("2*Z-*")
    assert sorted(path.name for path in (run / "pictures").iterdir()) == ["case_system-002.png", "case_system-101.png"]
    lines = (run / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["case"] for line in lines} == {"", "EA-26-00002", "EA-26-00101"}

    (page,) = json.loads(done.stdout)["certificates"]
    certificate = json.loads(Path(page).with_suffix(".json").read_text(encoding="utf-8"))
    counts = certificate["counts"]
    assert (counts["cases"], counts["cases elsewhere"], counts["pictures"]) == (2, 3, 2)
    assert counts["of the engine"] == 4
    assert certificate["decision"] == "SN 14/2026"
    assert certificate["entries_after"] > certificate["entries_before"]
    assert "SN 14/2026" in Path(page).read_text(encoding="utf-8")
    # The robot does not take up again what still lies in the inbox.
    erased = read_erased(here / STATE)
    assert [past.reference for past in PAST if erased.certificate_of(past.case_id)] == list(OF_ANN)
    assert "Nothing is kept on the person" in of_person("erase", ANN, "--yes").stdout


@pytest.mark.parametrize("where", ["here", "on another machine"])
def test_an_application_of_an_erased_case_is_not_taken_up_again(here: Path, of_person: Callable[..., Done], where: str) -> None:
    assert of_person("erase", ANN, *DECISION, "--yes").returncode == 0
    if where == "on another machine":
        (here / STATE / "erased.json").unlink()
    inbox = [InboxEntry(reference=past.reference, month="2026-11", submitted_at=datetime.now(UTC)) for past in PAST]

    with opened(here) as casebook:
        left = wiring.not_erased(inbox, settings.load(here), casebook)

    assert [one.reference for one in left] == ["EA-26-00002", "EA-26-00101"]


def test_what_killed_programs_have_left_of_a_person_is_erased_too(here: Path, of_person: Callable[..., Done]) -> None:
    case_id = BY_REFERENCE["EA-26-00001"].case_id
    with closing(sqlite3.connect(here / STATE / "queue.db")) as connection, connection:
        # Killed when the case had ended in the casebook, and not yet in the engine.
        connection.execute("UPDATE workflow_status SET status = 'PENDING', output = NULL WHERE workflow_uuid = ?", (case_id,))
        columns = "workflow_uuid, function_id, function_name, output"
        connection.execute(f"INSERT INTO operation_outputs ({columns}) VALUES (?, 99, 'read case', ?)", (case_id, json.dumps({"number": ANN})))  # noqa: S608 - of fixed words
    # What a channel of alerts was told, which lasts as long as the alert stands.
    (here / STATE / "alerts").mkdir()
    told = json.dumps({"standing": [{"subject": "EA-26-00001", "what": "The robot stopped in EA-26-00001."}, {"subject": "EA-26-00002"}]})
    (here / STATE / "alerts" / "ledger.json").write_text(told, encoding="utf-8")
    # Killed in putting a backup back, in writing a task, and in the midst of a line.
    (here / STATE / "restoring-x1").mkdir()
    shutil.copy(here / STATE / "casebook.sqlite", here / STATE / "restoring-x1")
    (here / STATE / "erasing").mkdir()
    (here / STATE / "erasing" / ".20260101-00000000.json.new").write_text(f'{{"cases": [["{case_id}"', encoding="utf-8")
    (run,) = (here / "logs").glob("2*Z-*")
    for name, line in (("run.log", "2026-11-22 INFO EA-26-00001"), ("events.jsonl", '{"at": "2026-11-22", "case": "EA-26-00001", "mess')):
        with (run / name).open("a", encoding="utf-8") as log:
            log.write(line)

    done = of_person("erase", ANN, *DECISION, "--yes", "--json")

    assert done.returncode == 0, done.stderr
    see_erased(here)
    kept = json.loads((here / STATE / "alerts" / "ledger.json").read_text(encoding="utf-8"))
    assert [one["subject"] for one in kept["standing"]] == ["xxxxxxxxxxx", "EA-26-00002"]


def test_what_people_have_filtered_the_workbook_by_goes_and_what_else_names_a_case_is_told(here: Path, of_person: Callable[..., Done]) -> None:
    def filter_and_title(book: Any) -> None:
        sheet = book[DONE]
        (table,) = sheet.tables.values()
        table.autoFilter.filterColumn.append(FilterColumn(colId=0, filters=Filters(filter=["EA-26-00010"])))
        sheet.row_dimensions[3].hidden = True
        book.create_sheet("Om EA-26-00010")

    edit(here / "logs" / "undantag.xlsx", filter_and_title)

    done = of_person("erase", ANN, *DECISION, "--yes", "--json")

    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(here / "logs" / "undantag.xlsx") as archive:
        naming = [name for name in archive.namelist() if b"EA-26-00010" in archive.read(name) and name.startswith("xl/")]
    assert naming == ["xl/workbook.xml"]
    assert not load_workbook(here / "logs" / "undantag.xlsx")[DONE].row_dimensions[3].hidden
    (page,) = json.loads(done.stdout)["certificates"]
    assert "undantag.xlsx nämner fortfarande ett ärende" in Path(page).read_text(encoding="utf-8")


def test_a_case_that_is_begun_anew_while_its_erasure_waits_gets_no_certificate_before_it_is_gone(here: Path, of_person: Callable[..., Done]) -> None:
    case_id = BY_REFERENCE["EA-26-00001"].case_id
    mark = here / "logs" / ".~lock.undantag.xlsx#"
    mark.touch()
    assert of_person("erase", ANN, *DECISION, "--yes").returncode == 3
    mark.unlink()
    with opened(here) as casebook:
        assert Orders(casebook).give(case_id, OrderKind.BEGIN_ANEW, by="ann", why="", event=("retried", ""), reopens=True)

    done = of_person("erase", EVE, "--yes")

    assert (done.returncode, f"begun anew since it was to be erased: {case_id}" in done.stderr) == (3, True)
    assert not (here / STATE / "certificates").exists()
    with opened(here) as casebook:
        casebook.close_case(outcome_of(case_id, "EA-26-00001"))
    assert of_person("erase", CARL, "--yes").returncode == 3
    see_erased(here)


def test_a_person_whom_only_the_engine_knows_is_found_and_asked_about_when_protected(here: Path, of_person: Callable[..., Done]) -> None:
    nobody = "196001189114"
    read = json.dumps(
        {"population": {"sökande": {"is_protected": {"source": {"system": "x"}, "value": True}}}, "note": f"barn\u00a0{nobody[2:8]}–{nobody[8:]}"}
    )
    with closing(sqlite3.connect(here / STATE / "queue.db")) as connection, connection:
        columns = "workflow_uuid, function_id, function_name, output"
        values = (BY_REFERENCE["EA-26-00002"].case_id, 99, "read case", json.dumps(read))
        connection.execute(f"INSERT INTO operation_outputs ({columns}) VALUES (?, ?, ?, ?)", values)  # noqa: S608 - of fixed words

    done = of_person("extract", nobody, "--to", "../extract")

    assert (done.returncode, "has protected personal data" in done.stderr) == (3, True), done.stderr


def test_what_is_not_done_is_not_erased_whoever_decides(here: Path, of_person: Callable[..., Done]) -> None:
    done = of_person("erase", EVE, *DECISION, "--yes")
    assert (done.returncode, "waits for a caseworker" in done.stderr) == (3, True)

    case_id = BY_REFERENCE["EA-26-00001"].case_id
    with opened(here) as casebook:
        assert Orders(casebook).give(case_id, OrderKind.BEGIN_ANEW, by="ann", why="", event=("retried", ""), reopens=True)
    done = of_person("erase", ANN, *DECISION, "--yes")
    assert (done.returncode, f"{case_id} is not ended" in done.stderr) == (3, True)
    with opened(here) as casebook:
        assert len(casebook.cases()) == len(PAST)


def test_a_write_that_is_not_proven_keeps_a_case_until_somebody_decides(here: Path, of_person: Callable[..., Done]) -> None:
    with opened(here) as casebook:
        casebook.effect_unknown(BY_REFERENCE["EA-26-00010"].case_id, "message")

    assert "has a write that is not proven" in of_person("erase", ANN).stdout
    assert of_person("erase", ANN, *DECISION, "--yes").returncode == 0
    see_erased(here)


def test_nothing_is_erased_while_a_robot_works_or_somebody_has_the_workbook_open(here: Path, of_person: Callable[..., Done]) -> None:
    with locked(here / STATE):
        done = of_person("erase", ANN, *DECISION, "--yes")
    assert (done.returncode, "another robot is at work" in done.stderr) == (3, True)

    mark = here / "logs" / ".~lock.undantag.xlsx#"
    mark.touch()
    done = of_person("erase", ANN, *DECISION, "--yes")
    assert (done.returncode, "somebody has undantag.xlsx open" in done.stderr) == (3, True)
    assert "An earlier erasure is not finished" in of_person("erase", EVE).stdout
    mark.unlink()
    # Whoever comes next finishes it.
    assert of_person("erase", CARL, "--yes").returncode == 3
    see_erased(here)


KILLED = """
import os, signal, sys
from robots import cli, erasure, erased
left = int(sys.argv.pop(1))

def dying(do):
    def counted(*arguments, **more):
        global left
        result = do(*arguments, **more)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return counted

for name in ("_keep", "remember", "erase_cases", "compact", "_forget", "erase_from", "empty_lines", "_counted"):
    setattr(erasure, name, dying(getattr(erasure, name)))
cli.main()
"""


def test_an_erasure_that_is_killed_again_and_again_is_taken_to_its_end(here: Path, of_person: Callable[..., Done]) -> None:
    before = snapshot(here)
    for number in (1, 3, 6, 9, 13, 17, 20):
        command = [sys.executable, "-c", KILLED, str(number), "person", "erase", "--from-stdin", "--yes", *DECISION]
        killed = subprocess.run(command, input=f"{ANN}\n", text=True, capture_output=True, cwd=here, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert erasure.has_left(settings.load(here))

    done = of_person("erase", ANN, *DECISION, "--yes", "--json")

    assert done.returncode == 0, done.stderr
    see_erased(here)
    assert snapshot(here) == before
    certificates = [json.loads(Path(page).with_suffix(".json").read_text(encoding="utf-8")) for page in json.loads(done.stdout)["certificates"]]
    assert [one["counts"]["cases"] for one in certificates] == [2]
    assert list((here / STATE / "erasing").iterdir()) == []


# --- backups ----------------------------------------------------------------------------------------------------------


def test_a_backup_from_before_does_not_bring_back_who_was_erased(here: Path, of_person: Callable[..., Done]) -> None:
    configured = settings.load(here)
    back_up(configured, here.parent / "before.zip")
    assert of_person("erase", ANN, *DECISION, "--yes").returncode == 0

    restored = restore_state(here.parent / "before.zip", configured, moves_aside=True)

    assert restored.erased_again == 3
    assert restored.aside is not None
    see_erased(here)
    elsewhere = restore_to(here.parent / "before.zip", here.parent / "anew", erased_in=configured.paths.state)
    assert elsewhere.erased_again == 3
    assert places_with(here.parent / "anew", WANTED) == []


def test_in_a_database_of_several_machines_the_tables_are_written_anew(tmp_path: Path, kollega: Callable[..., Done]) -> None:
    with postgres() as address:
        folder = tmp_path / "installation"
        folder.mkdir()
        asyncio.run(live(folder, database=address))
        data = Path(address.partition("host=")[2]) / "data" / "base"
        analyze(address)
        assert places_on_disk(address, data, OF_ANN)

        done = kollega("person", "erase", "--case", BY_REFERENCE["EA-26-00001"].case_id, *DECISION, "--yes", cwd=folder)

        assert done.returncode == 0, done.stderr
        assert "1 of the engine" in done.stdout
        assert places_on_disk(address, data, ("EA-26-00001",)) == []
        assert places_on_disk(address, data, ("EA-26-00010",)) != []
        # The other machines know it too, and take the application up from the inbox no more than this one does.
        with opened(folder) as elsewhere:
            assert erased_among(elsewhere, [past.case_id for past in PAST]) == {BY_REFERENCE["EA-26-00001"].case_id}
        assert places_with(folder / "logs", ("EA-26-00001",)) == []
        assert verdict(folder).is_sound


def analyze(address: str) -> None:
    """Have the server take down the most common values of all tables beside them, as it does by itself a minute after a change."""
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        assert connection.exec_driver_sql("SELECT count(*) FROM pg_stats WHERE most_common_vals::text LIKE '%%EA-26-00001%%'").scalar_one()
    engine.dispose()


def places_on_disk(address: str, data: Path, words: tuple[str, ...]) -> list[str]:
    """Return the server's files that hold one of the words, once all that it has in mind is on the disk."""
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
    engine.dispose()
    return places_with(data, words)
