"""Cases whose steps are no longer those of the program: begun by another version of the robot, and taken up by this one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from robots.run_log import Action
from robots.way import has_written

if TYPE_CHECKING:
    from robots.work_queue.run import Run


class VersionsDiffer(Exception):
    """What another version of the robot has kept of a case does not fit this one; nothing was done."""

    def __init__(self, what: str, *, recorded: str) -> None:
        super().__init__(what)
        #: the step from which on it does not fit
        self.recorded = recorded


class StepsDiffer(VersionsDiffer):
    """The engine has the result of another step where the program asks for one."""

    def __init__(self, *, recorded: str, expected: str) -> None:
        super().__init__(f"the steps have changed with the version of the robot: {recorded} was done where {expected} is expected", recorded=recorded)


class ResultUnreadable(VersionsDiffer):
    """The kept result of a step has a form that the program does not know."""

    def __init__(self, step: str) -> None:
        super().__init__(f"the kept result of {step} can't be read by this version of the robot", recorded=step)


async def part_with(run: Run, case_id: str, differ: VersionsDiffer) -> BaseException:
    """Have the case begin anew if it has written nothing, else leave it to an operator; returns what is to be raised in the case."""
    if await asyncio.to_thread(has_written, run.casebook, case_id):
        # Begun anew by itself, it could assess otherwise than what is written already: that is looked at first.
        ways = f"kollega queue retry {case_id} --from '{differ.recorded}' has the robot go on, kollega queue cancel {case_id} hands it to a person"
        return await run.park(case_id, f"operator: {differ}, and the case has written. See kollega queue show {case_id}, then: {ways}", failed=True)
    why = f"{differ}; the case has written nothing, and begins anew"
    await asyncio.to_thread(run.wishes.begin_anew, case_id, why=why, event=Action.CASE_QUEUED)
    return await run.park(case_id, why)
