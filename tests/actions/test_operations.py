"""What the engine must know of each operation: its request, what proves it, and its words.

All of it is pure, so nothing here starts a server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from console.actions.operations import OPERATIONS
from console.actions.operations.base import Made, Operation, Standing
from console.actions.operations.update import parse_frequency
from console.actions.outcome import Held, Result
from console.actions.plan import Plan, Wish, Words, confirmation_phrase
from console.actions.snapshot import Snapshot
from console.domain.action_table import BY_NAME
from console.domain.ids import parse
from console.domain.intent import State
from console.domain.model import Charge, ChargePermission, CheckoutSession, Dispute, Refund
from console.domain.money import AmountError, Money
from console.domain.order import Order
from console.languages import speak
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
        "method": operation.method,
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
            assert hint == ("Complete it with --amount 18.00, or let the shop update the session.")
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
        assert f"{operation.method} {made.path}" == line
        assert made.body == json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()

    def test_an_amount_needs_the_currency_of_its_permission(self) -> None:
        bare = order(permission=replace(permission(), currency=None))
        with pytest.raises(Held, match="in which currency this permission is"):
            UPDATE.request(bare, ORDER, None, Wish(frequency="1 Year", amount="9"))

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
        told = "Amazon doesn't say how much was captured: look in Seller Central."
        with pytest.raises(Held, match=told):
            REFUND.observed(order(charge(amount=None)), CHARGE, ())
        with pytest.raises(Held, match="Nothing was captured yet"):
            REFUND.observed(order(charge("Authorized")), CHARGE, ())

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


# --- already so ----------------------------------------------------------------------------------


class TestAlready:
    def test_a_refund_and_a_new_charge_never_are(self) -> None:
        of = order(charge(), permission=permission())
        assert REFUND.already(of, CHARGE, usd("10.00"), Wish()) is None
        assert AUTHORIZE.already(of, ORDER, usd("10.00"), Wish()) is None

    @pytest.mark.parametrize("state", ["Captured", "CaptureInitiated"])
    def test_captured_over_the_same_amount(self, state: str) -> None:
        of = order(charge(state, captured="30.00 USD"))
        assert CAPTURE.already(of, CHARGE, usd("30.00"), Wish()) == (
            f"Charge {CHARGE} is {state} already, over 30.00 USD."
        )
        assert CAPTURE.already(of, CHARGE, usd("40.00"), Wish()) is None

    def test_a_charge_that_is_still_authorized_is_not_captured(self) -> None:
        of = order(charge("Authorized", captured="30.00 USD"))
        assert CAPTURE.already(of, CHARGE, usd("30.00"), Wish()) is None

    def test_canceled_with_the_reason(self) -> None:
        of = order(with_reason("Canceled", "ExpiredUnused"))
        said = CANCEL.already(of, CHARGE, None, Wish())
        assert said == f"Charge {CHARGE} is Canceled already (ExpiredUnused)."
        said = CANCEL.already(order(charge("Canceled")), CHARGE, None, Wish())
        assert said == f"Charge {CHARGE} is Canceled already."
        for state in ("Authorized", "Declined", "Captured"):
            assert CANCEL.already(order(charge(state)), CHARGE, None, Wish()) is None

    def test_closed_with_the_reason(self) -> None:
        of = order(permission=permission("Closed", reasons=("Expired",)))
        assert CLOSE.already(of, ORDER, None, Wish()) == "It is Closed already (Expired)."
        assert CLOSE.already(order(permission=permission()), ORDER, None, Wish()) is None

    def test_closed_but_what_was_to_be_canceled_with_it_stayed_open(self) -> None:
        of = order(
            charge("Authorized"),
            charge("AuthorizationInitiated", id=OTHER),
            charge("CaptureInitiated", id=f"{ORDER}-C000003"),
            permission=permission("Closed"),
        )
        assert CLOSE.already(of, ORDER, None, Wish()) == "It is Closed already."
        with pytest.raises(Held) as caught:
            CLOSE.already(of, ORDER, None, Wish(cancel_pending=True))
        assert held(caught) == (
            f"The permission is Closed already, and {CHARGE}, {OTHER} stayed open.",
            f"Cancel what is open by itself: `payconsole cancel {CHARGE}`.",
        )
        dead = order(charge("Canceled"), permission=permission("Closed"))
        said = CLOSE.already(dead, ORDER, None, Wish(cancel_pending=True))
        assert said == "It is Closed already."

    def test_a_session_that_was_completed(self) -> None:
        of = order(session=session("Completed"))
        said = COMPLETE.already(of, SESSION, usd("18.00"), Wish())
        assert said is not None
        assert said.startswith("It is Completed already. Amazon names no permission for it")
        for state in ("Open", "Canceled"):
            assert COMPLETE.already(order(session=session(state)), SESSION, None, Wish()) is None

    def test_values_that_it_has(self) -> None:
        of = order(permission=updated(note="a note"))
        same, other = Wish(merchant={"noteToBuyer": "a note"}), Wish(merchant={"noteToBuyer": "b"})
        assert UPDATE.already(of, ORDER, None, same) == "It has these values already."
        assert UPDATE.already(of, ORDER, None, other) is None
        assert UPDATE.already(of, ORDER, None, Wish()) is None
        emptied = Wish(merchant={"merchantStoreName": ""})
        assert UPDATE.already(of, ORDER, None, emptied) == "It has these values already."
        assert UPDATE.already(of, "another", None, same) is None

    def test_a_frequency_that_it_has(self) -> None:
        of = order(permission=updated(frequency=("Month", "1"), amount="9.00 USD"))
        assert UPDATE.already(of, AGREEMENT, None, Wish(frequency="1 month")) is None
        assert UPDATE.already(of, ORDER, None, Wish(frequency="1 month")) is not None
        assert UPDATE.already(of, ORDER, None, Wish(frequency="2 month")) is None
        assert UPDATE.already(of, ORDER, None, Wish(frequency="1 month", amount="9")) is not None
        assert UPDATE.already(of, ORDER, None, Wish(frequency="1 month", amount="8")) is None


def updated(
    state: str = "Chargeable", *, id: str = ORDER, reference: str | None = None,
    store: str | None = None, note: str | None = None, custom: str | None = None,
    frequency: tuple[str, str] | None = None, amount: str | None = None,
    expires: str | None = None, **more: Any,
) -> ChargePermission:  # fmt: skip
    """A permission with the merchant's own fields."""
    raw = permission(state, id=id, expires=expires, **more).raw
    money = Money.from_text(amount).to_api() if amount else None
    return ChargePermission.from_api(
        {
            **raw,
            "merchantMetadata": {
                "merchantReferenceId": reference,
                "merchantStoreName": store,
                "noteToBuyer": note,
                "customInformation": custom,
            },
            "recurringMetadata": {
                "frequency": {"unit": frequency[0], "value": frequency[1]} if frequency else None,
                "amount": money,
            },
        }
    )


# --- the law of an update ------------------------------------------------------------------------


class TestUpdateLaw:
    def law(
        self, of: ChargePermission, wish: Wish, action: str = "update"
    ) -> tuple[str, str | None]:
        with pytest.raises(Held) as caught:
            UPDATE.require_allowed(action, order(permission=of), of.id, None, wish)
        return held(caught)

    def test_something_must_change(self) -> None:
        assert self.law(permission(), Wish()) == (
            "Nothing to change was given.", "Name a field and its new value.",
        )  # fmt: skip
        of = order(permission=permission())
        UPDATE.require_allowed("update", of, ORDER, None, Wish(merchant={"noteToBuyer": ""}))
        UPDATE.require_allowed("update", of, ORDER, None, Wish(frequency="1 Year"))

    def test_a_store_name_has_fifty_characters_at_most(self) -> None:
        of = order(permission=permission())
        fits = Wish(merchant={"merchantStoreName": f" {'x' * 50} "})
        UPDATE.require_allowed("update", of, ORDER, None, fits)
        said, _ = self.law(permission(), Wish(merchant={"merchantStoreName": "x" * 51}))
        assert said == "The store name has 51 characters; Amazon takes 50."
        long = {"noteToBuyer": "x" * 999, "merchantReferenceId": "x" * 999}
        UPDATE.require_allowed("update", of, ORDER, None, Wish(merchant=long))

    @pytest.mark.parametrize(
        ("name", "called"),
        [
            ("merchantReferenceId", "reference"),
            ("merchantStoreName", "store name"),
            ("noteToBuyer", "note to the buyer"),
            ("customInformation", "custom information"),
        ],
    )
    def test_what_can_not_be_seen_is_not_written(self, name: str, called: str) -> None:
        said, hint = self.law(permission(), Wish(merchant={name: "a\u202eb"}))
        assert said == f"The {called} holds a character that can't be seen, such as a tab."
        assert hint == "Type it anew: what is written must be what is read back."

    def test_only_long_fields_have_lines(self) -> None:
        of = order(permission=permission())
        for name in ("noteToBuyer", "customInformation"):
            UPDATE.require_allowed("update", of, ORDER, None, Wish(merchant={name: "a\nb"}))
        for name in ("merchantReferenceId", "merchantStoreName"):
            self.law(permission(), Wish(merchant={name: "a\nb"}))

    def test_once_closed_only_what_is_empty_is_filled(self) -> None:
        closed = updated("Closed", note="a note")
        empty = Wish(merchant={"merchantReferenceId": "A-1"})
        UPDATE.require_allowed("update", order(permission=closed), ORDER, None, empty)
        said, _ = self.law(closed, Wish(merchant={"noteToBuyer": "other"}))
        assert said == (
            "The permission is Closed, so its note to the buyer can't be changed any more: only"
            " what is still empty can be filled."
        )
        open_one = updated(note="a note")
        other = Wish(merchant={"noteToBuyer": "other"})
        UPDATE.require_allowed("update", order(permission=open_one), ORDER, None, other)

    def test_a_one_time_permission_is_never_extended(self) -> None:
        said, hint = self.law(permission(), Wish(frequency="1 Year"), "extend")
        assert "can't be changed later" in said
        assert hint is not None
        assert hint.endswith("Later: a new checkout.")

    def test_extending_needs_a_frequency(self) -> None:
        bare = permission(id=AGREEMENT)
        assert self.law(bare, Wish(merchant={"noteToBuyer": "x"}), "extend") == (
            "Amazon computes the expiry from the frequency, and none was given.",
            'Give one, such as --frequency "1 Year"; now it is not told.',
        )
        has = updated(id=AGREEMENT, frequency=("Month", "1"))
        _, hint = self.law(has, Wish(), "extend")
        assert hint == 'Give one, such as --frequency "1 Year"; now it is 1 Month.'
        of = order(permission=has)
        UPDATE.require_allowed("extend", of, AGREEMENT, None, Wish(frequency="1 Year"))

    def test_another_that_can_not_be_extended_says_only_why(self) -> None:
        said, hint = self.law(
            permission(id=AGREEMENT, type="PaymentMethodOnFile"), Wish(frequency="1 Year"), "extend"
        )
        assert "payment method on file" in said
        assert hint is None


