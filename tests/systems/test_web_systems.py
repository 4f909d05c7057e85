"""The robot's side of the web systems against the practice municipality: real servers, a real browser, every value compared."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from robots.case import Fact, JobSeeker, Month, Party, Payment
from robots.casebook import Casebook
from robots.effects import Effects
from robots.errors import (
    CaseNeedsPerson,
    LogInRefused,
    OutcomeUnknown,
    PersonNotFound,
    ReasonCode,
    ScreenChanged,
    SessionLost,
    SystemUnavailable,
    WrongPerson,
)
from robots.practice import world
from robots.practice.households import generate
from robots.practice.municipality import Municipality
from robots.screens import Screen, TimeLimits
from robots.screens.selector_file import load
from robots.screens.sessions import Sessions
from robots.screens.web import Browser
from robots.systems import benefits_register, e_service, population_register
from robots.systems.benefits_register import BenefitsRegister
from robots.systems.e_service import EService
from robots.systems.population_register import PopulationRegister

pytestmark = pytest.mark.browser

SYSTEMS: tuple[Any, ...] = (e_service, population_register, benefits_register)
WEB_SYSTEMS = tuple(system.SYSTEM for system in SYSTEMS)
LIMITS = TimeLimits(view_seconds=10, answer_seconds=3)
APPLICANT, PARTNER, CHILD, NOBODY = "197901012380", "198501012382", "201601022385", "199001012385"
CASE = "ekonomiskt-bistånd/EA-26-90017/2026-03"
MARKUP = '<b onclick="x()">kvitto</b>'


def payment(kind: str, paid_on: date, net: str) -> world.AgencyPayment:
    return world.AgencyPayment(kind=kind, paid_on=paid_on, gross="9 999,00", tax="1,00", net=net, period_from=paid_on, period_until=paid_on)


RICH = world.Household(
    kind="everything_filled_in",
    about="A couple with a child where every table has a row, made by hand.",
    persons=(),
    application=world.ApplicationForm(
        reference="EA-26-90017",
        submitted_at=datetime(2026, 3, 2, 13, 5, tzinfo=UTC),
        month="2026-03",
        applicant=APPLICANT,
        co_applicant=PARTNER,
        civil_status="sambo",
        children=(world.ApplicationChild(personnummer=CHILD, residence="växelvis", days="15", lunch="utanför hemmet"),),
        housing_form="andrahand",
        housing_changed="Ja",
        persons_in_dwelling="4",
        incomes=(world.ApplicationIncome(party="medsökande", kind="Lön", paid_on="2026-02-25", amount="5 012,50"),),
        children_incomes=(world.ApplicationChildIncome(personnummer=CHILD, kind="Lön", paid_on="2026-02-24", amount="1 300,00"),),
        pending_benefits=("sjukpenning",),
        expenses=(("boendekostnad", "7 100,00"), ("hushållsel", "450,00")),
        assets=(("bankmedel", "2 600,00"),),
        follows_plan="Nej",
        days_away="4",
        account="8327-9940123456",
        attachments=(MARKUP, "läkarintyg.pdf"),
    ),
    population=(
        world.PopulationEntry(
            personnummer=APPLICANT, address="Påhittsvägen 1, 012 39 Exempelstad", civil_status="sambo", members=((PARTNER, "sambo"), (CHILD, "barn"))
        ),
        world.PopulationEntry(personnummer=PARTNER, address="Hemliga vägen 2", civil_status="sambo", is_protected=True),
    ),
    agencies=(
        world.AgencyAnswers(
            personnummer=APPLICANT,
            is_job_seeker=True,
            latest_activity_report_on=date(2026, 2, 11),
            csn_payments=(payment("studiemedel", date(2026, 2, 25), "3 000,00"),),
            fk_payments=(payment("barnbidrag", date(2026, 2, 20), "1 250,00"), payment("barnbidrag", date(2026, 3, 20), "1 250,00")),
            fk_open_claims=("bostadsbidrag",),
            pm_payments=(payment("pension", date(2026, 2, 18), "8 000,00"),),
            skv_refunds=(payment("skatteåterbäring", date(2026, 2, 3), "120,00"),),
            so_payments=(payment("a-kassa", date(2026, 2, 27), "ca 700"),),
            vehicles=(("abc123", "Påhitt 900"),),
            residence_permit_until=date(2027, 1, 31),
        ),
        world.AgencyAnswers(personnummer=PARTNER, failing=("AF", "FK", "MIV")),
    ),
    case=None,
    expected=world.Expected(ending="handed off"),
)
GENERATED = generate(7, 12)


@dataclass(frozen=True, kw_only=True)
class Robot:
    """The robot's three web systems, one session each."""

    e_service: EService
    population_register: PopulationRegister
    benefits_register: BenefitsRegister
    casebook: Casebook


