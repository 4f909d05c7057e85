"""The case that everybody works in the race on the practice systems' pages, once for each of many applicants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from robots.assessment import ApprovedExpense, Basis, Calculation, ChildIncome, CommonCost, CountedIncome, PersonalCost
from robots.case import Month, Party
from robots.practice import world
from robots.practice.municipality import Municipality
from robots.practice.persons import carried_numbers

MONTH = Month(year=2026, month=3)
FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2026, 3, 31)
PARTNER, CHILD = "198501012382", "201601022385"
NOTE = "Ansökan för mars 2026 är handlagd.\nNormberäkningen är sparad: 11 248 kr.\nÅsa Öberg, Åvägen 2, får besked i e-tjänsten."
BORN_IN = range(1970, 1980)

INCOMES = (
    ("sökande", "aktivitetsstöd", date(2026, 2, 25), Decimal(5000)),
    ("medsökande", "lön", date(2026, 2, 25), Decimal(4012)),
    ("sökande", "barnbidrag", date(2026, 2, 20), Decimal(1250)),
)
EXPENSES = (("boendekostnad", 7100, 7100), ("hushållsel", 450, 450), ("hemförsäkring", 150, 150), ("arbetsresor", 500, 300))
SPECIAL_COSTS = (("tandvård", 800, 800),)
CHILDS_WAGE = Decimal(300)

BASIS = Basis(law="SoL 12 kap. 7 §")
# 7 100 + 3 820 + 1 790 = 12 710; 10 262 - 12 710 - 8 000 = -10 448; with 800 for special costs 11 248.
CALCULATION = Calculation(
    month=MONTH,
    personal=(
        PersonalCost(member="sökande", norm_row="couple", days=None, amount=Decimal(7100), basis=BASIS),
        PersonalCost(member=CHILD, norm_row="7-10", days=None, amount=Decimal(3820), basis=BASIS),
    ),
    common=CommonCost(household_size=3, persons_in_dwelling=3, amount=Decimal(1790), basis=BASIS),
    expenses=tuple(
        ApprovedExpense(kind=kind, applied_amount=Decimal(applied), approved_amount=Decimal(approved), is_special=is_special, basis=BASIS)
        for costs, is_special in ((EXPENSES, False), (SPECIAL_COSTS, True))
        for kind, applied, approved in costs
    ),
    incomes=tuple(
        CountedIncome(party=Party(party), kind=kind, paid_on=paid_on, net_amount=amount, disregarded=Decimal(0), counted=amount, basis=BASIS)
        for party, kind, paid_on, amount in INCOMES
    ),
    children_incomes=(
        ChildIncome(
            member="barn 1",
            personnummer=CHILD,
            kind="lön",
            paid_on=date(2026, 2, 24),
            net_amount=CHILDS_WAGE,
            earned_before=Decimal(250),
            disregarded=CHILDS_WAGE,
            counted=Decimal(0),
            basis=BASIS,
        ),
    ),
    norm_sum=Decimal(12710),
    expense_sum=Decimal(8000),
    income_sum=Decimal(10262),
    special_sum=Decimal(800),
    balance=Decimal(-10448),
    amount=Decimal(11248),
)


def households(number: int) -> list[world.Household]:
    """Return so many households that differ in nothing but the applicant and the numbers of application and case."""
    applicants = [one for one in carried_numbers() if int(one[:4]) in BORN_IN][:number]
    assert len(applicants) == number
    return [_household(place, applicant) for place, applicant in enumerate(applicants, start=1)]


def _payment(kind: str, net: str) -> world.AgencyPayment:
    day = date(2026, 2, 25)
    return world.AgencyPayment(kind=kind, paid_on=day, gross="9 999,00", tax="1,00", net=net, period_from=day, period_until=day)


def _household(place: int, applicant: str) -> world.Household:
    address = "Åvägen 2 lgh 1101, 012 34 Exempelstad"
    account = "8327-9940123456"
    return world.Household(
        kind="the race",
        about="A couple with a child where every table has rows.",
        persons=(world.Person(personnummer=applicant, given_name="Åsa", family_name="Öberg"),),
        application=world.ApplicationForm(
            reference=f"EA-26-{place:05}",
            submitted_at=datetime(2026, 3, 2, 13, 5, tzinfo=UTC),
            month=str(MONTH),
            applicant=applicant,
            co_applicant=PARTNER,
            civil_status="sambo",
            children=(world.ApplicationChild(personnummer=CHILD, residence="heltid", days="31", lunch="hemma"),),
            housing_form="hyresrätt",
            persons_in_dwelling="3",
            incomes=tuple(
                world.ApplicationIncome(party=party, kind=kind, paid_on=paid_on.isoformat(), amount=f"{amount},00")
                for party, kind, paid_on, amount in INCOMES
            ),
            children_incomes=(world.ApplicationChildIncome(personnummer=CHILD, kind="lön", paid_on="2026-02-24", amount="300,00"),),
            pending_benefits=("bostadsbidrag",),
            expenses=tuple((kind, f"{applied},00") for kind, applied, _ in (*EXPENSES, *SPECIAL_COSTS)),
            assets=(("bankmedel", "1 200,00"),),
            account=account,
            attachments=("hyresavi.pdf", "tandläkare.pdf"),
        ),
        population=(
            world.PopulationEntry(personnummer=applicant, address=address, civil_status="sambo", members=((PARTNER, "sambo"), (CHILD, "barn"))),
        ),
        agencies=(
            world.AgencyAnswers(
                personnummer=applicant,
                is_job_seeker=True,
                latest_activity_report_on=date(2026, 2, 11),
                fk_payments=(_payment("barnbidrag", "1 250,00"), _payment("aktivitetsstöd", "5 000,00")),
                fk_open_claims=("bostadsbidrag",),
                skv_refunds=(_payment("skatteåterbäring", "120,00"),),
                vehicles=(("ABC123", "Påhitt 900"),),
            ),
        ),
        case=world.CaseEntry(
            case_number=f"EB-2025-{place:04}",
            applicant=applicant,
            co_applicant=PARTNER,
            is_open=True,
            address=address,
            civil_status="sambo",
            children=(world.CaseChild(personnummer=CHILD, residence="heltid", days=31, lunch="hemma"),),
            persons_in_dwelling=3,
            account=account,
            assets=(("bankmedel", "1200,50"),),
            vehicles=("ABC123",),
            last_month="2026-02",
            last_incomes=(("sökande", "aktivitetsstöd", "5000,00"), ("medsökande", "lön", "4100,00")),
            last_expenses=(("boendekostnad", "7100,00"), ("hushållsel", "430,00")),
            last_children_incomes=((CHILD, "lön", "250,00"),),
            spread_incomes=(("medsökande", "avgångsvederlag", "1000,00", "2025-01", "2025-06"),),
            frame_until=date(2026, 6, 30),
            frame_incomes=(("medsökande", "lön", "3000,00", "5000,00"),),
            frame_expenses=(("boendekostnad", "7300,00"),),
            jobbstimulans=(("medsökande", date(2023, 9, 1), date(2025, 8, 31)),),
            plans=(world.CasePlan(party="sökande", kind="jobbsökande", valid_from=date(2025, 9, 1), valid_until=date(2026, 12, 31)),),
            decided_months=("2026-02",),
        ),
        expected=world.Expected(ending="decided"),
    )


def written_effects(municipality: Municipality, reference: str) -> list[tuple[str, str]]:
    """Return kind and amount of what was written in a case, from the practice systems' own log."""
    return [(one.kind, one.amount) for one in municipality.effects() if one.reference == reference]


def case_of(household: world.Household) -> dict[str, Any]:
    """Return what a script is given for one lap: the numbers, and what it writes, as it is typed."""
    assert household.case is not None
    cost = [[kind, f"{applied},00", f"{approved},00"] for kind, applied, approved in EXPENSES]
    return {
        "reference": household.application.reference,
        "case_number": household.case.case_number,
        "applicant": household.application.applicant,
        "month": str(MONTH),
        "first_day": FIRST_DAY.isoformat(),
        "last_day": LAST_DAY.isoformat(),
        "incomes": [
            *([party, kind, paid_on.isoformat(), f"{amount},00"] for party, kind, paid_on, amount in INCOMES),
            [CHILD, "lön", "2026-02-24", "300,00"],
        ],
        "expenses": cost,
        "special_costs": [[kind, f"{applied},00", f"{approved},00"] for kind, applied, approved in SPECIAL_COSTS],
        "heading": f"Kollega {household.application.reference}, {MONTH}",
        "note": NOTE,
    }


def task_of(municipality: Municipality, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a script is told when it begins: where the systems are, how to log in there, and the settings of this race."""
    return {"addresses": municipality.addresses, "environment": municipality.environment, **settings}
