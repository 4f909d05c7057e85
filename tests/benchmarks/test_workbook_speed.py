"""How fast a workbook of 10,000 rows is read, merged and made, against the libraries alone in the same run, and in how much memory.

Each is done in a process of its own, and counts the processor's time: what else the machine does is no part of it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.benchmark

REPOSITORY = Path(__file__).parent.parent.parent
READ_RATIO, MERGE_RATIO, NEW_RATIO = 1 / 3, 1.3, 1.5
MOST_MEGABYTES = 300
RUNS = 3


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("full") / "undantag.xlsx"
    race("new", path)
    return path


def race(what: str, path: Path) -> tuple[float, float]:
    """Return the seconds of work and the megabytes that something takes."""
    command = [sys.executable, "-m", "tests.benchmarks.workbook_race", what, str(path)]
    done = json.loads(subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=300).stdout)
    return done["seconds"], done["megabytes"]


def best(what: str, path: Path, folder: Path) -> tuple[float, float]:
    """Return the least of a few runs, each on a copy of its own."""
    runs = []
    for number in range(RUNS):
        copy = folder / f"{what} {number}" / path.name
        copy.parent.mkdir()
        shutil.copyfile(path, copy)
        runs.append(race(what, copy))
    return min(seconds for seconds, _ in runs), max(megabytes for _, megabytes in runs)


@pytest.mark.parametrize(
    ("what", "plain", "ratio"), [("read", "plain_read", READ_RATIO), ("merged", "plain_merge", MERGE_RATIO), ("new", "plain_new", NEW_RATIO)]
)
def test_ten_thousand_rows_take_little_more_than_the_library_alone(full: Path, tmp_path: Path, what: str, plain: str, ratio: float) -> None:
    (seconds, megabytes), (plain_seconds, _) = best(what, full, tmp_path), best(plain, full, tmp_path)
    print(f"{what}: {seconds:.2f} s, {seconds / plain_seconds:.2f} of {plain} ({plain_seconds:.2f} s), {megabytes:.0f} MB")  # noqa: T201 - the figure
    assert seconds <= ratio * plain_seconds
    assert megabytes < MOST_MEGABYTES


def test_nothing_is_rewritten_when_nothing_has_changed(full: Path) -> None:
    before = (full.read_bytes(), full.stat().st_mtime_ns)
    seconds, megabytes = race("unchanged", full)
    print(f"unchanged: {seconds:.2f} s, {megabytes:.0f} MB")  # noqa: T201 - the figure
    assert (full.read_bytes(), full.stat().st_mtime_ns) == before
    assert megabytes < MOST_MEGABYTES
