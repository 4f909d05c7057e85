"""The dashboard: in a real browser and over the wire, signed in and not, and beside a service that it must never disturb."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from robots import run_log
from robots.casebook import Casebook
from robots.casebook.pauses import EVERYTHING, Pauses, scope_of_system
from robots.cli.watching import healthy, looking
from robots.dashboard import listening_socket, patience, serve
from robots.dashboard.admission import SESSION_SECONDS, Admission, token_in
from robots.dashboard.beside import dashboard_beside
from robots.dashboard.site import Pulse
from robots.errors import SettingsInvalid, SetupError
from robots.settings import SYSTEMS, load
from robots.situation import Situation
from tests.installation import install

ROOT = Path(__file__).resolve().parent.parent
KOLLEGA = Path(sys.executable).parent / "kollega"
#: what takes longer hangs, also where two programs begin beside other tests
SECONDS = 120
# What shows within two seconds takes longer on a machine that runs other tests.
expect.set_options(timeout=1000 * SECONDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return install(tmp_path)


@pytest.fixture
def book(folder: Path) -> Iterator[Casebook]:
    with Casebook(load(folder).paths.state / "casebook.sqlite") as casebook:
        casebook.open_case("aid:EA-1:2026-03", reference="EA-1", month="2026-03")
        yield casebook


class Served:
    """`kollega dashboard` in a process of its own."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._command = [str(KOLLEGA), "dashboard", "--port", str(port)]
        self._folder = folder
        self.process = subprocess.Popen(self._command, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.process.stdout.readline())
        assert found is not None
        self.port, self.address = int(found[1]), found[0]

    @property
    def token(self) -> str:
        return (load(self._folder).paths.state / "dashboard_token").read_text().strip()

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
        """Return status, headers and text of an answer; `host` and `origin` are this server's own unless they are given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        own = {"host": f"127.0.0.1:{self.port}", "origin": f"http://127.0.0.1:{self.port}", "content-type": "application/x-www-form-urlencoded"}
        connection.request(method, path, body=urlencode(fields or {}), headers={**own, **headers})
        answer = connection.getresponse()
        text = "" if path == "/events" else answer.read().decode()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[Served]:
    one = Served(folder, port)
    try:
        yield one
    finally:
        one.end()


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        executable = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        chromium = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


async def sign_in(page: Page, token: str, *, name: str = "Anna") -> None:
    await page.get_by_text("Sign in to pause and resume").click()
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("Token").fill(token)
    await page.get_by_role("button", name="Sign in").click()


# --- in the browser ---------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.durable
async def test_it_follows_the_casebook_by_itself_and_who_has_signed_in_can_pause_and_resume(folder: Path, book: Casebook) -> None:
    with served(folder) as dashboard:
        async with browser() as chromium:
            page = await chromium.new_page()
            complaints: list[str] = []
            page.on("console", lambda message: complaints.append(message.text))
            await page.goto(dashboard.address)
            await expect(page.get_by_role("heading", level=1)).to_contain_text("All is well")
            waiting = page.locator("#figures .tiles div", has_text="wait").first
            await expect(waiting).to_contain_text("1")

            # Nobody loads the page anew.
            book.open_case("aid:EA-2:2026-03", reference="EA-2", month="2026-03")
            await expect(waiting).to_contain_text("2")
            await expect(page.get_by_role("button", name="Pause")).to_have_count(0)

            await sign_in(page, "x" * 43)
            await expect(page.get_by_role("alert")).to_have_text("That is not the token of this dashboard.")
            await expect(page.get_by_role("button", name="Pause")).to_have_count(0)
            await page.get_by_label("Your name").fill("Anna")
            await page.get_by_label("Token").fill(dashboard.token)
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_label("Pause").select_option("case_system")
            await page.get_by_label("Why").fill("new version <b>19580301-2805</b>")
            # What somebody is in the midst of typing is not taken away by what comes in.
            Pauses(book).pause(EVERYTHING, by="root", why="upgrade")
            await expect(page.locator("#verdict")).to_contain_text("Everything is paused")
            await expect(page.get_by_label("Why")).to_have_value("new version <b>19580301-2805</b>")
            await page.get_by_role("button", name="Pause").click()
            await expect(page.get_by_role("status").filter(has_text="the system case_system is paused")).to_be_visible()
            both = {one.scope: one for one in Pauses(book).standing()}
            assert both.keys() == {EVERYTHING, scope_of_system("case_system")}
            assert both["system:case_system"].paused_by == "Anna (dashboard)"
            assert both["system:case_system"].why == "new version <b>[number]</b>"
            await expect(page.locator("#systems")).to_contain_text("paused new version <b>[number]</b>")

            await page.locator("#steering form", has_text="case_system is paused").get_by_role("button", name="Resume").click()
            await expect(page.locator("#steering form", has_text="case_system is paused")).to_have_count(0)
            assert [one.scope for one in Pauses(book).standing()] == [EVERYTHING]
            await page.get_by_role("button", name="Sign out").click()
            await expect(page.get_by_text("Sign in to pause and resume")).to_be_visible()
            await expect(page.get_by_role("button", name="Pause")).to_have_count(0)
            # The one that a wrong token gave.
            assert [one for one in complaints if "403" not in one] == []
            # On a narrow screen nothing hangs over the edge.
            await page.set_viewport_size({"width": 360, "height": 740})
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360

            dashboard.end()
            book.open_case("aid:EA-3:2026-03", reference="EA-3", month="2026-03")
            await expect(page.get_by_text("No connection since")).to_be_visible()
            with served(folder, dashboard.port):
                await expect(page.get_by_text("No connection since")).to_be_hidden()
                await expect(waiting).to_contain_text("3")


# --- over the wire ----------------------------------------------------------------------------------------------------


@pytest.mark.durable
def test_nobody_steers_who_has_not_signed_in_on_this_very_page(folder: Path, book: Casebook) -> None:
    fields = {"scope": EVERYTHING, "why": "upgrade", "csrf": "x"}
    with served(folder) as dashboard:
        for path in ("/pause", "/resume", "/sign-out"):
            assert dashboard.ask("POST", path, fields)[0] == 403
            assert dashboard.ask("GET", path)[0] == 405
        assert dashboard.ask("POST", "/sign-in", {"name": "Anna", "token": ""})[0] == 403
        assert dashboard.ask("POST", "/sign-in", {"name": " ", "token": dashboard.token})[0] == 403
        for origin in ("", "null", "http://evil.example", f"https://127.0.0.1:{dashboard.port}"):
            assert dashboard.ask("POST", "/sign-in", {"name": "Anna", "token": dashboard.token}, origin=origin)[0] == 403

        status, headers, _ = dashboard.ask("POST", "/sign-in", {"name": "Anna", "token": dashboard.token})
        assert (status, headers["location"]) == (303, "/")
        cookie = headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        session = cookie.partition(";")[0]
        assert dashboard.token not in cookie
        # The session alone is not enough: the form's own word is wanted, and the page's own origin.
        assert dashboard.ask("POST", "/pause", fields, cookie=session)[0] == 403
        csrf = re.search(r'name="csrf" value="([^"]+)"', dashboard.ask("GET", "/", cookie=session)[2])
        assert csrf is not None
        fields["csrf"] = csrf[1]
        assert dashboard.ask("POST", "/pause", fields, cookie=session, origin="http://evil.example")[0] == 403
        assert dashboard.ask("POST", "/pause", {**fields, "why": "x" * 10_000}, cookie=session)[0] == 403
        assert Pauses(book).standing() == ()

        for changed in ({"why": " "}, {"scope": "system:nothing"}, {"scope": "case:aid:EA-1:2026-03"}):
            assert dashboard.ask("POST", "/pause", {**fields, **changed}, cookie=session)[0] == 303
        assert Pauses(book).standing() == ()
        assert dashboard.ask("POST", "/pause", fields, cookie=session)[0] == 303
        assert [one.scope for one in Pauses(book).standing()] == [EVERYTHING]
        assert dashboard.ask("POST", "/sign-out", fields, cookie=session)[0] == 303
        assert dashboard.ask("POST", "/resume", fields, cookie=session)[0] == 403


@pytest.mark.durable
def test_only_this_machine_is_answered_and_under_its_own_name(folder: Path, book: Casebook) -> None:
    with served(folder) as dashboard:
        for path in ("/", "/events", "/live.js"):
            for host in ("evil.example", "evil.example:80", f"127.0.0.1.evil.example:{dashboard.port}", "", "127.0.0.1@evil.example", "[::1"):
                assert dashboard.ask("GET", path, host=host)[0] == 421
        for host in ("localhost:1234", "127.0.0.1", "[::1]:8780"):
            status, headers, text = dashboard.ask("GET", "/", host=host)
            assert status == 200
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
        assert "server" not in headers
        assert dashboard.token not in text
        listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        addresses = {line.split()[1] for line in listening.splitlines() if line.split()[1].endswith(f":{dashboard.port:04X}") and " 0A " in line}
        assert addresses == {f"0100007F:{dashboard.port:04X}"}


async def test_one_look_serves_all_who_ask_within_a_second() -> None:
    looks: list[Situation] = []
    one = object.__new__(Situation)

    def look() -> Situation:
        time.sleep(0.01)
        looks.append(one)
        return one

    pulse = Pulse(look=look)
    await asyncio.gather(*(pulse.latest() for _ in range(50)))
    assert len(looks) == 1
    await asyncio.gather(pulse.latest(anew=True), pulse.latest())
    assert len(looks) == 2


@contextmanager
def served_here(folder: Path) -> Iterator[int]:
    """Serve the dashboard in a thread of this process, and give its port."""
    look, settings = looking(folder, None, None)
    told: queue.Queue[str] = queue.Queue()
    ends: list[Callable[[], None]] = []

    def go_on() -> None:
        serve(look, settings(), health=healthy(settings), port=0, tell=told.put, on_ready=ends.append)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        found = re.search(r":(\d+)/", told.get(timeout=SECONDS))
        assert found is not None
        yield int(found[1])
    finally:
        ends[0]()
        thread.join()


def asked(port: int, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, str]:
    """Return status, cookie, or else the kind of the text, and the text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request(method, path, body=body, headers={"origin": f"http://127.0.0.1:{port}", **headers})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    cookie = answer.getheader("set-cookie")
    return answer.status, answer.getheader("content-type", "") if cookie is None else cookie.partition(";")[0], text


