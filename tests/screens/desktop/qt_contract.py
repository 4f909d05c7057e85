"""A Qt program with the views that every screen's tests ask for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

PAGE_ROWS = 3
ROWS = [
    ("A-1", "första", "ett"),
    ("A-2", "andra", "två"),
    ("A-3", "tredje", "<b>fet</b> <script>document.title='x'</script> {{7*7}}"),
    ("A-4", "fjärde", "dubbel"),
    ("A-5", "femte", "dubbel"),
]


def in_kronor(text: str) -> str:
    plain = text.replace("\u00a0", "").replace(",", ".")
    return f"{float(plain):,.2f}".replace(",", "\u00a0").replace(".", ",") if plain.replace(".", "", 1).isdecimal() else ""


def capped(text: str) -> str:
    return "1\u00a0000,00" if in_kronor(text) and in_kronor(text) != "1\u00a0000,00" else ""


def without_hyphens(text: str) -> str:
    return text.replace("-", "")


class ContractWindow(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Prov")
        self.resize(700, 700)
        self.pages = QStackedWidget()
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages)
        for page in (self._start(), self._form(), self._saved(), self._refused(), self._list(), self._case()):
            self.pages.addWidget(page)

    def _button(self, text: str, page: int, layout: QVBoxLayout | QFormLayout) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda: self.pages.setCurrentIndex(page))
        layout.addWidget(button)
        return button

    def _page(self, heading: str) -> tuple[QWidget, QFormLayout]:
        page = QWidget()
        layout = QFormLayout(page)
        layout.addRow(QLabel(heading))
        return page, layout

    def _start(self) -> QWidget:
        page, layout = self._page("Start")
        self._button("Formulär", 1, layout)
        self._button("Lista", 4, layout)
        return page

    def _form(self) -> QWidget:
        page, layout = self._page("Formulär")
        self.name = QLineEdit()
        layout.addRow("Namn", self.name)
        self.note = QPlainTextEdit()
        layout.addRow("Anteckning", self.note)
        layout.addRow("Belopp", QLineEdit())
        kind = QComboBox()
        kind.addItems(["Lön", "Pension"])
        layout.addRow("Typ", kind)
        layout.addRow(QCheckBox("Aktiv"))
        shouted = QLineEdit()
        shouted.editingFinished.connect(lambda: shouted.setText(shouted.text().upper()))
        layout.addRow("Versaler", shouted)
        for label, rewritten in (("Summa", in_kronor), ("Tak", capped), ("Dag", without_hyphens)):
            field = QLineEdit()
            field.editingFinished.connect(partial(self._rewrite, field, rewritten))
            layout.addRow(label, field)
        person = QLineEdit()
        person.setInputMask("99999999-9999;_")
        layout.addRow("Personnummer", person)
        held = QLineEdit("fast")
        held.setReadOnly(True)
        layout.addRow("Fast", held)
        layout.addRow("Tvilling", QLineEdit())
        layout.addRow("Tvilling", QLineEdit())
        save = self._button("Spara", 2, layout)
        save.clicked.connect(lambda: self.saved_name.setText(self.name.text()))
        self._button("Vägra", 3, layout)
        return page

    @staticmethod
    def _rewrite(field: QLineEdit, rewritten: Callable[[str], str]) -> None:
        if field.text() != rewritten(field.text()):
            field.setText(rewritten(field.text()))

    def _saved(self) -> QWidget:
        page, layout = self._page("Sparat")
        self.saved_name = QLineEdit()
        self.saved_name.setReadOnly(True)
        layout.addRow("Namn", self.saved_name)
        return page

    def _refused(self) -> QWidget:
        return self._page("Nekat")[0]

    def _list(self) -> QWidget:
        page, layout = self._page("Lista")
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName("Ärenden")
        self.table.setHorizontalHeaderLabels(["Nummer", "Person", "Not"])
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.cellDoubleClicked.connect(self._open)
        layout.addRow(self.table)
        self.turning = {step: QPushButton(text) for step, text in ((-1, "Föregående"), (1, "Nästa"))}
        for step, button in self.turning.items():
            button.clicked.connect(partial(QTimer.singleShot, 50, partial(self._turn, step)))
            layout.addRow(button)
        self.first_row = 0
        self._turn(0)
        return page

    def _turn(self, step: int) -> None:
        self.first_row += step * PAGE_ROWS
        here = ROWS[self.first_row : self.first_row + PAGE_ROWS]
        self.table.setRowCount(len(here))
        for row, texts in enumerate(here):
            for column, text in enumerate(texts):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.turning[-1].setEnabled(self.first_row > 0)
        self.turning[1].setEnabled(self.first_row + PAGE_ROWS < len(ROWS))

    def _open(self, row: int) -> None:
        self.case_reference.setText(ROWS[self.first_row + row][0])
        self.pages.setCurrentIndex(5)

    def _case(self) -> QWidget:
        page, layout = self._page("Ärende")
        self.case_reference = QLineEdit()
        self.case_reference.setReadOnly(True)
        layout.addRow("Nummer", self.case_reference)
        return page


def main() -> None:
    application = QApplication(sys.argv)
    window = ContractWindow()
    window.show()
    sys.exit(application.exec())


if __name__ == "__main__":
    main()
