"""What the operator sets: `config/kollega.yaml`, read strictly, and the robot's own names and passwords from the environment.

Nothing here comes from the law or the municipality's guidelines. All mistakes of the file are gathered and reported at
once, one a line: `config/kollega.yaml:12 systems.e_service.sessions: must be a whole number of at least 1`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from robots.errors import SettingsInvalid, SetupError

SETTINGS_FILE = "config/kollega.yaml"
SCHEMA = "1"
LANGUAGES = ("sv", "en")
SYSTEMS = ("e_service", "population_register", "benefits_register", "case_system", "person_lookup")
_PLACEHOLDERS = ("{address}", "{python}")
_MOST_SECONDS = 3600
_SELECTOR_FILE_NAME = re.compile(r"[a-z][a-z0-9_]*\.yaml")


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

    @property
    def command(self) -> tuple[str, ...]:
        """The command that starts the program: `{address}` and `{python}` (this interpreter) filled in."""
        return tuple(part.replace("{address}", self.address).replace("{python}", sys.executable) for part in self.program)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How the robot works through its cases."""

    cases_at_once: int
    #: how often a step is tried in all while a system does not work
    tries: int
    #: wait before the second try; each later wait is twice the one before
    first_wait_seconds: float
    #: how long a view may take to come after an address or a press
    view_seconds: float
    #: how long an element of a view that shows may take
    answer_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSettings:
    """Where the robot keeps what it writes; absolute paths."""

    #: folder of the casebook and the engine
    state: Path
    #: folder of all runs
    logs: Path
    #: the exception workbook
    workbook: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything in config/kollega.yaml."""

    #: folder that holds config/ and selectors/
    root: Path
    #: language of what caseworkers, applicants and the board read: `sv` or `en`
    language: str
    systems: Mapping[str, SystemSettings]
    run: RunSettings
    paths: PathSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The robot's own account in one system."""

    user: str
    password: str = field(repr=False)


def load(root: Path) -> Settings:
    """Return the settings of the installation in the folder `root`.

    Raises:
        SettingsInvalid: the file is missing or wrong; the message has one line for each mistake, in the file's order.
    """
    try:
        text = (root / SETTINGS_FILE).read_text(encoding="utf-8")
        top = YAML(typ="rt", pure=True).compose(text)
    except FileNotFoundError:
        raise SettingsInvalid(f"{SETTINGS_FILE} is missing; start the robot in its own folder, or say where that is with --root") from None
    except (OSError, UnicodeDecodeError):
        raise SettingsInvalid(f"{SETTINGS_FILE}: can't be read as a text file in UTF-8; look over its rights and its encoding") from None
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SettingsInvalid(f"{SETTINGS_FILE}{line}: not YAML: {error.problem}") from None
    except YAMLError:
        raise SettingsInvalid(f"{SETTINGS_FILE}: not YAML; there may be a character in it that can't be seen") from None
    reader = _Reader()
    settings = _settings(reader, top, root.resolve())
    if reader.mistakes:
        raise SettingsInvalid("\n".join(f"{SETTINGS_FILE}:{line} {mistake}" for line, mistake in sorted(reader.mistakes)))
    return settings


def with_addresses(settings: Settings, addresses: Mapping[str, str]) -> Settings:
    """Return the settings with other addresses for the systems named; KeyError for a system that there is not."""
    changed = {name: replace(settings.systems[name], address=address.rstrip("/")) for name, address in addresses.items()}
    return replace(settings, systems=MappingProxyType({**settings.systems, **changed}))


def with_paths(settings: Settings, *, state: Path | None = None, logs: Path | None = None, workbook: Path | None = None) -> Settings:
    """Return the settings with other places for what the robot writes."""
    paths = settings.paths
    return replace(settings, paths=PathSettings(state=state or paths.state, logs=logs or paths.logs, workbook=workbook or paths.workbook))


