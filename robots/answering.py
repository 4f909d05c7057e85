"""What the robot does with people's answers in the exception workbook: reads them, checks them, keeps them, and acts on each once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from robots.case import SWEDEN, Application
from robots.casebook import Casebook, CaseState, DocumentKind
from robots.casebook.answers import Answer, AnswerKind, Answers, AnswerState
from robots.casebook.orders import OrderKind, Orders
from robots.casebook.told import tell_effects
from robots.corrections import FIELDS, Field, WrongValue, field_of_effect, fits, labels
from robots.errors import ReasonCode
from robots.exception_queue import Found, FoundRow, Sheet, case_mark
from robots.exception_queue.desk import DeskCase
from robots.records import from_record
from robots.run_log import Action, case_context, event
from robots.texts import Texts
from robots.way import DECISION

#: who has ordered it, in logs: the name itself is kept with the answer alone
_A_CASEWORKER = "a caseworker"
_LONGEST_NAME = 80
_LONGEST_QUOTE = 60
_NUMBER_OF_PERSON = re.compile(r"(?<!\d)(?:\d{2})?\d{6}[-+ ]?\d{4}(?!\d)")

_KINDS = {
    Sheet.TO_DO: {
        "answer_handled": AnswerKind.HANDLED,
        "answer_back": AnswerKind.BACK,
        "answer_needs_more": AnswerKind.NEEDS_MORE,
        "answer_cancel": AnswerKind.CANCEL,
    },
    Sheet.PROPOSALS: {"answer_as_proposed": AnswerKind.AS_PROPOSED, "answer_otherwise": AnswerKind.OTHERWISE},
}

#: what the answer to a proposal says of the sample that the case was drawn for
_SAMPLE_RESULTS = {AnswerKind.AS_PROPOSED: Action.SAMPLE_HELD, AnswerKind.OTHERWISE: Action.SAMPLE_DIFFERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What people have answered, and what is wrong with the rest."""

    answers: tuple[Answer, ...]
    #: what the robot says in the rows of cases, by case id
    notices: Mapping[str, str]
    #: and of each correction on the list, by number, field and value as they stand there
    said_of_corrections: Mapping[tuple[str, str, str], str]


def read_answers(found: Found, desk: Sequence[DeskCase], casebook: Casebook, texts: Texts, *, now: datetime) -> Read:
    """Find what can be acted on, and say in the caseworkers' language what can't and why; nothing is kept or done.

    Args:
        found: what stands in the workbook.
        desk: the cases that have come to a person.
        casebook: where their case files and effects are.
        texts: the catalogue.
        now: aware time, at which the answers count as given.
    """
    reader = _Reader(desk, casebook, texts, now)
    return reader.read(found)


def take_answers(read: Read, casebook: Casebook) -> tuple[Answer, ...]:
    """Keep the answers, act on every one that is kept and not acted on yet, and return those that are new.

    All are kept in one transaction before anything is done, so that what a crash leaves is done by the next call.
    """
    new = Answers(casebook).receive(read.answers, event=Action.ANSWERED)
    for answer in new:
        with case_context(answer.outcome.reference):
            event(Action.ANSWERED, str(answer.kind))
    act_on_answers(casebook)
    return new


def act_on_answers(casebook: Casebook) -> None:
    """Do what the answers say that are kept and not acted on yet."""
    answers = Answers(casebook)
    # Noted together: what a crash leaves unnoted is found done by the next call.
    answers.settle({(answer.case_id, answer.round): _act(answer, casebook) for answer in answers.received()})


def _act(answer: Answer, casebook: Casebook) -> AnswerState:
    if answer.kind.reopens:
        told = {
            effect: FIELDS[name].value(value)
            for effect in casebook.unproven_effects(answer.case_id)
            for name, value in answer.corrections
            if field_of_effect(effect).name == name
        }
        if told and tell_effects(casebook, answer.case_id, told, in_round=answer.round):
            for effect, is_done in told.items():
                casebook.add_event(answer.case_id, Action.ANSWERED, f"{effect}: {'done' if is_done else 'not done'}, as {_A_CASEWORKER} has found")
        said = (Action.ANSWERED, f"{answer.kind}: the robot takes it up again")
        order = OrderKind.BEGIN_ANEW
        # False when it was begun anew for this answer before a crash, or for an operator since: for the answer it is the same.
        Orders(casebook).give(answer.case_id, order, by=_A_CASEWORKER, why="", event=said, reopens=True, in_round=answer.round)
        return AnswerState.ACTED
    (entry,) = (one for one in casebook.find(answer.case_id) if one.case_id == answer.case_id)
    stands = entry.state is CaseState.ENDED and entry.round == answer.round
    if stands:
        _record_sample(answer, casebook)
    return AnswerState.ACTED if stands else AnswerState.REFUSED


def _record_sample(answer: Answer, casebook: Casebook) -> None:
    """Note with the case what the look at a sample came to; once, also when a crash has this done again."""
    result = _SAMPLE_RESULTS.get(answer.kind)
    if result is None or ReasonCode.SAMPLE not in answer.outcome.codes:
        return
    if not any(event.action in _SAMPLE_RESULTS.values() and event.at >= answer.answered_at for event in casebook.events(answer.case_id)):
        casebook.add_event(answer.case_id, result)


