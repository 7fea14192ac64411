"""Whether a profile's policy forbids an action from the outset, whatever is given for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.domain.action_table import BY_NAME
from console.domain.money import Money
from console.domain.policy import Asked, Policy

if TYPE_CHECKING:
    from console.domain.order import Order

_GIVEN = "given"


def forbidden(policy: Policy, order: Order, action: str) -> str | None:
    """What stands against the action on this order at all; None where something may be allowed.

    It is asked for the smallest amount, with a reason and a ticket: what is typed later, the
    engine asks the policy about.
    """
    moves, currency = BY_NAME[action].moves_money, order.currency
    amount = Money.zero(currency) if moves and currency else None
    if moves and amount is None:
        return policy.against_sending()
    return policy.against(Asked(action, amount, reason=_GIVEN, ticket=_GIVEN))
