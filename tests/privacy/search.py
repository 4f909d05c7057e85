"""The search itself, on its own feet: nothing of it is the product's, so that one fault can't both write and overlook.

A file is looked through as bytes, in every encoding that text can be in, with its escapes undone, and so is everything that is packed in it: zip
and workbooks, gzip, zlib, base64, the rows of databases, and what can be read off a picture.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import os
import re
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from tests.privacy.identities import Wanted, folded

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_PARTED = re.compile(r"\d(?:[\s\-+\u2010-\u2015\u2212.,_/]{0,3}\d){7,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8")
_ZLIB_HEADS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_SQLITE = b"SQLite format 3\x00"
_DEEPEST = 4
#: of what is deflated in the midst of other bytes
_MOST_PACKED, _MOST_UNPACKED = 2**20, 20 * 2**20


@dataclass(frozen=True, kw_only=True)
class Find:
    """Something personal where nothing may be."""

    file: str
    #: how it was packed there, as in `zip:xl/sharedStrings.xml`
    within: str
    what: str
    #: the find itself; the persons are invented
    text: str


@dataclass(kw_only=True)
class Seen:
    """How much was looked through."""

    files: int = 0
    bytes: int = 0
    pictures: int = 0
    databases: int = 0


def search(paths: Iterable[Path], wanted: Wanted) -> tuple[list[Find], Seen]:
    """Look through the files, and through all files of the folders; also their names."""
    seen, found = Seen(), set[Find]()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            named = str(file.relative_to(path.parent))
            found |= {Find(file=named, within="its name", what=what, text=text) for what, text in hits(named, wanted)}
            if file.is_file() and not file.is_symlink():
                content = file.read_bytes()
                seen.files, seen.bytes = seen.files + 1, seen.bytes + len(content)
                for within, what, text in within_bytes(content, wanted, seen):
                    found.add(Find(file=named, within=within, what=what, text=text))
    return sorted(found, key=lambda one: (one.file, one.within, one.what)), seen


def hits(text: str, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Yield what stands in a text, and what it is."""
    for exact, what in wanted.exact.items():
        if exact in text:
            yield what, exact
    plain = folded(text)
    words = set(_WORD.findall(plain))
    yield from ((what, word) for word, what in wanted.words.items() if word in words or (len(word) > _LONG_WORD and word in plain))
    if words & wanted.first_words:
        # The next sign may be no figure: house 1 is not house 12.
        yield from ((what, one) for one, what in wanted.phrases.items() if one in plain and re.search(rf"{re.escape(one)}(?!\d)", plain))
    if not wanted.figures:
        return
    for run in _PARTED.findall(text):
        figures = "".join(str(int(sign)) for sign in run if sign.isdigit())
        for length in wanted.lengths:
            for at in range(len(figures) - length + 1):
                if (one := figures[at : at + length]) in wanted.figures:
                    yield wanted.figures[one], one


_LONG_WORD = 6


def within_bytes(content: bytes, wanted: Wanted, seen: Seen, *, within: str = "as it is", depth: int = 0) -> Iterator[tuple[str, str, str]]:
    """Yield where, what and which text, in the bytes and in all that is packed in them."""
    for encoding, text in texts_of(content):
        for what, one in hits(text, wanted):
            yield f"{within}, {encoding}", what, one
    if depth < _DEEPEST:
        for name, part in parts_of(content, seen):
            yield from within_bytes(part, wanted, seen, within=f"{within} > {name}", depth=depth + 1)


def texts_of(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the content as text in every encoding, and with its escapes undone."""
    text = content.decode("utf-8", errors="replace")
    yield "utf-8", text
    undone = unquote(html.unescape(_ESCAPED.sub(lambda one: chr(int(one[1] or one[2], 16)), text)))
    if undone != text:
        yield "escaped", undone
    if "\ufffd" in text:
        yield "latin-1", content.decode("latin-1")
    if b"\x00" in content:
        for start in (0, 1):
            for encoding in ("utf-16-le", "utf-16-be"):
                yield encoding, content[start:].decode(encoding, errors="replace")


def parts_of(content: bytes, seen: Seen) -> Iterator[tuple[str, bytes]]:
    """Yield everything that is packed in the bytes."""
    if content[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as parts:
                yield from ((f"zip:{name}", parts.read(name)) for name in parts.namelist())
        except (zipfile.BadZipFile, zlib.error, RuntimeError):
            yield "broken zip", b""
    if content[:2] == b"\x1f\x8b":
        try:
            yield "gzip", gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            yield "broken gzip", b""
    if content.startswith(_SQLITE):
        seen.databases += 1
        yield from rows_of(content)
    if content.startswith(_PICTURES):
        seen.pictures += 1
        yield "read off", read_off(content)
    if not content.startswith((b"PK\x03\x04", *_PICTURES)):
        yield from streams_of(content)
    for number, match in enumerate(_BASE64.findall(content)):
        try:
            yield (
                f"base64 {number}",
                base64.b64decode(
                    match.rstrip(b"=") + b"=" * (-len(match.rstrip(b"=")) % 4), altchars=b"-_" if b"-" in match or b"_" in match else None
                ),
            )
        except (binascii.Error, ValueError):
            continue


def streams_of(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what is deflated anywhere in the bytes."""
    for head in _ZLIB_HEADS:
        at = content.find(head)
        while at >= 0:
            try:
                unpacked = zlib.decompressobj().decompress(memoryview(content)[at : at + _MOST_PACKED], _MOST_UNPACKED)
            except zlib.error:
                unpacked = b""
            if len(unpacked) > _LEAST_STREAM:
                yield f"zlib at {at}", unpacked
            at = content.find(head, at + 1)


_LEAST_STREAM = 8


def rows_of(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield every text and blob of a database; its pages are looked through as bytes besides, also those that no row is in any more."""
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
        file.write(content)
        file.flush()
        database = sqlite3.connect(file.name)
        try:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - of the database itself
                    for value in row:
                        if isinstance(value, (str, bytes)) and value:
                            yield f"table {table}", value.encode("utf-8", errors="surrogateescape") if isinstance(value, str) else value
        except sqlite3.DatabaseError:
            yield "broken database", b""
        finally:
            database.close()


def read_off(picture: bytes) -> bytes:
    """Return the words on a picture, as Tesseract reads them."""
    read = subprocess.run(
        ["tesseract", "-", "-", "-l", "swe", "--psm", "11"],  # noqa: S607 - from the path
        input=picture,
        capture_output=True,
        check=False,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    return read.stdout
