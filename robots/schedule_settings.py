"""The section `schedule` of config/kollega.yaml: when runs begin and end, and from when on one is taken for hung."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from robots.schedule import HUNG_MINUTES, CronLine, Opening, Schedule, parse_clock
from robots.settings_values import read_count, read_parsed
from robots.yaml_file import Item


def read_schedule_settings(item: Item | None, *, hours: Mapping[str, tuple[Opening, ...]], quiet_seconds: float) -> Schedule:
    """Return what the section says; what is set there wrong is reported.

    Args:
        item: the section, None when the file has none.
        hours: when each system may be used; empty for one that always may.
        quiet_seconds: for how long a run that works can be without an event.
    """
    fields = {} if item is None else item.fields(optional=("runs", "skip_holidays", "last_case_at", "stop_at", "hung_minutes"))
    least_minutes = math.ceil(quiet_seconds / 60)
    hung_minutes = read_count(fields["hung_minutes"]) if "hung_minutes" in fields else max(HUNG_MINUTES, least_minutes)
    if hung_minutes < least_minutes:
        fields["hung_minutes"].report(
            f"must be at least {least_minutes}: by the waits that are set under run, one that works can be quiet for so long"
        )
    lines = [read_parsed(one, CronLine.parse) for one in fields["runs"].items(may_be_empty=False)] if "runs" in fields else []
    schedule = Schedule(
        runs=tuple(line for line in lines if line is not None),
        skip_holidays="skip_holidays" in fields and fields["skip_holidays"].flag(),
        last_case_at=read_parsed(fields["last_case_at"], parse_clock) if "last_case_at" in fields else None,
        stop_at=read_parsed(fields["stop_at"], parse_clock) if "stop_at" in fields else None,
        hung_minutes=hung_minutes,
        hours=MappingProxyType({name: openings for name, openings in hours.items() if openings}),
    )
    for line in schedule.unmet_runs():
        fields["runs"].report(f"{line.text} is due on holidays only, and skip_holidays leaves these out")
    return schedule
