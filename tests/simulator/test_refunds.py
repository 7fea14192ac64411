"""Refunds: how much, how often, of what, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.simulator.calls import Answer
from console.simulator.stories import Teller
from console.simulator.world import World

from .client import ask, code, state, usd

CHARGE = "S01-4966596-9591203-C079366"  # 40.00 captured, 10.00 refunded


def refund(
    world: World, amount: object, charge_id: str = CHARGE, currency: str = "USD", key: str = "k"
) -> Answer:
    price = {"amount": amount, "currencyCode": currency}
    return ask(world, "POST", "/refunds", {"chargeId": charge_id, "refundAmount": price}, key=key)


def refunded(world: World) -> str:
    return str(ask(world, "GET", f"/charges/{CHARGE}").body["refundedAmount"]["amount"])


def test_a_refund_is_initiated_first_and_done_after_a_while(world: World) -> None:
    made = refund(world, "10.00")
    assert (made.status, state(made)) == (201, "RefundInitiated")
    assert made.body["refundId"].startswith("S01-4966596-9591203-R")
    path = f"/refunds/{made.body['refundId']}"
    world.clock.advance(19)
    assert state(ask(world, "GET", path)) == "RefundInitiated"
    world.clock.advance(2)
    done = ask(world, "GET", path)
    assert state(done) == "Refunded"
    assert done.body["refundAmount"] == usd("10.00")


def test_up_to_15_percent_more_than_captured_may_be_refunded(world: World) -> None:
    assert code(refund(world, "36.01")) == (400, "TransactionAmountExceeded")
    assert refund(world, "36.00", key="k2").status == 201
    assert code(refund(world, "0.01", key="k3")) == (400, "TransactionAmountExceeded")


@pytest.mark.parametrize(
    ("charge_id", "currency", "most", "more"),
    [
        ("S03-2045518-8837160-C072640", "JPY", "5750", "1"),
        ("S02-6865442-5879427-C004671", "EUR", "57.38", "0.01"),
    ],
)
def test_the_room_above_is_cut_to_the_currency(
    world: World, charge_id: str, currency: str, most: str, more: str
) -> None:
    assert refund(world, most, charge_id, currency).status == 201
    assert code(refund(world, more, charge_id, currency, "k2"))[1] == "TransactionAmountExceeded"


def test_of_large_amounts_no_more_than_75_above(world: World) -> None:
    teller = Teller(world)
    teller.permission("S01-0000000-0000001", "1000.00", teller.ago(days=1), reference="big")
    charge = teller.charge(
        "S01-0000000-0000001-C000001", "1000.00", teller.ago(days=1), state="Captured"
    )
    assert code(refund(world, "1075.01", charge.id)) == (400, "TransactionAmountExceeded")
    assert refund(world, "1075.00", charge.id).status == 201


@pytest.mark.parametrize(
    ("amount", "currency", "charge_id"),
    [
        ("1.001", "USD", CHARGE), ("0.00", "USD", CHARGE), ("-1.00", "USD", CHARGE),
        ("1,00", "USD", CHARGE), (True, "USD", CHARGE), ("1e1", "USD", CHARGE),
        ("5.00", "JPY", "S03-2045518-8837160-C072640"), ("1.00", "usd", CHARGE),
    ],
)  # fmt: skip
def test_an_amount_must_be_plain_positive_and_fit_its_currency(
    world: World, amount: object, currency: str, charge_id: str
) -> None:
    assert code(refund(world, amount, charge_id, currency)) == (400, "InvalidParameterValue")


def test_a_number_is_read_as_the_net_sdk_sends_it(world: World) -> None:
    assert refund(world, 10).body["refundAmount"] == usd("10.00")
    assert refund(world, 0.5, key="k2").body["refundAmount"] == usd("0.50")


def test_the_currency_is_the_charges(world: World) -> None:
    assert code(refund(world, "1.00", currency="EUR")) == (400, "CurrencyMismatch")


@pytest.mark.parametrize(
    "charge_id",
    ["S01-5797829-1888777-C043451", "S01-9280461-3571128-C045906", "S01-7192803-4418857-C080562"],
)
def test_only_a_captured_charge_can_be_refunded(world: World, charge_id: str) -> None:
    assert code(refund(world, "1.00", charge_id)) == (422, "InvalidChargeStatus")


def test_the_eleventh_refund_is_one_too_many(world: World) -> None:
    statuses = [refund(world, "0.10", key=f"k{number}").status for number in range(10)]
    assert statuses == [201] * 9 + [422]  # one was there already


def test_a_declined_refund_gives_its_amount_back(world: World) -> None:
    assert refund(world, "36.00").status == 201
    history = next(h for h in world.refunds.values() if h.latest.amount.plain == "36.00")
    world.put(replace(history.latest, state="Declined", reason="ProcessingFailure"))
    assert refunded(world) == "10.00"
    assert refund(world, "36.00", key="k2").status == 201


def test_the_total_counts_initiated_refunds_or_not(world: World) -> None:
    refund(world, "5.00")
    assert refunded(world) == "15.00"
    world.switches = world.switches.changed({"refunded_counts_initiated": False})
    assert refunded(world) == "10.00"
    world.clock.advance(60)
    assert refunded(world) == "15.00"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"refundAmount": usd("1.00")}, "MissingParameterValue"),
        ({"chargeId": CHARGE}, "MissingParameterValue"),
        ({"chargeId": CHARGE, "refundAmount": {"amount": "1.00"}}, "MissingParameterValue"),
        ({"chargeId": CHARGE, "refundAmount": usd("1.00"), "why": "x"}, "UnrecognizedField"),
        ({"chargeId": CHARGE, "refundAmount": usd("1"), "softDescriptor": "x" * 17},
         "InvalidParameterValue"),
        ({"chargeId": CHARGE.replace("C0", "A0"), "refundAmount": usd("1.00")},
         "ResourceNotFound"),
        (b"{", "InvalidRequestFormat"),
        (b"[]", "InvalidRequestFormat"),
    ],
)  # fmt: skip
def test_a_wrong_body_is_named(world: World, body: object, reason: str) -> None:
    assert code(ask(world, "POST", "/refunds", body, key="k"))[1] == reason
    assert refunded(world) == "10.00"
