"""Incomes of the control month: what is stated against what the registers and the last calculation hold, per adult and kind.

S is what is stated, R what the registers paid, L what the last calculation had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from robots.assessment import CountedIncome, Finding
from robots.case import BenefitAnswers, Fact, Jobbstimulans, Party, Payment, StatedIncome
from robots.errors import ReasonCode
from robots.guidelines import Agency, IncomeRule, IncomeTreatment
from robots.rules.grounds import Grounds, Rule, Situation
from robots.rules.rounding import to_krona

_NOTHING = Decimal(0)
_WHOLE_PERCENT = Decimal(100)


def payments_of(answers: BenefitAnswers) -> dict[Agency, Fact[tuple[Payment, ...]]]:
    """Return the agencies' payments, each known or not by itself."""
    return {
        Agency.CSN: answers.study_payments,
        Agency.FK: answers.insurance_payments,
        Agency.PM: answers.pension_payments,
        Agency.SKV: answers.tax_refunds,
        Agency.SO: answers.unemployment_payments,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """All that is known of one kind of income of one adult."""

    party: Party
    kind: str
    rule: IncomeRule | None
    #: stated rows of the control month, identical ones once
    stated: tuple[StatedIncome, ...]
    is_stated_twice: bool
    is_stated_outside: bool
    #: payments of the control month, each with the agency that made it
    payments: tuple[tuple[Agency, Payment], ...]
    last: Decimal
    #: whether jobbstimulans is decided for the day of every stated row
    has_jobbstimulans: bool

    @property
    def stated_sum(self) -> Decimal:
        return sum((row.amount for row in self.stated), _NOTHING)

    @property
    def paid_sum(self) -> Decimal:
        return sum((payment.net_amount for _, payment in self.payments), _NOTHING)

    @property
    def is_ignored(self) -> bool:
        return self.rule is not None and self.rule.treatment is IncomeTreatment.IGNORE


def incomes_are_as_expected(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every income is of a kind that counts, confirmed where a register holds it, and about what it was the month before.

    Law: SoL 12 kap. 1 §.
    Facts: the incomes in the application; every agency's payments and jobbstimulans, of each adult; the last calculation.
    Parameters: guidelines.incomes, percent.
    Undetermined: when one of the facts is not known; then nothing is said of any income.
    """
    against: list[Finding] = []
    for kind in _kinds(situation, grounds):
        if kind.rule is not None:
            grounds.note(situation.law.guidelines.incomes, situation.day, kind.rule.kind)
        if not kind.is_ignored:
            values = {"party": kind.party.value, "income": "" if kind.rule is None or kind.rule.is_sensitive else kind.kind}
            against += [grounds.not_met(text, code, **values) for text, code in _against(kind, situation)]
    return grounds.answer(*against)


def _against(kind: _Kind, situation: Situation) -> Iterator[tuple[str, ReasonCode]]:
    rule = kind.rule
    if kind.is_stated_outside or kind.party not in situation.parties:
        yield "income_outside_month", ReasonCode.UNREADABLE
    if any(row.amount < _NOTHING for row in kind.stated) or any(payment.net_amount < _NOTHING for _, payment in kind.payments):
        yield "income_negative", ReasonCode.UNREADABLE
    if kind.is_stated_twice:
        yield "income_twice", ReasonCode.INC_DOUBLE
    is_seen = bool(kind.stated or kind.payments or kind.is_stated_outside)
    is_for_person = rule is None or rule.treatment is IncomeTreatment.PERSON
    is_from_elsewhere = rule is not None and any(agency is not rule.register for agency, _ in kind.payments)
    if (is_for_person and is_seen) or is_from_elsewhere:
        yield "income_kind_unknown", ReasonCode.INC_UNKNOWN
    elif not kind.is_stated_outside and kind.party in situation.parties:
        # A row outside the month leaves it open what the month's income of that kind is: nothing more can be said of it.
        yield from _compared(kind)


def _compared(kind: _Kind) -> Iterator[tuple[str, ReasonCode]]:
    rule, stated, paid, last = kind.rule, kind.stated_sum, kind.paid_sum, kind.last
    percent = rule.change_percent if rule is not None and rule.change_percent is not None else _NOTHING
    if rule is not None and rule.is_wage and stated > _NOTHING and not kind.has_jobbstimulans:
        yield "wage", ReasonCode.INC_WAGE
        return
    if rule is not None and rule.register is not None:
        if stated > _NOTHING and paid <= _NOTHING:
            yield "income_not_in_register", ReasonCode.INC_NOTINREG
            return
        if stated > _NOTHING and _differs(stated, paid, percent):
            yield "income_differs_from_register", ReasonCode.INC_DIFF
    counted = paid if rule is not None and rule.register is not None else stated
    if counted > _NOTHING and last <= _NOTHING:
        yield "income_new", ReasonCode.INC_NEW
    elif counted > _NOTHING and _differs(counted, last, percent):
        yield "income_differs_from_last", ReasonCode.INC_DIFF
    elif counted <= _NOTHING and last > _NOTHING:
        yield "income_gone", ReasonCode.INC_GONE


def _differs(amount: Decimal, measure: Decimal, percent: Decimal) -> bool:
    """Whether the amount is further from the measure than so many percent of it; exactly so many is not."""
    return abs(amount - measure) * _WHOLE_PERCENT > percent * measure


def counted_incomes(situation: Situation, grounds: Grounds) -> tuple[CountedIncome, ...] | None:
    """Return every income that counts; None when a stated one lies outside the control month, so that a figure is missing.

    What a register paid counts, otherwise what is stated. Where a person must judge whether an income counts, it stands
    here in full.

    Raises:
        FactIsUnknown: a fact that is needed is not known.
    """
    counted: list[CountedIncome] = []
    for kind in _kinds(situation, grounds):
        if kind.is_ignored:
            continue
        if kind.is_stated_outside:
            return None
        part = grounds.part(situation.section("right"))
        part.need(situation.application.incomes)
        if kind.payments:
            answers = payments_of(situation.benefits[kind.party])
            part.need_all(*(answers[agency] for agency in dict.fromkeys(agency for agency, _ in kind.payments)))
        if kind.rule is not None:
            part.note(situation.law.guidelines.incomes, situation.day, kind.rule.kind)
        rows = [(payment.paid_on, payment.net_amount) for _, payment in kind.payments] or [(row.paid_on, row.amount) for row in kind.stated]
        is_wage = kind.rule is not None and kind.rule.is_wage and kind.has_jobbstimulans
        for paid_on, net in rows:
            share = _NOTHING
            if is_wage:
                part.law = situation.section("jobbstimulans")
                part.need(situation.record.jobbstimulans)
                share = part.use(situation.law.parameters.amount("jobbstimulans.disregarded"), situation.day)
            disregarded = to_krona(net * share / _WHOLE_PERCENT)
            counted.append(
                CountedIncome(
                    party=kind.party,
                    kind=kind.kind,
                    paid_on=paid_on,
                    net_amount=net,
                    disregarded=disregarded,
                    counted=net - disregarded,
                    basis=part.basis(),
                )
            )
    return tuple(counted)


def _kinds(situation: Situation, grounds: Grounds) -> list[_Kind]:
    """Return every kind of income of every adult, in the order stated, paid, calculated last."""
    stated_fact, payment_facts = situation.application.incomes, {}
    for party in situation.parties:
        payment_facts[party] = payments_of(situation.benefits[party])
    grounds.need_all(stated_fact, *(fact for facts in payment_facts.values() for fact in facts.values()), situation.record.last_calculation)
    table = situation.law.guidelines.incomes.on(situation.day).value
    stated = grounds.need(stated_fact)
    is_wage_stated = any(row.kind in table and table[row.kind].is_wage for row in stated)
    jobbstimulans = grounds.need(situation.record.jobbstimulans) if is_wage_stated else ()

    control = situation.control_month
    payments = {
        party: [(agency, payment) for agency, fact in facts.items() for payment in grounds.need(fact) if payment.paid_on in control]
        for party, facts in payment_facts.items()
    }
    last = [row for row in situation.last_calculation.incomes if row.party in situation.parties]
    keys = [(row.party, row.kind) for row in stated]
    keys += [(party, payment.kind) for party, paid in payments.items() for _, payment in paid]
    keys += [(row.party, row.kind) for row in last]
    return [
        _kind(
            party,
            kind,
            table.get(kind),
            tuple(row for row in stated if (row.party, row.kind) == (party, kind)),
            tuple((agency, payment) for agency, payment in payments.get(party, ()) if payment.kind == kind),
            sum((row.amount for row in last if (row.party, row.kind) == (party, kind)), _NOTHING),
            tuple(one for one in jobbstimulans if one.party is party),
            situation,
        )
        for party, kind in dict.fromkeys(keys)
    ]


def _kind(
    party: Party,
    kind: str,
    rule: IncomeRule | None,
    stated: tuple[StatedIncome, ...],
    payments: tuple[tuple[Agency, Payment], ...],
    last: Decimal,
    jobbstimulans: tuple[Jobbstimulans, ...],
    situation: Situation,
) -> _Kind:
    control = situation.control_month
    inside = Counter(row for row in stated if row.paid_on in control)
    return _Kind(
        party=party,
        kind=kind,
        rule=rule,
        stated=tuple(inside),
        is_stated_twice=any(count > 1 for count in inside.values()),
        is_stated_outside=any(row.paid_on not in control for row in stated),
        payments=payments,
        last=last,
        has_jobbstimulans=all(any(one.valid_from <= row.paid_on <= one.valid_until for one in jobbstimulans) for row in inside),
    )


RULES = (Rule(subject="right", ask=incomes_are_as_expected),)
