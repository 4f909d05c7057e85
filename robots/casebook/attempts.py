"""The step that a robot is in the midst of in each case: what is left of it after a crash shows in which cases robots die.

One short write for each step: that a step is over shows in the engine, which has its result, or in the next step's note. What is noted of a step
outlives the process and need not outlive the machine, so that nobody waits for the disk: a power cut is no case's fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from robots.casebook import Casebook
from robots.casebook.tables import ATTEMPTS

# Built once, as the others below: that takes as long as the write itself.
_FORGET = ATTEMPTS.delete().where(ATTEMPTS.c.case_id == sa.bindparam("of_case"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The latest step of a case that was begun; the time is aware UTC."""

    case_id: str
    #: empty before the first one; `after NAME` between two
    step: str
    #: who is in the midst of it; empty when nobody is
    worker: str
    begun_at: datetime
    #: how often in a row a robot died in it
    deaths: int


class Attempts:
    """The table of attempts in one casebook; every method commits before it returns."""

    def __init__(self, casebook: Casebook) -> None:
        self._engine = casebook.engine
        self._quick = casebook.quick_engine
        insert: Any = postgresql.insert(ATTEMPTS) if self._engine.dialect.name == "postgresql" else sqlite.insert(ATTEMPTS)
        new, key = insert.excluded, [ATTEMPTS.c.case_id]
        deaths = sa.case((ATTEMPTS.c.step == new.step, ATTEMPTS.c.deaths), else_=0)
        at_hand = {"worker": new.worker, "begun_at": new.begun_at}
        self._take = insert.on_conflict_do_update(index_elements=key, set_=at_hand)
        self._begin = insert.on_conflict_do_update(index_elements=key, set_={**at_hand, "step": new.step, "deaths": deaths})

    def take(self, case_id: str, worker: str) -> None:
        """Note that the robot has the case at hand, between two steps; deaths so far stay counted."""
        self._note(self._take, case_id, "", worker)

    def begin(self, case_id: str, step: str, worker: str) -> None:
        """Note that the robot begins the step; the deaths in another step are forgotten."""
        self._note(self._begin, case_id, step, worker)

    def leave(self, case_id: str) -> None:
        """Note that nobody is in the midst of the case; deaths so far stay counted."""
        with self._quick.begin() as connection:
            connection.execute(ATTEMPTS.update().where(ATTEMPTS.c.case_id == case_id).values(worker=""))

    def forget(self, case_id: str) -> None:
        """Forget the case's attempts and deaths."""
        # Taken back by a power cut, it counts as a death in the last step, as a power cut in that step does.
        with self._quick.begin() as connection:
            connection.execute(_FORGET, {"of_case": case_id})

    def count_death(self, attempt: Attempt, *, step: str) -> None:
        """Count the death of the robot that made the attempt, once; in `step`, which is another than the attempt's when that one was over."""
        deaths = attempt.deaths + 1 if step == attempt.step else 1
        is_it = (ATTEMPTS.c.case_id == attempt.case_id, ATTEMPTS.c.worker == attempt.worker, ATTEMPTS.c.step == attempt.step)
        with self._engine.begin() as connection:
            connection.execute(ATTEMPTS.update().where(*is_it).values(worker="", step=step, deaths=deaths))

    def all(self) -> tuple[Attempt, ...]:
        """Return the latest attempt of each case that has one, by the time they were begun."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(ATTEMPTS).order_by(ATTEMPTS.c.begun_at, ATTEMPTS.c.case_id)).mappings().all()
        return tuple(Attempt(**row) for row in rows)

    def of_case(self, case_id: str) -> Attempt | None:
        """Return the case's latest attempt; None when there is none."""
        return next((one for one in self.all() if one.case_id == case_id), None)

    def _note(self, statement: Any, case_id: str, step: str, worker: str) -> None:
        row = {"case_id": case_id, "step": step, "worker": worker, "begun_at": datetime.now(UTC), "deaths": 0}
        with self._quick.begin() as connection:
            connection.execute(statement, row)
