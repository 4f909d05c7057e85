"""In which order cases are begun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from robots.casebook import CaseEntry

# A rank is one number for the engine, from 1 to 2**31 - 1: the priority, then the quarter of an hour in which an answer is due.
_RANKS_PER_PRIORITY = 2_000_000
_MOST_PRIORITY = 1000
_FIRST_DUE = datetime(2020, 1, 1, tzinfo=UTC)
_DUE_STEP = timedelta(minutes=15)


def rank_of(case: CaseEntry) -> int:
    """Return the rank of a case, the lowest is begun first: by its priority, then by when an answer is due; one that is due at no time comes last."""
    priority = min(max(case.priority, 0), _MOST_PRIORITY)
    latest = _RANKS_PER_PRIORITY - 1
    due = latest if case.due_at is None else min(max((case.due_at - _FIRST_DUE) // _DUE_STEP, 0), latest)
    # From 1 on: a case without a rank would overtake all that have one.
    return priority * _RANKS_PER_PRIORITY + due + 1
