"""The way of one case: which steps are taken, and how it ends. The systems are fakes; the rules, texts and casebook are real."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from robots.assessment import Answer, Assessment, Authority, Basis, DecisionType, Ending, Finding, Mode, Outcome, RunMode
from robots.authority import Delegation, DelegationLine
from robots.case import SWEDEN, AppliedExpense, CaseFile, Party, StatedIncome
from robots.casebook import Casebook, DocumentKind
from robots.decision_record import DecisionRecord, hash_of, reassess
from robots.errors import CaseNeedsPerson, OutcomeUnknown, PersonNotFound, ReasonCode, StopRequested, SumsDiffer, SystemUnavailable, WrongPerson
from robots.handling import Assessed, Office, handle
from robots.records import from_record, to_record
from robots.rule_set import canonical, rule_set_of
from robots.rules import assess
from tests.case_files import (
    CHILD_7,
    CHILD_10,
    CHILD_14,
    DELEGATION,
    LAW,
    PAY_DAY,
    READ_AT,
    SWEDISH,
    child,
    couple,
    family,
    known,
    last,
    single,
    unknown,
    with_application,
    with_population,
    with_record,
)
from tests.past_cases import empty

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CASE_ID = "ekonomiskt-bistand:EA-26-00001:2026-11"
READS = ["read application", "read population register, sökande", "read benefits register, sökande", "read case"]
JUDGED = [*READS, "assess", "see who decides"]


@dataclass
class FakeSystem:
    """All four systems: answers from a case file, takes note of writes, and fails where it is told to."""

    case: CaseFile
    failing: dict[str, BaseException] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    watched: list[str] = field(default_factory=list)
    decided: list[tuple[DecisionType, Decimal]] = field(default_factory=list)
    children_asked: list[str] = field(default_factory=list)

    async def application(self, reference: str) -> Any:
        return self._answer("application", self.case.application)

    async def record_of(self, personnummer: str, *month: object) -> Any:
        if month:
            return self._answer("case", self.case.case)
        found = {record.personnummer.value: record for record in self.case.population.values()}
        return self._answer("population", found[personnummer])

    async def children_of(self, numbers: Sequence[str]) -> Any:
        self.children_asked += numbers
        found = {child.personnummer.value: child for child in self.case.children}
        return self._answer("children", tuple(found[number] for number in numbers))

    async def answers_of(self, personnummer: str, first_day: date, last_day: date) -> Any:
        found = {answers.personnummer.value: answers for answers in self.case.benefits.values()}
        return self._answer("benefits", found[personnummer])

    async def enter_calculation(self, *args: object) -> None:
        self._write("calculation")

    async def compare_calculation(self, household: object, calculation: object) -> None:
        self._answer("calculation", None)

    async def register_decision(self, case_id: str, household: object, month: object, authority: Authority, amount: Decimal, reasons: str) -> None:
        self._write("decision")
        self.decided.append((authority.decision_type, amount))

    async def register_payment(self, *args: object) -> None:
        self._write("payment")

    async def write_note(self, case_id: str, household: object, month: object, text: str) -> None:
        self._write("note")
        self.notes.append(text)

    async def watch(self, case_id: str, household: object, month: object, text: str) -> None:
        self._write("watch")
        self.watched.append(text)

    async def send_message(self, case_id: str, reference: str, applicant: str, subject: str, body: str) -> None:
        self._write("message")
        self.messages.append(body)

    def _answer(self, name: str, value: Any) -> Any:
        if name in self.failing:
            raise self.failing[name]
        return value

    def _write(self, name: str) -> None:
        if name in self.failing:
            raise self.failing[name]
        self.written.append(name)


@dataclass
class RememberedSteps:
    """The durable engine as a dictionary."""

    results: dict[str, Any] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    async def __call__(self, name: str, returns: Any, do: Callable[..., Awaitable[Any]], /, *args: object) -> Any:
        if name not in self.results:
            self.taken.append(name)
            self.results[name] = await do(*args)
        return self.results[name]


RULES = rule_set_of(LAW, DELEGATION)


@pytest.fixture(scope="module")
def one_casebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casebook]:
    with Casebook(tmp_path_factory.mktemp("handling") / "casebook.sqlite") as book:
        yield book


@pytest.fixture
def casebook(one_casebook: Casebook) -> Casebook:
    """Return the casebook with the one case in it, of which nothing is known yet."""
    empty(one_casebook).open_case(CASE_ID, reference="EA-26-00001", month="2026-11")
    return one_casebook


def office_of(systems: FakeSystem, casebook: Casebook, run_mode: RunMode = RunMode.DECIDE) -> Office:
    fake = cast("Any", systems)
    casebook.keep_rule_set(RULES.hash, RULES.record)
    return Office(
        e_service=fake,
        population_register=fake,
        benefits_register=fake,
        case_system=fake,
        casebook=casebook,
        law=LAW,
        delegation=DELEGATION,
        rule_set=RULES,
        texts=SWEDISH,
        run_mode=run_mode,
        clock=lambda: NOW,
        due_on=lambda _: date(2026, 11, 23),
    )


async def handled(
    case: CaseFile, casebook: Casebook, run_mode: RunMode = RunMode.DECIDE, /, **failing: BaseException
) -> tuple[Outcome, FakeSystem, RememberedSteps]:
    systems, steps = FakeSystem(case, failing), RememberedSteps()
    outcome = await handle(CASE_ID, case.application.reference, office_of(systems, casebook, run_mode), steps)
    return outcome, systems, steps


async def handled_at(now: datetime, casebook: Casebook, run_mode: RunMode = RunMode.DECIDE) -> tuple[Outcome, FakeSystem, RememberedSteps]:
    systems, steps = FakeSystem(single()), RememberedSteps()
    office = replace(office_of(systems, casebook, run_mode), clock=lambda: now)
    return await handle(CASE_ID, "EA-26-00001", office, steps), systems, steps


def authority_of(outcome: Outcome) -> tuple[Mode, str]:
    assert outcome.authority is not None
    return outcome.authority.mode, outcome.authority.ground


async def test_a_standard_case_is_decided_paid_noted_and_told_in_this_order(casebook: Casebook) -> None:
    outcome, systems, steps = await handled(single(), casebook)

    assert outcome.ending is Ending.DECIDED
    assert outcome.authority is not None
    assert outcome.authority.decision_type is DecisionType.GRANT
    assert systems.written == ["calculation", "decision", "payment", "note", "message"]
    assert steps.taken == [*JUDGED, "enter calculation", "register decision", "register payment", "write case note", "tell applicant"]
    assert outcome.amount is not None
    assert outcome.amount > Decimal(0)
    assert outcome.due_on is None


async def test_both_adults_are_looked_up(casebook: Casebook) -> None:
    _, _, steps = await handled(couple(), casebook)

    for party in Party:
        assert f"read population register, {party}" in steps.taken
        assert f"read benefits register, {party}" in steps.taken


async def test_a_case_that_deviates_is_handed_off_and_nothing_is_written(casebook: Casebook) -> None:
    outcome, systems, steps = await handled(with_application(single(), days_away=5), casebook)

    assert (outcome.ending, outcome.codes) == (Ending.HANDED_OFF, (ReasonCode.STAY,))
    assert systems.written == []
    assert steps.taken == JUDGED
    assert outcome.done == (SWEDISH.say("done.nothing"),)
    assert outcome.left == (SWEDISH.say("left.assess"),)
    assert outcome.due_on == date(2026, 11, 23)


async def test_nothing_more_is_looked_up_about_a_protected_person(casebook: Casebook) -> None:
    outcome, _, steps = await handled(with_population(single(), is_protected=True), casebook)

    assert outcome.codes == (ReasonCode.PROTECTED,)
    assert "read benefits register, sökande" not in steps.taken
    assert "read case" not in steps.taken


async def test_when_the_applicant_is_protected_nobody_else_is_looked_up_so_that_no_other_reason_is_told(casebook: Casebook) -> None:
    outcome, _, steps = await handled(with_population(couple(), is_protected=True), casebook)

    assert (outcome.ending, outcome.codes) == (Ending.HANDED_OFF, (ReasonCode.PROTECTED,))
    assert steps.taken == ["read application", "read population register, sökande", "assess", "see who decides"]


async def test_every_child_is_looked_up_once_and_nothing_more_about_a_protected_one(casebook: Casebook) -> None:
    """Of the application, the register and the case: a child in one of them alone may be the one that has fled."""
    case = family(child(CHILD_7), registered=(CHILD_7, CHILD_14), recorded=(child(CHILD_7), child(CHILD_10)))

    _, systems, steps = await handled(case, casebook)
    assert [name for name in steps.taken if "barn" in name] == ["read population register, barn", "read population register, barn i ärendet"]
    assert systems.children_asked == [CHILD_7, CHILD_14, CHILD_10]

    for protected, is_of_the_case_alone in ((CHILD_14, False), (CHILD_10, True)):
        marked = [replace(one, is_protected=known(one.personnummer.value == protected)) for one in case.children]
        outcome, systems, steps = await handled(replace(case, children=tuple(marked)), casebook)
        assert (outcome.codes, outcome.because) == ((ReasonCode.PROTECTED,), (f"{SWEDISH.say('reason.PROTECTED')}.",))
        assert ("read case" in steps.taken) == is_of_the_case_alone
        assert systems.written == []


async def test_a_child_that_the_register_does_not_find_goes_to_a_person(casebook: Casebook) -> None:
    nobody = PersonNotFound("nobody has the number", codes=(ReasonCode.NO_PERSON,))

    outcome, _, _ = await handled(family(child(CHILD_7)), casebook, children=nobody)

    assert (outcome.ending, outcome.codes) == (Ending.HANDED_OFF, (ReasonCode.NO_PERSON,))


async def test_an_application_that_does_not_say_who_applies_goes_to_a_person_at_once(casebook: Casebook) -> None:
    case = with_application(single(), applicant=unknown(ReasonCode.UNREADABLE))

    outcome, _, steps = await handled(case, casebook)

    assert outcome.codes == (ReasonCode.UNREADABLE,)
    assert steps.taken == ["read application"]


@pytest.mark.parametrize("source", ["application", "population", "benefits", "case"])
async def test_a_system_that_stays_down_hands_the_case_over(casebook: Casebook, source: str) -> None:
    outcome, systems, _ = await handled(single(), casebook, **{source: SystemUnavailable("no answer")})

    assert (outcome.ending, outcome.codes) == (Ending.HANDED_OFF, (ReasonCode.SRC_DOWN,))
    assert systems.written == []


async def test_sums_that_differ_stop_before_the_decision(casebook: Casebook) -> None:
    differ = SumsDiffer("the sums differ", codes=(ReasonCode.SYS_DIFF,))

    outcome, systems, _ = await handled(single(), casebook, calculation=differ)

    assert outcome.codes == (ReasonCode.SYS_DIFF,)
    assert systems.written == []


async def test_somebody_else_on_the_screen_stops_the_payment(casebook: Casebook) -> None:
    wrong = WrongPerson("somebody else", codes=(ReasonCode.NO_PERSON,))

    outcome, systems, _ = await handled(single(), casebook, payment=wrong)

    assert outcome.codes == (ReasonCode.NO_PERSON,)
    assert systems.written == ["calculation", "decision"]
    assert outcome.done == (SWEDISH.say("done.calculated"), SWEDISH.say("done.decided"))
    assert outcome.left == (SWEDISH.say("left.pay"), SWEDISH.say("left.note"), SWEDISH.say("left.notify"))


async def test_an_unknown_outcome_says_what_to_look_for(casebook: Casebook) -> None:
    casebook.intend(CASE_ID, "case_system.payment")

    outcome, _, _ = await handled(single(), casebook, payment=OutcomeUnknown("it may be done", codes=(ReasonCode.OUTCOME_UNKNOWN,)))

    assert outcome.codes == (ReasonCode.OUTCOME_UNKNOWN,)
    assert outcome.left[0] == "Kontrollera först i verksamhetssystemet om detta hann göras: Registrera utbetalning"
    assert SWEDISH.say("because.unproven", what=SWEDISH.say("left.pay")) in outcome.because


async def test_a_system_that_goes_down_in_the_middle_of_a_write_leaves_no_room_for_doing_it_twice(casebook: Casebook) -> None:
    """After an act whose effect could never be looked for, a person who is told that a source was down would simply pay again."""
    casebook.intend(CASE_ID, "case_system.payment")

    outcome, _, _ = await handled(single(), casebook, payment=SystemUnavailable("no answer"))

    assert outcome.codes == (ReasonCode.OUTCOME_UNKNOWN,)


async def test_somebody_else_on_the_screen_after_a_write_that_was_begun_says_what_to_look_for(casebook: Casebook) -> None:
    """The first try was cut off after its act, the second can't look: told of the wrong person alone, somebody would pay again."""
    casebook.intend(CASE_ID, "case_system.payment")

    outcome, _, _ = await handled(single(), casebook, payment=WrongPerson("somebody else", codes=(ReasonCode.NO_PERSON,)))

    assert outcome.codes == (ReasonCode.NO_PERSON, ReasonCode.OUTCOME_UNKNOWN)
    assert outcome.left[0] == "Kontrollera först i verksamhetssystemet om detta hann göras: Registrera utbetalning"


