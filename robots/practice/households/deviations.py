"""Cases that the systems cannot carry: no case, decided or applied for already, sources down, values that cannot be understood."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from robots.practice.households.stage import (
    Child,
    Expense,
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
from robots.practice.world import ApplicationIncome, Expected, Household


def _single(cast: Cast, *codes: str, about: str, because: str, month: str = "2026-03") -> Household:
    """Return a single adult who would get 12170 - 5000 = 7170."""
    return household(
        cast,
        about=about,
        month=month,
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6500), electricity(450)),
        expected=handed_off(*codes, because=because),
    )


def no_case(cast: Cast) -> Household:
    """The applicant is new to the case system."""
    return replace(_single(cast, "NEW-CASE", about="An applicant without a case.", because="no case"), case=None)


def case_is_closed(cast: Cast) -> Household:
    """A closed case must be opened by a person."""
    told = _single(cast, "NEW-CASE", about="An applicant whose case is closed.", month="2026-06", because="the case is not open")
    return with_case(told, is_open=False)


def last_month_not_calculated(cast: Cast) -> Household:
    """The latest calculation is older than the control month."""
    told = _single(cast, "NEW-CASE", about="The last calculation is two months old.", because="calculated for January, not for February")
    return with_case(told, last_month="2026-01", decided_months=("2025-12", "2026-01"))


def month_already_decided(cast: Cast) -> Household:
    """A person has decided the month before the robot came."""
    told = _single(cast, "TWICE", about="The month applied for is decided already.", because="a decision for March by a person")
    return with_case(told, decided_months=("2026-01", "2026-02", "2026-03"))


def two_applications_for_a_month(cast: Cast) -> tuple[Household, Household]:
    """The same persons apply twice for a month: the earlier is decided, the later handed off.

    The later one carries no register entries and no case, because the earlier one carries them.
    """
    first = household(
        cast,
        about="The earlier of two applications for a month.",
        month="2026-04",
        incomes=(fk("aktivitetsstöd", 5000),),
        expenses=(rent(6500), electricity(450)),
        expected=Expected(
            ending="decided",
            amount=7170,
            arithmetic="single 3940 + common 1280 = 5220; 5220 + rent 6500 + electricity 450 = 12170; 12170 - aktivitetsstöd 5000 = 7170",
        ),
    )
    second = replace(
        first,
        about="The later of two applications for a month.",
        application=replace(first.application, submitted_at=first.application.submitted_at + timedelta(days=2, hours=1)),
        population=(),
        agencies=(),
        case=None,
        expected=handed_off("TWICE", because="an earlier application for April"),
    )
    return first, second


def no_norm_for_the_year(cast: Cast) -> Household:
    """The norm of 2027 is not decided."""
    told = _single(cast, "NO-NORM", about="An application for January 2027.", month="2027-01", because="no norm is in force for 2027")
    return with_form(told, submitted_at=datetime(2026, 12, cast.chance.randint(20, 30), 9, 30, tzinfo=UTC))


def insurance_agency_is_down(cast: Cast) -> Household:
    """No answer is never no income."""
    told = _single(cast, "SRC-DOWN", about="Försäkringskassan does not answer.", because="payments and open claims unknown")
    return with_answers(told, failing=("FK",))


def employment_agency_is_down(cast: Cast) -> Household:
    """Without Arbetsförmedlingen nobody knows whether there is a secrecy marking."""
    told = _single(cast, "SRC-DOWN", about="Arbetsförmedlingen does not answer.", month="2026-08", because="marking, registration and report unknown")
    return with_answers(told, failing=("AF",))


def study_agency_is_down_for_one(cast: Cast) -> Household:
    """One unknown answer hides the incomes; the other checks still say what they see."""
    told = household(
        cast,
        about="CSN does not answer about the co-applicant, and a bank statement is attached.",
        month="2026-07",
        partner="sambo",
        incomes=(fk("aktivitetsstöd", 6200),),
        expenses=(rent(7600), electricity(600)),
        expected=handed_off("SRC-DOWN", "ATTACH", because="study payments unknown; one attachment"),
    )
    return with_answers(with_form(told, attachments=("kontoutdrag.pdf",)), adult=1, failing=("CSN",))


def transport_agency_is_down(cast: Cast) -> Household:
    """Vehicles unknown."""
    told = _single(cast, "SRC-DOWN", about="Transportstyrelsen does not answer.", month="2026-09", because="vehicles unknown")
    return with_answers(told, failing=("TNS",))


def amount_in_words(cast: Cast) -> Household:
    """An amount that is no number."""
    told = _single(cast, "UNREADABLE", about="An income of `fem tusen`.", because="the stated incomes cannot be read")
    return with_form(told, incomes=tuple(replace(row, amount="fem tusen") for row in told.application.incomes))


def negative_amount(cast: Cast) -> Household:
    """Nobody has an income below nothing."""
    told = _single(cast, "UNREADABLE", about="An income of minus 500 kronor.", month="2026-05", because="the stated incomes cannot be read")
    minus = ApplicationIncome(party="sökande", kind="gåva", paid_on="2026-04-20", amount="-500,00")
    return with_form(told, incomes=(*told.application.incomes, minus))


def day_that_does_not_exist(cast: Cast) -> Household:
    """A date outside the calendar."""
    told = _single(cast, "UNREADABLE", about="An income on 30 February.", because="the stated incomes cannot be read")
    return with_form(told, incomes=tuple(replace(row, paid_on="2026-02-30") for row in told.application.incomes))


def _alternating(cast: Cast, about: str, because: str) -> Household:
    return household(
        cast,
        about=about,
        children=(Child(ages=(7, 10), residence="växelvis", days=15),),
        incomes=(fk("barnbidrag", 625), fk("aktivitetsstöd", 5000)),
        expenses=(rent(8200), electricity(550)),
        expected=handed_off("UNREADABLE", because=because),
    )


def days_beyond_the_month(cast: Cast) -> Household:
    """No month has 45 days."""
    told = _alternating(cast, "A child that stays 45 days.", "the children cannot be read")
    return with_form(told, children=tuple(replace(child, days="45") for child in told.application.children))


def number_of_a_child_is_impossible(cast: Cast) -> Household:
    """No child was born in the thirteenth month."""
    told = _alternating(cast, "A child whose number names a thirteenth month.", "the children cannot be read")
    return with_form(told, children=tuple(replace(child, personnummer="201813450000") for child in told.application.children))


def month_in_words(cast: Cast) -> Household:
    """A month without a year."""
    told = _single(cast, "UNREADABLE", about="An application for `mars`.", because="the month cannot be read; nothing more is looked at")
    return with_form(told, month="mars")


def markup_and_formulas(cast: Cast) -> Household:
    """Texts of the applicant that would be code elsewhere."""
    told = household(
        cast,
        about="An applicant whose kinds, pending benefit and attachments are written as markup, a formula and a path.",
        month="2026-10",
        incomes=(fk("aktivitetsstöd", 5000), Income(kind='=HYPERLINK("http://exempel.invalid";"lön")', amount=700, last=0)),
        expenses=(rent(6500), electricity(450), Expense(kind="<script>alert('övrigt')</script>", amount=100, last=0)),
        expected=handed_off(
            "INC-UNKNOWN", "EXP-JUDGE", "INC-PENDING", "ATTACH", because="a kind of income and of cost unknown, a claim, attachments"
        ),
    )
    return with_form(
        told,
        pending_benefits=("@SUM(1+1)*cmd|' /C exempel'!A0",),
        attachments=("=HYPERLINK(A1).pdf", "<img src=x onerror=alert(1)>.png", "../../kvitto.pdf"),
    )


def leftover_deduction(cast: Cast) -> Household:
    """Somebody left a deduction in the draft of the case system, so that its sums differ."""
    told = _single(
        cast, "SYS-DIFF", about="A deduction of 200 kronor left in the case system's draft.", month="2026-09", because="6970 there, 7170 here"
    )
    return with_case(told, leftover_deduction="200,00")


def several_reasons(cast: Cast) -> Household:
    """Every reason is gathered, not only the first."""
    told = household(
        cast,
        about="A single adult with a new income, a raised rent, a car, another account, days away and an attachment.",
        month="2026-06",
        incomes=(fk("aktivitetsstöd", 5000), fk("bostadsbidrag", 1300, last=0)),
        expenses=(rent(6900, last=6500), electricity(450)),
        expected=handed_off("INC-NEW", "HOUSING", "ASSET", "PAYACC", "STAY", "ATTACH", "RECLAIM", "PLAN", because="eight things at once"),
    )
    told = with_form(told, account=cast.account(), days_away="3", attachments=("hyresavi.pdf",), follows_plan="Nej")
    return with_answers(with_case(told, has_open_overpayment=True), vehicles=(("ÄÖÅ108", "Exempelvagn liten"),))


def two_reasons_of_one_kind(cast: Cast) -> Household:
    """A code counts once, however many figures call for it."""
    return household(
        cast,
        about="Two costs raised and one above its ceiling; one benefit new and another gone.",
        month="2026-02",
        incomes=(fk("aktivitetsstöd", 5000), fk("bostadsbidrag", 1300, last=0), fk("sjukpenning", last=2200)),
        expenses=(
            rent(6500),
            electricity(520, last=450),
            Expense(kind="hemförsäkring", amount=180, last=120),
            Expense(kind="fackavgift", amount=910, last=700),
        ),
        expected=handed_off("INC-NEW", "INC-GONE", "EXP-JUDGE", "EXP-CAP", because="electricity and insurance raised, union fee 910 above 700"),
    )
