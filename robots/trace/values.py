"""Values of facts in words: whatever a case file can hold, a line for each thing."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from robots.case import Month
from robots.texts import Texts


def in_lines(value: object, texts: Texts) -> tuple[str, ...]:
    """Return a value as lines of text; a list gives a line for each of its members."""
    if isinstance(value, tuple):
        return tuple(_line(member, texts) for member in value) or (texts.say("trace.value.none_of_them"),)
    return (_line(value, texts),)


def _line(value: object, texts: Texts) -> str:
    if value is None:
        return texts.say("trace.value.none")
    if isinstance(value, bool):
        return texts.say("trace.value.yes" if value else "trace.value.no")
    if isinstance(value, Decimal):
        return texts.amount(value)
    if isinstance(value, Month):
        return texts.month(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "; ".join(_line(member, texts) for member in value) or texts.say("trace.value.none_of_them")
    if isinstance(value, StrEnum):
        return texts.texts.get(f"party.{value.value}", value.value)
    if is_dataclass(value):
        return ", ".join(_named(one.name, getattr(value, one.name), texts) for one in fields(value))
    return str(value)


def _named(name: str, value: object, texts: Texts) -> str:
    """Return a part of a row; what speaks for itself goes without its name."""
    key = f"trace.part.{name}"
    line = _line(value, texts)
    return f"{texts.say(key)}: {line}" if key in texts.texts else line
