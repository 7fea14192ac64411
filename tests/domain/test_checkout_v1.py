"""The vocabulary of v1, v2 and Seller Central, written out as rules."""

from __future__ import annotations

from itertools import groupby, product
from typing import get_args

import pytest

from console.domain import checkout_v1 as v1
from console.domain.limits import THROTTLE

# --- calls: the table of the migration guide -------------------------------------------------

GUIDE_CALLS = [
    ("Authorize", "Create Charge", "AmazonOrderReferenceId", "", ()),
    ("AuthorizeOnBillingAgreement", "Create Charge", "AmazonBillingAgreementId", "", ()),
    (
        "CancelOrderReference",
        "Close Charge Permission",
        "AmazonOrderReferenceId",
        "",
        (("cancelPendingCharges", True),),
    ),
    (
        "CloseOrderReference",
        "Close Charge Permission",
        "AmazonOrderReferenceId",
        "",
        (("cancelPendingCharges", False),),
    ),
    (
        "CloseBillingAgreement",
        "Close Charge Permission",
        "AmazonBillingAgreementId",
        "",
        (("cancelPendingCharges", False),),
    ),
    ("Capture", "Capture Charge", "AmazonAuthorizationId", "21st character A → C", ()),
    ("CloseAuthorization", "Cancel Charge", "AmazonAuthorizationId", "21st character A → C", ()),
    ("GetAuthorizationDetails", "Get Charge", "AmazonAuthorizationId", "21st character A → C", ()),
    ("GetCaptureDetails", "Get Charge", "AmazonCaptureId", "", ()),
    ("GetOrderReferenceDetails", "Get Charge Permission", "AmazonOrderReferenceId", "", ()),
    ("GetBillingAgreementDetails", "Get Charge Permission", "AmazonBillingAgreementId", "", ()),
    ("Refund", "Create Refund", "AmazonCaptureId", "", ()),
    ("GetRefundDetails", "Get Refund", "AmazonRefundId", "", ()),
    ("SetBillingAgreementDetails", "Update Charge Permission", "AmazonBillingAgreementId", "", ()),
]
WITHOUT_V2 = [
    "CreateOrderReferenceForId",
    "ValidateBillingAgreement",
    "SetOrderReferenceDetails",
    "ConfirmOrderReference",
    "SetOrderAttributes",
    "ListOrderReference",
    "ListOrderReferenceByNextToken",
    "ConfirmBillingAgreement",
]
PATHS = {
    "create_charge": ("POST", "/charges"),
    "get_charge": ("GET", "/charges/{chargeId}"),
    "capture_charge": ("POST", "/charges/{chargeId}/capture"),
    "cancel_charge": ("DELETE", "/charges/{chargeId}/cancel"),
    "get_charge_permission": ("GET", "/chargePermissions/{chargePermissionId}"),
    "update_charge_permission": ("PATCH", "/chargePermissions/{chargePermissionId}"),
    "close_charge_permission": ("DELETE", "/chargePermissions/{chargePermissionId}/close"),
    "create_refund": ("POST", "/refunds"),
    "get_refund": ("GET", "/refunds/{refundId}"),
}


@pytest.mark.parametrize(("name", "title", "v1_id", "change", "body"), GUIDE_CALLS)
def test_a_v1_call_has_the_v2_call_of_the_guide(
    name: str, title: str, v1_id: str, change: str, body: tuple[tuple[str, bool], ...]
) -> None:
    (call,) = v1.calls_for_v1(name)
    assert (call.title, call.v1_id, call.id_change, call.body) == (title, v1_id, change, body)
    assert call in v1.calls_for_v2(title)


@pytest.mark.parametrize("name", WITHOUT_V2)
def test_a_call_without_counterpart_says_why(name: str) -> None:
    (call,) = v1.calls_for_v1(name)
    assert (call.operation, call.title, call.method, call.path) == (None, None, None, None)
    assert call.note


def test_no_other_calls_are_in_the_table_and_each_is_there_once() -> None:
    assert sorted(call.v1 for call in v1.CALLS) == sorted(
        [name for name, *_ in GUIDE_CALLS] + WITHOUT_V2
    )


def test_operations_are_those_of_the_throttle_table_with_their_paths() -> None:
    for call in v1.CALLS:
        if call.operation:
            assert call.operation in THROTTLE
            assert (call.method, call.path) == PATHS[call.operation]
            assert call.title
            assert call.title.lower().replace(" ", "_") == call.operation


