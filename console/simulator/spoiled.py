"""Answers that are not what they should be: another amount, another object."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Final

from .bodies import JSON
from .calls import Answer, Call

# Where answers hold an amount; the first that is there is the one that the request was about.
_AMOUNTS: Final = (
    ("refundAmount",),
    ("captureAmount",),
    ("chargeAmount",),
    ("recurringMetadata", "amount"),
    ("limits", "amountLimit"),
    ("paymentDetails", "chargeAmount"),
)
# What each answer echoes of the object that was asked for.
ECHOED: Final = {
    "create_refund": "chargeId",
    "create_charge": "chargePermissionId",
    "capture_charge": "chargeId",
    "cancel_charge": "chargeId",
    "close_charge_permission": "chargePermissionId",
    "update_charge_permission": "chargePermissionId",
    "create_checkout_session": "checkoutSessionId",
    "update_checkout_session": "checkoutSessionId",
    "complete_checkout_session": "checkoutSessionId",
}


def with_another_amount(answer: Answer, wanted: Call) -> Answer:
    """The same answer with its amount one unit higher.

    A completed session shows no amount: its answer then names one, which is a unit higher than
    the amount that was asked for.
    """
    body = json.loads(json.dumps(answer.body))
    found = next((price for path in _AMOUNTS if (price := _at(body, path))), None)
    if found is None and (asked := _asked(wanted)):
        found = asked
        body["paymentDetails"] = {"chargeAmount": found}
    if found is not None:
        found["amount"] = str(Decimal(str(found["amount"])) + 1)
    return replace(answer, body=body)


def _at(body: JSON, path: tuple[str, ...]) -> JSON | None:
    found: JSON | None = body
    for name in path:
        found = found.get(name) if found else None
    return found


def _asked(wanted: Call) -> JSON | None:
    body: JSON = json.loads(wanted.body) if wanted.body else {}
    return body.get("chargeAmount")


def with_another_object(answer: Answer, wanted: Call) -> Answer:
    """The same answer about another object: the last character of its id is another one."""
    name = ECHOED.get(wanted.operation)
    if name is None or name not in answer.body:
        return answer
    right = str(answer.body[name])
    wrong = right[:-1] + ("1" if right.endswith("0") else "0")
    return replace(answer, body={**answer.body, name: wrong})
