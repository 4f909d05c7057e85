"""A workbook that people work in, brought to what the casebook says: three ways, cell by cell, and nothing of theirs is overwritten.

What a person has changed is known by the hidden key of the row: it holds a mark of each cell that the robot wrote. A cell of the robot's that still
holds what it wrote takes the new text; one that does not is a person's by now, and the robot says what it would have written in the row's notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.formatting.rule import Rule
from openpyxl.formula.translate import Translator
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from robots.exception_queue import guide
from robots.exception_queue.entries import Entry, RowKey, View, case_mark, clean, mark_of, plain
from robots.exception_queue.layout import (
    ANSWERED,
    COLUMNS,
    DUE_TODAY,
    HEADING_POINTS,
    KEY,
    LAST_ROW,
    LISTS,
    NOTICE,
    OVERDUE,
    OVERDUE_INK,
    PERSONS,
    Look,
    Sheet,
    robots_columns,
)
from robots.exception_queue.looks import dress, dress_heading
from robots.exception_queue.new_book import answers_of, is_like_formula, ordered, table_name, values_of
from robots.exception_queue.reading import Place, Unreadable, find_places
from robots.texts import Texts

#: in place of the key, in a row that a person has made of one of the robot's
_NOBODYS = "-"


@dataclass(slots=True, kw_only=True)
class Merged:
    """What a merge has come to."""

    book: Workbook
    #: nothing needs to be written when it is False
    is_changed: bool = False
    #: what people have done to the file that somebody should know, as keys of the catalogue of texts; no word of theirs
    damages: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Row:
    """A row of a list in hand: its cells by column, from 1, and what is set for the row as a whole."""

    key: RowKey | None
    cells: dict[int, Any]
    height: float | None = None
    is_hidden: bool = False
    #: which case's row it is; None for a row of a person's own
    entry: Entry | None = None
    #: headings of a person's own columns, when the row comes from another list: {heading: cell}
    brought: dict[str, Any] = field(default_factory=dict)


def merge(path: Path, view: View, texts: Texts) -> Merged:
    """Bring the workbook to the view, in memory.

    Raises:
        Unreadable: it can't be taken apart as a workbook.
    """
    try:
        book = load_workbook(path, rich_text=True)
    except Exception as error:  # noqa: BLE001 - a damaged file fails in whatever way
        raise Unreadable(f"it is damaged ({type(error).__name__})") from None
    merger = _Merger(book, view, texts)
    merger.merge()
    return merger.merged


class _Merger:
    def __init__(self, book: Workbook, view: View, texts: Texts) -> None:
        self.merged = Merged(book=book)
        self._book = book
        self._view = view
        self._texts = texts
        self._by_case = {case_mark(entry.case_id): entry for entry in view.entries}
        self._looks: dict[Look, Any] = {}

    def merge(self) -> None:
        places = self._find_places()
        for sheet in Sheet:
            if sheet not in places:
                places[sheet] = self._restore_sheet(sheet)
        lists = {sheet: self._take_up(places[sheet]) for sheet in LISTS}
        moved: dict[Sheet, list[_Row]] = {sheet: [] for sheet in LISTS}
        seen: set[str] = set()
        kept: dict[Sheet, list[_Row]] = {}
        for sheet, rows in lists.items():
            kept[sheet] = []
            for row in rows:
                entry = self._entry_of(row, places[sheet])
                if entry is None:
                    if row.key is None or self._stays(sheet, row, places[sheet]):
                        kept[sheet].append(row)
                    else:
                        self.merged.is_changed = True
                elif entry.case_id in seen:
                    # Pasted twice, or in two lists: the first stands, what a person has written in another is kept as a row of theirs.
                    self._damage("workbook.damage_twice")
                    if self._has_persons_words(sheet, row, places[sheet]):
                        self._strip_key(row, places[sheet])
                        kept[sheet].append(row)
                    else:
                        self.merged.is_changed = True
                elif entry.sheet is sheet:
                    seen.add(entry.case_id)
                    row.entry = entry
                    kept[sheet].append(row)
                else:
                    seen.add(entry.case_id)
                    row.entry = entry
                    moved[entry.sheet].append(self._carried(row, places[sheet], entry.sheet))
                    self.merged.is_changed = True
        for sheet in LISTS:
            new = [self._new_row(entry) for entry in ordered(self._view, sheet) if entry.case_id not in seen]
            self.merged.is_changed |= bool(new)
            self._settle(sheet, places[sheet], lists[sheet], kept[sheet], moved[sheet] + new)
        self._answer_corrections(places[Sheet.CORRECTIONS])
        self._renew_figures()

    # the sheets

    def _find_places(self) -> dict[Sheet, Place]:
        grids = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in self._book.worksheets}
        places = find_places(grids, self._texts)
        for sheet, place in places.items():
            title = self._texts.say(f"workbook.sheet_{sheet}")
            if place.name != title and title not in self._book.sheetnames:
                self._damage("workbook.damage_sheet_name")
            worksheet = self._book[place.name]
            self._part_merged_cells(worksheet)
            self._restore_head(sheet, worksheet, place)
        return places

    def _restore_sheet(self, sheet: Sheet) -> Place:
        """Make a list anew that is gone."""
        self._damage("workbook.damage_sheet_gone")
        title = self._texts.say(f"workbook.sheet_{sheet}")
        worksheet = self._book.create_sheet(title if title not in self._book.sheetnames else None, list(Sheet).index(sheet))
        columns = COLUMNS[sheet]
        place = Place(name=worksheet.title, head_row=0, columns={column.key: number for number, column in enumerate(columns)})
        for number, column in enumerate(columns, start=1):
            letter = get_column_letter(number)
            worksheet.column_dimensions[letter].width = column.width
            worksheet.column_dimensions[letter].hidden = column is KEY
        worksheet.freeze_panes = "B2"
        self._restore_head(sheet, worksheet, place)
        worksheet.row_dimensions[1].height = HEADING_POINTS
        name = table_name(sheet)
        ref = f"A1:{get_column_letter(len(columns))}2"
        if name not in {table for other in self._book.worksheets for table in other.tables}:
            table = Table(displayName=name, ref=ref)
            table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
            worksheet.add_table(table)
        return place

    def _part_merged_cells(self, worksheet: Worksheet) -> None:
        for cells in list(worksheet.merged_cells.ranges):
            self._damage("workbook.damage_merged")
            worksheet.unmerge_cells(str(cells))

    def _restore_head(self, sheet: Sheet, worksheet: Worksheet, place: Place) -> None:
        if place.head_row < 0:
            self._damage("workbook.damage_heading")
            worksheet.insert_rows(1)
        row = max(place.head_row, 0) + 1
        for column in COLUMNS[sheet]:
            if column.key not in place.columns:
                continue
            cell = worksheet.cell(row=row, column=place.columns[column.key] + 1)
            title = self._texts.say(f"workbook.column_{column.key}")
            if str(cell.value).strip() != title:
                self._damage("workbook.damage_heading")
                cell.value = title
                dress_heading(cell)
        missing = [column for column in COLUMNS[sheet] if column.key not in place.columns]
        columns = dict(place.columns)
        for column in missing:
            # A column that a person has deleted comes back, at the right.
            self._damage("workbook.damage_column")
            columns[column.key] = max([*columns.values(), worksheet.max_column - 1]) + 1
            cell = worksheet.cell(row=row, column=columns[column.key] + 1, value=self._texts.say(f"workbook.column_{column.key}"))
            dress_heading(cell)
            letter = get_column_letter(columns[column.key] + 1)
            worksheet.column_dimensions[letter].width = column.width
            worksheet.column_dimensions[letter].hidden = column is KEY
        object.__setattr__(place, "columns", columns)
        object.__setattr__(place, "head_row", row - 1)

    # the rows

    def _take_up(self, place: Place) -> list[_Row]:
        worksheet = self._book[place.name]
        first = place.head_row + 2
        by_row: dict[int, dict[int, Any]] = {}
        for (number, column), cell in worksheet._cells.items():
            if number >= first:
                by_row.setdefault(number, {})[column] = cell
        rows = []
        key_column = place.columns[KEY.key] + 1
        for number in range(first, max(by_row, default=first - 1) + 1):
            cells = by_row.get(number, {})
            shape = worksheet.row_dimensions.get(number)
            key_cell = cells.get(key_column)
            key = RowKey.parse(key_cell.value) if key_cell is not None else None
            rows.append(_Row(key=key, cells=cells, height=shape.height if shape else None, is_hidden=bool(shape and shape.hidden)))
        while rows and not any(_is_filled(cell) for cell in rows[-1].cells.values()):
            rows.pop()
        return rows

    def _entry_of(self, row: _Row, place: Place) -> Entry | None:
        """Return the case whose row it is: by its key, else by what its own columns say."""
        if row.key is not None:
            entry = self._by_case.get(row.key.case)
            if entry is not None:
                return entry
        key = row.cells.get(place.columns[KEY.key] + 1)
        if key is not None and key.value == _NOBODYS:
            return None
        cell = row.cells.get(place.columns["reference"] + 1)
        reference = plain(cell.value) if cell is not None else ""
        if not reference or row.key is not None:
            return None
        months = row.cells.get(place.columns["month"] + 1)
        found = [entry for entry in self._view.entries if plain(entry.values.get("reference")) == reference]
        if len(found) > 1 and months is not None:
            found = [entry for entry in found if plain(entry.values.get("month"))[:7] == plain(months.value)[:7]]
        if len(found) != 1:
            return None
        self._damage("workbook.damage_key")
        return found[0]

    def _stays(self, sheet: Sheet, row: _Row, place: Place) -> bool:
        """Whether the row of a case that is no longer shown stays: only for what a person has written there, unless that is to be forgotten too."""
        return row.key is not None and row.key.case not in self._view.forgotten and self._has_persons_words(sheet, row, place)

    def _has_persons_words(self, sheet: Sheet, row: _Row, place: Place) -> bool:
        ours = {place.columns[key] + 1 for key in (*robots_columns(sheet), KEY.key, NOTICE.key)}
        return any(_is_filled(cell) for column, cell in row.cells.items() if column not in ours)

    def _strip_key(self, row: _Row, place: Place) -> None:
        self._write(self._cell(self._book[place.name], row, place.columns[KEY.key] + 1), _NOBODYS, KEY.look)
        notice = self._cell(self._book[place.name], row, place.columns[NOTICE.key] + 1)
        self._write(notice, self._texts.say("workbook.notice_twice"), NOTICE.look)

    def _carried(self, row: _Row, place: Place, target: Sheet) -> _Row:
        """Return the row for another list: what a person has written goes along, also in columns of their own."""
        worksheet = self._book[place.name]
        head = place.head_row + 1
        names = {number: key for key, number in place.columns.items()}
        brought: dict[str, Any] = {}
        for column, cell in row.cells.items():
            key = names.get(column - 1)
            if not _is_filled(cell) and cell.comment is None:
                continue
            if key is None:
                heading = worksheet.cell(row=head, column=column).value
                brought[f"={heading or get_column_letter(column)}"] = cell
            elif key in PERSONS and any(column.key == key for column in COLUMNS[target]):
                brought[key] = cell
        return _Row(key=row.key, cells={}, height=None, entry=row.entry, brought=brought)

    def _new_row(self, entry: Entry) -> _Row:
        return _Row(key=None, cells={}, entry=entry)

    def _settle(self, sheet: Sheet, place: Place, before: Sequence[_Row], kept: list[_Row], added: list[_Row]) -> None:
        """Put the rows in their order and bring each to its entry."""
        worksheet = self._book[place.name]
        rows = self._in_order(kept, added)
        first = place.head_row + 2
        is_moved = len(rows) != len(before) or any(one is not other for one, other in zip(rows, before, strict=False))
        if is_moved:
            self.merged.is_changed = True
            self._lay(worksheet, first, before, rows)
        for number, row in enumerate(rows, start=first):
            if row.entry is not None:
                self._bring(worksheet, sheet, place, number, row, row.entry)
        self._end_table(sheet, worksheet, place, first, len(rows))

    def _in_order(self, kept: list[_Row], added: list[_Row]) -> list[_Row]:
        """Return the rows by urgency while they stand so; after a person's own sorting what is new comes last."""
        mine = [row.entry.order for row in kept if row.entry is not None and (row.key is None or row.entry.round == row.key.round)]
        if mine != sorted(mine):
            return [*kept, *added]
        persons = [row for row in kept if row.entry is None]
        cases = sorted((row for row in [*kept, *added] if row.entry is not None), key=lambda row: row.entry.order if row.entry else ())
        return [*cases, *persons]

    def _lay(self, worksheet: Worksheet, first: int, before: Sequence[_Row], rows: Sequence[_Row]) -> None:
        cells: dict[tuple[int, int], Any] = worksheet._cells
        for row in before:
            for cell in row.cells.values():
                cells.pop((cell.row, cell.column), None)
        for number in range(first, first + len(before)):
            worksheet.row_dimensions.pop(number, None)
        for number, row in enumerate(rows, start=first):
            for column, cell in row.cells.items():
                if cell.data_type == "f" and cell.row != number and isinstance(cell.value, str):
                    origin = cell.coordinate
                    cell.value = Translator(cell.value, origin).translate_formula(f"{get_column_letter(column)}{number}")
                cell.row = number
                cells[number, column] = cell
                if cell.hyperlink is not None:
                    cell.hyperlink.ref = cell.coordinate
            if row.height is not None or row.is_hidden:
                worksheet.row_dimensions[number].height = row.height
                worksheet.row_dimensions[number].hidden = row.is_hidden

    def _bring(self, worksheet: Worksheet, sheet: Sheet, place: Place, number: int, row: _Row, entry: Entry) -> None:
        """Bring one row to its entry."""
        columns = COLUMNS[sheet]
        values = values_of(entry)
        marks = dict(zip(robots_columns(sheet), row.key.marks, strict=False)) if row.key is not None and row.cells else {}
        edited = []
        for column in columns:
            cell = self._cell(worksheet, row, place.columns[column.key] + 1, number)
            if column.is_persons:
                continue
            value = values.get(column.key)
            if column.look is Look.LINK:
                self._write_link(cell, entry.link)
                continue
            is_ours = column in (KEY, NOTICE) or not marks or plain(cell.value) == "" or mark_of(cell.value) == marks.get(column.key)
            if plain(cell.value) == plain(value) or is_ours:
                if column is not NOTICE:
                    self._write(cell, value, column.look)
            else:
                edited.append(self._texts.say(f"workbook.column_{column.key}"))
        if row.brought:
            self._unpack(worksheet, place, number, row)
        if not row.cells or row.height is None:
            widths = [column.width for column in columns if column is not KEY]
            worksheet.row_dimensions[number].height = guide.height_points(widths, [values.get(column.key) for column in columns if column is not KEY])
        notice = self._cell(worksheet, row, place.columns[NOTICE.key] + 1, number)
        words = [entry.notice] if entry.notice else []
        if edited:
            words.append(self._texts.say("workbook.notice_edited", columns=", ".join(edited)))
        if row.key is not None and row.cells and row.key.round < entry.round and "answer" in place.columns:
            words += self._empty_answer(worksheet, place, number, row)
        self._write(notice, "\n".join(words), NOTICE.look)

    def _empty_answer(self, worksheet: Worksheet, place: Place, number: int, row: _Row) -> list[str]:
        """Empty the answer of an earlier round, so that it does not count in this one; say it if the robot has not acted on it."""
        cell = self._cell(worksheet, row, place.columns["answer"] + 1, number)
        answer = plain(cell.value)
        if not answer or row.key is None:
            return []
        self.merged.is_changed = True
        cell.value = None
        is_taken = self._view.taken.get((row.key.case, row.key.round)) == answer
        return [] if is_taken else [self._texts.say("workbook.notice_old_answer", answer=answer)]

    def _unpack(self, worksheet: Worksheet, place: Place, number: int, row: _Row) -> None:
        """Put what a person has written where it belongs in the list that the row has come to."""
        head = place.head_row + 1
        for key, cell in row.brought.items():
            if key.startswith("="):
                heading = key[1:]
                column = self._column_of(worksheet, head, heading)
            else:
                column = place.columns[key] + 1
            target = self._cell(worksheet, row, column, number)
            target._value, target.data_type = cell._value, cell.data_type
            target._style = cell._style
            if cell.comment is not None:
                comment, cell.comment = cell.comment, None
                target.comment = comment
        row.brought = {}

    def _column_of(self, worksheet: Worksheet, head: int, heading: str) -> int:
        """Return the column of a person's own with this heading; it is made if it is missing."""
        last = 0
        for number, cell in enumerate(worksheet[head], start=1):
            if _is_filled(cell):
                last = number
                if str(cell.value) == heading:
                    return number
        cell = worksheet.cell(row=head, column=last + 1)
        self._set_text(cell, heading)
        dress_heading(cell)
        return last + 1

    # cells

    def _cell(self, worksheet: Worksheet, row: _Row, column: int, number: int | None = None) -> Any:
        cell = row.cells.get(column)
        if cell is None:
            if number is None:
                number = next(iter(row.cells.values())).row
            cell = row.cells[column] = worksheet.cell(row=number, column=column)
        return cell

    def _write(self, cell: Any, value: object, look: Look) -> None:
        """Write a cell of the robot's; only what differs is touched, so that a colour of a person's stays."""
        if plain(cell.value) == plain(value):
            if not cell.has_style:
                self._dress(cell, look)
            return
        self.merged.is_changed = True
        if value is None or value == "":
            cell.value = None
        elif isinstance(value, str):
            self._set_text(cell, value)
        else:
            cell.value = value
        if not cell.has_style or (look in (Look.DAY, Look.MONTH, Look.AMOUNT) and cell.number_format == "General"):
            self._dress(cell, look)

    def _write_link(self, cell: Any, link: str) -> None:
        if not cell.has_style:
            self._dress(cell, Look.LINK)
        target = cell.hyperlink.target if cell.hyperlink is not None else None
        if link and (target or "").replace("file:///", "") != link:
            self._set_text(cell, self._texts.say("workbook.link_word"))
            style = cell._style
            cell.hyperlink = link
            cell._style = style
            self.merged.is_changed = True

    def _set_text(self, cell: Any, text: str) -> None:
        cell.value = clean(text)
        cell.data_type = "s"  # the library takes a text that begins with = for a formula
        if is_like_formula(text):
            cell.quotePrefix = True

    def _dress(self, cell: Any, look: Look) -> None:
        # Making a style is slow; the same look is the same style all over the book.
        style = self._looks.get(look)
        if style is None:
            dress(cell, look)
            self._looks[look] = cell._style
        else:
            cell._style = style

    # what belongs to a list as a whole

    def _end_table(self, sheet: Sheet, worksheet: Worksheet, place: Place, first: int, count: int) -> None:
        head = place.head_row + 1
        width = max(place.columns.values()) + 1
        while _is_filled(worksheet.cell(row=head, column=width + 1)):
            width += 1
        ref = f"A{head}:{get_column_letter(width)}{first + max(count, 1) - 1}"
        for table in worksheet.tables.values():
            if table.ref != ref:
                self.merged.is_changed = True
                table.ref = ref
                if table.autoFilter is not None:
                    table.autoFilter.ref = ref
                    if table.autoFilter.sortState is not None:
                        table.autoFilter.sortState.ref = ref.replace(f"A{head}", f"A{first}")
            names = _unique(str(worksheet.cell(row=head, column=number).value or number) for number in range(1, width + 1))
            if [column.name for column in table.tableColumns] != names:
                known = {column.name: column for column in table.tableColumns}
                table.tableColumns = [known.get(name) or TableColumn(id=0, name=name) for name in names]
                for number, column in enumerate(table.tableColumns, start=1):
                    column.id = number
            break
        else:
            if worksheet.auto_filter.ref and worksheet.auto_filter.ref != ref:
                worksheet.auto_filter.ref = ref
        if sheet in ANSWERED:
            self._restore_rules(sheet, worksheet, place, count)

    def _restore_rules(self, sheet: Sheet, worksheet: Worksheet, place: Place, count: int) -> None:
        """See that the drop-down and the colours of the deadlines are there; a person can lose them by pasting."""
        answer = get_column_letter(place.columns["answer"] + 1)
        due = get_column_letter(place.columns["due_on"] + 1)
        first, last = place.head_row + 2, LAST_ROW
        whole = f"{answer}{first}:{answer}{last}"
        of_ours = [one for one in worksheet.data_validations.dataValidation if one.type == "list" and _is_within(str(one.sqref), answer)]
        if not all(any(f"{answer}{row}" in one.sqref for one in of_ours) for row in (first, first + count)):
            for one in of_ours:
                worksheet.data_validations.dataValidation.remove(one)
            choice = DataValidation(type="list", formula1='"' + ",".join(answers_of(sheet, self._texts)) + '"', allow_blank=True)
            choice.errorTitle = self._texts.say("workbook.answer_wrong_title")
            choice.error = self._texts.say("workbook.answer_wrong")
            choice.showErrorMessage = True
            choice.add(whole)
            worksheet.add_data_validation(choice)
            self.merged.is_changed = True
        rules = [rule for cells in worksheet.conditional_formatting for rule in cells.rules if "TODAY()" in "".join(rule.formula)]
        if not rules:
            overdue = DifferentialStyle(fill=PatternFill(bgColor=f"FF{OVERDUE}"), font=Font(bold=True, color=f"FF{OVERDUE_INK}"))
            due_today = DifferentialStyle(fill=PatternFill(bgColor=f"FF{DUE_TODAY}"))
            for sign, look in (("<", overdue), ("=", due_today)):
                formula = f'AND({due}{first}<>"",{answer}{first}="",{due}{first}{sign}TODAY())'
                worksheet.conditional_formatting.add(f"{due}{first}:{due}{last}", Rule(type="expression", dxf=look, formula=[formula]))
            self.merged.is_changed = True

    def _answer_corrections(self, place: Place) -> None:
        worksheet = self._book[place.name]
        keys = ("corrects", "field", "value")
        for number in range(place.head_row + 2, worksheet.max_row + 1):
            cells = [worksheet.cell(row=number, column=place.columns[key] + 1) for key in keys]
            if not any(_is_filled(cell) for cell in cells):
                continue
            said = self._view.said_of_corrections.get((plain(cells[0].value), plain(cells[1].value), plain(cells[2].value)), "")
            self._write(worksheet.cell(row=number, column=place.columns["notice"] + 1), said, NOTICE.look)

    def _renew_figures(self) -> None:
        title = self._texts.say("workbook.sheet_figures")
        wanted: list[tuple[object, ...]] = []
        for heading, head, rows in self._view.figures:
            wanted += [(heading,), tuple(head), *(tuple(row) for row in rows), ()]
        if title not in self._book.sheetnames:
            if not wanted:
                return
            self._book.create_sheet(title)
        worksheet = self._book[title]
        for number, row in enumerate(wanted, start=1):
            for place, value in enumerate(row, start=1):
                cell = worksheet.cell(row=number, column=place)
                if plain(cell.value) != plain(value):
                    self.merged.is_changed = True
                    if isinstance(value, str):
                        self._set_text(cell, value)
                    else:
                        cell.value = value  # type: ignore[assignment]

    def _damage(self, key: str) -> None:
        self.merged.is_changed = True
        if key not in self.merged.damages:
            self.merged.damages.append(key)


def _is_filled(cell: Any) -> bool:
    return cell is not None and cell.value is not None and str(cell.value).strip() != ""


def _is_within(ranges: str, column: str) -> bool:
    return all("".join(letter for letter in part if letter.isalpha()) == column for cells in ranges.split() for part in cells.split(":"))


def _unique(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique.casefold() in {one.casefold() for one in found}:
            number += 1
            unique = f"{name} {number}"
        found.append(unique)
    return found