async def test_an_application_that_is_changed_to_another_month_is_not_handled_as_two_cases(casebook: Casebook) -> None:
    earlier = "ekonomiskt-bistand:EA-26-00001:2026-10"
    casebook.open_case(earlier, reference="EA-26-00001", month="2026-10")
    systems = FakeSystem(single())

    outcome = await handle(earlier, "EA-26-00001", office_of(systems, casebook), RememberedSteps())

    assert outcome.codes == (ReasonCode.TWICE,)
    assert systems.written == []


async def test_a_replayed_case_repeats_no_step(casebook: Casebook) -> None:
    systems, steps = FakeSystem(single()), RememberedSteps()
    office = office_of(systems, casebook)
    first = await handle(CASE_ID, "EA-26-00001", office, steps)
    before = list(systems.written)

    second = await handle(CASE_ID, "EA-26-00001", office, steps)

    assert systems.written == before
    assert second == first


async def test_a_register_that_changes_while_a_case_waits_does_not_turn_back_what_is_half_written(casebook: Casebook) -> None:
    systems, steps = FakeSystem(single(), {"payment": StopRequested()}), RememberedSteps()
    office = office_of(systems, casebook)
    with pytest.raises(StopRequested):
        await handle(CASE_ID, "EA-26-00001", office, steps)
    systems.failing.clear()

    outcome = await handle(CASE_ID, "EA-26-00001", replace(office, delegation=replace(DELEGATION, lines=())), steps)

    assert outcome.ending is Ending.DECIDED
    assert systems.written == ["calculation", "decision", "payment", "note", "message"]


