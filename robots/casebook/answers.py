"""What people have answered when a case had come to them: kept in whole before anything is done about it, so that it is done once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from robots.assessment import Ending, Outcome
from robots.casebook import Casebook, CaseEntry, CaseState, chain
from robots.casebook.database import Hold, hold_cases
from robots.casebook.tables import ANSWERS, CASES
from robots.records import from_record, to_record


class AnswerKind(StrEnum):
    """What a person can answer; a stored format."""

    #: the person has handled the case to its end
    HANDLED = "handled"
    #: the robot is to take the case up again
    BACK = "back"
    #: the applicant is to complete the application
    NEEDS_MORE = "needs more"
    #: the case is not to be handled
    CANCEL = "cancel"
    #: of a proposal: decided so
    AS_PROPOSED = "as proposed"
    #: of a proposal: decided in another way
    OTHERWISE = "otherwise"

    @property
    def reopens(self) -> bool:
        """Whether the robot has something to do after it."""
        return self in (AnswerKind.BACK, AnswerKind.NEEDS_MORE)


class AnswerState(StrEnum):
    """How far an answer has come."""

    #: kept, and nothing done about it as yet
    RECEIVED = "received"
    ACTED = "acted"
    #: the case had gone on meanwhile, so that nothing is done about it
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; times are aware UTC."""

    case_id: str
    #: how many times the case had come to a person by then, from 1
    round: int
    kind: AnswerKind
    #: as the cell said it
    words: str
    answered_by: str
    #: when the robot read it
    answered_at: datetime
    #: corrected fields by name, each with its value as `robots.corrections` writes it
    corrections: tuple[tuple[str, str], ...] = ()
    state: AnswerState = AnswerState.RECEIVED
    acted_at: datetime | None = None
    #: how the case had ended when it was answered
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A field that a person has corrected, and who did."""

    field: str
    value: str
    corrected_by: str
    #: aware UTC
    corrected_at: datetime


class Answers:
    """The table of answers in one casebook. Every method commits before it returns."""

    def __init__(self, casebook: Casebook) -> None:
        self._casebook = casebook
        self._engine = casebook.engine

    def receive(self, answers: Iterable[Answer], *, event: str) -> tuple[Answer, ...]:
        """Keep answers, all or none, and return those that are new.

        One whose case is not in that round with a person any more is left out, and so is a second one of the same round.

        Args:
            answers: as they were read.
            event: the action under which the casebook notes each among the case's events; no word of the person's in it.
        """
        kept, read = [], list(answers)
        with self._engine.begin() as connection:
            hold_cases(connection, [answer.case_id for answer in read], Hold.CHANGED)
            for answer in read:
                is_there = sa.select(ANSWERS.c.case_id).where(ANSWERS.c.case_id == answer.case_id, ANSWERS.c.round == answer.round)
                # Changed by nothing, and locked against whoever would begin the case anew meanwhile.
                stands = (CASES.c.case_id == answer.case_id, CASES.c.state == CaseState.ENDED, CASES.c.reopened == answer.round - 1)
                if not connection.execute(CASES.update().where(*stands).values(reopened=CASES.c.reopened)).rowcount:
                    continue
                if connection.execute(is_there).first() is not None:
                    continue
                connection.execute(ANSWERS.insert().values(**_row(answer)))
                kept.append(answer)
            chain.append(connection, [chain.New(case_id=one.case_id, at=one.answered_at, action=event, message=one.kind.value) for one in kept])
        return tuple(kept)

    def settle(self, states: Mapping[tuple[str, int], AnswerState]) -> None:
        """Note what has come of answers, by case id and round; those that are settled already stay so."""
        with self._engine.begin() as connection:
            hold_cases(connection, [case_id for case_id, _ in states], Hold.BESIDE)
            for (case_id, number), state in states.items():
                is_it = (ANSWERS.c.case_id == case_id, ANSWERS.c.round == number, ANSWERS.c.state == AnswerState.RECEIVED)
                connection.execute(ANSWERS.update().where(*is_it).values(state=state, acted_at=datetime.now(UTC)))

    def received(self) -> tuple[Answer, ...]:
        """Return the answers about which something is still to be done."""
        return self._read(ANSWERS.c.state == AnswerState.RECEIVED)

    def all(self, *, since: datetime | None = None) -> tuple[Answer, ...]:
        """Return every answer that was not refused, in the order of case and round; of cases that were done before `since` none."""
        is_done = () if since is None else (ANSWERS.c.case_id.in_(sa.select(CASES.c.case_id).where(_concerns_people(since))),)
        return self._read(ANSWERS.c.state != AnswerState.REFUSED, *is_done)

    def cases(self, *, since: datetime) -> tuple[tuple[CaseEntry, Outcome | None], ...]:
        """Return the cases that are with people, or have been and were not done before `since`, each with how it ended; None if it has not."""
        query = sa.select(CASES).where(_concerns_people(since)).order_by(CASES.c.submitted_at, CASES.c.case_id)
        found = []
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                columns = {**row, "state": CaseState(row["state"])}
                outcome = columns.pop("outcome")
                found.append((CaseEntry(**columns), None if outcome is None else from_record(Outcome, outcome)))
        return tuple(found)

    def of_case(self, case_id: str) -> tuple[Answer, ...]:
        """Return the case's answers that were not refused, oldest first."""
        return self._read(ANSWERS.c.case_id == case_id, ANSWERS.c.state != AnswerState.REFUSED)

    def of_round(self, case_id: str) -> Answer | None:
        """Return the answer of the round that the case is in; None if there is none as yet."""
        return self._of(case_id, rounds_back=0)

    def begun_anew_for(self, case_id: str) -> Answer | None:
        """Return the answer that the case was begun anew for; None if it was begun anew without one, or never."""
        return self._of(case_id, rounds_back=1)

    def _of(self, case_id: str, *, rounds_back: int) -> Answer | None:
        number = sa.select(CASES.c.reopened + 1 - rounds_back).where(CASES.c.case_id == case_id).scalar_subquery()
        found = self._read(ANSWERS.c.case_id == case_id, ANSWERS.c.round == number, ANSWERS.c.state != AnswerState.REFUSED)
        return found[0] if found else None

    def corrections(self, case_id: str) -> tuple[Correction, ...]:
        """Return what people have corrected in the case, each field as it was corrected last."""
        found: dict[str, Correction] = {}
        for answer in self.of_case(case_id):
            for field, value in answer.corrections:
                found[field] = Correction(field=field, value=value, corrected_by=answer.answered_by, corrected_at=answer.answered_at)
        return tuple(found.values())

    def _read(self, *where: sa.ColumnElement[bool]) -> tuple[Answer, ...]:
        query = sa.select(ANSWERS).where(*where).order_by(ANSWERS.c.case_id, ANSWERS.c.round)
        with self._engine.connect() as connection:
            return tuple(_answer(row) for row in connection.execute(query).mappings())