def test_those_who_hold_the_line_and_ask_nothing_keep_nobody_out_for_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "REQUEST_SECONDS", 0.3)
    with served_here(folder) as port, ExitStack() as held:
        for _ in range(150):
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=SECONDS))
        ends, status = time.monotonic() + SECONDS, 0
        while status != 200:
            assert time.monotonic() < ends
            # On a busy machine this one too can be too slow to be listened to.
            with suppress(OSError):
                status = asked(port, "GET", "/")[0]


def test_a_form_that_is_none_changes_nothing_and_a_new_session_ends_the_one_before(folder: Path, book: Casebook) -> None:
    with served_here(folder) as port:
        assert asked(port, "POST", "/pause", "&".join(f"a{number}=1" for number in range(50)))[0] == 403
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as broken_off:
            head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nContent-Length: 99\r\n\r\nname="
            broken_off.sendall(head.encode())
        form = urlencode({"name": "Anna", "token": (load(folder).paths.state / "dashboard_token").read_text()})
        _, first, _ = asked(port, "POST", "/sign-in", form)
        _, second, _ = asked(port, "POST", "/sign-in", form, cookie=first)
        assert first != second
        assert "Signed in as Anna" in asked(port, "GET", "/", cookie=second)[2]
        assert "Signed in as Anna" not in asked(port, "GET", "/", cookie=first)[2]


