"""See how things stand: in the terminal, or on a page of this machine."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, console, print_json, print_lines
from robots.errors import StopRequested
from robots.run_mode import RunMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from robots.settings import Settings
    from robots.situation import Situation

Mode = Annotated[RunMode | None, typer.Option("--mode", help="shadow for shadow runs; as config/kollega.yaml says when left out.")]
Folder = Annotated[Path | None, typer.Option("--folder", help="Folder of another casebook, such as a demo's: logs/<run>/state.", file_okay=False)]


def watch(
    *,
    root: Root = Path(),
    mode: Mode = None,
    folder: Folder = None,
    once: Annotated[bool, typer.Option("--once", help="Show it once, as in a pipe.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what the robots do just now, what waits and what is wrong, as it changes; p pauses, r resumes, q leaves. Disturbs no robot."""
    from robots.situation import record_of
    from robots.steering import Steering
    from robots.watch import watch as show
    from robots.watch.view import view

    look, settings = looking(root, mode, folder)
    if as_json:
        print_json(record_of(look()))
        return
    terminal = console()
    if once or not (sys.stdin.isatty() and sys.stdout.isatty()):
        terminal.print(view(look(), width=terminal.width, height=None))
        return
    try:
        show(look, Steering(settings=settings, name=getpass.getuser()), console=terminal, terminal=sys.stdin.fileno())
    except StopRequested as asked:
        # Ctrl-C is a way to leave; nothing is to be told.
        sys.exit(asked.exit_code)


def dashboard(
    *,
    root: Root = Path(),
    mode: Mode = None,
    folder: Folder = None,
    port: Annotated[
        int | None, typer.Option("--port", help="As dashboard.port of config/kollega.yaml when left out; 0 for any.", min=0, max=65535)
    ] = None,
    until_closed: Annotated[bool, typer.Option("--until-closed", help="End when standard input does.", hidden=True)] = False,
) -> None:
    """Show the same as `kollega watch` on a page that this machine alone can open, until Ctrl-C. Who has signed in can pause and resume."""
    import threading

    from robots.dashboard import serve

    look, settings = looking(root, mode, folder)

    def end_with_input(end: Callable[[], None]) -> None:
        def wait() -> None:
            sys.stdin.buffer.read()
            end()

        if until_closed:
            threading.Thread(target=wait, name="kollega-service-gone", daemon=True).start()

    wanted = settings.dashboard.port if port is None else port
    serve(look, settings, port=wanted, tell=lambda line: print_lines([line]), on_ready=end_with_input)


def looking(root: Path, mode: RunMode | None, folder: Path | None) -> tuple[Callable[[], Situation], Settings]:
    """Return what looks at the situation by the settings as they were when it began, and these settings.

    Args:
        root: folder that holds config/.
        mode: of the runs that are looked at; None for the one that is set.
        folder: of another casebook; None for that of the settings.

    Raises:
        SetupError: config/kollega.yaml is wrong.
    """
    from robots import settings as settings_file
    from robots.situation import situation_by

    settings = settings_file.load(root)
    if mode is not None:
        settings = settings_file.with_mode(settings, mode)
    if folder is not None:
        # The folder itself, whatever the mode: that of a shadow run is named in full.
        settings = replace(settings, paths=replace(settings.paths, state=folder, database=""))
    return (lambda: situation_by(settings, now=datetime.now(UTC))), settings