# --- snapshots -----------------------------------------------------------------------------------

# The names of parts and fields as a German reads them; all else is Amazon's.
_IN_GERMAN: Final = {
    "charge": "Charge", "permission": "Permission", "charges": "Charges",
    "refunds": "Erstattungen", "disputes": "Einsprüche", "merchant": "Händler",
    "recurring": "wiederkehrend", "session": "Session", "state": "Status", "amount": "Betrag",
    "captured": "eingezogen", "refunded": "erstattet", "expires": "läuft ab", "reason": "Grund",
    "reasons": "Gründe", "limit": "Höchstbetrag", "balance": "Restbetrag",
    "frequency": "Häufigkeit", "noteToBuyer": "noteToBuyer", "nothing": "nothing",
}  # fmt: skip


class TestSnapshotsInAnotherLanguage:
    @pytest.fixture(autouse=True)
    def _german(self) -> Iterator[None]:
        speak("de")
        yield
        speak("en")

    @pytest.mark.parametrize(("name", "said"), _IN_GERMAN.items())
    def test_names_are_in_the_readers_words(self, name: str, said: str) -> None:
        was, now = Snapshot({name: {name: "Open"}}), Snapshot({name: {name: None}})
        assert was.changes(now) == [f"{said} {said}: Open, jetzt nichts"]

    def test_of_values_only_how_a_dispute_stands_is(self) -> None:
        """A merchant's note may be a word of ours by chance: it stays as it was written."""
        was = Snapshot({"disputes": {DISPUTE: ["can pay twice", "Open", "nothing"]}})
        now = Snapshot({"disputes": {DISPUTE: ["over", "Closed", "nothing"]}})
        [said] = was.changes(now)
        assert said == (
            f"Einsprüche {DISPUTE}: kann doppelt zahlen Open nothing, jetzt beendet Closed nothing"
        )
        unread = Snapshot({"disputes": {DISPUTE: ["could not be read"]}})
        assert was.changes(unread)[0].endswith("jetzt nicht lesbar")


class TestSnapshots:
    dispute = Dispute.from_api(
        {
            "disputeId": DISPUTE,
            "chargeId": CHARGE,
            "statusDetails": {"state": "UnderReview"},
            "disputeAmount": {"amount": "5.00", "currencyCode": "USD"},
        }
    )
    of = order(
        charge(refunded="5.00 USD", expires=stamp(days=-3)),
        charge("Authorized", id=OTHER),
        permission=updated(
            reasons=("ChargeInProgress", "Other"), expires=stamp(days=-9), note="a note",
            reference="A-1", store="Shop", custom="c", frequency=("Month", "2"), amount="9.00 USD",
        ),
        refunds=(refund("Refunded", "5.00 USD"),),
        disputes=(dispute,),
        session=session("Open"),
    )  # fmt: skip
    charge_part: Mapping[str, Any] = {
        "state": "Captured",
        "amount": "40.00 USD",
        "captured": "40.00 USD",
        "refunded": "5.00 USD",
        "expires": "2024-05-27T12:00:00Z",
        "reason": None,
    }
    permission_part: Mapping[str, Any] = {
        "state": "Chargeable",
        "limit": "100.00 USD",
        "balance": "100.00 USD",
        "expires": "2024-06-02T12:00:00Z",
        "reasons": "ChargeInProgress Other",
    }
    sister: Mapping[str, Any] = {OTHER: ["Authorized", "40.00 USD", None]}

    def test_of_a_refund(self) -> None:
        assert seen(REFUND, self.of, CHARGE).data == {
            "charge": self.charge_part,
            "permission": self.permission_part,
            "refunds": {f"{ORDER}-R000001": ["Refunded", "5.00 USD"]},
            "disputes": {DISPUTE: ["can pay twice", "UnderReview", None, "5.00 USD"]},
        }

    @pytest.mark.parametrize("operation", [CAPTURE, CANCEL])
    def test_of_a_charges_end(self, operation: Operation) -> None:
        assert seen(operation, self.of, CHARGE).data == {
            "charge": self.charge_part,
            "permission": self.permission_part,
            "charges": self.sister,
        }

    @pytest.mark.parametrize("operation", [AUTHORIZE, CLOSE])
    def test_of_a_permission(self, operation: Operation) -> None:
        assert seen(operation, self.of, ORDER).data == {
            "permission": self.permission_part,
            "charges": {CHARGE: ["Captured", "40.00 USD", "40.00 USD"], **self.sister},
        }

    def test_of_an_update(self) -> None:
        assert seen(UPDATE, self.of, ORDER).data == {
            "permission": self.permission_part,
            "merchant": {
                "merchantReferenceId": "A-1",
                "merchantStoreName": "Shop",
                "noteToBuyer": "a note",
                "customInformation": "c",
            },
            "recurring": {"frequency": "2 Month", "amount": "9.00 USD"},
        }

    @pytest.mark.parametrize("odd", [None, "x", [], {"frequency": "x"}, {"frequency": {}}])
    def test_what_amazon_does_not_tell_of_recurring_is_nothing(self, odd: object) -> None:
        raw = {**permission().raw, "recurringMetadata": odd}
        found = seen(UPDATE, order(permission=ChargePermission.from_api(raw)), ORDER)
        assert found.part("recurring") == {"frequency": None, "amount": None}

    def test_a_variable_frequency_has_no_number(self) -> None:
        raw = {**permission().raw, "recurringMetadata": {"frequency": {"unit": "Variable"}}}
        found = seen(UPDATE, order(permission=ChargePermission.from_api(raw)), ORDER)
        assert found.part("recurring")["frequency"] == "0 Variable"

    def test_of_a_session(self) -> None:
        data = {**session("Open").raw, "chargePermissionId": ORDER, "chargeId": CHARGE}
        of = order(session=CheckoutSession.from_api(data))
        assert seen(COMPLETE, of, SESSION).data == {
            "session": {
                "state": "Open", "amount": "18.00 USD", "permission": ORDER, "charge": CHARGE,
            }
        }  # fmt: skip

    @pytest.mark.parametrize("operation", [REFUND, CAPTURE, CANCEL])
    def test_without_a_permission(self, operation: Operation) -> None:
        assert seen(operation, order(charge()), CHARGE).data["permission"] is None

    @pytest.mark.parametrize("operation", OPERATIONS.values())
    def test_what_could_not_be_read_has_none(self, operation: Operation) -> None:
        nothing = order(permission=permission())
        empty = order(charge())
        assert operation.snapshot(nothing, "another") is None
        assert operation.snapshot(empty, "another") is None

    def test_no_reasons_are_nothing(self) -> None:
        found = seen(CLOSE, order(permission=permission()), ORDER)
        assert found.part("permission")["reasons"] is None

    def test_a_dispute_that_is_over_or_could_not_be_read(self) -> None:
        over = Dispute.from_api(
            {
                "disputeId": DISPUTE, "chargeId": CHARGE,
                "statusDetails": {"state": "Resolved", "resolution": "MerchantWon"},
            }
        )  # fmt: skip
        unread = f"{ORDER}-B000009"
        of = order(charge(), disputes=(over,), unread={unread: "gone"})
        assert seen(REFUND, of, CHARGE).part("disputes") == {
            DISPUTE: ["over", "Resolved", "MerchantWon", None],
            unread: ["could not be read"],
        }


