"""When a pasted text is a list of orders, and what its lines are."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.ids import parse
from console.domain.worklist import MOST_ENTRIES, Entry, as_list, entries, summary_of
from tests.domain.builders import (
    AGREEMENT,
    ORDER,
    charge,
    order,
    permission,
    refund,
    session,
    stamp,
)

A, B, C = "S01-5797829-1888777", "S01-4966596-9591203", "S02-6865442-5879427"
PAYMENT = "S01-5454037-1929856-C015396"  # of the agreement, with a base of its own
AGREEMENT_2 = "C01-8824045-7416542"
UUID = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"
UUID_2 = "9e27a6d0-51c8-4f3b-8b92-6c7d10f4e5a8"

NUMBERS = {"Acme-117": [A], "Acme-118": [B], "1001": [C], "Twice-1": [A, B], "Acme 12": [C]}


def orders_of(reference: str) -> Sequence[str]:
    return NUMBERS.get(reference, ())


def ids(text: str) -> list[str] | None:
    """The ids of a list in their order, lines without one left out; None where it is none."""
    found = as_list(text, orders_of)
    return None if found is None else [e.identifier.id for e in found if e.identifier]


class TestLists:
    @pytest.mark.parametrize(
        "text",
        [
            f"{A}\n{B}",
            f"{A}\r\n{B}\r\n",
            f"\n\n  {A}  \n\n{B}\n",
            f"{A},{B}",
            f"{A}, {B}",
            f"{A};{B}",
            f"{A}\t{B}",
            f"{A}   {B}",
            f"{A} {B}",
            f"({A}) {B} {A}.",
            f"- {A}\n- {B}",
            f"* {A}\n* {B}",
            f"• {A}\n• {B}",
            f"1. {A}\n2. {B}",
            f"1) {A}\n2) {B}",
            f"> {A}\n> {B}",
            f"({A})\n[{B}]",
            f"'{A}',\n'{B}'",
            json.dumps([A, B]),
            json.dumps([A, B], indent=2),
            f"{A.lower()}\n{B.replace('-', ' ')}",
            f"{A.replace('-', '–')}\n{B}.",
            f"Order: {A}\nOrder: {B}",
            f"Order #{A}\nOrder #{B}",
            f"Please look at these:\n\n{A}\n{B}\n\nThanks,\nAnn\nAcme Store\nphone 555 0100",
        ],
    )
    def test_two_orders_that_stand_alone_are_a_list(self, text: str) -> None:
        assert ids(text) == [A, B]

    def test_transactions_of_different_orders(self) -> None:
        text = f"{A}-A043451\n{B}-R022311\n{C}-B031187"
        assert ids(text) == text.split()

    def test_checkout_sessions(self) -> None:
        assert ids(f"{UUID}\n{UUID_2.upper()}") == [UUID, UUID_2]

    def test_agreements(self) -> None:
        assert ids(f"{AGREEMENT}\n{AGREEMENT_2}") == [AGREEMENT, AGREEMENT_2]

    @pytest.mark.parametrize("gap", ["\t", ";", ",", " | ", "    "])
    def test_a_column_of_a_table(self, gap: str) -> None:
        rows = [("number", "amazon id", "amount"), ("77", f"{A}-C043451", "10.00"),
                ("78", f"{B}-C079366", "20.00")]  # fmt: skip
        text = "\n".join(gap.join(row) for row in rows)
        found = as_list(text, orders_of)
        assert found is not None
        heading, *rest = found
        assert [e.identifier and e.identifier.id for e in rest] == [f"{A}-C043451", f"{B}-C079366"]
        assert (heading.line, heading.identifier) == (1, None)
        assert "no Amazon Pay id" in heading.why

    def test_a_column_of_order_numbers_that_are_known(self) -> None:
        text = "date;number;sum\n2026-01-02;Acme-117;10.00\n2026-01-03;Acme-118;9.00"
        found = as_list(text, orders_of)
        assert found is not None
        assert [(e.reference, e.order) for e in found[1:]] == [("Acme-117", A), ("Acme-118", B)]

    def test_order_numbers_by_the_line_and_among_ids(self) -> None:
        assert ids("Acme-117\nAcme-118\n1001") == [A, B, C]
        assert ids(f"Acme-117\n{B}") == [A, B]
        assert ids("Acme-117, Acme-118") == [A, B]
        assert ids("Acme 12\nAcme-118") == [C, B]

    def test_a_row_with_an_id_is_about_the_id_whatever_numbers_stand_beside(self) -> None:
        found = as_list(f"1001;{A}\n1001;{B}", orders_of)
        assert found is not None
        assert [(e.order, e.reference) for e in found] == [(A, None), (B, None)]

    def test_a_log_of_notifications(self) -> None:
        lines = [
            {"MerchantID": "A1O8CIV1A24A6X", "ObjectType": "CHARGE", "ObjectId": f"{base}-C004671",
             "ChargePermissionId": base, "NotificationId": UUID}
            for base in (A, B, C)
        ]  # fmt: skip
        text = "\n".join(json.dumps(line) for line in lines)
        assert ids(text) == [f"{base}-C004671" for base in (A, B, C)]


class TestNoLists:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "   \n\n",
            "hello",
            A,
            f"{A}\n",
            f"{A}\n{A}",
            f"{A}\n{A}-C043451\n{A}-R022311",  # one order
            f"{A}-A043451, {A}-C043451",
            f"Please refund {A}, it was broken.",
            f"Please refund {A}\nand also {B}\nas the buyer asked.",  # prose
            f"The buyer says that {A} was paid twice, the other one is {B} I think",
            "Acme-117",
            f"Acme-117\n{A}",  # the number of the same order
            f"Acme-117;{A}",
            "Acme-117 and Acme-118",
            "Nobody-1\nNobody-2",
            f"{AGREEMENT}\n{PAYMENT}",  # it may be one order and its payment
            f"{UUID}\n{A}",
            "123-1234567-1234567\n123-1234567-1234568",
        ],
    )
    def test_what_is_none(self, text: str) -> None:
        assert as_list(text, orders_of) is None

    def test_a_notification_is_about_one_order(self) -> None:
        message = {"ObjectType": "CHARGE", "ObjectId": PAYMENT, "ChargePermissionId": AGREEMENT}
        for indent in (None, 2):
            assert as_list(json.dumps(message, indent=indent), orders_of) is None
            escaped = json.dumps({"Message": json.dumps(message)}, indent=indent)
            assert as_list(escaped, orders_of) is None

    def test_a_mail_with_labels_for_two_orders_is_a_mail(self) -> None:
        prose = "\n".join(f"And another sentence about it, number {n}." for n in range(9))
        text = f"Hello,\n\nOrder reference: {A}\n{prose}\nEarlier order: {B}\n-- \nAnn"
        assert as_list(text, orders_of) is None


class TestEntries:
    def test_each_line_is_kept_with_its_number(self) -> None:
        text = f"{A}\n\nhello\n{B}\n123-1234567-1234567\n{A[:-1]}\n"
        found = as_list(text, orders_of)
        assert found is not None
        assert [(e.line, e.order) for e in found] == [
            (1, A), (3, None), (4, B), (5, None), (6, None),
        ]  # fmt: skip
        reasons = [e.why for e in found if e.identifier is None]
        assert "no Amazon Pay id" in reasons[0]
        assert "marketplace" in reasons[1]
        assert "number of its digits" in reasons[2]

    def test_an_order_that_comes_again_is_shown_once_with_a_note(self) -> None:
        found = as_list(f"{A}-C043451\n{B}\n{A}\n{A}-C043451", orders_of)
        assert found is not None
        assert [e.order for e in found] == [A, B]
        assert found[0].notes == (f"again in line 3 as {A}", "again in line 4")

    def test_a_number_of_an_order_that_is_there_already(self) -> None:
        found = as_list(f"{A}\n{B}\nAcme-117", orders_of)
        assert found is not None
        assert [e.order for e in found] == [A, B]
        assert found[0].notes == ("again in line 3",)

    def test_several_ids_of_one_order_in_a_row_are_one_entry_the_most_specific(self) -> None:
        found = as_list(f"{A};{A}-C043451;{A}-R022311\n{B};{B}-C079366;", orders_of)
        assert found is not None
        assert [e.identifier and e.identifier.id for e in found] == [
            f"{A}-R022311", f"{B}-C079366",
        ]  # fmt: skip
        assert found[0].notes == (f"with {A}, {A}-C043451",)

    def test_an_agreement_beside_its_payment_is_one_row(self) -> None:
        text = f"{AGREEMENT};{PAYMENT}\n{AGREEMENT_2};{A}-C043451"
        assert ids(text) == [PAYMENT, f"{A}-C043451"]

    def test_different_orders_in_one_line_are_all_there(self) -> None:
        assert ids(f"{AGREEMENT}, {A}, {B}") == [AGREEMENT, A, B]

    def test_a_number_on_several_orders_shows_all_of_them(self) -> None:
        found = as_list(f"{C}\nTwice-1", orders_of)
        assert found is not None
        assert [e.order for e in found] == [C, A, B]
        assert found[1].notes == ("Twice-1 stands on 2 orders",)

    def test_a_sentence_among_the_rows_keeps_its_id(self) -> None:
        assert ids(f"{A}\n{B}\nand {C} if you have the time") == [A, B, C]

    def test_what_is_shown_is_clean_and_short(self) -> None:
        found = entries(f"\x1b[31m{A}\u202e {'x' * 5000}", orders_of)
        assert found[0].shown.isprintable()
        assert len(found[0].shown) <= 200

    def test_a_list_that_is_too_long_says_so(self) -> None:
        text = "\n".join(f"S01-{n:07}-1000000" for n in range(MOST_ENTRIES + 7))
        found = as_list(text, orders_of)
        assert found is not None
        assert len(found) == MOST_ENTRIES + 1
        assert found[-1].identifier is None
        assert "7 more lines" in found[-1].why

    def test_one_line_too_many_is_one_line(self) -> None:
        text = "\n".join(f"S01-{n:07}-1000000" for n in range(MOST_ENTRIES + 1))
        assert "1 more line was left out" in entries(text, orders_of)[-1].why

    def test_without_the_rule_any_text_has_entries(self) -> None:
        assert [e.order for e in entries(f"see {A}\nhello", orders_of)] == [A, None]
        assert entries("", orders_of) == []


ID = st.builds(
    "{}{:02}-{:07}-{:07}{}".format,
    st.sampled_from("PS"),
    st.sampled_from([1, 2, 3]),
    st.integers(0, 9_999_999),
    st.integers(0, 9_999_999),
    st.sampled_from(["", "-A043451", "-C043451", "-R022311"]),
)


class TestProperties:
    @given(st.lists(ID, min_size=2, max_size=8, unique_by=lambda i: i[:19]))
    def test_different_orders_by_the_line_are_always_a_list_of_all(self, wanted: list[str]) -> None:
        assert ids("\n".join(wanted)) == wanted

    @given(st.lists(ID, min_size=1, max_size=8))
    def test_every_order_is_there_exactly_once(self, wanted: list[str]) -> None:
        found = entries("\n".join(wanted), orders_of)
        assert [e.order for e in found] == list(dict.fromkeys(i[:19] for i in wanted))

    @given(st.text(max_size=300))
    def test_any_text_is_a_list_or_none(self, text: str) -> None:
        found: list[Entry] | None = as_list(text, orders_of)
        assert found is None or len(found) > 1


def test_a_long_paste_is_read_in_no_time() -> None:
    rows = "\n".join(f"{n};S01-{n:07}-1000000-C{n:06};10.00;a word or two" for n in range(1000))
    prose = "All of this is prose with 16 digits 1234567812345678, and commas, many.\n" * 13_000
    for text, length in ((rows, 1000), (prose, None)):
        began = time.perf_counter()
        found = as_list(text, orders_of)
        assert (found and len(found)) == length
        assert time.perf_counter() - began < 3


class TestSummaries:
    def look(self, identifier: str, **more: Any) -> Any:
        found = order(
            charge(refunded="10.00 USD"),
            permission=permission("Closed", balance="0 USD", reasons=("AmazonClosed",)),
            refunds=(refund("Refunded", "10.00 USD"),),
            **more,
        )
        return summary_of(replace(found, query=parse(identifier)))

    def test_of_what_was_asked_for(self) -> None:
        assert self.look(ORDER).state == "Closed"
        assert self.look(ORDER).reasons == ("AmazonClosed",)
        assert self.look(f"{ORDER}-A043451").state == "Captured"
        assert self.look(f"{ORDER}-R000001").state == "Refunded"

    def test_the_money_is_the_orders(self) -> None:
        found = self.look(f"{ORDER}-R000001")
        assert [str(m) for m in (found.captured, found.refunded, found.refundable)] == [
            "40.00 USD", "10.00 USD", "36.00 USD",
        ]  # fmt: skip

    def test_what_of_it_is_above_the_captured_money(self) -> None:
        assert str(self.look(ORDER).above_captured) == "6.00 USD"

    def test_what_can_be_captured_is_said_of_the_charge_that_was_asked_for(self) -> None:
        both = order(
            charge("Authorized", "20.00 USD", id=f"{ORDER}-C010001"),
            charge("Captured", id=f"{ORDER}-C010002"),
            permission=permission(),
        )
        for asked, said in (("-C010001", "20.00 USD"), ("-C010002", "None"), ("", "20.00 USD")):
            found = summary_of(replace(both, query=parse(ORDER + asked)))
            assert str(found.capturable) == said
            assert (found.no_capture == "") is (said != "None")
            clocks = [c.object for c in (found.lapses, found.prompt) if c is not None]
            assert clocks == ([f"{ORDER}-C010001"] * 2 if said != "None" else [])

    @pytest.mark.parametrize(("left", "first"), [(20, "permission"), (40, "authorization")])
    def test_a_permission_that_ends_before_the_authorization_counts(
        self, left: int, first: str
    ) -> None:
        held = charge("Authorized", expires=stamp(days=-30))
        found = summary_of(order(held, permission=permission(expires=stamp(days=-left))))
        assert found.lapses is not None
        assert found.lapses.what == first
        assert found.lapses.count == f"{min(left, 30)} days left"

    @pytest.mark.parametrize(
        ("captured", "left"), [("100.00", "0.00 USD"), ("80.00", "20.00 USD"), ("60.00", "None")]
    )
    def test_what_is_left_of_the_limit_where_that_is_less(self, captured: str, left: str) -> None:
        two = charge("Captured", f"{captured} USD"), charge("Authorized", id=f"{ORDER}-C000002")
        found = summary_of(replace(order(*two, permission=permission()), query=parse(ORDER)))
        assert (str(found.capturable), str(found.limit_left)) == ("40.00 USD", left)

    def test_what_of_the_refunded_money_has_only_begun(self) -> None:
        begun = refund("RefundInitiated", "10.00 USD")
        found = summary_of(order(charge(refunded="10.00 USD"), refunds=(begun,)))
        assert (str(found.refunded), str(found.refund_initiated)) == ("10.00 USD", "10.00 USD")

    def test_of_an_order_with_two_open_charges_nobody_chooses_one(self) -> None:
        two = [charge("Authorized", id=f"{ORDER}-C01000{number}") for number in (1, 2)]
        found = summary_of(replace(order(*two, permission=permission()), query=parse(ORDER)))
        assert found.capturable is None
        assert found.no_capture == "2 charges can be captured: open the order to choose one."

    def test_of_an_order_with_several_charges_that_are_all_over_it_says_so(self) -> None:
        two = [charge("Declined", id=f"{ORDER}-C01000{number}") for number in (1, 2)]
        found = summary_of(replace(order(*two, permission=permission()), query=parse(ORDER)))
        assert found.no_capture == "None of its 2 charges can be captured."

    def test_why_an_order_or_its_charge_can_not_be_captured(self) -> None:
        declined = order(charge("Declined", id=f"{ORDER}-C010001"), permission=permission())
        for asked in ("", "-C010001"):
            found = summary_of(replace(declined, query=parse(ORDER + asked)))
            assert found.no_capture.startswith("The charge was declined.")
        of_a_refund = order(charge(), refunds=(refund("Refunded", "1.00 USD"),))
        found = summary_of(replace(of_a_refund, query=parse(f"{ORDER}-R000001")))
        assert (found.capturable, found.no_capture) == (None, "")

    def test_of_a_session_without_an_order(self) -> None:
        found = summary_of(order(session=session("Open")))
        assert (found.kind, found.state) == ("checkout_session", "Open")
