"""The workbook's file among people: whether somebody has it open, replacing it without losing a save of theirs, and its earlier versions."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from robots.case import SWEDEN
from robots.errors import SetupError

#: where earlier versions lie, beside the workbook
VERSIONS = "versioner"

_MODE = 0o660  # the robot and the caseworkers' group; nobody else
_FOLDER_MODE = 0o770
_LOCK_MODE = 0o600  # for robots, which share an account
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_THERE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
_LOCK_POLL_SECONDS = 0.05
_SETTLED_SECONDS = 1.0

#: what changes when somebody saves the file; None when there is none
Stamp = tuple[int, int, int] | None


def stamp(path: Path) -> Stamp:
    """Return what changes when somebody saves the file; None when there is none."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The file that a program leaves beside one that somebody has open there, and takes away when it is closed; not always when it crashes."""

    name: str
    #: aware UTC
    since: datetime


def mark_beside(path: Path) -> Mark | None:
    """Return the mark that Excel or LibreOffice has left beside the file; None when there is none."""
    for name in (f"~${path.name}", f".~lock.{path.name}#"):
        with suppress(FileNotFoundError):
            return Mark(name=name, since=datetime.fromtimestamp((path.parent / name).lstat().st_mtime, tz=UTC))
    return None


def is_open(path: Path) -> bool:
    """Whether Excel or LibreOffice has left its mark beside the file that somebody has it open."""
    return mark_beside(path) is not None


def is_settled(path: Path, read_at: Stamp) -> bool:
    """Wait for a moment, and return whether nobody has written in the file: one that can't be read may be one that a program is writing just now."""
    if read_at is None:
        return False
    while stamp(path) == read_at and 0 <= time.time() - read_at[1] / 1e9 < _SETTLED_SECONDS:
        time.sleep(_LOCK_POLL_SECONDS)
    return stamp(path) == read_at and not is_open(path)


