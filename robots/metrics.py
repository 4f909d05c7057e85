"""The situation as Prometheus reads it; names and units by its conventions: https://prometheus.io/docs/practices/naming/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from robots.errors import SetupError
from robots.situation import Situation

#: what `/metrics` says its text is
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: {label values: value}; for a metric without labels the key is empty
Values = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricMeaning:
    """One metric: its name, what it says, its labels, and how it is read from the situation."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    read: Callable[[Situation], Values]


def _one(value: float | None) -> Values:
    # What is not known is left out: 0 would be a lie, and Prometheus can tell absence.
    return {} if value is None else {(): float(value)}


def _at(moment: datetime | None) -> Values:
    return _one(None if moment is None else moment.timestamp())


def _per_system(read: Callable[[str, bool, str, str], bool]) -> Callable[[Situation], Values]:
    def values(now: Situation) -> Values:
        return {(one.name,): float(read(one.name, one.is_open, one.paused_why, one.held_why)) for one in now.systems}

    return values


METRICS: tuple[MetricMeaning, ...] = (
    MetricMeaning(
        name="kollega_info",
        meaning="Always 1; the version of the program and the mode that is set.",
        labels=("version", "mode"),
        read=lambda now: {(version("kollega"), now.mode): 1.0},
    ),
    MetricMeaning(
        name="kollega_observed_timestamp_seconds",
        meaning="When this was looked at.",
        labels=(),
        read=lambda now: _at(now.at),
    ),
    MetricMeaning(
        name="kollega_read_faults",
        meaning="What could not be read, such as the casebook; other figures can then be missing.",
        labels=(),
        read=lambda now: _one(len(now.faults)),
    ),
    MetricMeaning(
        name="kollega_cases",
        meaning="Cases in the queue by state.",
        labels=("state",),
        read=lambda now: {(state.value,): float(count) for state, count in now.counts.items()},
    ),
    MetricMeaning(
        name="kollega_cases_ended_today",
        meaning="Cases that ended since midnight in Sweden, by ending.",
        labels=("ending",),
        read=lambda now: {(ending,): float(count) for ending, count in now.ended_today.items()},
    ),
    MetricMeaning(
        name="kollega_cases_ended_last_hour",
        meaning="Cases that ended in the last hour.",
        labels=(),
        read=lambda now: _one(now.ended_last_hour),
    ),
    MetricMeaning(
        name="kollega_oldest_waiting_timestamp_seconds",
        meaning="Since when that case waits which has waited longest; absent when none does.",
        labels=(),
        read=lambda now: _at(now.oldest_waiting_since),
    ),
    MetricMeaning(
        name="kollega_handed_off_open_cases",
        meaning="Cases that were handed off and that no person has answered.",
        labels=(),
        read=lambda now: _one(now.handed_off_open),
    ),
    MetricMeaning(
        name="kollega_overdue_cases",
        meaning="Of the cases that people have, those past their day.",
        labels=(),
        read=lambda now: _one(now.overdue),
    ),
    MetricMeaning(
        name="kollega_pauses",
        meaning="What operators have paused: cases, systems or everything.",
        labels=(),
        read=lambda now: _one(len(now.pauses)),
    ),
    MetricMeaning(
        name="kollega_worker_alive",
        meaning="1 for a robot that gives signs of life, 0 for one that has died.",
        labels=("worker", "machine"),
        read=lambda now: {(one.worker, one.machine): float(one.is_alive) for one in now.workers},
    ),
    MetricMeaning(
        name="kollega_worker_cases",
        meaning="Cases that a robot has at hand.",
        labels=("worker", "machine"),
        read=lambda now: {(one.worker, one.machine): float(len(one.cases)) for one in now.workers},
    ),
    MetricMeaning(
        name="kollega_system_open",
        meaning="1 while the robot may use the system by its hours.",
        labels=("system",),
        read=_per_system(lambda _name, is_open, _paused, _held: is_open),
    ),
    MetricMeaning(
        name="kollega_system_paused",
        meaning="1 while an operator has paused the system.",
        labels=("system",),
        read=_per_system(lambda _name, _open, paused, _held: bool(paused)),
    ),
    MetricMeaning(
        name="kollega_system_held",
        meaning="1 when the latest run held the system: somebody must look at it.",
        labels=("system",),
        read=_per_system(lambda _name, _open, _paused, held: bool(held)),
    ),
    MetricMeaning(
        name="kollega_run_under_way",
        meaning="1 while a run is under way.",
        labels=(),
        read=lambda now: _one(now.latest_run is not None and now.latest_run.is_under_way),
    ),
    MetricMeaning(
        name="kollega_run_began_timestamp_seconds",
        meaning="When the latest run began; absent when there never was one.",
        labels=(),
        read=lambda now: _at(None if now.latest_run is None else now.latest_run.began_at),
    ),
    MetricMeaning(
        name="kollega_run_ended_timestamp_seconds",
        meaning="When the latest run ended; absent while it is under way.",
        labels=(),
        read=lambda now: _at(None if now.latest_run is None else now.latest_run.ended_at),
    ),
    MetricMeaning(
        name="kollega_run_exit_code",
        meaning="Exit code of the latest run; absent while it is under way and when it was killed.",
        labels=(),
        read=lambda now: _one(None if now.latest_run is None else now.latest_run.exit_code),
    ),
    MetricMeaning(
        name="kollega_run_cases",
        meaning="Cases that ended in the latest run, by ending.",
        labels=("ending",),
        read=lambda now: {} if now.latest_run is None else {(ending,): float(count) for ending, count in now.latest_run.ended.items()},
    ),
    MetricMeaning(
        name="kollega_next_run_timestamp_seconds",
        meaning="When the next run is due; absent without a schedule.",
        labels=(),
        read=lambda now: _at(now.next_due_at),
    ),
    MetricMeaning(
        name="kollega_disk_free_bytes",
        meaning="Room left on the disk of the state.",
        labels=(),
        read=lambda now: _one(now.disk_free_bytes),
    ),
    MetricMeaning(
        name="kollega_disk_free_ratio",
        meaning="The share of that disk that is left, 0 to 1.",
        labels=(),
        read=lambda now: _one(now.disk_share_free),
    ),
)


class _Collector(Collector):
    def __init__(self, situation: Situation) -> None:
        self._situation = situation

    def collect(self) -> Iterable[Metric]:
        for one in METRICS:
            family = GaugeMetricFamily(one.name, one.meaning, labels=one.labels)
            for labels, value in one.read(self._situation).items():
                family.add_metric(labels, value)
            yield family


def metrics_text(situation: Situation) -> str:
    """Return the situation in the text format of Prometheus (version 0.0.4); a figure that is not known is left out."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(situation))
    return generate_latest(registry).decode()


def write_metrics(path: Path, text: str) -> None:
    """Put the text in the place of a file, in one act, as the node exporter's textfile collector wants it; others may read it.

    Args:
        path: its name ends with .prom, or the collector passes it over.
        text: from `metrics_text`.

    Raises:
        SetupError: the file can't be written.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        # It holds counts only, and another account reads it.
        new.chmod(0o644)
        new.replace(path)
    except OSError as error:
        raise SetupError(f"{path} can't be written ({error.strerror}); give the robot's account the folder to write in") from None
