"""The main window's tabs and the dialogs of the menu Ärende, each a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from robots.practice.case_calculation import Refused
from robots.practice.case_service import DECISION_KINDS, CaseService
from robots.practice.case_texts import OVERVIEW, TABLES, fields_of, person, rows_of, swedish
from robots.practice.office import Office

#: {last part of a tab's address: (title, template)}
TABS = {
    "": ("Översikt", "overview.html"),
    "berakningar": ("Beräkning och planering", "calculations.html"),
    "beslut": ("Beslut och utbetalningar", "decisions.html"),
    "journal": ("Journal och bevakningar", "journal.html"),
}
_RECEIPTS = {
    "berakning": "Beräkningen är sparad",
    "beslut": "Beslutet är sparat",
    "utbetalning": "Utbetalningen är sparad",
    "anteckning": "Anteckningen är sparad",
    "bevakning": "Bevakningen är sparad",
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a dialog."""

    name: str
    label: str
    #: of several lines
    is_long: bool = False
    #: what can be chosen; empty when anything can be typed
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dialog:
    """A dialog in which something is saved in the case."""

    title: str
    fields: tuple[Field, ...]
    save: Callable[[CaseService, str, str, dict[str, Any]], dict[str, Any]]
    #: what was saved, a key of `_RECEIPTS`
    saved: str
    #: the tab that shows what was saved
    tab: str
    #: {name: text} of the fields that are filled in from the case
    proposed: Callable[[dict[str, Any]], dict[str, str]] = lambda _case: {}


def _today() -> str:
    return date.today().isoformat()  # noqa: DTZ011 - the caseworker's own day


#: {last part of a dialog's address: dialog}
DIALOGS = {
    "nytt-beslut": Dialog(
        title="Nytt beslut",
        fields=(
            Field(name="kind", label="Beslutstyp", choices=DECISION_KINDS),
            Field(name="month", label="Avser månad"),
            Field(name="amount", label="Belopp"),
            Field(name="motivation", label="Motivering", is_long=True),
        ),
        save=CaseService.save_decision,
        saved="beslut",
        tab="beslut",
    ),
    "ny-utbetalning": Dialog(
        title="Ny utbetalning",
        fields=(
            Field(name="month", label="Avser månad"),
            Field(name="amount", label="Belopp"),
            Field(name="account", label="Konto"),
            Field(name="pay_on", label="Utbetalningsdag"),
        ),
        save=CaseService.save_payment,
        saved="utbetalning",
        tab="beslut",
        proposed=lambda case: {"account": str(case["account"]), "pay_on": _today()},
    ),
    "ny-anteckning": Dialog(
        title="Ny journalanteckning",
        fields=(Field(name="heading", label="Rubrik"), Field(name="text", label="Anteckning", is_long=True)),
        save=CaseService.save_note,
        saved="anteckning",
        tab="journal",
    ),
    "ny-bevakning": Dialog(
        title="Ny bevakning",
        fields=(Field(name="due_on", label="Bevakas till"), Field(name="text", label="Text", is_long=True)),
        save=CaseService.save_watch,
        saved="bevakning",
        tab="journal",
        proposed=lambda _case: {"due_on": _today()},
    ),
}


def grouped(amount: str) -> str:
    """Write an amount as the pages do, `5 000,00`; a text that is no amount stays as it is."""
    whole, comma, parts = swedish(amount).partition(",")
    if not comma or not whole.removeprefix("-").isdecimal():
        return amount
    return f"{int(whole):,}".replace(",", "\N{NO-BREAK SPACE}") + comma + parts


async def typed(request: Request, *names: str) -> dict[str, str]:
    """Return what was typed, without the blanks round it, and with lines as everybody but a browser ends them."""
    form = await request.form()
    return {name: str(form.get(name, "")).replace("\r\n", "\n").strip() for name in names}


def case_path(number: str, *parts: str) -> str:
    """Return the address of a case, or of a page of it."""
    return "/".join(("/arende", quote(number, safe=""), *(part for part in parts if part)))


def saved_path(number: str, tab: str, saved: str, receipt: object) -> str:
    """Return the address of the tab with the receipt of what was saved."""
    return f"{case_path(number, tab)}?{urlencode({'sparat': saved, 'kvittens': receipt})}"


