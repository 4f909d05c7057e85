"""What an administrator needs to have the robot start by itself: the files for systemd or for Windows' Task Scheduler, and the commands.

None of the files holds an account. They are shown before they are written, and a file that is replaced is kept beside the new one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from robots.errors import SetupError
from robots.schedule import Schedule
from robots.settings import Settings

if TYPE_CHECKING:
    from jinja2 import Environment

_MODE = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The installation that is to be started."""

    settings: Settings
    #: the interpreter that runs the robot
    python: Path
    #: the account of the machine that the robot works under
    user: str
    #: whether the service also serves the page that shows how things stand
    with_dashboard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file to be written."""

    path: Path
    content: bytes
    #: as people read it
    text: str

    @property
    def is_there(self) -> bool:
        """Whether it stands there already, just so."""
        return self.path.is_file() and self.path.read_bytes() == self.content

    @property
    def differs(self) -> bool:
        """Whether another file stands in its place."""
        return self.path.exists() and not self.is_there

    @property
    def kept_as(self) -> Path:
        """Where the file that stands in its place is put."""
        return self.path.with_name(f"{self.path.name}.before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is written, and what an administrator does then."""

    files: tuple[File, ...]
    #: lines of a shell, with comments
    commands: tuple[str, ...]
    #: what the files can't express, and other things to know
    remarks: tuple[str, ...]


def write(files: Sequence[File]) -> tuple[str, ...]:
    """Write the files and return a sentence for each; one that is there already is left alone, and what is replaced is kept.

    Raises:
        SetupError: a folder can't be written to.
    """
    told: list[str] = []
    for file in files:
        if file.is_there:
            told.append(f"{file.path} is there already and as it should be.")
            continue
        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            told.append(f"{file.path} is written.")
            if file.differs:
                file.path.replace(file.kept_as)
                told[-1] = f"{file.path} is written anew; what stood there is kept as {file.kept_as}."
            new = file.path.with_name(f".{file.path.name}.new")
            new.write_bytes(file.content)
            new.chmod(_MODE)
            new.replace(file.path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SetupError(f"{file.path} can't be written ({reason}); run this as an administrator, or name another folder with --to") from None
    return tuple(told)


def schedule_of(settings: Settings) -> Schedule:
    """Return the schedule of an installation.

    Raises:
        SetupError: it does not say when runs are due.
    """
    if not settings.schedule.runs:
        raise SetupError('config/kollega.yaml does not say when runs are due; set schedule.runs, as in ["30 5 * * mon-fri"]')
    return settings.schedule


def render(template: str, **values: object) -> str:
    """Return one of the templates of this folder, filled in; what goes into XML is escaped.

    Raises:
        jinja2.UndefinedError: the template names something that it was not given.
    """
    return _environment().get_template(template).render(**values)


def outermost(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders that are in none of the others, each once."""
    different = sorted(set(paths))
    return tuple(one for one in different if not any(other in one.parents for other in different))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("robots", "installing"),
        # Only XML has signs to escape; in a unit they would stand as they are.
        autoescape=select_autoescape(enabled_extensions=("xml.jinja",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def own_folders(settings: Settings) -> tuple[Path, ...]:
    """Return the folders that are the robot's alone."""
    return outermost([Path(os.path.normpath(one)) for one in (settings.paths.state, settings.paths.logs)])


def folders_written_to(settings: Settings) -> tuple[Path, ...]:
    """Return the folders that the robot writes to: its own, and that of the workbook, which others use too."""
    return outermost([*own_folders(settings), Path(os.path.normpath(settings.paths.workbook.parent))])
