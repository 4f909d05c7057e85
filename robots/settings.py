"""What the operator sets: `config/kollega.yaml`, read strictly. Names and passwords are no settings: see `accounts.py`.

Nothing here comes from the law or the municipality's guidelines. All mistakes of the file are gathered and reported at
once, one a line: `config/kollega.yaml:12: systems.e_service.sessions: must be a whole number of at least 1`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from robots import alert_settings, report_settings
from robots.accounts import SecretsSettings, read_secrets_settings
from robots.alert_settings import AlertSettings
from robots.assessment import RunMode
from robots.dashboard_settings import DashboardSettings, read_dashboard_settings
from robots.log_keeping import LogSettings, read_log_settings
from robots.path_settings import PathSettings, read_path_settings
from robots.report_settings import ReportSettings
from robots.retention_settings import RetentionSettings, read_retention_settings
from robots.run_settings import RunSettings, read_run_settings
from robots.schedule import Schedule
from robots.schedule_settings import read_schedule_settings
from robots.system_settings import SYSTEMS, SystemSettings, read_system_settings
from robots.trust import Trust, read_trust
from robots.workbook_settings import WorkbookSettings, read_workbook_settings
from robots.yaml_file import YamlFile

__all__ = [
    "SAMPLE_PREFIX",
    "SETTINGS_FILE",
    "SYSTEMS",
    "Language",
    "Settings",
    "SystemSettings",
    "load",
    "samples",
    "with_addresses",
    "with_mode",
    "with_paths",
    "with_selectors",
]

SETTINGS_FILE = "config/kollega.yaml"
SCHEMA = 1
SAMPLE_PREFIX = "KOLLEGA_SAMPLE_"


class Language(StrEnum):
    """The language of what caseworkers, applicants and the board read."""

    SWEDISH = "sv"
    ENGLISH = "en"


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
    trust: Trust = Trust()


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
        optional=("schedule", "workbook", "dashboard", "report", "alerts", "log", "secrets", "retention", "trust"),
    )
    fields["schema"].schema(SCHEMA)
    systems = read_system_settings(fields["systems"], root=root)
    run = read_run_settings(fields["run"])
    trust = read_trust(fields.get("trust"), root=root)
    hours = {name: system.open for name, system in systems.items()}
    settings = Settings(
        root=root,
        language=fields["language"].choice(Language),
        systems=MappingProxyType(systems),
        run=run,
        paths=read_path_settings(fields["paths"], root=root),
        schedule=read_schedule_settings(fields.get("schedule"), hours=hours, quiet_seconds=run.quiet_seconds),
        workbook=read_workbook_settings(fields.get("workbook")),
        dashboard=read_dashboard_settings(fields.get("dashboard")),
        report=report_settings.read(fields.get("report")),
        retention=read_retention_settings(fields.get("retention")),
        alerts=replace(alert_settings.read(fields.get("alerts"), systems=SYSTEMS), trust=trust),
        log=read_log_settings(fields.get("log")),
        secrets=read_secrets_settings(fields.get("secrets"), root=root),
        trust=trust,
    )
    read.finish()
    return settings


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
