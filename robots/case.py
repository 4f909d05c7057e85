"""What is read of a case, as frozen records: facts, and who stated or registered them. No input, no output.

Every record can be written as JSON and read back by `robots.records`. Money is `Decimal` kronor, a month is `Month`,
a person is a personnummer or samordningsnummer of twelve digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast
from zoneinfo import ZoneInfo

from robots.errors import ReasonCode

T = TypeVar("T")

#: fields of the records here that stand for a person or lead to one; the others hold kinds, figures and days
PERSONAL_FIELDS = frozenset({"personnummer", "applicant", "co_applicant", "address", "account", "case_number", "vehicles", "attachments", "stood"})

#: the time of the offices that the robot works for
SWEDEN = ZoneInfo("Europe/Stockholm")

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Month:
    """A calendar month."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not 1 <= self.month <= 12 or not 1900 <= self.year <= 2200:  # noqa: PLR2004 - the calendar's own limits
            raise ValueError("not a month")

    @classmethod
    def parse(cls, text: str) -> Month:
        """Return the month that `2026-03` names; anything else is a ValueError."""
        match = re.fullmatch(r"(\d{4})-(\d{2})", text)
        if match is None:
            raise ValueError("a month is written as in 2026-03")
        return cls(year=int(match[1]), month=int(match[2]))

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        first_of_next = date(self.year + self.month // 12, self.month % 12 + 1, 1)
        return first_of_next - _ONE_DAY

    @property
    def previous(self) -> Month:
        """The month before."""
        return Month(year=self.year - 1, month=12) if self.month == 1 else Month(year=self.year, month=self.month - 1)

    def __contains__(self, day: date) -> bool:
        return day.month == self.month and day.year == self.year

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


class Party(StrEnum):
    """For whom in the household a figure holds; stands for the person so that findings carry no numbers of persons."""

    APPLICANT = "sökande"
    CO_APPLICANT = "medsökande"


class CivilStatus(StrEnum):
    """How an adult lives, as the e-service and the case system write it."""

    SINGLE = "ensamstående"
    MARRIED = "gift"
    COHABITING = "sambo"


class Residence(StrEnum):
    """How a child lives with the applicant."""

    FULL_TIME = "heltid"
    ALTERNATING = "växelvis"
    VISITING = "umgänge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where on which screen a fact was read, and when (aware UTC)."""

    #: `caseworker` for what a person has corrected
    system: str
    view: str
    element: str
    read_at: datetime
    #: who has corrected it; empty for what was read
    by: str = ""
    #: what stood there before, `name: value` for each corrected field; empty for what was read
    stood: str = ""


class FactIsUnknown(Exception):
    """A rule needs a fact that is unknown; its finding is *undetermined*."""

    def __init__(self, fact: Fact[object]) -> None:
        super().__init__(fact.unknown_because)
        self.fact = fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Generic[T]):
    """A value read from a screen, or unknown with the reason why. `None` may be a known value: nobody, no date."""

    source: Source
    value: T | None = None
    #: reason in words without the value itself; empty when the fact is known
    unknown_because: str = ""
    #: SRC-DOWN or UNREADABLE; None when the fact is known
    unknown_code: ReasonCode | None = None

    def __post_init__(self) -> None:
        if bool(self.unknown_because) != (self.unknown_code is not None):
            raise ValueError("an unknown fact says both why and by which code")
        if self.unknown_because and self.value is not None:
            raise ValueError("an unknown fact has no value")

    @property
    def is_known(self) -> bool:
        """Whether the fact was read."""
        return self.unknown_code is None

    def need(self) -> T:
        """Return the value.

        Raises:
            FactIsUnknown: the fact was not read, or could not be understood.
        """
        if self.unknown_code is not None:
            raise FactIsUnknown(cast("Fact[object]", self))
        return self.value  # type: ignore[return-value]  # a known fact has a value of its type, which may be None


