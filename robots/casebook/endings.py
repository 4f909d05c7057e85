"""How cases ended lately, and when a robot last began: only what alerts need, read beside the robots at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from robots.casebook.glance import asked
from robots.casebook.tables import CASES, WORKERS


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEnd:
    """How one case ended; the time is aware UTC."""

    #: number of the application
    reference: str
    ended_at: datetime
    ending: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """What one look at a casebook shows of the last days; times are aware UTC."""

    #: the latest first
    ends: tuple[CaseEnd, ...]
    #: when that robot began which began last, on any machine
    robot_began_at: datetime | None


def lately(where: Path | str, *, since: datetime) -> Lately | None:
    """Return how cases ended after an aware time; None where there is no casebook yet.

    Raises:
        SetupError: it can't be read just now; why is told by who reads the situation.
    """
    columns = (CASES.c.reference, CASES.c.ended_at, CASES.c.outcome["ending"].as_string(), CASES.c.outcome["codes"].as_json())
    query = sa.select(*columns).where(CASES.c.ended_at > since, CASES.c.outcome.is_not(None)).order_by(CASES.c.ended_at.desc(), CASES.c.case_id)

    def ask(engine: sa.Engine) -> tuple[Any, ...] | None:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table(WORKERS.name):
                return None
            return connection.execute(query).all(), connection.execute(sa.select(sa.func.max(WORKERS.c.began_at))).scalar()

    found = asked(where, ask)
    if found is None:
        return None
    rows, began_at = found
    ends = tuple(CaseEnd(reference=row[0], ended_at=row[1], ending=row[2] or "", codes=tuple(row[3] or ())) for row in rows)
    return Lately(ends=ends, robot_began_at=began_at)
