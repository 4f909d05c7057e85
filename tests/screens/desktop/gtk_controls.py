"""A GTK program with the controls that other toolkits do not have in this form; it stores what it is given. Run by Debian's own Python."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import gi  # type: ignore[import-not-found] # a Debian package, for Debian's own Python

gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, Gtk  # type: ignore[import-not-found] # noqa: E402 - the version has to be chosen before

STORE = Path(sys.argv[1])
NAMES = ("Åsa Öberg", "Örjan Ängström", "Åke Åberg")
SEARCH_SECONDS = 0.4


class Controls(Gtk.Window):  # type: ignore[misc] # the library has no types
    def __init__(self) -> None:
        super().__init__(title="Exempel GTK")
        self.set_default_size(600, 500)
        self.connect("destroy", Gtk.main_quit)
        self.held: dict[str, str] = {}
        self.rebuilds_left = 1
        self.box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        self.add(self.box)
        self.kind = Gtk.ComboBoxText()
        for one in ("hyresrätt", "bostadsrätt", "andra hand"):
            self.kind.append_text(one)
        self.town = Gtk.ComboBoxText.new_with_entry()
        self.town.append_text("Åmål")
        self._line("Boendeform", self.kind)
        self._line("Ort", self.town)
        self.search = Gtk.Entry()
        self.search.set_placeholder_text("Sök")
        self.search.connect("activate", self.on_search)
        self.box.pack_start(self.search, False, False, 0)
        secret = Gtk.Entry(visibility=False)
        self.box.pack_start(secret, False, False, 0)
        save = Gtk.Button(label="Spara")
        save.connect("clicked", self.on_save)
        self.box.pack_start(save, False, False, 0)
        self.state = Gtk.Label(label="Nytt")
        self.box.pack_start(self.state, False, False, 0)
        self.list: Any = None
        self.show_names(NAMES)
        self.show_all()
        save.grab_focus()

    def _line(self, text: str, control: Any) -> None:
        line = Gtk.Box()
        label = Gtk.Label(label=f"{text}:")
        label.set_mnemonic_widget(control)
        line.pack_start(label, False, False, 4)
        line.pack_start(control, True, True, 4)
        self.box.pack_start(line, False, False, 0)

    def show_names(self, names: tuple[str, ...]) -> None:
        """Make the list anew: each cell has a picture and a text."""
        if self.list is not None:
            self.box.remove(self.list)
        store = Gtk.ListStore(GdkPixbuf.Pixbuf, str)
        picture = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, 12, 12)
        picture.fill(0x3465A4FF)
        for name in names:
            store.append([picture, name])
        self.list = Gtk.TreeView(model=store)
        column = Gtk.TreeViewColumn("Namn")
        drawn, written = Gtk.CellRendererPixbuf(), Gtk.CellRendererText()
        column.pack_start(drawn, False)
        column.pack_start(written, True)
        column.add_attribute(drawn, "pixbuf", 0)
        column.add_attribute(written, "text", 1)
        self.list.append_column(column)
        self.list.get_selection().connect("changed", self.on_selected)
        self.list.connect("row-activated", self.on_opened)
        self.box.pack_end(self.list, True, True, 0)
        self.list.show()

    def on_selected(self, selection: Any) -> None:
        """Make the list anew when something is selected for the first time, as programs do that load late."""
        if self.rebuilds_left and selection.count_selected_rows():
            self.rebuilds_left -= 1
            self.show_names(NAMES)

    def on_opened(self, _list: Any, path: Any, _column: Any) -> None:
        self.state.set_text("Öppnad")
        self.held["opened"] = NAMES[path.get_indices()[0]]
        self.write()

    def on_search(self, entry: Any) -> None:
        """Search as programs do that ask a server meanwhile; not when the text is selected, which is taken for a choice not yet made."""
        if not entry.get_selection_bounds():
            time.sleep(SEARCH_SECONDS)
            self.show_names(tuple(name for name in NAMES if entry.get_text() in name))

    def on_save(self, _button: Any) -> None:
        self.held |= {"kind": self.kind.get_active_text() or "", "town": self.town.get_active_text() or ""}
        self.write()
        self.state.set_text("Sparat")

    def write(self) -> None:
        STORE.write_text(json.dumps(self.held, ensure_ascii=False), encoding="utf-8")


Controls()
Gtk.main()
