from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import stat
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import playwright.async_api
import pytest
import pytest_asyncio
from PIL import Image

from robots.errors import (
    DialogUnknown,
    ElementAmbiguous,
    ElementMissing,
    KollegaError,
    ProgramMissing,
    ScreenChanged,
    SessionLost,
    SystemTooSlow,
    SystemUnavailable,
    ValueNotKept,
)
from robots.run_log import set_up
from robots.screens import Screen, TimeLimits
from robots.screens.download import Given
from robots.screens.selector_file import SelectorFile, load
from robots.screens.web import Browser
from robots.screens.web.failures import translated
from tests.screens.screen_contract import ScreenContract
from tests.screens.site import FILE_CONTENTS, SELECTORS, Site, serve

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

#: longer than a picture takes on a machine with much else to do
LIMITS = TimeLimits(view_seconds=20, answer_seconds=3)
IN_A_HURRY = TimeLimits(view_seconds=3, answer_seconds=0.5)
#: far beyond the limits also on a machine with much else to do, and before anything but them would end a call
LONG_AFTER_SECONDS = 20


@pytest.fixture(scope="module")
def selectors(tmp_path_factory: pytest.TempPathFactory) -> SelectorFile:
    path = tmp_path_factory.mktemp("selectors") / "site.yaml"
    path.write_text(SELECTORS, encoding="utf-8")
    return load(path)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def screen(browser: Browser, selectors: SelectorFile, site: Site, tmp_path: Path) -> AsyncIterator[Screen]:
    screen = await browser.screen(selectors, address=site.address, pictures=tmp_path / "pictures", limits=LIMITS)
    try:
        yield screen
    finally:
        await screen.close()


@pytest_asyncio.fixture(loop_scope="module")
async def hurried(browser: Browser, selectors: SelectorFile, site: Site, tmp_path: Path) -> AsyncIterator[Screen]:
    screen = await browser.screen(selectors, address=site.address, pictures=tmp_path / "pictures", limits=IN_A_HURRY)
    try:
        yield screen
    finally:
        await screen.close()


class TestTheContract(ScreenContract):
    """The web driver keeps what every driver promises."""


# --- finding ----------------------------------------------------------------------------------------------------------


async def test_a_control_is_found_near_the_text_of_its_row(screen: Screen) -> None:
    await screen.show("form")
    await screen.enter({"form.amount": "5 000,00"})
    assert await screen.read("form.amount") == {"form.amount": "5 000,00"}


async def test_an_element_found_by_a_later_way_works(screen: Screen) -> None:
    await screen.show("form")
    await screen.enter({"form.moved": "ändå"})
    assert await screen.read("form.moved") == {"form.moved": "ändå"}


async def test_an_element_found_by_a_later_way_is_logged_once(screen: Screen, tmp_path: Path) -> None:
    log = set_up(tmp_path, console=False)
    try:
        await screen.show("form")
        for _ in range(2):
            await screen.read("form.moved", "form.name")
    finally:
        log.close()
    events = [json.loads(line) for line in _bytes(str(log.folder / "events.jsonl")).decode().splitlines()]
    assert [(one["action"], one["step"]) for one in events] == [("drift", "form.moved")]


async def test_a_view_that_is_ambiguous_does_not_hide_the_one_that_shows(screen: Screen) -> None:
    await screen.show("form")
    assert await screen.wait_for("saved", "form") == "form"
    assert await screen.wait_for("doubtful", "form") == "form"


async def test_waiting_on_a_screen_that_has_loaded_nothing_asks_for_the_first_view_that_has_an_address(screen: Screen, site: Site) -> None:
    """A program comes up with its first view by itself; what waits for that works on pages too."""
    assert await screen.wait_for("saved", "form") == "form"
    await screen.enter({"form.name": "Åsa"})
    # What is up already is not asked for once more.
    assert await screen.wait_for("form", "log_in") == "form"
    assert await screen.read("form.name") == {"form.name": "Åsa"}


async def test_a_landmark_that_is_there_twice_is_ambiguous(screen: Screen) -> None:
    with pytest.raises(ElementAmbiguous) as caught:
        await screen.show("twice")
    assert (caught.value.view, caught.value.element) == ("twice", "heading")