async def test_a_decision_that_is_no_longer_the_robot_s_when_its_turn_comes_is_not_made(casebook: Casebook) -> None:
    systems, steps = FakeSystem(single(), {"decision": StopRequested()}), RememberedSteps()
    office = office_of(systems, casebook)
    with pytest.raises(StopRequested):
        await handle(CASE_ID, "EA-26-00001", office, steps)
    systems.failing.clear()

    outcome = await handle(CASE_ID, "EA-26-00001", replace(office, delegation=replace(DELEGATION, lines=())), steps)

    assert outcome.codes == (ReasonCode.DELEG,)
    assert outcome.done == (SWEDISH.say("done.calculated"),)
    assert systems.written == ["calculation"]


@pytest.mark.parametrize(
    ("registered_at", "day"), [(datetime(2026, 11, 21, 22, 59, tzinfo=UTC), 21), (datetime(2026, 11, 21, 23, 1, tzinfo=UTC), 22)]
)
async def test_the_applicant_is_told_the_day_in_sweden_on_which_the_decision_was_registered(
    casebook: Casebook, registered_at: datetime, day: int
) -> None:
    systems, steps = FakeSystem(single(), {"decision": StopRequested()}), RememberedSteps()
    office = office_of(systems, casebook)
    with pytest.raises(StopRequested):
        await handle(CASE_ID, "EA-26-00001", office, steps)
    systems.failing.clear()

    await handle(CASE_ID, "EA-26-00001", replace(office, clock=lambda: registered_at), steps)

    (body,) = systems.messages
    assert SWEDISH.say("message.automated", day=SWEDISH.day(date(2026, 11, day))) in body


