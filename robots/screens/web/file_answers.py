"""Asking a system for a file in its page's own session, and what each of its answers means."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import ElementHandle, Frame, Request

from robots.errors import CertificateRefused, ElementMissing, SessionLost, SystemTooSlow, SystemUnavailable
from robots.screens.download import Downloaded, Given
from robots.screens.web.once import HARMLESS
from robots.screens.web.session import Session
from robots.screens.web.traffic import SERVER_ERRORS

_BODY = Path(__file__).with_name("download.js").read_text(encoding="utf-8")
_BY_LINK = f"async (element, ask) => {{{_BODY}}}"
_BY_PRESS = f"async (ask) => {{ const element = null; {_BODY}}}"
_LOG_IN_WANTED = 401
_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a press asks the system for."""

    address: str
    method: str = "GET"
    #: media type of what is sent; empty when nothing is
    media_type: str = ""
    sent: bytes = field(default=b"", repr=False)

    @classmethod
    def by(cls, request: Request) -> Asked:
        """Return what the browser was about to ask."""
        return cls(
            address=request.url,
            method=request.method,
            media_type=request.headers.get("content-type", ""),
            sent=request.post_data_buffer or b"",
        )

    @property
    def may_act(self) -> bool:
        """Whether the system may do something when it is asked, so that it is not asked twice."""
        return self.method not in HARMLESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the system answered."""

    downloaded: Downloaded
    #: it is a page: the file itself, or one that the system shows instead of it
    is_page: bool = False
    #: the page, for a window or a frame that was to show it; None when it is none, or stands at another address than the one that was asked
    page: bytes | None = field(default=None, repr=False)
    media_type: str = ""


async def by_link(link: ElementHandle, session: Session, *, most_bytes: int) -> Answer:
    """Return what a link leads to.

    Args:
        link: the link, or something inside it.
        session: whose clock runs, and whose log-in the system may ask for.
        most_bytes: a larger file is given up.

    Raises:
        ElementMissing: the element is no link.
        SessionLost: the system wants a new log-in.
        CertificateRefused: the system's certificate is not believed.
        SystemTooSlow: the file did not come in time.
        SystemUnavailable: the system does not answer, or with a fault of its own.
    """
    raw = await link.evaluate(_BY_LINK, _limits(session, most_bytes))
    if raw["kind"] == "no link":
        message = (
            "it is no link, so that no file can be fetched by it; compare the selector file with the screen, "
            "and say download: true there if a press on it brings a file and does nothing else"
        )
        raise ElementMissing(message)
    given = _given(raw, session, may_have_acted=False)
    return Answer(downloaded=given, is_page=_is_page(raw))


async def by_press(document: Frame, asked: Asked, session: Session, *, most_bytes: int) -> Answer:
    """Return what the system answers to what a press has asked for; it is asked once.

    Raises:
        KollegaError: as for a link; but what may have acted and fails is given as broken off.
    """
    request = {
        "address": asked.address,
        "method": asked.method,
        "headers": {"Content-Type": asked.media_type} if asked.media_type else {},
        "body": base64.b64encode(asked.sent).decode(),
    }
    raw = await document.evaluate(_BY_PRESS, {**_limits(session, most_bytes), "asked": request})
    given = _given(raw, session, may_have_acted=asked.may_act)
    if not _is_page(raw) or raw["isAttached"]:
        return Answer(downloaded=given)
    is_here = given.given is Given.WHOLE and not raw["isLedOn"]
    return Answer(
        downloaded=given if given.given is Given.BROKEN_OFF else Downloaded(given=Given.NOTHING),
        is_page=True,
        page=given.content if is_here else None,
        media_type=raw["type"],
    )


def _limits(session: Session, most_bytes: int) -> dict[str, Any]:
    return {"most": most_bytes, "milliseconds": max(1.0, session.deadline - session.now()) * 1000}


def _is_page(raw: dict[str, Any]) -> bool:
    return str(raw.get("type", "")).startswith(_PAGES)


def _given(raw: dict[str, Any], session: Session, *, may_have_acted: bool) -> Downloaded:
    kind, status = raw["kind"], raw.get("status", 0)
    if kind == "broken" and session.traffic.mistrust is not None and not may_have_acted:
        raise CertificateRefused(session.traffic.mistrust.said_of("the system"))
    if kind in ("too slow", "broken") or status in SERVER_ERRORS:
        if may_have_acted:
            return Downloaded(given=Given.BROKEN_OFF)
        if kind == "too slow":
            raise SystemTooSlow(f"the file did not come within {session.limits.view_seconds:.0f} seconds; look whether the system is slow")
        raise SystemUnavailable("the system does not give the file just now; look whether it is up")
    lost = [session.selectors.views[name].address for name in session.selectors.session_lost]
    if status == _LOG_IN_WANTED or (raw.get("path") is not None and raw["path"] in lost):
        raise SessionLost("the system wants a new log-in")
    given = {"file": Given.WHOLE, "too large": Given.TOO_LARGE}.get(kind, Given.NOTHING)
    return Downloaded(given=given, content=base64.b64decode(raw["content"]) if given is Given.WHOLE else b"")
