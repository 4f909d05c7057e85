"""Robots that share one casebook: signs of life, names that one process holds, and cases that are taken over from the dead."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from robots.casebook import Casebook, CaseState
from robots.casebook.database import NameLock, database_engine, in_turn, schema_of
from robots.casebook.workers import Workers, executor_of, worker_of
from robots.errors import SetupError
from robots.work_queue.machines import WORKER_VARIABLE
from tests.postgres import postgres, program

ROOT = Path(__file__).resolve().parent.parent
TOY = Path(__file__).with_name("toy_robot.py")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if program("initdb") is None:
        pytest.skip("the server of PostgreSQL is not on this machine (apt install postgresql); several robots need it")
    with postgres() as address:
        yield address


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.durable)])
def casebook(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Casebook]:
    where = tmp_path / "casebook.db" if request.param == "SQLite" else f"{request.getfixturevalue('server')}&schema={_name(tmp_path)}"
    with Casebook(where) as book:
        yield book


def _name(tmp_path: Path) -> str:
    """Return a schema for one test."""
    return f"kollega_{abs(hash(tmp_path)) % 10**9}"


# --- signs of life ----------------------------------------------------------------------------------------------------


def test_a_worker_is_alive_while_it_gives_signs_of_life_and_not_when_it_has_ended(casebook: Casebook) -> None:
    workers = Workers(casebook.engine)
    began_at = workers.begin("vm-1", machine="vm-1", process=7, version="1.2", mode="decide")

    (one,) = workers.entries()
    assert (one.worker, one.machine, one.process, one.version, one.mode) == ("vm-1", "vm-1", 7, "1.2", "decide")
    assert (one.began_at, one.ended_at) == (began_at, None)
    assert one.seen_at >= began_at
    assert one.is_alive(lifeless_seconds=60)
    assert workers.beat("vm-1", began_at, lifeless_seconds=60)
    assert workers.entries()[0].seen_at > one.seen_at

    workers.end("vm-1", began_at)
    assert not workers.entries()[0].is_alive(lifeless_seconds=60)
    assert not workers.beat("vm-1", began_at, lifeless_seconds=60)
    assert not workers.is_fresh("vm-1", began_at, seconds=60)


def test_a_worker_that_was_silent_for_too_long_stays_dead_and_can_not_give_a_sign_of_life_again(casebook: Casebook) -> None:
    workers = Workers(casebook.engine)
    began_at = workers.begin("vm-1", machine="vm-1", process=7, version="1.2", mode="decide")
    time.sleep(0.06)  # the silence itself is what is tried

    assert not workers.beat("vm-1", began_at, lifeless_seconds=0.05)
    assert not workers.is_fresh("vm-1", began_at, seconds=0.05)
    assert not workers.entries()[0].is_alive(lifeless_seconds=0.05)
    assert workers.is_fresh("vm-1", began_at, seconds=60)


def test_a_worker_that_begins_again_takes_the_place_of_its_earlier_start(casebook: Casebook) -> None:
    workers = Workers(casebook.engine)
    first = workers.begin("vm-1", machine="vm-1", process=7, version="1.2", mode="decide")
    second = workers.begin("vm-1", machine="vm-1", process=8, version="1.3", mode="propose")

    assert not workers.beat("vm-1", first, lifeless_seconds=60)
    assert workers.beat("vm-1", second, lifeless_seconds=60)
    workers.end("vm-1", first)
    (one,) = workers.entries()
    assert (one.process, one.version, one.mode, one.ended_at) == (8, "1.3", "propose", None)
    assert executor_of("vm-1", first) != executor_of("vm-1", second)
    assert worker_of(executor_of("vm@1", first)) == "vm@1"
    assert worker_of("vm-1") == "vm-1"


# --- the database -----------------------------------------------------------------------------------------------------


@pytest.mark.durable
def test_a_casebook_in_a_schema_of_its_own_is_made_once_by_many_who_open_it_at_the_same_time(server: str) -> None:
    address = f"{server}&schema=made_at_once"

    def open_it(number: int) -> bool:
        with Casebook(address) as book:
            return book.open_case("toy:EA-1:2026-03", reference="EA-1", month="2026-03")

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(open_it, range(8))) == [False] * 7 + [True]
    engine = database_engine(server)
    with engine.connect() as connection:
        tables = sa.text("SELECT table_schema FROM information_schema.tables WHERE table_name = 'cases'")
        assert "made_at_once" in connection.execute(tables).scalars().all()
    engine.dispose()
    assert schema_of(address) == "made_at_once"
    assert schema_of(server) == ""


@pytest.mark.durable
def test_a_name_is_held_by_one_alone_and_taken_anew_when_the_server_has_dropped_it(server: str) -> None:
    first, second = NameLock(server, "vm-1"), NameLock(server, "vm-1")
    try:
        assert first.take()
        assert not second.take()
        engine = database_engine(server)
        with engine.begin() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(sa.text(others))
        engine.dispose()
        first.renew()
        assert not second.take()
        first.close()
        assert second.take()
    finally:
        first.close()
        second.close()


def test_what_is_done_in_turn_is_never_done_by_two_at_once(casebook: Casebook) -> None:
    inside: list[int] = []
    if casebook.engine.dialect.name == "sqlite":
        with in_turn(casebook.engine, "workbook"):
            inside.append(1)
        assert inside == [1]
        return

    def write(number: int) -> int:
        with in_turn(casebook.engine, "workbook"):
            inside.append(number)
            time.sleep(0.01)  # long enough for another to come in, if it could
            inside.remove(number)
            return len(inside)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(8))) == [0] * 8


# --- robots that share the work ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shared:
    """What toy robots share: a database, and the folder with the ledger outside."""

    folder: Path
    address: str

    def begin(self, worker: str, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOY_DATABASE": self.address, WORKER_VARIABLE: worker}
        return subprocess.Popen(
            [sys.executable, TOY, self.folder, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )

    def run(self, worker: str, *references: str) -> tuple[int, dict[str, list[str]]]:
        with self.begin(worker, "run", *references) as robot:
            printed, complaints = robot.communicate(timeout=60)
        assert complaints == ""
        return robot.returncode, json.loads(printed) if printed else {}

    @property
    def ledger(self) -> list[str]:
        file = self.folder / "ledger"
        return sorted(file.read_text().splitlines()) if file.exists() else []

    def states(self) -> dict[str, CaseState]:
        with Casebook(self.address) as casebook:
            return {case.reference: case.state for case in casebook.cases()}


@pytest.fixture
def shared(server: str, tmp_path: Path) -> Shared:
    return Shared(tmp_path, f"{server}&schema={_name(tmp_path)}")


@pytest.mark.durable
def test_a_robot_killed_around_its_steps_on_postgresql_ends_every_case_and_writes_once(shared: Shared) -> None:
    """The guard of an upgrade of the engine, as for files in test_work_queue.py, with the points at which the two databases could differ."""
    points = ("assess ended", "assess stored", "acted", "told")
    references = [f"EA-{number}" for number in range(len(points))]
    for reference, point in zip(references, points, strict=True):
        (shared.folder / "kill").write_text(f"{reference} {point}")
        code, _ = shared.run("one", reference)
        assert code == -signal.SIGKILL
    code, last = shared.run("one", *references)

    assert (code, last["failed"], last["waiting"]) == (0, [], [])
    assert shared.ledger == references
    assert shared.states() == dict.fromkeys(references, CaseState.ENDED)
    passed = Counter((shared.folder / "trace").read_text().splitlines())
    for reference, point in zip(references, points, strict=True):
        assert passed[f"{reference} collect begun"] == 1
        assert passed[f"{reference} assess begun"] == 1 + (point == "assess ended")
        assert passed[f"{reference} write begun"] == 1 + (point == "acted")


@pytest.mark.durable
def test_two_robots_that_begin_at_the_same_time_in_an_empty_database_do_each_case_once(shared: Shared) -> None:
    references = [f"EA-{number}" for number in range(8)]
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda worker: shared.run(worker, *references), ("one", "two")))

    assert [code for code, _ in runs] == [0, 0]
    assert sorted(reference for _, standing in runs for reference in standing["ended"]) == references
    assert all(standing["failed"] == standing["waiting"] == [] for _, standing in runs)
    assert shared.ledger == references


@pytest.mark.durable
def test_the_cases_of_a_robot_that_is_killed_for_good_are_ended_by_the_other_without_a_second_write(shared: Shared) -> None:
    references = ["EA-1", "EA-2", "EA-3"]
    (shared.folder / "kill").write_text("EA-1 acted")
    code, _ = shared.run("one", "EA-1")
    assert code == -signal.SIGKILL

    code, standing = shared.run("two", *references)

    assert (code, sorted(standing["ended"]), standing["failed"], standing["waiting"]) == (0, references, [], [])
    assert shared.ledger == references
    passed = Counter((shared.folder / "trace").read_text().splitlines())
    assert (passed["EA-1 collect begun"], passed["EA-1 write begun"]) == (1, 2)
    with Casebook(shared.address) as casebook:
        assert [(one.worker.partition("/")[2], one.ended_at is None) for one in Workers(casebook.engine).entries()] == [("one", True), ("two", False)]


@pytest.mark.durable
@pytest.mark.parametrize("point", ["looked", "intended"])
def test_a_robot_that_was_frozen_and_taken_for_dead_writes_nothing_when_it_thaws(shared: Shared, point: str) -> None:
    (shared.folder / "freeze").write_text(f"EA-1 {point}")
    with shared.begin("one", "run", "EA-1", "EA-2") as zombie:
        try:
            _, status = os.waitpid(zombie.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            code, standing = shared.run("two", "EA-1", "EA-2")
            assert (code, sorted(standing["ended"])) == (0, ["EA-1", "EA-2"])
            zombie.send_signal(signal.SIGCONT)
            printed, complaints = zombie.communicate(timeout=60)
        finally:
            zombie.kill()

    assert shared.ledger == ["EA-1", "EA-2"]
    assert (json.loads(printed)["ended"], complaints) == ([], "")
    assert shared.states() == {"EA-1": CaseState.ENDED, "EA-2": CaseState.ENDED}
    with Casebook(shared.address) as casebook:
        assert [entry.action for entry in casebook.events("toy:EA-1:2026-03")] == []


@pytest.mark.durable
def test_a_second_robot_of_the_same_name_is_refused_and_one_of_another_name_is_not(shared: Shared) -> None:
    with shared.begin("one", "hold") as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == "open\n"
            with shared.begin("one", "run", "EA-1") as second:
                said, _ = second.communicate(timeout=60)
            assert second.returncode == SetupError.exit_code
            assert "another robot is at work under the name" in said
            assert WORKER_VARIABLE in said
            code, standing = shared.run("two", "EA-1")
            assert (code, standing["ended"]) == (0, ["EA-1"])
        finally:
            first.kill()
