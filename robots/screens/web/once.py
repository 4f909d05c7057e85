"""Sends what a page sends once. Chromium itself sends it a second time when a connection that was used before breaks without an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from playwright.async_api import BrowserContext, Request, Route
from playwright.async_api import Error as PlaywrightError

_ALL = "**/*"
#: what changes nothing in a system may be sent again
HARMLESS = ("GET", "HEAD", "OPTIONS")


@asynccontextmanager
async def sent_once(context: BrowserContext, *, timeout_seconds: float, failed: Callable[[Request, str], None]) -> AsyncIterator[None]:
    """Have everything that the context's pages send inside go out over a line that repeats nothing.

    Args:
        context: whose pages.
        timeout_seconds: how long the system may take to answer; after that the page sees a broken connection.
        failed: told what is said of anything that could not be sent, or was not answered.
    """

    async def pass_on(route: Route) -> None:
        with suppress(PlaywrightError):  # the page or the whole browser is gone
            if route.request.method in HARMLESS:
                await route.continue_()
                return
            try:
                answer = await route.fetch(max_redirects=0, max_retries=0, timeout=timeout_seconds * 1000)
            except PlaywrightError as error:
                failed(route.request, error.message)
                await route.abort("connectionreset")
                return
            await route.fulfill(response=answer)

    await context.route(_ALL, pass_on)
    try:
        yield
    finally:
        with suppress(PlaywrightError):
            await context.unroute(_ALL, pass_on)
