"""Personsök: the small old program that tells the case number of a person, `python -m robots.practice.person_lookup --server URL`.

It has no accessibility tree, as such programs have none: its title tells the state, function keys give the fields the
focus, and the button that searches is a drawn magnifying glass that only a pointer reaches.
"""

from __future__ import annotations

import argparse
import sys
import tkinter as tk
from typing import Any

from robots.practice.case_client.connection import Connection, NoContact, Refused, SessionEnded

_GREY = "#d9d9d9"
_FONT = ("DejaVu Sans", 10)

# Window, margin and the fields' places, pixels.
_SIZE = "460x270"
_LEFT, _FIELD_LEFT, _TOP, _STEP = 16, 190, 46, 34


class PersonLookup:
    """The window: first the log-in, then search and answer on the same form."""

    def __init__(self, root: tk.Tk, connection: Connection) -> None:
        self._root = root
        self._connection = connection
        self._form = tk.Frame(root, background=_GREY)
        root.geometry(_SIZE)
        root.resizable(width=False, height=False)
        root.configure(background=_GREY)
        self._log_in_form()

    def _new_form(self, heading: str) -> None:
        self._form.destroy()
        self._form = tk.Frame(self._root, background=_GREY)
        self._form.place(x=0, y=0, relwidth=1, relheight=1)
        for key in ("<F2>", "<F3>", "<F4>", "<F5>", "<F6>", "<F9>", "<Return>"):
            self._root.unbind(key)
        tk.Label(self._form, text=heading, background="#3a5f8a", foreground="white", anchor="w", padx=10, font=(*_FONT, "bold")).place(
            x=0, y=0, relwidth=1, height=30
        )

    def _say_when_ready(self, title: str, first: tk.Entry) -> None:
        """Give the first field the focus, and the window its title once that field takes keys: before, they would be lost."""

        def ready(_event: object) -> None:
            first.unbind("<Map>")
            first.focus_set()
            self._root.title(f"Personsök – {title}")

        first.bind("<Map>", ready)

    def _field(self, line: int, label: str, key: str, *, is_read_only: bool = False, shown: str = "") -> tk.Entry:
        """Put a field on the form's line; the function key gives it the focus."""
        top = _TOP + line * _STEP
        tk.Label(self._form, text=f"{label} ({key})", background=_GREY, anchor="w", font=_FONT).place(x=_LEFT, y=top, height=24)
        edit = tk.Entry(self._form, font=_FONT, show=shown, readonlybackground="#eeeeee", exportselection=False)
        edit.place(x=_FIELD_LEFT, y=top, width=190, height=24)
        if is_read_only:
            edit.configure(state="readonly")
        self._root.bind(f"<{key}>", lambda _event: edit.focus_set())
        return edit

    # the log-in

    def _log_in_form(self, title: str = "logga in", text: str = "") -> None:
        self._new_form("Personsök: logga in")
        self._user = self._field(0, "Användare", "F2")
        self._password = self._field(1, "Lösenord", "F3", shown="*")
        tk.Button(self._form, text="Logga in (Enter)", font=_FONT, command=self._log_in).place(
            x=_FIELD_LEFT, y=_TOP + 2 * _STEP, width=150, height=28
        )
        tk.Label(self._form, text=text, background=_GREY, foreground="#a00000", anchor="w", font=_FONT).place(x=_LEFT, y=_TOP + 3 * _STEP + 6)
        self._root.bind("<Return>", lambda _event: self._log_in())
        self._say_when_ready(title, self._user)

    def _log_in(self) -> None:
        try:
            self._connection.log_in(self._user.get(), self._password.get())
        except Refused as refused:
            self._log_in_form("inloggning nekad", str(refused))
        except (NoContact, SessionEnded):
            self._log_in_form("servern svarar inte", "Ingen kontakt med servern.")
        else:
            self._search_form()

    # search and answer

    def _search_form(self) -> None:
        self._new_form("Personsök: ärende per person")
        self._number = self._field(0, "Personnummer", "F2")
        self._answers = {
            "personnummer": self._field(1, "Sökningen avser", "F3", is_read_only=True),
            "case_number": self._field(2, "Ärendenummer", "F4", is_read_only=True),
            "status": self._field(3, "Status", "F5", is_read_only=True),
            "hits": self._field(4, "Antal träffar", "F6", is_read_only=True),
        }
        glass = tk.Canvas(self._form, width=44, height=28, background="#f4e3a1", highlightthickness=1, highlightbackground="#6b5a1e", takefocus=0)
        glass.place(x=_FIELD_LEFT + 198, y=_TOP - 3)
        glass.create_oval(11, 5, 27, 21, outline="#1f3d66", width=3, fill="#cfe4f7")
        glass.create_line(25, 19, 35, 27, fill="#1f3d66", width=4)
        glass.bind("<ButtonRelease-1>", lambda _event: self._search())
        tk.Label(self._form, text="F9 = ny sökning", background=_GREY, foreground="#404040", font=_FONT).place(x=_LEFT, y=_TOP + 5 * _STEP + 16)
        self._root.bind("<F9>", lambda _event: self._clear())
        # An answer must never stand beside another number than the one it belongs to.
        written = tk.StringVar(self._form)
        self._number.configure(textvariable=written)
        written.trace_add("write", lambda *_: self._answer("sök", {}))
        self._say_when_ready("sök", self._number)

    def _clear(self) -> None:
        self._number.delete(0, tk.END)
        self._answer("sök", {})
        self._number.focus_set()

    def _answer(self, title: str, texts: dict[str, str]) -> None:
        for name, edit in self._answers.items():
            edit.configure(state="normal")
            edit.delete(0, tk.END)
            edit.insert(0, texts.get(name, ""))
            edit.configure(state="readonly")
        self._root.title(f"Personsök – {title}")

    def _search(self) -> None:
        try:
            found = self._connection.get("personer", self._number.get().strip() or "-")
        except Refused:
            self._answer("fel nummer", {})
        except NoContact:
            self._answer("inget svar", {})
        except SessionEnded:
            self._log_in_form("logga in igen", "Sessionen har gått ut.")
        else:
            self._show(found)

    def _show(self, found: dict[str, Any]) -> None:
        hits = found["hits"]
        title = {0: "ingen träff", 1: "1 träff"}.get(len(hits), "flera träffar")
        one = hits[0] if len(hits) == 1 else {}
        self._answer(title, {**one, "personnummer": found["personnummer"], "hits": str(len(hits))})


def main() -> int:
    """Show the window; return the exit code when it is closed."""
    parser = argparse.ArgumentParser(prog="person_lookup", description="Personsök")
    parser.add_argument("--server", "--address", dest="server", required=True, help="address of the case system's server")
    server = parser.parse_args().server
    root = tk.Tk(className="Personsok")
    PersonLookup(root, Connection(server))
    root.mainloop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
