"""What must not be written: numbers of persons by their check digit, and the values that somebody has registered, taken out of any text.

Values are registered for good (passwords) or for as long as a case is at hand (its addresses, accounts and numbers), so that what one case
holds blanks no words of another one later. Looking for them costs the same however many there are.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

NUMBER = "[number]"
SECRET = "[secret]"  # noqa: S105 - what is written in the place of one

_KEY_LENGTH = 4
#: values of so many figures and more are looked for however they are parted
_LEAST_FIGURES = 6
_LATEST_MONTH = 12
_LATEST_DAY = 31
_COORDINATION_DAYS = 60  # a coordination number's day is the day of birth plus 60; 60 where nobody knows the day, and the month is then 00
_SHORT, _LONG = 10, 12
_CENTURIES = frozenset({"18", "19", "20"})
_BIRTH_FIGURES = 6
_MONTH_FROM_END = 8
#: what people part the figures of a number by: blanks, dashes, the plus of those over a hundred, and signs that can't be seen
_PARTING = "[ +\\-\u2010-\u2015\u2212\u00a0\u202f\u00ad\u200b-\u200d\u2060]"
_FIGURES = re.compile(rf"\d(?:{_PARTING}{{0,3}}\d){{{_LEAST_FIGURES - 1},}}")
_WORD = re.compile(r"\w+")
_PLAIN_WORD = re.compile(r"[^\W_]+")
_OUTER_SIGNS = re.compile(r"\A[\W_]+|[\W_]+\Z")

# Line breaks and control characters would let a text pretend to be another line.
_CONTROLS = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}


class _Values:
    """Registered values, found by their first characters and their length."""

    def __init__(self, *, are_whole_words: bool) -> None:
        self._are_whole_words = are_whole_words
        self._counts: Counter[str] = Counter()
        #: first characters -> the lengths of the values that begin so, the longest first; replaced as a whole, since other threads read it
        self._lengths: dict[str, tuple[int, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._counts)

    def add(self, value: str) -> None:
        self._counts[value] += 1
        word = _PLAIN_WORD.match(value) if self._are_whole_words else None
        key = (word[0] if word else value)[:_KEY_LENGTH]
        lengths = self._lengths.get(key, ())
        if len(value) not in lengths:
            self._lengths[key] = tuple(sorted({*lengths, len(value)}, reverse=True))

    def remove(self, value: str) -> None:
        # A length that is left behind by the last value that has it is looked for in vain, which costs next to nothing.
        self._counts[value] -= 1
        if self._counts[value] <= 0:
            del self._counts[value]
        if not self._counts:
            self._lengths = {}

    def taken_out(self, text: str) -> str:
        lowered = text.lower()
        if len(lowered) != len(text):  # a few letters of other alphabets change length; the places would not agree
            text = lowered
        kept: list[str] = []
        copied_to = 0
        for at, key in self._places(lowered):
            if at < copied_to:
                continue
            for length in self._lengths.get(key, ()):
                if lowered[at : at + length] in self._counts and not (self._are_whole_words and _goes_on(lowered, at + length)):
                    kept += (text[copied_to:at], SECRET)
                    copied_to = at + length
                    break
        return "".join(kept) + text[copied_to:] if kept else text

    def _places(self, lowered: str) -> Iterable[tuple[int, str]]:
        """Return where a value may begin, and by which key it is found; this is what the time of an event goes into."""
        if self._are_whole_words:
            if self._lengths.keys().isdisjoint([word[:_KEY_LENGTH] for word in _PLAIN_WORD.findall(lowered)]):
                return ()
            return [(word.start(), word[0][:_KEY_LENGTH]) for word in _PLAIN_WORD.finditer(lowered)]
        keys = [lowered[at : at + _KEY_LENGTH] for at in range(len(lowered) - _KEY_LENGTH + 1)]
        return () if self._lengths.keys().isdisjoint(keys) else enumerate(keys)


def _goes_on(text: str, at: int) -> bool:
    """Whether a word goes on over the place between two characters."""
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


#: registered for good, taken out also in the midst of a word; and of the cases at hand, as whole words
_for_good = _Values(are_whole_words=False)
_of_cases = _Values(are_whole_words=True)
_short: Counter[str] = Counter()
#: values that are figures only, without what parts them; and how many figures they have
_figures: Counter[str] = Counter()
_figure_lengths: tuple[int, ...] = ()
_registering = threading.Lock()
_case_values: ContextVar[list[str] | None] = ContextVar("kollega_case_values", default=None)


def redact(*values: str) -> None:
    """Keep the values out of everything that is written from now on, in upper and lower case.

    Values of fewer than four characters are taken out as whole words only; an empty one is ignored.
    """
    with _registering:
        for value in values:
            _register(value.strip().lower(), _for_good)
    _redacted_name.cache_clear()


def redact_of_case(*values: str) -> None:
    """Keep the values out of everything that is written while the case is at hand; outside `case_at_hand` nothing is kept out.

    They are taken out as whole words, a number however its figures are parted, of an address also the street alone.
    """
    known = _case_values.get()
    if known is None:
        return
    with _registering:
        plain = {part for value in values for part in _parts(_OUTER_SIGNS.sub("", value.lower()))}.difference(known, {""})
        for value in plain:
            _register(value, _of_cases)
        known.extend(plain)
    if plain:
        _redacted_name.cache_clear()


@contextmanager
def case_at_hand() -> Iterator[None]:
    """Have what is registered inside for the case forgotten at the end; one inside another is a part of it."""
    if _case_values.get() is not None:
        yield
        return
    known: list[str] = []
    token = _case_values.set(known)
    try:
        yield
    finally:
        _case_values.reset(token)
        with _registering:
            for value in known:
                _forget(value)


def redacted(text: str) -> str:
    """Return the text on one line, numbers of persons as `[number]` and registered values as `[secret]`."""
    line = text.translate(_CONTROLS) if not text.isprintable() else text
    for values in (_for_good, _of_cases):
        if values:
            line = values.taken_out(line)
    if _short:
        line = _WORD.sub(lambda word: SECRET if word[0].lower() in _short else word[0], line)
    return _FIGURES.sub(_without_numbers, line)


@lru_cache(maxsize=1000)
def _redacted_name(name: str) -> str:
    return redacted(name)


def redacted_name(name: str) -> str:
    """Return the name of a system, a step or a case redacted; they come again and again."""
    return _redacted_name(name)


def forget_all() -> None:
    """Forget all values; for tests."""
    global _for_good, _of_cases, _figure_lengths
    with _registering:
        _for_good, _of_cases, _figure_lengths = _Values(are_whole_words=False), _Values(are_whole_words=True), ()
        _short.clear()
        _figures.clear()
    _redacted_name.cache_clear()


def _parts(value: str) -> Iterable[str]:
    """Return the value, and of an address what it has before the number of the house."""
    street = re.match(r"([^\W\d_][^\d,]{3,}?)\s+\d+\b", value)
    return (value, street[1]) if street else (value,)


def _register(plain: str, values: _Values) -> None:
    global _figure_lengths
    if figures := _figures_of(plain):
        _figures[figures] += 1
        _figure_lengths = tuple(sorted({*_figure_lengths, len(figures)}, reverse=True))
    elif len(plain) >= _KEY_LENGTH:
        values.add(plain)
    elif plain:
        _short[plain] += 1


def _forget(plain: str) -> None:
    kept = _figures if (figures := _figures_of(plain)) else _short
    if not figures and len(plain) >= _KEY_LENGTH:
        _of_cases.remove(plain)
        return
    kept[figures or plain] -= 1
    if kept[figures or plain] <= 0:
        del kept[figures or plain]


def _figures_of(value: str) -> str:
    """Return the figures of a value that has nothing else but what parts them, if they are many enough to tell it by; empty otherwise."""
    return re.sub(r"\D", "", value) if _FIGURES.fullmatch(value) else ""


# --- numbers ----------------------------------------------------------------------------------------------------------


def _without_numbers(match: re.Match[str]) -> str:
    """Return the run of figures without the registered ones, and without what can be the number of a person by its day and its check digit."""
    text = match[0]
    places = [at for at, character in enumerate(text) if character.isdigit()]
    if len(places) < _SHORT and not _figures:
        return text
    digits = "".join(text[at] for at in places)
    if not digits.isascii():
        digits = "".join(str(int(digit)) for digit in digits)
    kept: list[str] = []
    copied_to = at = 0
    while at < len(digits):
        length, word = _known_at(digits, at), SECRET
        if not length:
            length, word = _person_at(digits, places, at), NUMBER
        if not length:
            at += 1
            continue
        kept += (text[copied_to : places[at]], word)
        at += length
        copied_to = places[at - 1] + 1
    return "".join(kept) + text[copied_to:] if kept else text


def _known_at(digits: str, at: int) -> int:
    for length in _figure_lengths:
        if digits[at : at + length] in _figures and at + length <= len(digits):
            return length
    return 0


def _person_at(digits: str, places: list[int], at: int) -> int:
    """Return how many of the figures from the place on are the number of a person; 0 when none are."""
    for length in (_LONG, _SHORT):
        end = at + length
        # The month first: of what is no number it tells most, and at once.
        may_be = end <= len(digits) and digits[end - _MONTH_FROM_END] in "01" and (length == _SHORT or digits[at : at + 2] in _CENTURIES)
        if may_be and _is_number(digits[end - _SHORT : end]) and _is_one_number(places, at, end):
            return length
    return 0


def _is_one_number(places: list[int], begin: int, end: int) -> bool:
    """Whether the figures can be meant as one number: together, parted before the last four, or parted as they please between two blanks.

    Otherwise figures that have nothing to do with one another, such as a list of ports, would be taken for a number now and then.
    """
    parted_at = [at for at in range(begin + 1, end) if places[at] - places[at - 1] > 1]
    if parted_at in ([], [end - _SHORT + _BIRTH_FIGURES]):
        return True
    begins = begin == 0 or places[begin] - places[begin - 1] > 1
    ends = end == len(places) or places[end] - places[end - 1] > 1
    return begins and ends


def _is_number(ten_digits: str) -> bool:
    month, day = int(ten_digits[2:4]), int(ten_digits[4:6])
    is_coordination = day >= _COORDINATION_DAYS
    is_date = (0 if is_coordination else 1) <= month <= _LATEST_MONTH and (is_coordination or day >= 1)
    is_date = is_date and day - (_COORDINATION_DAYS if is_coordination else 0) <= _LATEST_DAY
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(ten_digits))
    return is_date and sum(number // 10 + number % 10 for number in doubled) % 10 == 0
