"""The end of a day in Sweden: no test that stops a robot and begins it again is to go over it, since what was read the day before is read anew."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from robots.case import SWEDEN

#: longer than nearly every test takes
_WINDOW = timedelta(minutes=2)


def wait_over_midnight_seconds(now: datetime) -> float:
    """Return how long to wait before such a test is begun; 0 nearly always."""
    here = now.astimezone(SWEDEN)
    left = datetime.combine(here.date() + timedelta(days=1), time.min, tzinfo=SWEDEN) - here
    return left.total_seconds() + 1 if left < _WINDOW else 0
