"""Incomes of the control month: what is stated against what the registers and the last calculation hold, per adult and kind.

What a caseworker has spread over months or framed for the household needs no comparison with the last calculation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from robots.assessment import CountedIncome, Finding
from robots.case import BenefitAnswers, Fact, FrameIncome, Party, Payment, SpreadIncome, StatedIncome
from robots.errors import ReasonCode
from robots.guidelines import Agency, IncomeRule, IncomeTreatment
from robots.rules.frame import known_frame
from robots.rules.grounds import Grounds, NoFigure, Rule, Situation
from robots.rules.jobbstimulans import NO_STIMULUS, Stimulus, stimulus_of
from robots.rules.rounding import to_counted_krona
from robots.rules.spread import spread_on, spread_that_ended

_NOTHING = Decimal(0)
_WHOLE_PERCENT = Decimal(100)


Payments = dict[Agency, Fact[tuple[Payment, ...]]]


def _payments(situation: Situation) -> dict[Party, Payments]:
    """Return every adult's payments by agency, each known or not by itself; gathered once for a case."""
    if "payments" not in situation.memory:
        situation.memory["payments"] = {party: _payments_of(situation.benefits[party]) for party in situation.parties}
    return situation.memory["payments"]  # type: ignore[no-any-return]  # a memory holds answers of every type


def _payments_of(answers: BenefitAnswers) -> Payments:
    return {
        Agency.CSN: answers.study_payments,
        Agency.FK: answers.insurance_payments,
        Agency.PM: answers.pension_payments,
        Agency.SKV: answers.tax_refunds,
        Agency.SO: answers.unemployment_payments,
    }


class _Kind(NamedTuple):
    """All that is known of one kind of income of one adult."""

    party: Party
    kind: str
    rule: IncomeRule | None
    #: stated rows of the control month, identical ones once
    stated: tuple[StatedIncome, ...]
    stated_sum: Decimal
    is_stated_twice: bool
    is_stated_outside: bool
    #: payments of the control month, each with the agency that made it
    payments: tuple[tuple[Agency, Payment], ...]
    paid_sum: Decimal
    #: what a caseworker has spread on the control month
    spread: tuple[SpreadIncome, ...]
    #: what the last calculation had, less what came from a spread that has ended since; below zero when more was spread
    last: Decimal
    #: what the income may be by the frame of the household; none when no frame in force speaks of it
    frame: tuple[FrameIncome, ...]

    @property
    def spread_sum(self) -> Decimal:
        return sum([one.monthly_amount for one in self.spread], _NOTHING) if self.spread else _NOTHING

    @property
    def is_ignored(self) -> bool:
        """Whether the income is left out; one that a caseworker has spread is not, since a person has counted it."""
        return self.rule is not None and self.rule.treatment is IncomeTreatment.IGNORE and not self.spread

    @property
    def is_for_person(self) -> bool:
        """Whether a person must judge if the income counts; one that the guidelines leave to a person is judged when it is spread."""
        is_seen = bool(self.stated or self.payments or self.is_stated_outside)
        if self.rule is None:
            return is_seen or bool(self.spread)
        if self.rule.treatment is IncomeTreatment.IGNORE:
            return bool(self.spread)
        return self.rule.treatment is IncomeTreatment.PERSON and is_seen

    @property
    def is_wage(self) -> bool:
        return self.rule is not None and self.rule.is_wage

    @property
    def is_outside_frame(self) -> bool:
        counted = self.counted_sum
        return any(not row.lowest <= counted <= row.highest for row in self.frame)

    @property
    def counted_sum(self) -> Decimal:
        """What counts: what the register paid for a kind that it holds, otherwise what is stated; and what is spread on the month."""
        is_registered = self.rule is not None and self.rule.register is not None
        return (self.paid_sum if is_registered else self.stated_sum) + self.spread_sum


#: what speaks against an income: key of the sentence and reason code
_Against = tuple[str, ReasonCode]


