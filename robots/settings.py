"""What the operator sets: `config/kollega.yaml`, read strictly. Names and passwords are no settings: see `accounts.py`.

Nothing here comes from the law or the municipality's guidelines. All mistakes of the file are gathered and reported at
once, one a line: `config/kollega.yaml:12: systems.e_service.sessions: must be a whole number of at least 1`.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

from robots import alert_settings, report_settings
from robots.accounts import SecretsSettings, read_secrets_settings
from robots.alert_settings import AlertSettings
from robots.assessment import RunMode
from robots.dashboard_settings import DashboardSettings, read_dashboard_settings
from robots.log_keeping import LogSettings, read_log_settings
from robots.report_settings import ReportSettings
from robots.retention_settings import RetentionSettings, read_retention_settings
from robots.schedule import HUNG_MINUTES, CronLine, Opening, Schedule, parse_clock
from robots.yaml_file import Item, YamlFile

T = TypeVar("T")

SETTINGS_FILE = "config/kollega.yaml"
SCHEMA = 1
_MINUTES_OF_DAY = 24 * 60
SYSTEMS = ("e_service", "population_register", "benefits_register", "case_system", "person_lookup")
SAMPLE_PREFIX = "KOLLEGA_SAMPLE_"
_PLACEHOLDERS = {"{address}", "{python}"}
_MOST_SECONDS = 3600
_LEAST_LIFELESS_SECONDS = 5
_VIEWS_PER_STEP = 10
_CLOSING_SECONDS = 60


class Language(StrEnum):
    """The language of what caseworkers, applicants and the board read."""

    SWEDISH = "sv"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSettings:
    """How one outside system is reached."""

    name: str
    #: path of the system's selector file
    selectors: Path
    #: start of the system's addresses, without a slash at the end; empty for a program that needs none
    address: str
    #: command that starts a desktop program, with placeholders; empty for a system on the web
    program: tuple[str, ...]
    #: how many log-ins are used at the same time on one machine
    sessions: int
    #: when the system may be used; always when empty
    open: tuple[Opening, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """The command that starts the program: `{address}` and `{python}` (this interpreter) filled in."""
        return tuple(part.replace("{address}", self.address).replace("{python}", sys.executable) for part in self.program)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How the robot works through its cases."""

    #: how far a run may go
    mode: RunMode
    cases_at_once: int
    #: how often a step is tried in all while a system does not work
    tries: int
    #: wait before the second try; each later wait is twice the one before
    first_wait_seconds: float
    #: how long a view may take to come after an address or a press
    view_seconds: float
    #: how long an element of a view that shows may take
    answer_seconds: float
    #: in how many working days after the application an answer is promised; the earliest due is begun first
    promise_working_days: int = 1
    #: after so long a silence a robot that shares the database is taken for dead
    lifeless_seconds: float = 60
    #: after so many deaths of the robot in a row in the same step a case is handed off
    deaths: int = 3
    #: how long at most a system can still be at work on what it was sent and has not answered
    late_seconds: float

    @property
    def stop_seconds(self) -> float:
        """How long a run that is told to stop may take at most for the steps under way, and to close the browser and the desks."""
        return _CLOSING_SECONDS + _VIEWS_PER_STEP * self.view_seconds

    @property
    def quiet_seconds(self) -> float:
        """How long a run that works can be without an event: a step with its longest wait, for a late answer, the next try, or another robot."""
        last_wait_seconds = self.first_wait_seconds * float(2 ** max(0, min(self.tries, 20) - 2))
        return self.stop_seconds + max(self.late_seconds, self.lifeless_seconds, last_wait_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSettings:
    """Where the robot keeps what it writes; absolute paths."""

    #: folder of the casebook and the engine
    state: Path
    #: folder of all runs
    logs: Path
    #: the exception workbook
    workbook: Path
    #: folder of the pages that explain the cases of the workbook; None for no pages
    explanations: Path | None = None
    #: address of the PostgreSQL database of casebook and engine, for several machines; empty for files in `state`
    database: str = ""

    def state_of(self, mode: RunMode) -> Path:
        """Return the folder of casebook and engine for a run of the mode.

        A shadow run has its own: what it has handled is still to be handled by a run that writes.
        """
        return self.state if mode.writes else self.state / "shadow"

    def database_of(self, mode: RunMode) -> str:
        """Return the address, with the schema, of casebook and engine for a run of the mode; empty when they are files."""
        if not self.database:
            return ""
        address, _, query = self.database.partition("?")
        keys = [key for key in query.split("&") if key]
        schema = next((key.removeprefix("schema=") for key in keys if key.startswith("schema=")), "kollega")
        others = [key for key in keys if not key.startswith("schema=")]
        return f"{address}?{'&'.join([*others, f'schema={schema}' if mode.writes else f'schema={schema}_shadow'])}"

    def casebook_of(self, mode: RunMode) -> Path | str:
        """Return the file of the casebook for a run of the mode, or its address."""
        return self.database_of(mode) or self.state_of(mode) / "casebook.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookSettings:
    """How the exception workbook is kept."""

    #: for so many days a case that is done stays on its list
    done_days: int = 30
    #: so often the service exchanges answers and rows while no run is under way; 0 for never
    sync_minutes: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything in config/kollega.yaml."""

    #: folder that holds config/ and selectors/
    root: Path
    language: Language
    systems: Mapping[str, SystemSettings]
    run: RunSettings
    paths: PathSettings
    schedule: Schedule = Schedule()
    workbook: WorkbookSettings = WorkbookSettings()
    dashboard: DashboardSettings = DashboardSettings()
    report: ReportSettings = ReportSettings()
    retention: RetentionSettings = RetentionSettings()
    alerts: AlertSettings = field(default_factory=AlertSettings)
    log: LogSettings = LogSettings()
    secrets: SecretsSettings = SecretsSettings()


def load(root: Path, *, file: Path | None = None) -> Settings:
    """Return the settings of the installation in the folder `root`.

    Args:
        root: folder that holds config/.
        file: read in the place of config/kollega.yaml.

    Raises:
        SettingsInvalid: the file is missing or wrong; the message has one line for each mistake, in the file's order.
    """
    read = YamlFile(root / SETTINGS_FILE if file is None else file)
    root = root.resolve()
    fields = read.top.fields(
        "schema",
        "language",
        "systems",
        "run",
        "paths",
        optional=("schedule", "workbook", "dashboard", "report", "alerts", "log", "secrets", "retention"),
    )
    fields["schema"].schema(SCHEMA)
    run = fields["run"].fields(
        "mode",
        "cases_at_once",
        "tries",
        "first_wait_seconds",
        "view_seconds",
        "answer_seconds",
        optional=("late_seconds", "promise_working_days", "lifeless_seconds", "deaths"),
    )
    paths = fields["paths"].fields("state", "logs", "workbook", optional=("database", "explanations"))
    workbook = fields["workbook"].fields("done_days", optional=("sync_minutes",)) if "workbook" in fields else {}
    systems = {name: _system(item, name, root) for name, item in fields["systems"].fields(*SYSTEMS).items()}
    run_settings = RunSettings(
        mode=run["mode"].choice(RunMode),
        cases_at_once=_count(run["cases_at_once"]),
        tries=_count(run["tries"]),
        first_wait_seconds=_seconds(run["first_wait_seconds"]),
        view_seconds=_seconds(run["view_seconds"]),
        answer_seconds=_seconds(run["answer_seconds"]),
        late_seconds=_late_seconds(run),
        promise_working_days=_days(run["promise_working_days"]) if "promise_working_days" in run else 1,
        lifeless_seconds=_lifeless_seconds(run["lifeless_seconds"]) if "lifeless_seconds" in run else 60,
        deaths=_count(run["deaths"]) if "deaths" in run else 3,
    )
    settings = Settings(
        root=root,
        language=fields["language"].choice(Language),
        systems=MappingProxyType(systems),
        run=run_settings,
        paths=PathSettings(
            state=root / paths["state"].text(),
            logs=root / paths["logs"].text(),
            workbook=root / _matching(paths["workbook"], r".+\.xlsx", "must be a file name that ends with .xlsx"),
            explanations=root / paths["explanations"].text() if "explanations" in paths and not paths["explanations"].is_null else None,
            database=_database(paths["database"]) if "database" in paths and not paths["database"].is_null else "",
        ),
        schedule=_schedule(fields.get("schedule"), systems, run_settings.quiet_seconds),
        workbook=_workbook(workbook) if workbook else WorkbookSettings(),
        dashboard=read_dashboard_settings(fields.get("dashboard")),
        report=report_settings.read(fields.get("report")),
        retention=read_retention_settings(fields.get("retention")),
        alerts=alert_settings.read(fields.get("alerts"), systems=SYSTEMS),
        log=read_log_settings(fields.get("log")),
        secrets=read_secrets_settings(fields.get("secrets"), root=root),
    )
    read.finish()
    return settings


def _workbook(fields: Mapping[str, Item]) -> WorkbookSettings:
    minutes = fields["sync_minutes"].whole_number(at_most=_MINUTES_OF_DAY) if "sync_minutes" in fields else WorkbookSettings().sync_minutes
    return WorkbookSettings(done_days=_days(fields["done_days"]), sync_minutes=minutes)


def with_addresses(settings: Settings, addresses: Mapping[str, str]) -> Settings:
    """Return the settings with other addresses for the systems named; KeyError for a system that there is not."""
    changed = {name: replace(settings.systems[name], address=address.rstrip("/")) for name, address in addresses.items()}
    return replace(settings, systems=MappingProxyType({**settings.systems, **changed}))


def with_selectors(settings: Settings, files: Mapping[str, str]) -> Settings:
    """Return the settings with other selector files, {system: name of a file under selectors/}; KeyError for a system that there is not."""
    changed = {name: replace(settings.systems[name], selectors=settings.root / "selectors" / file) for name, file in files.items()}
    return replace(settings, systems=MappingProxyType({**settings.systems, **changed}))


def with_mode(settings: Settings, mode: RunMode) -> Settings:
    """Return the settings for a run of another mode."""
    return replace(settings, run=replace(settings.run, mode=mode))


def with_paths(settings: Settings, *, state: Path | None = None, logs: Path | None = None, workbook: Path | None = None) -> Settings:
    """Return the settings with other places for what the robot writes."""
    paths = settings.paths
    # A trial with a state of its own never writes in the database of the others.
    database = paths.database if state is None else ""
    # And leaves the pages of the others alone.
    explanations = paths.explanations if state is None else None
    changed = PathSettings(
        state=state or paths.state,
        logs=logs or paths.logs,
        workbook=workbook or paths.workbook,
        explanations=explanations,
        database=database,
    )
    return replace(settings, paths=changed)


def samples() -> dict[str, str]:
    """Return what stands in `KOLLEGA_SAMPLE_<NAME>`, by the name in lower case: what a check of the screens may look up, such as a test person.

    Whoever uses one registers it with `run_log.redact` before.
    """
    return {name.removeprefix(SAMPLE_PREFIX).lower(): text for name, text in os.environ.items() if name.startswith(SAMPLE_PREFIX) and text}


# --- reading ----------------------------------------------------------------------------------------------------------


def _system(item: Item, name: str, root: Path) -> SystemSettings:
    fields = item.fields("selectors", "sessions", optional=("address", "program", "open"))
    selectors = _matching(fields["selectors"], r"[a-z][a-z0-9_]*\.yaml", "must be the name of a file under selectors/, as in e_service.yaml")
    address = _address(fields["address"]) if "address" in fields else ""
    program = tuple(part.text() for part in fields["program"].items()) if "program" in fields else ()
    if not {"address", "program"} & fields.keys():
        item.report("must have an address (a system on the web), a program (one on the desktop), or both")
    if "program" in fields:
        if not program:
            fields["program"].report("must be a list: the program and each of its arguments")
        placeholders = set(re.findall(r"\{[^}]*\}?", " ".join(program)))
        if placeholders - _PLACEHOLDERS:
            fields["program"].report(f"may have the placeholders {' and '.join(sorted(_PLACEHOLDERS))} only")
        if "{address}" in placeholders and "address" not in fields:
            fields["program"].report("has the placeholder {address}, but the system has no address")
    return SystemSettings(
        name=name,
        selectors=root / "selectors" / selectors,
        address=address,
        program=program,
        sessions=_count(fields["sessions"]),
        open=_open(fields["open"]) if "open" in fields else (),
    )


def _open(item: Item) -> tuple[Opening, ...]:
    openings: list[Opening] = []
    for one in item.items(may_be_empty=False):
        opening = _parsed(one, Opening.parse)
        if opening is None:
            continue
        if any(opening.overlaps(earlier) for earlier in openings):
            one.report("overlaps with hours above it")
        openings.append(opening)
    return tuple(openings)


def _schedule(item: Item | None, systems: Mapping[str, SystemSettings], quiet_seconds: float) -> Schedule:
    fields = {} if item is None else item.fields(optional=("runs", "skip_holidays", "last_case_at", "stop_at", "hung_minutes"))
    least_minutes = math.ceil(quiet_seconds / 60)
    hung_minutes = _count(fields["hung_minutes"]) if "hung_minutes" in fields else max(HUNG_MINUTES, least_minutes)
    if hung_minutes < least_minutes:
        fields["hung_minutes"].report(
            f"must be at least {least_minutes}: by the waits that are set under run, one that works can be quiet for so long"
        )
    lines = [_parsed(one, CronLine.parse) for one in fields["runs"].items(may_be_empty=False)] if "runs" in fields else []
    schedule = Schedule(
        runs=tuple(line for line in lines if line is not None),
        skip_holidays="skip_holidays" in fields and fields["skip_holidays"].flag(),
        last_case_at=_parsed(fields["last_case_at"], parse_clock) if "last_case_at" in fields else None,
        stop_at=_parsed(fields["stop_at"], parse_clock) if "stop_at" in fields else None,
        hung_minutes=hung_minutes,
        hours=MappingProxyType({name: system.open for name, system in systems.items() if system.open}),
    )
    for line in schedule.unmet_runs():
        fields["runs"].report(f"{line.text} is due on holidays only, and skip_holidays leaves these out")
    return schedule


def _parsed(item: Item, parse: Callable[[str], T]) -> T | None:
    """Return what the text says, or None after a report when it can't be understood."""
    text = item.text()
    if not text:
        return None
    try:
        return parse(text)
    except ValueError as mistake:
        item.report(str(mistake))
        return None


def _matching(item: Item, pattern: str, rule: str) -> str:
    """Return the text, or nothing after a report when it breaks the rule."""
    text = item.text()
    if not text or re.fullmatch(pattern, text):
        return text
    item.report(rule)
    return ""


def _address(item: Item) -> str:
    rule = "must be an address as in https://host:port, without name, password or question mark"
    text = _matching(item, r"https?://[^\s@?#]+", rule)
    try:
        is_whole = not text or bool(urlsplit(text).hostname and urlsplit(text).port != 0)
    except ValueError:  # a port that is no number
        is_whole = False
    if not is_whole:
        item.report(rule)
    return text.rstrip("/")


def _database(item: Item) -> str:
    rule = "must be an address as in postgresql+psycopg://host/name, without a password: that belongs in PGPASSWORD or in .pgpass"
    text = _matching(item, r"postgresql\+psycopg://([^:@/?#\s]+@)?[^@/?#\s]*/[A-Za-z0-9_-]+(\?[^#@\s]*)?", rule)
    schemas = [key for key in text.partition("?")[2].split("&") if key.startswith("schema=")]
    if "password=" in text or not all(re.fullmatch(r"schema=[a-z_][a-z0-9_]{0,40}", schema) for schema in schemas):
        item.report(rule if "password=" in text else "the schema must be of small letters, figures and underscores")
    return text


def _days(item: Item) -> int:
    return int(_matching(item, r"[0-9]{1,2}", "must be a whole number of days, and below 100") or 0)


def _lifeless_seconds(item: Item) -> float:
    seconds = _seconds(item)
    if seconds < _LEAST_LIFELESS_SECONDS:
        item.report(f"must be at least {_LEAST_LIFELESS_SECONDS}: a machine that is slow for a moment is not dead")
    return seconds


def _count(item: Item) -> int:
    return int(_matching(item, r"[1-9][0-9]{0,2}", "must be a whole number of at least 1, and below 1000") or 1)


def _late_seconds(run: Mapping[str, Item]) -> float:
    """Return the time of which it is proven that a system has dropped what it never answered: at least as long as the robot waits for an answer."""
    waited_seconds = _seconds(run["view_seconds"]) + _seconds(run["answer_seconds"])
    if "late_seconds" not in run:
        return 2 * waited_seconds
    seconds = _seconds(run["late_seconds"])
    if seconds < waited_seconds:
        run["late_seconds"].report("must be at least view_seconds and answer_seconds together: the robot itself waits as long for an answer")
    return seconds


def _seconds(item: Item) -> float:
    rule = f"must be a number of seconds, more than 0 and at most {_MOST_SECONDS}"
    seconds = float(_matching(item, r"[0-9]{1,4}(\.[0-9]{1,3})?", rule) or 1)
    if not 0 < seconds <= _MOST_SECONDS:
        item.report(rule)
    return seconds
