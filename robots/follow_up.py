"""The figures of a run: how the cases ended, why they went to a person, and where the time went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from robots.assessment import Ending, Outcome, RunMode
from robots.errors import ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTimes:
    """Where the time of one case went, in seconds."""

    reference: str
    #: from when a worker took the case until it ended
    wall_seconds: float
    #: waiting for a free session of some system
    waiting_seconds: float
    #: in the systems' screens: finding, reading, entering and waiting for their answers
    screen_seconds: float

    @property
    def own_seconds(self) -> float:
        """The robot's own overhead: rules, records and the engine."""
        return max(0.0, self.wall_seconds - self.waiting_seconds - self.screen_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """How one kind of time is spread over the cases; all 0 when there are none."""

    mean: float
    median: float
    #: 95 of 100 cases took at most so long
    percentile_95: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of a run."""

    cases: int
    endings: dict[Ending, int]
    #: cases with the code, the most frequent first; a case with several codes counts under each
    codes: dict[ReasonCode, int]
    wall: Seconds
    waiting: Seconds
    screens: Seconds
    own: Seconds


def summary(outcomes: Sequence[Outcome], times: Sequence[CaseTimes]) -> Summary:
    """Return the figures of the cases that ended; cases without times are left out of the times alone."""
    endings = pd.Series([one.ending for one in outcomes], dtype="object").value_counts()
    codes = pd.Series([code for one in outcomes for code in dict.fromkeys(one.codes)], dtype="object").value_counts()
    # Sorted by name first, so that codes equally frequent stand in the same order in every run.
    codes = codes.sort_index().sort_values(ascending=False, kind="stable")
    frame = pd.DataFrame(
        [(one.wall_seconds, one.waiting_seconds, one.screen_seconds, one.own_seconds) for one in times],
        columns=["wall", "waiting", "screens", "own"],
        dtype="float64",
    )
    return Summary(
        cases=len(outcomes),
        endings={ending: int(endings.get(ending, 0)) for ending in Ending},
        codes={ReasonCode(str(code)): int(count) for code, count in codes.items()},
        wall=_spread(frame["wall"]),
        waiting=_spread(frame["waiting"]),
        screens=_spread(frame["screens"]),
        own=_spread(frame["own"]),
    )


def as_table(figures: Summary, *, mode: RunMode) -> list[tuple[str, str]]:
    """Return the figures of a run as rows of name and value, for printing; those of a shadow run as what would have been."""
    rows = [("mode", mode.value), ("cases", str(figures.cases))]
    rows += [
        (ending.value if mode.writes else f"would be {ending.value}", _with_share(count, figures.cases)) for ending, count in figures.endings.items()
    ]
    rows += [(f"reason {code}", _with_share(count, figures.cases)) for code, count in figures.codes.items()]
    rows += [
        ("seconds per case, mean", f"{figures.wall.mean:.2f}"),
        ("seconds per case, median", f"{figures.wall.median:.2f}"),
        ("seconds per case, 95 of 100 within", f"{figures.wall.percentile_95:.2f}"),
    ]
    parts = (("waiting for a free session", figures.waiting), ("in the systems' screens", figures.screens), ("the robot's own", figures.own))
    rows += [(f"of that {name}, mean", f"{part.mean:.2f} ({_percent(part.total, figures.wall.total)})") for name, part in parts]
    return rows


def _spread(seconds: pd.Series[float]) -> Seconds:
    if seconds.empty:
        return Seconds(mean=0.0, median=0.0, percentile_95=0.0, total=0.0)
    return Seconds(
        mean=float(seconds.mean()), median=float(seconds.median()), percentile_95=float(seconds.quantile(0.95)), total=float(seconds.sum())
    )


def _with_share(count: int, of: int) -> str:
    return f"{count} ({_percent(count, of)})"


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"
