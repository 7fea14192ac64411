"""The numbers of Amazon Pay: amounts, counts, lifetimes and throttles.

Sources are the rows of Amazon's own pages: charge, refund, deferred transactions,
throttling limits. Where two official figures exist, the smaller is taken, because being
held back by our own bucket costs a second and being throttled costs an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

# Largest chargeAmount and refundAmount (Charge and Refund pages).
MAX_AMOUNT: Final = {
    "USD": Decimal("150000"),
    "EUR": Decimal("150000"),
    "GBP": Decimal("150000"),
    "JPY": Decimal("10000000"),
}

# A refund may exceed the captured amount by the lesser of a share and a sum (Refund page).
OVER_REFUND_SHARE: Final = Decimal("0.15")
OVER_REFUND_CAP: Final = {
    "USD": Decimal("75"),
    "EUR": Decimal("75"),
    "GBP": Decimal("75"),
    "JPY": Decimal("8400"),
}

MAX_CHARGES_PER_PERMISSION: Final = 25  # one-time (Deferred transactions page)
MAX_REFUNDS_PER_CHARGE: Final = 10  # v1 figure; no v2 figure is published
MAX_IDEMPOTENCY_KEY: Final = 32
MAX_SOFT_DESCRIPTOR: Final = 16
MAX_CLOSURE_REASON: Final = 255
MAX_STORE_NAME: Final = 50

AUTHORIZATION_LIFE: Final = timedelta(days=30)
SYNCHRONOUS_CAPTURE: Final = timedelta(days=7)
BUYER_DATA_LIFE: Final = timedelta(days=30)
ONE_TIME_LIFE: Final = timedelta(days=180)
EXTENDED_LIFE: Final = timedelta(days=395)  # 13 months
# After this long a pending object is worth a question. An asynchronous authorization takes up to
# 24 hours (Asynchronous authorization page); for captures and refunds no time is published.
USUALLY_DONE: Final = {
    "AuthorizationInitiated": timedelta(hours=24),
    "CaptureInitiated": timedelta(days=3),
    "RefundInitiated": timedelta(days=3),
}
CHECKOUT_SESSION_OPEN: Final = timedelta(hours=24)
CHECKOUT_SESSION_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Bucket:
    """A token bucket: `burst` requests at once, then `rate` more each second."""

    burst: int
    rate: int


# Operation -> (live, sandbox), the smaller figures of the two published tables.
THROTTLE: Final = {
    "get_charge_permission": (Bucket(20, 2), Bucket(5, 1)),
    "get_charge": (Bucket(20, 2), Bucket(5, 1)),
    "get_refund": (Bucket(20, 2), Bucket(5, 1)),
    "get_checkout_session": (Bucket(40, 4), Bucket(5, 1)),
    "create_charge": (Bucket(10, 1), Bucket(2, 1)),
    "capture_charge": (Bucket(20, 2), Bucket(2, 1)),
    "cancel_charge": (Bucket(10, 1), Bucket(2, 1)),
    "create_refund": (Bucket(10, 1), Bucket(2, 1)),
    "update_charge_permission": (Bucket(10, 1), Bucket(2, 1)),
    "close_charge_permission": (Bucket(10, 1), Bucket(2, 1)),
    "create_checkout_session": (Bucket(40, 4), Bucket(2, 1)),
    "update_checkout_session": (Bucket(20, 2), Bucket(2, 1)),
    "complete_checkout_session": (Bucket(20, 2), Bucket(2, 1)),
    # Nothing is published for disputes: as cautious as the smallest read.
    "get_dispute": (Bucket(5, 1), Bucket(5, 1)),
    # Nor for reports (unconfirmed): as cautious as the smallest read, and write.
    "list_reports": (Bucket(5, 1), Bucket(5, 1)),
    "get_report": (Bucket(5, 1), Bucket(5, 1)),
    "create_report": (Bucket(2, 1), Bucket(2, 1)),
    "get_report_document": (Bucket(5, 1), Bucket(5, 1)),
    "list_report_schedules": (Bucket(5, 1), Bucket(5, 1)),
    "get_report_schedule": (Bucket(5, 1), Bucket(5, 1)),
    "list_disbursements": (Bucket(5, 1), Bucket(5, 1)),
}


@dataclass(frozen=True)
class Pace:
    """How often one pending object is looked at.

    The first look comes after `FIRST_LOOK`; each wait is `factor` times the one before, up to
    `longest`. After `looks` looks the object is not watched any more, and that is said.
    """

    factor: Fraction
    longest: timedelta
    looks: int


# Watching. An asynchronous authorization takes up to 24 hours and is asked for about hourly
# (Asynchronous authorization page); for captures and refunds no time is published.
FIRST_LOOK: Final = timedelta(seconds=2)
WATCH: Final = {
    "AuthorizationInitiated": Pace(Fraction(2), timedelta(hours=1), 40),
    "CaptureInitiated": Pace(Fraction(2), timedelta(hours=1), 60),
    "RefundInitiated": Pace(Fraction(3, 2), timedelta(minutes=30), 120),
}
# Over everything that is watched: a fraction of the smallest throttle, so that people's own
# lookups never wait for it.
WATCH_LOOKS_PER_MINUTE: Final = 20
