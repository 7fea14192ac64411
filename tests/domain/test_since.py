"""What has changed in an order between two looks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from console.domain.ids import parse
from console.domain.model import Charge, ChargePermission, Dispute, Refund
from console.domain.order import Order
from console.domain.since import Change, Picture, changes

ID = "S01-4966596-9591203"
CHARGE, REFUND = f"{ID}-C079366", f"{ID}-R022311"
DISPUTE = f"{ID}-D055555"
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "USD"}


def charge(
    state: str = "Captured", captured: str = "40.00", refunded: str | None = "0.00"
) -> Charge:
    amounts = {"chargeAmount": money("40.00"), "captureAmount": money(captured)}
    if refunded is not None:
        amounts["refundedAmount"] = money(refunded)
    return Charge.from_api({"chargeId": CHARGE, "statusDetails": {"state": state}, **amounts})


def refund(state: str = "Refunded", amount: str = "10.00") -> Refund:
    return Refund.from_api(
        {"refundId": REFUND, "chargeId": CHARGE, "statusDetails": {"state": state},
         "refundAmount": money(amount)}
    )  # fmt: skip


def permission(state: str) -> ChargePermission:
    data = {"chargePermissionId": ID, "statusDetails": {"state": state}}
    return ChargePermission.from_api(data)


def order(*charges: Charge, refunds: tuple[Refund, ...] = (), state: str = "Chargeable") -> Order:
    return Order(parse(ID), permission(state), charges, refunds, NOON)


def found(before: Order, after: Order) -> list[Change]:
    return list(changes(Picture.of(before), after).by_id.values())


def test_two_looks_at_the_same() -> None:
    assert found(order(charge(), refunds=(refund(),)), order(charge(), refunds=(refund(),))) == []


def test_a_state_that_changed() -> None:
    assert found(order(charge("Authorized")), order(charge())) == [
        Change(CHARGE, "state", "Captured", "Authorized")
    ]


def test_the_orders_own_state() -> None:
    assert found(order(), order(state="Closed")) == [Change(ID, "state", "Closed", "Chargeable")]


def test_what_is_new_is_told_with_its_state() -> None:
    dispute = Dispute.from_api(
        {"disputeId": DISPUTE, "chargeId": CHARGE, "statusDetails": {"state": "ActionRequired"}}
    )
    after = replace(order(charge(), refunds=(refund("RefundInitiated"),)), disputes=(dispute,))
    assert found(order(charge()), after) == [
        Change(REFUND, "new", "RefundInitiated"),
        Change(DISPUTE, "new", "ActionRequired"),
    ]


def test_an_amount_that_changed_while_the_state_stayed() -> None:
    assert found(order(charge(captured="40.00")), order(charge(captured="25.00"))) == [
        Change(CHARGE, "amount", "25.00 USD", "40.00 USD")
    ]


def test_money_that_was_refunded_by_a_refund_that_nobody_here_knows() -> None:
    assert found(order(charge(refunded=None)), order(charge(refunded="10.00"))) == [
        Change(CHARGE, "refunded", "10.00 USD", "0.00 USD")
    ]


def test_a_refund_that_is_known_tells_it_by_itself() -> None:
    after = order(charge(refunded="10.00"), refunds=(refund(),))
    assert found(order(charge()), after) == [Change(REFUND, "new", "Refunded")]


def test_a_refund_that_did_not_change_explains_nothing() -> None:
    before = order(charge(), refunds=(refund(),))
    after = order(charge(refunded="10.00"), refunds=(refund(),))
    assert found(before, after) == [Change(CHARGE, "refunded", "10.00 USD", "0.00 USD")]


def test_what_can_not_be_read_any_more_is_no_change() -> None:
    assert found(order(charge()), order()) == []


def test_an_amount_that_amazon_left_out_is_no_change() -> None:
    bare = Charge.from_api({"chargeId": CHARGE, "statusDetails": {"state": "Captured"}})
    assert found(order(charge()), order(bare)) == []
    assert found(order(bare), order(charge())) == []


def test_since_when() -> None:
    seen = replace(order(), remembered=NOON - timedelta(hours=3))
    assert changes(Picture.of(seen), order()).since == NOON - timedelta(hours=3)
    assert changes(Picture.of(order()), order()).since == NOON


def test_a_picture_is_kept_as_json() -> None:
    made = Picture.of(order(charge(refunded=None), refunds=(refund(),)))
    assert Picture.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_a_picture_holds_nothing_of_the_buyer() -> None:
    data = {"chargeId": CHARGE, "statusDetails": {"state": "Captured"}, "softDescriptor": "Susie"}
    assert "Susie" not in json.dumps(Picture.of(order(Charge.from_api(data))).to_json())
