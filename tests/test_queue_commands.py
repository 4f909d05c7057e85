"""The queue's commands as operators meet them: on cases written by hand, and beside a robot in the practice municipality."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from robots import cli
from robots.assessment import Outcome
from robots.casebook import Casebook, CaseState
from robots.casebook.attempts import Attempts
from robots.errors import StopRequested
from robots.practice.households import generate
from robots.work_queue import Standing, WorkQueue
from robots.work_queue.lock import locked
from tests.installation import install
from tests.outcomes import outcome_of
from tests.test_run import KOLLEGA, ROOT, RUN_SECONDS, Installation, installed, wrongs

if TYPE_CHECKING:
    from robots.handling import Step

MARCH, APRIL, OTHER = "aid:EA-26-00001:2026-03", "aid:EA-26-00001:2026-04", "aid:EA-26-00002:2026-03"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Return a function that runs a command of the queue on a casebook with three cases, in this process."""
    install(tmp_path)
    with Casebook(casebook_of(tmp_path)) as casebook:
        for case_id in (MARCH, APRIL, OTHER):
            casebook.open_case(case_id, reference=case_id.split(":")[1], month=case_id[-7:], due_at=datetime(2026, 3, 3, 22, 59, tzinfo=UTC))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Done:
        monkeypatch.setattr("sys.argv", ["kollega", "queue", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return Done(ended.value.code if isinstance(ended.value.code, int) else 0, printed.out, printed.err)

    return run


def casebook_of(root: Path) -> Path:
    return root / "logs" / "state" / "casebook.sqlite"


def test_the_list_names_the_cases_in_the_order_in_which_they_are_begun(queue: Callable[..., Done], tmp_path: Path) -> None:
    with Casebook(casebook_of(tmp_path)) as casebook:
        Attempts(casebook).begin(APRIL, "read case", "robot")
        Attempts(casebook).count_death(Attempts(casebook).all()[0], step="read case")
    assert queue("first", OTHER).code == 0
    assert queue("pause", "--system", "e_service", "--why", "byte av server").code == 0

    printed = queue("list").out
    record = json.loads(queue("list", "--json", "--limit", "2").out)

    lines = printed.splitlines()
    assert lines[0] == "3 submitted, 0 taken, 0 waiting, 0 failed, 0 ended"
    assert lines[1].startswith("paused: system:e_service since ")
    assert [line.split()[0] for line in lines[3:]] == [OTHER, MARCH, APRIL]
    assert "robots died in it: 1" in lines[5]
    assert "2026-03-03 23:59" in lines[4]
    assert record["counts"] == {"submitted": 3, "taken": 0, "waiting": 0, "failed": 0, "ended": 0}
    assert [(case["case"], case["state"], case["priority"]) for case in record["cases"]] == [(OTHER, "submitted", 10), (MARCH, "submitted", 100)]
    assert record["paused"][0]["why"] == "byte av server"


def test_a_pause_is_ended_by_its_own_scope_and_others_are_told(queue: Callable[..., Done]) -> None:
    queue("pause", "--all", "--why", "brand")
    queue("pause", MARCH, "--why", "fel konto")

    assert "still paused: all" in queue("resume", MARCH).out
    assert "was not paused" in queue("resume", "--system", "e_service").out
    assert "everything is no longer paused" in queue("resume", "--all").out
    shown = queue("show", MARCH).out
    assert "paused  fel konto" in shown
    assert "unpaused" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "EA-26-00009"), "there is no case EA-26-00009"),
        (("show", "EA-26-00001"), f"has 2 cases; give the id of one: {MARCH}, {APRIL}"),
        (("retry", MARCH), "has not begun: a run takes it up by itself"),
    ],
)
def test_a_case_that_can_not_be_meant_is_told_with_exit_code_3(queue: Callable[..., Done], arguments: tuple[str, ...], words: str) -> None:
    done = queue(*arguments)

    assert done.code == 3
    assert words in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("pause", "--why", "oklart"),
        ("pause", MARCH, "--all", "--why", "oklart"),
        ("pause", "--system", "e-post", "--why", "oklart"),
        ("pause", "--all"),
        ("list", "--state", "asleep"),
        ("list", "--limit", "0"),
        ("list", "--folder", "nowhere"),
    ],
)
def test_a_command_that_says_too_little_or_too_much_is_refused(queue: Callable[..., Done], arguments: tuple[str, ...]) -> None:
    assert queue(*arguments).code == 2


def test_a_case_that_has_ended_says_so_and_is_not_stopped(queue: Callable[..., Done], tmp_path: Path) -> None:
    outcome = outcome_of(OTHER, "EA-26-00002")
    with Casebook(casebook_of(tmp_path)) as casebook:
        casebook.close_case(outcome)

    assert queue("cancel", OTHER, "--why", "dubblett").out == f"{OTHER} has ended already: decided.\n"
    assert "was decided: only what was handed off" in queue("retry", OTHER).err
    assert "has ended" in queue("first", OTHER).err
    assert "ending: decided" in queue("show", OTHER).out