async def test_a_view_and_an_element_that_come_late_are_waited_for(screen: Screen) -> None:
    await screen.show("late")
    assert await screen.read("late.value") == {"late.value": "här"}


async def test_elements_of_two_views_are_not_read_in_one_call(screen: Screen) -> None:
    await screen.show("form")
    with pytest.raises(ScreenChanged):
        await screen.read("form.name", "saved.name")


# --- entering ---------------------------------------------------------------------------------------------------------


async def test_the_page_sees_a_change_as_when_a_person_types(screen: Screen) -> None:
    await screen.show("form")
    await screen.enter({"form.name": "fem tecken"})
    assert await screen.read("form.typed") == {"form.typed": "true: 10"}


async def test_dates_and_radio_buttons_are_entered(screen: Screen) -> None:
    await screen.show("form")
    await screen.enter({"form.birthday": "2026-02-25", "form.lives": "Inneboende"})
    assert await screen.read("form.birthday", "form.lives") == {"form.birthday": "2026-02-25", "form.lives": "Inneboende"}


async def test_a_text_longer_than_the_field_is_not_kept(screen: Screen) -> None:
    await screen.show("form")
    with pytest.raises(ValueNotKept) as caught:
        await screen.enter({"form.short": "fyra"})
    assert "fyra" not in str(caught.value)


async def test_a_line_break_in_a_field_of_one_line_is_not_kept(screen: Screen) -> None:
    await screen.show("form")
    with pytest.raises(ValueNotKept):
        await screen.enter({"form.name": "två\nrader"})


# --- files ------------------------------------------------------------------------------------------------------------


async def test_the_file_behind_a_link_comes_byte_by_byte_and_the_view_stays(screen: Screen) -> None:
    await screen.show("files")
    file = await screen.download("files.single", most_bytes=200_000)
    assert (file.given, file.content) == (Given.WHOLE, FILE_CONTENTS["/fil/kvittens"])
    assert await screen.showing("files")


@pytest.mark.parametrize("row", [0, 1, 2])
async def test_the_file_of_a_tables_row_is_fetched_whatever_the_row_is_called(screen: Screen, row: int) -> None:
    await screen.show("files")
    assert len(await screen.rows("files.files")) == 3
    assert (await screen.download("files.files", row=row, most_bytes=100)).content == FILE_CONTENTS[f"/fil/{row}"]


@pytest.mark.parametrize(("most", "given"), [(102_400, Given.WHOLE), (102_399, Given.TOO_LARGE), (1, Given.TOO_LARGE)])
async def test_a_file_that_is_too_large_is_given_up(screen: Screen, most: int, given: Given) -> None:
    await screen.show("files")
    file = await screen.download("files.single", most_bytes=most)
    assert (file.given, len(file.content)) == (given, 102_400 if given is Given.WHOLE else 0)


@pytest.mark.parametrize("link", ["elsewhere", "script", "nothing"])
async def test_a_link_that_leads_to_no_file_of_the_system_gives_nothing(screen: Screen, link: str) -> None:
    await screen.show("files")
    file = await screen.download(f"files.{link}", most_bytes=100_000)
    assert (file.given, file.content) == (Given.NOTHING, b"")
    assert await screen.showing("files")


@pytest.mark.parametrize(
    ("link", "error"),
    [("fault", SystemUnavailable), ("cut", SystemUnavailable), ("leads_away", SystemUnavailable), ("hanging", SystemTooSlow), ("lost", SessionLost)],
)
async def test_a_file_that_does_not_come_is_a_fault_of_the_system(hurried: Screen, link: str, error: type[KollegaError]) -> None:
    await hurried.show("files")
    with pytest.raises(error) as caught:
        await hurried.download(f"files.{link}", most_bytes=100_000)
    assert (caught.value.system, caught.value.view) == ("site", "files")


async def test_a_page_that_comes_instead_of_a_file_is_looked_into(screen: Screen, site: Site) -> None:
    await screen.show("files")
    assert b"<script>" in (await screen.download("files.page", most_bytes=100_000)).content
    site.is_logged_out = True
    with pytest.raises(SessionLost):
        await screen.download("files.single", most_bytes=200_000)


