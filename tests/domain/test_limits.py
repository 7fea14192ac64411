"""The numbers of Amazon Pay, as its pages print them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from console.domain.limits import (
    AUTHORIZATION_LIFE,
    BUYER_DATA_LIFE,
    CHECKOUT_SESSION_KEPT,
    CHECKOUT_SESSION_OPEN,
    EXTENDED_LIFE,
    FIRST_LOOK,
    MAX_AMOUNT,
    MAX_CHARGES_PER_PERMISSION,
    MAX_CLOSURE_REASON,
    MAX_IDEMPOTENCY_KEY,
    MAX_REFUNDS_PER_CHARGE,
    MAX_SOFT_DESCRIPTOR,
    MAX_STORE_NAME,
    ONE_TIME_LIFE,
    OVER_REFUND_CAP,
    OVER_REFUND_SHARE,
    SYNCHRONOUS_CAPTURE,
    THROTTLE,
    USUALLY_DONE,
    WATCH,
    WATCH_LOOKS_PER_MINUTE,
    Bucket,
    Pace,
)
from console.domain.model import PENDING_STATES

# Throttling limits page, burst and requests per second: live and sandbox of the page as it is
# now, then live and sandbox of the older guide.
PUBLISHED = {
    "get_charge_permission": ((20, 4), (10, 1), (20, 2), (5, 1)),
    "get_charge": ((20, 4), (5, 1), (20, 2), (5, 1)),
    "get_refund": ((20, 4), (5, 1), (20, 2), (5, 1)),
    "get_checkout_session": ((40, 8), (10, 1), (40, 4), (5, 1)),
    "create_charge": ((10, 4), (2, 1), (10, 1), (2, 1)),
    "capture_charge": ((20, 4), (2, 1), (20, 2), (2, 1)),
    "cancel_charge": ((10, 2), (2, 1), (10, 1), (2, 1)),
    "create_refund": ((10, 4), (2, 1), (10, 1), (2, 1)),
    "update_charge_permission": ((10, 2), (5, 1), (10, 1), (2, 1)),
    "close_charge_permission": ((10, 2), (2, 1), (10, 1), (2, 1)),
    "create_checkout_session": ((40, 16), (5, 1), (40, 4), (2, 1)),
    "update_checkout_session": ((20, 8), (5, 1), (20, 2), (2, 1)),
    "complete_checkout_session": ((20, 4), (2, 1), (20, 2), (2, 1)),
}
READS_OF_REPORTS = (
    "list_reports",
    "get_report",
    "get_report_document",
    "list_report_schedules",
    "get_report_schedule",
    "list_disbursements",
)


class TestThrottle:
    @pytest.mark.parametrize("operation", PUBLISHED)
    def test_the_smaller_of_the_two_published_figures(self, operation: str) -> None:
        live, sandbox, older_live, older_sandbox = PUBLISHED[operation]
        assert THROTTLE[operation] == (
            Bucket(min(live[0], older_live[0]), min(live[1], older_live[1])),
            Bucket(min(sandbox[0], older_sandbox[0]), min(sandbox[1], older_sandbox[1])),
        )

    @pytest.mark.parametrize("operation", ["get_dispute", *READS_OF_REPORTS])
    def test_reads_without_a_figure_go_as_slowly_as_the_slowest_read(self, operation: str) -> None:
        assert THROTTLE[operation] == (Bucket(5, 1), Bucket(5, 1))

    def test_so_does_the_write_without_a_figure(self) -> None:
        assert THROTTLE["create_report"] == (Bucket(2, 1), Bucket(2, 1))

    def test_no_operation_has_no_test(self) -> None:
        assert THROTTLE.keys() == {
            *PUBLISHED,
            "get_dispute",
            "create_report",
            *READS_OF_REPORTS,
        }


class TestAmounts:
    def test_the_largest_charge_and_refund(self) -> None:
        assert {
            "USD": Decimal(150_000),
            "EUR": Decimal(150_000),
            "GBP": Decimal(150_000),
            "JPY": Decimal(10_000_000),
        } == MAX_AMOUNT

    def test_how_much_more_may_be_refunded_than_was_captured(self) -> None:
        assert Decimal(15) / 100 == OVER_REFUND_SHARE
        assert {
            "USD": Decimal(75),
            "EUR": Decimal(75),
            "GBP": Decimal(75),
            "JPY": Decimal(8_400),
        } == OVER_REFUND_CAP

    def test_counts(self) -> None:
        assert MAX_CHARGES_PER_PERMISSION == 25
        assert MAX_REFUNDS_PER_CHARGE == 10

    def test_lengths(self) -> None:
        assert MAX_IDEMPOTENCY_KEY == 32
        assert MAX_SOFT_DESCRIPTOR == 16
        assert MAX_CLOSURE_REASON == 255
        assert MAX_STORE_NAME == 50


def test_lifetimes() -> None:
    assert timedelta(days=30) == AUTHORIZATION_LIFE
    assert timedelta(days=7) == SYNCHRONOUS_CAPTURE
    assert timedelta(days=30) == BUYER_DATA_LIFE
    assert timedelta(days=180) == ONE_TIME_LIFE
    assert timedelta(days=395) == EXTENDED_LIFE
    assert timedelta(hours=24) == CHECKOUT_SESSION_OPEN
    assert timedelta(days=30) == CHECKOUT_SESSION_KEPT
    assert {
        "AuthorizationInitiated": timedelta(hours=24),
        "CaptureInitiated": timedelta(days=3),
        "RefundInitiated": timedelta(days=3),
    } == USUALLY_DONE


class TestWatching:
    def test_every_pending_state_has_a_pace(self) -> None:
        assert WATCH.keys() == USUALLY_DONE.keys() == PENDING_STATES

    def test_the_paces(self) -> None:
        assert timedelta(seconds=2) == FIRST_LOOK
        assert {
            "AuthorizationInitiated": Pace(Fraction(2), timedelta(hours=1), 40),
            "CaptureInitiated": Pace(Fraction(2), timedelta(hours=1), 60),
            "RefundInitiated": Pace(Fraction(3, 2), timedelta(minutes=30), 120),
        } == WATCH

    def test_an_authorization_is_watched_for_longer_than_it_takes(self) -> None:
        pace = WATCH["AuthorizationInitiated"]
        wait, waited = FIRST_LOOK, timedelta(0)
        for _ in range(pace.looks):
            waited += wait
            wait = min(wait * pace.factor.numerator / pace.factor.denominator, pace.longest)
        assert waited >= timedelta(hours=24)

    def test_people_never_wait_for_the_watches(self) -> None:
        """All looks together take a part of the smallest throttle."""
        smallest = min(bucket.rate for pair in THROTTLE.values() for bucket in pair)
        assert WATCH_LOOKS_PER_MINUTE == 20
        assert 60 * smallest > 2 * WATCH_LOOKS_PER_MINUTE
