"""Personsök on the web: which case a person has; a small system of its own with its own log-in, at the case system's address."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from robots.practice.case_calculation import Refused
from robots.practice.case_service import CaseService
from robots.practice.case_web.windows import typed
from robots.practice.office import Office

_SEVERAL = "Flera träffar"
_HEADINGS = {0: "Ingen träff", 1: "1 träff"}


class LookupPages:
    """The search and its answer."""

    def __init__(self, office: Office, service: CaseService) -> None:
        self._office = office
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Route("/sok", self._search), Route("/sok", self._answer, methods=["POST"])]

    async def _search(self, request: Request) -> Response:
        return self._office.page(request, "search.html")

    async def _answer(self, request: Request) -> Response:
        asked = (await typed(request, "personnummer"))["personnummer"]
        try:
            found = await run_in_threadpool(self._service.search, asked)
        except Refused:
            return self._office.page(
                request, "answer.html", status=422, heading="Fel nummer", personnummer=asked, case_number="", case_status="", hits=""
            )
        hits = found["hits"]
        # Several hits show as none of them: this program only tells which case it must be.
        one = hits[0] if len(hits) == 1 else {"case_number": "", "status": ""}
        return self._office.page(
            request,
            "answer.html",
            heading=_HEADINGS.get(len(hits), _SEVERAL),
            personnummer=found["personnummer"],
            case_number=one["case_number"],
            case_status=one["status"],
            hits=str(len(hits)),
        )
