"""What to do where the wanted thing takes more than one step: collecting more, or less.

Sources: Deferred transactions page (25 charges, amountLimit); Overcharge page of the onboarding
site; QA-12 (the two recipes for more).
"""

from __future__ import annotations

from console.domain.model import Charge
from console.domain.money import Money
from console.domain.order import Order


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
