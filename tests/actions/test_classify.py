"""What an answer to a write proves, and above all what it does not prove (protocol, step 9)."""

from __future__ import annotations

from typing import Any

import pytest

from console.actions.classify import Verdict, read_answer
from console.actions.operations import OPERATIONS
from console.amazon.client import Answer
from console.domain.errorcodes import ERROR_CODES
from console.store.decisions import Intent
from tests.domain.builders import CHARGE, ORDER

from .test_operations import intent_of

REFUND = OPERATIONS["create_refund"]
CANCEL = OPERATIONS["cancel_charge"]
REFUNDED = {
    "refundId": f"{ORDER}-R000001",
    "chargeId": CHARGE,
    "refundAmount": {"amount": "10.00", "currencyCode": "USD"},
    "statusDetails": {"state": "RefundInitiated"},
}
OPEN = {"RequestTimeout", "InternalServerError", "ServiceUnavailable"}
OF_THEIR_OWN = {"DuplicateIdempotencyKey", "TooManyRequests", "RequestThrottled"}


def intent() -> Intent:
    return intent_of(REFUND, CHARGE, "10.00 USD")


def answer(status: int, data: dict[str, Any] | None) -> Answer:
    return Answer(status, data, "r-1", None)


def no(status: int, code: str | None) -> Answer:
    return answer(status, {"reasonCode": code, "message": "so it is"})


class TestSuccess:
    @pytest.mark.parametrize("status", [200, 201, 202, 299])
    def test_an_echo_of_our_object_and_amount_is_made(self, status: int) -> None:
        found = read_answer(REFUND, intent(), answer(status, REFUNDED))
        assert found.verdict is Verdict.MADE
        assert found.made is not None
        assert found.made.id == REFUNDED["refundId"]
        assert found.why == f"Amazon answered with {ORDER}-R000001, RefundInitiated"
        assert found.code is None

    @pytest.mark.parametrize(
        "other",
        [
            {"refundId": ""},
            {"chargeId": f"{ORDER}-C000009"},
            {"refundAmount": {"amount": "10.01", "currencyCode": "USD"}},
            {"refundAmount": {"amount": "10.00", "currencyCode": "EUR"}},
            {"refundAmount": None},
        ],
    )
    def test_an_answer_about_something_else_proves_nothing(self, other: dict[str, Any]) -> None:
        found = read_answer(REFUND, intent(), answer(201, REFUNDED | other))
        assert found.verdict is Verdict.PROVES_NOTHING
        assert found.why == "Amazon answered 201, but not with what was asked for"
        assert found.made is None

    def test_an_answer_that_can_not_be_read_proves_nothing(self) -> None:
        found = read_answer(REFUND, intent(), answer(200, None))
        assert found.verdict is Verdict.PROVES_NOTHING
        assert found.why == "Amazon answered 200 with no readable body"


class TestRefusals:
    @pytest.mark.parametrize("code", sorted(ERROR_CODES.keys() - OPEN - OF_THEIR_OWN))
    def test_a_documented_answer_is_a_no(self, code: str) -> None:
        for status in ERROR_CODES[code].statuses:
            found = read_answer(REFUND, intent(), no(status, code))
            assert (found.verdict, found.code) == (Verdict.SAYS_NO, code)
            assert found.why == no(status, code).error().sentence
            assert found.made is None

    @pytest.mark.parametrize("code", sorted(OPEN))
    def test_documented_but_open(self, code: str) -> None:
        """These say only that the service failed: the money may have moved before that."""
        for status in ERROR_CODES[code].statuses:
            found = read_answer(REFUND, intent(), no(status, code))
            assert (found.verdict, found.code) == (Verdict.PROVES_NOTHING, code)
            assert found.why == no(status, code).error().sentence

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            (400, None),
            (400, "SomethingNew"),
            (422, "TransactionAmountExceeded"),  # documented with 400
            (400, "ProcessingFailure"),  # documented with 500
            (500, "SomethingNew"),
            (502, "InvalidRequest"),
            (302, "InvalidRequest"),
            (408, None),
            (100, None),
        ],
    )
    def test_what_is_not_documented_proves_nothing(self, status: int, code: str | None) -> None:
        found = read_answer(REFUND, intent(), no(status, code))
        assert (found.verdict, found.code) == (Verdict.PROVES_NOTHING, code)

    def test_a_business_answer_with_500_is_a_no(self) -> None:
        found = read_answer(REFUND, intent(), no(500, "ProcessingFailure"))
        assert found.verdict is Verdict.SAYS_NO


class TestThrottled:
    @pytest.mark.parametrize(
        ("code", "told"),
        [
            ("RequestThrottled", "RequestThrottled"),
            ("DuplicateIdempotencyKey", "DuplicateIdempotencyKey"),
            (None, "TooManyRequests"),
        ],
    )
    def test_nothing_was_executed_whatever_the_code(self, code: str | None, told: str) -> None:
        found = read_answer(REFUND, intent(), no(429, code))
        assert (found.verdict, found.code) == (Verdict.THROTTLED, told)
        assert found.why == no(429, code).error().sentence


class TestTheKeyIsTaken:
    def test_only_as_it_is_documented_and_where_a_key_was_sent(self) -> None:
        code = "DuplicateIdempotencyKey"
        found = read_answer(REFUND, intent(), no(400, code))
        assert (found.verdict, found.code) == (Verdict.KEY_TAKEN, code)
        assert found.why == no(400, code).error().sentence
        for status in (409, 422, 500):
            other = read_answer(REFUND, intent(), no(status, code))
            assert other.verdict is Verdict.PROVES_NOTHING
        without_key = read_answer(CANCEL, intent_of(CANCEL, CHARGE), no(400, code))
        assert without_key.verdict is Verdict.SAYS_NO
