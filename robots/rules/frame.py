"""The caseworker's own frame for one household (individuell referensram): what may be without a person looking again."""

from __future__ import annotations

from decimal import Decimal

from robots.assessment import Finding
from robots.case import ReferenceFrame
from robots.errors import ReasonCode
from robots.rules.grounds import Grounds, Rule, Situation


def frame_is_valid(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The frame that a caseworker has set for the household has not expired, or there is none.

    Law: FL 23 §.
    Facts: the frame in the case system.
    Undetermined: when it is not known.
    """
    frame = grounds.need(situation.record.reference_frame)
    if frame is not None and not _is_in_force(frame, situation):
        return (grounds.not_met("frame_expired", ReasonCode.FRAME),)
    return grounds.answer()


def frame_in_force(situation: Situation, grounds: Grounds) -> ReferenceFrame | None:
    """Return the household's frame; None when there is none, or it has expired.

    Raises:
        FactIsUnknown: it is not known whether there is a frame.
    """
    grounds.need(situation.record.reference_frame)
    return known_frame(situation)


def known_frame(situation: Situation) -> ReferenceFrame | None:
    """Return the household's frame; None when none is known to be in force."""
    frame = situation.record.reference_frame.value
    return frame if frame is not None and _is_in_force(frame, situation) else None


def highest_expense(frame: ReferenceFrame | None, kind: str) -> Decimal | None:
    """Return up to what the frame approves a cost of the kind, kronor a month, the lower of two; None when it says nothing of it."""
    return min((row.highest for row in frame.expenses if row.kind == kind), default=None) if frame is not None else None


def _is_in_force(frame: ReferenceFrame, situation: Situation) -> bool:
    return situation.day <= frame.valid_until


RULES = (Rule(subject="inquiry", ask=frame_is_valid),)
