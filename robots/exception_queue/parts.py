"""What a workbook's file is made of, where it decides how the robot may save it."""

from __future__ import annotations

import io
import zipfile

#: what only the program that made it can carry over: macros, discussions, drawings, switches, what filters pivot tables
_FOREIGN_PARTS = ("xl/vbaProject.bin", "xl/threadedComments/", "xl/slicers/", "xl/ctrlProps/", "xl/activeX/", "xl/diagrams/", "xl/timelines/")
_FOREIGN_SHAPES = (b"<xdr:sp ", b"<xdr:sp>", b"<xdr:grpSp", b"<xdr:cxnSp")
_FOREIGN_RULES = (b"x14:dataValidations", b"x14:conditionalFormattings", b"x14:sparklineGroups")
_BLOCK_BYTES = 1 << 18


def has_foreign_parts(content: bytes) -> bool:
    """Whether there is something in the workbook that would be gone when the robot has saved it."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.startswith(_FOREIGN_PARTS):
                return True
            if name.startswith("xl/drawings/drawing") and any(mark in parts.read(name) for mark in _FOREIGN_SHAPES):
                return True
            if name.startswith("xl/worksheets/sheet") and _ends_with_any(parts, name):
                return True
    return False


def has_rich_text(content: bytes) -> bool:
    """Whether a person has given parts of a text another font; reading a workbook for them takes longer."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        strings = [name for name in parts.namelist() if name.startswith("xl/sharedStrings")]
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        # Excel keeps them among all texts, the library that changes a workbook in the cell.
        return any(b"<r>" in parts.read(name) for name in strings) or any(b"<is><r>" in parts.read(name) for name in sheets)


def _ends_with_any(parts: zipfile.ZipFile, name: str) -> bool:
    # What extends a sheet stands behind its cells, and the cells of a long list are many.
    with parts.open(name) as part:
        end = b""
        while block := part.read(_BLOCK_BYTES):
            end = (end + block)[-_BLOCK_BYTES:]
    return any(mark in end for mark in _FOREIGN_RULES)
