"""Robots that share one casebook: signs of life, names that one process holds, and cases that are taken over from the dead."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from robots.assessment import Ending, Outcome
from robots.case import SWEDEN
from robots.casebook import Casebook, CaseEntry, CaseState
from robots.casebook.database import NameLock, database_engine, in_turn, schema_of
from robots.casebook.tables import WORKERS
from robots.casebook.workers import Workers, executor_of, worker_of
from robots.cli import app
from robots.errors import SetupError, StateUnusable
from robots.practice.examination import Result, examine
from robots.practice.households import generate
from robots.practice.municipality import Municipality
from robots.work_queue import WorkQueue
from robots.work_queue.engine_record import cases_at_hand
from robots.work_queue.machines import WORKER_VARIABLE
from robots.work_queue.ranks import rank_of
from tests.outcomes import outcome_of
from tests.postgres import address_in

if TYPE_CHECKING:
    from robots.handling import Step

ROOT = Path(__file__).resolve().parent.parent
TOY = Path(__file__).with_name("toy_robot.py")
KOLLEGA = Path(sys.executable).parent / "kollega"
#: a run of a few cases that takes longer than this hangs
RUN_SECONDS = 240
#: so long is a dead robot's last sign of life ago
SILENT_SECONDS = 3600


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.durable)])
def casebook(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Casebook]:
    where = tmp_path / "casebook.db" if request.param == "SQLite" else address_in(tmp_path, request.getfixturevalue("server"))
    with Casebook(where) as book:
        yield book


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
        # The server gives a name back when it has noticed that the connection is closed.
        until = time.monotonic() + RUN_SECONDS
        while not second.take():
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        first.close()
        second.close()


@pytest.mark.durable
def test_a_robot_that_stood_still_in_the_midst_of_a_transaction_is_told_of_the_server_and_not_of_a_fault_of_its_own(server: str) -> None:
    address, watching = f"{server}&schema=stood_still", database_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    mine = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
    with Casebook(address) as casebook, watching.connect() as watch, casebook.engine.connect() as connection:
        pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        # Of this transaction alone: another is not to be cut off since the machine has much else to do.
        connection.execute(sa.text("SET idle_in_transaction_session_timeout = 100"))
        while watch.execute(mine, {"pid": pid}).scalar_one():
            time.sleep(0.02)
        with pytest.raises(StateUnusable, match="the database server does not answer"):
            connection.execute(sa.text("SELECT 1"))
        assert casebook.cases() == ()
    watching.dispose()


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

    def begin(self, worker: str, *arguments: str, freezes_at: str = "") -> subprocess.Popen[str]:
        """Begin a robot; one that is to freeze has done so."""
        environment = {"PYTHONPATH": str(ROOT), "TOY_DATABASE": self.address, WORKER_VARIABLE: worker}
        if freezes_at:
            (self.folder / "freeze").write_text(freezes_at)
        robot = subprocess.Popen(
            [sys.executable, TOY, self.folder, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        if freezes_at:
            _, status = os.waitpid(robot.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
        return robot

    def run(self, worker: str, *references: str) -> tuple[int, dict[str, list[str]]]:
        with self.begin(worker, "run", *references) as robot:
            return self.end_of(robot)

    def run_until_dead(self, other: str, worker: str, *references: str) -> tuple[int, dict[str, list[str]]]:
        """Run a robot beside one that is silent, which is dead to it once nothing but that one's case is left."""
        with self.begin(worker, "run", *references) as robot:
            until = time.monotonic() + RUN_SECONDS
            while not set(self.ledger) >= set(references) - {"EA-1"}:
                assert robot.poll() is None
                assert time.monotonic() < until
                time.sleep(0.02)
            let_die(self.address, other)
            return self.end_of(robot)

    def end_of(self, robot: subprocess.Popen[str]) -> tuple[int, dict[str, list[str]]]:
        printed, complaints = robot.communicate(timeout=RUN_SECONDS)
        assert complaints == ""
        return robot.returncode, json.loads(printed) if printed else {}

    @property
    def ledger(self) -> list[str]:
        file = self.folder / "ledger"
        return sorted(file.read_text().splitlines()) if file.exists() else []

    def states(self) -> dict[str, CaseState]:
        with Casebook(self.address) as casebook:
            return {case.reference: case.state for case in casebook.cases()}


