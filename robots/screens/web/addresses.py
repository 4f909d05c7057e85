"""Bringing a view up by its address."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from robots.errors import ScreenChanged, SystemUnavailable
from robots.screens.selector_file import View
from robots.screens.web.lookup import Lookup
from robots.screens.web.session import Session

_PAUSES_BEFORE_ASKING_AGAIN_SECONDS = (0.2, 1.0)


class Addresses:
    """The addresses of one system's views."""

    def __init__(self, session: Session, lookup: Lookup, *, start: str) -> None:
        """Take the start of all addresses of the system, with or without a slash at the end."""
        self._session = session
        self._lookup = lookup
        self._start = start.rstrip("/")

    async def go(self, view: View, texts: Mapping[str, str]) -> None:
        """Ask for the page once, and leave what comes to whoever waits for it.

        Args:
            view: that has an address.
            texts: for its placeholders.

        Raises:
            ScreenChanged: the texts are not those that the address needs.
        """
        await self._session.go(self._filled(view, texts))

    async def bring(self, view: View, texts: Mapping[str, str]) -> None:
        """Ask for a page, and again when the server answers with an error or cuts the connection: to ask changes nothing."""
        address = self._filled(view, texts)
        for pause in (*_PAUSES_BEFORE_ASKING_AGAIN_SECONDS, None):
            try:
                await self._session.go(address)
                await self._lookup.arrive(view)
            except PlaywrightTimeout:
                raise
            except (SystemUnavailable, PlaywrightError):
                if pause is None or self._session.is_gone:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    def _filled(self, view: View, texts: Mapping[str, str]) -> str:
        path = view.address or ""
        is_complete = set(texts) == set(view.placeholders)
        # A browser reads a part of a path that is only dots as a way up, escaped or not.
        if not is_complete or any(text.strip(".") == "" for text in texts.values()):
            message = f"the address needs a text for each of: {', '.join(view.placeholders) or 'nothing'}; correct the code"
            raise ScreenChanged(message, system=self._session.system, view=view.name)
        return self._start + path.format_map({name: quote(text, safe="") for name, text in texts.items()})
