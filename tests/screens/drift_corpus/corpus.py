"""The corpus of screen changes: what may happen to a screen from one version of a system to the next, and what is proposed then.

Eight pages, their elements and the kinds of change in `changes.js` give the cases. A case belongs to one of two halves by the
hash of its name: what is proposed was worked out on the first, and is only measured on the second.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml
from playwright.async_api import Page

from robots.errors import ElementAmbiguous, ElementMissing
from robots.screens import TimeLimits
from robots.screens.seen import SeenView, seen_now
from robots.screens.selector_file import SelectorFile
from robots.screens.suggestion import suggest
from robots.screens.web import Browser
from robots.screens.web.screen import WebScreen

HERE = Path(__file__).parent
SELECTORS = HERE / "corpus.yaml"
TODAY = date(2026, 11, 22)
#: a page of the corpus has nothing left to load
LIMITS = TimeLimits(view_seconds=5, answer_seconds=0.05)

#: view -> {element: how the corpus, which knows the page, finds it}
ELEMENTS: Mapping[str, Mapping[str, str]] = {
    "log_in": {"heading": "main h1, main h2", "user": "#user", "password": "#password", "submit": "main button"},
    "inbox": {"heading": "main h1", "rows": "main table"},
    "household": {
        "heading": "main h2",
        "reference": "#reference",
        "applicant": "#applicant",
        "co_applicant": "#co_applicant",
        "civil_status": "#civil_status",
        "children": "main table",
    },
    "incomes": {"heading": "main h2", "applicant": "#applicant", "incomes": "main table", "children_incomes": "main table ~ table"},
    "new_message": {"heading": "main h2", "recipient": "#recipient", "subject": "#subject", "body": "#body", "send": "main form button"},
    "question": {"heading": "main h1", "personnummer": "#personnummer", "first_day": "#first_day", "submit": "main form button"},
    "calculation": {
        "heading": "main h1",
        "rent": "[name=ctl00_17]",
        "electricity": "[name=ctl00_18]",
        "applied": "#sokt",
        "approved": "#godkant",
        "kind": "#slag",
        "finished": "#klar",
        "save": "[data-testid=spara]",
        "earlier": "form ~ table",
    },
    "decision": {
        "heading": "main h1",
        "decided_by": "dd",
        "decided_on": "label input",
        "outcome": "select",
        "account": "[aria-label]",
        "settle": "main form button",
        "documents": "main a",
        "payments": "main table",
    },
}
_OF_ANYTHING = (
    "restyled",
    "moved",
    "renamed_ending",
    "renamed_word",
    "id_changed",
    "renamed_ending_id_changed",
    "renamed_word_id_changed",
    "moved_renamed_word",
    "surrounded_renamed_ending",
    "duplicated_after",
    "duplicated_whole",
    "duplicated_elsewhere",
    "duplicated_and_id_handed_over",
    "removed",
    "removed_and_others_moved",
    "removed_and_replaced",
    "removed_and_replaced_without_id",
    "several",
    "translated",
    "several_and_translated",
)
_OF_TABLES = ("columns_reordered",)
_OF_COLUMNS = ("column_renamed_ending", "column_renamed_word", "column_removed", "column_replaced", "column_duplicated")
#: kinds after which what was meant is gone, or there twice: a proposal could only be wrong, or a guess
NEVER_WRONG = tuple(kind for kind in (*_OF_ANYTHING, *_OF_COLUMNS) if kind.startswith(("removed", "duplicated"))) + (
    "column_removed",
    "column_replaced",
    "column_duplicated",
)


class Result(StrEnum):
    """What became of what was changed."""

    FOUND = "found"
    RIGHT = "proposed right"
    REFUSED = "refused"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One case of the corpus."""

    kind: str
    view: str
    element: str
    #: name of the table's column, and its place on the screen
    column: str = ""
    place: int | None = None

    @property
    def name(self) -> str:
        """How the case is called."""
        return ".".join(part for part in (self.kind, self.view, self.element, self.column) if part)

    @property
    def is_held_out(self) -> bool:
        """Whether nobody looked at it while the proposals were worked out."""
        return hashlib.sha256(self.name.encode()).digest()[0] % 2 == 1


def changes(selectors: SelectorFile) -> list[Change]:
    """Return all cases, in a fixed order."""
    found = []
    for view, elements in ELEMENTS.items():
        for element in elements:
            found += [Change(kind=kind, view=view, element=element) for kind in _OF_ANYTHING]
            columns = selectors.views[view].elements[element].columns
            found += [Change(kind=kind, view=view, element=element) for kind in _OF_TABLES if columns]
            found += [
                Change(kind=kind, view=view, element=element, column=column, place=place)
                for kind in _OF_COLUMNS
                for place, (column, header) in enumerate(columns.items())
                if header in words()
            ]
    return found


def sample(cases: Sequence[Change]) -> list[Change]:
    """Return a sixth of the cases, chosen by the hash of their names: what every run of the tests has time for."""
    return [case for case in cases if hashlib.sha256(case.name.encode()).digest()[1] % 6 == 0]


def words() -> dict[str, dict[str, str]]:
    """Return what each caption may be called otherwise."""
    read: dict[str, dict[str, str]] = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
    return read


