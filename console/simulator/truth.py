"""The server's truth about one object, whatever reads show at the moment."""

from __future__ import annotations

from . import render
from .bodies import JSON
from .errors import not_found
from .objects import Charge
from .sessions import shown
from .world import World


def truth(world: World, object_id: str) -> JSON:
    """An object and everything below it, by its id of any kind."""
    with world.lock:
        world.catch_up()
        if object_id in world.permissions:
            permission = world.permissions[object_id].latest
            charges = [_charge(world, charge) for charge in world.charges_of(object_id)]
            return {"chargePermission": render.permission_json(world, permission),
                    "charges": charges}  # fmt: skip
        if object_id in world.charges:
            return _charge(world, world.charges[object_id].latest)
        if object_id in world.refunds:
            return {"refund": render.refund_json(world.refunds[object_id].latest)}
        if object_id in world.sessions:
            return {"checkoutSession": shown(world.sessions[object_id].latest)}
        if object_id in world.disputes:
            return {"dispute": render.dispute_json(world.disputes[object_id].latest)}
        raise not_found("Object", object_id)


def _charge(world: World, charge: Charge) -> JSON:
    refunds = [render.refund_json(refund) for refund in world.refunds_of(charge.id)]
    return {
        "charge": render.charge_json(world, charge),
        "refunds": refunds,
        "refundedTotal": dict(world.refunded(charge, None, initiated=True).to_api()),
    }
