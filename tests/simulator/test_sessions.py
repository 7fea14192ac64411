"""Checkout sessions: from open to completed or canceled, and gone after thirty days."""

from __future__ import annotations

import pytest

from console.simulator.calls import Answer
from console.simulator.world import World

from .client import ask, code, state, usd

OPEN = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"
DONE = "9e27a6d0-51c8-4f3b-8b92-6c7d10f4e5a8"


def get(world: World, session_id: str) -> Answer:
    return ask(world, "GET", f"/checkoutSessions/{session_id}")


def complete(world: World, session_id: str, amount: str = "18.00", **more: str) -> Answer:
    path = f"/checkoutSessions/{session_id}/complete"
    return ask(world, "POST", path, {"chargeAmount": usd(amount)}, **more)


def create(world: World, **payment: object) -> str:
    body = {
        "storeId": "amzn1.application-oa2-client.0",
        "webCheckoutDetails": {"checkoutResultReturnUrl": "https://shop.example.com"},
        "paymentDetails": {"chargeAmount": usd("18.00"), **payment},
    }
    made = ask(world, "POST", "/checkoutSessions", body, key=f"s{len(world.sessions)}")
    assert made.status == 201, made.body
    return str(made.body["checkoutSessionId"])


def test_completing_makes_a_permission_and_a_charge(world: World) -> None:
    done = complete(world, OPEN)
    assert (done.status, state(done)) == (200, "Completed")
    charge = ask(world, "GET", f"/charges/{done.body['chargeId']}")
    assert (state(charge), charge.body["chargeAmount"]) == ("Authorized", usd("18.00"))
    assert charge.body["chargePermissionId"] == done.body["chargePermissionId"]


@pytest.mark.parametrize(
    ("intent", "expected"), [("Authorize", "Authorized"), ("AuthorizeWithCapture", "Captured")]
)
def test_the_intent_says_what_becomes_of_the_charge(
    world: World, intent: str, expected: str
) -> None:
    done = complete(world, create(world, paymentIntent=intent))
    assert state(ask(world, "GET", f"/charges/{done.body['chargeId']}")) == expected


def test_confirm_makes_no_charge(world: World) -> None:
    done = complete(world, create(world, paymentIntent="Confirm"))
    assert done.body["chargeId"] is None
    assert done.body["chargePermissionId"]


def test_extend_expiration_makes_thirteen_months_of_180_days(world: World) -> None:
    def expires(**payment: object) -> str:
        done = complete(world, create(world, **payment)).body["chargePermissionId"]
        return str(ask(world, "GET", f"/chargePermissions/{done}").body["expirationTimestamp"])

    assert expires() < expires(extendExpiration=True)


def test_overcharge_raises_the_limit(world: World) -> None:
    done = complete(world, create(world, allowOvercharge=True)).body["chargePermissionId"]
    limits = ask(world, "GET", f"/chargePermissions/{done}").body["limits"]
    assert limits["amountLimit"] == usd("500.00")


def test_the_amount_must_be_the_agreed_one(world: World) -> None:
    assert code(complete(world, OPEN, "18.01")) == (409, "AmountMismatch")
    assert state(get(world, OPEN)) == "Open"


def test_a_completed_session_shows_little_more_than_its_ids(world: World) -> None:
    shown = get(world, DONE).body
    filled = {name for name, value in shown.items() if value is not None}
    assert filled == {
        "checkoutSessionId", "statusDetails", "chargePermissionId", "chargeId",
        "releaseEnvironment",
    }  # fmt: skip
    assert code(complete(world, DONE, "64.00")) == (422, "InvalidCheckoutSessionStatus")


def test_a_session_is_canceled_after_a_day_and_deleted_after_thirty(world: World) -> None:
    world.clock.advance(86400)
    canceled = get(world, OPEN).body
    assert set(canceled) == {"checkoutSessionId", "statusDetails"}
    assert canceled["statusDetails"]["reasonCode"] == "Expired"
    assert code(complete(world, OPEN)) == (422, "CheckoutSessionCanceled")
    world.clock.advance(30 * 86400)
    assert code(get(world, OPEN)) == (404, "ResourceNotFound")


def test_a_pending_authorization_is_accepted_with_202(world: World) -> None:
    session = create(world, canHandlePendingAuthorization=True)
    done = complete(world, session, simulation="AuthorizationInitiated")
    assert done.status == 202
    assert state(ask(world, "GET", f"/charges/{done.body['chargeId']}")) == (
        "AuthorizationInitiated"
    )


@pytest.mark.parametrize("simulation", ["BuyerCanceled", "AmazonCanceled", "Declined"])
def test_a_session_can_end_without_an_order(world: World, simulation: str) -> None:
    answer = complete(world, OPEN, simulation=simulation)
    assert code(answer) == (422, "CheckoutSessionCanceled")
    assert get(world, OPEN).body["statusDetails"]["reasonCode"] == simulation


def test_an_open_session_can_be_changed(world: World) -> None:
    path = f"/checkoutSessions/{OPEN}"
    changed = ask(world, "PATCH", path, {"paymentDetails": {"chargeAmount": usd("20.00")}})
    assert changed.body["paymentDetails"]["chargeAmount"] == usd("20.00")
    assert changed.body["paymentDetails"]["paymentIntent"] == "Authorize"
    closed = ask(world, "PATCH", f"/checkoutSessions/{DONE}", {"paymentDetails": {}})
    assert code(closed) == (422, "InvalidCheckoutSessionStatus")


def test_a_session_belongs_to_its_environment(world: World) -> None:
    answer = ask(world, "GET", f"/checkoutSessions/{OPEN}", env="live")
    assert code(answer) == (404, "ResourceNotFound")
