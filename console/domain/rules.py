"""Order -> offers: what may be done now, up to which amount, and why not where it may not.

The action table stands here once: footer, palette, help, command line and tests read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from console.domain.disputes import doubts
from console.domain.limits import MAX_AMOUNT, MAX_CHARGES_PER_PERMISSION, SYNCHRONOUS_CAPTURE
from console.domain.model import OPEN_CHARGE_STATES, Charge, ChargePermission, CheckoutSession
from console.domain.money import Money
from console.domain.order import Order, lifetime_kind


@dataclass(frozen=True)
class Action:
    """One thing that can be done to an object. `operation` is Amazon's name for the call."""

    name: str
    title: str
    key: str
    operation: str
    target: str  # the kind of object it acts on
    tooltip: str
    moves_money: bool


ACTIONS: Final = (
    Action(
        "refund",
        "Refund",
        "r",
        "create_refund",
        "charge",
        "Give captured money back to the buyer",
        True,
    ),
    Action(
        "capture", "Capture", "c", "capture_charge", "charge", "Collect an authorized charge", True
    ),
    Action(
        "cancel",
        "Cancel",
        "x",
        "cancel_charge",
        "charge",
        "Release an authorization that will not be collected",
        False,
    ),
    Action(
        "authorize",
        "Authorize",
        "a",
        "create_charge",
        "charge_permission",
        "Reserve a further amount with the buyer's payment method",
        True,
    ),
    Action(
        "close",
        "Close",
        "z",
        "close_charge_permission",
        "charge_permission",
        "End the permission: no further charge can be made",
        False,
    ),
    Action(
        "extend",
        "Extend",
        "e",
        "update_charge_permission",
        "charge_permission",
        "The longest life that Amazon can give this object",
        False,
    ),
    Action(
        "update",
        "Update",
        "u",
        "update_charge_permission",
        "charge_permission",
        "Change the merchant's reference, store name or notes",
        False,
    ),
    Action(
        "complete",
        "Complete",
        "m",
        "complete_checkout_session",
        "checkout_session",
        "Complete a checkout session that the shop left open",
        True,
    ),
)

BY_NAME: Final = {action.name: action for action in ACTIONS}


@dataclass(frozen=True)
class Offer:
    """Whether `action` may be done to `target` now. `why` is a sentence in either case.

    `max_amount` is the most that may be asked for, where the action takes an amount.
    """

    action: str
    target: str
    allowed: bool
    why: str
    max_amount: Money | None = None


def offers(order: Order) -> tuple[Offer, ...]:
    """Every action for every object of `order` that it could apply to, allowed or not."""
    found: list[Offer] = []
    for charge in order.charges:
        found += [_refund(order, charge), _capture(order, charge), _cancel(charge)]
    if order.permission is not None:
        permission = order.permission
        found += [_authorize(order, permission), _close(permission), _update(permission)]
        found.append(_extend_permission(permission))
    found += [_renew(charge) for charge in order.charges]
    if order.session is not None:
        found.append(_complete(order.session))
    return tuple(found)


def offer(order: Order, action: str, target: str) -> Offer:
    """The offer of one action for one object; not allowed where the object isn't known."""
    for candidate in offers(order):
        if candidate.action == action and candidate.target == target:
            return candidate
    return Offer(action, target, False, f"{target} is not an object that this can be done to.")


# Why a charge in each state can't be refunded, and what to do instead.
_NO_REFUND: Final = {
    "AuthorizationInitiated": "Nothing was captured yet: cancel the charge instead.",
    "Authorized": "Nothing was captured yet: cancel the charge instead, or capture it first.",
    "CaptureInitiated": "The capture has only begun: wait until it is Captured.",
    "Canceled": "The charge was canceled, so there is nothing to give back.",
    "Declined": "The charge was declined, so there is nothing to give back.",
}


def _refund(order: Order, charge: Charge) -> Offer:
    def no(why: str) -> Offer:
        return Offer("refund", charge.id, False, why)

    if charge.state != "Captured":
        return no(_NO_REFUND.get(charge.state, _not_known(charge.state)))
    left = order.refundable(charge)
    if left is None or charge.captured is None:
        return no("Amazon doesn't say how much was captured: look in Seller Central.")
    left = _at_most(left)
    if not left.is_positive:
        return no("The whole amount has already been refunded, or its refund has begun.")
    why = f"Up to {left} can be refunded."
    if doubts(order, charge.id):
        why += " Mind: it is disputed, or may be, so a refund can pay the buyer twice."
    return Offer("refund", charge.id, True, why, left)


_NO_CAPTURE: Final = {
    "AuthorizationInitiated": "The authorization is still pending: wait until it is Authorized.",
    "CaptureInitiated": "The capture has already begun.",
    "Captured": "It was captured already; for a further amount authorize a new charge.",
    "Canceled": "The charge was canceled: authorize a new charge.",
    "Declined": "The charge was declined: authorize a new charge.",
}


def _capture(order: Order, charge: Charge) -> Offer:
    if charge.state != "Authorized":
        why = _NO_CAPTURE.get(charge.state, _not_known(charge.state))
        return Offer("capture", charge.id, False, why)
    if charge.amount is None:
        return Offer("capture", charge.id, False, "Amazon doesn't say what was authorized.")
    if charge.expires is not None and charge.expires <= order.observed:
        return Offer("capture", charge.id, False, "The authorization has expired.")
    why = f"Up to {charge.amount} can be captured, once."
    if charge.created is not None and order.observed - charge.created >= SYNCHRONOUS_CAPTURE:
        why += " The authorization is 7 days old or older, so the capture will take a while."
    return Offer("capture", charge.id, True, why, charge.amount)


