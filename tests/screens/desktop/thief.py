"""A window that takes the keyboard again and again, and writes every character it gets to a file."""

from __future__ import annotations

import random
import sys
import tkinter as tk
from pathlib import Path


def main() -> None:
    stolen = Path(sys.argv[1])
    chance = random.Random(int(sys.argv[2]))
    stolen.write_text("", encoding="utf-8")
    root = tk.Tk()
    root.title("Tjuv")
    root.geometry("200x100+1000+20")
    steals = 0

    def take(event: tk.Event[tk.Misc]) -> None:
        if event.char:
            with stolen.open("a", encoding="utf-8") as file:
                file.write(event.char)

    def steal() -> None:
        nonlocal steals
        steals += 1
        stolen.with_suffix(".count").write_text(str(steals), encoding="utf-8")
        root.deiconify()
        root.lift()
        root.focus_force()
        root.after(chance.randint(30, 150), steal)

    root.bind("<Key>", take)
    root.after(200, steal)
    root.mainloop()


if __name__ == "__main__":
    main()
