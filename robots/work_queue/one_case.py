"""One case under way: from the engine's call to its outcome in the casebook, or to its place among those that wait for a later run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NoReturn

from robots.assessment import Ending, Outcome
from robots.errors import CaseNeedsPerson, ReasonCode, StateUnusable, StopRequested
from robots.run_log import Action, case_context, event
from robots.work_queue.rewinding import VersionsDiffer, part_with
from robots.work_queue.run import Run, own_fault
from robots.work_queue.step import DurableStep, Tries

if TYPE_CHECKING:
    from robots.handling import Step

#: handles one case: its id, its reference, and the durable engine
Handle = Callable[[str, str, "Step"], Awaitable[Outcome]]

_ENDINGS = {Ending.DECIDED: Action.DECIDED, Ending.PROPOSED: Action.PROPOSED, Ending.HANDED_OFF: Action.HANDED_OFF}


async def handle_or_park(run: Run, case_id: str, reference: str, handle: Handle, tries: Tries) -> None:
    """Have the case handled and close it in the casebook; nothing if it is closed already.

    Raises:
        BaseException: the engine's own, for a case that was parked or called off.
    """
    with run.working_on(case_id), case_context(reference):
        begun = time.monotonic()
        try:
            if await asyncio.to_thread(run.casebook.outcome_of, case_id) is not None:
                return
            await _put_back_if_kept(run, case_id)
            ending = run.ending_of(case_id)
            if ending is None:
                run.worked.add(case_id)
            was_taken = await asyncio.to_thread(_take, run, case_id)
            event(Action.CASE_RESUMED if was_taken else Action.CASE_TAKEN)
            # Its steps are not gone through again: one in which robots die between two steps could not even be handed off.
            step: Step = DurableStep(run, case_id, tries) if ending is None else _ended_by(ending)
            outcome = await handle(case_id, reference, step)
            await asyncio.to_thread(_close, run, outcome)
        except StopRequested:
            run.stop.set()
            raise await run.park(case_id, "the run was stopped between two steps") from None
        except StateUnusable as error:
            run.break_off(error)
            raise await run.park(case_id, "the robot's own record can't be used") from None
        except VersionsDiffer as error:
            raise await part_with(run, case_id, error) from None
        except Exception as error:  # noqa: BLE001 - our own fault, of whatever kind, must not end the other cases
            raise await run.park(case_id, own_fault(error), failed=True) from None
        run.ended.append(outcome)
        event(_ENDINGS[outcome.ending], "" if outcome.run_mode.writes else "in a shadow run: nothing was written", seconds=time.monotonic() - begun)


async def _put_back_if_kept(run: Run, case_id: str) -> None:
    why = await run.why_kept_back(case_id)
    if run.poison.is_hopeless(case_id) and not run.wishes.is_to_be_changed(case_id):
        told = await asyncio.to_thread(run.poison.told, case_id)
        ways = f"Handle it by hand; once the cause is mended, kollega queue retry {case_id} has the robot try again"
        raise await run.park(case_id, f"developer: {told}; the last times while it was handed off, so that it is left alone. {ways}", failed=True)
    if why:
        await asyncio.to_thread(run.casebook.put_back, case_id)
        raise await run.engine.put_aside(case_id)


def _ended_by(ending: CaseNeedsPerson) -> Step:
    """Return steps of which none is done: the first one that is asked for hands the case off."""

    async def step(_name: str, _returns: Any, _do: Callable[..., Awaitable[Any]], /, *_args: object) -> NoReturn:
        raise ending

    return step


def _take(run: Run, case_id: str) -> bool:
    """Note that the robot works on the case; return whether it did before."""
    was_taken = run.casebook.take_case(case_id)
    run.poison.attempts.take(case_id, run.presence.executor)
    return was_taken


def _close(run: Run, outcome: Outcome) -> None:
    """Keep how the case ended, tell of one that was set aside, and forget what was noted to get the case to its end."""
    case_id = outcome.case_id
    run.casebook.close_case(outcome)
    if ReasonCode.ROBOT_FAULT in outcome.codes and run.poison.is_deadly(case_id):
        told = run.set_aside[case_id] = run.poison.told(case_id)
        event(Action.SET_ASIDE, f"{told}. Tell the developer", level="ERROR")
        run.casebook.add_event(case_id, Action.SET_ASIDE, told)
    order = run.wishes.order_of(case_id)
    if order is not None:
        # This one alone: by now an operator may have ordered that the ended case begins anew.
        run.wishes.fulfil(order)
    run.poison.forget(case_id)
