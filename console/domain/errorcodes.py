"""Amazon Pay's error codes: the HTTP status of each and the operations that answer with it.

Sources: Error handling page, and the per-operation lists of the Charge, Refund, Charge
Permission and Checkout Session pages; for v1 its Error codes page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class ErrorCode:
    """One `reasonCode` of an error body.

    `operations` is empty where every operation can answer with it.
    `business` marks an answer about the order; the others are about the request, the
    account or the service.
    """

    code: str
    statuses: tuple[int, ...]
    operations: frozenset[str] = field(default_factory=frozenset)
    business: bool = False


def _generic(status: int, *codes: str) -> list[ErrorCode]:
    return [ErrorCode(code, (status,)) for code in codes]


def _business(code: str, statuses: tuple[int, ...], *operations: str) -> ErrorCode:
    return ErrorCode(code, statuses, frozenset(operations), business=True)


_ROWS: Final = [
    *_generic(
        400,
        "InvalidHeaderValue",
        "InvalidRequest",
        "InvalidParameterValue",
        "InvalidRequestFormat",
        "MissingHeader",
        "MissingHeaderValue",
        "MissingParameterValue",
        "UnrecognizedField",
        "InvalidSandboxSimulationSpecified",
        "DuplicateIdempotencyKey",
        "InvalidParameterCombination",
        "CurrencyMismatch",
        "InvalidAPIVersion",
    ),
    *_generic(401, "UnauthorizedAccess"),
    *_generic(
        403,
        "InvalidAuthentication",
        "InvalidAccountStatus",
        "InvalidRequestSignature",
        "InvalidAuthorizationToken",
    ),
    *_generic(404, "ResourceNotFound"),
    *_generic(405, "UnsupportedOperation", "RequestNotSupported"),
    *_generic(408, "RequestTimeout"),
    *_generic(426, "TLSVersionNotSupported"),
    *_generic(429, "TooManyRequests", "RequestThrottled"),
    *_generic(500, "InternalServerError"),
    *_generic(503, "ServiceUnavailable"),
    _business(
        "TransactionAmountExceeded", (400,), "create_charge", "capture_charge", "create_refund"
    ),
    _business("PeriodicAmountExceeded", (400,), "create_charge"),
    _business(
        "InvalidChargePermissionStatus",
        (422,),
        "create_charge",
        "capture_charge",
        "cancel_charge",
        "update_charge_permission",
        "close_charge_permission",
    ),
    _business("InvalidChargeStatus", (422,), "capture_charge", "cancel_charge", "create_refund"),
    _business("SoftDeclined", (422,), "create_charge", "complete_checkout_session"),
    _business("HardDeclined", (422,), "create_charge", "complete_checkout_session"),
    _business(
        "TransactionCountExceeded", (422,), "create_charge", "capture_charge", "create_refund"
    ),
    _business("PaymentMethodNotAllowed", (422,), "create_charge", "complete_checkout_session"),
    _business(
        "AmazonRejected",
        (422,),
        "create_charge",
        "capture_charge",
        "create_refund",
        "complete_checkout_session",
    ),
    _business("MFANotCompleted", (422,), "create_charge", "complete_checkout_session"),
    _business("TransactionTimedOut", (422,), "create_charge", "complete_checkout_session"),
    _business(
        "ProcessingFailure",
        (500,),
        "create_charge",
        "capture_charge",
        "create_refund",
        "complete_checkout_session",
    ),
    _business("ChargePermissionNotModifiable", (422,), "update_charge_permission"),
    _business(
        "InvalidCheckoutSessionStatus",
        (422,),
        "update_checkout_session",
        "complete_checkout_session",
    ),
    _business("AmountMismatch", (409,), "complete_checkout_session"),
    _business("CheckoutSessionCanceled", (422, 400), "complete_checkout_session"),
]

ERROR_CODES: Final[dict[str, ErrorCode]] = {row.code: row for row in _ROWS}

# v1's codes that old tickets and logs show, with their HTTP status; None where no page that is
# still readable prints it.
V1_ERROR_CODES: Final[dict[str, int | None]] = {
    "CaptureNotRefundable": 405,
    "DuplicateReferenceId": 400,
    "DuplicateRequest": 400,
    "InvalidAuthorizationStatus": 405,
    "InvalidOrderReferenceStatus": None,
    "TransactionAmountExceeded": None,
    "TransactionCountExceeded": None,
    "CurrencyMismatch": 400,
    "BillingAgreementNotModifiable": 405,
    "PaymentMethodNotModifiable": None,
    "InvalidTransactionId": None,
}


def is_documented(status: int, code: str | None) -> bool:
    """Whether Amazon documents `code` with HTTP `status`: only then is an answer a refusal."""
    row = ERROR_CODES.get(code or "")
    return row is not None and status in row.statuses
