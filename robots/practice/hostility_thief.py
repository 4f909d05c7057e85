"""A window that takes the keyboard at random and records what it gets: `python -m robots.practice.hostility_thief --record FILE --seed 1`.

The record is JSON: `thefts`, how often the window took the keyboard, and `keys`, how many keys came to it. Which keys is not
kept, as a key in the wrong window is a piece of somebody's case.
"""

from __future__ import annotations

import argparse
import json
import random
import tkinter as tk
from pathlib import Path

_SHORTEST_MILLISECONDS, _LONGEST_MILLISECONDS = 30, 150
_FIRST_MILLISECONDS = 200


def main() -> None:
    """Steal until the window is closed or the display is gone."""
    parser = argparse.ArgumentParser(prog="hostility_thief", description="A window that takes the keyboard at random.")
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    counts = {"thefts": 0, "keys": 0}
    root = tk.Tk()
    root.title("Tjuv")
    root.geometry("200x100+1000+20")

    def record() -> None:
        # Put in place whole: whoever reads it meanwhile finds the earlier record.
        new = chosen.record.with_suffix(".new")
        new.write_text(json.dumps(counts), encoding="utf-8")
        new.replace(chosen.record)

    def take(_event: tk.Event[tk.Misc]) -> None:
        counts["keys"] += 1
        record()

    def note(_event: tk.Event[tk.Misc]) -> None:
        counts["thefts"] += 1
        record()

    def steal() -> None:
        root.deiconify()
        root.lift()
        root.focus_force()
        root.after(chance.randint(_SHORTEST_MILLISECONDS, _LONGEST_MILLISECONDS), steal)

    record()
    root.bind("<Key>", take)
    root.bind("<FocusIn>", note)
    root.after(_FIRST_MILLISECONDS, steal)
    root.mainloop()


def totals(folder: Path) -> dict[str, int]:
    """Return `thefts` and `keys` of all records in a folder of practice systems."""
    records = [json.loads(record.read_text(encoding="utf-8")) for record in folder.glob("thief-*.json")]
    return {name: sum(record[name] for record in records) for name in ("thefts", "keys")}


if __name__ == "__main__":
    main()
