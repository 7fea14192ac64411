"""What may be done, up to which amount, and why not: every action in every state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.action_table import ACTIONS, BY_NAME
from console.domain.errorcodes import ERROR_CODES
from console.domain.limits import THROTTLE
from console.domain.model import Dispute
from console.domain.money import Money
from console.domain.order import Order
from console.domain.rules import Offer, offer, offers

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

    def test_keys_titles_and_what_moves_money(self) -> None:
        assert [(a.key, a.title, a.moves_money) for a in ACTIONS] == [
            ("r", "Refund", True),
            ("c", "Capture", True),
            ("x", "Cancel", False),
            ("a", "Authorize", True),
            ("z", "Close", False),
            ("e", "Extend", False),
            ("u", "Update", False),
            ("m", "Complete", True),
        ]

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
        ("action", "state", "why"),
        [
            ("refund", "AuthorizationInitiated",
             "Nothing was captured yet: cancel the charge instead."),
            ("refund", "Authorized",
             "Nothing was captured yet: cancel the charge instead, or capture it first."),
            ("refund", "CaptureInitiated",
             "The capture has only begun: wait until it is Captured."),
            ("refund", "Canceled", "The charge was canceled, so there is nothing to give back."),
            ("refund", "Declined", "The charge was declined, so there is nothing to give back."),
            ("capture", "AuthorizationInitiated",
             "The authorization is still pending: wait until it is Authorized."),
            ("capture", "CaptureInitiated", "The capture has already begun."),
            ("capture", "Captured",
             "It was captured already. Only a new charge can collect more: see Authorize."),
            ("capture", "Canceled",
             "The charge was canceled. Only a new one can collect: see Authorize."),
            ("capture", "Declined",
             "The charge was declined. Only a new one can collect: see Authorize."),
            ("cancel", "CaptureInitiated", "The capture has begun: wait for it, then refund."),
            ("cancel", "Captured", "It was captured: refund it instead."),
            ("cancel", "Canceled", "It is canceled already."),
            ("cancel", "Declined", "It was declined, so nothing is reserved."),
            ("extend", "Captured",
             "Only an authorized charge can be renewed; this one is Captured."),
        ],
    )  # fmt: skip
    def test_what_is_not_allowed_says_what_to_do_instead(
        self, action: str, state: str, why: str
    ) -> None:
        assert of_charge(action, state) == Offer(action, CHARGE, False, why)

    @pytest.mark.parametrize(
        ("action", "state", "why", "most"),
        [
            ("refund", "Captured", "Up to 46.00 USD can be refunded.", "46.00 USD"),
            ("capture", "Authorized", "Up to 40.00 USD can be captured, once.", "40.00 USD"),
            ("cancel", "Authorized",
             "The reserved amount, 40.00 USD, is released; nothing of it was collected.", None),
            ("cancel", "AuthorizationInitiated",
             "Nothing is reserved yet; the pending authorization ends.", None),
            ("extend", "Authorized", "The authorization can be renewed for 30 days.", None),
        ],
    )  # fmt: skip
    def test_what_is_allowed_says_how_far(
        self, action: str, state: str, why: str, most: str | None
    ) -> None:
        amount = Money.from_text(most) if most else None
        assert of_charge(action, state) == Offer(action, CHARGE, True, why, amount)


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

    def test_a_dispute_of_this_charge_is_a_warning(self) -> None:
        """With both the buyer can get the money twice; a dispute of another charge is no matter."""
        warning = " Mind: it is disputed, or may be, so a refund can pay the buyer twice."
        other = f"{ORDER}-C000002"
        for of, warned in ((CHARGE, True), (other, False), (None, True)):
            dispute = Dispute.from_api(
                {
                    "disputeId": f"{ORDER}-B000001",
                    "chargeId": of,
                    "statusDetails": {"state": "UnderReview"},
                }
            )
            found = said(offer(order(charge(), disputes=(dispute,)), "refund", CHARGE))
            assert found.allowed
            assert found.why == f"Up to 46.00 USD can be refunded.{warning if warned else ''}"


class TestCapture:
    def test_once_up_to_what_was_authorized(self) -> None:
        found = of_charge("capture", "Authorized")
        assert str(found.max_amount) == "40.00 USD"

    def test_late_captures_take_a_while(self) -> None:
        for ago in ({"days": 8}, {"days": 7}):
            late = charge("Authorized", created=stamp(**ago))
            assert said(offer(order(late), "capture", CHARGE)).why == (
                "Up to 40.00 USD can be captured, once."
                " The authorization is 7 days old or older, so the capture will take a while."
            )
        early = charge("Authorized", created=stamp(days=6, hours=23, minutes=59, seconds=59))
        assert "7 days" not in said(offer(order(early), "capture", CHARGE)).why

    def test_an_expired_authorization_can_not_be_captured(self) -> None:
        past = charge("Authorized", expires=stamp(seconds=1))
        expired = Offer("capture", CHARGE, False, "The authorization has expired.")
        assert offer(order(past), "capture", CHARGE) == expired
        assert offer(order(charge("Authorized", expires=stamp())), "capture", CHARGE) == expired
        valid = charge("Authorized", expires=stamp(seconds=-1))
        assert said(offer(order(valid), "capture", CHARGE)).allowed
        assert said(offer(order(replace(past, expires=None)), "capture", CHARGE)).allowed

    @pytest.mark.parametrize("state", PERMISSION_STATES)
    def test_a_closed_permission_does_not_forbid_it(self, state: str) -> None:
        found = order(charge("Authorized"), permission=permission(state))
        assert said(offer(found, "capture", CHARGE)).allowed

    def test_without_an_amount_there_is_no_figure(self) -> None:
        found = offer(order(charge("Authorized", amount=None)), "capture", CHARGE)
        why = "Amazon doesn't say what was authorized."
        assert found == Offer("capture", CHARGE, False, why)


class TestTheLimit:
    """Whether the balance counts at the authorization or at the capture isn't documented."""

    SECOND = f"{ORDER}-C000002"

    def test_a_capture_beyond_what_is_left_of_the_limit_is_a_warning(self) -> None:
        found = order(
            charge("Captured", "80.00 USD"),
            charge("Authorized", id=self.SECOND),
            permission=permission(),
        )
        can = said(offer(found, "capture", self.SECOND))
        assert (can.allowed, str(can.max_amount)) == (True, "40.00 USD")
        assert can.why == (
            "Up to 40.00 USD can be captured, once. Mind: of the order's limit 20.00 USD is left,"
            " so Amazon may refuse more."
        )

    @pytest.mark.parametrize("limit", [None, "120.00 USD"])
    def test_within_it_or_without_one_there_is_none(self, limit: str | None) -> None:
        found = order(
            charge("Captured", "80.00 USD"),
            charge("Authorized", id=self.SECOND),
            permission=permission(limit=limit),
        )
        assert "Mind" not in said(offer(found, "capture", self.SECOND)).why

    @pytest.mark.parametrize("state", ["Closed", "NonChargeable"])
    def test_nothing_is_renewed_that_could_not_be_authorized_anew(self, state: str) -> None:
        found = order(charge("Authorized"), permission=permission(state))
        can = said(offer(found, "extend", CHARGE))
        assert not can.allowed
        assert state in can.why


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

    @pytest.mark.parametrize(
        ("action", "state", "why"),
        [
            ("authorize", "NonChargeable",
             "The permission is NonChargeable: it must be mended first."),
            ("authorize", "Closed",
             "The permission is Closed: the buyer has to check out again."),
            ("authorize", "New", "Its state is New, which this console doesn't know."),
            ("close", "Closed", "It is closed already."),
            ("close", "New", "Its state is New, which this console doesn't know."),
            ("update", "New", "Its state is New, which this console doesn't know."),
        ],
    )  # fmt: skip
    def test_what_is_not_allowed_says_why(self, action: str, state: str, why: str) -> None:
        assert of_permission(action, state) == Offer(action, ORDER, False, why)

    @pytest.mark.parametrize(
        ("state", "why"),
        [
            ("Closed", "The permission is Closed."),
            ("New", "Its state is New, which this console doesn't know."),
        ],
    )
    def test_a_recurring_one_is_not_extended_once_it_is_over(self, state: str, why: str) -> None:
        assert of_permission("extend", state, AGREEMENT) == Offer("extend", AGREEMENT, False, why)

    @pytest.mark.parametrize(
        ("action", "state", "id", "why"),
        [
            ("close", "Chargeable", ORDER, "No further charge can be made after it."),
            ("update", "Chargeable", ORDER, "The merchant's own fields can be changed."),
            ("update", "Closed", ORDER, "Closed: only fields that are still empty can be filled."),
            ("extend", "Chargeable", AGREEMENT,
             "Amazon computes the expiry from the frequency, which can be updated."),
        ],
    )  # fmt: skip
    def test_what_is_allowed_says_what_it_does(
        self, action: str, state: str, id: str, why: str
    ) -> None:
        assert of_permission(action, state, id) == Offer(action, id, True, why)

    def test_a_charge_in_progress_comes_before_the_state(self) -> None:
        why = "A charge is in progress: wait until it is final, or cancel it."
        for state in ("NonChargeable", "Chargeable"):
            held = permission(state, reasons=("ChargeInProgress",))
            found = offer(order(permission=held), "authorize", ORDER)
            assert found == Offer("authorize", ORDER, False, why)
        more = permission("NonChargeable", reasons=("ChargeInProgress", "MFAFailed"))
        assert "ChargeInProgress, MFAFailed" in offer(
            order(permission=more), "authorize", ORDER
        ).why  # fmt: skip

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
        assert why == (
            "Up to 100.00 USD can be authorized. Mind: another charge is still open."
            " With it 60.00 USD of the limit is free."
        )

    def test_so_are_charges_that_can_not_be_seen(self) -> None:
        why = said(offer(order(permission=permission()), "authorize", ORDER)).why
        assert why == (
            "Up to 100.00 USD can be authorized. Mind: charges that are not known here may be open."
        )
        seen = order(charge("Declined"), permission=permission())
        assert offer(seen, "authorize", ORDER).why == "Up to 100.00 USD can be authorized."

    def test_twenty_five_charges_at_most_on_a_one_time_permission(self) -> None:
        many = [charge("Canceled", id=f"{ORDER}-C{n:06d}") for n in range(25)]
        found = offer(order(*many, permission=permission()), "authorize", ORDER)
        why = "A one-time permission takes 25 charges at most."
        assert found == Offer("authorize", ORDER, False, why)
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

    def test_and_says_no_life_where_amazon_tells_none(self) -> None:
        assert offer(order(permission=permission()), "extend", ORDER).why == (
            "Amazon sets the life of a one-time permission when the buyer checks out (180 days or"
            " 13 months); it can't be changed later. Capture, authorize again, or ask for a new"
            " checkout."
        )

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
    assert found.allowed is False
    assert BY_NAME[found.action]
    assert found.target in found.why
    assert found.why.endswith(".")
    return found
