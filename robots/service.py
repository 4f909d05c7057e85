"""A robot that stays: it begins a run whenever one is due, and goes on whatever comes of it.

Each run is a process of its own, as when somebody types `kollega run`. It reads the configuration anew, and however it ends, by a fault of a
library or by the kernel for want of memory, the service is there for the next one.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from robots.case import SWEDEN
from robots.errors import SetupError, StopRequested
from robots.run_log import Action, Level, event, redacted
from robots.schedule import Schedule

#: what each exit code of a run means, and to whom; -N for signal N
EXIT_CODES: Mapping[int, str] = {
    0: "all is well",
    1: "a fault of the robot's own; a developer must look at the log",
    3: "an operator must act; the run's log says on what",
    4: "a screen has changed; a developer must look at it",
    5: "the inbox could not be read; see that the e-service is up",
    6: "a source did not answer, and its cases were handed over; see that the systems are up",
    130: "stopped",
}
_LEVELS: Mapping[int, Level] = {0: "INFO", 130: "INFO", 5: "WARNING", 6: "WARNING"}
#: the clock is read anew at least so often: it may be set, and a machine may sleep
LOOK_SECONDS = 30.0
#: a run that begins this much after its time was missed
_LATE_SECONDS = 2 * LOOK_SECONDS
_MOST_COMPLAINTS = 5
#: runs that follow one after the other when each was killed
_MOST_AFTER_DEATH = 5

#: begins a run and returns when it is over; when the event is set, the steps under way are finished
BeginRun = Callable[[asyncio.Event], Awaitable["RunReport"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What the service knows of a run that is over."""

    exit_code: int
    #: what came of it, in words
    figures: str = ""

    @property
    def sentence(self) -> str:
        """The report as a line of the log."""
        if self.exit_code < 0:
            meaning = f"killed by signal {-self.exit_code}; another run goes on with its cases"
        else:
            meaning = EXIT_CODES.get(self.exit_code, "it did not come so far as to say why; see what it printed")
        return f"exit code {self.exit_code}: {meaning}{f'; {self.figures}' if self.figures else ''}"


class Watch:
    """Until when the service has looked for due runs, on disk, so that a run that was due while the machine was off is made up for."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "looked_at"

    def read(self) -> datetime | None:
        """Return the time of the last look; None for the first of all."""
        with suppress(OSError, ValueError):
            return datetime.fromisoformat(self._file.read_text(encoding="ascii").strip()).astimezone(UTC)
        return None

    def keep(self, looked_at: datetime) -> None:
        """Remember the time of a look; what can't be written costs at most a run that is not made up for."""
        with suppress(OSError):
            new = self._file.with_suffix(".new")
            new.write_text(f"{looked_at.isoformat()}\n", encoding="ascii")
            new.replace(self._file)


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

    async def serve(self, stop: asyncio.Event, *, begins_now: bool = False) -> None:
        """Begin a run whenever one is due, until `stop` is set; a run under way is then ended after its steps.

        Runs that were due while another one was under way, or while the service was not there, are made up for by one.

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
                await self._wait(schedule.next_due(now), stop)
        self.notify("STOPPING=1")
        event(Action.SERVICE_ENDED)

    async def _run(self, stop: asyncio.Event) -> None:
        """Begin a run, and another one when it was killed: its cases are not to wait until tomorrow, and one that kills robots is to be found out."""
        for _ in range(1 + _MOST_AFTER_DEATH):
            self.notify("STATUS=a run is under way")
            begun = self.clock()
            report = await self.begin_run(stop)
            seconds = max(0.0, (self.clock() - begun).total_seconds())
            event(Action.SERVICE_RUN, report.sentence, seconds=seconds, level=_LEVELS.get(report.exit_code, "ERROR"))
            if report.exit_code >= 0:
                return
            await self._wait(None, stop)
            if stop.is_set():
                return

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


# --- a run as a process -----------------------------------------------------------------------------------------------


async def run_as_process(stop: asyncio.Event, *, arguments: Sequence[str], folder: Path) -> RunReport:
    """Begin `kollega run` and return when it is over; asked to stop, it finishes the steps under way.

    Args:
        stop: passed on to the run as SIGTERM.
        arguments: options of `kollega run`.
        folder: where it is begun.
    """
    command = (sys.executable, "-P", "-m", "robots.cli", "run", "--json", *arguments)
    # The service manager is the service's to talk to. In a session of its own, because a terminal sends Ctrl-C to all of ours, and a second
    # signal would end the run at once.
    environment = {name: value for name, value in os.environ.items() if name not in _OF_MANAGER}
    # Into files: what the run has started and left behind would keep a pipe open, and the service waiting for its end.
    with TemporaryFile() as printed, TemporaryFile() as complaints:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=printed, stderr=complaints, start_new_session=True
        )
        await _wait_for_end(process, stop)
        record, complained = (_all_of(file) for file in (printed, complaints))
    # What a library complains of can quote what was on a screen, and a journal keeps it.
    sys.stderr.write("".join(f"{redacted(line)}\n" for line in complained.splitlines()))
    code = 1 if process.returncode is None else process.returncode
    if code == -signal.SIGTERM and stop.is_set():
        # It was told to stop before it had begun anything.
        code = StopRequested.exit_code
    figures = _figures_of(record)
    if not figures and code == SetupError.exit_code:
        # It did not begin. Only these words are sure to hold nothing of a case; what else a process complains of may quote a value.
        figures = "; ".join(complained.splitlines()[:_MOST_COMPLAINTS])
    return RunReport(exit_code=code, figures=figures)


async def _wait_for_end(process: asyncio.subprocess.Process, stop: asyncio.Event) -> None:
    async def pass_on() -> None:
        await stop.wait()
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)

    passing_on = asyncio.create_task(pass_on())
    try:
        await process.wait()
    finally:
        passing_on.cancel()
        if process.returncode is None:
            # The service is to end at once, and so is the run, which has heard the first signal or hears its first now.
            process.terminate()


def _all_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")


def _figures_of(printed: str) -> str:
    """Return what the JSON of a run says, in words; nothing for a run that ended before it could print any."""
    try:
        record = json.loads(printed)
        ended = ", ".join(f"{count} {ending}" for ending, count in record["endings"].items())
        held = "".join(f"; {system} is held" for system in record["held"])
        return f"{ended}; {len(record['waiting']) + len(record['failed'])} wait{held}; log {record['log']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


# --- the service manager ----------------------------------------------------------------------------------------------

_OF_MANAGER = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})


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
