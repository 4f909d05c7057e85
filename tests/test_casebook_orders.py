"""The small records beside the cases: pauses, orders and attempts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from robots.assessment import Ending, Outcome
from robots.casebook import Casebook, CaseState
from robots.casebook.attempts import Attempts
from robots.casebook.orders import OrderKind, Orders
from robots.casebook.pauses import EVERYTHING, Pauses, scope_of_case, scope_of_system
from tests.outcomes import outcome_of

CASE = "aid:EA-26-00001:2026-03"


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    with Casebook(tmp_path / "casebook.db") as book:
        book.open_case(CASE, reference="EA-26-00001", month="2026-03")
        yield book


def ended(casebook: Casebook) -> Outcome:
    outcome = outcome_of(CASE, "EA-26-00001", ending=Ending.HANDED_OFF)
    casebook.close_case(outcome)
    return outcome


def test_a_pause_stands_until_it_is_ended_and_tells_the_latest_reason(casebook: Casebook) -> None:
    pauses = Pauses(casebook)
    for scope in (EVERYTHING, scope_of_system("e_service"), scope_of_case(CASE)):
        pauses.pause(scope, by="drift", why="byte")
    pauses.pause(EVERYTHING, by="natt", why="brand")

    assert [(one.scope, one.paused_by, one.why) for one in pauses.standing()] == [
        ("all", "natt", "brand"),
        ("system:e_service", "drift", "byte"),
        (f"case:{CASE}", "drift", "byte"),
    ]
    assert pauses.end(EVERYTHING)
    assert not pauses.end(EVERYTHING)
    assert len(pauses.standing()) == 2


def test_the_latest_order_of_a_case_stands_and_is_gone_when_it_is_carried_out(casebook: Casebook) -> None:
    orders = Orders(casebook)
    assert orders.give(CASE, OrderKind.REWIND, by="drift", why="", step="assess", event=("retried", "from assess"))
    assert orders.give(CASE, OrderKind.CANCEL, by="drift", why="fel", event=("cancelled", "fel"))

    (order,) = orders.standing()
    assert (order.kind, order.step, order.why) == (OrderKind.CANCEL, "", "fel")
    assert not orders.fulfil(replace(order, kind=OrderKind.REWIND))
    assert orders.of_case(CASE) == order
    assert orders.fulfil(order)
    assert orders.of_case(CASE) is None
    assert [(one.action, one.message) for one in casebook.events(CASE)] == [("retried", "from assess"), ("cancelled", "fel")]


def test_an_ended_case_takes_no_order_but_the_one_that_opens_it_again(casebook: Casebook) -> None:
    ended(casebook)
    orders = Orders(casebook)

    assert not orders.give(CASE, OrderKind.CANCEL, by="drift", why="", event=("cancelled", ""))
    assert (orders.standing(), casebook.events(CASE)) == ((), ())
    assert orders.give(CASE, OrderKind.BEGIN_ANEW, by="drift", why="", event=("retried", "it had ended"), reopens=True)
    (case,) = casebook.find(CASE)
    assert (case.state, case.taken_at, case.ended_at) == (CaseState.WAITING, None, None)
    assert casebook.outcomes() == ()
    assert not orders.give(CASE, OrderKind.BEGIN_ANEW, by="drift", why="", event=("retried", ""), reopens=True)


def test_deaths_are_counted_in_a_row_in_one_step_and_once_each(casebook: Casebook) -> None:
    attempts = Attempts(casebook)

    def deaths() -> tuple[str, int]:
        (attempt,) = attempts.all()
        return attempt.step, attempt.deaths

    for number in (1, 2):
        attempts.take(CASE, "robot")
        attempts.begin(CASE, "read", "robot")
        (attempt,) = attempts.all()
        attempts.count_death(attempt, step="read")
        attempts.count_death(attempt, step="read")
        assert deaths() == ("read", number)
    attempts.take(CASE, "robot")
    attempts.leave(CASE)
    assert deaths() == ("read", 2)
    attempts.begin(CASE, "write", "robot")
    assert deaths() == ("write", 0)
    (attempt,) = attempts.all()
    attempts.count_death(attempt, step="after write")
    assert deaths() == ("after write", 1)
    attempts.forget(CASE)
    assert attempts.of_case(CASE) is None
