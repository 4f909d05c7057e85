"""The form of twenty fields in Tk, which no accessibility tree tells of: each field has a key that leads to it."""

from __future__ import annotations

import json
import sys
import tkinter as tk
from pathlib import Path

LABELS: list[str] = json.loads(Path(__file__).with_name("form_labels.json").read_text(encoding="utf-8"))
STORE = Path(sys.argv[1])
FUNCTION_KEYS = 10


class Form:
    def __init__(self, root: tk.Tk) -> None:
        self.root = root
        root.title("Formulär")
        root.geometry("700x900")
        self.fields: dict[str, tk.Entry] = {}
        for row, label in enumerate(LABELS):
            tk.Label(root, text=label).grid(row=row, column=0, sticky="w")
            field = tk.Entry(root, width=50)
            field.grid(row=row, column=1)
            key = f"<F{row + 1}>" if row < FUNCTION_KEYS else f"<Control-F{row + 1 - FUNCTION_KEYS}>"
            root.bind(key, lambda _event, field=field: field.focus_set())  # type: ignore[misc] # the library's types know no default values
            self.fields[label] = field
        # Ready for the next: the title says that it was saved until something is typed.
        for keys, do in (("<Control-s>", self.save), ("<Control-n>", self.clear), ("<Control-g>", self.go_to_first)):
            root.bind(keys, lambda _event, do=do: do())  # type: ignore[misc] # the library's types know no default values
        root.bind("<Escape>", lambda _event: root.title("Formulär"))
        self.go_to_first()

    def save(self) -> None:
        STORE.write_text(json.dumps({label: field.get() for label, field in self.fields.items()}), encoding="utf-8")
        self.root.title("Formulär – sparat")

    def clear(self) -> None:
        for field in self.fields.values():
            field.delete(0, "end")
        self.root.title("Formulär")
        self.go_to_first()

    def go_to_first(self) -> None:
        self.fields[LABELS[0]].focus_set()


window = tk.Tk()
Form(window)
window.mainloop()
