"""A backup holds all that a robot goes on from, is whole or refused, and a robot that is put back loses no case and does nothing twice."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from robots import backup as backups
from robots import settings
from robots.assessment import Ending, RunMode
from robots.backup import MANIFEST, back_up, check
from robots.casebook import Casebook, CaseState
from robots.errors import SetupError
from robots.restoring import restore_database, restore_state, restore_to
from robots.work_queue.lock import locked
from tests.postgres import postgres, program
from tests.test_cli import Done, installation, kollega
from tests.toy_runs import lines_of, run_to_end, toy_run

# Each takes longer than what runs before every commit may take: real files, servers and processes.
pytestmark = pytest.mark.durable

__all__ = ["installation", "kollega"]

ROOT = Path(__file__).resolve().parent.parent
STATE = Path("logs/state")


def open_cases(state: Path, *references: str) -> None:
    with Casebook(state / "casebook.sqlite") as casebook:
        for reference in references:
            casebook.open_case(f"toy:{reference}:2026-03", reference=reference, month="2026-03")
    with closing(sqlite3.connect(state / "queue.db")) as engine:
        engine.execute("CREATE TABLE IF NOT EXISTS workflow_status (workflow_uuid)")
        engine.commit()


def references_in(state: Path) -> list[str]:
    with Casebook(state / "casebook.sqlite") as casebook:
        return sorted(case.reference for case in casebook.cases())


def rights(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.fixture
def lived_in(installation: Path) -> Path:
    """Return an installation whose robot has two cases, and one of a shadow run."""
    open_cases(installation / STATE, "EA-1", "EA-2")
    open_cases(installation / STATE / "shadow", "EA-3")
    return installation


@pytest.fixture
def kept(lived_in: Path) -> Path:
    """Return a backup of it."""
    file = lived_in / "kept.zip"
    back_up(settings.load(lived_in), file)
    return file


# --- making -----------------------------------------------------------------------------------------------------------


def test_a_backup_holds_casebook_engine_shadow_runs_and_configuration_for_one_account_alone(lived_in: Path, kollega: Callable[..., Done]) -> None:
    done = kollega("backup", "kept.zip", cwd=lived_in)

    assert done.returncode == 0, done.stderr
    assert "kept.zip is written: 2 cases, 2 of them not ended" in done.stdout
    assert rights(lived_in / "kept.zip") == "0o600"
    made = check(lived_in / "kept.zip")
    names = {part.name for part in made.parts}
    assert {f"{place}/{name}" for place in ("state", "state/shadow") for name in ("casebook.sqlite", "queue.db")} < names
    configured = {path.relative_to(ROOT).as_posix() for name in ("config", "selectors") for path in (ROOT / name).rglob("*") if path.is_file()}
    assert {name for name in names if not name.startswith("state/")} == configured
    assert list(lived_in.glob(".kollega*")) == []


def test_a_backup_is_looked_over_by_a_command(kept: Path, kollega: Callable[..., Done]) -> None:
    done = kollega("backup", "--check", str(kept), "--json")

    assert done.returncode == 0
    assert (json.loads(done.stdout)["cases"], json.loads(done.stdout)["casebook_schema"]) == (2, 4)


def test_a_file_that_is_there_is_replaced_only_when_that_is_said(kept: Path, lived_in: Path, kollega: Callable[..., Done]) -> None:
    before = kept.read_bytes()
    refused = kollega("backup", "kept.zip", cwd=lived_in)

    assert (refused.returncode, kept.read_bytes()) == (3, before)
    assert "kept.zip is there already; choose another name, or say --replace" in refused.stderr

    open_cases(lived_in / STATE, "EA-4")
    assert kollega("backup", "kept.zip", "--replace", cwd=lived_in).returncode == 0
    assert check(kept).cases == 3


@pytest.mark.parametrize(("place", "says"), [("nowhere/kept.zip", "can't be written"), ("config", "is a folder")])
def test_a_place_where_no_backup_can_be_written_is_told(lived_in: Path, place: str, says: str) -> None:
    with pytest.raises(SetupError, match=says):
        back_up(settings.load(lived_in), lived_in / place)


def test_where_there_is_no_casebook_there_is_no_backup(installation: Path) -> None:
    with pytest.raises(SetupError, match="no casebook in"):
        back_up(settings.load(installation), installation / "kept.zip")

    assert not (installation / "kept.zip").exists()


def test_a_damaged_record_is_not_backed_up_over_a_sound_backup(kept: Path, lived_in: Path) -> None:
    file, before = lived_in / STATE / "casebook.sqlite", kept.read_bytes()
    spoiled = bytearray(file.read_bytes())
    spoiled[6000:16000] = random.Random(5).randbytes(10000)
    file.write_bytes(spoiled)

    with pytest.raises(SetupError, match=r"is damaged, so it was not backed up|can't be copied"):
        back_up(settings.load(lived_in), kept, replaces=True)
    assert kept.read_bytes() == before


# --- what is refused --------------------------------------------------------------------------------------------------


def parts_of(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def packed(file: Path, parts: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
    return file


def with_manifest(content: dict[str, bytes], **changed: object) -> dict[str, bytes]:
    return {**content, MANIFEST: json.dumps({**json.loads(content[MANIFEST]), **changed}).encode()}


def test_a_backup_that_is_cut_off_anywhere_is_refused_in_words(kept: Path, tmp_path: Path) -> None:
    whole, cut = kept.read_bytes(), tmp_path / "cut.zip"
    for length in (0, 1, 100, *random.Random(1).sample(range(len(whole)), 20), len(whole) - 1):
        cut.write_bytes(whole[:length])
        with pytest.raises(SetupError, match="is no backup of Kollega's, or it is damaged or cut off; use another one"):
            check(cut)


def test_a_changed_byte_is_found_or_changes_nothing_that_is_kept(kept: Path, tmp_path: Path) -> None:
    whole, changed, chance = kept.read_bytes(), tmp_path / "changed.zip", random.Random(2)
    before, refused = parts_of(kept), 0
    for at in (*chance.sample(range(len(whole)), 60), *chance.sample(range(len(whole) - 12000, len(whole)), 60)):
        changed.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
        try:
            told = check(changed)
        except SetupError:
            refused += 1
        else:
            # Times and rights in the archive's own directory are not used.
            assert {part.name: parts_of(changed)[part.name] for part in told.parts} == {name: before[name] for name in before if name != MANIFEST}
    assert refused > 60


def test_what_is_no_backup_is_refused_in_words(kept: Path, tmp_path: Path) -> None:
    parts, foreign = parts_of(kept), tmp_path / "foreign.zip"
    named = [part for part in json.loads(parts[MANIFEST])["parts"] if part["name"] == "state/queue.db"]
    outside = {**named[0], "name": "config/../../outside"}
    manifest = with_manifest(parts, parts=[*json.loads(parts[MANIFEST])["parts"], outside])
    behind = {**{name: content for name, content in parts.items() if name != MANIFEST}, outside["name"]: parts["state/queue.db"]}
    for content in (
        {"readme.txt": b"hello"},
        {name: content for name, content in parts.items() if name != MANIFEST},
        {name: content for name, content in parts.items() if name != "state/queue.db"},
        {**{"extra.txt": b"more"}, **parts},
        {**parts, "state/queue.db": b"another"},
        with_manifest(parts, surprise=1),
        {**behind, MANIFEST: manifest[MANIFEST]},
    ):
        with pytest.raises(SetupError, match="is no backup of Kollega's"):
            check(packed(foreign, content))
    foreign.write_bytes(random.Random(3).randbytes(5000))
    with pytest.raises(SetupError, match="is no backup of Kollega's"):
        check(foreign)
    with pytest.raises(SetupError, match="can't be read"):
        check(tmp_path / "missing.zip")


def test_no_part_can_be_larger_than_the_file(kept: Path, tmp_path: Path) -> None:
    parts = parts_of(kept)
    bomb = packed(tmp_path / "bomb.zip", {**parts, "state/queue.db": bytes(5_000_000)}, compression=zipfile.ZIP_DEFLATED)

    assert bomb.stat().st_size < 4_000_000
    with pytest.raises(SetupError, match="is no backup of Kollega's"):
        check(bomb)


def test_a_backup_of_a_newer_version_is_refused_and_one_of_the_version_before_is_taken(kept: Path, lived_in: Path, tmp_path: Path) -> None:
    parts = parts_of(kept)
    for changed in ({"casebook_schema": 99}, {"engine": "99.0.0"}):
        with pytest.raises(SetupError, match="which is newer than this one; install that version"):
            restore_to(packed(tmp_path / "newer.zip", with_manifest(parts, **changed)), tmp_path / "elsewhere")
    with pytest.raises(SetupError, match="the backup has format 99"):
        check(packed(tmp_path / "newer.zip", with_manifest(parts, schema=99)))

    older = packed(tmp_path / "older.zip", with_manifest(parts, kollega="0.0.1", engine="3.3.9"))
    assert restore_to(older, tmp_path / "elsewhere").backup.kollega == "0.0.1"


# --- putting back -----------------------------------------------------------------------------------------------------


def test_a_backup_becomes_an_installation_of_its_own_in_a_new_folder(kept: Path, tmp_path: Path, kollega: Callable[..., Done]) -> None:
    folder = tmp_path / "anew"
    done = kollega("restore", str(kept), "--to", str(folder))

    assert done.returncode == 0, done.stderr
    assert "Never let two robots work on the same inbox" in done.stdout
    assert references_in(folder / STATE) == ["EA-1", "EA-2"]
    assert references_in(folder / STATE / "shadow") == ["EA-3"]
    assert kollega("check", "--root", str(folder)).returncode == 0
    assert {rights(folder / STATE / name) for name in ("casebook.sqlite", "queue.db")} == {"0o600"}

    again = kollega("restore", str(kept), "--to", str(folder))
    assert (again.returncode, "is not empty; nothing was changed" in again.stderr) == (3, True)


def test_a_state_with_cases_is_overwritten_by_nobody_and_moved_aside_when_that_is_said(
    kept: Path, lived_in: Path, kollega: Callable[..., Done]
) -> None:
    open_cases(lived_in / STATE, "EA-4")
    refused = kollega("restore", str(kept), cwd=lived_in)

    assert refused.returncode == 3
    assert "has a casebook with 3 cases; nothing was changed. Say --move-aside" in refused.stderr
    assert references_in(lived_in / STATE) == ["EA-1", "EA-2", "EA-4"]

    (lived_in / "config" / "guidelines.yaml").write_bytes((lived_in / "config" / "guidelines.yaml").read_bytes() + b"# changed\n")
    done = kollega("restore", str(kept), "--move-aside", cwd=lived_in)
    assert done.returncode == 0, done.stderr
    assert references_in(lived_in / STATE) == ["EA-1", "EA-2"]
    (aside,) = (lived_in / STATE).glob("before-restore-*")
    assert references_in(aside) == ["EA-1", "EA-2", "EA-4"]
    assert references_in(aside / "shadow") == ["EA-3"]
    assert f"What was there lies in {aside}." in done.stdout
    assert "in:\nconfig/guidelines.yaml\n" in done.stdout
    assert list((lived_in / STATE).glob("restoring-*")) == []


def test_what_a_killed_robot_had_not_yet_moved_into_its_casebook_is_kept_aside_too(kept: Path, lived_in: Path) -> None:
    state = lived_in / STATE
    with Casebook(state / "casebook.sqlite") as casebook:
        casebook.open_case("toy:EA-4:2026-03", reference="EA-4", month="2026-03")
        # As a kill leaves them: with recent changes beside the file.
        copies = {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}
    assert "casebook.sqlite-wal" in copies
    for name, content in copies.items():
        (state / name).write_bytes(content)

    done = restore_state(kept, settings.load(lived_in), moves_aside=True)

    assert references_in(state) == ["EA-1", "EA-2"]
    assert done.aside is not None
    assert references_in(done.aside) == ["EA-1", "EA-2", "EA-4"]


def test_nothing_is_put_back_while_a_robot_is_at_work(kept: Path, lived_in: Path) -> None:
    with locked(lived_in / STATE), pytest.raises(SetupError, match="another robot is at work"):
        restore_state(kept, settings.load(lived_in), moves_aside=True)

    assert references_in(lived_in / STATE) == ["EA-1", "EA-2"]


def test_an_empty_or_a_missing_state_takes_a_backup_without_more_words(kept: Path, lived_in: Path) -> None:
    shutil.rmtree(lived_in / STATE)
    restore_state(kept, settings.load(lived_in))
    assert references_in(lived_in / STATE) == ["EA-1", "EA-2"]

    shutil.rmtree(lived_in / STATE)
    open_cases(lived_in / STATE)
    restore_state(kept, settings.load(lived_in))
    assert references_in(lived_in / STATE) == ["EA-1", "EA-2"]


def test_a_damaged_state_is_moved_aside_as_it_is(kept: Path, lived_in: Path) -> None:
    garbage = b"not a casebook" * 1000
    (lived_in / STATE / "casebook.sqlite").write_bytes(garbage)
    with pytest.raises(SetupError, match="a casebook that can't be read"):
        restore_state(kept, settings.load(lived_in))

    done = restore_state(kept, settings.load(lived_in), moves_aside=True)

    assert references_in(lived_in / STATE) == ["EA-1", "EA-2"]
    assert done.aside is not None
    assert (done.aside / "casebook.sqlite").read_bytes() == garbage


def test_a_backup_with_a_spoiled_part_changes_nothing(kept: Path, lived_in: Path, tmp_path: Path) -> None:
    spoiled = packed(tmp_path / "spoiled.zip", {**parts_of(kept), "state/casebook.sqlite": b"nothing"})
    with pytest.raises(SetupError, match="is no backup of Kollega's"):
        restore_state(spoiled, settings.load(lived_in), moves_aside=True)

    assert references_in(lived_in / STATE) == ["EA-1", "EA-2"]
    assert list((lived_in / STATE).glob("before-restore-*")) == []


# --- with a robot at work ---------------------------------------------------------------------------------------------


def installed(folder: Path) -> settings.Settings:
    """Return the settings of an installation whose state is the toy robot's."""
    (folder / "state").mkdir(parents=True)
    for name in ("config", "selectors"):
        (folder / name).symlink_to(ROOT / name)
    return settings.with_paths(settings.load(folder), state=folder / "state")


