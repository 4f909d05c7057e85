"""What stands in the workbook now: a quick look that takes it as a person has left it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from robots.exception_queue.entries import RowKey, Value, View, mark_of, plain
from robots.exception_queue.lasting import Lasting
from robots.exception_queue.layout import ANSWERED, COLUMNS, KEY, LISTS, NOTICE, Sheet, robots_columns
from robots.texts import Texts

#: a heading is looked for in so many rows from the top
_HEAD_ROWS = 8
#: a sheet of another name with so many headings of a list is that list
_SURE_HEADINGS = 4
_LONGEST = 2000
#: keys are looked for in so many rows, where headings are gone or in another language
KEY_ROWS = 60


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
    #: it stands among the rows of another list than its own, or its cells have been shifted
    is_astray: bool = False

    def text(self, column: str) -> str:
        """Return what a cell says, in one line; empty for an empty one."""
        value = self.cells.get(column)
        return plain(value)[:_LONGEST] if value is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands in the workbook."""

    rows: Sequence[FoundRow]
    places: Mapping[Sheet, Place]
    #: the sheet of figures, cell by cell; None when it is gone
    figures: Sequence[Sequence[object]] | None = None


def read(content: bytes, texts: Texts) -> Found:
    """Read every list of the workbook.

    Lists are known by their sheet's name, else by their headings or the hidden keys in them; columns by their headings, else by their place. A row
    without key, reference or any entry of a person's is left out. No answer is taken from a row whose reference a person has changed: what they see
    there and what the hidden key says are two cases.

    Raises:
        Unreadable: password, another format, damaged, empty.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except PasswordError:
        raise Unreadable("it has a password") from None
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable(f"it is damaged, or no workbook ({type(error).__name__})") from None
    places = find_places(grids, texts)
    rows = [row for sheet, place in places.items() for row in _rows(sheet, grids[place.name], places)]
    return Found(rows=rows, places=places, figures=grids.get(texts.say("workbook.sheet_figures")))


def shows(found: Found, view: View, texts: Texts) -> bool:
    """Whether the workbook shows the view already, and nothing of the robot's own in it is changed.

    This spares taking the whole file apart, which takes seconds for a long one.
    """
    wanted = {str(entry.row_key): entry for entry in view.entries}
    lasting = Lasting(texts)
    if set(found.places) != set(Sheet) or len(wanted) != len(view.entries) or not _shows_figures(found, view):
        return False
    references = {plain(entry.values.get("reference")) for entry in view.entries}
    for row in found.rows:
        if row.sheet is Sheet.CORRECTIONS:
            said = view.said_of_corrections.get((row.text("corrects"), row.text("field"), row.text("value")), "")
            if row.text("notice") != " ".join(said.split()):
                return False
            continue
        if row.key is None and row.text("reference") not in references:
            continue  # a person's own
        entry = wanted.pop(str(row.key), None)
        if entry is None or row.key is None or row.is_astray or entry.sheet is not row.sheet:
            return False
        notice = row.text("notice")
        if notice != plain(entry.notice):
            is_answered = row.sheet in ANSWERED and row.text("answer")
            kept = [] if is_answered else [line for line in lasting.lines(row.cells.get("notice")) if line != entry.notice]
            if notice != plain(" ".join((entry.notice, *kept))):
                return False
        marks = zip(robots_columns(row.sheet), row.key.marks, strict=True)
        if any(mark_of(row.cells.get(column)) != mark for column, mark in marks if column != "link"):
            return False
    return not wanted


def figure_rows(view: View) -> list[Sequence[Value]]:
    """Return what the sheet of figures shows, row by row: each table's name, its headings, its rows, an empty row."""
    return [row for heading, head, rows in view.figures for row in ((heading,), tuple(head), *rows, ())]


def _shows_figures(found: Found, view: View) -> bool:
    wanted = figure_rows(view)
    grid = found.figures or ()
    if len(wanted) > len(grid) + 1:
        return False
    for number, row in enumerate(grid):
        for place, cell in enumerate(row):
            value = wanted[number][place] if number < len(wanted) and place < len(wanted[number]) else None
            if plain(cell) != plain(value):
                return False
    return all(len(row) >= len(wanted[number]) for number, row in enumerate(grid) if number < len(wanted))


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
        # Renamed: it is the list that it fits best. A copy of one that is there is nothing of the robot's.
        best = max(Sheet, key=lambda sheet: _fit(sheet, grid, texts))
        if _fit(best, grid, texts) < _SURE_HEADINGS:
            best = _list_by_keys(grid) or best
            if best not in LISTS or _list_by_keys(grid) is None:
                continue
        if best not in found:
            found[best] = place_of(best, name, grid, texts)
    return found


def _list_by_keys(grid: Sequence[Sequence[object]]) -> Sheet | None:
    """Return the list whose rows these are, by what their keys say of their cells, where nobody has moved a column; None for no list."""
    hits = {
        sheet: sum(
            mark_of(cell) == mark
            for row in grid[:KEY_ROWS]
            if len(row) >= len(COLUMNS[sheet])
            and (key := RowKey.parse(row[len(COLUMNS[sheet]) - 1]))
            and len(key.marks) == len(robots_columns(sheet))
            for cell, mark in zip(row, key.marks, strict=False)
        )
        for sheet in LISTS
    }
    best = max(LISTS, key=hits.__getitem__)
    return best if hits[best] else None


