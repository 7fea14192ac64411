"""Disputes (chargebacks): get."""

from __future__ import annotations

from .calls import Answer, Call
from .render import dispute_json
from .world import World


def get(world: World, call: Call) -> Answer:
    dispute = world.dispute(call.target, call.environment, world.seen_at())
    return Answer(200, dispute_json(dispute))
