"""What somebody else does to an order: in Seller Central, by hand, without an idempotency key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from . import charges, permissions, refunds
from .bodies import JSON
from .calls import Call
from .objects import environment_of
from .world import World


def refund(world: World, charge_id: str, amount: str | Decimal) -> JSON:
    """A refund made in Seller Central; returns it as the API shows it."""
    with world.lock:
        world.catch_up()
        price = _price(world, charge_id, amount)
        call = _call("create_refund", charge_id, {"chargeId": charge_id, "refundAmount": price})
        return dict(refunds.create(world, call).body)


def capture(world: World, charge_id: str, amount: str | Decimal | None = None) -> JSON:
    """A capture ("Collect payment") in Seller Central, by default of everything."""
    with world.lock:
        world.catch_up()
        price = _price(world, charge_id, amount)
        call = _call("capture_charge", charge_id, {"captureAmount": price})
        return dict(charges.capture(world, call).body)


def cancel(world: World, charge_id: str) -> JSON:
    """An authorization that somebody else gives up."""
    with world.lock:
        world.catch_up()
        call = _call("cancel_charge", charge_id, {"cancellationReason": "Seller Central"})
        return dict(charges.cancel(world, call).body)


def close(world: World, permission_id: str, *, cancel_pending: bool = False) -> JSON:
    """An order that somebody else closes, or cancels."""
    with world.lock:
        world.catch_up()
        body = {"closureReason": "Seller Central", "cancelPendingCharges": cancel_pending}
        call = _call("close_charge_permission", permission_id, body)
        return dict(permissions.close(world, call).body)


def _price(world: World, charge_id: str, amount: str | Decimal | None) -> dict[str, str]:
    charge = world.charge(charge_id, environment_of(charge_id))
    chosen = charge.amount.plain if amount is None else str(amount)
    return {"amount": chosen, "currencyCode": charge.amount.currency}


def _call(operation: str, target: str, body: Mapping[str, Any]) -> Call:
    return Call(operation, environment_of(target), target, body=json.dumps(body).encode())
