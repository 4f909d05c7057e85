"""The catalogue of texts: everything that caseworkers, applicants and the board read, in Swedish and in English.

A language is the file of its name and all files whose name ends in it: `sv.yaml`, `rules_sv.yaml`.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from robots.case import Month
from robots.errors import SettingsInvalid
from robots.yaml_file import Item, YamlFile

LANGUAGES = ("sv", "en")

_BABEL_LOCALES = {"sv": Locale("sv", "SE"), "en": Locale("en", "GB")}
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts of one language; the same keys and placeholders exist in the other."""

    language: str
    #: by key, e.g. `reason.INC-NEW`
    texts: dict[str, str]
    #: who sends messages and decisions
    municipality: str
    board: str

    @classmethod
    def load(cls, folder: Path, language: str, *, municipality: str = "", board: str = "") -> Texts:
        """Read both languages and return one.

        Args:
            folder: holds the files of each language, `sv.yaml` and any `*_sv.yaml`, read as one; nested keys are joined by points.
            language: `sv` or `en`.
            municipality: name for messages; without it they say `kommunen`.
            board: name of the board that decides; without it they say `nämnden`.

        Raises:
            SettingsInvalid: all mistakes: keys or placeholders that differ between the languages, keys that two files have, empty texts, wrong YAML.
        """
        if language not in LANGUAGES:
            raise SettingsInvalid(f"there are no texts in that language; choose one of {', '.join(LANGUAGES)}")
        catalogues = {name: _read(folder, name) for name in LANGUAGES}
        mistakes = []
        first, *others = LANGUAGES
        for other in others:
            one, two = catalogues[first], catalogues[other]
            for key in sorted(one.keys() ^ two.keys()):
                has, lacking = (one, other) if key in one else (two, first)
                mistakes.append(f"{_sibling(has[key].path, lacking)}: the key {key} is missing; every text stands in both languages")
            for key in sorted(one.keys() & two.keys()):
                if placeholders(one[key].text) != placeholders(two[key].text):
                    mistakes.append(f"{two[key].path}: {key} has other placeholders than {one[key].path.name}")
        if mistakes:
            raise SettingsInvalid("\n".join(mistakes))
        texts = {key: said.text for key, said in catalogues[language].items()}
        return cls(
            language=language,
            texts=texts,
            municipality=municipality or texts.get("office.municipality", ""),
            board=board or texts.get("office.board", ""),
        )

    def say(self, key: str, **values: str) -> str:
        """Return a text with its placeholders filled in; `{board}` and `{municipality}` are always known.

        Raises:
            KeyError: there is no such key, or a placeholder has no value.
        """
        return self.texts[key].format_map({"municipality": self.municipality, "board": self.board, **values})

    def amount(self, kronor: Decimal) -> str:
        """Return an amount as prose writes it, e.g. `7 170 kr`, with spaces that do not break."""
        return self.say("format.amount", number=self.number(kronor)).replace(" ", _NO_BREAK_SPACE)

    def number(self, value: int | Decimal, *, decimals: int | None = None) -> str:
        """Return a number as prose and tables write it, e.g. `1 234` or `−12,5`, with spaces that do not break and a sign that is a minus.

        Args:
            value: the number.
            decimals: how many are written; when left out, none of a whole number and two of any other.
        """
        shown = decimals if decimals is not None else 0 if value == int(value) else 2
        pattern = f"#,##0.{'0' * shown}" if shown else "#,##0"
        number = format_decimal(value, format=pattern, locale=_BABEL_LOCALES[self.language])
        return number.replace(" ", _NO_BREAK_SPACE).replace("-", "\N{MINUS SIGN}")

    def day(self, day: date) -> str:
        """Return a day as prose writes it, e.g. `den 21 november 2026`."""
        return self.say("format.day", day=format_date(day, format="d MMMM y", locale=_BABEL_LOCALES[self.language]))

    def month(self, month: Month) -> str:
        """Return a month as prose writes it, e.g. `november 2026`."""
        return format_date(month.first_day, format="MMMM y", locale=_BABEL_LOCALES[self.language])


@lru_cache(maxsize=4096)
def placeholders(text: str) -> frozenset[str]:
    """Return the names in curly brackets in the text."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A text and the file that holds it."""

    text: str
    path: Path


def _read(folder: Path, language: str) -> dict[str, _Said]:
    """Return the texts of all files of a language."""
    found: dict[str, _Said] = {}
    for path in (folder / f"{language}.yaml", *sorted(folder.glob(f"*_{language}.yaml"))):
        file = YamlFile(path)
        _gather(file.top, "", path, found)
        file.finish()
    return found


def _sibling(path: Path, language: str) -> Path:
    """Return the file of the same name in another language."""
    return path.with_stem(f"{path.stem.removesuffix(path.stem.rpartition('_')[2])}{language}")


def _gather(item: Item, prefix: str, path: Path, found: dict[str, _Said]) -> None:
    for name, value in item.entries().items():
        key = f"{prefix}.{name}" if prefix else name
        if not value.is_text:
            _gather(value, key, path, found)
            continue
        if key in found:
            elsewhere = found[key].path
            value.report("the key stands twice" if elsewhere == path else f"the key stands in {elsewhere.name} already")
        text = value.text()
        if not _is_well_formed(text):
            value.report("a placeholder is a plain name in curly brackets, e.g. {month}")
        found[key] = _Said(text=text, path=path)


def _is_well_formed(text: str) -> bool:
    try:
        return all(re.fullmatch(r"[a-z_]+", name) for name in placeholders(text))
    except ValueError:
        return False
