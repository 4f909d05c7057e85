"""What the keys of dated values stand for: each one that a rule cites leads to the value that the rule used, and no other key leads anywhere."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from robots.case import AppliedExpense, CaseFile, Jobbstimulans, Party, Payment, Residence, StatedChild, StatedIncome
from robots.citations import cited, in_words, name_in_words
from robots.parameters import Status, Unit
from robots.rules import assess
from robots.texts import Texts
from tests.case_files import CHILD_5, CONFIG, CONTROL, LAW, PAY_DAY, couple, kronor, last, single, with_application, with_benefits, with_record

SWEDISH = Texts.load(CONFIG / "texts", "sv")
ENGLISH = Texts.load(CONFIG / "texts", "en")
NO_BREAK = "\N{NO-BREAK SPACE}"


def family() -> CaseFile:
    """Return a couple with a child that stays by turns, rent, medicine, a wage and child benefit."""
    child = StatedChild(personnummer=CHILD_5, residence=Residence.ALTERNATING, days=15, lunch_at_home=False)
    wage = StatedIncome(party=Party.APPLICANT, kind="lön", paid_on=PAY_DAY, amount=kronor(6000))
    expenses = (AppliedExpense(kind="boendekostnad", amount=kronor(7000)), AppliedExpense(kind="medicin", amount=kronor(200)))
    stated = with_application(couple(), children=(child,), incomes=(wage,), expenses=expenses)
    paid = with_benefits(stated, insurance_payments=(Payment(kind="barnbidrag", paid_on=PAY_DAY, net_amount=kronor(1250)),))
    stimulus = Jobbstimulans(party=Party.APPLICANT, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    return with_record(paid, jobbstimulans=(stimulus,), last_calculation=last(expenses=(("boendekostnad", 7000),)))


def test_every_key_that_the_rules_cite_leads_to_a_value_with_its_source() -> None:
    assessment = assess(family(), LAW)
    calculation = assessment.calculation
    assert calculation is not None
    bases = [row.basis for row in calculation.personal] + [row.basis for row in calculation.incomes] + [row.basis for row in calculation.expenses]
    keys = {key for basis in (calculation.common.basis, *bases, *(one.basis for one in assessment.findings)) for key in basis.parameters}

    found = [cited(key, LAW) for key in sorted(keys)]

    assert {one.name for one in found} >= {"riksnorm.couple", "riksnorm.child_4_6_no_lunch", "jobbstimulans.disregarded", "guidelines.rent_ceiling"}
    for one in found:
        assert one.source, one.key
        assert one.value or one.fields, one.key
        assert one.valid_from <= CONTROL.last_day, one.key
        for texts in (SWEDISH, ENGLISH):
            assert in_words(one, texts), one.key
            assert "." not in name_in_words(one, texts), f"{one.key} has no name in words"


def test_a_key_of_a_parameter_gives_value_unit_and_standing() -> None:
    one = cited("riksnorm.single@2026-01-01", LAW)

    assert (one.value, one.unit, one.status, one.valid_from) == ("3940", Unit.KRONOR_PER_MONTH, Status.OFFICIAL, date(2026, 1, 1))
    assert not one.is_municipal
    assert (name_in_words(one, SWEDISH), in_words(one, SWEDISH)) == ("riksnormen, en vuxen", f"3{NO_BREAK}940{NO_BREAK}kr i månaden")


def test_a_key_of_the_guidelines_gives_the_row_of_the_table() -> None:
    one = cited("guidelines.incomes@2024-01-01#bostadsbidrag", LAW)

    assert one.is_municipal
    assert (one.fields["treatment"], one.fields["register"], one.fields["change_percent"]) == ("count", "FK", "12")
    assert in_words(one, SWEDISH) == "räknas, bekräftas av FK, får ändras med högst 12 procent"
    assert in_words(cited("guidelines.incomes@2024-01-01#barnbidrag", LAW), SWEDISH) == "räknas, bekräftas av FK, får inte ändras"


def test_the_last_step_of_a_ceiling_holds_for_every_greater_number() -> None:
    steps = LAW.guidelines.rent_ceiling.on(date(2026, 11, 1)).value.one_adult

    assert Decimal(cited("guidelines.rent_ceiling@2024-01-01#one_adult.2", LAW).value) == steps.at(2)
    assert Decimal(cited("guidelines.rent_ceiling@2024-01-01#one_adult.9", LAW).value) == steps.amounts[-1]


@pytest.mark.parametrize(
    "key",
    [
        "riksnorm.single",
        "riksnorm.single@2026-01-02",
        "riksnorm.single@first",
        "riksnorm.nobody@2026-01-01",
        "guidelines.board@2024-01-01",
        "guidelines.incomes@2024-01-01#lotteri",
        "guidelines.rent_ceiling@2024-01-01#three_adults.1",
        "guidelines.rent_ceiling@2024-01-01#one_adult.x",
        "",
    ],
)
def test_a_key_that_leads_nowhere_is_an_error(key: str) -> None:
    assert assess(single(), LAW).calculation is not None

    with pytest.raises(ValueError, match="this rule set does not hold"):
        cited(key, LAW)
