"""Costs applied for: what the guidelines let the robot approve, and what a person must judge."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from robots.assessment import ApprovedExpense, Finding
from robots.case import AppliedExpense, ReferenceFrame, Residence
from robots.errors import ReasonCode
from robots.guidelines import HOUSING_COST, ExpenseRule, ExpenseTreatment
from robots.rules.frame import frame_in_force, highest_expense
from robots.rules.grounds import Grounds, Rule, Situation

_NOTHING = Decimal(0)


def housing_is_unchanged(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The applicant has not moved and lives in the form of housing that the case system has.

    Law: SoL 12 kap. 7 §.
    Facts: whether the housing has changed, and its form, in the application; its form in the case system.
    Undetermined: when one of them is not known.
    """
    application, record = situation.application, situation.record
    grounds.need_all(application.housing_changed, application.housing_form, record.housing_form)
    if grounds.need(application.housing_changed):
        return (grounds.not_met("housing_changed", ReasonCode.HOUSING),)
    if grounds.need(application.housing_form) != grounds.need(record.housing_form):
        return (grounds.not_met("housing_form_changed", ReasonCode.HOUSING),)
    return grounds.answer()


def expenses_are_within_the_guidelines(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every cost is of a kind that counts, within its ceiling, and no higher than what was approved last; or the frame approves it.

    Law: SoL 12 kap. 7 §.
    Facts: the costs in the application; the last calculation; the caseworker's reference frame; for a ceiling that depends on
    it, the size of the household.
    Parameters: guidelines.expenses and guidelines.rent_ceiling, kronor a month.
    Undetermined: when one of the facts is not known.
    """
    judged = _judged(situation, grounds)
    table = situation.law.guidelines.expenses.on(situation.day).value
    against = [grounds.not_met(one.text, one.code, cost=name_of_expense(one.approved.kind, table)) for one in judged if one.code is not None]
    kinds = [one.approved.kind for one in judged]
    twice = dict.fromkeys(kind for kind in kinds if kinds.count(kind) > 1)
    against += [grounds.not_met("expense_twice", ReasonCode.EXP_JUDGE, cost=name_of_expense(kind, table)) for kind in twice]
    return grounds.answer(*against)


def approved_expenses(situation: Situation, grounds: Grounds) -> tuple[ApprovedExpense, ...]:
    """Return every cost with what the robot can approve by itself.

    Without anything to judge, or up to what a caseworker's frame for the household says, that is the whole amount. Where a
    person must judge, it is what stands without that person: the ceiling, what was approved last, or nothing.

    Raises:
        FactIsUnknown: a fact that is needed is not known.
    """
    return tuple(one.approved for one in _judged(situation, grounds))


class _Judged(NamedTuple):
    approved: ApprovedExpense
    #: key of the sentence and reason code, when something speaks against approving it all
    text: str
    code: ReasonCode | None


def _judged(situation: Situation, grounds: Grounds) -> list[_Judged]:
    """Return every cost as it is judged; worked out once for the rule and the calculation."""
    expenses = grounds.need(situation.application.expenses)
    frame = frame_in_force(situation, grounds) if expenses else None
    found: list[_Judged] | None = situation.memory.get("expenses")
    if found is None:
        found = situation.memory["expenses"] = _judge_all(expenses, frame, situation, grounds)
    else:
        for one in found:
            grounds.rest_on(one.approved.basis)
    return found


def _judge_all(expenses: tuple[AppliedExpense, ...], frame: ReferenceFrame | None, situation: Situation, grounds: Grounds) -> list[_Judged]:
    guidelines = situation.law.guidelines.expenses
    table = guidelines.on(situation.day).value
    judged = []
    for expense in expenses:
        rule = table.get(expense.kind)
        part = grounds.part(situation.section("norm"))
        part.need(situation.application.expenses)
        if rule is not None:
            part.note(guidelines, situation.day, rule.kind)
        approved, text, code = _judge(expense, rule, frame, situation, part)
        row = ApprovedExpense(
            kind=expense.kind,
            applied_amount=expense.amount,
            approved_amount=approved,
            is_special=rule is not None and rule.is_special,
            basis=part.basis(),
        )
        judged.append(_Judged(approved=row, text=text, code=code))
    return judged


def _judge(
    expense: AppliedExpense, rule: ExpenseRule | None, frame: ReferenceFrame | None, situation: Situation, grounds: Grounds
) -> tuple[Decimal, str, ReasonCode | None]:
    """Return what can be approved, and what speaks against the rest: key of the sentence and reason code."""
    if expense.amount < _NOTHING:
        return _NOTHING, "expense_negative", ReasonCode.UNREADABLE
    if rule is None:
        return _NOTHING, "expense_kind_unknown", ReasonCode.EXP_JUDGE
    highest = highest_expense(frame, expense.kind)
    if highest is not None:
        grounds.need(situation.record.reference_frame)
        if expense.amount <= highest:
            return expense.amount, "", None
    if rule.treatment is ExpenseTreatment.JUDGE:
        return _NOTHING, "expense_to_judge", ReasonCode.EXP_JUDGE
    ceiling = _ceiling(rule, situation, grounds)
    if rule.is_special:
        return (ceiling, "expense_above_ceiling", ReasonCode.EXP_CAP) if expense.amount > ceiling else (expense.amount, "", None)
    approved_last = [row.approved_amount for row in situation.last_calculation.expenses if row.kind == expense.kind]
    grounds.need(situation.record.last_calculation)
    if expense.amount > ceiling:
        return min(ceiling, sum(approved_last, _NOTHING)) if approved_last else ceiling, "expense_above_ceiling", ReasonCode.EXP_CAP
    is_housing = rule.kind == HOUSING_COST
    if not approved_last:
        return _NOTHING, "expense_new", ReasonCode.HOUSING if is_housing else ReasonCode.EXP_NEW
    if expense.amount > sum(approved_last):
        return sum(approved_last, _NOTHING), "expense_higher", ReasonCode.HOUSING if is_housing else ReasonCode.EXP_JUDGE
    return expense.amount, "", None


def _ceiling(rule: ExpenseRule, situation: Situation, grounds: Grounds) -> Decimal:
    if rule.ceiling is not None:
        is_one_amount = len(rule.ceiling.amounts) == 1
        return rule.ceiling.amounts[0] if is_one_amount else rule.ceiling.at(household_size(situation, grounds))
    rent_ceiling = situation.law.guidelines.rent_ceiling
    by_adults = rent_ceiling.on(situation.day).value
    name, steps = ("one_adult", by_adults.one_adult) if len(situation.parties) == 1 else ("two_adults", by_adults.two_adults)
    children = member_children(situation, grounds)
    grounds.note(rent_ceiling, situation.day, f"{name}.{children}")
    return steps.at(children)


def member_children(situation: Situation, grounds: Grounds) -> int:
    """Return how many children stay long enough to be members of the household; one that stays all the time always is."""
    children = grounds.need(situation.application.children)
    days = situation.law.guidelines.calculation.on(situation.day).value.member_from_days
    return sum(child.residence is Residence.FULL_TIME or child.days >= days for child in children)


def household_size(situation: Situation, grounds: Grounds) -> int:
    """Return how many adults and children are members of the household."""
    return len(situation.parties) + member_children(situation, grounds)


def name_of_expense(kind: str, table: dict[str, ExpenseRule]) -> str:
    """Return the kind, or nothing when a list must not name it: a sensitive kind, or the applicant's own words."""
    rule = table.get(kind)
    return "" if rule is None or rule.is_sensitive else rule.kind


RULES = (
    Rule(subject="norm", ask=housing_is_unchanged),
    Rule(subject="norm", ask=expenses_are_within_the_guidelines),
)
