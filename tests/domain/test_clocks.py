"""Clocks: what runs out, counted to the second, at the moment of the look and in UTC."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from console.domain.clocks import Clock, What, clocks, most_urgent, span
from console.domain.model import CheckoutSession, Dispute
from console.domain.order import Order
from tests.domain.builders import AGREEMENT, CHARGE, NOW, ORDER, SESSION, charge, order, permission
from tests.domain.builders import stamp as ago

SECOND = timedelta(seconds=1)


def one(found: Order, what: What) -> Clock:
    (clock,) = [clock for clock in clocks(found) if clock.what == what]
    return clock


def names(found: Order) -> set[str]:
    return {clock.what for clock in clocks(found)}


def at(found: Order, moment: datetime) -> Order:
    return replace(found, observed=moment)


def dispute(state: str, deadline: str | None) -> Dispute:
    return Dispute.from_api(
        {
            "disputeId": f"{ORDER}-B000001",
            "chargeId": CHARGE,
            "statusDetails": {"state": state},
            "merchantResponseDeadline": deadline,
            "creationTimestamp": ago(days=2),
        }
    )


def session(state: str, created: str | None, expires: str | None = None) -> CheckoutSession:
    return CheckoutSession.from_api(
        {
            "checkoutSessionId": SESSION,
            "statusDetails": {"state": state},
            "creationTimestamp": created,
            "expirationTimestamp": expires,
        }
    )


def closed_agreement(**status: Any) -> Order:
    found = permission(id=AGREEMENT, state="Closed")
    return order(permission=replace(found, status=replace(found.status, **status)))


# --- capture without delay, and the authorization --------------------------------------------


def authorized(created: datetime, expires: datetime | None = None) -> Order:
    def text(moment: datetime) -> str:
        return moment.strftime("%Y%m%dT%H%M%SZ")

    return order(
        charge("Authorized", created=text(created), expires=text(expires) if expires else None),
    )


def test_a_capture_is_without_delay_until_the_seventh_day_has_passed() -> None:
    found = authorized(NOW)
    end = NOW + timedelta(days=7)
    before, after = (
        one(at(found, moment), "capture_without_delay") for moment in (end - SECOND, end)
    )
    assert (before.passed, before.days_left, before.count) == (False, 0, "less than a minute left")
    assert (after.passed, after.days_left) == (True, 0)
    assert before.until == end
    assert not before.amazon


def test_the_authorization_ends_when_amazon_says_and_that_is_told_as_amazon_s_word() -> None:
    end = NOW + timedelta(days=29, hours=3)
    clock = one(authorized(NOW - timedelta(days=1), end), "authorization")
    assert (clock.until, clock.amazon, clock.days_left) == (end, True, 29)


def test_without_amazon_s_word_thirty_days_are_counted_and_said_to_be_counted() -> None:
    clock = one(authorized(NOW - timedelta(days=1)), "authorization")
    assert (clock.until, clock.amazon) == (NOW + timedelta(days=29), False)
    assert "30 days are counted" in clock.sentence


@pytest.mark.parametrize(
    ("ends", "said"),
    [(timedelta(days=1), True), (timedelta(days=29), False), (timedelta(days=-1), False)],
)
def test_a_permission_that_ends_before_the_authorization_is_minded(
    ends: timedelta, said: bool
) -> None:
    """domain.md 5: whether a capture still works then is unconfirmed."""
    found = replace(
        authorized(NOW, NOW + timedelta(days=29)),
        permission=permission(expires=(NOW + ends).strftime("%Y%m%dT%H%M%SZ")),
    )
    sentence = one(found, "authorization").sentence
    assert ("The permission ends earlier" in sentence) is said


@pytest.mark.parametrize(("seconds", "passed"), [(-1, False), (0, True), (1, True)])
def test_at_its_very_end_an_authorization_is_over(seconds: int, passed: bool) -> None:
    end = NOW + timedelta(days=30)
    found = at(authorized(NOW, end), end + seconds * SECOND)
    clock = one(found, "authorization")
    assert clock.passed is passed
    assert clock.tone == "bad"
    assert ("ExpiredUnused" in clock.sentence) is passed


def test_a_sandbox_s_short_authorization_shortens_the_capture_without_delay() -> None:
    end = NOW + timedelta(days=2)
    found = authorized(NOW, end)
    assert one(found, "capture_without_delay").until == end
    assert one(found, "authorization").until == end


@pytest.mark.parametrize(
    "state", ["AuthorizationInitiated", "CaptureInitiated", "Captured", "Canceled", "Declined"]
)
def test_only_an_authorized_charge_runs_out(state: str) -> None:
    assert names(order(charge(state))) == set()


@pytest.mark.parametrize("days", [1, 8])
def test_no_clock_asks_to_capture_what_the_limit_has_no_room_for(days: int) -> None:
    held = charge("Authorized", id=f"{ORDER}-C000002", created=ago(days=days), expires=ago(days=-9))
    found = order(charge("Captured", "100.00 USD"), held, permission=permission())
    assert one(found, "authorization").sentence == (
        "It lapses then, and nothing is reserved any more."
    )
    assert one(found, "capture_without_delay").sentence == (
        "Nothing of the order's limit is left, so Amazon may refuse a capture."
    )


def test_an_authorization_of_unknown_age_has_no_clock() -> None:
    found = authorized(NOW)
    bare = replace(found.charges[0], created=None, expires=None)
    assert names(replace(found, charges=(bare,))) == set()


# --- the permission --------------------------------------------------------------------------


@pytest.mark.parametrize(("life", "kind"), [(180, "180 days"), (395, "13 months")])
def test_the_permission_s_kind_is_deduced_from_its_dates(life: int, kind: str) -> None:
    found = order(permission=permission(created=ago(days=10), expires=ago(days=10 - life)))
    clock = one(found, "permission")
    assert (clock.amazon, clock.days_left) == (True, life - 10)
    assert f"made for {kind} (deduced" in clock.sentence


def test_a_one_time_permission_without_a_date_has_at_least_180_days() -> None:
    clock = one(order(permission=permission(created=ago(days=10))), "permission")
    assert (clock.amazon, clock.days_left) == (False, 170)
    assert "13 months if the checkout asked" in clock.sentence


def test_a_recurring_permission_without_a_date_gets_none_from_us() -> None:
    assert "permission" not in names(order(permission=permission(id=AGREEMENT)))


def test_a_closed_permission_does_not_run_out_any_more() -> None:
    found = order(permission=permission("Closed", expires=ago(days=-100)))
    assert names(found) == {"buyer_details"}


# --- the buyer's details ---------------------------------------------------------------------


def test_the_buyer_s_details_of_a_one_time_order_stay_thirty_days() -> None:
    found = order(permission=permission(created=ago(days=0)))
    end = NOW + timedelta(days=30)
    assert not one(at(found, end - SECOND), "buyer_details").passed
    assert one(at(found, end), "buyer_details").passed
    assert one(at(found, end), "buyer_details").tone == "neutral"


def test_those_of_an_open_agreement_have_no_end_yet() -> None:
    clock = one(order(permission=permission(id=AGREEMENT)), "buyer_details")
    assert (clock.until, clock.left, clock.days_left, clock.passed) == (None, None, None, False)
    assert clock.count == "no end yet"


def test_those_of_a_closed_agreement_stay_thirty_days_after_its_end() -> None:
    found = closed_agreement(updated=NOW - timedelta(days=12))
    assert one(found, "buyer_details").days_left == 18
    assert names(closed_agreement(updated=None)) == set()


def test_for_a_payment_method_on_file_no_rule_is_published() -> None:
    found = permission(id=AGREEMENT, type="PaymentMethodOnFile", expires=ago(days=-50))
    assert names(order(permission=found)) == {"permission"}


# --- disputes and checkout sessions ----------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "tone"), [(12, "neutral"), (11, "warning"), (3, "bad"), (-1, "bad")]
)
def test_a_dispute_presses_the_more_the_nearer_its_deadline(days: int, tone: str) -> None:
    found = order(charge(), disputes=(dispute("ActionRequired", ago(days=-days)),))
    clock = one(found, "dispute_response")
    assert (clock.amazon, clock.tone, clock.passed) == (True, tone, days < 0)


@pytest.mark.parametrize("state", ["Resolved", "Closed"])
def test_a_dispute_that_is_over_has_no_deadline(state: str) -> None:
    assert names(order(charge(), disputes=(dispute(state, ago(days=-3)),))) == set()


def test_without_amazon_s_deadline_none_is_made_up() -> None:
    assert names(order(charge(), disputes=(dispute("ActionRequired", None),))) == set()


def test_an_open_session_has_24_hours_and_is_kept_30_days() -> None:
    found = order(session=session("Open", ago(hours=23)))
    assert one(found, "checkout_session").left == timedelta(hours=1)
    assert not one(found, "checkout_session").amazon
    assert one(found, "checkout_session_kept").until == NOW - timedelta(hours=23) + timedelta(30)
    amazons = order(session=session("Open", ago(hours=23), ago(hours=-5)))
    assert one(amazons, "checkout_session").amazon
    assert one(amazons, "checkout_session").left == timedelta(hours=5)


def test_a_completed_session_without_dates_has_no_clock() -> None:
    assert names(order(session=session("Completed", None))) == set()
    assert names(order(session=session("Completed", ago(days=1)))) == {"checkout_session_kept"}


# --- together --------------------------------------------------------------------------------


def test_what_presses_most_comes_first_and_then_what_ends_first() -> None:
    calm = authorized(NOW - timedelta(days=1), NOW + timedelta(days=29))
    calm = replace(calm, permission=permission(expires=ago(days=-100)))
    first = most_urgent(clocks(calm))
    assert first is not None
    assert first.what == "capture_without_delay"
    near = replace(calm, permission=permission(expires=ago(days=-2)))
    pressing = most_urgent(clocks(near))
    assert pressing is not None
    assert (pressing.what, pressing.tone) == ("permission", "bad")


def test_what_has_passed_or_only_keeps_data_presses_nobody() -> None:
    late = authorized(NOW - timedelta(days=31), NOW - timedelta(days=1))
    assert most_urgent(clocks(late)) is None
    assert most_urgent(clocks(order(permission=permission("Closed")))) is None


def test_the_clocks_are_utc_whatever_zone_the_look_was_taken_in() -> None:
    found = authorized(NOW, NOW + timedelta(days=30))
    tokyo = at(found, NOW.astimezone(timezone(timedelta(hours=9))))
    assert [clock.left for clock in clocks(tokyo)] == [clock.left for clock in clocks(found)]
    assert one(tokyo, "authorization").until == datetime(2024, 6, 23, 12, 0, tzinfo=UTC)


def test_the_same_order_gives_the_same_clocks() -> None:
    found = authorized(NOW - timedelta(days=3))
    assert clocks(found) == clocks(found)
    assert all(clock.now == NOW for clock in clocks(found))


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=2, hours=23), "2 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=23, minutes=59), "23 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(seconds=59), "less than a minute"),
    ],
)
def test_lengths_are_said_in_the_largest_unit(length: timedelta, said: str) -> None:
    assert span(length) == said
