"""The queue at a glance: how many cases stand where, and the first of them, read in two short queries however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from robots.casebook import Casebook, CaseState
from robots.casebook.tables import ATTEMPTS, CASES, ORDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One case of the queue; times are aware UTC."""

    case_id: str
    reference: str
    month: str
    state: CaseState
    #: how it ended; empty when it has not
    ending: str
    submitted_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    priority: int
    #: what is ordered for it; empty for nothing
    order: str
    #: how often in a row a robot died in its latest step
    deaths: int


def counts(casebook: Casebook) -> dict[CaseState, int]:
    """Return how many cases are in each state."""
    query = sa.select(CASES.c.state, sa.func.count()).group_by(CASES.c.state)
    with casebook.engine.connect() as connection:
        found = {CaseState(state): number for state, number in connection.execute(query)}
    return {state: found.get(state, 0) for state in CaseState}


def first_lines(casebook: Casebook, *, limit: int, state: CaseState | None = None) -> tuple[Line, ...]:
    """Return the first cases in the order in which they are begun, then those that have ended, the latest first.

    Args:
        casebook: of the queue.
        limit: so many at most.
        state: only those in this state.
    """
    columns = [CASES.c[name] for name in ("case_id", "reference", "month", "state", "submitted_at", "due_at", "ended_at", "priority")]
    deaths = sa.func.coalesce(ATTEMPTS.c.deaths, 0).label("deaths")
    order = sa.func.coalesce(ORDERS.c.kind, "").label("order")
    ending = sa.func.coalesce(CASES.c.outcome["ending"].as_string(), "").label("ending")
    table = CASES.outerjoin(ATTEMPTS, ATTEMPTS.c.case_id == CASES.c.case_id).outerjoin(ORDERS, ORDERS.c.case_id == CASES.c.case_id)
    has_ended = CASES.c.state == CaseState.ENDED
    in_order = (CASES.c.priority, CASES.c.due_at.asc().nulls_last(), CASES.c.submitted_at, CASES.c.case_id)
    query = sa.select(*columns, deaths, order, ending).select_from(table)
    with casebook.engine.connect() as connection:
        rows: list[sa.RowMapping] = []
        # Two queries: each follows one order, and none sorts what is not shown.
        for where, by in ((~has_ended, in_order), (has_ended, (CASES.c.ended_at.desc(), CASES.c.case_id))):
            wanted = where if state is None else sa.and_(where, CASES.c.state == state)
            if limit > len(rows):
                rows += connection.execute(query.where(wanted).order_by(*by).limit(limit - len(rows))).mappings().all()
    return tuple(Line(**{**row, "state": CaseState(row["state"])}) for row in rows)
