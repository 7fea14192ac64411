"""What may be done, up to which amount, and why not: every action in every state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.errorcodes import ERROR_CODES
from console.domain.limits import THROTTLE
from console.domain.money import Money
from console.domain.order import Order
from console.domain.rules import ACTIONS, BY_NAME, Offer, offer, offers

from .builders import (
    AGREEMENT,
    CHARGE,
    ORDER,
    SESSION,
    charge,
    order,
    permission,
    session,
    stamp,
)
from .test_order import broken_orders

# contract.md, "The command": one guarded action each, and extend.
CONTRACT = {"refund", "capture", "cancel", "close", "authorize", "update", "complete", "extend"}
CHARGE_STATES = (
    "AuthorizationInitiated", "Authorized", "CaptureInitiated", "Captured", "Canceled",
    "Declined", "Unknown", "SomethingNew",
)  # fmt: skip
PERMISSION_STATES = ("Chargeable", "NonChargeable", "Closed", "Unknown", "SomethingNew")
SESSION_STATES = ("Open", "Completed", "Canceled", "Unknown", "SomethingNew")


def said(found: Offer) -> Offer:
    """The offer, once its sentence was checked."""
    assert found.why.strip() == found.why, found
    assert found.why[:1].isupper(), found
    assert found.why.endswith("."), found
    assert "{" not in found.why, found
    assert found.allowed or found.max_amount is None, "no amount where nothing may be done"
    return found


def of_charge(action: str, state: str) -> Offer:
    return said(offer(order(charge(state), permission=permission()), action, CHARGE))


def of_permission(action: str, state: str, id: str = ORDER) -> Offer:
    return said(offer(order(permission=permission(state, id=id)), action, id))


class TestTable:
    def test_every_action_of_the_contract_has_a_row(self) -> None:
        assert {action.name for action in ACTIONS} == CONTRACT == set(BY_NAME)

    def test_rows_are_usable_as_they_are(self) -> None:
        assert len({action.key for action in ACTIONS}) == len(ACTIONS)
        for action in ACTIONS:
            assert action.operation in THROTTLE
            assert action.title
            assert action.tooltip
            assert action.target in ("charge", "charge_permission", "checkout_session")

    def test_every_business_error_belongs_to_known_operations(self) -> None:
        for row in ERROR_CODES.values():
            assert row.operations <= THROTTLE.keys()


class TestCharges:
    """domain.md 4.3."""

    @pytest.mark.parametrize("state", CHARGE_STATES)
    @pytest.mark.parametrize(
        ("action", "allowed_in"),
        [
            ("refund", {"Captured"}),
            ("capture", {"Authorized"}),
            ("cancel", {"AuthorizationInitiated", "Authorized"}),
            ("extend", {"Authorized"}),
        ],
    )
    def test_allowed_where_amazon_allows_it(
        self, action: str, allowed_in: set[str], state: str
    ) -> None:
        found = of_charge(action, state)
        assert found.allowed is (state in allowed_in)

    @pytest.mark.parametrize("action", ["refund", "capture", "cancel", "extend"])
    def test_an_unknown_state_is_named(self, action: str) -> None:
        assert "SomethingNew" in of_charge(action, "SomethingNew").why

    @pytest.mark.parametrize(
        ("state", "instead"),
        [("AuthorizationInitiated", "cancel"), ("Authorized", "cancel"),
         ("CaptureInitiated", "wait")],
    )  # fmt: skip
    def test_no_refund_says_what_to_do_instead(self, state: str, instead: str) -> None:
        assert instead in of_charge("refund", state).why

    def test_a_captured_charge_is_refunded_not_canceled(self) -> None:
        assert "refund" in of_charge("cancel", "Captured").why


class TestRefund:
    def test_up_to_captured_and_the_cap(self) -> None:
        found = said(offer(order(charge(refunded="10.00 USD")), "refund", CHARGE))
        assert (found.allowed, str(found.max_amount)) == (True, "36.00 USD")
        assert "36.00 USD" in found.why

    def test_the_journal_counts(self) -> None:
        found = said(offer(order(charge(), journal={CHARGE: "46.00 USD"}), "refund", CHARGE))
        assert not found.allowed
        assert "already been refunded" in found.why

    @pytest.mark.parametrize(
        ("amount", "most"),
        [("150000.00 USD", "150000.00 USD"), ("10000000 JPY", "10000000 JPY"),
         ("149990.00 EUR", "150000.00 EUR"), ("100.00 AUD", "100.00 AUD"),
         ("5000 JPY", "5750 JPY")],
    )  # fmt: skip
    def test_never_above_the_largest_refund(self, amount: str, most: str) -> None:
        found = said(offer(order(charge(amount=amount)), "refund", CHARGE))
        assert str(found.max_amount) == most

    @pytest.mark.parametrize("state", PERMISSION_STATES)
    def test_the_permission_does_not_matter(self, state: str) -> None:
        """A closed permission still allows refunds of its captured charges (domain.md 4.2)."""
        found = order(charge(), permission=permission(state))
        assert said(offer(found, "refund", CHARGE)).allowed
        assert said(offer(order(charge()), "refund", CHARGE)).allowed

    def test_without_a_captured_amount_there_is_no_figure(self) -> None:
        found = offer(order(charge(amount=None)), "refund", CHARGE)
        assert not said(found).allowed


class TestCapture:
    def test_once_up_to_what_was_authorized(self) -> None:
        found = of_charge("capture", "Authorized")
        assert str(found.max_amount) == "40.00 USD"

    def test_late_captures_take_a_while(self) -> None:
        late = charge("Authorized", created=stamp(days=8))
        assert "7 days" in said(offer(order(late), "capture", CHARGE)).why
        assert "7 days" not in of_charge("capture", "Authorized").why

    def test_an_expired_authorization_can_not_be_captured(self) -> None:
        past = charge("Authorized", expires=stamp(seconds=1))
        assert "expired" in said(offer(order(past), "capture", CHARGE)).why
        assert said(offer(order(replace(past, expires=None)), "capture", CHARGE)).allowed

    @pytest.mark.parametrize("state", PERMISSION_STATES)
    def test_a_closed_permission_does_not_forbid_it(self, state: str) -> None:
        found = order(charge("Authorized"), permission=permission(state))
        assert said(offer(found, "capture", CHARGE)).allowed

    def test_without_an_amount_there_is_no_figure(self) -> None:
        found = offer(order(charge("Authorized", amount=None)), "capture", CHARGE)
        assert not said(found).allowed


class TestPermissions:
    """domain.md 3.2, 4.2, 6."""

    @pytest.mark.parametrize("state", PERMISSION_STATES)
    @pytest.mark.parametrize(
        ("action", "one_time", "recurring"),
        [
            ("authorize", {"Chargeable"}, {"Chargeable"}),
            ("close", {"Chargeable", "NonChargeable"}, {"Chargeable", "NonChargeable"}),
            ("update", {"Chargeable", "NonChargeable", "Closed"}, {"Chargeable", "NonChargeable"}),
            ("extend", set(), {"Chargeable", "NonChargeable"}),
        ],
    )
    def test_allowed_where_amazon_allows_it(
        self, action: str, one_time: set[str], recurring: set[str], state: str
    ) -> None:
        assert of_permission(action, state).allowed is (state in one_time)
        assert of_permission(action, state, AGREEMENT).allowed is (state in recurring)

    def test_a_constraint_is_named(self) -> None:
        held = permission("NonChargeable", reasons=("PaymentMethodInvalid", "MFAFailed"))
        why = said(offer(order(permission=held), "authorize", ORDER)).why
        assert "PaymentMethodInvalid, MFAFailed" in why

    def test_authorize_up_to_the_balance(self) -> None:
        found = offer(order(permission=permission(balance="60.00 USD")), "authorize", ORDER)
        assert str(said(found).max_amount) == "60.00 USD"

    def test_authorize_never_above_the_largest_charge(self) -> None:
        """With allowOvercharge the limit may be nine times the order (domain.md 5)."""
        wide = permission(limit="180000.00 USD", balance="180000.00 USD")
        found = offer(order(permission=wide), "authorize", ORDER)
        assert str(said(found).max_amount) == "150000.00 USD"
        yen = permission(limit="20000000 JPY", balance="20000000 JPY")
        found = offer(order(permission=yen), "authorize", ORDER)
        assert str(said(found).max_amount) == "10000000 JPY"

    @pytest.mark.parametrize("balance", ["0.00 USD", "-1.00 USD"])
    def test_a_used_up_limit_authorizes_nothing(self, balance: str) -> None:
        found = offer(order(permission=permission(balance=balance)), "authorize", ORDER)
        assert "used up" in said(found).why

    def test_unknown_limits_do_not_forbid(self) -> None:
        found = offer(order(permission=permission(limit=None, balance=None)), "authorize", ORDER)
        assert (said(found).allowed, found.max_amount) == (True, None)

    @pytest.mark.parametrize("state", ["AuthorizationInitiated", "Authorized", "CaptureInitiated"])
    def test_an_open_charge_is_a_warning(self, state: str) -> None:
        why = said(offer(order(charge(state), permission=permission()), "authorize", ORDER)).why
        assert "still open" in why

    def test_twenty_five_charges_at_most_on_a_one_time_permission(self) -> None:
        many = [charge("Canceled", id=f"{ORDER}-C{n:06d}") for n in range(25)]
        assert not offer(order(*many, permission=permission()), "authorize", ORDER).allowed
        assert offer(order(*many[1:], permission=permission()), "authorize", ORDER).allowed
        for id, type in ((AGREEMENT, "Recurring"), (ORDER, "PaymentMethodOnFile")):
            lasting = permission(id=id, type=type)
            assert offer(order(*many, permission=lasting), "authorize", id).allowed

    @pytest.mark.parametrize(
        ("expires", "kind"), [("20241115T120000Z", "180 days"), ("20250618T120000Z", "13 months")]
    )
    def test_a_one_time_permission_is_never_extended_and_says_which_life_it_has(
        self, expires: str, kind: str
    ) -> None:
        read = permission(created="20240519T120000Z", expires=expires)
        found = said(offer(order(permission=read), "extend", ORDER))
        assert not found.allowed
        assert f"This one has {kind}." in found.why
        assert "new checkout" in found.why

    def test_a_payment_method_on_file_has_no_life_to_extend(self) -> None:
        """No expiry is stated for it (domain.md 4.2, 6)."""
        read = permission(id=AGREEMENT, type="PaymentMethodOnFile")
        found = said(offer(order(permission=read), "extend", AGREEMENT))
        assert not found.allowed
        assert "checks out" not in found.why
        assert "payment method on file" in found.why

    def test_only_a_one_time_permission_can_be_filled_after_closing(self) -> None:
        for type in ("Recurring", "PaymentMethodOnFile", "SomethingNew"):
            read = permission("Closed", type=type)
            assert not said(offer(order(permission=read), "update", ORDER)).allowed


class TestSessions:
    @pytest.mark.parametrize("state", SESSION_STATES)
    def test_only_an_open_one_is_completed(self, state: str) -> None:
        found = said(offer(order(session=session(state)), "complete", SESSION))
        assert found.allowed is (state == "Open")
        if state != "Open":
            assert state in found.why
        else:
            assert str(found.max_amount) == "18.00 USD"


class TestOffers:
    def test_every_action_for_every_object_it_could_apply_to(self) -> None:
        both = order(charge(), charge("Authorized", id=f"{ORDER}-C000002"), permission=permission())
        found = {(o.action, o.target) for o in offers(both)}
        assert found == {
            *((action, c.id) for action in ("refund", "capture", "cancel", "extend")
              for c in both.charges),
            *((action, ORDER) for action in ("authorize", "close", "update", "extend")),
        }  # fmt: skip

    def test_nothing_is_offered_twice(self) -> None:
        found = [(o.action, o.target) for o in offers(order(charge(), permission=permission()))]
        assert len(found) == len(set(found))

    @pytest.mark.parametrize("action", sorted(CONTRACT))
    def test_an_object_that_is_not_there_is_not_allowed_and_named(self, action: str) -> None:
        found = said_of_nothing(offer(order(charge()), action, "S01-0000000-0000000"))
        assert not found.allowed

    @pytest.mark.parametrize("action", sorted(CONTRACT))
    def test_the_wrong_kind_of_object_is_not_allowed(self, action: str) -> None:
        whole = order(charge(), permission=permission(), session=session("Open"))
        for target in (CHARGE, ORDER, SESSION):
            kinds = {o.target for o in offers(whole) if o.action == action}
            assert target in kinds or not offer(whole, action, target).allowed

    @given(broken_orders(), st.sampled_from(PERMISSION_STATES))
    def test_no_answer_of_amazon_makes_the_rules_raise(self, found: Order, state: str) -> None:
        assert found.permission is not None
        status = replace(found.permission.status, state=state)
        changed = replace(found, permission=replace(found.permission, status=status))
        for made in offers(changed):
            said(made)
            if made.action == "refund" and made.allowed:
                assert isinstance(made.max_amount, Money)
                assert made.max_amount.is_positive


def said_of_nothing(found: Offer) -> Offer:
    assert found.target in found.why
    assert found.why.endswith(".")
    return found