async def test_what_was_collected_and_found_is_kept_with_the_case(casebook: Casebook) -> None:
    await handled(single(), casebook)

    assert casebook.document(CASE_ID, "case file") is not None
    assert casebook.document(CASE_ID, "assessment") is not None
    assert casebook.document(CASE_ID, "authority") is not None


async def test_what_was_kept_of_a_case_gives_the_same_assessment_again_byte_for_byte(casebook: Casebook) -> None:
    await handled(with_application(couple(), incomes=(GIFT,)), casebook)

    kept = from_record(CaseFile, casebook.document(CASE_ID, "case file"))
    again = to_record(Assessment, assess(kept, LAW, decided_on=NOW.date()))

    assert canonical(again) == canonical(casebook.document(CASE_ID, "assessment"))


@pytest.mark.parametrize(("now", "day"), [(datetime(2026, 11, 21, 22, 59, tzinfo=UTC), 21), (datetime(2026, 11, 21, 23, 1, tzinfo=UTC), 22)])
async def test_a_case_is_assessed_by_the_law_as_it_is_numbered_on_the_day_in_sweden(casebook: Casebook, now: datetime, day: int) -> None:
    systems, steps = FakeSystem(single()), RememberedSteps()

    await handle(CASE_ID, "EA-26-00001", replace(office_of(systems, casebook), clock=lambda: now), steps)

    assert steps.results["assess"].assessment.cited_on == date(2026, 11, day)


# --- modes of a run ---------------------------------------------------------------------------------------------------


async def test_a_run_that_proposes_leaves_a_proposal_where_another_would_decide(casebook: Casebook) -> None:
    outcome, systems, steps = await handled(single(), casebook, RunMode.PROPOSE)

    assert (outcome.ending, outcome.run_mode, outcome.codes) == (Ending.PROPOSED, RunMode.PROPOSE, ())
    assert systems.written == ["calculation", "watch"]
    assert steps.taken == [*JUDGED, "enter calculation", "leave proposal"]
    assert authority_of(outcome) == (Mode.PROPOSE, "ground.run_proposes")
    assert outcome.because[-1] == f"{SWEDISH.say('ground.run_proposes')}."
    assert outcome.due_on is not None


@pytest.mark.parametrize("now", [datetime(2026, 10, 25, 9, 0, tzinfo=UTC), datetime(2026, 10, 31, 22, 59, tzinfo=UTC)])
async def test_a_case_that_is_handled_before_its_control_month_is_over_in_sweden_is_left_to_a_person(casebook: Casebook, now: datetime) -> None:
    decided, systems, _ = await handled_at(now, casebook)
    shadow, untouched, _ = await handled_at(now, casebook, RunMode.SHADOW)
    record = from_record(DecisionRecord, casebook.document(CASE_ID, "decision record"))

    assert (decided.ending, decided.amount, decided.codes) == (Ending.PROPOSED, Decimal(5220), ())
    assert authority_of(decided) == (Mode.PROPOSE, "ground.control_month_not_over")
    assert systems.written == ["calculation", "watch"]
    assert "slut först efter den 31 oktober 2026" in decided.because[-1]
    assert "slut först efter den 31 oktober 2026" in systems.watched[0]
    # A shadow run tells the same ending and writes nothing.
    assert (shadow.ending, shadow.amount, shadow.authority, shadow.because) == (decided.ending, decided.amount, decided.authority, decided.because)
    assert untouched.written == []
    assert (record.ground, record.delegation, record.decided_on, record.decided_by) == ("ground.control_month_not_over", None, None, "")


async def test_a_case_is_decided_from_the_first_hour_after_its_control_month_in_sweden(casebook: Casebook) -> None:
    outcome, _, _ = await handled_at(datetime(2026, 10, 31, 23, 1, tzinfo=UTC), casebook)

    assert (outcome.ending, outcome.amount) == (Ending.DECIDED, Decimal(5220))
    assert authority_of(outcome) == (Mode.DECIDE, "AMN 2025-05-21 § 48")


