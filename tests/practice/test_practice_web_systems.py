"""The web systems of the practice municipality: what their pages hold, whom they let in, and what their effect log says."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from robots.practice import benefits_register, e_service, office, population_register
from robots.practice.municipality import Municipality, read_effects
from robots.practice.office import read_effects as read_effects_of_one
from robots.practice.world import (
    AgencyAnswers,
    AgencyPayment,
    ApplicationChild,
    ApplicationForm,
    ApplicationIncome,
    Expected,
    Household,
    PopulationEntry,
)

APPLICANT, PARTNER, CHILD = "197901012380", "198501012382", "201601022385"
REFERENCE = "EA-26-00017"
#: what takes longer than this hangs, also on a machine with much else to do
SECONDS = 120
MARKUP = "<script>alert('hej')</script>"
PAYMENT = AgencyPayment(
    kind="barnbidrag",
    paid_on=date(2026, 2, 20),
    gross="1 250,00",
    tax="0,00",
    net="1 250,00",
    period_from=date(2026, 2, 1),
    period_until=date(2026, 2, 28),
)
FORM = ApplicationForm(
    reference=REFERENCE,
    submitted_at=datetime(2026, 3, 2, 13, 5, tzinfo=UTC),
    month="2026-03",
    applicant=APPLICANT,
    co_applicant=PARTNER,
    civil_status="sambo",
    children=(ApplicationChild(personnummer=CHILD, residence="växelvis", days="15", lunch="utanför hemmet"),),
    housing_form="andrahand",
    housing_changed="Ja",
    persons_in_dwelling="tre",
    incomes=(ApplicationIncome(party="medsökande", kind="lön", paid_on="25/2", amount="ca 5000"),),
    pending_benefits=("sjukpenning",),
    expenses=(("boendekostnad", "7 100,00"), (MARKUP, "1,00")),
    assets=(("bankmedel", "2 600,00"),),
    follows_plan="Nej",
    days_away="4",
    account="8327-9940123456",
    attachments=('"><b>kvitto.pdf',),
)
HOUSEHOLD = Household(
    kind="by_hand",
    about="A couple with a child, made by hand.",
    persons=(),
    application=FORM,
    population=(
        PopulationEntry(personnummer=APPLICANT, address="Påhittsvägen 1, 012 39 Exempelstad", civil_status="sambo", members=((PARTNER, "sambo"),)),
        PopulationEntry(personnummer=PARTNER, address="Hemliga vägen 2", civil_status="sambo", members=((APPLICANT, "sambo"),), is_protected=True),
    ),
    agencies=(
        AgencyAnswers(
            personnummer=APPLICANT,
            failing=("SO",),
            is_job_seeker=True,
            latest_activity_report_on=date(2026, 2, 11),
            fk_payments=(PAYMENT, replace(PAYMENT, paid_on=date(2026, 3, 20))),
            fk_open_claims=("bostadsbidrag",),
            vehicles=(("ABC123", "Påhitt 900"),),
            residence_permit_until=date(2027, 1, 31),
        ),
    ),
    case=None,
    expected=Expected(ending="handed off"),
)
SYSTEMS: dict[str, Any] = {"e_service": e_service, "population_register": population_register, "benefits_register": benefits_register}


class Client:
    """A browser without a screen: keeps cookies and follows the way that a page points."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._cookies = httpx.Cookies()

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._ask("GET", path))

    def post(self, path: str, data: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, data))

    async def _ask(self, method: str, path: str, data: dict[str, str] | None = None) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", follow_redirects=True, cookies=self._cookies) as client:
            answer = await client.request(method, path, data=data)
            self._cookies = client.cookies
        return answer


Open = Callable[..., Client]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, tuple[Household, ...]], Path]:
    """Return a function that gives a system's database as it is loaded, each made once: the hash of the password takes its time."""
    made: dict[tuple[str, tuple[Household, ...]], Path] = {}

    def database_of(system: str, households: tuple[Household, ...]) -> Path:
        key = (system, households)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("loaded") / f"{system}.sqlite"
            SYSTEMS[system].load(made[key], households, user="kollega", password="hemligt")
        return made[key]

    return database_of


@pytest.fixture
def open_system(loaded: Callable[[str, tuple[Household, ...]], Path], tmp_path: Path) -> Open:
    """Return a function that loads a system and gives a browser-like client, logged in unless told otherwise."""

    def opened(system: str, *, households: tuple[Household, ...] = (HOUSEHOLD,), hostile: frozenset[str] = frozenset(), **options: Any) -> Client:
        is_logged_in = options.pop("is_logged_in", True)
        database = tmp_path / f"{system}.sqlite"
        if database.exists():
            SYSTEMS[system].load(database, households, user="kollega", password="hemligt")
        else:
            shutil.copy(loaded(system, households), database)
        client = Client(SYSTEMS[system].create_app(database, hostile=hostile, **options))
        if is_logged_in:
            log_in(client, password="hemligt")
        return client

    return opened


