"""Write and repair selector files: see what is on a view, have repaired entries proposed, accept one."""

from __future__ import annotations

import getpass
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines
from robots.errors import ScreenChanged, SetupError

if TYPE_CHECKING:
    from robots.configuration import Configuration
    from robots.screens.inspection import Candidate, Inspectable
    from robots.screens.suggestion import Suggestion
    from robots.screens.ways import Way

    Found = list[tuple[Candidate, list[Way]]]

System = Annotated[str, typer.Argument(help="Name as in config/kollega.yaml.")]


def suggest(system: System, *, root: Root = Path(), as_json: AsJson = False) -> None:
    """Propose a repaired entry for every element that is missing or there twice now, or say why none is sure enough.

    Read-only. Where all is found, notes how it looks, to know it again when it has changed. Exit code 4: something is not found.
    """
    import asyncio

    from robots import doors, run_log
    from robots.configuration import read_configuration
    from robots.screens import proposals
    from robots.screens.seen import read_seen, renewed, seen_now, seen_path, write_seen
    from robots.screens.suggestion import suggest as suggest_for

    configuration = read_configuration(root)
    selectors = _selectors(configuration, system)
    seen = dict(read_seen(seen_path(selectors)))
    suggestions: list[Suggestion] = []
    pictures: dict[str, str] = {}

    async def visit(screen: Inspectable, view_name: str) -> None:
        view = selectors.views[view_name]
        look, places, found = await suggest_for(screen, selectors, view, seen.get(view_name))
        suggestions.extend(found)
        seen[view_name] = renewed(seen.get(view_name), seen_now(selectors, view, look.candidates, places, today=_today()))
        for one in found:
            if one.is_proposal and one.place is not None:
                pictures[one.name] = await screen.picture_of(view, one.place)

    log = run_log.set_up(configuration.settings.paths.logs, console=False)
    try:
        walked = asyncio.run(doors.walk_screens(configuration, system, visit, folder=log.folder))
    finally:
        log.close()
    proposals.keep(_folder(configuration), selectors, suggestions)
    write_seen(seen_path(selectors), {name: seen[name] for name in selectors.views if name in seen})
    unseen = {one.view: one.because for one in walked.views if one.because}
    if as_json:
        print_json({"schema": 1, "system": system, "suggestions": [_record(one, pictures) for one in suggestions], "not_looked_at": unseen})
    else:
        lines = [line for one in suggestions for line in _lines(one, pictures)] or ["Everything that was looked at is found; how it looks is noted."]
        print_lines([*lines, *(f"{system}, {view}: not looked at: {because}" for view, because in unseen.items())])
    if walked.error is not None and not isinstance(walked.error, ScreenChanged):
        raise walked.error
    sys.exit(ScreenChanged.exit_code if suggestions or walked.error is not None else 0)


def accept(
    suggestion: Annotated[str, typer.Argument(help="Name that `kollega screens suggest` printed, as in e_service.inbox.rows.")],
    *,
    root: Root = Path(),
) -> None:
    """Put a proposed entry into its selector file; a comment there says who did so, when, and what stood there before."""
    from robots.configuration import read_configuration
    from robots.screens import proposals

    configuration = read_configuration(root)
    selectors = _selectors(configuration, proposals.system_of(suggestion))
    comment = proposals.accept(_folder(configuration), selectors, suggestion, who=getpass.getuser())
    print_lines([f"{selectors.path}: {comment}"])


