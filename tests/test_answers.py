"""What the robot does with people's answers in the workbook: a real file, a real casebook, and the cases as the robot leaves them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from robots import answering, exception_queue, exchange, settings
from robots.assessment import Ending, Outcome
from robots.case import SWEDEN, AppliedExpense, CaseFile, Party, StatedIncome
from robots.casebook import Casebook, CaseState, DocumentKind, EffectState
from robots.casebook.answers import Answer, AnswerKind, Answers, AnswerState, Correction
from robots.casebook.orders import OrderKind, Orders
from robots.configuration import Configuration, read_configuration
from robots.corrections import CASEWORKER, FIELDS, WrongValue, apply
from robots.errors import CaseNeedsPerson, ReasonCode, SetupError
from robots.exception_queue import Sheet
from robots.exception_queue.desk import desk_of, months_after
from robots.exchange import Exchanged
from robots.records import from_record, to_record
from robots.run_log import set_up
from robots.work_queue.operating import Operator
from tests.case_files import PAY_DAY, codes, ordinary_family, single, unknown, with_application, with_population
from tests.past_cases import ENDED_AT, case_id_of, keep_in, numbered
from tests.workbook.people import CORRECTIONS, DONE, PROPOSALS, TEXTS, TO_DO, WAITING, cell, column, edit, fill, rows_of

# Each of them reads and saves whole workbooks, which takes longer than what runs before every commit may take.
pytestmark = pytest.mark.durable

KOLLEGA = Path(sys.executable).parent / "kollega"
REPOSITORY = Path(__file__).parent.parent
NOW = ENDED_AT + timedelta(hours=2)
HANDLED, BACK, NEEDS_MORE, CANCEL = (TEXTS.say(f"workbook.answer_{name}") for name in ("handled", "back", "needs_more", "cancel"))
ONE, TWO, THREE = (f"EA-26-{number:05d}" for number in (1, 2, 3))
DAYS_AWAY, HOUSING_COST, PERSONS = (FIELDS[name].label(TEXTS) for name in ("days_away", "housing_cost", "persons_in_dwelling"))
NAME = "Ann Berg"
#: a command that takes longer hangs, also beside other tests
SECONDS = 240


@dataclass
class Workplace:
    """A casebook and the workbook that shows it."""

    configuration: Configuration
    casebook: Casebook
    now: datetime = NOW
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.configuration.settings.paths.workbook

    def keep(self, *cases: CaseFile) -> None:
        keep_in(self.configuration.settings.paths.casebook_of(self.configuration.settings.run.mode), *cases)
        self.ids |= {case.application.reference: case_id_of(case) for case in cases}
        # The file was opened a second time in this process, and with that closed SQLite has lost its locks of the first.
        self.casebook.close()

    def sync(self, *, minutes: float = 5) -> Exchanged:
        self.now += timedelta(minutes=minutes)
        return exchange.exchange(self.configuration, self.casebook, now=self.now)

    def answer(self, reference: str, words: str | None, *, name: str | None = NAME, sheet: str = TO_DO) -> None:
        edit(self.path, lambda book: fill(book, reference, sheet, answer=words, assigned_to=name))

    def correct(self, reference: Any, label: Any, value: Any) -> None:
        def change(book: Any) -> None:
            sheet = book[CORRECTIONS]
            places = [column(sheet, key) for key in ("corrects", "field", "value")]
            number = next(row for row in range(2, 100) if not any(sheet.cell(row=row, column=place).value for place in places))
            for place, text in zip(places, (reference, label, value), strict=True):
                sheet.cell(row=number, column=place).value = text

        edit(self.path, change)

    def said(self) -> list[str]:
        """What the robot says of each correction, in their order."""
        sheet = load_workbook(self.path)[CORRECTIONS]
        places = [column(sheet, key) for key in ("corrects", "field", "value", "notice")]
        rows = [[row[place - 1] for place in places] for row in sheet.iter_rows(min_row=2, values_only=True)]
        return [str(row[3] or "") for row in rows if any(row[:3])]

    def notice(self, reference: str, sheet: str = TO_DO) -> str:
        return str(cell(self.path, reference, "notice", sheet).value or "")

    def answers(self) -> list[tuple[AnswerKind, int, AnswerState]]:
        return [(one.kind, one.round, one.state) for one in Answers(self.casebook).all()]

    def end(self, reference: str, ending: Ending = Ending.HANDED_OFF, *, waits_until: date | None = None) -> None:
        """Have the robot take a case that was begun anew to its end again."""
        answer = Answers(self.casebook).begun_anew_for(self.ids[reference])
        assert answer is not None
        order = Orders(self.casebook).of_case(answer.case_id)
        assert order is not None
        assert Orders(self.casebook).fulfil(order)
        assert self.casebook.close_case(replace(answer.outcome, ending=ending, ended_at=self.now, waits_until=waits_until))


@pytest.fixture(scope="module")
def configured() -> Configuration:
    return read_configuration(REPOSITORY)


@pytest.fixture
def workplace(tmp_path: Path, configured: Configuration) -> Iterator[Workplace]:
    paths = replace(configured.settings.paths, state=tmp_path / "state", logs=tmp_path / "logs", workbook=tmp_path / "share" / "undantag.xlsx")
    configuration = replace(configured, settings=replace(configured.settings, paths=paths))
    with Casebook(paths.state / "casebook.sqlite") as casebook:
        place = Workplace(configuration, casebook)
        costs = (AppliedExpense(kind="boendekostnad", amount=Decimal(5000)),)
        away = with_application(single(), days_away=3, expenses=costs)
        place.keep(*numbered(away, away, with_population(single(), is_protected=True)))
        place.sync()
        yield place


def said_of(key: str, **values: str) -> str:
    return TEXTS.say(f"workbook.{key}", **values)


# --- each answer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "kind", "result"), [(HANDLED, AnswerKind.HANDLED, "handled"), (CANCEL, AnswerKind.CANCEL, "cancel")])
def test_what_a_person_has_ended_stands_as_done_with_name_and_day_and_is_not_begun_anew(
    workplace: Workplace, words: str, kind: AnswerKind, result: str
) -> None:
    workplace.answer(ONE, words)
    taken = workplace.sync().taken

    assert [(one.case_id, one.kind, one.answered_by) for one in taken] == [(workplace.ids[ONE], kind, NAME)]
    assert workplace.answers() == [(kind, 1, AnswerState.ACTED)]
    assert set(rows_of(workplace.path)) == {TWO, THREE}
    told = [cell(workplace.path, ONE, heading, DONE).value for heading in ("result", "answered", "answered_by", "answered_on")]
    assert told == [said_of(f"result_{result}"), words, NAME, datetime(2026, 11, 3)]  # noqa: DTZ001 - a cell's day has no zone
    assert Orders(workplace.casebook).standing() == ()
    (entry,) = workplace.casebook.find(ONE)
    with pytest.raises(SetupError, match="a caseworker has answered"):
        Operator(casebook=workplace.casebook, name="operator").retry(entry, step="", steps_done=list)


def test_a_case_given_back_is_begun_anew_once_and_waits_for_the_robot_with_what_was_said_of_it(workplace: Workplace) -> None:
    why = cell(workplace.path, ONE, "why").value
    workplace.answer(ONE, BACK)
    workplace.sync()

    (entry,) = workplace.casebook.find(ONE)
    assert (entry.state, entry.round) == (CaseState.WAITING, 2)
    assert [(one.kind, one.ordered_by) for one in Orders(workplace.casebook).standing()] == [(OrderKind.BEGIN_ANEW, "a caseworker")]
    assert cell(workplace.path, ONE, "waits_for", WAITING).value == said_of("waits_for_robot")
    assert cell(workplace.path, ONE, "why", WAITING).value == why
    assert ONE not in rows_of(workplace.path)

    workplace.end(ONE)
    workplace.sync()
    assert cell(workplace.path, ONE, "answer").value is None
    assert workplace.notice(ONE) == ""
    workplace.answer(ONE, HANDLED)
    workplace.sync()
    assert workplace.answers() == [(AnswerKind.BACK, 1, AnswerState.ACTED), (AnswerKind.HANDLED, 2, AnswerState.ACTED)]


def test_a_case_that_the_robot_decides_after_it_was_given_back_is_done(workplace: Workplace) -> None:
    workplace.answer(ONE, BACK)
    workplace.sync()
    workplace.end(ONE, Ending.DECIDED)
    workplace.sync()

    assert cell(workplace.path, ONE, "result", DONE).value == said_of("result_robot")


def test_a_case_that_needs_more_waits_for_the_applicant_and_comes_back_when_the_time_is_over(workplace: Workplace) -> None:
    workplace.answer(ONE, NEEDS_MORE)
    workplace.sync()
    assert cell(workplace.path, ONE, "waits_for", WAITING).value == said_of("waits_for_message")

    last_day = date(2026, 11, 17)
    workplace.end(ONE, waits_until=last_day)
    workplace.sync()
    assert cell(workplace.path, ONE, "waits_for", WAITING).value == said_of("waits_for_applicant", day="2026-11-17")

    workplace.sync(minutes=15 * 24 * 60)
    assert said_of("asked_in_vain", day="2026-11-17") in cell(workplace.path, ONE, "why").value
    assert cell(workplace.path, ONE, "answer").value is None
    workplace.answer(ONE, CANCEL)
    assert [one.round for one in workplace.sync().taken] == [2]


def test_what_was_decided_about_a_proposal_is_kept_for_the_follow_up(workplace: Workplace) -> None:
    (proposed, other) = (replace(case, application=replace(case.application, reference=name)) for case, name in ((single(), TWO), (single(), THREE)))
    for case, words, kind in (
        (proposed, said_of("answer_as_proposed"), AnswerKind.AS_PROPOSED),
        (other, said_of("answer_otherwise"), AnswerKind.OTHERWISE),
    ):
        reference = case.application.reference
        before = workplace.casebook.outcome_of(workplace.ids[reference])
        assert before is not None
        _reopen(workplace, reference)
        workplace.casebook.close_case(replace(before, ending=Ending.PROPOSED, amount=Decimal(5220), codes=(), because=("Förslag.",)))
        workplace.sync()
        workplace.answer(reference, words, sheet=PROPOSALS)
        workplace.sync()
        assert Answers(workplace.casebook).of_case(workplace.ids[reference])[-1].kind is kind
        assert cell(workplace.path, reference, "result", DONE).value == said_of(f"result_{kind.name.lower()}")


def _reopen(workplace: Workplace, reference: str) -> None:
    orders = Orders(workplace.casebook)
    assert orders.give(workplace.ids[reference], OrderKind.BEGIN_ANEW, by="operator", why="", event=("retried", ""), reopens=True)
    order = orders.of_case(workplace.ids[reference])
    assert order is not None
    assert orders.fulfil(order)


# --- what can't be followed -------------------------------------------------------------------------------------------


def test_a_share_that_can_not_be_read_keeps_no_run_from_its_cases_and_is_told_when_it_is_written(workplace: Workplace) -> None:
    workplace.path.unlink()
    workplace.path.mkdir()
    assert exchange.take(workplace.configuration, workplace.casebook, now=NOW) == ()
    with pytest.raises(SetupError, match=r"paths\.workbook"):
        workplace.sync()


def test_an_answer_without_a_name_waits_for_it(workplace: Workplace) -> None:
    workplace.answer(ONE, HANDLED, name=None)
    assert workplace.sync().taken == ()
    assert workplace.notice(ONE) == said_of("notice_no_name")
    assert cell(workplace.path, ONE, "answer").value == HANDLED

    workplace.answer(ONE, HANDLED)
    assert len(workplace.sync().taken) == 1


def test_an_answer_that_is_not_in_the_list_is_named_with_those_that_are(workplace: Workplace) -> None:
    workplace.answer(ONE, "Klar, tror jag")
    workplace.sync()

    assert workplace.answers() == []
    listed = f"{HANDLED}, {BACK}, {NEEDS_MORE}, {CANCEL}"
    assert workplace.notice(ONE) == said_of("notice_no_answer", answer="Klar, tror jag", answers=listed)
    workplace.answer(ONE, said_of("answer_as_proposed"))
    workplace.sync()
    assert workplace.answers() == []
    workplace.answer(ONE, f" {HANDLED.upper()} ")
    assert len(workplace.sync().taken) == 1


def test_two_different_answers_in_two_rows_of_one_case_are_both_left(workplace: Workplace) -> None:
    def paste(book: Any) -> None:
        sheet = book[TO_DO]
        number = rows_of(workplace.path)[ONE]
        for place, one in enumerate(list(sheet.iter_rows(min_row=number, max_row=number, values_only=True))[0], start=1):
            sheet.cell(row=20, column=place).value = one
        sheet.cell(row=20, column=column(sheet, "answer")).value = CANCEL

    workplace.answer(ONE, HANDLED)
    edit(workplace.path, paste)
    for _ in range(2):
        assert workplace.sync().taken == ()
        assert said_of("notice_two_answers") in str([list(load_workbook(workplace.path)[TO_DO].values)])

    def remove(book: Any) -> None:
        sheet = book[TO_DO]
        numbers = [row[0].row for row in sheet.iter_rows(min_row=2) if row[column(sheet, "answer") - 1].value == CANCEL]
        for number in numbers:
            sheet.delete_rows(number)

    edit(workplace.path, remove)
    assert [one.kind for one in workplace.sync().taken] == [AnswerKind.HANDLED]


def test_an_answer_in_a_row_whose_number_is_another_case_s_is_not_read(workplace: Workplace) -> None:
    """As when a person has sorted some of the columns and not the others."""
    workplace.answer(ONE, HANDLED)

    def swap(book: Any) -> None:
        sheet = book[TO_DO]
        rows = rows_of(workplace.path)
        for reference, other in ((ONE, TWO), (TWO, ONE)):
            sheet.cell(row=rows[reference], column=column(sheet, "reference")).value = other

    edit(workplace.path, swap)
    assert workplace.sync().taken == ()
    assert workplace.answers() == []


def test_an_answer_of_an_earlier_round_does_not_count_in_this_one(workplace: Workplace) -> None:
    workplace.answer(ONE, BACK)
    workplace.sync()
    kept = workplace.path.read_bytes()
    workplace.end(ONE)
    workplace.sync()
    workplace.answer(ONE, CANCEL)
    workplace.sync()
    assert [kind for kind, _, _ in workplace.answers()] == [AnswerKind.BACK, AnswerKind.CANCEL]

    # A copy from before, put back by a person, in which the case stands as it stood then.
    workplace.path.write_bytes(kept)
    workplace.sync()
    assert [kind for kind, _, _ in workplace.answers()] == [AnswerKind.BACK, AnswerKind.CANCEL]
    assert cell(workplace.path, ONE, "result", DONE).value == said_of("result_cancel")


def test_an_answer_changed_after_it_was_read_is_told_to_be_late(workplace: Workplace) -> None:
    workplace.answer(ONE, HANDLED)
    exchange.take(workplace.configuration, workplace.casebook, now=NOW)
    workplace.answer(ONE, BACK)
    assert workplace.sync().taken == ()
    assert workplace.notice(ONE, DONE) == said_of("notice_changed_late", answer=HANDLED)


def test_an_answer_changed_while_the_robot_writes_is_told_not_to_be_read_until_the_case_goes_on(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = exception_queue.write

    def write_late(*arguments: Any, **named: Any) -> exception_queue.Written:
        workplace.answer(ONE, CANCEL)
        return real(*arguments, **named)

    workplace.answer(ONE, BACK)
    with monkeypatch.context() as patched:
        patched.setattr(exception_queue, "write", write_late)
        workplace.sync()

    said = said_of("notice_unread", answer=CANCEL)
    assert workplace.notice(ONE, WAITING) == said
    assert workplace.sync().written.state is exception_queue.State.UNCHANGED
    workplace.answer(TWO, HANDLED)
    workplace.sync()
    assert workplace.notice(ONE, WAITING) == said
    workplace.end(ONE)
    workplace.sync()
    assert workplace.notice(ONE) == ""


def test_an_answer_in_an_older_copy_of_a_case_that_has_gone_on_is_told_not_to_be_read(workplace: Workplace) -> None:
    kept = workplace.path.read_bytes()
    workplace.answer(ONE, BACK)
    workplace.sync()
    workplace.path.write_bytes(kept)
    workplace.answer(ONE, CANCEL)
    workplace.sync()
    assert workplace.notice(ONE, WAITING) == said_of("notice_unread", answer=CANCEL)


def test_what_is_said_of_an_answer_of_an_earlier_round_stays_until_there_is_another(workplace: Workplace) -> None:
    workplace.answer(ONE, "Vet inte")
    before = _outcome_of(workplace, ONE)
    _reopen(workplace, ONE)
    workplace.casebook.close_case(before)
    said = said_of("notice_old_answer", answer="Vet inte")
    for _ in range(3):
        workplace.sync()
        assert workplace.notice(ONE) == said
    workplace.answer(ONE, "Vet inte heller nu")
    workplace.sync()
    assert workplace.notice(ONE).startswith("Svaret ”Vet inte heller nu” finns inte i listan.")
    assert said not in workplace.notice(ONE)


def _outcome_of(workplace: Workplace, reference: str) -> Outcome:
    outcome = workplace.casebook.outcome_of(workplace.ids[reference])
    assert outcome is not None
    return outcome


def test_a_row_that_a_person_has_written_in_says_that_its_case_is_no_longer_theirs(workplace: Workplace) -> None:
    workplace.answer(ONE, HANDLED)
    assert Orders(workplace.casebook).give(workplace.ids[ONE], OrderKind.BEGIN_ANEW, by="operator", why="", event=("retried", ""), reopens=True)
    for _ in range(2):
        assert workplace.sync().taken == ()
        assert workplace.notice(ONE) == said_of("notice_gone")


@pytest.mark.parametrize(("name", "key"), [("-", "no_name"), (12, "no_name"), ("19900101-1234", "no_name"), ("Ann 900101-1234", "number_as_name")])
def test_what_is_no_name_gives_no_answer(workplace: Workplace, name: Any, key: str) -> None:
    workplace.answer(ONE, HANDLED, name=name)
    assert workplace.sync().taken == ()
    assert workplace.notice(ONE) == said_of(f"notice_{key}")


def test_a_protected_case_is_a_person_s_alone_and_says_nothing_of_why(workplace: Workplace) -> None:
    for words in (BACK, NEEDS_MORE):
        workplace.answer(THREE, words)
        assert workplace.sync().taken == ()
        assert workplace.notice(THREE) == said_of("notice_persons_only")
    workplace.answer(THREE, HANDLED)
    assert len(workplace.sync().taken) == 1
    row = [value.value for value in load_workbook(workplace.path)[DONE][rows_of(workplace.path, DONE)[THREE]]]
    assert said_of("protected") in row
    assert not any("PROTECTED" in str(value) for value in row)


def test_a_decided_application_is_not_asked_to_be_completed(workplace: Workplace) -> None:
    workplace.casebook.intend(workplace.ids[ONE], "case_system.decision")
    workplace.answer(ONE, NEEDS_MORE)
    assert workplace.sync().taken == ()
    assert workplace.notice(ONE) == said_of("notice_decided")


# --- corrections ------------------------------------------------------------------------------------------------------


def test_corrections_wait_for_the_answer_and_go_with_it(workplace: Workplace) -> None:
    workplace.correct(ONE, DAYS_AWAY, 0)
    workplace.correct(ONE, HOUSING_COST, "4 500,50")
    workplace.sync()
    assert workplace.said() == [said_of("correction_waits", answer=BACK)] * 2
    assert workplace.answers() == []

    workplace.answer(ONE, BACK)
    workplace.sync()
    assert workplace.said() == [said_of("correction_done")] * 2
    assert cell(workplace.path, ONE, "waits_for", WAITING).value == said_of("waits_for_robot_corrected", number="2")
    corrections = Answers(workplace.casebook).corrections(workplace.ids[ONE])
    assert {(one.field, one.value, one.corrected_by) for one in corrections} == {("days_away", "0", NAME), ("housing_cost", "4500.50", NAME)}

    workplace.end(ONE)
    workplace.sync()
    assert workplace.said() == [said_of("correction_done")] * 2
    workplace.correct(ONE, DAYS_AWAY, 2)
    workplace.answer(ONE, BACK)
    workplace.sync()
    assert {one.field: one.value for one in Answers(workplace.casebook).corrections(workplace.ids[ONE])} == {
        "days_away": "2",
        "housing_cost": "4500.50",
    }


#: what stands on the list, and what the robot says of it
WRONG = (
    (ONE, "Födelsedag", 1, said_of("correction_no_field")),
    (ONE, DAYS_AWAY, None, said_of("correction_incomplete")),
    (ONE, DAYS_AWAY, "tre", TEXTS.say("correction.write_count", least="0", most="31", example="3")),
    (ONE, DAYS_AWAY, 32, TEXTS.say("correction.write_count", least="0", most="31", example="3")),
    (ONE, DAYS_AWAY, 2.5, TEXTS.say("correction.write_count", least="0", most="31", example="3")),
    (ONE, PERSONS, 0, TEXTS.say("correction.write_count", least="1", most="30", example="3")),
    (ONE, FIELDS["follows_plan"].label(TEXTS), "kanske", TEXTS.say("correction.write_yes_or_no")),
    (ONE, HOUSING_COST, "-1", TEXTS.say("correction.write_amount")),
    (ONE, HOUSING_COST, 100_001, TEXTS.say("correction.write_amount")),
    (ONE, FIELDS["wage"].label(TEXTS), 9000, said_of("correction_no_row")),
    ("EA-26-99999", DAYS_AWAY, 1, said_of("correction_no_case")),
)


def test_corrections_that_can_t_be_followed_say_why_and_keep_the_answer_waiting(workplace: Workplace) -> None:
    for reference, label, value, _ in WRONG:
        workplace.correct(reference, label, value)
    workplace.answer(ONE, BACK)
    assert workplace.sync().taken == ()
    assert workplace.said() == [says for *_, says in WRONG]
    assert workplace.notice(ONE) == said_of("notice_wrong_corrections")
    assert workplace.answers() == []


def test_a_wrong_correction_of_another_case_keeps_no_answer_waiting(workplace: Workplace) -> None:
    workplace.correct("EA-26-99999", DAYS_AWAY, 1)
    workplace.correct(TWO, DAYS_AWAY, "tre")
    workplace.answer(ONE, BACK)
    assert [one.case_id for one in workplace.sync().taken] == [workplace.ids[ONE]]


def test_two_values_for_one_fact_are_both_told_and_neither_is_taken(workplace: Workplace) -> None:
    workplace.correct(ONE, DAYS_AWAY, 1)
    workplace.correct(ONE, DAYS_AWAY, 2)
    workplace.answer(ONE, BACK)
    assert workplace.sync().taken == ()
    assert workplace.said() == [said_of("correction_two_values")] * 2


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("days_away", 3.0, "3"),
        ("days_away", " 03 ", "3"),
        ("follows_plan", True, "ja"),
        ("follows_plan", "NEJ", "nej"),
        ("housing_cost", "4 500 kr", "4500"),
        ("housing_cost", 4500.499999999, "4500.5"),
        ("housing_cost", "0", "0"),
    ],
)
def test_a_value_is_understood_however_a_program_stores_it(name: str, typed: object, kept: str) -> None:
    assert FIELDS[name].written(typed) == kept


@pytest.mark.parametrize("typed", ["=1+1", "1e3", "٣", "4.500", "1 2 3 4 5 6 7", datetime(2026, 3, 1), "", "nan"])  # noqa: DTZ001 - as a cell has it
def test_nothing_is_guessed_of_a_value(typed: object) -> None:
    for name in ("days_away", "follows_plan"):
        with pytest.raises(WrongValue):
            FIELDS[name].written(typed)
    if typed != "4.500":
        with pytest.raises(WrongValue):
            FIELDS["housing_cost"].written(typed)


# --- what nobody could prove ------------------------------------------------------------------------------------------

PAYMENT = "case_system.payment"
IS_PAID = FIELDS["is_paid"].label(TEXTS)


def leave_unknown(workplace: Workplace, reference: str = ONE) -> None:
    """Have the case handed off with a payment that may or may not be registered."""
    case_id = workplace.ids[reference]
    outcome = _outcome_of(workplace, reference)
    _reopen(workplace, reference)
    workplace.casebook.intend(case_id, PAYMENT)
    workplace.casebook.effect_unknown(case_id, PAYMENT)
    assert workplace.casebook.close_case(replace(outcome, codes=(ReasonCode.OUTCOME_UNKNOWN,)))
    workplace.sync()


@pytest.mark.parametrize(("said", "state"), [("ja", EffectState.DONE), ("nej", None)])
def test_a_case_with_a_write_that_nobody_could_prove_is_taken_back_when_a_person_has_said_what_became_of_it(
    workplace: Workplace, said: str, state: EffectState | None
) -> None:
    leave_unknown(workplace)
    case_id = workplace.ids[ONE]
    workplace.answer(ONE, BACK)
    assert workplace.sync().taken == ()
    assert workplace.notice(ONE) == said_of("notice_untold", what=IS_PAID, sheet=CORRECTIONS)

    workplace.correct(ONE, IS_PAID, said)
    assert len(workplace.sync().taken) == 1
    assert workplace.casebook.effect_state(case_id, PAYMENT) is state
    assert workplace.casebook.unproven_effects(case_id) == ()
    assert workplace.said() == [said_of("correction_done")]
    found = {"ja": "done", "nej": "not done"}[said]
    assert f"{PAYMENT}: {found}, as a caseworker has found" in [one.message for one in workplace.casebook.events(case_id)]
    # It is nothing of the application's.
    assert apply(single(), Answers(workplace.casebook).corrections(case_id)) == single()


def test_what_a_person_has_said_of_a_write_touches_nothing_that_the_robot_has_begun_since(workplace: Workplace) -> None:
    leave_unknown(workplace)
    workplace.correct(ONE, IS_PAID, "nej")
    workplace.answer(ONE, BACK)
    (answer,) = workplace.sync().taken
    case_id = workplace.ids[ONE]
    workplace.casebook.intend(case_id, PAYMENT)

    assert answering._act(answer, workplace.casebook) is AnswerState.ACTED
    workplace.end(ONE)
    assert answering._act(answer, workplace.casebook) is AnswerState.ACTED
    assert workplace.casebook.effect_state(case_id, PAYMENT) is EffectState.INTENDED


def test_a_write_that_is_unknown_again_can_be_told_of_again(workplace: Workplace) -> None:
    for _ in range(2):
        leave_unknown(workplace)
        if not workplace.said():
            workplace.correct(ONE, IS_PAID, "nej")
        workplace.sync()
        assert workplace.said() == [said_of("correction_waits", answer=BACK)]
        workplace.answer(ONE, BACK)
        assert len(workplace.sync().taken) == 1
        assert workplace.casebook.unproven_effects(workplace.ids[ONE]) == ()
        workplace.end(ONE)
    # Known by now, the old row keeps nobody waiting.
    workplace.sync()
    assert workplace.said() == [said_of("correction_done")]
    workplace.answer(ONE, BACK)
    assert len(workplace.sync().taken) == 1


def test_of_a_write_that_is_known_nothing_can_be_said(workplace: Workplace) -> None:
    workplace.correct(ONE, IS_PAID, "ja")
    workplace.answer(ONE, BACK)
    assert workplace.sync().taken == ()
    assert workplace.said() == [said_of("correction_not_unknown")]
    assert workplace.casebook.effects(workplace.ids[ONE]) == ()


def corrected(name: str, value: str) -> Correction:
    return Correction(field=name, value=value, corrected_by=NAME, corrected_at=NOW)


def test_a_corrected_fact_counts_as_read_and_names_who_corrected_it() -> None:
    case = with_application(single(), days_away=unknown(ReasonCode.UNREADABLE))
    assert codes(case) != set()

    changed = apply(case, [corrected("days_away", "0")])

    assert codes(changed) == set()
    source = changed.application.days_away.source
    assert (source.system, source.by, source.element, source.read_at) == (CASEWORKER, NAME, "days_away", NOW)
    assert source.stood == "days_away: "
    assert apply(with_application(single(), days_away=5), [corrected("days_away", "0")]).application.days_away.source.stood == "days_away: 5"
    assert from_record(CaseFile, to_record(CaseFile, changed)) == changed


def test_what_registers_hold_is_compared_with_a_corrected_fact_as_ever() -> None:
    """A stated benefit that is corrected to something else than the register has is a person's matter as before."""
    case = ordinary_family()
    assert codes(case) == set()
    assert codes(apply(case, [corrected("housing_cost", "12000")])) >= {"EXP-CAP"}
    assert codes(apply(case, [corrected("housing_allowance", "1")])) != set()


