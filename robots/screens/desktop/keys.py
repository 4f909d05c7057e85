"""Characters and key names as X keysyms; pure."""

from __future__ import annotations

RETURN = 0xFF0D
SHIFT = 0xFFE1

#: key names of the selector files, besides letters, digits and f1 … f24
_NAMED = {
    "ctrl": 0xFFE3,
    "alt": 0xFFE9,
    "shift": SHIFT,
    "super": 0xFFEB,
    "enter": RETURN,
    "escape": 0xFF1B,
    "tab": 0xFF09,
    "space": 0x20,
    "backspace": 0xFF08,
    "delete": 0xFFFF,
    "insert": 0xFF63,
    "home": 0xFF50,
    "end": 0xFF57,
    "page_up": 0xFF55,
    "page_down": 0xFF56,
    "left": 0xFF51,
    "up": 0xFF52,
    "right": 0xFF53,
    "down": 0xFF54,
    "menu": 0xFF67,
    "slash": 0x2F,
    "backslash": 0x5C,
    "plus": 0x2B,
    "minus": 0x2D,
    "comma": 0x2C,
    "period": 0x2E,
}
_FIRST_FUNCTION_KEY = 0xFFBE
_FUNCTION_KEYS = range(1, 25)
_UNICODE_KEYSYMS = 0x1000000
#: Latin-1 characters are their own keysyms; control characters are none
_LATIN_1 = (range(0x20, 0x7F), range(0xA0, 0x100))

#: characters of Swedish case texts that a plain layout may lack, most needed first
EXTRA_CHARACTERS = "åäöÅÄÖéÉüÜ\u00a0€–—”’…§½´¨×°èÈáÁàÀíÍóÓúÚøØæÆñÑçÇšŠžŽćčđłńśżźëïîôêâãõßýðþ“‘„•·²³«»©®±µ÷¼¾£¥¢¬¦¤¿¡ªº¹¯¸ÿÕ−≤≥≠→"


def keysym_of_character(character: str) -> int:
    """Return the keysym that types the character; a line break is the Return key.

    Raises:
        ValueError: a control character, which would be a command to the program and not text.
    """
    if character == "\n":
        return RETURN
    code = ord(character)
    if any(code in part for part in _LATIN_1):
        return code
    if code < _LATIN_1[1].start or not character.isprintable():
        raise ValueError("a control character can't be typed as text")
    return _UNICODE_KEYSYMS + code


def keysym_of_key(name: str) -> int:
    """Return the keysym of a key name such as `ctrl`, `f5`, `enter` or `a`.

    Raises:
        ValueError: no such key.
    """
    if name in _NAMED:
        return _NAMED[name]
    if name[:1] == "f" and name[1:].isascii() and name[1:].isdigit() and int(name[1:]) in _FUNCTION_KEYS:
        return _FIRST_FUNCTION_KEY + int(name[1:]) - 1
    if len(name) == 1 and name.isascii() and name.isalnum() and name == name.lower():
        return ord(name)
    raise ValueError("no such key")
