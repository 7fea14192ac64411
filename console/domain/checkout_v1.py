"""Three vocabularies for one order: Checkout v1, Checkout v2 and Seller Central.

Amazon's migration guide ("Upgrading to Checkout v2") maps from v1 to v2. Support staff also
need the way back, because old tickets, reports and Seller Central speak v1, and the way back
isn't one to one: it yields candidates, each with the condition under which it holds and a mark
where it is deduced rather than published. Nothing here raises on a word it doesn't know:
Amazon adds words, and an unknown one maps to nothing.

The tables are data; screens, the command line and tests read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from typing import Final, Literal

from console.domain.kept import kept, kept_capital, kept_together, kept_words, shown
from console.domain.language import N_, sentences
from console.domain.spelling import nearest, squeezed

V1Kind = Literal["order_reference", "billing_agreement", "authorization", "capture", "refund"]
V2Kind = Literal["charge_permission", "charge", "refund"]

GUIDE: Final = "Upgrading to Checkout v2"
V1_ORDER_STATES: Final = "v1 Order reference states and reason codes"
V1_AGREEMENT_STATES: Final = "v1 Billing agreement states and reason codes"
V1_AUTHORIZATION_STATES: Final = "v1 Authorization states and reason codes"
V1_CAPTURE_STATES: Final = "v1 Capture states and reason codes"
V1_REFUND_STATES: Final = "v1 Refund states and reason codes"
V1_ERRORS_PAGE: Final = "v1 Error codes"
PERMISSION_PAGE: Final = "Charge Permission page"
CHARGE_PAGE: Final = "Charge page"
REFUND_PAGE: Final = "Refund page"
IPN_PAGE: Final = "Set up Instant Payment Notifications"
REPORTS_PAGE: Final = "Reports page"
JP_FAQ: Final = "Amazon Pay Japan FAQ QA-28"
JP_SELLER_CENTRAL: Final = "Amazon Pay Japan onboarding, Seller Central"
DEDUCED: Final = "deduced from both sides' pages"

# The guide prints the first spelling, the v1 API answers with the second: both mean captured.
CAPTURED_REASONS: Final = ("MaxAmountCaptured", "MaxCapturesProcessed")
EXPIRED_REASONS: Final = ("ExpiredUnused", "ExpireUnused")
FULLY_REFUNDED_REASONS: Final = ("MaxAmountRefunded", "MaxRefundsProcessed")

_TITLES: Final[dict[str, str]] = {
    "order_reference": "Order Reference",
    "billing_agreement": "Billing Agreement",
    "authorization": "Authorization",
    "capture": "Capture",
    "refund": "Refund",
    "charge_permission": "Charge Permission",
    "charge": "Charge",
}


# --- calls -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One v1 call and what does its work in v2.

    `operation` is the key of the throttle table, `title` Amazon's own name for it; both are
    None where v2 has no counterpart, and `note` then says why. `v1_id` goes into `v2_id`,
    changed as `id_change` says (empty: unchanged). `v1_states` are the states that the v1
    object must be in, `v2_states` those in which v2 takes the call; empty means any.
    """

    v1: str
    operation: str | None
    title: str | None
    method: str | None
    path: str | None
    v1_id: str
    v2_id: str
    id_change: str = ""
    body: tuple[tuple[str, bool], ...] = ()
    v1_states: tuple[str, ...] = ()
    v2_states: tuple[str, ...] = ()
    note: str = ""
    source: str = GUIDE


_A_TO_C: Final = "21st character A → C"
_ID_CHANGES: Final = {_A_TO_C: N_("21st character A → C.")}
_CAPTURE_NOW: Final = N_(
    "captureNow true does v1's CaptureNow; canHandlePendingAuthorization decides between a "
    "synchronous and an asynchronous authorization."
)
_IN_FLIGHT: Final = N_(
    "The guide meant v2 calls on v1 orders for completing in-flight transactions and refunds; "
    "new v1 orders are not to be created any more."
)


def _none(v1: str, v1_id: str, note: str, source: str = GUIDE) -> Call:
    return Call(v1, None, None, None, None, v1_id, "", note=note, source=source)


_NOT_IN_GUIDE: Final = "not listed in Upgrading to Checkout v2"

CALLS: Final[tuple[Call, ...]] = (
    Call(
        "Authorize",
        "create_charge",
        "Create Charge",
        "POST",
        "/charges",
        "AmazonOrderReferenceId",
        "chargePermissionId",
        v1_states=("Open",),
        v2_states=("Chargeable",),
        note=_CAPTURE_NOW,
    ),
    Call(
        "AuthorizeOnBillingAgreement",
        "create_charge",
        "Create Charge",
        "POST",
        "/charges",
        "AmazonBillingAgreementId",
        "chargePermissionId",
        v1_states=("Open",),
        v2_states=("Chargeable",),
        note=_CAPTURE_NOW,
    ),
    Call(
        "CancelOrderReference",
        "close_charge_permission",
        "Close Charge Permission",
        "DELETE",
        "/chargePermissions/{chargePermissionId}/close",
        "AmazonOrderReferenceId",
        "chargePermissionId",
        body=(("cancelPendingCharges", True),),
        v2_states=("Chargeable", "NonChargeable"),
        note=(
            N_(
                "Charges that are authorized and not captured are canceled with it. v1 refused it "
                "once anything was captured; whether v2 refuses too isn't documented."
            )
        ),
    ),
    Call(
        "CloseOrderReference",
        "close_charge_permission",
        "Close Charge Permission",
        "DELETE",
        "/chargePermissions/{chargePermissionId}/close",
        "AmazonOrderReferenceId",
        "chargePermissionId",
        body=(("cancelPendingCharges", False),),
        v2_states=("Chargeable", "NonChargeable"),
        note=N_("Open authorizations stayed capturable in v1; the flag says the same for v2."),
    ),
    Call(
        "CloseBillingAgreement",
        "close_charge_permission",
        "Close Charge Permission",
        "DELETE",
        "/chargePermissions/{chargePermissionId}/close",
        "AmazonBillingAgreementId",
        "chargePermissionId",
        body=(("cancelPendingCharges", False),),
        v2_states=("Chargeable", "NonChargeable"),
        note=N_("Open authorizations stayed capturable in v1; the flag says the same for v2."),
    ),
    Call(
        "Capture",
        "capture_charge",
        "Capture Charge",
        "POST",
        "/charges/{chargeId}/capture",
        "AmazonAuthorizationId",
        "chargeId",
        id_change=_A_TO_C,
        v1_states=("Open",),
        v2_states=("Authorized",),
        note=N_("One capture per authorization, in v1 as in v2."),
    ),
    Call(
        "CloseAuthorization",
        "cancel_charge",
        "Cancel Charge",
        "DELETE",
        "/charges/{chargeId}/cancel",
        "AmazonAuthorizationId",
        "chargeId",
        id_change=_A_TO_C,
        v1_states=("Pending", "Open"),
        v2_states=("AuthorizationInitiated", "Authorized"),
        note=N_("Not while a capture is initiated: CaptureInitiated can't be canceled."),
    ),
    Call(
        "GetAuthorizationDetails",
        "get_charge",
        "Get Charge",
        "GET",
        "/charges/{chargeId}",
        "AmazonAuthorizationId",
        "chargeId",
        id_change=_A_TO_C,
        note=N_("The authorization id itself is unknown to v2."),
    ),
    Call(
        "GetCaptureDetails",
        "get_charge",
        "Get Charge",
        "GET",
        "/charges/{chargeId}",
        "AmazonCaptureId",
        "chargeId",
        note=N_("Capture ids and charge ids are one namespace: the id is used as it is."),
    ),
    Call(
        "GetOrderReferenceDetails",
        "get_charge_permission",
        "Get Charge Permission",
        "GET",
        "/chargePermissions/{chargePermissionId}",
        "AmazonOrderReferenceId",
        "chargePermissionId",
        note=N_("v2 doesn't list the authorizations of an order: keep the ids."),
    ),
    Call(
        "GetBillingAgreementDetails",
        "get_charge_permission",
        "Get Charge Permission",
        "GET",
        "/chargePermissions/{chargePermissionId}",
        "AmazonBillingAgreementId",
        "chargePermissionId",
    ),
    Call(
        "Refund",
        "create_refund",
        "Create Refund",
        "POST",
        "/refunds",
        "AmazonCaptureId",
        "chargeId",
        v1_states=("Completed",),
        v2_states=("Captured",),
        note=sentences(
            N_(
                "The capture id, never the authorization id: an -A id must be changed to its -C id "
                "first."
            ),
            _IN_FLIGHT,
        ),
    ),
    Call(
        "GetRefundDetails",
        "get_refund",
        "Get Refund",
        "GET",
        "/refunds/{refundId}",
        "AmazonRefundId",
        "refundId",
    ),
    Call(
        "SetBillingAgreementDetails",
        "update_charge_permission",
        "Update Charge Permission",
        "PATCH",
        "/chargePermissions/{chargePermissionId}",
        "AmazonBillingAgreementId",
        "chargePermissionId",
        v2_states=("Chargeable", "NonChargeable"),
        note=N_("Only merchantMetadata and recurringMetadata can be updated."),
    ),
    _none(
        "CreateOrderReferenceForId",
        "AmazonBillingAgreementId",
        N_(
            "No equivalent. Call Create Charge with the billing agreement id when the payment is "
            "to be authorized or captured."
        ),
    ),
    _none(
        "ValidateBillingAgreement",
        "AmazonBillingAgreementId",
        N_(
            "No equivalent and none needed: Amazon validates the payment method when the charge "
            "permission is created."
        ),
    ),
    _none(
        "SetOrderReferenceDetails",
        "AmazonOrderReferenceId",
        N_(
            "No equivalent. It belongs to a v1 checkout that isn't confirmed yet; in v2 the "
            "checkout session holds these details."
        ),
        _NOT_IN_GUIDE,
    ),
    _none(
        "ConfirmOrderReference",
        "AmazonOrderReferenceId",
        N_(
            "No equivalent. It ends a v1 checkout; in v2 Complete Checkout Session does, for v2 "
            "checkouts alone."
        ),
        _NOT_IN_GUIDE,
    ),
    _none(
        "SetOrderAttributes",
        "AmazonOrderReferenceId",
        N_(
            "No counterpart is named. Update Charge Permission changes merchantMetadata; whether "
            "it does so on every v1 order is unconfirmed."
        ),
        _NOT_IN_GUIDE,
    ),
    _none(
        "ListOrderReference",
        "SellerOrderId",
        N_(
            "No equivalent: v2 has no list and no search. Find ids through notifications, reports "
            "or Seller Central."
        ),
        _NOT_IN_GUIDE,
    ),
    _none(
        "ListOrderReferenceByNextToken",
        "NextPageToken",
        N_("No equivalent: v2 has no list and no search."),
        _NOT_IN_GUIDE,
    ),
    _none(
        "ConfirmBillingAgreement",
        "AmazonBillingAgreementId",
        N_(
            "No equivalent. It ends a v1 checkout; in v2 Complete Checkout Session does, for v2 "
            "checkouts alone."
        ),
        _NOT_IN_GUIDE,
    ),
)


