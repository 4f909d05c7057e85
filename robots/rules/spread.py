"""Incomes that a caseworker has spread over several months: so much counts in each of them."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

from robots.assessment import Finding
from robots.case import Month, SpreadIncome
from robots.errors import ReasonCode
from robots.rules.grounds import Grounds, Rule, Situation

_NOTHING = Decimal(0)


def spread_incomes_are_clear(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every income that is spread has its months in order and an amount, is an adult's of the household, and is spread once.

    Law: SoL 12 kap. 1 §.
    Facts: the spread incomes in the case system; who applies.
    Undetermined: when one of them is not known.
    """
    spread = grounds.need(situation.record.spread_incomes)
    if not spread:
        return grounds.answer()
    grounds.need(situation.application.co_applicant)
    unclear = [one for one in spread if one.first_month > one.last_month or one.monthly_amount < _NOTHING]
    unclear += [one for one in spread if one.party not in situation.parties and _covers(one, situation.control_month)]
    unclear += [one for one, other in combinations(spread, 2) if _overlap(one, other)]
    table = situation.law.guidelines.incomes.on(situation.day).value
    against = []
    for party, kind in dict.fromkeys((one.party, one.kind) for one in unclear):
        name = kind if kind in table and not table[kind].is_sensitive else ""
        against.append(grounds.not_met("spread_not_clear", ReasonCode.UNREADABLE, party=party.value, income=name))
    return grounds.answer(*against)


def spread_on(spread: tuple[SpreadIncome, ...], month: Month) -> tuple[SpreadIncome, ...]:
    """Return what is spread on the month as its income."""
    return tuple(one for one in spread if _covers(one, month))


def spread_that_ended(spread: tuple[SpreadIncome, ...], month: Month) -> tuple[SpreadIncome, ...]:
    """Return what the month before was the last month of: it explains what the last calculation has of that kind."""
    before = month.previous if spread else month
    return tuple(one for one in spread if one.last_month == before and one.first_month <= one.last_month)


def _covers(one: SpreadIncome, month: Month) -> bool:
    return one.first_month <= month <= one.last_month


def _overlap(one: SpreadIncome, other: SpreadIncome) -> bool:
    return (one.party, one.kind) == (other.party, other.kind) and one.first_month <= other.last_month and other.first_month <= one.last_month


RULES = (Rule(subject="right", ask=spread_incomes_are_clear),)
