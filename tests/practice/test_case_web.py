"""The case system's pages: who may come in, what they refuse and how, and what is kept of a calculation that is under way."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from robots.errors import LogInRefused, SessionLost, SystemUnavailable
from robots.practice.case_system import create_app, load
from robots.practice.case_web.windows import grouped
from robots.practice.municipality import Municipality
from robots.practice.office import ERROR_EVERY_REQUESTS, SESSION_REQUESTS, connect, read_effects
from robots.practice.world import ApplicationForm, CaseChild, CaseEntry, Expected, Household, Person
from robots.screens import Screen, TimeLimits, selector_file
from robots.screens.web import Browser
from robots.systems import case_system

APPLICANT, CHILD_OF_10, NOBODY = "199001012385", "201601022385", "197901012380"
CASE = CaseEntry(
    case_number="EB-2024-0017",
    applicant=APPLICANT,
    co_applicant="",
    is_open=True,
    address="<b>Exempelgatan 1</b>",
    civil_status="ensamstående",
    children=(CaseChild(personnummer=CHILD_OF_10, residence="växelvis", days=14, lunch="hemma"),),
    persons_in_dwelling=3,
    account="8327-9940123456",
    assets=(("bankmedel", "12600,50"),),
)
CLOSED = replace(CASE, case_number="EB-2019-0003", applicant="198501012382", is_open=False)
PATH = "/arende/EB-2024-0017"
DECISION = {"kind": "bifall", "month": "2026-03", "amount": "5220,00", "motivation": "Rad 1\r\n\r\nRad 3 & <i>kursivt</i>"}


def household(case: CaseEntry) -> Household:
    """Return a household of which only the case matters here."""
    return Household(
        kind="by hand",
        about="Only the case matters.",
        persons=(Person(personnummer=case.applicant, given_name="Ada", family_name="Exempel"),),
        application=ApplicationForm(
            reference="EA-26-00017",
            submitted_at=datetime(2026, 3, 1, tzinfo=UTC),
            month="2026-03",
            applicant=case.applicant,
            co_applicant="",
            civil_status="",
        ),
        population=(),
        agencies=(),
        case=case,
        expected=Expected(ending="decided"),
    )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "case_system.sqlite"
    load(path, [household(CASE), household(CLOSED)], user="robot", password="rätt")
    return path


def _client(database: Path, **options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(database, **options)), base_url="http://case-system", follow_redirects=True)


async def _log_in(client: httpx.AsyncClient, *, at: str = "") -> httpx.Response:
    return await client.post(f"{at}/logga-in", data={"user": "robot", "password": "rätt"})


@pytest.fixture
async def caseworker(database: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(database) as client:
        await _log_in(client)
        yield client


async def _begun(client: httpx.AsyncClient) -> str:
    """Begin a calculation; return its address."""
    return (await client.post(f"{PATH}/ny-berakning", data={"month": "2026-03"})).url.path


async def _sums(client: httpx.AsyncClient, address: str) -> dict[str, str]:
    """Return what stands on the part Sammanställning, {id: amount} without what parts thousands; nothing before Beräkna."""
    page = (await client.get(f"{address}/sammanstallning")).text
    return {name: html.unescape(amount).replace("\N{NO-BREAK SPACE}", "") for name, amount in re.findall(r'<input id="(\w+)" value="([^"]*)"', page)}


# --- the way in ---


@pytest.mark.parametrize("path", ["/", "/arende", PATH, f"{PATH}/beslut", f"{PATH}/nytt-beslut", f"{PATH}/berakning/abc/familj", "/oppna"])
async def test_every_page_leads_to_the_log_in_without_a_session(database: Path, path: str) -> None:
    async with _client(database) as client:
        assert (await client.get(path)).url.path == "/logga-in"


async def test_the_lookup_has_a_log_in_and_a_session_of_its_own(caseworker: httpx.AsyncClient) -> None:
    assert (await caseworker.get(PATH)).url.path == PATH
    assert (await caseworker.get("/personsok/sok")).url.path == "/personsok/logga-in"
    assert (await _log_in(caseworker, at="/personsok")).url.path == "/personsok/sok"
    assert (await caseworker.get(PATH)).url.path == PATH


async def test_a_session_that_has_run_out_says_so_and_one_that_was_ended_does_not(database: Path) -> None:
    async with _client(database, session_minutes=0) as client:
        await _log_in(client)
        assert "Sessionen har gått ut." in (await client.get(PATH)).text
    async with _client(database) as client:
        await _log_in(client)
        assert "Sessionen har gått ut." not in (await client.post("/logga-ut")).text
        assert (await client.get(PATH)).url.path == "/logga-in"


async def test_a_session_of_the_programs_opens_no_page(database: Path) -> None:
    async with _client(database) as client:
        token = (await client.post("/api/inloggning", json={"user": "robot", "password": "rätt"})).json()["token"]
        assert (await client.get(PATH, headers={"Authorization": f"Bearer {token}"})).url.path == "/logga-in"


# --- what shows, and what is refused ---


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("5", "5,00"),
        ("12600,50", "12\N{NO-BREAK SPACE}600,50"),
        ("-1 234.5", "-1\N{NO-BREAK SPACE}234,50"),
        ("1234567", "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,00"),
        ("", ""),
        ("ungefär", "ungefär"),
    ],
)
def test_the_pages_part_thousands_and_leave_alone_what_is_no_amount(amount: str, written: str) -> None:
    assert grouped(amount) == written


async def test_what_the_case_holds_is_text_and_never_markup(caseworker: httpx.AsyncClient) -> None:
    page = (await caseworker.get(PATH)).text

    assert "&lt;b&gt;Exempelgatan 1&lt;/b&gt;" in page
    assert "<b>Exempelgatan" not in page
    assert "12\N{NO-BREAK SPACE}600,50" in page


async def test_without_a_case_the_main_window_has_all_its_tabs_and_its_menu_and_only_opens(caseworker: httpx.AsyncClient) -> None:
    (closed, opened) = [(await caseworker.get(path)).text for path in ("/arende", PATH)]
    links = [re.findall(r'<a href="([^"]+)"( aria-disabled="true")?[^>]*>([^<]+)</a>', page) for page in (closed, opened)]

    assert [name for _, _, name in links[0]] == [name for _, _, name in links[1]]
    assert [name for _, disabled, name in links[0] if not disabled] == ["Öppna…", "Sök person…"]
    assert [name for _, disabled, name in links[1] if disabled] == []


async def test_a_case_that_is_not_there_has_no_page_and_can_not_be_opened(caseworker: httpx.AsyncClient) -> None:
    assert (await caseworker.get("/arende/EB-2024-9999")).status_code == 404
    refused = await caseworker.post("/oppna?fran=EB-2024-0017", data={"number": "EB-2024-9999"})

    assert (refused.status_code, "Ärendet finns inte." in refused.text) == (422, True)
    assert f'<a class="button" href="{PATH}">Avbryt</a>' in refused.text
    assert (await caseworker.post("/oppna", data={"number": " EB-2024-0017 "})).url.path == PATH


async def test_a_saved_text_has_the_lines_that_were_typed(caseworker: httpx.AsyncClient, database: Path) -> None:
    answer = await caseworker.post(f"{PATH}/nytt-beslut", data=DECISION)

    assert (answer.status_code, answer.url.path, "Beslutet är sparat, kvittens" in answer.text) == (200, f"{PATH}/beslut", True)
    with connect(database) as connection:
        (saved,) = connection.execute("SELECT motivation FROM decisions").fetchall()
    assert saved["motivation"] == "Rad 1\n\nRad 3 & <i>kursivt</i>"


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("nytt-beslut", {**DECISION, "amount": "5 220"}),
        ("nytt-beslut", {**DECISION, "kind": "avslag"}),
        ("nytt-beslut", {**DECISION, "kind": "kanske"}),
        ("ny-utbetalning", {"month": "2026-03", "amount": "0,00", "account": "8327-9940123456", "pay_on": "2026-03-02"}),
        ("ny-anteckning", {"heading": "", "text": "x"}),
        ("ny-bevakning", {"due_on": "2026-02-30", "text": "x"}),
        ("ny-berakning", {"month": "2031-01"}),
    ],
)
async def test_what_the_system_does_not_take_comes_back_with_its_reason_and_what_was_typed(
    caseworker: httpx.AsyncClient, database: Path, path: str, values: dict[str, str]
) -> None:
    answer = await caseworker.post(f"{PATH}/{path}", data=values)

    assert answer.status_code == 422
    assert re.search(r'<p role="alert">[^<]+</p>', answer.text)
    for name, text in values.items():
        kept = html.escape(text.replace("\r\n", "\n"), quote=False)
        assert kept in answer.text or name == "kind"
    assert read_effects(database) == []


async def test_a_closed_case_takes_no_decision_and_no_calculation(caseworker: httpx.AsyncClient, database: Path) -> None:
    for path, values in (("nytt-beslut", DECISION), ("ny-berakning", {"month": "2026-03"})):
        assert "Ärendet är avslutat." in (await caseworker.post(f"/arende/EB-2019-0003/{path}", data=values)).text
    assert read_effects(database) == []


async def test_the_system_saves_a_second_decision_for_a_month_as_readily_as_the_first(caseworker: httpx.AsyncClient, database: Path) -> None:
    for _ in range(2):
        await caseworker.post(f"{PATH}/nytt-beslut", data=DECISION)

    assert [one.kind for one in read_effects(database)] == ["decision"] * 2


# --- the calculation ---

INCOME = {"do": "add", "party": "sökande", "kind": "lön", "paid_on": "2026-02-25", "amount": "1000,00", "note": ""}


async def test_a_calculation_shows_the_systems_own_sums_and_is_saved_once_however_often_the_form_is_sent(
    caseworker: httpx.AsyncClient, database: Path
) -> None:
    address = await _begun(caseworker)
    await caseworker.post(f"{address}/inkomster", data=INCOME)
    await caseworker.post(f"{address}/utgifter", data={"do": "add", "kind": "boendekostnad", "applied": "6500,00", "approved": "6500,00"})
    assert await _sums(caseworker, address) == {}

    await caseworker.post(address)
    sums = await _sums(caseworker, address)
    # 3 940 + 1 764 of the child (14 days of 126) + 1 280 / 3 = 427 of the dwelling of three
    assert {name: sums[name] for name in ("incomes", "expenses", "special")} == {"incomes": "1000,00", "expenses": "6500,00", "special": "0,00"}
    assert (await caseworker.post(f"{address}/spara")).url.path == f"{PATH}/berakningar"
    assert (await caseworker.post(f"{address}/spara")).status_code == 404

    (effect,) = read_effects(database)
    assert (effect.kind, effect.reference, effect.month, f"{effect.amount},00") == ("calculation", "EB-2024-0017", "2026-03", sums["amount"])


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("inkomster", INCOME),
        ("inkomster", {"do": "remove"}),
        ("gemensamma", {"household_size": "1", "persons_in_dwelling": "1"}),
        ("familj", {"row": "2", "interval": "7-10 år", "days": "15", "included": "Ja"}),
    ],
)
async def test_no_sums_stand_beside_anything_that_was_changed_since_and_nothing_is_saved_without_them(
    caseworker: httpx.AsyncClient, database: Path, part: str, values: dict[str, str]
) -> None:
    address = await _begun(caseworker)
    await caseworker.post(address)
    assert await _sums(caseworker, address) != {}

    await caseworker.post(f"{address}/{part}", data=values)

    assert await _sums(caseworker, address) == {}
    assert "Tryck på Beräkna först." in (await caseworker.post(f"{address}/spara")).text
    assert read_effects(database) == []


async def test_a_row_is_added_as_it_was_typed_taken_away_and_refused_only_when_it_is_worked_out(caseworker: httpx.AsyncClient) -> None:
    address = await _begun(caseworker)
    shown = (await caseworker.post(f"{address}/inkomster", data={**INCOME, "amount": "ungefär 1000"})).text
    assert ('<output id="count">1</output>' in shown, '<td class="as-typed">ungefär 1000</td>' in shown) == (True, True)

    assert "Belopp skrivs som 5000,00." in (await caseworker.post(address)).text
    assert await _sums(caseworker, address) == {}
    assert '<output id="count">0</output>' in (await caseworker.post(f"{address}/inkomster", data={"do": "remove"})).text
    assert (await caseworker.post(address)).status_code == 200


async def test_a_calculation_belongs_to_its_case_and_to_who_began_it(caseworker: httpx.AsyncClient) -> None:
    address = await _begun(caseworker)

    assert (await caseworker.get(address)).status_code == 200
    assert (await caseworker.get(address.replace("EB-2024-0017", "EB-2019-0003"))).status_code == 404
    assert (await caseworker.get(f"{PATH}/berakning/0123456789ab")).status_code == 404


# --- Personsök ---


@pytest.mark.parametrize(
    ("typed", "heading", "case_number"),
    [("19900101-2385", "1 träff", "EB-2024-0017"), (NOBODY, "Ingen träff", ""), ("1979", "Fel nummer", "")],
)
async def test_the_lookup_tells_the_case_of_a_person(caseworker: httpx.AsyncClient, typed: str, heading: str, case_number: str) -> None:
    await _log_in(caseworker, at="/personsok")
    page = (await caseworker.post("/personsok/sok", data={"personnummer": typed})).text

    assert f"<h1>{heading}</h1>" in page
    assert f'<input id="case_number" value="{case_number}" readonly>' in page


async def test_of_several_cases_the_lookup_names_none(database: Path) -> None:
    load(database, [household(CASE), household(replace(CASE, case_number="EB-2020-0001"))], user="robot", password="rätt")
    async with _client(database) as client:
        await _log_in(client, at="/personsok")
        page = (await client.post("/personsok/sok", data={"personnummer": APPLICANT})).text

    assert "<h1>Flera träffar</h1>" in page
    assert "EB-20" not in page


# --- in the browser, by the selector file ---


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    opened = await Browser.open(executable=None)
    try:
        yield opened
    finally:
        await opened.close()


async def _screen(browser: Browser, municipality: Municipality, folder: Path, system: str = "case_system") -> Screen:
    selectors = selector_file.load(Path("selectors") / f"{system}_web.yaml")
    limits = TimeLimits(view_seconds=10, answer_seconds=1)
    return await browser.screen(selectors, address=municipality.addresses["case_system"], pictures=folder / "pictures", limits=limits)


@pytest.mark.browser
async def test_a_wrong_password_is_a_message_that_ends_the_log_in(browser: Browser, tmp_path: Path) -> None:
    with Municipality.start(tmp_path, [household(CASE)], systems=("case_system",)) as municipality:
        for system, log_in in (("case_system", case_system.log_in), ("person_lookup", case_system.log_in_to_lookup)):
            with pytest.raises(LogInRefused, match="set KOLLEGA_"):
                await log_in(await _screen(browser, municipality, tmp_path, system), "kollega", "fel")


@pytest.mark.browser
async def test_a_refused_decision_shows_its_message_over_the_form_and_leaves_it_as_it_was(browser: Browser, tmp_path: Path) -> None:
    with Municipality.start(tmp_path, [household(CASE)], systems=("case_system",)) as municipality:
        screen = await _opened(browser, municipality, tmp_path)
        typed = {"decision.kind": "avslag", "decision.month": "2026-03", "decision.amount": "100,00", "decision.motivation": "Åäö\n@ #"}
        await screen.press("main.new_decision", then="decision")
        await screen.enter(typed)

        assert await screen.press_for("decision.save", then=("decisions", "notice", "fault")) == "notice"
        assert await screen.read("notice.text") == {"notice.text": "Vid avslag och avvisning är beloppet 0,00."}
        await screen.press("notice.close", then="decision")
        assert await screen.read(*typed) == typed
        await screen.press("decision.cancel", then="main")
        assert municipality.effects() == []


@pytest.mark.browser
async def test_a_session_that_runs_out_while_a_part_is_in_the_frame_is_noticed(browser: Browser, tmp_path: Path) -> None:
    with Municipality.start(tmp_path, [household(CASE)], systems=("case_system",), hostile=("session-expiry",)) as municipality:
        screen = await _opened(browser, municipality, tmp_path)
        await screen.press("main.new_calculation", then="new_calculation")
        await screen.enter({"new_calculation.month": "2026-03"})
        await screen.press("new_calculation.save", then="family")

        with pytest.raises(SessionLost):
            await _turn_the_parts(screen)
        assert await screen.wait_for("session_ended") == "session_ended"


async def _turn_the_parts(screen: Screen) -> None:
    """Show more parts than a session has pages."""
    for _ in range(SESSION_REQUESTS * 3):
        await screen.press("calculation.incomes_tab", then="incomes")
        await screen.press("calculation.expenses_tab", then="expenses")


@pytest.mark.browser
async def test_the_error_page_is_a_fault_that_leads_back_to_the_form(browser: Browser, tmp_path: Path) -> None:
    with Municipality.start(tmp_path, [household(CASE)], systems=("case_system",), hostile=("error-pages",)) as municipality:
        screen = await _opened(browser, municipality, tmp_path)
        shown = ""
        for _ in range(ERROR_EVERY_REQUESTS * 5):
            try:
                await screen.press("main.open_case", then="open_case")
                await screen.enter({"open_case.number": "EB-2024-9999"})
                shown = await screen.press_for("open_case.save", then=("overview", "notice", "fault"))
            except SystemUnavailable:
                screen = await _opened(browser, municipality, tmp_path)
                continue
            if shown == "fault":
                break
            await screen.press("notice.close", then="open_case")
            await screen.press("open_case.cancel", then="main")
        assert await screen.read("fault.text") == {"fault.text": "Ett fel har inträffat i verksamhetssystemet."}
        await screen.press("fault.close", then="open_case")
        await screen.press("open_case.cancel", then="main")


async def _opened(browser: Browser, municipality: Municipality, folder: Path) -> Screen:
    """Return a screen with the case open."""
    screen = await _screen(browser, municipality, folder)
    user, password = (municipality.environment[f"KOLLEGA_CASE_SYSTEM_{part}"] for part in ("USER", "PASSWORD"))
    await case_system.log_in(screen, user, password)
    await screen.press("main.open_case", then="open_case")
    await screen.enter({"open_case.number": "EB-2024-0017"})
    await screen.press("open_case.save", then="overview")
    return screen
