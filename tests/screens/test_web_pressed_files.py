"""Files that come by a press on a button: asked for once, whatever the page and the server make of it."""

from __future__ import annotations

import asyncio
import socket
import struct
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import pytest_asyncio

from robots.errors import DialogUnknown, ElementMissing, KollegaError, ScreenChanged, SessionLost, SystemFault, SystemTooSlow
from robots.screens import Screen, TimeLimits
from robots.screens.download import Given
from robots.screens.selector_file import SelectorFile, load
from robots.screens.web import Browser

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LIMITS = TimeLimits(view_seconds=15, answer_seconds=2)
IN_A_HURRY = TimeLimits(view_seconds=3, answer_seconds=1)
CONTENT = b"%PDF-1.4 " + bytes(range(256)) * 400
#: {name of the button: what its form or its script does}
FORMS = {
    "form": "method=post action=/fil",
    "window": "method=post action=/fil target=_blank",
    "frame": "method=post action=/fil target=dold",
    "uploaded": "method=post action=/fil enctype=multipart/form-data",
    "asked": "method=get action=/fil",
    "led": "method=post action=/led",
    "shown": "method=post action=/visad",
    "page": "method=post action=/sida",
    "page_in_window": "method=post action=/sida target=_blank",
    "turning": "method=post action=/snart target=_blank",
    "fault": "method=post action=/fel",
    "gone": "method=post action=/saknas",
    "nothing": "method=post action=/inget",
    "empty": "method=post action=/tom",
    "cut": "method=post action=/bruten",
    "half": "method=post action=/halv",
    "half_asked": "method=get action=/halv",
    "hanging": "method=post action=/hanger",
    "hanging_asked": "method=get action=/hanger",
    "elsewhere": "method=post action=http://127.0.0.1:1/fil",
    "lost": "method=post action=/utloggad",
    "fault_in_window": "method=get action=/fel target=_blank",
    "fault_in_frame": "method=get action=/fel target=dold",
    "hanging_in_window": "method=get action=/hanger target=_blank",
    "lost_in_window": "method=post action=/utloggad target=_blank",
}
SCRIPTS = {
    "script": "document.forms[0].submit()",
    "place": "location.href = '/fil'",
    "opened": "window.open('/fil')",
    "opened_empty": "const w = window.open(); setTimeout(() => w.location = '/fil', 60)",
    "made": "fetch('/fil', {method: 'post'}).then((reply) => reply.blob()).then(hand)",
    "written": "save('data:application/pdf;base64,JVBERi0xLjQgaGVq')",
    "saved": "save('/fil')",
    "refused": "fetch('/fel', {method: 'post'}).then(() => document.title = 'Fel')",
    "waiting": "fetch('/hanger', {method: 'post'})",
    "two": "hand(new Blob(['a'])); hand(new Blob(['b']))",
    "dead": "document.title = 'x'",
    "unknown_dialog": "if (confirm('Får filen lämna myndigheten?')) document.forms[0].submit()",
    "known_dialog": "if (confirm('Vill du hämta filen?')) document.forms[0].submit()",
}
SELECTORS = f"""
schema: 1
system: files
driver: web
checked: {{on: 2026-11-22, version: "1"}}
session_lost: [log_in]
dialogs:
  fetch: {{text: "Vill du hämta filen?", answer: accept}}
views:
  log_in:
    address: /logga-in
    landmark: heading
    elements:
      heading: {{find: [{{role: heading, name: Logga in}}]}}
  files:
    address: /filer
    landmark: heading
    elements:
      heading: {{find: [{{role: heading, name: Filer}}]}}
      unmarked: {{find: [{{role: button, name: form}}]}}
      covered: {{find: [{{role: button, name: covered}}], download: true}}
      link: {{find: [{{role: link, name: länk}}], download: true}}
      rows: {{find: [{{role: table, name: Bilagor}}], columns: {{name: Namn}}, download: true}}
{"".join(f"      {name}: {{find: [{{role: button, name: {name}}}], download: true}}{chr(10)}" for name in (*FORMS, *SCRIPTS))}
"""
PAGE = f"""<!doctype html><html lang=sv><meta charset=utf-8><title>Prov</title><h1>Filer</h1>
{"".join(f"<form {form}><input type=hidden name=x value=åäö><button>{name}</button></form>" for name, form in FORMS.items())}
{"".join(f'<button onclick="{script}">{name}</button>' for name, script in SCRIPTS.items())}
<a href="/fil?lank">länk</a><iframe name=dold hidden></iframe>
<div style="position: relative; width: 9em"><button>covered</button><div style="position: absolute; inset: 0"></div></div>
<table><caption>Bilagor</caption><tr><th>Namn</th></tr>
<tr><td><a href="/fil?rad">=1+1.pdf</a></td></tr><tr><td><form method=post action=/fil><button>../../etc/passwd</button></form></td></tr>
<tr><td><a href="http://127.0.0.1:1/x">http://127.0.0.1:1/x</a></td></tr></table>
<script>
function save(address) {{ const a = document.createElement("a"); a.href = address; a.download = "../x.pdf"; a.click(); }}
function hand(blob) {{ const address = URL.createObjectURL(blob); save(address); URL.revokeObjectURL(address); }}
</script>"""
HTML = "text/html; charset=utf-8"


