"""One case under way: from the engine's call to its outcome in the casebook, or to its place among those that wait for a later run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from robots.assessment import Ending, Outcome
from robots.errors import StateUnusable, StopRequested
from robots.run_log import Action, case_context, event
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
            was_taken = await asyncio.to_thread(run.casebook.take_case, case_id)
            event(Action.CASE_RESUMED if was_taken else Action.CASE_TAKEN)
            outcome = await handle(case_id, reference, DurableStep(run, case_id, tries))
            await asyncio.to_thread(run.casebook.close_case, outcome)
        except StopRequested:
            run.stop.set()
            raise await run.park(case_id, "the run was stopped between two steps") from None
        except StateUnusable as error:
            run.break_off(error)
            raise await run.park(case_id, "the robot's own record can't be used") from None
        except Exception as error:  # noqa: BLE001 - our own fault, of whatever kind, must not end the other cases
            raise await run.park(case_id, own_fault(error), failed=True) from None
        run.ended.append(outcome)
        event(_ENDINGS[outcome.ending], "" if outcome.run_mode.writes else "in a shadow run: nothing was written", seconds=time.monotonic() - begun)