@pytest.mark.parametrize(("read_at", "ending"), [("2026-10-31T22:59:00+00:00", Ending.PROPOSED), ("2026-10-31T23:00:00+00:00", Ending.DECIDED)])
async def test_a_case_that_was_read_before_its_control_month_was_over_is_not_decided_after(casebook: Casebook, read_at: str, ending: Ending) -> None:
    # As one does that has waited over midnight for a system, or that an operator has taken back to its assessment.
    as_read = json.dumps(to_record(CaseFile, single()))
    case = from_record(CaseFile, json.loads(as_read.replace(str(to_record(datetime, READ_AT)), read_at)))
    assert {fact.source.read_at for _, fact in case.facts()} == {datetime.fromisoformat(read_at)}

    outcome, systems, _ = await handled(case, casebook)

    assert (outcome.ending, outcome.amount) == (ending, Decimal(5220))
    assert ("decision" in systems.written) is (ending is Ending.DECIDED)
    assert (authority_of(outcome) == (Mode.PROPOSE, "ground.control_month_not_over")) is (ending is Ending.PROPOSED)


async def test_a_case_that_was_proposed_before_its_control_month_was_over_stays_a_proposal_when_it_is_gone_on_with_after(casebook: Casebook) -> None:
    steps = RememberedSteps()
    stopped = FakeSystem(single(), {"watch": StopRequested("stopped")})
    office = office_of(stopped, casebook)
    with pytest.raises(StopRequested):
        await handle(CASE_ID, "EA-26-00001", replace(office, clock=lambda: datetime(2026, 10, 31, 22, 59, tzinfo=UTC)), steps)
    systems = FakeSystem(single())

    outcome = await handle(CASE_ID, "EA-26-00001", office_of(systems, casebook), steps)

    assert (outcome.ending, systems.written) == (Ending.PROPOSED, ["watch"])
    assert authority_of(outcome) == (Mode.PROPOSE, "ground.control_month_not_over")


async def test_a_shadow_run_says_what_would_be_decided_and_writes_nothing(casebook: Casebook) -> None:
    decided, _, _ = await handled(single(), casebook)

    outcome, systems, steps = await handled(single(), casebook, RunMode.SHADOW)

    assert (outcome.ending, outcome.amount, outcome.authority) == (Ending.DECIDED, decided.amount, decided.authority)
    assert (outcome.run_mode, decided.run_mode) == (RunMode.SHADOW, RunMode.DECIDE)
    assert outcome.done == (SWEDISH.say("done.nothing"),)
    assert outcome.left == tuple(SWEDISH.say(f"left.{name}") for name in ("calculate", "decide", "pay", "note", "notify"))
    assert systems.written == []
    assert steps.taken == [*JUDGED, "compare calculation"]
    assert {kind: casebook.document(CASE_ID, kind) is not None for kind in ("case file", "assessment", "authority")} == {
        "case file": True,
        "assessment": True,
        "authority": True,
    }


async def test_a_shadow_run_says_what_would_be_proposed_and_what_handed_off(casebook: Casebook) -> None:
    special = with_application(single(), expenses=(AppliedExpense(kind="medicin", amount=Decimal(100)),))

    proposed, systems, _ = await handled(special, casebook, RunMode.SHADOW)
    record = from_record(DecisionRecord, casebook.document(CASE_ID, DocumentKind.DECISION_RECORD))
    handed_off, _, _ = await handled(with_application(single(), days_away=5), casebook, RunMode.SHADOW)

    assert (proposed.ending, proposed.amount, proposed.due_on) == (Ending.PROPOSED, Decimal(5320), None)
    assert (record.run_mode, record.decided_by, record.proposed_by, record.decided_on) == (RunMode.SHADOW, "", "", None)
    assert (handed_off.ending, handed_off.codes, handed_off.due_on) == (Ending.HANDED_OFF, (ReasonCode.STAY,), None)
    assert systems.written == []


async def test_a_shadow_run_tells_of_sums_that_would_have_stopped_the_decision(casebook: Casebook) -> None:
    differ = SumsDiffer("the sums differ", codes=(ReasonCode.SYS_DIFF,))

    outcome, systems, _ = await handled(single(), casebook, RunMode.SHADOW, calculation=differ)

    assert (outcome.ending, outcome.amount, outcome.codes, outcome.due_on) == (Ending.HANDED_OFF, None, (ReasonCode.SYS_DIFF,), None)
    assert (systems.written, outcome.done) == ([], (SWEDISH.say("done.nothing"),))


async def test_a_shadow_run_that_can_t_see_the_system_s_sums_tells_no_decision(casebook: Casebook) -> None:
    outcome, _, _ = await handled(single(), casebook, RunMode.SHADOW, calculation=SystemUnavailable("no answer"))

    assert (outcome.ending, outcome.amount, outcome.codes) == (Ending.HANDED_OFF, None, (ReasonCode.SRC_DOWN,))


async def test_a_shadow_run_that_may_only_read_begins_no_calculation_and_says_that_nobody_compared_the_sums(casebook: Casebook) -> None:
    systems, steps = FakeSystem(single(), {}), RememberedSteps()
    office = replace(office_of(systems, casebook, RunMode.SHADOW), shadow_tries_calculation=False)

    outcome = await handle(CASE_ID, "EA-26-00001", office, steps)

    assert (outcome.ending, outcome.because[-1]) == (Ending.DECIDED, SWEDISH.say("because.sums_not_compared"))
    assert (systems.written, steps.taken) == ([], JUDGED)


