"""The admin channel: what another process can see and do."""

from __future__ import annotations

import httpx
import pytest

from console.simulator.world import World

from .client import Shop

CHARGE = "S01-4966596-9591203-C079366"


def test_the_orders_and_the_log(shop: Shop) -> None:
    assert shop.admin("GET", "orders")[1]["charge_id"] == CHARGE
    shop.refund(CHARGE, "1.00", "k")
    (entry,) = shop.admin("GET", "log?operation=create_refund")
    assert (entry["idempotencyKey"], entry["status"], entry["effect"]) == ("k", 201, "executed")
    assert '"1.00"' in entry["body"]


def test_the_truth_about_a_charge_whatever_reads_show(shop: Shop) -> None:
    shop.admin("POST", "faults", {"fault": "*:lag:60"})
    shop.refund(CHARGE, "1.00", "k")
    assert shop.get(f"/v2/charges/{CHARGE}")["refundedAmount"]["amount"] == "10.00"
    truth = shop.admin("GET", f"objects/{CHARGE}")
    assert truth["refundedTotal"] == {"amount": "11.00", "currencyCode": "USD"}
    assert [r["refundAmount"]["amount"] for r in truth["refunds"]] == ["10.00", "1.00"]


@pytest.mark.parametrize(
    ("object_id", "part"),
    [
        ("S01-4966596-9591203", "charges"),
        ("S01-4966596-9591203-R022311", "refund"),
        ("4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3", "checkoutSession"),
        ("S01-3947265-6081179-B031187", "dispute"),
    ],
)
def test_the_truth_about_anything(shop: Shop, object_id: str, part: str) -> None:
    assert part in shop.admin("GET", f"objects/{object_id}")


def test_faults_are_added_listed_and_taken_away(shop: Shop) -> None:
    added = shop.admin("POST", "faults", {"fault": "create_refund:error_before:xalways"})
    assert added == {"faults": ["create_refund:error_before:xalways"]}
    assert shop.refund(CHARGE, "1.00", "k").status_code == 500
    assert shop.admin("DELETE", "faults") == {"faults": []}
    assert shop.refund(CHARGE, "1.00", "k").status_code == 201


def test_the_clock(shop: Shop, world: World) -> None:
    before = world.clock.now()
    shop.admin("POST", "clock", {"advance": 60})
    assert (world.clock.now() - before).total_seconds() == 60
    assert shop.admin("POST", "clock", {"shift": -5})["shift"] == -5
    answer = shop.admin("POST", "clock", {"set": "2030-01-01T00:00:00Z"})
    assert answer["now"].startswith("2030-01-01")


def test_somebody_in_seller_central(shop: Shop) -> None:
    open_charge = "S01-5797829-1888777-C043451"
    made = shop.admin("POST", "foreign-refund", {"chargeId": CHARGE, "amount": "2.00"})
    assert made["statusDetails"]["state"] == "RefundInitiated"
    captured = shop.admin("POST", "foreign-capture", {"chargeId": open_charge, "amount": "80.00"})
    assert captured["captureAmount"]["amount"] == "80.00"
    body = {"chargeId": "S01-4420597-1866304-C090118"}
    assert shop.admin("POST", "foreign-cancel", body)["statusDetails"]["state"] == "Canceled"
    closing = {"chargePermissionId": "S01-3309177-6402958", "cancelPendingCharges": True}
    assert shop.admin("POST", "foreign-close", closing)["statusDetails"]["state"] == "Closed"


def test_the_switches(shop: Shop, world: World) -> None:
    assert shop.admin("POST", "switches", {"save_errors": True})["save_errors"] is True
    assert world.switches.save_errors


def test_an_unknown_address_is_answered_with_the_known_ones(shop: Shop) -> None:
    answer = httpx.get(f"{shop.url}/_simulator/refunds")
    assert answer.status_code == 404
    assert "foreign-refund" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", b'{"fault": "nonsense"}'),
        ("faults", b"{}"),
        ("faults", b"{"),
        ("switches", b'{"no_such": 1}'),
        ("clock", b'{"reset": 1}'),
        ("foreign-refund", b'{"chargeId": "S01-4966596-9591203-C079366"}'),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(shop: Shop, path: str, body: bytes) -> None:
    answer = httpx.post(f"{shop.url}/_simulator/{path}", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
