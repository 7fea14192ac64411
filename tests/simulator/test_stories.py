"""The orders of the demonstration are what they say they are."""

from __future__ import annotations

from decimal import Decimal

import pytest

from console.domain.action_table import BY_NAME
from console.domain.ids import parse
from console.domain.model import Charge, ChargePermission, CheckoutSession, Refund
from console.domain.money import Money
from console.domain.order import Order
from console.domain.rules import Offer, offers
from console.domain.text import has_hidden
from console.simulator.calls import Answer
from console.simulator.clock import Clock
from console.simulator.foreign import refund
from console.simulator.stories import HOSTILE_NAME, STORIES, Story, orders, story_world
from console.simulator.world import World

from .client import ask, code, state, usd

OPEN_SESSION = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"
EXPIRED_SESSION = "c70f8e15-2a94-4d6b-b3e1-58f09a7d2c46"


def test_each_row_has_the_keys_that_scripts_read(world: World) -> None:
    for row in orders(world):
        assert list(row) == [
            "order_id", "charge_id", "charge_state", "environment", "currency", "story",
        ]  # fmt: skip


def test_ids_are_fixed_and_unique(world: World) -> None:
    assert orders(world) == orders(story_world())
    assert len({story.order_id for story in STORIES}) == len(STORIES)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.order_id)
def test_order_and_charge_can_be_read(world: World, story: Story) -> None:
    row = next(r for r in orders(world) if r["order_id"] == story.order_id)
    env = str(row["environment"])
    if row["charge_id"] is None:
        path = f"/checkoutSessions/{row['order_id']}"
        assert ask(world, "GET", path, env=env).status == 200
        return
    charge = ask(world, "GET", f"/charges/{row['charge_id']}", env=env)
    assert state(charge) == row["charge_state"]
    assert charge.body["chargePermissionId"] == row["order_id"]
    assert charge.body["chargeAmount"]["currencyCode"] == row["currency"]
    permission = ask(world, "GET", f"/chargePermissions/{row['order_id']}", env=env)
    assert permission.body["releaseEnvironment"].lower() == env


def test_every_state_of_a_charge_is_told(world: World) -> None:
    told = {row["charge_state"] for row in orders(world)}
    assert told >= {
        "AuthorizationInitiated", "Authorized", "CaptureInitiated", "Captured", "Canceled",
        "Declined",
    }  # fmt: skip


def test_the_refund_story(world: World) -> None:
    charge = ask(world, "GET", "/charges/S01-4966596-9591203-C079366").body
    assert (charge["captureAmount"], charge["refundedAmount"]) == (usd("40.00"), usd("10.00"))
    order = ask(world, "GET", "/chargePermissions/S01-4966596-9591203").body
    assert order["chargePermissionType"] == "OneTime"
    assert order["merchantMetadata"]["merchantReferenceId"] == "Acme-118"


def test_the_recurring_trap(world: World) -> None:
    charge = ask(world, "GET", "/charges/S01-5454037-1929856-C015396").body
    assert charge["chargePermissionId"] == "C01-2612863-4691163"
    assert ask(world, "GET", "/chargePermissions/S01-5454037-1929856").status == 404


def test_the_hostile_name_arrives_as_it_is(world: World) -> None:
    order = ask(world, "GET", "/chargePermissions/S01-6666013-1313666").body
    assert order["buyer"]["name"] == HOSTILE_NAME
    assert has_hidden(HOSTILE_NAME)
    assert has_hidden(order["merchantMetadata"]["noteToBuyer"])


def test_the_refund_that_hangs_stays_so(world: World) -> None:
    world.clock.advance(86400)
    pending = ask(world, "GET", "/refunds/S01-2481650-7705932-R044871")
    assert state(pending) == "RefundInitiated"


def test_the_dispute(world: World) -> None:
    dispute = ask(world, "GET", "/disputes/S01-3947265-6081179-B031187").body
    assert dispute["chargeId"] == "S01-3947265-6081179-C037518"
    assert dispute["statusDetails"]["state"] == "ActionRequired"


def test_time_runs_as_fast_as_it_is_told() -> None:
    clock = Clock(speed=1_000_000)
    fast = story_world(clock=clock)
    made = refund(fast, "S01-4966596-9591203-C079366", "1.00")
    begun = clock.now()
    while (clock.now() - begun).total_seconds() < 30:
        pass
    assert state(ask(fast, "GET", f"/refunds/{made['refundId']}")) == "Refunded"


