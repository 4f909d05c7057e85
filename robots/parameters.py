"""Legal values by date: amounts, ages, shares and section numbers, each with its source and how sure it is.

The files are those of config/parameters. A value holds from its first day to its last, both included; where none holds
there is no value, never the one of the year before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from robots.errors import ParameterNotInForce, SettingsInvalid
from robots.yaml_file import Item, YamlFile

V = TypeVar("V")
W = TypeVar("W", Decimal, str)

_CHILD_AGES = "ages.child_"
_FIRST_AGE, _LAST_AGE = "_first", "_last"
_WHOLE_PERCENT = Decimal(100)


class Status(StrEnum):
    """How sure a value is."""

    OFFICIAL = "official"
    SECONDARY = "secondary"
    DERIVED = "derived"


class Unit(StrEnum):
    """What a value counts; `section` is a text, all others are numbers."""

    KRONOR_PER_MONTH = "SEK/month"
    KRONOR_PER_YEAR = "SEK/year"
    PERCENT = "percent"
    YEARS = "years"
    MONTHS = "months"
    SECTION = "section"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Generic[V]):
    """What a parameter was or is in one period."""

    #: name of the parameter and first day, e.g. `riksnorm.single@2026-01-01`, by which findings and figures point at the value
    key: str
    valid_from: date
    #: last day; None until further notice
    valid_until: date | None
    value: V
    source: str
    status: Status

    def holds_on(self, day: date) -> bool:
        """Whether the value is in force on the day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class Remembering:
    """What a frozen value has worked out once, so that it is not worked out for every case again.

    The memory is no field: it is not compared, and records and copies are without it.
    """

    __slots__ = ("_memory",)
    _memory: dict[Any, Any]

    @property
    def memory(self) -> dict[Any, Any]:
        """The answers so far, by question."""
        try:
            return self._memory
        except AttributeError:
            object.__setattr__(self, "_memory", {})
            return self._memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Remembering, Generic[V]):
    """A value of the law or of the guidelines through time, oldest first."""

    name: str
    values: tuple[Value[V], ...]
    #: None for a table of the guidelines, whose rows have units of their own
    unit: Unit | None = None

    def on(self, day: date) -> Value[V]:
        """Return the value in force on the day.

        Raises:
            ParameterNotInForce: none is.
        """
        try:
            return self._memory[day]  # type: ignore[no-any-return]  # a memory holds answers of every type
        except (AttributeError, KeyError):
            # Asked for the first time.
            memory = self.memory
        for value in self.values:
            if value.holds_on(day):
                memory[day] = value
                return value
        raise ParameterNotInForce(f"{self.name} has no value for {day.isoformat()}. Enter it in config with its source")

    @property
    def newest(self) -> Value[V]:
        """The value of the latest period, for texts about no certain day."""
        return self.values[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Remembering):
    """Everything under config/parameters; a name is file and row, e.g. `riksnorm.child_4_6`."""

    amounts: dict[str, Parameter[Decimal]]
    sections: dict[str, Parameter[str]]

    @classmethod
    def load(cls, folder: Path) -> Parameters:
        """Read every .yaml file of the folder.

        Raises:
            SettingsInvalid: all mistakes of all files, each with file and line; or no file at all.
        """
        amounts: dict[str, Parameter[Decimal]] = {}
        sections: dict[str, Parameter[str]] = {}
        mistakes = []
        paths = sorted(folder.glob("*.yaml"))
        if not paths:
            raise SettingsInvalid(f"{folder} holds no parameters. Put riksnorm.yaml and the others there")
        for path in paths:
            try:
                file_amounts, file_sections = _read(path)
            except SettingsInvalid as error:
                mistakes.append(error.message)
            else:
                amounts |= file_amounts
                sections |= file_sections
        if mistakes:
            raise SettingsInvalid("\n".join(mistakes))
        return cls(amounts=amounts, sections=sections)

    def amount(self, name: str) -> Parameter[Decimal]:
        """Return the parameter of that name.

        Raises:
            SettingsInvalid: no file holds it.
        """
        return _named(self.amounts, name)

    def section(self, name: str) -> Parameter[str]:
        """Return the section of law of that name.

        Raises:
            SettingsInvalid: no file holds it.
        """
        return _named(self.sections, name)

    def numbered(self, prefix: str) -> Mapping[int, Parameter[Decimal]]:
        """Return the rows whose name is the prefix and a number, by number: `riksnorm.common_` gives 1, 2, 3 and so on."""
        memory = self.memory
        if prefix not in memory:
            rows = {name.removeprefix(prefix): parameter for name, parameter in self.amounts.items() if name.startswith(prefix)}
            memory[prefix] = {int(number): rows[number] for number in sorted((text for text in rows if text.isdigit()), key=int)}
        return memory[prefix]  # type: ignore[no-any-return]  # a memory holds answers of every type

    def child_rows(self, day: date) -> Mapping[int, str]:
        """Return the norm's row of each age in whole years, with lunch at home: 4, 5 and 6 give `child_4_6`.

        Raises:
            ParameterNotInForce: the ages of a row are not known for the day.
        """
        memory = self.memory
        if day not in memory:
            memory[day] = {age: row for row, ages in self.child_ages(day).items() for age in ages}
        return memory[day]  # type: ignore[no-any-return]  # a memory holds answers of every type

    def child_ages(self, day: date) -> Mapping[str, range]:
        """Return the ages in whole years of each of the norm's rows for children; see `child_rows`.

        Raises:
            ParameterNotInForce: the ages of a row are not known for the day.
            SettingsInvalid: a row has a first age and no last one.
        """
        ages: dict[str, range] = {}
        for name, first in self.amounts.items():
            if name.startswith(_CHILD_AGES) and name.endswith(_FIRST_AGE):
                stem = name.removesuffix(_FIRST_AGE)
                last = self.amount(f"{stem}{_LAST_AGE}").on(day).value
                ages[stem.removeprefix("ages.")] = range(int(first.on(day).value), int(last) + 1)
        return ages


