"""The durable record of cases: what came in, what was intended and done in other systems, what was collected, how each case ended.

SQLite file by default, PostgreSQL by address; the same statements on both. Every method commits before it returns, and can be called from any thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from robots.assessment import Outcome
from robots.casebook import chain, statements
from robots.casebook.database import Hold, database_engine, hold_cases
from robots.casebook.entries import CaseEntry, CaseEvent, CaseState, DocumentKind, EffectEntry, EffectState, PastCase
from robots.casebook.faults import fault_of, see_sound, tell_faults
from robots.casebook.schema import SCHEMA, schemas_of
from robots.casebook.tables import (
    CASES,
    DOCUMENTS,
    EVENTS,
    ORDINARY_PRIORITY,
    RULE_SETS,
    PackedText,
    insert_into,
    quick_sqlite_engine,
    sqlite_engine,
)
from robots.errors import SetupError
from robots.evidence import Evidence
from robots.records import from_record, to_record

__all__ = [
    "SCHEMA",
    "CaseEntry",
    "CaseEvent",
    "CaseState",
    "Casebook",
    "DocumentKind",
    "EffectEntry",
    "EffectState",
    "PastCase",
    "sqlite_engine",
]

_WHAT = "the casebook"


class Casebook:
    """The casebook in one database; close it, or use it in a `with` block.

    Effects, events and documents belong to a case: `sqlalchemy.exc.IntegrityError` if it was never opened.
    """

    def __init__(self, where: Path | str) -> None:
        """Open the casebook, and create it if it is not there.

        Args:
            where: path of the SQLite file, or a PostgreSQL address (`postgresql+psycopg://…`), with `schema=` for tables in a schema of their own.

        Raises:
            StateUnusable: the casebook can't be opened; also raised by every method when it can't be read or written any more.
            SetupError: the casebook was written by another version of the robot.
        """
        self._engine = database_engine(where)
        try:
            schemas = schemas_of(self._engine)
        except sa.exc.DBAPIError as error:
            self._engine.dispose()
            raise fault_of(error, _WHAT, cannot="be opened") or SetupError(
                f"the casebook cannot be opened ({type(error).__name__}); check paths in config/kollega.yaml and the file's rights"
            ) from error
        tell_faults(self._engine, _WHAT)
        if schemas != [SCHEMA]:
            self._engine.dispose()
            raise SetupError(
                f"the casebook has schema {max(schemas)}, this version of the robot writes schema {SCHEMA}; use the version that wrote it"
            )

    @property
    def engine(self) -> sa.Engine:
        """The database itself, for the smaller records that are kept beside the cases."""
        return self._engine

    @cached_property
    def quick_engine(self) -> sa.Engine:
        """The database for what need not outlive a power cut: nobody waits for the disk of an SQLite file. Another database is the same."""
        if self._engine.dialect.name != "sqlite":
            return self._engine
        engine = quick_sqlite_engine(Path(self._engine.url.database or ""))
        tell_faults(engine, _WHAT)
        return engine

    @cached_property
    def _entering(self) -> statements.Entering:
        return statements.Entering.into(self._engine)

    def see_sound(self) -> None:
        """Read all of an SQLite file once, before a run rests on it.

        Raises:
            StateUnusable: it is damaged.
        """
        see_sound(self._engine, _WHAT)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        if "quick_engine" in self.__dict__:
            self.quick_engine.dispose()

    def __enter__(self) -> Casebook:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # cases

    def open_case(self, case_id: str, *, reference: str, month: str, due_at: datetime | None = None, received_at: datetime | None = None) -> bool:
        """Enter a case; return False, and change nothing, if it is entered already."""
        row = {"case_id": case_id, "reference": reference, "month": month, "state": CaseState.SUBMITTED, "submitted_at": _now()}
        row |= {"due_at": due_at, "received_at": received_at}
        with self._engine.begin() as connection:
            return connection.execute(self._entering.open, row).first() is not None

    def take_case(self, case_id: str) -> bool:
        """Note that the robot works on the case; return whether it did before, and then the first time stands. An ended case stays ended."""
        now = _now()
        with self._engine.begin() as connection:
            taken_at = connection.execute(statements.TAKE, {"of_case": case_id, "at": now}).scalar()
        return self.is_begun(case_id) if taken_at is None else bool(taken_at != now)

    def is_begun(self, case_id: str) -> bool:
        """Whether the robot has taken the case up."""
        return bool(self._rows(statements.IS_BEGUN, of_case=case_id))

    def park_case(self, case_id: str, *, failed: bool = False) -> None:
        """Note that the case waits for a later run; `failed` when a fault of the robot's own is the cause. An ended case stays ended."""
        self._set_state(case_id, CaseState.FAILED if failed else CaseState.WAITING)

    def put_back(self, case_id: str) -> None:
        """Note that a case which was at hand waits; every other one stays as it is."""
        with self._engine.begin() as connection:
            is_it = (CASES.c.case_id == case_id, CASES.c.state == CaseState.TAKEN)
            connection.execute(CASES.update().where(*is_it).values(state=CaseState.WAITING))

    def set_priority(self, case_id: str, priority: int) -> bool:
        """Have the case go before those of a higher number, whatever is due; return False, and change nothing, if there is no such case that is open.

        Args:
            case_id: of the case.
            priority: `ORDINARY_PRIORITY` is that of a case that nobody has moved.
        """
        with self._engine.begin() as connection:
            is_it = (CASES.c.case_id == case_id, CASES.c.state != CaseState.ENDED)
            return connection.execute(CASES.update().where(*is_it).values(priority=priority)).rowcount == 1

    def close_case(self, outcome: Outcome) -> bool:
        """Keep how the case ended; return False, and change nothing, if it had ended already.

        Raises:
            ValueError: the case was never opened.
        """
        record = to_record(Outcome, outcome)
        with self._engine.begin() as connection:
            closed = connection.execute(statements.CLOSE, {"of_case": outcome.case_id, "at": outcome.ended_at, "how": record})
            if closed.rowcount:
                chain.append(connection, [chain.ending(outcome.case_id, at=outcome.ended_at, outcome=record)])
                return True
            if connection.execute(sa.select(CASES.c.case_id).where(CASES.c.case_id == outcome.case_id)).first() is None:
                raise ValueError("the case was never opened")
            return False

    def cases(self, *, state: CaseState | None = None) -> tuple[CaseEntry, ...]:
        """Return the cases, oldest first; only those in `state` if it is given."""
        return self._entries() if state is None else self._entries(CASES.c.state == state)

    def moved(self) -> tuple[CaseEntry, ...]:
        """Return the cases that have not ended and that an operator has given another priority."""
        return self._entries(CASES.c.state != CaseState.ENDED, CASES.c.priority != ORDINARY_PRIORITY)

    def find(self, reference_or_case_id: str) -> tuple[CaseEntry, ...]:
        """Return the case of that id, or the cases of that application, oldest first; empty if there is none."""
        return self._entries(sa.or_(CASES.c.case_id == reference_or_case_id, CASES.c.reference == reference_or_case_id))

    def case_ids(self, *, months: tuple[str, str] | None = None) -> tuple[str, ...]:
        """Return the ids of the ended cases, in the order they ended; only those for the months from the first to the last, if these are given."""
        query = sa.select(CASES.c.case_id).where(CASES.c.state == CaseState.ENDED).order_by(CASES.c.ended_at, CASES.c.case_id)
        if months is not None:
            query = query.where(CASES.c.month.between(*months))
        with self._engine.connect() as connection:
            return tuple(connection.execute(query).scalars())

    def _entries(self, *where: sa.ColumnElement[bool]) -> tuple[CaseEntry, ...]:
        columns = [column for column in CASES.c if column is not CASES.c.outcome]
        rows = self._rows(sa.select(*columns).where(*where).order_by(CASES.c.submitted_at, CASES.c.case_id))
        return tuple(CaseEntry(**{**row, "state": CaseState(row["state"])}) for row in rows)

    def outcome_of(self, case_id: str) -> Outcome | None:
        """Return how the case ended; None if it has not, or is not known."""
        rows = self._rows(statements.OUTCOME, of_case=case_id)
        return from_record(Outcome, rows[0]["outcome"]) if rows else None

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return how all ended cases ended, in the order they did."""
        query = sa.select(CASES.c.outcome).where(CASES.c.state == CaseState.ENDED).order_by(CASES.c.ended_at, CASES.c.case_id)
        return tuple(from_record(Outcome, row["outcome"]) for row in self._rows(query))

    # writes in other systems; `robots.effects` is their only caller

    def intend(self, case_id: str, name: str, *, is_sent_later: bool = False) -> None:
        """Note, before the act, that the robot is about to do it; the first time stands. Done and unknown stay as they are.

        If nothing goes out before `effect_sent` (`is_sent_later`), a power cut may take the intention back until then: that call brings both to disk.
        """
        row = {"case_id": case_id, "name": name, "state": EffectState.INTENDED, "intended_at": _now()}
        with (self.quick_engine if is_sent_later else self._engine).begin() as connection:
            connection.execute(self._entering.intend, row)

    def effect_sent(self, case_id: str, name: str) -> None:
        """Note, before the press that sends it off, that from now on the system can do it; nothing for an effect that is not intended."""
        self._change_effect(statements.SENT, case_id, name, at=_now())

    def effect_answered(self, case_id: str, name: str) -> None:
        """Note that the system has answered, or is proven not to be at work on it: what it does not show it does not do any more."""
        self._change_effect(statements.ANSWERED, case_id, name)

    def effect_done(self, case_id: str, name: str, evidence: Evidence | None = None) -> None:
        """Note that the effect is proven done; the first time, and the first evidence, stand."""
        now = _now()
        row = {
            "case_id": case_id,
            "name": name,
            "state": EffectState.DONE,
            "intended_at": now,
            "done_at": now,
            "evidence": _evidence_record(evidence),
        }
        with self._engine.begin() as connection:
            connection.execute(self._entering.effect_done, row)

    def effect_unknown(self, case_id: str, name: str, evidence: Evidence | None = None) -> None:
        """Note that nobody but a person can tell whether the effect took place, with what was typed; a done one stays done."""
        row = {"case_id": case_id, "name": name, "state": EffectState.UNKNOWN, "evidence": _evidence_record(evidence)}
        with self._engine.begin() as connection:
            connection.execute(self._entering.effect_unknown, row)

    def withdraw(self, case_id: str, name: str) -> None:
        """Forget an intention that is proven not carried out and will not be; done and unknown stay as they are."""
        self._change_effect(statements.WITHDRAW, case_id, name)

    def _change_effect(self, statement: sa.Update | sa.Delete, case_id: str, name: str, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(statement, {"of_case": case_id, "of_name": name, **values})

    def effect_state(self, case_id: str, name: str) -> EffectState | None:
        """Return what is known of the effect; None if it was never intended."""
        rows = self._rows(statements.EFFECT_STATE, of_case=case_id, of_name=name)
        return EffectState(rows[0]["state"]) if rows else None

    def effect(self, case_id: str, name: str) -> EffectEntry | None:
        """Return what is known of one write; None if it was never intended."""
        rows = self._rows(statements.EFFECT, of_case=case_id, of_name=name)
        return _effect(rows[0]) if rows else None

    def effects(self, case_id: str) -> tuple[EffectEntry, ...]:
        """Return the case's writes and intentions, in the order they were intended; what was never intended comes first."""
        return tuple(_effect(row) for row in self._rows(statements.EFFECTS_OF_CASE, of_case=case_id))

    def unproven_effects(self, case_id: str) -> tuple[str, ...]:
        """Return the names of the writes that were intended and never proven done: a person must look before doing them by hand."""
        return tuple(row["name"] for row in self._rows(statements.UNPROVEN, of_case=case_id))

    # what is kept of a case

    def keep(self, case_id: str, kind: DocumentKind | str, record: Any) -> None:
        """Keep a record of plain JSON types with the case; the latest of each kind stands. `ValueError` if there is no such kind."""
        self.keep_all(case_id, {DocumentKind(kind): record})

    def keep_all(self, case_id: str, records: Mapping[DocumentKind, Any]) -> None:
        """Keep several records with the case, all of them or none; the latest of each kind stands."""
        with self._engine.begin() as connection:
            if len(records) > 1:
                hold_cases(connection, [case_id], Hold.BESIDE)
            connection.execute(self._entering.keep, [{"case_id": case_id, "kind": kind, "record": record} for kind, record in records.items()])

    def document(self, case_id: str, kind: DocumentKind | str) -> Any | None:
        """Return the record that was kept; None if there is none."""
        rows = self._rows(sa.select(DOCUMENTS.c.record).where(DOCUMENTS.c.case_id == case_id, DOCUMENTS.c.kind == DocumentKind(kind)))
        return rows[0]["record"] if rows else None

    def documents(self, kind: DocumentKind | str, case_ids: Sequence[str]) -> dict[str, Any]:
        """Return {case id: record} of the cases that have one, in no order.

        Args:
            kind: of the documents.
            case_ids: asked for in one go: some hundred at a time.
        """
        query = sa.select(DOCUMENTS.c.case_id, DOCUMENTS.c.record).where(DOCUMENTS.c.kind == DocumentKind(kind), DOCUMENTS.c.case_id.in_(case_ids))
        with self._engine.connect() as connection:
            return {case_id: record for case_id, record in connection.execute(query)}

    def keep_rule_set(self, hash: str, record: Any) -> None:  # noqa: A002 - what the record is named by everywhere
        """Keep a rule set of plain JSON types under its hash; the first time stands, as the same hash is the same record."""
        row = {"hash": hash, "record": record, "kept_at": _now()}
        with self._engine.begin() as connection:
            connection.execute(insert_into(self._engine, RULE_SETS).values(**row).on_conflict_do_nothing())

    def rule_set(self, hash: str) -> Any | None:  # noqa: A002 - what the record is named by everywhere
        """Return the rule set that was kept under the hash; None if there is none."""
        rows = self._rows(sa.select(RULE_SETS.c.record).where(RULE_SETS.c.hash == hash))
        return rows[0]["record"] if rows else None

    def past_cases(self, case_ids: Sequence[str], kinds: Sequence[DocumentKind]) -> Iterator[PastCase]:
        """Yield the ended ones of the cases, in the order given, with the documents of those kinds; for some hundred cases at a time."""
        columns = (CASES.c.case_id, CASES.c.reference, CASES.c.month, CASES.c.ended_at)
        ended = sa.select(*columns).where(CASES.c.case_id.in_(case_ids), CASES.c.state == CaseState.ENDED)
        found = {row["case_id"]: PastCase(**row, texts={}) for row in self._rows(ended)}
        text = sa.type_coerce(DOCUMENTS.c.record, PackedText).label("text")
        kept = sa.select(DOCUMENTS.c.case_id, DOCUMENTS.c.kind, text).where(DOCUMENTS.c.case_id.in_(case_ids), DOCUMENTS.c.kind.in_(kinds))
        for row in self._rows(kept):
            if row["case_id"] in found:
                found[row["case_id"]].texts[DocumentKind(row["kind"])] = row["text"]
        yield from (found[case_id] for case_id in case_ids if case_id in found)

    def add_event(self, case_id: str | None, action: str, message: str = "") -> None:
        """Note something that happened to the case, or to no case in particular; no personal data in the message."""
        with self._engine.begin() as connection:
            if case_id is not None:
                hold_cases(connection, [case_id], Hold.BESIDE)
            chain.append(connection, [chain.New(case_id=case_id, at=_now(), action=action, message=message)])

    def head(self) -> chain.Head:
        """Return how far the chain of events has come."""
        with self._engine.connect() as connection:
            return chain.head_of(connection)

    def events(self, case_id: str) -> tuple[CaseEvent, ...]:
        """Return what happened to the case, oldest first; that it has ended is told by its outcome."""
        columns = [EVENTS.c.case_id, EVENTS.c.at, EVENTS.c.action, EVENTS.c.message]
        of_case = (EVENTS.c.case_id == case_id, EVENTS.c.action != chain.CASE_ENDED)
        return tuple(CaseEvent(**row) for row in self._rows(sa.select(*columns).where(*of_case).order_by(EVENTS.c.number)))

    def _set_state(self, case_id: str, state: CaseState, **more: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(CASES.update().where(CASES.c.case_id == case_id, CASES.c.state != CaseState.ENDED).values(state=state, **more))

    def _rows(self, query: sa.Select[Any], **values: object) -> Sequence[dict[str, Any]]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query, values).mappings()]


def _evidence_record(evidence: Evidence | None) -> Any | None:
    return None if evidence is None else to_record(Evidence, evidence)


def _effect(row: Mapping[str, Any]) -> EffectEntry:
    return EffectEntry(**{**row, "state": EffectState(row["state"]), "evidence": _evidence(row["evidence"])})


def _evidence(record: Any | None) -> Evidence | None:
    return None if record is None else from_record(Evidence, record)


def _now() -> datetime:
    return datetime.now(UTC)