@asynccontextmanager
async def robot_at(
    municipality: Municipality, folder: Path, *, after_act: Any = None, passwords: dict[str, str] | None = None
) -> AsyncIterator[Robot]:
    browser = await Browser.open(executable=None)
    try:
        with Casebook(folder / "casebook.sqlite") as casebook:
            hooks = {"after_act": after_act} if after_act else {}
            sessions = [sessions_of(system, municipality, browser, folder, (passwords or {}).get(system.SYSTEM)) for system in SYSTEMS]
            yield Robot(
                e_service=EService(sessions[0], Effects(casebook, **hooks)),
                population_register=PopulationRegister(sessions[1]),
                benefits_register=BenefitsRegister(sessions[2]),
                casebook=casebook,
            )
    finally:
        await browser.close()


def sessions_of(system: Any, municipality: Municipality, browser: Browser, folder: Path, password: str | None) -> Sessions:
    name = system.SYSTEM
    selectors = load(Path("selectors") / f"{name}.yaml")

    async def open_screen() -> Screen:
        return await browser.screen(selectors, address=municipality.addresses[name], pictures=folder / "pictures", limits=LIMITS)

    async def log_in(screen: Screen) -> None:
        accounts = municipality.environment
        await system.log_in(screen, accounts[f"KOLLEGA_{name.upper()}_USER"], password or accounts[f"KOLLEGA_{name.upper()}_PASSWORD"])

    return Sessions(name, open_screen, log_in, 1)


@pytest.fixture(scope="module")
def municipality(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Municipality]:
    """The web systems with twelve generated households and the rich one, for tests that write nothing."""
    with Municipality.start(tmp_path_factory.mktemp("municipality"), [RICH, *GENERATED], systems=WEB_SYSTEMS) as started:
        yield started


def start(folder: Path, households: Sequence[world.Household] = (RICH,), hostile: Sequence[str] = ()) -> Municipality:
    return Municipality.start(folder, households, hostile=hostile, systems=WEB_SYSTEMS)


def values(record: Any) -> dict[str, Any]:
    """Return {field: value} of a record's facts; all of them must be known."""
    facts = {field.name: getattr(record, field.name) for field in fields(record) if isinstance(getattr(record, field.name), Fact)}
    return {name: fact.need() for name, fact in facts.items()}


async def test_an_application_is_read_as_it_was_filled_in(municipality: Municipality, tmp_path: Path) -> None:
    async with robot_at(municipality, tmp_path) as robot:
        application = await robot.e_service.application("EA-26-90017")
    read = values(application)
    (child,), (income,), (own_income,) = read.pop("children"), read.pop("incomes"), read.pop("children_incomes")
    assert (child.personnummer, child.residence, child.days, child.lunch_at_home) == (CHILD, "växelvis", 15, False)
    assert (income.party, income.kind, income.paid_on, income.amount) == (Party.CO_APPLICANT, "lön", date(2026, 2, 25), Decimal("5012.50"))
    assert (own_income.personnummer, own_income.kind, own_income.paid_on, own_income.amount) == (CHILD, "lön", date(2026, 2, 24), 1300)
    assert [(expense.kind, expense.amount) for expense in read.pop("expenses")] == [("boendekostnad", 7100), ("hushållsel", 450)]
    assert [(asset.kind, asset.amount) for asset in read.pop("assets")] == [("bankmedel", 2600)]
    assert read == {
        "submitted_on": date(2026, 3, 2),
        "month": Month(year=2026, month=3),
        "applicant": APPLICANT,
        "co_applicant": PARTNER,
        "civil_status": "sambo",
        "housing_form": "andrahand",
        "housing_changed": True,
        "persons_in_dwelling": 4,
        "pending_benefits": ("sjukpenning",),
        "follows_plan": False,
        "days_away": 4,
        "account": "8327-9940123456",
        "attachments": (MARKUP, "läkarintyg.pdf"),
    }


