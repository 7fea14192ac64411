"""Throttling: the published buckets, for each operation and environment apart."""

from __future__ import annotations

from console.simulator.throttle import Throttle
from console.simulator.world import World

from .client import Shop


def test_a_bucket_holds_its_burst_and_refills_by_the_second() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    assert [throttle.admit("create_refund", "sandbox") for _ in range(3)] == [True, True, False]
    now[0] = 1.0
    assert [throttle.admit("create_refund", "sandbox") for _ in range(2)] == [True, False]


def test_buckets_do_not_share() -> None:
    throttle = Throttle(lambda: 0.0)
    for _ in range(3):
        throttle.admit("create_refund", "sandbox")
    assert throttle.admit("create_refund", "live")
    assert throttle.admit("create_charge", "sandbox")


def test_the_request_too_many_is_not_executed(shop: Shop, world: World) -> None:
    world.switches = world.switches.changed({"throttling": True})
    charge = "S01-4966596-9591203-C079366"
    answers = [shop.refund(charge, "1.00", f"k{number}") for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].json()["reasonCode"] == "TooManyRequests"
    assert len([e for e in world.log.entries() if e.effect == "executed"]) == 2
