"""The JSON schema of selector files says the same as the loader: what editors complete and mark is what is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from robots.cli import app
from robots.errors import SelectorFileInvalid
from robots.screens.selector_file import load
from robots.screens.selector_schema import selector_schema

SELECTORS = Path(__file__).parents[2] / "selectors"
FILES = sorted(SELECTORS.glob("*.yaml"))
TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
#: the keywords of JSON Schema that `mistakes` knows; another one in the schema would be passed over in silence
KEYWORDS = {
    *("$schema", "title", "description", "type", "enum", "const", "required", "properties", "patternProperties", "additionalProperties"),
    *("minProperties", "items", "minItems", "maxItems", "minimum", "pattern", "anyOf", "if", "then", "else"),
}


def read(path: Path) -> Any:
    """Return the file as an editor reads it: as YAML 1.2, in which a day and `on` are texts."""

    class Reader(yaml.CSafeLoader):
        pass

    other = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"}
    known = yaml.SafeLoader.yaml_implicit_resolvers
    Reader.yaml_implicit_resolvers = {first: [one for one in resolvers if one[0] not in other] for first, resolvers in known.items()}
    Reader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Reader)  # noqa: S506 - a safe loader with fewer words


def is_type(value: Any, name: str) -> bool:
    return isinstance(value, TYPES[name]) and not (isinstance(value, bool) and name in {"integer", "number"})


def mistakes(schema: Mapping[str, Any], value: Any, place: str = "file") -> Iterator[str]:
    """Yield the places where the value breaks the schema, by the rules of JSON Schema 2020-12."""
    assert set(schema) <= KEYWORDS, set(schema) - KEYWORDS
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    is_wrong = (
        (types and not any(is_type(value, name) for name in types))
        or ("const" in schema and (value != schema["const"] or isinstance(value, bool) != isinstance(schema["const"], bool)))
        or ("enum" in schema and not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in schema["enum"]))
        or ("pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value))
        or ("minimum" in schema and is_type(value, "number") and value < schema["minimum"])
        or ("anyOf" in schema and all(any(mistakes(one, value)) for one in schema["anyOf"]))
    )
    if is_wrong:
        yield place
    if isinstance(value, dict):
        yield from of_object(schema, value, place)
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield place
        for number, item in enumerate(value):
            yield from mistakes(schema.get("items", {}), item, f"{place}[{number}]")
    if "if" in schema:
        yield from mistakes(schema["else" if any(mistakes(schema["if"], value)) else "then"], value, place)


def of_object(schema: Mapping[str, Any], value: Mapping[str, Any], place: str) -> Iterator[str]:
    if len(value) < schema.get("minProperties", 0) or set(schema.get("required", ())) - value.keys():
        yield place
    for key, item in value.items():
        below = [schema["properties"][key]] if key in schema.get("properties", {}) else []
        below += [one for pattern, one in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
        if not below and schema.get("additionalProperties") is False:
            yield f"{place}.{key}"
        for one in below:
            yield from mistakes(one, item, f"{place}.{key}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_selector_file_validates_against_the_schema(path: Path) -> None:
    assert list(mistakes(selector_schema(), read(path))) == []


def test_the_schema_beside_the_files_is_the_programs_own() -> None:
    assert json.loads((SELECTORS / "schema.json").read_text(encoding="utf-8")) == selector_schema(), (
        "write it anew: kollega screens schema > selectors/schema.json"
    )


def test_the_schema_is_printed_by_a_command() -> None:
    done = CliRunner().invoke(app, ["screens", "schema"])

    assert (done.exit_code, json.loads(done.stdout)) == (0, selector_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_selector_file_tells_editors_where_its_schema_is(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


WEB = """
schema: 1
system: register
driver: web
checked: {on: 2026-11-21, version: "1.0"}
session_lost: [log_in]
samples: {number: search.rows.number}
dialogs:
  send: {text: "Vill du skicka?", answer: accept}
  news: {view: news, meaning: news of the system, do: close, press: close}
views:
  log_in:
    address: /logga-in
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Logga in}]}
      password: {find: [{label: Lösenord}, {css: "#word", why: no label}], secret: true}
  news:
    landmark: heading
    elements:
      heading: {find: [{text: Nyheter}]}
      close: {find: [{role: button, name: Stäng}]}
  search:
    address: /sok/{number}
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Sök}]}
      search: {find: [{role: button, name: Sök}], optional: true}
      rows: {find: [{role: table, name: Svar}], columns: {number: Nummer}, next_page: search}
  result:
    reach: {from: search, press: search.search}
    check: {from: search, press: search.search, enter: {rows: "{number}"}, after: log_in, leave: heading}
    frame: {title: Resultat}
    popup: true
    landmark: heading
    elements:
      heading: {find: [{test_id: heading}], read_only: true, personal: true}
  gone:
    reach: {from: search, press: search.search}
    check: {never: nobody asks}
    landmark: heading
    elements:
      heading: {find: [{near: Gone, role: textbox}]}
