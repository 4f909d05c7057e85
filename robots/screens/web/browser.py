"""Chromium itself: found, started, and started again when it has died."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import cast

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import BrowserContext, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from robots.errors import ProgramMissing, SystemUnavailable
from robots.screens import Screen, TimeLimits
from robots.screens.selector_file import SelectorFile
from robots.screens.web.certificates import Certificates
from robots.screens.web.failures import translated
from robots.screens.web.screen import WebScreen
from robots.trust import Trust

PROGRAMS = ("chromium-headless-shell", "chromium")
#: the release of Chromium that the tests of the driver were last run with
TRIED_WITH_RELEASE = 156
START_SECONDS = 60.0
#: what every Chromium of ours is started with
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What an element is called, as people who can't see the page are told: asked of the browser itself, which knows it best.
    "--enable-blink-features=ComputedAccessibilityInfo",
)


class Browser:
    """One Chromium, started again when it is found dead; each screen has a context and a page of its own."""

    def __init__(self, executable: str, *, headless: bool, trust: Trust) -> None:
        self._executable = executable
        self._headless = headless
        self._trust = trust
        self._certificates: Certificates | None = None
        self._playwright: Playwright | None = None
        self._chromium: PlaywrightBrowser | None = None
        self._starting = asyncio.Lock()

    @classmethod
    async def open(cls, *, executable: str | None, headless: bool = True, trust: Trust | None = None) -> Browser:
        """Start Chromium.

        Args:
            executable: path of the program; None looks for the headless shell, then for Chromium itself.
            headless: without a window; the headless shell has none in any case.
            trust: who may have signed the certificates of systems; None for whom the machine trusts.

        Raises:
            ProgramMissing: there is no such program, or it does not start; or what it must be told of certificates can't be.
        """
        names = (executable,) if executable is not None else (PROGRAMS if headless else PROGRAMS[1:])
        found = next((path for name in names if (path := shutil.which(name))), None)
        if found is None:
            raise ProgramMissing(f"no {' or '.join(names)} on this machine; install one: apt install {PROGRAMS[0] if headless else PROGRAMS[1]}")
        browser = cls(found, headless=headless, trust=trust or Trust())
        await browser._start()
        return browser

    async def _start(self) -> PlaywrightBrowser:
        flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        try:
            async with asyncio.timeout(START_SECONDS):
                playwright, environment = await self._start_playwright()
                self._chromium = await playwright.chromium.launch(
                    executable_path=self._executable,
                    headless=self._headless,
                    args=flags,
                    env={**environment},
                    chromium_sandbox=os.geteuid() != 0,
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                )
        except ProgramMissing:
            await self.close()
            raise
        except (PlaywrightError, TimeoutError):
            await self.close()
            raise ProgramMissing(f"{self._executable} does not start; try it by hand, and install {PROGRAMS[0]} anew") from None
        except Exception as error:
            await self.close()
            if type(error) is not Exception:
                raise
            # What Playwright raises when the program that it drives browsers with ends at once.
            raise ProgramMissing("Playwright's own driver program does not start; install what it needs: apt install libatomic1") from None
        return self._chromium

    async def _start_playwright(self) -> tuple[Playwright, dict[str, str]]:
        """Start Playwright, and beside it make what Chromium is to know; return it, and Chromium's environment."""
        certificates = self._certificates = await asyncio.to_thread(Certificates, self._trust)
        making = asyncio.create_task(asyncio.to_thread(certificates.make_database))
        try:
            with certificates.told_to_programs():
                playwright = self._playwright = await async_playwright().start()
        finally:
            # Nothing is taken away from under it; what is wrong with it is told below, unless something else is worse.
            await asyncio.wait([making])
            making.exception()
        making.result()
        return playwright, certificates.environment_of_chromium()

    @property
    def version(self) -> str:
        """The release of the browser that was started, as in `156.0.8078.79`; empty when it has ended."""
        return "" if self._chromium is None else self._chromium.version

    async def screen(self, selectors: SelectorFile, *, address: str, pictures: Path, limits: TimeLimits) -> Screen:
        """Open a screen of one system; no page is loaded until something is shown.

        Args:
            selectors: the system's selector file.
            address: where the system is, e.g. `https://ekb.example.se`.
            pictures: folder for masked pictures; made when it is missing.
            limits: how long everything may take.

        Raises:
            SystemUnavailable: the browser does not answer.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                context = await self._context()
                screen = WebScreen(selectors, context, address=address, pictures=pictures, limits=limits)
                await screen.open()
        except TimeoutError:
            raise SystemUnavailable("the browser does not answer; restart the robot on this machine", system=selectors.system) from None
        except PlaywrightError as error:
            raise translated(error, system=selectors.system) from None
        return screen

    async def _context(self) -> BrowserContext:
        async with self._starting:
            for is_last in (False, True):
                try:
                    if self._chromium is None or not self._chromium.is_connected():
                        await self._restart()
                    chromium = cast("PlaywrightBrowser", self._chromium)
                    return await chromium.new_context(
                        locale="sv-SE",
                        timezone_id="Europe/Stockholm",
                        accept_downloads=False,
                        service_workers="block",
                        viewport={"width": 1280, "height": 900},
                    )
                except PlaywrightError:
                    if is_last:
                        raise
                    await self.close()
        raise AssertionError("unreachable")

    async def _restart(self) -> None:
        await self.close()
        await self._start()

    async def close(self) -> None:
        """End Chromium and all its screens; never raises."""
        chromium, playwright, certificates = self._chromium, self._playwright, self._certificates
        self._chromium = self._playwright = self._certificates = None
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(START_SECONDS / 6):
                if chromium is not None:
                    await chromium.close()
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(START_SECONDS / 6):
                if playwright is not None:
                    await playwright.stop()
        if certificates is not None:
            certificates.close()
