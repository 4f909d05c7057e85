"""Systems and selector files fit together: every name in the code stands in the file, and everything in the file is used."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from robots.cli import app
from robots.errors import SetupError
from robots.screens.selector_file import load
from robots.screens.usage import misfits
from robots.settings import SYSTEMS
from tests.installation import install

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "robots" / "systems"
SELECTORS = tuple(sorted((ROOT / "selectors").glob("*.yaml")))


@pytest.mark.parametrize("path", SELECTORS, ids=lambda path: path.stem)
def test_every_name_in_a_system_stands_in_its_selector_file_and_everything_there_is_used(path: Path) -> None:
    assert misfits(load(path), sources=SOURCES, systems=SYSTEMS) == []


def _changed(folder: Path, right: str, wrong: str) -> list[str]:
    """Return what does not fit when one thing of the population register's file is another."""
    path = folder / "population_register.yaml"
    text = (ROOT / "selectors" / path.name).read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    return [one.removeprefix(f"{path}: ") for one in misfits(load(path), sources=SOURCES, systems=SYSTEMS)]


def test_an_element_that_the_code_names_and_the_file_lacks_is_told(tmp_path: Path) -> None:
    assert _changed(tmp_path, "      protected:", "      protection:") == [
        "person.protected is named in robots/systems/ and stands nowhere here; add it",
        "person.protection is used nowhere in robots/systems/; remove it",
    ]


def test_a_view_that_the_code_waits_for_and_the_file_lacks_is_told(tmp_path: Path) -> None:
    assert "no_source is named in robots/systems/ and stands nowhere here; add it" in _changed(tmp_path, "  no_source:", "  no_answer:")


def test_what_is_said_to_bring_a_file_and_is_pressed_for_a_view_or_not_fetched_is_told(tmp_path: Path) -> None:
    path = tmp_path / "e_service.yaml"
    text = (ROOT / "selectors" / path.name).read_text(encoding="utf-8")
    send, heading = "send: {find: [{role: button, name: Skicka}]", "children:\n        find"
    assert send in text
    assert heading in text
    path.write_text(
        text.replace(send, f"{send}, download: true").replace(heading, "children:\n        download: true\n        find"), encoding="utf-8"
    )

    assert [one.removeprefix(f"{path}: ") for one in misfits(load(path), sources=SOURCES, systems=SYSTEMS)] == [
        "household.children says download here, and robots/systems/ fetches no file by it; say it no longer",
        "new_message.send is pressed in robots/systems/ for a view, and says download here; fetch the file, or say it no longer",
    ]


def test_a_view_that_nothing_uses_is_told(tmp_path: Path) -> None:
    extra = "views:\n  news:\n    landmark: heading\n    elements:\n      heading: {find: [{role: heading, name: Nyheter}]}\n"

    assert _changed(tmp_path, "views:\n", extra) == ["news is used nowhere in robots/systems/; remove it"]


def test_a_view_that_is_a_named_dialog_and_what_closes_it_are_used(tmp_path: Path) -> None:
    head, _, views = (ROOT / "selectors" / "population_register.yaml").read_text(encoding="utf-8").partition("views:\n")
    dialog = "  news: {view: news, meaning: news of the system, do: close, press: close}\n"
    view = "  news:\n    landmark: heading\n    elements:\n      heading: {find: [{text: Nyheter}]}\n      close: {find: [{text: Stäng}]}\n"

    dialogs = dialog if "dialogs:" in head else f"dialogs:\n{dialog}"

    assert views
    assert _changed(tmp_path, "views:\n", f"{dialogs}views:\n{view}") == []


def test_the_command_that_checks_the_configuration_tells_of_names_that_do_not_fit(tmp_path: Path) -> None:
    install(tmp_path)
    path = tmp_path / "selectors" / "e_service.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("days_away", "days_abroad"), encoding="utf-8")

    done = CliRunner().invoke(app, ["check", "--root", str(tmp_path)])

    assert isinstance(done.exception, SetupError)
    assert f"{path}: plan.days_away is named in robots/systems/ and stands nowhere here; add it" in str(done.exception).splitlines()
