"""What is sent is sent once, and no answer is not taken for not done."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from robots.casebook import Casebook, EffectState
from robots.effects import Effects, Seen
from robots.errors import KollegaError, OutcomeUnknown, SessionLost, SystemFault, SystemUnavailable
from robots.screens import TimeLimits
from robots.screens.selector_file import load
from robots.screens.sending import sending
from robots.screens.web import Browser
from robots.screens.web.finding import Finder

CASE, NAME = "aid:EA-26-00001:2026-03", "e_service.message"
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
      name: {find: [{label: Namn}]}
      send: {find: [{role: button, name: Skicka}]}
  sent:
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Skickat}]}
      cookie: {find: [{label: Kaka}], read_only: true}
"""
FORM = '<form method="post" action="/formular"><label for="n">Namn</label><input id="n" name="n"><button>Skicka</button></form>'


class Line:
    """A server that keeps its connections open, and cuts the one by which a form comes when it is told to."""

    def __init__(self) -> None:
        self.is_cutting = True
        self.received: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            while request := lines.readline():
                headers = {}
                while (line := lines.readline().strip()) != b"":
                    name, _, value = line.decode().partition(": ")
                    headers[name.lower()] = value
                body = lines.read(int(headers.get("content-length", "0")))
                if request.startswith(b"POST"):
                    self.received.append(body.decode())
                    if self.is_cutting:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    connection.sendall(b"HTTP/1.1 303 See Other\r\nLocation: /skickat\r\nSet-Cookie: k=ja; HttpOnly\r\nContent-Length: 0\r\n\r\n")
                    continue
                cookie = headers.get("cookie", "")
                page = FORM if b"/formular" in request else f'<h1>Skickat</h1><label for="k">Kaka</label><input id="k" readonly value="{cookie}">'
                html = f"<!doctype html>{page}".encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(html)}\r\n\r\n"
                connection.sendall(head.encode() + html)


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


@pytest.mark.browser
@pytest.mark.parametrize("is_cutting", [True, False])
async def test_a_browser_sends_a_form_once_when_the_connection_breaks_before_the_answer(line: Line, is_cutting: bool, tmp_path: Path) -> None:
    """Chromium by itself sends it twice, since the connection was used before."""
    line.is_cutting = is_cutting
    (tmp_path / "site.yaml").write_text(SELECTORS, encoding="utf-8")
    browser = await Browser.open(executable=None)
    try:
        limits = TimeLimits(view_seconds=20, answer_seconds=1)
        screen = await browser.screen(load(tmp_path / "site.yaml"), address=line.address, pictures=tmp_path, limits=limits)
        for turn in ("å & ä", "igen") if not is_cutting else ("å & ä",):
            await screen.show("form")
            await screen.enter({"form.name": turn})
            async with sending():
                if is_cutting:
                    with pytest.raises(SystemUnavailable):
                        await screen.press("form.send", then="sent")
                else:
                    await screen.press("form.send", then="sent")
                    assert await screen.read("sent.cookie") == {"sent.cookie": "k=ja"}
    finally:
        await browser.close()

    assert line.received == (["n=%C3%A5+%26+%C3%A4"] if is_cutting else ["n=%C3%A5+%26+%C3%A4", "n=igen"])


class LateSystem:
    """A system whose answer is lost when something is sent to it."""

    def __init__(self, error: KollegaError, *, is_sent: bool) -> None:
        self.error: KollegaError | None = error
        self.is_sent = is_sent
        self.times_sent = 0
        self.looks: list[Seen | KollegaError] = []

    async def look(self) -> Seen:
        answer = self.looks.pop(0) if self.looks else Seen.DONE
        if isinstance(answer, KollegaError):
            raise answer
        return answer

    async def act(self) -> None:
        if not self.is_sent:
            self._fail()
        async with sending():
            self.times_sent += 1
            self._fail()

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    with Casebook(tmp_path / "casebook.db") as book:
        book.open_case(CASE, reference="EA-26-00001", month="2026-03")
        yield book


async def _ensure(effects: Effects, system: LateSystem) -> None:
    await effects.ensure(CASE, NAME, look=system.look, act=system.act, system="e_service")


async def test_what_was_sent_and_not_answered_is_never_sent_again_though_it_does_not_show_yet(casebook: Casebook) -> None:
    """The connection broke, the system had not got to it when it was looked at, and the next try sent a second one."""
    system, effects = LateSystem(SystemUnavailable("no answer"), is_sent=True), Effects(casebook)
    system.looks = [Seen.NOT_DONE, Seen.NOT_DONE]
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await _ensure(effects, system)
    assert system.times_sent == 1
    assert casebook.effect_state(CASE, NAME) == EffectState.UNKNOWN


async def test_what_was_sent_and_not_answered_and_can_not_be_looked_for_is_never_sent_again(casebook: Casebook) -> None:
    system, effects = LateSystem(SystemUnavailable("no answer"), is_sent=True), Effects(casebook)
    system.looks = [Seen.NOT_DONE, SystemUnavailable("down"), Seen.NOT_DONE]
    with pytest.raises(SystemUnavailable):
        await _ensure(effects, system)
    with pytest.raises(OutcomeUnknown):
        await _ensure(effects, system)
    assert system.times_sent == 1


async def test_what_was_sent_without_an_answer_and_shows_is_done(casebook: Casebook) -> None:
    system = LateSystem(SystemUnavailable("no answer"), is_sent=True)
    system.looks = [Seen.NOT_DONE, Seen.DONE]
    await _ensure(Effects(casebook), system)
    assert system.times_sent == 1
    assert casebook.effect_state(CASE, NAME) == EffectState.DONE


@pytest.mark.parametrize(("error", "is_sent"), [(SystemUnavailable("down"), False), (SessionLost("log in"), True), (SessionLost("log in"), False)])
async def test_what_was_not_sent_or_was_answered_with_the_log_in_is_tried_again(casebook: Casebook, error: SystemFault, is_sent: bool) -> None:
    system, effects = LateSystem(error, is_sent=is_sent), Effects(casebook)
    system.looks = [Seen.NOT_DONE, Seen.NOT_DONE, Seen.NOT_DONE]
    with pytest.raises(type(error)):
        await _ensure(effects, system)
    system.error = None
    await _ensure(effects, system)
    assert system.times_sent == 1 + is_sent
    assert casebook.effect_state(CASE, NAME) == EffectState.DONE


@pytest.mark.browser
async def test_a_browser_that_dies_while_a_view_is_awaited_is_a_fault_and_no_changed_screen(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of a dying browser shows nothing, as a page that has changed does not show what is looked for."""
    (tmp_path / "site.yaml").write_text(SELECTORS, encoding="utf-8")
    browser = await Browser.open(executable=None)
    try:
        limits = TimeLimits(view_seconds=20, answer_seconds=0.5)
        screen = await browser.screen(load(tmp_path / "site.yaml"), address=line.address, pictures=tmp_path, limits=limits)
        await screen.show("form")

        async def see_nothing(_finder: Finder, _document: object, questions: Sequence[object], _then: object) -> tuple[list[None], None]:
            await browser.close()
            return [None] * len(questions), None

        monkeypatch.setattr(Finder, "probe_and_do", see_nothing)
        with pytest.raises(SystemUnavailable):
            await screen.read("form.name")
    finally:
        await browser.close()
