"""What operators want of the queue, against the real engine: pauses, cancelled cases, retries, limits, opening hours and other versions."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from robots import run_log
from robots.assessment import Ending, Outcome
from robots.casebook import Casebook, CaseEntry, CaseState
from robots.casebook.attempts import Attempts
from robots.casebook.orders import Orders
from robots.casebook.pauses import EVERYTHING, Pauses, scope_of_case, scope_of_system
from robots.errors import CaseNeedsPerson, KollegaError, ReasonCode, SetupError, SystemClosed
from robots.work_queue import Standing, WorkQueue, pausing, queue
from robots.work_queue.engine import Engine
from robots.work_queue.following import Enter, follow_wishes
from robots.work_queue.operating import Operator, case_named
from robots.work_queue.run import Run
from tests.outcomes import outcome_of
from tests.postgres import address_in, needs_postgres, postgres

if TYPE_CHECKING:
    from robots.handling import Step

ROOT = Path(__file__).resolve().parent.parent
TOY = Path(__file__).with_name("toy_robot.py")
#: a run that takes longer hangs, also beside other tests
RUN_SECONDS = 240


class Office:
    """The outside of the queue in one folder: three steps, the second of which works in the case system."""

    system = "case_system"

    def __init__(self, folder: Path, casebook: Casebook) -> None:
        self.folder = folder
        self.casebook = casebook
        self.begun: Counter[str] = Counter()
        self.stop = asyncio.Event()
        #: called in each step, with reference and name
        self.hook: Callable[[str, str], Awaitable[None]] | None = None
        self.log = run_log.set_up(folder / "logs", console=False)

    async def run(self, *references: str, at_once: int = 4, deaths: int = 3, database: str = "", **options: Any) -> Standing:
        opened = WorkQueue.open(
            self.folder / "queue",
            executor="robot",
            handle=self.handle,
            casebook=self.casebook,
            tries=2,
            first_wait_seconds=0.01,
            at_once=at_once,
            poll_seconds=0.02,
            deaths=deaths,
            database=database,
        )
        async with opened as queue, asyncio.timeout(RUN_SECONDS):
            for reference in references:
                await queue.submit("toy", reference, "2026-03")
            return await queue.run(self.stop, lambda _: None, **options)

    async def handle(self, case_id: str, reference: str, step: Step) -> Outcome:
        ending, codes = Ending.DECIDED, tuple[ReasonCode, ...]()
        try:
            await step("collect", int, self._collect, reference)
            await step("assess", int, self.assess, reference)
            await step("tell", int, self._tell, reference)
        except CaseNeedsPerson as reason:
            ending, codes = Ending.HANDED_OFF, reason.codes
        return outcome_of(case_id, reference, ending=ending, amount=Decimal(1), codes=codes)

    @property
    def _collect(self) -> Callable[[str], Awaitable[int]]:
        # A function, which needs no system.
        return lambda reference: self._do("collect", reference)

    async def assess(self, reference: str) -> int:
        return await self._do("assess", reference)

    @property
    def _tell(self) -> Callable[[str], Awaitable[int]]:
        return lambda reference: self._do("tell", reference)

    async def _do(self, name: str, reference: str) -> int:
        self.begun[f"{name} {reference}"] += 1
        if self.hook is not None:
            await self.hook(name, reference)
        return 1

    def case(self, reference: str) -> CaseEntry:
        return case_named(self.casebook, reference)

    @property
    def operator(self) -> Operator:
        return Operator(casebook=self.casebook, name="drift")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    # What operators want is read anew before each step, so that no test waits for it.
    monkeypatch.setattr(pausing, "FRESH_SECONDS", 0.0)
    with Casebook(tmp_path / "casebook.db") as casebook:
        made = Office(tmp_path, casebook)
        try:
            yield made
        finally:
            made.log.close()


def references_of(standing: Standing) -> list[str]:
    return sorted(outcome.reference for outcome in standing.ended)


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - what is waited for happens in another thread or in the engine
        await asyncio.sleep(0.01)


# --- pauses -----------------------------------------------------------------------------------------------------------


@pytest.mark.durable
async def test_a_paused_case_waits_before_its_next_step_keeps_its_results_and_survives_a_restart(office: Office) -> None:
    async def pause(name: str, reference: str) -> None:
        if (name, reference) == ("collect", "EA-1"):
            office.operator.pause(scope_of_case("toy:EA-1:2026-03"), why="fel konto")

    office.hook = pause
    first = await office.run("EA-1", "EA-2")
    office.hook = None
    assert references_of(first) == ["EA-2"]
    assert first.waiting == ("toy:EA-1:2026-03",)
    assert "fel konto" in str(first.resting["toy:EA-1:2026-03"])
    assert (await office.run()).ended == ()

    office.operator.resume(scope_of_case("toy:EA-1:2026-03"))

    assert references_of(await office.run()) == ["EA-1"]
    assert (office.begun["collect EA-1"], office.begun["assess EA-1"]) == (1, 1)


@pytest.mark.durable
async def test_a_paused_system_keeps_back_the_cases_that_need_it_and_a_run_under_way_goes_on_with_them_when_it_is_resumed(office: Office) -> None:
    office.operator.pause(scope_of_system("case_system"), why="uppgradering")

    async def resume(name: str, reference: str) -> None:
        if (name, reference) == ("collect", "EA-2"):
            await until(lambda: office.casebook.cases(state=CaseState.WAITING) != ())
            office.operator.resume(scope_of_system("case_system"))

    office.hook = resume
    standing = await office.run("EA-1", "EA-2")

    assert references_of(standing) == ["EA-1", "EA-2"]
    assert (standing.waiting, dict(standing.held)) == ((), {})
    assert set(office.begun.values()) == {1}


@pytest.mark.durable
async def test_a_system_that_is_resumed_while_the_last_other_case_ends_is_gone_on_with(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.operator.pause(scope_of_system("case_system"), why="uppgradering")
    looks = Counter[str]()

    async def follow_slowly(run: Run, enter: Enter) -> None:
        await follow_wishes(run, enter)
        if not looks["before"] and "toy:EA-1:2026-03" in run.waiting:
            # What operators want has just been read. Until the run looks whether anything is left, it changes and the other case ends.
            looks["before"] += 1
            await until(lambda: not run.open and not run.at_hand)

    async def resume(name: str, reference: str) -> None:
        if (name, reference) == ("collect", "EA-2"):
            await until(lambda: looks["before"] == 1)
            office.operator.resume(scope_of_system("case_system"))

    monkeypatch.setattr(queue, "follow_wishes", follow_slowly)
    office.hook = resume
    standing = await office.run("EA-1", "EA-2")

    assert (references_of(standing), standing.waiting) == (["EA-1", "EA-2"], ())


@pytest.mark.durable
@pytest.mark.parametrize("wish", ["resume", "cancel"])
async def test_a_wish_while_the_engine_puts_the_case_aside_is_followed_when_it_has(
    office: Office, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    office.operator.pause(scope_of_system("case_system"), why="uppgradering")
    put_aside, looks = Engine.put_aside, Counter[str]()

    async def follow_and_count(run: Run, enter: Enter) -> None:
        await follow_wishes(run, enter)
        looks["all"] += 1

    async def put_aside_slowly(engine: Engine, case_id: str) -> BaseException:
        if not looks["before"]:
            if wish == "resume":
                office.operator.resume(scope_of_system("case_system"))
            else:
                office.operator.cancel(office.case("EA-1"), why="dubblett")
            looks["before"] = looks["all"]
            # The second one from here on has begun after the wish.
            await until(lambda: looks["all"] >= looks["before"] + 2)
        return await put_aside(engine, case_id)

    monkeypatch.setattr(queue, "FRESH_SECONDS", 0.01)
    monkeypatch.setattr(queue, "follow_wishes", follow_and_count)
    monkeypatch.setattr(Engine, "put_aside", put_aside_slowly)
    standing = await office.run("EA-1")

    assert (references_of(standing), standing.waiting) == (["EA-1"], ())
    assert standing.ended[0].ending is (Ending.DECIDED if wish == "resume" else Ending.HANDED_OFF)


async def test_what_operators_want_is_not_read_for_every_step(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "FRESH_SECONDS", 60.0)
    wishes = pausing.Wishes(office.casebook, lambda _system: None)
    await wishes.look()
    office.operator.pause(EVERYTHING, why="stopp")

    await wishes.look()
    assert wishes.why_not("toy:EA-1:2026-03", "") is None
    await wishes.look(anew=True)
    assert "everything is paused" in str(wishes.why_not("toy:EA-1:2026-03", ""))


@pytest.mark.durable
async def test_when_all_is_paused_nothing_begins(office: Office) -> None:
    office.operator.pause(EVERYTHING, why="brandövning")

    assert "everything is paused" in str((await office.run()).resting["all"])
    standing = await office.run("EA-1", "EA-2")

    assert (standing.ended, sorted(standing.waiting), office.begun) == ((), ["toy:EA-1:2026-03", "toy:EA-2:2026-03"], {})
    assert office.case("EA-1").state is CaseState.SUBMITTED
    assert Pauses(office.casebook).standing()[0].why == "brandövning"
    office.operator.resume(EVERYTHING)
    assert references_of(await office.run()) == ["EA-1", "EA-2"]


# --- limits and hours -------------------------------------------------------------------------------------------------


@pytest.mark.durable
async def test_a_limit_lets_so_many_cases_be_worked_on_and_leaves_the_others_as_they_are(office: Office) -> None:
    standing = await office.run("EA-1", "EA-2", "EA-3", limit=2)

    assert (len(standing.ended), len(standing.waiting), sum(office.begun.values())) == (2, 1, 6)
    assert [case.state for case in office.casebook.cases()].count(CaseState.SUBMITTED) == 1
    assert len((await office.run()).ended) == 1


@pytest.mark.durable
async def test_after_the_stop_time_no_case_begins_and_those_begun_go_on(office: Office) -> None:
    office.operator.pause(scope_of_system("case_system"), why="först")
    await office.run("EA-1")
    office.operator.resume(scope_of_system("case_system"))

    standing = await office.run("EA-2", takes_new=lambda: False)

    assert references_of(standing) == ["EA-1"]
    assert office.case("EA-2").state is CaseState.SUBMITTED


@pytest.mark.durable
async def test_a_closed_system_keeps_back_the_cases_that_need_it_without_an_alarm(office: Office) -> None:
    def closed(system: str) -> KollegaError | None:
        return SystemClosed("closed until 06:00; its cases wait", system=system) if system == "case_system" else None

    standing = await office.run("EA-1", closed=closed)

    assert (standing.ended, standing.waiting, dict(standing.held)) == ((), ("toy:EA-1:2026-03",), {})
    assert isinstance(standing.resting["case_system"], SystemClosed)
    assert references_of(await office.run()) == ["EA-1"]
    assert office.begun["collect EA-1"] == 1


# --- cancel -----------------------------------------------------------------------------------------------------------


@pytest.mark.durable
async def test_a_case_cancelled_under_way_is_handed_off_before_its_next_step(office: Office) -> None:
    async def cancel(name: str, reference: str) -> None:
        if name == "collect":
            assert office.operator.cancel(office.case(reference), why="avliden")
            assert office.operator.cancel(office.case(reference), why="avliden")

    office.hook = cancel
    standing = await office.run("EA-1")

    assert [outcome.codes for outcome in standing.ended] == [(ReasonCode.CANCELLED,)]
    assert office.begun == {"collect EA-1": 1}
    assert not office.operator.cancel(office.case("EA-1"), why="igen")
    assert [one.action for one in office.casebook.events("toy:EA-1:2026-03")] == ["cancelled"]


@pytest.mark.durable
async def test_a_cancelled_case_ends_whatever_keeps_the_others_back(office: Office) -> None:
    office.operator.pause(EVERYTHING, why="stopp")
    await office.run("EA-1", "EA-2")
    office.operator.cancel(office.case("EA-1"), why="dubblett")

    standing = await office.run(limit=0, takes_new=lambda: False)

    assert references_of(standing) == ["EA-1"]
    assert (office.begun, standing.waiting) == ({}, ("toy:EA-2:2026-03",))


# --- retry ------------------------------------------------------------------------------------------------------------


@pytest.mark.durable
async def test_a_failed_case_goes_on_from_the_step_that_an_operator_chooses(office: Office) -> None:
    async def fail(name: str, reference: str) -> None:
        if name == "tell":
            raise KeyError

    office.hook = fail
    assert (await office.run("EA-1")).failed == ("toy:EA-1:2026-03",)
    office.hook = None
    with pytest.raises(SetupError, match="it has: collect, assess"):
        office.operator.retry(office.case("EA-1"), step="decide", steps_done=lambda: ["collect", "assess"])
    office.operator.retry(office.case("EA-1"), step="assess", steps_done=lambda: ["collect", "assess"])

    assert references_of(await office.run()) == ["EA-1"]
    assert office.begun == {"collect EA-1": 1, "assess EA-1": 2, "tell EA-1": 2}


@pytest.mark.durable
async def test_a_case_that_failed_in_a_run_under_way_is_taken_up_again_by_it(office: Office) -> None:
    async def mend(name: str, reference: str) -> None:
        if (name, reference) == ("tell", "EA-1") and office.begun["tell EA-1"] == 1:
            raise KeyError
        if (name, reference) == ("tell", "EA-2"):
            await until(lambda: office.case("EA-1").state is CaseState.FAILED)
            office.operator.retry(office.case("EA-1"), step="collect", steps_done=lambda: ["collect"])
            await until(lambda: office.begun["collect EA-1"] == 2)

    office.hook = mend
    standing = await office.run("EA-1", "EA-2")

    assert (references_of(standing), standing.failed) == (["EA-1", "EA-2"], ())
    assert (office.begun["collect EA-1"], office.begun["tell EA-1"]) == (2, 2)


@pytest.mark.durable
async def test_a_case_that_was_handed_off_begins_anew_and_keeps_its_history(office: Office) -> None:
    office.operator.pause(EVERYTHING, why="stopp")
    await office.run("EA-1")
    office.operator.cancel(office.case("EA-1"), why="dubblett")
    await office.run()
    office.operator.resume(EVERYTHING)

    told = office.operator.retry(office.case("EA-1"), step="tell", steps_done=list)

    assert "begins anew" in told
    assert office.casebook.outcomes() == ()
    assert references_of(await office.run()) == ["EA-1"]
    assert office.begun["collect EA-1"] == 1
    assert [one.action for one in office.casebook.events("toy:EA-1:2026-03")] == ["cancelled", "retried"]
    assert "handed off with CANCELLED" in office.casebook.events("toy:EA-1:2026-03")[1].message
    with pytest.raises(SetupError, match="was decided: only what was handed off"):
        office.operator.retry(office.case("EA-1"), step="", steps_done=list)


@pytest.mark.durable
@pytest.mark.parametrize("status", ["SUCCESS", "ERROR"])
@pytest.mark.parametrize("order", ["retry", "retry from a step", "cancel"])
async def test_a_case_that_only_the_engine_has_ended_is_free_to_be_retried_or_cancelled(office: Office, status: str, order: str) -> None:
    async def fail(name: str, reference: str) -> None:
        if name == "tell":
            raise KeyError

    office.hook = fail
    await office.run("EA-1")
    office.hook = None
    with sqlite3.connect(office.folder / "queue" / "queue.db") as engine:
        engine.execute("UPDATE workflow_status SET status = ?", (status,))
    assert (await office.run()).failed == ("toy:EA-1:2026-03",)
    assert "kollega queue retry toy:EA-1:2026-03" in office.casebook.events("toy:EA-1:2026-03")[-1].message
    if order == "cancel":
        office.operator.cancel(office.case("EA-1"), why="dubblett")
    else:
        office.operator.retry(office.case("EA-1"), step="assess" if "step" in order else "", steps_done=lambda: ["collect", "assess"])

    standing = await office.run()

    assert (references_of(standing), standing.failed) == (["EA-1"], ())
    assert standing.ended[0].ending is (Ending.HANDED_OFF if order == "cancel" else Ending.DECIDED)
    assert Orders(office.casebook).standing() == ()


@pytest.mark.durable
async def test_a_case_that_is_begun_anew_while_the_robot_settles_its_end_is_begun_anew(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancel(name: str, reference: str) -> None:
        if office.begun["collect EA-1"] == 1:
            office.operator.cancel(office.case(reference), why="fel")

    close_case = office.casebook.close_case

    def close_and_retry(outcome: Outcome) -> bool:
        is_closed = close_case(outcome)
        if outcome.ending is Ending.HANDED_OFF:
            office.operator.retry(office.case("EA-1"), step="", steps_done=list)
        return is_closed

    office.hook = cancel
    monkeypatch.setattr(office.casebook, "close_case", close_and_retry)
    standing = await office.run("EA-1")

    assert [outcome.ending for outcome in standing.ended] == [Ending.HANDED_OFF, Ending.DECIDED]
    assert (standing.failed, standing.waiting, office.begun["collect EA-1"]) == ((), (), 2)


@pytest.mark.durable
async def test_a_case_that_has_not_begun_or_is_at_hand_is_not_retried(office: Office) -> None:
    office.casebook.open_case("toy:EA-1:2026-03", reference="EA-1", month="2026-03")
    with pytest.raises(SetupError, match="has not begun"):
        office.operator.retry(office.case("EA-1"), step="", steps_done=list)
    office.casebook.take_case("toy:EA-1:2026-03")
    with pytest.raises(SetupError, match="is at hand"):
        office.operator.retry(office.case("EA-1"), step="", steps_done=list)


# --- killed -----------------------------------------------------------------------------------------------------------


class Toy:
    """A toy robot of its own process, on files or on PostgreSQL."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.database = database
        self.casebook: Path | str = database or folder / "casebook.db"

    def run(self, *references: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOY_DATABASE": self.database, **variables}
        command = [sys.executable, str(TOY), str(self.folder), "run", *references]
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=RUN_SECONDS, check=False)

    def kill_at(self, point: str) -> None:
        (self.folder / "kill").write_text(point)
        assert self.run("EA-1").returncode == -signal.SIGKILL

    def passed(self) -> Counter[str]:
        return Counter((self.folder / "trace").read_text().splitlines())


