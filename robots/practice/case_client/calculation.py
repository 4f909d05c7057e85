"""Ärende → Ny beräkning…: the window of a normberäkning, filled in from the case, with the server's own sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QTableWidget, QVBoxLayout, QWidget

from robots.practice.case_client.desk import Desk
from robots.practice.case_client.dialogs import Dialog
from robots.practice.case_client.forms import (
    Question,
    add_row,
    button,
    field,
    fill,
    form,
    group,
    labelled,
    named,
    row_of,
    table,
    tabs,
    texts,
)
from robots.practice.case_texts import SUMS, person, swedish


class NewCalculation(Dialog):
    """Asks for the month and fetches what the system fills in."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk, parent, name="new_calculation", title="Ny beräkning", approve="OK")
        self.show_case()
        self._month = self.add("month", "Beräkningsmånad")
        self._month.setFocus()
        self.draft: dict[str, Any] = {}

    def act(self) -> str:
        """Fetch the draft."""
        self.draft = self.desk.connection.get("arenden", self.desk.case_number, "utkast", self._month.text().strip() or "-")
        return str(self.draft["month"])


class _Rows(QWidget):
    """A small form that adds rows to a table: one field a column, a button for adding and one for taking the last away."""

    def __init__(self, name: str, title: str, columns: tuple[tuple[str, str, int], ...], changed: Callable[[], None]) -> None:
        super().__init__()
        self.keys = tuple(key for key, _, _ in columns)
        self.shown: QTableWidget = table(f"{name}_rows", title, [label for _, label, _ in columns])
        self._edits: list[QLineEdit] = [field(f"{name}_{key}", _entry_label(name, label), width=width) for key, label, width in columns]
        self._changed = changed
        self._count = field(f"{name}_count", f"Antal rader, {title.lower()}", width=46, is_read_only=True)
        self._count.setText("0")
        labels = []
        for edit, (_, label, _) in zip(self._edits, columns, strict=True):
            column = QVBoxLayout()
            column.setSpacing(2)
            text = QLabel(f"{label}:")
            text.setBuddy(edit)
            column.addWidget(text)
            column.addWidget(edit)
            labels.append(column)
        line = QHBoxLayout()
        for column in labels:
            line.addLayout(column)
        line.addStretch()
        buttons = QHBoxLayout()
        # The key is the same on every tab; only the button that shows takes it.
        buttons.addWidget(button(f"{name}_add", "Lägg till rad", self._add, shortcut="Alt+L"))
        buttons.addWidget(button(f"{name}_remove", "Ta bort sista raden", self._remove))
        buttons.addStretch()
        buttons.addWidget(QLabel("Antal rader:"))
        buttons.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addLayout(buttons)
        layout.addWidget(self.shown)

    def rows(self) -> list[dict[str, str]]:
        """Return what the table shows, by the columns' keys."""
        return [dict(zip(self.keys, row, strict=True)) for row in texts(self.shown)]

    def _add(self) -> None:
        add_row(self.shown, [edit.text().strip() for edit in self._edits])
        for edit in self._edits:
            edit.clear()
        self._edits[0].setFocus()
        self._count.setText(str(self.shown.rowCount()))
        self._changed()

    def _remove(self) -> None:
        if self.shown.rowCount():
            self.shown.removeRow(self.shown.rowCount() - 1)
            self._count.setText(str(self.shown.rowCount()))
            self._changed()


def _entry_label(name: str, label: str) -> str:
    """Return the accessible name of a field, which no other field of the window has."""
    of = {"income": "inkomst", "expense": "utgift", "special": "levnadskostnad i övrigt"}
    return f"{label} för {of[name]}"


