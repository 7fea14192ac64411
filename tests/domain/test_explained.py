"""Explanations of one very order: its buyer's link, its month, whether it was paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from console.domain.explained import Explained, explained, region_of, said_of_refunds, said_to_buyer
from console.domain.model import Charge, ChargePermission, Dispute
from console.domain.order import Order
from tests.domain.builders import (
    AGREEMENT,
    CHARGE,
    ORDER,
    charge,
    order,
    permission,
    price,
    refund,
    session,
    stamp,
)

ONLY_CANCEL = (
    "40.00 USD is still authorized, but nothing of the order's limit is left: cancel it to free the"
    " buyer's money."
)
JAPAN = "C03-3398114-4303294"


def of(found: Order, kind: str) -> Explained:
    (one,) = [one for one in explained(found) if one.kind == kind]
    return one


def of_permission(found: Order) -> Explained:
    return of(found, "charge_permission")


def declined(reason: str | None, *, id: str = CHARGE, of: str = ORDER) -> Charge:
    return Charge.from_api(
        {
            "chargeId": id,
            "chargePermissionId": of,
            "chargeAmount": price("29.00 USD"),
            "statusDetails": {"state": "Declined", "reasonCode": reason},
            "creationTimestamp": stamp(days=1),
        }
    )


# --- the buyer's own link --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "url"),
    [
        (AGREEMENT, f"https://payments.amazon.com/jr/your-account/ba/{AGREEMENT}"),
        (JAPAN, f"https://pay.amazon.com/jp/jr/your-account/ba/{JAPAN}"),
    ],
)
def test_a_nonchargeable_permission_gives_its_own_buyer_s_link(id: str, url: str) -> None:
    found = permission("NonChargeable", id=id, reasons=("PaymentMethodInvalid",))
    one = of(order(permission=found), "charge_permission")
    assert one.mend_url == url
    assert one.mend is not None
    assert url in one.mend


@pytest.mark.parametrize("reason", ["SoftDeclined", "HardDeclined", None, "Brandnew"])
def test_a_declined_charge_gives_the_link_of_its_permission_not_its_own_id(
    reason: str | None,
) -> None:
    found = order(declined(reason, of=AGREEMENT), permission=permission(id=AGREEMENT))
    one = of(found, "charge")
    assert one.mend_url is not None
    assert one.mend_url.endswith(f"/ba/{AGREEMENT}")


@pytest.mark.parametrize(
    ("permission", "next_step"),
    [
        (None, "for a one-time order the buyer may have to check out again"),
        (permission(), "as it is. The buyer may have to check out again."),
        (permission(id=AGREEMENT), "The buyer changes the payment method in their Amazon account."),
        (permission("Closed", id=AGREEMENT), "The buyer may have to check out again."),
    ],
)
def test_a_hard_decline_says_what_to_do_with_this_kind_of_order(
    permission: ChargePermission | None, next_step: str
) -> None:
    found = order(declined("HardDeclined"), permission=permission)
    assert next_step in of(found, "charge").explanation.next_step


def test_where_all_of_the_limit_is_authorized_the_next_step_is_no_new_charge() -> None:
    held = order(charge("Authorized"), permission=permission(balance="0.00 USD"))
    assert "Capture what is authorized" in of(held, "charge_permission").explanation.next_step
    free = order(charge("Authorized"), permission=permission(balance="5.00 USD"))
    assert "Create a charge" in of(free, "charge_permission").explanation.next_step
    counted = order(charge("Authorized", "100.00 USD"), permission=permission())
    assert "Capture what is authorized" in of(counted, "charge_permission").explanation.next_step


@pytest.mark.parametrize("reason", ["AmazonRejected", "ProcessingFailure", "TransactionTimedOut"])
def test_what_no_payment_method_can_mend_gives_no_link(reason: str) -> None:
    found = order(declined(reason, of=AGREEMENT), permission=permission(id=AGREEMENT))
    assert of(found, "charge").mend is None


def test_a_permission_that_only_waits_gives_no_link() -> None:
    found = permission("NonChargeable", id=AGREEMENT, reasons=("ChargeInProgress",))
    assert of(order(permission=found), "charge_permission").mend is None
    both = permission(
        "NonChargeable", id=AGREEMENT, reasons=("ChargeInProgress", "PaymentMethodExpired")
    )
    assert of(order(permission=both), "charge_permission").mend_url is not None


def test_where_the_permission_is_gone_there_is_nothing_to_mend() -> None:
    found = order(
        declined("HardDeclined", of=AGREEMENT), permission=permission("Closed", id=AGREEMENT)
    )
    assert of(found, "charge").mend is None
    assert of(order(declined("HardDeclined")), "charge").mend is None


def test_for_a_one_time_order_no_address_is_made_up() -> None:
    found = order(permission=permission("NonChargeable", reasons=("PaymentMethodInvalid",)))
    one = of(found, "charge_permission")
    assert one.mend_url is None
    assert one.mend is not None
    assert "publishes no address" in one.mend


def test_the_region_comes_from_the_id_and_else_from_the_yen() -> None:
    assert region_of(order(permission=permission(id=AGREEMENT))) == "na"
    assert region_of(order(permission=permission(id="B02-1234567-1234567"))) == "eu"
    unknown = permission(id="B21-1111111-1111111", limit="5000 JPY", balance="5000 JPY")
    assert region_of(order(permission=unknown)) == "jp"
    euro = permission(id="B02-1234567-1234567", limit="5000 JPY", balance="5000 JPY")
    assert region_of(order(permission=euro)) == "eu"


# --- the month -------------------------------------------------------------------------------


def test_a_used_up_month_says_from_which_day_on_it_can_work() -> None:
    found = order(permission=permission(id=AGREEMENT, balance="0.00 USD"))
    one = of(found, "charge_permission").explanation
    assert "2024-06-01" in one.next_step
    assert "monthly limit" in one.meaning
    assert one.tone == "warning"


def test_the_month_is_that_of_the_look() -> None:
    found = order(permission=permission(id=AGREEMENT, balance="0.00 USD"))
    late = replace(found, observed=datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert "2025-01-01" in of(late, "charge_permission").explanation.next_step


@pytest.mark.parametrize(("id", "balance"), [(AGREEMENT, "0.01 USD"), (ORDER, "0.00 USD")])
def test_what_has_no_month_or_something_left_of_it_waits_for_none(id: str, balance: str) -> None:
    found = order(permission=permission(id=id, balance=balance))
    assert "month" not in of(found, "charge_permission").explanation.next_step


# --- closed is good news, where it was paid ---------------------------------------------------


def test_a_closed_order_that_was_captured_in_full_is_good_news() -> None:
    found = order(
        charge("Captured", "100.00 USD"), permission=permission("Closed", reasons=("AmazonClosed",))
    )
    assert found.fully_captured is True
    assert of(found, "charge_permission").explanation.tone == "good"


def test_what_is_still_authorized_under_a_closed_order_is_what_is_left_to_do() -> None:
    second = f"{ORDER}-C000002"
    closed = permission("Closed", reasons=("AmazonClosed",))
    paid = order(
        charge("Captured", "100.00 USD"), charge("Authorized", id=second), permission=closed
    )
    next_step = of_permission(paid).explanation.next_step
    assert next_step == ONLY_CANCEL
    unpaid = order(charge("Authorized", id=second), permission=closed)
    next_step = of_permission(unpaid).explanation.next_step
    assert next_step.startswith("40.00 USD is still authorized: capture it, or cancel it to free")
    assert "the buyer must check out again" in next_step


def test_nobody_is_told_to_capture_what_the_limit_has_no_room_for() -> None:
    second = f"{ORDER}-C000002"
    for state in ("Chargeable", "Closed"):
        paid = order(
            charge("Captured", "100.00 USD"),
            charge("Authorized", id=second),
            permission=permission(state),
        )
        found = {one.id: one.explanation.next_step for one in explained(paid)}
        assert found[second] == ONLY_CANCEL
        assert ONLY_CANCEL in found[ORDER]


@pytest.mark.parametrize("state", ["AuthorizationInitiated", "CaptureInitiated"])
def test_what_amazon_is_at_work_on_is_neither_to_be_captured_nor_canceled(state: str) -> None:
    used_up = permission(limit="40.00 USD", balance="0 USD")
    found = order(charge(state), permission=used_up)
    assert of_permission(found).explanation.next_step == (
        "Wait until Amazon has decided about the open charge."
    )
    closed = order(charge(state), permission=permission("Closed"))
    assert "still authorized" not in of_permission(closed).explanation.next_step


def test_of_what_has_room_in_part_the_rest_is_named() -> None:
    second = f"{ORDER}-C000002"
    partly = order(
        charge("Captured", "80.00 USD"), charge("Authorized", id=second), permission=permission()
    )
    found = {one.id: one.explanation.next_step for one in explained(partly)}
    assert found[second] == (
        "Capture it when the goods are shipped, or cancel it to free the amount. Mind: of the"
        " order's limit 20.00 USD is left, so Amazon may refuse more."
    )


# --- what is said to the buyer ----------------------------------------------------------------


def test_the_buyer_is_told_how_much_it_is_about() -> None:
    found = order(
        charge("Captured", captured="30.00 USD"),
        refunds=(refund("RefundInitiated", "7.00 USD"),),
        permission=permission(),
    )
    said = {one.kind: one.explanation.say_to_buyer for one in explained(found)}
    assert said["charge"] == "Your payment of 30.00 USD arrived."
    assert said["refund"].startswith("Your refund of 7.00 USD is initiated at Amazon Pay.")


def test_of_several_refunds_the_buyer_is_told_the_sum_of_those_that_stand_alike() -> None:
    done = [refund("Refunded", amount) for amount in ("5.00 USD", "3.00 USD")]
    begun = refund("RefundInitiated", "2.00 USD")
    assert said_of_refunds([*done, begun]) == (
        "Your refund of 8.00 USD in 2 parts is done. Depending on your bank it can take some days"
        " until you see the money. Your refund of 2.00 USD is initiated at Amazon Pay. The money"
        " hasn't been returned yet; we will tell you the result."
    )
    assert said_of_refunds([]) == ""


def test_a_declined_refund_is_told_the_buyer_only_while_nothing_came_after_it() -> None:
    dead, done = refund("Declined", "5.00 USD"), refund("Refunded", "5.00 USD")
    assert said_of_refunds([dead, done]).startswith("Your refund of 5.00 USD is done.")
    assert said_of_refunds([done, dead]).startswith("Your refund of 5.00 USD is done.")
    assert said_of_refunds([done, dead]) != said_of_refunds([done])


def test_without_an_amount_the_buyer_is_told_none() -> None:
    unknown = order(charge("Captured", None), permission=permission())
    assert of(unknown, "charge").explanation.say_to_buyer == "Your payment arrived."
    assert said_to_buyer("Refunded", (), None).startswith("Your refund is done.")
    assert said_to_buyer("SomethingNew", (), None) == ""


def test_a_closed_agreement_is_never_called_paid_for_reaching_a_monthly_limit() -> None:
    found = order(
        charge("Captured", "60.00 USD", id="S01-1111111-1111111-C000001"),
        charge("Captured", "60.00 USD", id="S01-1111112-1111111-C000001"),
        permission=permission("Closed", id=AGREEMENT, reasons=("Expired",)),
    )
    assert found.fully_captured is None
    assert of(found, "charge_permission").explanation.tone != "good"


# --- whole -----------------------------------------------------------------------------------


def test_every_object_is_explained_once_the_permission_first() -> None:
    dispute = Dispute.from_api(
        {"disputeId": f"{ORDER}-B000001", "chargeId": CHARGE, "filingReason": "ProductNotReceived",
         "statusDetails": {"state": "ActionRequired"}}
    )  # fmt: skip
    found = order(
        charge(), permission=permission(), refunds=(refund("RefundInitiated", "1.00 USD"),),
        disputes=(dispute,), session=session("Completed"),
    )  # fmt: skip
    kinds = [one.kind for one in explained(found)]
    assert kinds == ["charge_permission", "checkout_session", "charge", "refund", "dispute"]
    said = of(found, "dispute").explanation
    assert "the goods didn't arrive" in said.meaning
    assert "proof of delivery" in said.next_step
    assert "hasn't been returned yet" in of(found, "refund").explanation.say_to_buyer


def test_words_that_nobody_knows_are_given_back_as_they_are() -> None:
    odd = replace(charge(), status=replace(charge().status, state="Levitating"))
    one = of(order(odd), "charge").explanation
    assert not one.known
    assert "“Levitating”" in one.meaning
    dispute = Dispute.from_api(
        {"disputeId": f"{ORDER}-B000001", "filingReason": "Boredom",
         "statusDetails": {"state": "UnderReview"}}
    )  # fmt: skip
    strange = of(order(charge(), disputes=(dispute,)), "dispute").explanation
    assert not strange.known
    assert "“Boredom”" in strange.meaning
