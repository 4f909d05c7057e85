"""A thousand identities through runs of all kinds, and a search for each of them in every file that the product has written outside the casebook.

Each run has an installation, a home and a folder for temporary files of its own. What is searched is all of them, with what was printed, but for
the casebook, where the cases are kept, and the practice systems' own databases. The results that the engine keeps of cases that still wait are
personal, as they must be: of a run that ends with such cases the engine's files are left out, which the table says.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from robots import retention, settings
from robots.casebook import Casebook, CaseState
from robots.practice.households import generate
from robots.practice.municipality import Municipality
from robots.practice.world import Household
from tests.hostile_runs import KOLLEGA, configure
from tests.installation import install
from tests.privacy.identities import wanted_of
from tests.privacy.search import Find, Seen, search

WANTED_PERSONS = 1000
RUN_SECONDS = 1800
#: longer than the engine keeps anything of a case that is over, and shorter than the casebook does
RETAINED = timedelta(days=180)
_DRAWN = 200
#: a case's first steps are done by then, and its last ones are not
KILLED_AFTER_SECONDS = 12


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run, or several one after the other, in systems of their own."""

    name: str
    cases: int
    hostile: Sequence[str] = ()
    on_web: bool = False
    mode: str = "decide"
    #: sent to the robot in the midst of its first run; another run goes on then
    killed_by: signal.Signals | None = None


PLANS = (
    Plan(name="all goes well", cases=60),
    Plan(name="all goes well, on pages", cases=40, on_web=True),
    Plan(name="only proposed", cases=30, mode="propose"),
    Plan(name="nothing is written", cases=30, mode="shadow"),
    Plan(name="error pages, news, lost sessions", cases=30, hostile=("error-pages", "popup", "session-expiry")),
    Plan(name="browser and program die", cases=30, hostile=("e_service:browser-crash-after-save", "case_system:program-crash-after-save")),
    Plan(name="connections are cut", cases=15, hostile=("connection-reset",)),
    Plan(name="sources are down", cases=30, hostile=("source-down",)),
    Plan(name="an unknown dialog", cases=10, hostile=("case_system:unknown-dialog",)),
    Plan(name="a dialog on pages", cases=10, hostile=("case_system:unknown-dialog",), on_web=True),
    Plan(name="a field has another name", cases=10, hostile=("case_system:renamed-field",)),
    Plan(name="a field of the e-service is gone", cases=10, hostile=("e_service:removed-field",)),
    Plan(name="a button is there twice", cases=10, hostile=("population_register:duplicated-button",)),
    Plan(name="a page is covered", cases=10, hostile=("e_service:overlay",)),
    Plan(name="the robot aborts", cases=20, killed_by=signal.SIGABRT),
    Plan(name="the robot is killed", cases=20, killed_by=signal.SIGKILL, on_web=True),
)


@dataclass(frozen=True, kw_only=True)
class Searched:
    """What was found after one of them."""

    plan: Plan
    persons: int
    exit_code: int
    waiting: int
    #: rows of the engine on cases that are over, after the time of retention
    left: int
    seconds: float
    seen: Seen
    finds: Sequence[Find]

    @property
    def row(self) -> str:
        """The line of the table."""
        kept = f"{self.waiting} wait" if self.waiting else "searched"
        figures = (self.plan.cases, self.persons, self.exit_code, self.seen.files, round(self.seen.bytes / 2**20), self.seen.databases)
        more = (self.left, self.seen.pictures, round(self.seconds), len(self.finds))
        return f"{self.plan.name:<34}" + "".join(f"{figure:>9}" for figure in figures) + f"{kept:>10}" + "".join(f"{figure:>9}" for figure in more)


HEADS = ("cases", "persons", "code", "files", "MB", "databases")
HEAD = (
    f"{'run':<34}"
    + "".join(f"{word:>9}" for word in HEADS)
    + f"{'engine':>10}"
    + "".join(f"{word:>9}" for word in ("left", "pictures", "seconds", "found"))
)


def crowded(seed: int, cases: int) -> list[Household]:
    """Return the households of a seed that have the most persons: each more costs a case little, and is one more to be searched for."""
    return sorted(generate(seed, _DRAWN), key=lambda one: len(one.persons), reverse=True)[:cases]


