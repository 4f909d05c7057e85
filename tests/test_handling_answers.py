"""The way of a case that a person has given back, or whose applicant is to complete the application; systems are fakes as in `test_handling`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from robots.answering import act_on_answers
from robots.assessment import Ending, Outcome
from robots.case import CaseFile
from robots.casebook import Casebook, DocumentKind, EffectState
from robots.casebook.answers import Answer, AnswerKind, Answers
from robots.casebook.orders import OrderKind, Orders
from robots.completion import topics
from robots.decision_record import DecisionRecord
from robots.errors import KollegaError, OutcomeUnknown, ReasonCode, SystemUnavailable
from robots.evidence import Entered, Evidence
from robots.handling import handle
from robots.records import from_record, to_record
from robots.statutes import Statutes
from robots.trace import trace_of
from robots.trace.lines import lines
from robots.trace.page import page
from tests.case_files import CONFIG, LAW, SWEDISH, single, unknown, with_application
from tests.outcomes import outcome_of
from tests.past_cases import empty
from tests.test_handling import CASE_ID, JUDGED, NOW, FakeSystem, RememberedSteps, office_of

NAME = "Ann Berg"
REFERENCE = "EA-26-00001"
LAST_DAY = date(2026, 12, 5)
AWAY = with_application(single(), days_away=5)


@dataclass
class FakeSystemThatAsks(FakeSystem):
    """The systems, with the e-service's other message."""

    asked: list[tuple[int, str, str, tuple[str, ...]]] = field(default_factory=list)
    others: list[tuple[str, ...]] = field(default_factory=list)

    async def ask_to_complete(self, number: int, case_id: str, reference: str, applicant: str, subject: str, body: str, *others: str) -> None:
        self._write("completion")
        self.asked.append((number, subject, body, others))

    async def send_message(self, case_id: str, reference: str, applicant: str, subject: str, body: str, *others: str) -> None:
        self.others.append(others)
        await super().send_message(case_id, reference, applicant, subject, body)


@pytest.fixture(scope="module")
def one_casebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casebook]:
    with Casebook(tmp_path_factory.mktemp("answers") / "casebook.sqlite") as book:
        yield book


@pytest.fixture
def casebook(one_casebook: Casebook) -> Casebook:
    empty(one_casebook).open_case(CASE_ID, reference=REFERENCE, month="2026-11")
    return one_casebook


async def handled(case: CaseFile, casebook: Casebook, **failing: KollegaError) -> tuple[Outcome, FakeSystemThatAsks, RememberedSteps]:
    systems, steps = FakeSystemThatAsks(case, dict(failing)), RememberedSteps()
    outcome = await handle(CASE_ID, REFERENCE, office_of(systems, casebook), steps)
    casebook.close_case(outcome)
    return outcome, systems, steps


def answered(casebook: Casebook, kind: AnswerKind, *corrections: tuple[str, str]) -> None:
    """Have a person answer, and the robot begin the case anew."""
    outcome, (entry,) = casebook.outcome_of(CASE_ID), casebook.find(CASE_ID)
    assert outcome is not None
    answer = Answer(
        case_id=CASE_ID,
        round=entry.round,
        kind=kind,
        words=str(kind),
        answered_by=NAME,
        answered_at=NOW,
        corrections=corrections,
        outcome=outcome,
    )
    assert Answers(casebook).receive([answer], event="answered")
    assert Orders(casebook).give(CASE_ID, OrderKind.BEGIN_ANEW, by="x", why="", event=("answered", ""), reopens=True, in_round=entry.round)


async def test_a_case_given_back_with_a_correction_is_decided_by_it(casebook: Casebook) -> None:
    outcome, _, _ = await handled(AWAY, casebook)
    assert outcome.codes == (ReasonCode.STAY,)
    answered(casebook, AnswerKind.BACK, ("days_away", "0"))

    outcome, systems, steps = await handled(AWAY, casebook)

    assert outcome.ending is Ending.DECIDED
    assert systems.written == ["calculation", "decision", "payment", "note", "message"]
    assert steps.taken[: len(JUDGED)] == JUDGED
    kept = from_record(CaseFile, casebook.document(CASE_ID, DocumentKind.CASE_FILE))
    assert (kept.application.days_away.value, kept.application.days_away.source.by) == (0, NAME)
    assert systems.notes[0].splitlines()[-1] == SWEDISH.say("correction.told", by=NAME, day="2026-11-21", names=SWEDISH.say("correction.days_away"))
    record = from_record(DecisionRecord, casebook.document(CASE_ID, DocumentKind.DECISION_RECORD))
    assert record.took_part == (NAME,)


