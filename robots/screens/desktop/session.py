"""The blocking work of a desktop screen, on one thread: prove the view, find, read, enter, press."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from robots.errors import (
    DialogUnknown,
    ElementAmbiguous,
    ElementMissing,
    FocusLost,
    KollegaError,
    ScreenChanged,
    SessionLost,
    SystemTooSlow,
    SystemUnavailable,
    ValueNotKept,
)
from robots.screens import TimeLimits
from robots.screens.desktop import pictures, tables, tree
from robots.screens.desktop.clipboard import Clipboard, NothingCopied
from robots.screens.desktop.desk import Desk
from robots.screens.desktop.finding import Finder, Found, Place, Seen
from robots.screens.desktop.hands import Click, Combination, Step, Text
from robots.screens.desktop.tree import Node, Tree
from robots.screens.desktop.waiting import Clock, Deadline
from robots.screens.selector_file import Accessible, Beside, Element, Keys, SelectorFile, View

#: how long an active window that no view explains may go on loading before it counts as an unknown dialog
_GRACE_SECONDS = 1.0
#: typed and read back differently so often: the field does not keep what is entered
_MOST_ATTEMPTS = 3
_ATTEMPT_SECONDS = 0.7
#: a value that has changed and then not for so long is what the program made of it
_STABLE_SECONDS = 0.2
#: for the window manager to give the keyboard back before it is asked again
_REGAIN_SECONDS = 0.05
_CLICK_TAKEN_SECONDS = 0.1
_COPY_SECONDS = 1.0
_TICKED = {"Ja": True, "Nej": False}
#: two clicks closer than this are a double click, and apart as long as that they are two
_DOUBLE_CLICK_SECONDS = 0.25
_CLICKS_APART_SECONDS = 0.6


class Session:
    """One program on one desk. All methods block; used by one thread at a time."""

    def __init__(
        self,
        selectors: SelectorFile,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        pictures_folder: Path,
        limits: TimeLimits,
        clock: Clock,
    ) -> None:
        """Set up the desk, start the program and wait for its first window."""
        self._selectors = selectors
        self._limits = limits
        self._clock = clock
        self._pictures_folder = pictures_folder
        self._tree: Tree | None = None
        self._desk = Desk(clock)
        try:
            self._screen = self._desk.x_screen
            self._hands = self._desk.hands
            self._clipboard = Clipboard(self._screen, clock)
            if _needs_tree(selectors):
                self._tree = Tree(self._desk.bus_address, answer_seconds=limits.answer_seconds)
            self._finder = Finder(selectors, self._screen, self._tree)
            self._desk.start_program(command, environment)
            self._wait_for_first_window()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the program and its desk; never raises."""
        with contextlib.suppress(Exception):
            if self._tree is not None:
                self._tree.close()
        self._desk.close()

    @property
    def display(self) -> str:
        """The X display of the desk."""
        return self._desk.display

    @property
    def program_process_id(self) -> int | None:
        """The process id of the program."""
        return self._desk.program_process_id

    def _wait_for_first_window(self) -> None:
        deadline = self._clock.deadline(self._limits.view_seconds)
        while True:
            windows = self._screen.windows()
            if windows:
                self._finder.client = self._screen.client_of(windows[0])
            if windows and (self._tree is None or self._tree.windows()):
                return
            self._check_alive()
            if not deadline.pause():
                raise SystemTooSlow("the program shows no window; start it by hand to see why", system=self._selectors.system)

    # --- which view shows

    def showing(self, view_name: str) -> bool:
        """Say whether the view's landmark shows now."""
        self._check_alive()
        view = self._selectors.view(view_name)
        self._finder.forget()
        place = self._finder.active_place()
        return place is not None and self._finder.shows(view, place)

    def show(self, view_name: str) -> None:
        """Bring the view up by the way of reaching it, if it does not show."""
        view = self._selectors.view(view_name)
        if view.reach is None or self.showing(view_name):
            self._prove((view_name,), self._limits.view_seconds)
            return
        self.show(view.reach.view)
        self.press(f"{view.reach.view}.{view.reach.element}", then=(view_name,))

    def wait_for(self, view_names: Sequence[str]) -> str:
        """Return the first of the views that shows."""
        self._finder.forget()
        return self._prove(view_names, self._limits.view_seconds)[0]

    def _prove(self, view_names: Sequence[str], seconds: float, *, coming_from: str = "") -> tuple[str, Place]:
        """Return the first of the views that shows, and where; while the view `coming_from` still shows, the program may be at work.

        Raises:
            DialogUnknown: a window is in the way that no view explains.
            SessionLost: a view that means so shows instead.
            ElementMissing: the program's window shows no view of the file.
            FocusLost: another program keeps the keyboard.
            SystemTooSlow: none of the views came in time.
            SystemUnavailable: the program has ended.
        """
        wanted = [self._selectors.view(name) for name in view_names]
        others = [view for view in self._selectors.views.values() if view.name not in view_names]
        deadline = self._clock.deadline(seconds)
        stranger, stranger_since = 0, 0.0
        elsewhere: Deadline | None = None
        is_first_look = True
        while True:
            place = self._look(refresh=not is_first_look)
            if place is not None:
                for view in wanted:
                    if self._finder.shows(view, place):
                        if not is_first_look or self._finder.still_valid(self._finder.landmark_nodes(view, place)):
                            return view.name, place
                        break
            if is_first_look:
                is_first_look = False
                continue
            showing = [view.name for view in others if place is not None and self._finder.shows(view, place)]
            for name in showing:
                if name in self._selectors.session_lost:
                    raise SessionLost("the system wants a new log-in", system=self._selectors.system, view=name)
            if place is not None and not showing and self._is_dialog(place):
                if stranger != place.window:
                    stranger, stranger_since = place.window, time.monotonic()
                elif time.monotonic() - stranger_since > _GRACE_SECONDS:
                    message = "a dialog is up that the selector file does not name; see the picture, and add it as a view"
                    raise DialogUnknown(message, system=self._selectors.system, view=wanted[0].name)
            else:
                stranger = 0
            if not showing or coming_from in showing:
                elsewhere = None
            elif elsewhere is None:
                elsewhere = self._clock.deadline(self._limits.answer_seconds)
            self._check_alive()
            if place is None:
                self._ask_for_keyboard()
            if not deadline.pause() or (elsewhere is not None and elsewhere.is_over):
                raise self._not_showing(wanted[0], place, showing, coming_from)

    def _look(self, *, refresh: bool) -> Place | None:
        if refresh:
            self._finder.forget()
        return self._finder.active_place()

    def _is_dialog(self, place: Place) -> bool:
        return place.is_modal or self._selectors.window not in place.title

    def _not_showing(self, view: View, place: Place | None, showing: Sequence[str], coming_from: str) -> KollegaError:
        where = {"system": self._selectors.system, "view": view.name}
        if place is None:
            return FocusLost("another window keeps the keyboard; no key was sent", **where)
        if coming_from in showing:
            return SystemTooSlow(f"the view did not come in time; {coming_from} still shows", **where)
        if showing:
            return ElementMissing(f"the view does not show; {showing[0]} does", element=view.landmark, **where)
        return ElementMissing("no view of the selector file shows; compare its landmarks with the screen", element=view.landmark, **where)

    def _ask_for_keyboard(self) -> None:
        """Ask the window manager for the program's newest window, unless one of its windows is active already."""
        active = self._screen.active_window()
        if active and self._screen.client_of(active) == self._finder.client and self._screen.has_focus(active):
            return
        own = [window for window in self._screen.windows() if self._screen.client_of(window) == self._finder.client]
        if own:
            self._screen.ask_to_activate(own[-1])

    def check_alive(self, *, wait_seconds: float = 0.0) -> None:
        """Raise SystemUnavailable if the program or its screen is no more; a program that is just ending gets so long."""
        self._desk.wait_for_end(wait_seconds)
        self._check_alive()

    def _check_alive(self) -> None:
        if self._desk.program_has_ended:
            raise SystemUnavailable("the program has ended", system=self._selectors.system)
        if self._desk.has_ended:
            raise SystemUnavailable("the private screen is gone; the session is opened anew at the next try", system=self._selectors.system)

    # --- finding elements

    def _elements(self, names: Sequence[str]) -> tuple[View, list[Element]]:
        found = [self._selectors.element(name) for name in names]
        views = {view.name for view, _ in found}
        if len(views) != 1:
            raise ElementMissing("the elements of one call must be of one view; correct the code", system=self._selectors.system)
        return found[0][0], [element for _, element in found]

    def _found(self, view: View, elements: Sequence[Element]) -> tuple[Place, dict[str, Found]]:
        """Prove the view and return every element, waiting a little for those that have not come yet."""
        names = [element.name for element in elements]
        deadline = self._clock.deadline(self._limits.answer_seconds)
        is_fresh = False
        while True:
            _, place = self._prove((view.name,), self._limits.answer_seconds)
            try:
                found = self._finder.find(view, names, place)
            except ElementMissing:
                self._finder.forget()
                if not deadline.pause():
                    raise
            else:
                if is_fresh or self._finder.still_valid(one for one in found.values() if isinstance(one, Node)):
                    return place, found
                self._finder.forget()
            is_fresh = True

    # --- reading

    def read(self, names: Sequence[str]) -> dict[str, str]:
        """Return the text of each element."""
        if not names:
            return {}
        view, elements = self._elements(names)
        place, found = self._found(view, elements)
        nodes = [one for one in found.values() if isinstance(one, Node)]
        texts = self._texts(nodes)
        result = {}
        for name, element in zip(names, elements, strict=True):
            one = found[element.name]
            if isinstance(one, Node):
                result[name] = texts[one.reference]
            elif isinstance(one, Keys):
                result[name] = self._copied(view, element, one, place, self._clock.deadline(self._limits.answer_seconds))
            else:
                result[name] = place.title
        return result

    def _texts(self, nodes: Sequence[Node]) -> dict[tree.Reference, str]:
        """Return what each element holds, in one round trip; a choice needs two more."""
        accessible = self._tree
        if accessible is None:
            return {}
        answers = accessible.ask([question(node.reference) for node in nodes for question in (tree.text_of, tree.name_of, tree.states_of)])
        texts: dict[tree.Reference, str] = {}
        for index, node in enumerate(nodes):
            text, name, states = answers[3 * index : 3 * index + 3]
            if states is None:
                raise ElementMissing("the element is gone; the view changed while it was read", system=self._selectors.system)
            if node.role in (tree.CHECK_BOX, tree.RADIO_BUTTON):
                texts[node.reference] = "Ja" if tree.states_number(states) & tree.CHECKED else "Nej"
            elif node.role == tree.COMBO_BOX and text is None:
                items, chosen = self._choices(node)
                texts[node.reference] = items[chosen] if chosen is not None else ""
            else:
                texts[node.reference] = name or "" if text is None else text
        return texts

    def _choices(self, node: Node) -> tuple[list[str], int | None]:
        """Return the items of a choice and which is chosen."""
        accessible = self._tree
        if accessible is None:
            return [], None
        lists = accessible.children([node.reference])
        items = [item for item in accessible.nodes(accessible.children(lists)) if item is not None and item.role in tree.ITEM_ROLES]
        chosen = [number for number, item in enumerate(items) if item.has(tree.SELECTED)]
        return [item.name for item in items], chosen[0] if len(chosen) == 1 else None

    def _copied(self, view: View, element: Element, way: Keys, place: Place, deadline: Deadline) -> str:
        """Return the text of a field of a program without a tree, through the clipboard."""
        steps = [Combination(way.keys), Combination(self._selectors.select_all), Combination(self._selectors.copy)]
        while True:
            copy = partial(self._hands.act, place.window, steps)
            try:
                text = self._clipboard.copied(place.window, copy, seconds=_COPY_SECONDS)
            except NothingCopied:
                text = None
                self._check_alive()
                if deadline.is_over:
                    message = "the field gives no text to the clipboard; check `select_all` and `copy` in the selector file"
                    raise ScreenChanged(message, system=self._selectors.system, view=view.name, element=element.name) from None
            if text is not None:
                return text
            if deadline.is_over:
                raise FocusLost("another window keeps the keyboard; no key was sent", system=self._selectors.system, view=view.name)
            self._regain(view, place, deadline)

    # --- entering

    def enter(self, values: Mapping[str, str]) -> None:
        """Enter each text and read it back."""
        if not values:
            return
        view, elements = self._elements(list(values))
        place, found = self._found(view, elements)
        for element, text in zip(elements, values.values(), strict=True):
            self._check_can_enter(view, element, found[element.name], text)
        for element, text in zip(elements, values.values(), strict=True):
            one = found[element.name]
            if isinstance(one, Node):
                self._enter_node(view, element, one, place, text)
            elif isinstance(one, Keys):
                self._enter_keys(view, element, one, place, text)
        wanted = {
            found[element.name]: (element, text)
            for element, text in zip(elements, values.values(), strict=True)
            if isinstance(found[element.name], Node)
        }
        self._read_back(view, {one: pair for one, pair in wanted.items() if isinstance(one, Node)}, place)

    def _check_can_enter(self, view: View, element: Element, one: Found, text: str) -> None:
        """Refuse, before the first key, what can't be entered."""
        where = {"system": self._selectors.system, "view": view.name, "element": element.name}
        if element.is_read_only:
            raise ScreenChanged("the selector file says read_only; neither enter nor press it", **where)
        if isinstance(one, Seen):
            raise ScreenChanged("an element found by picture or title can be pressed but not filled in", **where)
        if isinstance(one, Node) and one.role in (tree.CHECK_BOX, tree.RADIO_BUTTON):
            if text not in _TICKED:
                raise ValueNotKept("a check box takes Ja or Nej", **where)
            return
        if isinstance(one, Node) and one.role == tree.COMBO_BOX and not one.has(tree.EDITABLE):
            return
        has_lines = isinstance(one, Node) and one.has(tree.MULTI_LINE)
        if not has_lines and ("\n" in text or "\t" in text):
            raise ValueNotKept("a field of one line can't hold a line break or a tab", **where)
        if not self._hands.can_type(text.replace("\t", "")):
            raise ValueNotKept("the text holds a character that can't be typed; nothing was entered", **where)
        if isinstance(one, Node) and not (_is_open(one) and one.has(tree.EDITABLE)):
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
        accessible = self._tree
        if accessible is None:
            return
        where = {"system": self._selectors.system, "view": view.name, "element": element.name}
        deadline = self._clock.deadline(self._limits.answer_seconds)
        for _ in range(_MOST_ATTEMPTS):
            items, chosen = self._choices(node)
            if items.count(text) != 1:
                raise ValueNotKept("the choice has no such item, or more than one; compare the code with the system's lists", **where)
            if chosen is not None and items[chosen] == text:
                return
            if not self._open_list(node, place):
                self._prove((view.name,), max(deadline.seconds_left, _GRACE_SECONDS * 2))
                continue
            steps: list[Step] = [Combination(("home",)), *[Combination(("down",))] * items.index(text), Combination(("enter",))]
            self._hands.act(place.window, steps)
            attempt = self._clock.deadline(_ATTEMPT_SECONDS)
            while attempt.pause():
                items, chosen = self._choices(node)
                if chosen is not None and items[chosen] == text and not self._list_is_open(node):
                    return
            self._hands.act(place.window, [Combination(("escape",))] if self._list_is_open(node) else [])
        raise ValueNotKept("the choice does not hold what was chosen", **where)

    def _open_list(self, node: Node, place: Place) -> bool:
        box = self._box(node)
        if box is None or not self._hands.act(place.window, [_click_on(box)]):
            return False
        attempt = self._clock.deadline(_ATTEMPT_SECONDS)
        while not self._list_is_open(node):
            if not attempt.pause():
                return False
        return True

    def _list_is_open(self, node: Node) -> bool:
        if self._tree is None:
            return False
        return any(one is not None and one.has(tree.SHOWING) for one in self._tree.nodes(self._tree.children([node.reference])))

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
        accessible = self._tree
        if accessible is None:
            return
        where = {"system": self._selectors.system, "view": view.name, "element": element.name}
        deadline = self._clock.deadline(self._limits.answer_seconds)
        attempts = 0
        while True:
            _, states, held = accessible.ask([tree.focus(node.reference), tree.states_of(node.reference), tree.text_of(node.reference)])
            if states is None:
                raise ElementMissing("the element is gone; the view changed while it was filled in", **where)
            bits = tree.states_number(states)
            if held is None or not node.has(tree.EDITABLE):
                held = self._texts([node])[node.reference]
            if _is_same(held, text, is_secret=is_secret):
                return
            if attempts >= _MOST_ATTEMPTS:
                raise ValueNotKept("the field does not hold what was entered", **where)
            if bits & tree.FOCUSED and self._hands.act(place.window, steps_from(held)):
                attempts += 1
                before, attempt = held, self._clock.deadline(_ATTEMPT_SECONDS)
                stable: Deadline | None = None
                latest = held
                while True:
                    held = self._held(node)
                    if _is_same(held, text, is_secret=is_secret):
                        return
                    if held != latest or stable is None:
                        latest, stable = held, self._clock.deadline(_STABLE_SECONDS)
                    if not attempt.pause() or (held != before and stable.is_over):
                        break
                continue
            self._regain(view, place, deadline)
            if not deadline.pause():
                raise FocusLost("the field does not take the keyboard; no key was sent", **where)

    def _regain(self, view: View, place: Place, deadline: Deadline) -> None:
        """Get the keyboard back from another program; a window of the program itself in front is looked into."""
        if self._screen.has_focus(place.window):
            return
        active = self._screen.active_window()
        if active != place.window and self._screen.client_of(active) == self._finder.client:
            self._prove((view.name,), max(deadline.seconds_left, _GRACE_SECONDS * 2))
            return
        self._check_alive()
        self._screen.ask_to_activate(place.window)
        moment = self._clock.deadline(_REGAIN_SECONDS)
        while not self._screen.has_focus(place.window) and moment.pause():
            pass

    def _held(self, node: Node) -> str:
        """Return what one field holds, in one round trip when it has a text of its own."""
        if self._tree is not None and node.has(tree.EDITABLE):
            (text,) = self._tree.ask([tree.text_of(node.reference)])
            if text is not None:
                return str(text)
        return self._texts([node])[node.reference]

    def _read_back(self, view: View, wanted: Mapping[Node, tuple[Element, str]], place: Place) -> None:
        """Read everything once more when the last field has lost the keyboard: some programs change a value then."""
        accessible = self._tree
        if accessible is None or not wanted:
            return
        last = list(wanted)[-1]
        elsewhere = next((node for node in place.nodes if node.reference != last.reference and _is_open(node) and node.has(tree.FOCUSABLE)), None)
        if elsewhere is not None:
            deadline = self._clock.deadline(_CLICK_TAKEN_SECONDS)
            while True:
                _, states = accessible.ask([tree.focus(elsewhere.reference), tree.states_of(last.reference)])
                if states is None or not tree.states_number(states) & tree.FOCUSED or not deadline.pause():
                    break
        texts = self._texts(list(wanted))
        for node, (element, text) in wanted.items():
            is_secret = element.is_secret or node.role == tree.PASSWORD
            if not _is_same(texts[node.reference], text, is_secret=is_secret):
                message = "the field does not hold what was entered"
                raise ValueNotKept(message, system=self._selectors.system, view=view.name, element=element.name)

    def _enter_keys(self, view: View, element: Element, way: Keys, place: Place, text: str) -> None:
        deadline = self._clock.deadline(self._limits.answer_seconds)
        content: Step = Text(text) if text else Combination(("delete",))
        attempts = 0
        while attempts < _MOST_ATTEMPTS:
            if self._hands.act(place.window, [Combination(way.keys), Combination(self._selectors.select_all), content]):
                attempts += 1
                held = self._copied(view, element, way, place, deadline)
                if _is_same(held, text, is_secret=element.is_secret):
                    return
            else:
                self._regain(view, place, deadline)
                if not deadline.pause():
                    raise FocusLost("another window keeps the keyboard; no key was sent", system=self._selectors.system, view=view.name)
        raise ValueNotKept("the field does not hold what was entered", system=self._selectors.system, view=view.name, element=element.name)

    # --- pressing

    def press(self, name: str, *, then: Sequence[str]) -> str:
        """Press the element; return the first of the views `then` that shows."""
        view, (element,) = self._elements([name])
        if element.is_read_only:
            raise ScreenChanged(
                "the selector file says read_only; neither enter nor press it", system=self._selectors.system, view=view.name, element=element.name
            )
        for after in then:
            self._selectors.view(after)
        self._press(view, element)
        return self._prove(then, self._limits.view_seconds, coming_from=view.name)[0]

    def _press(self, view: View, element: Element) -> None:
        where = {"system": self._selectors.system, "view": view.name, "element": element.name}
        deadline = self._clock.deadline(self._limits.answer_seconds)
        while True:
            place, found = self._found(view, [element])
            one = found[element.name]
            if isinstance(one, Keys):
                steps: list[Step] = [Combination(one.keys)]
            else:
                box = self._box(one)
                steps = [_click_on(box)] if box else []
            if steps and self._hands.act(place.window, steps):
                self._finder.forget()
                if isinstance(one, Node):
                    self._wait_until_taken(one)
                return
            self._finder.forget()
            if not deadline.pause():
                if not steps:
                    raise ScreenChanged("the element is disabled or lies outside its window; nothing was pressed", **where)
                raise FocusLost("another window is in the way; nothing was pressed", **where)

    def _box(self, one: Node | Seen) -> tree.Box | None:
        """Return where to press; None when it can't be pressed now."""
        if isinstance(one, Seen):
            return one.box if one.box[2] else None
        if self._tree is None:
            return None
        box, states = self._tree.ask([tree.box_of(one.reference), tree.states_of(one.reference)])
        wanted = tree.ENABLED | tree.SENSITIVE | tree.SHOWING
        if box is None or states is None or tree.states_number(states) & wanted != wanted or box[2] <= 0 or box[3] <= 0:
            return None
        return (box[0], box[1], box[2], box[3])

    def _wait_until_taken(self, node: Node) -> None:
        """Wait until a click has reached the program, which shows as focus, so that the old view is not taken for the new one."""
        if self._tree is None or not node.has(tree.FOCUSABLE):
            return
        deadline = self._clock.deadline(_CLICK_TAKEN_SECONDS)
        while True:
            (states,) = self._tree.ask([tree.states_of(node.reference)])
            bits = tree.states_number(states) if states else 0
            if not bits & tree.SHOWING or bits & tree.FOCUSED or not deadline.pause():
                return

    # --- tables

    def rows(self, name: str) -> list[dict[str, str]]:
        """Return the rows of the table over all its pages."""
        view, element, table = self._table(name)
        rows = table.texts()
        while element.next_page and self._turn_page(view, element, table):
            view, element, table = self._table(name)
            rows += table.texts()
        return rows

    def _table(self, name: str) -> tuple[View, Element, tables.Table]:
        view, (element,) = self._elements([name])
        _, found = self._found(view, [element])
        node = found[element.name]
        if not isinstance(node, Node) or self._tree is None:
            message = "only a table in the accessibility tree can be read; use `accessible` in the selector file"
            raise ElementMissing(message, system=self._selectors.system, view=view.name, element=element.name)
        try:
            return view, element, tables.Table(self._tree, node.reference, element.columns)
        except KollegaError as error:
            error.system, error.view, error.element = self._selectors.system, view.name, element.name
            raise

    def _turn_page(self, view: View, element: Element, table: tables.Table) -> bool:
        """Press the element that turns the page, and wait for other rows; return False when it can't be pressed: the last page."""
        try:
            _, found = self._found(view, [view.elements[element.next_page]])
        except ElementMissing:
            return False
        one = found[element.next_page]
        if isinstance(one, (Node, Seen)) and self._box(one) is None:
            return False
        before = table.texts()
        self._press(view, view.elements[element.next_page])
        deadline = self._clock.deadline(self._limits.answer_seconds)
        while table.texts() == before:
            if not deadline.pause():
                raise SystemTooSlow("the next page did not come in time", system=self._selectors.system, view=view.name, element=element.name)
        return True

    def pick(self, name: str, row: Mapping[str, str], *, then: str) -> None:
        """Open the one row that holds exactly these texts, on the first page that has one."""
        self._selectors.view(then)
        view, element, table = self._table(name)
        where = {"system": self._selectors.system, "view": view.name, "element": element.name}
        while not (numbers := table.matching(row)):
            if not element.next_page or not self._turn_page(view, element, table):
                raise ElementMissing("no row of the table holds these texts", **where)
            view, element, table = self._table(name)
        if len(numbers) > 1:
            raise ElementAmbiguous("more than one row of the table holds these texts", **where)
        deadline = self._clock.deadline(self._limits.answer_seconds)
        while True:
            place, _ = self._found(view, [element])
            if table.matching(row) != numbers:
                raise ScreenChanged("the table changed while a row was picked; nothing was opened", **where)
            box = table.box_in_sight(numbers[0])
            if box is None:
                table.take_focus()
                # The keys bring the row into sight; it is opened by the pointer when it is there.
                self._hands.act(place.window, [Combination(("ctrl", "home")), *[Combination(("down",))] * numbers[0]])
            elif self._double_click(place, table, numbers[0], box):
                break
            if not deadline.pause():
                raise FocusLost("the row can't be reached; nothing was opened", **where)
        self._finder.forget()
        self._prove((then,), self._limits.view_seconds, coming_from=view.name)

    def _double_click(self, place: Place, table: tables.Table, row: int, box: tree.Box) -> bool:
        """Click the row, see that it is the one selected, and click again; return False when either could not be done."""
        if not self._hands.act(place.window, [_click_on(box)]):
            return False
        pair = self._clock.deadline(_DOUBLE_CLICK_SECONDS)
        while not table.is_selected(row):
            if not pair.pause():
                break
        if not pair.is_over:
            # Two clicks at the very same time of the X server's clock are one to some toolkits.
            pair.pause()
            pair.pause()
            if self._hands.act(place.window, [_click_on(box)]):
                return True
        # The next click must not become the second of this pair.
        apart = self._clock.deadline(_CLICKS_APART_SECONDS)
        while apart.pause():
            pass
        return False

    # --- evidence

    def picture(self) -> str:
        """Save a picture of the program's windows without anything personal; return its path, empty when nothing can be told apart."""
        try:
            # Looked up before and after the picture, so that nothing shows that came or moved meanwhile.
            before = self._personal_boxes()
            whole = pictures.grab(self._desk.display)
            hidden = before + self._personal_boxes()
        except KollegaError:
            return ""
        shown: list[tree.Box] = []
        for window in self._screen.windows():
            if self._screen.client_of(window) == self._finder.client and (box := self._screen.box(window)):
                top = self._screen.title_bar_height(window)
                shown.append((box[0], box[1] - top, box[2], top + (box[3] if self._tree is not None else 0)))
        picture = pictures.masked(whole, shown=shown, hidden=hidden)
        return str(pictures.save(picture, self._pictures_folder, self._selectors.system))

    def _personal_boxes(self) -> list[tree.Box]:
        """Where personal values show: fields, tables, what the file calls personal, and every text of a window it does not know."""
        accessible = self._tree
        if accessible is None:
            return []
        self._finder.forget()
        hidden: set[tree.Reference] = set()
        for place in self._finder.windows():
            views = [view for view in self._selectors.views.values() if self._finder.shows(view, place)]
            hidden |= {node.reference for node in place.nodes if node.role in tree.FIELDS | tree.TABLES or node.has(tree.EDITABLE)}
            if not views:
                hidden |= {node.reference for node in place.nodes if node.role in tree.LABELS}
            for view in views:
                for element in view.elements.values():
                    if element.is_personal or element.is_secret:
                        hidden |= {node.reference for node in self._finder.candidates(element, place)}
        boxes = accessible.ask([tree.box_of(reference) for reference in hidden])
        return [(box[0], box[1], box[2], box[3]) for box in boxes if box]


def _click_on(box: tree.Box) -> Click:
    return Click(box[0] + box[2] // 2, box[1] + box[3] // 2)


def _adding(steps: list[Step], before: str, held: str) -> list[Step]:
    """Add to what is there, if it is what was typed before."""
    return steps if held == before else []


def _typing(text: str) -> Callable[[str], list[Step]]:
    def steps(held: str) -> list[Step]:
        clear: list[Step] = [Combination(("ctrl", "a"))] if held else []
        return [*clear, Text(text) if text else Combination(("delete",))]

    return steps


def _is_same(held: str, text: str, *, is_secret: bool) -> bool:
    """Compare; of a secret the screen tells the length only."""
    return len(held) == len(text) if is_secret else held == text


def _is_open(node: Node) -> bool:
    return node.has(tree.ENABLED, tree.SENSITIVE, tree.SHOWING) and not node.has(tree.READ_ONLY)


def _needs_tree(selectors: SelectorFile) -> bool:
    ways = (way for view in selectors.views.values() for element in view.elements.values() for way in element.ways)
    return any(isinstance(way, (Accessible, Beside)) for way in ways)
