"""The doctor on installations that somebody has broken: each fault is named, with its mend, and nothing else is called wrong."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from robots import doctor
from robots import settings as settings_file
from robots.casebook import Casebook
from robots.cli.doctor import doctor as doctor_command
from robots.configuration import Configuration, read_configuration
from robots.doctor import Finding, Verdict, asking, examine, machine, storage, systems, telling
from robots.doctor.findings import well
from robots.practice.households import generate
from robots.practice.municipality import Municipality
from robots.settings import Settings
from robots.situation import situation_by
from robots.work_queue.lock import locked
from tests.hostile_runs import configure
from tests.installation import install

# Each takes longer than what runs before every commit may take: real files, servers and processes.
pytestmark = pytest.mark.durable

ROOT = Path(__file__).parent.parent
KOLLEGA = Path(sys.executable).parent / "kollega"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
#: a walk through all screens that takes longer hangs
SECONDS = 240


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An installation as it is cloned."""
    return install(tmp_path)


def change(root: Path, *pairs: tuple[str, str], file: str = "config/kollega.yaml") -> Settings:
    path = root / file
    text = path.read_text(encoding="utf-8")
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")
    return settings_file.load(root)


def add(root: Path, section: str) -> Settings:
    path = root / "config" / "kollega.yaml"
    path.write_text(path.read_text(encoding="utf-8") + section, encoding="utf-8")
    return settings_file.load(root)


def only(findings: Iterator[Finding], verdict: Verdict = Verdict.FAULT) -> Finding:
    """Return the one finding that is not well."""
    (finding,) = [one for one in findings if one.verdict is not Verdict.OK]
    assert finding.verdict is verdict
    return finding


@contextmanager
def answering(do: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            do(self)

        do_GET = do_HEAD  # noqa: N815 - the library's name

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the library's name

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody answers: it is taken, so that no other test gets it meanwhile, and not listened at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def at(root: Path, address: str) -> Settings:
    """Return the settings with all systems at one address."""
    return change(root, *((f"http://127.0.0.1:{port}", address) for port in range(8701, 8705)))


# --- configuration ----------------------------------------------------------------------------------------------------


def test_a_broken_file_is_named_with_its_line_and_what_can_be_looked_at_is_looked_at(root: Path) -> None:
    (root / "config" / "guidelines.yaml").write_text("schema: 1\nmunicipality: [\n", encoding="utf-8")

    findings = list(examine(root, now=NOW, folder=None))

    told = next(one for one in findings if one.subject == "configuration")
    assert (told.verdict, "guidelines.yaml:" in told.what) == (Verdict.FAULT, True)
    assert "kollega check" in told.do
    assert {"disk", "rights", "database", "workbook", "accounts"} <= {one.subject for one in findings}
    assert findings[-1] == Finding(subject="screens", verdict=Verdict.UNSEEN, what="the configuration has a mistake")


def test_without_settings_nobody_knows_where_anything_is(root: Path) -> None:
    (root / "config" / "kollega.yaml").write_text("schema: 1\nsystem: {}\n", encoding="utf-8")

    findings = list(examine(root, now=NOW, folder=None))

    assert {one.subject for one in findings[:-1]} == {"configuration"}
    assert findings[-1].verdict is Verdict.UNSEEN


# --- the machine ------------------------------------------------------------------------------------------------------


def test_a_clock_that_is_off_is_held_against_what_the_systems_say(root: Path) -> None:
    def ahead(request: BaseHTTPRequestHandler) -> None:
        request.send_response_only(200)
        request.send_header("Date", format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True))
        request.end_headers()

    with answering(ahead) as address:
        begun = time.monotonic()
        told = only(machine.see_clock(at(root, address)))
        # What the answer takes on its way is missing, and the rest of the second in which it was given.
        seconds = math.ceil(time.monotonic() - begun) + 1
        assert "s behind the systems" in told.what
        assert 600 - seconds <= int(told.what.split()[3]) <= 600
    assert "timedatectl" in told.do


def test_a_clock_that_agrees_is_well(root: Path) -> None:
    def now(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", "/elsewhere")
        request.end_headers()

    with answering(now) as address:
        assert [one.verdict for one in machine.see_clock(at(root, address))] == [Verdict.OK]


def test_a_disk_that_is_almost_full_is_named_by_what_lies_on_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_file.load(root)
    alerted = dataclasses.replace(settings, alerts=dataclasses.replace(settings.alerts, disk_free_gb=10**6))

    assert "free for state, logs, workbook" in only(machine.see_disk(alerted), Verdict.LOOK).what
    with monkeypatch.context() as patched:
        patched.setattr(machine, "LEAST_FREE_FILES", 10**18)
        assert "files more can be made" in only(machine.see_disk(settings)).what
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 10**18)
    assert "free some room" in only(machine.see_disk(settings)).do