def incomes_are_as_expected(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every income is of a kind that counts, confirmed where a register holds it, and about what it was the month before.

    What a caseworker has spread on the month, or framed for the household, need not be what it was the month before.

    Law: SoL 12 kap. 1 §.
    Facts: the incomes in the application; every agency's payments, of each adult; the last calculation, the spread incomes, the
    reference frame and, with a wage, jobbstimulans in the case system.
    Parameters: guidelines.incomes, percent; with a wage, jobbstimulans_time.
    Undetermined: when one of the facts is not known; then nothing is said of any income.
    """
    kinds = _kinds(situation, grounds, with_frame=True)
    stimulus = _stimulus(kinds, situation, grounds)
    against: list[Finding] = []
    for kind in kinds:
        if kind.rule is not None:
            grounds.note(situation.law.guidelines.incomes, situation.day, kind.rule.kind)
        if not kind.is_ignored:
            name = "" if kind.rule is None or kind.rule.is_sensitive else kind.kind
            against += [grounds.not_met(text, code, party=kind.party.value, income=name) for text, code in _against(kind, stimulus, situation)]
    return grounds.answer(*against)


def _against(kind: _Kind, stimulus: Stimulus, situation: Situation) -> list[_Against]:
    rule, is_of_household = kind.rule, kind.party in situation.parties
    found: list[_Against] = []
    if kind.is_stated_outside or (kind.stated and not is_of_household):
        found.append(("income_outside_month", ReasonCode.UNREADABLE))
    if any([row.amount < _NOTHING for row in kind.stated]) or any([payment.net_amount < _NOTHING for _, payment in kind.payments]):
        found.append(("income_negative", ReasonCode.UNREADABLE))
    if kind.is_stated_twice:
        found.append(("income_twice", ReasonCode.INC_DOUBLE))
    is_from_elsewhere = rule is not None and any([agency is not rule.register for agency, _ in kind.payments])
    if kind.is_for_person or is_from_elsewhere:
        found.append(("income_kind_unknown", ReasonCode.INC_UNKNOWN))
    elif not is_of_household and kind.last > _NOTHING:
        # The calculation before was made for another household.
        found.append(("income_gone", ReasonCode.INC_GONE))
    elif not kind.is_stated_outside and is_of_household:
        # A row outside the month leaves it open what the month's income of that kind is: nothing more can be said of it.
        found += _against_spread(kind, stimulus, situation) if kind.spread else _against_register(kind, stimulus)
    return found


def _against_spread(kind: _Kind, stimulus: Stimulus, situation: Situation) -> list[_Against]:
    if kind.stated_sum > _NOTHING or kind.paid_sum > _NOTHING:
        return [("income_beside_spread", ReasonCode.INC_DOUBLE)]
    if kind.is_wage and not stimulus.counts_on(kind.party, situation.control_month.last_day):
        return [_without_stimulus(kind, stimulus, situation.control_month.last_day)]
    return [("income_outside_frame", ReasonCode.INC_DIFF)] if kind.is_outside_frame else []


def _against_register(kind: _Kind, stimulus: Stimulus) -> list[_Against]:
    stated, paid = kind.stated_sum, kind.paid_sum
    if kind.is_wage and stated > _NOTHING and not all(stimulus.counts_on(kind.party, row.paid_on) for row in kind.stated):
        return [_without_stimulus(kind, stimulus, *(row.paid_on for row in kind.stated))]
    found: list[_Against] = []
    if kind.rule is not None and kind.rule.register is not None and stated > _NOTHING:
        if paid <= _NOTHING:
            return [("income_not_in_register", ReasonCode.INC_NOTINREG)]
        if _differs(stated, paid, _percent(kind)):
            found.append(("income_differs_from_register", ReasonCode.INC_DIFF))
    if not kind.frame:
        found += _against_last(kind)
    elif kind.is_outside_frame:
        found.append(("income_outside_frame", ReasonCode.INC_DIFF))
    return found


def _without_stimulus(kind: _Kind, stimulus: Stimulus, *paydays: date) -> _Against:
    """Return what a person must judge of a wage on paydays that have not all a decision on jobbstimulans that counts."""
    is_doubtful = any(stimulus.is_doubtful_on(kind.party, day) for day in paydays)
    return "wage_out_of_time" if is_doubtful else "wage", ReasonCode.INC_WAGE


def _against_last(kind: _Kind) -> list[_Against]:
    counted, last = kind.counted_sum, kind.last
    if counted <= _NOTHING:
        return [("income_gone", ReasonCode.INC_GONE)] if last > _NOTHING else []
    if last <= _NOTHING:
        return [("income_new", ReasonCode.INC_NEW)]
    return [("income_differs_from_last", ReasonCode.INC_DIFF)] if _differs(counted, last, _percent(kind)) else []


def _percent(kind: _Kind) -> Decimal:
    return kind.rule.change_percent if kind.rule is not None and kind.rule.change_percent is not None else _NOTHING


def _differs(amount: Decimal, measure: Decimal, percent: Decimal) -> bool:
    """Whether the amount is further from the measure than so many percent of it; exactly so many is not."""
    return abs(amount - measure) * _WHOLE_PERCENT > percent * measure


def counted_incomes(situation: Situation, grounds: Grounds) -> tuple[CountedIncome, ...]:
    """Return every income that counts.

    What a register paid counts, otherwise what is stated; and what a caseworker has spread on the month, on its last day.
    Where a person must judge whether an income counts, it stands here in full.

    Raises:
        FactIsUnknown: a fact that is needed is not known.
        NoFigure: a stated income lies outside the control month, so that the month's income is not known.
    """
    kinds = [kind for kind in _kinds(situation, grounds, with_frame=False) if not kind.is_ignored]
    if any(kind.is_stated_outside for kind in kinds):
        raise NoFigure("no_income_of_month", ReasonCode.UNREADABLE)
    stimulus = _stimulus(kinds, situation, grounds)
    return tuple(row for kind in kinds for row in _counted(kind, stimulus, situation, grounds))


def _counted(kind: _Kind, stimulus: Stimulus, situation: Situation, grounds: Grounds) -> Iterator[CountedIncome]:
    application, record = situation.application, situation.record
    for agency, payment in kind.payments:
        facts = (application.incomes, _payments(situation)[kind.party][agency])
        yield _row(kind, payment.paid_on, payment.net_amount, facts, stimulus, situation, grounds)
    for row in kind.stated if not kind.payments else ():
        yield _row(kind, row.paid_on, row.amount, (application.incomes,), stimulus, situation, grounds)
    for one in kind.spread:
        yield _row(kind, situation.control_month.last_day, one.monthly_amount, (record.spread_incomes,), stimulus, situation, grounds)


def _row(
    kind: _Kind, paid_on: date, net: Decimal, facts: tuple[Fact[Any], ...], stimulus: Stimulus, situation: Situation, grounds: Grounds
) -> CountedIncome:
    part = grounds.part(situation.section("right"))
    part.need_all(*facts)
    if kind.rule is not None:
        part.note(situation.law.guidelines.incomes, situation.day, kind.rule.kind)
    disregarded = _NOTHING
    if kind.is_wage and stimulus.counts_on(kind.party, paid_on):
        part.law = situation.section("jobbstimulans")
        stimulus_of(situation, part)
        share = part.use(situation.law.parameters.amount("jobbstimulans.disregarded"), situation.day)
        disregarded = net - to_counted_krona(net * (_WHOLE_PERCENT - share) / _WHOLE_PERCENT)
    return CountedIncome(
        party=kind.party,
        kind=kind.kind,
        paid_on=paid_on,
        net_amount=net,
        disregarded=disregarded,
        counted=net - disregarded,
        basis=part.basis(),
        is_known_to_applicant=bool(kind.spread) or kind.stated_sum >= kind.paid_sum,
    )


def _stimulus(kinds: list[_Kind], situation: Situation, grounds: Grounds) -> Stimulus:
    """Return the decisions on jobbstimulans; none, and nothing is asked, when nobody has a wage."""
    has_wage = any(kind.is_wage and (kind.stated or kind.is_stated_outside or kind.payments or kind.spread) for kind in kinds)
    return stimulus_of(situation, grounds) if has_wage else NO_STIMULUS


def _kinds(situation: Situation, grounds: Grounds, *, with_frame: bool) -> list[_Kind]:
    """Return every kind of income of every adult, in the order stated, paid, calculated last, spread, framed; worked out once."""
    application, record = situation.application, situation.record
    agencies = (fact for facts in _payments(situation).values() for fact in facts.values())
    frames = (record.reference_frame,) if with_frame else ()
    grounds.need_all(application.incomes, *agencies, record.last_calculation, record.spread_incomes, *frames)
    if "incomes" not in situation.memory:
        situation.memory["incomes"] = _known_kinds(situation)
    return situation.memory["incomes"]  # type: ignore[no-any-return]  # a memory holds answers of every type


def _known_kinds(situation: Situation) -> list[_Kind]:
    application, record = situation.application, situation.record
    table = situation.law.guidelines.incomes.on(situation.day).value
    control = situation.control_month

    stated: dict[tuple[Party, str], list[StatedIncome]] = {}
    for row in application.incomes.need():
        stated.setdefault((row.party, row.kind), []).append(row)
    payments: dict[tuple[Party, str], list[tuple[Agency, Payment]]] = {}
    for party, facts in _payments(situation).items():
        for agency, fact in facts.items():
            for payment in fact.need():
                if payment.paid_on in control:
                    payments.setdefault((party, payment.kind), []).append((agency, payment))
    last: dict[tuple[Party, str], Decimal] = {}
    for calculated in situation.last_calculation.incomes:
        key = calculated.party, calculated.kind
        last[key] = last.get(key, _NOTHING) + calculated.amount
    spread = spread_on(record.spread_incomes.need(), control)
    for ended in spread_that_ended(record.spread_incomes.need(), control):
        key = ended.party, ended.kind
        if key in last:
            last[key] -= ended.monthly_amount
    # An unknown frame stops the rule that compares; the calculation needs none.
    frame = known_frame(situation)
    framed = frame.incomes if frame is not None else ()
    keys = (*stated, *payments, *last, *((one.party, one.kind) for one in spread), *((one.party, one.kind) for one in framed))
    kinds = []
    for key in dict.fromkeys(keys):
        rows, paid = stated.get(key, ()), payments.get(key, ())
        inside = tuple([row for row in rows if row.paid_on in control])
        once = tuple(dict.fromkeys(inside)) if len(inside) > 1 else inside
        kinds.append(
            _Kind(
                party=key[0],
                kind=key[1],
                rule=table.get(key[1]),
                stated=once,
                stated_sum=sum([row.amount for row in once], _NOTHING),
                is_stated_twice=len(once) < len(inside),
                is_stated_outside=len(inside) < len(rows),
                payments=tuple(paid),
                paid_sum=sum([payment.net_amount for _, payment in paid], _NOTHING),
                spread=tuple(one for one in spread if (one.party, one.kind) == key) if spread else (),
                last=last.get(key, _NOTHING),
                frame=tuple(one for one in framed if (one.party, one.kind) == key) if framed else (),
            )
        )
    return kinds


RULES = (Rule(subject="right", ask=incomes_are_as_expected),)
