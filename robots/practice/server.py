"""One system of the practice municipality as a program: `python -m robots.practice.server SYSTEM --database FILE`.

It prints its port as one line when it listens, and ends when its standard input does: a parent that dies takes it along.
"""

from __future__ import annotations

import argparse
import importlib
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn

from robots.practice import hostility_keeper
from robots.practice.hostility import CuttableProtocol, Hostility
from robots.practice.office import switches

#: name of a system and the module that serves it
MODULES = {
    "e_service": "robots.practice.e_service",
    "population_register": "robots.practice.population_register",
    "benefits_register": "robots.practice.benefits_register",
    "case_system": "robots.practice.case_system",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve one system on 127.0.0.1 until standard input ends or a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m robots.practice.server", description="One system of the practice municipality.")
    parser.add_argument("system", choices=sorted(MODULES))
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--hostile", nargs="*", default=[], metavar="NAME", help="switches, see robots.practice.office.HOSTILITY")
    parser.add_argument("--session-minutes", type=float, help="a session that is not used for so long is lost")
    parser.add_argument("--keep", action="store_true", help="start the server again, on the same port, whenever it is killed")
    parser.add_argument("--kept", action="store_true", help="the server is started again by the program that started it when it crashes")
    chosen = parser.parse_args(arguments)
    hostile = frozenset(chosen.hostile)
    if (chosen.keep or "crash-after-save" in switches(chosen.system, hostile)) and not chosen.kept:
        hostility_keeper.keep(list(sys.argv[1:] if arguments is None else arguments), port=chosen.port)
        return

    options: dict[str, Any] = {}
    if chosen.session_minutes is not None:
        options["session_minutes"] = chosen.session_minutes
    app = importlib.import_module(MODULES[chosen.system]).create_app(chosen.database, hostile=hostile, **options)
    if switches(chosen.system, hostile):
        app = Hostility(app, system=chosen.system, database=chosen.database, hostile=hostile)

    # Named as TCP so that asyncio turns off the collecting of small packets, which would cost 40 ms per page.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", chosen.port))
    listener.listen(128)
    settings = uvicorn.Config(app, http=CuttableProtocol, access_log=False, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(settings)
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - the port is this program's one line of output
    server.run(sockets=[listener])


def _end_with_parent(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
