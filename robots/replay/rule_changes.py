"""What differs between two sets of rules: amounts, guidelines, sections and lines of delegation, before and after, for certain months."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any, TypeVar

from robots.authority import Delegation, DelegationLine
from robots.case import Month
from robots.citations import Cited, cited
from robots.guidelines import Guidelines, Steps
from robots.parameters import Parameter
from robots.rules import Law

V = TypeVar("V")

_NORM = "riksnorm."
#: steers which cases are drawn: that it is another is told, never what it is
_SEED = ("guidelines.sample", "seed")
_UNTOLD = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a case is assessed by, apart from the program."""

    law: Law
    delegation: Delegation


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """One value that is another after than before, for months that follow on one another among those asked for."""

    #: None where there is no value
    before: Cited | None
    after: Cited | None
    first_month: Month
    last_month: Month

    @property
    def either(self) -> Cited:
        """The value after, or the one before when there is none after: both have the same name."""
        found = self.after or self.before
        if found is None:
            raise RuntimeError("a change has a value before or after")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationChange:
    """A line of the delegation register that is in one of the two only."""

    line: DelegationLine
    is_added: bool


def as_of(law: Law, month: Month) -> Law:
    """Return the law with the amounts and guidelines of one month for every day; sections keep their dates.

    Args:
        law: the law through time.
        month: whose first day's values apply.

    Raises:
        ParameterNotInForce: what a calculation needs is not in force then.
    """
    day = month.first_day
    law.needed_on(day)
    amounts = {name: _always(parameter, _day_of(name, law, day)) for name, parameter in law.parameters.amounts.items()}
    dated: dict[str, Any] = {name: _always(parameter, day) for name, parameter in _guidelines(law.guidelines)}
    guidelines = replace(law.guidelines, norm_brought_forward=(), **dated)
    return replace(law, parameters=replace(law.parameters, amounts=amounts), guidelines=guidelines)


def _always(parameter: Parameter[V], day: date) -> Parameter[V]:
    """Return the parameter with the day's value for ever; with none when there is none."""
    values = tuple(replace(value, valid_from=date.min, valid_until=None) for value in parameter.values if value.holds_on(day))
    return replace(parameter, values=values)


def rule_changes(before: Law, after: Law, months: Sequence[Month]) -> tuple[RuleChange, ...]:
    """Return the values that differ for the months, by name; what changes in other months only is left out.

    Args:
        before: law and guidelines.
        after: the same, changed.
        months: in which to look, oldest first.
    """
    found: dict[tuple[str, str], list[RuleChange]] = {}
    latest: Month | None = None
    for month in months:
        old, new = _values(before, month.first_day), _values(after, month.first_day)
        for name in (*old, *(name for name in new if name not in old)):
            if _says(old.get(name)) == _says(new.get(name)):
                continue
            change = RuleChange(before=_to_tell(old.get(name)), after=_to_tell(new.get(name)), first_month=month, last_month=month)
            changes = found.setdefault(name, [])
            if changes and changes[-1].last_month == latest and _is_same(changes[-1], change):
                changes[-1] = replace(changes[-1], last_month=month)
            else:
                changes.append(change)
        latest = month
    return tuple(change for changes in found.values() for change in changes)


def delegation_changes(before: Delegation, after: Delegation) -> tuple[DelegationChange, ...]:
    """Return the lines that are gone, then those that have come, in the registers' order."""
    gone = [DelegationChange(line=line, is_added=False) for line in before.lines if line not in after.lines]
    come = [DelegationChange(line=line, is_added=True) for line in after.lines if line not in before.lines]
    return (*gone, *come)


def _is_same(one: RuleChange, other: RuleChange) -> bool:
    return (_says(one.before), _says(one.after)) == (_says(other.before), _says(other.after))


def _says(one: Cited | None) -> Any:
    return None if one is None else (one.value, one.fields)


def _to_tell(one: Cited | None) -> Cited | None:
    return replace(one, value=_UNTOLD) if one is not None and (one.name, one.row) == _SEED else one


def _values(law: Law, day: date) -> dict[tuple[str, str], Cited]:
    """Return everything that is in force for a month that begins on the day, by name and row."""
    found: dict[tuple[str, str], Cited] = {}
    for name, parameter in _parameters(law):
        for value in parameter.values:
            if value.holds_on(_day_of(name, law, day)):
                for row in _rows(value.value):
                    key = f"{name}@{value.valid_from.isoformat()}{row and f'#{row}'}"
                    found[name, row] = cited(key, law)
    return found


def _parameters(law: Law) -> Iterator[tuple[str, Parameter[Any]]]:
    yield from law.parameters.amounts.items()
    yield from law.parameters.sections.items()
    yield from ((f"guidelines.{name}", guideline) for name, guideline in _guidelines(law.guidelines))


def _guidelines(guidelines: Guidelines) -> Iterator[tuple[str, Parameter[Any]]]:
    for field in fields(guidelines):
        value = getattr(guidelines, field.name)
        if isinstance(value, Parameter):
            yield field.name, value


def _day_of(name: str, law: Law, day: date) -> date:
    return law.norm_day(day) if name.startswith(_NORM) else day


def _rows(value: Any) -> Iterator[str]:
    """Yield the rows by which `robots.citations` names the parts of a value; the empty one for a value without parts."""
    if isinstance(value, dict):
        yield from value
    elif is_dataclass(value):
        for field in fields(value):
            part = getattr(value, field.name)
            if isinstance(part, Steps):
                yield from (f"{field.name}.{part.first + number}" for number, _ in enumerate(part.amounts))
            else:
                yield field.name
    else:
        yield ""
