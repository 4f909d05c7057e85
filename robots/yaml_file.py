"""A YAML file read strictly and as text alone, so that every mistake in it is found at once and named by file and line.

YAML's own guesses are not used: `NO` stays `NO`, `1450.10` never becomes a float, and the second of two equal keys never
wins in silence. The reader of each file says what type a value must have. Every mistake of every file looks alike:
`path:line: place: what is wrong`, where the place is `systems.e_service.sessions` or, in words, `view log_in, element user`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from robots.errors import SettingsInvalid, SetupError

Choice = TypeVar("Choice", bound=StrEnum)

_NULLS = ("", "null", "~")
# The parser in C is ten times faster, and not in every build of the library.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _start_of(part: Node | yaml.Event) -> tuple[int, int]:
    """Return line and column, counted from 1."""
    mark = part.start_mark
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


# By the text and not by the path, so that a file that was changed is read as it is now. Nobody changes a node.
@lru_cache(maxsize=64)
def _composed(text: str) -> tuple[Node | None, frozenset[tuple[int, int]]]:
    """Return the top of a text, None when it is empty, and the starts of all that bears an anchor or takes one over."""
    node = yaml.compose(text, Loader=_LOADER)
    # A node does not tell its anchor. Only a text with this sign can have one, and reading the others once is enough.
    events = yaml.parse(text, Loader=_LOADER) if "&" in text else ()
    return node, frozenset(_start_of(event) for event in events if getattr(event, "anchor", None) is not None)


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
            node, anchored = _composed(path.read_text(encoding="utf-8"))
        except OSError:
            raise error(f"{path} can't be read. Put the file there, or set the path right") from None
        except UnicodeDecodeError:
            raise error(f"{path} is not UTF-8. Save it as UTF-8") from None
        except yaml.YAMLError as mistake:
            mark = getattr(mistake, "problem_mark", None)
            line = f":{mark.line + 1}" if mark is not None else ""
            problem = getattr(mistake, "problem", None)
            raise error(f"{path}{line}: not valid YAML{f' ({problem})' if problem else ''}. Set the line right") from None
        #: where values stand that other places take over
        self.anchored = anchored
        self.top = Item(self, node, "")

    def report(self, line: int, mistake: str) -> None:
        """Remember a mistake in a line, counted from 1."""
        self._mistakes.append((line, mistake))

    def finish(self) -> None:
        """Raise the error with every mistake, each on a line of its own, in the order of the file; do nothing without any."""
        if self._mistakes:
            lines = [f"{self.path}:{line}: {mistake}" for line, mistake in sorted(dict.fromkeys(self._mistakes))]
            raise self._error("\n".join(lines))


class Item:
    """One value of the file, with its place.

    A value that is missing is reported once, where it should stand: nothing that is read from it, or said of it, is a
    second mistake.
    """

    def __init__(self, file: YamlFile, node: Node | None, place: str, *, line: int = 0, joint: str = ".") -> None:
        self._file = file
        self._node = node
        self._joint = joint
        self.place = place
        #: the line of the value's key, or of the value itself in a list
        self.line = line or (1 if node is None else _start_of(node)[0])

    def called(self, words: str) -> Item:
        """Return the same value with its place in words, as in `view log_in, element user`."""
        return Item(self._file, self._node, words, line=self.line, joint=", ")

    def report(self, mistake: str) -> None:
        """Remember a mistake at this place."""
        if not self._is_missing:
            self._file.report(self.line, f"{self.place}: {mistake}" if self.place else mistake)

    def entries(self, *, may_be_empty: bool = True) -> dict[str, Item]:
        """Return a mapping with keys of any name; a key that stands twice is a mistake."""
        if not isinstance(self._node, MappingNode):
            self.report("must be keys with values")
            return {}
        found: dict[str, Item] = {}
        for key_node, value_node in self._node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else ""
            line, _ = _start_of(key_node)
            item = self._member(value_node, self._below(key), line)
            if not key:
                self._file.report(line, f"{self.place}: a key must be text" if self.place else "a key must be text")
            elif key in found:
                item.report("the key stands twice")
            else:
                found[key] = item
        if not found and not may_be_empty:
            self.report("must hold at least one key")
        return found

    def fields(self, *required: str, optional: Iterable[str] = ()) -> dict[str, Item]:
        """Return a mapping with exactly these keys; unknown and missing ones are mistakes.

        Every required key is in the answer, an optional one when it stands in the file.
        """
        if isinstance(self._node, MappingNode):
            found = self.entries()
            absent = [key for key in required if key not in found]
            for key in absent:
                self.report(f"the key {key} is missing")
        else:
            self.report(f"must be keys with values: {', '.join(required)}")
            found, absent = {}, list(required)
        known = {*required, *optional}
        for key, item in found.items():
            if key not in known:
                item.report(f"unknown key; known are {', '.join(sorted(known))}")
        found |= {key: Item(self._file, None, self._below(key), line=self.line) for key in absent}
        return {key: item for key, item in found.items() if key in known}

    def items(self, *, may_be_empty: bool = True) -> list[Item]:
        """Return the members of a list."""
        if not isinstance(self._node, SequenceNode):
            self.report("must be a list")
            return []
        if not self._node.value and not may_be_empty:
            self.report("must be a list with at least one member")
        return [self._member(node, f"{self.place}[{number}]") for number, node in enumerate(self._node.value)]

    def _below(self, key: str) -> str:
        return f"{self.place}{self._joint}{key}" if self.place else key

    def _member(self, node: Node, place: str, line: int = 0) -> Item:
        item = Item(self._file, node, place, line=line)
        if _start_of(node) not in self._file.anchored:
            return item
        # What stands in one place and counts in another is easily overlooked, and it can hold itself.
        item.report("an anchor or alias; write the value out")
        return Item(self._file, None, place, line=item.line)

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
        return isinstance(self._node, ScalarNode) and not self._node.style and self._node.value in _NULLS

    def text(self) -> str:
        """Return a text that is not empty."""
        if not isinstance(self._node, ScalarNode) or self.is_null or not self._node.value.strip():
            self.report("must be a text")
            return ""
        return str(self._node.value)

    def _parsed(self, pattern: str, must_be: str) -> str:
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
        if self._parsed(r"\d+", "must be a whole number") not in {"", str(number)}:
            self.report(f"this program reads schema {number} only")
