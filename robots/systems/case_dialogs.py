"""The case system's main window and dialogs: a case is opened, proven to be the right person's, and written in, or nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from robots.errors import CaseNeedsPerson, KollegaError, PersonNotFound, ReasonCode, SystemUnavailable, WrongPerson
from robots.screens import Screen
from robots.screens.sending import sending
from robots.systems.case_record import SYSTEM
from robots.systems.swedish_text import personnummer as number_of

#: what the program shows when its server has answered with an error, and not when nothing came
_SERVER_SAYS_NO = "Ett fel har inträffat i verksamhetssystemet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Whose case is written in: every writing screen must show both numbers before anything is saved."""

    case_number: str
    #: personnummer of twelve digits
    applicant: str
    #: the e-service's number of the application, which marks what the robot has written
    reference: str


async def open_case(screen: Screen, case_number: str) -> None:
    """Open the case anew, so that what shows is what the server has now.

    Raises:
        PersonNotFound: there is no case of that number.
        SystemUnavailable: the server does not answer.
    """
    await screen.press("main.open_case", then="open_case")
    await screen.enter({"open_case.number": case_number})
    shown = await screen.press_for("open_case.save", then=("overview", "notice", "fault"))
    if shown != "overview":
        error = await refusal(screen, shown, "open_case")
        if shown == "notice":
            message = "the case system has no case of that number; look the person up by hand"
            error = PersonNotFound(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view="open_case")
        raise error


async def fill_in(screen: Screen, dialog: str, household: Household, values: Mapping[str, str], *, then: str) -> None:
    """Fill in one dialog of the menu Ärende and save it; return when the view `then` shows.

    Raises:
        WrongPerson: the dialog shows somebody else; nothing was saved.
        CaseNeedsPerson: the system does not take the values; nothing was saved.
        SystemUnavailable: the server does not answer.
    """
    await screen.press(f"main.new_{dialog}", then=dialog)
    await screen.enter({f"{dialog}.{name}": _typed(text) for name, text in values.items()})
    await check_person(screen, dialog, household)
    await save(screen, f"{dialog}.save", dialog, then=then)


async def save(screen: Screen, button: str, dialog: str, *, then: str) -> None:
    """Press what saves; return when the view `then` shows.

    Args:
        screen: with the person's dialog filled in.
        button: the element that saves.
        dialog: the view that shows again when the system's message is closed.
        then: the view that shows what was saved.

    Raises:
        CaseNeedsPerson: the system does not take the values; nothing was saved.
        SystemUnavailable: the server does not answer, or says that it does not work.
    """
    async with sending():
        shown = await screen.press_for(button, then=(then, "notice", "fault"))
        if shown == "fault" and not await _has_answered(screen):
            raise await refusal(screen, shown, dialog)
    if shown != then:
        raise await refusal(screen, shown, dialog)


async def _has_answered(screen: Screen) -> bool:
    """Say whether it is the server that says that it does not work; with any other message it may be at work all the same."""
    return (await screen.read("fault.text"))["fault.text"].strip() == _SERVER_SAYS_NO


async def shows_person(screen: Screen, view: str, household: Household) -> bool:
    """Say whether the view shows the household's case and applicant."""
    read = await screen.read(f"{view}.case_number", f"{view}.personnummer")
    try:
        is_applicant = number_of(read[f"{view}.personnummer"]) == household.applicant
    except ValueError:
        return False
    return is_applicant and read[f"{view}.case_number"].strip() == household.case_number


async def check_person(screen: Screen, view: str, household: Household) -> None:
    """Compare the numbers on the screen with the case's, just before it matters; a dialog with other ones is cancelled.

    Raises:
        WrongPerson: the view shows another case or another person.
    """
    if not await shows_person(screen, view, household):
        if view != "main":
            await screen.press(f"{view}.cancel", then="main")
        raise wrong_person(view, "personnummer")


async def refusal(screen: Screen, message: str, dialog: str) -> KollegaError:
    """Close the system's message and the dialog below it, so that the next case finds the main window; return what it means.

    Args:
        screen: where the message shows.
        message: `notice`, the system does not take what was entered, or `fault`, its server does not answer.
        dialog: the view below the message.
    """
    await screen.press(f"{message}.close", then=dialog)
    await screen.press(f"{dialog}.cancel", then="main")
    if message == "fault":
        return SystemUnavailable("the program does not reach its server; wait and try again", system=SYSTEM, view=dialog)
    text = "the case system does not take what was entered, and says why on the screen; enter it by hand"
    return CaseNeedsPerson(text, codes=(ReasonCode.SYS_DIFF,), system=SYSTEM, view=dialog)


def wrong_person(view: str, element: str) -> WrongPerson:
    """Return the error for a screen that shows somebody else."""
    message = "the screen shows another case or another person than the case's; nothing was written"
    return WrongPerson(message, codes=(ReasonCode.NO_PERSON,), system=SYSTEM, view=view, element=element)


def written(amount: Decimal) -> str:
    """Write an amount as the system takes it, `5000,00`."""
    return f"{amount:.2f}".replace(".", ",")


def _typed(text: str) -> str:
    """Return the text as a keyboard gives it: amounts in sentences have spaces that do not break, and no key types those."""
    return text.replace("\N{NO-BREAK SPACE}", " ")
