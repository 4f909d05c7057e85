"""How the elements of a system looked when they were last found: `selectors/seen/`, under the name of the selector file.

It holds words of the system's own screens and no value. Of what the selector file does not name only fields, tables and
buttons are kept, since headings and links can bear a name; and a text that could be about somebody is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

from robots.errors import SelectorFileInvalid
from robots.screens.captions import captions_of
from robots.screens.inspection import FIELDS, TABLES, Box, Candidate, scalar, written
from robots.screens.selector_file import SelectorFile, View
from robots.yaml_file import Item, YamlFile

SCHEMA = 1
_KEPT_UNNAMED = FIELDS | TABLES | {"button", "tab", "push button", "page tab"}
_TEXTS = ("element", "name", "label", "id", "test_id", "near", "group", "target")
_HEAD = """\
# How what this system shows looked when it was last found, for `kollega screens suggest`. Written by the program; no values.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenThing:
    """One thing of a view as it was."""

    #: name in the selector file; empty for what only stands beside an element
    element: str = ""
    looked: Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenView:
    """A view as it was when its elements were last found."""

    on: date
    #: in the order of reading
    things: tuple[SeenThing, ...]


Seen = Mapping[str, SeenView]


def seen_path(selectors: SelectorFile) -> Path:
    """Return where the record of a selector file is kept."""
    return selectors.path.parent / "seen" / selectors.path.name


def seen_now(selectors: SelectorFile, view: View, candidates: tuple[Candidate, ...], places: Mapping[str, int], *, today: date) -> SeenView:
    """Return the view as it looks now.

    Args:
        selectors: the system's selector file.
        view: the view.
        candidates: everything on it.
        places: {element that was found: the number of its candidate}.
        today: when.
    """
    ways = (way for view in selectors.views.values() for element in view.elements.values() for way in element.ways)
    known = frozenset((*captions_of(selectors), *(text for way in ways for text in written(way).values())))
    names = {place: name for name, place in places.items()}
    things = []
    for place, candidate in enumerate(candidates):
        name = names.get(place, "")
        if name:
            things.append(SeenThing(element=name, looked=_kept(candidate, known, is_personal=view.elements[name].is_personal)))
        elif candidate.kind in _KEPT_UNNAMED:
            things.append(SeenThing(looked=_kept(candidate, known, is_personal=False)))
    return SeenView(on=today, things=tuple(things))


def _kept(candidate: Candidate, known: frozenset[str], *, is_personal: bool) -> Candidate:
    has_own_name = candidate.kind in FIELDS | TABLES or not is_personal
    return replace(
        candidate,
        name=candidate.name if has_own_name else "",
        near=candidate.near if candidate.near in known else "",
        group=candidate.group if candidate.group in known else "",
        has_value=False,
    )


def renewed(before: SeenView | None, now: SeenView) -> SeenView:
    """Return the view as it looks now; as it was, when an element is no longer found: it may still be repaired."""
    found = {thing.element for thing in now.things}
    is_whole = before is None or all(not thing.element or thing.element in found for thing in before.things)
    return now if before is None or is_whole else before


def read_seen(path: Path) -> Seen:
    """Return what was seen of each view; nothing when there is no record yet.

    Raises:
        SelectorFileInvalid: the record has been changed by hand and has mistakes.
    """
    if not path.is_file():
        return MappingProxyType({})
    file = YamlFile(path, error=SelectorFileInvalid)
    top = file.top.fields("schema", "file", "views")
    top["schema"].schema(SCHEMA)
    if top["file"].text() != path.name:
        top["file"].report(f"must be the name of the selector file, {path.name}")
    views = {}
    for name, item in top["views"].entries().items():
        fields = item.fields("on", "things")
        views[name] = SeenView(on=fields["on"].day(), things=tuple(_thing(thing) for thing in fields["things"].items()))
    file.finish()
    return MappingProxyType(views)


def _thing(item: Item) -> SeenThing:
    fields = item.fields("kind", "box", optional=(*_TEXTS, "headers"))

    def text(key: str) -> str:
        return fields[key].text() if key in fields else ""

    headers = tuple(one.text() for one in fields["headers"].items()) if "headers" in fields else ()
    return SeenThing(
        element=text("element"),
        looked=Candidate(
            kind=text("kind"),
            name=text("name"),
            label=text("label"),
            id=text("id"),
            test_id=text("test_id"),
            near=text("near"),
            group=text("group"),
            target=text("target"),
            headers=headers,
            box=_box(fields["box"]),
        ),
    )


def _box(item: Item) -> Box:
    numbers = [number.text() for number in item.items()]
    if re.fullmatch(r"-?\d+( -?\d+){3}", " ".join(numbers)) is None:
        item.report("must be [left, top, width, height] in whole pixels")
        return 0, 0, 0, 0
    left, top, width, height = (int(number) for number in numbers)
    return left, top, width, height


def write_seen(path: Path, seen: Seen) -> None:
    """Write the record in place of the one before; a reader finds either of them whole."""
    lines = [_HEAD.rstrip(), f"schema: {SCHEMA}", f"file: {path.name}", "views:" if seen else "views: {}"]
    for name, view in seen.items():
        lines += [f"  {name}:", f"    on: {view.on.isoformat()}", "    things:" if view.things else "    things: []"]
        lines += [f"    - {_line(thing)}" for thing in view.things]
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text("\n".join(lines) + "\n", encoding="utf-8")
    new.replace(path)


def _line(thing: SeenThing) -> str:
    looked = thing.looked
    texts = {"element": thing.element, **{key: getattr(looked, key) for key in _TEXTS if key != "element"}}
    parts = [f"kind: {scalar(looked.kind)}", *(f"{key}: {scalar(text)}" for key, text in texts.items() if text)]
    if any(looked.headers):
        parts.append(f"headers: [{', '.join(scalar(header) for header in looked.headers if header)}]")
    return f"{{{', '.join(parts)}, box: [{', '.join(map(str, looked.box))}]}}"
