"""Verksamhetssystemet of the practice municipality: the server behind its desktop programs, a JSON interface over its own database.

It knows nothing of robots. It does its own sums, refuses what no such system would take, and saves a second decision or
payment for a month as readily as the first: whoever writes must look.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from robots.practice.case_calculation import (
    COUPLE,
    COUPLE_PARTNER,
    MEMBER_FROM_DAYS,
    SINGLE,
    Entry,
    Member,
    Refused,
    Sums,
    age_on,
    common_cost,
    interval_of,
    personal_cost,
    share_of_dwelling,
    work_out,
)
from robots.practice.case_entry import amount_of, day_of, entry_of, month_of, one_of, text_of
from robots.practice.case_store import SCHEMA, SYSTEM, CaseStore
from robots.practice.office import ERROR_EVERY_REQUESTS, SESSION_REQUESTS, SLOW_SECONDS, Office, is_right_password, prepare
from robots.practice.world import Household

DECISION_KINDS = ("bifall", "delavslag", "avslag", "avvisning")

_LONGEST_TEXT = 8000


# --- what the system answers ---


def draft(facts: dict[str, Any], month: str) -> dict[str, Any]:
    """Return the calculation window as the system fills it in from the case, before anybody has typed."""
    first_day = day_of(f"{month_of(month)}-01", "Månad")
    members = [Member(who="sökande", interval=COUPLE if facts["co_applicant"] else SINGLE, days="hel månad", is_included=True)]
    if facts["co_applicant"]:
        members.append(Member(who="medsökande", interval=COUPLE_PARTNER, days="hel månad", is_included=True))
    size = len(members)
    for child in facts["children"]:
        full_time = child["residence"] == "heltid"
        interval = interval_of(age_on(child["personnummer"], first_day), lunch_at_home=child["lunch"] == "hemma")
        members.append(
            Member(
                who=child["personnummer"],
                interval=interval,
                days="hel månad" if full_time else str(child["days"]),
                is_included=bool(interval),
            )
        )
        size += bool(interval) and (full_time or child["days"] >= MEMBER_FROM_DAYS)
    rows = [
        {
            "who": one.who,
            "interval": one.interval,
            "days": one.days,
            "included": "Ja" if one.is_included else "Nej",
            "amount": str(personal_cost(month, one)),
        }
        for one in members
    ]
    dwelling = facts["persons_in_dwelling"]
    return {
        "month": month,
        "members": rows,
        "household_size": str(size),
        "persons_in_dwelling": str(dwelling),
        "share": str(share_of_dwelling(size, dwelling)),
        "common": str(common_cost(month, size, dwelling)),
    }


class _Service:
    """The system's transactions; all blocking, run in threads."""

    def __init__(self, store: CaseStore, database: Path) -> None:
        self._store = store
        self._database = database

    def knows(self, user: str, password: str) -> bool:
        return is_right_password(self._database, user, password)

    def search(self, personnummer: str) -> dict[str, Any]:
        number = re.sub(r"[-\s]", "", personnummer)
        if not re.fullmatch(r"\d{12}", number):
            raise Refused("Personnummer skrivs med tolv siffror.")
        hits = [{"case_number": case_number, "status": "Öppet" if is_open else "Avslutat"} for case_number, is_open in self._store.cases_of(number)]
        return {"personnummer": number, "hits": hits}

    def case(self, case_number: str) -> dict[str, Any]:
        facts = self._store.facts(case_number)
        # What lies in the draft shows first when a calculation is made from it.
        del facts["leftover_deduction"]
        tables = ("calculations", "decisions", "payments", "notes", "watches")
        return {**facts, **{table: self._store.saved(table, case_number) for table in tables}}

    def _open_case(self, case_number: str) -> dict[str, Any]:
        facts = self._store.facts(case_number)
        if not facts["is_open"]:
            raise Refused("Ärendet är avslutat.")
        return facts

    def draft(self, case_number: str, month: str) -> dict[str, Any]:
        return draft(self._open_case(case_number), month)

    def work_out(self, case_number: str, body: dict[str, Any]) -> dict[str, Any]:
        return {name: str(value) for name, value in asdict(self._sums(case_number, self._entry(case_number, body))).items()}

    def _entry(self, case_number: str, body: dict[str, Any]) -> Entry:
        self._open_case(case_number)
        return entry_of(body, children=self._store.children(case_number))

    def _sums(self, case_number: str, entry: Entry) -> Sums:
        return work_out(
            entry,
            jobbstimulans=self._store.jobbstimulans(case_number),
            leftover_deduction=self._store.leftover_deduction(case_number),
            earned=self._store.earned(case_number, before=entry.month),
        )

    def save_calculation(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        entry = self._entry(case_number, body)
        return {"receipt": self._store.save_calculation(case_number, user, entry, self._sums(case_number, entry))}

    def save_decision(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        self._open_case(case_number)
        kind = one_of(body.get("kind"), DECISION_KINDS, "Beslutstyp")
        month, amount = month_of(body.get("month")), amount_of(body.get("amount"), "Belopp")
        motivation = text_of(body, "motivation", "Motivering", longest=_LONGEST_TEXT)
        if kind in {"avslag", "avvisning"} and amount:
            raise Refused("Vid avslag och avvisning är beloppet 0,00.")
        if kind in {"bifall", "delavslag"} and not amount:
            raise Refused("Vid bifall och delavslag ska ett belopp anges.")
        values = {"month": month, "kind": kind, "amount": str(amount), "motivation": motivation}
        effect = {"kind": "decision", "month": month, "amount": str(amount), "details": kind}
        return {"receipt": self._store.save("decisions", case_number, user, values, effect)}

    def save_payment(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        self._open_case(case_number)
        month, amount = month_of(body.get("month")), amount_of(body.get("amount"), "Belopp")
        if not amount:
            raise Refused("Beloppet ska vara större än noll.")
        account = text_of(body, "account", "Konto")
        if not re.fullmatch(r"\d{4}-\d{5,12}", account):
            raise Refused("Konto skrivs med clearingnummer, bindestreck och kontonummer.")
        pay_on = day_of(body.get("pay_on"), "Utbetalningsdag").isoformat()
        values = {"month": month, "amount": str(amount), "account": account, "pay_on": pay_on}
        effect = {"kind": "payment", "month": month, "amount": str(amount), "details": pay_on}
        return {"receipt": self._store.save("payments", case_number, user, values, effect)}

    def save_note(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        self._store.facts(case_number)
        values = {"heading": text_of(body, "heading", "Rubrik"), "text": text_of(body, "text", "Anteckning", longest=_LONGEST_TEXT)}
        effect = {"kind": "note", "month": "", "amount": "", "details": values["heading"]}
        return {"receipt": self._store.save("notes", case_number, user, values, effect)}

    def save_watch(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        self._store.facts(case_number)
        values = {"due_on": day_of(body.get("due_on"), "Datum").isoformat(), "text": text_of(body, "text", "Text", longest=_LONGEST_TEXT)}
        effect = {"kind": "watch", "month": "", "amount": "", "details": values["due_on"]}
        return {"receipt": self._store.save("watches", case_number, user, values, effect)}


# --- the way in ---


@dataclass
class _Session:
    user: str
    used_at: float
    requests: int = 0


class _Desk:
    """Answers the requests: measures, plays the hostile switches, and lets only those in who have a session."""

    def __init__(self, office: Office, service: _Service, *, session_seconds: float) -> None:
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
    office = Office(system=SYSTEM, title="Verksamhetssystemet", start="/", database=database, hostile=hostile)
    service = _Service(CaseStore(database), database)
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
        ]
    )
