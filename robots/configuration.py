"""Everything that stands in config/ and selectors/, read together."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from robots import settings as settings_file
from robots.authority import Delegation
from robots.errors import SetupError
from robots.guidelines import Guidelines
from robots.parameters import Parameters
from robots.rules import Law
from robots.rules.completeness import check_complete
from robots.screens import selector_file
from robots.screens.selector_file import SelectorFile
from robots.settings import Settings
from robots.statutes import Statutes
from robots.texts import Texts

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that stands in config/ and selectors/, read and found right."""

    settings: Settings
    law: Law
    delegation: Delegation
    texts: Texts
    selectors: Mapping[str, SelectorFile]


def read_configuration(root: Path) -> Configuration:
    """Read every file of config/ and selectors/.

    Args:
        root: folder that holds both.

    Raises:
        SetupError: the mistakes of all files together, one a line, each with its file and place.
    """
    config = root / "config"
    mistakes: list[str] = []

    def read(load: Callable[[], T]) -> T | None:
        try:
            return load()
        except SetupError as error:
            mistakes.extend(str(error).splitlines())
            return None

    settings = read(lambda: settings_file.load(root))
    parameters = read(lambda: Parameters.load(config / "parameters"))
    if parameters is not None:
        read(functools.partial(check_complete, parameters, config / "parameters"))
    guidelines = read(lambda: Guidelines.load(config / "guidelines.yaml"))
    delegation = read(functools.partial(Delegation.load, config / "delegation.yaml", parameters)) if parameters is not None else None
    statutes = read(lambda: Statutes.load(config / "statutes.yaml"))
    if statutes is not None and delegation is not None:
        read(functools.partial(statutes.check, config))
    office = {} if guidelines is None else {"municipality": guidelines.municipality, "board": guidelines.board}
    texts = read(lambda: Texts.load(config / "texts", "sv" if settings is None else settings.language, **office))
    # Without settings that say which files are used, all are read: every mistake is to be told at once.
    unnamed = {path.stem: path for path in sorted((root / "selectors").glob("*.yaml"))}
    paths = unnamed if settings is None else {name: system.selectors for name, system in settings.systems.items()}
    files = {name: read(functools.partial(selector_file.load, path)) for name, path in paths.items()}
    selectors = {name: file for name, file in files.items() if file is not None}
    if mistakes or settings is None or parameters is None or guidelines is None or delegation is None or texts is None:
        raise SetupError("\n".join(mistakes))
    law = Law(parameters=parameters, guidelines=guidelines)
    return Configuration(settings=settings, law=law, delegation=delegation, texts=texts, selectors=selectors)