# --- what the applicant states: the e-service -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedChild:
    """A child in the application."""

    personnummer: str
    residence: Residence
    #: days of the month that the child stays with the applicant
    days: int
    #: whether lunch is eaten at home; False means preschool or school lunch five days a week
    lunch_at_home: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedIncome:
    """An income in the application, net kronor."""

    party: Party
    #: the type as the e-service writes it, e.g. `lön`, `bostadsbidrag`
    kind: str
    paid_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedChildIncome:
    """An income of a child's own in the application, net kronor."""

    #: the child's, as in the list of children
    personnummer: str
    #: the type as the e-service writes it, e.g. `lön`
    kind: str
    paid_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedExpense:
    """A cost applied for, kronor for the month."""

    #: the type as the e-service writes it, e.g. `boendekostnad`, `hushållsel`
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """An asset, kronor."""

    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A follow-on application as the applicant stated it."""

    #: the e-service's number of the application, e.g. `EA-26-00017`; names the case everywhere, holds nothing personal
    reference: str
    #: references of applications by the same applicant for the same month that came in earlier, as the inbox shows them
    earlier_for_month: tuple[str, ...]
    submitted_on: Fact[date]
    month: Fact[Month]
    applicant: Fact[str]
    co_applicant: Fact[str | None]
    civil_status: Fact[CivilStatus]
    children: Fact[tuple[StatedChild, ...]]
    housing_form: Fact[str]
    housing_changed: Fact[bool]
    #: everybody who lives in the dwelling, also those who are not of the household
    persons_in_dwelling: Fact[int]
    incomes: Fact[tuple[StatedIncome, ...]]
    children_incomes: Fact[tuple[StatedChildIncome, ...]]
    #: benefits applied for elsewhere and not yet decided, as written
    pending_benefits: Fact[tuple[str, ...]]
    expenses: Fact[tuple[AppliedExpense, ...]]
    assets: Fact[tuple[Asset, ...]]
    follows_plan: Fact[bool]
    #: days outside the municipality in the control month
    days_away: Fact[int]
    #: clearing and account number, digits and one hyphen, e.g. `8327-9940123456`
    account: Fact[str]
    attachments: Fact[tuple[str, ...]]


# --- what the registers answer ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredMember:
    """Somebody registered in the same household."""

    personnummer: str
    #: `make`, `sambo`, `barn`, `annan`
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationRecord:
    """What the population register (folkbokföring) holds of one person."""

    personnummer: Fact[str]
    is_protected: Fact[bool]
    address: Fact[str]
    civil_status: Fact[CivilStatus]
    members: Fact[tuple[RegisteredMember, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredChild:
    """What the population register is asked of a child: whether its data are protected, and nothing else."""

    personnummer: Fact[str]
    is_protected: Fact[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment from an agency, net kronor."""

    #: the benefit as SSBTEK writes it, e.g. `barnbidrag`, `aktivitetsstöd`
    kind: str
    paid_on: date
    net_amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSeeker:
    """What Arbetsförmedlingen answers."""

    is_registered: bool
    latest_activity_report_on: date | None
    is_protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitAnswers:
    """What the eight agencies of SSBTEK answer of one person and period; each can be unknown by itself."""

    personnummer: Fact[str]
    job_seeker: Fact[JobSeeker]  # AF
    study_payments: Fact[tuple[Payment, ...]]  # CSN
    insurance_payments: Fact[tuple[Payment, ...]]  # FK
    #: benefits applied for at Försäkringskassan and not yet decided
    open_claims: Fact[tuple[str, ...]]  # FK
    pension_payments: Fact[tuple[Payment, ...]]  # PM
    tax_refunds: Fact[tuple[Payment, ...]]  # SKV
    unemployment_payments: Fact[tuple[Payment, ...]]  # SO
    #: registration numbers
    vehicles: Fact[tuple[str, ...]]  # TNS
    #: last day of a temporary residence permit; None when the person needs none or has a permanent one
    residence_permit_until: Fact[date | None]  # MIV


