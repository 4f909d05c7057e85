"""Legal and municipal values by date, and one small bad file for every way of being wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from robots.errors import ParameterNotInForce, SettingsInvalid, SetupError
from robots.guidelines import Guidelines
from robots.parameters import Parameters, Status
from tests.case_files import CONFIG, LAW, PARAMETERS

GOOD = """schema: 1
description: Something
unit: SEK/month
periods:
  - from: 2025-01-01
    until: 2025-12-31
    source: a source
    status: official
    rows: {one: 10, two: 20.50}
  - from: 2026-01-01
    until: null
    sfs: "2025:1"
    source: another source
    status: secondary
    differing:
      - {status: derived, source: reckoned, rows: [two]}
    rows: {one: 11, two: 21}
"""


def _load(folder: Path, text: str, name: str = "table.yaml") -> Parameters:
    folder.joinpath(name).write_text(text, encoding="utf-8")
    return Parameters.load(folder)


def test_value_is_that_of_the_day(tmp_path: Path) -> None:
    one = _load(tmp_path, GOOD).amount("table.one")

    assert one.on(date(2025, 1, 1)).value == 10
    assert one.on(date(2025, 12, 31)).value == 10
    assert one.on(date(2026, 1, 1)).value == 11
    assert one.on(date(2099, 1, 1)).value == 11


def test_every_cell_has_its_source_and_status(tmp_path: Path) -> None:
    parameters = _load(tmp_path, GOOD)

    first, second = parameters.amount("table.two").values
    assert (first.value, first.source, first.status) == (Decimal("20.50"), "a source", Status.OFFICIAL)
    assert (second.source, second.status) == ("reckoned", Status.DERIVED)
    assert parameters.amount("table.one").on(date(2026, 1, 1)).source == "SFS 2025:1; another source"


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(1999, 1, 1)])
def test_day_without_a_value_has_none(tmp_path: Path, day: date) -> None:
    with pytest.raises(ParameterNotInForce, match="no value for"):
        _load(tmp_path, GOOD).amount("table.one").on(day)


def test_parameter_that_is_not_in_force_is_the_operators() -> None:
    assert issubclass(ParameterNotInForce, SetupError)


WRONG = {
    "unknown key": ("description:", "about:", 2, "about: unknown key"),
    "missing key": ("    source: a source\n", "", 5, "the key source is missing"),
    "key twice": ("description: Something", "description: Something\ndescription: Else", 3, "description: the key stands twice"),
    "row twice": ("{one: 10, two: 20.50}", "{one: 10, one: 11, two: 20.50}", 9, "rows.one: the key stands twice"),
    "wrong unit": ("SEK/month", "EUR/month", 3, "unit: must be one of"),
    "wrong status": ("status: official", "status: sure", 8, "status: must be one of"),
    "wrong date": ("2025-12-31", "2025-02-30", 6, "there is no such day"),
    "date in words": ("from: 2025-01-01", "from: January", 5, "must be a date"),
    "no date": ("from: 2025-01-01", "from: null", 5, "must be a date"),
    "ends before it begins": ("until: 2025-12-31", "until: 2024-12-31", 5, "ends before it begins"),
    "periods overlap": ("until: 2025-12-31", "until: 2026-01-01", 10, "begins before the period above has ended"),
    "open period with another after it": ("until: 2025-12-31", "until: null", 10, "begins before the period above has ended"),
    "amount in words": ("one: 10", "one: ten", 9, "must be a number"),
    "amount with a comma": ("one: 10", "one: '10,5'", 9, "must be a number"),
    "amount below zero": ("one: 10", "one: -10", 9, "must be a number"),
    "amount as octal": ("one: 10", "one: 0o12", 9, "must be a number"),
    "row missing in a later period": ("{one: 11, two: 21}", "{two: 21}", 10, "the row one is missing"),
    "row added in a later period": ("{one: 11, two: 21}", "{one: 11, two: 21, three: 3}", 10, "the row three is not in the period above"),
    "differing row that is not there": ("rows: [two]", "rows: [four]", 16, "no row of this period has that name"),
    "empty source": ("source: another source", "source: ''", 13, "must be a text"),
    "other schema": ("schema: 1", "schema: 2", 1, "reads schema 1 only"),
    "list instead of keys": ("{one: 10, two: 20.50}", "[10, 20]", 9, "must be keys with values"),
}


@pytest.mark.parametrize(("old", "new", "line", "said"), WRONG.values(), ids=WRONG.keys())
def test_mistake_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        _load(tmp_path, GOOD.replace(old, new, 1))

    named = [one for one in str(caught.value).splitlines() if said in one]
    assert named
    assert named[0].startswith(f"{tmp_path / 'table.yaml'}:{line}:")


@pytest.mark.parametrize(
    ("text", "said"),
    [("a: [1", "not valid YAML"), ("", "must be keys with values"), ("- 1", "must be keys with values"), ("a: 1\n\tb: 2", "not valid YAML")],
)
def test_file_that_is_no_table_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        _load(tmp_path, text)


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    tmp_path.joinpath("other.yaml").write_text(GOOD.replace("one: 10", "one: ten").replace("unit", "units"), encoding="utf-8")
    with pytest.raises(SettingsInvalid) as caught:
        _load(tmp_path, GOOD.replace("2025-12-31", "soon"))

    assert {line.split(":")[0] for line in str(caught.value).splitlines()} == {str(tmp_path / "table.yaml"), str(tmp_path / "other.yaml")}
    assert len(str(caught.value).splitlines()) >= 3


def test_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    tmp_path.joinpath("table.yaml").write_bytes(b"description: \xff\xfe")
    with pytest.raises(SettingsInvalid, match="not UTF-8"):
        Parameters.load(tmp_path)


def test_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="holds no parameters"):
        Parameters.load(tmp_path)


def test_name_that_no_file_holds_is_a_mistake() -> None:
    with pytest.raises(SettingsInvalid, match=r"no riksnorm\.teenager"):
        PARAMETERS.amount("riksnorm.teenager")


GUIDELINES = CONFIG.joinpath("guidelines.yaml").read_text(encoding="utf-8")
WRONG_GUIDELINES = {
    "unknown treatment": ("{treat: judge}", "{treat: guess}", "treat: must be one of: count, judge"),
    "counted without a ceiling": ("hemförsäkring: {treat: count, ceiling: 300}", "hemförsäkring: {treat: count}", "a cost that counts has a ceiling"),
    "rent ceiling for something else": ("ceiling: 300}", "ceiling: rent_ceiling}", "rent_ceiling is the ceiling of boendekostnad"),
    "no margin": ("swish: {treat: count, change_percent: 12}", "swish: {treat: count}", "an income that counts has change_percent"),
    "unknown agency": ("register: CSN, change_percent", "register: KFM, change_percent", "register: must be one of"),
    "kind twice": ("swish: {treat", "gåva: {treat", "the key stands twice"),
    "step left out": ("children_2: 10200, ", "", "must be children_N"),
    "last step not open": ("persons_4_or_more", "persons_4", "must be persons_N"),
    "unknown counting day": ("first_day_of_month", "birthday", "must be one of: first_day_of_month"),
    "flag in words": ("surplus_pays_special_costs: true", "surplus_pays_special_costs: ja", "must be true or false"),
    "percent above hundred": ("    percent: 0", "    percent: 100.01", "must be at most 100"),
    "percent finer than a hundredth": ("    percent: 0", "    percent: 0.001", "must have at most 2 decimals"),
    "sample without a seed": ("seed: exempelstad-2024", "seed: ''", "must be a text"),
    "activity judged by nobody": ("    judged_by: plan", "    judged_by: nobody", "must be one of: plan, person"),
    "no source": ("    source: Riktlinjer för ekonomiskt bistånd 2024, avsnitt 4\n", "", "the key source is missing"),
    "no days in the year": ("year_days: 365", "year_days: 0", "must be more than zero"),
    "unknown key": ("board:", "nämnd:", "unknown key"),
}


@pytest.mark.parametrize(("old", "new", "said"), WRONG_GUIDELINES.values(), ids=WRONG_GUIDELINES.keys())
def test_mistake_in_the_guidelines_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GUIDELINES
    path = tmp_path / "guidelines.yaml"
    path.write_text(GUIDELINES.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(SettingsInvalid) as caught:
        Guidelines.load(path)

    named = [line for line in str(caught.value).splitlines() if said in line]
    assert named
    assert named[0].removeprefix(f"{path}:").split(":")[0].isdigit()


def test_guideline_holds_until_the_next_one(tmp_path: Path) -> None:
    added = (
        "  - from: 2025-01-01\n    source: later\n"
        "    one_adult: {children_0: 1, children_1_or_more: 2}\n    two_adults: {children_0: 3, children_1_or_more: 4}\n"
    )
    path = tmp_path / "guidelines.yaml"
    path.write_text(GUIDELINES.replace("# Costs that can be applied for.", f"{added}# Costs that can be applied for.", 1), encoding="utf-8")

    ceiling = Guidelines.load(path).rent_ceiling
    assert ceiling.on(date(2024, 12, 31)).value.one_adult.at(0) == 7200
    assert ceiling.on(date(2025, 1, 1)).value.one_adult.at(7) == 2
    with pytest.raises(ParameterNotInForce):
        ceiling.on(date(2023, 12, 31))


def test_law_of_an_unknown_year_is_refused() -> None:
    LAW.needed_on(date(2026, 11, 1))
    with pytest.raises(ParameterNotInForce):
        LAW.needed_on(date(2027, 1, 1))
