"""The engine's database beside the running engine: what it holds of cases is read, put right and forgotten here, in words of our own.

What the engine's tables are called, and what stands in them, is known here and in `engine` only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOSClient

from robots.casebook import CaseEntry
from robots.casebook.database import database_engine, is_address, schema_of
from robots.casebook.erasing import compact_database
from robots.casebook.faults import fault_of, see_sound
from robots.errors import StateUnusable
from robots.run_log import Action, case_context, event

# The engine's own name for the schema of its tables, where an address names none.
_ENGINE_SCHEMA = "dbos"
_IDS_PER_QUERY = 500
_WHAT = "the engine's record"
_MOST_CONNECTIONS = 20

#: counts the deaths of robots: whether the start of that name is dead, and which steps of a case are done
CountDeaths = Callable[[Callable[[str], bool], Callable[[str], Collection[str]]], None]


class EngineRecord:
    """The database of one engine; close it."""

    def __init__(self, where: Path | str) -> None:
        """Open the database.

        Args:
            where: the folder, or the address of the database that several robots share.
        """
        self.is_shared = is_address(where)
        self.schema = _schema_of(where)
        self.database = database_engine(where if self.is_shared else _file_in(where), pool_size=_MOST_CONNECTIONS, max_overflow=0)
        self._tables = f'"{self.schema}".' if self.is_shared else ""

    def close(self) -> None:
        """Close all connections."""
        self.database.dispose()

    def refuse(self) -> None:
        """Let nothing be written any more, by nobody in this process."""

        @sa.event.listens_for(self.database, "begin")
        def _refuse(_connection: sa.Connection) -> None:
            raise StateUnusable(f"{_WHAT} is given up")

    def has_worked(self) -> bool:
        """Whether an engine has worked with it before."""
        with telling_faults():
            return sa.inspect(self.database).has_table("workflow_status", schema=self.schema if self.is_shared else None)

    def see_sound(self) -> None:
        """Read all of a file once.

        Raises:
            StateUnusable: it is damaged.
        """
        see_sound(self.database, _WHAT)

    def write_mark(self) -> None:
        """Write something without a meaning in a file, to see that it can be written; of another database it is seen whether it answers."""
        # A number that SQLite keeps for the program, and that the engine does not use.
        mark = "SELECT 1" if self.is_shared else f"PRAGMA user_version = {time.time_ns() % 2**31}"
        with telling_faults(), self.database.begin() as connection:
            connection.exec_driver_sql(mark)

    def at_hand(self) -> dict[str, int]:
        """Return how many cases are at hand with each start of a robot."""
        query = f"SELECT executor_id, count(*) FROM {self._tables}workflow_status WHERE status = 'PENDING' GROUP BY executor_id"  # noqa: S608 - of fixed words
        with self.database.connect() as connection:
            return {executor: count for executor, count in connection.execute(sa.text(query)) if executor}

    def change(self, case_ids: Sequence[str], changed: str, statuses: Sequence[str], **values: object) -> None:
        """Change the cases that have one of these statuses; the others stay as they are."""
        set_ = f"UPDATE {self._tables}workflow_status SET {changed}, owner_xid = NULL"  # noqa: S608 - of fixed words
        statement = sa.text(f"{set_} WHERE workflow_uuid IN :ids AND status IN :statuses")
        statement = statement.bindparams(sa.bindparam("ids", expanding=True), sa.bindparam("statuses", expanding=True))
        for ids in some_at_a_time(case_ids):
            with telling_faults(), self.database.begin() as connection:
                connection.execute(statement, {"ids": ids, "statuses": list(statuses), **values})

    def count_deaths(self, count: CountDeaths, *, alive: Collection[str]) -> None:
        """Have the deaths counted of all robots but those whose starts are named."""
        with self._client() as client:
            count(lambda executor: executor not in alive, lambda case_id: _steps_done(client, case_id))

    # what is forgotten

    def rewind(self, case_id: str, step: str) -> bool:
        """Put a case aside and forget its results from the step on, at once; False, and nothing done, if it has none of the step.

        It is not at hand, nor over.
        """
        of_case = f"{self._tables}operation_outputs WHERE workflow_uuid = :case"
        first = sa.text(f"SELECT min(function_id) FROM {of_case} AND function_name = :step")  # noqa: S608 - of fixed words
        rest = sa.text(f"DELETE FROM {of_case} AND function_id >= :number")  # noqa: S608 - of fixed words
        aside = "status = 'CANCELLED', queue_name = NULL, owner_xid = NULL, started_at_epoch_ms = NULL"
        put_aside = sa.text(f"UPDATE {self._tables}workflow_status SET {aside} WHERE workflow_uuid = :case")  # noqa: S608 - of fixed words
        with telling_faults(), self.database.begin() as connection:
            number = connection.execute(first, {"case": case_id, "step": step}).scalar()
            if number is None:
                return False
            connection.execute(put_aside, {"case": case_id})
            connection.execute(rest, {"case": case_id, "number": number})
            return True

    def forget_outdated(self, cases: Collection[CaseEntry], *, others: Collection[str]) -> None:
        """Know nothing more of cases that are to begin anew, but of those that the others have at hand.

        Args:
            cases: that have written nothing.
            others: what names the starts of the other robots at work.
        """
        if others and cases:
            # What another robot has at hand today is not for this one to begin anew.
            query = f"SELECT workflow_uuid FROM {self._tables}workflow_status WHERE status = 'PENDING' AND executor_id IN :others"  # noqa: S608 - of fixed words
            statement = sa.text(query).bindparams(sa.bindparam("others", expanding=True))
            with self.database.connect() as connection:
                elsewhere = set(connection.execute(statement, {"others": list(others)}).scalars())
            cases = [case for case in cases if case.case_id not in elsewhere]
        if not cases:
            return
        with self._client() as client:
            client.delete_workflows([case.case_id for case in cases])
        for case in cases:
            with case_context(case.reference):
                event(Action.CASE_QUEUED, "Begun on an earlier day, and nothing is written: everything is read anew.")

    def forget_results(self) -> None:
        """Forget the results of steps of cases that are over: they are personal, and the casebook keeps what is to be kept."""
        # The cases themselves stay, by their ids, so that none is ever done a second time. The engine's own deletion would take those too.
        over = f"SELECT workflow_uuid FROM {self._tables}workflow_status WHERE status = 'SUCCESS'"  # noqa: S608 - of fixed words
        try:
            with self.database.begin() as connection:
                connection.execute(sa.text(f"DELETE FROM {self._tables}operation_outputs WHERE workflow_uuid IN ({over})"))  # noqa: S608 - of fixed words
            if not self.is_shared:
                with self.database.connect() as connection:
                    # What was deleted would stay in the file of recent changes.
                    connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        except sa.exc.DBAPIError as error:
            event(Action.LIBRARY, f"results of ended cases could not be deleted, the next run tries again: {type(error).__name__}", level="WARNING")

    def forget_cases(self, case_ids: Sequence[str], *, is_alone: bool) -> int:
        """Know nothing at all of cases that are over for the casebook, and return how many there were of them; nothing of them is left in a file.

        Args:
            case_ids: of cases that no robot has at hand; those at hand all the same are left.
            is_alone: no robot works, so that none is at hand, whatever a robot that was killed has left, and tables may be written anew.
        """
        known = self.known(case_ids, also_at_hand=is_alone)
        if known:
            with telling_faults():
                with self._client() as client:
                    for ids in some_at_a_time(known):
                        client.delete_workflows(ids)
                self.compact(is_alone=is_alone)
        return len(known)

    def known(self, case_ids: Sequence[str], *, also_at_hand: bool) -> list[str]:
        """Return which of the cases it knows anything of; also those at hand if these are asked for."""
        if not self.has_worked():
            return []
        not_at_hand = "" if also_at_hand else " AND status != 'PENDING'"
        query = sa.text(f"SELECT workflow_uuid FROM {self._tables}workflow_status WHERE workflow_uuid IN :ids{not_at_hand}")  # noqa: S608 - of fixed words
        query = query.bindparams(sa.bindparam("ids", expanding=True))
        found: list[str] = []
        with telling_faults(), self.database.connect() as connection:
            for ids in some_at_a_time(case_ids):
                found += connection.execute(query, {"ids": ids}).scalars()
        return found

    def compact(self, *, is_alone: bool) -> None:
        """Have nothing of what was deleted left in the database's files."""
        names = sa.inspect(self.database).get_table_names(schema=self.schema if self.is_shared else None)
        compact_database(self.database, [f'{self._tables}"{name}"' for name in names], is_alone=is_alone)

    @contextmanager
    def _client(self) -> Iterator[DBOSClient]:
        """Yield what reads and changes the tables without an engine, and goes on with no case."""
        client = DBOSClient(system_database_engine=self.database, dbos_system_schema=self.schema)
        try:
            yield client
        finally:
            client.destroy()


