"""The situation in a terminal, as it changes, with keys to pause and resume.

It looks once a second, in a thread of its own: keys are heard also while the casebook lets itself be waited for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from rich.console import Console
from rich.live import Live

from robots.casebook.pauses import EVERYTHING, scope_of_system
from robots.errors import KollegaError
from robots.situation import Situation
from robots.watch.terminal import Keys, keys_of
from robots.watch.view import plain, view

LOOK_SECONDS = 1.0
_MOST_LETTERS = 200
_ENTER, _ESCAPE, _BACKSPACE = frozenset("\r\n"), "\x1b", frozenset("\x08\x7f")
_KEYS = " p pause   r resume   q leave "


class Steering(Protocol):
    """What the keys do; each returns what is told, and raises a KollegaError that says why nothing was changed."""

    def pause(self, scope: str, why: str) -> str:
        """Pause a system or everything."""

    def resume(self, scope: str) -> str:
        """End a pause."""


class _Asked(Enum):
    NOTHING = auto()
    WHAT_TO_PAUSE = auto()
    WHY = auto()
    WHAT_TO_RESUME = auto()


@dataclass(slots=True, kw_only=True)
class Dialog:
    """What the operator is in the midst of typing."""

    steering: Steering
    asked: _Asked = _Asked.NOTHING
    #: scopes by the key that chooses them
    choices: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""
    why: str = ""
    told: str = ""

    @property
    def notice(self) -> str:
        """What is asked, or was done last."""
        chosen = "   ".join(f"{key} {_named(scope)}" for key, scope in self.choices.items())
        match self.asked:
            case _Asked.WHAT_TO_PAUSE:
                return f"Pause what?   {chosen}"
            case _Asked.WHAT_TO_RESUME:
                return f"Resume what?   {chosen}"
            case _Asked.WHY:
                return f"Pause {_named(self.scope)}. Why? (name nobody) {self.why}▏"
            case _:
                return self.told

    @property
    def keys(self) -> str:
        """What the keys do just now."""
        return {_Asked.NOTHING: _KEYS, _Asked.WHY: " Enter pause   Esc leave it "}.get(self.asked, " a number   Esc leave it ")

    def hear(self, key: str, situation: Situation) -> bool:
        """Do what a key says; return False when the operator leaves."""
        if self.asked is _Asked.NOTHING:
            return self._begin(key, situation)
        if key == _ESCAPE:
            self.asked, self.told = _Asked.NOTHING, "Nothing was changed."
        elif self.asked is _Asked.WHY:
            self._write(key)
        elif key in self.choices:
            self.scope = self.choices[key]
            if self.asked is _Asked.WHAT_TO_PAUSE:
                self.asked, self.why = _Asked.WHY, ""
            else:
                self._do(lambda: self.steering.resume(self.scope))
        return True

    def _begin(self, key: str, situation: Situation) -> bool:
        if key == "p":
            systems = {str(number): scope_of_system(system.name) for number, system in enumerate(situation.systems, 1)}
            self.asked, self.choices = _Asked.WHAT_TO_PAUSE, {"0": EVERYTHING, **systems}
        elif key == "r":
            self.choices = {str(number): pause.scope for number, pause in enumerate(situation.pauses[:9], 1)}
            self.asked, self.told = (_Asked.WHAT_TO_RESUME, "") if self.choices else (_Asked.NOTHING, "Nothing is paused.")
        return key != "q"

    def _write(self, key: str) -> None:
        if key in _ENTER and self.why.strip():
            self._do(lambda: self.steering.pause(self.scope, self.why.strip()))
        elif key in _BACKSPACE:
            self.why = self.why[:-1]
        elif key.isprintable() and len(self.why) < _MOST_LETTERS:
            self.why += key

    def _do(self, change: Callable[[], str]) -> None:
        try:
            self.told = change()
        except KollegaError as error:
            self.told = f"Nothing was changed: {plain(str(error))}"
        self.asked = _Asked.NOTHING


def _named(scope: str) -> str:
    kind, _, name = scope.partition(":")
    return name if kind == "system" else "everything" if kind == EVERYTHING else scope


class _Looking:
    """Looks again and again in a thread of its own."""

    def __init__(self, look: Callable[[], Situation], on_new: Callable[[], None]) -> None:
        self._look = look
        self._on_new = on_new
        self._ended = threading.Event()
        self._soon = threading.Event()
        self.latest = look()
        #: what has ended the looking, which is no fault of the robots
        self.fault: BaseException | None = None
        threading.Thread(target=self._go_on, name="kollega-watch", daemon=True).start()

    def look_soon(self) -> None:
        """Don't wait for the next second."""
        self._soon.set()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self._soon.set()

    def _go_on(self) -> None:
        while not self._ended.is_set():
            self._soon.wait(LOOK_SECONDS)
            self._soon.clear()
            try:
                self.latest = self._look()
            except Exception as error:  # noqa: BLE001 - told by the thread that draws
                self.fault = error
                self._ended.set()
            self._on_new()


def watch(look: Callable[[], Situation], steering: Steering, *, console: Console, terminal: int) -> None:
    """Show the situation until the operator leaves by `q`, Ctrl-C or SIGTERM; the terminal is then as it was.

    Args:
        look: returns the situation; called from another thread.
        steering: what the keys do.
        console: on the terminal.
        terminal: descriptor that the keys come from.

    Raises:
        StopRequested: Ctrl-C or SIGTERM.
    """
    dialog = Dialog(steering=steering)
    with keys_of(terminal) as keys, Live(console=console, screen=True, auto_refresh=False) as live:
        looking = _Looking(look, keys.ring)
        try:
            _show(dialog, looking, keys, live, console)
        finally:
            looking.end()
    if looking.fault is not None:
        raise looking.fault


def _show(dialog: Dialog, looking: _Looking, keys: Keys, live: Live, console: Console) -> None:
    while looking.fault is None:
        size = console.size
        live.update(view(looking.latest, width=size.width, height=size.height, notice=dialog.notice, keys=dialog.keys), refresh=True)
        for key in keys.wait(LOOK_SECONDS):
            was = dialog.told
            if not dialog.hear(key, looking.latest):
                return
            if dialog.told != was:
                looking.look_soon()
