"""The durable queue against the real engine: kills, replays, retries, held systems, stops."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from robots import run_log
from robots.assessment import Outcome
from robots.case import Month
from robots.casebook import Casebook, CaseState
from robots.casebook.tables import CASES
from robots.errors import (
    CaseNeedsPerson,
    ElementMissing,
    KollegaError,
    LogInRefused,
    OutcomeUnknown,
    ReasonCode,
    SessionLost,
    SetupError,
    StopRequested,
    SumsDiffer,
    SystemTooSlow,
    SystemUnavailable,
)
from robots.work_queue import Handle, Standing, WorkQueue, case_id_of
from tests.outcomes import outcome_of
from tests.postgres import address_in

if TYPE_CHECKING:
    from robots.handling import Step

ROOT = Path(__file__).resolve().parent.parent
TOY = Path(__file__).with_name("toy_robot.py")
#: a run that takes longer than this hangs, also on a machine with much else to do
RUN_SECONDS = 120

Flow = Callable[[str, "Step"], Awaitable[int]]


def outcome(case_id: str, reference: str, amount: int) -> Outcome:
    return outcome_of(case_id, reference, month=Month(year=2026, month=3), amount=Decimal(amount))


def handled_by(flow: Flow) -> Handle:
    async def handle(case_id: str, reference: str, step: Step) -> Outcome:
        return outcome(case_id, reference, await flow(reference, step))

    return handle


class Office:
    """The outside of the queue in one folder: its casebook, what steps were begun, what was told."""

    def __init__(self, folder: Path, casebook: Casebook, *, database: str = "") -> None:
        self.folder = folder
        self.casebook = casebook
        self.database = database
        self.begun: Counter[str] = Counter()
        self.told: list[str] = []
        self.stop = asyncio.Event()
        self.log = run_log.set_up(folder / "logs", console=False)

    @asynccontextmanager
    async def queue(self, flow: Flow, *, tries: int = 3, at_once: int = 8, executor: str = "robot") -> AsyncIterator[WorkQueue]:
        async with WorkQueue.open(
            self.folder / "queue",
            executor=executor,
            handle=handled_by(flow),
            casebook=self.casebook,
            tries=tries,
            first_wait_seconds=0.01,
            at_once=at_once,
            poll_seconds=0.02,
            database=self.database,
        ) as queue:
            yield queue

    async def run(self, flow: Flow, *references: str, tries: int = 3, at_once: int = 8, executor: str = "robot") -> Standing:
        async with self.queue(flow, tries=tries, at_once=at_once, executor=executor) as queue:
            for reference in references:
                await queue.submit("toy", reference, "2026-03")
            return await self.run_once(queue)

    async def run_once(self, queue: WorkQueue, **more: Any) -> Standing:
        async with asyncio.timeout(RUN_SECONDS):
            return await queue.run(self.stop, lambda one: self.told.append(one.reference), **more)

    def events(self) -> list[tuple[str, str, str]]:
        records = [json.loads(line) for line in (self.log.folder / "events.jsonl").read_text().splitlines()]
        return [(record["action"], record["case"], record["step"]) for record in records]

    def step(self, name: str, result: int | BaseException = 0) -> Callable[[], Awaitable[int]]:
        async def do() -> int:
            self.begun[name] += 1
            await asyncio.sleep(0)
            if isinstance(result, BaseException):
                raise result
            return result

        return do


@pytest.fixture
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Office]:
    """Files, unless a test asks for the other database too."""
    is_shared = getattr(request, "param", "files") == "PostgreSQL"
    database = address_in(tmp_path, request.getfixturevalue("server")) if is_shared else ""
    with Casebook(database or tmp_path / "casebook.db") as casebook:
        made = Office(tmp_path, casebook, database=database)
        try:
            yield made
        finally:
            made.log.close()


def state_of(office: Office, reference: str) -> CaseState:
    (state,) = [case.state for case in office.casebook.cases() if case.reference == reference]
    return state


# --- without the engine -----------------------------------------------------------------------------------------------


def test_the_module_is_cheap_to_import() -> None:
    code = "import sys, robots.work_queue; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("month", ["", "mars 2026", "2026-3", "2026-033", "20-26-03", "2026-13", "2026-03\n"])
def test_a_month_that_is_none_gives_one_case_id(month: str) -> None:
    assert case_id_of("aid", "EA-26-00001", month) == "aid:EA-26-00001:unreadable"
    assert case_id_of("aid", "EA-26-00001", "2026-03") == "aid:EA-26-00001:2026-03"


# --- killed -----------------------------------------------------------------------------------------------------------


def toy(folder: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, TOY, folder, command, *arguments], capture_output=True, text=True, env=environment, timeout=RUN_SECONDS, check=False
    )


@pytest.mark.durable
def test_a_robot_killed_at_every_step_boundary_ends_every_case_repeats_no_finished_step_and_writes_once(tmp_path: Path) -> None:
    steps = ("collect", "assess", "write")
    points = [f"{name} {point}" for name in steps for point in ("begun", "ended", "stored")] + ["intended", "acted", "told"]
    references = [f"EA-{number:02}" for number in range(len(points))]
    for reference, point in zip(references, points, strict=True):
        (tmp_path / "kill").write_text(f"{reference} {point}")
        killed = toy(tmp_path, "run", reference)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    last = toy(tmp_path, "run", *references)
    assert last.returncode == 0, last.stderr
    assert last.stderr == ""
    with Casebook(tmp_path / "casebook.db") as casebook:
        assert sorted((one.reference, one.amount) for one in casebook.outcomes()) == [(reference, Decimal(8)) for reference in references]
    passed = Counter((tmp_path / "trace").read_text().splitlines())
    for reference, point in zip(references, points, strict=True):
        for name in steps:
            # Only the step that was running when its process was killed is begun again.
            was_running = point in {f"{name} begun", f"{name} ended"} or (name == "write" and point in {"intended", "acted"})
            assert passed[f"{reference} {name} begun"] == 1 + was_running
            assert passed[f"{reference} {name} ended"] == (2 if point == f"{name} ended" else 1)
    assert (tmp_path / "ledger").read_text().splitlines() == references
    assert json.loads(last.stdout)["failed"] == []


@pytest.mark.durable
def test_a_second_robot_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, TOY, tmp_path, "hold"], stdout=subprocess.PIPE, text=True, env=environment) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == "open\n"
            second = toy(tmp_path, "run", "EA-1")
            assert second.returncode == SetupError.exit_code
            assert "another robot is at work" in second.stdout
            assert "folder" not in second.stdout
        finally:
            first.kill()
    third = toy(tmp_path, "run", "EA-1")
    assert json.loads(third.stdout) == {"ended": ["EA-1"], "waiting": [], "failed": []}


# --- one process ------------------------------------------------------------------------------------------------------


@pytest.mark.durable
@pytest.mark.parametrize("office", ["files", "PostgreSQL"], indirect=True)
async def test_a_case_submitted_twice_is_one_case_and_is_told_once(office: Office) -> None:
    async def flow(_reference: str, step: Step) -> int:
        return await step("collect", int, office.step("collect", 7))

    async with office.queue(flow) as queue:
        ids = [await queue.submit("toy", "EA-1", "2026-03") for _ in range(3)]
        assert ids == ["toy:EA-1:2026-03"] * 3
        first = await office.run_once(queue)
        await queue.submit("toy", "EA-1", "2026-03")
        second = await office.run_once(queue)
    assert [one.amount for one in first.ended] == [Decimal(7)]
    assert (first.waiting, first.failed, first.was_stopped, dict(first.held)) == ((), (), False, {})
    assert 0 < first.seconds["toy:EA-1:2026-03"] < RUN_SECONDS
    assert second.ended == ()
    assert office.told == ["EA-1"]
    assert office.begun["collect"] == 1
    assert office.casebook.outcome_of("toy:EA-1:2026-03") == first.ended[0]


@pytest.mark.durable
async def test_cases_submitted_during_a_run_are_taken_up_by_it(office: Office) -> None:
    async def flow(reference: str, step: Step) -> int:
        if reference == "EA-1":
            await queue.submit("toy", "EA-2", "2026-03")
        return await step("collect", int, office.step(reference, 1))

    async with office.queue(flow) as queue:
        await queue.submit("toy", "EA-1", "2026-03")
        await office.run_once(queue)
    assert sorted(office.told) == ["EA-1", "EA-2"]


@pytest.mark.durable
@pytest.mark.parametrize("office", ["files", "PostgreSQL"], indirect=True)
async def test_no_more_cases_are_under_way_than_allowed(office: Office) -> None:
    under_way: list[int] = [0]
    most = 0
    # Each waits for another one, so that two are under way at once also on a machine with much else to do.
    pair = asyncio.Barrier(2)

    async def flow(_reference: str, step: Step) -> int:
        async def work() -> None:
            nonlocal most
            under_way[0] += 1
            most = max(most, under_way[0])
            async with asyncio.timeout(RUN_SECONDS):
                await pair.wait()
            await asyncio.sleep(0.02)
            under_way[0] -= 1

        await step("work", None, work)
        return 0

    await office.run(flow, *(f"EA-{number}" for number in range(6)), at_once=2)
    assert most == 2
    assert len(office.told) == 6


ERRORS: list[KollegaError] = [
    CaseNeedsPerson("done already", codes=(ReasonCode.TWICE, ReasonCode.ATTACH), system="case_system", view="decision", element="save"),
    SumsDiffer("differ", codes=(ReasonCode.SYS_DIFF,)),
    OutcomeUnknown("look", codes=(ReasonCode.OUTCOME_UNKNOWN,)),
    SystemTooSlow("slow", system="e_service"),
]


@pytest.mark.durable
@pytest.mark.parametrize("office", ["files", "PostgreSQL"], indirect=True)
async def test_results_and_errors_are_the_same_when_a_case_is_replayed(office: Office) -> None:
    seen: list[list[object]] = []

    async def day() -> dict[str, date]:
        return {"day": date(2026, 3, 1)}

    async def flow(_reference: str, step: Step) -> int:
        found: list[object] = [await step("day", dict[str, date], day)]
        for number, error in enumerate(ERRORS):
            try:
                await step(f"fails {number}", int, office.step(f"fails {number}", error))
            except KollegaError as raised:
                found.append((type(raised), str(raised), raised.to_record()))
        found.extend(await asyncio.gather(*(step(f"at once {number}", int, office.step("at once", number)) for number in range(3))))
        seen.append(found)
        if len(seen) == 1:
            raise KeyError("a fault between steps")
        return await step("last", int, office.step("last", 5))

    first = await office.run(flow, "EA-1", tries=1)
    assert first.failed == ("toy:EA-1:2026-03",)
    second = await office.run(flow, tries=1)
    assert [one.reference for one in second.ended] == ["EA-1"]
    assert seen[0] == seen[1]
    assert seen[0] == [{"day": date(2026, 3, 1)}, *((type(one), str(one), one.to_record()) for one in ERRORS), 0, 1, 2]
    assert [office.begun[f"fails {number}"] for number in range(4)] == [1, 1, 1, 1]
    assert office.begun["at once"] == 3


@pytest.mark.durable
async def test_a_system_fault_is_tried_again_and_then_raised_to_the_handling(office: Office) -> None:
    async def flow(reference: str, step: Step) -> int:
        async def work() -> int:
            office.begun[reference] += 1
            if reference == "EA-1" and office.begun[reference] == 3:
                return 1
            raise SystemUnavailable("down", system="e_service")

        try:
            return await step("work", int, work)
        except SystemUnavailable:
            return 99

    standing = await office.run(flow, "EA-1", "EA-2", tries=3)
    assert {one.reference: one.amount for one in standing.ended} == {"EA-1": Decimal(1), "EA-2": Decimal(99)}
    assert office.begun == {"EA-1": 3, "EA-2": 3}
    assert not standing.held


@pytest.mark.durable
@pytest.mark.parametrize(("times_lost", "amount", "times_begun"), [(9, 1, 10), (1000, 99, 12)])
async def test_a_lost_session_costs_no_try_but_not_for_ever(office: Office, times_lost: int, amount: int, times_begun: int) -> None:
    async def flow(reference: str, step: Step) -> int:
        async def work() -> int:
            office.begun[reference] += 1
            if office.begun[reference] <= times_lost:
                raise SessionLost("the system wants a new log-in", system="e_service")
            return 1

        try:
            return await step("work", int, work)
        except SessionLost:
            return 99

    standing = await office.run(flow, "EA-1", tries=2)
    assert [one.amount for one in standing.ended] == [amount]
    assert office.begun["EA-1"] == times_begun


class CaseSystem:
    """Stands for an outside system; its screen has changed."""

    system = "case_system"

    def __init__(self) -> None:
        self.error: KollegaError | None = ElementMissing("no way matches", system="case_system", view="search", element="number")
        self.asked: list[str] = []

    async def record_of(self, reference: str) -> int:
        self.asked.append(f"record of {reference}")
        if self.error:
            raise self.error
        return 3

    async def watch(self, reference: str) -> int:
        self.asked.append(f"watch {reference}")
        return 4


@pytest.mark.durable
@pytest.mark.parametrize(
    ("error_class", "office"), [(ElementMissing, "files"), (LogInRefused, "files"), (ElementMissing, "PostgreSQL")], indirect=["office"]
)
async def test_a_changed_screen_or_a_refused_log_in_holds_that_system_and_the_other_cases_go_on(
    office: Office, error_class: type[KollegaError]
) -> None:
    case_system = CaseSystem()
    case_system.error = error_class("must be looked at", system="case_system")

    async def flow(reference: str, step: Step) -> int:
        await step("collect", int, office.step(f"collect {reference}"))
        if reference == "EA-1":
            return await step("read case", int, case_system.record_of, reference)
        while reference != "EA-3" and "case_system" not in queue.held:  # noqa: ASYNC110 - the hold is what is waited for
            await asyncio.sleep(0.01)
        return await step("watch", int, case_system.watch, reference) if reference == "EA-2" else 5

    async with office.queue(flow) as queue:
        for reference in ("EA-1", "EA-2", "EA-3"):
            await queue.submit("toy", reference, "2026-03")
        first = await office.run_once(queue)
        assert [one.reference for one in first.ended] == ["EA-3"]
        assert sorted(first.waiting) == ["toy:EA-1:2026-03", "toy:EA-2:2026-03"]
        assert first.failed == ()
        assert type(first.held["case_system"]) is error_class
        assert case_system.asked == ["record of EA-1"]
        assert state_of(office, "EA-1") == state_of(office, "EA-2") == CaseState.WAITING
    case_system.error = None
    async with office.queue(flow) as queue:
        # Held from outside, e.g. after a check of the screens: the system is not touched at all.
        held = await office.run_once(queue, held={"case_system": ElementMissing("moved", system="case_system")})
        assert (len(held.waiting), held.ended) == (2, ())
        assert case_system.asked == ["record of EA-1"]
        case_system_of_old = case_system.asked.copy()

    async def without_waiting(reference: str, step: Step) -> int:
        await step("collect", int, office.step(f"collect {reference}"))
        if reference == "EA-1":
            return await step("read case", int, case_system.record_of, reference)
        return await step("watch", int, case_system.watch, reference)

    last = await office.run(without_waiting)
    assert {one.reference: one.amount for one in last.ended} == {"EA-1": Decimal(3), "EA-2": Decimal(4)}
    assert sorted(case_system.asked) == sorted([*case_system_of_old, "record of EA-1", "watch EA-2"])
    assert [office.begun[f"collect EA-{number}"] for number in (1, 2, 3)] == [1, 1, 1]
    assert sorted(office.told) == ["EA-1", "EA-2", "EA-3"]


@pytest.mark.durable
async def test_a_step_that_has_shown_a_fault_is_not_begun_by_other_cases_even_if_its_system_is_not_to_be_told(office: Office) -> None:
    async def flow(reference: str, step: Step) -> int:
        return await step("read", int, office.step("read", LogInRefused("refused", system="person_lookup")))

    standing = await office.run(flow, "EA-1", "EA-2", "EA-3", at_once=1)
    assert office.begun["read"] == 1
    assert len(standing.waiting) == 3
    assert list(standing.held) == ["person_lookup"]


@pytest.mark.durable
@pytest.mark.parametrize("office", ["files", "PostgreSQL"], indirect=True)
async def test_a_stop_lets_the_step_under_way_finish_and_begins_no_other(office: Office) -> None:
    async def flow(reference: str, step: Step) -> int:
        async def first() -> int:
            office.begun[f"first {reference}"] += 1
            office.stop.set()
            await asyncio.sleep(0.05)
            return 2

        value = await step("first", int, first)
        return value + await step("second", int, office.step("second", 1))

    stopped = await office.run(flow, "EA-1", "EA-2", "EA-3", at_once=1)
    assert stopped.was_stopped
    assert stopped.ended == ()
    assert sorted(stopped.waiting) == [f"toy:EA-{number}:2026-03" for number in (1, 2, 3)]
    assert sum(office.begun.values()) == 1
    office.stop = asyncio.Event()

    async def quietly(reference: str, step: Step) -> int:
        value = await step("first", int, office.step(f"first {reference}", 2))
        return value + await step("second", int, office.step("second", 1))

    resumed = await office.run(quietly)
    assert [one.amount for one in resumed.ended] == [Decimal(3)] * 3
    # The result of the step that was under way at the stop is kept.
    assert [office.begun[f"first EA-{number}"] for number in (1, 2, 3)] == [1, 1, 1]


@pytest.mark.durable
async def test_a_stop_ends_the_wait_for_the_next_try_and_stores_nothing(office: Office) -> None:
    async def flow(_reference: str, step: Step) -> int:
        async def work() -> int:
            office.stop.set()
            raise SystemUnavailable("down")

        return await step("work", int, work)

    stopped = await office.run(flow, "EA-1", tries=2)
    assert stopped.waiting == ("toy:EA-1:2026-03",)
    office.stop = asyncio.Event()

    async def works(_reference: str, step: Step) -> int:
        return await step("work", int, office.step("work", 1))

    assert len((await office.run(works)).ended) == 1


@pytest.mark.durable
@pytest.mark.parametrize("where", ["in a step", "after it"])
async def test_a_stop_asked_for_by_the_handling_stops_the_run(office: Office, where: str) -> None:
    async def flow(_reference: str, step: Step) -> int:
        value = await step("work", int, office.step("work", StopRequested() if where == "in a step" else 1))
        if value:
            raise StopRequested
        return value

    standing = await office.run(flow, "EA-1", "EA-2", at_once=1)
    assert standing.was_stopped
    assert len(standing.waiting) == 2
    assert office.begun["work"] == 1
    assert not office.stop.is_set()


@pytest.mark.durable
@pytest.mark.parametrize("where", ["in a step", "between steps", "in the form of a result"])
async def test_a_fault_of_our_own_stops_that_case_alone_and_says_nothing_of_its_values(office: Office, where: str) -> None:
    async def flow(reference: str, step: Step) -> int:
        value = await step("collect", int, office.step("collect", 1))
        if reference == "EA-1" and where == "in a step":
            await step("broken", int, office.step("broken", KeyError("Anna Andersson")))
        if reference == "EA-1" and where == "between steps":
            raise KeyError("Anna Andersson")
        if reference == "EA-1" and where == "in the form of a result":
            await step("broken", date, office.step("broken", 4711))
        return value

    standing = await office.run(flow, "EA-1", "EA-2")
    assert [one.reference for one in standing.ended] == ["EA-2"]
    assert standing.failed == ("toy:EA-1:2026-03",)
    assert state_of(office, "EA-1") == CaseState.FAILED
    (event,) = office.casebook.events("toy:EA-1:2026-03")
    assert "a fault of the robot's own" in event.message
    assert "Anna" not in event.message
    assert "4711" not in event.message

    async def mended(_reference: str, step: Step) -> int:
        return await step("collect", int, office.step("collect", 1))

    assert [one.reference for one in (await office.run(mended)).ended] == ["EA-1"]
    assert office.begun["collect"] == 2


@pytest.mark.durable
async def test_a_fault_in_what_is_told_ends_the_run_and_loses_no_case(office: Office) -> None:
    async def flow(_reference: str, step: Step) -> int:
        return await step("collect", int, office.step("collect", 1))

    def fail(_outcome: Outcome) -> None:
        raise ZeroDivisionError

    async with office.queue(flow, at_once=1) as queue:
        for reference in ("EA-1", "EA-2", "EA-3"):
            await queue.submit("toy", reference, "2026-03")
        with pytest.raises(ZeroDivisionError):
            await queue.run(office.stop, fail)
        assert not office.stop.is_set()
        await office.run_once(queue)
    assert len(office.casebook.outcomes()) == 3
    assert office.begun["collect"] == 3


@pytest.mark.durable
async def test_a_robot_with_another_name_goes_on_with_what_the_first_has_left(office: Office) -> None:
    async def flow(_reference: str, step: Step) -> int:
        value = await step("collect", int, office.step("collect", 1))
        if not office.told:
            office.told.append("interrupted")
            # What an end of the process leaves behind: the case is under way, and nobody works on it.
            raise asyncio.CancelledError
        return value

    async with office.queue(flow, executor="one") as queue:
        await queue.submit("toy", "EA-1", "2026-03")
        run = asyncio.create_task(office.run_once(queue))
        while "interrupted" not in office.told:  # noqa: ASYNC110 - the interruption is what is waited for
            await asyncio.sleep(0.01)
        await run
    standing = await office.run(flow, executor="two")
    assert [one.reference for one in standing.ended] == ["EA-1"]
    assert office.begun["collect"] == 1


@pytest.mark.durable
@pytest.mark.parametrize("ended_by", [asyncio.CancelledError(), ElementMissing("the button is gone", system="case_system")])
@pytest.mark.parametrize(
    ("has_written", "collected", "office"), [(False, 2, "files"), (True, 1, "files"), (False, 2, "PostgreSQL")], indirect=["office"]
)
async def test_a_case_of_an_earlier_day_reads_everything_anew_unless_it_has_begun_to_write(
    office: Office, has_written: bool, collected: int, ended_by: BaseException
) -> None:
    async def flow(_reference: str, step: Step) -> int:
        await step("collect", int, office.step("collect"))
        if has_written:
            office.casebook.intend("toy:EA-1:2026-03", "case_system.calculation")
        if not office.told and isinstance(ended_by, asyncio.CancelledError):
            # What an end of the process leaves behind: the case is under way, and nobody works on it.
            raise ended_by
        return await step("write", int, office.step("write", 0 if office.told else ended_by))

    assert (await office.run(flow, "EA-1")).waiting == ("toy:EA-1:2026-03",)
    with office.casebook.engine.begin() as connection:
        connection.execute(CASES.update().values(taken_at=datetime.now(UTC) - timedelta(days=1)))
    office.told.append("mended")

    standing = await office.run(flow)

    assert [one.reference for one in standing.ended] == ["EA-1"]
    assert office.begun["collect"] == collected


@pytest.mark.durable
async def test_a_run_for_one_case_leaves_the_others_of_earlier_runs_alone(office: Office) -> None:
    async def flow(reference: str, step: Step) -> int:
        return await step("write", int, office.step(reference))

    async def held(_reference: str, step: Step) -> int:
        return await step("write", int, office.step("write", ElementMissing("the button is gone", system="case_system")))

    await office.run(held, "EA-1", "EA-2")
    async with office.queue(flow) as queue:
        await queue.submit("toy", "EA-3", "2026-03")
        async with asyncio.timeout(RUN_SECONDS):
            standing = await queue.run(office.stop, lambda _: None, only=["EA-2"])
    assert [one.reference for one in standing.ended] == ["EA-2"]
    assert office.begun["EA-1"] == office.begun["EA-3"] == 0

    assert {one.reference for one in (await office.run(flow)).ended} == {"EA-1", "EA-3"}


@pytest.mark.durable
async def test_a_queue_opened_twice_in_one_process_is_refused(office: Office) -> None:
    async def flow(_reference: str, step: Step) -> int:
        return await step("collect", int, office.step("collect", 1))

    async with office.queue(flow):
        with pytest.raises(SetupError, match="open already"):
            async with office.queue(flow):
                pass
    assert len((await office.run(flow, "EA-1")).ended) == 1


@pytest.mark.durable
async def test_a_casebook_that_does_not_belong_to_the_queue_is_noticed(office: Office, tmp_path: Path) -> None:
    async def flow(_reference: str, step: Step) -> int:
        return await step("collect", int, office.step("collect", 1))

    await office.run(flow, "EA-1")
    with Casebook(tmp_path / "other.db") as other:
        stranger = Office(tmp_path, other)
        try:
            standing = await stranger.run(flow, "EA-1")
        finally:
            stranger.log.close()
    assert standing.failed == ("toy:EA-1:2026-03",)
    assert standing.ended == ()


@pytest.mark.durable
async def test_the_queue_s_files_are_for_the_robot_only_and_hold_no_pickle(office: Office) -> None:
    modes: dict[str, int] = {}
    held = b""

    async def look_into_files() -> int:
        nonlocal held
        files = [file for file in (office.folder / "queue").iterdir() if file.name != "queue.lock"]
        modes.update({file.name: stat.S_IMODE(file.stat().st_mode) for file in files})
        held = b"".join(file.read_bytes() for file in files)
        return 0

    async def flow(_reference: str, step: Step) -> int:
        await step("collect", int, office.step("collect", 41))
        return await step("look", int, look_into_files)

    await office.run(flow, "EA-1")

    assert modes == dict.fromkeys(("queue.db", "queue.db-wal", "queue.db-shm"), 0o600)
    assert b'{"schema":1,"value":41}' in held.replace(b": ", b":").replace(b", ", b",")


@pytest.mark.durable
async def test_the_queue_s_files_hold_no_result_of_a_case_that_is_over_and_all_of_one_that_is_not(office: Office) -> None:
    over, waiting = "Påhittsvägen 41", "Påhittsvägen 43"

    async def flow(reference: str, step: Step) -> int:
        async def collect() -> str:
            return over if reference == "EA-1" else waiting

        await step("collect", str, collect)
        if reference == "EA-2":
            await step("write", int, office.step("write", ElementMissing("the button is gone", system="case_system")))
        return 1

    standing = await office.run(flow, "EA-1", "EA-2")

    assert [one.reference for one in standing.ended] == ["EA-1"]
    held = b"".join(file.read_bytes() for file in (office.folder / "queue").iterdir()).decode(errors="replace")
    assert {text: text.encode("ascii", "backslashreplace").decode() in held or text in held for text in (over, waiting)} == {
        over: False,
        waiting: True,
    }


@pytest.mark.durable
async def test_the_log_tells_the_way_of_each_case_and_nothing_of_the_engine(office: Office) -> None:
    async def flow(reference: str, step: Step) -> int:
        await step("collect", int, office.step("collect", 1))
        if reference == "EA-2":
            await step("read", int, office.step("read", ElementMissing("moved", system="e_service")))
        if reference == "EA-3":
            raise KeyError
        return 1

    await office.run(flow, "EA-1", "EA-2", "EA-3")
    told = office.events()
    assert [entry for entry in told if entry[1] == "EA-1"] == [
        ("case_queued", "EA-1", ""),
        ("case_taken", "EA-1", ""),
        ("step_done", "EA-1", "collect"),
        ("decided", "EA-1", ""),
    ]
    assert [entry for entry in told if entry[1] == "EA-2"][-2:] == [("system_held", "EA-2", "read"), ("parked", "EA-2", "")]
    assert [entry for entry in told if entry[1] == "EA-3"][-1] == ("parked", "EA-3", "")
    assert [entry for entry in told if entry[0] == "library"] == []


@pytest.mark.durable
async def test_a_casebook_that_can_not_be_written_parks_the_case_and_a_later_run_ends_it(office: Office) -> None:
    async def flow(reference: str, step: Step) -> int:
        return await step("collect", int, office.step("collect", 1))

    async with office.queue(flow) as queue:
        await queue.submit("toy", "EA-1", "2026-03")
        engine = office.casebook._engine
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TRIGGER full BEFORE UPDATE ON cases BEGIN SELECT RAISE(ABORT, 'full'); END")
        first = await office.run_once(queue)
        assert (first.failed, first.ended) == (("toy:EA-1:2026-03",), ())
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER full")
    standing = await office.run(flow)
    assert [one.reference for one in standing.ended] == ["EA-1"]