class Site:
    """What the server was asked, and what it is told."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[str] = []
        self.sent: list[bytes] = []
        self.is_logged_out = False
        self.hangs = threading.Event()
        self.ends = threading.Event()


@contextmanager
def serve() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        # Connections are kept, as servers do: over such a one a browser sends again what was not answered.
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            served.sent.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path != "/favicon.ico":
                served.asked.append(f"{self.command} {path}")
            if served.is_logged_out and path == "/filer":
                self._answer(b"<h1>Logga in</h1>", HTML)
            elif path == "/bruten":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
            elif path == "/hanger":
                served.hangs.set()
                served.ends.wait(20)
                self.close_connection = True
            elif path in ("/led", "/utloggad"):
                self.send_response(303)
                self.send_header("Location", "/fil" if path == "/led" else "/logga-in?varfor=utloggad")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path in ("/fil", "/tom", "/halv", "/visad"):
                self._answer(b"" if path == "/tom" else CONTENT, "application/pdf", is_attached=path != "/visad", lacks=9 * (path == "/halv"))
            elif path == "/inget":
                self.send_response(204)
                self.end_headers()
            else:
                pages = {"/filer": PAGE, "/snart": "<h1>Strax</h1><script>location = '/fil'</script>"}
                status = {"/fel": 500, "/saknas": 404}.get(path, 200)
                self._answer(pages.get(path, "<h1>Filen kunde inte hämtas</h1>").encode(), HTML, status=status)

        def _answer(self, content: bytes, kind: str, *, status: int = 200, is_attached: bool = False, lacks: int = 0) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content) + lacks))
            if is_attached:
                self.send_header("Content-Disposition", "attachment; filename*=UTF-8''..%2F..%2Fx")
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = self.close_connection or lacks > 0

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
            """Keep the test's output quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A connection that is broken on purpose is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    served = Site(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        served.ends.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def selectors(tmp_path_factory: pytest.TempPathFactory) -> SelectorFile:
    path = tmp_path_factory.mktemp("selectors") / "files.yaml"
    path.write_text(SELECTORS, encoding="utf-8")
    return load(path)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def screen(browser: Browser, selectors: SelectorFile, site: Site, tmp_path: Path) -> AsyncIterator[Screen]:
    screen = await browser.screen(selectors, address=site.address, pictures=tmp_path, limits=LIMITS)
    try:
        await screen.show("files")
        yield screen
    finally:
        await screen.close()


@pytest_asyncio.fixture(loop_scope="module")
async def hurried(browser: Browser, selectors: SelectorFile, site: Site, tmp_path: Path) -> AsyncIterator[Screen]:
    screen = await browser.screen(selectors, address=site.address, pictures=tmp_path, limits=IN_A_HURRY)
    try:
        await screen.show("files")
        yield screen
    finally:
        await screen.close()


async def still_works(screen: Screen, site: Site) -> bool:
    """Whether the view still shows, with no window over it, and gives files."""
    rows = await screen.rows("files.rows")
    return len(rows) == 3 and (await screen.download("files.form", most_bytes=len(CONTENT))).content == CONTENT


