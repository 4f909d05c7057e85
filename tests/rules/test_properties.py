"""What holds for every household: money never grows with an income, is whole kronor, and is the sum of its parts."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from robots.assessment import Assessment, Calculation
from robots.case import (
    AppliedExpense,
    CalculatedChildIncome,
    CaseFile,
    FrameIncome,
    Jobbstimulans,
    Month,
    Party,
    Payment,
    ReferenceFrame,
    Residence,
    SpreadIncome,
    StatedChildIncome,
    StatedIncome,
)
from robots.rules import assess
from tests.case_files import (
    CHILD_2,
    CHILD_5,
    CHILD_7,
    CHILD_10,
    CHILD_14,
    CHILD_18,
    LAW,
    PARAMETERS,
    PAY_DAY,
    child,
    couple,
    family,
    kronor,
    last,
    single,
    with_application,
    with_benefits,
    with_record,
)

ME, PARTNER = Party.APPLICANT, Party.CO_APPLICANT
DAY = Month(year=2026, month=11).first_day
#: what each of these would change, and how: kind by kind, and for every party
SOURCES = st.sampled_from(["stated", "registered", "child", "spread", "child before"])
nets = st.decimals(min_value=0, max_value=70000, places=2)
raises = st.decimals(min_value=Decimal("0.01"), max_value=70000, places=2)


def _calculation(case: CaseFile) -> Calculation:
    calculation = assess(case, LAW).calculation
    assert calculation is not None
    return calculation


def _household(source: str, party: Party, kind: str, net: Decimal, *, has_stimulus: bool, special: int) -> CaseFile:
    """Return a couple with a working youth, where the income in question is so much."""
    case = with_application(couple(), children=family(child(CHILD_18)).application.children, persons_in_dwelling=3)
    stimulus = tuple(Jobbstimulans(party=one, valid_from=DAY.replace(month=1), valid_until=DAY.replace(month=12)) for one in Party)
    months = tuple(Month(year=2026, month=month) for month in range(2, 11))
    case = with_record(
        case, jobbstimulans=stimulus if has_stimulus else (), calculated_months=months, last_calculation=last(expenses=(("boendekostnad", 7000),))
    )
    costs = (AppliedExpense(kind="boendekostnad", amount=kronor(7000)), AppliedExpense(kind="medicin", amount=kronor(special)))
    other = StatedIncome(party=ME, kind="gåva", paid_on=PAY_DAY, amount=Decimal("100.50"))
    case = with_application(case, expenses=costs, incomes=(other,))
    if source == "stated":
        row = StatedIncome(party=party, kind=kind, paid_on=PAY_DAY.replace(day=1), amount=net)
        return with_application(case, incomes=(other, row))
    if source == "registered":
        return with_benefits(case, party, insurance_payments=(Payment(kind=kind, paid_on=PAY_DAY, net_amount=net),))
    if source == "spread":
        month = Month(year=2026, month=10)
        return with_record(case, spread_incomes=(SpreadIncome(party=party, kind=kind, monthly_amount=net, first_month=month, last_month=month),))
    stated = net if source == "child" else Decimal(30000)
    rows = (StatedChildIncome(personnummer=CHILD_18, kind="lön", paid_on=PAY_DAY, amount=stated),)
    before = (CalculatedChildIncome(month=Month(year=2026, month=5), personnummer=CHILD_18, kind="lön", amount=net),)
    return with_record(with_application(case, children_incomes=rows), children_incomes=before if source == "child before" else ())


@settings(max_examples=150, deadline=None)
@given(
    source=SOURCES,
    party=st.sampled_from(list(Party)),
    kind=st.sampled_from([*LAW.guidelines.incomes.newest.value, "hemlig lott"]),
    net=nets,
    more=raises,
    has_stimulus=st.booleans(),
    special=st.integers(min_value=0, max_value=900),
)
def test_raising_an_income_never_raises_the_amount(
    source: str, party: Party, kind: str, net: Decimal, more: Decimal, has_stimulus: bool, special: int
) -> None:
    before = _calculation(_household(source, party, kind, net, has_stimulus=has_stimulus, special=special))
    after = _calculation(_household(source, party, kind, net + more, has_stimulus=has_stimulus, special=special))

    assert after.amount <= before.amount
    assert after.income_sum >= before.income_sum


NUMBERS = (CHILD_2, CHILD_5, CHILD_7, CHILD_10, CHILD_14, CHILD_18)
children = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from(list(Residence)), st.integers(min_value=0, max_value=31), st.booleans()),
    max_size=9,
    unique_by=lambda one: one[0],
)
Child = tuple[str, Residence, int, bool]


def _household_of(adults: int, members: list[Child], others: int) -> CaseFile:
    case = couple() if adults == 2 else single()
    stated = family(*(child(number, residence, days, lunch_at_home=lunch) for number, residence, days, lunch in members)).application.children
    return with_application(case, children=stated, persons_in_dwelling=adults + len(members) + others)


def _norm(row: str) -> Decimal:
    return PARAMETERS.amount(f"riksnorm.{row}").on(DAY).value


def _common(persons: int) -> Decimal:
    table = [Decimal(one) for one in (1280, 1410, 1790, 2030, 2330, 2640, 2830)]
    return table[persons - 1] if persons <= 7 else table[6] + (persons - 7) * (table[6] - table[5])


@settings(max_examples=150, deadline=None)
@given(adults=st.sampled_from([1, 2]), members=children, others=st.integers(min_value=0, max_value=9))
def test_norm_of_a_household_is_the_sum_of_its_parts(adults: int, members: list[Child], others: int) -> None:
    """Adults, each child by age, lunches and days, and the common costs or the share of them."""
    calculation = _calculation(_household_of(adults, members, others))
    rows = {
        CHILD_2: "child_1_2",
        CHILD_5: "child_4_6",
        CHILD_7: "child_7_10",
        CHILD_10: "child_7_10",
        CHILD_14: "child_11_14",
        CHILD_18: "child_15_18",
    }
    expected = _norm("couple" if adults == 2 else "single")
    size = adults
    for number, residence, days, lunch in members:
        has_no_lunch = not lunch and number in {CHILD_2, CHILD_5}
        monthly = _norm(rows[number] + ("_no_lunch" if has_no_lunch else ""))
        # whole kronor a day, half a krona up, and never more than a month
        daily = (int(monthly) * 12 * 2 + 365) // (365 * 2)
        expected += monthly if residence is Residence.FULL_TIME else min(monthly, Decimal(daily * days))
        size += residence is Residence.FULL_TIME or days >= 15
    dwelling = max(size, adults + len(members) + others)
    share = (int(_common(dwelling)) * size * 2 + dwelling) // (dwelling * 2)

    assert calculation.norm_sum == expected + share
    assert calculation.norm_sum == sum(cost.amount for cost in calculation.personal) + calculation.common.amount
    assert (calculation.common.household_size, calculation.common.persons_in_dwelling) == (size, dwelling)


@settings(max_examples=100, deadline=None)
@given(
    members=children,
    others=st.integers(min_value=0, max_value=9),
    wage=nets,
    gift=nets,
    cost=st.decimals(min_value=0, max_value=400, places=2),
)
def test_every_amount_is_whole_kronor_with_half_a_krona_the_applicants_way(
    members: list[Child], others: int, wage: Decimal, gift: Decimal, cost: Decimal
) -> None:
    case = _household_of(1, members, others)
    stimulus = Jobbstimulans(party=ME, valid_from=DAY.replace(month=1), valid_until=DAY)
    incomes = tuple(StatedIncome(party=ME, kind=kind, paid_on=PAY_DAY, amount=net) for kind, net in (("lön", wage), ("gåva", gift)))
    expenses = tuple(AppliedExpense(kind=kind, amount=cost) for kind in ("medicin", "hushållsel"))
    case = with_record(with_application(case, incomes=incomes, expenses=expenses), jobbstimulans=(stimulus,))
    calculation = _calculation(case)

    wages = calculation.incomes[0]
    whole = [*(cost.amount for cost in calculation.personal), calculation.common.amount, wages.counted, calculation.amount]
    assert all(one == one.to_integral_value() for one in whole)
    assert wages.counted == (wage * 3 / 4).to_integral_value(rounding=ROUND_HALF_DOWN)
    assert wages.disregarded == wage - wages.counted
    need = calculation.norm_sum + calculation.expense_sum - calculation.income_sum
    assert calculation.amount == _rounded(max(Decimal(0), need + calculation.special_sum))


def _rounded(amount: Decimal) -> Decimal:
    return amount.to_integral_value(rounding=ROUND_HALF_UP)


def _without_answer_of(rule: str, assessment: Assessment) -> Assessment:
    return replace(assessment, findings=tuple(finding for finding in assessment.findings if finding.rule != rule))


@settings(max_examples=60, deadline=None)
@given(members=children, net=nets, spread=nets, highest=nets)
def test_open_overpayment_never_changes_the_calculation(members: list[Child], net: Decimal, spread: Decimal, highest: Decimal) -> None:
    """What was paid wrongly before is a person's to recover (HFD 2013 ref. 18): it is set off against nothing."""
    month = Month(year=2026, month=10)
    case = with_application(_household_of(2, members, 0), incomes=(StatedIncome(party=ME, kind="gåva", paid_on=PAY_DAY, amount=net),))
    spreads = (SpreadIncome(party=PARTNER, kind="gåva", monthly_amount=spread, first_month=month, last_month=month),)
    frame = ReferenceFrame(valid_until=DAY, incomes=(FrameIncome(party=ME, kind="gåva", lowest=Decimal(0), highest=highest),), expenses=())
    case = with_record(case, spread_incomes=spreads, reference_frame=frame)
    closed, opened = (assess(with_record(case, has_open_overpayment=is_open), LAW) for is_open in (False, True))

    assert opened.calculation == closed.calculation
    assert "RECLAIM" in opened.codes
    rules = "no_overpayment_is_open", "case_is_not_sampled"
    for rule in rules:
        opened, closed = _without_answer_of(rule, opened), _without_answer_of(rule, closed)
    assert opened == closed
