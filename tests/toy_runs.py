"""Runs of the toy robot in a process of its own, for the tests that take something away from it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class ToyRun:
    """One process of the robot in `tests/trouble_robot.py`."""

    def __init__(self, folder: Path, *references: str, busy_seconds: float = 5.0) -> None:
        self._folder = folder
        command = [sys.executable, "-m", "tests.trouble_robot", str(folder), str(busy_seconds), *references]
        with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err)

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Return when it is so; AssertionError if the robot ends before that."""
        until = time.monotonic() + 90
        while not is_so():
            # One that has ended since the look may have done it before its end.
            assert self.process.poll() is None or is_so(), self.said()
            assert time.monotonic() < until
            time.sleep(0.002)

    def wait_for_point(self, point: str) -> None:
        """Return when the robot has passed the point."""
        self.wait_for(lambda: point in lines_of(self._folder / "trace"))

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait()

    def told(self) -> dict[str, Any]:
        """Return what it says at its end."""
        self.process.wait(timeout=90)
        lines = lines_of(self._folder / "out")
        assert lines, self.said()
        told: dict[str, Any] = json.loads(lines[-1])
        return told

    def said(self) -> str:
        """Return what it wrote on standard error."""
        return (self._folder / "err").read_text()


@contextmanager
def toy_run(folder: Path, *references: str, busy_seconds: float = 5.0) -> Iterator[ToyRun]:
    """Start the robot; it is gone when the block ends."""
    run = ToyRun(folder, *references, busy_seconds=busy_seconds)
    try:
        yield run
    finally:
        run.kill()


def run_to_end(folder: Path, *references: str, busy_seconds: float = 5.0) -> dict[str, Any]:
    """Run the robot and return what it says at its end."""
    with toy_run(folder, *references, busy_seconds=busy_seconds) as run:
        return run.told()


def lines_of(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
