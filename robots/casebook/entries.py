"""What the casebook tells: cases, writes in other systems and their states, events, and cases of the past with what was kept of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from robots.casebook.tables import ORDINARY_PRIORITY
from robots.evidence import Evidence


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
    #: `robots.decision_record`
    DECISION_RECORD = "decision record"


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
    #: when the municipality has promised an answer; None when it is not known
    due_at: datetime | None = None
    #: a lower one goes before, whatever is due
    priority: int = ORDINARY_PRIORITY
    #: when the application came in; None where nobody knows
    received_at: datetime | None = None
    #: how often it was begun anew after it had ended
    reopened: int = 0

    @property
    def round(self) -> int:
        """How many times the case has come to a person, or will have when it comes there next; an answer holds for its round."""
        return self.reopened + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """An ended case with what was kept of it, as the JSON text that is stored."""

    case_id: str
    reference: str
    #: `2026-03`, or `unreadable`
    month: str
    #: aware UTC
    ended_at: datetime
    #: without the kinds of which nothing was kept
    texts: dict[DocumentKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectEntry:
    """One write in another system, or the intention of one; times are aware UTC."""

    case_id: str
    name: str
    state: EffectState
    #: None when the screen was unclear before the robot had begun
    intended_at: datetime | None
    done_at: datetime | None
    #: what was typed and what the system showed; None when nothing was noted
    evidence: Evidence | None = None
    #: it was sent off, and no answer has come: the system can still do it
    is_unanswered: bool = False
    #: when it was sent off last; None when it was not, or nobody has noted it
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """Something that happened to a case; the message holds no personal data."""

    case_id: str
    at: datetime
    action: str
    message: str
