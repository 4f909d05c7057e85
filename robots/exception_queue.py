"""The exception workbook: what caseworkers open to see which cases wait for them, why, and what the robot has done already.

The casebook is the truth and the workbook a view of it. It holds what a caseworker needs to find and take a case, and
nothing that a compilation may not hold (7 a § SoLPUL): no number of a person, no name, no free text from an applicant.
A protected case shows one neutral sentence, no code and no reason.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import wrap
from typing import Any
from zipfile import ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from robots.assessment import Ending, Outcome
from robots.case import SWEDEN
from robots.errors import ReasonCode, SetupError
from robots.explanation import IMPORTANCE
from robots.run_log import Action, event
from robots.texts import Texts

#: what a caseworker can answer, as keys of the catalogue of texts
ANSWERS = ("answer_handled", "answer_needs_more", "answer_cancel")

# A column's key in the catalogue of texts and its width in characters.
_TO_DO = (
    ("reference", 14),
    ("month", 10),
    ("why", 44),
    ("codes", 20),
    ("done", 34),
    ("left", 34),
    ("due_on", 12),
    ("assigned_to", 16),
    ("answer", 20),
    ("comment", 30),
)
_PROPOSALS = (("reference", 14), ("month", 10), ("amount", 18), ("why", 60), ("codes", 12), ("left", 40))
#: what a person entered for a case: assigned to, answer, comment
_Entries = tuple[object, object, object]
_NO_ENTRIES: _Entries = ("", "", "")
_ANSWERED_BY_PERSON = ("assigned_to", "answer", "comment")
_STYLE_OF_COLUMN = {
    "reference": "Kollega reference",
    "month": "Kollega month",
    "due_on": "Kollega day",
    "amount": "Kollega amount",
    **dict.fromkeys(_ANSWERED_BY_PERSON, "Kollega input"),
}
_GUIDE = ("reference", "month", "why", "codes", "done", "left", "due_on", "assigned_to", "answer", "comment", "amount")

_ROBOTS_MARK = b"Openpyxl"  # what the file's own properties name as the program that saved it, until a person saves it in another
_LONGEST_TEXT = 32_000  # a cell holds 32,767 characters
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_STARTS_AS_FORMULA = ("=", "+", "-", "@")
_TEMPORARY = ".tmp"
#: a workbook is saved within seconds: one that has been under way for so long is being saved by nobody
LEFT_SECONDS = 600
_MODE = 0o660  # the robot and the caseworkers' group; nobody else
_FONT = "Calibri"
_LINE_POINTS = 15

_INK, _PALE, _INPUT, _GRID = "FF1F3A5F", "FFEEF3F8", "FFFFFBE6", "FFC9D3DE"
_OVERDUE, _OVERDUE_INK, _DUE_TODAY = "FFF8CFCB", "FF8E1B10", "FFFFE2A8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What `write` did."""

    #: the file written; not the workbook's own when that was open with somebody
    path: Path
    #: whether the workbook was open and a file beside it was written
    is_beside: bool
    hand_offs: int
    proposals: int


def due_on(ended_at: datetime, working_days: int) -> date:
    """Return the last day on which a person keeps the promise.

    Args:
        ended_at: when the robot let go of the case; aware. Its day in Sweden is not counted.
        working_days: 0 means the same day, or the next working day when that is none.

    Saturdays, Sundays, public holidays and the eves of midsummer, Christmas and New Year are no working days
    (lag 1930:173 om beräkning av lagstadgad tid, 2 §).
    """
    import holidays

    day = ended_at.astimezone(SWEDEN).date()
    days_off = holidays.country_holidays("SE", categories=("public", "de_facto"))

    def is_off(day: date) -> bool:
        return day.isoweekday() in (6, 7) or day in days_off

    for _ in range(working_days):
        day += timedelta(days=1)
        while is_off(day):
            day += timedelta(days=1)
    while is_off(day):
        day += timedelta(days=1)
    return day


