"""A None that lasts as long as the program, whatever the toolkit does with it.

PySide6 6.12.0 gives None back once too often in every call of a method that returns nothing, `QLabel.setText` for one; 6.11 does not. Python 3.11
ends a program whose None is given back as often as it was taken, which is after some four thousand such calls: in the midst of the work, and with
"none_dealloc" as its only word. From Python 3.12 on None is never counted.
"""

from __future__ import annotations

import ctypes
import sys

#: more than any program gives back in its life
_USES = 1 << 40


def make_none_last() -> None:
    """Count so many uses of None that none of the calls to come is its last; to be called once, before the first window."""
    if sys.version_info < (3, 12):
        ctypes.c_ssize_t.from_address(id(None)).value += _USES
