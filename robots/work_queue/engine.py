"""The durable engine: all that is known of DBOS (https://docs.dbos.dev), which begins the cases and keeps the result of each finished step.

Imported when a queue is opened, not before: the library takes a good part of a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID
from dbos import error as engine_error

from robots.casebook import CaseEntry
from robots.casebook.database import database_engine, is_address, schema_of
from robots.casebook.faults import fault_of, see_sound
from robots.casebook.workers import worker_of
from robots.errors import StateUnusable
from robots.run_log import Action, case_context, event
from robots.work_queue.rewinding import StepsDiffer

# Stored in the engine's database; with another code line the engine would leave unfinished cases lying for ever.
_CODE_LINE = "1"
_WORKFLOW = "kollega.case"
_QUEUE = "cases"
# The engine's own name for the schema of its tables, where an address names none.
_ENGINE_SCHEMA = "dbos"
_MOST_RESTARTS = 1000
_IDS_PER_QUERY = 500
_WHAT = "the engine's record"
_SETTLE_TRIES = 100
_SETTLE_SECONDS = 0.02

#: takes one case to its end or puts it aside: its id and its reference
HandleCase = Callable[[str, str], Coroutine[Any, Any, None]]
#: counts the deaths of robots: whether the start of that name is dead, and which steps of a case are done
CountDeaths = Callable[[Callable[[str], bool], Callable[[str], Collection[str]]], None]


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
        #: the file, or the address of a database that several robots share
        self._where = where if is_address(where) else Path(where) / "queue.db"
        self._is_shared = is_address(where)
        self._schema = _schema_of(where)
        self._tables = f'"{self._schema}".' if self._is_shared else ""
        # What names the other robots at work in the engine; asked in a thread.
        self._others = others
        self._executor = executor
        self._handle_case = handle_case
        self._at_once = at_once
        self._poll_seconds = poll_seconds
        self._database: sa.Engine | None = None
        self._workflow: HandleCase | None = None
        self._count_deaths: CountDeaths | None = None

    @property
    def is_launched(self) -> bool:
        """Whether the engine has been launched and not closed since."""
        return self._database is not None

    async def launch(self, outdated: Callable[[], Collection[CaseEntry]], count_deaths: CountDeaths) -> None:
        """Start the engine in the running loop; it goes on with interrupted cases at once.

        Args:
            outdated: gives the cases that are to begin anew; asked in a thread, if the engine has worked in this folder before.
            count_deaths: counts the deaths of the robots that are dead; called in a thread, before their cases go on.
        """
        self._count_deaths = count_deaths
        try:
            with _telling_faults():
                await self._launch(outdated)
        except StateUnusable:
            # What has not come up has no cases that could be called back.
            await self.close()
            raise

    async def _launch(self, outdated: Callable[[], Collection[CaseEntry]]) -> None:
        _silence_library()
        database = self._database = database_engine(self._where, pool_size=20, max_overflow=0)
        if await asyncio.to_thread(self._has_worked):
            await asyncio.to_thread(see_sound, database, _WHAT)
            # Before the launch, with which the engine goes on with interrupted cases at once.
            await asyncio.to_thread(self._count_dead)
            await asyncio.to_thread(self._forget, outdated)
        self._workflow = DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_MOST_RESTARTS)(self._plain_function())
        DBOS(
            config={
                "name": "kollega",
                "system_database_url": database.url.render_as_string(hide_password=False),
                "system_database_engine": database,
                "dbos_system_schema": self._schema,
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
            _QUEUE, worker_concurrency=self._at_once, polling_interval_sec=self._poll_seconds, on_conflict="always_update"
        )
        await self.take_over()

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
        others = await asyncio.to_thread(self._others)
        for ids in _some_at_a_time(case_ids):
            with _telling_faults():
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
        with _telling_faults(), SetWorkflowID(case_id), SetEnqueueOptions(priority=rank):
            await DBOS.enqueue_workflow_async(_QUEUE, self._workflow, case_id, reference)

    async def resume(self, case_ids: Sequence[str]) -> None:
        """Have cases go on, after their last finished step, when there is room."""
        if self._is_shared:
            # In one statement, and only what lies still: another robot may have gone on with it since it was looked at.
            changed = "status = 'ENQUEUED', queue_name = :queue, recovery_attempts = 0, started_at_epoch_ms = NULL, completed_at = NULL"
            await asyncio.to_thread(self._change, case_ids, changed, ("CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"), queue=_QUEUE)
            return
        for ids in _some_at_a_time(case_ids):
            with _telling_faults():
                await DBOS.resume_workflows_async(ids, queue_name=_QUEUE)

    async def call_off(self, case_ids: Sequence[str]) -> None:
        """Put cases aside that have not begun."""
        if self._is_shared:
            changed = "status = 'CANCELLED', queue_name = NULL, started_at_epoch_ms = NULL, completed_at = :now"
            await asyncio.to_thread(self._change, case_ids, changed, ("ENQUEUED",), now=int(time.time() * 1000))
            return
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

    def let_go(self) -> BaseException:
        """Return what tells the engine, when it is raised in the case, that the case is another robot's by now; nothing of it is changed."""
        return engine_error.DBOSWorkflowCancelledError("the case may be another robot's")

    async def take_over(self) -> int:
        """Have the cases that were at hand with robots that are dead go on, here or elsewhere, and return how many there were."""
        if not self._is_shared:
            return 0
        with _telling_faults():
            return await asyncio.to_thread(self._take_over)

    def _take_over(self) -> int:
        at_hand = self._at_hand()
        # Asked for after the cases: a robot that has begun in between is among them.
        dead = sorted(at_hand.keys() - {self._executor, *self._others()})
        if dead:
            self._count_dead()
            # No robot bears the name of a dead one again, and the engine leaves alone what is no longer under it: two may do this at once.
            DBOS._recover_pending_workflows(dead)
        for executor in dead:
            event(Action.TAKEN_OVER, f"{at_hand[executor]} cases of {worker_of(executor)}, which gives no sign of life", level="WARNING")
        return sum(at_hand[executor] for executor in dead)

    def _at_hand(self) -> dict[str, int]:
        if self._database is None:
            return {}
        query = f"SELECT executor_id, count(*) FROM {self._tables}workflow_status WHERE status = 'PENDING' GROUP BY executor_id"  # noqa: S608 - of fixed words
        with self._database.connect() as connection:
            return {executor: count for executor, count in connection.execute(sa.text(query)) if executor}

    async def rerank(self, ranks: Mapping[str, int]) -> None:
        """Have cases that wait begin in another order: {case id: rank}."""
        for case_id, rank in ranks.items():
            await asyncio.to_thread(self._change, [case_id], "priority = :rank", ("ENQUEUED",), rank=rank)

    def _change(self, case_ids: Sequence[str], changed: str, statuses: Sequence[str], **values: object) -> None:
        """Change the cases that have one of these statuses; the others stay as they are."""
        if self._database is None:
            raise RuntimeError("the engine is not launched")
        set_ = f"UPDATE {self._tables}workflow_status SET {changed}, owner_xid = NULL"  # noqa: S608 - of fixed words
        statement = sa.text(f"{set_} WHERE workflow_uuid IN :ids AND status IN :statuses")
        statement = statement.bindparams(sa.bindparam("ids", expanding=True), sa.bindparam("statuses", expanding=True))
        for ids in _some_at_a_time(case_ids):
            with _telling_faults(), self._database.begin() as connection:
                connection.execute(statement, {"ids": ids, "statuses": list(statuses), **values})

    async def result_of(self, step: str, do: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
        """Return what is stored of a step of the case under way, or do it now and store the JSON that it returns.

        Any error of `do` but the one of `put_aside` would be stored too, for ever.

        Raises:
            StepsDiffer: another version of the program has done another step there.
        """
        try:
            with _telling_faults():
                return await DBOS.run_step_async({"name": step}, do)
        except engine_error.DBOSUnexpectedStepError as error:
            _, _, expected, recorded = error.inputs
            raise StepsDiffer(recorded=recorded, expected=expected) from None

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
        over = f"SELECT workflow_uuid FROM {self._tables}workflow_status WHERE status = 'SUCCESS'"  # noqa: S608 - of fixed words
        try:
            with self._database.begin() as connection:
                connection.execute(sa.text(f"DELETE FROM {self._tables}operation_outputs WHERE workflow_uuid IN ({over})"))  # noqa: S608 - of fixed words
            if not self._is_shared:
                with self._database.connect() as connection:
                    # What was deleted would stay in the file of recent changes.
                    connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        except sa.exc.DBAPIError as error:
            event(Action.LIBRARY, f"results of ended cases could not be deleted, the next run tries again: {type(error).__name__}", level="WARNING")

    # cases that are taken up again

    async def rewind(self, case_id: str, step: str) -> bool:
        """Forget the results of the step and of those after it, and have the case go on from there; False, and nothing done, if it has none.

        The case is not at hand.
        """
        with _telling_faults():
            recorded = await DBOS.list_workflow_steps_async(case_id, load_output=False)
            numbers = [one["function_id"] for one in recorded if one["function_name"] == step]
            if not numbers:
                return False
            # Only what lies still can be rewound.
            await DBOS.cancel_workflows_async([case_id])
            await DBOS.rewind_workflow_async(case_id, start_step=min(numbers), queue_name=_QUEUE)
            return True

    async def forget(self, case_id: str) -> None:
        """Know nothing more of the case, which is not at hand."""
        with _telling_faults():
            await DBOS.delete_workflows_async([case_id])

    def _count_dead(self) -> None:
        if self._database is None or self._count_deaths is None:
            return
        # A file has one robot, which bears the name of the one that died; elsewhere no name is borne twice.
        alive = {*self._others(), *((self._executor,) if self._is_shared else ())}
        client = DBOSClient(system_database_engine=self._database, dbos_system_schema=self._schema)
        try:
            self._count_deaths(lambda executor: executor not in alive, lambda case_id: _steps_done(client, case_id))
        finally:
            client.destroy()

    def _has_worked(self) -> bool:
        if self._database is None:
            return False
        with _telling_faults():
            return sa.inspect(self._database).has_table("workflow_status", schema=self._schema if self._is_shared else None)

    def _forget(self, outdated: Callable[[], Collection[CaseEntry]]) -> None:
        if self._database is None:
            return
        others, cases = self._others(), outdated()
        if others and cases:
            # What another robot has at hand today is not for this one to begin anew.
            query = f"SELECT workflow_uuid FROM {self._tables}workflow_status WHERE status = 'PENDING' AND executor_id IN :others"  # noqa: S608 - of fixed words
            statement = sa.text(query).bindparams(sa.bindparam("others", expanding=True))
            with self._database.connect() as connection:
                elsewhere = set(connection.execute(statement, {"others": list(others)}).scalars())
            cases = [case for case in cases if case.case_id not in elsewhere]
        if not cases:
            return
        client = DBOSClient(system_database_engine=self._database, dbos_system_schema=self._schema)
        try:
            client.delete_workflows([case.case_id for case in cases])
        finally:
            client.destroy()
        for case in cases:
            with case_context(case.reference):
                event(Action.CASE_QUEUED, "Begun on an earlier day, and nothing is written: everything is read anew.")

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
        raise fault_of(error, _WHAT) or error from error


def _steps_done(client: DBOSClient, case_id: str) -> list[str]:
    return [one["function_name"] for one in client.list_workflow_steps(case_id, load_output=False)]


def _some_at_a_time(case_ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(case_ids), _IDS_PER_QUERY):
        yield list(case_ids[start : start + _IDS_PER_QUERY])


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """A step of which the engine has the result; times are aware UTC."""

    name: str
    begun_at: datetime | None
    ended_at: datetime | None


def steps_of(where: Path | str, case_id: str) -> tuple[StepDone, ...]:
    """Return the steps of a case of which the results are kept, in their order; nothing is changed, or gone on with.

    Args:
        where: the folder, or the address of the database that several robots share.
        case_id: of the case.
    """
    query = "SELECT function_name, started_at_epoch_ms, completed_at_epoch_ms FROM {table} WHERE workflow_uuid = :case ORDER BY function_id"
    rows = _read(where, "operation_outputs", query, case=case_id)
    return tuple(StepDone(name=name, begun_at=_time(begun), ended_at=_time(ended)) for name, begun, ended in rows)


def _time(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def cases_at_hand(where: Path | str) -> dict[str, list[str]]:
    """Return the ids of the cases at hand, by what names the robot's start in the engine; nothing is changed, or gone on with.

    Args:
        where: the folder, or the address of the database that several robots share.
    """
    found: dict[str, list[str]] = {}
    query = "SELECT executor_id, workflow_uuid FROM {table} WHERE status = 'PENDING' ORDER BY workflow_uuid"
    for executor, case_id in _read(where, "workflow_status", query):
        found.setdefault(executor or "", []).append(case_id)
    return found


def _read(where: Path | str, name: str, query: str, **values: str) -> list[Any]:
    """Return the rows of a query on one of the engine's tables; none where it has not worked yet."""
    schema = _schema_of(where) if is_address(where) else None
    if schema is None and not (Path(where) / "queue.db").exists():
        return []
    database = database_engine(where if is_address(where) else Path(where) / "queue.db")
    try:
        with _telling_faults():
            if not sa.inspect(database).has_table(name, schema=schema):
                return []
            table = f'"{schema}".{name}' if schema else name
            with database.connect() as connection:
                return list(connection.execute(sa.text(query.format(table=table)), values))
    finally:
        database.dispose()


def _schema_of(where: Path | str) -> str:
    schema = schema_of(str(where)) if is_address(where) else ""
    return f"{schema}_engine" if schema else _ENGINE_SCHEMA


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