@pytest.mark.durable
def test_a_robot_put_back_from_any_moment_of_a_run_loses_no_case_and_does_nothing_twice(tmp_path: Path) -> None:
    references = [f"EA-{number:02}" for number in range(12)]
    configured = installed(tmp_path / "robot")
    folder, files = configured.root, []
    # The robot stands still for the first, lest it be through by then; at the others what it does until the copy is left to chance.
    (folder / "wait").write_text("EA-00 looked")
    with toy_run(folder, *references) as robot:
        for number, lines in enumerate((8, 40, 75)):
            robot.wait_for(lambda lines=lines: len(lines_of(folder / "trace")) >= lines)  # type: ignore[misc] # mypy can't tell the type of a default
            files.append(tmp_path / f"{number}.zip")
            back_up(configured, files[-1])
            (folder / "wait").unlink(missing_ok=True)
        robot.wait_for(lambda: len(lines_of(folder / "trace")) >= 90)
    written = lines_of(folder / "ledger")

    twice = 0
    for number, file in enumerate(files):
        again = installed(tmp_path / f"again-{number}")
        restore_state(file, again)
        # What stands in the other system is what stood there when the machine was lost, later than the backup.
        (again.root / "ledger").write_text("".join(f"{line}\n" for line in written))
        told = run_to_end(again.root, *references)

        assert told["failed"] == []
        assert sorted(lines_of(again.root / "ledger")) == references
        with Casebook(again.root / "state" / "casebook.sqlite") as casebook:
            assert {case.state for case in casebook.cases()} == {CaseState.ENDED}
            assert sorted(one.reference for one in casebook.outcomes()) == references
        twice += sum(ending == Ending.HANDED_OFF for ending in told["ended"].values())
    # Done after the backup by a robot that this one knows nothing of: a person is told, and it is not done again.
    assert twice > 0


