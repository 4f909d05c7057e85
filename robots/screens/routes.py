"""How a view is brought up: by a press on another one, and how a check of the screens comes there without a case."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from robots.yaml_file import Item

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
REACH_KEYS = ("from", "press")
CHECK_KEYS = ("from", "press", "enter", "after", "leave", "never")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a view without an address is brought up: show `view`, press its `element`."""

    view: str
    element: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRoute:
    """How `kollega screens check` comes to a view and leaves it, where that is not as a case does it."""

    #: taken instead of the view's own reach; None to take that
    reach: Reach | None = None
    #: {element of the view that is come from: text with {placeholders} for samples}, entered before the press
    enter: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: view that must have been come to before, such as the one that shows an open case; empty when there is none
    after: str = ""
    #: element of the view that closes it; empty when it need not be closed
    leave: str = ""
    #: why the view is never brought up by a check; empty when it is
    never: str = ""

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The samples that are entered, each once."""
        return placeholders_in(*self.enter.values())


def placeholders_in(*texts: str) -> tuple[str, ...]:
    """Return the names of the placeholders, in order, each once."""
    return tuple(dict.fromkeys(name for text in texts for name in PLACEHOLDER.findall(text)))


def check_placeholders(item: Item, text: str, example: str) -> None:
    """Report a text with braces that are no placeholder."""
    if set("{}") & set(PLACEHOLDER.sub("", text)):
        item.report(f"a placeholder is a name in braces, as in {example}")


def read_reach(item: Item) -> Reach:
    """Return how the view is reached."""
    fields = item.fields(*REACH_KEYS)
    return _reach(fields["from"], fields["press"])


def _reach(start: Item, pressed: Item) -> Reach:
    view, press = start.text(), pressed.text()
    press_view, _, element = press.partition(".")
    if view and press and (press_view != view or not element):
        pressed.report(f"must be an element of the view it comes from: {view}.…")
    return Reach(view=view, element=element)


def read_check(item: Item) -> CheckRoute:
    """Return how a check comes to the view."""
    fields = item.fields(optional=CHECK_KEYS)
    if "never" in fields:
        for key in sorted(fields.keys() - {"never"}):
            fields[key].report("a view that is never brought up needs nothing else")
        return CheckRoute(never=fields["never"].text())
    if not fields:
        item.report(f"must hold at least one of {', '.join(CHECK_KEYS)}")
    for key, other in (REACH_KEYS, REACH_KEYS[::-1]):
        if key in fields and other not in fields:
            item.report(f"the key {other} is missing: from and press stand together")
    entered = fields["enter"].entries(may_be_empty=False) if "enter" in fields else {}
    for text in entered.values():
        check_placeholders(text, text.text(), "{personnummer}")
    return CheckRoute(
        reach=_reach(fields["from"], fields["press"]) if set(REACH_KEYS) <= fields.keys() else None,
        enter=MappingProxyType({element: text.text() for element, text in entered.items()}),
        after=fields["after"].text() if "after" in fields else "",
        leave=fields["leave"].text() if "leave" in fields else "",
    )


def check_reach(reaches: Mapping[str, tuple[Reach, Item]], elements: Mapping[str, Iterable[str]]) -> None:
    """Report every reach that leads nowhere or in a circle.

    Args:
        reaches: {view: how it is reached, and where that stands in the file}.
        elements: {every view of the file: its elements}.
    """
    in_circles: set[str] = set()
    for name, (reach, place) in reaches.items():
        if not (reach.view and reach.element):
            continue
        if reach.view not in elements:
            place.report(f'comes from a view that is not there: "{reach.view}"')
        elif reach.element not in elements[reach.view]:
            place.report(f'presses an element that is not there: "{reach.view}.{reach.element}"')
        way = [name]
        while (following := reaches.get(way[-1])) is not None and following[0].view in elements and following[0].view not in way:
            way.append(following[0].view)
        if following is not None and following[0].view == name and not in_circles & set(way):
            in_circles |= set(way)
            place.report(f"goes in a circle: {' from '.join([*way, name])}")


def check_presses(presses: Iterable[tuple[Reach, Item]], downloads: Collection[str]) -> None:
    """Report every press on the way to a view or away from it that brings a file instead.

    Args:
        presses: what is pressed, and where that stands in the file.
        downloads: the elements that bring files, as `view.element`.
    """
    for press, place in presses:
        if f"{press.view}.{press.element}" in downloads:
            place.report(f'presses what brings a file and no view: "{press.view}.{press.element}"')
