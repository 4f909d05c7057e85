"""What can go wrong, classed by who acts next.

    KollegaError
    ├── SetupError            operator    the run does not start, or a system is held; exit 3
    │   ├── SettingsInvalid       a file under config/ is wrong
    │   ├── SelectorFileInvalid   a file under selectors/ is wrong
    │   ├── CaseFileInvalid       a case file given on the command line is wrong
    │   ├── ParameterNotInForce   no legal or municipal value is in force on the day
    │   ├── ProgramMissing        something that must be installed is not
    │   ├── StateUnusable         the robot's own record can't be written or read: the run stops, its cases wait
    │   ├── CertificateRefused    a system's certificate is not believed
    │   └── LogInRefused          a system refused the robot's name or password
    ├── SystemFault           the queue   few tries with growing waits, then a hand-off
    │   ├── SystemUnavailable     no answer, an error page, a dead program
    │   ├── SystemTooSlow         the view did not come within the time limit
    │   ├── SessionLost           the system wants a new log-in
    │   └── FocusLost             another window keeps the keyboard
    ├── ScreenChanged         developer   no retry; the system is held and its cases wait; exit 4
    │   ├── ElementMissing        no way of the element matches
    │   ├── ElementAmbiguous      a way matches more than once
    │   ├── DialogUnknown         a dialog that the selector file does not name
    │   └── ValueNotKept          the field does not hold what was entered
    ├── SystemClosed          nobody      outside the system's opening hours; its cases wait
    ├── CaseNeedsPerson       caseworker  a hand-off with reason codes
    │   ├── PersonNotFound        nobody has the number
    │   ├── PersonAmbiguous       more than one has the number
    │   ├── WrongPerson           the screen shows somebody else
    │   ├── SumsDiffer            the system's sums differ from ours
    │   └── OutcomeUnknown        a write may have taken effect: what, and where to see it
    └── Paused                operator    a case, a system or everything is paused; what it concerns waits
    StopRequested (BaseException)  nobody  an operator wants the run to end; exit 130

A message says what is and what to do. It never holds a value from a case: no name, no number of a person, no amount.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Actor(StrEnum):
    """Who acts next after an error."""

    OPERATOR = "operator"
    QUEUE = "queue"
    DEVELOPER = "developer"
    CASEWORKER = "caseworker"
    NOBODY = "nobody"


class ReasonCode(StrEnum):
    """Why a case goes to a person; the Swedish label of each stands in the catalogue of texts."""

    INC_NEW = "INC-NEW"
    INC_DIFF = "INC-DIFF"
    INC_GONE = "INC-GONE"
    INC_UNKNOWN = "INC-UNKNOWN"
    INC_NOTINREG = "INC-NOTINREG"
    INC_DOUBLE = "INC-DOUBLE"
    INC_WAGE = "INC-WAGE"
    INC_PENDING = "INC-PENDING"
    INC_CHILD = "INC-CHILD"
    FRAME = "FRAME"  # the caseworker's own frame for the household has expired
    EXP_NEW = "EXP-NEW"
    EXP_CAP = "EXP-CAP"
    EXP_JUDGE = "EXP-JUDGE"
    HH_CHANGE = "HH-CHANGE"
    HH_CHILD = "HH-CHILD"
    HOUSING = "HOUSING"
    ASSET = "ASSET"
    PLAN = "PLAN"
    STAY = "STAY"
    PAYACC = "PAYACC"
    ATTACH = "ATTACH"
    RECLAIM = "RECLAIM"
    PROTECTED = "PROTECTED"
    SRC_DOWN = "SRC-DOWN"
    SYS_DIFF = "SYS-DIFF"
    LAW = "LAW"
    DELEG = "DELEG"
    SAMPLE = "SAMPLE"
    NEW_CASE = "NEW-CASE"  # no open case or no calculation for the month before: a person makes the first assessment
    TWICE = "TWICE"  # the month has an application or a decision already
    UNREADABLE = "UNREADABLE"  # a value that can't be understood
    NO_NORM = "NO-NORM"  # no norm amounts are in force for the month
    NO_PERSON = "NO-PERSON"  # the person is not found, found twice, or not the one on the screen
    OUTCOME_UNKNOWN = "OUTCOME-UNKNOWN"  # a write may or may not have taken effect
    ROBOT_FAULT = "ROBOT-FAULT"  # the robot stopped again and again in this case
    CANCELLED = "CANCELLED"  # an operator wants the case handled by hand


class KollegaError(Exception):
    """Anything that the product itself reports; `str()` says what is and what to do."""

    next_actor: ClassVar[Actor]
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, system: str = "", view: str = "", element: str = "", picture: str = "") -> None:
        """Hold the sentence for people and, where it is known, the place on a screen.

        Args:
            message: what is and what to do; no personal data.
            system: name of the system, as in config/kollega.yaml.
            view: name of the view in the system's selector file.
            element: name of the element in that view.
            picture: path of a masked picture under the run's folder.
        """
        super().__init__(message)
        self.message = message
        self.system = system
        self.view = view
        self.element = element
        self.picture = picture

    def __str__(self) -> str:
        place = ".".join(part for part in (self.view, self.element) if part)
        where = ", ".join(part for part in (self.system, place) if part)
        return f"{where}: {self.message}" if where else self.message

    def to_record(self) -> dict[str, str]:
        """Return the error as plain text fields; `from_record` gives an equal error back."""
        return {
            "error": type(self).__name__,
            "message": self.message,
            "system": self.system,
            "view": self.view,
            "element": self.element,
            "picture": self.picture,
        }


class SetupError(KollegaError):
    """Something must be set right before the robot can work."""

    next_actor = Actor.OPERATOR
    exit_code = 3


class SettingsInvalid(SetupError):
    """A file under config/ is wrong."""


class SelectorFileInvalid(SetupError):
    """A file under selectors/ is wrong."""


class CaseFileInvalid(SetupError):
    """A case file is not in the documented format."""


class ParameterNotInForce(SetupError):
    """No value of the law or of the guidelines is in force on the day; another year's is never used instead."""


