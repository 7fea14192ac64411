"""Charge permissions: closing, updating, expiring, and what they show."""

from __future__ import annotations

import pytest

from console.simulator.calls import Answer
from console.simulator.world import World

from .client import ask, code, state

SEVERAL = "S01-3309177-6402958"
RECURRING = "C01-2612863-4691163"
CLOSED = "S01-4966596-9591203"


def get(world: World, permission_id: str) -> Answer:
    return ask(world, "GET", f"/chargePermissions/{permission_id}")


def close(world: World, permission_id: str, **fields: object) -> Answer:
    body = {"closureReason": "done", **fields}
    return ask(world, "DELETE", f"/chargePermissions/{permission_id}/close", body)


def update(world: World, permission_id: str, body: object) -> Answer:
    return ask(world, "PATCH", f"/chargePermissions/{permission_id}", body)


def reason(answer: Answer) -> str:
    return str(answer.body["statusDetails"]["reasons"][0]["reasonCode"])


def test_closing_leaves_authorized_charges_open(world: World) -> None:
    done = close(world, SEVERAL)
    assert (done.status, state(done), reason(done)) == (200, "Closed", "MerchantClosed")
    assert state(ask(world, "GET", f"/charges/{SEVERAL}-C010002")) == "Authorized"


def test_closing_with_cancel_pending_charges_cancels_them(world: World) -> None:
    assert reason(close(world, SEVERAL, cancelPendingCharges=True)) == "MerchantCanceled"
    canceled = ask(world, "GET", f"/charges/{SEVERAL}-C010002")
    assert state(canceled) == "Canceled"
    assert canceled.body["statusDetails"]["reasonCode"] == "ChargePermissionCanceled"
    assert state(ask(world, "GET", f"/charges/{SEVERAL}-C010001")) == "Captured"


def test_a_second_close_is_a_question_of_the_switch(world: World) -> None:
    assert code(close(world, CLOSED)) == (422, "InvalidChargePermissionStatus")
    world.switches = world.switches.changed({"repeated_close": 200})
    again = close(world, CLOSED)
    assert (again.status, reason(again)) == (200, "AmazonClosed")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"closureReason": None}, "MissingParameterValue"),
        ({"closureReason": "x" * 256}, "InvalidParameterValue"),
        ({"cancelPendingCharges": "true"}, "InvalidParameterValue"),
        ({"force": True}, "UnrecognizedField"),
    ],
)
def test_a_wrong_close_is_named(world: World, fields: dict[str, object], expected: str) -> None:
    assert code(close(world, SEVERAL, **fields)) == (400, expected)
    assert state(get(world, SEVERAL)) == "Chargeable"


def test_the_merchants_data_can_be_changed_while_the_order_is_open(world: World) -> None:
    body = {"merchantMetadata": {"merchantReferenceId": "New-1", "noteToBuyer": "Hello"}}
    assert update(world, SEVERAL, body).status == 200
    shown = get(world, SEVERAL).body["merchantMetadata"]
    assert (shown["merchantReferenceId"], shown["noteToBuyer"]) == ("New-1", "Hello")
    assert shown["merchantStoreName"] == "Acme Store"


def test_of_a_closed_order_only_what_is_empty_can_be_filled(world: World) -> None:
    taken = {"merchantMetadata": {"merchantReferenceId": "New-1"}}
    assert code(update(world, CLOSED, taken)) == (422, "ChargePermissionNotModifiable")
    assert update(world, CLOSED, {"merchantMetadata": {"noteToBuyer": "Hello"}}).status == 200
    close(world, RECURRING)
    empty = {"merchantMetadata": {"noteToBuyer": "Hello"}}
    assert code(update(world, RECURRING, empty)) == (422, "ChargePermissionNotModifiable")


