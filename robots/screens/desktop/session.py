"""The blocking work of a desktop screen, on one thread: read, enter, press, pick, and take pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from robots.errors import (
    ElementAmbiguous,
    ElementMissing,
    FocusLost,
    KollegaError,
    ScreenChanged,
    SystemTooSlow,
)
from robots.run_log import Action, event
from robots.screens.desktop import listing, pictures, tables, tree
from robots.screens.desktop.asking import Reference
from robots.screens.desktop.entering import Entering
from robots.screens.desktop.finding import Place
from robots.screens.desktop.ground import Ground, click_on
from robots.screens.desktop.hands import Combination, Step
from robots.screens.desktop.sightings import sightings_in
from robots.screens.desktop.tree import Node
from robots.screens.desktop.waiting import Deadline
from robots.screens.framing import frame
from robots.screens.inspection import Look
from robots.screens.selector_file import Element, View
from robots.screens.sighting import Sighting, is_settled
from robots.screens.ways import Keys, Way

Rows = list[dict[str, str]]
_CLICK_TAKEN_SECONDS = 0.1
_MOST_PAGES = 500
#: windows that lie otherwise after a picture than before it so often are never still
_MOST_LOOKS = 5
#: two clicks closer than this are a double click, and apart as long as that they are two
_DOUBLE_CLICK_SECONDS = 0.25
_CLICKS_APART_SECONDS = 0.6


class Session(Ground):
    """All that a screen does with one program on one desk; used by one thread at a time."""

    #: what the last look found, in its order
    _looked_at: Sequence[Reference] = ()
    #: {table: the rows of the page that it was last turned to}
    _turned_to: Mapping[str, Rows] = MappingProxyType({})

    def show(self, view_name: str) -> None:
        """Bring the view up by the way of reaching it, if it does not show."""
        view = self.selectors.view(view_name)
        if view.reach is None or self.showing(view_name):
            self.prove((view_name,), self.limits.view_seconds)
            return
        self.show(view.reach.view)
        self.press(f"{view.reach.view}.{view.reach.element}", then=(view_name,))

    def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        """Enter each text and return what was read back."""
        return Entering(self).enter(values)

    def press(self, name: str, *, then: Sequence[str]) -> str:
        """Press the element; return the first of the views `then` that shows."""
        view, (element,) = self.elements([name])
        if element.is_read_only:
            raise ScreenChanged(
                "the selector file says read_only; neither enter nor press it", system=self.selectors.system, view=view.name, element=element.name
            )
        for after in then:
            self.selectors.view(after)
        self._press(view, element)
        return self.prove(then, self.limits.view_seconds, coming_from=view.name)[0]

    def _press(self, view: View, element: Element) -> None:
        """Press the element and return when the program has dealt with that, so that what was before is not taken for what follows."""
        where = {"system": self.selectors.system, "view": view.name, "element": element.name}
        deadline = self.clock.deadline(self.limits.answer_seconds)
        while True:
            place, found = self.found(view, [element])
            one = found[element.name]
            steps: list[Step]
            if isinstance(one, Keys):
                steps = self._steps_of(view, one)
            else:
                box = self.box_of(one)
                steps = [click_on(box)] if box else []
            if steps and self._act_or_regain(view, place, steps, deadline):
                self.finder.forget()
                if isinstance(one, Node):
                    self._wait_until_taken(one)
                self._wait_until_caught_up(place.window, where)
                return
            self.finder.forget()
            if not deadline.pause():
                if not steps:
                    raise ScreenChanged("the element is disabled or lies outside its window; nothing was pressed", **where)
                raise FocusLost("another window is in the way; nothing was pressed", **where)

    def _act_or_regain(self, view: View, place: Place, steps: list[Step], deadline: Deadline) -> bool:
        """Do the steps; when another window has the keyboard, get it back and do them at once, before it is taken again."""
        if self.hands.act(place.window, steps):
            return True
        self.regain(view, place, deadline)
        return self.hands.act(place.window, steps)

    def _wait_until_caught_up(self, window: int, where: Mapping[str, str]) -> None:
        if not self.pings.caught_up(window, self.clock.deadline(self.limits.view_seconds)):
            self._check_alive()
            raise SystemTooSlow("the program has not dealt with what was pressed; it may be busy or hang", **where)

    def _steps_of(self, view: View, way: Keys) -> list[Step]:
        """Return the keys to press, the field they are for having the keyboard; none when it does not take it."""
        if not way.field:
            return [Combination(way.keys)]
        _, found = self.found(view, [view.elements[way.field]])
        node = found[way.field]
        if not isinstance(node, Node) or self.tree is None:
            return []
        attempt = self.clock.deadline(_CLICK_TAKEN_SECONDS)
        while True:
            _, states = self.tree.ask([tree.focus(node.reference), tree.states_of(node.reference)])
            if states and tree.states_number(states) & tree.FOCUSED:
                # Being given the keyboard selects what the field holds; as after typing, the cursor is to stand at its end.
                return [*([Combination(("end",))] if node.has(tree.EDITABLE) else []), Combination(way.keys)]
            if not attempt.pause():
                return []

    def _wait_until_taken(self, node: Node) -> None:
        """Wait until a click has reached the program, which shows as focus, so that the old view is not taken for the new one."""
        if self.tree is None or not node.has(tree.FOCUSABLE):
            return
        deadline = self.clock.deadline(_CLICK_TAKEN_SECONDS)
        while True:
            (states,) = self.tree.ask([tree.states_of(node.reference)])
            bits = tree.states_number(states) if states else 0
            if not bits & tree.SHOWING or bits & tree.FOCUSED or not deadline.pause():
                return

    # --- tables

    def rows(self, name: str) -> list[dict[str, str]]:
        """Return the rows of the table over all its pages."""
        view, (element,) = self.elements([name])
        here = self._first_page(view, element)
        rows = list(here)
        for _ in range(_MOST_PAGES):
            if (following := self._turned(view, element, element.next_page, here)) is None:
                return rows
            here = following
            rows += here
        raise self._endless(view, element)

    def _texts_in(self, view: View, element: Element) -> Rows:
        return self._table_in(view, element)[1].texts()

    def _first_page(self, view: View, element: Element) -> Rows:
        """Return the rows of the table's first page, having turned back to it.

        Raises:
            ScreenChanged: its pages were turned, and nothing turns them back.
        """
        here = self._texts_in(view, element)
        where = {"system": self.selectors.system, "view": view.name, "element": element.name}
        if not element.next_page:
            return here
        if not element.previous_page:
            # A program that was asked anew shows other rows.
            if self._turned_to.get(f"{view.name}.{element.name}") == here:
                message = "the table's pages were turned and nothing turns them back; name the element that does under previous_page"
                raise ScreenChanged(message, **where)
            return here
        for _ in range(_MOST_PAGES):
            if (before := self._turned(view, element, element.previous_page, here)) is None:
                return here
            here = before
        raise self._endless(view, element)

    def _endless(self, view: View, element: Element) -> ScreenChanged:
        message = f"the table has more than {_MOST_PAGES} pages, or the turning leads in a circle; look at next_page and previous_page"
        return ScreenChanged(message, system=self.selectors.system, view=view.name, element=element.name)

    def _table_in(self, view: View, element: Element) -> tuple[Place, tables.Table]:
        place, found = self.found(view, [element])
        node = found[element.name]
        if not isinstance(node, Node) or self.tree is None:
            message = "only a table in the accessibility tree can be read; use `accessible` in the selector file"
            raise ElementMissing(message, system=self.selectors.system, view=view.name, element=element.name)
        try:
            return place, tables.Table(self.tree, node.reference, element.columns)
        except KollegaError as error:
            error.system, error.view, error.element = self.selectors.system, view.name, element.name
            raise

    def _turned(self, view: View, element: Element, by: str, here: Rows) -> Rows | None:
        """Press the element that turns the page, and return the other rows that come; None when it can't be pressed: there are none that way."""
        if not by or not self._can_turn(view, view.elements[by]):
            return None
        self._press(view, view.elements[by])
        deadline = self.clock.deadline(self.limits.answer_seconds)
        while (there := self._texts_in(view, element)) == here:
            if not deadline.pause():
                raise SystemTooSlow("the next page did not come in time", system=self.selectors.system, view=view.name, element=element.name)
        self._turned_to = {**self._turned_to, f"{view.name}.{element.name}": there}
        return there

    def _can_turn(self, view: View, by: Element) -> bool:
        try:
            _, place = self.prove((view.name,), self.limits.answer_seconds)
            self.finder.forget()
            one = self.finder.find(view, [by.name], self.finder.active_place() or place)[by.name]
        except ElementMissing:
            return False
        return not isinstance(one, Keys) and self.box_of(one) is not None

    def pick(self, name: str, row: Mapping[str, str], *, then: str) -> None:
        """Open the one row that holds exactly these texts, on the first page that has one."""
        self.selectors.view(then)
        view, (element,) = self.elements([name])
        where = {"system": self.selectors.system, "view": view.name, "element": element.name}
        if not row or not set(row) <= set(element.columns):
            raise ElementMissing("the selector file gives the table no such column", **where)
        here = self._first_page(view, element)
        deadline = self.clock.deadline(self.limits.answer_seconds)
        # A program shows a table before it has all rows of it from its server, as a branch of a menu that was opened just now.
        while not element.next_page and not tables.matching(here, row) and deadline.pause():
            here = self._texts_in(view, element)
        for _ in range(_MOST_PAGES):
            if numbers := tables.matching(here, row):
                break
            following = self._turned(view, element, element.next_page, here)
            if following is None:
                raise ElementMissing("no row of the table holds these texts", **where)
            here = following
        else:
            raise self._endless(view, element)
        if len(numbers) > 1:
            raise ElementAmbiguous("more than one row of the table holds these texts", **where)
        deadline = self.clock.deadline(self.limits.answer_seconds)
        while True:
            # Looked up anew each time: a program may have made the table anew, and the old one never comes into sight.
            place, table = self._table_in(view, element)
            if tables.matching(table.texts(), row) != numbers:
                raise ScreenChanged("the table changed while a row was picked; nothing was opened", **where)
            box = table.box_in_sight(numbers[0])
            if box is None:
                table.take_focus()
                # The keys bring the row into sight; it is opened by the pointer when it is there.
                self.hands.act(place.window, [Combination(("ctrl", "home")), *[Combination(("down",))] * numbers[0]])
            elif self._double_click(place, table, numbers[0], box):
                self._wait_until_caught_up(place.window, where)
                break
            if not deadline.pause():
                raise FocusLost("the row can't be reached; nothing was opened", **where)
        self.finder.forget()
        self.prove((then,), self.limits.view_seconds, coming_from=view.name)

    def _double_click(self, place: Place, table: tables.Table, row: int, box: tree.Box) -> bool:
        """Click the row, see that it is the one selected, and click again; return False when either could not be done."""
        if not self.hands.act(place.window, [click_on(box)]):
            return False
        pair = self.clock.deadline(_DOUBLE_CLICK_SECONDS)
        while not table.is_selected(row):
            if not pair.pause():
                break
        if not pair.is_over:
            # Two clicks at the very same time of the X server's clock are one to some toolkits.
            pair.pause()
            pair.pause()
            if self.hands.act(place.window, [click_on(box)]):
                return True
        # The next click must not become the second of this pair.
        apart = self.clock.deadline(_CLICKS_APART_SECONDS)
        while apart.pause():
            pass
        return False

    # --- drift

    def sightings(self, view_name: str) -> dict[str, Sighting]:
        """Say how each element is found, when all are, or when none comes any more."""
        view = self.selectors.view(view_name)
        deadline = self.clock.deadline(self.limits.answer_seconds)
        while True:
            self._check_alive()
            self.finder.forget()
            seen = sightings_in(self.finder.active_place(), view, self.finder, self.tree)
            if is_settled(seen) or not deadline.pause():
                return seen

    # --- evidence

    def picture(self) -> str:
        """Save a picture of the program's windows without anything personal; return its path, empty when nothing can be told apart."""
        try:
            for _ in range(_MOST_LOOKS):
                # Looked up before and after the picture, so that nothing shows that came or moved meanwhile.
                lying, before = self.screen.layers(), self._personal_boxes()
                whole = pictures.grab(self.desk.display)
                after = self._personal_boxes()
                if self.screen.layers() == lying:
                    break
            else:
                return ""
            layers = self._layers(lying, {window: [*before.get(window, ()), *boxes] for window, boxes in after.items()})
        except KollegaError:
            return ""
        path = pictures.save(pictures.masked(whole, layers), self.pictures_folder, self.selectors.system)
        event(Action.PICTURE_TAKEN, f"{path.name}: everything personal is blacked out", system=self.selectors.system)
        return str(path)

    # --- looking

    def look(self, view: View | None, ways: Sequence[Way]) -> Look:
        """List what is in the program's active window, whether the view's landmark shows or not."""
        deadline = self.clock.deadline(self.limits.answer_seconds)
        self.finder.forget()
        while (place := self.finder.active_place()) is None:
            self._check_alive()
            self._ask_for_keyboard()
            if not deadline.pause():
                raise FocusLost(
                    "no window of the program is active; nothing was looked at", system=self.selectors.system, view=view.name if view else ""
                )
            self.finder.forget()
        found, self._looked_at = listing.look(self.finder, self.tree, place, ways, known=self.known_captions)
        return found

    def picture_of(self, place: int) -> str:
        """Save a masked picture with one thing of the last look framed; without the frame when it is gone."""
        references = self._looked_at[place : place + 1]
        box = self.tree.ask([tree.box_of(references[0])])[0] if self.tree is not None and references else None
        path = self.picture()
        if path and box:
            frame(Path(path), (box[0], box[1], box[2], box[3]))
        return path

    def _layers(self, lying: Sequence[tuple[int, tree.Box]], hidden: Mapping[int, Sequence[tree.Box]]) -> list[pictures.Layer]:
        """Return what a picture may show of everything that lies on the screen: of the program's own windows, and of nothing else."""
        own = {self.screen.frame_of(window): window for window in self.screen.windows() if self.screen.client_of(window) == self.finder.client}
        layers = []
        for frame_or_other, whole in lying:
            window = own.get(frame_or_other, 0)
            box = self.screen.box(window) if window else None
            shown: list[tree.Box] = []
            if box is not None:
                # A title can bear a name; those that the selector file knows do not.
                top = self.screen.title_bar_height(window) if self._is_known(self.screen.title(window)) else 0
                # Of a window that the tree does not tell of nobody knows what is in it.
                height = box[3] if window in hidden else 0
                shown = [(box[0], box[1] - top, box[2], top + height)]
            layers.append(pictures.Layer(box=whole, shown=shown, hidden=hidden.get(window, ())))
        return layers

    def _is_known(self, text: str) -> bool:
        """Whether the text is one of the program's own, which the selector file names, and not about somebody."""
        return text.strip().rstrip(":") in self.known_captions

    def _personal_boxes(self) -> dict[int, list[tree.Box]]:
        """Where personal values can show in each window: fields, tables, what the file calls personal, and every text that it does not know."""
        accessible = self.tree
        if accessible is None:
            return {}
        self.finder.forget()
        found: dict[int, list[tree.Box]] = {}
        for place in self.finder.windows():
            hidden: set[Reference] = set()
            views = [view for view in self.selectors.views.values() if self.finder.shows(view, place)]
            hidden |= {node.reference for node in place.nodes if node.role in tree.FIELDS | tree.TABLES or node.has(tree.EDITABLE)}
            hidden |= {node.reference for node in place.nodes if node.role in tree.SENTENCES and not self._is_known(node.name)}
            for view in views:
                for element in view.elements.values():
                    if element.is_personal or element.is_secret:
                        hidden |= {node.reference for node in self.finder.candidates(element, place)}
                        found.setdefault(place.window, []).extend(self.finder.written(element, place))
            boxes = accessible.ask([tree.box_of(reference) for reference in hidden])
            found.setdefault(place.window, []).extend((box[0], box[1], box[2], box[3]) for box in boxes if box)
        return found
