"""No personal identity number stands in the project but the official test numbers that it carries."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from pathlib import Path

import pytest

from robots.practice.persons import carried_numbers

ROOT = Path(__file__).parent.parent
NOT_OURS = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}
#: ten or twelve digits, with or without a sign before the last four, that are no part of a longer word or number
SHAPED = re.compile(r"(?<![0-9A-Za-z])(?:[0-9]{2})?([0-9]{2})([0-9]{2})([0-9]{2})[-+]?([0-9]{4})(?![0-9A-Za-z])")


def files_of(folder: Path) -> list[Path]:
    """Return what git tracks or would track in the folder; every file but caches when it is no repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git from the path
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    paths = [folder / name for name in listed.stdout.split("\x00") if name] if listed.returncode == 0 else list(folder.rglob("*"))
    return [path for path in paths if path.is_file() and not NOT_OURS & set(path.relative_to(folder).parts)]


def is_checked(ten_digits: str) -> bool:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(ten_digits)]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def is_a_day_of_birth(year: int, month: int, day: int) -> bool:
    if day >= 60:  # a samordningsnummer has the day plus 60; its month or day can be 0 when nobody knows it
        day, month = (day - 60) or 1, month or 1
    try:
        # A number of ten digits does not say its century; a leap year lets 29 February pass in any.
        date(2000 if year % 4 == 0 else 2001, month, day)
    except ValueError:
        return False
    return True


def strange_numbers(text: str) -> int:
    """Return how many valid personal identity numbers in the text are not among those that the project carries."""
    carried = {number[2:] for number in carried_numbers()}
    found = 0
    for year, month, day, last in SHAPED.findall(text):
        ten_digits = year + month + day + last
        if ten_digits not in carried and is_checked(ten_digits) and is_a_day_of_birth(int(year), int(month), int(day)):
            found += 1
    return found


def files_with_strange_numbers(folder: Path) -> list[str]:
    # The message names the file and never the number.
    return [str(path.relative_to(folder)) for path in files_of(folder) if strange_numbers(path.read_text(encoding="utf-8", errors="replace"))]


def made_up(birth: str) -> str:
    """Return a valid number of that day that the project does not carry; it lives only in the memory of this test."""
    candidates = (f"{birth}{serial:03d}{check}" for serial in range(1000) for check in range(10))
    carried = {number[2:] for number in carried_numbers()}
    return next(number for number in candidates if is_checked(number) and number not in carried)


def test_the_project_holds_no_personal_number_but_the_official_test_numbers() -> None:
    assert len(files_of(ROOT)) > 20
    assert files_with_strange_numbers(ROOT) == []


@pytest.mark.parametrize("birth", ["790101", "000229", "790161", "790060"])
@pytest.mark.parametrize(("before", "sign"), [("", ""), ("", "-"), ("", "+"), ("19", ""), ("19", "-")])
def test_a_planted_number_is_found_in_every_form(tmp_path: Path, birth: str, before: str, sign: str) -> None:
    number = made_up(birth)
    (tmp_path / "note.txt").write_text(f"who: {before}{number[:6]}{sign}{number[6:]}.", encoding="utf-8")
    (tmp_path / "clean.txt").write_text(f"who: {carried_numbers()[0]}", encoding="utf-8")

    assert files_with_strange_numbers(tmp_path) == ["note.txt"]


def test_carried_numbers_wrong_check_digits_and_other_long_numbers_pass() -> None:
    number = made_up("790101")
    wrong = f"{number[:9]}{(int(number[9]) + 1) % 10}"
    carried = carried_numbers()[0]

    assert strange_numbers(f"{carried} {carried[2:8]}-{carried[8:]} {wrong} 8327-99401{wrong} sha256:a{number}b") == 0
