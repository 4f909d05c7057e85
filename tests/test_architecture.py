"""What the architecture forbids: held here where the import contracts in pyproject.toml do not reach."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWNERS_CARD = {"pyproject.toml", "robots", "config", "selectors", "logs", "tests", "README.md"}
BESIDE_IT = {"LICENSE", "Makefile", ".gitignore", ".ci", "requirements.lock"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - git from the path
    if listed.returncode != 0:
        return [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def test_the_top_level_holds_the_owners_card_and_what_is_needed_beside_it() -> None:
    assert {path.parts[0] for path in tracked()} - OWNERS_CARD - BESIDE_IT == set()


@pytest.mark.parametrize("folder", ["config", "selectors", "logs"])
def test_folders_of_plain_files_hold_no_python(folder: str) -> None:
    """With an `__init__.py` in it, `selectors/` would hide the standard library's module that asyncio imports."""
    assert list((ROOT / folder).rglob("*.py")) == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "manager", "core", "base", "misc", "data", "info"}

    assert [path for path in tracked() if path.suffix == ".py" and path.stem in nothing] == []


def test_systems_and_handling_hold_no_raw_selector() -> None:
    raw = re.compile(r"css=|xpath|//\*|locator\(|querySelector|\.png\b")
    above_screens = [ROOT / "robots" / "handling.py", *(ROOT / "robots" / "systems").glob("*.py")]

    assert [path.name for path in above_screens if raw.search(path.read_text(encoding="utf-8"))] == []


def test_money_is_never_a_float_in_the_words_of_the_trade_and_in_the_rules() -> None:
    modules = [ROOT / "robots" / "case.py", *(ROOT / "robots" / "rules").glob("*.py"), *(ROOT / "robots" / "practice" / "households").glob("*.py")]
    floats = [
        f"{path.name}:{node.lineno}"
        for path in modules
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float)) or (isinstance(node, ast.Name) and node.id == "float")
    ]

    assert floats == []


def test_every_module_begins_with_what_it_is_for() -> None:
    silent = [
        path
        for path in tracked()
        if path.suffix == ".py" and path.parts[0] == "robots" and not ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    ]

    assert silent == []


def test_nothing_waits_a_fixed_time_above_the_screens() -> None:
    """Waiting for a state is the driver's affair; a fixed wait above it is a guess."""
    above_screens = [ROOT / "robots" / "handling.py", *(ROOT / "robots" / "systems").glob("*.py"), *(ROOT / "robots" / "rules").glob("*.py")]

    assert [path.name for path in above_screens if "sleep(" in path.read_text(encoding="utf-8")] == []


def test_the_command_line_loads_nothing_that_takes_time_before_a_command_needs_it() -> None:
    """Whoever asks for help waits for these modules otherwise; each command loads its own when it begins."""
    slow = {"asyncio", "dbos", "httpx", "jinja2", "keyring", "loguru", "matplotlib", "openpyxl", "pandas", "PIL", "playwright", "pydantic", "rich"}
    slow |= {"sqlalchemy", "starlette", "uvicorn", "yaml", "robots.case", "robots.settings", "robots.practice"}
    code = f"import sys, robots.cli; print(*sorted({slow!r} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert loaded.split() == []
