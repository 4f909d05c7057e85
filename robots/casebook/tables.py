"""The tables of the casebook, and an SQLite file that loses nothing."""

from __future__ import annotations

import errno
import json
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from robots.errors import StateUnusable

_BUSY_MILLISECONDS = 30_000

#: the priority of a case that nobody has moved
ORDINARY_PRIORITY = 100


class UtcTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC on both databases; SQLite itself drops the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the library's signature
        """Take aware times only: ValueError otherwise."""
        if value is not None and value.tzinfo is None:
            raise ValueError("the casebook takes aware times only")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the library's signature
        """Return the time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PackedText(sa.types.TypeDecorator[str]):
    """Text, compressed: what five years of a municipality keep as JSON is gigabytes otherwise, and slow to read."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> bytes | None:  # noqa: ARG002 - the library's signature
        """Compress."""
        return None if value is None else zlib.compress(value.encode())

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - the library's signature
        """Return the text."""
        return None if value is None else zlib.decompress(value).decode()


class PackedJson(sa.types.TypeDecorator[Any]):
    """Plain JSON types, as packed text."""

    impl = PackedText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:  # noqa: ARG002 - the library's signature
        """Write as JSON; None is the JSON value null."""
        return json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - the library's signature
        """Return what was written."""
        return None if value is None else json.loads(value)


