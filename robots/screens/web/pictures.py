"""Masked pictures of a page: its frame and captions, and none of what stands in it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import FrameLocator, Locator, Page

from robots.screens.captions import captions_of
from robots.screens.selector_file import SelectorFile, View
from robots.screens.ways import ByCss, ByLabel, ByRole, ByTestId, ByText, Near, Way

# A picture shows the frame of a page and none of its contents: whatever is not a caption is invisible or black.
_TRIES = 4
_CAPTIONS = "label, legend, th, caption, button, summary, h1, h2, h3, h4, h5, h6, [role=tab], [role=columnheader]"
_BUTTONS = "input[type=submit], input[type=button], input[type=reset]"
_PICTURE_STYLE = f"""
*, *::before, *::after, *::placeholder {{
  color: transparent !important; -webkit-text-fill-color: transparent !important; text-shadow: none !important;
  background-image: none !important; list-style: none !important; text-decoration: none !important; caret-color: transparent !important;
}}
td, dd, li, output, input, select, textarea, [contenteditable] {{ background-color: #333 !important; accent-color: #333 !important; }}
input[type=checkbox], input[type=radio] {{ appearance: none !important; }}
img, svg, canvas, video, object, embed {{ visibility: hidden !important; }}
:is({_CAPTIONS}, {_BUTTONS}) {{ color: #000 !important; -webkit-text-fill-color: #000 !important; background-color: #eee !important; }}
"""


async def take(page: Page, selectors: SelectorFile, scope_of: Callable[[View], Page | FrameLocator | None], folder: Path) -> Path:
    """Save a picture of the page, with everything personal blacked out, under the next number; return its path."""
    views = selectors.views.values()
    guarded = [(view, element) for view in views for element in view.elements.values() if element.is_personal or element.is_secret]
    masks = [_mask(scope, way) for view, element in guarded if (scope := scope_of(view)) is not None for way in element.ways]
    # Any caption that the selector file does not know may be about somebody: a row's heading, and a button too, can bear a name.
    texts = captions_of(selectors)
    known = re.compile(rf"^\s*({'|'.join(re.escape(text) for text in texts)})\s*$")
    unknown_buttons = f":is({_BUTTONS}){''.join(f':not([value={json.dumps(text, ensure_ascii=False)}])' for text in texts)}"
    for frame in page.frames:
        masks.append(frame.locator(_CAPTIONS).filter(has_not_text=known))
        masks.append(frame.locator(f"css={unknown_buttons}"))
    for _ in range(_TRIES):
        before = await _documents(page)
        image = await page.screenshot(type="jpeg", quality=60, style=_PICTURE_STYLE, mask=masks, mask_color="#333333", animations="disabled")
        # A page that came in between has not got the style: its contents would show.
        if before == await _documents(page):
            break
    else:
        raise PlaywrightError("the page gives way to another one all the time, so that no picture of it is sure to be masked")
    return await asyncio.to_thread(_save, folder, selectors.system, image)


async def _documents(page: Page) -> list[tuple[str, float]]:
    """Return what tells whether every frame still has the same document: when it was begun."""
    return [(frame.name, await frame.evaluate("performance.timeOrigin")) for frame in page.frames]


def _mask(scope: Page | FrameLocator, way: Way) -> Locator:
    """Return what the browser library is to paint over: all that a way can mean, and rather more."""
    match way:
        case ByRole(role=role, name=None) | Near(role=role):
            return scope.get_by_role(cast("Any", role))
        case ByRole(role=role, name=name):
            return scope.get_by_role(cast("Any", role), name=name, exact=True)
        case ByLabel(label=label):
            # Fields are black in any case; this is for what else bears the label.
            return scope.get_by_label(label, exact=True)
        case ByText(text=text):
            return scope.get_by_text(text, exact=True)
        case ByTestId(test_id=test_id):
            return scope.get_by_test_id(test_id)
        case ByCss(css=css):
            return scope.locator(f"css={css}")
    raise AssertionError("the loader lets no way of another driver through")


def _save(folder: Path, system: str, image: bytes) -> Path:
    """Write the picture under the next free number; the name tells the system and nothing else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = sum(1 for _ in folder.glob("*.jpg")) + 1
    while True:
        path = folder / f"{number:04d}-{system}.jpg"
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            path.write_bytes(image)
            return path
