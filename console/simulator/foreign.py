"""What somebody else does to an order: in Seller Central, by hand, without an idempotency key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from . import bodies, charges, permissions, refunds, sessions
from .bodies import JSON
from .calls import Answer, Call
from .errors import ApiError
from .faults import target_and_value
from .objects import environment_of
from .world import World


def refund(world: World, charge_id: str, amount: str | Decimal) -> JSON:
    """A refund made in Seller Central; returns it as the API shows it."""
    body = {"chargeId": charge_id, "refundAmount": _of_charge(world, charge_id, amount)}
    return _do(world, refunds.create, "create_refund", charge_id, body)


def capture(world: World, charge_id: str, amount: str | Decimal | None = None) -> JSON:
    """A capture ("Collect payment") in Seller Central, by default of everything."""
    body = {"captureAmount": _of_charge(world, charge_id, amount)}
    return _do(world, charges.capture, "capture_charge", charge_id, body)


def cancel(world: World, charge_id: str) -> JSON:
    """An authorization that somebody else gives up."""
    body = {"cancellationReason": "Seller Central"}
    return _do(world, charges.cancel, "cancel_charge", charge_id, body)


def charge(
    world: World, permission_id: str, amount: str | Decimal, *, capture_now: bool = False
) -> JSON:
    """A charge that somebody else makes; "Collect payment" makes one and captures it at once."""
    permission = world.permission(permission_id, environment_of(permission_id))
    body = {
        "chargePermissionId": permission_id,
        "chargeAmount": _price(amount, permission.limit.currency),
        "captureNow": capture_now,
    }
    return _do(world, charges.create, "create_charge", permission_id, body)


def close(world: World, permission_id: str, *, cancel_pending: bool = False) -> JSON:
    """An order that somebody else closes, or cancels."""
    body = {"closureReason": "Seller Central", "cancelPendingCharges": cancel_pending}
    return _do(world, permissions.close, "close_charge_permission", permission_id, body)


def update(world: World, permission_id: str, reference: str) -> JSON:
    """An order to which somebody else gives another merchant reference."""
    body = {"merchantMetadata": {"merchantReferenceId": reference}}
    return _do(world, permissions.update, "update_charge_permission", permission_id, body)


def complete(world: World, session_id: str, amount: str | Decimal | None = None) -> JSON:
    """A checkout session that the shop completes after all, by default with what was agreed."""
    session = world.session(session_id, world.sessions[session_id].latest.environment)
    agreed = (session.details.get("paymentDetails") or {}).get("chargeAmount") or {}
    chosen = agreed.get("amount") if amount is None else str(amount)
    body = {"chargeAmount": {**agreed, "amount": chosen}}
    return _do(world, sessions.complete, "complete_checkout_session", session_id, body)


def _do(
    world: World,
    operation: Callable[[World, Call], Answer],
    name: str,
    target: str,
    body: Mapping[str, Any],
) -> JSON:
    known = world.sessions.get(target)
    environment = known.latest.environment if known else environment_of(target)
    with world.lock:
        world.catch_up()
        call = Call(name, environment, target, body=json.dumps(body).encode())
        return dict(operation(world, call).body)


def _of_charge(world: World, charge_id: str, amount: str | Decimal | None) -> dict[str, str]:
    known = world.charge(charge_id, environment_of(charge_id))
    return _price(known.amount.plain if amount is None else amount, known.amount.currency)


def _price(amount: str | Decimal, currency: str) -> dict[str, str]:
    return {"amount": str(amount), "currencyCode": currency}


# --- as faults ------------------------------------------------------------------------------

# Fault -> what it acts on, and the act by the value of its argument.
ACTS: Final[dict[str, tuple[str, Callable[[World, str, str], JSON]]]] = {
    "foreign_refund": ("charge", refund),
    "foreign_capture": ("charge", lambda w, target, value: capture(w, target, value or None)),
    "foreign_cancel": ("charge", lambda w, target, _: cancel(w, target)),
    "foreign_charge": ("permission", lambda w, target, value: _charged(w, target, value)),
    "foreign_close": (
        "permission",
        lambda w, target, value: close(w, target, cancel_pending=value == "pending"),
    ),
    "foreign_update": ("permission", update),
    "foreign_complete": ("session", lambda w, target, value: complete(w, target, value or None)),
}


def _charged(world: World, permission_id: str, value: str) -> JSON:
    amount, _, capturing = value.partition(",")
    return charge(world, permission_id, amount, capture_now=bool(capturing))


def act(world: World, name: str, argument: str, wanted: Call) -> None:
    """Carry a foreign fault out on the object that it names, or on that of the request.

    ApiError where the object isn't there, or its state doesn't allow it.
    """
    kind, do = ACTS[name]
    named, value = target_and_value(argument)
    target = named or _meant(world, kind, wanted)
    if target not in getattr(world, f"{kind}s"):
        raise ApiError("ResourceNotFound", f"The request is about no {kind}: name one")
    do(world, target, value)


def _meant(world: World, kind: str, wanted: Call) -> str:
    body = bodies.parse(wanted.body)
    found = str(wanted.target or body.get("chargeId") or body.get("chargePermissionId"))
    if found in world.refunds:
        found = world.refunds[found].latest.charge_id
    if kind == "permission" and found in world.charges:
        found = world.charges[found].latest.permission_id
    return found
