"""What is left of a checkout session in each of its states, and after it was deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from console.domain.model import CheckoutSession
from console.domain.remains import hint_when_missing, remains
from tests.domain.builders import CHARGE, NOW, ORDER, SESSION


def said(state: str, reason: str | None = None, **fields: Any) -> str:
    session = CheckoutSession.from_api(
        {
            "checkoutSessionId": SESSION,
            "statusDetails": {"state": state, "reasonCode": reason},
            **fields,
        }
    )
    return " ".join(remains(session, NOW))


def stamp(**span: float) -> str:
    return (NOW + timedelta(**span)).strftime("%Y%m%dT%H%M%SZ")


def test_an_open_one_says_until_when_and_what_the_shop_has_to_do() -> None:
    text = said("Open", expirationTimestamp=stamp(hours=3, minutes=20))
    assert "3 h 20 min left" in text
    assert "Complete Checkout Session" in text


def test_an_open_one_without_an_expiry_goes_by_its_creation() -> None:
    assert "1 h 0 min left" in said("Open", creationTimestamp=stamp(hours=-23))
    assert "24 hours after it was created" in said("Open")


def test_an_open_one_whose_time_is_over_is_not_said_to_have_time() -> None:
    text = said("Open", expirationTimestamp=stamp(minutes=-1))
    assert "were over" in text
    assert "left" not in text


def test_a_completed_one_leads_on_to_the_order() -> None:
    text = said("Completed", chargePermissionId=ORDER, chargeId=CHARGE)
    assert ORDER in text
    assert CHARGE in text
    assert "only confirmed" not in text


def test_a_completed_one_without_a_charge() -> None:
    assert "only confirmed" in said("Completed", chargePermissionId=ORDER)
    assert "names no permission" in said("Completed")


@pytest.mark.parametrize(
    ("reason", "word"),
    [("BuyerCanceled", "buyer"), ("Expired", "24"), ("AmazonCanceled", "Amazon"),
     ("Declined", "declined"), ("SomethingNew", "SomethingNew"), (None, "check out again")],
)  # fmt: skip
def test_a_canceled_one_says_why(reason: str | None, word: str) -> None:
    assert word.lower() in said("Canceled", reason).lower()


def test_a_state_that_is_not_known_is_said_as_it_is() -> None:
    assert "Paused" in said("Paused")


def test_after_thirty_days_it_is_said_what_to_look_for_instead() -> None:
    hint = hint_when_missing("checkout_session")
    assert "30 days" in hint
    assert "P01-" in hint


@pytest.mark.parametrize("kind", ["charge_permission", "charge", "refund", "dispute", "new"])
def test_whatever_is_missing_has_a_hint(kind: str) -> None:
    assert "another account, region or environment" in hint_when_missing(kind)
