"""How cells look, written down once, for the library that makes a new workbook and for the one that changes one."""

from __future__ import annotations

from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from xlsxwriter import Workbook
from xlsxwriter.format import Format

from robots.exception_queue.layout import FONT, FORMATS, GRID, INK, INPUT, WHITE, Look

_BOLD = {Look.REFERENCE}
_LINK_INK, _NOTICE_INK = "1F5FA8", "8E1B10"


def new_format(book: Workbook, look: Look) -> Format:
    """Return the look as a format of a new workbook."""
    properties: dict[str, object] = {
        "font_name": FONT,
        "text_wrap": True,
        "valign": "top",
        "align": "right" if look is Look.AMOUNT else "left",
        "indent": _indent(look),
        "bottom": 1,
        "right": 1,
        "bottom_color": f"#{GRID}",
        "right_color": f"#{GRID}",
        "bold": look in _BOLD,
    }
    if look in FORMATS:
        properties["num_format"] = FORMATS[look]
    if look is Look.INPUT:
        properties["bg_color"] = f"#{INPUT}"
    if _ink(look):
        properties["font_color"] = f"#{_ink(look)}"
    if look is Look.LINK:
        properties["underline"] = 1
    return book.add_format(properties)


def new_heading(book: Workbook) -> Format:
    """Return how a heading looks in a new workbook."""
    return book.add_format(
        {"font_name": FONT, "bold": True, "font_color": f"#{WHITE}", "bg_color": f"#{INK}", "valign": "vcenter", "text_wrap": True, "align": "left"}
    )


def dress(cell: Any, look: Look) -> None:
    """Give the look to a cell of a workbook that is there."""
    line = Side(style="thin", color=f"FF{GRID}")
    ink = _ink(look)
    cell.font = Font(name=FONT, bold=look in _BOLD, color=f"FF{ink}" if ink else None, underline="single" if look is Look.LINK else None)
    cell.alignment = Alignment(vertical="top", horizontal="right" if look is Look.AMOUNT else "left", indent=_indent(look), wrap_text=True)
    cell.border = Border(bottom=line, right=line)
    cell.protection = Protection()
    cell.number_format = FORMATS.get(look, "General")
    cell.fill = PatternFill("solid", start_color=f"FF{INPUT}") if look is Look.INPUT else PatternFill()


def dress_heading(cell: Any) -> None:
    """Give a heading's look to a cell of a workbook that is there."""
    cell.font = Font(name=FONT, bold=True, color=f"FF{WHITE}")
    cell.fill = PatternFill("solid", start_color=f"FF{INK}")
    cell.alignment = Alignment(vertical="center", horizontal="left", wrap_text=True)


def dress_title(cell: Any) -> None:
    """Give the look of a table's name to a cell of a workbook that is there."""
    cell.font = Font(name=FONT, bold=True, size=14, color=f"FF{INK}")


def _ink(look: Look) -> str:
    return {Look.LINK: _LINK_INK, Look.NOTICE: _NOTICE_INK}.get(look, "")


def _indent(look: Look) -> int:
    # An amount stands off from the text in the next column.
    return 1 if look is Look.AMOUNT else 0
