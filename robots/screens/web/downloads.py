"""Fetching the file behind a link through the page's own session: bounded, in memory, and from the system itself only."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import ElementHandle

from robots.errors import ElementMissing, KollegaError, SessionLost, SystemTooSlow, SystemUnavailable
from robots.screens.download import Downloaded, Given
from robots.screens.selector_file import Element, View
from robots.screens.web.lookup import Lookup
from robots.screens.web.session import Session
from robots.screens.web.traffic import SERVER_ERRORS

_SCRIPT = f"async (element, ask) => {{{Path(__file__).with_name('download.js').read_text(encoding='utf-8')}}}"
_LOG_IN_WANTED = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What the system answered."""

    downloaded: Downloaded
    #: it is a page: the file itself, or one that the system shows instead of it
    is_page: bool


async def _fetch(link: ElementHandle, *, most_bytes: int, timeout_seconds: float, log_in_paths: Iterable[str]) -> _Answer:
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
    return _Answer(downloaded=Downloaded(given=given, content=content), is_page=answer.get("type", "").startswith("text/html"))


class Downloads:
    """Fetches the files of one session."""

    def __init__(self, session: Session, lookup: Lookup) -> None:
        self._session = session
        self._lookup = lookup

    async def fetch(self, view: View, element: Element, *, row: int | None = None, most_bytes: int) -> Downloaded:
        """Return the file behind a link that is held, or behind the only link of a row of the table that is.

        Raises:
            SessionLost: the system shows its log-in instead.
            KollegaError: as for any file that can't be fetched, with its place.
        """
        session = self._session
        link = await self._lookup.take(view, element, row=row)
        lost = [session.selectors.views[name].address for name in session.selectors.session_lost]
        try:
            answer = await _fetch(
                link, most_bytes=most_bytes, timeout_seconds=max(1.0, session.deadline - session.now()), log_in_paths=[path for path in lost if path]
            )
        except KollegaError as error:
            error.system, error.view, error.element = session.system, view.name, element.name
            raise
        if answer.is_page and not session.traffic.is_posted and not (view.is_popup or view.frame_title):
            # A page can be what the system shows instead of a file; the view itself then tells whether the session is gone.
            await session.go(session.main.url)
            await self._lookup.arrive(view)
        return answer.downloaded
