"""The chapters of the dated values: the law's, with source and standing, and the municipality's own guidelines in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from robots.citations import cited, name_in_words
from robots.guidelines import (
    HOUSING_COST,
    ActivityRequirement,
    CountingRule,
    ExpenseRule,
    ExpenseTreatment,
    IncomeRule,
    IncomeTreatment,
    RentCeiling,
    SampleRule,
    Steps,
)
from robots.parameters import Parameter, Status, Unit, Value
from robots.rules import Law
from robots.texts import Texts

V = TypeVar("V")

#: first in the chapter, in this order; what else config/parameters holds follows
_TABLES = ("riksnorm", "prisbasbelopp", "jobbstimulans", "jobbstimulans_time", "ages")
_AGES, _NORM = "ages", "riksnorm"
_FIRST, _LAST = "_first", "_last"


def parameters_chapter(law: Law, texts: Texts) -> dict[str, Any]:
    """Return every dated value of the law but the section numbers, which stand with the rules."""
    amounts = law.parameters.amounts
    stems = dict.fromkeys((*_TABLES, *(name.partition(".")[0] for name in amounts)))
    standing = Counter(value.status for parameter in amounts.values() for value in parameter.values)
    return {
        "values": sum(standing.values()),
        "statuses": [
            {
                "status": status.value,
                "label": texts.say(f"cited.status.{status}"),
                "means": texts.say(f"book.parameters.{status}_means"),
                "values": standing[status],
            }
            for status in Status
        ],
        "tables": [_table(stem, [one for name, one in amounts.items() if name.partition(".")[0] == stem], law, texts) for stem in stems],
    }


def _table(stem: str, parameters: list[Parameter[Decimal]], law: Law, texts: Texts) -> dict[str, Any]:
    rows = [_row(parameter, law, texts) for parameter in parameters]
    periods = sorted({(value["from"], value["until"] or "") for row in rows for value in row["values"]})
    unit = parameters[0].unit if parameters else None
    return {
        "name": stem,
        "title": texts.texts.get(f"book.parameters.table.{stem}", stem),
        "about": texts.texts.get(f"book.parameters.about.{stem}", ""),
        "unit": unit.value if unit is not None else None,
        "rows": rows,
        "periods": [{"from": first, "until": until or None, "sources": _sources(first, rows)} for first, until in periods],
    }


def _row(parameter: Parameter[Decimal], law: Law, texts: Texts) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "label": _label(parameter, law, texts),
        "values": [_value(value, parameter.unit, texts) for value in parameter.values],
    }


def _label(parameter: Parameter[Decimal], law: Law, texts: Texts) -> str:
    stem, _, name = parameter.name.partition(".")
    if stem == _AGES:
        for suffix, key in ((_FIRST, "first_age"), (_LAST, "last_age")):
            row = law.parameters.amounts.get(f"{_NORM}.{name.removesuffix(suffix)}")
            if row is not None and name.endswith(suffix):
                return texts.say(f"book.parameters.{key}", row=_label(row, law, texts))
        if f"book.parameters.{name}" in texts.texts:
            return texts.say(f"book.parameters.{name}")
    said = name_in_words(cited(parameter.newest.key, law), texts)
    # `riksnormen, en vuxen`: a table of the norm need not say of each row that it is one of the norm.
    return said.partition(", ")[2] if stem == _NORM else said


def _value(value: Value[Decimal], unit: Unit | None, texts: Texts) -> dict[str, Any]:
    # The heading of a table of amounts says that they are kronor.
    is_money = unit in {Unit.KRONOR_PER_MONTH, Unit.KRONOR_PER_YEAR}
    written = texts.number(value.value) if is_money else _plain(value.value, texts)
    return {
        "from": value.valid_from.isoformat(),
        "until": _until(value),
        "value": str(value.value),
        "written": written if is_money or unit is None else texts.say(f"cited.unit.{unit.name.lower()}", value=written),
        "source": value.source,
        "status": value.status.value,
    }


def _plain(number: Decimal, texts: Texts) -> str:
    return str(number).replace(".", texts.say("cited.decimal_sign"))


def _sources(first: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sources of a period, each with the rows that it holds for, and whether these are all or the greater part."""
    held = [(row, value) for row in rows for value in row["values"] if value["from"] == first]
    found: dict[tuple[str, str], list[str]] = {}
    for row, value in held:
        found.setdefault((value["source"], value["status"]), []).append(row["label"])
    return [
        {"source": source, "status": status, "rows": labels, "is_all": len(labels) == len(held), "is_rest": len(held) > 2 * (len(held) - len(labels))}
        for (source, status), labels in found.items()
    ]


def _until(value: Value[Any]) -> str | None:
    return None if value.valid_until is None else value.valid_until.isoformat()


# --- what the municipality decides ------------------------------------------------------------------------------------