def calls_for_v1(name: str) -> tuple[Call, ...]:
    """The rows of a v1 call, by its name in any case; empty if v1 had no such call.

    Source: "Upgrading to Checkout v2".
    """
    return tuple(call for call in CALLS if call.v1.casefold() == name.strip().casefold())


def calls_for_v2(operation: str) -> tuple[Call, ...]:
    """The v1 calls whose work a v2 operation does, by its key or title (`create_charge`,
    `Create Charge`, `createCharge`). Source: "Upgrading to Checkout v2".
    """
    wanted = squeezed(operation)
    return tuple(call for call in CALLS if call.operation and wanted == squeezed(call.operation))


# --- states: v1 to v2 ------------------------------------------------------------------------


@dataclass(frozen=True)
class ToV2:
    """A v1 state and the v2 state it became.

    The row holds for `reasons` alone, or with `other_than` for every reason but those; without
    reasons it holds for all. `v2_state` is None where v2 has no object. `inferred` marks what
    Amazon doesn't publish.
    """

    kind: V1Kind
    v1_state: str
    v2_kind: V2Kind
    v2_state: str | None
    reasons: tuple[str, ...] = ()
    other_than: bool = False
    condition: str = ""
    note: str = ""
    inferred: bool = False
    source: str = GUIDE

    def holds_for(self, reason: str | None) -> bool:
        """Whether the row can hold for `reason`; None is a reason that isn't known."""
        if reason is None or not self.reasons:
            return True
        return (reason in self.reasons) != self.other_than


V1_TO_V2: Final[tuple[ToV2, ...]] = (
    ToV2(
        "order_reference",
        "Draft",
        "charge_permission",
        None,
        note=N_("Never confirmed: v2 has no object for it."),
        inferred=True,
        source=DEDUCED,
    ),
    ToV2(
        "order_reference",
        "Open",
        "charge_permission",
        "Chargeable",
        condition=N_("Before a successful capture."),
    ),
    ToV2(
        "order_reference",
        "Open",
        "charge_permission",
        "Closed",
        condition=N_("After a successful capture."),
        note=N_("The v2 object closes when nothing is left to capture: good news."),
    ),
    ToV2("order_reference", "Suspended", "charge_permission", "NonChargeable"),
    ToV2("order_reference", "Canceled", "charge_permission", "Closed"),
    ToV2("order_reference", "Closed", "charge_permission", "Closed"),
    ToV2(
        "billing_agreement",
        "Draft",
        "charge_permission",
        None,
        note=N_("Never confirmed: v2 has no object for it."),
        inferred=True,
        source=DEDUCED,
    ),
    ToV2("billing_agreement", "Open", "charge_permission", "Chargeable"),
    ToV2("billing_agreement", "Suspended", "charge_permission", "NonChargeable"),
    ToV2("billing_agreement", "Canceled", "charge_permission", "Closed"),
    ToV2("billing_agreement", "Closed", "charge_permission", "Closed"),
    ToV2("authorization", "Pending", "charge", "AuthorizationInitiated"),
    ToV2("authorization", "Open", "charge", "Authorized"),
    ToV2("authorization", "Declined", "charge", "Declined"),
    ToV2(
        "authorization",
        "Closed",
        "charge",
        "Captured",
        reasons=CAPTURED_REASONS,
        condition=N_("The authorization was captured."),
        note=N_("The guide prints MaxAmountCaptured, the v1 API answers MaxCapturesProcessed."),
    ),
    ToV2(
        "authorization",
        "Closed",
        "charge",
        "Canceled",
        reasons=CAPTURED_REASONS,
        other_than=True,
        condition=N_("Every other reason code."),
    ),
    ToV2("capture", "Pending", "charge", "CaptureInitiated"),
    ToV2("capture", "Completed", "charge", "Captured"),
    ToV2("capture", "Declined", "charge", "Declined"),
    ToV2(
        "capture",
        "Closed",
        "charge",
        "Canceled",
        note=(
            N_(
                "As the guide prints it. v1 closed a capture when it had been refunded as far as "
                "allowed, so trust what Get Charge says."
            )
        ),
    ),
    ToV2(
        "capture",
        "Closed",
        "charge",
        "Captured",
        reasons=FULLY_REFUNDED_REASONS,
        condition=N_("Refunded as far as allowed."),
        note=N_("Get Charge probably says Captured with a refundedAmount; unconfirmed."),
        inferred=True,
        source=DEDUCED,
    ),
    ToV2("refund", "Pending", "refund", "RefundInitiated"),
    ToV2("refund", "Completed", "refund", "Refunded"),
    ToV2("refund", "Declined", "refund", "Declined"),
)


def to_v2(kind: str, v1_state: str, reason: str | None = None) -> tuple[ToV2, ...]:
    """The rows for a v1 state, most likely first; empty where the state is unknown.

    Without `reason` every row that could hold is given. Sources: "Upgrading to Checkout v2";
    rows marked `inferred` are deduced.
    """
    return tuple(
        row
        for row in V1_TO_V2
        if row.kind == kind and row.v1_state == v1_state and row.holds_for(reason)
    )


