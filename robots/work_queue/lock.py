"""The locks by which one robot alone works with a folder, or under its name in a database that several robots share."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from robots.errors import SetupError, StateUnusable

if TYPE_CHECKING:
    from robots.casebook.database import NameLock


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone; it is made if it is missing.

    Raises:
        SetupError: another process holds it.
        StateUnusable: the robot may not write in it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The kernel gives the lock back when the process ends, however it ends.
        descriptor = os.open(folder / "queue.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateUnusable(f"{folder} can't be used ({error.strerror}): give the robot's account a folder to write in, with room") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Not advised to use another folder: two robots with a casebook each would both take the same inbox, and both could pay.
            raise SetupError("another robot is at work with this queue; wait until it has ended") from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def named(database: str, worker: str) -> Iterator[NameLock]:
    """Hold the name among all robots that share the database, whatever their mode and their schema.

    Raises:
        SetupError: another process holds it.
    """
    from robots.casebook.database import NameLock

    lock = NameLock(database, f"worker {worker}")
    try:
        if not lock.take():
            raise SetupError(
                f"another robot is at work under the name {worker}; wait until it has ended, or give this one a name of its own in KOLLEGA_WORKER"
            )
        yield lock
    finally:
        lock.close()
