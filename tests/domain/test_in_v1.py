"""An order's actions side by side: the v2 call, the v1 calls that did it, and by hand."""

from __future__ import annotations

import pytest

from console.domain.action_table import ACTIONS
from console.domain.checkout_v1 import CALLS
from console.domain.in_v1 import _CANDIDATES, ActionInV1, v1_calls
from console.domain.order import Order
from console.domain.rules import offers
from tests.domain.builders import (
    AGREEMENT,
    CHARGE,
    ORDER,
    SESSION,
    charge,
    order,
    permission,
    refund,
    session,
)

AUTHORIZATION = CHARGE.replace("-C", "-A")
RECURRING_CHARGE = "S01-5454037-1929856-C015396"


def row(found: Order, action: str, target: str) -> ActionInV1:
    (one,) = [row for row in v1_calls(found) if (row.action, row.target) == (action, target)]
    return one


def v1_ids(one: ActionInV1) -> list[tuple[str, str, str | None]]:
    return [(call.call, call.id_field, call.id) for call in one.v1]


def one_time(state: str = "Authorized") -> Order:
    return order(charge(state), permission=permission())


def recurring(state: str = "Captured") -> Order:
    return order(
        charge(state, id=RECURRING_CHARGE, of=AGREEMENT), permission=permission(id=AGREEMENT)
    )


# --- one to one ------------------------------------------------------------------------------


def test_a_capture_goes_with_the_authorization_s_id_while_that_is_open() -> None:
    one = row(one_time(), "capture", CHARGE)
    assert v1_ids(one) == [("Capture", "AmazonAuthorizationId", AUTHORIZATION)]
    assert (one.v1[0].needs, one.v1[0].now) == (("Open",), ("Open",))
    (call,) = one.v2
    assert (call.title, call.method, call.path, call.body) == (
        "Capture Charge", "POST", f"/charges/{CHARGE}/capture", ()
    )  # fmt: skip
    assert [shown.shown for shown in one.seller_central] == ["Collect payment (売上請求)"]
    assert one.why_not_one == ""


def test_a_refund_goes_with_the_capture_s_id_never_the_authorization_s() -> None:
    one = row(one_time("Captured"), "refund", CHARGE)
    assert v1_ids(one) == [("Refund", "AmazonCaptureId", CHARGE)]
    assert (one.v1[0].needs, one.v1[0].now) == (("Completed",), ("Completed",))
    assert one.v2[0].body == (("chargeId", CHARGE),)
    assert "never the authorization id" in one.v1[0].note


def test_a_cancel_is_v1_s_close_of_the_authorization() -> None:
    one = row(one_time(), "cancel", CHARGE)
    assert v1_ids(one) == [("CloseAuthorization", "AmazonAuthorizationId", AUTHORIZATION)]
    assert one.v1[0].needs == ("Pending", "Open")


def test_what_may_not_be_done_is_there_with_the_reason_of_the_rules() -> None:
    found = one_time()
    one = row(found, "refund", CHARGE)
    (offer,) = [o for o in offers(found) if (o.action, o.target) == ("refund", CHARGE)]
    assert (one.allowed, one.why) == (offer.allowed, offer.why) == (False, offer.why)
    assert "no capture" in one.v1[0].note
    assert one.v1[0].now == ()


# --- not one to one --------------------------------------------------------------------------


def test_closing_has_two_v1_calls_that_differ_in_a_flag() -> None:
    one = row(one_time(), "close", ORDER)
    assert [(call.call, call.flag) for call in one.v1] == [
        ("CancelOrderReference", "cancelPendingCharges true"),
        ("CloseOrderReference", "cancelPendingCharges false"),
    ]
    assert "flag" in one.why_not_one
    assert [shown.shown[:6] for shown in one.seller_central] == ["Close ", "Cancel"]


def test_reading_a_charge_was_two_reads_with_two_ids() -> None:
    one = row(one_time("Captured"), "read", CHARGE)
    assert v1_ids(one) == [
        ("GetAuthorizationDetails", "AmazonAuthorizationId", AUTHORIZATION),
        ("GetCaptureDetails", "AmazonCaptureId", CHARGE),
    ]
    assert "two objects" in one.why_not_one


