"""What can be found on the view that shows, whichever driver shows it, and the first selector file that is made of it.

Nothing here presses, enters or keeps a value: a candidate is told by what the system's makers called it, where it stands
and what stands beside it. A text that may be about somebody is left out before it gets here, see `caption`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Protocol, runtime_checkable

from robots.errors import SetupError
from robots.screens import Screen
from robots.screens.selector_file import SCHEMA, Driver, Element, SelectorFile, View, load
from robots.screens.ways import (
    DESKTOP_FORMS,
    WEB_FORMS,
    Accessible,
    Beside,
    ByCss,
    ByLabel,
    ByRole,
    ByTestId,
    ByText,
    Image,
    Keys,
    Near,
    Value,
    Way,
    Window,
    Words,
)

#: kinds that hold what somebody enters, or show what is held
FIELDS = frozenset(
    {"textbox", "searchbox", "spinbutton", "combobox", "listbox", "checkbox", "radio", "radiogroup", "status", "definition", "password", "date"}
    | {"text", "entry", "combo box", "check box", "radio button", "spin button", "password text"}
)
TABLES = frozenset({"table", "grid", "treegrid", "tree table", "tree", "list", "list box"})
HEADINGS = frozenset({"heading", "label", "static"})
#: kinds without an ARIA role: a way by role never finds them
_WITHOUT_ROLE = frozenset({"password", "date"})
_LONGEST_CAPTION = 60
#: four digits are a year, a number or an amount; two capitalised words in a row are a name
_MAY_BE_PERSONAL = re.compile(r"\d[\d\s.,-]{2,}\d|@|\b[A-ZÅÄÖÉ][a-zåäöéü]+(?:-[A-ZÅÄÖÉ][a-zåäöéü]+)? [A-ZÅÄÖÉ][a-zåäöéü]+")
_PLAIN_TEXT = re.compile(r"[A-Za-zÅÄÖåäöÉé0-9_/][A-Za-zÅÄÖåäöÉé0-9_/ .()+-]*(?<! )")
_MAY_BRING_FILE = re.compile(r"\b(ladda n|hämta|spara som|exportera|bilaga|fil\b|pdf|download|export)", re.IGNORECASE)
_NULLS = ("null", "~")
_SWEDISH = str.maketrans("åäöéüÅÄÖÉÜ", "aaoeuAAOEU")

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One thing on a view that an element of a selector file could be."""

    #: ARIA role on the web, role of the accessibility tree on the desktop
    kind: str
    name: str = ""
    #: text of its label, without the colon
    label: str = ""
    #: what its makers call it: attribute id or name, or object name
    id: str = ""
    #: web: attribute data-testid
    test_id: str = ""
    #: text at the beginning of its row
    near: str = ""
    #: the heading or frame that it stands under
    group: str = ""
    #: where it leads, with everything that varies left out, as in `GET /ansokan/*/hushall`
    target: str = ""
    #: texts over the columns of a table
    headers: tuple[str, ...] = ()
    #: left, top, width, height in pixels, from the upper left corner of page or window
    box: Box = (0, 0, 0, 0)
    #: it holds or shows something now; what that is is not kept
    has_value: bool = False

    @property
    def title(self) -> str:
        """The words by which people know it; empty when it has none."""
        return self.name or self.label or self.near


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a view found."""

    #: in the order of reading
    candidates: tuple[Candidate, ...]
    #: {way: how many it matches now}
    counts: Mapping[Way, int]
    #: {way that matches once: the number of its candidate, or -1 for something that is not among them}
    places: Mapping[Way, int]
    #: desktop: of the window, as far as it is the program's own words
    title: str = ""


@runtime_checkable
class Inspectable(Screen, Protocol):
    """A screen that can also say what is on it; both drivers are."""

    async def look(self, view: View | None, ways: Sequence[Way]) -> Look:
        """List what can be found on the view that shows, and what each of the ways finds, without touching anything.

        Args:
            view: where to look: its frame or window, whether its landmark shows or not; None for all that shows.
            ways: those of the screen's own driver.
        """

    async def picture_of(self, view: View | None, place: int) -> str:
        """Save a masked picture with a frame around one candidate of the last look; return its path."""


def unwritten_file(system: str, driver: Driver, path: str) -> SelectorFile:
    """Return what stands for the selector file of a system that has none yet: one view, `page`, of which nothing is known.

    On the web its landmark is the page itself. On the desktop there is none, but that the program's tree is to be asked.
    """
    way = ByCss(css="body", why="nothing is known of it") if driver is Driver.WEB else Accessible(role="frame", name=system)
    page = View(name="page", landmark="page", elements={"page": Element(name="page", ways=(way,))}, address=path if driver is Driver.WEB else None)
    return SelectorFile(
        path=Path(f"{system}.yaml"),
        system=system,
        driver=driver,
        checked_on=date.min,
        checked_version="",
        session_lost=(),
        dialogs={},
        views={"page": page},
    )


def caption(text: str) -> str:
    """Return a text of the screen as far as it is the system's own words; empty when it is long or may be about somebody."""
    spoken = " ".join(text.split())
    return "" if len(spoken) > _LONGEST_CAPTION or _MAY_BE_PERSONAL.search(spoken) else spoken


