"""The accessibility tree of the programs on one desk: AT-SPI over D-Bus, every batch of questions in one round trip."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from robots.errors import SystemTooSlow, SystemUnavailable

#: bus name of the program and path of the object
Reference = tuple[str, str]
Box = tuple[int, int, int, int]

_INTERFACE = "org.a11y.atspi."
_REGISTRY: Reference = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ON_SCREEN = 0
#: more children than any view to be searched has; a spreadsheet says two thousand million
_MOST_CHILDREN = 1000
_MOST_NODES = 5000
_MOST_CALLS_KEPT = 4096
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


def roles_named(name: str) -> frozenset[int]:
    """Return the role numbers that a selector file's role name stands for; empty when there is no such role."""
    plain = " ".join(name.lower().replace("_", " ").split())
    return frozenset(ROLES[one] for one in _ALSO.get(plain, (plain,)) if one in ROLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call on one object."""

    reference: Reference
    interface: str
    member: str
    signature: str | None = None
    body: tuple[Any, ...] = ()


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
    return Question(reference=reference, interface=_PROPERTIES, member="Get", signature="ss", body=(_INTERFACE + interface, name))


def role_of(reference: Reference) -> Question:
    """Ask for the number of the role."""
    return Question(reference=reference, interface=_INTERFACE + "Accessible", member="GetRole")


def name_of(reference: Reference) -> Question:
    """Ask for the accessible name."""
    return _get(reference, "Accessible", "Name")


def id_of(reference: Reference) -> Question:
    """Ask for the object name that the program's makers gave."""
    return _get(reference, "Accessible", "AccessibleId")


def states_of(reference: Reference) -> Question:
    """Ask for the states, as one number of bits."""
    return Question(reference=reference, interface=_INTERFACE + "Accessible", member="GetState")


def children_of(reference: Reference) -> Question:
    """Ask for the children."""
    return Question(reference=reference, interface=_INTERFACE + "Accessible", member="GetChildren")


def child_count_of(reference: Reference) -> Question:
    """Ask for the number of children."""
    return _get(reference, "Accessible", "ChildCount")


def text_of(reference: Reference) -> Question:
    """Ask for the whole text."""
    return Question(reference=reference, interface=_INTERFACE + "Text", member="GetText", signature="ii", body=(0, -1))


def box_of(reference: Reference) -> Question:
    """Ask for left, top, width and height on the screen."""
    return Question(reference=reference, interface=_INTERFACE + "Component", member="GetExtents", signature="u", body=(_ON_SCREEN,))


def focus(reference: Reference) -> Question:
    """Ask the program to give the object its keyboard focus."""
    return Question(reference=reference, interface=_INTERFACE + "Component", member="GrabFocus")


def relations_of(reference: Reference) -> Question:
    """Ask for relations such as labelled-by."""
    return Question(reference=reference, interface=_INTERFACE + "Accessible", member="GetRelationSet")


def row_count_of(table: Reference) -> Question:
    """Ask for the number of rows."""
    return _get(table, "Table", "NRows")


def column_count_of(table: Reference) -> Question:
    """Ask for the number of columns."""
    return _get(table, "Table", "NColumns")


def header_of(table: Reference, column: int) -> Question:
    """Ask for the text over a column."""
    return Question(reference=table, interface=_INTERFACE + "Table", member="GetColumnDescription", signature="i", body=(column,))


def cell_at(table: Reference, row: int, column: int) -> Question:
    """Ask for the object of a cell."""
    return Question(reference=table, interface=_INTERFACE + "Table", member="GetAccessibleAt", signature="ii", body=(row, column))


def attributes_of(reference: Reference) -> Question:
    """Ask for what the toolkit tells besides, as {word: text}."""
    return Question(reference=reference, interface=_INTERFACE + "Accessible", member="GetAttributes")


def chosen_child_of(reference: Reference) -> Question:
    """Ask a choice or a list for the first of its children that is chosen."""
    return Question(reference=reference, interface=_INTERFACE + "Selection", member="GetSelectedChild", signature="i", body=(0,))


class Tree:
    """A connection to the accessibility bus of one desk. Used by one thread at a time."""

    def __init__(self, session_bus: str, *, answer_seconds: float) -> None:
        """Wake the accessibility bus and connect to it.

        Args:
            session_bus: address of the desk's session bus.
            answer_seconds: how long a program may take to answer one batch of questions.
        """
        self._answer_seconds = answer_seconds
        try:
            with contextlib.closing(open_dbus_connection(bus=session_bus.split(",guid")[0])) as session:
                launcher = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
                reply = session.send_and_get_reply(new_method_call(launcher, "GetAddress"), timeout=answer_seconds)
                if reply.header.message_type == MessageType.error:
                    raise SystemUnavailable("the accessibility bus does not start; apt-get install -y at-spi2-core")
            self._bus: DBusConnection = open_dbus_connection(bus=reply.body[0].split(",guid")[0])
        except (OSError, EOFError, TimeoutError):
            raise SystemUnavailable("the accessibility bus can't be reached") from None

    def close(self) -> None:
        """End the connection; never raises."""
        with contextlib.suppress(Exception):
            self._bus.close()

    def ask(self, questions: Sequence[Question]) -> list[Any]:
        """Return the answers in the order of the questions; None for a question that the program refused.

        Raises:
            SystemUnavailable: the bus is gone.
            SystemTooSlow: the program does not answer.
        """
        try:
            return self._ask(questions)
        except TimeoutError:
            raise SystemTooSlow("the program does not answer; it may be busy or hang") from None
        except (OSError, EOFError):
            raise SystemUnavailable("the accessibility bus is gone; the session is opened anew at the next try") from None

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        serials = [next(self._bus.outgoing_serial) for _ in questions]
        # All at once: the bus and the program wake up once for all of them and not once for each.
        self._bus.sock.sendall(b"".join(_call(question, serial) for question, serial in zip(questions, serials, strict=True)))
        answers: dict[int, Any] = {}
        waiting = set(serials)
        ends_at = time.monotonic() + self._answer_seconds
        while waiting:
            message = self._bus.receive(timeout=max(0.0, ends_at - time.monotonic()))
            serial = message.header.fields.get(HeaderFields.reply_serial)
            if serial in waiting:
                waiting.discard(serial)
                answers[serial] = None if message.header.message_type == MessageType.error else _plain(message.body)
        return [answers[serial] for serial in serials]

    def nodes(self, references: Sequence[Reference]) -> list[Node | None]:
        """Return each object as it is now; None for one that is gone."""
        kinds = (role_of, name_of, id_of, states_of)
        return [_node(reference, told) for reference, told in zip(references, self._told(references, kinds), strict=True)]

    def _told(self, references: Sequence[Reference], kinds: Sequence[Callable[[Reference], Question]]) -> list[list[Any]]:
        """Ask every object the same, in one round trip."""
        answers = self.ask([kind(reference) for reference in references for kind in kinds])
        return [answers[start : start + len(kinds)] for start in range(0, len(answers), len(kinds))]

    def _nodes_and_counts(self, references: Sequence[Reference]) -> list[tuple[Node | None, int]]:
        """Return each object as it is now, and how many children it has."""
        told = self._told(references, (role_of, name_of, id_of, states_of, child_count_of))
        return [(_node(reference, one[:-1]), one[-1] or 0) for reference, one in zip(references, told, strict=True)]

    def windows(self) -> list[Node]:
        """Return the windows of all programs that are showing."""
        (listed,) = self.ask([children_of(_REGISTRY)])
        programs = [_reference(one) for one in listed or ()]
        answers = self.ask([children_of(program) for program in programs])
        references = [_reference(window) for windows in answers for window in windows or ()]
        return [node for node in self.nodes(references) if node and node.has(SHOWING)]

    def walk(self, root: Reference) -> list[Node]:
        """Return everything that is showing in a window, the window first, level by level."""
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


@lru_cache(maxsize=_MOST_CALLS_KEPT)
def _written(question: Question) -> bytes:
    """Return the question as D-Bus carries it, with the serial number 1; writing it takes longer than its answer, and most are asked again."""
    address = DBusAddress(question.reference[1], question.reference[0], question.interface)
    written: bytes = new_method_call(address, question.member, question.signature, question.body).serialise(serial=1)
    return written


def _call(question: Question, serial: int) -> bytes:
    message = _written(question)
    # In every D-Bus message the serial number stands in bytes 8 to 11, in the order of bytes that the first one names.
    return message[:8] + serial.to_bytes(4, "little" if message[:1] == b"l" else "big") + message[12:]


def states_number(words: Sequence[int]) -> int:
    """Return the two words of a state set as one number."""
    low, high = words
    return low | high << 32


def _reference(pair: Sequence[str]) -> Reference:
    return (pair[0], pair[1])


def _plain(body: Sequence[Any]) -> Any:
    """Return the one value of an answer; a property comes with its type, which is left out."""
    if not body:
        return True
    value = body[0]
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and _is_signature(value):  # noqa: PLR2004 - a pair
        return value[1]
    return value


def _is_signature(pair: tuple[Any, ...]) -> bool:
    # A reference is a pair too, but its bus name starts with a colon and is longer than a type.
    return len(pair[0]) <= 1 or (pair[0].startswith(("a", "(")) and len(pair[0]) < 8)  # noqa: PLR2004 - longer than any type in the answers