async def begun(casebook: Casebook, until: str, run_mode: RunMode = RunMode.DECIDE) -> tuple[FakeSystem, RememberedSteps]:
    """Handle the standard case until the system stops the run at the named write."""
    systems, steps = FakeSystem(single(), {until: StopRequested()}), RememberedSteps()
    with pytest.raises(StopRequested):
        await handle(CASE_ID, "EA-26-00001", office_of(systems, casebook, run_mode), steps)
    systems.failing.clear()
    return systems, steps


@pytest.mark.parametrize("until", ["calculation", "decision"])
async def test_a_case_that_a_run_would_have_decided_is_proposed_by_the_next_that_may_no_more(casebook: Casebook, until: str) -> None:
    systems, steps = await begun(casebook, until)

    outcome = await handle(CASE_ID, "EA-26-00001", office_of(systems, casebook, RunMode.PROPOSE), steps)

    assert (outcome.ending, authority_of(outcome)) == (Ending.PROPOSED, (Mode.PROPOSE, "ground.run_proposes"))
    assert systems.written == ["calculation", "watch"]
    assert casebook.document(CASE_ID, "authority") == to_record(Authority, outcome.authority)
    # Taken up again by a run that decides, the proposal that somebody may have acted on stands.
    again = await handle(CASE_ID, "EA-26-00001", office_of(systems, casebook), steps)
    assert (again.ending, systems.written) == (Ending.PROPOSED, ["calculation", "watch"])


async def test_a_decision_that_was_begun_is_finished_by_a_run_that_proposes(casebook: Casebook) -> None:
    """It may stand in the case system; the applicant must not be left with a decision that is neither paid nor told."""
    systems, steps = await begun(casebook, "decision")
    casebook.intend(CASE_ID, "case_system.decision")

    outcome = await handle(CASE_ID, "EA-26-00001", office_of(systems, casebook, RunMode.PROPOSE), steps)

    assert (outcome.ending, outcome.run_mode) == (Ending.DECIDED, RunMode.PROPOSE)
    assert systems.written == ["calculation", "decision", "payment", "note", "message"]


@pytest.mark.parametrize("until", ["payment", "note", "message"])
async def test_what_follows_a_decision_is_done_by_a_run_that_proposes(casebook: Casebook, until: str) -> None:
    systems, steps = await begun(casebook, until)

    outcome = await handle(CASE_ID, "EA-26-00001", office_of(systems, casebook, RunMode.PROPOSE), steps)

    assert outcome.ending is Ending.DECIDED
    assert systems.written == ["calculation", "decision", "payment", "note", "message"]


@pytest.mark.parametrize("until", ["calculation", "watch"])
async def test_a_case_that_a_run_was_to_propose_stays_a_proposal_in_a_run_that_decides(casebook: Casebook, until: str) -> None:
    systems, steps = await begun(casebook, until, RunMode.PROPOSE)

    outcome = await handle(CASE_ID, "EA-26-00001", office_of(systems, casebook), steps)

    assert outcome.ending is Ending.PROPOSED
    assert systems.written == ["calculation", "watch"]


# --- samples and refusals ---------------------------------------------------------------------------------------------


async def test_a_sampled_case_is_worked_out_and_left_to_a_person_to_decide(casebook: Casebook) -> None:
    systems, steps = FakeSystem(single()), RememberedSteps()
    assessed = assess(single(), LAW)
    drawn = Finding(
        rule="case_is_not_sampled", answer=Answer.NOT_MET, basis=Basis(law=""), codes=(ReasonCode.SAMPLE,), text="reason.SAMPLE", values={}
    )
    steps.results["assess"] = Assessed(assessment=replace(assessed, findings=(*assessed.findings, drawn)), rule_set=RULES.hash)

    outcome = await handle(CASE_ID, "EA-26-00001", office_of(systems, casebook), steps)

    assert (outcome.ending, outcome.codes, outcome.amount) == (Ending.PROPOSED, (ReasonCode.SAMPLE,), Decimal(5220))
    assert authority_of(outcome) == (Mode.PROPOSE, "ground.sampled")
    assert systems.written == ["calculation", "watch"]
    assert outcome.because == ("Stickprov.",)


GIFT = StatedIncome(party=Party.APPLICANT, kind="gåva", paid_on=PAY_DAY, amount=Decimal(9000))


def refused() -> CaseFile:
    """Return a case whose incomes, the same as last month, leave a surplus of 9 000 - 5 220."""
    case = with_application(single(), incomes=(GIFT,))
    return with_record(case, last_calculation=last(incomes=((Party.APPLICANT, "gåva", 9000),)))


def delegated(decision_type: DecisionType) -> Delegation:
    line = DelegationLine(
        decision_type=decision_type,
        section="12 kap. 1 § SoL",
        mode=Mode.DECIDE,
        valid_from=date(2025, 7, 1),
        valid_until=None,
        minute="AMN 2026-01-21 § 7",
    )
    return replace(DELEGATION, lines=(*DELEGATION.lines, line))


