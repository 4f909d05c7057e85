"""What a run does about the wishes of operators, and about cases in which robots have died."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from robots.casebook import CaseEntry, CaseState
from robots.casebook.orders import Order, OrderKind
from robots.errors import StateUnusable
from robots.run_log import Action, case_context, event
from robots.work_queue.run import Run

if TYPE_CHECKING:
    from robots.work_queue.engine import Place

T = TypeVar("T")

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
    # What the engine is still putting aside it could not go on with: that is left to the next look too.
    for order in run.wishes.orders():
        if order.case_id not in run.open | run.at_hand and not run.stop.is_set():
            await _carry_out(run, order, enter)
    busy = run.open | run.at_hand
    freed = [case_id for case_id, system in run.paused.items() if case_id not in busy and not run.wishes.paused(case_id, system)]
    await _take_again(run, freed, enter)


async def _carry_out(run: Run, order: Order, enter: Enter) -> None:
    # In this order: a case that the engine has ended has ended in the casebook before that, unless it was opened again.
    place = (await run.engine.places([order.case_id])).get(order.case_id)
    found = await asyncio.to_thread(run.casebook.find, order.case_id)
    if not found or not run.is_for(found[0].reference):
        return
    if (place is not None and place.is_elsewhere) or order.case_id in run.open:
        # The robot that has the case at hand sees the order too; this one has by now been called by the engine, and leaves the case to the next look.
        return
    if found[0].state is CaseState.ENDED:
        # It came to its end before the order could reach it.
        run.wishes.note_carried_out(order)
        await asyncio.to_thread(run.wishes.fulfil, order)
        return
    with case_context(found[0].reference), run.changing_results(order.case_id):
        if not await _change_results(run, order, place):
            await run.wishes.look(anew=True)
            return
        run.wishes.note_carried_out(order)
        run.take_again(order.case_id)
    await enter(run, found[:1])


async def _change_results(run: Run, order: Order, place: Place | None) -> bool:
    """Do with the case's results what is ordered; False if another robot does, or has. After a crash the order still stands."""
    if order.kind is OrderKind.CANCEL:
        if place is not None and place.is_over:
            await run.engine.forget(order.case_id)
        # It stands until the case has ended.
        return True
    try:
        async with _in_thread(run.wishes.carrying_out(order)) as is_mine:
            if is_mine:
                await _forget_results(run, order, place)
            return is_mine
    except _AtHand:
        return False


async def _forget_results(run: Run, order: Order, place: Place | None) -> None:
    case_id = order.case_id
    if not await run.engine.lies_still(case_id):
        raise _AtHand
    event(Action.RETRIED, f"{order.kind}{f' to {order.step}' if order.step else ''}; ordered by {order.ordered_by}")
    await asyncio.to_thread(run.poison.forget, case_id)
    if order.kind is OrderKind.BEGIN_ANEW or (place is not None and place.is_over):
        # What the engine has ended it never takes up again, and it has kept no results of it.
        await run.engine.forget(case_id)
    elif order.kind is OrderKind.REWIND and not await run.engine.rewind(case_id, order.step):
        event(Action.CASE_RESUMED, f"no result of {order.step} is kept; the case goes on after its last finished step")


class _AtHand(Exception):
    """Another robot has just taken the case up."""


@asynccontextmanager
async def _in_thread(block: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave the block in threads, as it waits for a database."""
    entered = await asyncio.to_thread(block.__enter__)
    try:
        yield entered
    except BaseException as error:
        await asyncio.to_thread(block.__exit__, type(error), error, error.__traceback__)
        raise
    await asyncio.to_thread(block.__exit__, None, None, None)


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
