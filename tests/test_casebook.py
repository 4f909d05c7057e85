"""The casebook keeps what it is told, once, on disk, in aware UTC."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from robots.assessment import Authority, DecisionType, Ending, Mode, Outcome
from robots.case import Month
from robots.casebook import Casebook, CaseState, DocumentKind, EffectState
from robots.casebook.answers import Answer, AnswerKind, Answers, AnswerState
from robots.casebook.orders import OrderKind, Orders
from robots.casebook.tables import TABLES
from robots.errors import ReasonCode, SetupError
from robots.evidence import Entered, Evidence, Shown

CASE = "aid:EA-26-00001:2026-03"


def outcome(case_id: str = CASE, *, ending: Ending = Ending.DECIDED, minute: int = 0) -> Outcome:
    authority = Authority(mode=Mode.DECIDE, decision_type=DecisionType.GRANT, section="12 kap. 1 § SoL", ground="AMN 2022-06-15 § 61")
    return Outcome(
        case_id=case_id,
        reference=case_id.split(":")[1],
        month=Month(year=2026, month=3),
        ending=ending,
        amount=Decimal(4210) if ending == Ending.DECIDED else None,
        codes=() if ending == Ending.DECIDED else (ReasonCode.INC_NEW, ReasonCode.ATTACH),
        because=("Underskott enligt normberäkningen.",),
        done=("beslut",),
        left=(),
        due_on=None if ending == Ending.DECIDED else date(2026, 3, 2),
        authority=authority,
        ended_at=datetime(2026, 2, 27, 9, minute, tzinfo=UTC),
    )


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.durable)])
def casebook(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Casebook]:
    if request.param == "SQLite":
        with Casebook(tmp_path / "casebook.db") as book:
            yield book
        return
    with Casebook(request.getfixturevalue("server")) as book:
        try:
            yield book
        finally:
            TABLES.drop_all(book._engine)


def open_case(book: Casebook, case_id: str = CASE) -> bool:
    return book.open_case(case_id, reference=case_id.split(":")[1], month="2026-03")


def test_a_case_is_entered_once_however_often_it_is_submitted(casebook: Casebook) -> None:
    assert open_case(casebook)
    assert not open_case(casebook)
    (entry,) = casebook.cases()
    assert (entry.case_id, entry.reference, entry.month, entry.state) == (CASE, "EA-26-00001", "2026-03", CaseState.SUBMITTED)
    assert datetime.now(UTC) - entry.submitted_at < timedelta(minutes=1)
    assert entry.submitted_at.tzinfo is UTC
    assert entry.taken_at is None
    assert entry.ended_at is None


def test_the_first_taking_stands_and_the_states_follow_the_work(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.take_case(CASE)
    first = casebook.cases(state=CaseState.TAKEN)[0].taken_at
    casebook.park_case(CASE)
    assert casebook.cases(state=CaseState.WAITING)[0].taken_at == first
    casebook.park_case(CASE, failed=True)
    assert len(casebook.cases(state=CaseState.FAILED)) == 1
    casebook.take_case(CASE)
    assert casebook.cases(state=CaseState.TAKEN)[0].taken_at == first
    assert first is not None
    assert casebook.cases(state=CaseState.ENDED) == ()


def test_an_outcome_comes_back_equal_and_the_first_stands(casebook: Casebook) -> None:
    open_case(casebook)
    assert casebook.outcome_of(CASE) is None
    assert casebook.close_case(outcome())
    assert not casebook.close_case(outcome(ending=Ending.HANDED_OFF, minute=5))
    casebook.take_case(CASE)
    casebook.park_case(CASE)
    assert casebook.outcome_of(CASE) == outcome()
    assert casebook.outcomes() == (outcome(),)
    assert casebook.cases()[0].ended_at == outcome().ended_at
    assert casebook.cases()[0].state == CaseState.ENDED


def test_outcomes_come_in_the_order_the_cases_ended(casebook: Casebook) -> None:
    late, early = "aid:EA-26-00002:2026-03", "aid:EA-26-00003:2026-03"
    open_case(casebook, late)
    open_case(casebook, early)
    casebook.close_case(outcome(late, ending=Ending.HANDED_OFF, minute=30))
    casebook.close_case(outcome(early, minute=10))
    assert [one.case_id for one in casebook.outcomes()] == [early, late]


def test_a_case_that_was_never_opened_can_have_nothing(casebook: Casebook) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        casebook.intend(CASE, "case_system.decision")
    with pytest.raises(sa.exc.IntegrityError):
        casebook.keep(CASE, DocumentKind.ASSESSMENT, {})
    with pytest.raises(sa.exc.IntegrityError):
        casebook.add_event(CASE, "note")
    with pytest.raises(ValueError, match="never opened"):
        casebook.close_case(outcome())
    assert casebook.outcome_of(CASE) is None


def test_of_several_records_all_are_kept_or_none(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.keep_all(CASE, {DocumentKind.ASSESSMENT: {"first": 1}, DocumentKind.AUTHORITY: {}})
    with pytest.raises(sa.exc.StatementError):
        casebook.keep_all(CASE, {DocumentKind.ASSESSMENT: {"second": 2}, DocumentKind.AUTHORITY: object()})
    assert casebook.document(CASE, DocumentKind.ASSESSMENT) == {"first": 1}
    assert casebook.document(CASE, DocumentKind.AUTHORITY) == {}


def test_an_intention_of_what_is_sent_later_is_there_at_once_for_everybody(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.intend(CASE, "payment", is_sent_later=True)
    assert casebook.effect_state(CASE, "payment") == EffectState.INTENDED
    casebook.effect_sent(CASE, "payment")
    assert [one.is_unanswered for one in casebook.effects(CASE)] == [True]


def test_a_case_that_is_taken_again_keeps_its_first_time(casebook: Casebook) -> None:
    open_case(casebook)
    assert not casebook.take_case(CASE)
    (first,) = casebook.cases()
    assert casebook.take_case(CASE)
    assert casebook.cases() == (first,)


def test_an_effect_goes_from_intended_to_done_and_never_back(casebook: Casebook) -> None:
    open_case(casebook)
    assert casebook.effect_state(CASE, "payment") is None
    casebook.intend(CASE, "payment")
    casebook.intend(CASE, "payment")
    assert casebook.effect_state(CASE, "payment") == EffectState.INTENDED
    casebook.effect_done(CASE, "payment")
    (done,) = casebook.effects(CASE)
    casebook.intend(CASE, "payment")
    casebook.effect_unknown(CASE, "payment")
    casebook.effect_done(CASE, "payment")
    assert casebook.effects(CASE) == (done,)
    assert done.state == EffectState.DONE
    assert done.intended_at is not None
    assert done.done_at is not None
    assert done.intended_at <= done.done_at


def test_an_unknown_effect_stays_unknown_until_it_is_proven_done(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.intend(CASE, "message")
    casebook.effect_unknown(CASE, "message")
    casebook.intend(CASE, "message")
    assert casebook.effect_state(CASE, "message") == EffectState.UNKNOWN
    casebook.effect_unknown(CASE, "never begun")
    assert [(one.name, one.intended_at is None) for one in casebook.effects(CASE)] == [("never begun", True), ("message", False)]
    casebook.effect_done(CASE, "message")
    assert casebook.effect_state(CASE, "message") == EffectState.DONE


def test_what_was_intended_and_never_proven_is_for_a_person_to_look_at(casebook: Casebook) -> None:
    open_case(casebook)
    for name in ("calculation", "decision", "payment"):
        casebook.intend(CASE, name)
    casebook.effect_done(CASE, "calculation")
    casebook.effect_unknown(CASE, "payment")
    assert casebook.unproven_effects(CASE) == ("decision", "payment")


def test_effects_with_the_same_name_in_two_cases_are_two_effects(casebook: Casebook) -> None:
    other = "aid:EA-26-00002:2026-03"
    open_case(casebook)
    open_case(casebook, other)
    casebook.intend(CASE, "payment")
    casebook.effect_done(CASE, "payment")
    assert casebook.effect_state(other, "payment") is None


def test_the_latest_document_of_each_kind_is_kept(casebook: Casebook) -> None:
    open_case(casebook)
    assert casebook.document(CASE, DocumentKind.CASE_FILE) is None
    casebook.keep(CASE, "case file", {"schema": 1, "text": "åäö"})
    casebook.keep(CASE, "case file", {"schema": 1, "text": "ÅÄÖ"})
    casebook.keep(CASE, DocumentKind.ASSESSMENT, [1, None])
    assert casebook.document(CASE, DocumentKind.CASE_FILE) == {"schema": 1, "text": "ÅÄÖ"}
    assert casebook.document(CASE, "assessment") == [1, None]
    with pytest.raises(ValueError, match="shopping list"):
        casebook.keep(CASE, "shopping list", {})


def test_events_come_in_the_order_they_were_added(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.add_event(CASE, "step done", "collect")
    casebook.add_event(CASE, "case parked")
    assert [(one.action, one.message) for one in casebook.events(CASE)] == [("step done", "collect"), ("case parked", "")]
    assert all(one.at.tzinfo is UTC for one in casebook.events(CASE))


def test_times_from_another_zone_come_back_as_the_same_moment_in_utc(casebook: Casebook) -> None:
    open_case(casebook)
    stockholm = timezone(timedelta(hours=1))
    ended = datetime(2026, 2, 27, 10, 0, tzinfo=stockholm)
    closed = outcome()
    casebook.close_case(type(closed)(**{name: getattr(closed, name) for name in closed.__dataclass_fields__ if name != "ended_at"}, ended_at=ended))
    assert casebook.cases()[0].ended_at == ended
    assert casebook.cases()[0].ended_at.tzinfo is UTC  # type: ignore[union-attr]  # the line before has shown that it is there


def test_everything_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "casebook.db"
    with Casebook(file) as first:
        open_case(first)
        first.intend(CASE, "payment")
        with Casebook(file) as second:
            assert second.effect_state(CASE, "payment") == EffectState.INTENDED
    with Casebook(file) as third:
        assert not open_case(third)


def test_the_file_and_its_companions_are_for_the_robot_only_and_durable(tmp_path: Path) -> None:
    with Casebook(tmp_path / "casebook.db") as book:
        open_case(book)
        files = sorted(tmp_path.iterdir())
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * len(files)
        assert [file.name for file in files] == ["casebook.db", "casebook.db-shm", "casebook.db-wal"]
        with book._engine.connect() as connection:
            settings = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            }
        assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


@pytest.mark.durable
def test_a_casebook_on_postgresql_is_the_same_for_all_who_open_it(server: str) -> None:
    with Casebook(server) as one, Casebook(server) as other:
        try:
            open_case(one)
            other.intend(CASE, "payment")
            assert one.effect_state(CASE, "payment") == EffectState.INTENDED
            assert not open_case(other)
        finally:
            TABLES.drop_all(one._engine)


def test_a_casebook_of_another_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "casebook.db"
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE casebook (schema INTEGER NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO casebook VALUES (1)")
    for _ in range(2):
        with pytest.raises(SetupError, match="has schema 1, this version of the robot writes schema 4; use the version that wrote it"):
            Casebook(file)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["casebook"]
        assert connection.exec_driver_sql("SELECT schema FROM casebook").scalars().all() == [1]
    engine.dispose()


def test_a_casebook_of_the_version_before_is_taken_over_with_all_that_is_in_it(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.intend(CASE, "payment")
    casebook.close_case(outcome())
    with casebook._engine.begin() as connection:
        for table, column in (
            ("cases", "due_at"),
            ("cases", "priority"),
            ("cases", "received_at"),
            ("cases", "reopened"),
            ("effects", "is_unanswered"),
            ("effects", "sent_at"),
            ("casebook", "entries"),
            ("casebook", "head"),
            ("casebook", "origin"),
            ("events", "salt"),
            ("events", "digest"),
            ("events", "hash"),
            ("events", "erased_by"),
        ):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
        for table in ("pauses", "attempts", "workers"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("UPDATE casebook SET schema = 2")
    for _ in range(2):
        with Casebook(casebook._engine.url.render_as_string(hide_password=False).replace("sqlite:///", "")) as taken_over:
            assert taken_over.outcomes() == (outcome(),)
            assert taken_over.unproven_effects(CASE) == ("payment",)
            (entry,) = taken_over.cases()
            assert (entry.due_at, entry.priority, entry.round) == (None, 100, 1)
            (effect,) = taken_over.effects(CASE)
            assert (effect.is_unanswered, effect.sent_at) == (False, None)
    assert {"pauses", "attempts", "workers"} <= set(sa.inspect(casebook._engine).get_table_names())


def test_an_answer_is_kept_once_in_its_round_and_begins_the_case_anew_once(casebook: Casebook) -> None:
    open_case(casebook)
    ended = replace(outcome(), ending=Ending.HANDED_OFF)
    casebook.close_case(ended)
    answers, orders = Answers(casebook), Orders(casebook)
    answer = Answer(
        case_id=CASE,
        round=1,
        kind=AnswerKind.BACK,
        words="Åter till roboten",
        answered_by="Ann Berg",
        answered_at=ended.ended_at,
        corrections=(("days_away", "0"),),
        outcome=ended,
    )

    assert answers.receive([answer, replace(answer, kind=AnswerKind.CANCEL), replace(answer, round=2)], event="answered") == (answer,)
    assert answers.receive([answer], event="answered") == ()
    assert (answers.received(), answers.of_round(CASE)) == ((answer,), answer)
    given = [orders.give(CASE, OrderKind.BEGIN_ANEW, by="x", why="", event=("answered", ""), reopens=True, in_round=1) for _ in range(2)]
    answers.settle({(CASE, 1): AnswerState.ACTED})
    answers.settle({(CASE, 1): AnswerState.REFUSED})

    assert given == [True, False]
    (kept,) = answers.all(since=ended.ended_at)
    assert (kept.state, kept.corrections, kept.outcome) == (AnswerState.ACTED, answer.corrections, ended)
    assert (answers.of_round(CASE), answers.begun_anew_for(CASE)) == (None, kept)
    assert [(entry.round, last) for entry, last in answers.cases(since=ended.ended_at)] == [(2, None)]
    (order,) = orders.standing()
    assert orders.fulfil(order)
    casebook.close_case(ended)
    assert [(entry.round, last) for entry, last in answers.cases(since=ended.ended_at)] == [(2, ended)]
    assert answers.receive([replace(answer, round=2, kind=AnswerKind.HANDLED)], event="answered")
    assert answers.cases(since=ended.ended_at + timedelta(seconds=1)) == ()
    assert answers.all(since=ended.ended_at + timedelta(seconds=1)) == ()


def test_a_file_that_is_no_casebook_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "casebook.db"
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(SetupError, match="cannot be opened"):
        Casebook(file)


def evidence(amount: str = "6720") -> Evidence:
    entered = Entered(view="decision", element="amount", typed=amount, read_back=f"{amount},00", at=datetime(2026, 2, 27, 9, tzinfo=UTC))
    row = {"month": "2026-03", "text": "“½” Åsa"}
    shown = Shown(view="decisions", element="rows", text="month: 2026-03", at=datetime(2026, 2, 27, 9, 1, 2, 345, tzinfo=UTC), rows=(row,))
    return Evidence(entered=(entered,), shown=(shown,))


def test_what_was_sent_off_is_unanswered_until_the_answer_or_the_proof_comes(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.effect_sent(CASE, "payment")
    assert casebook.effect(CASE, "payment") is None
    casebook.intend(CASE, "payment")

    def mark() -> tuple[bool, bool]:
        effect = casebook.effect(CASE, "payment")
        assert effect is not None
        return effect.is_unanswered, effect.sent_at is not None

    assert mark() == (False, False)
    casebook.effect_sent(CASE, "payment")
    assert mark() == (True, True)
    casebook.effect_answered(CASE, "payment")
    assert mark() == (False, True)
    casebook.effect_sent(CASE, "payment")
    casebook.effect_done(CASE, "payment")
    assert mark() == (False, True)
    casebook.effect_sent(CASE, "payment")
    assert mark() == (False, True)


def test_evidence_comes_back_equal_and_the_first_stands(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.intend(CASE, "payment")
    assert casebook.effects(CASE)[0].evidence is None
    casebook.effect_done(CASE, "payment", evidence())
    (done,) = casebook.effects(CASE)
    casebook.effect_done(CASE, "payment", evidence("1"))
    casebook.effect_done(CASE, "payment")
    casebook.effect_unknown(CASE, "payment", evidence("2"))
    assert casebook.effects(CASE) == (done,)
    assert done.evidence == evidence()


def test_a_proof_that_had_no_evidence_can_be_given_it_later_and_keeps_its_time(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.effect_done(CASE, "payment")
    first = casebook.effects(CASE)[0].done_at
    casebook.effect_done(CASE, "payment", evidence())
    (done,) = casebook.effects(CASE)
    assert (done.done_at, done.evidence) == (first, evidence())


def test_an_unknown_effect_keeps_what_was_typed(casebook: Casebook) -> None:
    open_case(casebook)
    casebook.intend(CASE, "payment")
    casebook.effect_unknown(CASE, "payment", evidence())
    casebook.effect_unknown(CASE, "payment")
    assert [(one.state, one.evidence) for one in casebook.effects(CASE)] == [(EffectState.UNKNOWN, evidence())]
    casebook.effect_done(CASE, "payment")
    assert [(one.state, one.evidence) for one in casebook.effects(CASE)] == [(EffectState.DONE, evidence())]


def test_a_rule_set_is_kept_once_under_its_hash(casebook: Casebook) -> None:
    assert casebook.rule_set("ab12") is None
    casebook.keep_rule_set("ab12", {"schema": 1, "text": "åäö", "amount": "4210.50"})
    casebook.keep_rule_set("ab12", {"schema": 1, "text": "åäö", "amount": "4210.50"})
    casebook.keep_rule_set("cd34", {"schema": 1})
    assert casebook.rule_set("ab12") == {"schema": 1, "text": "åäö", "amount": "4210.50"}
    assert casebook.rule_set("cd34") == {"schema": 1}


def test_a_case_is_found_by_its_id_and_all_cases_of_an_application_by_its_number(casebook: Casebook) -> None:
    march, april, other = "aid:EA-26-00001:2026-03", "aid:EA-26-00001:2026-04", "aid:EA-26-00002:2026-03"
    for case_id in (march, april, other):
        open_case(casebook, case_id)
    assert [one.case_id for one in casebook.find("EA-26-00001")] == [march, april]
    assert [one.case_id for one in casebook.find(april)] == [april]
    assert casebook.find("EA-26-0000%") == ()


def test_ended_cases_are_named_in_the_order_they_ended(casebook: Casebook) -> None:
    late, early, waiting = "aid:EA-26-00002:2026-03", "aid:EA-26-00003:2026-03", "aid:EA-26-00004:2026-03"
    for case_id in (late, early, waiting):
        open_case(casebook, case_id)
    casebook.park_case(waiting)
    casebook.close_case(outcome(late, minute=30))
    casebook.close_case(outcome(early, minute=10))
    assert casebook.case_ids() == (early, late)


def test_documents_of_many_cases_are_read_in_one_go(casebook: Casebook) -> None:
    cases = [f"aid:EA-26-{number:05d}:2026-03" for number in range(5)]
    for case_id in cases:
        open_case(casebook, case_id)
    for case_id in cases[:3]:
        casebook.keep(case_id, DocumentKind.DECISION_RECORD, {"case": case_id, "half a character": "\ud83d"})
        casebook.keep(case_id, DocumentKind.ASSESSMENT, {})
    asked = [*cases[1:], "aid:EA-26-99999:2026-03"]
    expected = {case_id: {"case": case_id, "half a character": "\ud83d"} for case_id in cases[1:3]}
    assert casebook.documents("decision record", asked) == expected
    assert casebook.documents(DocumentKind.CASE_FILE, cases) == {}
    assert casebook.documents(DocumentKind.DECISION_RECORD, []) == {}
    assert casebook.documents(DocumentKind.DECISION_RECORD, [*cases] * 200).keys() == set(cases[:3])


def test_past_cases_come_in_the_order_asked_for_with_the_text_of_their_documents(casebook: Casebook) -> None:
    ended, other, waiting = "aid:EA-26-00001:2026-03", "aid:EA-26-00002:2026-03", "aid:EA-26-00003:2026-03"
    for case_id in (ended, other, waiting):
        open_case(casebook, case_id)
        casebook.keep(case_id, DocumentKind.CASE_FILE, {"text": "åäö", "case": case_id})
        casebook.keep(case_id, DocumentKind.AUTHORITY, {})
    casebook.close_case(outcome(ended, minute=1))
    casebook.close_case(outcome(other, minute=0))
    past = list(casebook.past_cases([ended, waiting, other], [DocumentKind.CASE_FILE, DocumentKind.ASSESSMENT]))
    assert [(one.case_id, one.reference, one.month, one.ended_at) for one in past] == [
        (ended, "EA-26-00001", "2026-03", outcome(minute=1).ended_at),
        (other, "EA-26-00002", "2026-03", outcome(minute=0).ended_at),
    ]
    assert [{kind: json.loads(text) for kind, text in one.texts.items()} for one in past] == [
        {DocumentKind.CASE_FILE: {"text": "åäö", "case": case_id}} for case_id in (ended, other)
    ]


def test_a_large_document_is_kept_in_a_fraction_of_its_size(tmp_path: Path) -> None:
    record = {"reasons": [f"Hushållet har underskott i månad {number}." for number in range(20_000)]}
    with Casebook(tmp_path / "casebook.db") as book:
        open_case(book)
        book.keep(CASE, DocumentKind.DECISION_RECORD, record)
        assert book.document(CASE, DocumentKind.DECISION_RECORD) == record
    assert (tmp_path / "casebook.db").stat().st_size < len(json.dumps(record)) / 5


@pytest.mark.durable
def test_a_casebook_that_is_opened_twice_in_a_process_keeps_what_is_written_when_another_process_closes_it(tmp_path: Path) -> None:
    file = tmp_path / "casebook.db"
    look = "import sys, pathlib, robots.casebook as c; book = c.Casebook(pathlib.Path(sys.argv[1])); print(len(book.cases())); book.close()"

    def seen_elsewhere() -> int:
        return int(subprocess.run([sys.executable, "-c", look, str(file)], capture_output=True, text=True, check=True).stdout)

    with Casebook(file) as casebook:
        casebook.open_case("aid:EA-1:2026-03", reference="EA-1", month="2026-03")
        with Casebook(file) as second:
            assert len(second.cases()) == 1
        assert seen_elsewhere() == 1
        casebook.open_case("aid:EA-2:2026-03", reference="EA-2", month="2026-03")
        assert seen_elsewhere() == 2
    assert seen_elsewhere() == 2