async def test_a_refusal_that_the_board_has_delegated_is_decided_without_payment_and_leaves_further_assistance_to_a_person(
    casebook: Casebook,
) -> None:
    systems, steps = FakeSystem(refused()), RememberedSteps()

    outcome = await handle(CASE_ID, "EA-26-00001", replace(office_of(systems, casebook), delegation=delegated(DecisionType.REJECTION)), steps)

    assert (outcome.ending, outcome.amount, outcome.codes) == (Ending.DECIDED, Decimal(0), ())
    assert systems.written == ["calculation", "decision", "note", "message", "watch"]
    assert systems.decided == [(DecisionType.REJECTION, Decimal(0))]
    surplus = SWEDISH.amount(Decimal(3780))
    (note,), (body,), (watched,) = systems.notes, systems.messages, systems.watched
    for said in (note, body):
        assert "avslås" in said
        assert surplus in said
        assert "12 kap. 1 §" in said
    assert "AMN 2026-01-21 § 7" in note
    assert SWEDISH.say("message.decision_refused", month="november 2026") in body
    assert SWEDISH.say("message.appeal_heading") in body
    assert SWEDISH.say("message.payment") not in body
    assert "12 kap. 2 § SoL" in watched


async def test_a_refusal_interrupted_half_way_does_not_ask_anybody_to_pay(casebook: Casebook) -> None:
    wrong = WrongPerson("somebody else", codes=(ReasonCode.NO_PERSON,))
    systems, steps = FakeSystem(refused(), {"note": wrong}), RememberedSteps()

    outcome = await handle(CASE_ID, "EA-26-00001", replace(office_of(systems, casebook), delegation=delegated(DecisionType.REJECTION)), steps)

    assert outcome.left == tuple(SWEDISH.say(f"left.{name}") for name in ("note", "notify", "try_further"))


async def test_a_watch_item_after_a_refusal_that_may_or_may_not_be_there_is_named_for_what_it_is(casebook: Casebook) -> None:
    unproven = OutcomeUnknown("it may be done", codes=(ReasonCode.OUTCOME_UNKNOWN,))
    casebook.effect_done(CASE_ID, "case_system.decision")
    casebook.intend(CASE_ID, "case_system.watch")
    systems, steps = FakeSystem(refused(), {"watch": unproven}), RememberedSteps()

    outcome = await handle(CASE_ID, "EA-26-00001", replace(office_of(systems, casebook), delegation=delegated(DecisionType.REJECTION)), steps)

    assert outcome.left[0].endswith(SWEDISH.say("left.try_further"))


async def test_a_refusal_without_delegation_goes_to_a_person_and_nothing_is_written(casebook: Casebook) -> None:
    outcome, systems, _ = await handled(refused(), casebook)

    assert (outcome.ending, outcome.codes) == (Ending.HANDED_OFF, (ReasonCode.DELEG,))
    assert systems.written == []


async def test_the_applicant_is_told_the_amount_and_how_to_appeal_and_nothing_of_others(casebook: Casebook) -> None:
    outcome, systems, _ = await handled(single(), casebook)

    (body,) = systems.messages
    assert outcome.amount is not None
    assert SWEDISH.amount(outcome.amount) in body
    assert SWEDISH.say("message.appeal_heading") in body
    assert "1985" not in body


# --- the decision record ---


def record_in(casebook: Casebook) -> DecisionRecord:
    return from_record(DecisionRecord, casebook.document(CASE_ID, DocumentKind.DECISION_RECORD))


async def test_a_decided_case_keeps_what_the_applicant_was_told_word_for_word(casebook: Casebook) -> None:
    outcome, systems, _ = await handled(single(), casebook)
    record = record_in(casebook)

    assert (record.ending, record.amount, record.decided_on, record.codes) == (Ending.DECIDED, outcome.amount, NOW.date(), ())
    assert (record.told.note, record.told.message_body) == (systems.notes[0], systems.messages[0])
    assert record.told.reasons
    assert record.payment == "case_system.payment"


async def test_the_kept_case_assessed_again_gives_what_the_record_names(casebook: Casebook) -> None:
    await handled(couple(), casebook)
    record = record_in(casebook)
    kept, assessment = casebook.document(CASE_ID, DocumentKind.CASE_FILE), casebook.document(CASE_ID, DocumentKind.ASSESSMENT)
    assert assessment is not None
    again = reassess(kept, casebook.rule_set(record.rule_set), cited_on=date.fromisoformat(assessment["cited_on"]))

    assert (hash_of(kept), hash_of(assessment), hash_of(again)) == (record.case_file, record.assessment, record.assessment)


async def test_a_case_that_waited_over_a_change_of_the_guidelines_names_the_rules_it_was_assessed_by(casebook: Casebook) -> None:
    systems, steps = FakeSystem(single(), {}), RememberedSteps()
    office = office_of(systems, casebook)
    systems.failing["calculation"] = StopRequested("an operator stops the run")
    with pytest.raises(StopRequested):
        await handle(CASE_ID, "EA-26-00001", office, steps)
    systems.failing.clear()
    changed = replace(LAW, guidelines=replace(LAW.guidelines, promise_working_days=5))
    await handle(CASE_ID, "EA-26-00001", replace(office, law=changed, rule_set=rule_set_of(changed, DELEGATION)), steps)

    assert record_in(casebook).rule_set == RULES.hash


