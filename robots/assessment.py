"""What the rules answer and how a case ends, as frozen records. No input, no output.

Every record can be written as JSON and read back by `robots.records`. Money is `Decimal` kronor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from robots.case import Month, Party
from robots.errors import ReasonCode
from robots.run_mode import RunMode as RunMode

# --- what the rules answer --------------------------------------------------------------------------------------------


class Answer(StrEnum):
    """A rule's answer."""

    MET = "met"
    NOT_MET = "not met"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an answer or a figure rests on: the way from law to screen."""

    #: section of law, e.g. `SoL 12 kap. 7 §`
    law: str
    #: the facts used, by their places in the case file: `application.month`, `benefits.sökande.vehicles`
    facts: tuple[str, ...] = ()
    #: the values of parameters and guidelines used: `riksnorm.single@2026-01-01`, `guidelines.incomes@2024-01-01#barnbidrag`
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's answer for one case."""

    #: name of the rule's function
    rule: str
    answer: Answer
    basis: Basis
    #: what a person must look at; empty when met
    codes: tuple[ReasonCode, ...] = ()
    #: what was found, as key of the catalogue of texts and its values; no personal data
    text: str = ""
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalCost:
    """The personal costs of one member: which norm row, how many days, how much."""

    #: `sökande`, `medsökande`, `barn 1`, `barn 2` …, in the order of the application
    member: str
    #: row of the norm, e.g. `single`, `couple`, `child_4_6`, `child_4_6_no_lunch`
    norm_row: str
    #: None for the whole month
    days: int | None
    amount: Decimal
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCost:
    """The household's common costs, or its share of them when more people live in the dwelling."""

    household_size: int
    persons_in_dwelling: int
    amount: Decimal
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedIncome:
    """An income that counts: net, what jobbstimulans disregards of it, and what is left."""

    party: Party
    kind: str
    paid_on: date
    net_amount: Decimal
    disregarded: Decimal
    counted: Decimal
    basis: Basis
    #: whether the applicant knows of it in full: stated as much of the kind, or a caseworker's decision spreads it
    is_known_to_applicant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildIncome:
    """Earnings of a child's own: net, and what is left to count when the year's earnings pass one prisbasbelopp (SoL 12 kap. 9 §)."""

    #: `barn 1`, `barn 2` …, in the order of the application
    member: str
    #: the child's number, by which the case system keeps the year's sum
    personnummer: str
    kind: str
    paid_on: date
    net_amount: Decimal
    #: earned in the calendar year before this row
    earned_before: Decimal
    disregarded: Decimal
    counted: Decimal
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedExpense:
    """An expense applied for and approved, kronor."""

    kind: str
    applied_amount: Decimal
    approved_amount: Decimal
    #: whether it is one of levnadskostnader i övrigt, kept apart in the calculation
    is_special: bool
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """The norm calculation (normberäkning), kronor: norm + expenses - incomes, then special costs."""

    month: Month
    personal: tuple[PersonalCost, ...]
    common: CommonCost
    expenses: tuple[ApprovedExpense, ...]
    incomes: tuple[CountedIncome, ...]
    children_incomes: tuple[ChildIncome, ...]
    norm_sum: Decimal
    expense_sum: Decimal
    income_sum: Decimal
    special_sum: Decimal
    #: incomes - norm - expenses; below zero is a deficit (underskott)
    balance: Decimal
    #: what to grant; zero when there is a surplus
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All findings of one case, in the order of the rules, and the calculation when every figure is known."""

    reference: str
    month: Month | None
    #: the day by whose numbering the sections are cited: that of the decision, or the month's first when there is none as yet
    cited_on: date | None
    findings: tuple[Finding, ...]
    calculation: Calculation | None

    @property
    def codes(self) -> tuple[ReasonCode, ...]:
        """The reason codes of all findings, each once, in the order of the rules."""
        return tuple(dict.fromkeys(code for finding in self.findings for code in finding.codes))


class DecisionType(StrEnum):
    """What can be decided about an application, as in the delegation register."""

    GRANT = "bifall"
    GRANT_WITH_SPECIAL_COSTS = "bifall med levnadskostnader i övrigt"
    PARTIAL_GRANT = "delavslag"
    REJECTION = "avslag"
    DISMISSAL = "avvisning"
    REDUCTION = "nedsättning"
    FURTHER_ASSISTANCE = "bistånd enligt 12 kap. 2 §"
    RECOVERY = "återkrav"
    COURT_ACTION = "återkravstalan"
    ACTIVITY_REQUIREMENT = "beslut om aktivitetskrav"
    EMERGENCY_ASSISTANCE = "nödbistånd"
    CHANGE_TO_DISADVANTAGE = "ändring till nackdel"
    RECONSIDERATION = "omprövning"
    TIME_OF_APPEAL = "rättidsprövning"


class Mode(StrEnum):
    """What the robot may do with a decision."""

    DECIDE = "decide"
    PROPOSE = "propose"
    HAND_OFF = "hand off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who decides, and on what ground."""

    #: what law, register and run allow; in a shadow run what law and register would allow, and there nothing is written whatever stands here
    mode: Mode
    decision_type: DecisionType
    #: section of the decision, e.g. `12 kap. 1 § SoL`
    section: str
    #: the board's minute, or why the robot may not decide
    ground: str
    codes: tuple[ReasonCode, ...] = ()


# --- how a case ends --------------------------------------------------------------------------------------------------


class Ending(StrEnum):
    """The three ways a case ends."""

    DECIDED = "decided"
    PROPOSED = "proposed"
    HANDED_OFF = "handed off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one case ended."""

    case_id: str
    reference: str
    month: Month | None
    ending: Ending
    #: granted or proposed kronor; None for a hand-off
    amount: Decimal | None
    codes: tuple[ReasonCode, ...]
    #: sentences for the caseworker, most important first; no personal data
    because: tuple[str, ...]
    #: what the robot has done in other systems, and what is left for a person
    done: tuple[str, ...]
    left: tuple[str, ...]
    #: by when a person should have acted; None for a decided case
    due_on: date | None
    authority: Authority | None
    ended_at: datetime
    #: of the run in which the case ended; in a shadow run `ending` and `amount` say what the robot would have done, and nothing was written
    run_mode: RunMode = RunMode.DECIDE
    #: last day on which the applicant was asked to complete the application; until then nobody has to act. None when nobody was asked
    waits_until: date | None = None