@pytest.fixture(params=["files", "PostgreSQL"])
def toy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Toy]:
    if request.param == "files":
        yield Toy(tmp_path)
        return
    yield Toy(tmp_path, address_in(tmp_path, request.getfixturevalue("server")))


@pytest.mark.durable
def test_a_case_that_kills_the_robot_is_handed_off_after_three_deaths_and_every_other_case_ends(toy: Toy) -> None:
    references = [f"EA-{number}" for number in range(1, 7)]
    (toy.folder / "poison").write_text("EA-2 assess begun")
    starts = 0
    while (done := toy.run(*references, TOY_AT_ONCE="3")).returncode == -signal.SIGKILL:
        starts += 1
        assert starts <= 5, "the robot dies again and again"

    assert done.returncode == 0, done.stderr
    assert toy.passed()["EA-2 assess begun"] == starts == 3
    assert toy.passed()["EA-2 collect ended"] == 1
    with Casebook(toy.casebook) as casebook:
        outcomes = {outcome.reference: outcome for outcome in casebook.outcomes()}
        (told,) = [event for event in casebook.events("toy:EA-2:2026-03") if event.action == "set_aside"]
        assert Attempts(casebook).all() == ()
    assert sorted(outcomes) == references
    assert outcomes.pop("EA-2").codes == (ReasonCode.ROBOT_FAULT,)
    assert {outcome.ending for outcome in outcomes.values()} == {Ending.DECIDED}
    assert "the robot died 3 times in a row in this case: assess" in told.message
    assert "written: nothing; perhaps written: nothing" in told.message