async def test_a_case_with_a_payment_that_a_person_has_found_done_is_gone_on_with(casebook: Casebook) -> None:
    unknown_payment = OutcomeUnknown("may be paid", codes=(ReasonCode.OUTCOME_UNKNOWN,))
    for name in ("calculation", "decision"):
        casebook.intend(CASE_ID, f"case_system.{name}")
        casebook.effect_done(CASE_ID, f"case_system.{name}")
    casebook.intend(CASE_ID, "case_system.payment")
    casebook.effect_unknown(CASE_ID, "case_system.payment")
    outcome, _, _ = await handled(single(), casebook, payment=unknown_payment)
    assert outcome.codes == (ReasonCode.OUTCOME_UNKNOWN,)

    (entry,) = casebook.find(CASE_ID)
    answer = Answer(
        case_id=CASE_ID,
        round=entry.round,
        kind=AnswerKind.BACK,
        words="x",
        answered_by=NAME,
        answered_at=NOW,
        corrections=(("is_paid", "ja"),),
        outcome=outcome,
    )
    assert Answers(casebook).receive([answer], event="answered")
    act_on_answers(casebook)

    outcome, _, _ = await handled(single(), casebook)
    assert (outcome.ending, outcome.codes) == (Ending.DECIDED, ())


async def test_the_explanation_says_who_corrected_a_fact_and_when(casebook: Casebook) -> None:
    await handled(AWAY, casebook)
    answered(casebook, AnswerKind.BACK, ("days_away", "0"))
    await handled(AWAY, casebook)

    (entry,) = casebook.find(CASE_ID)
    trace = trace_of(entry, casebook, law=LAW, statutes=Statutes.load(CONFIG / "statutes.yaml"), texts=SWEDISH)

    said = SWEDISH.say("trace.label.corrected", by=NAME, day="2026-11-21")
    said += f"; {SWEDISH.say('trace.label.stood', before='Dagar utanför kommunen: 5')}"
    assert said in " ".join(" ".join(lines(trace, SWEDISH)).split())
    assert said in page(trace, SWEDISH)
    happened = {one.what for one in trace.happened}
    assert SWEDISH.say("trace.happened.answer", by=NAME, answer="back") in happened
    assert SWEDISH.say("trace.happened.correction", by=NAME, name="Dagar utanför kommunen", value="0") in happened
    assert trace.proof is not None
    assert trace.proof.is_reproduced


async def test_a_case_given_back_without_a_correction_is_handed_off_again_for_what_is_still_so(casebook: Casebook) -> None:
    await handled(AWAY, casebook)
    answered(casebook, AnswerKind.BACK)
    outcome, systems, _ = await handled(AWAY, casebook)
    assert (outcome.codes, systems.written) == ((ReasonCode.STAY,), [])


async def test_the_applicant_is_asked_and_the_case_waits_with_its_reasons(casebook: Casebook) -> None:
    before, _, _ = await handled(AWAY, casebook)
    record = casebook.document(CASE_ID, DocumentKind.DECISION_RECORD)
    answered(casebook, AnswerKind.NEEDS_MORE)

    outcome, systems, steps = await handled(AWAY, casebook)

    assert steps.taken == ["read application", "see how long the applicant has", "ask applicant to complete"]
    assert (outcome.ending, outcome.codes, outcome.because) == (Ending.HANDED_OFF, before.codes, before.because)
    assert (outcome.waits_until, outcome.done) == (LAST_DAY, (SWEDISH.say("done.asked", day="2026-12-05"),))
    ((number, subject, body, others),) = systems.asked
    assert (number, REFERENCE in subject, others) == (1, True, ())
    assert SWEDISH.say("completion.topic.plan") in body
    assert SWEDISH.day(LAST_DAY) in body
    assert casebook.document(CASE_ID, DocumentKind.DECISION_RECORD) == record


