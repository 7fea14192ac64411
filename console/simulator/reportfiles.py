"""The files of reports, from the world's objects.

The settlement columns are those of the Settlement report page. No page lists the columns of the
transaction reports: the ids and order numbers are those of the Japan FAQ QA-28, the others
stand for what such a file has besides.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from .objects import Charge, ChargePermission, Refund
from .world import World


def _type(word: str) -> str:
    return f"_GET_FLAT_FILE_OFFAMAZONPAYMENTS_{word}_DATA_"


ORDER_REFERENCE: Final = _type("ORDER_REFERENCE")
BILLING_AGREEMENT: Final = _type("BILLING_AGREEMENT")
AUTHORIZATION: Final = _type("AUTHORIZATION")
CAPTURE: Final = _type("CAPTURE")
REFUND: Final = _type("REFUND")
SETTLEMENT: Final = _type("SETTLEMENT")
SANDBOX_SETTLEMENT: Final = _type("SANDBOX_SETTLEMENT")
TYPES: Final = (
    ORDER_REFERENCE, BILLING_AGREEMENT, AUTHORIZATION, CAPTURE, REFUND, SETTLEMENT,
    SANDBOX_SETTLEMENT,
)  # fmt: skip
SELLER: Final = "A1XX111XXX111XXX"

# v2 state -> the v1 word that a report has, and v1's reason where it has one.
_ORDER_WORDS: Final = {
    "Chargeable": ("Open", ""),
    "NonChargeable": ("Suspended", "InvalidPaymentMethod"),
    "Closed": ("Closed", "MaxAmountCharged"),
}
_CANCELED: Final = {"MerchantCanceled": "SellerCanceled", "AmazonCanceled": "AmazonCanceled"}
_AUTHORIZATION_WORDS: Final = {
    "AuthorizationInitiated": ("Pending", ""),
    "Authorized": ("Open", ""),
    "Declined": ("Declined", "InvalidPaymentMethod"),
    "CaptureInitiated": ("Closed", "MaxCapturesProcessed"),
    "Captured": ("Closed", "MaxCapturesProcessed"),
    "Canceled": ("Closed", "SellerClosed"),
}
_CAPTURE_WORDS: Final = {"CaptureInitiated": "Pending", "Captured": "Completed"}
_REFUND_WORDS: Final = {
    "RefundInitiated": "Pending",
    "Refunded": "Completed",
    "Declined": "Declined",
}

_SETTLEMENT_COLUMNS: Final = (
    "TransactionPostedDate", "SettlementId", "AmazonTransactionId", "SellerReferenceId",
    "TransactionType", "AmazonOrderReferenceId", "SellerOrderId", "StoreName", "CurrencyCode",
    "TransactionDescription", "TransactionAmount", "TransactionPercentageFee",
    "TransactionFixedFee", "TotalTransactionFee", "NetTransactionAmount",
)  # fmt: skip


@dataclass(frozen=True)
class Window:
    """Which objects a report has: of one environment, made or changed in a span.

    `when` is the moment from which their states are told.
    """

    environment: str
    start: datetime
    end: datetime
    when: datetime

    def has(self, version: ChargePermission | Charge | Refund) -> bool:
        moments = (version.created, version.updated)
        return version.environment == self.environment and any(
            self.start <= moment <= self.end for moment in moments
        )


def write(
    world: World, kind: str, environment: str, start: datetime, end: datetime, when: datetime
) -> str:
    """The file of a report as text."""
    window = Window(environment, start, end, when)
    if kind in (SETTLEMENT, SANDBOX_SETTLEMENT):
        return _settlement(world, window)
    columns, rows = _TRANSACTIONS[kind]
    return _csv([columns, *rows(world, window)])


def _csv(rows: list[tuple[str, ...]]) -> str:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return file.getvalue()


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


# --- transaction reports ----------------------------------------------------------------------


def _permissions(world: World, window: Window) -> Iterator[ChargePermission]:
    for history in world.permissions.values():
        version = history.at(window.when)
        if version is not None and window.has(version):
            yield version


def _charges(world: World, window: Window) -> Iterator[tuple[Charge, ChargePermission]]:
    for history in world.charges.values():
        version = history.at(window.when)
        if version is not None and window.has(version):
            yield version, world.permissions[version.permission_id].latest


def _refunds(world: World, window: Window) -> Iterator[tuple[Refund, Charge, ChargePermission]]:
    for history in world.refunds.values():
        version = history.at(window.when)
        if version is not None and window.has(version):
            charge = world.charges[version.charge_id].latest
            yield version, charge, world.permissions[charge.permission_id].latest


def _reference(permission: ChargePermission) -> str:
    return str(permission.merchant.get("merchantReferenceId") or "")


def _store(permission: ChargePermission) -> str:
    return str(permission.merchant.get("merchantStoreName") or "")


def _order_words(permission: ChargePermission) -> tuple[str, str]:
    for reason in permission.reasons:
        if permission.state == "Closed" and reason in _CANCELED:
            return "Canceled", _CANCELED[reason]
    return _ORDER_WORDS[permission.state]


def _authorization_id(charge: Charge) -> str:
    return charge.id[:20] + "A" + charge.id[21:]


def _order_references(world: World, window: Window) -> Iterator[tuple[str, ...]]:
    """A one-time permission is one row; a recurring one has a row for each charge (QA-678)."""
    for one in _permissions(world, window):
        if one.type == "OneTime":
            yield _order_row(one, one.id, *_order_words(one), one.created, one.updated)
    for charge, permission in _charges(world, window):
        if permission.type != "OneTime":
            words = "Closed" if charge.state == "Captured" else "Open", ""
            yield _order_row(permission, charge.id[:19], *words, charge.created, charge.updated)


def _order_row(
    permission: ChargePermission,
    order_id: str,
    status: str,
    reason: str,
    created: datetime,
    updated: datetime,
) -> tuple[str, ...]:
    limit = permission.limit
    return (
        order_id, _reference(permission), _store(permission), str(limit.amount), limit.currency,
        status, reason, _iso(created), _iso(updated),
    )  # fmt: skip


def _agreements(world: World, window: Window) -> Iterator[tuple[str, ...]]:
    for one in _permissions(world, window):
        if one.type != "OneTime":
            status, reason = _order_words(one)
            yield (
                one.id, _reference(one), _store(one), status, reason,
                _iso(one.created), _iso(one.updated),
            )  # fmt: skip


def _authorizations(world: World, window: Window) -> Iterator[tuple[str, ...]]:
    for charge, permission in _charges(world, window):
        status, reason = _AUTHORIZATION_WORDS[charge.state]
        yield (
            charge.id[:19], _authorization_id(charge), _seller_reference(charge),
            _reference(permission), str(charge.amount.amount), charge.amount.currency, status,
            reason, _iso(charge.created), _iso(charge.updated),
        )  # fmt: skip


def _captures(world: World, window: Window) -> Iterator[tuple[str, ...]]:
    for charge, permission in _charges(world, window):
        if charge.captured is not None and charge.state in _CAPTURE_WORDS:
            yield (
                charge.id[:19], _authorization_id(charge), charge.id, _seller_reference(charge),
                _reference(permission), str(charge.captured.amount), charge.captured.currency,
                _CAPTURE_WORDS[charge.state], "", _iso(charge.updated), _iso(charge.updated),
            )  # fmt: skip


def _refund_rows(world: World, window: Window) -> Iterator[tuple[str, ...]]:
    for refund, charge, permission in _refunds(world, window):
        yield (
            charge.id[:19], charge.id, refund.id, "", _reference(permission),
            str(refund.amount.amount), refund.amount.currency, _REFUND_WORDS[refund.state],
            refund.reason or "", _iso(refund.created), _iso(refund.updated),
        )  # fmt: skip


def _seller_reference(charge: Charge) -> str:
    return str(charge.merchant.get("merchantReferenceId") or "")


_TIMES: Final = ("CreationTimestamp", "LastUpdateTimestamp")
_Rows = Callable[[World, Window], Iterator[tuple[str, ...]]]
_TRANSACTIONS: Final[dict[str, tuple[tuple[str, ...], _Rows]]] = {
    ORDER_REFERENCE: (
        ("AmazonOrderReferenceId", "SellerOrderId", "StoreName", "Amount", "CurrencyCode",
         "OrderReferenceStatus", "ReasonCode", *_TIMES),
        _order_references,
    ),
    BILLING_AGREEMENT: (
        ("AmazonBillingAgreementId", "SellerBillingAgreementId", "StoreName",
         "BillingAgreementStatus", "ReasonCode", *_TIMES),
        _agreements,
    ),
    AUTHORIZATION: (
        ("AmazonOrderReferenceId", "AmazonAuthorizationId", "SellerReferenceId", "SellerOrderId",
         "Amount", "CurrencyCode", "AuthorizationStatus", "ReasonCode", *_TIMES),
        _authorizations,
    ),
    CAPTURE: (
        ("AmazonOrderReferenceId", "AmazonAuthorizationId", "AmazonCaptureId",
         "SellerReferenceId", "SellerOrderId", "Amount", "CurrencyCode", "CaptureStatus",
         "ReasonCode", *_TIMES),
        _captures,
    ),
    REFUND: (
        ("AmazonOrderReferenceId", "AmazonCaptureId", "AmazonRefundId", "SellerReferenceId",
         "SellerOrderId", "Amount", "CurrencyCode", "RefundStatus", "ReasonCode", *_TIMES),
        _refund_rows,
    ),
}  # fmt: skip


# --- settlement reports -----------------------------------------------------------------------


@dataclass(frozen=True)
class Settled:
    """One transaction of a settlement; `amount` is negative for a refund."""

    posted: datetime
    transaction: str
    kind: str
    order: str
    order_number: str
    store: str
    amount: Decimal
    currency: str


def settled(
    world: World, environment: str, start: datetime, end: datetime, when: datetime
) -> list[Settled]:
    """What a settlement of this span pays out, oldest first."""
    window = Window(environment, start, end, when)
    found = [
        Settled(
            charge.updated, charge.id, "Capture", charge.id[:19], _reference(permission),
            _store(permission), charge.captured.amount, charge.captured.currency,
        )
        for charge, permission in _charges(world, window)
        if charge.captured is not None and charge.state == "Captured"
    ]  # fmt: skip
    found += [
        Settled(
            refund.updated, refund.id, "Refund", charge.id[:19], _reference(permission),
            _store(permission), -refund.amount.amount, refund.amount.currency,
        )
        for refund, charge, permission in _refunds(world, window)
        if refund.state == "Refunded"
    ]  # fmt: skip
    posted = (line for line in found if start <= line.posted <= end)
    return sorted(posted, key=lambda line: (line.posted, line.transaction))


def settlement_id(end: datetime) -> str:
    return str(int(end.timestamp()) // 3600 + 5_000_000_000)


def _settlement(world: World, window: Window) -> str:
    """A head of its own, then the columns, then a line for each transaction, then the rest."""
    number = settlement_id(window.end)
    lines = settled(world, window.environment, window.start, window.end, window.when)
    rows = [
        ("SettlementStartDate", _iso(window.start)),
        ("SettlementEndDate", _iso(window.end)),
        ("SellerId", SELLER),
        _SETTLEMENT_COLUMNS,
        *(_settlement_row(number, line) for line in lines),
        _carryover(number, window),
    ]
    return _csv(rows)


def _settlement_row(number: str, line: Settled) -> tuple[str, ...]:
    amount = str(line.amount)
    return (
        _iso(line.posted), number, line.transaction, "", line.kind, line.order, line.order_number,
        line.store, line.currency, "", amount, "0.00", "0.00", "0.00", amount,
    )  # fmt: skip


def _carryover(number: str, window: Window) -> tuple[str, ...]:
    """A line without an id: fees, reserves and the like have none."""
    return (
        _iso(window.end), number, "", "", "Carryover", "", "", "", "USD", "Previous reserve",
        "0.00", "0.00", "0.00", "0.00", "0.00",
    )  # fmt: skip
