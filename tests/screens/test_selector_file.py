from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from robots.errors import ElementMissing, SelectorFileInvalid
from robots.screens.dialogs import Dialog, DialogAnswer, DialogResponse, ViewDialog
from robots.screens.routes import CheckRoute, Reach
from robots.screens.selector_file import Driver, SelectorFile, element_names, load
from robots.screens.ways import Accessible, Beside, ByCss, ByLabel, ByRole, Image, Keys, Near, Window

WEB = """
schema: 1
system: register
driver: web
checked: {on: 2026-11-21, version: "1.0"}
session_lost: [log_in]
dialogs:
  send: {text: "Vill du skicka?", answer: accept}
views:
  log_in:
    address: /logga-in
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Logga in}]}
      password: {find: [{label: Lösenord}], secret: true}
  search:
    address: /person/{number}?from={day}
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Sök}]}
      number: {find: [{label: Personnummer}, {near: Personnummer, role: textbox}, {css: "#pnr", why: no label}], personal: true}
      search: {find: [{role: button, name: Sök}]}
      rows: {find: [{role: table, name: Svar}], columns: {name: Namn, no: "0123"}, next_page: next}
      next: {find: [{role: link, name: Nästa}]}
  result:
    reach: {from: search, press: search.search}
    frame: {title: Resultat}
    popup: true
    landmark: heading
    elements:
      heading: {find: [{text: on}], read_only: true}
"""

