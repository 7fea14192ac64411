"""One way to open a database file: durable, private, many processes at once."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.domain.language import N_, _
from console.domain.text import clean_line
from console.store.places import private_folder

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData
    from sqlalchemy.engine import ExceptionContext

BUSY_SECONDS: Final = 30
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",  # a commit is on the disk before it is reported
    "PRAGMA foreign_keys=ON",
)


class StoreFailed(Exception):
    """A database file can't be used; the message names it and says why, `hint` the remedy."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class CantOpen(StoreFailed):
    """It could not even be opened: nothing was done."""


_RIGHTS: Final = N_("Make the file and its folder readable and writable for you, and try again.")
# What SQLite's primary result codes (https://www.sqlite.org/rescode.html) say of a file's place:
# the reason and the remedy.
_FAILURES: Final = {
    sqlite3.SQLITE_PERM: (N_("access to it was denied"), _RIGHTS),
    sqlite3.SQLITE_BUSY: (
        N_("another program keeps it locked"),
        N_("Try again when that has ended."),
    ),
    sqlite3.SQLITE_READONLY: (N_("it can't be written"), _RIGHTS),
    sqlite3.SQLITE_IOERR: (
        N_("the disk failed to read or write it"),
        N_("Check the disk and its room."),
    ),
    sqlite3.SQLITE_FULL: (
        N_("the disk is full"),
        N_("Make room and try again; `payconsole journal recover` resolves what was under way."),
    ),
    sqlite3.SQLITE_CANTOPEN: (N_("it can't be opened"), _RIGHTS),
}
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

OfDamage = Callable[[Path, str], Exception]


def open_database(path: Path, tables: MetaData, of_damage: OfDamage | None = None) -> Engine:
    """An engine on the SQLite file `path`, made with its tables where it is missing.

    A transaction takes the write lock when it begins, so that what it read is still true
    when it commits; `reading` opens one that doesn't.

    Raises CantOpen where the file can't be opened; the engine raises StoreFailed where it
    can't be used later. `of_damage` makes the error for a damaged file from its path and what
    is wrong; without it these two say that its content can be made again.
    """
    from sqlalchemy import create_engine, event

    judge = _Judge(path, of_damage)
    judge.make()
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _configure(connection, _record) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
        connection.isolation_level = None  # we begin transactions ourselves, below
        try:
            connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
            _write_ahead(connection)
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except UnicodeDecodeError as error:  # SQLite's own words, out of a damaged schema
            raise judge.damaged(_("its schema is no text")) from error

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("payconsole_reading")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "handle_error")
    def _judge(context: ExceptionContext) -> None:
        found = judge.error(context.original_exception)
        if found is not None:
            raise found from context.original_exception

    try:
        tables.create_all(engine)
    except BaseException:
        engine.dispose()
        raise
    judge.kind = StoreFailed
    return engine


class _Judge:
    """What is said of a file that fails: `kind` is CantOpen until it has been opened."""

    def __init__(self, path: Path, of_damage: OfDamage | None) -> None:
        self.kind: type[StoreFailed] = CantOpen
        self._path = path
        self._of_damage = of_damage or self._remade

    def damaged(self, why: str) -> Exception:
        return self._of_damage(self._path, why)

    def make(self) -> None:
        """Make the file and its folder where they are missing."""
        path = self._path
        try:
            if path.is_dir():
                raise self._of_damage(path, _("it is a folder, not a file"))
            private_folder(path.parent)
            # Only where it is missing: to close a file takes SQLite's locks on it away.
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            values = {"file": _shown(path), "why": error.strerror}
            if error.filename in (None, str(path)):
                said = _("{file} can't be made: {why}.", **values)
            else:
                place = _shown(error.filename)
                said = _("{file} can't be made: {why} ({place}).", place=place, **values)
            hint = _("Mend that, or set PAYCONSOLE_DATA_DIR to a folder that you may write.")
            raise CantOpen(said, hint) from error

    def error(self, error: BaseException) -> Exception | None:
        """What an error of SQLite's says of the file; None where it says nothing of it."""
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            return None
        primary = code & 0xFF
        if primary in _DAMAGE or code == sqlite3.SQLITE_IOERR_SHORT_READ:
            return self._of_damage(self._path, str(error))
        if primary not in _FAILURES:
            return None
        why, hint = _FAILURES[primary]
        said = _(
            "{file} can't be used: {why}.", file=_shown(self._path), why=_(self._right() or why)
        )
        return self.kind(said, _(hint))

    def _right(self) -> str | None:
        """The right to the file or its folder that is missing, if one is."""
        for place, right, missing in (
            (self._path, os.R_OK, N_("this user may not read it")),
            (self._path, os.W_OK, N_("this user may not write it")),
            (self._path.parent, os.W_OK, N_("this user may not write its folder")),
        ):
            if not os.access(place, right):
                return missing
        return None

    def _remade(self, path: Path, why: str) -> StoreFailed:
        return self.kind(
            _("{file} is damaged: {why}.", file=_shown(path), why=why),
            _(
                "Move {name} away, and what lies beside it as {name}-…: it is made again by the"
                " next command, and filled by imports, sync and lookups.",
                name=path.name,
            ),
        )


def _shown(path: Path | str) -> str:
    return clean_line(str(path), 300)


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
