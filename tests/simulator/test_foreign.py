"""What a colleague does in Seller Central, just before or just after a request of ours."""

from __future__ import annotations

import httpx
import pytest

from console.simulator import foreign
from console.simulator.calls import Call
from console.simulator.errors import ApiError
from console.simulator.faults import FAULTS, FOREIGN, Fault
from console.simulator.world import World

from .client import Shop, usd
from .test_writes import HUNG_UP, OPEN, SESSION, TO_CANCEL, until

ORDER = OPEN[:19]
REFUNDED = "S01-4966596-9591203-C079366"


def cancel(shop: Shop, charge: str = OPEN) -> httpx.Response:
    return shop.send("DELETE", f"/v2/charges/{charge}/cancel", {"cancellationReason": "x"})


def capture(shop: Shop, charge: str = OPEN, amount: str = "85.00") -> httpx.Response:
    path = f"/v2/charges/{charge}/capture"
    return shop.send("POST", path, {"captureAmount": usd(amount)}, key="k")


def test_each_act_is_a_fault_too() -> None:
    assert set(foreign.ACTS) == set(FOREIGN)
    assert set(FOREIGN) <= set(FAULTS)


@pytest.mark.parametrize(
    ("spec", "state", "captured"),
    [
        ("foreign_capture", "Captured", "85.00"),
        ("foreign_capture:60.00", "Captured", "60.00"),
        (f"foreign_capture:{OPEN}=60.00", "Captured", "60.00"),
        (f"foreign_capture:{OPEN}", "Captured", "85.00"),
        ("foreign_cancel", "Canceled", None),
        (f"foreign_cancel:{OPEN}", "Canceled", None),
        ("foreign_close", "Authorized", None),
        ("foreign_close:pending", "Canceled", None),
        (f"foreign_close:{ORDER}=pending", "Canceled", None),
    ],
)
def test_what_somebody_else_does_to_a_charge_before_it_is_read(
    shop: Shop, world: World, spec: str, state: str, captured: str | None
) -> None:
    world.add_fault(f"get_charge:{spec}")
    shown = shop.get(f"/v2/charges/{OPEN}")
    assert shown["statusDetails"]["state"] == state
    assert (shown["captureAmount"] or {}).get("amount") == captured


def test_a_charge_that_is_made_and_captured_by_somebody_else(shop: Shop, world: World) -> None:
    world.add_fault("get_charge_permission:foreign_charge:20.00")
    world.add_fault("get_charge_permission:foreign_charge:30.00,capture")
    order = shop.get("/v2/chargePermissions/S01-3309177-6402958")
    assert order["limits"]["amountBalance"] == usd("40.00")
    states = [charge.state for charge in world.charges_of(order["chargePermissionId"])]
    assert states[-2:] == ["Authorized", "Captured"]


def test_a_reference_that_somebody_else_changes(shop: Shop, world: World) -> None:
    world.add_fault("get_charge_permission:foreign_update:A=B")
    shown = shop.get(f"/v2/chargePermissions/{ORDER}")["merchantMetadata"]
    assert shown["merchantReferenceId"] == "A=B"


def test_a_session_that_the_shop_completes(shop: Shop, world: World) -> None:
    world.add_fault("complete_checkout_session:foreign_complete")
    path = f"/v2/checkoutSessions/{SESSION}/complete"
    answer = shop.send("POST", path, {"chargeAmount": usd("18.00")}, key="k")
    assert answer.json()["reasonCode"] == "InvalidCheckoutSessionStatus"
    assert world.sessions[SESSION].latest.state == "Completed"


def test_a_cancel_meets_a_capture_just_before_it(shop: Shop, world: World) -> None:
    world.add_fault("cancel_charge:foreign_capture")
    assert cancel(shop).json()["reasonCode"] == "InvalidChargeStatus"
    assert world.charges[OPEN].latest.state == "Captured"


def test_a_capture_just_after_a_cancel_comes_too_late(shop: Shop, world: World) -> None:
    world.add_fault("cancel_charge:foreign_capture:then")
    assert cancel(shop).json()["statusDetails"]["state"] == "Canceled"
    assert world.charges[OPEN].latest.state == "Canceled"
    (entry,) = world.log.entries("cancel_charge")
    assert entry.faults[0] == "foreign_capture"
    assert entry.faults[1].startswith("not made: InvalidChargeStatus")


def test_a_refund_just_after_a_capture_is_not_in_its_answer(shop: Shop, world: World) -> None:
    world.add_fault("capture_charge:foreign_refund:5.00:then")
    assert capture(shop).json()["refundedAmount"] == usd("0.00")
    assert shop.get(f"/v2/charges/{OPEN}")["refundedAmount"] == usd("5.00")


