"""The case system's own normberäkning: its norm table and its sums, worked out apart from every robot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from types import MappingProxyType

KRONA = Decimal(1)

PARTIES = ("sökande", "medsökande")
SINGLE = "Ensamstående"
COUPLE = "Sambor"
COUPLE_PARTNER = "Ingår i sambor"
NO_LUNCH = " utan lunch"

# The intervals as the system names them, with the first and last age that each holds.
_AGES: tuple[tuple[str, int, int], ...] = (
    ("0 år", 0, 0),
    ("1-2 år", 1, 2),
    ("3 år", 3, 3),
    ("4-6 år", 4, 6),
    ("7-10 år", 7, 10),
    ("11-14 år", 11, 14),
    ("15-18 år", 15, 18),
    ("19-20 år", 19, 20),
)

# Riksnormen, kronor a month: children by interval, children up to six without lunch, adults, common costs for 1-7 persons.
_NORM: dict[int, tuple[tuple[int, ...], tuple[int, ...], tuple[int, int], tuple[int, ...]]] = {
    2024: (
        (2640, 2940, 2620, 2940, 3680, 4230, 4780, 4820),
        (2470, 2700, 2410, 2620),
        (3800, 6850),
        (1230, 1360, 1720, 1950, 2240, 2540, 2730),
    ),
    2025: (
        (2720, 3030, 2700, 3030, 3790, 4350, 4920, 4960),
        (2540, 2780, 2480, 2700),
        (3910, 7050),
        (1270, 1400, 1770, 2010, 2310, 2620, 2810),
    ),
    2026: (
        (2740, 3060, 2720, 3060, 3820, 4390, 4960, 5000),
        (2560, 2800, 2500, 2720),
        (3940, 7100),
        (1280, 1410, 1790, 2030, 2330, 2640, 2830),
    ),
}

# Prisbasbelopp, kronor a calendar year: up to so much a child's own earnings do not count.
_PRICE_BASE_AMOUNT = {2024: 57300, 2025: 58800, 2026: 59200}

#: kinds of income that are earned by work
EARNINGS = frozenset({"lön"})

#: a child who stays at least so many days counts for the common costs
MEMBER_FROM_DAYS = 15


class Refused(Exception):
    """The system does not take what was entered; the text is what the screen says, in Swedish."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A row of the tab Familj."""

    who: str  # sökande | medsökande | a child's personnummer
    interval: str
    days: str  # "hel månad" or a number
    is_included: bool


@dataclass(frozen=True, kw_only=True)
class Income:
    """A row of the tab Inkomster."""

    party: str  # sökande | medsökande | a child's personnummer
    kind: str
    paid_on: date
    amount: Decimal
    note: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A row of the tabs Utgifter and Levnadskostnader i övrigt."""

    kind: str
    applied: Decimal
    approved: Decimal


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Everything that stands in the calculation window."""

    month: str
    members: tuple[Member, ...]
    household_size: int
    persons_in_dwelling: int
    incomes: tuple[Income, ...]
    expenses: tuple[Cost, ...]
    special: tuple[Cost, ...]


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What the tab Sammanställning shows, whole kronor, and how the common costs came about."""

    norm: Decimal
    expenses: Decimal
    incomes: Decimal
    #: what jobbstimulans leaves out of the adults' wages
    disregarded: Decimal
    #: what is left out of the children's own earnings
    children_disregarded: Decimal
    special: Decimal
    deduction: Decimal
    balance: Decimal
    amount: Decimal
    #: of the tab Gemensamma hushållskostnader: the household's part of the dwelling in per cent, and its part of the costs
    share: Decimal
    common: Decimal


def _krona(amount: Decimal) -> Decimal:
    return amount.quantize(KRONA, rounding=ROUND_HALF_UP)


def _norm_of(month: str) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, int], tuple[int, ...]]:
    try:
        return _NORM[int(month[:4])]
    except KeyError:
        raise Refused("Ingen riksnorm finns för månaden.") from None


def age_on(personnummer: str, day: date) -> int:
    """Return the age in whole years of the person on the day; days of birth above 60 are samordningsnummer."""
    born_day = int(personnummer[6:8])
    born = (int(personnummer[:4]), int(personnummer[4:6]), born_day - 60 if born_day > 60 else born_day)
    return day.year - born[0] - ((day.month, day.day) < born[1:])


def interval_of(age: int, *, lunch_at_home: bool) -> str:
    """Return the name of the norm interval of a child; empty when the table has none for the age."""
    for name, first, last in _AGES:
        if first <= age <= last:
            return name if lunch_at_home or age > 6 else name + NO_LUNCH
    return ""


def monthly_cost(month: str, interval: str) -> Decimal:
    """Return the whole month's personal cost of the interval; `Refused` when the table has no such interval."""
    with_lunch, without_lunch, adults, _ = _norm_of(month)
    costs = {name: amount for (name, _, _), amount in zip(_AGES, with_lunch, strict=True)}
    costs |= {name + NO_LUNCH: amount for (name, _, _), amount in zip(_AGES[:4], without_lunch, strict=True)}
    costs |= {SINGLE: adults[0], COUPLE: adults[1], COUPLE_PARTNER: 0}
    if interval not in costs:
        raise Refused("Normintervallet finns inte.")
    return Decimal(costs[interval])


