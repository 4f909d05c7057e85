"""What belongs to a list as a whole: its table with the filter, its drop-downs, the colours of its deadlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from robots.exception_queue.cells import Pen, heading_of, is_filled
from robots.exception_queue.layout import CORRECTABLE_NAME, DUE_TODAY, LAST_ROW, OVERDUE, OVERDUE_INK, YES_NO_NAME, Sheet, value_rule
from robots.exception_queue.new_book import answers_of, table_name
from robots.exception_queue.reading import Place
from robots.texts import Texts


def own_table(worksheet: Worksheet, sheet: Sheet, place: Place) -> Table | None:
    """Return the table of the list: the one with the robot's name, or the one whose first row holds the list's headings."""
    own: list[Table] = list(worksheet.tables.values())
    own.sort(key=lambda table: table.name != table_name(sheet) and table.displayName != table_name(sheet))
    for table in own:
        left, top, right, _bottom = _bounds(table)
        if table.displayName == table_name(sheet) or (
            top == place.head_row + 1 and any(left <= column + 1 <= right for column in place.columns.values())
        ):
            return table
    return None


def fit_table(book: Workbook, sheet: Sheet, place: Place, count: int, pen: Pen) -> None:
    """Have the table reach over all rows and headings, also those of a person's own columns beside it; make it anew if it is gone."""
    worksheet = book[place.name]
    head = place.head_row + 1
    table = own_table(worksheet, sheet, place)
    left = min(place.columns.values()) + 1
    right = max(place.columns.values()) + 1
    if table is not None:
        bounds = _bounds(table)
        left, right = min(left, bounds[0]), max(right, bounds[2])
    taken = _columns_of_others(worksheet, table, head)
    names = _headings(worksheet, head, left, right, pen)
    while _extends(worksheet, head, right + 1, names) and right + 1 not in taken:
        right += 1
        names.append(heading_of(worksheet, head, right))
    ref = f"{get_column_letter(left)}{head}:{get_column_letter(right)}{head + max(count, 1)}"
    if table is None:
        _make_table(book, worksheet, sheet, ref, names, pen)
        return
    totals = int(table.totalsRowCount or 0)
    filtered = f"{get_column_letter(left)}{head}:{get_column_letter(right)}{head + max(count, 1) - totals}"
    if table.ref != ref or (table.autoFilter is not None and table.autoFilter.ref != filtered) or table.headerRowCount == 0:
        pen.has_changed = True
        table.ref, table.headerRowCount = ref, 1
        if table.autoFilter is not None:
            table.autoFilter.ref = filtered
            if table.autoFilter.sortState is not None:
                table.autoFilter.sortState.ref = filtered.replace(f"{get_column_letter(left)}{head}:", f"{get_column_letter(left)}{head + 1}:")
    if [column.name for column in table.tableColumns] != names:
        pen.has_changed = True
        known = {column.name: column for column in table.tableColumns}
        table.tableColumns = [known.get(name) or TableColumn(id=0, name=name) for name in names]
        for number, column in enumerate(table.tableColumns, start=1):
            column.id = number


def move_other_tables(worksheet: Worksheet, sheet: Sheet, place: Place, moved: Mapping[int, int]) -> None:
    """Have a person's own table below the list go along with its rows: {number of a row: its new number}."""
    table = own_table(worksheet, sheet, place)
    for other in worksheet.tables.values():
        left, top, right, bottom = _bounds(other)
        if other is table or top not in moved:
            continue
        ref = f"{get_column_letter(left)}{moved[top]}:{get_column_letter(right)}{moved[top] + bottom - top}"
        if other.autoFilter is not None and other.autoFilter.ref == other.ref:
            other.autoFilter.ref = ref
        other.ref = ref


def restore_answers(worksheet: Worksheet, sheet: Sheet, place: Place, count: int, texts: Texts, pen: Pen) -> None:
    """See that the drop-down and the colours of the deadlines are there; a person can lose them by pasting."""
    answer = get_column_letter(place.columns["answer"] + 1)
    due = get_column_letter(place.columns["due_on"] + 1)
    first = place.head_row + 2
    source = '"' + ",".join(answers_of(sheet, texts)) + '"'
    _restore_choice(worksheet, answer, first, count, source, texts, pen)
    if not any("TODAY()" in "".join(rule.formula) for cells in worksheet.conditional_formatting for rule in cells.rules):
        overdue = DifferentialStyle(fill=PatternFill(bgColor=f"FF{OVERDUE}"), font=Font(bold=True, color=f"FF{OVERDUE_INK}"))
        due_today = DifferentialStyle(fill=PatternFill(bgColor=f"FF{DUE_TODAY}"))
        for sign, look in (("<", overdue), ("=", due_today)):
            formula = f'AND({due}{first}<>"",{answer}{first}="",{due}{first}{sign}TODAY())'
            worksheet.conditional_formatting.add(f"{due}{first}:{due}{LAST_ROW}", Rule(type="expression", dxf=look, formula=[formula]))
        pen.has_changed = True