def ways_to(candidate: Candidate, driver: Driver) -> list[Way]:
    """Return the ways that could find a candidate, the best first; which of them find it alone has to be tried on the screen."""
    found: list[Way] = []
    if driver is Driver.WEB:
        has_role = candidate.kind not in _WITHOUT_ROLE
        if candidate.label and candidate.kind in FIELDS:
            found.append(ByLabel(label=candidate.label))
        if candidate.name and has_role and candidate.kind not in {"status", "definition"}:
            found.append(ByRole(role=candidate.kind, name=candidate.name))
        if candidate.test_id:
            found.append(ByTestId(test_id=candidate.test_id))
        if candidate.near and has_role:
            found.append(Near(near=candidate.near, role=candidate.kind))
        if candidate.id and is_telling(candidate.id) and re.fullmatch(r"[A-Za-z][\w-]*", candidate.id):
            found.append(ByCss(css=f"#{candidate.id}", why="its id"))
        return found
    if candidate.id and is_telling(candidate.id):
        found.append(Accessible(role=candidate.kind, id=candidate.id))
    if candidate.name:
        found.append(Accessible(role=candidate.kind, name=candidate.name))
    if candidate.label and candidate.kind not in HEADINGS:
        found.append(Beside(beside=candidate.label, role=candidate.kind))
    return found


def is_telling(id: str) -> bool:  # noqa: A002 - the term
    """Whether an id was chosen by somebody; one with a number in it was counted out, and is another thing's tomorrow."""
    return bool(id) and not any(character.isdigit() for character in id)


def written(way: Way) -> dict[str, str]:
    """Return the way as it is written in a selector file: {key: text}."""
    match way:
        case ByRole(role=role, name=name):
            return {"role": role} if name is None else {"role": role, "name": name}
        case ByLabel(label=label):
            return {"label": label}
        case ByText(text=text):
            return {"text": text}
        case ByTestId(test_id=test_id):
            return {"test_id": test_id}
        case Near(near=near, role=role):
            return {"near": near, "role": role}
        case ByCss(css=css, why=why):
            return {"css": css, "why": why}
        case Accessible(role=role, name=None, id=None):
            return {"only": role}
        case Accessible(role=role, name=name, id=identifier):
            return {"accessible": role, **({"id": identifier} if identifier else {}), **({"name": name} if name else {})}
        case Beside(beside=beside, role=role):
            return {"beside": beside, "accessible": role}
        case Keys(keys=keys, field=field):
            return {"keys": "+".join(keys), **({"in": field} if field else {})}
        case Window(title=title):
            return {"window": title}
        case Image(file=file):
            return {"image": file.name}
        case Words(text=text):
            return {"text": text}
        case Value(check=check):
            return {"check": check.value}


def way_of(fields: Mapping[str, str], driver: Driver) -> Way:
    """Return the way that `written` wrote; of the kinds that can be proposed: no keys, no pictures.

    Raises:
        KeyError, TypeError: it is none.
    """
    forms = WEB_FORMS if driver is Driver.WEB else DESKTOP_FORMS
    kind = next((kind for kind in forms if kind in fields), "")
    return forms[kind].make(**fields)


def scalar(text: str) -> str:
    """Return a text as YAML, in quotes when it needs them."""
    is_plain = _PLAIN_TEXT.fullmatch(text) and text not in _NULLS
    return text if is_plain else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def entry(ways: Iterable[Way]) -> str:
    """Return a list of ways as it stands in a selector file, on one line."""
    return f"[{', '.join('{' + ', '.join(f'{key}: {scalar(text)}' for key, text in written(way).items()) + '}' for way in ways)}]"