@pytest.mark.durable
def test_a_case_that_ends_while_the_backup_is_made_is_ended_in_it_or_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configured = installed(tmp_path / "robot")
    folder, copy = configured.root, backups._copy
    (folder / "wait").write_text("EA-1 assess ended")
    with toy_run(folder, "EA-1") as robot:
        robot.wait_for_point("EA-1 assess ended")

        def copy_then_end(source: Path, target: Path) -> None:
            copy(source, target)
            if source.name == "queue.db":
                # All of the rest happens between the copy of the engine's record and that of the casebook.
                (folder / "wait").unlink(missing_ok=True)
                assert robot.told()["ended"] == {"EA-1": "decided"}

        monkeypatch.setattr(backups, "_copy", copy_then_end)
        back_up(configured, tmp_path / "kept.zip")

    again = installed(tmp_path / "again")
    restore_state(tmp_path / "kept.zip", again)
    shutil.copy(folder / "ledger", again.root / "ledger")
    told = run_to_end(again.root, "EA-1")

    assert (told["failed"], told["waiting"], lines_of(again.root / "ledger")) == ([], [], ["EA-1"])
    with Casebook(again.root / "state" / "casebook.sqlite") as casebook:
        assert [(case.reference, case.state) for case in casebook.cases()] == [("EA-1", CaseState.ENDED)]


