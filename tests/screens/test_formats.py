"""Two ways of writing the same value are the same, and nothing that a person would have to interpret is."""

from __future__ import annotations

import pytest

from robots.screens.formats import Format, is_same


@pytest.mark.parametrize(
    ("kind", "entered", "held"),
    [
        (Format.AMOUNT, "1234,5", "1 234,50"),
        (Format.AMOUNT, "1234,50", "1\u00a0234,50 kr"),
        (Format.AMOUNT, "1234567", "1\u202f234\u202f567,00"),
        (Format.AMOUNT, "-5", "\u22125,00"),
        (Format.AMOUNT, "0", " 0,00 "),
        (Format.PERSONNUMMER, "197901012380", "19790101-2380"),
        (Format.PERSONNUMMER, "19790101-2380", "19790101 2380"),
        (Format.DATE, "2026-02-05", "20260205"),
        (Format.DATE, "20260205", "2026/02/05"),
        (Format.AMOUNT, "ca 5", "ca 5"),
        (None, "1234,5", "1234,5"),
    ],
)
def test_the_same_value_in_another_way_of_writing_is_the_same(kind: Format | None, entered: str, held: str) -> None:
    assert is_same(held, entered, kind)


@pytest.mark.parametrize(
    ("kind", "entered", "held"),
    [
        (None, "1234,5", "1 234,50"),
        (Format.AMOUNT, "1234,5", "12 345"),
        (Format.AMOUNT, "1234,5", "1234,05"),
        (Format.AMOUNT, "1234,5", "1 234"),
        (Format.AMOUNT, "1234,5", "-1 234,50"),
        (Format.AMOUNT, "1234,5", "1.234,50"),
        (Format.AMOUNT, "1234,5", "1234.50"),
        (Format.AMOUNT, "1234", "12 34"),
        (Format.AMOUNT, "0", ""),
        (Format.AMOUNT, "", "0,00"),
        (Format.AMOUNT, "ca 5", "5,00"),
        (Format.AMOUNT, "5", "5,001"),
        (Format.PERSONNUMMER, "197901012380", "790101-2380"),
        (Format.PERSONNUMMER, "197901012380", "19790101-238_"),
        (Format.PERSONNUMMER, "197901012380", "187901012380"),
        (Format.DATE, "2026-02-05", "2026-05-02"),
        (Format.DATE, "2026-02-05", "05/02/2026"),
        (Format.DATE, "2026-02-30", "20260230"),
        (Format.DATE, "2026-02-05", "2026-02/05"),
    ],
)
def test_another_value_or_one_to_be_interpreted_is_not_the_same(kind: Format | None, entered: str, held: str) -> None:
    assert not is_same(held, entered, kind)
