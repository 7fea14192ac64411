"""The index of known ids: what was once seen, so that a permission shows its children later.

Amazon has no call that lists the charges of a permission, so what passes by is remembered:
ids, kinds, parents, order numbers, what each look at an object gave, and what imports told.
No buyer data: of an object that was read, only the fields in `KEPT_FIELDS` are kept.

Every function here blocks on the disk: call it from a thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    and_,
    case,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.sqlite import insert

from console.domain.model import (
    BUYER_FIELDS,
    Charge,
    ChargePermission,
    CheckoutSession,
    Dispute,
    Json,
    Refund,
    show_time,
)
from console.store.database import open_database, reading

_METADATA: Final = MetaData()
_OBJECTS: Final = Table(
    "objects",
    _METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("parent", Text),
    Column("permission", Text),
    Column("reference", Text),
    Column("state", Text),
    Column("seen", Text, nullable=False),
    Column("looked", Text),  # when Amazon itself was last asked; null for what imports told
    Index("objects_permission", "permission"),
    Index("objects_parent", "parent"),
    Index("objects_looked", "kind", "looked"),
)
# An order number may stand on many objects, and an object may carry many of them. People write
# them in upper and lower case.
_NUMBERS: Final = Table(
    "numbers",
    _METADATA,
    Column("reference", Text(collation="NOCASE"), primary_key=True),
    Column("object", Text, primary_key=True),
    sqlite_with_rowid=False,
)
_LOOKS: Final = Table(
    "looks",
    _METADATA,
    Column("number", Integer, primary_key=True),
    Column("object", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("time", Text, nullable=False),
    Column("state", Text),
    Column("raw", Text, nullable=False),
    Index("looks_object", "object", "number"),
)
_PAST: Final = Table(
    "past",
    _METADATA,
    Column("object", Text, primary_key=True),
    Column("time", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    sqlite_with_rowid=False,
)
_WATERMARKS: Final = Table(
    "watermarks",
    _METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
_MANY: Final = 500  # ids in one question: SQLite takes only so many variables

# What is kept of an object that was read: everything that is not the buyer's. A field that is
# new to us may be, so its value is not kept.
KEPT_FIELDS: Final = frozenset(
    {
        "allowOvercharge",
        "canHandlePendingAuthorization",
        "captureAmount",
        "captureNow",
        "channel",
        "chargeAmount",
        "chargeId",
        "chargeInitiator",
        "chargePermissionId",
        "chargePermissionReferenceId",
        "chargePermissionType",
        "checkoutSessionId",
        "conversionRate",
        "convertedAmount",
        "creationTimestamp",
        "disputeAmount",
        "disputeId",
        "disputeType",
        "expirationTimestamp",
        "filingReason",
        "limits",
        "merchantMetadata",
        "merchantResponseDeadline",
        "paymentDetails",
        "paymentMethodOnFileMetadata",
        "platformId",
        "presentmentCurrency",
        "productType",
        "providerMetadata",
        "recurringMetadata",
        "refundAmount",
        "refundId",
        "refundedAmount",
        "releaseEnvironment",
        "resolutionAuthority",
        "softDescriptor",
        "statusDetails",
        "storeId",
    }
)
# What the merchant wrote may name the buyer.
_KEPT_METADATA: Final = frozenset({"merchantReferenceId", "merchantStoreName"})
NOT_KEPT: Final = "(not kept)"


@dataclass(frozen=True)
class Known:
    """One object as it was last seen; `seen` is the time of what says so, "" where none does."""

    id: str
    kind: str
    parent: str | None
    permission: str | None
    reference: str | None
    state: str | None
    seen: str


@dataclass(frozen=True)
class Told:
    """One line of an object's past that an import told.

    `source` is `notification`, `report` or `file`.
    """

    object: str
    time: str
    event: str
    source: str


@dataclass(frozen=True)
class Look:
    """An object as it was read from Amazon at `time`, without the buyer's data."""

    object: str
    kind: str
    time: str
    state: str | None
    raw: dict[str, Any]


