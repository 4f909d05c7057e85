"""The durable record of cases: what came in, what was intended and done in other systems, what was collected, how each case ended.

SQLite file by default, PostgreSQL by address; the same statements on both. Every method commits before it returns, and can be called from any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from robots.assessment import Outcome
from robots.errors import SetupError
from robots.records import from_record, to_record

SCHEMA = 1
_BUSY_MILLISECONDS = 30_000


class CaseState(StrEnum):
    """Where a case stands."""

    SUBMITTED = "submitted"
    TAKEN = "taken"
    #: parked: a system is held, or the run was stopped; the next run goes on with it
    WAITING = "waiting"
    #: parked by a fault of the robot's own; the next run tries again
    FAILED = "failed"
    ENDED = "ended"


class EffectState(StrEnum):
    """What is known of a write in another system."""

    INTENDED = "intended"
    DONE = "done"
    UNKNOWN = "unknown"


class DocumentKind(StrEnum):
    """What is kept of a case, so that it can be explained and handed out."""

    CASE_FILE = "case file"
    ASSESSMENT = "assessment"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEntry:
    """One case as the casebook lists it; times are aware UTC."""

    case_id: str
    reference: str
    #: `2026-03`, or `unreadable`
    month: str
    state: CaseState
    submitted_at: datetime
    #: when the robot first took the case up
    taken_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectEntry:
    """One write in another system, or the intention of one; times are aware UTC."""

    case_id: str
    name: str
    state: EffectState
    #: None when the screen was unclear before the robot had begun
    intended_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """Something that happened to a case; the message holds no personal data."""

    case_id: str
    at: datetime
    action: str
    message: str


class _UtcTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC on both databases; SQLite itself drops the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the library's signature
        if value is not None and value.tzinfo is None:
            raise ValueError("the casebook takes aware times only")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the library's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_tables = sa.MetaData()
_about = sa.Table("casebook", _tables, sa.Column("schema", sa.Integer, primary_key=True))
_cases = sa.Table(
    "cases",
    _tables,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("submitted_at", _UtcTime, nullable=False),
    sa.Column("taken_at", _UtcTime),
    sa.Column("ended_at", _UtcTime),
    sa.Column("outcome", sa.JSON(none_as_null=True)),
)
_effects = sa.Table(
    "effects",
    _tables,
    sa.Column("case_id", sa.ForeignKey(_cases.c.case_id), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("intended_at", _UtcTime),
    sa.Column("done_at", _UtcTime),
)
_events = sa.Table(
    "events",
    _tables,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("case_id", sa.ForeignKey(_cases.c.case_id), nullable=False, index=True),
    sa.Column("at", _UtcTime, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)
_documents = sa.Table(
    "documents",
    _tables,
    sa.Column("case_id", sa.ForeignKey(_cases.c.case_id), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("record", sa.JSON, nullable=False),
)


class Casebook:
    """The casebook in one database; close it, or use it in a `with` block.

    Effects, events and documents belong to a case: `sqlalchemy.exc.IntegrityError` if it was never opened.
    """

    def __init__(self, where: Path | str) -> None:
        """Open the casebook, and create it if it is not there.

        Args:
            where: path of the SQLite file, or a PostgreSQL address (`postgresql+psycopg://…`).

        Raises:
            SetupError: the casebook was written by another version of the robot, or cannot be opened.
        """
        address = str(where)
        self._engine = sa.create_engine(address, hide_parameters=True) if "://" in address else sqlite_engine(Path(where))
        try:
            _tables.create_all(self._engine)
            with self._engine.begin() as connection:
                connection.execute(self._insert(_about).values(schema=SCHEMA).on_conflict_do_nothing())
                schemas = connection.execute(sa.select(_about.c.schema)).scalars().all()
        except sa.exc.DBAPIError as error:
            self._engine.dispose()
            raise SetupError(
                f"the casebook cannot be opened ({type(error).__name__}); check paths in config/kollega.yaml and the file's rights"
            ) from error
        if schemas != [SCHEMA]:
            self._engine.dispose()
            raise SetupError(
                f"the casebook has schema {max(schemas)}, this version of the robot writes schema {SCHEMA}; use the version that wrote it"
            )

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Casebook:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # cases

    def open_case(self, case_id: str, *, reference: str, month: str) -> bool:
        """Enter a case; return False, and change nothing, if it is entered already."""
        row = {"case_id": case_id, "reference": reference, "month": month, "state": CaseState.SUBMITTED, "submitted_at": _now()}
        with self._engine.begin() as connection:
            # The number of rows of an insert is not to be had from every driver.
            entered = connection.execute(self._insert(_cases).values(**row).on_conflict_do_nothing().returning(_cases.c.case_id))
            return entered.first() is not None

    def take_case(self, case_id: str) -> bool:
        """Note that the robot works on the case; return whether it did before, and then the first time stands. An ended case stays ended."""
        first = sa.func.coalesce(_cases.c.taken_at, sa.bindparam("at", _now(), type_=_UtcTime))
        was_taken = bool(self._rows(sa.select(_cases.c.case_id).where(_cases.c.case_id == case_id, _cases.c.taken_at.is_not(None))))
        self._set_state(case_id, CaseState.TAKEN, taken_at=first)
        return was_taken

    def park_case(self, case_id: str, *, failed: bool = False) -> None:
        """Note that the case waits for a later run; `failed` when a fault of the robot's own is the cause. An ended case stays ended."""
        self._set_state(case_id, CaseState.FAILED if failed else CaseState.WAITING)

    def close_case(self, outcome: Outcome) -> bool:
        """Keep how the case ended; return False, and change nothing, if it had ended already.

        Raises:
            ValueError: the case was never opened.
        """
        values = {"state": CaseState.ENDED, "ended_at": outcome.ended_at, "outcome": to_record(Outcome, outcome)}
        with self._engine.begin() as connection:
            closed = connection.execute(
                _cases.update().where(_cases.c.case_id == outcome.case_id, _cases.c.state != CaseState.ENDED).values(**values)
            )
            if closed.rowcount:
                return True
            if connection.execute(sa.select(_cases.c.case_id).where(_cases.c.case_id == outcome.case_id)).first() is None:
                raise ValueError("the case was never opened")
            return False

    def cases(self, *, state: CaseState | None = None) -> tuple[CaseEntry, ...]:
        """Return the cases, oldest first; only those in `state` if it is given."""
        columns = [column for column in _cases.c if column is not _cases.c.outcome]
        query = sa.select(*columns).order_by(_cases.c.submitted_at, _cases.c.case_id)
        rows = self._rows(query if state is None else query.where(_cases.c.state == state))
        return tuple(CaseEntry(**{**row, "state": CaseState(row["state"])}) for row in rows)

    def outcome_of(self, case_id: str) -> Outcome | None:
        """Return how the case ended; None if it has not, or is not known."""
        rows = self._rows(sa.select(_cases.c.outcome).where(_cases.c.case_id == case_id, _cases.c.state == CaseState.ENDED))
        return from_record(Outcome, rows[0]["outcome"]) if rows else None

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return how all ended cases ended, in the order they did."""
        query = sa.select(_cases.c.outcome).where(_cases.c.state == CaseState.ENDED).order_by(_cases.c.ended_at, _cases.c.case_id)
        return tuple(from_record(Outcome, row["outcome"]) for row in self._rows(query))

    # writes in other systems; `robots.effects` is their only caller

    def intend(self, case_id: str, name: str) -> None:
        """Note, before the act, that the robot is about to do it; the first time stands. Done and unknown stay as they are."""
        row = {"case_id": case_id, "name": name, "state": EffectState.INTENDED, "intended_at": _now()}
        with self._engine.begin() as connection:
            connection.execute(self._insert(_effects).values(**row).on_conflict_do_nothing())

    def effect_done(self, case_id: str, name: str) -> None:
        """Note that the effect is proven done; the first time stands."""
        now = _now()
        row = {"case_id": case_id, "name": name, "state": EffectState.DONE, "intended_at": now, "done_at": now}
        changed = {"state": EffectState.DONE, "done_at": now}
        with self._engine.begin() as connection:
            statement = self._insert(_effects).values(**row)
            keys, not_yet = [_effects.c.case_id, _effects.c.name], _effects.c.state != EffectState.DONE
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed, where=not_yet))

    def effect_unknown(self, case_id: str, name: str) -> None:
        """Note that nobody but a person can tell whether the effect took place; a done one stays done."""
        row = {"case_id": case_id, "name": name, "state": EffectState.UNKNOWN}
        with self._engine.begin() as connection:
            statement = self._insert(_effects).values(**row)
            keys, not_done = [_effects.c.case_id, _effects.c.name], _effects.c.state != EffectState.DONE
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={"state": EffectState.UNKNOWN}, where=not_done))

    def withdraw(self, case_id: str, name: str) -> None:
        """Forget an intention that is proven not carried out and will not be; done and unknown stay as they are."""
        is_it = (_effects.c.case_id == case_id, _effects.c.name == name, _effects.c.state == EffectState.INTENDED)
        with self._engine.begin() as connection:
            connection.execute(_effects.delete().where(*is_it))

    def effect_state(self, case_id: str, name: str) -> EffectState | None:
        """Return what is known of the effect; None if it was never intended."""
        rows = self._rows(sa.select(_effects.c.state).where(_effects.c.case_id == case_id, _effects.c.name == name))
        return EffectState(rows[0]["state"]) if rows else None

    def effects(self, case_id: str) -> tuple[EffectEntry, ...]:
        """Return the case's writes and intentions, in the order they were intended; what was never intended comes first."""
        query = sa.select(_effects).where(_effects.c.case_id == case_id).order_by(_effects.c.intended_at.asc().nulls_first(), _effects.c.name)
        return tuple(EffectEntry(**{**row, "state": EffectState(row["state"])}) for row in self._rows(query))

    def unproven_effects(self, case_id: str) -> tuple[str, ...]:
        """Return the names of the writes that were intended and never proven done: a person must look before doing them by hand."""
        return tuple(effect.name for effect in self.effects(case_id) if effect.state != EffectState.DONE)

    # what is kept of a case

    def keep(self, case_id: str, kind: DocumentKind | str, record: Any) -> None:
        """Keep a record of plain JSON types with the case; the latest of each kind stands.

        Raises:
            ValueError: there is no such kind.
        """
        row = {"case_id": case_id, "kind": DocumentKind(kind), "record": record}
        with self._engine.begin() as connection:
            statement = self._insert(_documents).values(**row)
            keys = [_documents.c.case_id, _documents.c.kind]
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={"record": statement.excluded.record}))

    def document(self, case_id: str, kind: DocumentKind | str) -> Any | None:
        """Return the record that was kept; None if there is none."""
        rows = self._rows(sa.select(_documents.c.record).where(_documents.c.case_id == case_id, _documents.c.kind == DocumentKind(kind)))
        return rows[0]["record"] if rows else None

    def add_event(self, case_id: str, action: str, message: str = "") -> None:
        """Note something that happened to the case; no personal data in the message."""
        with self._engine.begin() as connection:
            connection.execute(_events.insert().values(case_id=case_id, at=_now(), action=action, message=message))

    def events(self, case_id: str) -> tuple[CaseEvent, ...]:
        """Return what happened to the case, oldest first."""
        columns = [_events.c.case_id, _events.c.at, _events.c.action, _events.c.message]
        return tuple(CaseEvent(**row) for row in self._rows(sa.select(*columns).where(_events.c.case_id == case_id).order_by(_events.c.number)))

    def _set_state(self, case_id: str, state: CaseState, **more: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(_cases.update().where(_cases.c.case_id == case_id, _cases.c.state != CaseState.ENDED).values(state=state, **more))

    def _rows(self, query: sa.Select[Any]) -> Sequence[dict[str, Any]]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _insert(self, table: sa.Table) -> Any:
        # Both dialects have the same upsert, under two names without a common type.
        return postgresql.insert(table) if self._engine.dialect.name == "postgresql" else sqlite.insert(table)


def _now() -> datetime:
    return datetime.now(UTC)


def sqlite_engine(file: Path, **pool: int) -> sa.Engine:
    """Return an engine on an SQLite file of which a crash loses nothing that was committed, and which keeps nothing that was deleted.

    Args:
        file: made if it is missing, for this account only.
        pool: `pool_size` and `max_overflow`, if not the library's own.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives its -wal and -shm files the rights of the file itself.
    file.touch(mode=0o600)
    # Without the values of a statement in its errors, which may be personal.
    engine = sa.create_engine(f"sqlite:///{file}", hide_parameters=True, **pool)

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for setting in (f"busy_timeout={_BUSY_MILLISECONDS}", "foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {setting}")

    return engine
