"""The objects of the service, each version of them immutable."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from console.domain.money import Money

from .bodies import JSON

LIVE: Final = "live"
SANDBOX: Final = "sandbox"

OPEN_CHARGE: Final = frozenset({"AuthorizationInitiated", "Authorized"})
TAKEN_CHARGE: Final = frozenset({"CaptureInitiated", "Captured"})

# With which reason codes an authorization ends Declined (Charge page), and with which codes it is
# refused at once (Error handling page).
DECLINED: Final = (
    "SoftDeclined",
    "HardDeclined",
    "AmazonRejected",
    "ProcessingFailure",
    "TransactionTimedOut",
)
DECLINED_AT_ONCE: Final = (*DECLINED, "PaymentMethodNotAllowed", "MFANotCompleted")


def environment_of(object_id: str) -> str:
    """P and B are live, S and C are sandbox (the prefixes of the official v1 SDK)."""
    return LIVE if object_id[:1] in {"P", "B"} else SANDBOX


@dataclass(frozen=True)
class ChargePermission:
    id: str
    created: datetime
    updated: datetime
    limit: Money
    type: str = "OneTime"
    state: str = "Chargeable"
    reasons: tuple[str, ...] = ()
    expires: datetime | None = None
    merchant: JSON = field(default_factory=dict)
    recurring: JSON | None = None
    buyer: JSON = field(default_factory=dict)
    address: JSON | None = None
    v1: bool = False

    @property
    def environment(self) -> str:
        return environment_of(self.id)


@dataclass(frozen=True)
class Charge:
    id: str
    permission_id: str
    amount: Money
    created: datetime
    updated: datetime
    expires: datetime
    state: str = "Authorized"
    reason: str | None = None
    captured: Money | None = None
    capture_now: bool = False
    pending_allowed: bool = False
    soft_descriptor: str | None = None
    merchant: JSON = field(default_factory=dict)
    channel: str | None = None
    initiator: str | None = None

    @property
    def environment(self) -> str:
        return environment_of(self.id)


@dataclass(frozen=True)
class Refund:
    id: str
    charge_id: str
    amount: Money
    created: datetime
    updated: datetime
    state: str = "RefundInitiated"
    reason: str | None = None
    soft_descriptor: str | None = None

    @property
    def environment(self) -> str:
        return environment_of(self.id)


@dataclass(frozen=True)
class CheckoutSession:
    id: str
    environment: str
    created: datetime
    updated: datetime
    state: str = "Open"
    reason: str | None = None
    details: JSON = field(default_factory=dict)
    permission_id: str | None = None
    charge_id: str | None = None


@dataclass(frozen=True)
class Dispute:
    id: str
    charge_id: str
    amount: Money
    created: datetime
    updated: datetime
    response_due: datetime | None = None
    state: str = "ActionRequired"
    reason: str | None = "MerchantResponseRequired"
    filing_reason: str = "ProductNotReceived"

    @property
    def environment(self) -> str:
        return environment_of(self.id)


@dataclass(frozen=True)
class Report:
    """A report that was asked for, or made by a settlement; it is ready at `ready`."""

    id: str
    type: str
    environment: str
    start: datetime
    end: datetime
    created: datetime
    ready: datetime
    outcome: str = "COMPLETED"

    def status(self, now: datetime) -> str:
        return self.outcome if now >= self.ready else "IN_PROGRESS"

    @property
    def document(self) -> str:
        return f"D{self.id}"


@dataclass(frozen=True)
class Address:
    """Where a report's file is, for a short while."""

    report: str
    given: datetime
