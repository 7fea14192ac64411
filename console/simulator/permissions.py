"""Charge permissions: get, update, close; how they expire and close by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from console.domain.limits import EXTENDED_LIFE, MAX_CLOSURE_REASON

from . import bodies
from .bodies import JSON
from .calls import Answer, Call
from .errors import ApiError
from .objects import OPEN_CHARGE, ChargePermission
from .render import permission_json
from .world import World

_DAYS: Final = {"year": 365, "month": 31, "week": 7, "day": 1, "variable": 0}


def get(world: World, call: Call) -> Answer:
    when = world.seen_at()
    permission = world.permission(call.target, call.environment, when)
    return Answer(200, permission_json(world, permission, when))


def schedule(world: World, permission: ChargePermission) -> None:
    """Have the permission expire at its time."""
    if permission.expires and permission.state != "Closed":
        world.later(permission.expires, _expiring(world, permission.id, permission.expires))


def _expiring(world: World, permission_id: str, due: datetime) -> Callable[[datetime], None]:
    def expire(when: datetime) -> None:
        permission = world.permissions[permission_id].latest
        if permission.expires == due and permission.state != "Closed":
            close_as(world, permission, "Expired", when)

    return expire


def close_as(world: World, permission: ChargePermission, reason: str, when: datetime) -> None:
    world.put(replace(permission, state="Closed", reasons=(reason,), updated=when))


def close_when_used_up(world: World, permission_id: str, when: datetime) -> None:
    """A one-time permission closes when everything has been captured (Deferred transactions)."""
    permission = world.permissions[permission_id].latest
    if permission.type != "OneTime" or permission.state == "Closed":
        return
    if world.captured(permission) >= permission.limit:
        close_as(world, permission, "AmazonClosed", when)


def block(world: World, permission_id: str, reason: str, when: datetime) -> None:
    """Make a chargeable permission NonChargeable for `reason`."""
    permission = world.permissions[permission_id].latest
    if permission.state == "Chargeable":
        blocked = replace(permission, state="NonChargeable", reasons=(reason,), updated=when)
        world.put(blocked)


def unblock(world: World, permission_id: str, reason: str, when: datetime) -> None:
    """Take `reason` away; a permission without reasons is chargeable again."""
    permission = world.permissions[permission_id].latest
    if permission.state == "NonChargeable" and reason in permission.reasons:
        left = tuple(other for other in permission.reasons if other != reason)
        state = "NonChargeable" if left else "Chargeable"
        world.put(replace(permission, state=state, reasons=left, updated=when))


# --- close ----------------------------------------------------------------------------------


def close(world: World, call: Call) -> Answer:
    body = bodies.parse(call.body)
    bodies.only(body, ("closureReason", "cancelPendingCharges"))
    permission = world.permission(call.target, call.environment)
    bodies.required_text(body, "closureReason", MAX_CLOSURE_REASON)
    cancel_pending = bodies.flag(body, "cancelPendingCharges")
    now = world.clock.now()
    if permission.state == "Closed":
        if world.switches.repeated_close == 200:
            return Answer(200, permission_json(world, permission), "unchanged")
        raise _wrong_state(permission)
    _close(world, permission, _closure(world, call, cancel_pending), cancel_pending, now)
    return Answer(200, permission_json(world, world.permissions[permission.id].latest))


def _closure(world: World, call: Call, cancel_pending: bool) -> str:
    if call.simulation:
        return call.simulation
    if world.switches.closure_reason != "by_flag":
        return world.switches.closure_reason
    return "MerchantCanceled" if cancel_pending else "MerchantClosed"


def _close(
    world: World, permission: ChargePermission, reason: str, cancel_pending: bool, now: datetime
) -> None:
    close_as(world, permission, reason, now)
    if not cancel_pending:
        return
    for charge in list(world.charges_of(permission.id)):
        if charge.state in OPEN_CHARGE:
            canceled = replace(
                charge, state="Canceled", reason="ChargePermissionCanceled", updated=now
            )
            world.put(canceled)


def _wrong_state(permission: ChargePermission) -> ApiError:
    return ApiError(
        "InvalidChargePermissionStatus",
        f"The operation is not allowed: ChargePermission {permission.id} is {permission.state}",
    )


# --- update ---------------------------------------------------------------------------------


def update(world: World, call: Call) -> Answer:
    body = bodies.parse(call.body)
    bodies.only(body, ("merchantMetadata", "recurringMetadata"))
    permission = world.permission(call.target, call.environment)
    metadata = bodies.merchant_metadata(body)
    recurring = _recurring_metadata(body)
    if metadata is None and recurring is None:
        raise bodies.missing("merchantMetadata")
    _check_modifiable(world, permission, metadata or {}, recurring)
    now = world.clock.now()
    # `updated` is that of the state, which stays.
    changed = replace(permission, merchant={**permission.merchant, **(metadata or {})})
    if recurring:
        changed = _with_recurring(world, changed, recurring, now)
    world.put(changed, now)
    return Answer(200, permission_json(world, changed))


def _check_modifiable(
    world: World, permission: ChargePermission, metadata: JSON, recurring: JSON | None
) -> None:
    """Closed: only one-time, and only what is empty (Update info after checkout page)."""
    if recurring and permission.type != "Recurring":
        raise ApiError(
            "InvalidParameterValue", "recurringMetadata is for recurring charge permissions"
        )
    amount = (recurring or {}).get("amount")
    if amount and amount["currencyCode"] != permission.limit.currency:
        raise ApiError("CurrencyMismatch", f"The currency must be {permission.limit.currency}")
    if permission.state != "Closed":
        return
    filled = any(permission.merchant.get(name) for name in metadata)
    if permission.type != "OneTime" or filled:
        raise ApiError(
            world.switches.not_modifiable_code,
            f"ChargePermission {permission.id} is Closed and can't be modified",
        )


def _recurring_metadata(body: JSON) -> JSON | None:
    value = bodies.section(body, "recurringMetadata", ("frequency", "amount"))
    if value is None:
        return None
    frequency = bodies.section(value, "frequency", ("unit", "value"))
    if frequency is not None:
        _check_frequency(frequency)
    amount = bodies.price(value, "amount")
    return {
        **({"frequency": dict(frequency)} if frequency else {}),
        **({"amount": dict(amount.to_api())} if amount else {}),
    }


def _check_frequency(frequency: Mapping[str, object]) -> None:
    unit, value = frequency.get("unit"), str(frequency.get("value", ""))
    if str(unit).lower() not in _DAYS or not value.isdecimal():
        raise ApiError("InvalidParameterValue", f"frequency is not valid: {value} {unit}")


def _with_recurring(
    world: World, permission: ChargePermission, recurring: JSON, now: datetime
) -> ChargePermission:
    merged = {**(permission.recurring or {}), **recurring}
    changed = replace(permission, recurring=merged)
    if "frequency" not in recurring or not world.switches.update_moves_expiry:
        return changed
    changed = replace(changed, expires=now + _life(recurring["frequency"]))
    schedule(world, changed)
    return changed


def _life(frequency: JSON) -> timedelta:
    """13 months, or the frequency and a month where that is longer.

    Amazon says that it computes the expiry from the frequency, and not how.
    """
    days = _DAYS[str(frequency["unit"]).lower()] * int(frequency["value"])
    return max(EXTENDED_LIFE, timedelta(days=days + 30))
