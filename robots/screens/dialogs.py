"""The dialogs that a selector file names, what each means, and what is done when one comes up unasked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from robots.errors import KollegaError, ScreenChanged, SystemUnavailable
from robots.run_log import Action, event
from robots.yaml_file import Item

BROWSER_DIALOG_KEYS = ("text", "answer")
VIEW_DIALOG_KEYS = ("view", "meaning", "do")
OPTIONAL_VIEW_DIALOG_KEYS = ("press", "tells")
#: a dialog that comes back as often as that is not closed by closing it
MOST_CLOSINGS = 3


class DialogAnswer(StrEnum):
    """What to press in a browser's own dialog."""

    ACCEPT = "accept"
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """A browser's own dialog: its exact text, and what is pressed in it."""

    name: str
    text: str
    answer: DialogAnswer


class DialogResponse(StrEnum):
    """What is done about a dialog that is a view of the system, when another view was expected."""

    #: press the element that closes it, and go on waiting for what was expected; what was pressed before is not pressed again
    CLOSE = "close"
    #: stop: a developer must look (`ScreenChanged`)
    STOP = "stop"
    #: stop: the system does not work now (`SystemFault`), and is tried again later
    FAULT = "fault"


class DialogNotice(StrEnum):
    """What operators are to be told of, beside what is done about the dialog."""

    #: the robot's password in the system expires soon
    PASSWORD_EXPIRING = "password_expiring"  # noqa: S105 - a notice, no password


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewDialog:
    """A dialog that is a view of the system; its landmark tells that it is up."""

    name: str
    view: str
    #: for people: what the system says with it
    meaning: str
    response: DialogResponse
    #: the view's element that closes it; empty when it is not closed
    press: str = ""
    #: None for nothing
    tells: DialogNotice | None = None

    def tell(self, system: str) -> None:
        """Write what operators are to be told of by the dialog, which is up."""
        if self.tells is DialogNotice.PASSWORD_EXPIRING:
            event(Action.PASSWORD_EXPIRING, self.meaning, system=system, step=self.view, level="WARNING")

    def error(self, system: str) -> KollegaError:
        """Return the error that stops the work."""
        if self.response is DialogResponse.FAULT:
            return SystemUnavailable(f"the dialog {self.name} is up: {self.meaning}", system=system, view=self.view)
        what = "comes back each time it is closed" if self.response is DialogResponse.CLOSE else "is up"
        return ScreenChanged(f"the dialog {self.name} {what}: {self.meaning}; see the picture", system=system, view=self.view)


def read_dialogs(
    entries: Mapping[str, Item], views: Mapping[str, Iterable[str]], *, has_browser: bool
) -> tuple[dict[str, Dialog], dict[str, ViewDialog]]:
    """Return the browser's dialogs by name, and the system's own by the name of their view.

    Args:
        entries: what stands under `dialogs`, by name.
        views: {every view of the file: its elements}.
        has_browser: whether the system is on the web.
    """
    of_browser: dict[str, Dialog] = {}
    of_system: dict[str, ViewDialog] = {}
    for name, entry in entries.items():
        place = entry.called(f"dialog {name}")
        if "view" in entry.entries() or not has_browser:
            one = _view_dialog(name, place, views)
            if one.view in of_system:
                place.report(f'another dialog is the view "{one.view}" already')
            of_system[one.view] = one
            continue
        fields = place.fields(*BROWSER_DIALOG_KEYS)
        text = fields["text"].text()
        if text in (dialog.text for dialog in of_browser.values()):
            fields["text"].report("another dialog has the same text")
        of_browser[name] = Dialog(name=name, text=text, answer=fields["answer"].choice(DialogAnswer))
    return of_browser, of_system


def _view_dialog(name: str, place: Item, views: Mapping[str, Iterable[str]]) -> ViewDialog:
    fields = place.fields(*VIEW_DIALOG_KEYS, optional=OPTIONAL_VIEW_DIALOG_KEYS)
    view, response = fields["view"].text(), fields["do"].choice(DialogResponse)
    press = fields["press"].text() if "press" in fields else ""
    if view and view not in views:
        fields["view"].report(f'no view is called "{view}"')
    elif press and press not in views.get(view, ()):
        fields["press"].report(f'is no element of the view: "{press}"')
    if response is DialogResponse.CLOSE and fields["do"].text() == "close" and not press:
        place.report("the key press is missing: the element that closes it")
    tells = fields["tells"].choice(DialogNotice) if "tells" in fields else None
    if response is not DialogResponse.CLOSE and press:
        fields["press"].report("only a dialog that is closed is pressed in")
    return ViewDialog(name=name, view=view, meaning=fields["meaning"].text(), response=response, press=press, tells=tells)