def write(path: Path, outcomes: Sequence[Outcome], texts: Texts, *, now: datetime) -> Written:
    """Write the workbook anew from the outcomes; the file is there in whole, or as it was.

    What people have put in the columns for assignment, answer and comment follows its case into the new workbook.
    Nothing else that they changed is merged yet (colours, columns, order): a workbook that a person has saved is
    therefore kept beside the new one under the date and time. One that somebody has open in Excel or LibreOffice, or
    saves in that moment, is not touched: the new one is written beside it under the date and time.

    Args:
        path: the workbook; its folder is made when it is missing.
        outcomes: all cases that the workbook shall show; those decided are left out.
        texts: the catalogue of texts in the caseworkers' language.
        now: aware time, for the page's foot and the names of files beside.

    Raises:
        SetupError: the file can't be written there.
    """
    hand_offs = sorted((one for one in outcomes if one.ending is Ending.HANDED_OFF), key=_urgency)
    proposals = sorted((one for one in outcomes if one.ending is Ending.PROPOSED), key=lambda one: one.reference)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = _stamp(path)
        was_saved_by_person, entries = _left_by_people(path, texts)
        book = _book(hand_offs, proposals, entries, texts, now.astimezone(SWEDEN))
        with _saved(book, path) as temporary:
            is_beside = _is_open(path) or _stamp(path) != before
            target = _beside(path, now) if is_beside else path
            if was_saved_by_person and not is_beside:
                _set_rights(Path(shutil.copy2(path, _beside(path, now))), like=path)
            temporary.replace(target)
        _sync_folder(path.parent)
    except OSError as error:
        advice = "look over paths.workbook in config/kollega.yaml, the folder's rights and its room"
        raise SetupError(f"the exception workbook can't be written ({error.strerror}); {advice}") from None
    rows = f"{len(hand_offs)} to do, {len(proposals)} proposals"
    if is_beside:
        event(Action.WORKBOOK_LOCKED, f"The exception workbook is open with somebody; {target.name} was written beside it ({rows}).", level="WARNING")
    else:
        event(Action.WORKBOOK_WRITTEN, f"The exception workbook was written ({rows}).")
    return Written(path=target, is_beside=is_beside, hand_offs=len(hand_offs), proposals=len(proposals))


def by_importance(codes: Sequence[ReasonCode]) -> tuple[ReasonCode, ...]:
    """Return each code once, the most important first."""
    return tuple(code for code in IMPORTANCE if code in codes)


def _urgency(outcome: Outcome) -> tuple[date, int, str]:
    first = min((IMPORTANCE.index(code) for code in outcome.codes), default=len(IMPORTANCE))
    return outcome.due_on or date.max, first, outcome.reference


# --- the sheets -------------------------------------------------------------------------------------------------------


def _book(hand_offs: Sequence[Outcome], proposals: Sequence[Outcome], entries: Mapping[str, _Entries], texts: Texts, now: datetime) -> Workbook:
    book = Workbook()
    book.properties.creator = "Kollega"
    book.properties.title = texts.say("workbook.title")
    _add_styles(book)
    book.remove(book.worksheets[0])
    to_do = book.create_sheet(texts.say("workbook.sheet_to_do"))
    _fill(to_do, _TO_DO, [_hand_off_row(one, entries.get(one.reference, _NO_ENTRIES), texts) for one in hand_offs], "ToDo", texts)
    _colour_deadlines(to_do, len(hand_offs))
    _add_answers(to_do, len(hand_offs), texts)
    sheet = book.create_sheet(texts.say("workbook.sheet_proposals"))
    _fill(sheet, _PROPOSALS, [_proposal_row(one) for one in proposals], "Proposals", texts)
    _write_guide(book.create_sheet(texts.say("workbook.sheet_guide")), texts)
    for sheet in book.worksheets:
        _set_up_print(sheet, texts, now)
    return book


def _hand_off_row(outcome: Outcome, entries: _Entries, texts: Texts) -> list[object]:
    month = outcome.month.first_day if outcome.month else None
    if ReasonCode.PROTECTED in outcome.codes:
        return [outcome.reference, month, texts.say("workbook.protected"), "", "", "", outcome.due_on, *entries]
    codes = by_importance(outcome.codes)
    why = "\n".join(texts.say(f"reason.{code}") for code in codes)
    return [outcome.reference, month, why, "\n".join(codes), "\n".join(outcome.done), "\n".join(outcome.left), outcome.due_on, *entries]


def _proposal_row(outcome: Outcome) -> list[object]:
    # Nothing in a proposed case has to be judged, so that its sentences name no income and no cost.
    month, why, codes = outcome.month.first_day if outcome.month else None, "\n".join(outcome.because), "\n".join(by_importance(outcome.codes))
    return [outcome.reference, month, outcome.amount, why, codes, "\n".join(outcome.left)]


def _add_styles(book: Workbook) -> None:
    # Styles by name: they are shared by all cells, which makes a long list many times faster than styles cell by cell.
    line = Side(style="thin", color=_GRID)
    text = NamedStyle(
        name="Kollega text",
        font=Font(name=_FONT),
        alignment=Alignment(vertical="top", horizontal="left", wrap_text=True),
        border=Border(bottom=line, right=line),
    )

    def like_text(name: str, **differences: Any) -> NamedStyle:
        parts = {"font": text.font, "alignment": text.alignment, "border": text.border, "fill": text.fill, "number_format": text.number_format}
        return NamedStyle(name=name, **{**parts, **differences})

    for style in (
        text,
        like_text("Kollega reference", font=Font(name=_FONT, bold=True)),
        like_text("Kollega month", number_format="yyyy-mm"),
        like_text("Kollega day", number_format="yyyy-mm-dd"),
        like_text("Kollega amount", number_format="#,##0", alignment=Alignment(vertical="top", horizontal="right", indent=1)),
        like_text("Kollega input", fill=PatternFill("solid", start_color=_INPUT)),
        like_text(
            "Kollega heading",
            font=Font(name=_FONT, bold=True, color="FFFFFFFF"),
            fill=PatternFill("solid", start_color=_INK),
            alignment=Alignment(vertical="center", wrap_text=True),
        ),
    ):
        book.add_named_style(style)


