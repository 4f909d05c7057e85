"""No blind writes: every way that looking, acting and crashing can go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest

from robots.casebook import Casebook, EffectState
from robots.effects import Effects, Seen
from robots.errors import CaseNeedsPerson, OutcomeUnknown, ReasonCode, ScreenChanged, SumsDiffer, SystemTooSlow, SystemUnavailable
from robots.screens import Screen
from robots.screens.noting import NotingScreen

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

    with pytest.raises(Crash):
        await ensure(system, Effects(system.casebook, **{crash_at: crash}))
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
