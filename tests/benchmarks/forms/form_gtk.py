"""The form of twenty fields in GTK. Run by Debian's own Python."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gi  # type: ignore[import-not-found] # a Debian package, for Debian's own Python

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # type: ignore[import-not-found] # noqa: E402 - the version has to be chosen before

LABELS: list[str] = json.loads(Path(__file__).with_name("form_labels.json").read_text(encoding="utf-8"))
STORE = Path(sys.argv[1])


class Form(Gtk.Window):  # type: ignore[misc] # the library has no types
    def __init__(self) -> None:
        super().__init__(title="Formulär")
        self.set_default_size(700, 900)
        self.connect("destroy", Gtk.main_quit)
        self.connect("key-press-event", self.on_key)
        grid = Gtk.Grid(column_spacing=6, row_spacing=3)
        self.add(grid)
        self.state: Any = Gtk.Label(label="Nytt")
        self.fields = {label: Gtk.Entry(hexpand=True) for label in LABELS}
        for row, (label, field) in enumerate(self.fields.items()):
            shown = Gtk.Label(label=label, xalign=0)
            shown.set_mnemonic_widget(field)
            grid.attach(shown, 0, row, 1, 1)
            grid.attach(field, 1, row, 1, 1)
            field.connect("changed", lambda _field: self.state.set_text("Ändrat"))
        button = Gtk.Button(label="Spara")
        button.connect("clicked", lambda _button: self.save())
        grid.attach(button, 0, len(LABELS), 2, 1)
        grid.attach(self.state, 0, len(LABELS) + 1, 2, 1)
        self.show_all()

    def on_key(self, _window: Any, event: Any) -> bool:
        do = {"s": self.save, "n": self.clear, "g": self.go_to_first}.get(Gdk.keyval_name(event.keyval) or "")
        if do is None or not event.state & Gdk.ModifierType.CONTROL_MASK:
            return False
        do()
        return True

    def save(self) -> None:
        STORE.write_text(json.dumps({label: field.get_text() for label, field in self.fields.items()}), encoding="utf-8")
        self.state.set_text("Sparat")

    def clear(self) -> None:
        for field in self.fields.values():
            field.set_text("")
        self.go_to_first()

    def go_to_first(self) -> None:
        self.fields[LABELS[0]].grab_focus()


Form()
Gtk.main()