@pytest.mark.durable
@pytest.mark.skipif(program("initdb") is None or shutil.which("pg_dump") is None, reason="PostgreSQL is not on this machine (apt install postgresql)")
def test_a_database_is_dumped_at_one_moment_and_put_into_an_empty_one(lived_in: Path, kollega: Callable[..., Done]) -> None:
    with postgres() as address:
        configured = lived_in / "config" / "kollega.yaml"
        before = configured.read_text()
        configured.write_text(before.replace("\npaths:\n", f"\npaths:\n  database: {address}\n"))
        database = settings.load(lived_in).paths.database_of(RunMode.DECIDE)
        with Casebook(database) as casebook:
            casebook.open_case("toy:EA-9:2026-03", reference="EA-9", month="2026-03")
        with closing_engine(address) as engine, engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE of_others (name text)")

        done = kollega("backup", "kept.zip", cwd=lived_in)
        assert done.returncode == 0, done.stderr
        assert "kept.zip is whole: a database" in kollega("backup", "--check", "kept.zip", cwd=lived_in).stdout

        refused = kollega("restore", "kept.zip", cwd=lived_in)
        assert (refused.returncode, "the database is not empty; nothing was changed" in refused.stderr) == (3, True), refused.stderr

        with closing_engine(address) as engine, engine.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE another")
        configured.write_text(before.replace("\npaths:\n", f"\npaths:\n  database: {address.replace('/postgres?', '/another?')}\n"))
        again = kollega("restore", "kept.zip", cwd=lived_in)
        assert again.returncode == 0, again.stderr
        with Casebook(settings.load(lived_in).paths.database_of(RunMode.DECIDE)) as casebook:
            assert [case.reference for case in casebook.cases()] == ["EA-9"]
        with closing_engine(address.replace("/postgres?", "/another?")) as engine:
            assert not sa.inspect(engine).has_table("of_others")

        configured.write_text(before)
        wrong = kollega("restore", "kept.zip", cwd=lived_in)
        assert (wrong.returncode, "the backup is of a PostgreSQL database" in wrong.stderr) == (3, True)


