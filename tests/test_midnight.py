"""When tests with the durable engine wait for the next day."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.midnight import wait_over_midnight_seconds


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-11-22T12:00:00+00:00", 0),
        ("2026-11-22T22:57:59+00:00", 0),
        ("2026-11-22T22:59:00+00:00", 61),
        ("2026-12-31T22:59:59.500000+00:00", 1.5),
        ("2026-11-22T23:00:00+00:00", 0),
        ("2026-07-31T21:59:00+00:00", 61),
        ("2026-07-31T23:59:00+00:00", 0),
    ],
)
def test_a_test_waits_only_for_a_midnight_in_sweden_that_is_near(now: str, seconds: float) -> None:
    assert wait_over_midnight_seconds(datetime.fromisoformat(now)) == seconds
