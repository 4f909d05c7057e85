# ruff: noqa: ASYNC240 - short looks at local files, between the calls that are tested
"""Repaired entries: what is proposed, what is refused, what is noted of a screen, and what becomes of the selector file."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from robots.errors import SetupError
from robots.practice.households import generate
from robots.practice.municipality import Municipality
from robots.screens import TimeLimits, proposals
from robots.screens.amendment import accept_header, accept_ways
from robots.screens.desktop import open_screen
from robots.screens.inspection import Candidate, Inspectable, Look, caption, first_file, scalar, sure_ways, way_of, write_first_file, written
from robots.screens.seen import SeenThing, SeenView, read_seen, renewed, seen_now, seen_path, write_seen
from robots.screens.selector_file import Driver, SelectorFile, load
from robots.screens.sighting import State
from robots.screens.suggestion import Suggestion, propose, suggest
from robots.screens.ways import Accessible, ByCss, ByLabel, ByRole, ByTestId, Near, Way
from robots.screens.web import Browser
from tests.screens.drift_corpus.corpus import (
    LIMITS,
    NEVER_WRONG,
    SELECTORS,
    Result,
    changes,
    results_of,
    sample,
    seen_before,
    served,
    share_right,
    table,
)

ROOT = Path(__file__).parent.parent.parent
TODAY = date(2026, 11, 22)
FILE = """\
# The first line stays.
schema: 1
system: toy
driver: web
checked: {on: 2026-11-21, version: "1"}
views:
  form:
    address: /
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Ärende}]}  # so does this
      # and this
      name:
        find:
          - {label: Namn}
          - {test_id: name}
        # in the midst
        personal: true
      amount: {find: [{label: Belopp}], personal: true}
      rows:
        find: [{role: table, name: Rader}]
        columns: {day: Dag, sum: "Summa: kr"}
      save: {find: [{role: button, name: Spara}]}
