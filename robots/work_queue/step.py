"""One step of a case: tried more than once if need be, its result or its error stored, and the case parked if it can't go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from robots.case import PERSONAL_FIELDS
from robots.errors import CaseNeedsPerson, KollegaError, ScreenChanged, SessionLost, SetupError, StateUnusable, StopRequested, SystemFault
from robots.errors import from_record as error_from_record
from robots.records import from_record, to_record
from robots.run_log import Action, event, redact_of_case
from robots.work_queue.rewinding import ResultUnreadable
from robots.work_queue.run import Run, own_fault, system_of

T = TypeVar("T")

_RESULT_SCHEMA = 1
# How often a step is begun again for a new log-in alone; two robots of one account, say, would throw each other out for ever.
_MOST_LOG_INS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How often a step is tried when it raises SystemFault."""

    #: at least 1
    most: int
    #: wait before the second try; doubled before each further one
    first_wait_seconds: float


class DurableStep:
    """`robots.handling.Step` for one case."""

    def __init__(self, run: Run, case_id: str, tries: Tries) -> None:
        self._run = run
        self._case_id = case_id
        self._tries = tries

    async def __call__(self, name: str, returns: Any, do: Callable[..., Awaitable[T]], /, *args: object) -> T:
        """Do what `robots.handling.Step` promises."""
        is_new = False

        async def body() -> dict[str, Any]:
            nonlocal is_new
            is_new = True
            with self._run.step_under_way():
                return await self._try(name, returns, do, args)

        stored = await self._run.engine.result_of(name, body)
        # What was read in an earlier run was not registered in this one.
        redact_of_case(*_personal(stored.get("value")))
        try:
            result = _read(stored, returns)
        except (ValueError, LookupError, TypeError):
            if is_new:
                # A fault of this version's own, whose result it is.
                raise
            raise ResultUnreadable(name) from None
        if isinstance(result, KollegaError):
            raise result
        return cast("T", result)

    async def _try(self, name: str, returns: Any, do: Callable[..., Awaitable[T]], args: tuple[object, ...]) -> dict[str, Any]:
        """Do the step and return what is stored of it; a case that can't go on is parked, and nothing is stored."""
        run = self._run
        tried = log_ins = 0
        while tried < self._tries.most:
            tried += 1
            if run.stop.is_set():
                raise await self._park(f"the run was stopped before {name}")
            if run.holds(name, do):
                raise await self._park(f"{name} needs a system that is held")
            if run.presence.is_lost:
                raise await self._park(f"this robot may not begin {name}")
            begun = time.monotonic()
            try:
                await run.wishes.look()
                ending = run.ending_of(self._case_id)
                if ending is not None:
                    # Stored as the step's result, the case ends by it also when it is replayed.
                    return {"schema": _RESULT_SCHEMA, "error": ending.to_record()}
                await self._park_if_resting(name, system_of(do))
                if tried == 1:
                    await asyncio.to_thread(run.poison.attempts.begin, self._case_id, name, run.presence.executor)
                value = to_record(returns, await do(*args))
            except CaseNeedsPerson as error:
                event(Action.STEP_DONE, f"for a person: {type(error).__name__}", system=error.system, step=name, seconds=time.monotonic() - begun)
                return {"schema": _RESULT_SCHEMA, "error": error.to_record()}
            except SystemFault as error:
                if isinstance(error, SessionLost) and log_ins < _MOST_LOG_INS:
                    # No try is lost: the system works, has done nothing, and says what it wants.
                    tried, log_ins = tried - 1, log_ins + 1
                    event(Action.RETRY, str(error), system=error.system, step=name, seconds=time.monotonic() - begun, level="WARNING")
                    await _wait(run.stop, self._tries.first_wait_seconds if log_ins > 1 else 0)
                    continue
                if tried == self._tries.most:
                    event(Action.STEP_FAILED, str(error), system=error.system, step=name, seconds=time.monotonic() - begun, level="WARNING")
                    return {"schema": _RESULT_SCHEMA, "error": error.to_record()}
                event(Action.RETRY, str(error), system=error.system, step=name, seconds=time.monotonic() - begun, level="WARNING")
                await _wait(run.stop, self._tries.first_wait_seconds * 2 ** (tried - 1))
            except StateUnusable as error:
                run.break_off(error)
                raise await self._park(f"the robot's own record can't be used, which showed in {name}") from None
            except (ScreenChanged, SetupError) as error:
                run.hold(name, error)
                raise await self._park(f"{name} has shown that a system must be looked at") from None
            except StopRequested:
                run.stop.set()
            except Exception as error:  # noqa: BLE001 - our own fault; stored as a result it would stay for ever
                raise await self._park(f"{name}: {own_fault(error)}", failed=True) from None
            else:
                event(Action.STEP_DONE, system=system_of(do), step=name, seconds=time.monotonic() - begun)
                return {"schema": _RESULT_SCHEMA, "value": value}
        raise await self._park(f"the run was stopped in {name}")

    async def _park_if_resting(self, name: str, system: str) -> None:
        error = self._run.wishes.why_not(self._case_id, system)
        if error is not None:
            self._run.rest(self._case_id, system, error)
            raise await self._park(f"{name} waits: {error}")

    async def _park(self, why: str, *, failed: bool = False) -> BaseException:
        return await self._run.park(self._case_id, why, failed=failed)


def _read(stored: dict[str, Any], returns: Any) -> Any:
    """Return what a step has returned, or the error that it has raised."""
    if stored["schema"] != _RESULT_SCHEMA:
        raise ValueError(f"the result has schema {stored['schema']}")
    # From the record also the first time, so that a case sees the same when it is replayed.
    return error_from_record(stored["error"]) if "error" in stored else from_record(returns, stored["value"])


def _personal(value: object, *, is_personal: bool = False) -> Iterator[str]:
    """Yield the texts of a stored record that stand for a person or lead to one."""
    if isinstance(value, str):
        if is_personal:
            yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            # Of a fact only its value; where it was read and why it is unknown are words of the robot's own.
            yield from _personal(part, is_personal=key in PERSONAL_FIELDS or (is_personal and key == "value"))
    elif isinstance(value, list):
        for part in value:
            yield from _personal(part, is_personal=is_personal)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
