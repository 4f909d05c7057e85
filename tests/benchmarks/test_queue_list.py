"""An operator with ten thousand cases sees the queue at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from robots.casebook import Casebook, CaseState
from robots.casebook.tables import CASES

ROOT = Path(__file__).parent.parent.parent
KOLLEGA = Path(sys.executable).parent / "kollega"
CASES_KEPT = 10_000
LIST_SECONDS = 1.0

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("options", [(), ("--json",), ("--state", "ended", "--limit", "200")])
def test_the_first_of_ten_thousand_cases_are_listed_within_a_second(tmp_path: Path, options: tuple[str, ...]) -> None:
    for folder in ("config", "selectors"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    begun = datetime(2026, 3, 1, 5, 30, tzinfo=UTC)
    with Casebook(tmp_path / "logs" / "state" / "casebook.sqlite") as casebook, casebook.engine.begin() as connection:
        rows = [
            {
                "case_id": f"aid:EA-26-{number:05}:2026-03",
                "reference": f"EA-26-{number:05}",
                "month": "2026-03",
                "state": CaseState.ENDED if number % 2 else CaseState.SUBMITTED,
                "submitted_at": begun + timedelta(seconds=number),
                "due_at": begun + timedelta(days=1, seconds=number),
                "ended_at": begun + timedelta(hours=1, seconds=number) if number % 2 else None,
                "outcome": {"ending": "decided", "because": ["Skäl. " * 200]} if number % 2 else None,
            }
            for number in range(CASES_KEPT)
        ]
        connection.execute(CASES.insert(), rows)

    tries = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run([KOLLEGA, "queue", "list", *options], cwd=tmp_path, capture_output=True, text=True, check=True)
        tries.append(time.perf_counter() - began)

    if "--json" in options:
        assert json.loads(done.stdout)["counts"]["submitted"] == CASES_KEPT / 2
    assert min(tries) < LIST_SECONDS, f"{min(tries):.2f} s for {' '.join(options)}"


def test_the_list_does_without_the_engine() -> None:
    code = "import sys, robots.cli.queue, robots.casebook.overview, robots.casebook.pauses, robots.settings; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
