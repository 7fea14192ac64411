"""Charges: authorizing, capturing, canceling, and what time does to them."""

from __future__ import annotations

import pytest

from console.simulator.calls import Answer
from console.simulator.stories import Teller
from console.simulator.world import World

from .client import ask, code, state, usd

OPEN = "S01-5797829-1888777-C043451"  # 85.00 authorized three days ago
OLD = "S01-7034412-2290865-C061177"  # 25.00 authorized twenty days ago
RECURRING = "C01-2612863-4691163"  # 500.00 a month, 14.00 of it used
SEVERAL = "S01-3309177-6402958"  # limit 100.00, 30.00 captured


def capture(world: World, charge_id: str, amount: str, **more: str | None) -> Answer:
    body = {"captureAmount": usd(amount)}
    return ask(world, "POST", f"/charges/{charge_id}/capture", body, key="k", **more)  # type: ignore[arg-type]


def create(world: World, permission: str, amount: str, **fields: object) -> Answer:
    simulation = fields.pop("simulation", None)
    body = {"chargePermissionId": permission, "chargeAmount": usd(amount), **fields}
    key = f"key-{len(world.charges)}-{amount.replace('.', '')}"
    return ask(world, "POST", "/charges", body, key=key, simulation=simulation)  # type: ignore[arg-type]


def cancel(world: World, charge_id: str) -> Answer:
    return ask(world, "DELETE", f"/charges/{charge_id}/cancel", {"cancellationReason": "x"})


def charge(world: World, charge_id: str) -> Answer:
    return ask(world, "GET", f"/charges/{charge_id}")


def permission(world: World, permission_id: str) -> Answer:
    return ask(world, "GET", f"/chargePermissions/{permission_id}")


def test_a_v1_order_answers_under_its_v1_ids_but_not_under_the_authorization_id(
    world: World,
) -> None:
    assert state(charge(world, OPEN)) == "Authorized"
    assert state(permission(world, "S01-5797829-1888777")) == "Chargeable"
    assert state(permission(world, RECURRING)) == "Chargeable"
    assert code(charge(world, OPEN.replace("-C", "-A"))) == (404, "ResourceNotFound")


def test_a_capture_within_seven_days_is_done_at_once_and_closes_the_order(world: World) -> None:
    answer = capture(world, OPEN, "85.00")
    assert (answer.status, state(answer)) == (200, "Captured")
    assert answer.body["captureAmount"] == usd("85.00")
    closed = permission(world, "S01-5797829-1888777")
    assert state(closed) == "Closed"
    assert closed.body["statusDetails"]["reasons"][0]["reasonCode"] == "AmazonClosed"
    assert closed.body["limits"]["amountBalance"] == usd("0.00")


def test_a_partial_capture_leaves_the_rest_on_the_order(world: World) -> None:
    assert capture(world, OPEN, "60.00").status == 200
    left = permission(world, "S01-5797829-1888777")
    assert state(left) == "Chargeable"
    assert left.body["limits"]["amountBalance"] == usd("25.00")
    assert create(world, "S01-5797829-1888777", "25.01").status == 400
    assert create(world, "S01-5797829-1888777", "25.00").status == 201


def test_a_capture_after_seven_days_takes_its_time(world: World) -> None:
    answer = capture(world, OLD, "25.00")
    assert state(answer) == "CaptureInitiated"
    assert code(cancel(world, OLD)) == (422, "InvalidChargeStatus")
    world.clock.advance(31)
    assert state(charge(world, OLD)) == "Captured"


def test_the_status_of_a_late_capture_is_a_question_of_the_switch(world: World) -> None:
    world.switches = world.switches.changed({"pending_capture_status": 202})
    assert capture(world, OLD, "25.00").status == 202


def test_no_more_than_authorized_can_be_captured(world: World) -> None:
    assert code(capture(world, OPEN, "85.01")) == (400, "TransactionAmountExceeded")


def test_a_charge_is_captured_once(world: World) -> None:
    capture(world, OPEN, "60.00")
    body = {"captureAmount": usd("25.00")}
    again = ask(world, "POST", f"/charges/{OPEN}/capture", body, key="other")
    assert code(again) == (422, "InvalidChargeStatus")


