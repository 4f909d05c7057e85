"""The lines of a run's log as they come: what is whole and understood, and a count of what is not."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

LOG_NAME = "events.jsonl"

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
#: a text that is longer says nothing more to an operator; `events.jsonl` has it whole
_MOST_CHARACTERS = 2000
_MOST_SECONDS = 10**8
#: a time outside of these is no clock's, and could not be told in Swedish time at their ends
_YEARS = range(1970, 2200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event of the log; texts are untrusted."""

    #: aware UTC
    at: datetime
    level: str
    #: an action of this version, or of another
    action: str
    #: number of the application; empty for what concerns the run
    case: str
    system: str
    step: str
    seconds: float | None
    message: str


class LogTail:
    """Reads a log on from where it was read to before, also while it is being written."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG_NAME
        self._offset = 0
        self._rest = b""
        #: lines that are no event that can be understood
        self.unreadable = 0

    @property
    def has_half_a_line(self) -> bool:
        """Whether the log ends in the midst of a line; it is being written, or its writer was killed."""
        return bool(self._rest.strip())

    def read(self) -> list[Line]:
        """Return the events that have come since the last time; none when there is no log.

        Raises:
            OSError: the log is there and can't be read.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                read = file.read()
        except FileNotFoundError:
            return []
        self._offset += len(read)
        *whole, self._rest = (self._rest + read).split(b"\n")
        lines = [_line(one) for one in whole if one.strip()]
        self.unreadable += lines.count(None)
        return [line for line in lines if line is not None]


def _line(written: bytes) -> Line | None:
    try:
        fields = json.loads(written)
        at = datetime.fromisoformat(fields["at"])
        seconds, level = fields.get("seconds"), fields["level"]
        texts = {name: _text(fields.get(name) or "") for name in ("action", "case", "system", "step", "message")}
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        if at.year not in _YEARS:
            return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    # A level of another version is shown among those that somebody looks at.
    return Line(at=at, level=level if level in LEVELS else "WARNING", seconds=_seconds(seconds), **texts)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    # Half a pair of surrogates can stand in JSON and in no page.
    # The same few texts come in every case: one of each is kept.
    return sys.intern(value[:_MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8"))


def _seconds(value: object) -> float | None:
    # Neither infinity nor what is no number lies between the two, and a whole number can be larger than any float.
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MOST_SECONDS:
        return float(value)
    return None
