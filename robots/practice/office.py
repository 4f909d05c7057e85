"""What every web system of the practice municipality has in common: staff log-in, sessions, effect log, hostility, served time.

A system is a folder of templates, a SQLite file and a few routes:

    office = Office(system="e_service", title="E-tjänsten", start="/inkorg", database=database, hostile=hostile)
    return office.app([Route("/inkorg", inbox)])

`prepare` makes the file, `Office.record_effect` writes the ground truth that tests count, `read_effects` reads it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

#: what a system can be made to do, by the name of the switch; `e_service:slow` throws the switch of one system only.
#: What comes by chance comes by seed 1, or by another one: `e_service:connection-reset@7`.
HOSTILITY = {
    "slow": "every page comes 300 ms later",
    "error-pages": "every seventh request is answered with an error page",
    "session-expiry": "the session is lost after nineteen pages",
    "form-expiry": "the session is lost between the opening of a form and its sending, every second time",
    "form-expiry-once": "the session is lost once between the opening and the sending of each form of each case",
    "source-down": "the source does not answer: agencies in the benefits register, the whole of the population register",
    "connection-reset": "the connection is cut at every second save and a few other requests: before the work, after it, or with the work done late",
    "double-submit": "the answer to every save comes late, the page sends the same form a second time by itself, and pressing again would save again",
    "popup": "a message that the selector file names comes up over every second form of the web systems",
    "popup-window": "a window with news opens over every second form of the web systems",
    "overlay": "a questionnaire covers every form of the web systems",
    "unknown-dialog": "a dialog that no selector file names comes up over every second form and dialog window",
    "renamed-field": "the last field of every web form, and the reasons of a decision, have another name",
    "removed-field": "the last field of every web form, and the reasons of a decision, are gone",
    "duplicated-button": "every web form, and the dialog of a decision, has its button twice",
    "crash-after-save": "the server is killed after every second save, before it answers, and started again",
    "browser-crash-after-save": "the browser is killed after every second save",
    "program-crash-after-save": "the desktop program is killed after every second save",
    "browser-killed": "the browser is killed at random",
    "program-killed": "the desktop program is killed at random",
    "focus-thief": "a window on the desk of the case system's program takes the keyboard at random and records what it gets",
}
SLOW_SECONDS = 0.3
ERROR_EVERY_REQUESTS = 7
SESSION_REQUESTS = 19

_LOCAL_TIME = ZoneInfo("Europe/Stockholm")
#: every system's; a page is compiled once in a process, however many systems are started in it
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_SCHEMA = """
CREATE TABLE staff (user TEXT PRIMARY KEY, salt BLOB NOT NULL, password BLOB NOT NULL);
CREATE TABLE served (seconds REAL NOT NULL, requests INTEGER NOT NULL);
INSERT INTO served VALUES (0, 0);
CREATE TABLE effects (
    at TEXT NOT NULL, who TEXT NOT NULL, system TEXT NOT NULL, kind TEXT NOT NULL, reference TEXT NOT NULL,
    month TEXT NOT NULL, amount TEXT NOT NULL, details TEXT NOT NULL
);
"""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something that somebody has written in a system; holds no number of a person."""

    at: datetime  # aware UTC
    who: str
    system: str
    kind: str  # calculation | decision | payment | note | watch | message
    reference: str  # number of the application or of the case
    month: str
    amount: str
    details: str


def switches(system: str, hostile: frozenset[str]) -> frozenset[str]:
    """Return the switches that hold for one system.

    Raises:
        ValueError: a switch that is not in `HOSTILITY`, or a seed that is no number.
    """
    return frozenset(seeds(system, hostile))


def seeds(system: str, hostile: frozenset[str]) -> dict[str, int]:
    """Return the switches that hold for one system, each with its seed.

    Raises:
        ValueError: a switch that is not in `HOSTILITY`, or a seed that is no number.
    """
    parts = {written: _parts_of(written) for written in hostile}
    unknown = sorted(written for written, (_, switch, seed) in parts.items() if switch not in HOSTILITY or not seed.isdecimal())
    if unknown:
        raise ValueError(f"no such switch: {', '.join(unknown)}; there are {', '.join(HOSTILITY)}")
    return {switch: int(seed) for name, switch, seed in parts.values() if name in {"", system}}


def _parts_of(written: str) -> tuple[str, str, str]:
    """Return system, switch and seed of `SYSTEM:SWITCH@SEED`."""
    name, _, rest = written.rpartition(":")
    switch, at, seed = rest.partition("@")
    return name, switch, seed if at else "1"