DESKTOP = """
schema: 1
system: register
driver: desktop
checked: {on: 2026-11-21, version: "4.2"}
window: Exempel Ärende
select_all: Ctrl+Slash
views:
  search:
    landmark: heading
    elements:
      heading: {find: [{window: Exempel Ärende}]}
      number: {find: [{accessible: text, id: pnr}, {beside: Personnummer, accessible: text}, {keys: F2}]}
      search: {find: [{accessible: push button, name: Sök}, {image: search.png, within: [0, 10, 200, 40]}]}
      rows: {find: [{accessible: table, name: Svar}], columns: {name: Namn}}
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "register.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _loaded(folder: Path, text: str = WEB) -> SelectorFile:
    return load(_written(folder, text))


def _desktop(folder: Path) -> SelectorFile:
    images = folder / "images" / "register"
    images.mkdir(parents=True)
    (images / "search.png").write_bytes(b"")
    return _loaded(folder, DESKTOP)


def _mistakes(folder: Path, text: str) -> list[str]:
    path = _written(folder, text)
    with pytest.raises(SelectorFileInvalid) as caught:
        load(path)
    lines = caught.value.message.splitlines()
    assert all(line.startswith(f"{path}:") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


def test_a_web_file_is_read_with_everything_in_it(tmp_path: Path) -> None:
    selectors = _loaded(tmp_path)
    assert (selectors.system, selectors.driver, selectors.session_lost) == ("register", Driver.WEB, ("log_in",))
    assert (selectors.checked_on, selectors.checked_version) == (date(2026, 11, 21), "1.0")
    assert dict(selectors.dialogs) == {"send": Dialog(name="send", text="Vill du skicka?", answer=DialogAnswer.ACCEPT)}
    search, number = selectors.element("search.number")
    assert search.placeholders == ("number", "day")
    assert number.ways == (ByLabel(label="Personnummer"), Near(near="Personnummer", role="textbox"), ByCss(css="#pnr", why="no label"))
    assert (number.is_personal, number.is_secret, number.is_read_only) == (True, False, False)
    assert selectors.element("log_in.password")[1].is_secret
    rows = selectors.element("search.rows")[1]
    assert (dict(rows.columns), rows.next_page, rows.ways) == ({"name": "Namn", "no": "0123"}, "next", (ByRole(role="table", name="Svar"),))
    result = selectors.view("result")
    assert (result.address, result.reach, result.frame_title, result.is_popup) == (None, Reach(view="search", element="search"), "Resultat", True)
    assert result.elements["heading"].is_read_only


def test_a_desktop_file_is_read_with_everything_in_it(tmp_path: Path) -> None:
    selectors = _desktop(tmp_path)
    assert (selectors.driver, selectors.window) == (Driver.DESKTOP, "Exempel Ärende")
    assert (selectors.select_all, selectors.copy) == (("ctrl", "slash"), ("ctrl", "c"))
    elements = selectors.view("search").elements
    assert elements["heading"].ways == (Window(title="Exempel Ärende"),)
    assert elements["number"].ways == (Accessible(role="text", id="pnr"), Beside(beside="Personnummer", role="text"), Keys(keys=("f2",)))
    picture = Image(file=tmp_path / "images" / "register" / "search.png", within=(0, 10, 200, 40))
    assert elements["search"].ways == (Accessible(role="push button", name="Sök"), picture)


def test_element_names_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    assert element_names(_loaded(tmp_path))[:4] == ("log_in.heading", "log_in.password", "search.heading", "search.number")


@pytest.mark.parametrize("name", ["nowhere.heading", "search.nothing", "search", ""])
def test_a_name_that_the_file_lacks_is_missing(tmp_path: Path, name: str) -> None:
    selectors = _loaded(tmp_path)
    with pytest.raises(ElementMissing):
        selectors.element(name)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "says"),
    [
        ("schema: 1\n", "", 2, "the key schema is missing"),
        ("schema: 1", "schema: 2", 2, "schema: this program reads schema 1 only"),
        ("system: register", "system: other", 3, "system: must be the name of the file, register"),
        ("driver: web", "driver: mainframe", 4, "driver: must be one of: web, desktop"),
        ("driver: web\n", "", 2, "the key driver is missing"),
        ("2026-11-21", "21 november", 5, "checked.on: must be a date such as 2026-11-21"),
        (', version: "1.0"', "", 5, "checked: the key version is missing"),
        ("session_lost: [log_in]", "session_lost: [login]", 6, 'session_lost[0]: no view is called "login"'),
        ("session_lost: [log_in]", "session_lost: [log_in, log_in]", 6, 'session_lost[1]: "log_in" stands twice'),
        ("session_lost: [log_in]", "session_lost: []", 6, "session_lost: must be a list with at least one member"),
        ("session_lost: [log_in]", "colour: blue", 6, "colour: unknown key; known are "),
        ("session_lost: [log_in]", "window: x", 6, "window: is for the driver desktop only"),
        ("session_lost: [log_in]", "schema: 1", 6, "schema: the key stands twice"),
        ("answer: accept", "answer: maybe", 8, "dialog send, answer: must be one of: accept, dismiss"),
        (", answer: accept", "", 8, "dialog send: the key answer is missing"),
        ("  send: {", '  other: {text: "Vill du skicka?", answer: dismiss}\n  send: {', 9, "dialog send, text: another dialog has the same text"),
        ("  log_in:\n", "  Log-in:\n", 10, "views.Log-in: is no name"),
        ("address: /logga-in", "address: logga-in", 11, 'view log_in, address: is a path that begins with "/"'),
        ("address: /logga-in", "address: //other.example.se/", 11, "view log_in, address: is a path"),
        ("{number}?from", "{Number}?from", 17, "view search, address: a placeholder is a name in braces"),
        ("{number}?from", "{number?from", 17, "view search, address: a placeholder is a name in braces"),
        ("    address: /logga-in\n    landmark: heading\n", "    address: /logga-in\n", 10, "view log_in: the key landmark is missing"),
        (
            "address: /logga-in\n    landmark: heading",
            "address: /logga-in\n    landmark: title",
            12,
            'view log_in, landmark: "title" is no element of the view',
        ),
        ("secret: true", "secret: yes", 15, "view log_in, element password, secret: must be true or false"),
        ("secret: true", "secrets: true", 15, "view log_in, element password, secrets: unknown key"),
        (
            "{label: Lösenord}",
            "{lable: Lösenord}",
            15,
            "view log_in, element password, find[0].lable: unknown way; known are near, role, label, text, test_id, css",
        ),
        ("{label: Lösenord}", "{keys: F2}", 15, "find[0].keys: unknown way"),
        ("{label: Lösenord}", "{label: Lösenord, name: x}", 15, "find[0].name: unknown key; known are label"),
        ("{label: Lösenord}", "label", 15, "find[0]: must be keys with values"),
        ("{label: Lösenord}", "{label: }", 15, "find[0].label: must be a text"),
        ("{label: Lösenord}", "{label: null}", 15, "find[0].label: must be a text"),
        ("{label: Lösenord}", "{label: Lösenord}, {label: Lösenord}", 15, "find: the same way stands twice"),
        ("[{label: Lösenord}]", "[]", 15, "find: must be a list with at least one member"),
        ("find: [{label: Lösenord}], ", "", 15, "view log_in, element password: the key find is missing"),
        (", why: no label", "", 21, "element number, find[2]: the key why is missing"),
        (", role: textbox", "", 21, "view search, element number, find[1]: the key role is missing"),
        ('columns: {name: Namn, no: "0123"}', "columns: {}", 23, "element rows, columns: must hold at least one key"),
        ('no: "0123"', "no: Namn", 23, "element rows, columns: two columns have the same header"),
        ("{role: table, name: Svar}", "{label: Svar}", 23, "element rows, columns: belong to a table"),
        ("{role: table, name: Svar}", "{role: button, name: Svar}", 23, "element rows, columns: belong to a table"),
        ('columns: {name: Namn, no: "0123"}, ', "", 23, "element rows, next_page: needs columns"),
        ("secret: true", "format: number", 15, "element password, format: must be one of: amount, personnummer, date"),
        ("next_page: next", "next_page: next, format: amount", 23, "element rows, format: is for a field"),
        ("next_page: next", "previous_page: next", 23, "element rows, previous_page: needs next_page"),
        ("next_page: next", "next_page: next, previous_page: back", 23, 'element rows, previous_page: leads to no element: "back"'),
        ("next_page: next", "next_page: next, download: kanske", 23, "element rows, download: must be true or false"),
        ("secret: true", "secret: true, download: true", 15, "element password, download: is for what is pressed, and secret for what is not"),
        ("name: Nästa}]", "name: Nästa}], download: true", 23, 'element rows, next_page: turns by what brings a file: "next"'),
        (
            "search: {find: [{role: button, name: Sök}]}",
            "search: {find: [{role: button, name: Sök}], download: true}",
            26,
            'view result, reach: presses what brings a file and no view: "search.search"',
        ),
        ("next_page: next", "next_page: following", 23, 'element rows, next_page: leads to no element: "following"'),
        ("reach: {from: search,", "reach: {from: find,", 26, "view result, reach.press: must be an element of the view it comes from: find.…"),
        ("press: search.search", "press: search", 26, "view result, reach.press: must be an element of the view it comes from: search.…"),
        ("press: search.search", "press: search.find", 26, 'view result, reach: presses an element that is not there: "search.find"'),
        (
            "{from: search, press: search.search}",
            "{from: find, press: find.search}",
            26,
            'view result, reach: comes from a view that is not there: "find"',
        ),
        ("{from: search, press: search.search}", "{from: search}", 26, "view result, reach: the key press is missing"),
        (
            "{from: search, press: search.search}",
            "{from: result, press: result.heading}",
            26,
            "view result, reach: goes in a circle: result from result",
        ),
        ("    reach: {from", "    address: /svar\n    reach: {from", 26, "view result, address: address and reach exclude each other"),
        ("    reach: {from: search, press: search.search}", "    address: /svar", 28, "view result, popup: a popup is opened by a press"),
        ("{title: Resultat}", "Resultat", 27, "view result, frame: must be keys with values: title"),
        ("[log_in]", "&x [log_in]", 6, "session_lost: an anchor or alias"),
    ],
)
def test_each_mistake_is_told_with_line_view_and_element(tmp_path: Path, right: str, wrong: str, line: int, says: str) -> None:
    assert right in WEB
    mistakes = _mistakes(tmp_path, WEB.replace(right, wrong, 1))
    assert any(one.startswith(f"{line}: ") and says in one for one in mistakes), mistakes


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("window: Exempel Ärende\n", "", "the key window is missing"),
        ("window: Exempel Ärende\n", "window: x\naddress: x\n", "address: unknown key"),
        ("Ctrl+Slash", "ctrl+ctrl+a", '"ctrl+ctrl+a" is no key combination'),
        ("Ctrl+Slash", "hyper+a", '"hyper+a" is no key combination'),
        ("keys: F2", "keys: F25", 'element number, find[2].keys: "F25" is no key combination'),
        ("keys: F2", "keys: ctrl+", '"ctrl+" is no key combination'),
        (", id: pnr", "", "find[0]: a way by accessible needs a key name or a key id"),
        ("{accessible: text, id: pnr}", "{label: Personnummer}", "find[0].label: unknown way; known are beside, accessible, keys, window, image"),
        ("search.png", "other.png", "is not there"),
        ("search.png", "other.png", "no element uses the picture"),
        ("search.png", "../register/search.png", "must be the bare name of a picture"),
        ("[0, 10, 200, 40]", "[0, 10, 200]", "find[1].within: must be [left, top, width, height]"),
        ("[0, 10, 200, 40]", "[0, 10, 0, 40]", "find[1].within: must be [left, top, width, height]"),
        (", within: [0, 10, 200, 40]", "", "find[1]: the key within is missing"),
        ("    landmark: heading", "    address: /x\n    landmark: heading", "view search, address: unknown key"),
        ("columns: {name: Namn}", "columns: {name: Namn}, download: true", "element rows, download: unknown key"),
        ("{accessible: table, name: Svar}", "{keys: F3}", "columns: belong to a table"),
        ("{keys: F2}]", "{text: Sök}]", "element number, find[2]: the key within is missing"),
        ("{keys: F2}]", "{text_in: [0, 0, 9, 9]}]", "element number, find[2]: the key check is missing"),
        ("{keys: F2}]", "{text_in: [0, 0, 9, 9], check: once}]", "element number, find[2].check: must be one of: twice, check_digit"),
        ("{keys: F2}]", "{text_in: [0, 0, 9], check: twice}], read_only: true", "find[2].text_in: must be [left, top, width, height]"),
        ("{keys: F2}]", "{text_in: [0, 0, 9, 9], check: twice}]", "element number, find: a value that is read off a picture must be read_only"),
        ("[{window: Exempel Ärende}]", "[{text: Sök, within: [0, 0, 9, 9]}, {window: Exempel}]", "element heading, find: what is read off a picture"),
        ("{accessible: table, name: Svar}", "{text: Svar, within: [0, 0, 9, 9]}", "columns: belong to a table"),
    ],
)
def test_each_mistake_of_a_desktop_file_is_told(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    assert right in DESKTOP
    images = tmp_path / "images" / "register"
    images.mkdir(parents=True)
    (images / "search.png").write_bytes(b"")
    mistakes = _mistakes(tmp_path, DESKTOP.replace(right, wrong, 1))
    assert any(says in one for one in mistakes), mistakes


CHECKED = """
samples: {number: search.rows.no}
dialogs:
  send: {text: "Vill du skicka?", answer: accept}
  news: {view: news, meaning: news of the system, do: close, press: close}
  down: {view: down, meaning: no server, do: fault}
