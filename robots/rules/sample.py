"""The random sample: which of the standard cases a person looks at before anything is decided."""

from __future__ import annotations

import hashlib

from robots.assessment import Finding
from robots.errors import ReasonCode
from robots.guidelines import SampleRule
from robots.rules.grounds import Grounds, Rule, Situation

_WHOLE_PERCENT = 100
_BITS_OF_BYTE = 8


def case_is_not_sampled(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The case, which nothing else speaks against, is not drawn for a person to look at.

    Law: FL 23 §.
    Facts: the month in the application, and the application's reference, by which the draw can be done again.
    Parameters: guidelines.sample, percent and seed.
    Undetermined: never.
    """
    grounds.need(situation.application.month)
    if is_drawn(situation.application.reference, grounds.use(situation.law.guidelines.sample, situation.day)):
        return (grounds.not_met("sampled", ReasonCode.SAMPLE),)
    return grounds.answer()


def is_drawn(reference: str, rule: SampleRule) -> bool:
    """Whether the application is drawn: its hash, as a number, lies in the share of all numbers that the rule asks for."""
    digest = hashlib.sha256(f"{rule.seed}\n{reference}".encode()).digest()
    possible = 1 << (_BITS_OF_BYTE * len(digest))
    # As whole numbers, since a Decimal would round numbers as long as these.
    share, of = rule.percent.as_integer_ratio()
    return int.from_bytes(digest) * _WHOLE_PERCENT * of < share * possible


RULES = (Rule(subject="inquiry", ask=case_is_not_sampled, is_for_standard_cases=True),)
