"""The text of an attachment, or why a person must read it.

An attachment is anything at all from anybody at all. It is opened in a process of its own, with little memory, little
time, no environment and no right to write a file, so that a file made to hang or to fill the memory ends that process
and nothing else. What can't be read whole for certain is not read: half of a pay slip misleads more than none.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress

MOST_BYTES = 10 * 2**20
#: a file that takes longer is read by a person
TIMEOUT_SECONDS = 20.0
_PDF_MARK = b"%PDF-"
#: readers of PDF look for the mark so far into the file
_MARK_WITHIN_BYTES = 1024
_REASONS = {
    "encrypted": "it is protected by a password",
    "form": "it is a form to fill in, and what was filled in is not part of its text",
    "picture": "a page of it is a picture, without text or with hardly any",
    "letters": "the letters of its text can't be told",
    "long": "it has more pages than are read",
}
_BROKEN = "it is broken, or made so that it can't be opened within the limits"


class Unread(Exception):
    """The attachment must be read by a person; `str()` says why, in a clause without anything from the file."""


async def text_of(content: bytes) -> str:
    """Return the whole text of a PDF, its pages parted by form feeds.

    Raises:
        Unread: it is no PDF, a page of it has no text, it is encrypted, broken or too long, or it has a form that is filled in.
    """
    if not content:
        raise Unread("there is nothing in it")
    if _PDF_MARK not in content[:_MARK_WITHIN_BYTES]:
        raise Unread("it is no PDF")
    reader = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "robots.systems.pdf_text",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"LANG": "C.UTF-8"},
    )
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer, _ = await reader.communicate(content)
    except TimeoutError:
        raise Unread(_BROKEN) from None
    finally:
        if reader.returncode is None:
            with suppress(ProcessLookupError):
                reader.kill()
            await reader.wait()
    told = json.loads(answer) if reader.returncode == 0 else {}
    if "text" not in told:
        raise Unread(_REASONS.get(told.get("because", ""), _BROKEN))
    return str(told["text"])
