"""The strict reading of config/kollega.yaml: one bad file for each way of being wrong, and every mistake at once."""

from __future__ import annotations

import sys
from datetime import time
from pathlib import Path

import pytest

from robots.assessment import RunMode
from robots.errors import SettingsInvalid
from robots.schedule import Schedule
from robots.settings import SYSTEMS, Settings, load, with_addresses, with_mode, with_paths

REPOSITORY = Path(__file__).parent.parent

GOOD = """\
schema: 1
language: sv
systems:
  e_service: {selectors: e_service.yaml, address: "https://e-tjanst.example/", sessions: 4}
  population_register: {selectors: population_register.yaml, address: "http://127.0.0.1:8702", sessions: 4}
  benefits_register: {selectors: benefits_register.yaml, address: "http://127.0.0.1:8703", sessions: 4}
  case_system:
    selectors: case_system.yaml
    address: http://127.0.0.1:8704
    program: ["{python}", -m, program, "--at={address}"]
    sessions: 2
  person_lookup: {selectors: person_lookup.yaml, program: [lookup], sessions: 1}
run: {mode: propose, cases_at_once: 4, tries: 3, first_wait_seconds: 0.5, view_seconds: 10, answer_seconds: 30}
paths: {state: state, logs: /var/log/kollega, workbook: state/undantag.xlsx}
"""


def load_text(folder: Path, text: str | bytes) -> Settings:
    path = folder / "config" / "kollega.yaml"
    path.parent.mkdir()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(folder)


def test_the_settings_that_come_with_the_product_are_valid() -> None:
    settings = load(REPOSITORY)
    assert tuple(settings.systems) == SYSTEMS
    assert settings.language == "sv"
    assert settings.run.mode is RunMode.DECIDE


def test_a_good_file_gives_typed_settings_and_absolute_paths(tmp_path: Path) -> None:
    settings = load_text(tmp_path, GOOD)
    e_service, case_system = settings.systems["e_service"], settings.systems["case_system"]
    assert (e_service.address, e_service.sessions, e_service.program) == ("https://e-tjanst.example", 4, ())
    assert e_service.selectors == tmp_path / "selectors" / "e_service.yaml"
    assert case_system.command == (sys.executable, "-m", "program", "--at=http://127.0.0.1:8704")
    assert settings.systems["person_lookup"].address == ""
    assert settings.run.mode is RunMode.PROPOSE
    assert (settings.run.cases_at_once, settings.run.first_wait_seconds) == (4, 0.5)
    assert settings.run.deaths == 3
    # Of an installation that has not asked how late its systems can be: twice as long as the robot waits for an answer.
    assert settings.run.late_seconds == 80
    assert settings.paths.state == tmp_path / "state"
    assert settings.paths.logs == Path("/var/log/kollega")


