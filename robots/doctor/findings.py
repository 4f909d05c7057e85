"""What a look at one thing has come to: it is well, or it says what is and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How one thing is."""

    OK = "ok"
    #: the robot works, and somebody should look all the same
    LOOK = "look"
    #: the robot does not work, or not as it must
    FAULT = "fault"
    #: what it rests on is not there, so that it was not looked at
    UNSEEN = "not looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of what the doctor says."""

    #: what was looked at, as in `clock` or `case_system`
    subject: str
    verdict: Verdict
    #: what is; nothing personal and no secret
    what: str
    #: what to do; empty when there is nothing
    do: str = ""


def well(subject: str, what: str) -> Finding:
    """Return that all is well with it."""
    return Finding(subject=subject, verdict=Verdict.OK, what=what)


def look(subject: str, what: str, do: str) -> Finding:
    """Return what somebody should look at."""
    return Finding(subject=subject, verdict=Verdict.LOOK, what=what, do=do)


def fault(subject: str, what: str, do: str = "") -> Finding:
    """Return what is wrong; an error of the product itself says in one sentence what to do."""
    return Finding(subject=subject, verdict=Verdict.FAULT, what=what, do=do)


def unseen(subject: str, what: str) -> Finding:
    """Return why it was not looked at."""
    return Finding(subject=subject, verdict=Verdict.UNSEEN, what=what)
