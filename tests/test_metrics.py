"""What Prometheus reads: names by its conventions, each printed with its meaning, and what is not known left out."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from robots import run_log, settings
from robots.casebook import CaseState
from robots.cli import app
from robots.errors import SetupError
from robots.latest_log import LatestRun
from robots.metrics import METRICS, metrics_text, write_metrics
from robots.situation import CaseAtHand, Situation, SystemSituation, WorkerSituation, situation_by
from tests.test_dashboard import asked, folder, served_here

__all__ = ["folder"]

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def nothing(folder: Path) -> Situation:
    """Return the situation where nothing has ever run."""
    return situation_by(settings.with_paths(settings.load(ROOT), state=folder / "state", logs=folder / "logs"), now=NOW)


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return {(name, labels): value} as a library reads it."""
    return {
        (sample.name, ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_situation_is_read_back_as_it_is(tmp_path: Path) -> None:
    run = LatestRun(
        run_id="abc",
        folder=tmp_path,
        mode="decide",
        began_at=NOW,
        heard_at=NOW,
        ended_at=None,
        is_under_way=True,
        is_complete=False,
        exit_code=None,
        ended={"decided": 3},
        errors=(),
        held={},
    )
    worker = WorkerSituation(
        worker='robot"1',
        machine="a\nb",
        mode="decide",
        began_at=NOW,
        seen_at=NOW,
        is_alive=False,
        cases=(CaseAtHand(reference="EA-26-00017", step="read case", since=NOW),),
    )
    held = SystemSituation(name="case_system", is_open=True, paused_why="", held_why="a screen has changed")
    found = samples(
        metrics_text(
            replace(
                nothing(tmp_path), latest_run=run, workers=(worker,), systems=(held,), counts={CaseState.WAITING: 12}, overdue=4, disk_free_bytes=None
            )
        )
    )
    assert found["kollega_cases", "state=waiting"] == 12
    assert found["kollega_overdue_cases", ""] == 4
    assert found["kollega_system_held", "system=case_system"] == 1
    assert found["kollega_worker_alive", 'machine=a\nb,worker=robot"1'] == 0
    assert found["kollega_worker_cases", 'machine=a\nb,worker=robot"1'] == 1
    assert found["kollega_run_cases", "ending=decided"] == 3
    assert found["kollega_run_under_way", ""] == 1
    assert found["kollega_observed_timestamp_seconds", ""] == NOW.timestamp()
    # What is not known is not 0.
    assert not {name for name, _ in found} & {"kollega_run_exit_code", "kollega_run_ended_timestamp_seconds", "kollega_disk_free_bytes"}


def test_no_case_is_named(tmp_path: Path) -> None:
    assert "EA-26" not in metrics_text(nothing(tmp_path))
    assert not {label for one in METRICS for label in one.labels} & {"case", "reference"}


def test_names_follow_the_conventions_of_prometheus() -> None:
    names = [one.name for one in METRICS]
    assert len(set(names)) == len(names)
    for one in METRICS:
        assert re.fullmatch(r"kollega_[a-z]+(_[a-z]+)*", one.name), one.name
        assert not one.name.endswith(("_total", "_count", "_sum", "_bucket")), f"{one.name} is no counter"
        assert ("timestamp" in one.name) == one.name.endswith("_timestamp_seconds")


def test_every_metric_is_printed_with_its_meaning_also_where_nothing_has_ever_run(tmp_path: Path) -> None:
    printed = metrics_text(nothing(tmp_path)).splitlines()
    assert [line for line in printed if line.startswith("# HELP ")] == [f"# HELP {one.name} {one.meaning}" for one in METRICS]


def test_a_command_prints_the_metrics_and_writes_them_for_the_node_exporter(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["metrics", "--root", str(ROOT)]).stdout
    file = tmp_path / "kollega.prom"
    told = CliRunner().invoke(app, ["metrics", "--root", str(ROOT), "--file", str(file)], catch_exceptions=False).stdout

    assert told == ""
    assert set(samples(file.read_text(encoding="utf-8"))) == set(samples(printed))
    assert oct(file.stat().st_mode & 0o777) == "0o644"
    assert [path.name for path in tmp_path.iterdir()] == ["kollega.prom"]


def test_a_file_that_can_not_be_written_is_an_operators_matter(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="can't be written"):
        write_metrics(tmp_path / "missing" / "kollega.prom", "")


def test_the_dashboard_answers_prometheus_and_monitoring(folder: Path) -> None:
    with served_here(folder) as port:
        status, kind, text = asked(port, "GET", "/metrics")
        assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert samples(text)["kollega_read_faults", ""] == 0
        status, _, text = asked(port, "GET", "/health")
        assert (status, json.loads(text)["status"]) == (200, "ok")

        log = run_log.set_up(settings.load(folder).paths.logs, console=False)
        run_log.event(run_log.Action.RUN_BEGUN)
        run_log.event(run_log.Action.RUN_ENDED, "exit code 1")
        log.close()
        # An answer serves all who ask within a second.
        ends = time.monotonic() + 30
        while status == 200 and time.monotonic() < ends:
            status, _, text = asked(port, "GET", "/health")
        assert (status, json.loads(text)["status"]) == (503, "failing")