@pytest.mark.parametrize(
    ("permission_id", "body", "expected"),
    [
        (SEVERAL, {"expirationTimestamp": "20300101T000000Z"}, "UnrecognizedField"),
        (SEVERAL, {"merchantMetadata": {"other": "x"}}, "UnrecognizedField"),
        (SEVERAL, {"merchantMetadata": {"merchantStoreName": "x" * 51}}, "InvalidParameterValue"),
        (SEVERAL, {"recurringMetadata": {"frequency": {"unit": "Year", "value": "1"}}},
         "InvalidParameterValue"),
        (RECURRING, {"recurringMetadata": {"frequency": {"unit": "Moon", "value": "1"}}},
         "InvalidParameterValue"),
        (SEVERAL, {}, "MissingParameterValue"),
    ],
)  # fmt: skip
def test_a_wrong_update_is_named(
    world: World, permission_id: str, body: object, expected: str
) -> None:
    assert code(update(world, permission_id, body)) == (400, expected)


def test_the_frequency_of_a_recurring_order_moves_its_expiry_or_does_not(world: World) -> None:
    before = get(world, RECURRING).body["expirationTimestamp"]
    body = {"recurringMetadata": {"frequency": {"unit": "Year", "value": "1"}}}
    assert update(world, RECURRING, body).body["expirationTimestamp"] > before
    world.switches = world.switches.changed({"update_moves_expiry": False})
    moved = get(world, RECURRING).body["expirationTimestamp"]
    two = {"recurringMetadata": {"frequency": {"unit": "Year", "value": "2"}}}
    answer = update(world, RECURRING, two)
    assert answer.body["expirationTimestamp"] == moved
    assert answer.body["recurringMetadata"]["frequency"] == {"unit": "Year", "value": "2"}
    assert answer.body["recurringMetadata"]["amount"]["amount"] == "14.00"


def test_a_one_time_order_expires_after_180_days(world: World) -> None:
    assert state(get(world, "S01-7034412-2290865")) == "Chargeable"
    world.clock.advance(86401)
    expired = get(world, "S01-7034412-2290865")
    assert (state(expired), reason(expired)) == ("Closed", "Expired")


def test_a_moved_expiry_replaces_the_old_one(world: World) -> None:
    body = {"recurringMetadata": {"frequency": {"unit": "Year", "value": "1"}}}
    update(world, RECURRING, body)
    world.clock.advance(196 * 86400)  # past its first 395 days
    assert state(get(world, RECURRING)) == "Chargeable"
    world.clock.advance(200 * 86400)
    assert reason(get(world, RECURRING)) == "Expired"


def test_buyer_data_is_shown_for_thirty_days(world: World) -> None:
    assert get(world, SEVERAL).body["buyer"]["name"] == "Susie Smith"
    assert get(world, "S01-7034412-2290865").body["buyer"] is None
    assert get(world, RECURRING).body["buyer"] is not None
    close(world, RECURRING)
    world.clock.advance(31 * 86400)
    assert get(world, RECURRING).body["buyer"] is None


@pytest.mark.parametrize(
    ("shown", "limits"), [("null", None), ("null_fields", dict.fromkeys(
        ("amountLimit", "amountBalance")))],
)  # fmt: skip
def test_v1_objects_may_have_neither_limits_nor_expiry(
    world: World, shown: str, limits: object
) -> None:
    world.switches = world.switches.changed({"v1_limits": shown, "v1_expiration": "null"})
    v1, v2 = get(world, CLOSED).body, get(world, SEVERAL).body
    assert (v1["limits"], v1["expirationTimestamp"]) == (limits, None)
    assert v2["limits"]["amountLimit"]["amount"] == "100.00"
    assert v2["expirationTimestamp"]


def test_the_reasons_are_a_list_here_and_one_code_elsewhere(world: World) -> None:
    assert get(world, SEVERAL).body["statusDetails"]["reasons"] is None
    assert reason(get(world, "C01-8824045-7416542")) == "PaymentMethodInvalid"
    charge = ask(world, "GET", "/charges/S01-9280461-3571128-C045906").body["statusDetails"]
    assert charge["reasonCode"] == "ExpiredUnused"
    assert "reasons" not in charge


def test_amazon_can_close_it_in_a_simulation(world: World) -> None:
    path = f"/chargePermissions/{SEVERAL}/close"
    done = ask(world, "DELETE", path, {"closureReason": "x"}, simulation="AmazonClosed")
    assert reason(done) == "AmazonClosed"
