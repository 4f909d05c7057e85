"""A YAML file read strictly and as text alone, so that every mistake in it is found at once and named by file and line.

YAML's own guesses are not used: `NO` stays `NO`, `1450.10` never becomes a float, and the second of two equal keys never
wins in silence. The reader of each file says what type a value must have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from robots.errors import SettingsInvalid, SetupError

Choice = TypeVar("Choice", bound=StrEnum)

_NULLS = ("", "null", "~")


class YamlFile:
    """One file and the mistakes found in it so far.

    Reading never stops at a mistake: a wrong value is reported and replaced by an empty one of its type, and `finish`
    raises before anything of it can be used.
    """

    def __init__(self, path: Path, *, error: type[SetupError] = SettingsInvalid) -> None:
        """Read the file.

        Args:
            path: the file.
            error: class of the error that `finish` raises.

        Raises:
            SetupError: of the class `error`; the file is not there, not UTF-8 or no YAML at all.
        """
        self.path = path
        self._error = error
        self._mistakes: list[tuple[int, str]] = []
        try:
            node = YAML(typ="safe", pure=True).compose(path.read_text(encoding="utf-8"))
        except OSError:
            raise error(f"{path} can't be read. Put the file there, or set the path right") from None
        except UnicodeDecodeError:
            raise error(f"{path} is not UTF-8. Save it as UTF-8") from None
        except YAMLError as mistake:
            mark = getattr(mistake, "problem_mark", None)
            line = f":{mark.line + 1}" if mark is not None else ""
            raise error(f"{path}{line}: not valid YAML. Set the line right") from None
        self.top = Item(self, node, "")

    def report(self, line: int, mistake: str) -> None:
        """Remember a mistake in a line, counted from 1."""
        self._mistakes.append((line, mistake))

    @property
    def has_mistakes(self) -> bool:
        """Whether a mistake was found so far."""
        return bool(self._mistakes)

    def finish(self) -> None:
        """Raise the error with every mistake, each on a line of its own, in the order of the file; do nothing without any."""
        if self._mistakes:
            lines = [f"{self.path}:{line}: {mistake}" for line, mistake in sorted(dict.fromkeys(self._mistakes))]
            raise self._error("\n".join(lines))


class Item:
    """One value of the file, with its place."""

    def __init__(self, file: YamlFile, node: Node | None, place: str, *, line: int = 1) -> None:
        self._file = file
        self._node = node
        self.place = place
        self.line = line if node is None else node.start_mark.line + 1

    def report(self, mistake: str) -> None:
        """Remember a mistake at this place."""
        self._file.report(self.line, f"{self.place}: {mistake}" if self.place else mistake)

    def entries(self) -> dict[str, Item]:
        """Return a mapping with keys of any name; a key that stands twice is a mistake."""
        if not isinstance(self._node, MappingNode):
            self.report("must be keys with values")
            return {}
        found: dict[str, Item] = {}
        for key_node, value_node in self._node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else ""
            place = f"{self.place}.{key}" if self.place else key
            if not key:
                self._file.report(key_node.start_mark.line + 1, f"{self.place}: a key must be text")
            elif key in found:
                self._file.report(key_node.start_mark.line + 1, f"{place}: the key stands twice")
            else:
                found[key] = Item(self._file, value_node, place)
        return found

    def fields(self, *required: str, optional: Iterable[str] = ()) -> dict[str, Item]:
        """Return a mapping with exactly these keys; unknown and missing ones are mistakes.

        Every required key is in the answer, an optional one when it stands in the file.
        """
        found = self.entries()
        known = {*required, *optional}
        for key, item in found.items():
            if key not in known:
                item.report(f"unknown key; known are {', '.join(sorted(known))}")
        for key in required:
            if key not in found:
                self.report(f"the key {key} is missing")
                found[key] = Item(self._file, None, f"{self.place}.{key}" if self.place else key, line=self.line)
        return {key: item for key, item in found.items() if key in known}

    def items(self) -> list[Item]:
        """Return the members of a list."""
        if self._is_missing:
            return []
        if not isinstance(self._node, SequenceNode):
            self.report("must be a list")
            return []
        return [Item(self._file, node, f"{self.place}[{number}]") for number, node in enumerate(self._node.value)]

    @property
    def _is_missing(self) -> bool:
        return self._node is None and self.place != ""

    @property
    def is_text(self) -> bool:
        """Whether the value is a single text."""
        return isinstance(self._node, ScalarNode)

    @property
    def is_null(self) -> bool:
        """Whether the value is left empty, or `null`."""
        return isinstance(self._node, ScalarNode) and self._node.style is None and self._node.value in _NULLS

    def text(self) -> str:
        """Return a text that is not empty."""
        if self._is_missing:
            return ""
        if not isinstance(self._node, ScalarNode) or self.is_null or not self._node.value.strip():
            self.report("must be a text")
            return ""
        return str(self._node.value)

    def _parsed(self, pattern: str, must_be: str) -> str:
        if self._is_missing:
            return ""
        value = self._node.value if isinstance(self._node, ScalarNode) else None
        if value is None or re.fullmatch(pattern, value) is None:
            self.report(must_be)
            return ""
        return str(value)

    def whole_number(self, *, at_most: int | None = None) -> int:
        """Return a whole number of zero or more."""
        number = int(self._parsed(r"\d{1,9}", "must be a whole number") or 0)
        if at_most is not None and number > at_most:
            self.report(f"must be at most {at_most}")
        return number

    def amount(self) -> Decimal:
        """Return a number of zero or more, with a point before decimals."""
        return Decimal(self._parsed(r"\d{1,9}(\.\d{1,4})?", "must be a number such as 3940 or 12.5") or "0")

    def day(self) -> date:
        """Return a date such as 2026-11-21."""
        text = self._parsed(r"\d{4}-\d{2}-\d{2}", "must be a date such as 2026-11-21")
        try:
            return date.fromisoformat(text) if text else date.min
        except ValueError:
            self.report("there is no such day")
            return date.min

    def day_or_none(self) -> date | None:
        """Return a date, or None for `null`."""
        return None if self.is_null else self.day()

    def flag(self) -> bool:
        """Return true or false."""
        return self._parsed("true|false", "must be true or false") == "true"

    def choice(self, choices: type[Choice]) -> Choice:
        """Return one of the enum's values."""
        texts = [member.value for member in choices]
        chosen = self._parsed("|".join(re.escape(text) for text in texts), f"must be one of: {', '.join(texts)}")
        return choices(chosen) if chosen else next(iter(choices))

    def schema(self, number: int) -> None:
        """Check the file's schema number."""
        if not self._is_missing and self._parsed(r"\d+", "must be a whole number") not in {"", str(number)}:
            self.report(f"this program reads schema {number} only")
