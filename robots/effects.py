"""Look, intend, act, read back: the only way another system is written to. After a crash, never twice and never lost.

What is entered and shown on the way is kept with the effect as its evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

from robots.casebook import Casebook, EffectState
from robots.errors import CaseNeedsPerson, OutcomeUnknown, ReasonCode, SystemFault, SystemTooSlow
from robots.evidence import Collector, collecting
from robots.run_log import Action, event
from robots.screens.sending import attempt

Look = Callable[[], Awaitable["Seen"]]
Act = Callable[[], Awaitable[None]]
Hook = Callable[[str, str], None]


class Seen(StrEnum):
    """What the other system's screen says of an effect."""

    DONE = "done"
    NOT_DONE = "not done"
    UNCLEAR = "unclear"


def _pass(_case_id: str, _name: str) -> None: ...


class Effects:
    """The writes in other systems, each with its record in the casebook."""

    def __init__(self, casebook: Casebook, *, before_act: Hook = _pass, after_act: Hook = _pass) -> None:
        """Hold the casebook.

        Args:
            casebook: where intentions and effects are recorded.
            before_act: called with case id and name when the intention is on disk; a fault point for tests.
            after_act: called with case id and name when the act has returned, before it is read back; a fault point for tests.
        """
        self._casebook = casebook
        self._before_act = before_act
        self._after_act = after_act
        #: writes that were not answered, nor could be looked for: they can be proven done, and never proven not done
        self._overdue: set[tuple[str, str]] = set()

    async def ensure(self, case_id: str, name: str, *, look: Look, act: Act, system: str = "") -> None:
        """Return when the effect is proven done, by this call or by an earlier one.

        Args:
            case_id: an open case of the casebook.
            name: what is done, unique in the case, e.g. `case_system.decision`; a stored format, no personal data.
            look: reads from the other system whether it is done; changes nothing there.
            act: does it, once; called only when the intention is on disk and `look` said that it is not done.
            system: where a person is to look if the outcome is unknown.

        Raises:
            CaseNeedsPerson: code TWICE: somebody else has done it; nothing was written.
            OutcomeUnknown: it may or may not be done; every later call raises it again without touching the screen.
            KollegaError: what `look` or `act` raised; a later call looks first.
        """
        record = await asyncio.to_thread(self._casebook.effect_state, case_id, name)
        if record == EffectState.DONE:
            return
        if record == EffectState.UNKNOWN:
            raise _unknown(name, "a person has been asked to look", system)
        was_intended = record == EffectState.INTENDED
        with collecting() as before:
            seen = await look()
        match seen:
            case Seen.DONE if was_intended:
                event(Action.EFFECT_FOUND_DONE, system=system, step=name)
                await asyncio.to_thread(self._casebook.effect_done, case_id, name, before.evidence())
            case Seen.DONE:
                message = f"{name}: it is done already, and not by the robot; nothing was written. Look who did it and why"
                raise CaseNeedsPerson(message, codes=(ReasonCode.TWICE,), system=system)
            case Seen.UNCLEAR:
                begun = "the robot had begun it before an interruption" if was_intended else "the robot has not begun it"
                await self._give_up(case_id, name, begun, system, before)
            case Seen.NOT_DONE if (case_id, name) in self._overdue:
                await self._give_up(case_id, name, "the system did not answer, nor when it was looked at", system, before)
            case Seen.NOT_DONE:
                await asyncio.to_thread(self._casebook.intend, case_id, name)
                event(Action.EFFECT_INTENDED, system=system, step=name)
                with collecting() as collector:
                    await self._act_and_read_back(case_id, name, look, act, system, collector)
                await asyncio.to_thread(self._casebook.effect_done, case_id, name, collector.evidence(before=before))
                event(Action.EFFECT_DONE, system=system, step=name)

    async def _act_and_read_back(self, case_id: str, name: str, look: Look, act: Act, system: str, collector: Collector) -> None:
        """Return when the other system shows that it is done."""
        try:
            self._before_act(case_id, name)
            with attempt() as tried:
                await act()
            self._after_act(case_id, name)
        except Exception as error:
            # What it was asked to do can still be under way: done again now, it could be done twice.
            can_still_come = isinstance(error, SystemTooSlow) or (isinstance(error, SystemFault) and tried.is_unanswered)
            try:
                seen = await look()
            except Exception:  # noqa: BLE001 - the first error is the one to act on; the next try looks before it acts
                if can_still_come:
                    # A look that works only later can still come before the effect.
                    self._overdue.add((case_id, name))
                raise error from None
            if seen == Seen.NOT_DONE and can_still_come:
                await self._give_up(case_id, name, "the system did not answer, and can still do it", system, collector)
            if seen == Seen.NOT_DONE:
                if isinstance(error, CaseNeedsPerson):
                    # A fault may take effect late, and is tried again; this one has ended the case, and nobody needs to look for it.
                    await asyncio.to_thread(self._casebook.withdraw, case_id, name)
                raise
            if seen == Seen.UNCLEAR:
                await self._give_up(case_id, name, "the robot was interrupted by an error while it did it", system, collector)
        else:
            if await look() != Seen.DONE:
                await self._give_up(case_id, name, "the robot did it, but the system does not show it", system, collector)

    async def _give_up(self, case_id: str, name: str, what: str, system: str, collector: Collector) -> None:
        await asyncio.to_thread(self._casebook.effect_unknown, case_id, name, collector.evidence())
        event(Action.EFFECT_UNKNOWN, what, system=system, step=name, level="WARNING")
        raise _unknown(name, what, system)


def _unknown(name: str, what: str, system: str) -> OutcomeUnknown:
    message = f"{name} may or may not be done: {what}. Look in {system or 'the system'} before you do it by hand"
    return OutcomeUnknown(message, codes=(ReasonCode.OUTCOME_UNKNOWN,), system=system)