async def test_an_attachment_is_read_or_said_to_be_for_a_person(tmp_path: Path) -> None:
    attached = ("lön & mer.pdf", "../../kvitto.pdf", "intyg.pdf", MARKUP, "../kontoutdrag & mer.pdf", "kontoutdrag, kvitto.pdf")
    with start(tmp_path, [replace(RICH, application=replace(RICH.application, attachments=attached))]) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            texts = [await robot.e_service.attachment_text("EA-26-90017", number) for number in (1, 5)]
            reasons = [await unread(robot.e_service, number) for number in (2, 3, 4, 6, 0, 7)]
    assert texts[0].splitlines() == ["Lön & mer", f"Gäller 2026-03, {APPLICANT}", "Lön 2026-02-25: 5 012,50 kr"]
    # It stands behind a button.
    assert texts[1].splitlines() == ["Kontoutdrag & mer", *texts[0].splitlines()[1:]]
    assert [reason.partition("; ")[0].rpartition(": ")[2] for reason in reasons] == [
        "a page of it is a picture, without text or with hardly any",
        "it is protected by a password",
        "it is no PDF",
        "a page of it is a picture, without text or with hardly any",
        *["the application has no attachment of that number"] * 2,
    ]


async def unread(service: EService, number: int) -> str:
    with pytest.raises(CaseNeedsPerson) as caught:
        await service.attachment_text("EA-26-90017", number)
    assert caught.value.codes == (ReasonCode.ATTACH,)
    return str(caught.value)


async def test_the_inbox_holds_all_applications_with_the_first_one_first(municipality: Municipality, tmp_path: Path) -> None:
    async with robot_at(municipality, tmp_path) as robot:
        inbox = await robot.e_service.inbox()
    forms = sorted((household.application for household in [RICH, *GENERATED]), key=lambda form: (form.submitted_at, form.reference))
    assert [(entry.reference, entry.month) for entry in inbox] == [(form.reference, form.month) for form in forms]
    assert [entry.submitted_at for entry in inbox] == [form.submitted_at.astimezone(UTC).replace(second=0, microsecond=0) for form in forms]


@pytest.mark.parametrize("reference", ["EA-26-1/../EA-26-2", "EA-26-1\n2026-03-02 INFO", APPLICANT, "Anna Andersson"])
async def test_a_list_with_something_else_than_numbers_of_applications_is_not_taken_over(reference: str, tmp_path: Path) -> None:
    with start(tmp_path, [replace(RICH, application=replace(RICH.application, reference=reference))]) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            with pytest.raises(ScreenChanged, match="Ärendenummer") as caught:
                await robot.e_service.inbox()
    assert reference not in str(caught.value)


async def test_a_row_of_the_inbox_that_can_not_be_read_is_for_a_person_and_holds_nobody_else_up(tmp_path: Path) -> None:
    with start(tmp_path, [RICH, *GENERATED[:3]]) as municipality:
        without_number, without_time, sound = (one.application for one in GENERATED[:3])
        with sqlite3.connect(tmp_path / "e_service.sqlite") as database:
            database.execute(
                "UPDATE applications SET reference = ?, submitted_at = '2026-03-02 14:05' WHERE reference = ?", (APPLICANT, without_number.reference)
            )
            database.execute("UPDATE applications SET submitted_at = 'i måndags' WHERE reference = ?", (without_time.reference,))
        async with robot_at(municipality, tmp_path) as robot:
            for _ in range(2):
                inbox = {entry.reference: entry for entry in await robot.e_service.inbox()}
                assert set(inbox) == {"EA-26-90017", sound.reference, without_time.reference, "inkorg-2026-03-02-14.05"}
            assert {reference for reference, entry in inbox.items() if entry.is_readable} == {"EA-26-90017", sound.reference}
            assert inbox["inkorg-2026-03-02-14.05"].submitted_at == datetime(2026, 3, 2, 13, 5, tzinfo=UTC)
            assert (await robot.e_service.application(sound.reference)).reference == sound.reference
            for reference in ("inkorg-2026-03-02-14.05", without_time.reference):
                with pytest.raises(CaseNeedsPerson, match="by hand") as caught:
                    await robot.e_service.application(reference)
                assert caught.value.codes == (ReasonCode.UNREADABLE,)


