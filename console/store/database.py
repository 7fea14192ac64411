"""One way to open a database file: durable, private, many processes at once."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.store.places import private_folder

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData

BUSY_SECONDS: Final = 30
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",  # a commit is on the disk before it is reported
    "PRAGMA foreign_keys=ON",
)


def open_database(path: Path, tables: MetaData) -> Engine:
    """An engine on the SQLite file `path`, made with its tables where it is missing.

    A transaction takes the write lock when it begins, so that what it read is still true
    when it commits; `reading` opens one that doesn't.
    """
    from sqlalchemy import create_engine, event

    private_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _configure(connection, _record) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
        connection.isolation_level = None  # we begin transactions ourselves, below
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        _write_ahead(connection)
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("payconsole_reading")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    try:
        tables.create_all(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on.

    On a new file that needs the file for itself alone, and SQLite doesn't wait for it as it
    does for everything else: two consoles may be started at the same moment.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database and takes no write lock."""
    with engine.connect().execution_options(payconsole_reading=True) as connection:
        yield connection
