"""What is said of an order leaves its tables in the language of the reader; a clock is kept.

The language here is English in capitals, so that a text that nobody translates stays small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from gettext import NullTranslations
from typing import Any

import pytest

from console.domain import explain, language
from console.domain.clocks import clocks
from console.domain.disputes import doubts, in_words, known_here
from console.domain.explain import Explanation, explain_error, explain_state
from console.domain.explained import explained
from console.domain.guides import fixed_life, over_charge, reduce_charge
from console.domain.in_v1 import either, v1_calls
from console.domain.language import _
from console.domain.meanings import everything
from console.domain.model import CheckoutSession, Dispute
from console.domain.money import Money
from console.domain.order import Order
from console.domain.remains import hint_when_missing, remains
from tests.domain.builders import (
    AGREEMENT,
    CHARGE,
    NOW,
    ORDER,
    SESSION,
    charge,
    order,
    permission,
    price,
)

DISPUTE = f"{ORDER}-B031187"
AUTHORIZED = charge("Authorized")


class Loud(NullTranslations):
    def gettext(self, message: str) -> str:
        return re.sub(r"\{\w+\}|[^{}]+", _in_capitals, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def _in_capitals(part: re.Match[str]) -> str:
    return part[0] if part[0].startswith("{") else part[0].upper()


@pytest.fixture(autouse=True)
def _loud() -> Iterator[None]:
    language.use(Loud())
    yield
    language.use(language.ENGLISH)


def assert_translated(texts: Iterable[str | None], *values: str) -> None:
    """Nothing but `values`, which are Amazon's words, is in small letters."""
    said = [text for text in texts if text]
    assert said
    for text in said:
        rest = text
        for value in values:
            rest = rest.replace(value, "")
        assert not re.search("[a-z]", rest), text


def texts_of(one: Explanation) -> tuple[str, str, str]:
    return one.meaning, one.next_step, one.say_to_buyer


def dispute(**fields: Any) -> Dispute:
    details = {"state": "ActionRequired", "reasonCode": "MerchantResponseRequired"}
    data = {"disputeId": DISPUTE, "chargeId": CHARGE, "statusDetails": details}
    return Dispute.from_api({**data, **fields})


def session(state: str, **fields: str) -> CheckoutSession:
    data = {"checkoutSessionId": SESSION, "statusDetails": {"state": state}}
    return CheckoutSession.from_api({**data, **fields})


# --- explanations ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table", ["STATES", "REASONS", "ERRORS", "OPERATION_ERRORS", "_STATUS_MEANINGS"]
)
def test_every_explanation_of_a_table_can_be_translated(table: str) -> None:
    for one in vars(explain)[table].values():
        told = one.told()
        assert_translated(texts_of(told))
        assert (told.who, told.tone, told.known) == (one.who, one.tone, one.known)


def test_a_state_and_its_reasons() -> None:
    for kind, state in explain.STATES:
        for reasons in ([], ["COLD"], ["COLD", "Expired"]):
            assert_translated(texts_of(explain_state(kind, state, reasons)), "Expired")
    for kind, state, reason in explain.REASONS:
        assert_translated(texts_of(explain_state(kind, state or "Resolved", [reason])))
    for paid in (True, False):
        closed = explain_state("charge_permission", "Closed", "AmazonClosed", fully_captured=paid)
        assert_translated(texts_of(closed))


def test_what_is_not_known() -> None:
    assert_translated(texts_of(explain_state("charge", "Zzz")), "Zzz")
    assert_translated(
        texts_of(explain_state("charge", "Zzz", ["Cold", "Ill"])), "Zzz", "Cold", "Ill"
    )
    for code in (None, "Hiccup"):
        for status in (None, 422, 503):
            assert_translated(texts_of(explain_error(code, "get_charge", status)), "Hiccup")


def test_an_error() -> None:
    for code in explain.ERRORS:
        for operation in (None, "create_refund", "get_refund"):
            assert_translated(texts_of(explain_error(code, operation)))
    limit = explain_error("PeriodicAmountExceeded", today=date(2024, 6, 1))
    assert_translated(texts_of(limit))


def test_the_meanings_of_a_word_are_not_kept_from_another_language() -> None:
    assert_translated(text for one in everything() for text in texts_of(one.explanation))
    language.use(language.ENGLISH)
    assert not any(text.isupper() for one in everything() for text in texts_of(one.explanation))


