"""The whole corpus of screen changes: what is found all the same, proposed right, refused and proposed wrong, by kind of change."""

from __future__ import annotations

from pathlib import Path

import pytest

from robots.screens.selector_file import load
from robots.screens.web import Browser
from tests.screens.drift_corpus.corpus import SELECTORS, Result, changes, results_of, share_right, table

pytestmark = [pytest.mark.benchmark, pytest.mark.browser]

#: of what was changed, is there and no approved way finds: at least this share is proposed right, in either half of the corpus
LEAST_RIGHT = 0.5


async def test_nothing_wrong_is_proposed_on_the_whole_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    selectors = load(SELECTORS)
    browser = await Browser.open(executable=None)
    try:
        results = await results_of(browser, selectors, changes(selectors), tmp_path)
    finally:
        await browser.close()

    with capsys.disabled():
        print("", *table(results), sep="\n")  # noqa: T201 - the table is what the benchmark is for
    assert [case.name for case, result in results.items() if result is Result.WRONG] == []
    for is_held_out in (False, True):
        assert share_right(results, is_held_out=is_held_out) >= LEAST_RIGHT