def _named(parameters: dict[str, Parameter[V]], name: str) -> Parameter[V]:
    if name not in parameters:
        raise SettingsInvalid(f"config/parameters has no {name}. Enter it with date and source")
    return parameters[name]


def check_order(periods: list[tuple[Item, date, date | None]]) -> None:
    """Report periods that end before they begin, that overlap, or that stand in another order than that of time."""
    latest: date | None = None
    is_open = False
    for item, first, last in periods:
        if last is not None and last < first:
            item.report("ends before it begins")
        if is_open or (latest is not None and first <= latest):
            item.report("begins before the period above has ended")
        is_open = last is None
        latest = last if last is not None else first


def _read(path: Path) -> tuple[dict[str, Parameter[Decimal]], dict[str, Parameter[str]]]:
    file = YamlFile(path)
    top = file.top.fields("schema", "description", "unit", "periods", optional=("row_units",))
    top["schema"].schema(1)
    top["description"].text()
    unit = top["unit"].choice(Unit)
    amounts: dict[str, list[Value[Decimal]]] = {}
    sections: dict[str, list[Value[str]]] = {}
    periods = []
    expected: set[str] | None = None
    for item in top["periods"].items():
        period = item.fields("from", "until", "source", "status", "rows", optional=("sfs", "differing", "new_rows"))
        first, last = period["from"].day(), period["until"].day_or_none()
        periods.append((item, first, last))
        source, status = period["source"].text(), period["status"].choice(Status)
        if "sfs" in period:
            source = f"SFS {period['sfs'].text()}; {source}"
        rows = period["rows"].entries()
        differing = _differing(period.get("differing"), set(rows))
        expected = set(rows) if expected is None else expected | _new_rows(period.get("new_rows"), expected)
        for missing in sorted(expected - set(rows)):
            item.report(f"the row {missing} is missing")
        for added in sorted(set(rows) - expected):
            item.report(f"the row {added} is not in the period above. Name it under new_rows if it begins here")
        for name, cell in rows.items():
            cell_source, cell_status = differing.get(name, (source, status))
            standing = first, last, cell_source, cell_status
            if unit is Unit.SECTION:
                sections.setdefault(name, []).append(_value(path.stem, name, cell.text(), *standing))
            else:
                amount = cell.amount()
                if unit is Unit.PERCENT and amount > _WHOLE_PERCENT:
                    cell.report(f"must be at most {_WHOLE_PERCENT}")
                amounts.setdefault(name, []).append(_value(path.stem, name, amount, *standing))
    if not periods:
        top["periods"].report("holds no period")
    check_order(periods)
    units = dict.fromkeys(expected or (), unit) | _row_units(top.get("row_units"), expected or set(), unit)
    file.finish()
    return _parameters(path.stem, amounts, units), _parameters(path.stem, sections, units)


def _new_rows(item: Item | None, known: set[str]) -> set[str]:
    """Return the rows that begin with a period later than the first; naming them keeps a misspelt one from passing as new."""
    found = set()
    for row in item.items() if item is not None else ():
        if row.text() in known:
            row.report("the row stands in the period above already")
        found.add(row.text())
    return found


def _row_units(item: Item | None, rows: set[str], unit: Unit) -> dict[str, Unit]:
    """Return the units of the rows that have another than the file's; no such row is a section."""
    found = {}
    for row, value in (item.entries() if item is not None else {}).items():
        found[row] = value.choice(Unit)
        if row not in rows:
            value.report("no row of the last period has that name")
        if Unit.SECTION in {unit, found[row]}:
            value.report("sections have a file of their own")
    return found


def _differing(item: Item | None, rows: set[str]) -> dict[str, tuple[str, Status]]:
    """Return source and status of the rows whose standing differs from that of their period."""
    found: dict[str, tuple[str, Status]] = {}
    for group in item.items() if item is not None else ():
        fields = group.fields("source", "status", "rows")
        standing = fields["source"].text(), fields["status"].choice(Status)
        for row in fields["rows"].items():
            name = row.text()
            if name not in rows:
                row.report("no row of this period has that name")
            if name in found:
                row.report("the row has a differing source already")
            found[name] = standing
    return found


def _value(stem: str, row: str, value: W, first: date, last: date | None, source: str, status: Status) -> Value[W]:
    return Value(key=f"{stem}.{row}@{first}", valid_from=first, valid_until=last, value=value, source=source, status=status)


def _parameters(stem: str, found: dict[str, list[Value[V]]], units: dict[str, Unit]) -> dict[str, Parameter[V]]:
    return {f"{stem}.{row}": Parameter(name=f"{stem}.{row}", values=tuple(values), unit=units[row]) for row, values in found.items()}
