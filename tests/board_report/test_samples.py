"""What the look at a sample came to is kept with the case, once, and the follow-up counts it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from robots.answering import act_on_answers
from robots.assessment import Ending
from robots.board_report.figures import Samples, figures
from robots.board_report.material import read
from robots.casebook import Casebook
from robots.casebook.answers import Answer, AnswerKind, Answers, AnswerState
from robots.casebook.tables import ANSWERS
from robots.errors import ReasonCode
from robots.report_settings import ReportSettings
from robots.run_log import Action
from tests.outcomes import outcome_of

CASE = "ekonomiskt-bistand:EA-26-00001:2026-11"


def answered(book: Casebook, kind: AnswerKind, *codes: ReasonCode) -> list[str]:
    """Have a proposal be answered, and return what is noted with the case besides the answer."""
    outcome = outcome_of(CASE, "EA-26-00001", ending=Ending.PROPOSED, codes=codes)
    book.open_case(CASE, reference="EA-26-00001", month="2026-11")
    assert book.close_case(outcome)
    at = outcome.ended_at
    answer = Answer(case_id=CASE, round=1, kind=kind, words="-", answered_by="Ann Berg", answered_at=at, outcome=outcome)
    assert Answers(book).receive([answer], event=Action.ANSWERED)
    act_on_answers(book)
    return [event.action for event in book.events(CASE) if event.action != Action.ANSWERED]


@pytest.mark.parametrize(("kind", "noted"), [(AnswerKind.AS_PROPOSED, "sample_held"), (AnswerKind.OTHERWISE, "sample_differed")])
def test_the_result_of_a_sample_is_noted_with_the_case_and_counted(tmp_path: Path, kind: AnswerKind, noted: str) -> None:
    with Casebook(tmp_path / "casebook.sqlite") as book:
        assert answered(book, kind, ReasonCode.SAMPLE) == [noted]
        (entry,) = book.cases()

    material = read(tmp_path / "casebook.sqlite", None, months=None, decisions={})
    today = entry.submitted_at.date() + timedelta(days=1)
    held = kind is AnswerKind.AS_PROPOSED
    assert figures(material, ReportSettings(), promise_working_days=1, today=today).samples == Samples(drawn=1, as_proposed=held, otherwise=not held)


def test_the_answer_to_a_proposal_that_is_no_sample_is_no_result_of_one(tmp_path: Path) -> None:
    with Casebook(tmp_path / "casebook.sqlite") as book:
        assert answered(book, AnswerKind.OTHERWISE) == []


def test_the_result_is_noted_once_although_a_crash_has_the_answer_acted_on_again(tmp_path: Path) -> None:
    with Casebook(tmp_path / "casebook.sqlite") as book:
        answered(book, AnswerKind.AS_PROPOSED, ReasonCode.SAMPLE)
        with book.engine.begin() as connection:
            connection.execute(ANSWERS.update().values(state=AnswerState.RECEIVED))

        act_on_answers(book)

        assert [event.action for event in book.events(CASE)].count(Action.SAMPLE_HELD) == 1