async def sure_ways(screen: Inspectable, view: View | None, driver: Driver) -> list[tuple[Candidate, list[Way]]]:
    """Return everything that can be found, each with the ways that find it and nothing else, tried on the screen."""
    first = await screen.look(view, ())
    tried = {place: ways_to(candidate, driver) for place, candidate in enumerate(first.candidates)}
    look = await screen.look(view, list(dict.fromkeys(way for ways in tried.values() for way in ways)))
    if [one.kind for one in look.candidates] != [one.kind for one in first.candidates]:
        raise SetupError("the view changes while it is looked at; wait until it has settled, and try again")
    return [(candidate, [way for way in tried[place] if look.places.get(way) == place]) for place, candidate in enumerate(look.candidates)]


def first_file(system: str, view: str, found: Sequence[tuple[Candidate, Sequence[Way]]], *, driver: Driver, where: str, today: date) -> str:
    """Return a first selector file of one view, to be read through and corrected by a person.

    Args:
        system: the system's name.
        view: what the view is to be called.
        found: from `sure_ways`.
        driver: which driver found it.
        where: address of the view, a path; on the desktop the window's title.
        today: when.

    Raises:
        SetupError: nothing on the view can be found for certain.
    """
    sure = [(candidate, ways) for candidate, ways in found if ways]
    landmark = next((place for place, (one, _) in enumerate(sure) if one.kind in HEADINGS), 0)
    if not sure:
        raise SetupError(
            "nothing on the view can be found for certain; on the desktop the program may have no accessibility tree: use keys and images"
        )
    names = _names(candidate for candidate, _ in sure)
    lines = [
        f"# A first draft of what {system} shows, found by `kollega screens inspect`: read it through, keep what the robot needs, name it well.",
        f"schema: {SCHEMA}",
        f"system: {system}",
        f"driver: {driver}",
        f'checked: {{on: {today.isoformat()}, version: "?"}}',
        *([f"window: {scalar(where)}"] if driver is Driver.DESKTOP else []),
        "views:",
        f"  {view}:",
        *([f"    address: {scalar(where)}"] if driver is Driver.WEB else []),
        f"    landmark: {names[landmark]}",
        "    elements:",
    ]
    for name, (candidate, ways) in zip(names, sure, strict=True):
        lines += [f"      {name}:", f"        find: {entry(ways)}"]
        columns = [header for header in dict.fromkeys(candidate.headers) if header]
        if candidate.kind in TABLES and columns:
            heads = _names(Candidate(kind="column", name=header) for header in columns)
            lines.append(f"        columns: {{{', '.join(f'{key}: {scalar(header)}' for key, header in zip(heads, columns, strict=True))}}}")
        if driver is Driver.WEB and candidate.kind == "button" and _MAY_BRING_FILE.search(f"{candidate.title} {candidate.target}"):
            lines.append("        # Only a person can say so: if a press on it brings a file and does nothing else, write download: true")
        if candidate.kind in {"password", "password text"}:
            lines.append("        secret: true")
        elif candidate.kind in TABLES or (candidate.kind in FIELDS and candidate.has_value):
            lines.append("        personal: true")
        if candidate.kind in {"status", "definition"} | HEADINGS:
            lines.append("        read_only: true")
    return "\n".join(lines) + "\n"


def write_first_file(text: str, folder: Path, system: str) -> Path:
    """Write a first selector file into the folder, never over another one; return its path.

    Raises:
        SetupError: the file is there already.
        SelectorFileInvalid: the file is not as the loader wants it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{system}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SetupError(f"{path} is there already and is left as it is; name another folder") from None
    load(path)
    return path


def _names(candidates: Iterable[Candidate]) -> list[str]:
    """Return a name for each: its words, or its kind, numbered where they are the same."""
    taken: set[str] = set()
    names = []
    for candidate in candidates:
        plain = re.sub(r"[^a-z0-9]+", "_", (candidate.title or candidate.test_id or candidate.id).translate(_SWEDISH).lower()).strip("_")
        stem = plain if plain[:1].isalpha() else re.sub(r"[^a-z]+", "_", candidate.kind)
        name = next(name for number in count(1) if (name := stem if number == 1 else f"{stem}_{number}") not in taken)
        taken.add(name)
        names.append(name)
    return names
