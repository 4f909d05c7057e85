"""Taking whole cases out of the casebook, so that nothing of them is left in its file or tables but entries of the chain that say nothing."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from robots.assessment import Ending
from robots.casebook import Casebook, CaseEntry, CaseState, EffectState, chain
from robots.casebook.answers import AnswerKind, AnswerState
from robots.casebook.database import Hold, hold_cases
from robots.casebook.pauses import scope_of_case
from robots.casebook.tables import ANSWERS, ATTEMPTS, CASES, DOCUMENTS, EFFECTS, ERASED, EVENTS, ORDERS, PAUSES, TABLES, UtcTime, insert_into
from robots.errors import StateUnusable

_AT_ONCE = 200
_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.2
#: what belongs to a case, in the words of a certificate
_OF_CASE = {"documents": DOCUMENTS, "writes": EFFECTS, "answers": ANSWERS, "orders": ORDERS, "attempts": ATTEMPTS}
# The columns of a table of which PostgreSQL keeps values, and their types.
_KEPT_VALUES = sa.text(
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
    " JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_stats USING (attname)"
    " WHERE attrelid = to_regclass(:of_table) AND schemaname = nspname AND tablename = relname AND attgenerated = ''"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why cases are taken out, for the entry of the chain that names what was emptied."""

    #: of the certificate
    number: str
    #: of the entry
    action: str
    #: no personal data; no semicolon
    words: str


def erase_cases(casebook: Casebook, case_ids: Sequence[str], reason: Reason, *, also_open: bool = False, is_remembered: bool = False) -> Counter[str]:
    """Take cases out, some at a time and each of these parts whole or not at all; return how much of each kind there was. `compact` is to follow.

    Args:
        casebook: in which they are.
        case_ids: those that are not there are left out, and so are those that have not ended.
        reason: for the entry that names what was emptied.
        also_open: take out also what has not ended: in a casebook that no robot goes on with, or whose robots write nothing.
        is_remembered: no robot that shares the casebook is to take them up again.
    """
    counts: Counter[str] = Counter()
    for start in range(0, len(case_ids), _AT_ONCE):
        with casebook.engine.begin() as connection:
            asked = list(case_ids[start : start + _AT_ONCE])
            # Changed by nothing, and locked against whoever would begin one anew meanwhile.
            ended = (CASES.c.case_id.in_(asked), *(() if also_open else (CASES.c.state == CaseState.ENDED,)))
            # What belongs to them and is being written just now is waited for, and goes too.
            hold_cases(connection, asked, Hold.ERASED, *ended)
            ids = list(connection.execute(CASES.update().where(*ended).values(state=CASES.c.state).returning(CASES.c.case_id)).scalars())
            if not ids:
                continue
            for kind, table in _OF_CASE.items():
                counts[kind] += connection.execute(table.delete().where(table.c.case_id.in_(ids))).rowcount
            counts["pauses"] += connection.execute(PAUSES.delete().where(PAUSES.c.scope.in_([scope_of_case(one) for one in ids]))).rowcount
            if is_remembered:
                rows = [{"mark": mark, "certificate": reason.number} for mark in _marks(connection, ids)]
                connection.execute(insert_into(casebook.engine, ERASED).on_conflict_do_nothing(), rows)
            numbers = chain.erase(connection, ids, certificate=reason.number)
            counts["cases"] += connection.execute(CASES.delete().where(CASES.c.case_id.in_(ids))).rowcount
            counts["events"] += len(numbers)
            message = chain.naming(reason.number, f"{len(ids)} cases, {reason.words}", numbers)
            chain.append(connection, [chain.New(case_id=None, at=datetime.now(UTC), action=reason.action, message=message)])
    return +counts


def erased_among(casebook: Casebook, case_ids: Sequence[str]) -> frozenset[str]:
    """Return which of the cases were erased and are remembered, on whatever machine that was."""
    with casebook.engine.connect() as connection:
        marks = _marks(connection, case_ids)
        known = set(connection.execute(sa.select(ERASED.c.mark)).scalars()) if marks else set()
    return frozenset(case_id for mark, case_id in marks.items() if mark in known)


def _marks(connection: sa.Connection, case_ids: Sequence[str]) -> dict[str, str]:
    """Return {mark: case id}: who has not the casebook can tell nothing from a mark."""
    key = chain.head_of(connection).origin.encode()
    return {hmac.new(key, case_id.encode(), hashlib.sha256).hexdigest(): case_id for case_id in case_ids}


def counts_of(casebook: Casebook, case_ids: Sequence[str]) -> Counter[str]:
    """Return how much of each kind there is of the cases, as `erase_cases` would count it."""
    counts: Counter[str] = Counter()
    kinds = {"cases": CASES, "events": EVENTS, **_OF_CASE}
    with casebook.engine.connect() as connection:
        for start in range(0, len(case_ids), _AT_ONCE):
            asked = list(case_ids[start : start + _AT_ONCE])
            for kind, table in kinds.items():
                counts[kind] += connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.case_id.in_(asked))).scalar_one()
    return +counts


