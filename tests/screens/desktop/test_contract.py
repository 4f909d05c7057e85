"""A Qt program keeps every promise of `Screen`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from robots.errors import ScreenChanged
from robots.screens import Screen, TimeLimits
from robots.screens.desktop import open_screen
from robots.screens.selector_file import load
from tests.screens.screen_contract import ScreenContract

HERE = Path(__file__).parent


@pytest.mark.desktop
class TestDesktopKeepsTheContract(ScreenContract):
    @pytest.fixture
    async def screen(self, tmp_path: Path) -> AsyncIterator[Screen]:
        opened = await open_screen(
            load(HERE / "selectors" / "qt_contract.yaml"),
            command=[sys.executable, str(HERE / "qt_contract.py")],
            environment={},
            pictures=tmp_path,
            limits=TimeLimits(view_seconds=8, answer_seconds=1.0),
        )
        try:
            yield opened
        finally:
            await opened.close()

    async def test_a_program_gives_no_file(self, screen: Screen) -> None:
        with pytest.raises(ScreenChanged, match="read by a person"):
            await screen.download("list.cases", row=0, most_bytes=100)
