"""The section `workbook` of config/kollega.yaml: how the exception workbook is kept."""

from __future__ import annotations

from dataclasses import dataclass

from robots.settings_values import read_days
from robots.yaml_file import Item

_MINUTES_OF_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookSettings:
    """How the exception workbook is kept."""

    #: for so many days a case that is done stays on its list
    done_days: int = 30
    #: so often the service exchanges answers and rows while no run is under way; 0 for never
    sync_minutes: int = 10


def read_workbook_settings(item: Item | None) -> WorkbookSettings:
    """Return what the section says, the usual without one; what is set there wrong is reported."""
    if item is None:
        return WorkbookSettings()
    fields = item.fields("done_days", optional=("sync_minutes",))
    minutes = fields["sync_minutes"].whole_number(at_most=_MINUTES_OF_DAY) if "sync_minutes" in fields else WorkbookSettings().sync_minutes
    return WorkbookSettings(done_days=read_days(fields["done_days"]), sync_minutes=minutes)