# --- states: v2 to v1 ------------------------------------------------------------------------


@dataclass(frozen=True)
class V1State:
    """A candidate: what v1 may have called this object.

    `reason` is the v1 reason code where it can be told. `condition` says when the candidate
    holds, `inferred` that Amazon doesn't publish it.
    """

    kind: V1Kind
    state: str
    reason: str | None = None
    condition: str = ""
    inferred: bool = False


@dataclass(frozen=True)
class ToV1:
    """A v2 state and one candidate of what v1 called it.

    The row holds for `reasons` alone (empty: whatever the reason is). The three-valued fields
    say what must be known: True or False must match what the caller knows, None doesn't care;
    a caller who doesn't know gets the row.
    """

    kind: V2Kind
    v2_state: str
    v1: V1State
    reasons: tuple[str, ...] = ()
    other_than: bool = False
    recurring: bool | None = None
    fully_captured: bool | None = None
    captured: bool | None = None
    fully_refunded: bool | None = None


def _agrees(wanted: bool | None, known: bool | None) -> bool:
    return wanted is None or known is None or wanted == known


_AUTHORIZATION_DECLINES: Final = ("SoftDeclined", "HardDeclined", "TransactionTimedOut")
# Closed reasons that have rows of their own; any other is told by the money alone.
_CLOSED_REASONS: Final = (
    "Expired",
    "MerchantClosed",
    "MerchantCanceled",
    "AmazonClosed",
    "AmazonCanceled",
    "BuyerClosed",
    "BuyerCanceled",
)


def _permission_rows() -> Iterator[ToV1]:
    cp: V2Kind = "charge_permission"
    order: V1Kind = "order_reference"
    agreement: V1Kind = "billing_agreement"
    for kind, recurring in ((order, False), (agreement, True)):
        yield ToV1(cp, "Chargeable", V1State(kind, "Open"), recurring=recurring)
        yield ToV1(
            cp,
            "NonChargeable",
            V1State(kind, "Suspended"),
            reasons=("ChargeInProgress",),
            other_than=True,
            recurring=recurring,
        )
        yield ToV1(
            cp,
            "NonChargeable",
            V1State(
                kind, "Open", None, N_("A charge is in progress: v1 has no word for it."), True
            ),
            reasons=("ChargeInProgress",),
            recurring=recurring,
        )
        yield ToV1(
            cp,
            "Closed",
            # v1's list of reasons for a closed agreement isn't readable to its end.
            V1State(
                kind, "Closed", None if recurring else "Expired", N_("Its time ran out."), True
            ),
            reasons=("Expired",),
            recurring=recurring,
        )
        yield ToV1(
            cp,
            "Closed",
            V1State(kind, "Closed", "SellerClosed", N_("Closed by the merchant."), True),
            reasons=("MerchantClosed",),
            recurring=recurring,
        )
        yield ToV1(
            cp,
            "Closed",
            V1State(kind, "Closed", "AmazonClosed", N_("Closed by Amazon."), True),
            reasons=("AmazonClosed",),
            recurring=recurring,
        )

    # v1 could cancel an order only while nothing was captured, and a merchant couldn't cancel
    # a billing agreement at all, only close it.
    yield ToV1(
        cp,
        "Closed",
        V1State(order, "Canceled", "SellerCanceled", N_("Canceled by the merchant."), True),
        reasons=("MerchantCanceled",),
        recurring=False,
        captured=False,
    )
    yield ToV1(
        cp,
        "Closed",
        V1State(order, "Closed", "SellerClosed", N_("Something had been captured."), True),
        reasons=("MerchantCanceled",),
        recurring=False,
        captured=True,
    )
    yield ToV1(
        cp,
        "Closed",
        V1State(agreement, "Closed", "SellerClosed", N_("Closed by the merchant."), True),
        reasons=("MerchantCanceled",),
        recurring=True,
    )
    yield ToV1(
        cp,
        "Closed",
        V1State(order, "Canceled", "AmazonCanceled", N_("Canceled by Amazon."), True),
        reasons=("AmazonCanceled",),
        recurring=False,
        captured=False,
    )
    yield ToV1(
        cp,
        "Closed",
        V1State(order, "Closed", "AmazonClosed", N_("Something had been captured."), True),
        reasons=("AmazonCanceled",),
        recurring=False,
        captured=True,
    )
    yield ToV1(
        cp,
        "Closed",
        V1State(agreement, "Canceled", "AmazonCanceled", N_("Canceled by Amazon."), True),
        reasons=("AmazonCanceled",),
        recurring=True,
    )
    for reason in ("BuyerClosed", "BuyerCanceled"):
        yield ToV1(
            cp,
            "Closed",
            V1State(agreement, "Closed", "BuyerClosed", N_("Ended by the buyer."), True),
            reasons=(reason,),
            recurring=True,
        )
        # v1 knew no reason by which a buyer ended a one-time order.
        yield ToV1(
            cp,
            "Closed",
            V1State(order, "Closed", None, N_("Ended by the buyer: v1 has no word for it."), True),
            reasons=(reason,),
            recurring=False,
        )
        yield ToV1(
            cp,
            "Closed",
            V1State(
                order, "Canceled", None, N_("Ended by the buyer: v1 has no word for it."), True
            ),
            reasons=(reason,),
            recurring=False,
            captured=False,
        )

    # Reason absent or unknown.
    for kind, recurring in ((order, False), (agreement, True)):
        yield ToV1(
            cp,
            "Closed",
            V1State(kind, "Closed"),
            reasons=_CLOSED_REASONS,
            other_than=True,
            recurring=recurring,
        )
    yield ToV1(
        cp,
        "Closed",
        V1State(order, "Canceled", None, N_("Only while nothing was captured.")),
        reasons=_CLOSED_REASONS,
        other_than=True,
        recurring=False,
        captured=False,
    )
    yield ToV1(
        cp,
        "Closed",
        V1State(agreement, "Canceled"),
        reasons=_CLOSED_REASONS,
        other_than=True,
        recurring=True,
    )
    # The guide: an order reference that is Open in v1 is Closed in v2 after its capture.
    yield ToV1(
        cp,
        "Closed",
        V1State(order, "Open", None, N_("Everything is captured, and nobody closed it in v1.")),
        reasons=("AmazonClosed",),
        recurring=False,
        fully_captured=True,
    )
    yield ToV1(
        cp,
        "Closed",
        V1State(order, "Open", None, N_("Everything is captured, and nobody closed it in v1.")),
        reasons=_CLOSED_REASONS,
        other_than=True,
        recurring=False,
        fully_captured=True,
    )


