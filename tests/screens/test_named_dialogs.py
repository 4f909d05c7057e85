"""Named dialogs, in both drivers alike: the case system says no where something else is expected, and the selector file says what is done."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from robots import run_log
from robots.errors import KollegaError, ScreenChanged, SystemUnavailable
from robots.practice.households import generate
from robots.practice.municipality import Municipality
from robots.screens import Screen, TimeLimits
from robots.screens.desktop import open_screen
from robots.screens.selector_file import load
from robots.screens.web import Browser
from robots.systems import case_system

pytestmark = [pytest.mark.browser, pytest.mark.desktop]

SELECTORS = Path(__file__).parents[2] / "selectors"
LIMITS = TimeLimits(view_seconds=10, answer_seconds=3)
FORMS = {"desktop": "case_system", "web": "case_system_web"}


@pytest.fixture(scope="module")
def municipality(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Municipality]:
    with Municipality.start(tmp_path_factory.mktemp("practice"), generate(1, 2), systems=("case_system",)) as municipality:
        yield municipality


@pytest.fixture
def closings(tmp_path: Path) -> Iterator[Callable[[], int]]:
    """Return what counts the dialogs that the log tells of as closed."""
    log = run_log.set_up(tmp_path / "logs", console=False)
    yield lambda: (log.folder / "run.log").read_text(encoding="utf-8").count("dialog_closed")
    log.close()


def is_there(picture: str) -> bool:
    return Path(picture).stat().st_size > 0


@asynccontextmanager
async def refused(form: str, dialogs: str, municipality: Municipality, folder: Path) -> AsyncIterator[Screen]:
    """Yield the case system with its message up that there is no case of a number; the selector file has these dialogs."""
    name = FORMS[form]
    text = re.sub(r"^dialogs:\n(?:  .*\n)+", "", (SELECTORS / f"{name}.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    path = folder / f"{name}.yaml"
    path.write_text(text.replace("\nviews:\n", f"\ndialogs:\n  {dialogs}\nviews:\n", 1), encoding="utf-8")
    selectors, address = load(path), municipality.addresses["case_system"]
    browser = await Browser.open(executable=None) if form == "web" else None
    try:
        if browser is not None:
            screen = await browser.screen(selectors, address=address, pictures=folder / "pictures", limits=LIMITS)
        else:
            command = (sys.executable, "-m", "robots.practice.case_client", "--server", address)
            screen = await open_screen(selectors, command=command, environment={}, pictures=folder / "pictures", limits=LIMITS)
        try:
            await case_system.log_in(screen, *(municipality.environment[f"KOLLEGA_CASE_SYSTEM_{part}"] for part in ("USER", "PASSWORD")))
            await screen.press("main.open_case", then="open_case")
            await screen.enter({"open_case.number": "EB-0000-0000"})
            # Expected, as the systems expect it: nothing is done about it.
            assert await screen.press_for("open_case.save", then=("overview", "notice")) == "notice"
            yield screen
        finally:
            await screen.close()
    finally:
        if browser is not None:
            await browser.close()


@pytest.mark.parametrize("form", FORMS)
async def test_a_dialog_that_is_to_be_closed_is_closed_and_the_work_goes_on(
    form: str, municipality: Municipality, tmp_path: Path, closings: Callable[[], int]
) -> None:
    closing = "notice: {view: notice, meaning: the number is not known, do: close, press: close}"
    async with refused(form, closing, municipality, tmp_path) as screen:
        assert closings() == 0

        await screen.press("open_case.cancel", then="main")

        assert not await screen.showing("notice")
    assert closings() == 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("do", "error"), [("stop", ScreenChanged), ("fault", SystemUnavailable)])
async def test_a_dialog_that_stops_the_work_is_left_as_it_is(
    form: str, do: str, error: type[KollegaError], municipality: Municipality, tmp_path: Path
) -> None:
    async with refused(form, f"notice: {{view: notice, meaning: the number is not known, do: {do}}}", municipality, tmp_path) as screen:
        with pytest.raises(error) as caught:
            await screen.press("open_case.cancel", then="main")

        assert "the dialog notice is up: the number is not known" in caught.value.message
        assert (caught.value.view, await screen.showing("notice")) == ("notice", True)
        if error is ScreenChanged:
            assert is_there(caught.value.picture)


@pytest.mark.parametrize("form", FORMS)
async def test_a_dialog_that_has_come_up_does_not_keep_its_own_view_from_being_used(form: str, municipality: Municipality, tmp_path: Path) -> None:
    async with refused(form, "notice: {view: notice, meaning: the number is not known, do: stop}", municipality, tmp_path) as screen:
        await screen.press("notice.close", then="open_case")
        await screen.press("open_case.cancel", then="main")


@pytest.mark.parametrize("form", FORMS)
async def test_a_dialog_that_is_not_named_is_left_and_reported_with_a_picture(form: str, municipality: Municipality, tmp_path: Path) -> None:
    async with refused(form, "fault: {view: fault, meaning: no server, do: fault}", municipality, tmp_path) as screen:
        with pytest.raises(ScreenChanged) as caught:
            await screen.press("open_case.cancel", then="main")

        assert is_there(caught.value.picture)
        assert await screen.showing("notice")


@pytest.mark.parametrize("form", FORMS)
async def test_a_dialog_that_means_that_the_password_expires_is_told_of_in_the_log(form: str, municipality: Municipality, tmp_path: Path) -> None:
    told = "notice: {view: notice, meaning: the password expires soon, do: close, press: close, tells: password_expiring}"
    log = run_log.set_up(tmp_path / "logs", console=False)
    try:
        async with refused(form, told, municipality, tmp_path) as screen:
            await screen.press("open_case.cancel", then="main")
    finally:
        log.close()
    events = [json.loads(line) for line in (log.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["system"], one["message"]) for one in events if one["action"] == "password_expiring"] == [
        ("case_system", "the password expires soon")
    ]


def test_both_forms_of_the_case_system_do_the_same_about_the_same_dialogs() -> None:
    program, pages = ({name: dialog.response for name, dialog in load(SELECTORS / f"{form}.yaml").view_dialogs.items()} for form in FORMS.values())
    assert program == {name: response for name, response in pages.items() if name != "opening_hours"}
