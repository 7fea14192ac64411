"""Faults on demand, over a real connection: what a client sees, and what has happened."""

from __future__ import annotations

import time

import httpx
import pytest

from console.simulator.faults import ALWAYS, Fault
from console.simulator.world import World

from .client import Shop

CHARGE = "S01-4966596-9591203-C079366"  # 10.00 refunded at the start
HUNG_UP = (httpx.RemoteProtocolError, httpx.ReadError)


def refunded(world: World) -> str:
    charge = world.charges[CHARGE].latest
    with world.lock:
        return world.refunded(charge, None, initiated=True).plain


def test_hanging_up_before_does_nothing(shop: Shop, world: World) -> None:
    world.add_fault("create_refund:hang_up_before")
    with pytest.raises(HUNG_UP):
        shop.refund(CHARGE, "1.00", "k")
    assert refunded(world) == "10.00"
    assert world.log.entries("create_refund")[0].status is None


def test_hanging_up_after_has_done_it_and_the_same_key_finds_it(shop: Shop, world: World) -> None:
    world.add_fault("create_refund:hang_up_after")
    with pytest.raises(HUNG_UP):
        shop.refund(CHARGE, "1.00", "k")
    assert refunded(world) == "11.00"
    assert shop.refund(CHARGE, "1.00", "k").status_code == 201
    assert refunded(world) == "11.00"
    assert [e.effect for e in world.log.entries("create_refund")] == ["executed", "replayed"]


def test_a_late_request_arrives_after_the_connection_is_gone(shop: Shop, world: World) -> None:
    world.add_fault("create_refund:late:0.2")
    with pytest.raises(HUNG_UP):
        shop.refund(CHARGE, "1.00", "k")
    assert refunded(world) == "10.00"
    time.sleep(0.4)
    assert refunded(world) == "11.00"


def test_a_late_request_meets_the_replay_that_overtook_it(shop: Shop, world: World) -> None:
    world.add_fault("create_refund:late:0.2")
    with pytest.raises(HUNG_UP):
        shop.refund(CHARGE, "1.00", "k")
    assert shop.refund(CHARGE, "1.00", "k").status_code == 201
    time.sleep(0.4)
    assert refunded(world) == "11.00"


def test_a_late_request_with_another_key_pays_twice(shop: Shop, world: World) -> None:
    world.add_fault("create_refund:late:0.2")
    with pytest.raises(HUNG_UP):
        shop.refund(CHARGE, "1.00", "k1")
    shop.refund(CHARGE, "1.00", "k2")
    time.sleep(0.4)
    assert refunded(world) == "12.00"


@pytest.mark.parametrize(
    ("fault", "status", "content", "after"),
    [
        ("error_before", 500, b"InternalServerError", "10.00"),
        ("error_before:503", 503, b"ServiceUnavailable", "10.00"),
        ("error_after", 500, b"InternalServerError", "11.00"),
        ("refuse", 500, b"ProcessingFailure", "10.00"),
        ("refuse:AmazonRejected", 422, b"AmazonRejected", "10.00"),
        ("throttle", 429, b"TooManyRequests", "10.00"),
        ("html_502", 502, b"<html>", "11.00"),
        ("html_502:before", 502, b"<html>", "10.00"),
        ("wrong_amount", 201, b'"2.00"', "11.00"),
    ],
)
def test_what_is_answered_and_what_has_happened(
    shop: Shop, world: World, fault: str, status: int, content: bytes, after: str
) -> None:
    world.add_fault(f"create_refund:{fault}")
    answer = shop.refund(CHARGE, "1.00", "k")
    assert answer.status_code == status
    assert content in answer.content
    assert refunded(world) == after


def test_garbage_is_no_json(shop: Shop, world: World) -> None:
    world.add_fault("create_refund:garbage")
    answer = shop.refund(CHARGE, "1.00", "k")
    assert answer.status_code == 200
    with pytest.raises(UnicodeDecodeError):
        answer.json()
    assert refunded(world) == "11.00"


@pytest.mark.parametrize(
    ("fault", "save_errors", "then"),
    [
        ("refuse", False, 201),
        ("refuse", True, 500),
        ("refuse:ProcessingFailure,unsaved", True, 201),
    ],
)
def test_a_refusal_by_fault_is_saved_only_where_refusals_are(
    shop: Shop, world: World, fault: str, save_errors: bool, then: int
) -> None:
    world.switches = world.switches.changed({"save_errors": save_errors})
    world.add_fault(f"create_refund:{fault}")
    assert shop.refund(CHARGE, "1.00", "k").status_code == 500
    assert shop.refund(CHARGE, "1.00", "k").status_code == then


