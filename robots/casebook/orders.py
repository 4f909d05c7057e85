"""What is to be done with a case from outside its run: stopped for good, or taken up again. Carried out by whoever has the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa

from robots.casebook import Casebook, CaseState, chain
from robots.casebook.database import Hold, hold_cases
from robots.casebook.tables import CASES, ORDERS, upsert

# Built once: it is asked once a second.
_STANDING = sa.select(ORDERS).order_by(ORDERS.c.ordered_at, ORDERS.c.case_id)


class OrderKind(StrEnum):
    """What is to be done."""

    #: hand the case off before its next step
    CANCEL = "cancel"
    #: go on after the last finished step
    GO_ON = "go on"
    #: forget the results of a step and of those after it, and go on from there
    REWIND = "rewind"
    #: forget all results, and begin with the first step
    BEGIN_ANEW = "begin anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order; the time is aware UTC."""

    case_id: str
    kind: OrderKind
    #: where to rewind to; empty for the other kinds
    step: str
    ordered_at: datetime
    #: the operator's account on the machine
    ordered_by: str
    #: no personal data
    why: str


class Orders:
    """The table of orders in one casebook: at most one for each case, the latest stands. Every method commits before it returns."""

    def __init__(self, casebook: Casebook) -> None:
        self._engine = casebook.engine

    def give(
        self, case_id: str, kind: OrderKind, *, by: str, why: str, step: str = "", event: tuple[str, str], reopens: bool = False, in_round: int = 0
    ) -> bool:
        """Give an order and note it among the case's events; return False, and change nothing, if the case has ended meanwhile.

        Args:
            case_id: of a case in the casebook.
            kind: what is to be done.
            by: the operator's account.
            why: in the operator's words; no personal data.
            step: for a rewind.
            event: action and message that the casebook keeps.
            reopens: the case is one that has ended, and has not ended any more; otherwise it must not have.
            in_round: reopen it only if it is in this round, from 1; 0 for whatever round.
        """
        now = datetime.now(UTC)
        row = {"case_id": case_id, "kind": kind, "step": step, "ordered_at": now, "ordered_by": by, "why": why}
        changed = {key: value for key, value in row.items() if key != "case_id"}
        stands = CASES.c.state == CaseState.ENDED if reopens else CASES.c.state != CaseState.ENDED
        rounds = (CASES.c.reopened == in_round - 1,) if in_round else ()
        # An ended case begins anew: when it was first taken up says nothing of the new beginning.
        anew = {"state": CaseState.WAITING, "ended_at": None, "outcome": None, "taken_at": None, "reopened": CASES.c.reopened + 1}
        opened = anew if reopens else {"state": CASES.c.state}
        with self._engine.begin() as connection:
            if not connection.execute(CASES.update().where(CASES.c.case_id == case_id, stands, *rounds).values(**opened)).rowcount:
                return False
            connection.execute(upsert(self._engine, ORDERS, row, changed=changed))
            chain.append(connection, [chain.New(case_id=case_id, at=now, action=event[0], message=event[1])])
            return True

    def standing(self) -> tuple[Order, ...]:
        """Return the orders that are to be carried out, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_STANDING).mappings().all()
        return tuple(Order(**{**row, "kind": OrderKind(row["kind"])}) for row in rows)

    def of_case(self, case_id: str) -> Order | None:
        """Return what is to be done with the case; None for nothing."""
        return next((one for one in self.standing() if one.case_id == case_id), None)

    def fulfil(self, order: Order) -> bool:
        """Take an order away that is carried out; False if it is not there any more, as another may stand in its place by now."""
        with self._engine.begin() as connection:
            return connection.execute(ORDERS.delete().where(*_is_it(order))).rowcount > 0

    @contextmanager
    def carrying_out(self, order: Order) -> Iterator[bool]:
        """Take the order away when the block has ended without an error; after an error or a crash it still stands.

        Yields False if it is not there any more, or another robot has it at hand, which may yet die of it.
        """
        query = sa.select(ORDERS.c.case_id).where(*_is_it(order))
        if self._engine.dialect.name != "postgresql":
            # The file's only robot. Nothing is held: others of its threads write in the file meanwhile.
            with self._engine.connect() as connection:
                stands = connection.execute(query).first() is not None
            yield stands
            if stands:
                self.fulfil(order)
            return
        with self._engine.begin() as connection:
            # Before the order: the block writes of the case through other connections, for which nobody may wait who has the case.
            hold_cases(connection, [order.case_id], Hold.BESIDE)
            stands = connection.execute(query.with_for_update(skip_locked=True)).first() is not None
            yield stands
            if stands:
                connection.execute(ORDERS.delete().where(*_is_it(order)))


def _is_it(order: Order) -> tuple[sa.ColumnElement[bool], ...]:
    return ORDERS.c.case_id == order.case_id, ORDERS.c.kind == order.kind, ORDERS.c.ordered_at == order.ordered_at
