"""A window that is on the desk before the program's own is never taken for the program's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from robots.screens import TimeLimits
from robots.screens.desktop import open_screen
from robots.screens.selector_file import load

pytestmark = pytest.mark.desktop

HERE = Path(__file__).parent


@pytest.mark.parametrize("kind", ["qt_form", "tk_form"])
async def test_a_thief_that_is_there_before_the_program_gets_no_key(kind: str, tmp_path: Path) -> None:
    record = tmp_path / "thief-1.json"
    thief = f"setsid --fork '{sys.executable}' -m robots.practice.hostility_thief --record '{record}' --seed 3"
    wait = f"until grep -q thefts '{record}' && ! grep -q '\"thefts\": 0' '{record}'; do sleep 0.1; done"
    program = f"exec '{sys.executable}' '{HERE / f'{kind}.py'}' '{tmp_path / 'store.json'}'"
    screen = await open_screen(
        load(HERE / "selectors" / f"{kind}.yaml"),
        command=["sh", "-c", f"{thief}; {wait}; {program}"],
        environment={},
        pictures=tmp_path / "pictures",
        limits=TimeLimits(view_seconds=20, answer_seconds=10),
    )
    try:
        await screen.wait_for("form")
        for turn in range(5):
            values = {f"form.field_{number}": f"Åsa {number} @ # {turn}" for number in range(20)}
            await screen.enter(values)
            assert await screen.read(*values) == values
            # The keyboard is fetched back for a press too: there is nothing to enter before the next one that would do it.
            for _ in range(3):
                await screen.press("form.save_by_key" if kind == "qt_form" else "form.save", then="saved")
                await screen.press("saved.back", then="form")
        counts = json.loads(record.read_text(encoding="utf-8"))
    finally:
        await screen.close()
    assert counts["thefts"] > 3
    assert counts["keys"] == 0
