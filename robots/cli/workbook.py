"""The exception workbook between runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from robots.exchange import Exchanged

workbook = typer.Typer(no_args_is_help=True, help="Read what caseworkers have answered, and write what is new for them.")


@workbook.command()
def sync(*, root: Root = Path(), as_json: AsJson = False) -> None:
    """Read the answers and act on them, and write what is new; no case is handled, and no system reached.

    What is given back to the robot is taken up by the run under way or the next one. For a timer every few minutes; harmless at any time.
    """
    from robots.casebook import Casebook
    from robots.configuration import read_configuration
    from robots.errors import SetupError
    from robots.exchange import exchange

    configuration = read_configuration(root)
    mode = configuration.settings.run.mode
    if not mode.writes:
        raise SetupError("a shadow run leaves the workbook as it is; set run.mode in config/kollega.yaml to propose or decide")
    place = configuration.settings.paths.casebook_of(mode)
    if isinstance(place, Path) and not place.is_file():
        # Opening it would make an empty one, and the workbook that of nobody's cases.
        raise SetupError("there is no casebook yet; begin with kollega run")
    with Casebook(place) as casebook:
        exchanged = exchange(configuration, casebook, now=datetime.now(UTC))
    if as_json:
        print_json(_record(exchanged))
    else:
        print_lines(_lines(exchanged))


def _record(exchanged: Exchanged) -> dict[str, object]:
    written = exchanged.written
    return {
        "schema": 1,
        "workbook": str(written.path),
        "state": written.state.value,
        "waits": written.waits,
        "notes": [*written.notes, *(f"What people have done to the workbook: {one}." for one in written.put_right)],
        "to_do": written.hand_offs,
        "proposals": written.proposals,
        "taken": [{"case": answer.case_id, "answer": answer.kind.value} for answer in exchanged.taken],
        "refused": exchanged.refused,
        "overdue": exchanged.overdue,
        "long": exchanged.long,
    }


def _lines(exchanged: Exchanged) -> Iterator[str]:
    written = exchanged.written
    for answer in exchanged.taken:
        yield f"{answer.case_id}: {answer.kind}"
    yield f"{len(exchanged.taken)} answers taken; {exchanged.refused} can't be followed, and their rows say why."
    yield f"{written.hand_offs} to do, {written.proposals} proposals, {exchanged.overdue} overdue, {exchanged.long} of five months or more."
    told = {"open": "somebody has it open, so that what is new waits", "unchanged": "it showed all of it already", "written": "written"}
    yield f"{written.path}: {told[written.state.value]}."
    yield from (*written.notes, *(f"{one}." for one in (written.waits, *written.put_right) if one))