class CalculationWindow(QDialog):
    """The calculation of one month; nothing is saved before Spara has been answered with Ja."""

    def __init__(self, desk: Desk, parent: QWidget, draft: dict[str, Any]) -> None:
        super().__init__(parent)
        named(self, "calculation", "Normberäkning")
        self.setWindowTitle("Normberäkning")
        self.resize(980, 560)
        self.receipt = ""
        self._desk = desk
        self._month = str(draft["month"])
        self._incomes = _Rows(
            "income",
            "Inkomster",
            (("party", "Part", 100), ("kind", "Typ", 170), ("paid_on", "Datum", 100), ("amount", "Belopp", 100), ("note", "Anteckning", 260)),
            self._forget_sums,
        )
        costs = (("kind", "Typ", 200), ("applied", "Sökt belopp", 110), ("approved", "Godkänt belopp", 110))
        self._expenses = _Rows("expense", "Utgifter", costs, self._forget_sums)
        self._special = _Rows("special", "Levnadskostnader i övrigt", costs, self._forget_sums)
        self._sums = {key: field(f"sum_{key}", label, width=130, is_read_only=True) for key, label in SUMS}
        self._tabs = tabs("calculation_tabs", "Beräkningens delar")
        for number, (title, page) in enumerate(
            (
                ("Familj", self._family(draft)),
                ("Gemensamma hushållskostnader", self._common_costs(draft)),
                ("Inkomster", _page(self._incomes)),
                ("Utgifter", _page(self._expenses)),
                ("Levnadskostnader i övrigt", _page(self._special)),
                ("Sammanställning", self._summary()),
            )
        ):
            self._tabs.addTab(page, title)
            self._tabs.setTabToolTip(number, f"Alt+{number + 1}")
            self._tab_key(number)
        layout = QVBoxLayout(self)
        layout.addLayout(self._head())
        layout.addWidget(self._tabs)
        layout.addLayout(self._foot())

    def _tab_key(self, number: int) -> None:
        QShortcut(QKeySequence(f"Alt+{number + 1}"), self).activated.connect(lambda: self._tabs.setCurrentIndex(number))

    def _head(self) -> QHBoxLayout:
        shown = []
        for name, label, text in (
            ("case_number", "Ärende", self._desk.case_number),
            ("personnummer", "Personnummer", person(self._desk.personnummer)),
            ("month", "Beräkningsmånad", self._month),
        ):
            edit = field(f"calculation_{name}", label, width=150, is_read_only=True)
            edit.setText(text)
            shown.append(edit)
        return row_of(*shown)

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(button("calculation_save", "Spara", self._save, shortcut="Ctrl+S"))
        foot.addWidget(button("calculation_cancel", "Avbryt", self.reject))
        return foot

    def _family(self, draft: dict[str, Any]) -> QWidget:
        self._members = table("family_rows", "Familjemedlemmar", ["Vem", "Normintervall", "Dagar", "Ingår", "Belopp"])
        rows = draft["members"]
        fill(self._members, [[person(row["who"]), row["interval"], row["days"], row["included"], swedish(row["amount"])] for row in rows])
        self._edits = [
            field("family_row", "Rad", width=50),
            field("family_interval", "Normintervall", width=170),
            field("family_days", "Dagar", width=100),
            field("family_included", "Ingår", width=60),
        ]
        return _page(self._members, row_of(*self._edits, button("family_change", "Ändra rad", self._change_member)))

    def _common_costs(self, draft: dict[str, Any]) -> QWidget:
        self._size = field("household_size", "Antal i hushållet", width=60)
        self._dwelling = field("dwelling_size", "Antal i bostaden", width=60)
        self._share = field("household_share", "Hushållets andel", width=110, is_read_only=True)
        self._common = field("common_cost", "Hushållets belopp", width=110, is_read_only=True)
        self._size.setText(draft["household_size"])
        self._dwelling.setText(draft["persons_in_dwelling"])
        self._show_common(draft)
        lines = form()
        for edit in (self._size, self._dwelling, self._share, self._common):
            labelled(lines, edit)
        for edit in (self._size, self._dwelling):
            edit.textEdited.connect(self._forget_common)
        rule = QLabel("Bor fler i bostaden än de som ingår i hushållet räknas hushållets andel av kostnaden för alla som bor där.")
        return _page(rule, lines, None)

    def _show_common(self, amounts: dict[str, Any]) -> None:
        self._share.setText(f"{swedish(amounts['share'])} %")
        self._common.setText(swedish(amounts["common"]))

    def _forget_common(self) -> None:
        self._share.clear()
        self._common.clear()
        self._forget_sums()

    def _summary(self) -> QWidget:
        lines = form()
        for edit in self._sums.values():
            labelled(lines, edit)
        self._result = group("Resultat", lines)
        self._result.hide()
        return _page(row_of(button("calculate", "Beräkna", self._work_out, shortcut="Alt+B")), self._result, None)

    def _change_member(self) -> None:
        place, *values = (edit.text().strip() for edit in self._edits)
        if not place.isdecimal() or not 1 <= int(place) <= self._members.rowCount():
            Question(self, name="notice", title="Verksamhet – Meddelande", text="Raden finns inte.", yes="OK").exec()
            return
        rows = texts(self._members)
        who = rows[int(place) - 1][0]
        rows[int(place) - 1] = [who, *values, ""]
        fill(self._members, rows)
        for edit in self._edits:
            edit.clear()
        self._forget_sums()

    def _forget_sums(self, *_: object) -> None:
        self._result.hide()
        for edit in self._sums.values():
            edit.clear()

    def _body(self) -> dict[str, Any]:
        keys = ("who", "interval", "days", "included")
        return {
            "month": self._month,
            "members": [dict(zip(keys, row, strict=False)) for row in texts(self._members)],
            "household_size": self._size.text().strip(),
            "persons_in_dwelling": self._dwelling.text().strip(),
            "incomes": self._incomes.rows(),
            "expenses": self._expenses.rows(),
            "special": self._special.rows(),
        }

    def _work_out(self) -> None:
        sums = self._desk.attempt(self, lambda: self._desk.connection.post("arenden", self._desk.case_number, "utkast", body=self._body()))
        if sums is not None:
            for key, edit in self._sums.items():
                edit.setText(swedish(sums[key]))
            self._show_common(sums)
            self._result.show()

    def _save(self) -> None:
        if not self._sums["amount"].text():
            Question(self, name="notice", title="Verksamhet – Meddelande", text="Tryck på Beräkna först.", yes="OK").exec()
            return
        question = Question(self, name="confirm", title="Spara beräkning", text="Vill du spara beräkningen?", yes="Ja", no="Nej")
        if question.exec() != QDialog.DialogCode.Accepted:
            return
        receipt = self._desk.attempt(self, lambda: self._desk.send("berakningar", self._body()))
        if receipt is not None:
            self.receipt = f"Beräkningen är sparad, kvittens {receipt}"
            self.accept()


def _page(*parts: Any) -> QWidget:
    """Return a tab's page with the parts under each other; None takes the room that is left."""
    page = QWidget()
    layout = QVBoxLayout(page)
    for part in parts:
        if part is None:
            layout.addStretch()
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)
    return page