class TestComparing:
    def test_the_same_looks_the_same(self) -> None:
        of = order(charge(), permission=permission())
        one, two = seen(REFUND, of, CHARGE), seen(REFUND, of, CHARGE)
        assert one.hash == two.hash
        assert len(one.hash) == 64
        assert one.changes(two) == one.missing(two) == one.disputed_since(two) == []

    def test_the_order_of_the_fields_is_none_of_the_hash(self) -> None:
        assert Snapshot({"a": 1, "b": 2}).hash == Snapshot({"b": 2, "a": 1}).hash
        assert Snapshot({"a": 1, "b": 2}).hash != Snapshot({"a": 2, "b": 1}).hash

    def test_the_hash_stands_for_ever(self) -> None:
        """It is in the journal, beside what was seen."""
        assert Snapshot({"charge": {"state": "Captured"}, "permission": None}).hash == (
            "4c8d2487d4bd0e665cd0116182fb7f9affa133fa64a8ec4c0dc631a055719119"
        )

    def test_what_changed_is_named_by_part_and_field(self) -> None:
        before = seen(REFUND, order(charge(), permission=permission()), CHARGE)
        now = seen(
            REFUND,
            order(charge(refunded="5.00 USD"), refunds=(refund("Refunded", "5.00 USD"),)),
            CHARGE,
        )
        assert before.changes(now) == [
            "charge refunded: nothing, now 5.00 USD",
            "permission state: Chargeable, now nothing",
            "permission limit: 100.00 USD, now nothing",
            "permission balance: 100.00 USD, now nothing",
            f"refunds {ORDER}-R000001: nothing, now Refunded 5.00 USD",
        ]

    def test_a_part_that_was_not_looked_at_is_no_change(self) -> None:
        assert Snapshot({"a": {}}).changes(Snapshot({"a": {}, "b": {"x": 1}})) == []

    def test_what_is_gone_could_not_be_read(self) -> None:
        before = Snapshot(
            {"refunds": {"R1": [1]}, "charges": {"C1": [1]}, "permission": {"state": "Closed"}}
        )
        now = Snapshot({"refunds": {}, "charges": {}, "permission": None})
        assert before.missing(now) == ["R1", "C1", "the charge permission"]
        assert now.missing(before) == before.missing(before) == []

    def test_a_dispute_that_can_not_be_read_any_more_is_missing_a_new_one_is_not(self) -> None:
        unread, read = ["could not be read"], ["can pay twice", "UnderReview"]
        before = Snapshot({"disputes": {"D1": read, "D2": unread}})
        now = Snapshot({"disputes": {"D1": unread, "D2": unread, "D3": unread}})
        assert before.missing(now) == ["D1"]
        assert before.missing(Snapshot({"disputes": {"D1": read, "D2": read}})) == []

    def test_a_dispute_that_can_pay_twice_now(self) -> None:
        twice, over = ["can pay twice", "UnderReview", None], ["over", "Resolved", "MerchantWon"]
        before = Snapshot({"disputes": {"D1": twice, "D2": over}})
        now = Snapshot({"disputes": {"D1": twice, "D2": twice, "D3": twice, "D4": over}})
        assert before.disputed_since(now) == [
            "dispute D2: over Resolved MerchantWon, now can pay twice UnderReview",
            "dispute D3: nothing, now can pay twice UnderReview",
        ]
        assert Snapshot({}).disputed_since(now) != []

    def test_fields_of_one_part(self) -> None:
        before, now = Snapshot({"a": {"x": 1, "y": 1}}), Snapshot({"a": {"x": 1, "y": 2}})
        assert not before.differs(now, "a", "x")
        assert before.differs(now, "a", "y")
        assert before.differs(now, "a", "x", "y")
        assert not before.differs(now, "b", "y")


# --- plans ---------------------------------------------------------------------------------------


class TestPlans:
    def plan(self, **more: Any) -> Plan:
        of = order(charge())
        made = intent_of(REFUND, CHARGE, "10.00 USD", of=of)
        draft = Draft(**{f.name: getattr(made, f.name) for f in fields(Draft)})
        told = replace(REFUND.words(of, made, ()), warnings=("mind",), doubts=("why",))
        given: dict[str, Any] = {
            "draft": draft, "order": of, "snapshot": seen(REFUND, of, CHARGE), "version": 3,
            "url": "https://x", "phrase": "10.00 USD", "words": told,
        }  # fmt: skip
        return Plan(**(given | more))

    def test_its_words_are_at_hand(self) -> None:
        made = self.plan()
        assert (made.warnings, made.doubts, made.above_captured) == (("mind",), ("why",), False)
        above = replace(made.words, above_captured=True)
        assert self.plan(words=above).above_captured

    def test_its_hash_holds_what_would_be_sent_what_was_seen_and_when(self) -> None:
        made = self.plan()
        assert len(made.hash) == 64
        assert made.hash == self.plan().hash
        others = [
            self.plan(version=4),
            self.plan(snapshot=Snapshot({})),
            self.plan(draft=replace(made.draft, body=b"{}")),
            self.plan(draft=replace(made.draft, path="/other")),
            self.plan(draft=replace(made.draft, method="DELETE")),
        ]
        assert len({made.hash, *(other.hash for other in others)}) == 6

    @pytest.mark.parametrize(
        ("environment", "amount", "phrase"),
        [
            ("sandbox", "10.00 USD", "10.00 USD"),
            ("live", "10.00 USD", "10.00 USD 3451"),
            ("sandbox", None, "cancel 3451"),
            ("live", None, "cancel 3451"),
        ],
    )
    def test_what_must_be_typed(self, environment: str, amount: str | None, phrase: str) -> None:
        money = Money.from_text(amount) if amount else None
        assert confirmation_phrase(environment, "cancel", CHARGE, money) == phrase


def test_what_was_not_asked_for_is_not_done_and_what_is_not_told_is_nothing() -> None:
    wished = Wish()
    assert (wished.amount, wished.reason, wished.ticket, wished.frequency) == ("", "", "", "")
    assert wished.capture_now is wished.pending_allowed is wished.cancel_pending is False
    assert wished.merchant == {}
    told = Words((), (), "", "")
    assert (told.facts, told.warnings, told.doubts, told.above_captured) == ((), (), (), False)
    made = Made("X1", "Odd", None)
    assert made.pending is made.dead is False


# --- the words of a plan -------------------------------------------------------------------------


class TestWordsOfARefund:
    def test_the_figures(self) -> None:
        told = words(REFUND, order(charge(refunded="5.00 USD")), CHARGE, "10.00 USD")
        assert told.before == (
            ("captured", "40.00 USD"),
            ("refunded so far", "5.00 USD"),
            ("can still be refunded", "41.00 USD"),
        )
        assert told.after == (
            ("captured", "40.00 USD"),
            ("refunded, once Amazon has done it", "15.00 USD"),
            ("can still be refunded", "31.00 USD"),
        )
        assert told.buyer_sees == (
            "10.00 USD back on the payment method of the order, once Amazon has done it; Amazon"
            " writes to the buyer."
        )
        assert told.undo == "No. A refund can't be taken back."
        assert told.facts == (("disputes", "none known here; Seller Central would show any"),)
        assert (told.warnings, told.doubts, told.above_captured) == ((), (), False)

    def test_nothing_is_left_below_zero(self) -> None:
        told = words(REFUND, order(charge()), CHARGE, "50.00 USD")
        assert told.after[2] == ("can still be refunded", "0.00 USD")
        gone = words(REFUND, order(charge("Canceled")), CHARGE, "1.00 USD")
        assert gone.before[2] == ("can still be refunded", "0.00 USD")
        bare = words(REFUND, order(charge("Authorized", None)), CHARGE, "1.00 USD")
        assert bare.before[1] == ("refunded so far", "0.00 USD")
        assert not bare.above_captured

    @pytest.mark.parametrize(("amount", "above"), [("35.00 USD", False), ("35.01 USD", True)])
    def test_above_the_captured_amount_from_the_first_cent(self, amount: str, above: bool) -> None:
        told = words(REFUND, order(charge(refunded="5.00 USD")), CHARGE, amount)
        assert told.above_captured is above
        said = "With this, more is refunded than was captured."
        assert told.warnings == ((said,) if above else ())

    def test_doubts_stand_first_and_once(self) -> None:
        of = replace(
            order(charge(), disputes=(TestSnapshots.dispute,)),
            warnings=("one", "two"),
        )
        told = words(REFUND, of, CHARGE, "10.00 USD")
        assert len(told.doubts) == 1
        assert "can pay the buyer twice" in told.doubts[0]
        assert told.warnings == (*told.doubts, "one", "two")
        assert told.facts == (("disputes", f"known here: {DISPUTE}"),)
        again = replace(of, warnings=(*told.doubts, "one"))
        assert words(REFUND, again, CHARGE, "10.00 USD").warnings == (*told.doubts, "one")

    def test_a_dispute_of_another_charge_is_no_doubt(self) -> None:
        of = order(charge(), charge(id=OTHER), disputes=(TestSnapshots.dispute,))
        told = words(REFUND, of, OTHER, "10.00 USD")
        assert (told.doubts, told.warnings) == ((), ())

    def test_a_declined_refund_is_told(self) -> None:
        data = {
            **refund("Declined", "5.00 USD").raw,
            "statusDetails": {"state": "Declined", "reasonCode": "AmazonRejected"},
        }
        of = order(charge(), refunds=(Refund.from_api(data), refund("Refunded", "1.00 USD")))
        assert words(REFUND, of, CHARGE, "10.00 USD").warnings == (
            f"Amazon declined an earlier refund of 5.00 USD: {ORDER}-R000001 (AmazonRejected).",
        )

    @pytest.mark.parametrize("state", State)
    def test_the_same_amount_again_is_told_where_it_counts(self, state: State) -> None:
        of = order(charge())
        past = (
            intent_of(REFUND, CHARGE, "10.00 USD", state=state),
            intent_of(REFUND, CHARGE, "9.00 USD", state=State.SETTLED),
            intent_of(CAPTURE, CHARGE, "10.00 USD", state=State.SETTLED),
        )
        live = state in (State.ACCEPTED, State.SETTLED, State.ABSORBED)
        said = (
            "The same amount was refunded before, by ann on 2024-05-20 10:11 UTC (intent 7). This"
            " is a second refund."
        )
        told = words(REFUND, of, CHARGE, "10.00 USD", past=past)
        assert told.warnings == ((said,) if live else ())


