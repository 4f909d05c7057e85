"""A robot that stays: it begins a run whenever one is due, and goes on whatever comes of it.

Each run is a process of its own (`run_process.py`). However it ends, by a fault of a library or by the kernel for want of memory, the service is
there for the next one.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from robots.case import SWEDEN
from robots.errors import SetupError, StopRequested
from robots.run_log import Action, Level, event
from robots.run_process import ExchangeReport, RunReport
from robots.schedule import Schedule

_LEVELS: Mapping[int, Level] = {0: "INFO", 130: "INFO", 5: "WARNING", 6: "WARNING"}
#: the clock is read anew at least so often: it may be set, and a machine may sleep
LOOK_SECONDS = 30.0
#: a run that begins this much after its time was missed
_LATE_SECONDS = 2 * LOOK_SECONDS
#: runs that follow one after the other when each was killed
_MOST_AFTER_DEATH = 5
#: begins a run and returns when it is over; when the event is set, the steps under way are finished
BeginRun = Callable[[asyncio.Event], Awaitable[RunReport]]
#: exchanges answers and rows with the workbook once; ended when the event is set
Exchange = Callable[[asyncio.Event], Awaitable[ExchangeReport]]


async def _do_nothing(_: asyncio.Event) -> None: ...


class Watch:
    """What the service goes on from, on disk: until when it has looked for due runs, and whether one of its runs is not through.

    What can't be written costs at most a run that is not made up for.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "looked_at"
        self._under_way = folder / "run_under_way"

    def read(self) -> datetime | None:
        """Return the time of the last look; None for the first of all."""
        with suppress(OSError, ValueError):
            return datetime.fromisoformat(self._file.read_text(encoding="ascii").strip()).astimezone(UTC)
        return None

    def keep(self, looked_at: datetime) -> None:
        """Remember the time of a look."""
        with suppress(OSError):
            new = self._file.with_suffix(".new")
            new.write_text(f"{looked_at.isoformat()}\n", encoding="ascii")
            new.replace(self._file)

    @property
    def has_run_under_way(self) -> bool:
        """Whether a run was begun and is not through: the service or the machine has ended before it."""
        return self._under_way.exists()

    def note_run(self, *, is_through: bool) -> None:
        """Remember that a run is begun, or that it is through with what it could do."""
        with suppress(OSError):
            if is_through:
                self._under_way.unlink(missing_ok=True)
            else:
                self._under_way.touch()


