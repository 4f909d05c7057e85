"""What the robot says in a row of something that has happened, and not of how the row stands: said until a person answers, or the case goes on.

Said only while it is written, it would be gone with the next exchange, minutes later, before anybody has read it.
"""

from __future__ import annotations

from robots.texts import Texts

_KEYS = ("notice_changed_late", "notice_old_answer", "notice_unread")
#: stands in no text
_ANYTHING = "\0"


class Lasting:
    """Knows such sentences again, whatever answer they quote."""

    def __init__(self, texts: Texts) -> None:
        said = [texts.say(f"workbook.{key}", answer=_ANYTHING) for key in _KEYS]
        self._ends = [(begins, ends) for begins, _, ends in (one.partition(_ANYTHING) for one in said)]

    def lines(self, notice: object) -> list[str]:
        """Return the lines of a notice that last."""
        lines = [line.strip() for line in str(notice).splitlines()] if notice else []
        return [line for line in lines if any(line.startswith(begins) and line.endswith(ends) for begins, ends in self._ends)]
