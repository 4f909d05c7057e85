"""The figures of a run, worked out by hand."""

from __future__ import annotations

import pytest

from robots.assessment import Ending, Outcome, RunMode
from robots.errors import ReasonCode
from robots.follow_up import CaseTimes, as_table, summary
from tests.outcomes import outcome_of


def outcome(number: int, ending: Ending, *codes: ReasonCode) -> Outcome:
    return outcome_of(f"case {number}", f"EA-26-{number:05d}", ending=ending, codes=codes)


OUTCOMES = (
    outcome(1, Ending.DECIDED),
    outcome(2, Ending.HANDED_OFF, ReasonCode.INC_DIFF, ReasonCode.PLAN),
    outcome(3, Ending.HANDED_OFF, ReasonCode.INC_DIFF, ReasonCode.INC_DIFF),
    outcome(4, Ending.HANDED_OFF, ReasonCode.ATTACH),
)


def times(number: int, wall: float, waiting: float, screens: float) -> CaseTimes:
    return CaseTimes(reference=f"EA-26-{number:05d}", wall_seconds=wall, waiting_seconds=waiting, screen_seconds=screens)


def test_cases_are_counted_by_ending_and_by_code() -> None:
    figures = summary(OUTCOMES, ())
    assert figures.cases == 4
    assert figures.endings == {Ending.DECIDED: 1, Ending.PROPOSED: 0, Ending.HANDED_OFF: 3}
    # Two cases have INC-DIFF, one of them twice; equally frequent codes stand by name.
    assert list(figures.codes.items()) == [(ReasonCode.INC_DIFF, 2), (ReasonCode.ATTACH, 1), (ReasonCode.PLAN, 1)]


def test_times_are_spread_over_the_cases() -> None:
    # Walls 1, 2, 3, 10: mean 16/4, median (2+3)/2, 95 of 100: between 3 and 10 at place 0.95*3 = 2.85, so 3 + 0.85*7.
    figures = summary(OUTCOMES, [times(1, 1, 0, 1), times(2, 2, 0.5, 1), times(3, 3, 0, 1), times(4, 10, 4, 5)])
    assert (figures.wall.mean, figures.wall.median, figures.wall.total) == (4.0, 2.5, 16.0)
    assert figures.wall.percentile_95 == pytest.approx(8.95)
    assert (figures.waiting.total, figures.screens.total) == (4.5, 8.0)
    assert figures.own.total == pytest.approx(0 + 0.5 + 2 + 1)


def test_the_robots_own_time_is_never_below_zero() -> None:
    # Two screens of one case may be worked at the same time, so that the parts are more than the whole.
    assert times(1, 1, 0.5, 0.9).own_seconds == 0


def test_a_run_without_cases_has_figures_of_zero() -> None:
    figures = summary((), ())
    assert figures.cases == 0
    assert figures.codes == {}
    assert figures.wall.percentile_95 == 0
    assert ("handed off", "0 (0 %)") in as_table(figures, mode=RunMode.DECIDE)


def test_the_table_says_the_figures_with_their_shares() -> None:
    rows = dict(as_table(summary(OUTCOMES, [times(1, 4, 1, 2)]), mode=RunMode.PROPOSE))
    assert rows["mode"] == "propose"
    assert rows["cases"] == "4"
    assert rows["handed off"] == "3 (75 %)"
    assert rows["reason INC-DIFF"] == "2 (50 %)"
    assert rows["seconds per case, median"] == "4.00"
    assert rows["of that in the systems' screens, mean"] == "2.00 (50 %)"
    assert rows["of that the robot's own, mean"] == "1.00 (25 %)"


def test_the_table_of_a_shadow_run_says_what_would_have_been() -> None:
    rows = dict(as_table(summary(OUTCOMES, ()), mode=RunMode.SHADOW))
    assert (rows["mode"], rows["would be decided"], rows["would be handed off"]) == ("shadow", "1 (25 %)", "3 (75 %)")
    assert "decided" not in rows
