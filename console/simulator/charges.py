"""Charges: create, get, capture, cancel; authorizations that expire, captures that take time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from console.domain.limits import (
    EXTENDED_LIFE,
    MAX_AMOUNT,
    MAX_CHARGES_PER_PERMISSION,
    SYNCHRONOUS_CAPTURE,
)
from console.domain.money import Money

from . import bodies, permissions
from .bodies import JSON
from .calls import Answer, Call
from .errors import ApiError
from .objects import OPEN_CHARGE, Charge, ChargePermission
from .render import charge_json, described
from .world import World

PENDING_LIFE: Final = timedelta(hours=24)  # Asynchronous processing page

_CREATE_FIELDS: Final = (
    "chargePermissionId",
    "chargeAmount",
    "captureNow",
    "softDescriptor",
    "canHandlePendingAuthorization",
    "merchantMetadata",
    "providerMetadata",
    "platformId",
    "chargeInitiator",
    "channel",
    "webCheckoutDetails",
)

_DECLINES: Final = frozenset(
    {"SoftDeclined", "HardDeclined", "AmazonRejected", "TransactionTimedOut", "ProcessingFailure"}
)


@dataclass(frozen=True)
class Wish:
    """A charge that somebody wants to make."""

    amount: Money
    capture_now: bool = False
    pending_allowed: bool = False
    soft_descriptor: str | None = None
    simulation: str | None = None
    merchant: JSON | None = None
    channel: str | None = None
    initiator: str | None = None


def get(world: World, call: Call) -> Answer:
    when = world.seen_at()
    charge = world.charge(call.target, call.environment, when)
    return Answer(200, charge_json(world, charge, when))


# --- create ---------------------------------------------------------------------------------


def create(world: World, call: Call) -> Answer:
    body = bodies.parse(call.body)
    bodies.only(body, _CREATE_FIELDS)
    permission_id = bodies.required_text(body, "chargePermissionId")
    wish = _wish(body, call.simulation)
    permission = world.permission(permission_id, call.environment)
    charge = open_charge(world, permission, wish)
    return Answer(201, charge_json(world, charge))


def _wish(body: JSON, simulation: str | None) -> Wish:
    wish = Wish(
        amount=bodies.required_price(body, "chargeAmount"),
        capture_now=bodies.flag(body, "captureNow"),
        pending_allowed=bodies.flag(body, "canHandlePendingAuthorization"),
        soft_descriptor=bodies.soft_descriptor(body),
        simulation=simulation,
        merchant=bodies.merchant_metadata(body),
        channel=bodies.text(body, "channel"),
        initiator=bodies.text(body, "chargeInitiator"),
    )
    if wish.soft_descriptor and not wish.capture_now:
        raise ApiError("InvalidParameterCombination", "softDescriptor needs captureNow")
    return wish


def open_charge(world: World, permission: ChargePermission, wish: Wish) -> Charge:
    """Make a charge on a permission, by all the rules of Create Charge."""
    if permission.state != "Chargeable":
        raise ApiError(
            "InvalidChargePermissionStatus",
            f"ChargePermission {permission.id} is {permission.state}",
        )
    _check_amount(world, permission, wish.amount)
    _check_count(world, permission)
    now = world.clock.now()
    if wish.simulation in _DECLINES:
        raise _declined(world, permission, wish.simulation or "", now)
    charge = world.put(_made(world, permission, wish, now))
    _restart_expiry(world, permission, now)
    _follow_up(world, charge, now)
    return world.charges[charge.id].latest


def _check_amount(world: World, permission: ChargePermission, amount: Money) -> None:
    check_currency(amount, permission.limit.currency)
    _check_maximum(amount)
    if amount > world.balance(permission):
        raise _exceeded(permission)


def _exceeded(permission: ChargePermission) -> ApiError:
    """Recurring limits are monthly and have a code of their own (QA-55, its message)."""
    if permission.type == "OneTime":
        return ApiError(
            "TransactionAmountExceeded",
            f"The amount exceeds what is left of ChargePermission {permission.id}",
        )
    return ApiError(
        "PeriodicAmountExceeded",
        "You've exceeded the monthly limit for the Charge Permission and must wait until the"
        " next month to charge this buyer.",
    )


def check_currency(amount: Money, currency: str) -> None:
    if amount.currency != currency:
        raise ApiError("CurrencyMismatch", f"The currency must be {currency}")


def _check_maximum(amount: Money) -> None:
    if amount.amount > MAX_AMOUNT.get(amount.currency, Decimal(150000)):
        raise ApiError("TransactionAmountExceeded", f"The amount exceeds the maximum: {amount}")


def _check_count(world: World, permission: ChargePermission) -> None:
    """25 charges on a one-time permission (Deferred transactions page)."""
    made = sum(charge.state != "Declined" for charge in world.charges_of(permission.id))
    if permission.type == "OneTime" and made >= MAX_CHARGES_PER_PERMISSION:
        raise ApiError(
            "TransactionCountExceeded",
            f"ChargePermission {permission.id} has {made} charges already",
        )


def _declined(world: World, permission: ChargePermission, code: str, now: datetime) -> ApiError:
    """A decline is an error and makes no charge (Error handling page)."""
    if code == "AmazonRejected":
        permissions.close_as(world, permission, "AmazonCanceled", now)
    if code == "HardDeclined":
        permissions.block(world, permission.id, "PaymentMethodInvalid", now)
    return ApiError(code, described(code))


def _made(world: World, permission: ChargePermission, wish: Wish, now: datetime) -> Charge:
    state = first_state(wish)
    return Charge(
        id=world.new_id(_base(world, permission), "C"),
        permission_id=permission.id,
        amount=wish.amount,
        created=now,
        updated=now,
        expires=world.authorization_expiry(permission.environment, now),
        state=state,
        captured=wish.amount if wish.capture_now and state != "AuthorizationInitiated" else None,
        capture_now=wish.capture_now,
        pending_allowed=wish.pending_allowed,
        soft_descriptor=f"AMZ* {wish.soft_descriptor}" if wish.soft_descriptor else None,
        merchant=wish.merchant or {},
        channel=wish.channel,
        initiator=wish.initiator,
    )


def first_state(wish: Wish) -> str:
    """The state in which a charge begins; ApiError where the wish can't be simulated."""
    if wish.simulation == "AuthorizationInitiated":
        if not wish.pending_allowed:
            raise ApiError(
                "InvalidSandboxSimulationSpecified",
                "AuthorizationInitiated needs canHandlePendingAuthorization",
            )
        return "AuthorizationInitiated"
    if not wish.capture_now:
        return "Authorized"
    return "CaptureInitiated" if wish.simulation == "CaptureInitiated" else "Captured"


