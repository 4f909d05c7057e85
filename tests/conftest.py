"""Benchmarks are run by `make bench`, and the whole row of hostile runs by `make hostile`, or by naming the marker; a test run leaves them out.

The quick tests use all cores; of all those that need a browser, a desk or the durable engine some run at a time, as they wait more than they work.
What is named on the command line, and what is measured, runs one after another.
The collector of garbage leaves alone what is imported and collected: that is kept until the end, and each of the many walks through it would find
nothing to give back.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from tests.postgres import server

__all__ = ["server"]

_FOLDER = Path(__file__).with_name("benchmarks")

gc.disable()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    cores = os.cpu_count() or 1
    if set(config.option.markexpr.split(" and ")) >= {"not browser", "not desktop", "not durable"}:
        return cores
    return max(1, cores - 1) if config.option.markexpr == "browser or desktop or durable" else 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    named = [Path(arg.partition("::")[0]).resolve() for arg in config.invocation_params.args if not arg.startswith("-")]
    wanted = {mark for mark in ("benchmark", "hostile") if mark in config.option.markexpr}
    if any(path == _FOLDER or _FOLDER in path.parents for path in named):
        wanted.add("benchmark")
    unwanted = {"benchmark", "hostile"} - wanted
    is_left_out = [any(item.get_closest_marker(mark) is not None for mark in unwanted) for item in items]
    config.hook.pytest_deselected(items=[item for item, is_out in zip(items, is_left_out, strict=True) if is_out])
    items[:] = [item for item, is_out in zip(items, is_left_out, strict=True) if not is_out]


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()
