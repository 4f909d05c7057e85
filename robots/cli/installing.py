"""Have the robot start by itself: units for systemd, or a task for Windows."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import Root, print_lines

if TYPE_CHECKING:
    from robots.installing import File

#: names of accounts are shorter
_LONGEST_NAME = 64


def install(
    *,
    root: Root = Path(),
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Folder of the files: /etc/systemd/system when left out, on Windows that of the project.", file_okay=False),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the files; without it they are only shown.")] = False,
    windows: Annotated[bool, typer.Option("--windows", help="A task for Windows' Task Scheduler instead of units for systemd.")] = os.name == "nt",
    user: Annotated[str, typer.Option("--user", help="The account of the machine that the robot works under.")] = "kollega",
    dashboard: Annotated[bool, typer.Option("--dashboard", help="The service also shows how things stand on a page of this machine.")] = False,
) -> None:
    """Show, or write, the files with which this machine starts the robot by its schedule, and the commands that an administrator runs then."""
    from robots import installing, settings
    from robots.case import SWEDEN
    from robots.installing import systemd, task_scheduler

    here = settings.load(root)
    # Not resolved: a virtual environment's interpreter is a link to one that lacks the robot.
    place = installing.Place(settings=here, python=Path(os.path.abspath(sys.executable)), user=_checked(user), with_dashboard=dashboard)  # noqa: PTH100 - see above
    if windows:
        plan = task_scheduler.plan(place, to=(to or here.root).resolve(), today=datetime.now(SWEDEN).date())
    else:
        plan = systemd.plan(place, to=(to or systemd.UNITS).resolve())
    if write:
        print_lines(installing.write(plan.files))
    else:
        for file in plan.files:
            print_lines([_shown(file), *file.text.splitlines(), ""])
        print_lines(["Nothing was written; with --write these files are."])
    print_lines([*plan.remarks, "", "What an administrator does then:", *(f"    {command}" for command in plan.commands)])


def _shown(file: File) -> str:
    if file.is_there:
        return f"=== {file.path}, which is there already and as it should be"
    return f"=== {file.path}{f', in place of another file, which would be kept as {file.kept_as}' if file.differs else ''}"


def _checked(user: str) -> str:
    """Return the name when it is one that a system has for an account."""
    if not user or len(user) > _LONGEST_NAME or not all(sign.isalnum() or sign in "._-\\@" for sign in user):
        raise typer.BadParameter("must be the name of an account: letters, digits, dots, hyphens", param_hint="--user")
    return user