def credentials(system: str) -> Credentials:
    """Return the robot's name and password in the system, from `KOLLEGA_<SYSTEM>_USER` and `KOLLEGA_<SYSTEM>_PASSWORD`.

    Whoever builds the robot registers the password with `run_log.redact` before it is used.

    Raises:
        SetupError: a variable is not set; says which.
    """
    names = [f"KOLLEGA_{system.upper()}_{part}" for part in ("USER", "PASSWORD")]
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise SetupError(f"the robot has no account there; set the environment variable {' and '.join(missing)}", system=system)
    user, password = (os.environ[name] for name in names)
    return Credentials(user=user, password=password)


# --- reading ----------------------------------------------------------------------------------------------------------


def _settings(reader: _Reader, top: Node | None, root: Path) -> Settings:
    if top is None:
        top = MappingNode("tag:yaml.org,2002:map", [])
    fields = reader.fields(top, "", ("schema", "language", "systems", "run", "paths"))
    reader.one_of(fields, "schema", "", (SCHEMA,))
    language = reader.one_of(fields, "language", "", LANGUAGES)
    systems: dict[str, SystemSettings] = {}
    for name, node in reader.below(fields, "systems", "", SYSTEMS).items():
        systems[name] = _system(reader, node, name, root)
    run = reader.below(fields, "run", "", ("cases_at_once", "tries", "first_wait_seconds", "view_seconds", "answer_seconds"))
    paths = reader.below(fields, "paths", "", ("state", "logs", "workbook"))
    return Settings(
        root=root,
        language=language,
        systems=MappingProxyType(systems),
        run=RunSettings(
            cases_at_once=reader.whole(run, "cases_at_once", "run"),
            tries=reader.whole(run, "tries", "run"),
            first_wait_seconds=reader.seconds(run, "first_wait_seconds", "run"),
            view_seconds=reader.seconds(run, "view_seconds", "run"),
            answer_seconds=reader.seconds(run, "answer_seconds", "run"),
        ),
        paths=PathSettings(
            state=root / reader.text(paths, "state", "paths"),
            logs=root / reader.text(paths, "logs", "paths"),
            workbook=root / reader.text(paths, "workbook", "paths", re.compile(r".+\.xlsx"), "must be a file name that ends with .xlsx"),
        ),
    )


def _system(reader: _Reader, node: Node, name: str, root: Path) -> SystemSettings:
    place = f"systems.{name}"
    fields = reader.fields(node, place, ("selectors", "sessions"), ("address", "program"))
    address = reader.address(fields, "address", place) if "address" in fields else ""
    program = reader.texts(fields, "program", place) if "program" in fields else ()
    if isinstance(node, MappingNode) and "address" not in fields:
        if "program" not in fields:
            reader.mistake(node, place, "must have an address (a system on the web), a program (one on the desktop), or both")
        elif any("{address}" in part for part in program):
            reader.mistake(fields["program"], f"{place}.program", "has the placeholder {address}, but the system has no address")
    for part in program:
        for placeholder in re.findall(r"\{[^}]*\}?", part):
            if placeholder not in _PLACEHOLDERS:
                reader.mistake(fields["program"], f"{place}.program", f"may have the placeholders {' and '.join(_PLACEHOLDERS)} only")
    selectors = reader.text(fields, "selectors", place, _SELECTOR_FILE_NAME, "must be the name of a file under selectors/, as in e_service.yaml")
    return SystemSettings(
        name=name, selectors=root / "selectors" / selectors, address=address, program=program, sessions=reader.whole(fields, "sessions", place)
    )


