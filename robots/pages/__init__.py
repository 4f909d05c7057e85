"""Pages that people open in a browser or print: one file each, without scripts and without anything fetched from elsewhere."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from robots.case import SWEDEN
from robots.texts import Texts

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, texts: Texts, /, **values: object) -> str:
    """Return a page as HTML; everything that is put in is escaped.

    Args:
        template: name of a file in this folder that extends `base.html`.
        texts: the catalogue; the template's `say("key", name=value)` speaks from it, and `amount`, `day`, `month` and `moment` write values.
        values: what the template shows.

    Raises:
        jinja2.UndefinedError: the template names something that it was not given.
    """
    say = {"say": texts.say, "language": texts.language}
    written = {"amount": texts.amount, "day": texts.day, "month": texts.month, "moment": moment}
    return _environment().get_template(template).render(**say, **written, **values)


def moment(time: datetime) -> str:
    """Return a time as an office writes it, in Swedish time: `2026-11-21 14:05:09`."""
    return time.astimezone(SWEDEN).strftime("%Y-%m-%d %H:%M:%S")


def write(path: Path, page: str, *, is_shared: bool = False) -> None:
    """Write a page that its owner alone can read; a page that is there is replaced whole.

    Args:
        path: of the page; its folder is made when it is missing.
        page: as HTML.
        is_shared: the owner's group can read and replace it too.

    Raises:
        OSError: the folder can't be written to.
    """
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_shared:
            path.parent.chmod(0o770)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
            if is_shared:
                os.fchmod(file.fileno(), 0o660)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(loader=PackageLoader("robots", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
