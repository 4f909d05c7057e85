"""The web driver: Chromium through Playwright, which nothing else in the product imports.

Everything is found before anything is done, every wait ends by the clock, and every error of the browser becomes one
of ours without the browser's own text, which can quote what was on the screen.
"""

from robots.screens.web.browser import TRIED_WITH_RELEASE, Browser

__all__ = ["TRIED_WITH_RELEASE", "Browser"]