def test_every_object_of_an_order() -> None:
    filed = dispute(filingReason="ProductNotReceived")
    for id in (ORDER, AGREEMENT):
        for balance in ("100.00 USD", "0.00 USD"):
            of = permission(
                "NonChargeable" if id == ORDER else "Chargeable", id=id, balance=balance
            )
            for one in explained(order(charge("Declined"), permission=of, disputes=(filed,))):
                url = one.mend_url or "https"
                assert_translated([*texts_of(one.explanation), one.mend], url)


# --- clocks ----------------------------------------------------------------------------------


def test_a_clock_is_kept_in_english_and_shown_in_the_language_of_the_reader() -> None:
    created = (NOW - timedelta(days=40)).strftime("%Y%m%dT%H%M%SZ")
    ends = (NOW + timedelta(days=140)).strftime("%Y%m%dT%H%M%SZ")
    due = (NOW + timedelta(hours=20)).strftime("%Y%m%dT%H%M%SZ")
    found: list[Order] = [
        order(AUTHORIZED, permission=permission()),
        order(
            charge("Authorized", created=created),
            permission=permission(created=created, expires=ends),
            disputes=(dispute(merchantResponseDeadline=due),),
        ),
        order(permission=permission("Closed", id=AGREEMENT)),
        order(permission=permission(id=AGREEMENT)),
        order(session=session("Open", creationTimestamp=created)),
    ]
    shown = [clock for one in found for clock in clocks(one)]
    assert_translated(clock.title for clock in shown)
    assert_translated(clock.count for clock in shown)
    assert_translated(_(clock.sentence) for clock in shown)
    assert not any(clock.sentence.isupper() for clock in shown)


# --- disputes, guides, sessions, v1 ----------------------------------------------------------


def test_a_dispute() -> None:
    due = NOW + timedelta(hours=20)
    for fields in (
        {},
        {"disputeAmount": price("40.00 USD")},
        {"filingReason": "Other"},
        {"disputeAmount": price("40.00 USD"), "filingReason": "Other"},
        {"merchantResponseDeadline": due.strftime("%Y%m%dT%H%M%SZ")},
        {"statusDetails": {"state": "Resolved", "resolution": "BuyerWon"}},
    ):
        found = order(charge(), disputes=(dispute(**fields),), unread={DISPUTE: "HTTP 503"})
        said = [in_words(found.disputes[0], NOW), known_here(found, CHARGE), *doubts(found)]
        values = ("ActionRequired", "MerchantResponseRequired", "Other", "Resolved")
        assert_translated(said, *values)
    assert_translated([known_here(order(charge()), CHARGE)])


def test_a_guide() -> None:
    for of in (
        permission(),
        permission(balance="1.00 USD"),
        permission(limit=None, balance=None),
        permission("Closed"),
    ):
        found = order(AUTHORIZED, permission=of)
        wanted = [over_charge(found, AUTHORIZED, Money.from_text(f"{n}.00 USD")) for n in (55, 155)]
        assert_translated([*wanted, reduce_charge(AUTHORIZED), fixed_life(found)], "Closed")


def test_what_remains_of_a_session() -> None:
    for found in (
        session("Open"),
        session("Open", expirationTimestamp="20200101T000000Z"),
        session("Open", expirationTimestamp="20990101T000000Z"),
        session("Completed"),
        session("Completed", chargeId=CHARGE),
        session("Completed", chargePermissionId=ORDER),
        session("Completed", chargePermissionId=ORDER, chargeId=CHARGE),
        session("Canceled"),
    ):
        assert_translated(remains(found, NOW))
    for kind in ("checkout_session", "charge_permission", "charge", "refund"):
        assert_translated([hint_when_missing(kind)])


def test_the_way_back_to_v1() -> None:
    for of in (permission(), permission(id=AGREEMENT), permission(type="PaymentMethodOnFile")):
        for row in v1_calls(order(AUTHORIZED, permission=of)):
            notes = [*(call.note for call in row.v1), *(by.note for by in row.seller_central)]
            assert_translated([row.why_not_one, *notes, "V1"])
    assert either(("Closed", "Canceled")) == "Closed OR Canceled"
    assert either(()) is None
