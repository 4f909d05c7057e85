"""Exempelstads kommun as a whole: loads the databases, runs the four servers, and tells what has been written in them."""

from __future__ import annotations

import importlib
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from robots.practice.office import Effect, switches
from robots.practice.office import read_effects as read_effects_of_one
from robots.practice.office import served_seconds as served_seconds_of_one
from robots.practice.server import MODULES
from robots.practice.world import Household

SYSTEMS = tuple(MODULES)
#: Personsök is a part of the case system and has its accounts
ACCOUNTS = {**{system: system for system in SYSTEMS}, "person_lookup": "case_system"}
START_SECONDS = 120
STOP_SECONDS = 30


class Municipality:
    """The practice systems at work; made by `start`."""

    def __init__(
        self, folder: Path, servers: Mapping[str, subprocess.Popen[str]], ports: Mapping[str, int], accounts: Mapping[str, tuple[str, str]]
    ) -> None:
        self.folder = folder
        #: system -> http://127.0.0.1:PORT
        self.addresses = {system: f"http://127.0.0.1:{port}" for system, port in ports.items()}
        #: KOLLEGA_<SYSTEM>_USER and KOLLEGA_<SYSTEM>_PASSWORD, as the robots want them
        self.environment = {
            f"KOLLEGA_{name.upper()}_{part}": accounts[system][place]
            for name, system in ACCOUNTS.items()
            if system in accounts
            for place, part in enumerate(("USER", "PASSWORD"))
        }
        self._servers = dict(servers)

    @classmethod
    def start(
        cls,
        folder: Path,
        households: Sequence[Household],
        *,
        hostile: Sequence[str] = (),
        ports: Mapping[str, int] | None = None,
        systems: Sequence[str] = SYSTEMS,
        session_minutes: float = 30,
        is_kept: bool = False,
    ) -> Self:
        """Load the databases anew and run the servers; return when each answers.

        Args:
            folder: holds a database and an error log for each system; earlier ones are replaced.
            households: what the systems hold.
            hostile: switches, see `robots.practice.office.HOSTILITY`; `e_service:slow` holds for one system.
            ports: system -> port; any free port where none is given.
            systems: which systems to run.
            session_minutes: a web session that is not used for so long is lost.
            is_kept: start a server again, on the same port and with the same database, whenever it is killed.

        Raises:
            ValueError: a switch that does not exist.
            RuntimeError: a server has ended or does not answer; the message names its error log.
        """
        switches("", frozenset(hostile))
        accounts = {system: ("kollega", secrets.token_urlsafe(12)) for system in systems}
        servers: dict[str, subprocess.Popen[str]] = {}
        try:
            for system in systems:
                user, password = accounts[system]
                importlib.import_module(MODULES[system]).load(folder / f"{system}.sqlite", households, user=user, password=password)
                port = (ports or {}).get(system, 0)
                servers[system] = _run(system, folder, hostile, port=port, session_minutes=session_minutes, is_kept=is_kept)
            listening = {system: _port_of(system, server, folder) for system, server in servers.items()}
            for system, port in listening.items():
                _wait_for_answer(system, port, folder)
        except BaseException:
            _end(servers)
            raise
        return cls(folder, servers, listening, accounts)

    def effects(self) -> list[Effect]:
        """Return what has been written in all systems, oldest first: the ground truth."""
        return read_effects(self.folder)

    def served_seconds(self) -> float:
        """Return the time that all servers together have spent on answering requests."""
        return sum(served_seconds_of_one(database) for database in _databases(self.folder))

    def stop(self) -> None:
        """End the servers; the databases stay. Stopping twice does nothing."""
        _end(self._servers)
        self._servers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def read_effects(folder: Path) -> list[Effect]:
    """Return what has been written in all systems of a folder, oldest first; the servers need not run."""
    return sorted((effect for database in _databases(folder) for effect in read_effects_of_one(database)), key=lambda effect: effect.at)


def _databases(folder: Path) -> list[Path]:
    return [database for database in (folder / f"{system}.sqlite" for system in SYSTEMS) if database.exists()]


def _run(system: str, folder: Path, hostile: Sequence[str], *, port: int, session_minutes: float, is_kept: bool) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "robots.practice.server", system, "--database", str(folder / f"{system}.sqlite"), "--port", str(port)]
    command += ["--session-minutes", str(session_minutes), *(["--keep"] if is_kept else []), "--hostile", *hostile]
    _error_log(system, folder).touch(mode=0o600)
    with _error_log(system, folder).open("w") as errors:
        # The pipe to its standard input is what tells the server that we live. In a session of its own, because a terminal sends Ctrl-C
        # to all of ours: the robot is then to finish its steps, for which it needs the systems.
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True)


def _error_log(system: str, folder: Path) -> Path:
    return folder / f"{system}.errors.txt"


def _port_of(system: str, server: subprocess.Popen[str], folder: Path) -> int:
    line = server.stdout.readline() if server.stdout else ""
    if not line.strip().isdecimal():
        raise RuntimeError(f"the practice system {system} did not start: see {_error_log(system, folder)}")
    return int(line)


def _wait_for_answer(system: str, port: int, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/favicon.ico", timeout=START_SECONDS):
                return
        except urllib.error.HTTPError as answered:
            answered.close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the practice system {system} does not answer: see {_error_log(system, folder)}")


def _end(servers: Mapping[str, subprocess.Popen[str]]) -> None:
    for server in servers.values():
        if server.stdin:
            server.stdin.close()
    for server in servers.values():
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if server.stdout:
            server.stdout.close()
