"""Ny beräkning…: the page of a normberäkning, whose six parts show in a frame, and what the server keeps of it until it is saved."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from robots.practice.case_calculation import Refused
from robots.practice.case_service import CaseService
from robots.practice.case_texts import SUMS, person
from robots.practice.case_web.windows import Field, Windows, case_path, grouped, saved_path, typed
from robots.practice.office import Office

_MOST_DRAFTS = 200
_COST_COLUMNS = {"kind": "Typ", "applied": "Sökt belopp", "approved": "Godkänt belopp"}
#: {last part of an address: title}, in the order of the tabs
PARTS = {
    "familj": "Familj",
    "gemensamma": "Gemensamma hushållskostnader",
    "inkomster": "Inkomster",
    "utgifter": "Utgifter",
    "ovriga": "Levnadskostnader i övrigt",
    "sammanstallning": "Sammanställning",
}
#: {part with rows: (what the rows are in a calculation, {column: label})}
ROW_PARTS: dict[str, tuple[str, dict[str, str]]] = {
    "inkomster": ("incomes", {"party": "Part", "kind": "Typ", "paid_on": "Datum", "amount": "Belopp", "note": "Anteckning"}),
    "utgifter": ("expenses", _COST_COLUMNS),
    "ovriga": ("special", _COST_COLUMNS),
}
_MEMBER = ("interval", "days", "included")


@dataclass(kw_only=True)
class _Draft:
    """A calculation that somebody is working on."""

    user: str
    case_number: str
    #: what stands on the parts, as the service takes it
    body: dict[str, Any]
    #: share and amount of the common costs; empty texts once the numbers that they came from were changed
    common: dict[str, str]
    #: {name: amount}; empty before Beräkna, and after anything was changed
    sums: dict[str, str] = field(default_factory=dict)

    def forget_sums(self) -> None:
        """Let no sums stand beside other rows than they were made of."""
        self.sums = {}


class CalculationPages:
    """The pages of all calculations under way; one that is never saved goes when there are many newer ones."""

    def __init__(self, office: Office, service: CaseService, windows: Windows) -> None:
        self._office = office
        self._service = service
        self._windows = windows
        self._drafts: dict[str, _Draft] = {}

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        page = "/arende/{number}/berakning/{draft}"
        parts: list[BaseRoute] = [Route(f"{page}/{part}", self._part(part), methods=["GET", "POST"]) for part in PARTS]
        return [
            Route("/arende/{number}/ny-berakning", self._new, methods=["GET", "POST"]),
            Route(page, self._page),
            Route(page, self._work_out, methods=["POST"]),
            Route(f"{page}/spara", self._page),
            Route(f"{page}/spara", self._save, methods=["POST"]),
            *parts,
        ]

    async def _new(self, request: Request) -> Response:
        case = await self._windows.case(request)
        number = str(case["case_number"])
        texts, refusal = {"month": ""}, ""
        if request.method == "POST":
            texts = await typed(request, "month")
            try:
                filled_in = await run_in_threadpool(self._service.draft, number, texts["month"])
                return RedirectResponse(case_path(number, "berakning", self._kept(request, number, filled_in)), status_code=303)
            except Refused as refused:
                refusal = str(refused)
        return self._windows.ask(
            request,
            title="Ny beräkning",
            fields=(Field(name="month", label="Beräkningsmånad"),),
            texts=texts,
            head=self._windows.head(case),
            approve="OK",
            back=case_path(number, "berakningar"),
            refusal=refusal,
        )

    def _kept(self, request: Request, number: str, filled_in: dict[str, Any]) -> str:
        name = secrets.token_hex(6)
        body = {key: filled_in[key] for key in ("month", "members", "household_size", "persons_in_dwelling")}
        rows: dict[str, list[dict[str, str]]] = {kind: [] for kind, _ in ROW_PARTS.values()}
        common = {key: filled_in[key] for key in ("share", "common")}
        self._drafts[name] = _Draft(user=self._office.user(request), case_number=number, body={**body, **rows}, common=common)
        for oldest in list(self._drafts)[:-_MOST_DRAFTS]:
            del self._drafts[oldest]
        return name

    def _draft(self, request: Request) -> _Draft:
        draft = self._drafts.get(request.path_params["draft"])
        if draft is None or (draft.user, draft.case_number) != (self._office.user(request), request.path_params["number"]):
            raise HTTPException(404)
        return draft

    # --- the page round the parts

    async def _page(self, request: Request) -> Response:
        return await self._shown(request, self._draft(request), part="familj")

    async def _shown(self, request: Request, draft: _Draft, *, part: str, refusal: str = "") -> Response:
        case = await self._windows.case(request)
        return self._office.page(
            request,
            "calculation.html",
            status=422 if refusal else 200,
            head=self._windows.head(case),
            month=draft.body["month"],
            address=case_path(draft.case_number, "berakning", request.path_params["draft"]),
            back=case_path(draft.case_number, "berakningar"),
            parts=PARTS,
            part=part,
            refusal=refusal,
        )

    async def _work_out(self, request: Request) -> Response:
        draft = self._draft(request)
        draft.forget_sums()
        try:
            draft.sums = await run_in_threadpool(self._service.work_out, draft.case_number, draft.body)
            draft.common = {key: draft.sums[key] for key in draft.common}
        except Refused as refused:
            return await self._shown(request, draft, part="sammanstallning", refusal=str(refused))
        return await self._shown(request, draft, part="sammanstallning")

    async def _save(self, request: Request) -> Response:
        draft = self._draft(request)
        if not draft.sums:
            return await self._shown(request, draft, part="sammanstallning", refusal="Tryck på Beräkna först.")
        try:
            saved = await run_in_threadpool(self._service.save_calculation, draft.case_number, self._office.user(request), draft.body)
        except Refused as refused:
            return await self._shown(request, draft, part="sammanstallning", refusal=str(refused))
        # A form that is sent twice finds no calculation the second time.
        self._drafts.pop(request.path_params["draft"], None)
        return RedirectResponse(saved_path(draft.case_number, "berakningar", "berakning", saved["receipt"]), status_code=303)

    # --- the parts in the frame

    def _part(self, part: str) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            draft = self._draft(request)
            mistake = ""
            if request.method == "POST" and part in ROW_PARTS:
                await self._change_rows(request, draft, part)
            elif request.method == "POST" and part == "gemensamma":
                draft.body |= await typed(request, "household_size", "persons_in_dwelling")
                draft.common = dict.fromkeys(draft.common, "")
                draft.forget_sums()
            elif request.method == "POST" and part == "familj":
                mistake = await self._change_member(request, draft)
            return self._part_page(request, draft, part, mistake)

        return answer

    def _part_page(self, request: Request, draft: _Draft, part: str, mistake: str) -> Response:
        address = case_path(draft.case_number, "berakning", request.path_params["draft"])
        if part in ROW_PARTS:
            kind, columns = ROW_PARTS[part]
            return self._office.page(request, "part_rows.html", title=PARTS[part], columns=columns, rows=draft.body[kind])
        if part == "familj":
            members = [[person(one["who"]), one["interval"], one["days"], one["included"], grouped(one["amount"])] for one in draft.body["members"]]
            return self._office.page(request, "part_family.html", members=members, mistake=mistake)
        if part == "gemensamma":
            share = f"{grouped(draft.common['share'])} %" if draft.common["share"] else ""
            return self._office.page(request, "part_common.html", body=draft.body, share=share, common=grouped(draft.common["common"]))
        sums = [(name, label, grouped(draft.sums[name])) for name, label in SUMS] if draft.sums else []
        return self._office.page(request, "part_summary.html", address=address, sums=sums)

    async def _change_rows(self, request: Request, draft: _Draft, part: str) -> None:
        kind, columns = ROW_PARTS[part]
        if (await typed(request, "do"))["do"] == "remove":
            draft.body[kind] = draft.body[kind][:-1]
        else:
            draft.body[kind] = [*draft.body[kind], await typed(request, *columns)]
        draft.forget_sums()

    async def _change_member(self, request: Request, draft: _Draft) -> str:
        """Change a row of the family; return what is wrong with it, or nothing."""
        changed = await typed(request, "row", *_MEMBER)
        members, place = draft.body["members"], changed.pop("row")
        if not place.isdecimal() or not 1 <= int(place) <= len(members):
            return "Raden finns inte."
        members[int(place) - 1] = {**members[int(place) - 1], **changed, "amount": ""}
        draft.forget_sums()
        return ""