def test_the_guide_states_three_conditions() -> None:
    assert v1.calls_for_v1("Authorize")[0].v1_states == ("Open",)
    assert v1.calls_for_v1("AuthorizeOnBillingAgreement")[0].v1_states == ("Open",)
    assert v1.calls_for_v1("Refund")[0].v1_states == ("Completed",)


@pytest.mark.parametrize("spelling", ["close_charge_permission", "Close Charge Permission"])
def test_closing_does_the_work_of_three_v1_calls(spelling: str) -> None:
    names = [call.v1 for call in v1.calls_for_v2(spelling)]
    assert names == ["CancelOrderReference", "CloseOrderReference", "CloseBillingAgreement"]


def test_unknown_calls_find_nothing() -> None:
    assert v1.calls_for_v1("Teleport") == v1.calls_for_v2("teleport") == ()
    assert v1.calls_for_v1("getauthorizationdetails") == v1.calls_for_v1("GetAuthorizationDetails")
    assert v1.calls_for_v2("createCharge") == v1.calls_for_v2("create_charge") != ()


# --- states, v1 to v2 ------------------------------------------------------------------------

TO_V2 = [
    ("order_reference", "Draft", None, [None]),
    ("order_reference", "Open", None, ["Chargeable", "Closed"]),
    ("order_reference", "Suspended", None, ["NonChargeable"]),
    ("order_reference", "Canceled", None, ["Closed"]),
    ("order_reference", "Closed", None, ["Closed"]),
    ("billing_agreement", "Draft", None, [None]),
    ("billing_agreement", "Open", None, ["Chargeable"]),
    ("billing_agreement", "Suspended", None, ["NonChargeable"]),
    ("billing_agreement", "Canceled", None, ["Closed"]),
    ("billing_agreement", "Closed", None, ["Closed"]),
    ("authorization", "Pending", None, ["AuthorizationInitiated"]),
    ("authorization", "Open", None, ["Authorized"]),
    ("authorization", "Declined", "AmazonRejected", ["Declined"]),
    ("authorization", "Closed", None, ["Captured", "Canceled"]),
    ("authorization", "Closed", "MaxAmountCaptured", ["Captured"]),
    ("authorization", "Closed", "MaxCapturesProcessed", ["Captured"]),
    ("authorization", "Closed", "ExpiredUnused", ["Canceled"]),
    ("authorization", "Closed", "ExpireUnused", ["Canceled"]),
    ("authorization", "Closed", "AmazonClosed", ["Canceled"]),
    ("authorization", "Closed", "OrderReferenceCanceled", ["Canceled"]),
    ("authorization", "Closed", "SellerClosed", ["Canceled"]),
    ("authorization", "Closed", "SomethingNew", ["Canceled"]),
    ("capture", "Pending", None, ["CaptureInitiated"]),
    ("capture", "Completed", None, ["Captured"]),
    ("capture", "Declined", "ProcessingFailure", ["Declined"]),
    ("capture", "Closed", "AmazonClosed", ["Canceled"]),
    ("capture", "Closed", "MaxAmountRefunded", ["Canceled", "Captured"]),
    ("capture", "Closed", "MaxRefundsProcessed", ["Canceled", "Captured"]),
    ("refund", "Pending", None, ["RefundInitiated"]),
    ("refund", "Completed", None, ["Refunded"]),
    ("refund", "Declined", None, ["Declined"]),
]


@pytest.mark.parametrize(("kind", "state", "reason", "expected"), TO_V2)
def test_v1_to_v2(kind: str, state: str, reason: str | None, expected: list[str | None]) -> None:
    assert [row.v2_state for row in v1.to_v2(kind, state, reason)] == expected


def test_two_candidates_each_say_when_they_hold() -> None:
    for row in v1.to_v2("order_reference", "Open"):
        assert row.condition
    for row in v1.to_v2("authorization", "Closed"):
        assert row.condition


def test_a_closed_capture_that_was_refunded_is_only_annotated() -> None:
    by_guide, probable = v1.to_v2("capture", "Closed", "MaxAmountRefunded")
    assert (by_guide.v2_state, by_guide.inferred) == ("Canceled", False)
    assert (probable.v2_state, probable.inferred) == ("Captured", True)


