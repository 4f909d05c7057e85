"""Suggestions that wait for a person's yes or no: one file each, until it is accepted or made anew."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from robots.errors import SetupError
from robots.screens.amendment import accept_header, accept_ways, fingerprint
from robots.screens.inspection import way_of, written
from robots.screens.selector_file import SelectorFile
from robots.screens.suggestion import Suggestion

SCHEMA = 1


def keep(folder: Path, selectors: SelectorFile, suggestions: Iterable[Suggestion]) -> None:
    """Keep what is proposed for a system, in place of what was proposed for it before."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.glob(f"{selectors.system}.*.json"):
        old.unlink()
    for one in suggestions:
        if not one.is_proposal:
            continue
        record = {
            "schema": SCHEMA,
            "system": one.system,
            "view": one.view,
            "element": one.element,
            "column": one.column,
            "ways": [written(way) for way in one.ways],
            "header": one.header,
            "score": round(one.score, 2),
            "margin": round(one.margin, 2),
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "made_for": fingerprint(selectors.views[one.view].elements[one.element]),
        }
        (folder / f"{one.name}.json").write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def system_of(name: str) -> str:
    """Return the system that a suggestion is for."""
    return name.partition(".")[0]


def accept(folder: Path, selectors: SelectorFile, name: str, *, who: str) -> str:
    """Put what is proposed into the selector file, and take it off the list; return the comment that now stands in the file.

    Raises:
        SetupError: there is no such suggestion, or the entry has been changed since it was made.
    """
    path = folder / f"{name}.json"
    if "/" in name or not path.is_file():
        waiting = ", ".join(sorted(one.stem for one in folder.glob("*.json"))) or "none"
        raise SetupError(f"there is no such suggestion; waiting: {waiting}. Run `kollega screens suggest`")
    record = json.loads(path.read_text(encoding="utf-8"))
    view, element = record["view"], record["element"]
    known = selectors.views[view].elements.get(element) if view in selectors.views else None
    if record["schema"] != SCHEMA or known is None or fingerprint(known) != record["made_for"]:
        raise SetupError(f"{selectors.path} has been changed at {view}.{element} since this was proposed; run `kollega screens suggest` again")
    today = datetime.now(UTC).date()
    signed = "".join(character for character in who if character.isalnum() or character in "._-") or "unknown"
    if record["column"]:
        comment = accept_header(selectors, view, element, record["column"], record["header"], who=signed, today=today)
    else:
        ways = [way_of(fields, selectors.driver) for fields in record["ways"]]
        comment = accept_ways(selectors, view, element, ways, who=signed, today=today)
    path.unlink()
    return comment