async def test_generated_applications_come_back_figure_by_figure(municipality: Municipality, tmp_path: Path) -> None:
    async with robot_at(municipality, tmp_path) as robot:
        for form in (household.application for household in GENERATED[:6]):
            read = values(await robot.e_service.application(form.reference))
            assert (str(read["month"]), read["applicant"], read["co_applicant"] or "") == (form.month, form.applicant, form.co_applicant)
            assert [child.personnummer for child in read["children"]] == [child.personnummer for child in form.children]
            # Kinds are read in lower case, also those that an applicant has made up.
            assert [(one.kind, kronor(one.amount)) for one in read["expenses"]] == [(kind.lower(), amount) for kind, amount in form.expenses]
            assert [(one.party, one.kind, str(one.paid_on), kronor(one.amount)) for one in read["incomes"]] == [
                (one.party, one.kind.lower(), one.paid_on, one.amount) for one in form.incomes
            ]


def kronor(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",")


async def test_what_the_applicant_wrote_so_that_it_can_not_be_understood_is_unknown(tmp_path: Path) -> None:
    incomes = (world.ApplicationIncome(party="sökande", kind="lön", paid_on="2026-02-25", amount="ca 5000"),)
    own_incomes = (world.ApplicationChildIncome(personnummer="min dotter", kind="lön", paid_on="2026-02-25", amount="1 300,00"),)
    malformed = replace(
        RICH.application,
        month="mars",
        incomes=incomes,
        children_incomes=own_incomes,
        days_away="några",
        account="",
        persons_in_dwelling="0",
        housing_changed="",
    )
    with start(tmp_path, [replace(RICH, application=malformed)]) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            application = await robot.e_service.application("EA-26-90017")
    facts = {
        name: getattr(application, name)
        for name in ("month", "incomes", "children_incomes", "days_away", "account", "persons_in_dwelling", "housing_changed")
    }
    assert {fact.unknown_code for fact in facts.values()} == {ReasonCode.UNREADABLE}
    assert application.expenses.is_known


async def test_earlier_applications_for_the_same_month_by_the_same_person_are_named(tmp_path: Path) -> None:
    form = RICH.application
    others = [
        replace(form, reference="EA-26-90001", submitted_at=datetime(2026, 3, 1, 8, 0, tzinfo=UTC)),
        replace(form, reference="EA-26-90002", submitted_at=datetime(2026, 3, 1, 9, 0, tzinfo=UTC), month="2026-04"),
        replace(form, reference="EA-26-90003", submitted_at=datetime(2026, 3, 1, 10, 0, tzinfo=UTC), applicant=PARTNER),
        replace(form, reference="EA-26-90099", submitted_at=datetime(2026, 3, 9, 8, 0, tzinfo=UTC)),
    ]
    households = [replace(RICH, application=one, population=(), agencies=()) for one in others]
    with start(tmp_path, [RICH, *households]) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            assert (await robot.e_service.application("EA-26-90017")).earlier_for_month == ("EA-26-90001",)
            assert (await robot.e_service.application("EA-26-90099")).earlier_for_month == ("EA-26-90001", "EA-26-90017")
            assert (await robot.e_service.application("EA-26-90001")).earlier_for_month == ()


async def test_a_population_record_is_read_as_it_is_registered(municipality: Municipality, tmp_path: Path) -> None:
    entries = [entry for household in [RICH, *GENERATED[:4]] for entry in household.population if not entry.is_protected]
    async with robot_at(municipality, tmp_path) as robot:
        for entry in entries:
            read = values(await robot.population_register.record_of(entry.personnummer))
            assert [(member.personnummer, member.relation) for member in read.pop("members")] == list(entry.members)
            assert read == {"personnummer": entry.personnummer, "is_protected": False, "address": entry.address, "civil_status": entry.civil_status}


async def test_of_a_protected_person_nothing_but_the_marking_is_needed(municipality: Municipality, tmp_path: Path) -> None:
    async with robot_at(municipality, tmp_path) as robot:
        record = await robot.population_register.record_of(PARTNER)
        children = await robot.population_register.children_of((NOBODY, APPLICANT, PARTNER, NOBODY))
        with pytest.raises(PersonNotFound):
            await robot.population_register.children_of((APPLICANT, NOBODY))
    assert record.is_protected.need() is True
    assert (record.address.is_known, record.members.is_known) == (False, False)
    # Of a child nothing is asked but that, and nothing more of the others when one is protected, nor is it told then that another is not there.
    assert [(one.personnummer.need(), one.is_protected.need()) for one in children] == [(APPLICANT, False), (PARTNER, True)]


