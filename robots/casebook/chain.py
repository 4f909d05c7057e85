"""The events as a chain: each entry is bound to the one before, so that a change afterwards shows; and what is personal in one can be erased.

An entry has a number from 1 without a gap, a time, and what it says: action, case and message. It is kept with

    digest = SHA-256(salt of its own + what it says)
    hash   = SHA-256(hash of the entry before + number + time + digest)

The first entry follows a random origin. The casebook's own row keeps how many entries there are and the last hash, its head. An entry is written in
the transaction of what it tells, and last in it: whoever writes the next one waits until that has ended, on one machine and on several, and nobody
waits for the disk once more.

To erase an entry its case, action, message and salt are emptied. Number, time, digest and hash stay, so that the chain is whole all the same; without
the salt nobody can try out what the digest was of. A later entry, which is bound into the chain itself, names the certificate and the numbers of what
was erased: an entry that is empty and that no such entry names was emptied by somebody else.

The limits: who can write the database can write a whole new chain behind the entry that they change. Therefore the head is also written where others
have it, in the log of every run and in every backup: a chain that was written anew does not have those hashes (`robots.audit` compares them). What
is done between two such anchors, by somebody who rewrites all from there on, is not found. Nor is the database protected from being read.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from robots.casebook.tables import ABOUT, EVENTS, UtcTime

#: entries that are read and written at a time
_AT_ONCE = 1000
_SALT_BYTES = 16
#: of the entry that is written with an outcome: the ending, and what the outcome was
CASE_ENDED = "ended"
# Built once: that takes as long as the writes themselves.
_COUNT = ABOUT.update().values(entries=ABOUT.c.entries + sa.bindparam("more", type_=sa.Integer)).returning(ABOUT.c.entries, ABOUT.c.head)
_INSERT = EVENTS.insert()
_SET_HEAD = ABOUT.update().values(head=sa.bindparam("new_head"))
_is_as_seen = (ABOUT.c.entries == sa.bindparam("seen"), ABOUT.c.head == sa.bindparam("seen_head"))
_GO_ON = ABOUT.update().where(*_is_as_seen).values(entries=sa.bindparam("new_entries", type_=sa.Integer), head=sa.bindparam("new_head"))
#: how far this process has last brought the chain of each database: a guess, which the database itself confirms or not
_seen: WeakKeyDictionary[sa.Engine, tuple[int, str]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An entry that is to be written."""

    #: None for what concerns no case
    case_id: str | None
    #: aware UTC
    at: datetime
    action: str
    #: no personal data
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a chain has come."""

    #: what stands before the first entry, by which chains are told apart
    origin: str
    entries: int
    #: hash of the last entry; the origin while there is none
    hash: str


def append(connection: sa.Connection, entries: Sequence[New]) -> None:
    """Write entries in the connection's transaction, which has nothing to do after it: others wait from here on until it ends.

    It has changed the cases that they name, or holds them (`robots.casebook.database.hold_cases`).
    """
    if not entries:
        return
    # Either way the row is written first: that keeps the next writer waiting on both databases.
    if (rows := _gone_on(connection, entries)) is None:
        count, head = connection.execute(_COUNT, {"more": len(entries)}).one()
        rows, head = _linked(entries, after=count - len(entries), head=head)
        connection.execute(_SET_HEAD, {"new_head": head})
    connection.execute(_INSERT, rows)
    _seen[connection.engine] = (rows[-1]["number"], rows[-1]["hash"])


def _gone_on(connection: sa.Connection, entries: Sequence[New]) -> list[dict[str, Any]] | None:
    """Bring the head on in one statement if nobody else has since this process did, and return the rows that are to follow; None otherwise."""
    if (seen := _seen.get(connection.engine)) is None:
        return None
    count, before = seen
    rows, head = _linked(entries, after=count, head=before)
    # Nothing is changed where the chain has gone on, or where the transaction of the last time was broken off.
    new = {"seen": count, "seen_head": before, "new_entries": count + len(entries), "new_head": head}
    return rows if connection.execute(_GO_ON, new).rowcount == 1 else None


def ending(case_id: str, *, at: datetime, outcome: Any) -> New:
    """Return the entry that a case ended at that time with an outcome, which is given in its plain JSON types."""
    return New(case_id=case_id, at=at, action=CASE_ENDED, message=f"{outcome['ending']} {outcome_digest(outcome)}")


def outcome_digest(outcome: Any) -> str:
    """Return what an outcome is held against, from its plain JSON types."""
    return hashlib.sha256(json.dumps(outcome, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def head_of(connection: sa.Connection) -> Head:
    """Return how far the chain has come."""
    origin, entries, head = connection.execute(sa.select(ABOUT.c.origin, ABOUT.c.entries, ABOUT.c.head)).one()
    return Head(origin=origin, entries=entries, hash=head)


def erase(connection: sa.Connection, case_ids: Sequence[str], *, certificate: str) -> list[int]:
    """Empty the entries of the cases and return their numbers; the caller appends the entry that `naming` words, in the same transaction."""
    empty = {"case_id": None, "action": "", "message": "", "salt": "", "erased_by": certificate}
    return sorted(connection.execute(EVENTS.update().where(EVENTS.c.case_id.in_(case_ids)).values(**empty).returning(EVENTS.c.number)).scalars())


def naming(certificate: str, words: str, numbers: Sequence[int]) -> str:
    """Return the message of the entry that names what was erased."""
    return f"certificate {certificate}; {words}" + (f"; entries {_as_ranges(numbers)}" if numbers else "")


def take_over(connection: sa.Connection) -> None:
    """Make a chain of the events of an earlier version, in their order; the caller appends the endings, which that version did not note."""
    for statement in ("ALTER TABLE events RENAME TO events_before", "DROP INDEX ix_events_case_id"):
        connection.exec_driver_sql(statement)
    EVENTS.create(connection)
    columns: list[Any] = [sa.column("number"), sa.column("case_id"), sa.column("at", UtcTime), sa.column("action"), sa.column("message")]
    before = sa.select(*columns).select_from(sa.table("events_before")).order_by(columns[0])
    head, count, latest = secrets.token_hex(32), 0, 0
    connection.execute(ABOUT.update().values(origin=head))
    while found := connection.execute(before.where(columns[0] > latest).limit(_AT_ONCE)).all():
        entries = [New(case_id=row.case_id, at=row.at, action=row.action, message=row.message) for row in found]
        rows, head = _linked(entries, after=count, head=head)
        connection.execute(EVENTS.insert(), rows)
        count, latest = count + len(found), int(found[-1].number)
    connection.exec_driver_sql("DROP TABLE events_before")
    connection.execute(ABOUT.update().values(head=head, entries=count))


def _linked(entries: Sequence[New], *, after: int, head: str) -> tuple[list[dict[str, Any]], str]:
    rows = []
    for number, entry in enumerate(entries, start=after + 1):
        salt = secrets.token_hex(_SALT_BYTES)
        digest = digest_of(salt, entry.case_id, entry.action, entry.message)
        head = hash_of(head, number, entry.at, digest)
        said = {"number": number, "case_id": entry.case_id, "at": entry.at, "action": entry.action, "message": entry.message}
        rows.append({**said, "salt": salt, "digest": digest, "hash": head})
    return rows, head


def digest_of(salt: str, case_id: str | None, action: str, message: str) -> str:
    """Return the digest of what an entry says."""
    said = json.dumps([case_id, action, message], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{salt}{said}".encode()).hexdigest()


def hash_of(before: str, number: int, at: datetime, digest: str) -> str:
    """Return the hash of an entry."""
    when = at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(f"{before}\n{number}\n{when}\n{digest}".encode()).hexdigest()


def _as_ranges(numbers: Iterable[int]) -> str:
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