def test_a_program_that_is_not_there_is_named(root: Path) -> None:
    change(root, ('["{python}", -m, robots.practice.person_lookup,', '["/opt/verksamhetssystem/sok", -m, robots.practice.person_lookup,'))
    configuration = read_configuration(root)

    told = only(machine.see_programs(configuration.settings, configuration.selectors))

    assert told.what == "person_lookup: the program sok is not there, or is none"
    assert "systems.person_lookup.program" in told.do


def test_a_machine_without_display_and_browser_says_what_to_install(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))

    told = {one.subject: one for one in examine(root, now=NOW, folder=None)}

    assert (told["display"].verdict, "apt-get install -y xvfb openbox" in told["display"].what) == (Verdict.FAULT, True)
    assert (told["browser"].verdict, "apt install chromium-headless-shell" in told["browser"].what) == (Verdict.FAULT, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another account")
def test_who_looks_as_another_account_than_the_robots_is_told(root: Path) -> None:
    settings = settings_file.load(root)
    settings.paths.state.mkdir(parents=True)
    os.chown(settings.paths.state, 65534, 65534)

    assert "as the robot's account" in only(machine.see_account(settings)).do


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_files_that_others_can_read_and_settings_that_others_can_change_are_named(root: Path) -> None:
    settings = settings_file.load(root)
    settings.paths.state.mkdir(parents=True, mode=0o700)
    settings.paths.logs.chmod(0o700)
    (settings.paths.state / "casebook.sqlite").touch(0o644)
    (root / "config" / "delegation.yaml").chmod(0o666)

    told = [one for one in storage.see_rights(settings) if one.verdict is Verdict.FAULT]

    assert ["casebook.sqlite" in one.what for one in told] == [True, True, False]  # the logs hold the state
    assert "chmod -R go-rwx" in told[0].do
    assert ("delegation.yaml" in told[2].what, "chmod -R go-w" in told[2].do) == (True, True)


def test_a_workbook_among_the_logs_is_for_the_caseworkers_group_to_read_and_for_nobody_else(root: Path) -> None:
    settings = settings_file.load(root)
    workbook = settings.paths.workbook
    settings.paths.state.mkdir(parents=True, mode=0o700)
    settings.paths.logs.chmod(0o700)
    (workbook.parent / "versioner").mkdir(mode=0o770)
    for path in (workbook, workbook.parent / "versioner" / "undantag 2026-11-22 081010.xlsx"):
        path.touch()
        path.chmod(0o660)

    assert [one.verdict for one in storage.see_rights(settings)] == [Verdict.OK]
    workbook.chmod(0o664)
    assert [str(workbook) in one.what for one in storage.see_rights(settings)] == [True]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another account")
def test_files_that_root_left_in_the_state_are_named_with_whose_they_are_to_be(root: Path) -> None:
    settings = settings_file.load(root)
    settings.paths.state.mkdir(parents=True, mode=0o700)
    left = settings.paths.state / "casebook.sqlite-wal"
    left.touch(0o600)
    for path in (settings.paths.logs, settings.paths.state):
        path.chmod(0o700)
        os.chown(path, 65534, 65534)

    told = [one for one in storage.see_rights(settings) if one.verdict is Verdict.FAULT]

    assert [str(left) in one.what for one in told] == [True] * 2  # the logs hold the state
    assert "chown -R nobody " in told[0].do


@contextmanager
def as_somebody_else() -> Iterator[Path]:
    """Work as another account than root, which alone can do so, and yield an installation whose logs hold the state and are root's."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        install(Path(made))
        settings = settings_file.load(Path(made))
        settings.paths.state.mkdir(parents=True)
        settings.paths.logs.chmod(0o700)
        os.seteuid(65534)
        try:
            yield Path(made)
        finally:
            os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can work as another account")
def test_an_account_that_cant_see_the_robots_folders_is_not_told_to_take_them() -> None:
    with as_somebody_else() as root:
        settings = settings_file.load(root)
        account, rights = only(machine.see_account(settings)), only(storage.see_rights(settings), Verdict.UNSEEN)
        disk = list(machine.see_disk(settings))

    assert "as the robot's account" in account.do
    assert rights.do == ""
    assert {one.verdict for one in disk} <= {Verdict.OK, Verdict.LOOK}


def test_what_goes_while_the_rights_are_looked_at_is_no_fault(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_file.load(root)
    settings.paths.state.mkdir(parents=True, mode=0o700)
    settings.paths.logs.chmod(0o700)
    going = settings.paths.state / "casebook.sqlite-wal"
    going.touch(0o600)
    walk = os.walk

    def walk_then_go(*arguments: Any, **named: Any) -> Iterator[Any]:
        for one in walk(*arguments, **named):
            going.unlink(missing_ok=True)
            yield one

    monkeypatch.setattr(os, "walk", walk_then_go)

    assert [one.verdict for one in storage.see_rights(settings)] == [Verdict.OK]


def test_a_file_that_cant_be_opened_is_not_called_damaged(root: Path) -> None:
    settings = settings_file.load(root)
    (settings.paths.state / "queue.db").mkdir(parents=True)

    told = only(storage.see_database(settings, situation_by(settings, now=NOW)))

    assert "can't be opened" in told.what
    assert "restore" not in told.do


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another account")
def test_another_account_than_the_robots_leaves_nothing_behind(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = settings_file.load(root).paths.logs
    logs.mkdir(mode=0o700)
    os.chown(logs, 65534, 65534)
    monkeypatch.setenv("PATH", str(root))  # no display and no browser, which take time

    with pytest.raises(SystemExit):
        doctor_command(root=root, screens=True, as_json=True)

    told = {one["subject"]: one for one in json.loads(capsys.readouterr().out)["findings"]}
    assert list(logs.iterdir()) == []
    assert (told["account"]["verdict"], told["screens"]["verdict"]) == ("fault", "not looked at")
    assert "as this account" in told["screens"]["what"]


def test_a_damaged_casebook_is_named_with_the_way_back(root: Path) -> None:
    settings = settings_file.load(root)
    file = settings.paths.state / "casebook.sqlite"
    with Casebook(file) as casebook:
        for number in range(200):
            casebook.open_case(f"case {number}", reference=f"EA-26-{number:05}", month="2026-03")
    with file.open("r+b") as damaged:
        damaged.seek(8 * 4096)
        damaged.write(b"\xff" * 4096 * 4)

    told = only(storage.see_database(settings, situation_by(settings, now=NOW)))

    assert "damaged" in told.what
    assert "kollega restore" in told.what + told.do


def test_a_casebook_that_is_sound_or_not_there_yet_is_well_and_none_is_made(root: Path) -> None:
    settings = settings_file.load(root)
    assert [one.verdict for one in storage.see_database(settings, situation_by(settings, now=NOW))] == [Verdict.OK]
    assert not settings.paths.state.exists()

    with Casebook(settings.paths.state / "casebook.sqlite") as casebook:
        casebook.open_case("case", reference="EA-26-00001", month="2026-03")
        assert [one.what for one in storage.see_database(settings, situation_by(settings, now=NOW))] == ["casebook and engine are sound; 1 cases"]


def test_a_database_server_that_is_not_there_is_named(root: Path, closed_port: int) -> None:
    settings = change(root, ("\npaths:\n", f"\npaths:\n  database: postgresql+psycopg://robot@127.0.0.1:{closed_port}/kollega\n"))

    told = only(storage.see_database(settings, situation_by(settings, now=NOW)))

    assert "casebook" in told.what
    assert "server" in told.what + told.do


def test_a_folder_of_the_workbook_that_is_not_there_is_named(root: Path) -> None:
    settings = change(root, ("workbook: logs/undantag.xlsx", "workbook: share/undantag.xlsx"))

    told = only(storage.see_workbook(settings, NOW))

    assert str(root / "share") in told.what
    assert "paths.workbook" in told.do


def test_a_workbook_that_is_none_any_more_is_named(root: Path) -> None:
    settings = change(root, ("workbook: logs/undantag.xlsx", "workbook: undantag.xlsx"))
    settings.paths.workbook.write_bytes(b"\0" * 4096)

    assert "no workbook any more" in only(storage.see_workbook(settings, NOW)).what


def test_a_mark_of_an_open_workbook_that_was_left_behind_is_named_and_a_new_one_is_not(root: Path) -> None:
    settings = change(root, ("workbook: logs/undantag.xlsx", "workbook: undantag.xlsx"))
    mark = root / "~$undantag.xlsx"
    mark.touch()
    os.utime(mark, (NOW.timestamp() - 3 * 86400,) * 2)
    assert f"remove {mark}" in only(storage.see_workbook(settings, NOW), Verdict.LOOK).do

    os.utime(mark, (NOW.timestamp() - 60,) * 2)
    assert [one.verdict for one in storage.see_workbook(settings, NOW)] == [Verdict.OK]


# --- those outside ----------------------------------------------------------------------------------------------------


def test_an_account_that_is_missing_is_named_by_its_variables_and_never_by_what_is_in_them(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for system in settings_file.load(root).systems:
        monkeypatch.setenv(f"KOLLEGA_{system.upper()}_USER", "robot")
        monkeypatch.setenv(f"KOLLEGA_{system.upper()}_PASSWORD", "hemligt-ord")
    monkeypatch.delenv("KOLLEGA_CASE_SYSTEM_PASSWORD")

    told = only(systems.see_accounts(settings_file.load(root), NOW.date()))

    assert told.what == "the robot has no account in case_system"
    assert told.do == "set KOLLEGA_CASE_SYSTEM_PASSWORD in the environment"


def test_a_file_of_accounts_that_others_can_read_is_named(root: Path) -> None:
    settings = change(root, ("  source: environment\n", "  source: file\n  path: accounts.env\n"))
    (root / "accounts.env").touch(0o644)

    (told,) = list(examine_part(lambda: systems.see_accounts(settings, NOW.date())))

    assert (told.verdict, "chmod 600" in told.what) == (Verdict.FAULT, True)


def test_a_password_that_soon_expires_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for system in settings_file.load(root).systems:
        monkeypatch.setenv(f"KOLLEGA_{system.upper()}_USER", "robot")
        monkeypatch.setenv(f"KOLLEGA_{system.upper()}_PASSWORD", "hemligt-ord")
    settings = add(root, "\nalerts:\n  passwords_expire: {case_system: 2026-11-30, e_service: 2026-11-01}\n")

    told = [one for one in systems.see_accounts(settings, NOW.date()) if one.verdict is not Verdict.OK]

    assert [(one.verdict, one.what.split(",")[0]) for one in told] == [
        (Verdict.LOOK, "the password in case_system expires 2026-11-30"),
        (Verdict.FAULT, "the password in e_service expired 2026-11-01"),
    ]


def test_a_system_that_is_down_and_one_that_answers_with_an_error_are_named(root: Path, closed_port: int) -> None:
    def broken(request: BaseHTTPRequestHandler) -> None:
        request.send_response(503)
        request.end_headers()

    with answering(broken) as address:
        settings = change(root, ("http://127.0.0.1:8701", address), ("http://127.0.0.1:8702", f"http://127.0.0.1:{closed_port}"))
        told = {one.subject: one for one in systems.see_addresses(settings)}
        assert "answers with error 503" in told["e_service"].what
        assert "does not answer (ConnectError)" in told["population_register"].what
        assert "systems.population_register.address" in told["population_register"].do


def test_a_system_that_never_answers_or_only_in_drops_is_named_and_holds_nobody_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            request.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.05):
                request.wfile.write(b"X-More: 1\r\n")
                request.wfile.flush()

    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, answering(drip) as dripping:
        change(root, ("http://127.0.0.1:8701", dripping))
        change(root, *((f"http://127.0.0.1:{port}", f"http://127.0.0.1:{silent.getsockname()[1]}") for port in range(8702, 8705)))
        settings = settings_file.load(root)
        told = {one.subject: one for one in systems.see_addresses(settings)}
        clock = list(machine.see_clock(settings))
        over.set()

    assert "does not answer (it is too slow)" in told["e_service"].what
    assert "does not answer" in told["population_register"].what
    assert [one.verdict for one in clock] == [Verdict.UNSEEN]


def test_a_mail_server_and_a_webhook_that_are_not_there_are_named(root: Path, closed_port: int) -> None:
    settings = add(
        root,
        f"\nalerts:\n  mail:\n    host: 127.0.0.1\n    port: {closed_port}\n    security: none\n"
        "    from: kollega@example.se\n    to: [drift@example.se]\n"
        f"  webhook:\n    address: http://127.0.0.1:{closed_port}/hook\n",
    )

    told = {one.subject: one for one in telling.see_channels(settings)}

    assert (told["mail"].verdict, "alerts.mail" in told["mail"].what) == (Verdict.FAULT, True)
    assert (told["webhook"].verdict, "alerts.webhook" in told["webhook"].what) == (Verdict.FAULT, True)


def test_nobody_to_tell_and_no_run_due_is_worth_a_look(root: Path) -> None:
    settings = change(root, ('  runs: ["30 5 * * mon-fri"]\n', ""))

    assert "nobody is told" in only(telling.see_channels(settings), Verdict.LOOK).what
    assert "no run is due" in only(systems.see_schedule(situation_by(settings, now=NOW)), Verdict.LOOK).what


def examine_part(look_at: Callable[[], Iterator[Finding]], seconds: float | None = doctor.LOOK_SECONDS) -> list[Finding]:
    """Look as `examine` does, which turns what is raised into a finding."""
    return list(doctor._all([doctor.Look("part", look_at, seconds)]))


def test_a_look_that_itself_fails_is_told_without_its_words_and_stops_nothing(root: Path) -> None:
    def fails() -> Iterator[Finding]:
        raise ValueError("Kalle Karlsson")

    (told,) = examine_part(fails)
    assert told.what == "it can't be looked at (ValueError)"


def test_a_share_that_hangs_is_left_and_what_was_seen_before_is_told() -> None:
    over = threading.Event()

    def hangs() -> Iterator[Finding]:
        yield well("share", "is there")
        over.wait()

    told = examine_part(hangs, 0.2)
    over.set()

    assert [one.verdict for one in told] == [Verdict.OK, Verdict.FAULT]
    assert "hangs" in told[1].do


# --- the whole --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def municipality(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Municipality]:
    with Municipality.start(tmp_path_factory.mktemp("practice"), generate(1, 1)) as started:
        yield started


def run_doctor(root: Path, municipality: Municipality, *arguments: str, **environment: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    done = subprocess.run(
        [str(KOLLEGA), "doctor", "--json", *arguments],
        cwd=root,
        env={**os.environ, **municipality.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.stderr == ""
    told: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        told.setdefault(finding["subject"], []).append(finding)
    return done.returncode, told


@pytest.mark.browser
@pytest.mark.desktop
def test_an_installation_in_order_has_no_fault(root: Path, municipality: Municipality) -> None:
    configure(root, municipality)

    code, told = run_doctor(root, municipality)

    assert (code, [one for lines in told.values() for one in lines if one["verdict"] == "fault"]) == (0, [])
    assert {f"{name} screens" for name in settings_file.load(root).systems} <= told.keys()
    assert [one["verdict"] for one in (*told["browser"], *told["display"], *told["clock"])] == ["ok"] * 3

    _, told = run_doctor(root, municipality, "--no-screens")
    assert told["screens"] == [{"subject": "screens", "verdict": "not looked at", "what": "not asked for", "do": ""}]


@pytest.mark.browser
@pytest.mark.desktop
def test_a_refused_password_and_a_log_in_page_that_has_changed_are_told_apart(root: Path, municipality: Municipality) -> None:
    configure(root, municipality)
    change(root, ("Användarnamn", "Alias"), file="selectors/e_service.yaml")

    code, told = run_doctor(root, municipality, KOLLEGA_BENEFITS_REGISTER_PASSWORD="fel-losenord")

    assert code == 3
    (changed,), (refused,) = told["e_service screens"], told["benefits_register screens"]
    assert (changed["verdict"], "not as the selector file says: log_in." in changed["what"]) == ("fault", True)
    assert "kollega screens suggest e_service" in changed["do"]
    assert (refused["verdict"], "the name or the password is not taken" in refused["what"]) == ("fault", True)
    assert [one["verdict"] for one in told["population_register screens"]] == ["ok"]


@pytest.mark.durable
def test_no_system_is_entered_while_a_robot_works_with_its_account(root: Path, municipality: Municipality) -> None:
    configure(root, municipality)
    configuration: Configuration = read_configuration(root)
    settings = configuration.settings
    with Casebook(settings.paths.casebook_of(settings.run.mode)) as casebook, locked(settings.paths.state):
        from robots.casebook.workers import Workers

        Workers(casebook.engine).begin("one", machine="elsewhere", process=1, version="0", mode="decide")
        situation = situation_by(settings, now=datetime.now(UTC))
        told = only(systems.see_screens(configuration, situation, root), Verdict.UNSEEN)
    assert told.what == "one is at work with the accounts; look again when it has ended"
