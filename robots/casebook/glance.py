"""What the casebook knows of this moment, read beside the robots at work: no lock that anybody waits for, no file made, nothing written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from robots.assessment import Ending
from robots.casebook.answers import AnswerState
from robots.casebook.database import database_engine, is_address
from robots.casebook.entries import CaseState
from robots.casebook.faults import fault_of
from robots.casebook.pauses import Pause
from robots.casebook.schema import SCHEMA
from robots.casebook.tables import ABOUT, ANSWERS, ATTEMPTS, CASES, PAUSES
from robots.casebook.workers import WorkerEntry, Workers, worker_of
from robots.errors import SetupError

T = TypeVar("T")

_WHAT = "the casebook"
#: for whoever looks a second later again, an answer that takes longer is none
_PATIENCE_SECONDS = 2
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """A case that a robot has at hand, or had when it died; the time is aware UTC."""

    worker: str
    reference: str
    step: str
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What one look at a casebook shows; times are aware UTC."""

    workers: tuple[WorkerEntry, ...]
    at_hand: tuple[AtHand, ...]
    pauses: tuple[Pause, ...]
    counts: Mapping[CaseState, int]
    ended_last_hour: int
    #: by ending
    ended_today: Mapping[str, int]
    #: since when the first of the waiting cases waits
    oldest_waiting_since: datetime | None
    #: handed off, and answered by nobody
    handed_off_open: int
    #: of what people have, those past their day
    overdue: int


def glance(where: Path | str, *, now: datetime, midnight: datetime, today: date) -> Glance | None:
    """Return what the casebook knows; None where there is none yet.

    Args:
        where: path of the SQLite file, or a PostgreSQL address.
        now: aware time.
        midnight: when today began, aware.
        today: in Sweden.

    Raises:
        StateUnusable: it can't be read; says who acts.
        SetupError: another version of the robot has written it.
    """
    return asked(where, lambda engine: _glance(engine, now=now, midnight=midnight, today=today))


def asked(where: Path | str, ask: Callable[[sa.Engine], T | None]) -> T | None:
    """Return the answer of a casebook that was not written meanwhile if nobody had it open; None where there is none yet.

    Args:
        where: path of the SQLite file, or a PostgreSQL address.
        ask: is given an engine that can't write; asked anew when the file has changed under it.

    Raises:
        StateUnusable: it can't be read; says who acts.
        SetupError: another version of the robot has written it.
    """
    for _ in range(_TRIES):
        before = _marks_of(where)
        if before is None:
            return None
        try:
            with reading(where) as engine:
                found = ask(engine)
        except sa.exc.DBAPIError as error:
            if before.is_at_rest and _marks_of(where) != before:
                continue
            raise fault_of(error, _WHAT, cannot="be read") or SetupError(
                f"{_WHAT} cannot be read ({type(error).__name__}): if another version of the robot has written it, the next run brings it up to date"
            ) from error
        if not before.is_at_rest or _marks_of(where) == before:
            return found
    raise SetupError(f"{_WHAT} cannot be read just now: it is opened and closed all the time")


# --- reading without a trace ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """What shows whether an SQLite file is in use, and whether it has changed meanwhile."""

    is_at_rest: bool
    size: int
    changed_ns: int


def _marks_of(where: Path | str) -> _Marks | None:
    """Return the marks; those of a database on a server never change, and None is for a file that is not there."""
    if is_address(where):
        return _Marks(is_at_rest=False, size=0, changed_ns=0)
    file = Path(where)
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    except OSError:
        # The database's library tells it better.
        return _Marks(is_at_rest=False, size=0, changed_ns=0)
    return _Marks(is_at_rest=not file.with_name(f"{file.name}-wal").exists(), size=found.st_size, changed_ns=found.st_mtime_ns)


@contextmanager
def reading(where: Path | str) -> Iterator[sa.Engine]:
    """Yield an engine of one connection that can't write; for short looks, as what is read of a file can change meanwhile if nobody had it open.

    Args:
        where: path of the SQLite file, or a PostgreSQL address.
    """
    if is_address(where):
        engine = database_engine(where, pool_size=1, max_overflow=0)
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    else:
        # A file that nobody has open is read as if it could not change: else SQLite makes two files beside it, which would be this account's and
        # not the robot's.
        marks = _marks_of(where)
        is_at_rest = marks is not None and marks.is_at_rest
        address = f"{Path(where).absolute().as_uri()}?mode=ro{'&immutable=1' if is_at_rest else ''}"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(address, uri=True, timeout=_PATIENCE_SECONDS, check_same_thread=False)

        engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.StaticPool, hide_parameters=True)
    try:
        yield engine
    finally:
        engine.dispose()


