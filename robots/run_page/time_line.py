"""When what happened in a run, as bars and marks at their place between its first and its last moment.

Up to some hundred cases each is a bar of its own; of more, columns tell how many ended in each stretch of time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from robots.case import SWEDEN
from robots.run_log import Action
from robots.run_page.record import CaseRecord, RunRecord, Standing

MOST_BARS = 250
MOST_LANES = 16
COLUMNS = 100
MARKS = 240
_STRETCH_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A case, or a column of them; places and widths are percents of the run's time."""

    x: float
    width: float
    #: of a case its lane; of a column where it begins, in percents of the highest one
    y: float
    height: float
    kind: str
    title: str
    reference: str = ""
    is_faulty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Faults in one system in one short stretch."""

    x: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The faults of one system."""

    name: str
    marks: tuple[Mark, ...]
    #: from when on it was held, in percents; None when it was not
    held_from: float | None
    held_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLine:
    """All of it."""

    bars: tuple[Bar, ...]
    #: 0 when the bars are columns
    lanes: int
    #: how many cases the highest column stands for
    highest: int
    rows: tuple[Row, ...]
    #: of the marks, and `held`, those that occur
    kinds: tuple[str, ...]
    #: places and times, in Swedish time
    ticks: tuple[tuple[float, str], ...]


def time_line_of(record: RunRecord) -> TimeLine | None:
    """Return the time line; None where nothing has happened yet."""
    if record.began_at is None or record.seen_at is None:
        return None
    began, span = record.began_at, max(record.seconds, 1.0)
    cases = [case for case in record.cases.values() if case.began_at is not None]
    ends = [record.seen_at if case.standing is Standing.AT_WORK else case.seen_at or began for case in cases]
    lanes = _lanes(cases, ends, began)
    is_single = len(cases) <= MOST_BARS and len(set(lanes)) <= MOST_LANES
    bars, highest = (_single(cases, ends, lanes, began, span), 0) if is_single else _columns(cases, began, span)
    rows = tuple(_rows(record, began, span))
    occurring = {mark.kind for row in rows for mark in row.marks} | {"held" for row in rows if row.held_from is not None}
    return TimeLine(
        bars=tuple(bars),
        lanes=max(lanes, default=0) + 1 if is_single else 0,
        highest=highest,
        rows=rows,
        kinds=tuple(kind for kind in ("error", "warning", "drift", "held") if kind in occurring),
        ticks=tuple(_ticks(began, span)),
    )


def _percent(at: datetime, began: datetime, span: float) -> float:
    return round(min(100.0, max(0.0, (at - began).total_seconds() / span * 100)), 3)


def _lanes(cases: Sequence[CaseRecord], ends: Sequence[datetime], began: datetime) -> list[int]:
    """Return for each case the first lane that is free when it begins; there are as many as cases were worked on at a time."""
    free_from: list[datetime] = []
    lanes: dict[str, int] = {}
    for case, end in sorted(zip(cases, ends, strict=True), key=lambda pair: pair[0].began_at or began):
        begin = case.began_at or began
        lane = next((place for place, free in enumerate(free_from) if free <= begin), len(free_from))
        free_from[lane : lane + 1] = [max(end, begin)]
        lanes[case.reference] = lane
    return [lanes[case.reference] for case in cases]


def _single(cases: Sequence[CaseRecord], ends: Sequence[datetime], lanes: Sequence[int], began: datetime, span: float) -> list[Bar]:
    bars = []
    for case, ended_at, lane in zip(cases, ends, lanes, strict=True):
        x, end = min(99.8, _percent(case.began_at or began, began, span)), _percent(ended_at, began, span)
        faults = f", {case.errors} errors, {case.warnings} warnings" if case.errors or case.warnings else ""
        seconds = f", {case.wall_seconds:.1f} s" if case.wall_seconds is not None else ""
        bars.append(
            Bar(
                x=x,
                width=max(0.15, round(end - x, 3)),
                y=lane,
                height=1,
                kind=_kind(case.standing),
                title=f"{case.reference}: {case.standing}{seconds}{faults}",
                reference=case.reference,
                is_faulty=bool(case.errors or case.warnings),
            )
        )
    return bars


def _columns(cases: Sequence[CaseRecord], began: datetime, span: float) -> tuple[list[Bar], int]:
    counts: dict[int, Counter[Standing]] = {}
    for case in cases:
        place = min(COLUMNS - 1, int(_percent(case.seen_at or began, began, span) / 100 * COLUMNS))
        counts.setdefault(place, Counter())[case.standing] += 1
    highest = max((sum(column.values()) for column in counts.values()), default=1)
    bars = []
    for place, column in sorted(counts.items()):
        filled = 0.0
        title = ", ".join(f"{column[standing]} {standing}" for standing in Standing if column[standing])
        for standing in Standing:
            height = column[standing] / highest * 100
            if height:
                filled += height
                width = 100 / COLUMNS
                bars.append(
                    Bar(x=place * width, width=width * 0.86, y=round(100 - filled, 2), height=round(height, 2), kind=_kind(standing), title=title)
                )
    return bars, highest


def _rows(record: RunRecord, began: datetime, span: float) -> list[Row]:
    stretches: dict[str, dict[int, Counter[str]]] = {}
    levels: dict[tuple[str, int], str] = {}
    for line in record.faults:
        name, place = line.system, int(_percent(line.at, began, span) / 100 * MARKS)
        stretches.setdefault(name, {}).setdefault(place, Counter())[line.action] += 1
        if levels.get((name, place)) != "error":
            levels[name, place] = "error" if line.level == "ERROR" else "drift" if line.action == Action.DRIFT else "warning"
    rows = []
    for name in sorted(stretches, key=lambda one: (not one, one)):
        marks = tuple(
            Mark(
                x=round(min(place / MARKS * 100, 99.6), 3),
                kind=levels[name, place],
                title=f"{_clock(began + timedelta(seconds=place / MARKS * span))} {', '.join(f'{count} {action}' for action, count in what.items())}",
            )
            for place, what in sorted(stretches[name].items())
        )
        system = record.systems.get(name)
        held_at = system.held_at if system else None
        held_from = None if held_at is None else _percent(held_at, began, span)
        rows.append(Row(name=name or "others", marks=marks, held_from=held_from, held_why=system.held_why if system else ""))
    return rows


def _ticks(began: datetime, span: float) -> list[tuple[float, str]]:
    stretch = next((seconds for seconds in _STRETCH_SECONDS if span / seconds <= _MOST_TICKS), int(span / _MOST_TICKS) + 1)
    first = -(-began.timestamp() // stretch) * stretch - began.timestamp()
    with_seconds = stretch % 60 != 0
    found: list[tuple[float, str]] = []
    offset = first
    while offset <= span and len(found) <= _MOST_TICKS:
        at = began + timedelta(seconds=offset)
        found.append((round(offset / span * 100, 3), _clock(at) if with_seconds else at.astimezone(SWEDEN).strftime("%H:%M")))
        offset += stretch
    return found


def _clock(at: datetime) -> str:
    return at.astimezone(SWEDEN).strftime("%H:%M:%S")


def _kind(standing: Standing) -> str:
    return standing.replace(" ", "_")
