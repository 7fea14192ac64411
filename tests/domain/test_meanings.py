"""Every word that Amazon Pay answers with can be looked up, in any spelling of its letters."""

from __future__ import annotations

import pytest

from console.domain.codes import REASONS, STATES
from console.domain.errorcodes import ERROR_CODES, V1_ERROR_CODES
from console.domain.explain import explain_error
from console.domain.meanings import MENDABLE, everything, meanings, nearest_terms, terms

WORDS = sorted(
    {state for states in STATES.values() for state in states}
    | {code for codes in REASONS.values() for code in codes}
    | set(ERROR_CODES)
    | set(V1_ERROR_CODES)
)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_tables_has_a_meaning(word: str) -> None:
    found = meanings(word.upper())
    assert found
    assert all(one.term == word and one.explanation.known for one in found)


def test_no_other_words_are_listed() -> None:
    assert sorted({word for words in terms().values() for word in words}) == WORDS


def test_a_word_means_something_for_every_kind_that_has_it() -> None:
    found = {(one.topic, one.kind, one.state) for one in meanings("Closed")}
    assert found == {
        ("state", kind, None)
        for kind in ("charge_permission", "dispute", "order_reference", "billing_agreement",
                     "authorization", "capture")
    }  # fmt: skip
    kinds = {(one.kind, one.state) for one in meanings("AmazonRejected") if one.kind}
    assert kinds == {
        ("charge", "Declined"), ("refund", "Declined"), ("authorization", "Declined"),
        ("capture", "Declined"),
    }  # fmt: skip


@pytest.mark.parametrize("term", ["payment method invalid", "PAYMENT_METHOD-INVALID"])
def test_case_and_spaces_do_not_matter(term: str) -> None:
    assert meanings(term) == meanings("PaymentMethodInvalid") != ()


def test_an_error_has_a_meaning_for_every_call_that_answers_with_it() -> None:
    for code, row in ERROR_CODES.items():
        said = {call: one.explanation for one in meanings(code) for call in one.operations}
        assert set(said) == set(row.operations)
        for call, explanation in said.items():
            assert explanation == explain_error(code, call)


def test_an_error_of_v1_says_that_it_is_one() -> None:
    (one,) = meanings("CaptureNotRefundable")
    assert (one.v1, one.statuses) == (True, (405,))


def test_what_the_buyer_mends_has_the_two_addresses() -> None:
    for one in everything():
        assert bool(one.mend_urls) == (one.term in MENDABLE)
    assert {word for word in MENDABLE if not meanings(word)} == set()


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("PaymentMethodInvald", "PaymentMethodInvalid"),
        ("softdecline", "SoftDeclined"),
        ("Chargable", "Chargeable"),
        ("AuthorizeInitiated", "AuthorizationInitiated"),
    ],
)
def test_the_nearest_spelling_is_offered(slip: str, meant: str) -> None:
    assert meanings(slip) == ()
    assert meant in nearest_terms(slip)


def test_where_nothing_is_near_nothing_is_offered() -> None:
    assert nearest_terms("xyzzy") == ()
    assert meanings("") == ()
