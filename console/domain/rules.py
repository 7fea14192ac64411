"""Order -> offers: what may be done now, up to which amount, and why not where it may not.

Which actions there are is in `console.domain.action_table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from console.domain.disputes import doubts
from console.domain.language import N_, _, together
from console.domain.limits import MAX_AMOUNT, MAX_CHARGES_PER_PERMISSION, SYNCHRONOUS_CAPTURE
from console.domain.model import OPEN_CHARGE_STATES, Charge, ChargePermission, CheckoutSession
from console.domain.money import Money
from console.domain.order import Order, lifetime_kind


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
    found += [_renew(order.permission, charge) for charge in order.charges]
    if order.session is not None:
        found.append(_complete(order.session))
    return tuple(found)


def offer(order: Order, action: str, target: str) -> Offer:
    """The offer of one action for one object; not allowed where the object isn't known."""
    for candidate in offers(order):
        if candidate.action == action and candidate.target == target:
            return candidate
    return Offer(
        action,
        target,
        False,
        _("{target} is not an object that this can be done to.", target=target),
    )


# Why a charge in each state can't be refunded, and what to do instead.
_NO_REFUND: Final = {
    "AuthorizationInitiated": N_("Nothing was captured yet: cancel the charge instead."),
    "Authorized": N_("Nothing was captured yet: cancel the charge instead, or capture it first."),
    "CaptureInitiated": N_("The capture has only begun: wait until it is Captured."),
    "Canceled": N_("The charge was canceled, so there is nothing to give back."),
    "Declined": N_("The charge was declined, so there is nothing to give back."),
}


def _refund(order: Order, charge: Charge) -> Offer:
    def no(why: str) -> Offer:
        return Offer("refund", charge.id, False, why)

    if charge.state != "Captured":
        return no(_why_not(_NO_REFUND, charge.state))
    left = order.refundable(charge)
    if left is None or charge.captured is None:
        return no(_("Amazon doesn't say how much was captured: look in Seller Central."))
    left = _at_most(left)
    if not left.is_positive:
        return no(_("The whole amount has already been refunded, or its refund has begun."))
    why = _("Up to {amount} can be refunded.", amount=left)
    if doubts(order, charge.id):
        mind = _("Mind: it is disputed, or may be, so a refund can pay the buyer twice.")
        why = together(why, mind)
    return Offer("refund", charge.id, True, why, left)


_NO_CAPTURE: Final = {
    "AuthorizationInitiated": N_(
        "The authorization is still pending: wait until it is Authorized."
    ),
    "CaptureInitiated": N_("The capture has already begun."),
    "Captured": N_("It was captured already. Only a new charge can collect more: see Authorize."),
    "Canceled": N_("The charge was canceled. Only a new one can collect: see Authorize."),
    "Declined": N_("The charge was declined. Only a new one can collect: see Authorize."),
}


def _capture(order: Order, charge: Charge) -> Offer:
    if charge.state != "Authorized":
        return Offer("capture", charge.id, False, _why_not(_NO_CAPTURE, charge.state))
    if charge.amount is None:
        return Offer("capture", charge.id, False, _("Amazon doesn't say what was authorized."))
    if charge.expires is not None and charge.expires <= order.observed:
        return Offer("capture", charge.id, False, _("The authorization has expired."))
    why = _("Up to {amount} can be captured, once.", amount=charge.amount)
    left = order.beyond_limit(charge)
    if left is not None:
        why = together(why, more_than_limit(left))
    if charge.created is not None and order.observed - charge.created >= SYNCHRONOUS_CAPTURE:
        old = _("The authorization is 7 days old or older, so the capture will take a while.")
        why = together(why, old)
    return Offer("capture", charge.id, True, why, charge.amount)


def more_than_limit(left: Money) -> str:
    """A warning: `left` of the order's limit is not captured yet."""
    return _("Mind: of the order's limit {left} is left, so Amazon may refuse more.", left=left)


_NO_CANCEL: Final = {
    "CaptureInitiated": N_("The capture has begun: wait for it, then refund."),
    "Captured": N_("It was captured: refund it instead."),
    "Canceled": N_("It is canceled already."),
    "Declined": N_("It was declined, so nothing is reserved."),
}


_CANCELLED: Final = {
    "AuthorizationInitiated": N_("Nothing is reserved yet; the pending authorization ends."),
    "Authorized": N_("The reserved amount, {amount}, is released; nothing of it was collected."),
}


def _cancel(charge: Charge) -> Offer:
    said = _CANCELLED.get(charge.state)
    if said is not None:
        return Offer("cancel", charge.id, True, _(said, amount=charge.amount or _("not known")))
    return Offer("cancel", charge.id, False, _why_not(_NO_CANCEL, charge.state))


_NO_CHARGE: Final = {
    "NonChargeable": N_("The permission is NonChargeable: it must be mended first."),
    "Closed": N_("The permission is Closed: the buyer has to check out again."),
}


