"""Look at the log of a run: its page, and its latest lines."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from robots.cli.console import Root, print_lines
from robots.errors import SetupError

log = typer.Typer(no_args_is_help=True, help="The log of a run: its page, and its latest lines.")

Folder = Annotated[
    Path | None, typer.Argument(help="Folder of the run, or its name under the logs; the newest run when left out.", show_default=False)
]


@log.command()
def page(folder: Folder = None, *, root: Root = Path()) -> None:
    """Make the page of a run anew from its log, whether it is over, was killed, or is under way, and print its path."""
    from robots import run_page

    chosen = _folder(folder, root)
    try:
        made = run_page.make(chosen)
    except OSError as error:
        raise SetupError(f"the page of {chosen} can't be made ({error.strerror}); look over the folder's rights and its room") from None
    print_lines([str(made)])


@log.command()
def show(
    folder: Folder = None, *, root: Root = Path(), lines: Annotated[int, typer.Option("--lines", min=1, max=100_000, help="How many.")] = 20
) -> None:
    """Print the latest lines of a run's log."""
    chosen = _folder(folder, root)
    try:
        with (chosen / "run.log").open(encoding="utf-8", errors="replace") as file:
            latest = deque(file, maxlen=lines)
    except OSError as error:
        raise SetupError(f"the log of {chosen} can't be read ({error.strerror}); look over the folder's rights") from None
    print_lines(line.rstrip("\n") for line in latest)


def _folder(named: Path | None, root: Path) -> Path:
    if named is not None and (named / "events.jsonl").is_file():
        return named
    from robots import run_page, settings

    logs = settings.load(root).paths.logs
    chosen = run_page.newest_run(logs) if named is None else logs / named
    if chosen is None:
        raise SetupError(f"nothing has run yet: there is no log in {logs}; give the folder that holds config/ of a robot that has, with --root")
    if not (chosen / "events.jsonl").is_file():
        raise SetupError(f"{named} is no folder of a run: it has no events.jsonl; name one of those in {logs}")
    return chosen
