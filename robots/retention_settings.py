"""How long what the robot keeps is kept: the section `retention` of config/kollega.yaml, which is the municipality's plan in figures.

It stands among the settings and not among the guidelines: guidelines decide cases, and are kept with each case as the rules that it was decided by;
how long something is kept decides none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from robots.yaml_file import Item

_MOST_DAYS = 36_500
_LEAST_CASE_YEARS = 5
_MOST_CASE_YEARS = 100
_DAYS = ("engine_days", "pictures_days", "versions_days", "set_aside_days", "explanations_days", "left_days", "shadow_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """After how long each kind is deleted; logs have `log.keep_days`."""

    #: the board's minute of the plan, as in `§ 112/2025`, and its day; empty and None where the plan is not named
    minute: str = ""
    decided_on: date | None = None
    #: a case that is done, after the last that happened to it (SoL 16 kap. 1 §)
    case_years: int = 5
    #: what the engine has of a case that has ended
    engine_days: int = 30
    pictures_days: int = 30
    #: earlier versions of the workbook
    versions_days: int = 90
    #: workbooks that could not be read or carried over, and states that a backup was put in the place of
    set_aside_days: int = 90
    #: pages that explain cases which no person has any more
    explanations_days: int = 30
    #: what a program that was killed has left in a folder for what is under way
    left_days: int = 1
    #: cases of shadow runs
    shadow_days: int = 90
    #: backups in `backups`, a folder from that of config/; both or none
    backups: str = ""
    backups_days: int | None = None


def read_retention_settings(item: Item | None) -> RetentionSettings:
    """Return what the section says; what is set there wrong is reported."""
    if item is None:
        return RetentionSettings()
    fields = item.fields(optional=("minute", "decided_on", "case_years", "backups", "backups_days", *_DAYS))
    days = {name: _count(fields[name], least=1, most=_MOST_DAYS) for name in _DAYS if name in fields}
    if ("backups" in fields) != ("backups_days" in fields):
        item.report("backups and backups_days go together: a folder, and after how many days a backup there is deleted")
    if ("minute" in fields) != ("decided_on" in fields):
        item.report("minute and decided_on go together: the board's minute of the plan, and its day")
    years = _count(fields["case_years"], least=_LEAST_CASE_YEARS, most=_MOST_CASE_YEARS) if "case_years" in fields else _LEAST_CASE_YEARS
    return RetentionSettings(
        minute=fields["minute"].text() if "minute" in fields else "",
        decided_on=fields["decided_on"].day() if "decided_on" in fields else None,
        case_years=years,
        backups=fields["backups"].text() if "backups" in fields else "",
        backups_days=_count(fields["backups_days"], least=1, most=_MOST_DAYS) if "backups_days" in fields else None,
        **days,
    )


def _count(item: Item, *, least: int, most: int) -> int:
    number = item.whole_number(at_most=most)
    if number < least:
        why = ": the law has a file kept for five years after the last note (SoL 16 kap. 1 §)" if least == _LEAST_CASE_YEARS else ""
        item.report(f"must be at least {least}{why}")
        return least
    return number
