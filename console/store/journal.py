"""The journal: what was decided, sent and answered, by whom; a chain of hashed lines.

`entries` is the truth and only grows: each line's hash covers the line and the hash before
it. `intents` is what the lines add up to, kept beside them so that one open intent per
object is a unique index of the database, and compared with the lines by `verify`.

Every function here blocks on the disk: call it from a thread.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError, IntegrityError

from console.domain.intent import (
    LIVE_STATES,
    OPEN_STATES,
    IllegalMove,
    Move,
    Reservation,
    State,
    advance,
)
from console.domain.money import Money
from console.domain.text import clean_line
from console.store.claims import Claims, Owner
from console.store.database import open_database, reading
from console.store.decisions import (
    Blocked,
    Draft,
    Entry,
    Intent,
    JournalBroken,
    NoSuchIntent,
    Verification,
    VersionMoved,
)
from console.store.lines import GENESIS, check_line, digest, draft_data, project, replay

_METADATA: Final = MetaData()

_ENTRIES: Final = Table(
    "entries",
    _METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("intent", Integer),
    Column("scope", Text),
    Column("object", Text),
    Column("actor", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("entries_scope", "scope", "seq"),
    Index("entries_intent", "intent", "seq"),
)

_INTENTS: Final = Table(
    "intents",
    _METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("lock", Text, nullable=False),
    Column("amount", Text),
    Column("currency", Text),
    Column("observed", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("key", Text),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unanswered", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("result", Text),
    Column("human", Text),
    Column("created", Text, nullable=False),
    Column("updated", Text, nullable=False),
    Index("intents_object", "object"),
    Index("intents_scope", "scope"),
)

_OPEN: Final = _INTENTS.c.state.in_(sorted(OPEN_STATES))
Index("one_open_intent", _INTENTS.c.lock, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)


class Journal:
    """The journal in one file, for one actor."""

    def __init__(self, path: Path, actor: str) -> None:
        """Open the file, or make it.

        Raises JournalBroken where it is damaged or is no journal, CantOpen where this user, or
        this disk, doesn't let it be opened.
        """
        try:
            self._engine = open_database(path, _METADATA, _broken)
            self.claims = Claims(self._engine)
        except DatabaseError as error:
            raise _broken(path, str(error.orig)) from error
        self._checkpoint = path.with_suffix(".checkpoint")
        self.path = path
        self.actor = actor

    def close(self) -> None:
        self._engine.dispose()

    # --- reading ---------------------------------------------------------------------------

    def version(self, scope: str) -> int:
        """The number of the last line that moved an intent of this order; 0 for none."""
        with reading(self._engine) as connection:
            return _version(connection, scope)

    def last(self) -> int:
        """The number of the last line of all; 0 for an empty journal."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.max(_ENTRIES.c.seq))).scalar() or 0)

    def intent(self, number: int) -> Intent:
        with reading(self._engine) as connection:
            return _intent(connection, number)

    def intents(
        self, *, scope: str | None = None, obj: str | None = None, states: Iterable[State] = ()
    ) -> list[Intent]:
        """Intents by order, by object and by state, oldest first."""
        query = select(_INTENTS).order_by(_INTENTS.c.id)
        if scope is not None:
            query = query.where(_INTENTS.c.scope == scope)
        if obj is not None:
            query = query.where(_INTENTS.c.object == obj)
        wanted = sorted(states)
        if wanted:
            query = query.where(_INTENTS.c.state.in_(wanted))
        with reading(self._engine) as connection:
            return [_to_intent(row) for row in connection.execute(query)]

    def entries(self, *, intent: int | None = None, scope: str | None = None) -> list[Entry]:
        query = select(_ENTRIES).order_by(_ENTRIES.c.seq)
        if intent is not None:
            query = query.where(_ENTRIES.c.intent == intent)
        if scope is not None:
            query = query.where(_ENTRIES.c.scope == scope)
        with reading(self._engine) as connection:
            return [_to_entry(row) for row in connection.execute(query)]

    def open_on(self, scope: str, lock: str) -> Intent | None:
        """The open intent that stands in the way of one with this lock, if any."""
        with reading(self._engine) as connection:
            return _blocker(connection, scope, lock)

    def live_refunds(self, charge_id: str, currency: str) -> Money:
        """What the journal counts as refunded of a charge.

        An amount counts once it is accepted or absorbed, each refund once, and no longer
        when its refund was declined. Open intents don't count: another console can't know
        them, and both must derive the same key.
        """
        total, seen = Decimal(0), set()
        for intent in self.intents(obj=charge_id, states=LIVE_STATES):
            if intent.action != "refund" or intent.amount is None or intent.result in seen:
                continue
            if intent.result is not None:
                seen.add(intent.result)
            if intent.amount.currency == currency:
                total += intent.amount.amount
        return Money(total, currency)

    def generation(self, operation: str, obj: str, observed: str) -> int:
        """The generation for a new decision from this observed total.

        One more than that of the last key from the same total that is proved spent on an
        object that has since died, or that a human gave up; else 0.
        """
        with reading(self._engine) as connection:
            spent = connection.execute(
                select(func.max(_INTENTS.c.generation)).where(
                    _INTENTS.c.operation == operation,
                    _INTENTS.c.object == obj,
                    _INTENTS.c.observed == observed,
                    (_INTENTS.c.state == State.DECLINED) | (_INTENTS.c.human == "next_key"),
                )
            ).scalar()
        return 0 if spent is None else int(spent) + 1

    # --- writing ---------------------------------------------------------------------------

    def reserve(self, draft: Draft, version: int, owner: Owner) -> Intent:
        """Make a decision durable, and its object reserved, in one transaction.

        Raises VersionMoved where the order's lines have grown since `version`, Blocked where
        another intent is open on the object. Nothing has been sent.
        """
        with self._writing() as writer:
            if _version(writer.connection, draft.scope) != version:
                raise VersionMoved(f"Something was done to {draft.scope} here meanwhile.")
            holder = _blocker(writer.connection, draft.scope, draft.lock)
            if holder is not None:
                raise Blocked(holder)
            number = _next_id(writer.connection)
            writer.append(Move.RESERVE, number, draft.scope, draft.object, draft_data(draft))
            self.claims.take(writer.connection, number, owner)
            return _intent(writer.connection, number)

    def reopen(self, number: int, version: int, owner: Owner, reason: str) -> Intent:
        """Try the same decision again: same key, same bytes.

        Raises VersionMoved, Blocked, or IllegalMove where it can't be tried again.
        """
        with self._writing() as writer:
            intent = _intent(writer.connection, number)
            if _version(writer.connection, intent.scope) != version:
                raise VersionMoved(f"Something was done to {intent.scope} here meanwhile.")
            holder = _blocker(writer.connection, intent.scope, intent.lock)
            if holder is not None:
                raise Blocked(holder)
            self.claims.take(writer.connection, number, owner)
            return writer.move(intent, Move.REOPEN, {"reason": reason})

    def arm(self, number: int, owner: Owner) -> Reservation:
        """Make the next attempt durable and hand out what may then be sent.

        Raises IllegalMove where the intent is no longer ours to send.
        """
        with self._writing() as writer:
            intent = _intent(writer.connection, number)
            self.claims.require(writer.connection, number, owner)
            armed = writer.move(intent, Move.ARM, {"attempt": intent.attempts + 1})
            self.claims.take(writer.connection, number, owner)
            return Reservation(
                intent=number,
                attempt=armed.attempts,
                operation=armed.operation,
                object_id=armed.object,
                method=armed.method,
                path=armed.path,
                body=armed.body,
                idempotency_key=armed.key,
            )

    def move(
        self,
        number: int,
        move: Move,
        data: Mapping[str, Any],
        *,
        answer: Mapping[str, Any] | None = None,
    ) -> Intent:
        """Record what happened to an intent. Raises IllegalMove for what can't happen.

        `answer` is the answer that proves it: both become durable together, so that no crash
        can leave an answer whose meaning is lost.
        """
        with self._writing() as writer:
            intent = _intent(writer.connection, number)
            advance(intent.state, move)
            if answer is not None:
                writer.append("answered", number, intent.scope, intent.object, answer)
            return writer.move(intent, move, data)

    def answered(self, number: int, data: Mapping[str, Any]) -> Intent:
        """Record an answer that proves what became of the attempt."""
        return self._line(number, "answered", data)

    def never_left(self, number: int, data: Mapping[str, Any]) -> Intent:
        """Record that the attempt failed before its first byte."""
        return self._line(number, "never_left", data)

    def reread(self, number: int, data: Mapping[str, Any]) -> Intent:
        """Record what the read right before the sending saw, and Amazon's clock at it."""
        return self._line(number, "reread", data)

    def give_up_key(self, number: int, reason: str) -> Intent:
        """A human's word that the next decision from here may use a new key."""
        with self._writing() as writer:
            intent = _intent(writer.connection, number)
            if intent.state is not State.REFUSED:
                raise IllegalMove(f"the key of an intent that is {intent.state} can't be given up")
            writer.append("next_key", number, intent.scope, intent.object, {"reason": reason})
            return _intent(writer.connection, number)

    def note(
        self,
        kind: str,
        data: Mapping[str, Any],
        *,
        intent: int | None = None,
        obj: str | None = None,
    ) -> None:
        """A line that moves no intent: something seen, shown or told to a person."""
        with self._writing() as writer:
            writer.append(kind, intent, None, obj, data)

    def _line(self, number: int, kind: str, data: Mapping[str, Any]) -> Intent:
        with self._writing() as writer:
            intent = _intent(writer.connection, number)
            writer.append(kind, number, intent.scope, intent.object, data)
            return _intent(writer.connection, number)

    def _writing(self) -> _Writing:
        return _Writing(self)

    # --- proof -----------------------------------------------------------------------------

    def verify(self) -> Verification:
        """Walk the chain, compare it with the intents and with the checkpoint.

        Raises StoreFailed where the file can't be read, which proves nothing either way.
        """
        try:
            with reading(self._engine) as connection:
                return self._verify(connection)
        except JournalBroken as error:
            return Verification(0, 0, str(error), str(self.path))
        except DatabaseError as error:
            return Verification(0, 0, f"the file is damaged: {error.orig}", str(self.path))

    def _verify(self, connection: Connection) -> Verification:
        previous, count = GENESIS, 0
        replayed: dict[int, dict[str, Any]] = {}
        mark = self._read_checkpoint()
        for row in connection.execute(select(_ENTRIES).order_by(_ENTRIES.c.seq)):
            count += 1
            problem = check_line(row, count, previous)
            if problem is None and mark and mark[0] == row.seq and mark[1] != row.hash:
                problem = "is not the line that the checkpoint names"
            if problem is None:
                problem = replay(replayed, row)
            if problem is not None:
                return Verification(
                    count, len(replayed), f"line {count} {problem}", f"line {count}"
                )
            previous = row.hash
        if mark and mark[0] > count:
            problem = f"lines {count + 1} to {mark[0]} are missing at the end"
            return Verification(count, len(replayed), problem, f"line {count + 1}")
        damage = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if damage != "ok":  # of an index, for example, by which open intents are found
            problem = f"the file is damaged: {damage}"
            return Verification(count, len(replayed), problem, str(self.path))
        return _compare_intents(connection, replayed, count)

    def _read_checkpoint(self) -> tuple[int, str] | None:
        try:
            seq, digest = self._checkpoint.read_text(encoding="ascii").split()
            return int(seq), digest
        except FileNotFoundError:
            return None
        except (ValueError, OSError):
            return None  # a torn checkpoint proves nothing either way

    def _write_checkpoint(self, seq: int, digest: str) -> None:
        """Keep where the chain ends. Never a step back: a neighbour may have been faster."""
        mark = self._read_checkpoint()
        if mark is not None and mark[0] >= seq:
            return
        # The line itself is durable; without its checkpoint only less can be proved.
        with contextlib.suppress(OSError):
            handle, name = tempfile.mkstemp(prefix=".checkpoint-", dir=self._checkpoint.parent)
            try:
                os.write(handle, f"{seq} {digest}\n".encode("ascii"))
            finally:
                os.close(handle)
            os.replace(name, self._checkpoint)


