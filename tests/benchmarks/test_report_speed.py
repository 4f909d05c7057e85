"""How long the board's follow-up takes for five years of a middle-sized municipality, and how much memory: the whole command; printed, not judged."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from tests.board_report.laid_out import lay_out, year_of_cases

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).parents[2]
CASES, DAYS = 60_000, 5 * 365


def test_five_years_are_followed_up_in_a_few_seconds(tmp_path: Path) -> None:
    lay_out(tmp_path / "casebook.sqlite", year_of_cases(1, cases=CASES, first=date(2021, 10, 1), days=DAYS))
    command = [str(Path(sys.executable).with_name("kollega")), "report", "--state", str(tmp_path), "--to", str(tmp_path / "to")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    begun = time.perf_counter()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    seconds = time.perf_counter() - begun

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    sizes = {file.name: file.stat().st_size // 1000 for file in (tmp_path / "to").iterdir()}
    print(  # noqa: T201 - what a benchmark is for
        f"\n{CASES} cases: {seconds:.1f} s, {processor:.1f} s of one core, at most {used.ru_maxrss // 1000} MB; kB written: {sizes}"
    )
    assert sizes["uppfoljning.html"] > 0