@pytest.mark.durable
async def test_a_case_in_which_robots_have_died_is_worked_on_alone_after_the_others_and_cleared_when_none_dies(office: Office) -> None:
    office.casebook.open_case("toy:EA-1:2026-03", reference="EA-1", month="2026-03")
    attempts = Attempts(office.casebook)
    for _ in range(2):
        attempts.begin("toy:EA-1:2026-03", "collect", "robot")
        attempts.count_death(attempts.all()[0], step="collect")
    order: list[str] = []

    async def note(name: str, reference: str) -> None:
        order.append(reference)

    office.hook = note
    standing = await office.run("EA-1", "EA-2", "EA-3")

    assert order[-3:] == ["EA-1"] * 3
    assert (references_of(standing), standing.waiting, dict(standing.set_aside)) == (["EA-1", "EA-2", "EA-3"], (), {})
    assert {outcome.ending for outcome in standing.ended} == {Ending.DECIDED}
    assert attempts.all() == ()


@pytest.mark.durable
def test_a_case_in_which_the_robot_dies_between_two_steps_is_handed_off_too(tmp_path: Path) -> None:
    (tmp_path / "poison").write_text("EA-1 write stored")
    codes = [Toy(tmp_path).run("EA-1").returncode for _ in range(4)]

    assert codes == [-signal.SIGKILL] * 3 + [0]
    with Casebook(tmp_path / "casebook.db") as casebook:
        assert [outcome.codes for outcome in casebook.outcomes()] == [(ReasonCode.ROBOT_FAULT,)]
        message = casebook.events("toy:EA-1:2026-03")[-1].message
    assert "after write" in message
    assert "written: payment" in message
    assert (tmp_path / "ledger").read_text() == "EA-1\n"


