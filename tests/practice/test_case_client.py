"""The case system's desktop program in a caseworker's hands: the search for a person, and the six tabs of a normberäkning."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from robots.practice.municipality import Municipality
from robots.practice.world import ApplicationForm, CaseEntry, Expected, Household, Person
from robots.screens import Screen, TimeLimits, selector_file
from robots.screens.desktop import open_screen

pytestmark = pytest.mark.desktop

APPLICANT, PARTNER, NOBODY = "199001012385", "198501012382", "197901012380"
CASE = CaseEntry(
    case_number="EB-2024-0017",
    applicant=APPLICANT,
    co_applicant=PARTNER,
    is_open=True,
    address="Exempelgatan 1, 012 34 Exempelstad",
    civil_status="sambo",
    persons_in_dwelling=3,
    account="8327-9940123456",
)
CASES = (CASE, replace(CASE, case_number="EB-2019-0003", applicant=PARTNER, co_applicant="", is_open=False))
TABS = ("family", "common_costs", "incomes", "expenses", "special_costs", "summary")


def household(case: CaseEntry) -> Household:
    """Return a household of which only the case matters here."""
    return Household(
        kind="by hand",
        about="Only the case matters.",
        persons=(Person(personnummer=case.applicant, given_name="Ada", family_name="Exempel"),),
        application=ApplicationForm(
            reference="EA-26-00017",
            submitted_at=datetime(2026, 3, 1, tzinfo=UTC),
            month="2026-03",
            applicant=case.applicant,
            co_applicant="",
            civil_status="",
        ),
        population=(),
        agencies=(),
        case=case,
        expected=Expected(ending="decided"),
    )


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Screen]:
    """Yield the program, logged in, with no case open."""
    with Municipality.start(tmp_path, [household(case) for case in CASES], systems=("case_system",)) as municipality:
        screen = await open_screen(
            selector_file.load(Path(__file__).parent / "selectors" / "case_client.yaml"),
            command=[sys.executable, "-m", "robots.practice.case_client", "--server", municipality.addresses["case_system"]],
            environment={},
            pictures=tmp_path / "pictures",
            limits=TimeLimits(),
        )
        try:
            user, password = (municipality.environment[f"KOLLEGA_CASE_SYSTEM_{part}"] for part in ("USER", "PASSWORD"))
            await screen.wait_for("log_in")
            await screen.enter({"log_in.user": user, "log_in.password": password})
            await screen.press("log_in.submit", then="main")
            yield screen
        finally:
            await screen.close()


async def _look_up(screen: Screen, personnummer: str) -> tuple[str, list[dict[str, str]]]:
    """Search in the dialog; return how many hits it tells of, and the hits."""
    await screen.enter({"search.personnummer": personnummer})
    assert (await screen.read("search.count"))["search.count"] == ""
    await screen.press("search.look_up", then="search")
    for _ in range(200):
        if (await screen.read("search.count"))["search.count"]:
            break
    return (await screen.read("search.count"))["search.count"], await screen.rows("search.hits")


async def test_a_person_is_searched_for_and_the_picked_hit_is_opened(program: Screen) -> None:
    await program.show("search")

    assert await _look_up(program, "19850101-2382") == (
        "2",
        [
            {"case_number": "EB-2019-0003", "personnummer": "19850101-2382", "status": "Avslutat"},
            {"case_number": "EB-2024-0017", "personnummer": "19850101-2382", "status": "Öppet"},
        ],
    )

    await program.pick("search.hits", {"case_number": "EB-2024-0017"}, then="main")
    assert await program.read("main.case_number", "main.personnummer") == {"main.case_number": "EB-2024-0017", "main.personnummer": "19900101-2385"}


async def test_one_hit_is_opened_by_the_button_or_by_enter(program: Screen) -> None:
    for way in ("open", "enter"):
        await program.show("search")
        await _look_up(program, APPLICANT)
        await program.press(f"search.{way}", then="main")
        assert (await program.read("main.case_number"))["main.case_number"] == "EB-2024-0017"


async def test_a_number_without_a_case_or_that_is_none_opens_nothing(program: Screen) -> None:
    await program.show("search")
    assert await _look_up(program, APPLICANT) != ("0", [])
    assert await _look_up(program, NOBODY) == ("0", [])

    await program.enter({"search.personnummer": "1979"})
    await program.press("search.enter", then="notice")
    assert await program.read("notice.text") == {"notice.text": "Personnummer skrivs med tolv siffror."}
    await program.press("notice.close", then="search")
    await program.press("search.cancel", then="main")
    assert (await program.read("main.case_number"))["main.case_number"] == ""


async def test_the_six_tabs_of_a_calculation_are_one_key_or_one_click_away_and_the_common_costs_have_their_own(program: Screen) -> None:
    await program.show("search")
    await _look_up(program, APPLICANT)
    await program.press("search.open", then="main")
    await program.show("new_calculation")
    await program.enter({"new_calculation.month": "2026-03"})
    await program.press("new_calculation.go_on", then="family")

    for tab in (*TABS[1:], TABS[0]):
        await program.press(f"calculation.{tab}", then=tab)
    for tab in (*TABS[1:], TABS[0]):
        await program.press(f"calculation.{tab}_by_name", then=tab)

    await program.press("calculation.common_costs", then="common_costs")
    fields = ("common_costs.household_size", "common_costs.persons_in_dwelling", "common_costs.share", "common_costs.amount")
    # Two of three: 1 790 × 2 / 3 = 1 193.33
    assert list((await program.read(*fields)).values()) == ["2", "3", "66,67 %", "1193,00"]

    # What the old numbers gave must not stand beside the new ones.
    await program.enter({"common_costs.persons_in_dwelling": "2"})
    assert list((await program.read(*fields)).values()) == ["2", "2", "", ""]
    await program.press("calculation.summary", then="summary")
    await program.press("summary.calculate", then="sums")
    # 7 100 + 1 410
    assert await program.read("sums.norm") == {"sums.norm": "8510,00"}
    await program.press("calculation.common_costs", then="common_costs")
    assert list((await program.read(*fields)).values()) == ["2", "2", "100,00 %", "1410,00"]
