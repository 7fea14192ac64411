"""Explanations: complete, plain, honest, and never mixing requested, initiated and done."""

from __future__ import annotations

import re
from datetime import date
from typing import get_args

import pytest

from console.domain import checkout_v1 as v1
from console.domain import explain
from console.domain.codes import ANY, REASONS, STATES
from console.domain.errorcodes import ERROR_CODES, V1_ERROR_CODES
from console.domain.explain import (
    Explanation,
    explain_error,
    explain_state,
    mend_payment_url,
    monthly_limit_renews,
    wait_for_next_month,
)
from console.domain.limits import THROTTLE
from console.domain.model import (
    DEAD_REFUND_STATES,
    FINAL_CHARGE_STATES,
    OPEN_CHARGE_STATES,
    PENDING_STATES,
)

ALL: dict[str, Explanation] = {
    **{" ".join(key): value for key, value in explain.STATES.items()},
    **{" ".join(key): value for key, value in explain.REASONS.items()},
    **explain.ERRORS,
    **{" ".join(key): value for key, value in explain.OPERATION_ERRORS.items()},
}


# --- complete --------------------------------------------------------------------------------


def test_all_states_are_explained_and_no_others() -> None:
    named = {(kind, state) for kind, states in STATES.items() for state in states}
    assert set(explain.STATES) == named


def test_all_reason_codes_are_explained_and_no_others() -> None:
    named = {(kind, state, code) for (kind, state), codes in REASONS.items() for code in codes}
    assert set(explain.REASONS) == named


@pytest.mark.parametrize(
    ("kind", "state", "code"),
    [(kind, state, code) for (kind, state), codes in REASONS.items() for code in codes],
)
def test_every_reason_code_has_words_of_its_own(kind: str, state: str, code: str) -> None:
    """Or it would only be said to be known: each differs from what the state alone says."""
    for where in STATES[kind] if state == ANY else (state,):
        said = explain_state(kind, where, code)
        assert said.known
        if code not in SAYS_NO_MORE_THAN_ITS_STATE:
            assert said != explain_state(kind, where), (kind, where, code)


# A refund that the merchant made is what a refund is anyway.
SAYS_NO_MORE_THAN_ITS_STATE = {"SellerInitiated"}


def test_all_states_of_the_mapping_are_in_the_table() -> None:
    for row in v1.V1_TO_V2:
        assert row.v1_state in STATES[row.kind]
        assert row.v2_state is None or row.v2_state in STATES[row.v2_kind]
    for back in v1.V2_TO_V1:
        assert back.v2_state in STATES[back.kind]
        assert back.v1.state in STATES[back.v1.kind]


def test_all_reason_codes_of_the_mapping_are_in_the_table() -> None:
    for row in v1.REASONS:
        assert row.v1_reason is None or row.v1_reason in REASONS[row.kind, row.v1_state]
        assert row.v2_reason is None or row.v2_reason in REASONS[row.v2_kind, row.v2_state]
    for back in v1.V2_TO_V1:
        if back.v1.reason:
            assert back.v1.reason in REASONS[back.v1.kind, back.v1.state]


def test_the_states_that_the_model_waits_for_or_ends_with_are_in_the_table() -> None:
    known = {*STATES["charge"], *STATES["refund"]}
    assert known >= PENDING_STATES | OPEN_CHARGE_STATES | FINAL_CHARGE_STATES | DEAD_REFUND_STATES


def test_reasons_are_explained_for_states_that_exist() -> None:
    for kind, state in REASONS:
        assert state == ANY or state in STATES[kind]


def test_all_error_codes_are_explained_and_no_others() -> None:
    assert set(explain.ERRORS) == set(ERROR_CODES) | set(V1_ERROR_CODES)


def test_every_error_is_explained_for_each_operation_that_answers_it() -> None:
    for code, row in ERROR_CODES.items():
        for operation in row.operations or THROTTLE:
            assert explain_error(code, operation, row.statuses[0]).known


def test_explanations_by_operation_are_for_errors_that_it_can_answer() -> None:
    for code, operation in explain.OPERATION_ERRORS:
        assert operation in ERROR_CODES[code].operations


# --- plain -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_field_is_filled_with_whole_sentences(name: str) -> None:
    one = ALL[name]
    assert one.known
    assert one.tone in get_args(explain.Tone)
    assert one.who in get_args(explain.Who)
    assert one.who != "not known"
    for text in (one.meaning, one.next_step, one.say_to_buyer):
        assert text[0].isupper() or text.startswith("v1"), text
        assert text.endswith("."), text
        assert text == " ".join(text.split()), text


