"""Kills the program at the other end of a connection: the robot's browser, or a desktop program of the municipality; nothing else."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_BROWSERS = ("chrom", "headless_shell")
_PROGRAMS = (b"robots.practice.case_client", b"robots.practice.person_lookup")
_LOCAL, _REMOTE, _INODE = 1, 2, 9


def kill_browser(scope: Mapping[str, Any]) -> bool:
    """Kill the whole browser that sent the request; return whether it was one."""
    process = next((one for one in _holders(scope) if _is_browser(one)), 0)
    while process and _is_browser(parent := _parent(process)):
        process = parent
    return _kill(process)


def kill_program(scope: Mapping[str, Any]) -> bool:
    """Kill the desktop program that sent the request; return whether it was one."""
    return _kill(next((one for one in _holders(scope) if any(name in _command(one) for name in _PROGRAMS)), 0))


def _kill(process: int) -> bool:
    if not process or process == os.getpid():
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    return True


def _holders(scope: Mapping[str, Any]) -> Iterator[int]:
    """The processes that hold the other end of the connection that the request came by."""
    client, server = (f":{port:04X}" for _, port in (scope["client"], scope["server"]))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    sockets = {f"socket:[{line[_INODE]}]" for line in lines if line[_LOCAL].endswith(client) and line[_REMOTE].endswith(server)}
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            if any(str(link.readlink()) in sockets for link in folder.iterdir()):
                yield int(folder.parent.name)


def _is_browser(process: int) -> bool:
    with contextlib.suppress(OSError):
        return any(name in Path(f"/proc/{process}/comm").read_text(encoding="utf-8", errors="replace") for name in _BROWSERS)
    return False


def _command(process: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def _parent(process: int) -> int:
    with contextlib.suppress(OSError):
        # The name before it, in brackets, may hold blanks.
        return int(Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    return 0
