"""The durable engine: all that is known of DBOS (https://docs.dbos.dev), which begins the cases and keeps the result of each finished step.

Imported when a queue is opened, not before: the library takes a good part of a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID
from dbos import error as engine_error

from robots.casebook import CaseEntry, sqlite_engine
from robots.casebook.faults import fault_of
from robots.run_log import Action, case_context, event

# Stored in the engine's database; with another code line the engine would leave unfinished cases lying for ever.
_CODE_LINE = "1"
_WORKFLOW = "kollega.case"
_QUEUE = "cases"
# Without a priority a case would overtake all that have one.
_PRIORITY = 100
_MOST_RESTARTS = 1000
_IDS_PER_QUERY = 500
_SETTLE_TRIES = 100
_SETTLE_SECONDS = 0.02

#: takes one case to its end or puts it aside: its id and its reference
HandleCase = Callable[[str, str], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a case stands in the engine."""

    #: the engine's own word
    status: str
    #: begun, and not ended, by a robot of another name
    is_left_behind: bool

    @property
    def is_aside(self) -> bool:
        """Whether the case lies still until it is resumed."""
        return self.status in {"CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}

    @property
    def is_over(self) -> bool:
        """Whether the engine never takes up the case again."""
        return self.status in {"SUCCESS", "ERROR"}


class Engine:
    """The engine of one folder; once launched, it calls `handle_case` for one case after the other."""

    def __init__(self, folder: Path, *, executor: str, handle_case: HandleCase, at_once: int, poll_seconds: float) -> None:
        self._file = folder / "queue.db"
        self._executor = executor
        self._handle_case = handle_case
        self._at_once = at_once
        self._poll_seconds = poll_seconds
        self._database: sa.Engine | None = None
        self._workflow: HandleCase | None = None

    @property
    def is_launched(self) -> bool:
        """Whether the engine has been launched and not closed since."""
        return self._database is not None

    async def launch(self, outdated: Callable[[], Collection[CaseEntry]]) -> None:
        """Start the engine in the running loop; it goes on with interrupted cases at once.

        Args:
            outdated: gives the cases that are to begin anew; asked in a thread, if the engine has worked in this folder before.
        """
        with _telling_faults():
            await self._launch(outdated)

    async def _launch(self, outdated: Callable[[], Collection[CaseEntry]]) -> None:
        _silence_library()
        has_worked = self._file.exists()
        database = self._database = sqlite_engine(self._file, pool_size=20, max_overflow=0)
        if has_worked:
            # Before the launch, with which the engine goes on with interrupted cases at once.
            await asyncio.to_thread(_forget, database, outdated)
        self._workflow = DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_MOST_RESTARTS)(self._plain_function())
        DBOS(
            config={
                "name": "kollega",
                "system_database_url": f"sqlite:///{self._file}",
                "system_database_engine": database,
                "application_version": _CODE_LINE,
                "executor_id": self._executor,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "enable_otlp": False,
                # Nothing waits for these; the interval is as long as a close may take.
                "notification_listener_polling_interval_sec": self._poll_seconds,
            }
        )
        # In the running loop, so that the cases run on it too.
        DBOS.launch()
        await DBOS.register_queue_async(
            _QUEUE, global_concurrency=self._at_once, polling_interval_sec=self._poll_seconds, on_conflict="always_update"
        )

    async def close(self) -> None:
        """End the engine's threads and let go of its file; nothing for one that is not launched."""
        if self._database is None:
            return
        # The engine has made its own threads the loop's; they end with it.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="kollega"))
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        self._database.dispose()
        self._database = None

    async def places(self, case_ids: Sequence[str]) -> dict[str, Place]:
        """Return where the cases stand; a case that the engine does not know is left out."""
        places: dict[str, Place] = {}
        for ids in _some_at_a_time(case_ids):
            with _telling_faults():
                found = await DBOS.list_workflows_async(workflow_ids=ids, load_input=False, load_output=False)
            for one in found:
                is_left_behind = one.status == "PENDING" and one.executor_id != self._executor
                places[one.workflow_id] = Place(status=one.status, is_left_behind=is_left_behind)
        return places

    async def enqueue(self, case_id: str, reference: str) -> None:
        """Have a case that the engine does not know begin when there is room."""
        if self._workflow is None:
            raise RuntimeError("the engine is not launched")
        with _telling_faults(), SetWorkflowID(case_id), SetEnqueueOptions(priority=_PRIORITY):
            await DBOS.enqueue_workflow_async(_QUEUE, self._workflow, case_id, reference)

    async def resume(self, case_ids: Sequence[str]) -> None:
        """Have cases go on, after their last finished step, when there is room."""
        for ids in _some_at_a_time(case_ids):
            with _telling_faults():
                await DBOS.resume_workflows_async(ids, queue_name=_QUEUE)

    async def call_off(self, case_ids: Sequence[str]) -> None:
        """Put cases aside that have not begun."""
        for ids in _some_at_a_time(case_ids):
            with _telling_faults():
                await DBOS.cancel_workflows_async(ids)

    async def put_aside(self, case_id: str) -> BaseException:
        """Put the case under way aside with the results of its steps; returns what tells the engine so when it is raised in the case."""
        try:
            # Called with the context of the case, the engine would store the call as a step of it.
            await asyncio.get_running_loop().create_task(DBOS.cancel_workflow_async(case_id), context=Context())
        except Exception as error:  # noqa: BLE001 - a full disk, say; the case stays under way and is recovered by the next start
            event(Action.LIBRARY, f"the engine could not put the case aside: {type(error).__name__}", level="ERROR")
        return engine_error.DBOSWorkflowCancelledError("the case waits for a later run")

    async def result_of(self, step: str, do: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
        """Return what is stored of a step of the case under way, or do it now and store the JSON that it returns.

        Any error of `do` but the one of `put_aside` would be stored too, for ever.
        """
        with _telling_faults():
            return await DBOS.run_step_async({"name": step}, do)

    async def prove_writable(self) -> None:
        """Write something without a meaning in the engine's file: what the engine itself can't write there, it only tries again and again.

        Raises:
            StateUnusable: it can't be written.
        """
        with _telling_faults():
            await asyncio.to_thread(self._write_mark)

    def _write_mark(self) -> None:
        if self._database is None or self._database.dialect.name != "sqlite":
            return
        with self._database.begin() as connection:
            # A number that SQLite keeps for the program, and that the engine does not use.
            connection.exec_driver_sql(f"PRAGMA user_version = {time.time_ns() % 2**31}")

    async def settle(self) -> None:
        """Wait until the engine has written the end of all that it was doing, and forget the results of the cases that are over."""
        # The engine writes the end of a case after the last line of our own; a close in between would make the next start do it.
        for _ in range(_SETTLE_TRIES):
            with _telling_faults():
                under_way = await DBOS.list_workflows_async(
                    status="PENDING", executor_id=self._executor, limit=1, load_input=False, load_output=False
                )
            if not under_way:
                break
            await asyncio.sleep(_SETTLE_SECONDS)
        await asyncio.to_thread(self._forget_results)

    def _forget_results(self) -> None:
        """Take the results of steps of cases that are over out of the engine's file: they are personal, and the casebook keeps what is to be kept."""
        if self._database is None:
            return
        # The cases themselves stay, by their ids, so that none is ever done a second time. The engine's own deletion would take those too.
        over = "SELECT workflow_uuid FROM workflow_status WHERE status = 'SUCCESS'"
        try:
            with self._database.begin() as connection:
                connection.execute(sa.text(f"DELETE FROM operation_outputs WHERE workflow_uuid IN ({over})"))  # noqa: S608 - of fixed words
            with self._database.connect() as connection:
                # What was deleted would stay in the file of recent changes.
                connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        except sa.exc.DBAPIError as error:
            event(Action.LIBRARY, f"results of ended cases could not be deleted, the next run tries again: {type(error).__name__}", level="WARNING")

    def _plain_function(self) -> HandleCase:
        # The engine takes plain functions, not methods.
        async def handle_case(case_id: str, reference: str) -> None:
            await self._handle_case(case_id, reference)

        return handle_case


@contextmanager
def _telling_faults() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise fault_of(error, "the engine's record") or error from error


def _some_at_a_time(case_ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(case_ids), _IDS_PER_QUERY):
        yield list(case_ids[start : start + _IDS_PER_QUERY])


def _forget(database: sa.Engine, outdated: Callable[[], Collection[CaseEntry]]) -> None:
    cases = outdated()
    if not cases:
        return
    client = DBOSClient(system_database_engine=database)
    try:
        client.delete_workflows([case.case_id for case in cases])
    finally:
        client.destroy()
    for case in cases:
        with case_context(case.reference):
            event(Action.CASE_QUEUED, "Begun on an earlier day, and nothing is written: everything is read anew.")


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