@pytest.mark.durable
@pytest.mark.skipif(program("initdb") is None or shutil.which("pg_dump") is None, reason="PostgreSQL is not on this machine (apt install postgresql)")
def test_a_robot_put_back_from_a_dump_of_any_moment_of_a_run_loses_no_case_and_does_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = [f"EA-{number}" for number in range(6)]
    configured, files = installed(tmp_path / "robot"), []
    folder = configured.root
    with postgres() as address:
        database = f"{address}&schema=toy"
        monkeypatch.setenv("TOY_DATABASE", database)
        with toy_run(folder, *references) as robot:
            for point in ("EA-1 assess begun", "EA-2 acted", "EA-4 write stored"):
                robot.wait_for_point(point)
                files.append(tmp_path / f"{point[3]}.zip")
                back_up(configured, files[-1], database=database)
            robot.kill()
        written = lines_of(folder / "ledger")

        for number, file in enumerate(files):
            with closing_engine(address) as engine, engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE again_{number}")
            again, restored = installed(tmp_path / f"again-{number}"), database.replace("/postgres?", f"/again_{number}?")
            restore_database(file, restored, again)
            (again.root / "ledger").write_text("".join(f"{line}\n" for line in written))
            monkeypatch.setenv("TOY_DATABASE", restored)
            told = run_to_end(again.root, *references)

            assert (told["failed"], told["waiting"], sorted(lines_of(again.root / "ledger"))) == ([], [], references)
            with Casebook(restored) as casebook:
                assert {case.state for case in casebook.cases()} == {CaseState.ENDED}
                assert sorted(one.reference for one in casebook.outcomes()) == references


@pytest.mark.durable
@pytest.mark.skipif(program("initdb") is None or shutil.which("pg_dump") is None, reason="PostgreSQL is not on this machine (apt install postgresql)")
def test_a_database_whose_tables_somebody_keeps_locked_is_told_of_and_not_waited_for_without_end(
    kept: Path, lived_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_WAIT_SECONDS", 0.5)
    before = kept.read_bytes()
    with postgres() as address, Casebook(address) as casebook, casebook.engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SetupError, match=r"could not be dumped: .*statement timeout; see that .* nobody keeps a table locked"):
            back_up(settings.load(lived_in), kept, database=address, replaces=True)
    assert kept.read_bytes() == before


@contextmanager
def closing_engine(address: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()
