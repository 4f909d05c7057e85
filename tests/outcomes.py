"""Outcomes for tests that care how a case ended and for nothing else of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from robots.assessment import Ending, Outcome


def outcome_of(case_id: str, reference: str, *, ending: Ending = Ending.DECIDED, **changes: Any) -> Outcome:
    """Return how the case ended: now, without a month, a reason or a due day; with 1 krona unless it is handed off; `changes` are other fields."""
    outcome = Outcome(
        case_id=case_id,
        reference=reference,
        month=None,
        ending=ending,
        amount=None if ending is Ending.HANDED_OFF else Decimal(1),
        codes=(),
        because=(),
        done=(),
        left=(),
        due_on=None,
        authority=None,
        ended_at=datetime.now(UTC),
    )
    return replace(outcome, **changes)
