"""Contestants in a race: each is a process of its own that makes itself ready once and then does one case at a time, on demand, with its own clock.

Passes of several contestants can so be laid between one another, and what the machine does besides falls on all of them.
Uses nothing but Python's own library, since rivals run in an environment of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
_READY = "ready"
_END_SECONDS = 20.0

#: what a contestant is told when it begins
Task = Mapping[str, Any]


def compete(prepare: Callable[[Task], Callable[[Any], object]]) -> None:
    """Be a contestant: read the task, get ready, then do every lap asked for and say how many seconds it took.

    Args:
        prepare: given the task, makes everything ready that is not measured, and returns what does a lap.
    """
    answers = sys.stdout
    # What the libraries print is no answer.
    sys.stdout = sys.stderr
    do = prepare(json.loads(sys.stdin.readline()))
    print(_READY, file=answers, flush=True)
    for line in sys.stdin:
        began = time.perf_counter()
        result = do(json.loads(line))
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "result": result}), file=answers, flush=True)


class Contestant:
    """The other end: one contestant's process."""

    def __init__(self, name: str, module: str, task: Task, *, log: Path, python: Path = Path(sys.executable), environment: Mapping[str, str]) -> None:
        """Start the process; it is not ready yet.

        Args:
            name: what the table calls it.
            module: the module that competes.
            task: what it is told.
            log: file for what it prints besides.
            python: the interpreter of its environment.
            environment: of the process.
        """
        self.name = name
        self.seconds: list[float] = []
        self._log = log
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [str(python), "-m", module], cwd=ROOT, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self._say(task)

    def wait_until_ready(self) -> Self:
        """Return when it has everything open that is not measured."""
        while self._line() != _READY:
            continue  # libraries print what they think of the machine when they are imported
        return self

    def lap(self, of_what: object) -> Any:
        """Have it do one lap; note its seconds and return what it came to."""
        self._say(of_what)
        answer = json.loads(self._line())
        self.seconds.append(answer["seconds"])
        return answer["result"]

    @property
    def best(self) -> float:
        """The quickest lap, in seconds: what the machine does besides only ever makes one slower."""
        return min(self.seconds)

    def _say(self, what: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, f"{self.name} has ended: {self._log.read_text(encoding='utf-8')[-3000:]}"
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def interleaved(contestants: Sequence[Contestant], laps: Sequence[Sequence[object]]) -> None:
    """Have all do their laps in turn, so that each pass of the one lies between passes of the others.

    Args:
        contestants: ready ones.
        laps: for each pass, what each contestant does.
    """
    for one_pass in laps:
        for contestant, of_what in zip(contestants, one_pass, strict=True):
            contestant.lap(of_what)
