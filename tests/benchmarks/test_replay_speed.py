"""How fast and how small a replay is: five years of a middle-sized municipality on four cores, the whole command."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from robots.case import CaseFile
from robots.casebook import Casebook
from robots.casebook.tables import CASES, DOCUMENTS
from robots.practice.households import generate
from robots.records import to_record
from tests.practice.case_files_of_households import case_file_of

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).parents[2]
PAST_CASES = 120_000
MOST_SECONDS = 60.0
MOST_MEGABYTES = 1_000.0
#: so many practice households of all kinds, each put into every year of which there are norm and guidelines, since without them a case is soon done
SEEDS, HOUSEHOLDS = 20, 140
YEARS_BACK = range(3)
CHUNK = 2_000

_DATED = re.compile(r"(\b)(20\d\d)(?=-\d\d)")
_MONTH = re.compile(r'("year": )(20\d\d)')


def moved_back(text: str, years: int) -> str:
    """Return a case file with all its days and months so many years earlier; persons and amounts are as they were."""

    def earlier(found: re.Match[str]) -> str:
        return f"{found[1]}{int(found[2]) - years}"

    return _MONTH.sub(earlier, _DATED.sub(earlier, text))


def case_texts() -> Iterator[tuple[str, str]]:
    """Yield month and case file of practice households of every kind, in several years."""
    for seed in range(SEEDS):
        households = generate(seed, HOUSEHOLDS)
        for one in households:
            case = case_file_of(one, households)
            month = case.application.month.value
            text = json.dumps(to_record(CaseFile, case))
            for years in YEARS_BACK:
                moved = moved_back(text, years)
                yield ("unreadable" if month is None else f"{month.year - years}-{month.month:02d}"), moved


def fill(file: Path) -> int:
    """Put the past cases into a casebook, and return how many different ones there are."""
    texts = list(case_texts())
    with Casebook(file) as book, book._engine.begin() as connection:
        at = sa.text("'2026-11-21 08:00:00.000000'")
        for first in range(0, PAST_CASES, CHUNK):
            cases, documents = [], []
            for number in range(first, min(first + CHUNK, PAST_CASES)):
                month, text = texts[number % len(texts)]
                reference = f"EA-{number % 5 + 22}-{number:06d}"
                case_id = f"ekonomiskt-bistand:{reference}:{month}"
                record = json.loads(text)
                record["application"]["reference"] = reference
                cases.append({"case_id": case_id, "reference": reference, "month": month, "state": "ended"})
                documents.append({"case_id": case_id, "kind": "case file", "record": record})
            connection.execute(CASES.insert().values(submitted_at=at, ended_at=at), cases)
            connection.execute(DOCUMENTS.insert(), documents)
    return len(texts)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    began = time.perf_counter()
    different = fill(folder / "casebook.sqlite")
    size = (folder / "casebook.sqlite").stat().st_size / 1e6
    print(f"\n{PAST_CASES} past cases, {different} of them different, in {size:.0f} MB, made in {time.perf_counter() - began:.0f} s")  # noqa: T201 - what a benchmark is for
    return folder


def resident_megabytes(process: int) -> float:
    """Return the memory that a process and all that it has started hold now, shared pages counted for each of them."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(path.parent.name)] = (int(fields[1]), int(fields[21]))
    found, pages = {process}, 0
    # A child has a later number than its parent only by custom: go round until nobody is added.
    while grown := {child for child, (parent, _) in parents.items() if parent in found} - found:
        found |= grown
    pages = sum(parents[one][1] for one in found if one in parents)
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_five_years_of_a_municipality_are_replayed_in_a_minute_and_a_gigabyte(state: Path, tmp_path: Path) -> None:
    changed = tmp_path / "config"
    shutil.copytree(ROOT / "config", changed)
    guidelines = changed / "guidelines.yaml"
    written = guidelines.read_text(encoding="utf-8")
    guidelines.write_text(re.sub(r"children_(\w+): (\d+)", lambda found: f"children_{found[1]}: {int(found[2]) - 500}", written), encoding="utf-8")
    command = [sys.executable, "-c", "from robots.cli import main; main()", "rules", "replay", "--json"]
    options = ["--root", str(ROOT), "--state", str(state), "--config", str(changed), "--to", str(tmp_path / "report")]

    began = time.perf_counter()
    with (tmp_path / "figures.json").open("w+") as out, subprocess.Popen([*command, *options], stdout=out) as process:
        most = 0.0
        while process.poll() is None:
            most = max(most, resident_megabytes(process.pid))
            time.sleep(0.1)
        seconds = time.perf_counter() - began
        assert process.returncode == 0
        out.seek(0)
        figures = json.load(out)

    print(f"\n{PAST_CASES / seconds:.0f} cases/s: {PAST_CASES} past cases in {seconds:.1f} s, at most {most:.0f} MB; {figures['changes']} change")  # noqa: T201 - what a benchmark is for
    print(f"of {figures['spent']['processes']} processes' time, in s: {figures['spent']}")  # noqa: T201 - what a benchmark is for
    assert figures["cases"] == PAST_CASES
    assert 0 < figures["changes"] < PAST_CASES
    assert figures["not_assessed"] == {}
    assert seconds < MOST_SECONDS
    assert most < MOST_MEGABYTES