@pytest.mark.parametrize(
    "button",
    ["form", "window", "frame", "uploaded", "asked", "shown", "script", "place", "opened", "opened_empty", "made", "known_dialog"],
)
async def test_the_file_that_a_press_brings_comes_byte_by_byte_and_is_asked_for_once(screen: Screen, site: Site, button: str) -> None:
    site.asked.clear()

    file = await screen.download(f"files.{button}", most_bytes=len(CONTENT))

    assert (file.given, file.content) == (Given.WHOLE, CONTENT)
    assert len(site.asked) == 1
    assert await still_works(screen, site)


async def test_what_a_form_holds_is_sent_as_the_browser_would(screen: Screen, site: Site) -> None:
    for button in ("form", "uploaded"):
        await screen.download(f"files.{button}", most_bytes=len(CONTENT))

    assert site.sent[0] == b"x=%C3%A5%C3%A4%C3%B6"
    assert b'name="x"\r\n\r\n' + "åäö".encode() in site.sent[1]


@pytest.mark.parametrize(
    ("button", "content", "asked"),
    [("led", CONTENT, ["POST /led", "GET /fil"]), ("turning", CONTENT, ["POST /snart", "GET /fil"]), ("written", b"%PDF-1.4 hej", [])],
)
async def test_a_file_that_comes_by_a_detour_comes(screen: Screen, site: Site, button: str, content: bytes, asked: list[str]) -> None:
    site.asked.clear()

    file = await screen.download(f"files.{button}", most_bytes=len(CONTENT))

    assert (file.given, file.content, site.asked) == (Given.WHOLE, content, asked)
    assert await still_works(screen, site)


async def test_a_file_that_a_page_has_the_browser_save_is_asked_for_by_its_address(screen: Screen, site: Site) -> None:
    file = await screen.download("files.saved", most_bytes=len(CONTENT))

    assert file.content == CONTENT
    assert await still_works(screen, site)


@pytest.mark.parametrize(("row", "given", "asked"), [(0, Given.WHOLE, ["GET /fil"]), (1, Given.WHOLE, ["POST /fil"]), (2, Given.NOTHING, [])])
async def test_a_row_gives_its_file_by_its_link_or_its_button(screen: Screen, site: Site, row: int, given: Given, asked: list[str]) -> None:
    site.asked.clear()

    file = await screen.download("files.rows", row=row, most_bytes=len(CONTENT))

    assert (file.given, site.asked) == (given, asked)
    assert await still_works(screen, site)


@pytest.mark.parametrize("button", ["form", "window", "made", "written", "saved", "link"])
async def test_a_file_that_is_too_large_is_given_up_and_leaves_nothing(screen: Screen, site: Site, button: str) -> None:
    file = await screen.download(f"files.{button}", most_bytes=11)

    assert (file.given, file.content) == (Given.TOO_LARGE, b"")
    assert await still_works(screen, site)


@pytest.mark.parametrize("button", ["page", "page_in_window", "gone", "nothing", "elsewhere", "refused"])
async def test_what_comes_instead_of_a_file_is_no_file_and_is_asked_for_once(screen: Screen, site: Site, button: str) -> None:
    site.asked.clear()

    file = await screen.download(f"files.{button}", most_bytes=len(CONTENT))

    assert (file.given, file.content) == (Given.NOTHING, b"")
    assert len([one for one in site.asked if one.startswith("POST")]) == (button != "elsewhere")
    assert await still_works(screen, site)


async def test_an_empty_file_is_given_whole_with_nothing_in_it(screen: Screen, site: Site) -> None:
    file = await screen.download("files.empty", most_bytes=1)

    assert (file.given, file.content) == (Given.WHOLE, b"")


@pytest.mark.parametrize("button", ["fault", "half", "hanging", "waiting"])
async def test_a_file_that_breaks_off_after_something_was_sent_is_not_asked_for_again(hurried: Screen, site: Site, button: str) -> None:
    site.asked.clear()

    file = await hurried.download(f"files.{button}", most_bytes=len(CONTENT))

    assert (file.given, file.content) == (Given.BROKEN_OFF, b"")
    assert len([one for one in site.asked if one.startswith("POST")]) == 1


async def test_a_connection_that_breaks_without_an_answer_is_a_file_that_has_broken_off(hurried: Screen, site: Site) -> None:
    """The browser itself sends once more what a kept connection does not answer with a single byte, as for anybody; the robot sends nothing again."""
    site.asked.clear()

    file = await hurried.download("files.cut", most_bytes=len(CONTENT))

    assert file.given is Given.BROKEN_OFF
    assert 1 <= site.asked.count("POST /bruten") <= 2


