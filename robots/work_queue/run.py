"""One run of the queue: what it knows of its cases, how it parts with those that can't go on, and what is told of it in the end."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robots.assessment import Outcome
from robots.casebook import Casebook, CaseEntry, CaseState
from robots.errors import CaseNeedsPerson, KollegaError, Paused, ReasonCode, StateUnusable
from robots.run_log import Action, event

if TYPE_CHECKING:
    from robots.work_queue.engine import Engine
    from robots.work_queue.machines import Presence
    from robots.work_queue.pausing import Wishes
    from robots.work_queue.poison import Poison


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the cases stand when a run is over."""

    #: how the cases ended that ended in this run, in that order
    ended: tuple[Outcome, ...]
    #: ids of the cases that the next run goes on with: a system is held or closed, something is paused, or the run has reached its end
    waiting: tuple[str, ...]
    #: ids of the cases that a fault of the robot's own has stopped; the next run tries them again
    failed: tuple[str, ...]
    #: the systems that somebody must look at, each with the error that says why; `state` when it is the robot's own record
    held: Mapping[str, KollegaError]
    #: what was closed or paused when a case needed it, each with what says until when: names of systems, ids of cases, `all`
    resting: Mapping[str, KollegaError]
    #: cases handed off because the robot died in them again and again: {id: what is known}
    set_aside: Mapping[str, str]
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
    #: pauses, orders and opening hours
    wishes: Wishes
    #: the deaths of robots in cases
    poison: Poison
    #: so many cases are worked on at most; None for all
    limit: int | None = None
    #: whether a case that has not begun may still begin
    takes_new: Callable[[], bool] = lambda: True
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
    #: when nothing but these was left, the last sign of life of each other robot
    heard: dict[str, datetime] | None = None
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
    #: cases that were worked on, for the limit
    worked: set[str] = field(default_factory=set)
    #: cases parked for a pause, each with the system that its next step needs; taken up again when the pause ends
    paused: dict[str, str] = field(default_factory=dict)
    resting: dict[str, KollegaError] = field(default_factory=dict)
    #: cases in which robots died, and which wait to be worked on alone
    suspects: list[str] = field(default_factory=list)
    #: the one that is worked on alone just now
    alone: str | None = None
    set_aside: dict[str, str] = field(default_factory=dict)
    #: the case of which results are being forgotten just now
    changing: str | None = None

    def is_for(self, reference: str) -> bool:
        """Whether the run works on the case of this reference."""
        return self.only is None or reference in self.only

    @property
    def is_at_rest(self) -> bool:
        """Whether no case is open, nor still being put aside by the engine."""
        return not self.open and not self.at_hand

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
    def changing_results(self, case_id: str) -> Iterator[None]:
        """Begin nothing of the case meanwhile: the engine may just be calling it, from an earlier run."""
        self.changing = case_id
        try:
            yield
        finally:
            self.changing = None

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

    async def stop_with(self, stop: asyncio.Event) -> None:
        """Wait until the run is asked to stop, and pass that on."""
        await stop.wait()
        event(Action.STOP_REQUESTED)
        self.stop.set()
        self.changed.set()

    def rest(self, case_id: str, system: str, error: KollegaError) -> None:
        """Know that the case waits because something is closed or paused; one that is paused is taken up again when the pause ends."""
        if isinstance(error, Paused):
            self.paused[case_id] = system
        self.tell_of_rest(error.system or ("all" if self.wishes.is_all_paused else case_id), error)

    def tell_of_rest(self, name: str, error: KollegaError) -> None:
        """Tell once that a system, a case or everything is not gone on with just now."""
        if name not in self.resting:
            self.resting[name] = error
            event(Action.PAUSED, str(error), system=error.system)

    def ending_of(self, case_id: str) -> CaseNeedsPerson | None:
        """Return why the case is to end with a person before its next step; None when it is not."""
        if self.wishes.is_cancelled(case_id):
            return CaseNeedsPerson("an operator has stopped the case; handle it by hand", codes=(ReasonCode.CANCELLED,))
        if self.poison.is_deadly(case_id):
            return CaseNeedsPerson("the robot died in this case again and again; handle it by hand", codes=(ReasonCode.ROBOT_FAULT,))
        return None

    async def why_kept_back(self, case_id: str) -> str:
        """Return why the case may not go on just now; empty when it may.

        Raises:
            StateUnusable: the casebook can't be read.
        """
        await self.wishes.look()
        if self.presence.is_shared:
            # Other robots count deaths too.
            await asyncio.to_thread(self.poison.look)
        if self.wishes.is_to_be_changed(case_id):
            # Another robot may just have done it.
            await self.wishes.look(anew=True)
        if self.wishes.is_to_be_changed(case_id):
            return "something is to be done with its results first"
        if self.ending_of(case_id) is not None:
            return ""
        if self.poison.is_suspected(case_id) and case_id != self.alone:
            if case_id not in self.suspects:
                self.suspects.append(case_id)
            return "robots died in it: it is worked on alone"
        error = self.wishes.why_not(case_id, "")
        if error is not None:
            self.rest(case_id, "", error)
            return str(error)
        if case_id in self.worked:
            return ""
        if self.limit is not None and len(self.worked) >= self.limit:
            return "the run has worked on as many cases as it may"
        if not self.takes_new() and not await asyncio.to_thread(self.casebook.is_begun, case_id):
            return "no new case is begun any more"
        return ""

    def keeps_paused(self, case: CaseEntry) -> bool:
        """Whether the case stays where it is for a pause; one that was at hand when a robot died is put there by the engine's call."""
        error = None if case.state is CaseState.TAKEN or self.ending_of(case.case_id) else self.wishes.paused(case.case_id, "")
        if error is None:
            return False
        self.known.add(case.case_id)
        self.waiting.append(case.case_id)
        self.rest(case.case_id, "", error)
        return True

    def take_again(self, case_id: str) -> None:
        """Know the case as open again, whatever the run has told of it."""
        self.known.add(case_id)
        self.open.add(case_id)
        self.paused.pop(case_id, None)
        for told in (self.waiting, self.failed, self.suspects):
            if case_id in told:
                told.remove(case_id)

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
            await asyncio.to_thread(self.poison.attempts.leave, case_id)
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
            waiting=tuple(dict.fromkeys(self.waiting)),
            failed=tuple(self.failed),
            held=self.held,
            resting=self.resting,
            set_aside=self.set_aside,
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
