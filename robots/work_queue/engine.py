"""The durable engine: all that is known of DBOS (https://docs.dbos.dev), which begins the cases and keeps the result of each finished step.

Imported when a queue is opened, not before: the library takes a good part of a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from dbos import DBOS, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID
from dbos import error as engine_error

from robots.casebook import CaseEntry
from robots.casebook.database import is_address
from robots.casebook.workers import worker_of
from robots.errors import StateUnusable
from robots.run_log import Action, event
from robots.work_queue.engine_record import CountDeaths, EngineRecord, some_at_a_time, telling_faults
from robots.work_queue.rewinding import StepsDiffer

# Stored in the engine's database; with another code line the engine would leave unfinished cases lying for ever.
_CODE_LINE = "1"
_WORKFLOW = "kollega.case"
_QUEUE = "cases"
_MOST_RESTARTS = 1000
_SETTLE_TRIES = 100
_SETTLE_SECONDS = 0.02
_CLOSE_SECONDS = 0.5
# After so long a write is either slow or will not come back.
_PATIENCE_SECONDS = 10.0

T = TypeVar("T")

#: takes one case to its end or puts it aside: its id and its reference
HandleCase = Callable[[str, str], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a case stands in the engine."""

    #: the engine's own word
    status: str
    #: begun, and not ended, by a robot that is no longer at work
    is_left_behind: bool
    #: at hand with another robot that is at work, or may be
    is_elsewhere: bool = False
    #: in which order the cases that wait are begun
    rank: int = 0

    @property
    def is_aside(self) -> bool:
        """Whether the case lies still until it is resumed."""
        return self.status in {"CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}

    @property
    def is_over(self) -> bool:
        """Whether the engine never takes up the case again."""
        return self.status in {"SUCCESS", "ERROR"}


class Engine:
    """The engine of one folder, or of one PostgreSQL database; once launched, it calls `handle_case` for one case after the other."""

    def __init__(
        self, where: Path | str, *, executor: str, handle_case: HandleCase, at_once: int, poll_seconds: float, others: Callable[[], Collection[str]]
    ) -> None:
        #: the folder, or the address of a database that several robots share
        self._where = where
        self._is_shared = is_address(where)
        # What names the other robots at work in the engine; asked in a thread.
        self._others = others
        self._executor = executor
        self._handle_case = handle_case
        self._at_once = at_once
        self._poll_seconds = poll_seconds
        self._record: EngineRecord | None = None
        self._has_given_up = False
        self._workflow: HandleCase | None = None
        self._count_deaths: CountDeaths | None = None

    @property
    def is_launched(self) -> bool:
        """Whether the engine has been launched and not closed since."""
        return self._record is not None

    async def launch(self, outdated: Callable[[], Collection[CaseEntry]], count_deaths: CountDeaths) -> None:
        """Start the engine in the running loop; it goes on with interrupted cases at once.

        Args:
            outdated: gives the cases that are to begin anew; asked in a thread, if the engine has worked in this folder before.
            count_deaths: counts the deaths of the robots that are dead; called in a thread, before their cases go on.
        """
        self._count_deaths = count_deaths
        try:
            with telling_faults():
                await self._launch(outdated)
        except StateUnusable:
            # What has not come up has no cases that could be called back.
            await self.close()
            raise

    async def _launch(self, outdated: Callable[[], Collection[CaseEntry]]) -> None:
        _silence_library()
        record = self._record = EngineRecord(self._where)
        # Launched on a file that can't be written, the engine would not come back, nor let anything else go on.
        await self.prove_writable()
        if await asyncio.to_thread(record.has_worked):
            await asyncio.to_thread(record.see_sound)
            # Before the launch, with which the engine goes on with interrupted cases at once.
            await asyncio.to_thread(self._count_dead, record)
            await asyncio.to_thread(lambda: record.forget_outdated(outdated(), others=self._others()))
        self._workflow = DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_MOST_RESTARTS)(self._plain_function())
        DBOS(
            config={
                "name": "kollega",
                "system_database_url": record.database.url.render_as_string(hide_password=False),
                "system_database_engine": record.database,
                "dbos_system_schema": record.schema,
                "application_version": _CODE_LINE,
                "executor_id": self._executor,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "enable_otlp": False,
                # Nothing waits for these; the interval is as long as a close may take.
                "notification_listener_polling_interval_sec": min(self._poll_seconds, _CLOSE_SECONDS),
            }
        )
        # In the running loop, so that the cases run on it too.
        DBOS.launch()
        await self._written(
            DBOS.register_queue_async(_QUEUE, worker_concurrency=self._at_once, polling_interval_sec=self._poll_seconds, on_conflict="always_update")
        )
        await self.take_over()

    async def close(self) -> None:
        """End the engine's threads and let go of its file; nothing for one that is not launched."""
        if self._record is None:
            return
        if self._has_given_up:
            # What it still tries to write it would try for ever, and the process would not end before that.
            self._record.refuse()
            self._has_given_up = False
        # The engine has made its own threads the loop's; they end with it.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="kollega"))
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        self._record.close()
        self._record = None

    async def places(self, case_ids: Sequence[str]) -> dict[str, Place]:
        """Return where the cases stand; a case that the engine does not know is left out."""
        places: dict[str, Place] = {}
        others = await asyncio.to_thread(self._others)
        for ids in some_at_a_time(case_ids):
            with telling_faults():
                found = await DBOS.list_workflows_async(workflow_ids=ids, load_input=False, load_output=False)
            for one in found:
                is_not_here = one.status == "PENDING" and one.executor_id != self._executor
                is_elsewhere = is_not_here and one.executor_id in others
                places[one.workflow_id] = Place(
                    status=one.status, is_left_behind=is_not_here and not is_elsewhere, is_elsewhere=is_elsewhere, rank=one.priority or 0
                )
        return places

    async def enqueue(self, case_id: str, reference: str, *, rank: int) -> None:
        """Have a case that the engine does not know begin when there is room, one of a lower rank first."""
        if self._workflow is None:
            raise RuntimeError("the engine is not launched")
        with SetWorkflowID(case_id), SetEnqueueOptions(priority=rank):
            await self._written(DBOS.enqueue_workflow_async(_QUEUE, self._workflow, case_id, reference))

    async def resume(self, case_ids: Sequence[str]) -> None:
        """Have cases go on, after their last finished step, when there is room."""
        if self._is_shared:
            # In one statement, and only what lies still: another robot may have gone on with it since it was looked at.
            changed = "status = 'ENQUEUED', queue_name = :queue, recovery_attempts = 0, started_at_epoch_ms = NULL, completed_at = NULL"
            await asyncio.to_thread(self._launched().change, case_ids, changed, ("CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"), queue=_QUEUE)
            return
        for ids in some_at_a_time(case_ids):
            await self._written(DBOS.resume_workflows_async(ids, queue_name=_QUEUE))

    async def call_off(self, case_ids: Sequence[str]) -> None:
        """Put cases aside that have not begun."""
        if self._is_shared:
            changed = "status = 'CANCELLED', queue_name = NULL, started_at_epoch_ms = NULL, completed_at = :now"
            await asyncio.to_thread(self._launched().change, case_ids, changed, ("ENQUEUED",), now=int(time.time() * 1000))
            return
        for ids in some_at_a_time(case_ids):
            await self._written(DBOS.cancel_workflows_async(ids))

    async def put_aside(self, case_id: str) -> BaseException:
        """Put the case under way aside with the results of its steps; returns what tells the engine so when it is raised in the case."""
        try:
            # Called with the context of the case, the engine would store the call as a step of it.
            await self._written(asyncio.get_running_loop().create_task(DBOS.cancel_workflow_async(case_id), context=Context()))
        except Exception as error:  # noqa: BLE001 - a full disk, say; the case stays under way and is recovered by the next start
            event(Action.LIBRARY, f"the engine could not put the case aside: {type(error).__name__}", level="ERROR")
        return engine_error.DBOSWorkflowCancelledError("the case waits for a later run")

    def let_go(self) -> BaseException:
        """Return what tells the engine, when it is raised in the case, that the case is another robot's by now; nothing of it is changed."""
        return engine_error.DBOSWorkflowCancelledError("the case may be another robot's")

    async def take_over(self) -> int:
        """Have the cases that were at hand with robots that are dead go on, here or elsewhere, and return how many there were."""
        if not self._is_shared:
            return 0
        with telling_faults():
            return await asyncio.to_thread(self._take_over, self._launched())

    def _take_over(self, record: EngineRecord) -> int:
        at_hand = record.at_hand()
        # Asked for after the cases: a robot that has begun in between is among them.
        dead = sorted(at_hand.keys() - {self._executor, *self._others()})
        if dead:
            self._count_dead(record)
            # No robot bears the name of a dead one again, and the engine leaves alone what is no longer under it: two may do this at once.
            DBOS._recover_pending_workflows(dead)
        for executor in dead:
            event(Action.TAKEN_OVER, f"{at_hand[executor]} cases of {worker_of(executor)}, which gives no sign of life", level="WARNING")
        return sum(at_hand[executor] for executor in dead)

    async def rerank(self, ranks: Mapping[str, int]) -> None:
        """Have cases that wait begin in another order: {case id: rank}."""
        for case_id, rank in ranks.items():
            await asyncio.to_thread(self._launched().change, [case_id], "priority = :rank", ("ENQUEUED",), rank=rank)

    async def result_of(self, step: str, do: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
        """Return what is stored of a step of the case under way, or do it now and store the JSON that it returns.

        Any error of `do` but the one of `put_aside` would be stored too, for ever.

        Raises:
            StepsDiffer: another version of the program has done another step there.
        """
        try:
            with telling_faults():
                return await DBOS.run_step_async({"name": step}, do)
        except engine_error.DBOSUnexpectedStepError as error:
            _, _, expected, recorded = error.inputs
            raise StepsDiffer(recorded=recorded, expected=expected) from None

    async def prove_writable(self) -> None:
        """Write something without a meaning in the engine's file: what the engine itself can't write there, it only tries again and again.

        Raises:
            StateUnusable: it can't be written, or the server does not answer.
        """
        try:
            await asyncio.to_thread(self._launched().write_mark)
        except StateUnusable:
            self._has_given_up = True
            raise

    async def _written(self, call: Awaitable[T]) -> T:
        """Return what a call of the engine's returns that writes; one that does not come back is given up when its database can't be written."""
        writing = asyncio.ensure_future(call)
        try:
            while not (await asyncio.wait([writing], timeout=_PATIENCE_SECONDS))[0]:
                await self.prove_writable()
            with telling_faults():
                return writing.result()
        finally:
            writing.cancel()

    async def settle(self) -> None:
        """Wait until the engine has written the end of all that it was doing, and forget the results of the cases that are over."""
        # The engine writes the end of a case after the last line of our own; a close in between would make the next start do it.
        for _ in range(_SETTLE_TRIES):
            with telling_faults():
                under_way = await DBOS.list_workflows_async(
                    status="PENDING", executor_id=self._executor, limit=1, load_input=False, load_output=False
                )
            if not under_way:
                break
            await asyncio.sleep(_SETTLE_SECONDS)
        await asyncio.to_thread(self._launched().forget_results)

    # cases that are taken up again

    async def lies_still(self, case_id: str) -> bool:
        """Have a case that is not at hand lie still, and return whether it does; another robot may just have taken it up."""
        if not self._is_shared:
            # Nobody else has it.
            return True
        await self.call_off([case_id])
        place = (await self.places([case_id])).get(case_id)
        return place is None or place.is_aside or place.is_over

    async def rewind(self, case_id: str, step: str) -> bool:
        """Put the case aside, and forget the results of the step and of those after it; False, and nothing done, if it has none.

        The case is not at hand. It lies still until it is resumed, so that what ordered this can be noted as done before.
        """
        return await asyncio.to_thread(self._launched().rewind, case_id, step)

    async def forget(self, case_id: str) -> None:
        """Know nothing more of the case, which is not at hand."""
        await self._written(DBOS.delete_workflows_async([case_id]))

    def _count_dead(self, record: EngineRecord) -> None:
        if self._count_deaths is not None:
            # A file has one robot, which bears the name of the one that died; elsewhere no name is borne twice.
            record.count_deaths(self._count_deaths, alive={*self._others(), *((self._executor,) if self._is_shared else ())})

    def _launched(self) -> EngineRecord:
        if self._record is None:
            raise RuntimeError("the engine is not launched")
        return self._record

    def _plain_function(self) -> HandleCase:
        # The engine takes plain functions, not methods.
        async def handle_case(case_id: str, reference: str) -> None:
            await self._handle_case(case_id, reference)

        return handle_case


def _silence_library() -> None:
    log = logging.getLogger("dbos")
    log.addFilter(_is_worth_telling)
    # With no handler at all the engine would write to the terminal, unredacted; a run's log has put its own there.
    if not log.handlers:
        log.addHandler(logging.NullHandler())
        log.propagate = False


def _is_worth_telling(record: logging.LogRecord) -> bool:
    # The engine warns of each parked case, with a traceback; that it is parked stands in the run's log already.
    of_parked = record.exc_info is not None and record.exc_info[0] is not None and "WorkflowCancelled" in record.exc_info[0].__name__
    return not of_parked and "was cancelled during execution" not in str(record.msg)