def test_a_correction_of_one_row_leaves_the_others() -> None:
    incomes = (
        StatedIncome(party=Party.APPLICANT, kind="lön", paid_on=PAY_DAY, amount=Decimal(100)),
        StatedIncome(party=Party.APPLICANT, kind="bostadsbidrag", paid_on=PAY_DAY, amount=Decimal(200)),
    )
    changed = apply(with_application(single(), incomes=incomes), [corrected("wage", "150"), corrected("housing_allowance", "250")])
    assert changed.application.incomes.value == (replace(incomes[0], amount=Decimal(150)), replace(incomes[1], amount=Decimal(250)))
    assert changed.application.incomes.source.element == "wage, housing_allowance"
    assert changed.application.incomes.source.stood == "wage: 100, housing_allowance: 200"


def test_a_correction_that_no_longer_fits_the_application_is_a_person_s() -> None:
    with pytest.raises(CaseNeedsPerson) as caught:
        apply(single(), [corrected("housing_cost", "5000")])
    assert caught.value.codes == (ReasonCode.SYS_DIFF,)


def test_a_case_file_from_before_there_were_corrections_is_read() -> None:
    record = json.loads(json.dumps(to_record(CaseFile, single())).replace(', "by": ""', "").replace(', "stood": ""', ""))
    assert "by" not in record["application"]["month"]["source"]
    assert from_record(CaseFile, record) == single()