def test_before_and_after_one_request(shop: Shop, world: World) -> None:
    world.add_fault("get_charge:foreign_refund:1.00")
    world.add_fault("get_charge:foreign_refund:2.00:then")
    path = f"/v2/charges/{REFUNDED}"
    totals = [shop.get(path)["refundedAmount"]["amount"] for _ in range(2)]
    assert totals == ["11.00", "13.00"]


def test_after_a_late_request_is_when_it_has_arrived(shop: Shop, world: World) -> None:
    world.add_fault("cancel_charge:late:0.1")
    world.add_fault(f"cancel_charge:foreign_cancel:{TO_CANCEL}:then")
    with pytest.raises(HUNG_UP):
        cancel(shop)
    assert world.charges[TO_CANCEL].latest.state == "Authorized"
    until(lambda: world.charges[TO_CANCEL].latest.state == "Canceled")
    assert world.charges[OPEN].latest.state == "Canceled"


def test_after_a_request_that_never_arrived_somebody_can_act_all_the_same(
    shop: Shop, world: World
) -> None:
    world.add_fault("cancel_charge:hang_up_before")
    world.add_fault("cancel_charge:foreign_capture:then")
    with pytest.raises(HUNG_UP):
        cancel(shop)
    assert world.charges[OPEN].latest.state == "Captured"


def test_a_refund_leads_to_its_charge_and_its_order(shop: Shop, world: World) -> None:
    world.add_fault("get_refund:foreign_refund:2.00")
    world.add_fault("get_refund:foreign_update:new")
    shop.get("/v2/refunds/S01-3309177-6402958-R020001")
    order = world.permissions["S01-3309177-6402958"].latest
    assert order.merchant["merchantReferenceId"] == "new"
    charge = world.charges["S01-3309177-6402958-C010001"].latest
    assert world.refunded(charge, None, initiated=True).plain == "10.00"


def test_an_act_without_its_object_is_not_made_and_says_so(world: World) -> None:
    wanted = Call("get_charge_permission", "sandbox", ORDER)
    with pytest.raises(ApiError, match="about no charge: name one"):
        foreign.act(world, "foreign_cancel", "", wanted)


@pytest.mark.parametrize(
    "spec",
    [
        "cancel_charge:foreign_capture:x1:then",
        f"cancel_charge:foreign_capture:{OPEN}=60.00:xalways:after2:then",
        "close_charge_permission:foreign_close:pending:x1",
        "update_charge_permission:foreign_update:New-1:x3:then",
    ],
)
def test_a_specification_is_read_and_written_alike(spec: str) -> None:
    assert str(Fault.parse(spec)) == spec


@pytest.mark.parametrize(
    ("spec", "help_text"),
    [
        ("get_charge:foreign_capture:0.00", "is not .CHARGE=.AMOUNT"),
        ("get_charge:foreign_capture:much", "is not .CHARGE=.AMOUNT"),
        ("get_charge:foreign_cancel:5.00", "is not CHARGE"),
        ("get_charge:foreign_charge", "needs .PERMISSION=.AMOUNT"),
        ("get_charge:foreign_close:all", "is not .PERMISSION=.pending"),
        ("get_charge:foreign_update", "needs .PERMISSION=.REFERENCE"),
        ("get_charge:throttle:then", "takes no argument"),
        ("get_charge:decline", "decline is for create_charge"),
        ("cancel_charge:decline_now", "decline_now is for create_charge"),
        ("create_refund:pending", "pending is for create_charge"),
        ("capture_charge:decline:SoftDeclined", "is not REASON"),
        ("capture_charge:decline_now:HardDeclined", "is not CODE"),
    ],
)
def test_a_wrong_specification_is_answered_with_the_choices(spec: str, help_text: str) -> None:
    with pytest.raises(ValueError, match=help_text):
        Fault.parse(spec)


def test_the_admin_channel_has_each_act(shop: Shop, world: World) -> None:
    order = "S01-3309177-6402958"
    made = shop.admin(
        "POST", "foreign-charge",
        {"chargePermissionId": order, "amount": "5.00", "captureNow": True},
    )  # fmt: skip
    assert made["statusDetails"]["state"] == "Captured"
    body = {"chargePermissionId": order, "merchantReferenceId": "new"}
    shown = shop.admin("POST", "foreign-update", body)
    assert shown["merchantMetadata"]["merchantReferenceId"] == "new"
    done = shop.admin("POST", "foreign-complete", {"checkoutSessionId": SESSION})
    assert done["statusDetails"]["state"] == "Completed"
