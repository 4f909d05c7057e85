"""Benchmarks are run by `make bench`, and the whole row of hostile runs by `make hostile`, or by naming the marker; a test run leaves them out.

The collector of garbage leaves alone what is imported and collected: that is kept until the end, and each of the many walks through it would find
nothing to give back.
"""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

_FOLDER = Path(__file__).with_name("benchmarks")

gc.disable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    named = [Path(arg.partition("::")[0]).resolve() for arg in config.invocation_params.args if not arg.startswith("-")]
    wanted = {mark for mark in ("benchmark", "hostile") if mark in config.option.markexpr}
    if any(path == _FOLDER or _FOLDER in path.parents for path in named):
        wanted.add("benchmark")
    left_out = [item for item in items if any(item.get_closest_marker(mark) is not None for mark in {"benchmark", "hostile"} - wanted)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()