views:
  news:
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Nyheter}]}
      close: {find: [{role: button, name: Stäng}], optional: true}
  down:
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Ur drift}]}
  search:
    address: /sok
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Sök}]}
      number: {find: [{label: Nummer}]}
      search: {find: [{role: button, name: Sök}]}
      rows: {find: [{role: table, name: Svar}], columns: {no: Nr}}
  result:
    reach: {from: search, press: search.search}
    check: {enter: {number: "{number}"}, after: search, leave: back}
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Svar}]}
      back: {find: [{role: button, name: Åter}]}
  saved:
    reach: {from: search, press: search.search}
    check: {never: its button saves}
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Sparat}]}
"""
HEAD = "schema: 1\nsystem: register\ndriver: web\nchecked: {on: 2026-11-21, version: x}"


def test_what_a_check_does_and_what_is_done_about_dialogs_is_read(tmp_path: Path) -> None:
    selectors = _loaded(tmp_path, HEAD + CHECKED)

    assert dict(selectors.samples) == {"number": ("search", "rows", "no")}
    assert dict(selectors.view_dialogs) == {
        "news": ViewDialog(name="news", view="news", meaning="news of the system", response=DialogResponse.CLOSE, press="close"),
        "down": ViewDialog(name="down", view="down", meaning="no server", response=DialogResponse.FAULT),
    }
    assert selectors.element("news.close")[1].is_optional
    check = selectors.view("result").check
    assert check == CheckRoute(enter={"number": "{number}"}, after="search", leave="back")
    assert check.placeholders == ("number",)
    assert selectors.view("saved").check == CheckRoute(never="its button saves")


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("search.rows.no}", "search.rows.nr}", "samples.number: must be a column of a table: view.table.column"),
        ("view: news,", "view: weather,", 'dialog news, view: no view is called "weather"'),
        ("press: close}", "press: shut}", 'dialog news, press: is no element of the view: "shut"'),
        (", press: close}", "}", "dialog news: the key press is missing: the element that closes it"),
        ("do: fault}", "do: fault, press: heading}", "dialog down, press: only a dialog that is closed is pressed in"),
        ("do: fault}", "do: wait}", "dialog down, do: must be one of: close, stop, fault"),
        ("meaning: no server, ", "", "dialog down: the key meaning is missing"),
        ("view: down,", "view: news,", 'dialog down: another dialog is the view "news" already'),
        ("{enter: {number:", "{enter: {street:", 'view result, check: enters something that is not there: "search.street"'),
        ('"{number}"}', '"{Number}"}', "a placeholder is a name in braces, as in {personnummer}"),
        ("after: search,", "after: seeking,", 'view result, check: comes after a view that is not there: "seeking"'),
        ("leave: back}", "leave: home}", 'view result, check: leaves by an element that is not there: "result.home"'),
        ("leave: back}", "from: search}", "view result, check: the key press is missing: from and press stand together"),
        ("{never: its button saves}", "{never: its button saves, leave: heading}", "check.leave: a view that is never brought up needs nothing else"),
        ("{never: its button saves}", "{}", "view saved, check: must hold at least one of from, press"),
        ("{never: its button saves}", "{from: result, press: result.home}", 'check: presses an element that is not there: "result.home"'),
        ("{never: its button saves}", "{from: saved, press: saved.heading}", "check: goes in a circle: saved from saved"),
        (
            "    reach: {from: search, press: search.search}\n    check: {enter",
            "    check: {enter",
            "has something to enter, but the view is reached from no other one",
        ),
    ],
)
def test_each_mistake_about_checks_and_dialogs_is_told(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    assert CHECKED.count(right) == 1
    mistakes = _mistakes(tmp_path, HEAD + CHECKED.replace(right, wrong))
    assert any(says in one for one in mistakes), mistakes


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = WEB.replace("schema: 1", "schema: 3").replace("label: Lösenord", "lable: Lösenord").replace(", why: no label", "")
    mistakes = _mistakes(tmp_path, text.replace("next_page: next", "next_page: x").replace("{title: Resultat}", "{name: x}"))
    assert [one.partition(":")[0] for one in mistakes] == ["2", "15", "21", "23", "27", "27"]


def test_a_circle_of_views_is_told_once(tmp_path: Path) -> None:
    views = "".join(
        f"  {name}:\n    reach: {{from: {start}, press: {start}.go}}\n    landmark: go\n    elements:\n      go: {{find: [{{text: Gå}}]}}\n"
        for name, start in (("one", "three"), ("two", "one"), ("three", "two"))
    )
    head = WEB.partition("session_lost")[0]
    assert _mistakes(tmp_path, f"{head}views:\n{views}") == ["8: view one, reach: goes in a circle: one from three from two from one"]


@pytest.mark.parametrize("text", ["", "just text", "- a\n- list", "views: [", "a: 1\n---\nb: 2", "a: *nowhere"])
def test_what_is_no_selector_file_at_all_is_told_so(tmp_path: Path, text: str) -> None:
    assert _mistakes(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SelectorFileInvalid, match="can't be read"):
        load(tmp_path / "missing.yaml")
    path = tmp_path / "register.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SelectorFileInvalid, match="is not UTF-8"):
        load(path)


def test_scalars_are_texts_whatever_they_look_like(tmp_path: Path) -> None:
    selectors = _loaded(tmp_path)
    assert dict(selectors.element("search.rows")[1].columns)["no"] == "0123"
    assert selectors.element("result.heading")[1].name == "heading"