@pytest.mark.durable
def test_a_case_in_which_the_robot_dies_even_while_it_hands_it_off_is_left_alone_and_the_others_end(tmp_path: Path) -> None:
    (tmp_path / "poison").write_text("EA-1 taken up")
    toy = Toy(tmp_path)
    starts = 0
    while (done := toy.run("EA-1", "EA-2", TOY_AT_ONCE="2")).returncode == -signal.SIGKILL:
        starts += 1
        assert starts <= 6, "the robot dies again and again"

    assert json.loads(done.stdout)["failed"] == ["toy:EA-1:2026-03"]
    assert json.loads(toy.run().stdout)["failed"] == ["toy:EA-1:2026-03"]
    (tmp_path / "poison").unlink()
    with Casebook(toy.casebook) as casebook:
        assert [outcome.reference for outcome in casebook.outcomes()] == ["EA-2"]
        case = case_named(casebook, "EA-1")
        message = casebook.events(case.case_id)[-1].message
        assert message.startswith("developer: the robot died 5 times in a row in this case")
        assert f"kollega queue retry {case.case_id}" in message
        Operator(casebook=casebook, name="drift").retry(case, step="", steps_done=list)
    assert json.loads(toy.run().stdout)["ended"] == ["EA-1"]


@pytest.mark.durable
@needs_postgres
async def test_deaths_that_another_robot_has_counted_while_this_one_was_at_work_are_known_before_the_case_is_begun(tmp_path: Path) -> None:
    with postgres() as address, Casebook(f"{address}&schema=kollega") as casebook:
        office = Office(tmp_path, casebook)
        attempts = Attempts(casebook)

        async def die(name: str, reference: str) -> None:
            for _ in range(3 if (name, reference) == ("collect", "EA-1") else 0):
                attempts.begin("toy:EA-2:2026-03", "collect", "other")
                attempts.count_death(next(one for one in attempts.all() if one.worker == "other"), step="collect")

        office.hook = die
        standing = await office.run("EA-1", "EA-2", at_once=1, database=f"{address}&schema=kollega")
        office.log.close()

    assert [outcome.codes for outcome in standing.ended] == [(), (ReasonCode.ROBOT_FAULT,)]
    assert (list(standing.set_aside), office.begun["collect EA-2"]) == (["toy:EA-2:2026-03"], 0)


