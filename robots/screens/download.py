"""What a screen gives when a file is fetched through it: bytes in memory, and nothing that the one who made the file chose a name for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Given(StrEnum):
    """What came of fetching a file."""

    WHOLE = "whole"
    #: larger than was allowed; given up, and nothing of it kept
    TOO_LARGE = "too large"
    #: it would come from another system, the system has nothing there, or it shows a page instead
    NOTHING = "nothing"
    #: a press has sent something for it, and it did not come whole; not asked for again, since nobody knows what the system has done meanwhile
    BROKEN_OFF = "broken off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A file as the system gave it, never written to disk; what is in it is to be believed no more than whoever sent it in."""

    given: Given
    #: empty unless the file was given whole, and then when there is nothing in it
    content: bytes = field(default=b"", repr=False)
