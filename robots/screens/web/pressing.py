"""Pressing and filling in what is held in a page, in as few round trips as it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Page

from robots.errors import ScreenChanged
from robots.screens.web.failures import is_on_its_way
from robots.screens.web.finding import ask_page


async def fill(document: Frame, texts: Mapping[str, str]) -> dict[str, str]:
    """Fill the held fields; return {name: why it can't take its text}, for those that can't."""
    try:
        return cast("dict[str, str]", await ask_page(document, {"do": "fill", "values": texts}))
    except PlaywrightError as error:
        if is_on_its_way(error):
            return {}  # a field made the page load anew; what was kept shows when it is read back
        raise


#: where to press, as the page has told: None when it can't be pressed at once
Aim = Mapping[str, float] | None


async def aim(document: Frame, ask: Mapping[str, object]) -> Aim:
    """Return where to press what is held, if it shows, is usable and still and a press there reaches it; from now on nothing else can be pressed.

    Args:
        document: where it is held.
        ask: `key`, and `place` for what opens a table's row.
    """
    return cast("Aim", await ask_page(document, {**ask, "do": "aim"}))


async def pressed_at_once(page: Page, document: Frame, aimed: Aim) -> bool:
    """Press with the mouse what was aimed at; nothing else is ever pressed.

    Args:
        page: whose mouse.
        document: where it is held.
        aimed: where it is.

    Returns:
        Whether it was pressed. If not, nothing was: who presses it otherwise must wait until it can be, or say why it can't.

    Raises:
        ScreenChanged: it can't be seen what became of the press.
    """
    if aimed is None:
        return False
    await page.mouse.click(aimed["x"], aimed["y"])
    try:
        seen = await ask_page(document, {"do": "outcome"})
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
