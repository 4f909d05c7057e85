"""The form of the casebook's tables: made in a new casebook, brought up in one of an earlier version, left alone in any other."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from robots.casebook import chain
from robots.casebook.database import begin_alone
from robots.casebook.entries import CaseState
from robots.casebook.tables import ABOUT, CASES, MIGRATIONS, TABLES

#: of the tables that this version reads and writes
SCHEMA = 4
#: the last one whose events were no chain
_WITHOUT_CHAIN = 3


def schemas_of(engine: sa.Engine) -> list[int]:
    """Return the schema that the casebook has; a new one gets this version's, whole or not at all, one of another version is left as it is."""
    with engine.begin() as connection:
        begin_alone(connection, "casebook")
        ABOUT.create(connection, checkfirst=True)
        schemas = list(connection.execute(sa.select(ABOUT.c.schema)).scalars())
        if not schemas:
            # Nobody else is here before this transaction has ended.
            origin = secrets.token_hex(32)
            connection.execute(ABOUT.insert().values(schema=SCHEMA, head=origin, origin=origin))
            schemas = [SCHEMA]
        if len(schemas) == 1:
            schemas = [_migrate(connection, schemas[0])]
        if schemas == [SCHEMA]:
            TABLES.create_all(connection)
        return schemas


def _migrate(connection: sa.Connection, schema: int) -> int:
    """Bring the casebook of an earlier version to this one's schema, step by step, and return the schema that it has then."""
    while schema in MIGRATIONS:
        for statement in MIGRATIONS[schema]:
            connection.exec_driver_sql(statement)
        if schema == _WITHOUT_CHAIN:
            chain.take_over(connection)
            chain.append(connection, _endings(connection))
        schema += 1
        connection.execute(ABOUT.update().values(schema=schema))
    return schema


def _endings(connection: sa.Connection) -> list[chain.New]:
    """Return the endings of the cases that ended in an earlier version, each with its time: from now on their outcomes are held against these."""
    columns = (CASES.c.case_id, CASES.c.ended_at, CASES.c.outcome)
    ended = sa.select(*columns).where(CASES.c.state == CaseState.ENDED).order_by(CASES.c.ended_at, CASES.c.case_id)
    return [chain.ending(case_id, at=ended_at, outcome=outcome) for case_id, ended_at, outcome in connection.execute(ended)]
