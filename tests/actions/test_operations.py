"""What the engine must know of each operation: its request, what proves it, and its words.

All of it is pure, so nothing here starts a server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from console.actions.operations import OPERATIONS
from console.actions.operations.base import Made, Operation, Standing
from console.actions.operations.permission import parse_frequency
from console.actions.outcome import Held, Result
from console.actions.plan import Plan, Wish, Words, confirmation_phrase
from console.actions.snapshot import Snapshot
from console.domain.ids import parse
from console.domain.intent import State
from console.domain.model import Charge, ChargePermission, CheckoutSession, Dispute, Refund
from console.domain.money import AmountError, Money
from console.domain.order import Order
from console.domain.rules import BY_NAME
from console.store.decisions import Draft, Intent
from tests.domain.builders import (
    AGREEMENT,
    CHARGE,
    NOW,
    ORDER,
    SESSION,
    charge,
    order,
    permission,
    refund,
    session,
    stamp,
)

REFUND = OPERATIONS["create_refund"]
CAPTURE = OPERATIONS["capture_charge"]
CANCEL = OPERATIONS["cancel_charge"]
AUTHORIZE = OPERATIONS["create_charge"]
CLOSE = OPERATIONS["close_charge_permission"]
UPDATE = OPERATIONS["update_charge_permission"]
COMPLETE = OPERATIONS["complete_checkout_session"]

OTHER = f"{ORDER}-C000002"
SEEN = datetime(2024, 5, 23, 12, 0, tzinfo=UTC)  # when charges of `charge()` were made
DISPUTE = f"{ORDER}-B031187"


def usd(text: str) -> Money:
    return Money.from_text(f"{text} USD")


def intent_of(
    operation: Operation, obj: str, amount: str | None = None, *, of: Order | None = None,
    wish: Wish | None = None, **more: Any
) -> Intent:  # fmt: skip
    """A decision about `obj`, with the bytes and the snapshot that the operation gives."""
    money = Money.from_text(amount) if amount else None
    seen = operation.snapshot(of, obj) if of else None
    made = operation.request(of, obj, money, wish or Wish()) if of else None
    given: dict[str, Any] = {
        "environment": "sandbox",
        "action": operation.action,
        "operation": operation.name,
        "object": obj,
        "scope": ORDER,
        "lock": ORDER,
        "amount": money,
        "observed": "",
        "generation": 0,
        "key": "k" * 32 if operation.keyed else None,
        "method": made.method if made else operation.method,
        "path": made.path if made else "",
        "body": made.body if made else b"",
        "reason": "",
        "snapshot": seen.data if seen else {},
        "id": 7,
        "actor": "ann",
        "created": "2024-05-20T10:11:12Z",
    }
    return Intent(**(given | more))


def words(
    operation: Operation, of: Order, obj: str, amount: str | None = None,
    wish: Wish | None = None, past: tuple[Intent, ...] = (), **more: Any
) -> Words:  # fmt: skip
    draft = intent_of(operation, obj, amount, of=of, wish=wish, **more)
    return operation.words(of, draft, past)


def seen(operation: Operation, of: Order, obj: str) -> Snapshot:
    found = operation.snapshot(of, obj)
    assert found is not None
    return found


def with_reason(state: str, code: str, amount: str = "40.00 USD", **more: Any) -> Charge:
    """A charge whose state has a reason, since 08:00 today."""
    made = charge(state, amount, **more)
    data = {
        **made.raw,
        "statusDetails": {
            "state": state,
            "reasonCode": code,
            "lastUpdatedTimestamp": stamp(hours=4),
        },
    }
    return Charge.from_api(data)


def held(caught: pytest.ExceptionInfo[Held]) -> tuple[str, str | None]:
    return str(caught.value), caught.value.hint


# --- the table -----------------------------------------------------------------------------------


class TestTable:
    def test_an_operation_for_every_action(self) -> None:
        assert {action.operation for action in BY_NAME.values()} == set(OPERATIONS)

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_each_does_the_action_whose_call_it_is(self, name: str) -> None:
        operation = OPERATIONS[name]
        assert operation.name == name
        assert BY_NAME[operation.action].operation == name

    @pytest.mark.parametrize(
        ("operation", "method", "keyed", "once", "called"),
        [
            (REFUND, "POST", True, False, "charge"),
            (CAPTURE, "POST", True, True, "charge"),
            (CANCEL, "DELETE", False, True, "charge"),
            (AUTHORIZE, "POST", True, False, "charge permission"),
            (CLOSE, "DELETE", False, True, "charge permission"),
            (UPDATE, "PATCH", False, False, "charge permission"),
            (COMPLETE, "POST", True, True, "checkout session"),
        ],
    )  # fmt: skip
    def test_keys_are_for_posts_only(
        self, operation: Operation, method: str, keyed: bool, once: bool, called: str
    ) -> None:
        assert operation.method == method
        assert operation.keyed is keyed
        assert operation.once is once
        assert operation.target_name == called


# --- which object is meant -----------------------------------------------------------------------


class TestWhichCharge:
    captured = charge()
    waiting = charge("Authorized", id=OTHER)

    def test_the_one_that_is_named(self) -> None:
        both = order(self.captured, self.waiting)
        for named in (CHARGE, OTHER):
            for operation in (REFUND, CAPTURE, CANCEL):
                assert operation.choose(both, parse(named)) == named

    def test_the_only_one_that_it_can_be_done_to(self) -> None:
        both = order(self.captured, self.waiting)
        assert REFUND.choose(both, parse(ORDER)) == CHARGE
        assert CAPTURE.choose(both, parse(ORDER)) == OTHER
        assert CANCEL.choose(both, parse(ORDER)) == OTHER
        begun = order(self.captured, charge("AuthorizationInitiated", id=OTHER))
        assert CANCEL.choose(begun, parse(ORDER)) == OTHER

    def test_the_one_of_the_refund_or_dispute_that_is_named(self) -> None:
        made = refund("Refunded", "1.00 USD", of=OTHER)
        dispute = Dispute.from_api({"disputeId": DISPUTE, "chargeId": OTHER})
        two = order(charge(), charge(id=OTHER), refunds=(made,), disputes=(dispute,))
        assert REFUND.choose(two, parse(made.id)) == OTHER
        assert REFUND.choose(two, parse(DISPUTE)) == OTHER

    def test_a_dispute_without_a_charge_leads_to_none(self) -> None:
        dispute = Dispute.from_api({"disputeId": DISPUTE})
        assert REFUND.choose(order(charge(), disputes=(dispute,)), parse(DISPUTE)) == CHARGE

    @pytest.mark.parametrize(
        ("operation", "called"), [(REFUND, "captured"), (CAPTURE, "authorized"), (CANCEL, "open")]
    )
    def test_never_one_of_several(self, operation: Operation, called: str) -> None:
        state = "Captured" if operation is REFUND else "Authorized"
        two = order(charge(state), charge(state, id=OTHER))
        with pytest.raises(Held) as caught:
            operation.choose(two, parse(ORDER))
        assert held(caught) == (
            f"{ORDER} has several {called} charges: {CHARGE}, {OTHER}.", "Name one of them.",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("operation", "called"), [(REFUND, "captured"), (CAPTURE, "authorized"), (CANCEL, "open")]
    )
    def test_none_that_it_can_be_done_to(self, operation: Operation, called: str) -> None:
        with pytest.raises(Held) as caught:
            operation.choose(order(charge("Declined")), parse(ORDER))
        said, hint = held(caught)
        assert said == f"{ORDER} has no {called} charge that this console knows."
        assert hint is not None
        assert "charge's own id" in hint

    def test_the_order_that_it_is_booked_under(self) -> None:
        for operation in (REFUND, CAPTURE, CANCEL):
            assert operation.scope(order(charge(of=AGREEMENT)), CHARGE) == AGREEMENT
            assert operation.scope(order(charge(of=None)), CHARGE) == ORDER

    def test_refunds_reserve_their_charge_all_else_the_whole_order(self) -> None:
        """A late capture beside a new charge would make the buyer pay twice."""
        whole = order(charge(), permission=permission())
        assert REFUND.lock(whole, CHARGE) == CHARGE
        assert CAPTURE.lock(whole, CHARGE) == CANCEL.lock(whole, CHARGE) == ORDER
        for operation in (AUTHORIZE, CLOSE, UPDATE):
            assert operation.lock(whole, ORDER) == ORDER
            assert operation.scope(whole, ORDER) == ORDER


class TestWhichPermission:
    @pytest.mark.parametrize("operation", [AUTHORIZE, CLOSE, UPDATE])
    def test_the_orders_own(self, operation: Operation) -> None:
        assert operation.choose(order(charge(), permission=permission()), parse(CHARGE)) == ORDER

    @pytest.mark.parametrize("operation", [AUTHORIZE, CLOSE, UPDATE])
    def test_none_that_could_be_read(self, operation: Operation) -> None:
        with pytest.raises(Held) as caught:
            operation.choose(order(charge()), parse(CHARGE))
        said, hint = held(caught)
        assert said == f"The charge permission of {CHARGE} could not be read."
        assert hint is not None

    def test_without_a_permission_it_is_booked_under_its_ids_beginning(self) -> None:
        assert AUTHORIZE.scope(order(charge()), CHARGE) == ORDER


class TestWhichSession:
    def test_only_the_session_itself(self) -> None:
        found = order(session=session("Open"))
        assert COMPLETE.choose(found, parse(SESSION)) == SESSION
        assert COMPLETE.scope(found, SESSION) == SESSION
        assert COMPLETE.lock(found, SESSION) == SESSION

    @pytest.mark.parametrize(
        ("found", "named"),
        [
            (order(charge(), session=session("Open")), CHARGE),
            (order(permission=permission()), SESSION),
        ],
    )
    def test_no_other_object_leads_to_it(self, found: Order, named: str) -> None:
        with pytest.raises(Held) as caught:
            COMPLETE.choose(found, parse(named))
        said, hint = held(caught)
        assert said == f"{named} is no checkout session."
        assert hint is not None


# --- amounts -------------------------------------------------------------------------------------


class TestAmounts:
    @pytest.mark.parametrize("operation", [REFUND, CAPTURE])
    def test_in_the_currency_of_the_charge(self, operation: Operation) -> None:
        yen = order(charge("Authorized", "5000 JPY"))
        assert operation.amount(yen, CHARGE, Wish("10")) == Money.from_text("10 JPY")
        with pytest.raises(AmountError):
            operation.amount(yen, CHARGE, Wish("10 USD"))
        with pytest.raises(Held) as caught:
            operation.amount(order(charge(amount=None)), CHARGE, Wish("10"))
        assert held(caught) == (
            "Amazon doesn't say in which currency this charge is.", "See Seller Central.",
        )  # fmt: skip

    def test_a_new_charge_in_the_currency_of_the_order(self) -> None:
        euro = permission(limit="9.00 EUR", balance="9.00 EUR")
        assert AUTHORIZE.amount(order(permission=euro), ORDER, Wish("10")) == Money.from_text(
            "10.00 EUR"
        )
        bare = order(permission=permission(limit=None, balance=None))
        with pytest.raises(Held, match="in which currency this order is"):
            AUTHORIZE.amount(bare, ORDER, Wish("10"))

    @pytest.mark.parametrize("operation", [CANCEL, CLOSE, UPDATE])
    def test_what_moves_no_money_takes_none(self, operation: Operation) -> None:
        whole = order(charge("Authorized"), permission=permission())
        assert operation.amount(whole, CHARGE, Wish("10")) is None

    def test_a_session_in_the_currency_that_the_buyer_agreed_to(self) -> None:
        found = order(session=session("Open"))
        assert COMPLETE.amount(found, SESSION, Wish("18")) == usd("18.00")

    @pytest.mark.parametrize("typed", ["18.00 USD", "usd 18"])
    def test_a_session_without_a_currency_takes_the_one_that_is_typed(self, typed: str) -> None:
        bare = order(session=replace(session("Open"), amount=None))
        assert COMPLETE.amount(bare, SESSION, Wish(typed)) == usd("18.00")

    @pytest.mark.parametrize("typed", ["18.00", "", "12 34", "abcd 18", "1x3 18", "18 USD EUR"])
    def test_and_none_is_guessed(self, typed: str) -> None:
        bare = order(session=replace(session("Open"), amount=None))
        with pytest.raises(Held, match="in which currency this session is"):
            COMPLETE.amount(bare, SESSION, Wish(typed))

    def test_a_session_takes_the_currency_of_its_order_where_it_has_none(self) -> None:
        bare = replace(session("Open"), amount=None)
        found = order(charge(), session=bare)
        assert COMPLETE.amount(found, SESSION, Wish("18")) == usd("18.00")

    def test_a_session_that_is_over_says_so_before_it_asks_for_a_currency(self) -> None:
        done = order(session=replace(session("Completed"), amount=None))
        with pytest.raises(Held, match="It is Completed already") as caught:
            COMPLETE.amount(done, SESSION, Wish("18"))
        assert caught.value.result is Result.ALREADY_SO
        assert caught.value.hint == "Nothing had to be sent."
        over = order(session=replace(session("Canceled"), amount=None))
        with pytest.raises(Held, match="this one is Canceled") as caught:
            COMPLETE.amount(over, SESSION, Wish("18"))
        assert caught.value.result is Result.BLOCKED


class TestTooMuch:
    def law(self, operation: Operation, of: Order, obj: str, amount: str) -> tuple[str, str | None]:
        with pytest.raises(Held) as caught:
            operation.require_allowed(operation.action, of, obj, Money.from_text(amount), Wish())
        return held(caught)

    def test_the_most_itself_is_not_too_much(self) -> None:
        of = order(charge(), charge("Authorized", id=OTHER), permission=permission())
        REFUND.require_allowed("refund", of, CHARGE, usd("46.00"), Wish())
        CAPTURE.require_allowed("capture", of, OTHER, usd("40.00"), Wish())
        AUTHORIZE.require_allowed("authorize", of, ORDER, usd("100.00"), Wish())

    def test_a_cent_more_is(self) -> None:
        of = order(charge(), charge("Authorized", id=OTHER), permission=permission())
        assert self.law(REFUND, of, CHARGE, "46.01 USD") == (
            "46.01 USD is too much. Up to 46.00 USD can be refunded.", None,
        )  # fmt: skip
        said, hint = self.law(CAPTURE, of, OTHER, "40.01 USD")
        assert said == (
            "40.01 USD is more than was authorized. Up to 40.00 USD can be captured, once."
        )
        assert hint is not None
        assert hint.startswith("Collect 40.00 USD with this charge, and the other 0.01 USD")
        said, hint = self.law(AUTHORIZE, of, ORDER, "100.01 USD")
        assert said.startswith("100.01 USD is too much. Up to 100.00 USD can be authorized.")
        assert hint is not None
        assert "new checkout" in hint

    def test_what_is_not_allowed_says_why(self) -> None:
        said, _ = self.law(REFUND, order(charge("Declined")), CHARGE, "1.00 USD")
        assert said == "The charge was declined, so there is nothing to give back."

    def test_no_amount_and_no_known_most_are_never_too_much(self) -> None:
        bare = order(permission=permission(limit=None, balance=None))
        AUTHORIZE.require_allowed("authorize", bare, ORDER, usd("9999"), Wish())
        CANCEL.require_allowed("cancel", order(charge("Authorized")), CHARGE, None, Wish())

    def test_a_session_is_completed_over_exactly_what_was_agreed(self) -> None:
        found = order(session=session("Open"))
        COMPLETE.require_allowed("complete", found, SESSION, usd("18.00"), Wish())
        for other in ("17.99 USD", "18.01 USD", "18.00 EUR"):
            said, hint = self.law(COMPLETE, found, SESSION, other)
            assert said == (
                f"The buyer agreed to 18.00 USD, not to {other}. Amazon answers AmountMismatch to"
                " any other amount."
            )
            assert hint == (
                "Complete it with --amount 18.00, or let the shop update the session."
            )
        said, _ = self.law(COMPLETE, order(session=session("Canceled")), SESSION, "18.00 USD")
        assert said.endswith("this one is Canceled.")
        bare = order(session=replace(session("Open"), amount=None))
        COMPLETE.require_allowed("complete", bare, SESSION, usd("5.00"), Wish())


# --- requests ------------------------------------------------------------------------------------


class TestRequests:
    whole = order(charge("Authorized"), permission=permission(), session=session("Open"))

    @pytest.mark.parametrize(
        ("operation", "obj", "amount", "wish", "line", "body"),
        [
            (REFUND, CHARGE, "10.00 USD", Wish(reason="not for Amazon"), "POST /refunds",
             {"chargeId": CHARGE, "refundAmount": {"amount": "10.00", "currencyCode": "USD"}}),
            (CAPTURE, CHARGE, "10.00 USD", Wish(), f"POST /charges/{CHARGE}/capture",
             {"captureAmount": {"amount": "10.00", "currencyCode": "USD"}}),
            (CANCEL, CHARGE, None, Wish(reason="sold out"), f"DELETE /charges/{CHARGE}/cancel",
             {"cancellationReason": "sold out"}),
            (CANCEL, CHARGE, None, Wish(), f"DELETE /charges/{CHARGE}/cancel",
             {"cancellationReason": "Canceled by the merchant"}),
            (CANCEL, CHARGE, None, Wish(reason="a" * 300), f"DELETE /charges/{CHARGE}/cancel",
             {"cancellationReason": "a" * 254 + "…"}),
            (AUTHORIZE, ORDER, "10.00 USD", Wish(capture_now=True), "POST /charges",
             {"chargePermissionId": ORDER,
              "chargeAmount": {"amount": "10.00", "currencyCode": "USD"},
              "captureNow": True, "canHandlePendingAuthorization": False}),
            (AUTHORIZE, ORDER, "10.00 USD", Wish(pending_allowed=True), "POST /charges",
             {"chargePermissionId": ORDER,
              "chargeAmount": {"amount": "10.00", "currencyCode": "USD"},
              "captureNow": False, "canHandlePendingAuthorization": True}),
            (CLOSE, ORDER, None, Wish(), f"DELETE /chargePermissions/{ORDER}/close",
             {"closureReason": "Closed by the merchant", "cancelPendingCharges": False}),
            (CLOSE, ORDER, None, Wish(reason="überfällig", cancel_pending=True),
             f"DELETE /chargePermissions/{ORDER}/close",
             {"closureReason": "überfällig", "cancelPendingCharges": True}),
            (UPDATE, ORDER, None, Wish(merchant={"noteToBuyer": " a note "}),
             f"PATCH /chargePermissions/{ORDER}",
             {"merchantMetadata": {"noteToBuyer": "a note"}}),
            (UPDATE, ORDER, None, Wish(frequency="2 weeks"), f"PATCH /chargePermissions/{ORDER}",
             {"recurringMetadata": {"frequency": {"unit": "Week", "value": "2"}}}),
            (UPDATE, ORDER, None, Wish(frequency="1 Year", amount="9"),
             f"PATCH /chargePermissions/{ORDER}",
             {"recurringMetadata": {"frequency": {"unit": "Year", "value": "1"},
                                    "amount": {"amount": "9.00", "currencyCode": "USD"}}}),
            (UPDATE, ORDER, None, Wish(amount="9"), f"PATCH /chargePermissions/{ORDER}", {}),
            (COMPLETE, SESSION, "18.00 USD", Wish(), f"POST /checkoutSessions/{SESSION}/complete",
             {"chargeAmount": {"amount": "18.00", "currencyCode": "USD"}}),
        ],
    )  # fmt: skip
    def test_the_exact_bytes(
        self, operation: Operation, obj: str, amount: str | None, wish: Wish, line: str,
        body: dict[str, Any],
    ) -> None:  # fmt: skip
        money = Money.from_text(amount) if amount else None
        made = operation.request(self.whole, obj, money, wish)
        assert f"{made.method} {made.path}" == line
        text = json.dumps(body, ensure_ascii=False).replace(": ", ":").replace(", ", ",")
        assert made.body.decode() == text.replace("anote", "a note")
        assert made.method == operation.method

    def test_an_amount_of_money_moved_is_never_left_out(self) -> None:
        for operation, obj in ((REFUND, CHARGE), (CAPTURE, CHARGE), (AUTHORIZE, ORDER)):
            with pytest.raises(AssertionError):
                operation.request(self.whole, obj, None, Wish())
        with pytest.raises(AssertionError):
            COMPLETE.request(self.whole, SESSION, None, Wish())


class TestFrequencies:
    @pytest.mark.parametrize(
        ("text", "unit", "value"),
        [
            ("1 Year", "Year", "1"),
            (" 3  months ", "Month", "3"),
            ("2 WEEK", "Week", "2"),
            ("999 day", "Day", "999"),
            ("Variable", "Variable", "0"),
        ],
    )
    def test_a_number_and_a_unit_or_variable(self, text: str, unit: str, value: str) -> None:
        assert parse_frequency(text) == {"unit": unit, "value": value}

    @pytest.mark.parametrize(
        "text", ["", "Year", "1", "0 Year", "01 Year", "1000 Day", "1 Century", "2 Variable",
                 "1Year", "-1 Year", "1 Year!", "1.5 Year"]
    )  # fmt: skip
    def test_anything_else_is_refused_with_what_there_is(self, text: str) -> None:
        with pytest.raises(AmountError) as caught:
            parse_frequency(text)
        assert str(caught.value) == (
            f"{text!r} is no frequency. Type a number and a unit, such as 1 Year, 3 Month, 2 Week"
            " or 30 Day; or Variable."
        )


# --- what the key is derived from ----------------------------------------------------------------


class TestObserved:
    def test_a_refund_sees_the_floor(self) -> None:
        of = order(charge(refunded="5.00 USD"), journal={CHARGE: "7.00 USD"})
        assert REFUND.observed(of, CHARGE, ()) == "7.00 USD"

    def test_without_a_captured_amount_there_is_nothing_to_see(self) -> None:
        for bare in (charge(amount=None), charge("Authorized")):
            with pytest.raises(Held):
                REFUND.observed(order(bare), CHARGE, ())

    def test_a_capture_sees_what_was_captured(self) -> None:
        assert CAPTURE.observed(order(charge("Authorized")), CHARGE, ()) == "0.00 USD"
        begun = charge("CaptureInitiated", captured="10.00 USD")
        assert CAPTURE.observed(order(begun), CHARGE, ()) == "10.00 USD"
        assert CAPTURE.observed(order(charge("Authorized", None)), CHARGE, ()) == "0.00 "

    def test_a_session_its_state(self) -> None:
        assert COMPLETE.observed(order(session=session("Open")), SESSION, ()) == "Open"

    def test_what_has_no_key_sees_nothing(self) -> None:
        whole = order(charge("Authorized"), permission=permission())
        for operation in (CANCEL, CLOSE, UPDATE):
            assert operation.observed(whole, CHARGE, ()) == ""

    def test_a_new_charge_what_is_used_and_what_was_made_here(self) -> None:
        of = order(permission=permission(balance="60.00 USD"))
        assert AUTHORIZE.observed(of, ORDER, ()) == "40.00 USD used, 0 made here"
        for broken in (permission(balance=None), permission(limit=None)):
            assert AUTHORIZE.observed(order(permission=broken), ORDER, ()).startswith(
                "unknown used"
            )

    @pytest.mark.parametrize("state", State)
    def test_every_charge_that_was_made_counts_dead_ones_too(self, state: State) -> None:
        """Its key is spent either way."""
        of = order(permission=permission())
        past = (intent_of(AUTHORIZE, ORDER, "10.00 USD", state=state),)
        made = state in (State.ACCEPTED, State.SETTLED, State.ABSORBED, State.DECLINED)
        assert AUTHORIZE.observed(of, ORDER, past).endswith(
            "used, 10.00 made here" if made else "used, 0 made here"
        )

    def test_each_charge_counts_once_and_only_charges(self) -> None:
        of = order(permission=permission())
        past = (
            intent_of(AUTHORIZE, ORDER, "10.00 USD", state=State.ACCEPTED, id=1, result="C1"),
            intent_of(AUTHORIZE, ORDER, "10.00 USD", state=State.ABSORBED, id=2, result="C1"),
            intent_of(AUTHORIZE, ORDER, "20.00 USD", state=State.SETTLED, id=3, result="C2"),
            intent_of(AUTHORIZE, ORDER, "3.00 USD", state=State.ACCEPTED, id=4),
            intent_of(AUTHORIZE, ORDER, "4.00 USD", state=State.ACCEPTED, id=5),
            intent_of(AUTHORIZE, ORDER, None, state=State.ACCEPTED, id=6),
            intent_of(REFUND, CHARGE, "99.00 USD", state=State.ACCEPTED, id=7),
        )
        assert AUTHORIZE.observed(of, ORDER, past) == "0.00 USD used, 37.00 made here"
