"""A PostgreSQL server of the tests' own: in a folder, behind a socket, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: where Debian keeps the server's programs, which are not on the path
_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def program(name: str) -> str | None:
    """Return the path of one of the server's programs; None if it is not installed."""
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, _FOLDERS)]))


def stop_at_once(address: str) -> None:
    """Stop the server as a power cut would: it writes nothing more, and its connections are gone."""
    _control(address, "-m", "immediate", "stop")


def start_again(address: str) -> None:
    """Start a server that was stopped, which puts its data in order first."""
    folder = _folder_of(address)
    _control(address, "-l", str(folder / "log"), "-o", _options(folder), "start")


def _control(address: str, *arguments: str) -> None:
    pg_ctl, folder = program("pg_ctl"), _folder_of(address)
    assert pg_ctl is not None
    with (folder / "output").open("wb") as output:
        command = [pg_ctl, "-D", str(folder / "data"), "-w", *arguments]
        subprocess.run(command, user="nobody" if os.geteuid() == 0 else None, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=True)


def _options(folder: Path) -> str:
    # What it does by itself after a minute, and keeps of values while it does, is no part of any test.
    return f"-k {folder} -c listen_addresses= -c fsync=off -c autovacuum=off"


def _folder_of(address: str) -> Path:
    return Path(address.partition("host=")[2])


#: for tests that need a server for themselves
needs_postgres = pytest.mark.skipif(program("initdb") is None, reason="the server of PostgreSQL is not on this machine (apt install postgresql)")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that the tests of one module share."""
    if program("initdb") is None:
        pytest.skip("the server of PostgreSQL is not on this machine (apt install postgresql); what can do with files was tried on files only")
    with postgres() as address:
        yield address


def address_in(folder: Path, server: str) -> str:
    """Return the address of a schema on the server that the test of this folder has for itself."""
    return f"{server}&schema=kollega_{zlib.crc32(str(folder).encode())}"


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server until the block ends; yields the address of its database."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    assert initdb is not None
    assert pg_ctl is not None
    # The server refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="kollega-postgres-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        data, log = str(folder / "data"), str(folder / "log")

        def run(*command: str) -> None:
            # Its children keep the output open: a file, so that nobody waits for them.
            with (folder / "output").open("wb") as output:
                subprocess.run(command, user=user, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=True)

        run(initdb, "-D", data, "-U", "robot", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        run(pg_ctl, "-D", data, "-l", log, "-w", "-o", _options(folder), "start")
        try:
            yield f"postgresql+psycopg://robot@/postgres?host={folder}"
        finally:
            run(pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
