"""`kollega` with fault points: `python -m tests.chaos.robot FOLDER LIFE [ARGUMENT …]` kills itself where the plan in the folder says so.

Every name that it puts itself before is looked up when it starts: one that is gone is an error, as nothing would be tried any more.
"""

from __future__ import annotations

import faulthandler
import json
import os
import pkgutil
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from robots import exception_queue, systems, wiring
from robots.assessment import Outcome
from robots.casebook import Casebook
from robots.effects import Effects
from robots.handling import Office, Step
from robots.screens import sending as sending_module
from tests.chaos.plan import Plan
from tests.chaos.points import ALL, CASE, EFFECT, STEP, WORKBOOK, point

PLAN, PASSED, DIED, STACKS = "plan.json", "passed.jsonl", "died.jsonl", "stacks.txt"

#: the application and the write that the code is at
_at: ContextVar[tuple[str, str]] = ContextVar("chaos_at", default=("", ""))


class Fate:
    """Notes the points that are passed, and ends the process at those of the plan that nobody has died at yet."""

    def __init__(self, folder: Path, life: int) -> None:
        self._folder = folder
        self._life = life
        self._passed = os.open(folder / PASSED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        died = {(line["reference"], line["point"]) for line in lines_of(folder / DIED)}
        deaths = Plan.load(folder / PLAN).deaths
        self._ahead = {(one.reference, one.point): one.after_seconds for one in deaths if (one.reference, one.point) not in died}
        self._dying = threading.Lock()

    def pass_by(self, reference: str, name: str) -> None:
        """Note that the case has come to this point, and die here if this is where."""
        self._note(self._passed, reference, name)
        if (reference, name) in self._ahead:
            self.die(reference, name)

    def die_within(self, reference: str, name: str) -> float | None:
        """Return after how many seconds to die from a point on; None for not at all."""
        self._note(self._passed, reference, name)
        return self._ahead.get((reference, name))

    def die(self, reference: str, name: str) -> None:
        """Kill the process, once."""
        # Never given back: nobody else is to say that this death was his.
        self._dying.acquire()
        self._note(os.open(self._folder / DIED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), reference, name)
        os.kill(os.getpid(), signal.SIGKILL)

    def _note(self, file: int, reference: str, name: str) -> None:
        line = {"life": self._life, "at": datetime.now(UTC).isoformat(), "reference": reference, "point": name}
        os.write(file, (json.dumps(line, ensure_ascii=False) + "\n").encode())


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the lines that robots have written there; none before the first."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def set_fault_points(fate: Fate) -> None:
    """Put the fate before everything at which the robot can be killed.

    Raises:
        AttributeError: a name is gone.
        RuntimeError: nothing sends a write off any more.
    """
    _replace(wiring, "handle", lambda handle: _handle(fate, handle))
    _replace(wiring, "Effects", lambda effects: _effects(fate, effects))
    _put_before(Casebook, "open_case", after=lambda case_id: fate.pass_by(_reference(case_id), point("case", CASE[0])))
    _put_before(Casebook, "take_case", after=lambda case_id: fate.pass_by(_reference(case_id), point("case", CASE[1])))
    _put_before(
        Casebook,
        "close_case",
        before=lambda outcome: fate.pass_by(outcome.reference, point("case", CASE[2])),
        after=lambda outcome: fate.pass_by(outcome.reference, point("case", CASE[3])),
    )
    _put_before(
        Casebook,
        "effect_done",
        before=lambda case_id, name, *_: fate.pass_by(_reference(case_id), point(name, EFFECT[5])),
        after=lambda case_id, name, *_: fate.pass_by(_reference(case_id), point(name, EFFECT[6])),
    )
    _replace(exception_queue.keeping, "_saved", lambda saved: _saved(fate, saved))
    _replace(exception_queue, "write", lambda write: _write(fate, write))
    _put_before_presses(fate)


def _there(owner: Any, name: str) -> Any:
    if not hasattr(owner, name):
        raise AttributeError(f"there is no {name} in {owner} any more; have tests/chaos/robot.py stand before what it is now")
    return getattr(owner, name)


def _put_before(owner: type, name: str, *, before: Callable[..., None] | None = None, after: Callable[..., None] | None = None) -> None:
    """Have a method tell of its beginning and its end, each with the arguments that come by place."""
    method = _there(owner, name)

    def told(self: Any, *given: Any, **named: Any) -> Any:
        if before is not None:
            before(*given)
        result = method(self, *given, **named)
        if after is not None:
            after(*given)
        return result

    setattr(owner, name, told)


def _replace(module: ModuleType, name: str, made: Callable[[Any], Any]) -> None:
    setattr(module, name, made(_there(module, name)))


def _write(fate: Fate, write: Callable[..., Any]) -> Callable[..., Any]:
    def write_at_risk(*given: Any, **named: Any) -> Any:
        fate.pass_by(ALL, point("workbook", WORKBOOK[0]))
        written = write(*given, **named)
        fate.pass_by(ALL, point("workbook", WORKBOOK[2]))
        return written

    return write_at_risk


def _saved(fate: Fate, saved: Callable[..., AbstractContextManager[Path]]) -> Callable[..., AbstractContextManager[Path]]:
    @contextmanager
    def saved_at_risk(*given: Any, **named: Any) -> Iterator[Path]:
        with saved(*given, **named) as temporary:
            fate.pass_by(ALL, point("workbook", WORKBOOK[1]))
            yield temporary

    return saved_at_risk


def _reference(case_id: str) -> str:
    return case_id.split(":")[1]


def _handle(fate: Fate, handle: Callable[..., Awaitable[Outcome]]) -> Any:
    async def handle_at_risk(case_id: str, reference: str, office: Office, step: Step) -> Outcome:
        async def step_at_risk(name: str, returns: Any, do: Callable[..., Awaitable[Any]], /, *args: object) -> Any:
            was_done = False

            async def body(*given: object) -> Any:
                nonlocal was_done
                fate.pass_by(reference, point(name, STEP[0]))
                done = await do(*given)
                was_done = True
                fate.pass_by(reference, point(name, STEP[1]))
                return done

            # Whose method it is says which system the step works in.
            if hasattr(do, "__self__"):
                body.__self__ = do.__self__  # type: ignore[attr-defined] # a function has none, and takes one
            result = await step(name, returns, body, *args)
            if was_done:
                fate.pass_by(reference, point(name, STEP[2]))
            return result

        _at.set((reference, ""))
        return await handle(case_id, reference, office, step_at_risk)

    return handle_at_risk


def _effects(fate: Fate, effects: type[Effects]) -> Callable[..., Effects]:
    def before_act(case_id: str, name: str) -> None:
        _at.set((_reference(case_id), name))
        fate.pass_by(_reference(case_id), point(name, EFFECT[0]))

    def after_act(case_id: str, name: str) -> None:
        fate.pass_by(_reference(case_id), point(name, EFFECT[4]))

    def made(casebook: Casebook, **more: Any) -> Effects:
        return effects(casebook, **{**more, "before_act": before_act, "after_act": after_act})

    return made


def _put_before_presses(fate: Fate) -> None:
    """Stand around every press that sends a write off, in whichever module of the systems it is."""
    real = _there(sending_module, "sending")
    users = [module for module in _modules_of(systems) if getattr(module, "sending", None) is real]
    if not users:
        raise RuntimeError("no system sends a write off by `sending` any more; have tests/chaos/robot.py stand before what does it now")
    for module in users:
        _replace(module, "sending", lambda sending: partial(_press, fate, sending))


@asynccontextmanager
async def _press(fate: Fate, sending: Callable[[], AbstractAsyncContextManager[None]]) -> AsyncIterator[None]:
    reference, effect = _at.get()
    before, pressing, after = (point(effect, boundary) for boundary in EFFECT[1:4])
    async with sending():
        fate.pass_by(reference, before)
        after_seconds = fate.die_within(reference, pressing)
        if after_seconds is not None:
            threading.Thread(target=_die_after, args=(fate, after_seconds, reference, pressing), daemon=True).start()
        yield
        if after_seconds is not None:
            # It was over sooner than that.
            fate.die(reference, pressing)
    fate.pass_by(reference, after)


def _die_after(fate: Fate, seconds: float, reference: str, name: str) -> None:
    time.sleep(seconds)
    fate.die(reference, name)


def _modules_of(package: ModuleType) -> list[ModuleType]:
    return [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]


def main() -> None:
    """Be `kollega` with these arguments for as long as it lasts."""
    folder, life, *arguments = sys.argv[1:]
    faulthandler.register(signal.SIGUSR1, file=(Path(folder) / STACKS).open("a"))
    set_fault_points(Fate(Path(folder), int(life)))
    sys.argv = ["kollega", *arguments]
    from robots.cli import main as kollega

    kollega()


if __name__ == "__main__":
    main()
