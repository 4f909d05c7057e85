"""`python -m tests.chaos --seed 1 --cases 200 --kills 320`: kills the robot and all that it works with, and judges what has come of it."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from robots.practice.households import generate
from robots.practice.world import Household
from tests.chaos.lives import ROOT
from tests.chaos.plan import draw
from tests.chaos.report import complaints, missed, report
from tests.chaos.runs import PLAN, run, shared

#: as many as the test numbers are enough for
_MOST_CASES = 200
#: cases of more persons cost time, and try nothing more
_MOST_PERSONS = 3


def main() -> int:
    """Run the chaos, print the tables, and keep them under logs/."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Kill the robot, and all that it works with, again and again.")
    parser.add_argument("--seed", type=int, default=1, help="decides households and kills")
    parser.add_argument("--cases", type=int, default=_MOST_CASES, help=f"at most {_MOST_CASES}")
    parser.add_argument("--kills", type=int, default=320, help="of the robot; what it works with is killed besides")
    parser.add_argument("--robots", type=int, default=3, help="so many share the cases, each with systems of its own")
    parser.add_argument("--only", default="", metavar="POINT", help="kill the robot at this point alone, as in 'register payment: stored'")
    parser.add_argument("--keep", action="store_true", help="keep the folders of the robots and the systems")
    chosen = parser.parse_args()
    parts = shared(chosen_of(chosen.seed, chosen.cases), chosen.robots)
    households = [one for part in parts for one in part]
    plan = draw(chosen.seed, households, chosen.kills, robots=chosen.robots, only=chosen.only)
    if not plan.deaths:
        parser.error(f"no case passes such a point for certain: {chosen.only}")
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    begun = time.monotonic()
    runs = run(folder, parts, plan)
    head = (
        f"seed {chosen.seed}, {len(households)} cases, {chosen.kills} kills, {chosen.robots} robots{f', only {chosen.only}' if chosen.only else ''}"
    )
    text = f"{head}\n\n{report(runs, seconds=time.monotonic() - begun)}"
    path = ROOT / "logs" / f"chaos-{chosen.seed}.txt"
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{text}\nReport: {path}\n")
    is_bad = bool(complaints(runs) or missed(runs))
    if is_bad or chosen.keep:
        sys.stdout.write("".join(f"Plan:   {one}\n" for one in sorted(folder.glob(f"*/{PLAN}"))))
    else:
        shutil.rmtree(folder)
    return 1 if is_bad else 0


def chosen_of(seed: int, cases: int) -> list[Household]:
    """Return so many households of the seed: first proposals, which are few and whose writes are to be killed at too, then those of few persons."""
    of_applicant: dict[str, list[Household]] = {}
    # Drawn from twice as many, so that enough are proposals.
    for household in generate(seed, 2 * _MOST_CASES):
        of_applicant.setdefault(household.application.applicant, []).append(household)
    found: list[Household] = []
    # Two applications of one person stay together: each is worked out with the other.
    for group in sorted(of_applicant.values(), key=_is_common):
        if len(found) + len(group) <= cases:
            found += group
    return found


def _is_common(group: list[Household]) -> tuple[bool, bool]:
    return all(one.expected.ending != "proposed" for one in group), any(len(one.persons) > _MOST_PERSONS for one in group)


if __name__ == "__main__":
    sys.exit(main())