class TestWordsOfACapture:
    def test_of_everything(self) -> None:
        told = words(CAPTURE, order(charge("Authorized")), CHARGE, "40.00 USD")
        assert told == Words(
            before=(
                ("state", "Authorized"), ("authorized", "40.00 USD"), ("captured", "0.00 USD"),
            ),
            after=(("state", "Captured"), ("authorized", "0.00 USD"), ("captured", "40.00 USD")),
            buyer_sees="40.00 USD is collected from the payment method of the order.",
            undo="No. What was captured can only be refunded.",
            facts=(
                ("released", "nothing"), ("others", "no other charge is known here"),
            ),
        )  # fmt: skip

    def test_of_a_part(self) -> None:
        told = words(CAPTURE, order(charge("Authorized")), CHARGE, "39.99 USD")
        assert told.facts[0] == ("released", "0.01 USD, back to the buyer")
        assert told.warnings == (
            "A charge can be captured once: the other 0.01 USD can't be collected with it later."
            " For more, authorize a new charge.",
        )

    def test_of_a_charge_that_tells_little(self) -> None:
        bare = replace(charge("Authorized", None), created=None)
        told = words(CAPTURE, order(bare), CHARGE, "5.00 USD")
        assert told.before[1:] == (("authorized", "5.00 USD"), ("captured", "0.00 USD"))
        assert (told.after[0], told.facts[0]) == (("state", "Captured"), ("released", "nothing"))
        begun = charge("CaptureInitiated", captured="5.00 USD")
        assert words(CAPTURE, order(begun), CHARGE, "5.00 USD").before[2] == (
            "captured", "5.00 USD",
        )  # fmt: skip

    def test_from_the_seventh_day_on_it_takes_a_while(self) -> None:
        late = order(charge("Authorized", created=stamp(days=7)))
        told = words(CAPTURE, late, CHARGE, "40.00 USD")
        assert told.after[0] == ("state", "CaptureInitiated, then Captured")
        assert told.warnings == (
            "It was authorized 7 days ago. From the 7th day on Amazon captures in the background:"
            " CaptureInitiated first, and it can still be declined.",
        )
        early = order(charge("Authorized", created=stamp(days=6, hours=23, minutes=59)))
        assert words(CAPTURE, early, CHARGE, "40.00 USD").warnings == ()

    def test_a_closed_permission_and_what_the_order_warns_of(self) -> None:
        closed = permission("Closed", reasons=("Expired",))
        of = replace(order(charge("Authorized"), permission=closed), warnings=("mind",))
        assert words(CAPTURE, of, CHARGE, "40.00 USD").warnings == (
            "mind",
            "The permission is Closed (Expired): Amazon may refuse the capture.",
        )
        usable = order(charge("Authorized"), permission=permission())
        assert words(CAPTURE, usable, CHARGE, "40.00 USD").warnings == ()


class TestWordsOfACancel:
    def test_alone(self) -> None:
        of = replace(order(charge("Authorized")), warnings=("mind",))
        assert words(CANCEL, of, CHARGE) == Words(
            before=(("state", "Authorized"), ("authorized", "40.00 USD")),
            after=(("state", "Canceled"), ("authorized", "nothing")),
            buyer_sees="40.00 USD is no longer reserved with the payment method of the order.",
            undo="No. To collect money after it, authorize a new charge.",
            facts=(("others", "no other charge is known here"),),
            warnings=("mind",),
        )

    def test_beside_others(self) -> None:
        third = f"{ORDER}-C000003"
        of = order(charge("Authorized", None), charge(id=OTHER), charge("Declined", None, id=third))
        told = words(CANCEL, of, CHARGE)
        assert told.before[1] == ("authorized", "not told")
        assert told.facts == (("others", f"{OTHER} Captured 40.00 USD, {third} Declined"),)


class TestWordsOfANewCharge:
    def test_reserved(self) -> None:
        told = words(
            AUTHORIZE, order(permission=permission(balance="60.00 USD")), ORDER, "9.00 USD"
        )
        assert told == Words(
            before=(("limit", "100.00 USD"), ("room, once captured", "60.00 USD")),
            after=(("limit", "100.00 USD"), ("room, once captured", "51.00 USD")),
            buyer_sees="9.00 USD is reserved with the payment method of the order.",
            undo="Yes: cancel the new charge, until it is captured.",
            facts=(("pending", "Amazon decides at once: authorized or declined"),),
        )

    def test_collected_at_once_and_pending_allowed(self) -> None:
        wish = Wish(capture_now=True, pending_allowed=True)
        told = words(AUTHORIZE, order(permission=permission()), ORDER, "9.00 USD", wish)
        assert told.buyer_sees == "9.00 USD is collected at once."
        assert told.undo == "No. What was captured can only be refunded."
        assert told.facts == (("pending", "may stay pending for up to 24 hours"),)

    def test_the_room_is_never_below_zero_and_never_guessed(self) -> None:
        told = words(AUTHORIZE, order(permission=permission()), ORDER, "900.00 USD")
        assert told.after[1] == ("room, once captured", "0.00 USD")
        for bare in (permission(limit=None), permission(balance=None)):
            told = words(AUTHORIZE, order(permission=bare), ORDER, "9.00 USD")
            assert told.before == told.after == (("room left", "not told"),)

    @pytest.mark.parametrize("state", ["AuthorizationInitiated", "Authorized", "CaptureInitiated"])
    def test_an_open_charge_beside_it_is_told(self, state: str) -> None:
        of = order(charge(state), charge(id=OTHER), permission=permission())
        said = (
            f"Charge {CHARGE} over 40.00 USD is {state}: with this the buyer is charged beside it."
            " Cancel it first if this replaces it."
        )
        told = words(AUTHORIZE, replace(of, warnings=("mind",)), ORDER, "9.00 USD")
        assert told.warnings == ("mind", said)
        renews = words(AUTHORIZE, of, ORDER, "9.00 USD", link={"renews": CHARGE})
        assert renews.warnings == ()
        renews_another = words(AUTHORIZE, of, ORDER, "9.00 USD", link={"renews": OTHER})
        assert renews_another.warnings == (said,)
        bare = order(charge(state, None), permission=permission())
        assert "over an unknown amount" in words(AUTHORIZE, bare, ORDER, "9.00 USD").warnings[0]

    @pytest.mark.parametrize("state", State)
    def test_the_same_amount_again_is_told_where_it_counts(self, state: State) -> None:
        past = (
            intent_of(AUTHORIZE, ORDER, "9.00 USD", state=state),
            intent_of(AUTHORIZE, ORDER, "8.00 USD", state=State.SETTLED),
            intent_of(REFUND, CHARGE, "9.00 USD", state=State.SETTLED),
        )
        said = (
            "The same amount was charged before, by ann on 2024-05-20 10:11 UTC (intent 7). This is"
            " a second charge."
        )
        live = state in (State.ACCEPTED, State.SETTLED, State.ABSORBED)
        told = words(AUTHORIZE, order(permission=permission()), ORDER, "9.00 USD", past=past)
        assert told.warnings == ((said,) if live else ())

    @pytest.mark.parametrize(("amount", "warned"), [("20.00 USD", False), ("20.01 USD", True)])
    def test_more_than_the_limit_in_all(self, amount: str, warned: bool) -> None:
        """An authorization need not have lowered the balance, so Amazon need not refuse it."""
        third = charge("Declined", "50.00 USD", id=f"{ORDER}-C000003")
        taken = charge(amount="99.00 USD", captured="40.00 USD")
        of = order(taken, charge("Authorized", id=OTHER), third, permission=permission())
        total = f"{amount[:2].replace('20', '100')}{amount[2:]}"
        said = (
            f"With this, {total} is captured or reserved on a limit of 100.00 USD: not all of it"
            " can be captured."
        )
        assert (said in words(AUTHORIZE, of, ORDER, amount).warnings) is warned
        instead = words(AUTHORIZE, of, ORDER, amount, link={"renews": OTHER})
        assert instead.warnings == ()
        monthly = replace(of, permission=permission(id=AGREEMENT))
        assert not any("limit" in w for w in words(AUTHORIZE, monthly, AGREEMENT, amount).warnings)


