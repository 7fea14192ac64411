"""What Amazon declines, at once or later, and what a decline leaves behind."""

from __future__ import annotations

import pytest

from console.simulator import api
from console.simulator.calls import Answer, Call
from console.simulator.objects import DECLINED, DECLINED_AT_ONCE
from console.simulator.stories import Teller
from console.simulator.world import World

from .client import Shop, code, usd
from .test_writes import OPEN, SESSION, TO_CANCEL

ORDER = "S01-3309177-6402958"  # chargeable, limit 100.00
MEANT = {  # what a decline leaves on the permission
    "SoftDeclined": ("Chargeable", ()),
    "HardDeclined": ("NonChargeable", ("PaymentMethodInvalid",)),
    "AmazonRejected": ("Closed", ("AmazonCanceled",)),
    "ProcessingFailure": ("Chargeable", ()),
    "TransactionTimedOut": ("Chargeable", ()),
    "PaymentMethodNotAllowed": ("NonChargeable", ("PaymentMethodNotAllowed",)),
    "MFANotCompleted": ("NonChargeable", ("MFAFailed",)),
}


def create(shop: Shop, **fields: object) -> dict[str, object]:
    body = {"chargePermissionId": ORDER, "chargeAmount": usd("10.00"), **fields}
    answer: dict[str, object] = shop.send("POST", "/v2/charges", body, key="k").json()
    return answer


def capture(shop: Shop, charge: str = OPEN, amount: str = "85.00") -> tuple[int, str | None]:
    path = f"/v2/charges/{charge}/capture"
    answer = shop.send("POST", path, {"captureAmount": usd(amount)}, key="k")
    return answer.status_code, answer.json().get("reasonCode")


def complete(shop: Shop, session: str = SESSION, amount: str = "18.00") -> tuple[int, str | None]:
    path = f"/v2/checkoutSessions/{session}/complete"
    answer = shop.send("POST", path, {"chargeAmount": usd(amount)}, key="k")
    return answer.status_code, answer.json().get("reasonCode")


def status(shop: Shop, charge: object) -> tuple[str, str | None]:
    shown = shop.get(f"/v2/charges/{charge}")["statusDetails"]
    return shown["state"], shown["reasonCode"]


def left(world: World, permission: str = ORDER) -> tuple[str, tuple[str, ...]]:
    latest = world.permissions[permission].latest
    return latest.state, latest.reasons


# --- authorizations ---------------------------------------------------------------------------


@pytest.mark.parametrize("reason", DECLINED_AT_ONCE)
def test_a_charge_that_is_declined_at_once_is_none(shop: Shop, world: World, reason: str) -> None:
    before = len(world.charges)
    world.add_fault(f"create_charge:decline_now:{reason}")
    assert create(shop)["reasonCode"] == reason
    assert len(world.charges) == before
    assert left(world) == MEANT[reason]


@pytest.mark.parametrize("reason", DECLINED)
def test_a_pending_authorization_can_be_declined_later(
    shop: Shop, world: World, reason: str
) -> None:
    world.add_fault(f"create_charge:decline:{reason}")
    made = create(shop, canHandlePendingAuthorization=True)["chargeId"]
    assert status(shop, made) == ("AuthorizationInitiated", None)
    assert left(world) == ("NonChargeable", ("ChargeInProgress",))
    world.clock.advance(31)
    assert status(shop, made) == ("Declined", reason)
    assert left(world) == MEANT[reason]


def test_one_that_may_not_be_pending_is_declined_at_once(shop: Shop, world: World) -> None:
    world.add_fault("create_charge:decline:SoftDeclined")
    assert create(shop)["reasonCode"] == "SoftDeclined"


@pytest.mark.parametrize(
    ("fields", "begun", "final"),
    [
        ({"canHandlePendingAuthorization": True}, "AuthorizationInitiated", "Authorized"),
        ({"captureNow": True}, "CaptureInitiated", "Captured"),
        ({"captureNow": True, "canHandlePendingAuthorization": True},
         "AuthorizationInitiated", "Captured"),
        ({}, "Authorized", "Authorized"),
    ],
)  # fmt: skip
def test_a_charge_can_take_its_time(
    shop: Shop, world: World, fields: dict[str, object], begun: str, final: str
) -> None:
    world.add_fault("create_charge:pending")
    made = create(shop, **fields)["chargeId"]
    assert status(shop, made)[0] == begun
    world.clock.advance(31)
    assert status(shop, made)[0] == final


