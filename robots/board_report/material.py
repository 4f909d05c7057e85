"""What the follow-up is made from: the cases that came in, what people answered, and what the rules said of those that people have decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from robots.assessment import Answer, DecisionType, Ending, Mode
from robots.board_report.decisions import DECIDED_AS, Decision, Key
from robots.case import SWEDEN, Month
from robots.casebook import Casebook, DocumentKind
from robots.casebook.answers import AnswerKind
from robots.casebook.ledger import AnswerLine, CaseLine, answer_lines, case_lines, is_there
from robots.errors import ReasonCode

_CASES_AT_A_TIME = 500
#: kronor: the robot's amounts are whole
_KRONA = Decimal(1)
_MET = Answer.MET.value


class Origin(StrEnum):
    """How it is known what people decided."""

    #: the answer in the workbook: whoever decided had the proposal before them
    ANSWER = "answer"
    #: the list of decisions, for a case that the robot had put forward to people
    LIST = "list"
    #: the list of decisions, for a shadow run, of which nobody had seen anything
    SHADOW = "shadow"


class Verdict(NamedTuple):
    """What the robot came to in one case, held against what people decided."""

    origin: str
    #: whether the robot would have left it to people anyhow, with no more than a calculation
    is_hand_off: bool
    #: value of `robots.assessment.DecisionType`
    decision_type: str
    #: reason codes with a space between
    codes: str
    agrees: bool
    #: rules that were not met or could not be asked, and those that were
    against: tuple[str, ...]
    met: tuple[str, ...]
    #: what the calculation holds: names of `PARTS`
    parts: tuple[str, ...]


class Traits(NamedTuple):
    """What the rules said of one case."""

    against: tuple[str, ...]
    met: tuple[str, ...]
    parts: tuple[str, ...]
    #: kronor of the calculation; None without one
    amount: Decimal | None


_NO_TRAITS = Traits((), (), (), None)


class _Candidate(NamedTuple):
    origin: Origin
    case_id: str
    is_hand_off: bool
    decision_type: str
    codes: str
    #: kronor that the robot came to; that of the calculation when None
    amount: str | None
    #: what people say of it themselves, or what they decided
    answer: bool | None
    decision: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that is counted."""

    #: of runs that write; oldest first
    cases: tuple[CaseLine, ...]
    answers: tuple[AnswerLine, ...]
    #: of shadow runs
    shadow_cases: int
    verdicts: tuple[Verdict, ...]
    #: decisions of the list; how many of them are of an application that the robot had, and how many of those it decided itself
    listed: int
    listed_known: int
    listed_own: int


def read(
    casebook: Path | str,
    shadow: Path | str | None,
    *,
    months: tuple[Month, Month] | None,
    decisions: Mapping[Key, Decision],
) -> Material:
    """Return what is counted; nothing is written, and where there is no casebook there are no cases.

    Args:
        casebook: of runs that write, path or address.
        shadow: of shadow runs; None for none.
        months: the first and the last in which the applications came in; None for all.
        decisions: what people decided, by application and month.

    Raises:
        SetupError: a casebook can't be read.
    """
    cases: tuple[CaseLine, ...] = ()
    answers: tuple[AnswerLine, ...] = ()
    verdicts: list[Verdict] = []
    if is_there(casebook):
        with closing(Casebook(casebook)) as book:
            cases = tuple(case_lines(book, **_bounds(months)))
            of_months = {case.case_id for case in cases}
            answers = tuple(answer for answer in answer_lines(book) if answer.case_id in of_months)
            candidates = list(_candidates(cases, answers, decisions))
            verdicts += _verdicts(candidates, _traits(book, [one.case_id for one in candidates]))
    own = {(case.reference, case.month) for case in cases if case.ending == Ending.DECIDED}
    known = {(case.reference, case.month) for case in cases}
    shadow_cases: tuple[CaseLine, ...] = ()
    if shadow is not None and is_there(shadow):
        with closing(Casebook(shadow)) as book:
            shadow_cases = tuple(case_lines(book, **_bounds(months)))
            known |= {(case.reference, case.month) for case in shadow_cases}
            # What a run that writes has had since is counted there, and what the robot itself has decided says nothing of people.
            done_since = {(case.reference, case.month) for case in cases if case.ending}
            of_people = [case for case in shadow_cases if (case.reference, case.month) not in done_since]
            candidates = [one for case in of_people if (one := _listed(case, Origin.SHADOW, decisions)) is not None]
            verdicts += _verdicts(candidates, _traits(book, [one.case_id for one in candidates]))
    return Material(
        cases=cases,
        answers=answers,
        shadow_cases=len(shadow_cases),
        verdicts=tuple(verdicts),
        listed=len(decisions),
        listed_known=len(known & decisions.keys()),
        listed_own=len(own & decisions.keys()),
    )