def test_unknown_v1_words_map_to_nothing() -> None:
    assert v1.to_v2("authorization", "Hibernating") == ()
    assert v1.to_v2("voucher", "Open") == ()


# --- states, v2 to v1 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "recurring", "expected"),
    [
        ("Expired", False, [("Closed", "Expired")]),
        ("MerchantClosed", False, [("Closed", "SellerClosed")]),
        ("AmazonClosed", False, [("Closed", "AmazonClosed")]),
        ("MerchantCanceled", False, [("Canceled", "SellerCanceled")]),
        ("AmazonCanceled", False, [("Canceled", "AmazonCanceled")]),
        ("BuyerClosed", True, [("Closed", "BuyerClosed")]),
        ("BuyerCanceled", True, [("Closed", "BuyerClosed")]),
        ("MerchantCanceled", True, [("Closed", "SellerClosed")]),
        ("AmazonCanceled", True, [("Canceled", "AmazonCanceled")]),
        (None, False, [("Closed", None), ("Canceled", None)]),
        (None, True, [("Closed", None), ("Canceled", None)]),
    ],
)
def test_the_reason_tells_what_closed_was_in_v1(
    reason: str | None, recurring: bool, expected: list[tuple[str, str | None]]
) -> None:
    found = v1.to_v1(
        "charge_permission", "Closed", reason=reason, recurring=recurring, captured=False
    )
    assert [(one.state, one.reason) for one in found] == expected


def test_a_fully_captured_order_may_still_be_open_in_v1() -> None:
    assert v1.order_states("Closed", (), False, True) == ("Closed", "Open")
    assert v1.order_states("Closed", ["AmazonClosed"], False, True) == ("Closed", "Open")
    assert v1.order_states("Closed", ["MerchantClosed"], False, True) == ("Closed",)


def test_v1_could_cancel_an_order_only_before_a_capture() -> None:
    assert v1.order_states("Closed", ["MerchantCanceled"], captured=False) == ("Canceled",)
    assert v1.order_states("Closed", ["MerchantCanceled"], captured=True) == ("Closed",)
    assert v1.order_states("Closed", ["MerchantCanceled"]) == ("Canceled", "Closed")
    assert "Canceled" not in v1.order_states("Closed", (), captured=True)


def test_closed_without_a_reason_was_one_of_three() -> None:
    assert v1.order_states("Closed") == ("Closed", "Canceled", "Open")
    assert v1.order_states("Closed", None) == v1.order_states("Closed", ["SomethingNew"])
    assert v1.order_states("Closed", (), True) == ("Closed", "Canceled")


@pytest.mark.parametrize("recurring", [False, True])
def test_a_charge_in_progress_has_no_v1_word(recurring: bool) -> None:
    assert v1.order_states("NonChargeable", ["ChargeInProgress"], recurring) == ("Open",)
    assert v1.order_states("NonChargeable", ["PaymentMethodInvalid"], recurring) == ("Suspended",)
    assert v1.order_states("NonChargeable", (), recurring) == ("Suspended",)
    both = ["ChargeInProgress", "PaymentMethodExpired"]
    assert v1.order_states("NonChargeable", both, recurring) == ("Suspended",)
    assert v1.order_states("Chargeable", (), recurring) == ("Open",)


CHARGES = [
    # v2 state, reason, capture requested -> authorization, capture
    ("AuthorizationInitiated", None, None, ("Pending",), ()),
    ("Authorized", None, None, ("Open",), ()),
    ("CaptureInitiated", None, None, ("Closed", "Open"), ("Pending",)),
    ("Captured", None, None, ("Closed",), ("Completed",)),
    ("Declined", "SoftDeclined", None, ("Declined",), ()),
    ("Declined", "HardDeclined", None, ("Declined",), ()),
    ("Declined", "TransactionTimedOut", None, ("Declined",), ()),
    ("Declined", "AmazonRejected", False, ("Declined",), ()),
    ("Declined", "AmazonRejected", True, ("Open", "Closed"), ("Declined",)),
    ("Declined", "ProcessingFailure", None, ("Declined", "Open", "Closed"), ("Declined",)),
    ("Declined", None, False, ("Declined",), ()),
    ("Canceled", "ExpiredUnused", None, ("Closed",), ()),
    ("Canceled", "MerchantCanceled", None, ("Closed",), ()),
    ("Canceled", "AmazonCanceled", None, ("Closed",), ()),
    ("Canceled", "ChargePermissionCanceled", None, ("Closed",), ()),
    ("Canceled", "BuyerCanceled", None, ("Closed",), ()),
    ("Canceled", None, True, ("Closed",), ("Closed",)),
]


