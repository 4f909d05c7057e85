"""One entry of a selector file set right, as a person accepted it: everything else in the file stays byte for byte.

The new ways replace the old ones, since a way that once failed may find something else another day; the old ones, with
who accepted what and when, are told in a comment above the element.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from robots.errors import SelectorFileInvalid, SetupError
from robots.screens.inspection import entry, scalar
from robots.screens.selector_file import Element, SelectorFile, load
from robots.screens.ways import Way


def fingerprint(element: Element) -> str:
    """Return what tells whether an element's entry is still the one that a suggestion was made for."""
    return hashlib.sha256(repr((element.ways, sorted(element.columns.items()))).encode()).hexdigest()


def accept_ways(selectors: SelectorFile, view: str, element: str, ways: Sequence[Way], *, who: str, today: date) -> str:
    """Give the element new ways in its selector file; return the comment that says so.

    Raises:
        SetupError: the file can't be amended without touching anything else; nothing is changed.
    """
    old = selectors.views[view].elements[element].ways
    comment = f"# {today.isoformat()} {who} accepted the ways of {element}; before: {entry(old)}"
    _amend(selectors, ("views", view, "elements", element), ("find",), entry(ways), comment)
    return comment


def accept_header(selectors: SelectorFile, view: str, element: str, column: str, header: str, *, who: str, today: date) -> str:
    """Give the table's column a new header in the selector file; return the comment that says so.

    Raises:
        SetupError: the file can't be amended without touching anything else; nothing is changed.
    """
    old = selectors.views[view].elements[element].columns[column]
    comment = f"# {today.isoformat()} {who} accepted the header of {element}.{column}; before: {scalar(old)}"
    _amend(selectors, ("views", view, "elements", element), ("columns", column), scalar(header), comment)
    return comment


def _amend(selectors: SelectorFile, owner: Sequence[str], below: Sequence[str], new: str, comment: str) -> None:
    path = selectors.path
    text = path.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    key, value = _found(root, owner)
    _, replaced = _found(value, below)
    start, end = replaced.start_mark.index, replaced.end_mark.index
    if isinstance(replaced, SequenceNode) and not replaced.flow_style:
        # A block ends where the next thing begins; what stands between, blanks and comments, stays.
        end = _end_of_last(replaced)
    line_start = text.rfind("\n", 0, key.start_mark.index) + 1
    indent = " " * (len(text[line_start:]) - len(text[line_start:].lstrip(" ")))
    amended = f"{text[:line_start]}{indent}{comment}\n{text[line_start:start]}{new}{text[end:]}"
    _check(selectors, amended, owner, below)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(amended, encoding="utf-8")
    fresh.chmod(path.stat().st_mode & 0o777)
    fresh.replace(path)


def _found(node: Node | None, keys: Sequence[str]) -> tuple[Node, Node]:
    """Return the last key's node and its value's."""
    found: tuple[Node, Node] | None = None
    for key in keys:
        pairs = node.value if isinstance(node, MappingNode) else []
        found = next(((one, value) for one, value in pairs if isinstance(one, ScalarNode) and one.value == key), None)
        if found is None:
            raise SetupError(f"the selector file has no {'.'.join(keys)} any more; run `kollega screens suggest` again")
        node = found[1]
    if found is None:
        raise AssertionError("at least one key is asked for")
    return found


def _end_of_last(node: Node) -> int:
    while isinstance(node, SequenceNode | MappingNode) and not node.flow_style and node.value:
        node = node.value[-1] if isinstance(node, SequenceNode) else node.value[-1][1]
    return int(node.end_mark.index)


def _check(selectors: SelectorFile, amended: str, owner: Sequence[str], below: Sequence[str]) -> None:
    """Raise unless the amended text is a sound selector file that differs from the one before in the one place only."""
    before, after = (yaml.load(text, Loader=yaml.BaseLoader) for text in (selectors.path.read_text(encoding="utf-8"), amended))  # noqa: S506 - texts only
    for tree in (before, after):
        _without(tree, [*owner, *below])
    is_sound = before == after
    with tempfile.TemporaryDirectory(dir=selectors.path.parent, prefix=".amended-") as folder:
        copy = Path(folder) / selectors.path.name
        copy.write_text(amended, encoding="utf-8")
        images = selectors.path.parent / "images"
        if images.is_dir():
            (Path(folder) / "images").symlink_to(images.resolve())
        try:
            load(copy)
        except SelectorFileInvalid as mistake:
            raise SetupError(f"the entry can't be put in as it is; change {selectors.path} by hand. {mistake}") from None
    if not is_sound:
        raise SetupError(f"the entry can't be put in without touching others; change {selectors.path} by hand")


def _without(tree: Any, keys: Sequence[str]) -> None:
    for key in keys[:-1]:
        tree = tree[key]
    tree.pop(keys[-1])
