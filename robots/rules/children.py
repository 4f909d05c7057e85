"""Earnings of children's own: not counted up to one prisbasbelopp a calendar year, above it for a person to judge."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from robots.assessment import ChildIncome, Finding
from robots.case import Month, StatedChildIncome
from robots.errors import ParameterNotInForce, ReasonCode
from robots.guidelines import IncomeRule
from robots.rules.grounds import Grounds, NoFigure, Rule, Situation

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Year:
    """What the children have earned before in the calendar year of the control month."""

    #: number of each child in the application's list, from 1
    numbers: dict[str, int]
    #: net kronor in the calculations of the year, of any kind, by the child's personnummer
    earned: dict[str, Decimal]
    #: whether every month of the year up to the control month has a calculation
    is_known: bool
    #: one prisbasbelopp; None when none is entered for the year
    limit: Decimal | None

    def is_above(self, rows: tuple[StatedChildIncome, ...]) -> bool:
        """Whether a child has earned more than the limit with these rows."""
        earned = dict(self.earned)
        for row in rows:
            earned[row.personnummer] = earned.get(row.personnummer, _NOTHING) + row.amount
        return self.limit is not None and any(earned[row.personnummer] > self.limit for row in rows)


def children_earnings_are_below_the_limit(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every income of a child's own is a wage, and the child's incomes of the calendar year are no more than one prisbasbelopp.

    Law: SoL 12 kap. 9 §.
    Facts: the children's incomes in the application; where there is one, also the children, and in the case system the
    children's incomes and the months that have a calculation.
    Parameters: prisbasbelopp.amount, kronor a year, of the year of payment; guidelines.incomes.
    Undetermined: when one of the facts is not known, or the year's sum, or the year's prisbasbelopp.
    """
    stated = grounds.need(situation.application.children_incomes)
    if not stated:
        return grounds.answer()
    year = _year(situation, grounds)
    rules = [_rule(row, situation, grounds) for row in stated]
    rows = tuple(dict.fromkeys(stated))
    against = []
    if any(row.paid_on not in situation.control_month for row in rows):
        against.append(grounds.not_met("child_income_outside_month", ReasonCode.UNREADABLE))
    if any(row.amount < _NOTHING for row in rows):
        against.append(grounds.not_met("child_income_negative", ReasonCode.UNREADABLE))
    if any(row.personnummer not in year.numbers for row in rows):
        against.append(grounds.not_met("child_income_of_another", ReasonCode.UNREADABLE))
    if len(rows) != len(stated):
        against.append(grounds.not_met("child_income_twice", ReasonCode.INC_DOUBLE))
    if not all(_is_earnings(rule) for rule in rules):
        against.append(grounds.not_met("child_income_to_judge", ReasonCode.INC_CHILD))
    if not year.is_known:
        against.append(grounds.undetermined("child_year_not_known", ReasonCode.INC_CHILD))
    if year.limit is None:
        against.append(grounds.undetermined("child_limit_not_known", ReasonCode.INC_CHILD))
    elif year.is_above(rows):
        against.append(grounds.not_met("child_above_limit", ReasonCode.INC_CHILD))
    return grounds.answer(*against)


def counted_children(situation: Situation, grounds: Grounds) -> tuple[ChildIncome, ...]:
    """Return every income of a child's own with what counts of it: what passes one prisbasbelopp in the calendar year.

    Where a person must judge whether an income counts, it stands here in full.

    Raises:
        FactIsUnknown: a fact that is needed is not known.
        NoFigure: an income lies outside the control month or is of a child that is not in the application.
    """
    stated = grounds.need(situation.application.children_incomes)
    if not stated:
        return ()
    year = _year(situation, grounds)
    earned = dict(year.earned)
    counted = []
    for row in sorted(dict.fromkeys(stated), key=lambda one: one.paid_on):
        if row.paid_on not in situation.control_month:
            raise NoFigure("child_income_outside_month", ReasonCode.UNREADABLE)
        if row.personnummer not in year.numbers:
            raise NoFigure("child_income_of_another", ReasonCode.UNREADABLE)
        before = earned.get(row.personnummer, _NOTHING)
        earned[row.personnummer] = before + row.amount
        counted.append(_counted(row, before, year, situation, grounds))
    return tuple(counted)


def _counted(row: StatedChildIncome, before: Decimal, year: _Year, situation: Situation, grounds: Grounds) -> ChildIncome:
    part = grounds.part(situation.section("children_earnings"))
    _year(situation, part)
    is_free = _is_earnings(_rule(row, situation, part)) and year.is_known and year.limit is not None
    left = max(_NOTHING, year.limit - before) if is_free and year.limit is not None else _NOTHING
    disregarded = max(_NOTHING, min(row.amount, left))
    return ChildIncome(
        member=f"barn {year.numbers[row.personnummer]}",
        personnummer=row.personnummer,
        kind=row.kind,
        paid_on=row.paid_on,
        net_amount=row.amount,
        earned_before=before,
        disregarded=disregarded,
        counted=row.amount - disregarded,
        basis=part.basis(),
    )


def _rule(row: StatedChildIncome, situation: Situation, grounds: Grounds) -> IncomeRule | None:
    rule = situation.law.guidelines.incomes.on(situation.day).value.get(row.kind)
    if rule is not None:
        grounds.note(situation.law.guidelines.incomes, situation.day, rule.kind)
    return rule


def _is_earnings(rule: IncomeRule | None) -> bool:
    return rule is not None and rule.is_wage


def _year(situation: Situation, grounds: Grounds) -> _Year:
    application, record = situation.application, situation.record
    grounds.need_all(application.children_incomes, application.children, record.children_incomes, record.calculated_months)
    children, calculated = grounds.need(application.children), grounds.need(record.calculated_months)
    months = _calculations_of_year(situation.control_month)
    earned: dict[str, Decimal] = {}
    for row in grounds.need(record.children_incomes):
        if row.month in months:
            earned[row.personnummer] = earned.get(row.personnummer, _NOTHING) + row.amount
    try:
        limit = grounds.use(situation.law.parameters.amount("prisbasbelopp.amount"), situation.control_month.first_day)
    except ParameterNotInForce:
        limit = None
    return _Year(
        numbers={child.personnummer: number for number, child in enumerate(children, start=1)},
        earned=earned,
        is_known=months.issubset(calculated),
        limit=limit,
    )


def _calculations_of_year(control: Month) -> set[Month]:
    """Return the months whose calculations hold what was paid in the control month's year before it: February to the control month.

    An income paid in a month stands in the calculation for the next one.
    """
    months = set()
    while control.month > 1:
        months.add(control)
        control = control.previous
    return months


RULES = (Rule(subject="children_earnings", ask=children_earnings_are_below_the_limit),)