def _charge_rows() -> Iterator[ToV1]:
    auth: V1Kind = "authorization"
    capture: V1Kind = "capture"
    yield ToV1("charge", "AuthorizationInitiated", V1State(auth, "Pending"))
    yield ToV1("charge", "Authorized", V1State(auth, "Open"))
    yield ToV1(
        "charge",
        "CaptureInitiated",
        V1State(auth, "Closed", "MaxCapturesProcessed", N_("If v1 closed it at once."), True),
    )
    yield ToV1(
        "charge",
        "CaptureInitiated",
        V1State(auth, "Open", None, N_("If v1 closed it only after the capture."), True),
    )
    yield ToV1("charge", "CaptureInitiated", V1State(capture, "Pending"))
    yield ToV1("charge", "Captured", V1State(auth, "Closed", "MaxCapturesProcessed"))
    yield ToV1("charge", "Captured", V1State(capture, "Completed"))
    yield ToV1(
        "charge",
        "Captured",
        V1State(
            capture,
            "Closed",
            "MaxAmountRefunded",
            N_("Refunded as far as allowed, which is more than was captured."),
            True,
        ),
        fully_refunded=True,
    )
    # Declined names both: an authorization that was declined, or a capture of a good one.
    yield ToV1(
        "charge",
        "Declined",
        V1State(auth, "Declined", "InvalidPaymentMethod", N_("SoftDecline true."), True),
        reasons=("SoftDeclined",),
    )
    yield ToV1(
        "charge",
        "Declined",
        V1State(auth, "Declined", "InvalidPaymentMethod", N_("SoftDecline false."), True),
        reasons=("HardDeclined",),
    )
    yield ToV1(
        "charge",
        "Declined",
        V1State(auth, "Declined", "TransactionTimedOut", "", True),
        reasons=("TransactionTimedOut",),
    )
    for reason in ("AmazonRejected", "ProcessingFailure"):
        yield ToV1(
            "charge",
            "Declined",
            V1State(auth, "Declined", reason, N_("No capture was requested.")),
            reasons=(reason,),
            captured=False,
        )
        yield ToV1(
            "charge",
            "Declined",
            V1State(capture, "Declined", reason, N_("A capture was requested.")),
            reasons=(reason,),
            captured=True,
        )
    yield ToV1(
        "charge",
        "Declined",
        V1State(auth, "Declined", None, N_("No capture was requested.")),
        reasons=(*_AUTHORIZATION_DECLINES, "AmazonRejected", "ProcessingFailure"),
        other_than=True,
        captured=False,
    )
    yield ToV1(
        "charge",
        "Declined",
        V1State(capture, "Declined", None, N_("A capture was requested.")),
        reasons=(*_AUTHORIZATION_DECLINES, "AmazonRejected", "ProcessingFailure"),
        other_than=True,
        captured=True,
    )
    for state in ("Open", "Closed"):
        yield ToV1(
            "charge",
            "Declined",
            V1State(auth, state, None, N_("A capture was requested and declined."), True),
            reasons=_AUTHORIZATION_DECLINES,
            other_than=True,
            captured=True,
        )
    canceled = {
        "ExpiredUnused": "ExpiredUnused",
        "MerchantCanceled": "SellerClosed",
        "AmazonCanceled": "AmazonClosed",
        "ChargePermissionCanceled": "OrderReferenceCanceled",
    }
    for v2_reason, v1_reason in canceled.items():
        yield ToV1(
            "charge",
            "Canceled",
            V1State(auth, "Closed", v1_reason, "", v1_reason != v2_reason),
            reasons=(v2_reason,),
        )
    yield ToV1(
        "charge",
        "Canceled",
        V1State(auth, "Closed"),
        reasons=tuple(canceled),
        other_than=True,
    )
    yield ToV1(
        "charge",
        "Canceled",
        V1State(capture, "Closed", None, N_("As the guide prints it, if it was captured.")),
        captured=True,
    )


V2_TO_V1: Final[tuple[ToV1, ...]] = (
    *_permission_rows(),
    *_charge_rows(),
    ToV1("refund", "RefundInitiated", V1State("refund", "Pending")),
    ToV1("refund", "Refunded", V1State("refund", "Completed")),
    ToV1("refund", "Declined", V1State("refund", "Declined")),
)


def to_v1(
    kind: V2Kind,
    v2_state: str,
    *,
    reason: str | None,
    recurring: bool = False,
    fully_captured: bool | None = None,
    captured: bool | None = None,
    fully_refunded: bool | None = None,
) -> tuple[V1State, ...]:
    """What v1 may have called an object, most likely first; empty where v2's word is unknown.

    `captured` says whether a capture was requested on the charge, or on any charge of the
    permission; `fully_captured` that nothing is left to capture. None means not known, and
    every candidate that could hold is given (a null captureAmount on a declined charge says
    nothing: pass None). For a charge both the authorization and the
    capture come back. Sources: "Upgrading to Checkout v2", read backwards; the v1 pages of
    states and reason codes; what is `inferred` stands nowhere.
    """
    if fully_captured:
        captured = True
    elif captured is False:
        fully_captured = False
    found: list[V1State] = []
    for row in V2_TO_V1:
        if row.kind != kind or row.v2_state != v2_state:
            continue
        if row.reasons and ((reason in row.reasons) == row.other_than):
            continue
        if not (
            _agrees(row.recurring, recurring)
            and _agrees(row.fully_captured, fully_captured)
            and _agrees(row.captured, captured)
            and _agrees(row.fully_refunded, fully_refunded)
        ):
            continue
        if row.v1 not in found:
            found.append(row.v1)
    return tuple(found)


def _states(candidates: Iterable[V1State], kind: V1Kind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.state for one in candidates if one.kind == kind))


def authorization_state(
    v2_state: str, reason: str | None = None, *, captured: bool | None = None
) -> tuple[str, ...]:
    """What v1 may have called a charge's authorization, most likely first.

    `captured` is whether a capture was requested, which tells a declined authorization from a
    declined capture. Source: as `to_v1`.
    """
    found = to_v1("charge", v2_state, reason=reason, captured=captured)
    return _states(found, "authorization")


def capture_state(
    v2_state: str,
    reason: str | None = None,
    *,
    captured: bool | None = None,
    fully_refunded: bool | None = False,
) -> tuple[str, ...]:
    """What v1 may have called a charge's capture, most likely first; empty where it had none.

    A capture stays Completed while it can be refunded, and v1 allowed refunds above the
    captured amount: so `fully_refunded` adds Closed and doesn't take Completed away. A
    canceled charge had a capture only if one was requested. Source: as `to_v1`.
    """
    if captured is None and v2_state == "Canceled":
        captured = False
    found = to_v1(
        "charge", v2_state, reason=reason, captured=captured, fully_refunded=fully_refunded
    )
    return _states(found, "capture")


def refund_state(v2_state: str) -> str | None:
    """What v1 called a refund in this state. Source: "Upgrading to Checkout v2"."""
    found = to_v1("refund", v2_state, reason=None)
    return found[0].state if found else None


def _telling(v2_state: str, reasons: Iterable[str]) -> tuple[str | None, ...]:
    """The reasons that tell something about `v2_state`; a lone None where none of them does."""
    if v2_state == "NonChargeable":
        # One constraint that v1 knew is enough for Suspended; a charge in progress isn't one.
        given = tuple(dict.fromkeys(reasons))
        return tuple(r for r in given if r != "ChargeInProgress") or given or (None,)
    known = tuple(dict.fromkeys(r for r in reasons if r in _CLOSED_REASONS))
    return known or (None,)


def order_states(
    v2_state: str,
    reasons: Iterable[str] | None = (),
    recurring: bool = False,
    fully_captured: bool | None = None,
    *,
    captured: bool | None = None,
) -> tuple[str, ...]:
    """What v1 may have called the order (or billing agreement, if `recurring`), most likely first.

    `captured` is whether anything was captured: v1 could cancel an order only before that.
    Source: as `to_v1`.
    """
    kind: V1Kind = "billing_agreement" if recurring else "order_reference"
    found: list[str] = []
    for reason in _telling(v2_state, reasons or ()):
        candidates = to_v1(
            "charge_permission",
            v2_state,
            reason=reason,
            recurring=recurring,
            fully_captured=fully_captured,
            captured=captured,
        )
        found.extend(_states(candidates, kind))
    return tuple(dict.fromkeys(found))


# --- Seller Central --------------------------------------------------------------------------


@dataclass(frozen=True)
class SellerCentralState:
    """A word of Seller Central's transaction view and what may stand behind it.

    `reasons` are the v2 reason codes for which it is shown (empty: any). `captured` True or
    False must match what is known of the order, as in the v2 to v1 table.
    """

    shown: str
    v2_state: str
    meaning: str
    reasons: tuple[str, ...] = ()
    other_than: bool = False
    captured: bool | None = None
    inferred: bool = False
    source: str = JP_SELLER_CENTRAL


