"""The section `paths` of config/kollega.yaml: where the robot keeps what it writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from robots.assessment import RunMode
from robots.settings_values import read_matching
from robots.yaml_file import Item


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


def read_path_settings(item: Item, *, root: Path) -> PathSettings:
    """Return what the section says; what is set there wrong is reported.

    Args:
        item: the section.
        root: folder that relative paths begin at.
    """
    paths = item.fields("state", "logs", "workbook", optional=("database", "explanations"))
    return PathSettings(
        state=root / paths["state"].text(),
        logs=root / paths["logs"].text(),
        workbook=root / read_matching(paths["workbook"], r".+\.xlsx", "must be a file name that ends with .xlsx"),
        explanations=root / paths["explanations"].text() if "explanations" in paths and not paths["explanations"].is_null else None,
        database=_database(paths["database"]) if "database" in paths and not paths["database"].is_null else "",
    )


def _database(item: Item) -> str:
    rule = "must be an address as in postgresql+psycopg://host/name, without a password: that belongs in PGPASSWORD or in .pgpass"
    text = read_matching(item, r"postgresql\+psycopg://([^:@/?#\s]+@)?[^@/?#\s]*/[A-Za-z0-9_-]+(\?[^#@\s]*)?", rule)
    schemas = [key for key in text.partition("?")[2].split("&") if key.startswith("schema=")]
    if "password=" in text or not all(re.fullmatch(r"schema=[a-z_][a-z0-9_]{0,40}", schema) for schema in schemas):
        item.report(rule if "password=" in text else "the schema must be of small letters, figures and underscores")
    return text
