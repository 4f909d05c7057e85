"""The durable queue: every case is handled to its end once, whatever happens to the process in between.

The casebook says which cases there are; DBOS (https://docs.dbos.dev, nowhere else in the product) keeps the result of each finished step, so that a
case goes on where it was; one that was begun on an earlier day and has written nothing begins anew, with what is true today. A step is done at least
once: one that writes in another system uses `robots.effects`.

What may change and what not: the name of the workflow, the names and the order of steps and the form of their results are stored formats. Steps of a
case come in the same order at every replay; several at a time only through one `asyncio.gather` of step calls.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from robots.case import Ending, Month, Outcome
from robots.casebook import Casebook, CaseEntry, CaseState, sqlite_engine
from robots.errors import CaseNeedsPerson, KollegaError, ScreenChanged, SetupError, StopRequested, SystemFault
from robots.errors import from_record as error_from_record
from robots.records import from_record, to_record
from robots.run_log import Action, case_context, event

if TYPE_CHECKING:
    import sqlalchemy as sa

    from robots.handling import Step

T = TypeVar("T")

#: handles one case: its id, its reference, and the durable engine
Handle = Callable[[str, str, "Step"], Awaitable[Outcome]]

# Stored in the engine's database; with another code line the engine would leave unfinished cases lying for ever.
_CODE_LINE = "1"
_WORKFLOW = "kollega.case"
_QUEUE = "cases"
# Without a priority a case would overtake all that have one.
_PRIORITY = 100
_RESULT_SCHEMA = 1
_MOST_RESTARTS = 1000
_IDS_PER_QUERY = 500
_SETTLE_TRIES = 100
_SETTLE_SECONDS = 0.02
# How often the run looks for cases that another process has submitted, and for such as the engine has put aside.
_LOOK_SECONDS = 10.0
# Whose days are meant where a case is of an earlier day.
_SWEDEN = ZoneInfo("Europe/Stockholm")
# The engine's words for a case that can be resumed, and for one that can't.
_PARKED = frozenset({"CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
_OVER = frozenset({"SUCCESS", "ERROR"})

_ENDINGS = {Ending.DECIDED: Action.DECIDED, Ending.PROPOSED: Action.PROPOSED, Ending.HANDED_OFF: Action.HANDED_OFF}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the cases stand when a run is over."""

    #: how the cases ended that ended in this run, in that order
    ended: tuple[Outcome, ...]
    #: ids of the cases that the next run goes on with: a system is held, or the run was stopped
    waiting: tuple[str, ...]
    #: ids of the cases that a fault of the robot's own has stopped; the next run tries them again
    failed: tuple[str, ...]
    #: the systems that somebody must look at, each with the error that says why
    held: Mapping[str, KollegaError]
    #: whether the run was stopped before its end
    was_stopped: bool
    #: wall time of each case that this run worked on, by id
    seconds: Mapping[str, float]


@dataclass(slots=True)
class _Run:
    """What one run knows of its cases."""

    held: dict[str, KollegaError]
    #: references of the cases to work on; None for all
    only: Collection[str] | None = None
    #: no further step is begun
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    held_steps: set[str] = field(default_factory=set)
    #: taken over from the casebook, and neither ended nor parked
    open: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    at_hand: set[str] = field(default_factory=set)
    #: steps under way; after a fault in one of several at a time there can be some without a case at hand
    steps: int = 0
    #: a case was submitted in this process
    has_new: bool = False
    waiting: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    ended: list[Outcome] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def is_for(self, reference: str) -> bool:
        return self.only is None or reference in self.only

    def hold(self, step: str, error: KollegaError) -> None:
        system = error.system or step
        self.held_steps.add(step)
        if system not in self.held:
            self.held[system] = error
            event(Action.SYSTEM_HELD, f"{type(error).__name__}: {error.message}", system=system, step=step, level="ERROR")

    def holds(self, step: str, do: Callable[..., Any]) -> bool:
        return step in self.held_steps or _system_of(do) in self.held


