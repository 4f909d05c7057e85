"""Working days in Sweden."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from robots.case import SWEDEN


def due_on(ended_at: datetime, working_days: int) -> date:
    """Return the last day on which a person keeps the promise.

    Args:
        ended_at: when the robot let go of the case; aware. Its day in Sweden is not counted.
        working_days: 0 means the same day, or the next working day when that is none.

    Saturdays, Sundays, public holidays and the eves of midsummer, Christmas and New Year are no working days
    (lag 1930:173 om beräkning av lagstadgad tid, 2 §).
    """
    import holidays

    day = ended_at.astimezone(SWEDEN).date()
    days_off = holidays.country_holidays("SE", categories=("public", "de_facto"))

    def is_off(day: date) -> bool:
        return day.isoweekday() in (6, 7) or day in days_off

    for _ in range(working_days):
        day += timedelta(days=1)
        while is_off(day):
            day += timedelta(days=1)
    while is_off(day):
        day += timedelta(days=1)
    return day