@pytest.mark.parametrize(
    ("good", "bad", "mistake"),
    [
        ("schema: 1", "schema: 2", ":1: schema: this program reads schema 1 only"),
        ("language: sv", "language: fi", ":2: language: must be one of: sv, en"),
        ("language: sv", "language:", ": language: must be one of: sv, en"),
        ("language: sv", "language: no", ":2: language: must be one of: sv, en"),
        ("language: sv\n", "", ":1: the key language is missing"),
        ("language: sv", "language: sv\nlanguage: en", ":3: language: the key stands twice"),
        ("language: sv", "langauge: sv", ":2: langauge: unknown key"),
        ("run: {", "run: {colour: red, ", ":13: run.colour: unknown key; known are answer_seconds, cases_at_once,"),
        ("mode: propose", "mode: always", ":13: run.mode: must be one of: shadow, propose, decide"),
        ("mode: propose, ", "", ":13: run: the key mode is missing"),
        ("tries: 3", "tries: 3, shadow_tries_calculation: perhaps", ":13: run.shadow_tries_calculation: must be true or false"),
        ("tries: 3", "tries: 3, deaths: 0", ":13: run.deaths: must be a whole number of at least 1"),
        ("sessions: 1}", "sessions: 0}", ":12: systems.person_lookup.sessions: must be a whole number of at least 1"),
        ("sessions: 1}", "sessions: 1.5}", ":12: systems.person_lookup.sessions: must be a whole number of at least 1"),
        ("sessions: 1}", "sessions: -1}", ":12: systems.person_lookup.sessions: must be a whole number of at least 1"),
        ("sessions: 1}", "sessions: 1000}", ":12: systems.person_lookup.sessions: must be a whole number of at least 1"),
        ("sessions: 1}", "sessions: yes}", ":12: systems.person_lookup.sessions: must be a whole number of at least 1"),
        ("sessions: 1}", "sessions: [1]}", ":12: systems.person_lookup.sessions: must be a text"),
        (", sessions: 1}", "}", ":12: systems.person_lookup: the key sessions is missing"),
        ("view_seconds: 10", "view_seconds: 0", ":13: run.view_seconds: must be a number of seconds, more than 0"),
        ("view_seconds: 10", "view_seconds: 10s", ":13: run.view_seconds: must be a number of seconds, more than 0"),
        ("view_seconds: 10", "view_seconds: 3601", ":13: run.view_seconds: must be a number of seconds, more than 0"),
        ("view_seconds: 10", "view_seconds: .inf", ":13: run.view_seconds: must be a number of seconds, more than 0"),
        ("view_seconds: 10", "late_seconds: 0, view_seconds: 10", ":13: run.late_seconds: must be a number of seconds, more than 0"),
        (
            "view_seconds: 10",
            "late_seconds: 39.9, view_seconds: 10",
            ":13: run.late_seconds: must be at least view_seconds and answer_seconds together",
        ),
        ("selectors: person_lookup.yaml", "selectors: ../secret.yaml", ":12: systems.person_lookup.selectors: must be the name of a file"),
        ("program: [lookup]", "program: lookup", ":12: systems.person_lookup.program: must be a list"),
        ("program: [lookup]", "program: []", ":12: systems.person_lookup.program: must be a list"),
        ("program: [lookup]", "program: ['{address}']", ":12: systems.person_lookup.program: has the placeholder {address}, but"),
        (
            "program: [lookup]",
            "program: ['{home}/lookup']",
            ":12: systems.person_lookup.program: may have the placeholders {address} and {python} only",
        ),
        (" program: [lookup],", "", ":12: systems.person_lookup: must have an address (a system on the web), a program"),
        ("http://127.0.0.1:8702", "ftp://127.0.0.1", ":5: systems.population_register.address: must be an address as in https://host:port"),
        ("http://127.0.0.1:8702", "http://robot:word@host", ":5: systems.population_register.address: must be an address as in https://host:port"),
        ("http://127.0.0.1:8702", "http://host:port", ":5: systems.population_register.address: must be an address as in https://host:port"),
        ("http://127.0.0.1:8702", "", ":5: systems.population_register.address: must be a text"),
        ("undantag.xlsx", "undantag.xls", ":14: paths.workbook: must be a file name that ends with .xlsx"),
        ("state: state,", "state: '',", ":14: paths.state: must be a text"),
        ("mode: propose", "mode: propose, promise_working_days: -1", ":13: run.promise_working_days: must be a whole number of days, and below 100"),
        ("mode: propose", "mode: propose, lifeless_seconds: 4", ":13: run.lifeless_seconds: must be at least 5: a machine that is slow for a moment"),
        ("state/undantag.xlsx}", "a.xlsx}\nworkbook: {done_days: many}", ":15: workbook.done_days: must be a whole number of days, and below 100"),
        ("state: state,", "state: state, database: kollega,", ":14: paths.database: must be an address as in postgresql+psycopg://host/name"),
        (
            "state: state,",
            "state: state, database: 'sqlite:///file',",
            ":14: paths.database: must be an address as in postgresql+psycopg://host/name",
        ),
        (
            "state: state,",
            "state: state, database: 'postgresql+psycopg://robot:word@db/kollega',",
            ":14: paths.database: must be an address as in postgresql+psycopg://host/name, without a password: that belongs in PGPASSWORD",
        ),
        (
            "state: state,",
            "state: state, database: 'postgresql+psycopg://db/kollega?password=word',",
            ":14: paths.database: must be an address as in postgresql+psycopg://host/name, without a password",
        ),
        (
            "state: state,",
            "state: state, database: 'postgresql+psycopg://db/kollega?schema=a\"b',",
            ":14: paths.database: the schema must be of small letters, figures and underscores",
        ),
        ("  person_lookup: {", "  person_look_up: {", ":12: systems.person_look_up: unknown key"),
        ("sessions: 1}", "sessions: 1, open: always}", ":12: systems.person_lookup.open: must be a list"),
        ("sessions: 1}", "sessions: 1, open: []}", ":12: systems.person_lookup.open: must be a list with at least one member"),
        (
            "sessions: 1}",
            'sessions: 1, open: ["mon 6-22"]}',
            ":12: systems.person_lookup.open[0]: must be weekdays and hours, as in mon-fri 06:00-22:00",
        ),
        ("sessions: 1}", 'sessions: 1, open: ["mån 06:00-22:00"]}', ":12: systems.person_lookup.open[0]: mån is no weekday; known are mon,"),
        ("sessions: 1}", 'sessions: 1, open: ["mon 22:00-06:00"]}', ":12: systems.person_lookup.open[0]: 22:00-06:00 ends before it begins"),
        (
            "sessions: 1}",
            'sessions: 1, open: ["mon-fri 06:00-22:00", "fri 20:00-23:00"]}',
            ":12: systems.person_lookup.open[1]: overlaps with hours above it",
        ),
        (
            "paths: {",
            "schedule: {at: noon}\npaths: {",
            ":14: schedule.at: unknown key; known are hung_minutes, last_case_at, runs, skip_holidays, stop_at",
        ),
        ("paths: {", "schedule: often\npaths: {", ":14: schedule: must be keys with values"),
        ("paths: {", "schedule: {runs: 30 5 * * *}\npaths: {", ":14: schedule.runs: must be a list"),
        ("paths: {", "schedule: {runs: []}\npaths: {", ":14: schedule.runs: must be a list with at least one member"),
        ("paths: {", "schedule: {runs: [30 25 * * *]}\npaths: {", ":14: schedule.runs[0]: 25 is no hour of a cron line; may be 0 to 23"),
        ("paths: {", "schedule: {runs: [0 5 30 2 *]}\npaths: {", ":14: schedule.runs[0]: is never due"),
        (
            "paths: {",
            "schedule: {runs: [0 5 25 12 *], skip_holidays: true}\npaths: {",
            ":14: schedule.runs: 0 5 25 12 * is due on holidays only, and skip_holidays leaves these out",
        ),
        ("paths: {", "schedule: {skip_holidays: yes}\npaths: {", ":14: schedule.skip_holidays: must be true or false"),
        ("paths: {", "schedule: {last_case_at: 21.30}\npaths: {", ":14: schedule.last_case_at: must be a time of day as in 21:30"),
        # 160 s for the steps under way, and what was sent can be under way for 80 s
        ("paths: {", "schedule: {hung_minutes: 3}\npaths: {", ":14: schedule.hung_minutes: must be at least 4: by the waits that are set under run"),
        ("paths: {", "schedule: {hung_minutes: 0}\npaths: {", ":14: schedule.hung_minutes: must be a whole number of at least 1"),
        ("paths: {", "schedule: {stop_at: '24:00'}\npaths: {", ":14: schedule.stop_at: must be a time of day as in 21:30"),
        ("  e_service: {", "  e_service: [", ": not valid YAML"),
        ("paths: {", "\tpaths: {", ":14: not valid YAML"),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_place(tmp_path: Path, good: str, bad: str, mistake: str) -> None:
    assert good in GOOD
    with pytest.raises(SettingsInvalid) as raised:
        load_text(tmp_path, GOOD.replace(good, bad, 1))
    lines = str(raised.value).splitlines()
    assert any(mistake in line for line in lines), lines
    assert all(line.startswith(f"{tmp_path}/config/kollega.yaml:") for line in lines)


def test_all_mistakes_of_a_file_are_reported_at_once_in_its_order(tmp_path: Path) -> None:
    bad = GOOD.replace("language: sv", "language: fi").replace("sessions: 1}", "sessions: 0}").replace("tries: 3", "tries: many")
    with pytest.raises(SettingsInvalid) as raised:
        load_text(tmp_path, bad)
    assert [line.split(":")[1] for line in str(raised.value).splitlines()] == ["2", "12", "13"]


def test_a_schedule_and_hours_are_read(tmp_path: Path) -> None:
    text = GOOD.replace("sessions: 1}", 'sessions: 1, open: ["mon-fri 06:00-22:00", "sat 08:00-12:00"]}')
    text += "schedule: {runs: [30 5 * * mon-fri, 0 13 * * sat], skip_holidays: true, last_case_at: '21:30', stop_at: '22:00'}\n"
    settings = load_text(tmp_path, text)
    assert [line.text for line in settings.schedule.runs] == ["30 5 * * mon-fri", "0 13 * * sat"]
    assert (settings.schedule.skip_holidays, settings.schedule.last_case_at, settings.schedule.stop_at) == (True, time(21, 30), time(22))
    assert {name: len(hours) for name, hours in settings.schedule.hours.items()} == {"person_lookup": 2}
    assert settings.systems["person_lookup"].open == settings.schedule.hours["person_lookup"]
    assert settings.systems["e_service"].open == ()


@pytest.mark.parametrize(
    ("waits", "minutes"), [("tries: 3", 30), ("tries: 3, late_seconds: 3600", 63), ("tries: 3, lifeless_seconds: 3600", 63), ("tries: 16", 140)]
)
def test_a_run_that_waits_as_it_is_set_to_is_not_taken_for_hung(tmp_path: Path, waits: str, minutes: int) -> None:
    assert load_text(tmp_path, GOOD.replace("tries: 3", waits)).schedule.hung_minutes == minutes


def test_without_a_schedule_nothing_is_due_and_everything_is_open(tmp_path: Path) -> None:
    assert load_text(tmp_path, GOOD).schedule == Schedule(hours={})


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "just words", "- a\n- list\n", "42"])
def test_a_file_without_settings_says_what_it_must_hold(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsInvalid, match="systems"):
        load_text(tmp_path, text)