class TestWordsOfAClose:
    third = f"{ORDER}-C000003"
    of = order(
        charge("Authorized"),
        charge("AuthorizationInitiated", None, id=OTHER),
        charge("CaptureInitiated", id=third),
        charge("Captured", id=f"{ORDER}-C000004"),
        permission=permission(),
    )

    def test_each_charge_is_kept(self) -> None:
        assert words(CLOSE, self.of, ORDER) == Words(
            before=(("state", "Chargeable"), ("open charges", "3")),
            after=(("state", "Closed"), ("open charges", "3")),
            buyer_sees="No new payment can be started with this order.",
            undo="No. For a further payment the buyer has to check out again.",
            facts=(
                ("is kept", f"{CHARGE} Authorized 40.00 USD, can still be captured"),
                ("is kept", f"{OTHER} AuthorizationInitiated, goes on"),
                ("is kept", f"{self.third} CaptureInitiated 40.00 USD, goes on"),
            ),
        )

    def test_or_canceled_with_it_but_for_what_is_being_captured(self) -> None:
        told = words(CLOSE, self.of, ORDER, wish=Wish(cancel_pending=True))
        assert told.after == (("state", "Closed"), ("open charges", "1"))
        assert told.facts == (
            ("is canceled", f"{CHARGE} Authorized 40.00 USD"),
            ("is canceled", f"{OTHER} AuthorizationInitiated"),
            ("is kept", f"{self.third} CaptureInitiated 40.00 USD, goes on"),
        )

    def test_none_that_is_known(self) -> None:
        told = words(CLOSE, order(charge(), permission=permission()), ORDER)
        assert told.facts == (("charges", "none that is open is known here"),)

    def test_unknown_charges_are_canceled_too_and_that_is_told(self) -> None:
        said = "Charges that are not known here are canceled with it, if they are open."
        ends = Wish(cancel_pending=True)
        known = order(charge(), permission=permission(balance="60.00 USD"))
        unknown = order(charge(), permission=permission(balance="59.99 USD"))
        assert words(CLOSE, known, ORDER, wish=ends).warnings == ()
        assert words(CLOSE, unknown, ORDER, wish=ends).warnings == (said,)
        assert words(CLOSE, unknown, ORDER).warnings == ()
        assert words(CLOSE, order(permission=permission()), ORDER, wish=ends).warnings == (said,)
        untold = order(charge(), permission=permission(limit=None, balance=None))
        assert words(CLOSE, untold, ORDER, wish=ends).warnings == ()
        warned = replace(known, warnings=("mind",))
        assert words(CLOSE, warned, ORDER, wish=ends).warnings == ("mind",)


class TestWordsOfAnUpdate:
    def test_of_the_merchants_fields(self) -> None:
        wish = Wish(merchant={"noteToBuyer": "new", "merchantReferenceId": ""})
        of = replace(order(permission=updated(note="old")), warnings=("mind",))
        assert words(UPDATE, of, ORDER, wish=wish) == Words(
            before=(("noteToBuyer", "old"), ("merchantReferenceId", "empty")),
            after=(("noteToBuyer", "new"), ("merchantReferenceId", "empty")),
            buyer_sees=(
                "The new values stand in the buyer's Amazon Pay account, and in mails from now on."
            ),
            undo="Yes: change it back. The last one who writes wins, here and in the shop.",
            warnings=("mind",),
        )

    def test_after_closing_the_buyer_sees_nothing(self) -> None:
        of = order(permission=updated("Closed"))
        told = words(UPDATE, of, ORDER, wish=Wish(merchant={"noteToBuyer": "new"}))
        assert told.buyer_sees == (
            "Nothing: mails to the buyer don't show what was changed after closing."
        )

    def test_of_the_frequency(self) -> None:
        has = updated(id=AGREEMENT, frequency=("Month", "1"), expires="20250101T000000Z")
        wish = Wish(frequency="1 Year", amount="9")
        told = words(UPDATE, order(permission=has), AGREEMENT, wish=wish, action="extend")
        assert told.before == (
            ("frequency", "1 Month"), ("amount", "empty"), ("expires", "2025-01-01T00:00:00Z"),
        )  # fmt: skip
        assert told.after == (
            ("frequency", "1 Year"), ("amount", "9.00 USD"),
            ("expires", "what Amazon computes from it"),
        )  # fmt: skip
        assert told.buyer_sees == "The new frequency stands in Amazon's mails to the buyer."
        assert told.warnings == ()
        plain = words(UPDATE, order(permission=has), AGREEMENT, wish=wish)
        assert [name for name, _ in plain.before] == ["frequency", "amount"]
        bare = order(permission=updated(id=AGREEMENT))
        told = words(UPDATE, bare, AGREEMENT, wish=wish, action="extend")
        assert told.before[2] == ("expires", "not told")

    @pytest.mark.parametrize(
        ("id", "action", "warns"),
        [("B02-1000001-1000001", "extend", True), ("B02-1000001-1000001", "update", False),
         ("B01-1000001-1000001", "extend", False), ("C02-1000001-1000001", "extend", True)],
    )  # fmt: skip
    def test_a_change_of_plan_in_europe(self, id: str, action: str, warns: bool) -> None:
        of = order(permission=updated(id=id))
        told = words(UPDATE, of, id, wish=Wish(frequency="1 Year"), action=action)
        assert [("PSD2" in warning) for warning in told.warnings] == ([True] if warns else [])


class TestWordsOfACompletion:
    def test_an_open_session(self) -> None:
        of = replace(order(session=session("Open")), warnings=("mind",))
        told = words(COMPLETE, of, SESSION, "18.00 USD")
        assert told.before == (("state", "Open"), ("agreed", "18.00 USD"))
        assert told.after == (("state", "Completed"), ("agreed", "18.00 USD"))
        assert told.buyer_sees == (
            "The order over 18.00 USD is placed; Amazon writes to the buyer."
        )
        assert told.undo == "Only by what follows: cancel the charge, or refund it."
        assert told.facts == (("session", "Amazon cancels it 24 hours after it was created."),)
        assert told.warnings[0] == "mind"
        assert "the shop didn't complete it" in told.warnings[1]
        bare = order(session=replace(session("Open"), amount=None))
        assert words(COMPLETE, bare, SESSION, "18.00 USD").before[1] == ("agreed", "not told")

    def test_what_is_left_of_its_24_hours_counts_from_the_look(self) -> None:
        of = order(session=replace(session("Open"), created=NOW - timedelta(hours=23)))
        (_, left), *_ = words(COMPLETE, of, SESSION, "18.00 USD").facts
        assert left.startswith("Until ")
        assert "1 h" in left


# --- what came of it -----------------------------------------------------------------------------


