"""Show the robots that share the work: who is alive, since when, and with how many cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines
from robots.run_mode import RunMode

if TYPE_CHECKING:
    from robots.casebook.workers import WorkerEntry

Mode = Annotated[RunMode | None, typer.Option("--mode", help="shadow for the robots of shadow runs; as config/kollega.yaml says when left out.")]


def workers(*, root: Root = Path(), mode: Mode = None, as_json: AsJson = False) -> None:
    """List the robots that have worked with this casebook: alive, ended or dead, and the cases that each has at hand. Changes nothing."""
    from robots import settings
    from robots.casebook import Casebook
    from robots.casebook.workers import Workers
    from robots.work_queue.engine_record import cases_at_hand

    configured = settings.load(root)
    mode = mode or configured.run.mode
    file = configured.paths.casebook_of(mode)
    if isinstance(file, Path) and not file.is_file():
        # Opening it would make an empty one.
        raise typer.BadParameter("no robot has worked here yet; give the folder that holds config/ of one that has", param_hint="--root")
    with Casebook(file) as casebook:
        entries = Workers(casebook.engine).entries()
    at_hand = cases_at_hand(configured.paths.database_of(mode) or configured.paths.state_of(mode))
    records = [_record(entry, at_hand, lifeless_seconds=configured.run.lifeless_seconds) for entry in entries]
    if as_json:
        print_json({"schema": 1, "workers": records})
        return
    rows: list[tuple[str, ...]] = [("worker", "machine", "process", "version", "mode", "since", "last sign of life", "is", "cases at hand")]
    rows += [
        (
            *(str(record[name]) for name in ("worker", "machine", "process", "version", "mode")),
            f"{entry.began_at:%Y-%m-%d %H:%M:%S}",
            f"{entry.seen_at:%Y-%m-%d %H:%M:%S}",
            str(record["is"]),
            str(len(_cases(entry, at_hand))),
        )
        for entry, record in zip(entries, records, strict=True)
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    print_lines("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    print_lines(["Times are UTC. What a dead robot has at hand goes on with the others, or when it is started again."])


def _record(entry: WorkerEntry, at_hand: dict[str, list[str]], *, lifeless_seconds: float) -> dict[str, object]:
    is_alive = entry.is_alive(lifeless_seconds=lifeless_seconds)
    return {
        "worker": entry.worker,
        "machine": entry.machine,
        "process": entry.process,
        "version": entry.version,
        "mode": entry.mode,
        "began_at": entry.began_at.isoformat(),
        "seen_at": entry.seen_at.isoformat(),
        "ended_at": None if entry.ended_at is None else entry.ended_at.isoformat(),
        "silent_seconds": round(entry.silent_seconds, 1),
        "is": "alive" if is_alive else "dead" if entry.ended_at is None else "ended",
        "cases_at_hand": _cases(entry, at_hand),
    }


def _cases(entry: WorkerEntry, at_hand: dict[str, list[str]]) -> list[str]:
    """Return the ids of the cases that the robot has at hand; also of those that an earlier start of it has left."""
    from robots.casebook.workers import worker_of

    return sorted(case_id for executor, case_ids in at_hand.items() if worker_of(executor) == entry.worker for case_id in case_ids)
