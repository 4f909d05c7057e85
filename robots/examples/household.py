"""What an example says, as frozen records. Money is `Decimal` kronor, net; None in place of an amount is: not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from robots.assessment import DecisionType, Mode
from robots.case import CivilStatus, Jobbstimulans, Month, Party, Plan, ReferenceFrame, Residence, SpreadIncome
from robots.errors import ReasonCode
from robots.guidelines import ActivityRequirement, Agency, BroughtForward


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildIncome:
    """An income of a child's own in the control month."""

    kind: str
    paid_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """Earnings of a child's own in an earlier calculation."""

    #: for which the calculation was made
    month: Month
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child of an example's household."""

    born: date
    residence: Residence
    #: days of the month that the child stays
    days: int
    lunch_at_home: bool
    #: whether the application, the case system and the population register have the child
    is_in_application: bool
    is_in_case: bool
    is_registered: bool
    #: days in the case system
    case_days: int
    incomes: tuple[ChildIncome, ...]
    earned_before: tuple[Earned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Income:
    """An income of an adult in the control month: as stated, as a register has it, and as the last calculation had it."""

    party: Party
    kind: str
    paid_on: date
    stated: Decimal | None
    registered: Decimal | None
    #: who paid what is registered
    agency: Agency | None
    last: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A cost: as applied for, and as approved in the last calculation."""

    kind: str
    applied: Decimal | None
    last: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleHousehold:
    """A household, and what differs from the standard."""

    month: Month
    adults: int
    civil_status: CivilStatus
    children: tuple[Child, ...]
    persons_in_dwelling: int
    dwelling: str
    incomes: tuple[Income, ...]
    costs: tuple[Cost, ...]
    plans: tuple[Plan, ...]
    #: whether the plans are the example's own, and not the standard ones
    names_plans: bool
    jobbstimulans: tuple[Jobbstimulans, ...]
    spread_incomes: tuple[SpreadIncome, ...]
    frame: ReferenceFrame | None
    #: months in a row with a calculation before the one applied for
    calculated_months: int
    has_case: bool
    has_earlier_application: bool
    #: facts with another value than the standard one, by their places in a case file
    differs: dict[str, Any]
    #: facts that could not be read, by their places
    unknown: dict[str, ReasonCode]

    @property
    def parties(self) -> tuple[Party, ...]:
        """The adults."""
        return tuple(Party)[: self.adults]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """Guidelines that an example supposes instead of those in force."""

    sample_percent: Decimal | None
    activity_requirement: ActivityRequirement | None
    norm_brought_forward: BroughtForward | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How an example must end, as worked out by hand."""

    mode: Mode
    #: None for a hand-off of which it does not matter what decision it would have been
    decision_type: DecisionType | None
    #: of the calculation; None when there is none
    amount: Decimal | None
    codes: tuple[ReasonCode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An example of the rules."""

    #: of the example itself, e.g. `couple_with_two_children`
    name: str
    #: by language
    titles: dict[str, str]
    #: names of the rules that it is about
    shows: tuple[str, ...]
    #: how the amount is worked out by hand; empty when there is none
    arithmetic: str
    decided_on: date
    supposed: Supposed
    household: ExampleHousehold
    expected: Expected
