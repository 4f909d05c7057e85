"""One case file alone: what is printed, and every way in which the file can be wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from robots.assessing import assessed, read_case_file
from robots.errors import CaseFileInvalid
from tests.case_files import CONFIG

EXAMPLE = Path(__file__).parent / "cases" / "single_granted.json"
TODAY = date(2026, 11, 21)


def _changed(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    record = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    change(record)
    path = tmp_path / "case.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


def test_example_is_granted() -> None:
    """3 940 + 1 280 + 6 450 + 400 - 1 300 = 10 770."""
    record = assessed(EXAMPLE, CONFIG, language="sv", on=TODAY)

    assert json.loads(json.dumps(record)) == record
    assert record["codes"] == []
    assert record["calculation"]["amount"] == "10770"
    assert record["authority"]["mode"] == "decide"
    assert record["month"] == "2026-11"
    assert record["because"] == ["Alla kontroller är uppfyllda och beräkningen visar ett underskott."]
    assert all(finding["answer"] == "met" for finding in record["findings"])


def test_case_that_needs_a_person_says_why_in_the_chosen_language(tmp_path: Path) -> None:
    path = _changed(tmp_path, lambda record: record["application"]["attachments"].update(value=["a.pdf"]))
    record = assessed(path, CONFIG, language="en", on=TODAY)
    assert record["codes"] == ["ATTACH"]
    assert record["because"] == ["The application has an attachment that a person must read."]
    assert record["authority"]["mode"] == "hand off"


def test_example_survives_reading() -> None:
    assert read_case_file(EXAMPLE).application.reference == "EA-26-00001"


def _set(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(record: dict[str, Any]) -> None:
        for key in path[:-1]:
            record = record[key]
        record[path[-1]] = value

    return change


WRONG: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "unknown key": (_set("application", "colour", value="secret-value"), "application.colour"),
    "missing key": (lambda record: record["application"].pop("month"), "application.month"),
    "wrong month": (_set("application", "month", "value", "month", value=13), "application.month.value"),
    "amount in words": (
        _set("application", "expenses", "value", value=[{"kind": "x", "amount": "secret-value"}]),
        "application.expenses.value.0.amount",
    ),
    "not a number": (_set("application", "expenses", "value", value=[{"kind": "x", "amount": "NaN"}]), "application.expenses.value.0.amount"),
    "billions": (
        _set("application", "expenses", "value", value=[{"kind": "x", "amount": "1E+40"}]),
        "application.expenses.value.0.amount: an amount",
    ),
    "a float": (_set("application", "expenses", "value", value=[{"kind": "x", "amount": 0.1}]), "application.expenses.value.0.amount: an amount"),
    "wrong day": (_set("application", "submitted_on", "value", value="secret-value"), "application.submitted_on.value"),
    "unknown without a code": (_set("application", "account", "unknown_because", value="secret-value"), "application.account"),
    "a person as a key": (_set("population", "197901012380 secret-value", value={}), "population.?.[key]"),
    "a person as an amount's key": (_set("application", "secret-value amount", value=1), "application.?: an amount"),
    "schema": (_set("schema", value=2), "schema 1 only"),
    "schema of another type": (_set("schema", value=True), "schema 1 only"),
    "no schema": (lambda record: record.pop("schema"), "schema 1 only"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG.keys())
def test_mistake_in_a_case_file_is_named_without_its_value(tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str) -> None:
    with pytest.raises(CaseFileInvalid) as caught:
        read_case_file(_changed(tmp_path, change))
    assert said in str(caught.value)
    assert "secret-value" not in str(caught.value)


def test_all_mistakes_of_a_case_file_are_told_at_once(tmp_path: Path) -> None:
    def change(record: dict[str, Any]) -> None:
        record["application"].pop("month")
        record["case"]["is_open"]["value"] = "perhaps"

    with pytest.raises(CaseFileInvalid) as caught:
        read_case_file(_changed(tmp_path, change))
    assert "application.month" in str(caught.value)
    assert "case.is_open.value" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "line 1, column 2: not JSON"),
        (b"[]", "schema 1 only"),
        (b'{"schema": 1, "schema": 1}', "a key stands twice"),
        (b"\xff", "not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_file_that_is_no_case_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(content)
    with pytest.raises(CaseFileInvalid, match=said):
        read_case_file(path)


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseFileInvalid, match="can't be read"):
        read_case_file(tmp_path / "case.json")
