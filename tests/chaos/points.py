"""The points at which a robot can be killed, and which of them a case passes on its way."""

from __future__ import annotations

from collections.abc import Collection

from robots.practice.world import Household

#: of a step: the body has not begun; it has returned, and nothing is stored; the result is stored
STEP = ("before the body", "before it is stored", "stored")
#: of a write: the intention is on disk; the press is the next thing; the press is under way; the screen has answered; the act is over;
#: it has been read back; that is in the casebook
EFFECT = ("intended", "before the press", "in the press", "after the press", "acted", "read back", "proven")
#: of a case: in the casebook; taken up; its outcome is known; its outcome is in the casebook
CASE = ("submitted", "taken", "before the close", "closed")
#: of the workbook at the end of a run: nothing is written; it lies beside its place; it is there
WORKBOOK = ("before", "half written", "written")

#: what is not of one case
ALL = "-"

_EFFECT_OF_STEP = {
    "enter calculation": "case_system.calculation",
    "register decision": "case_system.decision",
    "register payment": "case_system.payment",
    "write case note": "case_system.note",
    "tell applicant": "e_service.message",
    "leave proposal": "case_system.watch",
}
_DECIDED = ("enter calculation", "register decision", "register payment", "write case note", "tell applicant")
_PROPOSED = ("enter calculation", "leave proposal")
#: a robot killed here has sent something off, or may have
SENDING = ("before the press", "in the press")


def point(what: str, boundary: str) -> str:
    """Return the name of a point, as `register payment: stored`."""
    return f"{what}: {boundary}"


def parts(name: str) -> tuple[str, str]:
    """Return what a point is of and which of its boundaries it is."""
    what, _, boundary = name.rpartition(": ")
    return what, boundary


def step_of(name: str) -> str:
    """Return the step that a robot killed at the point is killed in: a write belongs to its step."""
    what, _ = parts(name)
    return next((step for step, effect in _EFFECT_OF_STEP.items() if effect == what), what)


def was_broken_off_before(name: str, passed: Collection[str]) -> bool:
    """Whether a robot that has passed these points of a case did what is done but once on the way to this one, and did not come so far."""
    what, boundary = parts(name)
    if boundary == STEP[2]:
        return point(what, STEP[1]) in passed and name not in passed
    # One in the press comes a moment after the beginning of the press, which is when it is noted as passed.
    return boundary in EFFECT[2:] and point(what, EFFECT[1]) in passed and (boundary == EFFECT[2] or name not in passed)


def is_sending(name: str) -> bool:
    """Whether a robot killed there leaves behind what only a look at the system can tell, or nothing can."""
    return parts(name)[1] in SENDING


def route(household: Household) -> tuple[str, ...]:
    """Return the points that the case passes for certain, in their order, if nothing goes wrong.

    Of a case that goes to a person only the first ones: where it leaves the way depends on the reason.
    """
    steps = ["read application", "read population register, sökande"]
    of_both = ["sökande", *(["medsökande"] if household.application.co_applicant else [])]
    if household.expected.ending != "handed off":
        children = ["barn"] if household.application.children else []
        steps = ["read application", *(f"read population register, {one}" for one in (*of_both, *children))]
        steps += [*(f"read benefits register, {party}" for party in of_both), "read case"]
        steps += [*(f"read population register, {one} i ärendet" for one in children), "assess", "see who decides"]
        steps += _DECIDED if household.expected.ending == "decided" else _PROPOSED
    points = [point("case", boundary) for boundary in CASE[:2]]
    for step in steps:
        before, unstored, stored = (point(step, boundary) for boundary in STEP)
        effect = _EFFECT_OF_STEP.get(step)
        written = [point(effect, boundary) for boundary in EFFECT] if effect else []
        points += [before, *written, unstored, stored]
    return (*points, *(point("case", boundary) for boundary in CASE[2:]))
