"""How often people decide as the robot proposed, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from robots.board_report.material import PARTS, Origin, Verdict
from robots.errors import ReasonCode
from robots.explanation import IMPORTANCE
from robots.rules import RULES
from robots.rules.calculation import calculate
from robots.rules.gates import GATES

#: of the normal distribution, for an interval that holds the true share in 95 cases of a hundred
_Z = 1.959963984540054
#: names of all rules, in the order in which they are asked
_RULES = (*(gate.__name__ for _, gate in GATES), *(rule.ask.__name__ for rule in RULES), calculate.__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many of so many decisions were as the robot came to."""

    decisions: int
    agreed: int

    @property
    def share(self) -> float:
        """Part of one; 0 of nothing."""
        return self.agreed / self.decisions if self.decisions else 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which the share lies with 95 % certainty."""
        return wilson(self.agreed, self.decisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The rates, by what they are broken down by; what nobody has decided on is not there."""

    #: of all proposals, and of would-be decisions of shadow runs
    all: Rate
    by_origin: dict[str, Rate]
    by_decision_type: dict[str, Rate]
    #: by reason code of the proposal; the empty one for proposals without any
    by_code: dict[str, Rate]
    #: by what the calculation holds
    by_part: dict[str, Rate]
    #: of proposals in which the rule was met
    by_rule: dict[str, Rate]
    #: of cases left to people that have a calculation: how often they decided what it shows, by why they were left
    left_by_code: dict[str, Rate]
    left_by_rule: dict[str, Rate]
    #: of the kinds of decision that are delegated, or are to be
    go_live: Rate
    go_live_types: tuple[str, ...]


def wilson(agreed: int, decisions: int) -> tuple[float, float]:
    """Return the Wilson score interval of a share, 95 %: `(0, 1)` of nothing.

    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference. JASA 22, 209–212.
    """
    if not decisions:
        return 0.0, 1.0
    share, square = agreed / decisions, _Z * _Z
    middle = share + square / (2 * decisions)
    half = _Z * sqrt(share * (1 - share) / decisions + square / (4 * decisions * decisions))
    scale = 1 + square / decisions
    # By the formula the bounds of none and of all are 0 and 1, which floats can miss.
    low = 0.0 if agreed == 0 else max(0.0, (middle - half) / scale)
    high = 1.0 if agreed == decisions else min(1.0, (middle + half) / scale)
    return low, high


def agreement_of(verdicts: Iterable[Verdict], go_live_types: Sequence[str]) -> Agreement:
    """Return the rates of the verdicts.

    Args:
        verdicts: all of them.
        go_live_types: values of `DecisionType`: the kinds of decision of which the figure for going live is told.
    """
    proposals: list[Verdict] = []
    left: list[Verdict] = []
    for one in verdicts:
        (left if one.is_hand_off else proposals).append(one)
    codes = [code.value for code in IMPORTANCE]
    return Agreement(
        all=_rate(proposals),
        by_origin=_by(proposals, [origin.value for origin in Origin], lambda one: (one.origin,)),
        by_decision_type=_by(proposals, dict.fromkeys(one.decision_type for one in proposals), lambda one: (one.decision_type,)),
        by_code=_by(proposals, ["", *codes], lambda one: one.codes.split() or ("",)),
        by_part=_by(proposals, list(PARTS), lambda one: one.parts),
        by_rule=_by(proposals, _RULES, lambda one: one.met),
        left_by_code=_by(left, [code for code in codes if code != ReasonCode.PROTECTED], lambda one: one.codes.split()),
        left_by_rule=_by(left, _RULES, lambda one: one.against),
        go_live=_rate([one for one in proposals if one.decision_type in go_live_types]),
        go_live_types=tuple(go_live_types),
    )


def _rate(verdicts: Collection[Verdict]) -> Rate:
    return Rate(decisions=len(verdicts), agreed=sum(one.agrees for one in verdicts))


def _by(verdicts: Iterable[Verdict], order: Iterable[str], keys: Callable[[Verdict], Iterable[str]]) -> dict[str, Rate]:
    decisions: dict[str, int] = {}
    agreed: dict[str, int] = {}
    for one in verdicts:
        for key in keys(one):
            decisions[key] = decisions.get(key, 0) + 1
            agreed[key] = agreed.get(key, 0) + one.agrees
    return {key: Rate(decisions=decisions[key], agreed=agreed[key]) for key in order if key in decisions}
