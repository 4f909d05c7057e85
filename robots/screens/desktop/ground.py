"""What a desktop screen stands on: a desk with its program, which view shows there, and what its elements hold."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from robots.errors import (
    CaseNeedsPerson,
    DialogUnknown,
    ElementAmbiguous,
    ElementMissing,
    FocusLost,
    KollegaError,
    ReasonCode,
    ScreenChanged,
    SessionLost,
    SystemTooSlow,
    SystemUnavailable,
)
from robots.screens import TimeLimits
from robots.screens.captions import captions_of
from robots.screens.desktop import tree
from robots.screens.desktop.asking import Reference
from robots.screens.desktop.clipboard import Clipboard, NothingCopied
from robots.screens.desktop.desk import Desk
from robots.screens.desktop.finding import Finder, Found, Place, Seen, Written
from robots.screens.desktop.hands import Click, Combination
from robots.screens.desktop.named_dialogs import NamedDialogs
from robots.screens.desktop.pings import Pings
from robots.screens.desktop.tree import Node, Tree
from robots.screens.desktop.waiting import Clock, Deadline
from robots.screens.selector_file import Element, SelectorFile, View
from robots.screens.ways import Accessible, Beside, Keys

#: how long an active window that no view explains may go on loading before it counts as an unknown dialog
_GRACE_SECONDS = 1.0
#: for the window manager to give the keyboard back before it is asked again
_REGAIN_SECONDS = 0.05
_COPY_SECONDS = 1.0


class Ground:
    """One program on one desk: which of its views shows, and what is on it. All methods block; used by one thread at a time."""

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
        self.selectors = selectors
        self.limits = limits
        self.clock = clock
        self.pictures_folder = pictures_folder
        self.known_captions = frozenset(caption.rstrip(":") for caption in captions_of(selectors))
        self.tree: Tree | None = None
        self.desk = Desk(clock)
        try:
            self.screen = self.desk.x_screen
            self.hands = self.desk.hands
            self._clipboard = Clipboard(self.screen, clock)
            self.pings = Pings(self.desk.display)
            if _needs_tree(selectors):
                self.tree = Tree(self.desk.bus_address, answer_seconds=limits.answer_seconds)
            self.finder = Finder(selectors, self.screen, self.tree)
            self.desk.start_program(command, environment)
            self._wait_for_first_window()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the program and its desk; never raises."""
        with contextlib.suppress(Exception):
            if self.tree is not None:
                self.tree.close()
        with contextlib.suppress(Exception):
            self.pings.close()
        self.desk.close()

    @property
    def display(self) -> str:
        """The X display of the desk."""
        return self.desk.display

    @property
    def program_process_id(self) -> int | None:
        """The process id of the program."""
        return self.desk.program_process_id

    def _wait_for_first_window(self) -> None:
        deadline = self.clock.deadline(self.limits.view_seconds)
        while True:
            window = self._program_window()
            if window:
                self.finder.client = self.screen.client_of(window)
            if window and (self.tree is None or self.tree.windows()):
                return
            self._check_alive()
            if not deadline.pause():
                raise SystemTooSlow("the program shows no window; start it by hand to see why", system=self.selectors.system)

    def _program_window(self) -> int:
        """Return the oldest window of the program, 0 when there is none: another program's can be there before it, and must get no key."""
        windows = [(window, self.screen.process_of(window)) for window in self.screen.windows()]
        own = [window for window, process in windows if process and self.desk.is_of_program(process)]
        # A program that does not say which process it is is known by its title.
        titled = [window for window, process in windows if not process and self.selectors.window in self.screen.title(window)]
        return next(iter(own or titled), 0)

    # --- which view shows

    def showing(self, view_name: str) -> bool:
        """Say whether the view's landmark shows now."""
        self._check_alive()
        view = self.selectors.view(view_name)
        self.finder.forget()
        place = self.finder.active_place()
        return place is not None and self.finder.shows(view, place)

    def wait_for(self, view_names: Sequence[str]) -> str:
        """Return the first of the views that shows."""
        self.finder.forget()
        return self.prove(view_names, self.limits.view_seconds)[0]

    def prove(self, view_names: Sequence[str], seconds: float, *, coming_from: str = "") -> tuple[str, Place]:
        """Return the first of the views that shows, and where; while the view `coming_from` still shows, the program may be at work.

        Raises:
            DialogUnknown: a window is in the way that no view explains.
            SessionLost: a view that means so shows instead.
            ElementMissing: the program's window shows no view of the file.
            FocusLost: another program keeps the keyboard.
            SystemTooSlow: none of the views came in time.
            SystemUnavailable: the program has ended.
        """
        wanted = [self.selectors.view(name) for name in view_names]
        others = [view for view in self.selectors.views.values() if view.name not in view_names]
        deadline = self.clock.deadline(seconds)
        stranger, stranger_since = 0, 0.0
        elsewhere: Deadline | None = None
        is_first_look = True
        dialogs = NamedDialogs(self.selectors, self._found_in, self._press_in, self._wait_until_gone)
        while True:
            place = self._look(refresh=not is_first_look)
            if place is not None:
                for view in wanted:
                    if self.finder.shows(view, place):
                        if not is_first_look or self.finder.still_valid(self.finder.landmark_nodes(view, place)):
                            return view.name, place
                        break
            if is_first_look:
                is_first_look = False
                continue
            showing = [view.name for view in others if place is not None and self.finder.shows(view, place)]
            for name in showing:
                if name in self.selectors.session_lost:
                    raise SessionLost("the system wants a new log-in", system=self.selectors.system, view=name)
            if place is not None and coming_from not in showing:
                dialogs.answer(showing, place)
            if place is not None and not showing and self._is_dialog(place):
                if stranger != place.window:
                    stranger, stranger_since = place.window, time.monotonic()
                elif time.monotonic() - stranger_since > _GRACE_SECONDS:
                    message = "a dialog is up that the selector file does not name; see the picture, and add it as a view"
                    raise DialogUnknown(message, system=self.selectors.system, view=wanted[0].name)
            else:
                stranger = 0
            if not showing or coming_from in showing:
                elsewhere = None
            elif elsewhere is None:
                elsewhere = self.clock.deadline(self.limits.answer_seconds)
            self._check_alive()
            if place is None:
                self._ask_for_keyboard()
            if not deadline.pause() or (elsewhere is not None and elsewhere.is_over):
                raise self._not_showing(wanted[0], place, showing, coming_from)

    def _found_in(self, view_name: str, element: str, place: Place) -> Found:
        return self.finder.find(self.selectors.view(view_name), [element], place)[element]

    def _press_in(self, place: Place, one: Found) -> bool:
        """Press once; return False when it could not be done."""
        if isinstance(one, Keys):
            return self.hands.act(place.window, [Combination(one.keys)])
        box = self.box_of(one)
        return box is not None and self.hands.act(place.window, [click_on(box)])

    def _wait_until_gone(self, view_name: str) -> None:
        deadline = self.clock.deadline(self.limits.answer_seconds)
        while self.showing(view_name) and deadline.pause():
            pass

    def _look(self, *, refresh: bool) -> Place | None:
        if refresh:
            self.finder.forget()
        return self.finder.active_place()

    def _is_dialog(self, place: Place) -> bool:
        return place.is_modal or self.selectors.window not in place.title

    def _not_showing(self, view: View, place: Place | None, showing: Sequence[str], coming_from: str) -> KollegaError:
        where = {"system": self.selectors.system, "view": view.name}
        if place is None:
            return FocusLost("another window keeps the keyboard; no key was sent", **where)
        if coming_from in showing:
            return SystemTooSlow(f"the view did not come in time; {coming_from} still shows", **where)
        if showing:
            return ElementMissing(f"the view does not show; {showing[0]} does", element=view.landmark, **where)
        return ElementMissing("no view of the selector file shows; compare its landmarks with the screen", element=view.landmark, **where)

    def _ask_for_keyboard(self) -> None:
        """Ask the window manager for the program's newest window, unless one of its windows is active already."""
        active = self.screen.active_window()
        if active and self.screen.client_of(active) == self.finder.client and self.screen.has_focus(active):
            return
        own = [window for window in self.screen.windows() if self.screen.client_of(window) == self.finder.client]
        if own:
            self.screen.ask_to_activate(own[-1])

    def check_alive(self, *, wait_seconds: float = 0.0) -> None:
        """Raise SystemUnavailable if the program or its screen is no more; a program that is just ending gets so long."""
        self.desk.wait_for_end(wait_seconds)
        self._check_alive()

    def _check_alive(self) -> None:
        if self.desk.program_has_ended:
            raise SystemUnavailable("the program has ended", system=self.selectors.system)
        if self.desk.has_ended:
            raise SystemUnavailable("the private screen is gone; the session is opened anew at the next try", system=self.selectors.system)

    # --- finding elements

    def elements(self, names: Sequence[str]) -> tuple[View, list[Element]]:
        """Return the elements of these names and the one view that they are of."""
        found = [self.selectors.element(name) for name in names]
        views = {view.name for view, _ in found}
        if len(views) != 1:
            raise ElementMissing("the elements of one call must be of one view; correct the code", system=self.selectors.system)
        return found[0][0], [element for _, element in found]

    def found(self, view: View, elements: Sequence[Element]) -> tuple[Place, dict[str, Found]]:
        """Prove the view and return every element, waiting a little for those that have not come yet."""
        names = [element.name for element in elements]
        if (known := self._found_at_once(view, names)) is not None:
            return known
        deadline = self.clock.deadline(self.limits.answer_seconds)
        is_fresh = False
        while True:
            _, place = self.prove((view.name,), self.limits.answer_seconds)
            try:
                found = self.finder.find(view, names, place)
            except ElementMissing:
                self.finder.forget()
                if not deadline.pause():
                    raise
            else:
                if is_fresh or self.finder.still_valid(one for one in found.values() if isinstance(one, Node)):
                    return place, found
                self.finder.forget()
            is_fresh = True

    def _found_at_once(self, view: View, names: Sequence[str]) -> tuple[Place, dict[str, Found]] | None:
        """Prove the view and find its elements by one look at the active window; None when that is not enough to tell."""
        with self._one_look("found", view.name, *names):
            place = self.finder.active_place()
            if place is None or not self.finder.shows(view, place):
                return None
            try:
                found = self.finder.find(view, names, place)
            except (ElementMissing, ElementAmbiguous):
                return None
            nodes = [*self.finder.landmark_nodes(view, place), *_nodes_of(found)]
            return (place, found) if self.finder.still_valid(nodes) else None

    def _one_look(self, *at: str) -> contextlib.AbstractContextManager[None]:
        return self.tree.one_look(at) if self.tree is not None else contextlib.nullcontext()

    # --- reading

    def read(self, names: Sequence[str]) -> dict[str, str]:
        """Return the text of each element."""
        if not names:
            return {}
        view, elements = self.elements(names)
        # One look, so that the proof of the view and what its elements hold come in the same round trip.
        with self._one_look("read", *names):
            known = self._found_at_once(view, [element.name for element in elements])
            texts = self.texts(_nodes_of(known[1])) if known else {}
        if known:
            place, found = known
        else:
            place, found = self.found(view, elements)
            texts = self.texts(_nodes_of(found))
        result = {}
        for name, element in zip(names, elements, strict=True):
            one = found[element.name]
            if isinstance(one, Node):
                result[name] = texts[one.reference]
            elif isinstance(one, Keys):
                result[name] = self.copied(view, element, one, place, self.clock.deadline(self.limits.answer_seconds))
            elif isinstance(one, Written):
                result[name] = self.value_of(view, element, one, place)
            elif one.box[2]:
                message = "an element found by picture or words can be pressed but not read; declare the region of its value with text_in"
                raise ScreenChanged(message, system=self.selectors.system, view=view.name, element=element.name)
            else:
                result[name] = place.title
        return result

    def value_of(self, view: View, element: Element, one: Written, place: Place) -> str:
        """Return the value that stands in a region of the picture, the window having been in front before and after the look."""
        deadline = self.clock.deadline(self.limits.answer_seconds)
        while True:
            text = self.finder.value_of(one) if self._is_uncovered(one, place) else None
            if text is not None and self._is_uncovered(one, place):
                return text
            if not deadline.pause():
                message = "a value on the screen can't be read for certain by its picture; a person must read it"
                raise CaseNeedsPerson(message, codes=(ReasonCode.UNREADABLE,), system=self.selectors.system, view=view.name, element=element.name)
            self.regain(view, place, deadline)

    def _is_uncovered(self, one: Written, place: Place) -> bool:
        left, top, width, height = one.box
        corners = [(x, y) for x in (left, left + width - 1) for y in (top, top + height - 1)]
        return all(self.screen.is_on_top_at(place.window, x, y) for x, y in corners)

    def texts(self, nodes: Sequence[Node]) -> dict[Reference, str]:
        """Return what each element holds: one round trip for fields, one more for what has no text but a name, two more for a choice."""
        accessible = self.tree
        if accessible is None:
            return {}
        answers = accessible.ask([question(node.reference) for node in nodes for question in (tree.text_of, tree.states_of)])
        told = dict(zip(nodes, zip(answers[::2], answers[1::2], strict=True), strict=True))
        without_text = [node.reference for node, (text, _) in told.items() if text is None]
        names = dict(zip(without_text, accessible.ask([tree.name_of(one) for one in without_text]) if without_text else [], strict=True))
        texts: dict[Reference, str] = {}
        for node, (text, states) in told.items():
            if states is None:
                raise ElementMissing("the element is gone; the view changed while it was read", system=self.selectors.system)
            if node.role in (tree.CHECK_BOX, tree.RADIO_BUTTON):
                texts[node.reference] = "Ja" if tree.states_number(states) & tree.CHECKED else "Nej"
            elif node.role == tree.COMBO_BOX and text is None:
                items, chosen = self.choices(node)
                texts[node.reference] = items[chosen] if chosen is not None else ""
            else:
                texts[node.reference] = names[node.reference] or "" if text is None else text
        return texts

    def choices(self, node: Node) -> tuple[list[str], int | None]:
        """Return the items of a choice and which is chosen."""
        accessible = self.tree
        if accessible is None:
            return [], None
        lists = accessible.children([node.reference])
        items = [item for item in accessible.nodes(accessible.children(lists)) if item is not None and item.role in tree.ITEM_ROLES]
        chosen = [number for number, item in enumerate(items) if item.has(tree.SELECTED)]
        if not chosen:
            # In GTK an item does not say that it is chosen, but the choice says which of them is.
            (reference,) = accessible.ask([tree.chosen_child_of(node.reference)])
            chosen = [number for number, item in enumerate(items) if reference and item.reference == (reference[0], reference[1])]
        return [item.name for item in items], chosen[0] if len(chosen) == 1 else None

    def copied(self, view: View, element: Element, way: Keys, place: Place, deadline: Deadline) -> str:
        """Return the text of a field of a program without a tree, through the clipboard."""
        steps = [Combination(way.keys), Combination(self.selectors.select_all), Combination(self.selectors.copy)]
        while True:
            copy = partial(self.hands.act, place.window, steps)
            try:
                text = self._clipboard.copied(place.window, copy, seconds=_COPY_SECONDS)
            except NothingCopied:
                text = None
                self._check_alive()
                if deadline.is_over:
                    message = "the field gives no text to the clipboard; check `select_all` and `copy` in the selector file"
                    raise ScreenChanged(message, system=self.selectors.system, view=view.name, element=element.name) from None
            if text is not None:
                return text
            if deadline.is_over:
                raise FocusLost("another window keeps the keyboard; no key was sent", system=self.selectors.system, view=view.name)
            self.regain(view, place, deadline)

    def regain(self, view: View, place: Place, deadline: Deadline) -> None:
        """Get the keyboard back from another program; a window of the program itself in front is looked into."""
        if self.screen.has_focus(place.window):
            return
        active = self.screen.active_window()
        if active != place.window and self.screen.client_of(active) == self.finder.client:
            self.prove((view.name,), max(deadline.seconds_left, _GRACE_SECONDS * 2))
            return
        self._check_alive()
        self.screen.ask_to_activate(place.window)
        moment = self.clock.deadline(_REGAIN_SECONDS)
        while not self.screen.has_focus(place.window) and moment.pause():
            pass

    def held(self, node: Node) -> str:
        """Return what one field holds, in one round trip when it has a text of its own."""
        if self.tree is not None and node.has(tree.EDITABLE):
            (text,) = self.tree.ask([tree.text_of(node.reference)])
            if text is not None:
                return str(text)
        return self.texts([node])[node.reference]

    def box_of(self, one: Node | Seen | Written) -> tree.Box | None:
        """Return where to press; None when it can't be pressed now."""
        if isinstance(one, Written):
            return None
        if isinstance(one, Seen):
            return one.box if one.box[2] else None
        if self.tree is None:
            return None
        box, states = self.tree.ask([tree.box_of(one.reference), tree.states_of(one.reference)])
        wanted = tree.ENABLED | tree.SENSITIVE | tree.SHOWING
        if box is None or states is None or tree.states_number(states) & wanted != wanted or box[2] <= 0 or box[3] <= 0:
            return None
        return (box[0], box[1], box[2], box[3])


def _needs_tree(selectors: SelectorFile) -> bool:
    ways = (way for view in selectors.views.values() for element in view.elements.values() for way in element.ways)
    return any(isinstance(way, (Accessible, Beside)) for way in ways)


def _nodes_of(found: Mapping[str, Found]) -> list[Node]:
    return [one for one in found.values() if isinstance(one, Node)]


def click_on(box: tree.Box) -> Click:
    """Return a click in the middle of the box."""
    return Click(box[0] + box[2] // 2, box[1] + box[3] // 2)


def is_open(node: Node) -> bool:
    """Say whether a person could work the element: it shows, and is neither disabled nor read-only."""
    return node.has(tree.ENABLED, tree.SENSITIVE, tree.SHOWING) and not node.has(tree.READ_ONLY)