@pytest.mark.durable
async def test_when_two_deaths_are_enough_a_case_that_was_beside_once_is_tried_alone(office: Office) -> None:
    office.casebook.open_case("toy:EA-1:2026-03", reference="EA-1", month="2026-03")
    attempts = Attempts(office.casebook)
    attempts.begin("toy:EA-1:2026-03", "collect", "robot")
    attempts.count_death(attempts.all()[0], step="collect")
    order: list[str] = []

    async def note(name: str, reference: str) -> None:
        order.append(reference)

    office.hook = note
    standing = await office.run("EA-1", "EA-2", deaths=2)

    assert order == ["EA-2"] * 3 + ["EA-1"] * 3
    assert references_of(standing) == ["EA-1", "EA-2"]


@pytest.mark.durable
def test_a_case_that_was_at_hand_when_the_robot_died_waits_when_it_is_paused_and_can_then_be_rewound(toy: Toy) -> None:
    toy.kill_at("EA-1 write begun")
    with Casebook(toy.casebook) as casebook:
        operator = Operator(casebook=casebook, name="drift")
        with pytest.raises(SetupError, match="pause it first"):
            operator.retry(case_named(casebook, "EA-1"), step="assess", steps_done=list)
        operator.pause(scope_of_case("toy:EA-1:2026-03"), why="fel uppgift")
        assert json.loads(toy.run("EA-2").stdout) == {"ended": ["EA-2"], "waiting": ["toy:EA-1:2026-03"], "failed": []}
        operator.retry(case_named(casebook, "EA-1"), step="assess", steps_done=lambda: ["collect", "assess"])
        operator.resume(scope_of_case("toy:EA-1:2026-03"))

    assert json.loads(toy.run().stdout)["ended"] == ["EA-1"]
    assert (toy.passed()["EA-1 collect begun"], toy.passed()["EA-1 assess begun"]) == (1, 2)


