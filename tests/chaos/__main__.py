"""`python -m tests.chaos --seed 1 --cases 200 --kills 300`: kills the robot and all that it works with, and judges what has come of it."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from robots.practice.households import generate
from robots.practice.world import Household
from tests.chaos.judgement import judge
from tests.chaos.lives import ROOT, live
from tests.chaos.plan import Plan, draw
from tests.chaos.report import Run, complaints, report

#: in one municipality; the test numbers are enough for so many short cases
MOST_IN_ONE = 110
_DRAWN = 200
#: cases of more persons cost time, and try nothing more
_MOST_PERSONS = 3


def main() -> int:
    """Run the chaos, print the tables, and keep them under logs/."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Kill the robot, and all that it works with, again and again.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--kills", type=int, default=300, help="of the robot; what it works with is killed besides")
    parser.add_argument("--robots", type=int, default=2, help="so many side by side, each with systems of its own")
    parser.add_argument("--only", default="", metavar="POINT", help="kill the robot at this point alone, as in 'register payment: stored'")
    parser.add_argument("--keep", action="store_true", help="keep the folders of the robots and the systems")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    begun = time.monotonic()
    parts = [
        (seed, _part(chosen.cases, chosen.robots, place), _part(chosen.kills, chosen.robots, place))
        for place, seed in enumerate(range(chosen.seed, chosen.seed + chosen.robots))
    ]
    plans = [
        (cases, draw(seed, cases, kills, only=chosen.only))
        for seed, cases, kills in ((seed, short(seed, cases), kills) for seed, cases, kills in parts)
    ]
    with ThreadPoolExecutor(chosen.robots) as threads:
        runs = list(threads.map(partial(_run, folder), range(len(plans)), *zip(*plans, strict=True)))
    text = (
        f"seed {chosen.seed}, {chosen.cases} cases, {chosen.kills} kills, {chosen.robots} robots\n\n{report(runs, seconds=time.monotonic() - begun)}"
    )
    path = ROOT / "logs" / f"chaos-{chosen.seed}.txt"
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{text}\nReport: {path}\n")
    is_bad = bool(complaints(runs))
    if is_bad:
        for place in range(len(plans)):
            sys.stdout.write(f"Plan:   {folder / str(place) / 'plan.json'}\n")
    elif not chosen.keep:
        shutil.rmtree(folder)
    return 1 if is_bad else 0


def short(seed: int, cases: int) -> list[Household]:
    """Return so many households of few persons.

    Raises:
        ValueError: there are not so many.
    """
    found = [one for one in generate(seed, _DRAWN) if len(one.persons) <= _MOST_PERSONS]
    if len(found) < cases:
        raise ValueError(f"there are {len(found)} short cases in one municipality; take more robots")
    return found[:cases]


def _part(whole: int, parts: int, place: int) -> int:
    return whole // parts + (1 if place < whole % parts else 0)


def _run(folder: Path, place: int, households: Sequence[Household], plan: Plan) -> Run:
    lives, municipality = live(folder / str(place), households, plan)
    return lives, judge(lives, municipality)


if __name__ == "__main__":
    sys.exit(main())