def test_a_rejected_capture_ends_declined(world: World) -> None:
    answer = capture(world, OPEN, "85.00", simulation="AmazonRejected")
    assert state(answer) == "CaptureInitiated"
    world.clock.advance(31)
    declined = charge(world, OPEN)
    assert state(declined) == "Declined"
    assert declined.body["statusDetails"]["reasonCode"] == "AmazonRejected"
    assert declined.body["captureAmount"] is None


def test_an_authorization_that_is_not_used_expires_after_thirty_days(world: World) -> None:
    world.clock.advance(27 * 86400)
    assert state(charge(world, OPEN)) == "Canceled"
    assert charge(world, OPEN).body["statusDetails"]["reasonCode"] == "ExpiredUnused"


def test_canceling_gives_the_amount_back_and_works_once(world: World) -> None:
    done = cancel(world, OPEN)
    assert (state(done), done.body["statusDetails"]["reasonCode"]) == (
        "Canceled", "MerchantCanceled",
    )  # fmt: skip
    assert code(cancel(world, OPEN)) == (422, "InvalidChargeStatus")
    world.switches = world.switches.changed({"repeated_cancel": 200})
    assert cancel(world, OPEN).status == 200
    no_reason = ask(world, "DELETE", f"/charges/{OLD}/cancel", {})
    assert code(no_reason) == (400, "MissingParameterValue")


def test_a_new_charge_bears_the_orders_id(world: World) -> None:
    made = create(world, SEVERAL, "10.00")
    assert (made.status, state(made)) == (201, "Authorized")
    assert made.body["chargeId"].startswith(f"{SEVERAL}-C")


def test_a_recurring_charge_bears_an_id_of_its_own(world: World) -> None:
    made = create(world, RECURRING, "14.00", captureNow=True)
    assert state(made) == "Captured"
    assert made.body["chargeId"].startswith("S01-")
    assert made.body["chargePermissionId"] == RECURRING


def test_a_recurring_limit_is_for_the_month(world: World) -> None:
    Teller(world).permission("C01-0000000-0000001", "500.00", world.clock.now(), reference="r")
    assert create(world, "C01-0000000-0000001", "450.00", captureNow=True).status == 201
    refused = create(world, "C01-0000000-0000001", "51.00", captureNow=True)
    assert code(refused) == (400, "PeriodicAmountExceeded")
    world.clock.advance(31 * 86400)
    assert create(world, "C01-0000000-0000001", "52.00", captureNow=True).status == 201


def test_the_balance_falls_at_capture_or_at_authorization(world: World) -> None:
    path = f"/chargePermissions/{SEVERAL}"
    assert ask(world, "GET", path).body["limits"]["amountBalance"] == usd("70.00")
    world.switches = world.switches.changed({"balance_falls_at": "authorization"})
    assert ask(world, "GET", path).body["limits"]["amountBalance"] == usd("50.00")
    assert code(create(world, SEVERAL, "50.01")) == (400, "TransactionAmountExceeded")


def test_more_charges_than_the_limit_holds_can_be_open_but_not_captured(world: World) -> None:
    first = create(world, SEVERAL, "60.00").body["chargeId"]
    second = create(world, SEVERAL, "65.00").body["chargeId"]
    assert capture(world, first, "60.00").status == 200
    body = {"captureAmount": usd("65.00")}
    over = ask(world, "POST", f"/charges/{second}/capture", body, key="second")
    assert code(over) == (400, "TransactionAmountExceeded")


def test_the_twenty_sixth_charge_is_one_too_many(world: World) -> None:
    statuses = [create(world, SEVERAL, f"0.{number + 10}").status for number in range(23)]
    assert statuses == [201] * 22 + [422]  # three that count were there already


@pytest.mark.parametrize(
    ("permission_id", "amount", "expected"),
    [
        ("C01-8824045-7416542", "1.00", (422, "InvalidChargePermissionStatus")),
        ("S01-1570286-9944673", "1.00", (422, "InvalidChargePermissionStatus")),
        ("S02-6865442-5879427", "1.00", (400, "CurrencyMismatch")),
        (SEVERAL, "150000.01", (400, "TransactionAmountExceeded")),
        ("S01-0000000-0000000", "1.00", (404, "ResourceNotFound")),
        ("P01-1840276-5529301", "1.00", (404, "ResourceNotFound")),
    ],
)
def test_where_no_charge_can_be_made(
    world: World, permission_id: str, amount: str, expected: tuple[int, str]
) -> None:
    assert code(create(world, permission_id, amount)) == expected


