"""One file with all that a robot is put up again from: casebook, engine, config/ and selectors/; it can be made while a robot works.

The file is a zip archive whose parts are stored as they are, so that none can be larger than the file, with `manifest.json` behind them. The engine's
record is always the older one of the two: what it has finished stands in the casebook, and what the casebook has besides is looked at again before it
is done. The other way round, the engine could hold a case for ended that the casebook has never seen ending.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from robots.assessment import RunMode
from robots.errors import ProgramMissing, SetupError
from robots.records import from_json_text, to_record
from robots.settings import Settings

SCHEMA = 1
CASEBOOK, ENGINE, DUMP = "casebook.sqlite", "queue.db", "database.dump"
STATE, SHADOW, CONFIGURATION = "state", "state/shadow", ("config", "selectors")
MANIFEST = "manifest.json"

_MANIFEST_MOST_BYTES = 10_000_000
_BLOCK_BYTES = 1 << 20
_WAIT_SECONDS = 30.0
_RECORD = re.compile(rf"state/(shadow/)?({re.escape(CASEBOOK)}|{re.escape(ENGINE)})|state/{re.escape(DUMP)}")
# Names that are the same file on every system, and none that leads out of the folder.
_CONFIGURED = re.compile(r"(config|selectors)(/(?!\.\.?/)[^/\\:\x00-\x1f]+)*/(?!\.\.?$)[^/\\:\x00-\x1f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a backup."""

    #: with slashes, as `config/kollega.yaml`
    name: str
    size_bytes: int
    #: of its bytes, in hexadecimal digits
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup says of itself."""

    schema: int
    #: version of the program that made it
    kollega: str
    #: version of the engine's library
    engine: str
    #: when the copies were begun; aware UTC
    made_at: datetime
    #: of the casebook's tables; None for a dump of a database
    casebook_schema: int | None
    #: cases in the casebook, and those of them that have not ended; None for a dump of a database
    cases: int | None
    open_cases: int | None
    #: how far the casebook's chain of events had come: number and hash of its last entry; None for a dump and in backups of earlier versions
    entries: int | None = None
    head: str | None = None
    parts: tuple[Part, ...]

    @property
    def is_dump(self) -> bool:
        """Whether the records come from a PostgreSQL database."""
        return any(part.name == f"{STATE}/{DUMP}" for part in self.parts)


class _Writable(Protocol):
    def write(self, block: bytes, /) -> int: ...


def back_up(settings: Settings, file: Path, *, database: str = "", replaces: bool = False) -> Backup:
    """Make a backup, whole or not at all, for this account alone to read.

    Args:
        settings: of the installation; a robot may be at work in it.
        file: where the backup is written; its folder is there.
        database: address of the PostgreSQL database that holds casebook and engine; empty for files.
        replaces: whether a file of that name is replaced.

    Raises:
        SetupError: there is nothing to back up, the file is there already, or can't be written, or a record is damaged.
        ProgramMissing: a database is to be dumped, and its program for that is not there.
    """
    _refuse_existing(file, replaces=replaces)
    made_at = datetime.now(UTC)
    try:
        with tempfile.TemporaryDirectory(prefix=".kollega-backup-", dir=file.parent) as name:
            folder = Path(name)
            records = [_dump(database, folder)] if database else _copies(settings, folder)
            about = _about(folder / STATE / CASEBOOK)
            parts = [*records, *_configured(settings.root)]
            archive = folder / "archive"
            backup = _pack(archive, parts, made_at, about)
            _refuse_existing(file, replaces=replaces)
            archive.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise SetupError(f"the backup can't be written ({error.strerror}); look over the folder, its rights and its room") from None
    return backup


def check(file: Path) -> Backup:
    """Return what a backup says of itself after every byte of it was held against its sum.

    Raises:
        SetupError: it is no backup, is damaged, or is of another version of the program.
    """
    with opened(file) as (archive, backup):
        for part in backup.parts:
            unpack(archive, part, None)
    return backup


def libpq_address(database: str) -> str:
    """Return the address of a PostgreSQL database as the server's own programs take it."""
    parts = urlsplit(database)
    query = urlencode([(key, value) for key, value in parse_qsl(parts.query) if key != "schema"])
    return urlunsplit(("postgresql", parts.netloc, parts.path, query, ""))