class TestMade:
    """What a success, and a later read, tell of the object."""

    def of_charge(self, operation: Operation, made: Charge) -> Made | None:
        amount = None if operation is CANCEL else "40.00 USD"
        obj = ORDER if operation is AUTHORIZE else CHARGE
        return operation.read(intent_of(operation, obj, amount), made.raw)

    @pytest.mark.parametrize(
        ("state", "pending", "dead"),
        [("RefundInitiated", True, False), ("Refunded", False, False), ("Declined", False, True)],
    )
    def test_a_refund(self, state: str, pending: bool, dead: bool) -> None:
        read = refund(state, "10.00 USD")
        data = {**read.raw, "statusDetails": {"state": state, "reasonCode": "Why"}}
        expected = Made(
            id=read.id, state=state, at=read.created, pending=pending, dead=dead, code="Why",
            raw=data,
        )  # fmt: skip
        intent = intent_of(REFUND, CHARGE, "10.00 USD")
        assert REFUND.read(intent, data) == expected
        shown = order(charge(), refunds=(refund("Refunded", "1.00 USD", number=2),
                                         Refund.from_api(data)))  # fmt: skip
        assert REFUND.find(shown, intent, expected) == expected
        assert REFUND.find(order(charge()), intent, expected) is None

    @pytest.mark.parametrize(
        ("state", "pending", "dead"),
        [("CaptureInitiated", True, False), ("Captured", False, False), ("Declined", False, True)],
    )
    def test_a_capture(self, state: str, pending: bool, dead: bool) -> None:
        read = with_reason(state, "Why", captured="40.00 USD")
        made = Made(
            id=CHARGE, state=state, at=read.status.updated, pending=pending, dead=dead, code="Why",
            raw=read.raw,
        )  # fmt: skip
        assert self.of_charge(CAPTURE, read) == made

    def test_a_refund_without_an_id_is_none(self) -> None:
        data = {**refund("Refunded", "10.00 USD").raw, "refundId": None}
        assert REFUND.read(intent_of(REFUND, CHARGE, "10.00 USD"), data) is None
        other = refund("Refunded", "9.00 USD", of=OTHER).raw
        assert REFUND.read(intent_of(REFUND, CHARGE, "10.00 USD"), other) is None

    def test_a_capture_that_does_not_echo_ours(self) -> None:
        for other in (
            charge("Captured", id=OTHER),
            charge("Authorized"),
            charge("Canceled", captured="40.00 USD"),
            charge("Captured", captured="39.99 USD"),
            charge("CaptureInitiated", captured="39.99 USD"),
            charge("Captured", None),
        ):
            assert self.of_charge(CAPTURE, other) is None

    @pytest.mark.parametrize("state", ["CaptureInitiated", "Declined"])
    def test_what_is_not_collected_yet_need_not_tell_its_amount(self, state: str) -> None:
        assert self.of_charge(CAPTURE, charge(state)) is not None

    def test_a_cancel(self) -> None:
        read = with_reason("Canceled", "MerchantCanceled")
        assert self.of_charge(CANCEL, read) == Made(
            id=CHARGE, state="Canceled", at=read.status.updated, code="MerchantCanceled",
            raw=read.raw,
        )  # fmt: skip
        assert self.of_charge(CANCEL, charge("Canceled", id=OTHER)) is None
        assert self.of_charge(CANCEL, charge("Declined")) is None

    def test_a_read_that_lags_shows_nothing_of_it_yet(self) -> None:
        made = Made(CHARGE, "any", SEEN)
        ends = {
            CAPTURE: ("CaptureInitiated", "Captured", "Declined", "Canceled"),
            CANCEL: ("Canceled",),
        }
        for operation, states in ends.items():
            intent = intent_of(operation, CHARGE, "40.00 USD")
            for state in ("AuthorizationInitiated", "Authorized", "CaptureInitiated", "Captured",
                          "Declined", "Canceled"):  # fmt: skip
                found = operation.find(order(charge(state)), intent, made)
                assert (found is not None) == (state in states)
                if found is not None:
                    assert (found.state, found.at) == (state, SEEN)
                    alive = operation is CANCEL or state not in ("Declined", "Canceled")
                    assert found.dead is not alive
            assert operation.find(order(charge("Canceled", id=OTHER)), intent, made) is None

    @pytest.mark.parametrize(
        ("state", "pending", "dead"),
        [("AuthorizationInitiated", True, False), ("Authorized", False, False),
         ("CaptureInitiated", True, False), ("Captured", False, False),
         ("Declined", False, True), ("Canceled", False, True)],
    )  # fmt: skip
    def test_a_new_charge(self, state: str, pending: bool, dead: bool) -> None:
        """Its age counts, not its last change."""
        read = with_reason(state, "Why")
        made = Made(CHARGE, state, read.created, pending, dead, "Why", read.raw)
        assert self.of_charge(AUTHORIZE, read) == made
        intent = intent_of(AUTHORIZE, ORDER, "40.00 USD")
        assert AUTHORIZE.find(order(read), intent, Made(CHARGE, "any", None)) == made

    def test_a_new_charge_that_does_not_echo_ours(self) -> None:
        for other in (charge(id=""), charge(of=AGREEMENT), charge(amount="39.99 USD")):
            assert self.of_charge(AUTHORIZE, other) is None
        intent = intent_of(AUTHORIZE, ORDER, "40.00 USD")
        shown = order(charge(id=OTHER))
        assert AUTHORIZE.find(shown, intent, Made(CHARGE, "Authorized", None)) is None

    def test_a_close(self) -> None:
        intent = intent_of(CLOSE, ORDER)
        read = permission("Closed", reasons=("MerchantClosed",))
        made = CLOSE.read(intent, read.raw)
        assert made == Made(
            ORDER, "Closed", read.status.updated, code="MerchantClosed", raw=read.raw
        )
        assert CLOSE.read(intent, permission("Chargeable").raw) is None
        assert CLOSE.read(intent, permission("Closed", id=AGREEMENT).raw) is None
        shown = CLOSE.find(order(permission=read), intent, Made(ORDER, "any", SEEN))
        assert shown == replace(made, at=SEEN)
        assert CLOSE.find(order(permission=permission()), intent, made) is None
        assert CLOSE.find(order(charge()), intent, made) is None

    def test_the_time_of_a_close(self) -> None:
        data = {
            **permission("Closed").raw,
            "statusDetails": {"state": "Closed", "lastUpdatedTimestamp": stamp(hours=1)},
        }
        made = CLOSE.read(intent_of(CLOSE, ORDER), data)
        assert made is not None
        assert made.at == datetime(2024, 5, 24, 11, 0, tzinfo=UTC)

    def test_an_update(self) -> None:
        wish = Wish(merchant={"noteToBuyer": "new"})
        intent = intent_of(UPDATE, ORDER, of=order(permission=updated()), wish=wish)
        read = updated(note="new", reasons=("Why",))
        data = {
            **read.raw,
            "statusDetails": {"state": "Chargeable", "lastUpdatedTimestamp": stamp(hours=1)},
        }
        made = Made(ORDER, "Chargeable", None, raw=data)
        assert UPDATE.read(intent, data) == made, "its time tells nothing of the field"
        assert UPDATE.read(intent, updated(note="old").raw) is None
        assert UPDATE.read(intent, updated(id=AGREEMENT, note="new").raw) is None
        shown = UPDATE.find(order(permission=read), intent, replace(made, at=SEEN))
        assert shown == Made(ORDER, "Chargeable", SEEN, code="Why", raw=read.raw)
        assert UPDATE.find(order(permission=updated()), intent, made) is None
        assert UPDATE.find(order(charge()), intent, made) is None

    def test_an_update_of_the_frequency(self) -> None:
        of = order(permission=updated())
        intent = intent_of(UPDATE, ORDER, of=of, wish=Wish(frequency="1 Year", amount="9"))
        fits = updated(frequency=("Year", "1"), amount="9.00 USD")
        assert UPDATE.read(intent, fits.raw) is not None
        for other in (
            updated(frequency=("Year", "2"), amount="9.00 USD"),
            updated(frequency=("Month", "1"), amount="9.00 USD"),
            updated(frequency=("Year", "1"), amount="9.01 USD"),
            updated(frequency=("Year", "1")),
        ):
            assert UPDATE.read(intent, other.raw) is None

    def test_a_completion(self) -> None:
        intent = intent_of(COMPLETE, SESSION, "18.00 USD")
        open_one = session("Open").raw
        done = {
            **open_one,
            "statusDetails": {"state": "Completed", "lastUpdatedTimestamp": stamp(hours=1)},
        }
        at = datetime(2024, 5, 24, 11, 0, tzinfo=UTC)
        assert COMPLETE.read(intent, done) == Made(SESSION, "Completed", at, raw=done)
        led = {**done, "chargePermissionId": ORDER}
        assert COMPLETE.read(intent, led) == Made(ORDER, "Completed", at, raw=led)
        charged = {**led, "chargeId": CHARGE}
        assert COMPLETE.read(intent, charged) == Made(CHARGE, "Completed", at, raw=charged)
        silent = {**done, "paymentDetails": None}
        assert COMPLETE.read(intent, silent) is not None
        begun = {**open_one, "chargePermissionId": ORDER}
        assert COMPLETE.read(intent, begun) is not None
        other = {"paymentDetails": {"chargeAmount": {"amount": "17", "currencyCode": "USD"}}}
        for no in (open_one, {**done, "checkoutSessionId": "x"}, {**done, **other}):
            assert COMPLETE.read(intent, no) is None

    @pytest.mark.parametrize(
        ("state", "pending", "dead"),
        [("AuthorizationInitiated", True, False), ("CaptureInitiated", True, False),
         ("Authorized", False, False), ("Captured", False, False), ("Declined", False, True),
         ("Canceled", False, True)],
    )  # fmt: skip
    def test_the_charge_of_a_completion_tells_how_it_ended(
        self, state: str, pending: bool, dead: bool
    ) -> None:
        made = Made(CHARGE, "Completed", SEEN, raw={"x": 1})
        intent = intent_of(COMPLETE, SESSION, "18.00 USD")
        of = order(with_reason(state, "Why"), session=session("Completed"))
        assert COMPLETE.find(of, intent, made) == Made(
            CHARGE, state, SEEN, pending, dead, "Why", {"x": 1}
        )

    def test_without_a_charge_the_session_is_all_there_is(self) -> None:
        made = Made(SESSION, "Open", SEEN, pending=True)
        intent = intent_of(COMPLETE, SESSION, "18.00 USD")
        done = order(session=session("Completed"))
        assert COMPLETE.find(done, intent, made) == Made(SESSION, "Completed", SEEN)
        lags = order(session=session("Open"))
        unread = order(session=replace(session("Completed"), charge_id=CHARGE))
        for nothing in (lags, unread, order(permission=permission())):
            assert COMPLETE.find(nothing, intent, made) is None


