"""Two programs that nobody here wrote, each installed in a folder of its own with its own server and database."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from robots.practice.ports import free_ports

USER, PASSWORD = "admin", "Hemligt-ord-1"
#: what `make setup-tests` installs beside the product, never into it
FOREIGN_PYTHON = Path(__file__).parents[2] / ".venv" / "foreign" / "bin" / "python"
#: what takes longer than this hangs, also on a machine with much else to do
_START_SECONDS = 120.0
_SETUP_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonInstallation:
    """A running server, and how its desktop client is started."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    database: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundupInstallation:
    """A running web server."""

    address: str
    database: Path
    #: the folder that holds the texts of messages, which stand in files
    messages: Path


def why_no_tryton() -> str:
    """Say why Tryton can't be run; empty when it can."""
    missing = [name for name in ("tryton", "trytond", "trytond-admin") if shutil.which(name) is None]
    return f"{', '.join(missing)} not installed; `make setup-tests` installs tryton-client and tryton-server from Debian" if missing else ""


def why_no_roundup() -> str:
    """Say why Roundup can't be run; empty when it can."""
    return "" if FOREIGN_PYTHON.with_name("roundup-admin").is_file() else "Roundup is not in .venv/foreign; `make setup-tests` installs it"


@contextmanager
def tryton(folder: Path) -> Iterator[TrytonInstallation]:
    """Make a database with parties in it, and run the server."""
    (port,) = free_ports(1)
    database, home = folder / "lab.sqlite", folder / "home"
    settings = folder / "trytond.conf"
    settings.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = localhost:{port}\n", encoding="utf-8")
    database.touch()
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    environment = _environment() | {"TRYTONPASSFILE": str(password), "HOME": str(folder)}
    admin = ["trytond-admin", "-c", str(settings), "-d", "lab"]
    _run([*admin, "--all", "--email", "admin@example.se"], environment)
    _run([*admin, "-u", "party", "--activate-dependencies"], environment)
    with closing(sqlite3.connect(database)) as connection:
        # A new installation asks its administrator to configure it at every log-in; this one counts as configured.
        connection.execute("UPDATE ir_module_config_wizard_item SET state = 'done'")
        connection.execute('DELETE FROM "res_user-ir_action"')
        connection.commit()
    profiles = home / ".config" / "tryton" / "6.0" / "profiles.cfg"
    profiles.parent.mkdir(parents=True)
    profiles.write_text(f"[lab]\nhost = localhost:{port}\ndatabase = lab\nusername = {USER}\n", encoding="utf-8")
    with _running(["trytond", "-c", str(settings), "-d", "lab"], environment, port, folder / "trytond.log"):
        yield TrytonInstallation(command=("tryton",), environment={"HOME": str(home), "LANG": "C.UTF-8"}, database=database)


@contextmanager
def roundup(folder: Path) -> Iterator[RoundupInstallation]:
    """Install the classic tracker on SQLite, and serve it."""
    (port,) = free_ports(1)
    tracker, environment = folder / "tracker", _environment()
    address = f"http://localhost:{port}"
    admin = [str(FOREIGN_PYTHON.with_name("roundup-admin")), "-i", str(tracker)]
    _run([*admin, "install", "classic", "sqlite", f"tracker_web={address}/,mail_domain=example.se,mail_host=localhost"], environment)
    _run([*admin, "initialise", PASSWORD], environment)
    server = [str(FOREIGN_PYTHON), "-I", str(Path(__file__).with_name("roundup_server.py")), str(tracker), str(port)]
    with _running(server, environment, port, folder / "roundup.log"):
        yield RoundupInstallation(address=address, database=tracker / "db" / "db", messages=tracker / "db" / "files" / "msg")


def rows_of(database: Path, question: str, *values: str) -> list[tuple[object, ...]]:
    """Return what the program's own database answers."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(question, values).fetchall()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("KOLLEGA_", "PYTHON", "VIRTUAL_ENV"))}


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SETUP_SECONDS, check=False
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}"


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as lines, subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=lines, stderr=lines) as server:
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not _answers(port):
                assert server.poll() is None, f"{command[0]} has ended: {log.read_text(encoding='utf-8')[-2000:]}"
                assert time.monotonic() < deadline, f"{command[0]} does not answer on its port"
                time.sleep(0.05)
            yield
        finally:
            server.terminate()
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("localhost", port), timeout=1):
            return True
    except OSError:
        return False
