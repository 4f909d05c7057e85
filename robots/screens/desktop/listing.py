"""Looking at a program's window without touching it: what is in its accessibility tree, and what each way finds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from robots.screens.desktop import tree
from robots.screens.desktop.asking import Reference
from robots.screens.desktop.finding import Finder, Place
from robots.screens.desktop.tree import Node, Tree
from robots.screens.inspection import Candidate, Look, caption
from robots.screens.ways import Way

_NAMES = {number: name for name, number in reversed(tree.ROLES.items())}
#: what an element can be; everything else holds these together
_LISTED = tree.FIELDS | tree.TABLES | tree.LABELS | {tree.ROLES[name] for name in ("check box", "radio button", "push button", "toggle button")}
_LISTED |= {tree.ROLES[name] for name in ("page tab", "link", "heading", "menu item")}
_MOST_COLUMNS = 200
_ROW_PIXELS = 12


def look(finder: Finder, accessible: Tree | None, place: Place, ways: Sequence[Way], *, known: frozenset[str]) -> tuple[Look, list[Reference]]:
    """Return what is in the window, in the order of reading, and the tree's own names for it.

    Args:
        finder: of the screen.
        accessible: the tree; None for a program without one, of which nothing can be listed.
        place: the window.
        ways: what to try.
        known: words of the program's own that the selector file names; a free text that is not among them may be about somebody.
    """
    found = {way: finder.matches(way, place) for way in ways}
    counts = {way: len(matches) for way, matches in found.items()}
    listed = [node for node in place.nodes if node.role in _LISTED and node.has(tree.SHOWING)]
    if accessible is None or not listed:
        return Look(candidates=(), counts=counts, places={way: -1 for way, number in counts.items() if number == 1}, title=caption(place.title)), []
    boxes = dict(zip(listed, accessible.ask([tree.box_of(node.reference) for node in listed]), strict=True))
    listed = sorted((node for node in listed if boxes[node]), key=lambda node: (boxes[node][1] // _ROW_PIXELS, boxes[node][0]))
    labels = _labels(accessible, listed)
    texts = dict(zip(listed, accessible.ask([tree.text_of(node.reference) for node in listed]), strict=True))
    numbers = {node.reference: number for number, node in enumerate(listed)}
    label_of = {reference: label for reference, (label, _) in labels.items()}
    are_labels = {source for _, source in labels.values()}
    window = place.root
    (edge,) = accessible.ask([tree.box_of(window)]) if window is not None else (None,)
    candidates = tuple(
        Candidate(
            kind=_NAMES[node.role],
            name=_name(node, label_of.get(node.reference, ""), is_caption=node.reference in are_labels or node.name.strip().rstrip(":") in known),
            label=caption(label_of.get(node.reference, "")),
            id=_own_id(node),
            headers=_headers(accessible, node),
            box=_within(boxes[node], edge),
            has_value=node.role in tree.FIELDS and bool(texts[node] or node.role == tree.COMBO_BOX),
        )
        for node in listed
    )
    places = {
        way: numbers.get(matches[0].reference, -1) if isinstance(matches[0], Node) else -1 for way, matches in found.items() if len(matches) == 1
    }
    return Look(candidates=candidates, counts=counts, places=places, title=caption(place.title)), [node.reference for node in listed]


def _within(box: Sequence[int], edge: Sequence[int] | None) -> tuple[int, int, int, int]:
    left, top = (edge[0], edge[1]) if edge else (0, 0)
    return box[0] - left, box[1] - top, box[2], box[3]


def _own_id(node: Node) -> str:
    """Return the object name, without those above it; Qt tells the class where its makers gave none, which is nobody's name."""
    last = node.id.rpartition(".")[2]
    return "" if re.match(r"Q[A-Z]", last) else last


def _name(node: Node, label: str, *, is_caption: bool) -> str:
    if node.role == tree.COMBO_BOX:
        return caption(label)  # its own name is what is chosen in it, in some toolkits
    if node.role in tree.SENTENCES and not is_caption:
        return ""
    return caption(node.name.strip())


def _labels(accessible: Tree, listed: Sequence[Node]) -> Mapping[Reference, tuple[str, Reference]]:
    """Return {control: (text, label)} for those that the program says a label is of."""
    names = {node.reference: node.name.strip().rstrip(":") for node in listed if node.role in tree.LABELS}
    controls = [node for node in listed if node.role not in tree.LABELS]
    relations: list[Any] = accessible.ask([tree.relations_of(control.reference) for control in controls])
    found: dict[Reference, tuple[str, Reference]] = {}
    for control, relation in zip(controls, relations, strict=True):
        for kind, targets in relation or ():
            for target in targets:
                reference = (target[0], target[1])
                if kind == tree.LABELLED_BY and reference in names:
                    found[control.reference] = (names[reference], reference)
    return found


def _headers(accessible: Tree, node: Node) -> tuple[str, ...]:
    if node.role not in tree.TABLES:
        return ()
    (count,) = accessible.ask([tree.column_count_of(node.reference)])
    if not count or not 0 < count <= _MOST_COLUMNS:
        return ()
    return tuple(caption(header or "") for header in accessible.ask([tree.header_of(node.reference, number) for number in range(count)]))
