"""Verksamhetssystemet of the practice municipality: one server and one database, JSON for its desktop programs and pages for browsers."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from robots.practice.case_calculation import Refused
from robots.practice.case_service import CaseService
from robots.practice.case_store import SCHEMA, SYSTEM, CaseStore
from robots.practice.case_web.calculation import CalculationPages
from robots.practice.case_web.lookup import LookupPages
from robots.practice.case_web.windows import Windows
from robots.practice.office import ERROR_EVERY_REQUESTS, SESSION_REQUESTS, SLOW_SECONDS, Office, prepare
from robots.practice.world import Household

# Where the desktop program asks its server once, the pages do so for the form, its answer, what stands in the frame, and every row that is added.
_REQUESTS_PER_STEP = 5


@dataclass
class _Session:
    user: str
    used_at: float
    requests: int = 0


class _Desk:
    """Answers the requests: measures, plays the hostile switches, and lets only those in who have a session."""

    def __init__(self, office: Office, service: CaseService, *, session_seconds: float) -> None:
        self._office = office
        self._service = service
        self._session_seconds = session_seconds
        self._sessions: dict[str, _Session] = {}
        self._requests = 0

    def route(self, path: str, do: Callable[[Request, str, dict[str, Any]], dict[str, Any]], *, method: str = "GET") -> Route:
        """Return a route that answers with what `do(request, user, body)` returns, done in a thread."""

        async def answer(request: Request) -> Response:
            started = time.perf_counter()
            try:
                return await self._answer(request, do)
            finally:
                self._office.add_served(time.perf_counter() - started)

        return Route(path, answer, methods=[method])

    async def _answer(self, request: Request, do: Callable[[Request, str, dict[str, Any]], dict[str, Any]]) -> Response:
        self._requests += 1
        if "slow" in self._office.switches:
            await asyncio.sleep(SLOW_SECONDS)
        if "error-pages" in self._office.switches and self._requests % ERROR_EVERY_REQUESTS == 0:
            return _message("Ett fel har inträffat i verksamhetssystemet.", 500)
        user = "" if request.url.path == "/api/inloggning" else self._user(request)
        if user is None:
            return _message("Sessionen har gått ut.", 401)
        try:
            body = await request.json() if request.method == "POST" else {}
            if not isinstance(body, dict):
                return _message("Begäran är inte fullständig.", 400)
            return JSONResponse(await run_in_threadpool(do, request, user, body))
        except json.JSONDecodeError:
            return _message("Begäran är inte fullständig.", 400)
        except Refused as refused:
            return _message(str(refused), 422)

    def _user(self, request: Request) -> str | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        session = self._sessions.get(token)
        if session is None:
            return None
        session.requests += 1
        is_worn_out = "session-expiry" in self._office.switches and session.requests > SESSION_REQUESTS
        if is_worn_out or time.monotonic() - session.used_at > self._session_seconds:
            del self._sessions[token]
            return None
        session.used_at = time.monotonic()
        return session.user

    def log_in(self, _request: Request, _user: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the token of a new session; `Refused` for a wrong name or password."""
        user = str(body.get("user", ""))
        if not self._service.knows(user, str(body.get("password", ""))):
            raise Refused("Fel användarnamn eller lösenord.")
        token = secrets.token_urlsafe(24)
        self._sessions[token] = _Session(user=user, used_at=time.monotonic())
        return {"token": token, "user": user}


def _message(text: str, status: int) -> JSONResponse:
    return JSONResponse({"message": text}, status_code=status)


def load(database: Path, households: Iterable[Household], *, user: str, password: str) -> None:
    """Make the database anew with the cases of the households and one member of staff; an earlier file is replaced."""
    prepare(database, user=user, password=password, schema=SCHEMA)
    CaseStore(database).add_cases(households)


def create_app(database: Path, *, hostile: frozenset[str] = frozenset(), session_minutes: float = 30) -> Starlette:
    """Return the server.

    Args:
        database: file made by `load`.
        hostile: switches, see `robots.practice.office.HOSTILITY`.
        session_minutes: a session that is not used for so long is lost.
    """
    office = Office(
        system=SYSTEM,
        title="Verksamhetssystemet",
        start="/arende",
        database=database,
        hostile=hostile,
        session_minutes=session_minutes,
        requests_per_step=_REQUESTS_PER_STEP,
    )
    lookup = Office(
        system=SYSTEM,
        title="Personsök",
        start="/sok",
        database=database,
        hostile=hostile,
        session_minutes=session_minutes,
        templates="person_lookup",
        base="/personsok",
    )
    service = CaseService(CaseStore(database), database)
    windows = Windows(office, service)
    desk = _Desk(office, service, session_seconds=session_minutes * 60)

    def number(request: Request) -> str:
        return str(request.path_params["number"])

    case = "/api/arenden/{number}"
    return Starlette(
        routes=[
            desk.route("/api/inloggning", desk.log_in, method="POST"),
            desk.route("/api/personer/{number}", lambda request, _user, _body: service.search(number(request))),
            desk.route(case, lambda request, _user, _body: service.case(number(request))),
            desk.route(case + "/utkast/{month}", lambda request, _user, _body: service.draft(number(request), request.path_params["month"])),
            desk.route(case + "/utkast", lambda request, _user, body: service.work_out(number(request), body), method="POST"),
            desk.route(case + "/berakningar", lambda request, user, body: service.save_calculation(number(request), user, body), method="POST"),
            desk.route(case + "/beslut", lambda request, user, body: service.save_decision(number(request), user, body), method="POST"),
            desk.route(case + "/utbetalningar", lambda request, user, body: service.save_payment(number(request), user, body), method="POST"),
            desk.route(case + "/journal", lambda request, user, body: service.save_note(number(request), user, body), method="POST"),
            desk.route(case + "/bevakningar", lambda request, user, body: service.save_watch(number(request), user, body), method="POST"),
            Mount("/personsok", app=lookup.app(LookupPages(lookup, service).routes())),
            Mount("/", app=office.app([*CalculationPages(office, service, windows).routes(), *windows.routes()])),
        ]
    )
