"""Starts a server that crashes again and again, on the same port, as a service manager does."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

from robots.practice.ports import free_ports


def keep(arguments: list[str], *, port: int) -> None:
    """Run the server with these arguments until standard input ends; start it again whenever it has been killed.

    The port is printed as one line when the server listens for the first time.

    Args:
        arguments: of `python -m robots.practice.server`, without the port.
        port: 0 takes any free port.
    """
    port = port or free_ports(1)[0]
    is_ending = threading.Event()
    server = _started(arguments, port)
    print(_first_line(server), end="", flush=True)  # noqa: T201 - the port is this program's one line of output

    def end_with_parent() -> None:
        sys.stdin.read()
        is_ending.set()
        if server.stdin:
            server.stdin.close()

    threading.Thread(target=end_with_parent, daemon=True).start()
    while server.wait() == -signal.SIGKILL and not is_ending.is_set():
        server = _started(arguments, port)


def _started(arguments: list[str], port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "robots.practice.server", *arguments, "--port", str(port), "--kept"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _first_line(server: subprocess.Popen[str]) -> str:
    return server.stdout.readline() if server.stdout else ""
