"""The practice case system's server: its own sums by hand-worked cases, who may come in, and what it records."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from robots.guidelines import ExpenseTreatment, IncomeTreatment
from robots.practice.case_calculation import (
    Cost,
    Entry,
    Income,
    Member,
    Refused,
    age_on,
    common_cost,
    counted_of_children,
    share_of_dwelling,
    work_out,
)
from robots.practice.case_entry import EXPENSE_KINDS, INCOME_KINDS, SPECIAL_KINDS
from robots.practice.case_service import draft
from robots.practice.case_system import create_app, load
from robots.practice.office import SESSION_REQUESTS, read_effects
from robots.practice.world import ApplicationForm, CaseChild, CaseEntry, EarlierCalculation, Expected, Household, Person
from tests.case_files import LAW

APPLICANT, PARTNER = "199001012385", "198501012382"
CHILD_OF_5, CHILD_OF_10, CHILD_OF_17 = "202101012397", "201601022385", "200901032391"
CASE = CaseEntry(
    case_number="EB-2024-0017",
    applicant=APPLICANT,
    co_applicant="",
    is_open=True,
    address="Exempelgatan 1, 012 34 Exempelstad",
    civil_status="ensamstående",
    account="8327-9940123456",
    last_month="2026-02",
    last_incomes=(("sökande", "aktivitetsstöd", "5000,00"),),
    last_expenses=(("boendekostnad", "6500,00"),),
)


def household(case: CaseEntry) -> Household:
    """Return a household of which only the case matters here."""
    return Household(
        kind="by hand",
        about="Only the case matters.",
        persons=(Person(personnummer=APPLICANT, given_name="Ada", family_name="Exempel"),),
        application=ApplicationForm(
            reference="EA-26-00017",
            submitted_at=datetime(2026, 3, 1, tzinfo=UTC),
            month="2026-03",
            applicant=APPLICANT,
            co_applicant="",
            civil_status="",
        ),
        population=(),
        agencies=(),
        case=case,
        expected=Expected(ending="decided"),
    )


def facts(case: CaseEntry) -> dict[str, Any]:
    """Return the case as the store keeps it."""
    return {**{name: getattr(case, name) for name in ("co_applicant", "persons_in_dwelling")}, "children": [vars(child) for child in case.children]}


ADULT = Member(who="sökande", interval="Ensamstående", days="hel månad", is_included=True)
ALONE = Entry(month="2026-03", members=(ADULT,), household_size=1, persons_in_dwelling=1, incomes=(), expenses=(), special=())
WAGE = Income(party="sökande", kind="lön", paid_on=date(2026, 2, 25), amount=Decimal("6001.00"), note="")
NOTHING = Decimal(0)
MARCH = date(2026, 3, 1)


def amount_of(entry: Entry) -> Decimal:
    return work_out(entry, jobbstimulans=(), leftover_deduction=NOTHING).amount


# --- the sums ---


def test_a_single_person_gets_the_norm_and_the_rent() -> None:
    rent = Cost(kind="boendekostnad", applied=Decimal(6500), approved=Decimal(6500))

    sums = work_out(replace(ALONE, expenses=(rent,)), jobbstimulans=(), leftover_deduction=NOTHING)

    # 3 940 + 1 280 = 5 220; 5 220 + 6 500 = 11 720
    assert [int(one) for one in (sums.norm, sums.balance, sums.amount)] == [5220, -11720, 11720]


def test_the_draft_counts_each_child_by_age_lunch_and_days() -> None:
    children = (
        CaseChild(personnummer=CHILD_OF_5, residence="heltid", days=31, lunch="utanför hemmet"),
        CaseChild(personnummer=CHILD_OF_10, residence="växelvis", days=14, lunch="hemma"),
    )
    filled_in = draft(facts(replace(CASE, co_applicant=PARTNER, children=children, persons_in_dwelling=3)), "2026-03")

    # The child of 10 (born in January 2016): 3 820 × 12 / 365 = 125.6, so 126 a day, × 14 = 1 764; not a member, for 14 is less than 15.
    assert [(row["interval"], row["amount"]) for row in filled_in["members"]] == [
        ("Sambor", "7100"),
        ("Ingår i sambor", "0"),
        ("4-6 år utan lunch", "2720"),
        ("7-10 år", "1764"),
    ]
    assert (filled_in["household_size"], filled_in["common"]) == ("3", "1790")


@pytest.mark.parametrize(
    ("size", "dwelling", "expected"),
    [
        (1, 1, 1280),
        (1, 3, 597),  # 1 790 / 3 = 596.67
        (2, 4, 1015),  # 2 030 × 2 / 4
        (8, 8, 3020),  # 2 830 + 190
        (9, 9, 3210),
    ],
)
def test_the_common_cost_is_that_of_the_household_or_its_share(size: int, dwelling: int, expected: int) -> None:
    assert common_cost("2026-03", size, dwelling) == expected


@pytest.mark.parametrize(("size", "dwelling", "expected"), [(1, 1, "100.00"), (2, 3, "66.67"), (3, 2, "100.00")])
def test_the_share_of_the_dwelling_is_in_per_cent_and_never_more_than_all_of_it(size: int, dwelling: int, expected: str) -> None:
    assert str(share_of_dwelling(size, dwelling)) == expected


def test_a_quarter_of_a_wage_is_disregarded_while_a_decision_is_in_force_on_the_pay_day() -> None:
    in_force = (("sökande", date(2026, 2, 25), date(2028, 1, 31)),)

    sums = work_out(replace(ALONE, incomes=(WAGE,)), jobbstimulans=in_force, leftover_deduction=NOTHING)

    # 6 001 / 4 = 1 500.25, rounded 1 500; 4 501 counts; 5 220 - 4 501 = 719
    assert [int(one) for one in (sums.disregarded, sums.incomes, sums.amount)] == [1500, 4501, 719]


@pytest.mark.parametrize(
    "decision",
    [
        ("sökande", date(2026, 2, 26), date(2028, 1, 31)),  # begins the day after
        ("sökande", date(2024, 2, 1), date(2026, 2, 24)),  # ended the day before
        ("medsökande", date(2026, 1, 1), date(2027, 12, 31)),  # is somebody else's
    ],
)
def test_no_wage_is_disregarded_without_a_decision_in_force(decision: tuple[str, date, date]) -> None:
    sums = work_out(replace(ALONE, incomes=(WAGE,)), jobbstimulans=(decision,), leftover_deduction=NOTHING)

    assert [int(one) for one in (sums.disregarded, sums.incomes)] == [0, 6001]


EARNED = replace(WAGE, party=CHILD_OF_17, amount=Decimal("9200.00"))


@pytest.mark.parametrize(
    ("before", "counted"),
    [
        (0, 0),
        (50000, 0),  # 50 000 + 9 200 = 59 200, just the prisbasbelopp of 2026
        (50001, 1),
        (59200, 9200),
        (70000, 9200),
    ],
)
def test_earnings_of_a_child_count_above_the_years_prisbasbelopp_only(before: int, counted: int) -> None:
    earned = {(CHILD_OF_17, 2026): Decimal(before), (CHILD_OF_17, 2025): Decimal(58000), (CHILD_OF_10, 2026): Decimal(58000)}

    sums = work_out(replace(ALONE, incomes=(WAGE, EARNED)), jobbstimulans=(), leftover_deduction=NOTHING, earned=earned)

    # The adult's own wage of 6 001 counts in full.
    assert [int(one) for one in (sums.incomes, sums.children_disregarded, sums.disregarded)] == [6001 + counted, 9200 - counted, 0]


def test_two_wages_of_one_child_share_the_limit_and_no_other_income_of_a_childs_is_left_out() -> None:
    half = replace(EARNED, amount=Decimal(30000))

    # 30 000 + 30 000 = 60 000, which is 800 above 59 200
    assert counted_of_children((half, half), {}) == 800
    assert counted_of_children((half, replace(half, party=CHILD_OF_10)), {}) == 0
    assert counted_of_children((replace(half, kind="studiemedel"),), {}) == 30000


def test_a_year_without_prisbasbelopp_is_refused() -> None:
    with pytest.raises(Refused, match="Inget prisbasbelopp"):
        counted_of_children((replace(EARNED, paid_on=date(2027, 1, 25)),), {})


def test_a_surplus_pays_for_special_costs_first() -> None:
    medicine = Cost(kind="medicin", applied=Decimal(400), approved=Decimal(400))
    rich = replace(WAGE, kind="pension", amount=Decimal(5320))

    # 5 320 - 5 220 = 100 left over; 400 - 100 = 300
    assert amount_of(replace(ALONE, incomes=(rich,), special=(medicine,))) == 300
    assert amount_of(replace(ALONE, special=(medicine,))) == 5620
    assert amount_of(replace(ALONE, incomes=(replace(rich, amount=Decimal(9000)),), special=(medicine,))) == 0


def test_a_deduction_left_in_the_draft_lowers_the_amount() -> None:
    assert work_out(ALONE, jobbstimulans=(), leftover_deduction=Decimal(500)).amount == 4720


def test_a_month_without_norm_is_refused() -> None:
    with pytest.raises(Refused, match="Ingen riksnorm"):
        amount_of(replace(ALONE, month="2027-01"))


def test_age_is_counted_to_the_day() -> None:
    assert [age_on(CHILD_OF_10, day) for day in (date(2026, 1, 1), date(2026, 1, 2))] == [9, 10]


def test_the_system_takes_every_kind_that_the_municipality_counts() -> None:
    guidelines = LAW.guidelines
    incomes = {kind for kind, rule in guidelines.incomes.on(MARCH).value.items() if rule.treatment is IncomeTreatment.COUNT}
    costs = [rule for rule in guidelines.expenses.on(MARCH).value.values() if rule.treatment is ExpenseTreatment.COUNT]

    assert incomes - INCOME_KINDS == set()
    assert {rule.kind for rule in costs if rule.is_special} - SPECIAL_KINDS == set()
    assert {rule.kind for rule in costs if not rule.is_special} - EXPENSE_KINDS == set()


# --- the server ---


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the database as it is loaded, made once: the hash of the password takes its time."""
    path = tmp_path_factory.mktemp("loaded") / "case_system.sqlite"
    load(
        path, [household(CASE), household(replace(CASE, case_number="EB-2019-0001", applicant=PARTNER, is_open=False))], user="robot", password="rätt"
    )
    return path


