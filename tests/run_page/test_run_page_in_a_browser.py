"""A run's page as an operator uses it: in a real browser, from a file."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from robots import run_page
from robots.run_log import Action
from robots.run_page.keeping import RunPage
from tests.run_page.logs import good_night, line, write
from tests.run_page.test_run_page import BEGUN, HOSTILE, case, ended, hostile_lines

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

#: a page that is not where it was scrolled to after this stays where it is
SCROLL_SECONDS = 60


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page of a browser that has no network and fails at the first error in a script."""
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a run of sixty cases, of which one waits and one has a fault, with its page."""
    lines = good_night(60)
    told = "a fault of the robot's own: KeyError at way.py:3"
    lines[-1:-1] = [
        line(Action.CASE_TAKEN, 300, case="EA-26-90001"),
        line(Action.PARKED, 310, case="EA-26-90001", level="ERROR", message=told),
        line(Action.CASE_QUEUED, 311, case="EA-26-90002"),
    ]
    folder = write(tmp_path / "run", lines)
    run_page.make(folder)
    return folder


def numbers(page: Page) -> list[str]:
    return page.locator("#rows .open").all_inner_texts()


def test_cases_are_filtered_by_ending_by_system_by_level_and_by_words(page: Page, folder: Path) -> None:
    page.goto((folder / "run.html").as_uri())
    assert page.locator("#found").inner_text() == "62 of 62 cases"
    assert numbers(page)[0] == "EA-26-90001"

    page.select_option("#level", "error")
    assert numbers(page) == ["EA-26-90001"]
    page.select_option("#level", "warning")
    assert numbers(page) == ["EA-26-90001", "EA-26-00008", "EA-26-00048"]
    page.select_option("#system", "case_system")
    assert numbers(page) == ["EA-26-00008", "EA-26-00048"]
    page.select_option("#level", "")
    page.select_option("#system", "")
    page.select_option("#ending", "queued")
    assert numbers(page) == ["EA-26-90002"]
    page.select_option("#ending", "")
    page.fill("#q", "KEYERROR way.py")
    assert numbers(page) == ["EA-26-90001"]
    page.fill("#q", "-00048")
    assert numbers(page) == ["EA-26-00048"]
    page.fill("#q", "no such thing")
    assert (numbers(page), page.locator("#found").inner_text()) == ([], "0 of 62 cases")
    page.fill("#q", "")
    page.select_option("#order", "number")
    assert numbers(page) == sorted(numbers(page))


def test_a_case_opens_to_its_steps_by_mouse_and_by_keys(page: Page, folder: Path) -> None:
    page.goto((folder / "run.html").as_uri())
    page.get_by_role("button", name="EA-26-00008").click()
    inside = page.locator("tr.inside")
    assert inside.locator("tbody tr").count() == 25
    assert "the system did not answer" in inside.locator("tr.WARNING").inner_text()
    page.keyboard.press("Enter")
    assert inside.is_hidden()
    page.locator('rect[data-case="EA-26-00010"]').click()
    assert numbers(page) == ["EA-26-00010"]
    assert page.locator("tr.inside tbody tr").count() > 20
    page.locator("#own summary").click()
    page.locator("#own-events table").wait_for()
    assert "run_begun" in page.locator("#own-events").inner_text()


def test_a_page_keeps_filter_open_cases_and_place_when_it_renews_itself(page: Page, folder: Path) -> None:
    log = folder / "events.jsonl"
    whole = log.read_text(encoding="utf-8")
    log.write_text("".join(whole.splitlines(keepends=True)[:-1]), encoding="utf-8")
    under_way = RunPage(folder)
    under_way.look()
    under_way.write(is_under_way=True)
    page.clock.install()
    page.goto((folder / "run.html").as_uri())
    page.fill("#q", "EA-26-0000")
    page.get_by_role("button", name="EA-26-00003").click()
    place = page.evaluate("window.scrollY") + 400
    page.mouse.wheel(0, 400)
    # Asked from here, since the page lets no script be made of a text; all the way, since a browser may scroll little by little.
    until = time.monotonic() + SCROLL_SECONDS
    while page.evaluate("window.scrollY") != place:
        assert time.monotonic() < until
        page.wait_for_timeout(20)

    log.write_text(whole, encoding="utf-8")
    under_way = RunPage(folder)
    under_way.look()
    under_way.write(is_under_way=True)
    made_before = page.locator("html").get_attribute("data-made")
    with page.expect_navigation():
        page.clock.run_for(16_000)

    assert page.locator("html").get_attribute("data-made") != made_before
    assert page.input_value("#q") == "EA-26-0000"
    assert page.locator("tr.inside").count() == 1
    assert abs(page.evaluate("window.scrollY") - place) < 60
    assert page.locator("#stale").is_hidden()
    page.check("#hold")
    page.clock.run_for(181_000)
    assert page.locator("#stale").is_visible()


def test_the_page_of_a_run_that_is_over_stays_as_it_is(page: Page, folder: Path) -> None:
    page.clock.install()
    page.goto((folder / "run.html").as_uri())
    page.evaluate("window.isTheSame = true")
    page.clock.run_for(600_000)

    assert page.evaluate("window.isTheSame") is True
    assert page.locator("#stale").is_hidden()


def test_nothing_in_a_log_runs_or_becomes_markup_in_a_browser(page: Page, tmp_path: Path) -> None:
    page.goto(run_page.make(write(tmp_path / "run", hostile_lines())).as_uri())
    for opened in page.locator("#rows .open").all():
        opened.click()

    assert "taken" not in page.title()
    assert page.locator("img, iframe, [onmouseover], a[href^=javascript]").count() == 0
    assert page.locator("script").count() == 2
    assert page.locator("tr.inside").count() == len(HOSTILE)
    assert HOSTILE[0] in page.locator("body").inner_text()
    page.fill("#q", "onerror")
    assert len(numbers(page)) == 1
    page.goto((tmp_path / "run" / "run.html").as_uri() + "#q=<img src=x onerror=alert(1)>&open=__proto__&ending=nothing&shown=-5")
    page.reload()
    assert page.locator("#found").inner_text().endswith("cases")


def test_a_script_that_somebody_has_put_into_the_page_is_not_run(browser: Browser, tmp_path: Path) -> None:
    made = run_page.make(write(tmp_path / "run", [BEGUN, *case(1, Action.DECIDED), ended(code=0)]))
    bad = "<script>document.title='taken'</script><img src=data:, onerror=\"document.title='taken'\"><b style='color:red'>x</b>"
    made.write_text(made.read_text(encoding="utf-8").replace("</main>", f"{bad}</main>"), encoding="utf-8")
    page = browser.new_page()
    page.goto(made.as_uri())

    assert page.title().startswith("All is well")
    assert page.locator("#found").inner_text() == "1 of 1 cases"
    assert page.evaluate("getComputedStyle(document.querySelector('main > b')).color") != "rgb(255, 0, 0)"
    page.close()


def test_pictures_of_a_case_are_shown_with_it_and_link_to_the_file(page: Page, tmp_path: Path) -> None:
    from PIL import Image

    told = line(Action.PICTURE_TAKEN, 7, case="EA-26-00001", system="e_service", message="0001-e_service.jpg: everything personal is blacked out")
    folder = write(tmp_path / "run", [BEGUN, *case(1, Action.HANDED_OFF), told, ended(code=0)])
    (folder / "pictures" / "e_service").mkdir(parents=True)
    Image.new("RGB", (1280, 900), "grey").save(folder / "pictures" / "e_service" / "0001-e_service.jpg")
    page.goto(run_page.make(folder).as_uri())
    page.get_by_role("button", name="EA-26-00001").click()
    image = page.locator("tr.inside img")

    assert image.evaluate("one => one.decode().then(() => one.naturalWidth)") == 900
    assert image.evaluate("one => one.closest('a').href") == (folder / "pictures" / "e_service" / "0001-e_service.jpg").as_uri()


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_a_page_is_no_wider_than_its_window(page: Page, folder: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((folder / "run.html").as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_the_figures_are_there_all_the_same(browser: Browser, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "run.html").as_uri())

    assert page.get_by_role("heading", name="A developer must act").is_visible()
    assert "needs a script" in page.locator("noscript p").inner_text()
    assert page.locator(".tiles b").first.inner_text().isdecimal()
    context.close()
