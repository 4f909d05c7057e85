"""What a scheduler is told by the exit code of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from rich.console import Console

from robots.assessment import Ending, Outcome, RunMode
from robots.cli import running
from robots.errors import KollegaError, LogInRefused, ReasonCode, ScreenChanged, SystemClosed, SystemUnavailable
from robots.follow_up import summary
from robots.run_process import _figures_of
from robots.schedule import Schedule, WorkingHours
from robots.wiring import Run
from robots.work_queue import Standing
from tests.outcomes import outcome_of

GONE, PLAN = ReasonCode.SRC_DOWN, ReasonCode.PLAN


def outcome(*codes: ReasonCode) -> Outcome:
    return outcome_of("case", "EA-26-00001", ending=Ending.HANDED_OFF if codes else Ending.DECIDED, codes=codes)


def run_of(
    *ended: Outcome,
    held: tuple[KollegaError, ...] = (),
    failed: tuple[str, ...] = (),
    inbox_fault: SystemUnavailable | None = None,
    set_aside: Mapping[str, str] = MappingProxyType({}),
    was_stopped: bool = False,
) -> Run:
    standing = Standing(
        ended=ended,
        waiting=(),
        failed=failed,
        held={type(error).__name__: error for error in held},
        resting={},
        set_aside=set_aside,
        was_stopped=was_stopped,
        seconds={},
    )
    return Run(
        mode=RunMode.DECIDE,
        standing=standing,
        figures=summary(ended, ()),
        times=(),
        exchanged=None,
        inbox_fault=inbox_fault,
    )


def exit_code(*ended: Outcome, **more: Any) -> int:
    return run_of(*ended, **more).exit_code


REFUSED, CHANGED, CLOSED = LogInRefused("refused"), ScreenChanged("changed"), SystemClosed("closed")
INBOX = SystemUnavailable("no answer")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (exit_code(), 0),
        (exit_code(outcome(), outcome(PLAN)), 0),
        (exit_code(outcome(GONE)), 6),
        (exit_code(outcome(GONE), outcome(GONE, PLAN), outcome(PLAN)), 6),
        (exit_code(outcome(GONE), outcome()), 6),
        (exit_code(outcome(GONE), outcome(), outcome()), 0),
        (exit_code(inbox_fault=INBOX), 5),
        (exit_code(outcome(GONE), inbox_fault=INBOX), 5),
        (exit_code(outcome(GONE), held=(REFUSED,)), 3),
        (exit_code(held=(REFUSED, CHANGED)), 4),
        (exit_code(held=(REFUSED,), inbox_fault=INBOX), 3),
        (exit_code(held=(CLOSED,)), 0),
        (exit_code(held=(CLOSED,), inbox_fault=INBOX), 5),
        (exit_code(outcome(GONE), failed=("case",)), 1),
        (exit_code(outcome(ReasonCode.ROBOT_FAULT), set_aside={"case": "died"}), 1),
        (exit_code(held=(CHANGED,), failed=("case",), was_stopped=True), 130),
    ],
)
def test_the_most_serious_thing_that_somebody_must_see_to_is_told(code: int, expected: int) -> None:
    assert code == expected


def test_programs_and_people_are_told_what_was_set_aside_and_who_says_why_a_case_was_stopped(tmp_path: Path) -> None:
    run = run_of(
        outcome(ReasonCode.ROBOT_FAULT), set_aside={"aid:EA-26-00001:2026-03": "the robot died 3 times"}, failed=("aid:EA-26-00002:2026-03",)
    )
    hours = WorkingHours(Schedule(), parts={}, clock=lambda: datetime.now(UTC))

    record = running._record(run, hours, tmp_path)
    with (tmp_path / "printed").open("w+") as printed:
        running.print_figures(Console(file=printed, width=200), run, tmp_path)
        printed.seek(0)
        said = printed.read()

    assert (record["exit_code"], record["set_aside"]) == (1, {"aid:EA-26-00001:2026-03": "the robot died 3 times"})
    assert "aid:EA-26-00001:2026-03 was set aside: the robot died 3 times" in _figures_of(json.dumps(record))
    assert "aid:EA-26-00001:2026-03 was set aside and handed off: the robot died 3 times" in said
    assert "aid:EA-26-00002:2026-03 was stopped: kollega queue show says by what, and who acts" in said
