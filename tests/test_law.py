"""The norm against published figures, and what the law says of ages, days and large households."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from robots.errors import ParameterNotInForce
from robots.parameters import Parameter, Parameters, Status, Value
from robots.rules.calculation import Norm
from robots.rules.grounds import Grounds, NoFigure
from robots.rules.rounding import to_krona
from tests.case_files import PARAMETERS

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).parent.joinpath("law", "riksnorm.yaml").read_text(encoding="utf-8"))


def _norm(year: int, parameters: Parameters = PARAMETERS) -> Norm:
    day = date(year, 1, 1)
    return Norm(parameters=parameters, day=day, norm_day=day, grounds=Grounds("test", "", {}))


def _given(figures: dict[str, int], year: int) -> Parameters:
    """Return parameters of these figures alone."""
    amounts = {}
    for row, figure in figures.items():
        name, first, last = f"riksnorm.{row}", date(year, 1, 1), date(year, 12, 31)
        value = Value(key=f"{name}@{first}", valid_from=first, valid_until=last, value=Decimal(figure), source="given", status=Status.OFFICIAL)
        amounts[name] = Parameter(name=name, values=(value,))
    return Parameters(amounts=amounts, sections={})


@pytest.mark.parametrize("case", CASES, ids=[f"{case['name']} {case['year']}" for case in CASES])
def test_norm_is_the_published_one(case: dict[str, Any]) -> None:
    norm = _norm(case["year"], _given(case["given"], case["year"]) if "given" in case else PARAMETERS)
    children = case.get("children", [])
    size = (1 if case["adults"] == "single" else 2) + len(children)

    rows = [case["adults"], *(norm.child_row(child["age"], lunch_at_home=child["lunch_at_home"]) for child in children)]
    total = sum((norm.amount(row) for row in rows), norm.common_share(size, case.get("common_share", size)))

    assert total == case["expected"]


@pytest.mark.parametrize(("persons", "expected"), [(7, 2810), (8, 3000), (9, 3190)])
def test_each_person_beyond_seven_adds_the_difference_of_the_last_two_rows(persons: int, expected: int) -> None:
    """T6: 2810 + 190 = 3000, + 190 = 3190."""
    assert _norm(2025).common(persons) == expected


AGES = [
    (0, "child_0"),
    (1, "child_1_2"),
    (2, "child_1_2"),
    (3, "child_3"),
    (4, "child_4_6"),
    (6, "child_4_6"),
    (7, "child_7_10"),
    (10, "child_7_10"),
    (11, "child_11_14"),
    (14, "child_11_14"),
    (15, "child_15_18"),
    (18, "child_15_18"),
    (19, "child_19_20"),
    (20, "child_19_20"),
]


@pytest.mark.parametrize(("age", "row"), AGES)
def test_age_has_its_row(age: int, row: str) -> None:
    norm = _norm(2026)

    assert norm.child_row(age, lunch_at_home=True) == row
    assert norm.child_row(age, lunch_at_home=False) == (f"{row}_no_lunch" if age <= 6 else row)


def test_no_row_for_somebody_of_twenty_one() -> None:
    with pytest.raises(NoFigure):
        _norm(2026).child_row(21, lunch_at_home=True)


@pytest.mark.parametrize(
    ("row", "days", "expected"),
    [
        ("child_11_14", 1, 144),  # 4390 × 12 / 365 = 144.33
        ("child_11_14", 15, 2160),  # 15 × 144
        ("child_11_14", 30, 4320),
        ("child_11_14", 31, 4390),  # 31 × 144 = 4464 is more than the month
        ("child_11_14", 0, 0),
        ("child_11_14", None, 4390),
    ],
)
def test_child_that_stays_some_days_gets_daily_amounts(row: str, days: int | None, expected: int) -> None:
    assert _norm(2026).child_amount(row, days, 365) == expected


@pytest.mark.parametrize(("size", "persons", "expected"), [(1, 1, 1280), (1, 2, 705), (2, 1, 1410), (1, 3, 597), (2, 5, 932)])
def test_common_costs_are_shared_with_others_in_the_dwelling(size: int, persons: int, expected: int) -> None:
    """2 persons: 1410 / 2 = 705. 3 persons: 1790 / 3 = 596.67. 5 persons: 2330 × 2 / 5 = 932. Fewer than the household: no share."""
    assert _norm(2026).common_share(size, persons) == expected


@pytest.mark.parametrize(("exact", "rounded"), [("0.49", 0), ("0.5", 1), ("1.5", 2), ("2.5", 3), ("144.33", 144)])
def test_half_a_krona_goes_up(exact: str, rounded: int) -> None:
    assert to_krona(Decimal(exact)) == rounded


@pytest.mark.parametrize("year", [2016, 2027])
def test_year_without_a_norm_never_borrows_another_years(year: int) -> None:
    with pytest.raises(ParameterNotInForce):
        _norm(year).amount("single")


def test_every_cell_is_the_table_that_was_typed_twice() -> None:
    """The table was entered a second time from the sources; the two must agree cell by cell."""
    with Path(__file__).parent.joinpath("law", "riksnorm.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == 10
    for row in rows:
        norm = _norm(int(row.pop("year")))
        assert {name: int(norm.amount(name)) for name in row} == {name: int(cell) for name, cell in row.items()}


def test_derived_cells_say_so() -> None:
    day = date(2026, 6, 1)
    assert PARAMETERS.amount("riksnorm.child_0").on(day).status is Status.DERIVED
    assert PARAMETERS.amount("riksnorm.single").on(day).status is Status.OFFICIAL
    assert PARAMETERS.amount("riksnorm.child_7_10").on(day).status is Status.SECONDARY