# What belongs to the trade's inside is not said to a buyer.
INSIDE = re.compile(
    r"idempot|HTTP|signature|API|header|charge permission|chargeable|reason code|Seller Central"
    r"|captured|merchant|fraud|\bv[12]\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_buyer_hears_no_jargon_and_no_suspicion(name: str) -> None:
    assert not INSIDE.search(ALL[name].say_to_buyer), ALL[name].say_to_buyer


def test_good_news_needs_nobody() -> None:
    for name, one in ALL.items():
        if one.tone == "good" and name not in {"charge Authorized", "authorization Open"}:
            assert one.who == "nobody needs to", name


# --- requested, initiated, done --------------------------------------------------------------

INITIATED = [
    ("charge", "AuthorizationInitiated"),
    ("charge", "CaptureInitiated"),
    ("refund", "RefundInitiated"),
    ("authorization", "Pending"),
    ("capture", "Pending"),
    ("refund", "Pending"),
]
DONE = [
    ("charge", "Captured"),
    ("refund", "Refunded"),
    ("checkout_session", "Completed"),
    ("capture", "Completed"),
    ("refund", "Completed"),
]


def _words(one: Explanation) -> set[str]:
    return set(re.findall(r"\w+", f"{one.meaning} {one.next_step} {one.say_to_buyer}".lower()))


@pytest.mark.parametrize(("kind", "state"), INITIATED)
def test_what_is_initiated_waits_and_is_never_called_done(kind: str, state: str) -> None:
    one = explain_state(kind, state)
    assert one.tone == "waiting"
    assert one.who == "Amazon"
    assert "initiated" in _words(one)
    assert not _words(one) & {"requested", "done"}


@pytest.mark.parametrize(("kind", "state"), DONE)
def test_what_is_done_is_good_and_never_called_initiated(kind: str, state: str) -> None:
    one = explain_state(kind, state)
    assert one.tone == "good"
    assert "done" in _words(one)
    assert not _words(one) & {"requested", "initiated"}


def test_done_and_initiated_are_said_of_nothing_else() -> None:
    done = {f"{k} {s}" for k, s in DONE}
    initiated = {f"{k} {s}" for k, s in INITIATED}
    for name, one in ALL.items():
        base = " ".join(name.split()[:2])
        if "done" in _words(one):
            assert base in done or name.startswith("authorization Closed Max"), name
        if "initiated" in _words(one):
            assert base in initiated, name
        assert "requested" not in _words(one), name


def test_an_initiated_refund_has_not_returned_the_money() -> None:
    for state in ("RefundInitiated", "Pending"):
        one = explain_state("refund", state)
        assert "hasn't been returned yet" in one.meaning
        assert "hasn't been returned yet" in one.say_to_buyer


def test_a_declined_refund_is_bad_and_the_buyer_has_not_got_the_money() -> None:
    for reason in (None, "AmazonRejected", "ProcessingFailure"):
        one = explain_state("refund", "Declined", reason)
        assert (one.tone, one.who) == ("bad", "merchant")
        assert re.search("has not got (the money|it)", one.meaning)
    for code in ("AmazonRejected", "ProcessingFailure"):
        assert "has not got" in explain_error(code, "create_refund").meaning


def test_a_failed_refund_sends_to_look_for_a_chargeback_first() -> None:
    one = explain_state("refund", "Declined", "ProcessingFailure")
    assert "chargeback" in one.next_step
    assert "twice" in one.next_step


# --- closed is not red -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["charge_permission", "order_reference"])
@pytest.mark.parametrize("reasons", [(), ["AmazonClosed"], ["Expired"]])
def test_closed_after_a_full_capture_is_good_news(kind: str, reasons: list[str]) -> None:
    one = explain_state(kind, "Closed", reasons, fully_captured=True)
    assert (one.tone, one.who) == ("good", "nobody needs to")


def test_closed_alone_is_no_alarm() -> None:
    assert explain_state("charge_permission", "Closed").tone == "neutral"
    assert explain_state("charge_permission", "Closed", ["AmazonClosed"]).tone == "neutral"


def test_closed_by_amazon_before_the_capture_is_a_warning() -> None:
    one = explain_state("charge_permission", "Closed", ["AmazonClosed"], fully_captured=False)
    assert one.tone == "warning"


def test_canceled_by_amazon_stays_bad_even_when_paid() -> None:
    one = explain_state("charge_permission", "Closed", ["AmazonCanceled"], fully_captured=True)
    assert one.tone == "bad"


def test_an_unknown_reason_is_not_turned_into_good_news() -> None:
    one = explain_state("charge_permission", "Closed", ["Cold"], fully_captured=True)
    assert one.tone == "neutral"
    assert "“Cold”" in one.meaning


# --- who can mend it -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "reason", "who"),
    [
        ("charge_permission", "NonChargeable", "PaymentMethodInvalid", "buyer"),
        ("charge_permission", "NonChargeable", "PaymentMethodExpired", "buyer"),
        ("charge_permission", "NonChargeable", "ChargeInProgress", "merchant"),
        ("charge_permission", "Closed", "MerchantClosed", "nobody needs to"),
        ("charge", "Declined", "HardDeclined", "buyer"),
        ("charge", "Declined", "SoftDeclined", "merchant"),
        ("charge", "Declined", "AmazonRejected", "buyer"),
        ("charge", "Canceled", "ExpiredUnused", "merchant"),
        ("refund", "Declined", "AmazonRejected", "merchant"),
        ("dispute", "ActionRequired", "MerchantResponseRequired", "merchant"),
        ("dispute", "UnderReview", None, "Amazon"),
    ],
)
def test_who_can_mend_it(kind: str, state: str, reason: str | None, who: str) -> None:
    assert explain_state(kind, state, reason).who == who


