"""Several robots side by side, each with cases and systems of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from robots.practice.world import Household
from tests.chaos.judgement import judge
from tests.chaos.lives import live
from tests.chaos.plan import Plan, parted
from tests.chaos.report import Run
from tests.chaos.robot import PLAN

__all__ = ["PLAN", "run", "shared"]


def run(folder: Path, parts: Sequence[Sequence[Household]], plan: Plan, **settings: object) -> list[Run]:
    """Have a robot for each part of the applications killed as the plan says, and judge what has come of it.

    Args:
        folder: gets a folder for each robot; short, as sockets lie in it.
        parts: the applications of each robot.
        plan: of all kills.
        settings: keys of `run` in config/kollega.yaml with other values.
    """
    with ThreadPoolExecutor(len(parts)) as threads:
        return list(threads.map(partial(_run, folder, settings), range(len(parts)), parts, parted(plan, parts)))


def _run(folder: Path, settings: Mapping[str, object], place: int, households: Sequence[Household], plan: Plan) -> Run:
    lives = live(folder / str(place), households, plan, **settings)
    return lives, judge(lives)


def shared(households: Sequence[Household], robots: int) -> list[list[Household]]:
    """Share the applications among the robots; two of the same persons go to the same one, as one system holds both."""
    parts: list[list[Household]] = [[] for _ in range(robots)]
    place_of: dict[str, int] = {}
    for household in households:
        smallest = min(range(robots), key=lambda place: len(parts[place]))
        parts[place_of.setdefault(household.application.applicant, smallest)].append(household)
    return parts
