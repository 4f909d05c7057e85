"""Asking the applicant to complete an application, as a caseworker has answered: one standard message, and the case waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from robots.assessment import Outcome
from robots.case import SWEDEN, Application
from robots.casebook import Casebook
from robots.casebook.answers import Answer, AnswerKind, Answers
from robots.errors import CaseNeedsPerson, ReasonCode, SystemFault
from robots.systems.e_service import EService
from robots.texts import Texts
from robots.way import COMPLETION

#: what the applicant is asked about, by the reason that brought the case to a person; nothing that tells of health or of a union
_TOPICS = {
    "incomes": (
        ReasonCode.INC_NEW,
        ReasonCode.INC_DIFF,
        ReasonCode.INC_GONE,
        ReasonCode.INC_UNKNOWN,
        ReasonCode.INC_NOTINREG,
        ReasonCode.INC_DOUBLE,
        ReasonCode.INC_WAGE,
        ReasonCode.INC_PENDING,
        ReasonCode.INC_CHILD,
    ),
    "costs": (ReasonCode.EXP_NEW, ReasonCode.EXP_CAP, ReasonCode.EXP_JUDGE),
    "household": (ReasonCode.HH_CHANGE, ReasonCode.HH_CHILD),
    "housing": (ReasonCode.HOUSING,),
    "assets": (ReasonCode.ASSET,),
    "plan": (ReasonCode.PLAN, ReasonCode.STAY),
    "attachments": (ReasonCode.ATTACH,),
    "form": (ReasonCode.UNREADABLE, ReasonCode.PAYACC),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What the applicant is asked with."""

    e_service: EService
    casebook: Casebook
    texts: Texts
    #: how many days the applicant has
    days: int
    #: returns the aware UTC time
    clock: Callable[[], datetime]
    #: returns the day by which a person should have acted on a case that came back at the time
    due_on: Callable[[datetime], date]


async def ask_to_complete(answer: Answer, asking: Asking, step: Callable[..., Awaitable[Any]]) -> Outcome:
    """Send the message that a caseworker has asked for, and return the case to its list, where it waits for the applicant.

    Args:
        answer: the caseworker's.
        asking: what it is done with.
        step: runs and remembers each step.

    Returns:
        How the case had ended before, with the last day that the applicant has; or, if it could not be sent, with what is the matter.
    """
    number = sum(1 for one in Answers(asking.casebook).of_case(answer.case_id) if one.kind is AnswerKind.NEEDS_MORE and one.round <= answer.round)
    before, texts = answer.outcome, asking.texts
    try:
        application: Application = await step("read application", Application, asking.e_service.application, before.reference)
        # Once, so that a message that is finished the day after names the day that it was begun with.
        last_day: date = await step("see how long the applicant has", date, _last_day, asking)
        month = before.reference if before.month is None else texts.month(before.month)
        body = texts.say("completion.body", month=month, day=texts.day(last_day), topics="\n".join(topics(before.codes, texts)))
        applicant = application.applicant.value
        if applicant is None:
            return _not_asked(before, (ReasonCode.NO_PERSON,), f"{COMPLETION}{number}", asking)
        subject = _subject(before.reference, number, texts)
        others = [one for one in subjects_sent(answer.case_id, asking.casebook, texts) if one != subject]
        send = asking.e_service.ask_to_complete
        await step("ask applicant to complete", None, send, number, answer.case_id, before.reference, applicant, subject, body, *others)
    except CaseNeedsPerson as reason:
        return _not_asked(before, reason.codes, f"{COMPLETION}{number}", asking)
    except SystemFault:
        return _not_asked(before, (ReasonCode.SRC_DOWN,), f"{COMPLETION}{number}", asking)
    nothing = texts.say("done.nothing")
    done = [one for one in before.done if one != nothing]
    return replace(
        before,
        done=(*done, texts.say("done.asked", day=last_day.isoformat())),
        due_on=asking.due_on(datetime.combine(last_day, time(12), tzinfo=SWEDEN)),
        ended_at=asking.clock(),
        waits_until=last_day,
    )


def topics(codes: Sequence[ReasonCode], texts: Texts) -> list[str]:
    """Return what the applicant is asked about, a line each."""
    names = [name for name, of in _TOPICS.items() if any(code in of for code in codes)]
    return [f"- {texts.say(f'completion.topic.{name}')}" for name in names or ["other"]]


def subjects_sent(case_id: str, casebook: Casebook, texts: Texts) -> tuple[str, ...]:
    """Return the subjects of the requests that the case has sent, or may have: by them the robot tells its own messages apart."""
    found: list[str] = []
    for effect in casebook.effects(case_id):
        if effect.name.startswith(COMPLETION):
            entered = () if effect.evidence is None else effect.evidence.entered
            found += [one.typed for one in entered if (one.view, one.element) == ("new_message", "subject")]
            found.append(_subject(case_id.split(":")[1], int(effect.name.removeprefix(COMPLETION)), texts))
    return tuple(dict.fromkeys(found))


def _subject(reference: str, number: int, texts: Texts) -> str:
    return texts.say("completion.subject", reference=reference, number=str(number))


async def _last_day(asking: Asking) -> date:
    return asking.clock().astimezone(SWEDEN).date() + timedelta(days=asking.days)


def _not_asked(before: Outcome, codes: Sequence[ReasonCode], effect: str, asking: Asking) -> Outcome:
    texts, now = asking.texts, asking.clock()
    what = texts.say("left.ask")
    is_unknown = effect in asking.casebook.unproven_effects(before.case_id)
    left = texts.say("left.check", system=texts.say("system.e_service"), what=what) if is_unknown else what
    codes = (*codes, *((ReasonCode.OUTCOME_UNKNOWN,) if is_unknown else ()), *before.codes)
    sentences = [texts.say(f"reason.{code}") for code in codes if code not in before.codes]
    return replace(
        before,
        codes=tuple(dict.fromkeys(codes)),
        because=tuple(dict.fromkeys((*sentences, *before.because))),
        left=tuple(dict.fromkeys((left, *before.left))),
        due_on=asking.due_on(now),
        ended_at=now,
        waits_until=None,
    )