class _Writing:
    """One durable transaction that appends lines and keeps the intents in step with them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._context = journal._engine.begin()
        self._last: tuple[int, str] | None = None

    def __enter__(self) -> _Writing:
        self.connection = self._context.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        try:
            self._context.__exit__(*exc)
        except IntegrityError as error:
            raise VersionMoved("Another console wrote at the same moment.") from error
        if exc[0] is None and self._last is not None:
            self._journal._write_checkpoint(*self._last)

    def move(self, intent: Intent, move: Move, data: Mapping[str, Any]) -> Intent:
        advance(intent.state, move)
        self.append(move, intent.id, intent.scope, intent.object, data)
        return _intent(self.connection, intent.id)

    def append(
        self,
        kind: str,
        intent: int | None,
        scope: str | None,
        obj: str | None,
        data: Mapping[str, Any],
    ) -> None:
        last = self.connection.execute(
            select(_ENTRIES.c.seq, _ENTRIES.c.hash).order_by(_ENTRIES.c.seq.desc()).limit(1)
        ).first()
        seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
        line: dict[str, Any] = {
            "seq": seq,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "kind": str(kind),
            "intent": intent,
            "scope": scope,
            "object": obj,
            "actor": self._journal.actor,
            "data": json.dumps(data, sort_keys=True, ensure_ascii=False, default=str),
            "prev": previous,
        }
        line["hash"] = digest(line)
        self.connection.execute(insert(_ENTRIES).values(**line))
        self._project(line, data)
        self._last = (seq, line["hash"])

    def _project(self, line: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        if line["intent"] is None:
            return
        before = self.connection.execute(
            select(_INTENTS).where(_INTENTS.c.id == line["intent"])
        ).first()
        current = dict(before._mapping) if before else None
        after = project(current, line, json.loads(line["data"]))
        if before is None:
            self.connection.execute(insert(_INTENTS).values(**after))
        elif after != current:
            self.connection.execute(
                update(_INTENTS).where(_INTENTS.c.id == line["intent"]).values(**after)
            )


def _broken(path: Path, why: str) -> JournalBroken:
    return JournalBroken(f"{clean_line(str(path), 300)} can't be opened as a journal: {why}")


def _compare_intents(
    connection: Connection, replayed: dict[int, dict[str, Any]], lines: int
) -> Verification:
    stored = {row.id: dict(row._mapping) for row in connection.execute(select(_INTENTS))}
    for number in sorted(replayed.keys() | stored.keys()):
        if replayed.get(number) != stored.get(number):
            problem = f"intent {number} is not what the lines say"
            return Verification(lines, len(replayed), problem, f"intent {number}")
    return Verification(lines, len(replayed))


def _version(connection: Connection, scope: str) -> int:
    last = connection.execute(
        select(func.max(_ENTRIES.c.seq)).where(_ENTRIES.c.scope == scope)
    ).scalar()
    return int(last or 0)


def _next_id(connection: Connection) -> int:
    return int(connection.execute(select(func.max(_INTENTS.c.id))).scalar() or 0) + 1


def _blocker(connection: Connection, scope: str, lock: str) -> Intent | None:
    """Same lock, or one of the two reserves the whole order."""
    query = select(_INTENTS).where(_OPEN, _INTENTS.c.scope == scope)
    if lock != scope:
        query = query.where(_INTENTS.c.lock.in_([lock, scope]))
    row = connection.execute(query.order_by(_INTENTS.c.id).limit(1)).first()
    return _to_intent(row) if row else None


def _intent(connection: Connection, number: int) -> Intent:
    row = connection.execute(select(_INTENTS).where(_INTENTS.c.id == number)).first()
    if row is None:
        raise NoSuchIntent(f"The journal has no intent {number}.")
    return _to_intent(row)


def _to_intent(row: Row[Any]) -> Intent:
    values = dict(row._mapping)
    amount, currency = values.pop("amount"), values.pop("currency")
    values["amount"] = Money(Decimal(amount), currency) if amount is not None else None
    values["state"] = State(values["state"])
    values["snapshot"] = json.loads(values["snapshot"])
    return Intent(**values)


def _to_entry(row: Row[Any]) -> Entry:
    return Entry(
        seq=row.seq,
        time=row.time,
        kind=row.kind,
        intent=row.intent,
        scope=row.scope,
        object=row.object,
        actor=row.actor,
        data=json.loads(row.data),
        hash=row.hash,
    )