def log_in(client: Client, *, password: str) -> httpx.Response:
    return client.post("/logga-in", data={"user": "kollega", "password": password})


@pytest.mark.parametrize(
    ("system", "path"),
    [
        ("e_service", "/inkorg"),
        ("e_service", f"/ansokan/{REFERENCE}/hushall"),
        ("population_register", "/sok"),
        ("population_register", "/resultat"),
        ("benefits_register", "/fraga"),
        ("benefits_register", "/svar/1/FK"),
    ],
)
def test_every_page_leads_to_the_log_in_without_a_session(open_system: Open, system: str, path: str) -> None:
    answer = open_system(system, is_logged_in=False).get(path)
    assert answer.url.path == "/logga-in"
    assert APPLICANT not in answer.text


def test_a_message_without_a_session_is_not_sent(open_system: Open, tmp_path: Path) -> None:
    open_system("e_service", is_logged_in=False).post(f"/ansokan/{REFERENCE}/nytt-meddelande", data={"subject": "Beslut", "body": "Hej"})
    assert read_effects(tmp_path) == []


def test_a_wrong_password_is_refused_and_kept_nowhere_in_plain(open_system: Open, tmp_path: Path) -> None:
    client = open_system("e_service", is_logged_in=False)
    refused = log_in(client, password="fel")
    assert refused.status_code == 403
    assert "Fel användarnamn eller lösenord" in refused.text
    assert client.get("/inkorg").url.path == "/logga-in"
    assert b"hemligt" not in (tmp_path / "e_service.sqlite").read_bytes()


def test_logging_out_ends_the_session(open_system: Open) -> None:
    client = open_system("e_service")
    assert client.get("/inkorg").url.path == "/inkorg"
    client.post("/logga-ut")
    assert client.get("/inkorg").url.path == "/logga-in"


def test_a_session_that_is_not_used_is_lost(open_system: Open) -> None:
    client = open_system("e_service", session_minutes=0.001)
    time.sleep(0.1)
    assert client.get("/inkorg").url.path == "/logga-in"


def test_the_tabs_hold_what_the_applicant_typed(open_system: Open) -> None:
    client = open_system("e_service")
    expected = {
        "hushall": [APPLICANT, PARTNER, CHILD, "sambo", "växelvis", "15", "utanför hemmet", "tre", "2026-03", "2026-03-02 14:05"],
        "boende": ["andrahand", "Ja"],
        "inkomster": ["medsökande", "lön", "25/2", "ca 5000", "sjukpenning"],
        "utgifter": ["boendekostnad", "7 100,00"],
        "tillgangar": ["bankmedel", "2 600,00"],
        "planering": ["Nej", "4"],
        "utbetalning": ["8327-9940123456"],
    }
    for tab, texts in expected.items():
        page = client.get(f"/ansokan/{REFERENCE}/{tab}").text
        for text in (REFERENCE, APPLICANT, *texts):
            assert f'value="{text}"' in page or f">{text}<" in page, (tab, text)


def test_markup_from_an_applicant_is_text(open_system: Open) -> None:
    client = open_system("e_service")
    expenses, attachments = (client.get(f"/ansokan/{REFERENCE}/{tab}").text for tab in ("utgifter", "utbetalning"))
    assert MARKUP not in expenses
    assert "&lt;script&gt;" in expenses
    assert "<b>" not in attachments


def test_the_inbox_has_ten_rows_a_page_with_the_newest_first(open_system: Open) -> None:
    forms = [replace(FORM, reference=f"EA-26-{number:05}", submitted_at=datetime(2026, 3, number, 8, 0, tzinfo=UTC)) for number in range(1, 24)]
    client = open_system("e_service", households=tuple(replace(HOUSEHOLD, application=form) for form in forms))
    pages = [client.get(f"/inkorg?sida={number}") for number in (1, 2, 3)]
    shown = [re.findall(r">(EA-26-\d{5})<", page.text) for page in pages]
    assert [len(rows) for rows in shown] == [10, 10, 3]
    assert [*shown[0], *shown[1], *shown[2]] == [form.reference for form in reversed(forms)]
    assert ["Nästa sida" in page.text for page in pages] == [True, True, False]
    assert client.get("/inkorg?sida=4").status_code == 404
    assert client.get("/inkorg?sida=x").status_code == 404