"""


@pytest.fixture
def toy(tmp_path: Path) -> SelectorFile:
    path = tmp_path / "toy.yaml"
    path.write_text(FILE, encoding="utf-8")
    return load(path)


def thing(name: str, *, kind: str = "textbox", id: str = "", element: str = "", top: int = 0, headers: tuple[str, ...] = ()) -> SeenThing:  # noqa: A002 - as on the page
    looked = Candidate(kind=kind, name=name, label=name if kind == "textbox" else "", id=id, headers=headers, box=(0, top, 100, 20))
    return SeenThing(element=element, looked=looked)


BEFORE = (
    thing("Ärende", kind="heading", element="heading"),
    thing("Namn", id="name", element="name", top=40),
    thing("Belopp", id="amount", element="amount", top=80),
    thing("Rader", kind="table", element="rows", top=120, headers=("Dag", "Summa: kr")),
    thing("Spara", kind="button", element="save", top=160),
    thing("Ta bort", kind="button", top=200),
)
SEEN = SeenView(on=TODAY, things=BEFORE)


def looked(selectors: SelectorFile, *now: SeenThing) -> Look:
    """Return the look at a view on which these things are: the way by name or label finds what is called so."""
    candidates = tuple(one.looked for one in now)
    counts: dict[Way, int] = {}
    places: dict[Way, int] = {}
    for way in (way for element in selectors.views["form"].elements.values() for way in element.ways):
        wanted = way.name if isinstance(way, ByRole) else way.label if isinstance(way, ByLabel) else None
        kinds = {way.role} if isinstance(way, ByRole) else {"textbox"}
        found = [place for place, one in enumerate(candidates) if one.kind in kinds and one.name == wanted]
        counts[way] = len(found)
        if len(found) == 1:
            places[way] = found[0]
    return Look(candidates=candidates, counts=counts, places=places)


def changed(**others: SeenThing | None) -> list[SeenThing]:
    """Return the things before, some of them replaced or taken away."""
    now = [others.get(one.element, one) if one.element else one for one in BEFORE]
    return [one for one in now if one is not None]


def proposed(selectors: SelectorFile, *now: SeenThing, seen: SeenView | None = SEEN) -> list[Suggestion]:
    return propose(selectors, selectors.views["form"], looked(selectors, *now), seen)


#: {is held out: share of right proposals on the sample, as measured}
LEAST_RIGHT = {False: 0.60, True: 0.52}


# --- the corpus -------------------------------------------------------------------------------------------------------


@pytest.mark.browser
async def test_a_sixth_of_the_corpus_ends_as_measured_with_nothing_proposed_wrong(tmp_path: Path) -> None:
    selectors = load(SELECTORS)
    cases = sample(changes(selectors))
    browser = await Browser.open(executable=None)
    try:
        results = await results_of(browser, selectors, cases, tmp_path)
    finally:
        await browser.close()

    report = "\n".join(table(results))
    assert len(cases) >= 120, report
    assert [case.name for case, result in results.items() if result is Result.WRONG] == [], report
    assert {case.kind for case in cases} >= set(NEVER_WRONG), report
    for is_held_out, least in LEAST_RIGHT.items():
        assert share_right(results, is_held_out=is_held_out) >= least, report


@pytest.mark.browser
async def test_the_same_two_screens_always_give_the_same_suggestion(tmp_path: Path) -> None:
    selectors = load(SELECTORS)
    case = next(case for case in changes(selectors) if case.name == "renamed_word.new_message.subject")
    browser = await Browser.open(executable=None)
    try:
        with served([case]) as address:
            screen = await browser.screen(selectors, address=address, pictures=tmp_path, limits=LIMITS)
            assert isinstance(screen, Inspectable)
            seen = await seen_before(screen, selectors)  # type: ignore[arg-type]  # a screen, narrowed to what inspects
            await screen.show("new_message", change="0")
            found = [(await suggest(screen, selectors, selectors.views["new_message"], seen["new_message"]))[2] for _ in range(2)]
            (one,) = found[0]
            assert found[0] == found[1]
            assert (one.element, one.ways[0]) == ("subject", ByLabel(label="Rubrik"))
            assert one.score >= one.margin > 0.12

            picture = Path(await screen.picture_of(selectors.views["new_message"], one.place or 0))
            assert stat.S_IMODE(picture.stat().st_mode) == 0o600
            with Image.open(picture) as image:
                red, green, _ = image.convert("RGB").split()
            # The frame, and nothing else on the masked page, is red.
            assert ImageChops.subtract(red, green).point(lambda level: 255 if level > 120 else 0).histogram()[255] > 500
            await screen.close()
    finally:
        await browser.close()


# --- proposing and refusing -------------------------------------------------------------------------------------------


def test_an_element_with_another_ending_is_proposed_without_any_id(toy: SelectorFile) -> None:
    (one,) = proposed(toy, *changed(save=thing("Sparar", kind="button", top=160)))

    assert (one.element, one.place, one.state) == ("save", 4, State.NOT_FOUND)
    assert one.score >= 0.6 <= one.margin


def test_an_element_that_keeps_its_id_is_proposed_under_any_name(toy: SelectorFile) -> None:
    (one,) = proposed(toy, *changed(amount=thing("Summa", id="amount", top=80)))

    assert (one.element, one.place, one.because) == ("amount", 2, "")


@pytest.mark.parametrize("name", ["Ta bort allt", "Spara inte", "Sparande", "Lagra"])
def test_what_stands_in_the_place_of_a_button_and_is_called_otherwise_is_not_proposed(toy: SelectorFile, name: str) -> None:
    (one,) = proposed(toy, *changed(save=thing(name, kind="button", top=160)))

    assert (one.place, one.is_proposal) == (None, False)
    assert one.because


def test_an_element_that_was_removed_is_not_replaced_by_one_that_was_there_before(toy: SelectorFile) -> None:
    (one,) = proposed(toy, *changed(save=None))

    assert (one.place, one.because) == (None, "nothing on the view is new and of its kind; it may have been removed")


def test_an_id_with_a_number_in_it_proves_nothing(toy: SelectorFile) -> None:
    counted = replace(
        SEEN, things=tuple(thing("Belopp", id="field_3", element="amount", top=80) if one.element == "amount" else one for one in BEFORE)
    )
    (one,) = proposed(toy, *changed(amount=thing("Kostnad", id="field_3", top=80)), seen=counted)

    assert one.place is None


def test_of_two_that_are_alike_none_is_proposed(toy: SelectorFile) -> None:
    now = changed(save=thing("Sparar", kind="button", top=160))
    (one,) = proposed(toy, *now, thing("Sparar", kind="button", top=240))

    assert one.place is None
    assert "is not the only one called so" in one.because


def test_a_view_whose_landmark_and_elements_are_gone_may_be_another_page(toy: SelectorFile) -> None:
    found = proposed(toy, thing("Ärendet", kind="heading"), thing("Något", id="other"))

    assert {one.place for one in found} == {None}
    assert "another page may be up" in found[0].because


def test_nothing_is_proposed_for_what_nobody_has_seen(toy: SelectorFile) -> None:
    (one,) = proposed(toy, *changed(amount=thing("Summa", id="amount", top=80)), seen=None)

    assert "nobody has seen how it was" in one.because


@pytest.mark.parametrize(
    ("headers", "header"), [(("Dagar", "Summa: kr"), "Dagar"), (("Kostnad", "Summa: kr"), ""), (("Dag", "Dag", "Summa: kr"), "")]
)
def test_a_column_is_proposed_by_its_words_alone(toy: SelectorFile, headers: tuple[str, ...], header: str) -> None:
    (one,) = proposed(toy, *changed(rows=thing("Rader", kind="table", top=120, headers=headers)))

    assert (one.name, one.header, bool(one.because)) == ("toy.form.rows.day", header, not header)


# --- what is noted ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Sökt belopp", "Sökt belopp"), (" Sida\n 2 ", "Sida 2"), ("Anna Andersson", ""), ("Ärende 20260101-1234", ""), ("a@b.se", ""), ("x" * 61, "")],
)
def test_a_text_that_may_be_about_somebody_is_no_caption(text: str, kept: str) -> None:
    assert caption(text) == kept


def test_the_record_of_a_view_comes_back_and_holds_no_names_of_others(toy: SelectorFile) -> None:
    candidates = (*(one.looked for one in BEFORE), Candidate(kind="link", name="Anna"), Candidate(kind="heading", name="Om Anna"))
    places = {one.element: place for place, one in enumerate(BEFORE) if one.element}
    now = seen_now(toy, toy.views["form"], candidates, places, today=TODAY)
    write_seen(seen_path(toy), {"form": now})

    assert read_seen(seen_path(toy)) == {"form": SEEN}
    assert now == SEEN
    assert "Anna" not in seen_path(toy).read_text(encoding="utf-8")


def test_a_record_is_kept_as_it_was_while_an_element_is_lost() -> None:
    without = replace(SEEN, things=BEFORE[1:])

    assert renewed(SEEN, without) == SEEN
    assert renewed(without, SEEN) == SEEN
    assert renewed(None, without) == without


# --- the selector file ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "old"),
    [
        ("name", "        find:\n          - {label: Namn}\n          - {test_id: name}\n"),
        ("amount", "      amount: {find: [{label: Belopp}], personal: true}\n"),
    ],
)
def test_an_accepted_entry_changes_its_lines_and_leaves_every_other_byte(toy: SelectorFile, element: str, old: str) -> None:
    comment = accept_ways(toy, "form", element, [ByLabel(label="Ny: text"), ByTestId(test_id="x")], who="anna", today=TODAY)

    text = toy.path.read_text(encoding="utf-8")
    after = load(toy.path)
    assert after.views["form"].elements[element].ways == (ByLabel(label="Ny: text"), ByTestId(test_id="x"))
    assert after.views["form"].elements[element].is_personal
    assert comment.startswith(f"# 2026-11-22 anna accepted the ways of {element}; before: [{{label: ")
    kept = [line for line in FILE.splitlines() if line + "\n" not in old]
    assert [line for line in text.splitlines() if line in kept] == kept
    assert text.count("\n      # 2026-11-22 anna") == 1


def test_an_accepted_header_changes_one_text(toy: SelectorFile) -> None:
    accept_header(toy, "form", "rows", "day", "Datum", who="anna", today=TODAY)

    assert toy.path.read_text(encoding="utf-8").count('columns: {day: Datum, sum: "Summa: kr"}') == 1
    assert load(toy.path).views["form"].elements["rows"].columns == {"day": "Datum", "sum": "Summa: kr"}


def test_an_entry_that_the_loader_would_refuse_is_not_put_in(toy: SelectorFile) -> None:
    with pytest.raises(SetupError, match="by hand"):
        accept_ways(toy, "form", "rows", [ByLabel(label="Rader")], who="anna", today=TODAY)

    assert toy.path.read_text(encoding="utf-8") == FILE


def test_a_suggestion_is_accepted_once_and_only_for_the_entry_that_it_was_made_for(toy: SelectorFile, tmp_path: Path) -> None:
    one = Suggestion(
        system="toy", view="form", element="amount", state=State.NOT_FOUND, ways=(ByLabel(label="Summa"),), score=0.9, margin=0.9, place=2
    )
    folder = tmp_path / "suggestions"
    proposals.keep(folder, toy, [one, replace(one, element="name", ways=(), because="not sure")])
    assert [path.name for path in folder.iterdir()] == ["toy.form.amount.json"]

    proposals.accept(folder, toy, "toy.form.amount", who="anna")
    assert load(toy.path).views["form"].elements["amount"].ways == (ByLabel(label="Summa"),)
    with pytest.raises(SetupError, match="no such suggestion"):
        proposals.accept(folder, toy, "toy.form.amount", who="anna")

    proposals.keep(folder, toy, [one])
    with pytest.raises(SetupError, match="has been changed"):
        proposals.accept(folder, load(toy.path), "toy.form.amount", who="anna")


@pytest.mark.parametrize(
    ("driver", "way"),
    [
        (Driver.WEB, ByRole(role="button", name='Spara: "nu"')),
        (Driver.WEB, ByRole(role="table")),
        (Driver.WEB, Near(near="Hyra", role="textbox")),
        (Driver.WEB, ByCss(css="#a", why="its id")),
        (Driver.DESKTOP, Accessible(role="text", id="a", name="b")),
        (Driver.DESKTOP, Accessible(role="table")),
    ],
)
def test_a_way_is_written_as_it_is_read(driver: Driver, way: Way) -> None:
    assert way_of(written(way), driver) == way


@pytest.mark.parametrize("text", ["null", "a: b", "{x}", "# x", "å ä", "- x", '"', "\\", "Ja", "0123", " x"])
def test_a_text_is_the_same_after_it_was_written_as_yaml(text: str, tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(FILE.replace("{label: Belopp}", f"{{label: {scalar(text)}}}"), encoding="utf-8")

    assert load(path).views["form"].elements["amount"].ways == (ByLabel(label=text),)


# --- a first file -----------------------------------------------------------------------------------------------------


@pytest.mark.browser
async def test_a_first_selector_file_finds_all_that_it_names_and_is_never_written_over_another(tmp_path: Path) -> None:
    selectors = load(SELECTORS)
    browser = await Browser.open(executable=None)
    try:
        with served([]) as address:
            screen = await browser.screen(selectors, address=address, pictures=tmp_path, limits=LIMITS)
            assert isinstance(screen, Inspectable)
            await screen.show("calculation", change="none-calculation")
            found = await sure_ways(screen, None, Driver.WEB)
            text = first_file("fresh", "calculation", found, driver=Driver.WEB, where="/calculation/none-calculation", today=TODAY)
            fresh = load(write_first_file(text, tmp_path / "first", "fresh"))
            await screen.close()

            again = await browser.screen(fresh, address=address, pictures=tmp_path, limits=LIMITS)
            await again.show("calculation")
            sightings = await again.sightings("calculation")
            await again.close()
    finally:
        await browser.close()

    elements = fresh.views["calculation"].elements
    assert {name for name, one in sightings.items() if one.state is not State.FIRST_WAY} == set()
    assert {"normberakning", "hyra", "sokt_belopp", "godkant_belopp", "slag_av_bistand", "berakna", "spara", "tidigare_berakningar"} <= set(elements)
    assert elements["hyra"].is_personal
    assert not elements["spara"].is_personal
    assert elements["tidigare_berakningar"].columns == {"manad": "Månad", "belopp": "Belopp", "handlaggare": "Handläggare"}
    assert "7020" not in text
    assert "6500" not in text
    with pytest.raises(SetupError, match="there already"):
        write_first_file(text, tmp_path / "first", "fresh")


def test_a_first_file_asks_of_a_button_that_may_bring_a_file_whether_it_does() -> None:
    found = [(Candidate(kind="button", name=name), [ByRole(role="button", name=name)]) for name in ("Hämta beslut", "Spara")]

    text = first_file("fresh", "form", found, driver=Driver.WEB, where="/form", today=TODAY)

    (asked, of_other) = text.partition("      spara:")[::2]
    assert "write download: true" in asked
    assert "download" not in of_other


@pytest.mark.desktop
async def test_a_desktop_program_is_listed_and_repaired_as_a_page_is(tmp_path: Path) -> None:
    folder = Path(__file__).parent / "desktop"
    shutil.copytree(folder / "selectors", tmp_path / "selectors")
    path = tmp_path / "selectors" / "qt_form.yaml"
    selectors = load(path)
    screen = await open_screen(
        selectors,
        command=[sys.executable, str(folder / "qt_form.py"), str(tmp_path / "store.json")],
        environment={},
        pictures=tmp_path / "pictures",
        limits=TimeLimits(view_seconds=20, answer_seconds=5),
    )
    try:
        assert isinstance(screen, Inspectable)
        await screen.wait_for("form")
        view = selectors.views["form"]
        look, places, lost = await suggest(screen, selectors, view, None)
        seen = seen_now(selectors, view, look.candidates, places, today=TODAY)
        # As if the file was written for an older version of the program, whose button bore another ending.
        path.write_text(path.read_text(encoding="utf-8").replace("name: Spara}", "name: Spar}"), encoding="utf-8")
        older = load(path)
        before = tuple(replace(one, looked=replace(one.looked, name="Spar")) if one.element == "save" else one for one in seen.things)
        _, _, found = await suggest(screen, older, older.views["form"], replace(seen, things=before))
        (one,) = [one for one in found if one.element == "save"]
        listed = await sure_ways(screen, None, Driver.DESKTOP)
        picture = Path(await screen.picture_of(view, one.place or 0))
        text = first_file("fresh", "form", listed, driver=Driver.DESKTOP, where=look.title, today=TODAY)
    finally:
        await screen.close()

    assert {"heading", "kind", "is_open", "password", "cases", "save"} <= set(places)
    assert "missing" in {one.element for one in lost}
    assert Accessible(role="push button", name="Spara") in one.ways
    assert picture.is_file()
    fresh = load(write_first_file(text, tmp_path / "first", "fresh"))
    elements = fresh.views["form"].elements
    assert any(element.is_secret for element in elements.values())
    assert any(list(element.columns.values()) == ["Ärendenummer", "Läge"] or len(element.columns) >= 2 for element in elements.values())


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def municipality(tmp_path: Path) -> Iterator[Municipality]:
    with Municipality.start(tmp_path / "practice", generate(1, 3), systems=["e_service"]) as municipality:
        yield municipality


@pytest.fixture
def kollega(municipality: Municipality, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    root = tmp_path / "root"
    for folder in ("config", "selectors"):
        shutil.copytree(ROOT / folder, root / folder)
    settings = root / "config" / "kollega.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("http://127.0.0.1:8701", municipality.addresses["e_service"]), encoding="utf-8")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from robots.cli import main; main()", "screens", *arguments]
        environment = {**os.environ, **municipality.environment, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300)

    return run


@pytest.mark.browser
def test_a_renamed_element_is_repaired_by_commands(
    kollega: Callable[..., subprocess.CompletedProcess[str]], municipality: Municipality, tmp_path: Path
) -> None:
    path = tmp_path / "root" / "selectors" / "e_service.yaml"
    shutil.rmtree(path.parent / "seen", ignore_errors=True)
    first = kollega("suggest", "e_service")
    assert (first.returncode, first.stderr) == (0, "")
    assert (path.parent / "seen" / "e_service.yaml").is_file()

    # As if the system was changed: what the file calls it is not what it is called.
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace("{label: Ämne}", "{label: Rubrik}"), encoding="utf-8")
    done = kollega("suggest", "e_service", "--json")
    assert done.returncode == 4, done.stderr
    (one,) = json.loads(done.stdout)["suggestions"]
    assert (one["name"], one["ways"][0]) == ("e_service.new_message.subject", {"label": "Ämne"})
    assert Path(tmp_path / "root" / one["picture"]).is_file()

    accepted = kollega("accept", "e_service.new_message.subject")
    assert accepted.returncode == 0, accepted.stderr
    assert load(path).views["new_message"].elements["subject"].ways[0] == ByLabel(label="Ämne")
    assert "accepted the ways of subject; before: [{label: Rubrik}]" in path.read_text(encoding="utf-8")
    assert kollega("suggest", "e_service").returncode == 0
    assert municipality.effects() == []


@pytest.mark.browser
def test_a_view_is_inspected_and_pictured_by_commands(
    kollega: Callable[..., subprocess.CompletedProcess[str]], municipality: Municipality, tmp_path: Path
) -> None:
    listed = kollega("inspect", "e_service", "--view", "new_message", "--json")
    assert listed.returncode == 0, listed.stderr
    things = json.loads(listed.stdout)["things"]
    assert {"kind": "textbox", "label": "Ämne", "has_value": False}.items() <= next(one for one in things if one["id"] == "subject").items()
    applicant = next(one for one in things if one["id"] == "applicant")
    assert (applicant["has_value"], applicant["ways"][0]) == (True, {"label": "Sökande"})
    numbers = (ROOT / "robots" / "practice" / "test-personnummer.txt").read_text(encoding="utf-8").split()
    assert [number for number in numbers if number.isdecimal() and number in listed.stdout] == []

    new = kollega("inspect", "new_system", "--address", f"{municipality.addresses['e_service']}/logga-in", "--to", "first")
    assert new.returncode == 0, new.stderr
    fresh = load(tmp_path / "root" / "first" / "new_system.yaml")
    assert {"logga_in", "anvandarnamn", "losenord"} <= set(fresh.views["log_in"].elements)
    assert fresh.views["log_in"].elements["losenord"].is_secret
    assert kollega("inspect", "new_system", "--address", f"{municipality.addresses['e_service']}/logga-in", "--to", "first").returncode == 3

    pictured = kollega("picture", "e_service", "--view", "household")
    assert pictured.returncode == 0, pictured.stderr
    assert stat.S_IMODE((tmp_path / "root" / pictured.stdout.strip()).stat().st_mode) == 0o600
    assert kollega("inspect", "e_service", "--view", "nowhere").returncode == 4
    assert municipality.effects() == []
