"""Rounding of money: to the nearest krona, half a krona up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_KRONA = Decimal(1)


def to_krona(amount: Decimal) -> Decimal:
    """Return the amount in whole kronor, half a krona up."""
    return amount.quantize(_KRONA, rounding=ROUND_HALF_UP)
