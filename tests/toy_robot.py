"""A robot of its own process, for the tests that kill it: `toy_robot.py FOLDER COMMAND [ARGUMENT …]`.

It takes three toy steps, the last of which writes in a ledger outside. Robots that share a database, whose address `TOY_DATABASE` holds, are told
apart by `KOLLEGA_WORKER`. Another version of it takes the steps that `TOY_STEPS` names; `TOY_AT_ONCE` is how many cases it works on at once,
`TOY_ONLY` on which. `TOY_DIES_BEFORE_COMMIT` has it die while it carries out an order.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from robots.assessment import Ending, Outcome
from robots.casebook import Casebook
from robots.effects import Effects, Seen
from robots.errors import CaseNeedsPerson, ReasonCode, SetupError
from robots.screens.sending import sending
from robots.work_queue import WorkQueue, following
from robots.work_queue.machines import worker_name
from tests.outcomes import outcome_of

if TYPE_CHECKING:
    from robots.handling import Step

STEPS = tuple(os.environ.get("TOY_STEPS", "collect assess write").split())
#: works on these applications alone; None for all
ONLY = os.environ["TOY_ONLY"].split() if "TOY_ONLY" in os.environ else None
#: after so long a silence a robot is dead to those that share its database; a test that waits for it sets it
LIFELESS_SECONDS = float(os.environ.get("TOY_LIFELESS_SECONDS", "60"))


class Toy:
    """Writes a line at each point, and kills, freezes or stops its own process at the point that the file `kill`, `freeze` or `stop` names.

    The file `poison` names one at which it kills its process each time.
    """

    queue: WorkQueue
    stop: asyncio.Event
    #: until the process dies; none for ever once it is below 1
    commits_left = 0

    def __init__(self, folder: Path, casebook: Casebook) -> None:
        self._folder = folder
        self._effects = Effects(
            casebook,
            prove_right_to_act=lambda: self.queue.prove_right_to_act(),
            before_act=lambda case_id, _name: self.pass_point(f"{case_id.split(':')[1]} intended"),
            after_act=lambda case_id, _name: self.pass_point(f"{case_id.split(':')[1]} acted"),
        )

    def pass_point(self, point: str) -> None:
        self.commits_left = 0
        with (self._folder / "trace").open("a") as trace:
            trace.write(f"{point}\n")
        for name, number in (("kill", signal.SIGKILL), ("freeze", signal.SIGSTOP)):
            file = self._folder / name
            if told_by(file) == point:
                file.unlink()
                os.kill(os.getpid(), number)
        stop = self._folder / "stop"
        if told_by(stop) == point:
            stop.unlink()
            self.stop.set()
        self.meet_poison(point)

    def meet_poison(self, point: str) -> None:
        if told_by(self._folder / "poison") == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def die_before_commit(self, number: int) -> None:
        """Kill this process before the commit of that number since the robot began to carry out an order, if that is before a step begins."""
        carry_out = following._carry_out

        async def counted(*arguments: Any) -> None:
            self.commits_left = number
            await carry_out(*arguments)

        def on_commit(_connection: object) -> None:
            self.commits_left -= 1
            if self.commits_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        following._carry_out = counted  # type: ignore[assignment] # it stands before the real one, which it calls
        sa.event.listen(sa.Engine, "commit", on_commit)

    async def handle(self, case_id: str, reference: str, step: Step) -> Outcome:
        self.meet_poison(f"{reference} taken up")
        try:
            return _outcome(case_id, reference, Ending.DECIDED, await self._go_through(case_id, reference, step))
        except CaseNeedsPerson as reason:
            return _outcome(case_id, reference, Ending.HANDED_OFF, 0, *reason.codes)

    async def _go_through(self, case_id: str, reference: str, step: Step) -> int:
        value = 1
        for name in STEPS:
            value = await step(name, int, self._double, case_id, reference, name, value)
            self.pass_point(f"{reference} {name} stored")
        return value

    async def _double(self, case_id: str, reference: str, name: str, value: int) -> int:
        self.pass_point(f"{reference} {name} begun")
        if name == "write":
            await self._write(case_id, reference)
        self.pass_point(f"{reference} {name} ended")
        return value * 2

    async def _write(self, case_id: str, reference: str) -> None:
        ledger = self._folder / "ledger"

        async def look() -> Seen:
            seen = Seen.DONE if ledger.exists() and f"{reference}\n" in ledger.read_text() else Seen.NOT_DONE
            self.pass_point(f"{reference} looked")
            return seen

        async def act() -> None:
            async with sending():
                with ledger.open("a") as lines:
                    lines.write(f"{reference}\n")

        await self._effects.ensure(case_id, "payment", look=look, act=act)


def told_by(file: Path) -> str:
    """Return what the test tells by the file; nothing when there is none, as it may take it away at any moment."""
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


def _outcome(case_id: str, reference: str, ending: Ending, amount: int, *codes: ReasonCode) -> Outcome:
    return outcome_of(case_id, reference, ending=ending, amount=Decimal(amount), codes=codes, done=STEPS)


async def main(folder: Path, command: str, arguments: list[str]) -> int:
    database = os.environ.get("TOY_DATABASE", "")
    with Casebook(database or folder / "casebook.db") as casebook:
        toy = Toy(folder, casebook)
        toy.stop = asyncio.Event()
        if "TOY_DIES_BEFORE_COMMIT" in os.environ:
            toy.die_before_commit(int(os.environ["TOY_DIES_BEFORE_COMMIT"]))
        opened = WorkQueue.open(
            folder / "queue",
            executor=worker_name(),
            handle=toy.handle,
            casebook=casebook,
            tries=2,
            first_wait_seconds=0.01,
            at_once=int(os.environ.get("TOY_AT_ONCE", "1")),
            poll_seconds=0.05,
            database=database,
            lifeless_seconds=LIFELESS_SECONDS,
        )
        try:
            async with opened as toy.queue:
                queue = toy.queue
                if command == "hold":
                    sys.stdout.write("open\n")
                    sys.stdout.flush()
                    await asyncio.sleep(60)
                for reference in arguments:
                    await queue.submit("toy", reference, "2026-03")
                standing = await queue.run(toy.stop, lambda outcome: toy.pass_point(f"{outcome.reference} told"), only=ONLY)
        except SetupError as error:
            sys.stdout.write(f"{error}\n")
            return error.exit_code
    sys.stdout.write(json.dumps({"ended": [one.reference for one in standing.ended], "waiting": standing.waiting, "failed": standing.failed}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])))
