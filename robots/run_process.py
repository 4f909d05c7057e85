"""A run as a process of its own, as when somebody types `kollega run`: begun, told to stop, and ended when it hangs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from robots.errors import SetupError, StopRequested
from robots.run_log import Action, event, redacted

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
_MOST_COMPLAINTS = 5
#: of the service manager, which is the service's to talk to
_OF_MANAGER = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
_EXCHANGE_SECONDS = 300.0
#: names the descriptor through which a run gives its signs of life
_SIGNS = "KOLLEGA_SIGNS"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What the service knows of a run that is over."""

    exit_code: int
    #: what came of it, in words
    figures: str = ""
    #: what ended it in the midst of its cases without having been asked to, in words; empty also when it was killed from outside
    cut_off_by: str = ""

    @property
    def is_cut_off(self) -> bool:
        """Whether it ended in the midst of its cases without having been asked to."""
        return bool(self.cut_off_by) or self.exit_code < 0

    @property
    def sentence(self) -> str:
        """The report as a line of the log."""
        if self.cut_off_by:
            meaning = f"{self.cut_off_by}; another run goes on with its cases"
        elif self.exit_code < 0:
            meaning = f"killed by signal {-self.exit_code}; another run goes on with its cases"
        else:
            meaning = EXIT_CODES.get(self.exit_code, "it did not come so far as to say why; see what it printed")
        return f"exit code {self.exit_code}: {meaning}{f'; {self.figures}' if self.figures else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the service waits for a run that gives no sign of life."""

    #: then it is told to stop
    hung_seconds: float
    #: having been told to stop, it is killed then
    stop_seconds: float


