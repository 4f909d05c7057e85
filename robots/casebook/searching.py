"""Which cases name a person, in whatever is kept of them: the documents are packed, so that no query of the database could tell."""

from __future__ import annotations

import json
import re

import sqlalchemy as sa

from robots.casebook import Casebook
from robots.casebook.tables import ANSWERS, CASES, DOCUMENTS, EFFECTS, EVENTS, PackedText

_AT_ONCE = 200
#: as itself, or as JSON has it, whose four digits would be taken for the beginning of a number
_OTHER_SIGN = re.compile(r"\\+u[0-9a-fA-F]{4}|\\+[nrt]|[^\x00-\x7f]|\s")


def pattern_of(number: str) -> re.Pattern[str]:
    """Return what finds a person's number of twelve digits in any of the forms that it is written in, in a text that `plain` gives."""
    century, year, month, day, last = number[:2], number[2:4], number[4:6], number[6:8], number[8:]
    return re.compile(rf"(?<![0-9])(?:{century} ?)?{year}[-./ ]?{month}[-./ ]?{day}[-+/. ]{{0,3}}{last[:3]} ?{last[3]}(?![0-9])")


def plain(text: str) -> str:
    """Return a text, or one of JSON, with a space for each sign that is not of ASCII, such as a long dash or a space that breaks no line."""
    return _OTHER_SIGN.sub(" ", text)


def cases_naming(casebook: Casebook, pattern: re.Pattern[str]) -> frozenset[str]:
    """Return the ids of the cases of which something that is kept has the pattern; reads all there is, a second or so for ten thousand cases."""
    texts = (
        sa.select(DOCUMENTS.c.case_id, sa.type_coerce(DOCUMENTS.c.record, PackedText)),
        sa.select(EFFECTS.c.case_id, EFFECTS.c.evidence).where(EFFECTS.c.evidence.is_not(None)),
        sa.select(ANSWERS.c.case_id, ANSWERS.c.corrections),
        sa.select(ANSWERS.c.case_id, ANSWERS.c.words),
        sa.select(CASES.c.case_id, CASES.c.outcome).where(CASES.c.outcome.is_not(None)),
        sa.select(EVENTS.c.case_id, EVENTS.c.message).where(EVENTS.c.case_id.is_not(None)),
    )
    found: set[str] = set()
    with casebook.engine.connect() as connection:
        for query in texts:
            for case_id, kept in connection.execution_options(yield_per=_AT_ONCE).execute(query):
                if case_id not in found and pattern.search(plain(kept if isinstance(kept, str) else json.dumps(kept))):
                    found.add(case_id)
    return frozenset(found)
