"""The strict loader of selector files: what each system's screens are called, and the approved ways to find what is on them.

One file per system under `selectors/`, in one format for web and desktop. Every scalar is read as text, so that `on`,
`no` and `0123` mean what they look like. All mistakes of a file are gathered and reported at once, each with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from robots.errors import ElementMissing, SelectorFileInvalid

SCHEMA = "1"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_DEFAULT_WINDOW_KEYS = {"select_all": "ctrl+a", "copy": "ctrl+c"}
_MODIFIERS = ("ctrl", "alt", "shift", "super")
_NAMED_KEYS = (
    *(f"f{number}" for number in range(1, 25)),
    *"abcdefghijklmnopqrstuvwxyz0123456789",
    *("enter", "escape", "tab", "space", "backspace", "delete", "insert", "home", "end", "page_up", "page_down"),
    *("left", "right", "up", "down", "slash", "backslash", "plus", "minus", "comma", "period", "menu"),
)
_TABLE_ROLES = {
    "web": ("table", "grid", "treegrid"),
    "desktop": ("table", "tree table", "tree", "list", "list box"),
}


class Driver(StrEnum):
    """Which driver works the system's screens."""

    WEB = "web"
    DESKTOP = "desktop"


class DialogAnswer(StrEnum):
    """What to press in a browser's own dialog."""

    ACCEPT = "accept"
    DISMISS = "dismiss"


# --- ways on the web --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRole:
    """By ARIA role and exact accessible name; without a name, the only one of its role."""

    role: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLabel:
    """A form control by the exact text of its label."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByText:
    """By exact text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTestId:
    """By the attribute `data-testid`."""

    test_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """The one control of a role in the same row or group as a text."""

    near: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCss:
    """By a CSS selector, with the reason why nothing better is there."""

    css: str
    why: str


# --- ways on the desktop ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessible:
    """By role in the accessibility tree and exact name and/or object name."""

    role: str
    name: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The key combination that focuses or presses the element: modifiers first, lower case, e.g. `("ctrl", "slash")`."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The one accessible of a role beside a label's text."""

    beside: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The active window has exactly this title; for landmarks of programs without a tree."""

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture to be found in a region of the window, in pixels from the window's upper left corner."""

    file: Path
    #: left, top, width, height
    within: tuple[int, int, int, int]


WebWay = ByRole | ByLabel | ByText | ByTestId | Near | ByCss
DesktopWay = Accessible | Keys | Beside | Window | Image
Way = WebWay | DesktopWay


# --- the file ---------------------------------------------------------------------------------------------------------


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
    #: for tables: {column name: exact header text}; empty for everything else
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: for tables: the element of the same view that turns to the next page; empty when the table has one page
    next_page: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a view without an address is brought up: show `view`, press its `element`."""

    view: str
    element: str


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
    #: web: title of the iframe that the view lives in; empty when it is the page itself
    frame_title: str = ""
    #: web: the view lives in a window of its own
    is_popup: bool = False
    line: int = 0

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the address' placeholders, in order, each once."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.address or "")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """A browser's own dialog: its exact text, and what is pressed in it."""

    name: str
    text: str
    answer: DialogAnswer


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
    dialogs: Mapping[str, Dialog]
    views: Mapping[str, View]
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
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SelectorFileInvalid(f"{path}: can't be read ({type(error).__name__}); put the system's selector file there, in UTF-8") from None
    reading = _Reading(path)
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SelectorFileInvalid(f"{path}:{line} not YAML: {error.problem or error.context}") from None
    except YAMLError as error:
        raise SelectorFileInvalid(f"{path}:1 not YAML: {str(error).splitlines()[0]}") from None
    selectors = reading.selector_file(root)
    if reading.mistakes or selectors is None:
        lines = [f"{path}:{line} {what}" for line, what in sorted(set(reading.mistakes))]
        raise SelectorFileInvalid("\n".join(lines))
    return selectors


