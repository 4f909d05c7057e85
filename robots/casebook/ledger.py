"""The cases as figures need them: every one in a few plain columns, read at one go, with nothing of persons in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from robots.casebook import Casebook
from robots.casebook.answers import AnswerState
from robots.casebook.database import database_engine, is_address, schema_of
from robots.casebook.tables import ABOUT, ANSWERS, CASES, UtcTime


class CaseLine(NamedTuple):
    """One case; times are aware UTC. What follows `ending` is empty or None while the case has not ended."""

    case_id: str
    reference: str
    #: applied for, as in `2026-03`, or `unreadable`
    month: str
    state: str
    #: when the application came in; when the robot first saw it, where nobody knows better
    received_at: datetime
    ended_at: datetime | None
    #: value of `robots.assessment.Ending`
    ending: str
    #: reason codes with a space between, in the order of the rules
    codes: str
    #: kronor as written in the record
    amount: str | None
    #: value of `robots.assessment.DecisionType`
    decision_type: str
    #: value of `robots.assessment.Mode`: what law and register left to the robot, whatever became of it
    left_to_it: str


class AnswerLine(NamedTuple):
    """One answer that was not refused, and how the case stood when it was given; the time is aware UTC."""

    case_id: str
    round: int
    #: value of `robots.casebook.answers.AnswerKind`
    kind: str
    answered_at: datetime
    #: names of the fields that were corrected, with a space between
    corrected: str
    ending: str
    codes: str
    amount: str | None
    decision_type: str


def is_there(where: Path | str) -> bool:
    """Whether a casebook has been made at the path or address; none is made by asking.

    A database that does not answer counts as one: opening it says what is the matter.
    """
    if not is_address(where):
        return Path(where).is_file()
    engine = database_engine(where)
    try:
        with engine.connect() as connection:
            return sa.inspect(connection).has_table(ABOUT.name, schema=schema_of(str(where)) or None)
    except sa.exc.DBAPIError:
        return True
    finally:
        engine.dispose()


def case_lines(casebook: Casebook, *, since: datetime | None = None, before: datetime | None = None) -> Iterator[CaseLine]:
    """Yield the cases, oldest first; only those that came in from `since` on and before `before`, aware times, where these are given."""
    received_at = sa.func.coalesce(CASES.c.received_at, CASES.c.submitted_at, type_=UtcTime)
    query = sa.select(CASES.c.case_id, CASES.c.reference, CASES.c.month, CASES.c.state, received_at, CASES.c.ended_at, CASES.c.outcome)
    if since is not None:
        query = query.where(received_at >= since)
    if before is not None:
        query = query.where(received_at < before)
    with casebook.engine.connect() as connection:
        for row in connection.execute(query.order_by(received_at, CASES.c.case_id)):
            yield CaseLine(*row[:-1], *_of_outcome(row[-1]))


def answer_lines(casebook: Casebook) -> Iterator[AnswerLine]:
    """Yield the answers, in the order of case and round."""
    query = sa.select(ANSWERS.c.case_id, ANSWERS.c.round, ANSWERS.c.kind, ANSWERS.c.answered_at, ANSWERS.c.corrections, ANSWERS.c.outcome)
    query = query.where(ANSWERS.c.state != AnswerState.REFUSED).order_by(ANSWERS.c.case_id, ANSWERS.c.round)
    with casebook.engine.connect() as connection:
        for row in connection.execute(query):
            ending, codes, amount, decision_type, _ = _of_outcome(row[-1])
            yield AnswerLine(*row[:-2], " ".join(field for field, _ in row[-2] or ()), ending, codes, amount, decision_type)


def _of_outcome(outcome: dict[str, Any] | None) -> tuple[str, str, str | None, str, str]:
    if outcome is None:
        return "", "", None, "", ""
    authority = outcome.get("authority") or {}
    return outcome["ending"], " ".join(outcome["codes"]), outcome["amount"], authority.get("decision_type", ""), authority.get("mode", "")
