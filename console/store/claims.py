"""Who is at work on an intent: one process at a time, found out even after a crash."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Float, Integer, MetaData, Table, Text, delete, insert, select

from console.domain.language import _

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    Begin = Callable[[], AbstractContextManager[Connection]]

# Longer than any single attempt with its wait; a claim is renewed with each attempt.
LEASE_SECONDS: Final = 180.0
_METADATA: Final = MetaData()
_CLAIMS: Final = Table(
    "claims",
    _METADATA,
    Column("intent", Integer, primary_key=True, autoincrement=False),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("started", Text, nullable=False),
    Column("until", Float, nullable=False),
)


class NotOurs(Exception):
    """Another process is at work on the intent."""


@dataclass(frozen=True)
class Owner:
    """A process, told apart from a later one with the same number by its start."""

    host: str
    process: int
    started: str

    @classmethod
    @cache
    def current(cls) -> Owner:
        process = os.getpid()
        return cls(socket.gethostname(), process, _started(process) or str(time.time()))

    def is_alive(self) -> bool | None:
        """Whether the process still runs; None where this machine can't tell."""
        if self.host != socket.gethostname() or os.name != "posix":
            return None
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        started = _started(self.process)
        return None if started is None else started == self.started


class Claims:
    """The claims table of a journal. They are no history, so they are not in its chain."""

    def __init__(self, engine: Engine, begin: Begin | None = None) -> None:
        _METADATA.create_all(engine)
        self._engine = engine
        self._begin = begin or engine.begin

    def claim(self, intent: int, owner: Owner) -> bool:
        """Take the intent for `owner`, unless another living process has it."""
        with self._begin() as connection:
            if not self._is_free(connection, intent, owner):
                return False
            self.take(connection, intent, owner)
            return True

    def take(self, connection: Connection, intent: int, owner: Owner) -> None:
        connection.execute(delete(_CLAIMS).where(_CLAIMS.c.intent == intent))
        connection.execute(
            insert(_CLAIMS).values(
                intent=intent,
                host=owner.host,
                process=owner.process,
                started=owner.started,
                until=time.time() + LEASE_SECONDS,
            )
        )

    def require(self, connection: Connection, intent: int, owner: Owner) -> None:
        """Raise NotOurs where another living process has taken the intent over."""
        if not self._is_free(connection, intent, owner):
            raise NotOurs(_("Another console is at work on intent {intent}.", intent=intent))

    def release(self, intent: int, owner: Owner) -> None:
        """Give the intent back, unless somebody else has taken it meanwhile."""
        ours = (
            (_CLAIMS.c.intent == intent)
            & (_CLAIMS.c.host == owner.host)
            & (_CLAIMS.c.process == owner.process)
            & (_CLAIMS.c.started == owner.started)
        )
        with self._begin() as connection:
            connection.execute(delete(_CLAIMS).where(ours))

    def _is_free(self, connection: Connection, intent: int, owner: Owner) -> bool:
        row = connection.execute(select(_CLAIMS).where(_CLAIMS.c.intent == intent)).first()
        if row is None:
            return True
        holder = Owner(row.host, row.process, row.started)
        if holder == owner:
            return True
        alive = holder.is_alive()
        return not alive if alive is not None else row.until < time.time()


def _started(process: int) -> str | None:
    """When a process started, in the kernel's ticks; None where there is no /proc."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]
