"""What the newest logs tell: the run that began last, and the service, each with its warnings and errors. Only read, while they are written."""

from __future__ import annotations

import json
import os
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from robots.assessment import Ending
from robots.log_keeping import is_held
from robots.run_log import Action

#: warnings and errors of a run that are told
MOST_ERRORS = 20
_EVENTS = "events.jsonl"
_FOLDER = re.compile(r"(\d{8}T\d{6}Z)-([0-9a-f]{6})")
#: a log beyond this is read from its end: of a run of ten thousand cases
_MOST_BYTES = 128 * 1024 * 1024
#: in so many of the first bytes of a run stands that it began; other commands have logs too
_HEAD_BYTES = 64 * 1024
_MOST_FOLDERS = 50
_EXIT_CODE = re.compile(r"exit code (-?\d+)")
#: a folder with a time so far ahead was made before the clock was set back, and is no newest one
_AHEAD = timedelta(hours=1)
#: file systems on which other machines can have a file open
_SHARED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "virtiofs"})
_MOUNTS = Path("/proc/self/mountinfo")
_MODE = re.compile(r"mode (\w+)")
_ENDS = (Action.RUN_ENDED, Action.SERVICE_ENDED)
_MOST_FOLLOWED = 8
_ENDINGS = {Ending.DECIDED: Action.DECIDED, Ending.PROPOSED: Action.PROPOSED, Ending.HANDED_OFF: Action.HANDED_OFF}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One event of a log; the time is aware UTC."""

    at: datetime
    level: str
    action: str
    #: reference of the case; empty for none
    case: str
    system: str
    step: str
    seconds: float | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestRun:
    """The run that began last, by its log; times are aware UTC."""

    run_id: str
    folder: Path
    mode: str
    began_at: datetime
    #: its last event up to now
    heard_at: datetime
    #: its last event, when it is over or was killed; None while it is under way
    ended_at: datetime | None
    is_under_way: bool
    #: whether it came to its end, well or not, instead of being killed
    is_complete: bool
    #: None while it is under way, when it was killed, and when nobody has noted it
    exit_code: int | None
    #: how many cases ended in it, by ending
    ended: Mapping[str, int]
    #: its latest warnings and errors, the newest last
    errors: tuple[LogLine, ...]
    #: why systems are held, by their names
    held: Mapping[str, str]
    #: what systems said at the log-in of a password that expires, by their names
    password_notices: Mapping[str, str] = field(default_factory=dict)
    #: systems in which it has logged in
    logged_in: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestService:
    """The service that began last on this machine, by its log; times are aware UTC."""

    began_at: datetime
    is_up: bool
    #: when it ended as asked; None while it is up, and when it was killed
    ended_at: datetime | None
    #: its latest warnings and errors, the newest last
    errors: tuple[LogLine, ...]


def latest_run(logs: Path, *, now: datetime, quiet_seconds: float) -> LatestRun | None:
    """Return what the log of the latest run tells; None when nothing has ever run.

    Args:
        logs: the folder of all runs.
        now: aware time.
        quiet_seconds: how long a run can be without an event; it decides where nobody can tell whether a process still writes the log.

    Raises:
        OSError: the folder or the log can't be read.
    """
    began = Mark.of(Action.RUN_BEGUN)
    for folder in _newest(logs, now=now)[:_MOST_FOLDERS]:
        events = folder / _EVENTS
        try:
            with events.open("rb") as opened:
                head = opened.read(_HEAD_BYTES)
        except FileNotFoundError:
            continue
        first = began.first_in(head)
        if first is not None:
            return _run_of(folder, first, now=now, quiet_seconds=quiet_seconds)
    return None


def latest_service(logs: Path, *, now: datetime, quiet_seconds: float) -> LatestService | None:
    """Return what the log of the latest service tells; None when there never was one.

    Args:
        logs: the folder of all runs.
        now: aware time.
        quiet_seconds: as for a run.

    Raises:
        OSError: the folder or the log can't be read.
    """
    for folder in _newest(logs / "service", now=now)[:_MOST_FOLDERS]:
        try:
            told = _follow(folder / _EVENTS)
        except FileNotFoundError:
            # It is just being made, or taken away.
            continue
        is_up = told.end is None and _is_written(folder / _EVENTS, told.last, now=now, quiet_seconds=quiet_seconds)
        ended_at = None if told.end is None else told.end.at
        return LatestService(began_at=_began_at(folder), is_up=is_up, ended_at=ended_at, errors=tuple(told.errors))
    return None


def _run_of(folder: Path, first: LogLine, *, now: datetime, quiet_seconds: float) -> LatestRun:
    told = _follow(folder / _EVENTS)
    last, end = told.last or first, told.end
    is_under_way = end is None and _is_written(folder / _EVENTS, last, now=now, quiet_seconds=quiet_seconds)
    # What ended it may speak of another program's exit code before that of the run.
    codes, mode = [] if end is None else _EXIT_CODE.findall(end.message), _MODE.search(first.message)
    return LatestRun(
        run_id=folder.name.rpartition("-")[2],
        folder=folder,
        mode="" if mode is None else mode[1],
        began_at=first.at,
        heard_at=last.at,
        ended_at=None if is_under_way else end.at if end is not None else last.at,
        is_under_way=is_under_way,
        is_complete=end is not None,
        exit_code=int(codes[-1]) if codes else None,
        ended=dict(told.ended),
        errors=tuple(told.errors),
        held=dict(told.held),
        password_notices=dict(told.password_notices),
        logged_in=frozenset(told.logged_in),
    )


# --- what has been read of a log --------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Told:
    """What a log has told up to a place; it only ever grows, so that only what is new is read."""

    file: int
    read_bytes: int = 0
    ended: dict[str, int] = field(default_factory=lambda: {ending.value: 0 for ending in _ENDINGS})
    errors: deque[LogLine] = field(default_factory=lambda: deque(maxlen=MOST_ERRORS))
    held: dict[str, str] = field(default_factory=dict)
    password_notices: dict[str, str] = field(default_factory=dict)
    logged_in: set[str] = field(default_factory=set)
    last: LogLine | None = None
    #: the line that says that the run, or the service, has ended
    end: LogLine | None = None

    def take(self, data: bytes) -> None:
        """Take in whole lines."""
        for ending, action in _ENDINGS.items():
            self.ended[ending.value] += Mark.of(action).count_in(data)
        self.errors.extend(_errors(data))
        self.held.update({line.system: line.message for line in Mark.of(Action.SYSTEM_HELD).all_in(data)})
        self.password_notices.update({line.system: line.message for line in Mark.of(Action.PASSWORD_EXPIRING).all_in(data)})
        self.logged_in.update(line.system for line in Mark.of(Action.LOG_IN).all_in(data))
        self.last = _line(data[data.rfind(b"\n", 0, len(data) - 1) + 1 :]) or self.last
        for action in _ENDS:
            self.end = Mark.of(action).last_in(data) or self.end


_told: dict[Path, _Told] = {}
_telling = threading.Lock()


def _follow(file: Path) -> _Told:
    """Read what is new in a log, and return what it has told so far."""
    with _telling, file.open("rb") as opened:
        found = os.fstat(opened.fileno())
        told = _told.get(file)
        if told is None or told.file != found.st_ino or told.read_bytes > found.st_size:
            if len(_told) >= _MOST_FOLLOWED:
                _told.clear()
            told = _told[file] = _Told(file=found.st_ino, read_bytes=max(0, found.st_size - _MOST_BYTES))
        opened.seek(told.read_bytes)
        data = opened.read(_MOST_BYTES)
        # The rest is being written.
        data = data[: data.rfind(b"\n") + 1]
        if data:
            told.take(data)
            told.read_bytes += len(data)
        # Another thread may read on while this one is told.
        return replace(
            told,
            ended=dict(told.ended),
            errors=deque(told.errors),
            held=dict(told.held),
            password_notices=dict(told.password_notices),
            logged_in=set(told.logged_in),
        )


# --- the lines of a log -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """Bytes that stand in the lines of one kind and in no other: a log of many megabytes is searched for them in milliseconds, and not parsed."""

    #: a quote inside a message is written with a backslash before it
    written: bytes

    @classmethod
    def of(cls, action: Action) -> Mark:
        """Return the mark of an action."""
        return cls(f'"action": "{action}"'.encode())

    def count_in(self, data: bytes) -> int:
        """Return how many lines have it."""
        return data.count(self.written)

    def first_in(self, data: bytes) -> LogLine | None:
        """Return the first line that has it."""
        return next(self.all_in(data), None)

    def last_in(self, data: bytes) -> LogLine | None:
        """Return the last line that has it."""
        return next((line for place in self.places_back_in(data) if (line := _line_at(data, place)) is not None), None)

    def all_in(self, data: bytes) -> Iterator[LogLine]:
        """Yield the lines that have it."""
        at = data.find(self.written)
        while at >= 0:
            line = _line_at(data, at)
            if line is not None:
                yield line
            at = data.find(self.written, at + 1)

    def places_back_in(self, data: bytes) -> Iterator[int]:
        """Yield where it stands, the last place first."""
        at = data.rfind(self.written)
        while at >= 0:
            yield at
            at = data.rfind(self.written, 0, at)


def _errors(data: bytes) -> tuple[LogLine, ...]:
    places = [place for level in ("WARNING", "ERROR") for place in islice(Mark(f'"level": "{level}"'.encode()).places_back_in(data), MOST_ERRORS)]
    lines = (_line_at(data, place) for place in sorted(places)[-MOST_ERRORS:])
    return tuple(line for line in lines if line is not None)


def _line_at(data: bytes, at: int) -> LogLine | None:
    end = data.find(b"\n", at)
    return _line(data[data.rfind(b"\n", 0, at) + 1 : None if end < 0 else end])


def _line(written: bytes) -> LogLine | None:
    """Return the line; None for one that is being written, or that nobody understands."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        fields = json.loads(written)
        return LogLine(
            at=datetime.fromisoformat(fields["at"]).astimezone(UTC),
            level=str(fields["level"]),
            action=str(fields["action"]),
            case=str(fields["case"]),
            system=str(fields["system"]),
            step=str(fields["step"]),
            seconds=None if fields["seconds"] is None else float(fields["seconds"]),
            message=str(fields["message"]),
        )
    return None