# --- once -------------------------------------------------------------------------------------------------------------


def test_reading_the_same_workbook_again_changes_nothing(workplace: Workplace) -> None:
    workplace.correct(ONE, DAYS_AWAY, 0)
    workplace.answer(ONE, BACK)
    workplace.answer(TWO, HANDLED)
    workplace.answer(THREE, "nonsens")
    answered = workplace.path.read_bytes()
    workplace.sync()
    before = (_rows(workplace.casebook), workplace.path.read_bytes())

    for _ in range(3):
        assert workplace.sync().taken == ()
    assert (_rows(workplace.casebook), workplace.path.read_bytes()) == before
    # And so when a person saves the answers once more, which were open all the time.
    workplace.path.write_bytes(answered)
    assert workplace.sync().taken == ()
    assert _rows(workplace.casebook) == before[0]


def _rows(casebook: Casebook) -> object:
    return (
        casebook.cases(),
        casebook.outcomes(),
        Answers(casebook).all(),
        Orders(casebook).standing(),
        [casebook.events(one.case_id) for one in casebook.cases()],
    )


@pytest.mark.parametrize("is_given", [False, True])
def test_an_answer_that_was_kept_before_a_crash_is_acted_on_after_it_once(workplace: Workplace, *, is_given: bool) -> None:
    outcome = workplace.casebook.outcome_of(workplace.ids[ONE])
    assert outcome is not None
    answer = Answer(case_id=workplace.ids[ONE], round=1, kind=AnswerKind.BACK, words=BACK, answered_by=NAME, answered_at=NOW, outcome=outcome)
    answers = Answers(workplace.casebook)
    assert answers.receive([answer], event="answered") == (answer,)
    if is_given:
        # The crash came between the order and the note that it was given.
        _act_without_note(workplace.casebook, answer)

    for _ in range(2):
        answering.act_on_answers(workplace.casebook)

    (entry,) = workplace.casebook.find(ONE)
    assert entry.round == 2
    assert workplace.answers() == [(AnswerKind.BACK, 1, AnswerState.ACTED)]


