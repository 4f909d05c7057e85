"""Read config/examples.yaml strictly: every mistake at once, each with file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields as fields_of
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

from robots.assessment import DecisionType, Mode
from robots.case import (
    Application,
    Asset,
    BenefitAnswers,
    CaseRecord,
    CivilStatus,
    FrameExpense,
    FrameIncome,
    Jobbstimulans,
    JobSeeker,
    Month,
    Party,
    Plan,
    PopulationRecord,
    ReferenceFrame,
    RegisteredChild,
    RegisteredMember,
    Residence,
    SpreadIncome,
)
from robots.errors import ReasonCode
from robots.examples.household import Child, ChildIncome, Cost, Earned, Example, ExampleHousehold, Expected, Income, Supposed
from robots.guidelines import ActivityRequirement, Agency, BroughtForward
from robots.rules import RULE_NAMES
from robots.texts import LANGUAGES
from robots.yaml_file import Item, YamlFile

SCHEMA = 1

_MOST_ADULTS, _MOST_PEOPLE, _MOST_MONTHS, _DAYS = 2, 30, 60, 31
_DAY_OF_PAYMENT = 20
_NEGATIVE = re.compile(r"-\d{1,9}(\.\d{1,4})?")
_DWELLING, _SEEKS_WORK = "hyresrätt", "jobbsökande"
_PARTS = {
    "application": Application,
    **{f"population.{party}": PopulationRecord for party in Party},
    **{f"children.{number}": RegisteredChild for number in range(1, _MOST_PEOPLE + 1)},
    **{f"benefits.{party}": BenefitAnswers for party in Party},
    "case": CaseRecord,
}


class _Living(StrEnum):
    """How two adults live; one lives alone."""

    MARRIED = "gift"
    COHABITING = "sambo"


def load(path: Path) -> tuple[Example, ...]:
    """Read the examples, in the order of the file.

    Raises:
        SettingsInvalid: all mistakes, each with file and line.
    """
    file = YamlFile(path)
    top = file.top.fields("schema", "examples")
    top["schema"].schema(SCHEMA)
    examples: list[Example] = []
    for item in top["examples"].items(may_be_empty=False):
        example = _example(item)
        if any(example.name == other.name for other in examples):
            item.report("another example has that name")
        examples.append(example)
    file.finish()
    return tuple(examples)


def _example(item: Item) -> Example:
    fields = item.fields("name", *LANGUAGES, "shows", "household", "expected", optional=("arithmetic", "decided_on", "supposed"))
    name = fields["name"].text()
    if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name) is None:
        fields["name"].report("must be of small letters, digits and _")
    household = _household(fields["household"])
    return Example(
        name=name,
        titles={language: fields[language].text() for language in LANGUAGES},
        shows=tuple(_rule_name(one) for one in fields["shows"].items(may_be_empty=False)),
        arithmetic=fields["arithmetic"].text() if "arithmetic" in fields else "",
        decided_on=fields["decided_on"].day() if "decided_on" in fields else household.month.first_day,
        supposed=_supposed(fields.get("supposed")),
        household=household,
        expected=_expected(fields["expected"]),
    )


def _expected(item: Item) -> Expected:
    fields = item.fields("ending", "amount", optional=("decision", "codes"))
    mode = fields["ending"].choice(Mode)
    if "decision" not in fields and mode is not Mode.HAND_OFF:
        item.report("needs decision, the decision that is made or proposed")
    return Expected(
        mode=mode,
        decision_type=fields["decision"].choice(DecisionType) if "decision" in fields else None,
        amount=_amount_or_none(fields["amount"]),
        codes=tuple(one.choice(ReasonCode) for one in fields["codes"].items()) if "codes" in fields else (),
    )


def _supposed(item: Item | None) -> Supposed:
    fields = item.fields(optional=("sample_percent", "activity_requirement", "norm_brought_forward")) if item is not None else {}
    return Supposed(
        sample_percent=fields["sample_percent"].amount() if "sample_percent" in fields else None,
        activity_requirement=fields["activity_requirement"].choice(ActivityRequirement) if "activity_requirement" in fields else None,
        norm_brought_forward=_brought_forward(fields["norm_brought_forward"]) if "norm_brought_forward" in fields else None,
    )


def _brought_forward(item: Item) -> BroughtForward:
    fields = item.fields("norm_of", "applies_from")
    return BroughtForward(norm_of=fields["norm_of"].day(), applies_from=fields["applies_from"].day(), source="supposed")


def _household(item: Item) -> ExampleHousehold:
    known = {field.name for field in fields_of(ExampleHousehold)} - {"month", "adults", "civil_status", "names_plans"}
    fields = item.fields("month", "adults", optional=("living", *known))
    month, adults = _month(fields["month"]), fields["adults"].whole_number(at_most=_MOST_ADULTS)
    if adults == 0:
        fields["adults"].report("must be 1 or 2")
    if "living" in fields and adults != _MOST_ADULTS:
        fields["living"].report("says how two adults live; a single one lives alone")
    living = fields["living"].choice(_Living) if "living" in fields else _Living.MARRIED
    children = tuple(_child(one, month) for one in _items(fields, "children"))
    differs, unknown = dict(_differing(fields.get("differs"))), dict(_unknown(fields.get("unknown")))
    return ExampleHousehold(
        month=month,
        adults=adults,
        civil_status=CivilStatus(living) if adults == _MOST_ADULTS else CivilStatus.SINGLE,
        children=children,
        persons_in_dwelling=_number(fields, "persons_in_dwelling", adults + sum(one.is_in_application for one in children), at_most=_MOST_PEOPLE),
        dwelling=fields["dwelling"].text() if "dwelling" in fields else _DWELLING,
        incomes=tuple(_income(one, month) for one in _items(fields, "incomes")),
        costs=tuple(_cost(one) for one in _items(fields, "costs")),
        plans=tuple(_plan(one) for one in _items(fields, "plans")) if "plans" in fields else _standard_plans(adults, month),
        names_plans="plans" in fields,
        jobbstimulans=tuple(_jobbstimulans(one) for one in _items(fields, "jobbstimulans")),
        spread_incomes=tuple(_spread(one) for one in _items(fields, "spread_incomes")),
        frame=_frame(fields["frame"]) if "frame" in fields else None,
        calculated_months=_number(fields, "calculated_months", 1, at_most=_MOST_MONTHS),
        has_case=_flag(fields, "has_case", standard=True),
        has_earlier_application=_flag(fields, "has_earlier_application", standard=False),
        differs=differs,
        unknown=unknown,
    )


def _child(item: Item, month: Month) -> Child:
    fields = item.fields(
        optional=(
            "age",
            "born",
            "residence",
            "days",
            "lunch_at_home",
            "in_application",
            "in_case",
            "registered",
            "case_days",
            "incomes",
            "earned_before",
        )
    )
    if ("age" in fields) == ("born" in fields):
        item.report("needs age, in whole years on the first day of the month, or born, and not both")
    age = _number(fields, "age", 0, at_most=_MOST_PEOPLE)
    residence = fields["residence"].choice(Residence) if "residence" in fields else Residence.FULL_TIME
    if ("days" in fields) != (residence is not Residence.FULL_TIME):
        item.report("needs days when it does not stay all the time, and only then")
    days = _number(fields, "days", month.last_day.day, at_most=_DAYS)
    return Child(
        born=fields["born"].day() if "born" in fields else date(month.year - age, month.month, 1),
        residence=residence,
        days=days,
        lunch_at_home=_flag(fields, "lunch_at_home", standard=True),
        is_in_application=_flag(fields, "in_application", standard=True),
        is_in_case=_flag(fields, "in_case", standard=True),
        is_registered=_flag(fields, "registered", standard=residence is Residence.FULL_TIME),
        case_days=_number(fields, "case_days", days, at_most=_DAYS),
        incomes=tuple(_child_income(one, month) for one in _items(fields, "incomes")),
        earned_before=tuple(_earned(one) for one in _items(fields, "earned_before")),
    )


def _child_income(item: Item, month: Month) -> ChildIncome:
    fields = item.fields("kind", "amount", optional=("paid_on",))
    return ChildIncome(kind=fields["kind"].text(), paid_on=_paid_on(fields, month), amount=fields["amount"].amount())


def _earned(item: Item) -> Earned:
    fields = item.fields("month", "kind", "amount")
    return Earned(month=_month(fields["month"]), kind=fields["kind"].text(), amount=fields["amount"].amount())


def _income(item: Item, month: Month) -> Income:
    fields = item.fields("kind", "stated", "registered", "last", optional=("party", "agency", "paid_on"))
    registered = _amount_or_none(fields["registered"])
    if ("agency" in fields) != (registered is not None):
        item.report("needs agency, who paid it, when it is registered, and only then")
    return Income(
        party=_party(fields),
        kind=fields["kind"].text(),
        paid_on=_paid_on(fields, month),
        stated=_stated_or_none(fields["stated"]),
        registered=registered,
        agency=fields["agency"].choice(Agency) if "agency" in fields else None,
        last=_amount_or_none(fields["last"]),
    )


def _cost(item: Item) -> Cost:
    fields = item.fields("kind", "applied", "last")
    return Cost(kind=fields["kind"].text(), applied=_stated_or_none(fields["applied"]), last=_amount_or_none(fields["last"]))


def _plan(item: Item) -> Plan:
    fields = item.fields("kind", "from", "until", optional=("party",))
    return Plan(party=_party(fields), kind=fields["kind"].text(), valid_from=fields["from"].day(), valid_until=fields["until"].day())


def _standard_plans(adults: int, month: Month) -> tuple[Plan, ...]:
    first, last = month.previous.first_day, month.last_day
    return tuple(Plan(party=party, kind=_SEEKS_WORK, valid_from=first, valid_until=last) for party in tuple(Party)[:adults])


def _jobbstimulans(item: Item) -> Jobbstimulans:
    fields = item.fields("from", "until", optional=("party",))
    return Jobbstimulans(party=_party(fields), valid_from=fields["from"].day(), valid_until=fields["until"].day())


def _spread(item: Item) -> SpreadIncome:
    fields = item.fields("kind", "monthly_amount", "first_month", "last_month", optional=("party",))
    return SpreadIncome(
        party=_party(fields),
        kind=fields["kind"].text(),
        monthly_amount=fields["monthly_amount"].amount(),
        first_month=_month(fields["first_month"]),
        last_month=_month(fields["last_month"]),
    )


def _frame(item: Item) -> ReferenceFrame:
    fields = item.fields("until", optional=("incomes", "costs"))
    return ReferenceFrame(
        valid_until=fields["until"].day(),
        incomes=tuple(_frame_income(one) for one in _items(fields, "incomes")),
        expenses=tuple(_frame_expense(one) for one in _items(fields, "costs")),
    )


def _frame_income(item: Item) -> FrameIncome:
    fields = item.fields("kind", "lowest", "highest", optional=("party",))
    return FrameIncome(party=_party(fields), kind=fields["kind"].text(), lowest=fields["lowest"].amount(), highest=fields["highest"].amount())


def _frame_expense(item: Item) -> FrameExpense:
    fields = item.fields("kind", "highest")
    return FrameExpense(kind=fields["kind"].text(), highest=fields["highest"].amount())


# --- facts that differ from the standard, or are unknown --------------------------------------------------------------


def _differing(item: Item | None) -> Iterator[tuple[str, Any]]:
    for place, value in item.entries().items() if item is not None else ():
        value_type = _type_at(place)
        if value_type is None:
            value.report("no fact of a case file stands there")
        elif value_type not in _READ:
            value.report("is described by a key of the household of its own")
        else:
            yield place, _READ[value_type](value)


def _unknown(item: Item | None) -> Iterator[tuple[str, ReasonCode]]:
    for place, value in item.entries().items() if item is not None else ():
        if _type_at(place) is None:
            value.report("no fact of a case file stands there")
        code = value.choice(ReasonCode)
        if code not in {ReasonCode.SRC_DOWN, ReasonCode.UNREADABLE}:
            value.report(f"must be {ReasonCode.SRC_DOWN} or {ReasonCode.UNREADABLE}")
        yield place, code


def _type_at(place: str) -> Any:
    """Return the type of the value of the fact at a place, or None when there is none."""
    part, _, name = place.rpartition(".")
    arguments = get_args(get_type_hints(_PARTS[part]).get(name)) if part in _PARTS else ()
    return arguments[0] if arguments and name not in {"reference", "earlier_for_month"} else None


def _texts(item: Item) -> tuple[str, ...]:
    return tuple(one.text() for one in item.items())


def _text_or_none(item: Item) -> str | None:
    return None if item.is_null else item.text()


def _members(item: Item) -> tuple[RegisteredMember, ...]:
    fields = [one.fields("who", "relation") for one in item.items()]
    return tuple(RegisteredMember(personnummer=one["who"].text(), relation=one["relation"].text()) for one in fields)


def _assets(item: Item) -> tuple[Asset, ...]:
    fields = [one.fields("kind", "amount") for one in item.items()]
    return tuple(Asset(kind=one["kind"].text(), amount=one["amount"].amount()) for one in fields)


def _job_seeker(item: Item) -> JobSeeker:
    fields = item.fields("is_registered", "reported_on", "is_protected")
    return JobSeeker(
        is_registered=fields["is_registered"].flag(),
        latest_activity_report_on=fields["reported_on"].day_or_none(),
        is_protected=fields["is_protected"].flag(),
    )


#: how a value is read, by the type of the fact that it stands for
_READ: dict[Any, Callable[[Item], Any]] = {
    bool: Item.flag,
    int: Item.whole_number,
    str: Item.text,
    str | None: _text_or_none,
    date: Item.day,
    date | None: Item.day_or_none,
    CivilStatus: lambda item: item.choice(CivilStatus),
    tuple[str, ...]: _texts,
    tuple[Asset, ...]: _assets,
    tuple[RegisteredMember, ...]: _members,
    JobSeeker: _job_seeker,
}


# --- single values ----------------------------------------------------------------------------------------------------


def _items(fields: dict[str, Item], key: str) -> list[Item]:
    return fields[key].items() if key in fields else []


def _number(fields: dict[str, Item], key: str, standard: int, *, at_most: int) -> int:
    return fields[key].whole_number(at_most=at_most) if key in fields else standard


def _flag(fields: dict[str, Item], key: str, *, standard: bool) -> bool:
    return fields[key].flag() if key in fields else standard


def _amount_or_none(item: Item) -> Decimal | None:
    return None if item.is_null else item.amount()


def _stated_or_none(item: Item) -> Decimal | None:
    """Return an amount as an applicant may have stated it, which can be below zero."""
    if item.is_null or _NEGATIVE.fullmatch(item.text()) is None:
        return _amount_or_none(item)
    return Decimal(item.text())


def _party(fields: dict[str, Item]) -> Party:
    return fields["party"].choice(Party) if "party" in fields else Party.APPLICANT


def _paid_on(fields: dict[str, Item], month: Month) -> date:
    control = month.previous
    return fields["paid_on"].day() if "paid_on" in fields else date(control.year, control.month, _DAY_OF_PAYMENT)


def _month(item: Item) -> Month:
    try:
        return Month.parse(item.text())
    except ValueError:
        item.report("must be a month such as 2026-11")
        return Month(year=2000, month=1)


def _rule_name(item: Item) -> str:
    name = item.text()
    if name and name not in RULE_NAMES:
        item.report("no rule has that name")
    return name