SELLER_CENTRAL_STATES: Final[tuple[SellerCentralState, ...]] = (
    SellerCentralState(
        "Open",
        "Chargeable",
        N_(
            "Not captured yet; or the buyer almost finished and Complete Checkout Session was "
            "never called, which Amazon cancels after 24 hours."
        ),
    ),
    SellerCentralState(
        "Suspended",
        "NonChargeable",
        N_("A problem with the payment method."),
        reasons=("ChargeInProgress",),
        other_than=True,
    ),
    SellerCentralState(
        "Open",
        "NonChargeable",
        N_("A charge is in progress: no problem with the payment method, so probably Open."),
        reasons=("ChargeInProgress",),
        inferred=True,
        source=DEDUCED,
    ),
    SellerCentralState(
        "Closed",
        "Closed",
        N_(
            "Fully captured (with allowOvercharge: up to the raised limit), or closed through the "
            "API, by hand, by Amazon, or because its time ran out."
        ),
    ),
    SellerCentralState(
        "Canceled",
        "Closed",
        N_(
            "Canceled by hand, or the checkout session was never completed; only before anything "
            "was captured."
        ),
        reasons=("Expired", "MerchantClosed", "AmazonClosed", "BuyerClosed"),
        other_than=True,
        captured=False,
    ),
)


def seller_central_state(
    v2_state: str,
    reasons: Iterable[str] | None = (),
    recurring: bool = False,
    fully_captured: bool | None = None,
    *,
    captured: bool | None = None,
) -> tuple[str, ...]:
    """The words that Seller Central may show for a one-time permission, most likely first.

    Empty for a recurring one: Seller Central lists its charges, not the agreement, and no page
    says in which words. Source: Amazon Pay Japan onboarding, Seller Central.
    """
    if recurring:
        return ()
    if fully_captured:
        captured = True
    found: list[str] = []
    for reason in _telling(v2_state, reasons or ()):
        for row in SELLER_CENTRAL_STATES:
            if row.v2_state != v2_state or not _agrees(row.captured, captured):
                continue
            if row.reasons and ((reason in row.reasons) == row.other_than):
                continue
            found.append(row.shown)
    words = tuple(dict.fromkeys(found))
    # Canceled by the merchant is the one reason that speaks for Canceled first.
    if "Canceled" in words and "MerchantCanceled" in tuple(reasons or ()):
        return ("Canceled", *(word for word in words if word != "Canceled"))
    return words


@dataclass(frozen=True)
class SellerCentralAction:
    """What a person can do in Seller Central, and the calls with the same effect."""

    shown: str
    v1: str
    v2: str
    note: str
    source: str = JP_SELLER_CENTRAL


SELLER_CENTRAL_ACTIONS: Final[tuple[SellerCentralAction, ...]] = (
    SellerCentralAction(
        "Collect payment (売上請求)",
        "Authorize, Capture",
        "Create Charge, Capture Charge",
        N_(
            "Creates a charge where there is none and captures at once: the state can change "
            "behind this console."
        ),
    ),
    SellerCentralAction(
        "Close (終了したお支払い)",
        "CloseOrderReference",
        "Close Charge Permission, cancelPendingCharges false",
        N_("Shown as Closed afterwards."),
    ),
    SellerCentralAction(
        "Cancel (お支払いキャンセル)",
        "CancelOrderReference",
        "Close Charge Permission, cancelPendingCharges true",
        N_("Shown as Canceled afterwards; v2 says Closed for both."),
    ),
    SellerCentralAction(
        "Refund",
        "Refund",
        "Create Refund",
        N_("A refund by hand is a refund like any other."),
    ),
)


# --- reason codes ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Reason:
    """A v1 reason code and the v2 reason code that stands for the same cause.

    None on one side: that side has no word for it. `inferred` marks a pair that no page prints.
    """

    kind: V1Kind
    v1_state: str
    v1_reason: str | None
    v2_kind: V2Kind
    v2_state: str
    v2_reason: str | None
    note: str = ""
    inferred: bool = False
    source: str = DEDUCED


def _suspended(
    kind: V1Kind, v1_reason: str | None, v2_reason: str, note: str = "", inferred: bool = True
) -> Reason:
    source = V1_AGREEMENT_STATES if kind == "billing_agreement" else DEDUCED
    return Reason(
        kind,
        "Suspended",
        v1_reason,
        "charge_permission",
        "NonChargeable",
        v2_reason,
        note,
        inferred,
        source,
    )


def _ended(
    kind: V1Kind,
    v1_state: str,
    v1_reason: str | None,
    v2_reason: str | None,
    note: str = "",
    *,
    same: bool = False,
) -> Reason:
    return Reason(
        kind,
        v1_state,
        v1_reason,
        "charge_permission",
        "Closed",
        v2_reason,
        note,
        not same,
        V1_AGREEMENT_STATES if kind == "billing_agreement" else V1_ORDER_STATES,
    )


def _charged(
    kind: V1Kind,
    v1_state: str,
    v1_reason: str | None,
    v2_state: str,
    v2_reason: str | None,
    note: str = "",
    *,
    same: bool = False,
) -> Reason:
    return Reason(
        kind,
        v1_state,
        v1_reason,
        "charge",
        v2_state,
        v2_reason,
        note,
        not same,
        V1_CAPTURE_STATES if kind == "capture" else V1_AUTHORIZATION_STATES,
    )


_ATYPICAL: Final = N_("A warning not to ship; v2 has no word for it.")
_ONE_WORD: Final = N_("v1 had one word for every problem with the payment method.")
_ALL_USED: Final = N_("v2 closes when nothing is left to capture, probably as AmazonClosed.")
_NO_V1: Final = N_("v1 has no word for it.")

