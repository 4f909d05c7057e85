"""What a person may correct for the robot: a closed list of what the applicant has stated, each with its form and its bounds.

And what only a person can say: whether something was written that the robot could not prove.

Who applies, for which month, to which account, and what registers and the case system hold is not on it: that is put right where it stands.
A correction is kept as text. It is put into the case file after everything is collected, and all rules run on it as on any other fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

from robots.case import SWEDEN, Application, AppliedExpense, CaseFile, Fact, Party, Source, StatedIncome
from robots.casebook.answers import Correction
from robots.errors import CaseNeedsPerson, ReasonCode
from robots.texts import Texts

T = TypeVar("T")

#: the system that a corrected fact names as its source
CASEWORKER = "caseworker"
_MOST_DAYS = 31
_MOST_PERSONS = 30
_MOST_KRONOR = 100_000


class WrongValue(Exception):
    """What stands as the value can't be one of the field; says how it is written, as key of the catalogue of texts and its values."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class NoSuchRow(Exception):
    """The application does not have exactly one row of the kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field that may be corrected; its label stands in the catalogue of texts as `correction.<name>`."""

    #: a stored format
    name: str
    #: of the fact in the application
    place: str
    #: the text that is kept of what a cell holds; raises WrongValue
    written: Callable[[object], str]
    #: the value that the kept text means
    value: Callable[[str], Any]
    #: puts the value into the application's old one; raises NoSuchRow
    put: Callable[[Any, Any], Any]
    #: what the field is in the application's value, as the kept text says it; raises NoSuchRow
    now: Callable[[Any], str]
    #: prefix of the effect, where it says whether something was written in another system that the robot can't tell of; then the rest is nothing
    effect: str = ""

    @property
    def is_yes_or_no(self) -> bool:
        """Whether yes or no stands as its value; otherwise a number."""
        return self.written is _answer

    def label(self, texts: Texts) -> str:
        """Return what people call the field."""
        return texts.say(f"correction.{self.name}")


def fits(field: Field, application: Application) -> bool:
    """Whether the application has what the field would change."""
    fact: Fact[Any] = getattr(application, field.place)
    if not fact.is_known:
        # A list that could not be read can't be put right in one of its rows.
        return field.put is _whole
    try:
        field.put(fact.value, Decimal(0))
    except NoSuchRow:
        return False
    return True


def apply(case: CaseFile, corrections: Iterable[Correction]) -> CaseFile:
    """Return the case file with what people have corrected; each such fact names the caseworker as its source, with name and time.

    Raises:
        CaseNeedsPerson: code SYS-DIFF: the application has changed since, so that a correction no longer fits.
    """
    application = case.application
    for correction in corrections:
        field = FIELDS.get(correction.field)
        if field is not None and field.effect:
            continue
        if field is None or not fits(field, application):
            changed = "a fact that a caseworker has corrected is no longer in the application as it was; look what the applicant has changed"
            raise CaseNeedsPerson(changed, codes=(ReasonCode.SYS_DIFF,))
        fact: Fact[Any] = getattr(application, field.place)
        value = field.put(fact.value, field.value(correction.value))
        name, stood = field.name, f"{field.name}: {field.now(fact.value) if fact.is_known else ''}"
        if fact.source.system == CASEWORKER:
            name, stood = f"{fact.source.element}, {name}", f"{fact.source.stood}, {stood}"
        source = source_of(name, by=correction.corrected_by, at=correction.corrected_at, stood=stood)
        corrected = Fact(source=source, value=value)
        application = replace(application, **{field.place: corrected})  # type: ignore[arg-type]  # the field's own place and type
    return replace(case, application=application)


def told(case: CaseFile, texts: Texts) -> str:
    """Return what the journal says of the corrections in a case file, from a new line on; empty when there are none."""
    lines = []
    for _, fact in case.facts():
        if fact.source.by:
            names = ", ".join(FIELDS[name].label(texts) for name in fact.source.element.split(", "))
            day = fact.source.read_at.astimezone(SWEDEN).date()
            lines.append(texts.say("correction.told", names=names, by=fact.source.by, day=day.isoformat()))
    return "".join(f"\n{line}" for line in lines)


def source_of(name: str, *, by: str, at: datetime, stood: str) -> Source:
    """Return what a corrected fact says of where it comes from, and of what stood there before."""
    return Source(system=CASEWORKER, view="workbook", element=name, read_at=at, by=by, stood=stood)


# --- forms ------------------------------------------------------------------------------------------------------------


def _whole(_: Any, value: T) -> T:
    return value


def _count(least: int, most: int) -> Callable[[object], str]:
    def written(cell: object) -> str:
        text = _text(cell)
        if not re.fullmatch(r"[0-9]{1,4}", text) or not least <= int(text) <= most:
            raise WrongValue("correction.write_count", least=str(least), most=str(most), example=str(max(least, 3)))
        return str(int(text))

    return written


