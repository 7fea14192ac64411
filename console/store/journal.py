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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.schema import CreateIndex

from console.domain.intent import (
    LIVE_STATES,
    OPEN_STATES,
    IllegalMove,
    Move,
    Reservation,
    State,
    advance,
)
from console.domain.language import _
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
from console.store.lines import GENESIS, digest, draft_data, project, replay
from console.store.verified import (
    BY_CHECKPOINT,
    Chain,
    Mark,
    Named,
    Replayed,
    Standing,
    Writer,
    replay_alone,
    still_open,
)

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
    Column("ticket", Text, nullable=False, server_default=""),
    Column("profile", Text, nullable=False, server_default=""),
    Column("link", Text),
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


@dataclass(frozen=True)
class Spent:
    """What was done of one action today (UTC) under one profile, accepted and open.

    In the currency of the decision that asks; None for one without an amount.
    """

    today: Money | None
    by_operator: Money | None


Allow = Callable[[Spent], None]


class Journal:
    """The journal in one file, for one actor."""

    def __init__(self, path: Path, actor: str) -> None:
        """Open the file, or make it.

        Raises JournalBroken where it is damaged or is no journal, CantOpen where this user, or
        this disk, doesn't let it be opened.
        """
        try:
            self._engine = open_database(path, _METADATA, _broken)
            _add_columns(self._engine)
            self._writer = Writer(self._engine, path)
            self.claims = Claims(self._engine, self._writer.begin)
        except DatabaseError as error:
            raise _broken(path, str(error.orig)) from error
        except UnicodeDecodeError as error:  # SQLite's own message quotes what is damaged
            raise _broken(path, _("what it says of its tables is no text")) from error
        self._checkpoint = path.with_suffix(".checkpoint")
        self._mark: Mark | None = None
        self.path = path
        self.actor = actor

    def close(self) -> None:
        self._writer.close()
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

    def entries(
        self, *, intent: int | None = None, scope: str | None = None, kind: str | None = None
    ) -> list[Entry]:
        query = select(_ENTRIES).order_by(_ENTRIES.c.seq)
        if kind is not None:
            query = query.where(_ENTRIES.c.kind == kind)
        if intent is not None:
            query = query.where(_ENTRIES.c.intent == intent)
        if scope is not None:
            query = query.where(_ENTRIES.c.scope == scope)
        with reading(self._engine) as connection:
            return [_to_entry(row) for row in connection.execute(query)]

    def page(self, first: int, count: int) -> list[Entry]:
        """At most `count` lines, oldest first, from the line with the number `first`."""
        query = select(_ENTRIES).where(_ENTRIES.c.seq >= first).order_by(_ENTRIES.c.seq)
        with reading(self._engine) as connection:
            return [_to_entry(row) for row in connection.execute(query.limit(count))]

    def spent_today(self, draft: Draft) -> Spent:
        """What was done today of the action of `draft`, under its profile and in its currency."""
        with reading(self._engine) as connection:
            return _spent_today(connection, draft, self.actor)

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

    def reserve(
        self, draft: Draft, version: int, owner: Owner, allow: Allow | None = None
    ) -> Intent:
        """Make a decision durable, and its object reserved, in one transaction.

        Raises VersionMoved where the order's lines have grown since `version`, Blocked where
        another intent is open on the object, and whatever `allow` raises, which is asked inside
        the transaction with the sums of the day. Nothing has been sent.
        """
        with self._writing() as writer:
            if allow is not None:
                allow(_spent_today(writer.connection, draft, self.actor))
            if _version(writer.connection, draft.scope) != version:
                raise _moved(draft.scope)
            holder = _blocker(writer.connection, draft.scope, draft.lock)
            if holder is not None:
                raise Blocked(holder)
            number = _next_id(writer.connection)
            writer.append(Move.RESERVE, number, draft.scope, draft.object, draft_data(draft))
            self.claims.take(writer.connection, number, owner)
            return _intent(writer.connection, number)

    def reopen(
        self, number: int, version: int, owner: Owner, draft: Draft, allow: Allow | None = None
    ) -> Intent:
        """Try the same decision again: same key, same bytes; only why, and what for, is new.

        Raises VersionMoved, Blocked, IllegalMove where it can't be tried again, and whatever
        `allow` raises, as in `reserve`.
        """
        with self._writing() as writer:
            intent = _intent(writer.connection, number)
            if allow is not None:
                allow(_spent_today(writer.connection, intent, self.actor))
            if _version(writer.connection, intent.scope) != version:
                raise _moved(intent.scope)
            holder = _blocker(writer.connection, intent.scope, intent.lock)
            if holder is not None:
                raise Blocked(holder)
            self.claims.take(writer.connection, number, owner)
            link = dict(draft.link) if draft.link is not None else None
            why = {"reason": draft.reason, "ticket": draft.ticket, "link": link}
            return writer.move(intent, Move.REOPEN, why)

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

    def end_renewal(self, number: int, why: str) -> Intent:
        """Write down that a half-done renewal is over, by whatever ended it."""
        return self._line(number, "renewal_over", {"why": why})

    def give_up_key(self, number: int, reason: str) -> Intent:
        """A human's word that the next decision from here may use a new key."""
        with self._writing() as writer:
            intent = _intent(writer.connection, number)
            if intent.state not in (State.REFUSED, State.CONFLICT):
                raise IllegalMove(
                    _(
                        "the key of an intent that is {state} can't be given up",
                        state=intent.state,
                    )
                )
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
        """Walk the whole chain and compare it with all that is known of it.

        That is: the intents, the checkpoint, and the line where this process last verified.
        Lines that are cut off at the end are found by the last two only. Who cuts them off,
        makes the intents fit, and takes the checkpoint away too leaves a shorter journal in
        which nothing is wrong: only a copy of the checkpoint elsewhere, or a process that ran
        meanwhile, can prove more. A missing checkpoint proves nothing, as a crash right after
        the first line leaves none either.

        Raises StoreFailed where the file can't be read, which proves nothing either way.
        """
        return self._verified(self._verify, self._writer.standing())

    def verify_again(self) -> Verification:
        """Verify what may have changed since this process verified last; else everything.

        Where nobody but this process' own writer has committed since, and nothing has written
        into the file past SQLite, this walks: the last verified line and those after it, all
        lines and the row of each intent that they move, that is open, or that was; and it
        compares the checkpoint. It takes no longer for a longer journal.

        In every other case it is `verify`: after a commit of any other connection, be it a
        colleague's console or somebody's edit; after the file was written, replaced or touched
        (each time that SQLite moves its log into the file, too); and where the short walk finds
        something. So an edit by SQL, at any place, is found as by `verify`.

        Only `verify` finds, in lines and rows that were verified: bytes that were changed in
        the write-ahead log past SQLite, or in the file with its time set back, or by a failing
        disk; and a damaged index.
        """
        mark, standing = self._mark, self._writer.standing()
        if mark is None or standing is None or mark.standing != standing:
            return self._verified(self._verify, standing)
        found = self._verified(partial(self._verify_rest, mark), standing)
        if found.problem is None:
            return found
        whole = self.verify()
        return whole if whole.problem is not None else found

    def _verified(
        self,
        walk: Callable[[Connection, Standing | None], tuple[Verification, Mark | None]],
        standing: Standing | None,
    ) -> Verification:
        try:
            with reading(self._engine) as connection:
                found, mark = walk(connection, standing)
        except JournalBroken as error:
            return Verification(0, 0, str(error), str(self.path))
        except DatabaseError as error:
            return Verification(0, 0, _damaged(error.orig), str(self.path))
        except UnicodeDecodeError:  # SQLite's own message quotes what is damaged
            why = _("what it says of its tables is no text")
            return Verification(0, 0, _damaged(why), str(self.path))
        if mark is not None:
            self._mark = mark
        return found

    def _verify(
        self, connection: Connection, standing: Standing | None
    ) -> tuple[Verification, Mark | None]:
        connection.exec_driver_sql("PRAGMA shrink_memory")  # look at the file, not at a copy
        chain = Chain(self._named())
        replayed: Replayed = {}
        problem = _follow(connection, chain, replayed)
        if problem is not None:
            return _wrong_line(chain, len(replayed), problem), None
        if missing := chain.missing():
            place = f"line {chain.seq + 1}"
            return Verification(chain.seq, len(replayed), missing, place), None
        if damage := _damage(connection):
            return (
                Verification(chain.seq, len(replayed), _damaged(damage), str(self.path)),
                None,
            )
        found = _compare_intents(connection, replayed, chain.seq)
        if found.problem is not None:
            return found, None
        mark = Mark(chain.seq, chain.hash, len(replayed), still_open(replayed), standing)
        return found, mark

    def _verify_rest(
        self, mark: Mark, connection: Connection, standing: Standing | None
    ) -> tuple[Verification, Mark | None]:
        """The short walk of `verify_again`, from the line of `mark`."""
        chain = Chain(self._named(), mark.seq, mark.hash)
        for known in chain.named:
            if known.seq <= mark.seq and not _is_line(connection, known):
                place = f"line {known.seq}"
                return Verification(mark.seq, mark.intents, known.problem, place), None
        problem = _follow(connection, chain)
        if problem is not None:
            return _wrong_line(chain, mark.intents, problem), None
        intents = mark.intents + chain.reserved
        if missing := chain.missing():
            return Verification(chain.seq, intents, missing, f"line {chain.seq + 1}"), None
        replayed: Replayed = {}
        for number in sorted(chain.intents | mark.open | _open_now(connection)):
            problem = replay_alone(_lines_of(connection, number), replayed)
            if problem is not None:
                return Verification(chain.seq, intents, problem, f"intent {number}"), None
            if replayed.get(number) != _stored(connection, number):
                return _wrong_intent(chain.seq, intents, number), None
        opened = still_open(replayed)
        return Verification(chain.seq, intents), Mark(
            chain.seq, chain.hash, intents, opened, standing
        )

    def _named(self) -> list[Named]:
        """The lines that are known from elsewhere."""
        checkpoint, mark = self._read_checkpoint(), self._mark
        told = [] if checkpoint is None else [Named(*checkpoint, BY_CHECKPOINT)]
        return told + (mark.named if mark else [])

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
        self._context = journal._writer.begin()
        self._last: tuple[int, str] | None = None

    def __enter__(self) -> _Writing:
        self.connection = self._context.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        try:
            self._context.__exit__(*exc)
        except IntegrityError as error:
            raise VersionMoved(_("Another console wrote at the same moment.")) from error
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


