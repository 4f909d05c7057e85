"""The queue as its callers know it: opened for one process, given cases, and run until each has ended or waits for a later run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from robots.assessment import Outcome
from robots.case import SWEDEN, Month
from robots.casebook import Casebook, CaseEntry, CaseState
from robots.errors import KollegaError, SetupError, StateUnusable, StopRequested
from robots.run_log import Action, case_context, event
from robots.way import has_written
from robots.work_queue.following import follow_wishes, take_suspect
from robots.work_queue.lock import locked, named
from robots.work_queue.machines import LIFELESS_SECONDS, Presence
from robots.work_queue.one_case import Handle, handle_or_park
from robots.work_queue.pausing import FRESH_SECONDS, Closed, Wishes
from robots.work_queue.poison import Poison
from robots.work_queue.ranks import rank_of
from robots.work_queue.run import Run, Standing
from robots.work_queue.step import Tries

if TYPE_CHECKING:
    from robots.casebook.database import NameLock

# How often the run looks for cases that another process has submitted, and for such as the engine has put aside.
_LOOK_SECONDS = 10.0


class WorkQueue:
    """The queue of one robot; made by `open`."""

    _is_open: ClassVar[bool] = False

    def __init__(
        self,
        where: Path | str,
        *,
        presence: Presence,
        handle: Handle,
        casebook: Casebook,
        tries: int,
        first_wait_seconds: float,
        at_once: int,
        poll_seconds: float,
        deaths: int,
    ) -> None:
        if tries < 1 or at_once < 1 or deaths < 1:
            raise ValueError("tries, at_once and deaths are at least 1")
        # Not above: whoever imports the queue to name its types does not wait for the engine's library.
        from robots.work_queue.engine import Engine

        self._engine = Engine(
            where,
            executor=presence.executor,
            handle_case=self._handle_case,
            at_once=at_once,
            poll_seconds=poll_seconds,
            others=lambda: {other.executor for other in presence.others()},
        )
        self._presence = presence
        self._handle = handle
        self._casebook = casebook
        self._poison = Poison(casebook, most_deaths=deaths)
        self._tries = Tries(most=tries, first_wait_seconds=first_wait_seconds)
        self._run: Run | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        folder: Path,
        *,
        executor: str,
        handle: Handle,
        casebook: Casebook,
        tries: int,
        first_wait_seconds: float,
        at_once: int,
        poll_seconds: float = 0.5,
        deaths: int = 3,
        database: str = "",
        mode: str = "",
        lifeless_seconds: float = LIFELESS_SECONDS,
    ) -> AsyncIterator[WorkQueue]:
        """Open the queue for this process alone; no case is touched before `run`.

        Args:
            folder: where the engine's database and the lock lie; a local disk. Made if it is missing.
            executor: name of this robot, e.g. the machine's; in a database that several robots share one process alone has it.
            handle: handles one case: `handle(case_id, reference, step)`. Errors that a step raises and `handle` does not catch are faults of its own.
            casebook: where cases are opened and closed.
            tries: how often a step is tried when it raises SystemFault, at least 1.
            first_wait_seconds: wait before the second try; doubled before each further one.
            at_once: cases under way at the same time.
            poll_seconds: how often the engine looks for cases that can begin; `at_once` cases begin at a time.
            deaths: after how many deaths of robots in a row in the same step a case is set aside, that is handed off, at least 1.
            database: address of the database that several robots share, that of the casebook; the folder is then not used. Empty for files.
            mode: of the run, for those who ask who is at work.
            lifeless_seconds: after so long a silence a robot is taken for dead, alike for all who share the database.

        Raises:
            SetupError: another robot is at work with this folder, or under this name.
        """
        if cls._is_open:
            raise SetupError("this process has a queue open already; close it first")
        lock: AbstractContextManager[NameLock | None] = named(database, executor) if database else locked(folder)
        with lock as held, Presence.kept(casebook, worker=executor, mode=mode, lifeless_seconds=lifeless_seconds, lock=held) as presence:
            cls._is_open = True
            queue = cls(
                database or folder,
                presence=presence,
                handle=handle,
                casebook=casebook,
                tries=tries,
                first_wait_seconds=first_wait_seconds,
                at_once=at_once,
                poll_seconds=poll_seconds,
                deaths=deaths,
            )
            try:
                yield queue
            finally:
                await queue._engine.close()
                cls._is_open = False

    @property
    def held(self) -> Mapping[str, KollegaError]:
        """The systems that the run under way does not use, each with the error that says why."""
        return {} if self._run is None else dict(self._run.held)

    async def prove_right_to_act(self) -> None:
        """Return while the other robots take this one for alive, and will for some time; asked right before each write in another system.

        Raises:
            BaseException: the engine's own, to be raised through the case: others may have taken it over, and nothing may be written here any more.
        """
        if not self._presence.is_shared:
            # A file's only robot: there is nobody to ask.
            return
        if not await asyncio.to_thread(self._presence.may_act):
            if self._run is not None:
                self._run.break_off(self._presence.why_lost())
            raise self._engine.let_go()

    async def pause(self, seconds: float) -> None:
        """Wait in the midst of a step.

        Raises:
            StopRequested: the run is to end; the case is put aside, and the next run begins the step anew.
        """
        if self._run is None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._run.stop.wait()
        if self._run.stop.is_set():
            raise StopRequested

    async def submit(self, process: str, reference: str, month: str, *, due_at: datetime | None = None, received_at: datetime | None = None) -> str:
        """Put a case in the queue and return its id; the same case is put there once, however often it is submitted.

        Args:
            process: the case type, e.g. `ekonomiskt-bistand`.
            reference: the application's number.
            month: `2026-03`; anything else counts as `unreadable`.
            due_at: when an answer is promised, aware; of cases of one priority the earliest is begun first. None when nothing is.
            received_at: when the application came in, aware; None when nobody knows.
        """
        case_id = case_id_of(process, reference, month)
        month = case_id.rpartition(":")[2]
        times = {"due_at": due_at, "received_at": received_at}
        if await asyncio.to_thread(self._casebook.open_case, case_id, reference=reference, month=month, **times):
            with case_context(reference):
                event(Action.CASE_QUEUED)
            if self._run is not None:
                self._run.has_new = True
                self._run.changed.set()
        return case_id

    async def run(
        self,
        stop: asyncio.Event,
        on_ended: Callable[[Outcome], None],
        *,
        held: Mapping[str, KollegaError] | None = None,
        only: Collection[str] | None = None,
        closed: Closed = lambda _system: None,
        limit: int | None = None,
        takes_new: Callable[[], bool] = lambda: True,
    ) -> Standing:
        """Work until every case of the casebook has ended or waits for a later run; cases submitted meanwhile are taken up too.

        A step needs a held system if it is a method of an object whose `system` names it or whose class stands in the module of that name, and if a
        step of the same name has shown the fault. Any other step finds out for itself.

        Args:
            stop: when set, no further step is begun; those under way are finished, and `run` returns.
            on_ended: called once for each case that ends, in this task. A case that ends just before a crash is in the casebook, but not told here.
            held: systems that are not to be used in this run, e.g. after a check of their screens.
            only: references of the cases to work on; the others are left to a later run. None for all.
            closed: asked before each step with the name of its system; says why that may not be used just now, or None.
            limit: how many cases are worked on at most; cases that operators have cancelled end besides. None for all.
            takes_new: asked before a case is begun that has not begun; whether it still may.
        """
        if self._run is not None:
            raise RuntimeError("the queue is running already")
        run = self._run = Run(
            engine=self._engine,
            presence=self._presence,
            casebook=self._casebook,
            held=dict(held or {}),
            only=only,
            wishes=Wishes(self._casebook, closed),
            poison=self._poison,
            limit=limit,
            takes_new=takes_new,
        )
        watch = asyncio.create_task(run.stop_with(stop))
        told = 0
        try:
            await asyncio.to_thread(self._poison.look)
            if not self._engine.is_launched:
                await asyncio.to_thread(self._casebook.see_sound)
                await self._engine.launch(self._outdated, self._poison.count_deaths)
            await follow_wishes(run, self._enter)
            for pause in run.wishes.wide():
                run.tell_of_rest(pause.system or "all", pause)
            await self._take_up(run, CaseState.TAKEN, CaseState.WAITING, CaseState.FAILED)
            look_seconds = min(_LOOK_SECONDS, self._presence.beat_seconds) if self._presence.is_shared else _LOOK_SECONDS
            looked_at = -look_seconds
            while not run.stop.is_set():
                # Before anything is read, so that no change from here on is slept over.
                run.changed.clear()
                for outcome in run.ended[told:]:
                    told += 1
                    on_ended(outcome)
                if self._presence.is_lost:
                    run.break_off(self._presence.why_lost())
                    break
                # A wish of before the last case came to rest is not left to the next run.
                was_at_rest = run.is_at_rest
                await follow_wishes(run, self._enter)
                if not run.open or run.has_new or time.monotonic() - looked_at > look_seconds:
                    run.has_new = False
                    looked_at = time.monotonic()
                    await self._engine.take_over()
                    await self._notice_lost(run)
                    if run.alone is None:
                        await self._take_up(run, CaseState.SUBMITTED)
                    if was_at_rest and not run.open and not await take_suspect(run, self._enter) and not await self._may_come_back(run):
                        break
                    if run.open:
                        run.heard = None
                    if not run.at_hand and not run.steps:
                        await self._engine.prove_writable()
                if run.is_at_rest and not was_at_rest:
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(look_seconds, FRESH_SECONDS)):
                        await run.changed.wait()
            was_stopped = run.stop.is_set() and run.broken_by is None
        except StateUnusable as error:
            run.break_off(error)
            raise
        finally:
            watch.cancel()
            run.stop.set()
            if self._engine.is_launched:
                await self._recall(run)
            self._run = None
        for outcome in run.ended[told:]:
            on_ended(outcome)
        if self._presence.is_shared and run.broken_by is None:
            # What this robot has left to the others they may have ended.
            run.waiting = [case_id for case_id in run.waiting if not await asyncio.to_thread(self._has_ended, case_id)]
        return run.standing(was_stopped=was_stopped)

    async def _handle_case(self, case_id: str, reference: str) -> None:
        """Take up what the engine begins or goes on with; also what it has from an earlier run, and between two runs."""
        run = self._run
        if run is None or not run.is_for(reference) or case_id == run.changing:
            raise await self._engine.put_aside(case_id)
        await handle_or_park(run, case_id, reference, self._handle, self._tries)

    # from the casebook into the engine, and back

    def _outdated(self) -> list[CaseEntry]:
        """Return the cases of an earlier day that have written nothing: what was read of them may no longer be so."""
        today = datetime.now(SWEDEN).date()
        left = [case for case in self._casebook.cases() if case.state is not CaseState.ENDED]
        earlier = [case for case in left if case.taken_at is not None and case.taken_at.astimezone(SWEDEN).date() < today]
        return [case for case in earlier if not has_written(self._casebook, case.case_id)]

    async def _take_up(self, run: Run, *states: CaseState) -> None:
        found: list[CaseEntry] = []
        for state in states:
            found += await asyncio.to_thread(self._casebook.cases, state=state)
        new = [case for case in found if case.case_id not in run.known and run.is_for(case.reference) and not run.keeps_paused(case)]
        # Before anything is awaited: the engine goes on with interrupted cases at once, and they can be over before this method is.
        run.known.update(case.case_id for case in new)
        run.open.update(case.case_id for case in new)
        await self._enter(run, new)
        # Also what waits in the engine and was put first meanwhile.
        ranks = {case.case_id: rank_of(case) for case in (*found, *await asyncio.to_thread(self._casebook.moved)) if case.case_id in run.ranks}
        await self._engine.rerank({case_id: rank for case_id, rank in ranks.items() if rank != run.ranks[case_id]})
        run.ranks.update(ranks)

    async def _enter(self, run: Run, new: Sequence[CaseEntry]) -> None:
        """Have the engine begin cases that are open, or go on with them, if it does not already."""
        places = await self._engine.places([case.case_id for case in new])
        to_resume: list[str] = []
        for case in new:
            if run.stop.is_set() or case.case_id not in run.open:
                continue
            place = places.get(case.case_id)
            run.ranks[case.case_id] = rank_of(case) if place is None else place.rank
            if place is None:
                await self._engine.enqueue(case.case_id, case.reference, rank=rank_of(case))
            elif place.is_aside or place.is_left_behind:
                # Left behind: this process alone has the lock, so nobody works any more on what another robot has begun in this folder.
                to_resume.append(case.case_id)
            elif place.is_elsewhere:
                run.leave_elsewhere(case.case_id)
            elif place.is_over and self._presence.is_shared and await asyncio.to_thread(self._has_ended, case.case_id):
                # Ended by another robot since the casebook was read.
                run.open.discard(case.case_id)
            elif place.is_over:
                with case_context(case.reference):
                    why = f"the engine has ended the case, the casebook has not; kollega queue retry {case.case_id} has it begin anew"
                    await run.note_parked(case.case_id, why, failed=True)
        await self._engine.resume(to_resume)

    def _has_ended(self, case_id: str) -> bool:
        return self._casebook.outcome_of(case_id) is not None

    async def _may_come_back(self, run: Run) -> bool:
        """Whether a robot that has cases of this run at hand may be dead, as it has not been heard since nothing else was left to do."""
        if not run.elsewhere:
            return False
        heard = {other.executor: other.seen_at for other in await asyncio.to_thread(self._presence.others)}
        if run.heard is None or run.heard.keys() - heard.keys():
            # Of one that has ended or died since the cases were looked at, these are looked at once more.
            run.heard = heard
            return True
        return any(run.heard.get(executor) == seen_at for executor, seen_at in heard.items())

    async def _notice_lost(self, run: Run) -> None:
        """Part with the cases that will not come back by themselves, so that the run has an end."""
        places = await self._engine.places(list((run.open | run.elsewhere) - run.at_hand))
        come_back: list[str] = []
        for case_id, place in places.items():
            if case_id in run.at_hand:
                continue
            if place.is_elsewhere:
                run.leave_elsewhere(case_id)
            elif self._presence.is_shared and place.is_over and await asyncio.to_thread(self._has_ended, case_id):
                run.open.discard(case_id)
                run.elsewhere.discard(case_id)
            elif self._presence.is_shared and not place.is_over:
                # Waiting for whoever has room; or put aside by another robot, which could not go on with it. This one tries.
                if case_id in run.elsewhere:
                    run.open.add(case_id)
                    run.elsewhere.discard(case_id)
                if place.is_aside and case_id in run.open:
                    come_back.append(case_id)
            elif case_id in run.open - run.at_hand and (place.is_aside or place.is_over):
                await run.note_parked(case_id, f"the engine has put the case aside ({place.status})", failed=place.is_over)
        await self._engine.resume(come_back)

    async def _recall(self, run: Run) -> None:
        """Leave what has not begun to a later run, and wait for what has."""
        # With a record that can't be written they stay in the engine's queue, which would try to write for as long as that lasts.
        if run.broken_by is None:
            try:
                await self._engine.call_off(sorted(run.open - run.at_hand))
            except StateUnusable as error:
                run.break_off(error)
        while run.at_hand or run.steps:
            run.changed.clear()
            await run.changed.wait()
        run.waiting += sorted(run.open)
        run.open.clear()
        await self._engine.settle()


def case_id_of(process: str, reference: str, month: str) -> str:
    """Return the id of a case, `process:reference:month`; a month not written as in `2026-03` is `unreadable`."""
    try:
        return f"{process}:{reference}:{Month.parse(month)}"
    except ValueError:
        return f"{process}:{reference}:unreadable"