"""
#: (right, wrong): what neither the loader nor the schema takes
BROKEN = [
    ("schema: 1", "schema: 2"),
    ("schema: 1\n", ""),
    ("system: register", "sytem: register"),
    ("driver: web", "driver: mainframe"),
    ('version: "1.0"}', 'version: "1.0", by: me}'),
    ("session_lost: [log_in]", "session_lost: []"),
    ("session_lost: [log_in]", "session_lost: log_in"),
    ("session_lost: [log_in]", "window: Register"),
    ("answer: accept", "answer: maybe"),
    ("do: close,", "do: nothing,"),
    ("meaning: news of the system, ", ""),
    ("  log_in:\n", "  Log-in:\n"),
    ("address: /logga-in", "address: logga-in"),
    ("    landmark: heading\n    elements:\n      heading: {find: [{text: Nyheter}]}", "    elements:\n      heading: {find: [{text: Nyheter}]}"),
    ("secret: true", "secret: yes please"),
    ("secret: true", "secrets: true"),
    (", why: no label", ""),
    ("{label: Lösenord}", "{lable: Lösenord}"),
    ("{label: Lösenord}", "{label: Lösenord, name: x}"),
    ("{label: Lösenord}", "{accessible: text, id: word}"),
    ("find: [{text: Nyheter}]", "find: []"),
    ("optional: true", "optional: perhaps"),
    ("columns: {number: Nummer}", "columns: {}"),
    ("reach: {from: search, press: search.search}\n    check: {from", "reach: {from: search}\n    check: {from"),
    ("leave: heading}", "leave: heading, then: search}"),
    ("{never: nobody asks}", "{}"),
    ("{title: Resultat}", "{name: Resultat}"),
    ("popup: true", "popup: 1"),
]


def is_loaded(folder: Path, text: str) -> bool:
    path = folder / "register.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load(path)
    except SelectorFileInvalid:
        return False
    return True


def is_valid(folder: Path, text: str) -> bool:
    path = folder / "register.yaml"
    path.write_text(text, encoding="utf-8")
    return not any(mistakes(selector_schema(), read(path)))


def test_a_file_with_everything_in_it_is_taken_by_the_loader_and_by_the_schema(tmp_path: Path) -> None:
    assert (is_loaded(tmp_path, WEB), is_valid(tmp_path, WEB)) == (True, True)


@pytest.mark.parametrize(("right", "wrong"), BROKEN)
def test_what_the_loader_refuses_of_form_and_keys_the_schema_refuses_too(tmp_path: Path, right: str, wrong: str) -> None:
    assert WEB.count(right) == 1
    text = WEB.replace(right, wrong)

    assert (is_loaded(tmp_path, text), is_valid(tmp_path, text)) == (False, False)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from objects(one)
    elif isinstance(value, list):
        for one in value:
            yield from objects(one)


@pytest.mark.parametrize("name", ["e_service", "case_system", "person_lookup"])
def test_an_unknown_key_in_any_mapping_of_a_file_is_refused_by_loader_and_schema(name: str, tmp_path: Path) -> None:
    # A word that is no name either, so that it is also none where the file chooses its keys.
    record = read(SELECTORS / f"{name}.yaml")
    images = SELECTORS / "images" / name
    if images.is_dir():
        (tmp_path / "images").symlink_to(SELECTORS / "images")
    path = tmp_path / f"{name}.yaml"
    mappings = list(objects(record))
    assert len(mappings) > 50
    schema = selector_schema()
    for mapping in mappings[::7]:
        mapping["Not-A-Key"] = "x"
        assert any(mistakes(schema, record))
        del mapping["Not-A-Key"]
    assert not any(mistakes(schema, record))

    # The loader tells all mistakes at once, and each of them by its own word, so that it reads the file once.
    words = {f"Not-A-Key-{number}" for number in range(len(mappings))}
    for word, mapping in zip(sorted(words), mappings, strict=True):
        mapping[word] = "x"
    # JSON is YAML too, and written many times sooner.
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(SelectorFileInvalid) as refused:
        load(path)
    assert set(re.findall(r"Not-A-Key-\d+", str(refused.value))) == words
