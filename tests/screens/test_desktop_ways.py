"""The ways of desktop files that say less than a name: the only one of a role, and keys for one field."""

from __future__ import annotations

from pathlib import Path

import pytest

from robots.errors import SelectorFileInvalid
from robots.screens.inspection import written
from robots.screens.selector_file import load
from robots.screens.ways import Accessible, Check, Keys, Value, Words

FILE = """\
schema: 1
system: register
driver: desktop
checked: {on: 2026-11-22, version: "1.0"}
window: Register
views:
  search:
    landmark: rows
    elements:
      rows: {find: [{only: table}], columns: {name: Namn}}
      name: {find: [{accessible: text, name: Namn}]}
      number: {find: [{keys: f2}]}
      search: {find: [{keys: enter, in: name}]}
"""


def _written(folder: Path, text: str) -> Path:
    file = folder / "register.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_only_one_of_a_role_and_keys_for_a_field_are_ways(tmp_path: Path) -> None:
    elements = load(_written(tmp_path, FILE)).views["search"].elements
    assert elements["rows"].ways == (Accessible(role="table"),)
    assert elements["search"].ways == (Keys(keys=("enter",), field="name"),)


def test_words_and_values_that_stand_in_a_picture_are_ways(tmp_path: Path) -> None:
    number = "[{text_in: [8, 9, 200, 20], check: check_digit}], read_only: true"
    search = "[{keys: enter, in: name}, {text: Sök nu, within: [0, 0, 90, 90]}]"
    text = FILE.replace("[{keys: f2}]", number).replace("[{keys: enter, in: name}]", search)
    elements = load(_written(tmp_path, text)).views["search"].elements
    assert elements["number"].ways == (Value(within=(8, 9, 200, 20), check=Check.CHECK_DIGIT),)
    assert elements["search"].ways[1] == Words(text="Sök nu", within=(0, 0, 90, 90))


def test_they_are_written_as_they_are_read(tmp_path: Path) -> None:
    elements = load(_written(tmp_path, FILE)).views["search"].elements
    assert [written(elements[name].ways[0]) for name in ("rows", "number", "search")] == [
        {"only": "table"},
        {"keys": "f2"},
        {"keys": "enter", "in": "name"},
    ]


@pytest.mark.parametrize("field", ["nothing", "number"])
def test_keys_for_a_field_that_is_not_there_or_that_keys_lead_to_are_a_mistake(tmp_path: Path, field: str) -> None:
    with pytest.raises(SelectorFileInvalid, match=f'register.yaml:13: view search, element search, find: the keys are for .* "{field}"'):
        load(_written(tmp_path, FILE.replace("in: name", f"in: {field}")))


def test_a_role_beside_only_has_no_name(tmp_path: Path) -> None:
    with pytest.raises(SelectorFileInvalid, match="unknown key"):
        load(_written(tmp_path, FILE.replace("{only: table}", "{only: table, name: Träffar}")))