@contextmanager
def telling_faults() -> Iterator[None]:
    """Raise what an operator is told instead of the database's own error."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise fault_of(error, _WHAT) or error from error


def some_at_a_time(case_ids: Sequence[str]) -> Iterator[list[str]]:
    """Yield the ids in lists that fit into one statement."""
    for start in range(0, len(case_ids), _IDS_PER_QUERY):
        yield list(case_ids[start : start + _IDS_PER_QUERY])


def _steps_done(client: DBOSClient, case_id: str) -> list[str]:
    return [one["function_name"] for one in client.list_workflow_steps(case_id, load_output=False)]


# --- for those who only ask -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """A step of which the engine has the result; times are aware UTC."""

    name: str
    begun_at: datetime | None
    ended_at: datetime | None


def steps_of(where: Path | str, case_id: str) -> tuple[StepDone, ...]:
    """Return the steps of a case of which the results are kept, in their order; nothing is changed, or gone on with.

    Args:
        where: the folder, or the address of the database that several robots share.
        case_id: of the case.
    """
    query = "SELECT function_name, started_at_epoch_ms, completed_at_epoch_ms FROM {table} WHERE workflow_uuid = :case ORDER BY function_id"
    rows = _read(where, "operation_outputs", query, case=case_id)
    return tuple(StepDone(name=name, begun_at=_time(begun), ended_at=_time(ended)) for name, begun, ended in rows)


def _time(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def results_of(where: Path | str, case_id: str) -> tuple[dict[str, Any], ...]:
    """Return the stored results of a case's steps, as the engine keeps them, in their order; nothing is changed, or gone on with.

    Args:
        where: the folder, or the address of the database that several robots share.
        case_id: of the case.
    """
    query = "SELECT function_name, output FROM {table} WHERE workflow_uuid = :case ORDER BY function_id"
    return tuple({"step": name, "result": output} for name, output in _read(where, "operation_outputs", query, case=case_id))


def cases_with_results(where: Path | str, fits: Callable[[str], bool]) -> frozenset[str]:
    """Return the ids of the cases of which the stored result of a step fits; nothing is changed, or gone on with.

    Args:
        where: the folder, or the address of the database that several robots share.
        fits: whether a result does, as the engine keeps it.
    """
    rows = _read(where, "operation_outputs", "SELECT DISTINCT workflow_uuid FROM {table} WHERE output IS NOT NULL")
    return frozenset(case_id for (case_id,) in rows if any(fits(str(one["result"])) for one in results_of(where, case_id)))


def cases_at_hand(where: Path | str) -> dict[str, list[str]]:
    """Return the ids of the cases at hand, by what names the robot's start in the engine; nothing is changed, or gone on with.

    Args:
        where: the folder, or the address of the database that several robots share.
    """
    found: dict[str, list[str]] = {}
    query = "SELECT executor_id, workflow_uuid FROM {table} WHERE status = 'PENDING' ORDER BY workflow_uuid"
    for executor, case_id in _read(where, "workflow_status", query):
        found.setdefault(executor or "", []).append(case_id)
    return found


def _read(where: Path | str, name: str, query: str, **values: str) -> list[Any]:
    """Return the rows of a query on one of the engine's tables; none where it has not worked yet."""
    schema = _schema_of(where) if is_address(where) else None
    if schema is None and not _file_in(where).exists():
        return []
    database = database_engine(where if is_address(where) else _file_in(where))
    try:
        with telling_faults():
            if not sa.inspect(database).has_table(name, schema=schema):
                return []
            table = f'"{schema}".{name}' if schema else name
            with database.connect() as connection:
                return list(connection.execute(sa.text(query.format(table=table)), values))
    finally:
        database.dispose()


def _schema_of(where: Path | str) -> str:
    schema = schema_of(str(where)) if is_address(where) else ""
    return f"{schema}_engine" if schema else _ENGINE_SCHEMA


def _file_in(folder: Path | str) -> Path:
    return Path(folder) / "queue.db"
