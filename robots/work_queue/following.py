"""What a run does about the wishes of operators, and about cases in which robots have died."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from robots.casebook import CaseEntry, CaseState
from robots.casebook.orders import Order, OrderKind
from robots.errors import StateUnusable
from robots.run_log import Action, case_context, event
from robots.work_queue.run import Run

#: has the engine begin cases that are open, or go on with them
Enter = Callable[[Run, Sequence[CaseEntry]], Awaitable[None]]


async def follow_wishes(run: Run, enter: Enter) -> None:
    """Carry out what operators have ordered, and go on with cases whose pause has ended; what is at hand is left in peace."""
    try:
        # A run that is about to end looks a last time.
        await run.wishes.look(anew=not run.open)
    except StateUnusable as error:
        run.break_off(error)
        return
    if run.alone is not None:
        if run.alone in run.open:
            return
        run.alone = None
    for order in run.wishes.orders():
        if order.case_id not in run.open and not run.stop.is_set():
            await _carry_out(run, order, enter)
    freed = [case_id for case_id, system in run.paused.items() if case_id not in run.open and not run.wishes.paused(case_id, system)]
    await _take_again(run, freed, enter)


async def _carry_out(run: Run, order: Order, enter: Enter) -> None:
    found = await asyncio.to_thread(run.casebook.find, order.case_id)
    if not found or not run.is_for(found[0].reference):
        return
    place = (await run.engine.places([order.case_id])).get(order.case_id)
    if place is not None and place.is_elsewhere:
        # The robot that has the case at hand sees the order too.
        return
    run.wishes.note_carried_out(order)
    if run.presence.is_shared and order.kind is not OrderKind.CANCEL and not await asyncio.to_thread(run.wishes.fulfil, order.case_id, order.kind):
        # Another robot was first.
        return
    if found[0].state is CaseState.ENDED:
        # It came to its end before the order could reach it.
        await asyncio.to_thread(run.wishes.fulfil, order.case_id)
        return
    with case_context(found[0].reference):
        if order.kind is not OrderKind.CANCEL:
            event(Action.RETRIED, f"{order.kind}{f' to {order.step}' if order.step else ''}; ordered by {order.ordered_by}")
            await asyncio.to_thread(run.poison.forget, order.case_id)
        run.take_again(order.case_id)
        if order.kind is OrderKind.REWIND and not await run.engine.rewind(order.case_id, order.step):
            event(Action.CASE_RESUMED, f"no result of {order.step} is kept; the case goes on after its last finished step")
        elif order.kind is OrderKind.BEGIN_ANEW:
            await run.engine.forget(order.case_id)
    if order.kind is not OrderKind.CANCEL:
        await asyncio.to_thread(run.wishes.fulfil, order.case_id, order.kind)
    await enter(run, found[:1])


async def _take_again(run: Run, case_ids: Sequence[str], enter: Enter) -> None:
    for case_id in case_ids:
        run.take_again(case_id)
        await enter(run, await asyncio.to_thread(run.casebook.find, case_id))


async def take_suspect(run: Run, enter: Enter) -> bool:
    """When nothing else is left, take the next case in which robots died, alone; False when there is none."""
    if not run.suspects or run.stop.is_set():
        return False
    run.alone = run.suspects[0]
    await _take_again(run, [run.alone], enter)
    return True
