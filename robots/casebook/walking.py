"""The way along the chain of events: the first entry that is not what it was. `robots.casebook.chain` says by what it can be told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from robots.casebook import Casebook, CaseState
from robots.casebook.chain import CASE_ENDED, Head, digest_of, hash_of, head_of, outcome_digest
from robots.casebook.tables import CASES, EVENTS

#: the action of the entry that says that a backup was put back, and how its message names the last entry that the backup had
RESTORED = "restored"
_AFTER = re.compile(r"after entry (?P<entry>[0-9]+)")
#: entries that are read at a time
_AT_ONCE = 1000
_RANGE = r"[0-9]{1,12}(?:-[0-9]{1,12})?"
_NAMED = re.compile(rf"certificate (?P<number>[0-9a-z-]+); .*; entries (?P<entries>{_RANGE}(?:, {_RANGE})*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first place at which the record is not what it was."""

    #: of the entry; one more than the last one when the end is missing
    entry: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What was found on the way along a chain."""

    head: Head
    #: entries that are erased
    erased: int
    broken: Break | None
    #: hash of each entry by its number; at 0 stands the origin
    hashes: Sequence[str]
    #: the entries after which a backup was put back, each with the time of that
    restored: Sequence[tuple[int, datetime]]
    #: of the first entry; None where there is none that can be read
    began_at: datetime | None


def restored_after(entry: int, words: str) -> str:
    """Return the message of the entry that says that a backup was put back whose last entry was this one."""
    return f"after entry {entry}: {words}"


def walk(casebook: Casebook) -> Walked:
    """Go along the whole chain as it is at one moment, up to the first break; nothing is changed, and robots can work meanwhile."""
    with casebook.engine.connect() as connection:
        if casebook.engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        else:
            connection.exec_driver_sql("BEGIN")
        try:
            return _walk(connection)
        finally:
            connection.rollback()


def _walk(connection: sa.Connection) -> Walked:
    head = head_of(connection)
    hashes: list[str] = []
    erased: dict[int, str] = {}
    named: dict[int, str] = {}
    broken = began_at = None
    latest = head.origin
    for row in _rows(connection):
        broken = _broken(row, expected=len(hashes) + 1, before=latest, at_most=head.entries)
        if broken is not None:
            break
        began_at = began_at or row.at
        latest = row.hash
        hashes.append(row.hash)
        if row.erased_by:
            erased[row.number] = row.erased_by
        elif row.case_id is None and (match := _NAMED.fullmatch(row.message)) is not None:
            named |= dict.fromkeys(_of_ranges(match["entries"], before=row.number), match["number"])
    if broken is None:
        unnamed = min((number for number, by in erased.items() if named.get(number) != by), default=None)
        if unnamed is not None:
            broken = Break(entry=unnamed, what="it was emptied, and no later entry names it as erased")
        elif len(hashes) != head.entries:
            broken = Break(entry=len(hashes) + 1, what=f"it is missing, and so are all after it: there were {head.entries}")
        elif latest != head.hash:
            broken = Break(entry=len(hashes), what="it is the last one, and has another hash than the casebook's row says")
    return Walked(
        head=head,
        erased=len(erased),
        broken=broken or _caseless(connection) or _false_outcome(connection, head),
        hashes=(head.origin, *hashes),
        restored=tuple(_restored(connection)) if broken is None else (),
        began_at=began_at,
    )


def _broken(row: Any, *, expected: int, before: str, at_most: int) -> Break | None:
    try:
        return _difference(row, expected=expected, before=before, at_most=at_most)
    except (AttributeError, TypeError):
        return Break(entry=expected, what="it can't be read: it was changed")


def _difference(row: Any, *, expected: int, before: str, at_most: int) -> Break | None:
    if row.number != expected:
        return Break(entry=expected, what=f"it is missing: entry {row.number} stands in its place")
    if row.number > at_most:
        # Seen at one moment, and written together with that row: nobody writes one meanwhile.
        return Break(entry=row.number, what=f"it was put in: the casebook's row knows of {at_most}")
    if row.hash != hash_of(before, row.number, row.at, row.digest):
        return Break(entry=row.number, what="it was changed, put in between, or moved: it does not follow the one before")
    if row.erased_by:
        is_empty = not (row.case_id or row.action or row.message or row.salt)
        return None if is_empty else Break(entry=row.number, what="it is called erased, and says something")
    if row.digest != digest_of(row.salt, row.case_id, row.action, row.message):
        return Break(entry=row.number, what="what it says was changed")
    return None


def _caseless(connection: sa.Connection) -> Break | None:
    """Return the first entry of a case that is no longer there."""
    query = sa.select(sa.func.min(EVENTS.c.number)).where(EVENTS.c.case_id.is_not(None), EVENTS.c.case_id.not_in(sa.select(CASES.c.case_id)))
    number = connection.execute(query).scalar()
    return None if number is None else Break(entry=number, what="its case is gone, and no certificate says so")


def _false_outcome(connection: sa.Connection, head: Head) -> Break | None:
    """Return the first entry by which a case has ended otherwise than its outcome says, or the one that is missing."""
    latest = sa.select(EVENTS.c.case_id, sa.func.max(EVENTS.c.number).label("number")).where(EVENTS.c.action == CASE_ENDED).group_by(EVENTS.c.case_id)
    ended = latest.subquery()
    # The text, as it may be none of an outcome.
    query = sa.select(EVENTS.c.number, EVENTS.c.message, sa.cast(CASES.c.outcome, sa.Text)).select_from(
        CASES.outerjoin(ended, ended.c.case_id == CASES.c.case_id).outerjoin(EVENTS, EVENTS.c.number == ended.c.number)
    )
    query = query.where(CASES.c.state == CaseState.ENDED).order_by(EVENTS.c.number.asc().nulls_last())
    for number, message, outcome in connection.execute(query):
        if number is None:
            return Break(entry=head.entries + 1, what="it is missing: a case has an outcome, and no entry tells that it ended")
        if not message.endswith(_digest_of_text(outcome)):
            return Break(entry=number, what="the outcome of its case is not the one that was noted with it")
    return None


def _digest_of_text(outcome: Any) -> str:
    try:
        return outcome_digest(json.loads(outcome))
    except (TypeError, ValueError):
        return "none"


def _restored(connection: sa.Connection) -> Iterator[tuple[int, datetime]]:
    query = sa.select(EVENTS.c.at, EVENTS.c.message).where(EVENTS.c.action == RESTORED, EVENTS.c.case_id.is_(None))
    for at, message in connection.execute(query):
        if (match := _AFTER.search(message)) is not None:
            yield int(match["entry"]), at


def _rows(connection: sa.Connection) -> Iterator[Any]:
    """Yield the entries by their numbers, and None for one that can't be read, which is the last one then."""
    latest, at_once = 0, _AT_ONCE
    query = sa.select(EVENTS).order_by(EVENTS.c.number)
    while True:
        try:
            found = connection.execute(query.where(EVENTS.c.number > latest).limit(at_once)).all()
        except (TypeError, ValueError):
            if at_once == 1:
                yield None
                return
            at_once = 1
            continue
        if not found:
            return
        yield from found
        latest = found[-1].number


def _of_ranges(text: str, *, before: int) -> Iterator[int]:
    for part in text.split(", "):
        first, _, last = part.partition("-")
        yield from range(int(first), min(int(last or first) + 1, before))
