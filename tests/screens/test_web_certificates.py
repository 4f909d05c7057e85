"""Systems whose certificates the municipality has signed itself: every part of the robot believes the same, and says what to do when it does not."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from robots import settings as settings_file
from robots.alert_settings import AlertSettings
from robots.alerts.channels import Secrets, channels_of, deliver
from robots.alerts.message import trial_message
from robots.doctor import Verdict, systems
from robots.doctor.asking import Answer, ask_all
from robots.errors import CertificateRefused, ElementMissing, ProgramMissing
from robots.screens import Screen, TimeLimits
from robots.screens.selector_file import load
from robots.screens.sending import sending
from robots.screens.web import Browser
from robots.trust import Mistrust, Trust
from tests.authority import DAY, Authority, let_machine_trust
from tests.installation import install

pytestmark = pytest.mark.browser

SELECTORS = """
schema: 1
system: register
driver: web
checked: {on: 2026-11-22, version: "1"}
views:
  form:
    address: /formular
    landmark: send
    elements:
      name: {find: [{label: Namn}]}
      send: {find: [{role: button, name: Skicka}]}
      next: {find: [{role: link, name: Vidare}]}
      file: {find: [{role: link, name: Fil}]}
  sent:
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Skickat}]}
"""
FORM = """<form method="post"><label for="n">Namn</label><input id="n" name="n"><button>Skicka</button></form>
<a href="{next}/skickat">Vidare</a> <a href="/fil">Fil</a>"""
LIMITS = TimeLimits(view_seconds=20, answer_seconds=5)


class Server:
    """A system that shows a certificate, which can be another one from the next connection on."""

    def __init__(self, certificate: Path) -> None:
        self.show(certificate)
        self.received: list[str] = []
        #: where a link of its page leads to
        self.next = ""
        #: the page at its first address, when it is another than the form
        self.page = ""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                # In the connection's own thread, so that none waits for another.
                self.request: socket = server.context.wrap_socket(self.request, server_side=True)
                super().setup()

            def do_GET(self) -> None:
                if self.path == "/fil":
                    self.answer("innehåll", "text/plain")
                else:
                    self.answer("<h1>Skickat</h1>" if self.path == "/skickat" else server.page or FORM.format(next=server.next), "text/html")

            def do_POST(self) -> None:
                server.received.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.answer("<h1>Skickat</h1>", "text/html")

            def answer(self, body: str, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.end_headers()
                self.wfile.write(body.encode())

            def finish(self) -> None:
                super().finish()
                self.request.close()

            def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the library's name

        class Listener(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None: ...  # a client that does not believe the certificate goes away

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.address = f"https://localhost:{self.listener.server_port}"
        self.thread = threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def show(self, certificate: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)

    def close(self) -> None:
        self.listener.shutdown()
        self.thread.join()
        self.listener.server_close()


@pytest.fixture
def authority() -> Authority:
    return Authority.called("Kommunens rot")


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[Server]:
    serving = Server(authority.sign(tmp_path))
    yield serving
    serving.close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of an account that has never started a browser."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return folder


@asynccontextmanager
async def opened(folder: Path, server: Server, trust: Trust | None = None) -> AsyncIterator[Screen]:
    (folder / "register.yaml").write_text(SELECTORS, encoding="utf-8")
    browser = await Browser.open(executable=None, trust=trust)
    try:
        yield await browser.screen(load(folder / "register.yaml"), address=server.address, pictures=folder, limits=LIMITS)
    finally:
        await browser.close()


def alerted(server: Server, trust: Trust) -> str:
    """Send an alert by webhook, and return why it did not arrive; empty when it did."""
    channels = channels_of(AlertSettings(webhook=f"{server.address}/hook", trust=trust), Secrets())
    message = trial_message(machine="robot-1", mode="decide", now=datetime(2026, 11, 22, tzinfo=UTC))
    return deliver([(channel, message) for channel in channels])["webhook"].why


async def asked(server: Server, trust: Trust) -> Answer:
    """Ask for a sign of life as the doctor does."""
    return (await asyncio.to_thread(lambda: ask_all([server.address], trust=trust)))[server.address]


def left_in(folder: Path) -> list[Path]:
    return list(folder.glob("kollega-trust-*"))


def database_of(home: Path, authority: Path) -> Path:
    """Teach the account's own browser an authority, as Chromium's documentation says."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    command = [shutil.which("certutil") or "certutil", "-A", "-d", f"sql:{database}", "-n", "own", "-t", "C,,", "-a", "-i", str(authority)]
    subprocess.run(command, check=True)
    return database