# --- the figures ------------------------------------------------------------------------------------------------------


def _glance(engine: sa.Engine, *, now: datetime, midnight: datetime, today: date) -> Glance | None:
    with _one_moment(engine) as connection:
        if not sa.inspect(connection).has_table(ABOUT.name):
            return None
        schemas = list(connection.execute(sa.select(ABOUT.c.schema)).scalars())
    # One of an earlier version may have all that is asked for; the next run brings it up to this one's.
    if max(schemas, default=0) > SCHEMA:
        raise SetupError(f"{_WHAT} has schema {max(schemas)}, this version of the robot reads schema {SCHEMA}; use the version that wrote it")
    workers = Workers(engine).entries()
    with _one_moment(engine) as connection:
        pauses = tuple(Pause(**row) for row in connection.execute(sa.select(PAUSES).order_by(PAUSES.c.paused_at, PAUSES.c.scope)).mappings())
        by_state = {CaseState(state): number for state, number in connection.execute(_by_state())}
        waiting_since = connection.execute(_waiting_since()).scalar()
        at_hand = tuple(
            AtHand(worker=worker_of(row["worker"]), reference=row["reference"], step=row["step"], begun_at=row["begun_at"])
            for row in connection.execute(_at_hand()).mappings()
        )
        endings = connection.execute(_endings(now=now, midnight=midnight, today=today)).mappings().all()
    return Glance(
        workers=workers,
        at_hand=at_hand,
        pauses=pauses,
        counts={state: by_state.get(state, 0) for state in CaseState},
        ended_last_hour=sum(int(row["last_hour"]) for row in endings),
        ended_today={ending.value: sum(int(row["today"]) for row in endings if row["ending"] == ending.value) for ending in Ending},
        oldest_waiting_since=waiting_since,
        handed_off_open=sum(int(row["open"]) for row in endings if row["ending"] == Ending.HANDED_OFF.value),
        overdue=sum(int(row["overdue"]) for row in endings if row["ending"] != Ending.DECIDED.value),
    )


@contextmanager
def _one_moment(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection all of whose queries see the same moment."""
    with engine.connect() as connection:
        # The driver of SQLite would begin with the first write only.
        is_server = engine.dialect.name == "postgresql"
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_PATIENCE_SECONDS}s'" if is_server else "BEGIN")
        yield connection


def _by_state() -> sa.Select[Any]:
    return sa.select(CASES.c.state, sa.func.count()).group_by(CASES.c.state)


def _waiting_since() -> sa.Select[Any]:
    waits = CASES.c.state.in_([CaseState.SUBMITTED, CaseState.WAITING, CaseState.FAILED])
    return sa.select(sa.func.min(CASES.c.submitted_at)).where(waits)


def _at_hand() -> sa.Select[Any]:
    columns = (ATTEMPTS.c.worker, CASES.c.reference, ATTEMPTS.c.step, ATTEMPTS.c.begun_at)
    table = ATTEMPTS.join(CASES, CASES.c.case_id == ATTEMPTS.c.case_id)
    of_robots = (ATTEMPTS.c.worker != "", CASES.c.state == CaseState.TAKEN)
    return sa.select(*columns).select_from(table).where(*of_robots).order_by(ATTEMPTS.c.begun_at, CASES.c.reference)


def _endings(*, now: datetime, midnight: datetime, today: date) -> sa.Select[Any]:
    """Return the query of how the ended cases ended; the same reading as `robots.exception_queue.desk`, in one pass of the database's own."""
    ending, due_on, waits_until = (CASES.c.outcome[name].as_string() for name in ("ending", "due_on", "waits_until"))
    is_answered = sa.exists().where(
        ANSWERS.c.case_id == CASES.c.case_id, ANSWERS.c.round == CASES.c.reopened + 1, ANSWERS.c.state != AnswerState.REFUSED
    )
    is_open = sa.and_(~is_answered, sa.func.coalesce(waits_until, "") < today.isoformat())
    # A day that is not there is never past.
    is_overdue = sa.and_(is_open, sa.func.coalesce(due_on, "9999") < today.isoformat())

    def count(where: sa.ColumnElement[bool]) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((where, 1), else_=0)), 0)

    columns = (
        ending.label("ending"),
        count(CASES.c.ended_at > now - timedelta(hours=1)).label("last_hour"),
        count(CASES.c.ended_at >= midnight).label("today"),
        count(is_open).label("open"),
        count(is_overdue).label("overdue"),
    )
    return sa.select(*columns).where(CASES.c.state == CaseState.ENDED).group_by(sa.text("ending"))
