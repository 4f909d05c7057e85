"""How long the board's follow-up takes for five years of a middle-sized municipality, and how much memory: the whole command; printed, not judged."""

from __future__ import annotations

import re
import shutil
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


@pytest.mark.skipif(shutil.which("time") is None, reason="GNU time is not installed; make setup names what is needed")
def test_five_years_are_followed_up_in_a_few_seconds(tmp_path: Path) -> None:
    lay_out(tmp_path / "casebook.sqlite", year_of_cases(1, cases=CASES, first=date(2021, 10, 1), days=DAYS))
    command = [str(Path(sys.executable).with_name("kollega")), "report", "--state", str(tmp_path), "--to", str(tmp_path / "to")]

    begun = time.perf_counter()
    done = subprocess.run(["time", "-v", *command], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - from the path
    seconds = time.perf_counter() - begun
    kilobytes = re.search(r"Maximum resident set size \(kbytes\): (\d+)", done.stderr)
    processor = sum(float(text) for text in re.findall(r"(?:User|System) time \(seconds\): ([\d.]+)", done.stderr))
    assert kilobytes is not None
    sizes = {file.name: file.stat().st_size // 1000 for file in (tmp_path / "to").iterdir()}
    print(f"\n{CASES} cases: {seconds:.1f} s ({processor:.1f} s of one core), {int(kilobytes[1]) // 1000} MB; kB written: {sizes}")  # noqa: T201 - the benchmark's answer
    assert sizes["uppfoljning.html"] > 0
