"""A robot of its own process that pays once and is killed around the press: `python -m tests.effects_robot FOLDER FATE`.

The system that it writes in is a file; its work goes on in a process of its own when the robot is dead, as a server's does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from robots.casebook import Casebook
from robots.effects import Effects, Seen
from robots.screens.sending import sending

CASE, NAME = "aid:EA-26-00001:2026-03", "case_system.payment"
LATE_SECONDS = 0.5
_POLL_SECONDS = 0.02
#: the work that is done late waits for the file `go`; it gives up when the test is long over
_WORK = 'n=0; while [ ! -e "$0/go" ] && [ $n -lt 3000 ]; do sleep 0.02; n=$((n+1)); done; echo paid >> "$0/ledger"'


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def pay(folder: Path, fate: str) -> None:
    ledger = folder / "ledger"
    looks = 0

    async def look() -> Seen:
        nonlocal looks
        looks += 1
        if looks == 2 and fate == "killed while it looks":
            die()
        if looks == 2 and (folder / "late").exists():
            # The system gets to it between the first look and the second.
            (folder / "go").touch()
            while not (ledger.exists() and ledger.read_text()):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(_POLL_SECONDS)
        lines = ledger.read_text().splitlines() if ledger.exists() else []
        return {0: Seen.NOT_DONE, 1: Seen.DONE}.get(len(lines), Seen.UNCLEAR)

    async def act() -> None:
        async with sending():
            if fate == "killed before the press":
                die()
            if fate == "killed with the work done late":
                (folder / "late").touch()
                subprocess.Popen(["/bin/sh", "-c", _WORK, str(folder)], start_new_session=True)  # noqa: ASYNC220 - the robot is about to die
                die()
            with ledger.open("a") as lines:
                lines.write("paid\n")
            if fate == "killed after the press":
                die()

    with Casebook(folder / "casebook.db") as casebook:
        casebook.open_case(CASE, reference="EA-26-00001", month="2026-03")
        await Effects(casebook, late_seconds=LATE_SECONDS).ensure(CASE, NAME, look=look, act=act, system="case_system", is_marked=True)


if __name__ == "__main__":
    asyncio.run(pay(Path(sys.argv[1]), sys.argv[2]))
