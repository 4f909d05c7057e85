"""Fetching the file behind a link through the page's own session: bounded, in memory, and from the system itself only."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import ElementHandle

from robots.errors import ElementMissing, SessionLost, SystemTooSlow, SystemUnavailable
from robots.screens.download import Downloaded, Given
from robots.screens.web.traffic import SERVER_ERRORS

_SCRIPT = f"async (element, ask) => {{{Path(__file__).with_name('download.js').read_text(encoding='utf-8')}}}"
_LOG_IN_WANTED = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the system answered."""

    downloaded: Downloaded
    #: it is a page: the file itself, or one that the system shows instead of it
    is_page: bool


async def fetch(link: ElementHandle, *, most_bytes: int, timeout_seconds: float, log_in_paths: Iterable[str]) -> Answer:
    """Return what the link leads to.

    Args:
        link: the link, or something inside it.
        most_bytes: a larger file is given up.
        timeout_seconds: for the whole of it.
        log_in_paths: where the system sends one whose session is gone.

    Raises:
        ElementMissing: the element is no link.
        SessionLost: the system wants a new log-in.
        SystemTooSlow: the file did not come in time.
        SystemUnavailable: the system does not answer, or with a fault of its own.
    """
    answer: dict[str, Any] = await link.evaluate(_SCRIPT, {"most": most_bytes, "milliseconds": timeout_seconds * 1000})
    kind, status = answer["kind"], answer.get("status", 0)
    if kind == "no link":
        raise ElementMissing("it is no link, so that no file can be fetched by it; compare the selector file with the screen")
    if kind == "too slow":
        raise SystemTooSlow(f"the file did not come within {timeout_seconds:.0f} seconds; look whether the system is slow")
    if kind == "broken" or status in SERVER_ERRORS:
        raise SystemUnavailable("the system does not give the file just now; look whether it is up")
    if status == _LOG_IN_WANTED or answer.get("path") in set(log_in_paths):
        raise SessionLost("the system wants a new log-in")
    given = {"file": Given.WHOLE, "too large": Given.TOO_LARGE}.get(kind, Given.NOTHING)
    content = base64.b64decode(answer["content"]) if given is Given.WHOLE else b""
    return Answer(downloaded=Downloaded(given=given, content=content), is_page=answer.get("type", "").startswith("text/html"))
