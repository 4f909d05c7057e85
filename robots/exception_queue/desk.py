"""Which cases concern people, and where each of them stands between them and the robot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from robots.assessment import Ending, Outcome
from robots.case import SWEDEN, Month
from robots.casebook import Casebook, CaseEntry
from robots.casebook.answers import Answer, Answers
from robots.errors import ReasonCode
from robots.exception_queue.entries import case_mark
from robots.exception_queue.layout import Sheet

#: after so many months without a decision the applicant may ask for one in writing (FL 12 §)
MONTHS_UNTIL_REQUEST = 6
#: and from so many on the list says so
MONTHS_UNTIL_WARNING = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCase:
    """A case that has come to a person at some time."""

    entry: CaseEntry
    #: None while the robot has it
    outcome: Outcome | None
    #: oldest first, without those that were refused
    answers: Sequence[Answer]

    @property
    def received_on(self) -> date:
        """The day on which the application came in; on which the robot first saw it, where nobody knows better."""
        return (self.entry.received_at or self.entry.submitted_at).astimezone(SWEDEN).date()

    @property
    def mark(self) -> str:
        """What stands for the case in the hidden cells."""
        return case_mark(self.entry.case_id)

    @property
    def answer(self) -> Answer | None:
        """The answer of this round; None if there is none as yet."""
        return self._of_round(self.entry.round)

    @property
    def answer_before(self) -> Answer | None:
        """The answer that the case was begun anew for; None if it was begun anew without one, or never."""
        return self._of_round(self.entry.round - 1)

    @property
    def latest_answer(self) -> Answer | None:
        """The latest answer of any round."""
        return self.answers[-1] if self.answers else None

    def _of_round(self, number: int) -> Answer | None:
        return next((one for one in self.answers if one.round == number), None)

    @property
    def asked_of(self) -> Outcome | None:
        """How the case ended when it last came to a person; that is why it is, or was, theirs."""
        if self.outcome is not None and self.outcome.ending is not Ending.DECIDED:
            return self.outcome
        return None if self.latest_answer is None else self.latest_answer.outcome

    @property
    def is_protected(self) -> bool:
        """Whether the list says no more of it than that it is a person's."""
        told = [one.outcome for one in self.answers]
        return any(ReasonCode.PROTECTED in one.codes for one in (*told, *(() if self.outcome is None else (self.outcome,))))

    def is_waiting_for_applicant(self, today: date) -> bool:
        """Whether the applicant has been asked to complete the application, and still has time."""
        return self.outcome is not None and self.outcome.waits_until is not None and today <= self.outcome.waits_until

    def sheet(self, today: date) -> Sheet | None:
        """Return the list that it stands in; None when it is no person's any more, or not as yet."""
        if self.outcome is None:
            return Sheet.WAITING if self.answer_before is not None else None
        if self.outcome.ending is Ending.DECIDED:
            return Sheet.DONE if self.answers else None
        if self.answer is not None:
            return Sheet.WAITING if self.answer.kind.reopens else Sheet.DONE
        if self.is_waiting_for_applicant(today):
            return Sheet.WAITING
        return Sheet.TO_DO if self.outcome.ending is Ending.HANDED_OFF else Sheet.PROPOSALS

    def is_open(self, today: date) -> bool:
        """Whether a person is to act on it."""
        return self.sheet(today) in (Sheet.TO_DO, Sheet.PROPOSALS)

    def is_overdue(self, today: date) -> bool:
        """Whether a person should have acted on it before today."""
        return self.is_open(today) and self.outcome is not None and self.outcome.due_on is not None and self.outcome.due_on < today

    @property
    def request_on(self) -> date:
        """The day from which the applicant may ask in writing that the matter is decided (FL 12 §)."""
        return months_after(self.received_on, MONTHS_UNTIL_REQUEST)

    def is_long(self, today: date) -> bool:
        """Whether that day is near or past."""
        return self.sheet(today) not in (None, Sheet.DONE) and today >= months_after(self.received_on, MONTHS_UNTIL_WARNING)

    @property
    def done_at(self) -> datetime | None:
        """When it was done, aware UTC; None while it is not."""
        if self.outcome is not None and self.outcome.ending is Ending.DECIDED:
            return self.outcome.ended_at
        return self.answer.answered_at if self.answer is not None and not self.answer.kind.reopens else None


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last one of a month that is too short for it."""
    number = day.year * 12 + day.month - 1 + months
    month = Month(year=number // 12, month=number % 12 + 1)
    return min(month.last_day, month.first_day + timedelta(days=day.day - 1))


def desk_of(casebook: Casebook, *, since: datetime) -> tuple[DeskCase, ...]:
    """Return every case that has come to a person, in no order; not those that were done before `since`, an aware time."""
    found = Answers(casebook).cases(since=since)
    # Read after the cases: an answer that comes in between is at most one too many, and never one too few.
    answers: dict[str, list[Answer]] = {}
    for answer in Answers(casebook).all(since=since):
        answers.setdefault(answer.case_id, []).append(answer)
    return tuple(
        DeskCase(
            entry=entry,
            outcome=outcome,
            answers=tuple(answers.get(entry.case_id, ())),
        )
        for entry, outcome in found
    )