class Exchanges:
    """Answers and rows exchanged every few minutes between runs; what keeps them waiting is told once, and once that it is over."""

    def __init__(self, exchange: Exchange, *, every_minutes: Callable[[], int], clock: Callable[[], datetime]) -> None:
        """Begin to count; `every_minutes` is asked each time, and gives 0 for never, and `clock` gives an aware time."""
        self._exchange = exchange
        self._every_minutes = every_minutes
        self._clock = clock
        self._last = clock()
        self._told = ""

    async def go_on(self, stop: asyncio.Event) -> None:
        """Exchange if it is time."""
        now, minutes = self._clock(), self._every_minutes()
        # The clock may have been set back.
        self._last = min(self._last, now)
        if not minutes or stop.is_set() or now - self._last < timedelta(minutes=minutes):
            return
        self._last = now
        report = await self._exchange(stop)
        if report.answers:
            event(Action.ANSWERED, f"answers read between runs: {report.answers}")
        for note in report.notes:
            event(Action.WORKBOOK_WRITTEN, note, level="WARNING")
        if report.trouble and report.trouble != self._told:
            event(Action.WORKBOOK_LOCKED, report.trouble, level="ERROR" if report.is_fault else "WARNING")
        elif self._told and not report.trouble:
            event(Action.WORKBOOK_WRITTEN, "answers and rows are exchanged with the workbook again")
        self._told = report.trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the service works with."""

    #: reads the schedule as it is now; SetupError when it can't be used
    read_schedule: Callable[[], Schedule]
    begin_run: BeginRun
    watch: Watch
    #: aware
    clock: Callable[[], datetime]
    #: tells the service manager
    notify: Callable[[str], None]
    #: done at each look at the clock while no run is due
    between_runs: Callable[[asyncio.Event], Awaitable[None]] = _do_nothing

    async def serve(self, stop: asyncio.Event, *, begins_now: bool = False) -> None:
        """Begin a run whenever one is due, until `stop` is set; a run under way is then ended after its steps.

        Runs that were due while another one was under way, or while the service was not there, are made up for by one, and so is a run that was
        not through when the service or the machine ended: cases that are decided and not yet paid are not to wait until tomorrow.

        Args:
            stop: ends the service.
            begins_now: begin a run at once, and then as due.

        Raises:
            SetupError: the schedule can't be used as the service begins; later that is told, and the next time waited for.
        """
        schedule = _with_runs(self.read_schedule())
        mistakes = ""
        followed = self.watch.read() or self.clock()
        event(Action.SERVICE_BEGUN)
        self.notify("READY=1")
        if self.watch.has_run_under_way:
            event(Action.SERVICE_MISSED, "the last run was not through when the service ended; one run now goes on with its cases", level="WARNING")
            begins_now = True
        while not stop.is_set():
            try:
                schedule, mistakes = _with_runs(self.read_schedule()), _mended(mistakes)
            except SetupError as error:
                if str(error) != mistakes:
                    mistakes = str(error)
                    event(Action.SERVICE_SETUP, f"no run is begun until this is set right: {mistakes}", level="ERROR")
            now = self.clock()
            # After the clock was set back, what was due before is due again: a run too many finds nothing to do, one too few is missed.
            followed = min(followed, now)
            due = schedule.latest_due(now)
            is_due = due is not None and due > followed
            if due is not None and is_due:
                _tell_missed(schedule.count_due(followed, now), due, now)
            followed = now
            self.watch.keep(now)
            if (is_due or begins_now) and not mistakes:
                begins_now = False
                await self._run(stop)
            elif is_due:
                event(Action.SERVICE_SETUP, "a run was due and not begun, since the configuration can't be used", level="ERROR")
            else:
                await self.between_runs(stop)
                await self._wait(schedule.next_due(now), stop)
        self.notify("STOPPING=1")
        event(Action.SERVICE_ENDED)

    async def _run(self, stop: asyncio.Event) -> None:
        """Begin a run, and another one when it was killed: its cases are not to wait until tomorrow, and one that kills robots is to be found out."""
        for _ in range(1 + _MOST_AFTER_DEATH):
            self.notify("STATUS=a run is under way")
            begun = self.clock()
            self.watch.note_run(is_through=False)
            report = await self.begin_run(stop)
            seconds = max(0.0, (self.clock() - begun).total_seconds())
            level = "ERROR" if report.is_cut_off else _LEVELS.get(report.exit_code, "ERROR")
            event(Action.SERVICE_RUN, report.sentence, seconds=seconds, level=level)
            if not report.is_cut_off:
                # One that the service had to stop is not through, and the next service goes on with it.
                self.watch.note_run(is_through=report.exit_code != StopRequested.exit_code or not stop.is_set())
                return
            await self._wait(None, stop)
            if stop.is_set():
                return
        event(Action.SERVICE_RUN, f"{1 + _MOST_AFTER_DEATH} runs in a row were cut off; the next one begins when it is due", level="ERROR")
        self.watch.note_run(is_through=True)

    async def _wait(self, due: datetime | None, stop: asyncio.Event) -> None:
        seconds = LOOK_SECONDS
        if due is not None:
            self.notify(f"STATUS=the next run is due {due.astimezone(SWEDEN):%Y-%m-%d %H:%M}")
            seconds = min(seconds, max(0.0, (due - self.clock()).total_seconds()))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()


def _with_runs(schedule: Schedule) -> Schedule:
    if not schedule.runs:
        raise SetupError('config/kollega.yaml does not say when runs are due; set schedule.runs, as in ["30 5 * * mon-fri"]')
    return schedule


def _mended(mistakes: str) -> str:
    if mistakes:
        event(Action.SERVICE_SETUP, "the configuration can be used again")
    return ""


def _tell_missed(count: int, due: datetime, now: datetime) -> None:
    late = (now - due).total_seconds()
    if count > 1 or late > _LATE_SECONDS:
        latest = f"{due.astimezone(SWEDEN):%Y-%m-%d %H:%M}"
        event(Action.SERVICE_MISSED, f"runs due meanwhile: {count}, the latest at {latest}; one run now makes up for them", level="WARNING")


# --- the service manager ----------------------------------------------------------------------------------------------


def notifier(environment: Mapping[str, str]) -> Callable[[str], None]:
    """Return what tells the service manager a state such as `READY=1`; it does nothing where there is none.

    The protocol is that of sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names; `@` begins a name that is not in the file system.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return lambda _: None
    name = f"\0{address[1:]}" if address.startswith("@") else address

    def notify(state: str) -> None:
        # A manager that does not listen, or has no room for more, is no reason for the robot to end or to stand still.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(state.encode(), name)

    return notify


@asynccontextmanager
async def watchdog_fed(environment: Mapping[str, str], notify: Callable[[str], None]) -> AsyncIterator[None]:
    """Tell the service manager twice in each of its intervals that the service is alive, if it wants to know."""
    interval = environment.get("WATCHDOG_USEC", "")
    is_for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    if not interval.isdecimal() or not int(interval) or not is_for_us:
        yield
        return

    async def feed() -> None:
        while True:
            notify("WATCHDOG=1")
            await asyncio.sleep(int(interval) / 1_000_000 / 2)

    feeding = asyncio.create_task(feed())
    try:
        yield
    finally:
        feeding.cancel()