def inspect(
    system: Annotated[str, typer.Argument(help="Name as in config/kollega.yaml, or one for a new system.")],
    *,
    root: Root = Path(),
    view: Annotated[str, typer.Option("--view", help="View of the selector file; for a new system, what its first view is to be called.")] = "",
    address: Annotated[str, typer.Option("--address", help="Page of a new system on the web, as https://system.example/login.")] = "",
    program: Annotated[str, typer.Option("--program", help="Command of a new desktop program.")] = "",
    to: Annotated[
        Path | None, typer.Option("--to", help="Write a first selector file into this folder, never over another.", file_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List everything that can be found on a view, each with the ways that find it and nothing else. Read-only, and shows no values."""
    import asyncio

    from robots import doors, run_log
    from robots.configuration import read_configuration
    from robots.screens.inspection import first_file, sure_ways, write_first_file

    configuration = read_configuration(root)
    known = system in configuration.selectors
    if known == bool(address or program) or (address and program):
        raise typer.BadParameter("give --address or --program for a new system, and neither for one of config/kollega.yaml", param_hint="SYSTEM")
    name = view or ("log_in" if not known else next(iter(configuration.selectors[system].views)))
    found: Found = []
    log = run_log.set_up(configuration.settings.paths.logs, console=False)
    try:
        if known:
            selectors = _selectors(configuration, system)
            selectors.view(name)
            driver, where = selectors.driver, selectors.window or selectors.view(name).address or "/"

            visited: list[str] = []

            async def visit(screen: Inspectable, view_name: str) -> None:
                if view_name == name:
                    visited.append(name)
                    found.extend(await sure_ways(screen, selectors.views[name], driver))

            walked = asyncio.run(doors.walk_screens(configuration, system, visit, folder=log.folder))
            _check_visited(walked.views, name, visited)
        else:
            opened = doors.look_at_new(configuration, system, address=address, command=shlex.split(program), folder=log.folder)
            driver, where, listed = asyncio.run(opened)
            found.extend(listed)
    finally:
        log.close()
    written = write_first_file(first_file(system, name, found, driver=driver, where=where, today=_today()), to, system) if to is not None else None
    if as_json:
        print_json({"schema": 1, "system": system, "view": name, "things": [_thing(*one) for one in found], "file": str(written or "")})
    else:
        nothing = (
            []
            if found
            else ["Nothing on it can be listed: a program without an accessibility tree is found by keys, pictures and its window's title."]
        )
        print_lines([*nothing, *(_thing_line(*one) for one in found), *([f"First selector file: {written}"] if written else [])])


def picture(
    system: System,
    *,
    view: Annotated[str, typer.Option("--view", help="View of the selector file.")],
    root: Root = Path(),
) -> None:
    """Save a picture of a view, with everything personal blacked out before it reaches the disk, and print its path."""
    import asyncio

    from robots import doors, run_log
    from robots.configuration import read_configuration

    configuration = read_configuration(root)
    _selectors(configuration, system).view(view)
    paths: list[str] = []

    async def visit(screen: Inspectable, view_name: str) -> None:
        if view_name == view:
            paths.append(await screen.picture())

    log = run_log.set_up(configuration.settings.paths.logs, console=False)
    try:
        walked = asyncio.run(doors.walk_screens(configuration, system, visit, folder=log.folder))
    finally:
        log.close()
    _check_visited(walked.views, view, paths)
    print_lines(paths)


def _selectors(configuration: Configuration, system: str) -> Any:
    if system not in configuration.selectors:
        raise typer.BadParameter(f"there is no system {system}; there are {', '.join(configuration.selectors)}", param_hint="SYSTEM")
    return configuration.selectors[system]


def _check_visited(views: Sequence[Any], view: str, found: Sequence[object]) -> None:
    if not found:
        because = next((one.because for one in views if one.view == view and one.because), "nothing led to it; kollega screens check says more")
        raise SetupError(f"the view {view} was not looked at: {because}")


def _folder(configuration: Configuration) -> Path:
    return configuration.settings.paths.state / "suggestions"


def _today() -> Any:
    return datetime.now(UTC).date()


def _record(one: Suggestion, pictures: dict[str, str]) -> dict[str, Any]:
    from robots.screens.inspection import written

    return {
        "name": one.name,
        "view": one.view,
        "element": one.element,
        "column": one.column,
        "state": one.state,
        "ways": [written(way) for way in one.ways],
        "header": one.header,
        "score": round(one.score, 2),
        "margin": round(one.margin, 2),
        "picture": pictures.get(one.name, ""),
        "because": one.because,
    }


def _lines(one: Suggestion, pictures: dict[str, str]) -> list[str]:
    from robots.screens.inspection import entry, scalar

    what = f"{one.name}: {one.state.replace('_', ' ')}"
    if not one.is_proposal:
        return [f"{what}; nothing is proposed: {one.because}"]
    lines = [
        f"{what}; score {one.score:.2f}, {one.margin:.2f} above the second",
        f"  proposed: {scalar(one.header) if one.header else entry(one.ways)}",
    ]
    if pictures.get(one.name):
        lines.append(f"  framed in {pictures[one.name]}")
    return [*lines, f"  kollega screens accept {one.name}"]


def _thing(candidate: Candidate, ways: Sequence[Way]) -> dict[str, Any]:
    from robots.screens.inspection import written

    return {
        "kind": candidate.kind,
        "name": candidate.name,
        "label": candidate.label,
        "id": candidate.id,
        "test_id": candidate.test_id,
        "near": candidate.near,
        "group": candidate.group,
        "headers": list(candidate.headers),
        "box": list(candidate.box),
        "has_value": candidate.has_value,
        "ways": [written(way) for way in ways],
    }


def _thing_line(candidate: Candidate, ways: Sequence[Way]) -> str:
    from robots.screens.inspection import entry

    headers = f" ({', '.join(candidate.headers)})" if candidate.headers else ""
    left, top, width, height = candidate.box
    found_by = entry(ways) if ways else "by no way alone"
    return f"{candidate.kind:<14} {candidate.title or '-'}{headers}  {width}×{height} at {left},{top}  {found_by}"
