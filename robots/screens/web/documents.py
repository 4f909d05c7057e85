"""The documents that the views of one session live in: pages, and the frames in them."""

from __future__ import annotations

from typing import cast

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Page

from robots.errors import ElementAmbiguous
from robots.screens.web.failures import is_on_its_way
from robots.screens.web.finding import together


class Documents:
    """The frames that the views of one session live in, each looked up only as long as it is not known."""

    def __init__(self) -> None:
        self._frames: dict[str, Frame] = {}

    async def of(self, page: Page, title: str) -> Frame | None:
        """Return the page's own document, or that of its frame with the title; None when it has none just now.

        Args:
            page: where the view lives.
            title: of the frame; empty for the page itself.

        Raises:
            ElementAmbiguous: two frames have the title.
        """
        if not title:
            return page.main_frame
        known = self._frames.get(title)
        if known is not None and not known.is_detached() and known.page is page:
            return known
        frames = page.main_frame.child_frames
        titles = await together(_title_of(frame) for frame in frames)
        titled = [frame for frame, one in zip(frames, titles, strict=True) if one == title]
        if len(titled) > 1:
            raise ElementAmbiguous("more than one frame has the title; give the selector file one that matches one")
        if titled:
            self._frames[title] = titled[0]
        return titled[0] if titled else None

    def forget(self, title: str) -> None:
        """Look the frame of the title up anew: it may be another one now."""
        self._frames.pop(title, None)


async def _title_of(frame: Frame) -> str | None:
    try:
        title = await frame.evaluate("() => frameElement ? frameElement.title : null")
        # The page of somebody else can't see what it stands in.
        return cast("str | None", title if title is not None else await (await frame.frame_element()).get_attribute("title"))
    except PlaywrightError as error:
        if is_on_its_way(error):
            return None
        raise
