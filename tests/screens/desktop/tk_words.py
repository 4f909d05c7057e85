"""A Tk program without an accessibility tree and without keys: everything that it says stands in its picture."""

from __future__ import annotations

import tkinter as tk

#: number, amount, and the same number with a wrong last digit
VALUES = ("19790101-2380", "12 345,50 kr", "19790101-2381")


class Words:
    def __init__(self, root: tk.Tk) -> None:
        self.root = root
        root.geometry("420x420")
        root.title("Register")
        self.say("Personuppgifter från Åmåls kommun", 10)
        for place, value in enumerate(VALUES):
            self.say(value, 60 + 40 * place)
        for place, text in enumerate(("Öppna ärende", "Öppna arkivet", "Ångra", "Samma knapp", "Samma knapp")):
            self.press(text, 200 + 40 * place)

    def say(self, text: str, top: int) -> None:
        tk.Label(self.root, text=text).place(x=10, y=top)

    def press(self, text: str, top: int) -> None:
        tk.Button(self.root, text=text, command=lambda: self.root.title(f"Register: {text}")).place(x=10, y=top)


def main() -> None:
    root = tk.Tk()
    Words(root)
    root.mainloop()


if __name__ == "__main__":
    main()
