"""Screens: whether they still are as their selector files say, and what helps to write and repair those files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robots.cli import repairing
from robots.cli.console import AsJson, Root, console, print_json, print_lines

if TYPE_CHECKING:
    from rich.table import Table

    from robots.screens.drift import SystemCheck

screens = typer.Typer(no_args_is_help=True, help="The screens of the systems, and the selector files that say what is on them.")
screens.command()(repairing.suggest)
screens.command()(repairing.accept)
screens.command()(repairing.inspect)
screens.command()(repairing.picture)


@screens.command()
def check(
    systems: Annotated[list[str] | None, typer.Argument(help="Names as in config/kollega.yaml; all when left out.")] = None,
    *,
    root: Root = Path(),
    as_json: AsJson = False,
) -> None:
    """Walk through every view of the systems read-only, and say of each element how it is found.

    Exit code 0: everything is found, if by a later way. 3: a system refused the log-in. 4: something is missing or there twice.
    5: a system did not answer.
    """
    import asyncio

    from robots import doors, run_log
    from robots.configuration import read_configuration
    from robots.screens.drift import exit_code_of

    configuration = read_configuration(root)
    known = configuration.settings.systems
    unknown = [name for name in systems or () if name not in known]
    if unknown:
        raise typer.BadParameter(f"there is no system {', '.join(unknown)}; there are {', '.join(known)}", param_hint="SYSTEM")
    log = run_log.set_up(configuration.settings.paths.logs, console=False)
    try:
        checks = asyncio.run(doors.check_screens(configuration, folder=log.folder, systems=systems or ()))
    finally:
        log.close()
    if as_json:
        print_json(_record(checks, exit_code_of(checks), log.folder))
    else:
        terminal = console()
        terminal.print(_table(checks))
        print_lines([*_lines(checks), f"Log: {log.folder / 'run.log'}"])
    sys.exit(exit_code_of(checks))


@screens.command()
def schema() -> None:
    """Print the JSON schema of selector files, by which editors complete and check them."""
    from robots.screens.selector_schema import selector_schema

    print_json(selector_schema())


def _record(checks: Sequence[SystemCheck], exit_code: int, folder: Path) -> dict[str, Any]:
    return {
        "schema": 1,
        "exit_code": exit_code,
        "log": str(folder / "run.log"),
        "systems": [
            {
                "system": one.system,
                "verdict": one.verdict,
                "seconds": round(one.seconds, 2),
                "error": "" if one.error is None else str(one.error),
                "views": [
                    {
                        "view": view.view,
                        "landmark": view.landmark,
                        "because": view.because,
                        "picture": view.picture,
                        "elements": [
                            {"element": name, "state": seen.state, "way": seen.way, "wrong_columns": list(seen.wrong_columns)}
                            for name, seen in view.sightings.items()
                        ],
                    }
                    for view in one.views
                ],
            }
            for one in checks
        ],
    }


def _table(checks: Sequence[SystemCheck]) -> Table:
    from rich.table import Table

    from robots.screens.drift import Verdict
    from robots.screens.sighting import State

    colours = {Verdict.SOUND: "green", Verdict.DRIFT: "yellow"}
    table = Table(title="The screens against their selector files")
    for heading in ("System", "Verdict", "Views", "First way", "Later way", "Missing", "Twice", "Only when pressed", "Seconds"):
        table.add_column(heading, justify="left" if heading in {"System", "Verdict"} else "right")
    for one in checks:
        states = [seen.state for view in one.views for seen in view.sightings.values()]
        counts = [
            states.count(State.FIRST_WAY),
            states.count(State.LATER_WAY),
            states.count(State.NOT_FOUND) + states.count(State.COLUMNS_WRONG),
            states.count(State.FOUND_TWICE),
            states.count(State.UNSEEN),
        ]
        walked = sum(1 for view in one.views if view.was_walked)
        verdict = f"[{colours.get(one.verdict, 'red')}]{one.verdict.replace('_', ' ')}"
        table.add_row(one.system, verdict, f"{walked} of {len(one.views)}", *(str(count or "") for count in counts), f"{one.seconds:.1f}")
    return table


def _lines(checks: Sequence[SystemCheck]) -> list[str]:
    from robots.screens.drift import said

    lines = []
    for one in checks:
        for view in one.views:
            for name in (*view.faults, *view.drifted):
                which = " (landmark)" if name == view.landmark else ""
                lines.append(f"{one.system}, {view.view}.{name}{which}: {said(view.sightings[name])}")
            if view.picture:
                lines.append(f"{one.system}, {view.view}: picture {view.picture}")
        if one.error is not None:
            lines.append(f"{one.system} was not walked to the end: {one.error}")
    lines += [f"{one.system}, {view.view}: not looked at: {view.because}" for one in checks for view in one.views if view.because]
    return lines