def compact(casebook: Casebook, *, is_alone: bool) -> None:
    """Have nothing of what was deleted left in the file, nor in the one of recent changes beside it.

    Args:
        casebook: in which something was deleted.
        is_alone: no robot works with a shared database, so that each table may be written anew; otherwise its room is only given free.

    Raises:
        StateUnusable: another program keeps the file locked.
    """
    compact_database(casebook.engine, [table.name for table in TABLES.sorted_tables], is_alone=is_alone)


def compact_database(engine: sa.Engine, tables: Sequence[str], *, is_alone: bool) -> None:
    """Do what `compact` does for any database of the robot's."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in tables:
                connection.exec_driver_sql(f"VACUUM {'(FULL, ANALYZE)' if is_alone else '(ANALYZE)'} {table}")
                if is_alone:
                    _forget_values_of_empty(connection, table)
            # Beside the tables the server keeps their most common values, case ids among them, and has just replaced those by others.
            connection.exec_driver_sql(f"VACUUM {'(FULL) ' if is_alone else ''}pg_catalog.pg_statistic")
        return
    until = time.monotonic() + _WAIT_SECONDS
    with engine.connect() as connection:
        # Deleting alone fills with zeros what it frees; what was moved within a page before is left only by writing all anew.
        connection.exec_driver_sql("VACUUM")
        while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
            if time.monotonic() > until:
                raise StateUnusable(
                    "what was deleted is still in the file of recent changes, as another program reads the database: end that one, then do it again"
                )
            time.sleep(_POLL_SECONDS)


def _forget_values_of_empty(connection: sa.Connection, table: str) -> None:
    # ANALYZE replaces the values that are kept of a table only by others: of one that is empty by now the old ones stay. A column that is given a
    # type, also the one that it has, loses them.
    if connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is not None:  # noqa: S608 - the robot's own table
        return
    quote = connection.dialect.identifier_preparer.quote_identifier
    changes = [f"ALTER COLUMN {quote(name)} TYPE {kind}" for name, kind in connection.execute(_KEPT_VALUES, {"of_table": table})]
    if changes:
        connection.exec_driver_sql(f"ALTER TABLE {table} {', '.join(changes)}")


def done_before(casebook: Casebook, latest: datetime, *, ended_latest: datetime | None = None) -> tuple[tuple[CaseEntry, ...], int]:
    """Return the cases to which nothing has happened since that aware time, and of how many others that holds which are not done.

    Args:
        casebook: in which they are.
        latest: aware; done is a case that the robot has decided or a person has answered for good, and of which every write is proven.
        ended_latest: aware; one that has ended, and to which nothing has happened since this time, counts as done whatever is missing; left out
            where none does.
    """
    last_event = sa.select(sa.func.max(EVENTS.c.at)).where(EVENTS.c.case_id == CASES.c.case_id).scalar_subquery()
    last_write = sa.select(sa.func.max(EFFECTS.c.done_at)).where(EFFECTS.c.case_id == CASES.c.case_id).scalar_subquery()
    last_answer = sa.select(sa.func.max(ANSWERS.c.answered_at)).where(ANSWERS.c.case_id == CASES.c.case_id).scalar_subquery()
    is_unproven = sa.exists().where(EFFECTS.c.case_id == CASES.c.case_id, EFFECTS.c.state != EffectState.DONE)
    is_ordered = sa.exists().where(ORDERS.c.case_id == CASES.c.case_id)
    final = [kind.value for kind in AnswerKind if not kind.reopens]
    in_round = (ANSWERS.c.round == CASES.c.reopened + 1, ANSWERS.c.kind.in_(final), ANSWERS.c.state == AnswerState.ACTED)
    is_answered = sa.exists().where(ANSWERS.c.case_id == CASES.c.case_id, *in_round)
    is_decided = CASES.c.outcome["ending"].as_string() == Ending.DECIDED.value
    has_ended = sa.and_(CASES.c.state == CaseState.ENDED, ~is_ordered)
    is_done = sa.and_(has_ended, sa.or_(is_decided, is_answered), ~is_unproven)
    # One that was never taken up is old by when it came.
    since = sa.func.coalesce(CASES.c.ended_at, CASES.c.submitted_at, type_=UtcTime)

    def is_before(time: datetime) -> sa.ColumnElement[bool]:
        bound = sa.bindparam(None, time, type_=UtcTime)
        return sa.and_(since < bound, *(sa.or_(one.is_(None), one < bound) for one in (last_event, last_write, last_answer)))

    old = is_before(latest)
    if ended_latest is not None:
        is_done = sa.or_(is_done, sa.and_(has_ended, is_before(ended_latest)))
    columns = [column for column in CASES.c if column is not CASES.c.outcome]
    with casebook.engine.connect() as connection:
        rows = connection.execute(sa.select(*columns).where(old, is_done).order_by(CASES.c.ended_at)).mappings().all()
        kept = connection.execute(sa.select(sa.func.count()).select_from(CASES).where(old, ~is_done)).scalar_one()
    return tuple(CaseEntry(**{**row, "state": CaseState(row["state"])}) for row in rows), kept