@dataclass(slots=True, kw_only=True)
class _Corrected:
    """The corrections of one case that are on the list and not acted on yet."""

    #: {field: kept text}
    values: dict[str, str] = field(default_factory=dict)
    #: as they stand on the list
    keys: list[tuple[str, str, str]] = field(default_factory=list)
    is_wrong: bool = False


class _Reader:
    def __init__(self, desk: Sequence[DeskCase], casebook: Casebook, texts: Texts, now: datetime) -> None:
        self._casebook = casebook
        self._texts = texts
        self._now = now
        self._today = now.astimezone(SWEDEN).date()
        self._by_mark = {case_mark(case.entry.case_id): case for case in desk}
        self._by_reference: dict[str, list[DeskCase]] = {}
        for case in desk:
            self._by_reference.setdefault(case.entry.reference, []).append(case)
        self._notices: dict[str, str] = {}
        self._said: dict[tuple[str, str, str], str] = {}
        self._applications: dict[str, Application | None] = {}

    def read(self, found: Found) -> Read:
        corrected = self._corrections([row for row in found.rows if row.sheet is Sheet.CORRECTIONS])
        answers = []
        for case, rows in self._rows_of_cases(found).items():
            answer = self._answer(self._by_mark[case], rows, corrected.get(case, _Corrected()))
            if answer is not None:
                answers.append(answer)
        sent = {case_mark(answer.case_id) for answer in answers if answer.kind is AnswerKind.BACK}
        for mark, of_case in corrected.items():
            key = "workbook.correction_done" if mark in sent else "workbook.correction_waits"
            back = self._texts.say("workbook.answer_back")
            self._said |= {one: self._texts.say(key, answer=back) for one in of_case.keys if one not in self._said}
        return Read(answers=tuple(answers), notices=self._notices, said_of_corrections=self._said)

    # rows

    def _rows_of_cases(self, found: Found) -> dict[str, list[FoundRow]]:
        """Return the rows in which a person can answer, by the case's mark."""
        rows: dict[str, list[FoundRow]] = {}
        left = []
        for row in found.rows:
            if row.sheet not in _KINDS:
                continue
            if row.key is None:
                left.append(row)
            elif row.key.case in self._by_mark:
                rows.setdefault(row.key.case, []).append(row)
        for row in left:
            # Without its key a row is known by its number. Beside one with a key it can only contradict it: it may be a copy of long ago.
            case = self._case_of(row.text("reference"), row.text("month"))
            if case is not None and (case.mark not in rows or any(other.text("answer") for other in rows[case.mark])):
                rows.setdefault(case.mark, []).append(row)
        return rows

    def _case_of(self, reference: str, month: str) -> DeskCase | None:
        cases = self._by_reference.get(reference, [])
        if len(cases) > 1:
            cases = [case for case in cases if case.entry.month == month[:7]]
        return cases[0] if len(cases) == 1 else None

    def _answer(self, case: DeskCase, rows: Sequence[FoundRow], corrected: _Corrected) -> Answer | None:
        # An answer of an earlier time is not looked at: nobody can know what was meant. The writer empties the cell, and says so there.
        of_round = [row for row in rows if row.text("answer") and (row.key is None or row.key.round == case.entry.round)]
        given = {(row.text("answer"), row.text("assigned_to")): row for row in of_round}
        if case.answer is not None:
            # Read before, and changed while the row could not be moved.
            if any(words != case.answer.words for words, _ in given):
                self._say(case, "notice_changed_late", answer=case.answer.words)
            return None
        outcome, sheet = case.outcome, case.sheet(self._today)
        if not given or outcome is None or sheet not in _KINDS:
            return None
        if len(given) > 1:
            self._say(case, "notice_two_answers")
            return None
        ((words, name), row) = next(iter(given.items()))
        kind = self._kind(words, sheet)
        if row.sheet is not sheet or (row.text("reference") and row.text("reference") != case.entry.reference):
            self._say(case, "notice_other_case")
        elif kind is None:
            listed = ", ".join(self._texts.say(f"workbook.{key}") for key in _KINDS[sheet])
            self._say(case, "notice_no_answer", answer=words[:_LONGEST_QUOTE], answers=listed)
        elif (why_not := self._why_not(case, kind, name, corrected)) is not None:
            self._say(case, why_not)
        elif kind is AnswerKind.BACK and (untold := self._untold(case, corrected)):
            self._say(case, "notice_untold", what=", ".join(untold), sheet=self._texts.say("workbook.sheet_corrections"))
        else:
            return Answer(
                case_id=case.entry.case_id,
                round=case.entry.round,
                kind=kind,
                words=words,
                answered_by=name[:_LONGEST_NAME],
                answered_at=self._now,
                corrections=tuple(sorted(corrected.values.items())) if kind is AnswerKind.BACK else (),
                outcome=outcome,
            )
        return None

    def _kind(self, words: str, sheet: Sheet) -> AnswerKind | None:
        kinds = {self._texts.say(f"workbook.{key}").casefold(): kind for key, kind in _KINDS[sheet].items()}
        return kinds.get(words.casefold())

    def _why_not(self, case: DeskCase, kind: AnswerKind, name: str, corrected: _Corrected) -> str | None:
        """Return what keeps the robot from acting on the answer, as key of the catalogue of texts; None when nothing does."""
        if not any(letter.isalpha() for letter in name):
            return "notice_no_name"
        if _NUMBER_OF_PERSON.search(name):
            # It would stand in the list, in the journal and with the decision.
            return "notice_number_as_name"
        if kind.reopens and case.is_protected:
            return "notice_persons_only"
        if kind is AnswerKind.NEEDS_MORE and self._casebook.effect_state(case.entry.case_id, DECISION.effect) is not None:
            return "notice_decided"
        return "notice_wrong_corrections" if kind is AnswerKind.BACK and corrected.is_wrong else None

    def _unproven(self, case: DeskCase) -> tuple[Field, ...]:
        """Return by which fields a person says what has become of the case's writes that nobody could prove."""
        if case.outcome is None or ReasonCode.OUTCOME_UNKNOWN not in case.outcome.codes:
            return ()
        return tuple(dict.fromkeys(field_of_effect(effect) for effect in self._casebook.unproven_effects(case.entry.case_id)))

    def _untold(self, case: DeskCase, corrected: _Corrected) -> list[str]:
        return [field.label(self._texts) for field in self._unproven(case) if field.name not in corrected.values]

    def _say(self, case: DeskCase, key: str, **values: str) -> None:
        self._notices[case.entry.case_id] = self._texts.say(f"workbook.{key}", **values)

    # corrections

    def _corrections(self, rows: Iterable[FoundRow]) -> dict[str, _Corrected]:
        """Return what is corrected of each case, by its mark, and say what is wrong with the rest."""
        fields = {label.casefold(): field for label, field in labels(self._texts).items()}
        by_field: dict[tuple[str, str], dict[tuple[str, str, str], str]] = {}
        corrected: dict[str, _Corrected] = {}
        for row in rows:
            reference, label, value = key = (row.text("corrects"), row.text("field"), row.text("value"))
            if not any(key):
                continue
            case = self._case_of(reference, "")
            if not all(key):
                self._say_of(key, "correction_incomplete")
            elif case is None:
                self._say_of(key, "correction_several" if reference in self._by_reference else "correction_no_case")
            elif label.casefold() not in fields:
                self._say_of(key, "correction_no_field")
            else:
                try:
                    kept = self._checked(case, fields[label.casefold()], row.cells["value"])
                except WrongValue as wrong:
                    self._said[key] = self._texts.say(wrong.key, **wrong.values)
                else:
                    by_field.setdefault((case.mark, fields[label.casefold()].name), {})[key] = kept
            if case is not None and case.is_open(self._today) and key in self._said and all(key[:2]):
                corrected.setdefault(case.mark, _Corrected()).is_wrong = True
        for (mark, name), found in by_field.items():
            self._settle(self._by_mark[mark], name, found, corrected)
        return corrected

    def _checked(self, case: DeskCase, of: Field, cell: object) -> str:
        kept = of.written(cell)
        if of.effect:
            # One that was told before may still stand on the list.
            if of not in self._unproven(case) and all(name != of.name for answer in case.answers for name, _ in answer.corrections):
                raise WrongValue("workbook.correction_not_unknown")
            return kept
        if case.mark not in self._applications:
            record = self._casebook.document(case.entry.case_id, DocumentKind.CASE_FILE)
            self._applications[case.mark] = None if record is None else from_record(Application, record["application"])
        application = self._applications[case.mark]
        if application is None or not fits(of, application):
            raise WrongValue("workbook.correction_no_row")
        return kept

    def _settle(self, case: DeskCase, name: str, found: Mapping[tuple[str, str, str], str], corrected: dict[str, _Corrected]) -> None:
        """Tell what is new from what stands on the list since an earlier round."""
        before = [value for answer in case.answers for of, value in answer.corrections if of == name]
        if FIELDS[name] in self._unproven(case):
            # What was told before did not help: it is to be told anew, also if it is the same.
            before = []
        new = {key: value for key, value in found.items() if value not in before}
        if not new and before and len(set(found.values())) == 1 and before[-1] not in found.values():
            # Put back to what it was before the latest correction.
            new = dict(found)
        for key in found.keys() - new.keys():
            self._say_of(key, "correction_done")
        if not case.is_open(self._today):
            for key in new:
                self._say_of(key, "correction_too_late")
        elif len(set(new.values())) > 1:
            corrected.setdefault(case.mark, _Corrected()).is_wrong = True
            for key in new:
                self._say_of(key, "correction_two_values")
        elif new:
            of_case = corrected.setdefault(case.mark, _Corrected())
            of_case.values[name] = next(iter(new.values()))
            of_case.keys += list(new)

    def _say_of(self, key: tuple[str, str, str], text: str) -> None:
        self._said[key] = self._texts.say(f"workbook.{text}")
