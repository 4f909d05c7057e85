"""The service and its runs with real systems: a run when it is due, a stop in the midst of one, opening hours, and when no case is begun."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from robots import run_log, settings
from robots.case import SWEDEN
from robots.casebook import Casebook
from robots.casebook.workers import Workers
from robots.practice.households import generate
from robots.run_process import Patience, RunReport, run_as_process
from robots.schedule import WEEKDAYS
from robots.service import Service, Watch
from tests.test_run import RUN_SECONDS, Installation, installed, wrongs

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.durable]


def rescheduled(root: Path, *lines: str) -> None:
    """Have the installation work by this schedule."""
    path = root / "config" / "kollega.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^schedule:\n(?:  .*\n)*", "schedule:\n" + "".join(f"  {line}\n" for line in lines), text, flags=re.M), encoding="utf-8")


def opened(root: Path, system: str, hours: str) -> None:
    """Have the robot use a system at these hours only."""
    path = root / "config" / "kollega.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(rf"^  {system}:\n(?:    open: .*\n)?", f'  {system}:\n    open: ["{hours}"]\n', text, flags=re.M), encoding="utf-8")


def service_log(installation: Installation) -> list[dict[str, str]]:
    files = sorted((installation.root / "logs" / "service").glob("*/events.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def serve(installation: Installation, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "robots.cli", "serve", *arguments],
        cwd=installation.root,
        env={**os.environ, **installation.environment, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def await_in_log(installation: Installation, words: str, service: subprocess.Popen[str]) -> None:
    until = time.monotonic() + RUN_SECONDS
    while words not in installation.log and time.monotonic() < until and service.poll() is None:
        time.sleep(0.05)


def listen(manager: socket.socket, states: list[str], ready: threading.Event) -> None:
    """Hear what the service manager is told, until the service stops."""
    while "STOPPING=1" not in states:
        states.append(manager.recv(1000).decode())
        if states[-1] == "READY=1":
            ready.set()


async def serve_the_next_minute(installation: Installation) -> list[RunReport]:
    """Serve by a clock on which the next minute begins in a second, until the run that is due then is over."""
    root, stop = installation.root, asyncio.Event()
    now = datetime.now(UTC)
    ahead = timedelta(seconds=59) - timedelta(seconds=now.second, microseconds=now.microsecond)
    reports: list[RunReport] = []

    async def begin_run(stop_run: asyncio.Event) -> RunReport:
        reports.append(
            await run_as_process(
                stop_run, arguments=("--root", str(root)), folder=root, patience=Patience(hung_seconds=RUN_SECONDS, stop_seconds=RUN_SECONDS)
            )
        )
        stop.set()
        return reports[-1]

    service = Service(
        read_schedule=lambda: settings.load(root).schedule,
        begin_run=begin_run,
        watch=Watch(root / "logs"),
        clock=lambda: datetime.now(UTC) + ahead,
        notify=lambda _: None,
    )
    async with asyncio.timeout(RUN_SECONDS):
        await service.serve(stop)
    return reports


def test_a_service_that_is_told_to_stop_finishes_its_steps_and_the_next_one_goes_on_when_a_run_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    households = generate(3, 2)
    with installed(tmp_path, households) as (installation, municipality), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(RUN_SECONDS)
        states, ready = list[str](), threading.Event()
        listener = threading.Thread(target=listen, args=(manager, states, ready), daemon=True)
        listener.start()
        rescheduled(installation.root, 'runs: ["* * * * *"]')
        with serve(installation, "--once-now", NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="2000000") as service:
            try:
                assert ready.wait(RUN_SECONDS)
                with serve(installation) as second:
                    told, _ = second.communicate(timeout=RUN_SECONDS)
                await_in_log(installation, "step_done", service)
                service.send_signal(signal.SIGTERM)
                printed, _ = service.communicate(timeout=RUN_SECONDS)
            finally:
                service.kill()

        assert (service.returncode, second.returncode) == (0, 3), printed + told
        assert "another service is at work with this installation" in told
        (run,) = [one for one in service_log(installation) if one["action"] == "service_run"]
        assert "exit code 130: stopped" in run["message"]
        assert f"log {installation.root}/logs/" in run["message"]
        assert installation.waiting() > 0
        listener.join(RUN_SECONDS)
        assert states[-1] == "STOPPING=1"
        assert {"STATUS=a run is under way", "WATCHDOG=1"} <= set(states)

        for name, value in installation.environment.items():
            monkeypatch.setenv(name, value)
        reports = asyncio.run(serve_the_next_minute(installation))

        assert [report.exit_code for report in reports] == [0]
        assert "0 wait" in reports[0].figures
        assert wrongs(households, installation.outcomes(), municipality) == {}


def descendants(process: int) -> set[int]:
    """Return the processes that a process has started, and those that these have."""
    printed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout  # noqa: S607 - ps from the path
    pairs = [(int(one), int(parent)) for one, parent in (line.split() for line in printed.splitlines())]
    found, before = {process}, set[int]()
    while found != before:
        before = set(found)
        found |= {one for one, parent in pairs if parent in found}
    return found


def freeze(installation: Installation) -> set[int]:
    """Freeze the robot in the midst of a case, and return its processes."""
    until = time.monotonic() + RUN_SECONDS
    while "step_done" not in installation.log:
        assert time.monotonic() < until
        time.sleep(0.05)
    with Casebook(installation.root / "logs" / "state" / "casebook.sqlite") as casebook:
        (worker,) = Workers(casebook.engine).entries()
    found = descendants(worker.process)
    os.kill(worker.process, signal.SIGSTOP)
    return found


async def frozen_run(installation: Installation) -> tuple[RunReport, set[int]]:
    """Begin a run as the service does, freeze it, and return what the service makes of it, and the processes that it consisted of."""
    # Longer than a run that works is silent at its start, also on a machine with much else to do.
    root, patience = installation.root, Patience(hung_seconds=30, stop_seconds=1)
    running = asyncio.create_task(run_as_process(asyncio.Event(), arguments=("--root", str(root)), folder=root, patience=patience))
    processes = await asyncio.to_thread(freeze, installation)
    async with asyncio.timeout(RUN_SECONDS):
        return await running, processes


def test_a_run_that_hangs_is_ended_with_its_browser_and_the_next_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    households = generate(1, 4)
    with installed(tmp_path, households) as (installation, municipality):
        for name, value in installation.environment.items():
            monkeypatch.setenv(name, value)
        log = run_log.set_up(tmp_path / "service", console=False)
        report, processes = asyncio.run(frozen_run(installation))
        log.close()

        assert report.sentence == "exit code -9: it hung and was ended; another run goes on with its cases"
        told = [json.loads(line) for line in (log.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [(one["action"], one["level"]) for one in told] == [("service_hung", "ERROR")] * 2
        assert "no sign of life for 0.5 minutes and is told to stop" in told[0]["message"]
        assert "no sign of life for 1 seconds since; it is killed" in told[1]["message"]
        assert len(processes) > 5
        until = time.monotonic() + RUN_SECONDS
        while any(Path("/proc", str(process)).exists() for process in processes):
            assert time.monotonic() < until, "something of the run that hung is still there"
            time.sleep(0.05)

        code, printed = installation.run()
        assert code == 0, printed
        assert "case_resumed" in installation.log
        assert wrongs(households, installation.outcomes(), municipality) == {}


def test_a_run_keeps_the_hours_of_the_systems_the_time_after_which_none_is_begun_and_its_limit(tmp_path: Path) -> None:
    households = generate(3, 3)
    with installed(tmp_path, households) as (installation, municipality):
        now = datetime.now(SWEDEN)
        past, before = now - timedelta(minutes=2), now - timedelta(minutes=5)
        rescheduled(installation.root, f'runs: ["{before.minute} {before.hour} * * *"]', f'last_case_at: "{past:%H:%M}"')

        code, printed = installation.run()

        assert code == 0, printed
        assert "no new case is begun at this time" in printed
        assert installation.waiting() == 3
        assert "case_taken" not in installation.log

        rescheduled(installation.root, 'runs: ["30 5 * * *"]')
        opened(installation.root, "benefits_register", f"{WEEKDAYS[(now.weekday() + 3) % 7]} 00:00-24:00")
        code, printed = installation.run("--check", "--limit", "2")

        assert code == 0, printed
        assert "benefits_register: closed until" in printed
        assert installation.log.count("case_taken") == 2
        assert installation.waiting() == 3
        assert municipality.effects() == []
        logged_in = [line for line in installation.log.splitlines() if " log_in " in line]
        assert logged_in
        assert [line for line in logged_in if "benefits_register" in line] == []

        opened(installation.root, "benefits_register", "mon-sun 00:00-24:00")
        done = subprocess.run(
            [sys.executable, "-m", "robots.cli", "run", "--json", "--case", households[0].application.reference],
            cwd=installation.root,
            env={**os.environ, **installation.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )

        record = json.loads(done.stdout)
        assert (done.returncode, record["exit_code"], record["cases"], record["resting"]) == (0, 0, 1, {}), done.stderr
        assert installation.waiting() == 2
        assert wrongs(households[:1], installation.outcomes(), municipality) == {}
