"""How fast past cases are read: a replay goes through 120,000 of them in a minute, and most of that time belongs to the rules."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from robots.casebook import Casebook, DocumentKind
from robots.casebook.tables import CASES, DOCUMENTS

pytestmark = pytest.mark.benchmark

CASES_KEPT = 20_000
CHUNK = 500
#: a tenth of what 20,000 of 120,000 cases may cost on four cores in a minute
MOST_SECONDS = 4.0


def record(seed: int) -> dict[str, object]:
    """A document of some 8 kB, as like and unlike the next as two decisions are."""
    draw = random.Random(seed)
    rows = [
        {
            "place": f"application.{name}",
            "system": "e_service",
            "view": "household",
            "element": name,
            "read_at": f"2026-03-{draw.randint(1, 28):02d}T{draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}:{draw.randint(0, 59):02d}Z",
            "value": "".join(draw.choices("abcdefghijklmnopqrstuvwxyzåäö 0123456789", k=40)),
        }
        for name in ["month", "co_applicant", "civil_status", "children", "housing_form", "incomes", "expenses", "account"] * 4
    ]
    return {"schema": 1, "inputs": rows, "reasons": ["Du har rätt till bistånd enligt 12 kap. 1 § socialtjänstlagen."] * 20}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("casebook") / "casebook.db"
    with Casebook(file) as book:
        engine = book._engine
        ids = [f"ekonomiskt-bistand:EA-26-{number:05d}:2026-03" for number in range(CASES_KEPT)]
        with engine.begin() as connection:
            at = sa.text("'2026-03-01 00:00:00.000000'")
            rows = [{"case_id": one, "reference": one.split(":")[1], "month": "2026-03", "state": "ended"} for one in ids]
            connection.execute(CASES.insert().values(submitted_at=at, ended_at=at), rows)
            connection.execute(
                DOCUMENTS.insert(), [{"case_id": one, "kind": "decision record", "record": record(seed)} for seed, one in enumerate(ids)]
            )
    return file


def test_twenty_thousand_documents_of_8_kb_are_read_in_a_tenth_of_the_replays_time(filled: Path) -> None:
    with Casebook(filled) as book:
        began = time.perf_counter()
        ids = book.case_ids()
        read = 0
        for start in range(0, len(ids), CHUNK):
            read += len(book.documents(DocumentKind.DECISION_RECORD, ids[start : start + CHUNK]))
        seconds = time.perf_counter() - began
    size = filled.stat().st_size
    print(f"\n{read} documents in {seconds:.2f} s, {1e6 * seconds / read:.0f} µs each; the file has {size / 1e6:.0f} MB")  # noqa: T201 - what a benchmark is for
    assert read == CASES_KEPT
    assert seconds < MOST_SECONDS
