"""The commands: parse, call one function, print, exit code. Imports that take time wait until a command needs them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from robots.errors import KollegaError, SetupError, StopRequested

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from robots.case import Outcome
    from robots.practice.municipality import Municipality
    from robots.practice.world import Household
    from robots.settings import Settings, SystemSettings
    from robots.wiring import Configuration, Run

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Robots that handle applications on the screens you already have.",
)
practice = typer.Typer(no_args_is_help=True, help="The practice municipality, Exempelstads kommun: systems to try the robots on.")
app.add_typer(practice, name="practice")

Root = Annotated[Path, typer.Option("--root", help="Folder that holds config/ and selectors/.", file_okay=False)]
Cases = Annotated[int, typer.Option("--cases", min=1, max=200, help="How many applications lie in the inbox.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same households.")]
Hostile = Annotated[list[str] | None, typer.Option("--hostile", help="Make the systems hostile: a switch, or SYSTEM:SWITCH; can be repeated.")]
#: characters of a line where no terminal says how wide it is
PRINTED_WIDTH = 180
#: characters that a terminal would take for a command, for a line of its own, or for another order of reading
COMMANDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def main() -> None:
    """Run a command; what the product itself reports becomes lines on stderr and the exit code of its class."""
    try:
        app()
    except KollegaError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code or 1)
    except (KeyboardInterrupt, StopRequested):
        sys.exit(StopRequested.exit_code)


@app.command()
def run(
    *,
    root: Root = Path(),
    case: Annotated[list[str] | None, typer.Option("--case", help="Handle only the application with this number; can be repeated.")] = None,
) -> None:
    """Handle what lies in the inbox, write the workbook, and end.

    Exit code 0: all is well. 1: a fault of the robot's own. 3: an operator must act. 4: a developer must look at a screen.
    5: the inbox could not be read. 130: stopped.
    """
    from robots import wiring

    configuration = wiring.read_configuration(root)
    console = _console()
    done, folder = _handle_cases(configuration, console, references=case)
    _print_figures(console, done, folder)
    sys.exit(done.exit_code)


@app.command()
def check(*, root: Root = Path()) -> None:
    """Read every file under config/ and selectors/, and list all mistakes with their file and line."""
    from robots import wiring

    wiring.read_configuration(root)
    sys.stdout.write("Everything under config/ and selectors/ is right.\n")


@app.command()
def assess(
    case: Annotated[Path | None, typer.Argument(help="File with everything collected for one application.", dir_okay=False)] = None,
    *,
    root: Root = Path(),
    on: Annotated[str, typer.Option("--on", help="Day of the decision, as 2026-11-21; today when left out.")] = "",
    as_json: AsJson = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the format of the file as a JSON schema instead.")] = False,
) -> None:
    """Assess a case from a file, without any screen: findings, amounts, reason codes, and who may decide."""
    from datetime import date, datetime

    from robots import assessing, settings
    from robots.case import CaseFile
    from robots.handling import SWEDEN
    from robots.records import schema_of

    if schema:
        _print_json(schema_of(CaseFile))
        return
    if case is None:
        raise typer.BadParameter("name the case file, or ask for its format with --schema")
    try:
        decided_on = date.fromisoformat(on) if on else datetime.now(SWEDEN).date()
    except ValueError:
        raise typer.BadParameter("a day is written as in 2026-11-21", param_hint="--on") from None
    configured = settings.load(root)
    record = assessing.assessed(case, root / "config", language=configured.language, on=decided_on)
    if as_json:
        _print_json(record)
        return
    answer = "; ".join(record["codes"]) or record["authority"]["mode"]
    lines = [f"{record['reference']}: {answer}", *record["because"], *record["calculation_lines"]]
    sys.stdout.write("".join(f"{COMMANDS.sub(' ', line)}\n" for line in lines))


@app.command()
def demo(
    *,
    root: Root = Path(),
    cases: Cases = 40,
    seed: Seed = 1,
    hostile: Hostile = None,
    as_json: AsJson = False,
) -> None:
    """Start the practice municipality, handle its inbox, and hold the outcomes and the effects against what was expected."""
    from robots import run_log, settings, wiring
    from robots.practice.households import generate

    # Before anything is started, as for every other command.
    configuration = wiring.read_configuration(root)
    console = _console(stderr=as_json)
    households = generate(seed, cases)
    switches = _switches(hostile)
    log = run_log.set_up(configuration.settings.paths.logs, console=False)
    try:
        with console.status("Starting the practice municipality"):
            municipality = _started(log.folder / "practice", households, hostile=switches)
        with municipality:
            os.environ.update(municipality.environment)
            here = settings.with_paths(configuration.settings, state=log.folder / "state", workbook=log.folder / "undantag.xlsx")
            here = settings.with_addresses(here, {**municipality.addresses, "person_lookup": municipality.addresses["case_system"]})
            configuration = replace(configuration, settings=here)
            done = _work(configuration, console, folder=log.folder, references=None)
            wrong = _examine(households, done, municipality)
            served_seconds = municipality.served_seconds()
    finally:
        log.close()
    if as_json:
        _print_json(_demo_record(households, done, wrong, log.folder))
    else:
        console.print(_demo_table(households, done, wrong))
        for sentence in wrong.get("-", ()):
            console.print(f"[red]{sentence}")
        _print_figures(console, done, log.folder, served_seconds=served_seconds)
    sys.exit(done.exit_code or int(any(wrong.values())))


@practice.command()
def serve(
    *,
    root: Root = Path(),
    cases: Cases = 40,
    seed: Seed = 1,
    hostile: Hostile = None,
) -> None:
    """Run the practice systems on the addresses of config/kollega.yaml until Ctrl-C; the accounts go into logs/practice/accounts.env."""
    from robots import settings
    from robots.practice.households import generate

    configured = settings.load(root)
    folder = configured.paths.logs / "practice"
    ports = {name: _practice_port(system) for name, system in configured.systems.items() if name != "person_lookup"}
    with _started(folder, generate(seed, cases), hostile=_switches(hostile), ports=ports) as municipality:
        accounts = folder / "accounts.env"
        accounts.touch(mode=0o600)
        accounts.write_text("".join(f"export {name}='{value}'\n" for name, value in municipality.environment.items()), encoding="utf-8")
        for system, address in municipality.addresses.items():
            sys.stdout.write(f"{system:<20} {address}\n")
        sys.stdout.write(f"Accounts: {accounts}\nHandle the inbox in another terminal: source {accounts} && kollega run\nCtrl-C ends the systems.\n")
        sys.stdout.flush()
        signal.pause()


@practice.command()
def effects(
    folder: Annotated[Path | None, typer.Argument(help="Folder of the practice systems; the latest run's when left out.", file_okay=False)] = None,
    *,
    root: Root = Path(),
    as_json: AsJson = False,
) -> None:
    """Print what has been written in the practice systems: who, what, when, for which case."""
    from dataclasses import asdict

    from robots import settings
    from robots.practice.municipality import read_effects

    found = read_effects(folder or _latest_practice(settings.load(root)))
    if as_json:
        _print_json([{**asdict(effect), "at": effect.at.isoformat()} for effect in found])
        return
    for effect in found:
        what = f"{effect.system:<12}  {effect.kind:<12}  {effect.reference:<14}  {effect.month:<8}  {effect.amount}"
        sys.stdout.write(f"{effect.at.isoformat(timespec='seconds')}  {effect.who:<10}  {what}\n")


# --- a run ------------------------------------------------------------------------------------------------------------


def _handle_cases(configuration: Configuration, console: Console, *, references: Sequence[str] | None) -> tuple[Run, Path]:
    from robots import run_log

    log = run_log.set_up(configuration.settings.paths.logs, console=False)
    try:
        return _work(configuration, console, folder=log.folder, references=references), log.folder
    finally:
        log.close()


def _work(configuration: Configuration, console: Console, *, folder: Path, references: Sequence[str] | None) -> Run:
    """Run the robot with a progress bar; the first Ctrl-C lets the steps under way finish, the second ends at once."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from robots import wiring

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[latest]}"))
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("Logging in", total=None, latest="")

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
            return await wiring.run(configuration, folder=folder, stop=stop, on_queued=on_queued, on_ended=on_ended, references=references)

        return asyncio.run(work())


