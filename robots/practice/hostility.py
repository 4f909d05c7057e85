"""Makes one practice system hostile: stands before its application and does what the switches say, as networks, servers and pages do.

What is by chance is drawn by the switch's own seed. `office.HOSTILITY` says what each switch does.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import socket
import struct
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from robots.practice import hostility_kills, hostility_pages
from robots.practice.office import connect, seeds

#: where a desktop program asks what it is to do to its own windows
ASKED_AT = "/hostility"
NEWS_AT = "/hostility/news"
#: the header by which a page's own repetition of a form is told from a second press
AGAIN = "x-again"
LATE_ANSWER_SECONDS = 2.5
LATE_WORK_SECONDS = 1.5
_CONFLICT = 409
_NO_LINGERING = struct.pack("ii", 1, 0)
_LOG_IN = ("/logga-in", "/logga-ut", "/inloggning")
#: what saves something; the other forms only ask
_SAVING_PATH = re.compile(
    r"/api/arenden/[^/]+/(berakningar|beslut|utbetalningar|journal|bevakningar)"
    r"|/arende/[^/]+/(.*/spara|nytt-beslut|ny-utbetalning|ny-anteckning|ny-bevakning)"
    r"|/ansokan/[^/]+/nytt-meddelande"
)
#: what a calculation under way is called in an address: something else each time it is begun
_OF_DRAFT = re.compile(r"\b[0-9a-f]{12}\b")
#: one in so many requests that save nothing meets its fate
_ONE_IN_CUT, _ONE_IN_KILLED = 40, 30

#: the connections of this server that are open, by the address at the other end
_LINES: dict[tuple[str, int], asyncio.Transport] = {}


class CuttableProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, with connections that can be cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own signature
        """Keep the connection within reach."""
        super().connection_made(transport)
        _LINES[transport.get_extra_info("peername")[:2]] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _LINES.pop(self.transport.get_extra_info("peername")[:2], None)
        super().connection_lost(exc)


class Hostility:
    """An application with the switches thrown."""

    def __init__(self, app: ASGIApp, *, system: str, database: Path, hostile: frozenset[str]) -> None:
        self._app = app
        self._system = system
        self._database = database
        self._seeds = seeds(system, hostile)
        self._chances = {switch: random.Random(f"{seed} {system} {switch}") for switch, seed in self._seeds.items()}
        self._lost_sessions: set[str] = set()
        #: addresses of the forms that were sent
        self._forms: set[str] = set()
        #: one at a time, so that it is known which request has saved
        self._saving = asyncio.Lock()
        self._late: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do something worse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == ASKED_AT:
            await _answer(send, json.dumps({"seeds": self._seeds, "folder": str(self._database.parent)}).encode(), kind="application/json")
        elif scope["path"] == NEWS_AT:
            await _answer(send, hostility_pages.NEWS.encode(), kind="text/html; charset=utf-8")
        else:
            await self._meet(scope, await _body(receive), receive, send)

    async def _meet(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        is_save = scope["method"] == "POST" and _SAVING_PATH.fullmatch(scope["path"]) is not None
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if "double-submit" in self._seeds and AGAIN in headers:
            await _answer(send, "Formuläret är redan skickat.".encode(), kind="text/plain; charset=utf-8", status=_CONFLICT)
            return
        scope = self._without_lost_session(scope, headers)
        if "browser-killed" in self._seeds and self._is_one_in(_ONE_IN_KILLED, "browser-killed"):
            hostility_kills.kill_browser(scope)
        if "program-killed" in self._seeds and self._is_one_in(_ONE_IN_KILLED, "program-killed"):
            hostility_kills.kill_program(scope)
        if "connection-reset" in self._seeds and self._is_one_in(2 if is_save else _ONE_IN_CUT, "connection-reset"):
            await self._cut(scope, body, receive)
            return
        messages, has_saved = await self._work(scope, body, is_save=is_save)
        if has_saved:
            await self._after_save(scope)
        for message in self._changed(scope, messages):
            await send(message)

    def _is_one_in(self, times: int, switch: str) -> bool:
        return self._chances[switch].randrange(times) == 0

    # --- what happens to a request

    def _without_lost_session(self, scope: Scope, headers: dict[str, str]) -> Scope:
        """Take the session out of a request whose session is lost, and lose that of every second form that is sent."""
        if not {"form-expiry", "form-expiry-once"} & set(self._seeds):
            return scope
        session = _session_of(headers)
        is_form = scope["method"] == "POST" and not scope["path"].endswith(_LOG_IN)
        if is_form and session and session not in self._lost_sessions and self._expires(scope["path"]):
            self._lost_sessions.add(session)
        if session not in self._lost_sessions or scope["path"].endswith(_LOG_IN):
            return scope
        kept = [(name, value) for name, value in scope["headers"] if name.lower() not in (b"cookie", b"authorization")]
        return {**scope, "headers": kept}

    def _expires(self, path: str) -> bool:
        """Say whether the session is lost now that the form of this address is sent."""
        form = _OF_DRAFT.sub("*", path)
        is_first = form not in self._forms
        self._forms.add(form)
        return ("form-expiry-once" in self._seeds and is_first) or ("form-expiry" in self._seeds and self._is_one_in(2, "form-expiry"))

    async def _cut(self, scope: Scope, body: bytes, receive: Receive) -> None:
        """Cut the connection before the work, after it, or at once with the work done late."""
        way = self._chances["connection-reset"].choice(("before", "after", "late"))
        if way == "after":
            await self._work(scope, body, is_save=True)
        if way == "late":

            async def work_late() -> None:
                await asyncio.sleep(LATE_WORK_SECONDS)
                await self._work(scope, body, is_save=True)

            task = asyncio.get_running_loop().create_task(work_late())
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        line = _LINES.get(tuple(scope["client"]))
        if line is not None:
            line.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
            line.abort()
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _work(self, scope: Scope, body: bytes, *, is_save: bool) -> tuple[list[Message], bool]:
        """Have the application answer; return the answer and whether something has been saved."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        if not is_save:
            await self._app(scope, _once(body), keep)
            return messages, False
        async with self._saving:
            before = self._saved()
            await self._app(scope, _once(body), keep)
            return messages, self._saved() > before

    def _saved(self) -> int:
        with connect(self._database) as connection:
            return int(connection.execute("SELECT count(*) FROM effects").fetchone()[0])

    async def _after_save(self, scope: Scope) -> None:
        if "crash-after-save" in self._seeds and self._crashes("crash-after-save"):
            os.kill(os.getpid(), signal.SIGKILL)
        if "browser-crash-after-save" in self._seeds and self._is_one_in(2, "browser-crash-after-save"):
            hostility_kills.kill_browser(scope)
        if "program-crash-after-save" in self._seeds and self._is_one_in(2, "program-crash-after-save"):
            hostility_kills.kill_program(scope)
        if "double-submit" in self._seeds:
            await asyncio.sleep(LATE_ANSWER_SECONDS)

    def _crashes(self, switch: str) -> bool:
        """Say whether the server dies after this save: by the number of saves, as a new process would begin the chances anew."""
        return random.Random(f"{self._seeds[switch]} {self._system} {switch} {self._saved()}").randrange(2) == 0

    # --- what happens to an answer

    def _changed(self, scope: Scope, messages: list[Message]) -> list[Message]:
        start, body = messages[0], b"".join(message.get("body", b"") for message in messages[1:])
        headers = dict(start["headers"])
        if not headers.get(b"content-type", b"").startswith(b"text/html") or scope["path"].endswith(_LOG_IN):
            return messages
        html = hostility_pages.changed(body.decode(), frozenset(self._seeds), is_one_in_two=lambda switch: self._is_one_in(2, switch))
        changed = html.encode()
        kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        start = {**start, "headers": [*kept, (b"content-length", str(len(changed)).encode())]}
        return [start, {"type": "http.response.body", "body": changed, "more_body": False}]


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


def _once(body: bytes) -> Callable[[], Awaitable[Message]]:
    """Return a `receive` that gives the whole body, and then waits as a client that is still there does."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return parts.pop() if parts else await asyncio.Future[Message]()

    return receive


async def _answer(send: Send, body: bytes, *, kind: str, status: int = 200) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _session_of(headers: dict[str, str]) -> str:
    """Return what names the session of the request; empty when it has none."""
    cookies = SimpleCookie(headers.get("cookie", ""))
    return headers.get("authorization", "") or next((one.value for name, one in cookies.items() if name.endswith("_session")), "")