def personal_cost(month: str, member: Member) -> Decimal:
    """Return what the member's row gives: nothing, the month, or the days at a daily amount, never more than the month."""
    if not member.is_included:
        return Decimal(0)
    whole = monthly_cost(month, member.interval)
    if member.days == "hel månad":
        return whole
    if not member.days.isdecimal() or int(member.days) > 31:
        raise Refused("Antal dagar är fel.")
    return min(whole, _krona(whole * 12 / 365) * int(member.days))


def _whole_common(month: str, size: int) -> Decimal:
    common = _norm_of(month)[3]
    if size <= len(common):
        return Decimal(common[size - 1])
    return Decimal(common[-1] + (size - len(common)) * (common[-1] - common[-2]))


def common_cost(month: str, household_size: int, persons_in_dwelling: int) -> Decimal:
    """Return the common costs: of the household, or its share when more people live in the dwelling."""
    if not 1 <= household_size <= 30 or not 1 <= persons_in_dwelling <= 30:
        raise Refused("Antal personer är fel.")
    if persons_in_dwelling <= household_size:
        return _whole_common(month, household_size)
    return _krona(_whole_common(month, persons_in_dwelling) * household_size / persons_in_dwelling)


def share_of_dwelling(household_size: int, persons_in_dwelling: int) -> Decimal:
    """Return how many per cent of the dwelling's persons are of the household, with two decimals; never more than all of them."""
    if not 1 <= household_size <= 30 or not 1 <= persons_in_dwelling <= 30:
        raise Refused("Antal personer är fel.")
    return (Decimal(100) * min(household_size, persons_in_dwelling) / persons_in_dwelling).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def counted_of_children(incomes: tuple[Income, ...], earned: Mapping[tuple[str, int], Decimal]) -> Decimal:
    """Return how much of the children's incomes counts: of their earnings what lies above the year's limit, of other kinds all.

    Args:
        incomes: rows whose party is a child, in the order of the window.
        earned: by (child, calendar year), what stands in earlier calculations.
    """
    sums = dict(earned)
    counted = Decimal(0)
    for income in incomes:
        if income.kind not in EARNINGS:
            counted += income.amount
            continue
        key = (income.party, income.paid_on.year)
        before = sums.get(key, Decimal(0))
        sums[key] = before + income.amount
        counted += _above_limit(sums[key], key[1]) - _above_limit(before, key[1])
    return counted


def _above_limit(earnings: Decimal, year: int) -> Decimal:
    if year not in _PRICE_BASE_AMOUNT:
        raise Refused("Inget prisbasbelopp finns för året.")
    return max(Decimal(0), earnings - _PRICE_BASE_AMOUNT[year])


def work_out(
    entry: Entry,
    *,
    jobbstimulans: tuple[tuple[str, date, date], ...],
    leftover_deduction: Decimal,
    earned: Mapping[tuple[str, int], Decimal] = MappingProxyType({}),
) -> Sums:
    """Return the sums of the calculation.

    Args:
        entry: what stands in the window.
        jobbstimulans: decisions as (party, from, until); a quarter of a wage paid between the days is disregarded.
        leftover_deduction: what somebody has left in the draft; it lowers what is granted.
        earned: by (child, calendar year), the children's earnings in earlier calculations.

    Raises:
        Refused: the norm or the prisbasbelopp has no such year, the norm no such interval, or a number of days or persons can't be.
    """
    common = common_cost(entry.month, entry.household_size, entry.persons_in_dwelling)
    norm = sum((personal_cost(entry.month, member) for member in entry.members), common)
    disregarded = Decimal(0)
    for income in entry.incomes:
        if income.kind == "lön" and any(party == income.party and first <= income.paid_on <= last for party, first, last in jobbstimulans):
            # Three quarters count, in whole kronor; half a krona goes the applicant's way.
            disregarded += income.amount - (income.amount * 3 / 4).quantize(KRONA, rounding=ROUND_HALF_DOWN)
    of_children = tuple(income for income in entry.incomes if income.party not in PARTIES)
    counted = counted_of_children(of_children, earned)
    children_disregarded = sum((income.amount for income in of_children), -counted)
    incomes = sum((income.amount for income in entry.incomes), Decimal(0)) - disregarded - children_disregarded
    expenses = sum((cost.approved for cost in entry.expenses), Decimal(0))
    special = sum((cost.approved for cost in entry.special), Decimal(0))
    balance = incomes + leftover_deduction - norm - expenses
    amount = special - balance if balance < 0 else max(Decimal(0), special - balance)
    return Sums(
        norm=norm,
        expenses=expenses,
        incomes=incomes,
        disregarded=disregarded,
        children_disregarded=children_disregarded,
        special=special,
        deduction=leftover_deduction,
        balance=balance,
        amount=_krona(amount),
        share=share_of_dwelling(entry.household_size, entry.persons_in_dwelling),
        common=common,
    )