def sync_folder(folder: Path) -> None:
    """Have the names in the folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- making -----------------------------------------------------------------------------------------------------------


def _refuse_existing(file: Path, *, replaces: bool) -> None:
    if file.is_dir():
        raise SetupError(f"{file} is a folder; name a file in it")
    if file.exists() and not replaces:
        raise SetupError(f"{file} is there already; choose another name, or say --replace")


def _copies(settings: Settings, folder: Path) -> list[tuple[str, Path]]:
    """Copy what there is of casebook and engine, also of shadow runs, to files that nobody changes."""
    if not (settings.paths.state / CASEBOOK).exists():
        raise SetupError(
            f"there is no casebook in {settings.paths.state}, so there is nothing to back up; look over paths.state in config/kollega.yaml"
        )
    copies = []
    for place, state in ((STATE, settings.paths.state), (SHADOW, settings.paths.state_of(RunMode.SHADOW))):
        (folder / place).mkdir(mode=0o700)
        # The order of the two is what the backup rests on: see above.
        for name in (ENGINE, CASEBOOK):
            if (state / name).exists():
                _copy(state / name, folder / place / name)
                copies.append((f"{place}/{name}", folder / place / name))
    return copies


def _copy(source: Path, target: Path) -> None:
    """Copy an SQLite file as it is at one moment; those who write in it go on meanwhile."""
    until = time.monotonic() + _WAIT_SECONDS

    def give_up(status: int, _remaining: int, _pages: int) -> None:
        if status != sqlite3.SQLITE_DONE and time.monotonic() > until:
            raise TimeoutError

    target.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as original, closing(sqlite3.connect(target)) as copy:
            original.backup(copy, progress=give_up)
            # One file, without another of recent changes beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except TimeoutError:
        raise SetupError(f"{source} can't be copied: another program keeps it locked; see what has the file open and end that") from None
    except sqlite3.Error as error:
        kind = getattr(error, "sqlite_errorname", type(error).__name__)
        raise SetupError(f"{source} can't be copied ({kind}); look over its rights, and the room where the backup is written") from None
    if found != "ok":
        raise SetupError(f"{source} is damaged, so it was not backed up; keep the earlier backups, and restore one with kollega restore --move-aside")


def _dump(database: str, folder: Path) -> tuple[str, Path]:
    """Dump the database as it is at one moment."""
    program = shutil.which("pg_dump")
    if program is None:
        raise ProgramMissing(
            "pg_dump is not installed, which copies casebook and engine as they are at one moment; "
            "install postgresql-client, or have the database's own administrators back it up"
        )
    target = folder / DUMP
    # Not what others keep in the same database.
    schema = dict(parse_qsl(urlsplit(database).query)).get("schema", "")
    places = (schema, f"{schema}_shadow") if schema else ()
    schemas = [f"--schema={name}" for place in places for name in (place, f"{place}_engine")]
    command = [program, "--format=custom", "--no-owner", "--no-privileges", "--no-password", f"--lock-wait-timeout={_WAIT_SECONDS}s", *schemas]
    command += [f"--file={target}", f"--dbname={libpq_address(database)}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = next(iter(done.stderr.splitlines()), "it gave no reason")
        raise SetupError(
            f"the database could not be dumped: {said}; see that the server is up and nobody keeps a table locked, and look over paths.database in "
            "config/kollega.yaml and the robot's account there"
        )
    target.chmod(0o600)
    return f"{STATE}/{DUMP}", target


def _configured(root: Path) -> list[tuple[str, Path]]:
    files = [path for name in CONFIGURATION for path in sorted((root / name).rglob("*")) if path.is_file()]
    return [(path.relative_to(root).as_posix(), path) for path in files]


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What a backup says of the casebook in it."""

    casebook_schema: int | None = None
    cases: int | None = None
    open_cases: int | None = None
    entries: int | None = None
    head: str | None = None


def _about(casebook: Path) -> _About:
    if not casebook.exists():
        return _About()
    with closing(sqlite3.connect(casebook)) as connection:
        ((schema,),) = connection.execute("SELECT max(schema) FROM casebook").fetchall()
        ((cases, is_open),) = connection.execute("SELECT count(*), coalesce(sum(state != 'ended'), 0) FROM cases").fetchall()
        has_chain = any(name == "head" for _, name, *_ in connection.execute("PRAGMA table_info(casebook)"))
        (entries, head) = connection.execute("SELECT entries, head FROM casebook").fetchone() if has_chain else (None, None)
    return _About(casebook_schema=schema, cases=cases, open_cases=is_open, entries=entries, head=head)


