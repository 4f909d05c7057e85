"""The norm calculation (normberäkning): norm and costs against incomes, in kronor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from robots.assessment import Calculation, CommonCost, Finding, PersonalCost
from robots.case import FactIsUnknown, Party, Residence, StatedChild
from robots.errors import ReasonCode
from robots.parameters import Parameters
from robots.rules.children import counted_children
from robots.rules.expenses import approved_expenses, household_size
from robots.rules.grounds import Grounds, NoFigure, Situation
from robots.rules.household import age_of, born_on
from robots.rules.incomes import counted_incomes
from robots.rules.law import Law
from robots.rules.rounding import to_krona

_NOTHING = Decimal(0)
_MONTHS_OF_YEAR = Decimal(12)


class Norm(NamedTuple):
    """The norm of one month."""

    parameters: Parameters
    #: the month's first day, on which ages are counted
    day: date
    #: the day whose norm applies: the same, unless the municipality has brought a norm forward
    norm_day: date
    #: of the calculation that uses the norm
    grounds: Grounds

    def amount(self, row: str) -> Decimal:
        """Return the kronor a month of a row, e.g. `single` or `child_4_6`."""
        return self.grounds.use(self.parameters.amount(f"riksnorm.{row}"), self.norm_day)

    def child_row(self, age: int, *, lunch_at_home: bool) -> str:
        """Return the row of a child's age in whole years.

        Raises:
            NoFigure: there is none.
        """
        row = self.parameters.child_rows(self.day).get(age)
        if row is None:
            raise NoFigure("no_norm_for_age", ReasonCode.HH_CHILD)
        has_no_lunch = not lunch_at_home and age <= self.parameters.amount("ages.no_lunch_last").on(self.day).value
        return f"{row}_no_lunch" if has_no_lunch else row

    def common(self, persons: int) -> Decimal:
        """Return the common costs of so many persons; each beyond the table adds the difference of its last two rows."""
        table = self.parameters.numbered("riksnorm.common_")
        largest = max(table)
        if persons <= largest:
            return self.grounds.use(table[persons], self.norm_day)
        last, before = self.grounds.use(table[largest], self.norm_day), self.grounds.use(table[largest - 1], self.norm_day)
        return last + (persons - largest) * (last - before)

    def common_share(self, size: int, persons_in_dwelling: int) -> Decimal:
        """Return the common costs of a household of that size; its share of them when more people live in the dwelling."""
        if persons_in_dwelling <= size:
            return self.common(size)
        return to_krona(self.common(persons_in_dwelling) * size / persons_in_dwelling)

    def child_amount(self, row: str, days: int | None, year_days: int) -> Decimal:
        """Return a child's personal costs.

        Args:
            row: of the norm.
            days: days of the month that the child stays; None for all of it.
            year_days: days of the year by which the monthly amount becomes a daily one.
        """
        monthly = self.amount(row)
        if days is None:
            return monthly
        daily = to_krona(monthly * _MONTHS_OF_YEAR / year_days)
        return min(daily * days, monthly)


def calculate(situation: Situation, grounds: Grounds) -> tuple[Calculation | None, tuple[Finding, ...]]:
    """Return the calculation for the month, and the finding that names every figure it rests on.

    Where a person must judge a cost or an income, the calculation holds the figure that stands without that judgement.
    It is None when a figure is not known; the finding then says which.

    Law: SoL 12 kap. 7 §.
    Facts: children, persons in the dwelling, costs and incomes, also the children's, in the application; payments; in the case
    system the last calculation, spread incomes, the reference frame, jobbstimulans and what the children have earned before.
    Parameters: riksnorm, ages, jobbstimulans, jobbstimulans_time, prisbasbelopp, guidelines.
    Undetermined: when one of the facts is not known.
    """
    try:
        calculation = _calculate(situation, grounds)
    except FactIsUnknown:
        return None, grounds.unknown_findings()
    except NoFigure as missing:
        return None, (grounds.undetermined(missing.text, missing.code),)
    return calculation, grounds.answer()


def _calculate(situation: Situation, grounds: Grounds) -> Calculation:
    law, application = situation.law, situation.application
    incomes = counted_incomes(situation, grounds)
    children_incomes = counted_children(situation, grounds)
    children = grounds.need(application.children)
    last_day = situation.month.last_day
    if any((born_on(child.personnummer, situation) or date.min) > last_day for child in children):
        raise NoFigure("child_not_born", ReasonCode.HH_CHILD)

    personal = (*_adults(situation, grounds), *(_child(number, child, situation, grounds) for number, child in enumerate(children, start=1)))
    common = _common(situation, grounds)
    expenses = approved_expenses(situation, grounds)

    norm_sum = sum([cost.amount for cost in personal], common.amount)
    expense_sum = sum([expense.approved_amount for expense in expenses if not expense.is_special], _NOTHING)
    special_sum = sum([expense.approved_amount for expense in expenses if expense.is_special], _NOTHING)
    income_sum = sum([income.counted for income in incomes], sum([income.counted for income in children_incomes], _NOTHING))
    balance = income_sum - norm_sum - expense_sum
    return Calculation(
        month=situation.month,
        personal=personal,
        common=common,
        expenses=expenses,
        incomes=incomes,
        children_incomes=children_incomes,
        norm_sum=norm_sum,
        expense_sum=expense_sum,
        income_sum=income_sum,
        special_sum=special_sum,
        balance=balance,
        amount=_amount(balance, special_sum, law, situation.day),
    )


def _amount(balance: Decimal, special: Decimal, law: Law, day: date) -> Decimal:
    if balance < _NOTHING:
        return to_krona(special - balance)
    pays = law.guidelines.calculation.on(day).value.surplus_pays_special_costs
    return to_krona(max(_NOTHING, special - balance) if pays else special)


def _common(situation: Situation, grounds: Grounds) -> CommonCost:
    size = household_size(situation, grounds)
    persons = grounds.need(situation.application.persons_in_dwelling)
    table = situation.law.parameters.numbered("riksnorm.common_")
    part = grounds.part(situation.section("norm_table" if persons <= size in table else "norm_shares"))
    part.need_all(situation.application.children, situation.application.persons_in_dwelling)
    amount = _norm(situation, part).common_share(size, persons)
    return CommonCost(household_size=size, persons_in_dwelling=max(size, persons), amount=amount, basis=part.basis())


def _norm(situation: Situation, grounds: Grounds) -> Norm:
    return Norm(parameters=situation.law.parameters, day=situation.day, norm_day=situation.law.norm_day(situation.day), grounds=grounds)


def _adults(situation: Situation, grounds: Grounds) -> tuple[PersonalCost, ...]:
    """Return the adults' costs; the couple's amount is for both together and stands at the applicant."""
    part = grounds.part(situation.section("norm_table"))
    part.need(situation.application.co_applicant)
    norm = _norm(situation, part)
    row = "single" if len(situation.parties) == 1 else "couple"
    first = PersonalCost(member=Party.APPLICANT.value, norm_row=row, days=None, amount=norm.amount(row), basis=part.basis())
    if row == "single":
        return (first,)
    return (first, PersonalCost(member=Party.CO_APPLICANT.value, norm_row=row, days=None, amount=_NOTHING, basis=part.basis()))


def _child(number: int, child: StatedChild, situation: Situation, grounds: Grounds) -> PersonalCost:
    part = grounds.part(situation.section("norm_table"))
    part.need(situation.application.children)
    norm = _norm(situation, part)
    age = age_of(child.personnummer, situation, part, situation.application.children)
    row = norm.child_row(age, lunch_at_home=child.lunch_at_home)
    days = None if child.residence is Residence.FULL_TIME else child.days
    year_days = situation.law.guidelines.calculation.on(situation.day).value.year_days
    if days is not None:
        part.note(situation.law.guidelines.calculation, situation.day, "year_days")
    amount = norm.child_amount(row, days, year_days)
    return PersonalCost(member=f"barn {number}", norm_row=row, days=days, amount=amount, basis=part.basis())