@pytest.mark.parametrize(("state", "reason", "captured", "authorization", "capture"), CHARGES)
def test_a_charge_was_an_authorization_and_a_capture(
    state: str,
    reason: str | None,
    captured: bool | None,
    authorization: tuple[str, ...],
    capture: tuple[str, ...],
) -> None:
    assert v1.authorization_state(state, reason, captured=captured) == authorization
    assert v1.capture_state(state, reason, captured=captured) == capture


def test_a_captured_charge_was_closed_in_v1_by_its_capture() -> None:
    authorization, capture = v1.to_v1("charge", "Captured", reason=None, fully_refunded=False)
    assert (authorization.state, authorization.reason) == ("Closed", "MaxCapturesProcessed")
    assert capture.state == "Completed"


def test_a_refunded_capture_may_be_closed_and_says_that_this_is_deduced() -> None:
    assert v1.capture_state("Captured", fully_refunded=True) == ("Completed", "Closed")
    closed = v1.to_v1("charge", "Captured", reason=None, fully_refunded=True)[-1]
    assert closed.inferred
    assert closed.reason == "MaxAmountRefunded"


@pytest.mark.parametrize(
    ("v2_state", "expected"),
    [("RefundInitiated", "Pending"), ("Refunded", "Completed"), ("Declined", "Declined")],
)
def test_refunds_map_one_to_one(v2_state: str, expected: str) -> None:
    assert v1.refund_state(v2_state) == expected
    assert [row.v2_state for row in v1.to_v2("refund", expected)] == [v2_state]


def test_unknown_v2_states_map_to_nothing() -> None:
    for kind in get_args(v1.V2Kind):
        assert v1.to_v1(kind, "Hibernating", reason="Cold") == ()
    assert v1.order_states("Hibernating", ["Cold"]) == ()
    assert v1.authorization_state("Hibernating") == v1.capture_state("Hibernating") == ()
    assert v1.refund_state("Hibernating") is None
    assert v1.seller_central_state("Hibernating") == ()


def test_an_unknown_reason_never_hides_a_known_state() -> None:
    for kind, state in {(row.kind, row.v2_state) for row in v1.V2_TO_V1}:
        for recurring in (False, True):
            assert v1.to_v1(kind, state, reason="SomethingNew", recurring=recurring), (kind, state)


def test_there_and_back_again() -> None:
    """What v1 called X and v2 calls Y: asked for Y, X is among the candidates."""
    for row in v1.V1_TO_V2:
        if row.v2_state is None:
            continue
        candidates = v1.to_v1(
            row.v2_kind,
            row.v2_state,
            reason=None,
            recurring=row.kind == "billing_agreement",
        )
        assert (row.kind, row.v1_state) in [(one.kind, one.state) for one in candidates], row


def test_back_and_there_again() -> None:
    """Every published candidate is one that the guide maps to the same v2 state."""
    for row in v1.V2_TO_V1:
        if row.v1.inferred:
            continue
        there = v1.to_v2(row.v1.kind, row.v1.state, row.v1.reason)
        assert row.v2_state in [one.v2_state for one in there], row


# --- no contradictions -----------------------------------------------------------------------


def test_published_rows_of_v1_to_v2_do_not_contradict_each_other() -> None:
    reasons = {r.v1_reason for r in v1.REASONS} | {"SomethingNew"}
    for row, reason in product(v1.V1_TO_V2, sorted(r for r in reasons if r)):
        published = [
            one.v2_state
            for one in v1.to_v2(row.kind, row.v1_state, reason)
            if not one.inferred and one.kind != "order_reference"
        ]
        assert len(set(published)) <= 1, (row.kind, row.v1_state, reason)


def test_reason_pairs_agree_with_the_state_tables() -> None:
    for reason in v1.REASONS:
        states = [r.v2_state for r in v1.to_v2(reason.kind, reason.v1_state, reason.v1_reason)]
        if reason.v2_reason == "ChargeInProgress":
            continue  # the one v2 reason that leaves its v1 object as it was
        assert reason.v2_state in states, reason
        if reason.v2_reason and reason.v1_reason:
            back = v1.to_v1(
                reason.v2_kind,
                reason.v2_state,
                reason=reason.v2_reason,
                recurring=reason.kind == "billing_agreement",
            )
            assert (reason.kind, reason.v1_state) in [(b.kind, b.state) for b in back], reason