def _add_columns(engine: Engine) -> None:
    """Bring the intents of a journal of an older version up to date; its lines stay as they are."""
    with reading(engine) as connection:
        if not _missing_columns(connection):
            return
    with engine.begin() as connection:  # looked at again: two consoles may open it at once
        for name in _missing_columns(connection):
            rule = "" if _INTENTS.c[name].nullable else " NOT NULL DEFAULT ''"
            connection.exec_driver_sql(f"ALTER TABLE intents ADD COLUMN {name} TEXT{rule}")


def _missing_columns(connection: Connection) -> list[str]:
    known = {row.name for row in connection.exec_driver_sql("PRAGMA table_info(intents)")}
    return [name for name in ("ticket", "profile", "link") if name not in known]


def _broken(path: Path, why: str) -> JournalBroken:
    file = clean_line(str(path), 300)
    return JournalBroken(_("{file} can't be opened as a journal: {why}", file=file, why=why))


def _damaged(why: object) -> str:
    return _("the file is damaged: {why}", why=why)


def _moved(scope: str) -> VersionMoved:
    return VersionMoved(_("Something was done to {order} here meanwhile.", order=scope))


def _follow(connection: Connection, chain: Chain, replayed: Replayed | None = None) -> str | None:
    """Walk the lines after the last one of `chain`; what is wrong with the next, if anything."""
    query = select(_ENTRIES).where(_ENTRIES.c.seq > chain.seq) if chain.seq else select(_ENTRIES)
    try:
        for row in connection.execute(query.order_by(_ENTRIES.c.seq)):
            problem = chain.problem(row)
            if problem is None and replayed is not None:
                problem = replay(replayed, row)
            if problem is not None:
                return problem
            chain.take(row)
    except DatabaseError as error:  # its bytes are no text, for example
        return _("line {line} can't be read: {why}", line=chain.seq + 1, why=error.orig)
    return None


