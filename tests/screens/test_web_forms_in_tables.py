"""Forms laid out as tables, with several labels and fields in one row: a field is the one after its own header."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from robots.errors import ElementAmbiguous
from robots.screens import Screen, TimeLimits
from robots.screens.selector_file import load
from robots.screens.web import Browser

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><meta charset="utf-8"><h1>Ärende</h1><table>
<tr><th>Prioritet</th><td><select><option>låg</option><option>hög</option></select></td>
    <th>Läge</th><td><select><option>öppet</option><option>stängt</option></select></td></tr>
<tr><th>Från</th><td><input value="2026-01-01"> till <input value="2026-01-31"></td></tr>
<tr><th>Belopp</th><th>Konto</th></tr>
<tr><th>Rubrik</th><th>Åvägen</th><td><input value="Rubrikens"></td></tr>
</table>"""
SELECTORS = """\
schema: 1
system: form
driver: web
checked: {on: 2026-11-22, version: "1.0"}
views:
  form:
    address: /
    landmark: heading
    elements:
      heading: {find: [{role: heading, name: Ärende}]}
      priority: {find: [{near: Prioritet, role: combobox}]}
      state: {find: [{near: Läge, role: combobox}]}
      period: {find: [{near: Från, role: textbox}]}
      title: {find: [{near: Rubrik, role: textbox}]}
"""


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = PAGE.encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    await writer.drain()
    writer.close()


@pytest.fixture
async def screen(tmp_path: Path) -> AsyncIterator[Screen]:
    file = tmp_path / "form.yaml"
    file.write_text(SELECTORS, encoding="utf-8")
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    browser = await Browser.open(executable=None)
    try:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        opened = await browser.screen(load(file), address=address, pictures=tmp_path, limits=TimeLimits(view_seconds=10, answer_seconds=1))
        await opened.show("form")
        yield opened
    finally:
        await browser.close()
        server.close()


async def test_each_field_of_a_row_is_found_by_the_header_before_it(screen: Screen) -> None:
    entered = {"form.priority": "hög", "form.state": "stängt"}
    assert await screen.enter(entered) == entered
    assert await screen.read(*entered) == entered


async def test_two_fields_after_one_header_are_ambiguous(screen: Screen) -> None:
    with pytest.raises(ElementAmbiguous):
        await screen.read("form.period")


async def test_a_header_without_a_field_after_it_still_means_its_row(screen: Screen) -> None:
    assert await screen.read("form.title") == {"form.title": "Rubrikens"}