def _bounds(months: tuple[Month, Month] | None) -> dict[str, datetime]:
    if months is None:
        return {}
    first, after = months[0].first_day, months[1].last_day + timedelta(days=1)
    return {name: datetime.combine(day, time(), SWEDEN).astimezone(UTC) for name, day in (("since", first), ("before", after))}


def _candidates(cases: Sequence[CaseLine], answers: Sequence[AnswerLine], decisions: Mapping[Key, Decision]) -> Iterator[_Candidate]:
    judged = {AnswerKind.AS_PROPOSED.value: True, AnswerKind.OTHERWISE.value: False}
    answered = set()
    for answer in answers:
        if answer.kind in judged:
            answered.add(answer.case_id)
            agrees = judged[answer.kind]
            yield _Candidate(Origin.ANSWER, answer.case_id, False, answer.decision_type, answer.codes, answer.amount, agrees, None)
    for case in cases:
        # What the robot decided itself is its own decision in the list too.
        if case.ending in (Ending.PROPOSED, Ending.HANDED_OFF) and case.case_id not in answered:
            found = _listed(case, Origin.LIST, decisions)
            if found is not None:
                yield found


def _listed(case: CaseLine, origin: Origin, decisions: Mapping[Key, Decision]) -> _Candidate | None:
    decision = decisions.get(Key(case.reference, case.month))
    is_hand_off = case.ending == Ending.HANDED_OFF
    if decision is None or not case.ending or (is_hand_off and case.left_to_it != Mode.HAND_OFF):
        # A case that failed on its way says nothing of the rules, and may have been decided by the robot before it did.
        return None
    return _Candidate(origin, case.case_id, is_hand_off, case.decision_type, case.codes, case.amount, None, decision)


def _verdicts(candidates: Sequence[_Candidate], traits: Mapping[str, Traits]) -> Iterator[Verdict]:
    for one in candidates:
        of_case = traits.get(one.case_id, _NO_TRAITS)
        amount = Decimal(one.amount) if one.amount is not None else of_case.amount
        agrees = one.answer if one.decision is None else _agrees(one.decision, one.decision_type, amount)
        if agrees is not None and ReasonCode.PROTECTED not in one.codes.split():
            yield Verdict(one.origin, one.is_hand_off, one.decision_type, one.codes, agrees, *of_case[:3])


def _agrees(decision: Decision, decision_type: str, amount: Decimal | None) -> bool | None:
    """Return whether people decided the same: as much, to the krona, and in the same way. None when the robot has reckoned nothing."""
    if amount is None:
        return None
    is_alike = DECIDED_AS.get(DecisionType(decision_type)) is decision.outcome
    return is_alike and abs(amount - decision.amount) < _KRONA


def _traits(book: Casebook, case_ids: Sequence[str]) -> dict[str, Traits]:
    found: dict[str, Traits] = {}
    for first in range(0, len(case_ids), _CASES_AT_A_TIME):
        records = book.documents(DocumentKind.ASSESSMENT, case_ids[first : first + _CASES_AT_A_TIME])
        found |= {case_id: _traits_of(record) for case_id, record in records.items()}
    return found


def _traits_of(record: dict[str, Any]) -> Traits:
    """Return what is counted of an assessment, from the record itself: of thousands, only few fields each are needed."""
    calculation = record["calculation"]
    # A rule can have several findings: it speaks against the case when one of them does.
    against = dict.fromkeys(finding["rule"] for finding in record["findings"] if finding["answer"] != _MET)
    met = dict.fromkeys(finding["rule"] for finding in record["findings"] if finding["rule"] not in against)
    if calculation is None:
        return Traits(tuple(against), tuple(met), (), None)
    return Traits(tuple(against), tuple(met), tuple(name for name, holds in PARTS.items() if holds(calculation)), Decimal(calculation["amount"]))


#: what a calculation can hold that a person might judge in another way; nothing of these tells what kind of income or cost it is
PARTS: dict[str, Callable[[Any], bool]] = {
    "no_incomes": lambda of: not of["incomes"],
    "incomes": lambda of: bool(of["incomes"]),
    "jobbstimulans": lambda of: any(Decimal(one["disregarded"]) for one in of["incomes"]),
    "children_incomes": lambda of: bool(of["children_incomes"]),
    "costs": lambda of: bool(of["expenses"]),
    "special_costs": lambda of: any(one["is_special"] for one in of["expenses"]),
    "cut_costs": lambda of: any(Decimal(one["approved_amount"]) < Decimal(one["applied_amount"]) for one in of["expenses"]),
    "children": lambda of: any(one["member"].startswith("barn") for one in of["personal"]),
    "part_time_children": lambda of: any(one["days"] is not None for one in of["personal"]),
    "shared_dwelling": lambda of: of["common"]["persons_in_dwelling"] > of["common"]["household_size"],
    "surplus": lambda of: Decimal(of["balance"]) >= 0,
}