def _wrong_line(chain: Chain, intents: int, problem: str) -> Verification:
    line = chain.seq + 1
    return Verification(line, intents, problem, f"line {line}")


def _is_line(connection: Connection, known: Named) -> bool:
    line = connection.execute(select(_ENTRIES).where(_ENTRIES.c.seq == known.seq)).first()
    return line is not None and line.hash == known.hash == digest(dict(line._mapping))


def _lines_of(connection: Connection, intent: int) -> list[Row[Any]]:
    query = select(_ENTRIES).where(_ENTRIES.c.intent == intent).order_by(_ENTRIES.c.seq)
    return list(connection.execute(query))


def _open_now(connection: Connection) -> set[int]:
    """The intents that are open by the table, found by its index of open ones."""
    states: BindParameter[str] = bindparam(
        "states", sorted(OPEN_STATES), expanding=True, literal_execute=True
    )
    return set(
        connection.execute(select(_INTENTS.c.id).where(_INTENTS.c.state.in_(states))).scalars()
    )


def _damage(connection: Connection) -> str | None:
    """What is wrong with the file itself: with an index by which open intents are found."""
    damage = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if damage != "ok":
        return str(damage)
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
    made = {row.name: row.sql for row in rows}
    for index in sorted(_ENTRIES.indexes | _INTENTS.indexes, key=lambda one: str(one.name)):
        if made.get(str(index.name)) != str(CreateIndex(index).compile(connection)):
            return _("index {index} is not the one that a journal has", index=index.name)
    return None


