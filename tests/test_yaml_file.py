"""One reader for every YAML file: mistakes look alike, and each is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from robots.errors import SelectorFileInvalid, SettingsInvalid
from robots.yaml_file import YamlFile


def _file(folder: Path, text: str) -> YamlFile:
    path = folder / "some.yaml"
    path.write_text(text, encoding="utf-8")
    return YamlFile(path)


def _mistakes(file: YamlFile) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        file.finish()
    return [line.removeprefix(f"{file.path}:") for line in str(caught.value).splitlines()]


def _read_run(file: YamlFile) -> None:
    run = file.top.fields("language", "run")["run"].fields("tries", "limits", "first_day")
    run["tries"].whole_number()
    run["first_day"].day_or_none()
    limits = run["limits"].fields("seconds")
    limits["seconds"].amount()
    if not limits["seconds"].items():
        limits["seconds"].report("holds nothing")


def test_a_section_that_is_missing_is_told_once_and_not_every_key_below_it(tmp_path: Path) -> None:
    file = _file(tmp_path, "language: sv\n")
    _read_run(file)
    assert _mistakes(file) == ["1: the key run is missing"]


@pytest.mark.parametrize("section", ["", "5", "[tries]", "null"])
def test_a_section_that_is_none_says_once_what_it_must_hold(tmp_path: Path, section: str) -> None:
    file = _file(tmp_path, f"language: sv\nrun: {section}\n")
    _read_run(file)
    assert _mistakes(file) == ["2: run: must be keys with values: tries, limits, first_day"]


def test_a_mistake_in_a_section_has_the_line_of_its_key(tmp_path: Path) -> None:
    file = _file(tmp_path, "language: sv\nrun:\n  tries: 1\n  first_day:\n    null\n  limits:\n    minutes: 1\n")
    _read_run(file)
    assert _mistakes(file) == ["6: run.limits: the key seconds is missing", "7: run.limits.minutes: unknown key; known are seconds"]


def test_a_place_can_be_named_in_words(tmp_path: Path) -> None:
    file = _file(tmp_path, "log_in:\n  user: {find: [{label: ''}]}\n")
    view = file.top.entries()["log_in"].called("view log_in")
    view.entries()["user"].report("is wrong")
    user = view.entries()["user"].called("view log_in, element user")
    user.entries()["find"].items()[0].entries()["label"].text()
    assert _mistakes(file) == ["2: view log_in, element user, find[0].label: must be a text", "2: view log_in, user: is wrong"]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("a: &x 1\nb: 2\n", "1: a: an anchor or alias; write the value out"),
        ("a: [&x 1]\nb: 2\n", "1: a[0]: an anchor or alias; write the value out"),
        ("a: 1\nb: &x {c: *x}\n", "2: b: an anchor or alias; write the value out"),
    ],
)
def test_a_value_that_stands_somewhere_else_is_refused_also_one_that_holds_itself(tmp_path: Path, text: str, mistake: str) -> None:
    file = _file(tmp_path, text)
    fields = file.top.fields("a", "b")
    assert fields["b"].text() in {"", "2"}
    assert [item.text() for item in fields["a"].items()] in ([], [""])
    assert mistake in _mistakes(file)


def test_what_must_hold_something_says_so_when_it_is_empty(tmp_path: Path) -> None:
    file = _file(tmp_path, "a: []\nb: {}\n")
    fields = file.top.fields("a", "b")
    assert (fields["a"].items(), fields["b"].entries()) == ([], {})
    file.finish()
    assert (fields["a"].items(may_be_empty=False), fields["b"].entries(may_be_empty=False)) == ([], {})
    assert _mistakes(file) == ["1: a: must be a list with at least one member", "2: b: must hold at least one key"]


def test_a_file_that_is_no_yaml_says_what_is_wrong_and_is_the_error_of_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text("a: 1\nb: c: d\n", encoding="utf-8")
    with pytest.raises(SelectorFileInvalid, match=r"some\.yaml:2: not valid YAML \(mapping values are not allowed in this context\)"):
        YamlFile(path, error=SelectorFileInvalid)
