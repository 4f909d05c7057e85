"""The processes of one robot: known by a variable that all inherit, so that none is lost sight of when the robot dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.chaos.plan import BROWSER

#: names the robot and its life, in its environment and in that of all that it starts
MARK = "CHAOS_LIFE"
_PROGRAMS = (b"robots.practice.case_client", b"robots.practice.person_lookup")
_BROWSERS = ("chrom", "headless_shell")
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process of this machine."""

    id: int
    name: str
    command: tuple[bytes, ...]
    #: value of MARK
    mark: str


def all_processes() -> Iterator[Process]:
    """Yield the processes that can be looked at."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            environment = (folder / "environ").read_bytes().split(b"\0")
            mark = next((one.partition(b"=")[2].decode() for one in environment if one.startswith(MARK.encode() + b"=")), "")
            command = tuple((folder / "cmdline").read_bytes().split(b"\0")[:-1])
            name = (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
            # One that is dead and has not been waited for has no command line.
            if command:
                yield Process(id=int(folder.name), name=name, command=command, mark=mark)


def part_of_robot(mark: str, target: str) -> int:
    """Return the id of the robot's browser or of one of its desktop programs; 0 when it has none just now."""
    mine = [one for one in all_processes() if one.mark == mark]
    if target == BROWSER:
        whole = [one for one in mine if any(name in one.name for name in _BROWSERS) and not any(part.startswith(b"--type=") for part in one.command)]
        return whole[0].id if whole else 0
    return next((one.id for one in mine if any(part in _PROGRAMS for part in one.command)), 0)


def server_of(system: str, folder: Path) -> int:
    """Return the id of the kept server of a practice system; 0 when it is just being started again."""
    wanted = {system.encode(), str(folder / f"{system}.sqlite").encode(), b"--kept"}
    return next((one.id for one in all_processes() if b"robots.practice.server" in one.command and wanted <= set(one.command)), 0)


def kill(process_id: int) -> bool:
    """Kill the process; return whether there was one."""
    if not process_id:
        return False
    try:
        os.kill(process_id, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class Watch:
    """Looks at what killed robots leave behind, and for how long."""

    def __init__(self, prefix: str) -> None:
        """Watch robots whose marks begin with the prefix."""
        self._prefix = prefix
        self._died_at: dict[str, float] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again, daemon=True)
        #: of each killed robot, the longest that a process of each name outlived it, in seconds
        self.outlived: dict[str, dict[str, float]] = {}

    def note_death(self, mark: str) -> None:
        """Know that this robot is dead from now on."""
        self._died_at[mark] = time.monotonic()

    def left(self) -> list[Process]:
        """Return the processes of dead robots that are there now."""
        return [one for one in all_processes() if one.mark in self._died_at]

    def wait_for_none(self, seconds: float) -> list[Process]:
        """Return when nothing of a dead robot is left, or after so many seconds with what is."""
        until = time.monotonic() + seconds
        while (left := self.left()) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        return left

    def _look_again_and_again(self) -> None:
        while not self._is_over.wait(_LOOK_SECONDS):
            for one in self.left():
                outlived = self.outlived.setdefault(one.mark, {})
                outlived[one.name] = round(time.monotonic() - self._died_at[one.mark], 1)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_over.set()
        self._thread.join()