def _pack(archive: Path, parts: list[tuple[str, Path]], made_at: datetime, about: _About) -> Backup:
    packed = []
    # The descriptor comes first, so that nobody else can read the file while it grows.
    with open(os.open(archive, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:  # noqa: PTH123 - a descriptor, not a path
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as target:
            for name, path in parts:
                with path.open("rb") as source, target.open(_entry(name, made_at), "w", force_zip64=True) as entry:
                    size_bytes, sha256 = _pour(source, entry)
                packed.append(Part(name=name, size_bytes=size_bytes, sha256=sha256))
            backup = Backup(
                schema=SCHEMA,
                kollega=version("kollega"),
                engine=version("dbos"),
                made_at=made_at,
                casebook_schema=about.casebook_schema,
                cases=about.cases,
                open_cases=about.open_cases,
                entries=about.entries,
                head=about.head,
                parts=tuple(packed),
            )
            target.writestr(_entry(MANIFEST, made_at), json.dumps(to_record(Backup, backup), indent=1))
        file.flush()
        os.fsync(file.fileno())
    return backup


def _entry(name: str, made_at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(made_at.year, made_at.month, made_at.day, made_at.hour, made_at.minute, made_at.second))
    entry.external_attr = 0o600 << 16
    return entry


def _pour(source: IO[bytes], target: _Writable | None) -> tuple[int, str]:
    """Copy to the end; return the number of bytes and their sum."""
    sum_of, size_bytes = hashlib.sha256(), 0
    while block := source.read(_BLOCK_BYTES):
        sum_of.update(block)
        size_bytes += len(block)
        if target is not None:
            target.write(block)
    return size_bytes, sum_of.hexdigest()


# --- reading ----------------------------------------------------------------------------------------------------------


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Backup]]:
    """Open a backup; what it says of itself fits its parts, whose bytes are not read yet.

    Raises:
        SetupError: it can't be read, is no backup, is damaged, or is of another version of the program; also while it is open.
    """
    try:
        # What goes wrong with the file of whoever reads on is theirs to tell.
        try:
            size_bytes, archive = file.stat().st_size, zipfile.ZipFile(file)
        except OSError as error:
            raise SetupError(f"{file} can't be read ({error.strerror}); look over its name and its rights") from None
        with archive:
            yield archive, _manifest(archive, size_bytes=size_bytes)
    # What zipfile says of a broken archive, an unknown way to pack, a password, an end too soon; ValueError: a manifest or a sum is wrong.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise SetupError(f"{file} is no backup of Kollega's, or it is damaged or cut off; use another one") from None


def unpack(archive: zipfile.ZipFile, part: Part, target: Path | None) -> None:
    """Read a part, hold it against its sum, and write it to a new file on the disk; nowhere when `target` is None.

    Raises:
        ValueError: the bytes are not those that were backed up.
        OSError: it can't be written.
    """
    with archive.open(part.name) as source:
        if target is None:
            found = _pour(source, None)
        else:
            with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                found = _pour(source, file)
                file.flush()
                os.fsync(file.fileno())
    if found != (part.size_bytes, part.sha256):
        raise ValueError("a part is not what it was")


def _manifest(archive: zipfile.ZipFile, *, size_bytes: int) -> Backup:
    """Return the manifest; ValueError if the archive is not exactly what it says, or could grow."""
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > size_bytes or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ValueError("a part is larger than the file")
    if not entries or entries[-1].filename != MANIFEST or entries[-1].file_size > _MANIFEST_MOST_BYTES:
        raise ValueError("there is no manifest")
    backup = from_json_text(Backup, archive.read(MANIFEST).decode())
    if backup.schema != SCHEMA:
        raise SetupError(f"the backup has format {backup.schema}, this version of the robot reads format {SCHEMA}; use the version that made it")
    names = [part.name for part in backup.parts]
    if [entry.filename for entry in entries] != [*names, MANIFEST] or len({name.casefold() for name in names}) != len(names):
        raise ValueError("the parts are others than the manifest's")
    if not all(_RECORD.fullmatch(name) or _CONFIGURED.fullmatch(name) for name in names):
        raise ValueError("a part has a name that no backup has")
    if not {f"{STATE}/{CASEBOOK}", f"{STATE}/{DUMP}"} & set(names):
        raise ValueError("there is no casebook")
    return backup