def guidelines_chapter(law: Law, texts: Texts) -> dict[str, Any]:
    """Return the guidelines by subject and date; the seed of the draw stays out, since whoever has it can foresee the draw."""
    guidelines = law.guidelines
    return {
        "rent_ceiling": _periods(guidelines.rent_ceiling, lambda value: _rent_ceiling(value, texts)),
        "expenses": _periods(guidelines.expenses, lambda value: {"kinds": [_expense(rule, texts) for rule in value.values()]}),
        "incomes": _periods(guidelines.incomes, lambda value: {"kinds": [_income(rule, texts) for rule in value.values()]}),
        "calculation": _periods(guidelines.calculation, lambda value: _counting(value, texts)),
        "sample": _periods(guidelines.sample, lambda value: _sample(value, texts)),
        "activity_requirement": _periods(guidelines.activity_requirement, lambda value: _activity(value, texts)),
        "norm_brought_forward": [
            {
                "norm_of": one.norm_of.isoformat(),
                "applies_from": one.applies_from.isoformat(),
                "source": one.source,
                "words": texts.say("book.guidelines.brought_forward_one", norm_of=texts.day(one.norm_of), applies_from=texts.day(one.applies_from)),
            }
            for one in guidelines.norm_brought_forward
        ],
        "promises": [
            texts.say("book.guidelines.promise", days=str(guidelines.promise_working_days)),
            texts.say("book.guidelines.handoff_due", days=str(guidelines.handoff_due_working_days)),
            texts.say("book.guidelines.completion", days=str(guidelines.completion_days)),
        ],
    }


def _periods(parameter: Parameter[V], describe: Callable[[V], dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"from": value.valid_from.isoformat(), "until": _until(value), "source": value.source, **describe(value.value)} for value in parameter.values
    ]


def _rent_ceiling(ceiling: RentCeiling, texts: Texts) -> dict[str, Any]:
    most = max(_last_step(ceiling.one_adult), _last_step(ceiling.two_adults))
    first = min(ceiling.one_adult.first, ceiling.two_adults.first)
    return {
        "rows": [
            {
                "children": str(number) if number < most else texts.say("book.guidelines.or_more", number=str(number)),
                "one_adult": texts.amount(ceiling.one_adult.at(number)),
                "two_adults": texts.amount(ceiling.two_adults.at(number)),
            }
            for number in range(first, most + 1)
        ]
    }


def _last_step(steps: Steps) -> int:
    return steps.first + len(steps.amounts) - 1


def _expense(rule: ExpenseRule, texts: Texts) -> dict[str, Any]:
    is_counted = rule.treatment is ExpenseTreatment.COUNT
    treatment = texts.say("book.guidelines.counted_expense" if is_counted else "book.guidelines.judged_expense")
    return {
        "kind": rule.kind,
        "treatment": f"{treatment}; {texts.say('book.guidelines.is_special')}" if rule.is_special else treatment,
        "ceiling": [texts.say("book.guidelines.see_rent")] if rule.kind == HOUSING_COST and rule.ceiling is None else _ceiling(rule.ceiling, texts),
    }


def _ceiling(ceiling: Steps | None, texts: Texts) -> list[str]:
    if ceiling is None:
        return []
    if len(ceiling.amounts) == 1:
        return [texts.amount(ceiling.amounts[0])]
    last = _last_step(ceiling)
    return [
        texts.say("book.guidelines.persons" if number < last else "book.guidelines.persons_or_more", number=str(number), amount=texts.amount(amount))
        for number, amount in enumerate(ceiling.amounts, start=ceiling.first)
    ]


def _income(rule: IncomeRule, texts: Texts) -> dict[str, Any]:
    treatment = texts.say(f"cited.treatment.{rule.treatment}")
    change = ""
    if rule.treatment is IncomeTreatment.COUNT and rule.change_percent is not None:
        percent = _plain(rule.change_percent, texts)
        change = texts.say("book.guidelines.change_percent", percent=percent) if rule.change_percent else texts.say("book.guidelines.change_none")
    return {
        "kind": rule.kind,
        "treatment": f"{treatment}; {texts.say('book.guidelines.is_wage')}" if rule.is_wage else treatment,
        "register": rule.register.value if rule.register is not None else texts.say("book.guidelines.no_register"),
        "change": change,
    }


def _counting(rule: CountingRule, texts: Texts) -> dict[str, Any]:
    surplus = "surplus_pays" if rule.surplus_pays_special_costs else "surplus_does_not_pay"
    return {
        "words": [
            texts.say("book.guidelines.age_counted"),
            texts.say("book.guidelines.member_from", days=str(rule.member_from_days)),
            texts.say("book.guidelines.year_days", days=str(rule.year_days)),
            texts.say("book.guidelines.rounding"),
            texts.say(f"book.guidelines.{surplus}"),
        ]
    }


def _sample(rule: SampleRule, texts: Texts) -> dict[str, Any]:
    if not rule.percent:
        return {"percent": "0", "words": [texts.say("book.guidelines.sample_none")]}
    percent = texts.say("book.guidelines.sample_percent", percent=_plain(rule.percent, texts))
    return {"percent": str(rule.percent), "words": [percent, texts.say("book.guidelines.seed")]}


def _activity(requirement: ActivityRequirement, texts: Texts) -> dict[str, Any]:
    return {"judged_by": requirement.value, "words": [texts.say(f"book.guidelines.activity_{requirement}")]}
