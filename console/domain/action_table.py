"""What can be done to an order's objects: the action table, which stands here once.

Footer, palette, help, command line and tests read it. Light on purpose: the first paint needs it,
and nothing of an order. When an action may be done is in `console.domain.rules`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from console.domain.language import N_


class Action(NamedTuple):
    """One thing that can be done to an object. `operation` is Amazon's name for the call.

    `title` and `tooltip` are translated by `_` where they are shown.
    """

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
        N_("Refund"),
        "r",
        "create_refund",
        "charge",
        N_("Give captured money back to the buyer"),
        True,
    ),
    Action(
        "capture",
        N_("Capture"),
        "c",
        "capture_charge",
        "charge",
        N_("Collect an authorized charge"),
        True,
    ),
    Action(
        "cancel",
        N_("Cancel"),
        "x",
        "cancel_charge",
        "charge",
        N_("Release an authorization that will not be collected"),
        False,
    ),
    Action(
        "authorize",
        N_("Authorize"),
        "a",
        "create_charge",
        "charge_permission",
        N_("Reserve a further amount with the buyer's payment method"),
        True,
    ),
    Action(
        "close",
        N_("Close"),
        "z",
        "close_charge_permission",
        "charge_permission",
        N_("End the permission: no further charge can be made"),
        False,
    ),
    Action(
        "extend",
        N_("Extend"),
        "e",
        "update_charge_permission",
        "charge_permission",
        N_("The longest life that Amazon can give this object"),
        False,
    ),
    Action(
        "update",
        N_("Update"),
        "u",
        "update_charge_permission",
        "charge_permission",
        N_("Change the merchant's reference, store name or notes"),
        False,
    ),
    Action(
        "complete",
        N_("Complete"),
        "m",
        "complete_checkout_session",
        "checkout_session",
        N_("Complete a checkout session that the shop left open"),
        True,
    ),
)

BY_NAME: Final = {action.name: action for action in ACTIONS}
