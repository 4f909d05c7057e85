"""What the windows share: the line to the server, the open case, and what happens when the server says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from robots.practice.case_client.connection import Connection, NoContact, Refused, SessionEnded
from robots.practice.case_client.forms import Question

T = TypeVar("T")


class Desk(QObject):
    """The open case and the way to the server; `case_changed` when something has been read, `session_ended` when it is over."""

    case_changed = Signal()
    session_ended = Signal()

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self.case: dict[str, Any] | None = None

    @property
    def case_number(self) -> str:
        """The number of the open case, or nothing."""
        return str(self.case["case_number"]) if self.case else ""

    @property
    def personnummer(self) -> str:
        """The applicant of the open case, or nothing."""
        return str(self.case["applicant"]) if self.case else ""

    def open_case(self, case_number: str) -> None:
        """Read the case and show it."""
        self.case = self.connection.get("arenden", case_number)
        self.case_changed.emit()

    def send(self, what: str, body: dict[str, Any]) -> str:
        """Save the body in the open case, read the case anew and return the receipt."""
        answer = self.connection.post("arenden", self.case_number, what, body=body)
        self.open_case(self.case_number)
        return str(answer["receipt"])

    def attempt(self, parent: QWidget, do: Callable[[], T]) -> T | None:
        """Return what `do` returns; None when the server refused or was lost, which the caseworker is then told."""
        try:
            return do()
        except Refused as refused:
            Question(parent, name="notice", title="Verksamhet – Meddelande", text=str(refused), yes="OK").exec()
        except NoContact as lost:
            Question(parent, name="fault", title="Verksamhet – Fel", text=str(lost), yes="OK").exec()
        except SessionEnded:
            self.case = None
            for window in QApplication.topLevelWidgets():
                if isinstance(window, QDialog):
                    window.reject()
            # After the dialogs have gone: their event loops end first.
            QTimer.singleShot(0, self.session_ended.emit)
        return None
