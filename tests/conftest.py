"""Benchmarks are run by `make bench`, and the whole row of hostile runs by `make hostile`, or by naming the marker; a test run leaves them out.

The quick tests use all cores; of all those that need a browser, a desk or the durable engine some run at a time, as they wait more than they work.
What is named on the command line, and what is measured, runs one after another. A quick run does not even read a module in which nothing is quick,
as each of its processes would read it by itself.
The collector of garbage leaves alone what is imported and collected: that is kept until the end, and each of the many walks through it would find
nothing to give back.
"""

from __future__ import annotations

import gc
import os
import re
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import hypothesis
import pytest
import typer.main

from tests.postgres import server

__all__ = ["server"]

_FOLDER = Path(__file__).with_name("benchmarks")
_SLOW = ("browser", "desktop", "durable")
_LEFT_OUT = ("benchmark", "hostile")
#: the marks of a whole module, in its one line
_MODULE_MARKS = re.compile(r"^pytestmark = (.*)$", re.MULTILINE)

gc.disable()

# How long one example takes, and drawing it, says how busy the machine is and nothing of what is tested: that is measured in the benchmarks.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

# The commands are made once of the functions that stand behind them, and not anew for each of the hundreds that tests run in one process: that takes
# longer than most commands themselves.
pytest.MonkeyPatch().setattr(typer.main, "get_command", cache(typer.main.get_command))


def is_quick(config: pytest.Config) -> bool:
    return set(config.option.markexpr.split(" and ")) >= {f"not {mark}" for mark in _SLOW}


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    # Those that this process may use: on two of a machine's cores, four processes would only collect twice as much.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if is_quick(config):
        return cores
    return max(1, cores - 1) if config.option.markexpr == "browser or desktop or durable" else 0


def unwanted_marks(config: pytest.Config) -> set[str]:
    named = [Path(arg.partition("::")[0]).resolve() for arg in config.invocation_params.args if not arg.startswith("-")]
    wanted = {mark for mark in _LEFT_OUT if mark in config.option.markexpr}
    if any(path == _FOLDER or _FOLDER in path.parents for path in named):
        wanted.add("benchmark")
    return set(_LEFT_OUT) - wanted


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a module unread whose every test a quick run would leave out; a module that is named on the command line is not asked about."""
    if not (is_quick(config) and collection_path.match("test_*.py")):
        return None
    marks = _MODULE_MARKS.search(collection_path.read_text("utf-8"))
    unwanted = unwanted_marks(config).union(_SLOW)
    return True if marks is not None and unwanted.intersection(re.findall(r"\bmark\.(\w+)", marks[1])) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    unwanted = unwanted_marks(config)
    is_left_out = [any(item.get_closest_marker(mark) is not None for mark in unwanted) for item in items]
    config.hook.pytest_deselected(items=[item for item, is_out in zip(items, is_left_out, strict=True) if is_out])
    items[:] = [item for item, is_out in zip(items, is_left_out, strict=True) if not is_out]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("durable") is not None:
        from tests.midnight import wait_over_midnight_seconds

        time.sleep(wait_over_midnight_seconds(datetime.now(UTC)))


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    # What a test makes is mostly gone with its last reference; the walks for the rest would take a twenty-fifth of a quick run.
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
