"""The orders of the demonstration are what they say they are."""

from __future__ import annotations

import pytest

from console.domain.text import has_hidden
from console.simulator.clock import Clock
from console.simulator.foreign import refund
from console.simulator.stories import HOSTILE_NAME, STORIES, Story, orders, story_world
from console.simulator.world import World

from .client import ask, state, usd


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
