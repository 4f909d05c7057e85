"""This robot among those that share a casebook: its signs of life, and its right to act.

A robot that was silent for `lifeless_seconds` is dead to the others, who take its cases over, and stays dead to itself: it writes nothing any more,
neither in another system nor in the casebook. Before each write in another system it asks the database whether it was heard in half that time. A
robot that is frozen after the answer for the other half is what nobody can hinder; whoever has taken its case over looks before it writes.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from robots.casebook import Casebook
from robots.casebook.database import NameLock
from robots.casebook.workers import WorkerEntry, Workers, executor_of
from robots.errors import StateUnusable
from robots.run_log import Action, event

#: after so long a silence a robot is taken for dead; well above the longest time for which a virtual machine stands still
LIFELESS_SECONDS = 60.0
#: environment variable that tells apart several robots of one machine
WORKER_VARIABLE = "KOLLEGA_WORKER"
_BEATS_PER_LIFE = 12


def worker_name() -> str:
    """Return what this robot is called at every start: the machine's name, and what `KOLLEGA_WORKER` says if several run on it."""
    machine, own = platform.node() or "kollega", os.environ.get(WORKER_VARIABLE, "").strip()
    return f"{machine}/{own}" if own else machine


class Presence:
    """The signs of life of this process, from `kept` on."""

    def __init__(self, workers: Workers, *, worker: str, mode: str, lifeless_seconds: float, lock: NameLock | None) -> None:
        self._workers = workers
        self._lifeless_seconds = lifeless_seconds
        self._lock = lock
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._heard_at = time.monotonic()
        self.worker = worker
        # The first sign of life, before the engine goes on with any case.
        self._began_at = workers.begin(worker, machine=platform.node(), process=os.getpid(), version=version("kollega"), mode=mode)
        self._thread = threading.Thread(target=self._beat, name="kollega-signs-of-life", daemon=True)

    @classmethod
    @contextmanager
    def kept(cls, casebook: Casebook, *, worker: str, mode: str, lifeless_seconds: float, lock: NameLock | None) -> Iterator[Presence]:
        """Give signs of life until the block ends, from a thread of their own: what holds up the robot's other work holds up none of them.

        Args:
            casebook: that the robots share; one in an SQLite file is this robot's alone.
            worker: the name that this process holds.
            mode: of the run, for operators.
            lifeless_seconds: after so long a silence the others take the cases over; alike for all who share the casebook.
            lock: the name's; taken anew when its connection is lost.
        """
        presence = cls(Workers(casebook.engine), worker=worker, mode=mode, lifeless_seconds=lifeless_seconds, lock=lock)
        presence._thread.start()
        try:
            yield presence
        finally:
            presence._ended.set()
            presence._thread.join()
            presence._note_end()

    @property
    def is_shared(self) -> bool:
        """Whether other robots can work on the cases of this casebook."""
        return self._workers.are_many

    @property
    def executor(self) -> str:
        """What names this process in the engine; a file's only robot keeps one name, under which it finds its cases again."""
        return executor_of(self.worker, self._began_at) if self.is_shared else self.worker

    @property
    def beat_seconds(self) -> float:
        """How often a sign of life is given."""
        return self._lifeless_seconds / _BEATS_PER_LIFE

    @property
    def is_lost(self) -> bool:
        """Whether the others may have taken this robot for dead, as far as it knows itself."""
        return self.is_shared and (self._lost.is_set() or time.monotonic() - self._heard_at > self._lifeless_seconds)

    def may_act(self) -> bool:
        """Ask the database whether this robot is alive to the others, and will be for half of `lifeless_seconds`.

        While the database does not answer nobody takes anything over; after `lifeless_seconds` without an answer the robot may not act.
        """
        while self.is_shared and not self.is_lost:
            try:
                if not self._workers.is_fresh(self.worker, self._began_at, seconds=self._lifeless_seconds / 2):
                    self._lose()
            except StateUnusable:
                self._ended.wait(self.beat_seconds)
            else:
                break
        return not self.is_lost

    def why_lost(self) -> StateUnusable:
        """Return what an operator is told of a robot that was taken for dead."""
        return StateUnusable(
            f"this robot gave no sign of life for {self._lifeless_seconds:g} seconds, so that others may have taken its cases over; it writes nothing"
            " any more. See that the machine does not stand still and reaches its database, then start the robot again"
        )

    def others(self) -> tuple[WorkerEntry, ...]:
        """Return the other robots that are not known to be dead."""
        mine = (self.worker, self._began_at) if self.is_shared else None
        entries = self._workers.entries() if mine else ()
        return tuple(one for one in entries if (one.worker, one.began_at) != mine and one.is_alive(lifeless_seconds=self._lifeless_seconds))

    def _beat(self) -> None:
        complained = False
        while not self._ended.wait(self.beat_seconds):
            begun = time.monotonic()
            try:
                if self._lock is not None:
                    self._lock.renew()
                is_alive = self._workers.beat(self.worker, self._began_at, lifeless_seconds=self._lifeless_seconds)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next sign of life may get through
                if not complained:
                    event(Action.LIBRARY, f"a sign of life could not be given: {type(error).__name__}", level="WARNING")
                complained = True
                continue
            complained = False
            if is_alive:
                # From before the database was asked: the answer may have been long on its way.
                self._heard_at = begun
            elif self.is_shared:
                self._lose()
                return

    def _lose(self) -> None:
        if not self._lost.is_set():
            self._lost.set()
            event(Action.LIBRARY, str(self.why_lost()), level="ERROR")

    def _note_end(self) -> None:
        try:
            self._workers.end(self.worker, self._began_at)
        except Exception as error:  # noqa: BLE001 - a full disk, say; without it the others wait a little longer
            event(Action.LIBRARY, f"the end of the robot could not be noted: {type(error).__name__}", level="WARNING")
