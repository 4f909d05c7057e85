"""Whether more cases than usual were handed off: the latest share beside the ordinary one. Nothing here reads or writes anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from robots.assessment import Ending
from robots.casebook.endings import CaseEnd

#: a share of hand-offs is judged by so many cases at least, against so many before them
LEAST_CASES = 20
LEAST_BEFORE = 50
NORMAL_DAYS = 30
#: by chance alone an ordinary share looks like this once in a thousand times
_CHANCE = 0.001
#: and what is surely, but only a little, above the ordinary is nobody's alarm
_ABOVE_NORMAL = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffs:
    """The latest share of hand-offs beside the ordinary one."""

    cases: int
    handed_off: int
    #: cases of the days before
    before: int
    #: the share of hand-offs among these
    normal: float
    #: how probable so many hand-offs or more are, were the share the ordinary one
    chance: float

    @property
    def share(self) -> float:
        """The latest share."""
        return self.handed_off / self.cases

    @property
    def is_above(self) -> bool:
        """Whether it is above the ordinary one by more than chance, and by enough to matter."""
        return self.chance < _CHANCE and self.share >= _ABOVE_NORMAL * self.normal

    @property
    def what(self) -> str:
        """What is, in one sentence."""
        latest = f"{self.handed_off} of the latest {self.cases} cases were handed off ({self.share:.0%})"
        return f"{latest}; in the {NORMAL_DAYS} days before it was {self.normal:.0%} of {self.before}."

    @property
    def do(self) -> str:
        """What to do when it is above, in one sentence."""
        return "See the reason codes in the workbook or the run's figures: one that is new points to a system, a guideline or a change of the robot."


def compare_hand_offs(ends: Sequence[CaseEnd], *, since: datetime | None, now: datetime) -> HandOffs | None:
    """Return how the latest cases compare with those of the 30 days before them; None when there are too few to tell.

    The latest are those that ended since the latest run began, or the last twenty of the last day when these are fewer. The test is a one-sided
    binomial one at one in a thousand, against the earlier share with one hand-off and one other case added, so that it is never 0 or 1.

    Args:
        ends: how cases ended, the latest first.
        since: when the latest run began; None for no run.
        now: aware time.
    """
    in_run = sum(1 for one in ends if since is not None and one.ended_at >= since)
    count = max(in_run, min(LEAST_CASES, sum(1 for one in ends if one.ended_at >= now - timedelta(days=1))))
    if count < LEAST_CASES:
        return None
    latest = ends[:count]
    before = [one for one in ends[count:] if one.ended_at >= latest[-1].ended_at - timedelta(days=NORMAL_DAYS)]
    if len(before) < LEAST_BEFORE:
        return None
    handed_off, earlier = (sum(1 for one in some if one.ending == Ending.HANDED_OFF) for some in (latest, before))
    chance = at_least(handed_off, of=count, share=(earlier + 1) / (len(before) + 2))
    return HandOffs(cases=count, handed_off=handed_off, before=len(before), normal=earlier / len(before), chance=chance)


def at_least(hits: int, *, of: int, share: float) -> float:
    """Return how probable so many hits or more are among `of` tries, when each hits with the probability `share`, above 0 and below 1."""

    def logarithm(count: int) -> float:
        ways = math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)
        return ways + count * math.log(share) + (of - count) * math.log1p(-share)

    return min(1.0, math.fsum(math.exp(logarithm(count)) for count in range(hits, of + 1)))