def _base(world: World, permission: ChargePermission) -> str:
    """One-time: the permission's id. Recurring: an order of its own for each charge."""
    if permission.type == "OneTime":
        return permission.id
    letter = "P" if permission.environment == "live" else "S"
    return world.new_base(letter + permission.id[1:3])


def _restart_expiry(world: World, permission: ChargePermission, now: datetime) -> None:
    if permission.type == "Recurring" and world.switches.charge_restarts_expiry:
        restarted = replace(permission, expires=now + EXTENDED_LIFE)
        world.put(restarted, now)
        permissions.schedule(world, restarted)


# --- capture --------------------------------------------------------------------------------


def capture(world: World, call: Call) -> Answer:
    body = bodies.parse(call.body)
    bodies.only(body, ("captureAmount", "softDescriptor"))
    amount = bodies.required_price(body, "captureAmount")
    descriptor = bodies.soft_descriptor(body)
    charge = world.charge(call.target, call.environment)
    _check_capture(world, charge, amount)
    now = world.clock.now()
    taken = replace(
        charge,
        captured=amount,
        updated=now,
        soft_descriptor=f"AMZ* {descriptor}" if descriptor else charge.soft_descriptor,
    )
    late = now - charge.created > SYNCHRONOUS_CAPTURE
    if not late and call.simulation is None:
        world.put(replace(taken, state="Captured"))
        permissions.close_when_used_up(world, charge.permission_id, now)
        return Answer(200, charge_json(world, world.charges[charge.id].latest))
    pending = world.put(replace(taken, state="CaptureInitiated"))
    _finish_capture(world, pending, now, rejected=call.simulation == "AmazonRejected")
    return Answer(world.switches.pending_capture_status, charge_json(world, pending))