def _act_without_note(casebook: Casebook, answer: Answer) -> None:
    assert answering._act(answer, casebook) is AnswerState.ACTED


def test_an_answer_to_a_case_that_an_operator_has_begun_anew_meanwhile_is_not_kept(workplace: Workplace) -> None:
    outcome = workplace.casebook.outcome_of(workplace.ids[ONE])
    assert outcome is not None
    answer = Answer(case_id=workplace.ids[ONE], round=1, kind=AnswerKind.HANDLED, words=HANDLED, answered_by=NAME, answered_at=NOW, outcome=outcome)
    _reopen(workplace, ONE)
    assert Answers(workplace.casebook).receive([answer], event="answered") == ()


def test_no_name_and_no_word_of_a_person_s_stands_in_log_or_events(workplace: Workplace, tmp_path: Path) -> None:
    log = set_up(tmp_path / "run", console=False)
    workplace.correct(ONE, DAYS_AWAY, 0)
    workplace.answer(ONE, BACK)
    workplace.answer(TWO, "Eget svar om Kalle")
    edit(workplace.path, lambda book: book.remove(book[DONE]))
    workplace.sync()
    mark = workplace.path.with_name(f"~${workplace.path.name}")
    mark.write_text("Ann")
    workplace.answer(THREE, HANDLED)
    workplace.sync()
    log.close()

    told = (log.folder / "run.log").read_text(encoding="utf-8") + str(_events(workplace.casebook))
    assert "back" in told
    assert "a sheet was missing and is back" in told
    since = datetime.fromtimestamp(mark.stat().st_mtime, tz=SWEDEN)
    assert f"open with somebody since {since:%Y-%m-%d %H:%M}; what is new is written when it is closed" in told
    assert f"if nobody has it open any more, delete {mark.name} beside it" in told
    assert not any(word in told for word in (NAME, "Ann", "Kalle", "Eget"))