def test_a_message_is_shown_escaped_and_stands_in_the_effect_log_without_its_text(open_system: Open, tmp_path: Path) -> None:
    client = open_system("e_service")
    sent = client.post(f"/ansokan/{REFERENCE}/nytt-meddelande", data={"subject": f"Beslut, {REFERENCE}", "body": f"Hej\r\n{MARKUP}"})
    assert sent.url.path == f"/ansokan/{REFERENCE}/meddelanden"
    assert f">Beslut, {REFERENCE}<" in sent.text
    assert MARKUP not in sent.text
    assert "Besvarad" in client.get("/inkorg").text
    (effect,) = read_effects(tmp_path)
    assert (effect.who, effect.system, effect.kind, effect.reference, effect.month) == ("kollega", "e_service", "message", REFERENCE, "2026-03")
    assert effect.at.utcoffset() is not None
    assert APPLICANT not in repr(effect)
    assert "Hej" not in effect.details


def test_a_message_without_a_subject_is_not_sent(open_system: Open, tmp_path: Path) -> None:
    refused = open_system("e_service").post(f"/ansokan/{REFERENCE}/nytt-meddelande", data={"subject": " ", "body": "Hej"})
    assert refused.status_code == 400
    assert read_effects_of_one(tmp_path / "e_service.sqlite") == []


def test_an_application_that_is_not_there_is_not_found(open_system: Open) -> None:
    assert open_system("e_service").get("/ansokan/EA-26-99999/hushall").status_code == 404


def test_the_population_register_answers_with_address_civil_status_and_members(open_system: Open) -> None:
    page = open_system("population_register").post("/resultat", data={"personnummer": f"{APPLICANT[:8]}-{APPLICANT[8:]}"}).text
    for text in (APPLICANT, "Påhittsvägen 1, 012 39 Exempelstad", "sambo", "Nej"):
        assert f'value="{text}"' in page
    assert f"<td>{PARTNER}</td><td>sambo</td>" in page


def test_the_population_register_does_not_give_out_where_a_protected_person_lives(open_system: Open) -> None:
    page = open_system("population_register").post("/resultat", data={"personnummer": PARTNER}).text
    assert 'value="Ja"' in page
    assert "Hemliga vägen" not in page
    assert APPLICANT not in page


def test_the_population_register_says_when_nobody_has_the_number(open_system: Open) -> None:
    assert "Ingen träff" in open_system("population_register").post("/resultat", data={"personnummer": CHILD}).text


def ask(client: Client, personnummer: str = APPLICANT) -> httpx.Response:
    return client.post("/fraga", data={"personnummer": personnummer, "first_day": "2026-02-01", "last_day": "2026-02-28"})


def test_the_benefits_register_shows_the_status_of_eight_agencies(open_system: Open) -> None:
    page = ask(open_system("benefits_register")).text
    statuses = dict(re.findall(r"<tr><td>([A-Z]+)</td><td>[^<]+</td><td>([^<]+)</td>", page))
    nothing = dict.fromkeys(("CSN", "PM", "SKV"), "Inga uppgifter")
    assert statuses == {"AF": "Svar", "FK": "Svar", "TNS": "Svar", "MIV": "Svar", "SO": "Fel", **nothing}


def test_the_benefits_register_shows_the_payments_of_the_period_only(open_system: Open) -> None:
    client = open_system("benefits_register")
    page = client.get(f"{ask(client).url.path}/FK").text
    assert re.findall(r"<td>(2026-\d\d-\d\d)</td><td class", page) == ["2026-02-20"]
    assert "1 250,00" in page
    assert "bostadsbidrag" in page
    assert APPLICANT in page


def test_the_benefits_register_has_nothing_on_somebody_it_does_not_know(open_system: Open) -> None:
    page = ask(open_system("benefits_register"), CHILD).text
    assert page.count("Inga uppgifter") == 8


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"personnummer": "790101-2380"}, "tolv siffror"),
        ({"first_day": "1/2"}, "ÅÅÅÅ-MM-DD"),
        ({"first_day": "2026-03-01"}, "ligger efter"),
        ({"first_day": "2023-01-01"}, "två år"),
    ],
)
def test_the_benefits_register_refuses_a_question_that_is_not_complete(open_system: Open, wrong: dict[str, str], text: str) -> None:
    question = {"personnummer": APPLICANT, "first_day": "2026-02-01", "last_day": "2026-02-28", **wrong}
    refused = open_system("benefits_register").post("/fraga", data=question)
    assert refused.status_code == 400
    assert text in refused.text


def test_a_switch_of_one_system_leaves_the_others_alone() -> None:
    hostile = frozenset({"e_service:slow", "error-pages"})
    assert office.switches("e_service", hostile) == {"slow", "error-pages"}
    assert office.switches("population_register", hostile) == {"error-pages"}
    with pytest.raises(ValueError, match="no such switch: e_service:gremlins"):
        office.switches("e_service", frozenset({"e_service:gremlins"}))