_NO_CANCEL: Final = {
    "CaptureInitiated": "The capture has begun: wait for it, then refund.",
    "Captured": "It was captured: refund it instead.",
    "Canceled": "It is canceled already.",
    "Declined": "It was declined, so nothing is reserved.",
}


_CANCELLED: Final = {
    "AuthorizationInitiated": "Nothing is reserved yet; the pending authorization ends.",
    "Authorized": "The reserved amount goes back to the buyer.",
}


def _cancel(charge: Charge) -> Offer:
    said = _CANCELLED.get(charge.state)
    if said is not None:
        return Offer("cancel", charge.id, True, said)
    return Offer("cancel", charge.id, False, _NO_CANCEL.get(charge.state, _not_known(charge.state)))


_NO_CHARGE: Final = {
    "NonChargeable": "The permission is NonChargeable{reasons}: it must be mended first.",
    "Closed": "The permission is Closed: the buyer has to check out again.",
}


def _authorize(order: Order, permission: ChargePermission) -> Offer:
    def no(why: str) -> Offer:
        return Offer("authorize", permission.id, False, why)

    if permission.status.reason_codes == ("ChargeInProgress",):
        return no("A charge is in progress: wait until it is final, or cancel it.")
    if permission.state != "Chargeable":
        template = _NO_CHARGE.get(permission.state, _not_known(permission.state))
        return no(template.replace("{reasons}", _reasons(permission)))
    if permission.is_one_time and len(order.charges) >= MAX_CHARGES_PER_PERMISSION:
        return no(f"A one-time permission takes {MAX_CHARGES_PER_PERMISSION} charges at most.")
    balance = permission.balance
    if balance is None:
        return Offer("authorize", permission.id, True, "Amazon gives no limit for this order.")
    if not balance.is_positive:
        return no("The permission's limit is used up.")
    most = _at_most(balance)
    why = f"Up to {most} can be authorized."
    if any(c.state in OPEN_CHARGE_STATES for c in order.charges):
        why += " Mind: another charge is still open."
    elif not order.charges:
        why += " Mind: charges that are not known here may be open."
    return Offer("authorize", permission.id, True, why, most)


def _close(permission: ChargePermission) -> Offer:
    if permission.state in ("Chargeable", "NonChargeable"):
        return Offer("close", permission.id, True, "No further charge can be made after it.")
    why = "It is closed already." if permission.state == "Closed" else _not_known(permission.state)
    return Offer("close", permission.id, False, why)


def _update(permission: ChargePermission) -> Offer:
    def answer(allowed: bool, why: str) -> Offer:
        return Offer("update", permission.id, allowed, why)

    if permission.state in ("Chargeable", "NonChargeable"):
        return answer(True, "The merchant's own fields can be changed.")
    if permission.state != "Closed":
        return answer(False, _not_known(permission.state))
    if not permission.is_one_time:
        return answer(False, "Once closed, only a one-time permission can still be changed.")
    return answer(True, "Closed: only fields that are still empty can be filled.")


def _extend_permission(permission: ChargePermission) -> Offer:
    def no(why: str) -> Offer:
        return Offer("extend", permission.id, False, why)

    if permission.is_recurring:
        if permission.state == "Closed":
            return no("The permission is Closed.")
        if permission.state not in ("Chargeable", "NonChargeable"):
            return no(_not_known(permission.state))
        why = "Amazon computes the expiry from the frequency, which can be updated."
        return Offer("extend", permission.id, True, why)
    if permission.type == "PaymentMethodOnFile":
        return no("Amazon states no end for a payment method on file, so none can be moved.")
    kind = lifetime_kind(permission)
    has = f" This one has {kind}." if kind else ""
    why = (
        "Amazon sets the life of a one-time permission when the buyer checks out"
        f" (180 days or 13 months); it can't be changed later.{has}"
        " Capture, authorize again, or ask for a new checkout."
    )
    return no(why)


def _renew(charge: Charge) -> Offer:
    if charge.state == "Authorized":
        return Offer("extend", charge.id, True, "The authorization can be renewed for 30 days.")
    why = f"Only an authorized charge can be renewed; this one is {charge.state}."
    return Offer("extend", charge.id, False, why)


def _complete(session: CheckoutSession) -> Offer:
    if session.state == "Open":
        return Offer(
            "complete",
            session.id,
            True,
            "The buyer's confirmation is needed as well.",
            session.amount,
        )
    why = f"Only an open checkout session can be completed; this one is {session.state}."
    return Offer("complete", session.id, False, why)


def _at_most(money: Money) -> Money:
    """`money`, or the largest amount of one charge or refund where that is less."""
    limit = MAX_AMOUNT.get(money.currency)
    return money if limit is None or money.amount <= limit else Money(limit, money.currency)


def _reasons(permission: ChargePermission) -> str:
    codes = ", ".join(permission.status.reason_codes)
    return f" ({codes})" if codes else ""


def _not_known(state: str) -> str:
    return f"Its state is {state}, which this console doesn't know."