def test_no_row_stands_twice() -> None:
    for table in (
        v1.CALLS, v1.V1_TO_V2, v1.V2_TO_V1, v1.REASONS, v1.TERMS, v1.NOTIFICATIONS,
        v1.REPORT_COLUMNS, v1.REPORT_STATUSES, v1.SELLER_CENTRAL_STATES,
    ):  # fmt: skip
        assert len(set(table)) == len(table)
    keys = [(r.kind, r.v1_state, r.v1_reason, r.v2_state, r.v2_reason) for r in v1.REASONS]
    assert len(set(keys)) == len(keys)


# --- reason codes ----------------------------------------------------------------------------

V1_REASONS = {
    ("order_reference", "Suspended"): {"InvalidPaymentMethod"},
    ("order_reference", "Canceled"): {"SellerCanceled", "Stale", "AmazonCanceled"},
    ("order_reference", "Closed"): {
        "Expired", "MaxAmountCharged", "MaxAuthorizationsCaptured", "MaxAuthorizationsProcessed",
        "AmazonClosed", "SellerClosed",
    },
    ("billing_agreement", "Suspended"): {
        "InvalidPaymentMethod", "BillingAddressDeleted", "PaymentMethodDeleted",
        "PaymentMethodExpired",
    },
    ("billing_agreement", "Canceled"): {"Stale", "AmazonCanceled"},
    ("billing_agreement", "Closed"): {"SellerClosed", "BuyerClosed", "AmazonClosed"},
    ("authorization", "Pending"): {"StopShipmentAtypicalAuth"},
    ("authorization", "Open"): {"StopShipmentAtypicalAuth"},
    ("authorization", "Declined"): {
        "InvalidPaymentMethod", "AmazonRejected", "ProcessingFailure", "TransactionTimedOut",
    },
    ("authorization", "Closed"): {
        "ExpiredUnused", "ExpireUnused", "MaxCapturesProcessed", "MaxAmountCaptured",
        "AmazonClosed", "OrderReferenceCanceled", "SellerClosed",
    },
    ("capture", "Pending"): {"StopShipmentAtypicalAuth"},
    ("capture", "Completed"): {"StopShipmentAtypicalAuth"},
    ("capture", "Declined"): {"AmazonRejected", "ProcessingFailure"},
    ("capture", "Closed"): {"MaxAmountRefunded", "MaxRefundsProcessed", "AmazonClosed"},
    ("refund", "Declined"): {"AmazonRejected", "ProcessingFailure"},
}  # fmt: skip
V2_REASONS = {
    ("charge_permission", "NonChargeable"): {
        "PaymentMethodInvalid", "PaymentMethodDeleted", "BillingAddressDeleted",
        "PaymentMethodExpired", "PaymentMethodNotAllowed", "PaymentMethodNotSet",
        "ChargeInProgress", "MFAFailed", "AmountNotSet",
    },
    ("charge_permission", "Closed"): {
        "MerchantClosed", "MerchantCanceled", "BuyerCanceled", "BuyerClosed", "AmazonCanceled",
        "AmazonClosed", "Expired",
    },
    ("charge", "Canceled"): {
        "ExpiredUnused", "AmazonCanceled", "MerchantCanceled", "ChargePermissionCanceled",
        "BuyerCanceled",
    },
    ("charge", "Declined"): {
        "SoftDeclined", "HardDeclined", "AmazonRejected", "ProcessingFailure",
        "TransactionTimedOut",
    },
    ("refund", "Declined"): {"AmazonRejected", "ProcessingFailure"},
}  # fmt: skip


def test_all_v1_reason_codes_are_in_the_table_and_no_others() -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for row in v1.REASONS:
        if row.v1_reason:
            found.setdefault((row.kind, row.v1_state), set()).add(row.v1_reason)
    assert found == V1_REASONS


def test_all_v2_reason_codes_are_in_the_table_and_no_others() -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for row in v1.REASONS:
        if row.v2_reason:
            found.setdefault((row.v2_kind, row.v2_state), set()).add(row.v2_reason)
    assert found == V2_REASONS


