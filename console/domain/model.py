"""Amazon Pay's objects, read leniently from the API's JSON.

Unknown fields stay in `raw`, unknown enum values pass through verbatim, every field may be
null, and `statusDetails` comes in two shapes (a charge permission has a list of reasons).
The JSON must have been cleaned (`text.clean_json`) and parsed without floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from console.domain.money import Money
from console.domain.text import clean_line

Json: TypeAlias = Mapping[str, Any]

# States in which Amazon is still at work: the only ones that are watched.
PENDING_STATES: Final = frozenset({"AuthorizationInitiated", "CaptureInitiated", "RefundInitiated"})
FINAL_CHARGE_STATES: Final = frozenset({"Captured", "Canceled", "Declined"})
OPEN_CHARGE_STATES: Final = frozenset({"AuthorizationInitiated", "Authorized", "CaptureInitiated"})
DEAD_REFUND_STATES: Final = frozenset({"Declined"})


@dataclass(frozen=True)
class Reason:
    """Why an object is in its state; both parts verbatim."""

    code: str | None
    description: str | None = None


@dataclass(frozen=True)
class Status:
    """The state of an object, `Unknown` only where Amazon gave none at all."""

    state: str
    reasons: tuple[Reason, ...] = ()
    updated: datetime | None = None

    @property
    def reason_code(self) -> str | None:
        return self.reasons[0].code if self.reasons else None

    @property
    def reason_codes(self) -> tuple[str, ...]:
        return tuple(r.code for r in self.reasons if r.code)


NO_STATE: Final = "Unknown"


def parse_time(value: object) -> datetime | None:
    """`20190714T155300Z` (or ISO 8601) as an aware UTC time, None where it is neither."""
    if not isinstance(value, str):
        return None
    for pattern in ("%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(value, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def show_time(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, as JSON output shows every time."""
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_status(value: object) -> Status:
    """`statusDetails` in either of its two shapes."""
    details = _mapping(value)
    listed = details.get("reasons")
    reasons = [_reason(item) for item in listed] if isinstance(listed, list) else []
    if details.get("reasonCode") is not None:
        reasons.append(_reason(details))
    return Status(
        state=_line(details.get("state")) or NO_STATE,
        reasons=tuple(r for r in reasons if r.code or r.description),
        updated=parse_time(details.get("lastUpdatedTimestamp")),
    )


@dataclass(frozen=True)
class MerchantMetadata:
    reference: str | None = None
    store: str | None = None
    note: str | None = None
    custom: str | None = None

    @classmethod
    def from_api(cls, value: object) -> MerchantMetadata:
        data = _mapping(value)
        return cls(
            reference=_line(data.get("merchantReferenceId")),
            store=_line(data.get("merchantStoreName")),
            note=_text(data.get("noteToBuyer")),
            custom=_text(data.get("customInformation")),
        )


@dataclass(frozen=True)
class ChargePermission:
    """A charge permission; for Checkout v1 an order reference or a billing agreement."""

    id: str
    type: str | None
    status: Status
    created: datetime | None
    expires: datetime | None
    limit: Money | None
    balance: Money | None
    merchant: MerchantMetadata
    currency: str | None
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def from_api(cls, data: Json) -> ChargePermission:
        limits = _mapping(data.get("limits"))
        limit = Money.from_api(limits.get("amountLimit"))
        balance = Money.from_api(limits.get("amountBalance"))
        presentment = _line(data.get("presentmentCurrency"))
        known = limit or balance
        return cls(
            id=_line(data.get("chargePermissionId")) or "",
            type=_line(data.get("chargePermissionType")),
            status=parse_status(data.get("statusDetails")),
            created=parse_time(data.get("creationTimestamp")),
            expires=parse_time(data.get("expirationTimestamp")),
            limit=limit,
            balance=balance,
            merchant=MerchantMetadata.from_api(data.get("merchantMetadata")),
            currency=presentment or (known.currency if known else None),
            raw=data,
        )

    @property
    def state(self) -> str:
        return self.status.state

    @property
    def is_recurring(self) -> bool:
        """Recurring by its type, or by its letter where Amazon gives no type."""
        return self.type == "Recurring" or (self.type is None and self.id[:1] in ("B", "C"))

    @property
    def is_one_time(self) -> bool:
        """One-time by its type, or by its letter; a payment method on file is neither."""
        return self.type == "OneTime" or (self.type is None and not self.is_recurring)