# --- captures ---------------------------------------------------------------------------------


def test_a_capture_can_take_its_time(shop: Shop, world: World) -> None:
    world.add_fault("capture_charge:pending")
    assert capture(shop) == (200, None)
    assert status(shop, OPEN) == ("CaptureInitiated", None)
    world.clock.advance(31)
    assert status(shop, OPEN) == ("Captured", None)


@pytest.mark.parametrize("reason", ["ProcessingFailure", "AmazonRejected"])
def test_a_capture_that_has_begun_can_be_declined(shop: Shop, world: World, reason: str) -> None:
    world.add_fault(f"capture_charge:decline:{reason}")
    assert capture(shop) == (200, None)
    assert status(shop, OPEN) == ("CaptureInitiated", None)
    world.clock.advance(31)
    assert status(shop, OPEN) == ("Declined", reason)
    assert left(world, OPEN[:19]) == MEANT[reason]


@pytest.mark.parametrize("state", ["Authorized", "Declined"])
@pytest.mark.parametrize(("reason", "http"), [("ProcessingFailure", 500), ("AmazonRejected", 422)])
def test_what_a_declined_capture_leaves_of_its_charge_is_a_question(
    shop: Shop, world: World, state: str, reason: str, http: int
) -> None:
    world.switches = world.switches.changed({"declined_capture": state})
    world.add_fault(f"capture_charge:decline_now:{reason}")
    assert capture(shop) == (http, reason)
    assert status(shop, OPEN)[0] == state
    latest = world.charges[OPEN].latest
    assert latest.captured is None
    assert latest.reason == (reason if state == "Declined" else None)
    (entry,) = world.log.entries("capture_charge")
    assert entry.effect == "refused"


@pytest.mark.parametrize(("shows", "amount"), [(False, None), (True, usd("85.00"))])
def test_whether_an_initiated_capture_shows_its_amount_is_a_question(
    shop: Shop, world: World, shows: bool, amount: object
) -> None:
    world.switches = world.switches.changed({"initiated_capture_shows_amount": shows})
    world.add_fault("capture_charge:pending")
    capture(shop)
    assert shop.get(f"/v2/charges/{OPEN}")["captureAmount"] == amount


def test_a_refused_decline_can_get_lost_too(shop: Shop, world: World) -> None:
    world.add_fault("capture_charge:decline_now")
    world.add_fault("capture_charge:error_after:503")
    assert capture(shop) == (503, "ServiceUnavailable")
    assert status(shop, OPEN) == ("Declined", "ProcessingFailure")


# --- sessions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", DECLINED_AT_ONCE)
def test_a_declined_session_leaves_no_order(shop: Shop, world: World, reason: str) -> None:
    before = len(world.permissions), len(world.charges)
    world.add_fault(f"complete_checkout_session:decline_now:{reason}")
    assert complete(shop)[1] == reason
    assert (len(world.permissions), len(world.charges)) == before
    ended = world.sessions[SESSION].latest
    still_open = reason == "ProcessingFailure"
    assert (ended.state, ended.reason) == (
        ("Open", None) if still_open else ("Canceled", "Declined")
    )


@pytest.mark.parametrize(
    ("card", "http", "begun", "final"),
    [
        ("1111", 200, "Authorized", ("Authorized", None)),
        ("0701", 202, "AuthorizationInitiated", ("Authorized", None)),
        ("4354", 202, "AuthorizationInitiated", ("Declined", "HardDeclined")),
    ],
)
def test_the_buyers_card_decides(
    shop: Shop, world: World, card: str, http: int, begun: str, final: tuple[str, str | None]
) -> None:
    session = "00000000-0000-4000-8000-000000000001"
    Teller(world).session(
        session, "9.00", world.clock.now(), reference="r", pending_allowed=True, card=card
    )
    assert complete(shop, session, "9.00") == (http, None)
    made = world.sessions[session].latest.charge_id
    assert status(shop, made)[0] == begun
    world.clock.advance(31)
    assert status(shop, made) == final


@pytest.mark.parametrize(("card", "reason"), [("3064", "BuyerCanceled"), ("3434", "Declined")])
def test_with_some_cards_the_session_ends(shop: Shop, world: World, card: str, reason: str) -> None:
    session = "00000000-0000-4000-8000-000000000001"
    Teller(world).session(session, "9.00", world.clock.now(), reference="r", card=card)
    assert complete(shop, session, "9.00") == (422, "CheckoutSessionCanceled")
    assert world.sessions[session].latest.reason == reason