@pytest.mark.parametrize("text", [b"language: \xff\xfe", b"language: s\x00v"])
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(SettingsInvalid, match=r"config/kollega\.yaml.* not "):
        load_text(tmp_path, text)


def test_a_missing_file_says_where_the_robot_looked(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"config/kollega\.yaml can't be read"):
        load(tmp_path)


def test_addresses_and_paths_can_be_changed_for_a_trial(tmp_path: Path) -> None:
    settings = load_text(tmp_path, GOOD)
    changed = with_paths(with_addresses(settings, {"case_system": "http://127.0.0.1:9/"}), workbook=tmp_path / "other.xlsx")
    assert changed.systems["case_system"].command[-1] == "--at=http://127.0.0.1:9"
    assert changed.systems["e_service"] == settings.systems["e_service"]
    assert (changed.paths.workbook, changed.paths.state) == (tmp_path / "other.xlsx", settings.paths.state)
    with pytest.raises(KeyError):
        with_addresses(settings, {"no_such_system": "http://127.0.0.1:9"})


def test_a_shadow_run_has_a_casebook_and_a_queue_of_its_own(tmp_path: Path) -> None:
    settings = load_text(tmp_path, GOOD)
    assert with_mode(settings, RunMode.SHADOW).run.mode is RunMode.SHADOW
    assert {mode: settings.paths.state_of(mode) for mode in RunMode} == {
        RunMode.SHADOW: tmp_path / "state" / "shadow",
        RunMode.PROPOSE: tmp_path / "state",
        RunMode.DECIDE: tmp_path / "state",
    }


