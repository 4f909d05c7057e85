"""Who acts on what a log tells, and how: the words of the README's tables, for each action and each class of errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from robots import errors
from robots.errors import Actor, KollegaError
from robots.run_log import MEANINGS, Action
from robots.run_page.lines import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a line of the log asks of somebody."""

    who: Actor
    #: somebody must act on it; else it can wait, or takes care of itself
    is_urgent: bool
    means: str
    #: `{system}` stands for the system's name; empty when there is nothing to do
    to_do: str


_DEVELOPER, _OPERATOR, _QUEUE, _CASEWORKER, _NOBODY = Actor.DEVELOPER, Actor.OPERATOR, Actor.QUEUE, Actor.CASEWORKER, Actor.NOBODY

_SCREEN = (
    "Compare the picture with selectors/{system}.yaml and put the right way first; kollega screens suggest {system} may know it. "
    "Then kollega check and kollega screens check {system}. Nothing needs to be stopped: the cases wait, and the next run goes on with them."
)

#: by class of the error, for a system that is held; a class that is missing here has its parent's
BY_CLASS: Mapping[type[KollegaError], Advice] = {
    errors.SetupError: Advice(
        who=_OPERATOR, is_urgent=True, means="A setting, a file or a program is wrong.", to_do="Set right what the message names, then kollega run."
    ),
    errors.ProgramMissing: Advice(
        who=_OPERATOR, is_urgent=True, means="Something that must be installed is not.", to_do="Install what the message names, then kollega run."
    ),
    errors.StateUnusable: Advice(
        who=_OPERATOR,
        is_urgent=True,
        means="The robot's own record can't be written or read; all cases wait, what is done stays done.",
        to_do="See to disk and rights of the state as the README's table on trouble with the machine says, then kollega run.",
    ),
    errors.CertificateRefused: Advice(
        who=_OPERATOR,
        is_urgent=True,
        means="A system's certificate is not believed, so that nothing goes there.",
        to_do="Do what the message says, or have it done by who runs the system or this machine; kollega doctor shows that it is believed. "
        "The cases wait, and the next run goes on with them.",
    ),
    errors.LogInRefused: Advice(
        who=_OPERATOR,
        is_urgent=True,
        means="The system refused the robot's name or password. It is not tried again, so that the account is not locked.",
        to_do="Set the robot's account for {system} right, there and where the robot has it from, then kollega run.",
    ),
    errors.ScreenChanged: Advice(who=_DEVELOPER, is_urgent=True, means="A screen is not as its selector file says.", to_do=_SCREEN),
    errors.ElementMissing: Advice(who=_DEVELOPER, is_urgent=True, means="An element of a screen is not found in any of its ways.", to_do=_SCREEN),
    errors.ElementAmbiguous: Advice(who=_DEVELOPER, is_urgent=True, means="A way of an element finds more than one.", to_do=_SCREEN),
    errors.DialogUnknown: Advice(
        who=_DEVELOPER,
        is_urgent=True,
        means="A dialog came up that the selector file does not name; nothing in it was pressed.",
        to_do="Look at the picture, and add the dialog under dialogs in selectors/{system}.yaml with what to do; then kollega check.",
    ),
    errors.ValueNotKept: Advice(
        who=_DEVELOPER,
        is_urgent=True,
        means="A field did not keep what was entered; nothing was saved.",
        to_do="See how the field writes what it gets: it may want a format in selectors/{system}.yaml. Then kollega screens check {system}.",
    ),
    errors.SystemFault: Advice(
        who=_QUEUE, is_urgent=False, means="A system did not answer, was too slow, or wanted a new log-in.", to_do="Nothing, as long as it goes on."
    ),
    errors.SystemClosed: Advice(who=_NOBODY, is_urgent=False, means="It is outside a system's hours; its cases wait.", to_do=""),
    errors.CaseNeedsPerson: Advice(who=_CASEWORKER, is_urgent=False, means="The case itself needs a person.", to_do="It is in the workbook."),
    errors.OutcomeUnknown: Advice(
        who=_CASEWORKER,
        is_urgent=False,
        means="It can't be told whether something was written.",
        to_do="The case is in the workbook, with what may have happened and where to look.",
    ),
    errors.Paused: Advice(who=_OPERATOR, is_urgent=False, means="An operator has paused it.", to_do="kollega queue resume, when it is to go on."),
}

