"""The approved ways to find an element on a screen, and how each of them is written in a selector file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from robots.yaml_file import Item

MODIFIERS = ("ctrl", "alt", "shift", "super")
#: the keys that a selector file may name, besides the modifiers
NAMED_KEYS = (
    *(f"f{number}" for number in range(1, 25)),
    *"abcdefghijklmnopqrstuvwxyz0123456789",
    *("enter", "escape", "tab", "space", "backspace", "delete", "insert", "home", "end", "page_up", "page_down"),
    *("left", "right", "up", "down", "slash", "backslash", "plus", "minus", "comma", "period", "menu"),
)
_WEB_TABLES = ("table", "grid", "treegrid")
_DESKTOP_TABLES = ("table", "tree table", "tree", "list", "list box")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessible:
    """By role in the accessibility tree and exact name and/or object name; without either, the only one of its role."""

    role: str
    name: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The key combination that focuses or presses the element: modifiers first, lower case, e.g. `("ctrl", "slash")`."""

    keys: tuple[str, ...]
    #: the element of the same view that must have the keyboard when they are pressed; empty when any may
    field: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Exactly these words on one line, read off a picture of a region: to be pressed or to prove a view, never a value."""

    text: str
    #: left, top, width, height from the window's upper left corner
    within: tuple[int, int, int, int]


class Check(StrEnum):
    """What makes a value certain that is read off a picture."""

    #: two readings of two pictures made differently agree
    TWICE = "twice"
    #: they agree, and the last digit of the number of a person or an organisation proves the others
    CHECK_DIGIT = "check_digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value read off a picture of the region that holds it and nothing else."""

    #: left, top, width, height from the window's upper left corner
    within: tuple[int, int, int, int]
    check: Check


WebWay = ByRole | ByLabel | ByText | ByTestId | Near | ByCss
DesktopWay = Accessible | Keys | Beside | Window | Image | Words | Value
Way = WebWay | DesktopWay


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one way is written: the keys that it must and may have, and how it is made of their texts."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    #: optional keys of which at least one must stand there
    one_of: tuple[str, ...] = ()
    make: Callable[..., Way]


#: {the key that tells the way: its form}; where two such keys stand in one way, the first of them here tells
WEB_FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "near": Form(required=("near", "role"), make=Near),
        "role": Form(required=("role",), optional=("name",), make=ByRole),
        "label": Form(required=("label",), make=ByLabel),
        "text": Form(required=("text",), make=ByText),
        "test_id": Form(required=("test_id",), make=ByTestId),
        "css": Form(required=("css", "why"), make=ByCss),
    }
)
DESKTOP_FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "beside": Form(required=("beside", "accessible"), make=lambda beside, accessible: Beside(beside=beside, role=accessible)),
        "accessible": Form(
            required=("accessible",),
            optional=("name", "id"),
            one_of=("name", "id"),
            make=lambda accessible, **names: Accessible(role=accessible, **names),
        ),
        "keys": Form(required=("keys",), optional=("in",), make=lambda keys, **within: Keys(keys=keys, field=within.get("in", ""))),
        "window": Form(required=("window",), make=lambda window: Window(title=window)),
        "image": Form(required=("image", "within"), make=lambda image, within: Image(file=image, within=within)),
        "text": Form(required=("text", "within"), make=lambda text, within: Words(text=text, within=within)),
        "text_in": Form(required=("text_in", "check"), make=lambda text_in, check: Value(within=text_in, check=check)),
        # A word of its own, so that nobody leaves out a name by mistake.
        "only": Form(required=("only",), make=lambda only: Accessible(role=only)),
    }
)


def read_way(item: Item, forms: Mapping[str, Form], images: Path) -> Way | None:
    """Return the way that the file's item writes; None, and a mistake, when it is none of the forms.

    Args:
        item: as in `{label: Namn}`.
        forms: those of the driver.
        images: the folder that holds the system's pictures.
    """
    entries = item.entries(may_be_empty=False)
    kind = next((kind for kind in forms if kind in entries), None)
    if kind is None:
        for first in [*entries.values()][:1]:
            first.report(f"unknown way; known are {', '.join(forms)}")
        return None
    form = forms[kind]
    fields = item.fields(*form.required, optional=form.optional)
    if form.one_of and not set(form.one_of) & fields.keys():
        item.report(f"a way by {kind} needs {' or '.join(f'a key {key}' for key in form.one_of)}")
    readers: dict[str, Callable[[Item], object]] = {
        "keys": key_combination,
        "within": _region,
        "text_in": _region,
        "check": lambda check: check.choice(Check),
        "image": lambda image: _picture(image, images),
    }
    return form.make(**{key: readers.get(key, Item.text)(field) for key, field in fields.items()})


def can_lead_to_table(way: Way) -> bool:
    """Say whether what the way finds can be a table, as far as the way itself tells."""
    match way:
        case ByRole(role=role) | Near(role=role):
            return role in _WEB_TABLES
        case Accessible(role=role) | Beside(role=role):
            return role in _DESKTOP_TABLES
        case _:
            return isinstance(way, ByTestId | ByCss)


def key_combination(item: Item) -> tuple[str, ...]:
    """Return the keys of a text such as `ctrl+a`: modifiers first, in lower case."""
    text = item.text()
    *modifiers, last = text.lower().split("+")
    if text and (last not in NAMED_KEYS or len(set(modifiers)) != len(modifiers) or not set(modifiers) <= set(MODIFIERS)):
        item.report(f'"{text}" is no key combination: {", ".join(MODIFIERS)} and one key such as f2, enter or slash, joined by +')
    return (*modifiers, last)


def _picture(item: Item, images: Path) -> Path:
    name = item.text()
    if "/" in name or name.startswith("."):
        item.report(f'"{name}" must be the bare name of a picture in {images}')
    elif name and not (images / name).is_file():
        item.report(f"the picture {images / name} is not there")
    return images / name


def _region(item: Item) -> tuple[int, int, int, int]:
    numbers = [number.text() for number in item.items()]
    if re.fullmatch(r"[0-9]+ [0-9]+ [1-9][0-9]* [1-9][0-9]*", " ".join(numbers)) is None:
        item.report("must be [left, top, width, height] in whole pixels")
        return 0, 0, 0, 0
    left, top, width, height = (int(number) for number in numbers)
    return left, top, width, height
