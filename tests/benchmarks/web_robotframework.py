"""A rival in the race: the same pages with the keywords of robotframework-browser, called from Python; what it types is not read back."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from Browser import Browser, SupportedBrowsers  # type: ignore[import-not-found] # in the rivals' own environment

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

CHROMIUM = "/usr/bin/chromium"
PART, RESULT = 'iframe[title="Normberäkning"] >>> ', 'iframe[title="Sökresultat"] >>> '


def field(label: str) -> str:
    return f'xpath=//*[@id=//label[normalize-space()="{label}"]/@for]'


def table(caption: str) -> str:
    return f'xpath=//table[caption[normalize-space()="{caption}"]]'


def button(name: str) -> str:
    return f'xpath=//button[normalize-space()="{name}" or @aria-label="{name}"]'


def link(name: str) -> str:
    return f'xpath=//a[normalize-space()="{name}"]'


class Script:
    """One page, on which everything is done."""

    def __init__(self, browser: Browser, task: Task) -> None:
        self._browser = browser
        self._at = task["addresses"]
        self._read: dict[str, Any] = {}

    def log_in(self, task: Task) -> None:
        for system in (*task["addresses"], "person_lookup"):
            base = f"{self._at['case_system']}/personsok" if system == "person_lookup" else self._at[system]
            self._browser.go_to(f"{base}/logga-in")
            self._browser.fill_text(field("Användarnamn"), task["environment"][f"KOLLEGA_{system.upper()}_USER"])
            self._browser.fill_text(field("Lösenord"), task["environment"][f"KOLLEGA_{system.upper()}_PASSWORD"])
            self._browser.click(button("Logga in"))
            self._browser.wait_for_elements_state("text=Inloggad:")

    def work(self, case: dict[str, Any]) -> int:
        """Do a case and return how many fields and tables were read."""
        self._read = {}
        for tab, labels in TABS.items():
            self._browser.go_to(f"{self._at['e_service']}/ansokan/{case['reference']}/{tab}")
            self._keep(tab, labels, TABLES.get(tab, ()))
        self._population(case)
        self._benefits(case)
        self._look_up_and_open(case)
        self._read_case()
        self._calculate(case)
        self._write_note(case)
        return len(self._read)

    def _keep(self, place: str, labels: Sequence[str], tables: Sequence[str] = (), inside: str = "") -> None:
        for label in labels:
            self._read[f"{place}.{label}"] = self._browser.get_property(inside + field(label), "value")
        for name in tables:
            found = self._browser.get_elements(f"{inside}{table(name)}/tbody/tr")
            self._read[f"{place}.{name} (tabell)"] = [self._browser.get_text(row).split("\t") for row in found]

    def _population(self, case: dict[str, Any]) -> None:
        self._browser.go_to(f"{self._at['population_register']}/sok")
        self._browser.fill_text(field("Personnummer"), case["applicant"])
        self._browser.click(button("Sök"))
        self._browser.wait_for_elements_state(f"{RESULT}text=Personuppgifter")
        self._keep("person", PERSON, ("Personer i hushållet",), inside=RESULT)

    def _benefits(self, case: dict[str, Any]) -> None:
        self._browser.go_to(f"{self._at['benefits_register']}/fraga")
        self._browser.fill_text(field("Personnummer"), case["applicant"])
        self._browser.fill_text(field("Från och med"), case["first_day"])
        self._browser.fill_text(field("Till och med"), case["last_day"])
        self._browser.click(button("Ställ frågan"))
        self._browser.wait_for_elements_state(table("Myndigheter"))
        self._keep("answer", ("Personnummer", "Från och med", "Till och med"), ("Myndigheter",))
        for agency, (labels, tables) in AGENCIES.items():
            self._browser.click(link(f"Visa {agency}"))
            before = self._browser.switch_page("NEW")
            self._keep(agency, ("Personnummer", *labels), tables)
            self._browser.close_page()
            self._browser.switch_page(before)

    def _look_up_and_open(self, case: dict[str, Any]) -> None:
        self._browser.go_to(f"{self._at['case_system']}/personsok/sok")
        self._browser.fill_text(field("Personnummer"), case["applicant"])
        self._browser.click(button("Sök"))
        self._browser.wait_for_elements_state("text=1 träff")
        self._keep("one_hit", ("Sökningen avser", "Ärendenummer"))
        self._browser.go_to(f"{self._at['case_system']}/arende")
        self._browser.click(link("Öppna…"))
        self._browser.fill_text(field("Ärendenummer"), self._read["one_hit.Ärendenummer"])
        self._browser.click(button("Öppna"))
        self._browser.wait_for_elements_state(table("Barn"))

    def _read_case(self) -> None:
        self._keep("overview", OVERVIEW, OVERVIEW_TABLES)
        self._browser.click(link("Beräkning och planering"))
        self._browser.wait_for_elements_state(table("Beräkningar"))
        self._keep("calculations", ("Referensramen gäller till och med",), CALCULATIONS_TABLES)
        self._browser.click(link("Beslut och utbetalningar"))
        self._browser.wait_for_elements_state(table("Beslut"))
        self._keep("decisions", (), ("Beslut",))

    def _calculate(self, case: dict[str, Any]) -> None:
        browser = self._browser
        browser.click(link("Ny beräkning…"))
        browser.fill_text(field("Beräkningsmånad"), case["month"])
        browser.click(button("OK"))
        browser.wait_for_elements_state(PART + table("Familjemedlemmar"))
        self._keep("calculation", ("Ärende", "Personnummer", "Beräkningsmånad"))
        self._keep("family", (), ("Familjemedlemmar",), inside=PART)
        browser.click(link("Gemensamma hushållskostnader"))
        self._keep("common_costs", ("Antal i hushållet", "Hushållets belopp"), inside=PART)
        for tab, fields, rows in (
            ("Inkomster", INCOME_FIELDS, case["incomes"]),
            ("Utgifter", COST_FIELDS, case["expenses"]),
            ("Levnadskostnader i övrigt", COST_FIELDS, case["special_costs"]),
        ):
            browser.click(link(tab))
            browser.wait_for_elements_state(PART + table(tab))
            for number, row in enumerate(rows, start=1):
                for label, text in zip(fields, row, strict=True):
                    browser.fill_text(PART + field(label), text)
                browser.click(PART + button("Lägg till rad"))
                browser.wait_for_elements_state(f'{PART}xpath=//output[.="{number}"]')
        browser.click(link("Sammanställning"))
        browser.click(PART + button("Beräkna"))
        self._keep("sums", SUMS, inside=PART)
        browser.click(button("Spara"))
        browser.click(button("Ja"))
        browser.wait_for_elements_state(table("Beräkningar"))
        self._keep("saved", (), ("Beräkningar",))

    def _write_note(self, case: dict[str, Any]) -> None:
        self._browser.click(link("Ny journalanteckning…"))
        self._browser.fill_text(field("Rubrik"), case["heading"])
        self._browser.fill_text(field("Anteckning"), case["note"])
        self._browser.click(button("Spara"))
        self._browser.wait_for_elements_state(table("Journal"))
        self._keep("noted", (), ("Journal",))


def prepare(task: Task) -> Callable[[Any], object]:
    """Start the browser and log in; a lap is a list with one case."""
    os.chdir(task["folder"])  # the library writes its log to where it is started
    browser = Browser()
    browser.new_browser(SupportedBrowsers.chromium, headless=True, executablePath=CHROMIUM, args=["--no-sandbox"])
    browser.new_context(locale="sv-SE")
    browser.new_page()
    script = Script(browser, task)
    script.log_in(task)
    return lambda cases: [script.work(case) for case in cases]


if __name__ == "__main__":
    compete(prepare)
