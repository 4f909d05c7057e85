"""Reading words off a picture of the screen: the last way, where a program says nothing about itself.

Tesseract reads a screen right nearly always and never says when it did not. So a place is found by words only when they
stand there letter by letter, and a value counts only when two readings of two pictures made differently give the same.
"""

from __future__ import annotations

import functools
import io
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageOps

from robots.errors import ProgramMissing, SystemTooSlow
from robots.screens.ways import Check

Box = tuple[int, int, int, int]
PROGRAM = "tesseract"
PACKAGES = "tesseract-ocr tesseract-ocr-swe"
TIMEOUT_SECONDS = 20.0
LEAST_CONFIDENCE = 50.0
#: letters on a screen are smaller than those that the program has learnt from
_ENLARGED, _OTHERWISE_ENLARGED = 3, 4
_EDGE_PIXELS = 12
#: the program's words for a picture with words here and there, and for one line
_SPARSE, _LINE = "11", "7"
_WORD_LEVEL = "5"
_KEPT_READINGS = 64
#: in small letters both readings took a comma for a point; neither took a figure for another
_DOUBTFUL = re.compile(r"[0-9]\.[0-9]")
_NUMBER = re.compile(r"(?:18|19|20)?(\d{6})[-+]?(\d{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word as it was read, and where: left, top, width, height in pixels of the picture."""

    text: str
    #: the program thinks so itself
    is_sure: bool
    line: tuple[str, ...]
    box: Box


def places_of(text: str, picture: Image.Image) -> list[Box]:
    """Return where exactly these words stand on one line of the picture.

    Raises:
        ProgramMissing: the program that reads is not installed.
        SystemTooSlow: it does not answer.
    """
    wanted = text.split()
    words = _words(picture, _ENLARGED, _SPARSE)
    starts = range(len(words) - len(wanted) + 1) if wanted else ()
    runs = [words[start : start + len(wanted)] for start in starts]
    return [_around(run) for run in runs if [word.text for word in run] == wanted and len({word.line for word in run}) == 1]


def value_in(picture: Image.Image, check: Check) -> str | None:
    """Return the one line that stands in the picture; None when it can't be read for certain.

    Args:
        picture: the region that holds the value and nothing else.
        check: how it is made certain: `TWICE`, two readings agree; `CHECK_DIGIT`, they agree and it is a number whose last digit proves it.
    """
    clear = ImageOps.autocontrast(picture.convert("L"))
    # White on black and of another size, so that the second reading does not look at the same as the first.
    first, second = (_line(_words(one, scale, _LINE)) for one, scale in ((clear, _OTHERWISE_ENLARGED), (ImageOps.invert(clear), _ENLARGED)))
    if not first or first != second or _DOUBTFUL.search(first) or (check is Check.CHECK_DIGIT and not _is_proven(first)):
        return None
    return first


def _is_proven(text: str) -> bool:
    """Say whether the last digit of a number of a person or an organisation is the one that the others give."""
    number = _NUMBER.fullmatch(text)
    if number is None:
        return False
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate("".join(number.groups()))]
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0


def _line(words: Sequence[Word]) -> str:
    is_one_line = len({word.line for word in words}) == 1
    return " ".join(word.text for word in words) if is_one_line and all(word.is_sure for word in words) else ""


def _around(words: Sequence[Word]) -> Box:
    left, top = min(word.box[0] for word in words), min(word.box[1] for word in words)
    right, bottom = max(word.box[0] + word.box[2] for word in words), max(word.box[1] + word.box[3] for word in words)
    return (left, top, right - left, bottom - top)


def _words(picture: Image.Image, scale: int, layout: str) -> tuple[Word, ...]:
    """Return the words in the order of reading."""
    plain = picture.convert("L")
    # Letters at the very edge are read worse; what is put around has the shade of the corner.
    grey = ImageOps.expand(plain, border=_EDGE_PIXELS, fill=plain.tobytes()[0])
    larger = grey.resize((grey.width * scale, grey.height * scale), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    larger.save(file, "PNG")
    found = []
    for row in _read(file.getvalue(), layout).splitlines()[1:]:
        level, *line, _, left, top, width, height, confidence, text = row.split("\t")
        if level != _WORD_LEVEL or not text.strip():
            continue
        sides = [int(side) // scale for side in (left, top, width, height)]
        box = (sides[0] - _EDGE_PIXELS, sides[1] - _EDGE_PIXELS, sides[2], sides[3])
        found.append(Word(text=text.strip(), is_sure=float(confidence) >= LEAST_CONFIDENCE, line=tuple(line), box=box))
    return tuple(found)


@functools.lru_cache(maxsize=_KEPT_READINGS)
def _read(picture: bytes, layout: str) -> str:
    """Return what the program says of the picture; a screen that has not changed is not read again."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise ProgramMissing(f"no {PROGRAM} on this machine; elements found by `text` or `text_in` need it: apt-get install -y {PACKAGES}")
    command = [program, "stdin", "stdout", "-l", "swe", "--psm", layout, "tsv"]
    try:
        # One thread: a small picture is read slower by several.
        done = subprocess.run(
            command, input=picture, capture_output=True, timeout=TIMEOUT_SECONDS, check=False, env={"PATH": os.defpath, "OMP_THREAD_LIMIT": "1"}
        )
    except subprocess.TimeoutExpired:
        raise SystemTooSlow(f"{PROGRAM} has not read the screen within {TIMEOUT_SECONDS:g} seconds; look whether the machine is busy") from None
    if done.returncode:
        raise ProgramMissing(f"{PROGRAM} does not read Swedish on this machine; apt-get install -y {PACKAGES}")
    return done.stdout.decode("utf-8", "replace")
