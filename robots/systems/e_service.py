"""E-tjänsten: the inbox, an application as the applicant stated it, and messages to the applicant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from robots.case import SWEDEN, Application, AppliedExpense, Asset, CivilStatus, Party, Residence, StatedChild, StatedChildIncome, StatedIncome
from robots.effects import Effects, Seen
from robots.errors import CaseNeedsPerson, ElementMissing, ReasonCode, ScreenChanged, WrongPerson
from robots.run_log import Action, event
from robots.screens import Screen
from robots.screens.download import Given
from robots.screens.sending import sending
from robots.screens.sessions import Sessions
from robots.systems import attachments, web_log_in
from robots.systems.swedish_text import account, amount, choice, count, day, fact, line, month, personnummer, table, word, yes_no
from robots.systems.swedish_text import reference as number_of_application

T = TypeVar("T")

SYSTEM = "e_service"
#: what the effects are called that ask the applicant to complete the application, before their number
COMPLETION = "completion_"
DAYS_OF_A_MONTH = 31
MOST_PERSONS_IN_A_DWELLING = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """An application in the inbox."""

    #: of a row without a readable number: where the row is found, as in `inkorg-2026-03-02-14.05`
    reference: str
    #: the month applied for, as written
    month: str
    #: when it came in, aware UTC; when it was read, if the row does not say
    submitted_at: datetime
    #: False when number or time can't be understood: the application is for a person
    is_readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    """An inbox entry and what tells whether two are of the same person."""

    entry: InboxEntry
    applicant: str

    def is_repeated_by(self, later: _Received) -> bool:
        is_same = self.entry.is_readable and (self.applicant, self.entry.month) == (later.applicant, later.entry.month)
        return is_same and (self.entry.submitted_at, self.entry.reference) < (later.entry.submitted_at, later.entry.reference)


async def log_in(screen: Screen, user: str, password: str) -> None:
    """Log in and return when the inbox shows; LogInRefused when the system does not take name or password."""
    await web_log_in.log_in(screen, user, password, system=SYSTEM, start="inbox")


class EService:
    """What a caseworker does in the e-service."""

    def __init__(self, sessions: Sessions, effects: Effects) -> None:
        """Hold the logged-in sessions, and the writes that the casebook keeps account of."""
        self._sessions = sessions
        self._effects = effects
        self._received: tuple[_Received, ...] = ()
        self._told: set[str] = set()

    async def inbox(self) -> tuple[InboxEntry, ...]:
        """Return all applications in the inbox, the one that came first first; also those that can't be read, so that each comes to a person.

        Raises:
            ScreenChanged: most rows can't be read.
        """
        async with self._sessions.session() as screen:
            received = await _read_inbox(screen)
        self._received = tuple(sorted(received, key=lambda one: (one.entry.submitted_at, one.entry.reference)))
        for reference in [one.entry.reference for one in self._received if not one.entry.is_readable and one.entry.reference not in self._told]:
            self._told.add(reference)
            what = f"a row's number or time can't be understood; it is handed off as {reference}. Look at the inbox, or mend the reading"
            event(Action.STEP_FAILED, what, system=SYSTEM, step="read inbox", level="ERROR")
        return tuple(one.entry for one in self._received)

    async def application(self, reference: str) -> Application:
        """Return the application as the applicant stated it; what can't be understood is unknown, UNREADABLE.

        Raises:
            CaseNeedsPerson: the inbox has no such application, or its row there can't be read.
            WrongPerson: a tab shows another application or another applicant.
        """
        earlier_for_month = await self._earlier_for_month(reference)
        async with self._sessions.session() as screen:
            tabs = _Tabs(screen, reference)
            household = await tabs.read("household", "submitted_at", "month", "co_applicant", "civil_status", "persons_in_dwelling")
            children = await screen.rows("household.children")
            housing = await tabs.read("housing", "form", "changed")
            await tabs.read("incomes")
            incomes = await screen.rows("incomes.incomes")
            children_incomes = await screen.rows("incomes.children_incomes")
            pending_benefits = await screen.rows("incomes.pending_benefits")
            await tabs.read("expenses")
            expenses = await screen.rows("expenses.expenses")
            await tabs.read("assets")
            assets = await screen.rows("assets.assets")
            plan = await tabs.read("plan", "follows_plan", "days_away")
            payment = await tabs.read("payment", "account")
            attachments = await screen.rows("payment.attachments")
        return Application(
            reference=reference,
            earlier_for_month=earlier_for_month,
            submitted_on=fact(SYSTEM, "household.submitted_at", household["submitted_at"], lambda text: _local_time(text).date()),
            month=fact(SYSTEM, "household.month", household["month"], month),
            applicant=fact(SYSTEM, "household.applicant", tabs.applicant, personnummer),
            co_applicant=fact(SYSTEM, "household.co_applicant", household["co_applicant"], _personnummer_or_nobody),
            civil_status=fact(SYSTEM, "household.civil_status", household["civil_status"], lambda text: choice(CivilStatus, text)),
            children=table(SYSTEM, "household.children", children, _child),
            housing_form=fact(SYSTEM, "housing.form", housing["form"], word),
            housing_changed=fact(SYSTEM, "housing.changed", housing["changed"], yes_no),
            persons_in_dwelling=fact(SYSTEM, "household.persons_in_dwelling", household["persons_in_dwelling"], _persons),
            incomes=table(SYSTEM, "incomes.incomes", incomes, _income),
            children_incomes=table(SYSTEM, "incomes.children_incomes", children_incomes, _child_income),
            pending_benefits=table(SYSTEM, "incomes.pending_benefits", pending_benefits, lambda row: word(row["kind"])),
            expenses=table(SYSTEM, "expenses.expenses", expenses, _expense),
            assets=table(SYSTEM, "assets.assets", assets, _asset),
            follows_plan=fact(SYSTEM, "plan.follows_plan", plan["follows_plan"], yes_no),
            days_away=fact(SYSTEM, "plan.days_away", plan["days_away"], lambda text: count(text, at_most=DAYS_OF_A_MONTH)),
            account=fact(SYSTEM, "payment.account", payment["account"], account),
            attachments=table(SYSTEM, "payment.attachments", attachments, lambda row: line(row["file_name"])),
        )

    async def attachment_text(self, reference: str, number: int) -> str:
        """Return the text of one attachment, for whoever reads it: it decides nothing, and what it says is the sender's word.

        Args:
            reference: number of the application.
            number: of the attachment, from 1, in the order of `Application.attachments`.

        Raises:
            CaseNeedsPerson: the inbox has no such application, or the attachment must be read by a person; the message says why.
            WrongPerson: the tab shows another application.
        """
        async with self._sessions.session() as screen:
            await _Tabs(screen, reference).read("payment")
            if not 1 <= number <= len(await screen.rows("payment.attachments")):
                raise _unread("the application has no attachment of that number; look whether it was withdrawn")
            file = await screen.download("payment.attachments", row=number - 1, most_bytes=attachments.MOST_BYTES)
        if file.given is Given.TOO_LARGE:
            raise _unread(f"the attachment must be read by a person: it is larger than {attachments.MOST_BYTES // 2**20} MB")
        if file.given is Given.NOTHING:
            raise _unread("the attachment must be read by a person: the system does not give the file")
        if file.given is Given.BROKEN_OFF:
            raise _unread("the attachment must be read by a person: the file broke off on its way, and is not asked for a second time")
        try:
            return await attachments.text_of(file.content)
        except attachments.Unread as reason:
            raise _unread(f"the attachment must be read by a person: {reason}") from None

    async def send_message(self, case_id: str, reference: str, applicant: str, subject: str, body: str, *others: str) -> None:
        """Send the message that ends a case to the applicant of an application, or prove that it is sent already; see `ask_to_complete`.

        Raises:
            WrongPerson: the form shows somebody else; nothing was sent.
            OutcomeUnknown: it can't be seen whether it was sent.
        """
        await self._send("message", case_id, reference, applicant, subject, body, others)

    async def ask_to_complete(self, number: int, case_id: str, reference: str, applicant: str, subject: str, body: str, *others: str) -> None:
        """Ask the applicant to complete an application, or prove that this is done already.

        Args:
            number: which of the case's requests it is, from 1.
            case_id: the case in the casebook.
            reference: number of the application.
            applicant: personnummer that the form must show before anything is sent.
            subject: the number of the application is added when it is not in it: by it the robot knows its own message again.
            body: text of several lines.
            others: subjects of the robot's other messages about the application, as they were typed.

        Raises:
            WrongPerson: the form shows somebody else; nothing was sent.
            OutcomeUnknown: it can't be seen whether it was sent.
        """
        await self._send(f"{COMPLETION}{number}", case_id, reference, applicant, subject, body, others)

    async def _send(self, effect: str, case_id: str, reference: str, applicant: str, subject: str, body: str, others: Sequence[str]) -> None:
        marked = subject if reference in subject else f"{subject} ({reference})"

        async def look() -> Seen:
            async with self._sessions.session() as screen:
                await _Tabs(screen, reference).read("messages")
                subjects = [row["subject"].strip() for row in await screen.rows("messages.sent")]
            if marked.strip() in subjects:
                return Seen.DONE
            # A message about the application that is not ours word for word: only a person can say whether it tells the same.
            return Seen.UNCLEAR if any(reference in one and one not in others for one in subjects) else Seen.NOT_DONE

        async def act() -> None:
            async with self._sessions.session() as screen:
                shown = await _Tabs(screen, reference).read("new_message", "recipient")
                if _same_number(shown["recipient"]) != _same_number(applicant):
                    raise _wrong_person("new_message", "recipient")
                await screen.enter({"new_message.subject": marked, "new_message.body": body})
                async with sending():
                    await screen.press("new_message.send", then="messages")

        await self._effects.ensure(case_id, f"{SYSTEM}.{effect}", look=look, act=act, system=SYSTEM, is_marked=True)

    async def _earlier_for_month(self, reference: str) -> tuple[str, ...]:
        # Whatever came in before this one was in the inbox when this one was, so an inbox that holds it is new enough.
        if all(one.entry.reference != reference for one in self._received):
            await self.inbox()
        this = next((one for one in self._received if one.entry.reference == reference), None)
        if this is None:
            raise _not_in_inbox()
        if not this.entry.is_readable:
            message = "the inbox does not show its number or when it came in; look for it there and handle it by hand"
            raise CaseNeedsPerson(message, codes=(ReasonCode.UNREADABLE,), system=SYSTEM, view="inbox", element="rows")
        return tuple(one.entry.reference for one in self._received if one.is_repeated_by(this))


class _Tabs:
    """The tabs of one application; every one of them must be of that application and of one applicant."""

    def __init__(self, screen: Screen, reference: str) -> None:
        self._screen = screen
        self._reference = reference
        self.applicant = ""

    async def read(self, view: str, *elements: str) -> dict[str, str]:
        """Show a tab and return {element: text}."""
        try:
            await self._screen.show(view, reference=self._reference)
        except ElementMissing:
            # An application that has left the inbox says nothing about the screens, and must not keep the others waiting.
            if all(one.entry.reference != self._reference for one in await _read_inbox(self._screen)):
                raise _not_in_inbox() from None
            raise
        read = await self._screen.read(*(f"{view}.{element}" for element in ("reference", "applicant", *elements)))
        shown = {name.partition(".")[2]: text for name, text in read.items()}
        if shown["reference"].strip() != self._reference:
            raise _wrong_person(view, "reference")
        self.applicant = self.applicant or shown["applicant"]
        if _same_number(shown["applicant"]) != _same_number(self.applicant):
            raise _wrong_person(view, "applicant")
        return shown


async def _read_inbox(screen: Screen) -> list[_Received]:
    await screen.show("inbox")
    return _rows_received(await screen.rows("inbox.rows"), now=datetime.now(UTC))


def _rows_received(rows: Sequence[Mapping[str, str]], *, now: datetime) -> list[_Received]:
    """Return what the rows say; single ones that can't be read are a person's, and most of them are a list that has changed."""
    received: list[_Received] = []
    faults: list[str] = []
    places: Counter[str] = Counter()
    for row in rows:
        number, submitted_at = _understood(number_of_application, row["reference"]), _understood(_local_time, row["submitted_at"])
        if number is None:
            # Found again by its time, which stands when it is read anew; what stands in the row itself may be personal.
            place = f"inkorg-{submitted_at:%Y-%m-%d-%H.%M}" if submitted_at is not None else f"inkorg-rad-{now.astimezone(SWEDEN):%Y-%m-%d}"
            places[place] += 1
            faults.append("the column Ärendenummer does not hold numbers such as EA-26-00017")
        elif submitted_at is None:
            faults.append("the column Inkommen does not hold a date and a time such as 2026-03-02 14:05")
        entry = InboxEntry(
            reference=number or (place if places[place] == 1 else f"{place}-{places[place]}"),
            month=row["month"].strip(),
            submitted_at=now if submitted_at is None else submitted_at.astimezone(UTC),
            is_readable=number is not None and submitted_at is not None,
        )
        received.append(_Received(entry=entry, applicant=_same_number(row["applicant"])))
    if 2 * len(faults) > len(received):
        raise ScreenChanged(f"{faults[0]}; look at the list and mend the reading", system=SYSTEM, view="inbox", element="rows")
    return received


def _not_in_inbox() -> CaseNeedsPerson:
    message = "the inbox has no such application; look whether it was withdrawn"
    return CaseNeedsPerson(message, codes=(ReasonCode.UNREADABLE,), system=SYSTEM, view="inbox", element="rows")


def _unread(message: str) -> CaseNeedsPerson:
    return CaseNeedsPerson(message, codes=(ReasonCode.ATTACH,), system=SYSTEM, view="payment", element="attachments")


def _wrong_person(view: str, element: str) -> WrongPerson:
    message = "the screen shows another application or another person than the case; nothing was written"
    return WrongPerson(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view=view, element=element)


def _understood(read: Callable[[str], T], text: str) -> T | None:
    try:
        return read(text)
    except ValueError:
        return None


def _local_time(text: str) -> datetime:
    return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=SWEDEN)


def _same_number(text: str) -> str:
    """Return the number in twelve digits, or the text itself when it is none: two of the same are the same either way."""
    try:
        return personnummer(text)
    except ValueError:
        return line(text) if text.strip() else ""


def _personnummer_or_nobody(text: str) -> str | None:
    return personnummer(text) if text.strip() else None


def _persons(text: str) -> int:
    persons = count(text, at_most=MOST_PERSONS_IN_A_DWELLING)
    if persons == 0:
        raise ValueError("somebody lives in the dwelling")
    return persons


def _child(row: Mapping[str, str]) -> StatedChild:
    lunches = {"hemma": True, "utanför hemmet": False}
    if word(row["lunch"]) not in lunches:
        raise ValueError("lunch is hemma or utanför hemmet")
    return StatedChild(
        personnummer=personnummer(row["personnummer"]),
        residence=choice(Residence, row["residence"]),
        days=count(row["days"], at_most=DAYS_OF_A_MONTH),
        lunch_at_home=lunches[word(row["lunch"])],
    )


def _income(row: Mapping[str, str]) -> StatedIncome:
    return StatedIncome(
        party=choice(Party, row["party"]), kind=word(row["kind"]), paid_on=day(row["paid_on"]), amount=amount(row["amount"], at_least=Decimal(0))
    )


def _child_income(row: Mapping[str, str]) -> StatedChildIncome:
    return StatedChildIncome(
        personnummer=personnummer(row["personnummer"]),
        kind=word(row["kind"]),
        paid_on=day(row["paid_on"]),
        amount=amount(row["amount"], at_least=Decimal(0)),
    )


def _expense(row: Mapping[str, str]) -> AppliedExpense:
    return AppliedExpense(kind=word(row["kind"]), amount=amount(row["amount"], at_least=Decimal(0)))


def _asset(row: Mapping[str, str]) -> Asset:
    return Asset(kind=word(row["kind"]), amount=amount(row["amount"], at_least=Decimal(0)))
