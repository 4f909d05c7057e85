"""Legal values by date: amounts, ages, shares and section numbers, each with its source and how sure it is.

The files are those of config/parameters. A value holds from its first day to its last, both included; where none holds
there is no value, never the one of the year before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from robots.errors import ParameterNotInForce, SettingsInvalid
from robots.yaml_file import Item, YamlFile

V = TypeVar("V")
W = TypeVar("W", Decimal, str)


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
    SECTION = "section"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Generic[V]):
    """What a parameter was or is in one period."""

    valid_from: date
    #: last day; None until further notice
    valid_until: date | None
    value: V
    source: str
    status: Status

    def holds_on(self, day: date) -> bool:
        """Whether the value is in force on the day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Generic[V]):
    """A value of the law or of the guidelines through time, oldest first."""

    name: str
    values: tuple[Value[V], ...]

    def on(self, day: date) -> Value[V]:
        """Return the value in force on the day.

        Raises:
            ParameterNotInForce: none is.
        """
        for value in self.values:
            if value.holds_on(day):
                return value
        raise ParameterNotInForce(f"{self.name} has no value for {day.isoformat()}. Enter it in config with its source")

    @property
    def newest(self) -> Value[V]:
        """The value of the latest period, for texts about no certain day."""
        return self.values[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
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

    def numbered(self, prefix: str) -> dict[int, Parameter[Decimal]]:
        """Return the rows whose name is the prefix and a number, by number: `riksnorm.common_` gives 1, 2, 3 and so on."""
        rows = {name.removeprefix(prefix): parameter for name, parameter in self.amounts.items() if name.startswith(prefix)}
        return {int(number): rows[number] for number in sorted((text for text in rows if text.isdigit()), key=int)}


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
    top = file.top.fields("schema", "description", "unit", "periods")
    top["schema"].schema(1)
    top["description"].text()
    unit = top["unit"].choice(Unit)
    amounts: dict[str, list[Value[Decimal]]] = {}
    sections: dict[str, list[Value[str]]] = {}
    periods = []
    rows_of_first: set[str] | None = None
    for item in top["periods"].items():
        period = item.fields("from", "until", "source", "status", "rows", optional=("sfs", "differing"))
        first, last = period["from"].day(), period["until"].day_or_none()
        periods.append((item, first, last))
        source, status = period["source"].text(), period["status"].choice(Status)
        if "sfs" in period:
            source = f"SFS {period['sfs'].text()}; {source}"
        rows = period["rows"].entries()
        differing = _differing(period.get("differing"), set(rows))
        if rows_of_first is None:
            rows_of_first = set(rows)
        for missing in sorted(rows_of_first - set(rows)):
            item.report(f"the row {missing} is missing")
        for added in sorted(set(rows) - rows_of_first):
            item.report(f"the row {added} is not in the first period")
        for name, cell in rows.items():
            cell_source, cell_status = differing.get(name, (source, status))
            if unit is Unit.SECTION:
                _add(sections, name, cell.text(), first, last, cell_source, cell_status)
            else:
                _add(amounts, name, cell.amount(), first, last, cell_source, cell_status)
    if not periods:
        top["periods"].report("holds no period")
    check_order(periods)
    file.finish()
    return _parameters(path.stem, amounts), _parameters(path.stem, sections)


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


def _add(found: dict[str, list[Value[W]]], name: str, value: W, first: date, last: date | None, source: str, status: Status) -> None:
    found.setdefault(name, []).append(Value(valid_from=first, valid_until=last, value=value, source=source, status=status))


def _parameters(stem: str, found: dict[str, list[Value[V]]]) -> dict[str, Parameter[V]]:
    return {f"{stem}.{name}": Parameter(name=f"{stem}.{name}", values=tuple(values)) for name, values in found.items()}
