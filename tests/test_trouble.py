"""What goes wrong with a machine: full disks, locked, missing and damaged files, a clock that jumps, power cuts.

Each time the robot says who is to do what, loses no case, does nothing twice, and goes on when it is mended.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from robots import backup, exception_queue, run_log, settings
from robots.assessment import Outcome
from robots.casebook import Casebook, CaseState, EffectState
from robots.effects import Effects, Seen
from robots.errors import Actor, SetupError, StateUnusable, SystemUnavailable
from robots.exception_queue import Entry, Sheet, State, View
from robots.run_log import Action, event
from robots.screens.sending import sending
from robots.texts import Texts
from robots.work_queue import WorkQueue
from robots.work_queue.lock import locked
from tests.outcomes import outcome_of
from tests.postgres import needs_postgres, postgres, start_again, stop_at_once
from tests.toy_runs import ROOT, lines_of, run_to_end, toy_run

if TYPE_CHECKING:
    from robots.handling import Step

REFERENCES = tuple(f"EA-{number}" for number in range(6))
CASEBOOK, ENGINE = "casebook/casebook.sqlite", "queue/queue.db"


@contextmanager
def disk(folder: Path, *, size_megabytes: int) -> Iterator[None]:
    """Have the folder on a small disk of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_megabytes}m", "tmpfs", folder], capture_output=True, check=False)  # noqa: S607 - of the system
    if mounted.returncode != 0:
        pytest.skip("only root can make a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S607 - of the system


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write in the folder, not even root."""
    commands = (["mount", "--bind", str(folder), str(folder)], ["mount", "-o", "remount,ro,bind", str(folder)])
    if any(subprocess.run(command, capture_output=True, check=False).returncode != 0 for command in commands):
        pytest.skip("only root can take the right to write from itself")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S607 - of the system


def fill(folder: Path) -> Path:
    """Leave no room on the disk of the folder."""
    file = folder / "filling"
    with file.open("wb", buffering=0) as filling:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    filling.write(bytes(size))
            except OSError:
                continue
    return file


def complaint(told: dict[str, Any]) -> str:
    """Return what the run said to the operator, as its error or of its state, after seeing that the exit code is the operator's."""
    assert told["exit_code"] == SetupError.exit_code
    assert StateUnusable.next_actor is Actor.OPERATOR
    says: str = told["says"] if "says" in told else told["held"]["state"]
    return says


def assert_all_done_once(folder: Path, *references: str) -> None:
    references = references or REFERENCES
    assert sorted(lines_of(folder / "ledger")) == sorted(references)
    place = "state/casebook.sqlite" if (folder / "state").is_dir() else CASEBOOK
    with Casebook(folder / place) as casebook:
        assert {case.reference: case.state for case in casebook.cases()} == dict.fromkeys(references, CaseState.ENDED)
        assert {one.ending for one in casebook.outcomes()} == {"decided"}
        for case in casebook.cases():
            assert [one.state for one in casebook.effects(case.case_id)] == [EffectState.DONE]


def assert_goes_on(folder: Path) -> None:
    told = run_to_end(folder, *REFERENCES)
    assert (told["failed"], told["waiting"], told["held"]) == ([], [], {})
    assert_all_done_once(folder)


# --- full disks -------------------------------------------------------------------------------------------------------


@pytest.mark.durable
@pytest.mark.parametrize(("place", "point"), [("casebook", "EA-1 acted"), ("queue", "EA-1 assess ended")])
def test_a_run_on_a_full_disk_stops_with_words_and_goes_on_when_there_is_room(tmp_path: Path, place: str, point: str) -> None:
    with disk(tmp_path / place, size_megabytes=16):
        (tmp_path / "wait").write_text(point)
        with toy_run(tmp_path, *REFERENCES) as robot:
            robot.wait_for_point(point)
            filling = fill(tmp_path / place)
            (tmp_path / "wait").unlink()
            assert "its disk is full: free some room there. Nothing is lost" in complaint(robot.told())
        assert "its disk is full" in complaint(run_to_end(tmp_path, *REFERENCES))

        filling.unlink()
        assert_goes_on(tmp_path)


def test_a_log_on_a_full_disk_is_told_of_once_and_whole_again_when_there_is_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "logs"
    with disk(folder, size_megabytes=1):
        log = run_log.set_up(folder, console=False)
        event(Action.CASE_TAKEN, "before")
        filling = fill(folder)
        for number in range(2000):
            event(Action.STEP_DONE, f"lost {number}")
        assert capsys.readouterr().err.count("the run's log can't be written (No space left on device); free some room in") == 1
        filling.unlink()
        event(Action.CASE_TAKEN, "after")
        log.close()

        records = [json.loads(line) for line in (log.folder / "events.jsonl").read_text().splitlines()]
        assert (records[0]["message"], records[-1]["message"]) == ("before", "after")
        assert (log.folder / "run.log").read_text().endswith("after\n")


def test_a_run_whose_logs_disk_stays_full_ends_as_it_would_have(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "logs"
    with disk(folder, size_megabytes=1):
        log = run_log.set_up(folder, console=False)
        fill(folder)
        event(Action.CASE_TAKEN)
        log.close()
        assert "free some room in" in capsys.readouterr().err


def test_a_workbook_on_a_full_disk_stays_as_it_was_and_is_written_when_there_is_room(tmp_path: Path) -> None:
    texts = Texts.load(ROOT / "config" / "texts", "sv")
    folder, now = tmp_path / "shared", datetime(2026, 3, 2, 9, tzinfo=UTC)
    changed = View(entries=[Entry(case_id="a:b:c", round=1, sheet=Sheet.TO_DO, values={"reference": "EA-26-00001"})])
    with disk(folder, size_megabytes=1):
        workbook = folder / "undantag.xlsx"
        exception_queue.write(workbook, View(entries=()), texts, now=now)
        before, filling = workbook.read_bytes(), fill(folder)

        with pytest.raises(
            SetupError, match=r"the exception workbook can't be written \(No space left on device\); look over paths.workbook"
        ) as told:
            exception_queue.write(workbook, changed, texts, now=now)
        assert told.value.next_actor is Actor.OPERATOR
        assert workbook.read_bytes() == before
        assert sorted(folder.iterdir()) == sorted([folder / ".undantag.robot", filling, workbook])

        filling.unlink()
        assert exception_queue.write(workbook, changed, texts, now=now).state is State.WRITTEN


def test_a_backup_on_a_full_disk_leaves_the_earlier_one_as_it_was(tmp_path: Path) -> None:
    configured = settings.with_paths(settings.load(ROOT), state=tmp_path / "state")
    with Casebook(tmp_path / "state" / "casebook.sqlite") as casebook:
        casebook.open_case("toy:EA-1:2026-03", reference="EA-1", month="2026-03")
    folder = tmp_path / "backups"
    with disk(folder, size_megabytes=4):
        file = folder / "kept.zip"
        backup.back_up(configured, file)
        before, filling = file.read_bytes(), fill(folder)

        with pytest.raises(SetupError, match="look over .* room"):
            backup.back_up(configured, file, replaces=True)
        assert file.read_bytes() == before
        assert sorted(folder.iterdir()) == [filling, file]

        filling.unlink()
        assert backup.back_up(configured, file, replaces=True).cases == 1


@pytest.mark.parametrize("place", ["file", "file/logs"])
def test_a_run_that_can_have_no_log_is_not_begun(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"the run's log can't be begun in .* look over paths.logs"):
        run_log.set_up(tmp_path / place, console=False)


# --- locked, read-only, gone, damaged ---------------------------------------------------------------------------------


@contextmanager
def kept_locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.durable
@pytest.mark.parametrize("place", [CASEBOOK, ENGINE])
def test_a_record_that_another_program_keeps_locked_for_a_while_is_waited_for(tmp_path: Path, place: str) -> None:
    (tmp_path / "wait").write_text("EA-1 assess ended")
    with toy_run(tmp_path, *REFERENCES, busy_seconds=30) as robot:
        robot.wait_for_point("EA-1 assess ended")
        with kept_locked(tmp_path / place):
            (tmp_path / "wait").unlink()
            with pytest.raises(subprocess.TimeoutExpired):
                robot.process.wait(timeout=3)
        told = robot.told()
    assert (told["failed"], told["waiting"], told["held"]) == ([], [], {})
    assert_all_done_once(tmp_path)


@pytest.mark.durable
def test_a_casebook_that_stays_locked_stops_the_run_with_words(tmp_path: Path) -> None:
    (tmp_path / "wait").write_text("EA-1 assess ended")
    with toy_run(tmp_path, *REFERENCES, busy_seconds=0.2) as robot:
        robot.wait_for_point("EA-1 assess ended")
        with kept_locked(tmp_path / CASEBOOK):
            (tmp_path / "wait").unlink()
            assert "another program keeps it locked: see what has the file open" in complaint(robot.told())
    assert_goes_on(tmp_path)


@pytest.mark.durable
def test_an_engines_record_that_stays_locked_is_waited_for_longer_than_a_try_lasts(tmp_path: Path) -> None:
    (tmp_path / "wait").write_text("EA-1 assess ended")
    with toy_run(tmp_path, *REFERENCES, busy_seconds=0.2) as robot:
        robot.wait_for_point("EA-1 assess ended")
        with kept_locked(tmp_path / ENGINE):
            (tmp_path / "wait").unlink()
            with pytest.raises(subprocess.TimeoutExpired):
                robot.process.wait(timeout=2)
        told = robot.told()
    assert told["failed"] == []
    assert_goes_on(tmp_path)


@pytest.mark.durable
@pytest.mark.parametrize("moment", ["launch", "enqueue", "resume", "prove_writable", "call_off"])
def test_an_engines_record_that_stays_locked_while_nothing_is_at_hand_ends_the_run_with_words(tmp_path: Path, moment: str) -> None:
    if moment == "resume":
        (tmp_path / "stop").write_text("EA-0 collect ended")
        assert run_to_end(tmp_path, "EA-0")["waiting"]
    (tmp_path / "lock").write_text(moment)
    with toy_run(tmp_path, *(["EA-0"] if moment == "resume" else REFERENCES), busy_seconds=0.2) as robot:
        robot.wait_for_point(f"locked before {moment}")
        assert "another program keeps it locked: see what has the file open" in complaint(robot.told())
    (tmp_path / "lock").unlink()
    assert_goes_on(tmp_path)


@pytest.mark.durable
@pytest.mark.parametrize("place", ["casebook", "queue"])
def test_a_folder_that_may_not_be_written_is_told_of_and_nothing_is_begun(tmp_path: Path, place: str) -> None:
    (tmp_path / "wait").write_text("EA-1 acted")
    with toy_run(tmp_path, *REFERENCES) as robot:
        robot.wait_for_point("EA-1 acted")
    (tmp_path / "wait").unlink()
    trace = lines_of(tmp_path / "trace")
    with read_only(tmp_path / place):
        assert "give the robot's account" in complaint(run_to_end(tmp_path, *REFERENCES))
    assert lines_of(tmp_path / "trace") == trace

    assert_goes_on(tmp_path)


@pytest.mark.durable
@pytest.mark.parametrize(("place", "how"), [(CASEBOOK, "moved"), (CASEBOOK, "replaced"), (ENGINE, "moved")])
def test_a_record_that_is_taken_away_under_a_robot_stops_it_before_it_writes_where_nothing_is_kept(tmp_path: Path, place: str, how: str) -> None:
    file, aside = tmp_path / place, tmp_path / "aside"
    aside.mkdir()
    (tmp_path / "wait").write_text("EA-1 assess ended")
    with toy_run(tmp_path, *REFERENCES) as robot:
        robot.wait_for_point("EA-1 assess ended")
        for one in (file, file.with_name(f"{file.name}-wal")):
            one.rename(aside / one.name)
        if how == "replaced":
            shutil.copy(aside / file.name, file)
        (tmp_path / "wait").unlink()
        assert "was moved, deleted or replaced while the robot works" in complaint(robot.told())

    for one in file.parent.glob(f"{file.name}*"):
        one.unlink()
    for one in aside.iterdir():
        one.rename(file.with_name(one.name))
    assert_goes_on(tmp_path)


@pytest.mark.durable
@pytest.mark.parametrize("place", [CASEBOOK, ENGINE])
def test_a_damaged_record_is_told_of_before_anything_is_begun(tmp_path: Path, place: str) -> None:
    (tmp_path / "wait").write_text("EA-1 acted")
    with toy_run(tmp_path, *REFERENCES) as robot:
        robot.wait_for_point("EA-1 acted")
    (tmp_path / "wait").unlink()
    file, trace = tmp_path / place, lines_of(tmp_path / "trace")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sound = file.read_bytes()
    chance, middle = random.Random(7), len(sound) // 2 // 4096 * 4096
    file.write_bytes(sound[: middle - 4096] + chance.randbytes(8192) + sound[middle + 4096 :])

    says = complaint(run_to_end(tmp_path, *REFERENCES))

    assert "it is damaged, or its disk is: look at the disk, then put the latest backup in its place with kollega restore --move-aside" in says
    assert lines_of(tmp_path / "trace") == trace
    file.write_bytes(sound)
    assert_goes_on(tmp_path)


def test_a_folder_or_a_file_without_rights_is_told_of_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for open_it in (
        lambda: Casebook(tmp_path / "file" / "casebook.sqlite"),
        lambda: Casebook(tmp_path),
        lambda: locked(tmp_path / "file").__enter__(),
    ):
        with pytest.raises(StateUnusable, match="give the robot's account"):
            open_it()


@pytest.mark.durable
@needs_postgres
@pytest.mark.parametrize("point", ["EA-1 assess ended", "EA-1 acted"])
def test_a_database_server_that_stops_at_once_and_comes_back_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    with postgres() as address:
        monkeypatch.setenv("TOY_DATABASE", f"{address}&schema=toy")
        (tmp_path / "wait").write_text(point)
        with toy_run(tmp_path, *REFERENCES) as robot:
            robot.wait_for_point(point)
            stop_at_once(address)
            (tmp_path / "wait").unlink()
            # The server is away for a moment; a robot that has ended by then has told why.
            with suppress(subprocess.TimeoutExpired):
                robot.process.wait(timeout=1)
            start_again(address)
            told = robot.told()
        # The engine waits for its server, the casebook does not: the run goes on, or its cases wait for the next one.
        assert "says" in told or told["failed"] == [], told
        if told.get("held") or "says" in told:
            assert "the database server does not answer" in complaint(told)
        again = run_to_end(tmp_path, *REFERENCES)
        assert (again["failed"], again["waiting"], again["held"]) == ([], [], {})
        assert sorted(lines_of(tmp_path / "ledger")) == list(REFERENCES)
        with Casebook(f"{address}&schema=toy") as casebook:
            assert {case.reference: case.state for case in casebook.cases()} == dict.fromkeys(REFERENCES, CaseState.ENDED)


# --- a stop -----------------------------------------------------------------------------------------------------------


@pytest.mark.durable
async def test_a_stop_ends_the_wait_for_what_was_not_answered_and_the_next_run_looks_on(tmp_path: Path) -> None:
    stop, shown = asyncio.Event(), [Seen.NOT_DONE]

    async def look() -> Seen:
        return shown[0]

    async def act() -> None:
        async with sending():
            stop.set()
            raise SystemUnavailable("cut")

    async def handle(case_id: str, reference: str, step: Step) -> Outcome:
        async def write() -> None:
            # Longer than the test lasts.
            effects = Effects(casebook, late_seconds=3600, prove_right_to_act=queue.prove_right_to_act, pause=queue.pause)
            await effects.ensure(case_id, "payment", look=look, act=act, is_marked=True)

        await step("write", None, write)
        return outcome_of(case_id, reference)

    with Casebook(tmp_path / "casebook.sqlite") as casebook:
        opened = WorkQueue.open(
            tmp_path, executor="toy", handle=handle, casebook=casebook, tries=1, first_wait_seconds=0.01, at_once=1, poll_seconds=0.02
        )
        async with opened as queue, asyncio.timeout(60):
            case_id = await queue.submit("toy", "EA-1", "2026-03")
            first = await queue.run(stop, lambda _: None)
            assert (first.waiting, first.ended, first.was_stopped) == ((case_id,), (), True)
            mark = casebook.effect(case_id, "payment")
            assert mark is not None
            assert mark.is_unanswered
            shown[0] = Seen.DONE
            second = await queue.run(asyncio.Event(), lambda _: None)
        assert [one.reference for one in second.ended] == ["EA-1"]
        assert casebook.effect_state(case_id, "payment") is EffectState.DONE


# --- the clock --------------------------------------------------------------------------------------------------------


@pytest.mark.durable
def test_a_clock_that_is_set_back_or_forward_by_an_hour_or_a_day_changes_no_outcome(tmp_path: Path) -> None:
    clock, wait = tmp_path / "clock", tmp_path / "wait"
    # Set between two runs, each of which is killed, and back to the right time in the middle of the last one.
    for shift_seconds, point in ((0, "EA-1 acted"), (-3600, "EA-2 assess ended"), (-86_400, "EA-3 intended"), (86_400, "EA-4 assess ended")):
        clock.write_text(str(shift_seconds))
        wait.write_text(point)
        with toy_run(tmp_path, *REFERENCES) as robot:
            robot.wait_for_point(point)
            if shift_seconds == 86_400:
                clock.write_text("3600")
                wait.unlink()
                told = robot.told()

    assert (told["failed"], told["waiting"], told["held"]) == ([], [], {})
    assert_all_done_once(tmp_path)


# --- power cuts -------------------------------------------------------------------------------------------------------


class Journal:
    """Writes in a casebook, and what was promised to be kept after each write."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "casebook.sqlite"
        #: the files after each write, and the names of the effects that stand there
        self.moments: list[tuple[bytes, bytes, frozenset[str]]] = []

    def fill(self, writes: int) -> None:
        kept: set[str] = set()
        with Casebook(self.file) as casebook:
            casebook.open_case("toy:EA-1:2026-03", reference="EA-1", month="2026-03")
            self._note(kept)
            for number in range(writes):
                casebook.intend("toy:EA-1:2026-03", f"effect {number:03} {'x' * 700}")
                kept.add(f"effect {number:03}")
                self._note(kept)

    def _note(self, kept: set[str]) -> None:
        wal = self.file.with_name(f"{self.file.name}-wal")
        self.moments.append((self.file.read_bytes(), wal.read_bytes() if wal.exists() else b"", frozenset(kept)))


def opened_after(folder: Path, main: bytes, wal: bytes) -> frozenset[str]:
    """Return the effects that a casebook holds which is opened after a power cut left these files, seeing that it is sound."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "casebook.sqlite").write_bytes(main)
    (folder / "casebook.sqlite-wal").write_bytes(wal)
    with Casebook(folder / "casebook.sqlite") as casebook:
        casebook.see_sound()
        assert [case.reference for case in casebook.cases()] == ["EA-1"]
        return frozenset(one.name[:10] for one in casebook.effects("toy:EA-1:2026-03"))


def test_a_power_cut_in_the_middle_of_a_write_keeps_all_that_was_promised_before(tmp_path: Path) -> None:
    journal, chance = Journal(tmp_path / "robot"), random.Random(11)
    journal.fill(40)
    whole = torn = 0
    for (main, before, kept), (_, after, then) in zip(journal.moments[1:], journal.moments[2:], strict=False):
        padded = before.ljust(len(after), b"\0")
        for sectors in (True, False):
            # The disk takes what was not yet promised in order up to a byte, or sector by sector in any order.
            changed = next(at for at in range(0, len(after), 512) if after[at : at + 512] != padded[at : at + 512])
            cut = chance.choice((chance.randrange(changed, len(after)), len(after)))
            pieces = (after[at : at + 512] if chance.random() < 0.5 else padded[at : at + 512] for at in range(0, len(after), 512))
            wal = b"".join(pieces) if sectors else after[:cut] + padded[cut:]
            found = opened_after(tmp_path / "after", main, wal)
            assert found in (kept, then)
            whole, torn = whole + (found == then), torn + (found == kept)
    # Both happen, or this would show nothing.
    assert min(whole, torn) > 3


def test_a_power_cut_while_the_changes_are_moved_into_the_file_itself_loses_nothing(tmp_path: Path) -> None:
    journal, chance = Journal(tmp_path / "robot"), random.Random(12)
    journal.fill(30)
    main, wal, kept = journal.moments[-1]
    assert opened_after(tmp_path / "after", main, wal) == kept
    # Closed by the block above, the file has all of it.
    moved = (tmp_path / "after" / "casebook.sqlite").read_bytes()
    padded = main.ljust(len(moved), b"\0")
    for _ in range(30):
        mixed = b"".join(moved[at : at + 512] if chance.random() < 0.5 else padded[at : at + 512] for at in range(0, len(moved), 512))
        assert opened_after(tmp_path / "after", mixed, wal) == kept


@pytest.mark.durable
def test_a_robot_goes_on_from_files_that_a_power_cut_has_torn(tmp_path: Path) -> None:
    chance = random.Random(13)
    (tmp_path / "state").mkdir()
    points = ("EA-1 assess ended", "EA-2 intended", "EA-3 acted", "EA-4 write ended")
    for point in points:
        (tmp_path / "wait").write_text(point)
        with toy_run(tmp_path, *REFERENCES) as robot:
            robot.wait_for_point(point)
            for wal in (tmp_path / "state").glob("*-wal"):
                # Of a write that was begun and never promised, the disk has a part.
                torn = chance.randbytes(chance.randrange(1, 9000))
                robot.kill()
                with wal.open("ab") as file:
                    file.write(torn)
    (tmp_path / "wait").unlink()
    assert_goes_on(tmp_path)