def test_soft_and_hard_declines_are_told_by_a_flag_in_v1() -> None:
    rows = v1.reasons_to_v2("authorization", "Declined", "InvalidPaymentMethod")
    assert [row.v2_reason for row in rows] == ["SoftDeclined", "HardDeclined"]
    assert all(row.inferred for row in rows)


@pytest.mark.parametrize(
    ("v2_reason", "v1_reason"),
    [
        ("ExpiredUnused", "ExpiredUnused"),
        ("MerchantCanceled", "SellerClosed"),
        ("AmazonCanceled", "AmazonClosed"),
        ("ChargePermissionCanceled", "OrderReferenceCanceled"),
        ("BuyerCanceled", None),
    ],
)
def test_a_canceled_charge_has_v1_s_reason(v2_reason: str, v1_reason: str | None) -> None:
    rows = v1.reasons_to_v1("charge", "Canceled", v2_reason)
    assert rows[0].v1_reason == v1_reason


def test_unknown_reasons_find_nothing() -> None:
    assert v1.reasons_to_v1("charge", "Canceled", "Cold") == ()
    assert v1.reasons_to_v2("authorization", "Closed", "Cold") == ()


# --- Seller Central --------------------------------------------------------------------------


def test_seller_central_shows_the_permission_in_v1_words() -> None:
    assert v1.seller_central_state("Chargeable") == ("Open",)
    assert v1.seller_central_state("NonChargeable", ["PaymentMethodInvalid"]) == ("Suspended",)
    assert v1.seller_central_state("NonChargeable", ["ChargeInProgress"]) == ("Open",)
    assert v1.seller_central_state("Closed", ["AmazonClosed"], False, True) == ("Closed",)
    assert v1.seller_central_state("Closed", ["Expired"]) == ("Closed",)
    assert v1.seller_central_state("Closed", ["MerchantClosed"]) == ("Closed",)
    assert v1.seller_central_state("Closed", ["MerchantCanceled"]) == ("Canceled", "Closed")
    assert v1.seller_central_state("Closed") == ("Closed", "Canceled")


def test_seller_central_says_nothing_of_a_recurring_permission() -> None:
    for state in ("Chargeable", "NonChargeable", "Closed"):
        assert v1.seller_central_state(state, (), True) == ()


# --- notifications, reports ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("v1_type", "object_type", "notification_type", "id_field"),
    [
        (
            "OrderReferenceNotification",
            "CHARGE_PERMISSION",
            "ATTRIBUTE_CHANGE",
            "AmazonOrderReferenceId",
        ),
        (
            "BillingAgreementNotification",
            "CHARGE_PERMISSION",
            "ATTRIBUTE_CHANGE",
            "AmazonBillingAgreementId",
        ),
        ("PaymentAuthorize", "CHARGE", "STATE_CHANGE", "AmazonAuthorizationId"),
        ("PaymentCapture", "CHARGE", "STATE_CHANGE", "AmazonCaptureId"),
        ("PaymentRefund", "REFUND", "STATE_CHANGE", "AmazonRefundId"),
    ],
)
def test_notifications(
    v1_type: str, object_type: str, notification_type: str, id_field: str
) -> None:
    (row,) = v1.notifications(v1_type)
    assert (row.object_type, row.notification_type, row.v1_id) == (
        object_type,
        notification_type,
        id_field,
    )
    assert row in v1.notifications(object_type.lower())


def test_chargebacks_are_news_of_v2_alone() -> None:
    (row,) = v1.notifications("CHARGEBACK")
    assert row.v1_type is None
    assert v1.notifications("SOMETHING_NEW") == ()


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("AmazonOrderReferenceId", "chargePermissionId"),
        ("AmazonTransactionId", "chargeId"),
        ("AmazonCaptureId", "chargeId"),
        ("AmazonAuthorizationId", "chargeId"),
        ("SellerOrderId", "chargePermission.merchantMetadata.merchantReferenceId"),
        ("SellerReferenceId", "charge.merchantMetadata.merchantReferenceId"),
    ],
)
def test_report_columns(column: str, field: str) -> None:
    (row,) = v1.report_columns(column.lower())
    assert row.v2 == field


