"""Finds views and elements on the desk by the ways of the selector file: exactly one, or an error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from PIL.Image import Image as Picture

from robots.errors import ElementAmbiguous, ElementMissing
from robots.run_log import Action, event
from robots.screens.desktop import ocr, pictures, tree
from robots.screens.desktop.asking import Question, Reference
from robots.screens.desktop.tree import Node, Tree
from robots.screens.desktop.x_screen import Box, XScreen
from robots.screens.selector_file import Element, SelectorFile, View
from robots.screens.ways import Accessible, Beside, Check, Image, Keys, Value, Way, Window, Words

_SAME_ROW_PIXELS = 4
_OTHER_PROGRAM = 10_000_000
_OTHER_TITLE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A window, as the X server and as the accessibility tree know it."""

    window: int
    #: None for a program without a tree
    root: Reference | None
    title: str
    is_modal: bool = False
    nodes: tuple[Node, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An element found by picture: its box on the screen."""

    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A value that can only be read off a picture: where it stands on the screen, and what makes it certain."""

    box: Box
    check: Check


Found = Node | Keys | Seen | Written


class Finder:
    """Looks for views and elements of one program on one desk."""

    def __init__(self, selectors: SelectorFile, screen: XScreen, accessible: Tree | None) -> None:
        """Look through `accessible`, or through window titles alone when the program has no tree."""
        self._selectors = selectors
        self._screen = screen
        self._tree = accessible
        self._known_nodes: dict[Reference, tuple[Node, ...]] = {}
        self._known_windows: dict[Reference, int] = {}
        self._drifted: set[str] = set()
        #: number of the program's X client; 0 until its first window shows
        self.client = 0

    def forget(self) -> None:
        """Walk the windows anew at the next question: something was pressed."""
        self._known_nodes.clear()

    def active_place(self) -> Place | None:
        """Return the program's active window; None when no window of the program is active."""
        if self._tree is None:
            window = self._screen.active_window()
            if not window or self._screen.client_of(window) != self.client:
                return None
            return Place(window=window, root=None, title=self._screen.title(window))
        active = [window for window in self._tree.windows() if window.has(tree.ACTIVE)]
        if len(active) != 1:
            return None
        (node,) = active
        window = self._x_window_of(node)
        if not window:
            return None
        return Place(window=window, root=node.reference, title=node.name, is_modal=node.has(tree.MODAL), nodes=self._nodes_in(node))

    def shows(self, view: View, place: Place) -> bool:
        """Say whether the view's landmark shows in the place."""
        return any(self._matches(way, place) for way in view.elements[view.landmark].ways)

    def find(self, view: View, names: Sequence[str], place: Place) -> dict[str, Found]:
        """Return each element of the view.

        Raises:
            ElementMissing: no way of an element matches.
            ElementAmbiguous: a way matches more than once.
        """
        # Each question only once, as all elements ask about the same nodes.
        with self._tree.one_look((view.name, *names)) if self._tree is not None else nullcontext():
            return {name: self._find(view, view.elements[name], place) for name in names}

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        return self._tree.ask(questions) if self._tree is not None else [None] * len(questions)

    def _find(self, view: View, element: Element, place: Place) -> Found:
        for number, way in enumerate(element.ways):
            matches = self._matches(way, place)
            if len(matches) > 1:
                message = "a way of the element matches more than once; make it say which one in the selector file"
                raise ElementAmbiguous(message, system=self._selectors.system, view=view.name, element=element.name)
            if matches:
                if number:
                    self._note_drift(view, element)
                return matches[0]
        message = "no way of the element matches; compare the selector file with the screen"
        raise ElementMissing(message, system=self._selectors.system, view=view.name, element=element.name)

    def _note_drift(self, view: View, element: Element) -> None:
        name = f"{view.name}.{element.name}"
        if name not in self._drifted:
            self._drifted.add(name)
            event(Action.DRIFT, system=self._selectors.system, step=name, level="WARNING")

    def _matches(self, way: Way, place: Place) -> list[Found]:
        match way:
            case Accessible():
                return [*(node for node in place.nodes if _is_it(node, way)), *self._labelled(way, place), *self._prompting(way, place)]
            case Beside():
                return list(self._beside(way, place))
            case Keys():
                return [way]
            case Window():
                return [Seen(box=(0, 0, 0, 0))] if place.title == way.title else []
            case Image():
                return list(self._seen(way, place))
            case Words(text=text):
                return [Seen(box=box) for box in self._read(text, self._on_screen(place, way.within))]
            case Value(check=check):
                box = self._on_screen(place, way.within)
                return [Written(box=box, check=check)] if box else []
            case _:
                return []  # ways of the web; the loader lets none through

    def _labelled(self, way: Accessible, place: Place) -> list[Node]:
        """The combo boxes whose label has the name: their own name is their value in some toolkits."""
        if self._tree is None or way.name is None or tree.COMBO_BOX not in tree.roles_named(way.role):
            return []
        boxes = [node for node in place.nodes if node.role == tree.COMBO_BOX and node.name.strip() != way.name.strip()]
        wanted = way.name.strip().rstrip(":")
        labels = {node.reference for node in place.nodes if node.role in tree.LABELS and node.name.strip().rstrip(":") == wanted}
        related = self._related(boxes, labels)
        return [node for node in related if _is_it(node, Accessible(role=way.role, id=way.id))]

    def _prompting(self, way: Accessible, place: Place) -> list[Node]:
        """The fields without a name of their own that show the name as a prompt while they are empty."""
        if self._tree is None or way.name is None:
            return []
        fields = [node for node in place.nodes if node.role in tree.FIELDS and not node.name and _is_it(node, Accessible(role=way.role, id=way.id))]
        attributes = self._ask([tree.attributes_of(field.reference) for field in fields])
        return [field for field, told in zip(fields, attributes, strict=True) if told and told.get("placeholder-text") == way.name]

    def _related(self, controls: Sequence[Node], labels: set[Reference]) -> list[Node]:
        """The controls that say that one of the labels is theirs."""
        if self._tree is None:
            return []
        relations = self._ask([tree.relations_of(control.reference) for control in controls])
        return [
            control
            for control, relation in zip(controls, relations, strict=True)
            if labels & {(target[0], target[1]) for kind, targets in relation or () if kind == tree.LABELLED_BY for target in targets}
        ]

    def _beside(self, way: Beside, place: Place) -> list[Node]:
        """The control that the program says the label is of, else the nearest one to the label's right on its row."""
        if self._tree is None:
            return []
        wanted = way.beside.strip().rstrip(":")
        labels = [node for node in place.nodes if node.role in tree.LABELS and node.name.strip().rstrip(":") == wanted]
        controls = [node for node in place.nodes if node.role in tree.roles_named(way.role)]
        related = self._related(controls, {label.reference for label in labels})
        if related:
            return related
        boxes = self._ask([tree.box_of(node.reference) for node in [*labels, *controls]])
        label_boxes, control_boxes = boxes[: len(labels)], boxes[len(labels) :]
        found = []
        for label_box in label_boxes:
            right = [
                (box[0] - label_box[0], control)
                for control, box in zip(controls, control_boxes, strict=True)
                if box and label_box and _is_right_of(box, label_box)
            ]
            if right:
                found.append(min(right, key=lambda one: one[0])[1])
        return found

    def _seen(self, way: Image, place: Place) -> list[Seen]:
        box = self._on_screen(place, way.within)
        if box is None:
            return []
        left, top, _, _ = box
        region = self._cut_out(box)
        return [Seen(box=(left + x, top + y, w, h)) for x, y, w, h in pictures.places_of(way.file, region, self._screen.display)]

    def _read(self, text: str, box: Box | None) -> list[Box]:
        places = ocr.places_of(text, self._cut_out(box)) if box is not None else []
        return [(box[0] + left, box[1] + top, width, height) for left, top, width, height in places] if box is not None else []

    def value_of(self, one: Written) -> str | None:
        """Return what stands there; None when it can't be read for certain."""
        return ocr.value_in(self._cut_out(one.box), one.check)

    def _cut_out(self, box: Box) -> Picture:
        left, top, width, height = box
        return pictures.grab(self._screen.display).crop((left, top, left + width, top + height))

    def _on_screen(self, place: Place, within: Box) -> Box | None:
        """Return where a region of the window lies on the screen; None when the window is gone."""
        box = self._screen.box(place.window)
        left, top, width, height = within
        return (box[0] + left, box[1] + top, width, height) if box is not None else None

    def windows(self) -> list[Place]:
        """Return all windows of the program."""
        if self._tree is not None:
            found = []
            for node in self._tree.windows():
                if window := self._x_window_of(node):
                    found.append(
                        Place(window=window, root=node.reference, title=node.name, is_modal=node.has(tree.MODAL), nodes=self._nodes_in(node))
                    )
            return found
        own = [window for window in self._screen.windows() if self._screen.client_of(window) == self.client]
        return [Place(window=window, root=None, title=self._screen.title(window)) for window in own]

    def _nodes_in(self, window: Node) -> tuple[Node, ...]:
        """Return the window's nodes: those of the last walk when all of them are as they were, else of a new walk."""
        accessible = self._tree
        if accessible is None:
            return ()
        known = self._known_nodes.get(window.reference)
        if known is not None:
            return known
        nodes = tuple(accessible.walk(window.reference))
        self._known_nodes[window.reference] = nodes
        return nodes

    def still_valid(self, nodes: Iterable[Node]) -> bool:
        """Say whether the nodes are still what they were when found."""
        asked = list(nodes)
        if self._tree is None or not asked:
            return True
        now = self._tree.nodes([node.reference for node in asked])
        return all(
            new is not None
            and new.has(tree.SHOWING)
            and (new.role, new.id) == (old.role, old.id)
            and (new.name == old.name or old.role == tree.COMBO_BOX)
            for new, old in zip(now, asked, strict=True)
        )

    def landmark_nodes(self, view: View, place: Place) -> list[Node]:
        """Return the nodes that prove the view."""
        ways = view.elements[view.landmark].ways
        return [node for way in ways for node in self._matches(way, place) if isinstance(node, Node)][:1]

    def matches(self, way: Way, place: Place) -> list[Found]:
        """Return everything that the way finds in the place."""
        return self._matches(way, place)

    def candidates(self, element: Element, place: Place) -> list[Node]:
        """Return all nodes that any way of the element matches; for blacking out, where too much is better than too little."""
        return [node for way in element.ways for node in self._matches(way, place) if isinstance(node, Node)]

    def written(self, element: Element, place: Place) -> list[Box]:
        """Return where values stand that can only be read off a picture; for blacking out."""
        values = [way for way in element.ways if isinstance(way, Value)]
        return [box for way in values if (box := self._on_screen(place, way.within))]

    def _x_window_of(self, node: Node) -> int:
        """Return the X window of an accessible window, by title, position and size; 0 when there is none yet."""
        if self._tree is None:
            return 0
        known = self._known_windows.get(node.reference)
        listed = self._screen.windows()
        if known in listed:
            return known or 0
        (extents,) = self._tree.ask([tree.box_of(node.reference)])
        if not extents:
            return 0
        candidates = []
        for window in listed:
            box = self._screen.box(window)
            if box is not None:
                distance = sum(abs(a - b) for a, b in zip(box, extents, strict=True))
                if self._screen.title(window) != node.name:
                    distance += _OTHER_TITLE
                if self.client and self._screen.client_of(window) != self.client:
                    distance += _OTHER_PROGRAM
                candidates.append((distance, window))
        distance, best = min(candidates, default=(_OTHER_PROGRAM, 0))
        if distance >= _OTHER_PROGRAM:
            return 0
        if self._screen.title(best) == node.name:
            # A dialog that has just come may not be listed yet: the nearest window is then another, and not to be remembered as the dialog's.
            self._known_windows[node.reference] = best
        return best


def _is_it(node: Node, way: Accessible) -> bool:
    if node.role not in tree.roles_named(way.role):
        return False
    if way.name is not None and node.name.strip() != way.name.strip():
        return False
    # Qt gives the whole path of object names; the file names the last of them.
    return way.id is None or node.id == way.id or node.id.rpartition(".")[2] == way.id


def _is_right_of(box: Box, label: Box) -> bool:
    middle = label[1] + label[3] / 2
    return label[0] + label[2] <= box[0] + _SAME_ROW_PIXELS and box[1] <= middle <= box[1] + box[3]
