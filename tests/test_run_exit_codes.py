"""What a scheduler is told by the exit code of a run."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from robots.assessment import Ending, Outcome, RunMode
from robots.case import Month
from robots.errors import KollegaError, LogInRefused, ReasonCode, ScreenChanged, SystemClosed, SystemUnavailable
from robots.follow_up import summary
from robots.wiring import Run
from robots.work_queue import Standing

GONE, PLAN = ReasonCode.SRC_DOWN, ReasonCode.PLAN


def outcome(*codes: ReasonCode) -> Outcome:
    return Outcome(
        case_id="case",
        reference="EA-26-00001",
        month=Month(year=2026, month=3),
        ending=Ending.HANDED_OFF if codes else Ending.DECIDED,
        amount=None if codes else Decimal(1000),
        codes=codes,
        because=(),
        done=(),
        left=(),
        due_on=None,
        authority=None,
        ended_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
    )


def exit_code(
    *ended: Outcome,
    held: tuple[KollegaError, ...] = (),
    failed: tuple[str, ...] = (),
    inbox_fault: SystemUnavailable | None = None,
    was_stopped: bool = False,
) -> int:
    standing = Standing(
        ended=ended,
        waiting=(),
        failed=failed,
        held={type(error).__name__: error for error in held},
        resting={},
        set_aside={},
        was_stopped=was_stopped,
        seconds={},
    )
    run = Run(
        mode=RunMode.DECIDE,
        standing=standing,
        figures=summary(ended, ()),
        times=(),
        exchanged=None,
        inbox_fault=inbox_fault,
    )
    return run.exit_code


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
        (exit_code(held=(CHANGED,), failed=("case",), was_stopped=True), 130),
    ],
)
def test_the_most_serious_thing_that_somebody_must_see_to_is_told(code: int, expected: int) -> None:
    assert code == expected