def test_a_schedule_that_is_changed_holds_at_once_and_a_mistake_in_it_is_told(folder: Path) -> None:
    look, settings = looking(folder, None, None)
    health = healthy(settings)
    before = look().next_due_at
    file = folder / "config" / "kollega.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("30 5 * * mon-fri", "31 6 * * mon-fri"), encoding="utf-8")
    after = look().next_due_at
    assert before is not None
    assert after is not None
    assert (before.minute, after.minute) == (30, 31)
    assert health().is_well

    file.write_text(f"{text}nonsense: 1\n", encoding="utf-8")
    found = look()
    assert found.next_due_at == after
    assert "nonsense: unknown key" in found.faults[0]
    assert not health().is_well

    file.write_text(text, encoding="utf-8")
    assert (look().next_due_at, look().faults) == (before, ())


def test_in_the_folder_of_a_demo_no_run_of_the_schedule_is_due(folder: Path) -> None:
    assert looking(folder, None, None)[0]().next_due_at is not None
    found = looking(folder, None, folder / "logs" / "demo" / "state")[0]()
    assert (found.next_due_at, found.missed_at) == (None, None)


# --- the token and the sessions ---------------------------------------------------------------------------------------


def test_the_token_is_made_once_and_for_this_account_alone(tmp_path: Path) -> None:
    file = tmp_path / "state" / "dashboard_token"
    token = token_in(file)

    assert len(token) > 40
    assert token_in(file) == token
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    file.chmod(0o640)
    with pytest.raises(SetupError, match="others can read"):
        token_in(file)
    file.chmod(0o600)
    file.write_text("\n")
    with pytest.raises(SetupError, match="holds no token"):
        token_in(file)