# --- another version --------------------------------------------------------------------------------------------------


@pytest.mark.durable
@pytest.mark.parametrize("steps", ["collect assess write tell", "collect assess weigh write"])
def test_a_version_with_a_step_after_the_finished_ones_goes_on_with_a_case_in_flight(tmp_path: Path, steps: str) -> None:
    toy = Toy(tmp_path)
    toy.kill_at("EA-1 assess stored")

    assert json.loads(toy.run(TOY_STEPS=steps).stdout)["ended"] == ["EA-1"]
    assert toy.passed()["EA-1 collect begun"] == 1


@pytest.mark.durable
@pytest.mark.parametrize("steps", ["gather assess write", "look collect assess write"])
def test_a_version_whose_steps_differ_begins_a_case_anew_that_has_written_nothing_and_says_so(tmp_path: Path, steps: str) -> None:
    toy = Toy(tmp_path)
    toy.kill_at("EA-1 assess stored")

    done = toy.run(TOY_STEPS=steps)

    assert json.loads(done.stdout)["ended"] == ["EA-1"], done.stderr
    assert toy.passed()["EA-1 assess begun"] == 2
    with Casebook(toy.casebook) as casebook:
        said = " ".join(event.message for event in casebook.events("toy:EA-1:2026-03"))
    assert "collect was done where" in said
    assert "begins anew" in said


