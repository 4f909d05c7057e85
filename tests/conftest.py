"""Benchmarks are run by `make bench`, or by naming their folder or the marker; a test run leaves them out."""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDER = Path(__file__).with_name("benchmarks")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    named = [Path(arg.partition("::")[0]).resolve() for arg in config.invocation_params.args if not arg.startswith("-")]
    if "benchmark" in config.option.markexpr or any(path == _FOLDER or _FOLDER in path.parents for path in named):
        return
    left_out = [item for item in items if item.get_closest_marker("benchmark") is not None]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item.get_closest_marker("benchmark") is None]
