"""The index of known ids: what was once seen, so that a permission shows its children later.

Amazon has no call that lists the charges of a permission, so what passes by is remembered:
ids, kinds, parents, the merchant's reference, the last state and its time. No buyer data.

Every function here blocks on the disk: call it from a thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Index, MetaData, Row, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from console.domain.model import Charge, ChargePermission, Refund, show_time
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
    Index("objects_permission", "permission"),
    Index("objects_parent", "parent"),
    Index("objects_reference", "reference"),
)


@dataclass(frozen=True)
class Known:
    """One object as it was last seen."""

    id: str
    kind: str
    parent: str | None
    permission: str | None
    reference: str | None
    state: str | None
    seen: str


class KnownIds:
    """The index in one file."""

    def __init__(self, path: Path) -> None:
        self._engine = open_database(path, _METADATA)

    def close(self) -> None:
        self._engine.dispose()

    def remember(self, known: Iterable[Known]) -> None:
        """Add or renew objects; a parent or reference once known is never forgotten."""
        rows = [asdict(item) for item in known]
        if not rows:
            return
        statement = insert(_OBJECTS)
        kept = {
            name: _coalesce(statement.excluded[name], _OBJECTS.c[name])
            for name in ("parent", "permission", "reference", "state")
        }
        with self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["id"],
                    set_={**kept, "kind": statement.excluded.kind, "seen": statement.excluded.seen},
                ),
                rows,
            )

    def get(self, identifier: str) -> Known | None:
        found = self._select(_OBJECTS.c.id == identifier)
        return found[0] if found else None

    def family(self, permission_id: str) -> list[Known]:
        """Every known charge and refund of a permission."""
        return self._select(_OBJECTS.c.permission == permission_id)

    def children(self, parent_id: str) -> list[Known]:
        return self._select(_OBJECTS.c.parent == parent_id)

    def by_reference(self, reference: str) -> list[Known]:
        """Every object that carries a merchant's own order number."""
        return self._select(_OBJECTS.c.reference == reference)

    def recent(self, limit: int) -> list[Known]:
        """The permissions seen last, newest first."""
        query = (
            select(_OBJECTS)
            .where(_OBJECTS.c.kind == "charge_permission")
            .order_by(_OBJECTS.c.seen.desc(), _OBJECTS.c.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_known(row) for row in connection.execute(query)]

    def _select(self, condition: Any) -> list[Known]:
        query = select(_OBJECTS).where(condition).order_by(_OBJECTS.c.id)
        with reading(self._engine) as connection:
            return [_known(row) for row in connection.execute(query)]


def known_objects(
    permission: ChargePermission | None,
    charges: Iterable[Charge],
    refunds: Iterable[Refund],
    seen: datetime,
) -> list[Known]:
    """What is remembered of a family that was just read from Amazon."""
    at = show_time(seen) or ""
    found = []
    owner = permission.id if permission else None
    if permission is not None:
        found.append(
            Known(
                permission.id,
                "charge_permission",
                None,
                permission.id,
                permission.merchant.reference,
                permission.state,
                at,
            )
        )
    for charge in charges:
        above = charge.permission_id or owner
        found.append(
            Known(charge.id, "charge", above, above, charge.merchant.reference, charge.state, at)
        )
    parents = {charge.id: charge.permission_id or owner for charge in charges}
    for refund in refunds:
        above = parents.get(refund.charge_id or "", owner)
        found.append(Known(refund.id, "refund", refund.charge_id, above, None, refund.state, at))
    return found


def _coalesce(new: Any, old: Any) -> Any:
    from sqlalchemy import func

    return func.coalesce(new, old)


def _known(row: Row[Any]) -> Known:
    return Known(**row._mapping)
