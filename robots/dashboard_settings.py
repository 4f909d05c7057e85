"""The section `dashboard` of config/kollega.yaml: the page on this machine that shows how things stand."""

from __future__ import annotations

from dataclasses import dataclass

from robots.yaml_file import Item

_LEAST_PORT, _MOST_PORT = 1024, 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardSettings:
    """How the dashboard is reached. That only this machine can reach it is no setting."""

    port: int = 8780


def read_dashboard_settings(item: Item | None) -> DashboardSettings:
    """Return the settings that stand in the section; those of `DashboardSettings` for what is left out."""
    fields = {} if item is None else item.fields(optional=("port",))
    if "port" not in fields:
        return DashboardSettings()
    port = fields["port"].whole_number(at_most=_MOST_PORT)
    if port < _LEAST_PORT:
        fields["port"].report(f"must be at least {_LEAST_PORT}: ports below it are the system's own")
    return DashboardSettings(port=port)