def let_die(address: str, worker: str) -> None:
    """Have a robot that gives no sign of life any more be silent for long: how long a busy machine holds up one that lives is not to matter."""
    with Casebook(address) as casebook, casebook.engine.begin() as connection:
        is_meant = WORKERS.c.worker.endswith(f"/{worker}")
        died_at = datetime.now(UTC) - timedelta(seconds=SILENT_SECONDS)
        assert connection.execute(WORKERS.update().where(is_meant).values(seen_at=died_at)).rowcount == 1


@pytest.fixture
def shared(server: str, tmp_path: Path) -> Shared:
    return Shared(tmp_path, address_in(tmp_path, server))


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
def test_what_a_robot_that_is_stopped_leaves_is_ended_by_the_other_in_the_same_run(shared: Shared) -> None:
    references = ["EA-1", "EA-2", "EA-3", "EA-4"]
    with shared.begin("one", "run", *references, freezes_at="EA-1 collect begun") as one:
        try:
            (shared.folder / "stop").write_text("EA-2 collect begun")
            code, standing = shared.run("two", *references)
            # It has begun no other: which of these it knew of by then is a matter of milliseconds.
            assert (code, standing["ended"], "toy:EA-2:2026-03" in standing["waiting"]) == (0, [], True)
            one.send_signal(signal.SIGCONT)
            _, resumed = shared.end_of(one)
        finally:
            one.kill()

    assert sorted(resumed["ended"]) == references
    assert shared.states() == dict.fromkeys(references, CaseState.ENDED)
    assert shared.ledger == references


@pytest.mark.durable
def test_the_cases_of_a_robot_that_is_killed_for_good_are_ended_by_the_other_without_a_second_write(shared: Shared) -> None:
    references = ["EA-1", "EA-2", "EA-3"]
    (shared.folder / "kill").write_text("EA-1 acted")
    code, _ = shared.run("one", "EA-1")
    assert code == -signal.SIGKILL

    code, standing = shared.run_until_dead("one", "two", *references)

    assert (code, sorted(standing["ended"]), standing["failed"], standing["waiting"]) == (0, references, [], [])
    assert shared.ledger == references
    passed = Counter((shared.folder / "trace").read_text().splitlines())
    assert (passed["EA-1 collect begun"], passed["EA-1 write begun"]) == (1, 2)
    with Casebook(shared.address) as casebook:
        assert [(one.worker.partition("/")[2], one.ended_at is None) for one in Workers(casebook.engine).entries()] == [("one", True), ("two", False)]


@pytest.mark.durable
@pytest.mark.parametrize("point", ["looked", "intended"])
def test_a_robot_that_was_frozen_and_taken_for_dead_writes_nothing_when_it_thaws(shared: Shared, point: str) -> None:
    with shared.begin("one", "run", "EA-1", "EA-2", freezes_at=f"EA-1 {point}") as zombie:
        try:
            code, standing = shared.run_until_dead("one", "two", "EA-1", "EA-2")
            assert (code, sorted(standing["ended"])) == (0, ["EA-1", "EA-2"])
            zombie.send_signal(signal.SIGCONT)
            _, thawed = shared.end_of(zombie)
        finally:
            zombie.kill()

    assert shared.ledger == ["EA-1", "EA-2"]
    assert thawed["ended"] == []
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
                said, _ = second.communicate(timeout=RUN_SECONDS)
            assert second.returncode == SetupError.exit_code
            assert "another robot is at work under the name" in said
            assert WORKER_VARIABLE in said
            code, standing = shared.run("two", "EA-1")
            assert (code, standing["ended"]) == (0, ["EA-1"])
        finally:
            first.kill()


# --- those who ask who is at work -------------------------------------------------------------------------------------


def installed(folder: Path, *, database: str = "") -> Path:
    """Return the root of an installation with the project's configuration."""
    shutil.copytree(ROOT / "config", folder / "config")
    shutil.copytree(ROOT / "selectors", folder / "selectors")
    if database:
        settings = folder / "config" / "kollega.yaml"
        settings.write_text(
            settings.read_text(encoding="utf-8").replace("  logs: logs\n", f'  logs: logs\n  database: "{database}"\n'), encoding="utf-8"
        )
    return folder


def shown(root: Path) -> dict[str, dict[str, Any]]:
    done = CliRunner().invoke(app, ["workers", "--root", str(root), "--json"])
    assert done.exit_code == 0, done.output
    return {record["worker"]: record for record in json.loads(done.stdout)["workers"]}