def _compare_intents(connection: Connection, replayed: Replayed, lines: int) -> Verification:
    try:
        stored = {row.id: dict(row._mapping) for row in connection.execute(select(_INTENTS))}
    except DatabaseError:  # one of them can't be read: then each for itself, to tell which
        numbers = connection.execute(select(_INTENTS.c.id)).scalars()
        stored = {number: _stored(connection, number) or {} for number in numbers}
    for number in sorted(replayed.keys() | stored.keys()):
        if replayed.get(number) != stored.get(number):
            return _wrong_intent(lines, len(replayed), number)
    return Verification(lines, len(replayed))


def _stored(connection: Connection, number: int) -> dict[str, Any] | None:
    """An intent's row; an empty one, which no lines add up to, where it can't be read."""
    try:
        row = connection.execute(select(_INTENTS).where(_INTENTS.c.id == number)).first()
    except DatabaseError:
        return {}
    return dict(row._mapping) if row else None


def _wrong_intent(lines: int, intents: int, number: int) -> Verification:
    problem = _("intent {intent} is not what the lines say", intent=number)
    return Verification(lines, intents, problem, f"intent {number}")


def _version(connection: Connection, scope: str) -> int:
    last = connection.execute(
        select(func.max(_ENTRIES.c.seq)).where(_ENTRIES.c.scope == scope)
    ).scalar()
    return int(last or 0)


def _spent_today(connection: Connection, draft: Draft, actor: str) -> Spent:
    if draft.amount is None:
        return Spent(None, None)
    currency = draft.amount.currency
    # What was decided or tried again today; settling an older one is no act of today.
    today = select(_ENTRIES.c.intent).where(
        _ENTRIES.c.kind.in_([Move.RESERVE, Move.REOPEN]),
        _ENTRIES.c.time >= datetime.now(UTC).date().isoformat(),
    )
    rows = connection.execute(
        select(_INTENTS.c.amount, _INTENTS.c.actor).where(
            _INTENTS.c.action == draft.action,
            _INTENTS.c.profile == draft.profile,
            _INTENTS.c.currency == currency,
            _INTENTS.c.state.in_(sorted(OPEN_STATES | LIVE_STATES)),
            _INTENTS.c.id.in_(today),
        )
    ).all()
    total = sum((Decimal(row.amount) for row in rows), Decimal(0))
    own = sum((Decimal(row.amount) for row in rows if row.actor == actor), Decimal(0))
    return Spent(Money(total, currency), Money(own, currency))


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
        raise NoSuchIntent(_("The journal has no intent {intent}.", intent=number))
    return _to_intent(row)


def _to_intent(row: Row[Any]) -> Intent:
    values = dict(row._mapping)
    amount, currency = values.pop("amount"), values.pop("currency")
    values["amount"] = Money(Decimal(amount), currency) if amount is not None else None
    values["state"] = State(values["state"])
    values["snapshot"] = json.loads(values["snapshot"])
    values["link"] = json.loads(values["link"]) if values["link"] is not None else None
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