async def test_a_number_that_nobody_has_is_an_error_and_never_an_empty_record(municipality: Municipality, tmp_path: Path) -> None:
    async with robot_at(municipality, tmp_path) as robot:
        with pytest.raises(PersonNotFound) as caught:
            await robot.population_register.record_of(NOBODY)
        assert caught.value.codes == (ReasonCode.NO_PERSON,)
        assert NOBODY not in str(caught.value)
        assert (await robot.population_register.record_of(APPLICANT)).personnummer.need() == APPLICANT


async def test_the_agencies_answers_are_read_as_they_stand_for_the_period(municipality: Municipality, tmp_path: Path) -> None:
    async with robot_at(municipality, tmp_path) as robot:
        answers = await robot.benefits_register.answers_of(APPLICANT, date(2026, 2, 1), date(2026, 2, 28))
    assert answers.unemployment_payments.unknown_code is ReasonCode.UNREADABLE
    read = values(replace(answers, unemployment_payments=answers.pension_payments))
    assert read == {
        "personnummer": APPLICANT,
        "job_seeker": JobSeeker(is_registered=True, latest_activity_report_on=date(2026, 2, 11), is_protected=False),
        "study_payments": (Payment(kind="studiemedel", paid_on=date(2026, 2, 25), net_amount=Decimal(3000)),),
        "insurance_payments": (Payment(kind="barnbidrag", paid_on=date(2026, 2, 20), net_amount=Decimal(1250)),),
        "open_claims": ("bostadsbidrag",),
        "pension_payments": (Payment(kind="pension", paid_on=date(2026, 2, 18), net_amount=Decimal(8000)),),
        "tax_refunds": (Payment(kind="skatteåterbäring", paid_on=date(2026, 2, 3), net_amount=Decimal(120)),),
        "unemployment_payments": (Payment(kind="pension", paid_on=date(2026, 2, 18), net_amount=Decimal(8000)),),
        "vehicles": ("ABC123",),
        "residence_permit_until": date(2027, 1, 31),
    }


async def test_an_agency_that_fails_is_unknown_and_one_without_anything_is_known_to_have_nothing(municipality: Municipality, tmp_path: Path) -> None:
    async with robot_at(municipality, tmp_path) as robot:
        answers = await robot.benefits_register.answers_of(PARTNER, date(2026, 2, 1), date(2026, 2, 28))
    failed = (answers.job_seeker, answers.insurance_payments, answers.open_claims, answers.residence_permit_until)
    assert {fact.unknown_code for fact in failed} == {ReasonCode.SRC_DOWN}
    assert (answers.study_payments.need(), answers.unemployment_payments.need(), answers.vehicles.need()) == ((), (), ())


async def test_a_message_is_sent_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    with start(tmp_path) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            robot.casebook.open_case(CASE, reference="EA-26-90017", month="2026-03")
            for _ in range(2):
                await robot.e_service.send_message(
                    CASE, "EA-26-90017", APPLICANT, "Beslut om ekonomiskt bistånd", "Hej!\n\nDu får pengar på torsdag."
                )
        (effect,) = municipality.effects()
    assert (effect.kind, effect.reference, effect.month) == ("message", "EA-26-90017", "2026-03")


async def test_a_message_can_be_followed_to_what_was_typed_and_what_the_system_showed(tmp_path: Path) -> None:
    body = "Hej!\n\nDu får pengar på torsdag."
    with start(tmp_path) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            robot.casebook.open_case(CASE, reference="EA-26-90017", month="2026-03")
            await robot.e_service.send_message(CASE, "EA-26-90017", APPLICANT, "Beslut, EA-26-90017", body)
            (effect,) = robot.casebook.effects(CASE)
    assert effect.evidence is not None
    # The log-in took place on the way, and is no part of it.
    assert [(one.view, one.element, one.typed, one.read_back) for one in effect.evidence.entered] == [
        ("new_message", "subject", "Beslut, EA-26-90017", "Beslut, EA-26-90017"),
        ("new_message", "body", body, body),
    ]
    shown = {f"{one.view}.{one.element}": one for one in effect.evidence.shown}
    assert {"new_message.recipient", "messages.sent"} <= shown.keys()
    assert "log_in" not in {one.view for one in effect.evidence.shown}
    assert [row["subject"] for row in shown["messages.sent"].rows] == ["Beslut, EA-26-90017"]