REASONS: Final[tuple[Reason, ...]] = (
    _suspended("order_reference", "InvalidPaymentMethod", "PaymentMethodInvalid"),
    _suspended("order_reference", "InvalidPaymentMethod", "PaymentMethodDeleted", _ONE_WORD),
    _suspended("order_reference", "InvalidPaymentMethod", "PaymentMethodExpired", _ONE_WORD),
    _suspended("order_reference", "InvalidPaymentMethod", "PaymentMethodNotAllowed", _ONE_WORD),
    _suspended("order_reference", "InvalidPaymentMethod", "PaymentMethodNotSet", _ONE_WORD),
    _suspended("order_reference", "InvalidPaymentMethod", "BillingAddressDeleted", _ONE_WORD),
    _suspended("order_reference", None, "MFAFailed", _NO_V1),
    _suspended("order_reference", None, "AmountNotSet", _NO_V1),
    Reason(
        "order_reference",
        "Open",
        None,
        "charge_permission",
        "NonChargeable",
        "ChargeInProgress",
        N_("v1 has no word for it; the order stays Open."),
        True,
    ),
    _suspended("billing_agreement", "InvalidPaymentMethod", "PaymentMethodInvalid"),
    _suspended(
        "billing_agreement", "PaymentMethodDeleted", "PaymentMethodDeleted", inferred=False
    ),
    _suspended(
        "billing_agreement", "PaymentMethodExpired", "PaymentMethodExpired", inferred=False
    ),
    _suspended(
        "billing_agreement", "BillingAddressDeleted", "BillingAddressDeleted", inferred=False
    ),
    _suspended(
        "billing_agreement", "InvalidPaymentMethod", "PaymentMethodNotAllowed", _ONE_WORD
    ),
    _suspended("billing_agreement", "InvalidPaymentMethod", "PaymentMethodNotSet", _ONE_WORD),
    _suspended("billing_agreement", None, "MFAFailed", _NO_V1),
    _suspended("billing_agreement", None, "AmountNotSet", _NO_V1),
    Reason(
        "billing_agreement",
        "Open",
        None,
        "charge_permission",
        "NonChargeable",
        "ChargeInProgress",
        N_("v1 has no word for it; the agreement stays Open."),
        True,
    ),
    _ended("order_reference", "Canceled", "SellerCanceled", "MerchantCanceled"),
    _ended(
        "order_reference",
        "Canceled",
        "Stale",
        None,
        N_("Not confirmed within 3 hours; whether v2 answers for such an order is unconfirmed."),
    ),
    _ended("order_reference", "Canceled", "AmazonCanceled", "AmazonCanceled", same=True),
    _ended("order_reference", "Closed", "Expired", "Expired", same=True),
    _ended("order_reference", "Closed", "MaxAmountCharged", "AmazonClosed", _ALL_USED),
    _ended(
        "order_reference",
        "Closed",
        "MaxAuthorizationsCaptured",
        "AmazonClosed",
        N_("Older texts say 10 authorizations, newer ones 25."),
    ),
    _ended(
        "order_reference",
        "Closed",
        "MaxAuthorizationsProcessed",
        "AmazonClosed",
        N_("Another spelling of MaxAuthorizationsCaptured, seen in one list."),
    ),
    _ended("order_reference", "Closed", "AmazonClosed", "AmazonClosed", same=True),
    _ended("order_reference", "Closed", "SellerClosed", "MerchantClosed"),
    _ended("order_reference", "Closed", None, "BuyerCanceled", _NO_V1),
    _ended(
        "billing_agreement",
        "Canceled",
        "Stale",
        None,
        N_("Not confirmed within 3 hours; whether v2 answers for it is unconfirmed."),
    ),
    _ended("billing_agreement", "Canceled", "AmazonCanceled", "AmazonCanceled", same=True),
    _ended("billing_agreement", "Closed", "SellerClosed", "MerchantClosed"),
    _ended(
        "billing_agreement",
        "Closed",
        "SellerClosed",
        "MerchantCanceled",
        N_("Older v2 pages have MerchantCanceled where newer ones have MerchantClosed."),
    ),
    _ended("billing_agreement", "Closed", "BuyerClosed", "BuyerClosed", same=True),
    _ended("billing_agreement", "Closed", "BuyerClosed", "BuyerCanceled"),
    _ended("billing_agreement", "Closed", "AmazonClosed", "AmazonClosed", same=True),
    _ended(
        "billing_agreement",
        "Closed",
        None,
        "Expired",
        N_("v1's list of reasons isn't readable to its end: its word is unconfirmed."),
    ),
    _charged("authorization", "Pending", "StopShipmentAtypicalAuth", "AuthorizationInitiated",
             None, _ATYPICAL),
    _charged("authorization", "Open", "StopShipmentAtypicalAuth", "Authorized", None, _ATYPICAL),
    _charged("authorization", "Declined", "InvalidPaymentMethod", "Declined", "SoftDeclined",
             N_("With v1's SoftDecline true.")),
    _charged("authorization", "Declined", "InvalidPaymentMethod", "Declined", "HardDeclined",
             N_("With v1's SoftDecline false.")),
    _charged("authorization", "Declined", "AmazonRejected", "Declined", "AmazonRejected",
             same=True),
    _charged("authorization", "Declined", "ProcessingFailure", "Declined", "ProcessingFailure",
             same=True),
    _charged("authorization", "Declined", "TransactionTimedOut", "Declined",
             "TransactionTimedOut", same=True),
    _charged("authorization", "Closed", "MaxCapturesProcessed", "Captured", None,
             N_("The v1 API's spelling.")),
    _charged("authorization", "Closed", "MaxAmountCaptured", "Captured", None,
             N_("The migration guide's spelling.")),
    _charged("authorization", "Closed", "ExpiredUnused", "Canceled", "ExpiredUnused", same=True),
    _charged("authorization", "Closed", "ExpireUnused", "Canceled", "ExpiredUnused",
             N_("A spelling seen in one list.")),
    _charged("authorization", "Closed", "SellerClosed", "Canceled", "MerchantCanceled"),
    _charged("authorization", "Closed", "AmazonClosed", "Canceled", "AmazonCanceled"),
    _charged("authorization", "Closed", "OrderReferenceCanceled", "Canceled",
             "ChargePermissionCanceled"),
    _charged("authorization", "Closed", None, "Canceled", "BuyerCanceled", _NO_V1),
    _charged("capture", "Pending", "StopShipmentAtypicalAuth", "CaptureInitiated", None,
             _ATYPICAL),
    _charged("capture", "Completed", "StopShipmentAtypicalAuth", "Captured", None, _ATYPICAL),
    _charged("capture", "Declined", "AmazonRejected", "Declined", "AmazonRejected", same=True),
    _charged("capture", "Declined", "ProcessingFailure", "Declined", "ProcessingFailure",
             same=True),
    _charged("capture", "Closed", "MaxAmountRefunded", "Captured", None,
             N_("The guide maps it to Canceled; Get Charge probably says Captured.")),
    _charged("capture", "Closed", "MaxRefundsProcessed", "Captured", None,
             N_("10 refunds in v1. The guide maps it to Canceled; Get Charge probably says "
             "Captured.")),
    _charged("capture", "Closed", "AmazonClosed", "Canceled", "AmazonCanceled"),
    Reason("refund", "Declined", "AmazonRejected", "refund", "Declined", "AmazonRejected",
           source=V1_REFUND_STATES),
    Reason("refund", "Declined", "ProcessingFailure", "refund", "Declined", "ProcessingFailure",
           source=V1_REFUND_STATES),
)  # fmt: skip


def reasons_to_v2(kind: str, v1_state: str, reason: str) -> tuple[Reason, ...]:
    """The rows of a v1 reason code; empty where it is unknown. Source: each row's own."""
    return tuple(
        row
        for row in REASONS
        if row.kind == kind and row.v1_state == v1_state and row.v1_reason == reason
    )


def reasons_to_v1(kind: str, v2_state: str, reason: str) -> tuple[Reason, ...]:
    """The rows of a v2 reason code; empty where it is unknown. Source: each row's own."""
    return tuple(
        row
        for row in REASONS
        if row.v2_kind == kind and row.v2_state == v2_state and row.v2_reason == reason
    )


# --- ids, fields, refund types, errors -------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """A field, value or error code of v1 beside its v2 counterpart (None: there is none)."""

    topic: str
    v1: str
    v2: str | None
    note: str = ""
    inferred: bool = False
    source: str = GUIDE


TERMS: Final[tuple[Term, ...]] = (
    Term("id", "AmazonOrderReferenceId", "chargePermissionId",
         N_("Used as it is: P live, S sandbox.")),
    Term("id", "AmazonBillingAgreementId", "chargePermissionId",
         N_("Used as it is: B live, C sandbox. Its charges have another base.")),
    Term("id", "AmazonAuthorizationId", "chargeId", _ID_CHANGES[_A_TO_C]),
    Term("id", "AmazonCaptureId", "chargeId", N_("Used as it is: one namespace.")),
    Term("id", "AmazonRefundId", "refundId", N_("Used as it is.")),
    Term("field", "CaptureNow", "captureNow"),
    Term("field", "TransactionTimeout", "canHandlePendingAuthorization",
         N_("0 was synchronous: canHandlePendingAuthorization false."), inferred=True),
    Term("field", "ClosureReason", "closureReason",
         N_("v1: 1024 characters for orders and agreements, 255 for authorizations; v2: 255."),
         source=PERMISSION_PAGE),
    Term("field", "SellerOrderId", "merchantMetadata.merchantReferenceId",
         N_("The merchant's own order number; v2 can't search for it."), source=JP_FAQ),
    Term("field", "StoreName", "merchantMetadata.merchantStoreName", inferred=True,
         source=DEDUCED),
    Term("field", "AuthorizationReferenceId, CaptureReferenceId, RefundReferenceId",
         "x-amz-pay-idempotency-key",
         N_("Both make a request happen once; v1's were 32 characters at most, as the key is."),
         inferred=True, source=DEDUCED),
    Term("field", "SandboxSimulation in a seller note", "x-amz-pay-simulation-code",
         N_("Sandbox alone."), source="Sandbox simulations"),
    Term("refund type", "SellerInitiated", None, N_("A refund that the merchant made."),
         source=V1_REFUND_STATES),
    Term("refund type", "AmazonA-ZRefund", None,
         N_("A refund that Amazon made for an A-to-z claim."), source=V1_REFUND_STATES),
    Term("refund type", "BuyerCanceled", None,
         N_("Direct debit that the buyer canceled in time."), source=V1_REFUND_STATES),
    Term("error", "CaptureNotRefundable", "InvalidChargeStatus", N_("405 in v1, 422 in v2."),
         True, V1_ERRORS_PAGE),
    Term("error", "DuplicateReferenceId", "DuplicateIdempotencyKey",
         N_("400 in both: a reference used twice."), True, V1_ERRORS_PAGE),
    Term("error", "DuplicateRequest", "DuplicateIdempotencyKey", N_("400 in both."), True,
         V1_ERRORS_PAGE),
    Term("error", "InvalidAuthorizationStatus", "InvalidChargeStatus", N_("405 in v1, 422 in v2."),
         True, V1_ERRORS_PAGE),
    Term("error", "InvalidOrderReferenceStatus", "InvalidChargePermissionStatus", N_("422 in v2."),
         True, V1_ERRORS_PAGE),
    Term("error", "TransactionAmountExceeded", "TransactionAmountExceeded", N_("The same word."),
         source=V1_ERRORS_PAGE),
    Term("error", "TransactionCountExceeded", "TransactionCountExceeded", N_("The same word."),
         source=V1_ERRORS_PAGE),
    Term("error", "CurrencyMismatch", "CurrencyMismatch", N_("The same word; 400 in both."),
         source=V1_ERRORS_PAGE),
    Term("error", "BillingAgreementNotModifiable", "ChargePermissionNotModifiable",
         N_("405 in v1, 422 in v2."), True, V1_ERRORS_PAGE),
    Term("error", "PaymentMethodNotModifiable", None,
         N_("The buyer changes it, on Amazon's pages."), True, V1_ERRORS_PAGE),
    Term("error", "InvalidTransactionId", "ResourceNotFound",
         N_("Often an authorization id where the capture id was needed."), True, V1_ERRORS_PAGE),
)  # fmt: skip


