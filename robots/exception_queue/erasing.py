"""Cases taken out of the workbook for good: their rows, what people have written about them in others, and every earlier version that names them.

The rows of a case go whole, whoever has written in them. In a row of another case, or of a person's own, the cells go that name it.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from robots.errors import SetupError
from robots.exception_queue import keeping, parts
from robots.exception_queue.entries import RowKey, case_mark
from robots.exception_queue.reading import Unreadable

_WAIT_SECONDS = 120.0
_TRIES = 20
_TAG = re.compile(rb"<[^>]*>")
_MOST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the cases are known by in a workbook."""

    references: Collection[str]
    marks: Collection[str]

    @classmethod
    def of(cls, cases: Collection[tuple[str, str]]) -> Wanted:
        """Return what cases are known by, of which each is an id and a reference."""
        return cls(references={reference for _, reference in cases}, marks={case_mark(case_id) for case_id, _ in cases})

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds one of them; a longer number that begins with a reference is another's."""
        words = sorted((re.escape(word) for word in (*self.references, *self.marks)), key=len, reverse=True)
        return re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?![\w-])")


def beside(path: Path) -> list[Path]:
    """Return the workbook's earlier versions, and what was set aside or kept of it or left by a robot that was killed, the oldest first."""
    others = [one for one in path.parent.glob(f"{path.stem} *{path.suffix}") if one != path]
    left = list(path.parent.glob(f".{path.stem}.*.tmp"))
    return sorted({*keeping.versions_of(path), *others, *left}, key=lambda one: one.name)


def names(path: Path, wanted: Wanted) -> bool | None:
    """Return whether the file names one of the cases; None when it can't be read as a workbook, and whatever it holds can't be told."""
    pattern = re.compile(wanted.pattern.pattern.encode())
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.file_size > _MOST_BYTES:
                    return None
                content = archive.read(member)
                # A text of several looks is in pieces, each in tags of its own.
                if pattern.search(content) or pattern.search(_TAG.sub(b"", content)) or pattern.search(_TAG.sub(b" ", content)):
                    return True
    except FileNotFoundError:
        return False
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        return None
    return False


def see_closed(path: Path) -> None:
    """See that nobody has the workbook open, so that it can be changed.

    Raises:
        SetupError: somebody has.
    """
    if keeping.is_open(path):
        raise SetupError(f"somebody has {path.name} open: ask the caseworkers to close it, then do it again")


def erase_from(path: Path, wanted: Wanted, *, now: datetime) -> Counter[str]:
    """Take the cases out of the workbook and delete every earlier version that names them; return how many rows, cells and versions there were.

    Args:
        path: of the workbook; nothing is done where there is none.
        wanted: what they are known by.
        now: aware time, for the name of the version that is kept, and deleted then.

    Raises:
        SetupError: somebody has it open, or another robot writes in it all the time.
    """
    counts: Counter[str] = Counter()
    if not path.parent.exists():
        return counts
    with keeping.held(path, timeout_seconds=_WAIT_SECONDS):
        for _ in range(_TRIES):
            see_closed(path)
            if names(path, wanted) is not True:
                break
            read_at = keeping.stamp(path)
            found, save = _without(path, wanted)
            if keeping.put_in_place(path, save, read_at=read_at, now=now, versions=len(beside(path)) + 1):
                counts += found
                break
        else:
            raise SetupError(f"{path.name} is changed all the time: ask the caseworkers to close it, then do it again")
        for other in beside(path):
            if names(other, wanted):
                other.unlink(missing_ok=True)
                counts["versions"] += 1
    return counts


def not_searched(path: Path) -> list[Path]:
    """Return the workbook and what lies beside it as far as it can't be read as one, so that nobody can tell whom it names."""
    nothing = Wanted(references=("-",), marks=())
    return [one for one in (path, *beside(path)) if names(one, nothing) is None]


def rows_naming(path: Path, wanted: Wanted) -> Iterator[dict[str, str]]:
    """Yield the rows that name one of the cases, by sheet and cell, with all that stands in them."""
    with suppress(Unreadable, OSError):
        pattern = wanted.pattern
        for sheet in _opened(path.read_bytes()).worksheets:
            for row in sheet.iter_rows():
                texts = {cell.coordinate: str(cell.value) for cell in row if cell.value is not None}
                if any(pattern.search(text) for text in texts.values()):
                    yield {"sheet": sheet.title, **texts}


def _without(path: Path, wanted: Wanted) -> tuple[Counter[str], Any]:
    """Return how many rows and cells were emptied, and what saves the workbook without them."""
    pattern = wanted.pattern
    counts: Counter[str] = Counter()
    try:
        book = _opened(path.read_bytes())
    except Unreadable as error:
        raise SetupError(f"{path.name} can't be read ({error}): put an earlier version in its place or move it away, then do it again") from None
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            keys = [key for cell in row if (key := RowKey.parse(cell.value)) is not None]
            # A row that people have copied onto another's has both: it is that of the case it names to them.
            is_theirs = any(key.case in wanted.marks for key in keys) or (not keys and any(_names(cell, pattern) for cell in row))
            emptied = [cell for cell in row if is_theirs or _names(cell, pattern)]
            for cell in emptied:
                cell.value = cell.comment = cell.hyperlink = None
            counts["rows" if is_theirs else "cells"] += 1 if is_theirs else len(emptied)
        for filtered in (sheet.auto_filter, *(table.autoFilter for table in sheet.tables.values())):
            if without := _without_filters(filtered, pattern):
                counts["cells"] += without
                # Nobody would see any more why these rows are hidden.
                for dimension in sheet.row_dimensions.values():
                    dimension.hidden = False
    for name in [name for name in book.defined_names if pattern.search(str(book.defined_names[name].attr_text))]:
        del book.defined_names[name]
    return +counts, book.save


def _without_filters(filtered: Any, pattern: re.Pattern[str]) -> int:
    """Take out what somebody has filtered the rows by, where it names one of the cases; return in how many columns."""
    if filtered is None:
        return 0
    naming = [
        column for column in filtered.filterColumn if any(pattern.search(value) for part in column.to_tree().iter() for value in part.attrib.values())
    ]
    for column in naming:
        filtered.filterColumn.remove(column)
    return len(naming)


def _names(cell: Any, pattern: re.Pattern[str]) -> bool:
    said = (cell.value, cell.comment.text if cell.comment is not None else None, cell.hyperlink.target if cell.hyperlink is not None else None)
    return any(pattern.search(str(one)) for one in said if one is not None)


def _opened(content: bytes) -> Any:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the library can't keep
            return load_workbook(io.BytesIO(content), rich_text=parts.has_rich_text(content))
    except Exception as error:  # noqa: BLE001 - a damaged file fails in whatever way
        raise Unreadable(f"it is damaged ({type(error).__name__})") from None
