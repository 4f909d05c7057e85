"""The toy robot with its casebook and its engine in folders of their own, for the tests that take these away from it.

`python -m tests.trouble_robot FOLDER BUSY_SECONDS [REFERENCE …]`: `FOLDER/casebook` and `FOLDER/queue` can be different disks; where there is
a `FOLDER/state`, both are in that. The seconds in `FOLDER/clock` are what its clock goes wrong by, `TOY_DATABASE`
is the address of a database instead. What it ends with is the last line that it prints, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from robots import casebook as casebook_module
from robots.assessment import Ending, Outcome
from robots.casebook import Casebook, tables
from robots.errors import CaseNeedsPerson, KollegaError
from robots.work_queue import WorkQueue, queue
from tests.outcomes import outcome_of
from tests.toy_robot import Toy

if TYPE_CHECKING:
    from robots.handling import Step


class TroubledToy(Toy):
    """Hands a case over as the real robot does, and waits at the point that the file `wait` names until that is gone."""

    def __init__(self, folder: Path, casebook: Casebook) -> None:
        super().__init__(folder, casebook)
        self._wait = folder / "wait"

    def pass_point(self, point: str) -> None:
        super().pass_point(point)
        # Read at once: between a look and the reading the test may have taken the file away.
        with suppress(FileNotFoundError):
            while self._wait.read_text() == point:
                time.sleep(0.01)

    async def handle(self, case_id: str, reference: str, step: Step) -> Outcome:
        try:
            return await super().handle(case_id, reference, step)
        except CaseNeedsPerson as reason:
            return outcome_of(case_id, reference, ending=Ending.HANDED_OFF, codes=reason.codes)


def lock_before(moment: str, file: Path, toy: Toy) -> None:
    """Have another program lock the engine's file right before that call of the engine, when no case is at hand, for as long as this robot lives."""
    from robots.work_queue import engine

    file.parent.mkdir(exist_ok=True)
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    call, enqueue = getattr(engine.Engine, moment), engine.Engine.enqueue
    engine._PATIENCE_SECONDS = 0.2

    async def locked_call(self: engine.Engine, *arguments: Any, **more: Any) -> Any:
        if not other.in_transaction and (self._workflow is not None or moment == "launch"):
            other.execute("BEGIN IMMEDIATE")
            toy.pass_point(f"locked before {moment}")
        return await call(self, *arguments, **more)

    async def enqueue_nothing(_self: engine.Engine, *_: Any, **_more: Any) -> None: ...

    async def enqueue_and_stop(self: engine.Engine, *arguments: Any, **more: Any) -> None:
        await enqueue(self, *arguments, **more)
        toy.stop.set()

    if moment == "prove_writable":
        # So that it stays without a case at hand.
        engine.Engine.enqueue = enqueue_nothing  # type: ignore[assignment,method-assign] # a fault put into the real engine
    if moment == "call_off":
        engine.Engine.enqueue = enqueue_and_stop  # type: ignore[method-assign] # a fault put into the real engine
    setattr(engine.Engine, moment, locked_call)


async def main(folder: Path, references: list[str]) -> int:
    state = folder / "state"
    kept, queued = (state, state) if state.is_dir() else (folder / "casebook", folder / "queue")
    database = os.environ.get("TOY_DATABASE", "")
    try:
        with Casebook(database or kept / "casebook.sqlite") as casebook:
            toy = TroubledToy(folder, casebook)
            toy.stop = asyncio.Event()
            if (folder / "lock").exists():
                lock_before((folder / "lock").read_text(), queued / "queue.db", toy)
            opened = WorkQueue.open(
                queued,
                executor="toy",
                handle=toy.handle,
                casebook=casebook,
                tries=2,
                first_wait_seconds=0.01,
                at_once=1,
                poll_seconds=0.02,
                database=database,
            )
            async with opened as opened_queue:
                toy.queue = opened_queue
                for reference in references:
                    await opened_queue.submit("toy", reference, "2026-03")
                standing = await opened_queue.run(toy.stop, lambda outcome: toy.pass_point(f"{outcome.reference} told"))
    except KollegaError as error:
        sys.stdout.write(json.dumps({"error": type(error).__name__, "says": str(error), "exit_code": error.exit_code}) + "\n")
        return error.exit_code
    told = {
        "ended": {one.reference: str(one.ending) for one in standing.ended},
        "waiting": standing.waiting,
        "failed": standing.failed,
        "held": {name: str(error) for name, error in standing.held.items()},
        "exit_code": max((error.exit_code for error in standing.held.values()), default=0),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def set_clock(file: Path) -> None:
    """Let the clock go wrong by what the file says, from the moment on in which it says so."""
    real_time, real_now = time.time, datetime.now

    def shift_seconds() -> float:
        return float(file.read_text() or 0) if file.exists() else 0.0

    class ShiftedDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(real_now(UTC).timestamp() + shift_seconds(), tz)

    time.time = lambda: real_time() + shift_seconds()
    for module in (casebook_module, queue):
        module.datetime = ShiftedDatetime  # type: ignore[attr-defined] # each of these modules has imported it


if __name__ == "__main__":
    set_clock(Path(sys.argv[1]) / "clock")
    tables._BUSY_MILLISECONDS = int(float(sys.argv[2]) * 1000)
    sys.exit(asyncio.run(main(Path(sys.argv[1]), sys.argv[3:])))
