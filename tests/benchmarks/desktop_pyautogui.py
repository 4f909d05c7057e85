"""A rival in the race: pyautogui as it comes, used as its tutorials have it: Tab to the next field, the clipboard for å, ä and ö."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyautogui
import pyperclip  # type: ignore[import-untyped] # has no types

from tests.benchmarks.contest import Task, compete


def prepare(task: Task) -> Callable[[Any], object]:
    """Do nothing yet; a lap is the list of values, in the order of the fields."""
    select_all = task["select_all"].split("+")

    def fill_save_and_read(values: list[str]) -> list[str]:
        pyautogui.hotkey("ctrl", "n")
        for value in values:
            if value.isascii():
                pyautogui.write(value)
            else:
                pyperclip.copy(value)
                pyautogui.hotkey("ctrl", "v")
            pyautogui.press("tab")
        pyautogui.hotkey("ctrl", "s")
        pyautogui.hotkey("ctrl", "g")
        read = []
        for _ in values:
            pyautogui.hotkey(*select_all)
            pyautogui.hotkey("ctrl", "c")
            read.append(pyperclip.paste())
            pyautogui.press("tab")
        return read

    return fill_save_and_read


if __name__ == "__main__":
    compete(prepare)
