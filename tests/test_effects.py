"""No blind writes: every way that looking, acting and crashing can go."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from robots.casebook import Casebook, EffectState
from robots.effects import Effects, Seen
from robots.errors import (
    CaseNeedsPerson,
    OutcomeUnknown,
    ReasonCode,
    ScreenChanged,
    SessionLost,
    StopRequested,
    SumsDiffer,
    SystemTooSlow,
    SystemUnavailable,
)
from robots.screens import Screen
from robots.screens.noting import NotingScreen
from robots.screens.sending import sending

CASE = "aid:EA-26-00001:2026-03"
NAME = "case_system.payment"


class Crash(BaseException):
    """Stands for the end of the process: nothing that follows is run."""


class OtherSystem:
    """A system that shows whether something was written, and can fail at every point."""

    def __init__(self, casebook: Casebook) -> None:
        self.casebook = casebook
        self.written = 0
        self.looked = 0
        self.shown: list[Seen | BaseException] = []
        self.before: BaseException | None = None
        self.after: BaseException | None = None
        self.record_at_act: EffectState | None = None

    async def look(self) -> Seen:
        self.looked += 1
        if self.shown:
            answer = self.shown.pop(0)
            if isinstance(answer, BaseException):
                raise answer
            return answer
        return Seen.DONE if self.written else Seen.NOT_DONE

    async def act(self) -> None:
        self.record_at_act = self.casebook.effect_state(CASE, NAME)
        if self.before:
            raise self.before
        self.written += 1
        if self.after:
            raise self.after


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    with Casebook(tmp_path / "casebook.db") as book:
        book.open_case(CASE, reference="EA-26-00001", month="2026-03")
        yield book


@pytest.fixture
def system(casebook: Casebook) -> OtherSystem:
    return OtherSystem(casebook)


async def ensure(system: OtherSystem, effects: Effects | None = None) -> None:
    await (effects or Effects(system.casebook)).ensure(CASE, NAME, look=system.look, act=system.act, system="case_system")


async def test_an_effect_is_intended_on_disk_then_done_then_read_back(system: OtherSystem) -> None:
    await ensure(system)
    assert (system.written, system.looked) == (1, 2)
    assert system.record_at_act == EffectState.INTENDED
    assert system.casebook.effect_state(CASE, NAME) == EffectState.DONE


async def test_an_effect_on_record_is_not_looked_at_again(system: OtherSystem) -> None:
    await ensure(system)
    await ensure(system)
    assert (system.written, system.looked) == (1, 2)


async def test_what_somebody_else_has_done_is_left_alone_and_handed_off(system: OtherSystem) -> None:
    system.written = 1
    with pytest.raises(CaseNeedsPerson) as caught:
        await ensure(system)
    assert caught.value.codes == (ReasonCode.TWICE,)
    assert caught.value.system == "case_system"
    assert not isinstance(caught.value, OutcomeUnknown)
    assert system.written == 1
    assert system.casebook.effect_state(CASE, NAME) is None


@pytest.mark.parametrize("crash_at", ["before_act", "after_act"])
async def test_a_crash_around_the_act_is_neither_lost_nor_done_twice(system: OtherSystem, crash_at: str) -> None:
    def crash(case_id: str, name: str) -> None:
        assert (case_id, name) == (CASE, NAME)
        raise Crash

    hooks: dict[str, Any] = {crash_at: crash}
    with pytest.raises(Crash):
        await ensure(system, Effects(system.casebook, late_seconds=None, **hooks))
    assert system.written == (0 if crash_at == "before_act" else 1)
    assert system.casebook.effect_state(CASE, NAME) == EffectState.INTENDED
    await ensure(system)
    assert system.written == 1
    assert system.casebook.effect_state(CASE, NAME) == EffectState.DONE


async def test_a_crash_in_the_midst_of_the_act_is_looked_at_before_anything_else(system: OtherSystem) -> None:
    system.after = Crash()
    with pytest.raises(Crash):
        await ensure(system)
    assert system.looked == 1
    await ensure(system)
    assert (system.written, system.looked) == (1, 2)


@pytest.mark.parametrize("was_intended", [False, True])
async def test_an_unclear_screen_is_handed_off_and_nothing_is_written(system: OtherSystem, was_intended: bool) -> None:
    if was_intended:
        system.casebook.intend(CASE, NAME)
    system.shown = [Seen.UNCLEAR]
    with pytest.raises(OutcomeUnknown, match="Look in case_system") as caught:
        await ensure(system)
    assert caught.value.codes == (ReasonCode.OUTCOME_UNKNOWN,)
    assert ("has not begun" in str(caught.value)) is not was_intended
    assert system.written == 0
    assert system.casebook.effect_state(CASE, NAME) == EffectState.UNKNOWN


@pytest.mark.parametrize("shown", [Seen.NOT_DONE, Seen.UNCLEAR])
async def test_an_act_that_the_system_does_not_show_is_unknown_and_stays_so(system: OtherSystem, shown: Seen) -> None:
    system.shown = [Seen.NOT_DONE, shown]
    with pytest.raises(OutcomeUnknown, match="may or may not be done"):
        await ensure(system)
    assert system.casebook.effect_state(CASE, NAME) == EffectState.UNKNOWN
    looked = system.looked
    with pytest.raises(OutcomeUnknown, match="a person has been asked"):
        await ensure(system)
    assert (system.written, system.looked) == (1, looked)


async def test_an_act_that_fails_after_its_effect_counts_as_done(system: OtherSystem) -> None:
    system.after = SystemTooSlow("no answer")
    await ensure(system)
    assert (system.written, system.looked) == (1, 2)
    assert system.casebook.effect_state(CASE, NAME) == EffectState.DONE


@pytest.mark.parametrize("error", [SystemUnavailable("down"), ScreenChanged("moved"), KeyError()])
async def test_an_act_that_fails_before_its_effect_goes_on_as_that_error_and_can_be_tried_again(system: OtherSystem, error: Exception) -> None:
    system.before = error
    with pytest.raises(type(error)) as caught:
        await ensure(system)
    assert caught.value is error
    assert system.casebook.effect_state(CASE, NAME) == EffectState.INTENDED
    system.before = None
    await ensure(system)
    assert system.written == 1


async def test_an_act_that_is_done_too_late_to_be_seen_is_never_done_a_second_time(system: OtherSystem) -> None:
    """The system took the payment, waited for its database, and was done after it had been looked at."""
    system.after = SystemTooSlow("no answer")
    system.shown = [Seen.NOT_DONE, Seen.NOT_DONE, Seen.NOT_DONE]
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await ensure(system)
    assert system.written == 1
    assert system.casebook.effect_state(CASE, NAME) == EffectState.UNKNOWN


async def test_an_act_that_times_out_and_can_not_be_looked_for_is_never_done_a_second_time(system: OtherSystem) -> None:
    """The next try looked, the system had still not got to the payment, and a second one was made."""
    system.after = SystemTooSlow("no answer")
    system.shown = [Seen.NOT_DONE, SystemUnavailable("down"), Seen.NOT_DONE]
    effects = Effects(system.casebook)
    with pytest.raises(SystemTooSlow):
        await ensure(system, effects)
    with pytest.raises(OutcomeUnknown):
        await ensure(system, effects)
    assert system.written == 1
    assert system.casebook.effect_state(CASE, NAME) == EffectState.UNKNOWN


async def test_an_act_that_a_person_must_take_over_leaves_no_intention_when_it_is_proven_not_done(system: OtherSystem) -> None:
    system.before = SumsDiffer("differ", codes=(ReasonCode.SYS_DIFF,))
    with pytest.raises(SumsDiffer):
        await ensure(system)
    assert system.casebook.effect_state(CASE, NAME) is None
    assert system.casebook.unproven_effects(CASE) == ()


async def test_an_act_that_a_person_must_take_over_stays_intended_when_it_can_not_be_seen(system: OtherSystem) -> None:
    system.before = SumsDiffer("differ", codes=(ReasonCode.SYS_DIFF,))
    system.shown = [Seen.NOT_DONE, SystemUnavailable("down")]
    with pytest.raises(SumsDiffer):
        await ensure(system)
    assert system.casebook.effect_state(CASE, NAME) == EffectState.INTENDED


async def test_an_act_that_fails_on_an_unclear_screen_is_unknown(system: OtherSystem) -> None:
    system.before = SystemTooSlow("no answer")
    system.shown = [Seen.NOT_DONE, Seen.UNCLEAR]
    with pytest.raises(OutcomeUnknown):
        await ensure(system)
    assert system.casebook.effect_state(CASE, NAME) == EffectState.UNKNOWN


async def test_when_the_look_after_a_failed_act_fails_too_the_first_error_goes_on_and_the_next_try_looks_first(system: OtherSystem) -> None:
    system.after = SystemTooSlow("no answer")
    system.shown = [Seen.NOT_DONE, ScreenChanged("moved")]
    with pytest.raises(SystemTooSlow):
        await ensure(system)
    assert system.casebook.effect_state(CASE, NAME) == EffectState.INTENDED
    await ensure(system)
    assert system.written == 1
    assert system.casebook.effect_state(CASE, NAME) == EffectState.DONE


async def test_a_look_that_fails_writes_nothing_and_records_nothing(system: OtherSystem) -> None:
    system.shown = [SystemUnavailable("down")]
    with pytest.raises(SystemUnavailable):
        await ensure(system)
    assert system.written == 0
    assert system.casebook.effect_state(CASE, NAME) is None


async def test_a_read_back_that_fails_is_taken_up_again_by_the_next_try(system: OtherSystem) -> None:
    system.shown = [Seen.NOT_DONE, SystemUnavailable("down")]
    with pytest.raises(SystemUnavailable):
        await ensure(system)
    assert system.casebook.effect_state(CASE, NAME) == EffectState.INTENDED
    await ensure(system)
    assert system.written == 1


# --- sent off, and never answered ---

LATE_SECONDS = 0.05


class SentSystem(OtherSystem):
    """A system that is sent what is to be written; `at_work` looks later it shows it, or never."""

    def __init__(self, casebook: Casebook) -> None:
        super().__init__(casebook)
        self.at_work: int | None = None
        self.unanswered: BaseException | None = None
        self.was_marked = False
        self.looks_fail = 0

    async def look(self) -> Seen:
        self.looked += 1
        if self.looks_fail:
            self.looks_fail -= 1
            raise SystemUnavailable("down")
        if self.at_work is not None:
            self.at_work -= 1
            if self.at_work < 0:
                self.at_work, self.written = None, self.written + 1
        return Seen.DONE if self.written else Seen.NOT_DONE

    async def act(self) -> None:
        if self.before:
            raise self.before
        async with sending():
            effect = self.casebook.effect(CASE, NAME)
            self.was_marked = effect is not None and effect.is_unanswered
            if self.unanswered:
                raise self.unanswered
            self.written += 1
        if self.after:
            raise self.after

    @property
    def mark(self) -> bool:
        """Whether the casebook says that no answer has come."""
        effect = self.casebook.effect(CASE, NAME)
        return effect is not None and effect.is_unanswered


@pytest.fixture
def sent(casebook: Casebook) -> SentSystem:
    return SentSystem(casebook)


async def ensure_marked(system: SentSystem, *, late_seconds: float | None = LATE_SECONDS) -> None:
    effects = Effects(system.casebook, late_seconds=late_seconds)
    await effects.ensure(CASE, NAME, look=system.look, act=system.act, system="case_system", is_marked=True)


async def test_what_is_sent_is_marked_on_disk_before_the_press_and_no_more_when_it_is_done(sent: SentSystem) -> None:
    await ensure_marked(sent)
    assert sent.was_marked
    assert not sent.mark
    assert sent.looked == 2


async def test_a_disk_that_takes_no_mark_keeps_the_press_from_being_made(sent: SentSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(sent.casebook, "effect_sent", refuse)
    with pytest.raises(OSError, match="full"):
        await ensure_marked(sent)
    assert sent.written == 0


@pytest.mark.parametrize("error", [SystemUnavailable("cut"), SystemTooSlow("no answer")])
async def test_what_was_not_answered_and_shows_within_the_time_is_done(sent: SentSystem, error: Exception) -> None:
    sent.unanswered, sent.at_work = error, 1
    await ensure_marked(sent)
    assert sent.written == 1
    assert sent.casebook.effect_state(CASE, NAME) == EffectState.DONE


async def test_what_was_not_answered_and_does_not_show_within_the_time_is_not_done_and_is_tried_anew(sent: SentSystem) -> None:
    sent.unanswered = SystemUnavailable("cut")
    with pytest.raises(SystemUnavailable):
        await ensure_marked(sent)
    assert sent.casebook.effect_state(CASE, NAME) == EffectState.INTENDED
    assert not sent.mark
    sent.unanswered, looked = None, sent.looked
    await ensure_marked(sent)
    assert (sent.written, sent.looked - looked) == (1, 2)


async def test_a_robot_that_died_before_the_answer_looks_until_the_time_is_over_and_finds_late_work(sent: SentSystem) -> None:
    sent.unanswered, sent.at_work = Crash(), 1
    with pytest.raises(Crash):
        await ensure_marked(sent)
    assert sent.mark
    await ensure_marked(sent)
    assert sent.written == 1
    assert sent.casebook.effect_state(CASE, NAME) == EffectState.DONE


async def test_a_robot_that_died_before_the_answer_writes_anew_when_nothing_shows_in_time(sent: SentSystem) -> None:
    sent.unanswered = Crash()
    with pytest.raises(Crash):
        await ensure_marked(sent)
    sent.unanswered, looked = None, sent.looked
    await ensure_marked(sent)
    assert sent.written == 1
    # One at once, at least one more when the time is over, and the read-back.
    assert sent.looked - looked >= 3


async def test_without_a_known_time_what_was_not_answered_and_does_not_show_is_unknown_also_after_a_crash(sent: SentSystem) -> None:
    sent.unanswered = Crash()
    with pytest.raises(Crash):
        await ensure_marked(sent, late_seconds=None)
    with pytest.raises(OutcomeUnknown, match="did not answer"):
        await ensure_marked(sent, late_seconds=None)
    assert sent.written == 0


@pytest.mark.parametrize("days", [1, -1])
async def test_a_mark_from_a_clock_that_has_been_set_since_gets_the_whole_time_from_now(
    sent: SentSystem, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    monkeypatch.setattr("robots.casebook._now", lambda: datetime.now(UTC) + timedelta(days=days))
    sent.unanswered, sent.at_work = Crash(), 1
    with pytest.raises(Crash):
        await ensure_marked(sent)
    # The first look finds nothing, nor does the second, which is not the last: the time is not over.
    sent.unanswered, sent.at_work = None, 2
    await ensure_marked(sent, late_seconds=0.6)
    assert sent.written == 1
    assert sent.casebook.effect_state(CASE, NAME) == EffectState.DONE


@pytest.mark.parametrize("fails", ["before the press", "at the press", "at the press, which is answered"])
async def test_a_robot_that_was_taken_for_dead_in_the_midst_of_a_try_leaves_the_mark_of_its_successor(sent: SentSystem, fails: str) -> None:
    class LetGo(BaseException):
        """Stands for the engine's word that the case is another robot's."""

    is_taken_over = False

    async def prove_right_to_act() -> None:
        if is_taken_over:
            raise LetGo

    async def act() -> None:
        nonlocal is_taken_over
        if fails == "before the press":
            is_taken_over = True
            sent.casebook.effect_sent(CASE, NAME)
            raise SystemUnavailable("the connection has died while the machine stood still")
        async with sending():
            is_taken_over = True
            sent.casebook.effect_sent(CASE, NAME)
            if fails == "at the press":
                raise SystemUnavailable("cut")
        raise SystemUnavailable("the next page does not come")

    effects = Effects(sent.casebook, late_seconds=LATE_SECONDS, prove_right_to_act=prove_right_to_act)
    with pytest.raises(LetGo):
        await effects.ensure(CASE, NAME, look=sent.look, act=act, is_marked=True)
    assert sent.mark


@pytest.mark.parametrize("where", ["after the press", "after a crash"])
async def test_who_waits_for_late_work_is_stopped_with_the_mark_on_disk_and_the_next_robot_looks_on(sent: SentSystem, where: str) -> None:
    async def stop(_seconds: float) -> None:
        raise StopRequested

    if where == "after a crash":
        sent.unanswered = Crash()
        with pytest.raises(Crash):
            await ensure_marked(sent)
    sent.unanswered = SystemUnavailable("cut")
    effects = Effects(sent.casebook, late_seconds=60, pause=stop)
    with pytest.raises(StopRequested):
        await effects.ensure(CASE, NAME, look=sent.look, act=sent.act, is_marked=True)
    assert sent.mark
    sent.unanswered, sent.at_work = None, 1
    await ensure_marked(sent)
    assert sent.written == 1


async def test_what_was_not_answered_and_can_not_be_looked_for_is_looked_for_by_the_next_try_until_the_time_is_over(sent: SentSystem) -> None:
    sent.unanswered = SystemUnavailable("cut")

    async def act() -> None:
        sent.looks_fail = 1
        await sent.act()

    effects = Effects(sent.casebook, late_seconds=LATE_SECONDS)
    with pytest.raises(SystemUnavailable, match="cut"):
        await effects.ensure(CASE, NAME, look=sent.look, act=act, is_marked=True)
    assert sent.mark
    sent.unanswered, sent.at_work = None, 1
    await ensure_marked(sent)
    assert sent.written == 1


async def test_a_lost_session_is_an_answer_and_takes_the_mark_away(sent: SentSystem) -> None:
    sent.unanswered = SessionLost("log in")
    with pytest.raises(SessionLost):
        await ensure_marked(sent)
    assert (sent.was_marked, sent.mark) == (True, False)
    # No waiting: looked at before and after, once each. And nobody needs to look for it.
    assert sent.looked == 2
    assert sent.casebook.unproven_effects(CASE) == ()


async def test_a_fault_before_a_second_sending_does_not_forget_the_first(sent: SentSystem) -> None:
    sent.unanswered = SystemUnavailable("cut")
    with pytest.raises(SystemUnavailable, match="cut"):
        await ensure_marked(sent)
    sent.before = SystemUnavailable("the form did not come")
    with pytest.raises(SystemUnavailable, match="form"):
        await ensure_marked(sent)
    assert sent.casebook.unproven_effects(CASE) == (NAME,)


async def test_a_form_that_comes_too_late_has_sent_nothing_and_is_tried_again(sent: SentSystem) -> None:
    sent.before = SystemTooSlow("the form did not come")
    with pytest.raises(SystemTooSlow):
        await ensure_marked(sent, late_seconds=None)
    # Should this have been the last try, nobody needs to look for it.
    assert sent.casebook.unproven_effects(CASE) == ()
    sent.before = None
    await ensure_marked(sent, late_seconds=None)
    assert sent.written == 1


async def test_a_screen_that_has_changed_after_the_press_keeps_the_mark_so_that_the_next_run_gives_the_system_its_time(sent: SentSystem) -> None:
    sent.unanswered = ScreenChanged("another page is up")
    with pytest.raises(ScreenChanged):
        await ensure_marked(sent)
    assert sent.mark


async def test_a_person_who_is_asked_before_the_answer_has_come_is_told_of_the_write(sent: SentSystem) -> None:
    sent.unanswered = SumsDiffer("differ", codes=(ReasonCode.SYS_DIFF,))
    with pytest.raises(SumsDiffer):
        await ensure_marked(sent)
    assert sent.casebook.unproven_effects(CASE) == (NAME,)


# --- killed at the press ---

#: a robot that takes longer hangs, also beside other tests
SECONDS = 120


def start_robot(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.effects_robot", str(folder), *arguments], cwd=Path(__file__).parent.parent)


def ledger(folder: Path) -> list[str]:
    return (folder / "ledger").read_text().splitlines() if (folder / "ledger").exists() else []


@pytest.mark.durable
@pytest.mark.parametrize(
    ("fate", "left", "ends_as"),
    [
        ("killed before the press", 0, "done"),
        ("killed after the press", 1, "done"),
        ("killed with the work done late", 0, "done"),
    ],
)
def test_a_robot_that_is_killed_around_the_press_ends_with_one_write(fate: str, left: int, ends_as: str, tmp_path: Path) -> None:
    assert start_robot(tmp_path, fate).wait(SECONDS) == -signal.SIGKILL
    with Casebook(tmp_path / "casebook.db") as casebook:
        effect = casebook.effect(CASE, NAME)
        assert effect is not None
        assert (effect.state, effect.is_unanswered) == (EffectState.INTENDED, True)
    assert len(ledger(tmp_path)) == left
    assert start_robot(tmp_path, "let live").wait(SECONDS) == 0
    with Casebook(tmp_path / "casebook.db") as casebook:
        assert casebook.effect_state(CASE, NAME) == ends_as
    assert ledger(tmp_path) == ["paid"]


@pytest.mark.durable
def test_a_robot_that_is_killed_again_while_it_gives_the_system_its_time_does_not_write_twice(tmp_path: Path) -> None:
    assert start_robot(tmp_path, "killed with the work done late").wait(SECONDS) == -signal.SIGKILL
    assert start_robot(tmp_path, "killed while it looks").wait(SECONDS) == -signal.SIGKILL
    assert start_robot(tmp_path, "let live").wait(SECONDS) == 0
    assert ledger(tmp_path) == ["paid"]


# --- evidence ---


class Form:
    """A screen of the other system: a dialog that keeps what is typed, and a table of what was saved."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.saved = [{"month": "2026-02", "amount": "6 500,00"}]

    async def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        self.fields |= values
        return dict(values)

    async def rows(self, table: str) -> list[dict[str, str]]:
        return list(self.saved)


