"""Text from Swedish screens as typed values, and facts built from it: exact, or a ValueError and an unknown fact.

Nothing is guessed. What a person would have to interpret (`ca 5000`, `5.000`, `31/2`) is not understood, and the fact says so.
No message holds the text itself, which may be personal; numbers of persons, accounts and free text are kept out of the log from here on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import TypeVar

from robots.case import Fact, Month, Source
from robots.errors import ReasonCode
from robots.run_log import redact_of_case

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

#: blanks that part thousands: ordinary, no-break, narrow no-break
_BLANKS = "[ \u00a0\u202f]"
_AMOUNT = re.compile(rf"[-\u2212]?(?:[0-9]{{1,9}}|[0-9]{{1,3}}(?:{_BLANKS}[0-9]{{3}}){{1,2}})(?:,[0-9]{{2}})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_FULL_NUMBER = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})-?([0-9]{4})")
_SHORT_NUMBER = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([-+])([0-9]{4})")
_REFERENCE = re.compile(r"(?=.{1,40}\Z)(?=.*[0-9])[A-Za-z0-9]+(?:[-._/][A-Za-z0-9]+)*")
_ACCOUNT = re.compile(r"[0-9]{4,5}-[0-9]{4,12}")
_HUNDRED_YEARS = 100
_COORDINATION_DAYS = 60  # a samordningsnummer has the day of birth plus 60
_TWO_DIGITS = 9


def amount(text: str, *, at_least: Decimal | None = None) -> Decimal:
    """Return kronor from `5 000,00`, `5000,00`, `5000` or `-1 234,50`.

    Raises:
        ValueError: any other form, or less than `at_least`.
    """
    stripped = text.strip()
    if not _AMOUNT.fullmatch(stripped):
        raise ValueError("an amount is written as in 5 000,00")
    value = Decimal(re.sub(_BLANKS, "", stripped).replace("\u2212", "-").replace(",", "."))
    if at_least is not None and value < at_least:
        raise ValueError("the amount is too low")
    return value


def day(text: str) -> date:
    """Return the day that `2026-02-25` names; anything else is a ValueError."""
    if not _DAY.fullmatch(text.strip()):
        raise ValueError("a day is written as in 2026-02-25")
    return date.fromisoformat(text.strip())


def month(text: str) -> Month:
    """Return the month that `2026-03` names; anything else is a ValueError."""
    if not _MONTH.fullmatch(text.strip()):
        raise ValueError("a month is written as in 2026-03")
    return Month.parse(text.strip())


def yes_no(text: str) -> bool:
    """Return True for `Ja` and False for `Nej`, in any case; anything else is a ValueError."""
    answers = {"ja": True, "nej": False}
    if text.strip().lower() not in answers:
        raise ValueError("the answer is Ja or Nej")
    return answers[text.strip().lower()]


def count(text: str, *, at_most: int) -> int:
    """Return a whole number from 0 to `at_most`; anything else is a ValueError."""
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()) or int(text) > at_most:
        raise ValueError(f"a whole number from 0 to {at_most}")
    return int(text)


def word(text: str) -> str:
    """Return a kind or another fixed word in lower case with single blanks; an empty text is a ValueError."""
    words = " ".join(text.split()).lower()
    if not words:
        raise ValueError("the field is empty")
    return words


def choice(words: type[E], text: str) -> E:
    """Return the member of an enumeration that the text names, in any case; anything else is a ValueError."""
    return words(word(text))


def line(text: str) -> str:
    """Return free text on one line with single blanks; an empty text is a ValueError."""
    words = " ".join(text.split())
    if not words:
        raise ValueError("the field is empty")
    redact_of_case(words)
    return words


def account(text: str) -> str:
    """Return clearing and account number, digits and one hyphen; blanks are left out, anything else is a ValueError."""
    digits = re.sub(_BLANKS, "", text.strip())
    if not _ACCOUNT.fullmatch(digits):
        raise ValueError("an account is written as in 8327-9940123456")
    redact_of_case(digits)
    return digits


def reference(text: str) -> str:
    """Return the number that a system has given an application: up to 40 letters and digits, parted by single `-`, `.`, `_` or `/`.

    The reference names the case in logs, lists and addresses. So it has a digit, as no name of a person has, and it is no personnummer.

    Raises:
        ValueError: anything else.
    """
    stripped = text.strip()
    if not _REFERENCE.fullmatch(stripped):
        raise ValueError("a reference is written as in EA-26-00017")
    try:
        personnummer(stripped)
    except ValueError:
        return stripped
    raise ValueError("the reference is the number of a person")


def personnummer(text: str) -> str:
    """Return a personnummer or samordningsnummer as twelve digits.

    Understood are `YYYYMMDDNNNC`, `YYYYMMDD-NNNC`, `YYMMDD-NNNC` and `YYMMDD+NNNC` (over a hundred years old).

    Raises:
        ValueError: another form, a wrong check digit, a day that never was or is yet to come.
    """
    stripped = text.strip()
    if full := _FULL_NUMBER.fullmatch(stripped):
        number = "".join(full.groups())
    elif short := _SHORT_NUMBER.fullmatch(stripped):
        year, month_of_birth, day_of_birth, sign, last = short.groups()
        number = f"{_century(int(year), month_of_birth, day_of_birth, is_old=sign == '+')}{year}{month_of_birth}{day_of_birth}{last}"
    else:
        raise ValueError("a personnummer has twelve digits, or ten with a hyphen")
    if not _checks(number[2:]):
        raise ValueError("the check digit is wrong")
    if not _is_day_of_birth(int(number[:4]), int(number[4:6]), int(number[6:8])):
        raise ValueError("the number names no day of birth")
    redact_of_case(number, number[2:])
    return number


def fact(system: str, element: str, text: str, parse: Callable[[str], T]) -> Fact[T]:
    """Return what the text means, or an unknown fact with the code UNREADABLE.

    Args:
        system: name of the system.
        element: `view.element` that the text was read from.
        text: the exact text.
        parse: raises ValueError for a text that it does not understand.
    """
    try:
        return known(system, element, parse(text))
    except ValueError:
        return unknown(system, element, "the value can't be understood", ReasonCode.UNREADABLE)


def table(system: str, element: str, rows: Sequence[Mapping[str, str]], parse: Callable[[Mapping[str, str]], T]) -> Fact[tuple[T, ...]]:
    """Return what the rows of a table mean; one row that `parse` does not understand makes the whole table unknown, UNREADABLE."""
    try:
        return known(system, element, tuple(parse(row) for row in rows))
    except ValueError:
        return unknown(system, element, "a row can't be understood", ReasonCode.UNREADABLE)


def known(system: str, element: str, value: T) -> Fact[T]:
    """Return a value as a fact read from `view.element` now."""
    return Fact(source=_source(system, element), value=value)


def unknown(system: str, element: str, because: str, code: ReasonCode) -> Fact[T]:
    """Return a fact that is unknown; `because` says why in words, without the value."""
    return Fact(source=_source(system, element), unknown_because=because, unknown_code=code)


def _source(system: str, element: str) -> Source:
    view, _, name = element.partition(".")
    return Source(system=system, view=view, element=name, read_at=datetime.now(UTC))


def _century(year: int, month_of_birth: str, day_of_birth: str, *, is_old: bool) -> int:
    # Within a century back from today there is one such year; the plus sign means the century before that.
    today = datetime.now(UTC).date()
    day_in_month = int(day_of_birth) % _COORDINATION_DAYS
    is_to_come = (today.year % 100, today.month, today.day) < (year, int(month_of_birth), day_in_month)
    return today.year // _HUNDRED_YEARS - is_to_come - is_old


def _checks(ten_digits: str) -> bool:
    products = [int(digit) * (2 - place % 2) for place, digit in enumerate(ten_digits)]
    return sum(product - _TWO_DIGITS if product > _TWO_DIGITS else product for product in products) % 10 == 0


def _is_day_of_birth(year: int, month_of_birth: int, day_of_birth: int) -> bool:
    is_coordination = day_of_birth >= _COORDINATION_DAYS
    day_in_month = day_of_birth - _COORDINATION_DAYS if is_coordination else day_of_birth
    if is_coordination:
        # Coordination numbers are also given to people whose day or month of birth nobody knows: it is then 00.
        day_in_month, month_of_birth = day_in_month or 1, month_of_birth or 1
    try:
        return date(year, month_of_birth, day_in_month) <= datetime.now(UTC).date()
    except ValueError:
        return False
