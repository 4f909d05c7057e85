"""Ärende → Sök person…: which cases a person has, and the way into one of them."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from robots.practice.case_client.desk import Desk
from robots.practice.case_client.dialogs import Dialog
from robots.practice.case_client.forms import button, field, fill, row_of, table, texts
from robots.practice.case_texts import person


class PersonSearch(Dialog):
    """A personnummer, and its cases in a table; the one that is picked is opened by Öppna, Enter or a double click."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk, parent, name="search", title="Sök person", approve="Öppna")
        self._number = field("search_personnummer", "Personnummer", width=200)
        self._search = button("search_go", "Sök", self._look_up)
        self._hits = table("search_hits", "Träffar", ["Ärendenummer", "Personnummer", "Status"])
        self._hits.setMinimumSize(520, 180)
        self._count = field("search_count", "Antal träffar", width=60, is_read_only=True)
        self.content.addLayout(row_of(self._number, self._search, self._count))
        self.content.addWidget(self._hits)
        self._number.textEdited.connect(self._forget_hits)
        self._hits.cellDoubleClicked.connect(lambda *_: self.approve())
        self._forget_hits()
        self._number.setFocus()

    def act(self) -> str:
        """Open the picked case; the main window says so itself."""
        case_number, _, _ = texts(self._hits)[self._hits.currentRow()]
        self.desk.open_case(case_number)
        return ""

    def _look_up(self) -> None:
        answer = self.desk.attempt(self, lambda: self.desk.connection.get("personer", self._number.text().strip() or "-"))
        if answer is None:
            return
        found = answer["hits"]
        fill(self._hits, [[one["case_number"], person(answer["personnummer"]), one["status"]] for one in found])
        self._count.setText(str(len(found)))
        if found:
            self._hits.selectRow(0)
            self._hits.setFocus()
        self._await_pick(is_possible=bool(found))

    def _forget_hits(self) -> None:
        """Show no hits of another number than the one in the field."""
        self._hits.setRowCount(0)
        self._count.clear()
        self._await_pick(is_possible=False)

    def _await_pick(self, *, is_possible: bool) -> None:
        """Let Enter open the picked case when there is one, and search otherwise."""
        self.approving.setEnabled(is_possible)
        (self.approving if is_possible else self._search).setDefault(True)
