"""Every operation that writes, under every fault: what a client sees, and what has happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from console.simulator.requestlog import Entry
from console.simulator.spoiled import ECHOED
from console.simulator.world import World

from .client import Shop, ask, usd

HUNG_UP = (httpx.RemoteProtocolError, httpx.ReadError)
OPEN = "S01-5797829-1888777-C043451"  # 85.00 authorized three days ago
SEVERAL = "S01-3309177-6402958"  # chargeable, limit 100.00
TO_CANCEL = "S01-4420597-1866304-C090118"  # 64.00 authorized today
TO_CLOSE = "S01-9280461-3571128"  # chargeable, nothing open
REFUNDED = "S01-4966596-9591203-C079366"  # captured
SESSION = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"  # open, 18.00 agreed


@dataclass(frozen=True)
class Write:
    """One request that writes: `moved` says from the world whether it was executed.

    `amount` is where its answer holds the amount, `again` how a second execution is answered.
    """

    operation: str
    method: str
    path: str
    body: dict[str, object]
    status: int
    moved: Callable[[World], bool]
    amount: tuple[str, ...]
    shown: str
    again: tuple[int, str] = (200, "replayed")
    key: str | None = field(default="k")

    def send(self, shop: Shop) -> httpx.Response:
        return shop.send(self.method, f"/v2{self.path}", self.body, key=self.key)


def charge_state(charge: str, state: str) -> Callable[[World], bool]:
    return lambda world: world.charges[charge].latest.state == state


WRITES = [
    Write(
        "create_refund", "POST", "/refunds",
        {"chargeId": REFUNDED, "refundAmount": usd("1.00")}, 201,
        lambda world: sum(h.latest.charge_id == REFUNDED for h in world.refunds.values()) == 2,
        ("refundAmount",), "2.00", (201, "replayed"),
    ),
    Write(
        "create_charge", "POST", "/charges",
        {"chargePermissionId": SEVERAL, "chargeAmount": usd("10.00")}, 201,
        lambda world: len(list(world.charges_of(SEVERAL))) == 5,
        ("chargeAmount",), "11.00", (201, "replayed"),
    ),
    Write(
        "capture_charge", "POST", f"/charges/{OPEN}/capture",
        {"captureAmount": usd("60.00")}, 200, charge_state(OPEN, "Captured"),
        ("captureAmount",), "61.00",
    ),
    Write(
        "cancel_charge", "DELETE", f"/charges/{TO_CANCEL}/cancel",
        {"cancellationReason": "x"}, 200, charge_state(TO_CANCEL, "Canceled"),
        ("chargeAmount",), "65.00", (422, "refused"), key=None,
    ),
    Write(
        "close_charge_permission", "DELETE", f"/chargePermissions/{TO_CLOSE}/close",
        {"closureReason": "x"}, 200,
        lambda world: world.permissions[TO_CLOSE].latest.state == "Closed",
        ("limits", "amountLimit"), "111.00", (422, "refused"), key=None,
    ),
    Write(
        "update_charge_permission", "PATCH", f"/chargePermissions/{SEVERAL}",
        {"merchantMetadata": {"merchantReferenceId": "new"}}, 200,
        lambda world: (
            world.permissions[SEVERAL].latest.merchant["merchantReferenceId"] == "new"
        ),
        ("limits", "amountLimit"), "101.00", (200, "executed"), key=None,
    ),
    Write(
        "create_checkout_session", "POST", "/checkoutSessions",
        {
            "storeId": "amzn1.application-oa2-client.0",
            "webCheckoutDetails": {},
            "paymentDetails": {"chargeAmount": usd("5.00")},
        },
        201, lambda world: len(world.sessions) == 4,
        ("paymentDetails", "chargeAmount"), "6.00", (201, "replayed"),
    ),
    Write(
        "update_checkout_session", "PATCH", f"/checkoutSessions/{SESSION}",
        {"paymentDetails": {"chargeAmount": usd("20.00")}}, 200,
        lambda world: (
            world.sessions[SESSION].latest.details["paymentDetails"]["chargeAmount"]["amount"]
            == "20.00"
        ),
        ("paymentDetails", "chargeAmount"), "21.00", (200, "executed"), key=None,
    ),
    Write(
        "complete_checkout_session", "POST", f"/checkoutSessions/{SESSION}/complete",
        {"chargeAmount": usd("18.00")}, 200,
        lambda world: world.sessions[SESSION].latest.state == "Completed",
        ("paymentDetails", "chargeAmount"), "19.00",
    ),
]  # fmt: skip

each_write = pytest.mark.parametrize("write", WRITES, ids=lambda write: write.operation)


def entry(world: World, write: Write) -> Entry:
    (only,) = world.log.entries(write.operation)
    return only


def test_the_table_holds_every_operation_that_writes_money_or_orders() -> None:
    assert {write.operation for write in WRITES} == set(ECHOED)


@each_write
@pytest.mark.parametrize(
    ("fault", "status", "content", "effect"),
    [
        ("error_before", 500, b"InternalServerError", "none"),
        ("error_before:503", 503, b"ServiceUnavailable", "none"),
        ("error_after", 500, b"InternalServerError", "executed"),
        ("error_after:503", 503, b"ServiceUnavailable", "executed"),
        ("refuse:InvalidRequest", 400, b"InvalidRequest", "refused"),
        ("throttle", 429, b"TooManyRequests", "none"),
        ("html_502", 502, b"<html>", "executed"),
        ("html_502:before", 502, b"<html>", "none"),
        ("garbage", 200, b"<cut>", "executed"),
    ],
)
def test_what_is_answered_and_what_has_happened(
    shop: Shop, world: World, write: Write, fault: str, status: int, content: bytes, effect: str
) -> None:
    world.add_fault(f"{write.operation}:{fault}")
    assert not write.moved(world)
    answer = write.send(shop)
    assert answer.status_code == status
    assert content in answer.content
    assert entry(world, write).effect == effect
    assert write.moved(world) == (effect == "executed")


@each_write
@pytest.mark.parametrize(
    ("fault", "effect"), [("hang_up_before", "none"), ("hang_up_after", "executed")]
)
def test_hanging_up(shop: Shop, world: World, write: Write, fault: str, effect: str) -> None:
    world.add_fault(f"{write.operation}:{fault}")
    with pytest.raises(HUNG_UP):
        write.send(shop)
    assert entry(world, write).status is None
    assert entry(world, write).effect == effect
    assert write.moved(world) == (effect == "executed")


@each_write
def test_a_late_request_arrives_when_the_connection_is_gone(
    shop: Shop, world: World, write: Write
) -> None:
    world.add_fault(f"{write.operation}:late:0.1")
    with pytest.raises(HUNG_UP):
        write.send(shop)
    assert not write.moved(world)
    until(lambda: entry(world, write).effect == "executed")
    assert write.moved(world)


@each_write
def test_a_delay_delays_the_answer_and_not_the_deed(shop: Shop, world: World, write: Write) -> None:
    world.add_fault(f"{write.operation}:delay:0.1")
    began = time.monotonic()
    assert write.send(shop).status_code == write.status
    assert time.monotonic() - began >= 0.1


@each_write
def test_another_amount_can_be_echoed(shop: Shop, world: World, write: Write) -> None:
    world.add_fault(f"{write.operation}:wrong_amount")
    answer = write.send(shop)
    assert answer.status_code == write.status
    found = answer.json()
    for name in write.amount:
        found = found[name]
    assert found["amount"] == write.shown
    assert write.moved(world)


@each_write
def test_another_object_can_be_echoed(shop: Shop, world: World, write: Write) -> None:
    world.add_fault(f"{write.operation}:wrong_object")
    wrong = write.send(shop).json()[ECHOED[write.operation]]
    known = {**world.permissions, **world.charges, **world.sessions}
    assert wrong not in known
    assert any(right[:-1] == wrong[:-1] for right in known)


@each_write
def test_every_effect_is_counted(shop: Shop, world: World, write: Write) -> None:
    """Executed, then replayed under the key, or executed or refused again without one."""
    assert write.send(shop).status_code == write.status
    again = write.send(shop)
    effects = [one.effect for one in world.log.entries(write.operation)]
    assert (again.status_code, effects[1]) == write.again
    assert effects[0] == "executed"


@pytest.mark.parametrize(
    ("operation", "switch"),
    [("cancel_charge", "repeated_cancel"), ("close_charge_permission", "repeated_close")],
)
def test_a_second_one_that_is_accepted_has_not_moved_the_world(
    shop: Shop, world: World, operation: str, switch: str
) -> None:
    world.switches = world.switches.changed({switch: 200})
    write = next(one for one in WRITES if one.operation == operation)
    statuses = [write.send(shop).status_code for _ in range(2)]
    assert statuses == [200, 200]
    assert [one.effect for one in world.log.entries(operation)] == ["executed", "unchanged"]


# --- under a key ------------------------------------------------------------------------------

KEYED = [
    write for write in WRITES
    if write.operation in ("create_charge", "capture_charge", "complete_checkout_session")
]  # fmt: skip
each_keyed = pytest.mark.parametrize("write", KEYED, ids=lambda write: write.operation)


def perform(world: World, write: Write, body: object = None) -> tuple[int, str]:
    answer = ask(world, write.method, write.path, body or write.body, key=write.key)
    return answer.status, answer.effect


@each_keyed
@pytest.mark.parametrize("saved", [False, True])
def test_a_refusal_is_saved_or_not(shop: Shop, world: World, write: Write, saved: bool) -> None:
    world.switches = world.switches.changed({"save_errors": saved})
    world.add_fault(f"{write.operation}:refuse:ProcessingFailure")
    assert write.send(shop).status_code == 500
    assert write.send(shop).status_code == (500 if saved else write.status)
    assert write.moved(world) == (not saved)


@each_keyed
@pytest.mark.parametrize(("compares", "effect"), [("bytes", "refused"), ("values", "replayed")])
def test_bodies_are_compared_as_bytes_or_as_values(
    world: World, write: Write, compares: str, effect: str
) -> None:
    world.switches = world.switches.changed({"idempotency_compares": compares})
    assert perform(world, write) == (write.status, "executed")
    turned = dict(reversed(write.body.items()))
    turned = {name: dict(reversed(v.items())) if isinstance(v, dict) else v
              for name, v in turned.items()}  # fmt: skip
    assert perform(world, write, turned)[1] == effect


@each_keyed
def test_only_what_the_request_made_can_be_replayed_with_a_creation_time_of_its_own(
    world: World, write: Write
) -> None:
    world.switches = world.switches.changed({"replay_creation_time": "replay"})
    first = ask(world, write.method, write.path, write.body, key="k").body
    world.clock.advance(600)
    again = ask(world, write.method, write.path, write.body, key="k").body
    moved = again["creationTimestamp"] != first["creationTimestamp"]
    assert moved == (write.operation == "create_charge")


def until(holds: Callable[[], bool]) -> None:
    """Wait until it is so; a test that waits in vain fails after five seconds."""
    ends = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)