async def test_a_message_that_was_sent_before_a_crash_is_not_sent_again(tmp_path: Path) -> None:
    def crash(_case_id: str, _name: str) -> None:
        raise KeyboardInterrupt

    with start(tmp_path) as municipality:
        for after_act in (crash, None):
            async with robot_at(municipality, tmp_path, after_act=after_act) as robot:
                robot.casebook.open_case(CASE, reference="EA-26-90017", month="2026-03")
                sending = robot.e_service.send_message(CASE, "EA-26-90017", APPLICANT, "Beslut, EA-26-90017", "Hej!")
                if after_act:
                    with pytest.raises(KeyboardInterrupt):
                        await sending
                else:
                    await sending
        assert len(municipality.effects()) == 1


async def test_nothing_is_sent_when_the_form_shows_somebody_else(tmp_path: Path) -> None:
    with start(tmp_path) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            robot.casebook.open_case(CASE, reference="EA-26-90017", month="2026-03")
            with pytest.raises(WrongPerson):
                await robot.e_service.send_message(CASE, "EA-26-90017", PARTNER, "Beslut", "Hej!")
        assert municipality.effects() == []


async def test_an_application_that_leaves_the_inbox_is_for_a_person_and_holds_nothing(tmp_path: Path) -> None:
    with start(tmp_path) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            robot.casebook.open_case(CASE, reference="EA-26-90017", month="2026-03")
            assert [entry.reference for entry in await robot.e_service.inbox()] == ["EA-26-90017"]
            with sqlite3.connect(tmp_path / "e_service.sqlite") as database:
                database.execute("DELETE FROM applications")
            with pytest.raises(CaseNeedsPerson, match="withdrawn"):
                await robot.e_service.application("EA-26-90017")
            with pytest.raises(CaseNeedsPerson, match="withdrawn"):
                await robot.e_service.send_message(CASE, "EA-26-90017", APPLICANT, "Beslut, EA-26-90017", "Hej!")
        assert municipality.effects() == []


async def test_another_message_about_the_application_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    with start(tmp_path) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            for case_id in (CASE, f"{CASE}/2"):
                robot.casebook.open_case(case_id, reference="EA-26-90017", month="2026-03")
            await robot.e_service.send_message(CASE, "EA-26-90017", APPLICANT, "Komplettera EA-26-90017", "Hej!")
            with pytest.raises(OutcomeUnknown):
                await robot.e_service.send_message(f"{CASE}/2", "EA-26-90017", APPLICANT, "Beslut, EA-26-90017", "Hej!")
        assert len(municipality.effects()) == 1


async def test_a_refused_log_in_says_what_to_set(municipality: Municipality, tmp_path: Path) -> None:
    async with robot_at(municipality, tmp_path, passwords=dict.fromkeys(WEB_SYSTEMS, "fel")) as robot:
        with pytest.raises(LogInRefused, match="KOLLEGA_E_SERVICE_PASSWORD"):
            await robot.e_service.inbox()
        with pytest.raises(LogInRefused, match="KOLLEGA_POPULATION_REGISTER_PASSWORD"):
            await robot.population_register.record_of(APPLICANT)


async def test_a_lost_session_is_told_as_such_in_a_frame_too_and_the_next_try_works(tmp_path: Path) -> None:
    lost = dict.fromkeys(WEB_SYSTEMS, 0)
    # The details' window closes itself when its session is lost: the driver may see the window gone before it sees the log-in.
    told_as = dict.fromkeys(WEB_SYSTEMS, (SessionLost,)) | {"benefits_register": (SessionLost, SystemUnavailable)}
    with start(tmp_path, hostile=["session-expiry"]) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            tries: dict[str, Callable[[], Awaitable[object]]] = {
                "e_service": lambda: robot.e_service.application("EA-26-90017"),
                "population_register": lambda: robot.population_register.record_of(APPLICANT),
                "benefits_register": lambda: robot.benefits_register.answers_of(APPLICANT, date(2026, 2, 1), date(2026, 2, 28)),
            }
            for system, read in tries.items():
                for _ in range(7):
                    try:
                        assert (await read()) is not None
                    except told_as[system]:
                        lost[system] += 1
    assert all(0 < times < 7 for times in lost.values()), lost


async def test_a_population_register_without_its_source_is_unavailable(tmp_path: Path) -> None:
    with start(tmp_path, hostile=["source-down"]) as municipality:
        async with robot_at(municipality, tmp_path) as robot:
            with pytest.raises(SystemUnavailable):
                await robot.population_register.record_of(APPLICANT)
            answers = await robot.benefits_register.answers_of(APPLICANT, date(2026, 2, 1), date(2026, 2, 28))
    assert answers.insurance_payments.unknown_code is ReasonCode.SRC_DOWN
    assert answers.study_payments.is_known
