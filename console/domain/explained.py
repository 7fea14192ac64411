"""What the states of one order mean, with what depends on that very order.

The tables of `explain` know no order; here come the buyer's own link to mend the payment
method, the day from which on a monthly limit is new, and whether a closed order was paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from console.domain.explain import (
    ERRORS,
    Explanation,
    explain_state,
    mend_payment_url,
    wait_for_next_month,
)
from console.domain.ids import NotAnId, parse
from console.domain.meanings import MENDABLE
from console.domain.model import ChargePermission, Status
from console.domain.order import Order

# Reasons for which another payment method changes nothing.
_NOT_THE_METHOD: Final = frozenset(
    {"ChargeInProgress", "AmountNotSet", "AmazonRejected", "ProcessingFailure",
     "TransactionTimedOut"}
)  # fmt: skip
_NO_LINK: Final = (
    "Amazon publishes no address for one-time orders: the buyer signs in on Amazon Pay's pages, "
    "opens this order there and changes the payment method."
)


@dataclass(frozen=True)
class Explained:
    """One object of an order, its state and what that means.

    `mend_url` is where this order's buyer mends the payment method, where that would help and
    such an address is published; `mend` says the same as a sentence.
    """

    kind: str
    id: str
    status: Status
    explanation: Explanation
    mend: str | None = None
    mend_url: str | None = None


def explained(order: Order) -> tuple[Explained, ...]:
    """Every object of `order` explained: the permission first, then charges, refunds, the rest."""
    found: list[Explained] = []
    if order.permission is not None:
        found.append(_permission(order, order.permission))
    for charge in order.charges:
        meaning = explain_state("charge", charge.state, charge.status.reason_codes)
        one = Explained("charge", charge.id, charge.status, meaning)
        found.append(_with_link(order, one) if charge.state == "Declined" else one)
    for refund in order.refunds:
        meaning = explain_state("refund", refund.state, refund.status.reason_codes)
        found.append(Explained("refund", refund.id, refund.status, meaning))
    for dispute in order.disputes:
        meaning = explain_state("dispute", dispute.state, dispute.status.reason_codes)
        meaning = _with_filing_reason(meaning, dispute.filing_reason)
        found.append(Explained("dispute", dispute.id, dispute.status, meaning))
    if order.session is not None:
        session = order.session
        meaning = explain_state("checkout_session", session.state, session.status.reason_codes)
        found.append(Explained("checkout_session", session.id, session.status, meaning))
    return tuple(found)


def _permission(order: Order, permission: ChargePermission) -> Explained:
    meaning = explain_state(
        "charge_permission",
        permission.state,
        permission.status.reason_codes,
        fully_captured=order.fully_captured,
    )
    if _month_is_used_up(permission):
        limit = ERRORS["PeriodicAmountExceeded"]
        meaning = replace(
            limit,
            meaning=f"{meaning.meaning} {limit.meaning}",
            next_step=wait_for_next_month(order.observed.date()),
        )
    one = Explained("charge_permission", permission.id, permission.status, meaning)
    return _with_link(order, one) if permission.state == "NonChargeable" else one


def _month_is_used_up(permission: ChargePermission) -> bool:
    """Chargeable and recurring, with nothing left of this month's limit."""
    balance = permission.balance
    return (
        permission.state == "Chargeable"
        and not permission.is_one_time
        and balance is not None
        and not balance.is_positive
    )


def _with_filing_reason(meaning: Explanation, reason: str | None) -> Explanation:
    if not reason:
        return meaning
    why = explain_state("dispute_filing_reason", reason)
    return replace(
        meaning,
        meaning=f"{meaning.meaning} {why.meaning}",
        next_step=f"{meaning.next_step} {why.next_step}" if why.known else meaning.next_step,
        known=meaning.known and why.known,
    )


def _with_link(order: Order, one: Explained) -> Explained:
    """With the buyer's way to mend the payment method, where that can help."""
    permission = order.permission
    codes = set(one.status.reason_codes)
    if permission is None or permission.state == "Closed":
        return one  # gone, or not known: there is nothing to mend it on
    if codes and not codes & MENDABLE and codes <= _NOT_THE_METHOD:
        return one
    if permission.is_one_time:
        return replace(one, mend=_NO_LINK)
    url = mend_payment_url(permission.id, region_of(order))
    return replace(one, mend=f"The buyer's own page: {url}", mend_url=url)


def region_of(order: Order) -> str | None:
    """`na`, `eu` or `jp` by the digits of the ids, else by the yen; None where neither tells.

    The digits are read from examples, no page states them.
    """
    for hint in _region_hints(order):
        if hint:
            return hint
    return "jp" if order.currency == "JPY" else None


def _region_hints(order: Order) -> Iterator[str | None]:
    if order.permission is not None:
        try:
            yield parse(order.permission.id).region_hint
        except NotAnId:
            yield None
    yield order.query.region_hint
