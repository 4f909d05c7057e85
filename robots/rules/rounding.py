"""Rounding of money to the nearest krona; half a krona goes the applicant's way."""

from __future__ import annotations

from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

_KRONA = Decimal(1)


def to_krona(amount: Decimal) -> Decimal:
    """Return the amount in whole kronor, half a krona up."""
    return amount.quantize(_KRONA, rounding=ROUND_HALF_UP)


def to_counted_krona(income: Decimal) -> Decimal:
    """Return what is counted of an income in whole kronor, half a krona down.

    A larger income never leaves less to count, as it could if what is not counted were rounded instead.
    """
    return income.quantize(_KRONA, rounding=ROUND_HALF_DOWN)
