"""A backup put back: into the configured state, or into a folder of its own as a whole installation. Nothing that is there is ever deleted."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from robots import casebook, erasure
from robots import settings as settings_file
from robots.backup import CASEBOOK, CONFIGURATION, DUMP, ENGINE, STATE, Backup, Part, check, libpq_address, opened, sync_folder, unpack
from robots.casebook import Casebook
from robots.casebook.walking import restored_after
from robots.erased import read_erased, write
from robots.errors import ProgramMissing, SetupError
from robots.run_log import Action
from robots.settings import Settings
from robots.work_queue.lock import locked

#: with what SQLite keeps beside a file
_FILES = tuple(f"{name}{beside}" for name in (ENGINE, CASEBOOK) for beside in ("-wal", "-shm", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put back, and where."""

    backup: Backup
    #: the folder of casebook and engine
    state: Path
    #: where that which was there lies now; None when there was nothing
    aside: Path | None
    #: files of config/ and selectors/ that differ from the backup's, or are in one place only; they were left as they are
    differing: tuple[str, ...]
    #: cases that were erased after the backup was made, and were erased from it again
    erased_again: int = 0


def restore_state(file: Path, settings: Settings, *, moves_aside: bool = False) -> Restored:
    """Put casebook and engine of a backup in the place of the installation's; the configuration stays as it is.

    Args:
        file: the backup.
        settings: of the installation.
        moves_aside: whether a state with cases is moved to a folder beside the new one.

    Raises:
        SetupError: the backup can't be used, a robot is at work, or there is a state that is not to be moved.
    """
    backup = _checked(file)
    if backup.is_dump:
        raise SetupError("the backup is of a PostgreSQL database; name an empty one in paths.database of config/kollega.yaml")
    state = settings.paths.state
    try:
        with locked(state), tempfile.TemporaryDirectory(prefix="restoring-", dir=state) as name:
            if not moves_aside and (there := _standing(state)):
                raise SetupError(
                    f"{state} has {there}; nothing was changed. Say --move-aside to keep that beside the new one, or --to another folder"
                )
            folder = Path(name)
            with opened(file) as (archive, _):
                _unpack_records(archive, backup, folder)
            # Before it takes the place: at no moment does a robot find somebody there who was erased.
            erased_again = _note_restored(folder, backup, erased_in=state)
            aside = _exchange(folder, state)
    except OSError as error:
        raise SetupError(f"the backup can't be put into {state} ({error.strerror}); look over the folder, its rights and its room") from None
    return Restored(backup=backup, state=state, aside=aside, differing=_differing(backup, settings.root), erased_again=erased_again)


def restore_database(file: Path, database: str, settings: Settings) -> Restored:
    """Put the records of a backup into an empty PostgreSQL database, whole or not at all.

    Args:
        file: the backup.
        database: its address.
        settings: of the installation.

    Raises:
        SetupError: the backup can't be used, or the database is not empty.
        ProgramMissing: the database's program for that is not there.
    """
    backup = _checked(file)
    if not backup.is_dump:
        raise SetupError("the backup is of files, not of a PostgreSQL database; restore it where paths.database of config/kollega.yaml names none")
    program = shutil.which("pg_restore")
    if program is None:
        raise ProgramMissing("pg_restore is not installed; install postgresql-client")
    with tempfile.TemporaryDirectory(prefix="kollega-restoring-") as folder:
        dump = Path(folder) / DUMP
        with opened(file) as (archive, _):
            (part,) = [part for part in backup.parts if part.name == f"{STATE}/{DUMP}"]
            unpack(archive, part, dump)
        command = [program, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]
        done = subprocess.run([*command, f"--dbname={libpq_address(database)}", str(dump)], capture_output=True, text=True, check=False)
    if "already exists" in done.stderr:
        raise SetupError("the database is not empty; nothing was changed. Make an empty one, name it in paths.database, and restore into that")
    if done.returncode != 0:
        # What else the program says may quote a value of a case.
        raise SetupError("the database could not be restored, and is as it was; see that the server is up and is not older than the backup's")
    erased_again = erasure.erase_again_in_database(database, settings)
    with Casebook(database) as records:
        _note(records, backup, erased_again)
    differing = _differing(backup, settings.root)
    return Restored(backup=backup, state=settings.paths.state, aside=None, differing=differing, erased_again=erased_again)


def restore_to(file: Path, folder: Path, *, erased_in: Path | None = None) -> Restored:
    """Put a whole backup into a new folder: config/, selectors/, and casebook and engine where its settings have them, or in `state/`.

    Raises:
        SetupError: the backup can't be used, or the folder is not empty.
    """
    backup = _checked(file)
    try:
        if folder.exists() and any(folder.iterdir()):
            raise SetupError(f"{folder} is not empty; nothing was changed. Name a new folder")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with opened(file) as (archive, _):
            for part in backup.parts:
                if part.name.startswith(CONFIGURATION):
                    target = folder.joinpath(*PurePosixPath(part.name).parts)
                    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    unpack(archive, part, target)
            state = _state_within(folder)
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            _unpack_records(archive, backup, state)
        if erased_in is not None and not backup.is_dump:
            write(state, read_erased(erased_in))
        erased_again = 0 if backup.is_dump else _note_restored(state, backup, erased_in=state)
        sync_folder(state)
    except OSError as error:
        raise SetupError(f"the backup can't be put into {folder} ({error.strerror}); look over the folder, its rights and its room") from None
    return Restored(backup=backup, state=state, aside=None, differing=(), erased_again=erased_again)


