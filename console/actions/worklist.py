"""A work list looked through: one order after the other, within the throttle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from console.amazon.errors import NotAllowed, NotSent
from console.domain.ids import NotAnId, environment_of, parse
from console.domain.order import Order
from console.domain.worklist import Entry, OrdersOf
from console.lookup import Lookup, NotFoundHere, ReadFailure
from console.store.index import KnownIds

# An order that was read, or why it could not be.
Looked = Callable[[Entry, Order | Exception], None]


def known_orders(known: KnownIds, environment: str) -> OrdersOf:
    """Which orders carry an order number, by the index: those of this environment first.

    The function that is returned blocks on the disk.
    """

    def orders_of(reference: str) -> Sequence[str]:
        hits = {hit.permission or hit.id for hit in known.by_reference(reference)}
        orders = sorted(order for order in hits if _is_id(order))
        return [order for order in orders if environment_of(order) == environment] or orders

    return orders_of


def _is_id(text: str) -> bool:
    try:
        parse(text)
    except NotAnId:
        return False
    return True


async def look_through(lookup: Lookup, entries: Iterable[Entry], tell: Looked) -> None:
    """Read the order of each entry that has an id, one after the other.

    `tell` hears of each. Raises NotAllowed and NotSent, which would be the answer to all the
    others too, after it was told of the one. Cancel it to stop.
    """
    for entry in entries:
        if entry.identifier is None:
            continue
        try:
            order = await lookup.look_up(entry.identifier)
        except (NotAllowed, NotSent) as error:
            tell(entry, error)
            raise
        except (*ReadFailure, NotFoundHere) as error:
            tell(entry, error)
        else:
            tell(entry, order)
