"""Orders of every shape, from the JSON that Amazon would give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from console.domain.ids import parse
from console.domain.model import Charge, ChargePermission, CheckoutSession, Refund
from console.domain.money import Money
from console.domain.order import Order

NOW = datetime(2024, 5, 24, 12, 0, tzinfo=UTC)
ORDER = "S01-5797829-1888777"
AGREEMENT = "C01-2612863-4691163"
SESSION = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"
CHARGE = f"{ORDER}-C043451"


def stamp(**ago: float) -> str:
    return (NOW - timedelta(**ago)).strftime("%Y%m%dT%H%M%SZ")


def price(text: str | None) -> dict[str, str] | None:
    """`10.00 USD` as the API gives it."""
    return Money.from_text(text).to_api() if text else None


def permission(
    state: str = "Chargeable",
    *,
    id: str = ORDER,
    type: str | None = None,
    limit: str | None = "100.00 USD",
    balance: str | None = "100.00 USD",
    reasons: tuple[str, ...] = (),
    created: str | None = None,
    expires: str | None = None,
) -> ChargePermission:
    guessed = "Recurring" if id[0] in "BC" else "OneTime"
    return ChargePermission.from_api(
        {
            "chargePermissionId": id,
            "chargePermissionType": type or guessed,
            "statusDetails": {
                "state": state,
                "reasons": [{"reasonCode": reason} for reason in reasons] or None,
            },
            "limits": {"amountLimit": price(limit), "amountBalance": price(balance)},
            "creationTimestamp": created or stamp(days=5),
            "expirationTimestamp": expires,
        }
    )


def charge(
    state: str = "Captured",
    amount: str | None = "40.00 USD",
    *,
    captured: str | None = None,
    refunded: str | None = None,
    id: str = CHARGE,
    created: str | None = None,
    expires: str | None = None,
    of: str | None = ORDER,
) -> Charge:
    taken = captured or (amount if state == "Captured" else None)
    return Charge.from_api(
        {
            "chargeId": id,
            "chargePermissionId": of,
            "chargeAmount": price(amount),
            "captureAmount": price(taken),
            "refundedAmount": price(refunded),
            "statusDetails": {"state": state, "reasonCode": None},
            "creationTimestamp": created or stamp(days=1),
            "expirationTimestamp": expires,
        }
    )


def refund(state: str, amount: str, *, number: int = 1, of: str = CHARGE) -> Refund:
    return Refund.from_api(
        {
            "refundId": f"{ORDER}-R{number:06d}",
            "chargeId": of,
            "refundAmount": price(amount),
            "statusDetails": {"state": state},
            "creationTimestamp": stamp(hours=2),
        }
    )


def session(state: str) -> CheckoutSession:
    return CheckoutSession.from_api(
        {
            "checkoutSessionId": SESSION,
            "statusDetails": {"state": state},
            "paymentDetails": {"chargeAmount": price("18.00 USD")},
        }
    )


def order(
    *charges: Charge,
    permission: ChargePermission | None = None,
    refunds: tuple[Refund, ...] = (),
    session: CheckoutSession | None = None,
    journal: dict[str, str] | None = None,
    **more: Any,
) -> Order:
    query = charges[0].id if charges else permission.id if permission else SESSION
    return Order(
        query=parse(query),
        permission=permission,
        charges=charges,
        refunds=refunds,
        observed=NOW,
        session=session,
        journal_refunds={k: Money.from_text(v) for k, v in (journal or {}).items()},
        **more,
    )