# --- notifications ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Notification:
    """A kind of instant payment notification, in v1 and in v2.

    `v1_type` is None for what v1 didn't send. `v1_root` is the root of v1's NotificationData
    XML where it is known, `v1_id` the element that holds the id.
    """

    v1_type: str | None
    v1_root: str | None
    v1_id: str | None
    object_type: str
    notification_type: str
    note: str = ""
    source: str = IPN_PAGE


NOTIFICATIONS: Final[tuple[Notification, ...]] = (
    Notification("OrderReferenceNotification", None, "AmazonOrderReferenceId",
                 "CHARGE_PERMISSION", "ATTRIBUTE_CHANGE"),
    Notification("BillingAgreementNotification", None, "AmazonBillingAgreementId",
                 "CHARGE_PERMISSION", "ATTRIBUTE_CHANGE"),
    Notification("PaymentAuthorize", "AuthorizationNotification", "AmazonAuthorizationId",
                 "CHARGE", "STATE_CHANGE", N_("The charge has the id with A → C.")),
    Notification("PaymentCapture", "CaptureNotification", "AmazonCaptureId", "CHARGE",
                 "STATE_CHANGE", N_("The capture id is the charge id.")),
    Notification("PaymentRefund", "RefundNotification", "AmazonRefundId", "REFUND",
                 "STATE_CHANGE"),
    Notification(None, None, None, "CHARGEBACK", "STATE_CHANGE",
                 N_("The id ends in -B and digits; a sample with -C exists.")),
)  # fmt: skip

IPN_FIELDS: Final[tuple[Term, ...]] = (
    Term("IPN field", "NotificationReferenceId", "NotificationId", N_("For tracking alone."),
         source=IPN_PAGE),
    Term("IPN field", "NotificationType", "ObjectType and NotificationType",
         N_("v1 named the object in the type."), source=IPN_PAGE),
    Term("IPN field", "SellerId", "MerchantID", source=IPN_PAGE),
    Term("IPN field", "ReleaseEnvironment", None, N_("The id's first letter tells it."),
         source=IPN_PAGE),
    Term("IPN field", "Version 2013-01-01", "NotificationVersion V2",
         N_("The version of the message, not of the API."), source=IPN_PAGE),
    Term("IPN field", "NotificationData", None,
         N_("v1 sent the whole object as XML; v2 sends ids, and a GET tells the state."),
         source=IPN_PAGE),
    Term("IPN field", "id inside NotificationData", "ObjectId and ChargePermissionId",
         N_("Keys come in both PascalCase and camelCase."), source=IPN_PAGE),
)  # fmt: skip


def notifications(name: str) -> tuple[Notification, ...]:
    """The rows of a v1 notification type or a v2 object type, in any case.

    Source: "Set up Instant Payment Notifications".
    """
    wanted = name.strip().casefold()
    return tuple(
        row
        for row in NOTIFICATIONS
        if wanted in (row.object_type.casefold(), (row.v1_type or row.object_type).casefold())
    )


# --- reports ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReportColumn:
    """A column of Amazon's report files and the v2 field it holds (None: no field of v2)."""

    column: str
    v2: str | None
    note: str = ""
    inferred: bool = False
    source: str = REPORTS_PAGE


REPORT_COLUMNS: Final[tuple[ReportColumn, ...]] = (
    ReportColumn("AmazonOrderReferenceId", "chargePermissionId", source=JP_FAQ),
    ReportColumn("AmazonTransactionId", "chargeId",
                 N_("Of a capture row. Not equal to the chargeId for charges of a recurring "
                 "permission."), source=JP_FAQ),
    ReportColumn("AmazonCaptureId", "chargeId",
                 N_("Not equal to the chargeId for charges of a recurring permission."),
                 source=JP_FAQ),
    ReportColumn("AmazonAuthorizationId", "chargeId", N_("With A → C in the fourth part."),
                 source=JP_FAQ),
    ReportColumn("SellerOrderId", "chargePermission.merchantMetadata.merchantReferenceId",
                 source=JP_FAQ),
    ReportColumn("SellerReferenceId", "charge.merchantMetadata.merchantReferenceId",
                 source=JP_FAQ),
    ReportColumn("StoreName", "merchantMetadata.merchantStoreName", inferred=True),
    ReportColumn("CurrencyCode", "currencyCode", inferred=True),
    ReportColumn("SellerId", "merchantId", N_("The merchant account."), inferred=True),
    ReportColumn("TransactionType", None,
                 N_("Authorization, Capture, Refund, Debt, A-to-z Guarantee Claim, Chargeback, "
                 "Dispute, Adjustment, Carryover and others.")),
    ReportColumn("TransactionPostedDate", None, N_("When it was settled, not when it was made.")),
    ReportColumn("SettlementId", None),
    ReportColumn("SettlementStartDate", None, N_("At most 30 days before the end.")),
    ReportColumn("SettlementEndDate", None),
)  # fmt: skip


@dataclass(frozen=True)
class ReportStatus:
    """A status word of a report file and the v2 state it stands for."""

    report: Literal["order_reference", "authorization"]
    status: str
    v2_state: str
    reasons: tuple[str, ...] = ()
    other_than: bool = False
    source: str = JP_FAQ


REPORT_STATUSES: Final[tuple[ReportStatus, ...]] = (
    ReportStatus("order_reference", "Open", "Chargeable"),
    ReportStatus("order_reference", "Suspended", "NonChargeable"),
    ReportStatus("order_reference", "Canceled", "Closed"),
    ReportStatus("order_reference", "Closed", "Closed"),
    ReportStatus("authorization", "Pending", "AuthorizationInitiated"),
    ReportStatus("authorization", "Open", "Authorized"),
    ReportStatus("authorization", "Declined", "Declined"),
    ReportStatus("authorization", "Closed", "Captured", CAPTURED_REASONS),
    ReportStatus("authorization", "Closed", "Canceled", CAPTURED_REASONS, True),
)


def report_columns(column: str) -> tuple[ReportColumn, ...]:
    """The row of a report column, whatever its case or separators. Source: each row's own."""
    wanted = squeezed(column)
    return tuple(row for row in REPORT_COLUMNS if squeezed(row.column) == wanted)


def report_state(report: str, status: str, reason: str | None = None) -> tuple[str, ...]:
    """The v2 states that a status in a report may stand for; empty where it is unknown.

    Source: Amazon Pay Japan FAQ QA-28.
    """
    return tuple(
        row.v2_state
        for row in REPORT_STATUSES
        if row.report == report
        and row.status == status
        and (reason is None or not row.reasons or (reason in row.reasons) != row.other_than)
    )


