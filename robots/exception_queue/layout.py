"""The sheets of the workbook and their columns: who owns what, how wide it is, how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

INK, PALE, INPUT, GRID, WHITE = "1F3A5F", "EEF3F8", "FFFBE6", "C9D3DE", "FFFFFF"
OVERDUE, OVERDUE_INK, DUE_TODAY = "F8CFCB", "8E1B10", "FFE2A8"
FONT = "Calibri"
LINE_POINTS = 15
HEADING_POINTS = 2 * LINE_POINTS
#: rules of a whole column reach so far down, so that they hold for rows of later on too
LAST_ROW = 20_000


class Sheet(StrEnum):
    """A list in the workbook; its name stands in the catalogue of texts as `workbook.sheet_<value>`."""

    TO_DO = "to_do"
    PROPOSALS = "proposals"
    CORRECTIONS = "corrections"
    WAITING = "waiting"
    DONE = "done"


class Look(StrEnum):
    """How the cells of a column look."""

    TEXT = "text"
    REFERENCE = "reference"
    MONTH = "month"
    DAY = "day"
    AMOUNT = "amount"
    LINK = "link"
    NOTICE = "notice"
    INPUT = "input"


#: how a number or a day is written
FORMATS = MappingProxyType({Look.MONTH: "yyyy-mm", Look.DAY: "yyyy-mm-dd", Look.AMOUNT: "#,##0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; its heading stands in the catalogue of texts as `workbook.column_<key>`."""

    key: str
    #: in characters
    width: int
    look: Look = Look.TEXT
    #: what stands in it is a person's, and the robot never changes it
    is_persons: bool = False


#: names the row for the robot; hidden, the last of each list
KEY = Column(key="key", width=14)
#: what the robot answers a person in the row
NOTICE = Column(key="notice", width=30, look=Look.NOTICE)

_REFERENCE = Column(key="reference", width=14, look=Look.REFERENCE)
_MONTH = Column(key="month", width=10, look=Look.MONTH)
_WHY = Column(key="why", width=40)
_CODES = Column(key="codes", width=17)
_DONE = Column(key="done", width=26)
_LEFT = Column(key="left", width=28)
_DUE_ON = Column(key="due_on", width=12, look=Look.DAY)
_LINK = Column(key="link", width=12, look=Look.LINK)
_ASSIGNED_TO = Column(key="assigned_to", width=14, look=Look.INPUT, is_persons=True)
_ANSWER = Column(key="answer", width=22, look=Look.INPUT, is_persons=True)
_COMMENT = Column(key="comment", width=26, look=Look.INPUT, is_persons=True)
_ANSWERED = Column(key="answered", width=22)
_ANSWERED_BY = Column(key="answered_by", width=16)
_ANSWERED_ON = Column(key="answered_on", width=12, look=Look.DAY)

COLUMNS = MappingProxyType(
    {
        Sheet.TO_DO: (_REFERENCE, _MONTH, _WHY, _CODES, _DONE, _LEFT, _DUE_ON, _LINK, _ASSIGNED_TO, _ANSWER, _COMMENT, NOTICE, KEY),
        Sheet.PROPOSALS: (
            _REFERENCE,
            _MONTH,
            Column(key="amount", width=16, look=Look.AMOUNT),
            Column(key="why", width=48),
            _CODES,
            _LEFT,
            _DUE_ON,
            _LINK,
            _ASSIGNED_TO,
            _ANSWER,
            _COMMENT,
            NOTICE,
            KEY,
        ),
        Sheet.CORRECTIONS: (
            Column(key="corrects", width=14, look=Look.INPUT, is_persons=True),
            Column(key="field", width=40, look=Look.INPUT, is_persons=True),
            Column(key="value", width=20, look=Look.INPUT, is_persons=True),
            Column(key="notice", width=60, look=Look.NOTICE),
        ),
        Sheet.WAITING: (
            _REFERENCE,
            _MONTH,
            _WHY,
            Column(key="waits_for", width=40),
            _ANSWERED,
            _ANSWERED_BY,
            _ANSWERED_ON,
            _COMMENT,
            NOTICE,
            KEY,
        ),
        Sheet.DONE: (_REFERENCE, _MONTH, _WHY, Column(key="result", width=34), _ANSWERED, _ANSWERED_BY, _ANSWERED_ON, _COMMENT, NOTICE, KEY),
    }
)
#: the lists of cases, each row with a key
LISTS = (Sheet.TO_DO, Sheet.PROPOSALS, Sheet.WAITING, Sheet.DONE)
#: lists in which a person answers
ANSWERED = (Sheet.TO_DO, Sheet.PROPOSALS)
#: what goes with a case from list to list
PERSONS = tuple(column.key for column in (_ASSIGNED_TO, _ANSWER, _COMMENT))
EMPTY_CORRECTIONS = 40
#: names in the book, which hold however people name and move what they name
FIGURES_NAME, CORRECTABLE_NAME, YES_NO_NAME = "Kollega_siffror", "Kollega_uppgifter", "Kollega_ja_eller_nej"
#: a corrected value is a number up to this, or yes or no
MOST_VALUE = 100_000


def value_rule(field: str, value: str, row: int) -> str:
    """Return the formula by which a program sees at once whether a corrected value fits its field; the robot looks more closely.

    Args:
        field: letter of the column that names the field.
        value: and of the value's.
        row: from 1.
    """
    is_word = ",".join(f'LOWER(${value}{row})="{word}"' for word in ("ja", "nej", "yes", "no"))
    is_number = f"AND(ISNUMBER(${value}{row}),${value}{row}>=0,${value}{row}<={MOST_VALUE})"
    return f"IF(COUNTIF({YES_NO_NAME},${field}{row})>0,OR({is_word}),{is_number})"


@cache
def robots_columns(sheet: Sheet) -> tuple[str, ...]:
    """Return the keys of the columns that the robot fills in from the casebook, in their order."""
    return tuple(column.key for column in COLUMNS[sheet] if not column.is_persons and column not in (KEY, NOTICE))
