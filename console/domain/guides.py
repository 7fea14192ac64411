"""What to do where the wanted thing takes more than one step, or can't be had.

Sources: Deferred transactions page (25 charges, amountLimit); Overcharge page of the onboarding
site; QA-12 (the two recipes for more).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from console.domain.language import N_, _, many, together
from console.domain.model import Charge
from console.domain.money import Money
from console.domain.order import Order, lifetime_kind
from console.domain.rules import Offer, offers


def over_charge(order: Order, charge: Charge, wanted: Money) -> str:
    """How `wanted`, which is more than `charge` authorizes, can be collected; sentences.

    Which recipes there are depends on what the permission still allows.
    """
    authorized, permission = charge.amount, order.permission
    if authorized is None or permission is None or wanted.currency != authorized.currency:
        return _("Authorize a new charge for the rest, where the permission allows it.")
    more = wanted - authorized
    room = permission.balance
    if permission.state != "Chargeable":
        return _(
            "The permission is {state}, so no further charge can be made: ask the buyer for a new"
            " checkout over the rest.",
            state=permission.state,
        )
    limit = permission.limit
    if permission.is_one_time and limit is not None and wanted > limit:
        return _(
            "The order's limit is {limit}, so {amount} can't be collected with it: ask the buyer"
            " for a new checkout over the rest.",
            limit=limit,
            amount=wanted,
        )
    if room is not None and room < more:
        return _(
            "The permission has room for {room} more, not for {amount}: ask the buyer for a new"
            " checkout over the rest.",
            room=room,
            amount=more,
        )
    second = _(
        "Collect {authorized} with this charge, and the other {rest} with a charge of its own:"
        " `payconsole authorize {permission} --amount {amount} --capture`.",
        authorized=authorized,
        rest=more,
        permission=permission.id,
        amount=more.plain,
    )
    if room is not None and room < wanted:
        return second
    one_payment = _(
        "Or, for one payment: authorize {amount} anew, cancel this charge once the new one is"
        " Authorized, and capture the new one.",
        amount=wanted,
    )
    return together(second, one_payment)


def reduce_charge(charge: Charge) -> str:
    """How less than the authorized amount is collected, a sentence."""
    return _(
        "Capture the smaller amount: what remains of {amount} goes back to the buyer. A charge can"
        " be captured once; for more later authorize a new charge.",
        amount=charge.amount,
    )


def fixed_life(order: Order) -> str:
    """How long an order whose end can't be moved still lives, and what it allows; sentences.

    `extendExpiration` can be set only when the checkout session is created (Checkout Session
    page).
    """
    return together(_life_left(order), *_still_possible(order), _("Later: a new checkout."))


def _life_left(order: Order) -> str:
    permission = order.permission
    if permission is None or permission.expires is None:
        return _("Amazon doesn't tell when it expires.")
    kind, day = lifetime_kind(permission), f"{permission.expires:%Y-%m-%d}"
    left = permission.expires - order.observed
    if left <= timedelta(0):
        if kind is None:
            return _("It expired on {day}.", day=day)
        return _("It expired on {day}, a life of {life}.", day=day, life=_(kind))
    length = _length(left)
    if kind is None:
        return _("It expires on {day}, in {length}.", day=day, length=length)
    return _(
        "It expires on {day}, in {length}, a life of {life}.", day=day, length=length, life=_(kind)
    )


def _length(left: timedelta) -> str:
    if left.days:
        return many("{count} day", "{count} days", left.days)
    hours = left.seconds // 3600
    return many("{count} hour", "{count} hours", hours) if hours else _("less than an hour")


# What is still possible with one object, by the actions that it allows.
_WAYS: Final = {
    ("capture", "extend"): N_(
        "`payconsole capture {target} --amount …` collects it (up to {amount}), or"
        " `payconsole extend {target}` renews its authorization for 30 days."
    ),
    ("capture",): N_("`payconsole capture {target} --amount …` collects it (up to {amount})."),
    ("extend",): N_("`payconsole extend {target}` renews its authorization for 30 days."),
    ("authorize",): N_(
        "`payconsole authorize {target} --amount …` reserves more (up to {amount})."
    ),
}
_WITHOUT_A_LIMIT: Final = N_("`payconsole authorize {target} --amount …` reserves more.")


def _still_possible(order: Order) -> Iterator[str]:
    found: dict[str, list[Offer]] = {}
    for one in offers(order):
        if one.allowed and (one.action == "authorize" or _is_of_a_charge(order, one)):
            found.setdefault(one.target, []).append(one)
    for target, ways in found.items():
        amount = ways[0].max_amount
        said = _WAYS[tuple(one.action for one in ways)]
        if amount is None and ways[0].action == "authorize":
            said = _WITHOUT_A_LIMIT
        yield _(said, target=target, amount=amount)
    if not order.charges:
        yield _("With a charge's own id it can be captured, or its authorization renewed.")


def _is_of_a_charge(order: Order, one: Offer) -> bool:
    return one.action in ("capture", "extend") and order.charge(one.target) is not None