class KnownIds:
    """The index in one file."""

    def __init__(self, path: Path) -> None:
        self._engine = open_database(path, _METADATA)
        with self._engine.begin() as connection:
            _add_missing_columns(connection)

    def close(self) -> None:
        self._engine.dispose()

    # --- what was read from Amazon ------------------------------------------------------------

    def remember(self, known: Iterable[Known], looks: Iterable[Look] = ()) -> None:
        """Add or renew objects that Amazon itself just gave.

        A parent or reference once known is never forgotten. A look is kept where it differs
        from the one before.
        """
        rows = [asdict(item) | {"looked": item.seen} for item in known]
        if not rows:
            return
        statement = insert(_OBJECTS)
        new = statement.excluded
        kept = {
            name: func.coalesce(new[name], _OBJECTS.c[name])
            for name in ("parent", "permission", "reference", "state")
        }
        newest = {name: new[name] for name in ("kind", "seen", "looked")}
        with self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["id"], set_=kept | newest), rows
            )
            _number(connection, rows)
            _keep_looks(connection, list(looks))

    def looks(self, identifier: str) -> list[Look]:
        """Every look at an object that differed from the one before, oldest first."""
        return self.looks_at([identifier])

    def looks_at(self, identifiers: Iterable[str]) -> list[Look]:
        """The looks at any of the objects, oldest first."""
        found: list[Row[Any]] = []
        with reading(self._engine) as connection:
            for some in _slices(identifiers):
                found += connection.execute(select(_LOOKS).where(_LOOKS.c.object.in_(some)))
        return [_look(row) for row in sorted(found, key=lambda row: row.number)]

    def last_looks(self, identifiers: Iterable[str]) -> dict[str, Look]:
        """The last look at each of the objects that was ever read."""
        with reading(self._engine) as connection:
            return _last_looks(connection, identifiers)

    def looked(self, identifiers: Iterable[str]) -> dict[str, str]:
        """When Amazon was last asked for each of the objects that was ever read."""
        columns = select(_OBJECTS.c.id, _OBJECTS.c.looked)
        found: dict[str, str] = {}
        with reading(self._engine) as connection:
            for some in _slices(identifiers):
                rows = connection.execute(columns.where(_OBJECTS.c.id.in_(some)))
                found |= {row.id: row.looked for row in rows if row.looked}
        return found

    # --- what imports told --------------------------------------------------------------------

    def learn(self, known: Iterable[Known], told: Iterable[Told] = ()) -> int:
        """Add what an import told, in one transaction; what Amazon itself gave stays.

        Of two imports the one with the later `seen` wins. Returns how many objects, order
        numbers and lines of the past were new or became different.
        """
        rows = [vars(item).copy() for item in known]  # a third faster than asdict, for millions
        lines = [vars(line).copy() for line in told]
        with self._engine.begin() as connection:
            before = _changes(connection)
            if rows:
                connection.execute(_LEARN, rows)
                _number(connection, rows)
            if lines:
                connection.execute(insert(_PAST).on_conflict_do_nothing(), lines)
            return _changes(connection) - before

    def past(self, identifiers: Iterable[str]) -> list[Told]:
        """What imports told of the objects, oldest first."""
        found: list[Told] = []
        with reading(self._engine) as connection:
            for some in _slices(identifiers):
                rows = connection.execute(select(_PAST).where(_PAST.c.object.in_(some)))
                found += [Told(**row._mapping) for row in rows]
        return sorted(found, key=lambda line: (line.time, line.object, line.event))

    def watermark(self, name: str) -> str | None:
        """How far something got last time; None where it never ran."""
        query = select(_WATERMARKS.c.value).where(_WATERMARKS.c.name == name)
        with reading(self._engine) as connection:
            value: str | None = connection.execute(query).scalar_one_or_none()
        return value

    def set_watermark(self, name: str, value: str) -> None:
        statement = insert(_WATERMARKS).values(name=name, value=value)
        with self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_={"value": value})
            )

    # --- finding ------------------------------------------------------------------------------

    def get(self, identifier: str) -> Known | None:
        found = self._select(_OBJECTS.c.id == identifier)
        return found[0] if found else None

    def family(self, permission_id: str) -> list[Known]:
        """Every known object of a permission, itself among them.

        Those that name it, those whose parent does, and those whose id begins with it and that
        name no other: the base of a one-time order's charges is their permission.
        """
        mine = _OBJECTS.c.permission == permission_id
        members = select(_OBJECTS.c.id).where(mine)
        based = and_(
            _OBJECTS.c.id.between(f"{permission_id}-", f"{permission_id}."),
            _OBJECTS.c.permission.is_(None),
        )
        ids = union(
            members,
            select(_OBJECTS.c.id).where(_OBJECTS.c.parent.in_(members)),
            select(_OBJECTS.c.id).where(based),
        )
        return self._select(_OBJECTS.c.id.in_(ids))

    def payments_of(self, base: str) -> list[Known]:
        """Known charges whose ids begin with `base` although they are of another permission.

        Amazon's reports and Seller Central call each payment of a recurring order an order of
        its own; no call of the API knows that id.
        """
        based = and_(
            _OBJECTS.c.id.between(f"{base}-", f"{base}."),
            _OBJECTS.c.kind == "charge",
            _OBJECTS.c.permission.is_not(None),
        )
        return self._select(based)

    def children(self, parent_id: str) -> list[Known]:
        return self._select(_OBJECTS.c.parent == parent_id)

    def by_reference(self, reference: str) -> list[Known]:
        """Every object that carries a merchant's own order number.

        Shops show theirs with a # that is no part of it; a number that has one is found first.
        """
        return self._numbered(reference) or self._numbered(reference.removeprefix("#").strip())

    def _numbered(self, reference: str) -> list[Known]:
        ids = select(_NUMBERS.c.object).where(_NUMBERS.c.reference == reference)
        return self._select(_OBJECTS.c.id.in_(ids))

    def recent(self, limit: int) -> list[Known]:
        """The permissions that were looked at last, newest first."""
        query = (
            select(_OBJECTS)
            .where(_OBJECTS.c.kind == "charge_permission", _OBJECTS.c.looked.is_not(None))
            .order_by(_OBJECTS.c.looked.desc(), _OBJECTS.c.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_known(row) for row in connection.execute(query)]

    def _select(self, condition: ColumnElement[bool]) -> list[Known]:
        query = select(_OBJECTS).where(condition).order_by(_OBJECTS.c.id)
        with reading(self._engine) as connection:
            return [_known(row) for row in connection.execute(query)]


# --- an object and what is kept of it -----------------------------------------------------------

Found = ChargePermission | Charge | Refund | CheckoutSession | Dispute


def known_objects(
    permission: ChargePermission | None,
    others: Sequence[Charge | Refund | CheckoutSession | Dispute],
    seen: datetime,
) -> list[Known]:
    """What is remembered of a family that was just read from Amazon."""
    at = show_time(seen) or ""
    owner = permission.id if permission else None
    found = []
    if permission is not None:
        reference = permission.merchant.reference
        found.append(
            Known(permission.id, kind_of(permission), None, owner, reference, permission.state, at)
        )
    owners = {
        other.id: other.permission_id or owner for other in others if isinstance(other, Charge)
    }
    for other in others:
        if isinstance(other, Charge):
            above, parent, reference = owners[other.id], owners[other.id], other.merchant.reference
        elif isinstance(other, CheckoutSession):
            above, parent, reference = other.permission_id, other.permission_id, None
        else:
            above, parent = owners.get(other.charge_id or "", owner), other.charge_id
            reference = None
        found.append(Known(other.id, kind_of(other), parent, above, reference, other.state, at))
    return found


_KINDS: Final[Mapping[type, str]] = {
    ChargePermission: "charge_permission",
    Charge: "charge",
    Refund: "refund",
    CheckoutSession: "checkout_session",
    Dispute: "dispute",
}


def kind_of(found: Found) -> str:
    """The kind of an object, as `ids.Target` names it."""
    return _KINDS[type(found)]


def look_of(found: Found, seen: datetime) -> Look:
    """What is kept of an object that was read at `seen`."""
    return Look(found.id, kind_of(found), show_time(seen) or "", found.state, kept(found.raw))


def kept(raw: Json) -> dict[str, Any]:
    """`raw` without what may be the buyer's; such a field that holds something is marked."""
    found = {
        name: value if name in KEPT_FIELDS or not value else _mark(name)
        for name, value in raw.items()
    }
    metadata = found.get("merchantMetadata")
    if isinstance(metadata, dict):
        found["merchantMetadata"] = {
            name: value if name in _KEPT_METADATA or not value else NOT_KEPT
            for name, value in metadata.items()
        }
    return found


def _mark(name: str) -> str:
    return "(hidden)" if name in BUYER_FIELDS else NOT_KEPT


# --- rows ---------------------------------------------------------------------------------------


def _learning() -> Any:
    """The statement of `learn`: an import fills what is unknown, and renews older imports."""
    statement = insert(_OBJECTS)
    new, old = statement.excluded, _OBJECTS.c
    wins = and_(old.looked.is_(None), new.seen > old.seen)
    values: dict[str, ColumnElement[Any]] = {
        name: case(
            (wins, func.coalesce(new[name], old[name])),
            else_=func.coalesce(old[name], new[name]),
        )
        for name in ("parent", "permission", "reference", "state")
    }
    values["seen"] = case((wins, new.seen), else_=old.seen)
    differs = or_(*(old[name].is_distinct_from(value) for name, value in values.items()))
    return statement.on_conflict_do_update(index_elements=["id"], set_=values, where=differs)


_LEARN: Final = _learning()


def _changes(connection: Connection) -> int:
    count: int = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return count


def _number(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    numbers = [
        {"reference": row["reference"], "object": row["id"]} for row in rows if row["reference"]
    ]
    if numbers:
        connection.execute(insert(_NUMBERS).on_conflict_do_nothing(), numbers)


def _keep_looks(connection: Connection, looks: Sequence[Look]) -> None:
    last = _last_looks(connection, [look.object for look in looks])
    rows = [
        asdict(look) | {"raw": _dump(look.raw)}
        for look in looks
        if look.object not in last or _differs(last[look.object], look)
    ]
    if rows:
        connection.execute(insert(_LOOKS), rows)


def _differs(last: Look, look: Look) -> bool:
    return (last.state, _dump(last.raw)) != (look.state, _dump(look.raw))


def _last_looks(connection: Connection, identifiers: Iterable[str]) -> dict[str, Look]:
    found: dict[str, Look] = {}
    for some in _slices(identifiers):
        newest = (
            select(func.max(_LOOKS.c.number))
            .where(_LOOKS.c.object.in_(some))
            .group_by(_LOOKS.c.object)
        )
        rows = connection.execute(select(_LOOKS).where(_LOOKS.c.number.in_(newest)))
        found |= {row.object: _look(row) for row in rows}
    return found


def _slices(identifiers: Iterable[str]) -> Iterable[list[str]]:
    ids = list(dict.fromkeys(identifiers))
    for start in range(0, len(ids), _MANY):
        yield ids[start : start + _MANY]


def _dump(raw: Mapping[str, Any]) -> str:
    """One spelling of an object; a Decimal of Amazon's is written as it came."""
    return json.dumps(raw, ensure_ascii=False, sort_keys=True, default=str)


def _look(row: Row[Any]) -> Look:
    return Look(row.object, row.kind, row.time, row.state, json.loads(row.raw))


def _known(row: Row[Any]) -> Known:
    return Known(row.id, row.kind, row.parent, row.permission, row.reference, row.state, row.seen)


def _add_missing_columns(connection: Connection) -> None:
    """An index of an older version has no `looked` and no numbers; what it knew is kept."""
    columns = connection.exec_driver_sql("PRAGMA table_info(objects)").all()
    if "looked" in {column[1] for column in columns}:
        return
    connection.exec_driver_sql("ALTER TABLE objects ADD COLUMN looked TEXT")
    connection.exec_driver_sql("UPDATE objects SET looked = seen")
    connection.exec_driver_sql("CREATE INDEX IF NOT EXISTS objects_looked ON objects(kind, looked)")
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO numbers (reference, object)"
        " SELECT reference, id FROM objects WHERE reference IS NOT NULL"
    )
