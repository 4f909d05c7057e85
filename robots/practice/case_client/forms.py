"""What every window of the program is built of: labelled fields, tables, buttons and small modal questions, all with names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QStyledItemDelegate,
    QTabBar,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)


def named(widget: QWidget, name: str, spoken: str) -> None:
    """Give the widget the name that the accessibility tree knows it by, and the one that a screen reader says."""
    widget.setObjectName(name)
    widget.setAccessibleName(spoken)
    widget.setAccessibleIdentifier(name)


def field(name: str, label: str, *, width: int, is_read_only: bool = False) -> QLineEdit:
    """Return a field of so many pixels; read-only ones look like it."""
    edit = QLineEdit()
    named(edit, name, label)
    edit.setFixedWidth(width)
    if is_read_only:
        edit.setReadOnly(True)
        edit.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        edit.setProperty("readOnlyLook", True)
    return edit


def labelled(form: QFormLayout, edit: QWidget) -> None:
    """Put the field on a row of the form, with its label as buddy."""
    label = QLabel(f"{edit.accessibleName()}:")
    label.setBuddy(edit)
    form.addRow(label, edit)


def form() -> QFormLayout:
    """Return an empty form with labels to the left."""
    layout = QFormLayout()
    layout.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    layout.setHorizontalSpacing(10)
    layout.setVerticalSpacing(5)
    return layout


def row_of(*edits: QWidget) -> QHBoxLayout:
    """Return the fields side by side, each under its label."""
    row = QHBoxLayout()
    for edit in edits:
        if isinstance(edit, QPushButton):
            row.addWidget(edit, 0, Qt.AlignmentFlag.AlignBottom)
            continue
        column = QVBoxLayout()
        column.setSpacing(2)
        label = QLabel(f"{edit.accessibleName()}:")
        label.setBuddy(edit)
        column.addWidget(label)
        column.addWidget(edit)
        row.addLayout(column)
    row.addStretch()
    return row


def text_area(name: str, label: str, *, height: int) -> QPlainTextEdit:
    """Return a field of several lines; Tab leaves it."""
    area = QPlainTextEdit()
    named(area, name, label)
    area.setTabChangesFocus(True)
    area.setFixedHeight(height)
    return area


def written_in(area: QPlainTextEdit) -> str:
    """Return the text to the letter; Qt's own `toPlainText` makes ordinary blanks of no-break ones."""
    return area.document().toRawText().replace("\N{PARAGRAPH SEPARATOR}", "\n").replace("\N{LINE SEPARATOR}", "\n")


def button(name: str, text: str, press: Callable[[], object], *, shortcut: str = "") -> QPushButton:
    """Return a button; the short-cut works at once, and stands on the button."""
    made = QPushButton(f"{text} ({shortcut})" if shortcut else text)
    named(made, name, text)
    made.setAutoDefault(False)
    made.clicked.connect(lambda: press())
    if shortcut:
        # A mnemonic would press the button with a delay, and what is typed meanwhile would end up in the old row.
        QShortcut(QKeySequence(shortcut), made).activated.connect(made.click)
    return made


class _OneLine(QStyledItemDelegate):
    """Shows a text of several lines on the one line that a row has, instead of its first words and dots."""

    def displayText(self, value: object, locale: QLocale | QLocale.Language) -> str:  # noqa: N802 - Qt's name
        """Return Qt's text with blanks for line breaks."""
        return " ".join(super().displayText(value, locale).split())


def table(name: str, title: str, headers: Sequence[str], *, widest: str = "") -> QTableWidget:
    """Return an empty table that only shows; the column `widest`, or the last one, takes the width that is left."""
    made = QTableWidget(0, len(headers))
    named(made, name, title)
    made.setHorizontalHeaderLabels(list(headers))
    made.verticalHeader().hide()
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setAlternatingRowColors(True)
    made.setWordWrap(False)
    made.setItemDelegate(_OneLine(made))
    made.setTabKeyNavigation(False)
    made.verticalHeader().setDefaultSectionSize(22)
    made.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    made.horizontalHeader().setMinimumSectionSize(80)
    made.horizontalHeader().setStretchLastSection(not widest)
    if widest:
        made.horizontalHeader().setSectionResizeMode(list(headers).index(widest), QHeaderView.ResizeMode.Stretch)
    made.horizontalHeader().setHighlightSections(False)
    made.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return made


def fill(shown: QTableWidget, rows: Sequence[Sequence[str]]) -> None:
    """Replace what the table shows."""
    shown.setRowCount(0)
    for row in rows:
        add_row(shown, row)


def add_row(shown: QTableWidget, row: Sequence[str]) -> None:
    """Add a row at the end."""
    place = shown.rowCount()
    shown.insertRow(place)
    for column, text in enumerate(row):
        shown.setItem(place, column, QTableWidgetItem(text))
    shown.scrollToBottom()


def texts(shown: QTableWidget) -> list[list[str]]:
    """Return what the table shows."""
    found = []
    for place in range(shown.rowCount()):
        items = [shown.item(place, column) for column in range(shown.columnCount())]
        found.append([item.text() if item is not None else "" for item in items])
    return found


class _HighTabs(QTabBar):
    """Tabs that are high enough for the dots of Ö, which Fusion cuts off on those behind."""

    def tabSizeHint(self, index: int) -> QSize:  # noqa: N802 - Qt's name
        """Return Qt's size and some more height."""
        return super().tabSizeHint(index) + QSize(0, 6)


def tabs(name: str, title: str) -> QTabWidget:
    """Return an empty set of tabs."""
    made = QTabWidget()
    bar = _HighTabs()
    named(bar, f"{name}_bar", title)
    made.setTabBar(bar)
    named(made, name, title)
    return made


def group(title: str, *parts: QWidget | QLayout) -> QGroupBox:
    """Return a framed group with the parts under each other."""
    box = QGroupBox(title)
    inner = QVBoxLayout(box)
    inner.setContentsMargins(8, 8, 8, 8)
    for part in parts:
        if isinstance(part, QLayout):
            inner.addLayout(part)
        else:
            inner.addWidget(part)
    return box


class Question(QDialog):
    """A small modal window with a sentence and one or two buttons; `exec` says whether the first was pressed."""

    def __init__(self, parent: QWidget | None, *, name: str, title: str, text: str, yes: str, no: str = "") -> None:
        super().__init__(parent)
        named(self, name, title)
        self.setWindowTitle(title)
        sentence = QLabel(text)
        # The tree calls a label by what it says; the object name tells which sentence it is.
        sentence.setObjectName(f"{name}_text")
        sentence.setAccessibleIdentifier(f"{name}_text")
        sentence.setWordWrap(True)
        sentence.setMinimumWidth(320)
        buttons = QHBoxLayout()
        buttons.addStretch()
        accept = button(f"{name}_yes", yes, self.accept)
        accept.setDefault(True)
        buttons.addWidget(accept)
        if no:
            buttons.addWidget(button(f"{name}_no", no, self.reject))
        layout = QVBoxLayout(self)
        layout.addWidget(sentence)
        layout.addSpacing(10)
        layout.addLayout(buttons)
