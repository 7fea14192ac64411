"""What this process has verified of a journal, and whether anybody else has written since."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from console.domain.intent import OPEN_STATES, Move
from console.domain.language import N_, _
from console.store.lines import GENESIS, check_line, replay


@dataclass(frozen=True)
class Standing:
    """How the file stood: as long as it is the same, only this process' `Writer` has committed.

    `version` is SQLite's data version of the writer's connection, which changes when any other
    connection commits and not by its own commits (https://www.sqlite.org/pragma.html). `file`
    is the database file's inode, time of change and size: they change when somebody writes into
    it past SQLite, and when SQLite itself moves the write-ahead log into it.
    """

    version: int
    file: tuple[int, int, int]


class Writer:
    """The one connection by which a process writes to a journal; threads take turns."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._turn = threading.Lock()
        self._connection: Connection | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction with the write lock, committed at its end."""
        with self._turn, self._connected().begin():
            yield self._connected()

    def standing(self) -> Standing | None:
        """How the file stands now; None where that can't be told."""
        try:
            with self._turn:
                raw: Any = self._connected().connection.driver_connection
                [version] = raw.execute("PRAGMA data_version").fetchone()
            stat = self._path.stat()
        except (OSError, sqlite3.Error):
            return None  # what it means is for the full verification to find out
        return Standing(version, (stat.st_ino, stat.st_mtime_ns, stat.st_size))

    def close(self) -> None:
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection


@dataclass(frozen=True)
class Named:
    """A line that is known from elsewhere, by its number and its hash.

    `other` is what is said where the `{line}` is another one.
    """

    seq: int
    hash: str
    other: str

    @property
    def problem(self) -> str:
        return _(self.other, line=self.seq)


BY_CHECKPOINT: Final = N_("line {line} is not the line that the checkpoint names")
_BEFORE: Final = N_("line {line} is not the line that was verified before")


@dataclass(frozen=True)
class Mark:
    """Where a verification ended that found nothing wrong, and how the file stood before it."""

    seq: int
    hash: str
    intents: int
    open: frozenset[int]
    standing: Standing | None

    @property
    def named(self) -> list[Named]:
        return [Named(self.seq, self.hash, _BEFORE)] if self.seq else []


class Chain:
    """Lines as they are walked: each follows from the one before it, and is what is known of it."""

    def __init__(self, named: list[Named], seq: int = 0, previous: str = GENESIS) -> None:
        self.seq = seq
        self.hash = previous
        self.intents: set[int] = set()
        self.reserved = 0
        self.named = named

    def problem(self, row: Row[Any]) -> str | None:
        """What is wrong with this as the next line, if anything."""
        problem = check_line(row, self.seq + 1, self.hash)
        for known in self.named:
            if problem is None and known.seq == row.seq and known.hash != row.hash:
                problem = known.problem
        return problem

    def take(self, row: Row[Any]) -> None:
        self.seq, self.hash = row.seq, row.hash
        self.reserved += row.kind == Move.RESERVE
        if row.intent is not None:
            self.intents.add(row.intent)

    def missing(self) -> str | None:
        """Which lines there must be after the last one, if any."""
        last = max((known.seq for known in self.named), default=0)
        if last <= self.seq:
            return None
        return _("lines {first} to {last} are missing at the end", first=self.seq + 1, last=last)


Replayed = dict[int, dict[str, Any]]


def still_open(replayed: Replayed) -> frozenset[int]:
    """Of intents as their lines have them, those that are open."""
    return frozenset(number for number, row in replayed.items() if row["state"] in OPEN_STATES)


def replay_alone(rows: list[Row[Any]], replayed: Replayed) -> str | None:
    """Replay one intent's lines, each by its own hash; what is wrong with them, if anything."""
    for row in rows:
        problem = check_line(row, row.seq, row.prev) or replay(replayed, row)
        if problem is not None:
            return problem
    return None