@pytest.mark.durable
async def test_a_version_that_can_not_read_a_kept_result_begins_a_case_anew_that_has_written_nothing_and_says_so(office: Office) -> None:
    office.operator.pause(scope_of_system("case_system"), why="byte")
    assert (await office.run("EA-1")).waiting == ("toy:EA-1:2026-03",)
    with sqlite3.connect(office.folder / "queue" / "queue.db") as engine:
        engine.execute("UPDATE operation_outputs SET output = replace(output, '1}', '[1]}')")
    office.operator.resume(scope_of_system("case_system"))

    assert references_of(await office.run()) == ["EA-1"]
    assert office.begun["collect EA-1"] == 2
    said = " ".join(event.message for event in office.casebook.events("toy:EA-1:2026-03"))
    assert "the kept result of collect can't be read by this version of the robot" in said
    assert "begins anew" in said


@pytest.mark.durable
async def test_a_version_that_can_not_read_a_kept_result_leaves_a_case_that_has_written_to_an_operator(office: Office) -> None:
    office.operator.pause(scope_of_system("case_system"), why="byte")
    await office.run("EA-1")
    with sqlite3.connect(office.folder / "queue" / "queue.db") as engine:
        engine.execute("UPDATE operation_outputs SET output = replace(output, '\"schema\":1', '\"schema\":2')")
    office.operator.resume(scope_of_system("case_system"))
    office.casebook.effect_done("toy:EA-1:2026-03", "payment")

    assert (await office.run()).failed == ("toy:EA-1:2026-03",)
    message = office.casebook.events("toy:EA-1:2026-03")[-1].message
    assert message.startswith("operator: the kept result of collect can't be read by this version of the robot")
    assert "kollega queue retry toy:EA-1:2026-03 --from 'collect'" in message


@pytest.mark.durable
def test_a_version_whose_steps_differ_leaves_a_case_that_has_written_to_an_operator_who_has_it_go_on(toy: Toy) -> None:
    toy.kill_at("EA-1 write stored")

    done = toy.run(TOY_STEPS="collect weigh write")

    assert json.loads(done.stdout) == {"ended": [], "waiting": [], "failed": ["toy:EA-1:2026-03"]}
    with Casebook(toy.casebook) as casebook:
        case = case_named(casebook, "EA-1")
        assert case.state is CaseState.FAILED
        message = casebook.events(case.case_id)[-1].message
        assert message.startswith("operator: the steps have changed")
        assert f"kollega queue retry {case.case_id} --from 'assess'" in message
        Operator(casebook=casebook, name="drift").retry(case, step="assess", steps_done=lambda: ["collect", "assess", "write"])
    assert json.loads(toy.run(TOY_STEPS="collect weigh write").stdout)["ended"] == ["EA-1"]
    assert (toy.folder / "ledger").read_text() == "EA-1\n"
