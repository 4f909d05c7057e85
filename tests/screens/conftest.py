"""What the tests of screens in a browser share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from robots.screens.web import Browser


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the tests of a module, each of which opens a screen of its own in it."""
    browser = await Browser.open(executable=None)
    try:
        yield browser
    finally:
        await browser.close()
