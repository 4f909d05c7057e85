"""A rival in the race: the same pages with RPA.Browser.Selenium, written as its users write; what it types is not read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from RPA.Browser.Selenium import Selenium  # type: ignore[import-not-found] # in the rivals' own environment

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
PART, RESULT = '//iframe[@title="Normberäkning"]', '//iframe[@title="Sökresultat"]'


def field(label: str) -> str:
    return f'xpath://*[@id=//label[normalize-space()="{label}"]/@for]'


def rows(caption: str) -> str:
    return f'xpath://table[caption[normalize-space()="{caption}"]]/tbody/tr'


class Script:
    """One window, in which everything is done."""

    def __init__(self, browser: Selenium, task: Task) -> None:
        self._browser = browser
        self._at = task["addresses"]
        self._read: dict[str, Any] = {}

    def log_in(self, task: Task) -> None:
        for system in (*task["addresses"], "person_lookup"):
            base = f"{self._at['case_system']}/personsok" if system == "person_lookup" else self._at[system]
            self._browser.go_to(f"{base}/logga-in")
            self._browser.input_text(field("Användarnamn"), task["environment"][f"KOLLEGA_{system.upper()}_USER"])
            self._browser.input_text(field("Lösenord"), task["environment"][f"KOLLEGA_{system.upper()}_PASSWORD"])
            self._press("Logga in")
            self._browser.wait_until_page_contains("Inloggad:")

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

    def _press(self, name: str) -> None:
        self._browser.click_element_when_visible(f'xpath://button[normalize-space()="{name}" or @aria-label="{name}"]')

    def _follow(self, name: str) -> None:
        self._browser.click_element_when_visible(f'xpath://a[normalize-space()="{name}"]')

    def _wait_for(self, locator: str) -> None:
        self._browser.wait_until_page_contains_element(locator)

    def _keep(self, place: str, labels: Sequence[str], tables: Sequence[str] = ()) -> None:
        for label in labels:
            self._read[f"{place}.{label}"] = self._browser.get_value(field(label))
        for name in tables:
            found = self._browser.get_webelements(rows(name))
            self._read[f"{place}.{name} (tabell)"] = [[cell.text for cell in row.find_elements("tag name", "td")] for row in found]

    def _population(self, case: dict[str, Any]) -> None:
        self._browser.go_to(f"{self._at['population_register']}/sok")
        self._browser.input_text(field("Personnummer"), case["applicant"])
        self._press("Sök")
        self._browser.select_frame(f"xpath:{RESULT}")
        self._wait_for('xpath://h1[.="Personuppgifter"]')
        self._keep("person", PERSON, ("Personer i hushållet",))
        self._browser.unselect_frame()

    def _benefits(self, case: dict[str, Any]) -> None:
        self._browser.go_to(f"{self._at['benefits_register']}/fraga")
        self._browser.input_text(field("Personnummer"), case["applicant"])
        self._browser.input_text(field("Från och med"), case["first_day"])
        self._browser.input_text(field("Till och med"), case["last_day"])
        self._press("Ställ frågan")
        self._wait_for('xpath://h1[.="Svar"]')
        self._keep("answer", ("Personnummer", "Från och med", "Till och med"), ("Myndigheter",))
        for agency, (labels, tables) in AGENCIES.items():
            self._follow(f"Visa {agency}")
            self._browser.switch_window("NEW")
            self._wait_for(field("Personnummer"))
            self._keep(agency, ("Personnummer", *labels), tables)
            self._browser.close_window()
            self._browser.switch_window("MAIN")

    def _look_up_and_open(self, case: dict[str, Any]) -> None:
        self._browser.go_to(f"{self._at['case_system']}/personsok/sok")
        self._browser.input_text(field("Personnummer"), case["applicant"])
        self._press("Sök")
        self._wait_for('xpath://h1[.="1 träff"]')
        self._keep("one_hit", ("Sökningen avser", "Ärendenummer"))
        self._browser.go_to(f"{self._at['case_system']}/arende")
        self._follow("Öppna…")
        self._browser.input_text(field("Ärendenummer"), self._read["one_hit.Ärendenummer"])
        self._press("Öppna")
        self._wait_for(f"{rows('Barn').removesuffix('/tbody/tr')}")

    def _read_case(self) -> None:
        self._keep("overview", OVERVIEW, OVERVIEW_TABLES)
        self._follow("Beräkning och planering")
        self._wait_for(rows("Beräkningar"))
        self._keep("calculations", ("Referensramen gäller till och med",), CALCULATIONS_TABLES)
        self._follow("Beslut och utbetalningar")
        self._wait_for(rows("Beslut"))
        self._keep("decisions", (), ("Beslut",))

    def _calculate(self, case: dict[str, Any]) -> None:
        browser = self._browser
        self._follow("Ny beräkning…")
        browser.input_text(field("Beräkningsmånad"), case["month"])
        self._press("OK")
        self._wait_for(f"xpath:{PART}")
        self._keep("calculation", ("Ärende", "Personnummer", "Beräkningsmånad"))
        browser.select_frame(f"xpath:{PART}")
        self._wait_for(rows("Familjemedlemmar"))
        self._keep("family", (), ("Familjemedlemmar",))
        self._to_part("Gemensamma hushållskostnader", field("Antal i hushållet"))
        self._keep("common_costs", ("Antal i hushållet", "Hushållets belopp"))
        for tab, fields, wanted in (
            ("Inkomster", INCOME_FIELDS, case["incomes"]),
            ("Utgifter", COST_FIELDS, case["expenses"]),
            ("Levnadskostnader i övrigt", COST_FIELDS, case["special_costs"]),
        ):
            self._to_part(tab, rows(tab).removesuffix("/tbody/tr"))
            for number, row in enumerate(wanted, start=1):
                for label, text in zip(fields, row, strict=True):
                    browser.input_text(field(label), text)
                self._press("Lägg till rad")
                self._wait_for(f'xpath://output[.="{number}"]')
        self._to_part("Sammanställning", 'xpath://button[.="Beräkna"]')
        self._press("Beräkna")
        browser.unselect_frame()
        self._wait_for(f"xpath:{PART}")
        browser.select_frame(f"xpath:{PART}")
        self._wait_for(field("Riksnorm"))
        self._keep("sums", SUMS)
        browser.unselect_frame()
        self._press("Spara")
        self._press("Ja")
        self._wait_for(rows("Beräkningar"))
        self._keep("saved", (), ("Beräkningar",))

    def _to_part(self, tab: str, locator: str) -> None:
        self._browser.unselect_frame()
        self._follow(tab)
        self._browser.select_frame(f"xpath:{PART}")
        self._wait_for(locator)

    def _write_note(self, case: dict[str, Any]) -> None:
        self._follow("Ny journalanteckning…")
        self._browser.input_text(field("Rubrik"), case["heading"])
        self._browser.input_text(field("Anteckning"), case["note"])
        self._press("Spara")
        self._wait_for(rows("Journal"))
        self._keep("noted", (), ("Journal",))


def prepare(task: Task) -> Callable[[Any], object]:
    """Start the browser and log in; a lap is a list with one case."""
    browser = Selenium()
    options = f'binary_location="{CHROMIUM}";add_argument("--no-sandbox");add_argument("--window-size=1280,900");add_argument("--lang=sv-SE")'
    browser.open_browser("about:blank", "headlesschrome", options=options)
    script = Script(browser, task)
    script.log_in(task)
    return lambda cases: [script.work(case) for case in cases]


if __name__ == "__main__":
    compete(prepare)
