"""The form of twenty fields in Qt."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QFormLayout, QLabel, QLineEdit, QPushButton, QWidget

LABELS: list[str] = json.loads(Path(__file__).with_name("form_labels.json").read_text(encoding="utf-8"))
STORE = Path(sys.argv[1])


class Form(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Formulär")
        self.resize(700, 900)
        layout = QFormLayout(self)
        self.state = QLabel("Nytt")
        self.fields = {label: QLineEdit() for label in LABELS}
        for label, field in self.fields.items():
            layout.addRow(label, field)
            field.textEdited.connect(lambda _text: self.state.setText("Ändrat"))
        button = QPushButton("Spara")
        button.clicked.connect(self.save)
        layout.addRow(button)
        layout.addRow(self.state)
        for keys, do in (("Ctrl+S", self.save), ("Ctrl+N", self.clear), ("Ctrl+G", self.go_to_first)):
            QShortcut(QKeySequence(keys), self).activated.connect(do)

    def save(self) -> None:
        STORE.write_text(json.dumps({label: field.text() for label, field in self.fields.items()}), encoding="utf-8")
        self.state.setText("Sparat")

    def clear(self) -> None:
        for field in self.fields.values():
            field.clear()
        self.go_to_first()

    def go_to_first(self) -> None:
        self.fields[LABELS[0]].setFocus()


application = QApplication(sys.argv)
form = Form()
form.show()
sys.exit(application.exec())
