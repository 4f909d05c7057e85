"""E-tjänsten of the practice municipality: the inbox of applications, each application over seven tabs, messages to applicants."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from robots.practice import attachments
from robots.practice.office import Office, connect, local_time, prepare
from robots.practice.world import Household

PAGE_ROWS = 10
#: path and name of each tab of an application
TABS = {
    "hushall": "Hushåll",
    "boende": "Boende",
    "inkomster": "Inkomster",
    "utgifter": "Utgifter",
    "tillgangar": "Tillgångar",
    "planering": "Planering och vistelse",
    "utbetalning": "Utbetalning och bilagor",
    "meddelanden": "Meddelanden",
}
_SCHEMA = """
CREATE TABLE applications (
    reference TEXT PRIMARY KEY, submitted_at TEXT NOT NULL, month TEXT NOT NULL, applicant TEXT NOT NULL, status TEXT NOT NULL, form TEXT NOT NULL
);
CREATE TABLE messages (
    reference TEXT NOT NULL, sent_at TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL
);
"""


def load(database: Path, households: Sequence[Household], *, user: str, password: str) -> None:
    """Make the database anew with the households' applications and one member of staff."""
    prepare(database, user=user, password=password, schema=_SCHEMA)
    forms = [household.application for household in households]
    rows = [
        (form.reference, local_time(form.submitted_at), form.month, form.applicant, "Ny", json.dumps(asdict(form), default=str, ensure_ascii=False))
        for form in forms
    ]
    with connect(database) as connection:
        connection.executemany("INSERT INTO applications VALUES (?, ?, ?, ?, ?, ?)", rows)


def create_app(database: Path, *, hostile: frozenset[str] = frozenset(), session_minutes: float = 30) -> Starlette:
    """Return the e-service as a web application; see `office.HOSTILITY` for the switches."""
    service = _EService(
        Office(system="e_service", title="E-tjänsten", start="/inkorg", database=database, hostile=hostile, session_minutes=session_minutes)
    )
    return service.office.app(
        [
            Route("/inkorg", service.inbox),
            Route("/ansokan/{reference}/nytt-meddelande", service.new_message),
            Route("/ansokan/{reference}/nytt-meddelande", service.send_message, methods=["POST"]),
            Route("/ansokan/{reference}/bilaga/{number}", service.attachment, methods=["GET", "POST"]),
            Route("/ansokan/{reference}/{tab}", service.application),
        ]
    )


class _EService:
    def __init__(self, office: Office) -> None:
        self.office = office

    async def inbox(self, request: Request) -> Response:
        number = _whole_number(request.query_params.get("sida", "1"))
        with connect(self.office.database) as connection:
            total = connection.execute("SELECT count(*) AS total FROM applications").fetchone()["total"]
            rows = connection.execute(
                "SELECT * FROM applications ORDER BY submitted_at DESC, reference DESC LIMIT ? OFFSET ?",
                (PAGE_ROWS, (number - 1) * PAGE_ROWS),
            ).fetchall()
        last = max(1, -(-total // PAGE_ROWS))
        if number > last:
            raise HTTPException(404)
        return self.office.page(request, "inbox.html", rows=rows, total=total, number=number, last=last)

    async def application(self, request: Request) -> Response:
        tab = request.path_params["tab"]
        if tab not in TABS:
            raise HTTPException(404)
        with connect(self.office.database) as connection:
            head, form = _application(connection, request)
            messages = connection.execute("SELECT * FROM messages WHERE reference = ? ORDER BY rowid DESC", (head["reference"],)).fetchall()
        has_sent = "skickat" in request.query_params
        return self.office.page(
            request,
            f"{tab}.html",
            head=head,
            form=form,
            tabs=TABS,
            tab=tab,
            messages=messages,
            has_sent=has_sent,
            is_behind_button=attachments.is_behind_button,
        )

    async def attachment(self, request: Request) -> Response:
        number = _whole_number(request.path_params["number"])
        with connect(self.office.database) as connection:
            _, form = _application(connection, request)
        if number > len(form["attachments"]):
            raise HTTPException(404)
        name = form["attachments"][number - 1]
        if attachments.is_behind_button(name) is not (request.method == "POST"):
            raise HTTPException(405)
        content, media_type = attachments.content_of(name, form)
        named = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        return Response(content, media_type=media_type, headers={"Content-Disposition": named, "Cache-Control": "no-store"})

    async def new_message(self, request: Request) -> Response:
        with connect(self.office.database) as connection:
            head, form = _application(connection, request)
        return self.office.page(request, "new_message.html", head=head, form=form, tabs=TABS, tab="meddelanden", missing=False)

    async def send_message(self, request: Request) -> Response:
        entered = await request.form()
        # A browser sends the line ends of a text area as CR LF.
        subject, body = (str(entered.get(name, "")).replace("\r\n", "\n").strip() for name in ("subject", "body"))
        with connect(self.office.database) as connection:
            head, form = _application(connection, request)
            if not subject or not body:
                return self.office.page(request, "new_message.html", status=400, head=head, form=form, tabs=TABS, tab="meddelanden", missing=True)
            reference = head["reference"]
            row = (reference, local_time(datetime.now(UTC)), self.office.user(request), head["applicant"], subject, body)
            connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.execute("UPDATE applications SET status = 'Besvarad' WHERE reference = ?", (reference,))
            self.office.record_effect(connection, request, kind="message", reference=reference, month=head["month"], details=f"{len(body)} tecken")
        return RedirectResponse(f"/ansokan/{reference}/meddelanden?skickat", status_code=303)


def _application(connection: sqlite3.Connection, request: Request) -> tuple[sqlite3.Row, dict[str, Any]]:
    head = connection.execute("SELECT * FROM applications WHERE reference = ?", (request.path_params["reference"],)).fetchone()
    if head is None:
        raise HTTPException(404)
    return head, json.loads(head["form"])


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) > 0):
        raise HTTPException(404)
    return int(text)
