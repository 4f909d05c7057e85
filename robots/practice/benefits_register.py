"""SSBTEK-frågan of the practice municipality: ask eight agencies about one person and period; details open in windows of their own."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from robots.practice.office import Office, connect, local_time, prepare
from robots.practice.world import AgencyAnswers, Household

AGENCIES = {
    "AF": "Arbetsförmedlingen",
    "CSN": "Centrala studiestödsnämnden",
    "FK": "Försäkringskassan",
    "PM": "Pensionsmyndigheten",
    "SKV": "Skatteverket",
    "SO": "Sveriges a-kassor",
    "TNS": "Transportstyrelsen",
    "MIV": "Migrationsverket",
}
#: agencies that do not answer when the switch `source-down` is thrown
DOWN_AGENCIES = frozenset({"FK", "SO"})
LONGEST_PERIOD_DAYS = 731

_PAYMENTS = {"CSN": "csn_payments", "FK": "fk_payments", "PM": "pm_payments", "SKV": "skv_refunds", "SO": "so_payments"}
_SCHEMA = """
CREATE TABLE persons (personnummer TEXT PRIMARY KEY, answers TEXT NOT NULL);
CREATE TABLE questions (
    number INTEGER PRIMARY KEY, asked_at TEXT NOT NULL, asked_by TEXT NOT NULL, personnummer TEXT NOT NULL,
    first_day TEXT NOT NULL, last_day TEXT NOT NULL
);
"""


def load(database: Path, households: Sequence[Household], *, user: str, password: str) -> None:
    """Make the database anew with the agencies' answers about the households' persons and one member of staff."""
    prepare(database, user=user, password=password, schema=_SCHEMA)
    rows = [
        (answers.personnummer, json.dumps(asdict(answers), default=str, ensure_ascii=False))
        for household in households
        for answers in household.agencies
    ]
    with connect(database) as connection:
        connection.executemany("INSERT INTO persons VALUES (?, ?)", rows)


def create_app(database: Path, *, hostile: frozenset[str] = frozenset(), session_minutes: float = 30) -> Starlette:
    """Return the benefits register as a web application; see `office.HOSTILITY` for the switches."""
    office = Office(
        system="benefits_register", title="SSBTEK-frågan", start="/fraga", database=database, hostile=hostile, session_minutes=session_minutes
    )
    register = _BenefitsRegister(office)
    return office.app(
        [
            Route("/fraga", register.question),
            Route("/fraga", register.ask, methods=["POST"]),
            Route("/svar/{number:int}", register.answer),
            Route("/svar/{number:int}/{agency}", register.details),
        ]
    )


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One agency's part of the answer."""

    status: str  # Svar | Inga uppgifter | Fel
    payments: list[dict[str, Any]]


class _BenefitsRegister:
    def __init__(self, office: Office) -> None:
        self._office = office

    async def question(self, request: Request) -> Response:
        return self._office.page(request, "question.html", mistakes=[], entered={"personnummer": "", "first_day": "", "last_day": ""})

    async def ask(self, request: Request) -> Response:
        form = await request.form()
        entered = {name: str(form.get(name, "")).strip() for name in ("personnummer", "first_day", "last_day")}
        mistakes = _mistakes(entered)
        if mistakes:
            return self._office.page(request, "question.html", status=400, mistakes=mistakes, entered=entered)
        row = (local_time(datetime.now(UTC)), self._office.user(request), entered["personnummer"], entered["first_day"], entered["last_day"])
        with connect(self._office.database) as connection:
            number = connection.execute(
                "INSERT INTO questions (asked_at, asked_by, personnummer, first_day, last_day) VALUES (?, ?, ?, ?, ?)", row
            ).lastrowid
        return RedirectResponse(f"/svar/{number}", status_code=303)

    async def answer(self, request: Request) -> Response:
        question, answers = self._asked(request)
        parts = {agency: self._part(agency, question, answers) for agency in AGENCIES}
        return self._office.page(request, "answer.html", question=question, parts=parts, agencies=AGENCIES)

    async def details(self, request: Request) -> Response:
        agency = request.path_params["agency"]
        if agency not in AGENCIES:
            raise HTTPException(404)
        question, answers = self._asked(request)
        part = self._part(agency, question, answers)
        template = f"{agency.lower()}.html" if agency in {"AF", "FK", "TNS", "MIV"} else "payments.html"
        return self._office.page(request, template, question=question, agency=agency, name=AGENCIES[agency], answers=answers, part=part)

    def _asked(self, request: Request) -> tuple[sqlite3.Row, dict[str, Any]]:
        with connect(self._office.database) as connection:
            question = connection.execute("SELECT * FROM questions WHERE number = ?", (request.path_params["number"],)).fetchone()
            if question is None:
                raise HTTPException(404)
            person = connection.execute("SELECT answers FROM persons WHERE personnummer = ?", (question["personnummer"],)).fetchone()
        nothing = json.loads(json.dumps(asdict(AgencyAnswers(personnummer=question["personnummer"]))))
        return question, json.loads(person["answers"]) if person else nothing

    def _part(self, agency: str, question: sqlite3.Row, answers: dict[str, Any]) -> _Part:
        if agency in answers["failing"] or ("source-down" in self._office.switches and agency in DOWN_AGENCIES):
            return _Part(status="Fel", payments=[])
        every = answers[_PAYMENTS[agency]] if agency in _PAYMENTS else []
        payments = [payment for payment in every if question["first_day"] <= payment["paid_on"] <= question["last_day"]]
        found = {
            "AF": answers["is_job_seeker"] or answers["latest_activity_report_on"] or answers["has_secrecy_marking"],
            "FK": payments or answers["fk_open_claims"],
            "TNS": answers["vehicles"],
            "MIV": answers["residence_permit_until"],
        }
        return _Part(status="Svar" if found.get(agency, payments) else "Inga uppgifter", payments=payments)


def _mistakes(entered: dict[str, str]) -> list[str]:
    mistakes = []
    if not re.fullmatch(r"[0-9]{12}", entered["personnummer"]):
        mistakes.append("Personnummer skrivs med tolv siffror.")
    try:
        first_day, last_day = date.fromisoformat(entered["first_day"]), date.fromisoformat(entered["last_day"])
    except ValueError:
        return [*mistakes, "Datum skrivs ÅÅÅÅ-MM-DD."]
    if first_day > last_day:
        mistakes.append("Från och med ligger efter till och med.")
    elif (last_day - first_day).days > LONGEST_PERIOD_DAYS:
        mistakes.append("Längsta period är två år.")
    return mistakes
