"""Refunds: create and get. They are always asynchronous and can't be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from console.domain.limits import (
    MAX_AMOUNT,
    MAX_REFUNDS_PER_CHARGE,
    OVER_REFUND_CAP,
    OVER_REFUND_SHARE,
)
from console.domain.money import Money, exponent

from . import bodies
from .calls import Answer, Call
from .charges import check_currency, wrong_state
from .errors import ApiError
from .objects import Charge, Refund
from .render import refund_json
from .world import World


def get(world: World, call: Call) -> Answer:
    refund = world.refund(call.target, call.environment, world.seen_at())
    return Answer(200, refund_json(refund))


def create(world: World, call: Call) -> Answer:
    body = bodies.parse(call.body)
    bodies.only(body, ("chargeId", "refundAmount", "softDescriptor"))
    charge_id = bodies.required_text(body, "chargeId")
    amount = bodies.required_price(body, "refundAmount")
    descriptor = bodies.soft_descriptor(body)
    charge = world.charge(charge_id, call.environment)
    _check(world, charge, amount)
    now = world.clock.now()
    refund = Refund(
        id=world.new_id(charge.id[:19], "R"),
        charge_id=charge.id,
        amount=amount,
        created=now,
        updated=now,
        soft_descriptor=f"AMZ* {descriptor}" if descriptor else None,
    )
    world.put(refund)
    due = now + timedelta(seconds=world.delays.refund)
    world.later(due, _finishing(world, refund.id, call.decline))
    return Answer(201, refund_json(refund))


def _finishing(world: World, refund_id: str, decline: str | None) -> Callable[[datetime], None]:
    def finish(when: datetime) -> None:
        refund = world.refunds[refund_id].latest
        if refund.state == "RefundInitiated":
            state = "Declined" if decline else "Refunded"
            world.put(replace(refund, state=state, reason=decline, updated=when))

    return finish


def most(captured: Money) -> Money:
    """What all refunds of a charge may reach: captured and the lesser of 15 % and the cap."""
    cap = OVER_REFUND_CAP.get(captured.currency, Decimal(75))
    share = (captured.amount * OVER_REFUND_SHARE).quantize(
        Decimal(1).scaleb(-exponent(captured.currency)), ROUND_DOWN
    )
    return Money(captured.amount + min(share, cap), captured.currency)


def _check(world: World, charge: Charge, amount: Money) -> None:
    if charge.state != "Captured" or charge.captured is None:
        raise wrong_state(charge)
    check_currency(amount, charge.captured.currency)
    refunded = world.refunded(charge, None, initiated=True)
    maximum = MAX_AMOUNT.get(amount.currency, Decimal(150000))
    if refunded + amount > most(charge.captured) or amount.amount > maximum:
        raise ApiError(
            "TransactionAmountExceeded",
            f"The refund exceeds what may be refunded of Charge {charge.id}",
        )
    made = sum(refund.state != "Declined" for refund in world.refunds_of(charge.id))
    if made >= MAX_REFUNDS_PER_CHARGE:
        raise ApiError("TransactionCountExceeded", f"Charge {charge.id} has {made} refunds already")
