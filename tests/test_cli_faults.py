"""What is told of a fault that nobody foresaw: its kind and its places, and nothing that it was about."""

from __future__ import annotations

import subprocess
import sys

import pytest

from robots import cli
from robots.cli import faults
from robots.cli.faults import lines_of

VALUE = "Storgatan 1"


def tell(code: str) -> str:
    """Return what a process prints that ends by the code."""
    whole = f"from robots.cli.faults import tell_without_values; tell_without_values(); value = 'Stor' + 'gatan 1'\n{code}"
    return subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize(
    "code",
    [
        "raise KeyError(value)",
        "import json; json.loads(value)",
        "try:\n    raise ValueError(value)\nexcept ValueError as error:\n    raise RuntimeError(value) from error",
        "raise ExceptionGroup(value, [ValueError(value)])",
        "import threading; t = threading.Thread(target=lambda: int(value)); t.start(); t.join()",
        "class A:\n    def __del__(self): raise ValueError(value)\na = A(); del a",
        "import asyncio\nasync def fail(): raise ValueError(value)\nasync def go(): task = asyncio.create_task(fail()); await asyncio.sleep(0)\n"
        "asyncio.run(go())",
        "import logging; logging.getLogger('library').error('%s', value)",
    ],
)
def test_what_nobody_caught_is_told_without_its_text(code: str) -> None:
    assert VALUE not in tell(code)


def test_a_command_that_fails_by_a_fault_of_its_own_ends_so_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(VALUE)

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr(faults, "tell_without_values", lambda: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert VALUE not in told


def test_kind_file_line_and_function_are_told_of_each_exception_that_led_to_it() -> None:
    told = tell("def inner(): return int(value)\ntry:\n    inner()\nexcept ValueError as error:\n    raise RuntimeError(value) from error")

    assert "RuntimeError\n  <string>:6 in <module>\nValueError\n  <string>:4 in <module>\n  <string>:2 in inner\n" in told
    assert "Tell the developer" in told


def test_exceptions_that_name_one_another_are_told_once() -> None:
    first, second = ValueError(VALUE), KeyError(VALUE)
    first.__cause__, second.__cause__ = second, first

    assert list(lines_of(first)) == ["ValueError", "KeyError"]
