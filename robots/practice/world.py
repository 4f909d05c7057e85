"""What the systems of the practice municipality hold of one household, before any robot has been there.

Plain records: the kinds of household (`households`) fill them in, the practice systems load them into their databases.
Nothing here comes from or is used by the robot. Persons are official test numbers of twelve digits; months are
`2026-03`; amounts are texts as a person would type them in that system, so that malformed ones can be practised too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Person:
    """An invented person with an official test number."""

    personnummer: str
    given_name: str
    family_name: str


# --- Folkbokföringen ---


@dataclass(frozen=True, kw_only=True)
class PopulationEntry:
    """One person in the population register."""

    personnummer: str
    address: str
    civil_status: str  # ensamstående | gift | sambo
    members: tuple[tuple[str, str], ...] = ()  # (personnummer, make | sambo | barn | annan)
    is_protected: bool = False


# --- SSBTEK-frågan ---


@dataclass(frozen=True, kw_only=True)
class AgencyPayment:
    """A payment as SSBTEK shows it."""

    kind: str  # barnbidrag, bostadsbidrag, aktivitetsstöd, a-kassa, studiemedel, skatteåterbäring …
    paid_on: date
    gross: str
    tax: str
    net: str
    period_from: date
    period_until: date


@dataclass(frozen=True, kw_only=True)
class AgencyAnswers:
    """What the eight agencies answer of one person. An agency in `failing` answers with an error."""

    personnummer: str
    failing: tuple[str, ...] = ()  # AF | CSN | FK | PM | SKV | SO | TNS | MIV
    is_job_seeker: bool = False
    latest_activity_report_on: date | None = None
    has_secrecy_marking: bool = False
    csn_payments: tuple[AgencyPayment, ...] = ()
    fk_payments: tuple[AgencyPayment, ...] = ()
    fk_open_claims: tuple[str, ...] = ()
    pm_payments: tuple[AgencyPayment, ...] = ()
    skv_refunds: tuple[AgencyPayment, ...] = ()
    so_payments: tuple[AgencyPayment, ...] = ()
    vehicles: tuple[tuple[str, str], ...] = ()  # (registration number, make and model)
    residence_permit_until: date | None = None


# --- E-tjänsten ---


@dataclass(frozen=True, kw_only=True)
class ApplicationChild:
    """A child in the application form."""

    personnummer: str
    residence: str  # heltid | växelvis | umgänge
    days: str
    lunch: str  # hemma | utanför hemmet


@dataclass(frozen=True, kw_only=True)
class ApplicationIncome:
    """An income in the application form."""

    party: str  # sökande | medsökande
    kind: str
    paid_on: str  # 2026-02-25
    amount: str  # 5 000,00


@dataclass(frozen=True, kw_only=True)
class ApplicationChildIncome:
    """An income of a child's own in the application form."""

    personnummer: str
    kind: str
    paid_on: str  # 2026-07-25
    amount: str  # 6 500,00


@dataclass(frozen=True, kw_only=True)
class ApplicationForm:
    """An application as it lies in the e-service."""

    reference: str  # EA-26-00017
    submitted_at: datetime
    month: str
    applicant: str
    co_applicant: str  # "" when there is none
    civil_status: str
    children: tuple[ApplicationChild, ...] = ()
    housing_form: str = "hyresrätt"
    housing_changed: str = "Nej"
    persons_in_dwelling: str = "1"
    incomes: tuple[ApplicationIncome, ...] = ()
    children_incomes: tuple[ApplicationChildIncome, ...] = ()
    pending_benefits: tuple[str, ...] = ()
    expenses: tuple[tuple[str, str], ...] = ()  # (kind, amount)
    assets: tuple[tuple[str, str], ...] = ()  # (kind, amount)
    follows_plan: str = "Ja"
    days_away: str = "0"
    account: str = ""
    attachments: tuple[str, ...] = ()  # file names


# --- Verksamhetssystemet ---


@dataclass(frozen=True, kw_only=True)
class CaseChild:
    """A child in the case system."""

    personnummer: str
    residence: str
    days: int
    lunch: str


@dataclass(frozen=True, kw_only=True)
class CasePlan:
    """A labour-market plan in the case system."""

    party: str
    kind: str  # jobbsökande | praktik | sfi | undantag
    valid_from: date
    valid_until: date


@dataclass(frozen=True, kw_only=True)
class EarlierCalculation:
    """A calculation for a month before the last one, of which only the children's own incomes are told."""

    month: str
    children_incomes: tuple[tuple[str, str, str], ...] = ()  # (personnummer, kind, amount)


@dataclass(frozen=True, kw_only=True)
class CaseEntry:
    """A case in the case system, with the calculation for the month before."""

    case_number: str  # EB-2024-0017
    applicant: str
    co_applicant: str
    is_open: bool
    address: str
    civil_status: str
    children: tuple[CaseChild, ...] = ()
    housing_form: str = "hyresrätt"
    persons_in_dwelling: int = 1
    account: str = ""
    has_open_overpayment: bool = False
    assets: tuple[tuple[str, str], ...] = ()
    vehicles: tuple[str, ...] = ()  # registration numbers
    last_month: str = ""  # month of the last calculation; "" when there is none
    last_incomes: tuple[tuple[str, str, str], ...] = ()  # (party, kind, amount)
    last_expenses: tuple[tuple[str, str], ...] = ()  # (kind, approved amount)
    last_children_incomes: tuple[tuple[str, str, str], ...] = ()  # (personnummer, kind, amount)
    earlier_calculations: tuple[EarlierCalculation, ...] = ()  # oldest first
    spread_incomes: tuple[tuple[str, str, str, str, str], ...] = ()  # (party, kind, amount a month, first month, last month)
    frame_until: date | None = None  # last day of the caseworker's own frame for the household (individuell referensram)
    frame_incomes: tuple[tuple[str, str, str, str], ...] = ()  # (party, kind, lowest, highest)
    frame_expenses: tuple[tuple[str, str], ...] = ()  # (kind, highest)
    jobbstimulans: tuple[tuple[str, date, date], ...] = ()  # (party, from, until)
    plans: tuple[CasePlan, ...] = ()
    decided_months: tuple[str, ...] = ()  # months with a decision made by a person
    #: a quirk: a deduction that somebody left in the calculation draft, kronor; it makes the system's sums differ
    leftover_deduction: str = ""


# --- the household and what must become of it ---


@dataclass(frozen=True, kw_only=True)
class Expected:
    """How the case must end, worked out by hand from the law and the municipality's guidelines."""

    ending: str  # decided | proposed | handed off
    amount: int | None = None  # kronor; None for a hand-off
    codes: tuple[str, ...] = ()  # exactly these reason codes, in any order; empty unless handed off
    arithmetic: str = ""  # the sum, or the reason, in words


@dataclass(frozen=True, kw_only=True)
class Household:
    """One application and everything that the four systems hold of the household behind it."""

    kind: str
    about: str  # one English sentence: the situation
    persons: tuple[Person, ...]
    application: ApplicationForm
    population: tuple[PopulationEntry, ...]
    agencies: tuple[AgencyAnswers, ...]
    case: CaseEntry | None
    expected: Expected = field(compare=False)