async def test_a_browser_that_dies_after_something_was_sent_is_a_file_that_has_broken_off(
    selectors: SelectorFile, site: Site, tmp_path: Path
) -> None:
    browser = await Browser.open(executable=None)
    try:
        screen = await browser.screen(selectors, address=site.address, pictures=tmp_path, limits=LIMITS)
        await screen.show("files")
        fetching = asyncio.create_task(screen.download("files.hanging", most_bytes=100))
        assert await asyncio.to_thread(site.hangs.wait, 60)
        await browser.close()

        assert (await fetching).given is Given.BROKEN_OFF
    finally:
        await browser.close()


@pytest.mark.parametrize(
    ("button", "error"),
    [("half_asked", KollegaError), ("hanging_asked", SystemTooSlow), ("lost", SessionLost), ("dead", ElementMissing), ("two", ScreenChanged)],
)
async def test_a_file_that_does_not_come_is_an_error_with_its_place(hurried: Screen, button: str, error: type[KollegaError]) -> None:
    with pytest.raises(error) as caught:
        await hurried.download(f"files.{button}", most_bytes=len(CONTENT))

    assert (caught.value.system, caught.value.view, caught.value.element) == ("files", "files", button)


@pytest.mark.parametrize("button", ["fault_in_window", "fault_in_frame", "hanging_in_window", "lost_in_window"])
async def test_the_window_or_frame_of_a_file_that_does_not_come_asks_for_nothing_by_itself_and_is_closed(
    hurried: Screen, site: Site, button: str
) -> None:
    site.asked.clear()

    with pytest.raises(SystemFault):
        await hurried.download(f"files.{button}", most_bytes=len(CONTENT))

    # Also when a window that was left waiting has had time to ask.
    assert await still_works(hurried, site)
    assert site.asked.count(site.asked[0]) == 1


async def test_a_page_that_comes_since_the_session_is_gone_is_a_lost_session(screen: Screen, site: Site) -> None:
    site.is_logged_out = True

    with pytest.raises(SessionLost):
        await screen.download("files.page", most_bytes=100)


async def test_a_dialog_that_nobody_has_named_is_not_answered_and_nothing_is_sent(screen: Screen, site: Site) -> None:
    site.asked.clear()

    with pytest.raises(DialogUnknown):
        await screen.download("files.unknown_dialog", most_bytes=100)

    assert site.asked == []


async def test_a_button_that_is_covered_is_not_pressed(hurried: Screen) -> None:
    with pytest.raises(ScreenChanged, match="it can't be pressed"):
        await hurried.download("files.covered", most_bytes=100)


async def test_a_button_of_which_nobody_has_said_that_it_brings_a_file_is_not_pressed(screen: Screen, site: Site) -> None:
    site.asked.clear()

    with pytest.raises(ElementMissing, match="download: true"):
        await screen.download("files.unmarked", most_bytes=100)

    assert site.asked == []


async def test_what_brings_a_file_is_neither_pressed_for_a_view_nor_picked(screen: Screen, site: Site) -> None:
    site.asked.clear()

    with pytest.raises(ScreenChanged, match="fetch the file"):
        await screen.press("files.form", then="files")
    with pytest.raises(ScreenChanged, match="fetch the file"):
        await screen.pick("files.rows", {"name": "../../etc/passwd"}, then="files")

    assert site.asked == []


def _holding(folder: Path, content: bytes) -> list[Path]:
    left = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size >= len(content)]
    return [path for path in left if content in path.read_bytes()]


async def test_no_file_ever_reaches_the_disk(selectors: SelectorFile, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for a moment under another name: the folders that a browser writes in are looked through when all have come."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    browser = await Browser.open(executable=None)
    try:
        screen = await browser.screen(selectors, address=site.address, pictures=tmp_path, limits=LIMITS)
        await screen.show("files")
        for button in ("form", "window", "made", "saved"):
            assert (await screen.download(f"files.{button}", most_bytes=len(CONTENT))).content == CONTENT
        assert await asyncio.to_thread(_holding, tmp_path, CONTENT) == []
    finally:
        await browser.close()
