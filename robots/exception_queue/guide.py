"""The sheet that says how the workbook is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from robots.errors import ReasonCode
from robots.exception_queue.layout import LINE_POINTS
from robots.explanation import IMPORTANCE
from robots.texts import Texts

#: what a caseworker can answer to a hand-off, as keys of the catalogue of texts
ANSWERS = ("answer_handled", "answer_back", "answer_needs_more", "answer_cancel")
#: and to a proposal
PROPOSAL_ANSWERS = ("answer_as_proposed", "answer_otherwise")

WIDTHS = (24, 96)
_HEADING_POINTS = 22
_MOST_POINTS = 400
_SHEETS = ("to_do", "proposals", "corrections", "waiting", "done", "figures")
_COLUMNS = ("reference", "month", "why", "codes", "done", "left", "due_on", "link", "assigned_to", "answer", "comment", "notice", "amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the guide: what is explained, and the explanation."""

    name: str
    text: str
    is_heading: bool = False

    @property
    def height_points(self) -> float:
        """How high the row must be for all of the text."""
        return _HEADING_POINTS if self.is_heading else height_points(WIDTHS, (self.name, self.text))


def lines(texts: Texts) -> list[Line]:
    """Return the guide, from top to bottom."""

    def heading(key: str) -> list[Line]:
        return [Line(name="", text=""), Line(name=texts.say(f"workbook.{key}"), text="", is_heading=True)]

    def explained(keys: Sequence[str], named: str, explains: str) -> list[Line]:
        return [Line(name=texts.say(f"workbook.{named}{key}"), text=texts.say(f"workbook.{explains}{key}")) for key in keys]

    codes = [code for code in IMPORTANCE if code is not ReasonCode.PROTECTED]
    return [
        Line(name=texts.say("workbook.title"), text="", is_heading=True),
        Line(name="", text=texts.say("workbook.guide_about")),
        *heading("section_sheets"),
        *explained(_SHEETS, "sheet_", "guide_sheet_"),
        *heading("section_columns"),
        *explained(_COLUMNS, "column_", "guide_"),
        *heading("section_answers"),
        Line(name="", text=texts.say("workbook.guide_answers_now")),
        *explained((*ANSWERS, *PROPOSAL_ANSWERS), "", "guide_"),
        *heading("section_codes"),
        *(Line(name=str(code), text=texts.say(f"reason.{code}")) for code in codes),
    ]


def height_points(widths: Sequence[int], values: Sequence[object]) -> float:
    """Return how high a row must be for its longest cell: Excel and LibreOffice do not agree on when a row grows by itself."""
    most = 1
    for width, value in zip(widths, values, strict=True):
        if isinstance(value, str):
            most = max(most, sum(_lines_of(part, width) for part in value.split("\n")))
    return min(most * LINE_POINTS + 4, _MOST_POINTS)


@lru_cache(maxsize=10_000)
def _lines_of(text: str, width: int) -> int:
    if len(text) <= width:
        return 1
    lines, left = 1, width + 1
    for word in text.split():
        length = len(word) + 1
        if length > left:
            # A word that is longer than a line begins one, and goes on in the next.
            lines += 1 if left <= width else 0
            lines += (length - 2) // width
            left = width + 1
            length = (length - 2) % width + 2
        left -= length
    return lines