def test_a_personal_number_in_a_reason_is_not_kept(queue: Callable[..., Done]) -> None:
    number = (ROOT / "robots" / "practice" / "test-personnummer.txt").read_text(encoding="utf-8").split()[-1]

    queue("pause", MARCH, "--why", f"gäller {number}")

    assert number not in queue("show", MARCH).out
    assert "gäller" in queue("show", MARCH).out


def test_a_case_cancelled_beside_a_robot_is_left_to_it_however_often_it_is_cancelled(queue: Callable[..., Done], tmp_path: Path) -> None:
    with locked(tmp_path / "logs" / "state"):
        first, second = (queue("cancel", OTHER, "--why", "dubblett").out for _ in range(2))

    assert "is handed off before its next step by the robot at work" in first
    assert second == first
    shown = json.loads(queue("show", OTHER, "--json").out)
    assert (shown["state"], shown["order"].split(",")[0]) == ("submitted", "cancel")
    assert [event["action"] for event in shown["events"]] == ["cancelled"]


@pytest.mark.durable
async def test_a_failed_case_is_retried_from_a_step_by_a_command(tmp_path: Path) -> None:
    install(tmp_path)
    done: list[str] = []

    async def handle(case_id: str, reference: str, step: Step) -> Outcome:
        for name in ("read application", "read case", "assess"):
            await step(name, None, work, name)
        raise StopRequested

    async def work(name: str) -> None:
        done.append(name)
        if name == "assess" and done.count(name) == 1:
            raise KeyError

    async def run() -> Standing:
        with Casebook(casebook_of(tmp_path)) as casebook:
            opened = WorkQueue.open(
                tmp_path / "logs" / "state", executor="robot", handle=handle, casebook=casebook, tries=1, first_wait_seconds=0.01, at_once=1
            )
            async with opened as queue, asyncio.timeout(RUN_SECONDS):
                await queue.submit("aid", "EA-26-00017", "2026-03")
                return await queue.run(asyncio.Event(), lambda _: None)

    def queue_command(*arguments: str) -> str:
        command = [str(KOLLEGA), "queue", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=RUN_SECONDS, check=False).stdout

    assert (await run()).failed == ("aid:EA-26-00017:2026-03",)
    shown = await asyncio.to_thread(queue_command, "show", "EA-26-00017")
    assert "state: failed" in shown
    assert "from the step read case" in await asyncio.to_thread(queue_command, "retry", "EA-26-00017", "--from", "read case")
    await run()

    assert done == ["read application", "read case", "assess", "read case", "assess"]


# --- beside a robot ---------------------------------------------------------------------------------------------------


def steer(robot: Installation, *arguments: str) -> str:
    done = subprocess.run(
        [KOLLEGA, "queue", *arguments],
        cwd=robot.root,
        env={**os.environ, **robot.environment},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def to_do(robot: Installation) -> set[str]:
    book = load_workbook(robot.root / "logs" / "undantag.xlsx", read_only=True)
    return {str(row[0]) for row in book.worksheets[0].iter_rows(min_row=2, values_only=True) if row[0]}


@pytest.mark.browser
@pytest.mark.desktop
@pytest.mark.durable
def test_operators_steer_a_robot_in_the_practice_municipality(tmp_path: Path) -> None:
    households = [household for household in generate(5, 40) if household.expected.ending == "decided"][:2]
    with installed(tmp_path, households) as (robot, municipality):
        assert robot.run("--limit", "1")[0] == 0
        record = json.loads(steer(robot, "list", "--json"))
        assert record["counts"] == {"submitted": 1, "taken": 0, "waiting": 0, "failed": 0, "ended": 1}
        case_id = record["cases"][0]["case"]
        steer(robot, "pause", "--system", "case_system", "--why", "uppgradering")
        code, printed = robot.run()
        assert code == 0, printed
        assert "case_system is paused" in printed

        shown = json.loads(steer(robot, "show", case_id, "--json"))
        assert shown["state"] == CaseState.WAITING
        assert [step["name"] for step in shown["steps"]][0] == "read application"
        assert shown["effects"] == []
        assert f"{case_id} is handed off: CANCELLED." in steer(robot, "cancel", case_id, "--why", "dubblett")
        reference = case_id.split(":")[1]
        assert reference in to_do(robot)
        assert "begins anew" in steer(robot, "retry", case_id)
        assert reference not in to_do(robot)

        steer(robot, "resume", "--system", "case_system")
        code, printed = robot.run()
        assert code == 0, printed
        assert wrongs(households, robot.outcomes(), municipality) == {}
        assert json.loads(steer(robot, "list", "--json", "--state", "waiting"))["cases"] == []
