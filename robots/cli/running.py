"""Handle what lies in the inbox; check what stands in the configuration."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.assessment import RunMode
from robots.cli.console import Root, console
from robots.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from robots.assessment import Outcome
    from robots.configuration import Configuration
    from robots.wiring import Run


Mode = Annotated[RunMode | None, typer.Option("--mode", help="How far the run may go; as config/kollega.yaml says when left out.")]


def run(
    *,
    root: Root = Path(),
    case: Annotated[list[str] | None, typer.Option("--case", help="Handle only the application with this number; can be repeated.")] = None,
    mode: Mode = None,
    check: Annotated[bool, typer.Option("--check", help="Look at all screens first, and hold the systems with a fault.")] = False,
) -> None:
    """Handle what lies in the inbox, write the workbook, and end.

    Exit code 0: all is well. 1: a fault of the robot's own. 3: an operator must act. 4: a developer must look at a screen.
    5: the inbox could not be read. 130: stopped.
    """
    from robots.configuration import read_configuration

    configuration = in_mode(read_configuration(root), mode)
    terminal = console()
    done, folder = _handle_cases(configuration, terminal, references=case, checks_screens=check)
    print_figures(terminal, done, folder)
    sys.exit(done.exit_code)


def check(*, root: Root = Path()) -> None:
    """Read every file under config/ and selectors/, and list all mistakes with their file and line."""
    from robots import examples

    mistakes: list[str] = []
    reads: tuple[Callable[[], object], ...] = (
        partial(_read_fitting, root),
        partial(examples.load, root / "config" / "examples.yaml"),
    )
    # A mistake in an example is no reason for a run not to start, so that the configuration of a run leaves them out.
    for read in reads:
        try:
            read()
        except SetupError as error:
            mistakes.append(str(error))
    if mistakes:
        raise SetupError("\n".join(mistakes))
    sys.stdout.write("Everything under config/ and selectors/ is right.\n")


def _read_fitting(root: Path) -> None:
    """Read the configuration of a run, and see that the selector files fit the program: a name that only one of them has is a mistake."""
    from robots import systems
    from robots.configuration import read_configuration
    from robots.screens.usage import misfits

    configuration = read_configuration(root)
    names = configuration.settings.systems.keys()
    sources = Path(systems.__file__).parent
    mistakes = [one for selectors in configuration.selectors.values() for one in misfits(selectors, sources=sources, systems=names)]
    if mistakes:
        raise SetupError("\n".join(mistakes))


def in_mode(configuration: Configuration, mode: RunMode | None) -> Configuration:
    """Return the configuration for a run of the mode; None for the one that is set."""
    from robots import settings

    return configuration if mode is None else replace(configuration, settings=settings.with_mode(configuration.settings, mode))


def _handle_cases(configuration: Configuration, console: Console, *, references: Sequence[str] | None, checks_screens: bool) -> tuple[Run, Path]:
    from robots import run_log

    log = run_log.set_up(configuration.settings.paths.logs, console=False)
    try:
        done = work_through(configuration, console, folder=log.folder, references=references, checks_screens=checks_screens)
        return done, log.folder
    finally:
        log.close()


def work_through(
    configuration: Configuration, console: Console, *, folder: Path, references: Sequence[str] | None, checks_screens: bool = False
) -> Run:
    """Run the robot with a progress bar; the first Ctrl-C lets the steps under way finish, the second ends at once."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from robots import wiring

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[latest]}"))
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("Looking at the screens" if checks_screens else "Logging in", total=None, latest="")

        def on_queued(count: int) -> None:
            progress.update(bar, description="Handling applications", total=count)

        def on_ended(outcome: Outcome) -> None:
            progress.update(bar, advance=1, latest=f"{outcome.reference} {outcome.ending}")

        async def work() -> Run:
            stop = asyncio.Event()

            def request_stop() -> None:
                if stop.is_set():
                    raise KeyboardInterrupt
                progress.update(bar, description="Stopping after the steps under way")
                stop.set()

            loop = asyncio.get_running_loop()
            for signal_number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(signal_number, request_stop)
            return await wiring.run(
                configuration, folder=folder, stop=stop, on_queued=on_queued, on_ended=on_ended, references=references, checks_screens=checks_screens
            )

        return asyncio.run(work())


def print_figures(console: Console, done: Run, folder: Path, *, served_seconds: float | None = None) -> None:
    """Print what a run came to, and where its workbook and log are."""
    from rich.markup import escape
    from rich.table import Table

    from robots.follow_up import as_table

    table = Table(title="The run", show_header=False)
    for name, value in as_table(done.figures, mode=done.mode):
        table.add_row(name, value)
    if served_seconds is not None and done.figures.cases:
        table.add_row("the practice systems' own work, per case", f"{served_seconds / done.figures.cases:.2f}")
    console.print(table)
    for system, error in done.standing.held.items():
        console.print(f"[red]{escape(system)} is held:[/] {escape(str(error))}")
    if done.inbox_fault is not None:
        console.print(f"[red]The inbox could not be read:[/] {escape(str(done.inbox_fault))}")
    for case_id in done.standing.failed:
        console.print(f"[red]{escape(case_id)} was stopped by a fault of the robot's own; the log says where.[/] The next run tries it again.")
    if done.standing.waiting:
        console.print(f"{len(done.standing.waiting)} cases wait for the next run.")
    workbook = "not written, nor any other system: this was a shadow run" if done.workbook is None else str(done.workbook.path)
    console.print(f"Workbook: {workbook}", soft_wrap=True)
    console.print(f"Log:      {folder / 'run.log'}", soft_wrap=True)