class _Pages(BaseHTTPRequestHandler):
    cases: Mapping[str, Change]
    words: str

    def do_GET(self) -> None:
        page, _, number = self.path.strip("/").partition("/")
        file = HERE / "pages" / f"{page}.html"
        if not file.is_file():
            self.send_error(404)
            return
        case = self.cases[number]
        script = (HERE / "changes.js").read_text(encoding="utf-8")
        told = ", ".join(json.dumps(one) for one in (case.kind, case.element, dict(ELEMENTS[page])))
        call = f"change({told}, {self.words}, {json.dumps(case.place)})"
        body = f"{file.read_text(encoding='utf-8')}<script>{{{script}\n{call};}}</script>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def served(cases: Sequence[Change]) -> Iterator[str]:
    """Serve every page as each case changes it; yield the address. A case is called by its place, `none` is no change."""
    by_number = {str(number): case for number, case in enumerate(cases)}
    by_number |= {f"none-{view}": Change(kind="none", view=view, element=next(iter(elements))) for view, elements in ELEMENTS.items()}
    handler = type("Pages", (_Pages,), {"cases": by_number, "words": json.dumps(words())})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


async def seen_before(screen: WebScreen, selectors: SelectorFile) -> dict[str, SeenView]:
    """Return how every page was before anything changed; each element must be found there."""
    seen = {}
    for name in ELEMENTS:
        view = selectors.views[name]
        await screen.show(name, change=f"none-{name}")
        look, places, lost = await suggest(screen, selectors, view, None)
        assert not lost, [one.name for one in lost]
        assert set(places) == set(ELEMENTS[name]), name
        assert await _truths(_page(screen)) == places, name
        seen[name] = seen_now(selectors, view, look.candidates, places, today=TODAY)
    return seen


async def result_of(screen: WebScreen, selectors: SelectorFile, seen: Mapping[str, SeenView], case: Change, number: int) -> Result:
    """Return what becomes of the changed element; wrong too if anything wrong is proposed for another one."""
    view = selectors.views[case.view]
    with suppress(ElementMissing, ElementAmbiguous):  # the landmark is among what changed; the page is up all the same
        await screen.show(case.view, change=str(number))
    _, places, suggestions = await suggest(screen, selectors, view, seen[case.view])
    page = _page(screen)
    truths = await _truths(page)
    header = await page.evaluate("window.header")
    for one in suggestions:
        is_right = one.header == header if one.column else one.place == truths[one.element]
        if one.is_proposal and (not is_right or (one.column and one.column != case.column)):
            return Result.WRONG
    mine = [one for one in suggestions if (one.element, one.column) == (case.element, case.column)]
    if mine:
        return Result.RIGHT if mine[0].is_proposal else Result.REFUSED
    is_there = truths[case.element] is not None and places.get(case.element) == truths[case.element]
    return Result.FOUND if is_there else Result.WRONG


def _page(screen: WebScreen) -> Page:
    page: Any = screen._main
    return page  # type: ignore[no-any-return]  # the driver's own page, which it keeps to itself


async def _truths(page: Page) -> dict[str, int | None]:
    script = """() => {
      const listed = globalThis[Symbol.for("kollega.listed")];
      return Object.fromEntries(Object.entries(window.truths).map(([name, one]) => [name, one.isConnected ? listed.indexOf(one) : null]));
    }"""
    truths: dict[str, int | None] = await page.evaluate(script)
    return truths


def share_right(results: Mapping[Change, Result], *, is_held_out: bool) -> float:
    """Return the share of right proposals among what was changed, is still there once, and is found by no approved way."""
    open_ones = [
        result for case, result in results.items() if case.is_held_out is is_held_out and case.kind not in NEVER_WRONG and result is not Result.FOUND
    ]
    return open_ones.count(Result.RIGHT) / len(open_ones)


def table(results: Mapping[Change, Result]) -> list[str]:
    """Return the figures for people: one line per kind of change, and the sums of both halves."""
    lines = [f"{'change':<34}{'cases':>7}" + "".join(f"{result:>16}" for result in Result)]
    kinds = dict.fromkeys(case.kind for case in results)
    rows = [(kind, [result for case, result in results.items() if case.kind == kind]) for kind in kinds]
    rows += [
        (half, [result for case, result in results.items() if case.is_held_out is is_held_out])
        for half, is_held_out in (("worked out on", False), ("held out", True))
    ]
    for name, found in rows:
        counted = Counter(found)
        lines.append(f"{name:<34}{len(found):>7}" + "".join(f"{counted[result]:>16}" for result in Result))
    return lines


async def results_of(browser: Browser, selectors: SelectorFile, cases: Sequence[Change], folder: Path, *, at_once: int = 4) -> dict[Change, Result]:
    """Return what becomes of each case, several pages looked at side by side."""
    waiting = list(enumerate(cases))[::-1]
    results: dict[Change, Result] = {}
    with served(cases) as address:
        opened = [await browser.screen(selectors, address=address, pictures=folder, limits=LIMITS) for _ in range(at_once)]
        screens = [screen for screen in opened if isinstance(screen, WebScreen)]
        seen = await seen_before(screens[0], selectors)

        async def work(screen: WebScreen) -> None:
            while waiting:
                number, case = waiting.pop()
                results[case] = await result_of(screen, selectors, seen, case, number)

        try:
            await asyncio.gather(*(work(screen) for screen in screens))
        finally:
            await asyncio.gather(*(screen.close() for screen in screens))
    return {case: results[case] for case in cases}