@pytest.mark.parametrize(
    ("simulation", "after"),
    [("SoftDeclined", "Chargeable"), ("HardDeclined", "NonChargeable"),
     ("AmazonRejected", "Closed"), ("TransactionTimedOut", "Chargeable")],
)  # fmt: skip
def test_a_decline_is_an_error_and_makes_no_charge(
    world: World, simulation: str, after: str
) -> None:
    before = len(world.charges)
    assert code(create(world, SEVERAL, "1.00", simulation=simulation)) == (422, simulation)
    assert len(world.charges) == before
    assert state(permission(world, SEVERAL)) == after


def test_a_pending_authorization_blocks_the_order_until_it_is_decided(world: World) -> None:
    made = create(
        world, SEVERAL, "1.00", simulation="AuthorizationInitiated",
        canHandlePendingAuthorization=True,
    )  # fmt: skip
    assert state(made) == "AuthorizationInitiated"
    assert permission(world, SEVERAL).body["statusDetails"]["reasons"][0]["reasonCode"] == (
        "ChargeInProgress"
    )
    world.clock.advance(31)
    assert state(charge(world, made.body["chargeId"])) == "Authorized"
    assert state(permission(world, SEVERAL)) == "Chargeable"


def test_a_pending_authorization_can_be_canceled_and_times_out_after_a_day(world: World) -> None:
    pending = "S01-5018364-2276490-C091733"
    world.clock.advance(86400)
    assert charge(world, pending).body["statusDetails"]["reasonCode"] == "TransactionTimedOut"
    assert state(permission(world, "S01-5018364-2276490")) == "Chargeable"


def test_a_simulation_code_must_fit_the_operation_and_the_sandbox(world: World) -> None:
    wrong = (400, "InvalidSandboxSimulationSpecified")
    assert code(capture(world, OPEN, "1.00", simulation="HardDeclined")) == wrong
    live = {"captureAmount": usd("1.00")}
    path = "/charges/P01-1840276-5529301-C038164/capture"
    answer = ask(world, "POST", path, live, key="k", env="live", simulation="CaptureInitiated")
    assert code(answer) == wrong


def test_an_authorized_charge_outlives_its_closed_permission(world: World) -> None:
    answer = capture(world, "S01-1570286-9944673-C052210", "70.00")
    assert state(answer) == "Captured"


def test_whether_a_charge_outlives_an_expired_permission_is_a_question(world: World) -> None:
    world.clock.advance(2 * 86400)
    assert state(permission(world, "S01-7034412-2290865")) == "Closed"
    world.switches = world.switches.changed({"capture_after_permission_expiry": False})
    assert code(capture(world, OLD, "25.00")) == (422, "InvalidChargePermissionStatus")
    world.switches = world.switches.changed({"capture_after_permission_expiry": True})
    assert capture(world, OLD, "25.00").status == 200


def test_a_soft_descriptor_needs_a_capture(world: World) -> None:
    answer = create(world, SEVERAL, "1.00", softDescriptor="Acme")
    assert code(answer) == (400, "InvalidParameterCombination")
    done = create(world, SEVERAL, "2.00", softDescriptor="Acme", captureNow=True)
    assert done.body["softDescriptor"] == "AMZ* Acme"


def test_a_charge_shows_every_field_of_the_page(world: World) -> None:
    assert set(charge(world, OPEN).body) == {
        "chargeId", "chargePermissionId", "chargeAmount", "captureAmount", "refundedAmount",
        "convertedAmount", "conversionRate", "softDescriptor", "captureNow",
        "canHandlePendingAuthorization", "channel", "chargeInitiator", "merchantMetadata",
        "platformId", "providerMetadata", "statusDetails", "creationTimestamp",
        "expirationTimestamp", "releaseEnvironment", "webCheckoutDetails",
    }  # fmt: skip
