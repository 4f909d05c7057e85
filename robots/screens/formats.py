"""How a field may write what it was given: the same amount, number or day in the field's own way of writing, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

_BLANKS = "[ \u00a0\u202f]"
_AMOUNT = re.compile(rf"([-\u2212]?)([0-9]+|[0-9]{{1,3}}(?:{_BLANKS}[0-9]{{3}})+)(?:,([0-9]{{1,2}}))?(?:{_BLANKS}?kr)?")
_NUMBER = re.compile(rf"([0-9]{{8}})(?:-|{_BLANKS})?([0-9]{{4}})")
_DAY = re.compile(r"([0-9]{4})([-/.]?)([0-9]{2})\2([0-9]{2})")


class Format(StrEnum):
    """What a field holds, where it writes that in its own way when it is left."""

    #: kronor: `1234,5` is `1 234,50` and `1 234,50 kr`
    AMOUNT = "amount"
    #: twelve digits with or without a hyphen; ten digits leave the century out, and are not the same
    PERSONNUMMER = "personnummer"
    #: year, month, day: `2026-02-05` is `20260205`
    DATE = "date"


def is_same(held: str, entered: str, kind: Format | None) -> bool:
    """Say whether a field holds what was entered: letter by letter, or in its format the very same value."""
    if held == entered or kind is None:
        return held == entered
    value = _VALUES[kind](entered.strip())
    return value is not None and value == _VALUES[kind](held.strip())


def _amount(text: str) -> object:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    sign, whole, decimals = found.groups()
    value = Decimal(f"{re.sub(_BLANKS, '', whole)}.{decimals or 0}")
    return -value if sign else value


def _number(text: str) -> object:
    found = _NUMBER.fullmatch(text)
    return found.groups() if found is not None else None


def _day(text: str) -> object:
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(found[3]), int(found[4])) if found is not None else None
    except ValueError:
        return None


_VALUES: Mapping[Format, Callable[[str], object]] = MappingProxyType({Format.AMOUNT: _amount, Format.PERSONNUMMER: _number, Format.DATE: _day})