@pytest.mark.parametrize(("element", "row"), [("files.words", None), ("files.files", 3), ("files.files", -1), ("list.cases", 0)])
async def test_a_row_or_a_link_that_is_not_there_is_missing(screen: Screen, element: str, row: int | None) -> None:
    await screen.show("files")
    with pytest.raises(ElementMissing):
        await screen.download(element, row=row, most_bytes=100)


# --- pressing and showing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("button", ["counted.more", "counted.more_soon"])
async def test_the_same_view_after_a_press_is_the_new_one(screen: Screen, button: str) -> None:
    await screen.show("counted")
    for count in range(1, 4):
        await screen.press(button, then="counted")
        assert await screen.read("counted.count") == {"counted.count": str(count)}


async def test_a_page_that_fetches_more_after_a_press_is_waited_for(screen: Screen) -> None:
    await screen.show("counted")
    await screen.press("counted.more_later", then="counted")
    assert await screen.read("counted.count") == {"counted.count": "hämtat"}


@pytest.mark.parametrize("element", ["form.slow", "form.later"])
async def test_a_slow_view_after_a_press_is_waited_for(screen: Screen, element: str) -> None:
    await screen.show("form")
    await screen.press(element, then="saved")
    assert await screen.showing("saved")


async def test_a_covered_button_is_not_pressed(hurried: Screen) -> None:
    await hurried.show("form")
    with pytest.raises(ScreenChanged) as caught:
        await hurried.press("form.covered", then="saved")
    assert caught.value.element == "covered"


@pytest.mark.parametrize("text", ["a/b", "../formular", "å ä?x=1#y", "%2e%2e"])
async def test_a_text_in_an_address_stays_a_text(screen: Screen, site: Site, text: str) -> None:
    await screen.show("case", reference=text)
    assert site.asked[-1].startswith("GET /arende/")
    assert site.asked[-1].count("/") == 2
    assert not set("?#") & set(site.asked[-1])


@pytest.mark.parametrize("address", [{}, {"reference": ""}, {"reference": ".."}, {"reference": "A-1", "more": "x"}])
async def test_an_address_without_its_texts_is_refused(screen: Screen, site: Site, address: dict[str, str]) -> None:
    with pytest.raises(ScreenChanged):
        await screen.show("case", **address)
    assert site.asked == []


async def test_a_view_is_reached_by_the_press_that_leads_to_it(screen: Screen) -> None:
    await screen.show("more")
    assert await screen.showing("more")


async def test_a_view_without_address_and_reach_is_not_brought_up(screen: Screen) -> None:
    await screen.show("form")
    with pytest.raises(ScreenChanged):
        await screen.show("saved")
    await screen.press("form.save", then="saved")
    await screen.show("saved")


# --- tables -----------------------------------------------------------------------------------------------------------


async def test_a_table_that_says_that_it_is_empty_has_no_rows(screen: Screen) -> None:
    await screen.show("list")
    assert await screen.rows("list.empty") == []


@pytest.mark.parametrize(
    ("table", "kind"),
    [("list.other", ElementMissing), ("list.doubled", ElementAmbiguous), ("list.uneven", ScreenChanged), ("list.heading", ElementMissing)],
)
async def test_a_table_that_is_not_as_described_is_not_read(screen: Screen, table: str, kind: type[KollegaError]) -> None:
    await screen.show("list")
    with pytest.raises(kind):
        await screen.rows(table)


async def test_a_row_with_two_ways_to_go_is_not_pressed(screen: Screen) -> None:
    await screen.show("list")
    with pytest.raises(ElementAmbiguous):
        await screen.pick("list.two_links", {"note": "a"}, then="case")


@pytest.mark.parametrize(("view", "table"), [("list", "list.cases"), ("sent", "sent.cases")])
async def test_a_table_that_is_new_is_read_from_its_own_first_page(screen: Screen, view: str, table: str) -> None:
    if view == "list":
        await screen.show("list")
    for question in ("ett", "två"):
        if view == "sent":
            await screen.show("ask")
            await screen.enter({"ask.question": question})
            await screen.press("ask.send", then="sent")
        references = [row["reference"] for row in await screen.rows(table)]
        assert references == ["A-1", "A-2", "A-3", "A-4", "A-5"]


