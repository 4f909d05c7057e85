"""Look, intend, act, read back: the only way another system is written to. After a crash, never twice and never lost.

A write is proven done when the system shows it. It is proven not done when the system does not show it, and either has answered, or was never
sent it, or has had the time that it can take at most (`late_seconds`): a system that was asked, and whose answer was lost with the connection or with
the robot, can still be at work when it is looked at. Until that time is over the robot looks again and again; what shows by then is done, what
does not is not, and may be written anew. Only where the system can't be looked at, shows something else, or nobody has said how late it can be,
is the outcome unknown and a person's.

What is entered and shown on the way is kept with the effect as its evidence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum

from robots.casebook import Casebook, EffectState
from robots.errors import CaseNeedsPerson, OutcomeUnknown, ReasonCode, SessionLost, SystemFault, SystemTooSlow
from robots.evidence import Collector, collecting
from robots.run_log import Action, event
from robots.screens.sending import attempt

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 4.0

Look = Callable[[], Awaitable["Seen"]]
Act = Callable[[], Awaitable[None]]
Hook = Callable[[str, str], None]


class Seen(StrEnum):
    """What the other system's screen says of an effect."""

    DONE = "done"
    NOT_DONE = "not done"
    UNCLEAR = "unclear"


def _pass(_case_id: str, _name: str) -> None: ...


async def _may_always() -> None: ...


