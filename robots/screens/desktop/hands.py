"""Keys and clicks that can reach one window only: test and keys are one step, with every other program held meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from robots.screens.desktop import keys
from robots.screens.desktop.x_screen import XScreen

_KEY_PRESS, _KEY_RELEASE, _BUTTON_PRESS, _BUTTON_RELEASE, _MOTION = 2, 3, 4, 5, 6
_LEFT_BUTTON = 1
_VENDOR_KEYSYMS = 0x1008FE00
_PLAIN_AND_SHIFT = 2


@dataclass(frozen=True, slots=True)
class Text:
    """Text to type."""

    text: str


@dataclass(frozen=True, slots=True)
class Combination:
    """Keys to hold down together, modifiers first."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Click:
    """A click with the left button at a place on the screen."""

    x: int
    y: int


Step = Text | Combination | Click
_Event = tuple[int, int, int, int]


class CannotType(ValueError):
    """The text holds a character for which there is no key."""


class Hands:
    """The keyboard and mouse of one X screen.

    Make it before any program, also a window manager, is started there: characters that the layout lacks are put on spare keys once, here.
    """

    def __init__(self, screen: XScreen) -> None:
        self._screen = screen
        setup = screen.setup
        self._lowest, self._highest = setup.min_keycode, setup.max_keycode
        #: keysym -> (keycode, whether with shift)
        self._keys: dict[int, tuple[int, bool]] = {}
        self._read_layout()
        self._map_spare_keys()

    def can_type(self, text: str) -> bool:
        """Say whether every character has a key; a line break is the Return key."""
        try:
            return all(keys.keysym_of_character(one) in self._keys for one in set(text))
        except ValueError:
            return False

    def act(self, window: int, steps: Sequence[Step]) -> bool:
        """Do the steps if, and only if, they reach the window; return whether they were done.

        Raises:
            CannotType: a character has no key; nothing was sent.
        """
        events = [event for step in steps for event in self._events(step)]
        places = [(step.x, step.y) for step in steps if isinstance(step, Click)]
        with self._screen.held():
            if not self._screen.has_focus(window) or not all(self._screen.is_on_top_at(window, x, y) for x, y in places):
                return False
            for kind, detail, x, y in events:
                self._screen.xtest.FakeInput(kind, detail, 0, self._screen.root, x, y, 0)
        # No waiting for the server: it does all of this, in this order, before anybody else's next request.
        return True

    def _events(self, step: Step) -> list[_Event]:
        if isinstance(step, Click):
            return [(_MOTION, 0, step.x, step.y), (_BUTTON_PRESS, _LEFT_BUTTON, 0, 0), (_BUTTON_RELEASE, _LEFT_BUTTON, 0, 0)]
        if isinstance(step, Combination):
            return self._chord([keys.keysym_of_key(name) for name in step.keys])
        try:
            return [event for character in step.text for event in self._chord([keys.keysym_of_character(character)])]
        except ValueError:
            raise CannotType("the text holds a character that can't be typed") from None

    def _chord(self, keysyms: list[int]) -> list[_Event]:
        try:
            places = [self._keys[keysym] for keysym in keysyms]
        except KeyError:
            raise CannotType("the text holds a character that can't be typed") from None
        codes = [code for code, _ in places]
        if any(with_shift for _, with_shift in places):
            codes.insert(0, self._keys[keys.SHIFT][0])
        return [(_KEY_PRESS, code, 0, 0) for code in codes] + [(_KEY_RELEASE, code, 0, 0) for code in reversed(codes)]

    def _layout(self) -> list[list[int]]:
        reply = self._screen.core.GetKeyboardMapping(self._lowest, self._highest - self._lowest + 1).reply()
        per_code = reply.keysyms_per_keycode
        keysyms = list(reply.keysyms)
        return [keysyms[start : start + per_code] for start in range(0, len(keysyms), per_code)]

    def _read_layout(self) -> None:
        self._keys = {}
        for offset, levels in enumerate(self._layout()):
            for level, keysym in enumerate(levels[:_PLAIN_AND_SHIFT]):
                if keysym:
                    self._keys.setdefault(keysym, (self._lowest + offset, level == 1))

    def _map_spare_keys(self) -> None:
        printable = "".join(map(chr, range(0x20, 0x7F)))
        wanted = list(dict.fromkeys(keys.keysym_of_character(one) for one in printable + keys.EXTRA_CHARACTERS))
        lacking = [keysym for keysym in wanted if keysym not in self._keys]
        layout = self._layout()
        unused = [code for code, levels in enumerate(layout) if not any(levels)]
        multimedia = [code for code, levels in enumerate(layout) if any(levels) and all(one == 0 or one >= _VENDOR_KEYSYMS for one in levels)]
        for code in [*reversed(unused), *reversed(multimedia)]:
            if not lacking:
                break
            pair, lacking = lacking[:_PLAIN_AND_SHIFT], lacking[_PLAIN_AND_SHIFT:]
            # A key with one keysym would give both cases of a letter; the same sign twice gives that sign.
            pair = pair if len(pair) == _PLAIN_AND_SHIFT else pair * _PLAIN_AND_SHIFT
            layout[code] = pair + [0] * (len(layout[code]) - _PLAIN_AND_SHIFT)
        # All in one request: every change makes every running program read the whole layout anew.
        keysyms = [keysym for levels in layout for keysym in levels]
        self._screen.core.ChangeKeyboardMapping(len(layout), self._lowest, len(layout[0]), keysyms)
        self._screen.sync()
        self._read_layout()