@contextmanager
def held(path: Path, *, timeout_seconds: float) -> Iterator[None]:
    """Be the only robot that reads and writes the workbook.

    Args:
        path: of the workbook.
        timeout_seconds: how long to wait for another robot.

    Raises:
        SetupError: another robot did not let go of it in that time.
    """
    descriptor = os.open(path.with_name(f".{path.stem}.robot"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _LOCK_MODE)
    try:
        end = time.monotonic() + timeout_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise SetupError("another robot has been writing the exception workbook for long; see that it is not stuck") from None
                time.sleep(_LOCK_POLL_SECONDS)
        yield
    finally:
        # The kernel gives the lock back, also when the process is killed.
        os.close(descriptor)


def put_in_place(path: Path, save: Callable[[Path], object], *, read_at: Stamp, now: datetime, versions: int) -> bool:
    """Replace the workbook by what `save` writes, and keep the one before; return False, with nothing changed, if it is another by now.

    The new one is whole and on the disk before it takes the place.

    A person who saves in this very moment loses nothing: old and new change places in one act of the file system, and what comes out is looked at.
    Where the file system can't do that (a Windows share often can't), the one before is copied first, and what is left open is the instant
    between two calls.

    Args:
        path: of the workbook.
        save: writes the new one to the path that it is given.
        read_at: the stamp of the file that the new one was made from; None when there was none.
        now: aware time, for the name of the version that is kept.
        versions: how many are kept.

    Raises:
        OSError: it can't be written there.
    """
    with _saved(path, save) as temporary:
        if read_at is None:
            try:
                os.link(temporary, path)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in _NOT_THERE:
                    raise
                if path.exists():
                    return False
                temporary.rename(path)
            _sync(path.parent)
            return True
        if stamp(path) != read_at or is_open(path):
            return False
        ours = stamp(temporary)
        if _exchange(temporary, path):
            if stamp(temporary) != read_at:
                # Somebody saved in between: theirs goes back, and is merged by the next try.
                _exchange(temporary, path)
                if stamp(temporary) != ours:
                    # And once more since: the last of theirs stands, the one before is kept.
                    _exchange(temporary, path)
                    _keep(temporary, path, now=now, versions=versions)
                return False
            _keep(temporary, path, now=now, versions=versions)
        else:
            version = _version_path(path, now)
            shutil.copy2(path, version)
            if stamp(path) != read_at or is_open(path):
                version.unlink()
                return False
            temporary.replace(path)
            _prune(path, versions)
        _sync(path.parent)
    return True


def set_aside(path: Path, *, read_at: Stamp, now: datetime, word: str) -> Path | None:
    """Move a workbook that can't be read out of the way, under a name that says what it is.

    Returns:
        where it lies; None if it is another by now, which stands.
    """
    target = _free(path.with_name(f"{path.stem} {word} {now.astimezone(SWEDEN):%Y-%m-%d %H%M%S}{path.suffix}"))
    path.rename(target)
    if stamp(target) != read_at and not path.exists():
        target.rename(path)
        return None
    _sync(path.parent)
    return target


def keep_original(path: Path, content: bytes, *, now: datetime, word: str) -> Path:
    """Keep the workbook as it was beside it, for good, since something in it will not be carried over."""
    target = _free(path.with_name(f"{path.stem} {word} {now.astimezone(SWEDEN):%Y-%m-%d %H%M%S}{path.suffix}"))
    target.write_bytes(content)
    _set_rights(target, like=path)
    return target


def recover(path: Path, *, now: datetime, versions: int) -> None:
    """Keep what a robot that was killed had in hand: a whole workbook may hold what a person has saved, half a one holds nothing."""
    for left in path.parent.glob(f".{path.stem}.*.tmp"):
        if zipfile.is_zipfile(left):
            _keep(left, path, now=now, versions=versions)
        else:
            left.unlink()


def versions_of(path: Path) -> list[Path]:
    """Return the versions that are kept, the oldest first."""
    kept = (path.parent / VERSIONS).glob(f"{path.stem} *{path.suffix}")
    return sorted(kept, key=lambda version: (version.stat().st_mtime_ns, version.stem))


@contextmanager
def _saved(path: Path, save: Callable[[Path], object]) -> Iterator[Path]:
    """Save in whole beside the place, with the rights it shall have there; gone afterwards unless it was moved."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    # The only robot at the workbook is this one: what else lies there was left by one that was killed, and it holds cases.
    for left in path.parent.glob(f".{path.stem}.*.tmp"):
        if left != temporary:
            left.unlink(missing_ok=True)
    try:
        save(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        _set_rights(temporary, like=path)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _keep(before: Path, path: Path, *, now: datetime, versions: int) -> None:
    """Put the one before among the versions; a program that had no right to set may have let others in."""
    _set_rights(before, like=path)
    before.rename(_version_path(path, now))
    _prune(path, versions)


def _version_path(path: Path, now: datetime) -> Path:
    folder = path.parent / VERSIONS
    if not folder.exists():
        folder.mkdir(mode=_FOLDER_MODE)
    return _free(folder / f"{path.stem} {now.astimezone(SWEDEN):%Y-%m-%d %H%M%S}{path.suffix}")


def _prune(path: Path, versions: int) -> None:
    for old in versions_of(path)[:-versions]:
        old.unlink(missing_ok=True)


def _free(path: Path) -> Path:
    names = (path if number == 1 else path.with_name(f"{path.stem} ({number}){path.suffix}") for number in range(1, 10_000))
    return next(name for name in names if not name.exists())


def _exchange(one: Path, other: Path) -> bool:
    """Have two files change places in one act; False where the file system can't."""
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    if library.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_THERE:
        return False
    raise OSError(number, os.strerror(number))


def _set_rights(file: Path, *, like: Path) -> None:
    """Leave the file to the robot and to the group of the workbook; the program that a person saved it with may have let others in."""
    with suppress(PermissionError):  # of a file that a person has saved, only its owner can set the rights
        file.chmod(_MODE)
    if like.exists():
        with suppress(PermissionError):  # without the right to, the folder's own group must do
            os.chown(file, -1, like.stat().st_gid)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
