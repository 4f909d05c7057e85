"""What stands in the workbook now: a quick look that takes it as a person has left it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from robots.exception_queue.entries import RowKey, View, mark_of
from robots.exception_queue.layout import COLUMNS, LISTS, Sheet, robots_columns
from robots.texts import Texts

#: a heading is looked for in so many rows from the top
_HEAD_ROWS = 8
#: a sheet of another name with so many headings of a list is that list
_SURE_HEADINGS = 4
_LONGEST = 2000


class Unreadable(Exception):
    """The file is no workbook that can be read; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a list stands on its sheet, from 0."""

    #: name of the sheet, which a person may have changed
    name: str
    head_row: int
    #: by column key
    columns: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A row of a list, as it stands there."""

    sheet: Sheet
    #: as people count rows
    number: int
    #: None when the hidden cell is empty or damaged
    key: RowKey | None
    #: cells by column key, texts without blanks at the ends; empty ones are left out
    cells: Mapping[str, object] = field(default_factory=dict)

    def text(self, column: str) -> str:
        """Return what a cell says, in one line; empty for an empty one."""
        value = self.cells.get(column)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, datetime):
            value = value.date()
        return "" if value is None else " ".join(str(value).split())[:_LONGEST]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands in the workbook."""

    rows: Sequence[FoundRow]
    places: Mapping[Sheet, Place]


def read(path: Path, texts: Texts) -> Found:
    """Read every list of the workbook.

    Lists are known by their sheet's name, else by their headings or the hidden keys in them; columns by their headings, else by their place. A row
    without key, reference or any entry of a person's is left out.

    Raises:
        Unreadable: password, another format, damaged, empty.
        FileNotFoundError: there is none.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        book = CalamineWorkbook.from_path(path)
        grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except PasswordError:
        raise Unreadable("it has a password") from None
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable(f"it is damaged, or no workbook ({type(error).__name__})") from None
    places = find_places(grids, texts)
    rows = [row for sheet, place in places.items() for row in _rows(sheet, place, grids[place.name])]
    return Found(rows=rows, places=places)


def shows(found: Found, view: View) -> bool:
    """Whether the workbook shows the view already, and nothing of the robot's own in it is changed; figures and links are not looked at.

    This spares taking the whole file apart, which takes seconds for a long one.
    """
    wanted = {str(entry.row_key): entry for entry in view.entries}
    if set(found.places) != set(Sheet) or len(wanted) != len(view.entries):
        return False
    for row in found.rows:
        if row.sheet is Sheet.CORRECTIONS:
            said = view.said_of_corrections.get((row.text("corrects"), row.text("field"), row.text("value")), "")
            if row.text("notice") != " ".join(said.split()):
                return False
            continue
        entry = wanted.pop(str(row.key), None)
        if entry is None or row.key is None or entry.sheet is not row.sheet or row.text("notice") != " ".join(entry.notice.split()):
            return False
        marks = zip(robots_columns(row.sheet), row.key.marks, strict=True)
        if any(mark_of(row.cells.get(column)) != mark for column, mark in marks if column != "link"):
            return False
    return not wanted


def find_places(grids: Mapping[str, Sequence[Sequence[object]]], texts: Texts) -> dict[Sheet, Place]:
    """Find each list among the sheets, {name: rows of cells}; a list that is nowhere is left out."""
    found: dict[Sheet, Place] = {}
    names = {texts.say(f"workbook.sheet_{sheet}").casefold(): sheet for sheet in Sheet}
    left = dict(grids)
    for name in grids:
        sheet = names.get(name.strip().casefold())
        if sheet is not None and sheet not in found:
            found[sheet] = place_of(sheet, name, left.pop(name), texts)
    for name, grid in left.items():
        # Renamed, or copied: it is the list that it fits best, if that is nowhere else.
        best = max((sheet for sheet in Sheet if sheet not in found), key=lambda sheet: _fit(sheet, grid, texts), default=None)
        if best is not None and _fit(best, grid, texts) >= _SURE_HEADINGS:
            found[best] = place_of(best, name, grid, texts)
    return found


def place_of(sheet: Sheet, name: str, grid: Sequence[Sequence[object]], texts: Texts) -> Place:
    """Find the headings of a list; a column whose heading is gone is where it was written."""
    headings = {texts.say(f"workbook.column_{column.key}").casefold(): column.key for column in COLUMNS[sheet]}
    best_row, best = 0, dict[str, int]()
    for number, row in enumerate(grid[:_HEAD_ROWS]):
        columns: dict[str, int] = {}
        for place, cell in enumerate(row):
            key = headings.get(" ".join(str(cell).split()).casefold()) if isinstance(cell, str) else None
            if key is not None:
                columns.setdefault(key, place)
        if len(columns) > len(best):
            best_row, best = number, columns
    head_row = best_row if best else _row_above_keys(grid)
    head = grid[head_row] if 0 <= head_row < len(grid) else ()
    return Place(name=name, head_row=head_row, columns={**best, **_renamed(sheet, best, max(len(head), len(COLUMNS[sheet])))})


def _renamed(sheet: Sheet, known: Mapping[str, int], width: int) -> dict[str, int]:
    """Return the places of columns whose heading is another: as many are between known neighbours as are missing there."""
    order = [column.key for column in COLUMNS[sheet]]
    found: dict[str, int] = {}
    missing: list[str] = []
    left = -1
    for key in (*order, ""):
        if key and key not in known:
            missing.append(key)
            continue
        right = known.get(key, max(width, left + 1 + len(missing)) if left + 1 + len(missing) >= width else width)
        free = [place for place in range(left + 1, right) if place not in known.values()]
        if len(free) == len(missing):
            found.update(zip(missing, free, strict=True))
        missing, left = [], right
    return found


def _row_above_keys(grid: Sequence[Sequence[object]]) -> int:
    for number, row in enumerate(grid):
        if any(isinstance(cell, str) and RowKey.parse(cell) for cell in row):
            return number - 1
    return 0


def _fit(sheet: Sheet, grid: Sequence[Sequence[object]], texts: Texts) -> int:
    headings = {texts.say(f"workbook.column_{column.key}").casefold() for column in COLUMNS[sheet]}
    rows = [{" ".join(cell.split()).casefold() for cell in row if isinstance(cell, str)} for row in grid[:_HEAD_ROWS]]
    return max((len(headings & row) for row in rows), default=0)


def _rows(sheet: Sheet, place: Place, grid: Sequence[Sequence[object]]) -> list[FoundRow]:
    found = []
    for number, row in enumerate(grid[place.head_row + 1 :], start=place.head_row + 2):
        cells = {key: _cell(row[column]) for key, column in place.columns.items() if column < len(row) and _cell(row[column]) is not None}
        if not cells:
            continue
        key = RowKey.parse(cells.pop("key", None)) if sheet in LISTS else None
        found.append(FoundRow(sheet=sheet, number=number, key=key, cells=cells))
    return found


def _cell(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    return value