def _concerns_people(since: datetime) -> sa.ColumnElement[bool]:
    has_ended = CASES.c.state == CaseState.ENDED
    is_decided = CASES.c.outcome["ending"].as_string() == Ending.DECIDED.value
    of_case = sa.exists().where(ANSWERS.c.case_id == CASES.c.case_id)
    final = [kind.value for kind in AnswerKind if not kind.reopens]
    is_ended_by_person = of_case.where(ANSWERS.c.round == CASES.c.reopened + 1, ANSWERS.c.kind.in_(final), ANSWERS.c.answered_at < since)
    return sa.or_(
        sa.and_(has_ended, ~is_decided, ~is_ended_by_person),
        sa.and_(has_ended, is_decided, of_case, CASES.c.ended_at >= since),
        sa.and_(~has_ended, of_case),
    )


def _row(answer: Answer) -> dict[str, Any]:
    row = {name: getattr(answer, name) for name in ANSWERS.c.keys()}  # noqa: SIM118 - a collection of columns is no dictionary
    return {**row, "corrections": [list(pair) for pair in answer.corrections], "outcome": to_record(Outcome, answer.outcome)}


def _answer(row: Mapping[Any, Any]) -> Answer:
    return Answer(
        **{
            **row,
            "kind": AnswerKind(row["kind"]),
            "state": AnswerState(row["state"]),
            "corrections": tuple((field, value) for field, value in row["corrections"]),
            "outcome": from_record(Outcome, row["outcome"]),
        }
    )
