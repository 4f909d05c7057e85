"""What a database says when its file, its disk or its server is in trouble, in words for the operator."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from robots.errors import StateUnusable

#: the low byte of an extended error code of SQLite is the primary one (https://www.sqlite.org/rescode.html)
_PRIMARY = 0xFF
_DISK = "its disk is full: free some room there"
_LOCKED = "another program keeps it locked: see what has the file open, such as a copy that somebody takes by hand, and end that"
_RIGHTS = "the robot may not write it, or its file is no longer where it was: give the robot's account the folder and the file back"
_BROKEN = "it is damaged, or its disk is: look at the disk, then put the latest backup in its place with kollega restore --move-aside"
_WORDS = {
    sqlite3.SQLITE_FULL: _DISK,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _RIGHTS,
    sqlite3.SQLITE_CANTOPEN: _RIGHTS,
    sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_AUTH: _RIGHTS,
    sqlite3.SQLITE_IOERR: _BROKEN,
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
}
_SERVER = "the database server does not answer, or can't write: see that it is up and that its disk has room"


def fault_of(error: sa.exc.DBAPIError, what: str, *, cannot: str = "be used") -> StateUnusable | None:
    """Return what the operator is told of a database in trouble; None for any other error, which is the program's own.

    Args:
        error: of the database's library.
        what: the record that the database holds, as the beginning of a sentence.
        cannot: what the robot can't do with it.
    """
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0)
        words = _WORDS.get(code & _PRIMARY)
        kind = getattr(cause, "sqlite_errorname", "")
    else:
        # An operational error is one of the server's, its memory, its disk or the way to it (https://peps.python.org/pep-0249/#operationalerror).
        # So is any other that has ended the connection, such as that of a robot which stood still in the midst of a transaction.
        is_of_server = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) or error.connection_invalidated
        words = _SERVER if is_of_server else None
        kind = getattr(cause, "sqlstate", None) or type(cause).__name__
    if words is None:
        return None
    goes_on = "" if words is _BROKEN else ". Nothing is lost: the next run goes on with the cases that wait"
    return StateUnusable(f"{what} cannot {cannot} ({kind}): {words}{goes_on}")


def see_sound(engine: sa.Engine, what: str) -> None:
    """Read all of an SQLite file once, some tenths of a second for ten thousand cases; nothing for another database, which sees to that itself.

    Raises:
        StateUnusable: it is damaged.
    """
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    except sa.exc.DBAPIError as error:
        raise fault_of(error, what) or error from error
    if found != "ok":
        raise StateUnusable(f"{what} cannot be used: {_BROKEN}")


def tell_faults(engine: sa.Engine, what: str) -> None:
    """Have the engine raise what `fault_of` says of an error instead of the library's own."""

    @sa.event.listens_for(engine, "handle_error")
    def _tell(context: sa.engine.ExceptionContext) -> StateUnusable | None:
        error = context.sqlalchemy_exception
        return fault_of(error, what) if isinstance(error, sa.exc.DBAPIError) else None