def test_an_accepted_refund_can_be_declined_later(shop: Shop, world: World) -> None:
    world.add_fault("create_refund:decline:AmazonRejected")
    refund_id = shop.refund(CHARGE, "1.00", "k").json()["refundId"]
    assert refunded(world) == "11.00"
    world.clock.advance(30)
    status = shop.get(f"/v2/refunds/{refund_id}")["statusDetails"]
    assert (status["state"], status["reasonCode"]) == ("Declined", "AmazonRejected")
    assert refunded(world) == "10.00"


def test_a_delay_delays_the_answer_and_not_the_deed(shop: Shop, world: World) -> None:
    world.add_fault("create_refund:delay:0.3")
    began = time.monotonic()
    shop.refund(CHARGE, "1.00", "k")
    assert time.monotonic() - began >= 0.3


def test_somebody_else_can_refund_between_two_reads(shop: Shop, world: World) -> None:
    world.add_fault("get_charge:foreign_refund:5.00:after1")
    totals = [shop.get(f"/v2/charges/{CHARGE}")["refundedAmount"]["amount"] for _ in range(3)]
    assert totals == ["10.00", "15.00", "15.00"]


def test_a_foreign_refund_can_name_its_charge(shop: Shop, world: World) -> None:
    world.add_fault(f"get_charge_permission:foreign_refund:{CHARGE}=5.00")
    shop.get("/v2/chargePermissions/S01-4966596-9591203")
    assert refunded(world) == "15.00"


def test_a_fault_strikes_as_often_as_it_says(shop: Shop, world: World) -> None:
    world.add_fault("get_charge:throttle:x2:after1")
    path = f"/v2/charges/{CHARGE}"
    assert [shop.send("GET", path).status_code for _ in range(5)] == [200, 429, 429, 200, 200]
    world.add_fault("*:throttle:xalways")
    assert [shop.send("GET", path).status_code for _ in range(3)] == [429, 429, 429]


def test_faults_of_one_operation_strike_in_the_order_in_which_they_were_added(
    shop: Shop, world: World
) -> None:
    world.add_fault("create_refund:error_before")
    world.add_fault("create_refund:error_before:503")
    statuses = [shop.refund(CHARGE, "1.00", "k").status_code for _ in range(3)]
    assert statuses == [500, 503, 201]


def test_reads_that_lag_show_the_past(shop: Shop, world: World) -> None:
    world.add_fault("*:lag:5")
    refund_id = shop.refund(CHARGE, "1.00", "k").json()["refundId"]
    assert shop.get(f"/v2/charges/{CHARGE}")["refundedAmount"]["amount"] == "10.00"
    assert shop.send("GET", f"/v2/refunds/{refund_id}").status_code == 404
    world.clock.advance(6)
    assert shop.get(f"/v2/charges/{CHARGE}")["refundedAmount"]["amount"] == "11.00"
    assert shop.get(f"/v2/refunds/{refund_id}")["refundId"] == refund_id


def test_a_specification_is_read_and_written_alike() -> None:
    fault = Fault.parse("get_charge:delay:0.1:xalways:after2")
    assert (fault.operation, fault.name, fault.seconds) == ("get_charge", "delay", 0.1)
    assert (fault.count, fault.skip) == (ALWAYS, 2)
    assert Fault.parse(str(fault)) == fault


@pytest.mark.parametrize(
    ("spec", "help_text"),
    [
        ("refund:hang_up_after", "Operations: .*create_refund"),
        ("create_refund:explode", "Faults: hang_up_before, "),
        ("create_refund", "Faults: hang_up_before, "),
        ("create_refund:late", "needs SECONDS"),
        ("create_refund:late:soon", "'soon' is not SECONDS"),
        ("create_refund:throttle:5", "takes no argument"),
        ("create_refund:refuse:NoSuchCode", "is not CODE"),
        ("create_refund:error_after:404", "is not STATUS"),
        ("create_refund:late:5:6", "neither xN, xalways nor afterN"),
        ("create_refund:lag:5", "write \\*"),
        ("create_refund:foreign_refund:0", "is not "),
    ],
)
def test_a_wrong_specification_is_answered_with_the_choices(spec: str, help_text: str) -> None:
    with pytest.raises(ValueError, match=help_text):
        Fault.parse(spec)