# --- what the case system holds ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChild:
    """A child as the case system has it."""

    personnummer: str
    residence: Residence
    days: int
    lunch_at_home: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculatedIncome:
    """An income row of a calculation, net kronor before jobbstimulans."""

    party: Party
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculatedExpense:
    """An expense row of a calculation, kronor."""

    kind: str
    approved_amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCalculation:
    """The calculation for the month before."""

    month: Month
    incomes: tuple[CalculatedIncome, ...]
    expenses: tuple[CalculatedExpense, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobbstimulans:
    """A recorded decision that the special rule of calculation applies to a person's wage."""

    party: Party
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculatedChildIncome:
    """An income of a child's own in a calculation of this year or the year before, net kronor, counted or not."""

    #: the month that the calculation is for; the income was paid in the month before
    month: Month
    #: the child's
    personnummer: str
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadIncome:
    """An income that a caseworker has spread over several months, net kronor for each of them."""

    party: Party
    kind: str
    monthly_amount: Decimal
    #: months whose income it is (control months), both included
    first_month: Month
    last_month: Month


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameIncome:
    """What an income may be without a person looking, as a caseworker has judged it for this household; net kronor a month."""

    party: Party
    kind: str
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameExpense:
    """Up to what a cost is approved for this household as a caseworker has judged it, kronor a month."""

    kind: str
    highest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFrame:
    """The caseworker's own frame for one household (individuell referensram), with the last day of its validity."""

    valid_until: date
    incomes: tuple[FrameIncome, ...]
    expenses: tuple[FrameExpense, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A labour-market plan."""

    party: Party
    #: `jobbsökande`, `praktik`, `sfi`, `undantag`
    kind: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """What the case system (verksamhetssystem) holds of one household."""

    case_number: Fact[str]
    applicant: Fact[str]
    co_applicant: Fact[str | None]
    is_open: Fact[bool]
    address: Fact[str]
    civil_status: Fact[CivilStatus]
    children: Fact[tuple[CaseChild, ...]]
    persons_in_dwelling: Fact[int]
    housing_form: Fact[str]
    account: Fact[str]
    has_open_overpayment: Fact[bool]
    assets: Fact[tuple[Asset, ...]]
    vehicles: Fact[tuple[str, ...]]
    #: None when the month before has no calculation
    last_calculation: Fact[LastCalculation | None]
    #: every month that has a calculation
    calculated_months: Fact[tuple[Month, ...]]
    children_incomes: Fact[tuple[CalculatedChildIncome, ...]]
    spread_incomes: Fact[tuple[SpreadIncome, ...]]
    #: None when no frame is set for the household
    reference_frame: Fact[ReferenceFrame | None]
    jobbstimulans: Fact[tuple[Jobbstimulans, ...]]
    plans: Fact[tuple[Plan, ...]]
    #: whether a decision is registered for the month applied for
    month_is_decided: Fact[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Everything that was collected for one application; the format of `kollega assess CASE.json`."""

    schema: int
    application: Application
    population: dict[Party, PopulationRecord]
    benefits: dict[Party, BenefitAnswers]
    #: None when the applicant has no case
    case: CaseRecord | None
    #: the children of the application, the population register and the case that were looked up in the population register
    children: tuple[RegisteredChild, ...] = ()

    def facts(self) -> list[tuple[str, Fact[Any]]]:
        """Return every fact with its place in the file, as findings cite it: `application.month`, `population.sökande.address`, `case.account`."""
        found = [*_facts_of("application", self.application)]
        for party, registered in self.population.items():
            found += _facts_of(f"population.{party}", registered)
        for number, child in enumerate(self.children, start=1):
            found += _facts_of(f"children.{number}", child)
        for party, answers in self.benefits.items():
            found += _facts_of(f"benefits.{party}", answers)
        if self.case is not None:
            found += _facts_of("case", self.case)
        return found


def _facts_of(where: str, part: Application | PopulationRecord | RegisteredChild | BenefitAnswers | CaseRecord) -> Iterator[tuple[str, Fact[Any]]]:
    places, facts_in = _places(where)
    return zip(places, facts_in(part), strict=True)


_PARTS = {"application": Application, "population": PopulationRecord, "children": RegisteredChild, "benefits": BenefitAnswers, "case": CaseRecord}


@cache
def _places(where: str) -> tuple[tuple[str, ...], Callable[[object], tuple[Fact[Any], ...]]]:
    """Return the places of a part's facts, and what gets those facts out of it in the same order."""
    # Annotations are texts here: `Fact[date]` tells a field of facts without looking at every value of every case.
    names = [field.name for field in fields(_PARTS[where.partition(".")[0]]) if str(field.type).startswith("Fact[")]
    return tuple(f"{where}.{name}" for name in names), cast("Callable[[object], tuple[Fact[Any], ...]]", attrgetter(*names))