@pytest.mark.parametrize("is_set", [False, True], ids=["the machine", "a file that is set"])
async def test_every_part_of_the_robot_believes_whom_the_machine_trusts_or_who_is_set(
    is_set: bool, server: Server, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_machine_trust(monkeypatch, tmp_path, *([] if is_set else [authority]))
    (tmp_path / "kommunen.pem").write_text(authority.pem)
    trust = Trust(authorities=tmp_path / "kommunen.pem" if is_set else None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async with opened(tmp_path, server, trust) as screen:
        await screen.show("form")
        assert (await screen.download("form.file", most_bytes=100)).content == "innehåll".encode()
        await screen.enter({"form.name": "ja"})
        async with sending():
            await screen.press("form.send", then="sent")

    assert server.received == ["n=ja"]
    # Nothing of what was made for it is left.
    assert left_in(tmp_path) == []
    answer = await asked(server, trust)
    assert (answer.status, answer.mistrust) == (200, None)
    assert alerted(server, trust) == ""
    assert len(server.received) == 2


async def test_a_certificate_that_is_not_believed_is_told_by_who_does_what_in_every_part(
    server: Server, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_machine_trust(monkeypatch, tmp_path, authority)
    shown = {
        Mistrust.SIGNER: (Authority.called("Kommunens rot").sign(tmp_path), "runs update-ca-certificates, or names its file in trust.authorities"),
        Mistrust.TIME: (authority.sign(tmp_path, ends=-2 * DAY), "who runs the server renews it; or this machine's clock is wrong"),
        Mistrust.NAME: (authority.sign(tmp_path, host="register.example"), "write the name that stands in it into config/kollega.yaml"),
    }

    async with opened(tmp_path, server) as screen:
        for mistrust, (certificate, to_do) in shown.items():
            server.show(certificate)
            with pytest.raises(CertificateRefused) as refused:
                await screen.show("form")
            assert str(refused.value).startswith(f"register, form: the certificate of the system is not believed: {mistrust}; ")
            assert to_do in str(refused.value)
            assert (await asked(server, Trust())).mistrust is mistrust
            assert alerted(server, Trust()) == mistrust.said_of("the webhook")

    assert server.received == []


async def test_nothing_is_sent_to_a_system_whose_certificate_is_another_than_that_of_its_page(
    server: Server, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_machine_trust(monkeypatch, tmp_path, authority)
    unknown, expired = Authority.called("Någon annans rot").sign(tmp_path), authority.sign(tmp_path, ends=-2 * DAY)
    anothers = authority.sign(tmp_path, host="register.example")
    own = authority.sign(tmp_path)

    async with opened(tmp_path, server) as screen:
        for certificate, mistrust in ((unknown, Mistrust.SIGNER), (expired, Mistrust.TIME), (anothers, Mistrust.NAME)):
            server.show(own)
            await screen.show("form")
            server.show(certificate)
            with pytest.raises(CertificateRefused, match=mistrust):
                await screen.download("form.file", most_bytes=100)
            with pytest.raises(CertificateRefused, match=mistrust):
                async with sending():
                    await screen.press("form.send", then="sent")
        # Nor is anything believed that a press leads to.
        beside = Server(expired)
        try:
            server.show(own)
            server.next = beside.address
            await screen.show("form")
            with pytest.raises(CertificateRefused, match=Mistrust.TIME):
                await screen.press("form.next", then="sent")
        finally:
            beside.close()

    assert server.received == []


async def test_a_script_of_another_place_whose_certificate_is_not_believed_is_no_fault_of_the_systems(
    server: Server, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_machine_trust(monkeypatch, tmp_path, authority)
    # The same server by a name that does not stand in its certificate, as that of whoever counts visits where the municipality lets nobody count.
    server.page = f'<h1>Annan sida</h1><script src="{server.address.replace("localhost", "127.0.0.1")}/antal.js"></script>'

    async with opened(tmp_path, server) as screen:
        with pytest.raises(ElementMissing, match="another page is up"):
            await screen.show("form")


async def test_what_the_account_has_taught_its_browser_stays_known_beside_what_the_machine_trusts(
    server: Server, authority: Authority, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_machine_trust(monkeypatch, tmp_path, authority)
    own = Authority.called("Kontots")
    (tmp_path / "own.pem").write_text(own.pem)
    database = database_of(home, tmp_path / "own.pem")
    before = (database / "cert9.db").read_bytes()

    async with opened(tmp_path, server) as screen:
        await screen.show("form")
        server.show(own.sign(tmp_path))
        await screen.show("form")

    assert (database / "cert9.db").read_bytes() == before


async def test_without_the_program_that_tells_chromium_no_browser_starts_where_there_is_something_to_tell(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_machine_trust(monkeypatch, tmp_path, authority)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ProgramMissing, match="certutil is not there, .* apt install libnss3-tools"):
        await Browser.open(executable=chromium)

    assert left_in(tmp_path) == []


def test_the_doctor_says_of_each_system_whether_its_certificate_is_believed(
    server: Server, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_machine_trust(monkeypatch, tmp_path)
    settings = settings_file.with_addresses(settings_file.load(install(tmp_path)), dict.fromkeys(settings_file.SYSTEMS, server.address))

    told = list(systems.see_addresses(settings))

    assert {one.verdict for one in told} == {Verdict.FAULT}
    assert told[0].what == f"the certificate of {server.address} is not believed: nobody whom this machine trusts has signed it"
    assert told[0].do == Mistrust.SIGNER.advice
    let_machine_trust(monkeypatch, tmp_path, authority)
    assert {one.verdict for one in systems.see_addresses(settings)} == {Verdict.OK}