# --- files ------------------------------------------------------------------------------------------------------------


def _newest(logs: Path, *, now: datetime) -> list[Path]:
    """Return the folders of logs, the newest first, those of a time to come last; none where there is no such folder."""
    try:
        folders = [folder for folder in logs.iterdir() if _FOLDER.fullmatch(folder.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    latest = f"{(now + _AHEAD).astimezone(UTC):%Y%m%dT%H%M%SZ}~"
    return sorted(folders, key=lambda folder: (folder.name <= latest, folder.name), reverse=True)


def _began_at(folder: Path) -> datetime:
    return datetime.strptime(folder.name.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _is_written(file: Path, last: LogLine | None, *, now: datetime, quiet_seconds: float) -> bool:
    """Whether a process still writes the log: where the system tells which files are open, at once; else by how old the last event is."""
    is_open = _is_open(file)
    if is_open is not None:
        return is_open
    return last is not None and (now - last.at).total_seconds() <= quiet_seconds


#: the process that was last seen to have a file open
_seen: dict[Path, str] = {}


def _is_open(file: Path) -> bool | None:
    """Whether a process of this machine has the file open to write in it, or holds it; None where that can't be told."""
    processes = Path("/proc")
    # Of another account's processes only root is told, and of another machine's nobody.
    if not (processes / "self" / "fd").is_dir() or os.geteuid() not in {0, file.stat().st_uid} or _is_shared(file):
        return None
    wanted = str(file.resolve())
    known = _seen.get(file)
    others = [one.name for one in processes.iterdir() if one.name.isdecimal()]
    for process in (*([known] if known else []), *others):
        # Another account's processes don't show; nor do those that have just ended.
        with suppress(OSError), os.scandir(f"/proc/{process}/fd") as opened:
            if any(_target(one) == wanted and _is_for_writing(process, one.name) for one in opened):
                _seen[file] = process
                return True
    _seen.pop(file, None)
    # A robot that has read its accounts hides its files from every account but root's, its own one too; that it holds its log is seen all the same.
    return is_held(file)


def _is_shared(file: Path) -> bool:
    """Whether other machines can write the file too, by the file system that it is on."""
    try:
        mounts = [line.split() for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return False
    # Device, place and kind: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    device = f"{os.major(file.stat().st_dev)}:{os.minor(file.stat().st_dev)}"
    return any(mount[2] == device and mount[mount.index("-") + 1] in _SHARED for mount in mounts if "-" in mount)


def _target(link: os.DirEntry[str]) -> str:
    try:
        return os.readlink(link)  # noqa: PTH115 - some ten thousand of them
    except OSError:
        return ""


def _is_for_writing(process: str, name: str) -> bool:
    # Others may be looking at the log too.
    flags = next(line for line in Path(f"/proc/{process}/fdinfo/{name}").read_text(encoding="ascii").splitlines() if line.startswith("flags:"))
    return int(flags.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY
