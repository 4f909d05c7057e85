"""A workbook that people work in, brought to what the casebook says: three ways, cell by cell, and nothing of theirs is overwritten.

What a person has changed is known by the hidden key of the row: it holds a mark of each cell that the robot wrote. A cell of the robot's that still
holds what it wrote takes the new text; one that does not is a person's by now, and the robot says so in the row's notice.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from robots.exception_queue import figure_sheet, guide, parts, tables
from robots.exception_queue.cells import Pen, as_stored, is_coloured, is_filled
from robots.exception_queue.entries import Entry, RowKey, View, case_mark, mark_of, plain
from robots.exception_queue.lasting import Lasting
from robots.exception_queue.layout import ANSWERED, COLUMNS, KEY, LISTS, NOTICE, PERSONS, Look, Sheet, robots_columns
from robots.exception_queue.looks import dress_heading
from robots.exception_queue.new_book import ordered, values_of
from robots.exception_queue.reading import Found, Place, Unreadable, home_of, is_mixed
from robots.exception_queue.restoring import find_lists
from robots.exception_queue.rows import Row, in_order, translate
from robots.texts import Texts

#: in place of the key, in a row that a person has made of one of the robot's
_NOBODYS = "0.0."
_COMMENT_SIZE = {"width": 260, "height": 110}


@dataclass(slots=True, kw_only=True)
class Merged:
    """What a merge has come to."""

    book: Workbook
    #: nothing needs to be written when it is False
    is_changed: bool
    #: what people have done to the file that somebody should know, as keys of the catalogue of texts; no word of theirs
    damages: Sequence[str]


def merge(content: bytes, view: View, texts: Texts, *, found: Found) -> Merged:
    """Bring the workbook to the view, in memory.

    Args:
        content: of the workbook's file.
        view: all that it shall show.
        texts: the catalogue of texts in the caseworkers' language.
        found: what stands in it.

    Raises:
        Unreadable: it can't be taken apart as a workbook.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the library can't keep; parts.has_foreign_parts knows it
            book = load_workbook(io.BytesIO(content), rich_text=parts.has_rich_text(content))
    except Exception as error:  # noqa: BLE001 - a damaged file fails in whatever way
        raise Unreadable(f"it is damaged ({type(error).__name__})") from None
    # Of some forms (strict Open XML) the library makes a book without sheets, and says nothing.
    if not {place.name for place in found.places.values()} <= set(book.sheetnames):
        raise Unreadable("its form can be read, but not written")
    return _Merger(book, view, texts).merge()


class _Merger:
    def __init__(self, book: Workbook, view: View, texts: Texts) -> None:
        self._book = book
        self._view = view
        self._texts = texts
        self._pen = Pen()
        self._lasting = Lasting(texts)
        self._damages: list[str] = []
        self._by_case = {case_mark(entry.case_id): entry for entry in view.entries}
        self._by_reference: dict[str, list[Entry]] = {}
        for entry in view.entries:
            self._by_reference.setdefault(plain(entry.values.get("reference")), []).append(entry)
        self._places: dict[Sheet, Place] = {}
        self._seen: set[str] = set()

    def merge(self) -> Merged:
        self._places = find_lists(self._book, self._texts, self._pen, self._damage)
        before = {sheet: self._take_up(sheet) for sheet in LISTS}
        moved: dict[Sheet, list[Row]] = {sheet: [] for sheet in LISTS}
        kept = {sheet: [row for row in rows if self._stays_here(sheet, row, moved)] for sheet, rows in before.items()}
        for sheet in LISTS:
            new = [Row(key=None, cells={}, entry=entry) for entry in ordered(self._view, sheet) if entry.case_id not in self._seen]
            self._settle(sheet, before[sheet], kept[sheet], moved[sheet] + new)
        self._answer_corrections(self._places[Sheet.CORRECTIONS])
        tables.restore_correctable(self._book, self._places[Sheet.CORRECTIONS], self._view.correctable, self._texts, self._pen)
        figure_sheet.renew(self._book, self._view, self._texts, self._pen)
        return Merged(book=self._book, is_changed=self._pen.has_changed, damages=tuple(self._damages))

    def _damage(self, key: str) -> None:
        # A sheet keeps the name that a person has given it.
        self._pen.has_changed |= key != "workbook.damage_sheet_name"
        if key not in self._damages:
            self._damages.append(key)

    # whose rows they are, and where they belong

    def _take_up(self, sheet: Sheet) -> list[Row]:
        place = self._places[sheet]
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
            key_cell = cells.get(key_column)
            key = RowKey.parse(key_cell.value) if key_cell is not None else None
            row = Row(key=key, cells=cells, number=number, shape=worksheet.row_dimensions.get(number))
            if key is None and cells:
                values = [cells[column].value if column in cells else None for column in range(1, max(cells) + 1)]
                row.home = home_of(values, sheet, self._places)
                if row.home is not None:
                    row.key = RowKey.parse(values[row.home[1].columns[KEY.key]])
            rows.append(row)
        while rows and rows[-1].is_blank:
            rows.pop()
        return rows

    def _stays_here(self, sheet: Sheet, row: Row, moved: dict[Sheet, list[Row]]) -> bool:
        """Find out whose row it is, and whether it stays in its list; one that belongs to another goes into `moved`."""
        home, place = row.home or (sheet, self._places[sheet])
        entry = self._entry_of(row, place)
        if entry is None:
            stays = row.key is None or (row.key.case not in self._view.forgotten and self._has_persons_words(home, row, place))
            self._pen.has_changed |= not stays
            if stays and row.key is not None and row.home is None:
                # A person would take it for a case of theirs.
                notice = self._cell(sheet, row, place.columns[NOTICE.key] + 1, row.number)
                self._pen.write(notice, self._texts.say("workbook.notice_gone"), NOTICE.look)
            return stays
        if entry.case_id in self._seen:
            # Pasted twice, or in two lists: the first stands, what a person has written in another is kept as a row of theirs.
            self._damage("workbook.damage_twice")
            if not self._has_persons_words(home, row, place) or case_mark(entry.case_id) in self._view.forgotten:
                return False
            self._make_nobodys(sheet, row, place)
            return True
        self._seen.add(entry.case_id)
        row.entry = entry
        if entry.sheet is sheet and row.home is None:
            return True
        if row.home is not None:
            self._damage("workbook.damage_astray")
        self._pen.has_changed = True
        moved[entry.sheet].append(self._carried(row, home, place, entry.sheet))
        return False

    def _entry_of(self, row: Row, place: Place) -> Entry | None:
        """Return the case whose row it is: by its key, else by what its own columns say."""
        reference, month = (plain(cell.value) if (cell := self._had(row, place, key)) is not None else "" for key in ("reference", "month"))
        of_key = self._by_case.get(row.key.case) if row.key is not None else None
        if row.key is not None and not is_mixed(row.key, reference):
            return of_key
        if any(cell.value == _NOBODYS for cell in row.cells.values()):
            return None
        found = self._by_reference.get(reference, []) if reference else []
        if len(found) > 1:
            found = [entry for entry in found if plain(entry.values.get("month"))[:7] == month[:7]]
        if len(found) != 1 or found[0] is of_key:
            return of_key
        # People read the reference, not the key: what they have written in the row is meant for that case.
        self._damage("workbook.damage_key")
        row.key = None
        return found[0]

    def _has_persons_words(self, sheet: Sheet, row: Row, place: Place) -> bool:
        ours = {place.columns[key] + 1 for key in (*robots_columns(sheet), KEY.key, NOTICE.key) if key in place.columns}
        return any((is_filled(cell) and column not in ours) or cell.comment is not None for column, cell in row.cells.items())

    def _make_nobodys(self, sheet: Sheet, row: Row, place: Place) -> None:
        self._pen.write(self._cell(sheet, row, place.columns[KEY.key] + 1, row.number), _NOBODYS, KEY.look)
        if row.home is None:
            notice = self._cell(sheet, row, place.columns[NOTICE.key] + 1, row.number)
            self._pen.write(notice, self._texts.say("workbook.notice_twice"), NOTICE.look)

    def _carried(self, row: Row, sheet: Sheet, place: Place, target: Sheet) -> Row:
        """Return the row for another list: what a person has written, remarked and coloured goes along, also in columns of their own."""
        worksheet = self._book[self._places[sheet].name]
        names = {number: key for key, number in place.columns.items()}
        looks = {column.key: column.look for column in COLUMNS[sheet]}
        there = {column.key for column in COLUMNS[target]}
        answer = plain(cell.value) if "answer" not in there and (cell := self._had(row, place, "answer")) is not None else ""
        is_taken = row.key is not None and plain(self._view.taken.get((row.key.case, row.key.round))) == answer
        brought: list[tuple[str, Any]] = []
        for column, cell in sorted(row.cells.items(), key=itemgetter(0)):
            key = names.get(column - 1)
            if key is None:
                if is_filled(cell) or cell.comment is not None:
                    heading = worksheet.cell(row=place.head_row + 1, column=column).value if row.home is None else None
                    brought.append((f"={heading or get_column_letter(column)}", cell))
            elif cell.comment is not None or (key in there and ((key in PERSONS and is_filled(cell)) or is_coloured(cell, looks[key]))):
                brought.append((key, cell))
        return Row(key=row.key, cells={}, entry=row.entry, brought=brought, unread="" if is_taken else answer)

    # where they stand

    def _settle(self, sheet: Sheet, before: Sequence[Row], kept: list[Row], added: list[Row]) -> None:
        """Put the rows in their order and bring each to its entry."""
        place = self._places[sheet]
        worksheet = self._book[place.name]
        table = tables.own_table(worksheet, sheet, place)
        totals = [kept.pop()] if table is not None and table.totalsRowCount and kept and kept[-1].entry is None else []
        rows = [*in_order(kept, added), *totals]
        first = place.head_row + 2
        if rows != before:
            rows = [row for row in rows if not row.is_blank]
            self._pen.has_changed = True
            self._lay(sheet, first, before, rows)
        for number, row in enumerate(rows, start=first):
            if row.entry is not None:
                self._bring(sheet, number, row, row.entry)
        tables.fit_table(self._book, sheet, place, len(rows), self._pen)
        if sheet in ANSWERED:
            tables.restore_answers(worksheet, sheet, place, len(rows), self._texts, self._pen)

    def _lay(self, sheet: Sheet, first: int, before: Sequence[Row], rows: Sequence[Row]) -> None:
        worksheet = self._book[self._places[sheet].name]
        cells: dict[tuple[int, int], Any] = worksheet._cells
        for row in before:
            for cell in row.cells.values():
                cells.pop((cell.row, cell.column), None)
            worksheet.row_dimensions.pop(row.number, None)
        for number, row in enumerate(rows, start=first):
            for column, cell in row.cells.items():
                if cell.row != number:
                    if cell.data_type == "f":
                        translate(cell, f"{get_column_letter(column)}{number}")
                    cell.row = number
                    if cell.hyperlink is not None:
                        cell.hyperlink.ref = cell.coordinate
                cells[number, column] = cell
            if row.shape is not None:
                row.shape.index = number
                worksheet.row_dimensions[number] = row.shape
        moved = {row.number: number for number, row in enumerate(rows, start=first) if row.number}
        tables.move_other_tables(worksheet, sheet, self._places[sheet], moved)

    # what stands in them

    def _bring(self, sheet: Sheet, number: int, row: Row, entry: Entry) -> None:
        """Bring one row to its entry."""
        place, pen = self._places[sheet], self._pen
        columns = COLUMNS[sheet]
        values = values_of(entry)
        is_new = not row.cells
        marks = dict(zip(robots_columns(sheet), row.key.marks, strict=False)) if row.key is not None else {}
        edited, is_renewed = [], is_new
        for column in columns:
            at = place.columns[column.key] + 1
            cell = row.cells.get(at) or self._cell(sheet, row, at, number)
            if column.is_persons:
                if is_new:
                    pen.dress(cell, column.look)
            elif column.look is Look.LINK:
                pen.write_link(cell, entry.link, self._texts.say("workbook.link_word"))
            elif column is not NOTICE:
                value = as_stored(values.get(column.key))
                had = cell.value
                if had == value and cell.has_style:
                    continue
                is_ours = is_new or column is KEY or plain(had) == "" or mark_of(had) == marks.get(column.key)
                if is_ours or plain(had) == plain(value):
                    is_renewed |= plain(had) != plain(value)
                    pen.write(cell, value, column.look)
                else:
                    edited.append(column.key)
        if row.brought:
            self._unpack(sheet, number, row)
        words = [entry.notice] if entry.notice else []
        if row.unread and not entry.notice:
            words.append(self._texts.say("workbook.notice_unread", answer=row.unread))
        if edited:
            words.append(self._edited_words(edited, entry))
        if row.key is not None and not is_new and row.key.round < entry.round and "answer" in place.columns:
            words += self._empty_answer(sheet, number, row, row.key)
        notice = self._cell(sheet, row, place.columns[NOTICE.key] + 1, number)
        if not is_new and row.key is not None and row.key.round == entry.round and not self._is_answered(row, place):
            words += [line for line in self._lasting.lines(notice.value) if line not in words]
        said = "\n".join(words)
        is_renewed |= plain(notice.value) != plain(said)
        had_notice = notice.value
        pen.write(notice, said, NOTICE.look)
        if is_renewed:
            self._fit_height(sheet, number, {**values, NOTICE.key: said}, had_notice)

    def _fit_height(self, sheet: Sheet, number: int, values: dict[str, Any], had_notice: object) -> None:
        """Make the row high enough for its new text, and lower only if a notice has gone; a person who has made it higher has their reasons."""
        shown = [column for column in COLUMNS[sheet] if column is not KEY]
        widths = [column.width for column in shown]
        wanted = guide.height_points(widths, [values.get(column.key) for column in shown])
        shape = self._book[self._places[sheet].name].row_dimensions[number]
        noticed = guide.height_points([NOTICE.width], [had_notice])
        if shape.height is None or shape.height < wanted or abs(shape.height - noticed) < 1:
            shape.height = wanted

    def _is_answered(self, row: Row, place: Place) -> bool:
        return is_filled(self._had(row, place, "answer"))

    def _edited_words(self, edited: Sequence[str], entry: Entry) -> str:
        if "reference" in edited:
            return self._texts.say("workbook.notice_reference", reference=plain(entry.values.get("reference")))
        return self._texts.say("workbook.notice_edited", columns=", ".join(self._texts.say(f"workbook.column_{key}") for key in edited))

    def _empty_answer(self, sheet: Sheet, number: int, row: Row, key: RowKey) -> list[str]:
        """Empty the answer of an earlier round, so that it does not count in this one; say it if the robot has not acted on it."""
        cell = self._cell(sheet, row, self._places[sheet].columns["answer"] + 1, number)
        answer = plain(cell.value)
        if not answer:
            return []
        self._pen.has_changed = True
        cell.value = None
        is_taken = plain(self._view.taken.get((key.case, key.round))) == answer
        return [] if is_taken else [self._texts.say("workbook.notice_old_answer", answer=answer)]

    def _unpack(self, sheet: Sheet, number: int, row: Row) -> None:
        """Put what a person has written where it belongs in the list that the row has come to."""
        place = self._places[sheet]
        for key, cell in row.brought:
            is_own = key.startswith("=")
            column = self._column_of(sheet, key[1:]) if is_own else place.columns.get(key, place.columns["reference"]) + 1
            target = self._cell(sheet, row, column, number)
            if (is_own or (key in PERSONS and key in place.columns)) and is_filled(cell):
                if cell.data_type == "f":
                    translate(cell, f"{cell.column_letter}{number}")
                target._value, target.data_type = cell._value, cell.data_type
            if is_own or key in place.columns:
                target._style = cell._style
            if cell.comment is not None:
                before = f"{target.comment.text}\n" if target.comment is not None else ""
                target.comment = Comment(f"{before}{cell.comment.text}", cell.comment.author, **_COMMENT_SIZE)
        row.brought = []

    def _column_of(self, sheet: Sheet, heading: str) -> int:
        """Return the column of a person's own with this heading; it is made if it is missing."""
        worksheet = self._book[self._places[sheet].name]
        head = self._places[sheet].head_row + 1
        last = 0
        for number, cell in enumerate(worksheet[head], start=1):
            if is_filled(cell):
                last = number
                if plain(cell.value) == plain(heading) and number - 1 not in self._places[sheet].columns.values():
                    return number
        cell = worksheet.cell(row=head, column=last + 1)
        self._pen.write_text(cell, heading)
        dress_heading(cell)
        return last + 1

    def _answer_corrections(self, place: Place) -> None:
        worksheet = self._book[place.name]
        for number in range(place.head_row + 2, worksheet.max_row + 1):
            cells = [worksheet.cell(row=number, column=place.columns[key] + 1) for key in ("corrects", "field", "value")]
            said = self._view.said_of_corrections.get((plain(cells[0].value), plain(cells[1].value), plain(cells[2].value)), "")
            notice = worksheet.cell(row=number, column=place.columns[NOTICE.key] + 1)
            if said or (is_filled(notice) and any(is_filled(cell) for cell in cells)):
                self._pen.write(notice, said, NOTICE.look)

    # cells

    def _had(self, row: Row, place: Place, key: str) -> Any:
        return row.cells.get(place.columns[key] + 1) if key in place.columns else None

    def _cell(self, sheet: Sheet, row: Row, column: int, number: int) -> Any:
        cell = row.cells.get(column)
        if cell is None:
            cell = row.cells[column] = self._book[self._places[sheet].name].cell(row=number, column=column)
        return cell
