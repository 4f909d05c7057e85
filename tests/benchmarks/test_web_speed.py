"""The speed of the web driver: the robot against hand-written scripts on the same pages, in one run, passes of all laid between one another.

The robot does more than they do: it looks before it writes, keeps the casebook, reads back every value and compares every person. To look it opens
pages that the scripts never open, and those say nothing of how fast a library is: the other libraries are therefore measured against the robot on
the scripts' pages, where it reads back and compares all the same. Against Playwright by hand, which is what somebody would write instead of the
robot's own driver, the whole robot must hold. Both are in the table, with both ratios. The scripts that drive Playwright use the same browser as the
robot; the other libraries use Chromium itself without a window, as their users have it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from robots.practice.municipality import Municipality
from robots.practice.world import Household
from tests.benchmarks.contest import ROOT, Contestant
from tests.benchmarks.delays import delayed
from tests.benchmarks.web_case import CALCULATION, case_of, households, task_of, written_effects

pytestmark = [pytest.mark.benchmark, pytest.mark.browser]

RIVALS = ROOT / ".venv" / "rivals" / "bin" / "python"
PASSES = 4  # the first one is for getting warm
SESSIONS = 4
SLOW_PASSES = 3
DELAY_SECONDS = 0.15

MOST_OF_PLAYWRIGHT = 0.9
MOST_OF_FOUR_CONTEXTS = 1.1


class Rival(NamedTuple):
    name: str
    module: str
    #: how many times our time it must need
    least_times: float
    #: that of the whole robot, or of the robot on the pages that the scripts open
    is_against_whole: bool = False


ROBOT = "the robot, everything looked for and read back"
ON_THE_SAME_PAGES = "the robot on the scripts' pages, all read back"
PLAYWRIGHT = Rival("Playwright by hand, nothing read back", "tests.benchmarks.web_playwright", 1 / MOST_OF_PLAYWRIGHT, is_against_whole=True)
OTHERS = (
    Rival("robotframework-browser", "tests.benchmarks.web_robotframework", 1.8),
    Rival("RPA.Browser.Selenium", "tests.benchmarks.web_selenium", 4.0),
)


def why_not(rival: Rival) -> str:
    """Say why the rival can't compete; empty when it can."""
    if not RIVALS.is_file():
        return "not in .venv/rivals; `make bench` installs it"
    if shutil.which("chromium") is None:
        return "chromium is not installed; `make bench` installs it"
    if "selenium" in rival.module and shutil.which("chromedriver") is None:
        return "chromedriver is not installed; `make bench` installs chromium-driver"
    return ""


def check_written(municipality: Municipality, worked: Sequence[Household]) -> None:
    """Hold everybody to what the practice systems say was written: one calculation with the right amount, and one note."""
    for household in worked:
        assert household.case is not None
        assert written_effects(municipality, household.case.case_number) == [("calculation", str(CALCULATION.amount)), ("note", "")]


@contextmanager
def municipality_of(folder: Path, number: int) -> Iterator[tuple[Municipality, list[Household]]]:
    people = households(number)
    with Municipality.start(folder / "municipality", people) as municipality:
        yield municipality, people


def test_a_case_takes_less_time_than_with_other_libraries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reasons = {rival.name: why_not(rival) for rival in OTHERS}
    rivals = [PLAYWRIGHT, *(rival for rival in OTHERS if not reasons[rival.name])]
    with ExitStack() as stack:
        municipality, people = stack.enter_context(municipality_of(tmp_path, PASSES * (len(rivals) + 2)))

        def contestant(name: str, module: str) -> Contestant:
            task = task_of(municipality, {"sessions": 1, "folder": str(tmp_path), "is_whole": name == ROBOT})
            python = {"python": RIVALS} if any(one.module == module for one in OTHERS) else {}
            log = tmp_path / f"{len(list(tmp_path.iterdir()))}.log"
            return stack.enter_context(Contestant(name, module, task, log=log, environment=os.environ, **python)).wait_until_ready()

        robots = [contestant(name, "tests.benchmarks.web_robot") for name in (ROBOT, ON_THE_SAME_PAGES)]
        contestants = [*robots, *(contestant(rival.name, rival.module) for rival in rivals)]
        left = iter(people)
        for _ in range(PASSES):
            for one in contestants:
                one.lap([case_of(next(left))])
        check_written(municipality, people)

    whole, on_the_same_pages, *others = contestants
    times: dict[str, float] = {}
    lines = [f"{one.name:48} {one.best:6.2f} s" for one in robots]
    for rival, one in zip(rivals, others, strict=True):
        against_whole, against_same = one.best / whole.best, one.best / on_the_same_pages.best
        times[rival.name] = against_whole if rival.is_against_whole else against_same
        limit = f"at least {rival.least_times:.2f} times {'the first' if rival.is_against_whole else 'the second'}"
        lines.append(f"{one.name:48} {one.best:6.2f} s  {against_whole:5.2f} times the first, {against_same:5.2f} times the second; {limit}")
    lines += [f"{name:48} left out: {reason}" for name, reason in reasons.items() if reason]
    with capsys.disabled():
        print(f"\nA case on the web, log-in kept, no server delay; best of {PASSES} passes", *lines, sep="\n")  # noqa: T201 - what a benchmark is for
    assert {rival.name: times[rival.name] for rival in rivals if times[rival.name] < rival.least_times} == {}


def test_four_sessions_at_a_slow_server_keep_up_with_four_contexts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every page costs the delay, so those are compared that open the same pages; the whole robot opens more, to look before it writes."""
    names = (ROBOT, ON_THE_SAME_PAGES, "Playwright by hand, asynchronous")
    modules = ("tests.benchmarks.web_robot", "tests.benchmarks.web_robot", "tests.benchmarks.web_playwright_async")
    with ExitStack() as stack:
        municipality, people = stack.enter_context(municipality_of(tmp_path, len(names) * SLOW_PASSES * SESSIONS))
        addresses = stack.enter_context(delayed(municipality.addresses, DELAY_SECONDS))
        contestants = []
        for place, (name, module) in enumerate(zip(names, modules, strict=True)):
            task = {**task_of(municipality, {"sessions": SESSIONS, "folder": str(tmp_path), "is_whole": name == ROBOT}), "addresses": addresses}
            log = tmp_path / f"{place}.log"
            contestants.append(stack.enter_context(Contestant(name, module, task, log=log, environment=os.environ)).wait_until_ready())
        left = iter(people)
        for _ in range(SLOW_PASSES):
            for one in contestants:
                one.lap([case_of(next(left)) for _ in range(SESSIONS)])
        check_written(municipality, people)

    _, robot, playwright = (one.best for one in contestants)
    lines = [f"{one.name:48} {one.best:6.2f} s  {one.best / playwright:5.2f} of Playwright's" for one in contestants]
    heading = f"\nFour sessions, every answer {DELAY_SECONDS * 1000:.0f} ms late, a case in each, all together; best of {SLOW_PASSES} passes"
    with capsys.disabled():
        print(heading, *lines, f"The second at most {MOST_OF_FOUR_CONTEXTS:.2f}", sep="\n")  # noqa: T201 - what a benchmark is for
    assert robot / playwright <= MOST_OF_FOUR_CONTEXTS