def test_slow_pages_come_later_and_the_time_is_counted_as_served(open_system: Open, tmp_path: Path) -> None:
    open_system("e_service", hostile=frozenset({"slow"}), is_logged_in=False).get("/logga-in")
    assert office.served_seconds(tmp_path / "e_service.sqlite") >= office.SLOW_SECONDS


def test_error_pages_come_at_every_seventh_request(open_system: Open) -> None:
    client = open_system("e_service", hostile=frozenset({"error-pages"}), is_logged_in=False)
    statuses = [client.get("/logga-in").status_code for _ in range(14)]
    assert [place for place, status in enumerate(statuses, 1) if status == 500] == [7, 14]


def test_a_hostile_session_is_lost_after_nineteen_pages(open_system: Open) -> None:
    client = open_system("e_service", hostile=frozenset({"session-expiry"}))
    paths = [client.get("/inkorg").url.path for _ in range(office.SESSION_REQUESTS + 1)]
    assert paths.index("/logga-in") == office.SESSION_REQUESTS - 1  # the way from the log-in to the inbox was the first page
    log_in(client, password="hemligt")
    assert client.get("/inkorg").url.path == "/inkorg"


def test_a_source_that_is_down_is_an_error_and_never_an_empty_answer(open_system: Open) -> None:
    down = frozenset({"source-down"})
    assert open_system("population_register", hostile=down).post("/resultat", data={"personnummer": APPLICANT}).status_code == 503
    page = ask(open_system("benefits_register", hostile=down)).text
    assert re.findall(r"<tr><td>([A-Z]+)</td><td>[^<]+</td><td>Fel</td>", page) == ["FK", "SO"]


@pytest.mark.durable
def test_the_municipality_runs_all_four_systems_and_ends_them(tmp_path: Path) -> None:
    with Municipality.start(tmp_path, [HOUSEHOLD]) as municipality:
        assert set(municipality.addresses) == {"e_service", "population_register", "benefits_register", "case_system"}
        assert municipality.environment["KOLLEGA_PERSON_LOOKUP_PASSWORD"] == municipality.environment["KOLLEGA_CASE_SYSTEM_PASSWORD"]
        assert len(municipality.environment) == 10
        servers = list(municipality._servers.values())
        assert all(server.poll() is None for server in servers)
        assert municipality.effects() == []
        assert municipality.served_seconds() < 5
    assert [server.returncode for server in servers] == [0, 0, 0, 0]
    municipality.stop()


@pytest.mark.durable
def test_the_servers_end_when_the_program_that_started_them_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys\n"
        "from robots.practice.municipality import Municipality\n"
        "municipality = Municipality.start(pathlib.Path(sys.argv[1]), [], systems=['e_service', 'case_system'])\n"
        "print(*municipality.addresses.values(), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=SECONDS, check=False)
    addresses = ended.stdout.split()
    assert len(addresses) == 2
    deadline = time.monotonic() + SECONDS
    while any(is_answering(address) for address in addresses):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.durable
def test_the_servers_do_not_hear_the_ctrl_c_that_a_terminal_sends_to_the_robot(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys, subprocess\n"
        "from robots.practice.municipality import Municipality\n"
        "with Municipality.start(pathlib.Path(sys.argv[1]), [], systems=['e_service']) as municipality:\n"
        "    signal.signal(signal.SIGINT, lambda *_: None)\n"
        "    os.killpg(0, signal.SIGINT)\n"
        "    (server,) = municipality._servers.values()\n"
        "    try:\n"
        "        print(server.wait(2))\n"
        "    except subprocess.TimeoutExpired:\n"
        "        print('still at work')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=SECONDS, check=False, start_new_session=True
    )
    assert ended.stdout == "still at work\n", ended.stderr


def is_answering(address: str) -> bool:
    try:
        httpx.get(f"{address}/favicon.ico", timeout=1)
    except httpx.TransportError:
        return False
    return True


@pytest.mark.durable
def test_a_server_that_can_not_start_names_its_error_log(tmp_path: Path) -> None:
    with Municipality.start(tmp_path / "first", [HOUSEHOLD], systems=["e_service"]) as first:
        port = int(first.addresses["e_service"].rpartition(":")[2])
        with pytest.raises(RuntimeError, match=r"e_service did not start: see .*e_service\.errors\.txt"):
            Municipality.start(tmp_path / "second", [HOUSEHOLD], systems=["e_service"], ports={"e_service": port})


def test_loading_anew_forgets_what_was_written(open_system: Open, tmp_path: Path) -> None:
    open_system("e_service").post(f"/ansokan/{REFERENCE}/nytt-meddelande", data={"subject": "Beslut", "body": "Hej"})
    assert len(read_effects(tmp_path)) == 1
    open_system("e_service")
    assert read_effects(tmp_path) == []
    connection = sqlite3.connect(tmp_path / "e_service.sqlite")
    try:
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (0,)
    finally:
        connection.close()
