"""A rival in the race of four sessions: the same script as `web_playwright` with Playwright's asynchronous interface, a context for each session."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from typing import Any

from playwright.async_api import FrameLocator, Page, async_playwright, expect

from tests.benchmarks.contest import Task, compete
from tests.benchmarks.web_pages import (
    AGENCIES,
    CALCULATIONS_TABLES,
    COST_FIELDS,
    INCOME_FIELDS,
    OVERVIEW,
    OVERVIEW_TABLES,
    PERSON,
    SUMS,
    TABLES,
    TABS,
)


async def value(scope: Page | FrameLocator, label: str) -> str:
    return await scope.get_by_label(label, exact=True).input_value()


async def table(scope: Page | FrameLocator, name: str) -> list[list[str]]:
    rows = scope.get_by_role("table", name=name, exact=True).locator("tbody tr")
    return [await row.locator("td").all_inner_texts() for row in await rows.all()]


class Script:
    """One page, on which everything is done."""

    def __init__(self, page: Page, task: Task) -> None:
        self._page = page
        self._at = task["addresses"]
        self._read: dict[str, Any] = {}

    async def log_in(self, task: Task) -> None:
        for system in (*task["addresses"], "person_lookup"):
            base = f"{self._at['case_system']}/personsok" if system == "person_lookup" else self._at[system]
            await self._page.goto(f"{base}/logga-in")
            await self._page.get_by_label("Användarnamn").fill(task["environment"][f"KOLLEGA_{system.upper()}_USER"])
            await self._page.get_by_label("Lösenord").fill(task["environment"][f"KOLLEGA_{system.upper()}_PASSWORD"])
            await self._page.get_by_role("button", name="Logga in").click()
            await expect(self._page.get_by_text("Inloggad:")).to_be_visible()

    async def work(self, case: dict[str, Any]) -> int:
        """Do a case and return how many fields and tables were read."""
        self._read = {}
        await self.application(case)
        await self.population(case)
        await self.benefits(case)
        number = await self.look_up(case)
        await self.open_case(number)
        await self.read_case()
        await self.calculate(case)
        await self.write_note(case)
        return len(self._read)

    async def _keep(self, place: str, scope: Page | FrameLocator, labels: tuple[str, ...], tables: tuple[str, ...] = ()) -> None:
        for label in labels:
            self._read[f"{place}.{label}"] = await value(scope, label)
        for name in tables:
            self._read[f"{place}.{name} (tabell)"] = await table(scope, name)

    async def application(self, case: dict[str, Any]) -> None:
        for tab, labels in TABS.items():
            await self._page.goto(f"{self._at['e_service']}/ansokan/{case['reference']}/{tab}")
            await self._keep(tab, self._page, labels, TABLES.get(tab, ()))

    async def population(self, case: dict[str, Any]) -> None:
        page = self._page
        await page.goto(f"{self._at['population_register']}/sok")
        await page.get_by_label("Personnummer").fill(case["applicant"])
        await page.get_by_role("button", name="Sök").click()
        frame = page.frame_locator('iframe[title="Sökresultat"]')
        await expect(frame.get_by_role("heading", name="Personuppgifter")).to_be_visible()
        await self._keep("person", frame, PERSON, ("Personer i hushållet",))

    async def benefits(self, case: dict[str, Any]) -> None:
        page = self._page
        await page.goto(f"{self._at['benefits_register']}/fraga")
        await page.get_by_label("Personnummer").fill(case["applicant"])
        await page.get_by_label("Från och med").fill(case["first_day"])
        await page.get_by_label("Till och med").fill(case["last_day"])
        await page.get_by_role("button", name="Ställ frågan").click()
        await expect(page.get_by_role("heading", name="Svar")).to_be_visible()
        await self._keep("answer", page, ("Personnummer", "Från och med", "Till och med"), ("Myndigheter",))
        for agency, (labels, tables) in AGENCIES.items():
            async with page.expect_popup() as opened:
                await page.get_by_role("link", name=f"Visa {agency}", exact=True).click()
            popup = await opened.value
            await self._keep(agency, popup, ("Personnummer", *labels), tables)
            await popup.close()

    async def look_up(self, case: dict[str, Any]) -> str:
        page = self._page
        await page.goto(f"{self._at['case_system']}/personsok/sok")
        await page.get_by_label("Personnummer").fill(case["applicant"])
        await page.get_by_role("button", name="Sök").click()
        await expect(page.get_by_role("heading", name="1 träff")).to_be_visible()
        await self._keep("one_hit", page, ("Sökningen avser", "Ärendenummer"))
        return str(self._read["one_hit.Ärendenummer"])

    async def open_case(self, number: str) -> None:
        page = self._page
        await page.goto(f"{self._at['case_system']}/arende")
        await page.get_by_role("link", name="Öppna…").click()
        await page.get_by_label("Ärendenummer").fill(number)
        await page.get_by_role("button", name="Öppna").click()
        await expect(page.get_by_role("table", name="Barn")).to_be_visible()

    async def read_case(self) -> None:
        page = self._page
        await self._keep("overview", page, OVERVIEW, OVERVIEW_TABLES)
        await page.get_by_role("link", name="Beräkning och planering").click()
        await expect(page.get_by_role("table", name="Beräkningar", exact=True)).to_be_visible()
        await self._keep("calculations", page, ("Referensramen gäller till och med",), CALCULATIONS_TABLES)
        await page.get_by_role("link", name="Beslut och utbetalningar").click()
        await expect(page.get_by_role("table", name="Beslut")).to_be_visible()
        await self._keep("decisions", page, (), ("Beslut",))

    async def calculate(self, case: dict[str, Any]) -> None:
        page = self._page
        await page.get_by_role("link", name="Ny beräkning…").click()
        await page.get_by_label("Beräkningsmånad").fill(case["month"])
        await page.get_by_role("button", name="OK").click()
        part = page.frame_locator('iframe[title="Normberäkning"]')
        await expect(part.get_by_role("table", name="Familjemedlemmar")).to_be_visible()
        await self._keep("calculation", page, ("Ärende", "Personnummer", "Beräkningsmånad"))
        await self._keep("family", part, (), ("Familjemedlemmar",))
        await page.get_by_role("link", name="Gemensamma hushållskostnader").click()
        await self._keep("common_costs", part, ("Antal i hushållet", "Hushållets belopp"))
        for tab, fields, rows in (
            ("Inkomster", INCOME_FIELDS, case["incomes"]),
            ("Utgifter", COST_FIELDS, case["expenses"]),
            ("Levnadskostnader i övrigt", COST_FIELDS, case["special_costs"]),
        ):
            await page.get_by_role("link", name=tab).click()
            await expect(part.get_by_role("table", name=tab)).to_be_visible()
            for number, row in enumerate(rows, start=1):
                for label, text in zip(fields, row, strict=True):
                    await part.get_by_label(label, exact=True).fill(text)
                await part.get_by_role("button", name="Lägg till rad").click()
                await expect(part.get_by_label("Antal rader")).to_have_text(str(number))

        await page.get_by_role("link", name="Sammanställning").click()
        await part.get_by_role("button", name="Beräkna").click()
        await self._keep("sums", part, SUMS)
        await page.get_by_role("button", name="Spara").click()
        await page.get_by_role("button", name="Ja").click()
        await expect(page.get_by_role("table", name="Beräkningar", exact=True)).to_be_visible()
        self._read["saved"] = await table(page, "Beräkningar")

    async def write_note(self, case: dict[str, Any]) -> None:
        page = self._page
        await page.get_by_role("link", name="Ny journalanteckning…").click()
        await page.get_by_label("Rubrik").fill(case["heading"])
        await page.get_by_label("Anteckning").fill(case["note"])
        await page.get_by_role("button", name="Spara").click()
        await expect(page.get_by_role("table", name="Journal")).to_be_visible()
        self._read["noted"] = await table(page, "Journal")


def prepare(task: Task) -> Callable[[Any], object]:
    """Start the browser and log in with every session; a lap is a list of cases."""
    runner = asyncio.Runner()

    async def ready() -> list[Script]:
        playwright = await async_playwright().start()
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"), chromium_sandbox=False)
        scripts = []
        for _ in range(task["sessions"]):
            context = await browser.new_context(locale="sv-SE")
            scripts.append(Script(await context.new_page(), task))
            await scripts[-1].log_in(task)
        return scripts

    async def work_all(cases: list[dict[str, Any]]) -> None:
        left = iter(cases)

        async def work_some(script: Script) -> None:
            for case in left:
                await script.work(case)

        await asyncio.gather(*(work_some(script) for script in scripts))

    scripts = runner.run(ready())
    return lambda cases: runner.run(work_all(cases))


if __name__ == "__main__":
    compete(prepare)
