"""An erasure and another write of the same case at the same moment, on a real PostgreSQL: one waits for the other, and none is broken off for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from robots import audit
from robots.assessment import Ending
from robots.casebook import Casebook, DocumentKind
from robots.casebook.answers import Answer, AnswerKind, Answers, AnswerState
from robots.casebook.erasing import Reason, compact, erase_cases
from robots.casebook.orders import OrderKind, Orders
from robots.casebook.tables import ANSWERS, ATTEMPTS, DOCUMENTS, EFFECTS, EVENTS, ORDERS
from robots.casebook.told import tell_effects
from robots.run_log import Action
from tests.outcomes import outcome_of
from tests.postgres import address_in, server

__all__ = ["server"]

pytestmark = pytest.mark.durable

#: of a few statements; who waits longer waits for ever
SECONDS = 30
_numbers = count(1)


def ended(book: Casebook, number: int) -> str:
    """Return the id of a case that has ended with a person, and has something of everything."""
    case_id, reference = f"toy:EA-26-{number:05}:2026-03", f"EA-26-{number:05}"
    book.open_case(case_id, reference=reference, month="2026-03")
    book.take_case(case_id)
    book.intend(case_id, "letter")
    book.effect_unknown(case_id, "letter")
    book.keep(case_id, DocumentKind.CASE_FILE, {"of": reference})
    book.add_event(case_id, Action.PUT_FIRST, "by ann")
    book.close_case(outcome_of(case_id, reference, ending=Ending.HANDED_OFF))
    return case_id


def answer_of(case_id: str) -> Answer:
    outcome = outcome_of(case_id, case_id[4:15], ending=Ending.HANDED_OFF)
    return Answer(case_id=case_id, round=1, kind=AnswerKind.HANDLED, words="klart", answered_by="ann", answered_at=datetime.now(UTC), outcome=outcome)


def begin_anew(book: Casebook, case_id: str) -> None:
    Orders(book).give(case_id, OrderKind.BEGIN_ANEW, by="ann", why="", event=(Action.PUT_FIRST, "by ann"), reopens=True)


def settle(book: Casebook, *case_ids: str) -> None:
    Answers(book).settle({(case_id, 1): AnswerState.ACTED for case_id in case_ids})


def carry_out(book: Casebook, case_id: str) -> None:
    for order in [one for one in Orders(book).standing() if one.case_id == case_id]:
        # Through another connection, as whoever carries an order out does: the database sees no circle there.
        with Orders(book).carrying_out(order) as stands:
            if stands:
                book.add_event(case_id, Action.PUT_FIRST, "by ann")


#: what else may be written of a case that has ended: by commands, by other machines, by a robot on its way out
WRITES: dict[str, Callable[[Casebook, str, str], object]] = {
    "an event": lambda book, one, _: book.add_event(one, Action.PUT_FIRST, "by ann"),
    "a new intention": lambda book, one, _: book.intend(one, "note"),
    "an effect found done": lambda book, one, _: book.effect_done(one, "letter"),
    "a document": lambda book, one, _: book.keep(one, DocumentKind.CASE_FILE, {"new": "record"}),
    "documents, one of them new": lambda book, one, _: book.keep_all(one, {DocumentKind.CASE_FILE: {"new": "record"}, DocumentKind.AUTHORITY: {}}),
    "what a person found": lambda book, one, _: tell_effects(book, one, {"letter": True}, in_round=1),
    "a new beginning": lambda book, one, _: begin_anew(book, one),
    "answers": lambda book, one, two: Answers(book).receive([answer_of(two), answer_of(one)], event=Action.ANSWERED),
    "answers acted on": lambda book, one, two: settle(book, two, one),
    "an order carried out": lambda book, one, _: carry_out(book, one),
}


def prepare(book: Casebook, write: str) -> tuple[str, str]:
    one = ended(book, next(_numbers))
    two = ended(book, next(_numbers)) if write.startswith("answers") else one
    if write == "answers acted on":
        Answers(book).receive([answer_of(one), answer_of(two)], event=Action.ANSWERED)
    if write == "an order carried out":
        with book.engine.begin() as connection:
            row = {"case_id": one, "kind": "cancel", "step": "", "ordered_at": datetime.now(UTC), "ordered_by": "ann", "why": ""}
            connection.execute(ORDERS.insert().values(**row))
    return one, two


@contextmanager
def before_statement(book: Casebook, number: int, do: Callable[[], None]) -> Iterator[None]:
    """Do something before the so-manieth statement of what this thread does next."""
    statements, thread = count(1), threading.get_ident()

    def on_statement(*_: Any) -> None:
        if threading.get_ident() == thread and next(statements) == number:
            do()

    sa.event.listen(book.engine, "before_cursor_execute", on_statement)
    try:
        yield
    finally:
        sa.event.remove(book.engine, "before_cursor_execute", on_statement)


class Server:
    """Sees whether somebody waits for a lock of somebody else's."""

    def __init__(self, address: str) -> None:
        self._engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")

    def wait_until_over_or_waiting(self, other: Future[Any]) -> None:
        until = time.monotonic() + SECONDS
        query = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        with self._engine.connect() as connection:
            while not other.done() and not connection.execute(query).scalar():
                assert time.monotonic() < until, "neither over nor waiting"

    def close(self) -> None:
        self._engine.dispose()


