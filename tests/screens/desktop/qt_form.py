"""A Qt program to try the driver on: 20 fields and more, a second window, dialogs; it writes what it holds to a file on save."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

KINDS = ["", "hyresrätt", "bostadsrätt", "inneboende hos förälder", "hyresrätt i andra hand", "saknar bostad"]
CASES = [(f"EB-2024-{number:04d}", f"2026-{number % 12 + 1:02d}", "öppet" if number % 2 else "stängt") for number in range(1, 41)]
LATE_CASE, LATE_MILLISECONDS = ("EB-2024-9999", "2026-12", "nytt"), 1500


class FormWindow(QWidget):
    def __init__(self, store: Path) -> None:
        super().__init__()
        self.store = store
        self.setWindowTitle("Ärende")
        self.resize(900, 980)
        self.pages = QStackedWidget()
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages)
        self.pages.addWidget(self._form())
        self.pages.addWidget(self._saved())
        self.second: QWidget | None = None

    def _form(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        heading = QLabel("Nytt ärende")
        layout.addWidget(heading)
        columns = QHBoxLayout()
        layout.addLayout(columns)
        self.fields: dict[str, QLineEdit] = {}
        for start in (0, 10):
            form = QFormLayout()
            for number in range(start, start + 10):
                field = QLineEdit()
                field.setObjectName(f"field_{number}")
                form.addRow(f"Fält {number}", field)
                self.fields[f"field_{number}"] = field
            columns.addLayout(form)
        rest = QFormLayout()
        layout.addLayout(rest)
        self.note = QPlainTextEdit()
        self.note.setObjectName("note")
        self.note.setFixedHeight(60)
        rest.addRow("Anteckning", self.note)
        self.kind = QComboBox()
        self.kind.addItems(KINDS)
        rest.addRow("Boendeform", self.kind)
        self.is_open = QCheckBox("Öppet ärende")
        rest.addRow(self.is_open)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        rest.addRow("Lösenord", self.password)
        fixed = QLineEdit("låst värde")
        fixed.setReadOnly(True)
        rest.addRow("Skrivskyddat", fixed)
        disabled = QLineEdit("grått")
        disabled.setEnabled(False)
        rest.addRow("Avstängt", disabled)
        self.upper = QLineEdit()
        self.upper.textEdited.connect(lambda text: self.upper.setText(text.upper()))
        rest.addRow("Versaler", self.upper)
        self.grouped = QLineEdit()
        self.grouped.editingFinished.connect(lambda: self.grouped.setText(self.grouped.text().replace("1000", "1 000")))
        rest.addRow("Grupperat", self.grouped)
        self.shown_cases = CASES
        self.table = QTableWidget(len(CASES), 3)
        self.table.setHorizontalHeaderLabels(["Ärendenummer", "Månad", "Läge"])
        self.table.setAccessibleName("Ärenden")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setFixedHeight(110)
        for row, case in enumerate(CASES):
            for column, text in enumerate(case):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.table.cellDoubleClicked.connect(self.open_case)
        layout.addWidget(self.table)
        self.paged = QTableWidget(2, 1)
        self.paged.setAccessibleName("Sidor")
        self.paged.setHorizontalHeaderLabels(["Ord"])
        self.paged.setFixedHeight(90)
        layout.addWidget(self.paged)
        self.next_page = QPushButton("Nästa sida")
        self.next_page.clicked.connect(lambda: QTimer.singleShot(50, lambda: self.turn_to(1)))
        layout.addWidget(self.next_page)
        self.turn_to(0)
        buttons = QHBoxLayout()
        layout.addLayout(buttons)
        for text, slot in [
            ("Spara", self.save),
            ("Fråga", self.ask),
            ("Okänd fråga", self.unknown),
            ("Fönster", self.open_second),
            ("Samma", lambda: None),
            ("Samma", lambda: None),
        ]:
            button = QPushButton(text)
            button.clicked.connect(slot)
            buttons.addWidget(button)
        picture = QLabel()
        picture.setFixedSize(64, 24)
        pixmap = QPixmap(str(Path(__file__).parent / "selectors" / "images" / "qt_form" / "mark.png"))
        picture.setPixmap(pixmap)
        picture.mousePressEvent = lambda event: self.show_saved("Bilden")  # type: ignore[method-assign] # the shortest clickable picture
        buttons.addWidget(picture)
        QShortcut(QKeySequence("F2"), self).activated.connect(self.save)
        return page

    def turn_to(self, page: int) -> None:
        for row in range(2):
            self.paged.setItem(row, 0, QTableWidgetItem(f"ord {2 * page + row}"))
        self.next_page.setEnabled(page == 0)

    def _saved(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        self.saved_label = QLabel("Sparat")
        layout.addWidget(self.saved_label)
        self.saved_what = QLabel("")
        self.saved_what.setObjectName("what")
        layout.addWidget(self.saved_what)
        back = QPushButton("Tillbaka")
        back.clicked.connect(lambda: self.pages.setCurrentIndex(0))
        layout.addWidget(back, alignment=Qt.AlignmentFlag.AlignTop)
        return page

    def show_saved(self, what: str) -> None:
        self.saved_what.setText(what)
        self.pages.setCurrentIndex(1)

    def save(self) -> None:
        held = {name: field.text() for name, field in self.fields.items()}
        held |= {
            "note": self.note.toPlainText(),
            "kind": self.kind.currentText(),
            "is_open": "Ja" if self.is_open.isChecked() else "Nej",
            "password": self.password.text(),
        }
        self.store.write_text(json.dumps(held), encoding="utf-8")
        self.show_saved("Formuläret")

    def open_case(self, row: int) -> None:
        self.show_saved(self.shown_cases[row][0])
        if self.table.rowCount() == len(CASES):
            # Somebody else's, which the server tells of when the table shows already.
            QTimer.singleShot(LATE_MILLISECONDS, self.add_late_case)

    def add_late_case(self) -> None:
        self.shown_cases = [LATE_CASE, *CASES]
        self.table.insertRow(0)
        for column, text in enumerate(LATE_CASE):
            self.table.setItem(0, column, QTableWidgetItem(text))

    def ask(self) -> None:
        dialog = QDialog(self)
        dialog.setWindowTitle("Bekräfta")
        layout = QVBoxLayout(dialog)
        layout.addWidget(QLabel("Ska ärendet avslutas?"))
        yes = QPushButton("Ja, avsluta")
        yes.clicked.connect(dialog.accept)
        layout.addWidget(yes)
        if dialog.exec():
            self.show_saved("Avslutat")

    def unknown(self) -> None:
        QTimer.singleShot(30, lambda: QMessageBox.question(self, "Varning", "Posten är ändrad av någon annan. Skriv över?"))

    def open_second(self) -> None:
        self.second = QWidget()
        self.second.setWindowTitle("Andra fönstret")
        layout = QFormLayout(self.second)
        layout.addRow(QLabel("Sök person"))
        layout.addRow("Sökord", QLineEdit())
        close = QPushButton("Stäng")
        close.clicked.connect(self.second.close)
        layout.addRow(close)
        self.second.show()


def main() -> None:
    application = QApplication(sys.argv)
    window = FormWindow(Path(sys.argv[1]))
    window.show()
    sys.exit(application.exec())


if __name__ == "__main__":
    main()
