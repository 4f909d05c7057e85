"""From outcomes to what the workbook shows; nothing in it that a compilation may not hold (7 a § SoLPUL).

No number of a person, no name, no free text from an applicant; a protected case shows one neutral sentence, no code and no reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from robots.assessment import Ending, Outcome
from robots.errors import ReasonCode
from robots.exception_queue.entries import Entry, Value, View
from robots.exception_queue.layout import Sheet
from robots.explanation import IMPORTANCE
from robots.texts import Texts


def view_of(outcomes: Iterable[Outcome], texts: Texts) -> View:
    """Return what the workbook shows of the outcomes: hand-offs and proposals; those decided are left out."""
    sheets = {Ending.HANDED_OFF: Sheet.TO_DO, Ending.PROPOSED: Sheet.PROPOSALS}
    shown = [(one, sheets[one.ending]) for one in outcomes if one.ending in sheets]
    return View(entries=[entry_of(outcome, sheet, texts) for outcome, sheet in shown])


def entry_of(outcome: Outcome, sheet: Sheet, texts: Texts, *, round_number: int = 1, link: str = "") -> Entry:
    """Return the row of a hand-off or a proposal."""
    month = outcome.month.first_day if outcome.month else None
    values: dict[str, Value] = {"reference": outcome.reference, "month": month, "due_on": outcome.due_on}
    if ReasonCode.PROTECTED in outcome.codes:
        values["why"] = texts.say("workbook.protected")
        link = ""
    else:
        codes = by_importance(outcome.codes)
        # Nothing in a proposed case has to be judged, so that its sentences name no income and no cost.
        why = outcome.because if sheet is Sheet.PROPOSALS else [texts.say(f"reason.{code}") for code in codes]
        values |= {"why": "\n".join(why), "codes": "\n".join(codes), "left": "\n".join(outcome.left)}
        values |= {"amount": outcome.amount} if sheet is Sheet.PROPOSALS else {"done": "\n".join(outcome.done)}
    return Entry(case_id=outcome.case_id, round=round_number, sheet=sheet, values=values, order=_urgency(outcome), link=link)


def by_importance(codes: Sequence[ReasonCode]) -> tuple[ReasonCode, ...]:
    """Return each code once, the most important first."""
    return tuple(code for code in IMPORTANCE if code in codes)


def _urgency(outcome: Outcome) -> tuple[str, ...]:
    first = min((IMPORTANCE.index(code) for code in outcome.codes), default=len(IMPORTANCE))
    return (outcome.due_on or date.max).isoformat(), f"{first:03}", outcome.reference
