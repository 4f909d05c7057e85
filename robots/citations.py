"""The keys by which findings and figures cite dated values, and what each stands for: value, unit, source, how sure it is, and when it holds.

A key is name and first day of validity, and for a table of the guidelines the row: `riksnorm.single@2026-01-01`,
`guidelines.incomes@2024-01-01#barnbidrag`, `guidelines.rent_ceiling@2024-01-01#one_adult.2` (two children).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from robots.guidelines import Steps
from robots.parameters import Parameter, Status, Unit
from robots.records import to_record
from robots.rules import Law
from robots.texts import Texts

_GUIDELINES = "guidelines."
_ANSWERS = {True: "yes", False: "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A dated value that a finding or a figure rests on."""

    key: str
    #: e.g. `riksnorm.single`, `guidelines.incomes`
    name: str
    #: row of a table of the guidelines, e.g. `barnbidrag`; empty for a value without rows
    row: str
    #: as data: `3940`, `SoL 12 kap. 7 §`; empty when the row holds several values
    value: str
    #: the values of a row that holds several, by their names in the guidelines: `treatment`, `register`, `change_percent`
    fields: dict[str, str]
    unit: Unit | None
    source: str
    status: Status
    valid_from: date
    #: last day; None until further notice
    valid_until: date | None

    @property
    def is_municipal(self) -> bool:
        """Whether the municipality itself decides the value."""
        return self.name.startswith(_GUIDELINES)


def cited(key: str, law: Law) -> Cited:
    """Return what a key of `Basis.parameters` stands for.

    Raises:
        ValueError: the law has no such value.
    """
    name, _, rest = key.partition("@")
    day, _, row = rest.partition("#")
    try:
        parameter = _parameter(name, law)
        found = parameter.on(date.fromisoformat(day))
        value = _row_of(found.value, row) if row else found.value
    except (AttributeError, KeyError, ValueError) as error:
        raise ValueError(f"{key} cites a value that this rule set does not hold") from error
    if found.valid_from.isoformat() != day:
        raise ValueError(f"{key} cites a period that this rule set does not hold")
    fields = _fields(value)
    return Cited(
        key=key,
        name=name,
        row=row,
        value="" if fields else _text(value),
        fields=fields,
        unit=_unit(parameter, row, value),
        source=found.source,
        status=found.status,
        valid_from=found.valid_from,
        valid_until=found.valid_until,
    )


def in_words(one: Cited, texts: Texts) -> str:
    """Return the value as people write it: `3 940 kr i månaden`, `räknas, ska bekräftas av FK, får ändras med högst 12 procent`."""
    if f"cited.{one.row}" in texts.texts:
        return texts.say(f"cited.{one.row}", value=one.value)
    if not one.fields:
        return _with_unit(one.value, one.unit, texts)
    said = (_field_in_words(name, value, texts) for name, value in one.fields.items())
    return ", ".join(words for words in said if words)


def name_in_words(one: Cited, texts: Texts) -> str:
    """Return what the value is: `riksnormen, barn 4–6 år`, `kommunens riktlinjer, inkomsten barnbidrag`; its name where there are no words."""
    table, _, name = one.name.partition(".")
    key, values = f"cited.name.{one.name}", {"row": one.row}
    if name.startswith("child_") and table == "riksnorm":
        ages, has_no_lunch = name.removeprefix("child_").removesuffix("_no_lunch"), name.endswith("_no_lunch")
        key, values = f"cited.name.riksnorm.{'child_no_lunch' if has_no_lunch else 'child'}", {"ages": ages.replace("_", "–")}
    elif name.startswith("common_"):
        key, values = "cited.name.riksnorm.common", {"persons": name.removeprefix("common_")}
    elif one.name == "guidelines.rent_ceiling":
        adults, _, children = one.row.partition(".")
        key, values = f"cited.name.guidelines.{adults}", {"row": children}
    return texts.say(key, **values) if key in texts.texts else f"{one.name} {one.row}".strip()


def _parameter(name: str, law: Law) -> Parameter[Any]:
    if name.startswith(_GUIDELINES):
        parameter = getattr(law.guidelines, name.removeprefix(_GUIDELINES))
        if not isinstance(parameter, Parameter):
            raise AttributeError(name)
        return parameter
    return law.parameters.amounts[name] if name in law.parameters.amounts else law.parameters.sections[name]


def _row_of(table: Any, row: str) -> Any:
    """Return a row of a table: by its kind, by the name of a field, or `one_adult.2` for the step at two."""
    if isinstance(table, dict):
        return table[row]
    name, _, number = row.partition(".")
    value = getattr(table, name)
    return value.at(int(number)) if isinstance(value, Steps) else value


def _fields(value: Any) -> dict[str, str]:
    if not hasattr(value, "__dataclass_fields__"):
        return {}
    return {name: text for name in value.__dataclass_fields__ if (text := _text(getattr(value, name))) and name != "kind"}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _ANSWERS[value]
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Steps):
        return " / ".join(str(amount) for amount in value.amounts)
    return str(value if isinstance(value, (str, int, Decimal)) else to_record(type(value), value))


def _unit(parameter: Parameter[Any], row: str, value: Any) -> Unit | None:
    if parameter.unit is not None:
        return parameter.unit
    if row and isinstance(value, Decimal):
        return Unit.KRONOR_PER_MONTH
    return None


def _with_unit(value: str, unit: Unit | None, texts: Texts) -> str:
    if unit is None or unit is Unit.SECTION:
        return texts.texts.get(f"cited.answer.{value}", value)
    is_money = unit in {Unit.KRONOR_PER_MONTH, Unit.KRONOR_PER_YEAR}
    number = texts.amount(Decimal(value)) if is_money else value.replace(".", texts.say("cited.decimal_sign"))
    return texts.say(f"cited.unit.{unit.name.lower()}", value=number)


def _field_in_words(name: str, value: str, texts: Texts) -> str:
    """Return one value of a row in words; nothing for what is only there for the program, and for the answer no."""
    if name in {"treatment", "is_special", "is_wage"}:
        return texts.texts.get(f"cited.{name}.{value}", "")
    if (name, value) == ("change_percent", "0"):
        return texts.say("cited.change_none")
    key = "cited.ceiling_steps" if name == "ceiling" and " " in value else f"cited.{name}"
    return texts.say(key, value=value) if key in texts.texts else ""
