"""From outcomes to what the workbook shows; nothing in it that a compilation may not hold (7 a § SoLPUL).

No number of a person, no name, no free text from an applicant; a protected case shows one neutral sentence, no code and no reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

from robots.assessment import Ending, Outcome
from robots.case import SWEDEN, Month
from robots.casebook.answers import Answer, AnswerKind
from robots.errors import ReasonCode
from robots.exception_queue.desk import DeskCase
from robots.exception_queue.entries import Entry, Value, View
from robots.exception_queue.figures import figures_of
from robots.exception_queue.layout import Sheet
from robots.explanation import IMPORTANCE
from robots.texts import Texts


def view_of(outcomes: Iterable[Outcome], texts: Texts) -> View:
    """Return what the workbook shows of the outcomes: hand-offs and proposals; those decided are left out."""
    sheets = {Ending.HANDED_OFF: Sheet.TO_DO, Ending.PROPOSED: Sheet.PROPOSALS}
    shown = [(one, sheets[one.ending]) for one in outcomes if one.ending in sheets]
    return View(entries=[entry_of(outcome, sheet, texts) for outcome, sheet in shown])


def entry_of(outcome: Outcome, sheet: Sheet, texts: Texts, *, round_number: int = 1, link: str = "") -> Entry:
    """Return the row of a hand-off or a proposal."""
    month = outcome.month.first_day if outcome.month else None
    values: dict[str, Value] = {"reference": outcome.reference, "month": month, "due_on": outcome.due_on}
    if ReasonCode.PROTECTED in outcome.codes:
        values["why"] = texts.say("workbook.protected")
        link = ""
    else:
        codes = by_importance(outcome.codes)
        # Nothing in a proposed case has to be judged, so that its sentences name no income and no cost.
        why = outcome.because if sheet is Sheet.PROPOSALS else [texts.say(f"reason.{code}") for code in codes]
        values |= {"why": "\n".join(why), "codes": "\n".join(codes), "left": "\n".join(outcome.left)}
        values |= {"amount": outcome.amount} if sheet is Sheet.PROPOSALS else {"done": "\n".join(outcome.done)}
    return Entry(case_id=outcome.case_id, round=round_number, sheet=sheet, values=values, order=_urgency(outcome), link=link)


def view_of_desk(
    desk: Sequence[DeskCase],
    texts: Texts,
    *,
    today: date,
    done_days: int,
    notices: Mapping[str, str] = MappingProxyType({}),
    said_of_corrections: Mapping[tuple[str, str, str], str] = MappingProxyType({}),
    correctable: Mapping[str, bool] = MappingProxyType({}),
    links: Mapping[str, str] = MappingProxyType({}),
) -> View:
    """Return what the workbook shows of all cases that have come to a person: what is long or overdue first.

    Args:
        desk: the cases.
        texts: the catalogue.
        today: in Sweden.
        done_days: how long a case that is done stays on its list.
        notices: what the robot says in the rows, by case id.
        said_of_corrections: and of the corrections, as `View` has it.
        correctable: labels of the facts that may be corrected, as `View` has them.
        links: address of the page that explains a case, by case id.
    """
    entries: list[Entry] = []
    forgotten: set[str] = set()
    for case in desk:
        sheet = case.sheet(today)
        if sheet is None:
            continue
        if sheet is Sheet.DONE and case.done_at is not None and case.done_at.astimezone(SWEDEN).date() < today - timedelta(days=done_days):
            forgotten.add(case.mark)
            continue
        link = "" if case.is_protected else links.get(case.entry.case_id, "")
        entry = _entry(case, sheet, texts, today=today, link=link)
        entries.append(replace(entry, notice=notices.get(case.entry.case_id, "")))
    return View(
        entries=entries,
        correctable=correctable,
        said_of_corrections=said_of_corrections,
        taken={(case.mark, answer.round): answer.words for case in desk for answer in case.answers},
        forgotten=forgotten,
        figures=figures_of(desk, texts, today=today),
    )


def _entry(case: DeskCase, sheet: Sheet, texts: Texts, *, today: date, link: str) -> Entry:
    outcome = case.outcome
    if outcome is not None and sheet in (Sheet.TO_DO, Sheet.PROPOSALS):
        entry = entry_of(outcome, sheet, texts, round_number=case.entry.round, link=link)
        values, is_long = dict(entry.values), case.is_long(today)
        if not case.is_protected:
            said = [_long(case, texts)] if is_long else []
            if outcome.waits_until is not None:
                said.append(texts.say("workbook.asked_in_vain", day=outcome.waits_until.isoformat()))
            values["why"] = "\n".join((*said, str(values["why"])))
        return replace(entry, values=values, order=("0" if is_long else "1", *entry.order))
    asked_of = case.asked_of
    month = None if case.entry.month == "unreadable" else Month.parse(case.entry.month).first_day
    values = {"reference": case.entry.reference, "month": month, "why": _why(case, asked_of, texts)}
    answer = case.answer or (case.answer_before if sheet is Sheet.WAITING else None) or case.latest_answer
    if answer is not None:
        day = answer.answered_at.astimezone(SWEDEN).date()
        values |= {"answered": answer.words, "answered_by": answer.answered_by, "answered_on": day}
    if sheet is Sheet.WAITING:
        waits_for = _waits_for(case, answer, texts, today=today)
        is_long = case.is_long(today)
        values["waits_for"] = f"{_long(case, texts)}\n{waits_for}" if is_long and not case.is_protected else waits_for
        order: tuple[str, ...] = ("0" if is_long else "1", case.received_on.isoformat(), case.entry.reference)
    else:
        values["result"] = _result(case, texts)
        done_at = case.done_at
        # The latest first.
        order = ("" if done_at is None else f"{date.max.toordinal() - done_at.date().toordinal():08}", case.entry.reference)
    return Entry(case_id=case.entry.case_id, round=case.entry.round, sheet=sheet, values=values, order=order)


def _why(case: DeskCase, asked_of: Outcome | None, texts: Texts) -> str:
    if case.is_protected:
        return texts.say("workbook.protected")
    codes = () if asked_of is None else by_importance(asked_of.codes)
    if asked_of is not None and asked_of.ending is Ending.PROPOSED:
        return "\n".join(asked_of.because)
    return "\n".join(texts.say(f"reason.{code}") for code in codes)


def _long(case: DeskCase, texts: Texts) -> str:
    return texts.say("workbook.long", received=case.received_on.isoformat(), day=case.request_on.isoformat())


def _waits_for(case: DeskCase, answer: Answer | None, texts: Texts, *, today: date) -> str:
    if case.is_waiting_for_applicant(today) and case.outcome is not None and case.outcome.waits_until is not None:
        return texts.say("workbook.waits_for_applicant", day=case.outcome.waits_until.isoformat())
    if answer is not None and answer.kind is AnswerKind.NEEDS_MORE:
        return texts.say("workbook.waits_for_message")
    count = 0 if answer is None else len(answer.corrections)
    return texts.say("workbook.waits_for_robot_corrected", number=str(count)) if count else texts.say("workbook.waits_for_robot")


def _result(case: DeskCase, texts: Texts) -> str:
    if case.outcome is not None and case.outcome.ending is Ending.DECIDED:
        return texts.say("workbook.result_robot")
    if case.answer is None:
        raise RuntimeError("a case that is done was decided or answered")
    return texts.say(f"workbook.result_{case.answer.kind.name.lower()}")


def by_importance(codes: Sequence[ReasonCode]) -> tuple[ReasonCode, ...]:
    """Return each code once, the most important first."""
    return tuple(code for code in IMPORTANCE if code in codes)


def _urgency(outcome: Outcome) -> tuple[str, ...]:
    first = min((IMPORTANCE.index(code) for code in outcome.codes), default=len(IMPORTANCE))
    return (outcome.due_on or date.max).isoformat(), f"{first:03}", outcome.reference
