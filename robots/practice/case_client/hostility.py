"""What the program does to its own windows when its server is hostile; see `robots.practice.office.HOSTILITY`."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
from pathlib import Path

import httpx
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QLabel, QMessageBox, QWidget

from robots.practice.case_client.forms import button, named

#: where the server says which switches are thrown; a server that is not hostile has no such page
_ASKED_AT = "/hostility"
#: the field that is renamed or removed, and the window that has its button twice
_FIELD, _DIALOG, _BUTTON = "decision_motivation", "decision", "decision_save"
_NOT_DISTURBED = ("log_in", "notice", "fault", "confirm")


def begin(server: str, app: QApplication) -> None:
    """Ask the server which switches are thrown, and do what they say for as long as the program runs."""
    try:
        answer = httpx.get(f"{server}{_ASKED_AT}", timeout=10, trust_env=False)
        thrown = answer.json() if answer.is_success else {}
    except (httpx.HTTPError, ValueError):
        return
    if not thrown:
        return
    disturbance = _Disturbance(app, thrown["seeds"])
    app.installEventFilter(disturbance)
    if "focus-thief" in thrown["seeds"]:
        record = Path(thrown["folder"]) / f"thief-{os.getpid()}.json"
        # A program like any other on the desk, and none of this one's: it ends when the desk does.
        command = [
            "setsid",
            "--fork",
            sys.executable,
            "-m",
            "robots.practice.hostility_thief",
            "--record",
            str(record),
            "--seed",
            str(thrown["seeds"]["focus-thief"]),
        ]
        subprocess.run(command, check=True)


class _Disturbance(QObject):
    """Sees every window that comes up, before its user does."""

    def __init__(self, app: QApplication, seeds: dict[str, int]) -> None:
        super().__init__(app)
        self._seeds = seeds
        self._chance = random.Random(seeds.get("unknown-dialog"))
        self._changed: set[int] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Change a dialog window when it is about to show; the event goes its way."""
        if event.type() == QEvent.Type.Show and isinstance(watched, QDialog) and not isinstance(watched, QMessageBox):
            self._disturb(watched)
        return False

    def _disturb(self, window: QDialog) -> None:
        if window.objectName() in _NOT_DISTURBED:
            return
        if "unknown-dialog" in self._seeds and self._chance.randrange(2) == 0:
            QTimer.singleShot(0, lambda: _ask(window))
        if window.objectName() != _DIALOG:
            return
        if "renamed-field" in self._seeds:
            _rename(window)
        if "removed-field" in self._seeds:
            for part in _field_and_label(window):
                part.hide()
        if "duplicated-button" in self._seeds:
            _duplicate_button(window)


def _ask(window: QDialog) -> None:
    """Show a modal question that nobody has described, above the window."""
    with contextlib.suppress(RuntimeError):  # the window has gone meanwhile
        question = QMessageBox(QMessageBox.Icon.Question, "Fråga", "Vill du ta bort utkastet?", parent=window)
        question.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
        question.exec()


def _field_and_label(window: QDialog) -> tuple[QWidget, ...]:
    field = window.findChild(QWidget, _FIELD)
    labels = [label for label in window.findChildren(QLabel) if label.buddy() is field]
    return (*([field] if isinstance(field, QWidget) else []), *labels)


def _rename(window: QDialog) -> None:
    field, *labels = _field_and_label(window)
    named(field, "decision_reasons", "Skäl för beslutet")
    for label in labels:
        if isinstance(label, QLabel):
            label.setText("Skäl för beslutet:")


def _duplicate_button(window: QDialog) -> None:
    """Put a second button beside the one that saves, which looks and is called the same, and does nothing."""
    for layout in window.findChildren(QHBoxLayout):
        for place in range(layout.count()):
            item = layout.itemAt(place)
            widget = item.widget() if item is not None else None
            if widget is not None and widget.objectName() == _BUTTON:
                layout.insertWidget(place, button(_BUTTON, "Spara", lambda: None))
                return