TABLES = sa.MetaData()
ABOUT = sa.Table(
    "casebook",
    TABLES,
    sa.Column("schema", sa.Integer, primary_key=True),
    #: of the chain of events (`robots.casebook.chain`): how many entries it has, the hash of the last one, and what stands before the first
    sa.Column("entries", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("head", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.Column("origin", sa.Text, nullable=False, server_default=sa.text("''")),
)
CASES = sa.Table(
    "cases",
    TABLES,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("reference", sa.Text, nullable=False, index=True),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("submitted_at", UtcTime, nullable=False),
    sa.Column("taken_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    sa.Column("outcome", sa.JSON(none_as_null=True)),
    #: when the municipality has promised an answer; the robot takes the earliest first
    sa.Column("due_at", UtcTime),
    #: what an operator has set: a lower one goes before, whatever is due
    sa.Column("priority", sa.Integer, nullable=False, server_default=sa.text(str(ORDINARY_PRIORITY))),
    #: when the application came in; None where nobody knows
    sa.Column("received_at", UtcTime),
    #: how often it was begun anew after it had ended
    sa.Column("reopened", sa.Integer, nullable=False, server_default=sa.text("0")),
)
EFFECTS = sa.Table(
    "effects",
    TABLES,
    sa.Column("case_id", sa.ForeignKey(CASES.c.case_id), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("intended_at", UtcTime),
    sa.Column("done_at", UtcTime),
    sa.Column("evidence", sa.JSON(none_as_null=True)),
    #: it was sent off, and no answer has come: the system can still do it
    sa.Column("is_unanswered", sa.Boolean, nullable=False, server_default=sa.false()),
    #: when it was sent off last
    sa.Column("sent_at", UtcTime),
)
#: written by `robots.casebook.chain` alone
EVENTS = sa.Table(
    "events",
    TABLES,
    #: from 1, without a gap
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    #: None for what concerns no case, and for an entry that is erased
    sa.Column("case_id", sa.ForeignKey(CASES.c.case_id), index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("salt", sa.Text, nullable=False),
    #: of the salt and what the entry says
    sa.Column("digest", sa.Text, nullable=False),
    #: of the entry before, the number, the time and the digest
    sa.Column("hash", sa.Text, nullable=False),
    #: number of the certificate by which the entry was erased; empty while it stands
    sa.Column("erased_by", sa.Text, nullable=False, server_default=sa.text("''")),
)
DOCUMENTS = sa.Table(
    "documents",
    TABLES,
    sa.Column("case_id", sa.ForeignKey(CASES.c.case_id), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("record", PackedJson, nullable=False),
)
RULE_SETS = sa.Table(
    "rule_sets",
    TABLES,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("record", PackedJson, nullable=False),
    sa.Column("kept_at", UtcTime, nullable=False),
)
#: what an operator has paused
PAUSES = sa.Table(
    "pauses",
    TABLES,
    #: `all`, `system:NAME` or `case:ID`
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("paused_at", UtcTime, nullable=False),
    #: the operator's account on the machine
    sa.Column("paused_by", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)
#: the step that a robot is in the midst of; what is left of it after a crash shows which case was at hand
ATTEMPTS = sa.Table(
    "attempts",
    TABLES,
    sa.Column("case_id", sa.ForeignKey(CASES.c.case_id), primary_key=True),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("begun_at", UtcTime, nullable=False),
    #: how often in a row a robot died in this step
    sa.Column("deaths", sa.Integer, nullable=False),
)
#: what an operator, or the robot itself, wants done with a case; gone when it is carried out
ORDERS = sa.Table(
    "orders",
    TABLES,
    sa.Column("case_id", sa.ForeignKey(CASES.c.case_id), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    #: the step from which results are to be forgotten; empty where the kind needs none
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("ordered_at", UtcTime, nullable=False),
    #: the operator's account on the machine
    sa.Column("ordered_by", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)
#: what a person has answered when a case had come to them; the first answer of each round stands
ANSWERS = sa.Table(
    "answers",
    TABLES,
    sa.Column("case_id", sa.ForeignKey(CASES.c.case_id), primary_key=True),
    #: how many times the case had come to a person by then, from 1
    sa.Column("round", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    #: the answer as the cell said it
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("answered_by", sa.Text, nullable=False),
    #: when the robot read it
    sa.Column("answered_at", UtcTime, nullable=False),
    #: corrected fields and their values: [[field, value], …]
    sa.Column("corrections", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("acted_at", UtcTime),
    #: how the case had ended when it was answered, which is forgotten in the case when that is begun anew
    sa.Column("outcome", sa.JSON(none_as_null=True), nullable=False),
)
#: the cases that were erased for a person, so that no robot that shares the casebook takes one up again from the inbox
ERASED = sa.Table(
    "erased",
    TABLES,
    #: hash of the case's id, keyed with what stands before the chain
    sa.Column("mark", sa.Text, primary_key=True),
    #: number of the certificate
    sa.Column("certificate", sa.Text, nullable=False),
)
#: the robots that share the casebook, each with its latest sign of life
WORKERS = sa.Table(
    "workers",
    TABLES,
    sa.Column("worker", sa.Text, primary_key=True),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("began_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    #: None while it works, or when it died
    sa.Column("ended_at", UtcTime),
)

#: what turns a casebook of one schema into the next one; new tables are made besides
MIGRATIONS = {
    2: (
        "ALTER TABLE cases ADD COLUMN due_at TIMESTAMP WITH TIME ZONE",
        f"ALTER TABLE cases ADD COLUMN priority INTEGER NOT NULL DEFAULT {ORDINARY_PRIORITY}",
        "ALTER TABLE cases ADD COLUMN received_at TIMESTAMP WITH TIME ZONE",
        "ALTER TABLE cases ADD COLUMN reopened INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE effects ADD COLUMN is_unanswered BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE effects ADD COLUMN sent_at TIMESTAMP WITH TIME ZONE",
    ),
    # The events themselves are taken over by `robots.casebook.chain`.
    3: (
        "ALTER TABLE casebook ADD COLUMN entries INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE casebook ADD COLUMN head TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE casebook ADD COLUMN origin TEXT NOT NULL DEFAULT ''",
    ),
}


def insert_into(engine: sa.Engine, table: sa.Table) -> Any:
    """Return an insert that can say what is to be done when the row is there already."""
    # Both dialects have it, under two names without a common type.
    return postgresql.insert(table) if engine.dialect.name == "postgresql" else sqlite.insert(table)


def upsert(engine: sa.Engine, table: sa.Table, row: dict[str, Any], *, changed: dict[str, Any]) -> Any:
    """Return the statement that enters a row, or changes the one with its primary key that is there already."""
    return insert_into(engine, table).values(**row).on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


def sqlite_engine(file: Path, **pool: int) -> sa.Engine:
    """Return an engine on an SQLite file of which a crash loses nothing that was committed, and which keeps nothing that was deleted.

    Args:
        file: made if it is missing, for this account only.
        pool: `pool_size` and `max_overflow`, if not the library's own.

    Raises:
        StateUnusable: the file can't be opened; in every transaction, when it is no longer the file of this name.
    """
    return _sqlite_engine(file, "FULL", pool)


def quick_sqlite_engine(file: Path) -> sa.Engine:
    """Return an engine as `sqlite_engine`, which waits for no disk: a power cut, but no crash of the process, can take back its last commits."""
    # With the file of recent changes a commit that is not synced harms no other (https://www.sqlite.org/pragma.html#pragma_synchronous).
    return _sqlite_engine(file, "NORMAL", {})


def _sqlite_engine(file: Path, synchronous: str, pool: dict[str, int]) -> sa.Engine:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            # SQLite gives its -wal and -shm files the rights of the file itself.
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            # Not opened: to close it again would take the locks of all other connections of this process from it, and the next process that
            # closes the file would take away what is not in it yet (https://www.sqlite.org/howtocorrupt.html, 2.2).
            if not os.access(file, os.R_OK | os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None
        of_this_name = file.stat()
    except OSError as error:
        raise StateUnusable(f"{file} can't be opened ({error.strerror}): give the robot's account the folder and the file to write in") from None
    # Without the values of a statement in its errors, which may be personal.
    engine = sa.create_engine(f"sqlite:///{file}", hide_parameters=True, **cast("dict[str, Any]", pool))

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for setting in (
            f"busy_timeout={_BUSY_MILLISECONDS}",
            "foreign_keys=ON",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {setting}")

    @sa.event.listens_for(engine, "begin")
    @sa.event.listens_for(engine, "commit")
    def _see_in_place(_connection: sa.Connection) -> None:
        # SQLite goes on in a file that was moved or deleted, and all that it writes there would be lost.
        try:
            is_in_place = os.path.samestat(file.stat(), of_this_name)
        except OSError:
            is_in_place = False
        if not is_in_place:
            raise StateUnusable(
                f"{file} was moved, deleted or replaced while the robot works: put it back with its -wal file, or the latest backup with "
                "kollega restore --move-aside; the next run goes on from there"
            )

    return engine
