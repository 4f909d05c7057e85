"""Pressing and filling in what is held in a page, in as few round trips as it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, FrameLocator, Page

from robots.errors import ScreenChanged
from robots.screens.web.failures import is_on_its_way
from robots.screens.web.finding import HELD_SCRIPT


class Documents:
    """The frames that the views of one session live in, each looked up only as long as it is not known."""

    def __init__(self) -> None:
        self._frames: dict[str, Frame] = {}

    async def of(self, page: Page, scope: Page | FrameLocator, title: str) -> Frame:
        """Return the page's own document, or that of its frame with the title.

        Args:
            page: where the view lives.
            scope: the same as the view's elements are looked up in; an element of the view has just been found there.
            title: of the frame; empty for the page itself.
        """
        if isinstance(scope, Page):
            return page.main_frame
        known = self._frames.get(title)
        if known is None or known.is_detached() or known.page is not page:
            frame = await (await scope.owner.element_handle()).content_frame()
            if frame is None:
                raise ScreenChanged("the view's frame is gone; look what the page does with it")
            known = self._frames[title] = frame
        return known


async def fill(document: Frame, texts: Mapping[str, str]) -> dict[str, str]:
    """Fill the held fields; return {name: why it can't take its text}, for those that can't."""
    try:
        return cast("dict[str, str]", await document.evaluate(HELD_SCRIPT, {"do": "fill", "values": texts}))
    except PlaywrightError as error:
        if is_on_its_way(error):
            return {}  # a field made the page load anew; what was kept shows when it is read back
        raise


async def pressed_at_once(page: Page, document: Frame, ask: Mapping[str, object]) -> bool:
    """Press what is held with the mouse, if it shows, is usable and still and a press there reaches it; nothing else is ever pressed.

    Args:
        page: whose mouse.
        document: where it is held.
        ask: `key`, and `place` for what opens a table's row.

    Returns:
        Whether it was pressed. If not, nothing was: who presses it otherwise must wait until it can be, or say why it can't.

    Raises:
        ScreenChanged: it can't be seen what became of the press.
    """
    aimed = await document.evaluate(HELD_SCRIPT, {**ask, "do": "aim"})
    if aimed is None:
        return False
    await page.mouse.click(aimed["x"], aimed["y"])
    try:
        seen = await document.evaluate(HELD_SCRIPT, {"do": "outcome"})
    except PlaywrightError as error:
        if is_on_its_way(error):
            return True
        raise
    # Another document answers when the press has led there already.
    if seen["born"] != aimed["born"] or seen["outcome"] == "pressed":
        return True
    if seen["outcome"] == "nothing":
        raise ScreenChanged("it was pressed, but the page has not noticed; compare the selector file with the screen")
    return False