class Windows:
    """The pages of one office."""

    def __init__(self, office: Office, service: CaseService) -> None:
        self._office = office
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Return the routes of all tabs and dialogs."""
        tabs = [Route(f"/arende/{{number}}/{tab}".rstrip("/"), self._tab(tab)) for tab in TABS]
        dialogs = [Route(f"/arende/{{number}}/{path}", self._dialog(path), methods=["GET", "POST"]) for path in DIALOGS]
        return [Route("/arende", self._no_case), Route("/oppna", self._open, methods=["GET", "POST"]), *tabs, *dialogs]

    async def case(self, request: Request) -> dict[str, Any]:
        """Return the case of the address; there is no page of a case that there is not."""
        try:
            return await run_in_threadpool(self._service.case, request.path_params["number"])
        except Refused:
            raise HTTPException(404) from None

    def head(self, case: dict[str, Any]) -> dict[str, str]:
        """Return what every page that writes shows of the case."""
        return {"case_number": str(case["case_number"]), "personnummer": person(case["applicant"])}

    # --- the main window

    async def _no_case(self, request: Request) -> Response:
        return self._main(request, "", None)

    def _tab(self, tab: str) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            return self._main(request, tab, await self.case(request))

        return answer

    def _main(self, request: Request, tab: str, case: dict[str, Any] | None) -> Response:
        nothing = {name: "" for name in ("case_number", "applicant", "name", "status", *(name for column in OVERVIEW for name, _ in column))}
        saved = _RECEIPTS.get(request.query_params.get("sparat", ""), "")
        number = str(case["case_number"]) if case else ""
        return self._office.page(
            request,
            TABS[tab][1],
            tab=tab,
            tabs=[(path, title, case_path(number, path)) for path, (title, _) in TABS.items()],
            menu=[
                ("Ny beräkning…", case_path(number, "ny-berakning")),
                *((f"{dialog.title}…", case_path(number, path)) for path, dialog in DIALOGS.items()),
            ],
            is_open=case is not None,
            fields=fields_of(case) if case else nothing,
            overview=OVERVIEW,
            tables=TABLES,
            rows=rows_of(case, grouped) if case else {name: [] for name in TABLES},
            receipt=f"{saved}, kvittens {request.query_params.get('kvittens', '')}" if saved else "",
        )

    # --- the dialogs

    async def _open(self, request: Request) -> Response:
        field, before = Field(name="number", label="Ärendenummer"), request.query_params.get("fran", "")
        back = case_path(before) if before else "/arende"
        texts, refusal = {"number": ""}, ""
        if request.method == "POST":
            texts = await typed(request, "number")
            try:
                await run_in_threadpool(self._service.case, texts["number"])
                return RedirectResponse(case_path(texts["number"]), status_code=303)
            except Refused as refused:
                refusal = str(refused)
        return self.ask(request, title="Öppna ärende", fields=(field,), texts=texts, head={}, approve="Öppna", back=back, refusal=refusal)

    def _dialog(self, path: str) -> Callable[[Request], Any]:
        dialog = DIALOGS[path]

        async def answer(request: Request) -> Response:
            case = await self.case(request)
            number = str(case["case_number"])
            names = [field.name for field in dialog.fields]
            texts, refusal = {**dict.fromkeys(names, ""), **dialog.proposed(case)}, ""
            if request.method == "POST":
                texts = await typed(request, *names)
                try:
                    saved = await run_in_threadpool(dialog.save, self._service, number, self._office.user(request), texts)
                    return RedirectResponse(saved_path(number, dialog.tab, dialog.saved, saved["receipt"]), status_code=303)
                except Refused as refused:
                    refusal = str(refused)
            return self.ask(
                request,
                title=dialog.title,
                fields=dialog.fields,
                texts=texts,
                head=self.head(case),
                approve="Spara",
                back=case_path(number, dialog.tab),
                refusal=refusal,
            )

        return answer

    def ask(
        self,
        request: Request,
        *,
        title: str,
        fields: tuple[Field, ...],
        texts: dict[str, str],
        head: dict[str, str],
        approve: str,
        back: str,
        refusal: str,
    ) -> Response:
        """Return a dialog's page.

        Args:
            request: what is answered; the form is sent to its address.
            title: heading of the page.
            fields: what is asked for.
            texts: {name: text} of each field.
            head: what shows of the case, from `head`; empty when there is none.
            approve: what the approving button says.
            back: address that Avbryt leads to.
            refusal: why the system does not take it; empty when it has not been asked to.
        """
        values = {"title": title, "fields": fields, "texts": texts, "head": head, "approve": approve, "back": back, "refusal": refusal}
        action = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return self._office.page(request, "dialog.html", status=422 if refusal else 200, action=action, **values)