def test_pages_that_explain_cases_are_written_where_that_is_said_and_never_for_a_trial(tmp_path: Path) -> None:
    text = GOOD.replace("state: state,", "state: state, explanations: share/pages,") + "workbook: {done_days: 7}\n"
    settings = load_text(tmp_path, text)
    assert (settings.paths.explanations, settings.workbook.done_days) == (tmp_path / "share" / "pages", 7)
    assert with_paths(settings, workbook=tmp_path / "other.xlsx").paths.explanations == tmp_path / "share" / "pages"
    assert with_paths(settings, state=tmp_path / "trial").paths.explanations is None


def test_without_a_database_casebook_and_engine_are_files_and_what_is_left_out_has_its_usual_value(tmp_path: Path) -> None:
    settings = load_text(tmp_path, GOOD.replace("state: state,", "state: state, database: null,"))
    assert [settings.paths.database_of(mode) for mode in RunMode] == ["", "", ""]
    assert settings.paths.casebook_of(RunMode.SHADOW) == tmp_path / "state" / "shadow" / "casebook.sqlite"
    assert settings.paths.casebook_of(RunMode.DECIDE) == tmp_path / "state" / "casebook.sqlite"
    assert (settings.run.promise_working_days, settings.run.lifeless_seconds) == (1, 60)
    assert (settings.paths.explanations, settings.workbook.done_days) == (None, 30)


@pytest.mark.parametrize(
    ("address", "writing", "shadow"),
    [
        (
            "postgresql+psycopg://db/kollega",
            "postgresql+psycopg://db/kollega?schema=kollega",
            "postgresql+psycopg://db/kollega?schema=kollega_shadow",
        ),
        (
            "postgresql+psycopg://robot@/work?host=/run/pg&schema=mine",
            "postgresql+psycopg://robot@/work?host=/run/pg&schema=mine",
            "postgresql+psycopg://robot@/work?host=/run/pg&schema=mine_shadow",
        ),
    ],
)
def test_a_database_holds_casebook_and_engine_in_a_schema_and_those_of_a_shadow_run_in_another(
    tmp_path: Path, address: str, writing: str, shadow: str
) -> None:
    settings = load_text(tmp_path, GOOD.replace("state: state,", f"state: state, database: '{address}',"))
    assert {mode: settings.paths.casebook_of(mode) for mode in RunMode} == {RunMode.SHADOW: shadow, RunMode.PROPOSE: writing, RunMode.DECIDE: writing}
    assert with_paths(settings, logs=tmp_path).paths.database == address
    assert with_paths(settings, state=tmp_path).paths.casebook_of(RunMode.DECIDE) == tmp_path / "casebook.sqlite"
