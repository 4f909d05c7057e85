"""What noting evidence costs beside the screen itself: less than a hundredth of reading, entering or reading a table in a real browser."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from robots.evidence import collecting
from robots.screens import Screen, TimeLimits
from robots.screens.noting import NotingScreen
from robots.screens.selector_file import load
from robots.screens.web import Browser
from tests.screens.site import SELECTORS, serve

pytestmark = [pytest.mark.benchmark, pytest.mark.browser]

#: what noting may cost, in parts of the screen's own time
MOST = 0.01
VALUES = {"form.name": "Åsa Öberg", "form.note": "rad ett\nrad två\n" * 20, "form.amount": "5 000,00", "form.kind": "Pension", "form.active": "Ja"}

Call = Callable[[Screen], Awaitable[Any]]


class Instant:
    """A screen that answers at once, with what the real one has answered."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self._rows = rows

    async def read(self, *elements: str) -> dict[str, str]:
        return VALUES

    async def rows(self, table: str) -> list[dict[str, str]]:
        return self._rows

    async def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        return VALUES


@pytest_asyncio.fixture
async def screen(tmp_path: Path) -> AsyncIterator[Screen]:
    (tmp_path / "site.yaml").write_text(SELECTORS, encoding="utf-8")
    browser = await Browser.open(executable=None)
    try:
        with serve() as site:
            yield await browser.screen(load(tmp_path / "site.yaml"), address=site.address, pictures=tmp_path, limits=TimeLimits())
    finally:
        await browser.close()


async def _seconds(call: Call, screen: Screen, times: int) -> float:
    """Return how long one call takes, the quickest of five rounds."""
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times):
            await call(screen)
        rounds.append((time.perf_counter() - began) / times)
    return min(rounds)


async def test_noting_costs_less_than_a_hundredth_of_a_screen_call(screen: Screen) -> None:
    calls: dict[str, tuple[str, Call]] = {
        "read": ("form", lambda one: one.read(*VALUES)),
        "enter": ("form", lambda one: one.enter(VALUES)),
        "rows": ("list", lambda one: one.rows("list.cases")),
    }
    await screen.show("list")
    instant = cast("Screen", Instant(await screen.rows("list.cases")))
    ratios = {}
    for name, (view, call) in calls.items():
        await screen.show(view)
        of_screen = await _seconds(call, screen, 5)
        of_noting = 0.0
        for is_noting in (True, False):
            with collecting():
                seconds = await _seconds(call, NotingScreen(instant) if is_noting else instant, 2000)
            of_noting += seconds if is_noting else -seconds
        ratios[name] = of_noting / of_screen
        print(f"\n{name}: {of_screen * 1000:.1f} ms, noting {of_noting * 1e6:.1f} µs = {ratios[name]:.2%}")  # noqa: T201 - what a benchmark is for
    assert ratios == {name: ratio for name, ratio in ratios.items() if 0 < ratio < MOST}
