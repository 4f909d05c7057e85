"""One run of the queue: what it knows of its cases, how it parts with those that can't go on, and what is told of it in the end."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robots.assessment import Outcome
from robots.casebook import Casebook
from robots.errors import KollegaError, StateUnusable
from robots.run_log import Action, event

if TYPE_CHECKING:
    from robots.work_queue.engine import Engine
    from robots.work_queue.machines import Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the cases stand when a run is over."""

    #: how the cases ended that ended in this run, in that order
    ended: tuple[Outcome, ...]
    #: ids of the cases that the next run goes on with: a system is held, or the run was stopped
    waiting: tuple[str, ...]
    #: ids of the cases that a fault of the robot's own has stopped; the next run tries them again
    failed: tuple[str, ...]
    #: the systems that somebody must look at, each with the error that says why; `state` when it is the robot's own record
    held: Mapping[str, KollegaError]
    #: whether the run was stopped before its end
    was_stopped: bool
    #: wall time of each case that this run worked on, by id
    seconds: Mapping[str, float]


@dataclass(slots=True, kw_only=True)
class Run:
    """What one run knows of its cases."""

    engine: Engine
    presence: Presence
    casebook: Casebook
    held: dict[str, KollegaError]
    #: references of the cases to work on; None for all
    only: Collection[str] | None
    #: no further step is begun
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    #: something is to be looked at: a case has ended or is new, or the run is stopped
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    #: taken over from the casebook, and neither ended nor parked
    open: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    at_hand: set[str] = field(default_factory=set)
    #: cases of this run that other robots have at hand
    elsewhere: set[str] = field(default_factory=set)
    #: the rank that the engine knows of each case taken over
    ranks: dict[str, int] = field(default_factory=dict)
    #: why no case can go on
    broken_by: StateUnusable | None = None
    #: steps under way; after a fault in one of several at a time there can be some without a case at hand
    steps: int = 0
    #: a case was submitted in this process
    has_new: bool = False
    waiting: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    ended: list[Outcome] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    held_steps: set[str] = field(default_factory=set)

    def is_for(self, reference: str) -> bool:
        """Whether the run works on the case of this reference."""
        return self.only is None or reference in self.only

    @contextmanager
    def working_on(self, case_id: str) -> Iterator[None]:
        """Know the case as at hand, and take its time."""
        self.open.add(case_id)
        self.known.add(case_id)
        self.at_hand.add(case_id)
        begun = time.monotonic()
        try:
            yield
        except BaseException:
            # Called off by the engine before the first step, or with the whole process.
            if case_id in self.open:
                self.waiting.append(case_id)
            raise
        finally:
            self.seconds[case_id] = time.monotonic() - begun
            self.at_hand.discard(case_id)
            self.open.discard(case_id)
            self.changed.set()

    @contextmanager
    def step_under_way(self) -> Iterator[None]:
        """Know of a step, so that the run does not end before it."""
        self.steps += 1
        try:
            yield
        finally:
            self.steps -= 1
            if self.stop.is_set():
                self.changed.set()

    def hold(self, step: str, error: KollegaError) -> None:
        """Begin no further step that needs the system of which `step` has shown that somebody must look at it."""
        system = error.system or step
        self.held_steps.add(step)
        if system not in self.held:
            self.held[system] = error
            event(Action.SYSTEM_HELD, f"{type(error).__name__}: {error}", system=system, step=step, level="ERROR")

    def leave_elsewhere(self, case_id: str) -> None:
        """Leave the case to the robot that has it at hand; it is looked after, should that one not end it."""
        self.open.discard(case_id)
        self.elsewhere.add(case_id)

    def break_off(self, error: StateUnusable) -> None:
        """Begin no further step of any case: what is done could not be kept."""
        if self.broken_by is None:
            self.broken_by = error
            self.held["state"] = error
            event(Action.SYSTEM_HELD, str(error), system="state", level="ERROR")
        self.stop.set()
        self.changed.set()

    def holds(self, step: str, do: Callable[..., Any]) -> bool:
        """Whether the step needs a system that is held."""
        return step in self.held_steps or system_of(do) in self.held

    async def park(self, case_id: str, why: str, *, failed: bool = False) -> BaseException:
        """Leave the case to a later run and return what is to be raised: any other error would be the end of the case to the engine."""
        if not await asyncio.to_thread(self.presence.may_act):
            # Another robot may go on with it: what is noted of the case now is not for this one to change.
            self.break_off(self.presence.why_lost())
            return self.engine.let_go()
        try:
            await self.note_parked(case_id, why, failed=failed)
        except Exception as error:  # noqa: BLE001 - a full disk, say; the case still goes on in a later run
            event(Action.PARKED, f"the casebook could not note it: {type(error).__name__}", level="ERROR")
        return await self.engine.put_aside(case_id)

    async def note_parked(self, case_id: str, why: str, *, failed: bool) -> None:
        """Note, here and in the casebook, that the engine does not go on with the case in this run; once for each case."""
        if case_id not in self.open:
            return
        self.open.discard(case_id)
        (self.failed if failed else self.waiting).append(case_id)
        event(Action.PARKED, why, level="ERROR" if failed else "INFO")
        await asyncio.to_thread(self.casebook.park_case, case_id, failed=failed)
        await asyncio.to_thread(self.casebook.add_event, case_id, Action.PARKED, why)

    def standing(self, *, was_stopped: bool) -> Standing:
        """Return what is told of the run."""
        return Standing(
            ended=tuple(self.ended),
            waiting=tuple(self.waiting),
            failed=tuple(self.failed),
            held=self.held,
            was_stopped=was_stopped,
            seconds=self.seconds,
        )


def system_of(do: Callable[..., Any]) -> str:
    """Return the system that a step works in: `system` of the object whose method it is, else its class' module; empty for a function."""
    owner = getattr(do, "__self__", None)
    if owner is None:
        return ""
    return getattr(owner, "system", "") or type(owner).__module__.rpartition(".")[2]


def own_fault(error: Exception) -> str:
    """Return the sentence for a fault of the robot's own: its kind and its place outside this package, never its text, which may quote a value."""
    places = [place for place in traceback.extract_tb(error.__traceback__) if Path(place.filename).parent != Path(__file__).parent]
    place = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f"a fault of the robot's own: {type(error).__name__}{place}"
