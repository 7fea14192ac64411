"""The tests' own bench: its orders are what their names say, and every write can be counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support import bench as b
from tests.support.bench import Bench

from .client import Shop, ask, usd
from .test_writes import HUNG_UP

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench.start(tmp_path)
    yield made
    await made.close()


async def test_the_orders_are_what_their_names_say(bench: Bench) -> None:
    states = {
        b.AUTHORIZED: "Authorized",
        b.ALSO_AUTHORIZED: "Authorized",
        b.OLD_AUTHORIZED: "Authorized",
        b.PENDING: "AuthorizationInitiated",
        b.SUBSCRIBED: "Authorized",
        b.CLOSED_CHARGE: "Captured",
    }
    assert {charge: bench.charge(charge).state for charge in states} == states
    assert bench.permission(b.SUBSCRIPTION).state == "Chargeable"
    assert bench.permission(b.SUBSCRIPTION).type == "Recurring"
    assert bench.permission(b.CLOSED).state == "Closed"
    assert bench.permission(b.CLOSED).merchant["noteToBuyer"] is None
    assert bench.permission(b.PENDING[:19]).reasons == ("ChargeInProgress",)


@pytest.mark.parametrize(
    ("session", "amount", "status", "state"),
    [
        (b.SESSION, "18.00", 200, "Authorized"),
        (b.SESSION_CAPTURE, "19.00", 200, "Captured"),
        (b.SESSION_PENDING, "20.00", 202, "AuthorizationInitiated"),
    ],
)
async def test_the_sessions_are_what_their_names_say(
    bench: Bench, session: str, amount: str, status: int, state: str
) -> None:
    path = f"/checkoutSessions/{session}/complete"
    done = ask(bench.world, "POST", path, {"chargeAmount": usd(amount)})
    assert done.status == status
    assert bench.session(session).state == "Completed"
    assert bench.charge(done.body["chargeId"]).state == state


async def test_there_is_room_beside_the_open_authorizations(bench: Bench) -> None:
    bench.switch(balance_falls_at="authorization")
    made = bench.by_hand_charge(amount="200.00")
    assert [charge.id for charge in bench.charges()] == [b.AUTHORIZED, b.ALSO_AUTHORIZED, made]
    old = ask(
        bench.world, "POST", f"/charges/{b.OLD_AUTHORIZED}/capture",
        {"captureAmount": usd("25.00")}, key="k",
    )  # fmt: skip
    assert old.body["statusDetails"]["state"] == "CaptureInitiated"


async def test_what_is_done_by_hand(bench: Bench) -> None:
    bench.by_hand_capture(b.AUTHORIZED, "50.00")
    assert str(bench.charge(b.AUTHORIZED).captured) == "50.00 USD"
    bench.by_hand_cancel(b.ALSO_AUTHORIZED)
    assert bench.charge(b.ALSO_AUTHORIZED).state == "Canceled"
    captured = bench.by_hand_charge(capture=True)
    assert bench.charge(captured).state == "Captured"
    bench.by_hand_update(reference="theirs")
    assert bench.permission().merchant["merchantReferenceId"] == "theirs"
    bench.by_hand_close()
    assert bench.permission().reasons == ("MerchantClosed",)
    bench.by_hand_close(b.SUBSCRIPTION, cancel_pending=True)
    assert bench.charge(b.SUBSCRIBED).reason == "ChargePermissionCanceled"
    bench.by_hand_complete()
    assert bench.session().state == "Completed"
    bench.decline_charge(b.PENDING, "HardDeclined")
    assert bench.charge(b.PENDING).reason == "HardDeclined"
    assert bench.permission(b.PENDING[:19]).reasons == ("PaymentMethodInvalid",)


@pytest.mark.parametrize(
    ("operation", "method", "path", "body", "key", "effects"),
    [
        ("create_charge", "POST", "/charges",
         {"chargePermissionId": b.ROOMY, "chargeAmount": usd("5.00")}, "k",
         ["executed", "replayed"]),
        ("capture_charge", "POST", f"/charges/{b.AUTHORIZED}/capture",
         {"captureAmount": usd("60.00")}, "k", ["executed", "replayed"]),
        ("cancel_charge", "DELETE", f"/charges/{b.AUTHORIZED}/cancel",
         {"cancellationReason": "x"}, None, ["executed", "refused"]),
        ("close_charge_permission", "DELETE", f"/chargePermissions/{b.ROOMY}/close",
         {"closureReason": "x"}, None, ["executed", "refused"]),
        ("update_charge_permission", "PATCH", f"/chargePermissions/{b.ROOMY}",
         {"merchantMetadata": {"merchantReferenceId": "x"}}, None, ["executed", "executed"]),
        ("complete_checkout_session", "POST", f"/checkoutSessions/{b.SESSION}/complete",
         {"chargeAmount": usd("18.00")}, "k", ["executed", "replayed"]),
    ],
)  # fmt: skip
async def test_what_the_network_delivers_late_and_twice_is_counted(
    bench: Bench, operation: str, method: str, path: str, body: object, key: str | None,
    effects: list[str],
) -> None:  # fmt: skip
    bench.fault(f"{operation}:hang_up_before")
    await send(bench, method, path, body, key)
    (lost,) = bench.writes(operation)
    assert bench.done(operation) == []
    assert [bench.arrive(lost), bench.arrive(lost)] == effects
    assert [entry.effect for entry in bench.writes(operation)] == effects
    assert len(bench.done(operation)) == effects.count("executed")


async def send(bench: Bench, method: str, path: str, body: object, key: str | None) -> None:
    """A request whose connection is closed without an answer."""
    private = load_pem_private_key(b.keys()[0], None)
    assert isinstance(private, RSAPrivateKey)
    shop = Shop(bench.server.url, private, b.KEY_ID)
    with pytest.raises(HUNG_UP):
        await asyncio.to_thread(shop.send, method, f"/v2{path}", body, key=key)
