"""Incomes that a person must look at: changed, new, gone, unknown, pending, or more than the need."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from robots.practice.households.stage import (
    Child,
    Income,
    electricity,
    fk,
    handed_off,
    household,
    rent,
    with_answers,
    with_case,
    with_form,
)
from robots.practice.persons import Cast
from robots.practice.world import Household


def _refused(cast: Cast, *codes: str, about: str, because: str, incomes: tuple[Income, ...], month: str = "2026-03", partner: str = "") -> Household:
    return household(
        cast,
        about=about,
        month=month,
        partner=partner,
        incomes=incomes,
        expenses=(rent(6400), electricity(450)),
        expected=handed_off(*codes, because=because),
    )


def wage_without_jobbstimulans(cast: Cast) -> Household:
    """A person must look whether jobbstimulans applies."""
    return household(
        cast,
        about="A single adult with a wage and no jobbstimulans decision.",
        incomes=(Income(kind="lön", amount=6000),),
        expenses=(rent(6300), electricity(450)),
        expected=handed_off("INC-WAGE", because="a wage without a decision in force"),
    )


def benefit_vanished(cast: Cast) -> Household:
    """In the last calculation, but neither stated nor paid."""
    return household(
        cast,
        about="Bostadsbidrag of the month before is neither stated nor paid in the control month.",
        incomes=(fk("aktivitetsstöd", 4800), fk("bostadsbidrag", last=1300)),
        expenses=(rent(6400), electricity(450)),
        expected=handed_off("INC-GONE", because="bostadsbidrag 1300 in the last calculation, nothing now"),
    )


def wage_after_jobbstimulans_has_ended(cast: Cast) -> Household:
    """The decision must be in force on the pay date."""
    told = _refused(
        cast,
        "INC-WAGE",
        about="A wage paid after the jobbstimulans decision has ended.",
        because="the decision ended on 31 January, the wage came in February",
        incomes=(Income(kind="lön", amount=6000),),
    )
    return with_case(told, jobbstimulans=(("sökande", date(2024, 2, 1), date(2026, 1, 31)),))


def benefit_changed_too_much(cast: Cast) -> Household:
    """12 percent of 5000 is 600: one krona above the limit."""
    return _refused(
        cast,
        "INC-DIFF",
        about="Aktivitetsstöd one krona more than 12 percent above the month before.",
        because="5601 against 5000: 601 is more than 600",
        month="2026-04",
        incomes=(fk("aktivitetsstöd", 5601, last=5000),),
    )


def disability_benefit_changed_by_a_krona(cast: Cast) -> Household:
    """0 percent means exact."""
    return _refused(
        cast,
        "INC-DIFF",
        about="Sjukersättning, which may not change at all, changed by a krona.",
        because="8101 against 8100, and 0 percent is allowed",
        incomes=(fk("sjukersättning", 8101, last=8100),),
    )


def benefit_stated_too_low(cast: Cast) -> Household:
    """The stated amount differs from the register's by more than the limit."""
    return _refused(
        cast,
        "INC-DIFF",
        about="Aktivitetsstöd stated as 4000 and paid as 5000.",
        because="1000 is more than 12 percent of 5000",
        month="2026-05",
        incomes=(fk("aktivitetsstöd", 5000, stated=4000),),
    )


def benefit_is_new(cast: Cast) -> Household:
    """Paid, and not in the last calculation."""
    return _refused(
        cast,
        "INC-NEW",
        about="Bostadsbidrag for the first time.",
        because="bostadsbidrag 1300 is not in the last calculation",
        month="2026-06",
        incomes=(fk("aktivitetsstöd", 4800), fk("bostadsbidrag", 1300, last=0)),
    )


def tax_refund_not_stated(cast: Cast) -> Household:
    """The register knows what the application does not say."""
    return _refused(
        cast,
        "INC-NEW",
        about="A skatteåterbäring that the applicant has not stated.",
        because="skatteåterbäring 2310 in the register, nothing before",
        month="2026-07",
        incomes=(fk("aktivitetsstöd", 4800), Income(kind="skatteåterbäring", amount=2310, agency="SKV", stated=0, last=0)),
    )


def gift_is_new(cast: Cast) -> Household:
    """An income that no register has, for the first time."""
    return _refused(
        cast,
        "INC-NEW",
        about="A gift that was not there the month before.",
        because="gåva 900 is not in the last calculation",
        incomes=(fk("aktivitetsstöd", 4800), Income(kind="gåva", amount=900, last=0)),
    )