def _events(casebook: Casebook) -> list[object]:
    return [casebook.events(one.case_id) for one in casebook.cases()]


# --- deadlines, figures, pages ----------------------------------------------------------------------------------------


def test_what_is_overdue_or_soon_half_a_year_old_stands_first_and_is_told(workplace: Workplace) -> None:
    case = with_application(single(), days_away=1)
    case = replace(case, application=replace(case.application, reference="EA-26-00009"))
    received_at = datetime(2026, 6, 1, 9, tzinfo=UTC)
    workplace.casebook.open_case(case_id_of(case), reference="EA-26-00009", month="2026-11", received_at=received_at)
    workplace.keep(case)
    _due(workplace, {ONE: date(2026, 11, 4), TWO: date(2026, 10, 30), THREE: date(2026, 11, 5), "EA-26-00009": date(2026, 11, 6)})
    found = workplace.sync()

    assert list(rows_of(workplace.path)) == ["EA-26-00009", TWO, ONE, THREE]
    assert (found.overdue, found.long) == (1, 1)
    first = cell(workplace.path, "EA-26-00009", "why").value.splitlines()[0]
    assert first == said_of("long", received="2026-06-01", day="2026-12-01")


def _due(workplace: Workplace, days: dict[str, date]) -> None:
    for reference, day in days.items():
        case_id = workplace.ids[reference]
        outcome = workplace.casebook.outcome_of(case_id)
        assert outcome is not None
        _reopen(workplace, reference)
        assert workplace.casebook.close_case(replace(outcome, due_on=day))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 15), 6, date(2026, 9, 15)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 31), 5, date(2027, 5, 31)),
        (date(2026, 6, 30), 6, date(2026, 12, 30)),
    ],
)
def test_months_are_counted_to_the_same_day_or_the_last_of_a_shorter_month(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


def test_done_rows_go_after_their_days_and_what_was_written_in_them(workplace: Workplace) -> None:
    workplace.answer(ONE, HANDLED)
    edit(workplace.path, lambda book: fill(book, ONE, comment="Ringt."))
    workplace.sync()
    assert cell(workplace.path, ONE, "comment", DONE).value == "Ringt."
    days = workplace.configuration.settings.workbook.done_days
    workplace.sync(minutes=(days - 1) * 24 * 60)
    assert ONE in rows_of(workplace.path, DONE)
    workplace.sync(minutes=2 * 24 * 60)
    assert ONE not in rows_of(workplace.path, DONE)
    assert "Ringt." not in str([list(sheet.values) for sheet in load_workbook(workplace.path).worksheets])


def test_figures_count_what_is_open_and_done_and_name_nobody(workplace: Workplace) -> None:
    workplace.answer(ONE, HANDLED)
    workplace.sync()
    rows = [row for row in load_workbook(workplace.path)[said_of("sheet_figures")].iter_rows(values_only=True) if any(row)]
    counts = {row[0]: row[1] for row in rows}
    assert (counts[said_of("sheet_to_do")], counts[said_of("sheet_waiting")], counts[said_of("figure_overdue")]) == (2, 0, 0)
    assert counts[said_of("figure_done", days="30")] == 1
    (stay,) = [row for row in rows if row[0] == TEXTS.say("reason.STAY")]
    assert stay[1:5] == (1, 1, 0, "STAY")
    assert counts[TEXTS.say("reason.STAY")] == 1
    assert counts[said_of("protected")] == 1
    (week,) = [row for row in rows if row[0] == "2026-11-02"]
    assert week[1:7] == (1, 0, 0, 0, 0, 0)
    assert not any(NAME in str(row) or "PROTECTED" in str(row) for row in rows)


def test_each_row_links_to_a_page_for_the_caseworkers_and_a_protected_case_has_none(workplace: Workplace, tmp_path: Path) -> None:
    paths = replace(workplace.configuration.settings.paths, explanations=tmp_path / "share" / "pages")
    workplace.configuration = replace(workplace.configuration, settings=replace(workplace.configuration.settings, paths=paths))
    workplace.path.unlink()
    workplace.sync()

    folder = tmp_path / "share" / "pages"
    marks = {case.entry.reference: case.mark for case in desk_of(workplace.casebook, since=ENDED_AT)}
    assert {path.name for path in folder.iterdir()} == {f"{marks[ONE]}.html", f"{marks[TWO]}.html"}
    assert (folder.stat().st_mode & 0o777, (folder / f"{marks[ONE]}.html").stat().st_mode & 0o777) == (0o770, 0o660)
    assert cell(workplace.path, ONE, "link").hyperlink.target == f"pages/{marks[ONE]}.html"
    assert cell(workplace.path, THREE, "link").hyperlink is None
    assert ONE in (folder / f"{marks[ONE]}.html").read_text(encoding="utf-8")

    workplace.answer(ONE, HANDLED)
    workplace.sync()
    assert {path.name for path in folder.iterdir()} == {f"{marks[TWO]}.html"}


# --- the command ------------------------------------------------------------------------------------------------------


def installed(workplace: Workplace, folder: Path) -> Path:
    """Return the folder of an installation that works on the workplace's casebook."""
    root = folder / "installed"
    root.mkdir()
    for name in ("config", "selectors"):
        (root / name).symlink_to(REPOSITORY / name)
    state = settings.load(root).paths.state
    state.parent.mkdir()
    state.symlink_to(workplace.configuration.settings.paths.state)
    return root


@pytest.mark.durable
def test_answers_are_acted_on_once_whenever_the_program_is_killed(workplace: Workplace, tmp_path: Path) -> None:
    """Killed at eight points from its beginning to its end; KOLLEGA_KILLS=200 tries as many."""
    case = with_application(single(), days_away=3)
    workplace.keep(*(replace(case, application=replace(case.application, reference=f"EA-26-{number:05d}")) for number in range(10, 30)))
    root = installed(workplace, tmp_path)
    # The only process with the file open is to be the one that is killed.
    workplace.casebook.close()
    sync = [str(KOLLEGA), "workbook", "sync"]
    begun = time.monotonic()
    subprocess.run(sync, cwd=root, check=True, timeout=SECONDS, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - begun
    path = settings.load(root).paths.workbook

    def answer_all(book: Any) -> None:
        for number, reference in enumerate(rows_of(path)):
            fill(book, reference, answer=BACK if number % 2 else HANDLED, assigned_to=NAME)

    edit(path, answer_all)
    answered = path.read_bytes()
    kills = int(os.environ.get("KOLLEGA_KILLS", "8"))
    for number in range(1, kills + 1):
        # As it stood when it was answered: whatever was read before is read once more.
        path.write_bytes(answered)
        with subprocess.Popen(sync, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as robot:
            with suppress(subprocess.TimeoutExpired):
                robot.wait(timeout=seconds * number / kills)
            robot.kill()
    subprocess.run(sync, cwd=root, check=True, timeout=SECONDS, stdout=subprocess.DEVNULL)

    kept = Answers(workplace.casebook).all()
    # The protected case can't be given back.
    assert len(kept) in (22, 23)
    assert {(one.round, one.state) for one in kept} == {(1, AnswerState.ACTED)}
    reopened = {one.case_id for one in kept if one.kind is AnswerKind.BACK}
    assert {one.case_id: one.round for one in workplace.casebook.cases()} == {
        case_id: 2 if case_id in reopened else 1 for case_id in workplace.ids.values()
    }
    assert {one.case_id for one in Orders(workplace.casebook).standing()} == reopened


def test_a_command_reads_the_answers_and_writes_what_is_new(workplace: Workplace, tmp_path: Path) -> None:
    root = installed(workplace, tmp_path)
    workplace.casebook.close()
    sync = [str(KOLLEGA), "workbook", "sync", "--json"]
    first = json.loads(subprocess.run(sync, cwd=root, capture_output=True, text=True, check=True, timeout=SECONDS).stdout)
    assert (first["state"], first["to_do"], first["taken"]) == ("written", 3, [])

    edit(Path(first["workbook"]), lambda book: fill(book, ONE, answer=HANDLED, assigned_to=NAME))
    second = json.loads(subprocess.run(sync, cwd=root, capture_output=True, text=True, check=True, timeout=SECONDS).stdout)
    assert (second["to_do"], second["taken"]) == (2, [{"case": workplace.ids[ONE], "answer": "handled"}])


def test_an_outcome_from_before_there_were_answers_is_read(workplace: Workplace) -> None:
    outcome = workplace.casebook.outcome_of(workplace.ids[ONE])
    record = to_record(Outcome, outcome)
    del record["waits_until"]
    assert from_record(Outcome, record) == outcome
    assert workplace.casebook.document(workplace.ids[ONE], DocumentKind.CASE_FILE) is not None
    assert {case.sheet(NOW.date()) for case in desk_of(workplace.casebook, since=ENDED_AT)} == {Sheet.TO_DO}
