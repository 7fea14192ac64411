"""What to do where the wanted thing takes more than one step, or can't be had.

Sources: Deferred transactions page (25 charges, amountLimit); Overcharge page of the onboarding
site; QA-12 (the two recipes for more).
"""

from __future__ import annotations

from datetime import timedelta

from console.domain.model import Charge
from console.domain.money import Money
from console.domain.order import Order, lifetime_kind
from console.domain.plural import counted
from console.domain.rules import offers


def over_charge(order: Order, charge: Charge, wanted: Money) -> str:
    """How `wanted`, which is more than `charge` authorizes, can be collected; sentences.

    Which recipes there are depends on what the permission still allows.
    """
    authorized, permission = charge.amount, order.permission
    if authorized is None or permission is None or wanted.currency != authorized.currency:
        return "Authorize a new charge for the rest, where the permission allows it."
    more = wanted - authorized
    room = permission.balance
    steps = (
        f"Collect {authorized} with this charge, and the other {more} with a charge of its own:"
        f" `payconsole authorize {permission.id} --amount {more.plain} --capture`."
    )
    if permission.state != "Chargeable":
        return f"The permission is {permission.state}, so no further charge can be made: {_ASK}"
    limit = permission.limit
    if permission.is_one_time and limit is not None and wanted > limit:
        return f"The order's limit is {limit}, so {wanted} can't be collected with it: {_ASK}"
    if room is not None and room < more:
        return f"The permission has room for {room} more, not for {more}: {_ASK}"
    if room is None or room >= wanted:
        steps += (
            f" Or, for one payment: authorize {wanted} anew, cancel this charge once the new one"
            " is Authorized, and capture the new one."
        )
    return steps


_ASK = "ask the buyer for a new checkout over the rest."


def reduce_charge(charge: Charge) -> str:
    """How less than the authorized amount is collected, a sentence."""
    return (
        f"Capture the smaller amount: what remains of {charge.amount} goes back to the buyer. A"
        " charge can be captured once; for more later authorize a new charge."
    )


def fixed_life(order: Order) -> str:
    """How long an order whose end can't be moved still lives, and what it allows; sentences.

    `extendExpiration` can be set only when the checkout session is created (Checkout Session
    page).
    """
    return " ".join([_life_left(order), *_still_possible(order), "Later: a new checkout."])


def _life_left(order: Order) -> str:
    permission = order.permission
    if permission is None or permission.expires is None:
        return "Amazon doesn't tell when it expires."
    kind = lifetime_kind(permission)
    life = f", a life of {kind}" if kind else ""
    left = permission.expires - order.observed
    if left.total_seconds() <= 0:
        return f"It expired on {permission.expires:%Y-%m-%d}{life}."
    return f"It expires on {permission.expires:%Y-%m-%d}, in {_length(left)}{life}."


def _length(left: timedelta) -> str:
    if left.days:
        return counted(left.days, "day")
    hours = left.seconds // 3600
    return counted(hours, "hour") if hours else "less than an hour"


def _still_possible(order: Order) -> list[str]:
    commands = {
        "capture": "`payconsole capture {target} --amount …` collects it",
        "extend": "`payconsole extend {target}` renews its authorization for 30 days",
        "authorize": "`payconsole authorize {target} --amount …` reserves more",
    }
    found: dict[str, list[str]] = {}
    for one in offers(order):
        if one.allowed and one.action in commands:
            said = commands[one.action].format(target=one.target)
            most = f" (up to {one.max_amount})" if one.max_amount else ""
            found.setdefault(one.target, []).append(said + most)
    sentences = [f"{', or '.join(ways)}." for ways in found.values()]
    if not order.charges:
        sentences.append("With a charge's own id it can be captured, or its authorization renewed.")
    return sentences
