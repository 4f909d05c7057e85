"""SSBTEK-frågan: what eight agencies answer about one person and period; each can be unknown by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from robots.case import BenefitAnswers, Fact, JobSeeker, Payment
from robots.errors import ReasonCode, WrongPerson
from robots.screens import Screen
from robots.screens.sessions import Sessions
from robots.systems import web_log_in
from robots.systems.swedish_text import amount, day, fact, known, line, table, unknown, word, yes_no
from robots.systems.swedish_text import personnummer as number_of

SYSTEM = "benefits_register"

T = TypeVar("T")


async def log_in(screen: Screen, user: str, password: str) -> None:
    """Log in and return when the question form shows; LogInRefused when the system does not take name or password."""
    await web_log_in.log_in(screen, user, password, system=SYSTEM, start="question")


class BenefitsRegister:
    """What a caseworker asks in SSBTEK."""

    def __init__(self, sessions: Sessions) -> None:
        """Hold the logged-in sessions."""
        self._sessions = sessions

    async def answers_of(self, personnummer: str, first_day: date, last_day: date) -> BenefitAnswers:
        """Return what the agencies answer about the person from the first day to the last.

        An agency that answers with an error makes its facts unknown, SRC-DOWN; one without anything on the person is known to have nothing.

        Raises:
            WrongPerson: an answer is about somebody else or another period than was asked for.
        """
        async with self._sessions.session() as screen:
            await screen.show("question")
            asked = {"personnummer": personnummer, "first_day": first_day.isoformat(), "last_day": last_day.isoformat()}
            await screen.enter({f"question.{name}": text for name, text in asked.items()})
            await screen.press("question.submit", then="answer")
            shown = await screen.read(*(f"answer.{name}" for name in asked))
            if any(shown[f"answer.{name}"].strip() != text for name, text in asked.items()):
                raise _wrong_person("answer")
            rows = await screen.rows("answer.agencies")
            answer = _Answer(screen, personnummer, {row["agency"].strip().lower(): word(row["status"]) for row in rows})
            job_seeker = await answer.job_seeker()
            study_payments = await answer.payments("csn")
            insurance_payments, open_claims = await answer.insurance()
            return BenefitAnswers(
                personnummer=fact(SYSTEM, "answer.personnummer", shown["answer.personnummer"], number_of),
                job_seeker=job_seeker,
                study_payments=study_payments,
                insurance_payments=insurance_payments,
                open_claims=open_claims,
                pension_payments=await answer.payments("pm"),
                tax_refunds=await answer.payments("skv"),
                unemployment_payments=await answer.payments("so"),
                vehicles=await answer.vehicles(),
                residence_permit_until=await answer.permit(),
            )


class _Answer:
    """The answer page on the screen; each agency's details open in a window of their own."""

    def __init__(self, screen: Screen, personnummer: str, statuses: Mapping[str, str]) -> None:
        self._screen = screen
        self._personnummer = personnummer
        self._statuses = statuses

    async def job_seeker(self) -> Fact[JobSeeker]:
        if not await self._opens("af"):
            return self._without_details("af.job_seeker", JobSeeker(is_registered=False, latest_activity_report_on=None, is_protected=False))
        read = await self._screen.read("af.job_seeker", "af.report", "af.secrecy")
        return fact(SYSTEM, "af.job_seeker", read["af.job_seeker"], lambda _text: _job_seeker(read))

    async def payments(self, agency: str) -> Fact[tuple[Payment, ...]]:
        if not await self._opens(agency):
            return self._without_details(f"{agency}.payments", ())
        return table(SYSTEM, f"{agency}.payments", await self._screen.rows(f"{agency}.payments"), _payment)

    async def insurance(self) -> tuple[Fact[tuple[Payment, ...]], Fact[tuple[str, ...]]]:
        if not await self._opens("fk"):
            return self._without_details("fk.payments", ()), self._without_details("fk.claims", ())
        payments, claims = await self._screen.rows("fk.payments"), await self._screen.rows("fk.claims")
        return table(SYSTEM, "fk.payments", payments, _payment), table(SYSTEM, "fk.claims", claims, lambda row: word(row["kind"]))

    async def vehicles(self) -> Fact[tuple[str, ...]]:
        if not await self._opens("tns"):
            return self._without_details("tns.vehicles", ())
        return table(SYSTEM, "tns.vehicles", await self._screen.rows("tns.vehicles"), lambda row: line(row["registration"]).upper())

    async def permit(self) -> Fact[date | None]:
        if not await self._opens("miv"):
            return self._without_details("miv.permit_until", None)
        return fact(SYSTEM, "miv.permit_until", (await self._screen.read("miv.permit_until"))["miv.permit_until"], day)

    async def _opens(self, agency: str) -> bool:
        """Open the details of an agency that has something on the person; say whether there was anything to open."""
        if self._statuses.get(agency) != "svar":
            return False
        await self._screen.press(f"answer.show_{agency}", then=agency)
        shown = await self._screen.read(f"{agency}.personnummer")
        if shown[f"{agency}.personnummer"].strip() != self._personnummer:
            raise _wrong_person(agency)
        return True

    def _without_details(self, place: str, nothing: T) -> Fact[T]:
        match self._statuses.get(place.partition(".")[0]):
            case "inga uppgifter":
                return known(SYSTEM, place, nothing)
            case "fel":
                return unknown(SYSTEM, place, "the agency did not answer", ReasonCode.SRC_DOWN)
            case _:
                return unknown(SYSTEM, place, "the status of the agency's answer can't be understood", ReasonCode.UNREADABLE)


def _wrong_person(view: str) -> WrongPerson:
    message = "the benefits register answers about another person or period than was asked for; look at the register by hand"
    return WrongPerson(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view=view, element="personnummer")


def _job_seeker(read: Mapping[str, str]) -> JobSeeker:
    report = read["af.report"].strip()
    return JobSeeker(
        is_registered=yes_no(read["af.job_seeker"]),
        latest_activity_report_on=day(report) if report else None,
        is_protected=yes_no(read["af.secrecy"]),
    )


def _payment(row: Mapping[str, str]) -> Payment:
    return Payment(kind=word(row["kind"]), paid_on=day(row["paid_on"]), net_amount=amount(row["net"], at_least=Decimal(0)))
