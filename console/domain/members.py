"""The objects of an order, each with its kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from console.domain.model import Charge, ChargePermission, CheckoutSession, Dispute, Refund
from console.domain.order import Order

Member: TypeAlias = ChargePermission | Charge | Refund | CheckoutSession | Dispute


def members(order: Order) -> Iterator[tuple[str, Member]]:
    """(kind, object) of everything that was read: the permission first, then what is below it."""
    if order.permission is not None:
        yield "charge_permission", order.permission
    if order.session is not None:
        yield "checkout_session", order.session
    yield from (("charge", charge) for charge in order.charges)
    yield from (("refund", refund) for refund in order.refunds)
    yield from (("dispute", dispute) for dispute in order.disputes)


def ids_of(order: Order) -> frozenset[str]:
    """Every id under which a request belongs to the order, also of what could not be read."""
    found = {member.id for _, member in members(order)}
    return frozenset({order.id, order.query.id, order.query.v2.id, *order.unread, *found})
