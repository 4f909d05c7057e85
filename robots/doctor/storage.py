"""What the robot keeps: rights of files, the database, the workbook's folder."""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from robots.case import SWEDEN
from robots.doctor.findings import Finding, fault, look, unseen, well
from robots.doctor.machine import given, of_another_account
from robots.exception_queue.keeping import VERSIONS
from robots.settings import Settings
from robots.situation import Situation

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ALL = stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: a mark that somebody has the workbook open, and that is older than this, was left behind
_LEFT_BEHIND_HOURS = 24


def see_rights(settings: Settings) -> Iterator[Finding]:
    """See that nobody else can read what holds personal data, nor write what the robot rests on."""
    is_well = True
    own: tuple[Path, ...] = (settings.paths.state, settings.paths.logs)
    if os.geteuid() != 0 and of_another_account(settings) is not None:
        # What it would advise this account to do would take the folders from the robot.
        yield unseen("rights", "of state and logs only the robot's account can tell")
        own, is_well = (), False
    for folder in own:
        try:
            there = _inside(folder) if folder.exists() else {}
            is_writable = not folder.exists() or os.access(folder, os.R_OK | os.W_OK | os.X_OK)
        except OSError as error:
            yield fault(
                "rights",
                f"{folder} can't be looked through ({error.strerror})",
                f"give the robot's account the folder: {given(folder)}",
            )
            is_well = False
            continue
        opened = [path for path, found in there.items() if found.st_mode & (_ALL if _is_shared(path, settings) else _OTHERS)]
        foreign = [] if folder not in there else _foreign(there, there[folder].st_uid, settings.paths.workbook.parent)
        if opened:
            yield fault("rights", f"others can read {len(opened)} files or folders of {folder}, as {opened[0]}", f"chmod -R go-rwx {_q(folder)}")
        if not is_writable:
            yield fault("rights", f"{folder} can't be written by this account", f"give the robot's account the folder: {given(folder)}")
        if foreign:
            what = f"{len(foreign)} files or folders of {folder} belong to another account, as {foreign[0]}: the robot can't write them"
            yield fault("rights", what, f"{given(folder, there[folder].st_uid)}; run kollega as the robot's account alone")
        is_well = is_well and not opened and is_writable and not foreign
    for folder in (settings.root / "config", settings.root / "selectors"):
        changeable = [path for path, found in _inside(folder).items() if found.st_mode & _OTHERS_WRITE]
        if changeable:
            what = f"others can change {len(changeable)} files of {folder}, as {changeable[0]}: they say what the robot does"
            yield fault("rights", what, f"chmod -R go-w {_q(folder)}")
            is_well = False
    if is_well:
        yield well("rights", "state and logs are the robot's alone, and nobody else can change config or selectors")


def see_database(settings: Settings, situation: Situation) -> Iterator[Finding]:
    """Read all of casebook and engine once, if they are files; else see that the server answers."""
    for told in situation.faults:
        yield fault("database", told)
    if situation.faults:
        return
    mode, paths = settings.run.mode, settings.paths
    if paths.database_of(mode):
        yield well("database", "the server answers, and the casebook can be read")
        return
    files = [path for path in (paths.casebook_of(mode), paths.state_of(mode) / "queue.db") if isinstance(path, Path) and path.exists()]
    if not files:
        yield well("database", "there is none yet; the first run makes it")
        return
    closed = [path for path in files if not _can_be_read(path)]
    for path in closed:
        yield fault("database", f"{path} can't be opened by this account", "see the rights of it and of its folder; it need not be damaged")
    damaged = [path for path in files if path not in closed and not _is_sound(path)]
    for path in damaged:
        yield fault("database", f"{path} is damaged", "look at the disk, then kollega restore FILE --move-aside with the latest backup")
    if not damaged and not closed:
        cases = sum(situation.counts.values())
        yield well("database", f"casebook and engine are sound; {cases} cases")


