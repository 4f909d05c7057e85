"""The program's main window: the open case on four tabs, and the menus that write in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QMainWindow, QTableWidget, QVBoxLayout, QWidget

from robots.practice.case_client.calculation import CalculationWindow, NewCalculation
from robots.practice.case_client.desk import Desk
from robots.practice.case_client.dialogs import WRITING, Dialog, LogIn, OpenCase
from robots.practice.case_client.forms import field, fill, group, named, row_of, table, tabs
from robots.practice.case_client.search import PersonSearch
from robots.practice.case_texts import OVERVIEW, TABLES, fields_of, rows_of, swedish

TITLE = "Verksamhet – Ekonomiskt bistånd"

# The widths of the fields of the tab Översikt, in pixels.
_WIDTHS = {
    "co_applicant": 140,
    "civil_status": 140,
    "address": 340,
    "housing_form": 200,
    "persons_in_dwelling": 60,
    "account": 200,
    "has_open_overpayment": 60,
}

# The columns with whole texts, which are given the width that is left.
_WIDEST = {"decisions": "Motivering", "notes": "Anteckning", "watches": "Text"}

# Which tab shows what has just been saved.
_TAB_AFTER = {"Ctrl+D": 2, "Ctrl+U": 2, "Ctrl+J": 3, "Ctrl+K": 3}


class MainWindow(QMainWindow):
    """The case that is open."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        named(self, "main_window", TITLE)
        self.setWindowTitle(TITLE)
        self.resize(1180, 880)
        self._desk = desk
        self._fields = {
            "case_number": field("case_number", "Ärende", width=140, is_read_only=True),
            "applicant": field("personnummer", "Personnummer", width=140, is_read_only=True),
            "name": field("name", "Namn", width=260, is_read_only=True),
            "status": field("status", "Status", width=100, is_read_only=True),
            "last_month": field("last_month", "Senaste beräkning", width=100, is_read_only=True),
            "frame_until": field("frame_until", "Referensramen gäller till och med", width=100, is_read_only=True),
        }
        self._tables: dict[str, QTableWidget] = {
            name: table(name, title, headers, widest=_WIDEST.get(name, "")) for name, (title, headers) in TABLES.items()
        }
        self._tabs = tabs("case_tabs", "Ärendets delar")
        for title, page in (
            ("Översikt", self._overview()),
            ("Beräkning och planering", self._calculation_page()),
            ("Beslut och utbetalningar", self._page("decisions", "payments")),
            ("Journal och bevakningar", self._page("notes", "watches")),
        ):
            self._tabs.addTab(page, title)
        self._saved = QLabel("")
        self._saved.setObjectName("receipt")
        self._saved.setAccessibleIdentifier("receipt")
        self._build()
        self._menus()
        desk.case_changed.connect(self._show_case)
        desk.session_ended.connect(lambda: self.log_in("Sessionen har gått ut. Logga in igen."))

    def log_in(self, because: str = "") -> None:
        """Ask for name and password until the server is content; the program ends when the window is closed."""
        self._show_case()
        if LogIn(self._desk, self, because=because).exec() != LogIn.DialogCode.Accepted:
            self.close()

    def _build(self) -> None:
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.addLayout(row_of(*(self._fields[name] for name in ("case_number", "applicant", "name", "status"))))
        layout.addWidget(self._tabs)
        self.setCentralWidget(centre)
        self.statusBar().addWidget(self._saved)

    def _overview(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        grid = QGridLayout()
        for column, lines in enumerate(OVERVIEW):
            for line, (name, label) in enumerate(lines):
                edit = field(name, label, width=_WIDTHS[name], is_read_only=True)
                self._fields[name] = edit
                caption = QLabel(f"{label}:")
                caption.setBuddy(edit)
                grid.addWidget(caption, line, column * 2)
                grid.addWidget(edit, line, column * 2 + 1)
        grid.setColumnStretch(4, 1)
        grid.setHorizontalSpacing(12)
        layout.addWidget(group("Hushåll och boende", grid))
        layout.addWidget(group("Barn", self._tables["children"]))
        lower = QHBoxLayout()
        lower.addWidget(group("Tillgångar", self._tables["assets"]))
        lower.addWidget(group("Fordon", self._tables["vehicles"]))
        layout.addLayout(lower)
        return page

    def _calculation_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.addWidget(group("Beräkningar", row_of(self._fields["last_month"]), self._tables["calculations"]), 3)
        layout.addLayout(
            _side_by_side(group("Inkomster", self._tables["calculated_incomes"]), group("Utgifter", self._tables["calculated_expenses"])), 3
        )
        spread = group("Periodiserade inkomster", self._tables["spread_incomes"])
        layout.addLayout(_side_by_side(spread, group("Jobbstimulans", self._tables["jobbstimulans"])), 2)
        frame = QHBoxLayout()
        until = row_of(self._fields["frame_until"])
        until.setAlignment(Qt.AlignmentFlag.AlignTop)
        frame.addLayout(until)
        frame.addLayout(_captioned("Inkomster per månad", self._tables["frame_incomes"]), 3)
        frame.addLayout(_captioned("Utgifter per månad", self._tables["frame_expenses"]), 2)
        layout.addWidget(group("Individuell referensram", frame), 2)
        layout.addWidget(group("Planering", self._tables["plans"]), 2)
        return page

    def _page(self, *names: str) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        for name in names:
            layout.addWidget(group(TABLES[name][0], self._tables[name]))
        return page

    def _menus(self) -> None:
        case = self.menuBar().addMenu("&Ärende")
        self._action(case, "open_case_action", "Öppna…", "Ctrl+O", lambda: self._run(OpenCase(self._desk, self), tab=0))
        self._action(case, "search_action", "Sök person…", "Ctrl+F", lambda: self._run(PersonSearch(self._desk, self), tab=0))
        self._needs_case = [self._action(case, "refresh_action", "Uppdatera", "F5", self._refresh)]
        case.addSeparator()
        self._needs_case.append(self._action(case, "new_calculation_action", "Ny beräkning…", "Ctrl+B", self._calculate))
        for key, (text, window) in WRITING.items():

            def write(window: Callable[[Desk, QWidget], Dialog] = window, tab: int = _TAB_AFTER[key]) -> None:
                self._run(window(self._desk, self), tab=tab)

            self._needs_case.append(self._action(case, f"write_{key[-1].lower()}_action", text, key, write))
        case.addSeparator()
        self._action(case, "quit_action", "Avsluta", "Ctrl+Q", self.close)
        view = self.menuBar().addMenu("&Visa")
        for number in range(self._tabs.count()):

            def show(number: int = number) -> None:
                self._tabs.setCurrentIndex(number)

            self._action(view, f"tab_{number + 1}_action", self._tabs.tabText(number), f"Ctrl+{number + 1}", show)

    def _action(self, menu: Any, name: str, text: str, key: str, do: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        action.setShortcut(QKeySequence(key))
        action.triggered.connect(lambda: do())
        menu.addAction(action)
        return action

    def _run(self, window: Dialog, *, tab: int) -> None:
        if window.exec() == Dialog.DialogCode.Accepted:
            self._tabs.setCurrentIndex(tab)
            self._saved.setText(window.receipt or self._saved.text())
        window.deleteLater()

    def _refresh(self) -> None:
        self._desk.attempt(self, lambda: self._desk.open_case(self._desk.case_number))

    def _calculate(self) -> None:
        asked = NewCalculation(self._desk, self)
        if asked.exec() == Dialog.DialogCode.Accepted:
            window = CalculationWindow(self._desk, self, asked.draft)
            if window.exec() == Dialog.DialogCode.Accepted:
                self._tabs.setCurrentIndex(1)
                self._saved.setText(window.receipt)
            window.deleteLater()
        asked.deleteLater()

    def _show_case(self) -> None:
        case = self._desk.case
        for action in self._needs_case:
            action.setEnabled(case is not None)
        self._saved.setText(f"Ärende {self._desk.case_number} är öppet" if case is not None else "Inget ärende är öppet")
        if case is None:
            for edit in self._fields.values():
                edit.clear()
            for shown in self._tables.values():
                shown.setRowCount(0)
            return
        texts = fields_of(case)
        for name, edit in self._fields.items():
            edit.setText(texts[name])
            edit.setCursorPosition(0)
        for name, rows in rows_of(case, swedish).items():
            fill(self._tables[name], rows)


def _side_by_side(*boxes: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for box in boxes:
        row.addWidget(box)
    return row


def _captioned(caption: str, shown: QTableWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(2)
    column.addWidget(QLabel(f"{caption}:"))
    column.addWidget(shown)
    return column
