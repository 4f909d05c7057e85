"""The databases that the robot keeps its records in: an SQLite file on one machine, PostgreSQL when several machines share the work."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from robots.casebook.tables import CASES, sqlite_engine

#: the key of an address that names the schema, which the server's own addresses have not
_SCHEMA_KEY = "schema"
# Of the way to the server: a machine or a cable that is gone is noticed in a minute, at both ends, instead of hours. A frozen robot in the midst of
# a transaction holds up the others as long (https://www.postgresql.org/docs/15/runtime-config-connection.html).
_CONNECTION = {"connect_timeout": 10, "keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 40_000}
_SESSION = (
    "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 -c tcp_user_timeout=40000"
    " -c idle_in_transaction_session_timeout=60000"
)
_TURN_SECONDS = 60.0
_TURN_POLL_SECONDS = 0.1


def is_address(where: Path | str) -> bool:
    """Whether it is the address of a PostgreSQL database, and not the path of an SQLite file."""
    return "://" in str(where)


def is_there(where: Path | str) -> bool:
    """Whether there is a casebook, without making one.

    Raises:
        sqlalchemy.exc.DBAPIError: the server of an address does not answer.
    """
    if not is_address(where):
        return Path(where).is_file()
    engine = database_engine(where)
    try:
        return sa.inspect(engine).has_table("casebook", schema=schema_of(str(where)) or None)
    finally:
        engine.dispose()


def schema_of(address: str) -> str:
    """Return the schema that an address names, as in `postgresql+psycopg://host/name?schema=kollega`; empty when it names none."""
    named = sa.make_url(address).query.get(_SCHEMA_KEY, "")
    return named if isinstance(named, str) else named[0]


def database_engine(where: Path | str, **pool: int) -> sa.Engine:
    """Return an engine on the file or the address; nothing is opened yet but the file.

    Args:
        where: path of an SQLite file, or a PostgreSQL address, with `schema=` for tables in a schema of their own.
        pool: `pool_size` and `max_overflow`, if not the library's own.
    """
    if not is_address(where):
        return sqlite_engine(Path(where), **pool)
    url, schema = sa.make_url(str(where)), schema_of(str(where))
    given = url.query.get("options", "")
    options = [_SESSION, *([given] if isinstance(given, str) else given)]
    if schema:
        options.append(f"-c search_path={schema}")
    settings: dict[str, Any] = {"connect_args": {**_CONNECTION, "options": " ".join(options).strip()}}
    # A server that was started again has closed what lies in the pool. The values of a statement may be personal: none in its errors.
    return sa.create_engine(
        url.difference_update_query([_SCHEMA_KEY, "options"]),
        hide_parameters=True,
        pool_pre_ping=True,
        execution_options={_SCHEMA_KEY: schema},
        **settings,
        **pool,
    )


def begin_alone(connection: sa.Connection, name: str) -> None:
    """Let no other process make tables under this name before the connection's transaction has ended, and make the schema if it is missing."""
    if connection.dialect.name != "postgresql":
        # SQLite's driver begins nothing before a table is made: each would be written to the disk on its own.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_key_of(name))))
    schema = connection.get_execution_options().get(_SCHEMA_KEY, "")
    exists = sa.text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
    # Asked for first: the server wants the right to make one also where there is one.
    if schema and connection.execute(exists, {"schema": schema}).first() is None:
        connection.execute(sa.schema.CreateSchema(schema))


class Hold(StrEnum):
    """How fast a case is held; what each leaves others is in https://www.postgresql.org/docs/15/explicit-locking.html, 13.3.2."""

    #: something that belongs to it is written: it is not erased meanwhile
    BESIDE = "beside"
    #: it is changed itself
    CHANGED = "changed"
    #: it is erased: nothing that belongs to it is written meanwhile
    ERASED = "erased"


def hold_cases(connection: sa.Connection, case_ids: Iterable[str], how: Hold, *where: sa.ColumnElement[bool]) -> None:
    """Hold the rows of cases until the connection's transaction ends, in one order for all; on an SQLite file there is one writer anyway.

    That no two wait for one another in a circle, who writes holds first the rows of the cases, then what belongs to them, and last the row of the
    chain. A single statement that enters something of a case may hold that first: nobody waits for what is not entered yet.

    Args:
        connection: with a transaction that holds nothing yet.
        case_ids: those that are not there are left out.
        how: fast enough for all that the transaction does.
        where: only the cases of which this is true.
    """
    if connection.dialect.name != "postgresql":
        return
    query = sa.select(CASES.c.case_id).where(CASES.c.case_id.in_(list(case_ids)), *where).order_by(CASES.c.case_id)
    connection.execute(query.with_for_update(read=how is Hold.BESIDE, key_share=how is not Hold.ERASED)).all()


class NameLock:
    """A name in a PostgreSQL database that one process alone holds; the server gives it back when the process or its connection ends."""

    def __init__(self, address: str, name: str) -> None:
        self._engine = database_engine(address, pool_size=1, max_overflow=0).execution_options(isolation_level="AUTOCOMMIT")
        self._key = _key_of(name)
        self._connection: sa.Connection | None = None

    def take(self) -> bool:
        """Take the name, or return False when another process holds it."""
        connection = self._connection or self._engine.connect()
        is_mine = bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(self._key))).scalar())
        if is_mine:
            self._connection = connection
        else:
            connection.close()
        return is_mine

    def renew(self) -> None:
        """Take the name anew if its connection was lost; nothing if that can't be done just now."""
        try:
            if self._connection is not None:
                self._connection.execute(sa.select(1))
                return
        except sa.exc.DBAPIError:
            self._let_go()
        with suppress(sa.exc.DBAPIError):
            self.take()

    def close(self) -> None:
        """Give the name back."""
        if self._connection is not None:
            # The server notices the end of a connection a moment later, and whoever starts at once would find the name taken.
            with suppress(sa.exc.DBAPIError):
                self._connection.execute(sa.select(sa.func.pg_advisory_unlock(self._key)))
        self._let_go()
        self._engine.dispose()

    def _let_go(self) -> None:
        if self._connection is not None:
            with suppress(sa.exc.DBAPIError):
                self._connection.invalidate()
                self._connection.close()
            self._connection = None


@contextmanager
def in_turn(engine: sa.Engine, name: str) -> Iterator[None]:
    """Wait until no other process that shares the database is inside under this name; on an SQLite file there is no other.

    One that has been inside for a minute stands still: nobody waits for it any longer, so that what is done in turn must do no harm at once.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        until = time.monotonic() + _TURN_SECONDS
        while not (is_mine := connection.execute(sa.select(sa.func.pg_try_advisory_lock(_key_of(name)))).scalar()) and time.monotonic() < until:
            time.sleep(_TURN_POLL_SECONDS)
        try:
            yield
        finally:
            if is_mine:
                # The connection goes back to the pool, with what it holds.
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_key_of(name))))


def _key_of(name: str) -> Any:
    return sa.func.hashtextextended(f"kollega {name}", 0)
