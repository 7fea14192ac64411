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
from .objects import DECLINED_AT_ONCE, OPEN_CHARGE, Charge, ChargePermission
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

# What a decline leaves on the permission (Charge Permission page, reason codes).
_BLOCKS: Final = {
    "HardDeclined": "PaymentMethodInvalid",
    "PaymentMethodNotAllowed": "PaymentMethodNotAllowed",
    "MFANotCompleted": "MFAFailed",
}


@dataclass(frozen=True)
class Wish:
    """A charge that somebody wants to make.

    `simulation` is how it begins or that it is declined at once, `decline` the reason code with
    which a pending one ends.
    """

    amount: Money
    capture_now: bool = False
    pending_allowed: bool = False
    soft_descriptor: str | None = None
    simulation: str | None = None
    decline: str | None = None
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
    wish = troubled(_wish(body, call.simulation), call)
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


def troubled(wish: Wish, call: Call) -> Wish:
    """The wish with what a fault makes of it.

    Only an authorization that may be pending, or a capture, is declined later; any other is
    declined at once.
    """
    if call.decline_now:
        return replace(wish, simulation=call.decline_now)
    if not call.decline and not call.pending:
        return wish
    if wish.pending_allowed:
        return replace(wish, simulation="AuthorizationInitiated", decline=call.decline)
    if wish.capture_now:
        return replace(wish, simulation="CaptureInitiated", decline=call.decline)
    return replace(wish, simulation=call.decline or wish.simulation)


def open_charge(world: World, permission: ChargePermission, wish: Wish) -> Charge:
    """Make a charge on a permission, by all the rules of Create Charge."""
    check(world, permission, wish)
    if wish.simulation in DECLINED_AT_ONCE:
        raise _declined(world, permission, wish.simulation or "")
    return make(world, permission, wish)


def check(world: World, permission: ChargePermission, wish: Wish) -> None:
    """ApiError where the permission, which need not be stored yet, does not hold this charge."""
    if permission.state != "Chargeable":
        raise ApiError(
            "InvalidChargePermissionStatus",
            f"ChargePermission {permission.id} is {permission.state}",
        )
    _check_amount(world, permission, wish.amount)
    _check_count(world, permission)


def make(world: World, permission: ChargePermission, wish: Wish) -> Charge:
    """Make a charge that has been checked."""
    now = world.clock.now()
    charge = world.put(_made(world, permission, wish, now))
    _restart_expiry(world, permission, now)
    _follow_up(world, charge, wish.decline, now)
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


def _declined(world: World, permission: ChargePermission, code: str) -> ApiError:
    """A decline is an error and makes no charge (Error handling page)."""
    _mark_permission(world, permission.id, code, world.clock.now())
    return ApiError(code, described(code))


def _mark_permission(world: World, permission_id: str, code: str, when: datetime) -> None:
    """What a decline does to the permission: AmazonRejected ends it, others block it."""
    permission = world.permissions[permission_id].latest
    if code == "AmazonRejected" and permission.state != "Closed":
        permissions.close_as(world, permission, "AmazonCanceled", when)
    if code in _BLOCKS:
        permissions.block(world, permission_id, _BLOCKS[code], when)


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
    if call.decline_now:
        raise _declined_capture(world, charge, call.decline_now, now)
    taken = replace(
        charge,
        captured=amount,
        updated=now,
        soft_descriptor=f"AMZ* {descriptor}" if descriptor else charge.soft_descriptor,
    )
    late = now - charge.created > SYNCHRONOUS_CAPTURE
    if not (late or call.simulation or call.decline or call.pending):
        world.put(replace(taken, state="Captured"))
        permissions.close_when_used_up(world, charge.permission_id, now)
        return Answer(200, charge_json(world, world.charges[charge.id].latest))
    pending = world.put(replace(taken, state="CaptureInitiated"))
    rejected = "AmazonRejected" if call.simulation == "AmazonRejected" else None
    _finish_capture(world, pending, now, call.decline or rejected)
    return Answer(world.switches.pending_capture_status, charge_json(world, pending))


def _declined_capture(world: World, charge: Charge, code: str, now: datetime) -> ApiError:
    """What Amazon leaves of a charge whose capture it declines at once is not documented."""
    if world.switches.declined_capture == "Declined":
        die(world, charge, code, now)
    return ApiError(code, described(code))


def _check_capture(world: World, charge: Charge, amount: Money) -> None:
    if charge.state != "Authorized":
        raise wrong_state(charge)
    permission = world.permissions[charge.permission_id].latest
    _check_ended(world, permission)
    check_currency(amount, charge.amount.currency)
    if amount > charge.amount or world.captured(permission) + amount > _ceiling(permission, world):
        raise ApiError(
            "TransactionAmountExceeded", f"The amount exceeds what Charge {charge.id} allows"
        )


def _check_ended(world: World, permission: ChargePermission) -> None:
    """Whether an authorization outlives its permission depends on how that ended."""
    if permission.state != "Closed":
        return
    switches = world.switches
    expired = "Expired" in permission.reasons
    outlives = switches.capture_after_permission_close
    if switches.capture_after_permission_expiry if expired else outlives:
        return
    ended = "has expired" if expired else "is Closed"
    raise ApiError("InvalidChargePermissionStatus", f"ChargePermission {permission.id} {ended}")


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
        return Answer(200, charge_json(world, charge), "unchanged")
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


def die(world: World, charge: Charge, code: str, when: datetime) -> None:
    """Amazon declines what it had begun, or was asked to."""
    end(world, charge, "Declined", code, when)
    _mark_permission(world, charge.permission_id, code, when)


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


def _follow_up(world: World, charge: Charge, decline: str | None, now: datetime) -> None:
    schedule(world, charge)
    if charge.state == "AuthorizationInitiated":
        permissions.block(world, charge.permission_id, "ChargeInProgress", now)
        due = now + timedelta(seconds=world.delays.authorization)
        world.later(due, _authorizing(world, charge.id, decline))
    if charge.state == "CaptureInitiated":
        _finish_capture(world, charge, now, decline)
    if charge.state == "Captured":
        permissions.close_when_used_up(world, charge.permission_id, now)


def _authorizing(world: World, charge_id: str, decline: str | None) -> Callable[[datetime], None]:
    def authorize(when: datetime) -> None:
        charge = world.charges[charge_id].latest
        if charge.state != "AuthorizationInitiated":
            return
        if decline:
            die(world, charge, decline, when)
            return
        state = "Captured" if charge.capture_now else "Authorized"
        captured = charge.amount if charge.capture_now else None
        schedule(world, world.put(replace(charge, state=state, captured=captured, updated=when)))
        permissions.unblock(world, charge.permission_id, "ChargeInProgress", when)
        permissions.close_when_used_up(world, charge.permission_id, when)

    return authorize


def _finish_capture(world: World, charge: Charge, now: datetime, decline: str | None) -> None:
    def finish(when: datetime) -> None:
        latest = world.charges[charge.id].latest
        if latest.state != "CaptureInitiated":
            return
        if decline:
            die(world, latest, decline, when)
        else:
            world.put(replace(latest, state="Captured", updated=when))
            permissions.close_when_used_up(world, charge.permission_id, when)

    world.later(now + timedelta(seconds=world.delays.capture), finish)