def _system_of(do: Callable[..., Any]) -> str:
    """Return the system that a step works in: `system` of the object whose method it is, else its class' module; empty for a function."""
    owner = getattr(do, "__self__", None)
    if owner is None:
        return ""
    return getattr(owner, "system", "") or type(owner).__module__.rpartition(".")[2]


class WorkQueue:
    """The queue of one robot; made by `open`."""

    _is_open: ClassVar[bool] = False

    def __init__(
        self,
        folder: Path,
        *,
        executor: str,
        handle: Handle,
        casebook: Casebook,
        tries: int,
        first_wait_seconds: float,
        at_once: int,
        poll_seconds: float,
    ) -> None:
        if tries < 1 or at_once < 1:
            raise ValueError("tries and at_once are at least 1")
        self._folder = folder
        self._executor = executor
        self._handle = handle
        self._casebook = casebook
        self._tries = tries
        self._first_wait_seconds = first_wait_seconds
        self._at_once = at_once
        self._poll_seconds = poll_seconds
        self._run: _Run | None = None
        self._engine: sa.Engine | None = None
        self._workflow: Callable[[str, str], Coroutine[Any, Any, None]] | None = None

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
    ) -> AsyncIterator[WorkQueue]:
        """Open the queue for this process alone; no case is touched before `run`.

        Args:
            folder: where the engine's database and the lock lie; a local disk. Made if it is missing.
            executor: name of this robot, e.g. the machine's.
            handle: handles one case: `handle(case_id, reference, step)`. Errors that a step raises and `handle` does not catch are faults of its own.
            casebook: where cases are opened and closed.
            tries: how often a step is tried when it raises SystemFault, at least 1.
            first_wait_seconds: wait before the second try; doubled before each further one.
            at_once: cases under way at the same time.
            poll_seconds: how often the engine looks for cases that can begin; `at_once` cases begin at a time.

        Raises:
            SetupError: another robot is at work with this folder.
        """
        if cls._is_open:
            raise SetupError("this process has a queue open already; close it first")
        with _locked(folder):
            cls._is_open = True
            queue = cls(
                folder,
                executor=executor,
                handle=handle,
                casebook=casebook,
                tries=tries,
                first_wait_seconds=first_wait_seconds,
                at_once=at_once,
                poll_seconds=poll_seconds,
            )
            try:
                yield queue
            finally:
                await queue._close()
                cls._is_open = False

    @property
    def held(self) -> Mapping[str, KollegaError]:
        """The systems that the run under way does not use, each with the error that says why."""
        return {} if self._run is None else dict(self._run.held)

    async def submit(self, process: str, reference: str, month: str) -> str:
        """Put a case in the queue and return its id; the same case is put there once, however often it is submitted.

        Args:
            process: the case type, e.g. `financial_assistance`.
            reference: the application's number.
            month: `2026-03`; anything else counts as `unreadable`.
        """
        case_id = case_id_of(process, reference, month)
        if await asyncio.to_thread(self._casebook.open_case, case_id, reference=reference, month=case_id.rpartition(":")[2]):
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
    ) -> Standing:
        """Work until every case of the casebook has ended or waits for a later run; cases submitted meanwhile are taken up too.

        A step needs a held system if it is a method of an object whose `system` names it or whose class stands in the module of that name, and if a
        step of the same name has shown the fault. Any other step finds out for itself.

        Args:
            stop: when set, no further step is begun; those under way are finished, and `run` returns.
            on_ended: called once for each case that ends, in this task. A case that ends just before a crash is in the casebook, but not told here.
            held: systems that are not to be used in this run, e.g. after a check of their screens.
            only: references of the cases to work on; the others are left to a later run. None for all.
        """
        if self._run is not None:
            raise RuntimeError("the queue is running already")
        run = self._run = _Run(held=dict(held or {}), only=only)
        watch = asyncio.create_task(_pass_on(stop, run))
        told = 0
        try:
            await self._launch()
            await self._take_up(run, CaseState.TAKEN, CaseState.WAITING, CaseState.FAILED)
            looked_at = -_LOOK_SECONDS
            while not run.stop.is_set():
                # Before anything is read, so that no change from here on is slept over.
                run.changed.clear()
                for outcome in run.ended[told:]:
                    told += 1
                    on_ended(outcome)
                if not run.open or run.has_new or time.monotonic() - looked_at > _LOOK_SECONDS:
                    run.has_new = False
                    looked_at = time.monotonic()
                    await self._notice_lost(run)
                    await self._take_up(run, CaseState.SUBMITTED)
                    if not run.open:
                        break
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await run.changed.wait()
            was_stopped = run.stop.is_set()
        finally:
            watch.cancel()
            run.stop.set()
            if self._engine is not None:
                await self._recall(run)
            self._run = None
        for outcome in run.ended[told:]:
            on_ended(outcome)
        return Standing(
            ended=tuple(run.ended),
            waiting=tuple(run.waiting),
            failed=tuple(run.failed),
            held=run.held,
            was_stopped=was_stopped,
            seconds=run.seconds,
        )

    # from the casebook into the engine, and back

    async def _take_up(self, run: _Run, *states: CaseState) -> None:
        found: list[CaseEntry] = []
        for state in states:
            found += await asyncio.to_thread(self._casebook.cases, state=state)
        new = [case for case in found if case.case_id not in run.known and run.is_for(case.reference)]
        # Before anything is awaited: the engine goes on with interrupted cases at once, and they can be over before this method is.
        run.known.update(case.case_id for case in new)
        run.open.update(case.case_id for case in new)
        for start in range(0, len(new), _IDS_PER_QUERY):
            await self._take_up_some(run, new[start : start + _IDS_PER_QUERY])

    async def _take_up_some(self, run: _Run, cases: Sequence[CaseEntry]) -> None:
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

        states = await self._states([case.case_id for case in cases])
        parked: list[str] = []
        for case in cases:
            if run.stop.is_set() or case.case_id not in run.open:
                continue
            status, executor = states.get(case.case_id, ("", ""))
            if not status:
                with SetWorkflowID(case.case_id), SetEnqueueOptions(priority=_PRIORITY):
                    await DBOS.enqueue_workflow_async(_QUEUE, self._registered, case.case_id, case.reference)
            elif status in _PARKED or (status == "PENDING" and executor != self._executor):
                # This process alone has the lock: what another executor has begun in this folder, nobody works on any more.
                parked.append(case.case_id)
            elif status in _OVER:
                with case_context(case.reference):
                    await self._note_parked(
                        run, case.case_id, "the engine has ended the case, the casebook has not: is it this queue's casebook?", failed=True
                    )
        if parked:
            await DBOS.resume_workflows_async(parked, queue_name=_QUEUE)

    async def _states(self, case_ids: list[str]) -> dict[str, tuple[str, str]]:
        from dbos import DBOS

        found = await DBOS.list_workflows_async(workflow_ids=case_ids, load_input=False, load_output=False)
        return {one.workflow_id: (one.status, one.executor_id or "") for one in found}

    async def _notice_lost(self, run: _Run) -> None:
        """Part with the cases that will not come back by themselves, so that the run has an end."""
        waited_for = list(run.open - run.at_hand)
        for start in range(0, len(waited_for), _IDS_PER_QUERY):
            states = await self._states(waited_for[start : start + _IDS_PER_QUERY])
            for case_id, (status, _) in states.items():
                if case_id in run.open - run.at_hand and status in _PARKED | _OVER:
                    await self._note_parked(run, case_id, f"the engine has put the case aside ({status})", failed=status in _OVER)

    async def _recall(self, run: _Run) -> None:
        """Leave what has not begun to a later run, and wait for what has."""
        from dbos import DBOS

        not_begun = sorted(run.open - run.at_hand)
        for start in range(0, len(not_begun), _IDS_PER_QUERY):
            await DBOS.cancel_workflows_async(not_begun[start : start + _IDS_PER_QUERY])
        while run.at_hand or run.steps:
            run.changed.clear()
            await run.changed.wait()
        run.waiting += sorted(run.open)
        run.open.clear()
        # The engine writes the end of a case after the last line of our own; a close in between would make the next start do it.
        for _ in range(_SETTLE_TRIES):
            if not await DBOS.list_workflows_async(status="PENDING", executor_id=self._executor, limit=1, load_input=False, load_output=False):
                break
            await asyncio.sleep(_SETTLE_SECONDS)
        await asyncio.to_thread(self._forget_results)

    def _forget_results(self) -> None:
        """Take the results of steps of cases that are over out of the engine's file: they are personal, and the casebook keeps what is to be kept."""
        import sqlalchemy as sa

        if self._engine is None:
            return
        # The cases themselves stay, by their ids, so that none is ever done a second time. The engine's own deletion would take those too.
        over = "SELECT workflow_uuid FROM workflow_status WHERE status = 'SUCCESS'"
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.text(f"DELETE FROM operation_outputs WHERE workflow_uuid IN ({over})"))  # noqa: S608 - of fixed words
            with self._engine.connect() as connection:
                # What was deleted would stay in the file of recent changes.
                connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        except sa.exc.DBAPIError as error:
            event(Action.LIBRARY, f"results of ended cases could not be deleted, the next run tries again: {type(error).__name__}", level="WARNING")

    # one case

    async def _handle_case(self, case_id: str, reference: str) -> None:
        run = self._run
        if run is None or not run.is_for(reference):
            raise await self._cancel(case_id)
        run.open.add(case_id)
        run.known.add(case_id)
        run.at_hand.add(case_id)
        begun = time.monotonic()
        try:
            with case_context(reference):
                await self._handle_or_park(run, case_id, reference, begun)
        except BaseException:
            # Called off by the engine before the first step, or with the whole process.
            if case_id in run.open:
                run.waiting.append(case_id)
            raise
        finally:
            run.seconds[case_id] = time.monotonic() - begun
            run.at_hand.discard(case_id)
            run.open.discard(case_id)
            run.changed.set()

    async def _handle_or_park(self, run: _Run, case_id: str, reference: str, begun: float) -> None:
        try:
            if await asyncio.to_thread(self._casebook.outcome_of, case_id) is not None:
                return
            was_taken = await asyncio.to_thread(self._casebook.take_case, case_id)
            event(Action.CASE_RESUMED if was_taken else Action.CASE_TAKEN)
            outcome = await self._handle(case_id, reference, _DurableStep(self, run, case_id))
            await asyncio.to_thread(self._casebook.close_case, outcome)
        except StopRequested:
            run.stop.set()
            raise await self._park(run, case_id, "the run was stopped between two steps") from None
        except Exception as error:  # noqa: BLE001 - our own fault, of whatever kind, must not end the other cases
            raise await self._park(run, case_id, _fault(error), failed=True) from None
        run.ended.append(outcome)
        event(_ENDINGS[outcome.ending], seconds=time.monotonic() - begun)

    async def _do(
        self, run: _Run, case_id: str, name: str, returns: Any, do: Callable[..., Awaitable[T]], args: tuple[object, ...]
    ) -> dict[str, Any]:
        """Do the step and return what is stored of it; a case that can't go on is parked, and nothing is stored."""
        run.steps += 1
        try:
            return await self._try(run, case_id, name, returns, do, args)
        finally:
            run.steps -= 1
            if run.stop.is_set():
                run.changed.set()

    async def _try(
        self, run: _Run, case_id: str, name: str, returns: Any, do: Callable[..., Awaitable[T]], args: tuple[object, ...]
    ) -> dict[str, Any]:
        for tried in range(1, self._tries + 1):
            if run.stop.is_set():
                raise await self._park(run, case_id, f"the run was stopped before {name}")
            if run.holds(name, do):
                raise await self._park(run, case_id, f"{name} needs a system that is held")
            begun = time.monotonic()
            try:
                value = to_record(returns, await do(*args))
            except CaseNeedsPerson as error:
                event(Action.STEP_DONE, f"for a person: {type(error).__name__}", system=error.system, step=name, seconds=time.monotonic() - begun)
                return {"schema": _RESULT_SCHEMA, "error": error.to_record()}
            except SystemFault as error:
                if tried == self._tries:
                    event(Action.STEP_FAILED, str(error), system=error.system, step=name, seconds=time.monotonic() - begun, level="WARNING")
                    return {"schema": _RESULT_SCHEMA, "error": error.to_record()}
                event(Action.RETRY, str(error), system=error.system, step=name, seconds=time.monotonic() - begun, level="WARNING")
                await _wait(run.stop, self._first_wait_seconds * 2 ** (tried - 1))
            except (ScreenChanged, SetupError) as error:
                run.hold(name, error)
                raise await self._park(run, case_id, f"{name} has shown that a system must be looked at") from None
            except StopRequested:
                run.stop.set()
            except Exception as error:  # noqa: BLE001 - our own fault; stored as a result it would stay for ever
                raise await self._park(run, case_id, f"{name}: {_fault(error)}", failed=True) from None
            else:
                event(Action.STEP_DONE, system=_system_of(do), step=name, seconds=time.monotonic() - begun)
                return {"schema": _RESULT_SCHEMA, "value": value}
        raise await self._park(run, case_id, f"the run was stopped in {name}")

    async def _park(self, run: _Run, case_id: str, why: str, *, failed: bool = False) -> BaseException:
        """Leave the case to a later run and return what is to be raised: any other error would be the end of the case to the engine."""
        try:
            await self._note_parked(run, case_id, why, failed=failed)
        except Exception as error:  # noqa: BLE001 - a full disk, say; the case still goes on in a later run
            event(Action.PARKED, f"the casebook could not note it: {type(error).__name__}", level="ERROR")
        return await self._cancel(case_id)

    async def _note_parked(self, run: _Run, case_id: str, why: str, *, failed: bool) -> None:
        if case_id not in run.open:
            return
        run.open.discard(case_id)
        (run.failed if failed else run.waiting).append(case_id)
        event(Action.PARKED, why, level="ERROR" if failed else "INFO")
        await asyncio.to_thread(self._casebook.park_case, case_id, failed=failed)
        await asyncio.to_thread(self._casebook.add_event, case_id, Action.PARKED, why)

    async def _cancel(self, case_id: str) -> BaseException:
        """Put the case aside in the engine, which keeps the results of its steps, and return what tells the engine so when it is raised."""
        from dbos import DBOS
        from dbos import error as engine_error

        try:
            # Called with the context of the case, the engine would store the call as a step of it.
            await asyncio.get_running_loop().create_task(DBOS.cancel_workflow_async(case_id), context=Context())
        except Exception as error:  # noqa: BLE001 - a full disk, say; the case stays under way and is recovered by the next start
            event(Action.LIBRARY, f"the engine could not put the case aside: {type(error).__name__}", level="ERROR")
        return engine_error.DBOSWorkflowCancelledError("the case waits for a later run")

    # the engine

    @property
    def _registered(self) -> Callable[[str, str], Coroutine[Any, Any, None]]:
        if self._workflow is None:
            raise RuntimeError("the engine is not launched")
        return self._workflow

    async def _launch(self) -> None:
        if self._engine is not None:
            return
        from dbos import DBOS, DBOSPortableJSONSerializer

        _silence_engine()
        file = self._folder / "queue.db"
        has_worked = file.exists()
        self._engine = sqlite_engine(file, pool_size=20, max_overflow=0)
        if has_worked:
            # Before the launch, with which the engine goes on with interrupted cases at once.
            await asyncio.to_thread(self._forget_outdated, self._engine)
        self._workflow = DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_MOST_RESTARTS)(self._handle_case_of_engine())
        DBOS(
            config={
                "name": "kollega",
                "system_database_url": f"sqlite:///{file}",
                "system_database_engine": self._engine,
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

    def _forget_outdated(self, engine: sa.Engine) -> None:
        """Have cases of an earlier day that have written nothing begin anew: what was read of them may no longer be so."""
        from dbos import DBOSClient

        today = datetime.now(_SWEDEN).date()
        left = [case for case in self._casebook.cases() if case.state is not CaseState.ENDED]
        earlier = [case for case in left if case.taken_at is not None and case.taken_at.astimezone(_SWEDEN).date() < today]
        outdated = [case for case in earlier if not self._casebook.effects(case.case_id)]
        if not outdated:
            return
        client = DBOSClient(system_database_engine=engine)
        try:
            client.delete_workflows([case.case_id for case in outdated])
        finally:
            client.destroy()
        for case in outdated:
            with case_context(case.reference):
                event(Action.CASE_QUEUED, "Begun on an earlier day, and nothing is written: everything is read anew.")

    def _handle_case_of_engine(self) -> Callable[[str, str], Coroutine[Any, Any, None]]:
        # The engine takes plain functions, not methods.
        async def handle_case(case_id: str, reference: str) -> None:
            await self._handle_case(case_id, reference)

        return handle_case

    async def _close(self) -> None:
        if self._engine is None:
            return
        from dbos import DBOS

        # The engine has made its own threads the loop's; they end with it.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="kollega"))
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        self._engine.dispose()
        self._engine = None


class _DurableStep:
    """`Step` for one case."""

    def __init__(self, queue: WorkQueue, run: _Run, case_id: str) -> None:
        self._queue = queue
        self._run = run
        self._case_id = case_id

    async def __call__(self, name: str, returns: Any, do: Callable[..., Awaitable[T]], /, *args: object) -> T:
        from dbos import DBOS

        async def body() -> dict[str, Any]:
            return await self._queue._do(self._run, self._case_id, name, returns, do, args)  # noqa: SLF001 - one module, two classes

        stored = await DBOS.run_step_async({"name": name}, body)
        if stored["schema"] != _RESULT_SCHEMA:
            raise ValueError(f"the stored result of {name} has schema {stored['schema']}")
        if "error" in stored:
            raise error_from_record(stored["error"])
        # From the record also the first time, so that a case sees the same when it is replayed.
        result: T = from_record(returns, stored["value"])
        return result


def case_id_of(process: str, reference: str, month: str) -> str:
    """Return the id of a case, `process:reference:month`; a month not written as in `2026-03` is `unreadable`."""
    try:
        return f"{process}:{reference}:{Month.parse(month)}"
    except ValueError:
        return f"{process}:{reference}:unreadable"


def _fault(error: Exception) -> str:
    # The text of somebody else's error may quote a value; its kind and its place never do.
    places = [place for place in traceback.extract_tb(error.__traceback__) if place.filename != __file__]
    place = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f"a fault of the robot's own: {type(error).__name__}{place}"


async def _pass_on(stop: asyncio.Event, run: _Run) -> None:
    await stop.wait()
    event(Action.STOP_REQUESTED)
    run.stop.set()
    run.changed.set()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The kernel gives the lock back when the process ends, however it ends.
    descriptor = os.open(folder / "queue.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Not advised to use another folder: two robots with a casebook each would both take the same inbox, and both could pay.
            raise SetupError("another robot is at work with this queue; wait until it has ended") from None
        yield
    finally:
        os.close(descriptor)


def _silence_engine() -> None:
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