class Effects:
    """The writes in other systems, each with its record in the casebook."""

    def __init__(
        self,
        casebook: Casebook,
        *,
        late_seconds: float | None = None,
        prove_right_to_act: Callable[[], Awaitable[None]] = _may_always,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        before_act: Hook = _pass,
        after_act: Hook = _pass,
    ) -> None:
        """Hold the casebook.

        Args:
            casebook: where intentions and effects are recorded.
            late_seconds: how long at most a system can still be at work on what it was sent and has not answered; None when nobody can say.
            prove_right_to_act: awaited right before an act, and again right before the press that sends it off; raises when this robot may not
                act, as another may have taken its cases over.
            pause: awaited between two looks, with seconds; raises `StopRequested` when the run is to end, and a later call looks on.
            before_act: called with case id and name when the intention is on disk; a fault point for tests.
            after_act: called with case id and name when the act has returned, before it is read back; a fault point for tests.
        """
        self._casebook = casebook
        self._late_seconds = late_seconds
        self._prove_right_to_act = prove_right_to_act
        self._pause = pause
        self._before_act = before_act
        self._after_act = after_act

    async def ensure(self, case_id: str, name: str, *, look: Look, act: Act, system: str = "", is_marked: bool = False) -> None:
        """Return when the effect is proven done, by this call or by an earlier one.

        Args:
            case_id: an open case of the casebook.
            name: what is done, unique in the case, e.g. `case_system.decision`; a stored format, no personal data.
            look: reads from the other system whether it is done; changes nothing there.
            act: does it, once; called only when the intention is on disk and `look` said that it is not done. The press that sends it off
                stands inside `sending()`.
            system: where a person is to look if the outcome is unknown.
            is_marked: `act` sends nothing off outside `sending()`, so that a system too slow before it has been sent nothing.

        Raises:
            CaseNeedsPerson: code TWICE: somebody else has done it; nothing was written.
            OutcomeUnknown: it may or may not be done; every later call raises it again without touching the screen.
            StopRequested: the run is to end while the system can still be at work on it; a later call looks on.
            KollegaError: what `look` or `act` raised; a later call looks first.
        """
        record = await asyncio.to_thread(self._casebook.effect, case_id, name)
        if record is not None and record.state is EffectState.DONE:
            return
        if record is not None and record.state is EffectState.UNKNOWN:
            raise _unknown(name, "a person has been asked to look", system)
        is_unanswered = record is not None and record.is_unanswered
        with collecting() as before:
            seen = await look()
            if seen is Seen.NOT_DONE and record is not None and record.is_unanswered:
                # The robot, or an earlier try, ended between the press and the answer. When that was is on disk by a clock that can have been set
                # since, or be another machine's: the time begins now, or too early it would be written a second time.
                seen = await self._look_until_late(look, time.monotonic())
        match seen:
            case Seen.DONE if record is not None:
                event(Action.EFFECT_FOUND_DONE, system=system, step=name)
                await asyncio.to_thread(self._casebook.effect_done, case_id, name, before.evidence())
            case Seen.DONE:
                message = f"{name}: it is done already, and not by the robot; nothing was written. Look who did it and why"
                raise CaseNeedsPerson(message, codes=(ReasonCode.TWICE,), system=system)
            case Seen.UNCLEAR:
                begun = "the robot had begun it before an interruption" if record is not None else "the robot has not begun it"
                await self._give_up(case_id, name, begun, system, before)
            case Seen.NOT_DONE if is_unanswered and self._late_seconds is None:
                await self._give_up(case_id, name, "the system did not answer, nor when it was looked at", system, before)
            case Seen.NOT_DONE:
                await asyncio.to_thread(self._casebook.intend, case_id, name, is_sent_later=is_marked)
                event(Action.EFFECT_INTENDED, system=system, step=name)
                with collecting() as collector:
                    await self._act_and_read_back(case_id, name, look, act, system, collector, is_marked=is_marked, is_first=record is None)
                await asyncio.to_thread(self._casebook.effect_done, case_id, name, collector.evidence(before=before))
                event(Action.EFFECT_DONE, system=system, step=name)

    async def _act_and_read_back(
        self, case_id: str, name: str, look: Look, act: Act, system: str, collector: Collector, *, is_marked: bool, is_first: bool
    ) -> None:
        """Return when the other system shows that it is done; `is_first` when no earlier try can have sent it."""
        pressed_at = time.monotonic()

        async def note_sent() -> None:
            nonlocal pressed_at
            await self._prove_right_to_act()
            await asyncio.to_thread(self._casebook.effect_sent, case_id, name)
            pressed_at = time.monotonic()

        # Not inside: one that may no longer act has sent nothing off, and the look is its successor's.
        await self._prove_right_to_act()
        try:
            self._before_act(case_id, name)
            with attempt(note_sent=note_sent) as tried:
                await act()
            self._after_act(case_id, name)
        except Exception as error:
            if isinstance(error, SystemTooSlow) and tried.sent_at is None and not is_marked:
                # An act that does not say when it sends may have sent.
                await note_sent()
                tried.is_unanswered = True
            # What it was asked to do can still be under way: done again now, it could be done twice.
            can_still_come = isinstance(error, SystemFault) and tried.is_unanswered
            if tried.sent_at is not None and not tried.is_unanswered:
                await self._note(self._casebook.effect_answered, case_id, name)
            try:
                seen = await look()
                if seen is Seen.NOT_DONE and can_still_come:
                    seen = await self._look_until_late(look, pressed_at)
            except Exception:  # noqa: BLE001 - the first error is the one to act on; the next try looks before it acts
                raise error from None
            if seen is Seen.NOT_DONE and can_still_come:
                if self._late_seconds is None:
                    await self._give_up(case_id, name, "the system did not answer, and can still do it", system, collector)
                await self._note(self._casebook.effect_answered, case_id, name)
            if seen is Seen.NOT_DONE:
                # A fault may take effect late, and is tried again. The one has ended the case, the other reached nothing that could do it: for
                # neither does anybody need to look.
                has_ended = isinstance(error, CaseNeedsPerson) and not tried.is_unanswered
                has_sent_nothing = (
                    isinstance(error, SystemFault) and is_first and is_marked and (tried.sent_at is None or isinstance(error, SessionLost))
                )
                if has_ended or has_sent_nothing:
                    await self._note(self._casebook.withdraw, case_id, name)
                raise
            if seen is Seen.UNCLEAR:
                await self._give_up(case_id, name, "the robot was interrupted by an error while it did it", system, collector)
        else:
            if await look() != Seen.DONE:
                await self._give_up(case_id, name, "the robot did it, but the system does not show it", system, collector)

    async def _look_until_late(self, look: Look, pressed_at: float) -> Seen:
        """Look until the system shows something, or has had its time since the press, by the clock that nobody sets."""
        if self._late_seconds is None:
            return Seen.NOT_DONE
        until = pressed_at + self._late_seconds
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            await self._pause(max(0.0, min(pause_seconds, until - time.monotonic())))
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
            # The last look begins when the time is over.
            is_late = time.monotonic() >= until
            seen = await look()
            if seen is not Seen.NOT_DONE or is_late:
                return seen

    async def _note(self, note: Callable[[str, str], None], case_id: str, name: str) -> None:
        """Note that nothing can come any more, unless another robot has taken the case over: what is on disk may be of its press."""
        await self._prove_right_to_act()
        await asyncio.to_thread(note, case_id, name)

    async def _give_up(self, case_id: str, name: str, what: str, system: str, collector: Collector) -> None:
        # A robot whose case another has taken over says nothing of its effects.
        await self._prove_right_to_act()
        await asyncio.to_thread(self._casebook.effect_unknown, case_id, name, collector.evidence())
        event(Action.EFFECT_UNKNOWN, what, system=system, step=name, level="WARNING")
        raise _unknown(name, what, system)


def _unknown(name: str, what: str, system: str) -> OutcomeUnknown:
    message = f"{name} may or may not be done: {what}. Look in {system or 'the system'} before you do it by hand"
    return OutcomeUnknown(message, codes=(ReasonCode.OUTCOME_UNKNOWN,), system=system)
