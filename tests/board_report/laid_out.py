"""Casebooks for the follow-up, laid out in their tables: cases that came in, ended and were answered as a test says, with nobody behind them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from robots.assessment import DecisionType, Ending, Mode
from robots.case import SWEDEN
from robots.casebook import Casebook, CaseState, DocumentKind
from robots.casebook.answers import AnswerKind, AnswerState
from robots.casebook.tables import ANSWERS, CASES, DOCUMENTS

_CHUNK = 2_000
_MODES = {Ending.DECIDED: Mode.DECIDE, Ending.PROPOSED: Mode.PROPOSE, Ending.HANDED_OFF: Mode.HAND_OFF}

#: the part of a kept assessment that the follow-up looks at, of a household with one income and a rent
ASSESSMENT: dict[str, Any] = {
    "findings": [{"rule": rule, "answer": "met"} for rule in ("case_continues", "incomes_are_as_expected", "nothing_is_attached", "calculate")],
    "calculation": {
        "amount": "5000",
        "balance": "-5000",
        "personal": [{"member": "sökande", "days": None}],
        "common": {"household_size": 1, "persons_in_dwelling": 1},
        "incomes": [{"disregarded": "0"}],
        "children_incomes": [],
        "expenses": [{"is_special": False, "applied_amount": "6000", "approved_amount": "6000"}],
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """One case: came in on a day, ended on another, and was answered on a third, each at noon in Sweden."""

    number: int
    came_in: date
    #: None for one that is open
    ended: date | None
    ending: Ending = Ending.DECIDED
    codes: tuple[str, ...] = ()
    amount: str | None = "5000"
    decision_type: DecisionType = DecisionType.GRANT
    #: what the robot was left by law and register; that which goes with the ending when left out
    left_to_it: Mode | None = None
    #: kind and day of answers, in order; of all but the last the case was begun anew
    answers: tuple[tuple[AnswerKind, date], ...] = ()
    corrected: tuple[str, ...] = ()
    #: of the rounds before the last, in which it was handed off
    codes_before: tuple[str, ...] = ()
    assessment: dict[str, Any] = field(default_factory=lambda: ASSESSMENT)

    @property
    def reference(self) -> str:
        return f"EA-26-{self.number:05d}"

    @property
    def month(self) -> str:
        return f"{self.came_in:%Y-%m}"

    @property
    def case_id(self) -> str:
        return f"ekonomiskt-bistand:{self.reference}:{self.month}"


def noon(day: date) -> datetime:
    """Return noon of the day in Sweden, as UTC."""
    return datetime.combine(day, time(12), SWEDEN).astimezone(UTC)


def lay_out(where: Path | str, laid: Iterable[Laid]) -> None:
    """Put the cases into the casebook of that path or address."""
    with Casebook(where) as book, book._engine.begin() as connection:
        for chunk in _chunks(laid):
            connection.execute(CASES.insert(), [_case(one) for one in chunk])
            documents = [{"case_id": one.case_id, "kind": DocumentKind.ASSESSMENT, "record": one.assessment} for one in chunk if one.ended]
            answers = [answer for one in chunk for answer in _answers(one)]
            for table, rows in ((DOCUMENTS, documents), (ANSWERS, answers)):
                if rows:
                    connection.execute(table.insert(), rows)


def _chunks(laid: Iterable[Laid]) -> Iterator[list[Laid]]:
    chunk: list[Laid] = []
    for one in laid:
        chunk.append(one)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _case(one: Laid) -> dict[str, Any]:
    at = None if one.ended is None else noon(one.ended)
    return {
        "case_id": one.case_id,
        "reference": one.reference,
        "month": one.month,
        "state": CaseState.SUBMITTED if one.ended is None else CaseState.ENDED,
        "submitted_at": noon(one.came_in),
        "received_at": noon(one.came_in),
        "ended_at": at,
        "outcome": None if at is None else _outcome(one, at),
        "reopened": sum(kind.reopens for kind, _ in one.answers),
    }


def _outcome(one: Laid, at: datetime) -> dict[str, Any]:
    return {
        "case_id": one.case_id,
        "reference": one.reference,
        "ending": one.ending.value,
        "codes": list(one.codes),
        "amount": None if one.ending is Ending.HANDED_OFF else one.amount,
        "authority": {"mode": (one.left_to_it or _MODES[one.ending]).value, "decision_type": one.decision_type.value},
        "ended_at": at.isoformat(),
        "run_mode": "decide",
    }


def _answers(one: Laid) -> Iterator[dict[str, Any]]:
    for number, (kind, day) in enumerate(one.answers, start=1):
        at = noon(day)
        is_last = number == len(one.answers) and not kind.reopens
        asked_of = one if is_last else replace(one, ending=Ending.HANDED_OFF, codes=one.codes_before)
        yield {
            "case_id": one.case_id,
            "round": number,
            "kind": kind.value,
            "words": "-",
            "answered_by": "-",
            "answered_at": at,
            "corrections": [[name, "-"] for name in one.corrected] if number == 1 else [],
            "state": AnswerState.ACTED,
            "acted_at": at,
            "outcome": _outcome(asked_of, at),
        }


_DAY = timedelta(days=1)


def year_of_cases(seed: int, *, cases: int, first: date, days: int, is_bad: bool = False, number: int = 1) -> Iterator[Laid]:
    """Yield a municipality's cases over so many days, of all kinds; in a bad year sources are down, people late and of another mind."""
    chance = random.Random(seed)
    common = ("INC-DIFF", "INC-NEW", "ATTACH", "HOUSING", "PLAN", "EXP-NEW", "NEW-CASE", "HH-CHANGE", "PAYACC", "PROTECTED")
    for place in range(cases):
        came_in = first + _DAY * (place * days // cases)
        laid = Laid(
            number=number + place,
            came_in=came_in,
            ended=came_in + _DAY * (1 if chance.random() < (0.9 if is_bad else 0.98) else 4),
            assessment=_varied(chance),
        )
        drawn = chance.random()
        slow = chance.choice((0, 1, 1, 2, 9)) if is_bad else 0
        answered = (laid.ended or came_in) + _DAY * slow
        agrees = chance.random() < (0.86 if is_bad else 0.998)
        judged = AnswerKind.AS_PROPOSED if agrees else AnswerKind.OTHERWISE
        if drawn < (0.2 if is_bad else 0.38):
            yield laid
        elif drawn < 0.58:
            codes: tuple[str, ...] = ("SAMPLE",) if drawn > 0.56 else ()
            answers = ((judged, answered),) if chance.random() < (0.9 if is_bad else 0.98) else ()
            kind = DecisionType.GRANT if chance.random() < 0.8 else DecisionType.GRANT_WITH_SPECIAL_COSTS
            yield replace(laid, ending=Ending.PROPOSED, codes=codes, answers=answers, decision_type=kind)
        elif drawn < 0.99:
            codes = tuple(chance.sample(common, chance.choice((1, 1, 1, 2))))
            if is_bad and chance.random() < 0.4:
                codes = (chance.choice(("SRC-DOWN", "SRC-DOWN", "SRC-DOWN", "ROBOT-FAULT", "OUTCOME-UNKNOWN")),)
            handled = ((AnswerKind.HANDLED, answered),) if chance.random() < (0.6 if is_bad else 0.99) else ()
            if chance.random() < 0.1:
                handled = ((AnswerKind.BACK, laid.ended or came_in),)
                corrected = (chance.choice(("days_away", "persons_in_dwelling", "follows_plan")),)
                yield replace(laid, answers=handled, codes_before=codes, corrected=corrected)
            else:
                yield replace(laid, ending=Ending.HANDED_OFF, codes=codes, answers=handled)
        else:
            yield replace(laid, ended=None)


def _varied(chance: random.Random) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(json.dumps(ASSESSMENT))
    calculation = record["calculation"]
    if chance.random() < 0.3:
        calculation["incomes"] = [{"disregarded": "1500"}]
    if chance.random() < 0.3:
        calculation["personal"].append({"member": "barn 1", "days": chance.choice((None, None, 14))})
    if chance.random() < 0.1:
        calculation["expenses"].append({"is_special": True, "applied_amount": "400", "approved_amount": "400"})
    return record