class _Reading:
    """One pass over a file's nodes, gathering mistakes instead of stopping at the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mistakes: list[tuple[int, str]] = []
        self.images: set[Path] = set()
        self.image_folder = path.parent / "images" / path.stem
        self.driver: Driver | None = None

    # --- nodes to plain values

    def wrong(self, node: Node | int, where: str, what: str) -> None:
        self.mistakes.append((node if isinstance(node, int) else node.start_mark.line + 1, f"{where}: {what}" if where else what))

    def mapping(self, node: Node | None, where: str, *, known: Iterable[str] | None = None, required: Iterable[str] = ()) -> dict[str, Node]:
        """Return {key: node}; without `known` the keys are names that the file chooses itself."""
        if not isinstance(node, MappingNode):
            self.wrong(node if node is not None else 1, where, "must be a mapping of keys")
            return {}
        found: dict[str, Node] = {}
        for key_node, value in cast("list[tuple[Node, Node]]", node.value):
            key = key_node.value if isinstance(key_node, ScalarNode) else ""
            if value.anchor is not None:
                self.wrong(value, where, f'"{key}" uses an anchor or alias; write it out')
                continue
            if key in found:
                self.wrong(key_node, where, f'"{key}" stands twice')
            elif known is not None and key not in known:
                self.wrong(key_node, where, f'unknown key "{key}" (known: {", ".join(known)})')
            elif known is None and _NAME.fullmatch(key) is None:
                self.wrong(key_node, where, f'"{key}" is not a name: lower case letters, digits and _')
            else:
                found[key] = value
        for key in required:
            if key not in found:
                self.wrong(node, where, f'"{key}" is missing')
        return found

    def text(self, node: Node | None, where: str, key: str, *, default: str = "") -> str:
        if node is None:
            return default
        if not isinstance(node, ScalarNode) or node.value == "" or (node.style is None and node.value in {"null", "~"}):
            self.wrong(node, where, f'"{key}" must be a text')
            return default
        return str(node.value)

    def items(self, node: Node | None, where: str, key: str) -> list[Node]:
        if node is None:
            return []
        if not isinstance(node, SequenceNode) or not node.value:
            self.wrong(node, where, f'"{key}" must be a list with at least one item')
            return []
        return list(node.value)

    def truth(self, node: Node | None, where: str, key: str) -> bool:
        text = self.text(node, where, key, default="false")
        if text not in {"true", "false"}:
            self.wrong(node or 1, where, f'"{key}" must be true or false')
        return text == "true"

    def keys(self, node: Node | None, where: str, key: str, *, default: str) -> tuple[str, ...]:
        text = self.text(node, where, key, default=default)
        *modifiers, last = text.lower().split("+")
        if last not in _NAMED_KEYS or len(set(modifiers)) != len(modifiers) or any(one not in _MODIFIERS for one in modifiers):
            what = f'"{text}" is no key combination: {", ".join(_MODIFIERS)} and one key such as f2, enter or slash, joined by +'
            self.wrong(node or 1, where, what)
        return (*modifiers, last)

    # --- the parts of the file

    def selector_file(self, root: Node | None) -> SelectorFile | None:
        driver_text = self._scalar_at(root, "driver")
        self.driver = Driver(driver_text) if driver_text in tuple(Driver) else None
        known = ["schema", "system", "driver", "checked", "session_lost", "views"]
        if self.driver is not Driver.DESKTOP:
            known.append("dialogs")
        if self.driver is not Driver.WEB:
            known += ["window", *_DEFAULT_WINDOW_KEYS]
        required = ["schema", "system", "driver", "checked", "views"] + (["window"] if self.driver is Driver.DESKTOP else [])
        top = self.mapping(root, "", known=known, required=required)
        if "schema" in top and self.text(top["schema"], "", "schema") != SCHEMA:
            self.wrong(top["schema"], "", f'"schema" must be {SCHEMA}; this version reads no other')
        if "driver" in top and self.driver is None:
            self.wrong(top["driver"], "", f'unknown driver "{driver_text}" (known: {", ".join(Driver)})')
        system = self.text(top.get("system"), "", "system")
        if system and system != self.path.stem:
            self.wrong(top["system"], "", f'"system" must be the name of the file, {self.path.stem}')
        checked_on, checked_version = self._checked(top.get("checked"))
        views = {name: self._view(name, node) for name, node in self.mapping(top.get("views"), "views").items()} if "views" in top else {}
        if "views" in top and not views:
            self.wrong(top["views"], "", '"views" must hold at least one view')
        session_lost = self._session_lost(top.get("session_lost"), views)
        dialogs = self._dialogs(top.get("dialogs"))
        self._check_reach(views)
        self._check_images()
        if self.driver is None or self.mistakes:
            return None
        return SelectorFile(
            path=self.path,
            system=system,
            driver=self.driver,
            checked_on=checked_on,
            checked_version=checked_version,
            session_lost=session_lost,
            dialogs=MappingProxyType(dialogs),
            views=MappingProxyType(views),
            window=self.text(top.get("window"), "", "window"),
            select_all=self.keys(top.get("select_all"), "", "select_all", default=_DEFAULT_WINDOW_KEYS["select_all"]),
            copy=self.keys(top.get("copy"), "", "copy", default=_DEFAULT_WINDOW_KEYS["copy"]),
        )

    @staticmethod
    def _scalar_at(root: Node | None, key: str) -> str:
        pairs = cast("list[tuple[Node, Node]]", root.value) if isinstance(root, MappingNode) else []
        return next((str(value.value) for name, value in pairs if name.value == key and isinstance(value, ScalarNode)), "")

    def _checked(self, node: Node | None) -> tuple[date, str]:
        if node is None:
            return date.min, ""
        keys = ("on", "version")
        found = self.mapping(node, "checked", known=keys, required=keys)
        version = self.text(found.get("version"), "checked", "version")
        text = self.text(found.get("on"), "checked", "on")
        try:
            return date.fromisoformat(text), version
        except ValueError:
            if text:
                self.wrong(found["on"], "checked", '"on" must be a date as in 2026-03-31')
            return date.min, version

    def _session_lost(self, node: Node | None, views: Mapping[str, View]) -> tuple[str, ...]:
        names: list[str] = []
        for item in self.items(node, "", "session_lost"):
            name = self.text(item, "session_lost", "view")
            if name and name not in views:
                self.wrong(item, "session_lost", f'no view is called "{name}"')
            elif name in names:
                self.wrong(item, "session_lost", f'"{name}" stands twice')
            names.append(name)
        return tuple(names)

    def _dialogs(self, node: Node | None) -> dict[str, Dialog]:
        if node is None or self.driver is Driver.DESKTOP:
            return {}
        dialogs: dict[str, Dialog] = {}
        for name, one in self.mapping(node, "dialogs").items():
            where = f"dialog {name}"
            keys = ("text", "answer")
            found = self.mapping(one, where, known=keys, required=keys)
            text, answer = self.text(found.get("text"), where, "text"), self.text(found.get("answer"), where, "answer")
            if answer and answer not in tuple(DialogAnswer):
                self.wrong(found["answer"], where, f'unknown answer "{answer}" (known: {", ".join(DialogAnswer)})')
            elif text and text in (other.text for other in dialogs.values()):
                self.wrong(found["text"], where, "another dialog has the same text")
            elif answer:
                dialogs[name] = Dialog(name=name, text=text, answer=DialogAnswer(answer))
        return dialogs

    def _view(self, name: str, node: Node) -> View:
        where = f"view {name}"
        known = ["landmark", "elements", "reach"]
        if self.driver is not Driver.DESKTOP:
            known += ["address", "frame", "popup"]
        found = self.mapping(node, where, known=known, required=("landmark", "elements"))
        elements: dict[str, Element] = {}
        if "elements" in found:
            elements = {key: self._element(f"{where}, element {key}", key, one) for key, one in self.mapping(found["elements"], where).items()}
        landmark = self.text(found.get("landmark"), where, "landmark")
        if landmark and "elements" in found and landmark not in elements:
            self.wrong(found["landmark"], where, f'the landmark "{landmark}" is no element of the view')
        for element in elements.values():
            if element.next_page and element.next_page not in elements:
                self.wrong(element.line, f"{where}, element {element.name}", f'"next_page" leads to no element: "{element.next_page}"')
        address = self.text(found.get("address"), where, "address") or None
        if address is not None:
            self._check_address(found["address"], where, address)
        is_popup = self.truth(found.get("popup"), where, "popup")
        for key in ("address", "popup"):
            if key in found and "reach" in found and key == "address":
                self.wrong(found[key], where, '"address" and "reach" exclude each other; keep one')
            if key == "popup" and is_popup and address is not None:
                self.wrong(found[key], where, "a popup is opened by a press and has no address of its own")
        frame_title = ""
        if "frame" in found:
            frame = self.mapping(found["frame"], where, known=("title",), required=("title",))
            frame_title = self.text(frame.get("title"), where, "title")
        return View(
            name=name,
            landmark=landmark,
            elements=MappingProxyType(elements),
            address=address,
            reach=self._reach(found.get("reach"), where),
            frame_title=frame_title,
            is_popup=is_popup,
            line=node.start_mark.line + (1 if isinstance(node, MappingNode) and node.flow_style else 0),  # a block mapping begins below its key
        )

    def _check_address(self, node: Node, where: str, address: str) -> None:
        if not address.startswith("/") or address.startswith("//"):
            self.wrong(node, where, 'an address is a path that begins with "/"; the host stands in config/kollega.yaml')
        if set("{}") & set(_PLACEHOLDER.sub("", address)):
            self.wrong(node, where, "a placeholder is a name in braces, as in /arende/{reference}")

    def _reach(self, node: Node | None, where: str) -> Reach | None:
        if node is None:
            return None
        found = self.mapping(node, where, known=("from", "press"), required=("from", "press"))
        view = self.text(found.get("from"), where, "from")
        press_view, _, element = self.text(found.get("press"), where, "press").partition(".")
        if view and press_view and press_view != view:
            self.wrong(found["press"], where, f'"press" must be an element of the view it comes from: {view}.…')
        return Reach(view=view, element=element)

    def _check_reach(self, views: Mapping[str, View]) -> None:
        in_circles: set[str] = set()
        for view in views.values():
            if view.reach is None or not (view.reach.view and view.reach.element):
                continue
            where = f"view {view.name}"
            if view.reach.view not in views:
                self.wrong(view.line, where, f'"reach" comes from a view that is not there: "{view.reach.view}"')
            elif view.reach.element not in views[view.reach.view].elements:
                self.wrong(view.line, where, f'"reach" presses an element that is not there: "{view.reach.view}.{view.reach.element}"')
            way = [view.name]
            while (reach := views[way[-1]].reach) is not None and reach.view in views and reach.view not in way:
                way.append(reach.view)
            if reach is not None and reach.view == view.name and not in_circles & set(way):
                in_circles |= set(way)
                self.wrong(view.line, where, f'"reach" goes in a circle: {" from ".join([*way, view.name])}')

    def _element(self, where: str, name: str, node: Node) -> Element:
        known = ("find", "personal", "secret", "read_only", "columns", "next_page")
        found = self.mapping(node, where, known=known, required=("find",))
        ways = tuple(way for one in self.items(found.get("find"), where, "find") if (way := self._way(where, one)) is not None)
        if len(set(ways)) != len(ways):
            self.wrong(node, where, "the same way stands twice")
        columns: dict[str, str] = {}
        if "columns" in found:
            columns = {key: self.text(one, where, key) for key, one in self.mapping(found["columns"], where).items()}
            if not columns:
                self.wrong(found["columns"], where, '"columns" must name at least one column')
            if len(set(columns.values())) != len(columns):
                self.wrong(found["columns"], where, "two columns have the same header")
            if any(not self._can_be_table(way) for way in ways):
                self.wrong(found["columns"], where, '"columns" belong to a table, and a way leads to something else')
        elif "next_page" in found:
            self.wrong(found["next_page"], where, '"next_page" needs "columns": only tables have pages')
        return Element(
            name=name,
            ways=ways,
            is_personal=self.truth(found.get("personal"), where, "personal"),
            is_secret=self.truth(found.get("secret"), where, "secret"),
            is_read_only=self.truth(found.get("read_only"), where, "read_only"),
            columns=MappingProxyType(columns),
            next_page=self.text(found.get("next_page"), where, "next_page"),
            line=node.start_mark.line + 1,
        )

    def _can_be_table(self, way: Way) -> bool:
        if isinstance(way, ByRole | Near | Accessible | Beside):
            return self.driver is None or way.role in _TABLE_ROLES[self.driver]
        return isinstance(way, ByTestId | ByCss)

    def _way(self, where: str, node: Node) -> Way | None:
        readers: dict[str, Callable[[str, dict[str, Node]], Way | None]] = {}
        keys: dict[str, tuple[str, ...]] = {}
        if self.driver is not Driver.DESKTOP:
            readers |= {"near": self._near, "role": self._by_role, "label": self._by_label}
            readers |= {"text": self._by_text, "test_id": self._by_test_id, "css": self._by_css}
            keys |= {"near": ("near", "role"), "role": ("role", "name"), "css": ("css", "why")}
        if self.driver is not Driver.WEB:
            readers |= {"beside": self._beside, "accessible": self._accessible, "keys": self._keys_way}
            readers |= {"window": self._window, "image": self._image}
            keys |= {"beside": ("beside", "accessible"), "accessible": ("accessible", "name", "id"), "image": ("image", "within")}
        if not isinstance(node, MappingNode) or not node.value:
            self.wrong(node, where, "a way is a mapping such as {label: Namn}")
            return None
        names = [str(key.value) for key, _ in node.value]
        kind = next((one for one in readers if one in names), None)
        if kind is None:
            self.wrong(node, where, f'unknown way "{names[0]}" (known: {", ".join(readers)})')
            return None
        before = len(self.mistakes)
        optional = {"role": ("name",), "accessible": ("name", "id")}.get(kind, ())
        known = keys.get(kind, (kind,))
        found = self.mapping(node, where, known=known, required=[key for key in known if key not in optional and key != "why"])
        if kind == "css" and "why" not in found:
            self.wrong(node, where, 'a way by css needs a "why": the reason why nothing better is there')
        if kind == "accessible" and not {"name", "id"} & set(found):
            self.wrong(node, where, 'a way by accessible needs a "name" or an "id"')
        way = readers[kind](where, found)
        return way if len(self.mistakes) == before else None

    def _by_role(self, where: str, found: dict[str, Node]) -> Way:
        return ByRole(role=self.text(found.get("role"), where, "role"), name=self.text(found.get("name"), where, "name") or None)

    def _by_label(self, where: str, found: dict[str, Node]) -> Way:
        return ByLabel(label=self.text(found.get("label"), where, "label"))

    def _by_text(self, where: str, found: dict[str, Node]) -> Way:
        return ByText(text=self.text(found.get("text"), where, "text"))

    def _by_test_id(self, where: str, found: dict[str, Node]) -> Way:
        return ByTestId(test_id=self.text(found.get("test_id"), where, "test_id"))

    def _near(self, where: str, found: dict[str, Node]) -> Way:
        return Near(near=self.text(found.get("near"), where, "near"), role=self.text(found.get("role"), where, "role"))

    def _by_css(self, where: str, found: dict[str, Node]) -> Way:
        return ByCss(css=self.text(found.get("css"), where, "css"), why=self.text(found.get("why"), where, "why"))

    def _accessible(self, where: str, found: dict[str, Node]) -> Way:
        return Accessible(
            role=self.text(found.get("accessible"), where, "accessible"),
            name=self.text(found.get("name"), where, "name") or None,
            id=self.text(found.get("id"), where, "id") or None,
        )

    def _keys_way(self, where: str, found: dict[str, Node]) -> Way:
        return Keys(keys=self.keys(found.get("keys"), where, "keys", default="f1"))

    def _beside(self, where: str, found: dict[str, Node]) -> Way:
        return Beside(beside=self.text(found.get("beside"), where, "beside"), role=self.text(found.get("accessible"), where, "accessible"))

    def _window(self, where: str, found: dict[str, Node]) -> Way:
        return Window(title=self.text(found.get("window"), where, "window"))

    def _image(self, where: str, found: dict[str, Node]) -> Way | None:
        name = self.text(found.get("image"), where, "image")
        file = self.image_folder / name
        if name and ("/" in name or name.startswith(".")):
            self.wrong(found["image"], where, f'"{name}" must be the bare name of a picture in {self.image_folder}')
        elif name:
            self.images.add(file)
            if not file.is_file():
                self.wrong(found["image"], where, f"the picture {file} is not there")
        numbers = [self.text(one, where, "within") for one in self.items(found.get("within"), where, "within")]
        if "within" not in found:
            return None
        if re.fullmatch(r"\d+ \d+ [1-9]\d* [1-9]\d*", " ".join(numbers)) is None:
            self.wrong(found["within"], where, '"within" must be [left, top, width, height] in whole pixels')
            return None
        left, top, width, height = (int(number) for number in numbers)
        return Image(file=file, within=(left, top, width, height))

    def _check_images(self) -> None:
        for file in sorted(self.image_folder.iterdir()) if self.image_folder.is_dir() else ():
            if file not in self.images and not file.name.startswith("."):
                self.wrong(1, "", f"no element uses the picture {file}; remove it")
