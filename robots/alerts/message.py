"""One message: the subject and the text that a person reads, and the record that a program reads. English, as the log."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from robots.alerts.causes import Cause, Severity
from robots.alerts.ledger import News, Over, Standing
from robots.case import SWEDEN
from robots.run_log import redacted

SCHEMA = 1
#: of each kind; a storm is counted, not told in full
MOST_TOLD = 20
_WIDTH = 100
_COMMAND = re.compile(r"`[^`]*`")
_NO_BREAK = "\u00a0"
_HEADINGS = {Severity.ERROR: "must act", Severity.WARNING: "should know"}
#: what each cause is called in a subject, with the alert's own subject before it
_SHORT = {
    Cause.SETUP: "the configuration is wrong",
    Cause.RECORD: "the record can't be read",
    Cause.SYSTEM_HELD: "is held",
    Cause.RUN_FAILED: "the run failed",
    Cause.WORKER_LIFELESS: "gives no sign of life",
    Cause.SERVICE_GONE: "the service is gone",
    Cause.RUN_MISSING: "no run when one was due",
    Cause.CASE_SET_ASIDE: "was set aside",
    Cause.HAND_OFF_RATE: "more hand-offs than usual",
    Cause.OVERDUE: "cases past their day",
    Cause.PASSWORD_EXPIRING: "password expires",
    Cause.DISK_LOW: "little room left",
}
_NAMELESS = frozenset({Cause.RUN_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent on a channel."""

    subject: str
    text: str
    #: of plain JSON types; the keys are an interface
    record: dict[str, Any]
    is_urgent: bool


def message_of(news: News, *, machine: str, mode: str, now: datetime) -> Message:
    """Return the message that tells the news.

    Args:
        news: what is to be told.
        machine: that looked.
        mode: of the robot's runs.
        now: aware time.
    """
    first = sorted((*news.begun, *news.still), key=lambda one: one.alert.severity is not Severity.ERROR)
    begun = sorted(news.begun, key=lambda one: one.alert.severity is not Severity.ERROR)
    lines = [f"Kollega on {machine}, mode {mode}, {now.astimezone(SWEDEN):%Y-%m-%d %H:%M}."]
    for severity in Severity:
        lines += _section(f"New: you {_HEADINGS[severity]}", [one for one in begun if one.alert.severity is severity], now)
    lines += _section("Still so", [one for one in first if one in news.still], now)
    if news.over:
        lines += ["", "OVER", *(_over_line(one) for one in news.over[-MOST_TOLD:]), *_more(len(news.over))]
    if not first:
        lines += ["", "Nothing else stands."]
    lines += ["", "`kollega alerts list` shows what stands now. Nobody reads answers to this message."]
    if news.is_last_of_hour:
        lines += ["There have been many messages in the last hour. What comes next is told together, in an hour at most."]
    # What a log or a system said is among it.
    text = "\n".join(folded for line in lines for folded in _folded(redacted(line))) + "\n"
    # A mail can't have a subject of two lines, and would never go out.
    subject = " ".join(redacted(_subject(begun, first, news.over)).split())
    return Message(subject=subject, text=text, record=_record(news, subject, text, machine, mode, now), is_urgent=news.worst is Severity.ERROR)


def trial_message(*, machine: str, mode: str, now: datetime) -> Message:
    """Return a message that tells nothing, for an operator who tries whether it arrives."""
    subject = "[Kollega] Test: nothing is wrong"
    text = f"Kollega on {machine}, mode {mode}, {now.astimezone(SWEDEN):%Y-%m-%d %H:%M}.\n\nThis is a test. Alerts will come like this.\n"
    nothing = News(begun=(), still=(), over=())
    return Message(subject=subject, text=text, record={**_record(nothing, subject, text, machine, mode, now), "kind": "test"}, is_urgent=False)


def _subject(begun: list[Standing], standing: list[Standing], over: tuple[Over, ...]) -> str:
    told = begun or standing
    if not begun and over:
        rest = f"; {len(standing)} still stand{'s' if len(standing) == 1 else ''}" if standing else "; all is well"
        return f"[Kollega] Over: {_short(over[-1])}{_and_more(len(over))}{rest}"
    return f"[Kollega] {'' if begun else 'Still: '}{_short(told[0])}{_and_more(len(told))}"


def _short(one: Standing | Over) -> str:
    cause, subject = one.alert.cause, one.alert.subject
    return _SHORT[cause] if cause in _NAMELESS or not subject else f"{subject}: {_SHORT[cause]}" if cause in _COLON else f"{subject} {_SHORT[cause]}"


_COLON = frozenset({Cause.PASSWORD_EXPIRING, Cause.DISK_LOW})


def _and_more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""


def _section(heading: str, told: list[Standing], now: datetime) -> list[str]:
    if not told:
        return []
    lines = ["", heading.upper()]
    for one in told[:MOST_TOLD]:
        lines += [f"* {one.alert.what}", f"  What to do: {one.alert.do}", f"  Since {_clock(one.since, now)}."]
    return [*lines, *_more(len(told))]


def _more(count: int) -> list[str]:
    return [f"* and {count - MOST_TOLD} more"] if count > MOST_TOLD else []


def _over_line(one: Over) -> str:
    begun, ended = (at.astimezone(SWEDEN) for at in (one.since, one.ended_at))
    until = f"{ended:%H:%M}" if begun.date() == ended.date() else f"{ended:%Y-%m-%d %H:%M}"
    return f"* {_short(one)}: no more. It was so from {begun:%Y-%m-%d %H:%M} to {until}."


def _folded(line: str) -> list[str]:
    """Return the line in lines that every mail program shows as they are; addresses and paths stay whole."""
    # A command is copied in one piece: it is not folded at its blanks.
    whole = _COMMAND.sub(lambda command: command[0].replace(" ", _NO_BREAK), line)
    folded = textwrap.wrap(whole, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [one.replace(_NO_BREAK, " ") for one in folded] or [""]


def _clock(at: datetime, now: datetime) -> str:
    shown = at.astimezone(SWEDEN)
    return f"{shown:%H:%M}" if shown.date() == now.astimezone(SWEDEN).date() else f"{shown:%Y-%m-%d %H:%M}"


def _record(news: News, subject: str, text: str, machine: str, mode: str, now: datetime) -> dict[str, Any]:
    def told(one: Standing | Over) -> dict[str, str | None]:
        alert = one.alert
        ended_at = one.ended_at.isoformat() if isinstance(one, Over) else None
        return {
            "cause": alert.cause,
            "subject": redacted(alert.subject),
            "severity": alert.severity,
            "what": redacted(alert.what),
            "do": redacted(alert.do),
            "since": one.since.isoformat(),
            "ended_at": ended_at,
        }

    return {
        "schema": SCHEMA,
        "kind": "alerts",
        "at": now.astimezone(UTC).isoformat(),
        "machine": machine,
        "mode": mode,
        "subject": subject,
        # What chat programs show of a webhook.
        "text": f"{subject}\n\n{text}",
        "new": [told(one) for one in news.begun[:MOST_TOLD]],
        "standing": [told(one) for one in news.still[:MOST_TOLD]],
        "over": [told(one) for one in news.over[-MOST_TOLD:]],
    }
