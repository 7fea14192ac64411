"""Idempotency keys: one key, one request, one answer, for ever (Idempotency page)."""

from __future__ import annotations

import pytest

from console.simulator.calls import Answer
from console.simulator.world import World

from .client import ask, code, state, usd

CHARGE = "S01-4966596-9591203-C079366"


def refund(world: World, amount: str = "5.00", key: str | None = "k") -> Answer:
    body = {"chargeId": CHARGE, "refundAmount": usd(amount)}
    return ask(world, "POST", "/refunds", body, key=key)


def count(world: World) -> int:
    return sum(h.latest.charge_id == CHARGE for h in world.refunds.values())


def test_the_same_request_again_is_the_same_refund(world: World) -> None:
    first = refund(world)
    world.clock.advance(365 * 86400)
    again = refund(world)
    assert (again.status, again.body, again.effect) == (first.status, first.body, "replayed")
    assert count(world) == 2


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    refund(world)
    assert code(refund(world, "6.00")) == (400, "DuplicateIdempotencyKey")
    other = {"captureAmount": usd("1.00")}
    path = "/charges/S01-5797829-1888777-C043451/capture"
    assert code(ask(world, "POST", path, other, key="k")) == (400, "DuplicateIdempotencyKey")


@pytest.mark.parametrize(("compares", "expected"), [("bytes", 400), ("values", 201)])
def test_bodies_are_compared_as_bytes_or_as_values(
    world: World, compares: str, expected: int
) -> None:
    world.switches = world.switches.changed({"idempotency_compares": compares})
    refund(world)
    spaced = (
        b'{"refundAmount":{"currencyCode":"USD","amount":"5.00"}, "chargeId":"%s"}'
        % CHARGE.encode()
    )
    assert ask(world, "POST", "/refunds", spaced, key="k").status == expected
    assert count(world) == 2


@pytest.mark.parametrize(("saved", "then"), [(False, 201), (True, 400)])
def test_a_refusal_is_saved_or_not(world: World, saved: bool, then: int) -> None:
    world.switches = world.switches.changed({"save_errors": saved})
    assert refund(world, "36.01").status == 400
    for history in list(world.refunds.values()):
        if history.latest.charge_id == CHARGE:
            del world.refunds[history.latest.id]
    assert refund(world, "36.01").status == then


def test_a_replay_carries_the_first_creation_time_or_its_own(world: World) -> None:
    first = refund(world).body["creationTimestamp"]
    world.clock.advance(600)
    assert refund(world).body["creationTimestamp"] == first
    world.switches = world.switches.changed({"replay_creation_time": "replay"})
    assert refund(world).body["creationTimestamp"] > first


def test_a_replay_shows_the_saved_answer_even_of_a_refund_that_is_final_now(world: World) -> None:
    refund(world)
    world.clock.advance(60)
    assert state(refund(world)) == "RefundInitiated"


def test_a_post_that_moves_money_needs_a_key(world: World) -> None:
    assert code(refund(world, key=None)) == (400, "MissingHeader")


@pytest.mark.parametrize("key", ["x" * 33, "8-4 4", "ä", "a.b"])
def test_a_key_is_32_characters_at_most_of_the_allowed_ones(world: World, key: str) -> None:
    assert code(refund(world, key=key)) == (400, "InvalidHeaderValue")
    assert refund(world, key="Az09_-" + "x" * 26).status == 201


def test_on_other_methods_the_header_has_no_effect(world: World) -> None:
    path = f"/charges/{CHARGE}"
    assert ask(world, "GET", path, key="k").status == 200
    refund(world)
    assert ask(world, "GET", path, key="k").body["refundedAmount"] == usd("15.00")


def test_completing_a_session_takes_a_key_and_needs_none(world: World) -> None:
    path = "/checkoutSessions/4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3/complete"
    first = ask(world, "POST", path, {"chargeAmount": usd("18.00")}, key="c")
    again = ask(world, "POST", path, {"chargeAmount": usd("18.00")}, key="c")
    assert (again.status, again.body) == (200, first.body)


def test_keys_of_the_two_environments_do_not_meet(world: World) -> None:
    refund(world)
    body = {"chargeId": "P01-1840276-5529301-C038164", "refundAmount": usd("5.00")}
    assert ask(world, "POST", "/refunds", body, key="k", env="live").status == 201