# --- everything, to look through -------------------------------------------------------------


@dataclass(frozen=True)
class MappingRow:
    """One line of the whole vocabulary, in words.

    They are English, as machines get them; `shown` gives them in the language of the reader.
    """

    topic: str
    v1: str
    v2: str
    seller_central: str
    note: str


# What the rows are about, in their order.
TOPICS: Final = (
    N_("call"),
    N_("state, v1 to v2"),
    N_("state, v2 to v1"),
    "Seller Central",
    N_("reason code"),
    N_("id"),
    N_("field"),
    N_("refund type"),
    N_("error"),
    N_("IPN field"),
    N_("notification"),
    N_("report column"),
    N_("report status"),
)
_NONE: Final = kept(N_("none"))
_NO_WORD: Final = kept(N_("(no word)"))
_NO_CODE: Final = kept(N_("(no reason code)"))


def _named(kind: str, *parts: str | None) -> str:
    return kept_words(_TITLES[kind], *(part for part in parts if part))


def _either(words: Sequence[str]) -> str:
    return reduce(lambda said, word: kept(N_("{words} or {word}"), words=said, word=word), words)


def _reason_words(reasons: tuple[str, ...], other_than: bool) -> str:
    if not reasons:
        return ""
    words = _either(reasons)
    return kept(N_("(not {words})"), words=words) if other_than else kept("({words})", words=words)


def _note(*parts: str, inferred: bool = False) -> str:
    """Sentences one after the other, each of them whole."""
    said = [kept_capital(part) for part in parts if part]
    return kept_together(*said, *([kept(N_("Deduced, not published."))] if inferred else []))


def _shown_for(v2_state: str, v1_state: str) -> str:
    """Seller Central speaks v1's words, of the permission alone."""
    words = {row.shown for row in SELLER_CENTRAL_STATES if row.v2_state == v2_state}
    return v1_state if v1_state in words else ""


def _call_rows() -> Iterator[tuple[MappingRow, str]]:
    for call in CALLS:
        body = ", ".join(f"{name} {str(value).lower()}" for name, value in call.body)
        v2 = ""
        if call.title:
            v2 = f"{call.title}: {call.method} {call.path}" + (f", {body}" if body else "")
        states = _either(call.v1_states) if call.v1_states else ""
        seller_central = ", ".join(
            action.shown for action in SELLER_CENTRAL_ACTIONS if call.v1 in action.v1.split(", ")
        )
        row = MappingRow(
            "call",
            f"{call.v1} ({call.v1_id})",
            v2 or _NONE,
            seller_central,
            _note(
                kept(N_("{v1_id} goes in as {v2_id}."), v1_id=call.v1_id, v2_id=call.v2_id)
                if call.v2_id
                else "",
                _ID_CHANGES.get(call.id_change, ""),
                kept(N_("The v1 object must be {states}."), states=states) if states else "",
                call.note,
            ),
        )
        yield row, f"{call.operation or ''} {(call.title or '').replace(' ', '')}"


def _state_rows() -> Iterator[MappingRow]:
    for row in V1_TO_V2:
        yield MappingRow(
            "state, v1 to v2",
            _named(row.kind, row.v1_state, _reason_words(row.reasons, row.other_than)),
            _named(row.v2_kind, row.v2_state) if row.v2_state else _NONE,
            _shown_for(row.v2_state or "", row.v1_state) if row.kind == "order_reference" else "",
            _note(row.condition, row.note, inferred=row.inferred),
        )
    for back in V2_TO_V1:
        yield MappingRow(
            "state, v2 to v1",
            _named(back.v1.kind, back.v1.state, back.v1.reason),
            _named(back.kind, back.v2_state, _reason_words(back.reasons, back.other_than)),
            _shown_for(back.v2_state, back.v1.state) if back.v1.kind == "order_reference" else "",
            _note(back.v1.condition, inferred=back.v1.inferred),
        )
    for view in SELLER_CENTRAL_STATES:
        yield MappingRow(
            "Seller Central",
            "",
            _named("charge_permission", view.v2_state,
                   _reason_words(view.reasons, view.other_than)),
            view.shown,
            _note(view.meaning, inferred=view.inferred),
        )  # fmt: skip


def _other_rows() -> Iterator[MappingRow]:
    for action in SELLER_CENTRAL_ACTIONS:
        yield MappingRow("Seller Central", action.v1, action.v2, action.shown, action.note)
    for reason in REASONS:
        yield MappingRow(
            "reason code",
            _named(reason.kind, reason.v1_state, reason.v1_reason or _NO_WORD),
            _named(reason.v2_kind, reason.v2_state, reason.v2_reason or _NO_CODE),
            "",
            _note(reason.note, inferred=reason.inferred),
        )
    for term in (*TERMS, *IPN_FIELDS):
        yield MappingRow(
            term.topic, term.v1, term.v2 or _NONE, "", _note(term.note, inferred=term.inferred)
        )
    for ipn in NOTIFICATIONS:
        yield MappingRow(
            "notification",
            f"{ipn.v1_type} ({ipn.v1_id})" if ipn.v1_type else _NONE,
            f"{ipn.object_type} {ipn.notification_type}",
            "",
            _note(kept(N_("XML root {root}."), root=ipn.v1_root) if ipn.v1_root else "", ipn.note),
        )
    for column in REPORT_COLUMNS:
        yield MappingRow(
            "report column",
            column.column,
            column.v2 or _NONE,
            "",
            _note(column.note, inferred=column.inferred),
        )
    for status in REPORT_STATUSES:
        kind = "charge_permission" if status.report == "order_reference" else "charge"
        yield MappingRow(
            "report status",
            _named(status.report, status.status, _reason_words(status.reasons, status.other_than)),
            _named(kind, status.v2_state),
            "",
            "",
        )


@cache
def _everything() -> tuple[tuple[MappingRow, str], ...]:
    """Every row once, with the English text that a search looks through."""
    rows = [*_call_rows(), *((row, "") for row in (*_state_rows(), *_other_rows()))]
    found: dict[MappingRow, str] = {}
    for row, more in rows:
        words = (row.topic, row.v1, row.v2, row.seller_central, row.note, more)
        found.setdefault(row, " ".join(words).casefold())
    return tuple(found.items())


def search(term: str = "") -> list[MappingRow]:
    """The rows in which every word of `term` occurs, in any case; all rows for no term.

    The words are those of the screen, or English.

    Where the words stand together (`cancel order reference`), those rows alone. Operations are
    also found by their keys and their names in one word (`create_charge`, `createCharge`).
    Sources: those of the tables above.
    """
    words = term.casefold().split()
    if len(words) > 1:
        name = squeezed(term)
        together = [row for row, text in _everything() if name in squeezed(text)]
        if together:
            return together
    return [row for row, text in _everything() if _has(words, text) or _has(words, _screen(row))]


def _has(words: Iterable[str], text: str) -> bool:
    return all(word in text for word in words)


def _screen(row: MappingRow) -> str:
    """What the screen shows of a row, in small letters."""
    words = (row.topic, row.v1, row.v2, row.seller_central, row.note)
    return " ".join(map(shown, words)).casefold()


@cache
def _vocabulary() -> tuple[str, ...]:
    """The words of all three vocabularies: Amazon's own names, none of our sentences."""
    found: dict[str, str] = {}
    for row, _ in _everything():
        for word in re.findall(r"[A-Za-z][\w-]{3,}", f"{row.v1} {row.v2} {row.seller_central}"):
            found.setdefault(squeezed(word), word)
    return tuple(found.values())


def nearest_words(term: str) -> tuple[str, ...]:
    """For a search without a hit: the vocabulary's words that look like those of `term`.

    The whole term is tried as one word too (`close authorisation`); words that occur by
    themselves stay as they are and aren't given.
    """
    words = term.split()
    strange = [word for word in words if not search(word)] or words
    found = [near for word in ["".join(words), *strange] for near in nearest(word, _vocabulary())]
    return tuple(dict.fromkeys(found))[:5]