def place_of(sheet: Sheet, name: str, grid: Sequence[Sequence[object]], texts: Texts) -> Place:
    """Find the headings of a list; a column whose heading is gone is where it was written."""
    headings = {texts.say(f"workbook.column_{column.key}").casefold(): column.key for column in COLUMNS[sheet]}
    order = [column.key for column in COLUMNS[sheet]]
    best_row, best = 0, dict[str, int]()
    for number, row in enumerate(grid[:_HEAD_ROWS]):
        columns: dict[str, int] = {}
        for place, cell in enumerate(row):
            key = headings.get(" ".join(str(cell).split()).casefold()) if isinstance(cell, str) else None
            # A heading that stands there twice is the one where the robot put it.
            if key is not None and (key not in columns or place == order.index(key)):
                columns[key] = place
        if len(columns) > len(best):
            best_row, best = number, columns
    head_row = best_row if best else _row_above_keys(grid)
    head = grid[head_row] if 0 <= head_row < len(grid) else ()
    if sheet in LISTS and KEY.key not in best:
        for place in (place for row in grid[:KEY_ROWS] for place, cell in enumerate(row) if isinstance(cell, str) and RowKey.parse(cell)):
            best[KEY.key] = place
            break
    renamed = _renamed(sheet, best, max(len(head), len(COLUMNS[sheet])))
    if best.keys() - {KEY.key}:
        # What the robot writes whatever stands there goes into no column that may be a person's.
        renamed = {key: at for key, at in renamed.items() if key not in (KEY.key, NOTICE.key) or _is_blank(grid, at)}
    return Place(name=name, head_row=head_row, columns={**best, **renamed})


def _is_blank(grid: Sequence[Sequence[object]], column: int) -> bool:
    return not any(column < len(row) and _cell(row[column]) is not None for row in grid)


def home_of(cells: Sequence[object], sheet: Sheet, places: Mapping[Sheet, Place]) -> tuple[Sheet, Place] | None:
    """Return the list that a row without a key in its place comes from, and where its cells stand now; None for a row of a person's own.

    People cut rows out of one list and paste them into another, and shift cells; the key that came along says what stood where.
    """
    keys = [(number, key) for number, cell in enumerate(cells) if isinstance(cell, str) and (key := RowKey.parse(cell)) is not None and key.marks]
    if not keys:
        return None
    number, key = keys[0]
    best, most = None, 0
    for other, place in places.items():
        order = robots_columns(other)
        if other not in LISTS or len(order) != len(key.marks) or "key" not in place.columns or (other is sheet and number == place.columns["key"]):
            continue
        shift = number - place.columns["key"]
        columns = {column: at + shift for column, at in place.columns.items() if at + shift >= 0}
        pairs = zip(order, key.marks, strict=True)
        hits = sum(
            columns.get(column, -1) in range(len(cells)) and mark_of(cells[columns[column]]) == mark for column, mark in pairs if column != "link"
        )
        if hits > most:
            best, most = (other, replace(place, columns=columns)), hits
    return best


def is_mixed(key: RowKey | None, reference: object) -> bool:
    """Whether the reference that people see in a row is another than the one that its key was written for."""
    return key is not None and bool(key.marks) and plain(reference) != "" and mark_of(reference) != key.marks[0]


def _renamed(sheet: Sheet, known: Mapping[str, int], width: int) -> dict[str, int]:
    """Return the places of columns whose heading is another: as many are between known neighbours as are missing there."""
    order = [column.key for column in COLUMNS[sheet]]
    if not set(known) - {"key"} and known.get("key", len(order) - 1) == len(order) - 1:
        return {key: place for place, key in enumerate(order) if key not in known}
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
    for number, row in enumerate(grid[:KEY_ROWS]):
        if any(isinstance(cell, str) and RowKey.parse(cell) for cell in row):
            return number - 1
    return 0


def _fit(sheet: Sheet, grid: Sequence[Sequence[object]], texts: Texts) -> int:
    headings = {texts.say(f"workbook.column_{column.key}").casefold() for column in COLUMNS[sheet]}
    rows = [{" ".join(cell.split()).casefold() for cell in row if isinstance(cell, str)} for row in grid[:_HEAD_ROWS]]
    return max((len(headings & row) for row in rows), default=0)


def _rows(sheet: Sheet, grid: Sequence[Sequence[object]], places: Mapping[Sheet, Place]) -> list[FoundRow]:
    found = []
    place = places[sheet]
    for number, row in enumerate(grid[place.head_row + 1 :], start=place.head_row + 2):
        cells = _cells_of(row, place)
        if not cells:
            continue
        key = RowKey.parse(cells.pop("key", None)) if sheet in LISTS else None
        home = home_of(row, sheet, places) if key is None and sheet in LISTS else None
        if home is not None:
            cells = _cells_of(row, home[1])
            key = RowKey.parse(cells.pop("key", None))
        if is_mixed(key, cells.get("reference")):
            cells.pop("answer", None)
        found.append(FoundRow(sheet=home[0] if home else sheet, number=number, key=key, cells=cells, is_astray=home is not None))
    return found


def _cells_of(row: Sequence[object], place: Place) -> dict[str, object]:
    width = len(row)
    return {key: cell for key, column in place.columns.items() if column < width and (cell := _cell(row[column])) is not None}


def _cell(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    return value
