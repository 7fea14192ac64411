"""Every state and reason code that Amazon Pay's pages name, by kind of object.

A kind is one of v2 (charge_permission, charge, refund, checkout_session, dispute) or of v1
(order_reference, billing_agreement, authorization, capture; v1's refunds share the kind).
Error codes stand in `errorcodes`. Amazon adds words: one that isn't here is no error.

Sources: the Charge Permission, Charge, Refund, Checkout Session and Dispute pages; the v1 pages
of states and reason codes.
"""

from __future__ import annotations

from typing import Final

# A reason under the empty state holds in every state of its kind: Amazon's dispute page prints
# no table of which reason belongs to which state.
ANY: Final = ""

STATES: Final[dict[str, tuple[str, ...]]] = {
    "charge_permission": ("Chargeable", "NonChargeable", "Closed"),
    "charge": (
        "AuthorizationInitiated",
        "Authorized",
        "CaptureInitiated",
        "Captured",
        "Canceled",
        "Declined",
    ),
    "refund": ("RefundInitiated", "Refunded", "Declined", "Pending", "Completed"),
    "checkout_session": ("Open", "Completed", "Canceled"),
    "dispute": ("UnderReview", "ActionRequired", "Resolved", "Closed"),
    "dispute_resolution": ("BuyerWon", "MerchantWon", "NoFault"),
    "dispute_filing_reason": (
        "ProductNotReceived",
        "ProductUnacceptable",
        "ProductNoLongerNeeded",
        "CreditNotProcessed",
        "Overcharged",
        "DuplicateCharge",
        "SubscriptionCancelled",
        "Unrecognized",
        "Fraudulent",
        "Other",
    ),
    "order_reference": ("Draft", "Open", "Suspended", "Canceled", "Closed"),
    "billing_agreement": ("Draft", "Open", "Suspended", "Canceled", "Closed"),
    "authorization": ("Pending", "Open", "Declined", "Closed"),
    "capture": ("Pending", "Completed", "Declined", "Closed"),
}

_REFUND_TYPES: Final = ("SellerInitiated", "AmazonA-ZRefund", "BuyerCanceled")

# (kind, state) -> its reason codes. For v1's refunds: the type, which says who refunded.
REASONS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("charge_permission", "NonChargeable"): (
        "PaymentMethodInvalid",
        "PaymentMethodDeleted",
        "BillingAddressDeleted",
        "PaymentMethodExpired",
        "PaymentMethodNotAllowed",
        "PaymentMethodNotSet",
        "ChargeInProgress",
        "MFAFailed",
        "AmountNotSet",
    ),
    ("charge_permission", "Closed"): (
        "MerchantClosed",
        "MerchantCanceled",
        "BuyerCanceled",
        "BuyerClosed",
        "AmazonCanceled",
        "AmazonClosed",
        "Expired",
    ),
    ("charge", "Canceled"): (
        "ExpiredUnused",
        "AmazonCanceled",
        "MerchantCanceled",
        "ChargePermissionCanceled",
        "BuyerCanceled",
    ),
    ("charge", "Declined"): (
        "SoftDeclined",
        "HardDeclined",
        "AmazonRejected",
        "ProcessingFailure",
        "TransactionTimedOut",
    ),
    ("refund", "Declined"): ("AmazonRejected", "ProcessingFailure"),
    ("refund", "Pending"): _REFUND_TYPES,
    ("refund", "Completed"): _REFUND_TYPES,
    ("checkout_session", "Canceled"): (
        "BuyerCanceled",
        "Expired",
        "AmazonCanceled",
        "Declined",
    ),
    ("dispute", ANY): (
        "MerchantResponseRequired",
        "MerchantAdditionalEvidencesRequired",
        "BuyerAdditionalEvidencesRequired",
        "MerchantAcceptedDispute",
        "MerchantResponseDeadlineExpired",
        "BuyerCancelled",
        "InvestigatorResolved",
        "AutoResolved",
        "ChargebackFiled",
    ),
    ("order_reference", "Suspended"): ("InvalidPaymentMethod",),
    ("order_reference", "Canceled"): ("SellerCanceled", "Stale", "AmazonCanceled"),
    ("order_reference", "Closed"): (
        "Expired",
        "MaxAmountCharged",
        "MaxAuthorizationsCaptured",
        "MaxAuthorizationsProcessed",
        "AmazonClosed",
        "SellerClosed",
    ),
    ("billing_agreement", "Suspended"): (
        "InvalidPaymentMethod",
        "BillingAddressDeleted",
        "PaymentMethodDeleted",
        "PaymentMethodExpired",
    ),
    ("billing_agreement", "Canceled"): ("Stale", "AmazonCanceled"),
    ("billing_agreement", "Closed"): ("SellerClosed", "BuyerClosed", "AmazonClosed"),
    ("authorization", "Pending"): ("StopShipmentAtypicalAuth",),
    ("authorization", "Open"): ("StopShipmentAtypicalAuth",),
    ("authorization", "Declined"): (
        "InvalidPaymentMethod",
        "AmazonRejected",
        "ProcessingFailure",
        "TransactionTimedOut",
    ),
    # Two pairs of spellings: each of them is printed somewhere.
    ("authorization", "Closed"): (
        "ExpiredUnused",
        "ExpireUnused",
        "MaxCapturesProcessed",
        "MaxAmountCaptured",
        "AmazonClosed",
        "OrderReferenceCanceled",
        "SellerClosed",
    ),
    ("capture", "Pending"): ("StopShipmentAtypicalAuth",),
    ("capture", "Completed"): ("StopShipmentAtypicalAuth",),
    ("capture", "Declined"): ("AmazonRejected", "ProcessingFailure"),
    ("capture", "Closed"): ("MaxAmountRefunded", "MaxRefundsProcessed", "AmazonClosed"),
}
