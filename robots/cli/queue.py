"""Look at the queue and steer it, while a robot runs and while none does: what waits, pauses, what is stopped for good or taken up again."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines
from robots.run_mode import RunMode

if TYPE_CHECKING:
    from datetime import datetime

    from robots.casebook import Casebook
    from robots.casebook.overview import Line
    from robots.settings import Settings
    from robots.work_queue.operating import Operator

Case = Annotated[str, typer.Argument(help="Number of the application, or the id of the case.")]
Folder = Annotated[Path | None, typer.Option("--folder", help="Folder of another casebook, such as a demo's: logs/<run>/state.", file_okay=False)]
Mode = Annotated[RunMode | None, typer.Option("--mode", help="shadow for the cases of shadow runs; as config/kollega.yaml says when left out.")]
Why = Annotated[str, typer.Option("--why", help="In a few words, for those who wonder; no personal data.")]

queue = typer.Typer(no_args_is_help=True, help="Look at the queue of cases, and steer it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where casebook and engine are."""

    settings: Settings

    @property
    def casebook(self) -> Path | str:
        return self.settings.paths.casebook_of(self.settings.run.mode)

    @property
    def engine(self) -> Path | str:
        mode = self.settings.run.mode
        return self.settings.paths.database_of(mode) or self.settings.paths.state_of(mode)


@contextmanager
def _opened(root: Path, folder: Path | None, mode: RunMode | None) -> Iterator[tuple[_Place, Casebook]]:
    from robots import settings
    from robots.casebook import Casebook

    configured = settings.load(root) if mode is None else settings.with_mode(settings.load(root), mode)
    if folder is not None:
        # The folder itself, whatever the mode: that of a shadow run is named in full.
        paths = replace(configured.paths, state=folder, database="")
        configured = replace(configured, paths=paths, run=replace(configured.run, mode=RunMode.DECIDE))
    place = _Place(settings=configured)
    if isinstance(place.casebook, Path) and not place.casebook.is_file():
        # Opening it would make an empty one.
        where = "a shadow run's are shown with --mode shadow, a demo's with --folder logs/<run>/state"
        raise typer.BadParameter(f"no robot has worked on cases in {place.casebook.parent}; {where}", param_hint="--folder")
    with Casebook(place.casebook) as casebook:
        yield place, casebook


@contextmanager
def _operator(root: Path, folder: Path | None, mode: RunMode | None) -> Iterator[tuple[_Place, Operator]]:
    from robots.work_queue.operating import Operator

    with _opened(root, folder, mode) as (place, casebook):
        yield place, Operator(casebook=casebook, name=getpass.getuser())


