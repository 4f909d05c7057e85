"""What a run's log comes to: cases, systems and totals, added up line by line."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from statistics import median

from robots.run_log import Action
from robots.run_page.lines import Line


class Standing(StrEnum):
    """How a case stands by the log of one run."""

    DECIDED = "decided"
    PROPOSED = "proposed"
    HANDED_OFF = "handed off"
    FAILED = "failed"
    WAITS = "waits"
    AT_WORK = "at work"
    QUEUED = "queued"
    #: something was told of it, as an answer in the workbook, and the run did not take it up
    TOLD_OF = "told of"


ENDINGS = (Standing.DECIDED, Standing.PROPOSED, Standing.HANDED_OFF)

_STANDING_AFTER: dict[str, Standing] = {
    Action.CASE_QUEUED: Standing.QUEUED,
    Action.CASE_TAKEN: Standing.AT_WORK,
    Action.CASE_RESUMED: Standing.AT_WORK,
    Action.DECIDED: Standing.DECIDED,
    Action.PROPOSED: Standing.PROPOSED,
    Action.HANDED_OFF: Standing.HANDED_OFF,
    Action.PARKED: Standing.WAITS,
}
_EXIT_CODE = re.compile(r"\bexit code (\d{1,3})\b")
_CODES = re.compile(r"\breason codes: ([A-Z-]+ [0-9]+(?:, [A-Z-]+ [0-9]+)*)")
_MODE = re.compile(r"\bmode (\w+)$")
#: that the calculation, say, is written in one system belongs to that system; assessing belongs to none
OWN_WORK = "(the robot itself)"


@dataclass(slots=True, kw_only=True)
class CaseRecord:
    """One case in one run."""

    reference: str
    standing: Standing = Standing.TOLD_OF
    #: when the robot took it up, aware UTC; None before
    began_at: datetime | None = None
    seen_at: datetime | None = None
    #: told with the ending
    seconds: float | None = None
    steps: int = 0
    warnings: int = 0
    errors: int = 0
    systems: dict[str, None] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        """Take in a line of the case."""
        self.lines.append(line)
        self.seen_at = line.at
        self.warnings += line.level == "WARNING"
        self.errors += line.level == "ERROR"
        self.steps += line.action == Action.STEP_DONE
        if line.system:
            self.systems[line.system] = None
        standing = _STANDING_AFTER.get(line.action)
        if standing is None:
            return
        if standing is Standing.AT_WORK and self.began_at is None:
            self.began_at = line.at
        if standing in ENDINGS:
            self.seconds = line.seconds
        self.standing = Standing.FAILED if standing is Standing.WAITS and line.level == "ERROR" else standing

    @property
    def wall_seconds(self) -> float | None:
        """How long it took, or has taken so far."""
        if self.seconds is not None or self.began_at is None or self.seen_at is None:
            return self.seconds
        return max(0.0, (self.seen_at - self.began_at).total_seconds())


@dataclass(slots=True, kw_only=True)
class SystemRecord:
    """What happened in one system."""

    name: str
    actions: Counter[str] = field(default_factory=Counter)
    step_seconds: list[float] = field(default_factory=list)
    log_in_seconds: float = 0.0
    #: aware UTC; None when it was not held
    held_at: datetime | None = None
    held_why: str = ""
    paused_why: str = ""

    def add(self, line: Line) -> None:
        """Take in a line that names the system."""
        self.actions[line.action] += 1
        if line.action == Action.STEP_DONE and line.seconds is not None:
            self.step_seconds.append(line.seconds)
        elif line.action == Action.LOG_IN:
            self.log_in_seconds += line.seconds or 0.0
        elif line.action == Action.SYSTEM_HELD and self.held_at is None:
            self.held_at, self.held_why = line.at, line.message
        elif line.action == Action.PAUSED:
            self.paused_why = line.message
        elif line.action == Action.UNPAUSED:
            self.paused_why = ""

    @property
    def median_seconds(self) -> float | None:
        """Of a step in it; None without one."""
        return median(self.step_seconds) if self.step_seconds else None


class RunRecord:
    """All of one run, by its log so far."""

    def __init__(self) -> None:
        self.mode = ""
        self.begun_by = ""
        self.began_at: datetime | None = None
        self.seen_at: datetime | None = None
        self.has_begun = False
        #: its last word; None before
        self.end: Line | None = None
        self.was_stopped = False
        self.cases: dict[str, CaseRecord] = {}
        self.systems: dict[str, SystemRecord] = {}
        #: lines without a case
        self.own_lines: list[Line] = []
        #: warnings and errors, and what else belongs to drift
        self.faults: list[Line] = []
        #: pictures that were told of, with the line: its system and case
        self.pictures: list[Line] = []
        self.steps: dict[str, list[float]] = {}
        self.line_count = 0
        #: references of cases that have a new line since `fresh` was cleared
        self.fresh: set[str] = set()

    def add(self, line: Line) -> None:
        """Take in a line of the log."""
        self.line_count += 1
        self.began_at = min(self.began_at or line.at, line.at)
        self.seen_at = max(self.seen_at or line.at, line.at)
        if line.case:
            self.cases.setdefault(line.case, CaseRecord(reference=line.case)).add(line)
        else:
            self.own_lines.append(line)
        self.fresh.add(line.case)
        is_step = line.action == Action.STEP_DONE
        if line.system or is_step:
            name = line.system or OWN_WORK
            self.systems.setdefault(name, SystemRecord(name=name)).add(line)
        if is_step and line.seconds is not None:
            self.steps.setdefault(line.step, []).append(line.seconds)
        if line.level in {"WARNING", "ERROR"}:
            self.faults.append(line)
        if line.action == Action.PICTURE_TAKEN:
            self.pictures.append(line)
        elif line.action == Action.STOP_REQUESTED:
            self.was_stopped = True
        elif line.action == Action.RUN_BEGUN:
            self.has_begun, self.begun_by = True, line.message
            named = _MODE.search(line.message)
            self.mode = named[1] if named else ""
        elif line.action == Action.RUN_ENDED:
            self.end = line

    @property
    def exit_code(self) -> int | None:
        """As the end of the run tells; None when it does not."""
        told = _EXIT_CODE.search(self.end.message) if self.end else None
        return int(told[1]) if told else None

    @property
    def codes(self) -> list[tuple[str, int]]:
        """Why cases went to people, and how many, as the end of the run tells; which case for what is in the workbook alone."""
        told = _CODES.search(self.end.message) if self.end else None
        pairs = (one.split(" ") for one in told[1].split(", ")) if told else ()
        return [(code, int(count)) for code, count in pairs]

    def counts(self) -> Counter[Standing]:
        """Return how many cases stand where."""
        return Counter(case.standing for case in self.cases.values())

    @property
    def seconds(self) -> float:
        """From the first line to the last."""
        return 0.0 if self.began_at is None or self.seen_at is None else (self.seen_at - self.began_at).total_seconds()
