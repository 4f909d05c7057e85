"""The section `systems` of config/kollega.yaml: where each outside system is, how its program starts, and when it may be used."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from robots.schedule import Opening
from robots.settings_values import read_count, read_matching, read_parsed
from robots.yaml_file import Item

SYSTEMS = ("e_service", "population_register", "benefits_register", "case_system", "person_lookup")
_PLACEHOLDERS = {"{address}", "{python}"}


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


def read_system_settings(item: Item, *, root: Path) -> dict[str, SystemSettings]:
    """Return what the section says of each system, by its name; what is set there wrong is reported.

    Args:
        item: the section.
        root: folder that holds selectors/.
    """
    return {name: _system(one, name, root) for name, one in item.fields(*SYSTEMS).items()}


def _system(item: Item, name: str, root: Path) -> SystemSettings:
    fields = item.fields("selectors", "sessions", optional=("address", "program", "open"))
    selectors = read_matching(fields["selectors"], r"[a-z][a-z0-9_]*\.yaml", "must be the name of a file under selectors/, as in e_service.yaml")
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
        sessions=read_count(fields["sessions"]),
        open=_open(fields["open"]) if "open" in fields else (),
    )


def _open(item: Item) -> tuple[Opening, ...]:
    openings: list[Opening] = []
    for one in item.items(may_be_empty=False):
        opening = read_parsed(one, Opening.parse)
        if opening is None:
            continue
        if any(opening.overlaps(earlier) for earlier in openings):
            one.report("overlaps with hours above it")
        openings.append(opening)
    return tuple(openings)


def _address(item: Item) -> str:
    rule = "must be an address as in https://host:port, without name, password or question mark"
    text = read_matching(item, r"https?://[^\s@?#]+", rule)
    try:
        is_whole = not text or bool(urlsplit(text).hostname and urlsplit(text).port != 0)
    except ValueError:  # a port that is no number
        is_whole = False
    if not is_whole:
        item.report(rule)
    return text.rstrip("/")