@queue.command("list")
def list_cases(
    *,
    root: Root = Path(),
    folder: Folder = None,
    mode: Mode = None,
    in_state: Annotated[str, typer.Option("--state", help="Only cases in this state: submitted, taken, waiting, failed or ended.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="So many cases at most.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """List the cases: first those that wait, in the order in which they are begun, then those that have ended."""
    from robots.casebook import CaseState
    from robots.casebook.overview import counts, first_lines
    from robots.casebook.pauses import Pauses

    if in_state and in_state not in set(CaseState):
        raise typer.BadParameter(f"must be one of: {', '.join(CaseState)}", param_hint="--state")
    with _opened(root, folder, mode) as (_, casebook):
        numbers = counts(casebook)
        pauses = Pauses(casebook).standing()
        lines = first_lines(casebook, limit=limit, state=CaseState(in_state) if in_state else None)
    if as_json:
        paused = [{"scope": one.scope, "since": one.paused_at.isoformat(), "by": one.paused_by, "why": one.why} for one in pauses]
        cases = [_record(line) for line in lines]
        print_json({"schema": 1, "counts": {str(state): number for state, number in numbers.items()}, "paused": paused, "cases": cases})
        return
    print_lines([", ".join(f"{number} {state}" for state, number in numbers.items())])
    print_lines(f"paused: {one.scope} since {_time(one.paused_at)} by {one.paused_by}: {one.why}" for one in pauses)
    rows = [("case", "state", "due", "priority", "remarks"), *(_row(line) for line in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    print_lines("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    total = numbers[CaseState(in_state)] if in_state else sum(numbers.values())
    if total > len(lines):
        print_lines([f"… and {total - len(lines)} more; --limit shows them."])


def _record(line: Line) -> dict[str, object]:
    return {
        "case": line.case_id,
        "reference": line.reference,
        "month": line.month,
        "state": str(line.state),
        "ending": line.ending,
        "submitted_at": line.submitted_at.isoformat(),
        "due_at": _iso(line.due_at),
        "ended_at": _iso(line.ended_at),
        "priority": line.priority,
        "order": line.order,
        "deaths": line.deaths,
    }


def _row(line: Line) -> tuple[str, ...]:
    remarks = [line.ending, f"ordered: {line.order}" if line.order else "", f"robots died in it: {line.deaths}" if line.deaths else ""]
    return line.case_id, str(line.state), _time(line.due_at), str(line.priority), "; ".join(remark for remark in remarks if remark)


@queue.command()
def show(case: Case, *, root: Root = Path(), folder: Folder = None, mode: Mode = None, as_json: AsJson = False) -> None:
    """Show one case: where it stands, its steps, what is written, and what happened. No personal data."""
    from robots.casebook.attempts import Attempts
    from robots.casebook.orders import Orders
    from robots.work_queue.engine_record import steps_of
    from robots.work_queue.operating import case_named, pauses_of

    with _opened(root, folder, mode) as (place, casebook):
        entry = case_named(casebook, case)
        outcome, attempt, order = (
            casebook.outcome_of(entry.case_id),
            Attempts(casebook).of_case(entry.case_id),
            Orders(casebook).of_case(entry.case_id),
        )
        record: dict[str, object] = {
            "schema": 1,
            "case": entry.case_id,
            "reference": entry.reference,
            "month": entry.month,
            "state": str(entry.state),
            "ending": "" if outcome is None else str(outcome.ending),
            "codes": [] if outcome is None else [str(code) for code in outcome.codes],
            "priority": entry.priority,
            "submitted_at": _iso(entry.submitted_at),
            "due_at": _iso(entry.due_at),
            "taken_at": _iso(entry.taken_at),
            "ended_at": _iso(entry.ended_at),
            "paused": list(pauses_of(casebook, entry.case_id)),
            "order": "" if order is None else f"{order.kind}{f' to {order.step}' if order.step else ''}, by {order.ordered_by}",
            "steps": [
                {"name": one.name, "begun_at": _iso(one.begun_at), "ended_at": _iso(one.ended_at)} for one in steps_of(place.engine, entry.case_id)
            ],
            "attempt": None
            if attempt is None
            else {"step": attempt.step, "is_under_way": bool(attempt.worker), "begun_at": _iso(attempt.begun_at), "deaths": attempt.deaths},
            "effects": [
                {"name": one.name, "state": str(one.state), "intended_at": _iso(one.intended_at), "done_at": _iso(one.done_at)}
                for one in casebook.effects(entry.case_id)
            ],
            "events": [{"at": _iso(one.at), "action": one.action, "message": one.message} for one in casebook.events(entry.case_id)],
        }
    if as_json:
        print_json(record)
    else:
        print_lines(_lines(record))


def _lines(record: dict[str, object]) -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{name}:"
            yield from ("  " + "  ".join(str(part) for part in one.values() if part is not None) for one in value)
        elif isinstance(value, dict):
            yield f"{name}: " + ", ".join(f"{key} {part}" for key, part in value.items())
        elif name != "schema" and value not in (None, "", []):
            yield f"{name}: {', '.join(str(part) for part in value) if isinstance(value, list) else value}"


@queue.command()
def retry(
    case: Case,
    *,
    root: Root = Path(),
    folder: Folder = None,
    mode: Mode = None,
    step: Annotated[str, typer.Option("--from", help="A step, as in kollega queue show; it and those after it are done again.")] = "",
) -> None:
    """Have the robot take a case up again that has failed, waits or was handed off; a decided or proposed one never."""
    from robots.casebook import CaseState
    from robots.work_queue.operating import case_named

    with _operator(root, folder, mode) as (place, operator):
        entry = case_named(operator.casebook, case)

        def steps_done() -> list[str]:
            from robots.work_queue.engine_record import steps_of

            return [one.name for one in steps_of(place.engine, entry.case_id)]

        print_lines([operator.retry(entry, step=step, steps_done=steps_done)])
        if entry.state is CaseState.ENDED and folder is None and place.settings.run.mode.writes:
            # A caseworker must not begin by hand what the robot begins anew.
            from robots.configuration import read_configuration
            from robots.wiring import write_workbook

            written = write_workbook(read_configuration(root), operator.casebook)
            print_lines([f"Its row is gone from the workbook until it ends again: {written.path}"])


@queue.command()
def cancel(case: Case, *, why: Why, root: Root = Path(), folder: Folder = None, mode: Mode = None) -> None:
    """Stop a case for good: it is handed off to a person, with what is written and what is left. Nothing is undone."""
    import asyncio

    from robots.errors import SetupError, StateUnusable
    from robots.work_queue.operating import case_named

    with _operator(root, folder, mode) as (place, operator):
        entry = case_named(operator.casebook, case)
        if not operator.cancel(entry, why=why):
            outcome = operator.casebook.outcome_of(entry.case_id)
            print_lines([f"{entry.case_id} has ended already: {'' if outcome is None else outcome.ending}."])
            return
    from robots.configuration import read_configuration
    from robots.wiring import end_cancelled

    configuration = read_configuration(root)
    try:
        outcome = asyncio.run(end_cancelled(replace(configuration, settings=place.settings), entry, writes_workbook=folder is None))
    except StateUnusable:
        raise
    except SetupError as busy:
        print_lines([f"{entry.case_id} is handed off before its next step by the robot at work ({busy})."])
        return
    if outcome is None:
        print_lines([f"{entry.case_id} is handed off before its next step by the robot that has it; if none has, kollega queue show says why not."])
    else:
        print_lines([f"{entry.case_id} is handed off: {', '.join(outcome.codes)}.", *outcome.done, *outcome.left])


@queue.command()
def pause(
    case: Annotated[str, typer.Argument(help="Number of the application, or the id of the case.")] = "",
    *,
    why: Why,
    system: Annotated[str, typer.Option("--system", help="Begin no step in this system.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Begin no step at all.")] = False,
    root: Root = Path(),
    folder: Folder = None,
    mode: Mode = None,
) -> None:
    """Pause one case, one system or everything until it is resumed; steps under way are finished, and what is done is kept."""
    with _operator(root, folder, mode) as (_, operator):
        print_lines([operator.pause(_scope(operator, case, system, is_everything=everything), why=why)])


@queue.command()
def resume(
    case: Annotated[str, typer.Argument(help="Number of the application, or the id of the case.")] = "",
    *,
    system: Annotated[str, typer.Option("--system", help="End the pause of this system.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="End the pause of everything; those of systems and cases stay.")] = False,
    root: Root = Path(),
    folder: Folder = None,
    mode: Mode = None,
) -> None:
    """End a pause; a run under way goes on with what was paused, else the next one does."""
    with _operator(root, folder, mode) as (_, operator):
        print_lines([operator.resume(_scope(operator, case, system, is_everything=everything))])


@queue.command()
def first(case: Case, *, root: Root = Path(), folder: Folder = None, mode: Mode = None) -> None:
    """Have a case begun before the others that wait."""
    from robots.work_queue.operating import case_named

    with _operator(root, folder, mode) as (_, operator):
        print_lines([operator.put_first(case_named(operator.casebook, case))])


def _scope(operator: Operator, case: str, system: str, *, is_everything: bool) -> str:
    from robots.casebook.pauses import EVERYTHING, scope_of_case, scope_of_system
    from robots.settings import SYSTEMS
    from robots.work_queue.operating import case_named

    if [bool(case), bool(system), is_everything].count(True) != 1:
        raise typer.BadParameter("give one of: a case, --system NAME, --all")
    if system and system not in SYSTEMS:
        raise typer.BadParameter(f"must be one of: {', '.join(SYSTEMS)}", param_hint="--system")
    if is_everything:
        return EVERYTHING
    return scope_of_system(system) if system else scope_of_case(case_named(operator.casebook, case).case_id)


def _time(moment: datetime | None) -> str:
    from robots.case import SWEDEN

    return "" if moment is None else f"{moment.astimezone(SWEDEN):%Y-%m-%d %H:%M}"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
