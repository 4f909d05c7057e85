"""The strict loader of selector files: what each system's screens are called, and the approved ways to find what is on them.

One file per system under `selectors/`, in one format for web and desktop. Every scalar is read as text, so that `on`,
`no` and `0123` mean what they look like. All mistakes of a file are gathered and reported at once, one a line:
`selectors/e_service.yaml:15: view log_in, element user: the key find is missing`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from robots.errors import ElementMissing, SelectorFileInvalid
from robots.screens.dialogs import Dialog, ViewDialog, read_dialogs
from robots.screens.formats import Format
from robots.screens.routes import CheckRoute, Reach, check_placeholders, check_presses, check_reach, placeholders_in, read_check, read_reach
from robots.screens.ways import (
    DESKTOP_FORMS,
    WEB_FORMS,
    Form,
    Image,
    Keys,
    Value,
    Way,
    Window,
    Words,
    can_lead_to_table,
    key_combination,
    read_way,
)
from robots.yaml_file import Item, YamlFile

SCHEMA = 1
NAME = re.compile(r"[a-z][a-z0-9_]*")


class Driver(StrEnum):
    """Which driver works the system's screens."""

    WEB = "web"
    DESKTOP = "desktop"


#: the keys of a file, the keys of a view, and the ways, that only one driver knows
KEYS_OF: Mapping[Driver, tuple[str, ...]] = MappingProxyType({Driver.WEB: (), Driver.DESKTOP: ("window", "select_all", "copy")})
WEB_VIEW_KEYS = ("address", "frame", "popup")
FORMS_OF = MappingProxyType({Driver.WEB: WEB_FORMS, Driver.DESKTOP: DESKTOP_FORMS})
#: the keys that both drivers know; the schema for editors is made of the same ones
TOP_KEYS = ("schema", "system", "driver", "checked", "views")
OPTIONAL_TOP_KEYS = ("session_lost", "dialogs", "samples")
CHECKED_KEYS = ("on", "version")
VIEW_KEYS = ("landmark", "elements")
OPTIONAL_VIEW_KEYS = ("reach", "check")
FRAME_KEYS = ("title",)
ELEMENT_KEYS = ("find",)
FLAG_KEYS = ("personal", "secret", "read_only", "optional")
OPTIONAL_ELEMENT_KEYS = (*FLAG_KEYS, "format", "columns", "next_page", "previous_page")
#: a program on the desktop gives no file but on disk
WEB_ELEMENT_KEYS = ("download",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One thing on a view and the ways to find it, the expected one first."""

    name: str
    ways: tuple[Way, ...]
    #: blacked out in pictures
    is_personal: bool = False
    #: blacked out in pictures and never repeated in a message
    is_secret: bool = False
    #: not to be entered or pressed
    is_read_only: bool = False
    #: need not be on the view: a check of the screens takes its absence for no fault
    is_optional: bool = False
    #: web: a press on it, or on what stands in a row of it, brings a file and does nothing else
    is_download: bool = False
    #: what the field holds, where it may write that in its own way; None for letter by letter
    format: Format | None = None
    #: for tables: {column name: exact header text}; empty for everything else
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: for tables: the element of the same view that turns to the next page; empty when the table has one page
    next_page: str = ""
    #: for tables: the element of the same view that turns back, pressed until it can't be: the first page; empty when nothing does
    previous_page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One screen, page, tab or dialog, as its users see it."""

    name: str
    #: name of the element that proves that the view is showing
    landmark: str
    elements: Mapping[str, Element]
    #: web: path with {placeholders}, or None
    address: str | None = None
    reach: Reach | None = None
    #: how a check of the screens comes there and leaves; None for as a case does
    check: CheckRoute | None = None
    #: web: title of the iframe that the view lives in; empty when it is the page itself
    frame_title: str = ""
    #: web: the view lives in a window of its own
    is_popup: bool = False

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the address' placeholders, in order, each once."""
        return placeholders_in(self.address or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorFile:
    """All that is known about one system's screens."""

    path: Path
    system: str
    driver: Driver
    #: when a person last compared the file with the system, and the system's version then
    checked_on: date
    checked_version: str
    #: views that mean that the session is gone
    session_lost: tuple[str, ...]
    #: a browser's own dialogs, by name
    dialogs: Mapping[str, Dialog]
    views: Mapping[str, View]
    #: dialogs that are views, by the name of the view: what is done when one comes up unasked
    view_dialogs: Mapping[str, ViewDialog] = field(default_factory=lambda: MappingProxyType({}))
    #: for a check of the screens: {placeholder: view, table and column whose first row gives it}
    samples: Mapping[str, tuple[str, str, str]] = field(default_factory=lambda: MappingProxyType({}))
    #: desktop: part of the main window's title; empty on the web
    window: str = ""
    #: desktop: key combinations for reading a field through the clipboard, modifiers first
    select_all: tuple[str, ...] = ("ctrl", "a")
    copy: tuple[str, ...] = ("ctrl", "c")

    def view(self, name: str) -> View:
        """Return the view.

        Raises:
            ElementMissing: the file has no view of that name.
        """
        if name not in self.views:
            raise ElementMissing(f"{self.path} has no such view; add it, or correct the name in the code", system=self.system, view=name)
        return self.views[name]

    def element(self, name: str) -> tuple[View, Element]:
        """Return view and element of a name like `inbox.rows`.

        Raises:
            ElementMissing: the file has no element of that name.
        """
        view_name, _, element_name = name.partition(".")
        view = self.view(view_name)
        if element_name not in view.elements:
            message = f"{self.path} has no such element; add it, or correct the name in the code"
            raise ElementMissing(message, system=self.system, view=view_name, element=element_name)
        return view, view.elements[element_name]


def element_names(selectors: SelectorFile) -> tuple[str, ...]:
    """Return all elements as `view.element`, in the order of the file."""
    return tuple(f"{view.name}.{element}" for view in selectors.views.values() for element in view.elements)


def load(path: Path) -> SelectorFile:
    """Return the selector file at `path`; pictures lie in `images/<system>/` beside it.

    Raises:
        SelectorFileInvalid: the file has mistakes; all of them are in the message, one a line.
    """
    file = YamlFile(path, error=SelectorFileInvalid)
    top = file.top.fields(*TOP_KEYS, optional=(*OPTIONAL_TOP_KEYS, *(key for keys in KEYS_OF.values() for key in keys)))
    driver = top["driver"].choice(Driver)
    # As long as nobody knows which driver is meant, what either of them knows is taken.
    drivers = (driver,) if top["driver"].text() == driver else tuple(Driver)
    for other in set(Driver) - set(drivers):
        for key in top.keys() & KEYS_OF[other]:
            top[key].report(f"is for the driver {other} only")
    if drivers == (Driver.DESKTOP,) and "window" not in top:
        file.top.report("the key window is missing")
    forms = {kind: form for one in drivers for kind, form in FORMS_OF[one].items()}
    reading = _Reading(has_addresses=Driver.WEB in drivers, forms=forms, images=path.parent / "images" / path.stem)
    top["schema"].schema(SCHEMA)
    # One system can have a file for each form that it comes in: case_system.yaml and case_system_web.yaml.
    system = path.stem.removesuffix(f"_{driver}") if top["system"].text() != path.stem else path.stem
    if top["system"].text() != system:
        top["system"].report(f"must be the name of the file, {system}")
    checked = top["checked"].fields(*CHECKED_KEYS)
    places = {name: item.called(f"view {name}") for name, item in _named(top["views"]).items()}
    views = {name: reading.view(name, place) for name, place in places.items()}
    elements = {view.name: view.elements for view in views.values()}
    _check_routes(views, places)
    of_browser, of_system = read_dialogs(_named(top["dialogs"]), elements, has_browser=Driver.WEB in drivers) if "dialogs" in top else ({}, {})
    for picture in reading.unused_pictures(views):
        file.report(1, f"no element uses the picture {picture}; remove it")
    selectors = SelectorFile(
        path=path,
        system=system,
        driver=driver,
        checked_on=checked["on"].day(),
        checked_version=checked["version"].text(),
        session_lost=_session_lost(top["session_lost"], views) if "session_lost" in top else (),
        dialogs=MappingProxyType(of_browser),
        views=MappingProxyType(views),
        view_dialogs=MappingProxyType(of_system),
        samples=MappingProxyType(_samples(top["samples"], views) if "samples" in top else {}),
        window=top["window"].text() if "window" in top else "",
        select_all=key_combination(top["select_all"]) if "select_all" in top else ("ctrl", "a"),
        copy=key_combination(top["copy"]) if "copy" in top else ("ctrl", "c"),
    )
    file.finish()
    return selectors


def _named(item: Item) -> dict[str, Item]:
    """Return a mapping whose keys are names that the file chooses itself."""
    entries = item.entries(may_be_empty=False)
    for name, entry in entries.items():
        if not NAME.fullmatch(name):
            entry.report("is no name: lower case letters, digits and _")
    return entries


def _session_lost(item: Item, views: Mapping[str, View]) -> tuple[str, ...]:
    names: list[str] = []
    for member in item.items(may_be_empty=False):
        name = member.text()
        if name and name not in views:
            member.report(f'no view is called "{name}"')
        elif name in names:
            member.report(f'"{name}" stands twice')
        names.append(name)
    return tuple(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the views of one file are read with."""

    has_addresses: bool
    forms: Mapping[str, Form]
    images: Path

    def view(self, name: str, item: Item) -> View:
        fields = item.fields(*VIEW_KEYS, optional=(*OPTIONAL_VIEW_KEYS, *(WEB_VIEW_KEYS if self.has_addresses else ())))
        places = {key: entry.called(f"{item.place}, element {key}") for key, entry in _named(fields["elements"]).items()}
        elements = {key: self.element(key, place) for key, place in places.items()}
        landmark = fields["landmark"].text()
        if landmark and elements and landmark not in elements:
            fields["landmark"].report(f'"{landmark}" is no element of the view')
        for key, element in elements.items():
            for turning, target in (("next_page", element.next_page), ("previous_page", element.previous_page)):
                if target and target not in elements:
                    places[key].entries()[turning].report(f'leads to no element: "{target}"')
                elif target and elements[target].is_download:
                    places[key].entries()[turning].report(f'turns by what brings a file: "{target}"')
                elif target and any(isinstance(way, Keys) for way in elements[target].ways):
                    places[key].entries()[turning].report("is found by keys, of which it can't be told whether there is another page")
            if element.previous_page and not element.next_page:
                places[key].entries()["previous_page"].report("needs next_page")
            for way in element.ways:
                if isinstance(way, Keys) and way.field and not _can_hold_keyboard(elements.get(way.field)):
                    places[key].entries()["find"].report(f'the keys are for an element that is not there, or that keys lead to: "{way.field}"')
        is_popup = "popup" in fields and fields["popup"].flag()
        if "address" in fields and "reach" in fields:
            fields["address"].report("address and reach exclude each other; keep one")
        if "address" in fields and is_popup:
            fields["popup"].report("a popup is opened by a press and has no address of its own")
        return View(
            name=name,
            landmark=landmark,
            elements=MappingProxyType(elements),
            address=_address(fields["address"]) if "address" in fields else None,
            reach=read_reach(fields["reach"]) if "reach" in fields else None,
            check=read_check(fields["check"]) if "check" in fields else None,
            frame_title=fields["frame"].fields(*FRAME_KEYS)["title"].text() if "frame" in fields else "",
            is_popup=is_popup,
        )

    def element(self, name: str, item: Item) -> Element:
        fields = item.fields(*ELEMENT_KEYS, optional=(*OPTIONAL_ELEMENT_KEYS, *(WEB_ELEMENT_KEYS if self.has_addresses else ())))
        found = [read_way(member, self.forms, self.images) for member in fields["find"].items(may_be_empty=False)]
        approved = tuple(way for way in found if way is not None)
        if len(set(approved)) != len(approved):
            fields["find"].report("the same way stands twice")
        if any(isinstance(way, Words | Value) for way in approved[:-1]):
            fields["find"].report("what is read off a picture comes last: every other way is surer")
        if any(isinstance(way, Value) for way in approved) and not ("read_only" in fields and fields["read_only"].flag()):
            fields["find"].report("a value that is read off a picture must be read_only: true")
        columns: dict[str, str] = {}
        if "columns" in fields:
            columns = {key: entry.text() for key, entry in _named(fields["columns"]).items()}
            if len(set(columns.values())) != len(columns):
                fields["columns"].report("two columns have the same header")
            if not all(can_lead_to_table(way) for way in approved):
                fields["columns"].report("belong to a table, and a way leads to something else")
            if "format" in fields:
                fields["format"].report("is for a field; a table is not entered")
        elif "next_page" in fields:
            fields["next_page"].report("needs columns: only tables have pages")
        is_set = {key: key in fields and fields[key].flag() for key in (*FLAG_KEYS, *WEB_ELEMENT_KEYS)}
        if is_set["download"]:
            for key in fields.keys() & {"read_only", "format", "secret"}:
                fields["download"].report(f"is for what is pressed, and {key} for what is not")
        return Element(
            name=name,
            ways=approved,
            is_personal=is_set["personal"],
            is_secret=is_set["secret"],
            is_read_only=is_set["read_only"],
            is_optional=is_set["optional"],
            is_download=is_set["download"],
            format=fields["format"].choice(Format) if "format" in fields else None,
            columns=MappingProxyType(columns),
            next_page=fields["next_page"].text() if "next_page" in fields else "",
            previous_page=fields["previous_page"].text() if "previous_page" in fields else "",
        )

    def unused_pictures(self, views: Mapping[str, View]) -> list[Path]:
        elements = [element for view in views.values() for element in view.elements.values()]
        used = {way.file for element in elements for way in element.ways if isinstance(way, Image)}
        there = sorted(self.images.iterdir()) if self.images.is_dir() else []
        return [file for file in there if file not in used and not file.name.startswith(".")]


def _can_hold_keyboard(element: Element | None) -> bool:
    return element is not None and not any(isinstance(way, Keys | Window | Image | Words | Value) for way in element.ways)


def _address(item: Item) -> str:
    address = item.text()
    if address and (not address.startswith("/") or address.startswith("//")):
        item.report('is a path that begins with "/"; the host stands in config/kollega.yaml')
    check_placeholders(item, address, "/arende/{reference}")
    return address


def _check_routes(views: Mapping[str, View], places: Mapping[str, Item]) -> None:
    """Report every reach that leads nowhere or in a circle, and what a check would enter or press and is not there."""
    elements = {view.name: view.elements for view in views.values()}
    own = {view.name: (view.reach, places[view.name].entries()["reach"]) for view in views.values() if view.reach is not None}
    check_reach(own, elements)
    checks = {view.name: (view.check, places[view.name].entries()["check"]) for view in views.values() if view.check is not None}
    others = {name: (check.reach, place) for name, (check, place) in checks.items() if check.reach is not None}
    check_reach({**own, **others} if others else {}, elements)
    downloads = {f"{view}.{name}" for view, ones in elements.items() for name, one in ones.items() if one.is_download}
    left = {name: (Reach(view=name, element=check.leave), place) for name, (check, place) in checks.items() if check.leave}
    check_presses((*own.values(), *others.values(), *left.values()), downloads)
    for name, (check, place) in checks.items():
        reach = check.reach or views[name].reach
        if check.enter and reach is None:
            place.report("has something to enter, but the view is reached from no other one")
        start = elements.get(reach.view, {}) if reach is not None else {}
        for element in check.enter:
            if start and element not in start:
                place.report(f'enters something that is not there: "{reach.view if reach else ""}.{element}"')
        if check.after and check.after not in elements:
            place.report(f'comes after a view that is not there: "{check.after}"')
        if check.leave and check.leave not in elements[name]:
            place.report(f'leaves by an element that is not there: "{name}.{check.leave}"')


def _samples(item: Item, views: Mapping[str, View]) -> dict[str, tuple[str, str, str]]:
    samples: dict[str, tuple[str, str, str]] = {}
    for name, entry in _named(item).items():
        view, _, rest = entry.text().partition(".")
        table, _, column = rest.partition(".")
        if view not in views or table not in views[view].elements or column not in views[view].elements[table].columns:
            entry.report("must be a column of a table: view.table.column")
        samples[name] = (view, table, column)
    return samples