class ProgramMissing(SetupError):
    """A program or library that is needed is not installed."""


class StateUnusable(SetupError):
    """The robot's own record, casebook or engine, can't be written or read; without it no case may go on."""


class CertificateRefused(SetupError):
    """A system's certificate is not believed; nothing goes there before it is."""


class LogInRefused(SetupError):
    """The system refused the robot's name or password; no second try, so that the account is not locked."""


class SystemFault(KollegaError):
    """A system does not work just now."""

    next_actor = Actor.QUEUE
    exit_code = 0


class SystemUnavailable(SystemFault):
    """No answer, an error page, or a program that has ended."""


class SystemTooSlow(SystemFault):
    """What was asked for did not come within the time limit."""


class SessionLost(SystemFault):
    """The system wants a new log-in."""


class FocusLost(SystemFault):
    """Another window keeps the keyboard; no key was sent."""


class ScreenChanged(KollegaError):
    """The screen is not as the selector file says."""

    next_actor = Actor.DEVELOPER
    exit_code = 4


class ElementMissing(ScreenChanged):
    """No way of the element matches."""


class ElementAmbiguous(ScreenChanged):
    """A way of the element matches more than once."""


class DialogUnknown(ScreenChanged):
    """A dialog is up that the selector file does not name; nothing in it was pressed."""


class ValueNotKept(ScreenChanged):
    """The field does not hold what was entered."""


class SystemClosed(KollegaError):
    """The system may not be used at this time of day; its cases wait, and nobody has to act."""

    next_actor = Actor.NOBODY
    exit_code = 0


class CaseNeedsPerson(KollegaError):
    """The case goes to a caseworker."""

    next_actor = Actor.CASEWORKER
    exit_code = 0

    def __init__(
        self, message: str, *, codes: tuple[ReasonCode, ...], system: str = "", view: str = "", element: str = "", picture: str = ""
    ) -> None:
        """Hold the reason codes beside the sentence; see `KollegaError` for the rest."""
        super().__init__(message, system=system, view=view, element=element, picture=picture)
        self.codes = codes

    def to_record(self) -> dict[str, str]:
        """Return the error as plain text fields, the codes parted by blanks."""
        return {**super().to_record(), "codes": " ".join(self.codes)}


class PersonNotFound(CaseNeedsPerson):
    """Nobody has the number."""


class PersonAmbiguous(CaseNeedsPerson):
    """More than one has the number."""


class WrongPerson(CaseNeedsPerson):
    """The screen shows somebody else; nothing was written."""


class SumsDiffer(CaseNeedsPerson):
    """The system's own sums differ from ours; nothing was saved."""


class OutcomeUnknown(CaseNeedsPerson):
    """A write may or may not have taken effect; a person must look."""


class Paused(KollegaError):
    """An operator has paused a case, a system or everything; what it concerns waits until the pause is ended."""

    next_actor = Actor.OPERATOR
    exit_code = 0


class StopRequested(BaseException):
    """An operator wants the run to end; not an error, and not to be caught as one."""

    exit_code: ClassVar[int] = 130


def _classes(root: type[KollegaError]) -> dict[str, type[KollegaError]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found |= _classes(child)
    return found


def from_record(record: dict[str, str]) -> KollegaError:
    """Return the error that `to_record` wrote.

    Raises:
        KeyError: the record names no class of this module.
    """
    fields = dict(record)
    error_class = _classes(KollegaError)[fields.pop("error")]
    message = fields.pop("message")
    if issubclass(error_class, CaseNeedsPerson):
        codes = tuple(ReasonCode(code) for code in fields.pop("codes").split())
        return error_class(message, codes=codes, **fields)
    return error_class(message, **fields)