def asked(casebook: Casebook, number: int, subject: str) -> None:
    """Note what the effect of asking leaves."""
    typed = Entered(view="new_message", element="subject", typed=subject, read_back=subject, at=NOW)
    casebook.intend(CASE_ID, f"e_service.completion_{number}")
    casebook.effect_done(CASE_ID, f"e_service.completion_{number}", Evidence(entered=(typed,), shown=()))


async def test_a_second_request_and_the_decision_after_it_know_the_messages_before_them(casebook: Casebook) -> None:
    await handled(AWAY, casebook)
    answered(casebook, AnswerKind.NEEDS_MORE)
    _, systems, _ = await handled(AWAY, casebook)
    first = systems.asked[0][1]
    asked(casebook, 1, first)
    answered(casebook, AnswerKind.NEEDS_MORE)
    _, systems, _ = await handled(AWAY, casebook)
    ((number, second, _, others),) = systems.asked
    assert (number, others) == (2, (first,))
    assert second != first
    asked(casebook, 2, second)

    answered(casebook, AnswerKind.BACK)
    outcome, systems, _ = await handled(single(), casebook)

    # That something was asked for is no write that the new assessment could contradict.
    assert outcome.ending is Ending.DECIDED
    assert systems.others == [(first, second)]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SystemUnavailable("no answer"), ReasonCode.SRC_DOWN),
        (OutcomeUnknown("may be sent", codes=(ReasonCode.OUTCOME_UNKNOWN,)), ReasonCode.OUTCOME_UNKNOWN),
    ],
)
async def test_a_request_that_can_t_be_sent_or_proven_comes_back_to_the_person_with_what_to_do(
    casebook: Casebook, error: KollegaError, code: ReasonCode
) -> None:
    await handled(AWAY, casebook)
    answered(casebook, AnswerKind.NEEDS_MORE)
    is_unknown = code is ReasonCode.OUTCOME_UNKNOWN
    if is_unknown:
        casebook.effect_unknown(CASE_ID, "e_service.completion_1")
        assert casebook.effect_state(CASE_ID, "e_service.completion_1") is EffectState.UNKNOWN

    outcome, _, _ = await handled(AWAY, casebook, completion=error)

    assert (outcome.ending, outcome.waits_until, outcome.codes) == (Ending.HANDED_OFF, None, (code, ReasonCode.STAY))
    what = SWEDISH.say("left.ask")
    assert outcome.left[0] == (SWEDISH.say("left.check", system=SWEDISH.say("system.e_service"), what=what) if is_unknown else what)

    # The next time the case is taken up, what is unproven is named again.
    answered(casebook, AnswerKind.BACK)
    outcome, _, _ = await handled(AWAY, casebook)
    assert (ReasonCode.OUTCOME_UNKNOWN in outcome.codes) is is_unknown


async def test_nobody_is_written_to_when_the_application_does_not_say_who_applies(casebook: Casebook) -> None:
    await handled(AWAY, casebook)
    answered(casebook, AnswerKind.NEEDS_MORE)
    outcome, systems, _ = await handled(with_application(single(), applicant=unknown(ReasonCode.UNREADABLE)), casebook)
    assert outcome.codes == (ReasonCode.NO_PERSON, ReasonCode.STAY)
    assert systems.asked == []


def test_the_applicant_is_asked_about_what_brought_the_case_to_a_person_and_nothing_else() -> None:
    codes = (ReasonCode.INC_NEW, ReasonCode.INC_DIFF, ReasonCode.ATTACH)
    assert topics(codes, SWEDISH) == [f"- {SWEDISH.say(f'completion.topic.{name}')}" for name in ("incomes", "attachments")]
    assert topics((ReasonCode.DELEG,), SWEDISH) == [f"- {SWEDISH.say('completion.topic.other')}"]


def test_waiting_ends_after_its_last_day() -> None:
    assert datetime(2026, 11, 21, 9, tzinfo=UTC).date() + timedelta(days=LAW.guidelines.completion_days) == LAST_DAY
    assert to_record(Outcome, outcome_of(CASE_ID, REFERENCE, ending=Ending.HANDED_OFF, waits_until=LAST_DAY))["waits_until"] == "2026-12-05"