def _answer(cell: object) -> str:
    """Understand yes and no, also as a program's own truth values."""
    words = {"ja": "ja", "nej": "nej", "yes": "ja", "no": "nej", "true": "ja", "false": "nej", "sant": "ja", "falskt": "nej"}
    word = words.get(_text(cell).casefold())
    if word is None:
        raise WrongValue("correction.write_yes_or_no")
    return word


def _kronor(cell: object) -> str:
    """Understand what a person types, `4 500,50`, and what a program has made a number of."""
    text = re.sub(r"(?i)\s*(kr|kronor|sek)\.?$", "", _text(cell))
    text = re.sub(r"[ \u00a0\u202f]", "", text)
    if not re.fullmatch(r"[0-9]{1,7}([.,][0-9]{1,2})?", text) or Decimal(text.replace(",", ".")) > _MOST_KRONOR:
        raise WrongValue("correction.write_amount")
    return str(Decimal(text.replace(",", ".")))


def _text(cell: object) -> str:
    if isinstance(cell, float):
        # As a program stores a number: without the digits that only its arithmetic made.
        cell = int(cell) if cell.is_integer() else round(cell, 2)
    return " ".join(str(cell).split())


def _expense(kind: str) -> Callable[[Any, Any], Any]:
    def put(rows: tuple[AppliedExpense, ...], amount: Decimal) -> tuple[AppliedExpense, ...]:
        _one([row for row in rows if row.kind == kind])
        return tuple(replace(row, amount=amount) if row.kind == kind else row for row in rows)

    return put


def _income(party: Party, kind: str) -> Callable[[Any, Any], Any]:
    def put(rows: tuple[StatedIncome, ...], amount: Decimal) -> tuple[StatedIncome, ...]:
        _one([row for row in rows if (row.party, row.kind) == (party, kind)])
        return tuple(replace(row, amount=amount) if (row.party, row.kind) == (party, kind) else row for row in rows)

    return put


def _one(rows: list[Any]) -> Any:
    if len(rows) != 1:
        raise NoSuchRow
    return rows[0]


def _count_field(name: str, least: int, most: int) -> Field:
    return Field(name=name, place=name, written=_count(least, most), value=int, put=_whole, now=str)


def _yes_no_field(name: str) -> Field:
    return Field(name=name, place=name, written=_answer, value=lambda text: text == "ja", put=_whole, now=lambda value: "ja" if value else "nej")


def _effect_field(name: str, effect: str) -> Field:
    return Field(name=name, place="", written=_answer, value=lambda text: text == "ja", put=_whole, now=str, effect=effect)


def _expense_field(name: str, kind: str) -> Field:
    def now(rows: tuple[AppliedExpense, ...]) -> str:
        return str(_one([row for row in rows if row.kind == kind]).amount)

    return Field(name=name, place="expenses", written=_kronor, value=Decimal, put=_expense(kind), now=now)


def _income_field(name: str, party: Party, kind: str) -> Field:
    def now(rows: tuple[StatedIncome, ...]) -> str:
        return str(_one([row for row in rows if (row.party, row.kind) == (party, kind)]).amount)

    return Field(name=name, place="incomes", written=_kronor, value=Decimal, put=_income(party, kind), now=now)


#: costs whose amount may be corrected; none that tells of health or of a union
_EXPENSES = {
    "housing_cost": "boendekostnad",
    "electricity": "hushållsel",
    "home_insurance": "hemförsäkring",
    "unemployment_fund_fee": "a-kasseavgift",
    "work_travel": "arbetsresor",
}
#: incomes whose amount may be corrected; what a register holds of them is compared as ever
_INCOMES = {
    "wage": (Party.APPLICANT, "lön"),
    "wage_of_co_applicant": (Party.CO_APPLICANT, "lön"),
    "housing_allowance": (Party.APPLICANT, "bostadsbidrag"),
}

#: whether these were done: only a person can say it where the robot could not prove it
_EFFECTS = {
    "is_calculated": "case_system.calculation",
    "is_decided": "case_system.decision",
    "is_paid": "case_system.payment",
    "is_noted": "case_system.note",
    "is_watched": "case_system.watch",
    "is_notified": "e_service.message",
    "is_asked": "e_service.completion_",
}

#: by name, in the order of the drop-down
FIELDS = MappingProxyType(
    {
        field.name: field
        for field in (
            _count_field("days_away", 0, _MOST_DAYS),
            _count_field("persons_in_dwelling", 1, _MOST_PERSONS),
            _yes_no_field("follows_plan"),
            _yes_no_field("housing_changed"),
            *(_expense_field(name, kind) for name, kind in _EXPENSES.items()),
            *(_income_field(name, *of) for name, of in _INCOMES.items()),
            *(_effect_field(name, effect) for name, effect in _EFFECTS.items()),
        )
    }
)


def field_of_effect(effect: str) -> Field:
    """Return the field by which a person says whether the effect took place."""
    return next(field for field in FIELDS.values() if field.effect and effect.startswith(field.effect))


def labels(texts: Texts) -> Mapping[str, Field]:
    """Return the fields by their labels, as the drop-down has them."""
    return {field.label(texts): field for field in FIELDS.values()}
