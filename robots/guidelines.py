"""What the municipality itself decides, by date: ceilings, costs, incomes, samples, activity and how the calculation counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from robots.parameters import Parameter, Status, Value, check_order
from robots.yaml_file import Item, YamlFile

V = TypeVar("V")

HOUSING_COST = "boendekostnad"
_RENT_CEILING = "rent_ceiling"
_WHOLE_PERCENT = Decimal(100)
#: A share of the cases finer than a hundredth of a percent says nothing.
_SAMPLE_DECIMALS = 2
#: A norm is made known in November of the year before; one that is used earlier than so many months before its year is a slip of the pen.
_MONTHS_BROUGHT_FORWARD = 3
_MONTHS_OF_YEAR = 12
_DAYS_OF_YEAR = (365, 366)
_DAYS_OF_MONTH = 31
#: Tells of membership in a union, which no compilation may ever hold (lag 2001:454 7 a §): not for a municipality to decide.
_UNION_FEE = "fackavgift"
#: By law it does not change what is granted (SoL 12 kap. 7 a §).
_FRITIDSKORT = "fritidskort"


class ExpenseTreatment(StrEnum):
    """What becomes of a cost applied for."""

    COUNT = "count"
    JUDGE = "judge"


class IncomeTreatment(StrEnum):
    """What becomes of an income."""

    COUNT = "count"
    IGNORE = "ignore"
    PERSON = "person"


class Agency(StrEnum):
    """Who pays and so must confirm an income."""

    CSN = "CSN"
    FK = "FK"
    PM = "PM"
    SKV = "SKV"
    SO = "SO"


class CountingDay(StrEnum):
    """The day on which a child's age is counted."""

    FIRST_DAY_OF_MONTH = "first_day_of_month"


class Rounding(StrEnum):
    """How amounts are rounded; half a krona goes up."""

    NEAREST_KRONA = "nearest_krona"