# --- what can be done with them -----------------------------------------------------------------


def as_read(world: World, story: Story) -> Order:
    """The story's order as a console reads it."""
    env, query = story.environment, parse(story.order_id)

    def get(path: str) -> dict[str, object]:
        return dict(ask(world, "GET", path, env=env).body)

    now = world.clock.now()
    if story.charge_id is None:
        session = CheckoutSession.from_api(get(f"/checkoutSessions/{story.order_id}"))
        return Order(query, None, (), (), now, session=session)
    charges = [charge.id for charge in world.charges_of(story.order_id)]
    refunds = [one.id for charge in charges for one in world.refunds_of(charge)]
    return Order(
        query,
        ChargePermission.from_api(get(f"/chargePermissions/{story.order_id}")),
        tuple(Charge.from_api(get(f"/charges/{charge}")) for charge in charges),
        tuple(Refund.from_api(get(f"/refunds/{one}")) for one in refunds),
        now,
    )


def attempt(world: World, env: str, offer: Offer, amount: Money) -> Answer:
    """Do what is offered, or what is not."""
    price, target = dict(amount.to_api()), offer.target
    yearly = {"recurringMetadata": {"frequency": {"unit": "Year", "value": "1"}}}
    note = {"merchantMetadata": {"noteToBuyer": "sorry"}}
    requests: dict[str, tuple[str, str, object]] = {
        "refund": ("POST", "/refunds", {"chargeId": target, "refundAmount": price}),
        "capture": ("POST", f"/charges/{target}/capture", {"captureAmount": price}),
        "cancel": ("DELETE", f"/charges/{target}/cancel", {"cancellationReason": "x"}),
        "authorize": (
            "POST",
            "/charges",
            {"chargePermissionId": target, "chargeAmount": price},
        ),
        "close": ("DELETE", f"/chargePermissions/{target}/close", {"closureReason": "x"}),
        "extend": ("PATCH", f"/chargePermissions/{target}", yearly),
        "update": ("PATCH", f"/chargePermissions/{target}", note),
        "complete": ("POST", f"/checkoutSessions/{target}/complete", {"chargeAmount": price}),
    }
    method, path, body = requests[offer.action]
    return ask(world, method, path, body, key="k", env=env)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.order_id)
def test_the_rules_and_the_simulator_agree_about_what_can_be_done(story: Story) -> None:
    """Up to the highest amount that is offered; renewing a charge is no single request."""
    told = as_read(story_world(clock=Clock(speed=0)), story)
    tried = [o for o in offers(told) if not (o.action == "extend" and "-C" in o.target)]
    assert tried
    for offer in tried:
        amount = offer.max_amount or Money(Decimal(1), told.currency or "USD")
        answer = attempt(story_world(clock=Clock(speed=0)), story.environment, offer, amount)
        assert offer.allowed == (answer.status < 300), (offer, answer.body)


def test_each_action_is_allowed_on_one_order_and_refused_on_another(world: World) -> None:
    found = [offer for story in STORIES for offer in offers(as_read(world, story))]
    assert {offer.action for offer in found if offer.allowed} == set(BY_NAME)
    assert {offer.action for offer in found if not offer.allowed} == set(BY_NAME)
    assert all(len(offer.why) > 10 for offer in found)


def test_a_session_can_be_completed_and_another_can_not(world: World) -> None:
    for session, amount, expected in (
        (OPEN_SESSION, "18.01", (409, "AmountMismatch")),
        (OPEN_SESSION, "18.00", (200, None)),
        (OPEN_SESSION, "18.00", (422, "InvalidCheckoutSessionStatus")),
        (EXPIRED_SESSION, "27.00", (422, "CheckoutSessionCanceled")),
    ):
        path = f"/checkoutSessions/{session}/complete"
        assert code(ask(world, "POST", path, {"chargeAmount": usd(amount)})) == expected


def test_nothing_of_an_ended_subscription_can_be_changed(world: World) -> None:
    (story,) = [one for one in STORIES if one.order_id == "C01-3750922-6618403"]
    refused = {o.action for o in offers(as_read(world, story)) if not o.allowed}
    assert refused >= {"authorize", "close", "update", "extend"}
