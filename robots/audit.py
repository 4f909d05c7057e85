"""Whether the record of what happened is as it was written: the chain of events held against itself, the outcomes, and what others have noted of it.

The chain tells by itself where an entry was changed, put in, taken out or moved (`robots.casebook.chain`). That a whole new one was not written in
its place, or its end cut off, is told by anchors: how far it had come stands in the last line of each run's log, and in every backup. Those of the
logs are looked up here; one from elsewhere, such as a backup's or one that somebody has noted on paper, can be given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from robots.assessment import RunMode
from robots.casebook import Casebook
from robots.casebook.chain import Head
from robots.casebook.walking import Break, Walked, walk
from robots.run_log import Action

_HASH_LETTERS = 32
_ORIGIN_LETTERS = 8
_GROUP = re.compile(r"[0-9a-f]{4}")
_ANCHOR = re.compile(r"chain (?P<origin>[0-9a-f-]+) entry (?P<entry>[0-9]+) (?P<hash>[0-9a-f-]+)")
_MODE = re.compile(r", mode (?P<mode>[a-z]+)")
_GIVEN = re.compile(r"(?:(?P<entry>[0-9]+):)?(?P<hash>[0-9a-f-]{16,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """That somebody has noted how far the chain had come."""

    #: where it stands, for people
    where: str
    #: the last entry then; None where only its hash was noted
    entry: int | None
    #: the hash of that entry, or how it begins
    hash: str
    #: aware UTC; None where it is not known
    at: datetime | None = None
    #: the run noted another chain than this one, by what stands before its first entry
    is_of_another: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verification has found."""

    entries: int
    #: entries that were erased by a certificate
    erased: int
    #: hash of the last entry
    head: str
    #: anchors that were found in the chain
    anchors: int
    #: anchors whose entries were lost when a backup was put back, as the chain itself tells
    lost: int
    #: the first broken entry and what is wrong with it; None and empty when all is as it was
    broken_entry: int | None
    broken: str

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.broken


def anchor_of(head: Head) -> str:
    """Return the words that stand in a log for how far the chain has come; in groups, so that none is taken for the number of a person."""
    return f"chain {_grouped(head.origin[:_ORIGIN_LETTERS])} entry {head.entries} {_grouped(head.hash[:_HASH_LETTERS])}"


def given(text: str) -> Anchor:
    """Return the anchor that an operator gives: a hash, or `ENTRY:HASH`.

    Raises:
        ValueError: it is neither.
    """
    match = _GIVEN.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError("give the hash, or the entry and the hash as in 17:0f3a-…, as the end of a run's log has them")
    entry = match["entry"]
    return Anchor(where=f"--anchor {text}", entry=None if entry is None else int(entry), hash=match["hash"].replace("-", ""))


def anchors_in(logs: Path, head: Head, *, of_shadow: bool = False) -> tuple[Anchor, ...]:
    """Return how far the chain had come at the end of each run whose log is kept, the oldest first.

    Args:
        logs: the folder of the runs' folders.
        head: of this chain.
        of_shadow: it is that of shadow runs, whose logs lie among the others.
    """
    origin = head.origin[:_ORIGIN_LETTERS]
    return tuple(anchor for file in sorted(logs.glob("*/events.jsonl")) for anchor in _anchors(file, origin, of_shadow=of_shadow))


def _anchors(file: Path, origin: str, *, of_shadow: bool) -> Iterator[Anchor]:
    is_of_this_kind = False
    with suppress(OSError), file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if Action.RUN_BEGUN in line and (mode := _MODE.search(line)) is not None:
                is_of_this_kind = (mode["mode"] == RunMode.SHADOW) == of_shadow
            if Action.RUN_ENDED not in line or (match := _ANCHOR.search(line)) is None:
                continue
            is_of_another = match["origin"].replace("-", "") != origin
            if is_of_another and not is_of_this_kind:
                continue
            with suppress(ValueError, KeyError):
                yield Anchor(
                    where=f"the log of the run {file.parent.name}",
                    entry=int(match["entry"]),
                    hash=match["hash"].replace("-", ""),
                    at=datetime.fromisoformat(json.loads(line)["at"]),
                    is_of_another=is_of_another,
                )


def verify(casebook: Casebook, anchors: Sequence[Anchor] = ()) -> Verdict:
    """Hold the whole record against itself and the anchors; nothing is changed, and robots can work meanwhile."""
    walked = walk(casebook)
    broken = walked.broken
    found = lost = 0
    for anchor in anchors:
        if anchor.is_of_another:
            if not _was_before(walked, anchor) and broken is None:
                broken = Break(entry=1, what=f"{anchor.where} is of another chain, while this one says that it was there: it was written anew")
        elif _has(walked, anchor):
            found += 1
        elif any(after < (anchor.entry or 0) and (anchor.at is None or anchor.at <= at) for after, at in walked.restored):
            lost += 1
        elif broken is None:
            # The chain hangs together, and is another one than was seen there.
            broken = Break(entry=anchor.entry or 0, what=f"{anchor.where} has another entry there: the chain was written anew, or its end cut off")
    return Verdict(
        entries=walked.head.entries,
        erased=walked.erased,
        head=walked.head.hash,
        anchors=found,
        lost=lost,
        broken_entry=None if broken is None else broken.entry,
        broken="" if broken is None else broken.what,
    )


def _was_before(walked: Walked, anchor: Anchor) -> bool:
    """Whether the other chain was the record before this one was begun, or was put here from a backup."""
    at = anchor.at
    return at is None or walked.began_at is None or at <= walked.began_at or any(at <= then for _, then in walked.restored)


def _has(walked: Walked, anchor: Anchor) -> bool:
    if anchor.entry is None:
        return any(one.startswith(anchor.hash) for one in walked.hashes)
    return anchor.entry < len(walked.hashes) and walked.hashes[anchor.entry].startswith(anchor.hash)


def _grouped(digits: str) -> str:
    return "-".join(_GROUP.findall(digits))
