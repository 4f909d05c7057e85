"""Whether all is well with a run, and if not, who has to act on what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from robots.errors import Actor, StopRequested
from robots.run_log import Action
from robots.run_page.advice import Advice, advice_on, class_of
from robots.run_page.lines import Line
from robots.run_page.record import ENDINGS, RunRecord, Standing
from robots.run_process import EXIT_CODES

#: groups of faults that a page tells of one by one
MOST_CAUSES = 60
_PEOPLE = (Actor.OPERATOR, Actor.DEVELOPER, Actor.CASEWORKER)
_MOST_REFERENCES = 6


class Tone(StrEnum):
    """What the page's head looks like, from across a room."""

    WELL = "well"
    BUSY = "busy"
    REST = "rest"
    ACT = "act"


@dataclass(slots=True, kw_only=True)
class Cause:
    """Warnings and errors that come of the same thing."""

    advice: Advice
    #: the latest of them
    line: Line
    first: Line
    is_error: bool
    count: int = 0
    references: dict[str, None] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """Who acts."""
        return str(self.advice.who)

    @property
    def to_do(self) -> str:
        """What to do, with the names of the system and the case in it."""
        case = next(iter(self.references), "CASE") if len(self.references) == 1 else "CASE"
        return self.advice.to_do.replace("{system}", self.line.system or "the system").replace("CASE", case)

    @property
    def shown_references(self) -> str:
        """The cases it was seen in, the first few by name."""
        more = len(self.references) - _MOST_REFERENCES
        return ", ".join([*self.references][:_MOST_REFERENCES]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The head of the page."""

    tone: Tone
    headline: str
    sentence: str
    exit_code: int | None
    exit_meaning: str
    causes: tuple[Cause, ...]
    #: of further causes that are not among them
    left_out: int

    @property
    def urgent(self) -> tuple[Cause, ...]:
        """What somebody must act on."""
        return tuple(cause for cause in self.causes if cause.advice.is_urgent)

    @property
    def later(self) -> tuple[Cause, ...]:
        """What somebody looks at when there is time; drift has a table of its own."""
        return tuple(one for one in self.causes if not one.advice.is_urgent and one.advice.who in _PEOPLE and one.line.action != Action.DRIFT)

    @property
    def by_itself(self) -> tuple[Cause, ...]:
        """What nobody has to act on."""
        return tuple(one for one in self.causes if not one.advice.is_urgent and one.advice.who not in _PEOPLE)


def causes_of(faults: Iterable[Line]) -> list[Cause]:
    """Return warnings and errors by what they come of, those that somebody must act on first."""
    causes: dict[tuple[object, ...], Cause] = {}
    for line in faults:
        advice = advice_on(line)
        # A place on a screen tells more than the step in which it showed; of retries the system is enough.
        place = "" if line.action in {Action.RETRY, Action.STEP_FAILED, Action.SESSION_LOST, Action.OVERDUE} else line.step
        detail = line.message if line.action in {Action.PARKED, Action.LIBRARY, Action.CONCERN} else class_of(line.message)
        cause = causes.setdefault(
            (line.action, line.level, line.system, place, detail), Cause(advice=advice, line=line, first=line, is_error=line.level == "ERROR")
        )
        cause.line, cause.count = line, cause.count + 1
        if line.case:
            cause.references[line.case] = None
    order = [*_PEOPLE, Actor.QUEUE, Actor.NOBODY]
    return sorted(causes.values(), key=lambda cause: (not cause.advice.is_urgent, order.index(cause.advice.who), not cause.is_error, -cause.count))


def verdict_on(record: RunRecord, *, is_under_way: bool) -> Verdict:
    """Return what the log so far says about the run."""
    causes = causes_of(record.faults)
    shown = causes[:MOST_CAUSES]
    urgent = [cause for cause in causes if cause.advice.is_urgent]
    who = " and ".join(dict.fromkeys(f"{'an' if cause.who[0] in 'aeiou' else 'a'} {cause.who}" for cause in urgent))
    code = record.exit_code
    if code is None and record.end is not None and not urgent:
        code = StopRequested.exit_code if record.was_stopped else 0
    meaning = "" if code is None else EXIT_CODES.get(code, "")
    tone, headline, sentence = _words(record, code, who, meaning, is_under_way=is_under_way)
    if tone is Tone.WELL:
        can_wait = any(cause.advice.who in _PEOPLE for cause in causes)
        sentence += " Nobody has to act at once; below stands what can wait." if can_wait else " Nobody has to act."
    return Verdict(
        tone=tone,
        headline=headline,
        sentence=sentence,
        exit_code=record.exit_code,
        exit_meaning=meaning,
        causes=tuple(shown),
        left_out=sum(cause.count for cause in causes[MOST_CAUSES:]),
    )


def _words(record: RunRecord, code: int | None, who: str, meaning: str, *, is_under_way: bool) -> tuple[Tone, str, str]:
    counts = record.counts()
    through = sum(counts[ending] for ending in ENDINGS)
    known = sum(counts.values()) - counts[Standing.TOLD_OF]
    left = known - through
    held = [name for name, system in record.systems.items() if system.held_at]
    holds = f"{' and '.join(held)} {'is' if len(held) == 1 else 'are'} held. " if held else ""
    waits = f"{holds}{left} {'case waits' if left == 1 else 'cases wait'} for the next run." if left else f"{holds}No case waits."
    if record.end is None and is_under_way:
        progress = f"{holds}{through} of {known} cases are through." if known else "No case has been taken up yet."
        return (Tone.ACT, f"Under way, and {who} must act", progress) if who else (Tone.BUSY, "Under way, all is well so far", progress)
    if record.end is None:
        goes_on = "The next run goes on with its cases after their last finished step; kollega run begins one now."
        return Tone.ACT, "Cut off before its end", f"It was killed, or the machine stopped. {through} of {known} cases were through. {goes_on}"
    if who:
        return Tone.ACT, f"{who[0].upper()}{who[1:]} must act", waits
    if code == StopRequested.exit_code:
        return Tone.REST, "Stopped as it was asked to", waits
    if code:
        return Tone.ACT, "Somebody must act", f"{meaning[:1].upper()}{meaning[1:]}. {waits}"
    return Tone.WELL, "All is well", waits
