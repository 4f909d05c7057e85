"""What leaves the case: a whole run on households that wrote markup, formulas, paths and forged lines, and everything that it left behind."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from robots.practice.households import generate
from robots.practice.world import ApplicationChild, ApplicationIncome, Household
from tests.test_run import RUN_SECONDS, installed

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.durable]

#: stands in every text that a hostile applicant wrote
MARK = "Kvittoverket"
HOSTILE = f"=HYPERLINK(A1) {MARK} \x1b[31m[bold red]x[/] \u202eabc\u2066 '; DROP TABLE cases;-- <b onclick=x()>é</b> 😀 {{reference}} ../../x\n2026-01-01 INFO"


@dataclass(frozen=True)
class Left:
    """What a run has left behind."""

    code: int
    printed: str
    households: Sequence[Household]
    #: folder that the robot writes in
    logs: Path
    #: the systems' passwords
    passwords: Sequence[str]
    #: {program: its environment} of all programs that the run started
    started: Mapping[str, bytes]

    def files(self, *suffixes: str) -> list[Path]:
        return [path for path in self.logs.rglob("*") if path.is_file() and (not suffixes or path.suffix in suffixes)]


def hostile_households() -> list[Household]:
    """Generated households, each with another field of the application written by somebody who means harm."""
    changes = (
        {"incomes": (ApplicationIncome(party="sökande", kind=HOSTILE, paid_on="2026-02-25", amount="100,00"),)},
        {"attachments": (f"../../{HOSTILE}", MARK * 10_000), "pending_benefits": (HOSTILE,)},
        {"month": f"2026-03/../../{MARK}"},
        {"account": HOSTILE, "days_away": HOSTILE, "expenses": ((HOSTILE * 100, "1,00"),)},
        {"children": (ApplicationChild(personnummer=HOSTILE, residence=HOSTILE, days=HOSTILE, lunch=HOSTILE),), "civil_status": HOSTILE},
        {"co_applicant": HOSTILE, "month": f"={MARK}"},
        {},
        {},
    )
    households = generate(9, len(changes))
    return [replace(one, application=replace(one.application, **change)) for one, change in zip(households, changes, strict=True)]


def started_by(process_id: int) -> Iterator[tuple[str, bytes]]:
    """The programs that run now and descend from the process, with their environments."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    for one in parents:
        parent = one
        while parent not in (0, process_id):
            parent = parents.get(parent, 0)
        if parent == process_id != one:
            try:
                yield Path(f"/proc/{one}/cmdline").read_bytes().replace(b"\0", b" ").decode(), Path(f"/proc/{one}/environ").read_bytes()
            except OSError:
                continue


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    households = hostile_households()
    with installed(tmp_path_factory.mktemp("run"), households) as (installation, municipality):
        started: dict[str, bytes] = {}
        with installation.begin() as robot:
            try:
                until = time.monotonic() + RUN_SECONDS
                printed = None
                while printed is None and time.monotonic() < until:
                    started.update(started_by(robot.pid))
                    try:
                        printed, _ = robot.communicate(timeout=0.3)
                    except subprocess.TimeoutExpired:
                        continue
            finally:
                robot.kill()
        passwords = [value for name, value in municipality.environment.items() if name.endswith("PASSWORD")]
        yield Left(robot.returncode, printed or "", households, installation.root / "logs", passwords, started)


def test_the_robot_s_accounts_are_known_to_no_program_that_it_starts(left: Left) -> None:
    for wanted in ("chromium", "node", "case_client", "person_lookup", "Xvfb", "openbox", "dbus"):
        assert any(wanted in program for program in left.started), wanted
    # Between fork and exec a child is still the robot itself.
    others = {program: environment for program, environment in left.started.items() if "bin/kollega run" not in program}
    assert [program for program, environment in others.items() if b"KOLLEGA_" in environment] == []
    assert [program for program in left.started if any(password in program for password in left.passwords)] == []