async def test_pages_that_were_turned_by_sending_forms_are_never_read_from_the_middle(screen: Screen) -> None:
    await screen.show("ask")
    await screen.press("ask.send", then="sent")
    assert len(await screen.rows("sent.cases")) == 5
    with pytest.raises(ScreenChanged, match="bring the view up once more"):
        await screen.rows("sent.cases")


async def test_pages_that_were_turned_by_sending_forms_are_turned_back_where_the_file_says_how(screen: Screen) -> None:
    await screen.show("ask")
    await screen.press("ask.send", then="sent")
    for _ in range(2):
        assert [row["reference"] for row in await screen.rows("sent.both_ways")] == ["A-1", "A-2", "A-3", "A-4", "A-5"]
    await screen.pick("sent.both_ways", {"reference": "A-1"}, then="case")


# --- frames, windows, dialogs -----------------------------------------------------------------------------------------


async def test_a_view_in_a_frame_is_worked_as_any_other(screen: Screen) -> None:
    await screen.show("framed")
    await screen.enter({"framed.name": "Åsa"})
    await screen.press("framed.save", then="framed_saved")
    assert await screen.read("framed_saved.name") == {"framed_saved.name": "Åsa"}


async def test_a_frame_that_is_not_there_is_a_changed_screen(screen: Screen) -> None:
    with pytest.raises(ElementMissing):
        await screen.show("unframed")


async def test_a_view_in_a_window_of_its_own_is_worked_and_closed(screen: Screen) -> None:
    await screen.show("lookup")
    await screen.enter({"lookup.name": "Åsa"})
    assert await screen.read("lookup.name") == {"lookup.name": "Åsa"}
    assert await screen.read("form.name") == {"form.name": ""}
    await screen.press("form.save", then="saved")
    assert not await screen.showing("lookup")


async def test_a_window_that_closes_itself_leads_back(screen: Screen) -> None:
    await screen.show("form")
    await screen.press("form.lookup", then="lookup")
    await screen.press("lookup.choose", then="form")
    assert not await screen.showing("lookup")


@pytest.mark.parametrize("element", ["form.save", "form.name"])
async def test_a_window_that_the_file_does_not_name_is_told_and_nothing_is_pressed(screen: Screen, site: Site, element: str) -> None:
    await screen.show("form")
    await screen.press("form.stranger", then="form")
    with pytest.raises(DialogUnknown) as caught:
        await (screen.press(element, then="saved") if element == "form.save" else screen.enter({element: "Åsa"}))
    # What it says stays out of the message; its picture shows its frame.
    assert "1912" not in str(caught.value)
    assert _bytes(caught.value.picture)
    assert [one for one in site.asked if one.startswith("POST") or "svar" in one] == []
    with pytest.raises(DialogUnknown):
        await screen.read("form.name")


async def test_a_window_that_the_file_names_as_a_dialog_is_closed_and_the_work_goes_on(screen: Screen) -> None:
    await screen.show("form")
    await screen.press("form.news", then="form")
    assert await screen.wait_for("news") == "news"
    await screen.press("form.save", then="saved")
    assert not await screen.showing("news")


async def test_an_element_in_a_frame_of_a_window_is_worked_as_any_other(screen: Screen) -> None:
    await screen.show("form")
    await screen.press("form.framed_window", then="window_framed")
    assert await screen.enter({"window_framed.name": "Åsa"}) == {"window_framed.name": "Åsa"}
    await screen.press("window_framed.save", then="window_saved")
    assert await screen.read("window_saved.name") == {"window_saved.name": "Åsa"}


async def test_a_known_dialog_is_answered_as_the_file_says(screen: Screen) -> None:
    await screen.show("form")
    await screen.press("form.send", then="saved")
    await screen.show("form")
    await screen.press("form.remove", then="saved")


async def test_an_unknown_dialog_is_dismissed_and_told_without_its_text(screen: Screen) -> None:
    await screen.show("form")
    with pytest.raises(DialogUnknown) as caught:
        await screen.press("form.surprise", then="saved")
    assert "1912" not in str(caught.value)


# --- systems that do not work -----------------------------------------------------------------------------------------


