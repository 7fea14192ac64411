"""Which disputes make a refund pay twice, and what is said of each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from console.domain.disputes import (
    can_pay_twice,
    deadline,
    doubts,
    in_words,
    unread_disputes,
)
from console.domain.model import Dispute
from console.domain.rules import offer
from tests.domain.builders import CHARGE, NOW, ORDER, charge, order, price

DISPUTE = f"{ORDER}-B031187"


def dispute(
    state: str = "ActionRequired",
    *,
    reason: str | None = "MerchantResponseRequired",
    resolution: str | None = None,
    of: str | None = CHARGE,
    due_in: timedelta | None = timedelta(days=8),
    id: str = DISPUTE,
) -> Dispute:
    data: dict[str, Any] = {
        "disputeId": id,
        "chargeId": of,
        "disputeAmount": price("40.00 USD"),
        "filingReason": "ProductNotReceived",
        "statusDetails": {"state": state, "reasonCode": reason, "resolution": resolution},
        "merchantResponseDeadline": (NOW + due_in).strftime("%Y%m%dT%H%M%SZ")
        if due_in is not None
        else None,
    }
    return Dispute.from_api(data)


@pytest.mark.parametrize(
    ("state", "reason", "resolution", "twice"),
    [
        ("ActionRequired", "MerchantResponseRequired", None, True),
        ("UnderReview", None, None, True),
        ("Unknown", None, None, True),
        ("SomethingNew", None, None, True),
        ("Resolved", None, None, False),
        ("Closed", None, None, False),
        ("Resolved", "InvestigatorResolved", "MerchantWon", False),
        ("Resolved", "InvestigatorResolved", "NoFault", False),
        ("Closed", "BuyerCancelled", None, False),
        # Over, but the buyer has the money by the dispute.
        ("Resolved", "InvestigatorResolved", "BuyerWon", True),
        ("Closed", "MerchantAcceptedDispute", None, True),
        ("Closed", "MerchantResponseDeadlineExpired", None, True),
    ],
)
def test_when_a_refund_can_pay_twice(
    state: str, reason: str | None, resolution: str | None, twice: bool
) -> None:
    found = dispute(state, reason=reason, resolution=resolution)
    assert can_pay_twice(found) is twice
    disputed = order(charge(), disputes=(found,))
    assert bool(doubts(disputed, CHARGE)) is twice
    assert ("disputed" in offer(disputed, "refund", CHARGE).why) is twice
    assert offer(disputed, "refund", CHARGE).allowed


def test_a_dispute_is_said_with_all_that_matters() -> None:
    said = in_words(dispute(), NOW)
    for part in (DISPUTE, "ActionRequired", "40.00 USD", "ProductNotReceived",
                 "MerchantResponseRequired", "2024-06-01 12:00 UTC", "8 days left"):  # fmt: skip
        assert part in said


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=8), "8 days left"),
        (timedelta(hours=47), "47 hours left"),
        (timedelta(minutes=20), "less than 2 hours left"),
        (timedelta(0), "it has passed"),
        (timedelta(days=-3), "it has passed"),
        (None, "no deadline"),
    ],
)
def test_the_deadline(left: timedelta | None, said: str) -> None:
    assert said in deadline(dispute(due_in=left), NOW)


def test_a_decided_dispute_says_for_whom_and_has_no_deadline() -> None:
    said = in_words(dispute("Resolved", resolution="BuyerWon"), NOW)
    assert "Decided for the buyer" in said
    assert "days left" not in said


def test_the_dispute_of_another_charge_is_no_doubt_about_this_one() -> None:
    other = f"{ORDER}-C099999"
    found = order(charge(), charge(id=other), disputes=(dispute(of=other),))
    assert doubts(found, CHARGE) == ()
    assert len(doubts(found, other)) == len(doubts(found)) == 1


def test_a_dispute_that_names_no_charge_may_be_about_any() -> None:
    assert doubts(order(charge(), disputes=(dispute(of=None),)), CHARGE)


def test_a_dispute_that_could_not_be_read_counts_as_open() -> None:
    found = order(charge(), unread={DISPUTE: "HTTP 503", f"{ORDER}-R000001": "HTTP 503"})
    assert unread_disputes(found) == (DISPUTE,)
    [said] = doubts(found, CHARGE)
    assert "could not be read" in said


def test_words_from_outside_stay_on_one_line() -> None:
    found = dispute("Action\x1b[31m\nRequired", reason="x\ny", resolution="Ann\n[/]\u202e")
    assert in_words(found, NOW).isprintable()
