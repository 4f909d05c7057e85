"""The small windows in which something is opened or saved; every one that saves shows whose case it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from robots.practice.case_client.desk import Desk
from robots.practice.case_client.forms import button, field, form, labelled, named, text_area, written_in
from robots.practice.case_texts import person


class Dialog(QDialog):
    """A form with an approving and a cancelling button; stays open until the server has taken what was entered."""

    def __init__(self, desk: Desk, parent: QWidget, *, name: str, title: str, approve: str) -> None:
        super().__init__(parent)
        named(self, name, title)
        self.setWindowTitle(title)
        self.desk = desk
        self.prefix = name
        self.receipt = ""
        self.form: QFormLayout = form()
        buttons = QHBoxLayout()
        buttons.addStretch()
        self.approving = button(f"{name}_save", approve, self.approve)
        self.approving.setDefault(True)
        buttons.addWidget(self.approving)
        buttons.addWidget(button(f"{name}_cancel", "Avbryt", self.reject))
        #: the form, and above the buttons what else a dialog needs
        self.content = QVBoxLayout()
        self.content.addLayout(self.form)
        layout = QVBoxLayout(self)
        layout.addLayout(self.content)
        layout.addSpacing(8)
        layout.addLayout(buttons)

    def add(self, name: str, label: str, *, width: int = 160, text: str = "") -> QLineEdit:
        """Put a field on the form."""
        edit = field(f"{self.prefix}_{name}", label, width=width)
        edit.setText(text)
        labelled(self.form, edit)
        return edit

    def show_case(self) -> None:
        """Put the open case's number and person on the form."""
        for name, label, text in (("case_number", "Ärende", self.desk.case_number), ("personnummer", "Personnummer", person(self.desk.personnummer))):
            edit = field(f"{self.prefix}_{name}", label, width=160, is_read_only=True)
            edit.setText(text)
            labelled(self.form, edit)

    def approve(self) -> None:
        """Do what the window is for, and close when it went well."""
        done = self.desk.attempt(self, self.act)
        if done is not None:
            self.receipt = done
            self.accept()

    def act(self) -> str:
        """Do what the window is for; returns the receipt."""
        raise NotImplementedError  # each kind of dialog has its own; Qt's classes can't be abstract ones of Python's


def _today() -> str:
    return date.today().isoformat()  # noqa: DTZ011 - the caseworker's own day


class LogIn(QDialog):
    """Name and password; the program ends when it is cancelled."""

    def __init__(self, desk: Desk, parent: QWidget, *, because: str) -> None:
        super().__init__(parent)
        named(self, "log_in", "Logga in")
        self.setWindowTitle("Logga in")
        self._desk = desk
        self._user = field("log_in_user", "Användarnamn", width=200)
        self._password = field("log_in_password", "Lösenord", width=200)
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._because = QLabel(because)
        self._because.setObjectName("log_in_because")
        self._because.setAccessibleIdentifier("log_in_because")
        lines = form()
        labelled(lines, self._user)
        labelled(lines, self._password)
        buttons = QHBoxLayout()
        buttons.addStretch()
        go_in = button("log_in_submit", "Logga in", self._go_in)
        go_in.setDefault(True)
        buttons.addWidget(go_in)
        buttons.addWidget(button("log_in_cancel", "Avsluta", self.reject))
        layout = QVBoxLayout(self)
        self._because.setVisible(bool(because))
        layout.addWidget(self._because)
        layout.addLayout(lines)
        layout.addSpacing(8)
        layout.addLayout(buttons)
        self._user.setFocus()

    def _go_in(self) -> None:
        def do() -> bool:
            self._desk.connection.log_in(self._user.text(), self._password.text())
            return True

        if self._desk.attempt(self, do):
            self.accept()
        else:
            self._password.clear()


class OpenCase(Dialog):
    """Ärende → Öppna…: a case by its number."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk, parent, name="open_case", title="Öppna ärende", approve="Öppna")
        self._number = self.add("number", "Ärendenummer", width=200)

    def act(self) -> str:
        """Open the case; the main window says so itself."""
        self.desk.open_case(self._number.text().strip())
        return ""


class NewDecision(Dialog):
    """Ärende → Nytt beslut…."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk, parent, name="decision", title="Nytt beslut", approve="Spara")
        self.show_case()
        self._kind = self.add("kind", "Beslutstyp")
        self._kind.setToolTip("bifall, delavslag, avslag eller avvisning")
        self._month = self.add("month", "Avser månad")
        self._amount = self.add("amount", "Belopp")
        self._motivation = text_area("decision_motivation", "Motivering", height=190)
        self._motivation.setMinimumWidth(440)
        labelled(self.form, self._motivation)
        self._kind.setFocus()

    def act(self) -> str:
        """Save the decision."""
        body = {
            "kind": self._kind.text().strip(),
            "month": self._month.text().strip(),
            "amount": self._amount.text().strip(),
            "motivation": written_in(self._motivation),
        }
        return f"Beslutet är sparat, kvittens {self.desk.send('beslut', body)}"


class NewPayment(Dialog):
    """Ärende → Ny utbetalning…; the account is the case's and the day today until others are typed."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk, parent, name="payment", title="Ny utbetalning", approve="Spara")
        self.show_case()
        self._month = self.add("month", "Avser månad")
        self._amount = self.add("amount", "Belopp")
        self._account = self.add("account", "Konto", width=220, text=str((desk.case or {}).get("account", "")))
        self._pay_on = self.add("pay_on", "Utbetalningsdag", text=_today())
        self._month.setFocus()

    def act(self) -> str:
        """Save the payment."""
        body = {
            "month": self._month.text().strip(),
            "amount": self._amount.text().strip(),
            "account": self._account.text().strip(),
            "pay_on": self._pay_on.text().strip(),
        }
        return f"Utbetalningen är sparad, kvittens {self.desk.send('utbetalningar', body)}"


class NewNote(Dialog):
    """Ärende → Ny journalanteckning…."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk, parent, name="note", title="Ny journalanteckning", approve="Spara")
        self.show_case()
        self._heading = self.add("heading", "Rubrik", width=440)
        self._text = text_area("note_text", "Anteckning", height=240)
        self._text.setMinimumWidth(440)
        labelled(self.form, self._text)
        self._heading.setFocus()

    def act(self) -> str:
        """Save the note."""
        body = {"heading": self._heading.text(), "text": written_in(self._text)}
        return f"Anteckningen är sparad, kvittens {self.desk.send('journal', body)}"


class NewWatch(Dialog):
    """Ärende → Ny bevakning…."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk, parent, name="watch", title="Ny bevakning", approve="Spara")
        self.show_case()
        self._due_on = self.add("due_on", "Bevakas till", text=_today())
        self._text = text_area("watch_text", "Text", height=160)
        self._text.setMinimumWidth(440)
        labelled(self.form, self._text)
        self._due_on.setFocus()

    def act(self) -> str:
        """Save the watch item."""
        body = {"due_on": self._due_on.text().strip(), "text": written_in(self._text)}
        return f"Bevakningen är sparad, kvittens {self.desk.send('bevakningar', body)}"


#: the windows of the menu Ärende by the key that opens them
WRITING: dict[str, tuple[str, Callable[[Desk, QWidget], Dialog]]] = {
    "Ctrl+D": ("Nytt beslut…", NewDecision),
    "Ctrl+U": ("Ny utbetalning…", NewPayment),
    "Ctrl+J": ("Ny journalanteckning…", NewNote),
    "Ctrl+K": ("Ny bevakning…", NewWatch),
}
