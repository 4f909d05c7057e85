"""Entering values on a desktop screen: focus proven, keys inside the guard, every value read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from robots.errors import (
    ElementMissing,
    FocusLost,
    ScreenChanged,
    SystemTooSlow,
    ValueNotKept,
)
from robots.screens.desktop import tree
from robots.screens.desktop.finding import Found, Place, Seen, Written
from robots.screens.desktop.ground import Ground, click_on, is_open
from robots.screens.desktop.hands import Combination, Step, Text
from robots.screens.desktop.tree import Node
from robots.screens.desktop.waiting import Deadline
from robots.screens.formats import Format, is_same
from robots.screens.selector_file import Element, View
from robots.screens.ways import Keys

#: typed and read back differently so often: the field does not keep what is entered
_MOST_ATTEMPTS = 3
_ATTEMPT_SECONDS = 0.7
#: a value that has changed and then not for so long is what the program made of it
_STABLE_SECONDS = 0.2
_FOCUS_LEFT_SECONDS = 0.1
#: how long a program is asked eagerly for what it is just about to do; asked without any pause, it would be held up by the questions
_EAGER_SECONDS = 0.01
#: for a program that gives a field the keyboard some time after it was asked to
_FOCUS_COMES_SECONDS = 0.01
_TICKED = {"Ja": True, "Nej": False}


class Entering:
    """Fills in the elements of a view."""

    def __init__(self, ground: Ground) -> None:
        """Work on this ground."""
        self._ground = ground

    def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        """Enter each text and return what was read back, keyed by the names given."""
        if not values:
            return {}
        view, elements = self._ground.elements(list(values))
        place, found = self._ground.found(view, elements)
        for element, text in zip(elements, values.values(), strict=True):
            self._check_can_enter(view, element, found[element.name], text)
        held: dict[str, str] = {}
        nodes: dict[str, Node] = {}
        for (name, text), element in zip(values.items(), elements, strict=True):
            one = found[element.name]
            if isinstance(one, Node):
                self._enter_node(view, element, one, place, text)
                nodes[name] = one
            elif isinstance(one, Keys):
                held[name] = self._enter_keys(view, element, one, place, text)
        wanted = {nodes[name]: (element, text) for (name, text), element in zip(values.items(), elements, strict=True) if name in nodes}
        texts = self._read_back(view, wanted, place)
        return {name: texts[nodes[name]] if name in nodes else held[name] for name in values}

    def _check_can_enter(self, view: View, element: Element, one: Found, text: str) -> None:
        """Refuse, before the first key, what can't be entered."""
        where = {"system": self._ground.selectors.system, "view": view.name, "element": element.name}
        if element.is_read_only:
            raise ScreenChanged("the selector file says read_only; neither enter nor press it", **where)
        if isinstance(one, Seen | Written):
            raise ScreenChanged("an element found by picture, title or words can be pressed but not filled in", **where)
        if isinstance(one, Node) and one.role in (tree.CHECK_BOX, tree.RADIO_BUTTON):
            if text not in _TICKED:
                raise ValueNotKept("a check box takes Ja or Nej", **where)
            return
        if isinstance(one, Node) and one.role == tree.COMBO_BOX and not one.has(tree.EDITABLE):
            return
        has_lines = isinstance(one, Node) and one.has(tree.MULTI_LINE)
        if not has_lines and ("\n" in text or "\t" in text):
            raise ValueNotKept("a field of one line can't hold a line break or a tab", **where)
        if not self._ground.hands.can_type(text.replace("\t", "")):
            raise ValueNotKept("the text holds a character that can't be typed; nothing was entered", **where)
        if isinstance(one, Node) and not (is_open(one) and one.has(tree.EDITABLE)):
            raise ValueNotKept("the field can't be written in now: it is read-only or disabled", **where)

    def _enter_node(self, view: View, element: Element, node: Node, place: Place, text: str) -> None:
        if node.role in (tree.CHECK_BOX, tree.RADIO_BUTTON):
            self._enter_until(view, element, node, place, text, lambda _: [Combination(("space",))])
        elif node.role == tree.COMBO_BOX and not node.has(tree.EDITABLE):
            self._choose(view, element, node, place, text)
        elif element.is_secret or node.role == tree.PASSWORD:
            self._enter_until(view, element, node, place, "", _typing(""), is_secret=True)
            self._enter_until(view, element, node, place, text, _typing(text), is_secret=True)
        elif "\t" in text:
            self._enter_with_tabs(view, element, node, place, text)
        else:
            self._enter_until(view, element, node, place, text, _typing(text))

    def _enter_with_tabs(self, view: View, element: Element, node: Node, place: Place, text: str) -> None:
        """Type a text with tabs: one piece at a time, as a tab may move the keyboard to another field instead of standing in this one."""
        done, *pieces = re.split("(\t)", text)
        self._enter_until(view, element, node, place, done, _typing(done))
        for piece in pieces:
            if piece:
                steps: list[Step] = [Combination(("ctrl", "end")), Combination(("tab",)) if piece == "\t" else Text(piece)]
                self._enter_until(view, element, node, place, done + piece, partial(_adding, steps, done))
                done += piece

    def _choose(self, view: View, element: Element, node: Node, place: Place, text: str) -> None:
        """Choose an item in the opened list, so that the program sees one choice and not every item on the way."""
        accessible = self._ground.tree
        if accessible is None:
            return
        where = {"system": self._ground.selectors.system, "view": view.name, "element": element.name}
        deadline = self._ground.clock.deadline(self._ground.limits.answer_seconds)
        for _ in range(_MOST_ATTEMPTS):
            items, chosen = self._ground.choices(node)
            if items.count(text) != 1:
                raise ValueNotKept("the choice has no such item, or more than one; compare the code with the system's lists", **where)
            if chosen is not None and items[chosen] == text:
                return
            if not self._open_list(node, place):
                self._ground.regain(view, place, deadline)
                continue
            steps: list[Step] = [Combination(("home",)), *[Combination(("down",))] * items.index(text), Combination(("enter",))]
            self._ground.hands.act(place.window, steps)
            attempt = self._ground.clock.deadline(_ATTEMPT_SECONDS)
            while attempt.pause():
                items, chosen = self._ground.choices(node)
                if chosen is not None and items[chosen] == text and not self._listis_open(node):
                    return
            self._ground.hands.act(place.window, [Combination(("escape",))] if self._listis_open(node) else [])
        raise ValueNotKept("the choice does not hold what was chosen", **where)

    def _open_list(self, node: Node, place: Place) -> bool:
        box = self._ground.box_of(node)
        if box is None or not self._ground.hands.act(place.window, [click_on(box)]):
            return False
        attempt = self._ground.clock.deadline(_ATTEMPT_SECONDS)
        while not self._listis_open(node):
            if not attempt.pause():
                return False
        return True

    def _listis_open(self, node: Node) -> bool:
        if self._ground.tree is None:
            return False
        return any(one is not None and one.has(tree.SHOWING) for one in self._ground.tree.nodes(self._ground.tree.children([node.reference])))

    def _enter_until(
        self,
        view: View,
        element: Element,
        node: Node,
        place: Place,
        text: str,
        steps_from: Callable[[str], list[Step]],
        *,
        is_secret: bool = False,
    ) -> None:
        """Focus the element, send the keys inside the guard, read back; again until it holds the text or keeps refusing it."""
        accessible = self._ground.tree
        if accessible is None:
            return
        where = {"system": self._ground.selectors.system, "view": view.name, "element": element.name}
        deadline = self._ground.clock.deadline(self._ground.limits.answer_seconds)
        attempts = 0
        while True:
            bits, held = self._given_the_keyboard(accessible, node, where)
            if held is None or not node.has(tree.EDITABLE):
                held = self._ground.texts([node])[node.reference]
            # Only now, when the program has dealt with every key: half an amount can be the whole one in another way of writing.
            if _is_same(held, text, kind=element.format, is_secret=is_secret):
                return
            if attempts >= _MOST_ATTEMPTS:
                raise ValueNotKept("the field does not hold what was entered", **where)
            if bits & tree.FOCUSED and self._ground.hands.act(place.window, steps_from(held)):
                attempts += 1
                before, attempt = held, self._ground.clock.deadline(_ATTEMPT_SECONDS, eager_seconds=_EAGER_SECONDS)
                stable: Deadline | None = None
                latest = held
                has_caught_up = False
                while True:
                    held = self._ground.held(node)
                    if _is_same(held, text, kind=None, is_secret=is_secret):
                        return
                    if held != latest or stable is None:
                        latest, stable = held, self._ground.clock.deadline(_STABLE_SECONDS)
                    if not attempt.pause() or (held != before and stable.is_over):
                        if has_caught_up:
                            break
                        # Keys can still wait in line at a busy program; typed again now, the text would stand there twice.
                        has_caught_up = self._has_caught_up(place, where)
                        attempt, stable = self._ground.clock.deadline(_ATTEMPT_SECONDS), None
                continue
            self._ground.regain(view, place, deadline)
            if not deadline.pause():
                raise FocusLost("the field does not take the keyboard; no key was sent", **where)

    def _given_the_keyboard(self, accessible: tree.Tree, node: Node, where: Mapping[str, str]) -> tuple[int, str | None]:
        """Ask for the keyboard for the element; return its states once it says that it has it, or soon does not, and what it held just before."""
        states_of, text_of = tree.states_of(node.reference), tree.text_of(node.reference)
        has_asked_again = False
        _, held, states = accessible.ask([tree.focus(node.reference), text_of, states_of])
        coming = self._ground.clock.deadline(_FOCUS_COMES_SECONDS, eager_seconds=_FOCUS_COMES_SECONDS)
        while True:
            if states is None:
                raise ElementMissing("the element is gone; the view changed while it was filled in", **where)
            bits = tree.states_number(states)
            # The first time without a pause: most need no longer than the way there and back.
            if bits & tree.FOCUSED or (has_asked_again and not coming.pause()):
                return bits, held
            has_asked_again = True
            held, states = accessible.ask([text_of, states_of])

    def _has_caught_up(self, place: Place, where: Mapping[str, str]) -> bool:
        if not self._ground.pings.caught_up(place.window, self._ground.clock.deadline(self._ground.limits.view_seconds)):
            raise SystemTooSlow("the program has not dealt with what was typed; it may be busy or hang", **where)
        return True

    def _read_back(self, view: View, wanted: Mapping[Node, tuple[Element, str]], place: Place) -> dict[Node, str]:
        """Read everything once more when the last field has lost the keyboard: some programs change a value then."""
        accessible = self._ground.tree
        if accessible is None or not wanted:
            return {}
        last = list(wanted)[-1]
        elsewhere = next((node for node in place.nodes if node.reference != last.reference and is_open(node) and node.has(tree.FOCUSABLE)), None)
        if elsewhere is not None:
            deadline = self._ground.clock.deadline(_FOCUS_LEFT_SECONDS, eager_seconds=_EAGER_SECONDS)
            while True:
                _, states = accessible.ask([tree.focus(elsewhere.reference), tree.states_of(last.reference)])
                if states is None or not tree.states_number(states) & tree.FOCUSED or not deadline.pause():
                    break
        texts = self._ground.texts(list(wanted))
        for node, (element, text) in wanted.items():
            is_secret = element.is_secret or node.role == tree.PASSWORD
            if not _is_same(texts[node.reference], text, kind=element.format, is_secret=is_secret):
                message = "the field does not hold what was entered"
                raise ValueNotKept(message, system=self._ground.selectors.system, view=view.name, element=element.name)
        return {node: texts[node.reference] for node in wanted}

    def _enter_keys(self, view: View, element: Element, way: Keys, place: Place, text: str) -> str:
        deadline = self._ground.clock.deadline(self._ground.limits.answer_seconds)
        content: Step = Text(text) if text else Combination(("delete",))
        attempts = 0
        while attempts < _MOST_ATTEMPTS:
            if self._ground.hands.act(place.window, [Combination(way.keys), Combination(self._ground.selectors.select_all), content]):
                attempts += 1
                held = self._ground.copied(view, element, way, place, deadline)
                if _is_same(held, text, kind=element.format, is_secret=element.is_secret):
                    return held
            else:
                self._ground.regain(view, place, deadline)
                if not deadline.pause():
                    raise FocusLost("another window keeps the keyboard; no key was sent", system=self._ground.selectors.system, view=view.name)
        raise ValueNotKept("the field does not hold what was entered", system=self._ground.selectors.system, view=view.name, element=element.name)


def _adding(steps: list[Step], before: str, held: str) -> list[Step]:
    """Add to what is there, if it is what was typed before."""
    return steps if held == before else []


def _typing(text: str) -> Callable[[str], list[Step]]:
    def steps(held: str) -> list[Step]:
        clear: list[Step] = [Combination(("ctrl", "a"))] if held else []
        return [*clear, Text(text) if text else Combination(("delete",))]

    return steps


def _is_same(held: str, text: str, *, kind: Format | None, is_secret: bool) -> bool:
    """Compare; of a secret the screen tells the length only."""
    return len(held) == len(text) if is_secret else is_same(held, text, kind)