def _note_restored(state: Path, backup: Backup, *, erased_in: Path) -> int:
    """Erase again what was erased since, and note in the chain that the records come from a backup; return how many cases were erased."""
    erased_again = erasure.erase_again(state, erased_in=erased_in)
    if (state / CASEBOOK).exists():
        with Casebook(state / CASEBOOK) as records:
            _note(records, backup, erased_again)
    return erased_again


def _note(records: Casebook, backup: Backup, erased_again: int) -> None:
    entries = records.head().entries if backup.entries is None else backup.entries
    made_at = f"{backup.made_at:%Y-%m-%d %H:%M:%S} UTC"
    records.add_event(None, Action.RESTORED, restored_after(entries, f"from the backup of {made_at}, with {erased_again} cases erased again"))


def _checked(file: Path) -> Backup:
    """Return what a backup says of itself, if it is whole and this program can go on with it."""
    backup = check(file)
    is_newer = _numbers(backup.engine) > _numbers(version("dbos")) or (backup.casebook_schema or 0) > casebook.SCHEMA
    if is_newer:
        raise SetupError(f"the backup was made by Kollega {backup.kollega}, which is newer than this one; install that version, and restore with it")
    return backup


def _numbers(engine: str) -> tuple[int, ...]:
    """Return the part of a version by which the engine's tables differ."""
    return tuple(int(number) for number in engine.split(".")[:2] if number.isdecimal())


def _standing(state: Path) -> str:
    """Return in words what stands in a state that must not be lost; empty if there is nothing."""
    file = state / CASEBOOK
    if not file.exists():
        return "a queue without a casebook" if (state / ENGINE).exists() else ""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            ((cases,),) = connection.execute("SELECT count(*) FROM cases").fetchall()
    except sqlite3.Error:
        return "a casebook that can't be read"
    return f"a casebook with {cases} {'case' if cases == 1 else 'cases'}" if cases else ""


def _unpack_records(archive: zipfile.ZipFile, backup: Backup, folder: Path) -> None:
    """Write casebook and engine, also of shadow runs, into the folder, and see that they are whole."""
    for part in backup.parts:
        if part.name.startswith(f"{STATE}/"):
            target = folder.joinpath(*PurePosixPath(part.name).parts[1:])
            target.parent.mkdir(mode=0o700, exist_ok=True)
            unpack(archive, part, target)
            if target.name == CASEBOOK:
                _see_sound(target, part)


def _see_sound(file: Path, part: Part) -> None:
    try:
        with closing(sqlite3.connect(file)) as connection:
            ((schema,),) = connection.execute("SELECT max(schema) FROM casebook").fetchall()
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error:
        found, schema = "", 0
    if found != "ok" or not 0 < schema <= casebook.SCHEMA:
        raise SetupError(f"{part.name} of the backup is no casebook that this version reads; nothing was changed. Use another backup")


def _exchange(folder: Path, state: Path) -> Path | None:
    """Put what the folder has in the place of what the state has, and return where that is now.

    At no moment does the engine's record stand beside a casebook that is older: a robot that starts then loses nothing.
    """
    aside = None
    there = [name for name in (*_FILES, "shadow") if (state / name).exists()]
    if there:
        aside = state / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        aside.mkdir(mode=0o700)
        for name in (ENGINE, CASEBOOK):
            _put_in_order(state / name)
        for name in there:
            with suppress(FileNotFoundError):
                (state / name).rename(aside / name)
        sync_folder(aside)
    for name in (CASEBOOK, ENGINE, "shadow"):
        if (folder / name).exists():
            (folder / name).rename(state / name)
            sync_folder(state)
    return aside


def _put_in_order(file: Path) -> None:
    """Have all of an SQLite file in the file itself, as far as it is whole, so that it can be moved."""
    if file.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _differing(backup: Backup, root: Path) -> tuple[str, ...]:
    kept = {part.name: part.sha256 for part in backup.parts if part.name.startswith(CONFIGURATION)}
    files = [path for name in CONFIGURATION for path in (root / name).rglob("*") if path.is_file()]
    here = {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return tuple(sorted(name for name in kept.keys() | here.keys() if kept.get(name) != here.get(name)))


def _state_within(folder: Path) -> Path:
    """Return where the settings that were put into the folder have the state, if that is inside of it."""
    with suppress(SetupError):
        state = Path(os.path.normpath(settings_file.load(folder).paths.state))
        if state.is_relative_to(folder.resolve()):
            return state
    return folder / STATE
