"""Screens of desktop programs, each on a private desk; the only package that knows X, the accessibility bus or pyautogui."""

from robots.screens.desktop.driver import DesktopScreen, open_screen

__all__ = ["DesktopScreen", "open_screen"]