async def test_a_case_that_goes_to_a_person_keeps_a_record_without_a_decision(casebook: Casebook) -> None:
    await handled(with_application(single(), days_away=5), casebook)
    record = record_in(casebook)

    assert (record.ending, record.codes, record.decided_on, record.decided_by) == (Ending.HANDED_OFF, (ReasonCode.STAY,), None, "")
    assert (record.told.note, record.told.message_body, record.payment) == ("", "", "")


async def test_a_case_stopped_between_decision_and_payment_keeps_the_decision_and_no_payment(casebook: Casebook) -> None:
    refused = CaseNeedsPerson("the case system does not take it", codes=(ReasonCode.SYS_DIFF,))
    await handled(single(), casebook, payment=refused)
    record = record_in(casebook)

    assert (record.ending, record.decided_on, record.payment) == (Ending.HANDED_OFF, NOW.date(), "")
    assert record.amount == 5220, "what is decided is a document of its own, whoever has to pay it"
    assert record.told.reasons
    assert record.told.message_body == ""


# --- begun anew ---


async def half_way(casebook: Casebook, *effects: str, failing: str = "payment") -> Office:
    """Leave a case of which so much is written, and of which the engine has forgotten every step."""
    systems = FakeSystem(single(), {failing: StopRequested()})
    office = office_of(systems, casebook)
    with pytest.raises(StopRequested):
        await handle(CASE_ID, "EA-26-00001", office, RememberedSteps())
    for effect in effects:
        casebook.effect_done(CASE_ID, effect)
    return office


async def test_a_case_begun_anew_that_is_assessed_otherwise_than_it_has_written_goes_to_a_person_with_what_is_written(casebook: Casebook) -> None:
    await half_way(casebook, "case_system.calculation", "case_system.decision")
    kept = casebook.document(CASE_ID, DocumentKind.ASSESSMENT)
    dearer = with_application(single(), expenses=(AppliedExpense(kind="hyra", amount=Decimal(6000)),))

    outcome, systems, _ = await handled(dearer, casebook)

    assert outcome.codes == (ReasonCode.SYS_DIFF,)
    assert systems.written == []
    assert outcome.done == (SWEDISH.say("done.calculated"), SWEDISH.say("done.decided"))
    assert outcome.left == (SWEDISH.say("left.pay"), SWEDISH.say("left.note"), SWEDISH.say("left.notify"))
    assert casebook.document(CASE_ID, DocumentKind.ASSESSMENT) == kept
    record = record_in(casebook)
    assert (record.amount, record.decided_on) == (Decimal(5220), datetime.now(SWEDEN).date())


async def test_a_case_begun_anew_that_is_assessed_as_before_goes_on_with_what_is_not_written(casebook: Casebook) -> None:
    await half_way(casebook, "case_system.calculation", "case_system.decision")

    outcome, systems, _ = await handled(single(), casebook)

    assert (outcome.ending, outcome.codes) == (Ending.DECIDED, ())
    # Each write looks at what is on record first; the fakes do not.
    assert systems.written == ["calculation", "decision", "payment", "note", "message"]


async def test_a_case_begun_anew_whose_decision_is_no_longer_the_robot_s_is_not_left_half_decided(casebook: Casebook) -> None:
    office = await half_way(casebook, "case_system.calculation", "case_system.decision")

    outcome = await handle(CASE_ID, "EA-26-00001", replace(office, delegation=replace(DELEGATION, lines=())), RememberedSteps())

    assert outcome.codes == (ReasonCode.SYS_DIFF,)
    assert SWEDISH.say("done.decided") in outcome.done


async def test_a_case_that_was_left_as_a_proposal_and_is_begun_anew_stays_one(casebook: Casebook) -> None:
    await half_way(casebook, "case_system.calculation", "case_system.watch", failing="decision")

    outcome, systems, _ = await handled(single(), casebook)

    assert outcome.ending is Ending.PROPOSED
    assert systems.written == ["calculation", "watch"]


async def test_a_case_stopped_before_its_first_step_says_what_earlier_steps_have_written(casebook: Casebook) -> None:
    """The engine may have forgotten them, or the robot died before a step's result was stored: told of nothing, a person would pay again."""
    office = await half_way(casebook, "case_system.calculation", "case_system.decision", "case_system.payment", failing="note")
    casebook.intend(CASE_ID, "case_system.note")

    async def ends(*_: object) -> None:
        raise CaseNeedsPerson("stopped", codes=(ReasonCode.CANCELLED,))

    outcome = await handle(CASE_ID, "EA-26-00001", office, cast("Any", ends))

    assert outcome.codes == (ReasonCode.CANCELLED, ReasonCode.OUTCOME_UNKNOWN)
    assert outcome.done == tuple(SWEDISH.say(f"done.{name}") for name in ("calculated", "decided", "paid"))
    assert outcome.left[0] == SWEDISH.say("left.check", system=SWEDISH.say("system.case_system"), what=SWEDISH.say("left.note"))
    assert outcome.left[1:] == (SWEDISH.say("left.note"), SWEDISH.say("left.notify"))
    assert str(outcome.month) == "2026-11"
    assert record_in(casebook).payment == "case_system.payment"
