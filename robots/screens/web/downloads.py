"""Fetching files through the page's own session: bounded, in memory, and from the system itself only."""

from __future__ import annotations

from robots.errors import KollegaError
from robots.screens.download import Downloaded
from robots.screens.selector_file import Element, View
from robots.screens.web.file_answers import by_link
from robots.screens.web.lookup import Lookup
from robots.screens.web.pressed_files import PressedFiles
from robots.screens.web.session import Session

_IS_LINK_AWAY = """(element) => {
  const link = element.closest?.("a[href]") ?? null;
  const here = (address) => address.split("#")[0];
  return link !== null && ["http:", "https:"].includes(link.protocol) && here(link.href) !== here(location.href);
}"""


class Downloads:
    """Fetches the files of one session."""

    def __init__(self, session: Session, lookup: Lookup) -> None:
        self._session = session
        self._lookup = lookup
        self._pressed = PressedFiles(session)

    async def fetch(self, view: View, element: Element, *, row: int | None = None, most_bytes: int) -> Downloaded:
        """Return the file behind what is held, or behind the only link or button of a row of the table that is.

        A link is never pressed. Anything else is, once, when the selector file says that a press there brings a file.

        Raises:
            SessionLost: the system shows its log-in instead.
            KollegaError: as for any file that can't be fetched, with its place.
        """
        session = self._session
        handle = await self._lookup.take(view, element, row=row)
        try:
            if element.is_download and not await handle.evaluate(_IS_LINK_AWAY):
                answer = await self._pressed.fetch(view, handle, most_bytes=most_bytes)
            else:
                answer = await by_link(handle, session, most_bytes=most_bytes)
        except KollegaError as error:
            error.system, error.view, error.element = session.system, view.name, element.name
            raise
        if answer.is_page and not session.traffic.is_posted and not (view.is_popup or view.frame_title):
            # A page can be what the system shows instead of a file; the view itself then tells whether the session is gone.
            await session.go(session.main.url)
            await self._lookup.arrive(view)
        return answer.downloaded
