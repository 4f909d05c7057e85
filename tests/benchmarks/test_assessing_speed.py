"""How fast a case is assessed, on one core: thousands a second, so that five years of cases can be assessed again in a minute."""

from __future__ import annotations

import time

import pytest

from robots.rules import assess
from tests.case_files import LAW, ordinary_family

pytestmark = pytest.mark.benchmark

ASSESSMENTS = 3000
LEAST_PER_SECOND = 5000
#: what noting the bases of all answers and figures may cost
MOST_TIMES_AS_LONG = 1.6


def assessments_per_second(*, with_bases: bool) -> float:
    """Return the best of five runs: what else the machine does only ever makes a run slower."""
    case = ordinary_family()
    best = 0.0
    for _ in range(5):
        began = time.process_time()
        for _ in range(ASSESSMENTS):
            assess(case, LAW, with_bases=with_bases)
        best = max(best, ASSESSMENTS / (time.process_time() - began))
    return best


def test_an_ordinary_family_is_assessed_five_thousand_times_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    calculation = assess(ordinary_family(), LAW).calculation
    assert calculation is not None
    assert calculation.amount == 14590

    plain, noted = assessments_per_second(with_bases=False), assessments_per_second(with_bases=True)

    with capsys.disabled():
        print(f"\nassessments a second on one core: {plain:.0f}, with the bases of all findings and figures {noted:.0f}")  # noqa: T201 - the measure is the point
    assert plain >= LEAST_PER_SECOND
    assert plain / noted <= MOST_TIMES_AS_LONG
