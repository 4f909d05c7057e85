"""Error pages: a page that is only asked for is asked for again, what is sent is not, and no error page is taken for a changed screen."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from robots.errors import SystemUnavailable
from robots.screens import Screen, TimeLimits
from robots.screens.selector_file import load
from robots.screens.sending import sending
from robots.screens.web import Browser

pytestmark = pytest.mark.browser

SELECTORS = """
schema: 1
system: site
driver: web
checked: {on: 2026-11-22, version: "1"}
views:
  form:
    address: /formular
    landmark: send
    elements:
      send: {find: [{role: button, name: Skicka}]}
      details: {find: [{role: link, name: Visa}]}
  sent:
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Skickat}]}
  details:
    popup: true
    reach: {from: form, press: form.details}
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Uppgifter}]}
"""
PAGES = {
    "/formular": '<form method="post" action="/skickat"><button>Skicka</button></form><a href="/uppgifter" target="_blank">Visa</a>',
    "/skickat": "<h1>Skickat</h1>",
    "/uppgifter": "<h1>Uppgifter</h1>",
}


class Site:
    """A server that answers with an error page so often, or cuts the connection, and counts what comes."""

    def __init__(self) -> None:
        #: by path, how many of the next answers are errors; a negative number cuts as many connections
        self.errors: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.address = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path
        self.asked[f"{handler.command} {path}"] += 1
        handler.rfile.read(int(handler.headers.get("content-length", "0")))
        left = self.errors[path]
        self.errors[path] -= (left > 0) - (left < 0)
        if left < 0:
            handler.close_connection = True
            return
        body = f"<!doctype html>{'<h1>Fel</h1>' if left else PAGES.get(path, '')}".encode()
        handler.send_response(500 if left else 200)
        handler.send_header("content-type", "text/html; charset=utf-8")
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.answer(self)

        def do_POST(self) -> None:
            site.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.address = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        server.shutdown()


@pytest.fixture
async def screen(site: Site, tmp_path: Path) -> AsyncIterator[Screen]:
    site.errors.clear()
    site.asked.clear()
    (tmp_path / "site.yaml").write_text(SELECTORS, encoding="utf-8")
    browser = await Browser.open(executable=None)
    try:
        limits = TimeLimits(view_seconds=10, answer_seconds=1)
        yield await browser.screen(load(tmp_path / "site.yaml"), address=site.address, pictures=tmp_path, limits=limits)
    finally:
        await browser.close()


@pytest.mark.parametrize("errors", [2, -2])
async def test_a_page_that_is_asked_for_is_asked_for_again_after_an_error_page_or_a_cut_connection(site: Site, screen: Screen, errors: int) -> None:
    site.errors["/formular"] = errors
    await screen.show("form")
    assert site.asked["GET /formular"] >= 3


async def test_a_server_that_goes_on_with_errors_is_told_of_after_three_times(site: Site, screen: Screen) -> None:
    site.errors["/formular"] = 100
    with pytest.raises(SystemUnavailable, match="HTTP 500"):
        await screen.show("form")
    assert site.asked["GET /formular"] == 3


async def test_what_is_sent_is_not_sent_again_after_an_error_page(site: Site, screen: Screen) -> None:
    site.errors["/skickat"] = 1
    await screen.show("form")
    with pytest.raises(SystemUnavailable, match="HTTP 500"):
        async with sending():
            await screen.press("form.send", then="sent")
    assert site.asked["POST /skickat"] == 1


async def test_an_error_page_in_a_window_of_its_own_is_asked_for_once_more(site: Site, screen: Screen) -> None:
    site.errors["/uppgifter"] = 1
    await screen.show("form")
    await screen.press("form.details", then="details")
    assert site.asked["GET /uppgifter"] == 2


async def test_an_error_page_that_comes_again_in_a_window_of_its_own_is_a_fault_and_no_changed_screen(site: Site, screen: Screen) -> None:
    site.errors["/uppgifter"] = 2
    await screen.show("form")
    with pytest.raises(SystemUnavailable, match="HTTP 500"):
        await screen.press("form.details", then="details")
    assert site.asked["GET /uppgifter"] == 2
