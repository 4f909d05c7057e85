"""The norm against published figures, and what the law says of ages, days and large households."""

from __future__ import annotations

import csv
import math
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from robots.errors import ParameterNotInForce
from robots.parameters import Parameter, Parameters, Status, Unit, Value
from robots.rules.calculation import Norm
from robots.rules.grounds import Grounds, NoFigure
from robots.rules.rounding import to_krona
from tests.case_files import LAW, PARAMETERS

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


@pytest.mark.parametrize("case", CASES, ids=[f"{case['name']} {case['year']}" for case in CASES])
def test_figures_above_a_household_add_up_to_what_is_expected(case: dict[str, Any]) -> None:
    """A slip of the pen in the expected norm would otherwise look like a mistake of the program."""
    total = _worked_out(case["sum"].partition("=")[0])

    assert case["expected"] == math.floor(total + Fraction(1, 2))


def _worked_out(text: str) -> Fraction:
    """Work out `3940 + 2830 / 7` or `(2180 + 170) × 2 / 8`, exactly."""
    assert re.fullmatch(r"[\d ()+×/]+", text)
    total: Fraction = eval(re.sub(r"(\d+)", r"Fraction(\1)", text.replace("×", "*")), {"Fraction": Fraction})  # noqa: S307 - digits and signs only
    return total


def test_households_cover_every_year_age_band_and_size() -> None:
    years = {case["year"] for case in CASES if "given" not in case}
    children = [child for case in CASES for child in case.get("children", [])]
    rows = {_norm(2026).child_row(child["age"], lunch_at_home=child["lunch_at_home"]) for child in children}
    sizes = {(1 if case["adults"] == "single" else 2) + len(case.get("children", [])) for case in CASES}

    assert years >= {*range(2018, 2027)}
    assert rows == {name.removeprefix("riksnorm.") for name in PARAMETERS.amounts if name.startswith("riksnorm.child_")}
    assert {child["age"] for child in children} == {*range(21)}
    assert sizes == {*range(1, 10)}


#: published: what each person beyond seven adds
FURTHER_PERSON = {2017: 170, 2018: 170, 2019: 170, 2020: 170, 2021: 170, 2022: 170, 2023: 180, 2024: 190, 2025: 190, 2026: 190}


@pytest.mark.parametrize(("year", "further"), FURTHER_PERSON.items())
def test_each_further_person_adds_what_is_published(year: int, further: int) -> None:
    norm = _norm(year)

    assert norm.common(8) - norm.common(7) == further
    assert norm.common(9) - norm.common(8) == further


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


NO_LUNCH = ("child_0_no_lunch", "child_1_2_no_lunch", "child_3_no_lunch", "child_4_6_no_lunch")
#: of each year the standing of the table, and of the cells that stand differently
STANDINGS: dict[int, tuple[Status, dict[Status, tuple[str, ...]]]] = {
    2017: (Status.SECONDARY, {}),
    2018: (Status.SECONDARY, {Status.DERIVED: NO_LUNCH[1:]}),
    2019: (Status.OFFICIAL, {}),
    2020: (Status.SECONDARY, {Status.DERIVED: NO_LUNCH}),
    2021: (Status.OFFICIAL, {}),
    2022: (Status.SECONDARY, {Status.DERIVED: NO_LUNCH}),
    2023: (Status.SECONDARY, {Status.DERIVED: NO_LUNCH}),
    2024: (Status.OFFICIAL, {}),
    2025: (Status.OFFICIAL, {}),
    2026: (
        Status.DERIVED,
        {Status.OFFICIAL: ("single", "couple", "common_1", "common_2"), Status.SECONDARY: ("child_7_10", "child_11_14", "common_4", "common_5")},
    ),
}


@pytest.mark.parametrize(("year", "standing"), STANDINGS.items())
def test_every_cell_says_how_sure_it_is(year: int, standing: tuple[Status, dict[Status, tuple[str, ...]]]) -> None:
    main, others = standing
    expected = {row: status for status, rows in others.items() for row in rows}

    for name, parameter in PARAMETERS.amounts.items():
        if name.startswith("riksnorm."):
            value = parameter.on(date(year, 6, 1))
            assert value.status is expected.get(name.removeprefix("riksnorm."), main), name
            assert value.key == f"{name}@{year}-01-01"


ORDINANCES = {
    2017: "2016:906",
    2018: "2017:1184",
    2019: "2018:1787",
    2020: "2019:630",
    2021: "2020:1013",
    2022: "2021:896",
    2023: "2022:1436",
    2024: "2023:630",
    2025: "2024:1016",
}


@pytest.mark.parametrize(("year", "sfs"), ORDINANCES.items())
def test_norm_names_its_ordinance(year: int, sfs: str) -> None:
    assert PARAMETERS.amount("riksnorm.single").on(date(year, 1, 1)).source.startswith(f"SFS {sfs}; ")