class TestStanding:
    """What a read proves of an intent whose answer was lost."""

    @pytest.mark.parametrize(
        ("state", "captured", "standing"),
        [
            ("AuthorizationInitiated", None, Standing.BEFORE),
            ("Authorized", None, Standing.BEFORE),
            ("CaptureInitiated", "40.00 USD", Standing.DONE),
            ("CaptureInitiated", "39.99 USD", Standing.ENDED),
            ("CaptureInitiated", None, Standing.ENDED),
            ("Captured", "40.00 USD", Standing.DONE),
            ("Captured", "39.99 USD", Standing.ENDED),
            ("Canceled", None, Standing.ENDED),
            ("Declined", None, Standing.DECLINED),
            ("SomethingNew", None, Standing.UNCLEAR),
        ],
    )
    def test_a_capture(self, state: str, captured: str | None, standing: Standing) -> None:
        now = seen(CAPTURE, order(charge(state, captured=captured)), CHARGE)
        assert CAPTURE.standing(intent_of(CAPTURE, CHARGE, "40.00 USD"), now) is standing

    @pytest.mark.parametrize(
        ("state", "standing"),
        [
            ("AuthorizationInitiated", Standing.BEFORE),
            ("Authorized", Standing.BEFORE),
            ("CaptureInitiated", Standing.ENDED),
            ("Captured", Standing.ENDED),
            ("Canceled", Standing.DONE),
            ("Declined", Standing.ENDED),
            ("SomethingNew", Standing.UNCLEAR),
        ],
    )
    def test_a_cancel(self, state: str, standing: Standing) -> None:
        now = seen(CANCEL, order(charge(state)), CHARGE)
        assert CANCEL.standing(intent_of(CANCEL, CHARGE), now) is standing

    def test_refunds_and_new_charges_are_proved_by_nothing_that_is_read(self) -> None:
        of = order(charge(refunded="40.00 USD"), permission=permission())
        for operation, obj in ((REFUND, CHARGE), (AUTHORIZE, ORDER)):
            intent = intent_of(operation, obj, "40.00 USD")
            now = seen(operation, of, obj)
            assert operation.standing(intent, now) is Standing.BEFORE
            assert not operation.is_ours(intent, now)
            assert operation.led_to(intent, now) == obj
            assert operation.left(intent, now) == ""
            assert operation.ended(intent, now) == (
                f"Another end than the wanted one was reached, so {intent.summary} can't be done"
                " any more. Look at the order again."
            )

    def close(self, was: str, state: str, now: str | None, *, ends: bool) -> Standing:
        before = order(charge(was), permission=permission())
        intent = intent_of(CLOSE, ORDER, of=before, wish=Wish(cancel_pending=ends))
        charges = (charge(now),) if now else ()
        return CLOSE.standing(
            intent, seen(CLOSE, order(*charges, permission=permission(state)), ORDER)
        )

    @pytest.mark.parametrize("ends", [True, False])
    def test_a_close_that_did_not_happen(self, ends: bool) -> None:
        for state in ("Chargeable", "NonChargeable"):
            assert self.close("Authorized", state, "Canceled", ends=ends) is Standing.BEFORE
        assert self.close("Authorized", "New", "Canceled", ends=ends) is Standing.UNCLEAR

    @pytest.mark.parametrize(
        ("was", "now", "standing"),
        [
            ("Authorized", "Canceled", Standing.DONE),
            ("AuthorizationInitiated", "Declined", Standing.DONE),
            ("Authorized", "Authorized", Standing.ENDED),
            ("AuthorizationInitiated", "Authorized", Standing.ENDED),
            ("Authorized", "Captured", Standing.ENDED),
            ("Authorized", None, Standing.UNCLEAR),
            ("CaptureInitiated", "Captured", Standing.DONE),
            ("Captured", None, Standing.DONE),
        ],
    )
    def test_a_close_is_done_when_what_it_cancels_is_dead_too(
        self, was: str, now: str | None, standing: Standing
    ) -> None:
        assert self.close(was, "Closed", now, ends=True) is standing
        assert self.close(was, "Closed", now, ends=False) is Standing.DONE

    def update(self, before: str | None, now: ChargePermission) -> Standing:
        of = order(permission=updated(note=before, reference="A"))
        wish = Wish(merchant={"noteToBuyer": "new", "merchantReferenceId": "A"})
        intent = intent_of(UPDATE, ORDER, of=of, wish=wish)
        return UPDATE.standing(intent, seen(UPDATE, order(permission=now), ORDER))

    def test_an_update_by_its_values(self) -> None:
        assert self.update("old", updated(note="new", reference="A")) is Standing.DONE
        assert self.update("old", updated(note="old", reference="A")) is Standing.BEFORE
        assert self.update("old", updated(note="third", reference="A")) is Standing.ENDED
        assert self.update("old", updated(note="old", reference="B")) is Standing.ENDED
        assert self.update(None, updated(reference="A")) is Standing.BEFORE

    def test_an_update_of_what_could_not_be_read_is_unclear(self) -> None:
        of = order(permission=updated())
        intent = intent_of(UPDATE, ORDER, of=of, wish=Wish(merchant={"noteToBuyer": ""}))
        assert UPDATE.standing(intent, Snapshot({})) is Standing.UNCLEAR

    @pytest.mark.parametrize(
        ("state", "standing"),
        [("Open", Standing.BEFORE), ("Completed", Standing.DONE), ("Canceled", Standing.ENDED),
         ("SomethingNew", Standing.UNCLEAR)],
    )  # fmt: skip
    def test_a_completion(self, state: str, standing: Standing) -> None:
        now = seen(COMPLETE, order(session=session(state)), SESSION)
        intent = intent_of(COMPLETE, SESSION, "18.00 USD")
        assert COMPLETE.standing(intent, now) is standing
        assert COMPLETE.standing(intent, Snapshot({})) is Standing.UNCLEAR


class TestOurs:
    """Whether the wanted state carries the reason that ours would give."""

    @pytest.mark.parametrize(
        ("reason", "ours"), [("MerchantCanceled", True), ("ExpiredUnused", False)]
    )
    def test_a_cancel(self, reason: str, ours: bool) -> None:
        now = seen(CANCEL, order(with_reason("Canceled", reason)), CHARGE)
        assert CANCEL.is_ours(intent_of(CANCEL, CHARGE), now) is ours

    @pytest.mark.parametrize(
        ("reasons", "ours"),
        [(("MerchantClosed",), True), (("MerchantCanceled",), True), (("Expired",), False),
         (("Other", "MerchantClosed"), True), ((), False)],
    )  # fmt: skip
    def test_a_close(self, reasons: tuple[str, ...], ours: bool) -> None:
        now = seen(CLOSE, order(permission=permission("Closed", reasons=reasons)), ORDER)
        assert CLOSE.is_ours(intent_of(CLOSE, ORDER), now) is ours

    def test_a_capture_has_no_reason_and_the_others_no_proof(self) -> None:
        now = Snapshot({})
        assert not CAPTURE.is_ours(intent_of(CAPTURE, CHARGE, "1.00 USD"), now)
        assert UPDATE.is_ours(intent_of(UPDATE, ORDER), now)
        assert COMPLETE.is_ours(intent_of(COMPLETE, SESSION, "1.00 USD"), now)

    def test_where_a_completion_led_to(self) -> None:
        intent = intent_of(COMPLETE, SESSION, "1.00 USD")
        both = Snapshot({"session": {"charge": CHARGE, "permission": ORDER}})
        one = Snapshot({"session": {"charge": None, "permission": ORDER}})
        assert COMPLETE.led_to(intent, both) == CHARGE
        assert COMPLETE.led_to(intent, one) == ORDER
        assert COMPLETE.led_to(intent, Snapshot({})) is None


class TestMoved:
    """What a person is asked about before anything is sent again."""

    def moved(self, operation: Operation, obj: str, before: Order, now: Order) -> bool:
        return operation.moved(seen(operation, before, obj), seen(operation, now, obj))

    def test_money_or_a_new_refund(self) -> None:
        before = order(charge(), refunds=(refund("RefundInitiated", "1.00 USD"),))
        assert not self.moved(REFUND, CHARGE, before, before)
        final = order(charge(), refunds=(refund("Refunded", "1.00 USD"),))
        assert not self.moved(REFUND, CHARGE, before, final)
        assert not self.moved(REFUND, CHARGE, before, order(charge()))
        more = order(charge(), refunds=(*final.refunds, refund("Refunded", "1.00 USD", number=2)))
        assert self.moved(REFUND, CHARGE, before, more)
        for changed in (
            charge(refunded="1.00 USD"), charge("Declined", captured="40.00 USD"),
            charge(captured="39.00 USD"),
        ):  # fmt: skip
            assert self.moved(REFUND, CHARGE, before, replace(before, charges=(changed,)))

    @pytest.mark.parametrize(
        ("operation", "obj"), [(CAPTURE, CHARGE), (CANCEL, CHARGE), (AUTHORIZE, ORDER)]
    )
    def test_a_charge_beside_it_or_the_balance(self, operation: Operation, obj: str) -> None:
        before = order(charge("Authorized"), permission=permission())
        sister = replace(before, charges=(*before.charges, charge("Authorized", id=OTHER)))
        less = replace(before, permission=permission(balance="60.00 USD"))
        assert not self.moved(operation, obj, before, before)
        assert self.moved(operation, obj, before, sister)
        assert self.moved(operation, obj, before, less)
        other_limit = replace(before, permission=permission(limit="120.00 USD"))
        assert not self.moved(operation, obj, before, other_limit)

    def test_what_has_no_key_is_decided_by_its_state_alone(self) -> None:
        before, now = order(permission=permission()), order(permission=permission("Closed"))
        for operation in (CLOSE, UPDATE):
            assert not self.moved(operation, ORDER, before, now)