def test_a_session_ends_after_a_working_day() -> None:
    now = [0.0]
    admission = Admission(token="t" * 43, clock=lambda: now[0])
    assert admission.sign_in("", name="Anna") is None
    assert admission.sign_in("å", name="Anna") is None
    key = admission.sign_in(f" {'t' * 43}\n", name="Anna")
    assert key is not None
    found = admission.session(key)
    assert found is not None
    assert found.name == "Anna"
    now[0] = SESSION_SECONDS
    assert admission.session(key) is None
    assert "t" * 43 not in repr(admission)


def test_the_port_is_a_setting_and_no_other_is(folder: Path) -> None:
    path = folder / "config" / "kollega.yaml"
    text = path.read_text(encoding="utf-8")
    assert load(folder).dashboard.port == 8780
    for wrong in ("port: 80", "port: 70000", "port: no", "host: 0.0.0.0"):
        path.write_text(text.replace("dashboard:\n  port: 8780", f"dashboard:\n  {wrong}"), encoding="utf-8")
        with pytest.raises(SettingsInvalid, match=r"config/kollega\.yaml:\d+: dashboard"):
            load(folder)


# --- beside the service -----------------------------------------------------------------------------------------------


def told_in(log: run_log.RunLog) -> list[dict[str, str]]:
    lines = (log.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, lines) if one["action"] == "service_dashboard"]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.05)


@pytest.mark.durable
async def test_a_taken_port_is_told_once_and_the_page_comes_when_it_is_free(folder: Path, book: Casebook) -> None:
    log = run_log.set_up(folder / "logs" / "service", console=False)
    try:
        taken = listening_socket(0)
        port = taken.getsockname()[1]
        arguments = ("--port", str(port))
        async with dashboard_beside(arguments=arguments, folder=folder, first_wait_seconds=0.05):
            await until(lambda: bool(told_in(log)))
            taken.close()

            def is_there() -> bool:
                with socket.socket() as one:
                    return one.connect_ex(("127.0.0.1", port)) == 0

            await until(is_there)
        assert not is_there()
        (told,) = told_in(log)
        assert told["level"] == "WARNING"
        assert f"can't use port {port}" in told["message"]
    finally:
        log.close()


def command_of(process_id: str) -> str:
    """Return the command line of a process; none of one that has ended, also while nobody has waited for it."""
    try:
        return Path(f"/proc/{process_id}/cmdline").read_text()
    except OSError:
        return ""


@pytest.mark.durable
def test_the_service_brings_it_and_takes_it_along_even_when_it_is_killed(folder: Path) -> None:
    with listening_socket(0) as free:
        port = free.getsockname()[1]
    path = folder / "config" / "kollega.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("port: 8780", f"port: {port}"), encoding="utf-8")
    accounts = {f"KOLLEGA_{name.upper()}_{what}": "robot-secret-1" for name in SYSTEMS for what in ("USER", "PASSWORD")}
    service = subprocess.Popen(
        [KOLLEGA, "serve", "--dashboard"], cwd=folder, env={**os.environ, **accounts}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        page = ""
        ends = time.monotonic() + SECONDS
        while "up since" not in page and time.monotonic() < ends and service.poll() is None:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
                connection.request("GET", "/")
                page = connection.getresponse().read().decode()
                connection.close()
            except OSError:
                time.sleep(0.05)
        assert "up since" in page
        children = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
        (dashboard,) = [one for one in children if "--until-closed" in command_of(one)]
        assert "robot-secret" not in Path(f"/proc/{dashboard}/environ").read_text()
    finally:
        service.send_signal(signal.SIGKILL)
        service.wait()
    gone = threading.Event()
    ends = time.monotonic() + SECONDS
    while command_of(dashboard) and time.monotonic() < ends:
        gone.wait(0.05)
    assert command_of(dashboard) == ""