@pytest.mark.parametrize(
    ("report", "status", "reason", "expected"),
    [
        ("order_reference", "Open", None, ("Chargeable",)),
        ("order_reference", "Suspended", None, ("NonChargeable",)),
        ("order_reference", "Canceled", None, ("Closed",)),
        ("order_reference", "Closed", None, ("Closed",)),
        ("authorization", "Pending", None, ("AuthorizationInitiated",)),
        ("authorization", "Open", None, ("Authorized",)),
        ("authorization", "Declined", None, ("Declined",)),
        ("authorization", "Closed", "MaxAmountCaptured", ("Captured",)),
        ("authorization", "Closed", "MaxCapturesProcessed", ("Captured",)),
        ("authorization", "Closed", "SellerClosed", ("Canceled",)),
        ("authorization", "Closed", None, ("Captured", "Canceled")),
        ("authorization", "Asleep", None, ()),
    ],
)
def test_report_statuses(
    report: str, status: str, reason: str | None, expected: tuple[str, ...]
) -> None:
    assert v1.report_state(report, status, reason) == expected


# --- looking through everything --------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "topic", "words"),
    [
        ("closeauthorization", "call", "Cancel Charge"),
        ("CREATE_REFUND", "call", "Refund (AmazonCaptureId)"),
        ("capturecharge", "call", "Capture (AmazonAuthorizationId)"),
        ("maxcaptures", "reason code", "MaxCapturesProcessed"),
        ("MaxAmountCaptured", "reason code", "MaxAmountCaptured"),
        ("suspended", "state, v1 to v2", "NonChargeable"),
        ("collect payment", "Seller Central", "売上請求"),
        ("売上請求", "call", "Create Charge"),
        ("PaymentRefund", "notification", "REFUND"),
        ("sellerorderid", "report column", "merchantReferenceId"),
        ("CaptureNotRefundable", "error", "InvalidChargeStatus"),
        ("A-ZRefund", "refund type", "A-to-z"),
        ("charge authorized", "state, v2 to v1", "Authorization Open"),
    ],
)
def test_any_word_finds_its_rows(term: str, topic: str, words: str) -> None:
    rows = [row for row in v1.search(term) if row.topic == topic]
    assert any(words in " ".join((r.v1, r.v2, r.seller_central, r.note)) for r in rows)


def test_no_term_gives_everything_and_an_unknown_one_nothing() -> None:
    everything = v1.search()
    assert len(everything) == len(set(everything)) > 150
    assert v1.search("   ") == everything
    assert v1.search("flux capacitor") == []


def test_every_row_says_something_in_every_language_it_has() -> None:
    for row in v1.search():
        assert row.topic
        assert row.v2
        assert row.v1 or row.topic == "Seller Central"
        for text in (row.v1, row.v2, row.seller_central, row.note):
            assert text == " ".join(text.split()), row
            assert "None" not in text, row


def test_deduced_rows_say_so_where_they_are_shown() -> None:
    for row in v1.search("BuyerCanceled"):
        if row.topic == "reason code":
            assert row.note.endswith("Deduced, not published.")


def test_every_operation_and_v1_word_can_be_found() -> None:
    for call in v1.CALLS:
        assert v1.search(call.v1)
    for one in v1.V1_TO_V2:
        assert v1.search(f"{one.kind.replace('_', ' ')} {one.v1_state}")


def test_topics_stand_together() -> None:
    topics = [topic for topic, _ in groupby(v1.search(), key=lambda row: row.topic)]
    assert len(topics) == len(set(topics))


# --- a search without a hit ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("CancelOrderRefrence", "CancelOrderReference"),
        ("closeauthorisation", "CloseAuthorization"),
        ("close authorisation", "CloseAuthorization"),
        ("Chargable", "Chargeable"),
    ],
)
def test_a_search_without_a_hit_knows_the_nearest_words(slip: str, meant: str) -> None:
    assert v1.search(slip) == []
    near = v1.nearest_words(slip)
    assert near[0] == meant
    assert all(v1.search(word) for word in near)


def test_where_no_word_is_near_none_is_offered() -> None:
    assert v1.nearest_words("xyzzy") == ()


@pytest.mark.parametrize("term", ["cancel order reference", "Cancel Order  Reference"])
def test_words_that_stand_together_are_one_name(term: str) -> None:
    assert v1.search(term) == v1.search("CancelOrderReference")
    assert len(v1.search("order cancel")) > len(v1.search(term)), "words apart are found anywhere"
