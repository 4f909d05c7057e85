"""What the robot keeps: rights of files, the database, the workbook's folder."""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from robots.case import SWEDEN
from robots.doctor.findings import Finding, fault, look, well
from robots.settings import Settings
from robots.situation import Situation

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: a mark that somebody has the workbook open, and that is older than this, was left behind
_LEFT_BEHIND_HOURS = 24


def see_rights(settings: Settings) -> Iterator[Finding]:
    """See that nobody else can read what holds personal data, nor write what the robot rests on."""
    is_well = True
    for folder in (settings.paths.state, settings.paths.logs):
        try:
            opened = _open_to_others(folder) if folder.exists() else []
            is_writable = not folder.exists() or os.access(folder, os.R_OK | os.W_OK | os.X_OK)
        except OSError as error:
            yield fault(
                "rights", f"{folder} can't be looked through ({error.strerror})", f"give the robot's account the folder: chown -R it {_q(folder)}"
            )
            is_well = False
            continue
        if opened:
            yield fault("rights", f"others can read {len(opened)} files or folders of {folder}, as {opened[0]}", f"chmod -R go-rwx {_q(folder)}")
        if not is_writable:
            yield fault("rights", f"{folder} can't be written by this account", f"give the robot's account the folder: chown -R it {_q(folder)}")
        is_well = is_well and not opened and is_writable
    for folder in (settings.root / "config", settings.root / "selectors"):
        changeable = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink() and path.stat().st_mode & _OTHERS_WRITE]
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
    damaged = [path for path in files if not _is_sound(path)]
    for path in damaged:
        yield fault("database", f"{path} is damaged", "look at the disk, then kollega restore FILE --move-aside with the latest backup")
    if not damaged:
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


def _open_to_others(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.rglob("*")) if not path.is_symlink() and path.stat().st_mode & _OTHERS]


def _is_sound(path: Path) -> bool:
    # A file that nobody has open is read as it is: else two files would be made beside it, which would be this account's.
    is_at_rest = not path.with_name(f"{path.name}-wal").exists()
    address = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_at_rest else ''}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError as error:
        # Whoever has it locked works with it.
        return "locked" in str(error)
    except sqlite3.DatabaseError:
        return False


def _q(path: Path) -> str:
    return shlex.quote(str(path))