#: by action, for lines that are warnings or errors
BY_ACTION: Mapping[str, Advice] = {
    Action.RUN_ENDED: Advice(
        who=_OPERATOR, is_urgent=True, means="The run ended before it could handle its cases.", to_do="Do what the message says, then kollega run."
    ),
    Action.SYSTEM_HELD: BY_CLASS[errors.SetupError],
    Action.PARKED: Advice(
        who=_DEVELOPER,
        is_urgent=True,
        means="A fault of the robot's own stopped the case; the others went on, and the next run tries it again.",
        to_do="kollega queue show CASE says how far it is; send this page to the developer.",
    ),
    Action.SET_ASIDE: Advice(
        who=_DEVELOPER,
        is_urgent=True,
        means="The robot died again and again in the same step of the case; it is handed off, and a caseworker has it.",
        to_do="Send this page to the developer. Once the cause is mended, kollega queue retry CASE has the robot try again.",
    ),
    Action.STEP_FAILED: Advice(
        who=_OPERATOR,
        is_urgent=False,
        means="A source did not answer in any of the tries; what needed it is with people, or waits.",
        to_do="See that {system} is up. What is handed over is in the workbook.",
    ),
    Action.RETRY: Advice(
        who=_QUEUE,
        is_urgent=False,
        means="A step failed and was tried again after a wait.",
        to_do="Nothing; when it is many, see that {system} is well.",
    ),
    Action.SESSION_LOST: Advice(
        who=_QUEUE,
        is_urgent=False,
        means="A system wanted a new log-in, and got it.",
        to_do="Nothing; when it is many, see how long {system} keeps a session.",
    ),
    Action.DRIFT: Advice(
        who=_DEVELOPER,
        is_urgent=False,
        means="An element was found by a later way than the expected one; the robot works on.",
        to_do="When there is time, before that way is gone too: look over selectors/{system}.yaml, then kollega screens check {system}.",
    ),
    Action.SCREENS_CHECKED: Advice(
        who=_DEVELOPER, is_urgent=True, means="The check of the screens found what the robot can't work with.", to_do=_SCREEN
    ),
    Action.DIALOG_CLOSED: Advice(
        who=_NOBODY, is_urgent=False, means="A dialog that the selector file names came up unasked and was closed; the work went on.", to_do=""
    ),
    Action.EFFECT_UNKNOWN: BY_CLASS[errors.OutcomeUnknown],
    Action.OVERDUE: Advice(
        who=_CASEWORKER,
        is_urgent=False,
        means="Cases that people have are past their day, or soon half a year old.",
        to_do="They stand first in the workbook; tell whoever leads the caseworkers.",
    ),
    Action.WORKBOOK_LOCKED: Advice(
        who=_OPERATOR,
        is_urgent=False,
        means="The workbook was open with somebody, so that what is new waits, or it was damaged and set aside.",
        to_do="Nothing when it was open: the next run, or kollega workbook sync, writes it. Look at a file that was set aside.",
    ),
    Action.TAKEN_OVER: Advice(
        who=_OPERATOR,
        is_urgent=False,
        means="A robot gives no sign of life any more; others go on with its cases.",
        to_do="kollega workers says which; see to its machine, and start it again.",
    ),
    Action.LIBRARY: Advice(
        who=_DEVELOPER,
        is_urgent=False,
        means="A library that the robot is built on warned of something.",
        to_do="When there is time, or when it is many.",
    ),
    Action.PAUSED: BY_CLASS[errors.Paused],
    Action.WORKBOOK_WRITTEN: Advice(
        who=_OPERATOR,
        is_urgent=False,
        means="The workbook was written, and something that stood in it could not be kept in it.",
        to_do="The file as it was stays beside it, as the message says; tell whoever leads the caseworkers.",
    ),
    "retention": Advice(
        who=_OPERATOR,
        is_urgent=False,
        means="Something that is to be deleted by the municipality's plan could not be.",
        to_do="See to what the message names; it is tried again the next time.",
    ),
    Action.CONCERN: Advice(
        who=_OPERATOR,
        is_urgent=True,
        means="Something of the whole is not as it should be: far more hand-offs than usual, or a password that expires soon.",
        to_do="Do what the message says.",
    ),
    "password_expiring": Advice(
        who=_OPERATOR,
        is_urgent=True,
        means="The robot's password for a system expires soon; after that it can't log in.",
        to_do="Change the robot's password in {system}, and where the robot has it from.",
    ),
    "alert_failed": Advice(
        who=_OPERATOR,
        is_urgent=False,
        means="Operators could not be told of something by mail or webhook.",
        to_do="Look over alerts in config/kollega.yaml, and whether the mail server or the webhook is up.",
    ),
}

#: an error of which this version knows nothing can't be called something that waits
UNKNOWN_ERROR = Advice(
    who=_OPERATOR,
    is_urgent=True,
    means="The robot told of an error that this version of the page does not know.",
    to_do="Read the message; the README tells of the actions of its version.",
)

#: begins what the log says of a fault that no class of errors is for
OWN_FAULT = "a fault of the robot's own"
_RUN_FAULT = Advice(
    who=_DEVELOPER,
    is_urgent=True,
    means="A fault of the robot's own ended the run; its cases go on after their last finished step.",
    to_do="Send this page to the developer. Whether it comes again shows kollega run.",
)

#: for an action of another version, and one that no warning is known of
UNKNOWN = Advice(
    who=_OPERATOR, is_urgent=False, means="The robot warned of something.", to_do="Read the message; the README tells of the actions of its version."
)

_MEANINGS: Mapping[str, str] = {str(action): meaning for action, meaning in MEANINGS.items()}
_CLASS = re.compile(r"([A-Z][A-Za-z]{3,40}): ")


@cache
def _classes() -> Mapping[str, type[KollegaError]]:
    found: dict[str, type[KollegaError]] = {}
    waiting = [KollegaError]
    while waiting:
        one = waiting.pop()
        found[one.__name__] = one
        waiting += one.__subclasses__()
    return found


def class_of(message: str) -> type[KollegaError] | None:
    """Return the class of the error that a message begins with; None when it names none."""
    named = _CLASS.match(message)
    return _classes().get(named[1]) if named else None


def advice_on(line: Line) -> Advice:
    """Return what a warning or an error asks of somebody, by its error's class where it names one, else by its action."""
    error = class_of(line.message) if line.action in {Action.SYSTEM_HELD, Action.RUN_ENDED} else None
    for one in error.__mro__ if error else ():
        if one in BY_CLASS:
            return BY_CLASS[one]
    if line.action == Action.SYSTEM_HELD and line.system == "state":
        return BY_CLASS[errors.StateUnusable]
    if line.action == Action.RUN_ENDED and line.message.startswith(OWN_FAULT):
        return _RUN_FAULT
    return BY_ACTION.get(line.action, UNKNOWN_ERROR if line.level == "ERROR" else UNKNOWN)


def meaning_of(action: str) -> str:
    """Return what an action means; empty for one of another version."""
    return _MEANINGS.get(action, "")