async def test_a_log_in_page_instead_of_a_view_is_a_lost_session(screen: Screen, site: Site) -> None:
    await screen.show("form")
    site.is_logged_out = True
    with pytest.raises(SessionLost):
        await screen.press("form.save", then="saved")
    with pytest.raises(SessionLost):
        await screen.show("list")
    with pytest.raises(SessionLost):
        await screen.show("framed")
    await screen.show("log_in")


async def test_a_log_in_page_in_a_frame_is_a_lost_session(screen: Screen, site: Site) -> None:
    await screen.show("framed")
    site.is_logged_out = True
    with pytest.raises(SessionLost):
        await screen.press("framed.save", then="framed_saved")


@pytest.mark.parametrize("closes_windows", [True, False])
async def test_a_log_in_page_in_a_window_is_a_lost_session(screen: Screen, site: Site, closes_windows: bool) -> None:
    for _ in range(5):
        site.is_logged_out = False
        await screen.show("form")
        site.is_logged_out, site.closes_windows = True, closes_windows
        with pytest.raises(SessionLost):
            await screen.press("form.lookup", then="lookup")


async def test_a_refused_connection_is_an_unavailable_system(browser: Browser, selectors: SelectorFile, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    screen = await browser.screen(selectors, address=f"http://127.0.0.1:{port}", pictures=tmp_path, limits=LIMITS)
    try:
        with pytest.raises(SystemUnavailable, match="ERR_CONNECTION_REFUSED"):
            await screen.show("form")
        with pytest.raises(SystemUnavailable):
            await screen.read("form.name")
    finally:
        await screen.close()


async def test_a_connection_that_breaks_after_a_press_is_an_unavailable_system(screen: Screen) -> None:
    await screen.show("form")
    with pytest.raises(SystemUnavailable):
        await screen.press("form.reset", then="saved")


@pytest.mark.parametrize("way", ["address", "press"])
async def test_an_error_page_is_an_unavailable_system(screen: Screen, way: str) -> None:
    if way == "press":
        await screen.show("form")
    with pytest.raises(SystemUnavailable, match="503"):
        await (screen.show("failing") if way == "address" else screen.press("form.broken", then="saved"))


async def test_a_page_that_does_not_exist_is_a_changed_screen_with_a_picture(screen: Screen) -> None:
    with pytest.raises(ElementMissing) as caught:
        await screen.show("nowhere")
    assert _bytes(caught.value.picture).startswith(b"\xff\xd8")


@pytest.mark.parametrize("way", ["address", "press"])
async def test_half_an_answer_ends_with_the_clock(hurried: Screen, way: str) -> None:
    if way == "press":
        await hurried.show("form")
    began = time.monotonic()
    with pytest.raises(SystemTooSlow):
        await (hurried.show("hanging") if way == "address" else hurried.press("form.half", then="saved"))
    assert time.monotonic() - began < LONG_AFTER_SECONDS


# --- a browser that does not work -------------------------------------------------------------------------------------


def _descendants(root: int) -> list[int]:
    found = [root]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            # Threads and processes end while they are looked at.
            with suppress(OSError):
                found += [int(child) for child in task.read_text().split()]
    return found[1:]


def _command_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _signal(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


def _chromium_processes(before: set[int]) -> list[int]:
    ours = [pid for pid in _descendants(os.getpid()) if pid not in before]
    return [pid for pid in ours if b"--type=" in (command := _command_of(pid)) or b"--headless" in command]


def _driver_processes(before: set[int]) -> list[int]:
    return [pid for pid in _descendants(os.getpid()) if pid not in before and b"run-driver" in _command_of(pid)]


async def test_a_browser_that_hangs_ends_the_call_by_the_clock(selectors: SelectorFile, site: Site, tmp_path: Path) -> None:
    before = set(_descendants(os.getpid()))
    browser = await Browser.open(executable=None)
    try:
        screen = await browser.screen(selectors, address=site.address, pictures=tmp_path, limits=IN_A_HURRY)
        await screen.show("form")
        stopped = _chromium_processes(before)
        for pid in stopped:
            _signal(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(SystemTooSlow):
                await screen.read("form.name")
            assert time.monotonic() - began < LONG_AFTER_SECONDS
            await screen.close()
        finally:
            for pid in stopped:
                _signal(pid, signal.SIGCONT)
    finally:
        await browser.close()


@pytest.mark.parametrize("processes", [_chromium_processes, _driver_processes])
async def test_a_browser_that_was_killed_is_started_again_for_the_next_screen(
    selectors: SelectorFile, site: Site, tmp_path: Path, processes: Callable[[set[int]], list[int]]
) -> None:
    before = set(_descendants(os.getpid()))
    browser = await Browser.open(executable=None)
    try:
        screen = await browser.screen(selectors, address=site.address, pictures=tmp_path, limits=LIMITS)
        await screen.show("form")
        for pid in processes(before):
            _signal(pid, signal.SIGKILL)
        with pytest.raises(SystemUnavailable):
            await screen.read("form.name")
        with pytest.raises(SystemUnavailable):
            await screen.show("form")
        await screen.close()
        again = await browser.screen(selectors, address=site.address, pictures=tmp_path, limits=LIMITS)
        await again.show("form")
        assert await again.read("form.name") == {"form.name": ""}
    finally:
        await browser.close()


async def test_a_program_that_is_not_there_is_missing() -> None:
    with pytest.raises(ProgramMissing, match="apt install"):
        await Browser.open(executable="/usr/bin/no-such-browser")


async def test_a_program_that_is_no_browser_is_missing() -> None:
    with pytest.raises(ProgramMissing):
        await Browser.open(executable="/bin/false")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Playwright leaves the pipes of its dead program to the collector
async def test_a_driver_program_that_can_not_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a minimal Debian the driver program lacked a library, and all that was to be read of it was a Python traceback."""
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")

    with pytest.raises(ProgramMissing, match="apt install libatomic1"):
        await Browser.open(executable=None)
    gc.collect()


async def test_a_cancelled_call_stays_cancelled(screen: Screen) -> None:
    call = asyncio.create_task(screen.show("hanging"))
    await asyncio.sleep(0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


# --- errors and pictures ----------------------------------------------------------------------------------------------


def _bytes(path: str) -> bytes:
    return Path(path).read_bytes()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _kinds(root: type[playwright.async_api.Error]) -> Iterator[type[playwright.async_api.Error]]:
    yield root
    for child in root.__subclasses__():
        yield from _kinds(child)


@pytest.mark.parametrize("kind", list(_kinds(playwright.async_api.Error)))
@pytest.mark.parametrize(
    "text",
    ["", "net::ERR_NAME_NOT_RESOLVED at http://x/Hemlig", "strict mode violation: Hemlig", "Target crashed: Hemlig", "fill(Hemlig): no such thing"],
)
async def test_every_error_of_the_browser_becomes_ours_without_its_text(kind: type[playwright.async_api.Error], text: str) -> None:
    error = translated(kind(text), system="site", view="form", element="name")
    assert isinstance(error, KollegaError)
    assert "Hemlig" not in str(error)
    assert (error.system, error.view, error.element) == ("site", "form", "name")


async def test_a_picture_does_not_change_with_what_is_personal(screen: Screen) -> None:
    images = []
    for name, reference in (("Ada", "Ada"), ("Bo Bengtsson", "Bo B")):
        await screen.show("form")
        await screen.enter({"form.name": name, "form.note": name, "form.amount": name, "form.active": "Ja" if name == "Ada" else "Nej"})
        images.append(_bytes(await screen.picture()))
        await screen.press("form.save", then="saved")
        images.append(_bytes(await screen.picture()))
        await screen.show("case", reference=reference)
        images.append(_bytes(await screen.picture()))
    assert images[:3] == images[3:]


async def test_a_picture_shows_captions(screen: Screen) -> None:
    await screen.show("form")
    path = Path(await screen.picture())
    assert path.name == "0001-site.jpg"
    assert [_mode(one) for one in (path, path.parent)] == [0o600, 0o700]
    with Image.open(path) as image:
        darknesses = {grey // 64 for grey in image.convert("L").crop((0, 0, 400, 70)).tobytes()}
    assert {0, 3} <= darknesses


async def test_a_password_is_in_no_picture(screen: Screen) -> None:
    images = []
    for password in ("kort", "mycket längre lösenord"):
        await screen.show("log_in")
        await screen.enter({"log_in.password": password})
        images.append(_bytes(await screen.picture()))
    assert images[0] == images[1]
