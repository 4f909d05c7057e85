"""Practise: the practice municipality on its own, and a run in it held against what was expected."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from robots.cli.console import AsJson, Root, console, print_json
from robots.cli.running import Mode, in_mode, print_figures, work_through
from robots.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from robots.configuration import Configuration
    from robots.practice.municipality import Municipality
    from robots.practice.world import Household
    from robots.settings import Settings, SystemSettings
    from robots.wiring import Run

practice = typer.Typer(no_args_is_help=True, help="The practice municipality, Exempelstads kommun: systems to try the robots on.")

_ROUND_SECONDS = 0.5


class Form(StrEnum):
    """What the practice case system comes as: one server and one database, with programs or with pages before them."""

    DESKTOP = "desktop"
    WEB = "web"


CaseSystemForm = Annotated[
    Form | None, typer.Option("--case-system", help="Which form of the case system the robots work in; as config/kollega.yaml says when left out.")
]
Cases = Annotated[int, typer.Option("--cases", min=1, max=200, help="How many applications lie in the inbox.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same households.")]
Hostile = Annotated[list[str] | None, typer.Option("--hostile", help="Make the systems hostile: a switch, or SYSTEM:SWITCH; can be repeated.")]


def demo(
    *,
    root: Root = Path(),
    cases: Cases = 40,
    seed: Seed = 1,
    hostile: Hostile = None,
    mode: Mode = None,
    case_system: CaseSystemForm = None,
    as_json: AsJson = False,
) -> None:
    """Start the practice municipality, handle its inbox, and hold the outcomes and the effects against what was expected."""
    from robots import run_log, settings
    from robots.configuration import read_configuration
    from robots.practice.households import generate

    # Before anything is started, as for every other command.
    configuration = _in_form(in_mode(read_configuration(root), mode), case_system)
    terminal = console(stderr=as_json)
    households = generate(seed, cases)
    switches = _switches(hostile)
    log = run_log.set_up(configuration.settings.paths.logs, console=False)
    try:
        with terminal.status("Starting the practice municipality"):
            municipality = _started(log.folder / "practice", households, hostile=switches)
        with municipality:
            os.environ.update(municipality.environment)
            here = settings.with_paths(configuration.settings, state=log.folder / "state", workbook=log.folder / "undantag.xlsx")
            here = settings.with_addresses(here, {**municipality.addresses, "person_lookup": municipality.addresses["case_system"]})
            configuration = replace(configuration, settings=here)
            done = work_through(configuration, terminal, folder=log.folder, references=None)
            wrong = _examine(households, done, municipality)
            served_seconds = municipality.served_seconds()
    finally:
        log.close()
    if as_json:
        print_json(_demo_record(households, done, wrong, log.folder))
    else:
        terminal.print(_demo_table(households, done, wrong))
        for sentence in wrong.get("-", ()):
            terminal.print(f"[red]{sentence}")
        print_figures(terminal, done, log.folder, served_seconds=served_seconds)
        for outcome in done.standing.ended[:1]:
            state = here.paths.state if done.mode.writes else here.paths.state / "shadow"
            terminal.print(f"Why:      kollega explain {outcome.reference} --state {state}", soft_wrap=True)
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
    households = generate(seed, cases)
    with _started(folder, households, hostile=_switches(hostile), ports=ports) as municipality:
        accounts = folder / "accounts.env"
        accounts.touch(mode=0o600)
        lines = {**municipality.environment, **_samples(households)}
        accounts.write_text("".join(f"export {name}='{value}'\n" for name, value in lines.items()), encoding="utf-8")
        for system, address in municipality.addresses.items():
            sys.stdout.write(f"{system:<20} {address}\n")
        sys.stdout.write(f"Accounts: {accounts}\nHandle the inbox in another terminal: source {accounts} && kollega run\nCtrl-C ends the systems.\n")
        sys.stdout.flush()
        # A program that is started in the background may have been told to take no notice of Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        while True:
            # In rounds, since one wait for ever would never hear of a Ctrl-C that came right before it began.
            time.sleep(_ROUND_SECONDS)


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
        print_json([{**asdict(effect), "at": effect.at.isoformat()} for effect in found])
        return
    for effect in found:
        what = f"{effect.system:<12}  {effect.kind:<12}  {effect.reference:<14}  {effect.month:<8}  {effect.amount}"
        sys.stdout.write(f"{effect.at.isoformat(timespec='seconds')}  {effect.who:<10}  {what}\n")


def _samples(households: Sequence[Household]) -> dict[str, str]:
    """Return whom a check of the screens may look up, as its environment wants it: somebody with a case like any other, if there is one."""
    from robots.settings import SAMPLE_PREFIX

    for household in households:
        if household.case is not None and household.expected.ending != "handed off":
            return {
                f"{SAMPLE_PREFIX}PERSONNUMMER": household.application.applicant,
                f"{SAMPLE_PREFIX}CASE_NUMBER": household.case.case_number,
            }
    return {}


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
    return examine(households, results, municipality.effects(), mode=done.mode.value)


def _demo_table(households: Sequence[Household], done: Run, wrong: dict[str, tuple[str, ...]]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    title = "Exempelstads kommun: every application against what was worked out by hand"
    table = Table(title=f"{title}, mode {done.mode}")
    for heading in ("Application", "Month", "Situation", "Ended as" if done.mode.writes else "Would end as", "Kronor", "Reason codes", "As expected"):
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
        "mode": done.mode.value,
        "cases": cases,
        "stray_effects": list(wrong.get("-", ())),
        "held": {system: str(error) for system, error in done.standing.held.items()},
        "exit_code": done.exit_code,
        "workbook": None if done.workbook is None else str(done.workbook.path),
        "log": str(folder),
    }


def _in_form(configuration: Configuration, form: Form | None) -> Configuration:
    """Return the configuration for a form of the case system: other selector files, which is all that an operator changes too."""
    from robots import settings
    from robots.screens import selector_file

    if form is None:
        return configuration
    suffix = "_web" if form is Form.WEB else ""
    here = settings.with_selectors(configuration.settings, {name: f"{name}{suffix}.yaml" for name in ("case_system", "person_lookup")})
    selectors = {name: selector_file.load(system.selectors) for name, system in here.systems.items()}
    return replace(configuration, settings=here, selectors=selectors)


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