def see_workbook(settings: Settings, now: datetime) -> Iterator[Finding]:
    """See that a file can be put beside the workbook, and that nobody's mark that it is open was left behind."""
    workbook = settings.paths.workbook
    folder = workbook.parent
    advice = "see paths.workbook in config/kollega.yaml, that the share is mounted, and that the robot's account may write there"
    if not folder.exists() and folder.is_relative_to(settings.paths.logs):
        yield well("workbook", f"its folder {folder} is made by the first run")
        return
    if not folder.is_dir():
        yield fault("workbook", f"its folder {folder} is not there", advice)
        return
    try:
        with tempfile.TemporaryDirectory(prefix=".kollega-", dir=folder) as beside:
            # As it is saved: written beside its place, then put there in one act.
            (Path(beside) / "new").write_bytes(b"")
            (Path(beside) / "new").replace(Path(beside) / "there")
    except OSError as error:
        yield fault("workbook", f"no file can be put into its folder {folder} ({error.strerror})", advice)
        return
    if workbook.exists() and not os.access(workbook, os.R_OK | os.W_OK):
        yield fault("workbook", f"{workbook} can't be read and written by this account", advice)
        return
    if workbook.exists() and not zipfile.is_zipfile(workbook):
        what = f"{workbook} is no workbook any more: answers that stand in it can't be read"
        yield fault("workbook", what, "put the share's latest version of it back, or the latest of those that the robot keeps")
        return
    marks = [folder / name for name in (f"~${workbook.name}", f".~lock.{workbook.name}#") if (folder / name).exists()]
    old = [path for path in marks if now.timestamp() - path.stat().st_mtime > _LEFT_BEHIND_HOURS * 3600]
    if old:
        since = datetime.fromtimestamp(old[0].stat().st_mtime, SWEDEN)
        what = f"it is marked as open since {since:%Y-%m-%d %H:%M}, and nothing is written until it is closed"
        yield look("workbook", what, f"see who has it open; if nobody has, remove {old[0]}")
    elif marks:
        yield well("workbook", "somebody has it open; what is new is written when it is closed")
    else:
        yield well("workbook", f"{folder} can be written")


def see_explanations(settings: Settings) -> Iterator[Finding]:
    """See that the folder of the pages that explain cases can be written, if there is one."""
    folder = settings.paths.explanations
    if folder is None:
        return
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        yield well("explanations", f"{folder} can be written")
    elif not folder.exists() and os.access(folder.parent, os.W_OK | os.X_OK):
        yield well("explanations", f"{folder} is made by the next run")
    else:
        advice = "see paths.explanations in config/kollega.yaml, and that the robot's account may write there"
        yield fault("explanations", f"{folder} can't be written", advice)


def _inside(folder: Path) -> dict[Path, os.stat_result]:
    """Return the folder and all in it; OSError for a folder that can't be read. What goes meanwhile, as a robot at work has it, is left out."""

    def tell(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    found = {folder: folder.stat()}
    for place, folders, files in os.walk(folder, onerror=tell):
        for path in (Path(place) / name for name in (*folders, *files)):
            with suppress(FileNotFoundError):
                if not stat.S_ISLNK((of_path := path.lstat()).st_mode):
                    found[path] = of_path
    return found


def _foreign(there: Mapping[Path, os.stat_result], owner: int, shared: Path) -> list[Path]:
    """Return what is not its folder's owner's, as after a command that root gave; what stands beside the workbook is whoever's who saved it."""
    return [path for path, found in there.items() if found.st_uid != owner and not (path.parent == shared and stat.S_ISREG(found.st_mode))]


def _is_shared(path: Path, settings: Settings) -> bool:
    """Return whether the caseworkers' group is to reach it, wherever it lies: the workbook with its versions, and the pages that explain cases."""
    workbook, explanations = settings.paths.workbook, settings.paths.explanations
    return path == workbook or path.is_relative_to(workbook.parent / VERSIONS) or (explanations is not None and path.is_relative_to(explanations))


def _can_be_read(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _is_sound(path: Path) -> bool:
    # A file that nobody has open is read as it is: else two files would be made beside it, which would be this account's.
    recent = path.with_name(f"{path.name}-wal")
    is_at_rest = not recent.exists()
    address = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_at_rest else ''}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            is_sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.OperationalError as error:
        # Whoever has it locked works with it; what can't be opened now was read as a file just before.
        is_sound = "locked" in str(error) or "unable to open" in str(error)
    except sqlite3.DatabaseError:
        is_sound = False
    # A robot that began meanwhile has changed under the reader what it took to be at rest.
    return is_sound or (is_at_rest and recent.exists() and _is_sound(path))


def _q(path: Path) -> str:
    return shlex.quote(str(path))