class ActivityRequirement(StrEnum):
    """What shows that somebody does what the activity requirement asks for."""

    #: that the plan is followed
    PLAN = "plan"
    #: a person's judgement, in every case
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Amounts by a number of people; the last step holds for every greater number too."""

    first: int
    amounts: tuple[Decimal, ...]

    def at(self, number: int) -> Decimal:
        """Return the amount for so many people; fewer than the first step count as the first."""
        return self.amounts[max(0, min(number - self.first, len(self.amounts) - 1))]


@dataclass(frozen=True, slots=True, kw_only=True)
class RentCeiling:
    """Highest reasonable housing cost, kronor a month, by the number of children who are members of the household."""

    one_adult: Steps
    two_adults: Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpenseRule:
    """What holds for one kind of cost."""

    kind: str
    treatment: ExpenseTreatment
    #: kronor a month by household size; None for a cost that is judged, and for the housing cost, whose ceiling stands apart
    ceiling: Steps | None
    #: whether it is one of levnadskostnader i övrigt
    is_special: bool
    #: whether the kind itself tells of health or union membership and so stays out of every list
    is_sensitive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeRule:
    """What holds for one kind of income."""

    kind: str
    treatment: IncomeTreatment
    #: the agency that must confirm it; None when no register holds it
    register: Agency | None
    #: how much it may change without a person looking, percent; None when it is not counted
    change_percent: Decimal | None
    is_wage: bool
    is_sensitive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingRule:
    """How the calculation counts where the law leaves it to the municipality."""

    #: a child that stays at least so many days of the month is a member of the household
    member_from_days: int
    #: days of the year by which a monthly amount becomes a daily one
    year_days: int
    surplus_pays_special_costs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRule:
    """Which of the standard cases a person looks at before anything is decided."""

    #: share of the cases, 0 to 100, with at most two decimals
    percent: Decimal
    #: makes the draw one that can be done again, and one that nobody outside can foresee
    seed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtForward:
    """A norm year that the municipality uses before it begins."""

    #: first day of the norm year
    norm_of: date
    #: first day of the first month that gets it
    applies_from: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidelines:
    """Everything in config/guidelines.yaml."""

    municipality: str
    board: str
    rent_ceiling: Parameter[RentCeiling]
    #: by kind, as the e-service writes it
    expenses: Parameter[dict[str, ExpenseRule]]
    #: by kind, as the e-service and the registers write it
    incomes: Parameter[dict[str, IncomeRule]]
    calculation: Parameter[CountingRule]
    sample: Parameter[SampleRule]
    activity_requirement: Parameter[ActivityRequirement]
    #: oldest first
    norm_brought_forward: tuple[BroughtForward, ...]
    promise_working_days: int
    handoff_due_working_days: int
    #: how many days an applicant has who is asked to complete the application
    completion_days: int = 14

    @classmethod
    def load(cls, path: Path) -> Guidelines:
        """Read the file.

        Raises:
            SettingsInvalid: all mistakes, each with file and line.
        """
        file = YamlFile(path)
        top = file.top.fields(
            "schema",
            "municipality",
            "board",
            "rent_ceiling",
            "expenses",
            "incomes",
            "calculation",
            "sample",
            "activity_requirement",
            "norm_brought_forward",
            "promise_working_days",
            "handoff_due_working_days",
            optional=("completion_days",),
        )
        top["schema"].schema(1)
        guidelines = cls(
            municipality=top["municipality"].text(),
            board=top["board"].text(),
            rent_ceiling=_dated(top["rent_ceiling"], ("one_adult", "two_adults"), _rent_ceiling),
            expenses=_dated(top["expenses"], ("kinds",), _expenses),
            incomes=_dated(top["incomes"], ("kinds",), _incomes),
            calculation=_dated(
                top["calculation"],
                ("child_age_counted_on", "member_from_days", "year_days", "round_to", "surplus_pays_special_costs"),
                _counting,
            ),
            sample=_dated(top["sample"], ("percent", "seed"), _sample),
            activity_requirement=_dated(top["activity_requirement"], ("judged_by",), lambda fields: fields["judged_by"].choice(ActivityRequirement)),
            norm_brought_forward=_brought_forward(top["norm_brought_forward"]),
            promise_working_days=top["promise_working_days"].whole_number(),
            handoff_due_working_days=top["handoff_due_working_days"].whole_number(),
            completion_days=top["completion_days"].whole_number() if "completion_days" in top else 14,
        )
        file.finish()
        return guidelines


def _sample(fields: dict[str, Item]) -> SampleRule:
    percent = fields["percent"].amount()
    if percent > _WHOLE_PERCENT:
        fields["percent"].report(f"must be at most {_WHOLE_PERCENT}")
    if percent != round(percent, _SAMPLE_DECIMALS):
        fields["percent"].report(f"must have at most {_SAMPLE_DECIMALS} decimals")
    return SampleRule(percent=percent, seed=fields["seed"].text())


def _brought_forward(item: Item) -> tuple[BroughtForward, ...]:
    found: list[BroughtForward] = []
    for member in item.items():
        fields = member.fields("norm_of", "applies_from", "source")
        norm_of, applies_from = fields["norm_of"].day(), fields["applies_from"].day()
        found.append(BroughtForward(norm_of=norm_of, applies_from=applies_from, source=fields["source"].text()))
        if date.min in {norm_of, applies_from}:
            continue
        if (norm_of.month, norm_of.day) != (1, 1):
            fields["norm_of"].report("must be the first day of a norm year, such as 2027-01-01")
        months = (norm_of.year - applies_from.year) * _MONTHS_OF_YEAR + norm_of.month - applies_from.month
        if applies_from.day != 1:
            fields["applies_from"].report("must be the first day of a month")
        if applies_from >= norm_of:
            fields["applies_from"].report("must lie before norm_of")
        elif months > _MONTHS_BROUGHT_FORWARD:
            fields["applies_from"].report(f"must lie at most {_MONTHS_BROUGHT_FORWARD} months before norm_of")
        if len(found) > 1 and applies_from < found[-2].norm_of:
            member.report("begins before the norm year above has begun")
    return tuple(found)


def _dated(item: Item, keys: tuple[str, ...], read: Callable[[dict[str, Item]], V]) -> Parameter[V]:
    """Return the records of a list, each of which holds until the next begins."""
    records = []
    periods: list[tuple[Item, date, date | None]] = []
    for member in item.items():
        fields = member.fields("from", "source", *keys)
        first = fields["from"].day()
        periods.append((member, first, first))
        records.append((first, fields["source"].text(), read(fields)))
    if not records:
        item.report("holds no period")
    check_order(periods)
    name = f"guidelines.{item.place}"
    values = []
    for number, (first, source, value) in enumerate(records):
        is_last = number + 1 == len(records)
        until = None if is_last else _day_before(records[number + 1][0])
        key = f"{name}@{first}"
        values.append(Value(key=key, valid_from=first, valid_until=until, value=value, source=source, status=Status.OFFICIAL))
    return Parameter(name=name, values=tuple(values))


def _day_before(day: date) -> date:
    return day if day == date.min else date.fromordinal(day.toordinal() - 1)


def _steps(item: Item, word: str) -> Steps:
    """Read `word_0: …, word_1: …, word_2_or_more: …`: numbers without a gap, and only the last with `or_more`."""
    entries = item.entries()
    first = 0
    amounts = []
    for position, (key, value) in enumerate(entries.items()):
        is_last = position + 1 == len(entries)
        number_text = key.removeprefix(f"{word}_").removesuffix("_or_more")
        if position == 0 and number_text.isdigit():
            first = int(number_text)
        if key != f"{word}_{first + position}{'_or_more' if is_last else ''}":
            item.report(f"must be {word}_N for N, N+1 and so on, the last one {word}_N_or_more")
        amounts.append(value.amount())
    if not amounts:
        item.report("holds no amount")
    return Steps(first=first, amounts=tuple(amounts) or (Decimal(0),))


def _rent_ceiling(fields: dict[str, Item]) -> RentCeiling:
    return RentCeiling(one_adult=_steps(fields["one_adult"], "children"), two_adults=_steps(fields["two_adults"], "children"))


def _expenses(fields: dict[str, Item]) -> dict[str, ExpenseRule]:
    return {kind: _expense(kind, item) for kind, item in fields["kinds"].entries().items()}


def _expense(kind: str, item: Item) -> ExpenseRule:
    fields = item.fields("treat", optional=("ceiling", "special", "sensitive"))
    treatment = fields["treat"].choice(ExpenseTreatment)
    is_counted = treatment is ExpenseTreatment.COUNT
    if is_counted != ("ceiling" in fields):
        item.report("a cost that counts has a ceiling, a cost that is judged has none")
    ceiling = None
    if "ceiling" in fields:
        has_rent_ceiling = fields["ceiling"].is_text and fields["ceiling"].text() == _RENT_CEILING
        if has_rent_ceiling != (kind == HOUSING_COST):
            fields["ceiling"].report(f"{_RENT_CEILING} is the ceiling of {HOUSING_COST}, and of nothing else")
        elif not has_rent_ceiling:
            is_one_amount = fields["ceiling"].is_text
            ceiling = Steps(first=1, amounts=(fields["ceiling"].amount(),)) if is_one_amount else _steps(fields["ceiling"], "persons")
    is_sensitive = "sensitive" in fields and fields["sensitive"].flag()
    if kind == _UNION_FEE and not is_sensitive:
        item.report(f"{_UNION_FEE} must be sensitive: no list may ever tell of membership in a union")
    return ExpenseRule(
        kind=kind,
        treatment=treatment,
        ceiling=ceiling,
        is_special="special" in fields and fields["special"].flag(),
        is_sensitive=is_sensitive,
    )


def _incomes(fields: dict[str, Item]) -> dict[str, IncomeRule]:
    return {kind: _income(kind, item) for kind, item in fields["kinds"].entries().items()}


def _income(kind: str, item: Item) -> IncomeRule:
    fields = item.fields("treat", optional=("register", "change_percent", "is_wage", "sensitive"))
    treatment = fields["treat"].choice(IncomeTreatment)
    if (treatment is IncomeTreatment.COUNT) != ("change_percent" in fields):
        item.report("an income that counts has change_percent, any other has not")
    if kind == _FRITIDSKORT and treatment is not IncomeTreatment.IGNORE:
        fields["treat"].report(f"{_FRITIDSKORT} must be {IncomeTreatment.IGNORE}: by law it does not change what is granted")
    change_percent = fields["change_percent"].amount() if "change_percent" in fields else None
    if change_percent is not None and change_percent > _WHOLE_PERCENT:
        fields["change_percent"].report(f"must be at most {_WHOLE_PERCENT}")
    return IncomeRule(
        kind=kind,
        treatment=treatment,
        register=fields["register"].choice(Agency) if "register" in fields else None,
        change_percent=change_percent,
        is_wage="is_wage" in fields and fields["is_wage"].flag(),
        is_sensitive="sensitive" in fields and fields["sensitive"].flag(),
    )


def _counting(fields: dict[str, Item]) -> CountingRule:
    # One choice each so far: they stand in the file so that nobody has to look for them in the code.
    fields["child_age_counted_on"].choice(CountingDay)
    fields["round_to"].choice(Rounding)
    year_days = fields["year_days"].whole_number()
    if year_days not in _DAYS_OF_YEAR and _is_number(fields["year_days"]):
        fields["year_days"].report(f"must be {' or '.join(str(days) for days in _DAYS_OF_YEAR)}")
    member_from_days = fields["member_from_days"].whole_number(at_most=_DAYS_OF_MONTH)
    if member_from_days == 0 and _is_number(fields["member_from_days"]):
        # A child that does not stay a single day would be a member of the household.
        fields["member_from_days"].report("must be more than zero")
    return CountingRule(
        member_from_days=member_from_days,
        year_days=year_days,
        surplus_pays_special_costs=fields["surplus_pays_special_costs"].flag(),
    )


def _is_number(item: Item) -> bool:
    """Whether a whole number stands there: of anything else one mistake is enough."""
    return item.is_text and item.text().isdigit()