@dataclass(frozen=True)
class Charge:
    """A charge; for Checkout v1 an authorization together with its capture."""

    id: str
    permission_id: str | None
    status: Status
    amount: Money | None
    captured: Money | None
    refunded: Money | None
    created: datetime | None
    expires: datetime | None
    merchant: MerchantMetadata
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def from_api(cls, data: Json) -> Charge:
        return cls(
            id=_line(data.get("chargeId")) or "",
            permission_id=_line(data.get("chargePermissionId")),
            status=parse_status(data.get("statusDetails")),
            amount=Money.from_api(data.get("chargeAmount")),
            captured=Money.from_api(data.get("captureAmount")),
            refunded=Money.from_api(data.get("refundedAmount")),
            created=parse_time(data.get("creationTimestamp")),
            expires=parse_time(data.get("expirationTimestamp")),
            merchant=MerchantMetadata.from_api(data.get("merchantMetadata")),
            raw=data,
        )

    @property
    def state(self) -> str:
        return self.status.state

    @property
    def currency(self) -> str | None:
        known = self.amount or self.captured or self.refunded
        return known.currency if known else None


@dataclass(frozen=True)
class Refund:
    id: str
    charge_id: str | None
    status: Status
    amount: Money | None
    created: datetime | None
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def from_api(cls, data: Json) -> Refund:
        return cls(
            id=_line(data.get("refundId")) or "",
            charge_id=_line(data.get("chargeId")),
            status=parse_status(data.get("statusDetails")),
            amount=Money.from_api(data.get("refundAmount")),
            created=parse_time(data.get("creationTimestamp")),
            raw=data,
        )

    @property
    def state(self) -> str:
        return self.status.state

    @property
    def is_dead(self) -> bool:
        """Declined: the money never left, so it counts as not refunded."""
        return self.state in DEAD_REFUND_STATES


@dataclass(frozen=True)
class CheckoutSession:
    """A checkout session; after completion little more than its state and two ids."""

    id: str
    status: Status
    permission_id: str | None
    charge_id: str | None
    amount: Money | None
    created: datetime | None
    expires: datetime | None
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def from_api(cls, data: Json) -> CheckoutSession:
        payment = _mapping(data.get("paymentDetails"))
        return cls(
            id=_line(data.get("checkoutSessionId")) or "",
            status=parse_status(data.get("statusDetails")),
            permission_id=_line(data.get("chargePermissionId")),
            charge_id=_line(data.get("chargeId")),
            amount=Money.from_api(payment.get("chargeAmount")),
            created=parse_time(data.get("creationTimestamp")),
            expires=parse_time(data.get("expirationTimestamp")),
            raw=data,
        )

    @property
    def state(self) -> str:
        return self.status.state


@dataclass(frozen=True)
class Dispute:
    id: str
    charge_id: str | None
    status: Status
    amount: Money | None
    filing_reason: str | None
    deadline: datetime | None
    created: datetime | None
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def from_api(cls, data: Json) -> Dispute:
        return cls(
            id=_line(data.get("disputeId")) or "",
            charge_id=_line(data.get("chargeId")),
            status=parse_status(data.get("statusDetails")),
            amount=Money.from_api(data.get("disputeAmount")),
            filing_reason=_line(data.get("filingReason")),
            deadline=parse_time(data.get("merchantResponseDeadline")),
            created=parse_time(data.get("creationTimestamp")),
            raw=data,
        )

    @property
    def state(self) -> str:
        return self.status.state


# Where buyer data stands in the objects above: masked until asked for, never stored.
BUYER_FIELDS: Final = frozenset(
    {"buyer", "shippingAddress", "billingAddress", "paymentPreferences"}
)


def without_buyer(data: Json) -> dict[str, Any]:
    """`data` with every buyer field that holds something replaced by a mark."""
    return {
        key: ("(hidden)" if key in BUYER_FIELDS and value else value) for key, value in data.items()
    }


def _line(value: object) -> str | None:
    """As `_text`, on one line: an id or a state can't pass for a line of its own."""
    text = _text(value)
    return text and clean_line(text)


def _text(value: object) -> str | None:
    """A text or a number as text; anything else is no text."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return str(value) or None


def _mapping(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _reason(value: object) -> Reason:
    data = _mapping(value)
    return Reason(_line(data.get("reasonCode")), _text(data.get("reasonDescription")))