def _fill(sheet: Worksheet, columns: Sequence[tuple[str, int]], rows: Sequence[Sequence[object]], name: str, texts: Texts) -> None:
    for number, (key, width) in enumerate(columns, start=1):
        head = sheet.cell(row=1, column=number)
        head.style = "Kollega heading"
        _put(head, texts.say(f"workbook.column_{key}"))
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.row_dimensions[1].height = 2 * _LINE_POINTS
    styles = [_STYLE_OF_COLUMN.get(key, "Kollega text") for key, _ in columns]
    # A table needs a row: an empty list gets an empty one.
    for row_number, values in enumerate(rows or [[""] * len(columns)], start=2):
        for number, (style, value) in enumerate(zip(styles, values, strict=True), start=1):
            cell = sheet.cell(row=row_number, column=number)
            cell.style = style
            _put(cell, value)
        sheet.row_dimensions[row_number].height = _height(columns, values)
    table = Table(displayName=name, ref=f"A1:{get_column_letter(len(columns))}{max(len(rows), 1) + 1}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(table)
    sheet.freeze_panes = "B2"


def _put(cell: Any, value: object) -> None:
    if isinstance(value, date | Decimal):
        cell.value = value
    elif value not in ("", None):
        text = _CONTROLS.sub(" ", str(value))[:_LONGEST_TEXT]
        cell.value = text
        cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula
        if text.startswith(_STARTS_AS_FORMULA):
            cell.quotePrefix = True  # stays a text also when somebody edits the cell


def _height(columns: Sequence[tuple[str, int]], values: Sequence[object]) -> float:
    # Excel and LibreOffice do not agree on when a row grows by itself; so the height is set for the longest cell.
    lines = 1
    for (_, width), value in zip(columns, values, strict=True):
        if isinstance(value, str):
            lines = max(lines, sum(max(1, len(wrap(part, width))) for part in value.split("\n")))
    return min(lines * _LINE_POINTS + 4, 400)


def _colour_deadlines(sheet: Worksheet, count: int) -> None:
    keys = [key for key, _ in _TO_DO]
    due, answer = (get_column_letter(keys.index(key) + 1) for key in ("due_on", "answer"))
    cells = f"{due}2:{due}{max(count, 1) + 1}"
    is_open = f'AND({due}2<>"",{answer}2=""'
    overdue = DifferentialStyle(fill=PatternFill(bgColor=_OVERDUE), font=Font(bold=True, color=_OVERDUE_INK))
    due_today = DifferentialStyle(fill=PatternFill(bgColor=_DUE_TODAY))
    for style, sign in ((overdue, "<"), (due_today, "=")):
        sheet.conditional_formatting.add(cells, Rule(type="expression", dxf=style, formula=[f"{is_open},{due}2{sign}TODAY())"]))


def _add_answers(sheet: Worksheet, count: int, texts: Texts) -> None:
    column = get_column_letter([key for key, _ in _TO_DO].index("answer") + 1)
    choice = DataValidation(type="list", formula1='"' + ",".join(texts.say(f"workbook.{key}") for key in ANSWERS) + '"', allow_blank=True)
    choice.errorTitle = texts.say("workbook.answer_wrong_title")
    choice.error = texts.say("workbook.answer_wrong")
    choice.showErrorMessage = True
    sheet.add_data_validation(choice)
    choice.add(f"{column}2:{column}{max(count, 1) + 1}")


def _write_guide(sheet: Worksheet, texts: Texts) -> None:
    sheet.column_dimensions["A"].width = 24
    sheet.column_dimensions["B"].width = 96
    lines: list[tuple[str, str, bool]] = [(texts.say("workbook.title"), "", True), ("", texts.say("workbook.guide_about"), False), ("", "", False)]
    lines.append((texts.say("workbook.section_columns"), "", True))
    lines += [(texts.say(f"workbook.column_{key}"), texts.say(f"workbook.guide_{key}"), False) for key in _GUIDE]
    lines += [("", "", False), (texts.say("workbook.section_answers"), "", True), ("", texts.say("workbook.guide_answers_now"), False)]
    lines += [(texts.say(f"workbook.{key}"), texts.say(f"workbook.guide_{key}"), False) for key in ANSWERS]
    lines += [("", "", False), (texts.say("workbook.section_codes"), "", True)]
    lines += [(str(code), texts.say(f"reason.{code}"), False) for code in IMPORTANCE if code is not ReasonCode.PROTECTED]
    for number, (left, right, is_heading) in enumerate(lines, start=1):
        name, text = sheet.cell(row=number, column=1), sheet.cell(row=number, column=2)
        _put(name, left)
        _put(text, right)
        name.font = Font(name=_FONT, bold=True, size=14, color=_INK) if is_heading else Font(name=_FONT, bold=True)
        text.font = Font(name=_FONT)
        name.alignment = Alignment(vertical="top", wrap_text=not is_heading)
        text.alignment = Alignment(vertical="top", wrap_text=True)
        sheet.row_dimensions[number].height = 22 if is_heading else _height((("", 24), ("", 96)), (left, right))
        if left and not is_heading:
            name.fill = PatternFill("solid", start_color=_PALE)
    sheet.sheet_view.showGridLines = False


def _set_up_print(sheet: Any, texts: Texts, now: datetime) -> None:
    is_list = bool(sheet.freeze_panes)
    sheet.page_setup.orientation = "landscape" if is_list else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.5, 0.8, 0.4
    if is_list:
        sheet.print_title_rows = "1:1"
    sheet.oddFooter.left.text = texts.say("workbook.page_foot", written=f"{now:%Y-%m-%d %H:%M}")
    sheet.oddFooter.right.text = "&P / &N"


# --- what people have left --------------------------------------------------------------------------------------------


def _left_by_people(path: Path, texts: Texts) -> tuple[bool, dict[str, _Entries]]:
    """Say whether a person has saved the workbook, and return by case reference what they entered."""
    if not path.exists():
        return False, {}
    try:
        with ZipFile(path) as parts:
            was_saved_by_person = _ROBOTS_MARK not in parts.read("docProps/app.xml")
        book = load_workbook(path)
    except Exception:  # noqa: BLE001 - damaged in whatever way: the file is kept as it is, and nothing is taken from it
        return True, {}
    found: dict[str, _Entries] = {}
    for sheet in book.worksheets:
        places = {str(cell.value): cell.column - 1 for cell in sheet[1] if cell.value}
        wanted = [places.get(texts.say(f"workbook.column_{key}")) for key in ("reference", *_ANSWERED_BY_PERSON)]
        if any(place is None for place in wanted):
            continue
        for row in sheet.iter_rows(min_row=2, values_only=True):
            reference, *entries = (row[place] for place in wanted if place is not None)
            if reference and any(entries):
                found.setdefault(str(reference), (entries[0], entries[1], entries[2]))
    return was_saved_by_person, found


# --- the file ---------------------------------------------------------------------------------------------------------


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes when somebody saves the file; None when there is none."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _is_open(path: Path) -> bool:
    """Whether Excel or LibreOffice has left its mark beside the file that somebody has it open."""
    return any((path.parent / mark).exists() for mark in (f"~${path.name}", f".~lock.{path.name}#"))


def _beside(path: Path, now: datetime) -> Path:
    stem = f"{path.stem} {now.astimezone(SWEDEN):%Y-%m-%d %H%M}"
    names = (f"{stem}{'' if number == 1 else f' ({number})'}{path.suffix}" for number in range(1, 1000))
    return next(path.parent / name for name in names if not (path.parent / name).exists())


@contextmanager
def _saved(book: Workbook, path: Path) -> Iterator[Path]:
    """Save the book in whole beside its place, with the rights it shall have there; gone afterwards unless it was moved."""
    # In memory first: the library complains on standard error of a file that it could not end, as on a full disk.
    content = io.BytesIO()
    book.save(content)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=_TEMPORARY, dir=path.parent)
    temporary = Path(name)
    try:
        _remove_left(temporary, path)
        with os.fdopen(handle, "wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        _set_rights(temporary, like=path)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _remove_left(temporary: Path, path: Path) -> None:
    """Remove what robots that were killed while they saved have left beside the workbook: it holds cases, and nobody else would."""
    # By the clock of the folder's own machine, which gave this one its time.
    now = temporary.stat().st_mtime
    for other in path.parent.glob(f".{path.stem}.*{_TEMPORARY}"):
        with suppress(OSError):
            if now - other.stat().st_mtime > LEFT_SECONDS:
                other.unlink()


def _set_rights(file: Path, *, like: Path) -> None:
    """Leave the file to the robot and to the group of the workbook; the program that a person saved it with may have let others in."""
    file.chmod(_MODE)
    if like.exists():
        with suppress(PermissionError):  # without the right to, the folder's own group must do
            os.chown(file, -1, like.stat().st_gid)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
