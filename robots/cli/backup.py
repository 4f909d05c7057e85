"""Keep a copy of what the robot knows, and put it back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines

if TYPE_CHECKING:
    from robots.backup import Backup
    from robots.settings import Settings

_BYTES_PER_MEGABYTE = 1_000_000


def backup(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    *,
    root: Root = Path(),
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file of that name.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only see whether the backup is whole; nothing is written.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep casebook, engine, config/ and selectors/ in one file, also while a robot works. It holds personal data."""
    from robots import backup as backups
    from robots import settings
    from robots.records import to_record

    if check:
        kept = backups.check(file)
    else:
        configured = settings.load(root)
        kept = backups.back_up(configured, file, database=_database_of(configured), replaces=replace)
    if as_json:
        print_json(to_record(backups.Backup, kept))
    else:
        print_lines([f"{file} {'is whole' if check else 'is written'}: {_told(kept)}."])


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", dir_okay=False)],
    *,
    root: Root = Path(),
    to: Annotated[Path | None, typer.Option("--to", help="A new folder for all of it, configuration too.", file_okay=False)] = None,
    move_aside: Annotated[bool, typer.Option("--move-aside", help="Keep the cases that are there in a folder beside the restored ones.")] = False,
) -> None:
    """Put casebook and engine of a backup back, where no robot is at work; what is there is never deleted."""
    from robots import restoring, settings
    from robots.erased import FILE

    if to is not None:
        # Where the command is given in no installation, nobody knows what was erased there.
        known = settings.load(root).paths.state if (root / settings.SETTINGS_FILE).is_file() else None
        done = restoring.restore_to(file, to, erased_in=known)
    elif database := _database_of(configured := settings.load(root)):
        done = restoring.restore_database(file, database, configured)
    else:
        done = restoring.restore_state(file, configured, moves_aside=move_aside)
    lines = [f"Restored into {done.state if to is None else to}: {_told(done.backup)}."]
    if done.aside is not None:
        lines.append(f"What was there lies in {done.aside}.")
    if done.differing:
        lines += ["The configuration was left as it is. It differs from the backup's, which --to puts into a folder, in:", *done.differing]
    lines.append(
        "What was done after the backup is unknown here. The robot looks before it writes: "
        "what it finds done goes to a caseworker with the code TWICE."
    )
    if done.erased_again:
        lines.append(f"{done.erased_again} cases that were erased after the backup was made were erased from it again.")
    if to is not None:
        if known is None or not (known / FILE).is_file():
            told = "What was erased after the backup was made is not known here, so that it may be there again"
            lines.append(f"{told}: erase it again with kollega person erase.")
        lines.append("Never let two robots work on the same inbox with a casebook each: end the other one first.")
    print_lines(lines)
    sys.exit(0)


def _database_of(configured: Settings) -> str:
    from robots.assessment import RunMode

    return configured.paths.database_of(RunMode.DECIDE)


def _told(kept: Backup) -> str:
    size = sum(part.size_bytes for part in kept.parts) / _BYTES_PER_MEGABYTE
    cases = "a database" if kept.cases is None else f"{kept.cases} cases, {kept.open_cases} of them not ended"
    return f"{cases}, of {kept.made_at:%Y-%m-%d %H:%M:%S} UTC by Kollega {kept.kollega}; {len(kept.parts)} files, {size:.1f} MB"