def income_not_in_the_register(cast: Cast) -> Household:
    """Stated, and the agency has paid nothing."""
    return _refused(
        cast,
        "INC-NOTINREG",
        about="Stated bostadsbidrag that Försäkringskassan has not paid.",
        because="bostadsbidrag 1300 stated, nothing in the register",
        incomes=(fk("aktivitetsstöd", 4800), fk("bostadsbidrag", 1300, registered=0)),
    )


def income_of_unknown_kind(cast: Cast) -> Household:
    """A kind that the guidelines do not name."""
    return _refused(
        cast,
        "INC-UNKNOWN",
        about="An income of a kind that the guidelines do not have.",
        because="hyresintäkt is not in the table",
        month="2026-07",
        incomes=(fk("aktivitetsstöd", 4800), Income(kind="hyresintäkt", amount=2100)),
    )


def care_benefit(cast: Cast) -> Household:
    """A kind that the guidelines leave to a person, seen in the register only."""
    return _refused(
        cast,
        "INC-UNKNOWN",
        about="Omvårdnadsbidrag in the register, which a person must judge.",
        because="omvårdnadsbidrag is for a person",
        incomes=(fk("aktivitetsstöd", 4800), fk("omvårdnadsbidrag", 3600, stated=0, last=0)),
    )


def income_stated_twice(cast: Cast) -> Household:
    """The same row twice counts once."""
    told = _refused(
        cast,
        "INC-DOUBLE",
        about="Aktivitetsstöd stated in two identical rows.",
        because="two rows of the same kind, date and amount; once they agree with the register",
        incomes=(fk("aktivitetsstöd", 4800),),
    )
    return with_form(told, incomes=told.application.incomes * 2)


def income_of_another_month(cast: Cast) -> Household:
    """A stated date outside the control month cannot be right."""
    told = _refused(
        cast,
        "UNREADABLE",
        about="Aktivitetsstöd stated with a date in the month applied for; paid in the control month.",
        because="the stated date is not in February",
        incomes=(fk("aktivitetsstöd", 4800),),
    )
    return with_form(told, incomes=tuple(replace(row, paid_on="2026-03-25") for row in told.application.incomes))


def benefit_moved_to_the_other_parent(cast: Cast) -> Household:
    """Incomes are compared per person."""
    return household(
        cast,
        about="Barnbidrag is now paid to the co-applicant instead of the applicant.",
        partner="gift",
        children=(Child(ages=(7, 10)),),
        incomes=(fk("barnbidrag", last=1250), fk("barnbidrag", 1250, party="medsökande", last=0)),
        expenses=(rent(9000), electricity(700)),
        expected=handed_off("INC-GONE", "INC-NEW", because="gone for the applicant, new for the co-applicant"),
    )


def pending_benefit(cast: Cast) -> Household:
    """Another benefit may come for the same time."""
    told = _refused(
        cast,
        "INC-PENDING",
        about="The applicant waits for a decision on a-kassa.",
        because="a pending benefit is stated",
        month="2026-09",
        incomes=(fk("aktivitetsstöd", 4800),),
    )
    return with_form(told, pending_benefits=("a-kassa",))


def open_claim(cast: Cast) -> Household:
    """Försäkringskassan has a claim that it has not decided."""
    told = _refused(
        cast,
        "INC-PENDING",
        about="An open claim for sjukpenning at Försäkringskassan that the applicant does not mention.",
        because="an open claim at FK",
        incomes=(fk("aktivitetsstöd", 4800),),
    )
    return with_answers(told, fk_open_claims=("sjukpenning",))


def surplus(cast: Cast) -> Household:
    """Rejections are not delegated to the robot."""
    return _refused(
        cast,
        "DELEG",
        about="Incomes above the need: nothing to grant, and no delegation to reject.",
        because="single 3940 + common 1280 = 5220; 5220 + rent 6400 + electricity 450 = 12070; sjukersättning 12900 is 830 more",
        incomes=(fk("sjukersättning", 12900),),
    )


def exactly_zero(cast: Cast) -> Household:
    """Nothing to grant to the krona."""
    return _refused(
        cast,
        "DELEG",
        about="Incomes that are exactly the need.",
        because="single 3940 + common 1280 = 5220; 5220 + rent 6400 + electricity 450 = 12070; 12070 - sjukersättning 12070 = 0",
        month="2026-05",
        incomes=(fk("sjukersättning", 12070),),
    )
