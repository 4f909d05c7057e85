"""A rival in the race: the same pages with Playwright alone, written as its documentation advises; what it types is not read back.

Locators by role and label, the browser's own waiting, one call for each field and value, a table's row in one call.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

from playwright.sync_api import FrameLocator, Page, expect, sync_playwright

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


def value(scope: Page | FrameLocator, label: str) -> str:
    return scope.get_by_label(label, exact=True).input_value()


def table(scope: Page | FrameLocator, name: str) -> list[list[str]]:
    rows = scope.get_by_role("table", name=name, exact=True).locator("tbody tr")
    return [row.locator("td").all_inner_texts() for row in rows.all()]


class Script:
    """One page, on which everything is done."""

    def __init__(self, page: Page, task: Task) -> None:
        self._page = page
        self._at = task["addresses"]
        self._read: dict[str, Any] = {}

    def log_in(self, task: Task) -> None:
        for system in (*task["addresses"], "person_lookup"):
            base = f"{self._at['case_system']}/personsok" if system == "person_lookup" else self._at[system]
            self._page.goto(f"{base}/logga-in")
            self._page.get_by_label("Användarnamn").fill(task["environment"][f"KOLLEGA_{system.upper()}_USER"])
            self._page.get_by_label("Lösenord").fill(task["environment"][f"KOLLEGA_{system.upper()}_PASSWORD"])
            self._page.get_by_role("button", name="Logga in").click()
            expect(self._page.get_by_text("Inloggad:")).to_be_visible()

    def work(self, case: dict[str, Any]) -> int:
        """Do a case and return how many fields and tables were read."""
        self._read = {}
        self.application(case)
        self.population(case)
        self.benefits(case)
        number = self.look_up(case)
        self.open_case(number)
        self.read_case()
        self.calculate(case)
        self.write_note(case)
        return len(self._read)

    def _keep(self, place: str, scope: Page | FrameLocator, labels: tuple[str, ...], tables: tuple[str, ...] = ()) -> None:
        for label in labels:
            self._read[f"{place}.{label}"] = value(scope, label)
        for name in tables:
            self._read[f"{place}.{name} (tabell)"] = table(scope, name)

    def application(self, case: dict[str, Any]) -> None:
        for tab, labels in TABS.items():
            self._page.goto(f"{self._at['e_service']}/ansokan/{case['reference']}/{tab}")
            self._keep(tab, self._page, labels, TABLES.get(tab, ()))

    def population(self, case: dict[str, Any]) -> None:
        page = self._page
        page.goto(f"{self._at['population_register']}/sok")
        page.get_by_label("Personnummer").fill(case["applicant"])
        page.get_by_role("button", name="Sök").click()
        frame = page.frame_locator('iframe[title="Sökresultat"]')
        expect(frame.get_by_role("heading", name="Personuppgifter")).to_be_visible()
        self._keep("person", frame, PERSON, ("Personer i hushållet",))

    def benefits(self, case: dict[str, Any]) -> None:
        page = self._page
        page.goto(f"{self._at['benefits_register']}/fraga")
        page.get_by_label("Personnummer").fill(case["applicant"])
        page.get_by_label("Från och med").fill(case["first_day"])
        page.get_by_label("Till och med").fill(case["last_day"])
        page.get_by_role("button", name="Ställ frågan").click()
        expect(page.get_by_role("heading", name="Svar")).to_be_visible()
        self._keep("answer", page, ("Personnummer", "Från och med", "Till och med"), ("Myndigheter",))
        for agency, (labels, tables) in AGENCIES.items():
            with page.expect_popup() as opened:
                page.get_by_role("link", name=f"Visa {agency}", exact=True).click()
            popup = opened.value
            self._keep(agency, popup, ("Personnummer", *labels), tables)
            popup.close()

    def look_up(self, case: dict[str, Any]) -> str:
        page = self._page
        page.goto(f"{self._at['case_system']}/personsok/sok")
        page.get_by_label("Personnummer").fill(case["applicant"])
        page.get_by_role("button", name="Sök").click()
        expect(page.get_by_role("heading", name="1 träff")).to_be_visible()
        self._keep("one_hit", page, ("Sökningen avser", "Ärendenummer"))
        return str(self._read["one_hit.Ärendenummer"])

    def open_case(self, number: str) -> None:
        page = self._page
        page.goto(f"{self._at['case_system']}/arende")
        page.get_by_role("link", name="Öppna…").click()
        page.get_by_label("Ärendenummer").fill(number)
        page.get_by_role("button", name="Öppna").click()
        expect(page.get_by_role("table", name="Barn")).to_be_visible()

    def read_case(self) -> None:
        page = self._page
        self._keep("overview", page, OVERVIEW, OVERVIEW_TABLES)
        page.get_by_role("link", name="Beräkning och planering").click()
        expect(page.get_by_role("table", name="Beräkningar", exact=True)).to_be_visible()
        self._keep("calculations", page, ("Referensramen gäller till och med",), CALCULATIONS_TABLES)
        page.get_by_role("link", name="Beslut och utbetalningar").click()
        expect(page.get_by_role("table", name="Beslut")).to_be_visible()
        self._keep("decisions", page, (), ("Beslut",))

    def calculate(self, case: dict[str, Any]) -> None:
        page = self._page
        page.get_by_role("link", name="Ny beräkning…").click()
        page.get_by_label("Beräkningsmånad").fill(case["month"])
        page.get_by_role("button", name="OK").click()
        part = page.frame_locator('iframe[title="Normberäkning"]')
        expect(part.get_by_role("table", name="Familjemedlemmar")).to_be_visible()
        self._keep("calculation", page, ("Ärende", "Personnummer", "Beräkningsmånad"))
        self._keep("family", part, (), ("Familjemedlemmar",))
        page.get_by_role("link", name="Gemensamma hushållskostnader").click()
        self._keep("common_costs", part, ("Antal i hushållet", "Hushållets belopp"))
        for tab, fields, rows in (
            ("Inkomster", INCOME_FIELDS, case["incomes"]),
            ("Utgifter", COST_FIELDS, case["expenses"]),
            ("Levnadskostnader i övrigt", COST_FIELDS, case["special_costs"]),
        ):
            page.get_by_role("link", name=tab).click()
            expect(part.get_by_role("table", name=tab)).to_be_visible()
            for number, row in enumerate(rows, start=1):
                for label, text in zip(fields, row, strict=True):
                    part.get_by_label(label, exact=True).fill(text)
                part.get_by_role("button", name="Lägg till rad").click()
                expect(part.get_by_label("Antal rader")).to_have_text(str(number))

        page.get_by_role("link", name="Sammanställning").click()
        part.get_by_role("button", name="Beräkna").click()
        self._keep("sums", part, SUMS)
        page.get_by_role("button", name="Spara").click()
        page.get_by_role("button", name="Ja").click()
        expect(page.get_by_role("table", name="Beräkningar", exact=True)).to_be_visible()
        self._read["saved"] = table(page, "Beräkningar")

    def write_note(self, case: dict[str, Any]) -> None:
        page = self._page
        page.get_by_role("link", name="Ny journalanteckning…").click()
        page.get_by_label("Rubrik").fill(case["heading"])
        page.get_by_label("Anteckning").fill(case["note"])
        page.get_by_role("button", name="Spara").click()
        expect(page.get_by_role("table", name="Journal")).to_be_visible()
        self._read["noted"] = table(page, "Journal")


def prepare(task: Task) -> Callable[[Any], object]:
    """Start the browser and log in; a lap is a list with one case."""
    browser = sync_playwright().start().chromium.launch(executable_path=shutil.which("chromium-headless-shell"), chromium_sandbox=False)
    script = Script(browser.new_page(locale="sv-SE"), task)
    script.log_in(task)
    return lambda cases: [script.work(case) for case in cases]


if __name__ == "__main__":
    compete(prepare)