def test_an_agreement_is_authorized_directly_or_through_an_order_reference() -> None:
    one = row(recurring(), "authorize", AGREEMENT)
    assert v1_ids(one) == [
        ("AuthorizeOnBillingAgreement", "AmazonBillingAgreementId", AGREEMENT),
        ("CreateOrderReferenceForId", "AmazonBillingAgreementId", AGREEMENT),
    ]
    assert one.why_not_one
    assert one.seller_central == ()  # it lists the charges of an agreement, not the agreement


def test_a_charge_of_an_agreement_keeps_its_own_base() -> None:
    one = row(recurring(), "refund", RECURRING_CHARGE)
    assert v1_ids(one) == [("Refund", "AmazonCaptureId", RECURRING_CHARGE)]


def test_closing_and_updating_an_agreement_are_one_to_one() -> None:
    found = recurring()
    assert [c.call for c in row(found, "close", AGREEMENT).v1] == ["CloseBillingAgreement"]
    assert [c.call for c in row(found, "update", AGREEMENT).v1] == ["SetBillingAgreementDetails"]


def test_a_permission_of_neither_kind_gets_every_candidate_and_why() -> None:
    found = order(permission=permission(id=AGREEMENT, type="PaymentMethodOnFile"))
    one = row(found, "close", AGREEMENT)
    assert len(one.v1) == 3
    assert "isn't told" in one.why_not_one


# --- no counterpart --------------------------------------------------------------------------


def test_a_one_time_permission_s_life_can_be_extended_by_no_call_of_either_version() -> None:
    one = row(one_time(), "extend", ORDER)
    assert (one.allowed, one.v2, one.v1) == (False, (), ())
    assert one.why_not_one


def test_an_agreement_s_life_hangs_on_an_update_that_v1_did_not_have() -> None:
    one = row(recurring(), "extend", AGREEMENT)
    assert [call.title for call in one.v2] == ["Update Charge Permission"]
    assert one.v1 == ()
    assert "no such call" in one.why_not_one


def test_renewing_an_authorization_is_two_calls_in_both_versions() -> None:
    one = row(one_time(), "extend", CHARGE)
    assert [call.title for call in one.v2] == ["Create Charge", "Cancel Charge"]
    assert v1_ids(one) == [
        ("Authorize", "AmazonOrderReferenceId", ORDER),
        ("CloseAuthorization", "AmazonAuthorizationId", AUTHORIZATION),
    ]


def test_a_checkout_session_has_no_id_that_v1_would_take() -> None:
    one = row(order(session=session("Open")), "complete", SESSION)
    assert one.v2[0].path == f"/checkoutSessions/{SESSION}/complete"
    assert {call.id for call in one.v1} == {None}


# --- whole -----------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [one_time(), one_time("Captured"), recurring()])
def test_every_offer_and_every_object_has_its_row(found: Order) -> None:
    family = {charge.id for charge in found.charges} | {found.id}
    rows = v1_calls(found)
    assert [(r.action, r.target) for r in rows if r.action != "read"] == [
        (o.action, o.target) for o in offers(found)
    ]
    assert {r.target for r in rows if r.action == "read"} == family


def test_the_refunds_are_read_too() -> None:
    found = order(charge(), refunds=(refund("Refunded", "5.00 USD"),))
    one = row(found, "read", f"{ORDER}-R000001")
    assert v1_ids(one) == [("GetRefundDetails", "AmazonRefundId", f"{ORDER}-R000001")]


def test_every_action_of_the_console_has_its_candidates_and_each_is_a_v1_call() -> None:
    assert set(_CANDIDATES) >= {action.name for action in ACTIONS}
    known = {call.v1 for call in CALLS}
    for by_kind in _CANDIDATES.values():
        for names, _ in by_kind.values():
            assert known >= set(names)


def test_no_path_keeps_a_hole_and_every_call_carries_its_id() -> None:
    for found in (one_time(), recurring(), order(session=session("Open"))):
        for one in v1_calls(found):
            for call in one.v2:
                assert "{" not in call.path
                assert one.action == "extend" or one.target in (call.path + str(call.body))
