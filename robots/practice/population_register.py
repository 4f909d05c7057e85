"""Folkbokföringen of the practice municipality: search for a person by number; the answer comes in a frame of the search page."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from robots.practice.office import Office, connect, prepare
from robots.practice.world import Household

_SCHEMA = """
CREATE TABLE persons (
    personnummer TEXT PRIMARY KEY, address TEXT NOT NULL, civil_status TEXT NOT NULL, members TEXT NOT NULL, is_protected INTEGER NOT NULL
);
"""


def load(database: Path, households: Sequence[Household], *, user: str, password: str) -> None:
    """Make the database anew with the households' persons and one member of staff."""
    prepare(database, user=user, password=password, schema=_SCHEMA)
    rows = [
        (entry.personnummer, entry.address, entry.civil_status, json.dumps(entry.members), int(entry.is_protected))
        for household in households
        for entry in household.population
    ]
    with connect(database) as connection:
        connection.executemany("INSERT INTO persons VALUES (?, ?, ?, ?, ?)", rows)


def create_app(database: Path, *, hostile: frozenset[str] = frozenset(), session_minutes: float = 30) -> Starlette:
    """Return the population register as a web application; see `office.HOSTILITY` for the switches."""
    office = Office(
        system="population_register", title="Folkbokföringen", start="/sok", database=database, hostile=hostile, session_minutes=session_minutes
    )

    async def search(request: Request) -> Response:
        return office.page(request, "search.html")

    async def no_result(request: Request) -> Response:
        return office.page(request, "no_result.html")

    async def result(request: Request) -> Response:
        if "source-down" in office.switches:
            return office.page(request, "no_source.html", status=503)
        form = await request.form()
        asked = re.sub(r"[\s-]", "", str(form.get("personnummer", "")))
        with connect(office.database) as connection:
            person = connection.execute("SELECT * FROM persons WHERE personnummer = ?", (asked,)).fetchone()
        if person is None:
            return office.page(request, "no_hit.html")
        return office.page(request, "person.html", person=person, members=json.loads(person["members"]))

    return office.app([Route("/sok", search), Route("/resultat", no_result), Route("/resultat", result, methods=["POST"])])
