"""A desk of one's own: notes on orders, pinned orders, and how each order looked when it was last
on the screen. All of it stays on this machine.

They belong to a profile and its environment: two accounts never see each other's. No part of
this goes to Amazon, into the journal or into an export.

Every function here blocks on the disk: call it from a thread.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, Index, Integer, MetaData, Row, Table, Text, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from console.domain.language import _
from console.domain.since import Picture
from console.domain.text import clean_line
from console.store.database import StoreFailed, open_database, reading

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Engine

LONGEST: Final = 2000  # characters of a note
MOST_PINS: Final = 100
MOST_SEEN: Final = 5000  # orders whose last picture is kept
_METADATA: Final = MetaData()
_NOTES: Final = Table(
    "notes",
    _METADATA,
    Column("number", Integer, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("time", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("notes_object", "environment", "profile", "object"),
    sqlite_autoincrement=True,  # the number of a note that was removed is never another's
)
_PINS: Final = Table(
    "pins",
    _METADATA,
    Column("environment", Text, primary_key=True),
    Column("profile", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("time", Text, nullable=False),
    sqlite_with_rowid=False,
)
_SEEN: Final = Table(
    "seen",
    _METADATA,
    Column("environment", Text, primary_key=True),
    Column("profile", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("time", Text, nullable=False),
    Column("picture", Text, nullable=False),
    Index("seen_time", "environment", "profile", "time"),
)


@dataclass(frozen=True)
class Note:
    """A note on an order; `time` is in ISO form and UTC, `actor` who wrote it."""

    number: int
    object: str
    time: str
    actor: str
    text: str


class Desk:
    """The notes and pins of one profile, in one file, for one actor.

    The file is opened when it is first used, so that a command that needs no desk makes none.
    """

    def __init__(self, path: Path, environment: str, profile: str, actor: str) -> None:
        self.actor = actor
        self._path = path
        self._mine = {"environment": environment, "profile": profile}
        self._opened: Engine | None = None
        self._closed = False
        self._opening = threading.Lock()

    @property
    def _engine(self) -> Engine:
        """Raises StoreFailed where the file can't be used."""
        with self._opening:
            if self._closed:  # a thread that comes late must not make the file again
                raise RuntimeError("the desk is closed")
            if self._opened is None:
                self._opened = open_database(self._path, _METADATA, _damaged)
            return self._opened

    def close(self) -> None:
        with self._opening:
            self._closed = True
            if self._opened is not None:
                self._opened.dispose()

    def _of_mine(self, table: Table) -> ColumnElement[bool]:
        """The rows of this profile."""
        mine: ColumnElement[bool] = (table.c.environment == self._mine["environment"]) & (
            table.c.profile == self._mine["profile"]
        )
        return mine

    # --- notes ---------------------------------------------------------------------------------

    def notes(self, objects: Iterable[str]) -> list[Note]:
        """The notes on any of some objects, oldest first."""
        query = select(_NOTES).where(self._of_mine(_NOTES), _NOTES.c.object.in_(list(objects)))
        with reading(self._engine) as connection:
            return [_note(row) for row in connection.execute(query.order_by(_NOTES.c.number))]

    def noted(self) -> frozenset[str]:
        """The objects that have notes."""
        query = select(_NOTES.c.object).where(self._of_mine(_NOTES)).distinct()
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def add(self, identifier: str, text: str, time: str) -> Note | None:
        """Write a note down, cleaned and cut at `LONGEST`; None where nothing is left of it."""
        said = clean_line(text.strip(), LONGEST)
        if not said:
            return None
        values = self._mine | {
            "object": identifier, "time": time, "actor": self.actor, "text": said
        }  # fmt: skip
        with self._engine.begin() as connection:
            added = connection.execute(insert(_NOTES).values(values))
            key = added.inserted_primary_key
        assert key is not None
        return Note(int(key[0]), identifier, time, self.actor, said)

    def remove(self, number: int) -> bool:
        """Take one's own note away; whether there was one."""
        own = (_NOTES.c.number == number) & (_NOTES.c.actor == self.actor)
        with self._engine.begin() as connection:
            gone = connection.execute(delete(_NOTES).where(self._of_mine(_NOTES), own))
        return gone.rowcount > 0

    def put_back(self, note: Note) -> None:
        """Undo `remove`: the same note again, in its old place."""
        statement = insert(_NOTES).values(self._mine | asdict(note)).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            connection.execute(statement)

    # --- pins ----------------------------------------------------------------------------------

    def pins(self) -> list[str]:
        """The pinned objects, the one that was pinned last first."""
        query = select(_PINS.c.object).where(self._of_mine(_PINS))
        newest = query.order_by(_PINS.c.time.desc(), _PINS.c.object).limit(MOST_PINS)
        with reading(self._engine) as connection:
            return list(connection.execute(newest).scalars())

    def pin(self, identifier: str, time: str) -> bool:
        """Pin an object, or unpin it where it is pinned; whether it is pinned now."""
        which = self._of_mine(_PINS) & (_PINS.c.object == identifier)
        with self._engine.begin() as connection:
            if connection.execute(delete(_PINS).where(which)).rowcount:
                return False
            connection.execute(
                insert(_PINS).values(self._mine | {"object": identifier, "time": time})
            )
        return True

    # --- what was seen -------------------------------------------------------------------------

    def look(self, identifier: str, picture: Picture) -> Picture | None:
        """Keep how an object looks now; returns how it looked before, None at the first time.

        One look can't fall between the two: they are one transaction.
        """
        which = self._of_mine(_SEEN) & (_SEEN.c.object == identifier)
        made = picture.to_json()
        values = {"time": made["time"], "picture": json.dumps(made, ensure_ascii=False)}
        with self._engine.begin() as connection:
            before = connection.execute(select(_SEEN.c.picture).where(which)).scalar_one_or_none()
            if before is not None:
                connection.execute(update(_SEEN).where(which).values(values))
            else:
                connection.execute(
                    insert(_SEEN).values(self._mine | {"object": identifier} | values)
                )
                self._forget_the_oldest(connection)
        return None if before is None else _picture(before)

    def _forget_the_oldest(self, connection: Connection) -> None:
        mine = self._of_mine(_SEEN)
        times = select(_SEEN.c.time).where(mine).order_by(_SEEN.c.time.desc())
        oldest = times.limit(1).offset(MOST_SEEN).scalar_subquery()
        connection.execute(delete(_SEEN).where(mine, _SEEN.c.time <= oldest))


def _picture(text: str) -> Picture | None:
    """A picture as it was kept; one that was damaged or made by a later version is none."""
    try:
        return Picture.from_json(json.loads(text))
    except (KeyError, TypeError, ValueError):
        return None


def _note(row: Row[Any]) -> Note:
    """A note, cleaned again: the file may have been written by something else."""
    actor, text = clean_line(row.actor, 100), clean_line(row.text, LONGEST)
    return Note(row.number, row.object, row.time, actor, text)


def _damaged(path: Path, why: str) -> StoreFailed:
    return StoreFailed(
        _("{file} is damaged: {why}.", file=clean_line(str(path), 300), why=clean_line(why, 300)),
        _(
            "Move {name} away, and what lies beside it as {name}-…: notes and pinned orders begin"
            " anew. Nothing else needs it.",
            name=path.name,
        ),
    )