async def run_as_process(stop: asyncio.Event, *, arguments: Sequence[str], folder: Path, patience: Patience) -> RunReport:
    """Begin `kollega run` and return when it is over; asked to stop, it finishes the steps under way.

    Args:
        stop: passed on to the run as SIGTERM.
        arguments: options of `kollega run`.
        folder: where it is begun.
        patience: after it a run that gives no sign of life is told to stop, and then killed with what it has started.
    """
    command = (sys.executable, "-P", "-m", "robots.cli", "run", "--json", *arguments)
    # Into files: what the run has started and left behind would keep a pipe open, and the service waiting for its end.
    with ExitStack() as open_files:
        try:
            printed, complaints = (open_files.enter_context(TemporaryFile()) for _ in range(2))
            pulse = open_files.enter_context(Pulse.listened_to())
            # In a session of its own, because a terminal sends Ctrl-C to all of ours, and a second signal would end the run at once.
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env={**{name: value for name, value in os.environ.items() if name not in _OF_MANAGER}, _SIGNS: str(pulse.descriptor)},
                pass_fds=[pulse.descriptor],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=printed,
                stderr=complaints,
                start_new_session=True,
            )
        except OSError as error:
            # No memory for another process, say.
            why = f"it could not be begun ({error.strerror}): see what room and memory the machine has left"
            return RunReport(exit_code=SetupError.exit_code, cut_off_by=why)
        has_hung = await _wait_for_end(process, stop, pulse, patience)
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
    return RunReport(exit_code=code, figures=figures, cut_off_by="it hung and was ended" if has_hung else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeReport:
    """What the service knows of an exchange with the workbook."""

    #: how many were new
    answers: int = 0
    #: what keeps answers or rows waiting, and what to do about it; empty when all is well
    trouble: str = ""
    #: somebody must act; otherwise it may well pass by itself
    is_fault: bool = False
    #: what somebody should know of this one
    notes: tuple[str, ...] = ()


async def exchange_as_process(stop: asyncio.Event, *, arguments: Sequence[str], folder: Path) -> ExchangeReport:
    """Do `kollega workbook sync` and return what came of it; whenever it is ended, nothing is lost or done twice.

    Args:
        stop: ends it.
        arguments: options of the command.
        folder: where it is begun.
    """
    command = (sys.executable, "-P", "-m", "robots.cli", "workbook", "sync", "--json", *arguments)
    with TemporaryFile() as printed, TemporaryFile() as complaints:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env={name: value for name, value in os.environ.items() if name not in _OF_MANAGER},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=printed,
                stderr=complaints,
                start_new_session=True,
            )
        except OSError as error:
            return ExchangeReport(
                trouble=f"the workbook can't be exchanged with ({error.strerror}); see what room and memory there is", is_fault=True
            )
        is_over, is_told = asyncio.ensure_future(process.wait()), asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((is_over, is_told), timeout=_EXCHANGE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            has_hung = not is_over.done() and not stop.is_set()
            if not is_over.done():
                process.kill()
            await is_over
        finally:
            is_told.cancel()
            if process.returncode is None:
                process.kill()
        record, complained = _all_of(printed), _all_of(complaints)
    sys.stderr.write("".join(f"{redacted(line)}\n" for line in complained.splitlines()))
    if stop.is_set():
        return ExchangeReport()
    return _exchange_report(process.returncode or 0, record, complained, has_hung=has_hung)


def _exchange_report(code: int, printed: str, complained: str, *, has_hung: bool) -> ExchangeReport:
    if has_hung:
        return ExchangeReport(trouble="the exchange with the workbook hung and was ended; see that its folder answers", is_fault=True)
    if code:
        # Only an operator's mistake is sure to be told without a value of a case.
        why = "; ".join(complained.splitlines()[:_MOST_COMPLAINTS]) if code == SetupError.exit_code else EXIT_CODES.get(code, f"exit code {code}")
        return ExchangeReport(trouble=f"answers and rows wait: {why}", is_fault=True)
    try:
        found = json.loads(printed)
        return ExchangeReport(answers=len(found["taken"]), trouble=found["waits"], notes=tuple(found["notes"]))
    except (ValueError, KeyError, TypeError):
        return ExchangeReport(trouble="answers and rows wait: what the exchange printed can't be understood", is_fault=True)


class Pulse:
    """The signs of life of one run: a byte for each event of its log, so that neither a full disk nor another program's log is taken for one."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._heard = asyncio.Event()

    @classmethod
    @contextmanager
    def listened_to(cls) -> Iterator[Pulse]:
        """Listen until the block ends; `descriptor` is for the run to write to."""
        reading, writing = os.pipe()
        pulse, loop = cls(writing), asyncio.get_running_loop()
        for end in (reading, writing):
            os.set_blocking(end, False)
        loop.add_reader(reading, pulse._hear, reading)
        try:
            yield pulse
        finally:
            loop.remove_reader(reading)
            for end in (reading, writing):
                os.close(end)

    def _hear(self, reading: int) -> None:
        with suppress(BlockingIOError):
            os.read(reading, 65536)
            self._heard.set()

    async def fallen_silent(self, seconds: float) -> None:
        """Return when there was no sign of life for so long."""
        while True:
            self._heard.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._heard.wait()
            # One that came while this process itself stood still is heard together with the end of the time.
            if not self._heard.is_set():
                return


def signs_given(environment: Mapping[str, str]) -> Callable[[], None]:
    """Return what gives the service a sign of life of the run that it has begun; it does nothing in another run."""
    descriptor = environment.get(_SIGNS, "")
    if not descriptor.isdecimal():
        return lambda: None

    def give() -> None:
        # With a service that is gone or has signs enough, there is nothing to tell.
        with suppress(OSError):
            os.write(int(descriptor), b".")

    return give


async def _wait_for_end(process: asyncio.subprocess.Process, stop: asyncio.Event, pulse: Pulse, patience: Patience) -> bool:
    """Wait for the end of the run, see to it when it does not come by itself, and return whether it hung."""
    told: list[str] = []

    def tell(sentence: str) -> None:
        told.append(sentence)
        event(Action.SERVICE_HUNG, sentence, level="ERROR")

    async def see_to_end() -> None:
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(pulse.fallen_silent(patience.hung_seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not stop.is_set():
            tell(f"the run has given no sign of life for {patience.hung_seconds / 60:g} minutes and is told to stop; its log says where it stands")
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await pulse.fallen_silent(patience.stop_seconds)
        tell(f"the run was told to stop, and has given no sign of life for {patience.stop_seconds:g} seconds since; it is killed")
        with suppress(ProcessLookupError):
            # It began the session; what it has started there hangs with it, or is what it hangs by.
            os.killpg(process.pid, signal.SIGKILL)

    seeing_to_end = asyncio.create_task(see_to_end())
    try:
        await process.wait()
    finally:
        seeing_to_end.cancel()
        if process.returncode is None:
            # The service is to end at once, and so is the run, which has heard the first signal or hears its first now.
            process.terminate()
    return bool(told)


def _all_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")


def _figures_of(printed: str) -> str:
    """Return what the JSON of a run says, in words; nothing for a run that ended before it could print any."""
    try:
        record = json.loads(printed)
        ended = ", ".join(f"{count} {ending}" for ending, count in record["endings"].items())
        held = "".join(f"; {system} is held" for system in record["held"])
        aside = "".join(f"; {case_id} was set aside: {told}" for case_id, told in record["set_aside"].items())
        return f"{ended}; {len(record['waiting']) + len(record['failed'])} wait{held}{aside}; log {record['log']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
