"""A process that reads one PDF from its standard input and answers with its text, or with why it is not to be read, as JSON.

It is started by `robots.systems.attachments`, for every file anew, and takes from itself what a hostile file could use.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import unicodedata
from typing import Any

MOST_MEMORY_BYTES = 2**30
MOST_CPU_SECONDS = 15
MOST_PAGES = 50
MOST_LETTERS = 500_000
#: a page with fewer letters and figures says nothing that can be read
LEAST_LETTERS = 20
#: and one that bears a picture too is a scanned page with a stamp, unless it says more than a stamp does
LEAST_LETTERS_BESIDE_PICTURE = 200


class NotToBeRead(Exception):
    """The file is for a person; `str()` is the word for why that `attachments` knows."""


def read_text(content: bytes) -> str:
    """Return the text of all pages, parted by form feeds.

    Raises:
        NotToBeRead: it is encrypted, too long, has fields to fill in, or a page without text.
        Exception: whatever the library raises about a broken file.
    """
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not _opens_for_everybody(reader):
        raise NotToBeRead("encrypted")
    if _has_fields(reader):
        raise NotToBeRead("form")
    if len(reader.pages) > MOST_PAGES:
        raise NotToBeRead("long")
    texts: list[str] = []
    for page in reader.pages:
        text = page.extract_text()
        if sum(len(one) for one in texts) + len(text) > MOST_LETTERS:
            raise NotToBeRead("long")
        letters = sum(1 for character in text if character.isalnum())
        if letters < (LEAST_LETTERS_BESIDE_PICTURE if _has_picture(page) else LEAST_LETTERS):
            raise NotToBeRead("picture")
        if any(character == "\N{REPLACEMENT CHARACTER}" or _is_no_letter(character) for character in text):
            raise NotToBeRead("letters")
        texts.append(text)
    if not texts:
        raise NotToBeRead("picture")
    return "\f".join(texts)


def _opens_for_everybody(reader: Any) -> bool:
    """Say whether the empty password opens it: it is protected against changes only."""
    from pypdf import PasswordType
    from pypdf.errors import DependencyError

    try:
        return reader.decrypt("") is not PasswordType.NOT_DECRYPTED
    except DependencyError:
        return False  # a newer cipher than the library knows by itself


def _is_no_letter(character: str) -> bool:
    """Say whether a font gives the character no meaning: a control character, or one for private use."""
    return character not in "\n\r\t\f" and unicodedata.category(character) in {"Cc", "Co", "Cn"}


def _has_fields(reader: Any) -> bool:
    form = reader.root_object.get("/AcroForm")
    return form is not None and bool(form.get_object().get("/Fields") or form.get_object().get("/XFA"))


def _has_picture(page: Any) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    parts = [part.get_object() for part in objects.get_object().values()] if objects is not None else []
    # A part that is drawn inside the page can hold the picture instead of the page.
    return any(part.get("/Subtype") in {"/Image", "/Form"} for part in parts)


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MOST_MEMORY_BYTES),
        (resource.RLIMIT_CPU, MOST_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def main() -> int:
    """Answer for the file on standard input; 1 when it can't be opened."""
    content = sys.stdin.buffer.read()
    sys.dont_write_bytecode = True
    _limit()
    try:
        answer = {"text": read_text(content)}
    except NotToBeRead as reason:
        answer = {"because": str(reason)}
    except Exception:  # noqa: BLE001 - a library that a broken file is given to raises anything
        return 1
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
