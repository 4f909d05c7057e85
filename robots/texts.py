"""The catalogue of texts: everything that caseworkers, applicants and the board read, in Swedish and in English."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_decimal

from robots.case import Month
from robots.errors import SettingsInvalid
from robots.yaml_file import Item, YamlFile

LANGUAGES = ("sv", "en")

_BABEL_LOCALES = {"sv": "sv_SE", "en": "en_GB"}
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
            folder: holds sv.yaml and en.yaml; nested keys are joined by points.
            language: `sv` or `en`.
            municipality: name for messages; without it they say `kommunen`.
            board: name of the board that decides; without it they say `nämnden`.

        Raises:
            SettingsInvalid: all mistakes: keys or placeholders that differ between the languages, empty texts, wrong YAML.
        """
        if language not in LANGUAGES:
            raise SettingsInvalid(f"there are no texts in that language; choose one of {', '.join(LANGUAGES)}")
        catalogues = {name: _read(folder / f"{name}.yaml") for name in LANGUAGES}
        mistakes = []
        first, *others = LANGUAGES
        for other in others:
            one, two = catalogues[first], catalogues[other]
            for key in sorted(one.keys() ^ two.keys()):
                lacking = other if key in one else first
                mistakes.append(f"{folder / lacking}.yaml: the key {key} is missing; every text stands in both languages")
            for key in sorted(one.keys() & two.keys()):
                if placeholders(one[key]) != placeholders(two[key]):
                    mistakes.append(f"{folder / other}.yaml: {key} has other placeholders than {first}.yaml")
        if mistakes:
            raise SettingsInvalid("\n".join(mistakes))
        texts = catalogues[language]
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
        pattern = "#,##0" if kronor == kronor.to_integral_value() else "#,##0.00"
        number = format_decimal(kronor, format=pattern, locale=_BABEL_LOCALES[self.language])
        return self.say("format.amount", number=number).replace(" ", _NO_BREAK_SPACE)

    def day(self, day: date) -> str:
        """Return a day as prose writes it, e.g. `den 21 november 2026`."""
        return self.say("format.day", day=format_date(day, format="d MMMM y", locale=_BABEL_LOCALES[self.language]))

    def month(self, month: Month) -> str:
        """Return a month as prose writes it, e.g. `november 2026`."""
        return format_date(month.first_day, format="MMMM y", locale=_BABEL_LOCALES[self.language])


def placeholders(text: str) -> frozenset[str]:
    """Return the names in curly brackets in the text."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def _read(path: Path) -> dict[str, str]:
    file = YamlFile(path)
    texts: dict[str, str] = {}
    _gather(file.top, "", texts)
    file.finish()
    return texts


def _gather(item: Item, prefix: str, texts: dict[str, str]) -> None:
    for name, value in item.entries().items():
        key = f"{prefix}.{name}" if prefix else name
        if not value.is_text:
            _gather(value, key, texts)
            continue
        if key in texts:
            value.report("the key stands twice")
        text = value.text()
        if not _is_well_formed(text):
            value.report("a placeholder is a plain name in curly brackets, e.g. {month}")
        texts[key] = text


def _is_well_formed(text: str) -> bool:
    try:
        return all(re.fullmatch(r"[a-z_]+", name) for name in placeholders(text))
    except ValueError:
        return False
