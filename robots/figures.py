"""The calculation as people read it: a line for each figure, in the order in which it is reckoned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from robots.assessment import Calculation, ChildIncome, CountedIncome, PersonalCost
from robots.texts import Texts

_NOTHING = Decimal(0)
#: characters after which a long label no longer moves the amounts of all other lines to the right
_LONGEST_LABEL = 56
#: in `CountedIncome.basis.facts` when a caseworker has spread the income over several months
_SPREAD = "case.spread_incomes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the calculation."""

    #: where the figure stands in `Calculation`: `personal.0`, `common`, `norm_sum`
    place: str
    label: str
    #: kronor; incomes as they count, without a sign
    amount: Decimal
    #: how the amount came about, where that is not plain
    note: str = ""
    is_sum: bool = False
    #: whether it is taken from the sum before it
    is_income: bool = False


def figures(calculation: Calculation, texts: Texts) -> tuple[Figure, ...]:
    """Return every figure that people need in order to follow the calculation."""
    is_deficit = calculation.balance < _NOTHING
    balance = Figure(
        place="balance", label=texts.say("calculation.deficit" if is_deficit else "calculation.surplus"), amount=abs(calculation.balance), is_sum=True
    )
    return (
        *_norm(calculation, texts),
        *_expenses(calculation, texts, is_special=False),
        *(_income(number, income, texts) for number, income in enumerate(calculation.incomes)),
        *(_child_income(number, income, texts) for number, income in enumerate(calculation.children_incomes)),
        balance,
        *_expenses(calculation, texts, is_special=True),
        Figure(place="amount", label=texts.say("calculation.amount"), amount=calculation.amount, is_sum=True),
    )


def calculation_lines(calculation: Calculation, texts: Texts) -> tuple[str, ...]:
    """Return the calculation, a line for each figure, in the order in which it is reckoned."""
    return tuple(
        f"{figure.label}: {texts.amount(figure.amount)}" + (f" ({figure.note})" if figure.note else "") for figure in figures(calculation, texts)
    )


def aligned_lines(calculation: Calculation, texts: Texts) -> tuple[str, ...]:
    """Return the calculation with its amounts below one another, incomes with a minus sign, notes on lines of their own."""
    lines = [(figure, f"{'-' if figure.is_income and figure.amount else ''}{texts.amount(figure.amount)}") for figure in figures(calculation, texts)]
    label_width = min(_LONGEST_LABEL, max(len(figure.label) for figure, _ in lines))
    amount_width = max(len(amount) for _, amount in lines)
    aligned = []
    for figure, amount in lines:
        aligned.append(f"{figure.label:<{label_width}}  {amount:>{amount_width}}")
        if figure.note:
            aligned.append(f"  ({figure.note})")
    return tuple(aligned)


def is_spread(income: CountedIncome) -> bool:
    """Whether a caseworker has spread the income over several months, so that a part of it counts in each."""
    return _SPREAD in income.basis.facts


def _norm(calculation: Calculation, texts: Texts) -> Iterator[Figure]:
    for number, cost in enumerate(calculation.personal):
        # Both adults of a couple share one amount; the second row is there for the household only.
        if cost.amount or cost.norm_row != "couple":
            yield Figure(place=f"personal.{number}", label=_personal_label(cost, texts), amount=cost.amount)
    common = calculation.common
    is_share = common.persons_in_dwelling > common.household_size
    label = texts.say(
        "calculation.common_share" if is_share else "calculation.common", size=str(common.household_size), persons=str(common.persons_in_dwelling)
    )
    yield Figure(place="common", label=label, amount=common.amount)
    yield Figure(place="norm_sum", label=texts.say("calculation.norm"), amount=calculation.norm_sum, is_sum=True)


def _personal_label(cost: PersonalCost, texts: Texts) -> str:
    if cost.norm_row == "couple":
        return texts.say("calculation.personal_couple")
    member = member_in_words(cost.member, texts)
    if cost.days is None:
        return texts.say("calculation.personal", member=member)
    return texts.say("calculation.personal_days", member=member, days=str(cost.days))


def member_in_words(member: str, texts: Texts) -> str:
    """Return `sökande`, `medsökande` or `barn 1` in the language of the texts."""
    word, _, number = member.partition(" ")
    return texts.say(f"member.{word}", number=number)


def _expenses(calculation: Calculation, texts: Texts, *, is_special: bool) -> Iterator[Figure]:
    key = "calculation.special" if is_special else "calculation.expense"
    for number, expense in enumerate(calculation.expenses):
        if expense.is_special is is_special:
            is_cut = expense.approved_amount < expense.applied_amount
            note = texts.say("calculation.applied", applied=texts.amount(expense.applied_amount)) if is_cut else ""
            yield Figure(place=f"expenses.{number}", label=texts.say(key, kind=expense.kind), amount=expense.approved_amount, note=note)


def _income(number: int, income: CountedIncome, texts: Texts) -> Figure:
    key = "calculation.income_spread" if is_spread(income) else "calculation.income"
    label = texts.say(key, kind=income.kind, party=texts.say(f"party.{income.party}"), day=texts.day(income.paid_on))
    return Figure(
        place=f"incomes.{number}", label=label, amount=income.counted, note=_note("calculation.jobbstimulans", income, texts), is_income=True
    )


def _child_income(number: int, income: ChildIncome, texts: Texts) -> Figure:
    label = texts.say("calculation.income", kind=income.kind, party=member_in_words(income.member, texts), day=texts.day(income.paid_on))
    note = _note("calculation.child_income", income, texts)
    return Figure(place=f"children_incomes.{number}", label=label, amount=income.counted, note=note, is_income=True)


def _note(key: str, income: CountedIncome | ChildIncome, texts: Texts) -> str:
    if not income.disregarded:
        return ""
    return texts.say(key, net=texts.amount(income.net_amount), disregarded=texts.amount(income.disregarded))
