"""The page finds by role, text and test id what the browser library finds, which is much slower at it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any, cast

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from robots.errors import ElementAmbiguous
from robots.screens.selector_file import Element, View
from robots.screens.ways import ByCss, ByRole, ByTestId, ByText, Way
from robots.screens.web.browser import FLAGS, PROGRAMS
from robots.screens.web.finding import PAGE_SCRIPT, Finder, Match, Question

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PAGE = r"""<!doctype html><html lang="sv"><head><title>Rubrik</title></head><body>
<header>Överst <h1>Ansökan <b>mars</b> 2026</h1></header>
<nav aria-label="Delar"><a href="/a">Översikt</a> <a>Ingenstans</a> <a href="/b"><img src="x.png" alt="Hjälp"></a></nav>
<main><section aria-label="Uppgifter"><h2>
  Hushåll&nbsp;och
  boende</h2><article><header>I artikeln</header><p>Stycke <em>ett</em></p></article></section><section>Utan namn</section>
<form aria-label="Sök"><label>Namn <input></label><label for="n">Nummer</label><input id="n" type="number"><input type="search" aria-label="Leta">
<input type="date" aria-label="Dag"><input type="password" aria-label="Ord"><input list="l" aria-label="Val"><datalist id="l"><option>a</datalist>
<label><input type="checkbox"> Pågår</label><label><input type="radio" name="r"> Ja</label><label><input type="radio" name="r"> Nej</label>
<select aria-label="Slag"><option>ett<option>två</select><select multiple aria-label="Flera"><option>tre</select>
<textarea aria-label="Text"></textarea>
<button>Spara</button><button aria-label="Stäng">×</button><input type="submit" value="Skicka"><input type="image" alt="Bild" src="x.png">
<button hidden>Spara</button><button aria-hidden="true">Spara</button><div aria-hidden="true"><button>Spara</button></div>
<button style="visibility: hidden">Spara</button><div role="button" tabindex="0">Som knapp</div><button role="tab">Flik</button>
<span id="part1">Ta</span><span id="part2">bort</span><button aria-labelledby="part1 part2">x</button><button title="Bara titel"></button></form>
<table><caption>Barn</caption><thead><tr><th>Person<th>Dagar</thead><tbody><tr><td>ett<td>31<tr><th scope="row">två<td>0</tbody></table>
<table aria-label="Utan rubrik"><tr><td>Sparat</table><table role="grid" aria-label="Rutnät"><tr><td>ruta</table>
<fieldset><legend>Boende</legend>I</fieldset><div role="radiogroup" aria-label="Grupp">G</div><ul><li>Ett<li>Två</ul><ol><li>Tre</ol>
<dl><dt>Namn<dd>Åsa<dt>Summa<dd>1 200,50</dl><output aria-label="Antal">3</output><progress aria-label="Gång"></progress><hr>
<div role="alert">Fel!</div>
<dialog open aria-label="Fråga">Vill du? <button>Ja</button></dialog><p>Sparat</p><p><span>Sparat</span></p><p>Sparat nu</p><p>Spa<wbr>rat</p>
<p style="display: none">Sparat</p><script>// Sparat</script><div data-testid="ett">1</div><div data-testid="två'&quot;">2</div>
<div data-testid="ett">3</div>
<details><summary>Mer</summary>inne</details><blockquote>citat</blockquote><time>nu</time><meter aria-label="Mått"></meter><h3>M&shy;jukt</h3></main>
<aside>Vid sidan</aside><footer>Nederst</footer><x-box></x-box>
<script>document.querySelector("x-box").attachShadow({mode: "open"}).innerHTML = "<button>I skuggan</button> \
<p>Skuggtext</p><i data-testid=s>s</i>"</script>
</body></html>"""
# fmt: off
ROLES = (
    "alert", "article", "banner", "blockquote", "button", "caption", "cell", "checkbox", "columnheader", "combobox", "complementary",
    "contentinfo", "definition", "dialog", "emphasis", "form", "grid", "gridcell", "group", "heading", "img", "link",
    "list", "listbox", "listitem", "main", "meter", "navigation", "paragraph", "progressbar", "radio", "radiogroup", "region",
    "row", "rowgroup", "rowheader", "searchbox", "separator", "spinbutton", "status", "tab", "table", "term", "textbox",
    "time",
)
# fmt: on
NAMES: tuple[tuple[str, str], ...] = (
    *(
        ("button", name)
        for name in ("Spara", "Stäng", "Skicka", "Bild", "Som knapp", "Ta bort", "Bara titel", "I skuggan", "Ja", "spara", "Spar", "x")
    ),
    *(("heading", name) for name in ("Ansökan mars 2026", "Hushåll och boende", "Hushåll", "Mjukt")),
    *(("link", name) for name in ("Översikt", "Hjälp", "Ingenstans")),
    *(("textbox", name) for name in ("Namn", "Text", "Dag", "Ord")),
    *(("table", name) for name in ("Barn", "Utan rubrik")),
    *(("spinbutton", "Nummer"), ("searchbox", "Leta"), ("combobox", "Slag"), ("combobox", "Val"), ("listbox", "Flera"), ("grid", "Rutnät")),
    *(("checkbox", "Pågår"), ("radio", "Ja"), ("radio", "Nej"), ("group", "Boende"), ("radiogroup", "Grupp"), ("navigation", "Delar")),
    *(("status", "Antal"), ("dialog", "Fråga"), ("region", "Uppgifter"), ("form", "Sök"), ("tab", "Flik")),
)
TEXTS = (
    "Sparat",
    "Sparat nu",
    "Skicka",
    "Hushåll och boende",
    "Skuggtext",
    "Åsa",
    "1 200,50",
    "mars",
    "Ansökan mars 2026",
    "Rubrik",
    "sparat",
    "Mjukt",
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def page() -> AsyncIterator[Page]:
    program = next(path for name in PROGRAMS if (path := shutil.which(name)))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS), chromium_sandbox=False)
        page = await browser.new_page()
        await page.set_content(PAGE)
        yield page
        await browser.close()


def question(*ways: Way) -> Question:
    element = Element(name="it", ways=ways)
    return Question(View(name="view", landmark="it", elements={"it": element}), element, {})


async def number_of(page: Page, way: Way) -> int:
    ask = {"do": "find", "title": "", "questions": [{"ways": [asdict(way)]}]}
    return int((await page.evaluate(PAGE_SCRIPT, ask))["answers"][0]["count"])


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_that_of_the_same_elements_as_for_the_browser_library(page: Page, role: str) -> None:
    expected = await page.get_by_role(cast("Any", role)).locator("visible=true").count()
    assert expected > 0
    assert await number_of(page, ByRole(role=role)) == expected


@pytest.mark.parametrize(("role", "name"), NAMES)
async def test_a_name_is_that_of_the_same_elements_as_for_the_browser_library(page: Page, role: str, name: str) -> None:
    expected = await page.get_by_role(cast("Any", role), name=name, exact=True).locator("visible=true").count()
    assert await number_of(page, ByRole(role=role, name=name)) == expected


@pytest.mark.parametrize("text", TEXTS)
async def test_a_text_is_that_of_the_same_elements_as_for_the_browser_library(page: Page, text: str) -> None:
    expected = await page.get_by_text(text, exact=True).locator("visible=true").count()
    assert await number_of(page, ByText(text=text)) == expected


@pytest.mark.parametrize(("test_id", "number"), [("ett", 2), ("två'\"", 1), ("s", 1), ("et", 0)])
async def test_a_test_id_is_exact(page: Page, test_id: str, number: int) -> None:
    assert await number_of(page, ByTestId(test_id=test_id)) == number == await page.get_by_test_id(test_id).count()


async def test_the_first_way_that_matches_anything_says_what_the_element_is(page: Page) -> None:
    nothing, twice, once = ByText(text="Finns inte"), ByTestId(test_id="ett"), ByCss(css="main > article, h1", why="no label")
    found = await Finder("site").probe(page.main_frame, [question(nothing, once), question(nothing, twice, once), question(nothing)])
    assert isinstance(found[0], Match)
    assert isinstance(found[1], ElementAmbiguous)
    assert found[1].message.startswith("2 match way 2")
    assert found[2] is None
