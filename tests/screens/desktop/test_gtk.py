"""The desktop driver against a GTK program, whose controls tell less than those of other toolkits; held to what the program stores."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from robots.errors import ElementAmbiguous
from robots.screens import Screen, TimeLimits
from robots.screens.desktop import open_screen
from robots.screens.selector_file import load

HERE = Path(__file__).parent
#: GTK for Python is a Debian package and comes with Debian's own Python only
PYTHON = "/usr/bin/python3"


def has_gtk() -> bool:
    """Say whether Debian's Python can draw a GTK window."""
    asked = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk"
    try:
        return subprocess.run([PYTHON, "-c", asked], capture_output=True, check=False, env={"NO_AT_BRIDGE": "1"}).returncode == 0
    except OSError:
        return False


pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(not has_gtk(), reason="Debian's python3-gi and gir1.2-gtk-3.0 are not installed; `make setup-tests` installs them"),
]


@pytest.fixture
async def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Screen]:
    # As on a real desk that magnifies: on the robot's own desk a click must land where the program says that it is.
    monkeypatch.setenv("GDK_SCALE", "2")
    opened = await open_screen(
        load(HERE / "selectors" / "gtk_controls.yaml"),
        command=[PYTHON, str(HERE / "gtk_controls.py"), str(tmp_path / "store.json")],
        environment={},
        pictures=tmp_path / "pictures",
        limits=TimeLimits(view_seconds=8, answer_seconds=3),
    )
    try:
        await opened.wait_for("form")
        yield opened
    finally:
        await opened.close()


def stored(folder: Path) -> dict[str, str]:
    held: dict[str, str] = json.loads((folder / "store.json").read_text(encoding="utf-8"))
    return held


async def test_a_choice_whose_items_do_not_say_which_is_chosen_is_made_read_back_and_stored(screen: Screen, tmp_path: Path) -> None:
    for kind in ("andra hand", "hyresrätt", "bostadsrätt"):
        assert await screen.enter({"form.kind": kind}) == {"form.kind": kind}
        assert await screen.read("form.kind") == {"form.kind": kind}
    await screen.press("form.save", then="saved")
    assert stored(tmp_path)["kind"] == "bostadsrätt"


async def test_a_choice_that_can_also_be_typed_into_takes_what_its_list_lacks(screen: Screen, tmp_path: Path) -> None:
    assert await screen.enter({"form.town": "Östhammar @ #1"}) == {"form.town": "Östhammar @ #1"}
    await screen.press("form.save", then="saved")
    assert stored(tmp_path)["town"] == "Östhammar @ #1"


async def test_a_field_without_a_name_is_found_by_its_prompt_and_one_of_a_kind_by_its_role(screen: Screen) -> None:
    assert await screen.enter({"form.search": "Åberg", "form.password": "hemligt"}) == {"form.search": "Åberg", "form.password": "●" * 7}


async def test_a_cell_of_a_picture_and_a_text_reads_as_the_text(screen: Screen) -> None:
    assert [row["name"] for row in await screen.rows("form.rows")] == ["Åsa Öberg", "Örjan Ängström", "Åke Åberg"]


async def test_keys_are_pressed_in_the_field_they_are_for_and_what_follows_is_read_only_when_the_program_has_dealt_with_them(screen: Screen) -> None:
    for text, names in (("Åberg", ["Åke Åberg"]), ("Ö", ["Åsa Öberg", "Örjan Ängström"]), ("ingen", []), ("Åke", ["Åke Åberg"])):
        await screen.enter({"form.search": text})
        await screen.press("form.search_now", then="form")
        assert [row["name"] for row in await screen.rows("form.rows")] == names


async def test_a_row_is_opened_though_the_program_makes_the_list_anew_at_the_first_click(screen: Screen, tmp_path: Path) -> None:
    await screen.pick("form.rows", {"name": "Örjan Ängström"}, then="opened")
    assert stored(tmp_path)["opened"] == "Örjan Ängström"


async def test_an_only_one_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "gtk_controls.yaml"
    text = (HERE / "selectors" / "gtk_controls.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("{only: password text}", "{only: text}").replace("secret: true", "personal: true"), encoding="utf-8")
    opened = await open_screen(
        load(file),
        command=[PYTHON, str(HERE / "gtk_controls.py"), str(tmp_path / "store.json")],
        environment={},
        pictures=tmp_path / "pictures",
        limits=TimeLimits(view_seconds=8, answer_seconds=1),
    )
    try:
        await opened.wait_for("form")
        with pytest.raises(ElementAmbiguous):
            await opened.read("form.password")
    finally:
        await opened.close()
