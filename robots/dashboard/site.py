"""The dashboard's pages: what everybody on this machine may see, and what one who has signed in may do.

A page of another origin can neither read nor steer it: the name that it was asked for must be this machine's own (against names on the web that
point here), a form must come from it and hold the session's own word, and nothing is loaded from elsewhere.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from robots.case import SWEDEN
from robots.casebook.pauses import EVERYTHING, scope_of_system
from robots.concerns import age, clock, concerns_of, said
from robots.dashboard.admission import SESSION_SECONDS, Admission, Session
from robots.errors import KollegaError
from robots.health import Health
from robots.metrics import CONTENT_TYPE, metrics_text
from robots.run_log import redacted
from robots.run_process import EXIT_CODES
from robots.situation import Situation

if TYPE_CHECKING:
    from jinja2 import Environment

T = TypeVar("T")

COOKIE = "kollega_session"
LOOK_SECONDS = 1.0
#: what is replaced on a page when it has changed, by the ids of its sections
PARTS = ("verdict", "steering", "robots", "systems", "figures", "errors")
_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_MOST_FORM_BYTES, _MOST_FIELDS = 8192, 20
_MOST_NAME, _MOST_WHY = 60, 200
_FORBIDDEN, _MISDIRECTED, _TOO_LARGE, _SEE_OTHER, _UNAVAILABLE = 403, 421, 413, 303, 503
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With "no-referrer" a browser would not say where a form comes from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

#: pauses a scope for a reason, or resumes a scope, in the name of somebody; returns what is told
Pause = Callable[[str, str, str], str]
Resume = Callable[[str, str], str]


@dataclass(slots=True, kw_only=True)
class Pulse(Generic[T]):
    """One look for all who ask within a second; nobody looks while nobody asks."""

    look: Callable[[], T]
    _latest: T | None = None
    _looked_at: float = 0.0
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def latest(self, *, anew: bool = False) -> T:
        """Return what was seen, not older than a second; `anew` for what is looked at now."""
        asked_at = time.monotonic()
        async with self._looking:
            is_old = self._looked_at < (asked_at if anew else asked_at - LOOK_SECONDS)
            if self._latest is None or is_old:
                begun = time.monotonic()
                self._latest = await asyncio.to_thread(self.look)
                self._looked_at = begun
            return self._latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The pages of one dashboard."""

    pulse: Pulse[Situation]
    admission: Admission
    pause: Pause
    resume: Resume
    #: says whether all is well, for monitoring
    health: Pulse[Health]
    #: where the token stands
    token_file: str
    version: str

    def app(self) -> ASGIApp:
        """Return the application."""
        routes = [
            Route("/", self._page),
            Route("/events", self._events),
            Route("/metrics", self._metrics),
            Route("/health", self._health),
            Route("/live.js", _asset("live.js", "text/javascript")),
            Route("/style.css", _asset("style.css", "text/css")),
            Route("/sign-in", self._sign_in, methods=["POST"]),
            Route("/sign-out", self._steered(self._sign_out), methods=["POST"]),
            Route("/pause", self._steered(self._pause), methods=["POST"]),
            Route("/resume", self._steered(self._resume), methods=["POST"]),
        ]
        return _Guard(Starlette(routes=routes))

    # what everybody may see

    async def _page(self, request: Request) -> Response:
        return await self._shown(self._session_of(request))

    async def _shown(self, session: Session | None, *, refused: str = "", status: int = 200) -> Response:
        situation = await self.pulse.latest()
        told = ""
        if session is not None:
            told, session.told = session.told, ""
        page = _environment().get_template("page.html")
        parts = self._parts(situation, session)
        title = said(situation, concerns_of(situation))
        html = page.render(
            parts=parts,
            session=session,
            told=told,
            refused=refused,
            token_file=self.token_file,
            title=title,
            version=self.version,
            mode=situation.mode,
            at=clock_with_seconds(situation),
        )
        return Response(html, status_code=status, media_type="text/html")

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(self._stream(request), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def _metrics(self, _request: Request) -> Response:
        return Response(metrics_text(await self.pulse.latest()), headers={"Content-Type": CONTENT_TYPE})

    async def _health(self, _request: Request) -> Response:
        found = await self.health.latest()
        return JSONResponse(found.record, status_code=200 if found.is_well else _UNAVAILABLE)

    async def _stream(self, request: Request) -> AsyncIterator[str]:
        shown: dict[str, str] = {}
        yield "retry: 1000\n\n"
        while not await request.is_disconnected():
            situation = await self.pulse.latest()
            parts = self._parts(situation, self._session_of(request))
            new = {name: html for name, html in parts.items() if shown.get(name) != html}
            shown = parts
            told = {"at": clock_with_seconds(situation), "title": said(situation, concerns_of(situation)), "parts": new}
            yield f"data: {json.dumps(told)}\n\n"
            await asyncio.sleep(LOOK_SECONDS)

    def _parts(self, situation: Situation, session: Session | None) -> dict[str, str]:
        concerns = concerns_of(situation)
        words = {
            "situation": situation,
            "concerns": concerns,
            "said": said(situation, concerns),
            "session": session,
            "everything": EVERYTHING,
            "exit_codes": EXIT_CODES,
            "age": age,
            "clock": clock,
        }
        return {name: _environment().get_template(f"{name}.html").render(**words) for name in PARTS}

    # what one who has signed in may do

    async def _sign_in(self, request: Request) -> Response:
        form = await _form(request)
        name = _in_one_line(form.get("name", ""), most=_MOST_NAME)
        if not name:
            return await self._shown(None, refused="Say who you are: it stands beside what you pause.", status=_FORBIDDEN)
        key = self.admission.sign_in(form.get("token", ""), name=name)
        if key is None:
            return await self._shown(None, refused="That is not the token of this dashboard.", status=_FORBIDDEN)
        self.admission.sign_out(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/", status_code=_SEE_OTHER)
        response.set_cookie(COOKIE, key, max_age=int(SESSION_SECONDS), path="/", httponly=True, samesite="strict")
        return response

    async def _sign_out(self, request: Request, _form: Mapping[str, str], _session: Session) -> str:
        self.admission.sign_out(request.cookies.get(COOKIE, ""))
        return ""

    async def _pause(self, _request: Request, form: Mapping[str, str], session: Session) -> str:
        scope, why = form.get("scope", ""), _in_one_line(form.get("why", ""), most=_MOST_WHY)
        situation = await self.pulse.latest()
        if scope not in {EVERYTHING, *(scope_of_system(system.name) for system in situation.systems)}:
            return "There is no such system."
        if not why:
            return "Nothing is paused: say why in a few words, for those who wonder."
        return await asyncio.to_thread(self.pause, scope, why, session.name)

    async def _resume(self, _request: Request, form: Mapping[str, str], session: Session) -> str:
        situation = await self.pulse.latest(anew=True)
        scope = form.get("scope", "")
        if scope not in {pause.scope for pause in situation.pauses}:
            return "That is not paused any more."
        return await asyncio.to_thread(self.resume, scope, session.name)

    def _steered(self, do: Callable[[Request, Mapping[str, str], Session], Awaitable[str]]) -> Callable[[Request], Awaitable[Response]]:
        """Return what does it for one who has signed in and has sent the session's own word, and for nobody else."""

        async def answer(request: Request) -> Response:
            form, session = await _form(request), self._session_of(request)
            if session is None or not hmac.compare_digest(form.get("csrf", "").encode(), session.csrf.encode()):
                return await self._shown(session, refused="Sign in first: nothing was changed.", status=_FORBIDDEN)
            try:
                session.told = await do(request, form, session)
            except KollegaError as error:
                session.told = f"Nothing was changed: {error}"
            await self.pulse.latest(anew=True)
            return RedirectResponse("/", status_code=_SEE_OTHER)

        return answer

    def _session_of(self, request: Request) -> Session | None:
        return self.admission.session(request.cookies.get(COOKIE, ""))


class _Guard:
    """Lets through only what was asked of this machine under its own name, and forms that come from this page; puts the headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = _refusal(Request(scope))
        await (refusal or self._app)(scope, receive, send_with_headers)


def _refusal(request: Request) -> Response | None:
    host = request.headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        name = None
    if name not in _HOSTS or "@" in host:
        return PlainTextResponse("This page is for this machine alone: ask for it as 127.0.0.1.\n", status_code=_MISDIRECTED)
    if request.method not in {"GET", "HEAD"} and request.headers.get("origin", "") != f"http://{host}":
        return PlainTextResponse("This form does not come from the dashboard.\n", status_code=_FORBIDDEN)
    return None


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; none of one that is longer than any of ours, and of one that was broken off."""
    body = b""
    with suppress(ClientDisconnect, ValueError):
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_FORM_BYTES:
                return {}
        return dict(parse_qsl(body.decode("utf-8", errors="replace"), max_num_fields=_MOST_FIELDS))
    return {}


def _in_one_line(text: str, *, most: int) -> str:
    return redacted(" ".join(text.split()))[:most]


def clock_with_seconds(situation: Situation) -> str:
    """Return when it was looked at, in Swedish time."""
    return f"{situation.at.astimezone(SWEDEN):%Y-%m-%d %H:%M:%S}"


def _asset(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return Response(_text_of(name), media_type=kind)

    return answer


@cache
def _text_of(name: str) -> str:
    return resources.files("robots.dashboard").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("robots.dashboard", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