@pytest.mark.durable
@pytest.mark.parametrize("database", ["files", "PostgreSQL"])
def test_a_command_shows_who_is_alive_who_has_ended_and_who_is_dead(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> None:
    address = "" if database == "files" else address_in(tmp_path, request.getfixturevalue("server"))
    root = installed(tmp_path / "robot", database=address)
    none_yet = CliRunner().invoke(app, ["workers", "--root", str(root)])
    assert none_yet.exit_code == (2 if database == "files" else 0)
    with Casebook(address or root / "logs" / "state" / "casebook.sqlite") as casebook:
        workers = Workers(casebook.engine)
        for name in ("alive", "ended", "dead"):
            began_at = workers.begin(name, machine="vm", process=7, version="1.2", mode="decide")
            if name == "ended":
                workers.end(name, began_at)
        with casebook.engine.begin() as connection:
            silent = WORKERS.update().where(WORKERS.c.worker == "dead").values(seen_at=datetime.now(UTC) - timedelta(seconds=61))
            connection.execute(silent)

    found = shown(root)
    assert {name: record["is"] for name, record in found.items()} == {"alive": "alive", "ended": "ended", "dead": "dead"}
    one = found["alive"]
    assert (one["machine"], one["process"], one["version"], one["mode"], one["cases_at_hand"]) == ("vm", 7, "1.2", "decide", [])
    assert found["dead"]["silent_seconds"] > 60
    printed = CliRunner().invoke(app, ["workers", "--root", str(root)]).stdout
    assert [line.split()[0] for line in printed.splitlines()] == ["worker", "alive", "dead", "ended", "Times"]


# --- what is due first ------------------------------------------------------------------------------------------------


@pytest.mark.durable
@pytest.mark.parametrize("database", ["files", "PostgreSQL"])
async def test_what_is_due_first_is_begun_first_and_what_an_operator_puts_first_before_it(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    address = "" if database == "files" else address_in(tmp_path, request.getfixturevalue("server"))
    begun: list[str] = []

    async def handle(case_id: str, reference: str, step: Step) -> Outcome:
        async def work() -> None:
            begun.append(reference)
            if reference == "due first":
                # What waits in the engine is put in another order too.
                casebook.set_priority("toy:due never:2026-03", 1)
                await queue.submit("toy", "put first", "2026-03")
                casebook.set_priority("toy:put first:2026-03", 0)
                while "toy:put first:2026-03" not in (await queue._engine.places(["toy:put first:2026-03"])):  # noqa: ASYNC110 - is waited for
                    await asyncio.sleep(0.02)
                while queue._run is not None and queue._run.ranks["toy:due never:2026-03"] > 2 * 2_000_000:  # noqa: ASYNC110 - is waited for
                    await asyncio.sleep(0.02)

        await step("work", None, work)
        return outcome_of(case_id, reference)

    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    with Casebook(address or tmp_path / "casebook.db") as casebook:
        opened = WorkQueue.open(
            tmp_path,
            executor="robot",
            handle=handle,
            casebook=casebook,
            tries=1,
            first_wait_seconds=0.01,
            at_once=1,
            poll_seconds=0.02,
            database=address,
        )
        async with opened as queue:
            await queue.submit("toy", "due never", "2026-03")
            for name, days in (("due last", 9), ("due first", 1), ("due second", 2), ("due third", 3)):
                await queue.submit("toy", name, "2026-03", due_at=noon + timedelta(days=days))
            assert casebook.set_priority("toy:due third:2026-03", 99)
            async with asyncio.timeout(RUN_SECONDS):
                await queue.run(asyncio.Event(), lambda _: None)
        assert not casebook.set_priority("toy:due third:2026-03", 1)

    assert begun[:2] == ["due third", "due first"]
    assert sorted(begun[2:4]) == ["due never", "put first"]
    assert begun[4:] == ["due second", "due last"]


def test_a_rank_is_a_number_that_the_engine_takes_whatever_the_priority_and_the_day() -> None:
    def rank(priority: int, due_at: datetime | None) -> int:
        month = "2026-03"
        return rank_of(
            CaseEntry(
                case_id="toy:EA-1:2026-03",
                reference="EA-1",
                month=month,
                state=CaseState.SUBMITTED,
                submitted_at=datetime(2026, 3, 2, tzinfo=UTC),
                taken_at=None,
                ended_at=None,
                due_at=due_at,
                priority=priority,
            )
        )

    days = [datetime(1999, 1, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)]
    ranks = [rank(priority, day) for priority in (-5, 1, 100, 1000) for day in (*days, None)]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    assert ranks[-1] < 2**31
    assert rank(100, days[1]) < rank(100, days[2]) < rank(100, None) < rank(101, days[0])
    assert rank(10**9, None) == ranks[-1]


# --- two machines -----------------------------------------------------------------------------------------------------


@pytest.mark.durable
@pytest.mark.browser
@pytest.mark.desktop
def test_the_applications_of_a_machine_that_is_lost_are_ended_by_the_other_and_nothing_is_written_twice(server: str, tmp_path: Path) -> None:
    address = address_in(tmp_path, server)
    households = generate(6, 5)
    root = installed(tmp_path / "robot", database=address)
    with Municipality.start(tmp_path / "practice", households) as municipality:
        settings = root / "config" / "kollega.yaml"
        text = settings.read_text(encoding="utf-8")
        for port, system in enumerate(("e_service", "population_register", "benefits_register", "case_system"), start=8701):
            text = text.replace(f"http://127.0.0.1:{port}", municipality.addresses[system])
        for usual, quick in (
            ("cases_at_once: 4", "cases_at_once: 2"),
            ("late_seconds: 60", "late_seconds: 25"),
        ):
            assert usual in text
            text = text.replace(usual, quick)
        settings.write_text(text, encoding="utf-8")

        def begin(worker: str) -> subprocess.Popen[str]:
            environment = {**os.environ, **municipality.environment, WORKER_VARIABLE: worker}
            command = [str(KOLLEGA), "run"]
            return subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

        with Casebook(address) as casebook, begin("one") as one:
            try:
                # Before the other begins, which could otherwise be through with all of them first.
                _await_case_at_hand(one, address)
                with begin("two") as two:
                    try:
                        lost = _kill_in_mid_case(one, casebook, address)
                        let_die(address, "one")
                        printed, _ = two.communicate(timeout=RUN_SECONDS)
                    finally:
                        two.kill()
            finally:
                one.kill()
            outcomes = {outcome.reference: outcome for outcome in casebook.outcomes()}
            found = shown(root)
            due = [case.due_at for case in casebook.cases()]
        effects = municipality.effects()
        results = {
            reference: Result(ending=one.ending.value, amount=None if one.amount is None else int(one.amount), codes=tuple(one.codes))
            for reference, one in outcomes.items()
        }
        wrongs = {reference: wrong for reference, wrong in examine(households, results, effects, mode="decide").items() if wrong}

    assert two.returncode == 0, printed
    assert one.returncode == -signal.SIGKILL
    assert lost
    assert len(outcomes) == len(households)
    assert wrongs == {}
    assert {name.partition("/")[2]: record["is"] for name, record in found.items()} == {"one": "dead", "two": "ended"}
    assert all(record["cases_at_hand"] == [] for record in found.values())
    assert all(day is not None and day.astimezone(SWEDEN).isoweekday() < 6 for day in due)
    book = openpyxl.load_workbook(root / "logs" / "undantag.xlsx")
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {reference for reference, one in outcomes.items() if one.ending is Ending.HANDED_OFF} <= cells


def _at_hand_of_one(address: str) -> list[str]:
    return next((cases for name, cases in cases_at_hand(address).items() if worker_of(name).endswith("/one")), [])


def _await_case_at_hand(robot: subprocess.Popen[str], address: str) -> None:
    until = time.monotonic() + RUN_SECONDS
    while not _at_hand_of_one(address):
        assert time.monotonic() < until
        assert robot.poll() is None
        time.sleep(0.05)


def _kill_in_mid_case(robot: subprocess.Popen[str], casebook: Casebook, address: str) -> list[str]:
    """Kill the robot when it has begun to write in a case that it has not ended, and return its cases."""
    until = time.monotonic() + RUN_SECONDS
    while time.monotonic() < until and robot.poll() is None:
        at_hand = _at_hand_of_one(address)
        if any(casebook.effects(case_id) and casebook.outcome_of(case_id) is None for case_id in at_hand):
            robot.kill()
            return at_hand
        time.sleep(0.05)
    raise AssertionError("the robot has begun no write")
