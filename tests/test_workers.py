"""Robots that share one casebook: signs of life, names that one process holds, and cases that are taken over from the dead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from robots.casebook import Casebook
from robots.casebook.database import NameLock, database_engine, in_turn, schema_of
from robots.casebook.workers import Workers, executor_of, worker_of
from tests.postgres import postgres, program


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