def test_amazon_rejected_says_that_the_permission_is_gone() -> None:
    assert "the permission is gone" in explain_state("charge", "Declined", "AmazonRejected").meaning
    assert "the permission is gone" in explain_error("AmazonRejected", "create_charge").meaning


def test_hard_declines_are_not_to_be_repeated_and_soft_ones_only_if_chargeable() -> None:
    assert "Don't try again" in explain_state("charge", "Declined", "HardDeclined").next_step
    assert "if it is Chargeable" in explain_state("charge", "Declined", "SoftDeclined").next_step


def test_open_disputes_warn_of_paying_twice() -> None:
    for state in ("UnderReview", "ActionRequired"):
        assert "twice" in explain_state("dispute", state).meaning


def test_both_spellings_of_v1_mean_the_same() -> None:
    for first, second in (("MaxAmountCaptured", "MaxCapturesProcessed"),
                          ("ExpiredUnused", "ExpireUnused")):  # fmt: skip
        assert explain_state("authorization", "Closed", first) == explain_state(
            "authorization", "Closed", second
        )


# --- several reasons, unknown words ----------------------------------------------------------


def test_of_several_reasons_the_worst_leads_and_none_is_lost() -> None:
    both = explain_state(
        "charge_permission", "NonChargeable", ["ChargeInProgress", "PaymentMethodExpired"]
    )
    expired = explain_state("charge_permission", "NonChargeable", "PaymentMethodExpired")
    busy = explain_state("charge_permission", "NonChargeable", "ChargeInProgress")
    assert (both.tone, both.who) == (expired.tone, expired.who)
    assert expired.meaning in both.meaning
    assert busy.meaning in both.meaning
    assert both.say_to_buyer == expired.say_to_buyer


def test_a_reason_given_twice_is_said_once() -> None:
    once = explain_state("charge", "Declined", "HardDeclined")
    assert explain_state("charge", "Declined", ["HardDeclined", "HardDeclined"]) == once


@pytest.mark.parametrize("reasons", [None, "", [], [""]])
def test_no_reason_in_any_form_is_no_reason(reasons: list[str] | str | None) -> None:
    assert explain_state("charge", "Declined", reasons) == explain_state("charge", "Declined")


def test_an_unknown_state_is_given_back_as_amazon_wrote_it() -> None:
    one = explain_state("charge", "Hibernating", ["Cold"])
    assert not one.known
    assert one.who == "not known"
    assert "Amazon answered the state “Hibernating” with the reason “Cold”" in one.meaning
    assert "doesn't know" in one.meaning


def test_an_unknown_reason_keeps_what_is_known_of_the_state() -> None:
    one = explain_state("charge", "Declined", "Cold")
    base = explain_state("charge", "Declined")
    assert one.meaning.startswith(base.meaning)
    assert "“Cold”" in one.meaning
    assert (one.tone, one.known) == (base.tone, False)


