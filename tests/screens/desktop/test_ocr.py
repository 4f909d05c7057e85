"""Words and values read off the picture of a program that says nothing about itself."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw, ImageFont

from robots.errors import CaseNeedsPerson, ElementAmbiguous, ElementMissing, ProgramMissing, ReasonCode, ScreenChanged
from robots.screens import Screen, TimeLimits
from robots.screens.desktop import ocr, open_screen
from robots.screens.selector_file import load
from robots.screens.sighting import State
from robots.screens.ways import Check

pytestmark = [pytest.mark.desktop, pytest.mark.asyncio(loop_scope="module")]

HERE = Path(__file__).parent
FONT = ImageFont.truetype("DejaVuSans.ttf", 13)
NUMBER = "19790101-2380"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def screen(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Screen]:
    opened = await open_screen(
        load(HERE / "selectors" / "tk_words.yaml"),
        command=[sys.executable, str(HERE / "tk_words.py")],
        environment={},
        pictures=tmp_path_factory.mktemp("pictures"),
        limits=TimeLimits(view_seconds=20, answer_seconds=1),
    )
    try:
        yield opened
    finally:
        await opened.close()


def line(text: str) -> Image.Image:
    """Return a picture of one line of text as it stands on a screen."""
    picture = Image.new("RGB", (200, 28), "#d9d9d9")
    ImageDraw.Draw(picture).text((4, 6), text, fill="black", font=FONT)
    return picture


async def test_values_are_read_where_the_file_says_how_they_are_made_certain(screen: Screen) -> None:
    assert await screen.wait_for("person") == "person"
    assert await screen.read("person.number", "person.amount") == {"person.number": NUMBER, "person.amount": "12 345,50 kr"}


@pytest.mark.parametrize("element", ["misread", "nothing"])
async def test_a_value_that_can_not_be_read_for_certain_is_for_a_person_and_stays_out_of_the_message(screen: Screen, element: str) -> None:
    with pytest.raises(CaseNeedsPerson) as caught:
        await screen.read("person.number", f"person.{element}")
    assert (caught.value.codes, caught.value.view, caught.value.element) == ((ReasonCode.UNREADABLE,), "person", element)
    assert "1979" not in str(caught.value)


async def test_words_stand_exactly_there_or_not_at_all(screen: Screen) -> None:
    with pytest.raises(ElementAmbiguous):
        await screen.press("person.same", then="opened")
    with pytest.raises(ElementMissing):
        await screen.press("person.gone", then="opened")


async def test_what_is_found_by_words_is_neither_read_nor_filled_in(screen: Screen) -> None:
    with pytest.raises(ScreenChanged, match="text_in"):
        await screen.read("person.open")
    for element in ("open", "amount"):
        with pytest.raises(ScreenChanged):
            await screen.enter({f"person.{element}": "1"})


async def test_a_check_of_the_screens_finds_words_and_leaves_values_unseen(screen: Screen) -> None:
    seen = await screen.sightings("person")
    assert {name: one.state for name, one in seen.items()} == {
        **dict.fromkeys(("heading", "open"), State.FIRST_WAY),
        **dict.fromkeys(("number", "amount", "misread", "nothing"), State.UNSEEN),
        **dict.fromkeys(("archive", "same"), State.FOUND_TWICE),
        "gone": State.NOT_FOUND,
    }


async def test_a_picture_shows_nothing_of_what_only_a_picture_tells(screen: Screen) -> None:
    with Image.open(await screen.picture()) as picture:
        words = {place.text for place in ocr._words(picture, 2, "11")}
    assert not {NUMBER, "12", "345,50", "Personuppgifter"} & words


async def test_what_is_found_by_its_words_is_pressed(screen: Screen) -> None:
    await screen.press("person.open", then="opened")
    assert await screen.showing("opened")


@pytest.mark.parametrize("text", ["5 000,00", "Åsa Öberg-Lindström", "2026-02-25"])
async def test_a_line_that_is_read_twice_alike_is_read(text: str) -> None:
    assert ocr.value_in(line(text), Check.TWICE) == text


@pytest.mark.parametrize(("text", "is_right"), [(NUMBER, True), ("790101-2380", True), ("19790101-2381", False), ("5 000,00", False), ("", False)])
async def test_a_number_counts_only_with_its_right_last_digit(text: str, is_right: bool) -> None:
    assert ocr.value_in(line(text), Check.CHECK_DIGIT) == (text if is_right else None)


async def test_a_point_between_figures_may_be_a_comma_and_is_not_read() -> None:
    assert ocr.value_in(line("13 235.07"), Check.TWICE) is None


async def test_a_value_that_two_readings_see_differently_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter(("5 000,00", "5 800,00"))
    word = "\t".join(("5", "1", "1", "1", "1", "1", "0", "0", "9", "9", "96", "{}"))
    monkeypatch.setattr(ocr, "_read", lambda *_: f"head\n{word.format(next(readings))}")
    assert ocr.value_in(line("5 000,00"), Check.TWICE) is None


async def test_a_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ProgramMissing, match="apt-get install -y tesseract-ocr tesseract-ocr-swe"):
        ocr.places_of("Spara", Image.new("RGB", (31, 17), "white"))
    # A program that has not learnt Swedish, or does not start.
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/false")
    with pytest.raises(ProgramMissing, match="does not read Swedish"):
        ocr.places_of("Spara", Image.new("RGB", (31, 18), "white"))
