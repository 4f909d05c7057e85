"""Legal values by date, and one small bad file for every way of being wrong."""

from __future__ import annotations

import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from robots.errors import ParameterNotInForce, SettingsInvalid, SetupError
from robots.parameters import Parameters, Status, Unit
from robots.records import from_record, to_record
from tests.case_files import CONFIG, PARAMETERS

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


def test_every_cell_has_a_key_of_name_and_first_day(tmp_path: Path) -> None:
    one = _load(tmp_path, GOOD).amount("table.one")

    assert [value.key for value in one.values] == ["table.one@2025-01-01", "table.one@2026-01-01"]


def test_row_has_the_unit_of_its_file_or_one_of_its_own(tmp_path: Path) -> None:
    parameters = _load(tmp_path, GOOD.replace("unit: SEK/month", "unit: SEK/month\nrow_units: {two: months}"))

    assert parameters.amount("table.one").unit is Unit.KRONOR_PER_MONTH
    assert parameters.amount("table.two").unit is Unit.MONTHS


def test_row_can_begin_with_a_later_period_that_names_it(tmp_path: Path) -> None:
    later = GOOD.replace("    rows: {one: 11, two: 21}", "    new_rows: [three]\n    rows: {one: 11, two: 21, three: 3}")
    three = _load(tmp_path, later).amount("table.three")

    assert three.on(date(2026, 1, 1)).value == 3
    with pytest.raises(ParameterNotInForce):
        three.on(date(2025, 12, 31))


def test_what_a_value_has_worked_out_is_no_part_of_it() -> None:
    """Records, comparisons and copies know the values alone, whatever was asked before."""
    asked, fresh = PARAMETERS, Parameters.load(CONFIG / "parameters")
    day = date(2026, 11, 1)
    before = asked.amount("riksnorm.single").on(day), asked.child_rows(day), asked.numbered("riksnorm.common_")

    assert asked == fresh
    assert to_record(Parameters, asked) == to_record(Parameters, fresh)
    for copy in (from_record(Parameters, to_record(Parameters, asked)), pickle.loads(pickle.dumps(asked))):  # noqa: S301 - its own
        assert (copy.amount("riksnorm.single").on(day), copy.child_rows(day), copy.numbered("riksnorm.common_")) == before


def test_answer_for_a_day_is_the_same_when_asked_again(tmp_path: Path) -> None:
    one = _load(tmp_path, GOOD).amount("table.one")

    for _ in range(2):
        assert one.on(date(2025, 12, 31)) is one.values[0]
        assert one.on(date(2026, 1, 1)) is one.values[1]
        with pytest.raises(ParameterNotInForce):
            one.on(date(2024, 12, 31))


def test_children_of_every_age_until_twenty_one_have_one_row() -> None:
    for day in (date(2018, 1, 1), date(2026, 12, 31)):
        rows = PARAMETERS.child_rows(day)
        assert [*rows] == [*range(21)]
        assert [rows[age] for age in (0, 1, 2, 3, 4, 6, 7, 10, 11, 14, 15, 18, 19, 20)] == [
            "child_0",
            *["child_1_2"] * 2,
            "child_3",
            *["child_4_6"] * 2,
            *["child_7_10"] * 2,
            *["child_11_14"] * 2,
            *["child_15_18"] * 2,
            *["child_19_20"] * 2,
        ]
    with pytest.raises(ParameterNotInForce):
        PARAMETERS.child_rows(date(2016, 12, 31))


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
    "new row that is not new": ("    rows: {one: 11", "    new_rows: [one]\n    rows: {one: 11", 17, "the row stands in the period above already"),
    "new row that is not there": ("    rows: {one: 11", "    new_rows: [three]\n    rows: {one: 11", 10, "the row three is missing"),
    "unit of a row that is not there": (
        "unit: SEK/month",
        "unit: SEK/month\nrow_units: {three: months}",
        4,
        "no row of the last period has that name",
    ),
    "unit of a row that is no unit": ("unit: SEK/month", "unit: SEK/month\nrow_units: {one: weeks}", 4, "must be one of"),
    "section among amounts": ("unit: SEK/month", "unit: SEK/month\nrow_units: {one: section}", 4, "sections have a file of their own"),
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
