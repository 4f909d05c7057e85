"""An installation of the robot for one test: the settings and the selector files as they are cloned."""

from __future__ import annotations

import shutil
from pathlib import Path

_PROJECT = Path(__file__).parent.parent


def install(folder: Path) -> Path:
    """Copy config/ and selectors/ into the folder, to be changed there, and return it."""
    for name in ("config", "selectors"):
        shutil.copytree(_PROJECT / name, folder / name)
    return folder