def restore_correctable(book: Workbook, place: Place, labels: Mapping[str, bool], texts: Texts, pen: Pen) -> None:
    """See that the drop-down of what can be corrected is there, with all of its words, and what looks at the values."""
    if not labels:
        return
    title = texts.say("workbook.sheet_lists")
    if title not in book.sheetnames:
        book.create_sheet(title).sheet_state = "hidden"
        pen.has_changed = True
    words = book[title]
    columns: tuple[list[str | None], ...] = (list(labels), [label if is_yes_or_no else None for label, is_yes_or_no in labels.items()])
    for number in range(1, max(words.max_row, len(labels)) + 1):
        for column, texts_of_column in enumerate(columns, start=1):
            cell = words.cell(row=number, column=column)
            label = texts_of_column[number - 1] if number <= len(labels) else None
            if cell.value != label:
                pen.has_changed = True
                if label is None:
                    cell.value = None
                else:
                    pen.write_text(cell, label)
    for of, letter in ((CORRECTABLE_NAME, "A"), (YES_NO_NAME, "B")):
        refers_to = f"'{title}'!${letter}$1:${letter}${len(labels)}"
        name = book.defined_names.get(of)
        if name is None or name.attr_text.replace("'", "").replace("$", "") != refers_to.replace("'", "").replace("$", ""):
            pen.has_changed = True
            book.defined_names[of] = DefinedName(of, attr_text=refers_to)
    worksheet, first = book[place.name], place.head_row + 2
    field, value = (get_column_letter(place.columns[key] + 1) for key in ("field", "value"))
    _restore_choice(worksheet, field, first, 1, CORRECTABLE_NAME, texts, pen, "hint_field")
    _restore_value_rule(worksheet, field, value, first, texts, pen)


def _restore_value_rule(worksheet: Worksheet, field: str, value: str, first: int, texts: Texts, pen: Pen) -> None:
    rules = worksheet.data_validations.dataValidation
    of_value = [one for one in rules if _is_within(str(one.sqref), value)]
    if any(one.type == "custom" and f"{value}{first}" in one.sqref for one in of_value):
        return
    for one in of_value:
        if one.type in (None, "none"):
            rules.remove(one)
    check = DataValidation(type="custom", formula1=value_rule(field, value, first), allow_blank=True, errorStyle="warning")
    check.errorTitle, check.error = texts.say("workbook.value_wrong_title"), texts.say("workbook.value_wrong")
    check.showErrorMessage = check.showInputMessage = True
    check.prompt = texts.say("workbook.hint_value")
    check.add(f"{value}{first}:{value}{LAST_ROW}")
    worksheet.add_data_validation(check)
    pen.has_changed = True


def _restore_choice(worksheet: Worksheet, letter: str, first: int, count: int, source: str, texts: Texts, pen: Pen, hint: str = "") -> None:
    rules = worksheet.data_validations.dataValidation
    of_ours = [one for one in rules if one.type == "list" and _is_within(str(one.sqref), letter)]
    if all(any(f"{letter}{row}" in one.sqref for one in of_ours) for row in (first, first + count)):
        return
    for one in of_ours:
        rules.remove(one)
    choice = DataValidation(type="list", formula1=source, allow_blank=True)
    choice.errorTitle = texts.say("workbook.answer_wrong_title")
    choice.error = texts.say("workbook.answer_wrong")
    choice.showErrorMessage = True
    if hint:
        choice.prompt, choice.showInputMessage = texts.say(f"workbook.{hint}"), True
    choice.add(f"{letter}{first}:{letter}{LAST_ROW}")
    worksheet.add_data_validation(choice)
    pen.has_changed = True


def _make_table(book: Workbook, worksheet: Worksheet, sheet: Sheet, ref: str, names: Sequence[str], pen: Pen) -> None:
    others = {name.casefold() for other in book.worksheets for name in other.tables}
    if worksheet.auto_filter.ref or table_name(sheet).casefold() in others:
        # A person has put a plain filter in its place, or works in a copy of the sheet.
        if worksheet.auto_filter.ref and worksheet.auto_filter.ref != ref:
            worksheet.auto_filter.ref = ref
            pen.has_changed = True
        return
    pen.has_changed = True
    table = Table(displayName=table_name(sheet), ref=ref)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    table.autoFilter = AutoFilter(ref=ref)
    table.tableColumns = [TableColumn(id=number, name=name) for number, name in enumerate(names, start=1)]
    worksheet.add_table(table)


def _headings(worksheet: Worksheet, head: int, left: int, right: int, pen: Pen) -> list[str]:
    """Return the headings of a table; each must be a text, and no other's, or Excel takes the file for damaged."""
    names: list[str] = []
    for column in range(left, right + 1):
        cell = worksheet.cell(row=head, column=column)
        said = str(cell.value) if is_filled(cell) and cell.data_type == "s" else (heading_of(worksheet, head, column) or f"Kolumn {column}")
        name, number = said, 1
        while name.casefold() in {one.casefold() for one in names}:
            number += 1
            name = f"{said} {number}"
        if cell.value != name:
            pen.has_changed = True
            pen.write_text(cell, name)
        names.append(name)
    return names


def _extends(worksheet: Worksheet, head: int, column: int, names: Sequence[str]) -> bool:
    cell = worksheet.cell(row=head, column=column)
    if not is_filled(cell) or cell.data_type != "s" or "\n" in str(cell.value):
        return False
    return str(cell.value).casefold() not in {name.casefold() for name in names}


def _columns_of_others(worksheet: Worksheet, own: Table | None, head: int) -> set[int]:
    taken: set[int] = set()
    for other in worksheet.tables.values():
        left, top, right, bottom = _bounds(other)
        if other is not own and bottom >= head >= 0 and top >= 0:
            taken |= set(range(left, right + 1))
    return taken


def _bounds(table: Table) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom."""
    left, top, right, bottom = range_boundaries(table.ref)
    return left or 1, top or 1, right or 1, bottom or 1


def _is_within(ranges: str, column: str) -> bool:
    return all("".join(letter for letter in part if letter.isalpha()) == column for cells in ranges.split() for part in cells.split(":"))
