"""The figures of what people have, and what they answer: counts and days, nothing of a single case and of nobody's work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pandas as pd

from robots.assessment import Outcome
from robots.case import SWEDEN
from robots.casebook.answers import Answer, AnswerKind
from robots.errors import ReasonCode
from robots.exception_queue.desk import DeskCase
from robots.exception_queue.entries import Value
from robots.exception_queue.layout import Sheet
from robots.explanation import IMPORTANCE
from robots.texts import Texts

#: heading, names of the columns, rows
Table = tuple[str, Sequence[str], Sequence[Sequence[Value]]]

#: days since the case came to the person, up to and including
_AGES = (1, 5, 10, 30)
_WEEKS = 8
_DONE_DAYS = 30
_DAYS_OF_WEEK = 7
_NO_DATE = date.min


def figures_of(desk: Sequence[DeskCase], texts: Texts, *, today: date) -> list[Table]:
    """Return the tables of the sheet of figures; each has as many rows and columns whatever they hold, so that nothing old is left standing.

    Args:
        desk: all cases that have come to a person.
        texts: the catalogue.
        today: in Sweden.
    """
    # The reasons last: they are padded to as many rows as there are codes.
    return [table(desk, texts, today=today) for table in (_now, _ages, _weeks, _reasons)]


def _now(desk: Sequence[DeskCase], texts: Texts, *, today: date) -> Table:
    sheets = pd.Series([str(case.sheet(today) or "") for case in desk], dtype="object").value_counts()
    rows: list[tuple[Value, ...]] = [(texts.say(f"workbook.sheet_{sheet}"), _count(sheets, str(sheet))) for sheet in (*_OPEN, Sheet.WAITING)]
    rows.append((texts.say("workbook.figure_overdue"), Decimal(sum(case.is_overdue(today) for case in desk))))
    rows.append((texts.say("workbook.figure_long"), Decimal(sum(case.is_long(today) for case in desk))))
    since = today - timedelta(days=_DONE_DAYS)
    done = sum(1 for case in desk if case.sheet(today) is Sheet.DONE and case.done_at is not None and _day(case.done_at) >= since)
    rows.append((texts.say("workbook.figure_done", days=str(_DONE_DAYS)), Decimal(done)))
    return texts.say("workbook.figure_now"), (texts.say("workbook.figure_what"), texts.say("workbook.figure_cases")), rows


_OPEN = (Sheet.TO_DO, Sheet.PROPOSALS)


def _ages(desk: Sequence[DeskCase], texts: Texts, *, today: date) -> Table:
    days = pd.Series([(today - _day_of(case)).days for case in desk if case.is_open(today)], dtype="int64")
    edges = [-1, *_AGES, float("inf")]
    names = [texts.say("workbook.figure_days", most=str(most)) for most in _AGES] + [texts.say("workbook.figure_more_days", most=str(_AGES[-1]))]
    counts = pd.cut(days, bins=edges, labels=names).value_counts() if len(days) else pd.Series(dtype="int64")
    rows: list[tuple[Value, ...]] = [(name, _count(counts, name)) for name in names]
    return texts.say("workbook.figure_ages"), (texts.say("workbook.figure_age"), texts.say("workbook.figure_cases")), rows


def _day_of(case: DeskCase) -> date:
    return _NO_DATE if case.outcome is None else _day(case.outcome.ended_at)


def _reasons(desk: Sequence[DeskCase], texts: Texts, *, today: date) -> Table:
    """Count the reasons of what is open, and how long what has been answered lay: one case counts under each of its reasons."""
    since = _monday(today) - timedelta(days=_DAYS_OF_WEEK * (_WEEKS - 1))
    open_cases = [(case, case.outcome) for case in desk if case.is_open(today) and case.outcome is not None]
    counts = pd.Series([code for case, outcome in open_cases for code in _codes(case, outcome)], dtype="object").value_counts()
    answered = [(case, answer) for case in desk for answer in case.answers if _day(answer.answered_at) >= since]
    frame = pd.DataFrame([(code, _days_lain(answer)) for case, answer in answered for code in _codes(case, answer.outcome)], columns=["code", "days"])
    answers, medians = frame["code"].value_counts(), frame.groupby("code")["days"].median()
    known = [code for code in IMPORTANCE if str(code) in counts.index or str(code) in answers.index]
    rows: list[tuple[Value, ...]] = []
    for code in sorted(known, key=lambda code: (-int(counts.get(str(code), 0)), -int(answers.get(str(code), 0)), IMPORTANCE.index(code))):
        is_protected = code is ReasonCode.PROTECTED
        words = texts.say("workbook.protected") if is_protected else texts.say(f"reason.{code}")
        days = _in_days(medians.get(str(code)))
        rows.append((words, _count(counts, str(code)), _count(answers, str(code)), days, "" if is_protected else str(code)))
    rows += [(None,) * 5] * (len(IMPORTANCE) - len(rows))
    names = ("figure_reason", "figure_open", "figure_answered", "figure_median", "column_codes")
    return texts.say("workbook.figure_reasons"), [texts.say(f"workbook.{name}") for name in names], rows


def _codes(case: DeskCase, outcome: Outcome) -> list[str]:
    # Of a case that nothing may be told of no other reason is counted either.
    return [str(ReasonCode.PROTECTED)] if case.is_protected else [str(code) for code in dict.fromkeys(outcome.codes)]


def _weeks(desk: Sequence[DeskCase], texts: Texts, *, today: date) -> Table:
    answers = [answer for case in desk for answer in case.answers]
    frame = pd.DataFrame(
        {
            "week": [_monday(_day(answer.answered_at)) for answer in answers],
            "kind": [str(answer.kind) for answer in answers],
            "days": [_days_lain(answer) for answer in answers],
        }
    )
    counts = frame.groupby(["week", "kind"]).size() if len(frame) else pd.Series(dtype="int64")
    medians = frame.groupby("week")["days"].median() if len(frame) else pd.Series(dtype="float64")
    rows: list[tuple[Value, ...]] = []
    for back in range(_WEEKS):
        monday = _monday(today) - timedelta(days=_DAYS_OF_WEEK * back)
        days = _in_days(medians.get(monday))
        rows.append((monday.isoformat(), *(_count(counts, (monday, str(kind))) for kind in AnswerKind), days))
    names = [texts.say(f"workbook.answer_{kind.name.lower()}") for kind in AnswerKind]
    return texts.say("workbook.figure_weeks"), (texts.say("workbook.figure_week"), *names, texts.say("workbook.figure_median")), rows


def _days_lain(answer: Answer) -> float:
    return (answer.answered_at - answer.outcome.ended_at).total_seconds() / 86_400


def _in_days(median: float | None) -> Decimal | None:
    return None if median is None else Decimal(round(float(median)))


def _day(at: datetime) -> date:
    return at.astimezone(SWEDEN).date()


def _count(counts: pd.Series[int], of: object) -> Decimal:
    return Decimal(int(counts.get(of, 0)))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