def carried_out(plan: Plan, folder: Path, households: Sequence[Household]) -> Searched:
    """Run the robot, and search everything that it leaves."""
    root, home, scratch = folder / "robot", folder / "home", folder / "scratch"
    for one in (home, scratch):
        one.mkdir(parents=True)
    install(root)
    begun = time.monotonic()
    with Municipality.start(folder / "practice", households, hostile=plan.hostile) as municipality:
        configure(root, municipality, on_web=plan.on_web)
        environment = {**os.environ, **municipality.environment, "HOME": str(home), "TMPDIR": str(scratch)}
        environment = {name: text for name, text in environment.items() if not name.startswith("XDG_")}
        if plan.killed_by is not None:
            started(root, plan.mode, environment, folder / "killed.txt", killed_by=plan.killed_by)
        code = started(root, plan.mode, environment, folder / "printed.txt")
    waiting = waiting_in(root, plan.mode)
    wanted = wanted_of(households, municipality.environment)
    finds, seen = search(list(files_of(folder, without_engine=waiting > 0)), wanted)
    left = rows_after_retention(root, plan.mode)
    # Once more, of what is now written anew; and the engine's files, from which all that had ended is to be gone.
    finds += [one for one in search(list(files_of(root, without_engine=waiting > 0)), wanted)[0] if one not in finds]
    seconds = time.monotonic() - begun
    return Searched(plan=plan, persons=wanted.persons, exit_code=code, waiting=waiting, left=left, seconds=seconds, seen=seen, finds=finds)


def started(root: Path, mode: str, environment: Mapping[str, str], printed: Path, *, killed_by: signal.Signals | None = None) -> int:
    """Run `kollega run`, and send it a signal in the midst of its cases, with leave to dump its memory."""
    with printed.open("wb") as output:
        command = ["bash", "-c", 'ulimit -c unlimited; exec "$@"', "bash", str(KOLLEGA), "run", "--mode", mode]
        robot = subprocess.Popen(command, cwd=root, env=dict(environment), stdout=output, stderr=subprocess.STDOUT)
        if killed_by is None:
            return robot.wait(RUN_SECONDS)
        try:
            return robot.wait(KILLED_AFTER_SECONDS)
        except subprocess.TimeoutExpired:
            robot.send_signal(killed_by)
            return robot.wait(RUN_SECONDS)


def rows_after_retention(root: Path, mode: str) -> int:
    """Delete what the plan no longer lets the robot keep half a year from now, and return how many rows the engine has of cases that are over."""
    retention.run(settings.load(root), now=datetime.now(UTC) + RETAINED)
    state = root / "logs" / "state"
    with closing(sqlite3.connect((state if mode != "shadow" else state / "shadow") / "queue.db")) as engine:
        (rows,) = engine.execute("SELECT count(*) FROM workflow_status WHERE status = 'SUCCESS'").fetchone()
    return int(rows)


def waiting_in(root: Path, mode: str) -> int:
    """Return how many cases are not over."""
    state = root / "logs" / "state"
    with Casebook((state if mode != "shadow" else state / "shadow") / "casebook.sqlite") as casebook:
        return sum(1 for case in casebook.cases() if case.state is not CaseState.ENDED)


def files_of(folder: Path, *, without_engine: bool) -> Iterator[Path]:
    """Yield everything that was written but for the casebook, the practice systems and, if so wished, the engine."""
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        is_casebook = path.name.startswith("casebook.sqlite") and "state" in place.parts
        is_engine = path.name.startswith("queue.db")
        if place.parts[0] != "practice" and not is_casebook and not (is_engine and without_engine) and path.is_file():
            yield path


def main() -> int:
    """Carry out the plans and print the table; 0 when nobody was found and the persons were as many as is promised."""
    options = argparse.ArgumentParser(prog="make privacy", description=__doc__)
    options.add_argument("--seed", type=int, default=101)
    options.add_argument("--only", help="only the runs whose name has this in it")
    options.add_argument("--at-once", type=int, default=2)
    options.add_argument("--keep", action="store_true", help="leave the folders, and print where they are")
    chosen = options.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    plans = [(chosen.seed + number, plan) for number, plan in enumerate(PLANS) if chosen.only is None or chosen.only in plan.name]
    folder = Path(tempfile.mkdtemp(prefix="kollega-privacy-"))
    persons = found = left = 0
    print(HEAD, flush=True)  # noqa: T201 - the table is what this is run for
    with ThreadPoolExecutor(chosen.at_once) as runs:
        under_way = [runs.submit(carried_out, plan, folder / str(seed), crowded(seed, plan.cases)) for seed, plan in plans]
        for one in as_completed(under_way):
            searched = one.result()
            persons, found, left = persons + searched.persons, found + len(searched.finds), left + searched.left
            print(searched.row, flush=True)  # noqa: T201 - the table is what this is run for
            for find in searched.finds[:20]:
                print(f"    {find.what} in {find.file}, {find.within}: {find.text}", flush=True)  # noqa: T201 - the persons are invented
    enough = "" if chosen.only is not None or persons >= WANTED_PERSONS else f", fewer than the {WANTED_PERSONS} that are promised"
    print(f"{persons} identities{enough}; found {found} times outside the casebook, {left} rows left in the engine")  # noqa: T201 - the table is what this is run for
    if chosen.keep:
        print(folder)  # noqa: T201 - the table is what this is run for
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return int(bool(found or left or enough))


if __name__ == "__main__":
    sys.exit(main())
