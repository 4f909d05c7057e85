"""Robots that die while they carry out an operator's order, before each commit on the way: the order is neither lost nor done twice.

With `ORDERS_KILLED_LONG` set each kind of order meets every commit, else every second one.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from robots.assessment import Ending, Outcome
from robots.casebook import Casebook
from robots.casebook.orders import Orders
from robots.errors import ReasonCode
from robots.work_queue import WorkQueue
from robots.work_queue.operating import Operator, case_named
from tests.outcomes import outcome_of
from tests.postgres import address_in

if TYPE_CHECKING:
    from robots.handling import Step

ROOT = Path(__file__).resolve().parent.parent
TOY = Path(__file__).with_name("toy_robot.py")
#: about as many as there are from the order's first look to the case's next step; every second one for each kind of order
MOST_COMMITS = 10
IS_LONG = bool(os.environ.get("ORDERS_KILLED_LONG"))
REWOUND = [f"EA-{number}" for number in range(1, MOST_COMMITS + 1, 1 if IS_LONG else 2)]
HANDED_OFF = [f"EB-{number}" for number in range(1 if IS_LONG else 2, MOST_COMMITS + 1, 1 if IS_LONG else 2)]


@pytest.fixture(params=["files", "PostgreSQL"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "files":
        yield ""
        return
    yield address_in(tmp_path, request.getfixturevalue("server"))


def run_toy(folder: Path, database: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOY_DATABASE": database, **variables}
    return subprocess.run([sys.executable, str(TOY), str(folder), "run"], capture_output=True, text=True, env=environment, timeout=240, check=False)


async def begin_cases(folder: Path, database: str, casebook: Casebook, stop: asyncio.Event) -> None:
    """Have cases that stopped after two steps, for a fault of the robot's own, and cases that were handed off after them."""

    async def one() -> int:
        return 1

    async def handle(case_id: str, reference: str, step: Step) -> Outcome:
        for name in ("collect", "assess"):
            await step(name, int, one)
        if reference in REWOUND:
            raise KeyError
        return outcome_of(case_id, reference, ending=Ending.HANDED_OFF, codes=(ReasonCode.EXP_NEW,))

    opened = WorkQueue.open(
        folder / "queue",
        executor="first",
        handle=handle,
        casebook=casebook,
        tries=1,
        first_wait_seconds=0.01,
        at_once=8,
        poll_seconds=0.02,
        database=database,
    )
    async with opened as queue:
        for reference in (*REWOUND, *HANDED_OFF):
            await queue.submit("toy", reference, "2026-03")
        standing = await queue.run(stop, lambda _: None)
    assert (len(standing.failed), len(standing.ended)) == (len(REWOUND), len(HANDED_OFF))


@pytest.mark.durable
async def test_an_order_is_carried_out_once_whenever_the_robot_dies_of_it(tmp_path: Path, database: str) -> None:
    kills = 0
    with Casebook(database or tmp_path / "casebook.db") as casebook:
        await begin_cases(tmp_path, database, casebook, asyncio.Event())
        operator = Operator(casebook=casebook, name="drift")
        for references, step in ((REWOUND, "assess"), (HANDED_OFF, "")):
            for reference in references:
                number = reference.partition("-")[2]
                operator.retry(case_named(casebook, reference), step=step, steps_done=lambda: ["collect", "assess"])
                done = await asyncio.to_thread(run_toy, tmp_path, database, TOY_ONLY=reference, TOY_DIES_BEFORE_COMMIT=number)
                assert done.returncode in {0, -signal.SIGKILL}, done.stderr
                kills += done.returncode != 0

        done = await asyncio.to_thread(run_toy, tmp_path, database)

        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["waiting"], told["failed"]) == ([], [])
        assert {outcome.reference for outcome in casebook.outcomes() if outcome.ending is Ending.DECIDED} == {*REWOUND, *HANDED_OFF}
        assert Orders(casebook).standing() == ()
    assert kills > MOST_COMMITS // 2
    passed = Counter((tmp_path / "trace").read_text().splitlines())
    assert {one: passed[f"{one} collect begun"] for one in REWOUND} == dict.fromkeys(REWOUND, 0)
    assert {one: passed[f"{one} assess begun"] for one in REWOUND} == dict.fromkeys(REWOUND, 1)
    assert {one: passed[f"{one} collect begun"] for one in HANDED_OFF} == dict.fromkeys(HANDED_OFF, 1)
    assert sorted((tmp_path / "ledger").read_text().split()) == sorted([*REWOUND, *HANDED_OFF])