@contextmanager
def connect(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the database for one transaction: committed at the end, rolled back on an error, always closed."""
    connection = sqlite3.connect(database, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def prepare(database: Path, *, user: str, password: str, schema: str = "") -> None:
    """Make a system's database anew with one member of staff; an earlier file of that name is replaced.

    Args:
        database: path of the file.
        user: name that the member of staff logs in with.
        password: kept as a salted hash.
        schema: SQL of the system's own tables.
    """
    # Its persons are invented; what is made here is an example of how such files are kept all the same, and the folder of accounts too.
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    salt = secrets.token_bytes(16)
    database.touch(mode=0o600)
    with connect(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA + schema)
        connection.execute("INSERT INTO staff VALUES (?, ?, ?)", (user, salt, _hashed(password, salt)))


def is_right_password(database: Path, user: str, password: str) -> bool:
    """Say whether there is such a member of staff with this password."""
    with connect(database) as connection:
        member = connection.execute("SELECT salt, password FROM staff WHERE user = ?", (user,)).fetchone()
    return member is not None and hmac.compare_digest(_hashed(password, member["salt"]), member["password"])


def read_effects(database: Path) -> list[Effect]:
    """Return what has been written in one system, oldest first."""
    with connect(database) as connection:
        rows = connection.execute("SELECT at, who, system, kind, reference, month, amount, details FROM effects ORDER BY rowid").fetchall()
    return [Effect(**{**dict(row), "at": datetime.fromisoformat(row["at"])}) for row in rows]


def served_seconds(database: Path) -> float:
    """Return the time that one system has spent on answering requests."""
    with connect(database) as connection:
        return float(connection.execute("SELECT seconds FROM served").fetchone()["seconds"])


def local_time(moment: datetime) -> str:
    """Write a time as Swedish staff systems do; a time without a zone is taken as local."""
    return (moment.astimezone(_LOCAL_TIME) if moment.tzinfo else moment).strftime("%Y-%m-%d %H:%M")


@dataclass
class _Session:
    user: str
    used_at: float
    requests: int = 0


class Office:
    """One web system: its pages, its staff and its database."""

    def __init__(
        self,
        *,
        system: str,
        title: str,
        start: str,
        database: Path,
        hostile: frozenset[str] = frozenset(),
        session_minutes: float = 30,
        templates: str = "",
        base: str = "",
        requests_per_step: int = 1,
    ) -> None:
        """Open the office.

        Args:
            system: name of the system.
            title: the name that staff see.
            start: path of the first page after the log-in.
            database: file made by `prepare`.
            hostile: switches, see `HOSTILITY`.
            session_minutes: a session that is not used for so long is lost.
            templates: folder of its templates; the system's name when left out. A file there goes before one of that name in `office/`.
            base: what the paths of all its pages begin with, when it shares its address with another system.
            requests_per_step: how many requests it takes for what costs other systems one; the hostile switches count by it.
        """
        self.system = system
        self.templates = templates or system
        self.base = base
        self.title = title
        self.start = start
        self.database = database
        self.switches = switches(system, hostile)
        self._requests_per_step = requests_per_step
        self._session_seconds = session_minutes * 60
        self._sessions: dict[str, _Session] = {}
        self._requests = 0
        self._served: sqlite3.Connection | None = None

    def app(self, routes: Sequence[BaseRoute]) -> Starlette:
        """Return the system as a web application; every route but the log-in wants a session."""
        doors: list[BaseRoute] = [
            Route("/", self._front_door),
            Route("/logga-in", self._log_in, methods=["GET", "POST"]),
            Route("/logga-ut", self._log_out, methods=["POST"]),
            Route("/favicon.ico", _no_icon),
        ]
        app = Starlette(routes=[*doors, *routes], exception_handlers={HTTPException: self._error_page})
        app.add_middleware(_Desk, office=self)
        return app

    def page(self, request: Request, template: str, /, *, status: int = 200, **values: object) -> HTMLResponse:
        """Return a page; `template` is a file in the system's folder, or `office/…`; everything in `values` is escaped."""
        own = f"{self.templates}/{template.removeprefix('office/')}"
        known = {"office": self, "user": self.user(request), "path": request.url.path, "status": status}
        html = _PAGES.select_template([own, template]).render({**known, **values})
        return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})

    def user(self, request: Request) -> str:
        """Return who is logged in, or an empty text."""
        session = self._sessions.get(request.cookies.get(self._cookie, ""))
        return session.user if session else ""

    def record_effect(
        self, connection: sqlite3.Connection, request: Request, *, kind: str, reference: str, month: str = "", amount: str = "", details: str = ""
    ) -> None:
        """Write a row of the effect log, in the same transaction as what it tells of; no numbers of persons in any field."""
        effect = Effect(
            at=datetime.now(UTC),
            who=self.user(request),
            system=self.system,
            kind=kind,
            reference=reference,
            month=month,
            amount=amount,
            details=details,
        )
        connection.execute("INSERT INTO effects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (effect.at.isoformat(), *astuple(effect)[1:]))

    @property
    def _cookie(self) -> str:
        # Cookies know no ports: two systems on one machine must not throw out each other's sessions.
        return f"{self.templates}_session"

    async def enter(self, request: Request) -> Response | None:
        """Count the request and answer it here when it goes no further: an error page, or the way to the log-in."""
        if request.url.path == "/favicon.ico":
            return None
        self._requests += 1
        if "slow" in self.switches:
            await asyncio.sleep(SLOW_SECONDS)
        if "error-pages" in self.switches and self._requests % (ERROR_EVERY_REQUESTS * self._requests_per_step) == 0:
            return self.page(request, "office/error.html", status=500, heading="Ett fel har inträffat", text="Försök igen om en stund.")
        log_in = f"{self.base}/logga-in"
        if request.url.path == log_in or self._has_session(request):
            return None
        # A caseworker who was logged in is told why the log-in comes.
        return RedirectResponse(f"{log_in}?sessionen=slut" if self._cookie in request.cookies else log_in, status_code=303)

    def _has_session(self, request: Request) -> bool:
        token = request.cookies.get(self._cookie, "")
        session = self._sessions.get(token)
        if session is None:
            return False
        session.requests += 1
        is_worn_out = "session-expiry" in self.switches and session.requests > SESSION_REQUESTS * self._requests_per_step
        if is_worn_out or time.monotonic() - session.used_at > self._session_seconds:
            del self._sessions[token]
            return False
        session.used_at = time.monotonic()
        return True

    def add_served(self, seconds: float) -> None:
        """Add the time of one request to the sum that `served_seconds` gives."""
        if self._served is None:
            # Kept open, and not waiting for the disk: a request is not to be longer by what counts it, and only a power cut takes the count back.
            self._served = sqlite3.connect(self.database, timeout=10, check_same_thread=False)
            self._served.execute("PRAGMA synchronous = NORMAL")
        with self._served:
            self._served.execute("UPDATE served SET seconds = seconds + ?, requests = requests + 1", (seconds,))

    async def _front_door(self, _request: Request) -> Response:
        return RedirectResponse(self.base + self.start, status_code=303)

    async def _log_in(self, request: Request) -> Response:
        if request.method == "GET":
            return self.page(request, "office/log_in.html", is_expired="sessionen" in request.query_params)
        form = await request.form()
        user, password = str(form.get("user", "")), str(form.get("password", ""))
        if not is_right_password(self.database, user, password):
            return self.page(request, "office/log_in_refused.html", status=403, is_expired=False)
        token = secrets.token_urlsafe(24)
        self._sessions[token] = _Session(user=user, used_at=time.monotonic())
        answer = RedirectResponse(self.base + self.start, status_code=303)
        answer.set_cookie(self._cookie, token, httponly=True, samesite="lax")
        return answer

    async def _log_out(self, request: Request) -> Response:
        self._sessions.pop(request.cookies.get(self._cookie, ""), None)
        answer = RedirectResponse(f"{self.base}/logga-in", status_code=303)
        answer.delete_cookie(self._cookie)
        return answer

    async def _error_page(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        heading = "Sidan finns inte" if status == 404 else "Det gick inte"
        return self.page(request, "office/error.html", status=status, heading=heading, text="Gå tillbaka och försök igen.")


class _Desk:
    """Stands before the pages: measures, plays the hostile switches, and sends those without a session to the log-in."""

    def __init__(self, app: ASGIApp, *, office: Office) -> None:
        self._app = app
        self._office = office

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        try:
            answer = await self._office.enter(Request(scope, receive))
            await (answer or self._app)(scope, receive, send)
        finally:
            self._office.add_served(time.perf_counter() - started)


async def _no_icon(_request: Request) -> Response:
    return Response(status_code=204)


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
