"""The accessibility tree of the programs on one desk: AT-SPI over D-Bus, every batch of questions in one round trip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from robots.screens.desktop.asking import INTERFACE, PROGRAM, Asking, Question, Reference

Box = tuple[int, int, int, int]

_REGISTRY: Reference = ("org.a11y.atspi.Registry", PROGRAM)
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ON_SCREEN = 0
#: more children than any view to be searched has; a spreadsheet says two thousand million
_MOST_CHILDREN = 1000
_MOST_NODES = 5000
#: kind of relation
LABELLED_BY = 2

ACTIVE, CHECKED, EDITABLE, ENABLED, FOCUSABLE, FOCUSED, MODAL, MULTI_LINE, SELECTED, SENSITIVE, SHOWING, READ_ONLY = (
    1 << bit for bit in (1, 4, 7, 8, 11, 12, 16, 17, 23, 24, 25, 43)
)

#: numbers of AT-SPI roles under the names of the selector files
ROLES = {
    "alert": 2,
    "check box": 7,
    "combo box": 11,
    "dialog": 16,
    "frame": 23,
    "label": 29,
    "list": 31,
    "list item": 32,
    "menu": 33,
    "menu bar": 34,
    "menu item": 35,
    "page tab": 37,
    "page tab list": 38,
    "panel": 39,
    "password text": 40,
    "popup menu": 41,
    "push button": 43,
    "radio button": 44,
    "scroll pane": 49,
    "separator": 50,
    "spin button": 52,
    "split pane": 53,
    "status bar": 54,
    "table": 55,
    "table cell": 56,
    "column header": 57,
    "row header": 58,
    "terminal": 60,
    "text": 61,
    "toggle button": 62,
    "tool bar": 63,
    "tree": 65,
    "tree table": 66,
    "window": 69,
    "paragraph": 73,
    "entry": 79,
    "document frame": 82,
    "heading": 83,
    "form": 87,
    "link": 88,
    "tree item": 91,
    "grouping": 98,
    "list box": 98,
    "info bar": 102,
    "static": 116,
    "notification": 101,
}
#: other words for the same thing; toolkits differ in which they use
_ALSO = {
    "button": ("push button",),
    "password": ("password text",),
    "text": ("text", "entry"),
    "entry": ("text", "entry"),
    "edit": ("text", "entry"),
    "list box": ("list",),
    "label": ("label", "static"),
}
LABELS = frozenset({ROLES["label"], ROLES["static"]})
#: what shows words that may be about somebody
SENTENCES = LABELS | {ROLES["status bar"], ROLES["notification"], ROLES["info bar"], ROLES["paragraph"], ROLES["heading"]}
COMBO_BOX, CHECK_BOX, RADIO_BUTTON, PASSWORD = ROLES["combo box"], ROLES["check box"], ROLES["radio button"], ROLES["password text"]
ITEM_ROLES = frozenset({ROLES["list item"], ROLES["menu item"]})
FIELDS = frozenset({ROLES["text"], ROLES["entry"], PASSWORD, COMBO_BOX, ROLES["spin button"]})
TABLES = frozenset({ROLES["table"], ROLES["tree table"], ROLES["tree"], ROLES["list"]})
#: their insides are asked for by other means, or never
_NOT_ENTERED = TABLES | {COMBO_BOX, ROLES["menu bar"], ROLES["menu"]}


@lru_cache
def roles_named(name: str) -> frozenset[int]:
    """Return the role numbers that a selector file's role name stands for; empty when there is no such role."""
    plain = " ".join(name.lower().replace("_", " ").split())
    return frozenset(ROLES[one] for one in _ALSO.get(plain, (plain,)) if one in ROLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One object as it was when the tree was walked."""

    reference: Reference
    role: int
    name: str
    id: str
    states: int

    def has(self, *states: int) -> bool:
        """Say whether all states are set."""
        return all(self.states & state for state in states)


def _get(reference: Reference, interface: str, name: str) -> Question:
    return Question(reference=reference, interface=_PROPERTIES, member="Get", signature="ss", body=(INTERFACE + interface, name))


def role_of(reference: Reference) -> Question:
    """Ask for the number of the role."""
    return Question(reference=reference, interface=INTERFACE + "Accessible", member="GetRole")


def name_of(reference: Reference) -> Question:
    """Ask for the accessible name."""
    return _get(reference, "Accessible", "Name")


def id_of(reference: Reference) -> Question:
    """Ask for the object name that the program's makers gave."""
    return _get(reference, "Accessible", "AccessibleId")


def states_of(reference: Reference) -> Question:
    """Ask for the states, as one number of bits."""
    return Question(reference=reference, interface=INTERFACE + "Accessible", member="GetState")


def children_of(reference: Reference) -> Question:
    """Ask for the children."""
    return Question(reference=reference, interface=INTERFACE + "Accessible", member="GetChildren")


def child_count_of(reference: Reference) -> Question:
    """Ask for the number of children."""
    return _get(reference, "Accessible", "ChildCount")


def text_of(reference: Reference) -> Question:
    """Ask for the whole text."""
    return Question(reference=reference, interface=INTERFACE + "Text", member="GetText", signature="ii", body=(0, -1))


def box_of(reference: Reference) -> Question:
    """Ask for left, top, width and height on the screen."""
    return Question(reference=reference, interface=INTERFACE + "Component", member="GetExtents", signature="u", body=(_ON_SCREEN,))


def focus(reference: Reference) -> Question:
    """Ask the program to give the object its keyboard focus."""
    return Question(reference=reference, interface=INTERFACE + "Component", member="GrabFocus")


def relations_of(reference: Reference) -> Question:
    """Ask for relations such as labelled-by."""
    return Question(reference=reference, interface=INTERFACE + "Accessible", member="GetRelationSet")


def row_count_of(table: Reference) -> Question:
    """Ask for the number of rows."""
    return _get(table, "Table", "NRows")


def column_count_of(table: Reference) -> Question:
    """Ask for the number of columns."""
    return _get(table, "Table", "NColumns")


def header_of(table: Reference, column: int) -> Question:
    """Ask for the text over a column."""
    return Question(reference=table, interface=INTERFACE + "Table", member="GetColumnDescription", signature="i", body=(column,))


def cell_at(table: Reference, row: int, column: int) -> Question:
    """Ask for the object of a cell."""
    return Question(reference=table, interface=INTERFACE + "Table", member="GetAccessibleAt", signature="ii", body=(row, column))


def attributes_of(reference: Reference) -> Question:
    """Ask for what the toolkit tells besides, as {word: text}."""
    return Question(reference=reference, interface=INTERFACE + "Accessible", member="GetAttributes")


def chosen_child_of(reference: Reference) -> Question:
    """Ask a choice or a list for the first of its children that is chosen."""
    return Question(reference=reference, interface=INTERFACE + "Selection", member="GetSelectedChild", signature="i", body=(0,))


class Tree(Asking):
    """What the programs on one desk tell of their windows. Used by one thread at a time."""

    def nodes(self, references: Sequence[Reference]) -> list[Node | None]:
        """Return each object as it is now; None for one that is gone."""
        kinds = (role_of, name_of, id_of, states_of)
        return [_node(reference, told) for reference, told in zip(references, self._each_told(references, kinds), strict=True)]

    def _each_told(self, references: Sequence[Reference], kinds: Sequence[Callable[[Reference], Question]]) -> list[list[Any]]:
        """Ask every object the same, in one round trip."""
        answers = self.ask([kind(reference) for reference in references for kind in kinds])
        return [answers[start : start + len(kinds)] for start in range(0, len(answers), len(kinds))]

    def _nodes_and_counts(self, references: Sequence[Reference]) -> list[tuple[Node | None, int]]:
        """Return each object as it is now, and how many children it has."""
        told = self._each_told(references, (role_of, name_of, id_of, states_of, child_count_of))
        return [(_node(reference, one[:-1]), one[-1] or 0) for reference, one in zip(references, told, strict=True)]

    def windows(self) -> list[Node]:
        """Return the windows of all programs that are showing."""
        with self.one_look("windows"):
            (listed,) = self.ask([children_of(_REGISTRY)])
            programs = [_reference(one) for one in listed or ()]
            self.open_lines({name for name, _ in programs})
            answers = self.ask([children_of(program) for program in programs])
            references = [_reference(window) for windows in answers for window in windows or ()]
            return [node for node in self.nodes(references) if node and node.has(SHOWING)]

    def walk(self, root: Reference) -> list[Node]:
        """Return everything that is showing in a window, the window first, level by level."""
        with self.one_look(root):
            level: list[Reference] = [root]
            found: list[Node] = []
            while level and len(found) < _MOST_NODES:
                told = self._nodes_and_counts(level)
                nodes = [(node, count) for node, count in told if node and (node.has(SHOWING) or node.reference == root)]
                found += [node for node, _ in nodes]
                level = self._children_of([node.reference for node, count in nodes if node.role not in _NOT_ENTERED and 0 < count <= _MOST_CHILDREN])
            return found + self._typed_into([node.reference for node in found if node.role == COMBO_BOX])

    def _typed_into(self, choices: Sequence[Reference]) -> list[Node]:
        """Return the fields that some toolkits put inside a choice that can also be typed into."""
        inside = self.nodes(self.children(choices)) if choices else []
        return [node for node in inside if node and node.role in FIELDS and node.has(SHOWING, EDITABLE)]

    def children(self, references: Iterable[Reference]) -> list[Reference]:
        """Return the children of all objects in their order; an object with too many of them counts as having none."""
        parents = list(references)
        counts = self.ask([child_count_of(parent) for parent in parents])
        return self._children_of([parent for parent, count in zip(parents, counts, strict=True) if count and 0 < count <= _MOST_CHILDREN])

    def _children_of(self, parents: Sequence[Reference]) -> list[Reference]:
        return [_reference(child) for children in self.ask([children_of(parent) for parent in parents]) for child in children or ()]


def _node(reference: Reference, told: Sequence[Any]) -> Node | None:
    """Return the object that told its role, name, id and states; None when it is gone."""
    role, name, identifier, states = told
    if role is None or name is None or states is None:
        return None
    return Node(reference=reference, role=role, name=name, id=identifier or "", states=states_number(states))


def states_number(words: Sequence[int]) -> int:
    """Return the two words of a state set as one number."""
    low, high = words
    return low | high << 32


def _reference(pair: Sequence[str]) -> Reference:
    return (pair[0], pair[1])
