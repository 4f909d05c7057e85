"""What people decided, from a list that the case system gives: the other side of a shadow run, of which no answer can tell.

The file is as a program for tables saves it: UTF-8, semicolons between the columns, and in its first line `referens;månad;belopp;utfall`, or
`reference;month;amount;outcome`. All its mistakes are told at once by line and column, and never what stands there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeVar

from robots.assessment import DecisionType
from robots.errors import SetupError
from robots.systems import swedish_text

T = TypeVar("T")

HEADINGS = (("referens", "månad", "belopp", "utfall"), ("reference", "month", "amount", "outcome"))
#: as many mistakes are told
_TOLD = 20
_MOST_MEGABYTES = 50
_MOST_CHARACTERS = 100
_NOTHING = Decimal(0)


class Decided(StrEnum):
    """What people can have decided; the file's words."""

    GRANT = "bifall"
    PARTIAL_GRANT = "delavslag"
    REJECTION = "avslag"
    DISMISSAL = "avvisning"
    REDUCTION = "nedsättning"


#: as what each of the robot's kinds of decision stands in the file
DECIDED_AS = {
    DecisionType.GRANT: Decided.GRANT,
    DecisionType.GRANT_WITH_SPECIAL_COSTS: Decided.GRANT,
    DecisionType.PARTIAL_GRANT: Decided.PARTIAL_GRANT,
    DecisionType.REJECTION: Decided.REJECTION,
    DecisionType.DISMISSAL: Decided.DISMISSAL,
    DecisionType.REDUCTION: Decided.REDUCTION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about one application."""

    #: kronor granted
    amount: Decimal
    outcome: Decided


class Key(NamedTuple):
    """What a decision is found by."""

    reference: str
    #: `2026-03`
    month: str


def read(path: Path) -> dict[Key, Decision]:
    """Return the decisions of the file.

    Raises:
        SetupError: it can't be read, or is not as described; one line for each mistake, in the file's order.
    """
    try:
        if path.stat().st_size > _MOST_MEGABYTES * 1_000_000:
            raise SetupError(f"{path} is larger than {_MOST_MEGABYTES} MB: give a list of decisions, for fewer months if need be")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SetupError(f"{path} can't be read ({error.strerror}): name the list of decisions with --decisions") from None
    except UnicodeDecodeError:
        raise SetupError(f"{path} is not UTF-8: save it as CSV UTF-8") from None
    decisions: dict[Key, Decision] = {}
    mistakes = [f"{path}:{line}: {mistake}" for line, mistake in _read(text, decisions)]
    if mistakes:
        more = [f"and {len(mistakes) - _TOLD} mistakes more"] if len(mistakes) > _TOLD else []
        raise SetupError("\n".join([*mistakes[:_TOLD], *more, "nothing of the file was used: set it right and give it again"]))
    return decisions


def _read(text: str, decisions: dict[Key, Decision]) -> Iterator[tuple[int, str]]:
    """Yield the mistakes, each with its line, and put what is right into the decisions."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    try:
        heading = tuple(cell.strip().lower() for cell in next(reader, []))
        if heading not in HEADINGS:
            yield 1, f"the first line must be {' or '.join(';'.join(one) for one in HEADINGS)}, with semicolons between"
            return
        lines: dict[Key, int] = {}
        for row in reader:
            if any(cell.strip() for cell in row):
                yield from ((reader.line_num, mistake) for mistake in _row(row, reader.line_num, lines, decisions))
    except csv.Error:
        yield reader.line_num, "can't be told apart into cells: a quotation mark is not closed or stands within one, or a cell is far too long"


def _row(row: list[str], line: int, lines: dict[Key, int], decisions: dict[Key, Decision]) -> Iterator[str]:
    if len(row) != len(HEADINGS[0]):
        yield f"must have {len(HEADINGS[0])} cells, and has {len(row)}"
        return
    mistakes: list[str] = []
    reference = _cell(row[0], swedish_text.reference, "reference: must be the number of an application, as in EA-26-00017", mistakes)
    month = _cell(row[1], swedish_text.month, "month: must be written as in 2026-03", mistakes)
    amount = _cell(
        row[2], lambda text: swedish_text.amount(text, at_least=_NOTHING), "amount: must be kronor as in 5 000,00, and 0 for none", mistakes
    )
    words = ", ".join(Decided)
    outcome = _cell(row[3], lambda text: Decided(text.strip().lower()), f"outcome: must be one of {words}", mistakes)
    yield from mistakes
    if reference is None or month is None or amount is None or outcome is None:
        return
    if (amount > _NOTHING) is not (outcome in (Decided.GRANT, Decided.PARTIAL_GRANT)) and outcome is not Decided.REDUCTION:
        yield "amount and outcome don't go together: what is granted has an amount, and what is not has 0"
        return
    key = Key(reference, str(month))
    if key in lines:
        yield f"the same application and month stand in line {lines[key]}: leave the decision that holds"
        return
    lines[key] = line
    decisions[key] = Decision(amount=amount, outcome=outcome)


def _cell(text: str, parse: Callable[[str], T], rule: str, mistakes: list[str]) -> T | None:
    try:
        if len(text) <= _MOST_CHARACTERS:
            return parse(text)
    except ValueError:
        pass
    mistakes.append(rule)
    return None