def test_a_card_that_stays_pending_needs_a_session_that_allows_it(shop: Shop, world: World) -> None:
    session = "00000000-0000-4000-8000-000000000001"
    Teller(world).session(session, "9.00", world.clock.now(), reference="r", card="0701")
    assert complete(shop, session, "9.00") == (400, "InvalidSandboxSimulationSpecified")
    assert world.sessions[session].latest.state == "Open"


def test_a_session_that_cannot_be_charged_leaves_no_order(world: World) -> None:
    session = "00000000-0000-4000-8000-000000000001"
    Teller(world).session(session, "150000.01", world.clock.now(), reference="r")
    before = len(world.permissions)
    body = b'{"chargeAmount":{"amount":"150000.01","currencyCode":"USD"}}'
    answer: Answer = api.perform(
        world, Call("complete_checkout_session", "sandbox", session, "/x", body=body)
    )
    assert code(answer) == (400, "TransactionAmountExceeded")
    assert len(world.permissions) == before


@pytest.mark.parametrize("http", [400, 422])
def test_with_which_status_a_canceled_session_is_refused_is_a_question(
    shop: Shop, world: World, http: int
) -> None:
    world.switches = world.switches.changed({"canceled_session_status": http})
    canceled = "c70f8e15-2a94-4d6b-b3e1-58f09a7d2c46"
    assert complete(shop, canceled, "27.00") == (http, "CheckoutSessionCanceled")


# --- what has ended ---------------------------------------------------------------------------


@pytest.mark.parametrize("allowed", [False, True])
def test_whether_an_authorization_outlives_a_closed_order_is_a_question(
    shop: Shop, world: World, allowed: bool
) -> None:
    world.switches = world.switches.changed({"capture_after_permission_close": allowed})
    answer = capture(shop, "S01-1570286-9944673-C052210", "70.00")
    assert answer == ((200, None) if allowed else (422, "InvalidChargePermissionStatus"))


@pytest.mark.parametrize("always", ["MerchantCanceled", "MerchantClosed"])
@pytest.mark.parametrize("pending", [False, True])
def test_the_reason_of_a_close_is_a_question(
    shop: Shop, world: World, always: str, pending: bool
) -> None:
    world.switches = world.switches.changed({"closure_reason": always})
    body = {"closureReason": "x", "cancelPendingCharges": pending}
    shop.send("DELETE", f"/v2/chargePermissions/{ORDER}/close", body)
    assert left(world) == ("Closed", (always,))


def test_the_code_of_a_refused_update_is_a_question(shop: Shop, world: World) -> None:
    world.switches = world.switches.changed(
        {"not_modifiable_code": "InvalidChargePermissionStatus"}
    )
    body = {"merchantMetadata": {"merchantReferenceId": "new"}}
    path = "/v2/chargePermissions/S01-4966596-9591203"
    answer = shop.send("PATCH", path, body)
    assert (answer.status_code, answer.json()["reasonCode"]) == (
        422, "InvalidChargePermissionStatus",
    )  # fmt: skip


def test_a_subscription_keeps_its_currency(shop: Shop) -> None:
    euro = {"amount": "14.00", "currencyCode": "EUR"}
    path = "/v2/chargePermissions/C01-2612863-4691163"
    answer = shop.send("PATCH", path, {"recurringMetadata": {"amount": euro}})
    assert answer.json()["reasonCode"] == "CurrencyMismatch"


def test_a_pending_authorization_can_be_canceled(shop: Shop, world: World) -> None:
    pending = "S01-5018364-2276490-C091733"
    body = {"cancellationReason": "x"}
    assert shop.send("DELETE", f"/v2/charges/{pending}/cancel", body).status_code == 200
    assert status(shop, pending) == ("Canceled", "MerchantCanceled")
    assert left(world, pending[:19]) == ("Chargeable", ())
    world.clock.advance(31)
    assert status(shop, pending) == ("Canceled", "MerchantCanceled")


def test_a_capture_that_has_begun_can_not_be_canceled(shop: Shop, world: World) -> None:
    world.add_fault("capture_charge:pending")
    assert capture(shop, TO_CANCEL, "64.00") == (200, None)
    body = {"cancellationReason": "x"}
    refused = shop.send("DELETE", f"/v2/charges/{TO_CANCEL}/cancel", body)
    assert refused.json()["reasonCode"] == "InvalidChargeStatus"
    world.clock.advance(31)
    assert status(shop, TO_CANCEL) == ("Captured", None)
