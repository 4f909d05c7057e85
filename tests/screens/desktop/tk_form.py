"""A Tk program to try the driver on, without an accessibility tree; it writes what it holds to a file on save."""

from __future__ import annotations

import json
import sys
import tkinter as tk
from pathlib import Path


class Form:
    def __init__(self, root: tk.Tk, store: Path) -> None:
        self.root, self.store = root, store
        root.geometry("420x500")
        self.fields: dict[str, tk.Entry] = {}
        for number in range(20):
            key = f"<F{number + 1}>" if number < 10 else f"<Control-F{number - 9}>"
            self.add(f"field_{number}", key, number % 10, number // 10)
        self.add("password", "<Control-F11>", 10, 0).configure(show="*")
        fixed = self.add("fixed", "<Control-F12>", 10, 1)
        fixed.insert(0, "låst värde")
        fixed.configure(state="readonly")
        text = tk.StringVar()
        text.trace_add("write", lambda *_: text.set(text.get().upper()))
        self.add("upper", "<Shift-F1>", 11, 0).configure(textvariable=text)
        root.bind("<Alt-s>", lambda _: self.save("save"))
        root.bind("<Alt-o>", lambda _: self.unknown())
        root.bind("<Escape>", lambda _: root.title("Tk-ärende"))
        picture = tk.PhotoImage(file=str(Path(__file__).parent / "selectors" / "images" / "tk_form" / "mark.png"))
        mark = tk.Label(root, image=picture, borderwidth=0)
        mark.place(x=40, y=420)
        mark.bind("<Button-1>", lambda _: self.save("mark"))
        self.picture = picture
        root.title("Tk-ärende")

    def add(self, name: str, key: str, row: int, column: int) -> tk.Entry:
        entry = tk.Entry(self.root, width=22)
        entry.place(x=10 + 200 * column, y=10 + 30 * row)
        self.root.bind(key, lambda _: entry.focus_set())
        self.fields[name] = entry
        return entry

    def save(self, by: str) -> None:
        held = {name: entry.get() for name, entry in self.fields.items()} | {"by": by}
        self.store.write_text(json.dumps(held), encoding="utf-8")
        self.root.title("Tk-ärende – sparat")

    def unknown(self) -> None:
        dialog = tk.Toplevel(self.root)
        dialog.title("Varning")
        tk.Label(dialog, text="Skriv över?").pack()
        dialog.transient(self.root)
        dialog.grab_set()
        dialog.focus_set()


def main() -> None:
    root = tk.Tk()
    Form(root, Path(sys.argv[1]))
    root.mainloop()


if __name__ == "__main__":
    main()
