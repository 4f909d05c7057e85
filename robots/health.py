"""Whether all is well, in one word, for load balancers and monitoring: it is, unless something stands that somebody must act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from robots import alerts
from robots.alerts.causes import Severity
from robots.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How things are."""

    is_well: bool
    #: what somebody must act on, in sentences; none when all is well
    because: tuple[str, ...]
    #: what somebody should know, in sentences
    beside: tuple[str, ...]

    @property
    def record(self) -> dict[str, object]:
        """The same for programs; the keys are an interface."""
        return {"schema": 1, "status": "ok" if self.is_well else "failing", "because": list(self.because), "beside": list(self.beside)}


def health_of(settings: Settings, *, now: datetime, mistakes: str = "") -> Health:
    """Return how things are, by the same causes that operators are told of; nothing is told or remembered.

    Args:
        settings: of the installation.
        now: aware time.
        mistakes: of the configuration, one a line.
    """
    standing, _ = alerts.standing(settings, now=now, mistakes=mistakes)
    because = tuple(one.alert.what for one in standing if one.alert.severity is Severity.ERROR)
    beside = tuple(one.alert.what for one in standing if one.alert.severity is not Severity.ERROR)
    return Health(is_well=not because, because=because, beside=beside)
