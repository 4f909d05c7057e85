"""Ports for programs that can't choose one themselves, or must find theirs again."""

from __future__ import annotations

import random
import socket
from itertools import islice
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_FIRST = 32_768
_FIRST, _FEWEST = 10_000, 1_000


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on.

    The system gives none of them to a connection or to a program by itself: they are free until the program that is told of them takes them, and
    while it starts again.
    """
    first_of_system = int(_RANGE.read_text(encoding="ascii").split()[0]) if _RANGE.exists() else _USUAL_FIRST
    # By chance, since others on this machine look for ports at the same time.
    tried = random.SystemRandom().sample(range(_FIRST, max(first_of_system, _FIRST + _FEWEST)), k=_FEWEST)
    return list(islice((port for port in tried if _is_free(port)), count))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