class _Reader:
    """Takes values out of the file's nodes and notes every mistake with its line; after one it goes on with a stand-in."""

    def __init__(self) -> None:
        self.mistakes: list[tuple[int, str]] = []

    def mistake(self, node: Node, place: str, text: str) -> None:
        line = node.start_mark.line + 1 if node.start_mark else 1
        self.mistakes.append((line, f"{place}: {text}" if place else text))

    def fields(self, node: Node, place: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Node]:
        if not isinstance(node, MappingNode):
            self.mistake(node, place, f"must have these keys below it: {', '.join(needed + optional)}")
            return {}
        found: dict[str, Node] = {}
        for key_node, value in node.value:
            key = str(key_node.value) if isinstance(key_node, ScalarNode) else "?"
            path = f"{place}.{key}" if place else key
            if key not in needed + optional:
                near = get_close_matches(key, needed + optional, n=1)
                self.mistake(
                    key_node, path, f"unknown key; is {near[0]} meant?" if near else f"unknown key; known are {', '.join(needed + optional)}"
                )
            elif key in found:
                self.mistake(key_node, path, "stands there twice")
            else:
                if isinstance(value, ScalarNode) and value.value == "":
                    value.start_mark = key_node.start_mark  # YAML places an empty value on the line of what follows it
                found[key] = value
        for key in needed:
            if key not in found:
                self.mistake(node, f"{place}.{key}" if place else key, "is missing")
        return found

    def below(self, fields: dict[str, Node], key: str, place: str, needed: tuple[str, ...]) -> dict[str, Node]:
        return self.fields(fields[key], f"{place}.{key}" if place else key, needed) if key in fields else {}

    def text(
        self, fields: dict[str, Node], key: str, place: str, form: re.Pattern[str] | None = None, rule: str = "must be a text, and not empty"
    ) -> str:
        if key not in fields:
            return "missing"
        node = fields[key]
        text = str(node.value).strip() if isinstance(node, ScalarNode) else ""
        if not text or not text.isprintable() or (form is not None and form.fullmatch(text) is None):
            self.mistake(node, f"{place}.{key}" if place else key, rule)
        return text

    def texts(self, fields: dict[str, Node], key: str, place: str) -> tuple[str, ...]:
        node = fields[key]
        items = node.value if isinstance(node, SequenceNode) else []
        if not items or not all(isinstance(item, ScalarNode) and item.value for item in items):
            self.mistake(node, f"{place}.{key}", "must be a list of texts: the program and each of its arguments")
            return ()
        return tuple(str(item.value) for item in items)

    def one_of(self, fields: dict[str, Node], key: str, place: str, known: tuple[str, ...]) -> str:
        return self.text(fields, key, place, re.compile("|".join(map(re.escape, known))), f"must be {' or '.join(known)}")

    def address(self, fields: dict[str, Node], key: str, place: str) -> str:
        rule = "must be an address as in https://host:port, without name, password or question mark"
        text = self.text(fields, key, place, re.compile(r"https?://[^\s@?#]+"), rule)
        try:
            parts = urlsplit(text)
            is_valid = bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_valid = False
        if not is_valid and re.fullmatch(r"https?://[^\s@?#]+", text):
            self.mistake(fields[key], f"{place}.{key}", rule)
        return text.rstrip("/")

    def whole(self, fields: dict[str, Node], key: str, place: str) -> int:
        text = self._number(fields, key, place, re.compile(r"[1-9][0-9]{0,2}"), "must be a whole number of at least 1, and below 1000")
        return int(text or 1)

    def seconds(self, fields: dict[str, Node], key: str, place: str) -> float:
        rule = f"must be a number of seconds, more than 0 and at most {_MOST_SECONDS}"
        text = self._number(fields, key, place, re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?"), rule)
        seconds = float(text or 1)
        if not 0 < seconds <= _MOST_SECONDS:
            self.mistake(fields[key], f"{place}.{key}", rule)
        return seconds

    def _number(self, fields: dict[str, Node], key: str, place: str, form: re.Pattern[str], rule: str) -> str:
        if key not in fields:
            return ""
        node = fields[key]
        # A number in quotation marks is a text: whoever wrote it meant something else, or copied it.
        if isinstance(node, ScalarNode) and node.style is None and form.fullmatch(str(node.value)):
            return str(node.value)
        self.mistake(node, f"{place}.{key}", rule)
        return ""