class TestOtherEnds:
    """What is true, and can be done now, where it came to another end than the wanted one."""

    @pytest.mark.parametrize(
        ("state", "captured", "over"),
        [("Captured", "30.00 USD", "30.00 USD"),
         ("CaptureInitiated", None, "an amount that is not shown")],
    )  # fmt: skip
    def test_a_capture_over_another_amount(
        self, state: str, captured: str | None, over: str
    ) -> None:
        now = seen(CAPTURE, order(charge(state, captured=captured)), CHARGE)
        assert CAPTURE.ended(intent_of(CAPTURE, CHARGE, "40.00 USD"), now) == (
            f"Charge {CHARGE} is {state} over {over}, not by this capture of 40.00 USD, and can be"
            " captured once only. For more, authorize a new charge; what is too much can be"
            " refunded."
        )

    def test_a_capture_of_what_was_canceled(self) -> None:
        now = seen(CAPTURE, order(charge("Canceled")), CHARGE)
        assert CAPTURE.ended(intent_of(CAPTURE, CHARGE, "40.00 USD"), now) == (
            f"Charge {CHARGE} is Canceled now: to collect, authorize a new charge."
        )

    @pytest.mark.parametrize(
        ("state", "instead"),
        [
            ("CaptureInitiated", "Its capture has begun: wait for it, then refund it."),
            ("Captured", "To give the money back, refund it."),
            ("Declined", "Nothing is reserved with the buyer for it."),
        ],
    )
    def test_a_cancel(self, state: str, instead: str) -> None:
        now = seen(CANCEL, order(charge(state)), CHARGE)
        assert CANCEL.ended(intent_of(CANCEL, CHARGE), now) == (
            f"Charge {CHARGE} is {state}, so it was not canceled. {instead}"
        )

    @pytest.mark.parametrize(
        ("state", "fate"),
        [
            ("Authorized", "stayed open: look again in a minute, and cancel what is still open by"
             " itself."),
            ("AuthorizationInitiated", "stayed open: look again in a minute, and cancel what is"
             " still open by itself."),
            ("CaptureInitiated", "is being captured: wait for it, then refund it."),
            ("Captured", "was captured meanwhile: to give the money back, refund it."),
            ("New", "is New, which this console doesn't know: look at it by itself."),
            (None, "could not be read: look at it by itself."),
        ],
    )  # fmt: skip
    def test_a_close(self, state: str | None, fate: str) -> None:
        before = order(charge("Authorized"), charge("Authorized", id=OTHER),
                       permission=permission())  # fmt: skip
        intent = intent_of(CLOSE, ORDER, of=before, wish=Wish(cancel_pending=True))
        charges = [charge("Canceled", id=OTHER)] + ([charge(state)] if state else [])
        now = seen(CLOSE, order(*charges, permission=permission("Closed")), ORDER)
        assert CLOSE.ended(intent, now) == (
            f"The permission is Closed, but not everything was canceled with it: {CHARGE} {fate}"
        )
        assert CLOSE.left(intent, now) == f"As read just now, {CHARGE} {fate}"

    def test_an_update_over_which_somebody_wrote(self) -> None:
        wish = Wish(merchant={"noteToBuyer": "new", "merchantReferenceId": "B"})
        intent = intent_of(UPDATE, ORDER, of=order(permission=updated(note="old")), wish=wish)
        now = seen(UPDATE, order(permission=updated(note="third")), ORDER)
        said = (
            "Somebody else has written meanwhile: noteToBuyer third, merchantReferenceId empty. It"
            " was not written over; the last one who writes wins, so decide anew if yours is still"
            " meant."
        )
        assert UPDATE.ended(intent, now) == said
        assert UPDATE.ended(replace(intent, unanswered=1), now) == (
            f"{said} An attempt of ours has no answer: if it is only late, it still writes."
        )

    def test_a_session_that_was_canceled(self) -> None:
        said = COMPLETE.ended(intent_of(COMPLETE, SESSION, "18.00 USD"), Snapshot({}))
        assert said.startswith("The session is Canceled now, so it can't be completed")


class TestSentences:
    """Three words, never mixed: requested, initiated, done."""

    @pytest.mark.parametrize(
        ("operation", "amount", "made", "said"),
        [
            (REFUND, "9.00 USD", Made("R1", "Refunded", None),
             "One new refund of 9.00 USD: R1, Refunded."),
            (REFUND, "9.00 USD", Made("R1", "RefundInitiated", None, pending=True),
             "One new refund of 9.00 USD: R1, RefundInitiated. It is"
             " initiated, not done: the buyer doesn't have the money yet."),
            (CAPTURE, "9.00 USD", Made("C1", "Captured", None),
             "Charge C1 is Captured, over 9.00 USD."),
            (CAPTURE, "9.00 USD", Made("C1", "CaptureInitiated", None, pending=True),
             "Charge C1 is CaptureInitiated, over 9.00 USD. The capture has begun, it is not done:"
             " Amazon can still decline it."),
            (CANCEL, None, Made("C1", "Canceled", None),
             "Charge C1 is Canceled: nothing is reserved with the buyer for it."),
            (AUTHORIZE, "9.00 USD", Made("C1", "Authorized", None),
             "One charge of 9.00 USD exists from the state that you saw: C1, Authorized."),
            (AUTHORIZE, "9.00 USD", Made("C1", "AuthorizationInitiated", None, pending=True),
             "One charge of 9.00 USD exists from the state that you saw: C1,"
             " AuthorizationInitiated. It is pending: Amazon decides within 24 hours, nothing is"
             " reserved yet."),
            (AUTHORIZE, "9.00 USD", Made("C1", "CaptureInitiated", None, pending=True),
             "One charge of 9.00 USD exists from the state that you saw: C1, CaptureInitiated. The"
             " capture has begun, it is not done."),
            (CLOSE, None, Made("S1", "Closed", None),
             "Charge permission S1 is Closed: no further charge can be made."),
            (UPDATE, None, Made("S1", "Chargeable", None),
             "Charge permission S1 has the new values."),
            (COMPLETE, "9.00 USD", Made("C1", "Authorized", None),
             "The session is completed: C1, Authorized."),
            (COMPLETE, "9.00 USD", Made("C1", "AuthorizationInitiated", None, pending=True),
             "The session is completed: C1, AuthorizationInitiated. Its authorization is pending:"
             " Amazon decides within 24 hours."),
        ],
    )  # fmt: skip
    def test_accepted(
        self, operation: Operation, amount: str | None, made: Made, said: str
    ) -> None:
        assert operation.accepted(intent_of(operation, CHARGE, amount), made) == said

    @pytest.mark.parametrize(
        ("operation", "said"),
        [
            (REFUND, "Amazon made refund X1 and declined it{why}: the buyer gets nothing."),
            (CAPTURE, "Amazon took the capture of 9.00 USD on and declined it{why}: nothing was"
             " collected, and this charge can't be captured any more."),
            (CANCEL, "Charge X1 is Declined{why}."),
            (AUTHORIZE, "Amazon made charge X1, and it is Declined{why}."),
            (CLOSE, "Charge permission X1 is Declined{why}."),
            (UPDATE, "Charge permission X1 is Declined{why}."),
            (COMPLETE, "The session was completed, and its charge X1 is Declined{why}."),
        ],
    )  # fmt: skip
    def test_declined(self, operation: Operation, said: str) -> None:
        intent = intent_of(operation, CHARGE, "9.00 USD")
        made = Made("X1", "Declined", None, dead=True)
        assert operation.declined(intent, made) == said.format(why="")
        coded = replace(made, code="SoftDeclined")
        assert operation.declined(intent, coded) == said.format(why=" (SoftDeclined)")

    @pytest.mark.parametrize(
        ("operation", "said", "when"),
        [
            (REFUND, "A refund of 9.00 USD was made{when} already: X1, Odd.", True),
            (CAPTURE, "Charge X1 is Odd over 9.00 USD already.", False),
            (CANCEL, "Charge X1 is Odd already, not by this.", False),
            (AUTHORIZE, "A charge of 9.00 USD was made{when} already: X1, Odd.", True),
            (CLOSE, "Charge permission X1 is Odd already, not by this.", False),
            (UPDATE, "Charge permission X1 has these values already, not by this.", False),
            (COMPLETE, "The session is Completed already: X1.", False),
        ],
    )
    def test_was_there(self, operation: Operation, said: str, when: bool) -> None:
        intent = intent_of(operation, CHARGE, "9.00 USD")
        assert operation.was_there(intent, Made("X1", "Odd", None)) == said.format(when="")
        at = " on 2024-05-24 at 12:00:00 UTC" if when else ""
        assert operation.was_there(intent, Made("X1", "Odd", NOW)) == said.format(when=at)

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ("20250101T000000Z", "20260101T000000Z",
             "It expires 2026-01-01T00:00:00Z; before, 2025-01-01T00:00:00Z."),
            ("20250101T000000Z", "20250101T000000Z",
             "Amazon took the frequency and did not move the expiry: it is still"
             " 2025-01-01T00:00:00Z."),
            (None, None,
             "Amazon took the frequency and did not move the expiry: it is still not told."),
            (None, "20260101T000000Z", "It expires 2026-01-01T00:00:00Z; before, not told."),
            ("20250101T000000Z", None,
             "It expires at a time that is not told; before, 2025-01-01T00:00:00Z."),
        ],
    )  # fmt: skip
    def test_extended(self, before: str | None, after: str | None, said: str) -> None:
        of = order(permission=updated(id=AGREEMENT, expires=before))
        intent = intent_of(UPDATE, AGREEMENT, of=of, wish=Wish(frequency="1 Year"), action="extend")
        now = permission(id=AGREEMENT, expires=after)
        assert UPDATE.accepted(intent, Made(AGREEMENT, "Chargeable", None, raw=now.raw)) == said

    def test_extended_without_an_object_to_show(self) -> None:
        intent = intent_of(UPDATE, AGREEMENT, action="extend")
        assert UPDATE.accepted(intent, Made(AGREEMENT, "Chargeable", None)).endswith("not told.")
