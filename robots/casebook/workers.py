"""The robots that share a casebook, each with its latest sign of life.

Times are the database's own, so that machines whose clocks differ agree on who is alive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from robots.casebook.tables import WORKERS, UtcTime, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEntry:
    """One robot as the casebook knows it; times are aware UTC, by the database's clock."""

    worker: str
    machine: str
    process: int
    version: str
    mode: str
    began_at: datetime
    #: last sign of life
    seen_at: datetime
    #: None while it works, or when it died
    ended_at: datetime | None
    #: since the last sign of life
    silent_seconds: float

    @property
    def executor(self) -> str:
        """What names this one start of the robot in the engine."""
        return executor_of(self.worker, self.began_at)

    def is_alive(self, *, lifeless_seconds: float) -> bool:
        """Whether it is at work, as far as a sign of life not older than that can show."""
        return self.ended_at is None and self.silent_seconds <= lifeless_seconds


class Workers:
    """The table of workers in one casebook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._is_postgresql = engine.dialect.name == "postgresql"

    @property
    def are_many(self) -> bool:
        """Whether robots on other machines can share this casebook."""
        return self._is_postgresql

    def begin(self, worker: str, *, machine: str, process: int, version: str, mode: str) -> datetime:
        """Enter a robot that begins, in the place of an earlier one of its name, and return the time that tells them apart."""
        row = {"machine": machine, "process": process, "version": version, "mode": mode, "began_at": self._now(), "seen_at": self._now()}
        statement = upsert(self._engine, WORKERS, {"worker": worker, **row, "ended_at": None}, changed={**row, "ended_at": None})
        with self._engine.begin() as connection:
            began_at: datetime = connection.execute(statement.returning(WORKERS.c.began_at)).scalar_one()
            return began_at

    def beat(self, worker: str, began_at: datetime, *, lifeless_seconds: float) -> bool:
        """Give a sign of life; return False, and give none, if the last one is older than that or the name is another's: it stays taken for dead."""
        mine = (WORKERS.c.worker == worker, WORKERS.c.began_at == began_at, *self._is_fresh(lifeless_seconds))
        with self._engine.begin() as connection:
            return connection.execute(WORKERS.update().where(*mine).values(seen_at=self._now())).rowcount == 1

    def is_fresh(self, worker: str, began_at: datetime, *, seconds: float) -> bool:
        """Whether this start of the robot has given a sign of life in the last so many seconds, and has not ended."""
        query = sa.select(WORKERS.c.worker).where(WORKERS.c.worker == worker, WORKERS.c.began_at == began_at, *self._is_fresh(seconds))
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def end(self, worker: str, began_at: datetime) -> None:
        """Note that the robot has ended by itself."""
        with self._engine.begin() as connection:
            connection.execute(WORKERS.update().where(WORKERS.c.worker == worker, WORKERS.c.began_at == began_at).values(ended_at=self._now()))

    def entries(self) -> tuple[WorkerEntry, ...]:
        """Return all robots that ever shared the casebook, by name."""
        with self._engine.connect() as connection:
            now: datetime = connection.execute(sa.select(sa.type_coerce(self._now(), UtcTime))).scalar_one()
            rows: Sequence[Any] = connection.execute(sa.select(WORKERS).order_by(WORKERS.c.worker)).mappings().all()
        return tuple(WorkerEntry(**row, silent_seconds=max(0.0, (now - row["seen_at"]).total_seconds())) for row in rows)

    def _is_fresh(self, seconds: float) -> tuple[sa.ColumnElement[bool], ...]:
        age = timedelta(seconds=seconds)
        since: Any = self._now() - sa.literal(age, sa.Interval) if self._is_postgresql else datetime.now(UTC) - age
        return WORKERS.c.ended_at.is_(None), WORKERS.c.seen_at >= since

    def _now(self) -> Any:
        return sa.func.clock_timestamp(type_=sa.DateTime(timezone=True)) if self._is_postgresql else sa.literal(datetime.now(UTC), UtcTime)


def executor_of(worker: str, began_at: datetime) -> str:
    """Return what names one start of a robot in the engine: never used again, so that its cases can be taken over as soon as it is dead."""
    return f"{worker}@{began_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}"


def worker_of(executor: str) -> str:
    """Return the name of the robot from what names one start of it."""
    return executor.rpartition("@")[0] or executor