def test_an_unknown_error_is_given_back_as_amazon_wrote_it() -> None:
    one = explain_error("Hiccup", "create_refund", 422)
    assert not one.known
    assert "“Hiccup” and HTTP 422" in one.meaning
    assert not explain_error(None).known


@pytest.mark.parametrize("status", [500, 502, 504, 599])
def test_a_server_s_fault_without_a_code_leaves_the_outcome_open(status: int) -> None:
    one = explain_error(None, "create_refund", status)
    assert not one.known
    assert f"HTTP {status}" in one.meaning
    assert "whether it happened isn't known" in one.meaning


@pytest.mark.parametrize("code", ["RequestTimeout", "InternalServerError", "ServiceUnavailable"])
def test_no_answer_to_a_write_is_an_open_outcome_and_to_a_read_none(code: str) -> None:
    assert "isn't known" in explain_error(code, "create_refund").meaning
    assert "same key" in explain_error(code, "create_refund").next_step
    assert "isn't known" not in explain_error(code, "get_refund").meaning


def test_the_same_code_means_another_thing_for_another_operation() -> None:
    refund = explain_error("TransactionAmountExceeded", "create_refund")
    capture = explain_error("TransactionAmountExceeded", "capture_charge")
    assert "15 %" in refund.meaning
    assert "authorized" in capture.meaning
    assert explain_error("TransactionAmountExceeded").known


# --- where and when --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("na", "https://payments.amazon.com/jr/your-account/ba/B01-1234567-1234567"),
        ("eu", "https://payments.amazon.com/jr/your-account/ba/B01-1234567-1234567"),
        ("jp", "https://pay.amazon.com/jp/jr/your-account/ba/B01-1234567-1234567"),
        ("JP", "https://pay.amazon.com/jp/jr/your-account/ba/B01-1234567-1234567"),
    ],
)
def test_where_the_buyer_mends_the_payment_method(region: str, url: str) -> None:
    assert mend_payment_url("B01-1234567-1234567", region) == url


def test_a_hostile_id_stays_one_part_of_the_address() -> None:
    assert mend_payment_url("../x?y#z", "na").endswith("/ba/..%2Fx%3Fy%23z")


def test_the_monthly_limit_starts_anew_on_the_first() -> None:
    assert monthly_limit_renews(date(2024, 1, 31)) == date(2024, 2, 1)
    assert monthly_limit_renews(date(2024, 12, 1)) == date(2025, 1, 1)
    assert "first day of the next calendar month" in explain_error("PeriodicAmountExceeded").meaning


def test_periodic_amount_exceeded_says_from_which_day_on_it_can_work() -> None:
    one = explain_error("PeriodicAmountExceeded", "create_charge", today=date(2024, 12, 31))
    assert "from 2025-01-01 on" in one.next_step
    assert "from 2025-01-02 on (UTC) it has ended everywhere" in one.next_step
    assert "time zone" in one.next_step
    assert "tomorrow" not in one.next_step


def test_on_the_first_of_a_month_amazon_s_month_may_not_have_begun() -> None:
    assert "tomorrow" in wait_for_next_month(date(2024, 6, 1))


# --- what a buyer hears ----------------------------------------------------------------------

PROMISES = re.compile(
    r"\bwe will (refund|return|pay|charge|ship|make)\b"
    r"|\bwill (get|receive|have) (the|your) money\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_buyer_is_promised_no_money(name: str) -> None:
    assert not PROMISES.search(ALL[name].say_to_buyer), ALL[name].say_to_buyer


def test_only_a_refund_that_is_done_is_told_as_done() -> None:
    done = {name for name, one in ALL.items() if "refund is done" in one.say_to_buyer}
    assert done == {
        "refund Refunded", "refund Completed", "refund Completed SellerInitiated",
        "refund Completed AmazonA-ZRefund", "refund Completed BuyerCanceled",
    }  # fmt: skip


def test_who_may_have_paid_already_is_not_sent_to_pay_again() -> None:
    for state in (
        explain_state("charge_permission", "Closed", ["AmazonCanceled"]),
        explain_state("charge_permission", "Closed", ["AmazonClosed"], fully_captured=False),
    ):
        assert "If something is still to be paid" in state.say_to_buyer