def _check_capture(world: World, charge: Charge, amount: Money) -> None:
    if charge.state != "Authorized":
        raise wrong_state(charge)
    permission = world.permissions[charge.permission_id].latest
    expired = permission.state == "Closed" and "Expired" in permission.reasons
    if expired and not world.switches.capture_after_permission_expiry:
        raise ApiError("InvalidChargePermissionStatus", f"ChargePermission {permission.id} expired")
    check_currency(amount, charge.amount.currency)
    if amount > charge.amount or world.captured(permission) + amount > _ceiling(permission, world):
        raise ApiError(
            "TransactionAmountExceeded", f"The amount exceeds what Charge {charge.id} allows"
        )


def _ceiling(permission: ChargePermission, world: World) -> Money:
    """What captures may reach in all: a recurring limit is for the month, not for captures."""
    if permission.type == "OneTime":
        return permission.limit
    return world.captured(permission) + permission.limit


def wrong_state(charge: Charge) -> ApiError:
    return ApiError(
        "InvalidChargeStatus",
        f"The operation is not allowed: Charge {charge.id} is {charge.state}",
    )


# --- cancel ---------------------------------------------------------------------------------


def cancel(world: World, call: Call) -> Answer:
    """Allowed until a capture is initiated (PHP SDK, cancelCharge)."""
    body = bodies.parse(call.body)
    bodies.only(body, ("cancellationReason",))
    charge = world.charge(call.target, call.environment)
    bodies.required_text(body, "cancellationReason", 255)
    if charge.state == "Canceled" and world.switches.repeated_cancel == 200:
        return Answer(200, charge_json(world, charge))
    if charge.state not in OPEN_CHARGE:
        raise wrong_state(charge)
    now = world.clock.now()
    end(world, charge, "Canceled", "MerchantCanceled", now)
    return Answer(200, charge_json(world, world.charges[charge.id].latest))


# --- what happens by itself -------------------------------------------------------------------


def end(world: World, charge: Charge, state: str, reason: str, when: datetime) -> None:
    """Bring an open charge to a final state without a capture."""
    world.put(replace(charge, state=state, reason=reason, captured=None, updated=when))
    permissions.unblock(world, charge.permission_id, "ChargeInProgress", when)


def schedule(world: World, charge: Charge) -> None:
    """Have an authorization expire at its time, and a pending one time out after a day."""
    if charge.state == "Authorized":
        world.later(charge.expires, _ending(world, charge, "Canceled", "ExpiredUnused"))
    if charge.state == "AuthorizationInitiated":
        due = charge.created + PENDING_LIFE
        world.later(due, _ending(world, charge, "Declined", "TransactionTimedOut"))


def _ending(world: World, charge: Charge, state: str, reason: str) -> Callable[[datetime], None]:
    def run(when: datetime) -> None:
        latest = world.charges[charge.id].latest
        if latest.state == charge.state:
            end(world, latest, state, reason, when)

    return run


def _follow_up(world: World, charge: Charge, now: datetime) -> None:
    schedule(world, charge)
    if charge.state == "AuthorizationInitiated":
        permissions.block(world, charge.permission_id, "ChargeInProgress", now)
        due = now + timedelta(seconds=world.delays.authorization)
        world.later(due, _authorizing(world, charge.id))
    if charge.state == "CaptureInitiated":
        _finish_capture(world, charge, now, rejected=False)
    if charge.state == "Captured":
        permissions.close_when_used_up(world, charge.permission_id, now)


def _authorizing(world: World, charge_id: str) -> Callable[[datetime], None]:
    def authorize(when: datetime) -> None:
        charge = world.charges[charge_id].latest
        if charge.state != "AuthorizationInitiated":
            return
        state = "Captured" if charge.capture_now else "Authorized"
        captured = charge.amount if charge.capture_now else None
        schedule(world, world.put(replace(charge, state=state, captured=captured, updated=when)))
        permissions.unblock(world, charge.permission_id, "ChargeInProgress", when)
        permissions.close_when_used_up(world, charge.permission_id, when)

    return authorize


def _finish_capture(world: World, charge: Charge, now: datetime, *, rejected: bool) -> None:
    def finish(when: datetime) -> None:
        latest = world.charges[charge.id].latest
        if rejected:
            end(world, latest, "Declined", "AmazonRejected", when)
        else:
            world.put(replace(latest, state="Captured", updated=when))
            permissions.close_when_used_up(world, charge.permission_id, when)

    world.later(now + timedelta(seconds=world.delays.capture), finish)
