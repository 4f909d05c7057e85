"""See how things stand: in the terminal, or on a page of this machine."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, console, print_json, print_lines
from robots.errors import SetupError, StopRequested
from robots.run_mode import RunMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from robots.health import Health
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
    # Not every terminal has letters for the marks and the lines.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    terminal = console()
    # A terminal that can't draw anew gets it once, as a pipe does.
    if once or not (sys.stdin.isatty() and sys.stdout.isatty()) or terminal.is_dumb_terminal:
        terminal.print(view(look(), width=terminal.width, height=None))
        return
    try:
        show(look, Steering(settings=settings(), name=getpass.getuser()), console=terminal, terminal=sys.stdin.fileno())
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

    wanted = settings().dashboard.port if port is None else port
    serve(look, settings(), health=healthy(settings), port=wanted, tell=lambda line: print_lines([line]), on_ready=end_with_input)


def healthy(settings: Callable[[], Settings]) -> Callable[[], Health]:
    """Return what says whether all is well by the settings of the moment, with the mistakes of the configuration."""
    from robots import alerts
    from robots.health import health_of

    return lambda: health_of(settings(), now=datetime.now(UTC), mistakes=alerts.mistakes_of(settings().root))


def looking(root: Path, mode: RunMode | None, folder: Path | None) -> tuple[Callable[[], Situation], Callable[[], Settings]]:
    """Return what looks at the situation by the settings of the moment, and what returns these: those that were right last while they are wrong.

    Args:
        root: folder that holds config/.
        mode: of the runs that are looked at; None for the one that is set.
        folder: of another casebook; None for that of the settings.

    Raises:
        SetupError: config/kollega.yaml is wrong.
    """
    from robots import settings as settings_file
    from robots.situation import situation_by

    file = root / settings_file.SETTINGS_FILE
    read_at, mistakes = _mark_of(file), ""
    settings = settings_file.load(root)

    def current() -> Settings:
        nonlocal settings, read_at, mistakes
        mark = _mark_of(file)
        if mark != read_at:
            read_at = mark
            try:
                settings, mistakes = settings_file.load(root), ""
            except SetupError as error:
                mistakes = f"No run can begin: {error}"
        found = settings
        if mode is not None:
            found = settings_file.with_mode(found, mode)
        if folder is not None:
            # The folder itself, whatever the mode: that of a shadow run is named in full.
            # Runs of the schedule work elsewhere, and none is missing there.
            found = replace(found, paths=replace(found.paths, state=folder, database=""), schedule=replace(found.schedule, runs=()))
        return found

    def look() -> Situation:
        found = situation_by(current(), now=datetime.now(UTC))
        return replace(found, faults=(*found.faults, mistakes)) if mistakes else found

    return look, current


def _mark_of(file: Path) -> tuple[int, int, int] | None:
    """Return what shows whether a file is still the one that was read; None for one that is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
