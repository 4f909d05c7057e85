"""The section `run` of config/kollega.yaml: how far a run goes, how often it tries and how long it waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from robots.assessment import RunMode
from robots.settings_values import read_count, read_days, read_seconds
from robots.yaml_file import Item

_LEAST_LIFELESS_SECONDS = 5
_VIEWS_PER_STEP = 10
_CLOSING_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How the robot works through its cases."""

    #: how far a run may go
    mode: RunMode
    cases_at_once: int
    #: how often a step is tried in all while a system does not work
    tries: int
    #: wait before the second try; each later wait is twice the one before
    first_wait_seconds: float
    #: how long a view may take to come after an address or a press
    view_seconds: float
    #: how long an element of a view that shows may take
    answer_seconds: float
    #: in how many working days after the application an answer is promised; the earliest due is begun first
    promise_working_days: int = 1
    #: after so long a silence a robot that shares the database is taken for dead
    lifeless_seconds: float = 60
    #: after so many deaths of the robot in a row in the same step a case is handed off
    deaths: int = 3
    #: how long at most a system can still be at work on what it was sent and has not answered
    late_seconds: float
    #: a shadow run fills in the case system's window of a calculation, for its sums, and cancels it
    shadow_tries_calculation: bool = True

    @property
    def stop_seconds(self) -> float:
        """How long a run that is told to stop may take at most for the steps under way, and to close the browser and the desks."""
        return _CLOSING_SECONDS + _VIEWS_PER_STEP * self.view_seconds

    @property
    def quiet_seconds(self) -> float:
        """How long a run that works can be without an event: a step with its longest wait, for a late answer, the next try, or another robot."""
        last_wait_seconds = self.first_wait_seconds * float(2 ** max(0, min(self.tries, 20) - 2))
        return self.stop_seconds + max(self.late_seconds, self.lifeless_seconds, last_wait_seconds)


def read_run_settings(item: Item) -> RunSettings:
    """Return what the section says; what is set there wrong is reported."""
    run = item.fields(
        "mode",
        "cases_at_once",
        "tries",
        "first_wait_seconds",
        "view_seconds",
        "answer_seconds",
        optional=("late_seconds", "promise_working_days", "lifeless_seconds", "deaths", "shadow_tries_calculation"),
    )
    return RunSettings(
        mode=run["mode"].choice(RunMode),
        cases_at_once=read_count(run["cases_at_once"]),
        tries=read_count(run["tries"]),
        first_wait_seconds=read_seconds(run["first_wait_seconds"]),
        view_seconds=read_seconds(run["view_seconds"]),
        answer_seconds=read_seconds(run["answer_seconds"]),
        late_seconds=_late_seconds(run),
        promise_working_days=read_days(run["promise_working_days"]) if "promise_working_days" in run else 1,
        lifeless_seconds=_lifeless_seconds(run["lifeless_seconds"]) if "lifeless_seconds" in run else 60,
        deaths=read_count(run["deaths"]) if "deaths" in run else 3,
        shadow_tries_calculation=run["shadow_tries_calculation"].flag() if "shadow_tries_calculation" in run else True,
    )


def _lifeless_seconds(item: Item) -> float:
    seconds = read_seconds(item)
    if seconds < _LEAST_LIFELESS_SECONDS:
        item.report(f"must be at least {_LEAST_LIFELESS_SECONDS}: a machine that is slow for a moment is not dead")
    return seconds


def _late_seconds(run: Mapping[str, Item]) -> float:
    """Return the time of which it is proven that a system has dropped what it never answered: at least as long as the robot waits for an answer."""
    waited_seconds = read_seconds(run["view_seconds"]) + read_seconds(run["answer_seconds"])
    if "late_seconds" not in run:
        return 2 * waited_seconds
    seconds = read_seconds(run["late_seconds"])
    if seconds < waited_seconds:
        run["late_seconds"].report("must be at least view_seconds and answer_seconds together: the robot itself waits as long for an answer")
    return seconds