# --- what is printed --------------------------------------------------------------------------------------------------


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    # In a file or a pipe the tables keep the width that their lines need.
    return Console(stderr=stderr, width=None if (sys.stderr if stderr else sys.stdout).isatty() else PRINTED_WIDTH)


def _examine(households: Sequence[Household], done: Run, municipality: Municipality) -> dict[str, tuple[str, ...]]:
    from robots.practice.examination import Result, examine

    results = {
        outcome.reference: Result(
            ending=outcome.ending.value,
            amount=None if outcome.amount is None else int(outcome.amount),
            codes=tuple(code.value for code in outcome.codes),
        )
        for outcome in done.standing.ended
    }
    return examine(households, results, municipality.effects())


def _demo_table(households: Sequence[Household], done: Run, wrong: dict[str, tuple[str, ...]]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Exempelstads kommun: every application against what was worked out by hand")
    for heading in ("Application", "Month", "Situation", "Ended as", "Kronor", "Reason codes", "As expected"):
        table.add_column(heading, justify="right" if heading == "Kronor" else "left")
    outcomes = {outcome.reference: outcome for outcome in done.standing.ended}
    for household in sorted(households, key=lambda one: one.application.reference):
        reference = household.application.reference
        outcome = outcomes.get(reference)
        verdict = "; ".join(wrong.get(reference, ()))
        table.add_row(
            reference,
            escape(household.application.month),
            household.kind.replace("_", " "),
            "waits" if outcome is None else outcome.ending.value,
            "" if outcome is None or outcome.amount is None else f"{outcome.amount:.0f}",
            "" if outcome is None else " ".join(outcome.codes),
            f"[red]no: {escape(verdict)}" if verdict else "[green]yes",
        )
    return table


def _demo_record(households: Sequence[Household], done: Run, wrong: dict[str, tuple[str, ...]], folder: Path) -> dict[str, object]:
    outcomes = {outcome.reference: outcome for outcome in done.standing.ended}
    cases = []
    for household in households:
        outcome = outcomes.get(household.application.reference)
        cases.append(
            {
                "reference": household.application.reference,
                "kind": household.kind,
                "ending": None if outcome is None else outcome.ending.value,
                "amount": None if outcome is None or outcome.amount is None else str(outcome.amount),
                "codes": [] if outcome is None else list(outcome.codes),
                "wrong": list(wrong.get(household.application.reference, ())),
            }
        )
    return {
        "cases": cases,
        "stray_effects": list(wrong.get("-", ())),
        "held": {system: str(error) for system, error in done.standing.held.items()},
        "exit_code": done.exit_code,
        "workbook": str(done.workbook.path),
        "log": str(folder),
    }


def _print_figures(console: Console, done: Run, folder: Path, *, served_seconds: float | None = None) -> None:
    from rich.markup import escape
    from rich.table import Table

    from robots.follow_up import as_table

    table = Table(title="The run", show_header=False)
    for name, value in as_table(done.figures):
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
    console.print(f"Workbook: {done.workbook.path}", soft_wrap=True)
    console.print(f"Log:      {folder / 'run.log'}", soft_wrap=True)


def _print_json(record: object) -> None:
    # The words of an applicant can be among it; outside its texts JSON has none of these characters but its own line breaks.
    lines = json.dumps(record, ensure_ascii=False, indent=2).split("\n")
    sys.stdout.write("".join(COMMANDS.sub(lambda one: f"\\u{ord(one[0]):04x}", line) + "\n" for line in lines))


def _switches(hostile: list[str] | None) -> tuple[str, ...]:
    """Return the switches when all of them exist."""
    from robots.practice.office import switches

    try:
        switches("", frozenset(hostile or ()))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--hostile") from None
    return tuple(hostile or ())


def _started(folder: Path, households: Sequence[Household], *, hostile: tuple[str, ...], ports: Mapping[str, int] | None = None) -> Municipality:
    from robots.practice.municipality import Municipality

    try:
        return Municipality.start(folder, households, hostile=hostile, ports=ports)
    except RuntimeError as error:
        raise SetupError(f"{error}. Is another program at its address? End that, or give the system another one in config/kollega.yaml") from None


def _practice_port(system: SystemSettings) -> int:
    """Return the port of a system's address, which must be one where the practice systems can answer."""
    address = urlsplit(system.address)
    if address.scheme != "http" or address.hostname not in {"127.0.0.1", "localhost"} or address.port is None:
        raise SetupError(
            "config/kollega.yaml does not have the practice system's address; give it one as in http://127.0.0.1:8701", system=system.name
        )
    return address.port


def _latest_practice(settings: Settings) -> Path:
    """Return the practice systems' folder that was written to last."""
    logs = settings.paths.logs
    found = sorted((folder for folder in (*logs.glob("*/practice"), logs / "practice") if folder.is_dir()), key=lambda folder: folder.stat().st_mtime)
    if not found:
        raise typer.BadParameter(f"there are no practice systems under {logs}; run kollega demo first")
    return found[-1]
