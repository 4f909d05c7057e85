"""Values that several sections of config/kollega.yaml have: counts, days, seconds, and texts that follow a rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from robots.yaml_file import Item

T = TypeVar("T")

_MOST_SECONDS = 3600


def read_parsed(item: Item, parse: Callable[[str], T]) -> T | None:
    """Return what the text says, or None after a report when it can't be understood.

    Args:
        item: the text.
        parse: reads it; raises ValueError with what is wrong.
    """
    text = item.text()
    if not text:
        return None
    try:
        return parse(text)
    except ValueError as mistake:
        item.report(str(mistake))
        return None


def read_matching(item: Item, pattern: str, rule: str) -> str:
    """Return the text, or nothing after a report when it breaks the rule.

    Args:
        item: the text.
        pattern: that the whole of it must match.
        rule: what the pattern means, for the report.
    """
    text = item.text()
    if not text or re.fullmatch(pattern, text):
        return text
    item.report(rule)
    return ""


def read_count(item: Item) -> int:
    """Return the number, from 1 to 999; 1 after a report."""
    return int(read_matching(item, r"[1-9][0-9]{0,2}", "must be a whole number of at least 1, and below 1000") or 1)


def read_days(item: Item) -> int:
    """Return the number of days, from 0 to 99; 0 after a report."""
    return int(read_matching(item, r"[0-9]{1,2}", "must be a whole number of days, and below 100") or 0)


def read_seconds(item: Item) -> float:
    """Return the seconds, more than 0 and at most an hour; 1 after a report when it is no number."""
    rule = f"must be a number of seconds, more than 0 and at most {_MOST_SECONDS}"
    seconds = float(read_matching(item, r"[0-9]{1,4}(\.[0-9]{1,3})?", rule) or 1)
    if not 0 < seconds <= _MOST_SECONDS:
        item.report(rule)
    return seconds
