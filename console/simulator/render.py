"""Objects as the API shows them: every field of the Charge Permission, Charge, Refund,
Checkout Session and Dispute pages, nulls included."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from console.domain.limits import BUYER_DATA_LIFE
from console.domain.money import Money

from .bodies import JSON, METADATA_LIMITS
from .clock import timestamp
from .objects import (
    LIVE,
    Charge,
    ChargePermission,
    CheckoutSession,
    Dispute,
    Refund,
    environment_of,
)
from .world import World

_DESCRIPTIONS: Final = {
    "AmazonCanceled": "Amazon has canceled this object.",
    "AmazonClosed": "Amazon has closed this object.",
    "AmazonRejected": "Amazon has rejected the transaction.",
    "BillingAddressDeleted": "The buyer has deleted the billing address.",
    "BuyerCanceled": "The buyer has canceled this object.",
    "ChargeInProgress": "A charge is already in progress.",
    "ChargePermissionCanceled": "The charge permission has been canceled.",
    "Declined": "The payment has been declined.",
    "Expired": "The object has expired.",
    "ExpiredUnused": "The authorization has expired without a capture.",
    "HardDeclined": "The charge has been declined and can't be retried.",
    "MFAFailed": "The buyer has not completed the verification.",
    "MerchantCanceled": "The merchant has canceled this object.",
    "MerchantClosed": "The merchant has closed this object.",
    "PaymentMethodDeleted": "The buyer has deleted the payment method.",
    "PaymentMethodExpired": "The payment method has expired.",
    "PaymentMethodInvalid": "The payment method is not valid; the buyer has to update it.",
    "PaymentMethodNotAllowed": "The payment method is not allowed.",
    "PaymentMethodNotSet": "No payment method is set.",
    "ProcessingFailure": "The transaction could not be processed.",
    "SoftDeclined": "The charge has been declined and may be retried.",
    "TransactionTimedOut": "The transaction was not processed in time.",
}


def described(reason: str) -> str:
    return _DESCRIPTIONS.get(reason, f"{reason}.")


def _status(state: str, reason: str | None, updated: datetime) -> JSON:
    return {
        "state": state,
        "reasonCode": reason,
        "reasonDescription": described(reason) if reason else None,
        "lastUpdatedTimestamp": timestamp(updated),
    }


def _price(value: Money | None) -> JSON | None:
    return dict(value.to_api()) if value else None


def _environment(object_id: str) -> str:
    return "Live" if environment_of(object_id) == LIVE else "Sandbox"


def _metadata(values: JSON) -> JSON:
    return {name: values.get(name) for name in METADATA_LIMITS}


def permission_json(
    world: World, permission: ChargePermission, when: datetime | None = None
) -> JSON:
    buyer = _buyer_is_shown(permission, when or world.clock.now())
    shown = permission.address if buyer else None
    return {
        "chargePermissionId": permission.id,
        "chargePermissionReferenceId": None,
        "chargePermissionType": permission.type,
        "recurringMetadata": permission.recurring,
        "paymentMethodOnFileMetadata": None,
        "platformId": None,
        "buyer": dict(permission.buyer) if buyer and permission.buyer else None,
        "shippingAddress": shown,
        "billingAddress": shown,
        "paymentPreferences": [{"paymentDescriptor": "Visa ****1111 (Amazon Pay)"}],
        "statusDetails": {
            "state": permission.state,
            "reasons": [
                {"reasonCode": reason, "reasonDescription": described(reason)}
                for reason in permission.reasons
            ]
            or None,
            "lastUpdatedTimestamp": timestamp(permission.updated),
        },
        "creationTimestamp": timestamp(permission.created),
        "expirationTimestamp": _expiration(world, permission),
        "merchantMetadata": _metadata(permission.merchant),
        "releaseEnvironment": _environment(permission.id),
        "limits": _limits(world, permission, when),
        "presentmentCurrency": permission.limit.currency,
    }


def _buyer_is_shown(permission: ChargePermission, now: datetime) -> bool:
    """One-time: 30 days from creation. Recurring: while open and 30 days more (CP page)."""
    if permission.type == "OneTime":
        return now <= permission.created + BUYER_DATA_LIFE
    return permission.state != "Closed" or now <= permission.updated + BUYER_DATA_LIFE


def _expiration(world: World, permission: ChargePermission) -> str | None:
    if permission.expires is None or (permission.v1 and world.switches.v1_expiration == "null"):
        return None
    return timestamp(permission.expires)


def _limits(world: World, permission: ChargePermission, when: datetime | None) -> JSON | None:
    shown = world.switches.v1_limits if permission.v1 else "given"
    if shown == "null":
        return None
    if shown == "null_fields":
        return {"amountLimit": None, "amountBalance": None}
    balance = world.balance(permission, when)
    return {"amountLimit": _price(permission.limit), "amountBalance": _price(balance)}


def charge_json(world: World, charge: Charge, when: datetime | None = None) -> JSON:
    refunded = world.refunded(charge, when, initiated=world.switches.refunded_counts_initiated)
    captured = charge.captured if charge.state == "Captured" else None
    begun = charge.state == "CaptureInitiated" and world.switches.initiated_capture_shows_amount
    return {
        "chargeId": charge.id,
        "chargePermissionId": charge.permission_id,
        "chargeAmount": _price(charge.amount),
        "captureAmount": _price(charge.captured if begun else captured),
        "refundedAmount": _price(refunded) if captured else None,
        "convertedAmount": None,
        "conversionRate": None,
        "softDescriptor": charge.soft_descriptor,
        "captureNow": charge.capture_now,
        "canHandlePendingAuthorization": charge.pending_allowed,
        "channel": charge.channel,
        "chargeInitiator": charge.initiator,
        "merchantMetadata": _metadata(charge.merchant),
        "platformId": None,
        "providerMetadata": {"providerReferenceId": None},
        "statusDetails": _status(charge.state, charge.reason, charge.updated),
        "creationTimestamp": timestamp(charge.created),
        "expirationTimestamp": timestamp(charge.expires),
        "releaseEnvironment": _environment(charge.id),
        "webCheckoutDetails": None,
    }


def refund_json(refund: Refund) -> JSON:
    return {
        "refundId": refund.id,
        "chargeId": refund.charge_id,
        "refundAmount": _price(refund.amount),
        "softDescriptor": refund.soft_descriptor,
        "creationTimestamp": timestamp(refund.created),
        "statusDetails": _status(refund.state, refund.reason, refund.updated),
        "releaseEnvironment": _environment(refund.id),
    }


SESSION_FIELDS: Final = (
    "webCheckoutDetails",
    "productType",
    "integratorId",
    "paymentDetails",
    "chargePermissionType",
    "recurringMetadata",
    "paymentMethodOnFileMetadata",
    "merchantMetadata",
    "supplementaryData",
    "buyer",
    "shippingAddress",
    "billingAddress",
    "paymentPreferences",
    "addressDetails",
    "deliverySpecifications",
    "scopes",
    "providerMetadata",
    "platformId",
    "storeId",
)


def session_json(session: CheckoutSession, expires: datetime) -> JSON:
    """After completion little more than the ids is left; after cancellation only the state."""
    status = _status(session.state, session.reason, session.updated)
    if session.state == "Canceled":
        return {"checkoutSessionId": session.id, "statusDetails": status}
    is_open = session.state == "Open"
    details = {name: session.details.get(name) if is_open else None for name in SESSION_FIELDS}
    return {
        "checkoutSessionId": session.id,
        **details,
        "constraints": [] if is_open else None,
        "statusDetails": status,
        "chargePermissionId": session.permission_id,
        "chargeId": session.charge_id,
        "creationTimestamp": timestamp(session.created) if is_open else None,
        "expirationTimestamp": timestamp(expires) if is_open else None,
        "releaseEnvironment": "Live" if session.environment == LIVE else "Sandbox",
    }


def dispute_json(dispute: Dispute) -> JSON:
    due = dispute.response_due
    return {
        "disputeId": dispute.id,
        "chargeId": dispute.charge_id,
        "disputeType": "Chargeback",
        "disputeAmount": _price(dispute.amount),
        "filingReason": dispute.filing_reason,
        "statusDetails": {
            **_status(dispute.state, dispute.reason, dispute.updated),
            "resolution": None,
        },
        "merchantEvidences": None,
        "merchantResponseDeadline": timestamp(due) if due else None,
        "resolutionAuthority": None,
        "creationTimestamp": timestamp(dispute.created),
        "releaseEnvironment": _environment(dispute.id),
    }
