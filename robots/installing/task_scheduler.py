"""The task for Windows' Task Scheduler, which begins single runs; its form is that of Microsoft's schema for tasks, version 1.2."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from robots.accounts import account_variables
from robots.installing import File, Place, Plan, render, schedule_of
from robots.schedule import CronLine

TASK = "kollega-task.xml"
# Task Scheduler takes no more.
_MOST_TRIGGERS = 48
_MINUTES_PER_HOUR = 60
_HOURS = tuple(range(24))
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """When the task begins runs."""

    at: time
    #: minutes between one run and the next through the day; 0 for one a day
    every_minutes: int = 0
    #: names; without any, on all
    weekdays: tuple[str, ...] = ()
    #: without any of either, on every day; `days` alone hold in all months
    days: tuple[int, ...] = ()
    months: tuple[str, ...] = ()


def plan(place: Place, *, to: Path, today: date) -> Plan:
    """Return the task of an installation.

    Args:
        place: the installation; its paths as they are on the Windows machine.
        to: the folder of the file.
        today: the day from which on the task holds.

    Raises:
        SetupError: no run is ever due.
    """
    schedule = schedule_of(place.settings)
    triggers: list[Trigger] = []
    remarks = ["The clock of the machine must be Swedish: the task knows no time zone."]
    for line in schedule.runs:
        found = triggers_of(line)
        if not found or len(triggers) + len(found) > _MOST_TRIGGERS:
            remarks.append(
                f"schedule.runs {line.text} can't be expressed in the task and is left out; begin `kollega serve` at the start of the machine."
            )
        else:
            triggers += found
    if schedule.skip_holidays:
        remarks.append("The task can't skip holidays as schedule.skip_holidays wants.")
    arguments = ["-P", "-m", "robots.cli", "run", "--check", "--root", str(place.settings.root)]
    text = render(
        f"{TASK}.jinja",
        python=place.python,
        arguments=subprocess.list2cmdline(arguments),
        root=place.settings.root,
        user=place.user,
        triggers=triggers,
        today=today,
        all_months=_MONTHS,
        all_days=range(1, 32),
    )
    path = to / TASK
    variables = ", ".join(name for system in place.settings.systems for name in account_variables(system))
    return Plan(
        # What the declaration says, with the mark of the byte order; Task Scheduler takes no other.
        files=(File(path=path, content=text.replace("\n", "\r\n").encode("utf-16"), text=text),),
        commands=(
            f"rem Set the robot's accounts as environment variables of the Windows account {place.user}:",
            f"rem {variables}",
            subprocess.list2cmdline(["schtasks", "/Create", "/TN", "Kollega", "/XML", str(path), "/RU", place.user, "/RP", "*"]),
        ),
        remarks=tuple(remarks),
    )


def triggers_of(line: CronLine) -> tuple[Trigger, ...]:
    """Return the triggers for a cron line; none when Task Scheduler can't express it."""
    minutes, hours, days, months, weekdays = line.fields
    if weekdays is not None and months is not None:
        # It would take the weeks of a month one by one.
        return ()
    clocks = tuple(_clocks(minutes or tuple(range(_MINUTES_PER_HOUR)), hours))
    named = tuple(_MONTHS[month - 1] for month in months or ())
    found: list[Trigger] = []
    for at, every_minutes in clocks:
        if weekdays is not None:
            found.append(Trigger(at=at, every_minutes=every_minutes, weekdays=tuple(_WEEKDAYS[day] for day in weekdays)))
        if weekdays is None or days is not None:
            found.append(Trigger(at=at, every_minutes=every_minutes, days=days or (), months=named))
    return tuple(found) if len(found) <= _MOST_TRIGGERS else ()


def _clocks(minutes: tuple[int, ...], hours: tuple[int, ...] | None) -> Iterator[tuple[time, int]]:
    step = _MINUTES_PER_HOUR // len(minutes)
    is_even = all(later - earlier == step for earlier, later in zip(minutes, minutes[1:], strict=False)) and step * len(minutes) == _MINUTES_PER_HOUR
    if hours is None and is_even:
        yield time(0, minutes[0]), step
        return
    for hour in hours or _HOURS:
        for minute in minutes:
            yield time(hour, minute), 0
