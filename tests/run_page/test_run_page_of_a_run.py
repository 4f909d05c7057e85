"""The page of a real run in the practice municipality: while it runs, and after it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from robots import run_page
from robots.run_page.page import UNDER_WAY_MARK
from tests.installation import install

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.durable]

ROOT = Path(__file__).parent.parent.parent
KOLLEGA = Path(sys.executable).parent / "kollega"
#: a run that has no page with a step after this hangs
SECONDS = 180


def test_a_run_makes_its_page_while_it_runs_and_a_command_makes_the_last_one_of_a_killed_run(tmp_path: Path) -> None:
    install(tmp_path)
    command = [str(KOLLEGA), "demo", "--cases", "4", "--case-system", "web"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True) as run:
        try:
            page = page_of(run, tmp_path, having="read application")
            assert UNDER_WAY_MARK in page.read_text(encoding="utf-8")
            assert run_page.is_under_way(page.parent)
        finally:
            # The session is its own: the practice systems and the browser go with it.
            os.killpg(run.pid, signal.SIGKILL)

    assert not run_page.is_under_way(page.parent)
    made = subprocess.run([KOLLEGA, "log", "page"], cwd=tmp_path, capture_output=True, text=True, check=True)
    told = page.read_text(encoding="utf-8")

    assert Path(made.stdout.strip()).resolve() == page
    assert UNDER_WAY_MARK not in told
    assert "Cut off before its end" in told
    assert page.stat().st_mode & 0o777 == 0o600


def page_of(run: subprocess.Popen[str], root: Path, *, having: str) -> Path:
    """Wait until the run has a page with the words in it, and return it."""
    ends_at = time.monotonic() + SECONDS
    while run.poll() is None and time.monotonic() < ends_at:
        for page in root.glob("logs/*/run.html"):
            if having in page.read_text(encoding="utf-8"):
                return page
        time.sleep(0.1)
    raise AssertionError("the run has made no page with a step in it")