def told(do: Callable[[], object]) -> str:
    """Return what came of it: that the case is not there any more is a clear answer, and anything else is not."""
    try:
        do()
    except sa.exc.IntegrityError:
        return "not there"
    return "done"


def left_of(book: Casebook, case_id: str) -> int:
    with book.engine.connect() as connection:
        tables = (EFFECTS, EVENTS, DOCUMENTS, ATTEMPTS, ORDERS, ANSWERS)
        return sum(
            connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.case_id == case_id)).scalar_one() for table in tables
        )


@pytest.fixture(scope="module")
def books(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Casebook, Casebook]]:
    address = address_in(tmp_path_factory.mktemp("books"), server)
    with Casebook(address) as one, Casebook(address) as other:
        yield one, other


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("first", ["the erasure", "the write"])
def test_an_erasure_and_a_write_of_the_same_case_wait_for_one_another_wherever_they_meet(
    server: str, books: tuple[Casebook, Casebook], write: str, first: str
) -> None:
    book, other_book = books

    def erase(where: Casebook, cases: tuple[str, str]) -> None:
        erase_cases(where, sorted(set(cases)), Reason(number="20261122-ab", action=Action.ERASED, words="by ann"))

    def do_write(where: Casebook, cases: tuple[str, str]) -> None:
        WRITES[write](where, *cases)

    begun, second = (erase, do_write) if first == "the erasure" else (do_write, erase)
    with closing(Server(server)) as watched, ThreadPoolExecutor(1) as pool:
        for number in count(1):
            cases = prepare(book, write)
            others: list[Future[str]] = []

            def meet(cases: tuple[str, str] = cases, others: list[Future[str]] = others) -> None:
                others.append(pool.submit(told, partial(second, other_book, cases)))
                watched.wait_until_over_or_waiting(others[0])

            with before_statement(book, number, meet):
                came = told(partial(begun, book, cases))
            if not others:
                break
            came_of_other = others[0].result(timeout=SECONDS)
            # Whole there or whole gone; and it is never the erasure that gives way.
            assert (came if first == "the erasure" else came_of_other) == "done", f"met before statement {number}"
            for case_id in cases:
                is_there = bool(book.find(case_id))
                assert is_there == bool(left_of(book, case_id)), f"met before statement {number}"
                assert not is_there or write == "a new beginning", f"met before statement {number}"
        assert number > 1
    assert audit.verify(book).is_sound


@pytest.mark.parametrize("kept", [0, 3])
def test_the_server_keeps_no_values_of_what_was_erased_even_when_nothing_else_is_left(server: str, tmp_path: Path, kept: int) -> None:
    """It takes new ones down only of a table that is not empty."""
    with Casebook(address_in(tmp_path, server)) as book:
        cases = [ended(book, next(_numbers)) for _ in range(10)]
        with book.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
        assert set(cases) <= values_kept(book, cases)

        erase_cases(book, cases[kept:], Reason(number="20261122-ab", action=Action.ERASED, words="by ann"))
        compact(book, is_alone=True)

        assert values_kept(book, cases) == set(cases[:kept])


def values_kept(book: Casebook, cases: list[str]) -> set[str]:
    """Return the cases of which the server keeps the id beside the tables."""
    query = sa.text("SELECT concat(most_common_vals::text, histogram_bounds::text) FROM pg_stats WHERE schemaname = current_schema()")
    with book.engine.connect() as connection:
        found = "".join(connection.execute(query).scalars())
    return {one for one in cases if one in found}
