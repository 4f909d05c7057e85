"""The switches themselves: what each makes of pages, connections and programs, so that a run against them tries what it says."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from robots.practice import hostility_kills, hostility_pages, hostility_thief, office
from robots.practice.households import generate
from robots.practice.municipality import Municipality

(HOUSEHOLD,) = generate(1, 1)
REFERENCE = HOUSEHOLD.application.reference
MESSAGE = {"subject": "Beslut", "body": "Din ansökan har beviljats."}
FORM = (
    '<html><body><form method="post" action="/fraga"><label for="a">Från</label><input id="a" name="a">'
    '<label for="b">Till</label><input id="b" name="b"><label for="c">Mottagare</label><input id="c" readonly>'
    '<button type="submit">Ställ frågan</button></form></body></html>'
)
LOG_OUT = '<html><body><form method="post" action="/logga-ut"><button type="submit">Logga ut</button></form></body></html>'


@contextmanager
def e_service(folder: Path, *hostile: str) -> Iterator[tuple[httpx.Client, Municipality]]:
    """Run the e-service with one application, and log in."""
    with (
        Municipality.start(folder, [HOUSEHOLD], hostile=hostile, systems=("e_service",)) as municipality,
        httpx.Client(base_url=municipality.addresses["e_service"], follow_redirects=True, trust_env=False, timeout=20) as client,
    ):
        log_in(client, municipality)
        yield client, municipality


def log_in(client: httpx.Client, municipality: Municipality) -> None:
    words = municipality.environment
    client.post("/logga-in", data={"user": words["KOLLEGA_E_SERVICE_USER"], "password": words["KOLLEGA_E_SERVICE_PASSWORD"]})


def send(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.post(f"/ansokan/{REFERENCE}/nytt-meddelande", data=MESSAGE, headers=headers)


def saved(municipality: Municipality) -> int:
    return len(municipality.effects())


def test_every_switch_has_a_seed_of_its_own() -> None:
    hostile = frozenset({"e_service:connection-reset@7", "popup", "case_system:slow"})
    assert office.seeds("e_service", hostile) == {"connection-reset": 7, "popup": 1}
    assert office.switches("case_system", hostile) == {"popup", "slow"}
    with pytest.raises(ValueError, match="no such switch: popup@often"):
        office.seeds("e_service", frozenset({"popup@often"}))


@pytest.mark.parametrize(
    ("switch", "pattern"),
    [
        ("renamed-field", r'<label for="b">Ny till</label><input id="b" name="b">'),
        ("duplicated-button", r"(<button type=.submit.>Ställ frågan</button>){2}"),
        ("popup", re.escape(hostility_pages.MAINTENANCE)),
        ("popup-window", r"window\.open"),
        ("unknown-dialog", re.escape(hostility_pages.UNKNOWN_QUESTION)),
        ("overlay", r"position:fixed;inset:0"),
        ("double-submit", r"X-Again"),
    ],
)
def test_a_page_with_a_form_is_changed_by_its_switch_and_no_other_page_is(switch: str, pattern: str) -> None:
    def change(html: str, *switches: str) -> str:
        return hostility_pages.changed(html, frozenset(switches), is_one_in_two=lambda _: True)

    assert re.search(pattern, change(FORM, switch))
    assert not re.search(pattern, change(FORM))
    assert change(LOG_OUT, switch) == LOG_OUT


def test_a_removed_field_is_gone_with_its_label_and_the_others_stay() -> None:
    page = hostility_pages.changed(FORM, frozenset({"removed-field"}), is_one_in_two=lambda _: False)
    assert 'id="b"' not in page
    assert "Till" not in page
    assert 'id="a"' in page
    assert "Mottagare" in page


def test_the_message_that_comes_up_is_named_in_the_selector_files_of_all_systems_with_forms() -> None:
    selectors = Path(__file__).parents[2] / "selectors"
    for system in ("e_service", "population_register", "benefits_register"):
        text = (selectors / f"{system}.yaml").read_text(encoding="utf-8")
        assert hostility_pages.MAINTENANCE in text
        assert hostility_pages.UNKNOWN_QUESTION not in text


@pytest.mark.durable
def test_connections_are_cut_before_after_and_with_the_work_done_late(tmp_path: Path) -> None:
    seen = set()
    with e_service(tmp_path, "connection-reset") as (client, municipality):
        for _ in range(20):
            before = saved(municipality)
            try:
                send(client)
            except httpx.TransportError:
                at_once = saved(municipality) - before
                # Long enough for the late work on a machine with much else to do; where the work is never done, all of it passes.
                deadline = time.monotonic() + 10
                while saved(municipality) == before and time.monotonic() < deadline:
                    time.sleep(0.05)
                seen.add((at_once, saved(municipality) - before))
            else:
                assert saved(municipality) == before + 1
            if len(seen) == 3:
                break
    assert seen == {(0, 0), (1, 1), (0, 1)}


@pytest.mark.durable
def test_a_page_that_sends_its_form_again_is_refused_and_a_second_press_is_not(tmp_path: Path) -> None:
    with e_service(tmp_path, "double-submit") as (client, municipality):
        begun = time.monotonic()
        assert send(client).status_code == 200
        assert time.monotonic() - begun > 2
        assert send(client, **{"X-Again": "1"}).status_code == 409
        assert saved(municipality) == 1
        send(client)
        assert saved(municipality) == 2


@pytest.mark.durable
def test_a_session_that_is_lost_in_the_middle_of_a_form_saves_nothing(tmp_path: Path) -> None:
    ends = []
    with e_service(tmp_path, "form-expiry") as (client, municipality):
        for _ in range(6):
            before = saved(municipality)
            ends.append(send(client).url.path.endswith("logga-in"))
            assert saved(municipality) - before == (not ends[-1])
            if ends[-1]:
                assert client.get("/inkorg").url.path == "/logga-in"
                log_in(client, municipality)
    assert set(ends) == {True, False}


@pytest.mark.durable
def test_a_session_that_is_lost_once_in_each_form_is_lost_at_its_first_sending(tmp_path: Path) -> None:
    with e_service(tmp_path, "form-expiry-once") as (client, municipality):
        before = saved(municipality)
        assert send(client).url.path == "/logga-in"
        log_in(client, municipality)
        assert saved(municipality) == before
        for number in (1, 2):
            assert send(client).url.path != "/logga-in"
            assert saved(municipality) == before + number


@pytest.mark.durable
def test_a_server_that_crashes_after_a_save_has_saved_and_is_back_at_the_same_address(tmp_path: Path) -> None:
    crashes = 0
    with e_service(tmp_path, "crash-after-save") as (client, municipality):
        for number in range(1, 5):
            try:
                send(client)
            except httpx.TransportError:
                crashes += 1
                _wait_for(client)
                log_in(client, municipality)
            assert saved(municipality) == number
    assert 0 < crashes < 4


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            client.get("/favicon.ico")
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


@pytest.mark.durable
def test_only_the_robots_programs_are_killed(tmp_path: Path) -> None:
    """The program at the other end is this test, which is neither a browser nor a desktop program."""
    hostile = ("browser-crash-after-save", "program-crash-after-save", "browser-killed", "program-killed")
    with e_service(tmp_path, *hostile) as (client, municipality):
        for number in range(1, 5):
            assert send(client).status_code == 200
            assert saved(municipality) == number


def test_a_desktop_program_is_killed_by_the_connection_that_it_has() -> None:
    program = (
        "import socket, sys, time\n"
        "line = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "print(line.getsockname()[1], flush=True)\n"
        "time.sleep(60)\n"
    )

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for name, is_killed in (("robots.practice.case_client", True), ("something.else", False)):
            with subprocess.Popen([sys.executable, "-c", program, str(port), name], stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                own = int(process.stdout.readline())
                connection, _ = listener.accept()
                with connection:
                    scope = {"client": ("127.0.0.1", own), "server": ("127.0.0.1", port)}
                    assert hostility_kills.kill_program(scope) is is_killed
                    assert hostility_kills.kill_browser(scope) is False
                process.kill()
                assert process.wait(10) == -9


def test_the_thiefs_records_are_added_up(tmp_path: Path) -> None:
    assert hostility_thief.totals(tmp_path) == {"thefts": 0, "keys": 0}
    for number in (1, 2):
        (tmp_path / f"thief-{number}.json").write_text(json.dumps({"thefts": 10 * number, "keys": number}), encoding="utf-8")
    assert hostility_thief.totals(tmp_path) == {"thefts": 30, "keys": 3}


def test_the_readme_says_of_every_switch_what_it_does() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|$", readme, re.MULTILINE))
    assert {switch: rows.get(switch) for switch in office.HOSTILITY} == office.HOSTILITY
