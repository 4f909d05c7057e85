"""The settings that were right last, kept beside what was told: by them somebody is told that those of now are wrong, and that no run can begin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from robots import settings as settings_file
from robots.alerts.observing import alerts_folder, make_alerts_folder, write_private
from robots.errors import SetupError
from robots.settings import SETTINGS_FILE, Settings

_KEPT = "kollega.yaml"
#: of a file that can't be read as a whole, and where the state is when nobody has set it otherwise
_STATE = re.compile(r"^\s+state: *['\"]?([^'\"#\n]+)", re.MULTILINE)
_USUAL_STATE = "logs/state"


def settings_to_tell_by(root: Path) -> tuple[Settings, str]:
    """Return the settings of the installation and no mistakes; those that were right last, and the mistakes of now, when these are wrong.

    Raises:
        SetupError: they are wrong, and were never right while somebody looked.
    """
    try:
        found = settings_file.load(root)
    except SetupError as error:
        for kept in _kept_for(root):
            with suppress(SetupError):
                return settings_file.load(root, file=kept), str(error)
        raise
    _keep(found)
    return found, ""


def _keep(settings: Settings) -> None:
    # What can't be kept is missed only when the file is wrong later.
    with suppress(OSError, UnicodeDecodeError):
        text = (settings.root / SETTINGS_FILE).read_text(encoding="utf-8")
        kept = make_alerts_folder(settings.paths.state) / _KEPT
        if not kept.is_file() or kept.read_text(encoding="utf-8") != text:
            write_private(kept, text)


def _kept_for(root: Path) -> Iterator[Path]:
    text = ""
    with suppress(OSError):
        text = (root / SETTINGS_FILE).read_text(encoding="utf-8", errors="replace")
    for state in (*(one.strip() for one in _STATE.findall(text)), _USUAL_STATE):
        with suppress(OSError, ValueError):
            kept = alerts_folder(root / state) / _KEPT
            if kept.is_file():
                yield kept
