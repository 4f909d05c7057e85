"""How long the folders of runs are kept, and how old ones go: only what is certainly the folder of a run, and of none that is under way."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from robots.yaml_file import Item

LINES, RECORDS = "run.log", "events.jsonl"
_FOLDER = re.compile(r"(\d{8}T\d{6}Z)-([0-9a-f]{6})")
_STAMP = "%Y%m%dT%H%M%SZ"
_GONE = ".removed-"
_MOST_DAYS = 3650
#: whoever asks at the same moment holds the log too, for less than this
_ASKED_TIMES, _ASKED_AGAIN_SECONDS = 4, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How the logs are kept."""

    #: for so many days after its last event the folder of a run is kept; the newest always
    keep_days: int = 90


def read_log_settings(item: Item | None) -> LogSettings:
    """Return what the section `log` of config/kollega.yaml says; what is set there wrong is reported."""
    fields = {} if item is None else item.fields(optional=("keep_days",))
    if "keep_days" not in fields:
        return LogSettings()
    days = fields["keep_days"].whole_number(at_most=_MOST_DAYS)
    if days < 1:
        fields["keep_days"].report("must be at least 1: the log of the run under way is one of them")
    return LogSettings(keep_days=days)


def folder_name(at: datetime, run_id: str) -> str:
    """Return the name of the folder of a run that begins at the time."""
    return f"{at.astimezone(UTC):{_STAMP}}-{run_id}"


def run_folders(folder: Path) -> list[Path]:
    """Return the folders of runs in the folder of all runs, the oldest first: by their name, and with the log of just that run in them."""
    try:
        found = sorted(one for one in folder.iterdir() if _FOLDER.fullmatch(one.name))
    except OSError:
        return []
    return [one for one in found if _is_of_run(one)]


def remove_old(folder: Path, *, keep_days: int, now: datetime, is_trial: bool = False) -> int:
    """Remove the folders of runs whose last event is older than `keep_days`, and return how many; what can't be removed stays for the next time.

    The newest stays whatever its age, and so does one whose run is under way. In a trial all stay, and are only counted.
    """
    for left in folder.glob(f"{_GONE}*"):
        # Somebody was killed while it went.
        if not is_trial and _FOLDER.fullmatch(left.name.removeprefix(_GONE)):
            shutil.rmtree(left, ignore_errors=True)
    before = (now - timedelta(days=keep_days)).timestamp()
    return sum(_removed(one, is_trial=is_trial) for one in run_folders(folder)[:-1] if _last_event_at(one) < before)


def hold(descriptor: int) -> None:
    """Mark the log that the descriptor is open for as one of a run under way, until this process has closed it or has ended."""
    # A file system without locks gives none to who wants to remove it either.
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_held(log: Path) -> bool:
    """Return whether the process that made the log has not closed it and has not ended; False too where the file system has no locks.

    Raises:
        OSError: the file can't be opened.
    """
    descriptor = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # Who only asks at the same moment holds it for no longer than that.
        for _ in range(_ASKED_TIMES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_ASKED_AGAIN_SECONDS)
            except OSError:
                return False
            else:
                return False
    finally:
        os.close(descriptor)
    return True


def _is_of_run(folder: Path) -> bool:
    """Whether the folder holds both files of a log, and what is written in them is of the run that the folder is named after."""
    name = _FOLDER.fullmatch(folder.name)
    try:
        kinds = [stat.S_IFMT((folder / part).lstat().st_mode) for part in ("", LINES, RECORDS)]
        with (folder / RECORDS).open(encoding="utf-8", errors="replace") as records:
            first = records.readline()
        datetime.strptime(name[1] if name else "", _STAMP).replace(tzinfo=UTC)
        run_id = json.loads(first)["run"] if first.endswith("\n") else None
    except (OSError, ValueError, LookupError, TypeError):
        return False
    # A run that was killed at once has written nothing, or half a line.
    is_named_so = name is not None and run_id in (name[2], None)
    return is_named_so and kinds == [stat.S_IFDIR, stat.S_IFREG, stat.S_IFREG]


def _last_event_at(folder: Path) -> float:
    try:
        return max((folder / part).lstat().st_mtime for part in (LINES, RECORDS))
    except OSError:
        return float("inf")


def _removed(folder: Path, *, is_trial: bool) -> bool:
    try:
        descriptor = os.open(folder / LINES, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_trial:
            return True
        # Under another name first, which is no run's: what is half removed is not taken for a log, and a second robot leaves it alone.
        gone = folder.with_name(f"{_GONE}{folder.name}")
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