@pytest.fixture
def database(loaded: Path, tmp_path: Path) -> Path:
    """Return a copy of the database for one test."""
    return Path(shutil.copy(loaded, tmp_path / "case_system.sqlite"))


@pytest.fixture
async def caseworker(database: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(database) as client:
        await _log_in(client)
        yield client


def _client(database: Path, **options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(database, **options)), base_url="http://case-system")


async def _log_in(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/inloggning", json={"user": "robot", "password": "rätt"})
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"


DECISION = {"kind": "bifall", "month": "2026-03", "amount": "5220,00", "motivation": "12 kap. 1 § SoL"}
PAYMENT = {"month": "2026-03", "amount": "5220,00", "account": "8327-9940123456", "pay_on": "2026-03-02"}
CALCULATION = {
    "month": "2026-03",
    "members": [{"who": "sökande", "interval": "Ensamstående", "days": "hel månad", "included": "Ja"}],
    "household_size": "1",
    "persons_in_dwelling": "1",
    "incomes": [{"party": "sökande", "kind": "aktivitetsstöd", "paid_on": "2026-02-25", "amount": "5000,00", "note": ""}],
    "expenses": [{"kind": "boendekostnad", "applied": "6500,00", "approved": "6500,00"}],
    "special": [],
}


FAMILY = replace(
    CASE,
    children=(CaseChild(personnummer=CHILD_OF_17, residence="heltid", days=31, lunch="hemma"),),
    persons_in_dwelling=2,
    last_children_incomes=((CHILD_OF_17, "lön", "30 000,00"),),
    earlier_calculations=(EarlierCalculation(month="2026-01", children_incomes=((CHILD_OF_17, "lön", "58 000,00"),)),),
)


async def test_the_earnings_of_a_child_are_summed_over_the_calculations_of_the_year_that_they_were_paid_in(database: Path) -> None:
    own = {"party": f"{CHILD_OF_17[:8]}-{CHILD_OF_17[8:]}", "kind": "lön", "paid_on": "2026-02-25", "amount": "20000,00", "note": ""}
    load(database, [household(FAMILY)], user="robot", password="rätt")
    async with _client(database) as client:
        await _log_in(client)
        path = "/api/arenden/EB-2024-0017"
        first = (await client.post(f"{path}/utkast", json={**CALCULATION, "incomes": [own]})).json()
        # Saving it twice is one calculation of the month as before.
        for _ in range(2):
            assert (await client.post(f"{path}/berakningar", json={**CALCULATION, "incomes": [own]})).status_code == 200
        april = {**CALCULATION, "month": "2026-04", "incomes": [{**own, "paid_on": "2026-03-25"}]}
        second = (await client.post(f"{path}/utkast", json=april)).json()

    # The 58 000 of the calculation for January 2026 were paid in December 2025. 30 000 + 20 000 = 50 000, below 59 200.
    assert [Decimal(first[name]) for name in ("children_disregarded", "incomes")] == [20000, 0]
    # 50 000 + 20 000 = 70 000, of which 10 800 are above 59 200.
    assert [Decimal(second[name]) for name in ("children_disregarded", "incomes")] == [9200, 10800]


async def test_an_income_of_somebody_who_is_not_of_the_case_is_refused(caseworker: httpx.AsyncClient, database: Path) -> None:
    strange = {"party": CHILD_OF_17, "kind": "lön", "paid_on": "2026-02-25", "amount": "100,00", "note": ""}
    assert (await caseworker.post("/api/arenden/EB-2024-0017/berakningar", json={**CALCULATION, "incomes": [strange]})).status_code == 422
    assert read_effects(database) == []


async def test_nobody_comes_in_with_a_wrong_password(database: Path) -> None:
    async with _client(database) as client:
        answer = await client.post("/api/inloggning", json={"user": "robot", "password": "fel"})
        assert (answer.status_code, "token" in answer.json()) == (422, False)
        assert (await client.get("/api/arenden/EB-2024-0017")).status_code == 401


async def test_a_session_that_is_not_used_is_lost(database: Path) -> None:
    async with _client(database, session_minutes=0) as client:
        await _log_in(client)
        assert (await client.get("/api/arenden/EB-2024-0017")).status_code == 401


async def test_sessions_expire_when_the_switch_is_thrown(database: Path) -> None:
    async with _client(database, hostile=frozenset({"case_system:session-expiry"})) as client:
        await _log_in(client)
        answers = [(await client.get("/api/arenden/EB-2024-0017")).status_code for _ in range(SESSION_REQUESTS + 1)]
    assert answers == [200] * SESSION_REQUESTS + [401]


async def test_a_person_is_found_as_applicant_with_hyphen_or_without(caseworker: httpx.AsyncClient) -> None:
    for number in (APPLICANT, "19900101-2385"):
        found = (await caseworker.get(f"/api/personer/{number}")).json()
        assert found == {"personnummer": APPLICANT, "hits": [{"case_number": "EB-2024-0017", "status": "Öppet"}]}
    assert (await caseworker.get("/api/personer/197901012380")).json()["hits"] == []


async def test_everything_that_is_saved_is_in_the_case_and_in_the_effect_log(caseworker: httpx.AsyncClient, database: Path) -> None:
    path = "/api/arenden/EB-2024-0017"
    for what, body in (
        ("berakningar", CALCULATION),
        ("beslut", DECISION),
        ("utbetalningar", PAYMENT),
        ("journal", {"heading": "Kollega EA-26-00017", "text": "Beviljat."}),
        ("bevakningar", {"due_on": "2026-03-02", "text": "Granska."}),
    ):
        assert (await caseworker.post(f"{path}/{what}", json=body)).status_code == 200

    case = (await caseworker.get(path)).json()
    assert [row["month"] for row in case["calculations"]] == ["2026-02", "2026-03"]
    assert [len(case[table]) for table in ("decisions", "payments", "notes", "watches")] == [1, 1, 1, 1]
    # 5 220 + 6 500 - 5 000 = 6 720
    assert [(one.kind, one.reference, one.month, one.amount, one.who) for one in read_effects(database)] == [
        ("calculation", "EB-2024-0017", "2026-03", "6720", "robot"),
        ("decision", "EB-2024-0017", "2026-03", "5220.00", "robot"),
        ("payment", "EB-2024-0017", "2026-03", "5220.00", "robot"),
        ("note", "EB-2024-0017", "", "", "robot"),
        ("watch", "EB-2024-0017", "", "", "robot"),
    ]


async def test_nothing_protects_from_a_second_decision_for_the_month(caseworker: httpx.AsyncClient, database: Path) -> None:
    for _ in range(2):
        assert (await caseworker.post("/api/arenden/EB-2024-0017/beslut", json=DECISION)).status_code == 200
    assert [one.kind for one in read_effects(database)] == ["decision", "decision"]


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("beslut", {**DECISION, "kind": "avslag"}),  # a rejection with an amount
        ("beslut", {**DECISION, "kind": "nedsättning"}),
        ("beslut", {**DECISION, "month": "2026-13"}),
        ("beslut", {**DECISION, "amount": "5 220,00"}),
        ("beslut", {**DECISION, "amount": "-1,00"}),
        ("beslut", {**DECISION, "motivation": " "}),
        ("utbetalningar", {**PAYMENT, "amount": "0,00"}),
        ("utbetalningar", {**PAYMENT, "account": "12"}),
        ("utbetalningar", {**PAYMENT, "pay_on": "2026-02-30"}),
        ("berakningar", {**CALCULATION, "members": None}),
        ("berakningar", {**CALCULATION, "incomes": [{"party": "sökande", "kind": "lotteri", "paid_on": "2026-02-25", "amount": "1,00"}]}),
        ("berakningar", {**CALCULATION, "expenses": [{"kind": "hushållsel", "applied": "1,00", "approved": "2,00"}]}),
        ("journal", {"heading": "", "text": "x"}),
    ],
)
async def test_nonsense_is_refused_and_leaves_nothing(caseworker: httpx.AsyncClient, database: Path, what: str, body: dict[str, Any]) -> None:
    assert (await caseworker.post(f"/api/arenden/EB-2024-0017/{what}", json=body)).status_code == 422
    assert read_effects(database) == []


async def test_a_closed_case_takes_no_decision(caseworker: httpx.AsyncClient, database: Path) -> None:
    assert (await caseworker.post("/api/arenden/EB-2019-0001/beslut", json=DECISION)).status_code == 422
    assert read_effects(database) == []


async def test_a_deduction_in_the_draft_does_not_show_before_the_sums_are_made(database: Path) -> None:
    load(database, [household(replace(CASE, leftover_deduction="500,00"))], user="robot", password="rätt")
    async with _client(database) as client:
        await _log_in(client)
        shown = (await client.get("/api/arenden/EB-2024-0017")).text + (await client.get("/api/arenden/EB-2024-0017/utkast/2026-03")).text
        sums = (await client.post("/api/arenden/EB-2024-0017/utkast", json=CALCULATION)).json()
    assert "deduction" not in shown
    assert (sums["deduction"], sums["amount"]) == ("500.00", "6220")
