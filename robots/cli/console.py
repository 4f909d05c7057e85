"""What the commands have in common: options, and printing that no applicant's words can turn into anything else."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from robots.case import Month

Root = Annotated[Path, typer.Option("--root", help="Folder that holds config/ and selectors/.", file_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

#: characters of a line where no terminal says how wide it is
_PRINTED_WIDTH = 180
#: characters that a terminal would take for a command, for a line of its own, or for another order of reading
_COMMANDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def console(*, stderr: bool = False) -> Console:
    """Return a console for tables; in a file or a pipe they keep the width that their lines need."""
    from rich.console import Console

    return Console(stderr=stderr, width=None if (sys.stderr if stderr else sys.stdout).isatty() else _PRINTED_WIDTH)


def print_json(record: object) -> None:
    """Print a record of plain JSON types."""
    # The words of an applicant can be among it; outside its texts JSON has none of these characters but its own line breaks.
    lines = json.dumps(record, ensure_ascii=False, indent=2).split("\n")
    sys.stdout.write("".join(_COMMANDS.sub(lambda one: f"\\u{ord(one[0]):04x}", line) + "\n" for line in lines))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of text."""
    sys.stdout.write("".join(f"{_COMMANDS.sub(' ', line)}\n" for line in lines))


def chosen_months(text: str) -> tuple[Month, Month] | None:
    """Return the first and the last month that `--months` names, as in `2026-01..2026-06` or `2026-01`; None for nothing."""
    if not text:
        return None
    first, _, last = text.partition("..")
    chosen = chosen_month(first, "--months"), chosen_month(last or first, "--months")
    if chosen[1] < chosen[0]:
        raise typer.BadParameter("the first month comes after the last", param_hint="--months")
    return chosen


def chosen_month(text: str, option: str) -> Month:
    """Return the month that an option names, as in `2026-03`."""
    from robots.case import Month

    try:
        return Month.parse(text)
    except ValueError:
        raise typer.BadParameter("a month is written as in 2026-03", param_hint=option) from None