class WrittenSystem(OtherSystem):
    """A system that is written in on a screen; `goes_wrong` is raised when it has saved."""

    def __init__(self, casebook: Casebook) -> None:
        super().__init__(casebook)
        self.form = Form()
        self.screen = NotingScreen(cast("Screen", self.form))
        self.goes_wrong: BaseException | None = None

    async def look(self) -> Seen:
        await self.screen.rows("decisions.rows")
        return await super().look()

    async def act(self) -> None:
        await self.screen.enter({"decision.month": "2026-03", "decision.amount": "6720"})
        await super().act()
        self.form.saved.append({"month": "2026-03", "amount": "6 720,00"})
        if self.goes_wrong:
            raise self.goes_wrong


@pytest.fixture
def written(casebook: Casebook) -> WrittenSystem:
    return WrittenSystem(casebook)


def evidence_of(system: OtherSystem) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return what was typed and the rows that were shown, as the casebook holds them."""
    (effect,) = system.casebook.effects(CASE)
    if effect.evidence is None:
        return {}, []
    assert all(one.typed == one.read_back for one in effect.evidence.entered)
    return {one.element: one.typed for one in effect.evidence.entered}, [row for one in effect.evidence.shown for row in one.rows]


TYPED = {"month": "2026-03", "amount": "6720"}
NEW_ROW = {"month": "2026-03", "amount": "6 720,00"}
OLD_ROW = {"month": "2026-02", "amount": "6 500,00"}


async def test_an_effect_is_kept_with_what_was_typed_and_with_the_row_that_it_made(written: WrittenSystem) -> None:
    await ensure(written)
    assert evidence_of(written) == (TYPED, [NEW_ROW])


async def test_an_effect_on_record_keeps_its_first_evidence(written: WrittenSystem) -> None:
    await ensure(written)
    before = written.casebook.effects(CASE)
    await ensure(written)
    written.casebook.effect_done(CASE, NAME)
    assert written.casebook.effects(CASE) == before


async def test_an_effect_found_done_after_a_crash_has_evidence_of_the_look_only(written: WrittenSystem) -> None:
    written.goes_wrong = Crash()
    with pytest.raises(Crash):
        await ensure(written)
    assert written.casebook.effects(CASE)[0].evidence is None
    await ensure(written)
    assert written.written == 1
    assert evidence_of(written) == ({}, [OLD_ROW, NEW_ROW])


async def test_an_act_that_fails_after_its_effect_is_kept_with_what_was_typed(written: WrittenSystem) -> None:
    written.goes_wrong = SystemTooSlow("no answer")
    await ensure(written)
    assert evidence_of(written) == (TYPED, [NEW_ROW])


async def test_an_unknown_outcome_keeps_what_was_typed_and_all_that_the_system_showed(written: WrittenSystem) -> None:
    written.shown = [Seen.NOT_DONE, Seen.UNCLEAR]
    with pytest.raises(OutcomeUnknown):
        await ensure(written)
    assert written.casebook.effect_state(CASE, NAME) == EffectState.UNKNOWN
    assert evidence_of(written) == (TYPED, [OLD_ROW, NEW_ROW])


async def test_what_was_typed_at_a_try_that_did_nothing_is_not_the_evidence_of_the_next(written: WrittenSystem) -> None:
    written.before = SystemUnavailable("down")
    with pytest.raises(SystemUnavailable):
        await ensure(written)
    assert written.casebook.effects(CASE)[0].evidence is None
    written.before = None
    await ensure(written)
    (effect,) = written.casebook.effects(CASE)
    assert effect.evidence is not None
    assert [one.element for one in effect.evidence.entered] == ["month", "amount"]


async def test_a_system_without_noting_screens_has_effects_without_evidence(system: OtherSystem) -> None:
    await ensure(system)
    assert system.casebook.effects(CASE)[0].evidence is None
