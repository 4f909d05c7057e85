"""The files attached to the practice municipality's applications: real ones, made anew from the application at each request.

What a file is follows from its name: `.pdf` is a PDF with text, but a receipt (`kvitto`) is photographed, a certificate
(`intyg`) is protected by a password, and whatever is no PDF is a picture. A bank statement (`kontoutdrag`) stands behind a
button, as what is more private does in many systems, so that a link alone never gives it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from PIL import Image

_PHOTOGRAPH_SIZE = (60, 90)
_LINE_POINTS = 16


def is_behind_button(name: str) -> bool:
    """Say whether the file is given only for a press on its button."""
    return "kontoutdrag" in name.lower()


def content_of(name: str, form: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return what is in the attached file of an application, and its media type."""
    if not name.lower().endswith(".pdf"):
        picture = io.BytesIO()
        Image.new("RGB", _PHOTOGRAPH_SIZE, "#d8d0c0").save(picture, "PNG")
        return picture.getvalue(), "image/png"
    words = PurePosixPath(name).stem.replace("_", " ").capitalize()
    lines = [words, f"Gäller {form['month']}, {form['applicant']}"]
    lines += [f"{income['kind']} {income['paid_on']}: {income['amount']} kr" for income in form["incomes"]]
    if "kvitto" in name:
        return pdf(photograph=True), "application/pdf"
    return pdf(lines, is_locked="intyg" in name), "application/pdf"


def pdf(lines: Sequence[str] = (), *, photograph: bool = False, is_locked: bool = False) -> bytes:
    """Return a PDF of one page.

    Args:
        lines: its text, in characters of Windows-1252; a question mark stands for any other.
        photograph: the page bears a picture.
        is_locked: no password opens it.
    """
    drawn = " ".join(f"({_escaped(line)}) Tj 0 -{_LINE_POINTS} Td" for line in lines)
    content = f"BT /F1 12 Tf 60 780 Td {drawn} ET{' q 480 0 0 700 60 60 cm /P1 Do Q' if photograph else ''}".encode("cp1252", "replace")
    width, height = _PHOTOGRAPH_SIZE
    pixels = b"\xb0" * (width * height)
    picture = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray /BitsPerComponent 8"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >>"
        + (b" /XObject << /P1 6 0 R >>" if photograph else b"")
        + b" >> >>",
        _stream("", content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        _stream(picture, pixels),
    ]
    lock = f"<< /Filter /Standard /V 1 /R 2 /P -4 /O <{'5a' * 32}> /U <{'a5' * 32}> >>".encode()
    return _file([*objects, *([lock] if is_locked else [])], is_locked=is_locked)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _stream(keys: str, content: bytes) -> bytes:
    return f"<< {keys} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _file(objects: Sequence[bytes], *, is_locked: bool) -> bytes:
    """Return the objects, numbered from 1, as a file; the last one is the lock when it is locked."""
    written = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    lock = f" /Encrypt {len(objects)} 0 R /ID [<{'00' * 16}> <{'00' * 16}>]" if is_locked else ""
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R{lock} >>\nstartxref\n{len(written)}\n%%EOF\n"
    return written + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()