def _authorize(order: Order, permission: ChargePermission) -> Offer:
    def no(why: str) -> Offer:
        return Offer("authorize", permission.id, False, why)

    if permission.status.reason_codes == ("ChargeInProgress",):
        return no(_("A charge is in progress: wait until it is final, or cancel it."))
    if permission.state != "Chargeable":
        return no(_not_chargeable(permission))
    if permission.is_one_time and len(order.charges) >= MAX_CHARGES_PER_PERMISSION:
        most = MAX_CHARGES_PER_PERMISSION
        return no(_("A one-time permission takes {most} charges at most.", most=most))
    balance = permission.balance
    if balance is None:
        return Offer("authorize", permission.id, True, _("Amazon gives no limit for this order."))
    if not balance.is_positive:
        return no(_("The permission's limit is used up."))
    left = _at_most(balance)
    why = _("Up to {amount} can be authorized.", amount=left)
    free = order.unreserved
    if any(c.state in OPEN_CHARGE_STATES for c in order.charges):
        why = together(why, _("Mind: another charge is still open."))
        if free is not None and free.currency == left.currency and free < left:
            why = together(why, _("With it {free} of the limit is free.", free=free))
    elif not order.charges:
        why = together(why, _("Mind: charges that are not known here may be open."))
    return Offer("authorize", permission.id, True, why, left)


def _not_chargeable(permission: ChargePermission) -> str:
    codes = ", ".join(permission.status.reason_codes)
    if permission.state == "NonChargeable" and codes:
        return _(
            "The permission is NonChargeable ({reasons}): it must be mended first.", reasons=codes
        )
    return _why_not(_NO_CHARGE, permission.state)


def _close(permission: ChargePermission) -> Offer:
    if permission.state in ("Chargeable", "NonChargeable"):
        return Offer("close", permission.id, True, _("No further charge can be made after it."))
    return Offer("close", permission.id, False, _why_not(_NO_CLOSE, permission.state))


_NO_CLOSE: Final = {"Closed": N_("It is closed already.")}


def _update(permission: ChargePermission) -> Offer:
    def answer(allowed: bool, why: str) -> Offer:
        return Offer("update", permission.id, allowed, why)

    if permission.state in ("Chargeable", "NonChargeable"):
        return answer(True, _("The merchant's own fields can be changed."))
    if permission.state != "Closed":
        return answer(False, _not_known(permission.state))
    if not permission.is_one_time:
        return answer(False, _("Once closed, only a one-time permission can still be changed."))
    return answer(True, _("Closed: only fields that are still empty can be filled."))


def _extend_permission(permission: ChargePermission) -> Offer:
    def no(why: str) -> Offer:
        return Offer("extend", permission.id, False, why)

    if permission.is_recurring:
        if permission.state == "Closed":
            return no(_("The permission is Closed."))
        if permission.state not in ("Chargeable", "NonChargeable"):
            return no(_not_known(permission.state))
        why = _("Amazon computes the expiry from the frequency, which can be updated.")
        return Offer("extend", permission.id, True, why)
    if permission.type == "PaymentMethodOnFile":
        return no(_("Amazon states no end for a payment method on file, so none can be moved."))
    kind = lifetime_kind(permission)
    why = together(
        _(
            "Amazon sets the life of a one-time permission when the buyer checks out (180 days or"
            " 13 months); it can't be changed later."
        ),
        _("This one has {life}.", life=_(kind)) if kind else "",
        _("Capture, authorize again, or ask for a new checkout."),
    )
    return no(why)


def _renew(permission: ChargePermission | None, charge: Charge) -> Offer:
    if charge.state == "Authorized" and permission is not None and permission.state != "Chargeable":
        return Offer("extend", charge.id, False, _not_chargeable(permission))
    if charge.state == "Authorized":
        why = _("The authorization can be renewed for 30 days.")
        return Offer("extend", charge.id, True, why)
    why = _("Only an authorized charge can be renewed; this one is {state}.", state=charge.state)
    return Offer("extend", charge.id, False, why)


def _complete(session: CheckoutSession) -> Offer:
    if session.state == "Open":
        return Offer(
            "complete",
            session.id,
            True,
            _("The buyer's confirmation is needed as well."),
            session.amount,
        )
    why = _(
        "Only an open checkout session can be completed; this one is {state}.", state=session.state
    )
    return Offer("complete", session.id, False, why)


def _at_most(money: Money) -> Money:
    """`money`, or the largest amount of one charge or refund where that is less."""
    limit = MAX_AMOUNT.get(money.currency)
    return money if limit is None or money.amount <= limit else Money(limit, money.currency)


def _why_not(table: Mapping[str, str], state: str) -> str:
    """What a table says of a state; one that it doesn't have may be new at Amazon."""
    return _(table[state]) if state in table else _not_known(state)


def _not_known(state: str) -> str:
    return _("Its state is {state}, which this console doesn't know.", state=state)
