"""What operators have paused: one case, one system or everything, until they end it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from robots.casebook import Casebook
from robots.casebook.tables import PAUSES, upsert

#: the scope of a pause of everything
EVERYTHING = "all"
# Built once: it is asked once a second.
_STANDING = sa.select(PAUSES).order_by(PAUSES.c.paused_at, PAUSES.c.scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One pause; the time is aware UTC."""

    #: `all`, `system:NAME` or `case:ID`
    scope: str
    paused_at: datetime
    #: the operator's account on the machine
    paused_by: str
    #: no personal data
    why: str


def scope_of_system(system: str) -> str:
    """Return the scope of a pause of one system."""
    return f"system:{system}"


def scope_of_case(case_id: str) -> str:
    """Return the scope of a pause of one case."""
    return f"case:{case_id}"


class Pauses:
    """The table of pauses in one casebook; every method commits before it returns."""

    def __init__(self, casebook: Casebook) -> None:
        self._engine = casebook.engine

    def pause(self, scope: str, *, by: str, why: str) -> None:
        """Pause; a pause of the same scope stays, with the new reason."""
        row = {"scope": scope, "paused_at": datetime.now(UTC), "paused_by": by, "why": why}
        with self._engine.begin() as connection:
            connection.execute(upsert(self._engine, PAUSES, row, changed={"paused_by": by, "why": why}))

    def end(self, scope: str) -> bool:
        """End the pause; return False if there is none of that scope."""
        with self._engine.begin() as connection:
            return connection.execute(PAUSES.delete().where(PAUSES.c.scope == scope)).rowcount > 0

    def standing(self) -> tuple[Pause, ...]:
        """Return what is paused, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_STANDING).mappings().all()
        return tuple(Pause(**row) for row in rows)
