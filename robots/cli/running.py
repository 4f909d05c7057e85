"""Handle what lies in the inbox; check what stands in the configuration."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, console, print_json
from robots.errors import KollegaError, SetupError, StopRequested, SystemClosed
from robots.run_mode import RunMode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console

    from robots.assessment import Outcome
    from robots.configuration import Configuration
    from robots.schedule import WorkingHours
    from robots.wiring import Run


Mode = Annotated[RunMode | None, typer.Option("--mode", help="How far the run may go; as config/kollega.yaml says when left out.")]


def run(
    *,
    root: Root = Path(),
    case: Annotated[list[str] | None, typer.Option("--case", help="Handle only the application with this number; can be repeated.")] = None,
    mode: Mode = None,
    check: Annotated[bool, typer.Option("--check", help="Look at all screens first, and hold the systems with a fault.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Work on at most so many cases; the others wait for the next run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Handle what lies in the inbox, write the workbook, and end.

    Exit code 0: all is well. 1: a fault of the robot's own. 3: an operator must act. 4: a developer must look at a screen.
    5: the inbox could not be read. 6: a source did not answer, and its cases were handed over. 130: stopped.
    """
    from robots import run_log
    from robots.alerts.minding import look_safely
    from robots.configuration import read_configuration
    from robots.doors import PARTS
    from robots.run_process import signs_given
    from robots.schedule import WorkingHours

    configured = read_configuration(root)
    configuration = in_mode(configured, mode)
    hours = WorkingHours(configuration.settings.schedule, parts=PARTS, clock=lambda: datetime.now(UTC))
    terminal = console(stderr=as_json)
    settings = configuration.settings
    log = run_log.set_up(settings.paths.logs, console=False, on_event=signs_given(os.environ), keep_days=settings.log.keep_days)
    try:
        done = work_through(configuration, terminal, folder=log.folder, references=case, checks_screens=check, limit=limit, hours=hours)
    finally:
        # By the log of this very run; however it ended. In the mode that is set, as all others look: by the casebook of a shadow run what stands
        # would be over.
        look_safely(configured.settings)
        log.close()
    if as_json:
        print_json(_record(done, hours, log.folder))
    else:
        print_figures(terminal, done, log.folder)
        for sentence in hours.sentences:
            terminal.print(sentence, soft_wrap=True, markup=False)
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


def work_through(
    configuration: Configuration,
    console: Console,
    *,
    folder: Path,
    references: Sequence[str] | None,
    checks_screens: bool = False,
    limit: int | None = None,
    hours: WorkingHours | None = None,
) -> Run:
    """Run the robot with a progress bar; the first Ctrl-C lets the steps under way finish, the second ends at once.

    Without `hours` the run keeps none.
    """
    import asyncio

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from robots import run_page, wiring
    from robots.schedule import Schedule, WorkingHours

    keeps = hours or WorkingHours(Schedule(), parts={}, clock=lambda: datetime.now(UTC))
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
                configuration,
                folder=folder,
                stop=stop,
                on_queued=on_queued,
                on_ended=on_ended,
                references=references,
                checks_screens=checks_screens,
                limit=limit,
                closed=keeps.closed,
                takes_new=keeps.takes_new,
            )

        with run_page.kept(folder), _end_told():
            return asyncio.run(work())


@contextmanager
def _end_told() -> Iterator[None]:
    """Tell the log of a run that ends by an error: whoever looks at it later is not to take it for one that was killed."""
    from robots.run_log import Action, event
    from robots.work_queue.run import own_fault

    try:
        yield
    except KollegaError as error:
        event(Action.RUN_ENDED, f"{type(error).__name__}: {error}; exit code {error.exit_code or 1}", level="ERROR")
        raise
    except (KeyboardInterrupt, StopRequested):
        event(Action.RUN_ENDED, f"stopped at once; exit code {StopRequested.exit_code}")
        raise
    except Exception as error:
        event(Action.RUN_ENDED, f"{own_fault(error)}; exit code 1", level="ERROR")
        raise


def _record(done: Run, hours: WorkingHours, folder: Path) -> dict[str, object]:
    """Return what a run came to, for programs; the keys are an interface."""
    return {
        "schema": 1,
        "mode": done.mode.value,
        "exit_code": done.exit_code,
        "cases": done.figures.cases,
        "endings": {ending.value: count for ending, count in done.figures.endings.items()},
        "codes": {code.value: count for code, count in done.figures.codes.items()},
        "waiting": list(done.standing.waiting),
        "failed": list(done.standing.failed),
        "set_aside": dict(done.standing.set_aside),
        "held": {system: str(error) for system, error in done.standing.held.items() if error.exit_code},
        "resting": {name: str(error) for name, error in {**hours.closings, **done.standing.resting}.items()},
        "takes_new": not hours.has_left_new,
        "inbox_fault": None if done.inbox_fault is None else str(done.inbox_fault),
        "answers": 0 if done.exchanged is None else len(done.exchanged.taken),
        "overdue": 0 if done.exchanged is None else done.exchanged.overdue,
        "workbook": None if done.workbook is None else str(done.workbook.path),
        "log": str(folder),
    }


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
        if error.exit_code:
            console.print(f"[red]{escape(system)} is held:[/] {escape(str(error))}")
    if done.inbox_fault is not None:
        console.print(f"[red]The inbox could not be read:[/] {escape(str(done.inbox_fault))}")
    for case_id in done.standing.failed:
        console.print(f"[red]{escape(case_id)} was stopped: kollega queue show says by what, and who acts.[/] The next run tries it again.")
    for error in done.standing.resting.values():
        # What is closed is told with the hours of the run.
        if not isinstance(error, SystemClosed):
            console.print(escape(str(error)), soft_wrap=True)
    for case_id, told in done.standing.set_aside.items():
        console.print(f"[red]{escape(case_id)} was set aside and handed off:[/] {escape(told)}")
    if done.standing.waiting:
        console.print(f"{len(done.standing.waiting)} cases wait for the next run.")
    workbook = "not written, nor any other system: this was a shadow run" if done.workbook is None else str(done.workbook.path)
    console.print(f"Workbook: {workbook}", soft_wrap=True)
    if done.exchanged is not None and (done.exchanged.overdue or done.exchanged.long):
        late = f"{done.exchanged.overdue} past their day, {done.exchanged.long} came in five months ago or more"
        console.print(f"[red]Of the cases with people:[/] {late}; they stand first in the workbook.", soft_wrap=True)
    console.print(f"Log:      {folder / 'run.log'}", soft_wrap=True)
    if (folder / "run.html").exists():
        console.print(f"Page:     {folder / 'run.html'}", soft_wrap=True)