def test_norm_of_2026_says_in_every_cell_that_its_ordinance_is_not_known() -> None:
    rows = [parameter for name, parameter in PARAMETERS.amounts.items() if name.startswith("riksnorm.")]

    assert all("SFS-numret är inte känt" in row.on(date(2026, 1, 1)).source for row in rows)


@pytest.mark.parametrize(
    ("year", "amount", "status"),
    [
        (2018, 45500, Status.OFFICIAL),
        (2019, 46500, Status.OFFICIAL),
        (2020, 47300, Status.OFFICIAL),
        (2021, 47600, Status.SECONDARY),
        (2022, 48300, Status.SECONDARY),
        (2023, 52500, Status.SECONDARY),
        (2024, 57300, Status.SECONDARY),
        (2025, 58800, Status.SECONDARY),
        (2026, 59200, Status.SECONDARY),
    ],
)
def test_price_base_amount_is_that_of_the_year_from_its_first_day_to_its_last(year: int, amount: int, status: Status) -> None:
    parameter = PARAMETERS.amount("prisbasbelopp.amount")

    for day in (date(year, 1, 1), date(year, 12, 31)):
        assert parameter.on(day).value == amount
        assert parameter.on(day).status is status


@pytest.mark.parametrize("day", [date(2017, 12, 31), date(2027, 1, 1)])
def test_year_without_a_price_base_amount_never_borrows_another_years(day: date) -> None:
    with pytest.raises(ParameterNotInForce):
        PARAMETERS.amount("prisbasbelopp.amount").on(day)


def test_jobbstimulans_lasts_years_and_begins_after_months() -> None:
    for day in (date(2017, 1, 1), date(2025, 6, 30), date(2025, 7, 1), date(2026, 12, 31)):
        assert PARAMETERS.amount("jobbstimulans.disregarded").on(day).value == 25
        assert PARAMETERS.amount("jobbstimulans_time.longest_years").on(day).value == 2
        assert PARAMETERS.amount("jobbstimulans_time.support_months").on(day).value == 6
    assert PARAMETERS.amount("jobbstimulans_time.longest_years").unit is Unit.YEARS
    assert PARAMETERS.amount("jobbstimulans_time.support_months").unit is Unit.MONTHS


SECTIONS = {
    "right": ("SoL 4 kap. 1 §", "SoL 12 kap. 1 §"),
    "duty_to_work": ("SoL 4 kap. 1 §", "SoL 12 kap. 3 §"),
    "reduction": ("SoL 4 kap. 5 §", "SoL 12 kap. 5 §"),
    "norm": ("SoL 4 kap. 3 §", "SoL 12 kap. 7 §"),
    "norm_table": ("SF 2 kap. 1 §", "SF 12 kap. 2 §"),
    "norm_shares": ("SF 2 kap. 1 §", "SF 12 kap. 3 §"),
    "children_earnings": ("SoL 4 kap. 1 a §", "SoL 12 kap. 9 §"),
    "jobbstimulans": ("SoL 4 kap. 1 b §", "SoL 12 kap. 8 §"),
    "further": ("SoL 4 kap. 2 §", "SoL 12 kap. 2 §"),
    "recovery": ("SoL 9 kap.", "SoL 33 kap. 1–6 §§"),
    "appeal": ("SoL 16 kap. 3 §", "SoL 35 kap. 1 §"),
}


@pytest.mark.parametrize(("subject", "sections"), SECTIONS.items())
def test_section_is_of_the_old_act_until_the_last_of_june_2025(subject: str, sections: tuple[str, str]) -> None:
    old, new = sections

    assert LAW.section(subject, date(2018, 1, 1)) == old
    assert LAW.section(subject, date(2025, 6, 30)) == old
    assert LAW.section(subject, date(2025, 7, 1)) == new
    assert LAW.section(subject, date(2026, 6, 30)) == new
    assert LAW.section(subject, date(2026, 7, 1)) == new


@pytest.mark.parametrize(("subject", "section"), [("inquiry", "FL 23 §"), ("reasons", "FL 32 §")])
def test_section_is_of_the_old_administrative_act_until_the_last_of_june_2018(subject: str, section: str) -> None:
    assert LAW.section(subject, date(2018, 6, 30)) == "FL (1986:223)"
    assert LAW.section(subject, date(2018, 7, 1)) == section


def test_section_of_no_day_or_of_a_day_before_all_law_is_the_newest() -> None:
    assert LAW.section("norm", None) == LAW.section("norm", date(2016, 12, 31)) == "SoL 12 kap. 7 §"


def test_activity_requirement_is_no_law_before_july_2026() -> None:
    before, first = date(2026, 6, 30), date(2026, 7, 1)

    with pytest.raises(ParameterNotInForce):
        PARAMETERS.section("sections.activity").on(before)
    with pytest.raises(ParameterNotInForce):
        LAW.section("activity", before)
    assert not LAW.speaks_of("activity", before)
    assert LAW.speaks_of("activity", first)
    assert LAW.section("activity", first) == "SoL 12 kap. 4 a–6 a §§"
    assert PARAMETERS.section("sections.activity").on(first).status is Status.SECONDARY
